/* pair.h: two streams that are connected with each other. */
#include <ac/stream.h>
#include <stdlib.h>

struct pair {
    ac_stream *a, *b;
};

static inline struct pair pair_new(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        exit(1);
    struct pair pair = {ac_stream_from_fd(ends[0]), ac_stream_from_fd(ends[1])};
    if (!pair.a || !pair.b) /* no memory */
        exit(1);
    return pair;
}
