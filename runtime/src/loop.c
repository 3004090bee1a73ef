/* loop.c: runs tasks until the main one is done.
 *
 *     take the first ready task; run it until it suspends or ends
 *     every so many steps, and when nothing is ready:
 *         see what time it is; ring the alarms that are due
 *         take in letters from other threads
 *         look at the descriptors; when nothing is ready, wait there until the next alarm
 *         nothing is ready and nothing can come: report the deadlock
 *
 * There are no rounds: everything that becomes ready goes to the end of the one queue, so each gets
 * its turn. How many steps lie between two looks at clock and descriptors follows from how long
 * steps take (LOOK_NS), so that looks cost little where steps are short, and neither timers nor
 * descriptors starve where they are long.
 *
 * When the main task is done, all others are cancelled and awaited; then what remains is
 * reported and freed. */
#include "events.h"
#include "joining.h"
#include "observe.h"
#include "storage.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Links what gdb loads. */
static const char *const for_debuggers __attribute__((used)) = &ac__gdb;

enum { LOOK_NS = 100000, LONGEST_INTERVAL = 256, MOST_CANCELS = 100 };

/* ---- one step ------------------------------------------------------------------------------------------ */

/* The frame to begin with: the innermost, or who awaits it if it has nothing more to do. */
static inline struct ac__frame *first_frame(struct ac__task *task)
{
    struct ac__frame *frame = task->innermost;
    return likely(frame->state == AC__OVER) && likely(frame != ac__root(task)) ? frame->parent : frame;
}

/* What the frame awaits has failed, task->innermost if it is a frame: ends those who only pass its error on.
 * The first who does not, or null: the root frame has failed. */
static __attribute__((noinline)) struct ac__frame *unwind(struct ac__task *task, struct ac__frame *frame)
{
    while (frame->function->passes_errors_on) {
        ac__child_failed(task->innermost, task, frame->function, frame->state);
        if (frame == ac__root(task))
            return NULL;
        task->innermost = frame;
        frame = frame->parent;
    }
    return frame;
}

static __attribute__((noinline)) int resume_after_failure(struct ac__task *task, struct ac__frame *frame)
{
    int status;
    task->status = AC__FAILED;
    status = frame->function->resume(frame, task);
    task->status = AC__DONE;
    return status;
}

/* The frame has been run, with this status. Runs on outward through its parents as they finish: a loop, so depth
 * does not matter. AC__SUSPENDED, or the root frame's status. */
static inline int run_outward(struct ac__task *task, struct ac__frame *frame, int status)
{
    while (unlikely(status != AC__SUSPENDED) && frame != ac__root(task)) {
        task->innermost = frame;
        frame = frame->parent;
        if (likely(status == AC__DONE)) {
            status = frame->function->resume(frame, task);
            continue;
        }
        frame = unwind(task, frame);
        if (!frame)
            return AC__FAILED;
        status = resume_after_failure(task, frame);
    }
    return status;
}

static inline int run_frames(struct ac__task *task, struct ac__frame *frame)
{
    return run_outward(task, frame, frame->function->resume(frame, task));
}

/* The task was cancelled before its first step: its body never runs. */
static bool never_starts(struct ac__task *task)
{
    struct ac__frame *root = ac__root(task);
    if (task->innermost != root || root->state != 0)
        return false;
    if (root->function->close)
        root->function->close(root);
    ac__unflag(task, AC__CANCEL);
    ac__fail_code(task, ECANCELED);
    return true;
}

/* The task was cancelled where it gives way: what it stands at fails. */
static int fail_here(struct ac__task *task)
{
    struct ac__frame *frame;
    ac__unflag(task, AC__CANCEL);
    ac__fail_code(task, ECANCELED);
    frame = unwind(task, task->innermost);
    return frame ? run_outward(task, frame, resume_after_failure(task, frame)) : AC__FAILED;
}

static __attribute__((noinline)) int run_cancelled(struct ac__task *task)
{
    if (ac__gives_way(task))
        return fail_here(task);
    return never_starts(task) ? AC__FAILED : run_frames(task, task->innermost);
}

static void check_fork(struct ac__loop *loop)
{
    if (unlikely(ac__thread.loop != loop))
        ac__no_loop();
}

static void run_callback(struct ac__loop *loop, struct ac__task *header)
{
    struct ac__callback *callback = container_of(header, struct ac__callback, header);
    void (*function)(void *) = callback->function;
    void *argument = callback->argument;
    callback->release(callback, false);
    ac__thread.task = NULL;
    function(argument);
    check_fork(loop);
}

/* Rare: it has suspended with a flag set. Frames that have not started for want of C stack go on at once; a
 * request is delivered. The status is then that of the step. */
static __attribute__((noinline)) int settle(struct ac__loop *loop, struct ac__task *task)
{
    int status = AC__SUSPENDED;
    while (status == AC__SUSPENDED && task->flags & AC__RUN_AT_ONCE) {
        ac__unflag(task, AC__RUN_AT_ONCE);
        status = run_frames(task, task->innermost);
    }
    task->saved_errno = *loop->error_number;
    check_fork(loop);
    if (status == AC__SUSPENDED && task->flags & (AC__CANCEL | AC__CANCEL_LATER))
        ac__task_deliver(task);
    return status;
}

/* Runs a task on from `frame`, where it is not cancelled, until it suspends or ends: gives the status. */
static inline __attribute__((always_inline)) int run_from(struct ac__loop *loop, struct ac__task *task,
                                                          struct ac__frame *frame, int *error_number,
                                                          bool has_locals, bool is_cancelled)
{
    int status;
    ac__thread.task = task;
    ac__thread.budget = AC__BUDGET;
    *error_number = task->saved_errno;
    if (has_locals)
        ac__locals_exchange(loop, task);
    status = is_cancelled ? run_cancelled(task) : run_frames(task, frame);
    if (likely(status == AC__SUSPENDED)) {
        task->saved_errno = *error_number;
        if (unlikely(task->flags & AC__UNSETTLED))
            status = settle(loop, task);
    }
    if (has_locals)
        ac__locals_exchange(loop, task);
    if (AC__TEST_BUILD && status == AC__SUSPENDED && ac__cancels_here(task == loop->main))
        ac__task_cancel(task, false);
    return status;
}

static void run_task(struct ac__loop *loop, struct ac__task *task)
{
    bool is_cancelled = task->flags & AC__CANCEL;
    int status = run_from(loop, task, first_frame(task), loop->error_number, loop->locals_size, is_cancelled);
    const struct ac__waiter *next;
    ac__thread.task = NULL;
    if (status == AC__SUSPENDED)
        return;
    next = ac__task_finish(task, status);
    if (next)
        ac__queue_ready(next->wait.task);
}

static bool keeps_place(const struct ac__task *header)
{
    return header->state == AC__CALLBACK && container_of(header, const struct ac__callback, header)->keeps_place;
}

/* Whether what stands behind it in the queue may run before it. */
static bool can_be_skipped(const struct ac__task *task)
{
    return task->next && !keeps_place(task) && !keeps_place(task->next);
}

/* AC_SEED: any of the first few, so that orders come up that are possible but unusual. */
static struct ac__task *take_random(struct ac__loop *loop)
{
    struct ac__task **link = &ac__thread.ready, *task;
    if (AC__TEST_BUILD && ac__thread.ready->next)
        ac__count_choice();
    loop->seed = loop->seed * 6364136223846793005u + 1442695040888963407u;
    for (unsigned skip = loop->seed >> 60; skip && can_be_skipped(*link); skip--)
        link = &(*link)->next;
    task = *link;
    *link = task->next;
    if (ac__thread.ready_end == &task->next)
        ac__thread.ready_end = link;
    return task;
}

static void run_debugged(struct ac__loop *loop, struct ac__task *task)
{
    if (ac__is_debug)
        ac__debug_step(loop, task, run_task);
    else
        run_task(loop, task);
}

static void run_traced(struct ac__loop *loop, struct ac__task *task)
{
    struct ac__step step;
    task->handles++; /* it is to be there afterwards */
    ac__trace_begin(&step, task);
    run_debugged(loop, task);
    ac__trace_end(&step, task);
    ac__task_drop(task);
}

/* A step of any loop; of one under AC_SEED, AC_DEBUG or AC_TRACE, or of a program with task locals, the only
 * one. True: the main task has ended, perhaps. */
static bool run_special_step(struct ac__loop *loop)
{
    struct ac__task *task = loop->seed ? take_random(loop) : ac__take_ready(loop);
    if (task->state == AC__CALLBACK)
        run_callback(loop, task);
    else if (!ac__is_observed)
        run_task(loop, task);
    else if (ac__is_traced)
        run_traced(loop, task);
    else
        run_debugged(loop, task);
    return true;
}

/* What has the flag CANCEL: a task that is cancelled, or a function to call. True if the main task has ended,
 * perhaps. */
static __attribute__((noinline)) bool run_flagged(struct ac__loop *loop, struct ac__task *task)
{
    bool is_callback = task->state == AC__CALLBACK;
    if (is_callback)
        run_callback(loop, task);
    else
        run_task(loop, task);
    return !is_callback;
}

/* In line in the loop over steps: a step is short. A task that ends and was all that another one waited for is
 * followed by that one at once where that is what comes next anyway. True if the main task has ended, perhaps. */
static inline __attribute__((always_inline)) bool run_plain_step(struct ac__loop *loop, int *error_number)
{
    struct ac__task *task = ac__take_ready(loop);
    struct ac__frame *frame;
    if (unlikely(task->flags & AC__CANCEL))
        return run_flagged(loop, task);
    frame = first_frame(task);
    for (;;) {
        int status = run_from(loop, task, frame, error_number, false, false);
        const struct ac__waiter *next;
        if (likely(status == AC__SUSPENDED))
            return false;
        ac__thread.task = NULL;
        next = ac__task_finish(task, status);
        if (!next)
            return task == loop->main;
        if (unlikely(task == loop->main) || unlikely(loop->until_poll == 1)) {
            ac__queue_ready(next->wait.task);
            return true;
        }
        loop->until_poll--;
        task = next->wait.task;
        frame = ac__join_goes_on(next);
    }
}

/* ---- between steps ------------------------------------------------------------------------------------- */

/* Sets how many steps go by until the next look: as many as take LOOK_NS, judging by those since the last. */
static void set_interval(struct ac__loop *loop)
{
    int64_t elapsed = loop->now - loop->polled_at;
    int64_t interval = loop->poll_interval;
    if (!loop->polled_at) /* it has waited in between */
        elapsed = LOOK_NS;
    loop->polled_at = loop->now;
    if (elapsed > LOOK_NS)
        interval = interval * LOOK_NS / elapsed;
    else if (elapsed < LOOK_NS / 2)
        interval *= 2;
    loop->poll_interval = (unsigned)(interval < 1 ? 1 : interval > LONGEST_INTERVAL ? LONGEST_INTERVAL : interval);
    loop->until_poll = loop->poll_interval;
}

/* Takes in what has come from elsewhere: before alarms ring, so that no limit overtakes what
 * was there in time. */
static void take_in(struct ac__loop *loop)
{
    ac__signals_look(loop);
    ac__mailbox_empty(loop);
    if (loop->io_waits || loop->is_foreign)
        ac__poll(loop, 0);
}

/* Something is ready: only looks. */
static void look(struct ac__loop *loop)
{
    ac__thread.task = NULL;
    ac__read_clock(loop);
    set_interval(loop);
    if (unlikely(loop->dump_signal))
        ac__dump_answer(loop);
    take_in(loop);
    ac__timers_run(loop);
}

/* Could anything but this thread make a task ready? */
static bool can_come(struct ac__loop *loop)
{
    if (loop->io_waits || loop->threads_out || loop->signals)
        return true;
    if (!loop->future_waits && !ac__mailbox_is_referred_to(loop->mailbox))
        return false;
    /* In this order: a thread may have set a future and ended since the mailbox was last emptied. */
    return ac__has_other_threads() || ac__mailbox_has_letters(loop);
}

_Noreturn static void deadlock(void)
{
    fflush(stdout);
    fputs("ac: deadlock: every task waits, and nothing can wake one\n", stderr);
    ac__dump(stderr);
    exit(13);
}

enum { OTHERS_CHECK = AC__SECOND, LETTERS_CHECK = AC__SECOND / 100 };

static int64_t longest_wait(struct ac__loop *loop)
{
    int64_t deadline = ac__next_deadline(loop), wait = AC__NEVER;
    if (loop->is_virtual && loop->threads_out)
        return AC__NEVER; /* time stands still meanwhile */
    if (deadline < AC__NEVER)
        wait = deadline > loop->now ? deadline - loop->now : 0;
    else if (!can_come(loop))
        deadlock();
    /* A thread that was to set a future may end without doing so: then look again whether any is left. */
    if (!loop->threads_out && !loop->io_waits && !loop->signals && wait > OTHERS_CHECK && deadline == AC__NEVER)
        wait = OTHERS_CHECK;
    return wait;
}

static int64_t at_most(int64_t time, int64_t most)
{
    return time < most ? time : most;
}

void ac__outside(int change)
{
    ac__loop()->threads_out += (unsigned long)change;
}

/* The virtual clock: nothing is ready, so it is the time of the next alarm. */
static bool can_jump(struct ac__loop *loop)
{
    return loop->is_virtual && !ac__thread.ready && !loop->threads_out && ac__next_deadline(loop) < AC__NEVER - 1;
}

static void jump(struct ac__loop *loop)
{
    loop->now = ac__next_deadline(loop);
    ac__timers_run(loop);
}

/* `has_looked`: what has come was just taken in. */
static void ring(struct ac__loop *loop, bool has_looked)
{
    if (!loop->heap_count && !loop->wheel)
        return;
    ac__read_clock(loop);
    if (ac__next_deadline(loop) > loop->now)
        return;
    if (!has_looked)
        take_in(loop);
    ac__timers_run(loop);
}

/* Nothing is ready: waits until something is, or it is time for an alarm. */
static void wait(struct ac__loop *loop)
{
    int64_t most;
    if (unlikely(loop->dump_signal))
        ac__dump_answer(loop);
    ring(loop, false);
    if (ac__signals_look(loop) || ac__mailbox_empty(loop) || ac__thread.ready)
        return;
    most = ac__mailbox_listen(loop) ? AC__NEVER : LETTERS_CHECK; /* without a bell it has to look */
    if (loop->is_virtual) {
        ac__poll(loop, 0);
        if (ac__mailbox_empty(loop) || ac__thread.ready)
            return;
        if (can_jump(loop)) {
            jump(loop);
            return;
        }
    }
    ac__signals_listen(loop);
    if (ac__signals_look(loop))
        return;
    ac__poll(loop, at_most(longest_wait(loop), most));
    ac__mailbox_empty(loop);
    ring(loop, true);
    loop->polled_at = 0;
}

void ac__loop_step(struct ac__loop *loop)
{
    run_special_step(loop);
    if (unlikely(--loop->until_poll == 0))
        look(loop);
}

void ac__loop_look(struct ac__loop *loop)
{
    look(loop);
    if (can_jump(loop))
        jump(loop);
}

/* Compiled twice, so that modes that are off cost no step anything. */
static inline __attribute__((always_inline)) void run_steps(struct ac__loop *loop, bool is_special)
{
    int *error_number = loop->error_number;
    for (;;) {
        bool may_be_over;
        if (unlikely(!ac__thread.ready)) {
            ac__thread.task = NULL;
            wait(loop);
            continue;
        }
        may_be_over = is_special ? run_special_step(loop) : run_plain_step(loop, error_number);
        if (unlikely(may_be_over) && ac__state(loop->main) == AC__FINISHED)
            return;
        if (unlikely(--loop->until_poll == 0))
            look(loop);
    }
}

static __attribute__((noinline)) void run_special_steps(struct ac__loop *loop)
{
    run_steps(loop, true);
}

/* A function of its own: its few variables are kept in registers. */
static __attribute__((noinline)) void run_plain_steps(struct ac__loop *loop)
{
    run_steps(loop, false);
}

static void run_main(struct ac__loop *loop)
{
    if (ac__state(loop->main) == AC__FINISHED) /* there was no memory for it */
        return;
    if (loop->is_special)
        run_special_steps(loop);
    else
        run_plain_steps(loop);
}

/* ---- the end ------------------------------------------------------------------------------------------- */

static void cancel_left_over(struct ac__task *task, void *context)
{
    bool *any = context;
    if (ac__state(task) == AC__FINISHED || task->flags & AC__LEFT_OVER)
        return;
    ac__flag(task, AC__LEFT_OVER);
    *any = true;
    ac__task_cancel(task, false);
}

/* Cancels in the order the tasks were spawned those that have not been yet. */
static bool cancel_all(void)
{
    size_t count;
    ac_task(void) *all = ac__all_sorted(&count);
    bool any = false;
    if (!all)
        ac__blocks_visit(cancel_left_over, &any);
    for (size_t i = 0; i < count; i++)
        cancel_left_over((struct ac__task *)all[i], &any);
    ac__free(all);
    return any;
}

static void note_left_over(struct ac__task *task, void *context)
{
    bool *any = context;
    *any |= task->flags & AC__LEFT_OVER && ac__state(task) != AC__FINISHED;
}

/* Is any task left that has been cancelled here? */
static bool is_any_left_over(void)
{
    bool any = false;
    ac__blocks_visit(note_left_over, &any);
    return any;
}

static void clear_left_over(struct ac__task *task, void *context)
{
    (void)context;
    ac__unflag(task, AC__LEFT_OVER);
}

/* Tasks that swallow the cancellation and wait on are cancelled again when nothing else goes
 * on; not for ever. */
static void insist(unsigned *times)
{
    if (++*times > MOST_CANCELS)
        deadlock();
    ac__blocks_visit(clear_left_over, NULL);
}

/* Runs until every task is finished. What tasks spawn while they clean up is theirs: it is cancelled when all
 * of them are finished, or when nothing else goes on. */
static void finish_all(struct ac__loop *loop)
{
    unsigned times = 0;
    cancel_all();
    while (ac__live(loop)) {
        if (ac__thread.ready)
            ac__loop_step(loop);
        else if (!is_any_left_over() && cancel_all())
            continue;
        else if (ac__next_deadline(loop) < AC__NEVER || can_come(loop))
            wait(loop);
        else if (!cancel_all())
            insist(&times);
    }
}

/* What other threads have called meanwhile may spawn tasks, too: it is called before the last
 * of them are finished. */
void ac__loop_wind_up(struct ac__loop *loop)
{
    finish_all(loop);
    ac__mailbox_refuse_calls(loop);
    ac__mailbox_empty(loop);
    if (ac__live(loop))
        finish_all(loop);
}

/* ---- what programs call -------------------------------------------------------------------------------- */

/* The statuses with which a process ends whose main task did. */
enum { SUCCEEDED = 0, FAILED = 1, INTERRUPTED = 128 + SIGINT };

/* The error goes to `error`, or is printed. */
static int hand_out_error(const struct ac__thrown *thrown, ac_error *error)
{
    if (error)
        *error = *ac__thrown_error(thrown);
    else
        ac__error_print(thrown, stderr);
    return FAILED;
}

/* Hands out how the main task ended. */
static int hand_out(const struct ac__loop *loop, void *result, size_t size, ac_error *error)
{
    struct ac__task *task = loop->main;
    if (task->status == AC__FAILED) {
        ac__flag(task, AC__RETRIEVED);
        if (loop->was_interrupted && task->flags & AC__CANCELLED && !error)
            return INTERRUPTED;
        return hand_out_error(task->error, error);
    }
    if (result && size)
        memcpy(result, ac__result_of(ac__root(task)), size);
    return SUCCEEDED;
}

static int run(struct ac__frame *coroutine, void *result, size_t size, ac_error *error)
{
    struct ac__loop loop;
    struct ac__task *task;
    int status;
    if (ac__thread.loop)
        ac__die("ac_run called from a running loop: await the coroutine, or spawn it");
    if (ac__is_forked())
        ac__no_loop();
    if (!ac__loop_open(&loop)) {
        ac__coro_close(coroutine);
        return hand_out_error(ac__out_of_memory(), error);
    }
    ac__signals_open(&loop);
    task = loop.main = ac__task_start(coroutine);
    run_main(&loop);
    ac__loop_wind_up(&loop);
    ac__tasks_free(task);
    status = hand_out(&loop, result, size, error);
    ac__task_drop(task);
    ac__loop_close(&loop);
    return status;
}

int ac__run(struct ac__frame *coroutine, void *result, size_t size, ac_error *error)
{
    int status;
    if (error)
        *error = (ac_error){0};
    status = run(coroutine, result, size, error);
    if (status != SUCCEEDED && !error)
        exit(status);
    return status == SUCCEEDED;
}

bool ac__try_run(struct ac__frame *coroutine, void *result, size_t size, ac_error *error)
{
    ac_error dropped;
    return ac__run(coroutine, result, size, error ? error : &dropped);
}

int ac__main(struct ac__frame *coroutine)
{
    int result = 0, status = run(coroutine, &result, sizeof result, NULL);
    return status == SUCCEEDED ? result : status;
}

static void soon_release(struct ac__callback *callback, bool is_dropped)
{
    (void)is_dropped;
    ac__free(callback);
}

bool ac_call_soon(void (*function)(void *argument), void *argument)
{
    struct ac__callback *callback;
    ac__loop();
    callback = ac__allocate(sizeof *callback);
    if (!callback)
        return false;
    *callback = (struct ac__callback){.function = function, .argument = argument, .release = soon_release};
    ac__callback_queue(callback);
    return true;
}
