/* frame.c: numbers the awaits of a lowered function and lays out its frame.
 *
 * The frame mirrors the blocks of the body. A block's variables and temporaries come first; what
 * can't be alive at the same time, its inner blocks and the callees it awaits, shares storage in
 * a union behind them:
 *
 *     struct ac__f__frame {
 *         struct ac__frame ac__base;  int ac__result;         the result stands where any caller finds it
 *         int n_1;                                            parameters, variables of the body
 *         union {
 *             struct { char *line; };                          parameters that no await sees, until the body starts
 *             struct { char line_2[80]; union { char ac__a1[sizeof(struct ac__read__frame)]; ... }; };  an inner block
 *             char ac__a2[sizeof(struct ac__write__frame)];    an await of the body itself
 *         };
 *     };
 *
 * A scalar result that is the last thing a function writes shares storage, too, with all that
 * lives before.
 *
 * A generator that an `async for` iterates over is a variable of the loop's block.
 *
 * Callees' frames are bytes here: as members of their types, types in types would multiply, and
 * C compilers walk them. A callee that is defined above in the same file is embedded, so
 * awaiting it allocates nothing; it cannot be recursive, since its frame was complete before. A
 * scoped child's frame stands among its block's variables. Other coroutines need no room here:
 * their frame lies on the bump stack, and comes back in task->innermost when it is done. Tasks
 * and futures take an ac__join; ac_yield takes nothing.
 */
#include "lower.h"

#include <string.h>

struct frame_scope {
    const struct node *node;
    struct symbol **variables;
    uint32_t variable_count;
    uint32_t *awaits; /* site numbers */
    uint32_t await_count;
    struct frame_scope **inner;
    uint32_t inner_count;
};

enum { FRAME_ALIGNMENT = 8 };

static struct frame_scope *new_scope(struct acc *acc, const struct node *node)
{
    struct frame_scope *scope = arena_allocate(acc->arena, sizeof *scope);
    scope->node = node;
    return scope;
}

static bool is_scope(const struct node *node)
{
    return node->kind == NODE_BLOCK || node->kind == NODE_FOR;
}

/* The function at file scope that the operand calls by name; null: none. */
static struct symbol *called_by_name(const struct function *function, struct node *operand)
{
    operand = node_strip(operand);
    if (operand->kind != NODE_CALL)
        return NULL;
    struct node *callee = node_strip(operand->child[0]);
    struct symbol *symbol = callee->kind == NODE_NAME ? callee->symbol : NULL;
    if (!symbol || symbol->kind != SYMBOL_FUNCTION || !symbol->is_file_scope)
        return NULL;
    return file_symbol(function->acc, symbol->name);
}

/* The async function that the operand calls, if its frame is known here. */
static struct symbol *in_sight(struct function *function, struct node *operand)
{
    struct symbol *symbol = called_by_name(function, operand);
    if (symbol && has_attribute(function->acc, symbol, "weak")) /* another may take its place */
        return NULL;
    while (symbol && !symbol->is_embeddable) /* a prototype may follow the definition */
        symbol = symbol->previous;
    return symbol && symbol != function->symbol ? symbol : NULL;
}

/* Whether ac/leaves.h declares this of a function. */
static bool is_published(const struct acc *acc, const struct symbol *symbol, const char *what)
{
    const char *name = arena_format(acc->arena, "ac__%s__%s", symbol->name, what);
    return file_symbol(acc, arena_intern(acc->arena, name, strlen(name)));
}

/* A function of the library whose frame is published. */
static struct symbol *published(struct function *function, struct node *operand)
{
    struct symbol *symbol = called_by_name(function, operand);
    if (!symbol || !is_published(function->acc, symbol, "run"))
        return NULL;
    symbol->takes_registers = true;
    return symbol;
}

/* One that needs no frame. */
static struct symbol *frameless(const struct function *function, struct node *operand)
{
    struct symbol *symbol = called_by_name(function, operand);
    return symbol && is_published(function->acc, symbol, "here") ? symbol : NULL;
}

/* Frames in frames in frames: the outermost has room for all, used or not. Children and
 * generators lie side by side. */
enum { DEPTH_LIMIT = 32, FRAMES_LIMIT = 256 };

struct symbol *frame_embeds(struct function *function, struct node *operand, bool beside_others)
{
    struct symbol *callee = in_sight(function, operand), *self = function->symbol;
    uint32_t *frames = beside_others ? &self->lasting_frames : &self->awaited_frames;
    if (!callee || callee->depth >= DEPTH_LIMIT)
        return NULL;
    uint32_t added = 1 + callee->lasting_frames + callee->awaited_frames;
    if (self->lasting_frames + self->awaited_frames + added > FRAMES_LIMIT)
        return NULL;
    *frames = beside_others ? *frames + added : *frames > added ? *frames : added;
    if (self->depth <= callee->depth)
        self->depth = callee->depth + 1;
    return callee;
}

static struct site *number_site(struct function *function, struct node *statement, uint32_t token)
{
    statement->number = build_site(function, token);
    struct site *site = &function->sites[statement->number];
    site->is_await = true;
    site->handler = statement->text;
    return site;
}

/* Asking or closing a generator, whose frame is a variable. */
static void number_step(struct function *function, struct node *statement)
{
    struct site *site = number_site(function, statement, statement->first);
    function->symbol->needs_stack |= !statement->symbol || statement->symbol->needs_stack;
    if (statement->kind == NODE_GENERATOR_CLOSE && !statement->symbol)
        site->held = statement->child[0]->symbol;
}

static void number_await(struct function *function, struct frame_scope *scope, struct node *statement)
{
    struct node *operand = statement->child[0];
    struct site *site = number_site(function, statement, statement->op ? statement->op : statement->first);
    site->callee = frame_embeds(function, operand, false);
    if (!site->callee)
        site->callee = published(function, operand);
    site->awaitable = operand->type && operand->type->awaitable != AWAITABLE_NOT ? operand->type->awaitable
                                                                                 : AWAITABLE_CORO;
    if (!site->callee)
        site->frameless = frameless(function, operand);
    function->symbol->needs_stack |= site->callee ? site->callee->needs_stack : site_has_child(site);
    *ARENA_PUSH(function->acc->arena, scope->awaits, scope->await_count) = statement->number;
}

/* A scoped child whose frame is known lies where its handle does. */
static void place_child(struct function *function, const struct node *start)
{
    slot_of(start->symbol)->callee = frame_embeds(function, start->child[0], true);
}

/* Collects scopes and awaits; remembers on each block which scope it opens. */
static void collect(struct function *function, struct frame_scope *scope, struct node *node)
{
    if (is_scope(node) && node != scope->node) {
        struct frame_scope *inner = new_scope(function->acc, node);
        *ARENA_PUSH(function->acc->arena, scope->inner, scope->inner_count) = inner;
        scope = inner;
    }
    if (is_scope(node))
        node->scope = scope;
    if (node->kind == NODE_AWAIT_STATEMENT)
        number_await(function, scope, node);
    else if (node->kind == NODE_GENERATOR_NEXT || node->kind == NODE_GENERATOR_CLOSE)
        number_step(function, node);
    else if (node->kind == NODE_START)
        place_child(function, node);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            collect(function, scope, node->child[i]);
}

static void assign_variables(struct function *function, struct frame_scope *top)
{
    for (uint32_t i = 0; i < function->variable_count; i++) {
        struct symbol *symbol = function->variables[i];
        if (slot_of(symbol)->place == PLACE_LOCAL)
            continue;
        struct frame_scope *scope = symbol->block && is_scope(symbol->block) ? symbol->block->scope : NULL;
        if (!scope)
            scope = top; /* its block was taken apart: the whole function will do */
        *ARENA_PUSH(function->acc->arena, scope->variables, scope->variable_count) = symbol;
    }
}

bool site_has_child(const struct site *site)
{
    return site->is_await && !site->callee && !site->frameless && site->awaitable == AWAITABLE_CORO;
}

/* Coroutines that are not embedded take no room. */
static uint32_t slot_count(const struct function *function, const struct frame_scope *scope)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < scope->await_count; i++) {
        const struct site *site = &function->sites[scope->awaits[i]];
        count += site->callee || site->awaitable != AWAITABLE_CORO;
    }
    return count;
}

static bool is_empty(const struct function *function, const struct frame_scope *scope)
{
    bool empty = scope->variable_count == 0 && slot_count(function, scope) == 0;
    for (uint32_t i = 0; i < scope->inner_count && empty; i++)
        empty = is_empty(function, scope->inner[i]);
    return empty;
}

static void print_member(struct printer *printer, const struct symbol *symbol)
{
    const struct slot *slot = slot_of(symbol);
    long long alignment = slot->own_alignment;
    if (slot->callee)
        print_child_slot(printer, slot);
    if (slot->type) {
        print_format(printer, "\n%s", declare_as(printer->acc, slot->type, slot->name));
    } else {
        print_format(printer, "\nchar %s[%lld]", slot->name, slot->size > 0 ? slot->size : 1);
        alignment = alignment > slot->alignment ? alignment : slot->alignment;
    }
    if (alignment > 0)
        print_format(printer, "__attribute__((aligned(%lld)))", alignment);
    print_text(printer, ";");
}

static void print_await_slot(struct printer *printer, uint32_t number)
{
    const struct site *site = &printer->function->sites[number];
    if (site->callee)
        print_format(printer, "\n_Alignas(struct ac__%s__frame) char ac__a%u[sizeof(struct ac__%s__frame)];",
                     site->callee->name, number, site->callee->name);
    else if (site->awaitable != AWAITABLE_CORO)
        print_format(printer, "\nstruct ac__join ac__a%u;", number);
}

/* Where parameters wait that become C parameters when the body starts. */
static void print_waiting_parameters(struct printer *printer, const struct function *function)
{
    print_text(printer, "\n__extension__ struct {");
    for (uint32_t i = 0; i < function->variable_count; i++)
        if (slot_of(function->variables[i])->place == PLACE_LOCAL)
            print_member(printer, function->variables[i]);
    print_text(printer, "\n};");
}

static uint32_t waiting_count(const struct function *function)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < function->variable_count; i++)
        count += slot_of(function->variables[i])->place == PLACE_LOCAL;
    return count;
}

static void print_scope(struct printer *printer, const struct frame_scope *scope);

/* What cannot be alive at the same time: callees, and inner blocks, of which those without
 * variables add only theirs. */
static void print_alternatives(struct printer *printer, const struct frame_scope *scope)
{
    for (uint32_t i = 0; i < scope->await_count; i++)
        print_await_slot(printer, scope->awaits[i]);
    for (uint32_t i = 0; i < scope->inner_count; i++) {
        const struct frame_scope *inner = scope->inner[i];
        if (inner->variable_count == 0) {
            print_alternatives(printer, inner);
            continue;
        }
        print_text(printer, "\n__extension__ struct {");
        print_scope(printer, inner);
        print_text(printer, "\n};");
    }
}

static bool has_alternatives(const struct function *function, const struct frame_scope *scope)
{
    bool any = slot_count(function, scope) != 0;
    for (uint32_t i = 0; i < scope->inner_count && !any; i++)
        any = !is_empty(function, scope->inner[i]);
    return any;
}

static void print_scope(struct printer *printer, const struct frame_scope *scope)
{
    const struct function *function = printer->function;
    bool has_parameters = scope->node == function->body && waiting_count(function);
    for (uint32_t i = 0; i < scope->variable_count; i++)
        print_member(printer, scope->variables[i]);
    if (!has_parameters && !has_alternatives(function, scope))
        return;
    print_text(printer, "\n__extension__ union {");
    if (has_parameters)
        print_waiting_parameters(printer, function);
    print_alternatives(printer, scope);
    print_text(printer, "\n};");
}

/* More than a frame's head asks for, as far as is known. */
static bool is_wide_slot(const struct slot *slot)
{
    if (slot->is_variable)
        return false;
    return slot->alignment <= 0 || slot->alignment > FRAME_ALIGNMENT || slot->own_alignment > FRAME_ALIGNMENT;
}

static bool is_wide(const struct function *function)
{
    bool wide = !function->returns_void && function->result->alignment > FRAME_ALIGNMENT;
    for (uint32_t i = 0; i < function->variable_count && !wide; i++) {
        const struct slot *slot = slot_of(function->variables[i]);
        wide = is_wide_slot(slot) || (slot->callee && slot->callee->is_wide);
    }
    for (uint32_t i = 1; i < function->site_count && !wide; i++)
        wide = function->sites[i].callee && function->sites[i].callee->is_wide;
    return wide;
}

/* Whether the result is written when nothing else in the frame is wanted any more; and stands, in a
 * union, where callers look for it. */
static bool result_comes_last(const struct function *function)
{
    const struct type_info *type = function->result;
    bool is_scalar = !function->returns_void && type->class == TYPE_SCALAR && !type->is_vector;
    return is_scalar && !function->symbol->is_wide && !function->is_generator && !function->is_main &&
           !function->has_frame_vla && !function->has_regions;
}

static void print_frame_result(struct printer *printer, const struct function *function)
{
    if (function->returns_void)
        return;
    if (function->result->declaration) {
        print_format(printer, "\n%s;",
                     declare_as(function->acc, function->result->declaration, "ac__result"));
        return;
    }
    print_text(printer, "\n__typeof__(");
    print_result_type(printer, function->specifiers, function->declarator);
    print_text(printer, ") ac__result;");
}

void frame_print(struct printer *printer)
{
    struct function *function = printer->function;
    struct frame_scope *top = new_scope(function->acc, function->body);
    function->symbol->needs_stack = function->has_frame_vla && !function->is_generator;
    collect(function, top, function->body);
    assign_variables(function, top);
    print_format(printer, "struct ac__%s__frame {\nstruct ac__frame ac__base;", function->name);
    function->symbol->is_wide = is_wide(function);
    bool shares = result_comes_last(function) && (!is_empty(function, top) || waiting_count(function));
    if (shares)
        print_text(printer, "\n__extension__ union {");
    print_frame_result(printer, function);
    if (shares)
        print_text(printer, "\n__extension__ struct {");
    if (function->has_frame_vla)
        print_text(printer, function->is_generator ? "\nstruct ac__task ac__store;" : "\nchar *ac__mark;");
    if (function->yields_in_undo)
        print_text(printer, "\n_Bool ac__is_closing;");
    print_scope(printer, top);
    print_text(printer, shares ? "\n};\n};\n};\n" : "\n};\n");
}
