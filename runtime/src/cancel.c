/* cancel.c: requests to cancel a task, and whose they are.
 *
 * A request is the flag CANCEL, and the leaf where the task stands takes it when it is resumed
 * (ac__interrupted) and throws ECANCELED. So a request meets
 *   UNSTARTED, or READY before its first step: the body never runs;
 *   READY at a leaf: thrown there; the leaf hands on what it had been given (a lock, a permit);
 *   running (it cancels itself): delivered when it next suspends; if it ends before, it ends cancelled;
 *   BLOCKED: wait->cancel makes it READY, or hands the request on (a task that awaits a task).
 * A time limit makes an exception for what is READY: that came in time. CANCEL_LATER spares it
 * until it next suspends.
 *
 * A scope (a limit, a group) asks its own task, and takes that request back where it ends: it never leaks
 * out. Whose cancellation an ECANCELED is that leaves the scope follows from who has not been answered: if
 * anybody but the scope itself, it passes.
 *
 * Requests come in rounds. Those of one round are with the task (`requests`) until an ECANCELED is caught;
 * from then on that error stands for them, also as another ECANCELED's context, and a new round begins. So
 * they need no answer of their own: a handler that catches the error and goes on ends it, and them. A scope
 * finds its own request by the round in which it asked, with the task or in the error that leaves it. An
 * ECANCELED that stands for nobody is the program's own: perhaps it ends here what it was asked to before, so
 * whoever has asked since the scope began counts.
 *
 * A round's number is how many requests came before it, modulo ROUNDS. Requests of several rounds come
 * together where an error that stands for some is caught again, and where they are to be delivered once more:
 * an error keeps the set of its rounds, a task the first and the last. */
#include "core.h"

enum { MOST_REQUESTS = 15 }; /* of a task's, together; it may be more, then */
enum { ROUNDS = 32 };

static unsigned sum(unsigned requests, unsigned more)
{
    return requests + more < MOST_REQUESTS ? requests + more : MOST_REQUESTS;
}

static unsigned one_less(unsigned requests)
{
    return requests < MOST_REQUESTS ? requests - 1 : requests;
}

/* ---- requests ------------------------------------------------------------------------------------------ */

/* Tells the wait of a blocked task that a request stands; gives the task that it is handed on to, if any.
 * While that lasts, task->is_asked: a request that then meets the task again has come round in a circle. */
static struct ac__task *interrupt(struct ac__task *task)
{
    struct ac__task *next;
    task->is_asked = true;
    next = task->wait->cancel(task->wait);
    task->is_asked = false;
    return next;
}

static unsigned rounds_between(unsigned first, unsigned last)
{
    return (last - first) % ROUNDS;
}

/* Gives the task that the request was handed on to, if any. */
static struct ac__task *request(struct ac__task *task, bool is_limit)
{
    if (ac__state(task) == AC__FINISHED)
        return NULL;
    if (task->is_asked)
        return NULL;
    if (!task->requests)
        task->last_round = task->round;
    task->requests = sum(task->requests, 1);
    if (is_limit && ac__state(task) == AC__READY && task != ac__thread.task) {
        if (!(task->flags & AC__CANCEL)) /* else the two requests are delivered as one */
            ac__flag(task, AC__CANCEL_LATER);
        return NULL;
    }
    ac__unflag(task, AC__CANCEL_LATER);
    ac__flag(task, AC__CANCEL);
    return ac__state(task) == AC__BLOCKED ? interrupt(task) : NULL;
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
        next = interrupt(task);
    if (next)
        ac__task_cancel(next, false);
}

/* ---- errors that stand for requests -------------------------------------------------------------------- */

static void next_round(struct ac__task *task)
{
    task->round += task->requests;
    task->requests = 0;
}

void ac__requests_answered(struct ac__task *task)
{
    if (!ac__is_request_pending(task))
        next_round(task);
}

/* The set of the rounds of which a task's requests may be. */
static unsigned rounds_of(const struct ac__task *task)
{
    unsigned rounds = 0;
    for (unsigned i = 0; i <= rounds_between(task->round, task->last_round); i++)
        rounds |= 1u << (task->round + i) % ROUNDS;
    return rounds;
}

/* An error has been caught that answers the requests of this round. Where no memory was left for an ECANCELED
 * that can stand for them, they go on waiting for one. */
static void give_answer(struct ac__task *task, struct ac__thrown *thrown)
{
    struct ac__stands_for *stands_for = ac__thrown_stands_for(thrown);
    if (ac__thrown_code(thrown) == ECANCELED) {
        if (!stands_for)
            return;
        if (!stands_for->count)
            stands_for->rounds = 0;
        stands_for->rounds |= rounds_of(task);
        stands_for->count = sum(stands_for->count, task->requests);
    }
    next_round(task);
}

struct ac__thrown *ac__catch(struct ac__task *task)
{
    struct ac__thrown *thrown = task->error;
    task->error = NULL;
    if (unlikely(task->requests) && !ac__is_request_pending(task))
        give_answer(task, thrown);
    return thrown;
}

/* The next of the errors that stand for requests: a context that is an ECANCELED as well. */
static struct ac__thrown *next_cancellation(const struct ac__thrown *thrown)
{
    struct ac__thrown *context = ac__thrown_context(thrown);
    return context && ac__thrown_code(context) == ECANCELED ? context : NULL;
}

void ac__thrown_leaves(struct ac__thrown *thrown)
{
    for (; thrown; thrown = ac__thrown_context(thrown)) {
        struct ac__stands_for *stands_for = ac__thrown_stands_for(thrown);
        if (stands_for)
            stands_for->count = 0;
    }
}

/* Counts from the first of these on: all of them are before the task's own round. */
static void add_rounds(struct ac__task *task, unsigned rounds)
{
    unsigned behind = ROUNDS - 1, ahead = 1;
    while (!(rounds >> (task->round - behind) % ROUNDS & 1))
        behind--;
    while (!(rounds >> (task->round - ahead) % ROUNDS & 1))
        ahead++;
    if (!task->requests)
        task->last_round = task->round - ahead;
    task->round -= behind;
}

void ac__request_again(struct ac__task *task, struct ac__thrown *thrown)
{
    for (; thrown; thrown = next_cancellation(thrown)) {
        struct ac__stands_for *stands_for = ac__thrown_stands_for(thrown);
        if (!stands_for || !stands_for->count)
            continue;
        add_rounds(task, stands_for->rounds);
        task->requests = sum(task->requests, stands_for->count);
        stands_for->count = 0;
    }
    ac__flag(task, AC__CANCEL);
}

/* ---- scopes -------------------------------------------------------------------------------------------- */

void ac__scope_begin(struct ac__scope *scope, struct ac__task *task)
{
    if (unlikely(task->requests))
        ac__requests_answered(task);
    *scope = (struct ac__scope){.task = task, .first_round = task->round};
}

void ac__scope_ask(struct ac__scope *scope, bool is_limit)
{
    scope->has_asked = true;
    scope->round = scope->task->round;
    ac__task_cancel(scope->task, is_limit);
}

/* All requests since the scope began, answered or not, but for its own. */
static unsigned asked_since(const struct ac__scope *scope, const struct ac__task *task)
{
    return rounds_between(scope->first_round, task->round) + task->requests - scope->has_asked;
}

/* From the task; if it is not there any more, from the error that stands for it, unless it has
 * been answered. */
static void take_back(const struct ac__scope *scope, struct ac__task *task, struct ac__thrown *error)
{
    if (task->requests
        && rounds_between(task->round, scope->round) <= rounds_between(task->round, task->last_round)) {
        task->requests = one_less(task->requests);
        if (!task->requests) /* it may not have been delivered */
            ac__unflag(task, AC__CANCEL | AC__CANCEL_LATER);
        return;
    }
    task->round--;
    for (; error; error = next_cancellation(error)) {
        struct ac__stands_for *stands_for = ac__thrown_stands_for(error);
        if (stands_for && stands_for->count && stands_for->rounds >> scope->round & 1) {
            stands_for->count = one_less(stands_for->count);
            return;
        }
    }
}

/* Is there an error among these that stands for nobody? */
static bool is_programs_own(struct ac__thrown *error)
{
    const struct ac__stands_for *stands_for;
    for (; error; error = next_cancellation(error)) {
        stands_for = ac__thrown_stands_for(error);
        if (stands_for && !stands_for->count)
            return true;
    }
    return false;
}

static unsigned stands_for_all(struct ac__thrown *error)
{
    unsigned count = 0;
    for (; error; error = next_cancellation(error)) {
        const struct ac__stands_for *stands_for = ac__thrown_stands_for(error);
        count += stands_for ? stands_for->count : 0;
    }
    return count;
}

bool ac__scope_end(struct ac__scope *scope, struct ac__thrown *error)
{
    struct ac__task *task = scope->task;
    struct ac__thrown *cancellation = error && ac__thrown_code(error) == ECANCELED ? error : NULL;
    unsigned others;
    scope->task = NULL;
    if (likely(!scope->has_asked && !cancellation))
        return task->requests == 0;
    others = is_programs_own(cancellation) ? asked_since(scope, task) : 0;
    if (scope->has_asked)
        take_back(scope, task, cancellation);
    return others + task->requests + stands_for_all(cancellation) == 0;
}
