/* syntax.c: what to say where the grammar does not fit.
 *
 * A missing semicolon in an async function is the same mistake as in C, so it gets the same
 * message: the dialect's words are erased token by token, which needs no tree, and libclang
 * reads what is left. Only where that is faultless C does acc speak itself, and where the
 * dialect's words themselves lack what belongs to them.
 *
 *     async, await, defer, throw, yield    nothing                  try        if (1)
 *     async with (...)                     for (...;;)              catch (e)  for (const struct ac_error *e = 0;;)
 *     async with (e, T x = f)              for (e;;) for (T x = f;;)
 *     async for (T x : e)                  for (T x; ; (void)(e))   finally    nothing
 *     ac_gather(...) and its kin           (...)
 */
#include "lower.h"

struct erase {
    struct acc *acc;
    struct printer printer;
    uint32_t with_close;  /* the ) of an `async with` or `async for` */
    uint32_t with_comma;  /* the comma in it behind which declarations follow expressions, or 0 */
    uint32_t for_colon;   /* the : of an `async for`, or 0 */
};

static bool is_name(const struct acc *acc, uint32_t token, const char *name)
{
    return acc->tokens[token].kind == TOK_NAME && token_is(acc, token, name);
}

static bool starts_operand(const struct acc *acc, uint32_t token)
{
    const struct token *t = &acc->tokens[token];
    return t->kind == TOK_NAME || t->kind == TOK_NUMBER || t->kind == TOK_STRING ||
           t->kind == TOK_CHARACTER || t->kind == TOK_KEYWORD || token_is(acc, token, "(") ||
           token_is(acc, token, "*") || token_is(acc, token, "&");
}

static bool starts_code(const struct acc *acc, uint32_t token)
{
    return starts_operand(acc, token) || token_is(acc, token, ";") || token_is(acc, token, "-") ||
           token_is(acc, token, "+") || token_is(acc, token, "~") || token_is(acc, token, "!");
}

static uint32_t colon_in(const struct acc *acc, uint32_t open, uint32_t close)
{
    for (uint32_t token = open; token < close; token++)
        if (token_is(acc, token, ":"))
            return token;
    return 0;
}

static bool is_combinator(const struct acc *acc, uint32_t token)
{
    return acc->tokens[token].kind == TOK_NAME && token_is(acc, token + 1, "(") &&
           combinator_named(acc, token) != COMBINATOR_NONE;
}

/* No types are known here: what is given a value behind a comma is taken for the first that is declared. */
static uint32_t comma_in(const struct acc *acc, uint32_t open, uint32_t close)
{
    uint32_t comma = 0;
    for (uint32_t token = open + 1; token < close; token++) {
        if (acc->tokens[token].match > token)
            token = acc->tokens[token].match;
        else if (token_is(acc, token, "="))
            return comma;
        else if (token_is(acc, token, ","))
            comma = token;
    }
    return 0;
}

/* `async with (` and `async for (`; returns the last token dealt with. */
static uint32_t erase_header(struct erase *erase, uint32_t token)
{
    uint32_t open = token + 2, close = erase->acc->tokens[open].match;
    print_text(&erase->printer, "for");
    erase->with_close = close == open ? 0 : close;
    erase->with_comma = comma_in(erase->acc, open, erase->with_close);
    erase->for_colon =
        is_name(erase->acc, token + 1, "with") ? 0 : colon_in(erase->acc, open, erase->with_close);
    return token + 1;
}

/* `catch (e : A, B)`; returns the last token dealt with. */
static uint32_t erase_catch(struct erase *erase, uint32_t token)
{
    struct acc *acc = erase->acc;
    if (!token_is(acc, token + 1, "(")) {
        print_text(&erase->printer, "if (1)");
        return token;
    }
    print_text(&erase->printer, "for (const struct ac_error *");
    if (acc->tokens[token + 2].kind == TOK_NAME)
        print_tokens(&erase->printer, token + 2, token + 2);
    print_text(&erase->printer, "= 0;;)");
    return acc->tokens[token + 1].match;
}

/* An ellipsis behind a declarator among parameters: over `int s(n)...` and `(f(n))...()` libclang 19 crashes. */
static bool lacks_comma(const struct acc *acc, uint32_t token)
{
    return token_is(acc, token, "...") && (token_is(acc, token - 1, ")") || token_is(acc, token - 1, "]"))
        && token_is(acc, bracket_around(acc, token), "(");
}

static uint32_t erase_token(struct erase *erase, uint32_t token)
{
    struct acc *acc = erase->acc;
    erase->printer.near = token;
    bool header = token_is(acc, token + 1, "with") || token_is(acc, token + 1, "for");
    if (is_name(acc, token, "async") && header && token_is(acc, token + 2, "("))
        return erase_header(erase, token);
    bool erased = ((is_name(acc, token, "async") || is_name(acc, token, "await") ||
                    is_name(acc, token, "defer") || is_name(acc, token, "yield")) &&
                   starts_operand(acc, token + 1)) ||
                  (is_name(acc, token, "throw") && starts_code(acc, token + 1)) ||
                  ((is_name(acc, token, "finally") || is_name(acc, token, "defer")) &&
                   token_is(acc, token + 1, "{")) ||
                  is_combinator(acc, token);
    if (erased)
        return token;
    if (is_name(acc, token, "try") && token_is(acc, token + 1, "{")) {
        print_text(&erase->printer, "if (1)");
        return token;
    }
    if (is_name(acc, token, "catch") && (token_is(acc, token + 1, "(") || token_is(acc, token + 1, "{")))
        return erase_catch(erase, token);
    if ((token == erase->with_close || token == erase->with_comma) && !erase->for_colon) {
        print_text(&erase->printer, token == erase->with_close ? ";;)" : ";;) for (");
        return token;
    }
    if (token == erase->with_close && erase->for_colon)
        print_text(&erase->printer, ")");
    if (lacks_comma(acc, token))
        print_text(&erase->printer, ",");
    if (token == erase->for_colon) {
        print_text(&erase->printer, ";; (void)(");
        return token;
    }
    print_tokens(&erase->printer, token, token);
    return token;
}

static bool print_special(struct printer *printer, struct node *node)
{
    (void)printer;
    (void)node;
    return false;
}

/* ---- what is acc's own to say ---------------------------------------------------------------- */

/* The first token of the statement, or part of one, in which the token stands. */
static uint32_t statement_start(const struct acc *acc, uint32_t token)
{
    while (token > 1 && !token_is(acc, token - 1, ";") && !token_is(acc, token - 1, "{") &&
           !token_is(acc, token - 1, "}"))
        token--;
    return token;
}

/* Such as `try await f();`, but not `try = 1;`. */
static bool lacks_brace(const struct acc *acc, uint32_t word)
{
    uint32_t behind = word + 1;
    if (is_name(acc, word, "catch") && token_is(acc, behind, "("))
        behind = acc->tokens[behind].match + 1;
    bool is_word = is_name(acc, word, "try") || is_name(acc, word, "catch") || is_name(acc, word, "finally");
    bool is_statement = acc->tokens[behind].kind == TOK_NAME || acc->tokens[behind].kind == TOK_KEYWORD;
    return is_word && is_statement;
}

static bool report_catch(struct acc *acc, uint32_t open, uint32_t wrong)
{
    if (!is_name(acc, open - 1, "catch"))
        return false;
    report(acc, wrong == open + 1 ? MESSAGE_CATCH_NAME : wrong == open + 2 ? MESSAGE_CATCH_COLON : MESSAGE_CATCH_CODES,
           wrong);
    return true;
}

static bool begins_header(const struct acc *acc, uint32_t async)
{
    return is_name(acc, async, "async") && (token_is(acc, async + 1, "with") || token_is(acc, async + 1, "for"));
}

static bool ends_operand(const struct acc *acc, uint32_t token)
{
    const struct token *t = &acc->tokens[token];
    return t->kind == TOK_NAME || t->kind == TOK_NUMBER || t->kind == TOK_STRING || token_is(acc, token, ")") ||
           token_is(acc, token, "]");
}

static void report_unclosed(struct acc *acc, uint32_t open, uint32_t wrong)
{
    report(acc, MESSAGE_CLOSE_MISSING, wrong);
    report(acc, MESSAGE_OPENED_HERE, open);
}

/* `async with (x as y)`, `async with (T *x)` */
static bool report_with(struct acc *acc, uint32_t open, uint32_t wrong)
{
    bool is_behind = wrong > open + 1 && ends_operand(acc, wrong - 1);
    if (is_behind && token_is(acc, wrong, ")"))
        report(acc, MESSAGE_WITH_VALUE, wrong - 1, token_text(acc, wrong - 1));
    else if (is_behind)
        report_unclosed(acc, open, wrong);
    return is_behind;
}

/* Whether an item of `async with` can only be an expression: not `*x`, nor one with a value. */
static bool is_no_declarator(const struct acc *acc, uint32_t item, uint32_t end)
{
    while (token_is(acc, item, "*"))
        item++;
    return item + 1 != end || acc->tokens[item].kind != TOK_NAME;
}

/* `async with (T *x = e, f())`: behind a declaration everything is one. */
static bool report_with_order(struct acc *acc, uint32_t wrong)
{
    uint32_t open = bracket_around(acc, wrong);
    while (open > 2 && !begins_header(acc, open - 2))
        open = bracket_around(acc, open);
    if (open <= 2 || !token_is(acc, open - 1, "with"))
        return false;
    uint32_t item = open + 1, at = item, close = acc->tokens[open].match;
    bool is_behind = false, has_value = false;
    for (; at < close && !(at > wrong && token_is(acc, at, ",")); at++) {
        if (token_is(acc, at, ",")) {
            is_behind |= has_value;
            has_value = false;
            item = at + 1;
        }
        has_value |= token_is(acc, at, "=");
        at = acc->tokens[at].match > at ? acc->tokens[at].match : at;
    }
    if (!is_behind || has_value || !is_no_declarator(acc, item, at))
        return false;
    report(acc, MESSAGE_WITH_ORDER, item);
    return true;
}

/* `async for (x : e)`, `async for (T x in e)` */
static bool report_for(struct acc *acc, uint32_t open, uint32_t wrong)
{
    bool is_behind = !colon_in(acc, open, wrong) && ends_operand(acc, wrong - 1);
    if (wrong == open + 1)
        report(acc, MESSAGE_FOR_DECLARATION, wrong);
    else if (is_behind)
        report(acc, MESSAGE_FOR_COLON, wrong);
    return wrong == open + 1 || is_behind;
}

static bool report_header(struct acc *acc, uint32_t open, uint32_t wrong)
{
    if (open <= 2 || !begins_header(acc, open - 2))
        return false;
    if (acc->tokens[open].match != open || !token_is(acc, wrong, "{"))
        return token_is(acc, open - 1, "with") ? report_with(acc, open, wrong) : report_for(acc, open, wrong);
    report_unclosed(acc, open, wrong);
    return true;
}

static void report_declared_word(struct acc *acc)
{
    const struct symbol *word = acc->declared_word;
    report(acc, MESSAGE_WORD_DECLARED, acc->declared_use, word->name);
    report(acc, MESSAGE_DECLARED_HERE, word->token, word->name);
}

static bool report_own(struct acc *acc, uint32_t wrong)
{
    uint32_t start = statement_start(acc, wrong), open = bracket_around(acc, wrong);
    if (acc->declared_word && acc->declared_use >= start && acc->declared_use <= wrong)
        report_declared_word(acc);
    else if (begins_header(acc, start) && !token_is(acc, start + 2, "("))
        report(acc, MESSAGE_OPEN_MISSING, start + 2, token_text(acc, start + 1));
    else if (lacks_brace(acc, start))
        report(acc, MESSAGE_BRACE_MISSING, start, token_text(acc, start));
    else if (is_name(acc, wrong, "catch") || is_name(acc, wrong, "finally"))
        report(acc, MESSAGE_CLAUSE_ALONE, wrong, token_text(acc, wrong));
    else
        return open > 1 && (report_catch(acc, open, wrong) || report_with_order(acc, wrong) ||
                            report_header(acc, open, wrong));
    return true;
}

void report_syntax(struct acc *acc)
{
    uint32_t wrong = acc->syntax_error;
    if (report_own(acc, wrong))
        return;
    struct shadow *shadow = arena_allocate(acc->arena, sizeof *shadow);
    struct erase erase = {.acc = acc};
    erase.printer = (struct printer){.acc = acc, .shadow = shadow, .special = print_special, .file = UINT16_MAX};
    for (uint32_t token = 1; token + 1 < acc->token_count; token++)
        token = erase_token(&erase, token);
    shadow->text = arena_copy(acc->arena, erase.printer.out.text ? erase.printer.out.text : "",
                              erase.printer.out.length);
    shadow->length = (uint32_t)erase.printer.out.length;
    buffer_free(&erase.printer.out);
    meaning(acc, shadow);
    if (error_count(acc) == 0 && wrong)
        report(acc, MESSAGE_SYNTAX, wrong, token_text(acc, wrong));
}
