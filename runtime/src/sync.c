/* sync.c: mutex, semaphore, event, condition, barrier. What is released is handed to the first who waits, so
 * nobody barges in and a lock never looks free while somebody has a claim to it. A waiter that is cancelled
 * after it was handed something, before it ran, hands it on.
 *
 * They wait in one kind of frame. Its states: 0 not started, WAITS (cancelled if it is resumed there),
 * AC__OVER: has been handed what it waited for, or has taken it and gives way to others, BROKEN: is told that
 * there is nothing more to wait for. Who cannot have it at once is in the queue at once, however many awaits
 * before were ready: that is giving way, too, and nobody who comes later may be first. */
#include "core.h"

enum { WAITS = 1, BROKEN = 2 };

/* Lets the first waiter go on. False if there is none. */
static bool hand_to_first(struct ac__waiter **queue)
{
    struct ac__waiter *first = ac__dequeue_first(queue);
    if (!first)
        return false;
    container_of(first, struct ac__sync, waiter)->base.state = AC__OVER;
    ac__make_ready(first->wait.task);
    return true;
}

static int sync_wait(struct ac__sync *sync, struct ac__task *task, struct ac__waiter **queue,
                     struct ac__task *(*cancel)(struct ac__wait *wait))
{
    ac__enqueue(queue, &sync->waiter);
    sync->waiter.wait.cancel = cancel;
    return ac__suspend(task, &sync->base, WAITS, &sync->waiter.wait);
}

/* It has what it wanted without waiting. */
static int have_at_once(struct ac__frame *frame, struct ac__task *task)
{
    return ac__share_is_over() ? ac__yield_at(task, frame, AC__OVER) : AC__DONE;
}

static void leave_queue(struct ac__wait *wait, struct ac__waiter **queue)
{
    ac__dequeue(queue, container_of(wait, struct ac__waiter, wait));
    ac__make_ready(wait->task);
}

static void *object_of(struct ac__wait *wait)
{
    return container_of(wait, struct ac__sync, waiter.wait)->object;
}

static struct ac__frame *sync_new(struct ac__frame *frame, void *object)
{
    if (frame)
        ((struct ac__sync *)frame)->object = object;
    return frame;
}

#define SYNC_FUNCTION(text, function) \
    {.resume = function, .name = text, .size = sizeof(struct ac__sync), .alignment = _Alignof(struct ac__sync)}

/* The same in a frame that lies in its caller's (ac/leaves.h). */
static struct ac__sync *sync_prepare(struct ac__sync *sync, const struct ac__function *function, void *object)
{
    sync->base.function = function;
    sync->object = object;
    return sync;
}

#define RUN(name, function, object, ...) \
    int ac__##name##__run(struct ac__##name##__frame *frame, struct ac__task *task, unsigned state, __VA_ARGS__) \
    { \
        (void)state; \
        return ac__enter(&sync_prepare(&frame->frame, &function, object)->base, task, &function); \
    }

/* The same, but what `attempt` gets at once needs no frame; `wait` is what the function does in state 0 where the
 * attempt fails. */
#define RUN_OR_HAVE(name, attempt, wait, function, object, ...) \
    int ac__##name##__run(struct ac__##name##__frame *frame, struct ac__task *task, unsigned state, __VA_ARGS__) \
    { \
        (void)state; \
        if (!attempt(object)) \
            return wait(sync_prepare(&frame->frame, &function, object), task, object); \
        if (ac__share_is_over()) \
            return ac__yield_at(task, &sync_prepare(&frame->frame, &function, object)->base, AC__OVER); \
        return AC__DONE; \
    }

/* ---- mutex --------------------------------------------------------------------------------------------- */

static struct ac__task *mutex_cancel(struct ac__wait *wait)
{
    leave_queue(wait, &((ac_mutex *)object_of(wait))->ac__waiters);
    return NULL;
}

bool ac_mutex_try_lock(ac_mutex *mutex)
{
    if (mutex->ac__locked)
        return false;
    ac__count_locked(1);
    return mutex->ac__locked = true;
}

bool ac_mutex_unlock(ac_mutex *mutex)
{
    if (!mutex->ac__locked) {
        fputs("ac: ac_mutex_unlock of a mutex that is not locked\n", stderr);
        return false;
    }
    if (hand_to_first(&mutex->ac__waiters))
        return true;
    ac__count_locked(-1);
    mutex->ac__locked = false;
    return true;
}

bool ac_mutex_is_locked(const ac_mutex *mutex)
{
    return mutex->ac__locked;
}

static inline int lock_wait(struct ac__sync *sync, struct ac__task *task, ac_mutex *mutex)
{
    return sync_wait(sync, task, &mutex->ac__waiters, mutex_cancel);
}

static int lock_start(struct ac__sync *sync, struct ac__task *task)
{
    ac_mutex *mutex = sync->object;
    return ac_mutex_try_lock(mutex) ? have_at_once(&sync->base, task) : lock_wait(sync, task, mutex);
}

static int lock_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__sync *sync = (struct ac__sync *)frame;
    if (frame->state != 0 && ac__interrupted(task)) {
        if (frame->state == AC__OVER)
            ac_mutex_unlock(sync->object);
        return ac__fail_code(task, ECANCELED);
    }
    return frame->state == AC__OVER ? AC__DONE : lock_start(sync, task);
}

static const struct ac__function lock_function = SYNC_FUNCTION("ac_mutex_lock", lock_resume);

ac_coro(void) ac_mutex_lock(ac_mutex *mutex)
{
    return (ac_coro(void))sync_new(ac__frame_new(&lock_function, (const void *)ac_mutex_lock), mutex);
}

ac_coro(void) ac_mutex_aenter(ac_mutex *mutex)
{
    return (ac_coro(void))sync_new(ac__frame_new(&lock_function, (const void *)ac_mutex_aenter), mutex);
}

static int unlock_resume(struct ac__frame *frame, struct ac__task *task)
{
    (void)task;
    ac_mutex_unlock(((struct ac__sync *)frame)->object);
    return AC__DONE;
}

static const struct ac__function unlock_function = SYNC_FUNCTION("ac_mutex_aexit", unlock_resume);

ac_coro(void) ac_mutex_aexit(ac_mutex *mutex, const ac_error *error)
{
    (void)error;
    return (ac_coro(void))sync_new(ac__frame_new(&unlock_function, (const void *)ac_mutex_aexit), mutex);
}

RUN_OR_HAVE(ac_mutex_lock, ac_mutex_try_lock, lock_wait, lock_function, mutex, ac_mutex *mutex)
RUN_OR_HAVE(ac_mutex_aenter, ac_mutex_try_lock, lock_wait, lock_function, mutex, ac_mutex *mutex)
RUN(ac_mutex_aexit, unlock_function, mutex, ac_mutex *mutex, __attribute__((unused)) const ac_error *error)

/* ---- semaphore ----------------------------------------------------------------------------------------- */

static struct ac__task *sem_cancel(struct ac__wait *wait)
{
    leave_queue(wait, &((ac_sem *)object_of(wait))->ac__waiters);
    return NULL;
}

bool ac_sem_try_acquire(ac_sem *sem)
{
    if (sem->ac__count <= 0)
        return false;
    sem->ac__count--;
    return true;
}

static __attribute__((cold, noinline)) bool refuse_release(const ac_sem *sem)
{
    fprintf(stderr, "ac: ac_sem_release of a semaphore that has all its %ld permits\n", sem->ac__bound);
    return false;
}

bool ac_sem_release(ac_sem *sem)
{
    if (sem->ac__is_bounded && sem->ac__count >= sem->ac__bound)
        return refuse_release(sem);
    if (!hand_to_first(&sem->ac__waiters))
        sem->ac__count++;
    return true;
}

long ac_sem_count(const ac_sem *sem)
{
    return sem->ac__count;
}

/* Out of line: taking a permit saves no registers for it. */
static __attribute__((cold, noinline)) int refuse_negative(struct ac__sync *sync, struct ac__task *task)
{
    return ac__refuse(task, &sync->base, ac__error_make(EINVAL, "a semaphore with a negative number of permits"));
}

static int acquire_wait(struct ac__sync *sync, struct ac__task *task, ac_sem *sem)
{
    if (unlikely(sem->ac__count < 0))
        return refuse_negative(sync, task);
    return sync_wait(sync, task, &sem->ac__waiters, sem_cancel);
}

static int acquire_start(struct ac__sync *sync, struct ac__task *task)
{
    ac_sem *sem = sync->object;
    return ac_sem_try_acquire(sem) ? have_at_once(&sync->base, task) : acquire_wait(sync, task, sem);
}

static int acquire_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__sync *sync = (struct ac__sync *)frame;
    if (frame->state != 0 && ac__interrupted(task)) {
        if (frame->state == AC__OVER)
            ac_sem_release(sync->object);
        return ac__fail_code(task, ECANCELED);
    }
    return frame->state == AC__OVER ? AC__DONE : acquire_start(sync, task);
}

static const struct ac__function acquire_function = SYNC_FUNCTION("ac_sem_acquire", acquire_resume);

ac_coro(void) ac_sem_acquire(ac_sem *sem)
{
    return (ac_coro(void))sync_new(ac__frame_new(&acquire_function, (const void *)ac_sem_acquire), sem);
}

ac_coro(void) ac_sem_aenter(ac_sem *sem)
{
    return (ac_coro(void))sync_new(ac__frame_new(&acquire_function, (const void *)ac_sem_aenter), sem);
}

static int release_resume(struct ac__frame *frame, struct ac__task *task)
{
    (void)task;
    ac_sem_release(((struct ac__sync *)frame)->object);
    return AC__DONE;
}

static const struct ac__function release_function = SYNC_FUNCTION("ac_sem_aexit", release_resume);

ac_coro(void) ac_sem_aexit(ac_sem *sem, const ac_error *error)
{
    (void)error;
    return (ac_coro(void))sync_new(ac__frame_new(&release_function, (const void *)ac_sem_aexit), sem);
}

RUN_OR_HAVE(ac_sem_acquire, ac_sem_try_acquire, acquire_wait, acquire_function, sem, ac_sem *sem)
RUN_OR_HAVE(ac_sem_aenter, ac_sem_try_acquire, acquire_wait, acquire_function, sem, ac_sem *sem)
RUN(ac_sem_aexit, release_function, sem, ac_sem *sem, __attribute__((unused)) const ac_error *error)

/* ---- event --------------------------------------------------------------------------------------------- */

static struct ac__task *event_cancel(struct ac__wait *wait)
{
    leave_queue(wait, &((ac_event *)object_of(wait))->ac__waiters);
    return NULL;
}

void ac_event_set(ac_event *event)
{
    event->ac__is_set = true;
    while (hand_to_first(&event->ac__waiters))
        ;
}

void ac_event_clear(ac_event *event)
{
    event->ac__is_set = false;
}

bool ac_event_is_set(const ac_event *event)
{
    return event->ac__is_set;
}

static int event_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__sync *sync = (struct ac__sync *)frame;
    ac_event *event = sync->object;
    if (frame->state != 0 && ac__interrupted(task))
        return ac__fail_code(task, ECANCELED);
    if (frame->state == AC__OVER)
        return AC__DONE;
    if (event->ac__is_set)
        return have_at_once(frame, task);
    return sync_wait(sync, task, &event->ac__waiters, event_cancel);
}

static const struct ac__function event_function = SYNC_FUNCTION("ac_event_wait", event_resume);

ac_coro(void) ac_event_wait(ac_event *event)
{
    return (ac_coro(void))sync_new(ac__frame_new(&event_function, (const void *)ac_event_wait), event);
}

RUN(ac_event_wait, event_function, event, ac_event *event)

/* ---- condition ----------------------------------------------------------------------------------------- */

/* Who is notified goes over to the mutex's queue, so its wait ends when it has the mutex. From then on, or
 * from a cancellation on, only the mutex can end it: a cancellation waits and is thrown once it is there. */
struct cond_wait {
    struct ac__sync sync; /* object: the condition */
    ac_mutex *mutex;
    bool is_notified;
};

static struct cond_wait *cond_wait_of(struct ac__wait *wait)
{
    return container_of(wait, struct cond_wait, sync.waiter.wait);
}

static struct ac__task *relock_cancel(struct ac__wait *wait)
{
    (void)wait;
    return NULL;
}

/* It has left the condition's queue. */
static void relock(struct cond_wait *wait)
{
    struct ac__waiter *waiter = &wait->sync.waiter;
    if (ac_mutex_try_lock(wait->mutex)) {
        wait->sync.base.state = AC__OVER;
        ac__make_ready(waiter->wait.task);
        return;
    }
    ac__enqueue(&wait->mutex->ac__waiters, waiter);
    waiter->wait.cancel = relock_cancel;
}

static struct ac__task *cond_cancel(struct ac__wait *wait)
{
    struct cond_wait *self = cond_wait_of(wait);
    ac__dequeue(&((ac_cond *)object_of(wait))->ac__waiters, &self->sync.waiter);
    relock(self);
    return NULL;
}

void ac_cond_notify(ac_cond *cond, size_t count)
{
    struct ac__waiter *first;
    while (count-- && (first = ac__dequeue_first(&cond->ac__waiters))) {
        cond_wait_of(&first->wait)->is_notified = true;
        relock(cond_wait_of(&first->wait));
    }
}

void ac_cond_notify_all(ac_cond *cond)
{
    ac_cond_notify(cond, SIZE_MAX);
}

static int cond_start(struct cond_wait *wait, struct ac__task *task)
{
    ac_cond *cond = wait->sync.object;
    if (!ac_mutex_is_locked(wait->mutex))
        return ac__refuse(task, &wait->sync.base,
                          ac__error_make(EPERM, "ac_cond_wait with a mutex that is not locked"));
    sync_wait(&wait->sync, task, &cond->ac__waiters, cond_cancel);
    ac_mutex_unlock(wait->mutex);
    return AC__SUSPENDED;
}

static int cond_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct cond_wait *wait = (struct cond_wait *)frame;
    if (frame->state == 0)
        return cond_start(wait, task);
    if (!ac__interrupted(task))
        return AC__DONE;
    if (wait->is_notified)
        ac_cond_notify(wait->sync.object, 1);
    return ac__fail_code(task, ECANCELED);
}

static const struct ac__function cond_function = {.resume = cond_resume,
                                                  .name = "ac_cond_wait",
                                                  .size = sizeof(struct cond_wait),
                                                  .alignment = _Alignof(struct cond_wait)};

ac_coro(void) ac_cond_wait(ac_cond *cond, ac_mutex *mutex)
{
    struct ac__frame *frame = ac__frame_new(&cond_function, (const void *)ac_cond_wait);
    struct cond_wait *wait = (struct cond_wait *)sync_new(frame, cond);
    if (wait) {
        wait->mutex = mutex;
        wait->is_notified = false;
    }
    return (ac_coro(void))wait;
}

/* ---- barrier ------------------------------------------------------------------------------------------- */

struct barrier_wait {
    struct ac__frame base;
    int index; /* the result */
    struct ac__waiter waiter;
    ac_barrier *barrier;
};

static struct ac__task *barrier_cancel(struct ac__wait *wait)
{
    ac_barrier *barrier = container_of(wait, struct barrier_wait, waiter.wait)->barrier;
    barrier->ac__waiting--;
    leave_queue(wait, &barrier->ac__waiters);
    return NULL;
}

/* Lets all go on, in the order they came. */
static void barrier_open(ac_barrier *barrier, unsigned state)
{
    struct ac__waiter *first;
    int index = 0;
    while ((first = ac__dequeue_first(&barrier->ac__waiters))) {
        struct barrier_wait *wait = container_of(first, struct barrier_wait, waiter);
        wait->index = index++;
        wait->base.state = state;
        ac__make_ready(first->wait.task);
    }
    barrier->ac__waiting = 0;
}

void ac_barrier_reset(ac_barrier *barrier)
{
    barrier_open(barrier, BROKEN);
    barrier->ac__is_broken = false;
}

void ac_barrier_abort(ac_barrier *barrier)
{
    barrier_open(barrier, BROKEN);
    barrier->ac__is_broken = true;
}

static int barrier_broken(struct ac__task *task)
{
    return ac__fail(task, ac__error_make(AC_EBROKEN, "the barrier was aborted"));
}

static int barrier_arrive(struct barrier_wait *wait, struct ac__task *task)
{
    ac_barrier *barrier = wait->barrier;
    if (barrier->ac__parties < 1)
        return ac__refuse(task, &wait->base, ac__error_make(EINVAL, "a barrier for %d tasks", barrier->ac__parties));
    if (barrier->ac__is_broken)
        return ac__share_is_over() ? ac__yield_at(task, &wait->base, BROKEN) : barrier_broken(task);
    if (barrier->ac__waiting + 1 == barrier->ac__parties) {
        barrier_open(barrier, AC__OVER);
        wait->index = barrier->ac__parties - 1;
        return have_at_once(&wait->base, task);
    }
    barrier->ac__waiting++;
    ac__enqueue(&barrier->ac__waiters, &wait->waiter);
    wait->waiter.wait.cancel = barrier_cancel;
    return ac__suspend(task, &wait->base, WAITS, &wait->waiter.wait);
}

static int barrier_resume(struct ac__frame *frame, struct ac__task *task)
{
    if (frame->state != 0 && ac__interrupted(task))
        return ac__fail_code(task, ECANCELED);
    switch (frame->state) {
    case AC__OVER: return AC__DONE;
    case BROKEN: return barrier_broken(task);
    default: return barrier_arrive((struct barrier_wait *)frame, task);
    }
}

static const struct ac__function barrier_function = {.resume = barrier_resume,
                                                     .name = "ac_barrier_wait",
                                                     .size = sizeof(struct barrier_wait),
                                                     .alignment = _Alignof(struct barrier_wait),
                                                     .result_offset = offsetof(struct barrier_wait, index),
                                                     .result_size = sizeof(int)};

ac_coro(int) ac_barrier_wait(ac_barrier *barrier)
{
    struct barrier_wait *wait =
        (struct barrier_wait *)ac__frame_new(&barrier_function, (const void *)ac_barrier_wait);
    if (wait)
        wait->barrier = barrier;
    return (ac_coro(int))wait;
}
