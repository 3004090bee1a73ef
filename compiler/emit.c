/* emit.c: prints the body of a lowered function: references to its variables, and statements
 * that passes made.
 *
 * The body keeps the user's statements. Nothing jumps into a scope that C forbids to jump into:
 * statement expressions with awaits were taken apart, VLAs and cleanup variables that an await
 * can see live in the frame.
 */
#include "emit.h"

#include <string.h>
#include <strings.h>

/* ---- references to variables ----------------------------------------------------------------- */

/* A parameter `m[a][b]` is a pointer: a pointer to it is `(**)[b]`. A copy of the declarator
 * without the derivation. */
static struct node *without_derivation(struct acc *acc, const struct node *node,
                                       const struct node *derivation)
{
    struct node *copy = arena_allocate(acc->arena, sizeof *copy);
    *copy = *node;
    copy->child = arena_allocate(acc->arena, (node->count + 1) * sizeof *copy->child);
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (child == derivation)
            child = build(acc, child, "", NULL);
        else if (child && (child->kind == NODE_NESTED || child->kind == NODE_DECLARATOR))
            child = without_derivation(acc, child, derivation);
        copy->child[i] = child;
    }
    return copy;
}

/* The type of a variably modified variable, as a pointer to it: the name becomes (*). */
static void print_pointer_to(struct printer *printer, const struct slot *slot)
{
    const struct node *derivation = node_derivation(slot->declarator);
    bool is_adjusted = slot->is_parameter && derivation && derivation->kind == NODE_ARRAY;
    struct node *declarator =
        is_adjusted ? without_derivation(printer->acc, slot->declarator, derivation) : slot->declarator;
    print_node(printer, &(struct node){.kind = NODE_TYPED, .text = is_adjusted ? "(**)" : "(*)", .count = 2,
                                       .child = (struct node *[]){slot->specifiers, declarator}});
}

static void print_storage(struct printer *printer, const struct slot *slot)
{
    print_format(printer, slot->place == PLACE_LOCAL ? "%s" : "ac__self->%s", slot->name);
}

/* A temporary of variably modified type: kept as void *, since no jump may lead past a
 * declaration of such a type. */
static void print_variable_pointer(struct printer *printer, const struct slot *slot)
{
    print_text(printer, "(*(__typeof__(&*(");
    print_node(printer, slot->probe);
    print_text(printer, ")) *)(void *)&");
    print_storage(printer, slot);
    print_text(printer, ")");
}

static void print_variable(struct printer *printer, const struct slot *slot)
{
    if (slot->is_variable && !slot->specifiers) {
        print_variable_pointer(printer, slot);
    } else if (slot->place == PLACE_VLA || slot->is_variable) {
        bool is_array = slot->place == PLACE_VLA;
        print_text(printer, "(*(");
        print_pointer_to(printer, slot);
        print_format(printer, is_array ? ")ac__self->%s)" : ")(void *)&ac__self->%s)", slot->name);
    } else if (slot->place == PLACE_LOCAL) {
        print_text(printer, slot->name);
    } else if (slot->view) {
        print_format(printer, "(*(%s *)(void *)ac__self->%s)", slot->view, slot->name);
    } else if (slot->is_const || slot->is_volatile) {
        print_format(printer, "(*(%s%s__typeof__(ac__self->%s) *)&ac__self->%s)",
                     slot->is_const ? "const " : "", slot->is_volatile ? "volatile " : "",
                     slot->name, slot->name);
    } else if (!slot->type && slot->probe) {
        print_text(printer, "(*(__typeof__(");
        print_node(printer, slot->probe);
        print_format(printer, ") *)(void *)ac__self->%s)", slot->name);
    } else {
        print_format(printer, "ac__self->%s", slot->name);
    }
}

bool emit_is_function_name(const struct acc *acc, uint32_t token)
{
    return token_is(acc, token, "__func__") || token_is(acc, token, "__FUNCTION__") ||
           token_is(acc, token, "__PRETTY_FUNCTION__");
}

static bool print_name(struct printer *printer, struct node *node)
{
    const struct slot *slot =
        node->symbol && node->symbol->kind == SYMBOL_OBJECT && !node->symbol->is_file_scope
            ? slot_of(node->symbol)
            : NULL;
    if (printer->function && slot) {
        if (node->first)
            print_at(printer, node->first);
        print_variable(printer, slot);
    } else if (printer->function && !node->symbol && emit_is_function_name(printer->acc, node->first)) {
        print_text(printer, "ac__function_name");
    } else if (is_async_main(node->symbol)) {
        print_text(printer, "ac__user_main");
    } else if (node->is_generated) {
        print_text(printer, node->symbol->name);
    } else {
        return false;
    }
    return true;
}

static void print_temporary(struct printer *printer, const struct node *node)
{
    const struct slot *slot = slot_of(node->symbol);
    if (slot->type) {
        /* gcc does not count it as a use that a complex value is a condition */
        const char *unused = strstr(slot->type, "_Complex") ? " __attribute__((unused))" : "";
        print_hidden(printer, node->is_hidden);
        print_format(printer, "%s%s;", declare_as(printer->acc, slot->type, slot->name), unused);
        print_hidden(printer, false);
        return;
    }
    CHECK(slot->probe);
    print_text(printer, "__typeof__(");
    print_node(printer, slot->probe);
    print_format(printer, ") %s;", slot->name);
}

/* ---- statements ------------------------------------------------------------------------------ */

static bool ends_in_region(const struct node *node)
{
    while (node && !node->is_region && node->count &&
           (node->kind == NODE_BLOCK || node->kind == NODE_SEQUENCE || node_is_label(node)))
        node = node->child[node->count - 1];
    return node && node->is_region;
}

/* A `try` that never gets to its end does not fall through to the next case: the C compiler cannot tell. */
static void print_block(struct printer *printer, struct node *node)
{
    if (node->is_generated)
        print_text(printer, "{");
    else
        print_tokens(printer, node->first, node->first);
    for (uint32_t i = 0; i < node->count; i++) {
        if (i && node_is_case(node->child[i]) && ends_in_region(node->child[i - 1]))
            print_text(printer, "__attribute__((fallthrough));");
        print_node(printer, node->child[i]);
    }
    if (node->is_generated)
        print_text(printer, "}");
    else
        print_tokens(printer, node->last, node->last);
}

static void print_list(struct printer *printer, struct node *node, const char *open, const char *between,
                       const char *close)
{
    print_text(printer, open);
    for (uint32_t i = 0; i < node->count; i++) {
        if (i && *between)
            print_text(printer, between);
        print_node(printer, node->child[i]);
    }
    print_text(printer, close);
}

static void print_generated_call(struct printer *printer, struct node *node)
{
    print_node(printer, node->child[0]);
    for (uint32_t i = 1; i < node->count; i++) {
        print_text(printer, i == 1 ? "(" : ",");
        print_node(printer, node->child[i]);
    }
    print_text(printer, node->count == 1 ? "()" : ")");
}

static void print_single_declaration(struct printer *printer, struct node *node)
{
    struct node *item = node->child[1];
    print_declaration_of(printer, node->child[0], item->child[0], NULL);
    if (item->count > 1 && item->child[1]) {
        print_text(printer, "=");
        print_node(printer, item->child[1]);
    }
    print_text(printer, ";");
}

/* Nodes of the user's kinds that a pass made: they have no tokens of their own. */
static bool print_generated(struct printer *printer, struct node *node)
{
    if (node->first)
        print_at(printer, node->first);
    switch (node->kind) {
    case NODE_EXPRESSION_STATEMENT: print_list(printer, node, "", "", ";"); return true;
    case NODE_ASSIGN: print_list(printer, node, "", "=", ""); return true;
    case NODE_CALL: print_generated_call(printer, node); return true;
    case NODE_IF: print_list(printer, node, "if (", ")", ""); return true;
    case NODE_WHILE: print_list(printer, node, "while (", ")", ""); return true;
    case NODE_GENERATOR_MAKE: emit_generator_made(printer, node); return true;
    case NODE_DECLARATION: print_single_declaration(printer, node); return true;
    case NODE_LABEL: print_format(printer, "\n%s: ;", node->symbol->name); return true;
    case NODE_BREAK: print_text(printer, "break;"); return true;
    default: BUG("generated node of kind %s", node_kind_name(node->kind));
    }
}

/* GCC heeds a comment in front of a case; it stands in the text only where -C kept it. */
bool emit_falls_through(const struct acc *acc, uint32_t token)
{
    const struct token *before = &acc->tokens[token - 1];
    const char *at = acc->text + before->offset + before->length,
               *end = acc->text + acc->tokens[token].offset;
    for (bool in_comment = false; at + 4 < end; at++) {
        in_comment |= at[0] == '/' && (at[1] == '*' || at[1] == '/');
        if (in_comment && strncasecmp(at, "fall", 4) == 0)
            return true;
    }
    return false;
}

/* A label in front of something that left no statement behind. */
static void print_labelled(struct printer *printer, struct node *node)
{
    uint32_t count = node->count;
    struct node *statement = count ? node->child[count - 1] : NULL;
    if (emit_falls_through(printer->acc, node->first))
        print_text(printer, "/* fall through */");
    print_plainly(printer, node);
    if (!statement)
        print_text(printer, ";");
}

/* A typedef of variably modified type: no jump may lead past it, so its sizes are in the frame
 * and uses spell it out. */
bool emit_typedef(struct printer *printer, const struct symbol *symbol)
{
    const struct slot *slot = printer->function && symbol->kind == SYMBOL_TYPEDEF ? slot_of(symbol) : NULL;
    if (!slot)
        return false;
    struct node typed = {.kind = NODE_TYPED, .text = "", .count = 2,
                         .child = (struct node *[]){slot->specifiers, slot->declarator}};
    print_text(printer, "__typeof__(");
    print_node(printer, &typed);
    print_text(printer, ")");
    return true;
}

/* The declarator without attributes: they are the variable's, not its type's. */
static struct node without_attributes(struct acc *acc, const struct node *declarator)
{
    struct node bare = *declarator;
    bare.child = arena_allocate(acc->arena, (bare.count + 1) * sizeof *bare.child);
    for (uint32_t i = 0; i < bare.count; i++) {
        struct node *child = declarator->child[i];
        bool is_attribute = child && (child->kind == NODE_ATTRIBUTE || child->kind == NODE_ALIGNAS);
        bare.child[i] = is_attribute ? build(acc, child, "", NULL) : child;
    }
    return bare;
}

static void print_typed(struct printer *printer, struct node *node)
{
    struct node none = {.kind = NODE_SPECIFIERS, .first = 1, .last = 0};
    const struct symbol *symbol = node->count > 1 ? declared(node->child[1]) : NULL;
    if (symbol && symbol->is_child) {
        print_declaration_of(printer, node->child[0], node->child[1], node->text);
        return;
    }
    print_specifiers(printer, node->child[0], SPECIFIER_TYPE);
    struct node bare;
    if (node->count > 1) {
        bare = without_attributes(printer->acc, node->child[1]);
        print_declaration_of(printer, &none, &bare, node->text);
    } else if (node->text && !node->symbol) {
        print_text(printer, node->text);
    }
}

/* Of a type that has no name outside of its block, or a variably modified one: it is spelled once. */
static void print_literal_of_local_type(struct printer *printer, struct node *node)
{
    print_text(printer, "(*__extension__ ({ __auto_type ac__literal = &(");
    print_node(printer, node->child[0]);
    print_text(printer, ")");
    print_node(printer, node->child[1]);
    print_format(printer, "; (__typeof__(ac__literal))__builtin_memcpy(&ac__self->%s,",
                 slot_of(node->symbol)->name);
    print_text(printer, " ac__literal, sizeof *ac__literal); }))");
}

static void print_literal(struct printer *printer, struct node *node)
{
    const struct slot *slot = slot_of(node->symbol);
    if (!slot->type) {
        print_literal_of_local_type(printer, node);
        return;
    }
    const char *type = declare_as(printer->acc, slot->type, "");
    print_format(printer, "(*(%s)__builtin_memcpy(&ac__self->%s, &",
                 declare_as(printer->acc, slot->type, "(*)"), slot->name);
    print_format(printer, "(%s)", type);
    print_node(printer, node->child[1]);
    print_format(printer, ", sizeof ac__self->%s))", slot->name);
}

static bool print_length(struct printer *printer, const struct node *array)
{
    if (!array->size && !array->text)
        return false;
    print_text(printer, array->text ? array->text : "[");
    if (!array->text) {
        print_variable(printer, slot_of(array->size));
        print_text(printer, "]");
    }
    return true;
}

static bool print_in_function(struct printer *printer, struct node *node)
{
    switch (node->kind) {
    case NODE_BLOCK: print_block(printer, node); return true;
    case NODE_TEMPORARY: print_temporary(printer, node); return true;
    case NODE_STORAGE: print_storage(printer, slot_of(node->symbol)); return true;
    case NODE_SEQUENCE: print_list(printer, node, "", "", ""); return true;
    case NODE_AWAIT_STATEMENT:
    case NODE_GENERATOR_NEXT:
    case NODE_GENERATOR_CLOSE: emit_await(printer, node); return true;
    case NODE_YIELD_POINT: emit_yield_point(printer, node); return true;
    case NODE_START: print_start(printer, node); return true;
    case NODE_LEAVE: emit_leave(printer, printer->function); return true;
    case NODE_LABEL:
    case NODE_CASE:
    case NODE_DEFAULT: print_labelled(printer, node); return true;
    case NODE_SPECIFIERS:
        if (!node->is_apart && (!node->symbol || !slot_of(node->symbol)))
            return false;
        print_specifiers(printer, node, ~0u);
        return true;
    case NODE_ARRAY:
        return print_length(printer, node);
    case NODE_EXPRESSION_STATEMENT:
        if (!is_value_of_macro(printer->acc, node->first))
            return false;
        print_text(printer, "(void)");
        print_plainly(printer, node);
        return true;
    case NODE_COMPOUND_LITERAL:
        if (!node->symbol)
            return false;
        print_literal(printer, node);
        return true;
    default: return false;
    }
}

/* The call whose coroutine ac_spawn takes at once, in what its macro puts around it; null: that is
 * another expression. */
static const struct node *spawned_call(const struct acc *acc, const struct node *call)
{
    struct node *operand = call->count > 1 ? call->child[1] : NULL;
    const struct node *callee = node_strip(call->child[0]);
    if (!operand || callee->kind != NODE_NAME || !token_is(acc, callee->first, "ac__spawn"))
        return NULL;
    for (operand = node_strip(operand); operand->kind == NODE_CAST || operand->kind == NODE_COMMA;)
        operand = node_strip(operand->child[1]);
    return operand->kind == NODE_CALL ? operand : NULL;
}

/* A coroutine that is not awaited or spawned at once: notes where it is made, for AC_DEBUG. */
static bool print_made(struct printer *printer, struct node *call)
{
    struct acc *acc = printer->acc;
    const struct type_info *type = call->type;
    const struct token *token = &acc->tokens[call->first];
    if (call->kind != NODE_CALL || !printer->function || call == printer->spawned || !type ||
        !type->declaration || (type->awaitable != AWAITABLE_CORO && type->awaitable != AWAITABLE_GENERATOR))
        return false;
    print_format(printer, "(__extension__ (%s)ac__made((void *)(", declare_as(acc, type->declaration, ""));
    print_plainly(printer, call);
    print_text(printer, "), ");
    print_quoted(printer, arena_format(acc->arena, "%s:%u", recorded_file(acc, token->file), token->line));
    print_text(printer, "))");
    return true;
}

bool emit_special(struct printer *printer, struct node *node)
{
    if (node->kind == NODE_NAME)
        return print_name(printer, node);
    if (node->kind == NODE_ARRAY && node->is_unevaluated && !printer->function) {
        print_text(printer, "[ac__any_length]");
        return true;
    }
    if (node->kind == NODE_TYPED) {
        print_typed(printer, node);
        return true;
    }
    if (node->kind == NODE_AWAIT) { /* not evaluated: only its type counts */
        CHECK(!printer->function || !node->has_await);
        print_list(printer, node, "((", "", ")(0))");
        return true;
    }
    if (node->kind == NODE_CALL && combinator_of(printer->acc, node) != COMBINATOR_NONE) {
        print_combinator(printer, node);
        return true;
    }
    if (node->kind == NODE_CALL && spawned_call(printer->acc, node))
        printer->spawned = spawned_call(printer->acc, node);
    if (print_made(printer, node))
        return true;
    if (printer->function && node->is_generated && node->kind != NODE_BLOCK)
        return print_generated(printer, node);
    if (printer->function && print_in_function(printer, node))
        return true;
    return print_async_type(printer, node);
}
