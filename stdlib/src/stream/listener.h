/* listener.h: what a listener is made of. */
#ifndef AC_STDLIB_LISTENER_H
#define AC_STDLIB_LISTENER_H

#include "stream.h"

struct ac_listener {
    int fd;
    bool is_closed;
    ac_event has_changed; /* it was closed, or a connection that ac_serve accepted has ended */
    unsigned users;  /* tasks that wait for it, and the owner: the last one frees */
    struct ac__retired retired; /* as a stream's */
    char *path;      /* of a Unix socket, to be removed if it is still the one we made */
    dev_t device;
    ino_t inode;
};

void ac__listener_enter(ac_listener *listener);
void ac__listener_leave(ac_listener *listener);

#endif
