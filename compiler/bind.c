/* bind.c: declares names.
 *
 * A declarator declares its name as soon as it is complete, before its initialiser, as in C.
 * `async` belongs to the function derivation that is applied first to the base type:
 *
 *     async char *load(int)              load(int)
 *     async int (*op)(int, int)          the (int, int): op is a pointer to an async function
 *     async int (*get(int))(double)      the (double): get is a plain function
 *     async int (*row(int))[3]           row(int): T is a pointer to an array
 */
#include "parser.h"

static struct symbol *make_symbol(struct parser *parser, enum symbol_kind kind, uint32_t token)
{
    struct symbol *symbol = arena_allocate(parser->acc->arena, sizeof *symbol);
    symbol->name = parser->acc->tokens[token].name;
    symbol->kind = kind;
    symbol->token = token;
    symbol->is_file_scope = scope_is_file(parser->scopes);
    symbol->block = scope_node(scope_current(parser->scopes));
    if (!symbol->is_file_scope)
        symbol->number = ++parser->number;
    return symbol;
}

/* For unmentioned.c: the external declaration that is being read declares or defines this. */
static void note_declared(struct acc *acc, struct symbol *symbol)
{
    if (symbol->is_file_scope)
        *ARENA_PUSH(acc->arena, acc->declared, acc->declared_count) = symbol;
}

bool is_found_by_name(const char *name)
{
    return has_suffix(name, "_aenter") || has_suffix(name, "_aexit") || has_suffix(name, "_anext");
}

struct node *innermost_declarator(struct node *declarator)
{
    for (struct node *inner; (inner = node_nested(declarator));)
        declarator = inner;
    return declarator;
}

/* The function derivation that is applied first to the base type: the last one outside. */
static struct node *outermost_function(const struct node *declarator)
{
    for (; declarator; declarator = node_nested(declarator))
        for (uint32_t i = declarator->count; i-- > 0;)
            if (declarator->child[i]->kind == NODE_FUNCTION)
                return declarator->child[i];
    return NULL;
}

static void mark_async(const struct node *specifiers, struct node *declarator)
{
    struct node *derivation = specifiers->is_async ? outermost_function(declarator) : NULL;
    if (derivation)
        derivation->is_async = derivation->has_dialect = true;
}

static void set_type(struct symbol *symbol, struct node *specifiers, struct node *declarator)
{
    const struct node *derivation = node_derivation(declarator);
    const struct symbol *base = specifiers->symbol;
    bool is_function = derivation ? derivation->kind == NODE_FUNCTION : base && base->is_function_type;
    if (symbol->kind == SYMBOL_TYPEDEF)
        symbol->is_function_type = is_function;
    else if (is_function)
        symbol->kind = SYMBOL_FUNCTION;
    if (derivation)
        symbol->is_async = derivation->kind == NODE_FUNCTION && derivation->is_async;
    else
        symbol->is_async = is_function && base && base->is_async;
    symbol->is_static = specifiers->number & FLAG_STATIC;
    symbol->is_extern = specifiers->number & FLAG_EXTERN;
    symbol->is_register = specifiers->number & FLAG_REGISTER;
    symbol->is_thread_local = specifiers->number & FLAG_THREAD_LOCAL;
}

static struct symbol *declare_symbol(struct parser *parser, struct node *specifiers, struct node *declarator)
{
    struct node *inner = innermost_declarator(declarator);
    if (!inner->op)
        return NULL;
    bool is_typedef = specifiers->number & FLAG_TYPEDEF;
    struct symbol *symbol = make_symbol(parser, is_typedef ? SYMBOL_TYPEDEF : SYMBOL_OBJECT, inner->op);
    symbol->specifiers = specifiers;
    symbol->declarator = inner;
    set_type(symbol, specifiers, declarator);
    inner->symbol = symbol;
    return symbol;
}

/* ---- what makes coroutines ------------------------------------------------------------------- */

static bool is_frame_tag(const struct parser *parser, const char *name)
{
    return name == parser->known.coroutine || name == parser->known.generator;
}

static bool names_coroutines(const struct parser *parser, const struct node *specifiers)
{
    const struct symbol *base = specifiers->symbol;
    if (specifiers->is_async || (base && scope_find(parser->scopes, SPACE_MAKER, base->name)))
        return true;
    for (uint32_t i = 0; i < specifiers->count; i++) {
        const struct node *child = specifiers->child[i];
        for (uint32_t token = child->first; child->kind == NODE_TYPEOF && token < child->last; token++)
            if (is_frame_tag(parser, parser->acc->tokens[token].name))
                return true;
    }
    return false;
}

/* Plain functions that have such a name are read: they may drop a coroutine. */
static void note_maker(struct parser *parser, const struct node *specifiers, uint32_t token)
{
    if (!token || !scope_is_file(parser->scopes) || !names_coroutines(parser, specifiers))
        return;
    struct symbol *symbol = make_symbol(parser, SYMBOL_OBJECT, token);
    if (!scope_find_here(parser->scopes, SPACE_MAKER, symbol->name))
        scope_bind(parser->scopes, SPACE_MAKER, symbol);
}

/* N_anext and N_aenter: what `async for` and `async with` find by the type N. */
static void note_protocol(struct acc *acc, struct symbol *symbol)
{
    if (symbol->kind != SYMBOL_FUNCTION || symbol->previous)
        return;
    if (has_suffix(symbol->name, "_anext"))
        *ARENA_PUSH(acc->arena, acc->iterators, acc->iterator_count) = symbol;
    else if (has_suffix(symbol->name, "_aenter"))
        *ARENA_PUSH(acc->arena, acc->enters, acc->enter_count) = symbol;
}

void bind_declarator(struct parser *parser, struct node *specifiers, struct node *declarator)
{
    mark_async(specifiers, declarator);
    declarator->has_dialect |= specifiers->is_async;
    struct symbol *symbol = declare_symbol(parser, specifiers, declarator);
    if (!symbol)
        return;
    note_declared(parser->acc, symbol);
    if (symbol->is_file_scope) {
        symbol->previous = scope_find_here(parser->scopes, SPACE_ORDINARY, symbol->name);
        if (symbol->previous)
            symbol->definition = symbol->previous->definition;
        note_protocol(parser->acc, symbol);
    }
    note_maker(parser, specifiers, symbol->token);
    symbol->is_parameter = parser->function && parser->function->takes_parameters;
    scope_bind(parser->scopes, SPACE_ORDINARY, symbol);
}

void bind_member(struct parser *parser, struct node *specifiers, struct node *declarator)
{
    mark_async(specifiers, declarator);
    note_maker(parser, specifiers, innermost_declarator(declarator)->op);
}

void bind_parameter(struct parser *parser, struct node *parameter)
{
    if (parameter->count < 2)
        return;
    mark_async(parameter->child[0], parameter->child[1]);
    struct symbol *symbol = declare_symbol(parser, parameter->child[0], parameter->child[1]);
    if (!symbol)
        return;
    /* A parameter of function type is a pointer. */
    symbol->kind = SYMBOL_OBJECT;
    symbol->is_async = false;
    symbol->is_parameter = true;
    scope_bind(parser->scopes, SPACE_ORDINARY, symbol);
}

struct symbol *bind_object(struct parser *parser, uint32_t token, struct node *declarator)
{
    struct symbol *symbol = make_symbol(parser, SYMBOL_OBJECT, token);
    symbol->declarator = declarator;
    scope_bind(parser->scopes, SPACE_ORDINARY, symbol);
    return symbol;
}

void bind_old_parameter(struct parser *parser, uint32_t token)
{
    bind_object(parser, token, NULL)->is_parameter = true;
}

void bind_enumerator(struct parser *parser, struct node *enumerator)
{
    struct symbol *symbol = make_symbol(parser, SYMBOL_ENUMERATOR, enumerator->first);
    symbol->declarator = enumerator;
    enumerator->symbol = symbol;
    note_declared(parser->acc, symbol);
    scope_bind(parser->scopes, SPACE_ORDINARY, symbol);
}

/* ---- tags ------------------------------------------------------------------------------------ */

static struct symbol *declare_tag(struct parser *parser, struct node *node, uint32_t tag)
{
    struct symbol *symbol = make_symbol(parser, SYMBOL_TAG, tag);
    symbol->declarator = node;
    note_declared(parser->acc, symbol);
    scope_bind(parser->scopes, SPACE_TAG, symbol);
    return symbol;
}

void bind_tag(struct parser *parser, struct node *node, uint32_t tag, bool defines)
{
    const char *name = parser->acc->tokens[tag].name;
    struct symbol *symbol = defines ? scope_find_here(parser->scopes, SPACE_TAG, name)
                                    : scope_find(parser->scopes, SPACE_TAG, name);
    if (!symbol)
        symbol = declare_tag(parser, node, tag);
    else if (defines)
        note_declared(parser->acc, symbol);
    parser->uses_async |= is_frame_tag(parser, name);
    if (defines)
        symbol->declarator = node;
    node->symbol = symbol;
    node->op = tag;
}

void bind_lone_tag(struct parser *parser, struct node *specifiers)
{
    for (uint32_t i = 0; i < specifiers->count; i++) {
        struct node *node = specifiers->child[i];
        if (node->kind == NODE_RECORD && node->symbol && !node->has_body &&
            !scope_find_here(parser->scopes, SPACE_TAG, node->symbol->name))
            node->symbol = declare_tag(parser, node, node->op);
    }
}

/* ---- labels ---------------------------------------------------------------------------------- */

static struct symbol *find_label(const struct parser *parser, const char *name)
{
    struct symbol *local = scope_find(parser->scopes, SPACE_LABEL, name);
    const struct function_scope *function = parser->function;
    if (local)
        return local;
    for (uint32_t i = 0; function && i < function->label_count; i++)
        if (function->labels[i]->name == name)
            return function->labels[i];
    return NULL;
}

/* The label of that name in the function; `label` is the LABEL that places it, or null where it
 * is only named. */
struct symbol *bind_label(struct parser *parser, uint32_t token, struct node *label)
{
    struct symbol *symbol = find_label(parser, parser->acc->tokens[token].name);
    if (!symbol) {
        symbol = make_symbol(parser, SYMBOL_LABEL, token);
        symbol->token = 0;
        if (parser->function)
            *ARENA_PUSH(parser->acc->arena, parser->function->labels, parser->function->label_count) = symbol;
    }
    if (label && !symbol->declarator) {
        symbol->token = token;
        symbol->declarator = label;
        symbol->block = scope_node(scope_current(parser->scopes));
    }
    return symbol;
}

void bind_local_label(struct parser *parser, uint32_t token)
{
    struct symbol *symbol = make_symbol(parser, SYMBOL_LABEL, token);
    scope_bind(parser->scopes, SPACE_LABEL, symbol);
}
