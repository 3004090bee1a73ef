/* resolver.c: names become addresses by getaddrinfo, on threads of their own.
 *
 * getaddrinfo knows what the system's administrator has set (/etc/hosts, nsswitch.conf, mDNS, systemd-resolved,
 * search lists), which a DNS library does not, and needs nothing but libc. It blocks, for seconds where a name server
 * does not answer; so it gets threads that nothing else uses: file work goes on, however many names hang. Whoever
 * waits can leave at once; the thread finishes alone and drops the answer, unless somebody asks for the same name
 * meanwhile. Where a name server leaves questions for one family unanswered, every connection leaves such a thread
 * behind (race.ac).
 *
 * Threads are started when a lookup finds none idle, up to a limit, which those that finish alone do not count
 * towards, and end when they have been idle for a while. */
#include "resolver.h"

#include "../sys.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_THREADS = 16, MOST_WITH_ABANDONED = 128, IDLE_SECONDS = 5 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct ac__lookup *first, **end;
    struct ac__lookup *abandoned; /* which run, and nobody waits for */
    unsigned waiting, threads, idle, abandoned_count;
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

static void abandon(struct ac__lookup *lookup)
{
    lookup->next = pool.abandoned;
    pool.abandoned = lookup;
    pool.abandoned_count++;
}

static void forget(struct ac__lookup **link)
{
    *link = (*link)->next;
    pool.abandoned_count--;
}

/* One that runs for nobody; null: there is none for this name. */
static struct ac__lookup *adopt(const char *host, int family)
{
    for (struct ac__lookup **link = &pool.abandoned, *lookup; (lookup = *link); link = &lookup->next)
        if (lookup->family == family && strcmp(lookup->host, host) == 0)
            return forget(link), lookup;
    return NULL;
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
    lookup->failure = MEMORY_OR(EAI_MEMORY, getaddrinfo(lookup->host, NULL, &hints, &lookup->list));
    lookup->error = errno;
    if (lookup->failure)
        lookup->list = NULL;
}

static void answer(struct ac__lookup *lookup)
{
    lookup->is_running = false;
    lookup->has_ended = true;
    if (lookup->done) {
        ac_set_result(lookup->done);
        return;
    }
    for (struct ac__lookup **link = &pool.abandoned; *link; link = &(*link)->next)
        if (*link == lookup) {
            forget(link);
            break;
        }
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
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    code = ac__syscall_fails() ? errno : pthread_create(&thread, NULL, work, NULL);
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
    bool is_full = pool.threads - pool.abandoned_count >= MOST_THREADS || pool.threads >= MOST_WITH_ABANDONED;
    int code = pool.idle > pool.waiting || is_full ? 0 : start_thread();
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
    pool.first = pool.abandoned = NULL;
    pool.waiting = pool.threads = pool.idle = pool.abandoned_count = 0;
    pool.work = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    pthread_mutex_unlock(&pool.lock);
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, in_parent, in_child);
}

/* ---- lookups ----------------------------------------------------------------------------------------------------- */

static struct ac__lookup *lookup_new(const char *host, int family)
{
    size_t size = sizeof(struct ac__lookup) + strlen(host) + 1;
    struct ac__lookup *lookup = MEMORY(calloc(1, size));
    if (!lookup)
        return NULL;
    strcpy(lookup->host, host);
    lookup->family = family;
    return lookup;
}

/* 0, or an error code; then the lookup is gone. */
static int hand_in(struct ac__lookup *lookup)
{
    int code = provide_thread();
    if (code) {
        free(lookup);
        return code;
    }
    enqueue(lookup);
    pthread_cond_signal(&pool.work);
    return 0;
}

/* For the future, which becomes the lookup's; null with errno. */
static struct ac__lookup *begin(const char *host, int family, ac_future(void) done)
{
    struct ac__lookup *lookup = adopt(host, family);
    int code = 0;
    if (lookup) {
        lookup->done = done;
        return lookup;
    }
    lookup = lookup_new(host, family);
    if (!lookup)
        return errno = ENOMEM, NULL;
    lookup->done = done;
    code = hand_in(lookup);
    return code ? (errno = code, NULL) : lookup;
}

struct ac__lookup *ac__lookup_begin(const char *host, int family)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    ac_future(void) done = ac_future_new(void);
    struct ac__lookup *lookup;
    int code;
    if (!done)
        return errno = ENOMEM, NULL;
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&pool.lock);
    lookup = begin(host, family, done);
    pthread_mutex_unlock(&pool.lock);
    if (lookup) {
        ac__outside(+1);
        return lookup;
    }
    code = errno;
    ac_future_free(done);
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
    if (is_running)
        abandon(lookup);
    if (is_running && pool.waiting)
        (void)provide_thread(); /* in its place; or they wait for the others */
    pthread_mutex_unlock(&pool.lock);
    ac_future_free(done);
    if (!is_running)
        lookup_free(lookup);
    ac__outside(-1);
}
