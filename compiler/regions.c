/* regions.c: try, catch, finally, throw and return become labels, gotos and pending codes (pending.c).
 *
 * Takes a body whose awaits stand alone. Leaves plain C statements, AWAIT_STATEMENTs that know
 * where an error goes (their `text`), and nothing else of the dialect.
 *
 *     try A catch (e : C) B                       { A  goto done;
 *                                                 catch: caught = ac__catch(task); code = ac__thrown_code(caught);
 *                                                   if (code == (C)) { e = ...; B  ac__thrown_free(caught);
 *                                                                      goto done; }
 *                                                   else { task->error = caught; goto <outer handler>; }
 *                                                 again: ac__thrown_chain(task, caught); goto <outer handler>;
 *                                                 done: ; }
 *
 *     try A finally D                             { A  pending = 0; thrown = 0; goto undo;
 *                                                 fail: thrown = ac__catch(task); pending = 1;
 *                                                 undo: D
 *                                                   if (pending == 1) { task->error = thrown; goto <outer handler>; }
 *                                                   if (pending == 2) <the first jump that leaves A, and so on>
 *                                                   goto done;
 *                                                 again: if (pending == 1) ac__thrown_chain(task, thrown);
 *                                                 goto <outer>;
 *                                                 done: ; }
 *
 *     yield e;                                    { result = e;  YIELD_POINT { return; } }   where it is closed there
 *
 * A jump out of A sets its number and goes to `undo`: every way out takes one path. An error in
 * B or D comes by `again`, which keeps the first error as the new one's context. A return stores
 * its value before anything is undone. Where a generator is closed in a D, that return throws
 * what is pending there, past all catches: a jump of kind THROW.
 *
 * What a catch or finally holds lives in the frame only if B or D awaits. A D that awaits stands
 * between ac__undo_begin and ac__undo_end, on every way through it.
 */
#include "regions.h"

static struct node *lower(struct walk *walk, struct node *node);

static struct handler *new_handler(struct walk *walk, const char *purpose)
{
    struct handler *handler = arena_allocate(walk->acc->arena, sizeof *handler);
    handler->label = build_label(walk->function, purpose);
    return handler;
}

/* Which protected part a label lies in; found before the walk. */
static void note_labels(struct node *node, const struct node *part)
{
    if (node->kind == NODE_LABEL && node->symbol)
        node->symbol->part = part;
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (!child)
            continue;
        bool guards = node->kind == NODE_TRY && i == 0;
        note_labels(child, guards || child->kind == NODE_CATCH || child->kind == NODE_FINALLY ? child : part);
    }
}

/* ---- return ---------------------------------------------------------------------------------- */

static void set_result(struct walk *walk, struct node *block, struct node *value)
{
    const char *text = "ac__self->ac__result = (%0);";
    if (walk->function->returns_void)
        text = "%0;";
    else if (walk->function->result->has_const_member)
        text = "{ __extension__ __auto_type ac__value = (%0);"
               " __builtin_memcpy((void *)&ac__self->ac__result, &ac__value, sizeof ac__value); }";
    build_into(walk->acc, block, build(walk->acc, value, text, value, NULL));
}

static struct node *lower_return(struct walk *walk, struct node *node)
{
    struct node *block = build_block(walk->acc, node), *value = node->count ? node->child[0] : NULL;
    if (value)
        set_result(walk, block, value);
    build_into(walk->acc, block, lower_jump(walk, node, (struct jump){NODE_RETURN, NULL}));
    return block;
}

/* ---- throw ----------------------------------------------------------------------------------- */

static struct node *lower_rethrow(struct walk *walk, struct node *node)
{
    struct region *region = walk->region;
    while (region && region->kind != REGION_CATCH)
        region = region->outer;
    CHECK(region);
    struct node *block = build_block(walk->acc, node);
    struct node *held = build_name(walk->acc, node, region->held);
    /* thrown to a handler inside of the clause, it is still bound there when that is done with it */
    bool leaves = walk->handler == region->handler;
    const char *text = leaves ? "ac__task->error = %0; %1 = 0;" : "ac__task->error = ac__thrown_again(%0);";
    build_hidden_into(walk->acc, block, build(walk->acc, node, text, held, leaves ? held : NULL, NULL));
    build_into(walk->acc, block, jump_to(walk, node, walk->handler));
    return block;
}

static struct node *lower_throw(struct walk *walk, struct node *node)
{
    if (node->count == 0)
        return lower_rethrow(walk, node);
    struct acc *acc = walk->acc;
    struct node *block = build_block(acc, node), *code = node->child[0];
    const char *how = code->type && code->type->is_error_pointer ? "ac__throw_copy"
                      : node->count == 1                         ? "ac__throw_code"
                                                                 : "ac__throw";
    uint32_t site = build_site(walk->function, node->first);
    const char *text = arena_format(acc->arena, "(void)%s(ac__task, &ac__%s__function, %u", how,
                                    walk->function->name, site);
    struct node *call = node_make(acc, NODE_SEQUENCE, node->first, node->last, 0);
    node_append(acc, call, build(acc, node, text, NULL));
    for (uint32_t i = 0; i < node->count; i++)
        node_append(acc, call, build(acc, node->child[i], i ? ", %0" : ", (%0)", node->child[i], NULL));
    node_append(acc, call, build(acc, node, ");", NULL));
    build_into(acc, block, call);
    build_hidden_into(acc, block, jump_to(walk, node, walk->handler));
    return block;
}

/* ---- yield ----------------------------------------------------------------------------------- */

static bool is_undoing(const struct walk *walk)
{
    const struct region *region = walk->region;
    while (region && !(region->kind == REGION_FINALLY && region->pending))
        region = region->outer;
    return region;
}

/* A generator that is being closed hands nothing out any more. */
static struct node *refuse_when_closing(struct walk *walk, struct node *node)
{
    uint32_t site = build_site(walk->function, node->first);
    const char *text = arena_format(walk->acc->arena,
                                    "if (ac__self->ac__is_closing) { (void)ac__throw(ac__task, &ac__%s__function, %u, "
                                    "22 /* EINVAL */, \"generator yields while it is being closed\"); %%0 }",
                                    walk->function->name, site);
    walk->function->yields_in_undo = true;
    return build(walk->acc, node, text, jump_to(walk, node, walk->handler), NULL);
}

/* Closing a generator is a return from where it stands. */
static struct node *lower_yield(struct walk *walk, struct node *node)
{
    struct acc *acc = walk->acc;
    struct node *block = build_block(acc, node),
                *point = node_make(acc, NODE_YIELD_POINT, node->first, node->last, 0);
    if (is_undoing(walk))
        build_into(acc, block, refuse_when_closing(walk, node));
    set_result(walk, block, node->child[0]);
    point->number = build_site(walk->function, node->first);
    build_site(walk->function, node->first);
    walk->function->sites[point->number].is_yield = true;
    walk->function->sites[point->number + 1].is_close = true;
    struct node *close = build_block(acc, node);
    note_all_undoing(walk, close, "ac__undo_begin(ac__task);");
    build_into(acc, close, lower_jump(walk, node, (struct jump){NODE_RETURN, NULL}));
    node_append(acc, point, close);
    note_all_undoing(walk, block, "ac__undo_end(ac__task);");
    build_into(acc, block, point);
    note_all_undoing(walk, block, "ac__undo_begin(ac__task);");
    return block;
}

/* ---- try ------------------------------------------------------------------------------------- */

static struct symbol *hold(struct walk *walk, struct node *block, const char *declaration, bool lives)
{
    struct symbol *symbol = build_typed_temporary(walk->function, block, declaration, lives);
    if (!lives) {
        struct node *temporary = node_make(walk->acc, NODE_TEMPORARY, block->first, block->first, 0);
        temporary->symbol = symbol;
        build_hidden_into(walk->acc, block, temporary); /* perhaps nothing asks for the value */
    }
    return symbol;
}

static struct node *lower_in(struct walk *walk, struct region *region, struct node *node)
{
    struct region *region_before = walk->region;
    struct handler *handler_before = walk->handler;
    walk->region = region;
    walk->handler = region->handler;
    node = lower(walk, node);
    walk->region = region_before;
    walk->handler = handler_before;
    return node;
}

/* The block that evaluates the codes of a clause, which await; or null. */
static struct node *codes_block(const struct node *clause)
{
    return clause->count > 1 && clause->child[0]->kind == NODE_BLOCK ? clause->child[0] : NULL;
}

static struct node *catch_test(struct walk *walk, struct node *clause, struct symbol *code)
{
    struct node *test = node_make(walk->acc, NODE_SEQUENCE, clause->first, clause->last, 0);
    if (clause->count == 1)
        return build(walk->acc, clause, "%0 != 125 /* ECANCELED */", build_name(walk->acc, clause, code), NULL);
    for (uint32_t i = codes_block(clause) ? 1 : 0; i + 1 < clause->count; i++)
        node_append(walk->acc, test,
                    build(walk->acc, clause->child[i], test->count ? "|| %0 == (%1)" : "%0 == (%1)",
                          build_name(walk->acc, clause, code), clause->child[i], NULL));
    return test;
}

static struct node *bind_error(struct walk *walk, struct node *clause, struct symbol *caught)
{
    struct acc *acc = walk->acc;
    struct node *held = build_name(acc, clause, caught);
    if (slot_of(clause->symbol))
        return build(acc, clause, "%0 = ac__thrown_error(%1);",
                     build_name(acc, clause, clause->symbol), held, NULL);
    const char *text =
        arena_format(acc->arena, "const struct ac_error *%s = ac__thrown_error(%%0); (void)%s;",
                     clause->symbol->name, clause->symbol->name);
    return build(acc, clause, text, held, NULL);
}

static void lower_clause(struct walk *walk, struct node *block, struct node *clause, struct region *region,
                         struct symbol *code, const char *done)
{
    struct acc *acc = walk->acc;
    struct node *body = build_block(acc, clause), *codes = codes_block(clause);
    if (codes)
        build_into(acc, block, lower_in(walk, region, codes));
    if (clause->symbol) {
        clause->symbol->block = body;
        build_into(acc, body, bind_error(walk, clause, region->held));
    }
    region->part = clause;
    build_into(acc, body, lower_in(walk, region, clause->child[clause->count - 1]));
    build_hidden_into(acc, body,
                      build(acc, clause,
                            arena_format(acc->arena, "ac__thrown_free(%%0); goto %s;", done),
                            build_name(acc, clause, region->held), NULL));
    build_into(acc, block, build(acc, clause, "if (%0) %1", catch_test(walk, clause, code), body, NULL));
}

static bool is_clause(const struct node *node, enum node_kind kind)
{
    return node && node->kind == kind;
}

/* try with its catch clauses, without the finally. */
static struct node *lower_catches(struct walk *walk, struct node *node)
{
    struct acc *acc = walk->acc;
    struct node *block = build_block(acc, node);
    block->is_region = true;
    bool lives = false, codes_await = false;
    uint32_t last = node->count;
    while (last > 1 && !is_clause(node->child[last - 1], NODE_CATCH))
        last--;
    for (uint32_t i = 1; i < last; i++) {
        lives |= node->child[i]->has_await;
        codes_await |= codes_block(node->child[i]) != NULL;
    }
    struct handler *caught_here = new_handler(walk, "catch"), *again = new_handler(walk, "again");
    struct region body = {.outer = walk->region, .kind = REGION_TRY, .part = node->child[0], .handler = caught_here};
    struct symbol *caught = hold(walk, block, "struct ac__thrown *@", lives);
    struct symbol *code = hold(walk, block, "int @", codes_await);
    const char *done = build_label(walk->function, "done");
    build_into(acc, block, lower_in(walk, &body, node->child[0]));
    build_hidden_into(acc, block, build(acc, node, arena_format(acc->arena, "goto %s;", done), NULL));
    build_hidden_into(acc, block, label_at(walk, node, caught_here->label));
    build_hidden_into(acc, block, build(acc, node, "%0 = ac__catch(ac__task); %1 = ac__thrown_code(%0);",
                                        build_name(acc, node, caught), build_name(acc, node, code), NULL));
    struct region clause = {.outer = walk->region, .kind = REGION_CATCH, .handler = again, .held = caught};
    for (uint32_t i = 1; i < last; i++)
        lower_clause(walk, block, node->child[i], &clause, code, done);
    build_hidden_into(acc, block, build(acc, node, "ac__task->error = %0; %1", build_name(acc, node, caught),
                                        jump_to(walk, node, walk->handler), NULL));
    if (again->used) {
        build_hidden_into(acc, block, label_at(walk, node, again->label));
        build_hidden_into(acc, block, build(acc, node, "ac__thrown_chain(ac__task, %0); %1",
                                            build_name(acc, node, caught),
                                            jump_to(walk, node, walk->handler), NULL));
    }
    build_hidden_into(acc, block, label_at(walk, node, done));
    return block;
}

/* try with its catch clauses, which are guarded too, without the finally. */
static struct node *guarded_part(struct acc *acc, struct node *node, struct region *guarded)
{
    struct node *finally = node->child[node->count - 1];
    if (node->count == 2)
        return node->child[0];
    struct node *inner = node_make(acc, NODE_TRY, node->first, finally->first - 1, 0);
    for (uint32_t i = 0; i + 1 < node->count; i++)
        node_append(acc, inner, node->child[i]);
    guarded->part = finally; /* no label has it: labels of the parts carry these */
    return inner;
}

/* The error of the guarded part, if it can have one: else nothing is held, and nothing is declared for it. */
static void catch_for_undoing(struct walk *walk, struct node *block, struct node *node,
                              struct region *guarded)
{
    struct acc *acc = walk->acc;
    if (!guarded->handler->used) {
        if (block->child[0]->kind == NODE_TEMPORARY)
            block->child[0] = build(acc, node, "", NULL);
        return;
    }
    for (uint32_t i = 0; i < guarded->reset_count; i++) {
        guarded->resets[i]->text = "%0 = 0;";
        node_append(acc, guarded->resets[i], build_name(acc, guarded->resets[i], guarded->held));
    }
    build_hidden_into(acc, block, label_at(walk, node, guarded->handler->label));
    const char *text = arena_format(acc->arena, "%%0 = ac__catch(ac__task); %%1 = %d;", PENDING_ERROR);
    build_hidden_into(acc, block, build(acc, node, text, build_name(acc, node, guarded->held),
                                        build_name(acc, node, guarded->pending), NULL));
}

/* Where an error comes out of the undoing itself: behind it, so that all else goes past. */
static void chain_errors(struct walk *walk, struct node *block, struct node *node,
                         const struct region *guarded, struct region *undoing)
{
    struct acc *acc = walk->acc;
    if (!undoing->handler->used)
        return;
    const char *done = build_label(walk->function, "done");
    build_hidden_into(acc, block, build(acc, node, arena_format(acc->arena, "goto %s;", done), NULL));
    build_hidden_into(acc, block, label_at(walk, node, undoing->handler->label));
    note_undoing(walk, block, undoing, "ac__undo_end(ac__task);");
    const char *text = arena_format(acc->arena, "if %s ac__thrown_chain(ac__task, %%1);",
                                    error_test(acc, guarded));
    if (undoing->follows_errors)
        build_hidden_into(acc, block, build(acc, node, text, build_name(acc, node, undoing->pending),
                                            build_name(acc, node, undoing->held), NULL));
    build_hidden_into(acc, block, jump_to(walk, node, walk->handler));
    build_hidden_into(acc, block, label_at(walk, node, done));
}

static struct node *lower_finally(struct walk *walk, struct node *node)
{
    struct acc *acc = walk->acc;
    struct node *block = build_block(acc, node), *finally = node->child[node->count - 1];
    block->is_region = true;
    bool lives = finally->child[0]->has_await;
    struct handler *fail = new_handler(walk, "fail"), *again = new_handler(walk, "again");
    struct symbol *thrown = hold(walk, block, "struct ac__thrown *@", lives);
    struct symbol *pending = hold(walk, block, "int @", lives);
    struct region guarded = {.outer = walk->region, .kind = REGION_GUARDED, .part = node->child[0], .handler = fail,
                             .held = thrown, .pending = pending, .undo = build_label(walk->function, "undo")};
    build_into(acc, block, lower_in(walk, &guarded, guarded_part(acc, node, &guarded)));
    undo_without_error(walk, block, node, &guarded, PENDING_NONE);
    catch_for_undoing(walk, block, node, &guarded);
    build_hidden_into(acc, block, label_at(walk, node, guarded.undo));
    struct region undoing = {.outer = walk->region, .kind = REGION_FINALLY, .part = finally, .handler = again,
                             .held = thrown, .pending = pending, .guarded = &guarded,
                             .follows_errors = fail->used, .awaits = lives};
    note_undoing(walk, block, &undoing, "ac__undo_begin(ac__task);");
    build_into(acc, block, lower_in(walk, &undoing, finally->child[0]));
    note_undoing(walk, block, &undoing, "ac__undo_end(ac__task);");
    dispatch(walk, block, node, &guarded);
    chain_errors(walk, block, node, &guarded, &undoing);
    return block;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static struct node *lower_children(struct walk *walk, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            node->child[i] = lower(walk, node->child[i]);
    return node;
}

static struct node *lower_loop(struct walk *walk, struct node *node)
{
    struct region *break_region = walk->break_region, *continue_region = walk->continue_region;
    walk->break_region = walk->region;
    if (node->kind != NODE_SWITCH)
        walk->continue_region = walk->region;
    lower_children(walk, node);
    walk->break_region = break_region;
    walk->continue_region = continue_region;
    return node;
}

static struct node *lower(struct walk *walk, struct node *node)
{
    switch (node->kind) {
    case NODE_TRY:
        walk->function->has_regions = true;
        return is_clause(node->child[node->count - 1], NODE_FINALLY) ? lower_finally(walk, node)
                                                                     : lower_catches(walk, node);
    case NODE_THROW: return lower_throw(walk, node);
    case NODE_RETURN: return lower_return(walk, lower_children(walk, node));
    case NODE_YIELD: return lower_yield(walk, lower_children(walk, node));
    case NODE_BREAK:
    case NODE_CONTINUE:
    case NODE_GOTO: return lower_jump(walk, node, (struct jump){node->kind, node->symbol});
    case NODE_WHILE:
    case NODE_DO:
    case NODE_FOR:
    case NODE_SWITCH: return lower_loop(walk, node);
    case NODE_PENDING_ERROR:
    case NODE_SWALLOW_ERROR: return lower_pending(walk, node);
    case NODE_JUMP_FAILED: return jump_to(walk, node, walk->handler);
    case NODE_AWAIT_STATEMENT:
    case NODE_GENERATOR_NEXT:
    case NODE_GENERATOR_CLOSE:
        walk->handler->used = true;
        node->text = walk->handler->label;
        return lower_children(walk, node);
    case NODE_FUNCTION_DEFINITION:
    case NODE_NESTED_FUNCTION: return node;
    default: return lower_children(walk, node);
    }
}

void regions(struct function *function)
{
    struct handler failed = {"ac__failed", false};
    struct walk walk = {.function = function, .acc = function->acc, .handler = &failed, .failed = &failed};
    note_labels(function->body, NULL);
    function->body = lower(&walk, function->body);
    function->failed_label = failed.label;
    function->is_failing = failed.used;
}
