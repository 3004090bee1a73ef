/* warnings.c: warns of what an async function should not do, though it may: calls that block the
 * thread, tasks that nobody awaits, cancellations that are swallowed. What is about the time
 * across an await stands in warn_across.c, what is about locals given to tasks in warn_locals.c.
 *
 * Runs after check_types, on the bodies of async functions, and changes nothing. Which warnings
 * are given is decided where they are reported (diagnostics.c).
 */
#include "check.h"
#include "origin.h"

#include <string.h>

/* ---- -Wblocking-call ------------------------------------------------------------------------- */

struct blocking {
    const char *name, *instead; /* null: ac_thread */
};

static const struct blocking blocking_calls[] = {
    {"sleep", "ac_sleep"}, {"usleep", "ac_sleep"}, {"nanosleep", "ac_sleep"}, {"clock_nanosleep", "ac_sleep"},
    {"thrd_sleep", "ac_sleep"}, {"pause", "ac_event"}, {"sigsuspend", NULL}, {"sigwait", NULL}, {"sigwaitinfo", NULL},
    {"sigtimedwait", NULL}, {"poll", "ac_readable"}, {"ppoll", "ac_readable"}, {"select", "ac_readable"},
    {"pselect", "ac_readable"}, {"epoll_wait", "ac_readable"}, {"epoll_pwait", "ac_readable"},
    {"system", NULL}, {"popen", NULL}, {"pclose", NULL}, {"wait", NULL}, {"wait3", NULL}, {"wait4", NULL},
    {"waitpid", "ac_wait_pid"}, {"waitid", NULL}, {"getaddrinfo", NULL}, {"getnameinfo", NULL}, {"gethostbyname", NULL},
    {"gethostbyname2", NULL}, {"gethostbyname_r", NULL}, {"gethostbyname2_r", NULL}, {"gethostbyaddr", NULL},
    {"gethostbyaddr_r", NULL}, {"res_query", NULL}, {"res_search", NULL}, {"pthread_join", NULL},
    {"pthread_timedjoin_np", NULL}, {"thrd_join", NULL}, {"pthread_cond_wait", "ac_cond_wait"},
    {"pthread_cond_timedwait", "ac_cond_wait"}, {"cnd_wait", "ac_cond_wait"}, {"cnd_timedwait", "ac_cond_wait"},
    {"pthread_barrier_wait", "ac_barrier_wait"}, {"sem_wait", "ac_sem_acquire"}, {"sem_timedwait", "ac_sem_acquire"},
    {"sem_clockwait", "ac_sem_acquire"}, {"mq_receive", NULL}, {"mq_timedreceive", NULL}, {"msgrcv", NULL},
    {"semop", NULL}, {"semtimedop", NULL}, {"getpass", NULL}, {"aio_suspend", NULL},
    {"getchar", "ac_read_line"}, {"getchar_unlocked", "ac_read_line"}, {"scanf", "ac_read_line"},
    {"vscanf", "ac_read_line"}, {"curl_easy_perform", "ac_http_get"},
};

/* The name that a call calls a function of file scope by; null: it goes through a pointer. */
const struct node *called_name(const struct node *call)
{
    struct node *callee = call->kind == NODE_CALL && call->count ? node_strip(call->child[0]) : NULL;
    bool is_function = callee && callee->kind == NODE_NAME &&
                       (!callee->symbol ||
                        (callee->symbol->kind == SYMBOL_FUNCTION && callee->symbol->is_file_scope));
    return is_function ? callee : NULL;
}

/* A system header declares it: a program's own function of that name is another one. */
bool is_system_function(const struct acc *acc, const struct symbol *function)
{
    for (; function; function = function->previous)
        if (!function->definition && is_system_file(acc, acc->tokens[function->token].file))
            return true;
    return false;
}

static const struct blocking *find_blocking(const struct acc *acc, const struct node *callee)
{
    for (size_t i = 0; i < sizeof blocking_calls / sizeof *blocking_calls; i++)
        if (token_is(acc, callee->first, blocking_calls[i].name))
            return is_system_function(acc, callee->symbol) ? &blocking_calls[i] : NULL;
    return NULL;
}

/* AC_BLOCKING, which is two words that mean nothing (ac.h). */
static bool is_marked(const struct acc *acc, const struct symbol *function)
{
    for (; function; function = function->previous)
        if (function->specifiers && function->specifiers->last > function->specifiers->first &&
            token_is(acc, function->specifiers->first, "__extension__") &&
            token_is(acc, function->specifiers->first + 1, "__extension__"))
            return true;
    return false;
}

static void check_blocking(struct acc *acc, struct node *call)
{
    const struct node *callee = called_name(call);
    const struct blocking *blocking = callee ? find_blocking(acc, callee) : NULL;
    if (!callee || (!blocking && !is_marked(acc, callee->symbol)))
        return;
    const char *name = token_text(acc, callee->first), *macro = origin_of(acc, callee->first).macro;
    const char *called = macro && strcmp(macro, name) != 0 ? macro : name;
    if (blocking && blocking->instead)
        report(acc, MESSAGE_BLOCKING_CALL, callee->first, called, blocking->instead);
    else
        report(acc, MESSAGE_BLOCKING_THREAD, callee->first, called, name);
}

/* ---- attributes of async functions ----------------------------------------------------------- */

/* -Wunused-result: the value of `await f();` */
static void check_result(struct acc *acc, const struct node *statement)
{
    const struct node *await = node_strip(statement->child[0]);
    const struct node *callee = await->kind == NODE_AWAIT ? called_name(node_strip(await->child[0])) : NULL;
    if (!callee || !callee->symbol || !await->type || await->type->class == TYPE_VOID)
        return;
    bool is_marked = has_attribute(acc, callee->symbol, "warn_unused_result");
    if (is_marked || has_attribute(acc, callee->symbol, "nodiscard"))
        report(acc, MESSAGE_UNUSED_RESULT, await->first, callee->symbol->name,
               is_marked ? "warn_unused_result" : "nodiscard");
}

/* ---- -Wunawaited-task ------------------------------------------------------------------------ */

/* Behind parentheses, casts, commas and what else macros put around a value. */
struct node *bare_value(struct node *node)
{
    for (;;) {
        node = node_strip(node);
        if (node->kind == NODE_CAST || node->kind == NODE_COMMA)
            node = node->child[1];
        else if (node->kind == NODE_UNARY && node->op && node->child[0]->kind == NODE_PAREN)
            node = node->child[0]; /* __extension__ */
        else
            return node;
    }
}

bool is_spawn(const struct acc *acc, const struct node *node)
{
    const struct node *callee = called_name(node);
    return callee && token_is(acc, callee->first, "ac__spawn");
}

static uint32_t count_mentions(const struct node *node, const struct symbol *symbol)
{
    uint32_t count = node->kind == NODE_NAME && node->symbol == symbol;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            count += count_mentions(node->child[i], symbol);
    return count;
}

/* `ac_task(T) t = ac_spawn(...);` and t is never named again. */
static void check_forgotten(struct acc *acc, struct node *body, struct node *declaration)
{
    for (uint32_t i = 1; i < declaration->count; i++) {
        struct node *item = declaration->child[i];
        const struct symbol *symbol = declared(item->child[0]);
        if (!symbol || item->count < 2 || !item->child[1] || item->child[1]->kind == NODE_INIT_LIST ||
            symbol->is_static || !is_spawn(acc, bare_value(item->child[1])))
            continue;
        if (count_mentions(body, symbol) == 0)
            report(acc, MESSAGE_FORGOTTEN_TASK, symbol->token, symbol->name);
    }
}

/* ---- -Wswallowed-cancel ---------------------------------------------------------------------- */

/* Codes come out of <errno.h> as numbers. */
static bool takes_cancellation(const struct acc *acc, const struct node *clause)
{
    for (uint32_t i = 0; i + 1 < clause->count; i++) {
        struct node *code = node_strip(clause->child[i]);
        if (code->kind == NODE_CONSTANT && token_is(acc, code->first, "125"))
            return true;
    }
    return false;
}

static bool leaves(const struct acc *acc, struct node *node)
{
    static const char *const without_return[] = {"exit",       "_exit", "_Exit",
                                                 "quick_exit", "abort", "__builtin_trap"};
    const struct node *callee = called_name(node);
    for (size_t i = 0; callee && i < sizeof without_return / sizeof *without_return; i++)
        if (token_is(acc, callee->first, without_return[i]))
            return true;
    switch (node->kind) {
    case NODE_THROW: case NODE_RETURN: case NODE_GOTO: case NODE_GOTO_COMPUTED: case NODE_BREAK: case NODE_CONTINUE:
        return true;
    default:
        for (uint32_t i = 0; i < node->count; i++)
            if (node->child[i] && leaves(acc, node->child[i]))
                return true;
        return false;
    }
}

static bool is_await_of_a_task(struct node *value)
{
    value = bare_value(value);
    if (value->kind == NODE_ASSIGN)
        value = bare_value(value->child[1]);
    const struct type_info *type = value->kind == NODE_AWAIT ? value->child[0]->type : NULL;
    return type && type->awaitable == AWAITABLE_TASK;
}

static bool is_cancel(const struct acc *acc, struct node *value)
{
    const struct node *callee = called_name(bare_value(value));
    return callee && token_is(acc, callee->first, "ac__cancel");
}

/* Nothing but awaits of tasks: the way to stop them. */
static bool stops_tasks(const struct acc *acc, const struct node *block)
{
    bool any = false;
    for (uint32_t i = 0; i < block->count; i++) {
        const struct node *item = block->child[i];
        struct node *value = item->kind == NODE_EXPRESSION_STATEMENT ? item->child[0] : NULL;
        if (item->kind == NODE_DECLARATION && item->count == 2 && item->child[1]->count > 1)
            value = item->child[1]->child[1];
        if (!value || value->kind == NODE_INIT_LIST || !(is_await_of_a_task(value) || is_cancel(acc, value)))
            return false;
        any |= is_await_of_a_task(value);
    }
    return any;
}

static void check_swallowed(struct acc *acc, struct node *try)
{
    for (uint32_t i = 1; i < try->count; i++) {
        struct node *clause = try->child[i];
        if (clause && clause->kind == NODE_CATCH && takes_cancellation(acc, clause) &&
            !leaves(acc, clause->child[clause->count - 1]) && !stops_tasks(acc, try->child[0]))
            report(acc, MESSAGE_SWALLOWED_CANCEL, clause->first);
    }
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* The call that is ac_thread's argument blocks another thread; its arguments are evaluated here. */
static struct node *called_on_a_thread(struct acc *acc, struct node *node)
{
    bool is_thread =
        node->kind == NODE_CALL && combinator_of(acc, node) == COMBINATOR_THREAD && node->count > 1;
    return is_thread ? thread_call_of(acc, node->child[1]) : NULL;
}

static void check_node(struct acc *acc, struct node *body, struct node *node)
{
    struct node *elsewhere = called_on_a_thread(acc, node);
    if (node->is_unevaluated)
        return;
    if (node->kind == NODE_CALL)
        check_blocking(acc, node);
    if (node->kind == NODE_TRY)
        check_swallowed(acc, node);
    if (node->kind == NODE_EXPRESSION_STATEMENT)
        check_result(acc, node);
    if (node->kind == NODE_DECLARATION)
        check_forgotten(acc, body, node);
    if (elsewhere)
        node = elsewhere;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            check_node(acc, body, node->child[i]);
}

/* ---- -Wignored-qualifiers -------------------------------------------------------------------- */

/* The C compiler is shown the result without them (types.c). */
static void warn_qualifier(struct acc *acc, struct node *specifiers, struct node *declarator)
{
    uint32_t qualifier = result_qualifier(acc, specifiers, declarator);
    if (qualifier)
        report(acc, MESSAGE_IGNORED_QUALIFIER, qualifier, declared(declarator)->name);
}

static void warn_qualifiers(struct acc *acc, struct node *item)
{
    if (item->kind == NODE_FUNCTION_DEFINITION && item->child[0]->is_async)
        warn_qualifier(acc, item->child[0], item->child[1]);
    if (item->kind != NODE_DECLARATION || !item->child[0]->is_async)
        return;
    for (uint32_t i = 1; i < item->count; i++)
        if (declared(item->child[i]->child[0]))
            warn_qualifier(acc, item->child[0], item->child[i]->child[0]);
}

void check_warnings(struct acc *acc)
{
    for (uint32_t i = 0; i < acc->item_count; i++) {
        struct node *item = acc->items[i];
        warn_qualifiers(acc, item);
        struct node *body = is_async_definition(item) ? item->child[item->count - 1] : NULL;
        if (!body || body->kind != NODE_BLOCK)
            continue;
        check_node(acc, body, body);
        warn_across(acc, body);
        warn_locals(acc, body);
    }
    warn_unused(acc);
}
