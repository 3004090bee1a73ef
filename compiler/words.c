/* words.c: between the scanner and the grammar: hands the grammar its words.
 *
 * Attributes come out as one word with a ready node. Which one tells the grammar what they belong to:
 *
 *     STATEMENT_ATTRIBUTE    in front of a statement: [[fallthrough]];
 *     RECORD_ATTRIBUTE       behind the } of a record or enum: part of the type
 *     NESTED_ATTRIBUTE       behind a ( that begins a declarator: int (__attribute__((x)) *p)
 *     ATTRIBUTE              among specifiers and behind declarators
 */
#include "keywords.h"
#include "lookaround.h"
#include "parse.tab.h"

#include <string.h>

static void note_bracket(struct parser *parser, uint32_t token, int word)
{
    if (word == '(' || word == '[' || word == '{')
        *ARENA_PUSH(parser->acc->arena, parser->brackets, parser->bracket_count) = token;
    else if ((word == ')' || word == ']' || word == '}') && parser->bracket_count)
        parser->bracket_count--;
}

static int hand_out(struct parser *parser, union word_value *value, uint32_t first, uint32_t last, int word)
{
    value->token = first;
    parser->words[first] = parser->words[last] = (uint16_t)word;
    parser->read = first;
    parser->next = last + 1;
    note_bracket(parser, first, word);
    return word;
}

/* The `(` of aligned(...) at the top of an attribute's list, or 0. */
static uint32_t aligned_operand(const struct parser *parser, uint32_t first, uint32_t last)
{
    for (uint32_t token = first + 2; token < last; token++) {
        const char *name = token_at(parser, token)->name;
        bool is_aligned =
            name && (name == parser->known.aligned || name == parser->known.underscored_aligned);
        if (is_aligned && scanned(parser, token + 1) == '(' && token_at(parser, token + 1)->match > token + 2)
            return token + 1;
        if (scanned(parser, token) == '(' && token > first + 2 && token_at(parser, token)->match > token)
            token = token_at(parser, token)->match;
    }
    return 0;
}

static int nested_attribute(struct parser *parser, uint32_t behind)
{
    int word = scanned(parser, behind);
    if (word == IDENTIFIER)
        word = classify(parser, behind);
    return word == '*' || word == '(' || word == '^' || word == IDENTIFIER ? NESTED_ATTRIBUTE : ATTRIBUTE;
}

static int attribute_word(struct parser *parser, uint32_t token)
{
    uint32_t previous = before(parser, token), behind = after_attributes(parser, token);
    int word = parser->words[previous];
    if (word == RECORD_ATTRIBUTE || (word == '}' && opens_record(parser, token_at(parser, previous)->match)))
        return RECORD_ATTRIBUTE;
    if (word == STATEMENT_ATTRIBUTE)
        return word;
    if (word == '(' || word == NESTED_ATTRIBUTE)
        return nested_attribute(parser, behind);
    return starts_statement(parser, token) && !is_specifier(parser, behind) ? STATEMENT_ATTRIBUTE : ATTRIBUTE;
}

static int hand_out_attribute(struct parser *parser, union word_value *value, uint32_t token, uint32_t end)
{
    int word = attribute_word(parser, token);
    uint32_t operand = word == ATTRIBUTE ? aligned_operand(parser, token, end) : 0;
    if (operand) {
        parser->aligned_tail = token_at(parser, operand)->match + 1;
        parser->aligned_end = end;
        return hand_out(parser, value, token, operand - 1, ALIGNED_HEAD);
    }
    if (parser->handed_row.last + 1 != token)
        parser->handed_row.first = token;
    parser->handed_row.last = end;
    hand_out(parser, value, token, end, word);
    value->node = node_make(parser->acc, NODE_ATTRIBUTE, token, end, 0);
    return word;
}

static int hand_out_name(struct parser *parser, union word_value *value, uint32_t token)
{
    int word = classify(parser, token);
    if (is_dialect_word(word)) {
        parser->is_dialect = true;
        parser->is_async |= word == ASYNC && !parser->bracket_count;
    }
    return hand_out(parser, value, token, token, word);
}

/* The last token of `: type` behind an enum's name, or 0. */
static uint32_t enum_type_end(struct parser *parser, uint32_t colon)
{
    uint32_t token = before_attributes(parser, before(parser, colon)), end = 0;
    if (is_name(parser, token))
        token = before_attributes(parser, before(parser, token));
    if (scanned(parser, token) != ENUM || !is_specifier(parser, colon + 1))
        return 0;
    for (token = colon + 1; token < parser->end; token++) {
        int word = scanned(parser, token);
        bool takes_operand = word == TYPEOF || word == BIT_INT || word == QUALIFIER;
        if (takes_operand && scanned(parser, token + 1) == '(')
            end = token = token_at(parser, token + 1)->match;
        else if (word == TYPE_WORD || word == QUALIFIER || (word == IDENTIFIER && !end))
            end = token;
        else
            break;
    }
    return end;
}

static bool ends_item(int word)
{
    return word == '{' || word == '}' || word == ';';
}

/* Whether the token is the `:` of a label among a block's items. */
static bool ends_label(const struct parser *parser, uint32_t token)
{
    uint32_t start = before(parser, token);
    if (parser->words[token] != ':')
        return false;
    int before_name = parser->words[before(parser, start)];
    bool is_name = !ends_item(parser->words[start]) && (ends_item(before_name) || before_name == ':');
    while (!is_name && parser->words[start] != CASE) {
        if (!start || ends_item(parser->words[start]))
            return false;
        start = before(parser, start);
    }
    uint32_t previous = before(parser, start);
    return ends_item(parser->words[previous]) || ends_label(parser, previous);
}

/* A pragma is an item of the block where the next item can stand, but not in front of the second half of a
 * statement. */
static bool is_pragma_item(const struct parser *parser, uint32_t token)
{
    uint32_t next = after(parser, token);
    const char *name = token_at(parser, next)->name;
    bool is_behind = ends_item(parser->words[before(parser, token)]) ||
                     ends_label(parser, before(parser, token));
    return is_in_block(parser) && is_behind && scanned(parser, next) != ELSE &&
           !(name && (name == parser->known.catch || name == parser->known.finally));
}

static int hand_out_other(struct parser *parser, union word_value *value, uint32_t token)
{
    int word = scanned(parser, token);
    uint32_t end;
    switch (word) {
    case ':':
        if ((end = enum_type_end(parser, token))) {
            hand_out(parser, value, token, end, ENUM_TYPE);
            value->token = end;
            return ENUM_TYPE;
        }
        break;
    case QUALIFIER:
        if (scanned(parser, token + 1) == '(' && strcmp(token_at(parser, token)->name, "_Atomic") == 0)
            word = ATOMIC_TYPE;
        break;
    case EXTENSION:
        if (is_specifier(parser, token + 1))
            word = STORAGE;
        break;
    case DEFER:
        parser->is_dialect = true;
        break;
    case ATTRIBUTE: /* one that never ends */
        word = UNKNOWN;
        break;
    }
    return hand_out(parser, value, token, token, word);
}

static uint32_t skip_pragmas(struct parser *parser, uint32_t token)
{
    while (token < parser->end && scanned(parser, token) == TOKEN_PRAGMA && !is_pragma_item(parser, token))
        token++;
    return token;
}

int next_word(struct parser *parser, union word_value *value)
{
    uint32_t token = skip_pragmas(parser, parser->next), end;
    value->node = NULL;
    value->token = parser->read = token;
    if (parser->is_too_deep)
        return UNKNOWN;
    if (token >= parser->end)
        return 0;
    if (scanned(parser, token) == TOKEN_PRAGMA)
        return hand_out(parser, value, token, token, PRAGMA);
    if (token == parser->aligned_tail) {
        hand_out(parser, value, token, parser->aligned_end, ALIGNED_TAIL);
        value->token = parser->aligned_end;
        return ALIGNED_TAIL;
    }
    if (token == parser->body && parser->is_raw) {
        hand_out(parser, value, token, token_at(parser, token)->match, BODY);
        return BODY;
    }
    if ((end = attribute_end(parser, token)) && end < parser->end)
        return hand_out_attribute(parser, value, token, end);
    if (is_name(parser, token))
        return hand_out_name(parser, value, token);
    return hand_out_other(parser, value, token);
}

int word_again(struct parser *parser, uint32_t token)
{
    int word = classify(parser, token);
    parser->is_dialect |= is_dialect_word(word);
    parser->words[token] = (uint16_t)word;
    return word;
}

bool words_has_dialect(struct parser *parser, uint32_t first, uint32_t end)
{
    for (uint32_t token = first; token < end; token++)
        if (is_name(parser, token) && is_dialect_word(classify(parser, token)))
            return true;
    return false;
}

void words_prepare(struct parser *parser)
{
    static const char *const types[] = {
#define TYPE(name) #name,
        PREDEFINED_TYPES(TYPE)
#undef TYPE
    };
    struct arena *arena = parser->acc->arena;
    size_t count = sizeof types / sizeof *types;
    parser->types = arena_allocate(arena, (count + 1) * sizeof *parser->types);
    for (size_t i = 0; i < count; i++)
        parser->types[i] = arena_intern(arena, types[i], strlen(types[i]));
#define INTERN(field, spelling) parser->known.field = arena_intern(arena, spelling, strlen(spelling));
    KNOWN_NAMES(INTERN)
#undef INTERN
}
