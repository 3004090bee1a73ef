/* folded.c: is a compressed body whole whose end is the end of the connection? Nothing else tells: it has
 * neither length nor chunks, and libcurl takes what has come for all of it. But what gzip and zlib write
 * ends with a sum of what went in; so the last bytes that came are kept, as libcurl shows them to
 * debuggers, and compared. */
#include "client.h"

#include <string.h>
#include <strings.h>

/* ---- the header ---------------------------------------------------------------------------------------- */

static bool is_field(const char *line, size_t size, const char *name)
{
    size_t length = strlen(name);
    return size > length && line[length] == ':' && strncasecmp(line, name, length) == 0;
}

static bool is_value(const char *line, size_t size, const char *value)
{
    const char *at = memchr(line, ':', size), *end = line + size;
    do
        at++;
    while (at < end && (*at == ' ' || *at == '\t'));
    while (end > at && strchr(" \t\r\n", end[-1]))
        end--;
    return (size_t)(end - at) == strlen(value) && strncasecmp(at, value, strlen(value)) == 0;
}

void ac__folded_note_field(struct folded *folded, const char *line, size_t size)
{
    if (is_field(line, size, "Transfer-Encoding"))
        folded->has_end = true;
    if (!is_field(line, size, "Content-Encoding"))
        return;
    folded->codings++;
    folded->is_known = is_value(line, size, "gzip") || is_value(line, size, "x-gzip")
                    || is_value(line, size, "deflate");
}

/* ---- what comes ---------------------------------------------------------------------------------------- */

static void keep_last(struct folded *folded, const char *data, size_t size)
{
    const size_t most = sizeof folded->last;
    if (size < most) {
        memmove(folded->last, folded->last + size, most - size);
        memcpy(folded->last + most - size, data, size);
    } else {
        memcpy(folded->last, data + size - most, most);
    }
}

static int note_raw(CURL *easy, curl_infotype type, char *data, size_t size, void *argument)
{
    struct folded *folded = argument;
    (void)easy;
    if (type != CURLINFO_DATA_IN)
        return 0;
    for (size_t i = 0; i < size && folded->raw + i < sizeof folded->first; i++)
        folded->first[folded->raw + i] = (unsigned char)data[i];
    keep_last(folded, data, size);
    folded->raw += size;
    return 0;
}

bool ac__folded_begin(struct folded *folded, CURL *easy)
{
    folded->is_watched = folded->codings == 1 && folded->is_known && !folded->has_end;
    if (!folded->is_watched)
        return false;
    folded->low = 1;
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, note_raw);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, folded);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    return true;
}

/* Adler-32 (RFC 1950), and the size. */
void ac__folded_note(struct folded *folded, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    if (!folded->is_watched)
        return;
    folded->size += (uint32_t)size;
    for (size_t i = 0; i < size; i++) {
        folded->low = (folded->low + bytes[i]) % 65521;
        folded->high = (folded->high + folded->low) % 65521;
    }
}

/* ---- the end ------------------------------------------------------------------------------------------- */

static bool is_gzip(const struct folded *folded)
{
    return folded->first[0] == 0x1f && folded->first[1] == 0x8b;
}

/* The header of zlib; what has none, as some servers send it, has no sum at its end, either. */
static bool is_zlib(const struct folded *folded)
{
    return (folded->first[0] & 15) == 8 && (folded->first[0] << 8 | folded->first[1]) % 31 == 0;
}

static bool fits(const struct folded *folded)
{
    const unsigned char *last = folded->last;
    if (is_gzip(folded))
        return folded->size
            == (last[0] | (uint32_t)last[1] << 8 | (uint32_t)last[2] << 16 | (uint32_t)last[3] << 24);
    if (is_zlib(folded))
        return (folded->high << 16 | folded->low)
            == (last[3] | (uint32_t)last[2] << 8 | (uint32_t)last[1] << 16 | (uint32_t)last[0] << 24);
    return true;
}

bool ac__folded_is_cut(const struct folded *folded)
{
    return folded->is_watched && folded->raw && !fits(folded);
}
