/* page.h: the pages that the server serves. Server and client compute the same bytes, so the
 * client can check every one of them. */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

enum { PAGE_SIZE_MIN = 1000, PAGE_SIZE_MAX = 32000 };

/* Pages have different sizes; negative numbers have none. */
static inline size_t page_size(unsigned page)
{
    return PAGE_SIZE_MIN + page * 7919u % (PAGE_SIZE_MAX - PAGE_SIZE_MIN);
}

/* The byte at `offset` of a page: letters in lines of 64. */
static inline char page_byte(unsigned page, size_t offset)
{
    return offset % 64 == 63 ? '\n' : (char)('a' + (page * 31u + offset * 7u + offset / 64u) % 26u);
}

#endif
