/* scope.c: symbol tables.
 *
 * One hash table holds what is visible now; a bucket's chain begins with the innermost
 * declaration. A scope lists its own bindings in order, so that leaving it takes them out, and
 * entering it again puts them back.
 */
#include "parser.h"

enum { BUCKETS = 1 << 16 };

struct binding {
    struct symbol *symbol;
    enum name_space space;
    struct binding *next;    /* in the bucket: further out, or another name */
    struct binding *sibling; /* the next one of the same scope */
    struct scope *scope;
};

struct scope {
    struct scope *outer;
    struct node *node;
    struct binding *first, *last;
};

struct scopes {
    struct arena *arena;
    struct scope *current;
    struct binding *buckets[BUCKETS];
};

static struct binding **bucket_of(const struct scopes *scopes, enum name_space space, const char *name)
{
    uint64_t hash = ((uint64_t)(uintptr_t)name >> 4) * 0x9e3779b97f4a7c15u + space;
    return (struct binding **)&scopes->buckets[(hash >> 32) % BUCKETS];
}

struct scopes *scopes_new(struct acc *acc)
{
    struct scopes *scopes = arena_allocate(acc->arena, sizeof *scopes);
    scopes->arena = acc->arena;
    scope_push(scopes, NULL);
    return scopes;
}

struct scope *scope_push(struct scopes *scopes, struct node *node)
{
    struct scope *scope = arena_allocate(scopes->arena, sizeof *scope);
    scope->node = node;
    scope->outer = scopes->current;
    scopes->current = scope;
    return scope;
}

static void link_binding(struct scopes *scopes, struct binding *binding)
{
    struct binding **bucket = bucket_of(scopes, binding->space, binding->symbol->name);
    binding->next = *bucket;
    *bucket = binding;
}

static void unlink_binding(struct scopes *scopes, struct binding *binding)
{
    struct binding **at = bucket_of(scopes, binding->space, binding->symbol->name);
    while (*at && *at != binding)
        at = &(*at)->next;
    if (*at)
        *at = binding->next;
}

void scope_push_again(struct scopes *scopes, struct scope *scope)
{
    scope->outer = scopes->current;
    scopes->current = scope;
    for (struct binding *binding = scope->first; binding; binding = binding->sibling)
        link_binding(scopes, binding);
}

void scope_pop(struct scopes *scopes)
{
    struct scope *scope = scopes->current;
    CHECK(scope->outer);
    for (struct binding *binding = scope->first; binding; binding = binding->sibling)
        unlink_binding(scopes, binding);
    scopes->current = scope->outer;
}

struct scope *scope_current(const struct scopes *scopes)
{
    return scopes->current;
}

bool scope_is_file(const struct scopes *scopes)
{
    return !scopes->current->outer;
}

void scope_pop_to(struct scopes *scopes, struct scope *scope)
{
    while (scopes->current != scope)
        scope_pop(scopes);
}

void scope_bind(struct scopes *scopes, enum name_space space, struct symbol *symbol)
{
    struct binding *binding = arena_allocate(scopes->arena, sizeof *binding);
    struct scope *scope = scopes->current;
    *binding = (struct binding){.symbol = symbol, .space = space, .scope = scope};
    if (scope->last)
        scope->last->sibling = binding;
    else
        scope->first = binding;
    scope->last = binding;
    link_binding(scopes, binding);
}

static struct binding *find(const struct scopes *scopes, enum name_space space, const char *name)
{
    struct binding *binding = *bucket_of(scopes, space, name);
    while (binding && (binding->symbol->name != name || binding->space != space))
        binding = binding->next;
    return binding;
}

struct symbol *scope_find(const struct scopes *scopes, enum name_space space, const char *name)
{
    struct binding *binding = find(scopes, space, name);
    return binding ? binding->symbol : NULL;
}

struct symbol *scope_find_here(const struct scopes *scopes, enum name_space space, const char *name)
{
    struct binding *binding = find(scopes, space, name);
    return binding && binding->scope == scopes->current ? binding->symbol : NULL;
}

struct node *scope_node(const struct scope *scope)
{
    return scope->node;
}

bool is_file_type(const struct acc *acc, const char *name)
{
    const struct symbol *symbol = file_symbol(acc, name);
    return (symbol && symbol->kind == SYMBOL_TYPEDEF) ||
           (acc->scopes && scope_find(acc->scopes, SPACE_TAG, name));
}

struct symbol *file_symbol(const struct acc *acc, const char *name)
{
    return acc->scopes ? scope_find(acc->scopes, SPACE_ORDINARY, name) : NULL;
}
