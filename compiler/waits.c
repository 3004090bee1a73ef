/* waits.c: where an async function waits, and what comes round that way.
 *
 * A construct waits behind a token: an await behind its operand, `async with` behind each operand
 * that it enters and at its end, `async for` behind its operand, once for each item, and a block
 * that has scoped children at its end. What is made in front of such a token and used behind it
 * has to last that long; so has what a loop uses that waits, in whatever order it does both.
 */
#include "check.h"

bool waits_behind(const struct node *node, uint32_t index, uint32_t *token)
{
    uint32_t entered = node->kind == NODE_ASYNC_WITH ? node->count - 1 : 0;
    if (index < entered) {
        *token = node->child[index]->last;
        return true;
    }
    *token = node->kind == NODE_ASYNC_FOR ? node->child[1]->last : node->last;
    return index == entered && (node_suspends(node) || awaits_children(node));
}

const char *waiting_word(const struct node *node)
{
    switch (node->kind) {
    case NODE_YIELD: return "yield";
    case NODE_ASYNC_WITH: return "async with";
    case NODE_ASYNC_FOR: return "async for";
    case NODE_BLOCK:
    case NODE_FOR: return "end of scoped children";
    default: return "await";
    }
}

uint32_t waiting_token(const struct node *node)
{
    return node->kind == NODE_BLOCK || node->kind == NODE_FOR ? node->last : node->first;
}

void report_wait(struct acc *acc, const struct node *node)
{
    report(acc, MESSAGE_AWAIT_HERE, waiting_token(node), waiting_word(node));
}

static void add_loop(struct acc *acc, struct waits *waits, uint32_t first, uint32_t last)
{
    *ARENA_PUSH(acc->arena, waits->loops, waits->loop_count) = (struct span){first, last};
}

void collect_waits(struct acc *acc, struct waits *waits, const struct node *node)
{
    if (node->is_unevaluated || node->kind == NODE_NESTED_FUNCTION)
        return;
    if (node->kind == NODE_NAME && node->symbol && node->symbol->kind == SYMBOL_OBJECT)
        *ARENA_PUSH(acc->arena, waits->uses, waits->use_count) = node;
    else if (node_is_loop(node))
        add_loop(acc, waits, node_loop_start(node), node->last);
    else if (node->kind == NODE_ASYNC_FOR)
        add_loop(acc, waits, node->child[1]->last, node->last);
    for (uint32_t i = 0, token; waits_behind(node, i, &token); i++)
        *ARENA_PUSH(acc->arena, waits->list, waits->count) = (struct wait){node, token};
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            collect_waits(acc, waits, node->child[i]);
}

static bool repeats(struct span loop, uint32_t token)
{
    return loop.first <= token && token <= loop.last;
}

/* Loops are collected outermost first. */
const struct span *loop_around(const struct waits *waits, uint32_t behind, uint32_t left, uint32_t right)
{
    for (uint32_t i = waits->loop_count; i-- > 0;) {
        struct span loop = waits->loops[i];
        if (loop.first > behind && repeats(loop, left) && repeats(loop, right))
            return &waits->loops[i];
    }
    return NULL;
}
