/* debug.c: AC_DEBUG=1. Steps that take too long. */
#include "core.h"

/* ---- AC_DEBUG=1 -------------------------------------------------------------------------------------------------- */

enum { SLOW_NS = 100000000 };

void ac__debug_step(struct ac__loop *loop, struct ac__task *task,
                    void (*run)(struct ac__loop *loop, struct ac__task *task))
{
    /* What is printed is read before: the task and its frames may be gone after the step. */
    const struct ac__frame *from = ac__users_frame(task);
    char buffer[AC__PLACE_SIZE];
    const char *place = ac__place_of(from, buffer);
    unsigned number = task->number;
    int64_t start = ac__read_clock(loop), elapsed;
    run(loop, task);
    elapsed = ac__read_clock(loop) - start;
    if (elapsed <= SLOW_NS)
        return;
    fprintf(stderr, "ac: Task-%u ran for %.3f s without an await that waits\n  from %s\n", number,
            (double)elapsed / AC__SECOND, place);
}
