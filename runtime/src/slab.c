/* slab.c: memory for small blocks.
 *
 * A slab is 64 KB, aligned to its size, cut into pieces of one size. A piece costs no header of its
 * own, finds its slab by masking its address, and all pieces can be visited without links through them.
 * Each thread has a heap of slabs.
 *
 * A piece may be given back by another thread than the heap's: it then goes onto the heap's list of returned
 * pieces, which the heap's thread takes in when it is short. A thread that ends leaves a heap with live
 * pieces to the next thread that needs one.
 *
 * Slabs with room for more stand in a list for each size, and pieces are taken from its first. That one leaves
 * the list only when a piece is wanted and it has none, so taking and giving back look at nothing but its free
 * pieces and at whether it is in the list.
 *
 * A free piece is told from a live one by its first word but one, `mark`, which is zero in free ones; what
 * lives in a piece keeps something else there (a task: its bump stack's top). */
#include "storage.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    FIRST_REGION = 1 << 20,
    LARGEST_REGION = 1 << 24,
    WARM_SLABS = 256, /* free ones that keep their memory */
    CUT_AT_ONCE = 4096 /* bytes */
};

/* What was mapped at once; slabs are taken from it front to back. */
struct ac__region {
    struct ac__region *next;
    char *memory;
    size_t size, taken;
};

static struct ac__heap no_heap;
__thread struct ac__heap *ac__own_heap = &no_heap;
static pthread_mutex_t orphans_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ac__heap *orphans;
static pthread_key_t at_thread_end;

/* ---- lists of slabs ------------------------------------------------------------------------------------ */

static struct ac__slab **room_list(const struct ac__slab *slab)
{
    return &slab->heap->with_room[slab->size / AC__PIECE_STEP];
}

/* Other threads that give pieces back look at this. */
static void set_listed(struct ac__slab *slab, struct ac__heap *heap)
{
    __atomic_store_n(&slab->listed, heap, __ATOMIC_RELAXED);
}

/* Puts it behind the first, which pieces are taken from. */
static void list_add(struct ac__slab *slab)
{
    struct ac__slab **list = room_list(slab), *first = *list;
    set_listed(slab, slab->heap);
    slab->previous = first;
    slab->next = first ? first->next : NULL;
    if (slab->next)
        slab->next->previous = slab;
    if (first) {
        first->next = slab;
    } else {
        *list = slab;
        slab->used++;
    }
}

static void list_remove(struct ac__slab *slab)
{
    set_listed(slab, NULL);
    if (slab->next)
        slab->next->previous = slab->previous;
    if (slab->previous) {
        slab->previous->next = slab->next;
    } else {
        slab->used--;
        if (slab->next)
            slab->next->used++;
        *room_list(slab) = slab->next;
    }
}

/* ---- from the system and back -------------------------------------------------------------------------- */

static char *map_aligned(size_t size)
{
    char *start = ac__map(size + AC__SLAB), *aligned;
    if (!start)
        return NULL;
    aligned = (char *)(((uintptr_t)start + AC__SLAB - 1) & ~(uintptr_t)(AC__SLAB - 1));
    if (aligned > start)
        munmap(start, (size_t)(aligned - start));
    if (aligned + size < start + size + AC__SLAB)
        munmap(aligned + size, (size_t)(start + AC__SLAB - aligned));
    return aligned;
}

static struct ac__region *region_new(struct ac__heap *heap)
{
    size_t size = heap->regions ? heap->regions->size * 2 : FIRST_REGION;
    struct ac__region *region = ac__allocate(sizeof *region);
    if (!region)
        return NULL;
    if (size > LARGEST_REGION)
        size = LARGEST_REGION;
    *region = (struct ac__region){heap->regions, map_aligned(size), size, 0};
    if (!region->memory) {
        ac__free(region);
        return NULL;
    }
    return heap->regions = region;
}

/* Has the kernel give it its pages at once: by then there are so many pieces that it will be filled, and page
 * faults would take longer than what lives there. Linux 5.14; before, they do. */
static void touch(struct ac__slab *slab)
{
#ifdef MADV_POPULATE_WRITE
    madvise(slab, AC__SLAB, MADV_POPULATE_WRITE);
#else
    (void)slab;
#endif
}

static struct ac__slab *slab_take(struct ac__heap *heap)
{
    struct ac__slab *slab = heap->free_slabs;
    struct ac__region *region = heap->regions;
    if (slab) {
        heap->free_slabs = slab->next;
        heap->free_count--;
        return slab;
    }
    if ((!region || region->taken == region->size) && !(region = region_new(heap)))
        return NULL;
    slab = (struct ac__slab *)(void *)(region->memory + region->taken);
    if (region->next)
        touch(slab);
    region->taken += AC__SLAB;
    slab->all_next = heap->all;
    slab->heap = heap;
    return heap->all = slab;
}

/* None of its pieces is in use, and it is not the first of its size. */
void ac__slab_is_empty(struct ac__slab *slab)
{
    struct ac__heap *heap = slab->heap;
    list_remove(slab);
    slab->cut = 0; /* nothing to visit */
    slab->next = heap->free_slabs;
    heap->free_slabs = slab;
    if (heap->free_count++ >= WARM_SLABS)
        madvise((char *)slab + 4096, AC__SLAB - 4096, MADV_DONTNEED);
}

static struct ac__slab *slab_new(struct ac__heap *heap, unsigned size)
{
    struct ac__slab *slab = slab_take(heap);
    if (!slab)
        return NULL;
    slab->free = NULL;
    slab->used = slab->cut = 0;
    slab->size = size;
    slab->capacity = (AC__SLAB - AC__SLAB_FRONT) / size;
    list_add(slab);
    return slab;
}

static struct ac__piece *piece_at(struct ac__slab *slab, unsigned index)
{
    return (struct ac__piece *)(void *)((char *)slab + AC__SLAB_FRONT + (size_t)index * slab->size);
}

/* Cuts a few free pieces off; the first comes first. False: they are all cut. */
static bool cut_some(struct ac__slab *slab)
{
    unsigned left = slab->capacity - slab->cut, most = CUT_AT_ONCE / slab->size, count = left < most ? left : most;
    char *place = (char *)piece_at(slab, slab->cut);
    struct ac__piece **link = &slab->free;
    for (unsigned i = 0; i < count; i++, place += slab->size) {
        struct ac__piece *piece = (struct ac__piece *)(void *)place;
        piece->mark = 0;
        *link = piece;
        link = &piece->next;
    }
    *link = NULL;
    slab->cut += count;
    return count;
}

/* ---- heaps --------------------------------------------------------------------------------------------- */

static void heap_free(struct ac__heap *heap)
{
    while (heap->regions) {
        struct ac__region *region = heap->regions;
        heap->regions = region->next;
        munmap(region->memory, region->size);
        ac__free(region);
    }
    ac__free(heap);
}

static __attribute__((noinline)) void piece_free(struct ac__slab *slab, struct ac__piece *piece)
{
    piece->next = slab->free;
    slab->free = piece;
    slab->used--;
    if (!slab->listed)
        list_add(slab);
    if (slab->used == 0)
        ac__slab_is_empty(slab);
}

static void take_in_returned(struct ac__heap *heap)
{
    struct ac__piece *piece = __atomic_exchange_n(&heap->returned, NULL, __ATOMIC_ACQUIRE), *next;
    ac__takes_over(&heap->returned);
    for (; piece; piece = next) {
        next = piece->next;
        piece_free(ac__slab_of(piece), piece);
    }
}

static bool is_in_use(const struct ac__heap *heap)
{
    for (const struct ac__slab *slab = heap->all; slab; slab = slab->all_next) {
        if (slab->used > (*room_list(slab) == slab))
            return true;
    }
    return false;
}

static __attribute__((cold)) void leave_heap(void *argument)
{
    struct ac__heap *heap = argument;
    ac__own_heap = &no_heap;
    take_in_returned(heap);
    if (!is_in_use(heap)) {
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

static struct ac__heap *heap_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct ac__heap *heap;
    ac__watch_forks(); /* coroutines may be made before there is a loop */
    pthread_once(&once, make_key);
    pthread_mutex_lock(&orphans_lock);
    heap = orphans;
    if (heap)
        orphans = heap->next;
    pthread_mutex_unlock(&orphans_lock);
    if (!heap && (heap = ac__allocate(sizeof *heap)))
        *heap = (struct ac__heap){0};
    if (heap)
        pthread_setspecific(at_thread_end, heap);
    ac__own_heap = heap ? heap : &no_heap;
    return heap;
}

void ac__slabs_before_fork(void)
{
    pthread_mutex_lock(&orphans_lock);
}

void ac__slabs_after_fork(void)
{
    pthread_mutex_unlock(&orphans_lock);
}

/* ---- what block.c calls -------------------------------------------------------------------------------- */

/* The first of the list that has a free piece; those that have none leave it. */
static struct ac__slab *first_with_room(struct ac__heap *heap, unsigned size)
{
    struct ac__slab *slab;
    while ((slab = heap->with_room[size / AC__PIECE_STEP])) {
        if (slab->free || cut_some(slab))
            break;
        list_remove(slab);
    }
    return slab;
}

static struct ac__slab *slab_with_room(struct ac__heap *heap, unsigned size)
{
    struct ac__slab *slab = first_with_room(heap, size);
    if (slab)
        return slab;
    take_in_returned(heap);
    if (!heap->with_room[size / AC__PIECE_STEP] && !slab_new(heap, size))
        return NULL;
    return first_with_room(heap, size);
}

void *ac__piece_take(size_t wanted)
{
    struct ac__heap *heap = ac__own_heap != &no_heap ? ac__own_heap : heap_new();
    unsigned size = (unsigned)(wanted + AC__PIECE_STEP - 1) & ~(AC__PIECE_STEP - 1u);
    return heap && slab_with_room(heap, size) ? ac__piece_at_hand(size / AC__PIECE_STEP) : NULL;
}

void ac__piece_give_back_slowly(struct ac__piece *piece)
{
    struct ac__slab *slab = ac__slab_of(piece);
    if (likely(slab->heap == ac__own_heap)) {
        piece_free(slab, piece);
        return;
    }
    piece->next = __atomic_load_n(&slab->heap->returned, __ATOMIC_RELAXED);
    ac__hands_over(&slab->heap->returned);
    while (!__atomic_compare_exchange_n(&slab->heap->returned, &piece->next, piece, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
}

void ac__pieces_visit(void (*visit)(void *piece, void *context), void *context)
{
    for (struct ac__slab *slab = ac__own_heap->all; slab; slab = slab->all_next) {
        for (unsigned i = 0; i < slab->cut; i++) {
            struct ac__piece *piece = piece_at(slab, i);
            if (piece->mark)
                visit(piece, context);
        }
    }
}

void ac__pieces_trim(void)
{
    struct ac__heap *heap = ac__own_heap;
    if (heap == &no_heap)
        return;
    take_in_returned(heap);
    if (is_in_use(heap))
        return;
    ac__own_heap = &no_heap;
    pthread_setspecific(at_thread_end, NULL);
    heap_free(heap);
}
