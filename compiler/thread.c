/* thread.c: ac_thread(fn(args)), a call of a plain C function on a worker thread.
 *
 *     ac_thread(fn(a, 0, s))
 * ->  struct ac__call_1 { int ac__0; char *ac__2; };                         at file scope: what is evaluated here
 *     typedef __typeof__(fn(((struct ac__call_1 *)0)->ac__0, 0, ...)) ac__result_1;
 *     static void ac__run_1(void *, void *) { ... }                          the call, over there
 *
 *     (ac_coro(ac__result_1))ac__thread_call(ac__run_1, &(struct ac__call_1){ .ac__0 = a, .ac__2 = s }, ...)
 *
 * The function is called by its name where that can be seen at file scope; else the pointer to
 * it goes along. Arguments go along as they are, and the call over there converts them as it
 * would here; but constants are written there, since a variable that is 0 is no null pointer.
 * Calls with the same text share all three.
 */
#include "lower.h"

#include <string.h>

struct node *thread_call_of(struct acc *acc, struct node *operand)
{
    while (operand->kind != NODE_CALL) {
        bool is_extension = operand->kind == NODE_UNARY && token_is(acc, operand->op, "__extension__");
        if (operand->kind != NODE_PAREN && operand->kind != NODE_CAST && !is_extension)
            return NULL;
        operand = operand->child[operand->count - 1];
    }
    return operand;
}

static bool is_called_by_name(const struct node *callee)
{
    return callee->kind == NODE_NAME && (!callee->symbol || callee->symbol->is_file_scope) &&
           (!callee->type || callee->type->class == TYPE_FUNCTION || callee->type->class == TYPE_UNKNOWN);
}

/* Whether the call's part i (0: the callee) is evaluated here and goes along. */
static bool goes_along(const struct node *call, uint32_t i)
{
    const struct node *part = node_strip(call->child[i]);
    return i == 0 ? !is_called_by_name(part) : part->kind != NODE_CONSTANT;
}

static bool has_parts(const struct node *call)
{
    for (uint32_t i = 0; i < call->count; i++)
        if (goes_along(call, i))
            return true;
    return false;
}

/* Text that declares a member for the value of a part of the call, `@` for the name; null: its
 * type cannot be named at file scope. A pointer to what only the function knows goes along as
 * any_pointer, which add_call casts, an enumeration as an integer. */
static const char any_pointer[] = "const volatile void *@";

static const char *member_type(const struct node *part)
{
    const struct type_info *type = value_type(part);
    if (!type)
        return NULL;
    if (type->declaration && !type->is_variable)
        return type->declaration;
    if (type->class != TYPE_SCALAR && !type->is_variable)
        return NULL;
    return !type->is_integer ? any_pointer : type->size > 4 ? "long @" : "int @";
}

struct node *thread_unnamed(struct node *call)
{
    for (uint32_t i = 0; i < call->count; i++) {
        const struct node *part = node_strip(call->child[i]);
        const struct type_info *type = part->type;
        bool is_known = type && type->class != TYPE_UNKNOWN;
        bool is_pointer_needed = i == 0 && is_known && (!type->decayed || !type->decayed->declaration);
        if (is_known && goes_along(call, i) && (!member_type(part) || is_pointer_needed))
            return call->child[i];
    }
    return NULL;
}

/* ---- what stands at file scope --------------------------------------------------------------- */

struct text {
    struct acc *acc;
    struct buffer out;
    uint32_t number;
};

static void add_tokens(struct text *text, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++) {
        const struct token *token = &text->acc->tokens[i];
        buffer_puts(&text->out, token->name ? token->name : token_text(text->acc, i));
    }
}

static void add_members(struct text *text, const struct node *call)
{
    buffer_printf(&text->out, "struct ac__call_%u {", text->number);
    for (uint32_t i = 0; i < call->count; i++) {
        if (!goes_along(call, i))
            continue;
        const char *name = arena_format(text->acc->arena, "ac__%u", i);
        const char *type = member_type(node_strip(call->child[i]));
        buffer_printf(&text->out, " %s;", declare_as(text->acc, type ? type : any_pointer, name));
    }
    buffer_puts(&text->out, " };\n");
}

/* The call as it is made over there; `base` leads to what went along. */
static void add_call(struct text *text, const struct node *call, const char *base)
{
    for (uint32_t i = 0; i < call->count; i++) {
        const struct node *part = node_strip(call->child[i]);
        if (i > 1)
            buffer_puts(&text->out, ", ");
        const char *type = member_type(part);
        if (goes_along(call, i))
            buffer_printf(&text->out, "%s((struct ac__call_%u *)%s)->ac__%u",
                          !type || type == any_pointer ? "(void *)" : "", text->number, base, i);
        else
            add_tokens(text, part->first, part->last);
        if (i == 0)
            buffer_puts(&text->out, "(");
    }
    buffer_puts(&text->out, ")");
}

/* The operand: the call, and the casts around it. */
static void add_operand(struct text *text, const struct node *operand, const char *base)
{
    if (operand->kind == NODE_CALL) {
        add_call(text, operand, base);
        return;
    }
    bool is_cast = operand->kind == NODE_CAST && operand->type && operand->type->declaration;
    if (is_cast)
        buffer_printf(&text->out, "(%s)", declare_as(text->acc, operand->type->declaration, ""));
    buffer_puts(&text->out, "(");
    add_operand(text, operand->child[operand->count - 1], base);
    buffer_puts(&text->out, ")");
}

static const char *file_scope_text(struct acc *acc, const struct node *operand, const struct node *call,
                                   uint32_t number)
{
    struct text text = {.acc = acc, .number = number};
    if (has_parts(call))
        add_members(&text, call);
    buffer_puts(&text.out, "__extension__ typedef __typeof__(");
    add_operand(&text, operand, "0");
    buffer_printf(&text.out, ") ac__result_%u;\n", number);
    buffer_printf(&text.out, "static %s void ac__run_%u(void *ac__arguments, void *ac__result) {\n", uncounted(acc),
                  number);
    if (!is_void(operand))
        buffer_printf(&text.out, "ac__result_%u ac__value =", number);
    buffer_puts(&text.out, "__extension__ ");
    add_operand(&text, operand, "ac__arguments");
    buffer_puts(&text.out, ";\n(void)ac__arguments;\n");
    if (is_void(operand))
        buffer_puts(&text.out, "(void)ac__result;\n}\n");
    else
        buffer_puts(&text.out, "__builtin_memcpy(ac__result, &ac__value, sizeof ac__value);\n}\n");
    const char *copy = arena_copy(acc->arena, text.out.text, text.out.length);
    buffer_free(&text.out);
    return copy;
}

const char *thread_prepare(struct acc *acc, struct node *node)
{
    struct node *operand = node->child[1], *call = thread_call_of(acc, operand);
    const char *key = file_scope_text(acc, operand, call, 0);
    uint32_t number = 0;
    while (number < acc->thread_call_count && strcmp(acc->thread_calls[number], key) != 0)
        number++;
    call->number = number + 1;
    if (number < acc->thread_call_count)
        return NULL;
    *ARENA_PUSH(acc->arena, acc->thread_calls, acc->thread_call_count) = key;
    return file_scope_text(acc, operand, call, call->number);
}

/* ---- what stands in its place ---------------------------------------------------------------- */

static void print_arguments(struct printer *printer, const struct node *call)
{
    bool is_first = true;
    if (!has_parts(call)) {
        print_text(printer, "0, 0, 1,");
        return;
    }
    print_format(printer, "&(struct ac__call_%u) {", call->number);
    for (uint32_t i = 0; i < call->count; i++) {
        if (!goes_along(call, i))
            continue;
        print_format(printer, is_first ? ".ac__%u = (" : ", .ac__%u = (", i);
        print_node(printer, call->child[i]);
        print_text(printer, ")");
        is_first = false;
    }
    print_format(printer, "}, sizeof(struct ac__call_%u),", call->number);
    print_format(printer, "__alignof__(struct ac__call_%u),", call->number);
}

void print_thread_call(struct printer *printer, struct node *node)
{
    const struct node *operand = node->child[1], *call = thread_call_of(printer->acc, node->child[1]);
    uint32_t number = call->number;
    print_format(printer, "__extension__ (__typeof__(ac__result_%u (*)(struct ac__coro *)))ac__thread_call(ac__run_%u,",
                 number, number);
    print_arguments(printer, call);
    if (is_void(operand))
        print_text(printer, "0, 1)");
    else
        print_format(printer, "sizeof(ac__result_%u), __alignof__(ac__result_%u))", number, number);
}
