/* warn_locals.c: -Wspawn-local-address: the address of a local goes to ac_spawn, and nothing
 * shows that the task ends before the local does.
 *
 * It does end if its handle is awaited or given to a combinator in the block that owns the
 * local. The handle is what the spawn initialises or is assigned to; all that is reached by one
 * variable counts as one. Arrays that decay are addresses; a pointer's value says nothing about
 * what it points to.
 */
#include "check.h"

struct spawning {
    struct acc *acc;
    struct node *body;
    struct node *block;          /* around the spawn */
    const struct symbol *handle; /* what takes the handle; null: nothing that has a name */
    bool is_awaited;             /* an await is around the spawn */
};

/* The variable that an lvalue is a part of; null: it is reached through a pointer. */
static const struct symbol *root_variable(const struct acc *acc, struct node *node)
{
    const struct node *base = lvalue_base(acc, node);
    bool is_variable = base->kind == NODE_NAME && base->symbol && base->symbol->kind == SYMBOL_OBJECT;
    return is_variable ? base->symbol : NULL;
}

/* The variable by which an lvalue is reached, pointers or not. */
static const struct symbol *base_variable(struct node *node)
{
    for (;;) {
        node = node_strip(node);
        if (node->kind == NODE_NAME)
            return node->symbol && node->symbol->kind == SYMBOL_OBJECT ? node->symbol : NULL;
        if (node->kind != NODE_MEMBER && node->kind != NODE_INDEX && node->kind != NODE_UNARY)
            return NULL;
        node = node->child[0];
    }
}

static bool is_automatic(const struct symbol *symbol)
{
    return symbol && !symbol->is_file_scope && !symbol->is_static && !symbol->is_extern &&
           !symbol->is_thread_local;
}

/* The lvalue whose address the value is, or null. */
static struct node *addressed(const struct acc *acc, struct node *value)
{
    while ((value = node_strip(value))->kind == NODE_CAST)
        value = value->child[1];
    if (value->kind == NODE_UNARY && value->op && token_is(acc, value->op, "&"))
        return node_strip(value->child[0]);
    return value->type && value->type->class == TYPE_ARRAY ? value : NULL;
}

static bool is_awaited_in(const struct node *node, const struct symbol *handle)
{
    if ((node->kind == NODE_AWAIT || node->kind == NODE_ASYNC_FOR) && mentions(node, handle))
        return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && is_awaited_in(node->child[i], handle))
            return true;
    return false;
}

static void check_spawn(struct spawning at, struct node *spawn)
{
    struct node *coroutine = spawn->count > 1 ? bare_value(spawn->child[1]) : NULL;
    if (!coroutine || coroutine->kind != NODE_CALL || at.is_awaited)
        return;
    for (uint32_t i = 1; i < coroutine->count; i++) {
        struct node *lvalue = addressed(at.acc, coroutine->child[i]);
        const struct symbol *local = lvalue ? root_variable(at.acc, lvalue) : NULL;
        if (lvalue && lvalue->kind == NODE_COMPOUND_LITERAL &&
            !(at.handle && is_awaited_in(at.block, at.handle))) {
            report(at.acc, MESSAGE_SPAWN_LITERAL, spawn->first);
            return;
        }
        if (!is_automatic(local))
            continue;
        const struct node *owner = local->block ? local->block : at.body;
        if (at.handle && is_awaited_in(owner, at.handle))
            continue;
        report(at.acc, MESSAGE_SPAWN_LOCAL, spawn->first, local->name);
        report(at.acc, MESSAGE_DECLARED_HERE, local->token, local->name);
        return;
    }
}

static void walk(struct spawning at, struct node *node)
{
    if (node->is_unevaluated)
        return;
    if (node->kind == NODE_AWAIT)
        at.is_awaited = true;
    else if (node->kind == NODE_INIT_DECLARATOR)
        at.handle = declared(node->child[0]);
    else if (node->kind == NODE_ASSIGN)
        at.handle = base_variable(node->child[0]);
    else if (node->kind == NODE_BLOCK || node->kind == NODE_EXPRESSION_STATEMENT)
        at.handle = NULL, at.is_awaited = false;
    if (node->kind == NODE_BLOCK)
        at.block = node;
    if (is_spawn(at.acc, node))
        check_spawn(at, node);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            walk(at, node->child[i]);
}

void warn_locals(struct acc *acc, struct node *body)
{
    walk((struct spawning){.acc = acc, .body = body, .block = body}, body);
}
