/* clang.h: what the files that meet libclang share (meaning.c, reading.c, complaints.c,
 * typetext.c) and the wording of what it says. */
#ifndef ACC_CLANG_H
#define ACC_CLANG_H

#include <clang-c/Index.h>

#include "acc.h"

/* An error of libclang's. */
struct found {
    uint32_t token, index; /* of the diagnostic */
};

/* Types read so far, by libclang's own handle: equal handles are equal types with equal sugar. */
struct type_table {
    struct type_info **infos;
    const void **keys;
    uint32_t count, capacity; /* capacity: a power of two, or 0 */
    long long pointer_size;
};

/* One translation unit. */
struct reading {
    struct acc *acc;
    const struct shadow *shadow;
    struct type_table types;
    CXTranslationUnit unit;
    uint32_t prologue;       /* its length */
    uint32_t *slots;         /* hash of queries by extent: index + 1 */
    uint32_t slot_mask;
    uint32_t *starts;        /* of all queries, ascending */
    uint32_t *strange;       /* offsets of builtins that clang does not know, in order of its messages */
    uint32_t strange_count;
    bool has_types;
    struct found *found;     /* the errors, in the order of the text */
    uint32_t found_count;
    bool lacks_brace;        /* at the end: all functions behind the place look like nested ones */
    bool told_grammar;       /* what one `expected ...` is about, others may follow from */
};

/* reading.c */
/* Answers the shadow's queries, unless that has been done. */
void read_types(struct reading *reading);
/* The type of the function that is declared there, itself or its parameter, or null. */
struct type_info *type_declared_at(struct reading *reading, CXSourceLocation location);
/* Offset in the shadow; UINT32_MAX for places in the prologue. */
uint32_t shadow_offset(const struct reading *reading, CXSourceLocation location);
/* What was printed there; null in front of everything, and in the prologue. */
const struct shadow_piece *piece_at(const struct shadow *shadow, uint32_t offset);
/* The token to blame for what was printed there, or 0. */
uint32_t token_printed_at(const struct reading *reading, uint32_t offset);
/* The ranges of a diagnostic in tokens. */
uint32_t ranges_of(const struct reading *reading, CXDiagnostic diagnostic, struct span *ranges,
                   uint32_t most);

/* complaints.c */
/* What a diagnostic says, in the user's words. */
const char *text_of(struct acc *acc, CXDiagnostic diagnostic);
/* Whether it says that a function's brace is missing, at the end of the file. */
bool is_brace_missing(const struct reading *reading, uint32_t token, const char *text);
/* Whether clang saw declarations of one function that disagree about `async`: its name, or null. */
const char *conflicting_name(const struct acc *acc, const char *text);
/* Reports an error with its notes. */
void report_diagnostic(struct reading *reading, CXDiagnostic diagnostic);

/* typetext.c */
struct type_info *type_info_of(struct acc *acc, struct type_table *table, CXType type);
/* Copies the string and gives it back to libclang. */
const char *clang_string(struct acc *acc, CXString string);

/* prologue.c: macros to stand in front of a shadow, that make clang read text preprocessed for gcc. */
void prologue_write(struct buffer *out, const char *shadow);

/* wording.c: puts libclang's words into the user's: handles are ac_coro(T) and kin, generated
 * names vanish. */
const char *wording(struct acc *acc, const char *text);

#endif
