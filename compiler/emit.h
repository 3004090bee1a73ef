/* emit.h: what the files that print lowered functions share. */
#ifndef ACC_EMIT_H
#define ACC_EMIT_H

#include "lower.h"

/* ---- emit.c */
/* __func__ and its kin. */
bool emit_is_function_name(const struct acc *acc, uint32_t token);
/* Whether a comment in front of the token says so of the statement before it. */
bool emit_falls_through(const struct acc *acc, uint32_t token);

/* ---- macro_values.c */
/* A statement that begins here is the value of a macro, and the C compiler is one that would not
 * warn of it. */
bool is_value_of_macro(struct acc *acc, uint32_t token);
/* As print_raw. */
void print_raw_with_macro_values(struct printer *printer, uint32_t first, uint32_t end);

/* ---- emit_await.c */
void emit_await(struct printer *printer, struct node *statement);
void emit_yield_point(struct printer *printer, struct node *node);
/* The generator of an `async for`, where it is a coroutine of its own. */
void emit_generator_made(struct printer *printer, struct node *node);

/* ---- emit_function.c */
/* Returns AC__DONE. */
void emit_leave(struct printer *printer, const struct function *function);

#endif
