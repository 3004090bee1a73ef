/* wording.c: says what clang said of the shadow in terms of the program as written.
 *
 *     'typeof(typeof(int) (*)(struct ac__coro *))' (aka 'int (*)(struct ac__coro *)')  ->  'ac_coro(int)'
 *     'char *(*(*)(int))(struct ac__coro *)'                                            ->  'ac_coro(char *) (*)(int)'
 *     'typeof(char *)' (aka 'char *')                                                   ->  'char *'
 *     'typeof (fn(x))' (aka 'int')                                                      ->  'int'
 *     'ac__entered_1' (aka 'int')                                                       ->  'int'
 *     'ac__body_fetch'                                                                  ->  'fetch'
 *
 * A handle type is  BASE (*INNER)(struct ac__KIND *) ; whatever INNER holds derives from the handle:
 * pointers, arrays, parameters. Everything here works on the text of one message.
 */
#include "clang.h"

#include <string.h>

/* Replaces [from, to) of the text. */
static char *splice(struct acc *acc, const char *text, size_t from, size_t to, const char *by)
{
    return arena_format(acc->arena, "%.*s%s%s", (int)from, text, by, text + to);
}

static size_t open_of(const char *text, size_t close)
{
    int depth = 0;
    for (size_t i = close + 1; i-- > 0; ) {
        depth += (text[i] == ')' || text[i] == ']') - (text[i] == '(' || text[i] == '[');
        if (depth == 0)
            return i;
    }
    return SIZE_MAX;
}

static size_t close_of(const char *text, size_t open)
{
    int depth = 0;
    for (size_t i = open; text[i]; i++) {
        depth += (text[i] == '(' || text[i] == '[') - (text[i] == ')' || text[i] == ']');
        if (depth == 0)
            return i;
    }
    return SIZE_MAX;
}

/* Where the type whose text ends before `end` begins: after a quote, a comma or an open
 * parenthesis around it. */
static size_t type_start(const char *text, size_t end)
{
    size_t i = end;
    while (i > 0 && !strchr("',([{", text[i - 1])) {
        if (text[i - 1] == ')' || text[i - 1] == ']') {
            size_t open = open_of(text, i - 1);
            if (open == SIZE_MAX)
                return i;
            i = open;
        } else {
            i--;
        }
    }
    while (i < end && text[i] == ' ')
        i++;
    return i;
}

/* ---- typeof(T) ------------------------------------------------------------------------------- */

/* Whether T may stand as it is where `typeof(T)` stood, with `after` behind it. */
static bool is_plain_type(const char *type, size_t length, char after)
{
    const char *open = memchr(type, '(', length);
    if (strncmp(type, "ac_", 3) == 0 && open && close_of(open, 0) == length - 1 - (size_t)(open - type))
        return true; /* a handle's type */
    if (after == '\'' || after == ')' || after == ',' || after == 0)
        return true;
    return !memchr(type, '(', length) && !memchr(type, '[', length);
}

/* clang prints `typeof(T)` for types and `typeof (e)` for expressions; the first ones go. */
static const char *without_typeof(struct acc *acc, const char *text)
{
    const char *at = text;
    while ((at = strstr(at, "typeof("))) {
        size_t start = (size_t)(at - text), open = start + strlen("typeof");
        size_t close = close_of(text, open);
        if (close == SIZE_MAX || (start > 0 && is_word_byte(text[start - 1])) ||
            !is_plain_type(text + open + 1, close - open - 1, text[close + 1])) {
            at++;
            continue;
        }
        const char *type = arena_copy(acc->arena, text + open + 1, close - open - 1);
        text = splice(acc, text, start, close + 1, type);
        at = text + start;
    }
    return text;
}

/* `typeof (e)` comes from the shadow, which gives names their types that way: only the type is of
 * interest. */
static const char *without_expressions(struct acc *acc, const char *text)
{
    static const char aka[] = "' (aka '", word[] = "typeof (";
    for (const char *at = text; (at = strstr(at, aka)); at++) {
        size_t end = (size_t)(at - text), start = end, type = end + strlen(aka);
        while (start > 0 && text[start - 1] != '\'')
            start--;
        size_t type_end = type + strcspn(text + type, "'");
        if (start == 0 || text[type_end] != '\'' || text[type_end + 1] != ')' ||
            !memmem(text + start, end - start, word, strlen(word)))
            continue;
        text = splice(acc, text, type_end + 1, type_end + 2, "");
        text = splice(acc, text, start, type, "");
        at = text + start;
    }
    return text;
}

/* ---- handles --------------------------------------------------------------------------------- */

struct handle_name {
    const char *pattern, *name;
};

static const struct handle_name handle_names[] = {
    {")(struct ac__coro *)", "ac_coro"},
    {")(struct ac__task *)", "ac_task"},
    {")(struct ac__future *)", "ac_future"},
    {")(struct ac__gen *)", "ac_gen"},
    {")(struct ac__queue *)", "ac_queue"},
};

static const char *trimmed(struct acc *acc, const char *text, size_t length)
{
    while (length > 0 && text[length - 1] == ' ')
        length--;
    if (length > 8 && memcmp(text, "typeof(", 7) == 0 && close_of(text, 6) == length - 1)
        return arena_copy(acc->arena, text + 7, length - 8);
    return arena_copy(acc->arena, text, length);
}

/* Where the text ends that stands behind INNER's parenthesis in a declarator: its arrays and parameters. */
static size_t suffix_end(const char *text, size_t at)
{
    while (text[at] == '[' || text[at] == '(') {
        size_t close = close_of(text, at);
        if (close == SIZE_MAX)
            return at;
        at = close + 1;
    }
    return at;
}

/* Whether stars, and what qualifies them, stand between, and nothing else. */
static bool is_pointers(const char *text, size_t start, size_t end)
{
    if (text[start] != '*')
        return false;
    while (start < end && (text[start] == '*' || text[start] == ' ' || is_word_byte(text[start])))
        start++;
    return start == end;
}

/* One handle: `close` is the parenthesis that ends (*INNER). Null if it is none after all. BASE may
 * have a part behind the handle, `int (*(*INNER)(struct ac__KIND *))[3]`. */
static const char *replace_handle(struct acc *acc, const char *text, size_t close,
                                  const struct handle_name *handle)
{
    size_t open = open_of(text, close), end = close + strlen(handle->pattern);
    if (open == SIZE_MAX || text[open] != '(' || text[open + 1] != '*')
        return NULL;
    size_t start = type_start(text, open);
    const char *base = trimmed(acc, text + start, open - start);
    for (size_t inside = open;
         start > 0 && text[start - 1] == '(' && text[end] == ')' && is_pointers(text, start, inside);) {
        size_t behind = suffix_end(text, end + 1);
        inside = start - 1;
        start = type_start(text, inside);
        base = arena_format(acc->arena, "%.*s(%s)%.*s", (int)(inside - start), text + start, base,
                            (int)(behind - end - 1), text + end + 1);
        end = behind;
    }
    const char *inner = arena_copy(acc->arena, text + open + 2, close - open - 2);
    return splice(acc, text, start, end,
                  arena_format(acc->arena, "%s(%s)%s%s", handle->name, base,
                               *inner && *inner != '[' ? " " : "", inner));
}

static const char *replace_handles(struct acc *acc, const char *text, const struct handle_name *handle)
{
    for (const char *at = text; (at = strstr(at, handle->pattern)); ) {
        const char *replaced = replace_handle(acc, text, (size_t)(at - text), handle);
        if (!replaced)
            at++;
        else
            at = text = replaced;
    }
    return text;
}

/* ---- (aka ...) ------------------------------------------------------------------------------- */

/* `'T' (aka 'T')`, which the rewriting above leaves behind. */
static const char *without_echoes(struct acc *acc, const char *text)
{
    static const char aka[] = "' (aka '";
    for (const char *at = text; (at = strstr(at, aka)); ) {
        size_t end = (size_t)(at - text), second = end + strlen(aka), start = end;
        while (start > 0 && text[start - 1] != '\'')
            start--;
        size_t length = end - start;
        if (strncmp(text + start, text + second, length) == 0 &&
            strncmp(text + second + length, "')", 2) == 0) {
            text = splice(acc, text, end + 1, second + length + 2, "");
            at = text + end;
        } else {
            at++;
        }
    }
    return text;
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *replace_all(struct acc *acc, const char *text, const char *what, const char *by)
{
    for (const char *at = text; (at = strstr(at, what)); ) {
        size_t start = (size_t)(at - text);
        text = splice(acc, text, start, start + strlen(what), by);
        at = text + start + strlen(by);
    }
    return text;
}

/* `(unnamed struct at main.ac:3:17)`: the column is one in the shadow. */
static const char *without_columns(struct acc *acc, const char *text)
{
    for (const char *at = text; (at = strstr(at, " at ")); at++) {
        const char *end = strchr(at, ')'), *colon = end;
        while (colon && colon > at && strchr("0123456789", colon[-1]))
            colon--;
        if (!colon || colon == end || colon[-1] != ':' || !strstr(text, "(unnamed ") || colon - 1 == at)
            continue;
        size_t start = (size_t)(at - text);
        text = splice(acc, text, (size_t)(colon - 1 - text), (size_t)(end - text), "");
        at = text + start;
    }
    return text;
}

/* `'ac__item_3' (aka 'char *')`, as shadow.c names the items of an `async for`. */
static const char *without_items(struct acc *acc, const char *text)
{
    static const char start[] = "'ac__item_", aka[] = "' (aka ";
    for (const char *at = text; (at = strstr(at, start)); at++) {
        size_t from = (size_t)(at - text),
               to = from + strlen(start) + strspn(at + strlen(start), "0123456789");
        const char *end = strncmp(text + to, aka, strlen(aka)) == 0 ? strstr(text + to, "')") : NULL;
        if (end) {
            text = splice(acc, text, (size_t)(end + 1 - text), (size_t)(end + 2 - text), "");
            at = text = splice(acc, text, from, to + strlen(aka), "");
        }
    }
    return text;
}

/* `'ac__entered_3' (aka 'T')`: what an N_aenter gives has a name in the shadow only (shadow_with.c). */
static const char *without_entered(struct acc *acc, const char *text)
{
    static const char name[] = "'ac__entered_", aka[] = "' (aka '";
    for (const char *at; (at = strstr(text, name)); ) {
        size_t start = (size_t)(at - text),
               end = start + strlen(name) + strspn(at + strlen(name), "0123456789");
        const char *close = strstr(text + end, "')");
        if (!close || strncmp(text + end, aka, strlen(aka)) != 0)
            return text;
        const char *type = text + end + strlen(aka);
        text = arena_format(acc->arena, "%.*s%.*s'%s", (int)start + 1, text, (int)(close - type),
                            type, close + 2);
    }
    return text;
}

/* `ac__tag_7`: what a record or enumeration that a function defines as its result is called (types.c). */
static const char *without_tags(struct acc *acc, const char *text)
{
    static const char name[] = "ac__tag_";
    for (const char *at; (at = strstr(text, name)); ) {
        size_t start = (size_t)(at - text),
               end = start + strlen(name) + strspn(at + strlen(name), "0123456789");
        text = splice(acc, text, start, end, "(unnamed)");
    }
    return text;
}

/* What stands for decimal types in the prologue (prologue.c). */
static const char *with_decimals(struct acc *acc, const char *text)
{
    if (strstr(text, "_Accum"))
        text = replace_all(acc, replace_all(acc, text, "long _Accum", "_Decimal64"), "_Accum", "_Decimal32");
    if (!acc->has_decimal128)
        return text;
    return replace_all(acc, replace_all(acc, text, "ac__decimal128", "_Decimal128"), "__float128",
                       "_Decimal128");
}

/* A handle is no pointer to who has it. */
static const char *without_subscript(const char *text)
{
    static const char start[] = "subscript of pointer to function type '";
    bool is_handle = strncmp(text, start, strlen(start)) == 0 && strstr(text, "(struct ac__");
    return is_handle ? "subscripted value is not an array, pointer, or vector" : text;
}

const char *wording(struct acc *acc, const char *text)
{
    text = without_subscript(text);
    text = without_entered(acc, text);
    text = with_decimals(acc, text);
    if (strstr(text, "(unnamed "))
        text = without_columns(acc, text);
    if (strstr(text, "typeof("))
        text = replace_all(acc, without_typeof(acc, text), "* *", "**");
    if (strstr(text, "typeof ("))
        text = without_expressions(acc, text);
    if (!strstr(text, "ac__"))
        return without_echoes(acc, text);
    for (size_t i = 0; i < sizeof handle_names / sizeof *handle_names; i++)
        text = replace_handles(acc, text, &handle_names[i]);
    text = without_typeof(acc, text);
    text = without_items(acc, text);
    text = without_tags(acc, text);
    text = replace_all(acc, text, "ac__body_ac__user_main", "main");
    text = replace_all(acc, text, "ac__user_main", "main");
    text = replace_all(acc, text, "ac__body_", "");
    text = replace_all(acc, text, "struct ac__", "ac_");
    return without_echoes(acc, text);
}
