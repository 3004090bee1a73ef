/* check.h: what the files of the checks share (check.c, jumps.c, waits.c, across.c,
 * check_types.c, warnings.c). */
#ifndef ACC_CHECK_H
#define ACC_CHECK_H

#include "lower.h"

/* jumps.c: jumps into scopes that have something to undo, and out of what undoes. `body` is an
 * async function's. */
void check_jumps(struct acc *acc, struct node *body);

/* waits.c: where a function waits, in the order of the text. */
struct wait {
    const struct node *node;
    uint32_t token;            /* it waits behind this */
};
struct waits {
    struct wait *list;
    const struct node **uses;  /* names of objects */
    struct span *loops;        /* what is repeated */
    uint32_t count, use_count, loop_count;
};
/* Adds those of what is evaluated in a node. */
void collect_waits(struct acc *acc, struct waits *waits, const struct node *node);
/* The innermost loop that begins behind a token and repeats two others, or null. */
const struct span *loop_around(const struct waits *waits, uint32_t behind, uint32_t left, uint32_t right);
/* What waits, as messages name it, and where that word stands. */
const char *waiting_word(const struct node *node);
uint32_t waiting_token(const struct node *node);
/* A note that says where that is. */
void report_wait(struct acc *acc, const struct node *node);

/* across.c: objects that an await would leave behind: va_list, register variables. */
void check_across(struct acc *acc, struct node *body);
bool has_va_list(const struct acc *acc, const struct node *specifiers);

/* warnings.c and its parts: what may be wrong. They run when everything else is right. */
void check_warnings(struct acc *acc);
void warn_across(struct acc *acc, struct node *body);
void warn_locals(struct acc *acc, struct node *body);
void warn_unused(struct acc *acc);
/* The name by which a call calls a function of file scope, or null. */
const struct node *called_name(const struct node *call);
bool is_system_function(const struct acc *acc, const struct symbol *function);
/* A value without what macros put around it: parentheses, casts, the left sides of commas. */
struct node *bare_value(struct node *node);
bool is_spawn(const struct acc *acc, const struct node *node); /* the call that ac_spawn makes */

#endif
