/* hoist.c: takes awaits out of expressions.
 *
 * Takes a body whose awaits stand anywhere in expressions. Leaves one where every await is a
 * statement of its own (AWAIT_STATEMENT) whose operand holds none, followed by what is left of
 * the expression:
 *
 *     x = a + await f(b, await g());
 * ->  { t1 = a; t2 = await g(); t3 = await f(b', t2); x = t1 + t3; }            (b' = b saved before g ran)
 *
 *     while (await more()) S           ->  while (1) { t = await more(); if (!(t)) break; S }
 *     p && await f()                   ->  t = (p) != 0; if (t) { u = await f(); t = (u) != 0; }
 *     ({ S; e; }) with an await        ->  { S; t = e; }, since no jump may lead into a statement expression
 *
 * What stands left of an await in the same expression is evaluated before it: values are kept in
 * temporaries, places (the left side of an assignment) keep their pointers and indexes, so that
 * `x op= await e` reads the old x after the await. Expressions without an await are never
 * touched.
 *
 * A temporary that another await of the same full expression follows lives in the frame; the
 * last ones are C locals.
 */
#include "hoist.h"

#include <string.h>

static struct node *hoist_expression(struct hoist *hoist, struct node *node, enum want want);
static struct node *hoist_choice(struct hoist *hoist, struct node *node, enum want want, bool all);

uint32_t count_suspensions(const struct node *node)
{
    if (!node || !node->has_await)
        return 0;
    uint32_t count = node->kind == NODE_AWAIT || node->kind == NODE_YIELD ||
                     node->kind == NODE_GENERATOR_NEXT || node->kind == NODE_GENERATOR_CLOSE;
    for (uint32_t i = 0; i < node->count; i++)
        count += count_suspensions(node->child[i]);
    return count;
}

/* ---- temporaries ----------------------------------------------------------------------------- */

static struct node *nothing(struct hoist *hoist, const struct node *near)
{
    return build(hoist->acc, near, "(void)0", NULL);
}

/* Declares a temporary that is a C local. */
static struct symbol *declare_temporary(struct hoist *hoist, struct symbol *symbol, const struct node *near)
{
    struct node *declaration =
        node_make(hoist->acc, NODE_TEMPORARY, near ? near->first : 0, near ? near->last : 0, 0);
    declaration->symbol = symbol;
    if (slot_of(symbol)->place == PLACE_LOCAL)
        build_into(hoist->acc, hoist->out, declaration);
    return symbol;
}

static struct symbol *new_temporary(struct hoist *hoist, const struct type_info *type,
                                    struct node *probe, bool lives)
{
    return declare_temporary(hoist, build_temporary(hoist->function, hoist->out, type, probe, lives), probe);
}

/* One for the value of an expression that is taken apart. */
static struct symbol *kept_temporary(struct hoist *hoist, struct node *expression, bool lives)
{
    return declare_temporary(hoist, build_kept(hoist->function, hoist->out, expression, lives), expression);
}

static void assign_to(struct hoist *hoist, struct node *block, struct symbol *symbol, struct node *value)
{
    bool copies = (value->type && value->type->has_const_member) || slot_of(symbol)->view;
    struct node *name = build_name(hoist->acc, value, symbol);
    build_into(hoist->acc, block, copies ? build_copy(hoist->acc, symbol, value)
                                         : build(hoist->acc, value, "%0 = (%1);", name, value, NULL));
}

/* ---- places that the C compiler chooses ------------------------------------------------------ */

/* `_Generic(...)` and __builtin_choose_expr(...) are what they choose, an lvalue perhaps, which is
 * then named by its address. */
static bool is_choice(const struct hoist *hoist, const struct node *node)
{
    return node->kind == NODE_GENERIC ||
           (node->kind == NODE_BUILTIN && token_is(hoist->acc, node->first, "__builtin_choose_expr"));
}

static bool is_operand_itself(const struct hoist *hoist, const struct node *node)
{
    return node->kind == NODE_PAREN ||
           (node->kind == NODE_UNARY && token_is(hoist->acc, node->op, "__extension__"));
}

static bool has_address(const struct hoist *hoist, struct node *node)
{
    bool any = false;
    while (is_operand_itself(hoist, node))
        node = node->child[0];
    switch (node->kind) {
    case NODE_NAME: return node->symbol && node->symbol->kind == SYMBOL_OBJECT;
    case NODE_INDEX:
    case NODE_COMPOUND_LITERAL: return true;
    case NODE_MEMBER: return !token_is(hoist->acc, node->op, ".") || has_address(hoist, node->child[0]);
    case NODE_UNARY: return token_is(hoist->acc, node->op, "*");
    case NODE_GENERATED: return node->count && strncmp(node->text, "(*", 2) == 0;
    case NODE_GENERIC_ASSOC: return has_address(hoist, node->child[node->count - 1]);
    default:
        for (uint32_t i = 1; i < node->count && is_choice(hoist, node); i++)
            any |= has_address(hoist, node->child[i]);
        return any;
    }
}

/* A new expression around a node, which may still hold awaits: what it is replaced by keeps its tokens. */
static struct node *build_around(struct hoist *hoist, const char *pattern, struct node *node)
{
    struct node *around = build(hoist->acc, node, pattern, node, NULL);
    around->has_await = node->has_await;
    return around;
}

/* A temporary for the address of what the node is. */
static struct symbol *pointer_to(struct hoist *hoist, struct node *node)
{
    const struct type_info *type = node->type;
    struct type_info pointer = {.class = TYPE_SCALAR, .size = sizeof(void *), .alignment = sizeof(void *)};
    if (type && type->declaration && !type->is_variable)
        pointer.declaration = arena_format(hoist->acc->arena, "%s%s%s", type->is_const ? "const " : "",
                                           type->is_volatile ? "volatile " : "",
                                           declare_as(hoist->acc, type->declaration, "(*@)"));
    return new_temporary(hoist, &pointer, build_around(hoist, "&(%0)", node->copy ? node->copy : node), true);
}

static struct node *pointed_to(struct hoist *hoist, const struct node *near, struct symbol *pointer)
{
    return build(hoist->acc, near, "(*%0)", build_name(hoist->acc, near, pointer), NULL);
}

/* A member that has no address, or null. */
static struct node *bit_field_itself(const struct hoist *hoist, struct node *node)
{
    while (is_operand_itself(hoist, node))
        node = node->child[0];
    return node->kind == NODE_MEMBER && node->type && node->type->is_bit_field ? node : NULL;
}

static struct node *chosen_value(struct node *alternative)
{
    return alternative->kind == NODE_GENERIC_ASSOC ? alternative->child[alternative->count - 1] : alternative;
}

static bool may_choose_bit_field(const struct hoist *hoist, const struct node *choice)
{
    bool any = false;
    for (uint32_t i = 1; i < choice->count; i++)
        any |= bit_field_itself(hoist, chosen_value(choice->child[i])) != NULL;
    return any;
}

static struct node *save_chosen_place(struct hoist *hoist, struct node *node)
{
    if (may_choose_bit_field(hoist, node))
        return hoist_choice(hoist, node, WANT_PLACE, true);
    struct symbol *pointer = pointer_to(hoist, node);
    assign_to(hoist, hoist->out, pointer, build_around(hoist, "&(%0)", node));
    return pointed_to(hoist, node, pointer);
}

/* ---- saving what stands left of an await ----------------------------------------------------- */

static bool is_steady_name(const struct node *node)
{
    if (!node->symbol)
        return true; /* a builtin, __func__ */
    return node->symbol->kind == SYMBOL_FUNCTION || node->symbol->kind == SYMBOL_ENUMERATOR ||
           (node->is_generated) || /* a temporary: assigned once */
           (node->type && (node->type->class == TYPE_ARRAY || node->type->class == TYPE_FUNCTION));
}

static bool is_steady(struct node *node);

/* Of types and unevaluated expressions only the sizes of arrays count. */
static bool has_steady_sizes(struct node *node)
{
    if (node->kind == NODE_ARRAY && node->count && node->child[0] && !is_steady(node->child[0]))
        return false;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && !has_steady_sizes(node->child[i]))
            return false;
    return true;
}

/* Its value cannot change, whatever runs. */
static bool is_steady(struct node *node)
{
    switch (node->kind) {
    case NODE_CONSTANT:
    case NODE_STRING:
    case NODE_LABEL_ADDRESS:
        return true;
    case NODE_SIZEOF_TYPE:
    case NODE_SIZEOF_EXPR:
    case NODE_TYPE_NAME:
        return has_steady_sizes(node);
    case NODE_NAME:
        return is_steady_name(node);
    case NODE_GENERATED:
        return node->count == 0 || (node->count == 1 && is_steady(node->child[0]));
    case NODE_PAREN:
        return is_steady(node->child[0]);
    case NODE_CAST:
        return is_steady(node->child[1]);
    default:
        return false;
    }
}

static bool is_async_call(const struct node *node)
{
    const struct node *callee = node->kind == NODE_CALL ? node_strip(node->child[0]) : NULL;
    return callee && callee->kind == NODE_NAME && callee->symbol && callee->symbol->is_async;
}

static struct node *save_value(struct hoist *hoist, struct node *node)
{
    if (is_steady(node))
        return node;
    if (is_async_call(node)) { /* to make a coroutine later is the same, and leaves none behind if the await fails */
        for (uint32_t i = 1; i < node->count; i++)
            node->child[i] = save_value(hoist, node->child[i]);
        return node;
    }
    if (is_void(node)) {
        build_into(hoist->acc, hoist->out, build(hoist->acc, node, "%0;", node, NULL));
        return nothing(hoist, node);
    }
    struct symbol *symbol = new_temporary(hoist, value_type(node), node, true);
    assign_to(hoist, hoist->out, symbol, node);
    struct node *name = build_name(hoist->acc, node, symbol);
    name->type = value_type(node);
    return name;
}

/* Its elements are part of it; indexing anything else goes by a pointer. */
static bool holds_elements(const struct node *node)
{
    return node->type && (node->type->class == TYPE_ARRAY || node->type->is_vector);
}

/* The object stays where it is; what finds it (pointers, indexes) is evaluated now. */
static struct node *save_place(struct hoist *hoist, struct node *node)
{
    bool is_array = node->kind == NODE_INDEX && holds_elements(node->child[0]);
    switch (node->kind) {
    case NODE_PAREN:
        node->child[0] = save_place(hoist, node->child[0]);
        return node;
    case NODE_NAME:
    case NODE_STRING:
    case NODE_COMPOUND_LITERAL:
        return node;
    case NODE_MEMBER:
        node->child[0] = token_is(hoist->acc, node->op, ".") ? save_place(hoist, node->child[0])
                                                              : save_value(hoist, node->child[0]);
        return node;
    case NODE_INDEX:
        node->child[0] = is_array ? save_place(hoist, node->child[0]) : save_value(hoist, node->child[0]);
        node->child[1] = save_value(hoist, node->child[1]);
        return node;
    case NODE_UNARY:
        if (token_is(hoist->acc, node->op, "*"))
            node->child[0] = save_value(hoist, node->child[0]);
        else
            node->child[0] = save_place(hoist, node->child[0]);
        return node;
    default:
        return is_choice(hoist, node) && !holds_elements(node) && has_address(hoist, node)
                   ? save_chosen_place(hoist, node)
                   : save_value(hoist, node);
    }
}

static struct node *save(struct hoist *hoist, struct node *node, enum want want)
{
    return want == WANT_PLACE ? save_place(hoist, node) : save_value(hoist, node);
}

/* ---- expressions ----------------------------------------------------------------------------- */

/* Whether a later child of the node awaits. */
static bool follows_await(const struct node *node, uint32_t index)
{
    for (uint32_t i = index + 1; i < node->count; i++)
        if (node->child[i] && node->child[i]->has_await)
            return true;
    return false;
}

static enum want operand_want(const struct hoist *hoist, const struct node *node, uint32_t index)
{
    switch (node->kind) {
    case NODE_INDEX:
        return holds_elements(node->child[index]) ? WANT_PLACE : WANT_VALUE;
    case NODE_ASSIGN:
    case NODE_COMPOUND_ASSIGN:
        return index == 0 ? WANT_PLACE : WANT_VALUE;
    case NODE_PREFIX:
    case NODE_POSTFIX:
        return WANT_PLACE;
    case NODE_UNARY:
        return token_is(hoist->acc, node->op, "&") ? WANT_PLACE : WANT_VALUE;
    case NODE_MEMBER:
        return token_is(hoist->acc, node->op, ".") ? WANT_PLACE : WANT_VALUE;
    case NODE_GENERATED:
        return *node->text == '&' ? WANT_PLACE : WANT_VALUE;
    default:
        return WANT_VALUE;
    }
}

static void hoist_initialisers(struct hoist *hoist, struct node *node, bool await_follows)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        bool follows = await_follows || follows_await(node, i);
        if (child->kind == NODE_INIT_LIST || child->kind == NODE_INIT_ITEM)
            hoist_initialisers(hoist, child, follows);
        else if (child->kind != NODE_DESIGNATOR)
            node->child[i] = hoist_operand(hoist, child, WANT_VALUE, follows);
    }
    node->has_await = false;
}

/* `lvalue = coroutine` among a combinator's arguments is no assignment. */
static struct node *hoist_combined(struct hoist *hoist, struct node *argument, bool await_follows)
{
    if (argument->kind != NODE_ASSIGN)
        return hoist_operand(hoist, argument, WANT_VALUE, await_follows);
    bool right = argument->child[1]->has_await;
    argument->child[0] = hoist_operand(hoist, argument->child[0], WANT_PLACE, await_follows || right);
    argument->child[1] = hoist_operand(hoist, argument->child[1], WANT_VALUE, await_follows);
    argument->has_await = false;
    return argument;
}

void hoist_type(struct hoist *hoist, struct node *type, bool await_follows)
{
    for (uint32_t i = 0; i < type->count; i++) {
        struct node *child = type->child[i];
        bool follows = await_follows || follows_await(type, i);
        if (!child || !(child->has_await || (follows && node_has_sizes(child))))
            continue;
        if (!is_expression(child))
            hoist_type(hoist, child, follows);
        else if (type->kind == NODE_ARRAY || child->has_await)
            type->child[i] = hoist_operand(hoist, child, WANT_VALUE, follows && type->kind == NODE_ARRAY);
    }
    type->has_await = false;
}

struct node *hoist_operand(struct hoist *hoist, struct node *operand, enum want want, bool await_follows)
{
    if (operand->kind == NODE_INIT_LIST) {
        hoist_initialisers(hoist, operand, await_follows);
        return operand;
    }
    if (!is_expression(operand) && operand->kind != NODE_GENERATED) {
        if (operand->has_await)
            hoist_type(hoist, operand, false);
        return operand;
    }
    if (operand->has_await)
        operand = hoist_expression(hoist, operand, want);
    return await_follows ? save(hoist, operand, want) : operand;
}

static struct node *hoist_operands(struct hoist *hoist, struct node *node)
{
    bool combines = combinator_of(hoist->acc, node) != COMBINATOR_NONE;
    for (uint32_t i = 0; i < node->count; i++) {
        if (!node->child[i])
            continue;
        bool follows = follows_await(node, i);
        if (combines && i > 0)
            node->child[i] = hoist_combined(hoist, node->child[i], follows);
        else
            node->child[i] = hoist_operand(hoist, node->child[i], operand_want(hoist, node, i), follows);
    }
    node->has_await = false;
    return node;
}

/* An argument `lvalue = coroutine` whose lvalue has no address, or no type that the function's
 * outside can name, gets a temporary that is assigned after the await. */
static bool needs_detour(const struct node *argument)
{
    if (argument->kind != NODE_ASSIGN || !argument->child[1]->type || !argument->child[1]->type->result)
        return false;
    const struct node *lvalue = node_strip(argument->child[0]);
    bool is_bit_field = lvalue->type && lvalue->type->is_bit_field;
    bool is_element =
        lvalue->kind == NODE_INDEX && lvalue->child[0]->type && lvalue->child[0]->type->is_vector;
    const struct type_info *object = is_bit_field ? lvalue->child[0]->type : lvalue->type;
    return is_element || !object || !object->declaration;
}

static void detour_results(struct hoist *hoist, struct node *call, struct node *after)
{
    uint32_t awaiting = 0; /* the last argument whose place is found by an await */
    for (uint32_t i = 1; i < call->count; i++)
        if (needs_detour(call->child[i]) && call->child[i]->child[0]->has_await)
            awaiting = i;
    for (uint32_t i = 1; i < call->count; i++) {
        struct node *argument = call->child[i], *lvalue;
        if (!needs_detour(argument)) {
            if (i < awaiting)
                call->child[i] = hoist_combined(hoist, argument, true);
            continue;
        }
        lvalue = hoist_operand(hoist, argument->child[0], WANT_PLACE, true);
        struct symbol *result = new_temporary(hoist, argument->child[1]->type->result, NULL, true);
        assign_to(hoist, hoist->out, result, lvalue); /* it keeps its value if the coroutine fails */
        argument->child[0] = build_name(hoist->acc, argument->child[0], result);
        argument->child[0]->type = argument->child[1]->type->result;
        build_into(hoist->acc, after,
                   build(hoist->acc, argument, "%0 = %1;", lvalue,
                         build_name(hoist->acc, argument, result), NULL));
    }
}

static struct node *hoist_await(struct hoist *hoist, struct node *node)
{
    struct node *after = build_block(hoist->acc, node);
    if (combinator_of(hoist->acc, node_strip(node->child[0])))
        detour_results(hoist, node_strip(node->child[0]), after);
    struct node *statement = node_make(hoist->acc, NODE_AWAIT_STATEMENT, node->first, node->last, 0);
    struct node *operand = node->child[0];
    if (operand->has_await)
        operand = hoist_expression(hoist, operand, WANT_VALUE);
    statement->op = node->op;
    statement->type = node->type;
    node->child[0] = operand;
    node->has_await = false;
    hoist->remaining--;
    node_append(hoist->acc, statement, operand);
    if (is_void(node)) {
        build_into(hoist->acc, hoist->out, statement);
        if (after->count)
            build_into(hoist->acc, hoist->out, after);
        return nothing(hoist, node);
    }
    struct symbol *result = new_temporary(hoist, node->type, node, hoist->remaining > 0);
    node_append(hoist->acc, statement, build_name(hoist->acc, node, result));
    build_into(hoist->acc, hoist->out, statement);
    if (after->count)
        build_into(hoist->acc, hoist->out, after);
    struct node *name = build_name(hoist->acc, node, result);
    name->type = node->type;
    return name;
}

/* A block that evaluates the expression, into the result if that is not null. */
static struct node *branch(struct hoist *hoist, struct node *expression, struct symbol *result)
{
    struct node *block = build_block(hoist->acc, expression), *outer = hoist->out;
    hoist->out = block;
    if (expression->has_await)
        expression = hoist_expression(hoist, expression, result ? WANT_VALUE : WANT_EFFECT);
    if (result)
        assign_to(hoist, block, result, expression);
    else
        build_into(hoist->acc, block, build(hoist->acc, expression, "%0;", expression, NULL));
    hoist->out = outer;
    return block;
}

static struct node *hoist_logical(struct hoist *hoist, struct node *node)
{
    if (node->child[0]->has_await)
        node->child[0] = hoist_expression(hoist, node->child[0], WANT_VALUE);
    node->has_await = node->child[1]->has_await;
    if (!node->has_await)
        return node;
    uint32_t inside = count_suspensions(node->child[1]);
    struct symbol *truth =
        build_typed_temporary(hoist->function, hoist->out, "int @", hoist->remaining > inside);
    struct node *name = build_name(hoist->acc, node, truth);
    declare_temporary(hoist, truth, node);
    build_into(hoist->acc, hoist->out,
               build(hoist->acc, node->child[0], "%0 = (%1) != 0;", name, node->child[0], NULL));
    bool is_and = token_is(hoist->acc, node->op, "&&") || token_is(hoist->acc, node->op, "and");
    struct node *block = branch(hoist, build_around(hoist, "(%0) != 0", node->child[1]), truth);
    build_into(hoist->acc, hoist->out,
               build(hoist->acc, node, is_and ? "if (%0) %1" : "if (!%0) %1", name, block, NULL));
    return name;
}

static struct node *hoist_conditional(struct hoist *hoist, struct node *node)
{
    struct node *condition = node->child[0], *then = node->child[1], *otherwise = node->child[2];
    if (condition->has_await)
        condition = node->child[0] = hoist_expression(hoist, condition, WANT_VALUE);
    node->has_await = (then && then->has_await) || otherwise->has_await;
    if (!node->has_await)
        return node;
    if (!then) /* a ?: b: the condition's value is the result */
        condition = then = save_value(hoist, condition);
    uint32_t inside = count_suspensions(then) + count_suspensions(otherwise);
    struct symbol *result =
        is_void(node) ? NULL : kept_temporary(hoist, node, hoist->remaining > inside);
    struct node *yes = branch(hoist, then, result);
    struct node *no = branch(hoist, otherwise, result);
    build_into(hoist->acc, hoist->out,
               build(hoist->acc, node, "if (%0) %1 else %2", condition, yes, no, NULL));
    if (!result)
        return nothing(hoist, node);
    struct node *name = build_name(hoist->acc, node, result);
    name->type = node->type;
    return name;
}

/* An array or a function behind a comma is a pointer, also where only the C compiler can name its type. */
static struct node *hoist_comma(struct hoist *hoist, struct node *node, enum want want)
{
    struct node *left = node->child[0], *right = node->child[1];
    bool decays = right->type && (right->type->class == TYPE_ARRAY || right->type->class == TYPE_FUNCTION);
    if (left->has_await)
        left = hoist_expression(hoist, left, WANT_EFFECT);
    build_into(hoist->acc, hoist->out, build(hoist->acc, left, "(void)(%0);", left, NULL));
    if (right->has_await)
        right = hoist_expression(hoist, right, decays ? WANT_PLACE : want);
    if (!decays)
        return right;
    struct node *pointer = build(hoist->acc, right, "&*(%0)", right, NULL);
    pointer->type = node->type;
    return pointer;
}

/* The value of a statement expression is that of its last statement. */
static void finish_statement_expression(struct hoist *hoist, struct node *last, struct symbol *result)
{
    struct node *expression = last->child[0];
    hoist->remaining += count_suspensions(expression);
    if (expression->has_await)
        expression = hoist_expression(hoist, expression, WANT_VALUE);
    assign_to(hoist, hoist->out, result, expression);
}

static struct node *hoist_statement_expression(struct hoist *hoist, struct node *node)
{
    struct node *block = node->child[0], *outer = hoist->out;
    uint32_t remaining = hoist->remaining - count_suspensions(node), count = block->count;
    struct node **items = block->child;
    struct node *last = count ? items[count - 1] : NULL;
    bool has_value = last && last->kind == NODE_EXPRESSION_STATEMENT && !is_void(node);
    struct symbol *result = has_value ? kept_temporary(hoist, node, remaining > 0) : NULL;
    block->child = NULL;
    block->count = 0;
    hoist->out = block;
    for (uint32_t i = 0; i < count; i++)
        if (has_value && items[i] == last)
            finish_statement_expression(hoist, last, result);
        else
            hoist_statement(hoist, items[i]);
    hoist->out = outer;
    hoist->remaining = remaining;
    build_into(hoist->acc, outer, block);
    if (!result)
        return nothing(hoist, node);
    struct node *name = build_name(hoist->acc, node, result);
    name->type = node->type;
    return name;
}

/* One of the values that the C compiler chooses from: its statements run only if it is the one,
 * which `test` asks. Returns what stands in its place. */
static struct node *hoist_chosen(struct hoist *hoist, struct node *value, const char *text, struct node *test,
                                 enum want want)
{
    bool is_place = want == WANT_PLACE && has_address(hoist, value);
    struct node *member = is_place ? bit_field_itself(hoist, value) : NULL;
    if (member) { /* what it is part of has an address */
        want = operand_want(hoist, member, 0);
        member->child[0] = hoist_chosen(hoist, member->child[0], text, test, want);
        return value;
    }
    struct symbol *result = is_place         ? pointer_to(hoist, value)
                            : is_void(value) ? NULL
                                             : kept_temporary(hoist, value, true);
    struct node *block = branch(hoist, is_place ? build_around(hoist, "&(%0)", value) : value, result);
    build_into(hoist->acc, hoist->out, build(hoist->acc, value, text, test, block, NULL));
    if (!result)
        return nothing(hoist, value);
    if (!is_place)
        return build_name(hoist->acc, value, result);
    struct node *place = pointed_to(hoist, value, result);
    place->type = value->type;
    return place;
}

/* `_Generic(control, A: 0, B: 1, C: 0)` where B is the association that is asked about. */
static struct node *association_test(struct hoist *hoist, struct node *generic, uint32_t chosen)
{
    struct node *test = node_make(hoist->acc, NODE_GENERIC, generic->first, generic->last, 0);
    node_append(hoist->acc, test, generic->child[0]);
    for (uint32_t i = 1; i < generic->count; i++) {
        struct node *other = generic->child[i];
        struct node *copy = node_make(hoist->acc, NODE_GENERIC_ASSOC, other->first, other->last, 0);
        for (uint32_t k = 0; k + 1 < other->count; k++)
            node_append(hoist->acc, copy, other->child[k]);
        node_append(hoist->acc, copy,
                    build(hoist->acc, other->child[other->count - 1], i == chosen ? "1" : "0",
                          NULL));
        node_append(hoist->acc, test, copy);
    }
    return test;
}

/* __builtin_choose_expr(condition, a, b), or _Generic. Of `all` alternatives, or of those that await. */
static struct node *hoist_choice(struct hoist *hoist, struct node *node, enum want want, bool all)
{
    for (uint32_t i = 1; i < node->count; i++) {
        struct node *child = node->child[i], *value = chosen_value(child), *test = node->child[0];
        bool is_association = child->kind == NODE_GENERIC_ASSOC;
        if (!child->has_await && !(all && has_address(hoist, value)))
            continue;
        if (is_association)
            test = association_test(hoist, node, i);
        const char *text = is_association || i == 1 ? "if (%0) %1" : "if (!(%0)) %1";
        value = hoist_chosen(hoist, value, text, test, want);
        child->has_await = false;
        if (is_association)
            child->child[child->count - 1] = value;
        else
            node->child[i] = value;
    }
    node->has_await = false;
    return node;
}

static struct node *hoist_kind(struct hoist *hoist, struct node *node, enum want want)
{
    switch (node->kind) {
    case NODE_AWAIT: return hoist_await(hoist, node);
    case NODE_LOGICAL: return hoist_logical(hoist, node);
    case NODE_CONDITIONAL: return hoist_conditional(hoist, node);
    case NODE_COMMA: return hoist_comma(hoist, node, want);
    case NODE_STATEMENT_EXPR: return hoist_statement_expression(hoist, node);
    default:
        if (is_choice(hoist, node))
            return hoist_choice(hoist, node, want, false);
        if (!is_operand_itself(hoist, node))
            return hoist_operands(hoist, node);
        node->child[0] = hoist_operand(hoist, node->child[0], want, false);
        node->has_await = false;
        return node;
    }
}

/* What is left in the node's place covers the same tokens, so that its parent prints right. */
static struct node *hoist_expression(struct hoist *hoist, struct node *node, enum want want)
{
    struct node *left = hoist_kind(hoist, node, want);
    if (left == node || (left->first == node->first && left->last == node->last))
        return left;
    struct node *cover = build(hoist->acc, node, "%0", left, NULL);
    cover->type = left->type;
    return cover;
}

struct node *hoist_full(struct hoist *hoist, struct node *node, enum want want)
{
    if (!node || !node->has_await)
        return node;
    uint32_t remaining = hoist->remaining;
    hoist->remaining = count_suspensions(node);
    node = hoist_expression(hoist, node, want);
    hoist->remaining = remaining;
    return node;
}
