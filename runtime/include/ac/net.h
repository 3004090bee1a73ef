/* ac/net.h: plain TCP on descriptors, the least that a program needs. Each of these tries the system
 * call first and waits only if it would block. All sockets made here are non-blocking and
 * close-on-exec; close them with ac_close_fd.
 *
 * Each throws the errno value of the system call that failed; EBADF if the descriptor is closed meanwhile.
 * Cancelled: a read has taken nothing, an accept no connection; of a write a part may have gone out. */
#ifndef AC_NET_H
#define AC_NET_H

#include <ac.h>

#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Connects to an address given as text ("127.0.0.1", "::1"; no names) and gives the connected socket, with
 * TCP_NODELAY set, which is the caller's. Throws EINVAL if the text is no address or the port above 65535;
 * ECONNREFUSED, EMFILE ... Cancelled: the socket is closed. */
ac_coro(int) ac_tcp_connect(const char *address, unsigned port);

/* A listening socket, which is the caller's, or -1 with errno: EINVAL if the text is no address or
 * the port above 65535, EADDRINUSE ... Null listens on all IPv4 addresses; port 0 lets the system
 * choose (ac_tcp_port). `backlog` is how many connections may wait, as for listen(2): what is more
 * than the system allows is cut to that. */
int ac_tcp_listen(const char *address, unsigned port, int backlog);

/* The local port of a socket, or -1 with errno. */
int ac_tcp_port(int fd);

/* Waits for a connection and gives its socket, with TCP_NODELAY set, which is the caller's.
 * Connections that were given up before they could be accepted are passed over. Throws EMFILE,
 * ENFILE ... when descriptors run out. */
ac_coro(int) ac_fd_accept(int fd);

/* Reads what is there, at least one byte, at most `size`; waits for it if need be. 0 at the end of input (and
 * for size 0). Works for any descriptor that can be read: sockets, pipes, terminals, files. */
ac_coro(size_t) ac_fd_read(int fd, void *buffer, size_t size);

/* Writes all of it, waiting as often as need be. Works for any descriptor. The bytes must stay
 * until it is done. */
ac_coro(void) ac_fd_write(int fd, const void *bytes, size_t size);

/* ---- without waiting: for what is built on descriptors ------------------------------------------------- */

/* These do not wait, whatever the descriptor's flags: -1 with EAGAIN where they would have to, and then
 * ac_readable or ac_writable is to be awaited before the next try. (They say so, too, when a task that
 * never had to wait is to let others run, which that await sees to.) Otherwise they are read(2) and
 * writev(2), repeated after signals, and nothing is kept when they return. `count` is from 1 to
 * IOV_MAX; a part may be written. */
ssize_t ac_fd_try_read(int fd, void *buffer, size_t size);
ssize_t ac_fd_try_write(int fd, const struct iovec *parts, int count);

/* Says to this thread's loop that a descriptor is new, non-blocking, and will be closed by ac_close_fd, in
 * whatever loop uses it last: saves system calls where this one waits for it. False without a loop, for a
 * negative number, or if there is no memory to note that; the descriptor can be used all the same. */
bool ac_fd_adopt(int fd);

#ifdef __cplusplus
}
#endif
#endif
