/* lower.h: what the lowering passes share: the function under way, its frame slots, and the
 * names of the runtime.
 *
 * The passes run in this order on each async function, each takes the tree the one before left:
 *
 *   aliases      other names for types whose names the function hides           (aliases.c)
 *   unevaluated  operands of typeof and kin keep only what gives them a type    (unevaluated.c)
 *   places       which variables live in the frame                              (places.c)
 *   desugar      async with, defer, cleanup variables -> try/finally            (desugar.c)
 *                async for -> a loop                                            (iterate.c)
 *   hoist        awaits inside expressions -> AWAIT_STATEMENT and temporaries   (hoist*.c)
 *   declare      declarations of frame variables -> assignments to the frame    (declare.c)
 *   regions      try/catch/finally/throw/return/yield -> labels, gotos and
 *                pending codes                                                  (regions.c, pending.c)
 *   emit         numbers the awaits, lays the frame out, prints                 (frame.c, emit*.c)
 */
#ifndef ACC_LOWER_H
#define ACC_LOWER_H

#include "acc.h"
#include "print.h"

/* Where a variable or temporary of an async function lives. */
enum place {
    PLACE_LOCAL,   /* a C local where it was declared; a parameter of the C function */
    PLACE_FRAME,   /* a member of the frame */
    PLACE_VLA,     /* an array on the task's bump stack, a pointer to it in the frame */
};

struct slot {
    enum place place;
    const char *name;       /* of the member */
    const char *type;       /* declaration text with @ (type_info); null: opaque bytes read through `view` */
    const char *view;       /* opaque: name of the typedef in scope at every use; null: none */
    struct node *probe;     /* opaque temporaries: the expression whose type it has */
    long long size, alignment; /* opaque */
    bool is_const, is_volatile, is_aggregate, is_parameter;
    bool is_variable;       /* variably modified: a PLACE_VLA, or a pointer kept as void * and read through `spelled` */
    struct node *specifiers, *declarator; /* of a declared variable */
    struct symbol *end;     /* PLACE_VLA: keeps where the bump stack stood after it */
    long long own_alignment; /* that of the variable where it is not just its type's; 0: it is */
    struct symbol *callee;  /* of a scoped child: the async function whose frame lies here; null: it has a block */
    struct symbol *symbol;
};

/* An await in the lowered function, or another place where it can be resumed or an error can start. */
struct site {
    uint32_t token;
    bool is_await;
    bool is_yield, is_close;     /* of a yield: where the generator goes on, and the next one: where it is closed */
    /* of awaits: */
    struct symbol *callee;       /* embedded: the async function; null otherwise */
    struct symbol *frameless;    /* the function of the library that waits in the caller's frame; null otherwise */
    enum awaitable awaitable;
    const char *handler;         /* the label that an error goes to */
    struct symbol *held;         /* a pointer to a frame that an error gives back; or null */
};

struct function {
    struct acc *acc;
    struct node *definition;     /* FUNCTION_DEFINITION */
    struct symbol *symbol;
    const char *name;            /* as the user wrote it */
    const char *outer;           /* name of the function that makes the coroutine (main's differs) */
    struct node *specifiers, *declarator, *parameters, *body; /* parameters: the FUNCTION derivation */
    bool is_main, returns_void, has_frame_vla;
    bool has_plain_parameters;   /* scalars all: those that are dead before the first await need not lie in the frame */
    struct type_info *result;    /* type of T */
    struct site *sites;          /* [0] is the definition */
    uint32_t site_count;
    uint32_t temporary_count, label_count;
    struct symbol **variables;   /* everything with a slot in the frame, in order of making */
    uint32_t variable_count;
    const char *failed_label;    /* where an error leaves the function */
    const char **prelude;        /* file-scope text that must stand before the function */
    uint32_t prelude_count;
    bool is_failing;             /* the failed label is used */
    bool has_regions;            /* something may be left to do where it returns */
    bool is_generator;
    bool yields_in_undo;         /* a generator that, when it is closed, could come to another yield */
};

/* ---- shadow.c */
struct shadow *shadow_print(struct acc *acc);
/* Names that acc itself knows: ac_gather(a = f(), ...) and its kin. */
enum combinator {
    COMBINATOR_NONE, COMBINATOR_GATHER, COMBINATOR_SETTLE, COMBINATOR_RACE, COMBINATOR_ANY, COMBINATOR_THREAD,
};
enum combinator combinator_named(const struct acc *acc, uint32_t token);
enum combinator combinator_of(const struct acc *acc, const struct node *node);

/* ---- build.c: making lowered tree */
struct node *build(struct acc *acc, const struct node *near, const char *template, ...); /* children, then NULL */
struct node *build_block(struct acc *acc, const struct node *near);
void build_into(struct acc *acc, struct node *block, struct node *item);
/* The same with what the C compiler is not to warn of. */
void build_hidden_into(struct acc *acc, struct node *block, struct node *item);
/* A pragma for a loop must stay directly in front of it: moves one from the end of `from` to
 * that of `block`. */
void build_pragma_into(struct acc *acc, struct node *from, struct node *block);
/* A pragma that asks the optimiser something for the loop behind it. */
bool is_loop_hint(struct acc *acc, const struct node *node);
bool is_async_definition(const struct node *node);
/* A temporary of the function, its slot undecided between frame and C local by `lives`. */
struct symbol *build_temporary(struct function *function, struct node *scope, const struct type_info *type,
                               struct node *probe, bool lives_across_await);
/* An expression of the same variably modified type that has no side effects, as far as that goes. */
struct node *without_effects(struct acc *acc, struct node *node);
/* One for the value of a statement expression, whose type may be known inside it only. */
struct symbol *build_kept(struct function *function, struct node *block, struct node *expression, bool lives);
/* A statement that stores a value byte by byte: its type may be another one of the same members,
 * or have const ones. */
struct node *build_copy(struct acc *acc, struct symbol *symbol, struct node *value);
struct symbol *build_typed_temporary(struct function *function, struct node *scope, const char *declaration,
                                     bool lives_across_await);
/* The definition of `name` as the array type `open` with a length: that which makes it so many bytes. */
const char *array_of_size(struct acc *acc, const char *open, const char *name, long long size);
struct node *build_name(struct acc *acc, const struct node *near, struct symbol *symbol);
const char *build_label(struct function *function, const char *purpose);
uint32_t build_site(struct function *function, uint32_t token);
struct slot *slot_of(const struct symbol *symbol);
/* May the byte stand in a name? */
bool is_of_word(char c);
bool token_is(const struct acc *acc, uint32_t token, const char *text);
/* The bracket, ( or [, within which the token stands, in its statement, or 0. */
uint32_t bracket_around(const struct acc *acc, uint32_t token);
const char *token_text(struct acc *acc, uint32_t token);
/* declaration text with the name put in for @ */
const char *declare_as(struct acc *acc, const char *declaration, const char *name);
bool is_expression(const struct node *node);
/* What an lvalue is a part of, through members and elements: a name, what a pointer leads to
 * (`p->m`, `*p`, `p[i]`), or what is no object of the program's own, such as a call. */
struct node *lvalue_base(const struct acc *acc, struct node *node);
/* The type of an expression's value: after array and function decay, a bit-field's promoted.
 * Null: not known. */
struct type_info *value_type(const struct node *node);
/* An expression without a value. */
bool is_void(const struct node *node);
bool has_specifier(const struct acc *acc, const struct node *specifiers, const char *word);
bool is_inline(const struct acc *acc, const struct node *specifiers);
bool mentions(const struct node *node, const struct symbol *symbol);
/* Whether specifiers have the body of a record or an enumeration in them. */
/* The attribute of generated functions that no coverage is to be measured of, or nothing. */
const char *uncounted(const struct acc *acc);
bool defines_type(const struct node *specifiers);
/* A declaration of that type alone: the specifiers only name it from then on. */
struct node *declare_apart(struct acc *acc, struct node *specifiers);
/* Whether variables get the types of their initialisers: `auto` without a type, `__auto_type`. */
bool infers_type(const struct acc *acc, const struct node *specifiers);
/* Whether a declaration starts scoped children. */
bool declares_children(const struct node *declaration);
/* Whether it is a block, or a `for`, that has scoped children: its end awaits them. */
bool awaits_children(const struct node *node);
/* The tokens behind which an async function waits in a node, its children aside, counted from
 * 0; false: no more. */
bool waits_behind(const struct node *node, uint32_t index, uint32_t *token); /* waits.c */
/* The symbol that a declarator declares, through parentheses; null for an abstract one. */
struct symbol *declared(const struct node *declarator);
/* The symbol of a PARAMETER; null: it has no name. */
struct symbol *parameter_symbol(const struct node *parameter);
/* It is another function in what comes out, ac__user_main. */
bool is_async_main(const struct symbol *symbol);
/* `(void)` */
bool is_void_list(const struct acc *acc, const struct node *parameters);
/* The derivation that makes a declarator one of a function, or null. */
struct node *function_derivation(const struct node *declarator);
/* Whether a PARAMETER is a pointer, as far as its declaration shows. */
bool may_be_pointer(const struct node *parameter);

/* ---- attributes.c */
/* The next name in an attribute's list behind a token (0: the first), 0 at the end. */
uint32_t attribute_name(const struct acc *acc, const struct node *attribute, uint32_t behind);
/* noreturn for __noreturn__. */
const char *attribute_spelling(struct acc *acc, uint32_t token);
/* Whether it stands on any declaration of a function so far. */
bool has_attribute(struct acc *acc, const struct symbol *function, const char *name);
/* Those among a function's attributes, on any of its declarations, that its body's function has as well. */
void print_code_attributes(struct printer *printer, const struct function *function);

/* ---- the passes: each takes the function as the one before left it, and changes its body */
/* Before all others: the names go to the function's prelude. */
void aliases(struct function *function);
void unevaluated(struct function *function);
void places(struct function *function);
void desugar(struct function *function);
void hoist(struct function *function);
void declare(struct function *function);
void regions(struct function *function);
/* The async function that a call awaits or iterates over, if its frame is to be embedded; null: it is not. */
struct symbol *frame_embeds(struct function *function, struct node *operand, bool beside_others);
void frame_print(struct printer *printer);
/* Whether it awaits a coroutine whose frame is not part of the caller's. */
bool site_has_child(const struct site *site);
/* A file's name as it gets into objects: after -ffile-prefix-map and -fmacro-prefix-map, like __FILE__. */
const char *recorded_file(struct acc *acc, uint32_t file);
void emit_function(struct printer *printer, struct function *function);
bool emit_special(struct printer *printer, struct node *node);
bool emit_typedef(struct printer *printer, const struct symbol *symbol);

/* N_aenter, N_aexit or N_anext ("_aenter", ...) for an operand of `async with` or `async for`;
 * null: not declared. */
struct symbol *with_function(struct acc *acc, const struct type_info *type, const char *suffix);

/* ---- combine.c: ac_gather and its kin as expressions of C */
void print_combinator(struct printer *printer, struct node *call);
/* Makes the functions that convert results on their way into an lvalue of another type. */
void combine_prepare(struct acc *acc, struct node *node, const char ***prelude, uint32_t *count);

/* ---- thread.c: ac_thread(fn(args)) as an expression of C */
/* The call that an operand is, through parentheses and casts; null: it is none. */
struct node *thread_call_of(struct acc *acc, struct node *operand);
/* A part of the call (an argument, or what is called) of a type that has no name at file scope;
 * null: all have. */
struct node *thread_unnamed(struct node *call);
/* What has to stand at file scope before it; null: something earlier will do. */
const char *thread_prepare(struct acc *acc, struct node *node);
void print_thread_call(struct printer *printer, struct node *node);

/* ---- child.c: scoped children */
void print_child_slot(struct printer *printer, const struct slot *slot);
void print_start(struct printer *printer, struct node *node);

/* ---- stage.c */
void stage_print(struct printer *printer, struct function *function);

/* ---- nesting.c: text with line markers that say what is the main file's */
const char *nest_files(struct acc *acc, const char *text);

/* ---- tidy.c: generated text with a statement a line, indented */
char *tidy(struct acc *acc, const char *text);

#endif
