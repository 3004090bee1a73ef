/* command.c: what commands for the C compiler have in common. */
#include <string.h>

#include "driver.h"

struct words command_begin(const struct driver *driver)
{
    struct words command = {.arena = driver->arena};
    words_add_all(&command, &driver->backend.command);
    return command;
}

void command_add_options(const struct driver *driver, struct words *command, unsigned stages)
{
    for (size_t i = 0; i < driver->line.item_count; i++) {
        const struct item *item = &driver->line.items[i];
        if (item->is_input || !(item->stages & stages))
            continue;
        words_add(command, item->word);
        if (item->argument)
            words_add(command, item->argument);
    }
}

static bool writes_a_file(const struct item *item)
{
    static const char *const options[] = {"-M", "--write-", "-Wp,-M", NULL};
    for (const char *const *option = options; *option; option++)
        if (!strncmp(item->word, *option, strlen(*option)))
            return true;
    return false;
}

void command_add_macros(const struct driver *driver, struct words *command)
{
    for (size_t i = 0; i < driver->line.item_count; i++) {
        const struct item *item = &driver->line.items[i];
        if (item->is_input || !(item->stages & STAGE_PREPROCESS) || writes_a_file(item))
            continue;
        words_add(command, item->word);
        if (item->argument)
            words_add(command, item->argument);
    }
}

void command_add_headers(const struct driver *driver, struct words *command)
{
    words_add(command, "-idirafter");
    words_add(command, driver->backend.include_directory);
}
