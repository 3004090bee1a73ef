// RUN: %cc -std=gnu17 -Wall -Wextra -Werror -I%build/include %s %build/lib/libac.a -o %t && %run %t
/* Spawning, awaiting, cancelling, handles: what a task does in its life. */
#include "frames.h"

static int trail[64], trail_length;

static void note(int step)
{
    trail[trail_length++] = step;
}

static bool trail_is(int count, const int *steps)
{
    bool same = count == trail_length && memcmp(trail, steps, (size_t)count * sizeof *steps) == 0;
    if (!same) {
        for (int i = 0; i < trail_length; i++)
            fprintf(stderr, "%d ", trail[i]);
        fputs("\n", stderr);
    }
    trail_length = 0;
    return same;
}
#define TRAIL(...) check(trail_is(sizeof(int[]){__VA_ARGS__} / sizeof(int), (int[]){__VA_ARGS__}))

/* ---- plain awaits ------------------------------------------------------------------------------------------------ */

ASYNC(leaf, int, int a;)
{
    (void)task;
    RETURN(F->a + 1);
}
MAKE(leaf, int, (int a), F->a = a;)

ASYNC(slow_leaf, int, int a;)
{
    switch (F->base.state) {
    case 0:
        note(F->a);
        AWAIT(1, ac_yield);
        note(F->a + 1);
    }
    RETURN(F->a + 1);
}
MAKE(slow_leaf, int, (int a), F->a = a;)

ASYNC(thrower, int, int code;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, ac_yield);
    }
    THROW(2, F->code, "thrown %d", F->code);
}
MAKE(thrower, int, (int code), F->code = code;)

/* Sleeps; when it is cancelled it notes it, and goes on as told. */
ASYNC(stubborn, int, int id; bool swallows; int code;)
{
    switch (F->base.state) {
    case 0:
        note(F->id);
        AWAIT_CODE(1, F->code, ac_sleep, 10);
        note(F->id + F->code);
        if (F->code && !F->swallows)
            return ac__throw_code(task, F->base.function, 2, F->code);
        AWAIT_CODE(2, F->code, ac_sleep, 1);
        check(F->code == 0);
        note(F->id + 1);
    }
    RETURN(F->id);
}
MAKE(stubborn, int, (int id, bool swallows), F->id = id; F->swallows = swallows;)

/* Awaits a task. */
ASYNC(awaiter, int, ac_task(int) t; int value;)
{
    switch (F->base.state) {
    case 0:
        AWAIT_TASK(1, F->value, int, F->t, AC__KIND_TASK);
    }
    RETURN(F->value + 1);
}
MAKE(awaiter, int, (ac_task(int) t), F->t = t;)

ASYNC(plain, int, int i; int value;)
{
    switch (F->base.state) {
    case 0:
        for (F->i = 0; F->i < 1000; F->i++) {
            AWAIT_RESULT(1, F->value, int, leaf, F->i);
            check(F->value == F->i + 1);
        }
        AWAIT_RESULT(2, F->value, int, slow_leaf, 5);
        TRAIL(5, 6);
    }
    RETURN(F->value);
}
MAKE(plain, int, (void), F->i = 0;)

static void test_plain(void)
{
    check(ac_run(plain()) == 6);
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

ASYNC(order, int, ac_task(int) t[3]; int i; int value;)
{
    switch (F->base.state) {
    case 0:
        for (F->i = 0; F->i < 3; F->i++)
            F->t[F->i] = ac_spawn(slow_leaf(10 * F->i));
        TRAIL();
        check(!ac_done(F->t[0]));
        for (F->i = 0; F->i < 3; F->i++) {
            AWAIT_TASK(1, F->value, int, F->t[F->i], AC__KIND_TASK);
            check(F->value == 10 * F->i + 1);
        }
        TRAIL(0, 10, 20, 1, 11, 21);
        check(strcmp(ac_name(ac_current()), "Task-1") == 0);
    }
    RETURN(0);
}
MAKE(order, int, (void), F->i = 0;)

/* ---- cancelling -------------------------------------------------------------------------------------------------- */

ASYNC(cancelling, int, ac_task(int) t; ac_task(int) u; int code;)
{
    switch (F->base.state) {
    case 0:
        F->t = ac_spawn(stubborn(100, false)); /* before its first step: the body never runs */
        check(ac_cancel(F->t));
        AWAIT_TASK_CODE(1, F->code, ac_ref(F->t), AC__KIND_TASK);
        check(F->code == ECANCELED && ac_cancelled(F->t) && !ac_cancel(F->t));
        check(ac_exception(F->t)->code == ECANCELED);
        ac_detach(F->t);
        TRAIL();

        F->t = ac_spawn(stubborn(100, false)); /* through another task */
        F->u = ac_spawn(awaiter(F->t));
        AWAIT(2, ac_yield);
        check(ac_cancel(F->u) && ac_cancel(F->u) && !ac_done(F->u));
        AWAIT_TASK_CODE(3, F->code, F->u, AC__KIND_TASK);
        check(F->code == ECANCELED);
        TRAIL(100, 100 + ECANCELED);

        F->t = ac_spawn(stubborn(100, true)); /* swallowed: goes on, and gives a result */
        F->u = ac_spawn(awaiter(F->t));
        AWAIT(4, ac_yield);
        ac_cancel(F->u);
        AWAIT_TASK(5, F->code, int, F->u, AC__KIND_TASK);
        check(F->code == 101);
        TRAIL(100, 100 + ECANCELED, 101);
    }
    RETURN(0);
}
MAKE(cancelling, int, (void), F->code = 0;)

/* A task that cancels itself is stopped where it next waits; one that does not wait any more ends cancelled. */
ASYNC(self_cancel, int, bool waits; int value;)
{
    switch (F->base.state) {
    case 0:
        check(ac_cancel(ac_current()));
        AWAIT_RESULT(1, F->value, int, leaf, 1);
        note(1);
        if (F->waits) {
            AWAIT(2, ac_sleep, 1);
            note(2);
        }
    }
    RETURN(12);
}
MAKE(self_cancel, int, (bool waits), F->waits = waits;)

ASYNC(self_cancels, int, ac_task(int) t; int i; int code;)
{
    switch (F->base.state) {
    case 0:
        for (F->i = 0; F->i < 2; F->i++) {
            F->t = ac_spawn(self_cancel(F->i));
            AWAIT_TASK_CODE(1, F->code, F->t, AC__KIND_TASK);
            check(F->code == ECANCELED);
            TRAIL(1);
        }
    }
    RETURN(0);
}
MAKE(self_cancels, int, (void), F->i = 0;)

/* ---- errors ------------------------------------------------------------------------------------------------------ */

ASYNC(errors, int, ac_task(int) t; int code; ac_task(int) self;)
{
    switch (F->base.state) {
    case 0:
        F->t = ac_spawn(thrower(EPIPE));
        AWAIT_TASK_CODE(1, F->code, ac_ref(F->t), AC__KIND_TASK);
        check(F->code == EPIPE);
        AWAIT_TASK_CODE(2, F->code, F->t, AC__KIND_TASK);
        check(F->code == EPIPE);
        F->t = ac_spawn(leaf(1));
        F->t = ac_ref(F->t);
        ac_detach(F->t);
        F->t = ac_ref(F->t);
        AWAIT(3, ac_yield);
        check(ac_done(F->t) && ac_result(F->t) == 2 && !ac_exception(F->t));
        ac_detach(F->t);
        ac_detach(F->t);
        F->t = ac_spawn((ac_coro(int))0); /* no memory for the coroutine */
        check(ac_done(F->t) && ac_exception(F->t)->code == ENOMEM);
        AWAIT_TASK_CODE(4, F->code, F->t, AC__KIND_TASK);
        check(F->code == ENOMEM);
        AWAIT_TASK_CODE(5, F->code, ac_ref(ac_current()), AC__KIND_TASK);
        check(F->code == EDEADLK);
    }
    RETURN(0);
}
MAKE(errors, int, (void), F->code = 0;)

static void test_try_run(void)
{
    ac_error error;
    int value = 7;
    check(ac_try_run(leaf(1), &value, &error) && value == 2 && error.code == 0);
    check(!ac_try_run(thrower(EDOM), &value, &error) && error.code == EDOM && value == 2);
    check(strcmp(error.message, "thrown 33") == 0 && strcmp(error.function, "thrower") == 0 && error.line == 1002);
}

/* What is left when the main task ends is cancelled and awaited. */
ASYNC(leaver, int, int i;)
{
    switch (F->base.state) {
    case 0:
        ac_detach(ac_spawn(stubborn(100, false)));
        ac_detach(ac_spawn(stubborn(300, true)));
        AWAIT(1, ac_yield);
    }
    RETURN(3);
}
MAKE(leaver, int, (void), F->i = 0;)

static void test_left_over(void)
{
    check(ac_run(leaver()) == 3);
    TRAIL(100, 300, 100 + ECANCELED, 300 + ECANCELED, 301);
}

int main(void)
{
    setenv("AC_CLOCK", "virtual", 1);
    test_plain();
    ac_run(order());
    ac_run(cancelling());
    ac_run(self_cancels());
    ac_run(errors());
    test_try_run();
    test_left_over();
    puts("ok");
    return 0;
}
