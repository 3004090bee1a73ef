/* core.h: what the files of the runtime share. Sections stand in the order of the files that define them; a file calls
 * only what stands above it (loop.c, which drives everything, is called back through the two functions of its own).
 *
 * Names: ac_ public, ac__ shared inside the runtime or with lowered code, bare for static. */
#ifndef AC_CORE_H
#define AC_CORE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <ac.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* A program may be under the thread sanitizer while this library is not compiled for it: then the sanitizer sees locks,
 * but no atomics. These say what an atomic hands over from one thread to another; nothing happens without it. */
void ac__hands_over(const void *address);
void ac__takes_over(const void *address);
/* Missing where nothing else of its file is linked: a program holds no code for what it does not use. */
#define AC__IF_LINKED __attribute__((weak))
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* ---- faults.c: what is to fail, in the test build ---------------------------------------------------------------- */

#ifdef AC_FAULTS
enum { AC__TEST_BUILD = true };
bool ac__allocation_fails(void);
/* Asked in front of each system call that may fail: true, with errno, if it is to. */
bool ac__syscall_fails(void);
/* The same for a read or write of *size bytes, which may become fewer. */
bool ac__transfer_fails(size_t *size);
/* True if a task that has suspended is to be cancelled there. */
bool ac__cancels_here(bool is_main);
/* The random order has chosen among several tasks. */
void ac__count_choice(void);
/* A mutex has been locked (1) or unlocked (-1). */
void ac__count_locked(int change);
void ac__report_locked(void);
#else
enum { AC__TEST_BUILD = false };
static inline bool ac__allocation_fails(void) { return false; }
static inline bool ac__syscall_fails(void) { return false; }
static inline bool ac__transfer_fails(size_t *size) { return (void)size, false; }
static inline bool ac__cancels_here(bool is_main) { return (void)is_main, false; }
static inline void ac__count_choice(void) { }
static inline void ac__count_locked(int change) { (void)change; }
static inline void ac__report_locked(void) { }
#endif

/* ---- reserve.c: memory for cleaning up when there is none left ---------------------------------------------------- */

/* Null if it does not have that much. */
void *ac__reserve_take(size_t size, size_t alignment);
bool ac__reserve_has(const void *piece);
size_t ac__reserve_size(const void *piece);
void ac__reserve_give_back(const void *piece); /* from any thread */

/* ---- sys.c: the seam to the system ------------------------------------------------------------------------------- */

void *ac__allocate(size_t size);
void *ac__allocate_aligned(size_t size, size_t alignment);
void *ac__reallocate(void *block, size_t size);
void ac__free(void *block);
void *ac__map(size_t size); /* fresh pages */
/* Present if the program is linked with the address sanitizer. */
extern void __asan_init(void) __attribute__((weak));
extern void __asan_poison_memory_region(const volatile void *memory, size_t size) __attribute__((weak));
extern void __asan_unpoison_memory_region(const volatile void *memory, size_t size) __attribute__((weak));
static inline bool ac__has_asan(void)
{
    return __asan_init;
}

/* Ends the process with "ac: MESSAGE" on stderr: the program broke a rule that the message names. */
_Noreturn void ac__die(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
/* A rule that must hold, in release builds too. */
#define ac__assert(condition, rule) (likely(condition) ? (void)0 : ac__die("internal error: %s", rule))

/* ---- process.c --------------------------------------------------------------------------------------------------- */

_Noreturn void ac__no_loop(void) __attribute__((cold));
void ac__watch_forks(void);
bool ac__is_forked(void); /* a child of fork, in the thread whose loop it was */
void ac__sigpipe_take(void);
void ac__sigpipe_give_back(void);
/* Lets coroutines start each other on the C stack down to a quarter of what is left of it. */
void ac__set_stack_limit(void);

/* ---- wait queues: circular lists of waiters, the owner points to the first --------------------------------------- */

static inline void ac__enqueue(struct ac__waiter **queue, struct ac__waiter *waiter)
{
    if (*queue) {
        waiter->next = *queue;
        waiter->previous = (*queue)->previous;
        waiter->previous->next = waiter;
        waiter->next->previous = waiter;
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
    second->previous = first->previous;
    second->previous->next = second;
    *queue = second == first ? NULL : second;
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

/* ---- states and flags of tasks (what they mean: task.c) ---------------------------------------------------------- */

enum {
    AC__UNSTARTED, /* a coroutine: not yet a task */
    AC__READY,
    AC__RUNNING,
    AC__BLOCKED,
    AC__FINISHED,
    AC__CONSUMED, /* freed, but kept to catch whoever uses it still (debug.c) */
    AC__CALLBACK /* no task at all but a function to call: ac_call_soon */
};

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
    AC__IN_SLAB = 1 << 9,     /* the block is a piece of a slab; else a malloc of its own (block.c) */
    AC__SCOPED = 1 << 10,     /* a child of a block: every handle is borrowed (scoped.c) */
    AC__FORKED = 1 << 11,     /* runs in a child of fork, where it may not suspend */
    /* from AC__UNDOING up (abi.h): how many cleanups, one in the other, it is at */
    AC__UNSETTLED = AC__CANCEL | AC__CANCEL_LATER | AC__RUN_AT_ONCE | AC__FORKED /* a step ends with more to do */
};

extern bool ac__is_debug; /* AC_DEBUG=1 (debug.c) */

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

/* ---- timers: an alarm (ac.h) lies in whoever waits; the heap holds pointers to it -------------------------------- */

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
};

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

struct ac__loop {
    /* steps (loop.c); the ready queue is in ac__thread */
    unsigned number;                    /* in the trace */
    unsigned long seed;                 /* of the random order (AC_SEED); 0: first come, first run */
    bool is_special;                    /* AC_SEED, AC_DEBUG, AC_TRACE, task locals */
    unsigned until_poll, poll_interval; /* steps */
    int64_t polled_at;
    /* tasks (task.c) */
    struct ac__task *main;
    unsigned long live;      /* tasks that are not finished */
    unsigned next_number;
    unsigned long finished;  /* tasks, so far */
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

/* The running loop. Dies with a message outside one, and in a child of fork. */
static inline struct ac__loop *ac__loop(void)
{
    if (unlikely(!ac__thread.loop))
        ac__no_loop();
    return ac__thread.loop;
}

/* Puts a task at the end of the ready queue of the loop that runs. */
static inline void ac__queue_ready(struct ac__task *task)
{
    task->state = AC__READY;
    task->next = NULL;
    *ac__thread.ready_end = task;
    ac__thread.ready_end = &task->next;
}

/* The same where perhaps none runs. */
static inline void ac__make_ready(struct ac__task *task)
{
    if (unlikely(!ac__thread.loop))
        ac__no_loop();
    ac__queue_ready(task);
}

static inline void ac__callback_queue(struct ac__callback *callback)
{
    ac__make_ready(&callback->header);
    callback->header.state = AC__CALLBACK;
    callback->header.flags = AC__CANCEL; /* it is told from a task by the test that finds a request (loop.c) */
}

/* What a waiter waited for has happened; it has been unlinked. */
static inline void ac__notify(struct ac__waiter *waiter)
{
    if (waiter->wait.task)
        ac__make_ready(waiter->wait.task);
    else
        (void)waiter->wait.cancel(&waiter->wait);
}

/* ---- error.c ----------------------------------------------------------------------------------------------------- */

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
/* The requests to cancel its task that an error stands for (cancel.c). Null: it is shared, and can stand for none. */
struct ac__stands_for {
    unsigned char count, round;
};
struct ac__stands_for *ac__thrown_stands_for(struct ac__thrown *thrown);
/* For ac_..._aexit, of the error that it is given: hangs a context on it, which it takes over; or says that it needs
 * not be the context of the error that is thrown in its place. */
void ac__thrown_add_context(const ac_error *error, struct ac__thrown *context);
void ac__thrown_forget(const ac_error *error);
/* Does the function stand in a program's source? The library's own have no sites, or names that begin with ac__. */
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

/* ---- slab.c: small pieces of memory ------------------------------------------------------------------------------ */

enum { AC__LARGEST_PIECE = 1024, AC__SLAB = 1 << 16, AC__PIECE_STEP = 16 };

struct ac__piece {
    struct ac__piece *next;
    uintptr_t mark;
};

struct ac__slab {
    struct ac__heap *heap;
    struct ac__slab *next, *previous; /* in the list of those of its size with room, or of free ones */
    struct ac__slab *all_next;        /* of all that the heap ever cut from its regions */
    struct ac__piece *free;
    unsigned used, cut, capacity; /* pieces handed out; cut off so far; that fit */
    unsigned size;
};

struct ac__heap {
    struct ac__slab *with_room[AC__LARGEST_PIECE / AC__PIECE_STEP + 1];
    struct ac__slab *free_slabs, *all;
    unsigned free_count;
    struct ac__region *regions;  /* the first is the one slabs are taken from */
    struct ac__piece *returned;  /* by other threads */
    struct ac__heap *next;       /* of the heaps without a thread */
};

extern __thread struct ac__heap *ac__own_heap;

static inline struct ac__slab *ac__slab_of(const void *piece)
{
    return (struct ac__slab *)((uintptr_t)piece & ~(uintptr_t)(AC__SLAB - 1));
}

static inline bool ac__piece_is_own(const void *piece)
{
    return ac__slab_of(piece)->heap == ac__own_heap;
}

void *ac__piece_take_slowly(unsigned size);
void ac__piece_give_back_slowly(struct ac__piece *piece);

/* A piece of this thread's heap, aligned to 16. Its second word must not be zero while it is in use. */
static inline void *ac__piece_take(size_t wanted)
{
    unsigned size = (unsigned)(wanted + AC__PIECE_STEP - 1) & ~(AC__PIECE_STEP - 1u);
    struct ac__slab *slab = likely(ac__own_heap) ? ac__own_heap->with_room[size / AC__PIECE_STEP] : NULL;
    struct ac__piece *piece = likely(slab) ? slab->free : NULL;
    if (unlikely(!piece) || unlikely(slab->used + 1 == slab->capacity))
        return ac__piece_take_slowly(size);
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
    if (unlikely(slab->heap != ac__own_heap) || slab->used == slab->capacity
        || (slab->used == 1 && (slab->next || slab->previous))) {
        ac__piece_give_back_slowly(piece);
        return;
    }
    piece->next = slab->free;
    slab->free = piece;
    slab->used--;
}

/* Calls `visit` for every piece of this thread's heap that is in use. It may give back the one it is called for. */
void ac__pieces_visit(void (*visit)(void *piece, void *context), void *context);
/* Gives the heap back to the system if nothing in it is in use. */
void ac__pieces_trim(void);
void ac__slabs_before_fork(void);
void ac__slabs_after_fork(void);

/* ---- block.c: the memory of coroutines and tasks ----------------------------------------------------------------- */

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
/* The block is about to become a task of this thread; it may move. Null if there is no memory. */
static inline struct ac__task *ac__block_settle(struct ac__task *block)
{
    bool is_settled = block->flags & AC__IN_SLAB && ac__piece_is_own(block);
    return likely(is_settled) ? block : ac__block_settle_slowly(block);
}
/* The same for a block that lies in the frame of another task; sets flags, top and limit. */
void ac__block_embed(struct ac__task *block);
void ac__block_free_slowly(struct ac__task *block);
static inline void ac__block_free(struct ac__task *block)
{
    if (likely(block->flags & AC__IN_SLAB))
        ac__piece_give_back(block);
    else
        ac__block_free_slowly(block);
}
/* Calls `visit` for every block that is a task of this thread. It may free the one it is called for. */
void ac__blocks_visit(void (*visit)(struct ac__task *task, void *context), void *context);

/* ---- frame.c ----------------------------------------------------------------------------------------------------- */

/* ac__frame_new for library coroutines whose size is known at run time only. */
struct ac__frame *ac__frame_new_sized(const struct ac__function *function, const void *callee, size_t size);
/* A library coroutine that cannot be made: its caller does not call what it expects after all. Null. */
static inline struct ac__frame *ac__frame_none(void)
{
    ac__thread.expected = NULL;
    return NULL;
}
/* A library coroutine with a result of any type. The result has to lie right behind the frame's head; the coroutine's
 * own data, its body, lies behind that, and as long as there is no result, `body` in its place says where. So the
 * result is written last, by ac__generic_finish. */
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

/* ---- task.c ------------------------------------------------------------------------------------------------------ */

static inline struct ac__waiter **ac__joiners(struct ac__task *task)
{
    return unlikely(task->flags & AC__HAS_EXTRA) ? &task->extra->joiners : &task->joiners;
}
/* Makes a task of a coroutine, with one handle; null makes the shared failed task. */
struct ac__task *ac__task_start(struct ac__frame *coroutine);
/* The same of a block that has been settled. For want of memory it is closed, and the shared failed task given.
 * `origin`: where it was spawned. */
struct ac__task *ac__task_begin(struct ac__task *task, const char *origin);
/* The root frame has ended with this status. */
void ac__task_finish(struct ac__task *task, int status);
/* ac__task_drop (abi.h) gives up a handle. */
/* Ends a finished task, whatever handles there are: reports an error that nobody retrieved, frees its memory. */
void ac__task_end(struct ac__task *task);
/* The error of a finished task as a new owner gets it, who may be about to consume a handle; it counts as retrieved.
 * Null if the task succeeded. */
struct ac__thrown *ac__task_take_error(struct ac__task *task, bool consumes);
const void *ac__task_result(struct ac__task *task);
const ac_error *ac__task_exception(struct ac__task *task);

/* Reports and frees what is left at the end of the loop, all but one. */
void ac__tasks_free(struct ac__task *but);
/* The unfinished tasks in the order they were spawned, in memory the caller frees; null if there is none. */
ac_task(void) *ac__all_sorted(size_t *count);
const char *ac__task_name(struct ac__task *task, char buffer[static 32]);

/* ---- cancel.c ---------------------------------------------------------------------------------------------------- */

/* Asks for ECANCELED; `is_limit`: a time limit, which leaves alone what is there in time. False: it was finished. */
bool ac__task_cancel(struct ac__task *task, bool is_limit);
/* Tells the wait of a blocked task that a request stands; gives the task that it is handed on to, if any. While that
 * lasts, task->is_asked: a request that then meets the task again has come round in a circle. */
struct ac__task *ac__task_interrupt(struct ac__task *task);
/* The task has suspended with a request still to be delivered. */
void ac__task_deliver(struct ac__task *task);

/* The error leaves its task. */
void ac__thrown_leaves(struct ac__thrown *thrown);
/* The running task goes on as if nobody had asked. What is still to be delivered nobody can have answered. */
void ac__requests_answered(struct ac__task *task);
/* An error stands for requests that are to be delivered once more, since another is thrown in its place. */
void ac__request_again(struct ac__task *task, struct ac__thrown *thrown);

/* A scope (ac.h) of the running task begins; asks the task to end it; ends, once, with the error that leaves it (null is
 * fine). True if all others who asked have been answered: an ECANCELED is the scope's own, then, if it asked. */
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

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* The state of a leaf that has nothing more to do: what it waited for has been given, or it only gave way. Unless the
 * task is cancelled before it runs, the loop goes on with who awaits the leaf, and does not resume the leaf itself. */
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

/* Suspends a task at a leaf and puts it at the end of the ready queue. */
static inline int ac__yield_at(struct ac__task *task, struct ac__frame *leaf, unsigned state)
{
    leaf->state = state;
    task->innermost = leaf;
    ac__queue_ready(task);
    return AC__SUSPENDED;
}

enum { AC__BUDGET = 128 }; /* waits that are ready at once, until a task has had its share (ac__share_is_over) */

/* ---- local.c ----------------------------------------------------------------------------------------------------- */

/* Finds the task locals of this thread: loop->locals and locals_size (0: there are none). */
void ac__locals_find(struct ac__loop *loop);
/* A new task, whose extra has room for them, gets those of whoever runs. */
void ac__locals_inherit(const struct ac__loop *loop, struct ac__task *task);
/* A task begins or ends a step. */
void ac__locals_exchange(const struct ac__loop *loop, struct ac__task *task);

/* ---- alarm.c ----------------------------------------------------------------------------------------------------- */

enum { AC__SECOND = 1000000000 };
#define AC__NEVER INT64_MAX

/* The monotonic clock, or the virtual one. */
int64_t ac__read_clock(struct ac__loop *loop);
/* False if there is no memory. */
bool ac__alarm_arm(struct ac__loop *loop, struct ac__alarm *alarm, int64_t delay, bool is_sleep);
void ac__alarm_cancel(struct ac__loop *loop, struct ac__alarm *alarm);
/* When the first alarm rings; AC__NEVER: there is none. */
int64_t ac__next_deadline(struct ac__loop *loop);
/* The first of the alarms that are due at loop->now; null: none is. */
struct ac__alarm *ac__alarm_first(struct ac__loop *loop, bool *is_sleep);
void ac__alarms_free(struct ac__loop *loop);

/* ---- timer.c ----------------------------------------------------------------------------------------------------- */

/* Seconds as ns, rounded up, clamped to 0 ... AC__NEVER. */
int64_t ac__nanoseconds(double seconds);
/* Rings everything that is due at loop->now. A limit waits until what rang before it has had its turn. */
void ac__timers_run(struct ac__loop *loop);
/* What a limit's timer does. */
void ac__limit_fire(struct ac__timer *timer);
void ac__calls_free(void);

/* ---- poll.c ------------------------------------------------------------------------------------------------------ */

/* Waits up to `timeout` ns (0: looks only; AC__NEVER) and makes ready who waited. */
void ac__poll(struct ac__loop *loop, int64_t timeout);
/* Watches a descriptor of the runtime's own for input; its events only end the wait. False with errno. */
bool ac__poll_watch(struct ac__loop *loop, int fd);
void ac__poll_free(struct ac__loop *loop);

/* ---- post.c: letters from other threads -------------------------------------------------------------------------- */

struct ac__letter {
    struct ac__letter *next;
    void (*deliver)(struct ac__letter *letter); /* called by the loop's thread */
};
/* Whether something has come that ac__mailbox_empty() has not delivered yet. */
bool ac__mailbox_has_letters(const struct ac__loop *loop);
bool ac__mailbox_open(struct ac__loop *loop);
/* From now on ac_loop_call and ac_call_threadsafe say that no loop runs. */
void ac__mailbox_refuse_calls(struct ac__loop *loop);
void ac__mailbox_close(struct ac__loop *loop);
struct ac__mailbox *ac__mailbox_hold(struct ac__mailbox *mailbox);
void ac__mailbox_drop(struct ac__mailbox *mailbox);
/* False if the loop is gone. */
bool ac__mailbox_send(struct ac__mailbox *mailbox, struct ac__letter *letter);
bool ac__mailbox_is_closed(struct ac__mailbox *mailbox);
/* Does the program hold it (ac_loop_ref), so that another thread may call? */
bool ac__mailbox_is_referred_to(const struct ac__mailbox *mailbox);
bool ac__has_other_threads(void);
/* Delivers what has come; true if anything had. */
bool ac__mailbox_empty(struct ac__loop *loop);
/* Makes sure that letters end a wait in ac__poll. False, with errno, if there is no descriptor for that. */
bool ac__mailbox_listen(struct ac__loop *loop);
/* The loop for which this thread, which has none, works: ac_call_threadsafe goes there. Null: none. */
void ac__mailbox_set_home(struct ac__mailbox *mailbox);
int ac__mailbox_event(const struct ac__mailbox *mailbox); /* the bell's eventfd; -1: none yet */
/* Takes back that it was rung. */
void ac__mailbox_silence(struct ac__mailbox *mailbox);
void ac__mailboxes_before_fork(void);
void ac__mailboxes_after_fork(bool is_child);

/* ---- future.c ---------------------------------------------------------------------------------------------------- */

struct ac__waiter **ac__future_waiters(struct ac__future *future);
/* The running loop is the one in which it is awaited. */
void ac__future_bind(struct ac__future *future);
bool ac__future_done(const struct ac__future *future);
/* Null if it has a value. */
const struct ac__thrown *ac__future_error(const struct ac__future *future);
void *ac__future_value(struct ac__future *future);
bool ac__future_cancel(struct ac__future *future);
const void *ac__future_result(struct ac__future *future);
const ac_error *ac__future_exception(struct ac__future *future);
unsigned long ac__future_done_at(const struct ac__future *future);
void ac__future_hold(struct ac__future *future);
void ac__future_drop(struct ac__future *future);

/* ---- join.c: waiting for whatever a handle stands for ------------------------------------------------------------ */

/* Is the task or future done? */
bool ac__target_done(void *target, unsigned kind);
/* The error of a target that is done, as a new owner gets it, who may be about to consume a handle; null if it
 * succeeded. */
struct ac__thrown *ac__target_take_error_slowly(void *target, unsigned kind, bool consumes);
static inline struct ac__thrown *ac__target_take_error(void *target, unsigned kind, bool consumes)
{
    bool has_none = kind == AC__KIND_TASK && ((struct ac__task *)target)->status != AC__FAILED;
    return likely(has_none && !ac__is_debug) ? NULL : ac__target_take_error_slowly(target, kind, consumes);
}
static inline const void *ac__target_value(void *target, unsigned kind)
{
    return likely(kind == AC__KIND_TASK) ? ac__result_of(ac__root(target)) : ac__future_value(target);
}
/* Of one that is done: has it failed (or been cancelled)? Of two of a kind, which was done first? */
bool ac__target_failed(void *target, unsigned kind);
unsigned long ac__target_done_at(void *target, unsigned kind);
struct ac__waiter **ac__target_queue(void *target, unsigned kind);
/* Gives up the handle of a task, but not of the running one; closes a coroutine; leaves a future alone. */
void ac__target_drop(void *target, unsigned kind);
struct ac__task *ac__join_cancel(struct ac__wait *wait);
/* A join that is started like a coroutine. */
void ac__join_init(struct ac__join *join, void *target, unsigned kind);
/* Notes in a join that the task it waits for has succeeded, so there is nothing more to do. Other waiters stay. */
static inline void ac__join_settle(struct ac__waiter *waiter)
{
    if (waiter->wait.cancel == ac__join_cancel)
        container_of(waiter, struct ac__join, waiter)->base.state = AC__OVER;
}
/* EDEADLK, for a task that is to wait for itself; its handle is kept. */
struct ac__thrown *ac__awaits_itself(void);
/* Puts a waiter in the queue of a task or future that is not done; takes it out, also after it has happened. */
void ac__target_watch(void *target, unsigned kind, struct ac__waiter *waiter);
void ac__target_unwatch(void *target, unsigned kind, struct ac__waiter *waiter);

/* What an await of a task waits for; null if the frame is something else. */
struct ac__task *ac__awaited_task(const struct ac__frame *frame);

/* ---- combine.c --------------------------------------------------------------------------------------------------- */

/* The task that waits for its children, of which this waiter watches one; null if the waiter is something else. */
struct ac__task *ac__family_of(const struct ac__waiter *waiter) AC__IF_LINKED;

/* ---- wait.c ------------------------------------------------------------------------------------------------------ */

/* The same for what ac_wait and ac_as_completed watch. */
struct ac__task *ac__watch_of(const struct ac__waiter *waiter) AC__IF_LINKED;

/* ---- group.c ----------------------------------------------------------------------------------------------------- */

/* The same for the children of a group. */
struct ac__task *ac__group_of(const struct ac__waiter *waiter) AC__IF_LINKED;

/* ---- pool.c ------------------------------------------------------------------------------------------------------ */

void ac__pools_before_fork(void) AC__IF_LINKED;
void ac__pools_after_fork(bool is_child) AC__IF_LINKED;

/* ---- signal.c ---------------------------------------------------------------------------------------------------- */

struct ac__signals_link {
    struct ac__signals_link *next, **back;
};
void ac__signals_open(struct ac__loop *loop);
void ac__signals_close(struct ac__loop *loop);
/* Wakes who waits for signals that have come, and does what Ctrl-C asks for. True if any has come. */
bool ac__signals_look(struct ac__loop *loop);
/* Makes sure that signals end a wait in ac__poll. */
void ac__signals_listen(struct ac__loop *loop);
/* A signal ends this loop's waits, and does nothing else as long as the process lives. 0 or an error code. */
int ac__signal_hear(struct ac__loop *loop, int number);
/* How often it has come. */
unsigned ac__signal_arrivals(int number);
void ac__signals_before_fork(void);
void ac__signals_after_fork(bool is_child);

/* ---- loop.c: the parts of ac_run, for a loop that is not run by it ------------------------------------------------ */

/* Opens a loop in this thread, which has none. False if there is no memory. */
bool ac__loop_open(struct ac__loop *loop);
void ac__loop_close(struct ac__loop *loop);
/* Takes in what has come; never waits. */
void ac__loop_look(struct ac__loop *loop);
/* Runs the first that is ready, and looks now and then. */
void ac__loop_step(struct ac__loop *loop);
/* Cancels all tasks and runs until they are finished. */
void ac__loop_wind_up(struct ac__loop *loop);

/* ---- scoped.c: the end of a block that has a scoped child, driven as a join (abi.h) ------------------------------ */

int ac__scoped_resume(struct ac__join *join, struct ac__task *task);

#endif
