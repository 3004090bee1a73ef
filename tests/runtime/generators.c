// RUN: %cc -std=gnu17 -Wall -Wextra -Werror -I%build/include %s %build/lib/libac.a -o %t && %run %t
/* A generator written in C, as the library's own are: asked by hand, to its end, past it, and closed before. */
#include "frames.h"

struct counting {
    struct ac__frame base;
    int result;
    int next, end;
    bool sleeps;
    struct ac__frame *child;
};

static int closed;

static int give(struct counting *counting)
{
    counting->base.state = counting->next == counting->end ? AC__ENDED : 0;
    counting->result = counting->next++;
    return AC__DONE;
}

static int counting_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct counting *counting = (struct counting *)frame;
    if (frame->state == 0 && counting->sleeps) {
        ac__thread.expected = (const void *)ac_sleep;
        counting->child = (struct ac__frame *)ac_sleep(1);
        if (ac__start(counting->child, task) == AC__SUSPENDED) {
            frame->state = 1;
            return ac__suspended(frame, frame->function, counting->child);
        }
    }
    if (counting->sleeps)
        ac__release(counting->child, task);
    if (frame->state == 1 && task->status == AC__FAILED) {
        frame->state = AC__ENDED;
        return AC__FAILED;
    }
    return give(counting);
}

static void counting_close(struct ac__frame *frame)
{
    (void)frame;
    closed++;
}

static const struct ac__function counting_function = {
    .resume = counting_resume, .name = "counting", .size = sizeof(struct counting),
    .alignment = _Alignof(struct counting), .result_offset = offsetof(struct counting, result),
    .result_size = sizeof(int), .close = counting_close, .is_generator = true};

static ac_gen(int) counting(int end, bool sleeps)
{
    struct counting *frame =
        (struct counting *)ac__frame_new(&counting_function, (const void *)counting);
    check(frame);
    frame->next = 0;
    frame->end = end;
    frame->sleeps = sleeps;
    return (ac_gen(int))frame;
}

ASYNC(asks, int, ac_gen(int) g; int item; bool more; int sum; bool sleeps;)
{
    switch (F->base.state) {
    case 0:
        F->g = counting(4, F->sleeps);
        F->sum = 0;
        for (;;) {
            AWAIT_RESULT(1, F->more, bool, ac__gen_next, (struct ac__frame *)F->g, &F->item);
            if (!F->more)
                break;
            F->sum += F->item;
        }
        AWAIT_RESULT(2, F->more, bool, ac__gen_next, (struct ac__frame *)F->g, &F->item);
        check(!F->more && F->item == 3);
        AWAIT(3, ac__gen_close, (struct ac__frame *)F->g);
        check(closed == 0);
        F->g = counting(4, F->sleeps);
        AWAIT_RESULT(4, F->more, bool, ac__gen_next, (struct ac__frame *)F->g, NULL);
        check(F->more);
        AWAIT(5, ac__gen_close, (struct ac__frame *)F->g);
        check(closed == 1);
        closed = 0;
        AWAIT(6, ac__gen_close, NULL);
        RETURN(F->sum);
    }
    RETURN(-1);
}
MAKE(asks, int, (bool sleeps), F->sleeps = sleeps;)

/* Two tasks in one generator: the second is refused; a cancellation ends it. */
ASYNC(asks_once, int, ac_gen(int) g; bool more; int code;)
{
    switch (F->base.state) {
    case 0:
        AWAIT_CODE(1, F->code, ac__gen_next, (struct ac__frame *)F->g, NULL);
    }
    RETURN(F->code);
}
MAKE(asks_once, int, (ac_gen(int) g), F->g = g;)

ASYNC(meets, int, ac_gen(int) g; ac_task(int) first; ac_task(int) second; bool more; int code;)
{
    switch (F->base.state) {
    case 0:
        F->g = counting(4, true);
        F->first = ac_spawn(asks_once(F->g));
        F->second = ac_spawn(asks_once(F->g));
        AWAIT_TASK(1, F->code, int, F->second, AC__KIND_TASK);
        check(F->code == EBUSY);
        AWAIT_CODE(2, F->code, ac__gen_close, (struct ac__frame *)F->g);
        check(F->code == EBUSY);
        ac_cancel(F->first);
        AWAIT_TASK(3, F->code, int, F->first, AC__KIND_TASK);
        check(F->code == ECANCELED);
        AWAIT_RESULT(4, F->more, bool, ac__gen_next, (struct ac__frame *)F->g, NULL);
        check(!F->more);
        AWAIT(5, ac__gen_close, (struct ac__frame *)F->g);
    }
    RETURN(0);
}
MAKE(meets, int, (void), )

int main(void)
{
    setenv("AC_CLOCK", "virtual", 1);
    check(ac_run(asks(false)) == 6);
    check(ac_run(asks(true)) == 6);
    ac_run(meets());
    return 0;
}
