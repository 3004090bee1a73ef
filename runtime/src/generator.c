/* generator.c: generators that are asked and closed by hand, and what generated ones need of the library.
 *
 * A generator's frame is a coroutine's that is entered again for each item (abi.h). `async for` does that
 * itself; here it is done on behalf of a program that holds the handle, so that two of them may meet in one
 * generator: while one is being asked or closed, BUSY is set in its frame's storage. A generator that an
 * `async for` is asking shows itself by its state, unless it runs at this very moment. */
#include "core.h"

#include <string.h>

enum { BUSY = 1u << 8 };

/* Between two items, or not started yet. */
static bool is_resting(const struct ac__frame *generator)
{
    const struct ac__site *sites = generator->function->sites;
    return generator->state == 0 || (sites && sites[generator->state].is_yield);
}

static struct ac__thrown *runs_already(void)
{
    return ac__error_make(EBUSY, "the generator is running already");
}

int ac__generator_close(struct ac__frame *generator, struct ac__task *task)
{
    if (!generator || generator->state == AC__ENDED)
        return AC__DONE;
    if (!is_resting(generator))
        return ac__fail(task, runs_already());
    if (generator->state != 0) {
        generator->state++;
        return ac__start(generator, task);
    }
    if (generator->function->close)
        generator->function->close(generator);
    generator->state = AC__ENDED;
    return AC__DONE;
}

void *ac__generator_allocate(struct ac__task *store, struct ac__task *task, unsigned long size,
                             unsigned long alignment)
{
    void *memory = ac__stack_allocate(store, size, alignment);
    if (!memory)
        task->error = store->error;
    return memory;
}

/* ---- by hand ------------------------------------------------------------------------------------------- */

static bool begin(struct ac__frame *generator)
{
    if (generator->storage & BUSY || !(generator->state == AC__ENDED || is_resting(generator)))
        return false;
    generator->storage |= BUSY;
    return true;
}

static int suspend(struct ac__asking *asking)
{
    asking->base.state = 1;
    return ac__suspended(&asking->base, asking->base.function, asking->generator);
}

/* There is nothing to run. */
static int next_at_once(struct ac__asking *asking, struct ac__task *task)
{
    if (!asking->generator)
        return ac__refuse(task, &asking->base, ac__out_of_memory());
    asking->has_item = false;
    return ac__share_is_over() ? ac__yield_at(task, &asking->base, AC__OVER) : AC__DONE;
}

static int next_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__asking *asking = (struct ac__asking *)frame;
    struct ac__frame *generator = asking->generator;
    int status = task->status;
    if (frame->state == AC__OVER)
        return ac__interrupted(task) ? ac__fail_code(task, ECANCELED) : AC__DONE;
    if (frame->state == 0) {
        if (!generator || (generator->state == AC__ENDED && !(generator->storage & BUSY)))
            return next_at_once(asking, task);
        if (!begin(generator))
            return ac__refuse(task, frame, runs_already());
        status = ac__generator_next(generator, task);
        if (status == AC__SUSPENDED)
            return suspend(asking);
    }
    generator->storage &= ~(unsigned)BUSY;
    asking->has_item = status == AC__DONE && generator->state != AC__ENDED;
    if (asking->has_item && asking->item)
        memcpy(asking->item, ac__result_of(generator), generator->function->result_size);
    return status;
}

static int close_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__asking *asking = (struct ac__asking *)frame;
    struct ac__frame *generator = asking->generator;
    int status = task->status;
    if (frame->state == 0) {
        if (generator && !begin(generator))
            return ac__refuse(task, frame, runs_already());
        status = ac__generator_close(generator, task);
        if (status == AC__SUSPENDED)
            return suspend(asking);
    }
    if (generator)
        generator->storage &= ~(unsigned)BUSY;
    ac__frame_release_slowly(generator, task);
    return status;
}

static const struct ac__function next_function = {
    .resume = next_resume,
    .name = "ac_gen_next",
    .size = sizeof(struct ac__asking),
    .alignment = _Alignof(struct ac__asking),
    .result_offset = offsetof(struct ac__asking, has_item),
    .result_size = sizeof(bool),
    .room = AC__ROOM,
};
static const struct ac__function close_function = {
    .resume = close_resume,
    .name = "ac_gen_close",
    .size = sizeof(struct ac__asking),
    .alignment = _Alignof(struct ac__asking),
    .room = AC__ROOM,
};

static struct ac__frame *asking_new(struct ac__frame *frame, struct ac__frame *generator, void *item)
{
    struct ac__asking *asking = (struct ac__asking *)frame;
    if (asking) {
        asking->generator = generator;
        asking->item = item;
    }
    return frame;
}

ac_coro(bool) ac__gen_next(struct ac__frame *generator, void *item)
{
    struct ac__frame *frame = ac__frame_new(&next_function, (const void *)ac__gen_next);
    return (ac_coro(bool))asking_new(frame, generator, item);
}

ac_coro(void) ac__gen_close(struct ac__frame *generator)
{
    struct ac__frame *frame = ac__frame_new(&close_function, (const void *)ac__gen_close);
    return (ac_coro(void))asking_new(frame, generator, NULL);
}

int ac__ac__gen_close__run(struct ac__ac__gen_close__frame *frame, struct ac__task *task, unsigned state,
                           struct ac__frame *generator)
{
    (void)state;
    frame->frame.generator = generator;
    return ac__enter(&frame->frame.base, task, &close_function);
}
