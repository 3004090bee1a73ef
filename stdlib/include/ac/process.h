/* ac/process.h: child processes: started, talked to by pipes, waited for, and ended for certain.
 *
 *     char *command[] = {"sort", "-n", NULL};
 *     async with (ac_process_output o = await ac_process_run(command, .data = "3\n1\n", .data_size = 4))
 *         printf("%d: %s", o.status, o.output);
 *
 *     async with (ac_process *p = await ac_process_start(command, .input = AC_PIPE, .output = AC_PIPE)) {
 *         await ac_write_text(ac_process_input(p), "3\n1\n");
 *         ac_process_end_input(p);
 *         async for (char *line : ac_lines(ac_process_output_stream(p))) puts(line);
 *     }
 *
 * A process belongs to whoever started it, until ac_process_close, which is what `async with` does: then
 * it is killed if it still runs (unless ac_process_release was called), reaped, its pipes are closed. It is
 * reaped as soon as it ends, so its number is never mistaken for another's; children that the program starts
 * in other ways are left alone.
 * Not for threads without a loop.
 * The virtual clock of AC_CLOCK=virtual does not wait for children: where every other task waits, a time
 * limit around one is over at once. */
#ifndef AC_PROCESS_H
#define AC_PROCESS_H

#include <ac.h>
#include <ac/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

AC__LINK("ac.link:process");

typedef struct ac_process ac_process;

/* Where the input of a child comes from, where its output goes: one of these, or a descriptor from 1 up. That
 * the child gets as it is: most programs cannot use a non-blocking one, such as a stream's. For a pipe
 * between two children, give each an end of pipe2(ends, O_CLOEXEC), and close both. */
enum {
    AC_INHERIT = 0,  /* the program's own */
    AC_PIPE = -1,    /* a stream of the program's: ac_process_input ... */
    AC_NULL = -2,    /* /dev/null */
    AC_TO_OUTPUT = -3 /* for errors: where the output goes */
};

struct ac_process_options {
    char *const *arguments;    /* what the macros below begin with */
    int input, output, errors;
    const char *directory;     /* in which it runs; null: the program's own */
    char *const *environment;  /* "NAME=value" texts up to a null; null: the program's own */
    bool all_descriptors;      /* it gets all that are not close-on-exec; else those three only */
    const void *data;          /* ac_process_run: what it gets as its input; then .input is AC_PIPE */
    size_t data_size;
    size_t limit;              /* of ac_process_communicate: bytes of output, and of errors; 0: 64 MiB */
};

/* ac_process *p = await ac_process_start(char *const *arguments, ...options): starts a program, which is
 * looked for in PATH if its name has no '/'. The last argument is a null. Options as designated initialisers.
 * The arguments and what the options point to must stay until it is done.
 * Where SIGCHLD is ignored, it gets its default action back, for children that nobody may reap unseen.
 * Throws: what posix_spawn or pipe fails with: ENOENT if there is no such program ...; EINVAL for an option
 * that makes no sense, which the message names. Nothing is left then.
 * Does not wait. */
#define ac_process_start(...) ac__process_start((struct ac_process_options){.arguments = __VA_ARGS__})

/* The program's ends of the pipes; null for what is none. They are the process's: not to be closed. */
ac_stream *ac_process_input(const ac_process *process);
ac_stream *ac_process_output_stream(const ac_process *process);
ac_stream *ac_process_error_stream(const ac_process *process);

/* Closes the pipe to the child's input: it reads the end; a task that writes gets AC_ECLOSED, and
 * ac_process_input is null then. Again, and without a pipe, it does nothing. */
void ac_process_end_input(ac_process *process);

/* Its number, from 1. When it has ended it may be another process's. */
int ac_process_pid(const ac_process *process);
/* Has it ended? */
bool ac_process_ended(const ac_process *process);

/* int status = await ac_process_wait(p): waits until it has ended, and gives its exit status; -N if signal N
 * ended it. Any number of tasks, also again later. Who reads no pipe that the child fills waits for ever.
 * Cancelled: the child goes on, its status is not lost. */
ac_coro(int) ac_process_wait(ac_process *process);

/* Sends a signal; signal 0 only asks whether it may. 0, also if it has ended already; or -1 with errno:
 * EPERM, EINVAL for what is no signal. */
int ac_process_kill(ac_process *process, int signal);

/* Kills the process if it still runs (SIGKILL), waits until it is reaped, closes the pipes and frees it. Null
 * is fine. Cancelled: does so all the same, then throws ECANCELED. */
ac_coro(void) ac_process_close(ac_process *process);
/* From now on ac_process_close, also that of `async with`, lets the child go on if it still runs, and does
 * not wait: it closes the pipes and frees the process. The child may outlive the program. While the loop
 * runs, it is still reaped when it ends; until then it takes a descriptor. */
void ac_process_release(ac_process *process);
ac_coro(void) ac_process_aexit(ac_process *process, const ac_error *error);

/* What came of a process. Its texts are the caller's: `async with` frees them, or ac_process_output_free. */
typedef struct ac_process_output {
    int status;                /* as ac_process_wait gives it */
    char *output, *errors;     /* with a '\0' behind them; null for what was no pipe */
    size_t output_size, errors_size;
} ac_process_output;

/* ac_process_output o = await ac_process_communicate(p, data, size): gives the child its input and the end of
 * it, reads what it puts out, all at once, and waits until it has ended. A child that does not read all of
 * its input is fine. Without a pipe, `size` must be 0. The data must stay until it is done. It uses the pipes
 * up: called again it takes no data and gives empty texts.
 * Throws: ENOMEM; EMSGSIZE for more output than the limit; EINVAL for data without a pipe; EBUSY if another
 * task waits to read from one.
 * Cancelled, and on errors: the child goes on; what was read is lost, and its input has
 * ended if writing had begun. */
ac_coro(ac_process_output) ac_process_communicate(ac_process *process, const void *data, size_t size);

/* ac_process_output o = await ac_process_run(char *const *arguments, ...options): starts, communicates,
 * closes. The output is a pipe unless the options say otherwise. What it is given must stay until it is done.
 * Throws: as ac_process_start and ac_process_communicate. Cancelled: the child is killed and reaped. */
#define ac_process_run(...) ac__process_run((struct ac_process_options){.arguments = __VA_ARGS__})

void ac_process_output_free(ac_process_output *output);
ac_coro(void) ac_process_output_aexit(ac_process_output *output, const ac_error *error);

/* ---- what the macros above are made of ----------------------------------------------------------------- */

ac_coro(ac_process *) ac__process_start(struct ac_process_options options);
ac_coro(ac_process_output) ac__process_run(struct ac_process_options options);

#ifdef __cplusplus
}
#endif
#endif
