/* macro_values.c: statements that are a macro's value.
 *
 *     #define PUSH(v, x) ({ ...; &(v)->data[(v)->count - 1]; })
 *     PUSH(v, 1);
 *
 * clang says of an unused value only where it was written, but gets text without macros from acc, so such a
 * statement is printed as `(void)({ ... });`. A comma is left to clang, which warns of it in macros, too.
 */
#include "emit.h"
#include "origin.h"

#include <string.h>

static bool is_head_of_statement(const struct acc *acc, uint32_t close)
{
    uint32_t word = acc->tokens[close].match - 1;
    return token_is(acc, word, "if") || token_is(acc, word, "while") || token_is(acc, word, "for")
        || token_is(acc, word, "switch");
}

/* A statement may follow. Not behind the `}` of a structure: `struct s { ... } (x);` declares x. */
static bool is_end_of_statement(const struct acc *acc, uint32_t token)
{
    uint32_t before = token;
    if (token_is(acc, token, "}"))
        before = acc->tokens[token].match - 1;
    return token_is(acc, before, ";") || token_is(acc, before, "{") || token_is(acc, before, "}")
        || token_is(acc, before, "else") || token_is(acc, before, "do")
        || (token_is(acc, before, ")") && is_head_of_statement(acc, before));
}

/* What the bracket opens is a statement, or the first or last clause of a `for`. */
static bool is_statement(const struct acc *acc, uint32_t open)
{
    uint32_t before = open - 1, behind = acc->tokens[open].match + 1;
    if (token_is(acc, before, ";") && token_is(acc, behind, ")"))
        return token_is(acc, acc->tokens[behind].match - 1, "for");
    if (!token_is(acc, behind, ";"))
        return false;
    if (token_is(acc, before, ";"))
        return !bracket_around(acc, before); /* else it is what a `for` asks */
    return token_is(acc, before, "(") ? token_is(acc, before - 1, "for") : is_end_of_statement(acc, before);
}

static bool has_comma(const struct acc *acc, uint32_t open)
{
    uint32_t close = acc->tokens[open].match;
    while (token_is(acc, open + 1, "(") && acc->tokens[open + 1].match == close - 1)
        open++, close--;
    for (uint32_t at = open + 1; at < close; at++) {
        if (token_is(acc, at, ","))
            return true;
        if (acc->tokens[at].match > at)
            at = acc->tokens[at].match;
    }
    return false;
}

static bool is_word(const char *start, const char *end, const char *word)
{
    return (size_t)(end - start) == strlen(word) && memcmp(start, word, strlen(word)) == 0;
}

/* Of a macro's own parentheses the first may seem to be that of its arguments: behind the macro's name. */
static bool is_out_of_macro(struct acc *acc, uint32_t open)
{
    struct origin origin = origin_of(acc, open);
    const char *end, *start;
    if (origin.macro || !origin.text || !origin.column)
        return origin.macro;
    end = origin.text + origin.column - 1;
    while (end > origin.text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    for (start = end; start > origin.text && is_of_word(start[-1]);)
        start--;
    return end > start && !is_word(start, end, "else") && !is_word(start, end, "do");
}

bool is_value_of_macro(struct acc *acc, uint32_t token)
{
    const struct token *open = &acc->tokens[token];
    return acc->options->is_for_clang && token_is(acc, token, "(") && open->match > token
        && is_statement(acc, token) && !acc->files[open->file].is_system && !has_comma(acc, token)
        && is_out_of_macro(acc, token);
}

void print_raw_with_macro_values(struct printer *printer, uint32_t first, uint32_t end)
{
    uint32_t from = first;
    for (uint32_t token = first; printer->acc->options->is_for_clang && token < end; token++) {
        if (!is_value_of_macro(printer->acc, token) || is_unmentioned(printer->acc, token))
            continue;
        print_raw(printer, from, token);
        print_text(printer, "(void)");
        from = token;
    }
    print_raw(printer, from, end);
}
