/* origin.h: where a token of the preprocessed text stands in the file that the user wrote. */
#ifndef ACC_ORIGIN_H
#define ACC_ORIGIN_H

#include "acc.h"

struct origin {
    const char *file;
    uint32_t line;
    uint32_t column;        /* in bytes, from 1; 0: not known */
    uint32_t length;        /* of the token as written, in bytes */
    const char *text;       /* the source line without its end; null: the file cannot be read */
    uint32_t text_length;
    const char *macro;      /* the token came out of this macro, whose name stands at the column; or null */
};

/* Entries of acc->files for the same file: one may stand for what system macros put into a user's line. */
bool is_same_file(const struct acc *acc, uint32_t left, uint32_t right);
/* Whether a file is a system header through and through. */
bool is_system_file(const struct acc *acc, uint32_t file);
/* Where the token is; where it came out of a macro, the macro's name. */
struct origin origin_of(struct acc *acc, uint32_t token);
/* Where `#define macro` stands, looked for in the file of `token` first. False if it cannot be found. */
bool origin_of_macro(struct acc *acc, const char *macro, uint32_t token, struct origin *definition);

/* The file of a token as it was written, up to the token's line; null: it cannot be read. */
const char *original_before(struct acc *acc, uint32_t token, uint32_t *length);

/* pragmas.c: what the pragmas in front of a token make of a warning's group. */
enum pragma { PRAGMA_NONE, PRAGMA_IGNORED, PRAGMA_WARNING, PRAGMA_ERROR };
enum pragma pragma_at(struct acc *acc, uint32_t token, const char *group);

#endif
