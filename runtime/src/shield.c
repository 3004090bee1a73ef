/* shield.c: awaiting a task in other ways than `await`: ac_shield, which keeps one's own cancellation from
 * it, and ac_stop, which cancels it and keeps its cancellation from oneself. */
#include "joining.h"
#include "storage.h"

enum { WAITS = 1, GAVE_WAY = 2 /* though it need not wait */ };

struct shield {
    struct ac__waiter waiter;
    void *target;
    unsigned char kind;
    bool is_owned; /* the handle is ours: whoever holds another may give it up meanwhile */
    size_t result_size;
};

static void shield_drop(struct shield *shield)
{
    if (shield->is_owned)
        ac__target_drop(shield->target, shield->kind);
}

static void shield_close(struct ac__frame *frame)
{
    shield_drop(ac__body(frame));
}

static int shield_fail(struct shield *shield, struct ac__task *task, struct ac__thrown *error)
{
    shield_drop(shield);
    return ac__fail(task, error);
}

/* ---- shield -------------------------------------------------------------------------------------------- */

static struct ac__task *shield_cancel(struct ac__wait *wait)
{
    struct shield *shield = container_of(wait, struct shield, waiter.wait);
    ac__dequeue(ac__target_queue(shield->target, shield->kind), &shield->waiter);
    ac__make_ready(wait->task);
    return NULL;
}

static int shield_finish(struct ac__frame *frame, struct ac__task *task)
{
    struct shield *shield = ac__body(frame), body = *shield;
    struct ac__thrown *error = ac__target_take_error(body.target, body.kind, body.is_owned);
    if (error)
        return shield_fail(shield, task, error);
    ac__generic_finish(frame, ac__target_value(body.target, body.kind), body.result_size);
    shield_drop(&body);
    return AC__DONE;
}

/* It is done already. */
static int shield_at_once(struct ac__frame *frame, struct ac__task *task)
{
    struct shield *shield = ac__body(frame);
    if (!ac__share_is_over())
        return shield_finish(frame, task);
    if (shield->kind == AC__KIND_FUTURE)
        ac__future_hold(shield->target);
    return ac__yield_at(task, frame, GAVE_WAY);
}

/* It was spawned where the coroutine was made. */
static void shield_spawn(struct shield *shield)
{
    const char *origin = ((struct ac__frame *)shield->target)->origin;
    struct ac__task *task = ac__task_start(shield->target);
    if (ac__state(task) != AC__FINISHED)
        ac__root(task)->origin = origin;
    shield->target = task;
    shield->kind = AC__KIND_TASK;
}

static int shield_start(struct ac__frame *frame, struct ac__task *task)
{
    struct shield *shield = ac__body(frame);
    if (shield->kind == AC__KIND_CORO)
        shield_spawn(shield);
    if (shield->target == task)
        return ac__refuse(task, frame, ac__awaits_itself());
    if (shield->kind == AC__KIND_TASK && !shield->is_owned) {
        (void)ac__ref(shield->target);
        shield->is_owned = true;
    }
    if (ac__target_done(shield->target, shield->kind))
        return shield_at_once(frame, task);
    ac__target_watch(shield->target, shield->kind, &shield->waiter);
    shield->waiter.wait.cancel = shield_cancel;
    return ac__suspend(task, frame, WAITS, &shield->waiter.wait);
}

static int shield_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct shield *shield = ac__body(frame);
    bool is_future = shield->kind == AC__KIND_FUTURE;
    void *target = shield->target;
    int status;
    if (frame->state == 0)
        return shield_start(frame, task);
    if (is_future && frame->state == WAITS)
        ac__future_hold(target); /* until its value has been read */
    if (frame->state == WAITS)
        ac__target_unwatch(target, shield->kind, &shield->waiter);
    if (ac__interrupted(task))
        status = shield_fail(shield, task, ac__error_make(ECANCELED, NULL));
    else
        status = shield_finish(frame, task);
    if (is_future)
        ac__future_drop(target);
    return status;
}

static const struct ac__function shield_function = AC__GENERIC("ac_shield", shield_resume, shield_close);

struct ac__frame *ac__shield(void *handle, unsigned kind, size_t size, size_t alignment)
{
    struct ac__generic *frame;
    struct shield *shield;
    if (!handle)
        return ac__frame_none();
    frame = ac__generic_new(&shield_function, (const void *)ac__shield, size, alignment, sizeof(struct shield));
    if (!frame) {
        ac__target_drop(kind == AC__KIND_CORO ? handle : NULL, kind);
        return NULL;
    }
    shield = ac__body(&frame->base);
    shield->target = handle;
    shield->kind = (unsigned char)kind;
    shield->is_owned = kind == AC__KIND_CORO;
    shield->result_size = size;
    return &frame->base;
}

/* ---- stop ---------------------------------------------------------------------------------------------- */

static struct ac__task *stop_cancel(struct ac__wait *wait)
{
    struct ac__stopping *stop = container_of(wait, struct ac__stopping, waiter.wait);
    ac__unflag(wait->task, AC__CANCEL);
    stop->is_interrupted = true; /* thrown when the task is done, which it has been asked for already */
    return NULL;
}

static int stop_finish(struct ac__stopping *stop, struct ac__task *task)
{
    struct ac__thrown *error = ac__target_take_error(stop->target, AC__KIND_TASK, true);
    bool has_waited = stop->base.state != 0; /* else what is pending is for the next wait */
    bool is_interrupted = has_waited && (ac__interrupted(task) || stop->is_interrupted);
    if (error && ac__thrown_code(error) == ECANCELED) {
        ac__thrown_free(error);
        error = NULL;
    }
    if (is_interrupted && error && !stop->was_asked_first) { /* the error first, the cancellation at the next wait */
        ac__flag(task, AC__CANCEL);
    } else if (is_interrupted) { /* as in combine.c */
        struct ac__thrown *context = error;
        error = ac__error_make(ECANCELED, NULL);
        ac__thrown_push(&error, context);
    }
    ac__task_drop(stop->target);
    return error ? ac__fail(task, error) : AC__DONE;
}

/* It is done already. */
static int stop_at_once(struct ac__stopping *stop, struct ac__task *task)
{
    if (!ac__share_is_over())
        return stop_finish(stop, task);
    stop->was_asked_first = true; /* if at all */
    return ac__yield_at(task, &stop->base, GAVE_WAY);
}

static int stop_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__stopping *stop = (struct ac__stopping *)frame;
    if (frame->state != 0)
        return stop_finish(stop, task);
    if (stop->target == task)
        return ac__refuse(task, frame, ac__awaits_itself());
    stop->is_interrupted = stop->was_asked_first = false;
    if (!ac__task_cancel(stop->target, false))
        return stop_at_once(stop, task);
    stop->was_asked_first = ac__is_request_pending(task);
    ac__target_watch(stop->target, AC__KIND_TASK, &stop->waiter);
    stop->waiter.wait.cancel = stop_cancel;
    return ac__suspend(task, frame, WAITS, &stop->waiter.wait);
}

static void stop_close(struct ac__frame *frame)
{
    ac__task_drop(((struct ac__stopping *)frame)->target);
}

static const struct ac__function stop_function = {.resume = stop_resume,
                                                  .name = "ac_stop",
                                                  .size = sizeof(struct ac__stopping),
                                                  .alignment = _Alignof(struct ac__stopping),
                                                  .close = stop_close};

ac_coro(void) ac__stop(struct ac__task *target)
{
    struct ac__stopping *stop = (struct ac__stopping *)ac__frame_new(&stop_function, (const void *)ac__stop);
    if (stop)
        stop->target = target;
    else
        ac__task_drop(target);
    return (ac_coro(void))stop;
}

int ac__ac__stop__run(struct ac__ac__stop__frame *frame, struct ac__task *task, unsigned state,
                      struct ac__task *target)
{
    (void)state;
    frame->frame.target = target;
    return ac__enter(&frame->frame.base, task, &stop_function);
}
