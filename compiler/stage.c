/* stage.c: prints a function as it stands between two passes, in the dialect's own words (--stop-after). */
#include "lower.h"

static void print_clauses(struct printer *printer, struct node *node)
{
    print_text(printer, "try");
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            print_node(printer, node->child[i]);
}

static void print_catch(struct printer *printer, struct node *node)
{
    print_text(printer, "catch");
    if (node->symbol || node->count > 1) {
        print_format(printer, "(%s", node->symbol ? node->symbol->name : "");
        for (uint32_t i = 0; i + 1 < node->count; i++) {
            print_text(printer, i ? "," : ":");
            print_node(printer, node->child[i]);
        }
        print_text(printer, ")");
    }
    print_node(printer, node->child[node->count - 1]);
}

static void print_await_statement(struct printer *printer, struct node *node)
{
    print_text(printer, "\n");
    if (node->count > 1) {
        print_node(printer, node->child[1]);
        print_text(printer, "=");
    }
    print_text(printer, "await");
    print_node(printer, node->child[0]);
    print_text(printer, ";");
}

static void print_step(struct printer *printer, struct node *node, const char *step)
{
    bool makes = node->kind == NODE_GENERATOR_MAKE;
    print_text(printer, makes ? "\n" : "\nawait");
    if (!makes)
        print_format(printer, "%s(", step);
    print_node(printer, node->child[0]);
    if (makes) {
        print_text(printer, "=");
        print_node(printer, node->child[1]);
    }
    print_text(printer, makes ? ";" : ");");
}

/* The value has been stored. */
static void print_yield(struct printer *printer, struct node *node)
{
    print_text(printer, "yield; if (ac__is_closed)");
    print_node(printer, node->child[0]);
}

static bool stage_special(struct printer *printer, struct node *node)
{
    switch (node->kind) {
    case NODE_TRY: print_clauses(printer, node); return true;
    case NODE_CATCH: print_catch(printer, node); return true;
    case NODE_FINALLY:
        print_text(printer, "finally");
        print_node(printer, node->child[0]);
        return true;
    case NODE_AWAIT:
        print_text(printer, "await");
        print_node(printer, node->child[0]);
        return true;
    case NODE_START:
        print_text(printer, "ac__start(");
        print_node(printer, node->child[0]);
        print_text(printer, ")");
        return true;
    case NODE_AWAIT_STATEMENT: print_await_statement(printer, node); return true;
    case NODE_GENERATOR_MAKE: print_step(printer, node, ""); return true;
    case NODE_GENERATOR_NEXT: print_step(printer, node, "ac__next"); return true;
    case NODE_GENERATOR_CLOSE: print_step(printer, node, "ac__close"); return true;
    case NODE_YIELD_POINT: print_yield(printer, node); return true;
    case NODE_PENDING_ERROR: print_text(printer, "ac__pending_error"); return true;
    case NODE_SWALLOW_ERROR: print_text(printer, "ac__swallow_error;"); return true;
    case NODE_JUMP_FAILED: print_text(printer, "goto ac__failed;"); return true;
    case NODE_CALL: return node->is_generated && emit_special(printer, node);
    default: return emit_special(printer, node);
    }
}

void stage_print(struct printer *printer, struct function *function)
{
    printer->special = stage_special;
    printer->function = function;
    print_tokens(printer, function->definition->first, function->body->first - 1);
    print_node(printer, function->body);
    print_text(printer, "\n\n");
    printer->function = NULL;
}
