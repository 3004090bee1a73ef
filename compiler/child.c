/* child.c: where a scoped child lives and how it is started.
 *
 *     async int x = g(1);    ->    ac__self->x_1 = (ac__g__set(&ac__self->ac__child_x_1.frame, 1),
 *                                                   ac__scoped_embedded(&ac__self->ac__child_x_1.frame.ac__base,
 *                                                                       &ac__g__function, "f.ac:3"));
 *
 * if g is defined above in the same file: the child is a member beside its handle. Any other
 * coroutine has a block of its own and is handed over: ac__scoped_spawned. desugar.c says when a
 * child ends.
 */
#include "lower.h"

/* What abi.h says of ac__scoped_embedded. */
void print_child_slot(struct printer *printer, const struct slot *slot)
{
    struct acc *acc = printer->acc;
    const char *frame = arena_format(acc->arena, "struct ac__%s__frame", slot->callee->name);
    const char *alignment = arena_format(acc->arena, "__alignof__(%s)", frame);
    print_format(printer, "\nstruct { char front[(sizeof(struct ac__own) + sizeof(struct ac__task) + %s - 1) / %s * %s]"
                          " __attribute__((aligned(%s)));", alignment, alignment, alignment, alignment);
    print_format(printer, "%s frame; %s} ac__child_%s;", frame,
                 slot->callee->needs_stack ? "char room[AC__ROOM]; " : "", slot->name);
}

static void print_origin(struct printer *printer, const struct symbol *child)
{
    struct acc *acc = printer->acc;
    const struct token *token = &acc->tokens[child->token];
    print_quoted(printer, arena_format(acc->arena, "%s:%u", recorded_file(acc, token->file), token->line));
    print_text(printer, ")");
}

static void print_handle_type(struct printer *printer, const struct slot *slot)
{
    if (slot->type)
        print_format(printer, "(__typeof__(ac__self->%s))", slot->name);
    else
        print_format(printer, "(%s)", slot->view);
}

/* Starts a scoped child: its frame lies in this one, or it is a coroutine like any. */
void print_start(struct printer *printer, struct node *node)
{
    const struct slot *slot = slot_of(node->symbol);
    struct node *operand = node->child[0], *call = node_strip(operand);
    print_text(printer, "__extension__");
    if (!slot->callee) {
        print_handle_type(printer, slot);
        print_text(printer, "ac__scoped_spawned(__extension__ (struct ac__frame *)(void *)(");
        print_node(printer, operand);
        print_text(printer, "), ");
        print_origin(printer, node->symbol);
        return;
    }
    print_format(printer, "(ac__%s__set(&ac__self->ac__child_%s.frame", slot->callee->name, slot->name);
    for (uint32_t i = 1; i < call->count; i++) {
        print_text(printer, ",");
        print_node(printer, call->child[i]);
    }
    print_text(printer, "),");
    print_handle_type(printer, slot);
    print_format(printer,
                 "ac__scoped_embedded(&ac__self->ac__child_%s.frame.ac__base, &ac__%s__function, ",
                 slot->name, slot->callee->name);
    print_origin(printer, node->symbol);
    print_text(printer, ")");
}
