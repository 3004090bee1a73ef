/* combine.c: ac_gather, ac_settle, ac_race and ac_any, whose arguments `lvalue = coroutine` no C
 * function could take.
 *
 *     ac_gather(a = f(1), d = g(), h())
 * ->  ac__gather((const struct ac__child[]){
 *         {f(1), AC__KIND_CORO, sizeof(int), &(a), 0},
 *         {g(), AC__KIND_CORO, sizeof(int), &(d), ac__store_1},      d is a double: converted when it is there
 *         {h(), AC__KIND_CORO, 0, 0, 0} }, 3)
 *
 * The list is evaluated before anything starts, so the lvalues are located then.
 */
#include "lower.h"

#include <string.h>

static struct node *coroutine_of(struct node *argument)
{
    return argument->kind == NODE_ASSIGN ? argument->child[1] : argument;
}

static bool gives_nothing(const struct node *coroutine)
{
    return !coroutine->type || !coroutine->type->result || coroutine->type->result->class == TYPE_VOID;
}

/* The member that an argument's lvalue is, if it is a bit-field: it has no address of its own. */
static struct node *bit_field(const struct node *argument)
{
    struct node *lvalue = argument->kind == NODE_ASSIGN ? node_strip(argument->child[0]) : NULL;
    bool is_member = lvalue && lvalue->kind == NODE_MEMBER;
    return is_member && lvalue->type && lvalue->type->is_bit_field ? lvalue : NULL;
}

static bool converts(const struct node *argument)
{
    if (argument->kind != NODE_ASSIGN || gives_nothing(argument->child[1]))
        return false;
    const struct type_info *into = argument->child[0]->type, *from = argument->child[1]->type->result;
    const struct node *field = bit_field(argument);
    if (field) /* a local record's is taken care of by hoist.c */
        return field->child[0]->type && field->child[0]->type->declaration;
    return (into && into->declaration && from->declaration &&
            strcmp(into->declaration, from->declaration) != 0);
}

/* What `into` points to: the lvalue, or the record that has it as a bit-field. */
static const char *stored_place(struct acc *acc, const struct node *argument)
{
    const struct node *field = bit_field(argument);
    if (!field)
        return arena_format(acc->arena, "*(%s)into",
                            declare_as(acc, argument->child[0]->type->declaration, "*"));
    const struct type_info *object = field->child[0]->type;
    const char *pointer = token_is(acc, field->op, ".") ? declare_as(acc, object->declaration, "*")
                                                         : declare_as(acc, object->declaration, "");
    return arena_format(acc->arena, "((%s)into)->%s", pointer, token_text(acc, field->last));
}

static const char *store_function(struct acc *acc, struct node *argument)
{
    const char *from = declare_as(acc, argument->child[1]->type->result->declaration, "*");
    const char *name = arena_format(acc->arena, "ac__store_%u", ++acc->store_count);
    argument->store = name;
    const char *text = "static %s void %s(void *into, const void *value) { %s = *(%s)(void *)value; }\n";
    return arena_format(acc->arena, text, uncounted(acc), name, stored_place(acc, argument), from);
}

void combine_prepare(struct acc *acc, struct node *node, const char ***prelude, uint32_t *count)
{
    enum combinator combinator = combinator_of(acc, node);
    const char *text = combinator == COMBINATOR_THREAD ? thread_prepare(acc, node) : NULL;
    if (text)
        *ARENA_PUSH(acc->arena, *prelude, *count) = text;
    if (combinator != COMBINATOR_NONE && combinator != COMBINATOR_THREAD)
        for (uint32_t i = 1; i < node->count; i++)
            if (converts(node->child[i]))
                *ARENA_PUSH(acc->arena, *prelude, *count) = store_function(acc, node->child[i]);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            combine_prepare(acc, node->child[i], prelude, count);
}

static const char *kind_name(const struct node *coroutine)
{
    switch (coroutine->type ? coroutine->type->awaitable : AWAITABLE_CORO) {
    case AWAITABLE_TASK: return "AC__KIND_TASK";
    case AWAITABLE_FUTURE: return "AC__KIND_FUTURE";
    default: return "AC__KIND_CORO";
    }
}

/* T of a coroutine: by name where it has one, since the coroutine can be long and have such
 * types in it in turn. */
static void print_type_of_result(struct printer *printer, struct node *coroutine)
{
    const char *declaration = coroutine->type->result->declaration;
    if (declaration) {
        print_text(printer, declare_as(printer->acc, declaration, ""));
        return;
    }
    print_text(printer, "__typeof__((");
    print_node(printer, coroutine);
    print_text(printer, ")(0))");
}

static void print_child(struct printer *printer, struct node *argument)
{
    struct node *coroutine = coroutine_of(argument);
    print_text(printer, "{ __extension__ (void *)(");
    print_node(printer, coroutine);
    print_format(printer, "), %s,", kind_name(coroutine));
    if (gives_nothing(coroutine)) {
        print_text(printer, "0");
    } else {
        print_text(printer, "sizeof(");
        print_type_of_result(printer, coroutine);
        print_text(printer, ")");
    }
    if (argument->kind == NODE_ASSIGN) {
        struct node *field = bit_field(argument), *place = field ? field->child[0] : argument->child[0];
        bool is_pointer = field && !token_is(printer->acc, field->op, ".");
        print_text(printer, is_pointer ? ", (void *)(" : ", (void *)&(");
        print_node(printer, place);
        print_format(printer, "), %s }", argument->store ? argument->store : "0");
    } else {
        print_text(printer, ", 0, 0 }");
    }
}

static void print_children(struct printer *printer, struct node *call)
{
    print_text(printer, "(struct ac__child[]) {");
    for (uint32_t i = 1; i < call->count; i++) {
        if (i > 1)
            print_text(printer, ",");
        print_child(printer, call->child[i]);
    }
    print_text(printer, call->count > 1 ? "}" : "{ 0, 0, 0, 0, 0 } }");
}

/* ac_race, ac_any: a coroutine of the first one's result. */
static void print_first(struct printer *printer, struct node *call)
{
    struct node *first = coroutine_of(call->child[1]);
    const char *declaration = call->type ? call->type->declaration : NULL;
    print_text(printer, "__extension__ (");
    if (declaration) {
        print_text(printer, declare_as(printer->acc, declaration, ""));
    } else {
        print_text(printer, "__typeof__(");
        print_node(printer, call->child[1]);
        print_text(printer, ")");
    }
    print_text(printer, combinator_of(printer->acc, call) == COMBINATOR_RACE ? ")ac__race(" : ")ac__any(");
    print_children(printer, call);
    print_format(printer, ", %u, ", call->count - 1);
    if (gives_nothing(first)) {
        print_text(printer, "1)");
    } else {
        print_text(printer, "__alignof__(");
        print_type_of_result(printer, first);
        print_text(printer, "))");
    }
}

void print_combinator(struct printer *printer, struct node *call)
{
    switch (combinator_of(printer->acc, call)) {
    case COMBINATOR_GATHER:
        print_text(printer, "ac__gather(");
        print_children(printer, call);
        print_format(printer, ", %u)", call->count - 1);
        return;
    case COMBINATOR_SETTLE:
        print_text(printer, "ac__settle(");
        print_children(printer, call);
        print_text(printer, ")");
        return;
    case COMBINATOR_THREAD:
        print_thread_call(printer, call);
        return;
    default:
        print_first(printer, call);
    }
}
