/* debug.c: what the runtime tells about tasks: the listing of all, and steps that take too long. */
#include "core.h"

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

static void print_frame(const struct ac__frame *frame, FILE *file)
{
    const struct ac__function *function = frame->function;
    if (ac__is_users(function))
        fprintf(file, "  at %s (%s:%u)\n", function->name, function->sites[frame->state].file,
                function->sites[frame->state].line);
    else
        fprintf(file, "  at %s\n", function->name);
}

/* A running task's frames are on the C stack; those below the innermost have not noted where they are. */
static void print_task(struct ac__task *task, FILE *file)
{
    char buffer[32];
    fprintf(file, "%s (%s%s)\n", ac__task_name(task, buffer), state_name(task),
            task->flags & AC__CANCEL ? ", being cancelled" : "");
    if (task == ac__thread.task)
        return;
    for (const struct ac__frame *frame = task->innermost; frame; frame = frame->parent)
        print_frame(frame, file);
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
}

void ac_dump_tasks(void *file)
{
    ac__loop();
    ac__dump(file);
}

/* ---- AC_DEBUG=1 -------------------------------------------------------------------------------------------------- */

enum { SLOW_NS = 100000000 };

/* The innermost frame that stands in a program's source. */
static const struct ac__frame *users_frame(const struct ac__frame *frame)
{
    while (frame->parent && !ac__is_users(frame->function))
        frame = frame->parent;
    return frame;
}

void ac__debug_step(struct ac__loop *loop, struct ac__task *task,
                    void (*run)(struct ac__loop *loop, struct ac__task *task))
{
    /* What is printed is read before: the task and its frames may be gone after the step. */
    const struct ac__frame *from = users_frame(task->innermost);
    const struct ac__function *function = from->function;
    unsigned site = from->state, number = task->number;
    int64_t start = ac__read_clock(loop), elapsed;
    run(loop, task);
    elapsed = ac__read_clock(loop) - start;
    if (elapsed <= SLOW_NS)
        return;
    fprintf(stderr, "ac: Task-%u ran for %.3f s without an await that waits\n  from %s", number,
            (double)elapsed / AC__SECOND, function->name);
    if (ac__is_users(function))
        fprintf(stderr, " (%s:%u)", function->sites[site].file, function->sites[site].line);
    fputc('\n', stderr);
}
