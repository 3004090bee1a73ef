/* buffer.h: the growing buffer of the library: a block with a window, [start, end), of what is in it. */
#ifndef AC_STDLIB_BUFFER_H
#define AC_STDLIB_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ac__buffer {
    char *data; /* malloc's; null: nothing was ever kept */
    size_t start, end;
    size_t capacity; /* the block has one byte more, for a '\0' */
};

/* For what is bounded elsewhere. */
#define AC__NO_LIMIT (SIZE_MAX / 4)

/* Room for `more` bytes behind what is there, `most` with that. What is there may move, and grows by
 * doubling. 0, ENOMEM, or EMSGSIZE where it would be more than `most`. */
int ac__buffer_grow(struct ac__buffer *buffer, size_t more, size_t most);
/* Moves what is there to the front of the block. */
void ac__buffer_pack(struct ac__buffer *buffer);
/* Frees what it holds, and leaves it empty. */
void ac__buffer_free(struct ac__buffer *buffer);

static inline size_t ac__buffer_size(const struct ac__buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* As ac__buffer_grow; what has room is not asked for `most`. */
static inline int ac__buffer_reserve(struct ac__buffer *buffer, size_t more, size_t most)
{
    return more <= buffer->capacity - buffer->end ? 0 : ac__buffer_grow(buffer, more, most);
}

/* Adds bytes for which there is room. */
static inline void ac__buffer_put(struct ac__buffer *buffer, const void *bytes, size_t size)
{
    if (size)
        memcpy(buffer->data + buffer->end, bytes, size);
    buffer->end += size;
}

/* Adds bytes: 0, or an error code as above. */
static inline int ac__buffer_add(struct ac__buffer *buffer, const void *bytes, size_t size, size_t most)
{
    int code = ac__buffer_reserve(buffer, size, most);
    if (code == 0)
        ac__buffer_put(buffer, bytes, size);
    return code;
}

#endif
