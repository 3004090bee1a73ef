/* observe.h: what looks at tasks from outside: the listing of all tasks, AC_DEBUG, AC_TRACE. */
#ifndef AC_OBSERVE_H
#define AC_OBSERVE_H

#include "core.h"

/* ---- dump.c: what each task is at ---------------------------------------------------------------------- */

/* A place as it is printed: "FUNCTION (FILE:LINE)", or "ac_sleep". */
enum { AC__PLACE_SIZE = 256 };
const char *ac__place_of(const struct ac__frame *frame, char buffer[static AC__PLACE_SIZE]);
/* The innermost frame of a suspended task that stands in a program's source; else the root. */
const struct ac__frame *ac__users_frame(struct ac__task *task);
/* Where a task was spawned, "FILE:LINE" or the place of the await that started it; null for the main task. */
const char *ac__origin_of(struct ac__task *task, char buffer[static AC__PLACE_SIZE]);
/* Prints all unfinished tasks. */
void ac__dump(FILE *file);
extern const char ac__gdb; /* gdb.c: has nothing to say but by being linked */
/* AC_DUMP_SIGNAL: the loop is to print them when the signal comes. */
void ac__dump_listen(struct ac__loop *loop);
/* Prints them if it has come. */
void ac__dump_answer(struct ac__loop *loop);

/* ---- debug.c: AC_DEBUG=1 ------------------------------------------------------------------------------- */

extern bool ac__is_observed; /* by AC_DEBUG or AC_TRACE: a step does more than run */
bool ac__debug_wanted(void); /* the same, also before constructors have run */
/* A coroutine's block has been made; it becomes a task; it is to be freed, whoever holds it by mistake. */
void ac__debug_made(struct ac__task *block, struct ac__own *own);
void ac__debug_started(struct ac__own *own);
void ac__debug_before_fork(void);
void ac__debug_after_fork(void);
void ac__debug_free(struct ac__task *block, struct ac__own *own);
_Noreturn void ac__debug_die_consumed(struct ac__frame *coroutine);
/* Dies if the handle has been consumed, as far as can be told. */
void ac__debug_check(struct ac__task *task) __attribute__((cold));
/* Dies also if the program has no handle left that could be consumed now. */
void ac__debug_check_consumed(struct ac__task *task) __attribute__((cold));
/* Reports a handle that is still held when the loop ends. */
void ac__debug_held(struct ac__task *task);
/* Reports a scoped child that has failed while nobody awaits it. */
void ac__debug_ended(struct ac__task *task);
/* Reports the coroutines that the loop has made and nobody started. */
void ac__debug_lost(const struct ac__loop *loop);

static inline void ac__check_handle(struct ac__task *task)
{
    if (unlikely(ac__is_debug))
        ac__debug_check(task);
}

static inline void ac__check_consumed(struct ac__task *task)
{
    if (unlikely(ac__is_debug))
        ac__debug_check_consumed(task);
}

/* Runs one step of a task and reports it if it took long. */
void ac__debug_step(struct ac__loop *loop, struct ac__task *task,
                    void (*run)(struct ac__loop *loop, struct ac__task *task));

/* ---- trace.c: AC_TRACE=FILE ---------------------------------------------------------------------------- */

extern bool ac__is_traced;
void ac__trace_open(struct ac__loop *loop);
/* Writes what has come together. */
void ac__trace_close(void);
void ac__trace_before_fork(void);
void ac__trace_after_fork(bool is_child);

/* What is noted of a step when it begins. */
struct ac__step {
    int64_t start;
    const char *name;
    char place[AC__PLACE_SIZE];
};
void ac__trace_begin(struct ac__step *step, struct ac__task *task);
void ac__trace_end(const struct ac__step *step, struct ac__task *task);

#endif
