/* Drives the async twins that asyncify --twins makes (kit/twins.py): each runs as a task of its own, without a loop,
 * until it is done, and what calls it sees a plain function. stub/twins.h is the same for plain C. */
#ifndef AC_TWINS_H
#define AC_TWINS_H

#pragma GCC system_header

void abort(void);
void ac__stack_free_slowly(struct ac__task *task);

/* The value of the coroutine `call`, run to its end. */
#define twin_run(call) __extension__ ({ \
    __typeof__((call)(0)) twin_result; \
    twin_drive((struct ac__frame *)(call), (void *)&twin_result, sizeof twin_result); \
    twin_result; })
#define twin_run_void(call) twin_drive((struct ac__frame *)(call), 0, 0)

/* The run of the twin that is the task's root frame is over. */
static __inline void twin_end(struct ac__task *task)
{
    ac__stack_free_slowly(task);
    ac__frame_release_slowly((struct ac__frame *)(task + 1), task);
}

/* How much C stack the awaits of a twin may take before they go on from its driver. */
enum { TWIN_STACK = 1 << 16 };

__attribute__((unused, noinline))
static void twin_drive(struct ac__frame *root, void *result, unsigned long size)
{
    struct ac__thread outer = ac__thread;
    struct ac__task *task = (struct ac__task *)root - 1;
    struct ac__frame *frame = root;
    int status;
    if (!root)
        abort();
    task->innermost = root;
    task->joiners = (struct ac__waiter *)outer.task; /* nobody awaits it, so this is free */
    task->handles = 2;
    task->status = AC__SUSPENDED;
    ac__thread.task = task;
    ac__thread.expected = 0;
    ac__thread.stack_limit = (char *)__builtin_frame_address(0) - TWIN_STACK;
    while ((status = frame->function->resume(frame, task)) != AC__DONE || frame != root) {
        if (status == AC__FAILED)
            abort();
        if (status == AC__DONE) {
            task->status = AC__DONE;
            task->innermost = frame;
            frame = frame->parent;
        } else {
            frame = task->innermost;
        }
    }
    if (size)
        __builtin_memcpy(result, (char *)root + root->function->result_offset, size);
    twin_end(task);
    ac__thread = outer;
}

/* `await twin_pause();` suspends once. */
static int twin_pause_resume(struct ac__frame *frame, struct ac__task *task)
{
    if (frame->state)
        return AC__DONE;
    frame->state = 1;
    task->innermost = frame;
    return AC__SUSPENDED;
}

static const struct ac__function twin_pause_function = {
    .resume = twin_pause_resume, .name = "twin_pause", .size = sizeof(struct ac__frame), .alignment = 8
};

__attribute__((unused)) static void (*twin_pause(void))(struct ac__coro *)
{
    return (void (*)(struct ac__coro *))ac__frame_new(&twin_pause_function, (const void *)twin_pause);
}

/* A function that calls setjmp begins with the first; the second goes around the setjmp and, after a longjmp,
 * ends the runs that it left. */
#define twin_before_jumps() __attribute__((unused)) volatile struct ac__thread twin_thread = ac__thread
#define twin_jumped(value) twin_back((value), &twin_thread)

__attribute__((unused)) static int twin_back(int value, const volatile struct ac__thread *thread)
{
    struct ac__task *task, *outer;
    if (value) {
        for (task = ac__thread.task; task != thread->task; task = outer) {
            outer = (struct ac__task *)task->joiners;
            twin_end(task);
        }
        __builtin_memcpy(&ac__thread, (const void *)thread, sizeof ac__thread);
    }
    return value;
}

#endif
