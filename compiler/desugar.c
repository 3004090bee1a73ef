/* desugar.c: `async with`, `defer`, scoped children and variables with a cleanup attribute
 * become try/finally; `async for`: iterate.c.
 *
 * Takes a body with places decided. Leaves TRY, CATCH, FINALLY and THROW as the only constructs
 * of the dialect besides awaits.
 *
 *     defer S; rest                 ->  try { rest } finally { S }
 *     T x CLEANUP(f) = e; rest      ->  T x = e; try { rest } finally { f(&x); }     if x lives in the frame
 *     async T x = e; rest           ->  ac_task(T) x = <start e>; try { rest } finally { <end x> }
 *     async with (T *x = e) S       ->  { N *op = e;  T *x = await N_aenter(op);
 *                                         try { S } finally { await N_aexit(op, <the error on its way>); } }
 *
 * with `if (await N_aexit(...)) <swallow the error>` where N_aexit answers bool. N comes from
 * the operand's type; a record operand is passed by address, a temporary's lives in the frame as
 * long as the statement. Cleanup variables that no await can see are left to the C compiler.
 */
#include "desugar.h"

#include <string.h>

static void desugar_children(struct function *function, struct node *node);

struct node *make_try(struct function *function, struct node *near, struct node *body, struct node *cleanup)
{
    struct acc *acc = function->acc;
    struct node *try = node_make(acc, NODE_TRY, near->first, near->last, 0);
    struct node *finally = node_make(acc, NODE_FINALLY, near->first, near->last, 0);
    node_append(acc, finally, cleanup);
    finally->has_await = cleanup->has_await;
    node_append(acc, try, body);
    node_append(acc, try, finally);
    try->has_await = body->has_await || cleanup->has_await;
    return try;
}

/* ---- blocks: defer and cleanup variables ----------------------------------------------------- */

static void desugar_items(struct function *function, struct node *block, struct node **items, uint32_t count);

static struct node *rest_of_block(struct function *function, struct node *near, struct node **items,
                                  uint32_t count)
{
    struct node *rest = build_block(function->acc, near);
    desugar_items(function, rest, items, count);
    for (uint32_t i = 0; i < rest->count; i++)
        rest->has_await |= rest->child[i]->has_await;
    return rest;
}

/* The function that a cleanup attribute names: the token, or 0. */
static uint32_t cleanup_in(struct acc *acc, const struct node *node)
{
    for (uint32_t i = 0; node && i < node->count; i++) {
        const struct node *child = node->child[i];
        if (!child || (child->kind != NODE_ATTRIBUTE && child->kind != NODE_ALIGNAS))
            continue;
        for (uint32_t name = 0; (name = attribute_name(acc, child, name));)
            if (strcmp(attribute_spelling(acc, name), "cleanup") == 0 && token_is(acc, name + 1, "("))
                return name + 2;
    }
    return 0;
}

static uint32_t cleanup_of(struct acc *acc, const struct node *specifiers, const struct node *item)
{
    uint32_t token = cleanup_in(acc, specifiers);
    if (!token)
        token = cleanup_in(acc, item->child[0]);
    return token ? token : cleanup_in(acc, item);
}

static bool has_cleanup(struct acc *acc, const struct node *declaration)
{
    for (uint32_t i = 1; i < declaration->count; i++)
        if (cleanup_of(acc, declaration->child[0], declaration->child[i]))
            return true;
    return false;
}

static bool has_frame_cleanup(struct acc *acc, const struct node *declaration)
{
    if (declaration->kind != NODE_DECLARATION)
        return false;
    for (uint32_t i = 1; i < declaration->count; i++)
        if (cleanup_of(acc, declaration->child[0], declaration->child[i]) &&
            slot_of(declared(declaration->child[i]->child[0])))
            return true;
    return false;
}

static bool declares_undoing(struct acc *acc, const struct node *declaration)
{
    return declaration && (declares_children(declaration) || has_frame_cleanup(acc, declaration));
}

struct node *single_declaration(struct acc *acc, struct node *declaration, struct node *item)
{
    struct node *single = node_make(acc, NODE_DECLARATION, declaration->first, declaration->last, 0);
    node_append(acc, single, declaration->child[0]);
    node_append(acc, single, item);
    single->is_generated = true;
    single->has_await = item->has_await;
    return single;
}

/* Declares a variable. What its cleanup attribute asks for; null without one. */
static struct node *declare_cleanup(struct function *function, struct node *block, struct node *declaration,
                                    struct node *item)
{
    struct acc *acc = function->acc;
    uint32_t cleanup = cleanup_of(acc, declaration->child[0], item);
    desugar_children(function, item);
    build_into(acc, block, single_declaration(acc, declaration, item));
    if (!cleanup)
        return NULL;
    struct node *undo = build_block(acc, declaration),
                *name = build_name(acc, item, declared(item->child[0]));
    const char *call = arena_format(acc->arena, "%s(&%%0);", token_text(acc, cleanup));
    build_into(acc, undo, build(acc, item, call, name, NULL));
    return undo;
}

/* `is_effect`: the value is not wanted. */
static struct node *make_await(struct acc *acc, const struct node *near, struct node *operand, bool is_effect)
{
    static struct type_info nothing = {.class = TYPE_VOID};
    struct node *await = node_make(acc, NODE_AWAIT, near->first, near->last, 1, operand);
    await->has_await = true;
    await->op = near->first;
    await->type = is_effect ? &nothing : NULL;
    return await;
}

/* The end of a child's block awaits the child; the value is not wanted. */
static struct node *end_child(struct function *function, const struct node *near, struct symbol *child)
{
    static struct type_info scoped = {.class = TYPE_SCALAR, .awaitable = AWAITABLE_SCOPED};
    struct acc *acc = function->acc;
    struct node *block = build_block(acc, near),
                *await = make_await(acc, near, build_name(acc, near, child), true);
    await->child[0]->type = &scoped;
    struct node *statement = node_make(acc, NODE_EXPRESSION_STATEMENT, near->first, near->last, 1, await);
    statement->is_generated = true;
    build_into(acc, block, statement);
    return block;
}

/* Declares and starts a child. What ends it. */
static struct node *declare_child(struct function *function, struct node *block, struct node *declaration,
                                  struct node *item)
{
    struct acc *acc = function->acc;
    struct symbol *child = declared(item->child[0]);
    desugar_children(function, item);
    struct node *start =
        node_make(acc, NODE_START, item->child[1]->first, item->child[1]->last, 1, item->child[1]);
    start->symbol = child;
    struct node *started =
        node_make(acc, NODE_INIT_DECLARATOR, item->first, item->last, 2, item->child[0], start);
    build_into(acc, block, single_declaration(acc, declaration, started));
    return end_child(function, item, child);
}

/* One declarator after the other. One that has to be undone gets the rest of the block into its `try`. */
static void desugar_declarators(struct function *function, struct node *block,
                                struct node *declaration, uint32_t from, struct node **rest,
                                uint32_t rest_count)
{
    struct acc *acc = function->acc;
    if (from == declaration->count) {
        desugar_items(function, block, rest, rest_count);
        return;
    }
    struct node *item = declaration->child[from], *undo;
    if (declares_children(declaration))
        undo = declare_child(function, block, declaration, item);
    else
        undo = declare_cleanup(function, block, declaration, item);
    struct node *body = undo ? build_block(acc, declaration) : block;
    desugar_declarators(function, body, declaration, from + 1, rest, rest_count);
    if (!undo)
        return;
    for (uint32_t i = 0; i < body->count; i++)
        body->has_await |= body->child[i]->has_await;
    build_into(acc, block, make_try(function, item, body, undo));
}

/* `for (async T x = e; ...; ...) S`: the child is declared in front of the loop, in a block of
 * its own; so is a variable with a cleanup. */
static struct node *desugar_for(struct function *function, struct node *loop)
{
    struct acc *acc = function->acc;
    struct node *declaration = loop->child[0], *block = build_block(acc, loop);
    for (uint32_t i = 1; i < declaration->count; i++)
        declared(declaration->child[i]->child[0])->block = block;
    loop->child[0] = build(acc, declaration, ";", NULL);
    desugar_declarators(function, block, declaration, 1, &loop, 1);
    return block;
}

static void desugar_items(struct function *function, struct node *block, struct node **items, uint32_t count)
{
    struct acc *acc = function->acc;
    for (uint32_t i = 0; i < count; i++) {
        struct node *holder = node_make(acc, NODE_BLOCK, items[i]->first, items[i]->last, 0);
        if (i + 1 < count && items[i + 1]->kind == NODE_ASYNC_FOR && is_loop_hint(acc, items[i]))
            continue;
        if (items[i]->kind == NODE_DEFER) {
            node_append(acc, holder, items[i]->child[0]);
            desugar_children(function, holder);
            struct node *cleanup = build_block(acc, items[i]);
            build_into(acc, cleanup, holder->child[0]);
            cleanup->has_await = holder->child[0]->has_await;
            struct node *rest = rest_of_block(function, items[i], items + i + 1, count - i - 1);
            build_into(acc, block, make_try(function, items[i], rest, cleanup));
            return;
        }
        if (declares_undoing(acc, items[i])) {
            desugar_declarators(function, block, items[i], 1, items + i + 1, count - i - 1);
            return;
        }
        node_append(acc, holder, items[i]);
        desugar_children(function, holder);
        build_into(acc, block, holder->child[0]);
    }
}

/* ---- async with ------------------------------------------------------------------------------ */

/* N_aenter, N_aexit or N_anext for an operand's type: by the declared type's name, then by the tag. */
struct symbol *with_function(struct acc *acc, const struct type_info *type, const char *suffix)
{
    const char *const names[] = {type->record_name, type->tag_name, type->handle_tag};
    for (int i = 0; i < 3; i++) {
        if (!names[i])
            continue;
        const char *name = arena_format(acc->arena, "%s%s", names[i], suffix);
        struct symbol *symbol = file_symbol(acc, arena_intern(acc->arena, name, strlen(name)));
        if (symbol && symbol->kind == SYMBOL_FUNCTION)
            return symbol;
    }
    return NULL;
}

static bool is_lasting_lvalue(const struct acc *acc, struct node *node);

/* Which association of a `_Generic` is chosen only the C compiler knows, but it has the type of the whole. */
static bool is_lasting_choice(const struct acc *acc, const struct node *generic)
{
    const char *type = generic->type ? generic->type->declaration : NULL;
    for (uint32_t i = 1; type && i < generic->count; i++) {
        struct node *value = generic->child[i]->child[generic->child[i]->count - 1];
        const char *own = value->type ? value->type->declaration : NULL;
        if (own && strcmp(own, type) == 0)
            return is_lasting_lvalue(acc, value);
    }
    return false;
}

/* Whether it is an object that lives as long as the statement. A compound literal dies with its block, which
 * may end earlier, and a part of a function's result with its expression: these are copied. */
static bool is_lasting_lvalue(const struct acc *acc, struct node *node)
{
    const struct node *base = lvalue_base(acc, node);
    bool is_pointed_to = base->kind == NODE_UNARY && token_is(acc, base->op, "*");
    if (base->kind == NODE_GENERIC)
        return is_lasting_choice(acc, base);
    return base->kind == NODE_NAME || base->kind == NODE_MEMBER || base->kind == NODE_INDEX || is_pointed_to;
}

struct node *await_call(struct acc *acc, struct node *near, struct symbol *callee, struct node *first,
                        struct node *second, bool is_effect)
{
    struct node *call = node_make(acc, NODE_CALL, near->first, near->last, 0);
    node_append(acc, call, build_name(acc, near, callee));
    node_append(acc, call, first);
    if (second)
        node_append(acc, call, second);
    call->is_generated = true;
    return make_await(acc, near, call, is_effect);
}

struct node *keep_operand(struct function *function, struct node *block, struct node *operand)
{
    struct acc *acc = function->acc;
    const struct type_info *type = operand->type;
    bool is_record = type->class == TYPE_RECORD;
    if (is_record && is_lasting_lvalue(acc, operand)) {
        const char *pointer = declare_as(acc, type->declaration, "*@");
        pointer = arena_format(acc->arena, "%s%s", type->is_const ? "const " : "", pointer);
        struct symbol *kept = build_typed_temporary(function, block, pointer, true);
        struct node *address = build(acc, operand, "&(%0)", operand, NULL);
        struct node *set = build(acc, operand, "%0 = %1;", build_name(acc, operand, kept), address, NULL);
        set->has_await = address->has_await = operand->has_await;
        build_into(acc, block, set);
        return build_name(acc, operand, kept);
    }
    struct symbol *kept = build_typed_temporary(function, block, type->declaration, true);
    struct node *set = node_make(acc, NODE_EXPRESSION_STATEMENT, operand->first, operand->last, 0);
    struct node *assign = node_make(acc, NODE_ASSIGN, operand->first, operand->last, 0);
    node_append(acc, assign, build_name(acc, operand, kept));
    node_append(acc, assign, operand);
    assign->is_generated = true;
    assign->has_await = set->has_await = operand->has_await;
    node_append(acc, set, assign);
    set->is_generated = true;
    build_into(acc, block, set);
    struct node *name = build_name(acc, operand, kept);
    return is_record ? build(acc, operand, "&%0", name, NULL) : name;
}

static void bind(struct function *function, struct node *block, struct node *item, struct node *operand,
                 struct symbol *enter)
{
    struct acc *acc = function->acc;
    struct node *expression = item->child[item->count - 1];
    struct node *declaration = item->count > 1 ? item->child[0] : NULL;
    struct node *value = enter ? await_call(acc, expression, enter, operand, NULL, !declaration) : operand;
    if (!declaration) {
        if (!enter)
            return;
        struct node *statement =
            node_make(acc, NODE_EXPRESSION_STATEMENT, expression->first, expression->last, 0);
        node_append(acc, statement, value);
        statement->has_await = statement->is_generated = true;
        build_into(acc, block, statement);
        return;
    }
    struct node *declared_item = declaration->child[1];
    const struct type_info *bound = declared_item->child[0]->type;
    if (!enter && bound && bound->class == TYPE_RECORD) /* the operand itself, not its address */
        value = build(acc, expression, "*(%0)", operand, NULL);
    struct node *with_value =
        node_make(acc, NODE_INIT_DECLARATOR, declared_item->first, declared_item->last, 0);
    node_append(acc, with_value, declared_item->child[0]);
    node_append(acc, with_value, value);
    with_value->has_await = value->has_await;
    declared(declared_item->child[0])->block = block;
    build_into(acc, block, single_declaration(acc, declaration, with_value));
}

static bool answers_bool(const struct acc *acc, const struct symbol *exit)
{
    const struct node *specifiers = exit->specifiers;
    for (uint32_t token = specifiers ? specifiers->first : 1;
         specifiers && token <= specifiers->last; token++)
        if (token_is(acc, token, "_Bool") || token_is(acc, token, "bool"))
            return true;
    return false;
}

static struct node *leave_with(struct function *function, struct node *near, struct node *operand,
                               struct symbol *exit)
{
    struct acc *acc = function->acc;
    struct node *cleanup = build_block(acc, near);
    struct node *error = node_make(acc, NODE_PENDING_ERROR, near->first, near->last, 0);
    bool answers = answers_bool(acc, exit);
    struct node *await = await_call(acc, near, exit, operand, error, !answers);
    struct node *statement;
    if (answers) {
        statement = node_make(acc, NODE_IF, near->first, near->last, 0);
        node_append(acc, statement, await);
        node_append(acc, statement, node_make(acc, NODE_SWALLOW_ERROR, near->first, near->last, 0));
    } else {
        statement = node_make(acc, NODE_EXPRESSION_STATEMENT, near->first, near->last, 0);
        node_append(acc, statement, await);
    }
    statement->has_await = statement->is_generated = true;
    build_into(acc, cleanup, statement);
    cleanup->has_await = true;
    return cleanup;
}

static struct node *desugar_with(struct function *function, struct node *node, uint32_t from)
{
    struct acc *acc = function->acc;
    if (from + 1 == node->count) {
        struct node *holder = node_make(acc, NODE_BLOCK, node->first, node->last, 0);
        node_append(acc, holder, node->child[from]);
        desugar_children(function, holder);
        struct node *body = build_block(acc, node->child[from]);
        build_into(acc, body, holder->child[0]);
        body->has_await = holder->child[0]->has_await;
        return body;
    }
    struct node *item = node->child[from];
    desugar_children(function, item);
    struct node *expression = item->child[item->count - 1], *block = build_block(acc, node);
    struct symbol *enter = with_function(acc, expression->type, "_aenter");
    struct symbol *exit = with_function(acc, expression->type, "_aexit");
    CHECK(exit);
    struct node *operand = keep_operand(function, block, expression);
    bind(function, block, item, operand, enter);
    struct node *body = desugar_with(function, node, from + 1);
    build_into(acc, block, make_try(function, item, body, leave_with(function, item, operand, exit)));
    block->has_await = true;
    return block;
}

/* ---- statement expressions ------------------------------------------------------------------- */

static bool has_something_to_undo(const struct function *function, const struct node *block)
{
    for (uint32_t i = 0; i < block->count; i++)
        if (block->child[i]->kind == NODE_DEFER || declares_undoing(function->acc, block->child[i]))
            return true;
    return false;
}

/* ({ S; e; }) -> ({ { S; t = e; } t; }) where S has something to undo, since a `try` has no value. */
static void keep_value(struct function *function, struct node *node)
{
    struct acc *acc = function->acc;
    struct node *inner = node->child[0], *last = inner->count ? inner->child[inner->count - 1] : NULL;
    if (!last || last->kind != NODE_EXPRESSION_STATEMENT || is_void(node) ||
        !has_something_to_undo(function, inner))
        return;
    struct node *block = build_block(acc, inner), *value = last->child[0];
    struct symbol *kept = build_kept(function, block, node, true);
    struct node *set = node_make(acc, NODE_ASSIGN, value->first, value->last, 2,
                                 build_name(acc, value, kept), value);
    struct node *result = node_make(acc, NODE_EXPRESSION_STATEMENT, last->first, last->last, 1,
                                    build_name(acc, value, kept));
    set->is_generated = last->is_generated = result->is_generated = true;
    result->child[0]->type = value_type(node);
    last->child[0] = set;
    if (slot_of(kept)->view)
        inner->child[inner->count - 1] = build_copy(acc, kept, value);
    build_into(acc, block, inner);
    build_into(acc, block, result);
    node->child[0] = block;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void desugar_children(struct function *function, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (!child)
            continue;
        if (child->kind == NODE_STATEMENT_EXPR)
            keep_value(function, child);
        if (child->kind == NODE_DECLARATION && has_cleanup(function->acc, child)) /* the C compiler's to do */
            function->has_regions = true;
        if (child->kind == NODE_ASYNC_WITH) {
            node->child[i] = desugar_with(function, child, 0);
        } else if (child->kind == NODE_FOR && declares_undoing(function->acc, child->child[0])) {
            node->child[i] = desugar_for(function, child);
        } else if (child->kind == NODE_ASYNC_FOR) {
            desugar_children(function, child);
            node->child[i] = desugar_each(function, child);
        } else if (child->kind == NODE_DEFER) { /* alone in its block, which ends at once */
            desugar_children(function, child);
            child->kind = NODE_SEQUENCE;
        } else if (child->kind == NODE_BLOCK) {
            struct node **items = child->child;
            uint32_t count = child->count;
            child->child = NULL;
            child->count = 0;
            desugar_items(function, child, items, count);
        } else {
            desugar_children(function, child);
        }
    }
}

void desugar(struct function *function)
{
    struct node holder = {.kind = NODE_BLOCK, .count = 1, .child = &function->body};
    desugar_children(function, &holder);
}
