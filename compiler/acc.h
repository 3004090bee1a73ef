/* acc.h: the data that flows through one translation, and the passes it flows through.
 *
 *   text (cc -E) --scan--> tokens --parse--> tree --shadow--> text for libclang --meaning--> types on the tree
 *        --the passes of lower.h--> lowered tree --emit--> C
 *
 * One struct acc goes along everywhere; there is no other mutable state. Memory comes from its
 * arena and is never freed singly. Sections stand in the order in which the files that define
 * them work.
 */
#ifndef ACC_H
#define ACC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util.h"

/* ---- source: the preprocessed text, its tokens, and where they come from --------------------- */

enum token_kind {
    TOK_END,
    TOK_NAME,      /* identifiers and contextual keywords; dialect words are decided by the filter (words.c) */
    TOK_KEYWORD,   /* C and GNU keywords; which one: token.word */
    TOK_NUMBER,
    TOK_CHARACTER,
    TOK_STRING,
    TOK_PUNCTUATOR, /* which one: token.word is its parser code */
    TOK_PRAGMA,    /* a whole #pragma line, or _Pragma(...) */
    TOK_UNKNOWN,   /* a byte that is no token; the C compiler will say so */
};

struct token {
    uint32_t offset, length; /* in acc->text */
    uint32_t line;           /* presumed line */
    uint16_t file;           /* index into acc->files */
    uint8_t kind;
    bool starts_line;
    uint16_t word;           /* the parser's code for this token as scanned (parse.tab.h) */
    uint32_t match;          /* the partner of ( [ { ) ] }; itself where there is none */
    const char *name;        /* interned spelling of names; null for other tokens */
};

struct file {
    const char *name; /* as the line marker gives it, unescaped */
    bool is_system;   /* marker flag 3 */
};

/* ---- tree ------------------------------------------------------------------------------------ */

/* Every kind, with its children in order (? may be null, * any number). A node covers the tokens
 * first..last; what lies between its children is its own text. The kinds below GENERATED are
 * made by passes and have a template. */
#define NODE_KINDS(X) \
    /* expressions */ \
    X(NAME)             /* symbol */ \
    X(CONSTANT)         /* number, character; true, false, nullptr */ \
    X(STRING)           /* adjacent literals; __func__ and kin are NAME without symbol */ \
    X(PAREN)            /* expr */ \
    X(STATEMENT_EXPR)   /* block */ \
    X(GENERIC)          /* control (expr or TYPE_NAME), GENERIC_ASSOC* */ \
    X(GENERIC_ASSOC)    /* TYPE_NAME? (null: default), expr */ \
    X(CALL)             /* callee, argument* */ \
    X(INDEX)            /* array, index */ \
    X(MEMBER)           /* object; op is . or ->, last token the member */ \
    X(POSTFIX)          /* operand; op ++ -- */ \
    X(PREFIX)           /* operand; op ++ -- */ \
    X(UNARY)            /* operand; op & * + - ~ ! __real__ __imag__ __extension__ */ \
    X(LABEL_ADDRESS)    /* && label; label symbol */ \
    X(SIZEOF_EXPR)      /* operand; also _Alignof expr: unevaluated (unless of variably modified type) */ \
    X(SIZEOF_TYPE)      /* TYPE_NAME; also _Alignof */ \
    X(CAST)             /* TYPE_NAME, expr */ \
    X(COMPOUND_LITERAL) /* TYPE_NAME, INIT_LIST */ \
    X(BINARY)           /* left, right; op */ \
    X(LOGICAL)          /* left, right; op && || */ \
    X(CONDITIONAL)      /* condition, then? (null: a ?: b), else */ \
    X(ASSIGN)           /* left, right; op = */ \
    X(COMPOUND_ASSIGN)  /* left, right; op += ... */ \
    X(COMMA)            /* left, right */ \
    X(AWAIT)            /* operand */ \
    X(BUILTIN)          /* __builtin_va_arg, types_compatible_p, tgmath, choose_expr, ...: (expr|TYPE_NAME)*;
                           offsetof: TYPE_NAME, index expr* (the members are own text); op is the builtin */ \
    X(INIT_LIST)        /* INIT_ITEM* */ \
    X(INIT_ITEM)        /* DESIGNATOR*, value (an expr or INIT_LIST), which is the last child */ \
    X(DESIGNATOR)       /* index expr(s); none for .member */ \
    /* types and declarations */ \
    X(TYPE_NAME)        /* SPECIFIERS, DECLARATOR? */ \
    X(SPECIFIERS)       /* RECORD*, ENUM*, TYPEOF*, ALIGNAS*, ATTRIBUTE* in order of text; plain words are own text;
                           symbol: the typedef named; op: the `yield` of a generator */ \
    X(RECORD)           /* struct or union, with tag symbol; MEMBER_DECLARATION*; has_body */ \
    X(MEMBER_DECLARATION) /* SPECIFIERS, DECLARATOR* (bit width: a child behind the derivations) */ \
    X(ENUM)             /* tag symbol; ENUMERATOR*; has_body */ \
    X(ENUMERATOR)       /* value? ; symbol */ \
    X(TYPEOF)           /* expr or TYPE_NAME; also _Atomic(T), _BitInt(N): op is the word */ \
    X(ALIGNAS)          /* expr or TYPE_NAME; _Alignas(...) or a GNU aligned attribute */ \
    X(ATTRIBUTE)        /* opaque: __attribute__((...)), [[...]], asm("label"), __declspec(...) */ \
    X(DECLARATOR)       /* symbol? and name token (0: abstract); children: DERIVATION* in order of text, ATTRIBUTE* */ \
    X(POINTER)          /* derivation: own text is "* qualifiers attributes" */ \
    X(ARRAY)            /* derivation: size?; own text has static, qualifiers, [*] */ \
    X(FUNCTION)         /* derivation: PARAMETER*; is_variadic; is_async; old-style (K&R) lists: is_old_style */ \
    X(NESTED)           /* derivation: ( DECLARATOR ) */ \
    X(PARAMETER)        /* SPECIFIERS, DECLARATOR? */ \
    X(INIT_DECLARATOR)  /* DECLARATOR, initialiser? (expr or INIT_LIST) */ \
    X(DECLARATION)      /* SPECIFIERS, INIT_DECLARATOR*; is_async: `async` stands among the specifiers */ \
    X(STATIC_ASSERT)    /* expr */ \
    X(FUNCTION_DEFINITION) /* SPECIFIERS, DECLARATOR, DECLARATION* (K&R), BLOCK? (null: body kept as tokens) */ \
    /* statements */ \
    X(BLOCK)            /* items* between the braces */ \
    X(EXPRESSION_STATEMENT) /* expr */ \
    X(EMPTY)            /* ; or an attribute statement such as [[fallthrough]]; */ \
    X(IF)               /* condition, then, else? */ \
    X(WHILE)            /* condition, body */ \
    X(DO)               /* body, condition */ \
    X(FOR)              /* init? (DECLARATION or expr), condition?, step?, body */ \
    X(SWITCH)           /* condition, body */ \
    X(CASE)             /* low, high? , statement? (null before } or a declaration) */ \
    X(DEFAULT)          /* statement? */ \
    X(LABEL)            /* statement? ; symbol */ \
    X(GOTO)             /* symbol */ \
    X(GOTO_COMPUTED)    /* expr */ \
    X(BREAK) X(CONTINUE) \
    X(RETURN)           /* expr? */ \
    X(ASM)              /* operand exprs*, ASM_LABEL* */ \
    X(ASM_LABEL)        /* where an asm goto may lead; symbol */ \
    X(LOCAL_LABELS)     /* __label__ a, b; */ \
    X(NESTED_FUNCTION)  /* GNU nested function definition, children as of FUNCTION_DEFINITION: refused */ \
    /* the dialect's statements */ \
    X(THROW)            /* code?, argument* */ \
    X(TRY)              /* BLOCK, CATCH*, FINALLY? */ \
    X(CATCH)            /* code*, BLOCK (last); symbol: the bound name or null; hoisted, codes that await have a BLOCK
                           in front that evaluates them */ \
    X(FINALLY)          /* BLOCK */ \
    X(DEFER)            /* statement */ \
    X(ASYNC_WITH)       /* WITH_ITEM*, statement (last) */ \
    X(WITH_ITEM)        /* DECLARATION? (one declarator without initialiser), expr; a further DECLARATION
                           shares the SPECIFIERS of the first */ \
    X(ASYNC_FOR)        /* DECLARATION, expr, statement */ \
    X(YIELD)            /* expr */ \
    X(PRAGMA)           /* a pragma among a block's items */ \
    /* made by passes (lower.h) */ \
    X(GENERATED)        /* template: text where %0..%9 stand for children */ \
    X(TEMPORARY)        /* declares the symbol, a temporary that is a C local */ \
    X(INITIALISE)       /* INIT_DECLARATOR: initialises a variable of the frame whose declaration stands before */ \
    X(TYPED)            /* SPECIFIERS, DECLARATOR: the type of a variable, spelled with `text` for its name */ \
    X(AWAIT_STATEMENT)  /* operand, target NAME?: an await that stands alone, its operand free of awaits */ \
    X(GENERATOR_MAKE)   /* target NAME, call: makes a generator on the bump stack */ \
    X(GENERATOR_NEXT)   /* NAME: runs a generator until its next item; symbol: it is embedded, an instance of this
                           function; null: the name is a pointer to it */ \
    X(GENERATOR_CLOSE)  /* NAME: undoes what a generator has under way; symbol as above */ \
    X(YIELD_POINT)      /* SEQUENCE: hands an item out; closing enters at the children; number: of its site */ \
    X(PENDING_ERROR)    /* in a FINALLY: the error on its way, as const ac_error *, or null */ \
    X(START)            /* operand: starts the scoped child that is its symbol; the value is its handle */ \
    X(SWALLOW_ERROR)    /* in a FINALLY: a statement that drops the error on its way */ \
    X(LEAVE)            /* returns AC__DONE */ \
    X(STORAGE)          /* the bytes of the symbol's slot, without the view of const and opaque types */ \
    X(SEQUENCE)         /* children, one after the other */ \
    X(JUMP_FAILED)      /* goes to whoever handles task->error */

enum node_kind {
#define X(kind) NODE_##kind,
    NODE_KINDS(X)
#undef X
};

struct node {
    enum node_kind kind;
    uint32_t first, last;     /* tokens covered, inclusive; last < first: none */
    uint32_t op;              /* operator, keyword or name token; 0: none */
    uint32_t count;
    struct node **child;
    struct symbol *symbol;
    const char *text;         /* of GENERATED; of an ARRAY: how its length is to be spelled, or null */
    bool has_await;           /* an await lies in it; after places: one that is evaluated */
    bool has_label;           /* after places: a label or case lies in it */
    bool has_dialect;         /* anything that is not C lies in it: async, await, throw, ... */
    bool is_async, is_variadic, is_old_style, has_body;
    bool is_region;           /* a generated BLOCK whose end the C compiler may believe to be reached */
    bool is_hidden;           /* of GENERATED, TEMPORARY: the C compiler is not to warn of it */
    bool is_generated;        /* made by a pass: a BLOCK has braces to print, a NAME no token */
    bool is_unevaluated;      /* sizeof, typeof, ... : operand not evaluated */
    bool is_truth;            /* after meaning: an expression whose value is converted to bool */
    bool is_apart;            /* of SPECIFIERS: the type that they define has a declaration of its own */
    const void *printed_by;   /* the printer that printed this record with its body: its tag will do from now on */
    struct type_info *type;   /* expressions and declarators in async bodies, after meaning */
    uint32_t number;          /* of an AWAIT_STATEMENT: its site; in the parser: height, specifier flags */
    union {                   /* a pass's own note, by the node's kind; null: none */
        struct symbol *size;      /* ARRAY: the temporary that keeps its size (declare.c) */
        struct node *probe;       /* DECLARATOR: its type's size is the alignment that is asked for (shadow.c) */
        const char *store;        /* ASSIGN, a combinator's argument: the function that converts (combine.c) */
        struct node *copy;        /* other expressions: a copy of what gives the type of the value (unevaluated.c) */
        struct frame_scope *scope; /* what opens a scope: its part of the frame (frame.c) */
    };
};

struct node *node_make(struct acc *acc, enum node_kind kind, uint32_t first, uint32_t last,
                       uint32_t count, ...);
void node_append(struct acc *acc, struct node *node, struct node *child);
const char *node_kind_name(enum node_kind kind);
bool node_is_case(const struct node *node);  /* a `case` or `default` */
bool node_is_label(const struct node *node); /* one of those, or a label */
bool node_is_loop(const struct node *node);  /* one of C's loops */
/* Whether an async function can give way in it, its children aside: an await, or what awaits by
 * itself. What ends a block that has scoped children, besides: awaits_children(). */
bool node_suspends(const struct node *node);
/* Whether sizes of arrays in this part of a type may be evaluated: not those of a record's members,
 * which are constants, nor those of a function's parameters. */
bool node_has_sizes(const struct node *type);
/* The first token of the part of a loop that is repeated. */
uint32_t node_loop_start(const struct node *loop);
/* The first node of the kind in the text, the node itself included; null: there is none. */
const struct node *node_find(const struct node *node, enum node_kind kind);
/* The node without the parentheses around it. */
struct node *node_strip(struct node *node);
/* The declarator in parentheses in a declarator, or null. */
struct node *node_nested(const struct node *declarator);
/* The derivation that says what the declared name is: in `(*f(int))(double)` the (int). Null: it
 * has the base type. */
struct node *node_derivation(const struct node *declarator);
/* Verifies that children lie in order within their parents; ends the process if not. */
void node_check(const struct acc *acc, const struct node *node);
/* The tree as indented text: kinds, tokens, symbols. */
void node_dump(const struct acc *acc, const struct node *node, int depth, struct buffer *out);

/* ---- scopes: what a name means where it stands ----------------------------------------------- */

enum symbol_kind { SYMBOL_TYPEDEF, SYMBOL_OBJECT, SYMBOL_FUNCTION, SYMBOL_ENUMERATOR, SYMBOL_TAG, SYMBOL_LABEL };

struct symbol {
    const char *name;
    enum symbol_kind kind;
    uint32_t token;            /* where it is declared */
    uint32_t number;           /* unique in its function, in order of text; 0 at file scope */
    bool is_file_scope;
    bool is_async;             /* a function, or a typedef of a function type, that is async */
    bool is_function_type;     /* a typedef of a function type */
    bool is_parameter;
    bool is_child;             /* `async T name = e;`, a scoped child: after check.c */
    bool is_static, is_extern, is_thread_local, is_register;
    struct node *specifiers;   /* SPECIFIERS of its declaration, or null */
    struct node *declarator;   /* DECLARATOR, RECORD, ENUM, ENUMERATOR, LABEL, CATCH */
    struct node *definition;   /* FUNCTION_DEFINITION, when seen (functions) */
    struct symbol *previous;   /* the file-scope declaration before this one of the same entity, or null */
    struct node *block;        /* the BLOCK, FOR, CATCH, ... whose scope it is in; null at file scope and for params */
    uint32_t depth;            /* of an embeddable async function: frames in frames, itself included */
    uint32_t lasting_frames, awaited_frames; /* those that lie in its frame side by side, and in one place in turn */
    bool is_embeddable;        /* an async function whose frame has been printed: callers below can embed it */
    enum use {
        USE_NONE,
        USE_NAME,              /* only where nothing is evaluated, as in sizeof */
        USE_SET,               /* only assigned to */
        USE_VALUE
    } use;                     /* of a parameter by the function's body (places.c) */
    uint32_t last_use;         /* of a scalar: the last token where its value may be wanted (places.c) */
    struct use_note *uses;     /* where, of a variable (places.c) */
    bool is_wide;              /* an async function whose frame may need more alignment than its head */
    bool needs_stack;          /* an async function, which awaits what takes its frame from the task's bump stack */
    bool takes_registers;      /* an embeddable function: its run function takes the arguments as C arguments */
    bool escapes;              /* its address is taken, or it is used where no token tells */
    bool is_mentioned;         /* of file scope: something but its own definition names it (warn_unused.c) */
    bool is_read;              /* a variable that is not only assigned to (places.c) */
    union {
        struct slot *slot;         /* of a variable, or a typedef whose sizes are kept (lower.h); null: none */
        const struct node *part;   /* of a label: the innermost protected part that it lies in, or null (regions.c) */
    };
};

/* ---- one translation ------------------------------------------------------------------------- */

/* A run of tokens, inclusive. */
struct span {
    uint32_t first, last;
};

/* An external declaration of a system header that is plain C, and its names in acc->declared. */
struct mere_declaration {
    struct span span;
    uint32_t body;             /* `{` of a function's body, or 0 */
    uint32_t first_name, name_count;
    bool is_mentioned;
};

struct acc {
    struct arena *arena;
    /* source */
    const char *input_name;    /* the .ac file as given to acc */
    const char *text;          /* preprocessed, ends with NUL */
    uint32_t length;
    struct token *tokens;      /* [0] is a dummy so that 0 can mean none; the last is TOK_END */
    uint32_t token_count;
    struct file *files;
    uint32_t file_count;
    /* tree: external declarations that hold something of the dialect, in order of text. All else
     * stays text. */
    struct node **items;
    uint32_t item_count;
    struct symbol **iterators; /* functions named N_anext at file scope */
    uint32_t iterator_count;
    struct symbol **enters;    /* functions named N_aenter at file scope */
    uint32_t enter_count;
    bool has_dialect;          /* false: the file is plain C and goes to the C compiler as it is */
    struct scopes *scopes;     /* scope.c: after parsing, the file's scope */
    struct span *bodies;       /* function bodies that were skipped as tokens, `{` to `}`, in order of text */
    uint32_t body_count;
    struct symbol **declared;  /* at file scope: what each declaration declares, redeclares or defines */
    uint32_t declared_count;
    struct mere_declaration *mere;
    uint32_t mere_count;
    struct span *unmentioned;  /* runs of tokens that are not printed (unmentioned.c), in order of text */
    uint32_t unmentioned_count;
    bool packs_structures;     /* a pragma speaks of packing */
    bool has_decimal128;       /* what libclang calls __float128 is _Decimal128 (prologue.c) */
    uint32_t store_count;      /* combine.c: conversion functions made */
    uint32_t alias_count;      /* aliases.c: names given to types */
    const char **thread_calls; /* thread.c: what stands at file scope for each call on a thread, numbered 0 */
    uint32_t thread_call_count;
    struct pragma_file *pragma_files;   /* pragmas.c: files that were read for them */
    uint32_t pragma_file_count;
    struct pragma_macro *pragma_macros; /* and macros that were looked up */
    uint32_t pragma_macro_count;
    /* options that translation needs */
    const struct options *options;
    /* diagnostics */
    const char *input_text;    /* the original text where the file cannot be read again (standard input), or null */
    uint32_t input_length;
    struct diagnostics *diagnostics;
    struct originals *originals; /* source files read again for messages (origin.c) */
    struct seen *seen;         /* warn_seen.c: warnings that wait */
    uint32_t seen_count;
    /* set by the parser when it met something that is no program: where, and in whose words the
     * C compiler will say it */
    uint32_t syntax_error;     /* token, 0: none */
    const struct symbol *declared_word; /* the last name where a word of the dialect would have fitted, or null ... */
    uint32_t declared_use;              /* ... and the token that uses it */
    struct span *unfit;        /* external declarations that the grammar does not fit, with the token behind them */
    uint32_t unfit_count;
};

struct options {
    const char *const *clang_arguments; /* for libclang: -std, -m, -f that it understands */
    int clang_argument_count;
    const char *stop_after;             /* a pass's name, or null */
    bool keeps_unmentioned;             /* headers stay whole (unmentioned.c) */
    bool emit_c;
    bool is_for_clang;                  /* which C compiler gets what comes out */
    bool debug;                         /* the frame's members say which lines can see them */
    bool coverage;                      /* only the user's lines and functions are counted */
    bool color;
    const char *warning_options;        /* see diagnostics.c */
    int error_limit;                    /* 0: none; default 20 */
};

/* scan.l: text -> tokens, brackets matched. */
void scan(struct acc *acc);

/* parse.y and words.c: tokens -> items. Reports what is wrong in the dialect's own words
 * (refusals are check.c's); returns false, with syntax_error set, where the grammar does not
 * fit. Plain C that the grammar does not know is kept as text and left to the C compiler. */
bool parse(struct acc *acc);
/* Leaves out what system headers declare and the program does not mention (unmentioned.c). */
void drop_unmentioned(struct acc *acc);
/* Whether the token lies in what was left out. */
bool is_unmentioned(const struct acc *acc, uint32_t token);
/* What a name means at the end of the file's scope (functions, objects, typedefs); null: nothing. */
struct symbol *file_symbol(const struct acc *acc, const char *name);
/* Whether a typedef or a tag has that name there. */
bool is_file_type(const struct acc *acc, const char *name);

/* ---- diagnostics ----------------------------------------------------------------------------- */

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* Reports at a token in clang's form; columns, source line and caret come from the original
 * file. A message id's text, severity and -W group stand in diagnostics.def. Notes follow the
 * message they belong to. */
enum message {
#define MESSAGE(id, severity, group, text) MESSAGE_##id,
#include "diagnostics.def"
#undef MESSAGE
};
void report(struct acc *acc, enum message id, uint32_t token, ...);
/* The same with a ready text: what libclang says. `last` gives the end of the underlined range (0: none). */
void report_text(struct acc *acc, enum severity severity, uint32_t token, uint32_t last, const char *text);
/* The same with any ranges underlined, as clang does with operands. */
void report_ranges(struct acc *acc, enum severity severity, uint32_t token,
                   const struct span *ranges, uint32_t count, const char *text);
/* The same, the place being the end of the token: where something is missing. */
void report_behind(struct acc *acc, enum severity severity, uint32_t token, const char *text);
/* One mistake, one line of errors: later errors on these tokens' lines are dropped, as they are
 * on the line of any error that was reported. */
void report_no_more(struct acc *acc, uint32_t first, uint32_t last);
/* The same for lines that name a function whose declaration is the mistake. */
void report_no_more_of(struct acc *acc, const char *function);
/* Messages between the two come in the order of the text, their notes with them. */
void report_hold(struct acc *acc);
void report_release(struct acc *acc);
uint32_t error_count(const struct acc *acc);
/* Whether the -W options ask for a warning; pragmas may say otherwise. */
bool is_warning_on(const struct acc *acc, enum message id);
/* Blanks out the pragmas that are about acc's own warnings, which the C compiler does not know
 * (pragmas.c). */
void drop_pragmas(struct acc *acc);

/* ---- meaning: libclang ----------------------------------------------------------------------- */

enum type_class {
    TYPE_VOID, TYPE_SCALAR, TYPE_RECORD, TYPE_ARRAY, TYPE_FUNCTION,
    TYPE_UNKNOWN, /* libclang could not say */
};

/* What awaiting a value of this type would mean. */
enum awaitable {
    AWAITABLE_NOT, AWAITABLE_CORO, AWAITABLE_TASK, AWAITABLE_FUTURE, AWAITABLE_GENERATOR,
    AWAITABLE_SCOPED, /* the end of a scoped child's block: desugar.c */
};

struct type_info {
    enum type_class class;
    enum awaitable awaitable;
    bool is_const;             /* top level; of arrays: the element */
    bool is_volatile, is_bit_field;
    bool is_variable;          /* variably modified: a VLA, a pointer to one, ... */
    bool is_integer;
    bool has_const_member;     /* a record that cannot be assigned, only copied */
    bool is_vector;            /* of GCC's vector extension: v[i] is part of v */
    bool is_error_pointer;     /* ac_error * or const ac_error * */
    long long size, alignment; /* -1: not known before run time */
    long long *lengths;        /* of a variably modified array: its constant ones, in order; ends with 0 */
    long long typedef_alignment; /* what a typedef adds to it, which `declaration` may not say; 0: nothing */
    const char *spelling;      /* as clang prints it, with ac_coro(T) and kin put back: for messages */
    /* C text that declares an object of this type without its top-level qualifiers, `@` standing for the name
     * ("char *(*@)(int)", "struct s @[4]"); null where it names something that is not visible at file scope
     * (local types, unnamed types). Arrays stay arrays. */
    const char *declaration;
    struct type_info *result;  /* type of T for an awaitable, or another typed handle */
    struct type_info *decayed; /* what the value has after array and function decay; itself otherwise */
    const char *record_name;   /* for a record or pointer to one: the typedef's or tag's name N for N_aenter; or null */
    const char *tag_name;      /* the tag, where record_name is a typedef's name; or null */
    const char *handle_tag;    /* of a typed handle, `T (*)(struct TAG *)`: the tag; or null */
};

/* A shadow: C text for libclang with a map from its bytes to tokens. */
struct shadow_piece {
    uint32_t offset;    /* in the shadow's text */
    uint32_t token;     /* the token whose spelling starts here; 0: text that stands for no token of the user's */
    uint32_t near;      /* for a synthetic piece: the token to blame */
};
struct shadow_query {
    uint32_t start, end; /* extent in the shadow of an expression, or of a declarator's name */
    struct node *node;   /* receives `type` */
    bool is_declarator;
};
/* The initialiser of a scoped child, which the shadow calls. */
struct shadow_start {
    uint32_t start, end;
    const struct symbol *child;
    const struct node *value;
};
struct shadow {
    const char *text;
    uint32_t length;
    struct shadow_piece *pieces;
    uint32_t piece_count;
    struct shadow_query *queries;
    uint32_t query_count;
    struct shadow_query *headers; /* of `async for`: from its operand to the item's value */
    uint32_t header_count;
    uint32_t iterator_count;      /* of acc->iterators: those that have been printed */
    uint32_t enter_count;         /* of acc->enters */
    struct span *throws; /* of throw statements: their formats are checked as printf's */
    uint32_t throw_count;
    struct shadow_start *starts;
    uint32_t start_count;
};

/* Lets libclang read the shadow: reports its errors in the user's terms, fills node->type for
 * each query (of what is wrong, TYPE_UNKNOWN). False if there were errors in the user's code. */
bool meaning(struct acc *acc, const struct shadow *shadow);

/* ---- check.c, check_types.c: refusals -------------------------------------------------------- */

/* What the tree alone shows; before the shadow. Refusals are reported; false if nothing more can
 * be said of the program. What is refused is muted, so that libclang can be asked about the
 * rest. */
bool check_tree(struct acc *acc);
/* What types show; after meaning. False if anything at all was reported as an error. */
bool check_types(struct acc *acc);
/* What clang warns of where the C compiler cannot, since it sees other text than the user wrote
 * (warn_seen.c). `text` is its message, `use` the token of the variable that it is about, if it is. */
void report_seen_by_clang(struct acc *acc, const char *option, uint32_t token, uint32_t use, const char *text);
/* Those that had to wait until each function was lowered. */
void report_seen_of_frames(struct acc *acc);
/* The options that make clang give those that are on, and no others: the next one, or null. */
const char *warning_option(const struct acc *acc, uint32_t *index);
/* False, and a report, if `async for` cannot iterate over an operand, as far as its type is known. */
bool check_iterable(struct acc *acc, const struct node *operand);
/* Says that its N_anext does not take the operand; false: there is none. */
bool report_next_type(struct acc *acc, const struct node *operand);

/* ---- the passes ------------------------------------------------------------------------------ */

/* Reports acc->syntax_error in the words that the C compiler has for the same C (syntax.c). */
void report_syntax(struct acc *acc);

/* The whole way from acc->text to C. Null after an error (reported), or when the file has no
 * dialect in it. */
const char *translate(struct acc *acc);
/* Whether --stop-after knows the pass. */
bool translate_has_pass(const char *name);

/* Whether `async with` or `async for` may find a function by a type's name and this one's end. */
bool is_found_by_name(const char *name);

#endif
