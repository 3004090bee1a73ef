/* mistake.c: leaves that fail before they wait, since they must not be awaited like this: a task that awaits
 * itself, a sleep of NaN. A program that does so again and again still lets others run: such an await counts
 * towards its task's share like one that is ready at once. */
#include "core.h"

/* In the place of the leaf, while its task gives way. */
struct mistake {
    struct ac__frame base;
    struct ac__thrown *error;
};

static int mistake_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct ac__thrown *error = ((struct mistake *)frame)->error;
    if (!ac__interrupted(task))
        return ac__fail(task, error);
    ac__thrown_free(error);
    return ac__fail_code(task, ECANCELED);
}

static const struct ac__function mistake_function = {.resume = mistake_resume,
                                                     .name = "await",
                                                     .size = sizeof(struct mistake),
                                                     .alignment = _Alignof(struct mistake)};

int ac__refuse(struct ac__task *task, struct ac__frame *leaf, struct ac__thrown *error)
{
    if (!ac__share_is_over())
        return ac__fail(task, error);
    ac__assert(leaf->function->size >= sizeof(struct mistake), "a leaf is too small for its mistake");
    leaf->function = &mistake_function;
    ((struct mistake *)leaf)->error = error;
    return ac__yield_at(task, leaf, 1);
}
