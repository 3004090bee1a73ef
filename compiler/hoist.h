/* hoist.h: what hoisting out of expressions (hoist.c) and out of statements (hoist_statements.c) share. */
#ifndef ACC_HOIST_H
#define ACC_HOIST_H

#include "lower.h"

struct hoist {
    struct function *function;
    struct acc *acc;
    struct node *out;      /* the block that receives statements */
    uint32_t remaining;    /* suspensions of the full expression still to come */
};

enum want { WANT_VALUE, WANT_PLACE, WANT_EFFECT };

/* Awaits, and what else suspends in statement expressions. */
uint32_t count_suspensions(const struct node *node);

/* A full expression: its temporaries belong to the block that is being filled. */
struct node *hoist_full(struct hoist *hoist, struct node *node, enum want want);
/* A part of one, of which the caller has counted the awaits that remain; saved where an await follows. */
struct node *hoist_operand(struct hoist *hoist, struct node *operand, enum want want, bool await_follows);
/* A part of a type, or a declarator, in which sizes of arrays await. */
void hoist_type(struct hoist *hoist, struct node *type, bool await_follows);

/* Puts the statement, with its awaits in front of it, into the block that is being filled. */
void hoist_statement(struct hoist *hoist, struct node *node);

#endif
