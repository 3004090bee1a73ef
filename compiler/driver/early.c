/* early.c: the C compiler is started while acc1 works, since starting it takes as long as a
 * part of a small file.
 *
 * The file of the text is a pipe at first. Out of it the C compiler reads START, with which every translation
 * begins, and waits for the rest; it opens no output before. gcc's assembler does: so an object is made in acc's
 * own folder, and goes to its place when it is complete. When the translation is there, its file takes the pipe's
 * name, for whoever opens it once more, and the rest goes through the pipe. When there is none, the compiler is
 * killed, with whatever it has started, and an older output stays. Nobody waits while opening the pipe, since acc
 * has both its ends open.
 * If acc itself is killed, the pipe ends, and START alone is no C.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver.h"

static const char START[] = "# 1 \"";
enum { START_LENGTH = sizeof START - 1 };

bool early_is_apart(const struct driver *driver)
{
    return driver->line.mode == MODE_OBJECT && !driver->backend.is_clang;
}

/* Whether the names that are given to what is made beside the object are those that its own place would give. */
static bool can_be_apart(const struct command_line *line)
{
    for (size_t i = 0; i < line->item_count; i++)
        if (has_prefix(line->items[i].word, "-dump"))
            return false;
    return !line->names_auxiliaries && (!line->output || has_suffix(line->output, ".o"));
}

/* Not where the commands are shown. */
static bool is_possible(const struct driver *driver)
{
    const struct command_line *line = &driver->line;
    bool keeps_output = line->mode == MODE_LINK || driver->backend.is_clang ||
                        (early_is_apart(driver) && can_be_apart(line));
    return driver->backend.is_itself && keeps_output && !line->is_verbose && !line->is_dry_run &&
           !line->keeps_temporaries;
}

bool early_prepare(struct driver *driver, const char *path)
{
    if (!is_possible(driver) || mkfifo(path, 0600))
        return false;
    int pipe = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    driver->early = (struct process){.pipe = pipe < 0 ? 0 : pipe};
    if (pipe >= 0 && write(pipe, START, START_LENGTH) == START_LENGTH)
        return true;
    process_kill(&driver->early);
    unlink(path);
    return false;
}

void early_feed(struct driver *driver, const char *from, const char *path)
{
    size_t length;
    const char *text = file_read(driver->arena, from, &length);
    if (rename(from, path))
        fatal("%s cannot be renamed", from);
    if (!text || strncmp(text, START, START_LENGTH) != 0) {
        process_kill(&driver->early); /* it is started once more */
        return;
    }
    driver->early.text = text + START_LENGTH;
    driver->early.length = length - START_LENGTH;
}
