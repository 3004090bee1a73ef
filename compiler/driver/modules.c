/* modules.c: which modules of the standard library a program is linked with.
 *
 * A header such as <ac/stream.h> says AC__LINK("ac.link:stream"), which leaves that text in a
 * section of the object that linkers drop. Before linking, every input is searched for such
 * texts: objects, archives (also those that -l finds in the folders of -L), assembly, and what
 * the preprocessor makes of C sources. For each module found there is
 *
 *     lib/libac-stream.a       what is linked
 *     lib/acc/link/stream      what that needs, a line each:
 *         module NAME                    another module
 *         library NAME PACKAGE           a library of the system, and the Debian package to develop with it
 *
 * Objects made for link-time optimisation do not show their sections: with them all modules are
 * offered that are there, and the linker takes what is used. Shared libraries have theirs
 * inside. */
#include <stdio.h>
#include <string.h>
#include <dirent.h>
#include <unistd.h>

#include "driver.h"

#define MARK "ac.link:"

/* ---- what is needed -------------------------------------------------------------------------- */

static bool contains(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (!strcmp(words->word[i], word))
            return true;
    return false;
}

static const char *description_path(const struct driver *driver, const char *module)
{
    return arena_format(driver->arena, "%s/%s", driver->backend.module_directory, module);
}

static const char *archive_path(const struct driver *driver, const char *module)
{
    const struct backend *backend = &driver->backend;
    const char *kept = arena_format(driver->arena, "%s/libac-%s.a", backend->library_directory, module);
    if (driver->line.modules)
        return arena_format(driver->arena, "%s/libac-%s.a", driver->line.modules, module);
    return kept;
}

struct need {
    char kind[16], name[64], package[64];
};

static FILE *description_open(const struct driver *driver, const char *module)
{
    return fopen(description_path(driver, module), "r");
}

static bool description_next(FILE *file, struct need *need)
{
    char line[256];
    while (fgets(line, sizeof line, file)) {
        *need = (struct need){0};
        if (sscanf(line, "%15s %63s %63s", need->kind, need->name, need->package) >= 2 &&
            need->kind[0] != '#')
            return true;
    }
    return false;
}

/* A module and the modules it needs. */
static void add_module(const struct driver *driver, struct words *modules, const char *module)
{
    struct need need;
    FILE *file = !*module || contains(modules, module) ? NULL : description_open(driver, module);
    if (!file)
        return;
    words_add(modules, arena_copy(driver->arena, module, strlen(module)));
    while (description_next(file, &need))
        if (!strcmp(need.kind, "module"))
            add_module(driver, modules, need.name);
    fclose(file);
}

static void add_all_modules(const struct driver *driver, struct words *modules)
{
    DIR *folder = opendir(driver->backend.module_directory);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (!access(archive_path(driver, entry->d_name), R_OK))
            add_module(driver, modules, entry->d_name);
    if (folder)
        closedir(folder);
}

/* ---- searching the inputs -------------------------------------------------------------------- */

static void search_text(const struct driver *driver, struct words *modules, const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    while ((at = memmem(at, (size_t)(end - at), MARK, strlen(MARK)))) {
        size_t size;
        at += strlen(MARK);
        size = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_"); /* file_read ends the text with a NUL */
        add_module(driver, modules, arena_copy(driver->arena, at, size));
    }
}

static bool is_optimised_later(const char *text, size_t length)
{
    return (length > 4 && !memcmp(text, "BC\xC0\xDE", 4)) || memmem(text, length, ".gnu.lto_", 9);
}

static void search_file(const struct driver *driver, struct words *modules, const char *path)
{
    struct arena *arena = arena_new();
    size_t length;
    const char *text = file_is_regular(path) ? file_read(arena, path, &length) : NULL;
    if (text) {
        search_text(driver, modules, text, length);
        if (is_optimised_later(text, length))
            add_all_modules(driver, modules);
    }
    arena_free(arena);
}

static bool is_preprocessed_first(const struct item *item)
{
    static const char *const suffixes[] = {".c", ".cc", ".cpp", ".cxx", ".C", ".S", NULL};
    const char *dot = strrchr(item->word, '.');
    if (!strcmp(item->word, "-") || item->unit)
        return false;
    for (const char *const *suffix = suffixes; dot && *suffix; suffix++)
        if (!strcmp(dot, *suffix))
            return true;
    return item->language;
}

/* Says nothing of what is wrong with the file: the compilation will. */
static void search_source(struct driver *driver, struct words *modules, const struct item *item)
{
    struct words command = command_begin(driver);
    struct process_options quietly = {.messages = temporary_path(&driver->temporary, 0, "messages")};
    const char *text = temporary_path(&driver->temporary, 0, "preprocessed");
    command_add_headers(driver, &command);
    command_add_macros(driver, &command);
    words_add(&command, "-E");
    if (item->language) {
        words_add(&command, "-x");
        words_add(&command, item->language);
    }
    words_add(&command, item->word);
    words_add(&command, "-o");
    words_add(&command, text);
    if (!process_run(driver, &command, &quietly))
        search_file(driver, modules, text);
}

static const char *argument_of(const struct item *item, const char *option)
{
    if (item->is_input || strncmp(item->word, option, strlen(option)) != 0)
        return NULL;
    return item->argument ? item->argument : item->word + strlen(option);
}

/* An archive that -l finds in a folder of -L; not the system's. */
static void search_library(const struct driver *driver, struct words *modules, const char *name)
{
    for (size_t i = 0; i < driver->line.item_count; i++) {
        const char *folder = argument_of(&driver->line.items[i], "-L");
        if (folder && file_is_regular(arena_format(driver->arena, "%s/lib%s.so", folder, name)))
            return;
        if (folder)
            search_file(driver, modules, arena_format(driver->arena, "%s/lib%s.a", folder, name));
    }
}

static void search_item(struct driver *driver, struct words *modules, const struct item *item)
{
    const char *library = argument_of(item, "-l");
    if (library)
        search_library(driver, modules, library);
    else if (item->is_input && item->unit)
        search_file(driver, modules, unit_preprocessed(driver, item->unit));
    else if (item->is_input && is_preprocessed_first(item))
        search_source(driver, modules, item);
    else if (item->is_input)
        search_file(driver, modules, item->word);
}

void modules_find(struct driver *driver)
{
    const struct command_line *line = &driver->line;
    driver->modules = (struct words){.arena = driver->arena};
    if (line->mode != MODE_LINK || !line->links_runtime || line->is_dry_run)
        return;
    for (size_t i = 0; i < line->item_count; i++)
        search_item(driver, &driver->modules, &line->items[i]);
}

bool modules_need_preprocessing(const struct driver *driver)
{
    const struct command_line *line = &driver->line;
    for (size_t i = 0; line->mode == MODE_LINK && line->links_runtime && i < line->item_count; i++)
        if (line->items[i].is_input && is_preprocessed_first(&line->items[i]))
            return true;
    return false;
}

/* ---- linking --------------------------------------------------------------------------------- */

/* Where the C compiler, or -L, has a library of the system. */
static bool has_library(const struct driver *driver, const char *name)
{
    static const char *const forms[] = {"so", "a"};
    for (size_t form = 0; form < 2; form++) {
        const char *file = arena_format(driver->arena, "lib%s.%s", name, forms[form]);
        char answer[4096] = "";
        for (size_t i = 0; i < driver->line.item_count; i++) {
            const char *folder = argument_of(&driver->line.items[i], "-L");
            if (folder && !access(arena_format(driver->arena, "%s/%s", folder, file), R_OK))
                return true;
        }
        process_read(&driver->backend.command,
                     arena_format(driver->arena, "-print-file-name=%s", file), answer,
                     sizeof answer);
        if (strchr(answer, '/')) /* the compiler gives the bare name back where it finds nothing */
            return true;
    }
    return false;
}

static void require_archive(const struct driver *driver, const char *module)
{
    struct need need;
    FILE *file;
    if (!access(archive_path(driver, module), R_OK))
        return;
    file = description_open(driver, module);
    while (file && description_next(file, &need))
        if (!strcmp(need.kind, "library"))
            fatal("<ac/%s.h> needs the library %s, which was missing when acc was built: install the package %s and "
                  "build acc again", module, need.name, need.package);
    fatal("%s is missing: acc is not completely built or installed", archive_path(driver, module));
}

static void add_libraries(const struct driver *driver, struct words *libraries, const char *module)
{
    struct need need;
    FILE *file = description_open(driver, module);
    while (file && description_next(file, &need)) {
        const char *option = arena_format(driver->arena, "-l%s", need.name);
        if (strcmp(need.kind, "library") != 0 || contains(libraries, option))
            continue;
        if (!has_library(driver, need.name))
            fatal("<ac/%s.h> needs the library %s, which is missing: install the package %s",
                  module, need.name, need.package);
        words_add(libraries, option);
    }
    if (file)
        fclose(file);
}

/* The archives need each other in any order. Of the system's libraries only those are noted in
 * the program that what is linked from the archives uses. */
void modules_add(const struct driver *driver, struct words *command, const char *runtime)
{
    const struct words *modules = &driver->modules;
    struct words libraries = {.arena = driver->arena};
    if (!modules->count) {
        words_add(command, runtime);
        return;
    }
    words_add(command, "-Wl,--start-group");
    for (size_t i = 0; i < modules->count; i++) {
        require_archive(driver, modules->word[i]);
        words_add(command, archive_path(driver, modules->word[i]));
        add_libraries(driver, &libraries, modules->word[i]);
    }
    words_add(command, runtime);
    words_add(command, "-Wl,--end-group");
    if (!libraries.count)
        return;
    words_add(command, "-Wl,--push-state,--as-needed");
    words_add_all(command, &libraries);
    words_add(command, "-Wl,--pop-state");
}
