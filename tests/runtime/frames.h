/* frames.h: async functions written by hand, as acc would write them, for tests of the runtime alone.
 *
 *     ASYNC(adder, int, int a; ac_task(int) t;) {
 *         switch (F->base.state) {
 *         case 0:
 *             AWAIT(1, ac_sleep(1));
 *             AWAIT_JOIN(2, F->t);
 *             RETURN(F->a + JOINED(int));
 *         }
 *         UNREACHABLE;
 *     }
 *     MAKE(adder, int, (int a), F->a = a;)
 *
 * An await that fails ends the function unless TRY is in force. */
#ifndef FRAMES_H
#define FRAMES_H

#include <ac.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    char unused;
};
typedef struct unit unit;

#define check(condition) \
    ((condition) ? (void)0 : (fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition), abort()))

#define ASYNC(function, T, ...) \
    struct function##_frame { \
        struct ac__frame base; \
        T result; \
        struct ac__frame *child; \
        struct ac__join join; \
        __VA_ARGS__ \
    }; \
    static int function##_body(struct function##_frame *F, struct ac__task *task); \
    static int function##_resume(struct ac__frame *frame, struct ac__task *task) \
    { \
        return function##_body((struct function##_frame *)frame, task); \
    } \
    static const struct ac__site function##_sites[20] = { \
        {.file = __FILE__, .line = 1000}, {.file = __FILE__, .line = 1001}, {.file = __FILE__, .line = 1002}, \
        {.file = __FILE__, .line = 1003}, {.file = __FILE__, .line = 1004}, \
    }; \
    static const struct ac__function function##_function = { \
        .resume = function##_resume, \
        .name = #function, \
        .sites = function##_sites, \
        .size = sizeof(struct function##_frame), \
        .alignment = _Alignof(struct function##_frame), \
        .result_offset = offsetof(struct function##_frame, result), \
        .result_size = sizeof(T), \
    }; \
    static int function##_body(struct function##_frame *F, struct ac__task *task)

#define MAKE(function, T, parameters, fill) \
    static ac_coro(T) function parameters \
    { \
        struct function##_frame *F = \
            (struct function##_frame *)ac__frame_new(&function##_function, (const void *)function); \
        if (F) { \
            fill \
        } \
        return (ac_coro(T))F; \
    }

/* Awaits a coroutine whose result is of no interest, or read as CHILD_RESULT before anything else is awaited. */
#define AWAIT_STATUS(n, callee, call, outcome) \
    ac__thread.expected = (const void *)callee; \
    F->child = (struct ac__frame *)(call); \
    outcome = ac__go_on(F->child, task); \
    if (outcome == AC__SUSPENDED) { \
        F->base.state = n; \
        return ac__suspended(&F->base, F->base.function, F->child); \
        case n: \
        outcome = task->status; \
    }

#define AWAIT(n, callee, ...) \
    { \
        int status_; \
        AWAIT_STATUS(n, callee, callee(__VA_ARGS__), status_) \
        FAIL_OR_RELEASE(n, status_) \
    }

#define AWAIT_RESULT(n, into, T, callee, ...) \
    { \
        int status_; \
        AWAIT_STATUS(n, callee, callee(__VA_ARGS__), status_) \
        if (status_ == AC__DONE) \
            into = ((struct { struct ac__frame base; T result; } *)F->child)->result; \
        FAIL_OR_RELEASE(n, status_) \
    }

/* Awaits a coroutine; its error's code goes to `code`, 0 if there is none. */
#define AWAIT_CODE(n, code, callee, ...) \
    { \
        int status_; \
        AWAIT_STATUS(n, callee, callee(__VA_ARGS__), status_) \
        CATCH_CODE(n, code, status_) \
        ac__frame_release_slowly(F->child, task); \
    }

#define CATCH_CODE(n, code, outcome) \
    code = 0; \
    if (outcome == AC__FAILED) { \
        ac__trace(task, F->base.function, n); \
        struct ac__thrown *thrown_ = ac__catch(task); \
        code = ac__thrown_code(thrown_); \
        ac__thrown_free(thrown_); \
    }

#define FAIL_OR_RELEASE(n, outcome) \
    ac__frame_release_slowly(F->child, task); \
    if (outcome == AC__FAILED) { \
        ac__trace(task, F->base.function, n); \
        return AC__FAILED; \
    }

#define JOIN_STATUS(n, target, kind, outcome) \
    outcome = ac__join_start(&F->join, task, (void *)(target), kind); \
    if (outcome == AC__SUSPENDED) { \
        F->base.state = n; \
        return ac__suspended(&F->base, F->base.function, &F->join.base); \
        case n: \
        outcome = task->status; \
    }

#define AWAIT_TASK(n, into, T, target, kind) \
    { \
        int status_; \
        JOIN_STATUS(n, target, kind, status_) \
        if (status_ == AC__FAILED) { \
            ac__trace(task, F->base.function, n); \
            return AC__FAILED; \
        } \
        into = *(const T *)ac__join_value(&F->join); \
        ac__join_end(&F->join); \
    }

#define AWAIT_TASK_CODE(n, code, target, kind) \
    { \
        int status_; \
        JOIN_STATUS(n, target, kind, status_) \
        CATCH_CODE(n, code, status_) \
        if (!code) \
            ac__join_end(&F->join); \
    }

#define RETURN(value) \
    do { \
        F->result = (value); \
        return AC__DONE; \
    } while (0)

#define THROW(site, ...) return ac__throw(task, F->base.function, site, __VA_ARGS__)

#endif
