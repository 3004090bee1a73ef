/* pragmas.c: `#pragma GCC diagnostic ignored "-Wblocking-call"` for acc's own warnings.
 *
 * They are read from the file as it was written, up to the line that a warning is about, with
 * the _Pragma operators in macros that a line begins with: clang's preprocessor drops those
 * whose groups it does not know. A file is read once, for the lines that matter: there are few,
 * and many questions. The C compiler shall not see pragmas that speak of acc's groups either.
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
    bool is_pragma = take(words, "_Pragma") ||
                     ((take(words, "#") || take(words, "%:")) && take(words, "pragma"));
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

/* Text that has pragmas in it, or is one. */
struct pragma_line {
    const char *line;       /* in the file */
    const char *text, *end; /* the line, or the definition of the macro that it consists of */
    bool is_directive;      /* else _Pragma operators, perhaps among other things */
};

struct pragma_file {
    const char *text;
    struct pragma_line *lines;
    uint32_t count;
};

/* What the pragmas so far have made of the group. */
enum { DEEPEST = 64 };
struct pragma_state {
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

static const char *next_operator(const char *text, const char *end)
{
    return memmem(text, (size_t)(end - text), "_Pragma", strlen("_Pragma"));
}

static void apply_line(struct pragma_state *state, const struct pragma_line *line)
{
    const char *text = line->is_directive ? line->text : next_operator(line->text, line->end);
    while (text) {
        struct words words = {text, line->end};
        if (is_about_diagnostics(&words))
            apply(state, &words);
        text = line->is_directive ? NULL : next_operator(text + 1, line->end);
    }
}

/* ---- the lines that matter ------------------------------------------------------------------- */

/* Lines that end in a backslash go on. */
static const char *line_end(const char *line)
{
    const char *at = line;
    while (*at && (*at != '\n' || (at > line && at[-1] == '\\')))
        at++;
    return at;
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

/* What stands behind `#define`, asked for at the token; each name is looked for once. */
static struct pragma_macro find_macro(struct acc *acc, uint32_t token, const char *name)
{
    struct pragma_macro macro = {.name = name};
    struct origin definition;
    for (uint32_t i = 0; i < acc->pragma_macro_count; i++)
        if (acc->pragma_macros[i].name == name)
            return acc->pragma_macros[i];
    if (origin_of_macro(acc, name, token, &definition)) {
        macro.text = definition.text;
        macro.end = line_end(definition.text);
    }
    *ARENA_PUSH(acc->arena, acc->pragma_macros, acc->pragma_macro_count) = macro;
    return macro;
}

/* Lets a line that is a macro and nothing else be what that is defined as. */
static void expand(struct acc *acc, uint32_t token, struct pragma_line *line)
{
    size_t length = word_length(line->text);
    if (length == 0 || isdigit((unsigned char)*line->text) || !is_lone(line->text + length, line->end))
        return;
    struct pragma_macro macro = find_macro(acc, token, arena_intern(acc->arena, line->text, length));
    if (!macro.text)
        return;
    line->text = macro.text;
    line->end = macro.end;
}

static bool read_line(struct acc *acc, uint32_t token, struct pragma_line *line)
{
    struct words words = {line->text, line->end};
    while (line->text < line->end && strchr(" \t", *line->text))
        line->text++;
    line->is_directive = take(&words, "#") || take(&words, "%:");
    if (line->is_directive) {
        words = (struct words){line->text, line->end};
        return is_about_diagnostics(&words);
    }
    expand(acc, token, line);
    return next_operator(line->text, line->end);
}

/* The file with this text, which the token is in. */
static const struct pragma_file *file_of(struct acc *acc, uint32_t token, const char *text)
{
    for (uint32_t i = 0; i < acc->pragma_file_count; i++)
        if (acc->pragma_files[i].text == text)
            return &acc->pragma_files[i];
    struct pragma_file file = {.text = text};
    for (const char *at = text; *at; at += *at == '\n') {
        struct pragma_line line = {.line = at, .text = at, .end = line_end(at)};
        at = line.end;
        if (read_line(acc, token, &line))
            *ARENA_PUSH(acc->arena, file.lines, file.count) = line;
    }
    struct pragma_file *result = ARENA_PUSH(acc->arena, acc->pragma_files, acc->pragma_file_count);
    *result = file;
    return result;
}

enum pragma pragma_at(struct acc *acc, uint32_t token, const char *group)
{
    struct pragma_state state = {.group = group, .now = PRAGMA_NONE};
    uint32_t length;
    const char *text = original_before(acc, token, &length);
    const struct pragma_file *file = text ? file_of(acc, token, text) : NULL;
    for (uint32_t i = 0; file && i < file->count && file->lines[i].line < text + length; i++)
        apply_line(&state, &file->lines[i]);
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
