/* thread.c: ac_thread: calls of plain C functions on worker threads.
 *
 * A call lies in the frame of its coroutine, which stays where it is until the call has returned: nothing is
 * allocated, and the function's arguments and result need no owner. It goes
 *
 *     the pool   cancelling takes it out: it never runs
 *     a worker   runs it; cancelling has to wait, since its arguments may point to the caller's locals
 *     a letter   to the loop it came from (post.c), which makes the task ready
 *
 * One pool serves all loops of the process. */
#include "events.h"
#include "storage.h"

#include <ac/pool.h>

#include <sched.h>
#include <string.h>

enum { EXTRA_THREADS = 4, MOST_BY_DEFAULT = 32 };

struct call {
    struct ac__letter letter; /* to the loop: it has returned */
    struct ac__job job;
    void (*run)(void *arguments, void *result);
    struct ac__mailbox *mailbox;
    struct ac__wait wait;
    size_t size, alignment, result_size; /* of the arguments, of both, of the result */
    int error_number;                    /* errno: the task's, then the function's */
};

static struct ac__pool pool = AC__POOL_INIT(0); /* until it is asked for */

static unsigned default_limit(void)
{
    cpu_set_t set;
    unsigned count = EXTRA_THREADS + (sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1);
    return count < MOST_BY_DEFAULT ? count : MOST_BY_DEFAULT;
}

/* ---- on a worker --------------------------------------------------------------------------------------- */

static void *align(void *place, size_t alignment)
{
    return (void *)(((uintptr_t)place + alignment - 1) & -alignment);
}

static void *arguments_of(struct call *call)
{
    return align(call + 1, call->alignment);
}

static void *result_of(struct call *call)
{
    return align((char *)arguments_of(call) + call->size, call->alignment);
}

static void run_call(struct ac__job *job)
{
    struct call *call = container_of(job, struct call, job);
    struct ac__mailbox *mailbox = call->mailbox;
    ac__mailbox_set_home(mailbox);
    errno = call->error_number;
    call->run(arguments_of(call), result_of(call));
    call->error_number = errno;
    ac__mailbox_set_home(NULL);
    ac__mailbox_send(mailbox, &call->letter); /* the task may go on at once, and its frame with the call may be gone */
    ac__mailbox_drop(mailbox);
}

/* ---- the coroutine ------------------------------------------------------------------------------------- */

/* Not started yet: it comes back at once. Else there is nothing to do but to wait. */
static bool withdraw(struct call *call)
{
    bool is_waiting;
    ac__pool_lock(&pool);
    is_waiting = ac__pool_withdraw(&pool, &call->job);
    ac__pool_unlock(&pool);
    return is_waiting;
}

static struct ac__task *call_cancel(struct ac__wait *wait)
{
    struct call *call = container_of(wait, struct call, wait);
    if (withdraw(call)) {
        ac__mailbox_drop(call->mailbox);
        ac__thread.loop->threads_out--;
        ac__make_ready(wait->task);
    }
    return NULL;
}

static void call_returned(struct ac__letter *letter)
{
    struct call *call = container_of(letter, struct call, letter);
    ac__thread.loop->threads_out--;
    ac__make_ready(call->wait.task);
}

static int call_submit(struct call *call)
{
    int code;
    call->job.run = run_call;
    ac__pool_lock(&pool);
    if (!pool.limit)
        pool.limit = default_limit();
    code = ac__pool_add(&pool, &call->job);
    ac__pool_unlock(&pool);
    return code;
}

static int call_start(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__loop *loop = ac__loop();
    struct call *call = ac__body(frame);
    int code;
    call->letter.deliver = call_returned;
    call->wait.cancel = call_cancel;
    call->mailbox = ac__mailbox_hold(loop->mailbox);
    call->error_number = errno;
    code = call_submit(call);
    if (code) {
        ac__mailbox_drop(call->mailbox);
        return ac__refuse(task, frame, ac__error_make(code, "cannot start a thread: %s", strerror(code)));
    }
    loop->threads_out++;
    return ac__suspend(task, frame, 1, &call->wait);
}

/* States: 0 not started, 1 waits for the call. */
static int call_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct call *call = ac__body(frame);
    if (frame->state == 0)
        return call_start(frame, task);
    if (ac__interrupted(task))
        return ac__fail_code(task, ECANCELED);
    errno = call->error_number;
    return ac__generic_finish(frame, result_of(call), call->result_size);
}

static const struct ac__function call_function = AC__GENERIC("ac_thread", call_resume, NULL);

struct ac__frame *ac__thread_call(void (*run)(void *arguments, void *result), const void *arguments, size_t size,
                                  size_t alignment, size_t result_size, size_t result_alignment)
{
    size_t both = alignment > result_alignment ? alignment : result_alignment;
    struct ac__generic *frame = ac__generic_new(&call_function, (const void *)ac__thread_call, result_size, both,
                                                sizeof(struct call) + size + result_size + 2 * both);
    struct call *call;
    if (!frame)
        return NULL;
    call = ac__body(&frame->base);
    call->run = run;
    call->size = size;
    call->alignment = both;
    call->result_size = result_size;
    if (size)
        memcpy(arguments_of(call), arguments, size);
    return &frame->base;
}

/* ---- what programs call -------------------------------------------------------------------------------- */

void ac_thread_limit(unsigned n)
{
    ac__pool_lock(&pool);
    ac__pool_set_limit(&pool, n ? n : default_limit());
    ac__pool_unlock(&pool);
}
