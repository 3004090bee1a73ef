/* bytes.c: texts in buffers, and the encoding of names and values. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

bool ac__bytes_append(struct ac__buffer *bytes, const void *data, size_t size)
{
    if (ac__buffer_reserve(bytes, size + !bytes->data, AC__NO_LIMIT) != 0)
        return false;
    ac__buffer_put(bytes, data, size);
    bytes->data[bytes->end] = '\0';
    return true;
}

bool ac__bytes_append_text(struct ac__buffer *bytes, const char *text)
{
    return ac__bytes_append(bytes, text, strlen(text));
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static bool append_encoded(struct ac__buffer *bytes, const char *text, bool is_form)
{
    static const char digits[] = "0123456789ABCDEF";
    if (ac__buffer_reserve(bytes, 3 * strlen(text) + !bytes->data, AC__NO_LIMIT) != 0)
        return false;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_unreserved(c) || (is_form && c == ' ')) {
            bytes->data[bytes->end++] = c == ' ' ? '+' : (char)c;
        } else {
            bytes->data[bytes->end++] = '%';
            bytes->data[bytes->end++] = digits[c >> 4];
            bytes->data[bytes->end++] = digits[c & 15];
        }
    }
    bytes->data[bytes->end] = '\0';
    return true;
}

bool ac__bytes_append_pairs(struct ac__buffer *bytes, const ac_http_pair *pairs, bool is_form)
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
