/* emit.h: what the files that print lowered functions share. */
#ifndef ACC_EMIT_H
#define ACC_EMIT_H

#include "lower.h"

/* ---- emit.c */
/* __func__ and its kin. */
bool emit_is_function_name(const struct acc *acc, uint32_t token);
/* Whether a comment in front of the token says so of the statement before it. */
bool emit_falls_through(const struct acc *acc, uint32_t token);

/* ---- emit_await.c */
void emit_await(struct printer *printer, struct node *statement);
void emit_yield_point(struct printer *printer, struct node *node);
/* The generator of an `async for`, where it is a coroutine of its own. */
void emit_generator_made(struct printer *printer, struct node *node);

/* ---- emit_function.c */
/* Returns AC__DONE. */
void emit_leave(struct printer *printer, const struct function *function);

#endif
