/* memory.c: libcurl's memory. For every request it makes and frees some ninety pieces, of the same few sizes
 * each time; so in a thread that has sessions, what is freed is kept for the next request. That saves a tenth
 * of the instructions of a short request.
 *
 * Each piece is malloc's own, with a head in front that tells its class. Threads without sessions,
 * such as those in which libcurl resolves names, keep nothing; a piece may be freed in another
 * thread than it was made in. */
#include "client.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Present if the program is linked with the address sanitizer, which is to see each piece come and go. */
extern void __asan_init(void) __attribute__((weak));

/* Small classes are STEP bytes apart, head included; the last class is for the receive buffers of 16 KiB. */
enum { STEP = 64, SMALL = 1024, BUFFER = 20480, BUFFER_CLASS = SMALL / STEP, CLASSES, NO_CLASS };
enum { MOST_KEPT = 64, MOST_BUFFERS_KEPT = 8 }; /* of a class */

struct piece {
    _Alignas(max_align_t) unsigned class;
    size_t size;        /* with the head */
    struct piece *next; /* of those kept; lies in what is handed out */
};

enum { HEAD = offsetof(struct piece, next) };
_Static_assert(HEAD % _Alignof(max_align_t) == 0, "what is handed out is aligned as malloc's");

static _Thread_local struct {
    struct piece *kept[CLASSES];
    unsigned count[CLASSES], users;
} pool;

static unsigned class_of(size_t size)
{
    if (size <= SMALL)
        return (unsigned)((size - 1) / STEP);
    return size <= BUFFER && size > BUFFER / 4 * 3 ? BUFFER_CLASS : NO_CLASS;
}

static size_t class_size(unsigned class, size_t size)
{
    return class < BUFFER_CLASS ? (class + 1) * STEP : class == BUFFER_CLASS ? BUFFER : size;
}

static void *make(size_t size)
{
    if (size > SIZE_MAX - HEAD)
        return NULL;
    unsigned class = class_of(size + HEAD);
    struct piece *piece = class < CLASSES ? pool.kept[class] : NULL;
    if (piece) {
        pool.kept[class] = piece->next;
        pool.count[class]--;
    } else {
        size = class_size(class, size + HEAD);
        piece = MEMORY(malloc(size));
        if (!piece)
            return NULL;
        piece->class = class;
        piece->size = size;
    }
    return (char *)piece + HEAD;
}

static struct piece *piece_of(void *memory)
{
    return (struct piece *)((char *)memory - HEAD);
}

static bool is_kept(const struct piece *piece)
{
    if (!pool.users || piece->class == NO_CLASS)
        return false;
    return pool.count[piece->class] < (piece->class == BUFFER_CLASS ? MOST_BUFFERS_KEPT : MOST_KEPT);
}

static void give_back(void *memory)
{
    struct piece *piece = memory ? piece_of(memory) : NULL;
    if (!piece)
        return;
    if (!is_kept(piece)) {
        free(piece);
        return;
    }
    piece->next = pool.kept[piece->class];
    pool.kept[piece->class] = piece;
    pool.count[piece->class]++;
}

static void *resize(void *memory, size_t size)
{
    if (!memory)
        return make(size);
    size_t old = piece_of(memory)->size - HEAD;
    if (size <= old)
        return memory;
    void *larger = make(size);
    if (!larger)
        return NULL;
    memcpy(larger, memory, old);
    give_back(memory);
    return larger;
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = make(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

static void *make_zeroed(size_t count, size_t size)
{
    size_t all;
    void *memory = __builtin_mul_overflow(count, size, &all) ? NULL : make(all);
    return memory ? memset(memory, 0, all) : NULL;
}

CURLcode ac__memory_start(void)
{
    if (__asan_init)
        return curl_global_init(CURL_GLOBAL_DEFAULT);
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, make, give_back, resize, copy_text, make_zeroed);
}

void ac__memory_enter(void)
{
    pool.users++;
}

void ac__memory_leave(void)
{
    if (--pool.users)
        return;
    for (unsigned class = 0; class < CLASSES; class++)
        for (struct piece *piece; (piece = pool.kept[class]); free(piece))
            pool.kept[class] = piece->next;
    memset(pool.count, 0, sizeof pool.count);
}
