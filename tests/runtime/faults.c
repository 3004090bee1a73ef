// RUN: gcc -std=gnu17 -g -DAC_FAULTS -fsanitize=address,undefined -I%build/include %s %S/../../runtime/src/*.c -o %t
// RUN: %run %t
/* Fails the 1st, 2nd, ... allocation and system call of a program in turn, and cancels its main task at its 1st, 2nd,
 * ... suspension. Each time it must end with that error or none, and, as the address sanitizer watches, leave nothing
 * behind. Against the ordinary runtime, which fails nothing, it just runs. */
#include "frames.h"

#include <ac/net.h>

#include <sys/wait.h>
#include <unistd.h>

static ac_mutex mutex = AC_MUTEX_INIT;

ASYNC(worker, int, int n;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, ac_mutex_lock, &mutex);
        {
            int status;
            AWAIT_STATUS(2, ac_sleep, ac_sleep(0.001 * F->n), status)
            ac__frame_release_slowly(F->child, task);
            ac_mutex_unlock(&mutex);
            if (status == AC__FAILED) {
                ac__trace(task, F->base.function, 2);
                return status;
            }
        }
    }
    RETURN(F->n);
}
MAKE(worker, int, (int n), F->n = n;)

static struct ac__child child(int n, int *into)
{
    return (struct ac__child){(void *)worker(n), AC__KIND_CORO, sizeof(int), into, NULL};
}

ASYNC(combines, int, struct ac__child children[3]; int a; int b; int code; ac_task(int) t; ac_coro(int) items[4];)
{
    int status;
    switch (F->base.state) {
    case 0:
        F->children[0] = child(1, &F->a);
        F->children[1] = child(2, &F->b);
        F->children[2] = child(3, NULL);
        AWAIT(1, ac__gather, F->children, 3);
        check(F->a == 1 && F->b == 2);
        for (int i = 0; i < 4; i++)
            F->items[i] = worker(i);
        AWAIT(2, ac__settle_n, F->items, 4, AC__KIND_CORO, NULL, sizeof(int), NULL);
        AWAIT_STATUS(3, NULL, ac_wait_for(worker(1), 1), status)
        FAIL_OR_RELEASE(3, status)
        F->t = ac_spawn(worker(1));
        ac_set_name(F->t, "named");
        AWAIT_STATUS(4, NULL, ac_shield(F->t), status)
        ac__frame_release_slowly(F->child, task);
        ac_detach(F->t);
        if (status == AC__FAILED)
            return status;
        AWAIT_STATUS(5, NULL, ac_wait_for(worker(100), 0.001), status)
        CATCH_CODE(5, F->code, status)
        ac__frame_release_slowly(F->child, task);
        if (F->code != ETIMEDOUT)
            return ac__throw_code(task, F->base.function, 5, F->code);
    }
    RETURN(0);
}
MAKE(combines, int, (void), F->a = 0;)

ASYNC(server, int, int fd; int connection; size_t n; char byte;)
{
    int status;
    switch (F->base.state) {
    case 0:
        AWAIT_RESULT(1, F->connection, int, ac_fd_accept, F->fd);
        AWAIT_STATUS(2, ac_fd_read, ac_fd_read(F->connection, &F->byte, 1), status)
        ac__frame_release_slowly(F->child, task);
        ac_close_fd(F->connection);
        if (status == AC__FAILED)
            return status;
    }
    RETURN(F->byte);
}
MAKE(server, int, (int fd), F->fd = fd;)

ASYNC(client, int, int fd; unsigned port;)
{
    int status;
    switch (F->base.state) {
    case 0:
        AWAIT_RESULT(1, F->fd, int, ac_tcp_connect, "127.0.0.1", F->port);
        AWAIT_STATUS(2, ac_fd_write, ac_fd_write(F->fd, "x", 1), status)
        ac__frame_release_slowly(F->child, task);
        ac_close_fd(F->fd);
        if (status == AC__FAILED)
            return status;
    }
    RETURN(0);
}
MAKE(client, int, (unsigned port), F->port = port;)

ASYNC(everything, int, int fd; int status; int a; struct ac__child children[2];)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, combines);
        F->fd = ac_tcp_listen("127.0.0.1", 0, 10);
        if (F->fd < 0)
            return ac__throw_code(task, F->base.function, 2, errno);
        F->children[0] = (struct ac__child){(void *)server(F->fd), AC__KIND_CORO, sizeof(int), &F->a, NULL};
        F->children[1] = (struct ac__child){(void *)client((unsigned)ac_tcp_port(F->fd)), AC__KIND_CORO, sizeof(int),
                                            NULL, NULL};
        AWAIT_STATUS(3, ac__gather, ac__gather(F->children, 2), F->status)
        ac__frame_release_slowly(F->child, task);
        ac_close_fd(F->fd);
        if (F->status == AC__FAILED)
            return F->status;
        check(F->a == 'x');
    }
    RETURN(0);
}
MAKE(everything, int, (void), F->fd = -1;)

/* 0, or the error code with which everything ended. */
static int run_once(void)
{
    ac_error error = {0};
    ac_try_run(everything(), NULL, &error);
    check(error.code < 256);
    return error.code;
}

static int run_with(const char *self, const char *variable, int n)
{
    char value[32];
    int status;
    pid_t pid;
    snprintf(value, sizeof value, "%d", n);
    pid = fork();
    check(pid >= 0);
    if (pid == 0) {
        setenv(variable, value, 1);
        execl(self, self, "once", (char *)NULL);
        _exit(99);
    }
    check(waitpid(pid, &status, 0) == pid);
    if (!WIFEXITED(status))
        fprintf(stderr, "%s=%d: signal %d\n", variable, n, WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run_all(const char *self, const char *variable, int expected)
{
    int quiet = 0;
    for (int n = 1; quiet < 15; n++) {
        int code = run_with(self, variable, n);
        if (code != 0 && code != expected)
            fprintf(stderr, "%s=%d: ended with %d\n", variable, n, code);
        check(code == 0 || code == expected);
        quiet = code == 0 ? quiet + 1 : 0;
        check(n < 1000);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return run_once();
    check(run_once() == 0);
    run_all(argv[0], "AC_FAIL_ALLOC", ENOMEM);
    run_all(argv[0], "AC_FAIL_SYSCALL", EIO);
    run_all(argv[0], "AC_CANCEL_AT", ECANCELED);
    puts("ok");
    return 0;
}
