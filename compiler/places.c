/* places.c: decides which variables of an async function live in its frame.
 *
 * Takes the parsed body; leaves a slot on the symbols of variables that must outlive a
 * suspension (symbol->slot), and on every node whether an await is evaluated in it
 * (node->has_await).
 *
 * A variable goes to the frame when an await can run during its life: one that stands between
 * its declaration and the end of its scope; or anywhere in its scope where that has labels,
 * since a jump can then lead back before the declaration while the object lives on (C11
 * 6.2.4p6). A scalar whose address is never taken is dead after its last use, where a use in a
 * loop counts until the loop's end, and one beside an await until the end of the expression; what
 * is used in an await's own operand is used before. One that is only assigned to is never missed,
 * and the C compiler is to see that. An await in a `return`, or in a block that ends in one,
 * concerns only what is used there.
 * Entering and leaving `async with` await too, `async for` does for each item, a `yield`
 * suspends like an await, and so does the end of a block that has scoped children, which may use
 * its variables until then. Static, extern and thread-local objects stay where they are, and so
 * does whatever an await can't see: the C compiler keeps it in registers and a debugger shows
 * it. Parameters that stay outside are parameters of the run function in C, too, or its locals
 * where it takes no arguments (emit_function.c).
 *
 * Objects without a name go to the frame, too: compound literals, and records returned by value
 * whose array members are used in an expression with an await.
 *
 * Variably modified types: an array becomes a pointer to memory on the task's bump stack, its
 * sizes (dimension) members of the frame; a pointer to such an array is kept as void * and read
 * through its type.
 */
#include "lower.h"

#include <string.h>

/* Where the function can suspend. */
struct suspension {
    uint32_t token;
    const struct node *last; /* the statement by which the function is left after it, or null */
};

struct scan {
    struct function *function;
    struct suspension *awaits; /* in order of the walk */
    uint32_t await_count;
    bool evaluated;
    bool has_try;            /* then a statement may be followed by anything that stands behind it */
    const struct node *last; /* for the awaits that are found now */
};

static bool asks_for_a_constant(const struct acc *acc, const struct node *node)
{
    return node->kind == NODE_CALL && node->child[0]->kind == NODE_NAME &&
           token_is(acc, node->child[0]->first, "__builtin_constant_p");
}

/* Whether it holds a jump, which may lead elsewhere in the function. */
static bool jumps(const struct node *node)
{
    if (node->kind == NODE_BREAK || node->kind == NODE_CONTINUE || node->kind == NODE_GOTO ||
        node->kind == NODE_GOTO_COMPUTED)
        return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && jumps(node->child[i]))
            return true;
    return false;
}

/* Whether the function is left where the statement ends. */
static bool leaves(const struct node *node)
{
    if (node->kind == NODE_RETURN)
        return true;
    const struct node *end = node->kind == NODE_BLOCK && node->count ? node->child[node->count - 1] : NULL;
    return end && end->kind == NODE_RETURN && !jumps(node);
}

static void find_awaits(struct scan *scan, struct node *node)
{
    bool evaluated = scan->evaluated;
    const struct node *last = scan->last;
    if (!scan->has_try && leaves(node))
        scan->last = node;
    if (node->is_unevaluated || asks_for_a_constant(scan->function->acc, node))
        scan->evaluated = false;
    bool awaits = false;
    for (uint32_t i = 0, token; scan->evaluated && waits_behind(node, i, &token); i++) {
        *ARENA_PUSH(scan->function->acc->arena, scan->awaits, scan->await_count) =
            (struct suspension){token, scan->last};
        awaits = true;
    }
    node->has_label = node_is_label(node);
    for (uint32_t i = 0; i < node->count; i++) {
        if (!node->child[i])
            continue;
        find_awaits(scan, node->child[i]);
        awaits |= node->child[i]->has_await;
        node->has_label |= node->child[i]->has_label;
    }
    node->has_await = awaits;
    scan->evaluated = evaluated;
    scan->last = last;
}

static bool is_between(const struct suspension *await, uint32_t first, uint32_t last)
{
    return await->token > first && await->token <= last;
}

static bool await_between(const struct scan *scan, uint32_t first, uint32_t last)
{
    for (uint32_t i = 0; i < scan->await_count; i++)
        if (is_between(&scan->awaits[i], first, last))
            return true;
    return false;
}

/* ---- uses ------------------------------------------------------------------------------------ */

/* Where a walk stands. */
struct surroundings {
    const struct node *loop;            /* innermost that awaits, or null */
    const struct surroundings *around;  /* what is around that loop */
    uint32_t until;                     /* the last token of the expression that awaits around here, or 0 */
    bool is_awaited;                    /* in the operand of an await, which holds no other await */
    bool escapes;                       /* what is named here is used later, too */
    bool is_target;                     /* of an assignment */
};

/* A use of a scalar. */
struct use_note {
    uint32_t token, until;
    struct use_note *next;
};

/* Declared in the part of a loop that is repeated: each time round it is another object. */
static bool declared_inside(const struct node *loop, const struct symbol *symbol)
{
    return symbol->token >= node_loop_start(loop) && symbol->token <= loop->last;
}

static void note_use(struct scan *scan, struct symbol *symbol, const struct node *name,
                     const struct surroundings *at)
{
    uint32_t until = at->is_awaited ? name->first - 1 : at->until > name->last ? at->until : name->last;
    struct use_note *note = arena_allocate(scan->function->acc->arena, sizeof *note);
    symbol->escapes |= at->escapes;
    symbol->is_read |= !at->is_target;
    for (; at->loop; at = at->around)
        if (!declared_inside(at->loop, symbol) && at->loop->last > until)
            until = at->loop->last;
    if (until > symbol->last_use)
        symbol->last_use = until;
    *note = (struct use_note){name->first, until, symbol->uses};
    symbol->uses = note;
}

/* Operands that are looked at again when the awaits after them are over. */
static bool keeps_operands(const struct acc *acc, const struct node *node)
{
    return node->kind == NODE_DEFER || node->kind == NODE_WITH_ITEM || node->kind == NODE_ASYNC_FOR ||
           (node->kind == NODE_UNARY && token_is(acc, node->op, "&")) ||
           (node->kind == NODE_CALL && combinator_of(acc, node) != COMBINATOR_NONE);
}

static bool is_evaluated_together(const struct node *node)
{
    return is_expression(node) || node->kind == NODE_INIT_DECLARATOR || node->kind == NODE_THROW ||
           node->kind == NODE_ASM;
}

/* What `async with` binds is there while later items are entered, which await. */
static void keep_bound(const struct node *item)
{
    const struct node *declaration = item->count > 1 ? item->child[0] : NULL;
    for (uint32_t i = 1; declaration && i < declaration->count; i++) {
        struct symbol *symbol = declared(declaration->child[i]->child[0]);
        if (symbol)
            symbol->escapes = true;
    }
}

static bool is_target(const struct acc *acc, const struct node *node, uint32_t index)
{
    return index == 0 && node->kind == NODE_ASSIGN && token_is(acc, node->op, "=") &&
           node->child[0]->kind == NODE_NAME;
}

static void find_uses(struct scan *scan, struct node *node, struct surroundings at)
{
    struct surroundings around = at;
    if (node->kind == NODE_NAME && node->symbol)
        note_use(scan, node->symbol, node, &at);
    if (keeps_operands(scan->function->acc, node))
        at.escapes = true;
    if (node->kind == NODE_WITH_ITEM)
        keep_bound(node);
    if (node->has_await && !at.until && is_evaluated_together(node))
        at.until = node->last;
    if (node->kind == NODE_AWAIT && !node->child[0]->has_await)
        at.is_awaited = true; /* all of it is evaluated before this await, and after those before it */
    if (node->has_await && node_is_loop(node)) {
        at.loop = node;
        at.around = &around;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        struct surroundings inside = at;
        if (node->kind == NODE_DECLARATION && i == 0 && node->has_await) /* each declarator spells them */
            inside.until = node->last;
        inside.is_target = is_target(scan->function->acc, node, i);
        if (node->child[i])
            find_uses(scan, node->child[i], inside);
    }
}

static bool has_any_attribute(const struct node *node)
{
    for (uint32_t i = 0; node && i < node->count; i++)
        if (node->child[i] && node->child[i]->kind == NODE_ATTRIBUTE)
            return true;
    return false;
}

/* Whether nothing but its uses by name keeps a variable alive. */
static bool dies_early(const struct symbol *symbol)
{
    const struct type_info *type = symbol->declarator ? symbol->declarator->type : NULL;
    return type && type->class == TYPE_SCALAR && !type->is_variable && !type->is_volatile &&
           !symbol->escapes && !symbol->is_child && !has_any_attribute(symbol->specifiers) &&
           !has_any_attribute(symbol->declarator);
}

/* Whether the value may be used after the await, before the function is left. */
static bool is_used_after(const struct symbol *symbol, const struct suspension *await)
{
    for (const struct use_note *use = symbol->uses; use; use = use->next)
        if (!await->last || (use->until >= await->token && use->token >= await->last->first &&
                             use->token <= await->last->last))
            return true;
    return false;
}

static bool lives_across_await(const struct scan *scan, const struct symbol *symbol, uint32_t from)
{
    const struct node *scope = symbol->block ? symbol->block : scan->function->body;
    if (scope->has_label && scope->has_await)
        return true;
    if (!symbol->is_read && dies_early(symbol))
        return false;
    if (!dies_early(symbol))
        return await_between(scan, from, scope->last);
    for (uint32_t i = 0; i < scan->await_count; i++)
        if (is_between(&scan->awaits[i], from, symbol->last_use) && is_used_after(symbol, &scan->awaits[i]))
            return true;
    return false;
}

/* shadow.c declared an array of that length where the variable asks for an alignment. */
static long long own_alignment(const struct symbol *symbol)
{
    const struct node *probe = symbol->declarator ? symbol->declarator->probe : NULL;
    const struct type_info *type = symbol->declarator ? symbol->declarator->type : NULL;
    if (probe && probe->type && probe->type->size > 0)
        return probe->type->size;
    return type ? type->typedef_alignment : 0;
}

/* With -g the name ends in the lines of its scope, which a structure's debug information has no
 * other place for; what a debugger makes of it is in the runtime's gdb.c. */
static const char *member_name(const struct function *function, const struct symbol *symbol)
{
    const struct acc *acc = function->acc;
    const struct node *scope = symbol->block ? symbol->block : function->body;
    const char *name = arena_format(acc->arena, "%s_%u", symbol->name, symbol->number);
    if (!acc->options->debug)
        return name;
    return arena_format(acc->arena, "%s__%u_%u", name, acc->tokens[symbol->token].line,
                        acc->tokens[scope->last].line);
}

/* An array of pointers to VLAs lies in the frame. Its own lengths are constants wherever its type is
 * spelled, whatever their names mean there. */
static const char *type_of_array(struct acc *acc, struct node *declarator, const struct type_info *type)
{
    struct node *inner = declarator;
    for (struct node *nested; (nested = node_nested(inner));)
        inner = nested;
    const long long *length = type->lengths;
    for (uint32_t i = 0; i < inner->count && *length; i++)
        if (inner->child[i] && inner->child[i]->kind == NODE_ARRAY)
            inner->child[i]->text = arena_format(acc->arena, "[%lld]", *length++);
    return arena_format(acc->arena, "const volatile void *@[%lld]", type->size / (long long)sizeof(void *));
}

static struct slot *make_slot(struct function *function, struct symbol *symbol, struct node *specifiers,
                              struct node *declarator)
{
    struct acc *acc = function->acc;
    const struct type_info *type = specifiers ? symbol->declarator->type : NULL;
    struct slot *slot = arena_allocate(acc->arena, sizeof *slot);
    slot->symbol = symbol;
    slot->name = member_name(function, symbol);
    slot->specifiers = specifiers;
    slot->declarator = declarator;
    slot->own_alignment = own_alignment(symbol);
    slot->place = PLACE_FRAME;
    symbol->slot = slot;
    *ARENA_PUSH(acc->arena, function->variables, function->variable_count) = symbol;
    if (!specifiers)
        return slot;
    if (!type || type->class == TYPE_UNKNOWN) {
        report(acc, MESSAGE_UNKNOWN_TYPE, symbol->token);
        slot->type = "int @"; /* nobody will see it */
        return slot;
    }
    slot->is_const = type->is_const;
    slot->is_volatile = type->is_volatile;
    slot->is_variable = type->is_variable;
    slot->is_aggregate = type->class == TYPE_RECORD || type->class == TYPE_ARRAY;
    slot->size = type->size;
    slot->alignment = type->alignment;
    if (type->is_variable && type->class == TYPE_ARRAY && type->size < 0)
        slot->place = PLACE_VLA;
    if (!type->is_variable)
        slot->type = type->declaration;
    else if (slot->place == PLACE_VLA)
        slot->type = "void *@";
    else if (type->class == TYPE_ARRAY)
        slot->type = type_of_array(acc, declarator, type);
    else
        slot->type = "const volatile void *@"; /* whatever its qualifiers */
    if (!slot->type)
        slot->view = arena_format(acc->arena, "ac__type_%s", slot->name);
    function->has_frame_vla |= slot->place == PLACE_VLA;
    return slot;
}

/* A typedef whose sizes must be kept; it is no variable of the frame. */
static void place_typedef(struct scan *scan, struct symbol *symbol, struct node *specifiers,
                          struct node *declarator)
{
    const struct type_info *type = symbol->declarator->type;
    if (!type || !type->is_variable || !lives_across_await(scan, symbol, symbol->token))
        return;
    struct slot *slot = arena_allocate(scan->function->acc->arena, sizeof *slot);
    slot->symbol = symbol;
    slot->specifiers = specifiers;
    slot->declarator = declarator;
    symbol->slot = slot;
}

static bool stays_outside(const struct symbol *symbol)
{
    return symbol->kind != SYMBOL_OBJECT || symbol->is_static || symbol->is_extern ||
           symbol->is_thread_local || symbol->is_file_scope;
}

static void place_declaration(struct scan *scan, struct node *declaration)
{
    bool any = false;
    for (uint32_t i = 1; i < declaration->count; i++) {
        struct symbol *symbol = declared(declaration->child[i]->child[0]);
        if (symbol && symbol->kind == SYMBOL_TYPEDEF)
            place_typedef(scan, symbol, declaration->child[0], declaration->child[i]->child[0]);
    }
    for (uint32_t i = 1; i < declaration->count && !any; i++) {
        struct node *item = declaration->child[i];
        struct symbol *symbol = declared(item->child[0]);
        if (!symbol || stays_outside(symbol))
            continue;
        bool own = item->count > 1 && item->child[1] && mentions(item->child[1], symbol);
        any = lives_across_await(scan, symbol, own ? symbol->token : item->last);
    }
    for (uint32_t i = 1; i < declaration->count && any; i++) {
        struct node *item = declaration->child[i];
        struct symbol *symbol = declared(item->child[0]);
        if (symbol && !stays_outside(symbol))
            make_slot(scan->function, symbol, declaration->child[0], item->child[0]);
    }
}

/* The variable of an `async for` is a new one for each item: it does not see the await that
 * fetches the next. */
static void place_each(struct scan *scan, struct node *node)
{
    struct node *declaration = node->child[0], *declarator = declaration->child[1]->child[0];
    struct symbol *symbol = declared(declarator);
    if (symbol && !stays_outside(symbol) && lives_across_await(scan, symbol, node->child[1]->last))
        make_slot(scan->function, symbol, declaration->child[0], declarator);
}

/* The name a catch binds is a const pointer into the error that the catch holds. */
static void place_bound_error(struct scan *scan, struct node *clause)
{
    struct node *block = clause->child[clause->count - 1];
    if (!clause->symbol || !block->has_await)
        return;
    struct slot *slot = make_slot(scan->function, clause->symbol, NULL, NULL);
    slot->type = "const struct ac_error *@";
}

static void place_variables(struct scan *scan, struct node *node)
{
    if (node->kind == NODE_DECLARATION)
        place_declaration(scan, node);
    if (node->kind == NODE_CATCH)
        place_bound_error(scan, node);
    if (node->kind == NODE_FUNCTION || node->kind == NODE_NESTED_FUNCTION)
        return;
    if (node->kind == NODE_ASYNC_FOR)
        place_each(scan, node);
    for (uint32_t i = node->kind == NODE_ASYNC_FOR; i < node->count; i++)
        if (node->child[i])
            place_variables(scan, node->child[i]);
}

static bool fits_a_register(const struct symbol *symbol)
{
    const struct type_info *type = symbol ? symbol->declarator->type : NULL;
    return type && type->class == TYPE_SCALAR && !type->is_vector && (type->declaration || type->is_variable);
}

/* `void`, or a typedef of it. */
static bool names_void(const struct acc *acc, uint32_t token, uint32_t deepest)
{
    if (token_is(acc, token, "void"))
        return true;
    const struct symbol *symbol =
        deepest && acc->tokens[token].name ? file_symbol(acc, acc->tokens[token].name) : NULL;
    return symbol && symbol->kind == SYMBOL_TYPEDEF && symbol->specifiers && symbol->declarator &&
           symbol->declarator->first == symbol->declarator->last &&
           names_void(acc, symbol->specifiers->last, deepest - 1);
}

bool is_void_list(const struct acc *acc, const struct node *parameters)
{
    const struct node *first = parameters->count == 1 ? parameters->child[0] : NULL;
    return first && first->first == first->last && names_void(acc, first->first, 100);
}

static bool all_fit_registers(const struct acc *acc, const struct node *parameters)
{
    for (uint32_t i = 0; i < parameters->count && !is_void_list(acc, parameters); i++)
        if (!fits_a_register(parameter_symbol(parameters->child[i])) ||
            defines_type(parameters->child[i]->child[0]))
            return false;
    return true;
}

/* A larger body is not worth a second function, one that takes the arguments: it is not inlined,
 * and costs the C compiler as much again. */
enum { SMALL_BODY = 64 };

static bool is_small(const struct function *function)
{
    return function->body->last - function->body->first <= SMALL_BODY;
}

static enum use use_of(const struct node *node, const struct symbol *symbol, bool is_evaluated)
{
    enum use use = USE_NONE;
    is_evaluated = is_evaluated && !node->is_unevaluated;
    if (node->kind == NODE_NAME && node->symbol == symbol)
        return is_evaluated ? USE_VALUE : USE_NAME;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *child = node->child[i];
        if (!child)
            continue;
        enum use here = use_of(child, symbol, is_evaluated);
        bool is_target = node->kind == NODE_ASSIGN && i == 0 && child->kind == NODE_NAME;
        if (here == USE_VALUE && is_target)
            here = USE_SET;
        use = here > use ? here : use;
    }
    return use;
}

/* Finds out how each parameter is used. True if the value of one is not: the C compiler is to see that one as
 * a parameter, and warn of it. */
static bool find_uses_of_parameters(struct function *function)
{
    bool any = false;
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        struct symbol *symbol = parameter_symbol(function->parameters->child[i]);
        if (!symbol)
            continue;
        symbol->use = use_of(function->body, symbol, true);
        if (symbol->escapes || mentions(function->parameters, symbol))
            symbol->use = USE_VALUE;
        any |= symbol->use != USE_VALUE;
    }
    return any;
}

static bool may_stay_outside(const struct scan *scan, const struct symbol *symbol, const struct slot *slot)
{
    return scan->function->has_plain_parameters && !slot->is_variable && !slot->is_const &&
           !slot->is_volatile && !has_any_attribute(symbol->declarator) &&
           !has_any_attribute(symbol->specifiers) &&
           !lives_across_await(scan, symbol, symbol->token);
}

static void place_parameters(struct scan *scan)
{
    struct function *function = scan->function;
    function->has_plain_parameters =
        !function->is_generator && all_fit_registers(function->acc, function->parameters);
    bool has_unused = find_uses_of_parameters(function);
    function->symbol->takes_registers = function->has_plain_parameters && (is_small(function) || has_unused);
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        struct node *parameter = function->parameters->child[i];
        struct symbol *symbol = parameter_symbol(parameter);
        if (!symbol)
            continue;
        struct slot *slot = make_slot(function, symbol, parameter->child[0], parameter->child[1]);
        slot->is_parameter = true;
        symbol->block = function->body;
        if (!may_stay_outside(scan, symbol, slot))
            continue;
        slot->place = PLACE_LOCAL;
        slot->name = symbol->name;
    }
}

/* A compound literal lives as long as its block: it needs a slot if its address can outlive an
 * await, or the statement that it stands in, which is taken apart if it `awaits`. One that is
 * only read as a value does not. */
static void place_literal(struct scan *scan, struct node *literal, const struct node *parent,
                          struct node *block, bool awaits)
{
    const struct type_info *type = literal->type;
    bool has_address = parent->kind == NODE_UNARY || parent->kind == NODE_MEMBER ||
                       parent->kind == NODE_INDEX || (type && type->class == TYPE_ARRAY);
    bool outlives = awaits || (block->has_label && block->has_await) ||
                    await_between(scan, literal->first, block->last);
    bool is_vla = type && type->is_variable && type->size < 0;
    if (!type || type->class == TYPE_UNKNOWN || is_vla || !has_address || !outlives)
        return;
    literal->symbol = build_temporary(scan->function, block, type, literal, true);
    if (type->is_variable)
        slot_of(literal->symbol)->type = NULL; /* spelled where the literal stands */
}

/* Those in which an await decides what is evaluated get a temporary anyway (hoist.c), as does
 * what is awaited. */
static bool makes_value(const struct acc *acc, const struct node *node)
{
    switch (node->kind) {
    case NODE_CALL:
    case NODE_COMMA:
    case NODE_ASSIGN: return true;
    case NODE_CONDITIONAL:
    case NODE_STATEMENT_EXPR: return !node->has_await;
    case NODE_BUILTIN: return token_is(acc, node->first, "__builtin_va_arg");
    default: return false;
    }
}

/* The record without an object of its own, a call's result for one, that an array is part of;
 * null: there is none. It lives until its full expression ends (C11 6.2.4p8). */
static struct node **temporary_object(const struct acc *acc, struct node *array)
{
    struct node **part = &array;
    for (;;) {
        struct node *node = *part;
        bool is_element = node->kind == NODE_INDEX && node->child[0]->type &&
                          node->child[0]->type->class == TYPE_ARRAY;
        bool is_member = node->kind == NODE_MEMBER && token_is(acc, node->op, ".");
        if (!is_member && !is_element && node->kind != NODE_PAREN)
            break;
        part = &node->child[0];
    }
    return makes_value(acc, *part) && (*part)->type && (*part)->type->class == TYPE_RECORD ? part : NULL;
}

/* An expression with an await becomes several statements: what it points into must outlive the
 * one that makes it. */
static void keep_record(struct scan *scan, struct node *array, struct node *block)
{
    struct node **object = temporary_object(scan->function->acc, array), *record = object ? *object : NULL;
    if (!record || (record->has_await && !record->type->declaration))
        return;
    struct symbol *symbol = build_temporary(scan->function, block, record->type, record, true);
    struct acc *acc = scan->function->acc;
    const char *text =
        arena_format(acc->arena,
                     "(*__extension__ ({ __extension__ __auto_type %s_value = (%%1);"
                     " __builtin_memcpy((void *)&%%0, &%s_value, sizeof %s_value); &%%0; }))",
                     symbol->name, symbol->name, symbol->name);
    *object = build(acc, record, text, build_name(acc, record, symbol), record, NULL);
    (*object)->type = record->type;
    (*object)->has_await = record->has_await;
}

/* Compound literals and records without a name. `parent` is what has the node as its operand,
 * parentheses left out; `awaits`: the full expression does. */
static void place_unnamed(struct scan *scan, struct node *node, const struct node *parent, struct node *block,
                          bool awaits)
{
    bool is_part = node->kind == NODE_MEMBER || node->kind == NODE_INDEX;
    if (node->kind == NODE_BLOCK) {
        block = node;
        awaits = false;
    }
    awaits |= node->has_await && is_evaluated_together(node);
    if (node->kind == NODE_DECLARATION && has_specifier(scan->function->acc, node->child[0], "static"))
        return;
    if (node->kind == NODE_COMPOUND_LITERAL)
        place_literal(scan, node, parent, block, awaits);
    if (awaits && is_part && node->type && node->type->class == TYPE_ARRAY)
        keep_record(scan, node, block);
    if (node->kind != NODE_PAREN)
        parent = node;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && !node->child[i]->is_unevaluated)
            place_unnamed(scan, node->child[i], parent, block, awaits);
}

/* ---- OpenMP ---------------------------------------------------------------------------------- */

static struct symbol *frame_variable(const struct function *function, const char *name, size_t length)
{
    for (uint32_t i = 0; i < function->variable_count; i++) {
        struct symbol *symbol = function->variables[i];
        if (slot_of(symbol)->place != PLACE_LOCAL && strlen(symbol->name) == length &&
            !memcmp(symbol->name, name, length))
            return symbol;
    }
    return NULL;
}

/* Where the next word begins; there may be any bytes in front of it. */
static const char *next_word(const char *at, const char *end, const char *word_bytes)
{
    while (at < end && (!*at || !strchr(word_bytes, *at)))
        at++;
    return at;
}

/* Clauses name variables, and OpenMP takes nothing else there: none that are members of the frame. */
static void check_clauses(struct function *function, uint32_t token)
{
    static const char word_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const struct token *pragma = &function->acc->tokens[token];
    const char *at = function->acc->text + pragma->offset, *end = at + pragma->length;
    for (bool is_openmp = false; at < end; at = next_word(at, end, word_bytes)) {
        size_t length = strspn(at, word_bytes);
        struct symbol *symbol = is_openmp && at + length <= end ? frame_variable(function, at, length) : NULL;
        if (symbol) {
            report(function->acc, MESSAGE_OPENMP_VARIABLE, token, symbol->name);
            return;
        }
        is_openmp |= length == 3 && !memcmp(at, "omp", 3);
        at += length;
    }
}

void places(struct function *function)
{
    bool has_try = node_find(function->body, NODE_TRY);
    struct scan scan = {.function = function, .evaluated = true, .has_try = has_try};
    find_awaits(&scan, function->body);
    find_uses(&scan, function->body, (struct surroundings){0});
    place_parameters(&scan);
    place_variables(&scan, function->body);
    if (scan.await_count)
        place_unnamed(&scan, function->body, function->body, function->body, false);
    for (uint32_t token = function->body->first; token < function->body->last; token++)
        if (function->acc->tokens[token].kind == TOK_PRAGMA)
            check_clauses(function, token);
}
