/* poll.c: waiting for descriptors; the only file that knows epoll.
 *
 * A coroutine on a descriptor tries first and waits only when the kernel says "not now". A descriptor is registered
 * once, edge-triggered, for input and output together; an edge that comes while nobody waits is not needed, because
 * whoever waits has tried before, in the same step. A read that brought less than it asked for has emptied a TCP
 * socket or a pipe (`runs_dry`): the next one needs not try but waits for the edge, unless the end of input has come,
 * which makes no further edge.
 *
 * What is registered goes by number here and by open file in the kernel, and a program may close a number behind our
 * back and get it again for another file. So a descriptor that the library did not make itself is registered anew
 * (EPOLL_CTL_MOD, and ADD if that fails) each time somebody begins to wait. One that it made may be closed by another
 * loop: so what is known of it holds as long as the process's table of owners names this loop. `generation` counts the
 * files a number has stood for: an event for another one is dropped, and a coroutine that was woken before the number
 * was closed sees it. */
#include "core.h"

#include <ac/net.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct ac__descriptor {
    struct ac__waiter *input, *output, *hangup;
    struct ac__loop **owner; /* made by the library, which also closes it: see is_ours(). Else null */
    unsigned generation;
    bool is_registered;
    bool is_spent;   /* nothing to read until the next edge */
    unsigned char after_short_read; /* enum after_short_read */
    bool is_hung_up; /* the end of input or an error has come */
};

/* What a read that brought less than it asked for leaves. Terminals keep further lines, datagram sockets and inotify
 * further items, Unix sockets what comes with or behind a descriptor, TCP sockets what stands behind urgent data. */
enum after_short_read { UNKNOWN, NOTHING, PERHAPS_MORE };

enum { EVENTS = 128 };
#define INTERNAL UINT64_MAX /* an event on a descriptor of the runtime's own */

/* ---- the table of descriptors ------------------------------------------------------------------------------------ */

static struct ac__descriptor *descriptor_find(struct ac__loop *loop, int fd)
{
    return fd >= 0 && (unsigned)fd < loop->descriptor_count ? &loop->descriptors[fd] : NULL;
}

static struct ac__descriptor *descriptor_get(struct ac__loop *loop, int fd)
{
    unsigned count = loop->descriptor_count ? loop->descriptor_count : 64;
    struct ac__descriptor *descriptors;
    if ((unsigned)fd < loop->descriptor_count)
        return &loop->descriptors[fd];
    while (count <= (unsigned)fd)
        count *= 2;
    descriptors = ac__reallocate(loop->descriptors, count * sizeof *descriptors);
    if (!descriptors)
        return NULL;
    memset(descriptors + loop->descriptor_count, 0, (count - loop->descriptor_count) * sizeof *descriptors);
    loop->descriptors = descriptors;
    loop->descriptor_count = count;
    return &descriptors[fd];
}

/* ---- whose a number is ------------------------------------------------------------------------------------------- */

/* By number, for the whole process: the loop that has adopted it last, until any loop closes it. Row n has room for
 * FIRST_ROW << n numbers; rows stay. A number is given up before it is closed: who gets it after that from the kernel,
 * in whatever thread, finds it given up. */
enum { FIRST_ROW = 1024, ROWS = 22 };
static struct ac__loop **owner_rows[ROWS];

/* The row, made if need be. Null if there is no memory. */
static struct ac__loop **owner_row(unsigned row, size_t size)
{
    struct ac__loop **none = NULL, **owners = ac__map(size * sizeof *owners);
    if (!owners)
        return NULL;
    if (__atomic_compare_exchange_n(&owner_rows[row], &none, owners, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return owners;
    munmap(owners, size * sizeof *owners); /* another thread was faster */
    return none;
}

/* A number's place. Null if nothing near it was ever adopted, and the row is not to be, or cannot be made. */
static struct ac__loop **owner_of(int fd, bool makes)
{
    unsigned from_first = (unsigned)fd + FIRST_ROW;
    unsigned row = (unsigned)__builtin_clz(FIRST_ROW) - (unsigned)__builtin_clz(from_first);
    size_t size = (size_t)FIRST_ROW << row;
    struct ac__loop **owners = __atomic_load_n(&owner_rows[row], __ATOMIC_ACQUIRE);
    if (!owners && makes)
        owners = owner_row(row, size);
    return owners ? &owners[from_first - size] : NULL;
}

/* Did this loop adopt it, and has no other one adopted or closed it since? Then what is known of it can be trusted. */
static inline bool is_ours(const struct ac__loop *loop, const struct ac__descriptor *descriptor)
{
    return descriptor->owner && __atomic_load_n(descriptor->owner, __ATOMIC_RELAXED) == loop;
}

/* ---- epoll ------------------------------------------------------------------------------------------------------- */

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

/* 0, or an error code: EPERM means that the descriptor is always ready. */
static int ensure_registered(struct ac__loop *loop, int fd, struct ac__descriptor *descriptor, bool looks)
{
    bool may_trust = !looks && descriptor->is_registered && is_ours(loop, descriptor);
    if (may_trust && !AC__TEST_BUILD) /* a made-up EAGAIN makes no edge */
        return 0;
    if (!epoll_open(loop))
        return errno;
    if (descriptor->is_registered && control(loop, EPOLL_CTL_MOD, fd, descriptor->generation) == 0)
        return 0;
    descriptor->is_registered = false;
    if (control(loop, EPOLL_CTL_ADD, fd, descriptor->generation) == 0)
        return descriptor->is_registered = true, 0;
    /* Registered under this number by somebody who has not told us (a copy of the descriptor kept it alive). */
    if (errno == EEXIST && control(loop, EPOLL_CTL_MOD, fd, descriptor->generation) == 0)
        return descriptor->is_registered = true, 0;
    return errno;
}

static void wake_all(struct ac__loop *loop, struct ac__waiter **queue)
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
    wake_all(loop, &descriptor->hangup);
}

static void take_event(struct ac__loop *loop, const struct epoll_event *event)
{
    struct ac__descriptor *descriptor;
    if (event->data.u64 == INTERNAL)
        return;
    descriptor = descriptor_find(loop, (int)(unsigned)event->data.u64);
    if (!descriptor || descriptor->generation != event->data.u64 >> 32)
        return;
    descriptor->is_spent = false;
    if (unlikely(event->events & EPOLLPRI))
        descriptor->after_short_read = PERHAPS_MORE;
    if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        hang_up(loop, descriptor);
    if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI))
        wake_all(loop, &descriptor->input);
    if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        wake_all(loop, &descriptor->output);
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

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

int ac__poll_register(int fd, bool looks)
{
    struct ac__loop *loop = ac__loop();
    struct ac__descriptor *descriptor;
    if (fd < 0)
        return EBADF;
    if ((unsigned)fd >= loop->descriptor_count && fcntl(fd, F_GETFD) < 0)
        return errno; /* the table does not grow for any number */
    descriptor = descriptor_get(loop, fd);
    if (!descriptor)
        return ENOMEM;
    return ensure_registered(loop, fd, descriptor, looks);
}

static struct ac__waiter **queue_of(int fd, unsigned event)
{
    struct ac__descriptor *descriptor = &ac__thread.loop->descriptors[fd];
    return event == AC_INPUT ? &descriptor->input : event == AC_OUTPUT ? &descriptor->output : &descriptor->hangup;
}

unsigned ac__poll_generation(int fd)
{
    const struct ac__descriptor *descriptor = descriptor_find(ac__loop(), fd);
    return descriptor ? descriptor->generation : 0;
}

bool ac__poll_hung_up(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};
    const struct ac__descriptor *descriptor = &ac__thread.loop->descriptors[fd];
    if (is_ours(ac__thread.loop, descriptor))
        return descriptor->is_hung_up;
    return poll(&poll_fd, 1, 0) == 1;
}

void ac__poll_arm(int fd, struct ac__waiter *waiter, unsigned event)
{
    ac__enqueue(queue_of(fd, event), waiter);
    ac__thread.loop->io_waits++;
}

void ac__poll_disarm(int fd, struct ac__waiter *waiter, unsigned event)
{
    ac__dequeue(queue_of(fd, event), waiter);
    ac__thread.loop->io_waits--;
}

/* ---- coroutines on descriptors ----------------------------------------------------------------------------------- */

static struct ac__task *io_cancel(struct ac__wait *wait)
{
    struct ac__io *io = container_of(wait, struct ac__io, waiter.wait);
    ac__poll_disarm(io->fd, &io->waiter, io->is_output ? AC_OUTPUT : AC_INPUT);
    ac__make_ready(wait->task);
    return NULL;
}

/* Gives way, and notes the file so that it is not taken for another one afterwards. */
static int io_give_way(struct ac__io *io, struct ac__task *task)
{
    struct ac__loop *loop = ac__loop();
    if (io->fd >= 0 && (unsigned)io->fd >= loop->descriptor_count && fcntl(io->fd, F_GETFD) >= 0)
        (void)descriptor_get(loop, io->fd); /* so that closing it is counted */
    io->generation = ac__poll_generation(io->fd);
    return ac__yield_at(task, &io->base, 2);
}

static int io_wait(struct ac__io *io, struct ac__task *task)
{
    int code = ac__poll_register(io->fd, false);
    if (code == EPERM)
        return io_give_way(io, task);
    if (code)
        return ac__fail_code(task, code);
    io->generation = ac__loop()->descriptors[io->fd].generation;
    ac__poll_arm(io->fd, &io->waiter, io->is_output ? AC_OUTPUT : AC_INPUT);
    io->waiter.wait.cancel = io_cancel;
    return ac__suspend(task, &io->base, 1, &io->waiter.wait);
}

void ac__descriptor_spent(int fd)
{
    struct ac__loop *loop = ac__thread.loop;
    struct ac__descriptor *descriptor = descriptor_find(loop, fd);
    if (descriptor)
        descriptor->is_spent = descriptor->is_registered && !descriptor->is_hung_up && is_ours(loop, descriptor);
}

static enum after_short_read find_out(int fd)
{
    int protocol, flags;
    socklen_t length = sizeof protocol;
    struct stat status;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0)
        return protocol == IPPROTO_TCP ? NOTHING : PERHAPS_MORE;
    flags = fcntl(fd, F_GETFL);
    return flags >= 0 && !(flags & O_DIRECT) && fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) ? NOTHING
                                                                                                    : PERHAPS_MORE;
}

void ac__descriptor_read_short(int fd)
{
    struct ac__descriptor *descriptor = descriptor_find(ac__thread.loop, fd);
    if (!descriptor || !descriptor->is_registered || !is_ours(ac__thread.loop, descriptor))
        return;
    if (descriptor->after_short_read == UNKNOWN)
        descriptor->after_short_read = (unsigned char)find_out(fd);
    if (descriptor->after_short_read == NOTHING)
        ac__descriptor_spent(fd);
}

bool ac__descriptor_is_spent(int fd)
{
    struct ac__loop *loop = ac__loop();
    const struct ac__descriptor *descriptor = descriptor_find(loop, fd);
    return descriptor && descriptor->is_spent && is_ours(loop, descriptor);
}

static bool needs_no_attempt(const struct ac__io *io)
{
    return io->base.state == 0 && !io->is_output && ac__descriptor_is_spent(io->fd);
}

/* States: 0 not started, 1 waits for the descriptor, 2 has given way to others. */
int ac__io_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__io *io = (struct ac__io *)frame;
    int status;
    if (frame->state == 0 && ac__over_budget())
        return io_give_way(io, task);
    if (frame->state != 0 && ac__interrupted(task))
        return ac__fail_code(task, ECANCELED);
    /* While it was ready but not running, the number may have been closed, and given to another file. */
    if (frame->state != 0 && ac__poll_generation(io->fd) != io->generation)
        return ac__fail_code(task, EBADF);
    if (needs_no_attempt(io))
        return io_wait(io, task);
    status = io->attempt(io, task);
    return status == AC__SUSPENDED ? io_wait(io, task) : status;
}

bool ac_fd_adopt(int fd)
{
    struct ac__loop *loop = ac__thread.loop;
    struct ac__descriptor *descriptor = loop && fd >= 0 ? descriptor_get(loop, fd) : NULL;
    struct ac__loop **owner = descriptor ? owner_of(fd, true) : NULL;
    if (!owner)
        return false;
    __atomic_store_n(owner, loop, __ATOMIC_RELAXED);
    descriptor->owner = owner;
    descriptor->generation++; /* a new file, whatever the number stood for */
    descriptor->is_registered = descriptor->is_spent = descriptor->is_hung_up = false;
    descriptor->after_short_read = UNKNOWN;
    wake_all(loop, &descriptor->input); /* they waited for a file that was closed behind our back */
    wake_all(loop, &descriptor->output);
    wake_all(loop, &descriptor->hangup);
    return true;
}

bool ac__descriptor_blocks(int fd)
{
    struct ac__loop *loop = ac__loop();
    const struct ac__descriptor *descriptor = descriptor_find(loop, fd);
    int flags;
    if (descriptor && is_ours(loop, descriptor))
        return false;
    flags = fcntl(fd, F_GETFL);
    return flags >= 0 && !(flags & O_NONBLOCK);
}

int ac_close_fd(int fd)
{
    struct ac__loop *loop = ac__loop();
    struct ac__descriptor *descriptor = descriptor_find(loop, fd);
    struct ac__loop **owner = fd < 0 ? NULL : owner_of(fd, false);
    if (owner)
        __atomic_store_n(owner, NULL, __ATOMIC_RELAXED);
    if (descriptor) {
        if (descriptor->is_registered)
            control(loop, EPOLL_CTL_DEL, fd, 0); /* copies of the descriptor would keep it registered */
        descriptor->is_registered = descriptor->is_spent = descriptor->is_hung_up = false;
        descriptor->owner = NULL;
        descriptor->generation++;
        wake_all(loop, &descriptor->input);
        wake_all(loop, &descriptor->output);
        wake_all(loop, &descriptor->hangup);
    }
    return close(fd);
}

/* ---- readiness --------------------------------------------------------------------------------------------------- */

/* Has it just been woken for input that nobody has read since? A read that empties the descriptor says so. */
static bool was_told(const struct ac__io *io)
{
    struct ac__loop *loop = ac__loop();
    const struct ac__descriptor *descriptor = &loop->descriptors[io->fd];
    return io->base.state == 1 && !io->is_output && !descriptor->is_spent && is_ours(loop, descriptor);
}

static int readiness_attempt(struct ac__io *io, struct ac__task *task)
{
    struct pollfd poll_fd = {.fd = io->fd, .events = io->is_output ? POLLOUT : POLLIN};
    int count;
    if (was_told(io))
        return AC__DONE;
    count = ac__syscall_fails() ? -1 : poll(&poll_fd, 1, 0);
    if (count < 0 && errno != EINTR)
        return ac__fail_code(task, errno);
    if (count > 0 && poll_fd.revents & POLLNVAL)
        return ac__fail_code(task, EBADF);
    return count > 0 ? AC__DONE : AC__SUSPENDED;
}

#define IO_FUNCTION(text) \
    {.resume = ac__io_resume, .name = text, .size = sizeof(struct ac__io), .alignment = _Alignof(struct ac__io)}

static const struct ac__function readable_function = IO_FUNCTION("ac_readable");
static const struct ac__function writable_function = IO_FUNCTION("ac_writable");

static ac_coro(void) readiness(struct ac__frame *frame, int fd, bool is_output)
{
    struct ac__io *io = (struct ac__io *)frame;
    if (io) {
        io->attempt = readiness_attempt;
        io->fd = fd;
        io->is_output = is_output;
    }
    return (ac_coro(void))io;
}

int ac__ac_readable__run(struct ac__ac_readable__frame *frame, struct ac__task *task, unsigned state, int fd)
{
    (void)state;
    (void)readiness(&frame->frame.base, fd, false);
    return ac__enter(&frame->frame.base, task, &readable_function);
}

int ac__ac_writable__run(struct ac__ac_writable__frame *frame, struct ac__task *task, unsigned state, int fd)
{
    (void)state;
    (void)readiness(&frame->frame.base, fd, true);
    return ac__enter(&frame->frame.base, task, &writable_function);
}

ac_coro(void) ac_readable(int fd)
{
    return readiness(ac__frame_new(&readable_function, (const void *)ac_readable), fd, false);
}

ac_coro(void) ac_writable(int fd)
{
    return readiness(ac__frame_new(&writable_function, (const void *)ac_writable), fd, true);
}
