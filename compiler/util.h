/* util.h: memory and text, knowing nothing of C programs. */
#ifndef ACC_UTIL_H
#define ACC_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acc;
struct arena;

/* Memory that lives as long as the arena. Never null: when there is no memory the process says
 * so and exits. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
void *arena_allocate(struct arena *arena, size_t size); /* zeroed, aligned for anything */
char *arena_copy(struct arena *arena, const char *text, size_t length); /* adds a NUL */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list arguments);
/* The one copy of this spelling: equal names are equal pointers. */
const char *arena_intern(struct arena *arena, const char *text, size_t length);

/* A name that is longer than its suffix. */
bool has_prefix(const char *text, const char *prefix);
bool has_suffix(const char *name, const char *suffix);

/* A letter of ASCII, a digit or '_'; how many of them a text begins with. */
bool is_word_byte(char c);
size_t word_length(const char *text);

/* Makes room for one more element in an array of `count` whose capacity is the next power of two. */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t element_size);
#define ARENA_PUSH(arena, array, count) \
    ((array) = arena_grow((arena), (array), (count), sizeof *(array)), &(array)[(count)++])

/* Where in an array the first element stands whose key is not below `least`; `count`: nowhere. The keys,
 * uint32_t, lie `key` bytes into elements of `size` bytes, and ascend. */
uint32_t find_from(const void *array, uint32_t count, size_t size, size_t key, uint32_t least);

/* Growing text on the heap. */
struct buffer {
    char *text;
    size_t length, capacity;
};
void buffer_add(struct buffer *buffer, const char *text, size_t length);
void buffer_puts(struct buffer *buffer, const char *text);
/* As a string literal, which is also how a line marker has a file's name. */
void buffer_add_quoted(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_free(struct buffer *buffer);

/* Ends the process: acc itself is at fault. Says where, asks for a report. */
_Noreturn void internal_error(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define BUG(...) internal_error(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(condition) ((condition) ? (void)0 : BUG("%s does not hold", #condition))

/* Ends the process with a message: the machine is at fault (no memory, no disk). */
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
