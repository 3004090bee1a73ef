/* retire.c: releases what was closed when whoever was to begin with it has begun (see <ac/retire.h>).
 *
 * A call in the ready queue keeps its place in the random order, too, so whatever was ready before it has had its
 * turn. Objects that retire while it is queued wait for the next one. */
#include "core.h"

#include <ac/retire.h>

struct retirement {
    struct ac__callback call;                /* in the ready queue while `leaving` is not empty */
    struct ac__retired *leaving, *following; /* released by this call, and by the next one */
};

static _Thread_local struct retirement retirement; /* of the loop that runs in this thread */

static void release_all(struct ac__retired *list)
{
    while (list) {
        struct ac__retired *first = list;
        list = first->next;
        first->release(first->object);
    }
}

static void queue(void);

/* What is released here may have others retire. */
static void release_leaving(void *unused)
{
    struct ac__retired *leaving = retirement.leaving;
    (void)unused;
    retirement.leaving = retirement.following;
    retirement.following = NULL;
    if (retirement.leaving)
        queue();
    release_all(leaving);
}

/* The loop ends. */
static void dropped(struct ac__callback *call, bool is_dropped)
{
    struct ac__retired *leaving = retirement.leaving, *following = retirement.following;
    (void)call;
    if (!is_dropped)
        return;
    retirement.leaving = retirement.following = NULL;
    release_all(leaving);
    release_all(following);
}

static void queue(void)
{
    retirement.call = (struct ac__callback){.function = release_leaving, .release = dropped, .keeps_place = true};
    ac__callback_queue(&retirement.call);
}

void ac__retire(struct ac__retired *retired, void (*release)(void *object), void *object)
{
    struct ac__retired **list = retirement.leaving ? &retirement.following : &retirement.leaving;
    if (!ac__thread.loop) {
        release(object);
        return;
    }
    *retired = (struct ac__retired){*list, release, object};
    *list = retired;
    if (list == &retirement.leaving)
        queue();
}
