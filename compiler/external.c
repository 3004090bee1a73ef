/* external.c: parse(): cuts the tokens into external declarations and keeps those that concern the dialect.
 *
 * Where a declaration ends is found without the grammar: at the first `;` outside all brackets,
 * or behind a function's body. So a declaration that the grammar does not know costs nothing but
 * itself: without a word of the dialect in it, it stays text, and the C compiler judges. All
 * declarations are read, since their typedef names are needed; a plain function's body is read
 * only if it mentions something of the dialect.
 */
#include "parser.h"
#include "parse.tab.h"

#include <string.h>

/* ---- the extent of an external declaration --------------------------------------------------- */

struct extent {
    uint32_t end;      /* one past it */
    uint32_t body;     /* `{` of a function body, or 0 */
};

static bool takes_operand(const struct parser *parser, uint32_t token)
{
    const struct token *t = &parser->acc->tokens[token];
    const struct known_names *known = &parser->known;
    const char *const names[] = {known->type_of, known->type_of_unqual, known->align_as, known->declspec,
                                 known->assembly};
    for (size_t i = 0; t->name && i < sizeof names / sizeof *names; i++)
        if (t->name == names[i])
            return true;
    return t->word == ATTRIBUTE || t->word == TYPEOF || t->word == ALIGNAS || t->word == BIT_INT ||
           t->word == ASM || (t->word == QUALIFIER && strcmp(t->name, "_Atomic") == 0);
}

static bool starts_type(const struct token *token)
{
    switch (token->word) {
    case IDENTIFIER: case STORAGE: case TYPE_WORD: case QUALIFIER: case RECORD: case ENUM: case TYPEOF: case BIT_INT:
        return true;
    default:
        return false;
    }
}

/* `f(a, b) int a; char *b; {`: from the token behind the parenthesis to the body, or 0. */
static uint32_t old_style_body(const struct parser *parser, uint32_t token)
{
    const struct acc *acc = parser->acc;
    bool starts = true;
    for (; token < acc->token_count - 1; token++) {
        const struct token *t = &acc->tokens[token];
        bool is_record = t[-1].word == RECORD || t[-1].word == ENUM || t[-2].word == RECORD ||
                         t[-2].word == ENUM;
        if (t->word == '{' && !is_record)
            return starts ? token : 0;
        if (t->word == TOKEN_PRAGMA)
            continue;
        if ((starts && !starts_type(t)) || t->word == '=' || t->word == '}' || t->kind == TOK_UNKNOWN)
            return 0;
        starts = t->word == ';';
        if (t->match > token)
            token = t->match;
    }
    return 0;
}

struct outline {
    bool has_parameters; /* a parenthesis that may be a parameter list was seen */
    bool in_record;      /* the next brace is a record's */
    bool has_value;      /* behind `=` */
};

/* What may stand behind a declarator that is none of an old-style function. */
static bool is_suffix(const struct parser *parser, uint32_t token)
{
    const struct token *t = &parser->acc->tokens[token];
    return t->word == ATTRIBUTE || t->word == ASM || (t->name && t->name == parser->known.assembly);
}

/* Whether a parenthesis that closed is followed by the declarations of an old-style function. */
static uint32_t body_behind(const struct parser *parser, uint32_t close, const struct outline *outline)
{
    const struct acc *acc = parser->acc;
    uint32_t next = close + 1;
    if (outline->has_value || outline->in_record || !starts_type(&acc->tokens[next]) ||
        is_suffix(parser, next))
        return 0;
    return old_style_body(parser, next);
}

static void note_word(const struct token *token, struct outline *outline)
{
    if (token->word == RECORD || token->word == ENUM)
        outline->in_record = true;
    else if (token->word == '=')
        outline->has_value = true;
    else if (token->word == ',' || token->word == '*')
        outline->in_record = false;
}

static struct extent find_extent(const struct parser *parser, uint32_t first)
{
    const struct acc *acc = parser->acc;
    struct outline outline = {0};
    uint32_t last = acc->token_count - 1, token = first;
    for (; token < last; token++) {
        const struct token *t = &acc->tokens[token];
        if (t->word == ';')
            return (struct extent){token + 1, 0};
        if (t->word == '{' && outline.has_parameters && !outline.has_value && !outline.in_record)
            return (struct extent){t->match > token ? t->match + 1 : last, token};
        if (takes_operand(parser, token) && acc->tokens[token + 1].word == '(') {
            token = acc->tokens[token + 1].match > token ? acc->tokens[token + 1].match : token + 1;
            continue;
        }
        note_word(t, &outline);
        if (t->match <= token)
            continue;
        if (t->word == '{')
            outline.in_record = false;
        token = t->match;
        if (t->word != '(')
            continue;
        outline.has_parameters = true;
        outline.in_record = false;
        uint32_t body = body_behind(parser, token, &outline);
        if (body)
            return (struct extent){acc->tokens[body].match > body ? acc->tokens[body].match + 1 : last, body};
    }
    return (struct extent){last, 0};
}

/* ---- bodies of plain functions --------------------------------------------------------------- */

static bool mentions_dialect(const struct parser *parser, const char *name)
{
    const struct known_names *known = &parser->known;
    if (name == known->async || name == known->await || name == known->yield || name == known->try ||
        name == known->throw || name == known->defer || name == known->gather || name == known->settle ||
        name == known->race || name == known->any || name == known->thread_call || name == known->coroutine ||
        name == known->generator || scope_find(parser->scopes, SPACE_MAKER, name))
        return true;
    const struct symbol *symbol = scope_find(parser->scopes, SPACE_ORDINARY, name);
    return symbol && symbol->is_async;
}

static bool is_worth_reading(const struct parser *parser, struct extent extent)
{
    const struct acc *acc = parser->acc;
    if (acc->files[acc->tokens[extent.body].file].is_system)
        return false;
    for (uint32_t token = extent.body; token < extent.end; token++) {
        const struct token *t = &acc->tokens[token];
        if (t->word == DEFER || (t->kind == TOK_NAME && mentions_dialect(parser, t->name)))
            return true;
    }
    return false;
}

static bool has_async(const struct parser *parser, uint32_t first, uint32_t end)
{
    for (uint32_t token = first; token < end; token++)
        if (parser->acc->tokens[token].name == parser->known.async)
            return true;
    return false;
}

/* ---- one external declaration after the other ------------------------------------------------ */

static void keep(struct parser *parser)
{
    struct acc *acc = parser->acc;
    *ARENA_PUSH(acc->arena, acc->items, acc->item_count) = parser->item;
    acc->has_dialect = true;
    node_check(acc, parser->item);
}

static void skip_body(struct parser *parser)
{
    struct acc *acc = parser->acc;
    if (parser->body)
        *ARENA_PUSH(acc->arena, acc->bodies, acc->body_count) = (struct span){parser->body, parser->end - 1};
}

static void fail(struct parser *parser, uint32_t first)
{
    struct acc *acc = parser->acc;
    *ARENA_PUSH(acc->arena, acc->unfit, acc->unfit_count) = (struct span){first, parser->end};
    if (!acc->syntax_error)
        acc->syntax_error = parser->read < acc->token_count ? parser->read : acc->token_count - 1;
    if (parser->is_too_deep)
        report(acc, MESSAGE_TOO_DEEP, acc->syntax_error);
}

static void note_mere(struct parser *parser, uint32_t first, uint32_t first_name)
{
    struct acc *acc = parser->acc;
    if (!acc->files[acc->tokens[first].file].is_system)
        return;
    *ARENA_PUSH(acc->arena, acc->mere, acc->mere_count) = (struct mere_declaration){
        .span = {first, parser->end - 1},
        .body = parser->body,
        .first_name = first_name,
        .name_count = acc->declared_count - first_name,
    };
}

static void reset(struct parser *parser, uint32_t first, struct extent extent)
{
    scope_pop_to(parser->scopes, parser->file_scope);
    parser->next = first;
    parser->end = extent.end;
    parser->body = extent.body;
    parser->aligned_tail = 0;
    parser->row = parser->handed_row = (struct span){0};
    parser->bracket_count = parser->block_count = parser->prototype_count = parser->number = 0;
    parser->function = NULL;
    parser->item = NULL;
    parser->is_dialect = parser->is_async = parser->uses_async = parser->is_too_deep = false;
}

static void parse_one(struct parser *parser, uint32_t first, struct extent extent)
{
    reset(parser, first, extent);
    parser->is_raw =
        extent.body && !has_async(parser, first, extent.body) && !is_worth_reading(parser, extent);
    uint32_t first_name = parser->acc->declared_count;
    bool fits = parse_external(parser) == 0;
    bool concerns = parser->is_dialect || (fits && !parser->is_raw && extent.body && parser->uses_async);
    if (!fits && !parser->is_raw && !concerns &&
        !parser->acc->files[parser->acc->tokens[first].file].is_system)
        concerns = words_has_dialect(parser, parser->read, parser->end);
    scope_pop_to(parser->scopes, parser->file_scope);
    if (!fits && concerns)
        fail(parser, first);
    else if (fits && concerns && parser->item)
        keep(parser);
    else if (fits)
        note_mere(parser, first, first_name);
    if (!fits || !concerns || parser->is_raw)
        skip_body(parser);
}

bool parse(struct acc *acc)
{
    struct parser parser = {.acc = acc, .scopes = scopes_new(acc)};
    parser.file_scope = scope_current(parser.scopes);
    parser.words = arena_allocate(acc->arena, (acc->token_count + 1) * sizeof *parser.words);
    words_prepare(&parser);
    acc->scopes = parser.scopes;
    for (uint32_t token = 1; token < acc->token_count - 1;) {
        struct extent extent = find_extent(&parser, token);
        if (acc->tokens[token].word == TOKEN_PRAGMA)
            extent = (struct extent){token + 1, 0};
        else
            parse_one(&parser, token, extent);
        token = extent.end;
    }
    return acc->syntax_error == 0;
}
