/* unevaluated.c: statement expressions in operands that are not evaluated, as library macros make of their arguments:
 * __typeof__((e)(0)).
 *
 * Of such a statement expression only the type of its value counts, so only the declarations in it and its last
 * expression are kept. What else it holds (try, async with, loops, labels) the passes then do not meet: it would be
 * lowered for nothing, to jumps into a place that C does not let one jump into. */
#include "lower.h"

/* A scoped child, whose type is that of its coroutine for all that is asked of it here. */
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

static void keep_type(struct acc *acc, struct node *block)
{
    for (uint32_t i = 0; i < block->count; i++) {
        struct node *item = block->child[i];
        bool is_value = i + 1 == block->count && item->kind == NODE_EXPRESSION_STATEMENT;
        if (declares_children(item))
            block->child[i] = plain_child(acc, item);
        else if (item->kind != NODE_DECLARATION && !is_value)
            block->child[i] = build(acc, item, ";", NULL);
    }
}

static void visit(struct acc *acc, struct node *node, bool is_unevaluated)
{
    is_unevaluated |= node->is_unevaluated;
    if (is_unevaluated && node->kind == NODE_STATEMENT_EXPR)
        keep_type(acc, node->child[0]);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            visit(acc, node->child[i], is_unevaluated);
}

void unevaluated(struct function *function)
{
    visit(function->acc, function->body, false);
}
