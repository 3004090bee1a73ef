/* tidy.c: breaks and indents generated C for people to read (--emit-c, --stop-after).
 *
 * Takes text whose line breaks mean nothing but behind comments of their own and directives;
 * leaves one statement a line. Braces of initialisers stay in the line: those behind `=`, in parentheses,
 * or within another such brace.
 */
#include "lower.h"

#include <ctype.h>
#include <string.h>

struct tidy {
    struct buffer out;
    int depth;        /* of braces that open lines */
    int parentheses;
    int inline_braces;
    bool at_start;    /* nothing stands in the line yet */
    char last;        /* the last character that is no blank */
};

static void put(struct tidy *tidy, const char *text, size_t length)
{
    if (tidy->at_start)
        for (int i = 0; i < tidy->depth; i++)
            buffer_puts(&tidy->out, "    ");
    tidy->at_start = false;
    buffer_add(&tidy->out, text, length);
    tidy->last = text[length - 1];
}

static void end_line(struct tidy *tidy)
{
    while (tidy->out.length && tidy->out.text[tidy->out.length - 1] == ' ')
        tidy->out.length--;
    if (!tidy->at_start)
        buffer_puts(&tidy->out, "\n");
    tidy->at_start = true;
}

/* The length of the literal, the comment or the directive that begins here; 0: none does. */
static size_t whole_token(const char *at)
{
    if (*at == '#')
        return strcspn(at, "\n");
    if (*at == '/' && at[1] == '*') {
        const char *end = strstr(at + 2, "*/");
        return end ? (size_t)(end + 2 - at) : strlen(at);
    }
    if (*at != '"' && *at != '\'')
        return 0;
    size_t length = 1;
    while (at[length] && at[length] != *at)
        length += at[length] == '\\' && at[length + 1] ? 2 : 1;
    return at[length] ? length + 1 : length;
}

static void open_brace(struct tidy *tidy)
{
    if (tidy->parentheses || tidy->inline_braces || tidy->last == '=') {
        tidy->inline_braces++;
        put(tidy, "{", 1);
        return;
    }
    put(tidy, "{", 1);
    end_line(tidy);
    tidy->depth++;
}

static void close_brace(struct tidy *tidy)
{
    if (tidy->inline_braces) {
        tidy->inline_braces--;
        put(tidy, "}", 1);
        return;
    }
    end_line(tidy);
    tidy->depth -= tidy->depth > 0;
    put(tidy, "}", 1);
}

static void put_blank(struct tidy *tidy, const char *next)
{
    bool keeps = !tidy->at_start && tidy->last != '(' && !strchr(";,)]", *next) &&
                 tidy->out.text[tidy->out.length - 1] != ' ';
    if (keeps)
        buffer_puts(&tidy->out, " ");
}

static void put_character(struct tidy *tidy, const char *at)
{
    bool in_statement = !tidy->parentheses && !tidy->inline_braces;
    if (tidy->last == '}' && in_statement && *at != ';' && *at != '}' && !tidy->at_start)
        end_line(tidy);
    tidy->parentheses += *at == '(' ? 1 : *at == ')' ? -1 : 0;
    if (*at == '{')
        open_brace(tidy);
    else if (*at == '}')
        close_brace(tidy);
    else
        put(tidy, at, 1);
    if (*at == ';' && in_statement)
        end_line(tidy);
}

char *tidy(struct acc *acc, const char *text)
{
    struct tidy tidy = {.at_start = true};
    for (size_t length; *text; text += length) {
        length = whole_token(text);
        if (length && (*text == '/' || *text == '#')) {
            end_line(&tidy);
            put(&tidy, text, length);
            end_line(&tidy);
        } else if (length) {
            put(&tidy, text, length);
        } else if (isspace((unsigned char)*text)) {
            length = strspn(text, " \t\n");
            put_blank(&tidy, text + length);
        } else {
            put_character(&tidy, text);
            length = 1;
        }
    }
    end_line(&tidy);
    char *result = arena_copy(acc->arena, tidy.out.text ? tidy.out.text : "", tidy.out.length);
    buffer_free(&tidy.out);
    return result;
}
