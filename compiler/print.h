/* print.h: the printer. Text that is the user's own is copied as it came, token by token with its white
 * space; the printer keeps count of the line that a reader of the output believes to be at, and puts it right
 * with line markers where that is not the line the next token came from. */
#ifndef ACC_PRINT_H
#define ACC_PRINT_H

#include "acc.h"

struct printer {
    struct acc *acc;
    struct buffer out;
    bool readable;             /* for people: no line markers; generated text keeps its line breaks */
    bool is_hidden;            /* it stands on the user's lines, but the C compiler is not to warn of it */
    bool is_detached;          /* what is printed belongs to no line of the user's: no line markers */
    uint16_t file;             /* where the reader believes to be: */
    uint32_t line;
    uint32_t last_token;       /* the token printed last; 0 after generated text */
    uint32_t near;             /* the token to blame for generated text */
    struct shadow *shadow;     /* receives pieces and queries; null: not wanted */
    /* Prints the kinds that the mode treats in its own way; false: print the node as its tokens
     * and children. */
    bool (*special)(struct printer *printer, struct node *node);
    /* Called when a declarator has been printed in pieces; `mark` is shadow->piece_count
     * before. Null: not wanted. */
    void (*declarator_printed)(struct printer *printer, struct node *declarator, uint32_t mark);
    /* Prints a typedef's name in a way of its own; false: as it is. Null: not wanted. */
    bool (*print_typedef)(struct printer *printer, const struct symbol *symbol);
    bool is_generator;         /* the shadow of a generator's body is being printed */
    /* What the declaration that is printed next has behind its own storage classes and
     * attributes, or null. */
    const char *more_storage;
    struct function *function; /* whose body is being printed (lower.h), or null */
    const struct node *spawned; /* the call whose coroutine is spawned at once, or null */
};

void print_tokens(struct printer *printer, uint32_t first, uint32_t last);
/* Generated text, after a blank where needed. */
void print_text(struct printer *printer, const char *text);
void print_format(struct printer *printer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The text as a string literal. */
void print_quoted(struct printer *printer, const char *text);
void print_node(struct printer *printer, struct node *node);
/* The node as its own tokens with its children in between, whatever `special` thinks of the node itself. */
void print_plainly(struct printer *printer, struct node *node);
/* Makes the reader believe to be at this token's line before generated text that belongs to it. */
void print_at(struct printer *printer, uint32_t token);
/* A declaration of the name, a token, that has its type as text (struct type_info) in front of it. */
void print_declaration_at(struct printer *printer, uint32_t token, const char *declaration, const char *name);
/* Text from here to print_attached() is acc's own: the C compiler takes it for a system
 * header's and does not warn. */
void print_detached(struct printer *printer);
/* The same for text that stands on the user's lines. */
void print_hidden(struct printer *printer, bool is_hidden);
void print_attached(struct printer *printer);
/* The file's text from one token up to another, exclusive, white space and line markers included. */
void print_raw(struct printer *printer, uint32_t first, uint32_t end);

/* Types: prints a declaration (of a name, a member, a parameter, a type name) whose SPECIFIERS and DECLARATOR
 * are given; where `async` stands among the specifiers the function type becomes one that returns ac_coro(T).
 * `name` replaces the declared name (null: keep it; "" drops it). */
void print_declaration_of(struct printer *printer, struct node *specifiers, struct node *declarator, const char *name);
/* The specifiers' words of some sorts; SPECIFIER_VALUE: without qualifiers. */
enum specifier_sort {
    SPECIFIER_STORAGE = 1, SPECIFIER_TYPE = 2, SPECIFIER_ATTRIBUTE = 4, SPECIFIER_ALIGN = 8, SPECIFIER_VALUE = 16
};
void print_specifiers(struct printer *printer, struct node *specifiers, unsigned sorts);
/* The part of a declarator whose function derivation `async` applies to, or null. */
struct node *async_declarator(struct node *declarator);
/* The first qualifier of T itself, which an async function's value does not have (a token); 0:
 * there is none. */
uint32_t result_qualifier(const struct acc *acc, const struct node *specifiers, struct node *declarator);
/* T of an async function: its type words and what is derived from them before the function. */
void print_result_type(struct printer *printer, struct node *specifiers, struct node *declarator);
/* T of a scoped child, `async T name = e;`. */
void print_child_result(struct printer *printer, struct node *specifiers, struct node *declarator);
/* The type of what calling it gives: ac_coro(T), or ac_gen(T) of a generator. */
void print_made_type(struct printer *printer, struct node *specifiers, struct node *declarator);
/* Every mode's way with async declarations, parameters, members and type names; true if it
 * printed the node. */
bool print_async_type(struct printer *printer, struct node *node);

#endif
