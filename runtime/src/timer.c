/* timer.c: the clock, and what is made of alarms directly: sleeping, yielding, calls in the
 * future; ringing them. */
#include "events.h"

#include <math.h>

/* ---- the clock ----------------------------------------------------------------------------------------- */

int64_t ac__nanoseconds(double seconds)
{
    double nanoseconds = seconds * AC__SECOND;
    int64_t whole;
    if (!(nanoseconds > 0))
        return 0;
    if (nanoseconds >= 9.2e18)
        return AC__NEVER;
    whole = (int64_t)nanoseconds;
    return whole + ((double)whole < nanoseconds);
}

double ac_now(void)
{
    return (double)ac__read_clock(ac__loop()) / AC__SECOND;
}

/* ---- sleeping and yielding ----------------------------------------------------------------------------- */

static struct ac__task *sleep_cancel(struct ac__wait *wait)
{
    struct ac__sleep *sleep = container_of(wait, struct ac__sleep, wait);
    ac__alarm_cancel(ac__thread.loop, &sleep->alarm);
    ac__make_ready(wait->task);
    return NULL;
}

static int sleep_start(struct ac__sleep *sleep, struct ac__task *task)
{
    double seconds = sleep->seconds;
    if (isnan(seconds))
        return ac__refuse(task, &sleep->base, ac__error_make(EINVAL, NULL));
    if (seconds <= 0)
        return ac__yield_at(task, &sleep->base, AC__OVER);
    if (!ac__alarm_arm(ac__loop(), &sleep->alarm, ac__nanoseconds(seconds), true))
        return ac__fail_code(task, ENOMEM);
    sleep->wait.cancel = sleep_cancel;
    return ac__suspend(task, &sleep->base, AC__OVER, &sleep->wait);
}

static int sleep_resume(struct ac__frame *frame, struct ac__task *task)
{
    if (frame->state == 0)
        return sleep_start((struct ac__sleep *)frame, task);
    return ac__interrupted(task) ? ac__fail_code(task, ECANCELED) : AC__DONE;
}

static const struct ac__function sleep_function = {
    .resume = sleep_resume, .name = "ac_sleep",
    .size = sizeof(struct ac__sleep), .alignment = _Alignof(struct ac__sleep)};

ac_coro(void) ac_sleep(double seconds)
{
    struct ac__frame *frame = ac__frame_new(&sleep_function, (const void *)ac_sleep);
    if (frame)
        ((struct ac__sleep *)frame)->seconds = seconds;
    return (ac_coro(void))frame;
}

int ac__ac_sleep__run(struct ac__ac_sleep__frame *frame, struct ac__task *task, unsigned state, double seconds)
{
    (void)state;
    frame->frame.seconds = seconds;
    return ac__enter(&frame->frame.base, task, &sleep_function);
}

static int yield_resume(struct ac__frame *frame, struct ac__task *task)
{
    if (frame->state == 0)
        return ac__yield_at(task, frame, AC__OVER);
    return ac__interrupted(task) ? ac__fail_code(task, ECANCELED) : AC__DONE;
}

static const struct ac__function yield_function = {.resume = yield_resume,
                                                   .name = "ac_yield",
                                                   .size = sizeof(struct ac__frame),
                                                   .alignment = _Alignof(struct ac__frame)};

ac_coro(void) ac_yield(void)
{
    return (ac_coro(void))ac__frame_new(&yield_function, (const void *)ac_yield);
}

/* ---- calls in the future ------------------------------------------------------------------------------- */

/* Nodes are kept until the loop ends, so that a handle that is used up never meets freed memory;
 * `generation`, which no other call of the thread's has had, tells. Handles of loops that have ended
 * are older than its first call. */
struct call {
    struct ac__timer timer;
    struct ac__callback callback;
    unsigned generation;
    bool is_queued; /* it has rung and is to be called in its turn */
    struct call *next_free, *next;
};

static __thread struct call *free_calls, *all_calls;
static __thread unsigned first_generation = 1, next_generation = 1; /* of this loop's calls; 0: of none */

static void call_release(struct call *call)
{
    call->generation = 0;
    call->is_queued = false;
    call->next_free = free_calls;
    free_calls = call;
}

static void call_release_run(struct ac__callback *callback, bool is_dropped)
{
    (void)is_dropped;
    call_release(container_of(callback, struct call, callback));
}

static void call_fire(struct ac__timer *timer)
{
    struct call *call = container_of(timer, struct call, timer);
    call->is_queued = true;
    ac__callback_queue(&call->callback);
}

static struct call *call_new(void)
{
    struct call *call = free_calls;
    if (call) {
        free_calls = call->next_free;
        return call;
    }
    call = ac__allocate(sizeof *call);
    if (!call)
        return NULL;
    *call = (struct call){.next = all_calls};
    return all_calls = call;
}

ac_timer ac_call_later(double seconds, void (*function)(void *argument), void *argument)
{
    struct ac__loop *loop = ac__loop();
    struct call *call = isnan(seconds) ? NULL : call_new();
    if (!call)
        return (ac_timer){0};
    call->timer = (struct ac__timer){.fire = call_fire};
    call->callback = (struct ac__callback){.function = function, .argument = argument, .release = call_release_run};
    if (!ac__alarm_arm(loop, &call->timer.alarm, ac__nanoseconds(seconds), false)) {
        call_release(call);
        return (ac_timer){0};
    }
    call->generation = next_generation++;
    if (!next_generation)
        next_generation = 1;
    return (ac_timer){call, call->generation};
}

static bool is_of_this_loop(ac_timer timer)
{
    return timer.ac__call && timer.ac__generation - first_generation < next_generation - first_generation;
}

static void call_nothing(void *argument)
{
    (void)argument;
}

bool ac_timer_cancel(ac_timer timer)
{
    struct call *call = timer.ac__call;
    if (!is_of_this_loop(timer) || call->generation != timer.ac__generation)
        return false;
    if (call->is_queued) { /* its place in the queue cannot be given up */
        call->callback.function = call_nothing;
        call->generation = 0;
        return true;
    }
    ac__alarm_cancel(ac__loop(), &call->timer.alarm);
    call_release(call);
    return true;
}

void ac__calls_free(void)
{
    while (all_calls) {
        struct call *call = all_calls;
        all_calls = call->next;
        ac__free(call);
    }
    free_calls = NULL;
    first_generation = next_generation;
}

/* ---- ringing ------------------------------------------------------------------------------------------- */

/* Sleeps and calls go to the end of the ready queue, but a limit acts when it rings: so that it does not
 * overtake what was due before it, ringing then goes on when all that has had its turn. */

void ac__limit_fire(struct ac__timer *timer)
{
    struct ac__limit *limit = container_of(timer, struct ac__limit, timer);
    ac__scope_ask(&limit->scope, true);
}

static void go_on(void *loop)
{
    ((struct ac__loop *)loop)->rings_later = false;
    ac__timers_run(loop);
}

static void nothing_to_release(struct ac__callback *callback, bool is_dropped)
{
    (void)callback, (void)is_dropped;
}

static void ring_later(struct ac__loop *loop)
{
    loop->rings_later = true;
    loop->ringing = (struct ac__callback){.function = go_on, .argument = loop, .release = nothing_to_release,
                                          .keeps_place = true};
    ac__callback_queue(&loop->ringing);
}

static bool is_limit(const struct ac__alarm *alarm, bool is_sleep)
{
    return !is_sleep && ((const struct ac__timer *)alarm)->fire == ac__limit_fire;
}

static void ring(struct ac__alarm *alarm, bool is_sleep)
{
    struct ac__timer *timer = (struct ac__timer *)alarm;
    if (is_sleep)
        ac__make_ready(container_of(alarm, struct ac__sleep, alarm)->wait.task);
    else
        timer->fire(timer);
}

void ac__timers_run(struct ac__loop *loop)
{
    struct ac__alarm *alarm;
    bool is_sleep, has_rung = false;
    /* Whatever rings only makes tasks ready or cancels; it may arm alarms, but none that is due
     * at loop->now. */
    while (!loop->rings_later && (alarm = ac__alarm_first(loop, &is_sleep))) {
        if (!is_limit(alarm, is_sleep)) {
            has_rung = true;
        } else if (has_rung) {
            ring_later(loop);
            break;
        }
        ac__alarm_cancel(loop, alarm);
        ring(alarm, is_sleep);
    }
}
