/* main.c: acc. Builds every Async C input, then lets the C compiler do the rest with what came of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver.h"

static const char help[] =
    "usage: acc [options] file...\n"
    "\n"
    "A C compiler that knows Async C. Files that end in .ac are translated and then compiled by the C compiler; all\n"
    "other files and options go to the C compiler as they are. The runtime is found and linked by itself.\n"
    "\n"
    "acc's own options:\n"
    "  --cc=COMMAND        the C compiler to use (default: cc; environment: ACC_CC)\n"
    "  --runtime=FILE      the runtime to link, in place of the one that came with acc\n"
    "  --modules=FOLDER    where the archives of the standard library are, in place of those that came with acc\n"
    "  -fac-test           link the runtime in which allocations and system calls can be made to fail\n"
    "  --emit-c            print the C that an Async C file becomes\n"
    "  --stop-after=PASS   print the program as it stands after a pass\n"
    "  -x ac               what follows is Async C, whatever its name\n"
    "  -W[no-][error=]blocking-call and the others of its kind: see acc(1)\n"
    "  -v, -###            print the commands; -### does not run them\n"
    "\n"
    "All others are the C compiler's: -c, -o, -O2, -g, -I, -D, -W..., -std=..., -l, -L, -MD, -E, -S, @file, ...\n";

/* Lists the version before the C compiler's own, which build systems look for. */
static void print_version(FILE *file)
{
    fprintf(file, "acc %s (Async C)\n", ACC_VERSION);
}

static bool is_built_alone(const struct driver *driver, const struct item *item)
{
    return item->unit && driver->line.mode != MODE_PREPROCESS;
}

/* Whether something is left to do after the units. */
static size_t other_sources(const struct driver *driver)
{
    size_t count = 0;
    for (size_t i = 0; i < driver->line.item_count; i++)
        count += driver->line.items[i].is_source && !is_built_alone(driver, &driver->line.items[i]);
    return count;
}

static bool needs_headers(const struct driver *driver)
{
    for (size_t i = 0; i < driver->line.item_count; i++)
        if (driver->line.items[i].has_includes && !is_built_alone(driver, &driver->line.items[i]))
            return true;
    return false;
}

/* The C compiler reports inputs that do not exist, even where it has nothing else to do. */
static bool lacks_input(const struct driver *driver)
{
    for (size_t i = 0; i < driver->line.item_count; i++) {
        const struct item *item = &driver->line.items[i];
        if (item->is_input && !item->unit && strcmp(item->word, "-") != 0 && access(item->word, F_OK))
            return true;
    }
    return false;
}

static void set_language(struct words *command, const char **current, const char *wanted)
{
    if (*current == wanted || (*current && wanted && !strcmp(*current, wanted)))
        return;
    words_add(command, "-x");
    words_add(command, wanted ? wanted : "none");
    *current = wanted;
}

static void add_input(const struct driver *driver, struct words *command, const struct item *item,
                      const char **language)
{
    bool is_object = is_built_alone(driver, item);
    if (is_object && !item->unit->object)
        return;
    set_language(command, language, is_object ? NULL : item->language);
    words_add(command, is_object ? item->unit->object : item->word);
}

static const char *runtime_library(const struct driver *driver)
{
    if (driver->line.runtime)
        return driver->line.runtime;
    return driver->line.uses_test_runtime ? driver->backend.test_library : driver->backend.library;
}

/* The user's command line once more, with objects in place of what was built, and the runtime at its end. */
static struct words rest_command(const struct driver *driver)
{
    const struct command_line *line = &driver->line;
    struct words command = command_begin(driver);
    const char *language = NULL;
    if (needs_headers(driver))
        command_add_headers(driver, &command);
    else if (driver->backend.is_clang)
        words_add(&command, "-Wno-unused-command-line-argument");
    if (line->mode == MODE_PREPROCESS && line->unit_count)
        words_add(&command, "-D__ASYNC_C__=1");
    for (size_t i = 0; i < line->item_count; i++) {
        const struct item *item = &line->items[i];
        if (item->is_input)
            add_input(driver, &command, item, &language);
        else if (item->stages & STAGE_REST)
            words_add(&command, item->word);
        if (!item->is_input && (item->stages & STAGE_REST) && item->argument)
            words_add(&command, item->argument);
    }
    if (line->mode == MODE_LINK && line->links_runtime && line->linked_count) {
        set_language(&command, &language, NULL);
        modules_add(driver, &command, runtime_library(driver));
    }
    return command;
}

static int run_rest(struct driver *driver)
{
    struct words command = rest_command(driver);
    struct process_options options = {.is_verbose = driver->line.is_verbose,
                                      .is_dry_run = driver->line.is_dry_run};
    bool is_needed = driver->line.mode == MODE_LINK || other_sources(driver) || lacks_input(driver);
    return is_needed && driver->line.mode != MODE_EMIT_C ? process_run(driver, &command, &options) : 0;
}

/* Standard input can be read once only, but a file may have to be read twice. */
static void keep_standard_input(struct driver *driver)
{
    const char *path = temporary_path(&driver->temporary, 0, "standard-input");
    FILE *file = fopen(path, "w");
    char block[65536];
    size_t count;
    while (file && (count = fread(block, 1, sizeof block, stdin)) > 0)
        fwrite(block, 1, count, file);
    if (!file || (ferror(file) | fclose(file)))
        fatal("%s cannot be written", path);
    driver->standard_input = path;
}

static void prepare_units(struct driver *driver)
{
    backend_identify(&driver->backend, driver->arena);
    for (size_t i = 0; i < driver->line.item_count; i++)
        if (is_built_alone(driver, &driver->line.items[i]) && !strcmp(driver->line.items[i].word, "-")
            && !driver->line.is_dry_run && !driver->standard_input)
            keep_standard_input(driver);
}

static int build(struct driver *driver)
{
    int status = 0;
    prepare_units(driver);
    for (size_t i = 0; i < driver->line.item_count; i++) {
        const struct item *item = &driver->line.items[i];
        int failed = is_built_alone(driver, item) ? unit_build(driver, item->unit) : 0;
        status = status ? status : failed;
    }
    if (status && driver->line.mode == MODE_LINK)
        return status;
    modules_find(driver);
    int failed = run_rest(driver);
    return status ? status : failed;
}

/* A device may well be both. */
static bool is_same_file(const char *name, const char *other)
{
    struct stat one, two;
    return !stat(name, &one) && !stat(other, &two) && S_ISREG(one.st_mode) && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

/* What the C compiler would say if it saw all inputs at once. */
static void check(const struct driver *driver)
{
    const struct command_line *line = &driver->line;
    size_t outputs = other_sources(driver) + (line->mode == MODE_PREPROCESS ? 0 : line->unit_count);
    if (line->output && line->unit_count && line->mode != MODE_LINK && outputs > 1)
        fatal("cannot specify '-o' with '-c', '-S', '-E' or '--emit-c' with multiple files");
    for (size_t i = 0; line->output && i < line->item_count; i++)
        if (line->items[i].is_input && is_same_file(line->items[i].word, line->output))
            fatal("input file '%s' is the same as the output file", line->items[i].word);
}

static _Noreturn void become_compiler(struct driver *driver)
{
    if (modules_need_preprocessing(driver))
        process_prepare(driver);
    modules_find(driver);
    temporary_remove(&driver->temporary);
    struct words command = rest_command(driver);
    if (driver->line.wants_version)
        print_version(stdout);
    if (driver->line.is_verbose)
        print_version(stderr);
    process_become(&command, driver->line.is_verbose || driver->line.is_dry_run);
}

static void clean_up(int status, void *ended)
{
    struct driver *driver = ended;
    (void)status;
    process_kill(&driver->early);
    temporary_remove(&driver->temporary);
}

/* All of it lives until the process ends. */
static struct driver *new_driver(char **argv)
{
    struct arena *arena = arena_new();
    struct driver *driver = arena_allocate(arena, sizeof *driver);
    driver->arena = arena;
    command_line_read(&driver->line, arena, argv + 1);
    driver->temporary = (struct temporary){.arena = arena, .is_dry_run = driver->line.is_dry_run};
    on_exit(clean_up, driver);
    return driver;
}

int main(int argc, char **argv)
{
    (void)argc;
    struct driver *driver = new_driver(argv);
    const struct command_line *line = &driver->line;
    if (line->wants_help) {
        fputs(help, stdout);
        return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    backend_find(&driver->backend, driver->arena, line->cc);
    if (!line->unit_count || line->wants_version || line->asks_compiler)
        become_compiler(driver);
    check(driver);
    process_prepare(driver);
    int status = build(driver);
    process_reap();
    return status;
}
