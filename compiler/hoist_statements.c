/* hoist_statements.c: awaits out of statements.
 *
 * An expression that is evaluated once, before the rest of its statement, has its awaits in
 * front of the statement. One that is evaluated again and again (conditions and steps of loops)
 * moves into the body, together with its awaits.
 */
#include "hoist.h"

static struct node *open_block(struct hoist *hoist, const struct node *near, struct node **outer)
{
    struct node *block = build_block(hoist->acc, near);
    *outer = hoist->out;
    hoist->out = block;
    return block;
}

/* A hint to the optimiser, which a loop that can suspend has no use for; GCC would say that it ignores it. */
static bool is_idle_pragma(const struct hoist *hoist, const struct node *node, const struct node *next)
{
    return node_is_loop(next) && next->has_await && is_loop_hint(hoist->acc, node);
}

static void hoist_items(struct hoist *hoist, struct node *block)
{
    uint32_t count = block->count;
    struct node **items = block->child, *outer = hoist->out;
    block->child = NULL;
    block->count = 0;
    hoist->out = block;
    for (uint32_t i = 0; i < count; i++)
        if (i + 1 == count || !is_idle_pragma(hoist, items[i], items[i + 1]))
            hoist_statement(hoist, items[i]);
    hoist->out = outer;
}

/* A statement in the place of one statement. */
static struct node *hoist_sub(struct hoist *hoist, struct node *node)
{
    struct node *outer;
    if (!node || !node->has_await)
        return node;
    if (node->kind == NODE_BLOCK) {
        hoist_items(hoist, node);
        return node;
    }
    if (node_is_label(node)) { /* no block between a case and the next: it would be entered by falling through */
        struct node **statement = &node->child[node->count - 1];
        *statement = hoist_sub(hoist, *statement);
        return node;
    }
    struct node *block = open_block(hoist, node, &outer);
    hoist_statement(hoist, node);
    hoist->out = outer;
    return block;
}

/* An expression whose value nobody wants. */
static void add_effect(struct hoist *hoist, struct node *expression)
{
    struct node *effect = hoist_full(hoist, expression, WANT_EFFECT);
    if (effect->kind != NODE_GENERATED || effect->count)
        build_into(hoist->acc, hoist->out,
                   build(hoist->acc, effect, is_void(effect) ? "%0;" : "(void)(%0);", effect, NULL));
}

static void redirect_continue(struct acc *acc, struct node *node, struct symbol *label, bool *used)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (!child || node_is_loop(child))
            continue;
        if (child->kind == NODE_CONTINUE) {
            struct node *jump = node_make(acc, NODE_GOTO, child->first, child->last, 0);
            jump->symbol = label;
            jump->is_generated = true;
            node->child[i] = jump;
            *used = true;
        } else {
            redirect_continue(acc, child, label, used);
        }
    }
}

/* The body, then the place where its `continue` leads. */
static void add_body_with_continue(struct hoist *hoist, struct node *body)
{
    struct symbol *label = arena_allocate(hoist->acc->arena, sizeof *label);
    struct node holder = {.count = 1, .child = &body};
    bool used = false;
    label->name = build_label(hoist->function, "continue");
    label->kind = SYMBOL_LABEL;
    redirect_continue(hoist->acc, &holder, label, &used);
    build_into(hoist->acc, hoist->out, hoist_sub(hoist, body));
    if (!used)
        return;
    struct node *place = node_make(hoist->acc, NODE_LABEL, body->last, body->last, 0);
    place->symbol = label;
    place->is_generated = true;
    build_into(hoist->acc, hoist->out, place);
}

static void add_exit_unless(struct hoist *hoist, struct node *condition)
{
    condition = hoist_full(hoist, condition, WANT_VALUE);
    struct node *leave = node_make(hoist->acc, NODE_BREAK, condition->first, condition->last, 0);
    leave->is_generated = true;
    build_into(hoist->acc, hoist->out, build(hoist->acc, condition, "if (!(%0)) %1", condition, leave, NULL));
}

static void hoist_while(struct hoist *hoist, struct node *node)
{
    struct node *condition = node->child[0], *outer;
    if (condition->has_await) {
        struct node *block = open_block(hoist, node->child[1], &outer);
        add_exit_unless(hoist, condition);
        build_into(hoist->acc, block, hoist_sub(hoist, node->child[1]));
        hoist->out = outer;
        node->child[0] = build(hoist->acc, condition, "1", NULL);
        node->child[1] = block;
    } else {
        node->child[1] = hoist_sub(hoist, node->child[1]);
    }
    build_into(hoist->acc, hoist->out, node);
}

static void hoist_do(struct hoist *hoist, struct node *node)
{
    struct node *condition = node->child[1], *outer;
    if (condition->has_await) {
        struct node *block = open_block(hoist, node->child[0], &outer);
        add_body_with_continue(hoist, node->child[0]);
        add_exit_unless(hoist, condition);
        hoist->out = outer;
        node->child[0] = block;
        node->child[1] = build(hoist->acc, condition, "1", NULL);
    } else {
        node->child[0] = hoist_sub(hoist, node->child[0]);
    }
    build_into(hoist->acc, hoist->out, node);
}

/* Condition and step move into the body where they await. */
static struct node *hoist_for_body(struct hoist *hoist, struct node *node)
{
    struct node *condition = node->child[1], *step = node->child[2], *outer;
    bool condition_awaits = condition && condition->has_await, step_awaits = step && step->has_await;
    if (!condition_awaits && !step_awaits)
        return hoist_sub(hoist, node->child[3]);
    struct node *block = open_block(hoist, node->child[3], &outer);
    if (condition_awaits) {
        add_exit_unless(hoist, condition);
        node->child[1] = build(hoist->acc, condition, "", NULL);
    }
    if (step_awaits) {
        add_body_with_continue(hoist, node->child[3]);
        struct node *inner = open_block(hoist, step, &outer);
        add_effect(hoist, step);
        hoist->out = block;
        build_into(hoist->acc, block, inner);
        node->child[2] = build(hoist->acc, step, "", NULL);
    } else {
        build_into(hoist->acc, block, hoist_sub(hoist, node->child[3]));
    }
    return block;
}

static void move_scope(struct node *declaration, struct node *block)
{
    for (uint32_t i = 1; i < declaration->count; i++) {
        struct symbol *symbol = declared(declaration->child[i]->child[0]);
        if (symbol)
            symbol->block = block;
    }
}

static void hoist_for(struct hoist *hoist, struct node *node)
{
    struct node *init = node->child[0], *outer = hoist->out, *wrap = NULL;
    if (init && init->has_await) {
        wrap = open_block(hoist, node, &outer);
        if (init->kind == NODE_DECLARATION) {
            move_scope(init, wrap);
            hoist_statement(hoist, init);
            node->child[0] = build(hoist->acc, init, ";", NULL);
        } else {
            add_effect(hoist, init);
            node->child[0] = build(hoist->acc, init, "", NULL);
        }
    }
    struct node *saved = hoist->out;
    node->child[3] = hoist_for_body(hoist, node);
    hoist->out = saved;
    if (wrap)
        build_pragma_into(hoist->acc, outer, wrap);
    build_into(hoist->acc, hoist->out, node);
    if (wrap) {
        hoist->out = outer;
        build_into(hoist->acc, outer, wrap);
    }
}

/* One size may await after another was evaluated; `behind`: what else awaits before the type is
 * spelled again. */
static void hoist_sizes(struct hoist *hoist, struct node *type, uint32_t behind)
{
    if (!type->has_await)
        return;
    hoist->remaining = count_suspensions(type) + behind;
    hoist_type(hoist, type, false);
    hoist->remaining = 0;
}

static void hoist_initialiser(struct hoist *hoist, struct node *item)
{
    hoist->remaining = count_suspensions(item->child[1]);
    item->child[1] = hoist_operand(hoist, item->child[1], WANT_VALUE, false);
    hoist->remaining = 0;
}

static void add_single(struct hoist *hoist, struct node *declaration, struct node *item)
{
    struct node *single = node_make(hoist->acc, NODE_DECLARATION, declaration->first, declaration->last, 0);
    node_append(hoist->acc, single, declaration->child[0]);
    node_append(hoist->acc, single, item);
    single->is_generated = true;
    single->is_async = declaration->is_async;
    build_into(hoist->acc, hoist->out, single);
}

/* The variable is in scope in its own initialiser: what is hoisted out of that may name it. */
static struct node *without_initialiser(struct hoist *hoist, struct node *item)
{
    return node_make(hoist->acc, NODE_INIT_DECLARATOR, item->first, item->last, 1, item->child[0]);
}

/* Types that an expression defines are for the rest of the block, too, and for the awaits that
 * come in front of it. */
static void add_types(struct hoist *hoist, struct node *node)
{
    if (node->kind == NODE_BLOCK)
        return;
    if (node->kind == NODE_SPECIFIERS && defines_type(node) && !node->is_apart)
        build_into(hoist->acc, hoist->out, declare_apart(hoist->acc, node));
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            add_types(hoist, node->child[i]);
}

/* Its sizes come first (declare.c). */
static bool has_variable_type(const struct node *declaration)
{
    bool is_variable = false;
    for (uint32_t i = 1; i < declaration->count; i++) {
        const struct symbol *symbol = declared(declaration->child[i]->child[0]);
        is_variable |= symbol && slot_of(symbol) && slot_of(symbol)->is_variable;
    }
    return is_variable;
}

/* One declaration per declarator, since each initialiser may need statements in front of it. */
static void hoist_declaration(struct hoist *hoist, struct node *node)
{
    hoist_sizes(hoist, node->child[0], 1); /* typeof(int[await f()]) */
    if (defines_type(node->child[0]) && !has_variable_type(node))
        build_into(hoist->acc, hoist->out, declare_apart(hoist->acc, node->child[0]));
    for (uint32_t i = 1; i < node->count; i++) {
        struct node *item = node->child[i], *declarator = item->child[0];
        hoist_sizes(hoist, declarator, 0);
        bool awaits = item->count > 1 && item->child[1] && item->child[1]->has_await;
        if (awaits)
            add_types(hoist, item->child[1]);
        if (awaits && slot_of(declared(declarator)) && !infers_type(hoist->acc, node->child[0])) {
            add_single(hoist, node, without_initialiser(hoist, item));
            hoist_initialiser(hoist, item);
            build_into(hoist->acc, hoist->out,
                       node_make(hoist->acc, NODE_INITIALISE, item->first, item->last, 1, item));
            continue;
        }
        if (awaits)
            hoist_initialiser(hoist, item);
        add_single(hoist, node, item);
    }
}

/* Statements whose expressions come first: their children are hoisted into a block of their own. */
static void hoist_with_expressions(struct hoist *hoist, struct node *node, uint32_t expressions)
{
    struct node *outer = NULL;
    bool before = false;
    for (uint32_t i = 0; i < expressions; i++)
        before |= node->child[i] && node->child[i]->has_await;
    struct node *block = before ? open_block(hoist, node, &outer) : NULL;
    hoist->remaining = 0;
    for (uint32_t i = 0; i < expressions; i++)
        hoist->remaining += count_suspensions(node->child[i]);
    for (uint32_t i = 0; i < expressions && before; i++) {
        bool follows = false;
        for (uint32_t k = i + 1; k < expressions; k++)
            follows |= node->child[k] && node->child[k]->has_await;
        enum want want = node->kind == NODE_ASM ? WANT_PLACE : WANT_VALUE;
        if (node->child[i])
            node->child[i] = hoist_operand(hoist, node->child[i], want, follows);
    }
    hoist->remaining = 0;
    for (uint32_t i = expressions; i < node->count; i++)
        node->child[i] = hoist_sub(hoist, node->child[i]);
    build_into(hoist->acc, hoist->out, node);
    if (block) {
        hoist->out = outer;
        build_into(hoist->acc, outer, block);
    }
}

static void hoist_expression_statement(struct hoist *hoist, struct node *node)
{
    add_types(hoist, node->child[0]);
    struct node *outer, *block = open_block(hoist, node, &outer);
    add_effect(hoist, node->child[0]);
    hoist->out = outer;
    build_into(hoist->acc, outer, block);
}

static bool codes_await(const struct node *clause)
{
    bool await = false;
    for (uint32_t i = 0; i + 1 < clause->count; i++)
        await |= clause->child[i]->has_await;
    return await;
}

/* Codes of which one awaits are evaluated in a block of their own, when an error comes: the
 * clause's first child. */
static void hoist_codes(struct hoist *hoist, struct node *clause)
{
    if (!codes_await(clause))
        return;
    struct node *outer, *block = open_block(hoist, clause, &outer);
    struct node *codes = node_make(hoist->acc, NODE_CATCH, clause->first, clause->last, 1, block);
    for (uint32_t i = 0; i + 1 < clause->count; i++) {
        struct node *code = clause->child[i];
        struct symbol *value = build_temporary(hoist->function, outer, code->type, code, true);
        struct node *name = build_name(hoist->acc, code, value);
        code = hoist_full(hoist, code, WANT_VALUE);
        build_into(hoist->acc, block, build(hoist->acc, code, "%0 = (%1);", name, code, NULL));
        node_append(hoist->acc, codes, name);
    }
    node_append(hoist->acc, codes, clause->child[clause->count - 1]);
    block->has_await = true;
    clause->child = codes->child;
    clause->count = codes->count;
    hoist->out = outer;
}

void hoist_statement(struct hoist *hoist, struct node *node)
{
    if (!node->has_await) {
        build_into(hoist->acc, hoist->out, node);
        return;
    }
    switch (node->kind) {
    case NODE_EXPRESSION_STATEMENT: hoist_expression_statement(hoist, node); return;
    case NODE_DECLARATION: hoist_declaration(hoist, node); return;
    case NODE_WHILE: hoist_while(hoist, node); return;
    case NODE_DO: hoist_do(hoist, node); return;
    case NODE_FOR: hoist_for(hoist, node); return;
    case NODE_IF:
    case NODE_SWITCH:
    case NODE_GOTO_COMPUTED:
    case NODE_YIELD:
    case NODE_RETURN: hoist_with_expressions(hoist, node, 1); return;
    case NODE_THROW:
    case NODE_GENERATED:
    case NODE_GENERATOR_MAKE:
    case NODE_ASM: hoist_with_expressions(hoist, node, node->count); return;
    case NODE_CASE: hoist_with_expressions(hoist, node, 0); return;
    case NODE_BLOCK: build_into(hoist->acc, hoist->out, hoist_sub(hoist, node)); return;
    default: /* labels, try and its clauses: statements only */
        for (uint32_t i = 0; i < node->count; i++)
            if (node->child[i] && !is_expression(node->child[i])) {
                if (node->child[i]->kind == NODE_CATCH)
                    hoist_codes(hoist, node->child[i]);
                if (node->child[i]->kind == NODE_CATCH || node->child[i]->kind == NODE_FINALLY)
                    node->child[i]->child[node->child[i]->count - 1] =
                        hoist_sub(hoist, node->child[i]->child[node->child[i]->count - 1]);
                else
                    node->child[i] = hoist_sub(hoist, node->child[i]);
            }
        build_into(hoist->acc, hoist->out, node);
    }
}

void hoist(struct function *function)
{
    struct hoist hoist = {.function = function, .acc = function->acc};
    hoist_items(&hoist, function->body);
}
