/* queue.c: queues between tasks.
 *
 * Items stay in the queue's storage until the task that gets them runs. Who waits is not handed an item or a
 * place but promised one: `promised` counts getters that were woken and have not run, `granted` likewise
 * putters, and nobody else takes what they are to have. So a waiter that is cancelled after it was woken just
 * gives its promise up: no item is lost, none is put, and nothing has to be put back.
 *
 * Storage: a ring (first in first out), a stack, or a binary heap whose items carry a number
 * behind them, so that equal ones come out in the order they went in. With a capacity it is there
 * from the start, unless that is large.
 *
 * An await that need not wait is over before it begins: where a coroutine is asked for to be awaited
 * at once, the item is put in or taken out right away, and the coroutine is a frame that holds the
 * result and has nothing more to do. In a quick queue that calls nothing, so no register has to be saved for it.
 *
 * `holders` counts the program (until ac_queue_free) and every wait that has begun: whoever is still to run
 * finds the queue marked as freed, and the last one lets the memory go. */
#include "storage.h"

#include <string.h>

struct ac__queue {
    struct ac__waiter *getters, *putters, *joiners;
    size_t capacity;         /* 0: no bound */
    size_t promised, granted;
    size_t unfinished;       /* put, and no ac_queue_task_done yet */
    size_t holders;
    bool is_closed, is_freed;
    bool is_quick;           /* open, of words, and in the order of time or its reverse: what most are */
    /* storage */
    int (*compare)(const void *, const void *);
    enum ac_queue_order order;
    size_t size, alignment, stride;
    size_t count, allocated, head; /* head: of the ring */
    uint64_t next_number;
    char *items;
};

enum { AT_ONCE = 1 << 16 }; /* a bounded queue up to this size is allocated as a whole */

/* ---- storage ------------------------------------------------------------------------------------------- */

static char *slot(const struct ac__queue *queue, size_t index)
{
    return queue->items + index * queue->stride;
}

static size_t number_offset(const struct ac__queue *queue)
{
    return (queue->size + 7) & ~(size_t)7;
}

static uint64_t number_in(const struct ac__queue *queue, size_t index)
{
    uint64_t number;
    memcpy(&number, slot(queue, index) + number_offset(queue), sizeof number);
    return number;
}

static bool comes_before(const struct ac__queue *queue, size_t a, size_t b)
{
    int order = queue->compare(slot(queue, a), slot(queue, b));
    return order != 0 ? order < 0 : number_in(queue, a) < number_in(queue, b);
}

static void swap(struct ac__queue *queue, size_t a, size_t b)
{
    char buffer[64], *left = slot(queue, a), *right = slot(queue, b);
    for (size_t done = 0, part; done < queue->stride; done += part) {
        part = queue->stride - done < sizeof buffer ? queue->stride - done : sizeof buffer;
        memcpy(buffer, left + done, part);
        memcpy(left + done, right + done, part);
        memcpy(right + done, buffer, part);
    }
}

static void heap_up(struct ac__queue *queue)
{
    size_t index = queue->count - 1;
    while (index > 0 && comes_before(queue, index, (index - 1) / 2)) {
        swap(queue, index, (index - 1) / 2);
        index = (index - 1) / 2;
    }
}

static void heap_down(struct ac__queue *queue)
{
    size_t index = 0, child;
    while ((child = 2 * index + 1) < queue->count) {
        if (child + 1 < queue->count && comes_before(queue, child + 1, child))
            child++;
        if (!comes_before(queue, child, index))
            return;
        swap(queue, index, child);
        index = child;
    }
}

/* Copies the items, in order, to a larger block. False if there is no memory. */
static bool grow(struct ac__queue *queue, size_t allocated)
{
    size_t alignment = queue->alignment < 16 ? 16 : queue->alignment, before = queue->allocated - queue->head;
    char *items = NULL;
    if (allocated <= SIZE_MAX / 2 / queue->stride)
        items = ac__allocate_aligned(allocated * queue->stride, alignment);
    if (!items)
        return false;
    if (before > queue->count)
        before = queue->count;
    if (queue->count) {
        memcpy(items, slot(queue, queue->head), before * queue->stride);
        memcpy(items + before * queue->stride, queue->items, (queue->count - before) * queue->stride);
    }
    ac__free(queue->items);
    queue->items = items;
    queue->allocated = allocated;
    queue->head = 0;
    return true;
}

/* Makes sure that there is room for one more. */
static bool reserve(struct ac__queue *queue)
{
    size_t allocated = queue->allocated ? queue->allocated * 2 : 16;
    if (queue->count < queue->allocated)
        return true;
    if (queue->capacity && allocated > queue->capacity)
        allocated = queue->capacity;
    return grow(queue, allocated);
}

/* Where one more item goes; with an order of their own, before it moves up. */
static inline char *add_place(struct ac__queue *queue)
{
    size_t index = queue->count++;
    if (queue->order == AC_FIFO) {
        index += queue->head;
        index -= index >= queue->allocated ? queue->allocated : 0;
    }
    return slot(queue, index);
}

static inline void store(struct ac__queue *queue, const void *item)
{
    char *place = add_place(queue);
    uint64_t number;
    ac__copy(place, item, queue->size);
    if (queue->order != AC_PRIORITY)
        return;
    number = queue->next_number++;
    memcpy(place + number_offset(queue), &number, sizeof number);
    heap_up(queue);
}

/* Takes out the first or the last item: where it lies until the next is put in. */
static inline char *remove_place(struct ac__queue *queue)
{
    size_t index = --queue->count;
    if (queue->order == AC_FIFO) {
        index = queue->head;
        queue->head = index + 1 == queue->allocated ? 0 : index + 1;
    }
    return slot(queue, index);
}

static void take_least(struct ac__queue *queue, void *item)
{
    size_t last = --queue->count;
    ac__copy(item, slot(queue, 0), queue->size);
    memcpy(slot(queue, 0), slot(queue, last), last ? queue->stride : 0);
    heap_down(queue);
}

static inline void take(struct ac__queue *queue, void *item)
{
    if (queue->order == AC_PRIORITY)
        take_least(queue, item);
    else
        ac__copy(item, remove_place(queue), queue->size);
}

/* ---- waiting ------------------------------------------------------------------------------------------- */

/* States of a wait: 0 not started; then */
enum { WAITS = 1, PROMISED = 2 /* by another task, or to itself, which gives way */, WOKEN = 3 /* to look again */ };

struct wait {
    struct ac__waiter waiter;
    struct ac__frame *frame;
    struct ac__queue *queue;
    struct ac__waiter **waiters; /* of the queue: where it waits */
};

static void wake(struct ac__waiter **waiters, unsigned state)
{
    struct ac__waiter *first = ac__dequeue_first(waiters);
    container_of(first, struct wait, waiter)->frame->state = state;
    ac__make_ready(first->wait.task);
}

static void wake_all(struct ac__waiter **waiters, unsigned state)
{
    while (*waiters)
        wake(waiters, state);
}

static bool has_item(const struct ac__queue *queue)
{
    return queue->count > queue->promised;
}

static bool has_room(const struct ac__queue *queue)
{
    return !queue->capacity || queue->count + queue->granted < queue->capacity;
}

static inline void promise_item(struct ac__queue *queue)
{
    if (likely(!queue->getters) || !has_item(queue))
        return;
    queue->promised++;
    wake(&queue->getters, PROMISED);
}

static inline void grant_room(struct ac__queue *queue)
{
    if (likely(!queue->putters) || !has_room(queue))
        return;
    queue->granted++;
    wake(&queue->putters, PROMISED);
}

static inline void get_now(struct ac__queue *queue, void *item)
{
    take(queue, item);
    grant_room(queue);
}

static inline void put_now(struct ac__queue *queue, const void *item)
{
    store(queue, item);
    queue->unfinished++;
    promise_item(queue);
}

static void queue_drop(struct ac__queue *queue)
{
    if (--queue->holders > 0)
        return;
    ac__free(queue->items);
    ac__free(queue);
}

static int wait_fail(struct wait *wait, struct ac__task *task, struct ac__thrown *error)
{
    if (wait->frame->state != 0)
        queue_drop(wait->queue);
    return ac__fail(task, error);
}

static int wait_done(struct wait *wait)
{
    if (wait->frame->state != 0)
        queue_drop(wait->queue);
    return AC__DONE;
}

static struct ac__task *wait_cancel(struct ac__wait *base)
{
    struct wait *wait = container_of(base, struct wait, waiter.wait);
    ac__dequeue(wait->waiters, &wait->waiter);
    ac__make_ready(base->task);
    return NULL;
}

static int wait_in(struct wait *wait, struct ac__task *task, struct ac__waiter **waiters)
{
    if (wait->frame->state == 0)
        wait->queue->holders++;
    wait->waiters = waiters;
    wait->waiter.wait.cancel = wait_cancel;
    ac__enqueue(waiters, &wait->waiter);
    return ac__suspend(task, wait->frame, WAITS, &wait->waiter.wait);
}

/* Begins any step of a wait. AC__DONE: go on; `promise` has been given up, so it must be used. For who joins,
 * promises are not counted: null. */
static int wait_step(struct wait *wait, struct ac__frame *frame, struct ac__task *task, size_t *promises,
                     void (*pass_on)(struct ac__queue *queue))
{
    struct ac__queue *queue = wait->queue;
    bool is_promised = frame->state == PROMISED && promises;
    wait->frame = frame; /* not before: a coroutine that has not begun may move */
    if (is_promised)
        --*promises;
    if (frame->state != 0 && ac__interrupted(task)) {
        if (is_promised)
            pass_on(queue);
        return wait_fail(wait, task, ac__error_make(ECANCELED, NULL));
    }
    if (queue->is_freed)
        return wait_fail(wait, task, ac__error_make(AC_EBROKEN, "the queue was freed while it was waited for"));
    return AC__DONE;
}

/* It need not wait, but others are to run first? Then what it is about to get is promised to it. */
static int wait_give_way(struct wait *wait, struct ac__task *task, size_t *promises)
{
    if (wait->frame->state != 0 || !ac__share_is_over())
        return AC__DONE;
    wait->queue->holders++;
    if (promises)
        ++*promises;
    return ac__yield_at(task, wait->frame, PROMISED);
}

static int wait_closed(struct wait *wait, struct ac__task *task)
{
    if (wait->frame->state == 0 && ac__share_is_over()) { /* a task that never asks whether it is closed */
        wait->queue->holders++;
        return ac__yield_at(task, wait->frame, WOKEN);
    }
    return wait_fail(wait, task, ac__error_make(AC_ECLOSED, "the queue is closed"));
}

/* ---- not waiting --------------------------------------------------------------------------------------- */

/* Whether `callee` was called to be awaited at once, there is room for a frame with a result of `size` bytes
 * (never under the address sanitizer), and the task need not give way. */
static inline bool is_at_once(const void *callee, size_t size)
{
    return likely(ac__is_at_once(callee, sizeof(struct ac__frame) + size, 8, false)) && likely(ac__thread.budget);
}

/* The frame of what is over then. */
static inline struct ac__frame *over_frame(size_t size)
{
    struct ac__frame *frame;
    ac__thread.budget--;
    frame = ac__frame_begin(ac__thread.task, (sizeof *frame + size + 7) & ~(size_t)7, 8);
    frame->storage = AC__BEGUN + AC__DONE;
    return frame;
}

/* An item of a quick queue. */
static inline void copy_word(void *into, const void *from, size_t size)
{
    if (size == sizeof(uint64_t))
        memcpy(into, from, sizeof(uint64_t));
    else
        memcpy(into, from, sizeof(uint32_t));
}

/* ---- getting ------------------------------------------------------------------------------------------- */

static int get_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct wait *wait = ac__body(frame);
    struct ac__queue *queue = wait->queue;
    int status = wait_step(wait, frame, task, &queue->promised, promise_item);
    if (status != AC__DONE)
        return status;
    if (has_item(queue)) {
        status = wait_give_way(wait, task, &queue->promised);
        if (status != AC__DONE)
            return status;
        status = wait_done(wait); /* the queue stays: it has the program's hold, or is marked as freed */
        get_now(queue, ac__result_of(frame));
        return status;
    }
    return queue->is_closed ? wait_closed(wait, task) : wait_in(wait, task, &queue->getters);
}

static const struct ac__function get_function = AC__GENERIC("ac_queue_get", get_resume, NULL);

static __attribute__((noinline)) struct ac__frame *get_slowly(struct ac__queue *queue)
{
    struct ac__frame *frame;
    if (!queue)
        return ac__frame_none();
    if (has_item(queue) && !queue->is_freed && queue->alignment <= _Alignof(struct ac__frame)
        && is_at_once((const void *)ac__queue_get, queue->size)) {
        frame = over_frame(queue->size);
        get_now(queue, frame + 1);
        return frame;
    }
    frame = (struct ac__frame *)ac__generic_new(&get_function, (const void *)ac__queue_get, queue->size,
                                                queue->alignment, sizeof(struct wait));
    if (frame)
        ((struct wait *)ac__body(frame))->queue = queue;
    return frame;
}

static __attribute__((noinline)) struct ac__frame *got(struct ac__queue *queue, struct ac__frame *frame)
{
    grant_room(queue);
    return frame;
}

struct ac__frame *ac__queue_get(struct ac__queue *queue)
{
    struct ac__frame *frame;
    if (!queue || !queue->is_quick || !has_item(queue) || !is_at_once((const void *)ac__queue_get, sizeof(uint64_t)))
        return get_slowly(queue);
    frame = over_frame(sizeof(uint64_t));
    copy_word(frame + 1, remove_place(queue), queue->size);
    return likely(!queue->putters) ? frame : got(queue, frame);
}

/* The step of `async for`: a get that says whether there was an item. */
struct next {
    struct ac__frame base;
    bool has_item; /* the result */
    struct wait wait;
    void *item;
};

static int next_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct next *next = (struct next *)frame;
    struct ac__queue *queue = next->wait.queue;
    int status = wait_step(&next->wait, frame, task, &queue->promised, promise_item);
    if (status != AC__DONE)
        return status;
    next->has_item = has_item(queue);
    if (!next->has_item && !queue->is_closed)
        return wait_in(&next->wait, task, &queue->getters);
    if (next->has_item) {
        status = wait_give_way(&next->wait, task, &queue->promised);
        if (status != AC__DONE)
            return status;
        get_now(queue, next->item);
    }
    return wait_done(&next->wait);
}

static const struct ac__function next_function = {.resume = next_resume,
                                                  .name = "async for",
                                                  .size = sizeof(struct next),
                                                  .alignment = _Alignof(struct next),
                                                  .result_offset = offsetof(struct next, has_item),
                                                  .result_size = sizeof(bool)};

ac_coro(bool) ac__queue_anext(struct ac__queue *queue, void *item)
{
    struct next *next;
    if (!queue)
        return (ac_coro(bool))ac__frame_none();
    if (has_item(queue) && !queue->is_freed && is_at_once((const void *)ac__queue_anext, sizeof(bool))) {
        next = (struct next *)over_frame(sizeof(bool));
        next->has_item = true;
        get_now(queue, item);
        return (ac_coro(bool))next;
    }
    next = (struct next *)ac__frame_new(&next_function, (const void *)ac__queue_anext);
    if (next) {
        next->wait.queue = queue;
        next->item = item;
    }
    return (ac_coro(bool))next;
}

bool ac__queue_try_get(struct ac__queue *queue, void *item)
{
    if (!queue || !has_item(queue))
        return false;
    get_now(queue, item);
    return true;
}

/* ---- putting ------------------------------------------------------------------------------------------- */

struct put {
    struct ac__frame base;
    struct wait wait;
    char item[];
};

static int put_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct put *put = (struct put *)frame;
    struct ac__queue *queue = put->wait.queue;
    int status = wait_step(&put->wait, frame, task, &queue->granted, grant_room);
    if (status != AC__DONE)
        return status;
    if (queue->is_closed)
        return wait_closed(&put->wait, task);
    if (!has_room(queue))
        return wait_in(&put->wait, task, &queue->putters);
    status = wait_give_way(&put->wait, task, &queue->granted);
    if (status != AC__DONE)
        return status;
    if (!reserve(queue)) {
        grant_room(queue); /* what was granted to it */
        return wait_fail(&put->wait, task, ac__out_of_memory());
    }
    put_now(queue, put->item);
    return wait_done(&put->wait);
}

static const struct ac__function put_function = {
    .resume = put_resume, .name = "ac_queue_put", .size = sizeof(struct put), .alignment = _Alignof(struct put)};

/* Whether nobody has to wait, and nothing to grow. */
static inline bool has_place(const struct ac__queue *queue)
{
    return queue->count + queue->granted < queue->allocated;
}

static __attribute__((noinline)) struct ac__frame *put_slowly(struct ac__queue *queue, const void *item)
{
    struct ac__frame *frame;
    if (!queue)
        return ac__frame_none();
    if (has_place(queue) && !queue->is_closed && is_at_once((const void *)ac__queue_put, 0)) {
        frame = over_frame(0);
        put_now(queue, item);
        return frame;
    }
    frame = ac__frame_new_sized(&put_function, (const void *)ac__queue_put, sizeof(struct put) + queue->size);
    if (frame) {
        ((struct put *)frame)->wait.queue = queue;
        memcpy(((struct put *)frame)->item, item, queue->size);
    }
    return frame;
}

static __attribute__((noinline)) struct ac__frame *been_put(struct ac__queue *queue, struct ac__frame *frame)
{
    promise_item(queue);
    return frame;
}

ac_coro(void) ac__queue_put(struct ac__queue *queue, const void *item)
{
    struct ac__frame *frame;
    if (!queue || !queue->is_quick || !has_place(queue) || !is_at_once((const void *)ac__queue_put, 0))
        return (ac_coro(void))put_slowly(queue, item);
    frame = over_frame(0);
    copy_word(add_place(queue), item, queue->size);
    queue->unfinished++;
    return (ac_coro(void))(likely(!queue->getters) ? frame : been_put(queue, frame));
}

bool ac__queue_try_put(struct ac__queue *queue, const void *item)
{
    if (!queue || queue->is_closed || !has_room(queue) || !reserve(queue))
        return false;
    put_now(queue, item);
    return true;
}

/* ---- joining ------------------------------------------------------------------------------------------- */

struct join {
    struct ac__frame base;
    struct wait wait;
};

static int join_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct join *join = (struct join *)frame;
    struct ac__queue *queue = join->wait.queue;
    int status = wait_step(&join->wait, frame, task, NULL, NULL);
    if (status != AC__DONE)
        return status;
    if (queue->unfinished && frame->state != PROMISED)
        return wait_in(&join->wait, task, &queue->joiners);
    status = wait_give_way(&join->wait, task, NULL);
    return status == AC__DONE ? wait_done(&join->wait) : status;
}

static const struct ac__function join_function = {
    .resume = join_resume, .name = "ac_queue_join", .size = sizeof(struct join), .alignment = _Alignof(struct join)};

ac_coro(void) ac__queue_join(struct ac__queue *queue)
{
    struct join *join;
    if (!queue)
        return (ac_coro(void))ac__frame_none();
    join = (struct join *)ac__frame_new(&join_function, (const void *)ac__queue_join);
    if (join)
        join->wait.queue = queue;
    return (ac_coro(void))join;
}

bool ac__queue_task_done(struct ac__queue *queue)
{
    if (!queue || queue->unfinished == 0) {
        fputs("ac: ac_queue_task_done more often than items were put\n", stderr);
        return false;
    }
    if (--queue->unfinished == 0)
        wake_all(&queue->joiners, PROMISED); /* whatever is put in before they run */
    return true;
}

/* ---- the queue as a whole ------------------------------------------------------------------------------ */

static void set_layout(struct ac__queue *queue, size_t size, size_t alignment)
{
    size_t unit = alignment < 8 ? 8 : alignment;
    queue->size = size;
    queue->alignment = alignment;
    queue->stride = size ? size : 1; /* an empty structure (GNU C) has no size */
    if (queue->order == AC_PRIORITY)
        queue->stride = (number_offset(queue) + sizeof(uint64_t) + unit - 1) / unit * unit;
}

struct ac__queue *ac__queue_new(size_t size, size_t alignment, const struct ac_queue_options *options)
{
    struct ac__queue *queue;
    if (options->order == AC_PRIORITY && !options->compare)
        ac__die("ac_queue_new: a queue in order of priority needs .compare");
    queue = ac__allocate(sizeof *queue);
    if (!queue)
        return NULL;
    *queue = (struct ac__queue){.capacity = options->capacity, .order = options->order, .compare = options->compare};
    queue->holders = 1;
    queue->is_quick = options->order != AC_PRIORITY && (size == sizeof(uint64_t) || size == sizeof(uint32_t))
                      && alignment <= _Alignof(struct ac__frame);
    set_layout(queue, size, alignment);
    if (queue->capacity && queue->capacity <= AT_ONCE / queue->stride && !grow(queue, queue->capacity)) {
        ac__free(queue);
        return NULL;
    }
    return queue;
}

void ac__queue_close(struct ac__queue *queue)
{
    if (!queue)
        return;
    queue->is_closed = true;
    queue->is_quick = false;
    wake_all(&queue->putters, WOKEN);
    wake_all(&queue->getters, WOKEN);
}

size_t ac__queue_len(const struct ac__queue *queue)
{
    return queue ? queue->count : 0;
}

void ac__queue_free(struct ac__queue *queue)
{
    if (!queue)
        return;
    queue->is_freed = true;
    ac__queue_close(queue);
    wake_all(&queue->joiners, WOKEN);
    queue_drop(queue);
}
