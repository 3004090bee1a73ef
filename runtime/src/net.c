/* net.c: reading, writing, and TCP, as attempts on a descriptor (io.c repeats them when it is ready). */
#include "descriptor.h"

#include <ac/net.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool would_block(int code)
{
    return code == EAGAIN || code == EWOULDBLOCK;
}

/* A system call has failed: again when the descriptor is ready, or the error. */
static int not_now(struct ac__task *task, int code)
{
    return would_block(code) ? AC__SUSPENDED : ac__fail_code(task, code);
}

/* A blocking descriptor would stop the whole loop: asks first whether it is ready. */
static bool is_ready(const struct ac__io *io)
{
    struct pollfd poll_fd = {.fd = io->fd, .events = io->is_output ? POLLOUT : POLLIN};
    return !ac__descriptor_blocks(io->fd) || poll(&poll_fd, 1, 0) != 0;
}

#define NET_FUNCTION(text, type, resume_function, bytes) \
    { \
        .resume = resume_function, .name = text, .size = sizeof(type), .alignment = _Alignof(type), \
        .result_offset = offsetof(struct ac__io, result), .result_size = bytes \
    }

/* ---- read and write ------------------------------------------------------------------------------------ */

struct transfer {
    struct ac__io io;
    char *bytes;
    size_t size;
};

static int read_attempt(struct ac__io *io, struct ac__task *task)
{
    struct transfer *read_ = (struct transfer *)io;
    size_t size = read_->size;
    ssize_t count;
    if (size && !is_ready(io))
        return AC__SUSPENDED;
    do
        count = ac__transfer_fails(&size) ? -1 : read(io->fd, read_->bytes, size);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return not_now(task, errno);
    io->result.size = (size_t)count;
    if (count && (size_t)count < size)
        ac__descriptor_read_short(io->fd);
    return AC__DONE;
}

/* What a blocking pipe that is ready for output takes without blocking. */
enum { SAFE_BLOCK = 4096 };

static ssize_t write_some(struct transfer *write_)
{
    size_t size = write_->size;
    if (size > SAFE_BLOCK && ac__descriptor_blocks(write_->io.fd))
        size = SAFE_BLOCK;
    return ac__transfer_fails(&size) ? -1 : write(write_->io.fd, write_->bytes, size);
}

static int write_attempt(struct ac__io *io, struct ac__task *task)
{
    struct transfer *write_ = (struct transfer *)io;
    while (write_->size) {
        ssize_t count;
        if (!is_ready(io))
            return AC__SUSPENDED;
        count = write_some(write_);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return not_now(task, errno);
        write_->bytes += count;
        write_->size -= (size_t)count;
    }
    return AC__DONE;
}

static const struct ac__function read_function =
    NET_FUNCTION("ac_fd_read", struct transfer, ac__io_resume, sizeof(size_t));
static const struct ac__function write_function = NET_FUNCTION("ac_fd_write", struct transfer, ac__io_resume, 0);

static struct ac__frame *transfer_new(struct ac__frame *frame, int fd, void *bytes, size_t size)
{
    struct transfer *transfer = (struct transfer *)frame;
    if (transfer) {
        transfer->io.fd = fd;
        transfer->bytes = bytes;
        transfer->size = size;
    }
    return frame;
}

ac_coro(size_t) ac_fd_read(int fd, void *buffer, size_t size)
{
    struct ac__frame *frame = transfer_new(ac__frame_new(&read_function, (const void *)ac_fd_read), fd, buffer, size);
    if (frame) {
        ((struct ac__io *)frame)->attempt = read_attempt;
        ((struct ac__io *)frame)->is_output = size == 0; /* who reads nothing waits for no input */
    }
    return (ac_coro(size_t))frame;
}

ac_coro(void) ac_fd_write(int fd, const void *bytes, size_t size)
{
    struct ac__frame *frame =
        transfer_new(ac__frame_new(&write_function, (const void *)ac_fd_write), fd, (void *)(uintptr_t)bytes, size);
    if (frame) {
        ((struct ac__io *)frame)->attempt = write_attempt;
        ((struct ac__io *)frame)->is_output = true;
    }
    return (ac_coro(void))frame;
}

/* ---- without waiting ----------------------------------------------------------------------------------- */

/* A task that never waits has to let others run at times; a callback has its turn, and could not await the
 * next. A blocking descriptor would stop the loop. */
static bool must_wait(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    if (likely(ac__thread.task) && ac__share_is_over())
        return true;
    return unlikely(ac__descriptor_blocks(fd)) && poll(&poll_fd, 1, 0) == 0;
}

ssize_t ac_fd_try_read(int fd, void *buffer, size_t size)
{
    ssize_t count;
    if (ac__descriptor_is_spent(fd) || must_wait(fd, POLLIN))
        return errno = EAGAIN, -1;
    do
        count = ac__transfer_fails(&size) ? -1 : read(fd, buffer, size);
    while (count < 0 && errno == EINTR);
    if (count > 0 && (size_t)count < size)
        ac__descriptor_read_short(fd);
    else if (count < 0 && would_block(errno))
        ac__descriptor_spent(fd);
    return count;
}

/* Of what is to be written, no more than a blocking descriptor that is ready takes at once. */
static ssize_t write_parts(int fd, const struct iovec *parts, int count)
{
    size_t size = parts->iov_len;
    if (ac__transfer_fails(&size))
        return -1;
    if (size != parts->iov_len || unlikely(ac__descriptor_blocks(fd)))
        return write(fd, parts->iov_base, size < SAFE_BLOCK ? size : SAFE_BLOCK);
    return count == 1 ? write(fd, parts->iov_base, size) : writev(fd, parts, count < IOV_MAX ? count : IOV_MAX);
}

ssize_t ac_fd_try_write(int fd, const struct iovec *parts, int count)
{
    ssize_t written;
    if (must_wait(fd, POLLOUT))
        return errno = EAGAIN, -1;
    do
        written = write_parts(fd, parts, count);
    while (written < 0 && errno == EINTR);
    return written;
}

/* ---- addresses ----------------------------------------------------------------------------------------- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Its length; 0 if the text is no address. */
static socklen_t address_of(union address *address, const char *text, unsigned port)
{
    memset(address, 0, sizeof *address);
    if (port > 65535)
        return 0;
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons((uint16_t)port);
        return sizeof address->v4;
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons((uint16_t)port);
        return sizeof address->v6;
    }
    return 0;
}

static int socket_new(int family)
{
    return ac__syscall_fails() ? -1 : socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void send_at_once(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails for sockets that are not TCP; no harm */
}

/* ---- listening ----------------------------------------------------------------------------------------- */

int ac_tcp_listen(const char *address, unsigned port, int backlog)
{
    union address local;
    socklen_t length = address_of(&local, address ? address : "0.0.0.0", port);
    int fd, on = 1, code;
    if (!length)
        return errno = EINVAL, -1;
    fd = socket_new(local.any.sa_family);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!ac__syscall_fails() && bind(fd, &local.any, length) == 0 && listen(fd, backlog) == 0) {
        ac_fd_adopt(fd);
        return fd;
    }
    code = errno;
    close(fd);
    return errno = code, -1;
}

int ac_tcp_port(int fd)
{
    union address local;
    socklen_t length = sizeof local;
    if (getsockname(fd, &local.any, &length) < 0)
        return -1;
    return ntohs(local.any.sa_family == AF_INET6 ? local.v6.sin6_port : local.v4.sin_port);
}

/* ---- accepting ----------------------------------------------------------------------------------------- */

/* The connection, not the listening socket, is at fault: on to the next (accept(2)). */
static bool is_connections_fault(int code)
{
    switch (code) {
    case EINTR: case ECONNABORTED: case ENETDOWN: case EPROTO: case ENOPROTOOPT: case EHOSTDOWN: case ENONET:
    case EHOSTUNREACH: case EOPNOTSUPP: case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

static int accept_attempt(struct ac__io *io, struct ac__task *task)
{
    int fd;
    do
        fd = ac__syscall_fails() ? -1 : accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd < 0 && is_connections_fault(errno));
    if (fd < 0)
        return not_now(task, errno);
    if (!ac_fd_adopt(fd)) {
        close(fd);
        return ac__fail_code(task, ENOMEM);
    }
    send_at_once(fd);
    io->result.fd = fd;
    return AC__DONE;
}

static const struct ac__function accept_function =
    NET_FUNCTION("ac_fd_accept", struct ac__io, ac__io_resume, sizeof(int));

ac_coro(int) ac_fd_accept(int fd)
{
    struct ac__frame *frame = ac__frame_new(&accept_function, (const void *)ac_fd_accept);
    if (frame) {
        ((struct ac__io *)frame)->attempt = accept_attempt;
        ((struct ac__io *)frame)->fd = fd;
        ((struct ac__io *)frame)->is_output = false;
    }
    return (ac_coro(int))frame;
}

/* ---- connecting ---------------------------------------------------------------------------------------- */

struct connection {
    struct ac__io io;
    union address address;
    socklen_t length;
};

static int connect_begin(struct connection *connection, struct ac__task *task)
{
    int fd, code;
    if (!connection->length)
        return ac__fail(task, ac__error_make(EINVAL, "not an IPv4 or IPv6 address and port"));
    fd = socket_new(connection->address.any.sa_family);
    if (fd < 0)
        return ac__fail_code(task, errno);
    connection->io.fd = fd;
    if (!ac_fd_adopt(fd))
        return ac__fail_code(task, ENOMEM);
    send_at_once(fd);
    code = connect(fd, &connection->address.any, connection->length) < 0 ? errno : 0;
    if (ac__syscall_fails())
        code = errno;
    if (!code)
        return AC__DONE;
    return code == EINPROGRESS || code == EINTR ? AC__SUSPENDED : ac__fail_code(task, code);
}

static int connect_attempt(struct ac__io *io, struct ac__task *task)
{
    struct connection *connection = (struct connection *)io;
    struct pollfd poll_fd = {.fd = io->fd, .events = POLLOUT};
    int code = 0;
    socklen_t length = sizeof code;
    if (io->fd < 0) {
        int status = connect_begin(connection, task);
        io->result.fd = io->fd;
        return status;
    }
    if (poll(&poll_fd, 1, 0) == 0)
        return AC__SUSPENDED;
    if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
        code = errno;
    return code ? ac__fail_code(task, code) : AC__DONE;
}

/* However a connect fails, its socket goes. */
static int connect_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct connection *connection = (struct connection *)frame;
    int status = ac__io_resume(frame, task);
    if (status == AC__FAILED && connection->io.fd >= 0)
        ac_close_fd(connection->io.fd);
    return status;
}

static const struct ac__function connect_function =
    NET_FUNCTION("ac_tcp_connect", struct connection, connect_resume, sizeof(int));

ac_coro(int) ac_tcp_connect(const char *address, unsigned port)
{
    struct connection *connection =
        (struct connection *)ac__frame_new(&connect_function, (const void *)ac_tcp_connect);
    if (connection) {
        connection->io.attempt = connect_attempt;
        connection->io.fd = -1;
        connection->io.is_output = true;
        connection->length = address_of(&connection->address, address, port);
    }
    return (ac_coro(int))connection;
}
