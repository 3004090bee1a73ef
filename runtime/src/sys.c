/* sys.c: the seam between the runtime and the system: memory, and the end of the process. Every allocation of the
 * runtime comes through here, so that the test build can make one fail (faults.c). */
#include "core.h"

#include <stdlib.h>
#include <sys/mman.h>

void *ac__allocate(size_t size)
{
    return ac__allocation_fails() ? NULL : malloc(size);
}

void *ac__allocate_aligned(size_t size, size_t alignment)
{
    if (ac__allocation_fails() || size > SIZE_MAX - alignment)
        return NULL;
    return aligned_alloc(alignment, (size + alignment - 1) & -alignment);
}

void *ac__reallocate(void *block, size_t size)
{
    return ac__allocation_fails() ? NULL : realloc(block, size);
}

void ac__free(void *block)
{
    free(block);
}

void *ac__map(size_t size)
{
    void *memory = MAP_FAILED;
    if (!ac__allocation_fails())
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
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
