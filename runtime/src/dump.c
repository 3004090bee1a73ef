/* dump.c: the listing of all tasks: name, state, chain of awaits with places, innermost first, who
 * awaits it, and where it was spawned.
 *
 *     Task-3 (waiting)
 *       at ac_sleep
 *       at fetch (fetch.ac:12)
 *       awaited by Task-1
 *       spawned at fetch.ac:30
 *
 * Tasks that have failed follow, with their errors, as long as nobody has seen those.
 *
 * ac_spawn notes its place (ac__here, one store). Who is started by a combinator finds it when it is asked
 * for: in the chain of the task that watches it.
 *
 * AC_DUMP_SIGNAL names a signal that has every loop print this: it rings (signal.c), and each loop looks
 * between steps whether it has come again. */
#include "events.h"
#include "joining.h"
#include "observe.h"
#include "storage.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *state_name(const struct ac__task *task)
{
    if (task == ac__thread.task)
        return "running";
    switch (ac__state(task)) {
    case AC__READY: return "ready";
    case AC__BLOCKED: return "waiting";
    case AC__FINISHED: return "failed, seen by nobody";
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
    struct ac__task *parent = watcher && ac__family_of ? ac__family_of(watcher) : NULL;
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
    if (task == ac__thread.task || ac__state(task) == AC__FINISHED)
        return;
    if (ac__gives_way(task))
        fputs("  at ac_yield\n", file);
    for (const struct ac__frame *frame = task->innermost; frame; frame = ac__awaiter(task, frame))
        print_frame(frame, file);
}

static struct ac__task *awaiter_of(const struct ac__waiter *waiter)
{
    struct ac__task *task = waiter->wait.task;
    if (!task && ac__family_of)
        task = ac__family_of(waiter);
    if (!task && ac__watch_of)
        task = ac__watch_of(waiter);
    if (!task && ac__group_of)
        task = ac__group_of(waiter);
    return task;
}

static void print_awaiters(struct ac__task *task, FILE *file)
{
    const struct ac__waiter *first = *ac__joiners(task), *waiter = first;
    char name[32];
    if (!waiter)
        return;
    do {
        struct ac__task *awaiter = awaiter_of(waiter);
        if (awaiter)
            fprintf(file, "  awaited by %s\n", ac__task_name(awaiter, name));
        waiter = waiter->next;
    } while (waiter != first);
}

static void print_task(struct ac__task *task, FILE *file)
{
    char name[32], place[AC__PLACE_SIZE];
    const char *origin = ac__origin_of(task, place);
    fprintf(file, "%s (%s%s)\n", ac__task_name(task, name), state_name(task),
            task->flags & AC__CANCEL ? ", being cancelled" : "");
    print_chain(task, file);
    print_awaiters(task, file);
    if (origin)
        fprintf(file, "  spawned at %s\n", origin);
}

static void print_unsorted(struct ac__task *task, void *file)
{
    if (ac__state(task) != AC__FINISHED)
        print_task(task, file);
}

/* Why others wait, as often as not. */
static void print_unseen(struct ac__task *task, void *file)
{
    if (ac__state(task) != AC__FINISHED || task->status != AC__FAILED || task->flags & AC__RETRIEVED)
        return;
    print_task(task, file);
    ac__error_print(task->error, file);
}

void ac__dump(FILE *file)
{
    size_t count;
    ac_task(void) *all = ac__all_sorted(&count);
    if (!all)
        ac__blocks_visit(print_unsorted, file);
    for (size_t i = 0; i < count; i++)
        print_task((struct ac__task *)all[i], file);
    ac__blocks_visit(print_unseen, file);
    ac__free(all);
    fflush(file);
}

void ac_dump_tasks(void *file)
{
    ac__loop();
    ac__dump(file);
}

/* ---- AC_DUMP_SIGNAL ------------------------------------------------------------------------------------ */

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

void ac__dump_listen(struct ac__loop *loop)
{
    const char *name = getenv("AC_DUMP_SIGNAL");
    int number = name ? number_of(name) : 0, code;
    if (!name || !*name)
        return;
    code = ac__signal_hear(loop, number);
    if (code) {
        fprintf(stderr, "ac: AC_DUMP_SIGNAL=%s: %s\n", name, strerror(code));
        return;
    }
    loop->dump_signal = number;
    loop->dumps_seen = ac__signal_arrivals(number);
}

void ac__dump_answer(struct ac__loop *loop)
{
    unsigned arrivals = ac__signal_arrivals(loop->dump_signal);
    if (arrivals == loop->dumps_seen)
        return;
    loop->dumps_seen = arrivals;
    ac__dump(stderr);
}
