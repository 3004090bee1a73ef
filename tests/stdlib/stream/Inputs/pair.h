/* pair.h: two streams that are connected with each other. */
#include <ac/stream.h>

struct pair {
    ac_stream *a, *b;
};

static inline struct pair pair_new(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return (struct pair){0, 0};
    return (struct pair){ac_stream_from_fd(ends[0]), ac_stream_from_fd(ends[1])};
}
