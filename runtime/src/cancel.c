/* cancel.c: requests to cancel a task, and whose they are.
 *
 * A request is the flag CANCEL, and the leaf where the task stands takes it when it is resumed (ac__interrupted) and
 * throws ECANCELED. So a request meets
 *   UNSTARTED, or READY before its first step: the body never runs;
 *   READY at a leaf: thrown there; the leaf hands on what it had been given (a lock, a permit);
 *   RUNNING (it cancels itself): delivered when it next suspends; if it ends before, it ends cancelled;
 *   BLOCKED: wait->cancel makes it READY, or hands the request on (a task that awaits a task).
 * A time limit makes an exception for what is READY: that came in time. CANCEL_LATER spares it until it next suspends.
 *
 * A scope (a limit, a group) asks its own task, and takes that request back where it ends: it never leaks out. Whose
 * cancellation an ECANCELED is that leaves the scope follows from counting: task->cancels counts requests of every
 * origin. If, without the scope's own, the count is what it was when the scope began, nobody else asked. Of two nested
 * scopes that asked together the inner one finds the outer's request, and lets ECANCELED pass; so it does if a request
 * was still to be delivered when it began. */
#include "core.h"

/* ---- requests ---------------------------------------------------------------------------------------------------- */

struct ac__task *ac__task_interrupt(struct ac__task *task)
{
    struct ac__task *next;
    task->is_asked = true;
    next = task->wait->cancel(task->wait);
    task->is_asked = false;
    return next;
}

/* Gives the task that the request was handed on to, if any. */
static struct ac__task *request(struct ac__task *task, bool is_limit)
{
    if (ac__state(task) == AC__FINISHED)
        return NULL;
    task->cancels++;
    if (task->is_asked)
        return NULL;
    if (is_limit && ac__state(task) == AC__READY) {
        if (!(task->flags & AC__CANCEL)) /* else the two requests are delivered as one */
            ac__flag(task, AC__CANCEL_LATER);
        return NULL;
    }
    ac__unflag(task, AC__CANCEL_LATER);
    ac__flag(task, AC__CANCEL);
    return ac__state(task) == AC__BLOCKED ? ac__task_interrupt(task) : NULL;
}

bool ac__task_cancel(struct ac__task *task, bool is_limit)
{
    if (ac__state(task) == AC__FINISHED)
        return false;
    ac__thread.loop->hops = 0;
    while ((task = request(task, is_limit))) /* a loop: chains of tasks that await each other may be long */
        is_limit = false;
    return true;
}

void ac__task_deliver(struct ac__task *task)
{
    struct ac__task *next = NULL;
    ac__unflag(task, AC__CANCEL_LATER);
    ac__flag(task, AC__CANCEL);
    if (ac__state(task) == AC__BLOCKED)
        next = ac__task_interrupt(task);
    if (next)
        ac__task_cancel(next, false);
}

/* ---- scopes ------------------------------------------------------------------------------------------------------ */

void ac__scope_begin(struct ac__scope *scope, struct ac__task *task)
{
    *scope = (struct ac__scope){.task = task, .cancels = task->cancels, .was_pending = ac__is_request_pending(task)};
}

void ac__scope_ask(struct ac__scope *scope, bool is_limit)
{
    scope->has_asked = true;
    ac__task_cancel(scope->task, is_limit);
}

bool ac__scope_end(struct ac__scope *scope)
{
    struct ac__task *task = scope->task;
    scope->task = NULL;
    if (scope->has_asked)
        task->cancels--;
    if (task->cancels != scope->cancels)
        return false;
    if (scope->was_pending) /* then both were delivered as one, or neither has been */
        return ac__is_request_pending(task);
    if (scope->has_asked) /* in case it has not been delivered */
        ac__unflag(task, AC__CANCEL | AC__CANCEL_LATER);
    return true;
}
