/* messages.c: what the C compiler says of the translated text, in terms of the file that the user wrote.
 *
 * Its lines and columns are the user's, thanks to line markers (print.c). Functions and variables that were renamed get
 * their names back:
 *
 *     In function 'ac__main__run':                    ->  In function 'main':
 *     f.ac:5:12: warning: ... 'ac__self->n_1' ...     ->  f.ac:5:12: warning: ... 'n' ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";

/* Without `_NUMBER` at the end; 0: there is none. */
static size_t without_number(const char *text, size_t length)
{
    size_t end = length;
    while (end && text[end - 1] >= '0' && text[end - 1] <= '9')
        end--;
    return end && end < length && text[end - 1] == '_' ? end - 1 : 0;
}

/* The length of NAME in NAME_NUMBER or, with -g, NAME_NUMBER__FIRST_LAST (places.c). */
static size_t variable_length(const char *member, size_t length)
{
    size_t first = without_number(member, without_number(member, length));
    size_t name = first && member[first - 1] == '_' ? without_number(member, first - 1) : 0;
    return name ? name : without_number(member, length);
}

/* The length of a name that acc gave, and in `kept` the part of it that is the user's; 0: it is none. */
static size_t given_name(const char *text, const char **kept, size_t *kept_length)
{
    static const char prefix[] = "ac__", self[] = "ac__self->", run[] = "__run";
    bool is_variable = strncmp(text, self, strlen(self)) == 0;
    size_t before = strlen(is_variable ? self : prefix), behind = is_variable ? 0 : strlen(run);
    size_t length = before + strspn(text + before, letters), inside = length - before;
    *kept = text + before;
    if (is_variable)
        *kept_length = variable_length(*kept, inside);
    else if (inside > behind && memcmp(text + length - behind, run, behind) == 0)
        *kept_length = inside - behind;
    else
        *kept_length = 0;
    return *kept_length ? length : 0;
}

void messages_print_translated(struct driver *driver, const char *path)
{
    size_t size, kept_length;
    const char *text = file_read(driver->arena, path, &size), *kept;
    for (const char *name; text && (name = strstr(text, "ac__")); ) {
        size_t length = given_name(name, &kept, &kept_length);
        fwrite(text, 1, (size_t)(name - text), stderr);
        fwrite(length ? kept : name, 1, length ? kept_length : 1, stderr);
        text = name + (length ? length : 1);
    }
    fputs(text ? text : "", stderr);
}
