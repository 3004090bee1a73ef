/* buffer.c: the slow half of buffer.h. */
#include "buffer.h"

#include "sys.h"

#include <stdlib.h>

enum { FIRST = 4096 };

void ac__buffer_pack(struct ac__buffer *buffer)
{
    if (!buffer->start)
        return;
    memmove(buffer->data, buffer->data + buffer->start, ac__buffer_size(buffer));
    buffer->end -= buffer->start;
    buffer->start = 0;
}

static int enlarge(struct ac__buffer *buffer, size_t needed, size_t most)
{
    size_t capacity = buffer->capacity ? 2 * buffer->capacity : FIRST;
    char *data;
    if (capacity > most)
        capacity = most;
    if (capacity < needed)
        capacity = needed;
    data = MEMORY(realloc(buffer->data, capacity + 1));
    if (!data)
        return ENOMEM;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int ac__buffer_grow(struct ac__buffer *buffer, size_t more, size_t most)
{
    size_t size = ac__buffer_size(buffer);
    if (size > most || more > most - size)
        return EMSGSIZE;
    ac__buffer_pack(buffer);
    return more <= buffer->capacity - buffer->end ? 0 : enlarge(buffer, size + more, most);
}

void ac__buffer_free(struct ac__buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct ac__buffer){0};
}
