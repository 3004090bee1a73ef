/* parser.h: what the scanner, the word filter, the grammar and the symbol tables share.
 *
 * parse() (external.c) cuts the tokens into external declarations and runs the grammar (parse.y)
 * on each. The grammar gets its words from next_word() (words.c), which knows typedef names and
 * decides what the dialect's contextual words are. The grammar's actions build the tree
 * (actions.c) and declare names (bind.c) in scopes (scope.c).
 */
#ifndef ACC_PARSER_H
#define ACC_PARSER_H

#include "acc.h"

/* ---- scope.c --------------------------------------------------------------------------------- */

/* SPACE_MAKER: what coroutines come from, by call: functions, pointers to them and members, in one. */
enum name_space { SPACE_ORDINARY, SPACE_TAG, SPACE_LABEL, SPACE_MAKER };

struct scope;

struct scopes *scopes_new(struct acc *acc);
/* A scope whose names have `node` as their block. */
struct scope *scope_push(struct scopes *scopes, struct node *node);
/* Opens a scope that was left before: parameters, when the body of their function begins. */
void scope_push_again(struct scopes *scopes, struct scope *scope);
void scope_pop(struct scopes *scopes);
struct scope *scope_current(const struct scopes *scopes);
bool scope_is_file(const struct scopes *scopes);
/* Leaves all scopes up to this one, which becomes the current one. */
void scope_pop_to(struct scopes *scopes, struct scope *scope);
void scope_bind(struct scopes *scopes, enum name_space space, struct symbol *symbol);
/* Null: not declared. */
struct symbol *scope_find(const struct scopes *scopes, enum name_space space, const char *name);
/* The same, in the current scope only. */
struct symbol *scope_find_here(const struct scopes *scopes, enum name_space space, const char *name);
struct node *scope_node(const struct scope *scope);

/* ---- the parser's state ---------------------------------------------------------------------- */

/* Names that mean something without being declared: the field they have here, and their spelling. */
#define KNOWN_NAMES(X) \
    X(async, "async") X(await, "await") X(yield, "yield") X(try, "try") X(catch, "catch") X(finally, "finally") \
    X(throw, "throw") X(defer, "defer") X(with, "with") \
    X(gather, "ac_gather") X(settle, "ac_settle") X(race, "ac_race") X(any, "ac_any") X(thread_call, "ac_thread") \
    X(coroutine, "ac__coro") X(generator, "ac__gen") \
    X(align_as, "alignas") X(align_of, "alignof") X(assembly, "asm") X(constant, "constexpr") \
    X(truth, "true") X(untruth, "false") X(null_pointer, "nullptr") X(assertion, "static_assert") \
    X(thread, "thread_local") X(type_of, "typeof") X(type_of_unqual, "typeof_unqual") \
    X(aligned, "aligned") X(underscored_aligned, "__aligned__") X(declspec, "__declspec")

struct known_names {
#define FIELD(field, spelling) const char *field;
    KNOWN_NAMES(FIELD)
#undef FIELD
};

/* A function whose definition is being parsed. */
struct function_scope {
    struct function_scope *outer;
    struct node *definition;
    struct symbol **labels; /* in the function's own scope; token 0: used but not placed yet */
    uint32_t label_count;
    bool is_async, is_generator;
    bool takes_parameters;  /* between an old-style declarator and the body */
};

/* The parameters of a FUNCTION derivation, in case it turns out to be a definition's. */
struct prototype {
    struct node *function;
    struct scope *scope;
};

struct parser {
    struct acc *acc;
    struct scopes *scopes;
    struct scope *file_scope;
    struct known_names known;
    const char **types;     /* interned names of predefined types; ends with null */
    uint16_t *words;        /* the grammar's word for each token handed out; 0: none yet */
    uint32_t end;           /* one past the external declaration */
    uint32_t next;          /* the token to hand out next */
    uint32_t body;          /* the `{` of its body when it looks like a function definition, or 0 */
    struct node **blocks;   /* the blocks that are open */
    uint32_t block_count;
    uint32_t read;          /* the token handed out last */
    uint32_t aligned_tail;  /* the token behind an aligned attribute's operand, or 0 */
    uint32_t aligned_end;   /* the last token of that attribute */
    struct span row;        /* attributes in a row, up to the token behind them: what was asked last */
    struct span handed_row; /* the attributes in a row that were handed out last */
    uint32_t *brackets;     /* opening brackets handed out and not yet closed */
    uint32_t bracket_count;
    struct function_scope *function;
    struct prototype *prototypes;
    uint32_t prototype_count;
    uint32_t number;        /* of the last symbol made in this external declaration */
    struct node *item;      /* what the grammar made of it, or null */
    bool is_dialect;        /* a word of the dialect was handed out */
    bool is_async;          /* one of them was `async` among its own specifiers */
    bool uses_async;        /* it mentions an async function, a combinator or what makes coroutines */
    bool is_raw;            /* the body is handed out as one BODY word */
    bool is_too_deep;
};

/* ---- words.c --------------------------------------------------------------------------------- */

enum { DEPTH_LIMIT = 4000 };

union word_value {
    uint32_t token;
    struct node *node;
};

void words_prepare(struct parser *parser);
/* The next word for the grammar, 0 at the end of the external declaration. */
int next_word(struct parser *parser, union word_value *value);
/* What the token, a word that was read ahead, is now that a scope has ended. */
int word_again(struct parser *parser, uint32_t token);
/* Whether a word of the dialect lies in the rest of the external declaration. */
bool words_has_dialect(struct parser *parser, uint32_t first, uint32_t end);

/* ---- bind.c ---------------------------------------------------------------------------------- */

/* What the plain words among specifiers say; kept above the depth in the SPECIFIERS node's number. */
enum specifier_flag {
    FLAG_TYPEDEF = 1 << 16,
    FLAG_STATIC = 2 << 16,
    FLAG_EXTERN = 4 << 16,
    FLAG_REGISTER = 8 << 16,
    FLAG_THREAD_LOCAL = 16 << 16,
};

/* Declares the name in a declarator, and marks the function derivation that `async` applies to. */
void bind_declarator(struct parser *parser, struct node *specifiers, struct node *declarator);
void bind_parameter(struct parser *parser, struct node *parameter);
/* A member or type name declares nothing, but its function derivation may be async. */
void bind_member(struct parser *parser, struct node *specifiers, struct node *declarator);
void bind_old_parameter(struct parser *parser, uint32_t token);
void bind_enumerator(struct parser *parser, struct node *enumerator);
void bind_tag(struct parser *parser, struct node *node, uint32_t tag, bool defines);
/* `struct s;` alone declares s here. */
void bind_lone_tag(struct parser *parser, struct node *specifiers);
struct symbol *bind_object(struct parser *parser, uint32_t token, struct node *declarator);
struct symbol *bind_label(struct parser *parser, uint32_t token, struct node *label);
void bind_local_label(struct parser *parser, uint32_t token);
/* The innermost DECLARATOR: the one with the name. */
struct node *innermost_declarator(struct node *declarator);

/* ---- actions.c: the tree, bottom up ---------------------------------------------------------- */

/* While the grammar works a node's number holds its height. */
struct node *make(struct parser *parser, enum node_kind kind, uint32_t first, uint32_t last,
                  uint32_t count, ...);
/* Appends a child; the node then reaches to its end. */
struct node *attach(struct parser *parser, struct node *node, struct node *child);
struct node *make_operator(struct parser *parser, enum node_kind kind, struct node *left, uint32_t op,
                           struct node *right);
struct node *make_prefix(struct parser *parser, enum node_kind kind, uint32_t op, struct node *operand);
struct node *make_name(struct parser *parser, uint32_t token);
struct node *make_member(struct parser *parser, struct node *object, uint32_t op, uint32_t name);
struct node *make_unevaluated(struct parser *parser, enum node_kind kind, uint32_t op, uint32_t last,
                              struct node *operand);
struct node *finish(struct node *node, uint32_t last);
bool is_defined(const struct node *specifiers);
bool lacks_type(const struct parser *parser, const struct node *untyped);
struct node *specifiers_word(struct parser *parser, struct node *specifiers, uint32_t token);
struct node *specifiers_typedef(struct parser *parser, struct node *specifiers, uint32_t token);
struct node *specifiers_node(struct parser *parser, struct node *specifiers, struct node *child);
struct node *no_specifiers(struct parser *parser, uint32_t before);
struct node *begin_prototype(struct parser *parser, uint32_t parenthesis);
struct node *make_parameter(struct parser *parser, struct node *specifiers, struct node *declarator);
struct node *make_nested(struct parser *parser, uint32_t open, struct node *inner, uint32_t close);
struct node *make_lone(struct parser *parser, struct node *specifiers, uint32_t semicolon);
struct node *make_declarator(struct parser *parser, uint32_t name);
struct node *point_declarator(struct parser *parser, struct node *pointers, struct node *declarator);
struct node *lead_declarator(struct parser *parser, struct node *attribute, struct node *declarator);
struct node *begin_declaration(struct parser *parser, struct node *specifiers, struct node *declarator);
struct node *add_declarator(struct parser *parser, struct node *declaration, struct node *declarator);
struct node *initialise(struct parser *parser, struct node *declaration, struct node *value);
struct node *make_record(struct parser *parser, enum node_kind kind, uint32_t head, uint32_t tag,
                         uint32_t last, bool defines);
struct node *begin_block(struct parser *parser, uint32_t brace);
void end_block(struct parser *parser);
void add_item(struct parser *parser, struct node *block, struct node *item);
/* The value of a statement expression may stand behind labels: they and it become items of their own. */
void part_last_label(struct parser *parser, struct node *block);
struct node *label_statement(struct parser *parser, struct node *label, struct node *statement);
struct node *begin_with_item(struct parser *parser, struct node *with, struct node *specifiers,
                             struct node *declarator, struct node *value);
struct node *begin_each(struct parser *parser, uint32_t async, struct node *specifiers,
                        struct node *declarator, struct node *operand);
struct node *begin_catch(struct parser *parser, struct node *clause, uint32_t name);
/* A definition's head (a DECLARATION, perhaps old-style parameter declarations) becomes the definition. */
void begin_function(struct parser *parser, struct node *head);
struct node *finish_function(struct parser *parser, struct node *head, enum node_kind kind,
                             struct node *body);

/* ---- parse.y --------------------------------------------------------------------------------- */

/* Reads one external declaration: 0 if the grammar fits. */
int parse_external(struct parser *parser);

#endif
