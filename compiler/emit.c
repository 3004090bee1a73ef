/* emit.c: prints a lowered function as C.
 *
 * From `static async int f(char *s) { ... }` come, in the place of the definition,
 *
 *     struct ac__f__frame { ... };                                     frame.c
 *     static const struct ac__site ac__f__sites[];                     file and line of each await and throw
 *     static const struct ac__function ac__f__function;
 *     static ac_coro(int) f(char *s);                                 makes a frame of its own: the coroutine
 *     static int ac__f__run(struct ac__f__frame *, struct ac__task *, unsigned state, char *s)     the body
 *     static int ac__f__resume(struct ac__frame *, struct ac__task *)  the same for who doesn't know f
 *
 * The body keeps the user's statements; an await is
 *
 *     if (__builtin_expect(ac__status = ac__g__run((void *)ac__self->ac__a1, ac__task, AC__ENTER, x), 0)) {
 *         ac__self->ac__base.state = 1;
 *         goto ac__slow;
 *     }
 *     ac__L1:
 *     t = ((struct ac__g__frame *)(void *)ac__self->ac__a1)->ac__result;
 *
 * The function begins with a switch over the state that leads to the labels, and ends with what all its awaits share:
 *
 *     ac__slow:
 *     if (ac__status == AC__SUSPENDED)
 *         return ac__suspended(&ac__self->ac__base, &ac__f__function);
 *     ac__trace(ac__task, &ac__f__function, ac__self->ac__base.state);
 *     switch (ac__self->ac__base.state) { ... goto <handler>; }
 *
 * Nothing jumps into a scope that C forbids to jump into: statement expressions with awaits were taken apart, VLAs and
 * cleanup variables that an await can see live in the frame.
 */
#include "lower.h"

#include <string.h>
#include <strings.h>

/* ---- references to variables ---------------------------------------------------------------------------------------- */

/* A parameter `m[a][b]` is a pointer: a pointer to it is `(**)[b]`. Drops the first array derivation. */
static const char *adjust_parameter(struct acc *acc, struct node *declarator)
{
    uint32_t first = 0;
    while (declarator->child[first]->kind != NODE_ARRAY)
        first++;
    struct node **children = arena_allocate(acc->arena, declarator->count * sizeof *children);
    uint32_t count = 0;
    for (uint32_t i = 0; i < declarator->count; i++)
        if (i != first)
            children[count++] = declarator->child[i];
        else
            children[count++] = build(acc, declarator->child[i], "", NULL);
    declarator->child = children;
    return "(**)";
}

/* The type of a variably modified variable, as a pointer to it: the name becomes (*). */
static void print_pointer_to(struct printer *printer, const struct slot *slot)
{
    struct node adjusted = *slot->declarator;
    struct node typed = {.kind = NODE_TYPED, .text = "(*)", .count = 2,
                         .child = (struct node *[]){slot->specifiers, &adjusted}};
    if (slot->is_parameter && adjusted.count && adjusted.child[adjusted.count - 1]->kind == NODE_ARRAY)
        typed.text = adjust_parameter(printer->acc, &adjusted);
    print_node(printer, &typed);
}

static void print_storage(struct printer *printer, const struct slot *slot)
{
    print_format(printer, slot->place == PLACE_LOCAL ? "%s" : "ac__self->%s", slot->name);
}

/* A temporary of variably modified type: kept as void *, since no jump may lead past a declaration of such a type. */
static void print_variable_pointer(struct printer *printer, const struct slot *slot)
{
    print_text(printer, "(*(__typeof__(&*(");
    print_node(printer, slot->probe);
    print_text(printer, ")) *)&");
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
        print_format(printer, is_array ? ")ac__self->%s)" : ")&ac__self->%s)", slot->name);
    } else if (slot->place == PLACE_LOCAL) {
        print_text(printer, slot->name);
    } else if (slot->view) {
        print_format(printer, "(*(%s *)ac__self->%s)", slot->view, slot->name);
    } else if (slot->is_const || slot->is_volatile) {
        print_format(printer, "(*(%s%s__typeof__(ac__self->%s) *)&ac__self->%s)", slot->is_const ? "const " : "",
                     slot->is_volatile ? "volatile " : "", slot->name, slot->name);
    } else if (!slot->type && slot->probe) {
        print_text(printer, "(*(__typeof__(");
        print_node(printer, slot->probe);
        print_format(printer, ") *)ac__self->%s)", slot->name);
    } else {
        print_format(printer, "ac__self->%s", slot->name);
    }
}

static bool is_function_name(const struct acc *acc, uint32_t token)
{
    return token_is(acc, token, "__func__") || token_is(acc, token, "__FUNCTION__") ||
           token_is(acc, token, "__PRETTY_FUNCTION__");
}

static bool names_itself(const struct acc *acc, const struct node *body)
{
    for (uint32_t token = body->first; token <= body->last; token++)
        if (is_function_name(acc, token))
            return true;
    return false;
}

static bool print_name(struct printer *printer, struct node *node)
{
    const struct slot *slot = node->symbol && node->symbol->kind == SYMBOL_OBJECT && !node->symbol->is_file_scope
                                  ? slot_of(node->symbol) : NULL;
    if (printer->function && slot) {
        if (node->first)
            print_at(printer, node->first);
        print_variable(printer, slot);
    } else if (printer->function && !node->symbol && is_function_name(printer->acc, node->first)) {
        print_text(printer, "ac__function_name");
    } else if (node->symbol && node->symbol->kind == SYMBOL_FUNCTION && node->symbol->is_async &&
               strcmp(node->symbol->name, "main") == 0) {
        print_text(printer, "ac__user_main");
    } else if (node->is_generated) {
        print_text(printer, node->symbol->name);
    } else {
        return false;
    }
    return true;
}

static void print_temporary(struct printer *printer, const struct symbol *symbol)
{
    const struct slot *slot = slot_of(symbol);
    if (slot->type) {
        print_format(printer, slot->is_zero ? "%s = 0;" : "%s;", declare_as(printer->acc, slot->type, slot->name));
        return;
    }
    CHECK(slot->probe);
    print_text(printer, "__typeof__(");
    print_node(printer, slot->probe);
    print_format(printer, ") %s;", slot->name);
}

/* ---- awaits ------------------------------------------------------------------------------------------------------------ */

/* Closes `if (__builtin_expect(ac__status = ...`; the await goes on at the label. */
static void print_suspension(struct printer *printer, uint32_t number)
{
    print_format(printer, ", 0)) { ac__self->ac__base.state = %u; goto ac__slow; }\nac__L%u: ;", number, number);
}

static void print_target(struct printer *printer, const struct node *statement)
{
    if (statement->count < 2)
        return;
    bool copies = statement->type && statement->type->has_const_member;
    print_text(printer, copies ? "\n__builtin_memcpy((void *)&(" : "\n");
    print_node(printer, statement->child[1]);
    print_text(printer, copies ? "), &(" : "=");
}

static void print_target_end(struct printer *printer, const struct node *statement)
{
    if (statement->type && statement->type->has_const_member) {
        print_text(printer, "), sizeof(");
        print_node(printer, statement->child[1]);
        print_text(printer, "));");
    } else {
        print_text(printer, ";");
    }
}

static void print_call_arguments(struct printer *printer, const struct node *call)
{
    for (uint32_t i = 1; i < call->count; i++) {
        print_text(printer, ",");
        print_node(printer, call->child[i]);
    }
}

static void print_embedded_await(struct printer *printer, struct node *statement, const struct symbol *callee)
{
    struct node *call = node_strip(statement->child[0]);
    uint32_t number = statement->number;
    if (!callee->takes_registers) {
        print_format(printer, "ac__%s__set((void *)ac__self->ac__a%u", callee->name, number);
        print_call_arguments(printer, call);
        print_text(printer, ");\n");
    }
    print_format(printer, "if (__builtin_expect(ac__status = ac__%s__run((void *)ac__self->ac__a%u, ac__task, ",
                 callee->name, number);
    print_text(printer, callee->takes_registers ? "AC__ENTER" : "0");
    if (callee->takes_registers)
        print_call_arguments(printer, call);
    print_text(printer, ")");
    print_suspension(printer, number);
    print_target(printer, statement);
    if (statement->count > 1) {
        print_format(printer, "((struct ac__%s__frame *)(void *)ac__self->ac__a%u)->ac__result", callee->name, number);
        print_target_end(printer, statement);
    }
}

static bool contains_call(const struct node *node)
{
    if (node->is_unevaluated)
        return false;
    if (node->kind == NODE_CALL || node->kind == NODE_STATEMENT_EXPR || node->kind == NODE_GENERATED)
        return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && contains_call(node->child[i]))
            return true;
    return false;
}

/* The callee may take its frame from the bump stack if this call is the only one until the await: arguments that call
 * something are evaluated before. */
static void print_expected_call(struct printer *printer, struct node *call, const char *target)
{
    struct node *callee = call->child[0];
    bool simple = node_strip(callee)->kind == NODE_NAME;
    print_text(printer, "{");
    for (uint32_t i = 1; i < call->count; i++)
        if (contains_call(call->child[i])) {
            print_format(printer, "__extension__ __auto_type ac__argument%u = (", i);
            print_node(printer, call->child[i]);
            print_text(printer, ");");
        }
    if (!simple) {
        print_text(printer, "__extension__ __auto_type ac__callee = (");
        print_node(printer, callee);
        print_text(printer, ");");
    }
    print_text(printer, "ac__thread.expected = __extension__ (const void *)");
    if (simple)
        print_node(printer, callee);
    else
        print_text(printer, "ac__callee");
    print_format(printer, "; %s = __extension__ (struct ac__frame *)", target);
    if (simple)
        print_node(printer, callee);
    else
        print_text(printer, "ac__callee");
    for (uint32_t i = 1; i < call->count; i++) {
        print_text(printer, i == 1 ? "(" : ",");
        if (contains_call(call->child[i]))
            print_format(printer, "ac__argument%u", i);
        else
            print_node(printer, call->child[i]);
    }
    print_text(printer, call->count == 1 ? "(); }" : "); }");
}

/* T of the awaited operand. */
static void print_awaited_type(struct printer *printer, struct node *operand)
{
    print_text(printer, "__typeof__((");
    print_node(printer, operand);
    print_text(printer, ")(0))");
}

/* Any coroutine's frame as far as its result. */
static void print_result_view(struct printer *printer, const struct node *statement)
{
    print_text(printer, "((struct { struct ac__frame base;");
    if (statement->type && statement->type->declaration) {
        print_format(printer, "%s; }", declare_as(printer->acc, statement->type->declaration, "result"));
    } else {
        print_awaited_type(printer, statement->child[0]);
        print_text(printer, "result; }");
    }
}

/* The library's macros wrap the call in a cast to the coroutine's type and __extension__. */
static struct node *awaited_call(const struct acc *acc, struct node *operand)
{
    for (;;) {
        operand = node_strip(operand);
        if (operand->kind == NODE_CAST)
            operand = operand->child[1];
        else if (operand->kind == NODE_UNARY && token_is(acc, operand->op, "__extension__"))
            operand = operand->child[0];
        else
            return operand;
    }
}

static void print_coroutine_await(struct printer *printer, struct node *statement)
{
    struct node *operand = statement->child[0], *call = awaited_call(printer->acc, operand);
    if (call->kind == NODE_CALL && combinator_of(printer->acc, call) == COMBINATOR_NONE) {
        print_expected_call(printer, call, "ac__child");
    } else {
        print_text(printer, "ac__child = __extension__ (struct ac__frame *)(");
        print_node(printer, operand);
        print_text(printer, ");");
    }
    print_text(printer, "\nif (__builtin_expect(ac__status = ac__start(ac__child, ac__task)");
    print_suspension(printer, statement->number);
    print_target(printer, statement);
    if (statement->count > 1) {
        print_result_view(printer, statement);
        print_text(printer, " *)ac__child)->result");
        print_target_end(printer, statement);
    }
    print_text(printer, "\nac__release(ac__child, ac__task);");
}

static const char *join_kind(enum awaitable awaitable)
{
    return awaitable == AWAITABLE_TASK ? "AC__KIND_TASK"
           : awaitable == AWAITABLE_SCOPED ? "AC__KIND_SCOPED" : "AC__KIND_FUTURE";
}

static void print_join(struct printer *printer, struct node *statement, const struct site *site)
{
    uint32_t number = statement->number;
    print_format(printer, "ac__join_init(&ac__self->ac__a%u, __extension__ (void *)(", number);
    print_node(printer, statement->child[0]);
    print_format(printer, "), %s);", join_kind(site->awaitable));
    print_format(printer,
                 "\nif (__builtin_expect(ac__status = ac__join_resume(&ac__self->ac__a%u.base, ac__task)", number);
    print_suspension(printer, number);
    print_target(printer, statement);
    if (statement->count > 1) {
        print_text(printer, "*(const");
        print_awaited_type(printer, statement->child[0]);
        print_format(printer, "*)ac__join_value(&ac__self->ac__a%u)", number);
        print_target_end(printer, statement);
    }
    print_format(printer, "\nac__join_end(&ac__self->ac__a%u);", number);
}

/* ---- generators ------------------------------------------------------------------------------------------------------- */

static void print_generator_made(struct printer *printer, struct node *node)
{
    const char *name = slot_of(node->child[0]->symbol)->name;
    print_expected_call(printer, node->child[1], arena_format(printer->acc->arena, "ac__self->%s", name));
}

/* GENERATOR_NEXT, GENERATOR_CLOSE: like an await of a frame that stands somewhere else. */
static void print_generator_step(struct printer *printer, struct node *statement)
{
    struct arena *arena = printer->acc->arena;
    bool is_close = statement->kind == NODE_GENERATOR_CLOSE;
    const char *name = slot_of(statement->child[0]->symbol)->name;
    const struct symbol *callee = statement->symbol;
    const char *frame = arena_format(arena, callee ? "&ac__self->%s.ac__base" : "ac__self->%s", name);
    print_text(printer, "\nif (__builtin_expect(ac__status = ");
    if (callee && !is_close)
        print_format(printer, "ac__%s__run(&ac__self->%s, ac__task, ac__self->%s.ac__base.state)", callee->name, name, name);
    else
        print_format(printer, "%s(%s, ac__task)", is_close ? "ac__generator_close" : "ac__generator_next", frame);
    print_suspension(printer, statement->number);
}

/* The generator goes on behind all this. */
static void print_yield_point(struct printer *printer, struct node *node)
{
    print_format(printer, "ac__self->ac__base.state = %u; return AC__DONE;", node->number);
    print_format(printer, "\nac__L%u: ;", node->number + 1);
    if (printer->function->yields_in_undo)
        print_text(printer, "ac__self->ac__is_closing = 1;");
    print_node(printer, node->child[0]);
    print_format(printer, "\nac__L%u: ;", node->number);
}

/* For readers: the line that the state comes from. */
static void print_source_line(struct printer *printer, uint32_t token)
{
    const struct acc *acc = printer->acc;
    while (token > 1 && !acc->tokens[token].starts_line)
        token--;
    const char *line = acc->text + acc->tokens[token].offset;
    print_format(printer, "\n/* %u: %.*s */\n", acc->tokens[token].line, (int)strcspn(line, "\n*"), line);
}

static void print_await(struct printer *printer, struct node *statement)
{
    const struct site *site = &printer->function->sites[statement->number];
    if (printer->readable)
        print_source_line(printer, site->token);
    print_at(printer, statement->op ? statement->op : statement->first);
    if (statement->kind != NODE_AWAIT_STATEMENT)
        print_generator_step(printer, statement);
    else if (site->callee)
        print_embedded_await(printer, statement, site->callee);
    else if (site->awaitable == AWAITABLE_CORO)
        print_coroutine_await(printer, statement);
    else
        print_join(printer, statement, site);
}

/* ---- statements ------------------------------------------------------------------------------------------------------- */

static void print_block(struct printer *printer, struct node *node)
{
    if (node->is_generated)
        print_text(printer, "{");
    else
        print_tokens(printer, node->first, node->first);
    for (uint32_t i = 0; i < node->count; i++)
        print_node(printer, node->child[i]);
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
    case NODE_GENERATOR_MAKE: print_generator_made(printer, node); return true;
    case NODE_DECLARATION: print_single_declaration(printer, node); return true;
    case NODE_LABEL: print_format(printer, "\n%s: ;", node->symbol->name); return true;
    case NODE_BREAK: print_text(printer, "break;"); return true;
    default: BUG("generated node of kind %s", node_kind_name(node->kind));
    }
}

static void print_end(struct printer *printer, const struct function *function, const char *status)
{
    print_text(printer, "{");
    if (function->has_frame_vla)
        print_text(printer, function->is_generator ? "ac__stack_release(&ac__self->ac__store, 0);"
                                                   : "ac__stack_release(ac__task, ac__self->ac__mark);");
    if (function->is_generator)
        print_text(printer, "ac__self->ac__base.state = AC__ENDED;");
    print_format(printer, "return %s; }", status);
}

static void print_leave(struct printer *printer, const struct function *function)
{
    if (function->has_frame_vla || function->is_generator)
        print_end(printer, function, "AC__DONE");
    else
        print_text(printer, "return AC__DONE;");
}

/* GCC heeds a comment in front of a case; it stands in the text only where -C kept it. */
static bool falls_through(const struct acc *acc, uint32_t token)
{
    const struct token *before = &acc->tokens[token - 1];
    const char *at = acc->text + before->offset + before->length, *end = acc->text + acc->tokens[token].offset;
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
    if (falls_through(printer->acc, node->first))
        print_text(printer, "/* fall through */");
    print_plainly(printer, node);
    bool bare = !statement || (node->kind == NODE_CASE && !statement);
    if (bare)
        print_text(printer, ";");
}

/* A typedef of variably modified type: no jump may lead past it, so its sizes are in the frame and uses spell it out. */
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
    if (node->extra)
        print_text(printer, node->extra);
    else
        print_specifiers(printer, node->child[0], SPECIFIER_TYPE);
    struct node bare;
    if (node->count > 1) {
        bare = without_attributes(printer->acc, node->child[1]);
        print_declaration_of(printer, &none, &bare, node->text);
    } else if (node->text && !node->symbol) {
        print_text(printer, node->text);
    }
}

static void print_literal(struct printer *printer, struct node *node)
{
    const struct slot *slot = slot_of(node->symbol);
    const char *type = declare_as(printer->acc, slot->type, "");
    print_format(printer, "(*(%s)__builtin_memcpy(&ac__self->%s, &", declare_as(printer->acc, slot->type, "(*)"),
                 slot->name);
    print_format(printer, "(%s)", type);
    print_node(printer, node->child[1]);
    print_format(printer, ", sizeof ac__self->%s))", slot->name);
}

static bool print_in_function(struct printer *printer, struct node *node)
{
    switch (node->kind) {
    case NODE_BLOCK: print_block(printer, node); return true;
    case NODE_TEMPORARY: print_temporary(printer, node->symbol); return true;
    case NODE_STORAGE: print_storage(printer, slot_of(node->symbol)); return true;
    case NODE_SEQUENCE: print_list(printer, node, "", "", ""); return true;
    case NODE_AWAIT_STATEMENT:
    case NODE_GENERATOR_NEXT:
    case NODE_GENERATOR_CLOSE: print_await(printer, node); return true;
    case NODE_YIELD_POINT: print_yield_point(printer, node); return true;
    case NODE_START: print_start(printer, node); return true;
    case NODE_LEAVE: print_leave(printer, printer->function); return true;
    case NODE_LABEL:
    case NODE_CASE:
    case NODE_DEFAULT: print_labelled(printer, node); return true;
    case NODE_SPECIFIERS:
        if (!node->symbol || !slot_of(node->symbol))
            return false;
        print_specifiers(printer, node, ~0u);
        return true;
    case NODE_ARRAY:
        if (!node->extra)
            return false;
        print_text(printer, "[");
        print_variable(printer, slot_of(node->extra));
        print_text(printer, "]");
        return true;
    case NODE_COMPOUND_LITERAL:
        if (!node->symbol)
            return false;
        print_literal(printer, node);
        return true;
    default: return false;
    }
}

/* A coroutine that is not awaited at once: notes where it is made, for AC_DEBUG. */
static bool print_made(struct printer *printer, struct node *call)
{
    struct acc *acc = printer->acc;
    const struct type_info *type = call->type;
    const struct token *token = &acc->tokens[call->first];
    if (call->kind != NODE_CALL || !printer->function || !type || !type->declaration ||
        (type->awaitable != AWAITABLE_CORO && type->awaitable != AWAITABLE_GENERATOR))
        return false;
    print_format(printer, "(__extension__ (%s)ac__made((void *)(", declare_as(acc, type->declaration, ""));
    print_plainly(printer, call);
    print_text(printer, "), ");
    print_quoted(printer, arena_format(acc->arena, "%s:%u", acc->files[token->file].name, token->line));
    print_text(printer, "))");
    return true;
}

bool emit_special(struct printer *printer, struct node *node)
{
    if (node->kind == NODE_NAME)
        return print_name(printer, node);
    if (node->kind == NODE_ARRAY && node->is_unevaluated && !printer->function) {
        print_text(printer, "[1]");
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
    if (print_made(printer, node))
        return true;
    if (printer->function && node->is_generated && node->kind != NODE_BLOCK)
        return print_generated(printer, node);
    if (printer->function && print_in_function(printer, node))
        return true;
    return print_async_type(printer, node);
}

/* ---- the function ----------------------------------------------------------------------------------------------------- */

void print_quoted(struct printer *printer, const char *text)
{
    struct buffer quoted = {0};
    buffer_add_quoted(&quoted, text);
    print_text(printer, quoted.text);
    buffer_free(&quoted);
}

static void print_sites(struct printer *printer, const struct function *function)
{
    const struct acc *acc = printer->acc;
    print_format(printer, "static const struct ac__site ac__%s__sites[] = {", function->name);
    for (uint32_t i = 0; i < function->site_count; i++) {
        const struct token *token = &acc->tokens[function->sites[i].token];
        print_text(printer, "{");
        print_quoted(printer, acc->files[token->file].name);
        print_format(printer, ", %u, %d},", token->line, function->sites[i].is_yield);
    }
    print_text(printer, "};\n");
}

static void print_description(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    print_format(printer, "static int ac__%s__resume(struct ac__frame *ac__frame, struct ac__task *ac__task);\n", name);
    print_format(printer,
                 "static const struct ac__function ac__%s__function = { ac__%s__resume, \"%s\", ac__%s__sites, "
                 "sizeof(struct ac__%s__frame), __alignof__(struct ac__%s__frame), ",
                 name, name, name, name, name, name);
    if (function->returns_void)
        print_text(printer, "0, 0,");
    else
        print_format(printer,
                     "__builtin_offsetof(struct ac__%s__frame, ac__result), "
                     "sizeof(((struct ac__%s__frame *)0)->ac__result),", name, name);
    print_format(printer, "0, %d };\n", function->is_generator);
}

/* The parameters as they are declared; sizes of variably modified ones are left to the body. */
static void print_parameters(struct printer *printer, const struct function *function, const char *first)
{
    struct node *parameters = function->parameters;
    struct function *inside = printer->function;
    bool any = *first;
    printer->function = NULL;
    print_format(printer, "(%s", first);
    for (uint32_t i = 0; i < parameters->count; i++) {
        struct node *parameter = parameters->child[i];
        struct symbol *symbol = parameter->count > 1 && parameter->child[1] ? declared(parameter->child[1]) : NULL;
        if (!symbol && parameter->count < 2 && parameters->count == 1 &&
            token_is(printer->acc, parameter->first, "void") && parameter->first == parameter->last)
            break;
        if (any)
            print_text(printer, ",");
        any = true;
        if (symbol && slot_of(symbol)->is_variable)
            print_format(printer, "void *%s", symbol->name);
        else
            print_node(printer, parameter);
    }
    print_text(printer, any ? ")" : "void)");
    printer->function = inside;
}

static struct symbol *parameter_symbol(const struct function *function, uint32_t i)
{
    const struct node *parameter = function->parameters->child[i];
    return parameter->count > 1 && parameter->child[1] ? declared(parameter->child[1]) : NULL;
}

/* Puts the arguments into the frame. */
static void print_stores(struct printer *printer, const struct function *function)
{
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        const struct symbol *symbol = parameter_symbol(function, i);
        const struct slot *slot = slot_of(symbol);
        if (!symbol)
            continue;
        if (!slot->type || slot->is_aggregate)
            print_format(printer, "__builtin_memcpy(&ac__self->%s, &%s, sizeof %s);", slot->name, symbol->name,
                         symbol->name);
        else
            print_format(printer, "ac__self->%s = %s;", slot->name, symbol->name);
    }
}

/* For frames that start in state 0. */
static void print_set(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    print_format(printer, "static inline __attribute__((always_inline, unused)) void ac__%s__set", name);
    print_parameters(printer, function, arena_format(printer->acc->arena, "struct ac__%s__frame *ac__self", name));
    print_text(printer, "{ (void)ac__self;");
    print_stores(printer, function);
    print_text(printer, "}\n");
}

/* For an `async for` that embeds the frame. */
static void print_init(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    if (!function->is_generator)
        return;
    print_format(printer, "static inline __attribute__((always_inline, unused)) void ac__%s__init", name);
    print_parameters(printer, function, arena_format(printer->acc->arena, "struct ac__%s__frame *ac__self", name));
    print_format(printer, "{ ac__self->ac__base.function = &ac__%s__function; ac__self->ac__base.state = 0;"
                          " ac__self->ac__base.storage = AC__EMBEDDED;", name);
    print_stores(printer, function);
    print_text(printer, "}\n");
}

/* The function that users call: attributes and linkage as they wrote them. */
static void print_outer(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    struct function *inside = printer->function;
    printer->function = NULL;
    print_at(printer, function->definition->first);
    printer->more_storage = function->is_main ? "static" : "__attribute__((unused))"; /* it may only be embedded */
    print_declaration_of(printer, function->specifiers, function->declarator, function->is_main ? function->outer : NULL);
    printer->function = inside;
    print_format(printer, "{ struct ac__%s__frame *ac__self = (struct ac__%s__frame *)ac__frame_new(&ac__%s__function,"
                          " __extension__ (const void *)%s); if (ac__self) {",
                 name, name, name, function->outer);
    print_stores(printer, function);
    print_text(printer, "} return __extension__ (");
    print_made_type(printer, function->specifiers, function->declarator);
    print_text(printer, ")ac__self; }\n");
}

static uint32_t await_count(const struct function *function)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < function->site_count; i++)
        count += function->sites[i].is_await;
    return count;
}

/* Whether it awaits coroutines whose frames are not part of its own. */
static bool is_child(const struct site *site)
{
    return site->is_await && !site->callee && site->awaitable == AWAITABLE_CORO;
}

static uint32_t child_count(const struct function *function)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < function->site_count; i++)
        count += is_child(&function->sites[i]);
    return count;
}

/* Where the C arguments go when the body starts, and come from when they waited in the frame. */
static void print_entry(struct printer *printer, const struct function *function)
{
    for (uint32_t i = 0; i < function->parameters->count && function->symbol->takes_registers; i++) {
        const struct symbol *symbol = parameter_symbol(function, i);
        if (symbol && slot_of(symbol)->place != PLACE_LOCAL)
            print_format(printer, "\nif (ac__state == AC__ENTER) ac__self->%s = %s;", slot_of(symbol)->name,
                         symbol->name);
        else if (symbol)
            print_format(printer, "\nif (ac__state == 0) %s = ac__self->%s;", symbol->name, symbol->name);
    }
}

static void print_cases(struct printer *printer, const struct function *function, bool awaits)
{
    print_text(printer, "\nswitch (ac__state) {");
    for (uint32_t i = 1; i < function->site_count; i++)
        if (awaits ? function->sites[i].is_await : function->sites[i].is_yield || function->sites[i].is_close)
            print_format(printer, "case %u: goto ac__L%u;", i, i);
}

static void print_states(struct printer *printer, const struct function *function)
{
    bool awaits = await_count(function);
    print_entry(printer, function);
    if (!awaits && !function->is_generator)
        return;
    print_text(printer, function->symbol->takes_registers ? "\nif (ac__state - 1 < AC__ENTER - 1) {"
                                                          : "\nif (ac__state != 0) {");
    if (function->is_generator) {
        print_cases(printer, function, false);
        print_text(printer, awaits ? "}" : "default: __builtin_unreachable(); }");
    }
    if (child_count(function))
        print_text(printer, "ac__child = ac__task->innermost;");
    if (awaits) {
        print_text(printer, "\nac__status = ac__task->status; if (__builtin_expect(ac__status, 0)) goto ac__slow;");
        print_cases(printer, function, true);
        print_text(printer, "default: __builtin_unreachable(); }");
    }
    print_text(printer, "}");
}

/* The handler that most awaits have is the default. */
static const char *commonest_handler(const struct function *function)
{
    const char *commonest = NULL;
    uint32_t most = 0;
    for (uint32_t i = 1; i < function->site_count; i++) {
        uint32_t count = 0;
        for (uint32_t k = 1; k < function->site_count; k++)
            count += function->sites[k].is_await && function->sites[k].handler == function->sites[i].handler;
        if (function->sites[i].is_await && count > most) {
            commonest = function->sites[i].handler;
            most = count;
        }
    }
    return commonest;
}

static void print_releases(struct printer *printer, const struct function *function)
{
    bool any = false;
    for (uint32_t i = 1; i < function->site_count; i++) {
        const struct site *site = &function->sites[i];
        if (!is_child(site) && !site->held)
            continue;
        print_text(printer, any ? "" : "\nswitch (ac__self->ac__base.state) {");
        print_format(printer, "case %u: ac__frame_release_slowly(%s%s, ac__task); break;", i,
                     site->held ? "ac__self->" : "", site->held ? slot_of(site->held)->name : "ac__child");
        any = true;
    }
    print_text(printer, any ? "}" : "");
}

static void print_trace(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    const char *state = "ac__self->ac__base.state";
    if (child_count(function) == await_count(function)) {
        print_format(printer, "\nac__child_failed(ac__child, ac__task, &ac__%s__function, %s);", name, state);
        return;
    }
    print_releases(printer, function);
    print_format(printer, "\nac__trace(ac__task, &ac__%s__function, %s);", name, state);
}

/* What all awaits share: the way out and the way to the handlers. */
static void print_slow_path(struct printer *printer, const struct function *function)
{
    const char *commonest = commonest_handler(function);
    if (!commonest)
        return;
    print_format(printer, "\nac__slow: if (ac__status == AC__SUSPENDED) return ac__suspended(&ac__self->ac__base,"
                          " &ac__%s__function);", function->name);
    print_trace(printer, function);
    bool any = false;
    for (uint32_t i = 1; i < function->site_count; i++) {
        if (!function->sites[i].is_await || function->sites[i].handler == commonest)
            continue;
        print_text(printer, any ? "" : "\nswitch (ac__self->ac__base.state) {");
        print_format(printer, "case %u: goto %s;", i, function->sites[i].handler);
        any = true;
    }
    print_text(printer, any ? "}" : "");
    print_format(printer, "goto %s;", commonest);
}

/* Generated statements stand on the lines of the user's: how those are indented says nothing. */
static void print_pragma(struct printer *printer, const char *words)
{
    if (printer->readable)
        return;
    buffer_printf(&printer->out, "\n#pragma GCC diagnostic %s\n", words);
    printer->file = UINT16_MAX;
    printer->last_token = 0;
}

/* A parameter that stays outside the frame stands where the user wrote it, for the C compiler's warnings. */
static void print_run_head(struct printer *printer, const struct function *function)
{
    print_text(printer, "static");
    print_code_attributes(printer, function);
    print_format(printer, "int ac__%s__run(struct ac__%s__frame *const ac__self, struct ac__task *const ac__task,"
                          " unsigned ac__state", function->name, function->name);
    for (uint32_t i = 0; i < function->parameters->count && function->symbol->takes_registers; i++) {
        const struct symbol *symbol = parameter_symbol(function, i);
        if (!symbol)
            continue;
        print_text(printer, ",");
        if (slot_of(symbol)->place == PLACE_LOCAL) {
            print_at(printer, symbol->token);
            print_text(printer, declare_as(printer->acc, slot_of(symbol)->type, symbol->name));
        } else {
            print_text(printer, declare_as(printer->acc, slot_of(symbol)->type, symbol->name));
        }
    }
    print_text(printer, ")\n{");
}

static void print_resume(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    print_format(printer, "static int ac__%s__resume(struct ac__frame *ac__frame, struct ac__task *ac__task)\n{"
                          "return ac__%s__run((struct ac__%s__frame *)ac__frame, ac__task, ac__frame->state",
                 name, name, name);
    for (uint32_t i = 0; i < function->parameters->count && function->symbol->takes_registers; i++)
        print_text(printer, parameter_symbol(function, i) ? ", 0" : "");
    print_text(printer, "); }\n");
}

static void print_run(struct printer *printer, struct function *function)
{
    const char *name = function->name;
    print_pragma(printer, "push");
    print_pragma(printer, "ignored \"-Wmisleading-indentation\"");
    print_pragma(printer, "ignored \"-Wunused-local-typedefs\""); /* the frame's members are spelled without them */
    print_run_head(printer, function);
    if (names_itself(printer->acc, function->body))
        print_format(printer, "\nstatic const char ac__function_name[] = \"%s\";", name);
    print_text(printer, "(void)ac__self; (void)ac__task; (void)ac__state;");
    if (await_count(function))
        print_text(printer, "\nint ac__status;");
    if (child_count(function))
        print_text(printer, "\nstruct ac__frame *ac__child = 0;");
    print_states(printer, function);
    if (function->is_main)
        print_text(printer, "ac__self->ac__result = 0;");
    if (function->has_frame_vla)
        print_text(printer, function->is_generator ? "ac__self->ac__store = (struct ac__task){0};"
                                                   : "ac__self->ac__mark = ac__task->top;");
    if (function->yields_in_undo)
        print_text(printer, "ac__self->ac__is_closing = 0;");
    print_node(printer, function->body);
    print_text(printer, "\n");
    print_leave(printer, function);
    print_slow_path(printer, function);
    if (function->is_failing) {
        print_format(printer, "\n%s: __attribute__((unused));", function->failed_label);
        print_end(printer, function, "AC__FAILED");
    }
    print_text(printer, "\n}\n");
    print_pragma(printer, "pop");
}

static void print_c_main(struct printer *printer, const struct function *function)
{
    if (!function->is_main)
        return;
    print_text(printer, "int main");
    print_parameters(printer, function, "");
    print_format(printer, "{ return ac__main(__extension__ (struct ac__frame *)%s(", function->outer);
    const char *separator = "";
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        struct node *parameter = function->parameters->child[i];
        struct symbol *symbol = parameter->count > 1 && parameter->child[1] ? declared(parameter->child[1]) : NULL;
        if (symbol)
            print_format(printer, "%s%s", separator, symbol->name);
        separator = ", ";
    }
    print_text(printer, ")); }\n");
}

void emit_function(struct printer *printer, struct function *function)
{
    printer->function = function;
    print_at(printer, function->definition->first);
    if (defines_type(function->specifiers)) {
        print_specifiers(printer, function->specifiers, SPECIFIER_TYPE);
        print_text(printer, ";");
    }
    print_detached(printer);
    for (uint32_t i = 0; i < function->prelude_count; i++)
        print_text(printer, function->prelude[i]);
    frame_print(printer);
    print_sites(printer, function);
    print_description(printer, function);
    print_set(printer, function);
    print_init(printer, function);
    print_attached(printer);
    print_outer(printer, function);
    print_run(printer, function);
    print_detached(printer);
    print_resume(printer, function);
    print_c_main(printer, function);
    print_attached(printer);
    function->symbol->is_embeddable = true;
    printer->function = NULL;
}
