/* faults.c: faults on demand, in the test build (libac-test; acc -fac-test) only.
 *
 *     AC_FAIL_ALLOC=n          the n-th allocation of the library finds no memory
 *     AC_FAIL_SYSCALL=n        its n-th system call that may fail does, with EIO
 *     AC_FAIL_SYSCALL=n:ENAME  with this error (a name or a number)
 *     AC_FAIL_SYSCALL=n:short  if it is a read or write, it moves one byte only
 *     AC_CANCEL_AT=n           the main task is cancelled where it suspends for the n-th time
 *     AC_CANCEL_AT=n:any       whatever task is the n-th to suspend is cancelled there
 *     AC_COUNT_FAULTS=file     at exit, how many of each there were is written to the file, and how often the random
 *                              order (AC_SEED) had a choice
 *
 * When a loop ends, a mutex that is still locked is reported. */
#include "system.h"

#ifdef AC_FAULTS

#include <stdlib.h>
#include <string.h>

struct target {
    long at; /* 0: none */
    long count;
};

static struct target allocation, call, suspension;
static int call_errno = EIO;
static bool call_is_short, cancels_any;
static long locked, choices;

static int code_of(const char *text)
{
    for (int code = 1; code < 4096; code++) {
        const char *name = strerrorname_np(code);
        if (name && strcmp(name, text) == 0)
            return code;
    }
    return (int)strtol(text, NULL, 10);
}

/* Gives what stands behind the colon; null if nothing does. */
static const char *read_target(struct target *target, const char *variable)
{
    const char *text = getenv(variable);
    char *rest;
    if (!text)
        return NULL;
    target->at = strtol(text, &rest, 10);
    return *rest == ':' ? rest + 1 : NULL;
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *how;
    read_target(&allocation, "AC_FAIL_ALLOC");
    if ((how = read_target(&call, "AC_FAIL_SYSCALL"))) {
        call_is_short = strcmp(how, "short") == 0;
        call_errno = code_of(how);
    }
    if ((how = read_target(&suspension, "AC_CANCEL_AT")))
        cancels_any = strcmp(how, "any") == 0;
}

__attribute__((destructor)) static void write_counts(void)
{
    const char *name = getenv("AC_COUNT_FAULTS");
    FILE *file = name ? fopen(name, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%ld %ld %ld %ld\n", allocation.count, call.count, suspension.count, choices);
    fclose(file);
}

static bool is_the_one(struct target *target)
{
    return __atomic_add_fetch(&target->count, 1, __ATOMIC_RELAXED) == target->at;
}

bool ac__allocation_fails(void)
{
    if (!is_the_one(&allocation))
        return false;
    errno = ENOMEM;
    return true;
}

bool ac__syscall_fails(void)
{
    if (!is_the_one(&call) || call_is_short)
        return false;
    errno = call_errno;
    return true;
}

bool ac__transfer_fails(size_t *size)
{
    if (!is_the_one(&call))
        return false;
    if (call_is_short) {
        *size = *size ? 1 : 0;
        return false;
    }
    errno = call_errno;
    return true;
}

bool ac__cancels_here(bool is_main)
{
    return (is_main || cancels_any) && is_the_one(&suspension);
}

void ac__count_choice(void)
{
    __atomic_add_fetch(&choices, 1, __ATOMIC_RELAXED);
}

void ac__count_locked(int change)
{
    __atomic_add_fetch(&locked, change, __ATOMIC_RELAXED);
}

void ac__report_locked(void)
{
    long count = __atomic_load_n(&locked, __ATOMIC_RELAXED);
    if (count && (allocation.at || call.at || suspension.at))
        fprintf(stderr, "ac: mutexes that are still locked: %ld\n", count);
}

#else

typedef int ac__nothing_here; /* a translation unit is not to be empty */

#endif
