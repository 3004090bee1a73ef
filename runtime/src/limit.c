/* limit.c: time limits. A limit cancels its task when its time is over and turns that cancellation,
 * and no other, into ETIMEDOUT where it ends. Whose a cancellation is, and why what is there in
 * time is never lost: see cancel.c. */
#include "events.h"
#include "joining.h"
#include "storage.h"

#include <math.h>

/* Begins a limit for a task. An error code, or 0. */
static int limit_begin(struct ac__limit *limit, struct ac__task *task, double seconds)
{
    limit->timer = (struct ac__timer){.fire = ac__limit_fire};
    if (isnan(seconds) || seconds == -INFINITY)
        return EINVAL;
    if (seconds > 0 && seconds != INFINITY
        && !ac__alarm_arm(ac__loop(), &limit->timer.alarm, ac__nanoseconds(seconds), false))
        return ENOMEM;
    ac__scope_begin(&limit->scope, task);
    if (seconds <= 0)
        ac__limit_fire(&limit->timer);
    return 0;
}

/* Ends a limit, once or more, with the error that leaves it; null: none. True, once, if that is
 * its own ECANCELED. */
static bool limit_end(struct ac__limit *limit, struct ac__thrown *error)
{
    if (!limit->scope.task)
        return false;
    ac__alarm_cancel(ac__thread.loop, &limit->timer.alarm);
    return ac__scope_end(&limit->scope, error) && limit->scope.has_asked
           && error && ac__thrown_code(error) == ECANCELED;
}

/* The system's text for the code speaks of a connection. */
static struct ac__thrown *timed_out(void)
{
    return ac__error_make(ETIMEDOUT, "timed out");
}

/* ---- async with (ac_timeout(seconds)) ------------------------------------------------------------------ */

struct enter {
    struct ac__frame base;
    struct ac_timeout *timeout; /* the result */
};

struct ac_timeout ac_timeout(double seconds)
{
    return (struct ac_timeout){.seconds = seconds};
}

static int enter_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac_timeout *timeout = ((struct enter *)frame)->timeout;
    int code = limit_begin(&timeout->ac__limit, task, timeout->seconds);
    return code ? ac__refuse(task, frame, ac__error_make(code, NULL)) : AC__DONE;
}

static int exit_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac_timeout *timeout = container_of(frame, struct ac_timeout, ac__exit);
    struct ac__thrown *error = timeout->ac__error ? ac__thrown_of(timeout->ac__error) : NULL;
    return limit_end(&timeout->ac__limit, error) ? ac__fail(task, timed_out()) : AC__DONE;
}

static const struct ac__function enter_function = {.resume = enter_resume,
                                                   .name = "ac_timeout_aenter",
                                                   .size = sizeof(struct enter),
                                                   .alignment = _Alignof(struct enter),
                                                   .result_offset = offsetof(struct enter, timeout),
                                                   .result_size = sizeof(struct ac_timeout *)};
static const struct ac__function exit_function = {.resume = exit_resume,
                                                  .name = "ac_timeout_aexit",
                                                  .size = sizeof(struct ac__frame),
                                                  .alignment = _Alignof(struct ac__frame)};

ac_coro(struct ac_timeout *) ac_timeout_aenter(struct ac_timeout *timeout)
{
    struct enter *enter = (struct enter *)ac__frame_new(&enter_function, (const void *)ac_timeout_aenter);
    if (enter)
        enter->timeout = timeout;
    return (ac_coro(struct ac_timeout *))enter;
}

ac_coro(void) ac_timeout_aexit(struct ac_timeout *timeout, const ac_error *error)
{
    ac__frame_none();
    timeout->ac__exit = (struct ac__frame){.function = &exit_function, .storage = AC__EMBEDDED};
    timeout->ac__error = error;
    return (ac_coro(void))&timeout->ac__exit;
}

bool ac_timeout_reschedule(struct ac_timeout *timeout, double seconds)
{
    struct ac__limit *limit = &timeout->ac__limit;
    if (!limit->scope.task || limit->scope.has_asked || isnan(seconds) || seconds == -INFINITY)
        return false;
    ac__alarm_cancel(ac__loop(), &limit->timer.alarm);
    if (seconds == INFINITY)
        return true;
    if (seconds > 0)
        return ac__alarm_arm(ac__loop(), &limit->timer.alarm, ac__nanoseconds(seconds), false);
    ac__limit_fire(&limit->timer);
    return true;
}

/* ---- ac_wait_for: runs what it is given in this very task ---------------------------------------------- */

enum { WAITS = 1, GAVE_WAY = 2 };

struct wait_for {
    struct ac__limit limit;
    struct ac__frame *child; /* the coroutine; null: the join */
    struct ac__join join;
    double seconds;
    size_t result_size;
};

static struct ac__frame *child_of(struct wait_for *wait_for)
{
    return wait_for->child ? wait_for->child : &wait_for->join.base;
}

static void wait_for_close(struct ac__frame *frame)
{
    struct wait_for *wait_for = ac__body(frame);
    if (wait_for->child)
        ac__coro_close(wait_for->child);
    else
        ac__target_drop(wait_for->join.target, wait_for->join.kind);
}

/* The child has failed. If that is the limit's doing: ETIMEDOUT, with where it stood as the context. */
static int wait_for_failed(struct wait_for *wait_for, struct ac__task *task)
{
    struct ac__thrown *error = ac__catch(task);
    if (!limit_end(&wait_for->limit, error))
        return ac__fail(task, error);
    ac__fail(task, timed_out());
    ac__thrown_chain(task, error);
    return AC__FAILED;
}

static int wait_for_end(struct ac__frame *frame, struct ac__task *task, int status)
{
    struct wait_for *wait_for = ac__body(frame);
    struct ac__frame *child = wait_for->child;
    struct ac__join join = wait_for->join; /* the body's pointer goes when the result comes */
    if (status == AC__FAILED) {
        ac__frame_release_slowly(child, task);
        return wait_for_failed(wait_for, task);
    }
    limit_end(&wait_for->limit, NULL);
    ac__generic_finish(frame, child ? ac__result_of(child) : ac__join_value(&join), wait_for->result_size);
    if (child)
        ac__release(child, task);
    else
        ac__join_end(&join);
    return AC__DONE;
}

/* No time at all: what is there already came in time, what is not there yet does not get started (ETIMEDOUT),
 * and a task, which runs, is cancelled and awaited. */
static int without_time(struct wait_for *wait_for)
{
    const struct ac__join *join = &wait_for->join;
    bool is_done = !wait_for->child && ac__target_done(join->target, join->kind);
    bool is_running = !wait_for->child && join->kind == AC__KIND_TASK && !is_done;
    if (!is_running)
        limit_end(&wait_for->limit, NULL);
    return is_done || is_running ? 0 : ETIMEDOUT;
}

static int wait_for_start(struct ac__frame *frame, struct ac__task *task)
{
    struct wait_for *wait_for = ac__body(frame);
    struct ac__frame *child = child_of(wait_for);
    int code = limit_begin(&wait_for->limit, task, wait_for->seconds), status;
    if (!code && wait_for->limit.scope.has_asked)
        code = without_time(wait_for);
    if (code) {
        wait_for_close(frame);
        return ac__refuse(task, frame, code == ETIMEDOUT ? timed_out() : ac__error_make(code, NULL));
    }
    status = ac__start(child, task);
    if (status != AC__SUSPENDED)
        return wait_for_end(frame, task, status);
    frame->state = WAITS;
    return ac__suspended(frame, frame->function, child);
}

/* A coroutine may be done at once, again and again; what else is awaited counts by itself. */
static inline bool gives_way(struct ac__frame *frame)
{
    return ((struct wait_for *)ac__body(frame))->child && ac__share_is_over();
}

static int wait_for_resume(struct ac__frame *frame, struct ac__task *task)
{
    if (frame->state == WAITS)
        return wait_for_end(frame, task, task->status);
    if (frame->state == 0 && gives_way(frame))
        return ac__yield_at(task, frame, GAVE_WAY);
    if (frame->state == GAVE_WAY && ac__interrupted(task)) {
        wait_for_close(frame);
        return ac__fail_code(task, ECANCELED);
    }
    return wait_for_start(frame, task);
}

static const struct ac__function wait_for_function = AC__GENERIC("ac_wait_for", wait_for_resume, wait_for_close);

struct ac__frame *ac__wait_for(void *handle, unsigned kind, size_t size, size_t alignment, double seconds)
{
    struct ac__generic *frame;
    struct wait_for *wait_for;
    if (!handle)
        return ac__frame_none();
    frame = ac__generic_new(&wait_for_function, (const void *)ac__wait_for, size, alignment, sizeof *wait_for);
    if (!frame) {
        ac__target_drop(handle, kind);
        return NULL;
    }
    wait_for = ac__body(&frame->base);
    wait_for->child = kind == AC__KIND_CORO ? handle : NULL;
    if (kind != AC__KIND_CORO)
        ac__join_init(&wait_for->join, handle, kind);
    wait_for->seconds = seconds;
    wait_for->result_size = size;
    return &frame->base;
}
