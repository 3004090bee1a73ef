/* shadow.h: what the files that print the shadow share. */
#ifndef ACC_SHADOW_H
#define ACC_SHADOW_H

#include "lower.h"

/* Asks for the type of the expression, or of the declarator's name, that was printed there. */
void shadow_ask(struct printer *printer, struct node *node, uint32_t start, uint32_t end, bool is_declarator);
/* The offset where what was printed since the piece count was `mark` begins. */
uint32_t shadow_offset_since(const struct printer *printer, uint32_t mark);

/* ---- shadow_each.c */
/* What each N_anext that is declared before this token iterates over, and the type of its items. */
void shadow_iterators(struct printer *printer, uint32_t before);
void shadow_each(struct printer *printer, struct node *node);
/* Two _Generic, open behind their `default:`, that give a function of the result's type if the
 * variable is, or points to, what the pointer type points to. */
void shadow_choose(struct printer *printer, const char *name, const char *pointer, const char *result);

/* ---- shadow_with.c */
/* What each N_aenter that is declared before this token takes, and the type of what it gives. */
void shadow_enters(struct printer *printer, uint32_t before);
void shadow_with(struct printer *printer, struct node *node);

#endif
