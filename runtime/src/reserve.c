/* reserve.c: memory for cleaning up when there is none left.
 *
 * A task that undoes something (the await of a `finally`, a `defer`, an N_aexit: AC__UNDOING in abi.h)
 * must be able to, or what it holds is lost; so it gets from here what malloc does not have. So do the
 * tasks that it starts meanwhile.
 *
 * The reserve belongs to the process, and costs nothing until it is used: 64 cells, of which a
 * piece takes as many as it needs, side by side. A word with a bit for each cell is all its
 * state, so any thread may give back. */
#include "system.h"

enum { CELLS = 64, CELL = 2048, FRONT = 64 };

/* In front of each piece, which is aligned to FRONT. */
struct front {
    size_t size;
    uint64_t cells;
};

static _Alignas(FRONT) char memory[CELLS * CELL];
static uint64_t taken;

static struct front *front_of(const void *piece)
{
    return (struct front *)(void *)(memory + ((const char *)piece - memory) - FRONT);
}

/* The first cells that are free, `count` side by side; 0: there are none. */
static uint64_t find(uint64_t used, size_t count)
{
    uint64_t run = count == CELLS ? ~(uint64_t)0 : ((uint64_t)1 << count) - 1;
    for (size_t first = 0; first + count <= CELLS; first++) {
        if (!(used & run << first))
            return run << first;
    }
    return 0;
}

void *ac__reserve_take(size_t size, size_t alignment)
{
    uint64_t before = __atomic_load_n(&taken, __ATOMIC_RELAXED), cells;
    char *piece;
    if (alignment > FRONT || size > sizeof memory - FRONT)
        return NULL;
    do {
        cells = find(before, (size + FRONT + CELL - 1) / CELL);
        if (!cells)
            return NULL;
    } while (!__atomic_compare_exchange_n(&taken, &before, before | cells, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
    piece = memory + (size_t)__builtin_ctzll(cells) * CELL + FRONT;
    *front_of(piece) = (struct front){size, cells};
    return piece;
}

bool ac__reserve_has(const void *piece)
{
    return (uintptr_t)piece - (uintptr_t)memory < sizeof memory;
}

size_t ac__reserve_size(const void *piece)
{
    return front_of(piece)->size;
}

void ac__reserve_give_back(const void *piece)
{
    __atomic_and_fetch(&taken, ~front_of(piece)->cells, __ATOMIC_RELEASE);
}
