/* poll.c: the only file that knows epoll. A descriptor is registered once, edge-triggered, for input and
 * output together; what a loop knows of it, and when that can be trusted, is descriptor.c's. */
#include "descriptor.h"
#include "events.h"

#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 128 };
#define INTERNAL UINT64_MAX /* an event on a descriptor of the runtime's own */

/* ---- epoll --------------------------------------------------------------------------------------------- */

static bool epoll_open(struct ac__loop *loop)
{
    if (loop->epoll < 0 && !ac__syscall_fails())
        loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll >= 0;
}

bool ac__poll_watch(struct ac__loop *loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = INTERNAL};
    return epoll_open(loop) && !ac__syscall_fails() && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int control(struct ac__loop *loop, int operation, int fd, unsigned generation)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    event.data.u64 = (uint64_t)generation << 32 | (unsigned)fd;
    return ac__syscall_fails() ? -1 : epoll_ctl(loop->epoll, operation, fd, &event);
}

int ac__poll_enter(struct ac__loop *loop, int fd, struct ac__descriptor *descriptor)
{
    if (!epoll_open(loop))
        return errno;
    if (descriptor->is_registered && control(loop, EPOLL_CTL_MOD, fd, descriptor->generation) == 0)
        return 0;
    descriptor->is_registered = false;
    if (control(loop, EPOLL_CTL_ADD, fd, descriptor->generation) == 0)
        return descriptor->is_registered = true, 0;
    /* Registered under this number by somebody who has not told us (a copy of the descriptor
     * kept it alive). */
    if (errno == EEXIST && control(loop, EPOLL_CTL_MOD, fd, descriptor->generation) == 0)
        return descriptor->is_registered = true, 0;
    return errno;
}

void ac__poll_leave(struct ac__loop *loop, int fd, struct ac__descriptor *descriptor)
{
    if (descriptor->is_registered)
        control(loop, EPOLL_CTL_DEL, fd, 0); /* copies of the descriptor would keep it registered */
    descriptor->is_registered = false;
}

void ac__poll_wake_all(struct ac__loop *loop, struct ac__waiter **queue)
{
    struct ac__waiter *waiter;
    while ((waiter = ac__dequeue_first(queue))) {
        loop->io_waits--;
        ac__notify(waiter);
    }
}

static void hang_up(struct ac__loop *loop, struct ac__descriptor *descriptor)
{
    descriptor->is_hung_up = true;
    ac__poll_wake_all(loop, &descriptor->hangup);
}

static void take_event(struct ac__loop *loop, const struct epoll_event *event)
{
    struct ac__descriptor *descriptor;
    if (event->data.u64 == INTERNAL)
        return;
    descriptor = ac__descriptor_find(loop, (int)(unsigned)event->data.u64);
    if (!descriptor || descriptor->generation != event->data.u64 >> 32)
        return;
    descriptor->is_spent = false;
    if (unlikely(event->events & EPOLLPRI))
        descriptor->after_short_read = AC__PERHAPS_MORE;
    if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        hang_up(loop, descriptor);
    if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI))
        ac__poll_wake_all(loop, &descriptor->input);
    if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ac__poll_wake_all(loop, &descriptor->output);
}

static int wait_milliseconds(struct ac__loop *loop, struct epoll_event *events, int64_t timeout)
{
    int64_t milliseconds = timeout == AC__NEVER ? -1 : timeout / 1000000 + (timeout % 1000000 != 0);
    if (milliseconds > 86400000)
        milliseconds = 86400000;
    return epoll_wait(loop->epoll, events, EVENTS, (int)milliseconds);
}

static int wait_events(struct ac__loop *loop, struct epoll_event *events, int64_t timeout)
{
    static bool has_pwait2 = true; /* Linux 5.11 */
    struct timespec time = {timeout / AC__SECOND, timeout % AC__SECOND};
    int count;
    if (timeout == 0 || !__atomic_load_n(&has_pwait2, __ATOMIC_RELAXED))
        return wait_milliseconds(loop, events, timeout);
    count = epoll_pwait2(loop->epoll, events, EVENTS, timeout == AC__NEVER ? NULL : &time, NULL);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM))
        return count;
    __atomic_store_n(&has_pwait2, false, __ATOMIC_RELAXED);
    return wait_milliseconds(loop, events, timeout);
}

void ac__poll(struct ac__loop *loop, int64_t timeout)
{
    struct epoll_event events[EVENTS];
    struct timespec time = {timeout / AC__SECOND, timeout % AC__SECOND};
    int count;
    if (loop->epoll < 0) {
        if (timeout)
            ppoll(NULL, 0, timeout == AC__NEVER ? NULL : &time, NULL);
        return;
    }
    count = ac__syscall_fails() ? -1 : wait_events(loop, events, timeout); /* -1: a signal came; the loop goes round */
    for (int i = 0; i < count; i++)
        take_event(loop, &events[i]);
}

void ac__poll_free(struct ac__loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    loop->epoll = -1;
    ac__free(loop->descriptors);
    loop->descriptors = NULL;
    loop->descriptor_count = 0;
}
