/* share.h: what a task may do in a row that need not wait for the system. */
#ifndef AC_STDLIB_SHARE_H
#define AC_STDLIB_SHARE_H

#include <ac.h>
#include <stdbool.h>

/* Has it used up this task's share? Then others are to run first (ac_yield). */
static inline bool ac__share_is_over(void)
{
    if (__builtin_expect(ac__thread.budget == 0, 0))
        return true;
    ac__thread.budget--;
    return false;
}

#endif
