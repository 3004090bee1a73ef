/* shadow_with.c: the shadow of `async with`.
 *
 *     async T N_aenter(N *x);       ->  typedef N *ac__enters_1;  typedef T ac__entered_1;
 *                                       in front of the next async definition
 *     async with (T *x = e) S       ->  { auto ac__with = (e);  T *x = <what entering ac__with gives>;  S }
 *     async with (e) S              ->  { (void)(e);  S }
 *
 * Which N_aenter it is depends on the type of e, which is not known yet: _Generic finds it.
 * Without one the operand itself is bound, or the address of a record, if it is a pointer that
 * it initialises.
 */
#include "shadow.h"

/* The only parameter, if it is declared as a pointer. */
static struct node *operand_of(const struct symbol *enter)
{
    const struct node *derivation = function_derivation(enter->declarator);
    struct node *parameter = derivation && derivation->count == 1 ? derivation->child[0] : NULL;
    const struct node *declarator = parameter && parameter->count > 1 ? parameter->child[1] : NULL;
    bool is_pointer = declarator && declarator->count && declarator->child[0] &&
                      declarator->child[0]->kind == NODE_POINTER;
    return is_pointer ? parameter : NULL;
}

void shadow_enters(struct printer *printer, uint32_t before)
{
    const struct acc *acc = printer->acc;
    struct shadow *shadow = printer->shadow;
    for (; shadow->enter_count < acc->enter_count; shadow->enter_count++) {
        const struct symbol *enter = acc->enters[shadow->enter_count];
        if (enter->token >= before)
            return;
        struct node *operand = operand_of(enter);
        if (!operand)
            continue;
        print_text(printer, "typedef");
        print_declaration_of(printer, operand->child[0], operand->child[1],
                             arena_format(acc->arena, "ac__enters_%u", shadow->enter_count));
        print_format(printer, "; typedef __typeof__((%s((ac__enters_%u)0))(0)) ac__entered_%u;", enter->name,
                     shadow->enter_count, shadow->enter_count);
    }
}

/* An expression of the type of what is bound. */
static void print_entered(struct printer *printer, const char *with, const char *name)
{
    const struct acc *acc = printer->acc;
    uint32_t count = 0;
    print_text(printer, "(");
    for (uint32_t i = 0; i < printer->shadow->enter_count; i++) {
        if (!operand_of(acc->enters[i]))
            continue;
        shadow_choose(printer, with, arena_format(acc->arena, "ac__enters_%u", i),
                      arena_format(acc->arena, "ac__entered_%u", i));
        count += 2;
    }
    print_format(printer, "(__typeof__(__builtin_choose_expr(__builtin_classify_type(%s) == 5 &&"
                          " __builtin_classify_type(%s) == 12, (__typeof__(%s) *)0, %s)) (*)(void *))0",
                 name, with, with, with);
    while (count--)
        print_text(printer, ")");
    print_text(printer, ")(0);");
}

static void print_item(struct printer *printer, struct node *item)
{
    struct node *declaration = item->count > 1 ? item->child[0] : NULL,
                *operand = item->child[item->count - 1];
    const struct symbol *symbol = declaration ? declared(declaration->child[1]->child[0]) : NULL;
    printer->near = operand->first;
    if (!symbol) {
        print_text(printer, "(void)(");
        print_node(printer, operand);
        print_text(printer, ");");
        return;
    }
    const char *with = arena_format(printer->acc->arena, "ac__with_%u", symbol->token);
    print_format(printer, "__auto_type %s = (", with);
    print_node(printer, operand);
    print_text(printer, ");");
    print_declaration_of(printer, declaration->child[0], declaration->child[1]->child[0], NULL);
    print_text(printer, "=");
    print_entered(printer, with, symbol->name);
}

void shadow_with(struct printer *printer, struct node *node)
{
    print_text(printer, "{");
    for (uint32_t i = 0; i + 1 < node->count; i++)
        print_item(printer, node->child[i]);
    print_node(printer, node->child[node->count - 1]);
    print_text(printer, "}");
}
