/* across.c: refuses to keep across an await what cannot be kept.
 *
 * A va_list points into an activation that is gone after the await; a register variable's
 * register is anybody's. Such a variable is live across an await if the await comes after its
 * declaration and before a use, in the order of the text, or if a loop in its scope holds both (waits.c).
 */
#include "check.h"

struct watched {
    const struct symbol *symbol;
    enum message message;
};

struct watch {
    struct acc *acc;
    struct watched *variables;
    uint32_t count;
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

static void watch(struct watch *watch, const struct symbol *symbol, enum message message)
{
    *ARENA_PUSH(watch->acc->arena, watch->variables, watch->count) = (struct watched){symbol, message};
}

static void watch_declaration(struct watch *watching, const struct node *declaration)
{
    for (uint32_t i = 1; i < declaration->count; i++) {
        const struct node *declarator = declaration->child[i] ? declaration->child[i]->child[0] : NULL;
        const struct symbol *symbol = declared(declarator);
        if (!symbol || symbol->kind != SYMBOL_OBJECT || symbol->is_static || symbol->is_extern)
            continue;
        if (has_va_list(watching->acc, declaration->child[0]))
            watch(watching, symbol, MESSAGE_VA_LIST_ACROSS);
        else if (symbol->is_register && has_register(watching->acc, declarator))
            watch(watching, symbol, MESSAGE_REGISTER_ACROSS);
    }
}

static void find_watched(struct watch *watch, const struct node *node)
{
    if (node->kind == NODE_DECLARATION)
        watch_declaration(watch, node);
    if (node->is_unevaluated || node->kind == NODE_NESTED_FUNCTION)
        return;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            find_watched(watch, node->child[i]);
}

/* Where the function waits while the variable lives, or null. */
static const struct node *crossed(const struct waits *waits, const struct symbol *variable, uint32_t end)
{
    for (uint32_t w = 0; w < waits->count; w++) {
        uint32_t wait = waits->list[w].token;
        if (wait < variable->token || wait > end)
            continue;
        for (uint32_t u = 0; u < waits->use_count; u++) {
            uint32_t use = waits->uses[u]->first;
            if (waits->uses[u]->symbol == variable &&
                (use > wait || loop_around(waits, variable->token, wait, use)))
                return waits->list[w].node;
        }
    }
    return NULL;
}

void check_across(struct acc *acc, struct node *body)
{
    struct watch watch = {.acc = acc};
    struct waits waits = {0};
    find_watched(&watch, body);
    if (watch.count)
        collect_waits(acc, &waits, body);
    for (uint32_t i = 0; i < watch.count; i++) {
        const struct symbol *variable = watch.variables[i].symbol;
        const struct node *scope = variable->block ? variable->block : body;
        const struct node *wait = crossed(&waits, variable, scope->last);
        if (!wait)
            continue;
        report(acc, watch.variables[i].message, variable->token, variable->name,
               wait->kind == NODE_YIELD ? "a 'yield'" : "an 'await'");
        report_wait(acc, wait);
    }
}
