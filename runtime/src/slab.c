/* slab.c: memory for small blocks.
 *
 * A slab is 64 KB, aligned to its size, cut into pieces of one size. A piece costs no header of its own, finds its slab
 * by masking its address, and all pieces can be visited without links through them. Each thread has a heap of slabs.
 *
 * A piece may be given back by another thread than the heap's: it then goes onto the heap's list of returned pieces,
 * which the heap's thread takes in when it is short. A thread that ends leaves a heap with live pieces to the next
 * thread that needs one.
 *
 * A free piece is told from a live one by its first word but one, `mark`, which is zero in free ones; what lives in a
 * piece keeps something else there (a task: its bump stack's top). */
#include "core.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    SLAB = 1 << 16,
    STEP = 16, /* of sizes */
    SIZES = AC__LARGEST_PIECE / STEP + 1,
    FIRST_REGION = 1 << 20,
    LARGEST_REGION = 1 << 24,
    WARM_SLABS = 256 /* free ones that keep their memory */
};

struct piece {
    struct piece *next;
    uintptr_t mark;
};

struct slab {
    struct heap *heap;
    struct slab *next, *previous; /* in the list of those of its size with room, or of free ones */
    struct slab *all_next;        /* of all that the heap ever cut from its regions */
    struct piece *free;
    unsigned used, cut, capacity; /* pieces handed out; cut off so far; that fit */
    unsigned size;
};

enum { FRONT = 64 };
_Static_assert(sizeof(struct slab) <= FRONT, "a slab's header stands in front of its pieces");

/* What was mapped at once; slabs are taken from it front to back. */
struct region {
    struct region *next;
    char *memory;
    size_t size, taken;
};

struct heap {
    struct slab *with_room[SIZES];
    struct slab *free_slabs, *all;
    unsigned free_count;
    unsigned long live;      /* pieces, the returned ones included */
    struct region *regions;  /* the first is the one slabs are taken from */
    struct piece *returned;  /* by other threads */
    struct heap *next;       /* of the heaps without a thread */
};

static __thread struct heap *own_heap;
static pthread_mutex_t orphans_lock = PTHREAD_MUTEX_INITIALIZER;
static struct heap *orphans;
static pthread_key_t at_thread_end;

static struct slab *slab_of(const void *piece)
{
    return (struct slab *)((uintptr_t)piece & ~(uintptr_t)(SLAB - 1));
}

/* ---- lists of slabs ---------------------------------------------------------------------------------------------- */

static void list_push(struct slab **list, struct slab *slab)
{
    slab->previous = NULL;
    slab->next = *list;
    if (*list)
        (*list)->previous = slab;
    *list = slab;
}

static void list_remove(struct slab **list, struct slab *slab)
{
    if (slab->next)
        slab->next->previous = slab->previous;
    if (slab->previous)
        slab->previous->next = slab->next;
    else
        *list = slab->next;
}

static struct slab **room_list(const struct slab *slab)
{
    return &slab->heap->with_room[slab->size / STEP];
}

/* ---- from the system and back ------------------------------------------------------------------------------------ */

static char *map_aligned(size_t size)
{
    char *start = ac__map(size + SLAB), *aligned;
    if (!start)
        return NULL;
    aligned = (char *)(((uintptr_t)start + SLAB - 1) & ~(uintptr_t)(SLAB - 1));
    if (aligned > start)
        munmap(start, (size_t)(aligned - start));
    if (aligned + size < start + size + SLAB)
        munmap(aligned + size, (size_t)(start + SLAB - aligned));
    return aligned;
}

static struct region *region_new(struct heap *heap)
{
    size_t size = heap->regions ? heap->regions->size * 2 : FIRST_REGION;
    struct region *region = ac__allocate(sizeof *region);
    if (!region)
        return NULL;
    if (size > LARGEST_REGION)
        size = LARGEST_REGION;
    *region = (struct region){heap->regions, map_aligned(size), size, 0};
    if (!region->memory) {
        ac__free(region);
        return NULL;
    }
    return heap->regions = region;
}

static struct slab *slab_take(struct heap *heap)
{
    struct slab *slab = heap->free_slabs;
    struct region *region = heap->regions;
    if (slab) {
        list_remove(&heap->free_slabs, slab);
        heap->free_count--;
        return slab;
    }
    if ((!region || region->taken == region->size) && !(region = region_new(heap)))
        return NULL;
    slab = (struct slab *)(void *)(region->memory + region->taken);
    region->taken += SLAB;
    slab->all_next = heap->all;
    slab->heap = heap;
    return heap->all = slab;
}

static void slab_give_back(struct heap *heap, struct slab *slab)
{
    slab->cut = 0; /* nothing to visit */
    list_push(&heap->free_slabs, slab);
    if (heap->free_count++ >= WARM_SLABS)
        madvise((char *)slab + 4096, SLAB - 4096, MADV_DONTNEED);
}

static struct slab *slab_new(struct heap *heap, unsigned size)
{
    struct slab *slab = slab_take(heap);
    if (!slab)
        return NULL;
    slab->free = NULL;
    slab->used = slab->cut = 0;
    slab->size = size;
    slab->capacity = (SLAB - FRONT) / size;
    list_push(room_list(slab), slab);
    return slab;
}

/* ---- heaps ------------------------------------------------------------------------------------------------------- */

static void heap_free(struct heap *heap)
{
    while (heap->regions) {
        struct region *region = heap->regions;
        heap->regions = region->next;
        munmap(region->memory, region->size);
        ac__free(region);
    }
    ac__free(heap);
}

static void piece_free(struct slab *slab, struct piece *piece)
{
    piece->next = slab->free;
    slab->free = piece;
    slab->heap->live--;
    if (slab->used-- == slab->capacity)
        list_push(room_list(slab), slab);
    if (slab->used == 0 && (slab->next || slab->previous)) { /* keeps the last of its size */
        list_remove(room_list(slab), slab);
        slab_give_back(slab->heap, slab);
    }
}

static void take_in_returned(struct heap *heap)
{
    struct piece *piece = __atomic_exchange_n(&heap->returned, NULL, __ATOMIC_ACQUIRE), *next;
    for (; piece; piece = next) {
        next = piece->next;
        piece_free(slab_of(piece), piece);
    }
}

static void leave_heap(void *argument)
{
    struct heap *heap = argument;
    own_heap = NULL;
    take_in_returned(heap);
    if (heap->live == 0) {
        heap_free(heap);
        return;
    }
    pthread_mutex_lock(&orphans_lock);
    heap->next = orphans;
    orphans = heap;
    pthread_mutex_unlock(&orphans_lock);
}

static void make_key(void)
{
    pthread_key_create(&at_thread_end, leave_heap);
}

static struct heap *heap_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct heap *heap;
    pthread_once(&once, make_key);
    pthread_mutex_lock(&orphans_lock);
    heap = orphans;
    if (heap)
        orphans = heap->next;
    pthread_mutex_unlock(&orphans_lock);
    if (!heap && (heap = ac__allocate(sizeof *heap)))
        *heap = (struct heap){0};
    if (heap)
        pthread_setspecific(at_thread_end, heap);
    return own_heap = heap;
}

/* ---- what block.c calls ------------------------------------------------------------------------------------------ */

static struct slab *slab_with_room(unsigned size)
{
    struct heap *heap = own_heap ? own_heap : heap_new();
    if (!heap)
        return NULL;
    take_in_returned(heap);
    return heap->with_room[size / STEP] ? heap->with_room[size / STEP] : slab_new(heap, size);
}

void *ac__piece_take(size_t wanted)
{
    unsigned size = (unsigned)(wanted + STEP - 1) & ~(STEP - 1u);
    struct slab *slab = likely(own_heap) ? own_heap->with_room[size / STEP] : NULL;
    struct piece *piece;
    if (unlikely(!slab) && !(slab = slab_with_room(size)))
        return NULL;
    piece = slab->free;
    if (piece)
        slab->free = piece->next;
    else
        piece = (struct piece *)(void *)((char *)slab + FRONT + (size_t)slab->cut++ * size);
    slab->heap->live++;
    if (unlikely(++slab->used == slab->capacity))
        list_remove(room_list(slab), slab);
    return piece;
}

bool ac__piece_is_own(const void *piece)
{
    return slab_of(piece)->heap == own_heap;
}

void ac__piece_give_back(void *memory)
{
    struct piece *piece = memory;
    struct slab *slab = slab_of(piece);
    piece->mark = 0;
    if (likely(slab->heap == own_heap)) {
        piece_free(slab, piece);
        return;
    }
    piece->next = __atomic_load_n(&slab->heap->returned, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&slab->heap->returned, &piece->next, piece, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
}

void ac__pieces_visit(void (*visit)(void *piece, void *context), void *context)
{
    for (struct slab *slab = own_heap ? own_heap->all : NULL; slab; slab = slab->all_next) {
        for (unsigned i = 0; i < slab->cut; i++) {
            struct piece *piece = (struct piece *)(void *)((char *)slab + FRONT + (size_t)i * slab->size);
            if (piece->mark)
                visit(piece, context);
        }
    }
}

void ac__pieces_trim(void)
{
    struct heap *heap = own_heap;
    if (!heap)
        return;
    take_in_returned(heap);
    if (heap->live)
        return;
    own_heap = NULL;
    pthread_setspecific(at_thread_end, NULL);
    heap_free(heap);
}
