/* block.c: a block is the memory of a coroutine that may become a task: the header, the root
 * frame, and a little room where the task's bump stack begins, if the function says that it awaits
 * what needs one (function->room).
 *
 *     | struct ac__task | frame | room |         the frame's alignment is at most 8: the block lies in a piece (slab.c)
 *     | struct ac__own | struct ac__task | frame | room |        a malloc of its own, in a list once it is a task
 *
 * A scoped child's block has the second form but lies in the frame of its parent: there is nothing to free.
 *
 * A malloc of their own have large blocks, over-aligned ones, and all of them where each should be seen
 * singly: under the address sanitizer, with AC_DEBUG, and in the test build that fails allocations. */
#include "observe.h"
#include "storage.h"

#include <string.h>

static bool each_its_own;

__attribute__((constructor)) static void choose(void)
{
    each_its_own = AC__TEST_BUILD || ac__has_asan() || ac__debug_wanted();
}

/* ---- blocks of their own ------------------------------------------------------------------------------- */

static __thread struct ac__own own_blocks;

static struct ac__own *own_of(struct ac__task *task)
{
    return (struct ac__own *)(void *)task - 1;
}

/* Under the address sanitizer the bump stack begins in a chunk (frame.c). */
static size_t own_room(const struct ac__function *function)
{
    return ac__has_asan() ? 0 : function->room;
}

static struct ac__task *own_place(size_t size, size_t alignment)
{
    size_t front = sizeof(struct ac__own) + sizeof(struct ac__task);
    char *base;
    struct ac__task *task;
    if (alignment < 16)
        alignment = 16;
    front = (front + alignment - 1) & -alignment;
    base = alignment == 16 ? ac__allocate(front + size) : ac__allocate_aligned(front + size, alignment);
    if (!base)
        return NULL;
    task = (struct ac__task *)(void *)(base + front) - 1;
    *own_of(task) = (struct ac__own){.base = base};
    return task;
}

static struct ac__task *own_new(const struct ac__function *function, size_t size)
{
    size_t room = own_room(function);
    struct ac__task *task = size <= SIZE_MAX / 2 ? own_place(size + room, function->alignment) : NULL;
    if (!task)
        return NULL;
    task->condition = AC__CONDITION(AC__OWN, AC__UNSTARTED, AC__DONE);
    task->heap = NULL;
    task->top = (char *)(task + 1) + size;
    task->limit = task->top + room;
    if (unlikely(ac__is_debug))
        ac__debug_made(task, own_of(task));
    return task;
}

static void own_free(struct ac__task *task)
{
    struct ac__own *own = own_of(task);
    ac__own_unlink(own);
    ac__free(own->base);
}

/* ---- all blocks ---------------------------------------------------------------------------------------- */

/* A block whose frame ends at `end`, a multiple of 8, in a piece that was taken for it. */
static inline struct ac__task *piece_settle(struct ac__task *task, const struct ac__function *function, size_t end)
{
    task->condition = AC__CONDITION(0, AC__UNSTARTED, AC__DONE);
    task->heap = ac__own_heap;
    task->top = (char *)task + end;
    task->limit = task->top + function->room;
    return task;
}

/* A block with room for a task's header, then a frame of `size` bytes, then the room for the bump stack.
 * Sets flags, state, top and limit. Null if there is no memory. */
static struct ac__task *block_new(const struct ac__function *function, size_t size)
{
    struct ac__task *task = NULL;
    size_t most = AC__LARGEST_PIECE - sizeof *task - function->room;
    size = (size + 7) & ~(size_t)7;
    if (function->alignment <= 8 && size <= most && !each_its_own)
        task = ac__piece_take(sizeof *task + size + function->room);
    return likely(task) ? piece_settle(task, function, sizeof *task + size) : own_new(function, size);
}

static inline struct ac__frame *frame_in(struct ac__task *task, const struct ac__function *function)
{
    struct ac__frame *frame = ac__root(task);
    frame->function = function;
    frame->parent = NULL;
    frame->state = 0;
    frame->storage = AC__STANDALONE;
    return frame;
}

__attribute__((noinline)) struct ac__frame *ac__standalone_new(const struct ac__function *function, size_t size)
{
    struct ac__task *task = block_new(function, size);
    return likely(task) ? frame_in(task, function) : NULL;
}

/* Where each block is to be one of its own, no piece is ever at hand. */
struct ac__frame *ac__frame_in_block(const struct ac__function *function, unsigned long end, unsigned long list)
{
    struct ac__task *task = ac__piece_at_hand(list);
    if (unlikely(!task))
        return ac__standalone_new(function, function->size);
    return frame_in(piece_settle(task, function, end), function);
}

/* A coroutine that another thread made moves: what has not run yet holds no pointer to itself. */
static struct ac__task *move(struct ac__task *block)
{
    struct ac__frame *frame = ac__root(block);
    size_t size = (size_t)(block->top - (char *)frame);
    struct ac__task *moved = block_new(frame->function, size);
    if (!moved)
        return NULL;
    memcpy(ac__root(moved), frame, size);
    ac__block_free(block);
    return moved;
}

/* With AC_DEBUG, all of the program's coroutines move: what stays behind catches whoever
 * consumes it again. */
static struct ac__task *settle_debugged(struct ac__task *block)
{
    struct ac__task *moved = ac__is_users(ac__root(block)->function) ? move(block) : block;
    if (moved)
        ac__debug_started(own_of(moved));
    return moved;
}

void ac__block_embed(struct ac__task *block)
{
    const struct ac__function *function = ac__root(block)->function;
    block->condition = AC__CONDITION(AC__OWN, AC__UNSTARTED, AC__DONE);
    block->top = (char *)ac__root(block) + ((function->size + 7) & ~7u);
    block->limit = block->top + function->room;
    own_of(block)->base = NULL;
    ac__own_link(&own_blocks, own_of(block));
}

struct ac__task *ac__block_settle_slowly(struct ac__task *block)
{
    if (unlikely(ac__is_debug) && !(block = settle_debugged(block)))
        return NULL;
    if (block->flags & AC__OWN)
        ac__own_link(&own_blocks, own_of(block));
    else if (!ac__piece_is_own(block))
        return move(block);
    return block;
}

void ac__block_free_slowly(struct ac__task *block)
{
    if (unlikely(ac__is_debug) && own_of(block)->base)
        ac__debug_free(block, own_of(block));
    else
        own_free(block);
}

struct visit {
    void (*visit)(struct ac__task *task, void *context);
    void *context;
};

static void visit_piece(void *piece, void *context)
{
    const struct visit *visit = context;
    if (ac__state(piece) != AC__UNSTARTED)
        visit->visit(piece, visit->context);
}

void ac__blocks_visit(void (*visit)(struct ac__task *task, void *context), void *context)
{
    struct ac__own *own = own_blocks.next, *next;
    struct visit pieces = {visit, context};
    for (; own && own != &own_blocks; own = next) {
        next = own->next;
        visit((struct ac__task *)(void *)(own + 1), context);
    }
    ac__pieces_visit(visit_piece, &pieces);
}
