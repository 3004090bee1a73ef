/* sys.c: the seam between the runtime and the system.
 *
 * Every allocation of the runtime comes through here, and every system call that may fail asks here first, so that
 * the test build (AC_FAULTS) can make the n-th of them fail: AC_FAIL_ALLOC=n, AC_FAIL_SYSCALL=n[:errno]. There,
 * AC_CANCEL_AT=n cancels the main task where it suspends for the n-th time. In the ordinary build nothing of this
 * exists. */
#include "core.h"

#include <stdlib.h>
#include <sys/mman.h>

#ifdef AC_FAULTS

static long allocations_left = -1, calls_left = -1, suspensions_left = -1;
static int call_errno = EIO;

__attribute__((constructor)) static void read_environment(void)
{
    const char *allocation = getenv("AC_FAIL_ALLOC"), *call = getenv("AC_FAIL_SYSCALL"), *at = getenv("AC_CANCEL_AT");
    char *rest;
    if (allocation)
        allocations_left = strtol(allocation, NULL, 10);
    if (at)
        suspensions_left = strtol(at, NULL, 10);
    if (!call)
        return;
    calls_left = strtol(call, &rest, 10);
    if (*rest == ':')
        call_errno = (int)strtol(rest + 1, NULL, 10);
}

static bool allocation_fails(void)
{
    return allocations_left >= 0 && __atomic_sub_fetch(&allocations_left, 1, __ATOMIC_RELAXED) == 0;
}

bool ac__syscall_fails(void)
{
    if (calls_left < 0 || __atomic_sub_fetch(&calls_left, 1, __ATOMIC_RELAXED) != 0)
        return false;
    errno = call_errno;
    return true;
}

bool ac__cancels_here(void)
{
    return suspensions_left >= 0 && --suspensions_left == 0;
}

#else

static bool allocation_fails(void)
{
    return false;
}

bool ac__syscall_fails(void)
{
    return false;
}

bool ac__cancels_here(void)
{
    return false;
}

#endif

void *ac__allocate(size_t size)
{
    return allocation_fails() ? NULL : malloc(size);
}

void *ac__allocate_aligned(size_t size, size_t alignment)
{
    if (allocation_fails() || size > SIZE_MAX - alignment)
        return NULL;
    return aligned_alloc(alignment, (size + alignment - 1) & -alignment);
}

void *ac__reallocate(void *block, size_t size)
{
    return allocation_fails() ? NULL : realloc(block, size);
}

void ac__free(void *block)
{
    free(block);
}

void *ac__map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void ac__die(const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fputs("ac: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    abort();
}
