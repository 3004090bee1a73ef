/* wait.c: ac_wait and ac_as_completed: watching tasks or futures that stay the caller's.
 *
 * Each gets a watcher (abi.h). In ac_wait the task is woken by the first that makes the condition true, or by
 * the alarm; when it runs it takes whatever is done by then and moves that to the front of the caller's
 * array, in the order in which it was done.
 *
 * ac_as_completed is a generator. From the first time it is asked, a handle is put into a list when it is
 * done; each time it is asked it hands out the first of the list, and waits if there is none. */
#include "events.h"
#include "joining.h"
#include "storage.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* States: 0 not started, 1 waits, 2 has given way to others, 3 has only looked and given way. */
enum { WAITS = 1, GAVE_WAY = 2, LOOKED = 3 };

struct watched {
    struct ac__waiter waiter;
    void *owner; /* struct watch or completed */
    void *target;
    bool is_watched;
    unsigned long done_at; /* for sorting: ULONG_MAX if it is not done */
    size_t index;
    struct watched *next; /* ac_as_completed: in the list of those that are done */
};

static void watched_copy(struct watched *watched, const void *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        watched[i].is_watched = false;
        watched[i].index = i;
        memcpy(&watched[i].target, (const char *)items + i * sizeof(void *), sizeof(void *));
    }
}

static void watched_watch(struct watched *watched, void *owner, unsigned kind,
                          struct ac__task *(*done)(struct ac__wait *wait))
{
    watched->is_watched = true;
    watched->owner = owner;
    watched->waiter.wait = (struct ac__wait){NULL, done};
    ac__target_watch(watched->target, kind, &watched->waiter);
}

static void watched_leave(struct watched *watched, size_t count, unsigned kind)
{
    for (size_t i = 0; i < count; i++) {
        if (watched[i].is_watched)
            ac__target_unwatch(watched[i].target, kind, &watched[i].waiter);
        watched[i].is_watched = false;
    }
}

static int by_time(const void *left, const void *right)
{
    const struct watched *a = left, *b = right;
    if (a->done_at != b->done_at)
        return a->done_at < b->done_at ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

/* Notes when each was done, before it is left: a future may be there only for those who watch it. Gives how
 * many are done. */
static size_t watched_look(struct watched *watched, size_t count, unsigned kind)
{
    size_t done_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_done = ac__target_done(watched[i].target, kind);
        done_count += is_done;
        watched[i].done_at = is_done ? ac__target_done_at(watched[i].target, kind) : ULONG_MAX;
    }
    return done_count;
}

/* Moves those that are done to the front, in the order in which they were done. None is watched any more. */
static void watched_sort(struct watched *watched, size_t count)
{
    qsort(watched, count, sizeof *watched, by_time);
}

/* Can a task wait for these? */
static int check_watched(const struct watched *watched, size_t count, struct ac__task *task)
{
    for (size_t i = 0; i < count; i++) {
        if (!watched[i].target)
            return ac__fail_code(task, ENOMEM); /* a future that could not be made */
        if (watched[i].target == task)
            return ac__fail(task, ac__awaits_itself());
    }
    return AC__DONE;
}

/* ---- ac_wait ------------------------------------------------------------------------------------------- */

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
    struct watch *watch = watched->owner;
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

static void look(struct watch *watch)
{
    watch->done_count = watched_look(watch->watched, watch->count, watch->kind);
}

/* Hands out what was seen at the last look. */
static int watch_end(struct watch *watch)
{
    watched_sort(watch->watched, watch->count);
    for (size_t i = 0; i < watch->count; i++)
        memcpy((char *)watch->items + i * sizeof(void *), &watch->watched[i].target, sizeof(void *));
    return AC__DONE;
}

static int check(const struct watch *watch, struct ac__task *task)
{
    if (watch->count == 0)
        return ac__fail(task, ac__error_make(EINVAL, "ac_wait for nothing"));
    if (isnan(watch->seconds) || watch->seconds == -INFINITY)
        return ac__fail_code(task, EINVAL);
    return check_watched(watch->watched, watch->count, task);
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
        if (!ac__target_done(watch->watched[i].target, watch->kind))
            watched_watch(&watch->watched[i], watch, watch->kind, watched_done);
    }
}

static int watch_start(struct watch *watch, struct ac__task *task)
{
    if (check(watch, task) != AC__DONE)
        return AC__FAILED;
    if (is_over(watch)) {
        look(watch);
        return watch_end(watch);
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
    if (frame->state == 0 && ac__share_is_over())
        return ac__yield_at(task, frame, GAVE_WAY);
    if (frame->state == WAITS || frame->state == LOOKED)
        look(watch);
    if (frame->state == WAITS) {
        ac__alarm_cancel(ac__thread.loop, &watch->timer.alarm);
        watched_leave(watch->watched, watch->count, watch->kind);
    }
    if (frame->state != 0 && ac__interrupted(task))
        return ac__fail_code(task, ECANCELED);
    if (frame->state == 0 || frame->state == GAVE_WAY)
        return watch_start(watch, task);
    return watch_end(watch);
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
    watched_copy(watch->watched, items, count);
    return (ac_coro(size_t))watch;
}

/* ---- ac_as_completed ----------------------------------------------------------------------------------- */

/* States: 0 between two items, 1 waits, AC__ENDED. */
struct completed {
    struct ac__frame base;
    void *handle; /* the item */
    struct ac__wait wait;
    struct watched *first, *last; /* done, and not handed out yet */
    size_t count, handed_out;
    unsigned kind;
    bool has_begun, is_woken;
    struct watched watched[];
};

static void append(struct completed *completed, struct watched *watched)
{
    watched->next = NULL;
    if (completed->first)
        completed->last->next = watched;
    else
        completed->first = watched;
    completed->last = watched;
}

static void completed_wake(struct completed *completed)
{
    if (completed->base.state != WAITS || completed->is_woken)
        return;
    completed->is_woken = true;
    ac__make_ready(completed->wait.task);
}

static struct ac__task *completed_note(struct ac__wait *wait)
{
    struct watched *watched = container_of(wait, struct watched, waiter.wait);
    struct completed *completed = watched->owner;
    watched->is_watched = false;
    if (completed->kind == AC__KIND_FUTURE)
        ac__target_unwatch(watched->target, completed->kind, &watched->waiter);
    append(completed, watched);
    completed_wake(completed);
    return NULL;
}

static struct ac__task *completed_cancel(struct ac__wait *wait)
{
    completed_wake(container_of(wait, struct completed, wait));
    return NULL;
}

static void completed_close(struct ac__frame *frame)
{
    struct completed *completed = (struct completed *)frame;
    watched_leave(completed->watched, completed->count, completed->kind);
}

static int completed_begin(struct completed *completed, struct ac__task *task)
{
    size_t done;
    completed->has_begun = true;
    if (check_watched(completed->watched, completed->count, task) != AC__DONE)
        return AC__FAILED;
    done = watched_look(completed->watched, completed->count, completed->kind);
    watched_sort(completed->watched, completed->count);
    for (size_t i = 0; i < done; i++)
        append(completed, &completed->watched[i]);
    for (size_t i = done; i < completed->count; i++)
        watched_watch(&completed->watched[i], completed, completed->kind, completed_note);
    return AC__DONE;
}

static int completed_hand_out(struct completed *completed)
{
    completed->base.state = 0;
    completed->handle = completed->first->target;
    completed->first = completed->first->next;
    completed->handed_out++;
    return AC__DONE;
}

/* Need it not wait, perhaps, though others are to run first? */
static bool gives_way(const struct completed *completed)
{
    return completed->base.state == 0 && (completed->first || !completed->has_begun) && ac__share_is_over();
}

static int completed_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct completed *completed = (struct completed *)frame;
    if (frame->state == WAITS && ac__interrupted(task)) {
        completed_close(frame);
        frame->state = AC__ENDED;
        return ac__fail_code(task, ECANCELED);
    }
    if (gives_way(completed)) {
        completed->is_woken = true;
        return ac__yield_at(task, frame, WAITS);
    }
    if (!completed->has_begun && completed_begin(completed, task) != AC__DONE) {
        frame->state = AC__ENDED;
        return AC__FAILED;
    }
    if (completed->first)
        return completed_hand_out(completed);
    if (completed->handed_out == completed->count) {
        frame->state = AC__ENDED;
        return AC__DONE;
    }
    completed->is_woken = false;
    completed->wait.cancel = completed_cancel;
    return ac__suspend(task, frame, WAITS, &completed->wait);
}

static const struct ac__function completed_function = {.is_generator = true, .resume = completed_resume,
                                                       .name = "ac_as_completed",
                                                       .size = sizeof(struct completed),
                                                       .alignment = _Alignof(struct completed),
                                                       .result_offset = offsetof(struct completed, handle),
                                                       .result_size = sizeof(void *),
                                                       .close = completed_close};

struct ac__task *ac__watch_of(const struct ac__waiter *waiter)
{
    const struct watched *watched = container_of(waiter, const struct watched, waiter);
    const struct completed *completed;
    if (waiter->wait.cancel == watched_done)
        return ((const struct watch *)watched->owner)->task;
    if (waiter->wait.cancel != completed_note)
        return NULL;
    completed = watched->owner;
    return completed->base.state == WAITS ? completed->wait.task : NULL;
}

struct ac__frame *ac__as_completed(const void *items, size_t count, unsigned kind)
{
    struct completed *completed = NULL;
    if (count < SIZE_MAX / 4 / sizeof(struct watched))
        completed = (struct completed *)ac__frame_new_sized(&completed_function, (const void *)ac__as_completed,
                                                            sizeof *completed + count * sizeof(struct watched));
    if (!completed)
        return ac__frame_none();
    completed->count = count;
    completed->kind = kind;
    completed->handed_out = 0;
    completed->has_begun = false;
    completed->first = NULL;
    watched_copy(completed->watched, items, count);
    return &completed->base;
}
