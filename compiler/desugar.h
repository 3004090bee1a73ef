/* desugar.h: what desugar.c and iterate.c share. */
#ifndef ACC_DESUGAR_H
#define ACC_DESUGAR_H

#include "lower.h"

/* try { body } finally { cleanup } */
struct node *make_try(struct function *function, struct node *near, struct node *body, struct node *cleanup);
/* One declarator of a declaration, standing alone. */
struct node *single_declaration(struct acc *acc, struct node *declaration, struct node *item);
/* What a protocol's functions are called with: a pointer, kept for the statement's length. */
struct node *keep_operand(struct function *function, struct node *block, struct node *operand);
/* await callee(first, second); `is_effect`: the value is not wanted. */
struct node *await_call(struct acc *acc, struct node *near, struct symbol *callee, struct node *first,
                        struct node *second, bool is_effect);

/* ---- iterate.c: an `async for` whose body has been desugared */
struct node *desugar_each(struct function *function, struct node *node);

#endif
