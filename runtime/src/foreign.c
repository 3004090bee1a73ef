/* foreign.c: a loop that another event loop drives: ac_loop_fd and ac_loop_poll in place of ac_run.
 *
 * One descriptor stands for everything that the loop waits for. It is the loop's epoll, which can be polled
 * itself: it is readable when a descriptor in it is ready, and besides the program's it holds the mailbox's
 * bell and a timerfd. After each turn that is set to the next alarm, or to now if tasks are still ready. */
#include "events.h"

#include <sys/timerfd.h>
#include <unistd.h>

enum { MOST_STEPS = 4096, LONGEST_TURN = AC__SECOND / 100 };

struct foreign {
    struct ac__loop loop;
    int timer;
    int64_t set_to; /* AC__NEVER: not at all */
    bool is_turning;
};

static struct foreign *foreign_of(struct ac__loop *loop)
{
    return container_of(loop, struct foreign, loop);
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

/* Everything that can wake it, from the start: between turns there is no saying when other
 * threads come up. */
static bool watch(struct foreign *foreign)
{
    foreign->timer = ac__syscall_fails() ? -1 : timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return foreign->timer >= 0 && ac__poll_watch(&foreign->loop, foreign->timer) && ac__mailbox_listen(&foreign->loop);
}

static void foreign_close(struct foreign *foreign)
{
    if (foreign->timer >= 0)
        close(foreign->timer);
    ac__loop_close(&foreign->loop);
    ac__free(foreign);
}

/* Null with errno. */
static struct foreign *foreign_open(void)
{
    struct foreign *foreign = ac__allocate(sizeof *foreign);
    int code;
    if (!foreign || !ac__loop_open(&foreign->loop)) {
        ac__free(foreign);
        errno = ENOMEM;
        return NULL;
    }
    foreign->loop.is_foreign = foreign->loop.needs_bell = true;
    foreign->is_turning = false;
    foreign->set_to = AC__NEVER;
    if (watch(foreign))
        return foreign;
    code = errno;
    foreign_close(foreign);
    errno = code;
    return NULL;
}

/* This thread's loop, which is made if there is none; null with errno. */
static struct foreign *foreign_get(const char *caller)
{
    struct ac__loop *loop = ac__thread.loop;
    if (!loop && ac__is_forked())
        ac__no_loop();
    if (!loop)
        return foreign_open();
    if (!loop->is_foreign)
        ac__die("%s called in a loop that ac_run runs", caller);
    if (foreign_of(loop)->is_turning)
        ac__die("%s called by the loop itself", caller);
    return foreign_of(loop);
}

/* ---- a turn -------------------------------------------------------------------------------------------- */

static void set_timer(struct foreign *foreign, int64_t deadline)
{
    struct itimerspec spec = {.it_value = {deadline / AC__SECOND, deadline % AC__SECOND}};
    if (deadline == foreign->set_to)
        return;
    foreign->set_to = deadline;
    if (deadline == AC__NEVER)
        spec.it_value = (struct timespec){0};
    timerfd_settime(foreign->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* Lets the descriptor become readable when there is something to do next. */
static void set_next(struct foreign *foreign)
{
    struct ac__loop *loop = &foreign->loop;
    int64_t deadline = ac__next_deadline(loop);
    bool jumps = loop->is_virtual && deadline < AC__NEVER - 1 && !loop->threads_out;
    if (!ac__thread.ready && !jumps) {
        set_timer(foreign, loop->is_virtual ? AC__NEVER : deadline);
        return;
    }
    foreign->set_to = 0; /* it may have rung before: set it in any case */
    set_timer(foreign, 1);
}

static void turn(struct foreign *foreign)
{
    struct ac__loop *loop = &foreign->loop;
    int64_t end;
    ac__loop_look(loop);
    end = loop->now > AC__NEVER - LONGEST_TURN ? AC__NEVER : loop->now + LONGEST_TURN;
    for (unsigned steps = MOST_STEPS; ac__thread.ready && steps && loop->now < end; steps--)
        ac__loop_step(loop);
}

int ac_loop_fd(void)
{
    struct foreign *foreign;
    if (ac__thread.loop && (!ac__thread.loop->is_foreign || foreign_of(ac__thread.loop)->is_turning))
        return ac__thread.loop->epoll;
    foreign = foreign_get("ac_loop_fd");
    return foreign ? foreign->loop.epoll : -1;
}

bool ac_loop_poll(void)
{
    struct foreign *foreign = foreign_get("ac_loop_poll");
    if (!foreign)
        ac__die("no event loop: %s", ac__code_name(errno));
    foreign->is_turning = true;
    turn(foreign);
    foreign->is_turning = false;
    set_next(foreign);
    return ac__live(&foreign->loop) > 0;
}

void ac_loop_close(void)
{
    struct foreign *foreign;
    if (!ac__thread.loop)
        return;
    foreign = foreign_get("ac_loop_close");
    foreign->is_turning = true;
    ac__loop_wind_up(&foreign->loop);
    ac__tasks_free(NULL);
    foreign_close(foreign);
}
