/* build.c: makes pieces of lowered tree, temporaries, labels and sites. */
#include "lower.h"

#include <ctype.h>
#include <string.h>

struct node *build(struct acc *acc, const struct node *near, const char *template, ...)
{
    struct node *node = node_make(acc, NODE_GENERATED, near ? near->first : 0, near ? near->last : 0, 0);
    struct node *child;
    va_list arguments;
    node->text = template;
    va_start(arguments, template);
    while ((child = va_arg(arguments, struct node *)))
        node_append(acc, node, child);
    va_end(arguments);
    return node;
}

struct node *build_block(struct acc *acc, const struct node *near)
{
    struct node *block = node_make(acc, NODE_BLOCK, near->first, near->last, 0);
    block->is_generated = true;
    return block;
}

void build_hidden_into(struct acc *acc, struct node *block, struct node *item)
{
    item->is_hidden = true;
    build_into(acc, block, item);
}

void build_into(struct acc *acc, struct node *block, struct node *item)
{
    node_append(acc, block, item);
}

void build_pragma_into(struct acc *acc, struct node *from, struct node *block)
{
    if (from->count == 0 || from->child[from->count - 1]->kind != NODE_PRAGMA)
        return;
    from->count--;
    node_append(acc, block, from->child[from->count]);
}

bool is_loop_hint(struct acc *acc, const struct node *node)
{
    if (node->kind != NODE_PRAGMA)
        return false;
    const char *text = token_text(acc, node->first);
    return strstr(text, "ivdep") || strstr(text, "unroll");
}

bool is_async_definition(const struct node *node)
{
    const struct symbol *symbol = node->kind == NODE_FUNCTION_DEFINITION ? declared(node->child[1]) : NULL;
    return symbol && symbol->is_async;
}

static struct symbol *make_temporary(struct function *function, struct node *scope, bool lives_across_await)
{
    struct acc *acc = function->acc;
    struct symbol *symbol = arena_allocate(acc->arena, sizeof *symbol);
    struct slot *slot = arena_allocate(acc->arena, sizeof *slot);
    symbol->name = arena_format(acc->arena, "ac__t%u", ++function->temporary_count);
    symbol->kind = SYMBOL_OBJECT;
    symbol->block = scope;
    symbol->slot = slot;
    slot->name = symbol->name;
    slot->symbol = symbol;
    slot->place = lives_across_await ? PLACE_FRAME : PLACE_LOCAL;
    if (lives_across_await)
        *ARENA_PUSH(acc->arena, function->variables, function->variable_count) = symbol;
    return symbol;
}

/* The operand that gives an expression its variably modified type. */
static struct node *variable_one(struct node *left, struct node *right)
{
    return left->type && left->type->is_variable ? left : right;
}

/* An expression of the same variably modified type that has no effects: typeof evaluates its operand then. */
struct node *without_effects(struct acc *acc, struct node *node)
{
    struct node *left = node->count ? node->child[0] : NULL;
    switch (node->kind) {
    case NODE_PAREN:
    case NODE_PREFIX:
    case NODE_POSTFIX:
    case NODE_ASSIGN:
    case NODE_COMPOUND_ASSIGN:
        return without_effects(acc, left);
    case NODE_COMMA:
        return without_effects(acc, node->child[1]);
    case NODE_BINARY:
        return without_effects(acc, variable_one(left, node->child[1]));
    case NODE_CONDITIONAL:
        return without_effects(acc, variable_one(node->child[1] ? node->child[1] : left, node->child[2]));
    case NODE_INDEX:
        return build(acc, node, "(%0)[0]", without_effects(acc, variable_one(left, node->child[1])), NULL);
    case NODE_UNARY:
        return build(acc, node, token_is(acc, node->op, "*") ? "*(%0)" : "&(%0)",
                     without_effects(acc, left), NULL);
    case NODE_COMPOUND_LITERAL:
        return build(acc, node, "(*(__typeof__(%0) *)0)", left, NULL);
    default:
        return node;
    }
}

struct symbol *build_temporary(struct function *function, struct node *scope, const struct type_info *type,
                               struct node *probe, bool lives_across_await)
{
    struct symbol *symbol = make_temporary(function, scope, lives_across_await);
    struct slot *slot = symbol->slot;
    if (type && type->class == TYPE_UNKNOWN && lives_across_await)
        report(function->acc, MESSAGE_UNKNOWN_TYPE, probe->first);
    if (type) {
        slot->type = type->declaration;
        slot->size = type->size;
        slot->alignment = type->alignment;
        slot->is_variable = type->is_variable;
        if (type->is_variable) {
            slot->type = "const volatile void *@";
            probe = without_effects(function->acc, probe);
        }
    }
    slot->probe = probe;
    return symbol;
}

struct symbol *build_kept(struct function *function, struct node *block, struct node *expression, bool lives)
{
    struct symbol *symbol = build_temporary(function, block, value_type(expression), expression, lives);
    struct slot *slot = slot_of(symbol);
    if (!expression->copy)
        return symbol;
    const char *name = arena_format(function->acc->arena, "ac__type_%s", symbol->name);
    const char *text = arena_format(function->acc->arena, "typedef __typeof__(%%0) %s;", name);
    build_into(function->acc, block, build(function->acc, expression, text, expression->copy, NULL));
    slot->view = name;
    slot->type = lives ? NULL : arena_format(function->acc->arena, "%s @", name);
    return symbol;
}

struct node *build_copy(struct acc *acc, struct symbol *symbol, struct node *value)
{
    const char *text = "{ __extension__ __auto_type ac__value = (%1);"
                       " __builtin_memcpy((void *)&%0, &ac__value, sizeof ac__value); }";
    struct node *copy = build(acc, value, text, build_name(acc, value, symbol), value, NULL);
    copy->has_await = value->has_await;
    return copy;
}

struct symbol *build_typed_temporary(struct function *function, struct node *scope, const char *declaration,
                                     bool lives_across_await)
{
    struct symbol *symbol = make_temporary(function, scope, lives_across_await);
    slot_of(symbol)->type = declaration;
    return symbol;
}

const char *array_of_size(struct acc *acc, const char *open, const char *name, long long size)
{
    return arena_format(acc->arena,
                        "typedef __typeof__((*(%s *)0)[0]) %s[%lld / sizeof((*(%s *)0)[0])];", open,
                        name, size, open);
}

struct node *build_name(struct acc *acc, const struct node *near, struct symbol *symbol)
{
    struct node *node = node_make(acc, NODE_NAME, near->first, near->last, 0);
    node->symbol = symbol;
    node->is_generated = true;
    return node;
}

const char *build_label(struct function *function, const char *purpose)
{
    return arena_format(function->acc->arena, "ac__%s%u", purpose, ++function->label_count);
}

uint32_t build_site(struct function *function, uint32_t token)
{
    *ARENA_PUSH(function->acc->arena, function->sites, function->site_count) = (struct site){.token = token};
    return function->site_count - 1;
}

struct slot *slot_of(const struct symbol *symbol)
{
    return symbol ? symbol->slot : NULL;
}

bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

bool token_is(const struct acc *acc, uint32_t token, const char *text)
{
    const struct token *t = &acc->tokens[token];
    return t->length == strlen(text) && memcmp(acc->text + t->offset, text, t->length) == 0;
}

static bool is_opening(const struct acc *acc, uint32_t token)
{
    return token_is(acc, token, "(") || token_is(acc, token, "[");
}

uint32_t bracket_around(const struct acc *acc, uint32_t token)
{
    for (uint32_t at = token - 1; at > 0; at--) {
        const struct token *t = &acc->tokens[at];
        if (t->match < at)
            at = t->match;
        else if (is_opening(acc, at))
            return at;
        else if (token_is(acc, at, ";") || token_is(acc, at, "{"))
            return 0;
    }
    return 0;
}

const char *token_text(struct acc *acc, uint32_t token)
{
    return arena_copy(acc->arena, acc->text + acc->tokens[token].offset, acc->tokens[token].length);
}

/* What `map`, an option OLD=NEW, makes of a name; null if it does not start with OLD. */
static const char *mapped(struct acc *acc, const char *map, const char *name)
{
    const char *equals = strrchr(map, '=');
    size_t length = equals ? (size_t)(equals - map) : 0;
    if (!equals || strncmp(name, map, length) != 0)
        return NULL;
    return arena_format(acc->arena, "%s%s", equals + 1, name + length);
}

const char *recorded_file(struct acc *acc, uint32_t file)
{
    static const char *const options[] = {"-ffile-prefix-map=", "-fmacro-prefix-map="};
    const char *name = acc->files[file].name;
    for (int i = acc->options->clang_argument_count; i-- > 0;) { /* the last one that fits, as in the C compilers */
        const char *argument = acc->options->clang_arguments[i], *found = NULL;
        for (int j = 0; j < 2 && !found; j++)
            if (strncmp(argument, options[j], strlen(options[j])) == 0)
                found = mapped(acc, argument + strlen(options[j]), name);
        if (found)
            return found;
    }
    return name;
}

const char *declare_as(struct acc *acc, const char *declaration, const char *name)
{
    const char *place = strchr(declaration, '@');
    CHECK(place);
    if (strcmp(name, "(*)") == 0 && !place[1]) /* for -Wredundant-parens */
        name = "*";
    return arena_format(acc->arena, "%.*s%s%s", (int)(place - declaration), declaration, name, place + 1);
}

bool has_specifier(const struct acc *acc, const struct node *specifiers, const char *word)
{
    for (uint32_t token = specifiers->first; token <= specifiers->last; token++)
        if (token_is(acc, token, word))
            return true;
    return false;
}

bool is_inline(const struct acc *acc, const struct node *specifiers)
{
    return has_specifier(acc, specifiers, "inline") || has_specifier(acc, specifiers, "__inline") ||
           has_specifier(acc, specifiers, "__inline__");
}

bool mentions(const struct node *node, const struct symbol *symbol)
{
    if (node->kind == NODE_NAME && node->symbol == symbol)
        return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && mentions(node->child[i], symbol))
            return true;
    return false;
}

bool is_expression(const struct node *node)
{
    return (node->kind >= NODE_NAME && node->kind <= NODE_BUILTIN) && node->kind != NODE_GENERIC_ASSOC;
}

struct node *lvalue_base(const struct acc *acc, struct node *node)
{
    for (;; node = node->child[0]) {
        node = node_strip(node);
        bool is_member = node->kind == NODE_MEMBER && token_is(acc, node->op, ".");
        bool is_element = node->kind == NODE_INDEX && node->child[0]->type &&
                          node->child[0]->type->class == TYPE_ARRAY;
        bool is_extension = node->kind == NODE_UNARY && token_is(acc, node->op, "__extension__");
        if (!is_member && !is_element && !is_extension)
            return node;
    }
}

struct type_info *value_type(const struct node *node)
{
    return node->type && node->type->decayed ? node->type->decayed : node->type;
}

bool is_void(const struct node *node)
{
    return node->type && node->type->class == TYPE_VOID;
}

struct symbol *declared(const struct node *declarator)
{
    while (declarator && !declarator->symbol)
        declarator = node_nested(declarator);
    return declarator ? declarator->symbol : NULL;
}

struct symbol *parameter_symbol(const struct node *parameter)
{
    return parameter->count > 1 ? declared(parameter->child[1]) : NULL;
}

struct node *function_derivation(const struct node *declarator)
{
    struct node *derivation = declarator ? node_derivation(declarator) : NULL;
    return derivation && derivation->kind == NODE_FUNCTION ? derivation : NULL;
}

bool may_be_pointer(const struct node *parameter)
{
    const struct node *declarator = parameter->count > 1 ? parameter->child[1] : NULL;
    const struct node *derivation = declarator ? node_derivation(declarator) : NULL;
    const struct node *specifiers = parameter->child[0];
    if (!derivation)
        return specifiers->symbol || specifiers->count; /* a typedef, typeof */
    return derivation->kind == NODE_POINTER || derivation->kind == NODE_ARRAY;
}

const char *uncounted(const struct acc *acc)
{
    return acc->options->coverage ? "__attribute__((no_profile_instrument_function))" : "";
}

bool defines_type(const struct node *specifiers)
{
    for (uint32_t i = 0; i < specifiers->count; i++) {
        const struct node *child = specifiers->child[i];
        if (child && (child->kind == NODE_RECORD || child->kind == NODE_ENUM) && child->has_body)
            return true;
    }
    return false;
}

struct node *declare_apart(struct acc *acc, struct node *specifiers)
{
    for (uint32_t i = 0; i < specifiers->count; i++) {
        struct node *child = specifiers->child[i];
        if (!child || (child->kind != NODE_RECORD && child->kind != NODE_ENUM) || !child->has_body)
            continue;
        struct node *own = node_make(acc, NODE_SPECIFIERS, child->first, child->last, 1, child);
        specifiers->is_apart = own->is_apart = true;
        return build(acc, own, "%0;", node_make(acc, NODE_TYPED, own->first, own->last, 1, own), NULL);
    }
    BUG("these specifiers define no type");
}

bool infers_type(const struct acc *acc, const struct node *specifiers)
{
    static const char *const others[] = {"const", "volatile", "register", "constexpr", "__extension__"};
    bool infers = false, has_type = specifiers->symbol || specifiers->count;
    for (uint32_t token = specifiers->first; token <= specifiers->last; token++) {
        bool is_other = false;
        if (token_is(acc, token, "__auto_type"))
            return true;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            is_other |= token_is(acc, token, others[i]);
        infers |= token_is(acc, token, "auto");
        has_type |= !is_other && !token_is(acc, token, "auto");
    }
    return infers && !has_type;
}

bool declares_children(const struct node *declaration)
{
    if (!declaration || declaration->kind != NODE_DECLARATION || declaration->count < 2)
        return false;
    const struct symbol *symbol = declared(declaration->child[1]->child[0]);
    return symbol && symbol->is_child;
}

bool awaits_children(const struct node *node)
{
    bool has_children = false;
    for (uint32_t i = 0; i < node->count && (node->kind == NODE_BLOCK || node->kind == NODE_FOR); i++)
        has_children |= declares_children(node->child[i]);
    return has_children;
}
