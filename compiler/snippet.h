/* snippet.h: the source line under a message, with caret and underlining. */
#ifndef ACC_SNIPPET_H
#define ACC_SNIPPET_H

#include "util.h"

/* Bytes of the line, from 0; end exclusive. */
struct underline {
    uint32_t start, end;
};

/*     3 |     total += await f(x;
 *       |                      ~ ^                 */
void snippet_add(struct buffer *out, uint32_t line, const char *text, uint32_t length, uint32_t caret,
                 const struct underline *underlines, uint32_t count, bool color);

#endif
