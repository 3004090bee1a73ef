/* warn_seen.c: warnings that clang gives of the shadow, and that the C compiler cannot give of what
 * comes out: there a variable is a member of the frame, a function never ends without a value,
 * an await is no call.
 *
 * Which are on is known before the shadow is read, so clang is not asked for others. One about a
 * variable waits until it is known where that lives: of what stays outside the frame the C
 * compiler speaks itself. Of shadowing, of `else`, of typedefs and of VLAs, whose types it sees
 * wherever one is used, it is told not to (print_run).
 */
#include "check.h"

#include <string.h>

struct seen {
    enum message message;
    uint32_t token;
    const char *text;
    const struct symbol *variable;
};

/* The await in whose call's arguments a token stands, if the function is defined in this file:
 * such a call vanishes. */
static bool is_argument_of_await(const struct node *node, uint32_t token)
{
    if (token < node->first || token > node->last)
        return false;
    const struct node *call = node->kind == NODE_AWAIT ? node_strip(node->child[0]) : NULL;
    const struct node *callee = call ? called_name(call) : NULL;
    for (uint32_t i = 1; callee && callee->symbol && callee->symbol->definition && i < call->count; i++)
        if (call->child[i]->first == token)
            return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && is_argument_of_await(node->child[i], token))
            return true;
    return false;
}

/* The tree's innermost node of one of the kinds that a token stands in, or null. */
static const struct node *around(const struct node *node, uint32_t token, const enum node_kind *kinds,
                                 uint32_t count)
{
    const struct node *inner = NULL;
    if (token < node->first || token > node->last)
        return NULL;
    for (uint32_t i = 0; i < node->count && !inner; i++)
        inner = node->child[i] ? around(node->child[i], token, kinds, count) : NULL;
    for (uint32_t i = 0; i < count && !inner; i++)
        inner = node->kind == kinds[i] ? node : NULL;
    return inner;
}
#define AROUND(node, token, ...) \
    around(node, token, (const enum node_kind[]){__VA_ARGS__}, \
           sizeof(const enum node_kind[]){__VA_ARGS__} / sizeof(enum node_kind))

/* What runs there may run after more, or less, than the shadow shows. */
static bool is_undoing(const struct node *body, uint32_t token)
{
    return AROUND(body, token, NODE_CATCH, NODE_FINALLY, NODE_DEFER);
}

/* In the shadow a call on a thread has a type but does nothing: what it fills in seems not to be set. */
static bool is_given_to_thread(const struct acc *acc, const struct node *node, const struct symbol *symbol)
{
    if (node->kind == NODE_CALL && combinator_of(acc, node) == COMBINATOR_THREAD)
        return mentions(node, symbol);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && is_given_to_thread(acc, node->child[i], symbol))
            return true;
    return false;
}

static bool is_of_awaiting_statement(const struct node *body, uint32_t token)
{
    const struct node *statement = AROUND(body, token, NODE_EXPRESSION_STATEMENT);
    struct node *value = statement ? node_strip(statement->child[0]) : NULL;
    bool is_operation = value && (value->kind == NODE_BINARY || value->kind == NODE_UNARY ||
                                  value->kind == NODE_MEMBER || value->kind == NODE_INDEX);
    return is_operation && node_find(value, NODE_AWAIT);
}

/* What it yields is a return in the shadow. */
static bool is_generator(const struct node *definition)
{
    return definition->child[0]->op;
}

/* Falling off its end is no mistake. */
static bool may_end(const struct acc *acc, const struct node *definition)
{
    return is_generator(definition) || token_is(acc, declared(definition->child[1])->token, "main");
}

static void keep(struct acc *acc, enum message message, uint32_t token, uint32_t use, const char *text,
                 const struct node *body)
{
    const struct node *name = AROUND(body, use, NODE_NAME);
    if (name && name->symbol && !is_undoing(body, use) && !is_given_to_thread(acc, body, name->symbol))
        *ARENA_PUSH(acc->arena, acc->seen, acc->seen_count) =
            (struct seen){message, token, text, name->symbol};
}

/* What clang calls the warning, and what a compiled program says of it. */
static const struct {
    const char *option;
    enum message message;
    bool is_asked_for; /* else clang gives it in any case, or is asked in any case (meaning.c) */
} warnings[] = {
    {"-Wdeprecated-declarations", MESSAGE_DEPRECATED, false},
    {"-Wdeclaration-after-statement", MESSAGE_LATE_DECLARATION, false},
    {"-Wnonnull", MESSAGE_NULL_ARGUMENT, false},
    {"-Wreturn-type", MESSAGE_RETURN_TYPE, true},
    {"-Wreturn-stack-address", MESSAGE_RETURN_LOCAL, true},
    {"-Wsizeof-array-argument", MESSAGE_SIZEOF_PARAMETER, true},
    {"-Wshadow", MESSAGE_SHADOW, true},
    {"-Wuninitialized", MESSAGE_UNINITIALIZED, true},
    {"-Wsometimes-uninitialized", MESSAGE_MAYBE_UNINITIALIZED, true},
    {"-Wunused-local-typedef", MESSAGE_UNUSED_TYPEDEF, true},
    {"-Wunused-value", MESSAGE_UNUSED_VALUE, true},
    {"-Wdangling-else", MESSAGE_DANGLING_ELSE, true},
    {"-Wvla", MESSAGE_VARIABLE_LENGTH, true},
};
enum { WARNING_COUNT = sizeof warnings / sizeof *warnings };

const char *warning_option(const struct acc *acc, uint32_t *index)
{
    while (*index < WARNING_COUNT && !warnings[*index].is_asked_for)
        ++*index;
    if (*index == WARNING_COUNT)
        return NULL;
    uint32_t i = (*index)++;
    const char *prefix = is_warning_on(acc, warnings[i].message) ? "-W" : "-Wno-";
    return arena_format(acc->arena, "%s%s", prefix, warnings[i].option + strlen("-W"));
}

/* Keeps or reports a warning that clang gave of an async function; `use` is where the variable it is about is
 * used. */
static void take(struct acc *acc, const struct node *definition, enum message message, uint32_t token,
                 uint32_t use, const char *text)
{
    const struct node *body = definition->child[definition->count - 1];
    bool is_in_body = token >= body->first && token <= body->last;
    switch (message) {
    case MESSAGE_UNINITIALIZED:
    case MESSAGE_MAYBE_UNINITIALIZED:
        keep(acc, message, token, use, text, body);
        return;
    case MESSAGE_SHADOW: break; /* parameters, too */
    case MESSAGE_RETURN_TYPE: is_in_body &= !may_end(acc, definition); break;
    case MESSAGE_RETURN_LOCAL: is_in_body &= !is_generator(definition); break;
    case MESSAGE_UNUSED_VALUE: is_in_body &= is_of_awaiting_statement(body, token); break;
    case MESSAGE_LATE_DECLARATION: /* not of what a catch names */
        is_in_body &= AROUND(body, token, NODE_DECLARATION) != NULL;
        break;
    case MESSAGE_NULL_ARGUMENT: is_in_body &= is_argument_of_await(body, token); break;
    default: break;
    }
    if (is_in_body || message == MESSAGE_SHADOW)
        report(acc, message, token, text);
}

void report_seen_by_clang(struct acc *acc, const char *option, uint32_t token, uint32_t use, const char *text)
{
    uint32_t index = 0;
    while (index < WARNING_COUNT && strcmp(warnings[index].option, option) != 0)
        index++;
    for (uint32_t i = 0; index < WARNING_COUNT && i < acc->item_count; i++) {
        const struct node *item = acc->items[i];
        if (is_async_definition(item) && token >= item->first && token <= item->last)
            take(acc, item, warnings[index].message, token, use, text);
    }
}

void report_seen_of_frames(struct acc *acc)
{
    for (uint32_t i = 0; i < acc->seen_count; i++) {
        const struct seen *seen = &acc->seen[i];
        const struct slot *slot = seen->variable->kind == SYMBOL_OBJECT ? slot_of(seen->variable) : NULL;
        if (slot && slot->place != PLACE_LOCAL)
            report(acc, seen->message, seen->token, seen->text);
    }
}
