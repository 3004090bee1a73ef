/* check.h: what the files of the checks share (check.c, jumps.c, across.c, check_types.c). */
#ifndef ACC_CHECK_H
#define ACC_CHECK_H

#include "lower.h"

/* jumps.c: jumps into scopes that have something to undo, and out of what undoes. `body` is an async function's. */
void check_jumps(struct acc *acc, struct node *body);

/* across.c: objects that an await would leave behind: va_list, register variables. */
void check_across(struct acc *acc, struct node *body);
bool is_va_list_name(const struct acc *acc, uint32_t token);

#endif
