/* sync.c: mutex, semaphore, event. What is released is handed to the first who waits, so nobody barges in and a lock
 * never looks free while somebody has a claim to it. A waiter that is cancelled after it was handed something, before
 * it ran, hands it on.
 *
 * All three wait in one kind of frame. Its states: 0 not started, 1 waits (cancelled if it is resumed there),
 * 2 has been handed what it waited for, 3 has given way to others. */
#include "core.h"

struct sync {
    struct ac__frame base;
    struct ac__waiter waiter;
    void *object;
};

enum { WAITS = 1, HANDED = 2, GAVE_WAY = 3 };

/* Lets the first waiter go on. False if there is none. */
static bool hand_to_first(struct ac__waiter **queue)
{
    struct ac__waiter *first = ac__dequeue_first(queue);
    if (!first)
        return false;
    container_of(first, struct sync, waiter)->base.state = HANDED;
    ac__make_ready(first->wait.task);
    return true;
}

static int sync_wait(struct sync *sync, struct ac__task *task, struct ac__waiter **queue,
                     struct ac__task *(*cancel)(struct ac__wait *wait))
{
    ac__enqueue(queue, &sync->waiter);
    sync->waiter.wait.cancel = cancel;
    return ac__suspend(task, &sync->base, WAITS, &sync->waiter.wait);
}

static void leave_queue(struct ac__wait *wait, struct ac__waiter **queue)
{
    ac__dequeue(queue, container_of(wait, struct ac__waiter, wait));
    ac__make_ready(wait->task);
}

static void *object_of(struct ac__wait *wait)
{
    return container_of(wait, struct sync, waiter.wait)->object;
}

static struct ac__frame *sync_new(struct ac__frame *frame, void *object)
{
    if (frame)
        ((struct sync *)frame)->object = object;
    return frame;
}

#define SYNC_FUNCTION(text, function) \
    {.resume = function, .name = text, .size = sizeof(struct sync), .alignment = _Alignof(struct sync)}

/* ---- mutex ------------------------------------------------------------------------------------------------------- */

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

static int lock_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct sync *sync = (struct sync *)frame;
    ac_mutex *mutex = sync->object;
    if (frame->state == 0 && ac__over_budget())
        return ac__yield_at(task, frame, GAVE_WAY);
    if (frame->state != 0 && ac__interrupted(task)) {
        if (frame->state == HANDED)
            ac_mutex_unlock(mutex);
        return ac__fail_code(task, ECANCELED);
    }
    if (frame->state == HANDED || ac_mutex_try_lock(mutex))
        return AC__DONE;
    return sync_wait(sync, task, &mutex->ac__waiters, mutex_cancel);
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
    ac_mutex_unlock(((struct sync *)frame)->object);
    return AC__DONE;
}

static const struct ac__function unlock_function = SYNC_FUNCTION("ac_mutex_aexit", unlock_resume);

ac_coro(void) ac_mutex_aexit(ac_mutex *mutex, const ac_error *error)
{
    (void)error;
    return (ac_coro(void))sync_new(ac__frame_new(&unlock_function, (const void *)ac_mutex_aexit), mutex);
}

/* ---- semaphore --------------------------------------------------------------------------------------------------- */

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

bool ac_sem_release(ac_sem *sem)
{
    if (sem->ac__is_bounded && sem->ac__count >= sem->ac__bound) {
        fprintf(stderr, "ac: ac_sem_release of a semaphore that has all its %ld permits\n", sem->ac__bound);
        return false;
    }
    if (!hand_to_first(&sem->ac__waiters))
        sem->ac__count++;
    return true;
}

long ac_sem_count(const ac_sem *sem)
{
    return sem->ac__count;
}

static int acquire_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct sync *sync = (struct sync *)frame;
    ac_sem *sem = sync->object;
    if (frame->state == 0 && ac__over_budget())
        return ac__yield_at(task, frame, GAVE_WAY);
    if (frame->state != 0 && ac__interrupted(task)) {
        if (frame->state == HANDED)
            ac_sem_release(sem);
        return ac__fail_code(task, ECANCELED);
    }
    if (frame->state == HANDED || ac_sem_try_acquire(sem))
        return AC__DONE;
    if (sem->ac__count < 0)
        return ac__fail(task, ac__error_make(EINVAL, "a semaphore with a negative number of permits"));
    return sync_wait(sync, task, &sem->ac__waiters, sem_cancel);
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
    ac_sem_release(((struct sync *)frame)->object);
    return AC__DONE;
}

static const struct ac__function release_function = SYNC_FUNCTION("ac_sem_aexit", release_resume);

ac_coro(void) ac_sem_aexit(ac_sem *sem, const ac_error *error)
{
    (void)error;
    return (ac_coro(void))sync_new(ac__frame_new(&release_function, (const void *)ac_sem_aexit), sem);
}

/* ---- event ------------------------------------------------------------------------------------------------------- */

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
    struct sync *sync = (struct sync *)frame;
    ac_event *event = sync->object;
    if (frame->state == 0 && ac__over_budget())
        return ac__yield_at(task, frame, GAVE_WAY);
    if (frame->state != 0 && ac__interrupted(task))
        return ac__fail_code(task, ECANCELED);
    if (frame->state == HANDED || event->ac__is_set)
        return AC__DONE;
    return sync_wait(sync, task, &event->ac__waiters, event_cancel);
}

static const struct ac__function event_function = SYNC_FUNCTION("ac_event_wait", event_resume);

ac_coro(void) ac_event_wait(ac_event *event)
{
    return (ac_coro(void))sync_new(ac__frame_new(&event_function, (const void *)ac_event_wait), event);
}
