/* clang.h: what the files that meet libclang share (meaning.c, typetext.c) and the wording of what it says. */
#ifndef ACC_CLANG_H
#define ACC_CLANG_H

#include <clang-c/Index.h>

#include "acc.h"

/* Types read so far, by libclang's own handle: equal handles are equal types with equal sugar. */
struct type_table {
    struct type_info **infos;
    const void **keys;
    uint32_t count, capacity; /* capacity: a power of two, or 0 */
    long long pointer_size;
};

/* typetext.c */
struct type_info *type_info_of(struct acc *acc, struct type_table *table, CXType type);
/* Copies the string and gives it back to libclang. */
const char *clang_string(struct acc *acc, CXString string);

/* prologue.c: macros to stand in front of a shadow, that make clang read text preprocessed for gcc. */
void prologue_write(struct buffer *out, const char *shadow);

/* wording.c: puts libclang's words into the user's: handles are ac_coro(T) and kin, generated names vanish. */
const char *wording(struct acc *acc, const char *text);

#endif
