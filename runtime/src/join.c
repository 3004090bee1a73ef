/* join.c: awaiting a task or a future. The wait stands in the queue of what is awaited and is taken
 * out of it when that is done. A task that is cancelled while it awaits a task hands the request on
 * to it; a future it leaves alone. */
#include "joining.h"
#include "observe.h"

/* ---- tasks and futures alike --------------------------------------------------------------------------- */

bool ac__target_done(void *target, unsigned kind)
{
    if (kind == AC__KIND_TASK) {
        ac__check_handle(target);
        return ac__state(target) == AC__FINISHED;
    }
    if (ac__future_done(target))
        return true;
    ac__future_bind(target); /* whoever sets it from now on tells this loop */
    return ac__future_done(target);
}

struct ac__thrown *ac__target_take_error_slowly(void *target, unsigned kind, bool consumes)
{
    const struct ac__thrown *error;
    if (kind == AC__KIND_TASK) {
        ac__check_handle(target);
        return ac__task_take_error(target, consumes);
    }
    error = ac__future_error(target);
    return error ? ac__error_copy(error) : NULL;
}

bool ac__target_failed(void *target, unsigned kind)
{
    return kind == AC__KIND_TASK ? ((struct ac__task *)target)->status == AC__FAILED : ac__future_error(target) != NULL;
}

unsigned long ac__target_done_at(void *target, unsigned kind)
{
    return kind == AC__KIND_TASK ? ((struct ac__task *)target)->finished_at : ac__future_done_at(target);
}

struct ac__waiter **ac__target_queue(void *target, unsigned kind)
{
    return kind == AC__KIND_TASK ? ac__joiners(target) : ac__future_waiters(target);
}

void ac__target_drop(void *target, unsigned kind)
{
    if (!target)
        return;
    if (kind == AC__KIND_CORO)
        ac__coro_close(target);
    else if (kind == AC__KIND_TASK && target != ac__thread.task) /* a task's own handle is kept, as with EDEADLK */
        ac__task_drop(target);
}

struct ac__thrown *ac__awaits_itself(void)
{
    return ac__error_make(EDEADLK, "a task awaits itself");
}

void ac__target_watch(void *target, unsigned kind, struct ac__waiter *waiter)
{
    ac__enqueue(ac__target_queue(target, kind), waiter);
    if (kind != AC__KIND_FUTURE)
        return;
    ac__future_hold(target);
    ac__thread.loop->future_waits++;
}

void ac__target_unwatch(void *target, unsigned kind, struct ac__waiter *waiter)
{
    if (waiter->next) /* else it has happened */
        ac__dequeue(ac__target_queue(target, kind), waiter);
    if (kind != AC__KIND_FUTURE)
        return;
    ac__future_drop(target);
    ac__thread.loop->future_waits--;
}

/* ---- the frame of `await t` ---------------------------------------------------------------------------- */

static struct ac__task *awaited_by(const struct ac__task *task)
{
    return ac__state(task) == AC__BLOCKED ? ac__awaited_task(task->innermost) : NULL;
}

/* Do tasks that await each other come back to this one? Asked rarely where they are many: after
 * 1, 2, 4, 8 ... hops. */
static bool is_cycle(const struct ac__task *task)
{
    unsigned long hops = ++ac__thread.loop->hops;
    const struct ac__task *next = awaited_by(task);
    if (next && next->is_asked) /* it waits for several */
        return true;
    if (hops & (hops - 1))
        return false;
    for (unsigned long steps = 0; next && next != task && steps < 8 + hops; steps++)
        next = awaited_by(next);
    return next == task;
}

/* Can a request be handed on? Not to a task that has just ended, and is telling those who wait; nor if it
 * would go round for ever: then it ends the wait, and so the cycle. */
static bool can_hand_on(const struct ac__join *join, const struct ac__task *task)
{
    return join->kind == AC__KIND_TASK && ac__state(join->target) != AC__FINISHED && !unlikely(is_cycle(task));
}

/* In the place of ac__join_cancel once a request has been handed on: so that the join is resumed even if the
 * task succeeds, which answers the request. */
static struct ac__task *cancel_again(struct ac__wait *wait)
{
    return ac__join_cancel(wait);
}

struct ac__task *ac__join_cancel(struct ac__wait *wait)
{
    struct ac__join *join = container_of(wait, struct ac__join, waiter.wait);
    if (can_hand_on(join, wait->task)) {
        ac__unflag(wait->task, AC__CANCEL); /* it is the awaited task's now, whatever that makes of it */
        wait->cancel = cancel_again;
        return join->target;
    }
    ac__dequeue(ac__target_queue(join->target, join->kind), &join->waiter);
    ac__make_ready(wait->task);
    return NULL;
}

static int join_fail(struct ac__join *join, struct ac__task *task, struct ac__thrown *error)
{
    if (join->kind == AC__KIND_TASK)
        ac__task_drop(join->target);
    return ac__fail(task, error);
}

static int join_finish(struct ac__join *join, struct ac__task *task)
{
    struct ac__thrown *error = ac__target_take_error(join->target, join->kind, true);
    return error ? join_fail(join, task, error) : AC__DONE;
}

static inline int join_wait(struct ac__join *join, struct ac__task *task)
{
    join->waiter.wait.cancel = ac__join_cancel;
    return ac__suspend(task, &join->base, 1, &join->waiter.wait);
}

/* It is done already. */
static __attribute__((noinline)) int join_at_once(struct ac__join *join, struct ac__task *task)
{
    if (!ac__share_is_over())
        return join_finish(join, task);
    if (join->kind == AC__KIND_FUTURE)
        ac__future_hold(join->target);
    return ac__yield_at(task, &join->base, 2);
}

static inline int join_task(struct ac__join *join, struct ac__task *task, struct ac__task *target)
{
    if (ac__state(target) == AC__FINISHED)
        return join_at_once(join, task);
    ac__enqueue(ac__joiners(target), &join->waiter);
    return join_wait(join, task);
}

static int join_start_task(struct ac__join *join, struct ac__task *task, struct ac__task *target)
{
    ac__check_consumed(target);
    if (unlikely(target == task))
        return ac__refuse(task, &join->base, ac__awaits_itself());
    return join_task(join, task, target);
}

static __attribute__((noinline)) int join_start(struct ac__join *join, struct ac__task *task)
{
    if (unlikely(!join->target))
        return ac__refuse(task, &join->base, ac__out_of_memory()); /* a future that could not be made */
    if (join->kind == AC__KIND_TASK)
        return join_start_task(join, task, join->target);
    if (join->kind == AC__KIND_SCOPED)
        return ac__scoped_resume(join, task);
    if (ac__target_done(join->target, join->kind))
        return join_at_once(join, task);
    ac__target_watch(join->target, join->kind, &join->waiter);
    return join_wait(join, task);
}

/* The wait is over: what was held while it lasted is let go; a future that has a value, in ac__join_end. */
static int join_end_wait(struct ac__join *join, int status)
{
    if (join->kind != AC__KIND_FUTURE)
        return status;
    if (join->base.state == 1)
        ac__thread.loop->future_waits--;
    if (status == AC__FAILED)
        ac__future_drop(join->target);
    return status;
}

/* States: 0 not started, 1 waits, 2 has given way to others though it need not wait, OVER: the
 * task has succeeded. */
static int join_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__join *join = (struct ac__join *)frame;
    int status;
    if (frame->state == 0)
        return join_start(join, task);
    if (join->kind == AC__KIND_SCOPED)
        return ac__scoped_resume(join, task);
    if (ac__interrupted(task))
        status = join_fail(join, task, ac__error_make(ECANCELED, NULL));
    else
        status = join_finish(join, task);
    if (status == AC__DONE && unlikely(task->requests))
        ac__requests_answered(task);
    return join_end_wait(join, status);
}

static const struct ac__function join_function = {
    .resume = join_resume,
    .name = "await",
    .size = sizeof(struct ac__join),
    .alignment = _Alignof(struct ac__join),
};

void ac__join_init(struct ac__join *join, void *target, unsigned kind)
{
    join->base.function = &join_function;
    join->base.state = 0;
    join->base.storage = AC__EMBEDDED;
    join->target = target;
    join->kind = kind;
}

int ac__join_any(struct ac__join *join, struct ac__task *task, void *target, unsigned kind)
{
    ac__join_init(join, target, kind);
    return join_start(join, task);
}

/* A task that has succeeded and lies in a slab, or that is odd. */
static __attribute__((noinline)) int join_odd_task(struct ac__join *join, struct ac__task *task, struct ac__task *target)
{
    if (ac__may_have_failed(target) || target->state != AC__FINISHED || ac__share_is_over())
        return ac__join_any(join, task, target, AC__KIND_TASK);
    join->base.state = 0;
    join->target = target;
    join->kind = AC__KIND_TASK;
    return AC__DONE;
}

int ac__join_task(struct ac__join *join, struct ac__task *task, struct ac__task *target)
{
    if (unlikely(!target) || unlikely(target == task))
        return ac__join_any(join, task, target, AC__KIND_TASK);
    if (unlikely(target->flags & (AC__HAS_EXTRA | AC__OWN)) || unlikely(target->state == AC__FINISHED))
        return join_odd_task(join, task, target);
    join->base.function = &join_function;
    join->target = target;
    join->kind = AC__KIND_TASK;
    if (likely(!target->joiners))
        target->joiners = join->waiter.next = join->waiter.previous = &join->waiter;
    else
        ac__enqueue(&target->joiners, &join->waiter);
    return join_wait(join, task);
}

struct ac__task *ac__awaited_task(const struct ac__frame *frame)
{
    const struct ac__join *join = (const struct ac__join *)frame;
    return frame->function == &join_function && join->kind == AC__KIND_TASK ? join->target : NULL;
}

const void *ac__join_value(const struct ac__join *join)
{
    return ac__target_value(join->target, join->kind);
}

void ac__join_end(struct ac__join *join)
{
    if (join->kind == AC__KIND_TASK)
        ac__task_drop(join->target);
    else if (join->kind == AC__KIND_FUTURE && join->base.state != 0)
        ac__future_drop(join->target);
}
