/* ac/leaves.h: the frames of the library's own coroutines that programs await most.
 *
 * acc puts such a frame into the caller's and awaits it by ac__NAME__run, as it does for an async function
 * that is defined above in the same file: no coroutine is made. A function's frame is published by declaring
 * `struct ac__NAME__frame` and `ac__NAME__run(frame, task, state, arguments...)`; a result would be its
 * `ac__result`. The state is always AC__ENTER. Part of <ac.h>; the contents are the library's own.
 *
 * What needs no frame defines ac__NAME__here in place of these: the frame that awaits it, whose state is
 * set, waits itself, and is resumed as if a callee had ended. */
#ifndef AC_LEAVES_H
#define AC_LEAVES_H

#pragma GCC system_header

struct ac__sleep {
    struct ac__frame base;
    union {
        double seconds; /* until it starts */
        struct ac__alarm alarm;
    };
    struct ac__wait wait;
};

/* Waits for a mutex, semaphore or event. */
struct ac__sync {
    struct ac__frame base;
    struct ac__waiter waiter;
    void *object;
};

/* Waits for a descriptor. `attempt` says AC__DONE, AC__FAILED (task->error set) or AC__SUSPENDED to wait
 * until the descriptor is ready. */
struct ac__io {
    struct ac__frame base;
    union {
        size_t size;
        int fd;
    } result;
    struct ac__waiter waiter;
    int (*attempt)(struct ac__io *io, struct ac__task *task);
    int fd;
    unsigned generation; /* of the file that stood behind fd when the wait began */
    bool is_output;      /* what it waits for */
};

/* Waits for a task that it has cancelled. */
struct ac__stopping {
    struct ac__frame base;
    struct ac__waiter waiter;
    struct ac__task *target;
    bool is_interrupted;  /* the caller was cancelled, too */
    bool was_asked_first; /* before it waited */
};

/* Asks a generator for an item, or closes it. */
struct ac__asking {
    struct ac__frame base;
    bool has_item;
    struct ac__frame *generator;
    void *item;
};

#define AC__PUBLISH(name, leaf, ...) \
    struct ac__##name##__frame { \
        struct leaf frame; \
    }; \
    int ac__##name##__run(struct ac__##name##__frame *frame, struct ac__task *task, unsigned state, __VA_ARGS__)

AC__PUBLISH(ac_sleep, ac__sleep, double seconds);
AC__PUBLISH(ac_mutex_lock, ac__sync, ac_mutex *mutex);
AC__PUBLISH(ac_mutex_aenter, ac__sync, ac_mutex *mutex);
AC__PUBLISH(ac_mutex_aexit, ac__sync, ac_mutex *mutex, const ac_error *error);
AC__PUBLISH(ac_sem_acquire, ac__sync, ac_sem *sem);
AC__PUBLISH(ac_sem_aenter, ac__sync, ac_sem *sem);
AC__PUBLISH(ac_sem_aexit, ac__sync, ac_sem *sem, const ac_error *error);
AC__PUBLISH(ac_event_wait, ac__sync, ac_event *event);
AC__PUBLISH(ac_readable, ac__io, int fd);
AC__PUBLISH(ac_writable, ac__io, int fd);
/* These two so that what they clean up is cleaned up without memory, too. */
AC__PUBLISH(ac__stop, ac__stopping, struct ac__task *target);
AC__PUBLISH(ac__gen_close, ac__asking, struct ac__frame *generator);

static __inline int ac__ac_yield__here(struct ac__frame *frame, const struct ac__function *function,
                                       struct ac__task *task)
{
    frame->function = function;
    task->innermost = frame;
    ac__queue_ready(task);
    return AC__SUSPENDED;
}

#undef AC__PUBLISH

#endif
