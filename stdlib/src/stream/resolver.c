/* resolver.c: names become addresses by getaddrinfo, on threads of their own.
 *
 * getaddrinfo knows what the system's administrator has set (/etc/hosts, nsswitch.conf, mDNS, systemd-resolved,
 * search lists), which a DNS library does not, and needs nothing but libc. It blocks, for seconds where a name server
 * does not answer; so it gets threads that nothing else uses: file work goes on, however many names hang. Whoever
 * waits can leave at once; the thread finishes alone and drops the answer.
 *
 * Threads are started when a lookup finds none idle, up to a limit, and end when they have been idle for a while. */
#include "resolver.h"

#include "../faults.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_THREADS = 16, IDLE_SECONDS = 5 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct ac__lookup *first, **end;
    unsigned waiting, threads, idle;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER};

static void lookup_free(struct ac__lookup *lookup)
{
    if (lookup->list)
        freeaddrinfo(lookup->list);
    free(lookup);
}

/* ---- the queue; the lock is held --------------------------------------------------------------------------------- */

static void enqueue(struct ac__lookup *lookup)
{
    if (!pool.first)
        pool.end = &pool.first;
    *pool.end = lookup;
    pool.end = &lookup->next;
    pool.waiting++;
}

static void dequeue(struct ac__lookup **link)
{
    struct ac__lookup *lookup = *link;
    *link = lookup->next;
    if (pool.end == &lookup->next)
        pool.end = link;
    pool.waiting--;
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

static struct ac__lookup *next_lookup(void)
{
    struct ac__lookup *lookup;
    struct timespec until;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_SECONDS;
    pool.idle++;
    while (!pool.first && !status)
        status = pthread_cond_clockwait(&pool.work, &pool.lock, CLOCK_MONOTONIC, &until);
    pool.idle--;
    lookup = pool.first;
    if (lookup)
        dequeue(&pool.first);
    return lookup;
}

static void ask(struct ac__lookup *lookup)
{
    struct addrinfo hints = {.ai_family = lookup->family, .ai_socktype = SOCK_STREAM};
    lookup->failure = getaddrinfo(lookup->host, NULL, &hints, &lookup->list);
    lookup->error = errno;
    if (lookup->failure)
        lookup->list = NULL;
}

static void answer(struct ac__lookup *lookup)
{
    lookup->is_running = false;
    lookup->has_ended = true;
    if (lookup->done)
        ac_set_result(lookup->done);
    else
        lookup_free(lookup);
}

static void *work(void *unused)
{
    struct ac__lookup *lookup;
    pthread_mutex_lock(&pool.lock);
    while ((lookup = next_lookup())) {
        lookup->is_running = true;
        pthread_mutex_unlock(&pool.lock);
        ask(lookup);
        pthread_mutex_lock(&pool.lock);
        answer(lookup);
    }
    pool.threads--;
    pthread_mutex_unlock(&pool.lock);
    return unused;
}

/* 0, or an error code. Signals are for the program's own threads. */
static int start_thread(void)
{
    pthread_t thread;
    sigset_t all, before;
    int code;
    if (ac__syscall_fails())
        return errno;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    code = pthread_create(&thread, NULL, work, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code)
        return code;
    pthread_detach(thread);
    pool.threads++;
    return 0;
}

/* A lookup can wait for a thread that there is. */
static int provide_thread(void)
{
    int code = pool.idle > pool.waiting || pool.threads >= MOST_THREADS ? 0 : start_thread();
    return pool.threads ? 0 : code;
}

/* ---- fork: the child has none of the threads --------------------------------------------------------------------- */

static void before_fork(void)
{
    pthread_mutex_lock(&pool.lock);
}

static void in_parent(void)
{
    pthread_mutex_unlock(&pool.lock);
}

static void in_child(void)
{
    pool.first = NULL;
    pool.waiting = pool.threads = pool.idle = 0;
    pool.work = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    pthread_mutex_unlock(&pool.lock);
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, in_parent, in_child);
}

/* ---- lookups ----------------------------------------------------------------------------------------------------- */

struct ac__lookup *ac__lookup_begin(const char *host, int family)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    size_t size = sizeof(struct ac__lookup) + strlen(host) + 1;
    struct ac__lookup *lookup = ac__allocation_fails() ? NULL : calloc(1, size);
    ac_future(void) done = lookup ? ac_future_new(void) : NULL;
    int code;
    if (!done) {
        free(lookup);
        return errno = ENOMEM, NULL;
    }
    pthread_once(&once, watch_forks);
    strcpy(lookup->host, host);
    lookup->family = family;
    lookup->done = done;
    pthread_mutex_lock(&pool.lock);
    code = provide_thread();
    if (!code) {
        enqueue(lookup);
        pthread_cond_signal(&pool.work);
    }
    pthread_mutex_unlock(&pool.lock);
    if (!code) {
        ac__outside(+1);
        return lookup;
    }
    ac_future_free(done);
    free(lookup);
    return errno = code, NULL;
}

static void withdraw(struct ac__lookup *lookup)
{
    struct ac__lookup **link = &pool.first;
    while (*link && *link != lookup)
        link = &(*link)->next;
    if (*link)
        dequeue(link);
}

void ac__lookup_end(struct ac__lookup *lookup)
{
    ac_future(void) done = lookup->done;
    bool is_running;
    pthread_mutex_lock(&pool.lock);
    is_running = lookup->is_running;
    if (!is_running && !lookup->has_ended)
        withdraw(lookup);
    lookup->done = NULL;
    pthread_mutex_unlock(&pool.lock);
    ac_future_free(done);
    if (!is_running)
        lookup_free(lookup);
    ac__outside(-1);
}
