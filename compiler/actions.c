/* actions.c: what the grammar's rules build.
 *
 * A list's node is made when the list begins and its members are attached as they come: a
 * declaration with its declarators, a block with its items. A node reaches from its first token
 * to the end of its last child, or further where finish() says so.
 */
#include "parser.h"
#include "parse.tab.h"

#include <string.h>

/* ---- nodes ----------------------------------------------------------------------------------- */

enum { HEIGHT_MASK = 0xffff };

static void raise(struct parser *parser, struct node *node, const struct node *child)
{
    uint32_t height = (child->number & HEIGHT_MASK) + 1;
    if (height > DEPTH_LIMIT)
        parser->is_too_deep = true;
    else if (height > (node->number & HEIGHT_MASK))
        node->number = (node->number & ~(uint32_t)HEIGHT_MASK) | height;
}

struct node *make(struct parser *parser, enum node_kind kind, uint32_t first, uint32_t last,
                  uint32_t count, ...)
{
    struct node *node = node_make(parser->acc, kind, first, last, 0);
    va_list children;
    va_start(children, count);
    for (uint32_t i = 0; i < count; i++) {
        struct node *child = va_arg(children, struct node *);
        node_append(parser->acc, node, child);
        if (child)
            raise(parser, node, child);
    }
    va_end(children);
    return node;
}

struct node *attach(struct parser *parser, struct node *node, struct node *child)
{
    node_append(parser->acc, node, child);
    if (!child)
        return node;
    raise(parser, node, child);
    if (child->last > node->last)
        node->last = child->last;
    return node;
}

struct node *finish(struct node *node, uint32_t last)
{
    node->last = last;
    return node;
}

/* Puts nodes in front of a node's children. */
static void prepend(struct parser *parser, struct node *node, const struct node *list)
{
    uint32_t count = node->count;
    struct node **children = node->child;
    node->child = NULL;
    node->count = 0;
    for (uint32_t i = 0; i < list->count; i++)
        attach(parser, node, list->child[i]);
    for (uint32_t i = 0; i < count; i++)
        node_append(parser->acc, node, children[i]);
    if (list->count)
        node->first = list->first;
}

/* ---- expressions ----------------------------------------------------------------------------- */

struct node *make_operator(struct parser *parser, enum node_kind kind, struct node *left, uint32_t op,
                           struct node *right)
{
    struct node *node = make(parser, kind, left->first, right->last, 2, left, right);
    node->op = op;
    return node;
}

struct node *make_prefix(struct parser *parser, enum node_kind kind, uint32_t op, struct node *operand)
{
    struct node *node = make(parser, kind, op, operand->last, 1, operand);
    node->op = op;
    return node;
}

static bool is_combinator(const struct parser *parser, const char *name)
{
    const struct known_names *known = &parser->known;
    return name == known->gather || name == known->settle || name == known->race || name == known->any ||
           name == known->thread_call;
}

static bool makes_coroutines(const struct parser *parser, const char *name)
{
    return scope_find(parser->scopes, SPACE_MAKER, name);
}

struct node *make_member(struct parser *parser, struct node *object, uint32_t op, uint32_t name)
{
    struct node *node = make(parser, NODE_MEMBER, object->first, name, 1, object);
    node->op = op;
    parser->uses_async |= makes_coroutines(parser, parser->acc->tokens[name].name);
    return node;
}

struct node *make_name(struct parser *parser, uint32_t token)
{
    struct node *node = make(parser, NODE_NAME, token, token, 0);
    const struct known_names *known = &parser->known;
    const char *name = parser->acc->tokens[token].name;
    node->symbol = scope_find(parser->scopes, SPACE_ORDINARY, name);
    const struct symbol *symbol = node->symbol;
    if (symbol) {
        parser->uses_async |= symbol->is_async || (symbol->is_file_scope && makes_coroutines(parser, name));
        return node;
    }
    if (is_combinator(parser, name))
        node->has_dialect = parser->is_dialect = true;
    if (name == known->truth || name == known->untruth || name == known->null_pointer)
        node->kind = NODE_CONSTANT;
    return node;
}

/* The size of a variable array is evaluated even in sizeof and typeof. */
static bool has_variable_size(const struct node *node)
{
    if (!node->has_await)
        return false;
    if (node->kind == NODE_ARRAY)
        return true;
    if (node->kind != NODE_TYPE_NAME && node->kind != NODE_DECLARATOR && node->kind != NODE_NESTED)
        return false;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && has_variable_size(node->child[i]))
            return true;
    return false;
}

struct node *make_unevaluated(struct parser *parser, enum node_kind kind, uint32_t op, uint32_t last,
                              struct node *operand)
{
    struct node *node = make(parser, kind, op, last, 1, operand);
    node->op = op;
    node->is_unevaluated = !has_variable_size(operand);
    return node;
}

/* ---- specifiers ------------------------------------------------------------------------------ */

static struct node *extend_specifiers(struct parser *parser, struct node *specifiers,
                                      uint32_t first, uint32_t last)
{
    if (!specifiers)
        return make(parser, NODE_SPECIFIERS, first, last, 0);
    specifiers->last = last;
    return specifiers;
}

static uint32_t storage_flag(const struct acc *acc, uint32_t token)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } flags[] = {
        {"typedef", FLAG_TYPEDEF},       {"extern", FLAG_EXTERN},
        {"register", FLAG_REGISTER},     {"_Thread_local", FLAG_THREAD_LOCAL},
        {"__thread", FLAG_THREAD_LOCAL}, {"thread_local", FLAG_THREAD_LOCAL},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(acc->tokens[token].name, flags[i].name) == 0)
            return flags[i].flag;
    return 0;
}

/* Whether the specifiers define a type. If a type's name follows, it begins another declaration: a `;` is
 * missing. */
bool is_defined(const struct node *specifiers)
{
    for (uint32_t i = 0; i < specifiers->count; i++)
        if (specifiers->child[i]->has_body)
            return true;
    return false;
}

/* As `async main(void)` does. C23's `async auto x = f();` does not: it has the type of its value. */
bool lacks_type(const struct parser *parser, const struct node *untyped)
{
    for (uint32_t token = untyped->first; token <= untyped->last; token++)
        if (parser->words[token] == STORAGE && strcmp(parser->acc->tokens[token].name, "auto") == 0)
            return false;
    return untyped->is_async;
}

struct node *specifiers_word(struct parser *parser, struct node *specifiers, uint32_t token)
{
    struct node *node = extend_specifiers(parser, specifiers, token, token);
    switch (parser->words[token]) {
    case STATIC: node->number |= FLAG_STATIC; break;
    case STORAGE: node->number |= storage_flag(parser->acc, token); break;
    case ASYNC: node->is_async = node->has_dialect = true; break;
    case YIELDING: node->op = token; break;
    default: break;
    }
    return node;
}

struct node *specifiers_typedef(struct parser *parser, struct node *specifiers, uint32_t token)
{
    struct node *node = extend_specifiers(parser, specifiers, token, token);
    node->symbol = scope_find(parser->scopes, SPACE_ORDINARY, parser->acc->tokens[token].name);
    return node;
}

struct node *specifiers_node(struct parser *parser, struct node *specifiers, struct node *child)
{
    return attach(parser, extend_specifiers(parser, specifiers, child->first, child->last), child);
}

struct node *no_specifiers(struct parser *parser, uint32_t before)
{
    return make(parser, NODE_SPECIFIERS, before, before - 1, 0);
}

struct node *make_record(struct parser *parser, enum node_kind kind, uint32_t head, uint32_t tag,
                         uint32_t last, bool defines)
{
    struct node *node = make(parser, kind, head, last, 0);
    node->has_body = defines;
    if (tag)
        bind_tag(parser, node, tag, defines);
    return node;
}

/* ---- declarators ----------------------------------------------------------------------------- */

struct node *make_declarator(struct parser *parser, uint32_t name)
{
    struct node *node = make(parser, NODE_DECLARATOR, name, name, 0);
    node->op = name;
    return node;
}

struct node *make_nested(struct parser *parser, uint32_t open, struct node *inner, uint32_t close)
{
    struct node *nested = make(parser, NODE_NESTED, open, close, 1, inner);
    return make(parser, NODE_DECLARATOR, open, close, 1, nested);
}

struct node *point_declarator(struct parser *parser, struct node *pointers, struct node *declarator)
{
    if (!declarator)
        declarator = make(parser, NODE_DECLARATOR, pointers->first, pointers->last, 0);
    prepend(parser, declarator, pointers);
    return declarator;
}

struct node *lead_declarator(struct parser *parser, struct node *attribute, struct node *declarator)
{
    prepend(parser, declarator, make(parser, NODE_SEQUENCE, attribute->first, attribute->last, 1, attribute));
    return declarator;
}

struct node *begin_prototype(struct parser *parser, uint32_t parenthesis)
{
    struct node *node = make(parser, NODE_FUNCTION, parenthesis, parenthesis, 0);
    struct scope *scope = scope_push(parser->scopes, NULL);
    *ARENA_PUSH(parser->acc->arena, parser->prototypes, parser->prototype_count) = (struct prototype){node, scope};
    return node;
}

struct node *make_parameter(struct parser *parser, struct node *specifiers, struct node *declarator)
{
    struct node *node = make(parser, NODE_PARAMETER, specifiers->first, specifiers->last, 1, specifiers);
    node->is_async = specifiers->is_async;
    if (declarator)
        attach(parser, node, declarator);
    bind_parameter(parser, node);
    return node;
}

/* ---- declarations ---------------------------------------------------------------------------- */

static bool is_attribute_only(const struct node *specifiers)
{
    uint32_t at = specifiers->first;
    for (uint32_t i = 0; i < specifiers->count; i++) {
        const struct node *child = specifiers->child[i];
        if (child->first != at || (child->kind != NODE_ATTRIBUTE && child->kind != NODE_ALIGNAS))
            return false;
        at = child->last + 1;
    }
    return at == specifiers->last + 1;
}

struct node *make_lone(struct parser *parser, struct node *specifiers, uint32_t semicolon)
{
    if (is_attribute_only(specifiers))
        return make(parser, NODE_EMPTY, specifiers->first, semicolon, 0);
    bind_lone_tag(parser, specifiers);
    struct node *node = make(parser, NODE_DECLARATION, specifiers->first, semicolon, 1, specifiers);
    node->is_async = specifiers->is_async;
    return node;
}

struct node *add_declarator(struct parser *parser, struct node *declaration, struct node *declarator)
{
    attach(parser, declaration,
           make(parser, NODE_INIT_DECLARATOR, declarator->first, declarator->last, 1, declarator));
    bind_declarator(parser, declaration->child[0], declarator);
    return declaration;
}

struct node *begin_declaration(struct parser *parser, struct node *specifiers, struct node *declarator)
{
    struct node *node = make(parser, NODE_DECLARATION, specifiers->first, specifiers->last, 1, specifiers);
    node->is_async = specifiers->is_async;
    return add_declarator(parser, node, declarator);
}

struct node *initialise(struct parser *parser, struct node *declaration, struct node *value)
{
    struct node *item = declaration->child[declaration->count - 1];
    attach(parser, item, value);
    declaration->last = item->last;
    declaration->has_await |= item->has_await;
    declaration->has_dialect |= item->has_dialect;
    raise(parser, declaration, item);
    return declaration;
}

/* ---- blocks and labels ----------------------------------------------------------------------- */

struct node *begin_block(struct parser *parser, uint32_t brace)
{
    struct node *node = make(parser, NODE_BLOCK, brace, brace, 0);
    scope_push(parser->scopes, node);
    *ARENA_PUSH(parser->acc->arena, parser->blocks, parser->block_count) = node;
    return node;
}

void end_block(struct parser *parser)
{
    scope_pop(parser->scopes);
    parser->block_count--;
}

/* Of `label: __attribute__((unused)) statement` the attribute is the label's, whatever becomes of
 * the statement. */
static void leave_attributes(const struct parser *parser, struct node *statement)
{
    const struct token *tokens = parser->acc->tokens;
    while (tokens[statement->first].word == ATTRIBUTE)
        statement->first = tokens[statement->first + 1].match + 1;
}

struct node *label_statement(struct parser *parser, struct node *label, struct node *statement)
{
    if (label->kind == NODE_LABEL)
        leave_attributes(parser, statement);
    label->child[label->count - 1] = statement;
    label->last = statement->last;
    label->has_await |= statement->has_await;
    label->has_dialect |= statement->has_dialect;
    raise(parser, label, statement);
    return label;
}

static void hold(struct node *node, const struct node *part)
{
    node->last = part->last;
    node->has_await |= part->has_await;
    node->has_dialect |= part->has_dialect;
}

/* No statement that a label can be part of: it belongs to the block. */
static bool is_own_item(const struct node *item)
{
    switch (item->kind) {
    case NODE_DECLARATION:
    case NODE_STATIC_ASSERT:
    case NODE_NESTED_FUNCTION:
    case NODE_LOCAL_LABELS:
    case NODE_PRAGMA:
    case NODE_DEFER: return true;
    default: return false;
    }
}

/* Labels without a statement at the end of the block get this one. */
static bool add_to_label(struct parser *parser, struct node *block, struct node *item)
{
    struct node *label = block->count ? block->child[block->count - 1] : NULL;
    uint32_t depth = 1;
    if (!label || !node_is_label(label) || is_own_item(item))
        return false;
    for (struct node *next; (next = label->child[label->count - 1]) && node_is_label(next); depth++)
        label = next;
    if (label->child[label->count - 1])
        return false;
    label_statement(parser, label, item);
    for (label = block->child[block->count - 1]; label != item; label = label->child[label->count - 1])
        hold(label, item);
    if ((item->number & HEIGHT_MASK) + depth > DEPTH_LIMIT)
        parser->is_too_deep = true;
    return true;
}

void part_last_label(struct parser *parser, struct node *block)
{
    struct node *label = block->count ? block->child[block->count - 1] : NULL, *value = label;
    while (value && node_is_label(value))
        value = value->child[value->count - 1];
    if (!value || value == label || value->kind != NODE_EXPRESSION_STATEMENT)
        return;
    for (struct node *next = label; next != value; label = next) {
        next = label->child[label->count - 1];
        label->last = value->first - 1;
        if (next == value)
            label->child[label->count - 1] = NULL;
    }
    attach(parser, block, value);
}

void add_item(struct parser *parser, struct node *block, struct node *item)
{
    if (!item)
        return;
    if (add_to_label(parser, block, item)) {
        hold(block, item);
        return;
    }
    attach(parser, block, item);
}

/* ---- the dialect ----------------------------------------------------------------------------- */

struct node *begin_catch(struct parser *parser, struct node *clause, uint32_t name)
{
    clause->op = name;
    scope_push(parser->scopes, clause);
    clause->symbol = bind_object(parser, name, clause);
    return clause;
}

/* T of `async with (T x = e, *y = f)`: the second item shares the one's before it. */
static struct node *shared_specifiers(struct node *with)
{
    return with->child[with->count - 1]->child[0]->child[0];
}

struct node *begin_with_item(struct parser *parser, struct node *with, struct node *specifiers,
                             struct node *declarator, struct node *value)
{
    bool shares = !specifiers;
    if (shares)
        specifiers = shared_specifiers(with);
    struct node *item =
        make(parser, NODE_INIT_DECLARATOR, declarator->first, declarator->last, 1, declarator);
    struct node *declaration = make(parser, NODE_DECLARATION, shares ? declarator->first : specifiers->first,
                                    declarator->last, 2, specifiers, item);
    declaration->is_async = specifiers->is_async;
    bind_declarator(parser, specifiers, declarator);
    attach(parser, with,
           make(parser, NODE_WITH_ITEM, declaration->first, value->last, 2, declaration, value));
    return with;
}

struct node *begin_each(struct parser *parser, uint32_t async, struct node *specifiers,
                        struct node *declarator, struct node *operand)
{
    struct node *item =
        make(parser, NODE_INIT_DECLARATOR, declarator->first, declarator->last, 1, declarator);
    struct node *declaration =
        make(parser, NODE_DECLARATION, specifiers->first, declarator->last, 2, specifiers, item);
    struct node *node = make(parser, NODE_ASYNC_FOR, async, operand->last, 2, declaration, operand);
    declaration->is_async = specifiers->is_async;
    node->op = async + 1;
    node->has_dialect = true;
    scope_push(parser->scopes, node);
    bind_declarator(parser, specifiers, declarator);
    return node;
}

/* ---- function definitions -------------------------------------------------------------------- */

static struct scope *parameter_scope(const struct parser *parser, const struct node *function)
{
    for (uint32_t i = parser->prototype_count; i-- > 0;)
        if (parser->prototypes[i].function == function)
            return parser->prototypes[i].scope;
    return NULL;
}

void begin_function(struct parser *parser, struct node *head)
{
    struct acc *acc = parser->acc;
    struct function_scope *function = arena_allocate(acc->arena, sizeof *function);
    struct node *specifiers = head->child[0], *declarator = head->child[1]->child[0];
    const struct node *derivation = node_derivation(declarator);
    const struct symbol *symbol = innermost_declarator(declarator)->symbol;
    struct scope *scope = derivation ? parameter_scope(parser, derivation) : NULL;
    function->outer = parser->function;
    function->is_async = specifiers->is_async && symbol && symbol->is_async;
    function->is_generator = function->is_async && specifiers->op;
    function->takes_parameters = true;
    parser->function = function;
    if (scope)
        scope_push_again(parser->scopes, scope);
    else
        scope_push(parser->scopes, NULL);
}

struct node *finish_function(struct parser *parser, struct node *head, enum node_kind kind, struct node *body)
{
    struct node *declarator = head->child[1]->child[0];
    uint32_t last = body ? body->last : parser->acc->tokens[parser->body].match;
    struct node *node = make(parser, kind, head->first, last, 2, head->child[0], declarator);
    for (uint32_t i = 2; i < head->count; i++)
        attach(parser, node, head->child[i]);
    attach(parser, node, body);
    struct symbol *symbol = innermost_declarator(declarator)->symbol;
    if (symbol)
        symbol->definition = node;
    scope_pop(parser->scopes);
    parser->function = parser->function->outer;
    return node;
}
