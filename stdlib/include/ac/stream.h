/* ac/stream.h: byte streams: TCP, Unix sockets, pipes, terminals; listeners and servers.
 *
 *     async void talk(void)
 *     {
 *         async with (ac_stream *s = await ac_connect("example.org", 7, .timeout = 5)) {
 *             await ac_write(s, "hello\n", 6);
 *             printf("%s\n", await ac_read_line(s));
 *         }
 *     }
 *
 * A stream is used by the tasks of one loop: one may read while another writes. A second one that wants to
 * read while one waits for input gets EBUSY; those that write take turns, first come, first served.
 *
 * Everything is tried first and waited for only where it would block; no read or write allocates memory, but
 * for buffers that grow. All of it throws the errno value of the system call that failed (ECONNRESET, EPIPE
 * ...), and AC_ECLOSED if the stream is closed meanwhile, and ENOMEM where a buffer cannot grow. The input of
 * a connection that was reset, or is lost, has no end: all that read it are told, also after a write that
 * was. Limits of time: ac_timeout and ac_wait_for around any of it.
 *
 * Cancelled: reading leaves the bytes that came, but were not given to anybody, in the stream's buffer; of
 * what was to be written a part may have gone out.
 *
 * Streams, listeners and sockets are pointers: once one is closed, it is not to be used any more. Whoever uses it
 * at that time gets AC_ECLOSED, and so does a task that was spawned before and has not begun. */
#ifndef AC_STREAM_H
#define AC_STREAM_H

#include <ac.h>

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

AC__LINK("ac.link:stream");

typedef struct ac_stream ac_stream;

/* ---- addresses ----------------------------------------------------------------------------------------- */

/* The address of a socket: IPv4, IPv6 or Unix. A plain value. */
typedef struct ac_address {
    socklen_t length; /* 0: none */
    struct sockaddr_storage storage;
} ac_address;

/* What an address may take as text, with its NUL. */
enum { AC_ADDRESS_TEXT = 128 };

/* Writes an address as text, cut to `size` bytes, and gives `text`: "192.0.2.1:80", "[2001:db8::1]:80",
 * "[fe80::1%eth0]:80", "/run/socket", "@abstract", or "" for one without a name. */
char *ac_address_text(const ac_address *address, char *text, size_t size);
/* The same without the port, and without brackets. */
char *ac_address_host(const ac_address *address, char *text, size_t size);
/* The port; 0 if it is no IP address. */
unsigned ac_address_port(const ac_address *address);

/* size_t n = await ac_resolve(host, port, family, addresses, capacity): the addresses of a name, at most
 * `capacity` (one or more), the best first; of an address as text, itself. `family` is AF_INET, AF_INET6, or
 * 0: both. The name must stay until it is done. It asks the system (getaddrinfo) on threads that do nothing
 * else, so neither the loop nor file work is held up.
 * Throws: ENOENT for an unknown name, and for one without an address of the family; EAGAIN if no name server
 * answers, EIO for other failures; EINVAL for what is no port, family or capacity.
 * Cancelled: at once. */
ac_coro(size_t) ac_resolve(const char *host, unsigned port, int family, ac_address *addresses, size_t capacity);

/* ---- connecting ---------------------------------------------------------------------------------------- */

struct ac_connect_options {
    unsigned port;
    double timeout; /* for all of it, in seconds, as for ac_wait_for; but 0: none of its own */
    int family;     /* AF_INET or AF_INET6; 0: both */
};

/* ac_stream *s = await ac_connect(const char *host, unsigned port, ...options): connects by TCP to a name, or
 * to an address as text; with TCP_NODELAY. Of a name with several addresses, of both families, those that are
 * slow hold nobody up (Happy Eyeballs, RFC 8305): the next one is tried a quarter of a second later, and the
 * first connection is taken. The stream is the caller's: `async with` closes it, or ac_stream_close. The name
 * must stay until it is done. Options, as designated initialisers: .timeout, .family.
 * Throws: ETIMEDOUT; as ac_resolve; the error of the last address tried, which the message names.
 * Cancelled: nothing is left open. */
#define ac_connect(host, ...) ac__connect((host), (struct ac_connect_options){.port = __VA_ARGS__})

/* Connects to a Unix socket; a path that begins with '@' is in the abstract name space. The stream is the
 * caller's. The path must stay until it is done.
 * Throws: ENAMETOOLONG for a path of more than 107 bytes and for an empty or null one; ENOENT, ECONNREFUSED;
 * EAGAIN if the listener's backlog is full. Cancelled: nothing is left open. */
ac_coro(ac_stream *) ac_connect_unix(const char *path);

/* A stream on a descriptor, which it takes over and makes non-blocking: a socket, a pipe, a terminal. Null
 * with errno if it is not open, or there is no memory; then the descriptor stays the caller's, but may be
 * non-blocking already. Reading a regular file so holds up the loop while the disk is waited for;
 * ac_stream_borrow_fd does not. */
ac_stream *ac_stream_from_fd(int fd);

/* A stream on a descriptor that others use, too, and which may be anything, a regular file among them. It
 * stays as it is, blocking or not, and closing the stream leaves it open. Null with errno. */
ac_stream *ac_stream_borrow_fd(int fd);
/* The same for standard input, output and errors. Each call makes a stream with a buffer of its own: of two
 * on one descriptor each keeps what it has read ahead. */
ac_stream *ac_stdin(void);
ac_stream *ac_stdout(void);
ac_stream *ac_stderr(void);

/* ---- reading ------------------------------------------------------------------------------------------- */

/* size_t n = await ac_read(s, buffer, size): gives what is there, at least one byte, at most `size`; waits
 * for it if need be. 0 at the end of input (and for size 0). */
ac_coro(size_t) ac_read(ac_stream *stream, void *buffer, size_t size);

/* Reads just so many bytes.
 * Throws: AC_EINCOMPLETE if the input ends before. On errors and when it is cancelled the bytes that came
 * are in `buffer` and lost to the stream, unless they fit into the stream's limit: then they stay in its
 * buffer, as if never read. */
ac_coro(void) ac_read_exactly(ac_stream *stream, void *buffer, size_t size);

/* char *text = await ac_read_until(s, separator, &size): what comes up to and including the separator (a
 * text of at least one byte). It lies in the stream's buffer, good until the next read or close, with no NUL
 * behind it: what follows is the input that comes next. `size` (may be null) gets its length.
 * Throws: AC_EINCOMPLETE if the input ends before; EMSGSIZE if it would be longer than the stream's limit.
 * The bytes then stay in the buffer. */
ac_coro(char *) ac_read_until(ac_stream *stream, const char *separator, size_t *size);

/* char *line = await ac_read_line(s): the next line without its "\n" or "\r\n", NUL-terminated; null at the
 * end of input. What comes behind the last "\n" is a line, too, if it is not empty. It lies in the stream's
 * buffer, good until the next read or close; it may be changed.
 * Throws: EMSGSIZE if it is longer than the stream's limit; the bytes stay in the buffer. */
ac_coro(char *) ac_read_line(ac_stream *stream);
/* The length of the line that was given last: it may hold NULs. */
size_t ac_line_size(const ac_stream *stream);

/* async for (char *line : ac_lines(s)) ...: the lines that ac_read_line gives, up to the end of input. Throws
 * as it does. Cancelled, or left early: what it has not given stays in the stream. */
ac_gen(char *) ac_lines(ac_stream *stream);

/* How many bytes the stream keeps at most that nobody has taken: the longest line. From 1 (0 counts as 1);
 * 65536 unless set. It counts when more is read: a smaller one drops nothing. */
void ac_stream_set_limit(ac_stream *stream, size_t limit);

/* For parsers that work in place: what has come and not been taken yet, its length in *size (may be 0; then
 * the pointer may be null). Good until the next read or close. */
char *ac_buffered(ac_stream *stream, size_t *size);
/* size_t n = await ac_fill(s): reads once, behind what is in the buffer, which may move. Gives how many bytes
 * came; 0 at the end of input. Throws: EMSGSIZE if the buffer has reached the limit. */
ac_coro(size_t) ac_fill(ac_stream *stream);
/* Takes the first `size` bytes (at most all) out of the buffer; also while another task waits for input. */
void ac_consume(ac_stream *stream, size_t size);

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Writes all of it: ends when the system has taken it, so whoever produces more than the other side takes is
 * held up. The bytes must stay until it is done.
 * Cancelled: a part may have gone out, unless it was still waiting for its turn. */
ac_coro(void) ac_write(ac_stream *stream, const void *bytes, size_t size);
/* The same for text, without its NUL. */
ac_coro(void) ac_write_text(ac_stream *stream, const char *text);
/* The same for several pieces one behind the other, in one system call as a rule. The array may be
 * changed. */
ac_coro(void) ac_writev(ac_stream *stream, struct iovec *parts, int count);

/* The same for a printf-style text, which is made at once. A coroutine of it that is
 * closed unrun leaks the text. */
ac_coro(void) ac_print(ac_stream *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* uint64_t n = await ac_send_file(s, file, offset, size): writes a part of a file, up to its end, and gives
 * how many bytes that were. `offset` and `size` are bytes; the file's position stays, and it must stay open
 * until it is done. On sockets the system sends it (sendfile). What is not in memory a worker thread reads
 * from the disk first, so the loop goes on. Throws: EBADF, EISDIR, ESPIPE ... for what is no file, too. */
ac_coro(uint64_t) ac_send_file(ac_stream *stream, int file, uint64_t offset, uint64_t size);

/* uint64_t n = await ac_copy(from, to): writes everything that comes from one stream to another, until the
 * end of input. Throws the errors of either.
 * Cancelled, and on errors: what was not written to the end stays in the buffer of `from`; a
 * part may have gone out. */
ac_coro(uint64_t) ac_copy(ac_stream *from, ac_stream *to);

/* Half-close: no more is written (who tries gets EPIPE), the other side reads the end of input. Reading goes
 * on. For streams that are not sockets it does nothing. It takes its turn with those that write.
 * Cancelled: the end may not have been said. */
ac_coro(void) ac_write_end(ac_stream *stream);

/* ---- the stream itself --------------------------------------------------------------------------------- */

/* Closes and frees a stream. Whoever reads or writes it gets AC_ECLOSED. Null is fine. It waits for nothing,
 * except for TLS's goodbye, whose errors it drops. Cancelled there: it is closed at once. */
ac_coro(void) ac_stream_close(ac_stream *stream);
/* The same at once, without goodbye; also from plain C that the loop calls. Null is fine. */
void ac_stream_abort(ac_stream *stream);
/* For `async with`, in which it may be closed, too: closes at the end; aborts if there is an error on its
 * way. Of a null stream it throws errno (EINVAL if that is 0). */
ac_coro(ac_stream *) ac_stream_aenter(ac_stream *stream);
ac_coro(void) ac_stream_aexit(ac_stream *stream, const ac_error *error);

/* The descriptor under it, for setsockopt and the like. It stays the stream's; -1 once that is closed. */
int ac_stream_fd(const ac_stream *stream);
/* setsockopt with an int. -1 with errno. */
int ac_stream_set_option(ac_stream *stream, int level, int name, int value);
/* The address of the other side, of this side; -1 with errno if it is no socket or not connected. */
int ac_stream_peer(const ac_stream *stream, ac_address *address);
int ac_stream_local(const ac_stream *stream, ac_address *address);
/* A pointer of the program's; ac_serve sets it (.context). */
void *ac_stream_context(const ac_stream *stream);
void ac_stream_set_context(ac_stream *stream, void *context);

/* ---- listening ----------------------------------------------------------------------------------------- */

typedef struct ac_listener ac_listener;

struct ac_listen_options {
    unsigned port;
    int backlog;     /* connections that may wait; 0 or less, or too many: as many as the system allows */
    bool reuse_port; /* SO_REUSEPORT: several listeners, such as one for each thread, share the connections */
};

/* ac_listener *l = await ac_listen(const char *host, unsigned port, ...options): listens on a name's
 * first address; null is every address, IPv6 and IPv4. Port 0 lets the system choose
 * (ac_listener_port). The listener is the caller's: `async with` closes it, or ac_listener_close.
 * Throws: as ac_connect; EADDRINUSE ... */
#define ac_listen(host, ...) ac__listen((host), (struct ac_listen_options){.port = __VA_ARGS__})

/* Listens on a Unix socket; '@' as in ac_connect_unix. A socket of that path that nobody listens on any more
 * is replaced. Closing the listener removes it. Throws: EADDRINUSE if there is anything else, ENAMETOOLONG
 * as ac_connect_unix. */
ac_coro(ac_listener *) ac_listen_unix(const char *path);

/* A listener on a listening socket, which it takes over and makes non-blocking. Null with errno, as
 * ac_stream_from_fd. */
ac_listener *ac_listener_from_fd(int fd);

/* Waits for a connection and gives its stream, which is the caller's. It may be one that has been given
 * up already: then the first read throws ECONNRESET.
 * Throws: EMFILE, ENFILE ... when descriptors run out; AC_ECLOSED if the listener is closed meanwhile.
 * Cancelled: no connection is taken. */
ac_coro(ac_stream *) ac_accept(ac_listener *listener);

/* The descriptor under it, as ac_stream_fd. */
int ac_listener_fd(const ac_listener *listener);
/* The address it listens at; -1 with errno. */
int ac_listener_address(const ac_listener *listener, ac_address *address);
/* The port of that; 0 for a Unix socket. */
unsigned ac_listener_port(const ac_listener *listener);

/* Closes and frees a listener. Whoever waits in ac_accept gets AC_ECLOSED; ac_serve on it ends
 * gracefully. Null is fine. */
void ac_listener_close(ac_listener *listener);
/* For `async with`, as for streams. */
ac_coro(ac_listener *) ac_listener_aenter(ac_listener *listener);
ac_coro(void) ac_listener_aexit(ac_listener *listener, const ac_error *error);

/* ---- serving ------------------------------------------------------------------------------------------- */

struct ac_serve_options {
    ac_coro(void) (*handler)(ac_stream *stream);
    size_t max_connections; /* at once; further ones wait in the backlog. 0: no limit */
    double grace;           /* seconds for handlers when no listener is open; then they are cancelled */
    void *context;          /* ac_stream_context of each connection; must stay until ac_serve has ended */
};

/* await ac_serve(ac_listener *l, async void (*handler)(ac_stream *), ...options): a task for each
 * connection, which is closed when its handler is done, unless that has closed it. Ends when the listener is
 * closed and all handlers are done.
 * An error that a handler throws is reported on stderr with its trace, unless it says that the other side is
 * gone (ECONNRESET, EPIPE); the others go on. When descriptors or memory run out, it rests until a connection
 * ends, a second at most, and goes on. Options: .max_connections, .grace, .context.
 * Throws: EINVAL for a null handler, and a .grace of NaN or -INFINITY.
 * Cancelled: the handlers are cancelled and awaited; the listener stays the caller's. */
#define ac_serve(listener, ...) ac__serve((listener), (struct ac_serve_options){.handler = __VA_ARGS__})
/* await ac_serve_all(ac_listener *const *listeners, size_t count, handler, ...options): the same for several
 * listeners, whose connections count together. Ends when all are closed. The array must stay until then.
 * Throws: EINVAL if there is none, too. */
#define ac_serve_all(listeners, count, ...) \
    ac__serve_all((listeners), (count), (struct ac_serve_options){.handler = __VA_ARGS__})

/* ---- datagrams ----------------------------------------------------------------------------------------- */

/* A UDP socket. Several tasks may use it. */
typedef struct ac_udp ac_udp;

/* A socket at a local address; null is every IPv4 address, port 0 lets the system choose. It is the caller's:
 * `async with` closes it, or ac_udp_close. The name must stay until it is done.
 * Throws: as ac_resolve; EADDRINUSE, EADDRNOTAVAIL ... Cancelled: nothing is left open. */
ac_coro(ac_udp *) ac_udp_open(const char *host, unsigned port);
/* A socket that sends to one address, and receives from there only. What that side answers to
 * datagrams that nobody takes (ECONNREFUSED) is thrown by the next operation. Name, errors and
 * cancellation as for ac_udp_open. */
ac_coro(ac_udp *) ac_udp_connect(const char *host, unsigned port);

/* size_t n = await ac_udp_receive(u, buffer, size, &from): waits for a datagram and gives its
 * length: if that is more than `size`, the rest is lost. `from` (may be null) gets the sender.
 * Cancelled: no datagram is taken. */
ac_coro(size_t) ac_udp_receive(ac_udp *udp, void *buffer, size_t size, ac_address *from);
/* Sends a datagram; `to` is null for a connected socket. The bytes and `to` must stay until it is done.
 * Throws: EMSGSIZE if it is too long; EDESTADDRREQ if there is no `to` and it is not connected.
 * Cancelled: it is not sent. */
ac_coro(void) ac_udp_send(ac_udp *udp, const void *bytes, size_t size, const ac_address *to);

/* Closes and frees it. Whoever waits gets AC_ECLOSED. Null is fine. */
void ac_udp_close(ac_udp *udp);
/* For `async with`, as for streams. */
ac_coro(ac_udp *) ac_udp_aenter(ac_udp *udp);
ac_coro(void) ac_udp_aexit(ac_udp *udp, const ac_error *error);
/* The descriptor under it, as ac_stream_fd. */
int ac_udp_fd(const ac_udp *udp);
/* Its local address; -1 with errno. */
int ac_udp_address(const ac_udp *udp, ac_address *address);

/* ---- what the macros above are made of ----------------------------------------------------------------- */

ac_coro(ac_stream *) ac__connect(const char *host, struct ac_connect_options options);
ac_coro(ac_listener *) ac__listen(const char *host, struct ac_listen_options options);
ac_coro(void) ac__serve(ac_listener *listener, struct ac_serve_options options);
ac_coro(void) ac__serve_all(ac_listener *const *listeners, size_t count, struct ac_serve_options options);

/* Frames that acc puts into the caller's: see <ac/leaves.h>. */
#define AC__STREAM_LEAVES(type) \
    struct ac__##type##_aenter__frame { \
        struct ac__frame base; \
        type *ac__result, *object; \
    }; \
    struct ac__##type##_aexit__frame { \
        struct ac__frame base; \
        type *object; \
        bool has_error; \
    }; \
    int ac__##type##_aenter__run(struct ac__##type##_aenter__frame *frame, struct ac__task *task, unsigned state, \
                                 type *object); \
    int ac__##type##_aexit__run(struct ac__##type##_aexit__frame *frame, struct ac__task *task, unsigned state, \
                                type *object, const ac_error *error)
AC__STREAM_LEAVES(ac_stream);
AC__STREAM_LEAVES(ac_listener);
AC__STREAM_LEAVES(ac_udp);
#undef AC__STREAM_LEAVES

#ifdef __cplusplus
}
#endif
#endif
