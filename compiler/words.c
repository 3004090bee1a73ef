/* words.c: between the scanner and the grammar: decides what each token is here.
 *
 * Names are typedef names, identifiers, or words of the dialect. A word of the dialect is one only where nothing of its
 * name is declared and where what stands around it leaves no other reading:
 *
 *     async    before a specifier or another name, `with` or `for`; never where a tag, member or label is named
 *     await    in an async function before anything an operand can begin with; elsewhere before a name or constant,
 *              where it can only be a mistake that deserves its own message
 *     throw, defer, yield    where a statement begins, by the same two rules
 *     try, catch, finally    before `{` (or `catch (...) {`)
 *
 * Attributes come out as one word with a ready node. Which one tells the grammar what they belong to:
 *
 *     STATEMENT_ATTRIBUTE    in front of a statement: [[fallthrough]];
 *     RECORD_ATTRIBUTE       behind the } of a record or enum: part of the type
 *     NESTED_ATTRIBUTE       behind a ( that begins a declarator: int (__attribute__((x)) *p)
 *     ATTRIBUTE              among specifiers and behind declarators
 */
#include "keywords.h"
#include "parser.h"
#include "parse.tab.h"

#include <string.h>

static const struct token *token_at(const struct parser *parser, uint32_t token)
{
    return &parser->acc->tokens[token];
}

static int scanned(const struct parser *parser, uint32_t token)
{
    return token_at(parser, token)->word;
}

/* The token behind this one that is no pragma. */
static uint32_t after(const struct parser *parser, uint32_t token)
{
    do
        token++;
    while (token < parser->end && scanned(parser, token) == TOKEN_PRAGMA);
    return token < parser->end ? token : parser->acc->token_count - 1;
}

static uint32_t before(const struct parser *parser, uint32_t token)
{
    do
        token--;
    while (token > 0 && scanned(parser, token) == TOKEN_PRAGMA);
    return token;
}

/* ---- attributes ---------------------------------------------------------------------------------------------------- */

/* The last token of the attribute that begins here, or 0. */
static uint32_t attribute_end(const struct parser *parser, uint32_t token)
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

/* Behind the attributes that begin here. The last answer is kept: it is asked for at each attribute of a row. */
static uint32_t after_attributes(struct parser *parser, uint32_t token)
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

static uint32_t before_attributes(const struct parser *parser, uint32_t token)
{
    if (token == parser->handed_row.last)
        token = before(parser, parser->handed_row.first);
    for (uint32_t start; (start = attribute_start(parser, token)) > 1;)
        token = before(parser, start);
    return token;
}

/* Whether the brace begins the members of a record or the enumerators of an enum. */
static bool opens_record(const struct parser *parser, uint32_t brace)
{
    uint32_t token = before_attributes(parser, before(parser, brace));
    if (parser->words[brace] == '{' && scanned(parser, token) == ENUM)
        return true;
    if (token_at(parser, token)->kind == TOK_NAME)
        token = before_attributes(parser, before(parser, token));
    return scanned(parser, token) == RECORD || scanned(parser, token) == ENUM ||
           parser->words[before(parser, brace)] == ENUM_TYPE;
}

/* ---- where a token stands --------------------------------------------------------------------------------------------- */

static bool is_head_word(int word)
{
    return word == IF || word == WHILE || word == FOR || word == SWITCH || word == WITH || word == CATCH;
}

/* Whether a statement can begin behind this token, which has been handed out. */
static bool ends_statement_part(const struct parser *parser, uint32_t token)
{
    int word = parser->words[token];
    if (word == ')') {
        uint32_t open = token_at(parser, token)->match;
        return open > 1 && is_head_word(parser->words[before(parser, open)]);
    }
    if (word == '{')
        return !opens_record(parser, token);
    return word == ';' || word == '}' || word == ':' || word == ELSE || word == DO || word == DEFER;
}

/* Whether the innermost bracket that is open is a block's brace. */
static bool is_in_block(const struct parser *parser)
{
    return parser->block_count && parser->bracket_count &&
           parser->brackets[parser->bracket_count - 1] == parser->blocks[parser->block_count - 1]->first;
}

static bool starts_statement(const struct parser *parser, uint32_t token)
{
    return is_in_block(parser) && ends_statement_part(parser, before_attributes(parser, before(parser, token)));
}

static bool is_type_word(int word)
{
    switch (word) {
    case STORAGE: case STATIC: case QUALIFIER: case TYPE_WORD: case BIT_INT: case ATOMIC_TYPE: case RECORD: case ENUM:
    case TYPEOF: case ALIGNAS: case ASYNC: case YIELDING:
        return true;
    default:
        return false;
    }
}

/* Whether the token before makes this one the name in a declarator: `int await(void)`, `char *yield`. */
static bool follows_type(const struct parser *parser, uint32_t token)
{
    uint32_t at = before(parser, token);
    bool is_pointer = false;
    while (parser->words[at] == '*' || parser->words[at] == QUALIFIER) {
        is_pointer |= parser->words[at] == '*';
        at = before(parser, at);
    }
    int word = parser->words[at];
    (void)is_pointer;
    return is_type_word(word) || word == TYPEDEF_NAME || (word == '}' && opens_record(parser, token_at(parser, at)->match));
}

/* ---- what can follow a word -------------------------------------------------------------------------------------------- */

static int classify(struct parser *parser, uint32_t token);

static bool is_name(const struct parser *parser, uint32_t token)
{
    return token_at(parser, token)->kind == TOK_NAME;
}

/* Whether a declaration's specifiers can begin or go on here. */
static bool is_specifier(struct parser *parser, uint32_t token)
{
    token = after_attributes(parser, token);
    while (token < parser->end && scanned(parser, token) == EXTENSION)
        token = after_attributes(parser, after(parser, token));
    if (token >= parser->end)
        return false;
    int word = is_name(parser, token) ? classify(parser, token) : scanned(parser, token);
    return is_type_word(word) || word == TYPEDEF_NAME;
}

/* What can only be the beginning of an operand, whatever stands before it. */
static bool is_operand_word(const struct parser *parser, uint32_t token)
{
    switch (scanned(parser, token)) {
    case IDENTIFIER: case CONSTANT: case STRING: case SIZEOF: case ALIGNOF: case GENERIC: case EXTENSION: case REAL:
    case BUILTIN: case OFFSETOF: case '~': case '!':
        return true;
    default:
        return false;
    }
}

static bool starts_operand(const struct parser *parser, uint32_t token)
{
    switch (scanned(parser, token)) {
    case '(': case '*': case '&': case '+': case '-': case AND_AND: case INCREMENT: case DECREMENT:
        return true;
    default:
        return is_operand_word(parser, token);
    }
}

static bool is_statement_word(int word)
{
    switch (word) {
    case '{': case IF: case SWITCH: case WHILE: case DO: case FOR: case GOTO: case BREAK: case CONTINUE: case RETURN:
    case ASM: case DEFER:
        return true;
    default:
        return false;
    }
}

/* ---- the dialect's words ------------------------------------------------------------------------------------------------ */

static bool is_async_word(struct parser *parser, uint32_t token)
{
    uint32_t next = after(parser, token), behind = after_attributes(parser, next);
    int word = scanned(parser, behind);
    if (word == IDENTIFIER || is_type_word(word) || word == EXTENSION)
        return true;
    if (word == FOR)
        return starts_statement(parser, token);
    /* `int async *f(void)`, `int async (*p)(void)`: only behind a type, and then it may still be the name. */
    return word == '*' && follows_type(parser, token);
}

static int async_word(struct parser *parser, uint32_t token)
{
    uint32_t next = after(parser, token), behind = after(parser, next);
    if (!is_async_word(parser, token))
        return IDENTIFIER;
    if (scanned(parser, next) == FOR)
        return ASYNC_FOR;
    if (token_at(parser, next)->name == parser->known.with && scanned(parser, behind) == '(')
        return ASYNC_WITH;
    return ASYNC;
}

static bool in_async(const struct parser *parser)
{
    return parser->function && parser->function->is_async && parser->block_count;
}

static bool is_await(struct parser *parser, uint32_t token)
{
    uint32_t next = after(parser, token);
    if (follows_type(parser, token))
        return false;
    return in_async(parser) ? starts_operand(parser, next) : is_operand_word(parser, next);
}

/* throw, defer, yield: a statement's first word. */
static bool begins(struct parser *parser, uint32_t token, bool is_at_home)
{
    uint32_t next = after(parser, token);
    if (!starts_statement(parser, token))
        return false;
    if (is_operand_word(parser, next) || is_statement_word(scanned(parser, next)))
        return true;
    return is_at_home && (starts_operand(parser, next) || scanned(parser, next) == ';');
}

static bool is_throw(struct parser *parser, uint32_t token)
{
    return begins(parser, token, in_async(parser)) ||
           (scanned(parser, after(parser, token)) == ';' && starts_statement(parser, token));
}

static bool is_yield(struct parser *parser, uint32_t token)
{
    return begins(parser, token, in_async(parser) && parser->function->is_generator);
}

static bool is_try(struct parser *parser, uint32_t token)
{
    return scanned(parser, after(parser, token)) == '{' && starts_statement(parser, token);
}

static bool is_catch(struct parser *parser, uint32_t token)
{
    uint32_t next = after(parser, token);
    if (!starts_statement(parser, token))
        return false;
    if (scanned(parser, next) == '(')
        next = after(parser, token_at(parser, next)->match);
    return scanned(parser, next) == '{';
}

static int dialect_word(struct parser *parser, uint32_t token, const char *name)
{
    const struct known_names *known = &parser->known;
    if (name == known->async)
        return async_word(parser, token);
    if (name == known->await)
        return is_await(parser, token) ? AWAIT : IDENTIFIER;
    if (name == known->try)
        return is_try(parser, token) ? TRY : IDENTIFIER;
    if (name == known->catch)
        return is_catch(parser, token) ? CATCH : IDENTIFIER;
    if (name == known->finally)
        return is_try(parser, token) ? FINALLY : IDENTIFIER;
    if (name == known->throw)
        return is_throw(parser, token) ? THROW : IDENTIFIER;
    if (name == known->defer)
        return begins(parser, token, in_async(parser)) ? DEFER : IDENTIFIER;
    if (name == known->with)
        return parser->words[before(parser, token)] == ASYNC_WITH ? WITH : IDENTIFIER;
    if (name != known->yield)
        return 0;
    if (parser->words[before(parser, token)] == ASYNC)
        return YIELDING;
    return is_yield(parser, token) ? YIELD : IDENTIFIER;
}

static bool is_dialect_word(int word)
{
    switch (word) {
    case ASYNC: case ASYNC_WITH: case ASYNC_FOR: case AWAIT: case YIELD: case YIELDING: case TRY: case CATCH:
    case FINALLY: case THROW: case DEFER:
        return true;
    default:
        return false;
    }
}

/* ---- other undeclared names -------------------------------------------------------------------------------------------- */

/* What C23 made keywords, and asm: identifiers where they are used as such. */
static int young_keyword(struct parser *parser, uint32_t token, const char *name)
{
    const struct known_names *known = &parser->known;
    uint32_t next = after(parser, token);
    bool is_call = scanned(parser, next) == '(';
    if (name == known->type_of || name == known->type_of_unqual)
        return is_call ? TYPEOF : 0;
    if (name == known->align_as)
        return is_call ? ALIGNAS : 0;
    if (name == known->align_of)
        return is_call ? ALIGNOF : 0;
    if (name == known->assertion)
        return is_call ? STATIC_ASSERT : 0;
    if (name == known->thread || name == known->constant)
        return is_name(parser, next) || is_type_word(scanned(parser, next)) || attribute_end(parser, next) ? STORAGE : 0;
    if (name == known->assembly)
        return is_call || scanned(parser, next) == QUALIFIER || scanned(parser, next) == GOTO ||
               scanned(parser, next) == STORAGE ? ASM : 0;
    return 0;
}

static bool is_predefined_type(const struct parser *parser, const char *name)
{
    for (const char **type = parser->types; *type; type++)
        if (*type == name)
            return true;
    return false;
}

static bool is_complex(const struct parser *parser, uint32_t token)
{
    return scanned(parser, token) == TYPE_WORD && strstr(token_at(parser, token)->name, "omplex");
}

static int undeclared_word(struct parser *parser, uint32_t token, const char *name)
{
    int word = dialect_word(parser, token, name);
    if (word)
        return word;
    if ((word = young_keyword(parser, token, name)))
        return word;
    if (is_predefined_type(parser, name))
        return is_complex(parser, before(parser, token)) ? TYPE_WORD : TYPEDEF_NAME;
    /* Two names in a row: the first one was meant to be a type, and the C compiler shall say that it is unknown. */
    uint32_t next = after(parser, token);
    return is_name(parser, next) && next < parser->end ? TYPEDEF_NAME : IDENTIFIER;
}

static int classify(struct parser *parser, uint32_t token)
{
    const char *name = token_at(parser, token)->name;
    int word = scanned(parser, before(parser, token));
    if (word == '.' || word == ARROW || word == GOTO || word == RECORD || word == ENUM)
        return IDENTIFIER;
    const struct symbol *symbol = scope_find(parser->scopes, SPACE_ORDINARY, name);
    if (!symbol)
        return undeclared_word(parser, token, name);
    if (symbol->kind != SYMBOL_TYPEDEF)
        return IDENTIFIER;
    return is_complex(parser, before(parser, token)) ? TYPE_WORD : TYPEDEF_NAME;
}

/* ---- handing out --------------------------------------------------------------------------------------------------------- */

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
        bool is_aligned = name && (name == parser->known.aligned || name == parser->known.underscored_aligned);
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

static int attribute_word(struct parser *parser, uint32_t token, uint32_t end)
{
    uint32_t previous = before(parser, token), behind = after_attributes(parser, token);
    int word = parser->words[previous];
    if (word == RECORD_ATTRIBUTE || (word == '}' && opens_record(parser, token_at(parser, previous)->match)))
        return RECORD_ATTRIBUTE;
    if (word == STATEMENT_ATTRIBUTE)
        return word;
    if (word == '(' || word == NESTED_ATTRIBUTE)
        return nested_attribute(parser, behind);
    (void)end;
    return starts_statement(parser, token) && !is_specifier(parser, behind) ? STATEMENT_ATTRIBUTE : ATTRIBUTE;
}

static int hand_out_attribute(struct parser *parser, union word_value *value, uint32_t token, uint32_t end)
{
    int word = attribute_word(parser, token, end);
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
        bool has_operand = word == TYPEOF || word == BIT_INT || (word == QUALIFIER && scanned(parser, token + 1) == '(');
        if (has_operand)
            end = token = token_at(parser, token + 1)->match;
        else if (word == TYPE_WORD || word == QUALIFIER || (word == IDENTIFIER && !end))
            end = token;
        else
            break;
    }
    return end;
}

/* A pragma is an item where the block's next item can stand, but for the second halves of statements. */
static bool is_pragma_item(const struct parser *parser, uint32_t token)
{
    uint32_t next = after(parser, token);
    int word = parser->words[before(parser, token)];
    const char *name = token_at(parser, next)->name;
    return is_in_block(parser) && (word == '{' || word == '}' || word == ';') && scanned(parser, next) != ELSE &&
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
