/* jumps.c: which jumps an async function may make.
 *
 * A region is a part of the text that has something to undo when it is left: a `try` and its
 * clauses, what an `async with` or `async for` governs, what follows a `defer` or a scoped
 * child, and a variable with a cleanup. Regions nest; a jump goes from one region to another. It
 * may leave regions (lowering runs what they have to undo), except that
 *
 *   - it enters none: what would be undone was never done;
 *   - `finally` and `defer` themselves are not left, but by their end and by errors;
 *   - a computed goto and an asm goto leave none that has to undo something: nobody knows whether
 *     and where they go.
 *
 * Jumps are collected with their regions in one walk, and judged when all labels are known.
 */
#include "check.h"

struct region {
    const struct region *outer;
    const char *word;      /* null: may be entered as far as this file goes (clang knows the rest) */
    uint32_t token;        /* where it begins */
    bool has_cleanup;
    bool cannot_be_left;
};

struct stop {
    const struct symbol *label;
    const struct region *region;
};

struct jump {
    const struct node *node;   /* a goto, break, continue, return; a case, to which its switch jumps; of an asm
                                * goto its label */
    const struct region *from, *to; /* `to` of a goto: see its label */
};

struct jumps {
    struct acc *acc;
    struct stop *labels;
    struct jump *list;
    const struct symbol **addresses; /* labels whose address is taken */
    uint32_t label_count, count, address_count;
};

/* Where a statement stands. */
struct position {
    struct jumps *jumps;
    const struct region *region;
    const struct region *of_break, *of_continue, *of_switch; /* the regions these lead to */
    bool has_break, has_continue, has_switch;
};

static void walk(struct position at, struct node *node);

/* ---- judging --------------------------------------------------------------------------------- */

static bool lies_in(const struct region *inner, const struct region *outer)
{
    for (; inner; inner = inner->outer)
        if (inner == outer)
            return true;
    return !outer;
}

/* False, and a report, if a jump from one region to another enters one: the outermost is named. */
static bool check_entering(struct jumps *jumps, uint32_t token, const struct region *from,
                           const struct region *to)
{
    const struct region *entered = NULL;
    for (; to && !lies_in(from, to); to = to->outer)
        if (to->word)
            entered = to;
    if (!entered)
        return true;
    report(jumps->acc, MESSAGE_JUMP_INTO, token, entered->word);
    report(jumps->acc, MESSAGE_SCOPE_HERE, entered->token, entered->word);
    return false;
}

static void check_leaving(struct jumps *jumps, const struct jump *jump)
{
    uint32_t token = jump->node->first;
    for (const struct region *from = jump->from; from && !lies_in(jump->to, from); from = from->outer)
        if (from->cannot_be_left) {
            report(jumps->acc, MESSAGE_JUMP_OUT, token, token_text(jumps->acc, token), from->word);
            return;
        }
}

static const struct region *region_of(const struct jumps *jumps, const struct symbol *label, bool *is_known)
{
    for (uint32_t i = 0; i < jumps->label_count; i++)
        if (jumps->labels[i].label == label) {
            *is_known = true;
            return jumps->labels[i].region;
        }
    *is_known = false;
    return NULL;
}

static void check_goto(struct jumps *jumps, struct jump *jump)
{
    bool is_known;
    jump->to = region_of(jumps, jump->node->symbol, &is_known);
    if (is_known && check_entering(jumps, jump->node->first, jump->from, jump->to))
        check_leaving(jumps, jump);
}

/* A jump that lowering has no hold of; false, and a report, if it may not lead to this label. */
static bool check_direct(struct jumps *jumps, const struct jump *jump, const struct symbol *label,
                         const char *kind)
{
    uint32_t token = jump->node->first;
    bool is_known;
    const struct region *target = region_of(jumps, label, &is_known), *left = jump->from;
    if (!is_known)
        return true;
    if (!check_entering(jumps, token, jump->from, target))
        return false;
    for (; left && !lies_in(target, left); left = left->outer) {
        if (left->has_cleanup) {
            report(jumps->acc, MESSAGE_COMPUTED_GOTO, token, kind);
            report(jumps->acc, MESSAGE_CLEANUP_HERE, left->token);
            return false;
        }
        if (left->cannot_be_left) {
            report(jumps->acc, MESSAGE_JUMP_OUT, token, kind, left->word);
            return false;
        }
    }
    return true;
}

static void check_computed(struct jumps *jumps, const struct jump *jump)
{
    for (uint32_t i = 0; i < jumps->address_count; i++)
        if (!check_direct(jumps, jump, jumps->addresses[i], "computed goto"))
            return;
}

static void check_jump(struct jumps *jumps, struct jump *jump)
{
    switch (jump->node->kind) {
    case NODE_GOTO: check_goto(jumps, jump); break;
    case NODE_GOTO_COMPUTED: check_computed(jumps, jump); break;
    case NODE_ASM_LABEL: check_direct(jumps, jump, jump->node->symbol, "asm goto"); break;
    case NODE_CASE:
    case NODE_DEFAULT: check_entering(jumps, jump->node->first, jump->from, jump->to); break;
    default: check_leaving(jumps, jump);
    }
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void walk_children(struct position at, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            walk(at, node->child[i]);
}

/* Regions live as long as the arena: jumps keep pointers to them. */
static struct position within(struct position at, struct region region)
{
    struct region *made = arena_allocate(at.jumps->acc->arena, sizeof *made);
    *made = region;
    made->outer = at.region;
    at.region = made;
    return at;
}

static void walk_try(struct position at, struct node *node)
{
    const struct node *last = node->child[node->count - 1];
    bool has_finally = last && last->kind == NODE_FINALLY;
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *clause = node->child[i];
        if (!clause)
            continue;
        struct region region = {.word = "try", .token = node->first, .has_cleanup = has_finally};
        if (clause->kind == NODE_CATCH)
            region = (struct region){.word = "catch", .token = clause->first, .has_cleanup = true};
        else if (clause->kind == NODE_FINALLY)
            region = (struct region){.word = "finally", .token = clause->first, .cannot_be_left = true};
        walk(within(at, region), clause);
    }
}

static void walk_governed(struct position at, struct node *node, const char *word)
{
    for (uint32_t i = 0; i + 1 < node->count; i++)
        if (node->child[i])
            walk(at, node->child[i]);
    struct position body =
        within(at, (struct region){.word = word, .token = node->first, .has_cleanup = true});
    if (node->kind == NODE_ASYNC_FOR) {
        body.of_break = at.region;
        body.of_continue = body.region;
        body.has_break = body.has_continue = true;
    }
    walk(body, node->child[node->count - 1]);
}

static bool has_cleanup_attribute(const struct acc *acc, const struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *child = node->child[i];
        if (!child || is_expression(child) || child->kind == NODE_INIT_LIST || child->kind == NODE_RECORD)
            continue;
        for (uint32_t token = child->first; child->kind == NODE_ATTRIBUTE && token <= child->last; token++)
            if (token_is(acc, token, "cleanup") || token_is(acc, token, "__cleanup__"))
                return true;
        if (child->kind != NODE_ATTRIBUTE && has_cleanup_attribute(acc, child))
            return true;
    }
    return false;
}

/* Each child has a scope of its own, of which the first one's covers the others'. */
static struct position within_children(struct position at, const struct node *declaration)
{
    for (uint32_t i = 1; i < declaration->count; i++) {
        const struct symbol *child = declared(declaration->child[i]->child[0]);
        at = within(at, (struct region){.word = child->name, .token = child->token, .has_cleanup = true});
    }
    return at;
}

static struct position within_declared(struct position at, const struct node *declaration)
{
    if (declares_children(declaration))
        return within_children(at, declaration);
    if (has_cleanup_attribute(at.jumps->acc, declaration))
        return within(at, (struct region){.token = declaration->first, .has_cleanup = true});
    return at;
}

static void walk_block(struct position at, struct node *block)
{
    for (uint32_t i = 0; i < block->count; i++) {
        struct node *item = block->child[i];
        walk(at, item);
        if (item->kind == NODE_DEFER)
            at = within(at, (struct region){.word = "defer", .token = item->first, .has_cleanup = true});
        else if (item->kind == NODE_DECLARATION)
            at = within_declared(at, item);
    }
}

static void walk_loop(struct position at, struct node *node)
{
    if (node->kind == NODE_FOR && node->child[0] && node->child[0]->kind == NODE_DECLARATION)
        at = within_declared(at, node->child[0]);
    at.of_break = at.of_continue = at.region;
    at.has_break = at.has_continue = true;
    walk_children(at, node);
}

static void walk_switch(struct position at, struct node *node)
{
    walk(at, node->child[0]);
    at.of_break = at.of_switch = at.region;
    at.has_break = at.has_switch = true;
    walk(at, node->child[1]);
}

static void add_jump(struct position at, struct node *node, const struct region *from,
                     const struct region *to)
{
    struct jumps *jumps = at.jumps;
    *ARENA_PUSH(jumps->acc->arena, jumps->list, jumps->count) = (struct jump){node, from, to};
}

static void walk_jump(struct position at, struct node *node)
{
    bool is_break = node->kind == NODE_BREAK, is_continue = node->kind == NODE_CONTINUE;
    bool has_target = is_break ? at.has_break : is_continue ? at.has_continue : true;
    if (has_target)
        add_jump(at, node, at.region, is_break ? at.of_break : is_continue ? at.of_continue : NULL);
    walk_children(at, node);
}

static void walk_label(struct position at, struct node *node)
{
    struct jumps *jumps = at.jumps;
    if (node->kind == NODE_LABEL)
        *ARENA_PUSH(jumps->acc->arena, jumps->labels, jumps->label_count) = (struct stop){node->symbol, at.region};
    else if (at.has_switch)
        add_jump(at, node, at.of_switch, at.region);
    walk_children(at, node);
}

static void walk(struct position at, struct node *node)
{
    switch (node->kind) {
    case NODE_TRY: walk_try(at, node); break;
    case NODE_DEFER:
        walk_children(within(at, (struct region){.word = "defer", .token = node->first, .cannot_be_left = true}), node);
        break;
    case NODE_ASYNC_WITH: walk_governed(at, node, "async with"); break;
    case NODE_ASYNC_FOR: walk_governed(at, node, "async for"); break;
    case NODE_BLOCK: walk_block(at, node); break;
    case NODE_WHILE:
    case NODE_DO:
    case NODE_FOR: walk_loop(at, node); break;
    case NODE_SWITCH: walk_switch(at, node); break;
    case NODE_LABEL:
    case NODE_CASE:
    case NODE_DEFAULT: walk_label(at, node); break;
    case NODE_GOTO:
    case NODE_GOTO_COMPUTED:
    case NODE_ASM_LABEL:
    case NODE_RETURN:
    case NODE_BREAK:
    case NODE_CONTINUE: walk_jump(at, node); break;
    case NODE_LABEL_ADDRESS:
        *ARENA_PUSH(at.jumps->acc->arena, at.jumps->addresses, at.jumps->address_count) = node->symbol;
        break;
    case NODE_NESTED_FUNCTION: break;
    default: walk_children(at, node);
    }
}

void check_jumps(struct acc *acc, struct node *body)
{
    struct jumps jumps = {.acc = acc};
    walk((struct position){.jumps = &jumps}, body);
    for (uint32_t i = 0; i < jumps.count; i++)
        check_jump(&jumps, &jumps.list[i]);
}
