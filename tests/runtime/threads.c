// RUN: %cc -std=gnu17 -Wall -Wextra -Werror -pthread -I%build/include %s %build/lib/libac.a -o %t && %run %t
/* Other threads: futures they set, calls they post, loops of their own, coroutines made in one and run in another. */
#include "frames.h"

#include <pthread.h>
#include <unistd.h>

enum { FUTURES = 200, CALLS = 1000, THREADS = 4 };

static ac_future(int) futures[FUTURES];

static void *set_futures(void *argument)
{
    for (int i = 0; i < FUTURES; i++) {
        if (i % 50 == 0)
            usleep(1000); /* so that the loop waits in between */
        check(ac_set_result(futures[i], i));
    }
    return argument;
}

static int calls;

static void count_call(void *argument)
{
    check(argument == &calls);
    calls++;
}

static void *post_calls(void *argument)
{
    for (int i = 0; i < CALLS; i++)
        check(ac_call_threadsafe(count_call, &calls));
    return argument;
}

ASYNC(future_reader, int, ac_future(int) f; int value;)
{
    switch (F->base.state) {
    case 0:
        AWAIT_TASK(1, F->value, int, F->f, AC__KIND_FUTURE);
    }
    RETURN(F->value);
}
MAKE(future_reader, int, (ac_future(int) f), F->f = f;)

ASYNC(from_outside, int, ac_task(int) t[FUTURES]; pthread_t setter; pthread_t callers[THREADS]; int i; int value;)
{
    switch (F->base.state) {
    case 0:
        for (int i = 0; i < FUTURES; i++)
            futures[i] = ac_future_new(int);
        for (int i = 0; i < FUTURES; i += 2) /* the others are awaited when they may be set already */
            F->t[i] = ac_spawn(future_reader(futures[i]));
        AWAIT(1, ac_yield);
        pthread_create(&F->setter, NULL, set_futures, NULL);
        for (int i = 1; i < FUTURES; i += 2)
            F->t[i] = ac_spawn(future_reader(futures[i]));
        for (F->i = 0; F->i < FUTURES; F->i++) {
            AWAIT_TASK(2, F->value, int, F->t[F->i], AC__KIND_TASK);
            check(F->value == F->i);
            ac_future_free(futures[F->i]);
        }
        pthread_join(F->setter, NULL);
        for (int i = 0; i < THREADS; i++)
            pthread_create(&F->callers[i], NULL, post_calls, NULL);
        while (calls < THREADS * CALLS)
            AWAIT(3, ac_sleep, 0.001);
        for (int i = 0; i < THREADS; i++)
            pthread_join(F->callers[i], NULL);
    }
    RETURN(0);
}
MAKE(from_outside, int, (void), F->i = 0;)

/* ---- a loop in each thread --------------------------------------------------------------------------------------- */

ASYNC(child, int, int n;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, ac_yield);
    }
    RETURN(F->n);
}
MAKE(child, int, (int n), F->n = n;)

ASYNC(parent, int, int i; int sum; int value; ac_task(int) t[10];)
{
    switch (F->base.state) {
    case 0:
        for (F->i = 0; F->i < 1000; F->i++) {
            F->t[F->i % 10] = ac_spawn(child(F->i));
            if (F->i % 10 == 9) {
                for (F->value = 0, F->i -= 9; F->i % 10 != 9; F->i++) {
                    AWAIT_TASK(1, F->value, int, F->t[F->i % 10], AC__KIND_TASK);
                    F->sum += F->value;
                }
                AWAIT_TASK(2, F->value, int, F->t[9], AC__KIND_TASK);
                F->sum += F->value;
            }
        }
    }
    RETURN(F->sum);
}
MAKE(parent, int, (void), F->sum = 0;)

static ac_coro(int) foreign[THREADS];

static void *run_loops(void *argument)
{
    int index = (int)(intptr_t)argument;
    check(ac_run(foreign[index]) == index);
    for (int i = 0; i < 20; i++)
        check(ac_run(parent()) == 499500);
    foreign[index] = child(index + 100); /* lives on when this thread has ended */
    return NULL;
}

static void test_loops(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        foreign[i] = child(i);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run_loops, (void *)(intptr_t)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS - 1; i++)
        check(ac_run(foreign[i]) == i + 100);
    ac_coro_close(foreign[THREADS - 1]);
}

int main(void)
{
    unsetenv("AC_CLOCK");
    check(!ac_call_threadsafe(count_call, &calls));
    ac_run(from_outside());
    check(calls == THREADS * CALLS);
    test_loops();
    test_loops();
    puts("ok");
    return 0;
}
