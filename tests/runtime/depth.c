// RUN: %cc -std=gnu17 -Wall -Wextra -Werror -I%build/include %s %build/lib/libac.a -o %t && %run %t
/* Depth: a million awaits within each other, long chains of tasks, stacks of chunks, VLAs on the bump stack. */
#include "frames.h"

enum { DEPTH = 1000000, CHAIN = 200000 };

static ac_coro(int) deep(int n);

ASYNC(deep, int, int n; int value;)
{
    switch (F->base.state) {
    case 0:
        if (F->n == 0) {
            AWAIT(1, ac_yield);
            RETURN(0);
        }
        AWAIT_RESULT(2, F->value, int, deep, F->n - 1);
    }
    RETURN(F->value + 1);
}
MAKE(deep, int, (int n), F->n = n;)

static ac_coro(int) failing(int n);

ASYNC(failing, int, int n; int value;)
{
    switch (F->base.state) {
    case 0:
        if (F->n == 0)
            THROW(3, EIO, "at the bottom");
        AWAIT_RESULT(2, F->value, int, failing, F->n - 1);
    }
    RETURN(0);
}
MAKE(failing, int, (int n), F->n = n;)

/* Awaits a task, which awaits a task, ...: cancelling the last reaches the first. */
ASYNC(link_, int, ac_task(int) t; int value;)
{
    switch (F->base.state) {
    case 0:
        if (F->t)
            AWAIT_TASK(1, F->value, int, F->t, AC__KIND_TASK);
        AWAIT(2, ac_sleep, 100);
    }
    RETURN(0);
}
MAKE(link_, int, (ac_task(int) t), F->t = t;)

ASYNC(chain, int, ac_task(int) t; int i; int code;)
{
    switch (F->base.state) {
    case 0:
        for (F->i = 0; F->i < CHAIN; F->i++)
            F->t = ac_spawn(link_(F->t));
        AWAIT(1, ac_yield);
        AWAIT(2, ac_yield);
        ac_cancel(F->t);
        AWAIT_TASK_CODE(3, F->code, F->t, AC__KIND_TASK);
        check(F->code == ECANCELED && ac_now() == 0);
    }
    RETURN(0);
}
MAKE(chain, int, (void), F->t = NULL;)

/* Allocates arrays of growing size around awaits, and gives them back out of step with the chunks. */
ASYNC(arrays, int, int i; char *mark; char *inner; char *a; char *b; int value;)
{
    switch (F->base.state) {
    case 0:
        F->mark = task->top;
        for (F->i = 1; F->i < 200000; F->i = F->i * 3 + 1) {
            F->a = ac__stack_allocate(task, (unsigned long)F->i, 64);
            F->inner = task->top;
            check((uintptr_t)F->a % 64 == 0);
            memset(F->a, F->i, (size_t)F->i);
            AWAIT_RESULT(1, F->value, int, deep, 30);
            F->b = ac__stack_allocate(task, 1000, 8);
            memset(F->b, 1, 1000);
            AWAIT_RESULT(2, F->value, int, deep, 30);
            ac__stack_release(task, F->inner);
            AWAIT_RESULT(3, F->value, int, deep, 3);
            check(F->a[F->i - 1] == (char)F->i);
            ac__stack_release(task, F->mark);
        }
        check(!ac__stack_allocate(task, -100UL, 8));
        ac__thrown_free(ac__catch(task));
        check(!ac__stack_allocate(task, 1UL << 60, 8));
        ac__thrown_free(ac__catch(task));
    }
    RETURN(0);
}
MAKE(arrays, int, (void), F->i = 0;)

int main(void)
{
    ac_error error;
    setenv("AC_CLOCK", "virtual", 1);
    check(ac_run(deep(DEPTH)) == DEPTH);
    check(!ac_try_run(failing(DEPTH), NULL, &error) && error.code == EIO);
    ac_run(chain());
    ac_run(arrays());
    puts("ok");
    return 0;
}
