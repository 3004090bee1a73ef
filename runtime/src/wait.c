/* wait.c: ac_wait: watches tasks or futures that stay the caller's until enough of them are done.
 *
 * Each gets a watcher (abi.h). The task is woken by the first that makes the condition true, or by the alarm; when it
 * runs it takes whatever is done by then and moves that to the front of the caller's array, in the order in which it
 * was done. */
#include "core.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* States: 0 not started, 1 waits, 2 has given way to others, 3 has only looked and given way. */
enum { WAITS = 1, GAVE_WAY = 2, LOOKED = 3 };

struct watched {
    struct ac__waiter waiter;
    struct watch *watch;
    void *target;
    bool is_watched;
    unsigned long done_at; /* at the end: ULONG_MAX if it is not done */
    size_t index;
};

struct watch {
    struct ac__frame base;
    size_t done_count; /* the result */
    struct ac__wait wait;
    struct ac__timer timer;
    struct ac__task *task;
    void *items; /* the caller's array of handles */
    size_t count, pending;
    unsigned kind;
    enum ac_when when;
    double seconds;
    bool is_woken;
    struct watched watched[];
};

static bool has_failed(const struct watch *watch, void *target)
{
    return ac__target_failed(target, watch->kind) && !ac__cancelled(target, watch->kind);
}

static bool is_enough(const struct watch *watch, void *done)
{
    if (watch->pending == 0 || watch->when == AC_FIRST_COMPLETED)
        return true;
    return watch->when == AC_FIRST_EXCEPTION && has_failed(watch, done);
}

static void wake(struct watch *watch)
{
    if (watch->is_woken)
        return;
    watch->is_woken = true;
    ac__make_ready(watch->task);
}

static struct ac__task *watched_done(struct ac__wait *wait)
{
    struct watched *watched = container_of(wait, struct watched, waiter.wait);
    struct watch *watch = watched->watch;
    watch->pending--;
    if (is_enough(watch, watched->target))
        wake(watch);
    return NULL;
}

static void time_over(struct ac__timer *timer)
{
    wake(container_of(timer, struct watch, timer));
}

static struct ac__task *watch_cancel(struct ac__wait *wait)
{
    wake(container_of(wait, struct watch, wait));
    return NULL;
}

/* ---- the order in which they were done --------------------------------------------------------------------------- */

static int by_time(const void *left, const void *right)
{
    const struct watched *a = left, *b = right;
    if (a->done_at != b->done_at)
        return a->done_at < b->done_at ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

static void sort_items(struct watch *watch)
{
    watch->done_count = 0;
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *watched = &watch->watched[i];
        bool is_done = ac__target_done(watched->target, watch->kind);
        watch->done_count += is_done;
        watched->done_at = is_done ? ac__target_done_at(watched->target, watch->kind) : ULONG_MAX;
        watched->index = i;
    }
    qsort(watch->watched, watch->count, sizeof *watch->watched, by_time);
    for (size_t i = 0; i < watch->count; i++)
        memcpy((char *)watch->items + i * sizeof(void *), &watch->watched[i].target, sizeof(void *));
}

/* ---- the frame --------------------------------------------------------------------------------------------------- */

static void unwatch(struct watch *watch)
{
    ac__alarm_cancel(ac__thread.loop, &watch->timer.alarm);
    for (size_t i = 0; i < watch->count; i++) {
        if (watch->watched[i].is_watched)
            ac__target_unwatch(watch->watched[i].target, watch->kind, &watch->watched[i].waiter);
    }
}

static int check(const struct watch *watch, struct ac__task *task)
{
    if (watch->count == 0)
        return ac__fail(task, ac__error_make(EINVAL, "ac_wait for nothing"));
    if (isnan(watch->seconds) || watch->seconds == -INFINITY)
        return ac__fail_code(task, EINVAL);
    for (size_t i = 0; i < watch->count; i++) {
        if (!watch->watched[i].target)
            return ac__fail_code(task, ENOMEM); /* a future that could not be made */
        if (watch->watched[i].target == task)
            return ac__fail(task, ac__error_make(EDEADLK, "a task awaits itself"));
    }
    return AC__DONE;
}

/* Are enough of them done already? */
static bool is_over(struct watch *watch)
{
    bool is_over = false;
    watch->pending = watch->count;
    for (size_t i = 0; i < watch->count; i++)
        watch->pending -= ac__target_done(watch->watched[i].target, watch->kind);
    for (size_t i = 0; i < watch->count && !is_over; i++) {
        void *target = watch->watched[i].target;
        is_over = ac__target_done(target, watch->kind) && is_enough(watch, target);
    }
    return is_over;
}

static void watch_all(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *watched = &watch->watched[i];
        if (ac__target_done(watched->target, watch->kind))
            continue;
        watched->is_watched = true;
        watched->watch = watch;
        watched->waiter.wait = (struct ac__wait){NULL, watched_done};
        ac__target_watch(watched->target, watch->kind, &watched->waiter);
    }
}

static int watch_start(struct watch *watch, struct ac__task *task)
{
    if (check(watch, task) != AC__DONE)
        return AC__FAILED;
    if (is_over(watch)) {
        sort_items(watch);
        return AC__DONE;
    }
    if (watch->seconds <= 0) /* what is ready may run before the answer is given */
        return ac__yield_at(task, &watch->base, LOOKED);
    watch->timer = (struct ac__timer){.fire = time_over};
    if (watch->seconds != INFINITY &&
        !ac__alarm_arm(ac__loop(), &watch->timer.alarm, ac__nanoseconds(watch->seconds), false))
        return ac__fail_code(task, ENOMEM);
    watch->task = task;
    watch->wait.cancel = watch_cancel;
    watch_all(watch);
    return ac__suspend(task, &watch->base, WAITS, &watch->wait);
}

static int watch_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct watch *watch = (struct watch *)frame;
    if (frame->state == 0 && ac__over_budget())
        return ac__yield_at(task, frame, GAVE_WAY);
    if (frame->state == WAITS)
        unwatch(watch);
    if (frame->state != 0 && ac__interrupted(task))
        return ac__fail_code(task, ECANCELED);
    if (frame->state == 0 || frame->state == GAVE_WAY)
        return watch_start(watch, task);
    sort_items(watch);
    return AC__DONE;
}

static const struct ac__function wait_function = {.resume = watch_resume,
                                                  .name = "ac_wait",
                                                  .size = sizeof(struct watch),
                                                  .alignment = _Alignof(struct watch),
                                                  .result_offset = offsetof(struct watch, done_count),
                                                  .result_size = sizeof(size_t)};

ac_coro(size_t) ac__wait(void *items, size_t count, unsigned kind, enum ac_when when, double seconds)
{
    const void *callee = (const void *)ac__wait;
    struct watch *watch = NULL;
    if (count < SIZE_MAX / 4 / sizeof(struct watched))
        watch = (struct watch *)ac__frame_new_sized(&wait_function, callee,
                                                    sizeof *watch + count * sizeof(struct watched));
    if (!watch)
        return (ac_coro(size_t))ac__frame_none();
    watch->items = items;
    watch->count = count;
    watch->kind = kind;
    watch->when = when;
    watch->seconds = seconds;
    watch->is_woken = false;
    for (size_t i = 0; i < count; i++) {
        watch->watched[i].is_watched = false;
        memcpy(&watch->watched[i].target, (char *)items + i * sizeof(void *), sizeof(void *));
    }
    return (ac_coro(size_t))watch;
}
