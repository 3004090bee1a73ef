/* pause.h: a place where an async function of a test may wait. Compiled with -DSUSPEND it always does, so the same
 * expectations hold for awaits that are done at once and for awaits that go through the loop. */
#ifndef PAUSE_H
#define PAUSE_H

#include <ac.h>
#include <stdio.h>

#ifdef SUSPEND
#define PAUSE() await ac_yield()
#else
#define PAUSE() ((void)0)
#endif

/* An awaitable value. */
static inline async int value(int v)
{
    PAUSE();
    return v;
}

/* One that shows when it runs. */
static inline async int say(int v)
{
    PAUSE();
    printf("%d ", v);
    return v;
}

#endif
