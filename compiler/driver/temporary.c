/* temporary.c: a folder of this process's own for everything that is in between. Names in it are
 * free of chance, so that messages and debug information that happen to show them are the same
 * every time but for the folder's name. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver.h"

static const char *parent_directory(void)
{
    static const char *const variables[] = {"TMPDIR", "TMP", "TEMP"};
    static const char *const usual[] = {"/tmp", "/var/tmp", "."};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value && !access(value, W_OK | X_OK))
            return value;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!access(usual[i], W_OK | X_OK))
            return usual[i];
    return "/tmp";
}

static const char *make_directory(struct temporary *temporary)
{
    char *path = arena_format(temporary->arena, "%s/acc-XXXXXX", parent_directory());
    if (!temporary->is_dry_run && !mkdtemp(path))
        fatal("%s: no temporary folder can be made: %s", path, strerror(errno));
    return path;
}

const char *temporary_path(struct temporary *temporary, size_t folder, const char *name)
{
    if (!temporary->directory)
        temporary->directory = make_directory(temporary);
    const char *path = arena_format(temporary->arena, "%s/%zu", temporary->directory, folder);
    if (!temporary->is_dry_run && mkdir(path, 0700) && errno != EEXIST)
        fatal("%s: %s", path, strerror(errno));
    return arena_format(temporary->arena, "%s/%s", path, name);
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status, (void)flag, (void)walk;
    remove(path);
    return 0;
}

void temporary_remove(struct temporary *temporary)
{
    if (temporary->directory && !temporary->is_dry_run)
        nftw(temporary->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    temporary->directory = NULL;
}
