/* stream.h: what a stream is made of; for the files of this module and for transports such as TLS.
 *
 * A transport moves bytes and never waits: where it cannot go on it says EAGAIN, and the stream waits
 * for the descriptor at the bottom of all transports. A stream adds the buffer, the order of those
 * who use it, and the end. */
#ifndef AC_STDLIB_STREAM_H
#define AC_STDLIB_STREAM_H

#include <ac/net.h>
#include <ac/retire.h>
#include <ac/stream.h>

#include "../buffer.h"
#include "../sys.h"

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

struct ac__transport;

/* Each gives -1 with errno where it fails; EAGAIN: again when the descriptor is ready, `read` for input,
 * the others for output. */
struct ac__transport_functions {
    ssize_t (*read)(struct ac__transport *transport, void *buffer, size_t size); /* 0: end of input */
    ssize_t (*write)(struct ac__transport *transport, const struct iovec *parts, int count);
    int (*flush)(struct ac__transport *transport); /* sends what `write` has only noted; null: nothing is */
    int (*end)(struct ac__transport *transport);   /* half-close, after a flush */
    void (*free)(struct ac__transport *transport); /* frees it and all below, not the descriptor */
    const char *(*message)(const struct ac__transport *transport); /* of the last error; null: strerror's */
    bool (*has_pending)(const struct ac__transport *transport); /* input that needs no descriptor; null: no */
    bool says_goodbye; /* `end` tells the other side, which answers: closing waits for that */
};

struct ac__transport {
    const struct ac__transport_functions *functions;
};

struct ac__descriptor_transport {
    struct ac__transport base;
    int fd;
    uint64_t sent; /* bytes that the system has taken */
};

extern const struct ac__transport_functions ac__descriptor_functions;

/* What ac_serve notes of a connection. */
struct ac__served {
    ac_stream *next, *previous;
    ac_task(void) task;
};

struct ac_stream {
    struct ac__transport *transport;
    struct ac__descriptor_transport bottom;
    struct ac__buffer in;    /* what has come and is not taken yet */
    size_t limit;            /* of it */
    size_t line_size;
    ac_mutex writing;
    unsigned users;          /* tasks that wait for it, and the owner: the last one frees */
    struct ac__retired retired; /* after it was closed the owner leaves when whoever was to begin has begun */
    int broken;              /* the connection has broken off: why; the system says so only once */
    bool is_reading;         /* a task waits for input */
    bool is_closed;
    bool is_borrowed;        /* the descriptor is not to be closed: standard input and output */
    bool is_file, is_warm;   /* a borrowed file: its disk may have to be waited for; it has been */
    void *context;
    struct ac__served served;
};

/* A stream on a descriptor that is non-blocking and ours alone. Null without memory. */
ac_stream *ac__stream_new(int fd);
/* Waits until the descriptor is ready; AC_ECLOSED if the stream is closed, and perhaps freed, meanwhile. */
ac_coro(void) ac__stream_wait(ac_stream *stream, bool is_output);
/* Throws what errno says of the transport's last operation, which failed. */
ac_coro(void) ac__stream_fail(ac_stream *stream);
void ac__stream_enter(ac_stream *stream);
void ac__stream_leave(ac_stream *stream);

/* Waits for this task's turn to write; it keeps the stream until the turn ends. */
ac_coro(void) ac__stream_begin_writing(ac_stream *stream);
void ac__stream_end_writing(ac_stream *stream);
/* In its turn: hands everything to the transport, which may still have to be flushed. */
ac_coro(void) ac__stream_put(ac_stream *stream, struct iovec *parts, int count);
ac_coro(void) ac__stream_flush(ac_stream *stream);
/* What a file is to be read next is not in memory: waits until it is. */
ac_coro(void) ac__stream_warm(ac_stream *stream);
/* Whether a read with RWF_NOWAIT, of which this is the outcome, has done what it could;
 * else a disk is needed. */
static inline bool ac__file_is_near(ssize_t count)
{
    return count >= 0 || !(errno == EAGAIN || errno == EOPNOTSUPP || errno == ENOSYS);
}
/* Reads a part of a file, what is in memory at once, else by a worker; 0 at its end. */
ac_coro(size_t) ac__file_read(int file, void *buffer, size_t size, off_t offset);
/* Brings the next bytes of a file into memory, so that the system has them at hand; blocks. What goes wrong,
 * whoever reads it will be told. */
enum { AC__FILE_AHEAD = 65536 };
void ac__file_warm(int file, off_t offset);
/* Waits until a task is done, whose handle is kept. False: this task was cancelled
 * meanwhile, and it need not be. */
ac_coro(bool) ac__wait_done(ac_task(void) task);

/* "@name" is in the abstract name space. False if the path is too long, or empty. */
bool ac__address_unix(ac_address *address, const char *path);
/* An address given as text. */
bool ac__address_numeric(ac_address *address, const char *host, unsigned port);
/* The same, of a family (0: any), for a name that may be one: false if it is none. Throws EINVAL for what is
 * no port or no family, ENOENT for an address of the other family. */
ac_coro(bool) ac__address_literal(ac_address *address, const char *host, unsigned port, int family);
/* A connected socket. */
ac_coro(int) ac__connect_to(const ac_address *address);
/* The same by name, whichever of its addresses answers first. */
ac_coro(int) ac__connect_first(const char *host, unsigned port, int family);
/* A socket of that address's family; -1 with errno. */
int ac__socket_new(const ac_address *address, int type);

#endif
