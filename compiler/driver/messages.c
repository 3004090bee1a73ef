/* messages.c: what the C compiler says of the translated text, in terms of the file that the user wrote.
 *
 * Its lines and columns are the user's, thanks to line markers (print.c). Functions and variables that
 * were renamed get their names back:
 *
 *     In function 'ac__main__run':                    ->  In function 'main':
 *     f.ac:5:12: warning: ... 'ac__self->n_1' ...     ->  f.ac:5:12: warning: ... 'n' ...
 *
 * gcc shows source lines from the user's file by itself. clang would show the translated text, so it is told
 * to show none, and they are put in here. A column that the user's line does not have, since macros stood in
 * front of it, is left out, and what would mark it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../snippet.h"
#include "driver.h"

enum { CAST = sizeof "((struct " - 1 };
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

/* The length of a name that acc made, and in `kept` the part of it that the user wrote; 0: it is no such
 * name. */
static size_t given_name(const char *text, const char **kept, size_t *kept_length)
{
    static const char prefix[] = "ac__", self[] = "ac__self->", run[] = "__run", user_main[] = "ac__user_main";
    bool is_variable = strncmp(text, self, strlen(self)) == 0;
    if (strspn(text, letters) == strlen(user_main) && strncmp(text, user_main, strlen(user_main)) == 0) {
        *kept_length = strlen("main");
        *kept = text + strlen(user_main) - *kept_length;
        return strlen(user_main);
    }
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

/* gcc writes `((struct ac__NAME__frame *)ac__self)->` where it drops the qualifiers of ac__self. */
static const char *behind_cast(const char *text)
{
    static const char begin[] = "((struct ac__", end[] = "__frame *)ac__self)->";
    size_t name = strncmp(text, begin, strlen(begin)) ? 0 : strspn(text + strlen(begin), letters);
    const char *behind = text + strlen(begin) + name - strlen("__frame");
    return name > strlen("__frame") && !strncmp(behind, end, strlen(end)) ? behind + strlen(end) : NULL;
}

/* The text with the user's names in place of those that acc gave. */
static void add_renamed(struct buffer *out, const char *text)
{
    const char *kept, *member;
    size_t kept_length;
    for (const char *name; (name = strstr(text, "ac__")); ) {
        size_t length = given_name(name, &kept, &kept_length);
        if (name - text >= CAST && (member = behind_cast(name - CAST))) {
            buffer_add(out, text, (size_t)(name - CAST - text));
            length = strspn(member, letters);
            buffer_add(out, member, variable_length(member, length));
            text = member + length;
            continue;
        }
        buffer_add(out, text, (size_t)(name - text));
        buffer_add(out, length ? kept : name, length ? kept_length : 1);
        text = name + (length ? length : 1);
    }
    buffer_puts(out, text);
}

/* ---- source lines for clang's messages ----------------------------------------------------------------- */

/* What stands in front of a message: FILE:LINE:COLUMN: */
struct place {
    const char *file;
    size_t file_length;
    unsigned line, column;
};

/* ":NUMBER" at *text, which then stands behind it. */
static bool read_number(const char **text, unsigned *number)
{
    char *end;
    if (**text != ':' || (*text)[1] < '0' || (*text)[1] > '9')
        return false;
    *number = (unsigned)strtoul(*text + 1, &end, 10);
    *text = end;
    return true;
}

/* A line without what colours it. */
static const char *without_colors(struct driver *driver, const char *line, size_t length)
{
    struct buffer plain = {0};
    for (const char *end = line + length; line < end; line++)
        if (*line != '\033')
            buffer_add(&plain, line, 1);
        else
            while (line + 1 < end && *line != 'm' && *line != 'K')
                line++;
    const char *copy = arena_copy(driver->arena, plain.text ? plain.text : "", plain.length);
    buffer_free(&plain);
    return copy;
}

/* Of the message at the beginning of the line, if there is one. */
static bool find_place(const char *line, struct place *place)
{
    place->file = line;
    for (const char *text = line; *text; text++) {
        const char *behind = text;
        place->file_length = (size_t)(text - place->file);
        if (read_number(&behind, &place->line) && read_number(&behind, &place->column) && !strncmp(behind, ": ", 2))
            return true;
    }
    return false;
}

/* The user's line, if it can be read; a file is read once only where its messages follow each other. */
static const char *source_line(struct driver *driver, const struct place *place, size_t *length)
{
    const char *path = driver->shown_path;
    if (!path || strlen(path) != place->file_length || memcmp(path, place->file, place->file_length) != 0) {
        size_t size;
        driver->shown_path = arena_copy(driver->arena, place->file, place->file_length);
        driver->shown_text = file_read(driver->arena, driver->shown_path, &size);
    }
    const char *line = driver->shown_text;
    for (unsigned i = 1; line && i < place->line; i++)
        line = (line = strchr(line, '\n')) ? line + 1 : NULL;
    *length = line ? strcspn(line, "\r\n") : 0;
    return line;
}

/* gcc counts a tab as what it takes on a screen. */
static bool has_column(const struct driver *driver, const struct place *place, const char *source, size_t length)
{
    size_t width = 0;
    for (size_t i = 0; i < length; i++)
        width = source[i] == '\t' && !driver->backend.is_clang ? (width / 8 + 1) * 8 : width + 1;
    return place->column <= width + 1;
}

/* A caret, and what is left of a word underlined; the line alone where the column is none. */
static void print_snippet(const struct place *place, const char *source, size_t length, bool color)
{
    struct buffer out = {0};
    size_t column = place->column && place->column - 1 < length ? place->column - 1 : length;
    size_t word = strspn(source + column, letters);
    struct underline under = {(uint32_t)column, (uint32_t)(column + word)};
    snippet_add(&out, place->line, source, (uint32_t)length, (uint32_t)column, &under, word > 0, color);
    if (!place->column && out.length)
        out.length = strcspn(out.text, "\n") + 1;
    fwrite(out.text ? out.text : "", 1, out.length, stderr);
    buffer_free(&out);
}

/* The line of a message without its column. */
static void print_without_column(const char *line, size_t length, const struct place *place)
{
    char column[32], both[64];
    int column_length = snprintf(column, sizeof column, ":%u", place->column);
    int both_length = snprintf(both, sizeof both, ":%u%s:", place->line, column);
    const char *found = memmem(line, length, both, (size_t)both_length);
    size_t before = found ? (size_t)(found - line) + (size_t)(both_length - column_length - 1) : length;
    size_t behind = found ? before + (size_t)column_length : length;
    fwrite(line, 1, before, stderr);
    fwrite(line + behind, 1, length - behind, stderr);
}

/* A line of gcc's that marks something in the source line above it. */
static bool is_marks(const char *line)
{
    return line[strspn(line, " ")] == '|';
}

static bool is_snippet(const char *line)
{
    return line[strspn(line, " 0123456789")] == '|';
}

/* A line of what the C compiler says; `drops_marks`: those below have no place. */
static void print_line(struct driver *driver, const char *line, size_t length, bool *drops_marks)
{
    struct place place;
    size_t source_length = 0;
    *drops_marks = *drops_marks && is_snippet(line);
    if (*drops_marks && is_marks(line))
        return;
    bool is_message = find_place(without_colors(driver, line, length), &place) && place.column;
    const char *source = is_message ? source_line(driver, &place, &source_length) : NULL;
    if (source && !has_column(driver, &place, source, source_length)) {
        print_without_column(line, length, &place);
        place.column = 0;
        *drops_marks = true;
    } else {
        fwrite(line, 1, length, stderr);
    }
    if (source && driver->backend.is_clang && !driver->line.hides_source)
        print_snippet(&place, source, source_length, memchr(line, '\033', length));
}

void messages_print_translated(struct driver *driver, const char *path)
{
    struct buffer messages = {0};
    size_t size;
    bool drops_marks = false;
    const char *text = file_read(driver->arena, path, &size);
    add_renamed(&messages, text ? text : "");
    for (const char *line = messages.text; line && *line; ) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        print_line(driver, line, length, &drops_marks);
        line += length;
    }
    buffer_free(&messages);
}
