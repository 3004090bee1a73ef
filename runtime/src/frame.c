/* frame.c: where frames live.
 *
 * A coroutine that is awaited at once takes its frame from the bump stack of the task that awaits it: awaits
 * nest, so frames come and go in order, and both are a pointer's move (abi.h). The stack begins in the room
 * behind the root frame in the task's own block. When that is full, it goes on in a chunk of its own, then in
 * chunks twice as large each, up to LARGEST. A chunk's end holds its descriptor, so task->limit leads to it:
 *
 *     [ frames ... top ... free ... | struct chunk ]
 *                                   ^ task->limit
 *
 * If the room in the block is empty when the first chunk is made, that chunk stays until the task ends: a
 * task that needs more than its room once will do so again; so what its first frame awaits finds as much room
 * behind it. Any other chunk goes when its first frame does (STACKED_FIRST).
 * Chunks of each size are kept for reuse, so a task that awaits at a boundary does not go to malloc each
 * time; those from the reserve (reserve.c) are not.
 *
 * Under the address sanitizer every frame and array has a chunk to itself, which goes when it does, with
 * poisoned bytes behind it: so the sanitizer finds accesses behind them and to what is gone. `top` is then
 * always at `limit`. Where awaits nest very deep, the ordinary chunks go on.
 *
 * Any other coroutine has a block to itself (slab.c), with a task's header in front, so that it
 * can be spawned. */
#include "storage.h"

#include <string.h>

struct chunk {
    char *outer_top, *outer_limit;
    char *base;
    size_t size; /* with this descriptor */
    unsigned depth; /* chunks further out */
    bool is_first;  /* the stack was in the task's block before */
    bool is_single; /* for one frame or array */
};

enum { REDZONE = 32, CACHE_LINE = 64, MOST_SINGLE = 1000 };
enum { SMALLEST = 256, LARGEST = 1 << 20, KEPT_SIZES = 13 };
#define ABSURD ((size_t)1 << 38) /* no frame or array is as large */

/* Spare chunks by size, SMALLEST << index: linked through their first word. Large ones: one spare each. */
static __thread void *spare[KEPT_SIZES];

static unsigned size_index(size_t size)
{
    return (unsigned)__builtin_ctzl(size / SMALLEST);
}

static char *chunk_memory(size_t size, bool is_single)
{
    void **first;
    if (size > LARGEST || is_single)
        return ac__allocate_aligned(size, CACHE_LINE);
    first = spare[size_index(size)];
    if (!first)
        return ac__allocate_aligned(size, CACHE_LINE);
    spare[size_index(size)] = *first;
    return (char *)first;
}

static void chunk_give_back(struct chunk *chunk)
{
    void **memory = (void **)(void *)chunk->base;
    size_t size = chunk->size;
    bool is_kept = size <= LARGEST && !chunk->is_single && !ac__reserve_has(memory);
    unsigned index = is_kept ? size_index(size) : KEPT_SIZES;
    if (chunk->is_single)
        __asan_unpoison_memory_region(memory, size);
    if (index == KEPT_SIZES || (size >= 16 * SMALLEST && spare[index])) {
        ac__free(memory);
        return;
    }
    *memory = spare[index];
    spare[index] = memory;
}

void ac__chunks_free(void)
{
    for (unsigned i = 0; i < KEPT_SIZES; i++) {
        while (spare[i]) {
            void **memory = spare[i];
            spare[i] = *memory;
            ac__free(memory);
        }
    }
}

static struct chunk *current_chunk(const struct ac__task *task)
{
    return task->flags & AC__ON_CHUNK ? (struct chunk *)(void *)task->limit : NULL;
}

/* How large the next chunk is to be so that `needed` bytes fit; 0: no size will do. */
static size_t next_size(const struct chunk *outer, size_t needed, bool is_single)
{
    size_t size = outer && !outer->is_single ? outer->size * 2 : SMALLEST;
    if (size > LARGEST)
        size = LARGEST;
    if (needed > ABSURD)
        return 0;
    if (is_single)
        return (needed + REDZONE + sizeof(struct chunk) + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
    if (!outer && needed <= LARGEST / 4)
        needed *= 2;
    while (size < needed + sizeof(struct chunk))
        size *= 2;
    return size;
}

/* Continues the stack in a new chunk. False if there is no memory. */
static bool push_chunk(struct ac__task *task, size_t size, size_t alignment)
{
    struct chunk *outer = current_chunk(task), *chunk;
    unsigned depth = outer ? outer->depth + 1 : 0;
    bool is_single = ac__has_asan() && depth < MOST_SINGLE;
    size_t whole = next_size(outer, size + alignment, is_single);
    char *memory = whole ? chunk_memory(whole, is_single) : NULL;
    if (!memory)
        return false;
    chunk = (struct chunk *)(void *)(memory + whole - sizeof *chunk);
    *chunk = (struct chunk){task->top, task->limit, memory, whole, depth, !outer, is_single};
    task->top = memory;
    task->limit = (char *)chunk;
    ac__flag(task, AC__ON_CHUNK);
    return true;
}

static void pop_chunk(struct ac__task *task)
{
    struct chunk *chunk = current_chunk(task);
    task->top = chunk->outer_top;
    task->limit = chunk->outer_limit;
    if (chunk->is_first)
        ac__unflag(task, AC__ON_CHUNK);
    chunk_give_back(chunk);
}

/* What has just been put on the stack ends here. */
static void set_top(struct ac__task *task, char *end)
{
    task->top = (char *)(((uintptr_t)end + 7) & ~(uintptr_t)7);
    if (!ac__has_asan() || !current_chunk(task) || !current_chunk(task)->is_single)
        return;
    __asan_poison_memory_region(end, (size_t)(task->limit - end));
    task->top = task->limit;
}

/* Where the room behind the root frame begins. */
static char *room_start(struct ac__task *task)
{
    struct ac__frame *root = ac__root(task);
    return (char *)root + ((root->function->size + 7) & ~7u);
}

static struct ac__frame *stacked(const struct ac__function *function, struct ac__task *task, size_t size)
{
    size_t mask = function->alignment - 1;
    char *place = (char *)(((uintptr_t)task->top + mask) & ~mask);
    struct ac__frame *frame = (struct ac__frame *)(void *)place;
    unsigned storage = AC__STACKED;
    if ((uintptr_t)place + size > (uintptr_t)task->limit) {
        bool is_empty = !current_chunk(task) && task->top == room_start(task) && !ac__has_asan();
        if (!push_chunk(task, size, function->alignment))
            return NULL;
        place = (char *)(((uintptr_t)task->top + mask) & ~mask);
        frame = (struct ac__frame *)(void *)place;
        storage = is_empty && !ac__reserve_has(place) ? AC__STACKED : AC__STACKED_FIRST;
    }
    set_top(task, place + size);
    frame->function = function;
    frame->state = 0;
    frame->storage = storage;
    return frame;
}

struct ac__frame *ac__frame_on_chunk(const struct ac__function *function)
{
    struct ac__task *task = ac__thread.task;
    struct ac__frame *frame;
    ac__thread.expected = NULL;
    if (!function->is_enter)
        return stacked(function, task, function->size);
    ac__undo_begin(task);
    frame = stacked(function, task, function->size);
    ac__undo_end(task);
    return frame;
}

struct ac__frame *ac__frame_new_sized(const struct ac__function *function, const void *callee, size_t size)
{
    if (ac__thread.expected != callee)
        return ac__standalone_new(function, size);
    ac__thread.expected = NULL;
    return stacked(function, ac__thread.task, size);
}

/* Rare: the result wants more alignment than the function's static description has. The frame
 * carries its own, at its end. */
static struct ac__frame *generic_aligned(const struct ac__function *function, const void *callee, size_t end,
                                         size_t alignment)
{
    struct ac__function own = *function;
    struct ac__frame *frame;
    own.alignment = (unsigned)alignment;
    own.result_offset = (unsigned)((sizeof(struct ac__frame) + alignment - 1) & -alignment);
    frame = ac__frame_new_sized(&own, callee, end + sizeof own);
    if (!frame)
        return NULL;
    frame->function = (void *)((char *)frame + end);
    memcpy((char *)frame + end, &own, sizeof own);
    return frame;
}

struct ac__generic *ac__generic_new(const struct ac__function *function, const void *callee, size_t result_size,
                                    size_t result_alignment, size_t body_size)
{
    size_t offset = (sizeof(struct ac__frame) + result_alignment - 1) & -result_alignment;
    size_t body = (offset + result_size + 7) & ~(size_t)7;
    struct ac__frame *frame;
    if (body < sizeof(struct ac__generic))
        body = sizeof(struct ac__generic);
    if (result_alignment <= function->alignment)
        frame = ac__frame_new_sized(function, callee, body + body_size);
    else
        frame = generic_aligned(function, callee, (body + body_size + 7) & ~(size_t)7, result_alignment);
    if (frame)
        ((struct ac__generic *)frame)->body = body;
    return (struct ac__generic *)frame;
}

int ac__generic_finish(struct ac__frame *frame, const void *result, size_t size)
{
    if (size)
        memcpy(ac__result_of(frame), result, size);
    return AC__DONE;
}

void ac__frame_release_slowly(struct ac__frame *frame, struct ac__task *task)
{
    if (!frame)
        return;
    if (frame->storage == AC__STACKED || frame->storage == AC__BEGUN)
        task->top = (char *)frame;
    else if (frame->storage == AC__STACKED_FIRST)
        pop_chunk(task);
    else if (frame->storage == AC__STANDALONE)
        ac__block_free(ac__task_of(frame));
}

void ac__child_failed(struct ac__frame *child, struct ac__task *task, const struct ac__function *function,
                      unsigned site)
{
    if (function->sites[site].is_child)
        ac__frame_release_slowly(child, task);
    ac__trace(task, function, site);
}

void ac__stack_free_slowly(struct ac__task *task)
{
    while (current_chunk(task))
        pop_chunk(task);
}

static int start_later(struct ac__frame *frame, struct ac__task *task)
{
    task->innermost = frame;
    ac__flag(task, AC__RUN_AT_ONCE);
    return AC__SUSPENDED;
}

static inline int start(struct ac__frame *frame, struct ac__task *task)
{
    if (unlikely(!frame))
        return ac__fail_code(task, ENOMEM);
    if (unlikely((char *)__builtin_dwarf_cfa() < ac__thread.stack_limit)) /* the frame's address without its making */
        return start_later(frame, task);
    return frame->function->resume(frame, task);
}

int ac__start(struct ac__frame *frame, struct ac__task *task)
{
    return start(frame, task);
}

int ac__go_on_slowly(struct ac__frame *frame, struct ac__task *task)
{
    unsigned status;
    if (!frame || likely(frame->storage < AC__BEGUN))
        return start(frame, task);
    status = frame->storage - AC__BEGUN;
    frame->storage = AC__STACKED;
    return (int)status;
}

/* The arguments stay where they are. */
static __attribute__((noinline, cold)) int pass_on_failure(struct ac__frame *frame, const struct ac__function *function,
                                                           int status, struct ac__frame *callee)
{
    ac__child_failed(callee, ac__thread.task, function, frame->state);
    return status;
}

int ac__pass_on(struct ac__frame *frame, const struct ac__function *function, int status, struct ac__frame *callee)
{
    if (likely(status == AC__SUSPENDED))
        return ac__suspended(frame, function, callee);
    return pass_on_failure(frame, function, status, callee);
}

void ac__coro_close(struct ac__frame *frame)
{
    if (!frame)
        return;
    if (frame->function->close)
        frame->function->close(frame);
    ac__frame_release_slowly(frame, ac__thread.task);
}

/* ---- VLAs ---------------------------------------------------------------------------------------------- */

const unsigned long ac__any_length = 1;

void *ac__stack_allocate(struct ac__task *task, unsigned long size, unsigned long alignment)
{
    uintptr_t place = ((uintptr_t)task->top + alignment - 1) & -alignment;
    if (size > ABSURD || place + size > (uintptr_t)task->limit) {
        if (size > ABSURD || !push_chunk(task, size, alignment)) {
            ac__fail_code(task, ENOMEM);
            return NULL;
        }
        place = ((uintptr_t)task->top + alignment - 1) & -alignment;
    }
    set_top(task, (char *)place + size);
    return (void *)place;
}

void ac__stack_release(struct ac__task *task, char *mark)
{
    struct chunk *chunk = current_chunk(task);
    while (chunk && !(mark >= chunk->base && mark <= task->limit)) {
        pop_chunk(task);
        chunk = current_chunk(task);
    }
    task->top = mark;
}
