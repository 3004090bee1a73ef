// RUN: %cc -std=gnu17 -Wall -Wextra -Werror -I%build/include %s %build/lib/libac.a -o %t && %run %t
/* Clock and timers, mutex, semaphore, event, futures: who wakes when, and what a cancelled waiter leaves behind. */
#include "frames.h"

static int trail[256], trail_length;

static void note(int step)
{
    trail[trail_length++] = step;
}

static bool trail_is(int count, const int *steps)
{
    bool same = count == trail_length && memcmp(trail, steps, (size_t)count * sizeof *steps) == 0;
    for (int i = 0; !same && i < trail_length; i++)
        fprintf(stderr, "%d ", trail[i]);
    trail_length = 0;
    return same;
}
#define TRAIL(...) check(trail_is(sizeof(int[]){__VA_ARGS__} / sizeof(int), (int[]){__VA_ARGS__}))

/* ---- sleeping ---------------------------------------------------------------------------------------------------- */

ASYNC(sleeper, int, int id; double seconds; int code;)
{
    switch (F->base.state) {
    case 0:
        AWAIT_CODE(1, F->code, ac_sleep, F->seconds);
        note(F->code ? -F->id : F->id);
    }
    RETURN(F->code);
}
MAKE(sleeper, int, (int id, double seconds), F->id = id; F->seconds = seconds;)

static void call(void *argument)
{
    note((int)(intptr_t)argument);
}

ASYNC(sleeping, int, ac_task(int) t[4]; int i; int code; ac_timer timer;)
{
    switch (F->base.state) {
    case 0:
        check(ac_now() == 0);
        F->t[0] = ac_spawn(sleeper(1, 0.2)); /* equal deadlines wake in the order they were started */
        F->t[1] = ac_spawn(sleeper(2, 0.1));
        F->t[2] = ac_spawn(sleeper(3, 0.2));
        F->t[3] = ac_spawn(sleeper(4, 1e9));
        AWAIT(1, ac_sleep, 0.2);
        note(5);
        AWAIT(2, ac_yield);
        TRAIL(2, 5, 1, 3);
        check(ac_now() == 0.2);
        ac_cancel(F->t[3]);
        for (F->i = 0; F->i < 4; F->i++)
            AWAIT_TASK_CODE(3, F->code, F->t[F->i], AC__KIND_TASK);
        TRAIL(-4);
        AWAIT_CODE(4, F->code, ac_sleep, NAN);
        check(F->code == EINVAL);
        AWAIT_CODE(5, F->code, ac_sleep, -1);
        check(F->code == 0 && ac_now() == 0.2);

        F->timer = ac_call_later(0.5, call, (void *)1);
        ac_call_later(0.3, call, (void *)2);
        ac_call_later(0.4, call, (void *)3);
        check(ac_call_soon(call, (void *)4));
        check(ac_timer_cancel(F->timer) && !ac_timer_cancel(F->timer));
        check(!ac_timer_cancel((ac_timer){0}));
        AWAIT(6, ac_sleep, 1);
        TRAIL(4, 2, 3);
    }
    RETURN(0);
}
MAKE(sleeping, int, (void), F->code = 0;)

/* ---- mutex and semaphore ----------------------------------------------------------------------------------------- */

static ac_mutex mutex = AC_MUTEX_INIT;
static ac_sem sem = AC_SEM_INIT(2);
static ac_sem bounded = AC_SEM_BOUNDED(1);
static ac_event event = AC_EVENT_INIT;

ASYNC(locker, int, int id; int code;)
{
    switch (F->base.state) {
    case 0:
        AWAIT_CODE(1, F->code, ac_mutex_lock, &mutex);
        note(F->code ? -F->id : F->id);
        if (F->code)
            return ac__throw_code(task, F->base.function, 1, F->code);
        AWAIT(2, ac_yield);
        ac_mutex_unlock(&mutex);
    }
    RETURN(0);
}
MAKE(locker, int, (int id), F->id = id;)

ASYNC(locking, int, ac_task(int) t[4]; int i; int code;)
{
    switch (F->base.state) {
    case 0:
        check(ac_mutex_try_lock(&mutex) && !ac_mutex_try_lock(&mutex));
        for (F->i = 0; F->i < 4; F->i++)
            F->t[F->i] = ac_spawn(locker(F->i + 1));
        AWAIT(1, ac_yield);
        TRAIL();
        ac_cancel(F->t[1]); /* leaves the queue */
        check(ac_mutex_unlock(&mutex)); /* handed to the first: nobody barges in */
        check(ac_mutex_is_locked(&mutex) && !ac_mutex_try_lock(&mutex));
        ac_cancel(F->t[0]); /* had been handed it, had not run: passes it on */
        for (F->i = 0; F->i < 4; F->i++)
            AWAIT_TASK_CODE(2, F->code, F->t[F->i], AC__KIND_TASK);
        TRAIL(-2, -1, 3, 4);
        check(!ac_mutex_is_locked(&mutex) && !ac_mutex_unlock(&mutex));
    }
    RETURN(0);
}
MAKE(locking, int, (void), F->code = 0;)

ASYNC(acquirer, int, int id; int code;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, ac_sem_acquire, &sem);
        note(F->id);
        AWAIT(2, ac_yield);
        check(ac_sem_release(&sem));
        note(10 * F->id);
    }
    RETURN(0);
}
MAKE(acquirer, int, (int id), F->id = id;)

ASYNC(acquiring, int, ac_task(int) t[4]; int i; int code;)
{
    static ac_sem negative = AC_SEM_INIT(-1);
    switch (F->base.state) {
    case 0:
        for (F->i = 0; F->i < 4; F->i++)
            F->t[F->i] = ac_spawn(acquirer(F->i + 1));
        for (F->i = 0; F->i < 4; F->i++)
            AWAIT_TASK_CODE(2, F->code, F->t[F->i], AC__KIND_TASK);
        TRAIL(1, 2, 10, 20, 3, 4, 30, 40);
        check(ac_sem_count(&sem) == 2 && !ac_sem_release(&bounded));
        check(ac_sem_try_acquire(&bounded) && !ac_sem_try_acquire(&bounded) && ac_sem_release(&bounded));
        AWAIT_CODE(3, F->code, ac_sem_acquire, &negative);
        check(F->code == EINVAL);
    }
    RETURN(0);
}
MAKE(acquiring, int, (void), F->code = 0;)

/* ---- event ------------------------------------------------------------------------------------------------------- */

ASYNC(event_waiter, int, int id;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, ac_event_wait, &event);
        note(F->id);
    }
    RETURN(0);
}
MAKE(event_waiter, int, (int id), F->id = id;)

ASYNC(events, int, ac_task(int) t[3]; int i; int code;)
{
    switch (F->base.state) {
    case 0:
        for (F->i = 0; F->i < 3; F->i++)
            F->t[F->i] = ac_spawn(event_waiter(F->i + 1));
        AWAIT(1, ac_yield);
        ac_cancel(F->t[1]);
        ac_event_set(&event);
        ac_event_clear(&event); /* those who waited are woken all the same */
        for (F->i = 0; F->i < 3; F->i++)
            AWAIT_TASK_CODE(2, F->code, F->t[F->i], AC__KIND_TASK);
        TRAIL(1, 3);
        ac_event_set(&event);
        AWAIT(3, ac_event_wait, &event);
    }
    RETURN(0);
}
MAKE(events, int, (void), F->code = 0;)

/* ---- budget ------------------------------------------------------------------------------------------------------ */

ASYNC(busy, int, int i; int code;)
{
    switch (F->base.state) {
    case 0:
        for (F->i = 0;; F->i++) {
            AWAIT_CODE(1, F->code, ac_event_wait, &event);
            if (F->code)
                RETURN(F->i);
        }
    }
    RETURN(0);
}
MAKE(busy, int, (void), F->i = 0;)

ASYNC(budgets, int, ac_task(int) t; int i; int value;)
{
    switch (F->base.state) {
    case 0:
        ac_event_set(&event);
        F->t = ac_spawn(busy());
        for (F->i = 0; F->i < 3; F->i++)
            AWAIT(1, ac_yield);
        ac_cancel(F->t);
        AWAIT_TASK(2, F->value, int, F->t, AC__KIND_TASK);
        check(F->value >= 2 * 128 && F->value <= 4 * 130);
    }
    RETURN(0);
}
MAKE(budgets, int, (void), F->i = 0;)

/* ---- futures ----------------------------------------------------------------------------------------------------- */

ASYNC(future_waiter, int, ac_future(int) f; int code; int value;)
{
    switch (F->base.state) {
    case 0: {
        int status;
        JOIN_STATUS(1, F->f, AC__KIND_FUTURE, status)
        CATCH_CODE(1, F->code, status)
        if (F->code)
            RETURN(-F->code);
        F->value = *(const int *)ac__join_value(&F->join);
        ac__join_end(&F->join);
    }
    }
    RETURN(F->value);
}
MAKE(future_waiter, int, (ac_future(int) f), F->f = f;)

ASYNC(futures, int, ac_future(int) f; ac_task(int) t[3]; int i; int value;)
{
    switch (F->base.state) {
    case 0:
        F->f = ac_future_new(int);
        for (F->i = 0; F->i < 3; F->i++)
            F->t[F->i] = ac_spawn(future_waiter(F->f));
        AWAIT(1, ac_yield);
        ac_cancel(F->t[1]); /* leaves the future alone */
        check(!ac_done(F->f) && ac_set_result(F->f, 42) && ac_done(F->f) && ac_result(F->f) == 42);
        check(!ac_set_result(F->f, 43) && !ac_set_exception(F->f, EIO) && !ac_cancel(F->f));
        ac_future_free(F->f); /* those who were woken still get the value */
        for (F->i = 0; F->i < 3; F->i++) {
            AWAIT_TASK(2, F->value, int, F->t[F->i], AC__KIND_TASK);
            check(F->value == (F->i == 1 ? -ECANCELED : 42));
        }
        F->f = ac_future_new(int);
        F->t[0] = ac_spawn(future_waiter(F->f));
        AWAIT(3, ac_yield);
        ac_future_free(F->f);
        AWAIT_TASK(4, F->value, int, F->t[0], AC__KIND_TASK);
        check(F->value == -AC_EBROKEN);
        F->f = ac_future_new(int);
        check(ac_set_exception(F->f, EPIPE, "no %s", "pipe"));
        check(strcmp(ac_exception(F->f)->message, "no pipe") == 0);
        AWAIT_RESULT(5, F->value, int, future_waiter, F->f);
        check(F->value == -EPIPE);
        ac_future_free(F->f);
    }
    RETURN(0);
}
MAKE(futures, int, (void), F->i = 0;)

int main(void)
{
    setenv("AC_CLOCK", "virtual", 1);
    ac_run(sleeping());
    ac_run(locking());
    ac_run(acquiring());
    ac_run(events());
    ac_run(budgets());
    ac_run(futures());
    puts("ok");
    return 0;
}
