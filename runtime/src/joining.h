/* joining.h: waiting for tasks and futures, one by one or several. */
#ifndef AC_JOINING_H
#define AC_JOINING_H

#include "core.h"

/* ---- future.c ------------------------------------------------------------------------------------------ */

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

/* ---- join.c: waiting for whatever a handle stands for -------------------------------------------------- */

/* Is the task or future done? */
bool ac__target_done(void *target, unsigned kind);
/* The error of a target that is done, as a new owner gets it, who may be about to consume a
 * handle; null if it succeeded. */
struct ac__thrown *ac__target_take_error_slowly(void *target, unsigned kind, bool consumes);
/* Of one that is done. AC_DEBUG gives each a block of its own. */
static inline bool ac__may_have_failed(const struct ac__task *task)
{
    return unlikely(task->flags & AC__OWN) || unlikely(task->status == AC__FAILED);
}
static inline struct ac__thrown *ac__target_take_error(void *target, unsigned kind, bool consumes)
{
    bool has_none = kind == AC__KIND_TASK && !ac__may_have_failed(target);
    return likely(has_none) ? NULL : ac__target_take_error_slowly(target, kind, consumes);
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
/* Notes in a join that the task it waits for has succeeded, so there is nothing more to do.
 * Other waiters stay: false. */
static inline bool ac__join_settle(struct ac__waiter *waiter)
{
    if (waiter->wait.cancel != ac__join_cancel)
        return false;
    container_of(waiter, struct ac__join, waiter)->base.state = AC__OVER;
    return true;
}
/* What goes on then. */
static inline struct ac__frame *ac__join_goes_on(const struct ac__waiter *waiter)
{
    struct ac__frame *frame = (struct ac__frame *)&container_of(waiter, const struct ac__join, waiter)->base;
    return unlikely(frame == ac__root(waiter->wait.task)) ? frame : frame->parent;
}
/* EDEADLK, for a task that is to wait for itself; its handle is kept. */
struct ac__thrown *ac__awaits_itself(void);
/* Puts a waiter in the queue of a task or future that is not done; takes it out, also after it
 * has happened. */
void ac__target_watch(void *target, unsigned kind, struct ac__waiter *waiter);
void ac__target_unwatch(void *target, unsigned kind, struct ac__waiter *waiter);

/* What an await of a task waits for; null if the frame is something else. */
struct ac__task *ac__awaited_task(const struct ac__frame *frame);

/* ---- combine.c ----------------------------------------------------------------------------------------- */

/* The task that waits for its children, of which this waiter watches one; null if the waiter is
 * something else. */
struct ac__task *ac__family_of(const struct ac__waiter *waiter) AC__IF_LINKED;

/* ---- wait.c -------------------------------------------------------------------------------------------- */

/* The same for what ac_wait and ac_as_completed watch. */
struct ac__task *ac__watch_of(const struct ac__waiter *waiter) AC__IF_LINKED;

/* ---- group.c ------------------------------------------------------------------------------------------- */

/* The same for the children of a group. */
struct ac__task *ac__group_of(const struct ac__waiter *waiter) AC__IF_LINKED;

/* ---- scoped.c: the end of a block that has a scoped child, driven as a join (abi.h) -------------------- */

int ac__scoped_resume(struct ac__join *join, struct ac__task *task);

#endif
