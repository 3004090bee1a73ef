/* pragmas.c: `#pragma GCC diagnostic ignored "-Wblocking-call"` for acc's own warnings.
 *
 * They are read from the file as it was written, up to the line that a warning is about: clang's preprocessor drops
 * those whose groups it does not know. The C compiler shall not see those that speak of acc's groups either.
 */
#include "origin.h"

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

enum pragma pragma_at(struct acc *acc, uint32_t token, const char *group)
{
    enum { DEEPEST = 64 };
    enum pragma saved[DEEPEST], now = PRAGMA_NONE;
    uint32_t length, depth = 0;
    const char *text = original_before(acc, token, &length), *end = text + length;
    for (const char *line = text; text && line < end; ) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        struct words words = {line, next ? next : end};
        line = next ? next + 1 : end;
        if (!is_about_diagnostics(&words))
            continue;
        if (take(&words, "push")) {
            if (depth < DEEPEST)
                saved[depth] = now;
            depth++;
        } else if (take(&words, "pop")) {
            depth -= depth > 0;
            now = depth < DEEPEST ? saved[depth] : now;
        } else {
            enum pragma kind = kind_of(&words, group);
            now = kind == PRAGMA_NONE ? now : kind;
        }
    }
    return now;
}

static bool is_ours(const struct acc *acc, uint32_t token)
{
    static const char *const groups[] = {
#define MESSAGE(id, severity, group, text) group,
#include "diagnostics.def"
#undef MESSAGE
    };
    const struct token *pragma = &acc->tokens[token];
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct words words = {acc->text + pragma->offset, acc->text + pragma->offset + pragma->length};
        if (*groups[i] && strcmp(groups[i], "format") != 0 && is_about_diagnostics(&words) &&
            kind_of(&words, groups[i]) != PRAGMA_NONE)
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
