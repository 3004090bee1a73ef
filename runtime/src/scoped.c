/* scoped.c: scoped children, `async T x = e;`: tasks that end with the block they were declared in.
 *
 * The block owns the child; its handle is borrowed by everybody, so nothing that consumes a handle touches
 * it. Where the size of its frame is known, the child's block (block.c) is a part of the parent's frame.
 *
 * The block ends with an await of its own for each child, the last one first. It asks the child to stop,
 * waits until it has, and ends it. The parent may be cancelled meanwhile: it goes on waiting, and throws
 * ECANCELED afterwards. The child is not asked a second time: it is cleaning up. */
#include "joining.h"
#include "storage.h"

struct ac__task *ac__scoped_embedded(struct ac__frame *frame, const struct ac__function *function, const char *origin)
{
    struct ac__task *task = ac__task_of(frame);
    (void)ac__loop();
    frame->function = function;
    frame->state = 0;
    frame->storage = AC__EMBEDDED;
    ac__block_embed(task);
    ac__flag(task, AC__SCOPED);
    return ac__task_begin(task, origin);
}

struct ac__task *ac__scoped_spawned(struct ac__frame *coroutine, const char *origin)
{
    struct ac__task *task = ac__spawn(coroutine, origin);
    if (!(task->flags & AC__SHARED))
        ac__flag(task, AC__SCOPED);
    return task;
}

/* The request stays with the parent, to be delivered when the child is done. */
static struct ac__task *keep_waiting(struct ac__wait *wait)
{
    (void)wait;
    return NULL;
}

int ac__scoped_resume(struct ac__join *join, struct ac__task *task)
{
    struct ac__task *child = join->target;
    if (child->flags & AC__SHARED)
        return AC__DONE;
    if (join->base.state == 0 && ac__task_cancel(child, false)) {
        ac__target_watch(child, AC__KIND_TASK, &join->waiter);
        join->waiter.wait.cancel = keep_waiting;
        return ac__suspend(task, &join->base, 1, &join->waiter.wait);
    }
    ac__task_end(child);
    return join->base.state && ac__interrupted(task) ? ac__fail_code(task, ECANCELED) : AC__DONE;
}
