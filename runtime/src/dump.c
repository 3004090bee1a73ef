/* dump.c: the listing of all tasks: name, state, chain of awaits with places, innermost first, and where each was
 * spawned.
 *
 *     Task-3 (waiting)
 *       at ac_sleep
 *       at fetch (fetch.ac:12)
 *       spawned at fetch.ac:30
 *
 * ac_spawn notes its place (ac__here, one store). Who is started by a combinator finds it when it is asked for: in the
 * chain of the task that watches it.
 *
 * AC_DUMP_SIGNAL names a signal that has every loop print this. Its handler only rings: each loop has an eventfd of its
 * own among its descriptors, and looks at it between steps. */
#include "core.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const char *state_name(const struct ac__task *task)
{
    if (task == ac__thread.task)
        return "running";
    switch (ac__state(task)) {
    case AC__READY: return "ready";
    case AC__BLOCKED: return "waiting";
    case AC__FINISHED: return "finished";
    default: return "new";
    }
}

const char *ac__place_of(const struct ac__frame *frame, char buffer[static AC__PLACE_SIZE])
{
    const struct ac__function *function = frame->function;
    if (!ac__is_users(function))
        return function->name;
    snprintf(buffer, AC__PLACE_SIZE, "%s (%s:%u)", function->name, function->sites[frame->state].file,
             function->sites[frame->state].line);
    return buffer;
}

const struct ac__frame *ac__users_frame(struct ac__task *task)
{
    const struct ac__frame *frame = task->innermost, *outer;
    while (!ac__is_users(frame->function) && (outer = ac__awaiter(task, frame)))
        frame = outer;
    return frame;
}

const char *ac__origin_of(struct ac__task *task, char buffer[static AC__PLACE_SIZE])
{
    const struct ac__waiter *watcher = *ac__joiners(task);
    struct ac__task *parent = watcher ? ac__family_of(watcher) : NULL;
    const struct ac__frame *frame = parent ? ac__users_frame(parent) : NULL;
    if (ac__root(task)->origin)
        return ac__root(task)->origin;
    if (!frame || !ac__is_users(frame->function))
        return NULL;
    snprintf(buffer, AC__PLACE_SIZE, "%s:%u", frame->function->sites[frame->state].file,
             frame->function->sites[frame->state].line);
    return buffer;
}

static void print_frame(const struct ac__frame *frame, FILE *file)
{
    char place[AC__PLACE_SIZE], name[32];
    struct ac__task *awaited = ac__awaited_task(frame);
    fprintf(file, "  at %s%s%s\n", ac__place_of(frame, place), awaited ? " of " : "",
            awaited ? ac__task_name(awaited, name) : "");
}

/* A running task's frames are on the C stack; those below the innermost have not noted where they are. */
static void print_chain(struct ac__task *task, FILE *file)
{
    if (task == ac__thread.task)
        return;
    for (const struct ac__frame *frame = task->innermost; frame; frame = ac__awaiter(task, frame))
        print_frame(frame, file);
}

static void print_task(struct ac__task *task, FILE *file)
{
    char name[32], place[AC__PLACE_SIZE];
    const char *origin = ac__origin_of(task, place);
    fprintf(file, "%s (%s%s)\n", ac__task_name(task, name), state_name(task),
            task->flags & AC__CANCEL ? ", being cancelled" : "");
    print_chain(task, file);
    if (origin)
        fprintf(file, "  spawned at %s\n", origin);
}

static void print_unsorted(struct ac__task *task, void *file)
{
    if (ac__state(task) != AC__FINISHED)
        print_task(task, file);
}

void ac__dump(FILE *file)
{
    size_t count;
    ac_task(void) *all = ac__all_sorted(&count);
    if (!all)
        ac__blocks_visit(print_unsorted, file);
    for (size_t i = 0; i < count; i++)
        print_task((struct ac__task *)all[i], file);
    ac__free(all);
    fflush(file);
}

void ac_dump_tasks(void *file)
{
    ac__loop();
    ac__dump(file);
}

/* ---- AC_DUMP_SIGNAL ---------------------------------------------------------------------------------------------- */

enum { MOST_LOOPS = 64 };

static int bells[MOST_LOOPS]; /* eventfds and one more, so that 0 is none */

static void ring_all(int signal)
{
    int saved = errno;
    uint64_t one = 1;
    (void)signal;
    for (unsigned i = 0; i < MOST_LOOPS; i++) {
        int bell = __atomic_load_n(&bells[i], __ATOMIC_RELAXED);
        if (bell)
            (void)!write(bell - 1, &one, sizeof one);
    }
    errno = saved;
}

/* The number of "SIGUSR1", "USR1" or "10"; 0 if it is none. */
static int number_of(const char *name)
{
    int number = atoi(name);
    if (strncmp(name, "SIG", 3) == 0)
        name += 3;
    for (int i = 1; i < NSIG && !number; i++) {
        if (sigabbrev_np(i) && strcmp(sigabbrev_np(i), name) == 0)
            number = i;
    }
    return number;
}

static bool take_place(int bell)
{
    for (unsigned i = 0; i < MOST_LOOPS; i++) {
        int none = 0;
        if (__atomic_compare_exchange_n(&bells[i], &none, bell + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

static void stop_ringing(int bell)
{
    for (unsigned i = 0; i < MOST_LOOPS; i++) {
        int own = bell + 1;
        __atomic_compare_exchange_n(&bells[i], &own, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    }
    close(bell);
}

void ac__dump_forget(void)
{
    for (unsigned i = 0; i < MOST_LOOPS; i++) {
        if (bells[i])
            stop_ringing(bells[i] - 1);
    }
}

static int bell_new(struct ac__loop *loop)
{
    int bell = ac__syscall_fails() ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bell >= 0 && ac__poll_watch(loop, bell) && take_place(bell))
        return bell;
    if (bell >= 0)
        close(bell);
    return -1;
}

void ac__dump_listen(struct ac__loop *loop)
{
    const char *name = getenv("AC_DUMP_SIGNAL");
    struct sigaction action = {.sa_handler = ring_all, .sa_flags = SA_RESTART};
    loop->dump_bell = -1;
    if (!name || !*name)
        return;
    loop->dump_bell = bell_new(loop);
    if (loop->dump_bell < 0 || sigaction(number_of(name), &action, NULL) < 0)
        fprintf(stderr, "ac: AC_DUMP_SIGNAL=%s: %s\n", name, strerror(errno));
}

void ac__dump_stop_listening(struct ac__loop *loop)
{
    if (loop->dump_bell >= 0)
        stop_ringing(loop->dump_bell);
}

void ac__dump_answer(struct ac__loop *loop)
{
    uint64_t count;
    if (read(loop->dump_bell, &count, sizeof count) > 0)
        ac__dump(stderr);
}
