/* mutate.h: changes a program by tokens, so that most of it stays a program. */
#ifndef MUTATE_H
#define MUTATE_H

#include <stddef.h>

/* Changes `text` of `size` bytes in place, a few times over; gives the new size, at most `capacity`. */
size_t mutate_tokens(char *text, size_t size, size_t capacity, unsigned seed);

/* The left program with a piece of the right one, from bracket to bracket or statement to statement, in it. */
size_t splice_tokens(const char *left, size_t left_size, const char *right, size_t right_size, char *out,
                     size_t capacity, unsigned seed);

#endif
