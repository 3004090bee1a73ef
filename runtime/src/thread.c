/* thread.c: ac_thread: calls of plain C functions on worker threads.
 *
 * A call lies in the frame of its coroutine, which stays where it is until the call has returned: nothing is allocated,
 * and the function's arguments and result need no owner. It goes
 *
 *     queue      cancelling takes it out: it never runs
 *     a worker   runs it; cancelling has to wait, since its arguments may point to the caller's locals
 *     a letter   to the loop it came from (post.c), which makes the task ready
 *
 * One pool serves all loops of the process. Threads are started when a call finds none idle, up to the limit, and end
 * when they have been idle for a while. They block every signal that a program may handle, so that handlers run, and
 * EINTR comes up, in the program's own threads. */
#include "core.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum { IDLE_SECONDS = 5, EXTRA_THREADS = 4, MOST_BY_DEFAULT = 32 };

struct call {
    struct ac__letter letter; /* to the loop: it has returned */
    struct call *next;
    void (*run)(void *arguments, void *result);
    struct ac__mailbox *mailbox;
    struct ac__wait wait;
    size_t size, alignment, result_size; /* of the arguments, of both, of the result */
    int error_number;                    /* errno: the task's, then the function's */
};

/* ---- the pool ---------------------------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a call has come, or the limit has sunk */
    struct call *first, **end;
    unsigned waiting; /* calls in the queue */
    unsigned threads, idle;
    unsigned limit; /* 0: not set */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER};

static unsigned thread_limit(void)
{
    cpu_set_t set;
    unsigned count;
    if (pool.limit)
        return pool.limit;
    count = EXTRA_THREADS + (sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1);
    return pool.limit = count < MOST_BY_DEFAULT ? count : MOST_BY_DEFAULT;
}

static void enqueue(struct call *call)
{
    call->next = NULL;
    if (!pool.first)
        pool.end = &pool.first;
    *pool.end = call;
    pool.end = &call->next;
    pool.waiting++;
}

static struct call *dequeue(struct call **link)
{
    struct call *call = *link;
    *link = call->next;
    if (pool.end == &call->next)
        pool.end = link;
    pool.waiting--;
    return call;
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

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

static void run_call(struct call *call)
{
    struct ac__mailbox *mailbox = call->mailbox;
    ac__mailbox_set_home(mailbox);
    errno = call->error_number;
    call->run(arguments_of(call), result_of(call));
    call->error_number = errno;
    ac__mailbox_set_home(NULL);
    ac__mailbox_send(mailbox, &call->letter); /* the task may go on at once, and its frame with the call may be gone */
    ac__mailbox_drop(mailbox);
}

/* Waits for a call; null if none came for a while, or there are more threads than there may be. */
static struct call *wait_for_call(void)
{
    struct timespec until;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_SECONDS;
    pool.idle++;
    while (!pool.first && !status && pool.threads <= thread_limit())
        status = pthread_cond_clockwait(&pool.work, &pool.lock, CLOCK_MONOTONIC, &until);
    pool.idle--;
    return pool.first && pool.threads <= thread_limit() ? dequeue(&pool.first) : NULL;
}

static void *work(void *unused)
{
    struct call *call;
    pthread_mutex_lock(&pool.lock);
    while ((call = wait_for_call())) {
        pthread_mutex_unlock(&pool.lock);
        run_call(call);
        pthread_mutex_lock(&pool.lock);
    }
    pool.threads--;
    pthread_mutex_unlock(&pool.lock);
    return unused;
}

/* All signals but those that a thread's own mistakes raise. */
static void block_signals(sigset_t *before)
{
    static const int mistakes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigset_t blocked;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        sigdelset(&blocked, mistakes[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
}

/* 0 or an error code. */
static int start_thread(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t before;
    int code;
    if (ac__syscall_fails())
        return errno;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    block_signals(&before); /* the thread inherits the mask */
    code = pthread_create(&thread, &attributes, work, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (code == 0)
        pool.threads++;
    return code;
}

/* One more call is to wait: is there a thread for it, or need there not be? 0 or an error code. */
static int provide_thread(void)
{
    if (pool.idle > pool.waiting || pool.threads >= thread_limit())
        return 0;
    return start_thread();
}

/* ---- the coroutine ----------------------------------------------------------------------------------------------- */

/* Not started yet: it comes back at once. Else there is nothing to do but to wait. */
static bool withdraw(struct call *call)
{
    struct call **link = &pool.first;
    bool is_waiting;
    pthread_mutex_lock(&pool.lock);
    while (*link && *link != call)
        link = &(*link)->next;
    is_waiting = *link;
    if (is_waiting)
        dequeue(link);
    pthread_mutex_unlock(&pool.lock);
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
    pthread_mutex_lock(&pool.lock);
    code = provide_thread();
    if (code == 0) {
        enqueue(call);
        pthread_cond_signal(&pool.work);
    }
    pthread_mutex_unlock(&pool.lock);
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
        return ac__fail(task, ac__error_make(code, "cannot start a thread: %s", strerror(code)));
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

/* ---- what programs call ------------------------------------------------------------------------------------------ */

void ac_thread_limit(unsigned n)
{
    pthread_mutex_lock(&pool.lock);
    pool.limit = n;
    for (unsigned more = pool.waiting; more && pool.threads < thread_limit(); more--)
        if (start_thread() != 0)
            break; /* those that run will come to the calls that wait */
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
}

/* ---- fork: the child has none of the threads --------------------------------------------------------------------- */

void ac__threads_before_fork(void)
{
    pthread_mutex_lock(&pool.lock);
}

void ac__threads_after_fork(bool is_child)
{
    if (is_child) {
        pool.first = NULL;
        pool.waiting = pool.threads = pool.idle = 0;
        pool.work = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    }
    pthread_mutex_unlock(&pool.lock);
}
