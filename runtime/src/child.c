/* child.c: waiting for the end of a child process.
 *
 * A pidfd (Linux 5.3) becomes readable when its process ends, so a child is waited for like any descriptor:
 * nothing is done about SIGCHLD, and other children of the program are left alone. */
#include "descriptor.h"
#include "storage.h"

#include <ac/net.h>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    struct ac__io io; /* its result is the status; the descriptor: -1 until there is one */
    pid_t pid;
};

/* 0 or an error code. */
static int open_pidfd(struct child *child)
{
    int fd = ac__syscall_fails() ? -1 : (int)syscall(SYS_pidfd_open, child->pid, 0); /* close-on-exec by itself */
    if (fd < 0)
        return errno == ESRCH ? ECHILD : errno;
    if (ac_fd_adopt(fd)) {
        child->io.fd = fd;
        return 0;
    }
    close(fd);
    return ENOMEM;
}

/* Has it ended? If so, it is reaped. */
static int child_attempt(struct ac__io *io, struct ac__task *task)
{
    struct child *child = container_of(io, struct child, io);
    int status = 0, code;
    pid_t pid;
    do
        pid = ac__syscall_fails() ? -1 : waitpid(child->pid, &status, WNOHANG);
    while (pid < 0 && errno == EINTR);
    if (pid < 0)
        return ac__fail_code(task, errno);
    if (pid == child->pid) {
        io->result.fd = status;
        return AC__DONE;
    }
    code = io->fd < 0 ? open_pidfd(child) : 0;
    return code ? ac__fail_code(task, code) : AC__SUSPENDED;
}

static int child_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct child *child = (struct child *)frame;
    int status;
    if (child->pid <= 0) /* waitpid would take any child */
        return ac__refuse(task, frame, ac__error_make(EINVAL, NULL));
    status = ac__io_resume(frame, task);
    if (status != AC__SUSPENDED && child->io.fd >= 0)
        ac_close_fd(child->io.fd);
    return status;
}

static const struct ac__function child_function = {
    .resume = child_resume,
    .name = "ac_wait_pid",
    .size = sizeof(struct child),
    .alignment = _Alignof(struct child),
    .result_offset = offsetof(struct child, io.result),
    .result_size = sizeof(int),
};

ac_coro(int) ac_wait_pid(int pid)
{
    struct child *child = (struct child *)ac__frame_new(&child_function, (const void *)ac_wait_pid);
    if (!child)
        return (ac_coro(int))ac__frame_none();
    child->io.attempt = child_attempt;
    child->io.fd = -1;
    child->io.is_output = false;
    child->pid = pid;
    return (ac_coro(int))child;
}
