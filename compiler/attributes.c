/* attributes.c: what stands in an attribute, and which attributes of an async function are its body's, too.
 *
 * The function that users call only makes the coroutine. Attributes that say how code is
 * compiled or where it is put are about the code that the user wrote, which is in another
 * function: they go to both.
 */
#include "lower.h"

#include <string.h>

uint32_t attribute_name(const struct acc *acc, const struct node *attribute, uint32_t behind)
{
    int depth = 0;
    for (uint32_t token = attribute->first; token <= attribute->last; token++) {
        char c = acc->text[acc->tokens[token].offset];
        depth += (c == '(' || c == '[') - (c == ')' || c == ']');
        bool is_word = acc->tokens[token].kind == TOK_NAME || acc->tokens[token].kind == TOK_KEYWORD;
        if (depth == 2 && is_word && token > behind)
            return token;
    }
    return 0;
}

const char *attribute_spelling(struct acc *acc, uint32_t token)
{
    const char *name = token_text(acc, token);
    size_t length = strlen(name);
    if (length > 4 && memcmp(name, "__", 2) == 0 && memcmp(name + length - 2, "__", 2) == 0)
        return arena_copy(acc->arena, name + 2, length - 4);
    return name;
}

static bool is_among(struct acc *acc, const struct node *places, const char *wanted)
{
    for (uint32_t i = 0; places && i < places->count; i++) {
        const struct node *child = places->child[i];
        for (uint32_t name = 0;
             child && child->kind == NODE_ATTRIBUTE && (name = attribute_name(acc, child, name));)
            if (strcmp(attribute_spelling(acc, name), wanted) == 0)
                return true;
    }
    return false;
}

bool has_attribute(struct acc *acc, const struct symbol *function, const char *name)
{
    for (; function; function = function->previous)
        if (is_among(acc, function->specifiers, name) || is_among(acc, function->declarator, name))
            return true;
    return false;
}

static bool is_of_code(const char *name)
{
    static const char *const names[] = {
        "cold", "hot", "section", "optimize", "target", "flatten", "noinline", "noclone", "noipa", "optnone", "minsize",
        "no_sanitize", "no_sanitize_address", "no_sanitize_thread", "no_sanitize_undefined", "no_sanitize_memory",
        "no_sanitize_coverage", "no_address_safety_analysis", "no_instrument_function",
        "no_profile_instrument_function", "no_stack_protector", "stack_protect", "no_split_stack", "no_reorder",
        "no_builtin", "nodebug", "patchable_function_entry", "zero_call_used_regs", "disable_tail_calls",
        "fp_contract", "strictfp", "nocf_check", "speculative_load_hardening", "no_speculative_load_hardening",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void print_of_code(struct printer *printer, const struct node *attribute)
{
    struct acc *acc = printer->acc;
    for (uint32_t name = 0; (name = attribute_name(acc, attribute, name));) {
        const struct token *next = &acc->tokens[name + 1];
        if (!is_of_code(attribute_spelling(acc, name)))
            continue;
        print_text(printer, "__attribute__((");
        print_tokens(printer, name, token_is(acc, name + 1, "(") ? next->match : name);
        print_text(printer, "))");
    }
}

static void print_among(struct printer *printer, const struct node *node)
{
    for (uint32_t i = 0; node && i < node->count; i++) {
        struct node *child = node->child[i];
        if (child && child->kind == NODE_ATTRIBUTE)
            print_of_code(printer, child);
    }
}

void print_code_attributes(struct printer *printer, const struct function *function)
{
    print_among(printer, function->specifiers);
    print_among(printer, function->declarator);
    for (const struct symbol *symbol = function->symbol->previous; symbol; symbol = symbol->previous) {
        print_among(printer, symbol->specifiers);
        print_among(printer, symbol->declarator);
    }
}
