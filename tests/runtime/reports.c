// RUN: %cc -std=gnu17 -Wall -Wextra -Werror -I%build/include %s %build/lib/libac.a -o %t
// RUN: not %run %t uncaught 2>&1 | FileCheck %s --check-prefix=UNCAUGHT --match-full-lines --strict-whitespace
// RUN: %run %t unretrieved 2>&1 | FileCheck %s --check-prefix=UNRETRIEVED
// RUN: not %run %t deadlock 2>&1 | FileCheck %s --check-prefix=DEADLOCK
// RUN: not --crash %run %t nested 2>&1 | FileCheck %s --check-prefix=NESTED
// RUN: not --crash %run %t outside 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not --crash %run %t result 2>&1 | FileCheck %s --check-prefix=RESULT
// RUN: not --crash %run %t fork 2>&1 | FileCheck %s --check-prefix=FORK
/* What the runtime says on stderr, and how the process ends. */
#include "frames.h"

#include <sys/wait.h>
#include <unistd.h>

static const char *what;

ASYNC(inner, int, int i;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, ac_yield);
    }
    THROW(2, 777, "value %d", 5);
}
MAKE(inner, int, (void), F->i = 0;)

ASYNC(middle, int, struct ac__thrown *caught; int code;)
{
    int status;
    switch (F->base.state) {
    case 0:
        AWAIT_STATUS(1, inner, inner(), status)
        ac__frame_release_slowly(F->child, task);
        check(status == AC__FAILED);
        ac__trace(task, F->base.function, 1);
        F->caught = ac__catch(task);
        ac__throw_code(task, F->base.function, 3, EINVAL);
        ac__thrown_chain(task, F->caught);
    }
    return AC__FAILED;
}
MAKE(middle, int, (void), F->code = 0;)

ASYNC(outer, int, int i;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, middle);
    }
    RETURN(0);
}
MAKE(outer, int, (void), F->i = 0;)

// UNCAUGHT:error: Invalid argument (EINVAL)
// UNCAUGHT-NEXT:  at middle ({{.*}}reports.c:1003)
// UNCAUGHT-NEXT:  at outer ({{.*}}reports.c:1001)
// UNCAUGHT-NEXT:while handling: value 5 (777)
// UNCAUGHT-NEXT:  at inner ({{.*}}reports.c:1002)
// UNCAUGHT-NEXT:  at middle ({{.*}}reports.c:1001)
// UNCAUGHT-NOT:{{.}}

// UNRETRIEVED: error: Invalid argument (EINVAL)
// UNRETRIEVED: while handling: value 5 (777)
// UNRETRIEVED: error: value 5 (777)
// UNRETRIEVED-NEXT: at inner
// UNRETRIEVED-NEXT: in task 'held'
// UNRETRIEVED-NOT: error
ASYNC(unretrieved, int, ac_task(int) t[3]; int code;)
{
    switch (F->base.state) {
    case 0:
        ac_detach(ac_spawn(outer()));
        F->t[0] = ac_spawn(inner()); /* still held when the loop ends */
        ac_set_name(F->t[0], "he%s", "ld");
        F->t[1] = ac_spawn(inner());
        AWAIT_TASK_CODE(1, F->code, F->t[1], AC__KIND_TASK);
        F->t[1] = ac_spawn(inner());
        ac_cancel(F->t[1]);
        ac_detach(F->t[1]);
        AWAIT(2, ac_yield);
        AWAIT(3, ac_yield);
    }
    RETURN(0);
}
MAKE(unretrieved, int, (void), F->code = 0;)

// DEADLOCK: deadlock
// DEADLOCK-NEXT: Task-1 (waiting)
// DEADLOCK-NEXT: at ac_event_wait
// DEADLOCK-NEXT: at deadlock ({{.*}}reports.c:1001)
static ac_event never = AC_EVENT_INIT;
ASYNC(deadlock, int, int i;)
{
    switch (F->base.state) {
    case 0:
        AWAIT(1, ac_event_wait, &never);
    }
    RETURN(0);
}
MAKE(deadlock, int, (void), F->i = 0;)

// NESTED: ac: ac_run called from a running loop
// RESULT: ac: ac_result of Task-2, which is not finished
// FORK: ac: this is a child made by fork
// OUTSIDE: ac: no event loop runs in this thread
ASYNC(abuse, int, int i;)
{
    int status;
    (void)task;
    switch (F->base.state) {
    case 0:
        if (strcmp(what, "nested") == 0)
            ac_run(inner());
        if (strcmp(what, "result") == 0)
            F->i = ac_result(ac_spawn(inner()));
        if (fork() == 0)
            ac_detach(ac_spawn(inner()));
        wait(&status);
        check(WIFSIGNALED(status));
        abort();
    }
    RETURN(0);
}
MAKE(abuse, int, (void), F->i = 0;)

int main(int argc, char **argv)
{
    if (argc < 2)
        return 0;
    what = argv[1];
    if (strcmp(what, "uncaught") == 0)
        ac_run(outer());
    else if (strcmp(what, "unretrieved") == 0)
        ac_run(unretrieved());
    else if (strcmp(what, "deadlock") == 0)
        ac_run(deadlock());
    else if (strcmp(what, "outside") == 0)
        ac_detach(ac_spawn(inner()));
    else
        ac_run(abuse());
    return 0;
}
