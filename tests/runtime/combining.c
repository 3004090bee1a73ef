// RUN: %cc -std=gnu17 -Wall -Wextra -Werror -I%build/include %s %build/lib/libac.a -o %t && %run %t
/* gather, settle, race, any, shield, stop, and time limits: who is cancelled, who is awaited, which error comes out. */
#include "frames.h"

static int alive; /* tasks of `worker` that have begun and not ended */

/* Sleeps, then gives its id or throws its code. When it is cancelled it takes `cleanup` seconds to end, with ECANCELED
 * or another error, `answer`; SWALLOW: with the result -id. */
enum { SWALLOW = -1 };

struct job {
    int id;
    double seconds;
    int code;
    double cleanup;
    int answer;
};

ASYNC(worker, int, struct job job; int code;)
{
    switch (F->base.state) {
    case 0:
        alive++;
        AWAIT_CODE(1, F->code, ac_sleep, F->job.seconds);
        if (F->code) {
            AWAIT(2, ac_sleep, F->job.cleanup);
            alive--;
            if (F->job.answer == SWALLOW)
                RETURN(-F->job.id);
            return ac__throw_code(task, F->base.function, 3, F->job.answer ? F->job.answer : ECANCELED);
        }
        alive--;
        if (F->job.code)
            return ac__throw_code(task, F->base.function, 4, F->job.code);
    }
    RETURN(F->job.id);
}
MAKE(worker, int, (struct job job), F->job = job;)

#define JOB(id_, seconds_, ...) worker((struct job){.id = id_, .seconds = seconds_, ##__VA_ARGS__})

static struct ac__child child(ac_coro(int) c, int *into)
{
    return (struct ac__child){(void *)c, AC__KIND_CORO, sizeof(int), into, NULL};
}

/* ---- gather and settle ------------------------------------------------------------------------------------------- */

ASYNC(gathering, int, int a; int b; int code; struct ac__child children[2]; ac_coro(int) items[3]; int results[3];
      ac_error errors[3]; ac_error settled;)
{
    switch (F->base.state) {
    case 0:
        F->children[0] = child(JOB(1, 2), &F->a);
        F->children[1] = child(JOB(2, 1), &F->b);
        AWAIT(1, ac__gather, F->children, 2);
        check(F->a == 1 && F->b == 2 && ac_now() == 2);

        F->a = F->b = 0; /* the first error cancels the other, which is awaited; its own error is dropped */
        F->children[0] = child(JOB(1, 10, .cleanup = 3, .answer = EPIPE), &F->a);
        F->children[1] = child(JOB(2, 1, .code = EIO), &F->b);
        AWAIT_CODE(2, F->code, ac__gather, F->children, 2);
        check(F->code == EIO && F->a == 0 && F->b == 0 && alive == 0 && ac_now() == 6);

        AWAIT(3, ac__gather_n, F->items, 0, AC__KIND_CORO, NULL, 0);
        for (int i = 0; i < 3; i++)
            F->items[i] = JOB(i + 1, 3 - i, .code = i == 1 ? EDOM : 0), F->results[i] = 0;
        AWAIT(4, ac__settle_n, F->items, 3, AC__KIND_CORO, F->results, sizeof(int), F->errors);
        check(F->results[0] == 1 && F->results[1] == 0 && F->results[2] == 3);
        check(!F->errors[0].code && F->errors[1].code == EDOM && !F->errors[2].code);

        F->children[0] = child(JOB(1, 1, .code = ERANGE), &F->a);
        AWAIT_RESULT(5, F->settled, ac_error, ac__settle, F->children);
        check(F->settled.code == ERANGE);
    }
    RETURN(0);
}
MAKE(gathering, int, (void), F->a = 0;)

/* ---- race and any ------------------------------------------------------------------------------------------------ */

#define PICK(function) \
    static ac_coro(int) pick_##function(const struct ac__child *children, unsigned long count) \
    { \
        ac__thread.expected = NULL; \
        return (ac_coro(int))function(children, count, _Alignof(int)); \
    }
PICK(ac__race)
PICK(ac__any)

ASYNC(picking, int, int a; int code; struct ac__child children[3];)
{
    switch (F->base.state) {
    case 0:
        F->children[0] = child(JOB(1, 3), NULL);
        F->children[1] = child(JOB(2, 1), NULL);
        F->children[2] = child(JOB(3, 2), NULL);
        AWAIT_RESULT(1, F->a, int, pick_ac__race, F->children, 3);
        check(F->a == 2 && alive == 0);
        F->children[0] = child(JOB(1, 3), NULL);
        F->children[1] = child(JOB(2, 1, .code = EIO), NULL);
        AWAIT_CODE(2, F->code, pick_ac__race, F->children, 2);
        check(F->code == EIO && alive == 0);
        F->children[0] = child(JOB(1, 3), NULL);
        F->children[1] = child(JOB(2, 1, .code = EIO), NULL);
        AWAIT_RESULT(3, F->a, int, pick_ac__any, F->children, 2);
        check(F->a == 1 && alive == 0);
        F->children[0] = child(JOB(1, 3, .code = EDOM), NULL);
        F->children[1] = child(JOB(2, 1, .code = EIO), NULL);
        AWAIT_CODE(4, F->code, pick_ac__any, F->children, 2);
        check(F->code == EDOM && alive == 0);
    }
    RETURN(0);
}
MAKE(picking, int, (void), F->a = 0;)

/* ---- a gatherer that is cancelled -------------------------------------------------------------------------------- */

ASYNC(gatherer, int, int answer; struct ac__child children[2];)
{
    switch (F->base.state) {
    case 0:
        F->children[0] = child(JOB(1, 10, .cleanup = 1), NULL);
        F->children[1] = child(JOB(2, 10, .answer = F->answer), NULL);
        AWAIT(1, ac__gather, F->children, 2);
    }
    RETURN(0);
}
MAKE(gatherer, int, (int answer), F->answer = answer;)

ASYNC(interrupting, int, int i; int code; ac_task(int) t;)
{
    static const int answers[] = {ECANCELED, EPIPE, SWALLOW}, expected[] = {ECANCELED, EPIPE, ECANCELED};
    switch (F->base.state) {
    case 0:
        for (F->i = 0; F->i < 3; F->i++) {
            F->t = ac_spawn(gatherer(answers[F->i]));
            AWAIT(1, ac_sleep, 1);
            check(alive == 2 && ac_cancel(F->t));
            AWAIT_TASK_CODE(2, F->code, F->t, AC__KIND_TASK);
            check(F->code == expected[F->i] && alive == 0);
        }
        F->t = ac_spawn(gatherer(ECANCELED)); /* before it starts: its children never do */
        ac_cancel(F->t);
        AWAIT_TASK_CODE(3, F->code, F->t, AC__KIND_TASK);
        check(F->code == ECANCELED);
        ac_coro_close(ac_wait_for(JOB(1, 1), 1)); /* with what it holds */
    }
    RETURN(0);
}
MAKE(interrupting, int, (void), F->i = 0;)

/* ---- limits ------------------------------------------------------------------------------------------------------ */

/* What acc makes of a call of the macro. */
#define WAIT_FOR(n, into, code, e, seconds) \
    { \
        int status_; \
        ac__thread.expected = NULL; \
        AWAIT_STATUS(n, NULL, ac_wait_for(e, seconds), status_) \
        if (status_ == AC__DONE) \
            into = *(int *)(&F->child[1]); \
        CATCH_CODE(n, code, status_) \
        ac__frame_release_slowly(F->child, task); \
    }

ASYNC(limiting, int, int a; int code; ac_task(int) t; ac_future(int) f;)
{
    switch (F->base.state) {
    case 0:
        WAIT_FOR(1, F->a, F->code, JOB(7, 1), 2)
        check(!F->code && F->a == 7 && ac_now() == 1);
        WAIT_FOR(2, F->a, F->code, JOB(7, 2, .cleanup = 5), 1) /* its cleanup is awaited */
        check(F->code == ETIMEDOUT && ac_now() == 7 && alive == 0);
        WAIT_FOR(3, F->a, F->code, JOB(7, 2, .answer = SWALLOW), 1) /* it swallows: its result */
        check(!F->code && F->a == -7);
        WAIT_FOR(4, F->a, F->code, JOB(7, 2, .answer = EPIPE), 1)
        check(F->code == EPIPE);
        WAIT_FOR(5, F->a, F->code, JOB(7, 1, .code = EIO), 2)
        check(F->code == EIO);
        WAIT_FOR(6, F->a, F->code, JOB(7, 1), 0) /* not started */
        check(F->code == ETIMEDOUT && alive == 0);
        F->t = ac_spawn(JOB(8, 3));
        AWAIT(7, ac_sleep, 1);
        WAIT_FOR(8, F->a, F->code, F->t, 0) /* runs: cancelled and awaited */
        check(F->code == ETIMEDOUT && alive == 0);
        F->t = ac_spawn(JOB(8, 0));
        AWAIT(9, ac_sleep, 1);
        WAIT_FOR(10, F->a, F->code, F->t, -1) /* done: its result */
        check(!F->code && F->a == 8);
        WAIT_FOR(11, F->a, F->code, JOB(7, 1), -INFINITY)
        check(F->code == EINVAL && alive == 0);
        WAIT_FOR(12, F->a, F->code, JOB(7, 1), INFINITY)
        check(!F->code && F->a == 7);
        F->f = ac_future_new(int);
        WAIT_FOR(13, F->a, F->code, F->f, 1)
        check(F->code == ETIMEDOUT && !ac_done(F->f));
        ac_set_result(F->f, 9);
        WAIT_FOR(14, F->a, F->code, F->f, 0)
        check(!F->code && F->a == 9);
        ac_future_free(F->f);
        WAIT_FOR(15, F->a, F->code, ac_wait_for(JOB(7, 5), 2), 2) /* equal limits: one time-out */
        check(F->code == ETIMEDOUT && alive == 0);
        AWAIT(16, ac_sleep, 10); /* and the task is clean after all that */
    }
    RETURN(0);
}
MAKE(limiting, int, (void), F->a = 0;)

/* async with (ac_timeout(seconds)) await worker(job), from inside a block of `outer` seconds. */
ASYNC(block, int, double seconds; struct job job; struct ac_timeout timeout; struct ac__thrown *thrown; int code;)
{
    int status;
    switch (F->base.state) {
    case 0:
        F->timeout = ac_timeout(F->seconds);
        AWAIT(1, ac_timeout_aenter, &F->timeout);
        AWAIT_STATUS(2, worker, worker(F->job), status)
        ac__frame_release_slowly(F->child, task);
        F->thrown = status == AC__FAILED ? ac__catch(task) : NULL;
        AWAIT_STATUS(3, ac_timeout_aexit,
                     ac_timeout_aexit(&F->timeout, F->thrown ? ac__thrown_error(F->thrown) : NULL), status)
        ac__frame_release_slowly(F->child, task);
        if (status == AC__FAILED) {
            ac__thrown_chain(task, F->thrown);
            return status;
        }
        if (F->thrown) {
            task->error = F->thrown;
            return AC__FAILED;
        }
    }
    RETURN(1);
}
MAKE(block, int, (double seconds, struct job job), F->seconds = seconds; F->job = job;)

#define BLOCK(limit_, id_, seconds_, ...) \
    block(limit_, (struct job){.id = id_, .seconds = seconds_, ##__VA_ARGS__})

ASYNC(blocks, int, int a; int code; ac_task(int) t;)
{
    switch (F->base.state) {
    case 0:
        AWAIT_CODE(1, F->code, block, 2, (struct job){.seconds = 1});
        check(!F->code);
        AWAIT_CODE(2, F->code, block, 1, (struct job){.seconds = 2});
        check(F->code == ETIMEDOUT);
        AWAIT_CODE(3, F->code, block, 1, (struct job){.seconds = 2, .answer = SWALLOW}); /* no error at all */
        check(!F->code);
        AWAIT_CODE(4, F->code, block, 1, (struct job){.seconds = 2, .answer = EPIPE});
        check(F->code == EPIPE);
        F->t = ac_spawn(BLOCK(5, 7, 9)); /* from outside: passes */
        AWAIT(5, ac_sleep, 1);
        ac_cancel(F->t);
        AWAIT_TASK_CODE(6, F->code, F->t, AC__KIND_TASK);
        check(F->code == ECANCELED);
        F->t = ac_spawn(BLOCK(1, 7, 9, .cleanup = 1)); /* expired, and cancelled from outside: ECANCELED */
        AWAIT(7, ac_sleep, 1);
        ac_cancel(F->t);
        AWAIT_TASK_CODE(8, F->code, F->t, AC__KIND_TASK);
        check(F->code == ECANCELED && alive == 0);
        WAIT_FOR(9, F->a, F->code, BLOCK(1, 7, 9), 1) /* equal limits: the outer one makes it a time-out */
        check(F->code == ETIMEDOUT);
        WAIT_FOR(10, F->a, F->code, BLOCK(2, 7, 9), 1)
        check(F->code == ETIMEDOUT);
        AWAIT_CODE(11, F->code, block, 0, (struct job){.seconds = 9});
        check(F->code == ETIMEDOUT && alive == 0);
    }
    RETURN(0);
}
MAKE(blocks, int, (void), F->a = 0;)

/* ---- shield and stop --------------------------------------------------------------------------------------------- */

ASYNC(shielder, int, ac_task(int) t; int a;)
{
    int status;
    switch (F->base.state) {
    case 0:
        AWAIT_STATUS(1, NULL, ac_shield(F->t), status)
        if (status == AC__DONE)
            F->a = *(int *)(&F->child[1]);
        FAIL_OR_RELEASE(1, status)
    }
    RETURN(F->a);
}
MAKE(shielder, int, (ac_task(int) t), F->t = t;)

static ac_coro(void) stop(ac_task(int) t)
{
    ac__thread.expected = NULL;
    return ac_stop(t);
}

ASYNC(shielding, int, ac_task(int) t; ac_task(int) u; int a; int code;)
{
    switch (F->base.state) {
    case 0:
        F->t = ac_spawn(JOB(5, 2));
        F->u = ac_spawn(shielder(F->t));
        AWAIT(1, ac_sleep, 1);
        ac_cancel(F->u);
        AWAIT_TASK_CODE(2, F->code, F->u, AC__KIND_TASK);
        check(F->code == ECANCELED && alive == 1);
        AWAIT_RESULT(3, F->a, int, shielder, F->t);
        check(F->a == 5 && ac_result(F->t) == 5);
        ac_detach(F->t);
        F->t = ac_spawn(JOB(5, 2, .code = EIO));
        AWAIT_CODE(4, F->code, shielder, F->t);
        check(F->code == EIO && ac_exception(F->t)->code == EIO);
        ac_detach(F->t);

        F->t = ac_spawn(JOB(5, 9, .cleanup = 1));
        AWAIT(5, ac_sleep, 1);
        AWAIT_CODE(6, F->code, stop, F->t);
        check(F->code == 0 && alive == 0);
        F->t = ac_spawn(JOB(5, 9, .answer = EPIPE));
        AWAIT(7, ac_sleep, 1);
        AWAIT_CODE(8, F->code, stop, F->t);
        check(F->code == EPIPE && alive == 0);
    }
    RETURN(0);
}
MAKE(shielding, int, (void), F->a = 0;)

int main(void)
{
    setenv("AC_CLOCK", "virtual", 1);
    ac_run(gathering());
    ac_run(picking());
    ac_run(interrupting());
    ac_run(limiting());
    ac_run(blocks());
    ac_run(shielding());
    check(alive == 0);
    puts("ok");
    return 0;
}
