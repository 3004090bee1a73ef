/* pool.c: pools of threads, as <ac/pool.h> says. */
#include "events.h"

#include <ac/pool.h>

#include <pthread.h>
#include <signal.h>
#include <time.h>

enum { IDLE_SECONDS = 5 };

/* ---- the queue ----------------------------------------------------------------------------------------- */

static void enqueue(struct ac__pool *pool, struct ac__job *job)
{
    job->next = NULL;
    if (!pool->first)
        pool->end = &pool->first;
    *pool->end = job;
    pool->end = &job->next;
    pool->waiting++;
}

static struct ac__job *dequeue(struct ac__pool *pool, struct ac__job **link)
{
    struct ac__job *job = *link;
    *link = job->next;
    if (pool->end == &job->next)
        pool->end = link;
    pool->waiting--;
    return job;
}

/* ---- threads ------------------------------------------------------------------------------------------- */

/* Waits for a job; null if none came for a while, or there are more threads than there may be. */
static struct ac__job *next_job(struct ac__pool *pool)
{
    struct timespec until;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_SECONDS;
    pool->idle++;
    while (!pool->first && !status && pool->threads <= pool->limit)
        status = pthread_cond_clockwait(&pool->work, &pool->lock, CLOCK_MONOTONIC, &until);
    pool->idle--;
    return pool->first && pool->threads <= pool->limit ? dequeue(pool, &pool->first) : NULL;
}

static void *work(void *argument)
{
    struct ac__pool *pool = argument;
    struct ac__job *job;
    pthread_mutex_lock(&pool->lock);
    while ((job = next_job(pool))) {
        pthread_mutex_unlock(&pool->lock);
        job->run(job);
        pthread_mutex_lock(&pool->lock);
    }
    pool->threads--;
    pthread_mutex_unlock(&pool->lock);
    return NULL;
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
static int start_thread(struct ac__pool *pool)
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
    code = pthread_create(&thread, &attributes, work, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (code == 0)
        pool->threads++;
    return code;
}

/* ---- jobs ---------------------------------------------------------------------------------------------- */

/* A job can wait for a thread that there is. */
int ac__pool_add(struct ac__pool *pool, struct ac__job *job)
{
    bool is_enough = pool->idle > pool->waiting || pool->threads >= pool->limit;
    int code = is_enough ? 0 : start_thread(pool);
    if (!pool->threads)
        return code;
    enqueue(pool, job);
    pthread_cond_signal(&pool->work);
    return 0;
}

bool ac__pool_withdraw(struct ac__pool *pool, struct ac__job *job)
{
    struct ac__job **link = &pool->first;
    while (*link && *link != job)
        link = &(*link)->next;
    return *link && dequeue(pool, link);
}

void ac__pool_set_limit(struct ac__pool *pool, unsigned limit)
{
    bool has_sunk = limit < pool->limit;
    pool->limit = limit;
    for (unsigned more = pool->waiting; more && pool->threads < limit; more--)
        if (start_thread(pool) != 0)
            break; /* those that run will come to the jobs that wait */
    if (has_sunk)
        pthread_cond_broadcast(&pool->work);
}

/* ---- all pools, for fork ------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock; /* taken before a pool's */
    struct ac__pool *first;
} pools = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void note(struct ac__pool *pool)
{
    pthread_mutex_lock(&pools.lock);
    if (!pool->is_known) {
        pool->next = pools.first;
        pools.first = pool;
        __atomic_store_n(&pool->is_known, true, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&pools.lock);
}

void ac__pool_lock(struct ac__pool *pool)
{
    if (!__atomic_load_n(&pool->is_known, __ATOMIC_ACQUIRE))
        note(pool);
    pthread_mutex_lock(&pool->lock);
}

void ac__pool_unlock(struct ac__pool *pool)
{
    pthread_mutex_unlock(&pool->lock);
}

void ac__pools_before_fork(void)
{
    pthread_mutex_lock(&pools.lock);
    for (struct ac__pool *pool = pools.first; pool; pool = pool->next)
        pthread_mutex_lock(&pool->lock);
}

static void empty(struct ac__pool *pool)
{
    pool->first = NULL;
    pool->waiting = pool->threads = pool->idle = 0;
    pool->work = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    if (pool->forked)
        pool->forked();
}

void ac__pools_after_fork(bool is_child)
{
    for (struct ac__pool *pool = pools.first; pool; pool = pool->next) {
        if (is_child)
            empty(pool);
        pthread_mutex_unlock(&pool->lock);
    }
    pthread_mutex_unlock(&pools.lock);
}
