/* check.h: the frame of a program that is run with faults: whatever went wrong, afterwards everything is as before. */
#ifndef CHECK_H
#define CHECK_H

#include <ac.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define ENSURE(condition) \
    ((condition) ? (void)0 : (fprintf(stderr, "%s:%d: " #condition "\n", __FILE__, __LINE__), abort()))

static inline int open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    ENSURE(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* Runs a coroutine; prints "done", or what it failed with. Descriptors and tasks must be gone. */
static inline void run_and_check(ac_coro(void) coroutine)
{
    int before = open_descriptors();
    ac_error error;
    if (ac_try_run(coroutine, NULL, &error))
        puts("done");
    else
        printf("failed: %s\n", error.message);
    ENSURE(open_descriptors() == before);
}

#endif
