/* sys.c: the seam between the runtime and the system: memory, and the end of the process. Every allocation of
 * the runtime comes through here, so that the test build can make one fail (faults.c). */
#include "system.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Whoever undoes something gets it from the reserve if need be. */
static void *or_from_reserve(void *found, size_t size, size_t alignment)
{
    const struct ac__task *task = ac__thread.task;
    if (likely(found) || !task || !ac__is_undoing(task))
        return found;
    return ac__reserve_take(size, alignment);
}

void *ac__allocate(size_t size)
{
    return or_from_reserve(ac__allocation_fails() ? NULL : malloc(size), size, 16);
}

void *ac__allocate_aligned(size_t size, size_t alignment)
{
    void *block = NULL;
    if (size > SIZE_MAX - alignment)
        return NULL;
    if (!ac__allocation_fails())
        block = aligned_alloc(alignment, (size + alignment - 1) & -alignment);
    return or_from_reserve(block, size, alignment);
}

/* A block that becomes larger moves into the reserve, or out of it. */
static void *move(void *block, void *moved, size_t old_size, size_t size)
{
    if (!moved)
        return NULL;
    memcpy(moved, block, old_size < size ? old_size : size);
    ac__free(block);
    return moved;
}

void *ac__reallocate(void *block, size_t size)
{
    void *moved;
    if (!block)
        return ac__allocate(size);
    if (unlikely(ac__reserve_has(block)))
        return move(block, ac__allocate(size), ac__reserve_size(block), size);
    moved = ac__allocation_fails() ? NULL : realloc(block, size);
    return likely(moved) ? moved : move(block, or_from_reserve(NULL, size, 16), malloc_usable_size(block), size);
}

void ac__free(void *block)
{
    if (unlikely(ac__reserve_has(block)))
        ac__reserve_give_back(block);
    else
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
