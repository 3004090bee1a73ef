/* talk.h: a server and a client in one process, over a socket pair, so that virtual time and every order are exact. */
#include <ac/http_server.h>
#include <ac/stream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* For what only fails where there is no memory. */
static inline void *checked(void *made)
{
    if (!made) {
        perror("no memory");
        exit(1);
    }
    return made;
}

static inline async void serve_one(ac_http_server *server, int fd)
{
    ac_stream *stream = checked(ac_stream_from_fd(fd));
    defer await ac_stream_close(stream);
    await ac_http_serve(server, stream);
}

/* The client's end of a connection that `server` serves in a task of its own. */
static inline ac_stream *connect_to(ac_http_server *server)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        exit(1);
    ac_coro(void) serving = serve_one(server, ends[0]);
    if (!serving) /* the client would wait for ever */
        exit(1);
    ac_detach(ac_spawn(serving));
    return checked(ac_stream_from_fd(ends[1]));
}

/* Prints what comes until the connection ends, a line as it is but for the dates. */
static inline async void print_rest(ac_stream *stream)
{
    try {
        async for (char *line : ac_lines(stream))
            if (strncmp(line, "Date: ", 6) != 0)
                printf("%s\n", line);
    } catch (e : ECONNRESET) {
        printf("<reset>\n");
    }
    printf("<closed>\n");
}

/* Sends bytes, prints what comes back. */
static inline async void talk_bytes(ac_http_server *server, const char *bytes, size_t size)
{
    ac_stream *stream = connect_to(server);
    defer ac_stream_abort(stream);
    try {
        await ac_write(stream, bytes, size);
    } catch (e : EPIPE, ECONNRESET) {
        /* it has heard enough */
    }
    await print_rest(stream);
}

static inline async void talk(ac_http_server *server, const char *text)
{
    await talk_bytes(server, text, strlen(text));
}

static inline void route(ac_http_server *server, const char *pattern, ac_http_handler *handler)
{
    if (ac_http_route(server, pattern, handler, NULL) < 0) {
        perror(pattern);
        exit(1);
    }
}

#define HOST "Host: a\r\n"
#define CLOSE "Host: a\r\nConnection: close\r\n"
