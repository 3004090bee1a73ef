/* descriptor.c: what a loop knows of descriptors.
 *
 * What is registered with epoll goes by number here and by open file in the kernel, and a program may close a
 * number behind our back and get it again for another file. So a descriptor that the library did not make
 * itself is registered anew (EPOLL_CTL_MOD, and ADD if that fails) each time somebody begins to wait. One
 * that it made may be closed by another loop: so what is known of it holds as long as the process's table of
 * owners names this loop. `generation` counts the files a number has stood for: an event for another one is
 * dropped, and a coroutine that was woken before the number was closed sees it.
 *
 * A read that brought less than it asked for has emptied a TCP socket or a pipe (find_out): the next one
 * needs not try but waits for the edge, unless the end of input has come, which makes no further edge. */
#include "descriptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the table of descriptors -------------------------------------------------------------------------- */

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

/* ---- whose a number is --------------------------------------------------------------------------------- */

/* By number, for the whole process: the loop that has adopted it last, until any loop closes it. Row n has
 * room for FIRST_ROW << n numbers; rows stay. A number is given up before it is closed: who gets it after
 * that from the kernel, in whatever thread, finds it given up. */
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

/* ---- adopting and closing ------------------------------------------------------------------------------ */

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
    descriptor->after_short_read = AC__UNKNOWN;
    ac__poll_wake_all(loop, &descriptor->input); /* they waited for a file that was closed behind our back */
    ac__poll_wake_all(loop, &descriptor->output);
    ac__poll_wake_all(loop, &descriptor->hangup);
    return true;
}

int ac_close_fd(int fd)
{
    struct ac__loop *loop = ac__loop();
    struct ac__descriptor *descriptor = ac__descriptor_find(loop, fd);
    struct ac__loop **owner = fd < 0 ? NULL : owner_of(fd, false);
    if (owner)
        __atomic_store_n(owner, NULL, __ATOMIC_RELAXED);
    if (descriptor) {
        ac__poll_leave(loop, fd, descriptor);
        descriptor->is_spent = descriptor->is_hung_up = false;
        descriptor->owner = NULL;
        descriptor->generation++;
        ac__poll_wake_all(loop, &descriptor->input);
        ac__poll_wake_all(loop, &descriptor->output);
        ac__poll_wake_all(loop, &descriptor->hangup);
    }
    return close(fd);
}

/* ---- waiting ------------------------------------------------------------------------------------------- */

int ac__descriptor_register(int fd, bool looks)
{
    struct ac__loop *loop = ac__loop();
    struct ac__descriptor *descriptor;
    bool may_trust;
    if (fd < 0)
        return EBADF;
    if ((unsigned)fd >= loop->descriptor_count && fcntl(fd, F_GETFD) < 0)
        return errno; /* the table does not grow for any number */
    descriptor = descriptor_get(loop, fd);
    if (!descriptor)
        return ENOMEM;
    may_trust = !looks && descriptor->is_registered && ac__descriptor_is_ours(loop, descriptor);
    if (may_trust && !AC__TEST_BUILD) /* a made-up EAGAIN makes no edge */
        return 0;
    return ac__poll_enter(loop, fd, descriptor);
}

static struct ac__waiter **queue_of(int fd, unsigned event)
{
    struct ac__descriptor *descriptor = &ac__thread.loop->descriptors[fd];
    return event == AC_INPUT ? &descriptor->input : event == AC_OUTPUT ? &descriptor->output : &descriptor->hangup;
}

void ac__descriptor_note(int fd)
{
    struct ac__loop *loop = ac__loop();
    if (fd >= 0 && (unsigned)fd >= loop->descriptor_count && fcntl(fd, F_GETFD) >= 0)
        (void)descriptor_get(loop, fd);
}

bool ac__descriptor_hung_up(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};
    const struct ac__descriptor *descriptor = &ac__thread.loop->descriptors[fd];
    if (ac__descriptor_is_ours(ac__thread.loop, descriptor))
        return descriptor->is_hung_up;
    return poll(&poll_fd, 1, 0) == 1;
}

void ac__descriptor_arm(int fd, struct ac__waiter *waiter, unsigned event)
{
    ac__enqueue(queue_of(fd, event), waiter);
    ac__thread.loop->io_waits++;
}

void ac__descriptor_disarm(int fd, struct ac__waiter *waiter, unsigned event)
{
    ac__dequeue(queue_of(fd, event), waiter);
    ac__thread.loop->io_waits--;
}

/* ---- what reads have left ------------------------------------------------------------------------------ */

void ac__descriptor_spent(int fd)
{
    struct ac__loop *loop = ac__thread.loop;
    struct ac__descriptor *descriptor = ac__descriptor_find(loop, fd);
    if (descriptor)
        descriptor->is_spent = descriptor->is_registered && !descriptor->is_hung_up
                               && ac__descriptor_is_ours(loop, descriptor);
}

static enum ac__after_short_read find_out(int fd)
{
    int protocol, flags;
    socklen_t length = sizeof protocol;
    struct stat status;
    bool is_pipe;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0)
        return protocol == IPPROTO_TCP ? AC__NOTHING : AC__PERHAPS_MORE;
    flags = fcntl(fd, F_GETFL);
    is_pipe = flags >= 0 && !(flags & O_DIRECT) && fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
    return is_pipe ? AC__NOTHING : AC__PERHAPS_MORE;
}

void ac__descriptor_read_short(int fd)
{
    struct ac__descriptor *descriptor = ac__descriptor_find(ac__thread.loop, fd);
    if (!descriptor || !descriptor->is_registered || !ac__descriptor_is_ours(ac__thread.loop, descriptor))
        return;
    if (descriptor->after_short_read == AC__UNKNOWN)
        descriptor->after_short_read = (unsigned char)find_out(fd);
    if (descriptor->after_short_read == AC__NOTHING)
        ac__descriptor_spent(fd);
}

bool ac__descriptor_blocks(int fd)
{
    struct ac__loop *loop = ac__loop();
    const struct ac__descriptor *descriptor = ac__descriptor_find(loop, fd);
    int flags;
    if (descriptor && ac__descriptor_is_ours(loop, descriptor))
        return false;
    flags = fcntl(fd, F_GETFL);
    return flags >= 0 && !(flags & O_NONBLOCK);
}
