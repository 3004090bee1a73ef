/* check_types.c: refuses what only types show: dropped coroutines, awaits and throws of the
 * wrong things, `async with` on what has no protocol, scoped children of the wrong type.
 *
 * Runs after meaning, also on programs in which that found mistakes; changes nothing. A
 * coroutine is dropped where an expression makes one and nothing takes it: as a statement, also
 * behind a cast to void, on the left of a comma, in an arm of ?:, as a condition, in a
 * comparison, and where it is converted to bool.
 */
#include "check.h"
#include "origin.h"

#include <string.h>

static void check_node(struct acc *acc, struct node *node);

/* ---- dropped handles ------------------------------------------------------------------------- */

/* A function that programs call by a macro of the library, such as ac_queue_put. */
static bool is_internal(const char *function)
{
    return strncmp(function, "ac__", 4) == 0;
}

/* What to call a coroutine: the function's name, or the macro's that it came out of. */
static const char *coroutine_name(struct acc *acc, struct node *node, uint32_t *token)
{
    const char *macro = origin_of(acc, node->first).macro;
    *token = node->first;
    if (node->kind == NODE_CALL) {
        struct node *callee = node_strip(node->child[0]);
        if (callee->kind == NODE_NAME || callee->kind == NODE_MEMBER) {
            const char *name = token_text(acc, callee->last);
            *token = callee->first;
            return macro && is_internal(name) ? macro : name;
        }
    }
    return macro ? macro : arena_copy(acc->arena, acc->text + acc->tokens[node->first].offset,
                                      acc->tokens[node->last].offset + acc->tokens[node->last].length -
                                          acc->tokens[node->first].offset);
}

static bool is_known(const struct node *node)
{
    return node->type && node->type->class != TYPE_UNKNOWN;
}

static bool is_handle(const struct node *node)
{
    return is_known(node) && node->type->awaitable != AWAITABLE_NOT;
}

static bool is_awaitable(const struct node *node)
{
    return is_handle(node) && node->type->awaitable != AWAITABLE_GENERATOR;
}

/* Whether `await` of that is an error by itself; of race and any the first argument says what they give. */
static bool is_refused(const struct acc *acc, const struct node *operand)
{
    enum combinator combinator = combinator_of(acc, operand);
    if (combinator == COMBINATOR_RACE || combinator == COMBINATOR_ANY)
        return operand->count < 2 || !is_awaitable(operand->child[1]);
    return combinator == COMBINATOR_THREAD || !is_awaitable(operand);
}

/* Whether the handle that is the expression's value is made by it, rather than just named. */
static bool makes_handle(const struct acc *acc, const struct node *node)
{
    if (node->kind == NODE_CAST)
        return makes_handle(acc, node_strip(node->child[1]));
    if (node->kind == NODE_UNARY) /* __extension__ */
        return makes_handle(acc, node_strip(node->child[0]));
    if (node->kind == NODE_AWAIT && is_refused(acc, node_strip(node->child[0])))
        return false;
    return node->kind == NODE_CALL || node->kind == NODE_AWAIT || node->kind == NODE_STATEMENT_EXPR;
}

static void report_dropped(struct acc *acc, struct node *node, bool is_voided)
{
    enum awaitable awaitable = node->type ? node->type->awaitable : AWAITABLE_NOT;
    uint32_t token;
    if (awaitable == AWAITABLE_NOT || !makes_handle(acc, node))
        return;
    const char *name = coroutine_name(acc, node, &token);
    if (awaitable == AWAITABLE_CORO)
        report(acc, MESSAGE_NEVER_AWAITED, token, name);
    else if (awaitable == AWAITABLE_GENERATOR)
        report(acc, MESSAGE_NEVER_ITERATED, token, name);
    else if (awaitable == AWAITABLE_TASK && !is_voided && error_count(acc) == 0)
        report(acc, MESSAGE_UNAWAITED_TASK, token);
}

static void drop(struct acc *acc, struct node *node, bool is_voided);

static struct node *alternative(const struct node *node, uint32_t i)
{
    struct node *child = node->child[i];
    return node_strip(child->kind == NODE_GENERIC_ASSOC ? child->child[1] : child);
}

/* One of several expressions becomes the value, and nobody uses it. That loses a handle if each of them makes
 * one. */
static void drop_chosen(struct acc *acc, struct node *node, bool is_voided)
{
    bool is_lost = is_handle(node);
    for (uint32_t i = 1; i < node->count; i++) {
        struct node *value = alternative(node, i);
        is_lost &= !is_known(value) || value->type->awaitable == AWAITABLE_NOT || makes_handle(acc, value);
    }
    for (uint32_t i = 1; i < node->count && is_lost; i++)
        drop(acc, alternative(node, i), is_voided);
}

/* `*f()` is what `f()` is: a function. */
static struct node *without_indirection(const struct acc *acc, struct node *node)
{
    struct node *inner = node = node_strip(node);
    while (inner->kind == NODE_UNARY && token_is(acc, inner->op, "*"))
        inner = node_strip(inner->child[0]);
    return is_handle(inner) ? inner : node;
}

/* The value of `node` is not used. */
static void drop(struct acc *acc, struct node *node, bool is_voided)
{
    node = without_indirection(acc, node);
    switch (node->kind) {
    case NODE_COMMA:
        drop(acc, node->child[1], is_voided);
        break;
    case NODE_CONDITIONAL:
        if (node->child[1])
            drop(acc, node->child[1], is_voided);
        drop(acc, node->child[2], is_voided);
        break;
    case NODE_GENERIC: drop_chosen(acc, node, is_voided); break;
    case NODE_BUILTIN:
        if (token_is(acc, node->op, "__builtin_choose_expr"))
            drop_chosen(acc, node, is_voided);
        break;
    case NODE_CAST:
        if (node->type && node->type->class == TYPE_VOID)
            drop(acc, node->child[1], true);
        else
            report_dropped(acc, node, is_voided);
        break;
    case NODE_STATEMENT_EXPR: {
        struct node *block = node->child[0], *last = block->count ? block->child[block->count - 1] : NULL;
        if (last && last->kind == NODE_EXPRESSION_STATEMENT)
            drop(acc, last->child[0], is_voided);
        break;
    }
    default: report_dropped(acc, node, is_voided);
    }
}

/* A condition: a handle that was just made and is only compared with null is lost as well. */
static void drop_condition(struct acc *acc, struct node *node)
{
    node = without_indirection(acc, node);
    if (node->kind == NODE_CALL)
        report_dropped(acc, node, true);
}

/* The last statement of a statement expression is its value: whoever has the expression drops or uses it. */
static void check_statement_expression(struct acc *acc, struct node *node)
{
    struct node *block = node->child[0];
    if (node->has_dialect && node->type && node->type->decayed->is_variable)
        report(acc, MESSAGE_VARIABLE_VALUE, node->first, node->type->decayed->spelling);
    for (uint32_t i = 0; i < block->count; i++) {
        struct node *item = block->child[i];
        if (i + 1 == block->count && item->kind == NODE_EXPRESSION_STATEMENT)
            check_node(acc, item->child[0]);
        else
            check_node(acc, item);
    }
}

static bool is_comparison(const struct acc *acc, uint32_t token)
{
    static const char *const operators[] = {"==", "!=", "<", ">", "<=", ">="};
    for (size_t i = 0; token && i < sizeof operators / sizeof *operators; i++)
        if (token_is(acc, token, operators[i]))
            return true;
    return false;
}

static void check_unused(struct acc *acc, struct node *node)
{
    switch (node->kind) {
    case NODE_EXPRESSION_STATEMENT:
    case NODE_COMMA:
        drop(acc, node->child[0], false);
        break;
    case NODE_FOR:
        if (node->child[0] && is_expression(node->child[0]))
            drop(acc, node->child[0], false);
        if (node->child[1])
            drop_condition(acc, node->child[1]);
        if (node->child[2])
            drop(acc, node->child[2], false);
        break;
    case NODE_DO: drop_condition(acc, node->child[1]); break;
    case NODE_BINARY:
    case NODE_LOGICAL:
        drop_condition(acc, node->child[0]);
        drop_condition(acc, node->child[1]);
        break;
    default: drop_condition(acc, node->child[0]); /* if, while, !, ?: */
    }
}

/* ---- operands -------------------------------------------------------------------------------- */

static void check_await(struct acc *acc, struct node *node)
{
    const struct node *operand = node->child[0];
    if (is_known(operand) && !is_awaitable(operand) &&
        combinator_of(acc, node_strip(node->child[0])) == COMBINATOR_NONE)
        report(acc, MESSAGE_NOT_AWAITABLE, node->first, operand->type->spelling);
}

static bool is_thread_call(const struct acc *acc, struct node *node)
{
    return combinator_of(acc, node_strip(node)) == COMBINATOR_THREAD;
}

static void check_thread(struct acc *acc, struct node *node)
{
    struct node *call = node->count > 1 ? thread_call_of(acc, node->child[1]) : NULL;
    if (!call) /* in a function that is refused */
        return;
    struct node *unnamed = thread_unnamed(call);
    enum awaitable awaitable = call->type ? call->type->awaitable : AWAITABLE_NOT;
    if (awaitable == AWAITABLE_CORO || awaitable == AWAITABLE_GENERATOR)
        report(acc, MESSAGE_THREAD_COROUTINE, call->first, call->type->spelling);
    else if (unnamed)
        report(acc, MESSAGE_THREAD_TYPE, unnamed->first, unnamed->type->spelling);
}

static void check_throw(struct acc *acc, struct node *node)
{
    const struct node *operand = node->count ? node->child[0] : NULL;
    if (operand && is_known(operand) && !operand->type->is_integer && !operand->type->is_error_pointer)
        report(acc, MESSAGE_THROW_OPERAND, operand->first, operand->type->spelling);
}

static void check_codes(struct acc *acc, struct node *node)
{
    for (uint32_t i = 0; i + 1 < node->count; i++) {
        const struct node *code = node->child[i], *inner = node_strip(node->child[i]);
        if (is_known(code) && !code->type->is_integer)
            report(acc, MESSAGE_CATCH_CODE, code->first, code->type->spelling);
        else if (inner->kind == NODE_LOGICAL)
            report(acc, MESSAGE_CATCH_TRUTH, inner->op, token_text(acc, inner->op));
    }
}

/* ---- scoped children ------------------------------------------------------------------------- */

static bool is_pointer(const struct type_info *type)
{
    return type->class == TYPE_SCALAR && strchr(type->spelling, '*');
}

/* Whether a value of type `from` is one of type `to` as it stands: nobody converts what a coroutine
 * leaves. */
static bool is_same_value(const struct type_info *to, const struct type_info *from)
{
    if (to->class == TYPE_VOID || to->class == TYPE_UNKNOWN || from->class == TYPE_UNKNOWN)
        return true;
    if (to->declaration && from->declaration && strcmp(to->declaration, from->declaration) == 0)
        return true;
    if (to->class != TYPE_SCALAR || from->class != TYPE_SCALAR)
        return to->class == from->class; /* clang has compared them */
    return to->size == from->size && ((to->is_integer && from->is_integer && !strstr(to->spelling, "ool")) ||
                                      (is_pointer(to) && is_pointer(from)));
}

static void check_children(struct acc *acc, struct node *declaration)
{
    for (uint32_t i = 1; i < declaration->count && declares_children(declaration); i++) {
        const struct node *item = declaration->child[i], *value = item->count > 1 ? item->child[1] : NULL;
        const struct symbol *child = declared(item->child[0]);
        const struct type_info *to = child ? child->declarator->type : NULL,
                               *from = value ? value->type : NULL;
        if (!value || !is_known(value) || !to || !to->result)
            continue;
        if (from->awaitable != AWAITABLE_CORO)
            report(acc, MESSAGE_CHILD_OPERAND, value->first, child->name, from->spelling);
        else if (!is_same_value(to->result, from->result))
            report(acc, MESSAGE_CHILD_TYPE, value->first, child->name, to->result->spelling, from->spelling);
    }
}

/* ---- async with ------------------------------------------------------------------------------ */

/* Declared with `async`, or, as in headers for any C compiler, with a coroutine's type spelled out. */
static bool is_async_function(const struct acc *acc, const struct symbol *symbol)
{
    if (symbol->is_async || !symbol->specifiers)
        return symbol->is_async;
    for (uint32_t token = symbol->specifiers->first; token < symbol->token; token++)
        if (token_is(acc, token, "ac__coro"))
            return true;
    for (uint32_t token = symbol->token; !token_is(acc, token, ";") && !token_is(acc, token, "{"); token++)
        if (token_is(acc, token, "ac__coro")) /* T (*f(...))(struct ac__coro *) */
            return true;
    return false;
}

static bool is_name(const char *left, const char *right)
{
    return left && right && strcmp(left, right) == 0;
}

/* Whether specifiers name a record, directly or by typedefs; also where that cannot be told. */
static bool names_record(const struct node *specifiers, const char *name, const char *tag)
{
    while (specifiers && specifiers->symbol) {
        const struct symbol *type = specifiers->symbol;
        if (is_name(type->name, name) || is_name(type->name, tag))
            return true;
        if (!type->declarator || node_derivation(type->declarator))
            return true;
        specifiers = type->specifiers;
    }
    for (uint32_t i = 0; specifiers && i < specifiers->count; i++) {
        const struct node *record = specifiers->child[i];
        if (record && record->kind == NODE_TYPEOF)
            return true;
        if (record && record->kind == NODE_RECORD)
            return !record->symbol || is_name(record->symbol->name, name) ||
                   is_name(record->symbol->name, tag);
    }
    return !specifiers;
}

static bool points_to(const struct node *parameter, const char *name, const char *tag)
{
    const struct symbol *type = parameter->child[0]->symbol;
    const struct node *declarator = parameter->count > 1 ? parameter->child[1] : NULL;
    const struct node *derivation = declarator ? node_derivation(declarator) : NULL;
    bool is_pointer = derivation && derivation->kind == NODE_POINTER;
    bool is_hidden = type && type->declarator && node_derivation(type->declarator);
    return (is_pointer || is_hidden) && names_record(parameter->child[0], name, tag);
}

/* Whether a coroutine's result is bool (or void); also where that cannot be told. */
static bool returns_bool(const struct acc *acc, const struct symbol *function, bool may_be_void)
{
    const struct node *specifiers = function->specifiers;
    if (!function->is_async || !specifiers || specifiers->symbol || specifiers->count)
        return true;
    for (uint32_t token = specifiers->first; token <= specifiers->last; token++)
        if (token_is(acc, token, "_Bool") || token_is(acc, token, "bool") ||
            (may_be_void && token_is(acc, token, "void")))
            return true;
    return false;
}

/* What the program calls the record that `async with` or `async for` is used on. */
static const char *record_of(struct acc *acc, const struct type_info *type)
{
    static const char *const keywords[] = {"struct", "union"};
    const char *name = type->record_name ? type->record_name : type->handle_tag;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        const char *tagged = arena_format(acc->arena, "%s %s", keywords[i], name);
        const char *found = strstr(type->spelling, tagged);
        if (found && strchr(" *)[", found[strlen(tagged)]))
            name = tagged;
    }
    return strncmp(type->spelling, "const ", 6) == 0 ? arena_format(acc->arena, "const %s", name) : name;
}

/* Its two parameters, or null: it has not two. */
static const struct node *two_parameters(const struct symbol *function)
{
    const struct node *parameters = function_derivation(function->declarator);
    return parameters && parameters->count == 2 ? parameters : NULL;
}

static bool has_unchecked_parameters(const struct symbol *function)
{
    const struct node *parameters = function_derivation(function->declarator);
    return !parameters || parameters->is_old_style;
}

static void check_exit_type(struct acc *acc, const struct node *operand, const struct symbol *exit)
{
    const struct type_info *type = operand->type;
    const struct node *parameters = two_parameters(exit);
    if (has_unchecked_parameters(exit) ||
        (parameters && points_to(parameters->child[0], type->record_name, type->tag_name) &&
         points_to(parameters->child[1], "ac_error", NULL) && returns_bool(acc, exit, true)))
        return;
    report(acc, MESSAGE_WITH_EXIT, operand->first, exit->name, record_of(acc, type));
    report(acc, MESSAGE_DECLARED_HERE, exit->token, exit->name);
}

static void check_exit(struct acc *acc, const struct node *operand)
{
    const struct type_info *type = operand->type;
    const struct symbol *exit = with_function(acc, type, "_aexit");
    if (exit && is_async_function(acc, exit)) {
        check_exit_type(acc, operand, exit);
        return;
    }
    report(acc, MESSAGE_WITHOUT_AEXIT, operand->first, type->record_name, type->spelling);
    if (exit)
        report(acc, MESSAGE_NOT_ASYNC, exit->token, exit->name);
}

static void check_with_operand(struct acc *acc, struct node *operand)
{
    if (!is_known(operand))
        return;
    const struct type_info *type = operand->type;
    if (type->awaitable == AWAITABLE_CORO)
        report(acc, MESSAGE_WITH_COROUTINE, operand->first, type->spelling);
    else if (!type->record_name)
        report(acc, MESSAGE_WITH_OPERAND, operand->first, type->spelling);
    else
        check_exit(acc, operand);
}

/* A time-out or a group cancels the task that runs the block: after a yield, that is the consumer's. */
static void check_yield_inside(struct acc *acc, const struct node *with, const struct type_info *operand)
{
    const char *name = operand->record_name;
    const struct node *yield = node_find(with->child[with->count - 1], NODE_YIELD);
    if (yield && name && (strcmp(name, "ac_timeout") == 0 || strcmp(name, "ac_group") == 0)) {
        report(acc, MESSAGE_YIELD_IN_WITH, yield->first, name);
        report(acc, MESSAGE_SCOPE_HERE, with->first, "async with");
    }
}

static void check_with(struct acc *acc, struct node *node)
{
    for (uint32_t i = 0; i + 1 < node->count; i++) {
        struct node *operand = node->child[i]->child[node->child[i]->count - 1];
        check_with_operand(acc, operand);
        if (is_known(operand))
            check_yield_inside(acc, node, operand->type);
    }
}

/* ---- async for ------------------------------------------------------------------------------- */

static bool is_next_type(const struct acc *acc, const struct type_info *type, const struct symbol *next)
{
    const char *name = type->record_name ? type->record_name : type->handle_tag;
    const struct node *parameters = two_parameters(next);
    bool is_generator = next->specifiers && next->specifiers->op;
    return !is_generator && parameters && points_to(parameters->child[0], name, type->tag_name) &&
           may_be_pointer(parameters->child[1]) && returns_bool(acc, next, false);
}

bool report_next_type(struct acc *acc, const struct node *operand)
{
    const struct symbol *next = is_known(operand) ? with_function(acc, operand->type, "_anext") : NULL;
    if (!next)
        return false;
    report(acc, MESSAGE_FOR_NEXT, operand->first, next->name, record_of(acc, operand->type));
    report(acc, MESSAGE_DECLARED_HERE, next->token, next->name);
    return true;
}

static bool check_next(struct acc *acc, const struct node *operand, const char *name)
{
    const struct symbol *next = with_function(acc, operand->type, "_anext");
    if (next && is_async_function(acc, next))
        return is_next_type(acc, operand->type, next) || !report_next_type(acc, operand);
    report(acc, MESSAGE_WITHOUT_ANEXT, operand->first, name, operand->type->spelling);
    if (next)
        report(acc, MESSAGE_NOT_ASYNC, next->token, next->name);
    return false;
}

bool check_iterable(struct acc *acc, const struct node *operand)
{
    const struct type_info *type = operand->type;
    const char *name = type->record_name ? type->record_name : type->handle_tag;
    if (!is_known(operand) || type->awaitable == AWAITABLE_GENERATOR)
        return true;
    if (type->awaitable == AWAITABLE_NOT && name)
        return check_next(acc, operand, name);
    report(acc, type->awaitable == AWAITABLE_NOT ? MESSAGE_FOR_OPERAND : MESSAGE_FOR_AWAITABLE,
           operand->first, type->spelling);
    return false;
}

/* ---- combinators ----------------------------------------------------------------------------- */

/* The results of ac_race and ac_any come to one place, the first one's. */
static void check_results(struct acc *acc, const struct node *call)
{
    const struct type_info *first = is_awaitable(call->child[1]) ? call->child[1]->type->result : NULL;
    for (uint32_t i = 2; first && i < call->count; i++) {
        const struct node *argument = call->child[i];
        if (is_awaitable(argument) && !is_same_value(first, argument->type->result))
            report(acc, MESSAGE_OPERAND_TYPES, call->first, first->spelling, argument->type->result->spelling);
    }
}

/* Also a function that can be called with a 0, as the shadow calls handles. */
static void check_combined(struct acc *acc, const struct node *call)
{
    enum combinator combinator = combinator_of(acc, call);
    if (combinator == COMBINATOR_NONE || combinator == COMBINATOR_THREAD)
        return;
    for (uint32_t i = 1; i < call->count; i++) {
        const struct node *argument = call->child[i];
        argument = argument->kind == NODE_ASSIGN ? argument->child[1] : argument;
        if (is_known(argument) && !is_awaitable(argument))
            report(acc, MESSAGE_ARGUMENT_NOT_AWAITABLE, argument->first, argument->type->spelling);
    }
    if ((combinator == COMBINATOR_RACE || combinator == COMBINATOR_ANY) && call->count > 1)
        check_results(acc, call);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void check_node(struct acc *acc, struct node *node)
{
    if (node->is_truth)
        drop(acc, node, true);
    switch (node->kind) {
    case NODE_AWAIT: check_await(acc, node); break;
    case NODE_CALL:
        check_combined(acc, node);
        if (is_thread_call(acc, node))
            check_thread(acc, node);
        break;
    case NODE_THROW: check_throw(acc, node); break;
    case NODE_CATCH: check_codes(acc, node); break;
    case NODE_ASYNC_WITH: check_with(acc, node); break;
    case NODE_DECLARATION: check_children(acc, node); break;
    case NODE_ASYNC_FOR: check_iterable(acc, node->child[1]); break;
    case NODE_UNARY:
        if (node->op && token_is(acc, node->op, "!"))
            check_unused(acc, node);
        break;
    case NODE_BINARY:
        if (is_comparison(acc, node->op))
            check_unused(acc, node);
        break;
    case NODE_EXPRESSION_STATEMENT:
    case NODE_COMMA:
    case NODE_FOR:
    case NODE_DO:
    case NODE_WHILE:
    case NODE_IF:
    case NODE_LOGICAL:
    case NODE_CONDITIONAL: check_unused(acc, node); break;
    default: break;
    }
    if (node->kind == NODE_STATEMENT_EXPR) {
        check_statement_expression(acc, node);
        return;
    }
    if (node->kind == NODE_SIZEOF_EXPR)
        return;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            check_node(acc, node->child[i]);
}

/* In the shadow it has another name. */
static void check_main(struct acc *acc, const struct node *definition)
{
    const struct symbol *symbol = is_async_definition(definition) ? declared(definition->child[1]) : NULL;
    const struct type_info *result = symbol && definition->type ? definition->type->result : NULL;
    if (!result || result->class == TYPE_UNKNOWN || !is_async_main(symbol))
        return;
    if (!result->declaration || strcmp(result->declaration, "int @") != 0)
        report(acc, MESSAGE_MAIN_RESULT, symbol->token);
}

bool check_types(struct acc *acc)
{
    for (uint32_t i = 0; i < acc->item_count; i++) {
        check_main(acc, acc->items[i]);
        check_node(acc, acc->items[i]);
    }
    return error_count(acc) == 0;
}
