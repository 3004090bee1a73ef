/* tree.c: making nodes, and the check that a tree is one. */
#include "acc.h"

static const char *const kind_names[] = {
#define X(kind) #kind,
    NODE_KINDS(X)
#undef X
};

const char *node_kind_name(enum node_kind kind)
{
    return kind_names[kind];
}

void node_append(struct acc *acc, struct node *node, struct node *child)
{
    *ARENA_PUSH(acc->arena, node->child, node->count) = child;
    if (!child)
        return;
    node->has_await |= child->has_await;
    node->has_dialect |= child->has_dialect;
}

struct node *node_make(struct acc *acc, enum node_kind kind, uint32_t first, uint32_t last,
                       uint32_t count, ...)
{
    struct node *node = arena_allocate(acc->arena, sizeof *node);
    node->kind = kind;
    node->first = first;
    node->last = last;
    va_list children;
    va_start(children, count);
    for (uint32_t i = 0; i < count; i++)
        node_append(acc, node, va_arg(children, struct node *));
    va_end(children);
    return node;
}

bool node_is_case(const struct node *node)
{
    return node->kind == NODE_CASE || node->kind == NODE_DEFAULT;
}

bool node_is_label(const struct node *node)
{
    return node->kind == NODE_LABEL || node_is_case(node);
}

bool node_is_loop(const struct node *node)
{
    return node->kind == NODE_WHILE || node->kind == NODE_DO || node->kind == NODE_FOR;
}

bool node_suspends(const struct node *node)
{
    return node->kind == NODE_AWAIT || node->kind == NODE_YIELD || node->kind == NODE_ASYNC_WITH ||
           node->kind == NODE_ASYNC_FOR;
}

bool node_has_sizes(const struct node *type)
{
    return type->kind != NODE_RECORD && type->kind != NODE_ENUM && type->kind != NODE_FUNCTION;
}

uint32_t node_loop_start(const struct node *loop)
{
    return loop->kind == NODE_FOR && loop->child[0] ? loop->child[0]->last + 1 : loop->first;
}

const struct node *node_find(const struct node *node, enum node_kind kind)
{
    const struct node *found = node->kind == kind ? node : NULL;
    for (uint32_t i = 0; i < node->count && !found; i++)
        found = node->child[i] ? node_find(node->child[i], kind) : NULL;
    return found;
}

struct node *node_strip(struct node *node)
{
    while (node->kind == NODE_PAREN)
        node = node->child[0];
    return node;
}

struct node *node_nested(const struct node *declarator)
{
    for (uint32_t i = 0; i < declarator->count; i++)
        if (declarator->child[i] && declarator->child[i]->kind == NODE_NESTED)
            return declarator->child[i]->child[0];
    return NULL;
}

struct node *node_derivation(const struct node *declarator)
{
    const struct node *inner = node_nested(declarator);
    struct node *found = inner ? node_derivation(inner) : NULL, *pointer = NULL;
    if (found)
        return found;
    for (uint32_t i = 0; i < declarator->count; i++) {
        struct node *child = declarator->child[i];
        if (child && (child->kind == NODE_ARRAY || child->kind == NODE_FUNCTION))
            return child;
        if (child && child->kind == NODE_POINTER)
            pointer = child;
    }
    return pointer;
}

void node_check(const struct acc *acc, const struct node *node)
{
    uint32_t at = node->first;
    CHECK(node->last < acc->token_count);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *child = node->child[i];
        bool is_shared = child && child->kind == NODE_SPECIFIERS && child->last < node->first; /* actions.c */
        if (!child || child->last < child->first || is_shared)
            continue;
        if (child->first < at || child->last > node->last)
            BUG("%s at token %u lies outside its parent %s or its sibling",
                node_kind_name(child->kind), child->first, node_kind_name(node->kind));
        at = child->last + 1;
        node_check(acc, child);
    }
}

void node_dump(const struct acc *acc, const struct node *node, int depth, struct buffer *out)
{
    if (!node) {
        buffer_printf(out, "%*s-\n", 2 * depth, "");
        return;
    }
    buffer_printf(out, "%*s%s %u-%u", 2 * depth, "", node_kind_name(node->kind), node->first, node->last);
    if (node->op)
        buffer_printf(out, " op %.*s", (int)acc->tokens[node->op].length,
                      acc->text + acc->tokens[node->op].offset);
    if (node->symbol)
        buffer_printf(out, " symbol %s.%u", node->symbol->name, node->symbol->number);
    buffer_printf(out, "%s%s%s%s\n", node->is_async ? " async" : "", node->has_await ? " has_await" : "",
                  node->has_dialect ? " has_dialect" : "", node->is_unevaluated ? " unevaluated" : "");
    for (uint32_t i = 0; i < node->count; i++)
        node_dump(acc, node->child[i], depth + 1, out);
}
