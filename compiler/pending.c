/* pending.c: the ways out of regions: jumps, and the codes that remember them while a finally undoes.
 *
 * A jump takes control from region to region outwards. Where it leaves a catch, what that has
 * caught is freed. Where it leaves a guarded part, its number becomes the pending code and
 * control goes to `undo`; behind the undoing, dispatch() goes on from there, in the next region.
 * Each guarded part numbers the jumps that leave it.
 */
#include "regions.h"

struct node *jump_to(struct walk *walk, const struct node *near, struct handler *handler)
{
    handler->used = true;
    return build(walk->acc, near, arena_format(walk->acc->arena, "goto %s;", handler->label), NULL);
}

struct node *label_at(struct walk *walk, const struct node *near, const char *label)
{
    return build(walk->acc, near,
                 arena_format(walk->acc->arena, "\n%s: __attribute__((unused));", label), NULL);
}

/* ---- where jumps lead ------------------------------------------------------------------------ */

static bool reached(const struct region *region, const struct region *target, const struct jump *jump)
{
    if (!region)
        return true;
    if (jump->kind == NODE_GOTO)
        return region->part == jump->label->part;
    return jump->kind != NODE_RETURN && jump->kind != NODE_THROW && region == target;
}

static struct node *final_jump(struct walk *walk, const struct node *near, const struct jump *jump)
{
    switch (jump->kind) {
    case NODE_BREAK: return build(walk->acc, near, "break;", NULL);
    case NODE_CONTINUE: return build(walk->acc, near, "continue;", NULL);
    case NODE_GOTO:
        return build(walk->acc, near, arena_format(walk->acc->arena, "goto %s;", jump->label->name),
                     NULL);
    case NODE_THROW: return jump_to(walk, near, walk->failed);
    default: return node_make(walk->acc, NODE_LEAVE, near->first, near->last, 0);
    }
}

static uint32_t jump_number(struct walk *walk, struct region *region, struct jump jump)
{
    uint32_t i = 0;
    while (i < region->jump_count &&
           (region->jumps[i].kind != jump.kind || region->jumps[i].label != jump.label))
        i++;
    if (i == region->jump_count)
        *ARENA_PUSH(walk->acc->arena, region->jumps, region->jump_count) = jump;
    return PENDING_FIRST_JUMP + i;
}

/* ---- undoing: what may take from the runtime's reserve of memory ----------------------------- */

void note_undoing(struct walk *walk, struct node *block, const struct region *region, const char *text)
{
    if (region->kind == REGION_FINALLY && region->awaits)
        build_hidden_into(walk->acc, block, build(walk->acc, block, text, NULL));
}

void note_all_undoing(struct walk *walk, struct node *block, const char *text)
{
    for (const struct region *region = walk->region; region; region = region->outer)
        note_undoing(walk, block, region, text);
}

/* ---- jumps ----------------------------------------------------------------------------------- */

/* The number of a jump that leaves a guarded part, 0 if there is none of the kind. */
static uint32_t number_of(const struct region *guarded, enum node_kind kind)
{
    for (uint32_t i = 0; i < guarded->jump_count; i++)
        if (guarded->jumps[i].kind == kind)
            return PENDING_FIRST_JUMP + i;
    return 0;
}

const char *error_test(struct acc *acc, const struct region *guarded)
{
    uint32_t thrown = number_of(guarded, NODE_THROW);
    return thrown ? arena_format(acc->arena, "(%%0 == %d || %%0 == %u)", PENDING_ERROR, thrown)
                  : arena_format(acc->arena, "(%%0 == %d)", PENDING_ERROR);
}

static struct node *jump_from(struct walk *walk, const struct node *near, struct region *region,
                              struct jump jump);

/* Where a jump leaves a catch, or, because the generator is closed there, a finally: what that holds. */
static void leave_held(struct walk *walk, struct node *block, const struct node *near, struct region *region,
                       struct jump jump)
{
    struct acc *acc = walk->acc;
    bool throws = jump.kind == NODE_THROW;
    if (region->kind == REGION_CATCH) {
        const char *text = throws ? "ac__thrown_chain(ac__task, %0);" : "ac__thrown_free(%0);";
        build_hidden_into(acc, block, build(acc, near, text, build_name(acc, near, region->held), NULL));
    } else if (region->kind == REGION_FINALLY && region->follows_errors) {
        struct node *pending = build_name(acc, near, region->pending),
                    *held = build_name(acc, near, region->held);
        const char *then = throws ? "ac__thrown_chain(ac__task, %1);" : "{ ac__task->error = %1; %2 }";
        const char *text = arena_format(acc->arena, "if %s %s", error_test(acc, region->guarded), then);
        struct node *on =
            throws ? NULL : jump_from(walk, near, region->outer, (struct jump){NODE_THROW, NULL});
        build_hidden_into(acc, block, build(acc, near, text, pending, held, on, NULL));
    }
}

/* Goes to `undo` with a pending code and without an error. `held`, where it is a C local, is set
 * on this way, too, once it is known to be needed (catch_for_undoing): else, for the C compiler,
 * it would keep its value across all awaits of the function, which takes gcc time in the square
 * of their number. */
void undo_without_error(struct walk *walk, struct node *block, const struct node *near, struct region *region,
                        uint32_t code)
{
    struct acc *acc = walk->acc;
    const char *text = arena_format(acc->arena, "%%0 = %u; %%1 goto %s;", code, region->undo);
    struct node *reset = build(acc, near, "", NULL);
    if (slot_of(region->held)->place == PLACE_LOCAL)
        *ARENA_PUSH(acc->arena, region->resets, region->reset_count) = reset;
    build_hidden_into(acc, block,
                      build(acc, near, text, build_name(acc, near, region->pending), reset, NULL));
}

/* By way of a finally, which the jump goes on from (dispatch). */
static void jump_to_undo(struct walk *walk, struct node *block, const struct node *near,
                         struct region *region, struct jump jump)
{
    struct acc *acc = walk->acc;
    uint32_t number = jump_number(walk, region, jump);
    if (jump.kind != NODE_THROW) {
        undo_without_error(walk, block, near, region, number);
        return;
    }
    const char *text = arena_format(acc->arena, "%%0 = ac__catch(ac__task); %%1 = %u; goto %s;",
                                    number, region->undo);
    region->handler->used = true;
    build_hidden_into(acc, block, build(acc, near, text, build_name(acc, near, region->held),
                                        build_name(acc, near, region->pending), NULL));
}

/* The statements that take control from a region to the jump's target. */
static struct node *jump_from(struct walk *walk, const struct node *near, struct region *region,
                              struct jump jump)
{
    struct region *target = jump.kind == NODE_BREAK ? walk->break_region : walk->continue_region;
    struct node *block = build_block(walk->acc, near);
    for (; !reached(region, target, &jump); region = region->outer) {
        note_undoing(walk, block, region, "ac__undo_end(ac__task);");
        if (region->kind == REGION_GUARDED) {
            jump_to_undo(walk, block, near, region, jump);
            return block;
        }
        leave_held(walk, block, near, region, jump);
    }
    build_into(walk->acc, block, final_jump(walk, near, &jump));
    return block->count == 1 ? block->child[0] : block;
}

struct node *lower_jump(struct walk *walk, const struct node *near, struct jump jump)
{
    return jump_from(walk, near, walk->region, jump);
}

/* ---- behind the undoing ---------------------------------------------------------------------- */

/* `then` where the code is pending, with the error where it `throws`. */
static void add_dispatch(struct walk *walk, struct node *block, struct node *node, struct region *region,
                         uint32_t code, struct node *then, bool throws)
{
    struct acc *acc = walk->acc;
    const char *error = throws ? "ac__task->error = %2; " : "";
    const char *text = arena_format(acc->arena, "if (%%0 == %u) { %s%%1 }", code, error);
    build_hidden_into(acc, block, build(acc, node, text, build_name(acc, node, region->pending), then,
                                        throws ? build_name(acc, node, region->held) : NULL, NULL));
}

void dispatch(struct walk *walk, struct node *block, struct node *node, struct region *region)
{
    if (region->handler->used)
        add_dispatch(walk, block, node, region, PENDING_ERROR, jump_to(walk, node, walk->handler), true);
    for (uint32_t i = 0; i < region->jump_count; i++)
        add_dispatch(walk, block, node, region, PENDING_FIRST_JUMP + i,
                     lower_jump(walk, node, region->jumps[i]), region->jumps[i].kind == NODE_THROW);
}

static const struct region *undoing_region(const struct walk *walk)
{
    const struct region *region = walk->region;
    while (region && region->kind != REGION_FINALLY)
        region = region->outer;
    CHECK(region);
    return region;
}

struct node *lower_pending(struct walk *walk, struct node *node)
{
    struct acc *acc = walk->acc;
    const struct region *region = undoing_region(walk);
    struct node *pending = build_name(acc, node, region->pending),
                *thrown = build_name(acc, node, region->held);
    bool is_swallowed = node->kind == NODE_SWALLOW_ERROR;
    if (!region->follows_errors)
        return build(acc, node, is_swallowed ? "{ }" : "((const struct ac_error *)0)", NULL);
    const char *test = error_test(acc, region->guarded);
    /* one that goes on because the generator is being closed leaves that behind: a return */
    const char *after = number_of(region->guarded, NODE_THROW)
                            ? arena_format(acc->arena, "%%0 == %d ? %d : %u", PENDING_ERROR, PENDING_NONE,
                                           number_of(region->guarded, NODE_RETURN))
                            : "0";
    const char *text =
        is_swallowed
            ? arena_format(acc->arena, "if %s { ac__thrown_free(%%1); %%0 = %s; }", test, after)
            : arena_format(acc->arena, "(%s ? ac__thrown_error(%%1) : 0)", test);
    return build(acc, node, text, pending, thrown, NULL);
}
