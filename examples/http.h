/* http.h: the little of HTTP/1.1 that the example server and client share: reading heads and bodies through a
 * buffer, with a limit on everything that the other side controls. */
#ifndef HTTP_H
#define HTTP_H

#include <ac.h>
#include <ac/net.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HTTP_LINE_MAX = 2048, HTTP_FIELDS_MAX = 100, HTTP_BODY_MAX = 1 << 30 };

/* Bytes of a connection that have arrived and not been used yet. */
typedef struct http_reader {
    int fd;
    size_t start, end;
    char data[HTTP_LINE_MAX];
} http_reader;

/* The first line of a request or response, and what its fields say about the rest. */
typedef struct http_head {
    char line[HTTP_LINE_MAX];
    size_t content_length;
    bool has_length;
    bool keep_alive;
} http_head;

/* Waits for more bytes; false at the end of the stream. */
static inline async bool http_fill(http_reader *in)
{
    memmove(in->data, in->data + in->start, in->end - in->start);
    in->end -= in->start;
    in->start = 0;
    if (in->end == sizeof in->data)
        throw EMSGSIZE, "a line of more than %zu bytes", sizeof in->data;
    size_t count = await ac_fd_read(in->fd, in->data + in->end, sizeof in->data - in->end);
    in->end += count;
    return count > 0;
}

/* The next line without its line end; null at the end of the stream. Good until the next read. */
static inline async char *http_line(http_reader *in)
{
    char *newline;
    while (!(newline = memchr(in->data + in->start, '\n', in->end - in->start))) {
        if (!await http_fill(in)) {
            if (in->end > 0)
                throw EPROTO, "the stream ends in the middle of a line";
            return NULL;
        }
    }
    char *line = in->data + in->start;
    in->start = (size_t)(newline + 1 - in->data);
    if (newline > line && newline[-1] == '\r')
        newline--;
    *newline = '\0';
    return line;
}

/* The value of a field if the line is that field, else null. */
static inline const char *http_field(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    line += length + 1;
    return line + strspn(line, " \t");
}

/* A number of decimal digits up to `limit`; false if the text is anything else. */
static inline bool http_number(const char *text, size_t limit, size_t *number)
{
    if (*text < '0' || *text > '9')
        return false;
    for (*number = 0; *text >= '0' && *text <= '9'; text++) {
        *number = *number * 10 + (size_t)(*text - '0');
        if (*number > limit)
            return false;
    }
    return text[strspn(text, " \t")] == '\0';
}

static inline async void http_note_field(http_head *head, const char *line)
{
    const char *value;
    size_t length;
    if ((value = http_field(line, "Connection"))) {
        head->keep_alive = strcasecmp(value, "close") != 0;
    } else if (http_field(line, "Transfer-Encoding")) {
        throw ENOTSUP, "transfer encodings are not supported";
    } else if ((value = http_field(line, "Content-Length"))) {
        if (!http_number(value, HTTP_BODY_MAX, &length) || (head->has_length && length != head->content_length))
            throw EPROTO, "bad content length '%.20s'", value;
        head->content_length = length;
        head->has_length = true;
    }
}

/* Reads up to the empty line that ends a head; false if the stream ends before it starts. */
static inline async bool http_read_head(http_reader *in, http_head *head)
{
    const char *line = await http_line(in);
    if (!line)
        return false;
    *head = (http_head){ .keep_alive = true };
    strcpy(head->line, line);
    for (int fields = 0; *(line = await http_line(in) ?: ""); fields++) {
        if (fields == HTTP_FIELDS_MAX)
            throw EMSGSIZE, "more than %d fields", HTTP_FIELDS_MAX;
        await http_note_field(head, line);
    }
    return true;
}

/* The next part of a body of which `left` bytes are to come: a place in the buffer, and its
 * size. Good until the next read. */
static inline async const char *http_read_part(http_reader *in, size_t left, size_t *size)
{
    if (in->start == in->end && !await http_fill(in))
        throw EPROTO, "the stream ends %zu bytes too early", left;
    const char *part = in->data + in->start;
    *size = in->end - in->start < left ? in->end - in->start : left;
    in->start += *size;
    return part;
}

#endif
