// RUN: %cc -std=gnu17 -Wall -Wextra -Werror -I%build/include %s %build/lib/libac.a -o %t && %run %t
/* Descriptors: an echo server and its clients in one process, pipes, closing under a waiter, what epoll refuses. */
#include "frames.h"

#include <ac/net.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 20, ROUNDS = 20, SIZE = 100000 };

ASYNC(echo, int, int fd; size_t n; char buffer[8192];)
{
    switch (F->base.state) {
    case 0:
        for (;;) {
            AWAIT_RESULT(1, F->n, size_t, ac_fd_read, F->fd, F->buffer, sizeof F->buffer);
            if (!F->n)
                break;
            AWAIT(2, ac_fd_write, F->fd, F->buffer, F->n);
        }
        check(ac_close_fd(F->fd) == 0);
    }
    RETURN(0);
}
MAKE(echo, int, (int fd), F->fd = fd;)

ASYNC(server, int, int fd; int connection;)
{
    switch (F->base.state) {
    case 0:
        for (;;) {
            AWAIT_RESULT(1, F->connection, int, ac_fd_accept, F->fd);
            ac_detach(ac_spawn(echo(F->connection)));
        }
    }
    RETURN(0);
}
MAKE(server, int, (int fd), F->fd = fd;)

ASYNC(writer, int, int fd; const char *bytes;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, ac_fd_write, F->fd, F->bytes, SIZE);
        shutdown(F->fd, SHUT_WR);
    }
    RETURN(0);
}
MAKE(writer, int, (int fd, const char *bytes), F->fd = fd; F->bytes = bytes;)

ASYNC(client, int, unsigned port; const char *bytes; int fd; int i; size_t n; size_t got; ac_task(int) w;
      char in[4096];)
{
    switch (F->base.state) {
    case 0:
        AWAIT_RESULT(1, F->fd, int, ac_tcp_connect, "127.0.0.1", F->port);
        for (F->i = 0; F->i < ROUNDS; F->i++) {
            AWAIT(2, ac_fd_write, F->fd, F->bytes + F->i, 10);
            for (F->got = 0; F->got < 10; F->got += F->n)
                AWAIT_RESULT(3, F->n, size_t, ac_fd_read, F->fd, F->in + F->got, 10 - F->got);
            check(memcmp(F->in, F->bytes + F->i, 10) == 0);
        }
        F->w = ac_spawn(writer(F->fd, F->bytes)); /* more than the buffers between hold */
        for (F->got = 0;; F->got += F->n) {
            AWAIT_RESULT(4, F->n, size_t, ac_fd_read, F->fd, F->in, sizeof F->in);
            if (!F->n)
                break;
            check(memcmp(F->in, F->bytes + F->got, F->n) == 0);
        }
        check(F->got == SIZE);
        AWAIT_TASK(5, F->i, int, F->w, AC__KIND_TASK);
        ac_close_fd(F->fd);
    }
    RETURN(0);
}
MAKE(client, int, (unsigned port, const char *bytes), F->port = port; F->bytes = bytes;)

/* What a read, of one byte, ends with. */
ASYNC(reader, int, int fd; int code; char byte;)
{
    switch (F->base.state) {
    case 0:
        AWAIT_CODE(1, F->code, ac_fd_read, F->fd, &F->byte, 1);
    }
    RETURN(F->code);
}
MAKE(reader, int, (int fd), F->fd = fd;)

ASYNC(root, int, ac_task(int) s; ac_task(int) t[CLIENTS]; int fd; int i; int value; char *bytes; int pair[2];)
{
    switch (F->base.state) {
    case 0:
        F->bytes = malloc(SIZE);
        for (int i = 0; i < SIZE; i++)
            F->bytes[i] = (char)(i * 7 + i / 1000);
        F->fd = ac_tcp_listen("127.0.0.1", 0, 100);
        check(F->fd >= 0);
        F->s = ac_spawn(server(F->fd));
        for (F->i = 0; F->i < CLIENTS; F->i++)
            F->t[F->i] = ac_spawn(client((unsigned)ac_tcp_port(F->fd), F->bytes));
        for (F->i = 0; F->i < CLIENTS; F->i++)
            AWAIT_TASK(1, F->value, int, F->t[F->i], AC__KIND_TASK);
        free(F->bytes);

        check(pipe(F->pair) == 0); /* blocking descriptors that are not ours */
        F->t[0] = ac_spawn(reader(F->pair[0]));
        F->t[1] = ac_spawn(reader(F->pair[0]));
        AWAIT(2, ac_sleep, 0.01);
        AWAIT(3, ac_fd_write, F->pair[1], "x", 1);
        AWAIT(4, ac_sleep, 0.01);
        check(ac_done(F->t[0]) + ac_done(F->t[1]) == 1);
        ac_cancel(F->t[0]);
        ac_cancel(F->t[1]);
        for (F->i = 0; F->i < 2; F->i++) {
            AWAIT_TASK(5, F->value, int, F->t[F->i], AC__KIND_TASK);
            check(F->value == 0 || F->value == ECANCELED);
        }
        F->t[0] = ac_spawn(reader(F->pair[0])); /* closed under the waiter */
        AWAIT(6, ac_sleep, 0.01);
        ac_close_fd(F->pair[0]);
        AWAIT_TASK(7, F->value, int, F->t[0], AC__KIND_TASK);
        check(F->value == EBADF);
        AWAIT_CODE(8, F->value, ac_fd_write, F->pair[1], "x", 1); /* no SIGPIPE */
        check(F->value == EPIPE);
        close(F->pair[1]); /* behind the library's back: the numbers come again */
        check(pipe(F->pair) == 0);
        F->t[0] = ac_spawn(reader(F->pair[0]));
        AWAIT(9, ac_sleep, 0.01);
        check(write(F->pair[1], "y", 1) == 1);
        AWAIT_TASK(10, F->value, int, F->t[0], AC__KIND_TASK);
        check(F->value == 0);
        F->i = open("/dev/null", O_RDWR);
        AWAIT(11, ac_readable, F->i);
        AWAIT(12, ac_writable, F->i);
        AWAIT(13, ac_fd_write, F->i, "z", 1);
        AWAIT_CODE(14, F->value, ac_readable, 9999);
        check(F->value == EBADF);
        AWAIT_CODE(15, F->value, ac_tcp_connect, "127.0.0.1", 1);
        check(F->value == ECONNREFUSED);
        AWAIT_CODE(16, F->value, ac_tcp_connect, "nowhere", 1);
        check(F->value == EINVAL);
        ac_cancel(F->s);
        AWAIT_TASK_CODE(17, F->value, F->s, AC__KIND_TASK);
        check(F->value == ECANCELED);
        ac_close_fd(F->fd);
        close(F->i), close(F->pair[0]), close(F->pair[1]);
    }
    RETURN(0);
}
MAKE(root, int, (void), F->i = 0;)

int main(void)
{
    unsetenv("AC_CLOCK");
    ac_run(root());
    check(open("/dev/null", O_RDONLY) == 3); /* nothing is left open */
    puts("ok");
    return 0;
}
