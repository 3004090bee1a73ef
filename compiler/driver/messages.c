/* messages.c: what the C compiler says of the translated text, in terms of the file that the user wrote.
 *
 * Its lines are the user's, thanks to line markers. Its columns are those of the translated text: right where the line
 * is the user's up to there, as it is in plain functions and in most statements without an await. Others are left
 * out, and the carets that go with them. Functions and variables that were renamed get their names back:
 *
 *     In function 'ac__main__run':                    ->  In function 'main':
 *     f.ac:5:712: warning: ... 'ac__self->n_1' ...    ->  f.ac:5: warning: ... 'n' ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

/* A message's first line: `FILE:LINE:COLUMN: `, perhaps in colors. */
struct heading {
    const char *file, *column, *behind; /* where each begins; behind the column and its colon */
    size_t file_length;
    unsigned long line_number, column_number;
};

static const char *pass_colors(const char *at)
{
    while (at[0] == '\033' && at[1] == '[') {
        at += 2 + strspn(at + 2, "0123456789;");
        at += *at != 0;
    }
    return at;
}

static bool read_heading(const char *line, struct heading *heading)
{
    char *end;
    heading->file = pass_colors(line);
    heading->file_length = strcspn(heading->file, ":\n");
    const char *at = heading->file + heading->file_length;
    if (at[0] != ':' || at[1] < '1' || at[1] > '9')
        return false;
    heading->line_number = strtoul(at + 1, &end, 10);
    heading->column = end;
    if (end[0] != ':' || end[1] < '1' || end[1] > '9')
        return false;
    heading->column_number = strtoul(end + 1, &end, 10);
    heading->behind = end;
    return *end == ':';
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* Whether the line's text begins with the first `length` bytes of another's. */
static bool begins_as(const char *line, const char *other, size_t length)
{
    return strcspn(line, "\n") >= length && strcspn(other, "\n") >= length && memcmp(line, other, length) == 0;
}

/* `# 12 "file.ac"`: whether it names the heading's file; sets the number of the line that follows. */
static bool names_file(const char *marker, const struct heading *heading, unsigned long *number)
{
    char *at;
    *number = strtoul(marker + 2, &at, 10);
    return at[0] == ' ' && at[1] == '"' && strncmp(at + 2, heading->file, heading->file_length) == 0 &&
           at[2 + heading->file_length] == '"';
}

/* Whether a line of the translated text that stands for the heading's line begins as that does, up to the column. */
static bool is_column_right(const struct heading *heading, const char *translated, const char *source)
{
    bool is_in_file = false;
    unsigned long number = 0;
    for (const char *line = translated; *line; line = next_line(line)) {
        if (line[0] == '#' && line[1] == ' ') {
            is_in_file = names_file(line, heading, &number);
            continue;
        }
        if (is_in_file && number == heading->line_number && begins_as(line, source, heading->column_number))
            return true;
        number++;
    }
    return false;
}

static bool has_column(struct driver *driver, const struct heading *heading, const char *translated)
{
    size_t length;
    const char *name = arena_copy(driver->arena, heading->file, heading->file_length);
    const char *source = file_read(driver->arena, name, &length);
    for (unsigned long line = 1; source && *source && line < heading->line_number; line++)
        source = next_line(source);
    return source && *source && is_column_right(heading, translated, source);
}

/* The length of a name that acc gave, and in `kept` the part of it that is the user's; 0: it is none. */
static size_t given_name(const char *text, const char **kept, size_t *kept_length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
    static const char member[] = "ac__self->", run[] = "__run";
    size_t prefix = strncmp(text, member, strlen(member)) == 0 ? strlen(member) : strlen("ac__");
    size_t length = prefix + strspn(text + prefix, letters), end = length;
    if (prefix > strlen("ac__"))
        while (end > prefix && text[end - 1] != '_')
            end--;
    else if (length > prefix + strlen(run) && memcmp(text + length - strlen(run), run, strlen(run)) == 0)
        end = length - strlen(run) + 1;
    else
        return 0;
    *kept = text + prefix;
    *kept_length = end > prefix ? end - prefix - 1 : 0;
    return *kept_length ? length : 0;
}

static void print_part(const char *text, const char *end)
{
    while (text < end) {
        const char *name = strstr(text, "ac__"), *kept;
        size_t kept_length, length = name && name < end ? given_name(name, &kept, &kept_length) : 0;
        if (!name || name >= end)
            name = end;
        fwrite(text, 1, (size_t)(name - text), stderr);
        if (name < end) {
            fwrite(length ? kept : name, 1, length ? kept_length : 1, stderr);
            name += length ? length : 1;
        }
        text = name;
    }
}

/* `      |     ^~~`: marks under a line of the source. */
static bool is_marks(const char *line)
{
    line = pass_colors(line);
    line += strspn(line, " ");
    return *pass_colors(line) == '|';
}

void messages_print_placed(struct driver *driver, const char *path, const char *translated_path)
{
    size_t length;
    const char *line = file_read(driver->arena, path, &length);
    const char *translated = line && *line ? file_read(driver->arena, translated_path, &length) : NULL;
    bool is_placed = true;
    for (const char *next; translated && *line; line = next) {
        struct heading heading;
        next = next_line(line);
        if (read_heading(line, &heading)) {
            is_placed = has_column(driver, &heading, translated);
            print_part(line, is_placed ? heading.behind : heading.column);
            print_part(heading.behind, next);
        } else if (is_placed || !is_marks(line)) {
            print_part(line, next);
        }
    }
}
