/* unevaluated.c: statement expressions in operands that are not evaluated, as library macros
 * make of their arguments: __typeof__((e)(0)).
 *
 * Of such a statement expression only the type of its value counts, so only the declarations in
 * it and its last expression are kept. What else it holds (try, async with, loops, labels) the
 * passes then do not meet: it would be lowered for nothing, to jumps into a place that C does
 * not let one jump into.
 *
 * An expression that is taken apart later, since it awaits, may have a value whose type only it
 * can name: for these a copy is made of what gives the type, the node's `copy` (build_kept).
 */
#include "lower.h"

/* Makes a scoped child a plain variable of its coroutine's type: here nothing else is asked of it. */
static struct node *plain_child(struct acc *acc, struct node *declaration)
{
    struct node *plain = node_make(acc, NODE_SEQUENCE, declaration->first, declaration->last, 0);
    for (uint32_t i = 1; i < declaration->count; i++) {
        struct node *item = declaration->child[i];
        struct symbol *child = declared(item->child[0]);
        const char *text = arena_format(acc->arena, "__typeof__(%%0) %s;", child->name);
        node_append(acc, plain, build(acc, item, text, item->child[1], NULL));
    }
    return plain;
}

/* The declaration, and a mention of what it declares: nothing else may be left that uses it. */
static struct node *mentioned(struct acc *acc, struct node *declaration)
{
    struct node *kept = node_make(acc, NODE_SEQUENCE, declaration->first, declaration->last, 0);
    node_append(acc, kept, declaration);
    for (uint32_t i = 1; i < declaration->count; i++) {
        const struct symbol *symbol = declared(declaration->child[i]->child[0]);
        if (symbol && symbol->kind == SYMBOL_OBJECT)
            node_append(acc, kept,
                        build(acc, NULL, arena_format(acc->arena, "(void)%s;", symbol->name),
                              NULL));
    }
    return kept;
}

static void keep_type(struct acc *acc, struct node *block)
{
    for (uint32_t i = 0; i < block->count; i++) {
        struct node *item = block->child[i];
        bool is_value = i + 1 == block->count && item->kind == NODE_EXPRESSION_STATEMENT;
        if (declares_children(item))
            block->child[i] = plain_child(acc, item);
        else if (item->kind == NODE_DECLARATION)
            block->child[i] = mentioned(acc, item);
        else if (!is_value)
            block->child[i] = build(acc, item, "(void)0;", NULL);
    }
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* The copy declares symbols of its own, to which no pass gives a place in the frame. */
struct copying {
    struct acc *acc;
    struct symbol **olds, **news;
    uint32_t old_count, new_count;
};

static struct symbol *copy_of(const struct copying *copying, struct symbol *symbol)
{
    for (uint32_t i = copying->old_count; i-- > 0;)
        if (copying->olds[i] == symbol)
            return copying->news[i];
    return symbol;
}

static void copy_symbol(struct copying *copying, struct symbol *symbol)
{
    struct symbol *copy = arena_allocate(copying->acc->arena, sizeof *copy);
    *copy = *symbol;
    *ARENA_PUSH(copying->acc->arena, copying->olds, copying->old_count) = symbol;
    *ARENA_PUSH(copying->acc->arena, copying->news, copying->new_count) = copy;
}

static struct node *copy_node(struct copying *copying, const struct node *node)
{
    struct arena *arena = copying->acc->arena;
    struct node *copy = arena_allocate(arena, sizeof *copy);
    *copy = *node;
    copy->child = arena_allocate(arena, (node->count + 1) * sizeof *copy->child);
    copy->has_await = false;
    if (node->kind == NODE_DECLARATOR && node->symbol)
        copy_symbol(copying, node->symbol);
    if (node->symbol)
        copy->symbol = copy_of(copying, node->symbol);
    for (uint32_t i = 0; i < node->count; i++)
        copy->child[i] = node->child[i] ? copy_node(copying, node->child[i]) : NULL;
    return copy;
}

static void visit(struct acc *acc, struct node *node, bool is_unevaluated);

static void keep_copy(struct acc *acc, struct node *node)
{
    const struct type_info *type = value_type(node);
    struct copying copying = {.acc = acc};
    if (!node->has_dialect ||
        (type && (type->class == TYPE_VOID || (type->declaration && !type->is_variable))))
        return;
    struct node *copy = copy_node(&copying, node);
    visit(acc, copy, true);
    node->copy = copy;
}

/* Values of which one is chosen. */
static void keep_copies(struct acc *acc, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && is_expression(node->child[i]))
            keep_copy(acc, node->child[i]);
}

/* Of an array of variable length, or a type name that names one by typeof. */
static bool has_variable_length(const struct node *node)
{
    if (is_expression(node))
        return node->type && node->type->class == TYPE_ARRAY && node->type->is_variable;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && has_variable_length(node->child[i]))
            return true;
    return false;
}

static bool is_sizeof_or_typeof(const struct acc *acc, const struct node *node)
{
    bool is_sizeof = (node->kind == NODE_SIZEOF_EXPR || node->kind == NODE_SIZEOF_TYPE) &&
                     token_is(acc, node->op, "sizeof");
    return is_sizeof || node->kind == NODE_TYPEOF;
}

/* The operand is evaluated after all if it has such a type (C11 6.5.3.4p2, 6.7.2.5). */
static bool is_evaluated_for_length(const struct acc *acc, const struct node *node)
{
    return is_sizeof_or_typeof(acc, node) && has_variable_length(node->child[0]);
}

/* Of a type name as operand, the sizes of arrays are evaluated, too. */
static void visit_type(struct acc *acc, struct node *type)
{
    for (uint32_t i = 0; i < type->count; i++) {
        struct node *child = type->child[i];
        bool is_type = child && (child->kind == NODE_DECLARATOR || child->kind == NODE_NESTED ||
                                 child->kind == NODE_ARRAY || child->kind == NODE_POINTER);
        if (is_type)
            visit_type(acc, child);
        else if (child)
            visit(acc, child, type->kind != NODE_ARRAY);
    }
}

static void visit(struct acc *acc, struct node *node, bool is_unevaluated)
{
    if (node->is_unevaluated && node->has_await && is_evaluated_for_length(acc, node))
        node->is_unevaluated = false;
    bool is_within = is_unevaluated;
    is_unevaluated |= node->is_unevaluated;
    bool is_part = node->kind == NODE_STATEMENT_EXPR || node->kind == NODE_CONDITIONAL;
    if (is_unevaluated && node->kind == NODE_STATEMENT_EXPR)
        keep_type(acc, node->child[0]);
    else if (!is_unevaluated && is_part)
        keep_copy(acc, node);
    else if (!is_unevaluated && (node->kind == NODE_GENERIC_ASSOC || node->kind == NODE_BUILTIN))
        keep_copies(acc, node);
    bool has_type = node->is_unevaluated && !is_within && is_sizeof_or_typeof(acc, node);
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (child && has_type && child->kind == NODE_TYPE_NAME)
            visit_type(acc, child);
        else if (child)
            visit(acc, child, is_unevaluated);
    }
}

void unevaluated(struct function *function)
{
    visit(function->acc, function->body, false);
}
