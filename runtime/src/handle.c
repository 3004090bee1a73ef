/* handle.c: what programs ask of a handle, be it a task's or a future's (the macros of ac.h say which). */
#include "joining.h"
#include "observe.h"

static struct ac__task *task_of(void *target)
{
    ac__check_handle(target);
    return target;
}

bool ac__cancel(void *target, unsigned kind)
{
    if (kind == AC__KIND_FUTURE)
        return ac__future_cancel(target);
    ac__loop(); /* says so if there is none: in a child of fork */
    return ac__task_cancel(task_of(target), false);
}

bool ac__done(void *target, unsigned kind)
{
    return kind == AC__KIND_TASK ? ac__state(task_of(target)) == AC__FINISHED : ac__future_done(target);
}

bool ac__cancelled(void *target, unsigned kind)
{
    const ac_error *error;
    if (kind == AC__KIND_TASK)
        return task_of(target)->flags & AC__CANCELLED;
    error = ac__future_exception(target);
    return error && error->code == ECANCELED;
}

const void *ac__result(void *target, unsigned kind)
{
    return kind == AC__KIND_TASK ? ac__task_result(task_of(target)) : ac__future_result(target);
}

const ac_error *ac__exception(void *target, unsigned kind)
{
    return kind == AC__KIND_TASK ? ac__task_exception(task_of(target)) : ac__future_exception(target);
}
