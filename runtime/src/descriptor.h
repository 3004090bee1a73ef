/* descriptor.h: what a loop knows of a descriptor, for the files that wait for one: poll.c,
 * descriptor.c, io.c. */
#ifndef AC_DESCRIPTOR_H
#define AC_DESCRIPTOR_H

#include "core.h"

/* What a read that brought less than it asked for leaves. Terminals keep further lines, datagram
 * sockets and inotify further items, Unix sockets what comes with or behind a descriptor, TCP sockets
 * what stands behind urgent data. */
enum ac__after_short_read { AC__UNKNOWN, AC__NOTHING, AC__PERHAPS_MORE };

/* An entry of loop->descriptors. */
struct ac__descriptor {
    struct ac__waiter *input, *output, *hangup;
    struct ac__loop **owner; /* made and closed by the library: see ac__descriptor_is_ours. Else null */
    unsigned generation;
    bool is_registered;
    bool is_spent;                  /* nothing to read until the next edge */
    unsigned char after_short_read; /* enum ac__after_short_read */
    bool is_hung_up;                /* the end of input or an error has come */
};

static inline struct ac__descriptor *ac__descriptor_find(const struct ac__loop *loop, int fd)
{
    return fd >= 0 && (unsigned)fd < loop->descriptor_count ? &loop->descriptors[fd] : NULL;
}

/* Did this loop adopt it, and has no other one adopted or closed it since? Then what is known
 * of it can be trusted. */
static inline bool ac__descriptor_is_ours(const struct ac__loop *loop, const struct ac__descriptor *descriptor)
{
    return descriptor->owner && __atomic_load_n(descriptor->owner, __ATOMIC_RELAXED) == loop;
}

/* Which file a number stands for: it changes when the number is closed by ac_close_fd. */
static inline unsigned ac__descriptor_generation(int fd)
{
    const struct ac__descriptor *descriptor = ac__descriptor_find(ac__loop(), fd);
    return descriptor ? descriptor->generation : 0;
}

/* A read has emptied it, and nothing has come since. */
static inline bool ac__descriptor_is_spent(int fd)
{
    const struct ac__loop *loop = ac__loop();
    const struct ac__descriptor *descriptor = ac__descriptor_find(loop, fd);
    return descriptor && descriptor->is_spent && ac__descriptor_is_ours(loop, descriptor);
}

/* ---- poll.c -------------------------------------------------------------------------------------------- */

/* Has epoll watch it, or look again: 0, or an error code; EPERM means that the descriptor is always ready. */
int ac__poll_enter(struct ac__loop *loop, int fd, struct ac__descriptor *descriptor);
void ac__poll_leave(struct ac__loop *loop, int fd, struct ac__descriptor *descriptor);
void ac__poll_wake_all(struct ac__loop *loop, struct ac__waiter **queue);

/* ---- descriptor.c -------------------------------------------------------------------------------------- */

/* 0, or an error code: has epoll watch a descriptor; for EPERM it is always ready. Done before each wait. Who
 * has not tried before `looks`: an event tells, too, what has been ready all along. */
int ac__descriptor_register(int fd, bool looks);
/* Puts a waiter into the queue of a registered descriptor for AC_INPUT, AC_OUTPUT or AC_HANGUP;
 * takes out one that is still there. */
void ac__descriptor_arm(int fd, struct ac__waiter *waiter, unsigned event);
void ac__descriptor_disarm(int fd, struct ac__waiter *waiter, unsigned event);
/* Makes sure that the table knows an open descriptor, so that its closing is counted; in vain
 * if there is no memory. */
void ac__descriptor_note(int fd);
/* Has a registered descriptor hung up already? No event will tell. */
bool ac__descriptor_hung_up(int fd);
/* A read has emptied the descriptor. */
void ac__descriptor_spent(int fd);
/* A read has brought less than it asked for. */
void ac__descriptor_read_short(int fd);
/* True if a read or write could block the thread: not known to be non-blocking. */
bool ac__descriptor_blocks(int fd);

/* ---- io.c ---------------------------------------------------------------------------------------------- */

int ac__io_resume(struct ac__frame *frame, struct ac__task *task);

#endif
