/* warn_unused.c: -Wunused-function: nothing names a static function. The C compiler is told not to speak of
 * those that are async, since an await of a function that is defined above names no function any more.
 *
 * As clang does, of functions in the main file only, and as gcc does, of none that are inline.
 */
#include "check.h"

#include <string.h>

static bool may_be_unused(struct acc *acc, const struct node *definition)
{
    static const char *const attributes[] = {"unused", "maybe_unused", "used", "retain"};
    const struct symbol *symbol = declared(definition->child[1]);
    bool is_static = false, is_kept = is_found_by_name(symbol->name) || strcmp(symbol->name, "main") == 0;
    for (const struct symbol *s = symbol; s; s = s->previous) {
        is_static |= s->is_static;
        is_kept |= s->specifiers && is_inline(acc, s->specifiers);
    }
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        is_kept |= has_attribute(acc, symbol, attributes[i]);
    return is_static && !is_kept &&
           strcmp(acc->files[acc->tokens[symbol->token].file].name, acc->input_name) == 0;
}

/* Not by its declarations, nor in its own body. */
static void note_mention(struct acc *acc, uint32_t token)
{
    struct symbol *symbol = file_symbol(acc, acc->tokens[token].name);
    for (const struct symbol *s = symbol; s; s = s->previous)
        if (s->token == token ||
            (s->definition && token >= s->definition->first && token <= s->definition->last))
            return;
    if (symbol)
        symbol->is_mentioned = true;
}

void warn_unused(struct acc *acc)
{
    if (!is_warning_on(acc, MESSAGE_UNUSED_FUNCTION))
        return;
    for (uint32_t token = 1; token < acc->token_count; token++)
        if (acc->tokens[token].kind == TOK_NAME && !acc->files[acc->tokens[token].file].is_system)
            note_mention(acc, token);
    for (uint32_t i = 0; i < acc->item_count; i++) {
        if (!is_async_definition(acc->items[i]) || !may_be_unused(acc, acc->items[i]))
            continue;
        const struct symbol *symbol = declared(acc->items[i]->child[1]);
        if (!file_symbol(acc, symbol->name)->is_mentioned)
            report(acc, MESSAGE_UNUSED_FUNCTION, symbol->token, symbol->name);
    }
}
