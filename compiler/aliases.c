/* aliases.c: gives types names of acc's own where a function hides theirs.
 *
 * The text of a type (type_info) is meant for file scope. In the body of a function that
 * declares another `struct s`, or a variable `t` beside a typedef `t`, it would mean something
 * else:
 *
 *     typedef struct s *ac__alias_1;          in front of the function, where the type's text
 *                                             becomes `ac__alias_1 @`
 */
#include "lower.h"

#include <string.h>

struct hidden {
    const char **names;
    uint32_t count;
};

static void find_hidden(const struct acc *acc, struct hidden *hidden, const struct node *node)
{
    const struct symbol *symbol = node->symbol;
    bool is_tag = (node->kind == NODE_RECORD || node->kind == NODE_ENUM) && node->has_body;
    bool is_name = node->kind == NODE_DECLARATOR || node->kind == NODE_ENUMERATOR || node->kind == NODE_CATCH;
    if (symbol && is_name && !symbol->is_file_scope) {
        const struct symbol *outer = file_symbol(acc, symbol->name);
        is_tag = outer && outer->kind == SYMBOL_TYPEDEF;
    }
    if (symbol && is_tag)
        *ARENA_PUSH(acc->arena, hidden->names, hidden->count) = symbol->name;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            find_hidden(acc, hidden, node->child[i]);
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += length)
        if ((at == text || !is_of_word(at[-1])) && !is_of_word(at[length]))
            return true;
    return false;
}

static bool names_hidden(const struct hidden *hidden, const char *declaration)
{
    for (uint32_t i = 0; declaration && i < hidden->count; i++)
        if (has_word(declaration, hidden->names[i]))
            return true;
    return false;
}

static void give_alias(struct function *function, const struct hidden *hidden, struct type_info *type)
{
    struct acc *acc = function->acc;
    if (!type)
        return;
    if (names_hidden(hidden, type->declaration)) {
        const char *alias = arena_format(acc->arena, "ac__alias_%u", ++acc->alias_count);
        const char *text =
            arena_format(acc->arena, "typedef %s;\n", declare_as(acc, type->declaration, alias));
        *ARENA_PUSH(acc->arena, function->prelude, function->prelude_count) = text;
        type->declaration = arena_format(acc->arena, "%s @", alias);
    }
    if (type->result != type)
        give_alias(function, hidden, type->result);
    if (type->decayed != type)
        give_alias(function, hidden, type->decayed);
}

static void give_aliases(struct function *function, const struct hidden *hidden, const struct node *node)
{
    give_alias(function, hidden, node->type);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            give_aliases(function, hidden, node->child[i]);
}

void aliases(struct function *function)
{
    struct hidden hidden = {.count = 0};
    find_hidden(function->acc, &hidden, function->parameters);
    find_hidden(function->acc, &hidden, function->body);
    if (!hidden.count)
        return;
    give_aliases(function, &hidden, function->parameters);
    give_aliases(function, &hidden, function->body);
}
