/* leaves.c: what `async with` awaits of streams, listeners and UDP sockets, as frames that lie
 * in the caller's (see <ac/leaves.h>): a block can be entered and left however short memory is,
 * and nothing is left open. */
#include "listener.h"
#include "udp.h"

#include <errno.h>

int ac__fail_code(struct ac__task *task, int code);

/* ---- closing a stream: waits where a goodbye is to be said --------------------------------------------- */

static int end(ac_stream *stream, int status)
{
    ac_stream_abort(stream);
    ac__stream_leave(stream);
    return status;
}

static int ac_stream_aexit_resume(struct ac__frame *base, struct ac__task *task)
{
    struct ac__ac_stream_aexit__frame *frame = (struct ac__ac_stream_aexit__frame *)base;
    ac_stream *stream = frame->object;
    struct ac__frame *child;
    int status;
    if (base->state) {
        child = task->innermost;
        status = task->status;
    } else {
        if (frame->has_error || stream->is_closed || !stream->transport->functions->says_goodbye)
            return end(stream, AC__DONE);
        ac__thread.expected = (const void *)ac_stream_close;
        child = (struct ac__frame *)ac_stream_close(stream);
        if (!child)
            return end(stream, AC__DONE); /* no memory for a goodbye */
        status = ac__go_on(child, task);
    }
    if (status == AC__SUSPENDED) {
        base->state = 1;
        return ac__suspended(base, base->function, child);
    }
    ac__release(child, task);
    return end(stream, status);
}

/* ---- the others: at once ------------------------------------------------------------------------------- */

static int ac_listener_aexit_resume(struct ac__frame *base, struct ac__task *task)
{
    ac_listener *listener = ((struct ac__ac_listener_aexit__frame *)base)->object;
    (void)task;
    ac_listener_close(listener);
    ac__listener_leave(listener);
    return AC__DONE;
}

static int ac_udp_aexit_resume(struct ac__frame *base, struct ac__task *task)
{
    ac_udp *udp = ((struct ac__ac_udp_aexit__frame *)base)->object;
    (void)task;
    ac_udp_close(udp);
    ac__udp_leave(udp);
    return AC__DONE;
}

/* ---- frames -------------------------------------------------------------------------------------------- */

#define ENTER(type, enter) \
    static int type##_aenter_resume(struct ac__frame *base, struct ac__task *task) \
    { \
        struct ac__##type##_aenter__frame *frame = (struct ac__##type##_aenter__frame *)base; \
        if (!frame->object) \
            return ac__fail_code(task, errno ? errno : EINVAL); /* it says why, as a rule */ \
        enter(frame->object); \
        frame->ac__result = frame->object; \
        return AC__DONE; \
    } \
    static const struct ac__function type##_aenter_function = { \
        .resume = type##_aenter_resume, .name = #type "_aenter", .size = sizeof(struct ac__##type##_aenter__frame), \
        .alignment = _Alignof(struct ac__##type##_aenter__frame), \
        .result_offset = offsetof(struct ac__##type##_aenter__frame, ac__result), .result_size = sizeof(type *), \
        .is_enter = true, \
    }; \
    ac_coro(type *) type##_aenter(type *object) \
    { \
        struct ac__##type##_aenter__frame *frame = \
            (void *)ac__frame_new(&type##_aenter_function, (const void *)type##_aenter); \
        if (frame) \
            frame->object = object; \
        return (ac_coro(type *))frame; \
    } \
    int ac__##type##_aenter__run(struct ac__##type##_aenter__frame *frame, struct ac__task *task, unsigned state, \
                                 type *object) \
    { \
        frame->base.function = &type##_aenter_function; \
        frame->base.state = 0; \
        frame->object = object; \
        return (void)state, type##_aenter_resume(&frame->base, task); \
    }

#define EXIT(type) \
    static const struct ac__function type##_aexit_function = { \
        .resume = type##_aexit_resume, .name = #type "_aexit", .size = sizeof(struct ac__##type##_aexit__frame), \
        .alignment = _Alignof(struct ac__##type##_aexit__frame), \
    }; \
    ac_coro(void) type##_aexit(type *object, const ac_error *error) \
    { \
        struct ac__##type##_aexit__frame *frame = \
            (void *)ac__frame_new(&type##_aexit_function, (const void *)type##_aexit); \
        if (frame) { \
            frame->object = object; \
            frame->has_error = error; \
        } \
        return (ac_coro(void))frame; \
    } \
    int ac__##type##_aexit__run(struct ac__##type##_aexit__frame *frame, struct ac__task *task, unsigned state, \
                                type *object, const ac_error *error) \
    { \
        frame->base.function = &type##_aexit_function; \
        frame->base.state = 0; \
        frame->object = object; \
        frame->has_error = error; \
        return (void)state, type##_aexit_resume(&frame->base, task); \
    }

ENTER(ac_stream, ac__stream_enter)
ENTER(ac_listener, ac__listener_enter)
ENTER(ac_udp, ac__udp_enter)
EXIT(ac_stream)
EXIT(ac_listener)
EXIT(ac_udp)
