/* backend.c: where the C compiler and acc's own parts are.
 *
 * acc may be moved as a whole: everything is found from the place of the program itself,
 *     bin/acc   lib/libac.a   lib/libac-test.a   lib/libac-MODULE.a   lib/acc/acc1   lib/acc/link/MODULE
 *     include/ac.h   include/ac/...
 * which is the layout of the build folder and of an installation alike.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

static const char *own_path(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0 || (size_t)length >= sizeof path)
        fatal("acc cannot tell where it is: /proc/self/exe cannot be read");
    return arena_copy(arena, path, (size_t)length);
}

/* The folder above the one that the file is in. */
static const char *grandparent(struct arena *arena, const char *path)
{
    size_t length = strlen(path);
    for (int levels = 0; levels < 2; levels++)
        while (length > 0 && path[--length] != '/')
            ;
    return arena_copy(arena, path, length);
}

static const char *part(struct arena *arena, const char *top, const char *name)
{
    const char *path = arena_format(arena, "%s/%s", top, name);
    if (access(path, R_OK))
        fatal("%s is missing: acc is not completely built or installed", path);
    return path;
}

/* The file that the shell would run for this name, links followed; null if there is none. */
static const char *program_path(struct arena *arena, const char *name)
{
    const char *path = strchr(name, '/') ? "" : getenv("PATH");
    char resolved[PATH_MAX];
    for (const char *end; path; path = *end ? end + 1 : NULL) {
        end = strchrnul(path, ':');
        const char *file = strchr(name, '/')
                               ? name
                               : arena_format(arena, "%.*s/%s", (int)(end - path), path, name);
        if (!access(file, X_OK) && realpath(file, resolved))
            return arena_copy(arena, resolved, strlen(resolved));
    }
    return NULL;
}

static void add_command(struct words *command, const char *text)
{
    while (*(text += strspn(text, " \t"))) {
        size_t length = strcspn(text, " \t");
        words_add(command, arena_copy(command->arena, text, length));
        text += length;
    }
}

void backend_find(struct backend *backend, struct arena *arena, const char *cc)
{
    const char *self = own_path(arena);
    const char *top = grandparent(arena, self);
    if (!cc)
        cc = getenv("ACC_CC");
    backend->command.arena = arena;
    add_command(&backend->command, cc && *cc ? cc : "cc");
    if (!backend->command.count)
        fatal("no C compiler is named");
    const char *path = program_path(arena, backend->command.word[0]);
    if (!path)
        fatal("the C compiler '%s' is not found; name another by --cc= or ACC_CC", backend->command.word[0]);
    if (!strcmp(path, self))
        fatal("the C compiler '%s' is acc itself; name another by --cc= or ACC_CC", backend->command.word[0]);
    backend->include_directory = part(arena, top, "include");
    backend->library_directory = arena_format(arena, "%s/lib", top);
    backend->module_directory = arena_format(arena, "%s/lib/acc/link", top);
    backend->library = arena_format(arena, "%s/lib/libac.a", top);
    backend->test_library = arena_format(arena, "%s/lib/libac-test.a", top);
    backend->translator = arena_format(arena, "%s/lib/acc/acc1", top);
}

/* By the file's name, if that is telling; wrappers such as ccache are asked. */
void backend_identify(struct backend *backend, struct arena *arena)
{
    const char *path = program_path(arena, backend->command.word[backend->command.count - 1]);
    const char *name = path ? strrchr(path, '/') + 1 : "";
    char answer[4096] = "";
    backend->is_clang = strstr(name, "clang");
    bool is_known = backend->is_clang || strstr(name, "gcc");
    backend->is_itself = is_known && backend->command.count == 1;
    if (is_known)
        return;
    process_read(&backend->command, "--version", answer, sizeof answer);
    backend->is_clang = strstr(answer, "clang");
}
