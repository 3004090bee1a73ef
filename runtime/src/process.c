/* process.c: what a running loop has to do with its process and thread: the per-thread variables, fork,
 * SIGPIPE, and how far the C stack may grow. */
#include "events.h"
#include "observe.h"
#include "storage.h"

#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct ac__thread ac__thread;

/* ---- outside a loop ------------------------------------------------------------------------------------ */

static bool forked; /* this is the child of a process whose loop ran in the thread that forked */

void ac__no_loop(void)
{
    if (forked)
        ac__die("this is a child made by fork: its parent's event loop does not run here");
    ac__die("no event loop runs in this thread: start one with ac_run, `async int main` or ac_loop_fd");
}

/* ---- SIGPIPE ------------------------------------------------------------------------------------------- */

static pthread_mutex_t sigpipe_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned sigpipe_users;

static void sigpipe_nothing(int signal)
{
    (void)signal;
}

/* A handler that does nothing has the effect of ignoring, but, other than ignoring, is not
 * inherited through exec. */
void ac__sigpipe_take(void)
{
    struct sigaction action;
    pthread_mutex_lock(&sigpipe_lock);
    if (sigpipe_users++ == 0 && sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action = (struct sigaction){.sa_handler = sigpipe_nothing, .sa_flags = SA_RESTART};
        sigaction(SIGPIPE, &action, NULL);
    }
    pthread_mutex_unlock(&sigpipe_lock);
}

static void sigpipe_restore(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == sigpipe_nothing)
        signal(SIGPIPE, SIG_DFL);
}

void ac__sigpipe_give_back(void)
{
    pthread_mutex_lock(&sigpipe_lock);
    if (--sigpipe_users == 0)
        sigpipe_restore();
    pthread_mutex_unlock(&sigpipe_lock);
}

/* ---- fork ---------------------------------------------------------------------------------------------- */

static void before_fork(void)
{
    pthread_mutex_lock(&sigpipe_lock);
    ac__signals_before_fork();
    ac__mailboxes_before_fork();
    if (ac__pools_before_fork)
        ac__pools_before_fork();
    ac__trace_before_fork();
    ac__debug_before_fork();
    ac__slabs_before_fork();
}

static void after_fork(bool is_child)
{
    ac__slabs_after_fork();
    ac__debug_after_fork();
    ac__trace_after_fork(is_child);
    if (ac__pools_after_fork)
        ac__pools_after_fork(is_child);
    ac__mailboxes_after_fork(is_child);
    ac__signals_after_fork(is_child);
    pthread_mutex_unlock(&sigpipe_lock);
}

static void in_parent(void)
{
    after_fork(false);
}

static void in_child(void)
{
    after_fork(true);
    sigpipe_users = 0;
    sigpipe_restore();
    if (!ac__thread.loop)
        return;
    forked = true;
    if (ac__thread.task)
        ac__flag(ac__thread.task, AC__FORKED);
    if (ac__thread.loop->epoll >= 0)
        close(ac__thread.loop->epoll);
    ac__thread.loop = NULL;
}

static void watch(void)
{
    pthread_atfork(before_fork, in_parent, in_child);
}

void ac__watch_forks(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch);
}

bool ac__is_forked(void)
{
    return forked;
}

/* ---- the C stack --------------------------------------------------------------------------------------- */

/* The system puts nothing nearer below the stack on which a process begins. */
enum { NEAR = 64 << 20 };

/* Is this the stack on which the process began? Not in a child that a thread forked, though it
 * is the only one. */
static bool is_first_stack(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), top = getauxval(AT_RANDOM);
    return getpid() == (pid_t)syscall(SYS_gettid) && here < top && top - here < NEAR;
}

/* How much C stack this thread has below here. */
static size_t stack_left(void)
{
    pthread_attr_t attributes;
    struct rlimit limit;
    void *base;
    size_t size = 0;
    if (is_first_stack()) {
        if (getrlimit(RLIMIT_STACK, &limit) == 0)
            size = limit.rlim_cur; /* the main thread's; what it has used so far is little */
    } else if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &base, &size);
        size = (size_t)((char *)__builtin_frame_address(0) - (char *)base);
        pthread_attr_destroy(&attributes);
    }
    return size ? size : 64 * 1024;
}

enum { DEEPEST = 256 * 1024 };

void ac__set_stack_limit(void)
{
    size_t share = stack_left() / 4;
    ac__thread.stack_limit = (char *)__builtin_frame_address(0) - (share < DEEPEST ? share : DEEPEST);
}
