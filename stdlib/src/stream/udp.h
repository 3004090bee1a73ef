/* udp.h: what a UDP socket is made of. */
#ifndef AC_STDLIB_UDP_H
#define AC_STDLIB_UDP_H

#include "stream.h"

struct ac_udp {
    int fd;
    bool is_closed;
    unsigned users; /* tasks that wait for it, and the owner: the last one frees */
    struct ac__retired retired; /* as a stream's */
};

void ac__udp_enter(ac_udp *udp);
void ac__udp_leave(ac_udp *udp);

#endif
