/* block.c: a block is the memory of a coroutine that may become a task: the header, the root frame, and a little room
 * where the task's bump stack begins.
 *
 *     | struct ac__task | frame | room |         the frame's alignment is at most 8: the block lies in a piece (slab.c)
 *     | struct own | struct ac__task | frame | room |        a malloc of its own, in a list once it is a task
 *
 * A malloc of their own have large blocks, over-aligned ones, and all of them where each should be seen singly: under
 * the address sanitizer, with AC_DEBUG, and in the test build that fails allocations. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* The frame of one sleep fits. */
enum { ROOM = 48 };

/* Present if the program is linked with the address sanitizer. */
extern void __asan_init(void) __attribute__((weak));

static bool each_its_own;

__attribute__((constructor)) static void choose(void)
{
    each_its_own = AC__TEST_BUILD || __asan_init || getenv("AC_DEBUG");
}

/* ---- blocks of their own ----------------------------------------------------------------------------------------- */

struct own {
    struct own *next, *previous; /* null: not in the list */
    void *base;
};

static __thread struct own own_blocks;

static struct own *own_of(struct ac__task *task)
{
    return (struct own *)(void *)task - 1;
}

static struct ac__task *own_new(size_t size, size_t alignment)
{
    size_t front = sizeof(struct own) + sizeof(struct ac__task);
    char *base;
    struct ac__task *task;
    if (alignment < 16)
        alignment = 16;
    front = (front + alignment - 1) & -alignment;
    base = alignment == 16 ? ac__allocate(front + size) : ac__allocate_aligned(front + size, alignment);
    if (!base)
        return NULL;
    task = (struct ac__task *)(void *)(base + front) - 1;
    *own_of(task) = (struct own){.base = base};
    task->flags = 0;
    return task;
}

static void own_link(struct ac__task *task)
{
    struct own *own = own_of(task), *head = &own_blocks;
    if (!head->next)
        head->next = head->previous = head;
    own->previous = head->previous;
    own->next = head;
    own->previous->next = own;
    head->previous = own;
}

static void own_free(struct ac__task *task)
{
    struct own *own = own_of(task);
    if (own->next) {
        own->next->previous = own->previous;
        own->previous->next = own->next;
    }
    ac__free(own->base);
}

/* ---- all blocks -------------------------------------------------------------------------------------------------- */

struct ac__task *ac__block_new(size_t size, size_t alignment)
{
    struct ac__task *task;
    size = (size + 7) & ~(size_t)7;
    if (alignment <= 8 && size <= AC__LARGEST_PIECE - sizeof *task - ROOM && !each_its_own) {
        task = ac__piece_take(sizeof *task + size + ROOM);
        if (task)
            task->flags = AC__IN_SLAB;
    } else {
        task = size < SIZE_MAX / 2 ? own_new(size + ROOM, alignment) : NULL;
    }
    if (!task)
        return NULL;
    task->state = AC__UNSTARTED;
    task->top = (char *)(task + 1) + size;
    task->limit = task->top + ROOM;
    return task;
}

/* A coroutine that another thread made moves: what has not run yet holds no pointer to itself. */
static struct ac__task *move_here(struct ac__task *block)
{
    struct ac__frame *frame = ac__root(block);
    size_t size = (size_t)(block->top - (char *)frame);
    struct ac__task *moved = ac__block_new(size, 8);
    if (!moved)
        return NULL;
    memcpy(ac__root(moved), frame, size);
    ac__piece_give_back(block);
    return moved;
}

struct ac__task *ac__block_settle(struct ac__task *block)
{
    if (!(block->flags & AC__IN_SLAB))
        own_link(block);
    else if (!ac__piece_is_own(block))
        return move_here(block);
    return block;
}

void ac__block_free(struct ac__task *block)
{
    if (!(block->flags & AC__IN_SLAB)) {
        own_free(block);
        return;
    }
    ac__piece_give_back(block);
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
    struct own *own = own_blocks.next, *next;
    struct visit pieces = {visit, context};
    for (; own && own != &own_blocks; own = next) {
        next = own->next;
        visit((struct ac__task *)(void *)(own + 1), context);
    }
    ac__pieces_visit(visit_piece, &pieces);
}
