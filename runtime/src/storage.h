/* storage.h: where tasks, coroutines and frames live. */
#ifndef AC_STORAGE_H
#define AC_STORAGE_H

#include "core.h"

/* ---- slab.c: small pieces of memory -------------------------------------------------------------------- */

enum { AC__SLAB = 1 << 16, AC__SLAB_FRONT = 64 };

struct ac__piece {
    struct ac__piece *next;
    uintptr_t mark;
};

struct ac__slab {
    struct ac__heap *heap;
    struct ac__heap *listed;          /* the heap if it has the slab in the list of those with room, or null */
    struct ac__slab *next, *previous; /* in that list; free ones: the next */
    struct ac__slab *all_next;        /* of all that the heap ever cut from its regions */
    struct ac__piece *free;
    unsigned used; /* pieces handed out, and one more in the first of the list: that is kept */
    unsigned cut, capacity; /* pieces cut off so far; that fit */
    unsigned size;
};
_Static_assert(sizeof(struct ac__slab) <= AC__SLAB_FRONT, "a slab's header stands in front of its pieces");

struct ac__heap {
    struct ac__slab *with_room[AC__LARGEST_PIECE / AC__PIECE_STEP + 1];
    struct ac__slab *free_slabs, *all;
    unsigned free_count;
    struct ac__region *regions;  /* the first is the one slabs are taken from */
    struct ac__piece *returned;  /* by other threads */
    struct ac__heap *next;       /* of the heaps without a thread */
};

extern __thread struct ac__heap *ac__own_heap; /* never null: where there is none yet, one that stays empty */

static inline struct ac__slab *ac__slab_of(const void *piece)
{
    return (struct ac__slab *)((uintptr_t)piece & ~(uintptr_t)(AC__SLAB - 1));
}

static inline bool ac__piece_is_own(const void *piece)
{
    return ac__slab_of(piece)->heap == ac__own_heap;
}

void ac__piece_give_back_slowly(struct ac__piece *piece);
void ac__slab_is_empty(struct ac__slab *slab);

/* A piece of this thread's heap, aligned to 16. Its second word must not be zero while it is in
 * use. Null if there is no memory. */
void *ac__piece_take(size_t wanted);
/* The same, of `list` times AC__PIECE_STEP bytes, if one is at hand; else null. None ever is in list 0. */
static inline void *ac__piece_at_hand(size_t list)
{
    struct ac__slab *slab = ac__own_heap->with_room[list];
    struct ac__piece *piece = likely(slab) ? slab->free : NULL;
    if (unlikely(!piece))
        return NULL;
    slab->free = piece->next;
    slab->used++;
    return piece;
}

/* From any thread. */
static inline void ac__piece_give_back(void *memory)
{
    struct ac__piece *piece = memory;
    struct ac__slab *slab = ac__slab_of(piece);
    piece->mark = 0;
    if (unlikely(__atomic_load_n(&slab->listed, __ATOMIC_RELAXED) != ac__own_heap)) {
        ac__piece_give_back_slowly(piece);
        return;
    }
    piece->next = slab->free;
    slab->free = piece;
    if (unlikely(--slab->used == 0))
        ac__slab_is_empty(slab);
}

/* Calls `visit` for every piece of this thread's heap that is in use. It may give back the one
 * it is called for. */
void ac__pieces_visit(void (*visit)(void *piece, void *context), void *context);
/* Gives the heap back to the system if nothing in it is in use. */
void ac__pieces_trim(void) __attribute__((cold));
void ac__slabs_before_fork(void);
void ac__slabs_after_fork(void);

/* ---- block.c: the memory of coroutines and tasks ------------------------------------------------------- */

static inline void ac__own_link(struct ac__own *list, struct ac__own *own)
{
    if (!list->next)
        list->next = list->previous = list;
    own->previous = list->previous;
    own->next = list;
    own->previous->next = own->next->previous = own;
}

static inline void ac__own_unlink(struct ac__own *own)
{
    if (!own->next)
        return;
    own->previous->next = own->next;
    own->next->previous = own->previous;
    own->next = own->previous = NULL;
}

/* A coroutine in a block of its own, with a frame of `size` bytes. Null if there is no memory. */
struct ac__frame *ac__standalone_new(const struct ac__function *function, size_t size);
struct ac__task *ac__block_settle_slowly(struct ac__task *block);
static inline bool ac__block_is_settled(const struct ac__task *block)
{
    return !(block->flags & AC__OWN) && ac__piece_is_own(block);
}
/* The block is about to become a task of this thread; it may move. Null if there is no memory. */
static inline struct ac__task *ac__block_settle(struct ac__task *block)
{
    return likely(ac__block_is_settled(block)) ? block : ac__block_settle_slowly(block);
}
/* The same for a block that lies in the frame of another task; sets flags, top and limit. */
void ac__block_embed(struct ac__task *block);
void ac__block_free_slowly(struct ac__task *block);
static inline void ac__block_free(struct ac__task *block)
{
    if (unlikely(block->flags & AC__OWN))
        ac__block_free_slowly(block);
    else
        ac__piece_give_back(block);
}
/* Calls `visit` for every block that is a task of this thread. It may free the one it is called for. */
void ac__blocks_visit(void (*visit)(struct ac__task *task, void *context), void *context);

/* ---- frame.c ------------------------------------------------------------------------------------------- */

/* ac__frame_new for library coroutines whose size is known at run time only. */
struct ac__frame *ac__frame_new_sized(const struct ac__function *function, const void *callee, size_t size);
/* A library coroutine that cannot be made: its caller does not call what it expects after all. Null. */
static inline struct ac__frame *ac__frame_none(void)
{
    ac__thread.expected = NULL;
    return NULL;
}
/* A library coroutine with a result of any type. The result has to lie right behind the frame's head; the
 * coroutine's own data, its body, lies behind that, and as long as there is no result, `body` in its place
 * says where. So the result is written last, by ac__generic_finish. */
struct ac__generic {
    struct ac__frame base;
    size_t body; /* from the frame: a coroutine that has not started may move */
};
struct ac__generic *ac__generic_new(const struct ac__function *function, const void *callee, size_t result_size,
                                    size_t result_alignment, size_t body_size);
/* Gives it its result and ends it. */
int ac__generic_finish(struct ac__frame *frame, const void *result, size_t size);
#define AC__GENERIC(text, resume_function, close_function) \
    { \
        .resume = resume_function, .name = text, .size = sizeof(struct ac__generic), \
        .alignment = _Alignof(struct ac__generic), .result_offset = sizeof(struct ac__frame), .close = close_function \
    }
static inline void *ac__body(struct ac__frame *frame)
{
    return (char *)frame + ((struct ac__generic *)frame)->body;
}
void ac__stack_free_slowly(struct ac__task *task);
/* Gives back the bump stack of a task that is finished. */
static inline void ac__stack_free(struct ac__task *task)
{
    if (unlikely(task->flags & AC__ON_CHUNK))
        ac__stack_free_slowly(task);
}
/* Gives the spare chunks back to the system. */
void ac__chunks_free(void);
/* Lets a coroutine go that was never started. Null is fine. */
void ac__coro_close(struct ac__frame *frame);

#endif
