/* iterate.c: `async for` becomes a loop that asks for one item after the other.
 *
 *     async for (T x : e) S                                    over a generator:
 *
 *     { <make the generator, in the frame if it is in sight>
 *       try { while (1) { <next>; if (<ended>) break;  T x = <item>;  S } }
 *       finally { if (!<ended>) <close>;  <release> } }
 *
 *     { N *op = e;  U item;                                     over anything else that has an N_anext:
 *       while (1) { if (!await N_anext(op, &item)) break;  T x = item;  S } }
 *
 * A generator whose function is defined above in the file is a member of the frame: it is
 * entered by a direct call, its item is read where it was put. Any other is a frame of its own:
 * on the bump stack if a call makes it here, and if nothing can come between making and
 * releasing it there, which a `yield` in the loop or a VLA of the function could.
 */
#include "desugar.h"

static struct node *generated(struct acc *acc, enum node_kind kind, const struct node *near,
                              struct node *first, struct node *second)
{
    struct node *node = node_make(acc, kind, near->first, near->last, 0);
    node_append(acc, node, first);
    if (second)
        node_append(acc, node, second);
    node->is_generated = true;
    return node;
}

static struct node *break_if(struct acc *acc, const struct node *near, struct node *condition)
{
    return generated(acc, NODE_IF, near, condition, generated(acc, NODE_BREAK, near, NULL, NULL));
}

/* while (1) { ask; if (at_end) break; T x = item; S }, where `ask` may be null. */
static struct node *make_loop(struct function *function, struct node *node, struct node *ask,
                              struct node *at_end, struct node *item)
{
    struct acc *acc = function->acc;
    struct node *declaration = node->child[0], *declared_item = declaration->child[1];
    struct node *body = build_block(acc, node),
                *value = node_make(acc, NODE_INIT_DECLARATOR, declared_item->first,
                                   declared_item->last, 0);
    struct symbol *symbol = declared(declared_item->child[0]);
    if (ask)
        build_into(acc, body, ask);
    build_into(acc, body, break_if(acc, node->child[1], at_end));
    node_append(acc, value, declared_item->child[0]);
    node_append(acc, value, item);
    build_into(acc, body, single_declaration(acc, declaration, value));
    if (symbol) {
        symbol->block = body;
        build_into(acc, body,
                   build(acc, declaration, "(void)%0;", build_name(acc, declaration, symbol),
                         NULL));
    }
    build_into(acc, body, node->child[2]);
    body->has_await = true;
    return generated(acc, NODE_WHILE, node, build(acc, node, "1", NULL), body);
}

/* ---- generators ------------------------------------------------------------------------------ */

struct generator {
    struct symbol *frame;      /* temporary: the frame or a pointer to it */
    struct symbol *callee;     /* not null: the frame itself */
};

static struct node *generator_name(struct acc *acc, const struct node *near,
                                   const struct generator *generator)
{
    return build_name(acc, near, generator->frame);
}

/* GENERATOR_NEXT, GENERATOR_CLOSE */
static struct node *step(struct acc *acc, enum node_kind kind, const struct node *near,
                         const struct generator *generator)
{
    struct node *node = generated(acc, kind, near, generator_name(acc, near, generator), NULL);
    node->is_generated = false;
    node->symbol = generator->callee;
    node->has_await = true;
    return node;
}

static void embed(struct function *function, struct node *block, struct node *call,
                  struct generator *generator)
{
    struct acc *acc = function->acc;
    const char *name = generator->callee->name;
    generator->frame =
        build_typed_temporary(function, block,
                              arena_format(acc->arena, "struct ac__%s__frame @", name), true);
    struct node *init = build(acc, call, arena_format(acc->arena, "ac__%s__init", name), NULL);
    struct node *self = build(acc, call, "&%0", generator_name(acc, call, generator), NULL);
    struct node *made = generated(acc, NODE_CALL, call, init, self);
    for (uint32_t i = 1; i < call->count; i++)
        node_append(acc, made, call->child[i]);
    build_into(acc, block, generated(acc, NODE_EXPRESSION_STATEMENT, call, made, NULL));
}

static void make_pointer(struct function *function, struct node *block, struct node *node,
                         struct generator *generator)
{
    struct acc *acc = function->acc;
    struct node *operand = node->child[1], *call = node_strip(operand);
    generator->frame = build_typed_temporary(function, block, "struct ac__frame *@", true);
    struct node *name = generator_name(acc, operand, generator);
    if (call->kind == NODE_CALL && !function->has_frame_vla && !node_find(node->child[2], NODE_YIELD)) {
        build_into(acc, block, generated(acc, NODE_GENERATOR_MAKE, call, name, call));
        return;
    }
    struct node *value = build(acc, operand, "__extension__ (struct ac__frame *)(void *)(%0)", operand, NULL);
    struct node *assign = generated(acc, NODE_ASSIGN, operand, name, value);
    build_into(acc, block, generated(acc, NODE_EXPRESSION_STATEMENT, operand, assign, NULL));
}

static struct node *item_of(struct acc *acc, struct node *operand, const struct generator *generator)
{
    struct node *name = generator_name(acc, operand, generator);
    const char *declaration = operand->type->result->declaration;
    if (generator->callee)
        return build(acc, operand, "%0.ac__result", name, NULL);
    if (!declaration)
        return build(acc, operand,
                     "(*(__typeof__((%1)(0)) *)ac__result_at(%0, __alignof__(__typeof__((%1)(0)))))",
                     name, operand, NULL);
    const char *text = arena_format(acc->arena, "(*(%s)ac__result_at(%%0, __alignof__(%s)))",
                                    declare_as(acc, declaration, "*"), declare_as(acc, declaration, ""));
    return build(acc, operand, text, name, NULL);
}

static struct node *undo(struct acc *acc, struct node *node, const struct generator *generator)
{
    struct node *cleanup = build_block(acc, node), *name = generator_name(acc, node, generator);
    const char *text = generator->callee ? "%0.ac__base.state != AC__ENDED" : "%0 && %0->state != AC__ENDED";
    build_into(acc, cleanup, generated(acc, NODE_IF, node, build(acc, node, text, name, NULL),
                                       step(acc, NODE_GENERATOR_CLOSE, node, generator)));
    if (!generator->callee)
        build_into(acc, cleanup, build(acc, node, "ac__frame_release_slowly(%0, ac__task);", name, NULL));
    return cleanup;
}

static struct node *over_generator(struct function *function, struct node *node)
{
    struct acc *acc = function->acc;
    struct node *operand = node->child[1], *block = build_block(acc, node), *guarded = build_block(acc, node);
    struct generator generator = {.callee = frame_embeds(function, operand, true)};
    if (generator.callee)
        embed(function, block, node_strip(operand), &generator);
    else
        make_pointer(function, block, node, &generator);
    const char *ended = generator.callee ? "%0.ac__base.state == AC__ENDED" : "%0->state == AC__ENDED";
    struct node *at_end = build(acc, operand, ended, generator_name(acc, operand, &generator), NULL);
    build_into(acc, guarded,
               make_loop(function, node, step(acc, NODE_GENERATOR_NEXT, node, &generator), at_end,
                         item_of(acc, operand, &generator)));
    build_into(acc, block, make_try(function, node, guarded, undo(acc, node, &generator)));
    return block;
}

/* ---- N_anext --------------------------------------------------------------------------------- */

/* A typed handle is a pointer to its tag's record in disguise. */
static struct node *keep_handle(struct function *function, struct node *block, struct node *operand)
{
    struct acc *acc = function->acc;
    const char *pointer = arena_format(acc->arena, "struct %s *", operand->type->handle_tag);
    struct symbol *kept =
        build_typed_temporary(function, block, arena_format(acc->arena, "%s@", pointer), true);
    const char *text = arena_format(acc->arena, "__extension__ (%s)(%%0)", pointer);
    struct node *value = build(acc, operand, text, operand, NULL);
    struct node *assign = generated(acc, NODE_ASSIGN, operand, build_name(acc, operand, kept), value);
    build_into(acc, block, generated(acc, NODE_EXPRESSION_STATEMENT, operand, assign, NULL));
    return build_name(acc, operand, kept);
}

static struct node *over_iterator(struct function *function, struct node *node)
{
    struct acc *acc = function->acc;
    struct node *operand = node->child[1], *block = build_block(acc, node);
    struct symbol *next = with_function(acc, operand->type, "_anext");
    CHECK(next && node->type);
    struct node *kept = operand->type->handle_tag ? keep_handle(function, block, operand)
                                                  : keep_operand(function, block, operand);
    struct node *probe = build(acc, operand, "(%0)(0)", operand, NULL);
    struct symbol *item = build_temporary(function, block, node->type, probe, true);
    struct node *into = build(acc, operand, "&%0", build_name(acc, operand, item), NULL);
    struct node *await = await_call(acc, operand, next, kept, into, false);
    struct node *at_end = build(acc, operand, "!(%0)", await, NULL);
    build_into(acc, block, make_loop(function, node, NULL, at_end, build_name(acc, operand, item)));
    return block;
}

struct node *desugar_each(struct function *function, struct node *node)
{
    bool is_generator = node->child[1]->type->awaitable == AWAITABLE_GENERATOR;
    struct node *block = is_generator ? over_generator(function, node) : over_iterator(function, node);
    block->has_await = true;
    return block;
}
