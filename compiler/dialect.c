/* dialect.c: what a name is where it stands.
 *
 * Names are typedef names, identifiers, or words of the dialect. A word of the dialect is one
 * only where nothing of its name is declared and where what stands around it leaves no other
 * reading:
 *
 *     async    before a specifier or another name, `with` or `for`; never where a tag, member or label is named
 *     await    in an async function before anything an operand can begin with; elsewhere before a name or constant,
 *              where it can only be a mistake that deserves its own message
 *     throw, defer, yield    where a statement begins, by the same two rules
 *     try, catch, finally    before `{` (or `catch (...) {`)
 */
#include "lookaround.h"
#include "parse.tab.h"

#include <string.h>

/* ---- where a token stands -------------------------------------------------------------------- */

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

bool is_in_block(const struct parser *parser)
{
    return parser->block_count && parser->bracket_count &&
           parser->brackets[parser->bracket_count - 1] == parser->blocks[parser->block_count - 1]->first;
}

bool starts_statement(const struct parser *parser, uint32_t token)
{
    return is_in_block(parser) &&
           ends_statement_part(parser, before_attributes(parser, before(parser, token)));
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
    while (parser->words[at] == '*' || parser->words[at] == QUALIFIER)
        at = before(parser, at);
    int word = parser->words[at];
    bool ends_record = word == '}' && opens_record(parser, token_at(parser, at)->match);
    return is_type_word(word) || word == TYPEDEF_NAME || ends_record;
}

/* ---- what can follow a word ------------------------------------------------------------------ */

bool is_specifier(struct parser *parser, uint32_t token)
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

/* ---- the dialect's words --------------------------------------------------------------------- */

static bool is_async_word(struct parser *parser, uint32_t token)
{
    uint32_t next = after(parser, token), behind = after_attributes(parser, next);
    int word = scanned(parser, behind);
    if (word == IDENTIFIER) /* `int async asm("x")` declares a thing of that name */
        return classify(parser, behind) != ASM;
    if (is_type_word(word) || word == EXTENSION)
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

/* `async yield int f(...)`; also with other specifiers between the two. */
static bool is_yielding(struct parser *parser, uint32_t token)
{
    int word = parser->words[before(parser, token)];
    if (word == ASYNC)
        return true;
    bool is_among = word == STORAGE || word == STATIC || word == QUALIFIER;
    return is_among && parser->is_async && !parser->bracket_count &&
           is_specifier(parser, after(parser, token));
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
    if (is_yielding(parser, token))
        return YIELDING;
    return is_yield(parser, token) ? YIELD : IDENTIFIER;
}

bool is_dialect_word(int word)
{
    switch (word) {
    case ASYNC: case ASYNC_WITH: case ASYNC_FOR: case AWAIT: case YIELD: case YIELDING: case TRY: case CATCH:
    case FINALLY: case THROW: case DEFER:
        return true;
    default:
        return false;
    }
}

/* ---- other undeclared names ------------------------------------------------------------------ */

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
    int word = scanned(parser, next);
    if (name == known->thread || name == known->constant)
        return word == IDENTIFIER || is_type_word(word) || attribute_end(parser, next) ? STORAGE : 0;
    if (name == known->assembly)
        return is_call || word == QUALIFIER || word == GOTO || word == STORAGE ? ASM : 0;
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
    /* Two names in a row: the first one was meant to be a type, and the C compiler shall say
     * that it is unknown. */
    uint32_t next = after(parser, token);
    return is_name(parser, next) && next < parser->end ? TYPEDEF_NAME : IDENTIFIER;
}

/* Behind `.`, `struct` and the like, where names have no meaning of their own. */
static bool is_member_label_or_tag(const struct parser *parser, uint32_t token)
{
    uint32_t previous = before(parser, token);
    int word = scanned(parser, previous), head = scanned(parser, before_attributes(parser, previous));
    return word == '.' || word == ARROW || word == GOTO || head == RECORD || head == ENUM;
}

/* For messages: a declared name that would be a word of the dialect here. If the grammar does
 * not fit, that is why. */
static void note_declared_word(struct parser *parser, uint32_t token, const struct symbol *symbol)
{
    struct acc *acc = parser->acc;
    if (acc->syntax_error || !is_dialect_word(dialect_word(parser, token, symbol->name)))
        return;
    acc->declared_word = symbol;
    acc->declared_use = token;
}

int classify(struct parser *parser, uint32_t token)
{
    const char *name = token_at(parser, token)->name;
    if (is_member_label_or_tag(parser, token))
        return IDENTIFIER;
    const struct symbol *symbol = scope_find(parser->scopes, SPACE_ORDINARY, name);
    if (!symbol)
        return undeclared_word(parser, token, name);
    if (symbol->kind != SYMBOL_TYPEDEF) {
        note_declared_word(parser, token, symbol);
        return IDENTIFIER;
    }
    return is_complex(parser, before(parser, token)) ? TYPE_WORD : TYPEDEF_NAME;
}
