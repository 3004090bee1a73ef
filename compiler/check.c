/* check.c: refuses what the dialect cannot mean, as far as the tree alone shows it.
 *
 * Runs right after parsing; marks the scoped children and changes nothing else. One walk over
 * the items, with the context a node stands in going down; jumps (jumps.c) and what must not
 * live across an await (across.c) are looked at function by function. A construct that is
 * refused is not entered: what is wrong inside follows from it.
 */
#include "check.h"
#include "origin.h"

#include <string.h>

/* Functions that should be async, or generators. */
struct mistaken {
    const char **names;
    uint32_t count;
};

struct context {
    struct acc *acc;
    const struct symbol *function; /* or null */
    bool is_file_scope;   /* outside any function */
    bool is_async, is_generator;
    bool is_constant;     /* in a constant expression */
    bool is_in_catch;
    const struct symbol *child; /* the innermost scoped child in scope, or null */
    struct mistaken *mistaken;
    bool *is_hopeless;    /* set where what was refused leaves the rest without sense: declarations */
};

static void check_node(struct context context, struct node *node);

static void check_children(struct context context, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            check_node(context, node->child[i]);
}

/* ---- await and the dialect's words ----------------------------------------------------------- */

/* What is said of a word stands for all that is said of the function's use. */
static void blame(struct context context)
{
    struct mistaken *mistaken = context.mistaken;
    if (context.function &&
        (!mistaken->count || mistaken->names[mistaken->count - 1] != context.function->name))
        *ARENA_PUSH(context.acc->arena, mistaken->names, mistaken->count) = context.function->name;
}

static void check_await(struct context context, struct node *node)
{
    if (!context.is_async) {
        report(context.acc, MESSAGE_AWAIT_OUTSIDE, node->first);
        blame(context);
    } else if (context.is_constant) {
        report(context.acc, MESSAGE_AWAIT_IN_CONSTANT, node->first);
    } else {
        check_children(context, node);
    }
}

/* False if the statement may not stand here. What libclang would say of it follows from that. */
static bool check_word(struct context context, const struct node *node, const char *word)
{
    if (context.is_async)
        return true;
    report(context.acc, MESSAGE_WORD_OUTSIDE, node->first, word);
    report_no_more(context.acc, node->first, node->last);
    blame(context);
    return false;
}

static void check_try(struct context context, struct node *node)
{
    if (!check_word(context, node, "try"))
        return;
    struct node *open = NULL;
    for (uint32_t i = 1; i < node->count; i++) {
        struct node *clause = node->child[i];
        if (!clause || clause->kind != NODE_CATCH)
            continue;
        if (open) {
            report(context.acc, MESSAGE_CATCH_UNREACHABLE, clause->first);
            report(context.acc, MESSAGE_CATCH_OPEN, open->first);
            return;
        }
        open = clause->count == 1 ? clause : NULL;
    }
    if (node->count < 2 || !node->child[1])
        report(context.acc, MESSAGE_TRY_ALONE, node->first);
    check_children(context, node);
}

static void check_throw(struct context context, struct node *node)
{
    if (!check_word(context, node, "throw"))
        return;
    if ((node->count == 0 || !node->child[0]) && !context.is_in_catch)
        report(context.acc, MESSAGE_RETHROW_OUTSIDE, node->first);
    check_children(context, node);
}

static void check_yield(struct context context, struct node *node)
{
    if (!context.is_generator) {
        report(context.acc, MESSAGE_YIELD_OUTSIDE, node->first);
        blame(context);
        return;
    }
    if (context.child) {
        report(context.acc, MESSAGE_YIELD_IN_CHILD, node->first, context.child->name);
        report(context.acc, MESSAGE_DECLARED_HERE, context.child->token, context.child->name);
    }
    check_children(context, node);
}

static void check_return(struct context context, struct node *node)
{
    const struct node *value = node->count ? node->child[0] : NULL;
    if (value && context.is_generator) {
        report(context.acc, MESSAGE_RETURN_IN_GENERATOR, node->first);
        report_no_more(context.acc, node->first, node->last);
    }
    check_children(context, node);
}

static void check_catch(struct context context, struct node *node)
{
    context.is_in_catch = true;
    check_children(context, node);
}

/* ---- calls that an async function cannot make ------------------------------------------------ */

struct forbidden {
    const char *name, *advice;
};

static const struct forbidden forbidden_calls[] = {
    {"alloca", "use a variable length array"},
    {"__builtin_alloca", "use a variable length array"},
    {"__builtin_alloca_with_align", "use a variable length array"},
    {"__builtin_alloca_with_align_and_max", "use a variable length array"},
    {"setjmp", "use 'try' and 'throw'"},
    {"_setjmp", "use 'try' and 'throw'"},
    {"__setjmp", "use 'try' and 'throw'"},
    {"__builtin_setjmp", "use 'try' and 'throw'"},
    {"sigsetjmp", "use 'try' and 'throw'"},
    {"__sigsetjmp", "use 'try' and 'throw'"},
    {"__sigsetjmp_cancel", "use 'defer'"},
    {"__pthread_register_cancel", "use 'defer'"},
    {"vfork", "use 'posix_spawn'"},
    {"__builtin_apply_args", "call the function with its arguments"},
};

/* Reports in the words that the user wrote: `strdupa`, where it is what the call came out of. */
static void report_forbidden(struct context context, uint32_t token, const struct forbidden *call)
{
    const char *macro = origin_of(context.acc, token).macro;
    const char *advice =
        macro && strncmp(macro, "pthread_cleanup_push", 20) == 0 ? "use 'defer'" : call->advice;
    report(context.acc, MESSAGE_FORBIDDEN_CALL, token,
           macro ? macro : token_text(context.acc, token), advice);
}

/* False if it is no call that a thread could make. */
static bool check_thread(struct context context, struct node *node)
{
    if (node->count == 2 && thread_call_of(context.acc, node->child[1]))
        return true;
    report(context.acc, MESSAGE_THREAD_OPERAND, node->count > 1 ? node->child[1]->first : node->first);
    *context.is_hopeless = true;
    return false;
}

static void check_call(struct context context, struct node *node)
{
    if (combinator_of(context.acc, node) == COMBINATOR_THREAD && !check_thread(context, node))
        return;
    struct node *callee = node->count ? node_strip(node->child[0]) : NULL;
    bool is_plain_name =
        callee && callee->kind == NODE_NAME && (!callee->symbol || callee->symbol->is_file_scope);
    for (size_t i = 0;
         context.is_async && is_plain_name && i < sizeof forbidden_calls / sizeof *forbidden_calls;
         i++)
        if (token_is(context.acc, callee->first, forbidden_calls[i].name))
            report_forbidden(context, callee->first, &forbidden_calls[i]);
    check_children(context, node);
}

/* ---- attributes of async functions ----------------------------------------------------------- */

static bool is_refused_attribute(const char *name)
{
    static const char *const refused[] = {
        "noreturn", "_Noreturn", "const", "pure", "naked", "alias", "ifunc", "constructor", "destructor",
        "returns_twice", "malloc", "interrupt", "unsequenced", "reproducible",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strcmp(refused[i], name) == 0)
            return true;
    return false;
}

static bool check_attribute_name(struct context context, uint32_t token)
{
    const char *name = attribute_spelling(context.acc, token);
    if (!is_refused_attribute(name))
        return true;
    report(context.acc, MESSAGE_ASYNC_ATTRIBUTE, token, token_text(context.acc, token));
    return false;
}

static void check_attribute(struct context context, const struct node *attribute)
{
    for (uint32_t name = 0; (name = attribute_name(context.acc, attribute, name));)
        if (!check_attribute_name(context, name))
            return;
}

static void check_attributes_in(struct context context, const struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *child = node->child[i];
        if (child && child->kind == NODE_ATTRIBUTE)
            check_attribute(context, child);
        else if (child && child->kind == NODE_NESTED)
            check_attributes_in(context, child->child[0]);
    }
}

/* `_Noreturn` stands among the words of the specifiers. */
static void check_specifier_words(struct context context, const struct node *specifiers)
{
    for (uint32_t token = specifiers->first, i = 0; token <= specifiers->last; token++) {
        while (i < specifiers->count && specifiers->child[i]->last < token)
            i++;
        bool is_own = i == specifiers->count || token < specifiers->child[i]->first;
        if (is_own && (token_is(context.acc, token, "_Noreturn") || token_is(context.acc, token, "noreturn")))
            check_attribute_name(context, token);
    }
}

/* ---- declarations ---------------------------------------------------------------------------- */

/* The derivation that `async` applies to, or null. */
static const struct node *async_derivation(const struct node *declarator)
{
    for (uint32_t i = 0; declarator && i < declarator->count; i++) {
        const struct node *child = declarator->child[i], *found = NULL;
        if (child && child->kind == NODE_FUNCTION && child->is_async)
            return child;
        if (child && child->kind == NODE_NESTED && (found = async_derivation(child->child[0])))
            return found;
    }
    return NULL;
}

static uint32_t async_word(const struct acc *acc, const struct node *specifiers)
{
    for (uint32_t token = specifiers->first; token <= specifiers->last; token++)
        if (token_is(acc, token, "async"))
            return token;
    return specifiers->first;
}

static uint32_t name_token(const struct acc *acc, const struct node *specifiers,
                           const struct node *declarator)
{
    const struct symbol *symbol = declared(declarator);
    return symbol ? symbol->token : async_word(acc, specifiers);
}

static bool is_static_storage(const struct symbol *symbol)
{
    return symbol && (symbol->is_static || symbol->is_extern || symbol->is_thread_local);
}

static bool is_array(const struct node *declarator)
{
    bool is_array_itself = false;
    for (uint32_t i = 0; i < declarator->count; i++) {
        const struct node *child = declarator->child[i];
        if (child && child->kind == NODE_NESTED && child->child[0]->count)
            return is_array(child->child[0]);
        is_array_itself |= child && child->kind == NODE_ARRAY;
    }
    return is_array_itself;
}

/* `async T x = e;` in a block. */
static void check_child(struct context context, const struct node *specifiers, const struct node *item)
{
    struct symbol *symbol = declared(item->child[0]);
    uint32_t name = name_token(context.acc, specifiers, item->child[0]);
    if (!context.is_async)
        report(context.acc, MESSAGE_WORD_OUTSIDE, async_word(context.acc, specifiers), "async");
    else if (!symbol || symbol->kind != SYMBOL_OBJECT || is_static_storage(symbol))
        report(context.acc, MESSAGE_ASYNC_NOT_FUNCTION, name);
    else if (is_array(item->child[0]))
        report(context.acc, MESSAGE_CHILD_ARRAY, name, symbol->name);
    else if (item->count < 2 || !item->child[1])
        report(context.acc, MESSAGE_CHILD_WITHOUT_VALUE, name, symbol->name);
    else if (item->child[1]->kind == NODE_INIT_LIST)
        report(context.acc, MESSAGE_CHILD_LIST, item->child[1]->first, symbol->name);
    else
        symbol->is_child = true;
}

static void check_async_function(struct context context, const struct node *specifiers,
                                 const struct node *declarator)
{
    check_specifier_words(context, specifiers);
    check_attributes_in(context, specifiers);
    check_attributes_in(context, declarator);
}

/* Beside a function, `async` is the function's alone: in `async int f(int), n;` n is an int. */
static bool declares_async_function(const struct node *declaration)
{
    for (uint32_t i = 1; i < declaration->count; i++) {
        const struct node *item = declaration->child[i];
        if (item && item->kind == NODE_INIT_DECLARATOR && async_derivation(item->child[0]))
            return true;
    }
    return false;
}

static void check_async_declarator(struct context context, const struct node *specifiers,
                                   const struct node *item)
{
    const struct node *declarator = item->kind == NODE_INIT_DECLARATOR ? item->child[0] : item;
    const struct symbol *symbol = declared(declarator);
    if (async_derivation(declarator)) {
        if (symbol && symbol->is_async)
            check_async_function(context, specifiers, declarator);
    } else if (context.is_file_scope || item->kind != NODE_INIT_DECLARATOR) {
        report(context.acc, MESSAGE_ASYNC_NOT_FUNCTION, name_token(context.acc, specifiers, declarator));
    } else {
        check_child(context, specifiers, item);
    }
}

/* DECLARATION, MEMBER_DECLARATION, PARAMETER, TYPE_NAME: their SPECIFIERS come first. */
static void check_async_words(struct context context, const struct node *node)
{
    const struct node *specifiers = node->count ? node->child[0] : NULL;
    if (!specifiers || specifiers->kind != NODE_SPECIFIERS || !specifiers->is_async)
        return;
    uint32_t declarators = 0;
    for (uint32_t i = 1; i < node->count; i++) {
        const struct node *item = node->child[i];
        if (!item || (item->kind != NODE_INIT_DECLARATOR && item->kind != NODE_DECLARATOR))
            continue;
        declarators++;
        const struct node *declarator = item->kind == NODE_INIT_DECLARATOR ? item->child[0] : item;
        if (!async_derivation(declarator) && declares_async_function(node))
            continue;
        check_async_declarator(context, specifiers, item);
    }
    if (!declarators)
        report(context.acc, MESSAGE_ASYNC_NOT_FUNCTION, async_word(context.acc, specifiers));
}

static void check_declaration(struct context context, struct node *node)
{
    check_async_words(context, node);
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *item = node->child[i];
        struct context inner = context;
        if (!item)
            continue;
        if (item->kind == NODE_INIT_DECLARATOR)
            inner.is_constant |= is_static_storage(declared(item->child[0]));
        check_node(inner, item);
    }
}

/* ---- functions ------------------------------------------------------------------------------- */

static void check_parameters(struct context context, struct node *function)
{
    for (uint32_t i = 0; i < function->count; i++) {
        const struct node *parameter = function->child[i];
        if (!parameter || parameter->kind != NODE_PARAMETER || !has_va_list(context.acc, parameter->child[0]))
            continue;
        const struct node *declarator = parameter->count > 1 ? parameter->child[1] : NULL;
        const struct symbol *symbol = declared(declarator);
        if (declarator && declarator->count && declarator->child[0]->kind == NODE_POINTER)
            continue; /* the caller's own, by its address: as good as any pointer */
        report(context.acc, MESSAGE_VA_LIST_PARAMETER, symbol ? symbol->token : parameter->first);
    }
}

static void check_function_derivation(struct context context, struct node *function)
{
    if (function->is_async && function->is_variadic) {
        uint32_t token = function->last;
        while (token > function->first && !token_is(context.acc, token, "..."))
            token--;
        report(context.acc, MESSAGE_ASYNC_VARIADIC, token);
    } else if (function->is_async) {
        check_parameters(context, function);
    }
    /* Sizes of array parameters are evaluated when the body starts, but no await can stand there. */
    context.is_async = false;
    check_children(context, function);
}

static void check_definition(struct context context, struct node *definition)
{
    struct node *specifiers = definition->child[0], *declarator = definition->child[1];
    struct node *function = function_derivation(declarator), *body = definition->child[definition->count - 1];
    if (specifiers->is_async && !async_derivation(declarator))
        report(context.acc, MESSAGE_ASYNC_NOT_FUNCTION, name_token(context.acc, specifiers, declarator));
    bool is_async = function && function->is_async;
    if (is_async)
        check_async_function(context, specifiers, declarator);
    if (is_async && function->is_old_style)
        report(context.acc, MESSAGE_ASYNC_OLD_STYLE, name_token(context.acc, specifiers, declarator));
    if (is_async && specifiers->op && strcmp(declared(declarator)->name, "main") == 0)
        report(context.acc, MESSAGE_MAIN_GENERATOR, specifiers->op);
    context.is_file_scope = false;
    for (uint32_t i = 0; i + 1 < definition->count; i++)
        if (definition->child[i])
            check_node(context, definition->child[i]);
    context.is_async = is_async;
    context.is_generator = is_async && specifiers->op;
    context.function = declared(declarator);
    if (!body || body->kind != NODE_BLOCK)
        return;
    check_node(context, body);
    if (is_async) {
        check_jumps(context.acc, body);
        check_across(context.acc, body);
    }
}

static void check_nested_function(struct context context, struct node *node)
{
    const struct symbol *symbol = node->count > 1 ? declared(node->child[1]) : NULL;
    if (context.is_async || (node->count && node->child[0]->is_async)) {
        enum message message = context.is_async ? MESSAGE_NESTED_FUNCTION : MESSAGE_NESTED_ASYNC;
        report(context.acc, message, symbol ? symbol->token : node->first);
        *context.is_hopeless = true;
    } else {
        context.is_async = context.is_generator = context.is_in_catch = false;
        context.child = NULL;
        context.function = NULL;
        check_children(context, node);
    }
}

/* ---- OpenMP ---------------------------------------------------------------------------------- */

/* The directive of `#pragma omp directive` or _Pragma("omp directive"), and its length up to the
 * first clause. */
static const char *openmp_directive(const struct acc *acc, uint32_t token, size_t *length)
{
    const char *text = acc->text + acc->tokens[token].offset, *end = text + acc->tokens[token].length;
    while (text < end && *text != '"' && *text != ' ' && *text != '\t')
        text++;
    while (text < end && (*text == '"' || *text == ' ' || *text == '\t'))
        text++;
    if (end - text < 5 || memcmp(text, "omp", 3) != 0 || (text[3] != ' ' && text[3] != '\t'))
        return NULL;
    text += 4;
    for (*length = 0; text + *length < end && !strchr("(\n\"", text[*length]); )
        ++*length;
    return text;
}

/* Whether the pragma governs the statement behind it. */
static bool governs_block(const struct acc *acc, uint32_t pragma)
{
    static const char *const alone[] = {
        "barrier", "taskwait", "taskyield", "flush", "cancel", "threadprivate", "declare", "target enter",
        "target exit", "target update", "depobj", "nothing", "error",
    };
    size_t length;
    const char *directive = openmp_directive(acc, pragma, &length);
    for (size_t i = 0; directive && i < sizeof alone / sizeof *alone; i++)
        if (memmem(directive, length, alone[i], strlen(alone[i])))
            return false;
    return directive != NULL;
}

static bool is_in_openmp_block(const struct acc *acc, const struct node *node)
{
    for (uint32_t token = node->first - 1; acc->tokens[token].kind == TOK_PRAGMA; token--)
        if (governs_block(acc, token))
            return true;
    return false;
}

/* A scoped child waits, too: at the end of its block. */
static const struct node *first_suspension(const struct node *node)
{
    if (node_suspends(node) || declares_children(node))
        return node;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *found = node->child[i] ? first_suspension(node->child[i]) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static void check_openmp(struct context context, const struct node *node)
{
    const struct node *found = first_suspension(node);
    if (!found)
        return;
    bool is_child = found->kind == NODE_DECLARATION;
    uint32_t token = is_child ? async_word(context.acc, found->child[0]) : waiting_token(found);
    report(context.acc, MESSAGE_AWAIT_IN_OPENMP, token, is_child ? "async" : waiting_word(found));
}

static void check_block(struct context context, struct node *block)
{
    for (uint32_t i = 0; i < block->count; i++) {
        struct node *item = block->child[i];
        check_node(context, item);
        if (declares_children(item))
            context.child = declared(item->child[1]->child[0]);
    }
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void check_constant(struct context context, struct node *node)
{
    context.is_constant = true;
    check_children(context, node);
}

/* `case` and `[index] =`: what stands before the statement or value is constant. */
static void check_case(struct context context, struct node *node)
{
    struct context constant = context;
    constant.is_constant = true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            check_node(is_expression(node->child[i]) ? constant : context, node->child[i]);
}

/* Bit-field widths and array sizes of members are constant. */
static void check_member(struct context context, struct node *node)
{
    check_async_words(context, node);
    check_constant(context, node);
}

static void check_unevaluated(struct context context, struct node *node)
{
    context.is_constant = false;
    check_children(context, node);
}

static void check_opaque(struct context context, const struct node *node)
{
    for (uint32_t token = node->first; token < node->last; token++)
        if (token_is(context.acc, token, "await") && context.acc->tokens[token + 1].kind == TOK_NAME)
            report(context.acc, context.is_async ? MESSAGE_AWAIT_IN_CONSTANT : MESSAGE_AWAIT_OUTSIDE, token);
}

static void check_dialect_statement(struct context context, struct node *node)
{
    switch (node->kind) {
    case NODE_DEFER:
        if (check_word(context, node, token_text(context.acc, node->first)))
            check_children(context, node);
        break;
    case NODE_ASYNC_WITH:
        if (check_word(context, node, "async with"))
            check_children(context, node);
        break;
    default:
        if (check_word(context, node, "async for"))
            check_children(context, node);
    }
}

/* The parts of a `for` are in the scope of the children that its head declares. */
static void check_for(struct context context, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->child[i])
            check_node(context, node->child[i]);
        if (i == 0 && declares_children(node->child[0]))
            context.child = declared(node->child[0]->child[1]->child[0]);
    }
}

static void check_node(struct context context, struct node *node)
{
    switch (node->kind) {
    case NODE_AWAIT: check_await(context, node); break;
    case NODE_THROW: check_throw(context, node); break;
    case NODE_TRY: check_try(context, node); break;
    case NODE_CATCH: check_catch(context, node); break;
    case NODE_YIELD: check_yield(context, node); break;
    case NODE_RETURN: check_return(context, node); break;
    case NODE_DEFER:
    case NODE_ASYNC_WITH:
    case NODE_ASYNC_FOR: check_dialect_statement(context, node); break;
    case NODE_CALL: check_call(context, node); break;
    case NODE_BLOCK: check_block(context, node); break;
    case NODE_FOR: check_for(context, node); break;
    case NODE_DECLARATION: check_declaration(context, node); break;
    case NODE_MEMBER_DECLARATION: check_member(context, node); break;
    case NODE_PARAMETER:
    case NODE_TYPE_NAME:
        check_async_words(context, node);
        check_children(context, node);
        break;
    case NODE_FUNCTION: check_function_derivation(context, node); break;
    case NODE_FUNCTION_DEFINITION: check_definition(context, node); break;
    case NODE_NESTED_FUNCTION: check_nested_function(context, node); break;
    case NODE_CASE: check_case(context, node); break;
    case NODE_ENUMERATOR:
    case NODE_STATIC_ASSERT:
    case NODE_ALIGNAS:
    case NODE_DESIGNATOR: check_constant(context, node); break;
    case NODE_SIZEOF_EXPR:
    case NODE_TYPEOF: check_unevaluated(context, node); break;
    case NODE_ATTRIBUTE: check_opaque(context, node); break;
    default: check_children(context, node);
    }
    if (context.is_async && node->has_dialect && is_in_openmp_block(context.acc, node))
        check_openmp(context, node);
}

bool check_tree(struct acc *acc)
{
    bool is_hopeless = false;
    struct mistaken mistaken = {0};
    struct context context = {
        .acc = acc, .is_file_scope = true, .mistaken = &mistaken, .is_hopeless = &is_hopeless,
    };
    for (uint32_t i = 0; i < acc->item_count; i++)
        check_node(context, acc->items[i]);
    for (uint32_t i = 0; i < mistaken.count; i++)
        report_no_more_of(acc, mistaken.names[i]);
    return !is_hopeless;
}
