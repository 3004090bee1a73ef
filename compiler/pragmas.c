/* pragmas.c: `#pragma GCC diagnostic ignored "-Wblocking-call"` for acc's own warnings.
 *
 * They are read from the file as it was written, up to the line that a warning is about, with the _Pragma operators in
 * macros that a line begins with: clang's preprocessor drops those whose groups it does not know. The C compiler shall
 * not see those that speak of acc's groups either.
 */
#include "origin.h"

#include <ctype.h>
#include <string.h>

struct words {
    const char *at, *end;
};

static void pass_blanks(struct words *words)
{
    while (words->at < words->end && strchr(" \t\"()", *words->at))
        words->at++;
}

static bool take(struct words *words, const char *word)
{
    size_t length = strlen(word);
    pass_blanks(words);
    if ((size_t)(words->end - words->at) < length || memcmp(words->at, word, length) != 0)
        return false;
    words->at += length;
    return true;
}

/* `#pragma GCC diagnostic` or `#pragma clang diagnostic`, also with _Pragma. */
static bool is_about_diagnostics(struct words *words)
{
    bool is_pragma = take(words, "_Pragma") || ((take(words, "#") || take(words, "%:")) && take(words, "pragma"));
    return is_pragma && (take(words, "GCC") || take(words, "clang")) && take(words, "diagnostic");
}

static bool takes_group(struct words *words, const char *group)
{
    size_t length = strlen(group);
    if (!take(words, "-W") && !(take(words, "\\") && take(words, "-W")))
        return false;
    return (size_t)(words->end - words->at) > length && memcmp(words->at, group, length) == 0 &&
           strchr("\"\\", words->at[length]);
}

static enum pragma kind_of(struct words *words, const char *group)
{
    static const struct {
        const char *word;
        enum pragma kind;
    } kinds[] = {{"ignored", PRAGMA_IGNORED}, {"warning", PRAGMA_WARNING}, {"error", PRAGMA_ERROR}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (take(words, kinds[i].word))
            return takes_group(words, group) ? kinds[i].kind : PRAGMA_NONE;
    return PRAGMA_NONE;
}

/* What the pragmas so far have made of the group. */
enum { DEEPEST = 64 };
struct pragma_state {
    struct acc *acc;
    uint32_t token; /* that is asked about */
    const char *group;
    enum pragma saved[DEEPEST], now;
    uint32_t depth;
};

static void apply(struct pragma_state *state, struct words *words)
{
    if (take(words, "push")) {
        if (state->depth < DEEPEST)
            state->saved[state->depth] = state->now;
        state->depth++;
    } else if (take(words, "pop")) {
        state->depth -= state->depth > 0;
        state->now = state->depth < DEEPEST ? state->saved[state->depth] : state->now;
    } else {
        enum pragma kind = kind_of(words, state->group);
        state->now = kind == PRAGMA_NONE ? state->now : kind;
    }
}

/* Every _Pragma in a text. */
static void apply_operators(struct pragma_state *state, const char *text, const char *end)
{
    static const char operator[] = "_Pragma";
    size_t length = sizeof operator - 1;
    for (; (size_t)(end - text) > length; text++) {
        struct words words = {text, end};
        if (memcmp(text, operator, length) == 0 && is_about_diagnostics(&words))
            apply(state, &words);
    }
}

/* Lines that end in a backslash go on. */
static const char *line_end(const char *line, const char *end)
{
    for (const char *at = line; at < end; at++)
        if (*at == '\n' && (at == line || at[-1] != '\\'))
            return at;
    return end;
}

/* A line that may be nothing but a macro: NAME or NAME(...). */
static bool is_lone(const char *rest, const char *end)
{
    while (end > rest && strchr(" \t\r", end[-1]))
        end--;
    return rest == end || (*rest == '(' && end[-1] == ')');
}

struct pragma_macro {
    const char *name;
    const char *text, *end; /* of its definition */
};

/* What stands behind `#define`; each name is looked for once. */
static struct pragma_macro find_macro(struct pragma_state *state, const char *name)
{
    struct acc *acc = state->acc;
    struct pragma_macro macro = {.name = name};
    struct origin definition;
    for (uint32_t i = 0; i < acc->pragma_macro_count; i++)
        if (acc->pragma_macros[i].name == name)
            return acc->pragma_macros[i];
    if (origin_of_macro(acc, name, state->token, &definition)) {
        macro.text = definition.text;
        macro.end = line_end(definition.text, definition.text + strlen(definition.text));
    }
    *ARENA_PUSH(acc->arena, acc->pragma_macros, acc->pragma_macro_count) = macro;
    return macro;
}

/* A macro on a line of its own: it may consist of _Pragma operators. */
static void apply_macro(struct pragma_state *state, const char *line, const char *end)
{
    size_t length = 0;
    while (line + length < end && (isalnum((unsigned char)line[length]) || line[length] == '_'))
        length++;
    if (length == 0 || isdigit((unsigned char)*line) || !is_lone(line + length, end))
        return;
    struct pragma_macro macro = find_macro(state, arena_intern(state->acc->arena, line, length));
    if (macro.text)
        apply_operators(state, macro.text, macro.end);
}

static void apply_line(struct pragma_state *state, const char *line, const char *end)
{
    struct words words = {line, end};
    while (line < end && strchr(" \t", *line))
        line++;
    if (take(&words, "#") || take(&words, "%:")) {
        words = (struct words){line, end};
        if (is_about_diagnostics(&words))
            apply(state, &words);
        return;
    }
    apply_operators(state, line, end);
    apply_macro(state, line, end);
}

enum pragma pragma_at(struct acc *acc, uint32_t token, const char *group)
{
    struct pragma_state state = {.acc = acc, .token = token, .group = group, .now = PRAGMA_NONE};
    uint32_t length;
    const char *line = original_before(acc, token, &length), *end = line ? line + length : line;
    while (line && line < end) {
        const char *next = line_end(line, end);
        apply_line(&state, line, next);
        line = next < end ? next + 1 : end;
    }
    return state.now;
}

static bool is_ours(const struct acc *acc, uint32_t token)
{
    static const char *const groups[] = {
#define MESSAGE(id, severity, group, text) group,
#define SHARED_MESSAGE(id, group, text)
#include "diagnostics.def"
#undef MESSAGE
    };
    const struct token *pragma = &acc->tokens[token];
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct words words = {acc->text + pragma->offset, acc->text + pragma->offset + pragma->length};
        if (*groups[i] && is_about_diagnostics(&words) && kind_of(&words, groups[i]) != PRAGMA_NONE)
            return true;
    }
    return false;
}

void drop_pragmas(struct acc *acc)
{
    for (uint32_t i = 1; i < acc->token_count; i++)
        if (acc->tokens[i].kind == TOK_PRAGMA && is_ours(acc, i))
            memset((char *)acc->text + acc->tokens[i].offset, ' ', acc->tokens[i].length);
}
