/* util.c: arenas, interned names, growing text, and how the process ends when something is wrong. */
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- arenas: chunks that are only ever added to ---------------------------------------------- */

enum { ALIGNMENT = 16, CHUNK_SIZE = 256 * 1024, EXIT_INTERNAL = 70 };

struct chunk {
    struct chunk *next;
    size_t size;
    _Alignas(ALIGNMENT) char bytes[];
};

struct name {
    const char *text;
    uint32_t length, hash;
};

struct arena {
    struct chunk *chunks;
    char *next, *end;
    struct name *names; /* a hash table with open addressing */
    size_t name_count, name_capacity;
};

static void *checked(void *memory)
{
    if (!memory)
        fatal("out of memory");
    return memory;
}

struct arena *arena_new(void)
{
    return checked(calloc(1, sizeof(struct arena)));
}

void arena_free(struct arena *arena)
{
    for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(arena->names);
    free(arena);
}

static char *add_chunk(struct arena *arena, size_t size)
{
    struct chunk *chunk = checked(calloc(1, sizeof *chunk + size));
    chunk->next = arena->chunks;
    chunk->size = size;
    arena->chunks = chunk;
    return chunk->bytes;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        fatal("out of memory");
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    /* Something large gets a chunk of its own, so that the rest of the current one isn't lost. */
    if (size > CHUNK_SIZE / 4)
        return add_chunk(arena, size);
    if (size > (size_t)(arena->end - arena->next)) {
        arena->next = add_chunk(arena, CHUNK_SIZE);
        arena->end = arena->next + CHUNK_SIZE;
    }
    void *memory = arena->next;
    arena->next += size;
    return memory;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_allocate(arena, length + 1);
    if (length)
        memcpy(copy, text, length);
    return copy;
}

/* Most texts are short: they are formatted once. */
enum { SHORT_TEXT = 256 };

char *arena_vformat(struct arena *arena, const char *format, va_list arguments)
{
    char text[SHORT_TEXT];
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(text, sizeof text, format, again);
    va_end(again);
    CHECK(length >= 0);
    if (length < SHORT_TEXT)
        return arena_copy(arena, text, (size_t)length);
    char *result = arena_allocate(arena, (size_t)length + 1);
    vsnprintf(result, (size_t)length + 1, format, arguments);
    return result;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vformat(arena, format, arguments);
    va_end(arguments);
    return text;
}

uint32_t find_from(const void *array, uint32_t count, size_t size, size_t key, uint32_t least)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (*(const uint32_t *)((const char *)array + middle * size + key) < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t element_size)
{
    if (count & (count - 1))
        return array; /* between powers of two there is room */
    if (count > SIZE_MAX / 4 / element_size)
        fatal("out of memory");
    void *larger = arena_allocate(arena, (count ? 2 * count : 1) * element_size);
    if (count)
        memcpy(larger, array, count * element_size);
    return larger;
}

/* ---- interned names -------------------------------------------------------------------------- */

static uint32_t hash_text(const char *text, size_t length)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

static void rehash_names(struct arena *arena)
{
    size_t capacity = arena->name_capacity ? 2 * arena->name_capacity : 4096;
    struct name *names = checked(calloc(capacity, sizeof *names));
    for (size_t i = 0; i < arena->name_capacity; i++) {
        if (!arena->names[i].text)
            continue;
        size_t at = arena->names[i].hash & (capacity - 1);
        while (names[at].text)
            at = (at + 1) & (capacity - 1);
        names[at] = arena->names[i];
    }
    free(arena->names);
    arena->names = names;
    arena->name_capacity = capacity;
}

const char *arena_intern(struct arena *arena, const char *text, size_t length)
{
    if (2 * arena->name_count >= arena->name_capacity)
        rehash_names(arena);
    uint32_t hash = hash_text(text, length);
    size_t at = hash & (arena->name_capacity - 1);
    for (struct name *name; (name = &arena->names[at])->text; at = (at + 1) & (arena->name_capacity - 1))
        if (name->hash == hash && name->length == length && memcmp(name->text, text, length) == 0)
            return name->text;
    arena->names[at] = (struct name){arena_copy(arena, text, length), (uint32_t)length, hash};
    arena->name_count++;
    return arena->names[at].text;
}

bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name), suffix_length = strlen(suffix);
    return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

bool is_word_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t word_length(const char *text)
{
    size_t length = 0;
    while (is_word_byte(text[length]))
        length++;
    return length;
}

/* ---- growing text ---------------------------------------------------------------------------- */

static void buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more > SIZE_MAX / 4 - buffer->length)
        fatal("out of memory");
    size_t needed = buffer->length + more + 1;
    if (needed <= buffer->capacity)
        return;
    buffer->capacity = needed < 256 ? 256 : 2 * needed;
    buffer->text = checked(realloc(buffer->text, buffer->capacity));
}

void buffer_add(struct buffer *buffer, const char *text, size_t length)
{
    buffer_reserve(buffer, length);
    if (length)
        memcpy(buffer->text + buffer->length, text, length);
    buffer->length += length;
    buffer->text[buffer->length] = '\0';
}

void buffer_puts(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_quoted(struct buffer *buffer, const char *text)
{
    buffer_puts(buffer, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buffer_puts(buffer, "\\");
        if ((unsigned char)*text < ' ')
            buffer_printf(buffer, "\\%03o", (unsigned)*text);
        else
            buffer_add(buffer, text, 1);
    }
    buffer_puts(buffer, "\"");
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    buffer_reserve(buffer, SHORT_TEXT);
    size_t room = buffer->capacity - buffer->length;
    va_start(arguments, format);
    int length = vsnprintf(buffer->text + buffer->length, room, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    if ((size_t)length >= room) {
        buffer_reserve(buffer, (size_t)length);
        va_start(arguments, format);
        vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, arguments);
        va_end(arguments);
    }
    buffer->length += (size_t)length;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->text);
    *buffer = (struct buffer){0};
}

/* ---- the end of the process ------------------------------------------------------------------ */

_Noreturn void internal_error(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "acc: internal error at %s:%d: ", file, line);
    vfprintf(stderr, format, arguments);
    fputs("\nThis is a mistake in acc, not in the program. Please report it with the program.\n", stderr);
    va_end(arguments);
    exit(EXIT_INTERNAL);
}

_Noreturn void fatal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("acc: fatal error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}
