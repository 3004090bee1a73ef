/* declare.c: declarations of variables that live in the frame become assignments to it.
 *
 * Takes a body whose awaits stand alone. Leaves no declaration of a variable that has a slot:
 *
 *     int n = 3;                     ->  ac__self->n_1 = 3;
 *     struct s a = {1, 2};           ->  __builtin_memcpy(&ac__self->a_2, &(struct s){1, 2}, sizeof ...);
 *     struct local { ... } b = e;    ->  typedef struct local { ... } ac__type_b_3;
 *                                        { ac__type_b_3 t = e; memcpy(...); }
 *     int v[n][m];                   ->  t1 = n; t2 = m; ac__stack_release(<what is dead>);
 *                                        ac__self->v_4 = ac__stack_allocate(sizeof(int [t1][t2]), ...);
 *
 * A type that has no name at file scope stays where it is; the frame has only bytes for its variables.
 * A VLA's memory is given back when the next VLA of a scope that can't see it is made, and when the
 * function ends: no jump needs to care.
 */
#include "lower.h"

struct declare {
    struct function *function;
    struct acc *acc;
    struct node *out;
    struct symbol *live; /* the innermost VLA that is in scope, or null */
};

static void declare_children(struct declare *declare, struct node *node);

static struct node *storage(struct declare *declare, const struct node *near, struct symbol *symbol)
{
    struct node *node = node_make(declare->acc, NODE_STORAGE, near->first, near->last, 0);
    node->symbol = symbol;
    return node;
}

static struct node *typed(struct declare *declare, struct node *specifiers, struct node *declarator,
                          const char *name)
{
    struct node *node = node_make(declare->acc, NODE_TYPED, specifiers->first, specifiers->last, 0);
    node_append(declare->acc, node, specifiers);
    if (declarator)
        node_append(declare->acc, node, declarator);
    node->text = name;
    return node;
}

static void add(struct declare *declare, struct node *node)
{
    build_into(declare->acc, declare->out, node);
}

/* ---- variably modified types ----------------------------------------------------------------- */

static bool has_effect(const struct node *node)
{
    bool effect = node->kind == NODE_CALL || node->kind == NODE_PREFIX || node->kind == NODE_POSTFIX ||
                  node->kind == NODE_ASSIGN || node->kind == NODE_COMPOUND_ASSIGN ||
                  node->kind == NODE_STATEMENT_EXPR;
    for (uint32_t i = 0; i < node->count && !effect; i++)
        effect = node->child[i] && has_effect(node->child[i]);
    return effect;
}

/* Evaluates the operand of a typeof once: it gives its type to whoever names the variable. */
static void keep_operand_type(struct declare *declare, struct node *node)
{
    struct node *operand = node->child[0];
    bool varies = operand && is_expression(operand) && operand->type && operand->type->is_variable;
    if (!varies || !has_effect(operand))
        return;
    add(declare, build(declare->acc, operand, "(void)(%0);", operand, NULL));
    node->child[0] = build(declare->acc, operand, "%0", without_effects(declare->acc, operand), NULL);
}

/* Evaluates the sizes in a declarator or in specifiers, in order of text, into frame temporaries. */
static void keep_sizes(struct declare *declare, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (!child || !node_has_sizes(child))
            continue;
        if (child->kind == NODE_TYPEOF && child->count)
            keep_operand_type(declare, child);
        bool sized = child->kind == NODE_ARRAY && child->count && child->child[0] && !child->text &&
                     node_strip(child->child[0])->kind != NODE_CONSTANT;
        if (sized && child->size)
            continue;
        if (sized) {
            struct function *function = declare->function;
            struct symbol *size = build_typed_temporary(function, function->body, "unsigned long @", true);
            struct node *name = build_name(declare->acc, child, size);
            child->size = size;
            add(declare, build(declare->acc, child, "%0 = (unsigned long)(%1);", name, child->child[0], NULL));
        } else {
            keep_sizes(declare, child);
        }
    }
}

static struct node *stack_mark(struct declare *declare, const struct node *near, const struct symbol *after)
{
    if (after)
        return build_name(declare->acc, near, slot_of(after)->end);
    return build(declare->acc, near, declare->function->is_generator ? "0" : "ac__self->ac__mark", NULL);
}

/* The task's bump stack, or a generator's own, since its VLAs outlive whatever its caller has there. */
static const char *stack_of(const struct declare *declare)
{
    return declare->function->is_generator ? "(&ac__self->ac__store)" : "ac__task";
}

static void declare_vla(struct declare *declare, struct node *item, struct slot *slot)
{
    struct acc *acc = declare->acc;
    struct node *array = storage(declare, item, slot->symbol);
    struct node *type = typed(declare, slot->specifiers, slot->declarator, "");
    keep_sizes(declare, slot->specifiers);
    keep_sizes(declare, slot->declarator);
    slot->end = build_typed_temporary(declare->function, declare->function->body, "char *@", true);
    const char *alignment = slot->own_alignment ? arena_format(acc->arena, "%lld", slot->own_alignment)
                                                : "__alignof__(%1)";
    const char *release = arena_format(acc->arena, "ac__stack_release(%s, %%0);", stack_of(declare));
    const char *allocate = declare->function->is_generator
                               ? "ac__generator_allocate(&ac__self->ac__store, ac__task"
                               : "ac__stack_allocate(ac__task";
    allocate = arena_format(acc->arena, "%%0 = %s, sizeof(%%1), %s);", allocate, alignment);
    add(declare, build(acc, item, release, stack_mark(declare, item, declare->live), NULL));
    add(declare, build(acc, item, allocate, array, type, NULL));
    uint32_t site = build_site(declare->function, item->first);
    const char *text =
        arena_format(acc->arena, "if (!%%0) { ac__trace(ac__task, &ac__%s__function, %u); %%1 }",
                     declare->function->name, site);
    add(declare, build(acc, item, text, array,
                       node_make(acc, NODE_JUMP_FAILED, item->first, item->last, 0), NULL));
    add(declare, build(acc, item, arena_format(acc->arena, "%%0 = %s->top;", stack_of(declare)),
                       build_name(acc, item, slot->end), NULL));
    if (item->count > 1 && item->child[1])
        add(declare, build(acc, item, "__builtin_memset(%0, 0, sizeof(%1));", array, type, NULL));
    declare->live = slot->symbol;
}

/* ---- initialisers ---------------------------------------------------------------------------- */

static bool is_zero(const struct acc *acc, const struct node *initialiser)
{
    if (initialiser->kind != NODE_INIT_LIST)
        return false;
    if (initialiser->count == 0)
        return true;
    const struct node *item = initialiser->child[0];
    const struct node *value = item->count == 1 ? item->child[0] : item;
    return initialiser->count == 1 && value->kind == NODE_CONSTANT && token_is(acc, value->first, "0");
}

static void initialise_typed(struct declare *declare, struct node *item, struct slot *slot)
{
    struct acc *acc = declare->acc;
    struct node *value = item->child[1], *bytes = storage(declare, item, slot->symbol);
    const char *type = declare_as(acc, slot->type, "");
    bool braces = value->kind == NODE_INIT_LIST;
    if (!slot->is_aggregate && !braces && mentions(value, slot->symbol)) {
        const char *text = arena_format(acc->arena, "{ %s = %%1; %%0 = ac__value; }",
                                        declare_as(acc, slot->type, "ac__value"));
        add(declare, build(acc, item, text, bytes, value, NULL));
    } else if (!slot->is_aggregate) {
        const char *text = braces ? arena_format(acc->arena, "%%0 = (%s)%%1;", type) : "%0 = %1;";
        add(declare, build(acc, item, text, bytes, value, NULL));
    } else if (is_zero(acc, value)) {
        add(declare, build(acc, item, "__builtin_memset(&%0, 0, sizeof %0);", bytes, NULL));
    } else if (braces && slot->is_variable) {
        struct node *whole = typed(declare, slot->specifiers, slot->declarator, "");
        const char *text = "__builtin_memcpy(&%0, &(%2)%1, sizeof %0);";
        add(declare, build(acc, item, text, bytes, value, whole, NULL));
    } else if (braces) {
        const char *text = arena_format(acc->arena, "__builtin_memcpy(&%%0, &(%s)%%1, sizeof %%0);", type);
        add(declare, build(acc, item, text, bytes, value, NULL));
    } else {
        const char *text =
            arena_format(acc->arena, "{ %s = %%1; __builtin_memcpy(&%%0, &ac__value, sizeof %%0); }",
                         declare_as(acc, slot->type, "ac__value"));
        add(declare, build(acc, item, text, bytes, value, NULL));
    }
}

static void initialise_opaque(struct declare *declare, struct node *item, struct slot *slot)
{
    struct acc *acc = declare->acc;
    const char *type = infers_type(acc, slot->specifiers) ? "__extension__ __auto_type" : slot->view;
    const char *plain = slot->is_volatile ? "(const void *)(unsigned long)" : "";
    const char *text =
        arena_format(acc->arena,
                     "{ %s ac__value = %%1; __builtin_memcpy(%%0, %s&ac__value, sizeof ac__value); }",
                     type, plain);
    add(declare, build(acc, item, text, storage(declare, item, slot->symbol), item->child[1], NULL));
}

static void initialise(struct declare *declare, struct node *item, struct slot *slot)
{
    if (slot->view)
        initialise_opaque(declare, item, slot);
    else
        initialise_typed(declare, item, slot);
}

/* ---- declarations ---------------------------------------------------------------------------- */

static struct node *view_type(struct declare *declare, struct node *item, struct slot *slot, const char *name)
{
    if (infers_type(declare->acc, slot->specifiers)) {
        const char *text = arena_format(declare->acc->arena, "__typeof__(%%0) %s", name);
        return build(declare->acc, item, text, item->child[1], NULL);
    }
    return typed(declare, slot->specifiers, slot->declarator, name);
}

/* An array may have its length from its initialiser, which the type of the bytes in the frame
 * does not see. */
static void declare_view(struct declare *declare, struct node *item, struct slot *slot)
{
    struct acc *acc = declare->acc;
    const struct type_info *type = slot->symbol->declarator->type;
    bool is_array = type->class == TYPE_ARRAY && type->size > 0; /* else its elements have no size */
    const char *name = is_array ? arena_format(acc->arena, "%s_open", slot->view) : slot->view;
    add(declare, build(acc, item, "typedef %0;", view_type(declare, item, slot, name), NULL));
    if (is_array)
        add(declare, build(acc, item, array_of_size(acc, name, slot->view, type->size), NULL));
}

static void declare_item(struct declare *declare, struct node *declaration, struct node *item)
{
    struct acc *acc = declare->acc;
    struct symbol *symbol = declared(item->child[0]);
    struct slot *slot = slot_of(symbol);
    if (symbol && symbol->kind == SYMBOL_TYPEDEF && slot) {
        keep_sizes(declare, slot->specifiers);
        keep_sizes(declare, slot->declarator);
        return;
    }
    if (!symbol || symbol->kind != SYMBOL_OBJECT || !slot) {
        struct node *single = node_make(acc, NODE_DECLARATION, declaration->first, declaration->last, 0);
        node_append(acc, single, declaration->child[0]);
        node_append(acc, single, item);
        single->is_generated = true;
        add(declare, single);
        return;
    }
    if (slot->place == PLACE_VLA) {
        declare_vla(declare, item, slot);
        return;
    }
    if (slot->is_variable) {
        keep_sizes(declare, slot->specifiers);
        keep_sizes(declare, slot->declarator);
    }
    if (slot->view)
        declare_view(declare, item, slot);
    if (item->count > 1 && item->child[1])
        initialise(declare, item, slot);
}

/* Of the first variable that has one. */
static struct slot *first_slot(const struct node *declaration)
{
    for (uint32_t i = 1; i < declaration->count; i++) {
        const struct symbol *symbol = declared(declaration->child[i]->child[0]);
        if (symbol && (symbol->kind == SYMBOL_OBJECT || symbol->kind == SYMBOL_TYPEDEF) && slot_of(symbol))
            return slot_of(symbol);
    }
    return NULL;
}

/* The type that variables are declared together with. */
static void declare_type(struct declare *declare, struct node *declaration)
{
    struct node *specifiers = declaration->child[0];
    if (!defines_type(specifiers) || specifiers->is_apart)
        return;
    if (first_slot(declaration)->is_variable)
        keep_sizes(declare, specifiers);
    add(declare, declare_apart(declare->acc, specifiers));
}

static void declare_declaration(struct declare *declare, struct node *declaration)
{
    if (!first_slot(declaration)) {
        declare_children(declare, declaration);
        add(declare, declaration);
        return;
    }
    declare_type(declare, declaration);
    for (uint32_t i = 1; i < declaration->count; i++) {
        struct node *item = declaration->child[i];
        declare_children(declare, item);
        declare_item(declare, declaration, item);
    }
}

static void declare_block(struct declare *declare, struct node *block)
{
    struct node **items = block->child, *outer = declare->out;
    struct symbol *live = declare->live;
    uint32_t count = block->count;
    block->child = NULL;
    block->count = 0;
    declare->out = block;
    for (uint32_t i = 0; i < count; i++) {
        if (items[i]->kind == NODE_DECLARATION) {
            declare_declaration(declare, items[i]);
            continue;
        }
        if (items[i]->kind == NODE_INITIALISE) {
            struct node *item = items[i]->child[0];
            declare_children(declare, item);
            initialise(declare, item, slot_of(declared(item->child[0])));
            continue;
        }
        struct node *holder = node_make(declare->acc, NODE_SEQUENCE, items[i]->first, items[i]->last, 0);
        node_append(declare->acc, holder, items[i]);
        declare_children(declare, holder);
        add(declare, holder->child[0]);
    }
    declare->out = outer;
    declare->live = live;
}

/* A for whose variables live in the frame: its declaration goes in front. */
static struct node *declare_for(struct declare *declare, struct node *node)
{
    struct node *init = node->child[0];
    if (!init || init->kind != NODE_DECLARATION || !first_slot(init)) {
        declare_children(declare, node);
        return node;
    }
    struct node *block = build_block(declare->acc, node), *outer = declare->out;
    declare->out = block;
    declare_declaration(declare, init);
    declare->out = outer;
    node->child[0] = build(declare->acc, init, ";", NULL);
    declare_children(declare, node);
    if (outer)
        build_pragma_into(declare->acc, outer, block);
    build_into(declare->acc, block, node);
    return block;
}

static void declare_children(struct declare *declare, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (!child)
            continue;
        if (child->kind == NODE_BLOCK)
            declare_block(declare, child);
        else if (child->kind == NODE_FOR)
            node->child[i] = declare_for(declare, child);
        else
            declare_children(declare, child);
    }
}

/* The function that makes the coroutine has the same parameters, but must not evaluate their sizes:
 * an array of any other variable size is compatible. */
static void leave_sizes_to_the_body(struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (child && child->kind == NODE_ARRAY && child->size && has_effect(child->child[0]))
            child->is_unevaluated = true;
        else if (child)
            leave_sizes_to_the_body(child);
    }
}

/* The first size of an array, which makes no difference to the pointer that the parameter is, is
 * evaluated, too. */
static bool has_effect_in_first_size(const struct node *declarator)
{
    const struct node *derivation = node_derivation(declarator);
    bool is_array = derivation && derivation->kind == NODE_ARRAY && derivation->count && derivation->child[0];
    return is_array && has_effect(derivation->child[0]);
}

/* Of a type that the parameters themselves declare. Arrays and functions are pointers here. */
static void declare_parameter_view(struct declare *declare, struct node *parameter, struct slot *slot)
{
    const struct node *derivation = node_derivation(slot->declarator);
    bool is_array = derivation && derivation->kind == NODE_ARRAY;
    if (!is_array && !(derivation && derivation->kind == NODE_FUNCTION)) {
        declare_view(declare, parameter, slot);
        return;
    }
    const char *text = arena_format(declare->acc->arena, "typedef __typeof__(%s) %s;",
                                    is_array ? "&(*(%0)0)[0]" : "(%0)0", slot->view);
    struct node *type = typed(declare, slot->specifiers, slot->declarator, "(*)");
    add(declare, build(declare->acc, parameter, text, type, NULL));
}

/* Types that the parameters define, with what enumerations name, are for the body, too. */
static void declare_parameter_types(struct declare *declare, struct node *node)
{
    if (node->kind == NODE_FUNCTION)
        return; /* a scope of its own */
    if (node->kind == NODE_SPECIFIERS && defines_type(node)) {
        add(declare, declare_apart(declare->acc, node));
        node->is_apart = false; /* the function that makes the coroutine defines it as well */
        return;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            declare_parameter_types(declare, node->child[i]);
}

/* The sizes in parameters are evaluated when the body starts. */
static void declare_parameters(struct declare *declare)
{
    struct node *parameters = declare->function->parameters, *body = declare->function->body;
    struct node *start = build_block(declare->acc, body);
    declare->out = start;
    for (uint32_t i = 0; i < parameters->count; i++) {
        struct node *parameter = parameters->child[i];
        struct symbol *symbol = parameter && parameter->count > 1 ? declared(parameter->child[1]) : NULL;
        if (parameter && !(symbol && slot_of(symbol) && slot_of(symbol)->view))
            declare_parameter_types(declare, parameter);
        if (!symbol || !slot_of(symbol))
            continue;
        if (slot_of(symbol)->view)
            declare_parameter_view(declare, parameter, slot_of(symbol));
        if (!slot_of(symbol)->is_variable && !has_effect_in_first_size(parameter->child[1]))
            continue;
        keep_sizes(declare, parameter->child[1]);
        leave_sizes_to_the_body(parameter->child[1]);
    }
    for (uint32_t i = 0; i < body->count; i++)
        build_into(declare->acc, start, body->child[i]);
    body->child = start->child;
    body->count = start->count;
}

void declare(struct function *function)
{
    struct declare declare = {.function = function, .acc = function->acc};
    declare_block(&declare, function->body);
    declare_parameters(&declare);
}
