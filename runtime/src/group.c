/* group.c: ac_group: children of a block. The block ends when all of them have; the first failure, of a child
 * or of the body, cancels the rest.
 *
 * A child is a task with a watcher in a small node of its own, which goes when the child is
 * done: a group costs what its running children cost. The group cancels its body by cancelling
 * the task that entered it (cancel.c).
 *
 * The group holds the frames that enter and leave it, so neither can fail for want of memory: no
 * group is lost, no end skipped. */
#include "joining.h"
#include "storage.h"

/* States of ac_group_aexit: 0 not started; then */
enum { WAITS = 1, WOKEN = 2 /* or has given way: all children were done, but more may have come since */ };

struct child {
    struct ac__waiter waiter;
    ac_group *group;
    struct ac__task *task;
    struct child *next, *previous;
};

struct ac_group {
    struct ac__frame base; /* of ac_group_aexit */
    struct ac__frame enter;
    ac_group *self; /* the result of entering */
    struct ac__scope scope;   /* the body */
    struct ac__task *task;    /* that entered it; null before */
    struct child *first;      /* circular */
    struct ac__thrown *error; /* the first failure of a child; the later ones are its context */
    struct ac__wait wait;     /* for the children, at the end */
    const ac_error *body_error; /* which goes on by itself if ac_group_aexit succeeds */
    bool is_stopping;    /* the children have been cancelled; no more come in */
    bool is_alone;       /* nobody else has cancelled the body */
    bool is_body_first;  /* it failed before any child */
    bool is_interrupted; /* cancelled from outside since it ended */
    bool was_asked_first; /* the task was to be cancelled before it entered, and has not waited since */
};

/* ---- children ------------------------------------------------------------------------------------------ */

static void group_stop(ac_group *group)
{
    struct child *child = group->first;
    if (group->is_stopping)
        return;
    group->is_stopping = true;
    if (!child)
        return;
    do {
        ac__task_cancel(child->task, false);
        child = child->next;
    } while (child != group->first);
}

static void cancel_body(ac_group *group)
{
    if (group->scope.task && !group->scope.has_asked)
        ac__scope_ask(&group->scope, false);
}

/* A child has failed. One that ended by a cancellation has not. */
static void group_fail(ac_group *group, struct ac__thrown *error)
{
    if (ac__thrown_code(error) == ECANCELED) {
        ac__thrown_free(error);
        return;
    }
    if (group->error)
        ac__thrown_push(&group->error, error);
    else
        group->error = error;
    group_stop(group);
    cancel_body(group);
}

static void link_child(ac_group *group, struct child *child)
{
    struct child *first = group->first;
    child->next = first ? first : child;
    child->previous = first ? first->previous : child;
    child->next->previous = child->previous->next = child;
    if (!first)
        group->first = child;
}

static void unlink_child(ac_group *group, struct child *child)
{
    child->next->previous = child->previous;
    child->previous->next = child->next;
    if (group->first == child)
        group->first = child->next == child ? NULL : child->next;
}

static struct ac__task *child_done(struct ac__wait *wait)
{
    struct child *child = container_of(wait, struct child, waiter.wait);
    ac_group *group = child->group;
    struct ac__thrown *error = ac__task_take_error(child->task, true);
    ac__task_drop(child->task);
    unlink_child(group, child);
    ac__free(child);
    if (error)
        group_fail(group, error);
    if (!group->first && group->base.state == WAITS) {
        group->base.state = WOKEN;
        ac__make_ready(group->wait.task);
    }
    return NULL;
}

struct ac__task *ac__group_of(const struct ac__waiter *waiter)
{
    bool is_child = waiter->wait.cancel == child_done;
    return is_child ? container_of(waiter, struct child, waiter)->group->task : NULL;
}

void ac__group_spawn(ac_group *group, struct ac__frame *coroutine, const char *origin)
{
    struct child *child;
    if (group->is_stopping) {
        ac__coro_close(coroutine);
        return;
    }
    child = coroutine ? ac__allocate(sizeof *child) : NULL;
    if (!child) {
        ac__coro_close(coroutine);
        group_fail(group, ac__out_of_memory());
        return;
    }
    *child = (struct child){.group = group, .task = ac__task_start(coroutine)};
    if (ac__state(child->task) == AC__FINISHED) { /* it could not be made */
        ac__free(child);
        group_fail(group, ac__out_of_memory());
        return;
    }
    ac__root(child->task)->origin = origin;
    child->waiter.wait = (struct ac__wait){NULL, child_done};
    ac__target_watch(child->task, AC__KIND_TASK, &child->waiter);
    link_child(group, child);
}

/* ---- entering ------------------------------------------------------------------------------------------ */

static int enter_resume(struct ac__frame *frame, struct ac__task *task)
{
    ac_group *group = container_of(frame, ac_group, enter);
    group->task = task;
    ac__scope_begin(&group->scope, task);
    group->was_asked_first = ac__is_request_pending(task);
    if (group->is_stopping)
        cancel_body(group);
    return AC__DONE;
}

static const struct ac__function enter_function = {.resume = enter_resume,
                                                   .name = "ac_group_aenter",
                                                   .size = sizeof(struct ac__frame),
                                                   .alignment = _Alignof(struct ac__frame),
                                                   .result_offset =
                                                       offsetof(ac_group, self) - offsetof(ac_group, enter),
                                                   .result_size = sizeof(ac_group *)};

ac_coro(ac_group *) ac_group_aenter(ac_group *group)
{
    ac__frame_none();
    if (!group)
        return NULL;
    group->enter = (struct ac__frame){.function = &enter_function, .storage = AC__EMBEDDED};
    group->self = group;
    return (ac_coro(ac_group *))&group->enter;
}

/* ---- leaving ------------------------------------------------------------------------------------------- */

static bool has_body_failed(const ac_group *group)
{
    return group->body_error && group->body_error->code != ECANCELED;
}

static int leave_end(ac_group *group, struct ac__task *task)
{
    struct ac__thrown *error = group->error;
    bool is_body_cancelled = group->body_error && !has_body_failed(group);
    bool is_outside = group->is_interrupted || (is_body_cancelled && !group->is_alone);
    if (is_outside && !error && !group->body_error)
        return ac__fail_code(task, ECANCELED);
    if (group->is_interrupted && group->was_asked_first && !error) /* as in combine.c */
        return ac__fail_code(task, ECANCELED);
    /* The failure comes first, the cancellation at the next wait. */
    if (is_outside && (error || has_body_failed(group)))
        ac__request_again(task, is_body_cancelled ? ac__thrown_of(group->body_error) : NULL);
    if (!error)
        return AC__DONE;
    if (!group->is_body_first)
        return ac__fail(task, error);
    ac__thrown_add_context(group->body_error, error);
    return AC__DONE;
}

static struct ac__task *leave_cancel(struct ac__wait *wait)
{
    ac_group *group = container_of(wait, ac_group, wait);
    group->is_interrupted = true;
    group_stop(group);
    ac__unflag(wait->task, AC__CANCEL);
    return NULL;
}

static int leave_go_on(ac_group *group, struct ac__task *task)
{
    if (!group->first)
        return leave_end(group, task);
    group->wait.cancel = leave_cancel;
    return ac__suspend(task, &group->base, WAITS, &group->wait);
}

static int leave_start(ac_group *group, struct ac__task *task)
{
    group->is_alone =
        ac__scope_end(&group->scope, group->body_error ? ac__thrown_of(group->body_error) : NULL);
    group->was_asked_first &= ac__is_request_pending(task) && group->scope.first_round == task->round;
    group->is_body_first = has_body_failed(group) && !group->error;
    if (group->body_error)
        group_stop(group);
    if (group->is_alone && group->scope.has_asked && group->body_error && !has_body_failed(group))
        ac__thrown_forget(group->body_error); /* it was the group's: no context for what is thrown */
    if (!group->first && ac__share_is_over())
        return ac__yield_at(task, &group->base, WOKEN);
    return leave_go_on(group, task);
}

static int leave_resume(struct ac__frame *frame, struct ac__task *task)
{
    ac_group *group = (ac_group *)frame;
    if (frame->state == 0)
        return leave_start(group, task);
    if (ac__interrupted(task)) { /* all were done, but it had not run yet */
        group->is_interrupted = true;
        group_stop(group);
    }
    return leave_go_on(group, task);
}

static const struct ac__function leave_function = {
    .resume = leave_resume, .name = "ac_group_aexit", .size = sizeof(ac_group), .alignment = _Alignof(ac_group)};

ac_group *ac_group_new(void)
{
    ac_group *group = (ac_group *)ac__frame_on_heap(&leave_function);
    if (group)
        *group = (ac_group){.base = group->base};
    return group;
}

ac_coro(void) ac_group_aexit(ac_group *group, const ac_error *error)
{
    ac__frame_none();
    group->body_error = error;
    return (ac_coro(void))group;
}
