/* io.c: coroutines on descriptors. One tries first and waits only when the kernel says "not now": an edge
 * that comes while nobody waits is not needed, because whoever waits has tried before, in the same step. */
#include "descriptor.h"

#include <ac/net.h>

#include <poll.h>

/* ---- coroutines on descriptors ------------------------------------------------------------------------- */

static struct ac__task *io_cancel(struct ac__wait *wait)
{
    struct ac__io *io = container_of(wait, struct ac__io, waiter.wait);
    ac__descriptor_disarm(io->fd, &io->waiter, io->is_output ? AC_OUTPUT : AC_INPUT);
    ac__make_ready(wait->task);
    return NULL;
}

/* Gives way, and notes the file so that it is not taken for another one afterwards. */
static int io_give_way(struct ac__io *io, struct ac__task *task)
{
    ac__descriptor_note(io->fd);
    io->generation = ac__descriptor_generation(io->fd);
    return ac__yield_at(task, &io->base, 2);
}

static int io_wait(struct ac__io *io, struct ac__task *task)
{
    int code = ac__descriptor_register(io->fd, false);
    if (code == EPERM)
        return io_give_way(io, task);
    if (code)
        return ac__fail_code(task, code);
    io->generation = ac__descriptor_generation(io->fd);
    ac__descriptor_arm(io->fd, &io->waiter, io->is_output ? AC_OUTPUT : AC_INPUT);
    io->waiter.wait.cancel = io_cancel;
    return ac__suspend(task, &io->base, 1, &io->waiter.wait);
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
    if (frame->state == 0 && ac__share_is_over())
        return io_give_way(io, task);
    if (frame->state != 0 && ac__interrupted(task))
        return ac__fail_code(task, ECANCELED);
    /* While it was ready but not running, the number may have been closed, and given to another file. */
    if (frame->state != 0 && ac__descriptor_generation(io->fd) != io->generation)
        return ac__fail_code(task, EBADF);
    if (needs_no_attempt(io))
        return io_wait(io, task);
    status = io->attempt(io, task);
    return status == AC__SUSPENDED ? io_wait(io, task) : status;
}

/* ---- readiness ----------------------------------------------------------------------------------------- */

/* Has it just been woken for input that nobody has read since? A read that empties the descriptor says so. */
static bool was_told(const struct ac__io *io)
{
    struct ac__loop *loop = ac__loop();
    const struct ac__descriptor *descriptor;
    if (io->base.state != 1 || io->is_output)
        return false; /* it may be no descriptor at all */
    descriptor = &loop->descriptors[io->fd];
    return !descriptor->is_spent && ac__descriptor_is_ours(loop, descriptor);
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
