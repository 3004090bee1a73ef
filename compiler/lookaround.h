/* lookaround.h: looking from a token at those around it. */
#ifndef ACC_LOOKAROUND_H
#define ACC_LOOKAROUND_H

#include "parser.h"

const struct token *token_at(const struct parser *parser, uint32_t token);
/* The token's word as scanned. */
int scanned(const struct parser *parser, uint32_t token);
bool is_name(const struct parser *parser, uint32_t token);
/* The nearest token that is no pragma. */
uint32_t after(const struct parser *parser, uint32_t token);
uint32_t before(const struct parser *parser, uint32_t token);

/* The last token of the attribute that begins here, or 0. */
uint32_t attribute_end(const struct parser *parser, uint32_t token);
/* The token behind the attributes that begin here, in front of those that end here; itself where
 * there are none. */
uint32_t after_attributes(struct parser *parser, uint32_t token);
uint32_t before_attributes(const struct parser *parser, uint32_t token);
/* Whether the brace begins the members of a record or the enumerators of an enum. */
bool opens_record(const struct parser *parser, uint32_t brace);

/* ---- dialect.c */

/* The grammar's word for a name. */
int classify(struct parser *parser, uint32_t token);
bool is_dialect_word(int word);
/* Whether a declaration's specifiers can begin or go on here. */
bool is_specifier(struct parser *parser, uint32_t token);
/* Whether the innermost bracket that is open is a block's brace. */
bool is_in_block(const struct parser *parser);
bool starts_statement(const struct parser *parser, uint32_t token);

#endif
