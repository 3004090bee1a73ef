/* across.c: refuses to keep across an await what cannot be kept.
 *
 * A va_list points into an activation that is gone after the await; a register variable's
 * register is anybody's. Such a variable is live across an await if the await comes after its
 * declaration and before a use, in the order of the text, or if a loop in its scope holds both.
 */
#include "check.h"

struct watched {
    const struct symbol *symbol;
    uint32_t end;              /* of its scope */
    enum message message;
};

/* Where the function waits: behind a token. */
struct wait {
    const struct node *node;
    uint32_t token;
};

struct crossing {
    struct acc *acc;
    struct watched *variables;
    struct wait *awaits;
    struct node **uses;
    struct span *loops;
    uint32_t variable_count, await_count, use_count, loop_count;
};

static bool is_va_list_name(const struct acc *acc, uint32_t token)
{
    static const char *const names[] = {"va_list", "__builtin_va_list", "__gnuc_va_list", "__va_list"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (token_is(acc, token, names[i]))
            return true;
    return false;
}

bool has_va_list(const struct acc *acc, const struct node *specifiers)
{
    for (uint32_t token = specifiers->first; token <= specifiers->last; token++)
        if (is_va_list_name(acc, token))
            return true;
    return false;
}

static bool has_register(const struct acc *acc, const struct node *declarator)
{
    for (uint32_t i = 0; i < declarator->count; i++) {
        const struct node *child = declarator->child[i];
        if (child && child->kind == NODE_ATTRIBUTE &&
            (token_is(acc, child->first, "asm") || token_is(acc, child->first, "__asm__") ||
             token_is(acc, child->first, "__asm")))
            return true;
    }
    return false;
}

static void watch(struct crossing *crossing, const struct symbol *symbol, uint32_t end, enum message message)
{
    *ARENA_PUSH(crossing->acc->arena, crossing->variables, crossing->variable_count) =
        (struct watched){symbol, end, message};
}

static void collect_declaration(struct crossing *crossing, const struct node *node, uint32_t end)
{
    for (uint32_t i = 1; i < node->count; i++) {
        const struct node *declarator = node->child[i] ? node->child[i]->child[0] : NULL;
        const struct symbol *symbol = declared(declarator);
        if (!symbol || symbol->kind != SYMBOL_OBJECT || symbol->is_static || symbol->is_extern)
            continue;
        if (has_va_list(crossing->acc, node->child[0]))
            watch(crossing, symbol, end, MESSAGE_VA_LIST_ACROSS);
        else if (symbol->is_register && has_register(crossing->acc, declarator))
            watch(crossing, symbol, end, MESSAGE_REGISTER_ACROSS);
    }
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

static void note_wait(struct crossing *crossing, const struct node *node, uint32_t token)
{
    *ARENA_PUSH(crossing->acc->arena, crossing->awaits, crossing->await_count) = (struct wait){node, token};
}

/* Each operand of `async with` is entered before the next is evaluated; `async for` awaits
 * behind its operand. */
static void note_waits(struct crossing *crossing, const struct node *node)
{
    for (uint32_t i = 0; node->kind == NODE_ASYNC_WITH && i + 1 < node->count; i++)
        note_wait(crossing, node, node->child[i]->last);
    if (node_suspends(node) || awaits_children(node))
        note_wait(crossing, node, node->kind == NODE_ASYNC_FOR ? node->child[1]->last : node->last);
}

static void collect(struct crossing *crossing, struct node *node, uint32_t end)
{
    struct arena *arena = crossing->acc->arena;
    if (node->kind == NODE_DECLARATION)
        collect_declaration(crossing, node, end);
    else if (node->kind == NODE_NAME)
        *ARENA_PUSH(arena, crossing->uses, crossing->use_count) = node;
    else if (node_is_loop(node) || node->kind == NODE_ASYNC_FOR)
        *ARENA_PUSH(arena, crossing->loops, crossing->loop_count) = (struct span){node->first, node->last};
    else if (node->kind == NODE_SIZEOF_EXPR || node->kind == NODE_TYPEOF ||
             node->kind == NODE_NESTED_FUNCTION)
        return;
    note_waits(crossing, node);
    if (node->kind == NODE_BLOCK || node->kind == NODE_FOR)
        end = node->last;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            collect(crossing, node->child[i], end);
}

static bool share_loop(const struct crossing *crossing, const struct watched *variable,
                       uint32_t await, uint32_t use)
{
    for (uint32_t i = 0; i < crossing->loop_count; i++) {
        struct span loop = crossing->loops[i];
        if (loop.first > variable->symbol->token && loop.first <= await && await <= loop.last &&
            loop.first <= use && use <= loop.last)
            return true;
    }
    return false;
}

/* The await that the variable would have to live across, or null. */
static const struct node *crossed(const struct crossing *crossing, const struct watched *variable)
{
    for (uint32_t a = 0; a < crossing->await_count; a++) {
        uint32_t await = crossing->awaits[a].token;
        if (await < variable->symbol->token || await > variable->end)
            continue;
        for (uint32_t u = 0; u < crossing->use_count; u++) {
            uint32_t use = crossing->uses[u]->first;
            bool is_use = crossing->uses[u]->symbol == variable->symbol;
            if (is_use && (use > await || share_loop(crossing, variable, await, use)))
                return crossing->awaits[a].node;
        }
    }
    return NULL;
}

void check_across(struct acc *acc, struct node *body)
{
    struct crossing crossing = {.acc = acc};
    collect(&crossing, body, body->last);
    for (uint32_t i = 0; i < crossing.variable_count; i++) {
        const struct watched *variable = &crossing.variables[i];
        const struct node *await = crossed(&crossing, variable);
        if (!await)
            continue;
        report(acc, variable->message, variable->symbol->token, variable->symbol->name,
               await->kind == NODE_YIELD ? "a 'yield'" : "an 'await'");
        report_wait(acc, await);
    }
}
