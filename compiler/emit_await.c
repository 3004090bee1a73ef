/* emit_await.c: prints awaits, and the steps of generators, in a lowered body.
 *
 * An await of an async function whose frame lies in this one is
 *
 *     if (__builtin_expect(ac__status = ac__g__run((struct ac__g__frame *)(void *)ac__self->ac__a1,
 *                                          ac__task, AC__ENTER, x), 0)) {
 *         ac__state = 1;
 *         ac__child = (struct ac__frame *)(void *)ac__self->ac__a1;
 *         goto ac__slow;
 *     }
 *     ac__L1:
 *     t = ((struct ac__g__frame *)(void *)ac__self->ac__a1)->ac__result;
 *
 * or, if it is no small one, ac__g__set(ac__self->ac__a1, x) in front and
 * ac__g__run(ac__self->ac__a1, ac__task); ac__slow is what all awaits of a function share
 * (emit_function.c). The callee of any other coroutine has a frame of its own, which comes back
 * in task->innermost: ac__child. A call announces itself in ac__thread.expected, so that the callee's frame may
 * come from the bump stack and it may begin at once (ac__go_on). Tasks and futures are awaited by an ac__join. ac_yield needs no
 * frame: ac__L1 stands behind `return ac__ac_yield__here(...)`.
 */
#include "emit.h"

#include <string.h>

/* ---- awaits ---------------------------------------------------------------------------------- */

/* The token behind the statement that an await is, and the ends of blocks. */
static uint32_t next_statement(const struct acc *acc, const struct node *await)
{
    uint32_t token = await->last + 1;
    while (token_is(acc, token, ";") || token_is(acc, token, "}"))
        token++;
    return token;
}

/* The await goes on here. What the user said of falling through to a case counts for a label in
 * front of it, too. */
static void print_resumption(struct printer *printer, const struct node *statement)
{
    bool falls_through = emit_falls_through(printer->acc, next_statement(printer->acc, statement));
    print_format(printer, "\n%sac__L%u: ;", falls_through ? "/* fall through */ " : "", statement->number);
}

/* Closes `if (__builtin_expect(ac__status = ...`. `child` is the frame that is awaited; null:
 * ac__child is. */
static void print_suspension(struct printer *printer, const struct node *statement, const char *child)
{
    print_format(printer, ", 0)) { ac__state = %u;", statement->number);
    if (child)
        print_format(printer, " ac__child = (struct ac__frame *)(void *)%s;", child);
    print_text(printer, " goto ac__slow; }");
    print_resumption(printer, statement);
}

/* The frame waits itself: there is no callee. */
static void print_wait_here(struct printer *printer, const struct node *statement, const struct symbol *callee)
{
    print_format(printer, "ac__self->ac__base.state = %u;"
                          " return ac__%s__here(&ac__self->ac__base, &ac__%s__function, ac__task);",
                 statement->number, callee->name, printer->function->name);
    print_resumption(printer, statement);
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

static void print_embedded_call(struct printer *printer, const struct node *statement,
                                const struct symbol *callee)
{
    struct node *call = node_strip(statement->child[0]);
    const char *name = callee->name, *condition = "if (__builtin_expect(ac__status = ac__";
    const char *frame = arena_format(printer->acc->arena, "(struct ac__%s__frame *)(void *)ac__self->ac__a%u", name,
                                     statement->number);
    if (callee->takes_registers) {
        print_format(printer, "%s%s__run(%s, ac__task, AC__ENTER", condition, name, frame);
        print_call_arguments(printer, call);
    } else {
        print_format(printer, "ac__%s__set(%s", name, frame);
        print_call_arguments(printer, call);
        print_format(printer, ");\n%s%s__run((struct ac__frame *)(void *)ac__self->ac__a%u, ac__task", condition, name,
                     statement->number);
    }
    print_text(printer, ")");
}

static void print_embedded_await(struct printer *printer, struct node *statement, const struct symbol *callee)
{
    struct arena *arena = printer->acc->arena;
    print_embedded_call(printer, statement, callee);
    print_suspension(printer, statement, arena_format(arena, "ac__self->ac__a%u", statement->number));
    print_target(printer, statement);
    if (statement->count > 1) {
        print_format(printer, "((struct ac__%s__frame *)(void *)ac__self->ac__a%u)->ac__result", callee->name,
                     statement->number);
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

/* The callee may take its frame from the bump stack if this call is the only one until the
 * await: arguments that call something are evaluated before. */
static void print_expected_call(struct printer *printer, struct node *call, const char *target)
{
    struct node *callee = call->child[0];
    const struct symbol *named = node_strip(callee)->kind == NODE_NAME ? node_strip(callee)->symbol : NULL;
    bool simple = named && named->kind == SYMBOL_FUNCTION;
    print_text(printer, "{");
    for (uint32_t i = 1; i < call->count; i++)
        if (contains_call(call->child[i])) {
            /* the comma: what hoisting leaves of an argument may be a bit-field, which has no
             * type of its own */
            print_format(printer, "__extension__ __auto_type ac__argument%u = ((void)0, ", i);
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
    print_format(printer, "; %s = __extension__ (struct ac__frame *)(void *)", target);
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

/* The result in the frame of any coroutine. */
static void print_result(struct printer *printer, const struct node *statement, const char *frame)
{
    const char *declaration = statement->type ? statement->type->declaration : NULL;
    if (declaration) {
        print_format(printer, "*(%s)ac__result_at(%s, __alignof__(%s))",
                     declare_as(printer->acc, declaration, "*"), frame,
                     declare_as(printer->acc, declaration, ""));
        return;
    }
    print_text(printer, "*(");
    print_awaited_type(printer, statement->child[0]);
    print_format(printer, "*)ac__result_at(%s, __alignof__(", frame);
    print_awaited_type(printer, statement->child[0]);
    print_text(printer, "))");
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
    const char *begin = "ac__start";
    if (call->kind == NODE_CALL && combinator_of(printer->acc, call) == COMBINATOR_NONE) {
        print_expected_call(printer, call, "ac__child");
        begin = "ac__go_on";
    } else {
        print_text(printer, "ac__child = __extension__ (struct ac__frame *)(void *)(");
        print_node(printer, operand);
        print_text(printer, ");");
    }
    print_format(printer, "\nif (__builtin_expect(ac__status = %s(ac__child, ac__task)", begin);
    print_suspension(printer, statement, NULL);
    print_target(printer, statement);
    if (statement->count > 1) {
        print_result(printer, statement, "ac__child");
        print_target_end(printer, statement);
    }
    print_text(printer, "\nac__release(ac__child, ac__task);");
}

static const char *join_kind(enum awaitable awaitable)
{
    return awaitable == AWAITABLE_TASK ? "AC__KIND_TASK"
           : awaitable == AWAITABLE_SCOPED ? "AC__KIND_SCOPED" : "AC__KIND_FUTURE";
}

static void print_join_value(struct printer *printer, struct node *statement, bool is_task)
{
    if (is_task) {
        const char *root = "ac__join_root(&ac__self->ac__a%u)";
        print_result(printer, statement, arena_format(printer->acc->arena, root, statement->number));
        return;
    }
    print_text(printer, "*(const");
    print_awaited_type(printer, statement->child[0]);
    print_format(printer, "*)ac__join_value(&ac__self->ac__a%u)", statement->number);
}

static void print_join(struct printer *printer, struct node *statement, const struct site *site)
{
    uint32_t number = statement->number;
    bool is_task = site->awaitable == AWAITABLE_TASK;
    print_format(printer, "if (__builtin_expect(ac__status = ac__join_start(&ac__self->ac__a%u, ac__task,"
                          " __extension__ (void *)(", number);
    print_node(printer, statement->child[0]);
    print_format(printer, "), %s)", join_kind(site->awaitable));
    print_suspension(printer, statement, arena_format(printer->acc->arena, "&ac__self->ac__a%u", number));
    print_target(printer, statement);
    if (statement->count > 1) {
        print_join_value(printer, statement, is_task);
        print_target_end(printer, statement);
    }
    print_format(printer, is_task ? "\nac__task_drop((struct ac__task *)ac__self->ac__a%u.target);"
                                  : "\nac__join_end(&ac__self->ac__a%u);", number);
}

/* ---- generators ------------------------------------------------------------------------------ */

void emit_generator_made(struct printer *printer, struct node *node)
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
    const char *frame = arena_format(arena, callee ? "(&ac__self->%s.ac__base)" : "ac__self->%s", name);
    print_text(printer, "\nif (__builtin_expect(ac__status = ");
    if (callee && !is_close)
        print_format(printer, "ac__%s__run(&ac__self->%s.ac__base, ac__task)", callee->name, name);
    else
        print_format(printer, "%s(%s, ac__task)",
                     is_close ? "ac__generator_close" : "ac__generator_next", frame);
    print_suspension(printer, statement, frame);
}

/* The generator goes on behind all this. */
void emit_yield_point(struct printer *printer, struct node *node)
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

void emit_await(struct printer *printer, struct node *statement)
{
    const struct site *site = &printer->function->sites[statement->number];
    if (printer->readable)
        print_source_line(printer, site->token);
    print_at(printer, statement->op ? statement->op : statement->first);
    if (statement->kind != NODE_AWAIT_STATEMENT)
        print_generator_step(printer, statement);
    else if (site->callee)
        print_embedded_await(printer, statement, site->callee);
    else if (site->frameless)
        print_wait_here(printer, statement, site->frameless);
    else if (site->awaitable == AWAITABLE_CORO)
        print_coroutine_await(printer, statement);
    else
        print_join(printer, statement, site);
}
