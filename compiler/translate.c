/* translate.c: the whole way of one file, pass by pass. */
#include "check.h"
#include "emit.h"

#include <string.h>

struct pass {
    const char *name;
    void (*run)(struct function *function);
};

/* In order; --stop-after takes these names. */
static const struct pass passes[] = {
    {"unevaluated", unevaluated}, {"places", places},   {"desugar", desugar},
    {"hoist", hoist},             {"declare", declare}, {"regions", regions},
};

bool translate_has_pass(const char *name)
{
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        if (strcmp(passes[i].name, name) == 0)
            return true;
    return strcmp(name, "parse") == 0 || strcmp(name, "shadow") == 0;
}

static struct function *new_function(struct acc *acc, struct node *definition)
{
    struct function *function = arena_allocate(acc->arena, sizeof *function);
    function->acc = acc;
    function->definition = definition;
    function->specifiers = definition->child[0];
    function->declarator = definition->child[1];
    function->symbol = declared(function->declarator);
    function->name = function->symbol->name;
    function->is_generator = function->specifiers->op;
    function->is_main = strcmp(function->name, "main") == 0;
    function->outer = function->is_main ? "ac__user_main" : function->name;
    function->parameters = function_derivation(function->declarator);
    function->body = definition->child[definition->count - 1];
    function->result = definition->type ? definition->type->result : NULL;
    function->returns_void = !function->result || function->result->class == TYPE_VOID;
    CHECK(function->parameters);
    build_site(function, definition->first);
    aliases(function);
    combine_prepare(acc, function->body, &function->prelude, &function->prelude_count);
    return function;
}

static void lower_function(struct printer *printer, struct node *definition)
{
    struct acc *acc = printer->acc;
    struct function *function = new_function(acc, definition);
    const char *stop = acc->options->stop_after;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        passes[i].run(function);
        if (stop && strcmp(stop, passes[i].name) == 0) {
            stage_print(printer, function);
            return;
        }
    }
    emit_function(printer, function);
}

static void print_plain_item(struct printer *printer, struct node *item)
{
    const char **prelude = NULL;
    uint32_t count = 0;
    combine_prepare(printer->acc, item, &prelude, &count);
    for (uint32_t i = 0; i < count; i++)
        print_text(printer, prelude[i]);
    print_node(printer, item);
}

static void print_item(struct printer *printer, struct node *item)
{
    if (is_async_definition(item))
        lower_function(printer, item);
    else if (!printer->readable)
        print_plain_item(printer, item);
}

static void print_unit(struct printer *printer)
{
    const struct acc *acc = printer->acc;
    uint32_t at = 1;
    for (uint32_t i = 0; i < acc->item_count; i++) {
        if (!printer->readable)
            print_raw_with_macro_values(printer, at, acc->items[i]->first);
        print_item(printer, acc->items[i]);
        at = acc->items[i]->last + 1;
    }
    if (!printer->readable)
        print_raw_with_macro_values(printer, at, acc->token_count - 1);
    buffer_puts(&printer->out, "\n");
}

static const char *print_lowered(struct acc *acc)
{
    struct printer printer = {.acc = acc, .special = emit_special, .file = UINT16_MAX,
                              .print_typedef = emit_typedef};
    printer.readable = acc->options->emit_c || acc->options->stop_after;
    if (!printer.readable) {
        buffer_puts(&printer.out, "# 1 ");
        buffer_add_quoted(&printer.out, acc->input_name);
        buffer_puts(&printer.out, "\n");
    }
    print_unit(&printer);
    const char *text = arena_copy(acc->arena, printer.out.text, printer.out.length);
    buffer_free(&printer.out);
    return printer.readable ? tidy(acc, text) : nest_files(acc, text);
}

/* The trees of what holds something of the dialect. */
static const char *dump_tree(struct acc *acc)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < acc->item_count; i++)
        if (acc->items[i]->has_dialect)
            node_dump(acc, acc->items[i], 0, &out);
    const char *text = arena_copy(acc->arena, out.text ? out.text : "", out.length);
    buffer_free(&out);
    return text;
}

static bool stops_after(const struct acc *acc, const char *step)
{
    return acc->options->stop_after && strcmp(acc->options->stop_after, step) == 0;
}

const char *translate(struct acc *acc)
{
    scan(acc);
    bool parsed = parse(acc);
    if (parsed && !acc->has_dialect)
        return NULL;
    drop_pragmas(acc);
    if (!parsed) {
        if (error_count(acc) == 0)
            report_syntax(acc);
        return NULL;
    }
    if (stops_after(acc, "parse"))
        return dump_tree(acc);
    if (!check_tree(acc))
        return NULL;
    drop_unmentioned(acc);
    struct shadow *shadow = shadow_print(acc);
    if (stops_after(acc, "shadow"))
        return shadow->text;
    report_hold(acc);
    bool is_c = meaning(acc, shadow), is_good = check_types(acc) && is_c;
    if (is_c)
        check_warnings(acc);
    const char *lowered = is_good ? print_lowered(acc) : NULL;
    report_seen_of_frames(acc);
    report_release(acc);
    return lowered;
}
