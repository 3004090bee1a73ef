/* ac.h: the library of Async C: asyncio's model, C's costs.
 *
 * An async function runs in a task; a task runs until it awaits something that is not there yet, and
 * another goes on meanwhile. One thread, one event loop, no locks. From plain C, ac_run runs a
 * coroutine and everything it starts.
 *
 * Times are double seconds on the monotonic clock. "Throws" means: the awaiting expression throws; codes are
 * errno values or AC_E... below. Every ac_coro(T) that a function here returns is an ordinary coroutine: it
 * is awaited at once, as a rule, but may be kept, spawned and passed on, and must be consumed once. Any of
 * them throws ENOMEM where it is awaited if it could not be made. An await of a coroutine that is ready at
 * once, or fails before it waits, does not give way to other tasks, except after 128 of them in a row.
 *
 * Cancellation: ac_cancel makes the await where a task stands throw ECANCELED, once. What is said below under
 * "Cancelled" is what such an await leaves behind; where nothing is said, it leaves nothing.
 *
 * All functions and macros are to be called by the thread whose loop they concern, unless they
 * say otherwise; those that need a running loop abort with a message where there is none.
 * Macros evaluate each argument once. */
#ifndef AC_H
#define AC_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ac/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- handles ------------------------------------------------------------------------------------------- */

/* Handles: a coroutine, task, future or generator of values of type T, which may be void. They are pointers;
 * a null pointer is none. */
#define ac_coro(T) __typeof__(__typeof__(T)(*)(struct ac__coro *))
#define ac_task(T) __typeof__(__typeof__(T)(*)(struct ac__task *))
#define ac_future(T) __typeof__(__typeof__(T)(*)(struct ac__future *))
#define ac_gen(T) __typeof__(__typeof__(T)(*)(struct ac__gen *))

/* Errors of the library that have no errno value. A program's own codes may be any positive int. */
enum {
    AC_EBROKEN = 1 << 20, /* what was waited for is gone: a freed future, an aborted barrier */
    AC_ECLOSED,           /* a closed queue or stream */
    AC_EINCOMPLETE        /* the input ended too early */
};

/* Put in front of the declaration of a function that blocks the thread, this makes -Wblocking-call warn of
 * calls to it in async functions. */
#define AC_BLOCKING __extension__ __extension__ /* nothing to C; acc knows it by these */

/* ---- running ------------------------------------------------------------------------------------------- */

/* T ac_run(ac_coro(T) c): runs a coroutine on a new event loop in this thread and gives its result. When the
 * coroutine is done, every task that is left is cancelled and awaited (so are tasks that these spawn while
 * they clean up), and the loop is closed. Handles of tasks end with the loop. If the coroutine throws, ac_run
 * prints the trace and exits with status 1. Aborts when called from a running loop.
 * While a loop runs, SIGPIPE does nothing if it was at its default, so writes fail with EPIPE. The default is
 * restored in child processes, and when the loop ends. Ctrl-C: see ac_signal. */
#define ac_run(c) \
    __extension__ __builtin_choose_expr(ac__is_void((c)(0)), (void)ac__run(ac__coro_frame(c), 0, 0, 0), ({ \
                                            ac__object_type((c)(0)) ac__result_; \
                                            ac__run(ac__coro_frame(c), &ac__result_, sizeof ac__result_, 0); \
                                            *(volatile ac__object_type((c)(0)) *)&ac__result_; /* may be dropped */ \
                                        }))

/* bool ac_try_run(ac_coro(T) c, T *result, ac_error *error): the same, but if the coroutine throws, it
 * returns false and fills *error; if `error` is null, the error is dropped. `result` may be null; for void it
 * must be. */
#define ac_try_run(c, result, error) \
    __extension__(ac__check(ac__is_pointer_to(result, (c)(0)), "the result has another type than the coroutine"), \
                  ac__try_run(ac__coro_frame(c), (result), ac__size_of((c)(0)), (error)))

/* The loop's clock, in seconds: monotonic, or the virtual one of AC_CLOCK=virtual, which starts at 0. */
double ac_now(void);

/* Waits for so many seconds, never for less. Sleeps with equal deadlines end in the order in which they
 * began. 0 or less: goes once to the back of the ready queue, so that everything that is ready runs first.
 * INFINITY waits for ever.
 * Throws: EINVAL for NaN. */
ac_coro(void) ac_sleep(double seconds);

/* Goes once to the back of the ready queue. */
ac_coro(void) ac_yield(void);

/* ---- tasks --------------------------------------------------------------------------------------------- */

/* A handle of a task belongs to whoever holds it, until it is awaited or given to a combinator (both consume
 * it) or detached. If the last handle goes and nobody has retrieved the task's error, the error is reported
 * on stderr with its trace. A task that awaits itself, in whatever way, gets EDEADLK, and the handle is
 * kept. */

/* ac_task(T) ac_spawn(ac_coro(T) c): starts a coroutine as a task of its own and consumes it. The task first
 * runs when the loop next gets control; tasks start in the order in which they were spawned. A coroutine that
 * could not be made (null) gives a task that has failed with ENOMEM. */
#define ac_spawn(c) __extension__((ac_task(__typeof__((c)(0))))ac__spawn(ac__coro_frame(c), ac__here))

/* bool ac_cancel(t), of a task: asks it to stop. ECANCELED is thrown, once, at the await where the task
 * stands; if it has not begun, its body never runs. It may catch the error, clean up with awaits, and even go
 * on. A task that awaits another one hands the request on to it. False if the task is finished already. Of a
 * future: sets it to the error ECANCELED, from any thread. */
#define ac_cancel(h) __extension__(ac__cancel(ac__handle(h), ac__kind_of_target(h)))

/* bool ac_done(h): is the task finished, the future set? (A future also from other threads.) */
#define ac_done(h) __extension__(ac__done(ac__handle(h), ac__kind_of_target(h)))

/* bool ac_cancelled(h): did it end with ECANCELED? */
#define ac_cancelled(h) __extension__(ac__cancelled(ac__handle(h), ac__kind_of_target(h)))

/* T ac_result(h): the result of a finished task or a set future; the handle is kept. Aborts, saying why, on
 * one that is not finished or has failed. */
#define ac_result(h) \
    __extension__ __builtin_choose_expr(ac__is_void((h)(0)), (void)ac__result(ac__handle(h), ac__kind_of_target(h)), \
                                        *(ac__object_type((h)(0)) *)ac__result(ac__handle(h), ac__kind_of_target(h)))

/* const ac_error *ac_exception(h): the error of a finished task (of a cancelled one: ECANCELED) or future,
 * which now counts as retrieved; null if there is none. Good as long as the handle. */
#define ac_exception(h) __extension__(ac__exception(ac__handle(h), ac__kind_of_target(h)))

/* void ac_detach(ac_task(T) t): gives up a handle; the task goes on. */
#define ac_detach(t) __extension__(ac__detach(ac__task_pointer(t)))

/* ac_task(T) ac_ref(ac_task(T) t): a second handle to the same task. */
#define ac_ref(t) __extension__((__typeof__(t))ac__ref(ac__task_pointer(t)))

/* await ac_stop(ac_task(T) t): cancels a task, waits until it is finished and consumes the handle. Its
 * ECANCELED is swallowed, its result dropped.
 * Throws: any other error of the task. Cancelled: still waits for the task, then throws ECANCELED. If the
 * task has failed, its error is thrown, and the next await that waits throws ECANCELED; but if the caller was
 * to be cancelled before it began to wait here, ECANCELED is thrown, with that error as its context. */
#define ac_stop(t) ac__stop(ac__task_pointer(t))

/* void ac_coro_close(ac_coro(T) c): consumes a coroutine without running it. Null is fine. A coroutine among its
 * arguments, which the call has consumed, is closed, too; what else they own stays the caller's to free, a generator
 * among them. So it is where a task is cancelled before it has begun, and where there was no memory to make it. */
#define ac_coro_close(c) __extension__(ac__coro_close(ac__coro_frame(c)))

/* bool ac_set_name(ac_task(T) t, const char *format, ...): names a task for reports (printf-style, up to 63
 * bytes). False if there was no memory. */
#define ac_set_name(t, ...) __extension__(ac__set_name(ac__task_pointer(t), __VA_ARGS__))

/* const char *ac_name(ac_task(T) t): its name; "Task-N" unless it was given one. Good as long as the task. */
#define ac_name(t) __extension__(ac__name(ac__task_pointer(t)))

/* The running task: a borrowed handle, not to be consumed. Null outside tasks. */
ac_task(void) ac_current(void);

/* Stores handles of up to `capacity` unfinished tasks, in the order they were spawned, and gives their
 * number, which may be larger. The handles are borrowed: good until the loop next gets control. */
size_t ac_all(ac_task(void) *tasks, size_t capacity);

/* ac_task_local(T) x: a variable of type T of which every task has its own value. It stands at file scope or
 * is static, and is initialised and used like any variable, but a pointer to it points to the value of
 * whatever task is running. A new task begins with its spawner's values. Outside tasks, every thread has
 * values of its own. In shared libraries it is an ordinary thread-local variable. */
#define ac_task_local(T) __attribute__((__section__("ac_task_locals"))) __thread __typeof__(T)

/* ---- generators ---------------------------------------------------------------------------------------- */

/* Calling an `async yield T f(...)` makes an ac_gen(T); nothing of its body runs before the first item is
 * asked for. It must be consumed once: by `async for`, which closes it however the loop ends, or by
 * ac_gen_close. Nothing else frees it or runs what it has to undo: one that is lost stays as it is. It
 * belongs to no task: it may be kept, passed on and asked by one task after the other, but by one at a time.
 *
 *     ac_gen(int) g = range(1, 4);
 *     int i;
 *     while (await ac_gen_next(g, &i))
 *         printf("%d\n", i);
 *     await ac_gen_close(g);
 */

/* bool more = await ac_gen_next(ac_gen(T) g, T *item): asks for the next item. False at the end, and ever
 * after; then *item stays as it is. A null `item` drops it. The generator is kept.
 * Throws: what the generator throws, which ends it; EBUSY if it is being asked or closed already; ENOMEM if
 * it is null. Cancelled: thrown in the generator, at the await where it stands. */
#define ac_gen_next(g, item) \
    ac__gen_next(ac__gen_frame(g), \
                 (ac__check(ac__is_pointer_to(item, (g)(0)), "not a pointer to the values"), (void *)(item)))

/* await ac_gen_close(ac_gen(T) g): ends a generator where it stands, as if that `yield` were a `return`: its
 * finally, defer and async with blocks run. Consumes it. Null is fine.
 * Throws: what those blocks throw; EBUSY if it is being asked or closed already, which then goes on.
 * Cancelled: thrown in those blocks, at the await where they stand. */
#define ac_gen_close(g) ac__gen_close(ac__gen_frame(g))

/* ---- futures ------------------------------------------------------------------------------------------- */

/* A value that is set by hand. Any number of tasks may await it, before and after it is set; await does not
 * consume it. ac_done, ac_result, ac_exception, ac_cancelled and ac_cancel take futures, too. */

/* ac_future(T) ac_future_new(T): a future of a type. It lives until ac_future_free. Null if there is no
 * memory: null counts as a future that has failed with ENOMEM. */
#define ac_future_new(T) \
    __extension__((ac_future(T))ac__future_new(ac__size_of_type(T), ac__alignment_of_type(T), __FILE__, __LINE__))

/* bool ac_set_result(ac_future(T) f, T value), for void ac_set_result(f): sets the value and wakes who awaits
 * it. From any thread. False, reported on stderr, if it was set before; then nothing changes. */
#define ac_set_result(...) \
    ac__pick_13th(__VA_ARGS__, ac__set_value, ac__set_value, ac__set_value, ac__set_value, ac__set_value, \
                  ac__set_value, ac__set_value, ac__set_value, ac__set_value, ac__set_value, ac__set_value, \
                  ac__set_nothing, ac__none)(__VA_ARGS__)

/* bool ac_set_exception(ac_future(T) f, int code, const char *format, ...): the same with an error; the
 * message (printf-style) may be left out. From any thread. */
#define ac_set_exception(...) \
    ac__pick_13th(__VA_ARGS__, ac__set_error, ac__set_error, ac__set_error, ac__set_error, ac__set_error, \
                  ac__set_error, ac__set_error, ac__set_error, ac__set_error, ac__set_error, ac__set_code, \
                  ac__none, ac__none)(__VA_ARGS__)

/* void ac_future_free(ac_future(T) f): ends a future. Whoever awaits it gets AC_EBROKEN, with the place where
 * the future was made. Null is fine. To be called by the thread in whose loop the future is awaited, or by
 * any thread if it is not; no other thread may use it from then on. */
#define ac_future_free(f) __extension__(ac__future_free(ac__future_pointer(f)))

/* ---- combining ----------------------------------------------------------------------------------------- */

/* acc itself knows these four; their arguments are awaitables, or `lvalue = awaitable`, which
 * stores the result:
 *
 *     await ac_gather(a = f(1), b = g("x"), h());   all at once; the first error cancels the others, and is
 *                                                   thrown when they are done
 *     ac_error e = await ac_settle(v = f(1));       never throws; e.code is 0 or the error
 *     T v = await ac_race(f(), g());                the first to finish, error or not; the rest is cancelled;
 *                                                   T is f's: if that is void, results are dropped
 *     T v = await ac_any(f(), g());                 the first to succeed; if none does, the last error
 *
 * Coroutines among the arguments start as tasks, in the order written, and handles of tasks are consumed. All
 * are done when the await ends, however it ends; only futures are left alone.
 * Cancelled: all are cancelled and awaited; then ECANCELED is thrown, or the error with which one of them
 * answered. If it had failed before, that error is thrown, and ECANCELED by the next await that waits; a task
 * that was to be cancelled before it began to wait here gets ECANCELED, with that error as its context. */

/* await ac_gather_n(items, n, results): ac_gather over an array of n coroutines or tasks of type T. `results`
 * is T[n], filled in the order of the items, or null. The items are copied; n may be 0. */
#define ac_gather_n(items, n, results) \
    __extension__(ac__check(ac__is_pointer_to(results, (*(items))(0)), "the results are not of the items' type"), \
                  ac__gather_n((items), (n), ac__kind_of(*(items)), (results), ac__size_of((*(items))(0))))

/* await ac_settle_n(items, n, results, errors): the same, but it never throws (except for its own
 * cancellation). `errors` is ac_error[n], each with code 0 or the error, or null. Results of
 * those that failed are not touched. */
#define ac_settle_n(items, n, results, errors) \
    __extension__(ac__check(ac__is_pointer_to(results, (*(items))(0)), "the results are not of the items' type"), \
                  ac__settle_n((items), (n), ac__kind_of(*(items)), (results), ac__size_of((*(items))(0)), (errors)))

/* T v = await ac_wait_for(e, seconds): awaits a coroutine, task or future, which is consumed as by await,
 * under a limit. When the time is over it is cancelled (a future is left alone) and awaited.
 * Throws ETIMEDOUT then, unless it answers the cancellation with a result, which is given, or another error,
 * which is thrown. A result that is there in time is never lost: what was due before has its turn first. 0
 * and less: what is not done does not start at all; a task is cancelled and awaited. INFINITY: no limit.
 * EINVAL for NaN and -INFINITY. Cancelled: cancels what it awaits, except for a future. */
#define ac_wait_for(e, seconds) \
    __extension__((ac_coro(__typeof__((e)(0))))ac__wait_for(ac__handle(e), ac__kind_of(e), ac__size_of((e)(0)), \
                                                            ac__alignment_of((e)(0)), (seconds)))

/* T v = await ac_shield(t): waits for a task or future, whose handle is kept, or for a coroutine, which is
 * started as a task. Throws its error, which then counts as retrieved. Cancelled: what it waits for goes on;
 * a task that was started here goes on as if it were detached. */
#define ac_shield(t) \
    __extension__((ac_coro(__typeof__((t)(0))))ac__shield(ac__handle(t), ac__kind_of(t), ac__size_of((t)(0)), \
                                                          ac__alignment_of((t)(0))))

/* async with (ac_timeout(seconds)) { ... }: a time limit for a block. When the time is over, the task is
 * cancelled where it stands in the block, and that ECANCELED becomes ETIMEDOUT where it leaves the block.
 * Limits may nest. A cancellation from elsewhere passes unchanged; if the block catches one and goes on, that
 * one is over. `seconds` has the values of ac_wait_for, but with 0 or less the limit strikes at the first
 * await that waits. */
struct ac__alarm {
    unsigned index;    /* in the loop's heap, from 1; 0: not armed */
    unsigned sequence; /* equal deadlines ring in the order they were armed */
};
struct ac__timer {
    struct ac__alarm alarm;
    void (*fire)(struct ac__timer *timer);
};
/* What may cancel its own task, and answers for that where it ends: a limit, a group. */
struct ac__scope {
    struct ac__task *task; /* null: it is not entered */
    bool has_asked;
    unsigned char first_round, round; /* of the task's requests: when the scope began, when it asked */
};
struct ac__limit {
    struct ac__timer timer;
    struct ac__scope scope;
};
struct ac_timeout {
    double seconds;
    struct ac__limit ac__limit;
    struct ac__frame ac__exit; /* of ac_timeout_aexit, which cannot fail for want of memory */
    const ac_error *ac__error;
};
struct ac_timeout ac_timeout(double seconds);
/* For `async with` only. */
ac_coro(struct ac_timeout *) ac_timeout_aenter(struct ac_timeout *timeout);
ac_coro(void) ac_timeout_aexit(struct ac_timeout *timeout, const ac_error *error);
/* Inside `async with (struct ac_timeout *t = ac_timeout(seconds))`: moves the limit to `seconds` from now;
 * INFINITY: never; 0 or less: now. False, and nothing changes, if the time was over already, for NaN and
 * -INFINITY, and if the limit was INFINITY and there is no memory for another. */
bool ac_timeout_reschedule(struct ac_timeout *timeout, double seconds);

/* Groups: the children of a block.
 *
 *     async with (ac_group *g = ac_group_new()) {
 *         for (int i = 0; i < n; i++)
 *             ac_group_spawn(g, f(i));
 *     }
 *
 * The block ends when its body and all children have. The first of them that fails cancels the others, the
 * body too (once, at the await where it stands), and its error is thrown at the end; those of further
 * failures are its context. A child that ends by ECANCELED on its own is no failure.
 * Cancelled, in the body or at the end: cancels the children and awaits them, then throws ECANCELED. If one
 * of them fails meanwhile, its error comes first, and the next await that waits throws ECANCELED. */
typedef struct ac_group ac_group;
/* A group, to be entered by `async with`, which also frees it. Null, which `async with` answers with
 * ENOMEM, if there is no memory. */
ac_group *ac_group_new(void);
/* ac_group_spawn(ac_group *g, ac_coro(T) c): starts a coroutine as a child of the group; any task may
 * do that until the block has ended. Its result is dropped. If the group is ending because of a
 * failure or a cancellation, the coroutine is closed unrun. One that could not be made (null) counts
 * as a child that failed with ENOMEM. */
#define ac_group_spawn(g, c) ac__group_spawn((g), ac__coro_frame(c), ac__here)
/* For `async with` only. */
ac_coro(ac_group *) ac_group_aenter(ac_group *group);
ac_coro(void) ac_group_aexit(ac_group *group, const ac_error *error);

/* size_t k = await ac_wait(tasks, n, when): waits for some of an array of n tasks (or futures), whose handles
 * stay the caller's. Moves those that are done to the front of the array, in the order in which they were
 * done, and gives their number. Throws none of their errors, which stay unretrieved. Throws EINVAL if n is 0,
 * ENOMEM if one is a null future. Nobody else may consume the handles meanwhile.
 * Cancelled: they go on, and the array stays as it is. */
enum ac_when {
    AC_FIRST_COMPLETED, /* until one is done */
    AC_FIRST_EXCEPTION, /* until one has failed (being cancelled does not count) or all are done */
    AC_ALL_COMPLETED
};
#define ac_wait(tasks, n, when) \
    ac__wait((tasks), (n), ac__kind_of_target(*(tasks)), (when), __builtin_inf())
/* The same for at most `seconds`; gives how many are done by then, perhaps 0. 0 or less: looks after one
 * turn of the ready queue. INFINITY: no limit. Throws EINVAL for NaN and -INFINITY, too. */
#define ac_wait_timeout(tasks, n, when, seconds) \
    ac__wait((tasks), (n), ac__kind_of_target(*(tasks)), (when), (seconds))

/* async for (ac_task(T) t : ac_as_completed(tasks, n)) { ... await t ... }: the handles of an array of n
 * tasks (or futures) in the order in which they are done. The loop owns those that it awaits (or detaches);
 * all others stay the caller's, also when it is left early. Until it ends nobody else may consume any. The
 * array is copied; n may be 0. Throws ENOMEM if one is a null future.
 * Cancelled, or left early: the tasks go on. */
#define ac_as_completed(tasks, n) \
    __extension__((ac_gen(__typeof__(*(tasks))))ac__as_completed((tasks), (n), ac__kind_of_target(*(tasks))))

/* ---- threads ------------------------------------------------------------------------------------------- */

/* T v = await ac_thread(fn(args)): a call of a plain C function that would block, or compute for long, on a
 * worker thread; other tasks go on meanwhile. acc itself knows the name: the operand must be a call (in
 * parentheses or behind a cast, too; a macro that expands to one will do). Its arguments are evaluated at
 * once, in the task; the value has the type of the call. errno after the await is what the function left
 * behind. What pointers among the arguments point to must stay as it is until the call has returned. Calls
 * that find no thread free wait, first come first served.
 * Throws: the error of pthread_create if no thread can be started.
 * Cancelled: a call that has not begun never runs; for one that runs the await goes on until it returns,
 * drops its result and throws then, so that the function may use the caller's locals.
 *
 * Worker threads serve all loops of the process; they are started on demand and end after five idle seconds.
 * They block all signals (but those that errors of their own raise), and so do processes that a call starts
 * by system() and its kin. In such a call no function of this header may be used but those for any thread;
 * ac_call_threadsafe reaches the loop that the call came from. */

/* How many worker threads there may be at once; from any thread. 0, the default: the number of
 * processors and 4, at most 32. Threads above a new limit end after their present call; calls that wait
 * begin when no more threads are left than it allows. Calls that block until others return need a
 * thread each, or nothing goes on. */
void ac_thread_limit(unsigned n);

/* ---- waiting for each other ---------------------------------------------------------------------------- */

/* Plain structs for the tasks of one loop. Static initialisers; no destructor. They must stay where
 * they are while somebody waits. First come, first served. Cancelled: what the waiter had been
 * given already goes to the next. */

/* Mutual exclusion. `async with (&m) { ... }` locks and unlocks. */
typedef struct ac_mutex {
    struct ac__waiter *ac__waiters;
    bool ac__locked;
} ac_mutex;
#define AC_MUTEX_INIT {0, 0}

/* Waits until the mutex is free and locks it. A task that locks it twice waits for itself. */
ac_coro(void) ac_mutex_lock(ac_mutex *mutex);
/* Locks it if it is free; else false. */
bool ac_mutex_try_lock(ac_mutex *mutex);
/* Unlocks it, or hands it to the first who waits. Any task may do that. False, reported, if it
 * was not locked. */
bool ac_mutex_unlock(ac_mutex *mutex);
/* Is it locked, by whichever task? */
bool ac_mutex_is_locked(const ac_mutex *mutex);
/* For `async with` only. */
ac_coro(void) ac_mutex_aenter(ac_mutex *mutex);
ac_coro(void) ac_mutex_aexit(ac_mutex *mutex, const ac_error *error);

/* A number of permits. `async with (&s) { ... }` takes one and gives it back. With AC_SEM_BOUNDED(n) there
 * are never more than n. n is from 0 to LONG_MAX, and so is what releasing makes of it. */
typedef struct ac_sem {
    struct ac__waiter *ac__waiters;
    long ac__count, ac__bound;
    bool ac__is_bounded;
} ac_sem;
#define AC_SEM_INIT(n) {0, (n), 0, 0}
#define AC_SEM_BOUNDED(n) {0, (n), (n), 1}

/* Waits for a permit and takes it. Throws EINVAL if the semaphore was made with a negative number. */
ac_coro(void) ac_sem_acquire(ac_sem *sem);
/* Takes a permit if there is one; else false. */
bool ac_sem_try_acquire(ac_sem *sem);
/* Gives a permit back, or to the first who waits. False, reported and without effect, above the bound. */
bool ac_sem_release(ac_sem *sem);
/* The permits that are there to take. */
long ac_sem_count(const ac_sem *sem);
/* For `async with` only. */
ac_coro(void) ac_sem_aenter(ac_sem *sem);
ac_coro(void) ac_sem_aexit(ac_sem *sem, const ac_error *error);

/* Something that happens: tasks wait until it is set. */
typedef struct ac_event {
    struct ac__waiter *ac__waiters;
    bool ac__is_set;
} ac_event;
#define AC_EVENT_INIT {0, 0}

/* Waits until the event is set; ready at once if it is. */
ac_coro(void) ac_event_wait(ac_event *event);
/* Sets it and wakes all who wait, also if it is cleared again before they run. */
void ac_event_set(ac_event *event);
/* Takes that back: who comes now waits. */
void ac_event_clear(ac_event *event);
/* Is it set? */
bool ac_event_is_set(const ac_event *event);

/* A condition: tasks that hold a mutex wait until another one that holds it says that something
 * has changed. */
typedef struct ac_cond {
    struct ac__waiter *ac__waiters;
} ac_cond;
#define AC_COND_INIT {0}

/* Unlocks the mutex, waits to be notified, and locks the mutex again. Use it in a loop that tests what is
 * waited for: another task may have run in between.
 * Throws EPERM if the mutex is not locked. However it ends, but for that, the task then has the mutex.
 * Cancelled: after it has locked the mutex again; a notification that it had got goes to the next. */
ac_coro(void) ac_cond_wait(ac_cond *cond, ac_mutex *mutex);
/* Wakes up to `count` waiting tasks, first come first served. The mutex need not be locked. */
void ac_cond_notify(ac_cond *cond, size_t count);
/* Wakes all of them. */
void ac_cond_notify_all(ac_cond *cond);

/* A place where n tasks (1 to INT_MAX) wait until all of them have come; then the next n may. */
typedef struct ac_barrier {
    struct ac__waiter *ac__waiters;
    int ac__parties, ac__waiting;
    bool ac__is_broken;
} ac_barrier;
#define AC_BARRIER_INIT(n) {0, (n), 0, 0}

/* Waits until n tasks wait, this one among them: the last to come does not wait. Gives 0 to n - 1, in the
 * order they came. Throws AC_EBROKEN once the barrier is aborted; EINVAL if it is for fewer than one.
 * Cancelled: there is one fewer who waits. */
ac_coro(int) ac_barrier_wait(ac_barrier *barrier);
/* Who waits gets AC_EBROKEN, and so does who comes later. */
void ac_barrier_abort(ac_barrier *barrier);
/* Who waits gets AC_EBROKEN; who comes later finds the barrier as new. */
void ac_barrier_reset(ac_barrier *barrier);

/* ---- queues -------------------------------------------------------------------------------------------- */

/* A queue of values of type T between the tasks of one loop: a handle, like a task's. First
 * come, first served. */
#define ac_queue(T) __typeof__(__typeof__(T)(*)(struct ac__queue *))

/* In what order items come out. */
enum ac_queue_order {
    AC_FIFO,    /* first in, first out */
    AC_LIFO,    /* last in, first out */
    AC_PRIORITY /* the smallest first; equal ones first in, first out */
};
struct ac_queue_options {
    size_t capacity;
    enum ac_queue_order order;
    int (*compare)(const void *a, const void *b); /* of two items, as for qsort; AC_PRIORITY only */
};

/* ac_queue(T) ac_queue_new(T, size_t capacity, ...options): a queue for up to `capacity` items; 0: no bound.
 * Options: .order = AC_LIFO; .order = AC_PRIORITY, .compare = function. It lives until ac_queue_free. Null if
 * there is no memory; awaiting anything of a null queue throws ENOMEM. */
#define ac_queue_new(T, ...) \
    __extension__((ac_queue(T))ac__queue_new(ac__size_of_type(T), ac__alignment_of_type(T), \
                                             &(struct ac_queue_options){.capacity = __VA_ARGS__}))

/* await ac_queue_put(q, T value): waits until there is room and puts a copy of the value in.
 * Throws AC_ECLOSED if the queue is closed, AC_EBROKEN if it is freed meanwhile, ENOMEM if it has to grow and
 * cannot. Cancelled: nothing is put. */
#define ac_queue_put(q, ...) ac__queue_put(ac__queue_pointer(q), (ac__object_type((q)(0))[1]){__VA_ARGS__})

/* T v = await ac_queue_get(q): waits until there is an item and takes it out.
 * Throws AC_ECLOSED if the queue is closed and has no items left, AC_EBROKEN if it is freed meanwhile.
 * Cancelled: nothing is taken. */
#define ac_queue_get(q) __extension__((ac_coro(__typeof__((q)(0))))ac__queue_get(ac__queue_pointer(q)))

/* bool ac_queue_try_put(q, T value): puts it in at once, or not at all: false if the queue is full or
 * closed, or there is no memory. */
#define ac_queue_try_put(q, ...) ac__queue_try_put(ac__queue_pointer(q), (ac__object_type((q)(0))[1]){__VA_ARGS__})

/* bool ac_queue_try_get(q, T *out): takes an item out if there is one that no waiting task is
 * to have; else false. */
#define ac_queue_try_get(q, out) \
    __extension__(ac__check(ac__is_pointer_to(out, (q)(0)), "the place is not of the items' type"), \
                  ac__queue_try_get(ac__queue_pointer(q), (out)))

/* void ac_queue_close(q): nothing more can be put in: who waits to put gets AC_ECLOSED, and so does who waits
 * to get when no items are left. `async for` ends. Closing again is fine. */
#define ac_queue_close(q) ac__queue_close(ac__queue_pointer(q))

/* bool ac_queue_task_done(q): says that an item that was taken out has been dealt with. False, reported, if
 * more are said to be done than were put in. */
#define ac_queue_task_done(q) ac__queue_task_done(ac__queue_pointer(q))

/* await ac_queue_join(q): waits until every item that was put in has been dealt with (ac_queue_task_done).
 * Throws AC_EBROKEN if the queue is freed meanwhile. */
#define ac_queue_join(q) ac__queue_join(ac__queue_pointer(q))

/* size_t ac_queue_len(q): how many items are in it. */
#define ac_queue_len(q) ac__queue_len(ac__queue_pointer(q))

/* void ac_queue_free(q): ends a queue and drops the items in it. Who waits gets AC_EBROKEN. Null is fine. */
#define ac_queue_free(q) ac__queue_free(ac__queue_pointer(q))

/* ---- descriptors and callbacks: under the library ------------------------------------------------------ */

/* Waits until a read (an accept, ...) from a descriptor would not block; the end of input and errors count.
 * Several tasks may wait for one descriptor. What epoll refuses (regular files, /dev/null) is ready at once.
 * Throws EBADF for a descriptor that is not open, or is closed by ac_close_fd meanwhile. */
ac_coro(void) ac_readable(int fd);
/* Waits until a write (or a connect) would not block. Otherwise the same. */
ac_coro(void) ac_writable(int fd);
/* close() for a descriptor that tasks may wait for: EBADF is thrown there. The value and errno are close()'s.
 * Nobody tells them of a plain close(): they go on waiting, for whatever the number next stands for. */
int ac_close_fd(int fd);

/* A watch: has a function called as long as a descriptor is ready, in turn with the tasks. It is meant for C
 * libraries that have sockets and a state machine of their own, but no loop (libcurl, c-ares, ...). A
 * descriptor may have several watches, and tasks may wait for it, too. */
typedef struct ac_watch ac_watch;
enum {
    AC_INPUT = 1,  /* a read would not block; the end of input and errors count */
    AC_OUTPUT = 2, /* a write would not block */
    AC_BROKEN = 4, /* the watch has ended: errno says why. EBADF: the descriptor was closed */
    AC_HANGUP = 8  /* the other side has ended its output, or the connection is broken: told once, whatever is
                      left to read; to be told again, it has to be asked for again */
};
/* A watch that waits for nothing yet. The function gets the events that happened, of those asked for. Null
 * with errno if there is no memory. It belongs to the running loop and must be freed before that ends. */
ac_watch *ac_watch_new(int fd, void (*function)(void *argument, unsigned events), void *argument);
/* What to wait for from now on: AC_INPUT, AC_OUTPUT, AC_HANGUP, several of them, or 0. -1 with errno, and
 * what was new in `events` is not waited for: EBADF for a descriptor that is not open, or has been closed
 * since this was first called, EPERM for one that is always ready (a regular file). */
int ac_watch_set(ac_watch *watch, unsigned events);
/* Ends a watch: nothing is called any more. Also from inside the function. To be called before the
 * descriptor is closed. Null is fine. */
void ac_watch_free(ac_watch *watch);

/* Has a function called when the loop next gets control, in turn with the tasks. False if there is no memory.
 * If the loop ends before that, the function is not called. */
bool ac_call_soon(void (*function)(void *argument), void *argument);

/* Has a function called after a time; if the loop ends before that, it is not called. A timer may be
 * cancelled at any time: then the function is not called any more, even if the time is over; ac_timer_cancel
 * returns false if it was called before, or the timer's loop has ended. If there was no memory, or the time
 * is not a number, nothing will be called, and ac_timer_cancel returns false. */
typedef struct ac_timer {
    void *ac__call;
    unsigned ac__generation;
} ac_timer;
ac_timer ac_call_later(double seconds, void (*function)(void *argument), void *argument);
bool ac_timer_cancel(ac_timer timer);

/* From any thread: has a function called by a loop. That is this thread's own loop; inside an ac_thread call,
 * the loop that awaits the call; anywhere else, the process's loop (of several, the one that has run
 * longest). False if no loop runs, the loop is about to end, or there is no memory; true: the function is
 * called for certain. */
bool ac_call_threadsafe(void (*function)(void *argument), void *argument);

/* ---- signals and processes ----------------------------------------------------------------------------- */

/* ac_gen(int) ac_signal(int number, ...): iterates over the arrivals of signals, whose numbers are the items:
 *
 *     async for (int s : ac_signal(SIGTERM, SIGHUP))
 *         if (s == SIGTERM)
 *             break;
 *
 * From the first time it is asked until it is closed, they do nothing else to the process; what was done
 * about them before is put back then. Those that come between two items are kept; several of one number count
 * as one. Any number of tasks, in any loop, may take the same signal: each gets it. Children do not inherit
 * any of this. Throws: EINVAL for what is no signal, cannot be caught (SIGKILL), or follows from an error
 * (SIGSEGV). Cancelled: it is closed.
 *
 * Ctrl-C needs none of this. SIGINT, where it would kill, cancels the main task of the loop that ac_run or
 * `async int main` runs in the main thread; when that has ended by ECANCELED, the process exits with 130,
 * without a trace (ac_try_run returns the error). A second one kills. */
#define ac_signal(...) ac__signal((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* int status = await ac_wait_pid(pid): waits until a child process has ended, reaps it, and gives its status
 * as waitpid does (WIFEXITED ...). Other children, and SIGCHLD, are left alone. Of several tasks that wait
 * for one child, one gets the status.
 * Throws: ECHILD for what is no child or has been reaped, EINVAL for 0 or less, ENOSYS before Linux 5.3.
 * Cancelled: the child goes on, and can be waited for again. */
ac_coro(int) ac_wait_pid(int pid);

/* ---- several loops, other event loops ------------------------------------------------------------------ */

/* A process may run a loop in each of its threads. A task never leaves its loop, and most of what this header
 * offers is for the tasks of one loop. What may be used from any thread: futures (ac_set_result,
 * ac_set_exception, ac_done and ac_cancel; awaited in one loop at a time), ac_call_threadsafe, ac_loop_call,
 * ac_thread_limit; and a coroutine may be made in one thread and run in another.
 *
 * fork: in the child the loop is dead, and any call that needs it aborts with a message; exec,
 * or _exit. A child that a thread without a loop forked may start a loop. All descriptors of
 * the library are close-on-exec. */

/* A reference to a loop, good in any thread, also when the loop has ended. While a reference and other
 * threads exist, it is no deadlock that all tasks wait. */
typedef struct ac__mailbox ac_loop;
/* A new reference to this thread's loop. */
ac_loop *ac_loop_ref(void);
/* Gives up a reference; from any thread. Null is fine. */
void ac_loop_unref(ac_loop *loop);
/* Has a function called by that loop, in turn with its tasks; from any thread. False if the loop has ended or
 * is about to, or there is no memory; true: it is called for certain. */
bool ac_loop_call(ac_loop *loop, void (*function)(void *argument), void *argument);

/* In place of ac_run, for a thread that another event loop owns: that one polls a descriptor, and calls.
 *
 *     int fd = ac_loop_fd();
 *     ac_task(int) t = ac_spawn(f());
 *     while (ac_loop_poll())
 *         poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
 *     int result = ac_result(t);
 *     ac_detach(t);
 *     ac_loop_close();
 */

/* A descriptor that is readable when the loop has something to do. Opens a loop in this thread if there is
 * none; then tasks can be spawned, callbacks set and so on. Inside a loop that ac_run runs it gives that
 * loop's epoll, or -1 if it has none yet. -1 with errno if there is no memory or descriptor. It stays the
 * loop's: not to be read or closed. */
int ac_loop_fd(void);

/* Runs what is ready, for 10 ms at most, and never waits. To be called when the descriptor is readable, and
 * after calls from outside the loop that make something ready or set a time (spawning, cancelling, setting a
 * future in this thread, ac_call_later ...). True as long as there are unfinished tasks. Aborts when called
 * by a task, or in a loop that ac_run runs. Tasks that wait for ever are no deadlock here: whoever owns the
 * thread may know better. With AC_CLOCK=virtual, time goes on to the next deadline when nothing is ready. */
bool ac_loop_poll(void);

/* Closes the loop of ac_loop_fd: cancels all tasks and waits until they have ended, reports errors that
 * nobody retrieved. Handles of tasks end with it. Without a loop it does nothing. */
void ac_loop_close(void);

/* Prints every task of the running loop: name, state, its chain of awaits, innermost first, and where it was
 * spawned. Tasks that have failed come last, with their errors, as long as nobody has seen those.
 * The argument is a FILE *, not null (void *, so that this header needs no <stdio.h>). A running task's chain
 * is not known. The signal that the environment variable AC_DUMP_SIGNAL names has every loop of the process
 * print this on stderr between two steps. */
void ac_dump_tasks(void *file);

/* For the standard library: so many more (fewer) of this loop's waits end by work in other threads. Meanwhile
 * a virtual clock stands still, and tasks that all wait are no deadlock. */
void ac__outside(int change);

/* AC__LINK("ac.link:MODULE"); stands in a header of the standard library: whoever includes it is linked with
 * that module. The text goes into a section of the object that acc reads and linkers drop. */
#define AC__LINK(text) __asm__(".pushsection .ac.link,\"e\",%progbits\n\t.asciz \"" text "\"\n\t.popsection")

#include <ac/leaves.h>

/* ---- what the macros above are made of ----------------------------------------------------------------- */

ac_gen(int) ac__signal(const int *numbers, size_t count);
struct ac__task *ac__spawn(struct ac__frame *coroutine, const char *origin);
bool ac__try_run(struct ac__frame *coroutine, void *result, size_t size, ac_error *error);
bool ac__cancel(void *target, unsigned kind);
bool ac__done(void *target, unsigned kind);
bool ac__cancelled(void *target, unsigned kind);
const void *ac__result(void *target, unsigned kind);
const ac_error *ac__exception(void *target, unsigned kind);
void ac__detach(struct ac__task *task);
struct ac__task *ac__ref(struct ac__task *task);
ac_coro(void) ac__stop(struct ac__task *task);
ac_coro(bool) ac__gen_next(struct ac__frame *generator, void *item);
ac_coro(void) ac__gen_close(struct ac__frame *generator);
bool ac__set_name(struct ac__task *task, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *ac__name(struct ac__task *task);
struct ac__future *ac__future_new(size_t size, size_t alignment, const char *file, unsigned line);
bool ac__future_set(struct ac__future *future, const void *value);
bool ac__future_fail(struct ac__future *future, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool ac__future_fail_code(struct ac__future *future, int code);
void ac__future_free(struct ac__future *future);
ac_coro(void) ac__gather_n(const void *items, size_t count, unsigned kind, void *results, size_t size);
ac_coro(void) ac__settle_n(const void *items, size_t count, unsigned kind, void *results, size_t size,
                           ac_error *errors);
struct ac__frame *ac__wait_for(void *handle, unsigned kind, size_t size, size_t alignment, double seconds);
struct ac__frame *ac__shield(void *handle, unsigned kind, size_t size, size_t alignment);
void ac__group_spawn(ac_group *group, struct ac__frame *coroutine, const char *origin);
ac_coro(size_t) ac__wait(void *items, size_t count, unsigned kind, enum ac_when when, double seconds);
struct ac__frame *ac__as_completed(const void *items, size_t count, unsigned kind);
struct ac__queue;
struct ac__queue *ac__queue_new(size_t size, size_t alignment, const struct ac_queue_options *options);
ac_coro(void) ac__queue_put(struct ac__queue *queue, const void *item);
struct ac__frame *ac__queue_get(struct ac__queue *queue);
ac_coro(bool) ac__queue_anext(struct ac__queue *queue, void *item);
bool ac__queue_try_put(struct ac__queue *queue, const void *item);
bool ac__queue_try_get(struct ac__queue *queue, void *item);
void ac__queue_close(struct ac__queue *queue);
bool ac__queue_task_done(struct ac__queue *queue);
ac_coro(void) ac__queue_join(struct ac__queue *queue);
size_t ac__queue_len(const struct ac__queue *queue);
void ac__queue_free(struct ac__queue *queue);

/* The place of a macro's call, "FILE:LINE". */
#define ac__text_of(token) #token
#define ac__text(macro) ac__text_of(macro)
#define ac__here __FILE__ ":" ac__text(__LINE__)

/* A type or expression whose value is void: for its size, alignment and pointers to it this stands in. */
struct ac__nothing {
    char nothing;
};
#define ac__is_void(e) __builtin_types_compatible_p(__typeof__(e), void)
#define ac__object_type(e) \
    __typeof__(*__builtin_choose_expr(ac__is_void(e), (struct ac__nothing *)0, (__typeof__(e) *)0))
#define ac__size_of(e) __builtin_choose_expr(ac__is_void(e), 0ul, sizeof(ac__object_type(e)))
#define ac__alignment_of(e) __alignof__(ac__object_type(e))
#define ac__size_of_type(T) ac__size_of(((ac_future(T))0)(0))
#define ac__alignment_of_type(T) ac__alignment_of(((ac_future(T))0)(0))

/* Not in a struct, where clang takes compound literals in the condition for constants. */
#define ac__check(condition, message) \
    ((void)sizeof(__extension__({ \
        _Static_assert((condition), message); \
        0; \
    })))
#define ac__is_pointer_to(p, e) __builtin_types_compatible_p(__typeof__(1 ? (p) : (__typeof__(e) *)0), __typeof__(e) *)

#define ac__is_coro(h) __builtin_types_compatible_p(__typeof__(h), ac_coro(__typeof__((h)(0))))
#define ac__is_task(h) __builtin_types_compatible_p(__typeof__(h), ac_task(__typeof__((h)(0))))
#define ac__is_gen(h) __builtin_types_compatible_p(__typeof__(h), ac_gen(__typeof__((h)(0))))
#define ac__is_future(h) __builtin_types_compatible_p(__typeof__(h), ac_future(__typeof__((h)(0))))

#define ac__is_queue(h) __builtin_types_compatible_p(__typeof__(h), ac_queue(__typeof__((h)(0))))

#define ac__handle(h) ((void *)(h))
#define ac__task_or_future(h) __builtin_choose_expr(ac__is_task(h), AC__KIND_TASK, AC__KIND_FUTURE)
#define ac__kind_of(h) \
    (ac__check(ac__is_coro(h) || ac__is_task(h) || ac__is_future(h), "not a coroutine, task or future"), \
     __builtin_choose_expr(ac__is_coro(h), AC__KIND_CORO, ac__task_or_future(h)))
#define ac__kind_of_target(h) \
    (ac__check(ac__is_task(h) || ac__is_future(h), "not a task or future"), ac__task_or_future(h))
#define ac__coro_frame(c) (ac__check(ac__is_coro(c), "not a coroutine"), (struct ac__frame *)(void *)(c))
#define ac__task_pointer(t) (ac__check(ac__is_task(t), "not a task"), (struct ac__task *)(void *)(t))
#define ac__gen_frame(g) \
    __extension__(ac__check(ac__is_gen(g), "not a generator"), (struct ac__frame *)(void *)(g))
#define ac__future_pointer(f) (ac__check(ac__is_future(f), "not a future"), (struct ac__future *)(void *)(f))
#define ac__queue_pointer(q) (ac__check(ac__is_queue(q), "not a queue"), (struct ac__queue *)(void *)(q))

#define ac__pick_13th(a, b, c, d, e, f, g, h, i, j, k, l, m, ...) m
#define ac__set_nothing(f) \
    __extension__(ac__check(ac__is_void((f)(0)), "the future has a value: ac_set_result(future, value)"), \
                  ac__future_set(ac__future_pointer(f), 0))
/* The argument of a call is checked, and named in messages, where it stands: not so a variable
 * of a macro of a system header. In sizeof clang would warn of its side effects. */
#define ac__set_value(f, ...) \
    __extension__({ \
        ac__check(!ac__is_void((f)(0)), "the future has no value: ac_set_result(future)"); \
        (void)(__typeof__(((char (*)(ac__object_type((f)(0))))0)(__VA_ARGS__)))0; \
        ac__object_type((f)(0)) ac__value_ = (__VA_ARGS__); \
        ac__future_set(ac__future_pointer(f), &ac__value_); \
    })
#define ac__set_code(f, code) __extension__(ac__future_fail_code(ac__future_pointer(f), (code)))
#define ac__set_error(f, code, ...) __extension__(ac__future_fail(ac__future_pointer(f), (code), __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
