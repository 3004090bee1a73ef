/* shadow.c: prints the program as ordinary C, for libclang to check and to type.
 *
 * Takes the parsed tree; leaves it as it is. Bodies of plain functions that were kept as tokens
 * are left out. In the rest, the dialect stands for what it types as:
 *
 *     async int f(char *s) { BODY }   ->  ac_coro(int) f(char *s);  static int ac__body_f(char *s) { BODY }
 *     await e                         ->  ((e)(0))                   a handle is called to get at its T
 *     try A catch (e : C) B finally D ->  { if (maybe) A else if (maybe) { (void)(C); const ac_error *e = ...; B }
 *                                           else ac__never(); D }
 *     throw code, "format", x;        ->  { (void)(code); ac__never(...); }
 *     async with (T x = e) S          ->  { T x = <what entering e gives>; S }      shadow_with.c
 *     ac_thread(fn(x))                ->  ((ac_coro(__typeof__(fn(x))))0)
 *     async T x = e;                  ->  ac_task(T) const x = 0; T ac__child = (e)(0);
 *     yield e;                        ->  { if (maybe) return (e); }
 *     async for (T x : e) S           ->  { auto each = (e); while (maybe) { T x = <item of each>; S } }
 *     ac_gather(a = f(), g())         ->  ((void)(a = (f())(0)), (void)((g())(0)), (ac_coro(void))0)
 *     ac_race(f(), g())               ->  ({ __typeof__((f())(0)) *first; (void)(1 ? *first : (g())(0));
 *                                            (ac_coro(__typeof__(*first)))0; })
 *
 * Every token is entered in the map, so that what libclang says can be said of the program as
 * written. Each expression and declarator in a parsed function body is a query: libclang gives
 * its type.
 */
#include "shadow.h"

#include <string.h>

enum combinator combinator_named(const struct acc *acc, uint32_t token)
{
    static const char *const names[] = {"ac_gather", "ac_settle", "ac_race", "ac_any", "ac_thread"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (token_is(acc, token, names[i]))
            return (enum combinator)(COMBINATOR_GATHER + i);
    return COMBINATOR_NONE;
}

enum combinator combinator_of(const struct acc *acc, const struct node *node)
{
    if (node->kind != NODE_CALL || node->child[0]->kind != NODE_NAME || node->child[0]->symbol)
        return COMBINATOR_NONE;
    return combinator_named(acc, node->child[0]->first);
}

void shadow_ask(struct printer *printer, struct node *node, uint32_t start, uint32_t end, bool is_declarator)
{
    struct shadow *shadow = printer->shadow;
    struct shadow_query *query = ARENA_PUSH(printer->acc->arena, shadow->queries, shadow->query_count);
    *query = (struct shadow_query){start, end, node, is_declarator};
}

uint32_t shadow_offset_since(const struct printer *printer, uint32_t mark)
{
    return mark < printer->shadow->piece_count ? printer->shadow->pieces[mark].offset
                                               : (uint32_t)printer->out.length;
}

static void query_declarator(struct printer *printer, struct node *declarator, uint32_t mark)
{
    const struct shadow *shadow = printer->shadow;
    for (uint32_t i = mark; i < shadow->piece_count; i++)
        if (shadow->pieces[i].token == declarator->op) {
            uint32_t start = shadow->pieces[i].offset;
            shadow_ask(printer, declarator, start,
                       start + (uint32_t)strlen(printer->acc->tokens[declarator->op].name), true);
            return;
        }
}

static void print_combined(struct printer *printer, struct node *argument)
{
    if (argument->kind == NODE_ASSIGN) {
        print_text(printer, "(void)(");
        print_node(printer, argument->child[0]);
        print_tokens(printer, argument->op, argument->op);
        print_text(printer, "(");
        print_node(printer, argument->child[1]);
    } else {
        print_text(printer, "(void)((");
        print_node(printer, argument);
    }
    print_text(printer, ")(0)),");
}

static void print_shadow_thread(struct printer *printer, struct node *call)
{
    if (call->count < 2) { /* refused, as is the function that it stands in (check.c) */
        print_text(printer, "0");
        return;
    }
    print_text(printer, "((__typeof__(__typeof__(");
    print_node(printer, call->child[1]);
    print_text(printer, ") (*)(struct ac__coro *)))0)");
}

/* A coroutine of the first argument's type, with which the others must agree. Each argument is printed once:
 * else the text would double with every combinator that lies in another. */
static void print_first_result(struct printer *printer, struct node *call)
{
    print_text(printer, "({ __typeof__((");
    if (call->count > 1)
        print_node(printer, call->child[1]);
    print_text(printer, ")(0)) *ac__first;");
    for (uint32_t i = 2; i < call->count; i++) {
        printer->near = call->first;
        print_text(printer, "(void)(1 ? *ac__first : (");
        print_node(printer, call->child[i]);
        print_text(printer, ")(0));");
    }
    print_text(printer, "(__typeof__(__typeof__(*ac__first) (*)(struct ac__coro *)))0; })");
}

static void print_shadow_combinator(struct printer *printer, struct node *call, enum combinator combinator)
{
    if (combinator == COMBINATOR_THREAD) {
        print_shadow_thread(printer, call);
        return;
    }
    if (combinator == COMBINATOR_RACE || combinator == COMBINATOR_ANY) {
        print_first_result(printer, call);
        return;
    }
    print_text(printer, "(");
    for (uint32_t i = 1; i < call->count; i++)
        print_combined(printer, call->child[i]);
    print_text(printer, combinator == COMBINATOR_GATHER ? "(void (*)(struct ac__coro *))0)"
                                                        : "(struct ac_error (*)(struct ac__coro *))0)");
}

static void print_try(struct printer *printer, struct node *node)
{
    print_text(printer, "{ if (ac__maybe())");
    print_node(printer, node->child[0]);
    for (uint32_t i = 1; i < node->count; i++) {
        struct node *clause = node->child[i];
        if (!clause || clause->kind != NODE_CATCH)
            continue;
        print_text(printer, "else if (ac__maybe()) {");
        for (uint32_t k = 0; k + 1 < clause->count; k++) {
            print_text(printer, "(void)(");
            print_node(printer, clause->child[k]);
            print_text(printer, ");");
        }
        if (clause->symbol) {
            print_text(printer, "const struct ac_error *");
            print_tokens(printer, clause->symbol->token, clause->symbol->token);
            print_text(printer, "= ac__maybe_error();");
        }
        print_node(printer, clause->child[clause->count - 1]);
        print_text(printer, "}");
    }
    print_text(printer, "else ac__never();");
    struct node *last = node->child[node->count - 1];
    if (last && last->kind == NODE_FINALLY)
        print_node(printer, last->child[0]);
    print_text(printer, "}");
}

static void print_throw(struct printer *printer, struct node *node)
{
    struct shadow *shadow = printer->shadow;
    *ARENA_PUSH(printer->acc->arena, shadow->throws, shadow->throw_count) = (struct span){node->first, node->last};
    print_text(printer, "{");
    if (node->count) {
        print_text(printer, "(void)(");
        print_node(printer, node->child[0]);
        print_text(printer, ");");
    }
    for (uint32_t i = 1; i < node->count; i++) {
        print_text(printer, i == 1 ? "(void)__builtin_printf(" : ",");
        print_node(printer, node->child[i]);
    }
    print_text(printer, node->count > 1 ? "); ac__never(); }" : "ac__never(); }");
}

/* ---- alignments ------------------------------------------------------------------------------ */

static bool asks_for_alignment(struct acc *acc, const struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *child = node->child[i];
        if (child && child->kind == NODE_ALIGNAS)
            return true;
        for (uint32_t name = 0;
             child && child->kind == NODE_ATTRIBUTE && (name = attribute_name(acc, child, name));)
            if (strcmp(attribute_spelling(acc, name), "aligned") == 0)
                return true;
    }
    return false;
}

/* A variable's own alignment is no part of its type: an array of that length is declared, and
 * its type asked for. */
static void print_alignment_probes(struct printer *printer, struct node *declaration)
{
    struct acc *acc = printer->acc;
    for (uint32_t i = 1; i < declaration->count; i++) {
        struct node *declarator = declaration->child[i]->child[0];
        const struct symbol *symbol = declared(declarator);
        bool is_variable =
            symbol && symbol->kind == SYMBOL_OBJECT && !symbol->is_file_scope && !symbol->is_static;
        if (!is_variable || !(asks_for_alignment(acc, declaration->child[0]) ||
                              asks_for_alignment(acc, declarator)))
            continue;
        struct node *probe = node_make(acc, NODE_EMPTY, symbol->token, symbol->token, 0);
        const char *name = arena_format(acc->arena, "ac__alignment_%u", symbol->token);
        print_text(printer, "extern char");
        print_text(printer, name);
        uint32_t end = (uint32_t)printer->out.length;
        shadow_ask(printer, probe, end - (uint32_t)strlen(name), end, true);
        print_format(printer, "[__alignof__(%s)];", symbol->name);
        symbol->declarator->probe = probe;
    }
}

static void print_items(struct printer *printer, struct node *block)
{
    uint32_t at = block->first;
    for (uint32_t i = 0; i < block->count; i++) {
        struct node *item = block->child[i];
        print_tokens(printer, at, item->first - 1);
        bool is_idle = i + 1 < block->count && block->child[i + 1]->kind == NODE_ASYNC_FOR &&
                       is_loop_hint(printer->acc, item);
        if (!is_idle) /* what stands for the loop is none */
            print_node(printer, item);
        if (item->kind == NODE_DECLARATION)
            print_alignment_probes(printer, item);
        at = item->last + 1;
    }
    print_tokens(printer, at, block->last);
}

static void print_for(struct printer *printer, struct node *node)
{
    struct node head = *node, *body = node->child[3];
    head.count = 3;
    head.last = body->first - 1;
    print_plainly(printer, &head);
    print_text(printer, "{");
    print_alignment_probes(printer, node->child[0]);
    print_node(printer, body);
    print_text(printer, "}");
}

/* ---- scoped children ------------------------------------------------------------------------- */

static bool declares_void(const struct acc *acc, const struct node *specifiers, const struct node *declarator)
{
    return token_is(acc, specifiers->last, "void") && declarator->first == declarator->last;
}

/* The initialiser is called, as by an await, so that clang checks T as it does any initialiser's type. */
static void print_child(struct printer *printer, struct node *specifiers, struct node *item)
{
    struct shadow *shadow = printer->shadow;
    struct node *value = item->count > 1 ? item->child[1] : NULL;
    print_declaration_of(printer, specifiers, item->child[0], NULL);
    print_text(printer, declared(item->child[0])->is_child ? "= 0;" : ";");
    if (!declared(item->child[0])->is_child) /* refused */
        return;
    if (declares_void(printer->acc, specifiers, item->child[0])) {
        print_text(printer, "(void)");
    } else {
        print_child_result(printer, specifiers, item->child[0]);
        printer->near = declared(item->child[0])->token;
        print_text(printer, arena_format(printer->acc->arena, "ac__child_%u =", value->first));
    }
    uint32_t start = (uint32_t)printer->out.length;
    printer->near = value->first;
    print_text(printer, "(");
    print_node(printer, value);
    printer->near = value->first;
    print_text(printer, ")(0);");
    *ARENA_PUSH(printer->acc->arena, shadow->starts, shadow->start_count) =
        (struct shadow_start){start, (uint32_t)printer->out.length, declared(item->child[0]), value};
}

static void print_children(struct printer *printer, struct node *declaration)
{
    for (uint32_t i = 1; i < declaration->count; i++)
        print_child(printer, declaration->child[0], declaration->child[i]);
}

/* With scoped children in its head. */
static void print_for_children(struct printer *printer, struct node *node)
{
    print_text(printer, "{");
    print_children(printer, node->child[0]);
    print_text(printer, "for (;");
    if (node->child[1])
        print_node(printer, node->child[1]);
    print_text(printer, ";");
    if (node->child[2])
        print_node(printer, node->child[2]);
    print_text(printer, ")");
    print_node(printer, node->child[3]);
    print_text(printer, "}");
}

/* ---- generators ------------------------------------------------------------------------------ */

static void print_yield(struct printer *printer, struct node *node)
{
    printer->near = node->child[0]->first;
    print_text(printer, "{ if (ac__maybe()) return (");
    print_node(printer, node->child[0]);
    print_text(printer, "); }");
}

/* What falls off the end of a generator returns nothing, whatever it yields. */
static bool print_return(struct printer *printer, const struct node *node)
{
    if (!printer->is_generator || (node->count && node->child[0]))
        return false;
    print_text(printer, "{ ac__never(); }");
    return true;
}

static bool print_dialect(struct printer *printer, struct node *node)
{
    enum combinator combinator;
    switch (node->kind) {
    case NODE_NAME:
        if (!is_async_main(node->symbol))
            return false;
        printer->near = node->first;
        print_text(printer, "ac__user_main");
        return true;
    case NODE_AWAIT:
        printer->near = node->first;
        print_text(printer, "((");
        print_node(printer, node->child[0]);
        printer->near = node->first;
        print_text(printer, ")(0))");
        return true;
    case NODE_CALL:
        if (!(combinator = combinator_of(printer->acc, node)))
            return false;
        print_shadow_combinator(printer, node, combinator);
        return true;
    case NODE_TRY: print_try(printer, node); return true;
    case NODE_THROW: print_throw(printer, node); return true;
    case NODE_ASYNC_WITH: shadow_with(printer, node); return true;
    case NODE_BLOCK: print_items(printer, node); return true;
    case NODE_FOR:
        if (!node->child[0] || node->child[0]->kind != NODE_DECLARATION)
            return false;
        if (declares_children(node->child[0]))
            print_for_children(printer, node);
        else
            print_for(printer, node);
        return true;
    case NODE_DECLARATION:
        if (!declares_children(node))
            return print_async_type(printer, node);
        print_children(printer, node);
        return true;
    case NODE_ASYNC_FOR: shadow_each(printer, node); return true;
    case NODE_YIELD: print_yield(printer, node); return true;
    case NODE_RETURN: return print_return(printer, node);
    case NODE_DEFER:
        print_text(printer, "{");
        print_node(printer, node->child[0]);
        print_text(printer, "}");
        return true;
    default:
        return print_async_type(printer, node);
    }
}

static bool print_special(struct printer *printer, struct node *node)
{
    uint32_t mark = printer->shadow->piece_count;
    bool asks = is_expression(node) || (node->kind == NODE_DECLARATOR && node->op);
    if (!asks)
        return print_dialect(printer, node);
    if (!print_dialect(printer, node))
        print_plainly(printer, node);
    if (node->kind == NODE_DECLARATOR)
        query_declarator(printer, node, mark);
    else
        shadow_ask(printer, node, shadow_offset_since(printer, mark), (uint32_t)printer->out.length, false);
    return true;
}

/* A declaration whose type is asked for what T is. */
static void print_result_probe(struct printer *printer, struct node *definition)
{
    print_text(printer, "; extern");
    print_made_type(printer, definition->child[0], definition->child[1]);
    const char *name = arena_format(printer->acc->arena, "ac__type_%u", definition->first);
    print_text(printer, name);
    uint32_t end = (uint32_t)printer->out.length;
    shadow_ask(printer, definition, end - (uint32_t)strlen(name), end, true);
    print_text(printer, ";");
}

static const char *plain_name(struct acc *acc, const struct node *definition)
{
    const struct symbol *symbol = declared(definition->child[1]);
    return strcmp(symbol->name, "main") == 0 ? "ac__user_main" : arena_format(acc->arena, "%s", symbol->name);
}

/* Declares `main` under its own name, so that clang checks its parameters. Its result: check_types.c. */
static void print_main(struct printer *printer, struct node *empty, struct node *declarator)
{
    print_text(printer, "int");
    print_declaration_of(printer, empty, declarator, NULL);
    print_text(printer, ";");
}

/* Of `*f(void)`: `f(void)`. Questions about types may refer to it, so it stays. */
static struct node *without_pointers(struct acc *acc, const struct node *declarator)
{
    struct node *rest = arena_allocate(acc->arena, sizeof *rest);
    *rest = *declarator;
    while (rest->count && rest->child[0] && rest->child[0]->kind == NODE_POINTER) {
        rest->first = rest->child[0]->last + 1;
        rest->child++;
        rest->count--;
    }
    return rest;
}

static void print_async_definition(struct printer *printer, struct node *definition)
{
    struct acc *acc = printer->acc;
    struct node *specifiers = definition->child[0], *declarator = definition->child[1];
    const char *name = plain_name(acc, definition);
    bool renamed = strcmp(name, declared(definition->child[1])->name) != 0;
    shadow_iterators(printer, definition->first);
    shadow_enters(printer, definition->first);
    print_at(printer, definition->first);
    print_declaration_of(printer, specifiers, declarator, renamed ? name : NULL);
    print_result_probe(printer, definition);
    print_text(printer, "static");
    print_text(printer, "__typeof__(");
    print_result_type(printer, specifiers, declarator);
    print_text(printer, ")");
    struct node *rest = without_pointers(acc, async_declarator(declarator));
    struct node empty = {.kind = NODE_SPECIFIERS, .first = 1, .last = 0};
    print_declaration_of(printer, &empty, rest, arena_format(acc->arena, "ac__body_%s", name));
    printer->is_generator = specifiers->op;
    print_node(printer, definition->child[definition->count - 1]);
    printer->is_generator = false;
    if (renamed)
        print_main(printer, &empty, rest);
}

static void print_item(struct printer *printer, struct node *item)
{
    if (is_async_definition(item))
        print_async_definition(printer, item);
    else
        print_node(printer, item);
}

/* What lies outside the items, but for function bodies. */
static void print_between(struct printer *printer, uint32_t first, uint32_t end, uint32_t *body)
{
    const struct acc *acc = printer->acc;
    for (; *body < acc->body_count && acc->bodies[*body].first < end; ++*body) {
        if (acc->bodies[*body].first < first || is_unmentioned(acc, acc->bodies[*body].first))
            continue;
        print_raw(printer, first, acc->bodies[*body].first);
        print_text(printer, "{}");
        first = acc->bodies[*body].last + 1;
    }
    print_raw(printer, first, end);
}

struct shadow *shadow_print(struct acc *acc)
{
    struct shadow *shadow = arena_allocate(acc->arena, sizeof *shadow);
    struct printer *printer = arena_allocate(acc->arena, sizeof *printer); /* records note which one printed them */
    *printer = (struct printer){.acc = acc, .shadow = shadow, .special = print_special, .file = UINT16_MAX};
    printer->declarator_printed = query_declarator;
    uint32_t at = 1, body = 0;
    print_text(printer, "int ac__maybe(void); struct ac_error; const struct ac_error *ac__maybe_error(void);"
                         " __attribute__((noreturn)) void ac__never(void);");
    for (uint32_t i = 0; i < acc->item_count; i++) {
        print_between(printer, at, acc->items[i]->first, &body);
        print_item(printer, acc->items[i]);
        at = acc->items[i]->last + 1;
    }
    print_between(printer, at, acc->token_count - 1, &body);
    shadow->text = arena_copy(acc->arena, printer->out.text ? printer->out.text : "", printer->out.length);
    shadow->length = (uint32_t)printer->out.length;
    buffer_free(&printer->out);
    return shadow;
}
