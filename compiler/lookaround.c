/* lookaround.c: what stands around a token: its neighbours, attributes, the record that a brace belongs to.
 *
 * Pragmas are looked through. What a token before this one is, has been decided (parser->words);
 * what one behind it is, has not: only its word as scanned is known.
 */
#include "lookaround.h"

#include "parse.tab.h"

const struct token *token_at(const struct parser *parser, uint32_t token)
{
    return &parser->acc->tokens[token];
}

int scanned(const struct parser *parser, uint32_t token)
{
    return token_at(parser, token)->word;
}

uint32_t after(const struct parser *parser, uint32_t token)
{
    do
        token++;
    while (token < parser->end && scanned(parser, token) == TOKEN_PRAGMA);
    return token < parser->end ? token : parser->acc->token_count - 1;
}

uint32_t before(const struct parser *parser, uint32_t token)
{
    while (token > 0 && scanned(parser, --token) == TOKEN_PRAGMA)
        ;
    return token;
}

bool is_name(const struct parser *parser, uint32_t token)
{
    return token_at(parser, token)->kind == TOK_NAME;
}

uint32_t attribute_end(const struct parser *parser, uint32_t token)
{
    const struct token *t = token_at(parser, token);
    uint32_t next = token + 1;
    bool has_word = t->word == ATTRIBUTE || (t->name && t->name == parser->known.declspec);
    if (has_word && scanned(parser, next) == '(' && token_at(parser, next)->match != next)
        return token_at(parser, next)->match;
    if (t->word == '[' && scanned(parser, next) == '[' && token_at(parser, next)->match + 1 == t->match)
        return t->match;
    return 0;
}

/* The last answer is kept: it is asked for at each attribute of a row. */
uint32_t after_attributes(struct parser *parser, uint32_t token)
{
    uint32_t first = token;
    if (token > parser->row.first && token < parser->row.last && attribute_end(parser, token))
        return parser->row.last;
    for (uint32_t end; token < parser->end && (end = attribute_end(parser, token));)
        token = after(parser, end);
    if (token != first)
        parser->row = (struct span){first, token};
    return token;
}

/* The first token of the attribute that ends here, or 0. */
static uint32_t attribute_start(const struct parser *parser, uint32_t token)
{
    int word = scanned(parser, token);
    uint32_t match = token_at(parser, token)->match;
    if (word == ')' && match > 1 && attribute_end(parser, match - 1) == token)
        return match - 1;
    if (word == ']' && attribute_end(parser, match) == token)
        return match;
    return 0;
}

uint32_t before_attributes(const struct parser *parser, uint32_t token)
{
    if (token && token == parser->handed_row.last)
        token = before(parser, parser->handed_row.first);
    for (uint32_t start; (start = attribute_start(parser, token)) > 1;)
        token = before(parser, start);
    return token;
}

bool opens_record(const struct parser *parser, uint32_t brace)
{
    uint32_t token = before_attributes(parser, before(parser, brace));
    if (parser->words[brace] == '{' && scanned(parser, token) == ENUM)
        return true;
    if (token_at(parser, token)->kind == TOK_NAME)
        token = before_attributes(parser, before(parser, token));
    return scanned(parser, token) == RECORD || scanned(parser, token) == ENUM ||
           parser->words[before(parser, brace)] == ENUM_TYPE;
}
