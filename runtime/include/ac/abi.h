/* ac/abi.h: what lowered code and the runtime share, and nothing else.
 *
 * acc puts this header in front of every Async C file; <ac.h> includes it for plain C. It includes nothing,
 * so it cannot disturb a program's feature macros. Names are reserved (ac__); programs use <ac.h>.
 *
 * A coroutine is a frame. For `async int f(char *s)` acc writes
 *
 *     struct ac__f__frame { struct ac__frame base; int result; char *s; ...locals across awaits... };
 *     int (*f(char *s))(struct ac__coro *);                                makes a frame: a coroutine value
 *     static int ac__f__run(struct ac__f__frame *, struct ac__task *, unsigned state, char *s);
 *                                                                          the body, a state machine
 *     static int ac__f__resume(struct ac__frame *, struct ac__task *);      runs it in the frame's state
 *
 * or, for a larger f, ac__f__run(struct ac__frame *, struct ac__task *) alone, which is both.
 *
 * A call that is awaited at once says so (ac__thread.expected). A small f then begins before it returns: its frame
 * is on the bump stack, and its `storage` says with which status the body came back (ac__go_on). Any other
 * function, and one written in C, may give a frame that has not started.
 *
 * A resume function runs until its frame is done (AC__DONE: `result` is set), has failed (AC__FAILED:
 * task->error is set) or must wait (AC__SUSPENDED). An await starts the callee on the same C stack: by its
 * resume function, or, where the callee's frame is part of the caller's, by its run function with the state
 * AC__ENTER and the arguments (or with these and state 0 in the frame); then the rest of the frame's head
 * means nothing before the callee suspends. Only when that returns AC__SUSPENDED does the caller link itself
 * as the callee's parent (ac__suspended) and return AC__SUSPENDED too, all the way up to the loop. The
 * innermost frame has noted itself in task->innermost; the loop resumes it there, and when it finishes, notes
 * it in task->innermost and resumes its parent with task->status saying how the child ended, and so on
 * outward. A parent that would only pass an error on (passes_errors_on) is not resumed for it.
 */
#ifndef AC_ABI_H
#define AC_ABI_H

/* `__inline`, since -ansi knows no `inline`. */

/* acc includes this file by its path, so nothing else would tell the compiler that it is not
 * the user's own. */
#pragma GCC system_header

#ifdef __cplusplus
extern "C" {
#endif

/* Tags of the typed handles. A handle is spelled as a pointer to a function from its tag to T
 * and is never called: so every C compiler checks T everywhere, and the type of `(handle)(0)`
 * is the type of `await handle`. */
struct ac__coro;
struct ac__task;
struct ac__future;
struct ac__gen;

#if defined __ASYNC_C__ && __STDC_VERSION__ >= 201112L
/* Tells acc which C this is where no -std= does. */
extern const char ac__standard[__STDC_VERSION__];
#endif

struct ac__frame;
struct ac__thrown;

enum ac__status { AC__DONE, AC__SUSPENDED, AC__FAILED };

/* Where a frame's memory comes from, so where it goes. */
enum ac__storage {
    AC__EMBEDDED,      /* in another frame: nothing to free */
    AC__STACKED,       /* on the task's bump stack: freeing moves the top back */
    AC__STACKED_FIRST, /* the same, first in its chunk: freeing gives the chunk back */
    AC__STANDALONE,    /* a heap block of its own behind a struct ac__task: it can be spawned as it is */
    AC__STATIC,        /* never freed */
    AC__BEGUN = 8      /* and a status: stacked, and begun by the call (ac__is_at_once) */
};

/* A place in the source; a function's sites are indexed by its state numbers. sites[0] is the definition. */
struct ac__site {
    const char *file;
    unsigned line;
    unsigned char is_yield;  /* a generator that stands here is between two items */
    unsigned char is_child;  /* an await of a coroutine whose frame is not part of its caller's */
    unsigned char gives_way; /* `await ac_yield()`: the innermost frame is the one that stands here */
};

/* What is known of an async function; one constant per function. */
struct ac__function {
    int (*resume)(struct ac__frame *frame, struct ac__task *task);
    const char *name;
    const struct ac__site *sites;
    unsigned size, alignment;             /* of the frame */
    unsigned result_offset, result_size;  /* of `result` in it; size 0 for void */
    void (*close)(struct ac__frame *frame); /* lets go of what one that never starts holds; null: nothing */
    unsigned is_generator;
    unsigned is_enter; /* N_aenter: who awaits it has something that only N_aexit will let go of */
    unsigned room; /* as a task: bytes that the bump stack begins with; AC__ROOM or, if it needs none, 0 */
    unsigned passes_errors_on; /* an error of whatever it awaits ends it: it is not resumed after one */
};

/* The head of a frame. The result lies right behind it, at the alignment of its type: whoever awaits a
 * coroutine finds it there without asking (ac__result_at). */
struct ac__frame {
    const struct ac__function *function;
    union {
        struct ac__frame *parent; /* who awaits this frame; valid while it is suspended */
        const char *origin;       /* of a coroutine: where it was made, "FILE:LINE", or null; of a task's root
                                     frame: where it was spawned */
    };
    unsigned storage;           /* enum ac__storage */
    unsigned state;             /* the await it stands at; 0: not started, the arguments are in the frame */
};

static __inline void *ac__result_at(struct ac__frame *frame, unsigned long alignment)
{
    return (char *)frame + ((sizeof *frame + alignment - 1) & -alignment);
}

/* The state of an embedded frame that is to start: the arguments are those of the call. As an int it is
 * negative, as no state of an await is. */
enum { AC__ENTER = ~0u };

/* What blocks a suspended task. Whoever suspends embeds one in its frame and sets task->wait to it;
 * `cancel` unlinks it from what it waits for and makes the task ready, or hands the request on: to the
 * task it gives, else it gives null. */
struct ac__wait {
    struct ac__task *task; /* null: a watcher; `cancel` is then called when what it watches has happened */
    struct ac__task *(*cancel)(struct ac__wait *wait);
};

/* A wait that stands in a queue: circular, the owner of the queue points to the first. */
struct ac__waiter {
    struct ac__wait wait;
    struct ac__waiter *next, *previous;
};

/* A task: a root frame that the loop drives. Its block is the header below, then the root frame (which is
 * aligned to its own needs: the header lies directly in front of it), then, if the root's function awaits
 * what needs it, a little room where the bump stack begins.
 * Lowered code uses innermost, top, limit, status and the count in flags; the rest is the
 * runtime's (states and owners: task.c). */
struct ac__task {
    union {
        struct ac__frame *innermost; /* where to resume; in a resumed parent: the child that just finished */
        unsigned long finished_at;   /* finished: how many had finished before */
        struct ac__heap *heap;       /* a coroutine: in which its block is a piece of a slab, or null */
    };
    char *top, *limit;            /* bump stack: next free byte, a multiple of 8; end of the current chunk */
    union {
        struct ac__thrown *error; /* failing: the error under way; failed: the error it ended with */
        struct ac__wait *wait;    /* blocked: on what */
        struct ac__task *next;    /* ready: the queue */
    };
    union {
        struct ac__waiter *joiners; /* who awaits the task */
        struct ac__extra *extra;    /* the same and name, origin, task locals: made when first needed */
    };
    union {
        struct {
            unsigned requests : 4;  /* of this round, to cancel it (cancel.c) */
            unsigned round : 5;     /* how many requests came before those, modulo 32 */
            unsigned is_asked : 1;  /* its wait is being told of a request right now */
            unsigned handles : 22;  /* handles that user code holds, plus the runtime's own while it runs */
        };
        unsigned counts; /* all of these: to change at once */
    };
    int saved_errno;
    union {
        struct {
            unsigned number : 27;    /* of its automatic name */
            unsigned last_round : 5; /* of its requests: they may be of `round` up to this one (cancel.c) */
        };
        unsigned numbers; /* both: to set at once */
    };
    union {
        struct {
            unsigned short flags;   /* cancellation, memory, ...; from AC__UNDOING up: a count */
            unsigned char state;
            unsigned char status;   /* how the child that just finished ended, which its parent's resume function
                                       reads: not AC__DONE only as long as that looks after a failure */
        };
        unsigned condition; /* all of these: to set at once. Not to look at: a load of what several stores have
                               just written waits until the cache has them all */
    };
};

/* The states of a task (what they mean: task.c). */
enum {
    AC__UNSTARTED, /* a coroutine: not yet a task */
    AC__READY, /* or running */
    AC__BLOCKED,
    AC__FINISHED = 1 << 2, /* a bit that no task has before */
    AC__CONSUMED, /* freed, but kept to catch whoever uses it still (debug.c) */
    AC__CALLBACK /* no task at all but a function to call: ac_call_soon */
};

/* What undoes something and awaits (finally, defer, the end of async with or of a scoped child) stands
 * between these two: where there is no memory left, it gets some all the same (reserve.c). They nest; only
 * the lowest four bits of the depth are kept, so at every sixteenth depth nothing is promised. */
enum { AC__UNDOING = 1 << 12 };
static __inline int ac__is_undoing(const struct ac__task *task)
{
    return task->flags >= AC__UNDOING;
}
static __inline void ac__undo_begin(struct ac__task *task)
{
    task->flags = (unsigned short)(task->flags + AC__UNDOING);
}
static __inline void ac__undo_end(struct ac__task *task)
{
    task->flags = (unsigned short)(task->flags - AC__UNDOING);
}

/* What stands in front of a task's header where its block is not a piece of a slab: a link in a circular list
 * of such blocks, and what debug.c notes. */
struct ac__own {
    struct ac__own *next, *previous; /* null: in no list */
    void *base;                      /* what is to be freed; null: nothing */
    const struct ac__function *function; /* of a coroutine that has been consumed */
    const struct ac__loop *loop;         /* in which it was made */
};

/* The bump stack of a task that needs one begins in this many bytes behind its root frame: the
 * frame of one sleep fits. */
enum { AC__ROOM = 48 };

/* Per thread: the running task, the ready queue, and what makes an await cheap. */
struct ac__thread {
    /* The async function that is about to be called to be awaited at once: it may take its frame from the
     * bump stack. Compared with the callee itself, so a stale value never misleads anybody. */
    const void *expected;
    struct ac__task *task;   /* the running task, or null */
    char *stack_limit;       /* a C stack pointer below this starts no more callees on the same C stack */
    struct ac__loop *loop;   /* the running loop, or null */
    struct ac__task *ready, **ready_end; /* of the running loop: the first ready task; where to link one */
    unsigned budget;         /* waits on the library that may be ready at once before the task must yield */
};
/* The model: one instruction to find it, in shared libraries, too. */
extern __thread struct ac__thread ac__thread __attribute__((tls_model("initial-exec")));

/* Puts a task at the end of the ready queue of the loop that runs. */
static __inline void ac__queue_ready(struct ac__task *task)
{
    task->state = AC__READY;
    task->next = 0;
    *ac__thread.ready_end = task;
    ac__thread.ready_end = &task->next;
}

/* Counts a wait on the library that is ready at once. True, and nothing is counted, if the task has had its
 * share of those: it is to let others run first. */
static __inline int ac__share_is_over(void)
{
    if (__builtin_expect(ac__thread.budget == 0, 0))
        return 1;
    ac__thread.budget--;
    return 0;
}

/* Out of line parts. */
struct ac__frame *ac__frame_in_block(const struct ac__function *function, unsigned long end, unsigned long list);
struct ac__frame *ac__frame_on_chunk(const struct ac__function *function);
void ac__frame_release_slowly(struct ac__frame *frame, struct ac__task *task); /* null is fine */
/* Gives back a coroutine unrun, and what it holds. Null is fine. */
void ac__coro_close(struct ac__frame *coroutine);

/* A frame on the heap, in a block that it can be spawned in (block.c). All that follows from the function is
 * known when its caller is compiled: where the frame ends in the block, and in which list of a heap the memory
 * for it is (slab.c), 0 if in none. */
enum { AC__PIECE_STEP = 16, AC__LARGEST_PIECE = 1024 };
static __inline struct ac__frame *ac__frame_on_heap(const struct ac__function *function)
{
    unsigned long end = sizeof(struct ac__task) + ((function->size + 7ul) & ~7ul), whole = end + function->room;
    unsigned long list = (whole + AC__PIECE_STEP - 1) / AC__PIECE_STEP;
    if (function->alignment > 8 || whole > AC__LARGEST_PIECE)
        list = 0;
    return ac__frame_in_block(function, end, list);
}

/* Where a frame can lie on the bump stack. */
static __inline char *ac__top_aligned(const struct ac__task *task, unsigned long alignment)
{
    if (alignment <= 8)
        return task->top;
    return (char *)(((unsigned long)task->top + (alignment - 1)) & -alignment);
}

/* A frame for a call of `function`, whose callable address is `callee`: from the running task's bump stack if
 * the caller awaits it at once, else from the heap. Null if there is no memory. */
static __inline struct ac__frame *ac__frame_new(const struct ac__function *function, const void *callee)
{
    struct ac__task *task;
    char *frame;
    if (ac__thread.expected != callee)
        return ac__frame_on_heap(function);
    task = ac__thread.task;
    frame = ac__top_aligned(task, function->alignment);
    if (__builtin_expect((unsigned long)frame + function->size > (unsigned long)task->limit, 0))
        return ac__frame_on_chunk(function);
    ac__thread.expected = 0;
    task->top = frame + function->size;
    ((struct ac__frame *)frame)->function = function;
    ((struct ac__frame *)frame)->state = 0;
    ((struct ac__frame *)frame)->storage = AC__STACKED;
    return (struct ac__frame *)frame;
}

/* A coroutine that is not awaited at once has been made here. */
static __inline void *ac__made(void *coroutine, const char *place)
{
    struct ac__frame *frame = (struct ac__frame *)coroutine;
    if (frame && frame->state == 0)
        frame->origin = place;
    return frame;
}

/* Starts an awaited coroutine on this C stack; where that has grown deep, leaves it to the loop
 * instead. Null: throws ENOMEM. */
int ac__start(struct ac__frame *frame, struct ac__task *task);

/* Whether a call of `callee` may begin before it returns the coroutine: it is awaited at once, and there is room
 * for the frame and, if it `calls` others in the same way, on the C stack. If not, ac__frame_new has to do. */
static __inline int ac__is_at_once(const void *callee, unsigned long size, unsigned long alignment, int calls)
{
    if (ac__thread.expected != callee)
        return 0;
    if (calls && __builtin_expect((char *)__builtin_dwarf_cfa() < ac__thread.stack_limit, 0))
        return 0;
    return __builtin_expect((unsigned long)ac__top_aligned(ac__thread.task, alignment) + size
                            <= (unsigned long)ac__thread.task->limit, 1);
}

/* The frame then. Nothing of its head is set; the storage is to be AC__BEGUN + the status that the body has
 * returned. */
static __inline struct ac__frame *ac__frame_begin(struct ac__task *task, unsigned long size, unsigned long alignment)
{
    char *frame = ac__top_aligned(task, alignment);
    ac__thread.expected = 0;
    task->top = frame + size;
    return (struct ac__frame *)frame;
}

/* What a function has returned that is awaited at once: starts the coroutine if it has not begun. */
int ac__go_on_slowly(struct ac__frame *coroutine, struct ac__task *task);
static __inline int ac__go_on(struct ac__frame *coroutine, struct ac__task *task)
{
    if (__builtin_expect(coroutine && coroutine->storage == AC__BEGUN + AC__DONE, 1))
        return AC__DONE;
    return ac__go_on_slowly(coroutine, task);
}

/* A callee has returned AC__SUSPENDED to this frame, so it suspends, too; its state is set. */
static __inline int ac__suspended(struct ac__frame *frame, const struct ac__function *function,
                                  struct ac__frame *callee)
{
    callee->parent = frame;
    frame->function = function;
    return AC__SUSPENDED;
}

/* A callee has suspended or failed, and this frame, whose state is set, does the same:
 * function->passes_errors_on. Returns `status`. */
int ac__pass_on(struct ac__frame *frame, const struct ac__function *function, int status, struct ac__frame *callee);

/* Gives back the frame of an awaited coroutine that is done. */
static __inline void ac__release(struct ac__frame *frame, struct ac__task *task)
{
    if (__builtin_expect(frame->storage == AC__STACKED || frame->storage == AC__BEGUN + AC__DONE, 1))
        task->top = (char *)frame;
    else
        ac__frame_release_slowly(frame, task);
}

/* The length of arrays in the parameters of the function that makes a coroutine, which does not
 * evaluate theirs: 1. */
extern const unsigned long ac__any_length;

/* VLAs of async functions. A mark is a value of task->top. Null: no memory, ENOMEM thrown. */
void *ac__stack_allocate(struct ac__task *task, unsigned long size, unsigned long alignment);
void ac__stack_release(struct ac__task *task, char *mark);

/* ---- Generators ---------------------------------------------------------------------------------------- */

/* A generator's frame is a coroutine's that is entered again and again. `yield e` leaves the item in
 * `result` and returns AC__DONE, standing at a state whose site is_yield; entering at that state goes on,
 * entering at the state one higher runs what is to be undone there (finally, defer, async with), up to the
 * end. At its end, after an error and once it is closed, its state is AC__ENDED, and it is not entered any
 * more. Until it was entered first it is 0.
 *
 * A generator of the library, written in C, has no sites. Between two items its state is 0, and closing it
 * calls function->close, which cannot wait. A function that makes one returns T (*)(struct ac__gen *) made of
 * ac__frame_new(&function, (const void *)the_function_itself).
 *
 * `async for` over a type that is no generator: see N_anext in compiler/README.md. */
enum { AC__ENDED = 0x7fffffff };

/* Runs a generator until its next item; entered like ac__start. With AC__DONE: is there one, or is the state
 * AC__ENDED? */
static __inline int ac__generator_next(struct ac__frame *generator, struct ac__task *task)
{
    if (generator && __builtin_expect(generator->state == AC__ENDED, 0))
        return AC__DONE;
    return ac__start(generator, task);
}

/* Undoes what a generator has under way. Whoever calls it releases the frame, too, when it has
 * ended. Null is fine. */
int ac__generator_close(struct ac__frame *generator, struct ac__task *task);

/* Memory for a VLA of a generator, which must outlive its caller's stack: `store` is a task's header of which
 * only the bump stack is used. Null: no memory, ENOMEM thrown in `task`. */
void *ac__generator_allocate(struct ac__task *store, struct ac__task *task, unsigned long size,
                             unsigned long alignment);

/* ---- Errors -------------------------------------------------------------------------------------------- */

enum { AC__MESSAGE_SIZE = 208 };

/* An error as programs see it: a plain value that owns nothing. */
typedef struct ac_error {
    int code;               /* an errno value, an AC_E..., or the program's own; 0: no error */
    unsigned line;          /* where it was thrown; 0, and empty texts, if that is not known */
    const char *file;
    const char *function;
    char message[AC__MESSAGE_SIZE];
} ac_error;

/* Throwing sets task->error and notes the first line of the trace. They return AC__FAILED. `site` is an
 * index into the function's sites. */
int ac__throw(struct ac__task *task, const struct ac__function *function, unsigned site, int code,
              const char *format, ...) __attribute__((cold)); /* acc itself checks the format */
int ac__throw_code(struct ac__task *task, const struct ac__function *function, unsigned site, int code)
    __attribute__((cold));
int ac__throw_copy(struct ac__task *task, const struct ac__function *function, unsigned site, const ac_error *error)
    __attribute__((cold));
/* An await failed here: adds a line to the trace of task->error. */
void ac__trace(struct ac__task *task, const struct ac__function *function, unsigned site) __attribute__((cold));
/* The same; if that await is of a coroutine with a frame of its own (null is fine), gives it back, too. */
void ac__child_failed(struct ac__frame *child, struct ac__task *task, const struct ac__function *function,
                      unsigned site) __attribute__((cold));

/* Takes task->error, which becomes null. The owner frees it, throws it again by putting it
 * back, or chains it. */
struct ac__thrown *ac__catch(struct ac__task *task);
int ac__thrown_code(const struct ac__thrown *thrown);
const ac_error *ac__thrown_error(const struct ac__thrown *thrown);
void ac__thrown_free(struct ac__thrown *thrown); /* null is fine */
/* An error that its handler rethrows, and keeps: it is freed once more. */
struct ac__thrown *ac__thrown_again(struct ac__thrown *thrown);
/* task->error was thrown while `thrown` was handled: it becomes its context. Takes over
 * `thrown`; null is fine. */
void ac__thrown_chain(struct ac__task *task, struct ac__thrown *thrown);

/* ---- Awaitables other than coroutines ------------------------------------------------------------------ */

/* SCOPED: not a value's kind but the end of a scoped child's block. */
enum ac__kind { AC__KIND_CORO, AC__KIND_TASK, AC__KIND_FUTURE, AC__KIND_SCOPED };

/* `await t` of a task or a future: an embedded frame. ac__join_start starts it, and the loop resumes it like
 * any frame; when it is done, ac__join_value points to the result, which the caller copies before
 * ac__join_end (consumes a task's handle). After AC__FAILED it has ended by itself. */
struct ac__join {
    struct ac__frame base;
    void *target;
    struct ac__waiter waiter;
    unsigned kind;
};
int ac__join_task(struct ac__join *join, struct ac__task *task, struct ac__task *target);
int ac__join_any(struct ac__join *join, struct ac__task *task, void *target, unsigned kind);
static __inline int ac__join_start(struct ac__join *join, struct ac__task *task, void *target, unsigned kind)
{
    return kind == AC__KIND_TASK ? ac__join_task(join, task, (struct ac__task *)target)
                                 : ac__join_any(join, task, target, kind);
}
const void *ac__join_value(const struct ac__join *join);
void ac__join_end(struct ac__join *join);

/* Of a task the result may be read from its root frame; what ends the join is this, of the handle. */
static __inline struct ac__frame *ac__join_root(const struct ac__join *join)
{
    return (struct ac__frame *)(void *)((struct ac__task *)join->target + 1);
}
void ac__task_drop(struct ac__task *task);

/* `async T x = e;` starts a child; the handle is borrowed: awaiting it, or giving it to a combinator, does
 * not consume it. Its block ends with the await of a join of kind AC__KIND_SCOPED, which no cancellation ends
 * early: it cancels the child, waits until it is done, reports an error that nobody retrieved, and ends the
 * handle. A cancellation of the parent is thrown after that.
 *
 * A child whose frame's size is known lies in its parent's frame, as
 *     struct { char front[sizeof(struct ac__own) + sizeof(struct ac__task), aligned as the frame is];
 *              struct ac__g__frame frame; char room[AC__ROOM]; }    (room only if ac__g__function has some)
 * with its arguments set; any other comes as a coroutine, which is consumed. `origin`: see
 * struct ac__frame. */
struct ac__task *ac__scoped_embedded(struct ac__frame *frame, const struct ac__function *function,
                                     const char *origin);
struct ac__task *ac__scoped_spawned(struct ac__frame *coroutine, const char *origin);

/* One argument of a combinator: where the result goes (null: nowhere), converted by `store`
 * where types differ. */
struct ac__child {
    void *handle;
    unsigned kind;
    unsigned size;               /* of the result */
    void *into;
    void (*store)(void *into, const void *value);
};
/* The arrays are copied; handles are consumed. */
void (*ac__gather(const struct ac__child *children, unsigned long count))(struct ac__coro *);
ac_error (*ac__settle(const struct ac__child *child))(struct ac__coro *);
/* A coroutine with a result of the first child's size; `alignment` is that of its type. */
struct ac__frame *ac__race(const struct ac__child *children, unsigned long count, unsigned long alignment);
struct ac__frame *ac__any(const struct ac__child *children, unsigned long count, unsigned long alignment);

/* ac_thread: a coroutine that has `run(arguments, result)` called on a worker thread. The
 * arguments are copied. */
struct ac__frame *ac__thread_call(void (*run)(void *arguments, void *result), const void *arguments,
                                  unsigned long size, unsigned long alignment, unsigned long result_size,
                                  unsigned long result_alignment);

/* ---- Programs ------------------------------------------------------------------------------------------ */

/* Runs a coroutine on a new loop until it and all it started are done; copies its result, of `size` bytes, to
 * `result` (may be null). Returns false if it failed: `error` (if not null) is filled, or the trace is
 * printed and the process exits with 1. */
int ac__run(struct ac__frame *coroutine, void *result, unsigned long size, ac_error *error);
/* The body of the C `main` that acc writes for `async int main`. */
int ac__main(struct ac__frame *coroutine);

#ifdef __cplusplus
}
#endif
#endif
