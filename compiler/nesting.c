/* nesting.c: says in the line markers of lowered text what is the main file's and what a header's.
 *
 * The flags for entering (1) and leaving (2) a file are dropped where text is printed anew,
 * since it does not nest as the original did. C compilers need to know no more than this: an
 * unused function is a mistake in the main file, but none in a header. The places that belong to
 * nobody, "<acc>", are passed over.
 */
#include "lower.h"

#include <ctype.h>
#include <string.h>

struct nesting {
    struct buffer out;
    const char *main_name; /* as a marker has it, in quotes */
    bool in_header;
};

static bool is_marker(const char *line)
{
    return line[0] == '#' && line[1] == ' ' && isdigit((unsigned char)line[2]);
}

static void add_marker(struct nesting *nesting, const char *line, const char *end)
{
    const char *name = memchr(line, '"', (size_t)(end - line)), *flags = end;
    while (name && flags[-1] != '"')
        flags--;
    bool in_header = name && !has_prefix(name, nesting->main_name);
    buffer_add(&nesting->out, line, (size_t)(flags - line));
    if (name && in_header != nesting->in_header && !has_prefix(name, "\"<acc>\"")) {
        buffer_puts(&nesting->out, in_header ? " 1" : " 2");
        nesting->in_header = in_header;
    }
    buffer_add(&nesting->out, flags, (size_t)(end - flags));
}

const char *nest_files(struct acc *acc, const char *text)
{
    struct buffer name = {0};
    buffer_add_quoted(&name, acc->input_name);
    struct nesting nesting = {.main_name = name.text};
    while (*text) {
        const char *end = text + strcspn(text, "\n");
        if (is_marker(text))
            add_marker(&nesting, text, end);
        else
            buffer_add(&nesting.out, text, (size_t)(end - text));
        if (*end)
            buffer_puts(&nesting.out, "\n");
        text = *end ? end + 1 : end;
    }
    const char *nested = arena_copy(acc->arena, nesting.out.text, nesting.out.length);
    buffer_free(&nesting.out);
    buffer_free(&name);
    return nested;
}
