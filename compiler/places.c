/* places.c: decides which variables of an async function live in its frame.
 *
 * Takes the parsed body; leaves a slot on the symbols of variables that must outlive a suspension (symbol->extra), and
 * on every node whether an await is evaluated in it (node->has_await).
 *
 * A variable goes to the frame when an await can run during its life: one that stands between its declaration and the
 * end of its scope; or anywhere in its scope where that has labels, since a jump can then lead back before the
 * declaration while the object lives on (C11 6.2.4p6). Entering and leaving `async with` await too, `async for` does for
 * each item, a `yield` suspends like an await, and so does the end of a block that has scoped children, which may use its
 * variables until then. Static, extern and
 * thread-local objects stay where they are, and so does whatever an await can't see: the C compiler keeps it in
 * registers and a debugger shows it.
 *
 * Variably modified types: an array becomes a pointer to memory on the task's bump stack, its sizes (dimension)
 * members of the frame; a pointer to such an array is kept as void * and read through its type.
 */
#include "lower.h"

#include <string.h>

struct scan {
    struct function *function;
    uint32_t *awaits; /* tokens where an await can suspend, in order of the walk */
    uint32_t await_count;
    bool evaluated;
};

static bool node_has_label(const struct node *node)
{
    return node->kind == NODE_LABEL || node->kind == NODE_CASE || node->kind == NODE_DEFAULT;
}

static void note_await(struct scan *scan, uint32_t token)
{
    *ARENA_PUSH(scan->function->acc->arena, scan->awaits, scan->await_count) = token;
}

/* A block, or a `for`, that has scoped children. */
static bool awaits_at_its_end(const struct node *node)
{
    bool has_children = false;
    for (uint32_t i = 0; i < node->count && (node->kind == NODE_BLOCK || node->kind == NODE_FOR); i++)
        has_children |= declares_children(node->child[i]);
    return has_children;
}

static bool asks_for_a_constant(const struct acc *acc, const struct node *node)
{
    return node->kind == NODE_CALL && node->child[0]->kind == NODE_NAME &&
           token_is(acc, node->child[0]->first, "__builtin_constant_p");
}

static void find_awaits(struct scan *scan, struct node *node)
{
    bool evaluated = scan->evaluated;
    if (node->is_unevaluated || asks_for_a_constant(scan->function->acc, node))
        scan->evaluated = false;
    bool awaits = scan->evaluated && (node->kind == NODE_AWAIT || node->kind == NODE_YIELD ||
                                      node->kind == NODE_ASYNC_WITH || node->kind == NODE_ASYNC_FOR);
    if ((node->kind == NODE_AWAIT || node->kind == NODE_YIELD) && awaits)
        note_await(scan, node->last);
    if (node->kind == NODE_ASYNC_FOR && awaits)
        note_await(scan, node->child[1]->last);
    if (node->kind == NODE_ASYNC_WITH && awaits) {
        note_await(scan, node->first);
        note_await(scan, node->last);
    }
    if (awaits_at_its_end(node)) {
        note_await(scan, node->last);
        awaits = true;
    }
    node->has_label = node_has_label(node);
    for (uint32_t i = 0; i < node->count; i++) {
        if (!node->child[i])
            continue;
        find_awaits(scan, node->child[i]);
        awaits |= node->child[i]->has_await;
        node->has_label |= node->child[i]->has_label;
    }
    node->has_await = awaits;
    scan->evaluated = evaluated;
}

static bool await_between(const struct scan *scan, uint32_t first, uint32_t last)
{
    for (uint32_t i = 0; i < scan->await_count; i++)
        if (scan->awaits[i] > first && scan->awaits[i] <= last)
            return true;
    return false;
}

static bool lives_across_await(const struct scan *scan, const struct symbol *symbol, uint32_t from)
{
    const struct node *scope = symbol->block ? symbol->block : scan->function->body;
    if (scope->has_label && scope->has_await)
        return true;
    return await_between(scan, from, scope->last);
}

/* shadow.c declared an array of that length where the variable asks for an alignment. */
static long long own_alignment(const struct symbol *symbol)
{
    const struct node *probe = symbol->declarator ? symbol->declarator->extra : NULL;
    const struct type_info *type = symbol->declarator ? symbol->declarator->type : NULL;
    if (probe && probe->type && probe->type->size > 0)
        return probe->type->size;
    return type ? type->typedef_alignment : 0;
}

static struct slot *make_slot(struct function *function, struct symbol *symbol, struct node *specifiers,
                              struct node *declarator)
{
    struct acc *acc = function->acc;
    const struct type_info *type = specifiers ? symbol->declarator->type : NULL;
    struct slot *slot = arena_allocate(acc->arena, sizeof *slot);
    slot->symbol = symbol;
    slot->name = arena_format(acc->arena, "%s_%u", symbol->name, symbol->number);
    slot->specifiers = specifiers;
    slot->declarator = declarator;
    slot->own_alignment = own_alignment(symbol);
    slot->place = PLACE_FRAME;
    symbol->extra = slot;
    *ARENA_PUSH(acc->arena, function->variables, function->variable_count) = symbol;
    if (!specifiers)
        return slot;
    if (!type || type->class == TYPE_UNKNOWN) {
        report(acc, MESSAGE_UNKNOWN_TYPE, symbol->token);
        return slot;
    }
    slot->is_const = type->is_const;
    slot->is_volatile = type->is_volatile;
    slot->is_variable = type->is_variable;
    slot->is_aggregate = type->class == TYPE_RECORD || type->class == TYPE_ARRAY;
    slot->size = type->size;
    slot->alignment = type->alignment;
    if (type->is_variable && type->class == TYPE_ARRAY)
        slot->place = PLACE_VLA;
    slot->type = type->is_variable ? "void *@" : type->declaration;
    if (!slot->type)
        slot->view = arena_format(acc->arena, "ac__type_%s", slot->name);
    function->has_frame_vla |= slot->place == PLACE_VLA;
    return slot;
}

/* A typedef whose sizes must be kept; it is no variable of the frame. */
static void place_typedef(struct scan *scan, struct symbol *symbol, struct node *specifiers, struct node *declarator)
{
    const struct type_info *type = symbol->declarator->type;
    if (!type || !type->is_variable || !lives_across_await(scan, symbol, symbol->token))
        return;
    struct slot *slot = arena_allocate(scan->function->acc->arena, sizeof *slot);
    slot->symbol = symbol;
    slot->specifiers = specifiers;
    slot->declarator = declarator;
    symbol->extra = slot;
}

static bool stays_outside(const struct symbol *symbol)
{
    return symbol->kind != SYMBOL_OBJECT || symbol->is_static || symbol->is_extern || symbol->is_thread_local ||
           symbol->is_file_scope;
}

static void place_declaration(struct scan *scan, struct node *declaration)
{
    bool any = false;
    for (uint32_t i = 1; i < declaration->count; i++) {
        struct symbol *symbol = declared(declaration->child[i]->child[0]);
        if (symbol && symbol->kind == SYMBOL_TYPEDEF)
            place_typedef(scan, symbol, declaration->child[0], declaration->child[i]->child[0]);
    }
    for (uint32_t i = 1; i < declaration->count && !any; i++) {
        struct node *item = declaration->child[i];
        struct symbol *symbol = declared(item->child[0]);
        if (!symbol || stays_outside(symbol))
            continue;
        bool own = item->count > 1 && item->child[1] && mentions(item->child[1], symbol);
        any = lives_across_await(scan, symbol, own ? symbol->token : item->last);
    }
    for (uint32_t i = 1; i < declaration->count && any; i++) {
        struct node *item = declaration->child[i];
        struct symbol *symbol = declared(item->child[0]);
        if (symbol && !stays_outside(symbol))
            make_slot(scan->function, symbol, declaration->child[0], item->child[0]);
    }
}

/* The variable of an `async for` is a new one for each item: it does not see the await that fetches the next. */
static void place_each(struct scan *scan, struct node *node)
{
    struct node *declaration = node->child[0], *declarator = declaration->child[1]->child[0];
    struct symbol *symbol = declared(declarator);
    if (symbol && !stays_outside(symbol) && lives_across_await(scan, symbol, node->child[1]->last))
        make_slot(scan->function, symbol, declaration->child[0], declarator);
}

/* The name a catch binds is a const pointer into the error that the catch holds. */
static void place_bound_error(struct scan *scan, struct node *clause)
{
    struct node *block = clause->child[clause->count - 1];
    if (!clause->symbol || !block->has_await)
        return;
    struct slot *slot = make_slot(scan->function, clause->symbol, NULL, NULL);
    slot->type = "const struct ac_error *@";
    slot->view = NULL;
}

static void place_variables(struct scan *scan, struct node *node)
{
    if (node->kind == NODE_DECLARATION)
        place_declaration(scan, node);
    if (node->kind == NODE_CATCH)
        place_bound_error(scan, node);
    if (node->kind == NODE_FUNCTION || node->kind == NODE_NESTED_FUNCTION)
        return;
    if (node->kind == NODE_ASYNC_FOR)
        place_each(scan, node);
    for (uint32_t i = node->kind == NODE_ASYNC_FOR; i < node->count; i++)
        if (node->child[i])
            place_variables(scan, node->child[i]);
}

static void place_parameters(struct function *function)
{
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        struct node *parameter = function->parameters->child[i];
        struct node *declarator = parameter && parameter->count > 1 ? parameter->child[1] : NULL;
        struct symbol *symbol = declarator ? declared(declarator) : NULL;
        if (!symbol)
            continue;
        struct slot *slot = make_slot(function, symbol, parameter->child[0], declarator);
        slot->is_parameter = true;
        symbol->block = function->body;
    }
}

static bool has_static_storage(const struct acc *acc, const struct node *specifiers)
{
    for (uint32_t token = specifiers->first; token <= specifiers->last; token++)
        if (token_is(acc, token, "static"))
            return true;
    return false;
}

/* A compound literal lives as long as its block: it needs a slot if its address can outlive an await. One that is only
 * read as a value does not. */
static void place_literal(struct scan *scan, struct node *literal, const struct node *parent, struct node *block)
{
    const struct type_info *type = literal->type;
    bool has_address = parent->kind == NODE_UNARY || parent->kind == NODE_MEMBER || parent->kind == NODE_INDEX ||
                       (type && type->class == TYPE_ARRAY);
    bool outlives = (block->has_label && block->has_await) || await_between(scan, literal->first, block->last);
    if (!type || !type->declaration || type->is_variable || !has_address || !outlives)
        return;
    literal->symbol = build_temporary(scan->function, block, type, literal, true);
}

static void place_literals(struct scan *scan, struct node *node, struct node *block)
{
    if (node->kind == NODE_BLOCK)
        block = node;
    if (node->kind == NODE_DECLARATION && has_static_storage(scan->function->acc, node->child[0]))
        return;
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (!child || child->is_unevaluated)
            continue;
        if (child->kind == NODE_COMPOUND_LITERAL)
            place_literal(scan, child, node, block);
        place_literals(scan, child, block);
    }
}

void places(struct function *function)
{
    struct scan scan = {.function = function, .evaluated = true};
    find_awaits(&scan, function->body);
    place_parameters(function);
    place_variables(&scan, function->body);
    if (scan.await_count)
        place_literals(&scan, function->body, function->body);
}
