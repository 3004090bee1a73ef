/* ac/pool.h: pools of threads, for calls that block: those of ac_thread run on one, the lookups of names in
 * <ac/stream.h> on another. Not for programs, which have ac_thread.
 *
 * A pool is a static object. Its threads are started when a job finds none idle, up to a limit, and end
 * when they have been idle for a while. They block every signal that a program may handle, so that
 * handlers run, and EINTR comes up, in the program's own threads. All here but ac__pool_lock is called
 * with the pool's lock held; its user may keep what is its own under that lock, too. */
#ifndef AC_POOL_H
#define AC_POOL_H

#include <pthread.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A call, in memory of whoever asks for it. */
struct ac__job {
    struct ac__job *next;
    void (*run)(struct ac__job *job); /* without the lock; the job may be gone when it returns */
};

struct ac__pool {
    pthread_mutex_t lock;
    pthread_cond_t work;        /* a job has come, or the limit has sunk */
    struct ac__job *first, **end;
    unsigned waiting;           /* jobs in the queue */
    unsigned threads, idle;
    unsigned limit;             /* of threads */
    void (*forked)(void);       /* in a child of fork: the pool has no jobs and no threads; may be null */
    struct ac__pool *next;      /* of all that have ever been locked */
    bool is_known;
};
#define AC__POOL_INIT(most) \
    {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .limit = (most)}

void ac__pool_lock(struct ac__pool *pool);
void ac__pool_unlock(struct ac__pool *pool);
/* Has a job run, after those that wait. 0, or an error code where the pool has no thread and none can be
 * started. */
int ac__pool_add(struct ac__pool *pool, struct ac__job *job);
/* Takes a job back. False: it has begun. */
bool ac__pool_withdraw(struct ac__pool *pool, struct ac__job *job);
/* Starts threads for jobs that wait, or has threads end that are too many, once they have nothing to do. */
void ac__pool_set_limit(struct ac__pool *pool, unsigned limit);

#ifdef __cplusplus
}
#endif
#endif
