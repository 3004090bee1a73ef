/* process.c: child processes and signals.
 *
 * The driver itself does next to nothing; nearly all the time it waits for a child. So the
 * signals that would end it stay blocked, and the one place where it waits takes signals, the
 * child's end and its report alike (signalfd, poll). Nothing runs in a signal handler. A signal
 * that was ignored when acc started, as under nohup, stays ignored.
 *
 * acc1 reports its status before it ends: the kernel needs some milliseconds to take libclang
 * out of its memory, and the C compiler can begin meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

/* A command longer than this goes through a response file. */
enum { MAX_COMMAND = 96 * 1024 };

static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
enum { ENDING_SIGNALS = sizeof ending_signals / sizeof *ending_signals };

static void signal_set(sigset_t *set)
{
    struct sigaction action;
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    for (int i = 0; i < ENDING_SIGNALS; i++)
        if (!sigaction(ending_signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
            sigaddset(set, ending_signals[i]);
}

/* What we open must not take the place of a standard descriptor that is closed; reading or
 * writing fails as before. */
static void occupy_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0)
            (void)open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void process_prepare(struct driver *driver)
{
    sigset_t set;
    occupy_standard_descriptors();
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the children's status away */
    signal_set(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    driver->signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (driver->signals < 0)
        fatal("signals cannot be waited for: %s", strerror(errno));
}

static void unblock(void)
{
    sigset_t set;
    signal_set(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static bool is_harmless(const char *word)
{
    return *word && !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%^#")];
}

static void print_command(const struct words *command)
{
    for (size_t i = 0; i < command->count; i++) {
        const char *word = command->word[i];
        putc(' ', stderr);
        if (is_harmless(word)) {
            fputs(word, stderr);
            continue;
        }
        putc('"', stderr);
        for (; *word; word++) {
            if (strchr("\"\\$`", *word))
                putc('\\', stderr);
            putc(*word, stderr);
        }
        putc('"', stderr);
    }
    putc('\n', stderr);
}

static void allow_deep_stack(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= DEEP_STACK)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > DEEP_STACK
                         ? DEEP_STACK
                         : limit.rlim_max;
    setrlimit(RLIMIT_STACK, &limit);
}

/* Lets a standard descriptor of the child be a file. */
static void redirect(int standard, const char *path, int flags)
{
    int descriptor = path ? open(path, flags | O_CLOEXEC, 0600) : -1;
    if (path && (descriptor < 0 || dup2(descriptor, standard) < 0)) {
        fprintf(stderr, "acc: error: %s: %s\n", path, strerror(errno));
        _exit(1);
    }
}

static _Noreturn void child(struct words *command, const struct process_options *options)
{
    unblock();
    redirect(STDIN_FILENO, options->input, O_RDONLY);
    if (options->leads_group)
        setpgid(0, 0);
    if (options->gate)
        dup2(options->gate[1], STDIN_FILENO);
    redirect(STDERR_FILENO, options->messages, O_WRONLY | O_CREAT | O_TRUNC);
    if (options->nests_deeply)
        allow_deep_stack();
    execvp(command->word[0], (char **)command->word);
    fprintf(stderr, "acc: error: '%s' cannot be run: %s\n", command->word[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* Ends the driver as the signal would have, after the child has had its chance to clean up. */
static _Noreturn void end_by(int signal_number, struct driver *driver)
{
    process_kill(&driver->early);
    temporary_remove(&driver->temporary);
    signal(signal_number, SIG_DFL);
    unblock();
    raise(signal_number);
    _exit(128 + signal_number);
}

/* Whether it has ended or said how it will end: its wait status. */
static bool has_finished(const struct process *process, int *report, int *status)
{
    unsigned char byte;
    ssize_t count = *report < 0 ? -1 : recv(*report, &byte, 1, MSG_DONTWAIT);
    if (count == 1)
        *status = W_EXITCODE(byte, 0);
    if (count == 0)
        *report = -1; /* it ends without one */
    return count == 1 || waitpid(process->pid, status, WNOHANG) == process->pid;
}

static void close_pipe(struct process *process)
{
    if (process->pipe)
        close(process->pipe);
    process->pipe = 0;
}

/* As much of the text as the pipe takes. */
static void feed(struct process *process)
{
    ssize_t count = write(process->pipe, process->text, process->length);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    process->text += count < 0 ? 0 : count;
    process->length -= count < 0 ? process->length : (size_t)count;
    if (!process->length)
        close_pipe(process);
}

/* Waits for a signal, something to read in the report, or room in the pipe. Returns the signal, or 0. */
static int next_signal(const struct driver *driver, struct process *process, int report)
{
    struct signalfd_siginfo signal_info;
    struct pollfd sources[] = {{.fd = driver->signals, .events = POLLIN},
                               {.fd = report, .events = POLLIN},
                               {.fd = process->pipe ? process->pipe : -1, .events = POLLOUT}};
    if (poll(sources, 3, -1) < 1)
        return 0;
    if (sources[2].revents)
        feed(process);
    if (!sources[0].revents)
        return 0;
    ssize_t size = read(driver->signals, &signal_info, sizeof signal_info);
    return size == sizeof signal_info ? (int)signal_info.ssi_signo : 0;
}

/* Waits for the child to finish; returns its wait status. */
static int wait_for(struct driver *driver, struct process *process)
{
    int status, number, ending = 0, report = process->report ? process->report : -1;
    while (!has_finished(process, &report, &status)) {
        number = next_signal(driver, process, report);
        if (!number || number == SIGCHLD)
            continue;
        pid_t target = process->leads_group ? -process->pid : process->pid;
        kill(target, ending ? SIGKILL : number); /* a second signal: it has had its time */
        ending = number;
    }
    close_pipe(process);
    process->pid = 0;
    if (ending)
        end_by(ending, driver);
    return status;
}

static size_t command_size(const struct words *command)
{
    size_t size = 0;
    for (size_t i = 0; i < command->count; i++)
        size += strlen(command->word[i]) + 1;
    return size;
}

/* The command, its arguments moved to a file where they are too long for the system. */
static struct words *shortened(struct driver *driver, struct words *command)
{
    if (command_size(command) < MAX_COMMAND)
        return command;
    struct words *result = arena_allocate(command->arena, sizeof *result);
    const char *name = arena_format(command->arena, "arguments%u", driver->argument_files++);
    const char *path = temporary_path(&driver->temporary, 0, name);
    result->arena = command->arena;
    words_write_response(command, 1, path);
    words_add(result, command->word[0]);
    words_add(result, arena_format(command->arena, "@%s", path));
    return result;
}

/* acc1's command, so that it waits and reports. */
static struct words *waiting(const struct words *command)
{
    struct words *result = arena_allocate(command->arena, sizeof *result);
    result->arena = command->arena;
    words_add(result, command->word[0]);
    words_add(result, "--wait");
    for (size_t i = 1; i < command->count; i++)
        words_add(result, command->word[i]);
    return result;
}

struct process process_start(struct driver *driver, struct words *command,
                             const struct process_options *options)
{
    struct process process = {
        .name = command->word[0],
        .is_translator = options->is_translator,
        .leads_group = options->leads_group,
        .report = options->gate ? options->gate[0] : 0,
    };
    if (options->is_verbose || options->is_dry_run)
        print_command(command);
    if (options->is_dry_run)
        return process;
    if (options->gate)
        command = waiting(command); /* not printed: by hand, its input is there */
    command = shortened(driver, command);
    fflush(NULL);
    process.pid = fork();
    if (process.pid < 0)
        fatal("no process can be made: %s", strerror(errno));
    if (process.pid == 0)
        child(command, options);
    if (options->leads_group)
        setpgid(process.pid, process.pid); /* whoever is first */
    return process;
}

/* Others come from outside: a limit, or whoever ends processes. */
static bool is_crash(int signal_number)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        if (crashes[i] == signal_number)
            return true;
    return false;
}

int process_finish(struct driver *driver, struct process *process)
{
    if (!process->pid)
        return 0;
    int status = wait_for(driver, process);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    if (WTERMSIG(status) == SIGPIPE) /* whoever read its output has seen enough */
        return 1;
    fprintf(stderr, "acc: error: %s was ended by signal %d (%s)\n", process->name, WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    if (process->is_translator && is_crash(WTERMSIG(status)))
        fputs("acc: note: this is a fault in acc, not in the program; please report it\n", stderr);
    return 1;
}

int process_run(struct driver *driver, struct words *command, const struct process_options *options)
{
    struct process process = process_start(driver, command, options);
    return process_finish(driver, &process);
}

void process_kill(struct process *process)
{
    if (process->pid) {
        kill(-process->pid, SIGKILL);
        waitpid(process->pid, NULL, 0);
    }
    close_pipe(process);
    process->pid = 0;
}

void process_reap(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        ;
}

void messages_print(const char *path)
{
    FILE *file = fopen(path, "r");
    char block[4096];
    size_t count;
    while (file && (count = fread(block, 1, sizeof block, file)) > 0)
        fwrite(block, 1, count, stderr);
    if (file)
        fclose(file);
}

_Noreturn void process_become(struct words *command, bool is_verbose)
{
    static const struct process_options plain;
    if (is_verbose)
        print_command(command);
    fflush(NULL);
    child(command, &plain);
}

/* In the child whose output is read: both standard streams of output go there. */
static _Noreturn void answer_child(struct words *command, int output)
{
    static const struct process_options plain;
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    child(command, &plain);
}

void process_read(const struct words *command, const char *argument, char *answer, size_t size)
{
    struct words asked = {.arena = command->arena};
    int ends[2];
    size_t length = 0;
    ssize_t count;
    for (size_t i = 0; i < command->count; i++)
        words_add(&asked, command->word[i]);
    words_add(&asked, argument);
    if (pipe2(ends, O_CLOEXEC))
        fatal("no pipe can be made: %s", strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        fatal("no process can be made: %s", strerror(errno));
    if (pid == 0)
        answer_child(&asked, ends[1]);
    close(ends[1]);
    while (length + 1 < size && (count = read(ends[0], answer + length, size - 1 - length)) > 0)
        length += (size_t)count;
    answer[length] = '\0';
    close(ends[0]);
    waitpid(pid, NULL, 0);
}
