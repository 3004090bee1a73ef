/* types.c: prints declarations whose specifiers hold `async`.
 *
 *     static async char *load(const char *path);     ->  static ac_coro(char *) load(const char *path);
 *     async int (*op)(int, int) = add;               ->  ac_coro(int) (*op)(int, int) = add;
 *     typedef async void handler(struct stream *);   ->  typedef ac_coro(void) handler(struct stream *);
 *     async yield int range(int a, int b);           ->  ac_gen(int) range(int a, int b);
 *
 *
 *     async char *b = load("x");                     ->  ac_task(char *) const b = ...;     a scoped child
 *
 * with ac_coro(T) and ac_gen(T) spelled out, so that no header is needed. The pointers in front
 * of the declarator belong to T. A declaration of several declarators becomes one declaration
 * each.
 */
#include "lower.h"

#include <string.h>

static enum specifier_sort word_sort(const struct printer *printer, uint32_t token)
{
    static const char *const storage[] = {
        "static",    "extern",        "inline",        "__inline", "__inline__",
        "typedef",   "register",      "_Thread_local", "__thread", "thread_local",
        "_Noreturn", "__extension__", "constexpr",
    };
    for (size_t i = 0; i < sizeof storage / sizeof *storage; i++)
        if (token_is(printer->acc, token, storage[i]))
            return SPECIFIER_STORAGE;
    return SPECIFIER_TYPE;
}

static enum specifier_sort child_sort(const struct node *child)
{
    switch (child->kind) {
    case NODE_ATTRIBUTE: return SPECIFIER_ATTRIBUTE;
    case NODE_ALIGNAS: return SPECIFIER_ALIGN;
    default: return SPECIFIER_TYPE;
    }
}

static bool is_qualifier(const struct acc *acc, uint32_t token)
{
    static const char *const words[] = {"const",    "__const",    "__const__",    "volatile",    "__volatile",
                                        "restrict", "__restrict", "__restrict__", "__volatile__"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (token_is(acc, token, words[i]))
            return true;
    return false;
}

static void print_words(struct printer *printer, struct node *specifiers, uint32_t first,
                        uint32_t end, unsigned sorts)
{
    for (uint32_t token = first; token < end; token++) {
        if ((sorts & SPECIFIER_VALUE) && is_qualifier(printer->acc, token))
            continue;
        bool is_dialect = specifiers->is_async && (token_is(printer->acc, token, "async") ||
                                                   (specifiers->op && token == specifiers->op));
        bool is_typedef = specifiers->symbol && printer->print_typedef &&
                          printer->acc->tokens[token].name == specifiers->symbol->name;
        if (is_typedef && (sorts & SPECIFIER_TYPE) && printer->print_typedef(printer, specifiers->symbol))
            continue;
        if (!is_dialect && (word_sort(printer, token) & sorts))
            print_tokens(printer, token, token);
    }
}

/* The tag for a record or enumeration that has none but must be named again, as the type of an async
 * function's result or of variables that are declared together. */
static void print_tag(struct printer *printer, const struct node *child)
{
    print_format(printer, "ac__tag_%u", child->first);
}

static void print_with_tag(struct printer *printer, const struct node *child)
{
    struct node body = *child;
    while (!token_is(printer->acc, body.first, "{") && !token_is(printer->acc, body.first, ":")) {
        uint32_t match = printer->acc->tokens[body.first].match;
        body.first = match > body.first ? match + 1 : body.first + 1;
    }
    print_tokens(printer, child->first, body.first - 1);
    print_tag(printer, child);
    print_node(printer, &body);
}

/* A record or enumeration is printed with its body once, and only named from then on. */
static void print_type_child(struct printer *printer, const struct node *specifiers, struct node *child)
{
    bool defines = (child->kind == NODE_RECORD || child->kind == NODE_ENUM) && child->has_body;
    bool needs_tag = defines && !child->symbol && (specifiers->is_async || specifiers->is_apart);
    if (defines && child->printed_by == printer && (child->symbol || needs_tag)) {
        print_tokens(printer, child->first, child->first);
        if (needs_tag)
            print_tag(printer, child);
        else
            print_tokens(printer, child->symbol->token, child->symbol->token);
        return;
    }
    if (needs_tag)
        print_with_tag(printer, child);
    else
        print_node(printer, child);
    if (defines)
        child->printed_by = printer;
}

void print_specifiers(struct printer *printer, struct node *specifiers, unsigned sorts)
{
    uint32_t at = specifiers->first;
    for (uint32_t i = 0; i < specifiers->count; i++) {
        struct node *child = specifiers->child[i];
        if (!child)
            continue;
        print_words(printer, specifiers, at, child->first, sorts);
        if (child_sort(child) & sorts)
            print_type_child(printer, specifiers, child);
        at = child->last + 1;
    }
    print_words(printer, specifiers, at, specifiers->last + 1, sorts);
}

static uint32_t leading_pointers(const struct node *declarator)
{
    uint32_t count = 0;
    while (declarator && count < declarator->count && declarator->child[count] &&
           declarator->child[count]->kind == NODE_POINTER)
        count++;
    return count;
}

static bool is_async_function(const struct node *declarator)
{
    for (uint32_t i = 0; i < declarator->count; i++)
        if (declarator->child[i] && declarator->child[i]->kind == NODE_FUNCTION &&
            declarator->child[i]->is_async)
            return true;
    return false;
}

struct node *async_declarator(struct node *declarator)
{
    while (declarator && !is_async_function(declarator))
        declarator = node_nested(declarator);
    return declarator;
}

/* What stands around the async function's own declarator: pointers to it, arrays of what it returns. */
static void print_result_declarator(struct printer *printer, struct node *declarator, const struct node *own)
{
    if (!declarator)
        return;
    uint32_t pointers = leading_pointers(declarator);
    for (uint32_t i = 0; i < pointers; i++)
        print_node(printer, declarator->child[i]);
    if (declarator == own)
        return;
    for (uint32_t i = pointers; i < declarator->count; i++) {
        struct node *child = declarator->child[i];
        if (child && child->kind == NODE_NESTED) {
            print_text(printer, "(");
            print_result_declarator(printer, child->child[0], own);
            print_text(printer, ")");
        } else if (child) {
            print_node(printer, child);
        }
    }
}

void print_result_type(struct printer *printer, struct node *specifiers, struct node *declarator)
{
    print_specifiers(printer, specifiers, SPECIFIER_TYPE);
    print_result_declarator(printer, declarator, async_declarator(declarator));
}

uint32_t result_qualifier(const struct acc *acc, const struct node *specifiers, struct node *declarator)
{
    uint32_t pointers = leading_pointers(declarator);
    if (!declarator || declarator != async_declarator(declarator))
        return 0;
    const struct node *last = pointers ? declarator->child[pointers - 1] : specifiers;
    for (uint32_t token = last->first, i = 0; token <= last->last; token++) {
        while (i < last->count && (!last->child[i] || last->child[i]->last < token))
            i++;
        if (i < last->count && token >= last->child[i]->first)
            token = last->child[i]->last;
        else if (is_qualifier(acc, token))
            return token;
    }
    return 0;
}

/* The last pointer of a result: its qualifiers are its own. */
static void print_pointer_value(struct printer *printer, struct node *pointer)
{
    for (uint32_t token = pointer->first + 1; token <= pointer->last; token++)
        if (!is_qualifier(printer->acc, token)) {
            print_node(printer, pointer);
            return;
        }
    print_tokens(printer, pointer->first, pointer->first);
}

/* T without qualifiers of its own, which a value that a function returns does not have: `async const int
 * f(void)` is an ac_coro(int), as f's call is an int. */
static void print_value_type(struct printer *printer, struct node *specifiers, struct node *declarator)
{
    uint32_t pointers = leading_pointers(declarator);
    if (declarator != async_declarator(declarator)) {
        print_result_type(printer, specifiers, declarator);
        return;
    }
    print_specifiers(printer, specifiers, SPECIFIER_TYPE | (pointers ? 0 : SPECIFIER_VALUE));
    for (uint32_t i = 0; i < pointers; i++)
        if (i + 1 < pointers)
            print_node(printer, declarator->child[i]);
        else
            print_pointer_value(printer, declarator->child[i]);
}

/* A name in parentheses, and no more. */
static bool is_bare(const struct node *declarator)
{
    return declarator->count == 0 || (declarator->count == 1 && declarator->child[0]->kind == NODE_NESTED &&
                                      is_bare(declarator->child[0]->child[0]));
}

/* The declarator without its first `skip` children, `name` (if not null) in place of the declared name. */
static void print_declarator(struct printer *printer, struct node *declarator, uint32_t skip,
                             const char *name)
{
    uint32_t at = skip ? declarator->child[skip - 1]->last + 1 : declarator->first;
    uint32_t mark = printer->shadow ? printer->shadow->piece_count : 0;
    for (uint32_t i = skip; i <= declarator->count; i++) {
        struct node *child = i < declarator->count ? declarator->child[i] : NULL;
        if (!child && i < declarator->count)
            continue;
        uint32_t end = child ? child->first : declarator->last + 1;
        for (; at < end; at++) {
            if (name && at == declarator->op) {
                printer->near = at;
                print_text(printer, name);
            } else {
                print_tokens(printer, at, at);
            }
        }
        if (!child)
            break;
        if (child->kind == NODE_NESTED && name && !*name && is_bare(child->child[0])) {
            at = child->last + 1; /* `int (x)` without x would be `int ()` */
            continue;
        }
        if (child->kind == NODE_NESTED && name) {
            print_tokens(printer, child->first, child->first);
            print_declarator(printer, child->child[0], 0, name);
            print_tokens(printer, child->last, child->last);
        } else {
            print_node(printer, child);
        }
        at = child->last + 1;
    }
    if (printer->declarator_printed && declarator->op && !name)
        printer->declarator_printed(printer, declarator, mark);
}

/* Spelled with typeof so that any T, a function pointer too, can stand in it. */
void print_made_type(struct printer *printer, struct node *specifiers, struct node *declarator)
{
    print_text(printer, "__typeof__(__typeof__(");
    print_value_type(printer, specifiers, declarator);
    print_text(printer, specifiers->op ? ") (*)(struct ac__gen *))" : ") (*)(struct ac__coro *))");
}

void print_child_result(struct printer *printer, struct node *specifiers, struct node *declarator)
{
    print_text(printer, "__typeof__(");
    print_specifiers(printer, specifiers, SPECIFIER_TYPE);
    print_declarator(printer, declarator, 0, "");
    print_text(printer, ")");
}

static void print_child_name(struct printer *printer, struct node *declarator)
{
    while (!declarator->op)
        declarator = node_nested(declarator);
    uint32_t mark = printer->shadow ? printer->shadow->piece_count : 0;
    print_tokens(printer, declarator->op, declarator->op);
    if (printer->declarator_printed)
        printer->declarator_printed(printer, declarator, mark);
}

/* A scoped child is the handle of a task; nothing can be assigned to it. */
static void print_child(struct printer *printer, struct node *specifiers, struct node *declarator,
                        const char *name)
{
    print_child_result(printer, specifiers, declarator);
    print_text(printer, "(*const");
    if (name)
        print_text(printer, name);
    else
        print_child_name(printer, declarator);
    print_text(printer, ")(struct ac__task *)");
}

static bool is_child(const struct node *declarator)
{
    const struct symbol *symbol = declarator ? declared(declarator) : NULL;
    return symbol && symbol->is_child;
}

void print_declaration_of(struct printer *printer, struct node *specifiers, struct node *declarator,
                          const char *name)
{
    uint32_t skip = 0;
    if (is_child(declarator)) {
        print_child(printer, specifiers, declarator, name);
        return;
    }
    print_specifiers(printer, specifiers, SPECIFIER_STORAGE | SPECIFIER_ATTRIBUTE | SPECIFIER_ALIGN);
    struct node *own = specifiers->is_async ? async_declarator(declarator) : NULL;
    if (own && printer->more_storage)
        print_text(printer, printer->more_storage);
    printer->more_storage = NULL;
    if (own) {
        print_made_type(printer, specifiers, declarator);
        skip = leading_pointers(own);
        declarator = own;
    } else {
        print_specifiers(printer, specifiers, SPECIFIER_TYPE);
    }
    if (declarator)
        print_declarator(printer, declarator, skip, name);
    else if (name)
        print_text(printer, name);
}

bool is_async_main(const struct symbol *symbol)
{
    return symbol && symbol->kind == SYMBOL_FUNCTION && symbol->is_async && strcmp(symbol->name, "main") == 0;
}

static void print_async_declaration(struct printer *printer, struct node *node)
{
    struct node *specifiers = node->child[0];
    for (uint32_t i = 1; i < node->count; i++) {
        struct node *item = node->child[i];
        struct node *declarator = item->kind == NODE_INIT_DECLARATOR ? item->child[0] : item;
        print_declaration_of(printer, specifiers, declarator,
                             is_async_main(declared(declarator)) ? "ac__user_main" : NULL);
        if (item != declarator && item->last > declarator->last)
            for (uint32_t at = declarator->last + 1, k = 1; k <= item->count; k++) {
                struct node *child = k < item->count ? item->child[k] : NULL;
                uint32_t end = child ? child->first : item->last + 1;
                if (end > at)
                    print_tokens(printer, at, end - 1);
                if (!child)
                    break;
                print_node(printer, child);
                at = child->last + 1;
            }
        print_text(printer, ";");
    }
}

bool print_async_type(struct printer *printer, struct node *node)
{
    if (node->count == 0 || !node->child[0] || node->child[0]->kind != NODE_SPECIFIERS ||
        !node->child[0]->is_async)
        return false;
    switch (node->kind) {
    case NODE_DECLARATION:
    case NODE_MEMBER_DECLARATION:
        print_async_declaration(printer, node);
        return true;
    case NODE_FUNCTION_DEFINITION: /* a plain function that returns a pointer to an async one */
        print_declaration_of(printer, node->child[0], node->child[1], NULL);
        for (uint32_t i = 2; i < node->count; i++)
            if (node->child[i])
                print_node(printer, node->child[i]);
        return true;
    case NODE_PARAMETER:
    case NODE_TYPE_NAME:
        print_declaration_of(printer, node->child[0], node->count > 1 ? node->child[1] : NULL, NULL);
        return true;
    default:
        return false;
    }
}
