/* regions.h: what the lowering of constructs (regions.c) and of the ways out of them (pending.c) share. */
#ifndef ACC_REGIONS_H
#define ACC_REGIONS_H

#include "lower.h"

/* The code that a finally keeps while it undoes: how control came to it, and so where it goes on. */
enum pending {
    PENDING_NONE,       /* the guarded part came to its end */
    PENDING_ERROR,      /* the error in `held` */
    PENDING_FIRST_JUMP, /* the first of the jumps that leave the guarded part; the others follow */
};

/* Who owns an error, and what is done to it where control leaves:
 *
 *   TRY      nobody: the handler catches it
 *   CATCH    `held`, null once `throw;` has passed it on: freed; the context of another error
 *   GUARDED  nobody: the handler catches it for the finally; a jump sets its code
 *   FINALLY  `held`, while an error is pending: passed on at the end; the context of another
 */
enum region_kind {
    REGION_TRY,     /* a block whose errors a catch takes: nothing to undo when a jump leaves it */
    REGION_CATCH,   /* a catch clause: what it caught is dropped */
    REGION_GUARDED, /* a block that a finally undoes */
    REGION_FINALLY,
};

struct jump {
    enum node_kind kind; /* RETURN, BREAK, CONTINUE, GOTO; THROW: a return with task->error */
    struct symbol *label;
};

struct handler {
    const char *label;
    bool used;
};

struct region {
    struct region *outer;
    enum region_kind kind;
    const struct node *part;    /* the try's block, or the clause, that this region is */
    struct handler *handler;    /* where errors inside go */
    struct symbol *held;        /* CATCH: caught; GUARDED, FINALLY: thrown */
    struct symbol *pending;     /* GUARDED, FINALLY */
    const char *undo;           /* GUARDED */
    struct jump *jumps;         /* GUARDED: those that leave it */
    struct node **resets;       /* GUARDED: a statement on each way to `undo` on which no error comes */
    uint32_t jump_count, reset_count;
    const struct region *guarded; /* FINALLY: what it undoes */
    bool follows_errors;        /* FINALLY: an error may be pending */
    bool awaits;                /* FINALLY: the task is told that it is undoing something */
};

struct walk {
    struct function *function;
    struct acc *acc;
    struct region *region;          /* innermost, or null */
    struct region *break_region, *continue_region; /* those of the enclosing loop or switch */
    struct handler *handler;
    struct handler *failed;         /* where errors leave the function */
};

struct node *jump_to(struct walk *walk, const struct node *near, struct handler *handler);
struct node *label_at(struct walk *walk, const struct node *near, const char *label);
/* What the task is told where control enters or leaves a FINALLY that awaits. */
void note_undoing(struct walk *walk, struct node *block, const struct region *region, const char *text);
/* The same for all regions around: whoever asks a generator for items does something else while
 * it is left. */
void note_all_undoing(struct walk *walk, struct node *block, const char *text);
/* Whether an error is on its way, an own one or that of a generator closed in a finally: a test
 * of the code, %0. */
const char *error_test(struct acc *acc, const struct region *guarded);
/* Goes to `undo` with a code and without an error. */
void undo_without_error(struct walk *walk, struct node *block, const struct node *near, struct region *region,
                        uint32_t code);
/* The statements that take control from the innermost region to the jump's target. */
struct node *lower_jump(struct walk *walk, const struct node *near, struct jump jump);
/* Behind the undoing: where each code leads. */
void dispatch(struct walk *walk, struct node *block, struct node *node, struct region *region);
/* PENDING_ERROR, SWALLOW_ERROR */
struct node *lower_pending(struct walk *walk, struct node *node);

#endif
