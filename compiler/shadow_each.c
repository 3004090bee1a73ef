/* shadow_each.c: the shadow of `async for`.
 *
 *     async bool N_anext(N *x, U *out);   ->  typedef N *ac__over_1;  typedef U ac__item_1;      in front of the next
 *                                                                                                async definition
 *     async for (T x : e) S               ->  { auto ac__each = (e);
 *                                               while (maybe) { T x = <item of ac__each>;  S } }
 *
 * What the items are depends on the type of e, which is not known yet: _Generic finds out
 * whether e is what one of the N_anext takes. What is left must be a typed handle (ac_gen(T),
 * ac_queue(T), ...), which is called to get at its T. So an error in what this file prints means
 * that there is no way to iterate over e (complaints.c).
 */
#include "shadow.h"

#include <string.h>

static struct node *parameter_of(const struct symbol *function, uint32_t index)
{
    const struct node *derivation = function_derivation(function->declarator);
    return derivation && derivation->count == 2 && index < 2 ? derivation->child[index] : NULL;
}

static void print_parameter_type(struct printer *printer, const struct symbol *function, uint32_t index)
{
    struct node *parameter = parameter_of(function, index);
    print_text(printer, "__typeof__(");
    print_declaration_of(printer, parameter->child[0], parameter->count > 1 ? parameter->child[1] : NULL, "");
    print_text(printer, ")");
}

/* Whether `N_anext` is named for a type N. */
static bool iterates(const struct acc *acc, const struct symbol *function)
{
    const char *name = arena_intern(acc->arena, function->name, strlen(function->name) - strlen("_anext"));
    const struct node *item = parameter_of(function, 1);
    return item && may_be_pointer(item) && is_file_type(acc, name);
}

void shadow_iterators(struct printer *printer, uint32_t before)
{
    const struct acc *acc = printer->acc;
    struct shadow *shadow = printer->shadow;
    for (; shadow->iterator_count < acc->iterator_count; shadow->iterator_count++) {
        const struct symbol *function = acc->iterators[shadow->iterator_count];
        if (function->token >= before)
            return;
        if (!iterates(acc, function))
            continue;
        print_text(printer, "typedef");
        print_parameter_type(printer, function, 0);
        print_format(printer, "ac__over_%u; typedef __typeof__(**(", shadow->iterator_count);
        print_parameter_type(printer, function, 1);
        print_format(printer, "*)0) ac__item_%u;", shadow->iterator_count);
    }
}

static void print_pointer_to(struct printer *printer, const char *qualifier, const char *name)
{
    print_format(printer,
                 "_Generic((%s __typeof__(*__builtin_choose_expr(__builtin_classify_type(%s) == 5, %s, &%s)) *)0",
                 qualifier, name, name, name);
}

/* An N may be handed to who takes a const N *, not the other way round. */
void shadow_choose(struct printer *printer, const char *name, const char *pointer, const char *result)
{
    print_pointer_to(printer, "", name);
    print_format(printer, ", %s: (%s (*)(void *))0, default:", pointer, result);
    print_pointer_to(printer, "const", name);
    print_format(printer, ", %s: (%s (*)(void *))0, default:", pointer, result);
}

/* An expression of the items' type: by N_anext, or T of a typed handle, which is called to get at it. */
static void print_item_of_each(struct printer *printer)
{
    const struct acc *acc = printer->acc;
    uint32_t count = 0;
    print_text(printer, "(");
    for (uint32_t i = 0; i < printer->shadow->iterator_count; i++) {
        if (!iterates(acc, acc->iterators[i]))
            continue;
        shadow_choose(printer, "ac__each", arena_format(acc->arena, "ac__over_%u", i),
                      arena_format(acc->arena, "ac__item_%u", i));
        count += 2;
    }
    print_text(printer, "ac__each");
    while (count--)
        print_text(printer, ")");
    print_text(printer, ")(0)");
}

void shadow_each(struct printer *printer, struct node *node)
{
    struct node *declaration = node->child[0], *operand = node->child[1];
    struct shadow *shadow = printer->shadow;
    uint32_t mark;
    print_text(printer, "{");
    printer->near = operand->first;
    mark = shadow->piece_count;
    print_text(printer, "__auto_type ac__each = (");
    uint32_t start = shadow_offset_since(printer, mark);
    print_node(printer, operand);
    print_text(printer, "); while (ac__maybe()) {");
    print_declaration_of(printer, declaration->child[0], declaration->child[1]->child[0], NULL);
    printer->near = operand->first;
    print_text(printer, "=");
    mark = shadow->piece_count;
    print_item_of_each(printer);
    shadow_ask(printer, node, shadow_offset_since(printer, mark), (uint32_t)printer->out.length, false);
    struct shadow_query *header = ARENA_PUSH(printer->acc->arena, shadow->headers, shadow->header_count);
    *header = (struct shadow_query){start, (uint32_t)printer->out.length, node, false};
    print_text(printer, ";");
    print_node(printer, node->child[2]);
    print_text(printer, "} }");
}
