/* bytes.c: growing buffers, and the encoding of names and values. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

bool ac__bytes_reserve(struct bytes *bytes, size_t more)
{
    size_t capacity = bytes->capacity ? bytes->capacity : 1024;
    char *data;
    if (more > SIZE_MAX / 4 - bytes->size)
        return false;
    if (bytes->size + more < bytes->capacity)
        return true;
    while (capacity <= bytes->size + more)
        capacity *= 2;
    data = MEMORY(realloc(bytes->data, capacity));
    if (!data)
        return false;
    bytes->data = data;
    bytes->capacity = capacity;
    return true;
}

bool ac__bytes_append(struct bytes *bytes, const void *data, size_t size)
{
    if (!ac__bytes_reserve(bytes, size))
        return false;
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    bytes->data[bytes->size] = '\0';
    return true;
}

bool ac__bytes_append_text(struct bytes *bytes, const char *text)
{
    return ac__bytes_append(bytes, text, strlen(text));
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static bool append_encoded(struct bytes *bytes, const char *text, bool is_form)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!ac__bytes_reserve(bytes, 3 * strlen(text)))
        return false;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_unreserved(c) || (is_form && c == ' ')) {
            bytes->data[bytes->size++] = c == ' ' ? '+' : (char)c;
        } else {
            bytes->data[bytes->size++] = '%';
            bytes->data[bytes->size++] = digits[c >> 4];
            bytes->data[bytes->size++] = digits[c & 15];
        }
    }
    bytes->data[bytes->size] = '\0';
    return true;
}

bool ac__bytes_append_pairs(struct bytes *bytes, const ac_http_pair *pairs, bool is_form)
{
    for (const ac_http_pair *pair = pairs; pair->name; pair++) {
        if (pair > pairs && !ac__bytes_append_text(bytes, "&"))
            return false;
        if (!append_encoded(bytes, pair->name, is_form) || !ac__bytes_append_text(bytes, "=")
            || !append_encoded(bytes, pair->value ? pair->value : "", is_form))
            return false;
    }
    return true;
}

void ac__bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}
