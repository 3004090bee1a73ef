/* task.c: the life of a task.
 *
 * State       Who may move it on                                                                to
 * UNSTARTED   a coroutine; spawn or the loop's start makes it a task                            READY
 * READY       in the ready queue (task->next); the loop takes it from the front and runs it: then it is
 *             ac__thread.task, and its code on the C stack. Suspends at a leaf                  BLOCKED
 *             yields                                                                            READY
 *             its root frame ends                                                               FINISHED
 * BLOCKED     task->wait says on what. Who makes that happen unlinks the wait and wakes it;
 *             cancel does, too, through wait->cancel                                            READY
 * FINISHED    task->error, or the result in the root frame; the block lives as long as a handle does
 *
 * The union of error, wait and next follows the state: no other member is valid; error only once there is one.
 *
 * Handles. `handles` counts those of the program plus one that the runtime holds until the task is finished.
 * The block is freed with the last one; an error that nobody retrieved is reported then. A scoped child
 * (scoped.c) belongs to its block, which ends it; its handles are not counted. */
#include "joining.h"
#include "observe.h"
#include "storage.h"

#include <stdlib.h>

enum { MOST_HANDLES = (1 << 22) - 2 }; /* the runtime may hold one more for a step */

struct shared_failure {
    struct ac__task task;
    struct ac__frame root;
};

static int never_resumed(struct ac__frame *frame, struct ac__task *task)
{
    (void)frame, (void)task;
    return AC__FAILED;
}

static const struct ac__function failure_function = {.resume = never_resumed, .name = "ac__failure"};

/* What ac_spawn gives when there was no memory for the coroutine. */
static struct ac__task *shared_failure(void)
{
    static struct shared_failure failure = {
        .task = {.handles = 1, .flags = AC__SHARED | AC__OWN | AC__RETRIEVED, .state = AC__FINISHED, .status = AC__FAILED},
        .root = {.function = &failure_function, .storage = AC__STATIC},
    };
    failure.task.error = ac__out_of_memory();
    return &failure.task;
}

static struct ac__extra *extra_of(struct ac__task *task)
{
    size_t locals_size = ac__thread.loop ? ac__thread.loop->locals_size : 0;
    struct ac__extra *extra;
    if (task->flags & AC__HAS_EXTRA)
        return task->extra;
    extra = task->flags & AC__SHARED ? NULL : ac__allocate(sizeof *extra + locals_size);
    if (!extra)
        return NULL;
    *extra = (struct ac__extra){.joiners = task->joiners};
    task->extra = extra;
    ac__flag(task, AC__HAS_EXTRA);
    return extra;
}

static bool is_coroutine(struct ac__frame *frame)
{
    return frame->storage == AC__STANDALONE && frame->state == 0 && ac__state(ac__task_of(frame)) == AC__UNSTARTED;
}

/* Gives it what it has from its parent. False if there is no memory. */
static bool inherit(struct ac__loop *loop, struct ac__task *task)
{
    if (!extra_of(task))
        return false;
    ac__locals_inherit(loop, task);
    return true;
}

/* Puts a task that has all it needs into the ready queue. */
static inline struct ac__task *begin(struct ac__task *task, const char *origin)
{
    struct ac__loop *loop = ac__thread.loop;
    task->innermost = ac__root(task);
    ac__root(task)->origin = origin;
    task->counts = 2 * AC__HANDLE;
    task->saved_errno = 0;
    task->numbers = ac__numbers(++loop->begun);
    ac__queue_ready(task);
    return task;
}

struct ac__task *ac__task_begin(struct ac__task *task, const char *origin)
{
    struct ac__loop *loop = ac__thread.loop;
    task->joiners = NULL;
    if (unlikely(loop->locals_size) && !inherit(loop, task)) {
        ac__coro_close(ac__root(task));
        return shared_failure();
    }
    if (ac__thread.task && ac__is_undoing(ac__thread.task))
        ac__undo_begin(task); /* it has no other business */
    return begin(task, origin);
}

static __attribute__((noinline)) struct ac__task *start_slowly(struct ac__frame *coroutine,
                                                               const char *origin)
{
    struct ac__task *task;
    (void)ac__loop();
    if (!coroutine)
        return shared_failure();
    if (!is_coroutine(coroutine))
        ac__debug_die_consumed(coroutine);
    task = ac__block_settle(ac__task_of(coroutine));
    if (!task) {
        ac__coro_close(coroutine);
        return shared_failure();
    }
    return ac__task_begin(task, origin);
}

/* Whether a coroutine needs nothing but to be put into the ready queue. Its block tells its heap as long as it is
 * no task. */
static inline bool is_prepared(struct ac__frame *coroutine)
{
    const struct ac__task *spawner = ac__thread.task;
    if (unlikely(!coroutine) || unlikely(!spawner) || unlikely(spawner->flags >= AC__FORKED)) /* or it is undoing */
        return false;
    return likely(coroutine->storage == AC__STANDALONE && coroutine->state == 0)
           && likely(ac__task_of(coroutine)->heap == ac__own_heap) && likely(!ac__thread.loop->locals_size);
}

struct ac__task *ac__spawn(struct ac__frame *coroutine, const char *origin)
{
    if (!is_prepared(coroutine))
        return start_slowly(coroutine, origin);
    ac__task_of(coroutine)->joiners = NULL;
    return begin(ac__task_of(coroutine), origin);
}

struct ac__task *ac__task_start(struct ac__frame *coroutine)
{
    return ac__spawn(coroutine, NULL);
}

static void report(struct ac__task *task)
{
    ac__flag(task, AC__RETRIEVED);
    ac__error_print(task->error, stderr);
    if (task->flags & AC__HAS_EXTRA && task->extra->is_named)
        fprintf(stderr, "  in task '%s'\n", task->extra->name);
}

void ac__task_end(struct ac__task *task)
{
    if (unlikely(task->status == AC__FAILED)) {
        if (!(task->flags & AC__RETRIEVED))
            report(task);
        ac__thrown_free(task->error);
    }
    if (unlikely(task->flags & AC__HAS_EXTRA))
        ac__free(task->extra);
    ac__block_free(task);
}

/* A task that ends while a request is still to be delivered ends cancelled. */
static int deliver_late(struct ac__task *task, int status)
{
    if (status != AC__DONE || !(task->flags & AC__CANCEL))
        return status;
    return ac__fail_code(task, ECANCELED);
}

/* It has failed, or leaves something behind: gives the status it ends with. */
static __attribute__((noinline)) int clear_up(struct ac__task *task, int status)
{
    status = deliver_late(task, status);
    if (status == AC__FAILED && ac__thrown_code(task->error) == ECANCELED)
        ac__flag(task, AC__CANCELLED | AC__RETRIEVED); /* a cancellation is never reported */
    if (status == AC__FAILED)
        ac__thrown_leaves(task->error);
    ac__unflag(task, AC__CANCEL | AC__CANCEL_LATER);
    ac__stack_free(task);
    return status;
}

static inline void note_end(struct ac__task *task)
{
    task->state = AC__FINISHED;
    task->finished_at = ac__thread.loop->finished++;
}

/* Tells the only one who waits for it; gives up the runtime's own handle. */
static __attribute__((noinline)) struct ac__waiter *tell_only(struct ac__task *task)
{
    struct ac__waiter *waiter = task->joiners;
    task->joiners = NULL;
    waiter->next = NULL;
    ac__notify(waiter);
    ac__task_drop(task);
    return NULL;
}

/* Tells all who wait for it that it has ended, and gives up the runtime's own handle. */
static __attribute__((noinline)) struct ac__waiter *tell_all(struct ac__task *task)
{
    struct ac__waiter *waiter, **queue = ac__joiners(task);
    /* Watchers run here, but no code of the program's: nothing can join in while the queue is emptied. */
    while ((waiter = ac__dequeue_first(queue))) {
        if (likely(task->status == AC__DONE))
            (void)ac__join_settle(waiter);
        ac__notify(waiter);
    }
    if (task->flags & AC__SCOPED)
        return NULL;
    ac__check_handle(task); /* it may have been consumed twice just now */
    if (ac__handle_is_last(task))
        ac__task_end(task);
    return NULL;
}

static __attribute__((noinline)) struct ac__waiter *finish_slowly(struct ac__task *task, int status)
{
    (void)ac__loop();
    if (status != AC__DONE || task->flags & (AC__CANCEL | AC__CANCEL_LATER | AC__ON_CHUNK))
        status = clear_up(task, status);
    task->status = (unsigned char)status;
    note_end(task);
    if (unlikely(ac__is_debug))
        ac__debug_ended(task);
    return tell_all(task);
}

/* Whether a task ends with more to do than to tell one who waits. Only one in a block of its own may be debugged. */
static inline bool ends_oddly(const struct ac__task *task, int status)
{
    enum { ODD = AC__CANCEL | AC__CANCEL_LATER | AC__ON_CHUNK | AC__HAS_EXTRA | AC__SCOPED | AC__FORKED };
    if (unlikely(status != AC__DONE))
        return true;
    return unlikely(task->flags & (ODD | AC__OWN)) && (task->flags & ODD || ac__is_debug);
}

/* Whether this task, which can go on now, is the first of all. */
static inline bool is_next(const struct ac__task *task)
{
    return !ac__thread.ready && likely(!(task->flags & AC__CANCEL));
}

/* Out of line: the usual end calls nothing. */
static __attribute__((noinline)) struct ac__waiter *drop_last(struct ac__task *task, struct ac__waiter *next)
{
    ac__task_drop(task);
    return next;
}

struct ac__waiter *ac__task_finish(struct ac__task *task, int status)
{
    struct ac__waiter *only = task->joiners, *next = NULL;
    if (unlikely(ends_oddly(task, status)))
        return finish_slowly(task, status);
    note_end(task);
    if (only) {
        if (unlikely(only->next != only))
            return tell_all(task);
        if (!ac__join_settle(only))
            return tell_only(task);
        task->joiners = NULL;
        only->next = NULL;
        if (is_next(only->wait.task)) {
            only->wait.task->state = AC__READY;
            next = only;
        } else {
            ac__queue_ready(only->wait.task);
        }
    }
    if (unlikely(task->handles <= 1))
        return drop_last(task, next);
    task->counts -= AC__HANDLE;
    return next;
}

static __attribute__((noinline)) void drop_slowly(struct ac__task *task)
{
    if (task->flags & (AC__SHARED | AC__SCOPED))
        return;
    ac__check_handle(task);
    if (ac__handle_is_last(task))
        ac__task_end(task);
}

/* A handle has been given up, and there are others, or counts of requests. */
static __attribute__((noinline)) void end_without_handles(struct ac__task *task)
{
    if (task->handles == 0)
        ac__task_end(task);
}

void ac__task_drop(struct ac__task *task)
{
    enum { ODD = AC__SHARED | AC__SCOPED | AC__HAS_EXTRA | AC__OWN };
    if (unlikely(task->flags & ODD) || unlikely(task->status == AC__FAILED)) {
        drop_slowly(task);
        return;
    }
    task->counts -= AC__HANDLE;
    if (likely(task->counts == 0))
        ac__piece_give_back(task);
    else
        end_without_handles(task);
}

struct ac__thrown *ac__task_take_error(struct ac__task *task, bool consumes)
{
    struct ac__thrown *error = task->error;
    if (task->status != AC__FAILED)
        return NULL;
    ac__flag(task, AC__RETRIEVED);
    if (!consumes || task->handles > 1 || task->flags & (AC__SHARED | AC__SCOPED))
        return ac__error_copy(error);
    task->status = AC__SUSPENDED; /* its last handle is being consumed: nobody will look at it again */
    return error;
}

/* ---- at the end of the loop ---------------------------------------------------------------------------- */

/* A handle is good until its loop ends. What is still held then is reported and freed here. */
static void free_held(struct ac__task *task, void *context)
{
    if (task == context)
        return;
    if (unlikely(ac__is_debug))
        ac__debug_held(task);
    ac__task_end(task);
}

void ac__tasks_free(struct ac__task *but)
{
    ac__blocks_visit(free_held, but);
}

/* ---- what programs call -------------------------------------------------------------------------------- */

void ac__detach(struct ac__task *task)
{
    ac__check_consumed(task);
    if (task->flags & AC__SHARED)
        report(task);
    ac__task_drop(task);
}

struct ac__task *ac__ref(struct ac__task *task)
{
    ac__check_handle(task);
    if (task->flags & (AC__SHARED | AC__SCOPED))
        return task;
    if (unlikely(task->handles == MOST_HANDLES))
        ac__die("too many handles of one task: %u", MOST_HANDLES);
    task->handles++;
    return task;
}

const void *ac__task_result(struct ac__task *task)
{
    char buffer[32];
    if (ac__state(task) != AC__FINISHED)
        ac__die("ac_result of %s, which is not finished", ac__task_name(task, buffer));
    if (task->status == AC__FAILED)
        ac__die("ac_result of %s, which has failed: %s", ac__task_name(task, buffer),
                ac__thrown_error(task->error)->message);
    return ac__result_of(ac__root(task));
}

const ac_error *ac__task_exception(struct ac__task *task)
{
    if (ac__state(task) != AC__FINISHED || task->status != AC__FAILED)
        return NULL;
    ac__flag(task, AC__RETRIEVED);
    return ac__thrown_error(task->error);
}

ac_task(void) ac_current(void)
{
    return (ac_task(void))ac__thread.task;
}

bool ac__set_name(struct ac__task *task, const char *format, ...)
{
    struct ac__extra *extra;
    va_list arguments;
    ac__check_handle(task);
    extra = extra_of(task);
    if (!extra)
        return false;
    va_start(arguments, format);
    if (vsnprintf(extra->name, sizeof extra->name, format, arguments) >= (int)sizeof extra->name)
        ac__cut_at_character(extra->name);
    va_end(arguments);
    return extra->is_named = true;
}

const char *ac__name(struct ac__task *task)
{
    struct ac__extra *extra;
    ac__check_handle(task);
    extra = extra_of(task);
    if (!extra)
        return "Task-?";
    if (!extra->is_named)
        snprintf(extra->name, sizeof extra->name, "Task-%u", task->number);
    return extra->name;
}

const char *ac__task_name(struct ac__task *task, char buffer[static 32])
{
    if (task->flags & AC__HAS_EXTRA && task->extra->is_named)
        return task->extra->name;
    snprintf(buffer, 32, "Task-%u", task->number);
    return buffer;
}

struct listing {
    ac_task(void) *into;
    size_t count, capacity;
};

static void list_one(struct ac__task *task, void *context)
{
    struct listing *listing = context;
    if (ac__state(task) == AC__FINISHED)
        return;
    if (listing->count < listing->capacity)
        listing->into[listing->count] = (ac_task(void))task;
    listing->count++;
}

static unsigned number_of(const void *item)
{
    ac_task(void) handle = *(const ac_task(void) *)item;
    return ((struct ac__task *)handle)->number;
}

static int by_number(const void *left, const void *right)
{
    unsigned a = number_of(left), b = number_of(right);
    return (a > b) - (a < b);
}

size_t ac_all(ac_task(void) *tasks, size_t capacity)
{
    struct listing listing = {tasks, 0, tasks ? capacity : 0};
    ac__blocks_visit(list_one, &listing);
    if (listing.capacity)
        qsort(tasks, listing.count < capacity ? listing.count : capacity, sizeof *tasks, by_number);
    return listing.count;
}

ac_task(void) *ac__all_sorted(size_t *count)
{
    size_t capacity = ac__live(ac__thread.loop);
    ac_task(void) *all = ac__allocate((capacity + 1) * sizeof *all);
    *count = all ? ac_all(all, capacity) : 0;
    return all;
}
