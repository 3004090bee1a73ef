/* core.h: what nearly every file of the runtime shares: tasks, the loop, errors, requests to cancel,
 * suspending. Sections stand in the order of the files that define them; a file calls only what
 * stands above it (loop.c, which drives everything, is called back through the two functions of its
 * own). What fewer files share stands in system.h (below this), storage.h, events.h, joining.h,
 * observe.h and descriptor.h (above it).
 *
 * Names: ac_ public, ac__ shared inside the runtime or with lowered code, bare for static. */
#ifndef AC_CORE_H
#define AC_CORE_H

#include "system.h"

/* ---- wait queues: circular lists of waiters, the owner points to the first ----------------------------- */

static inline void ac__enqueue(struct ac__waiter **queue, struct ac__waiter *waiter)
{
    struct ac__waiter *first = *queue;
    if (first) {
        struct ac__waiter *last = first->previous;
        waiter->next = first;
        waiter->previous = last;
        last->next = first->previous = waiter;
    } else {
        *queue = waiter->next = waiter->previous = waiter;
    }
}

static inline void ac__dequeue(struct ac__waiter **queue, struct ac__waiter *waiter)
{
    waiter->next->previous = waiter->previous;
    waiter->previous->next = waiter->next;
    if (*queue == waiter)
        *queue = waiter->next == waiter ? NULL : waiter->next;
    waiter->next = waiter->previous = NULL;
}

/* Takes out the first; null: there is none. */
static inline struct ac__waiter *ac__dequeue_first(struct ac__waiter **queue)
{
    struct ac__waiter *first = *queue, *second;
    if (!first)
        return NULL;
    second = first->next;
    if (second == first) {
        *queue = NULL;
    } else {
        second->previous = first->previous;
        second->previous->next = second;
        *queue = second;
    }
    first->next = NULL; /* in no queue any more */
    return first;
}

/* Most of what is copied is a number or a pointer. */
static inline void ac__copy(void *into, const void *from, size_t size)
{
    if (size == sizeof(uint64_t))
        memcpy(into, from, sizeof(uint64_t));
    else if (size == sizeof(uint32_t))
        memcpy(into, from, sizeof(uint32_t));
    else
        memcpy(into, from, size);
}

struct ac__extra;
struct ac__mailbox;
struct ac__descriptor;

/* ---- flags of tasks (states: abi.h; what they mean: task.c) ------------------------------------------------ */

enum {
    AC__CANCEL = 1 << 0,       /* ECANCELED is to be thrown where it stands, or where it next suspends */
    AC__CANCEL_LATER = 1 << 1, /* a limit expired while it was ready: thrown where it next suspends */
    AC__RUN_AT_ONCE = 1 << 2,  /* `innermost` has not started for want of C stack: the loop goes on with it */
    AC__CANCELLED = 1 << 3,    /* finished by ECANCELED */
    AC__RETRIEVED = 1 << 4,    /* somebody saw its error, or it was reported */
    AC__HAS_EXTRA = 1 << 5,    /* `extra`, not `joiners` */
    AC__ON_CHUNK = 1 << 6,    /* the bump stack has left the room behind the root frame */
    AC__SHARED = 1 << 7,      /* the one failed task for want of memory: never freed, never counted */
    AC__LEFT_OVER = 1 << 8,   /* cancelled because the main task ended */
    AC__OWN = 1 << 9,         /* the block is a malloc of its own; else a piece of a slab (block.c) */
    AC__SCOPED = 1 << 10,     /* a child of a block: every handle is borrowed (scoped.c) */
    AC__FORKED = 1 << 11,     /* runs in a child of fork, where it may not suspend; the highest of these flags */
    /* from AC__UNDOING up (abi.h): how many cleanups, one in the other, it is at */
    /* a step ends with more to do */
    AC__UNSETTLED = AC__CANCEL | AC__CANCEL_LATER | AC__RUN_AT_ONCE | AC__FORKED
};

extern bool ac__is_debug; /* AC_DEBUG=1 (debug.c) */

/* What a task's `condition` is with these flags, state and status. */
#define AC__CONDITION(flags, state, status) \
    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? (unsigned)(flags) | (unsigned)(state) << 16 | (unsigned)(status) << 24 \
                                               : (unsigned)(flags) << 16 | (unsigned)(state) << 8 | (unsigned)(status))

static inline unsigned ac__state(const struct ac__task *task)
{
    return task->state;
}

static inline void ac__flag(struct ac__task *task, unsigned flag)
{
    task->flags = (unsigned short)(task->flags | flag);
}

static inline void ac__unflag(struct ac__task *task, unsigned flag)
{
    task->flags = (unsigned short)(task->flags & ~flag);
}

static inline struct ac__frame *ac__root(struct ac__task *task)
{
    return (struct ac__frame *)(task + 1);
}

static inline struct ac__task *ac__task_of(struct ac__frame *root)
{
    return (struct ac__task *)root - 1;
}

/* One handle among the counts of a task. */
#define AC__HANDLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1u << 10 : 1u)

/* A task's number, modulo what there is room for, where it has had no requests. */
static inline unsigned ac__numbers(unsigned long number)
{
    return (unsigned)(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? number & ((1u << 27) - 1) : number << 5);
}

/* Gives up one of the handles that there are. True: it was the last. */
static inline bool ac__handle_is_last(struct ac__task *task)
{
    task->counts -= AC__HANDLE;
    return task->handles == 0;
}

/* Who awaits a frame of the task; null for its root. */
static inline struct ac__frame *ac__awaiter(struct ac__task *task, const struct ac__frame *frame)
{
    return frame == ac__root(task) ? NULL : frame->parent;
}

static inline void *ac__result_of(struct ac__frame *frame)
{
    return (char *)frame + frame->function->result_offset;
}

/* What few tasks have; the task's values of the task locals lie behind it, if the program has any. */
struct ac__extra {
    struct ac__waiter *joiners;
    bool is_named;
    char name[64];
};

/* ---- timers: an alarm (ac.h) lies in whoever waits; the heap holds pointers to it ---------------------- */

struct ac__heap_entry {
    int64_t deadline;
    uintptr_t alarm; /* the lowest bit: it is a sleep's */
};

/* A function in the ready queue: a task's header, for the queue and the state CALLBACK, and what to call. */
struct ac__callback {
    struct ac__task header;
    void (*function)(void *argument);
    void *argument;
    /* Called before the function, or in its place when the loop ends (is_dropped). */
    void (*release)(struct ac__callback *callback, bool is_dropped);
    bool keeps_place; /* in the random order, too: neither overtakes nor is overtaken */
};

/* ---- the loop ------------------------------------------------------------------------------------------ */

struct ac__loop {
    /* steps (loop.c); the ready queue is in ac__thread */
    unsigned number;                    /* in the trace */
    unsigned long seed;                 /* of the random order (AC_SEED); 0: first come, first run */
    bool is_special;                    /* AC_SEED, AC_DEBUG, AC_TRACE, task locals */
    unsigned until_poll, poll_interval; /* steps */
    int64_t polled_at;
    /* tasks (task.c) */
    struct ac__task *main;
    unsigned long begun, finished; /* tasks, so far */
    unsigned long hops;      /* how often the request under way has been handed on (join.c) */
    /* time (alarm.c) */
    int64_t now; /* ns, as last read; the virtual time */
    bool is_virtual;
    unsigned next_sequence;
    unsigned heap_count, heap_capacity;
    struct ac__heap_entry *heap; /* [1] is the first to ring of those that ring soon */
    struct ac__wheel *wheel;     /* those that ring later; made when there are many */
    struct ac__callback ringing; /* in the ready queue: goes on ringing (rings_later) */
    bool rings_later;
    /* descriptors (poll.c) */
    int epoll;
    unsigned descriptor_count;
    struct ac__descriptor *descriptors; /* by number */
    unsigned long io_waits;             /* waiters on descriptors */
    /* other threads (post.c) */
    struct ac__mailbox *mailbox;
    unsigned long future_waits; /* waiters on futures: another thread may set one */
    unsigned long threads_out;  /* calls that run on worker threads */
    /* task locals (local.c) */
    char *locals;
    size_t locals_size;
    int dump_signal; /* AC_DUMP_SIGNAL; 0: none */
    unsigned dumps_seen;
    /* signals (signal.c) */
    struct ac__signals_link *signals; /* who waits for some */
    unsigned long signals_seen;
    unsigned interrupts_seen;
    unsigned bell;        /* its place among those that the handler rings, from 1; 0: none */
    bool is_interruptible; /* Ctrl-C cancels the main task */
    bool was_interrupted;
    bool needs_bell;      /* also in a process of one thread */
    bool is_foreign;      /* driven by another event loop (foreign.c) */
    int *error_number; /* this thread's errno */
    struct ac__task **ready_start; /* this thread's ac__thread.ready */
};

/* How many tasks are not finished. */
static inline unsigned long ac__live(const struct ac__loop *loop)
{
    return loop->begun - loop->finished;
}

/* The running loop. Dies with a message outside one, and in a child of fork. */
static inline struct ac__loop *ac__loop(void)
{
    if (unlikely(!ac__thread.loop))
        ac__no_loop();
    return ac__thread.loop;
}

/* ac__queue_ready (abi.h) where perhaps no loop runs. */
static inline void ac__make_ready(struct ac__task *task)
{
    if (unlikely(!ac__thread.loop))
        ac__no_loop();
    ac__queue_ready(task);
}

/* The first of the queue, which is not empty. */
static inline struct ac__task *ac__take_ready(const struct ac__loop *loop)
{
    struct ac__task *task = ac__thread.ready;
    ac__thread.ready = task->next;
    if (!task->next)
        ac__thread.ready_end = loop->ready_start;
    return task;
}

static inline void ac__callback_queue(struct ac__callback *callback)
{
    ac__make_ready(&callback->header);
    callback->header.state = AC__CALLBACK;
    callback->header.flags = AC__CANCEL; /* tells it from a task, where a request is looked for (loop.c) */
}

/* What a waiter waited for has happened; it has been unlinked. */
static inline void ac__notify(struct ac__waiter *waiter)
{
    if (waiter->wait.task)
        ac__make_ready(waiter->wait.task);
    else
        (void)waiter->wait.cancel(&waiter->wait);
}

/* ---- error.c ------------------------------------------------------------------------------------------- */

struct ac__thrown *ac__error_make(int code, const char *format, ...) __attribute__((format(printf, 2, 3), cold));
struct ac__thrown *ac__error_make_list(int code, const char *format, va_list arguments) __attribute__((cold));
struct ac__thrown *ac__out_of_memory(void);
/* Cuts a text that did not fit so that no UTF-8 character is left in half. */
void ac__cut_at_character(char *text);
struct ac__thrown *ac__error_copy(const struct ac__thrown *thrown) __attribute__((cold));
void ac__error_print(const struct ac__thrown *thrown, FILE *file) __attribute__((cold));
/* Hangs `context` (null is fine) on the end of an error's contexts; takes it over. */
void ac__thrown_push(struct ac__thrown **error, struct ac__thrown *context);
/* An error on its way that a handler of the library's knows by what programs see of it. */
struct ac__thrown *ac__thrown_of(const ac_error *error);
struct ac__thrown *ac__thrown_context(const struct ac__thrown *thrown);
/* The requests to cancel its task that an error stands for (cancel.c). Null: it is shared, and
 * can stand for none. */
struct ac__stands_for {
    unsigned count;
    unsigned rounds; /* of which they are: a set of bits */
};
struct ac__stands_for *ac__thrown_stands_for(struct ac__thrown *thrown);
/* For ac_..._aexit, of the error that it is given: hangs a context on it, which it takes over; or says that
 * it needs not be the context of the error that is thrown in its place. */
void ac__thrown_add_context(const ac_error *error, struct ac__thrown *context);
void ac__thrown_forget(const ac_error *error);
/* Does the function stand in a program's source? The library's own have no sites, or names that
 * begin with ac__. */
bool ac__is_users(const struct ac__function *function);
/* "EINVAL", "AC_ECLOSED", or null. */
const char *ac__code_name(int code);

/* Fails a library frame: the trace begins where it is awaited. */
static inline int ac__fail(struct ac__task *task, struct ac__thrown *thrown)
{
    task->error = thrown;
    return AC__FAILED;
}
int ac__fail_code(struct ac__task *task, int code) __attribute__((cold));

/* ---- task.c -------------------------------------------------------------------------------------------- */

static inline struct ac__waiter **ac__joiners(struct ac__task *task)
{
    return unlikely(task->flags & AC__HAS_EXTRA) ? &task->extra->joiners : &task->joiners;
}
/* Makes a task of a coroutine, with one handle; null makes the shared failed task. */
struct ac__task *ac__task_start(struct ac__frame *coroutine);
/* The same of a block that has been settled. For want of memory it is closed, and the shared failed task
 * given. `origin`: where it was spawned. */
struct ac__task *ac__task_begin(struct ac__task *task, const char *origin);
/* The root frame has ended with this status. If nothing is ready, and a task waited for just this, gives its waiter:
 * the caller runs that task next, or puts it into the queue. Else null. */
struct ac__waiter *ac__task_finish(struct ac__task *task, int status);
/* ac__task_drop (abi.h) gives up a handle. */
/* Ends a finished task, whatever handles there are: reports an error that nobody retrieved,
 * frees its memory. */
void ac__task_end(struct ac__task *task);
/* The error of a finished task as a new owner gets it, who may be about to consume a handle; it counts as
 * retrieved. Null if the task succeeded. */
struct ac__thrown *ac__task_take_error(struct ac__task *task, bool consumes);
const void *ac__task_result(struct ac__task *task);
const ac_error *ac__task_exception(struct ac__task *task);

/* Reports and frees what is left at the end of the loop, all but one. */
void ac__tasks_free(struct ac__task *but);
/* The unfinished tasks in the order they were spawned, in memory the caller frees; null if there is none. */
ac_task(void) *ac__all_sorted(size_t *count);
const char *ac__task_name(struct ac__task *task, char buffer[static 32]);

/* ---- cancel.c ------------------------------------------------------------------------------------------ */

/* Asks for ECANCELED; `is_limit`: a time limit, which leaves alone what is there in time.
 * False: it was finished. */
bool ac__task_cancel(struct ac__task *task, bool is_limit);
/* The task has suspended with a request still to be delivered. */
void ac__task_deliver(struct ac__task *task);

/* The error leaves its task. */
void ac__thrown_leaves(struct ac__thrown *thrown);
/* The running task goes on as if nobody had asked. What is still to be delivered nobody can have answered. */
void ac__requests_answered(struct ac__task *task);
/* An error stands for requests that are to be delivered once more, since another is thrown in its place. */
void ac__request_again(struct ac__task *task, struct ac__thrown *thrown);

/* A scope (ac.h) of the running task begins; asks the task to end it; ends, once, with the error that
 * leaves it (null is fine). True if all others who asked have been answered: an ECANCELED is the
 * scope's own, then, if it asked. */
void ac__scope_begin(struct ac__scope *scope, struct ac__task *task);
void ac__scope_ask(struct ac__scope *scope, bool is_limit);
bool ac__scope_end(struct ac__scope *scope, struct ac__thrown *error);

/* Has a request been made that is still to be delivered? */
static inline bool ac__is_request_pending(const struct ac__task *task)
{
    return task->flags & (AC__CANCEL | AC__CANCEL_LATER);
}

/* For leaves that are resumed: was it to be cancelled? Then the leaf throws. */
static inline bool ac__interrupted(struct ac__task *task)
{
    if (likely(!(task->flags & AC__CANCEL)))
        return false;
    ac__unflag(task, AC__CANCEL);
    return true;
}

/* ---- waiting ------------------------------------------------------------------------------------------- */

/* The state of a leaf that has nothing more to do: what it waited for has been given, or it only gave
 * way. Unless the task is cancelled before it runs, the loop goes on with who awaits the leaf, and
 * does not resume the leaf itself. */
#define AC__OVER (~1u)

/* Starts a leaf whose frame lies in its caller's (ac/leaves.h). */
static inline int ac__enter(struct ac__frame *leaf, struct ac__task *task, const struct ac__function *function)
{
    leaf->function = function;
    leaf->state = 0;
    return function->resume(leaf, task);
}

/* Suspends a task at a leaf, in state `state`, until `wait` is over. */
static inline int ac__suspend(struct ac__task *task, struct ac__frame *leaf, unsigned state, struct ac__wait *wait)
{
    leaf->state = state;
    wait->task = task;
    task->wait = wait;
    task->innermost = leaf;
    task->state = AC__BLOCKED;
    return AC__SUSPENDED;
}

/* Whether a suspended task stands at an `await ac_yield()`, for which there is no leaf (ac/leaves.h). */
static inline bool ac__gives_way(const struct ac__task *task)
{
    const struct ac__frame *frame = task->innermost;
    const struct ac__site *sites = frame->function->sites;
    return sites && frame->state < AC__OVER && sites[frame->state].gives_way;
}

/* Suspends a task at a leaf and puts it at the end of the ready queue. */
static inline int ac__yield_at(struct ac__task *task, struct ac__frame *leaf, unsigned state)
{
    leaf->state = state;
    task->innermost = leaf;
    ac__queue_ready(task);
    return AC__SUSPENDED;
}

/* Waits that are ready at once, until a task has had its share (ac__share_is_over). */
enum { AC__BUDGET = 128 };

/* ---- mistake.c ----------------------------------------------------------------------------------------- */

/* Fails a leaf that has not waited, and holds nothing any more: at once, or when others have had
 * their turn. Takes over the error. */
int ac__refuse(struct ac__task *task, struct ac__frame *leaf, struct ac__thrown *error) __attribute__((cold));

/* ---- local.c ------------------------------------------------------------------------------------------- */

/* Finds the task locals of this thread: loop->locals and locals_size (0: there are none). */
void ac__locals_find(struct ac__loop *loop);
/* A new task, whose extra has room for them, gets those of whoever runs. */
void ac__locals_inherit(const struct ac__loop *loop, struct ac__task *task);
/* A task begins or ends a step. */
void ac__locals_exchange(const struct ac__loop *loop, struct ac__task *task);

#endif
