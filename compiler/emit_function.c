/* emit_function.c: prints what an async function becomes in C.
 *
 * From `static async int f(char *s) { ... }` come, in the place of the definition,
 *
 *     struct ac__f__frame { ... };                                     frame.c
 *     static const struct ac__site ac__f__sites[];                     file and line of each await and throw
 *     static const struct ac__function ac__f__function;
 *     static ac_coro(int) f(char *s);                                 makes a frame of its own: the coroutine
 *     static int ac__f__run(struct ac__f__frame *, struct ac__task *, unsigned state, char *s)     the body
 *     static int ac__f__resume(struct ac__frame *, struct ac__task *)  the same for who doesn't know f
 *
 * if f is small and takes nothing but scalars: then it also begins in f itself where that is awaited at once
 * (ac__is_at_once), without a look at states. Else, since the C compiler compiles a body that
 * is entered in two ways almost twice, its body is itself what resumes it:
 *
 *     static int ac__f__run(struct ac__frame *, struct ac__task *)
 *
 * What a body needs at every step is `register`: the C compilers go by that where they do not optimise, and have
 * less to do for it.
 *
 * The body (emit.c) begins with a switch over the state that leads to the labels, and ends with what all its
 * awaits share:
 *
 *     ac__slow:
 *     ac__self->ac__base.state = ac__state;
 *     if (ac__status == AC__SUSPENDED)
 *         return ac__suspended(&ac__self->ac__base, &ac__f__function, ac__child);
 *     ac__child_failed(ac__child, ac__task, &ac__f__function, ac__state);
 *     switch (ac__state) { ... goto <handler>; }
 *
 * or, in a larger function where none of them has a handler, a call that costs the C compiler less:
 *
 *     return ac__pass_on(&ac__self->ac__base, &ac__f__function, ac__status, ac__child);
 */
#include "emit.h"

static bool names_itself(const struct acc *acc, const struct node *body)
{
    for (uint32_t token = body->first; token <= body->last; token++)
        if (emit_is_function_name(acc, token))
            return true;
    return false;
}

static void print_end(struct printer *printer, const struct function *function, const char *status)
{
    print_text(printer, "{");
    if (function->has_frame_vla)
        print_text(printer, function->is_generator ? "ac__stack_release(&ac__self->ac__store, 0);"
                                                   : "ac__stack_release(ac__task, ac__self->ac__mark);");
    if (function->is_generator)
        print_text(printer, "ac__self->ac__base.state = AC__ENDED;");
    print_format(printer, "return %s; }", status);
}

void emit_leave(struct printer *printer, const struct function *function)
{
    if (function->has_frame_vla || function->is_generator)
        print_end(printer, function, "AC__DONE");
    else
        print_text(printer, "return AC__DONE;");
}

static void print_sites(struct printer *printer, const struct function *function)
{
    struct acc *acc = printer->acc;
    print_format(printer, "static const struct ac__site ac__%s__sites[] = {", function->name);
    for (uint32_t i = 0; i < function->site_count; i++) {
        const struct token *token = &acc->tokens[function->sites[i].token];
        print_text(printer, "{");
        print_quoted(printer, recorded_file(acc, token->file));
        print_format(printer, ", %u, %d, %d, %d},", token->line, function->sites[i].is_yield,
                     site_has_child(&function->sites[i]), function->sites[i].frameless != NULL);
    }
    print_text(printer, "};\n");
}

/* Whether an error of any callee does nothing but end the function. */
static bool passes_errors_on(const struct function *function)
{
    if (function->has_frame_vla || function->is_generator)
        return false;
    for (uint32_t i = 1; i < function->site_count; i++) {
        const struct site *site = &function->sites[i];
        if (site->held || (site->is_await && site->handler != function->failed_label))
            return false;
    }
    return true;
}

/* The measurement of coverage goes by the place where a function is first declared, and by the lines of what
 * is inlined: only the user's files have any. */
static void print_counted(struct printer *printer, const struct function *function)
{
    if (!printer->acc->options->coverage)
        return;
    print_attached(printer);
    print_at(printer, function->definition->first);
}

static bool is_coroutine(const struct symbol *parameter)
{
    return parameter && parameter->declarator->type && parameter->declarator->type->awaitable == AWAITABLE_CORO;
}

static bool takes_coroutines(const struct function *function)
{
    for (uint32_t i = 0; i < function->parameters->count; i++)
        if (is_coroutine(parameter_symbol(function->parameters->child[i])))
            return true;
    return false;
}

/* Coroutines are consumed by the call that takes them, also if that never runs. */
static void print_closes(struct printer *printer, const struct function *function, bool are_stored)
{
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        const struct symbol *symbol = parameter_symbol(function->parameters->child[i]);
        if (is_coroutine(symbol))
            print_format(printer, "ac__coro_close((struct ac__frame *)(void *)%s%s);", are_stored ? "ac__self->" : "",
                         are_stored ? slot_of(symbol)->name : symbol->name);
    }
}

static void print_close(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    if (!takes_coroutines(function))
        return;
    print_counted(printer, function);
    print_format(printer, "static void ac__%s__close(struct ac__frame *ac__frame) { struct ac__%s__frame *ac__self = "
                          "(struct ac__%s__frame *)(void *)ac__frame;", name, name, name);
    print_closes(printer, function, true);
    print_text(printer, "}\n");
}

/* Whether the function that users call begins at once where that is awaited. */
static bool begins_at_once(const struct function *function)
{
    return function->symbol->takes_registers && !function->is_main;
}

static void print_description(struct printer *printer, const struct function *function)
{
    const char *name = function->name, *resume = function->symbol->takes_registers ? "resume" : "run";
    print_counted(printer, function);
    print_format(printer,
                 "static int ac__%s__%s(struct ac__frame *ac__frame, struct ac__task *ac__task);\n",
                 name, resume);
    print_format(printer,
                 "static const struct ac__function ac__%s__function = { ac__%s__%s, \"%s\", ac__%s__sites, "
                 "sizeof(struct ac__%s__frame), __alignof__(struct ac__%s__frame), ",
                 name, name, resume, name, name, name, name);
    if (function->returns_void)
        print_text(printer, "0, 0,");
    else
        print_format(printer,
                     "__builtin_offsetof(struct ac__%s__frame, ac__result), "
                     "sizeof(((struct ac__%s__frame *)0)->ac__result),", name, name);
    print_text(printer, takes_coroutines(function) ? arena_format(printer->acc->arena, "ac__%s__close", name) : "0");
    print_format(printer, ", %d, %d, %s, %d };\n", function->is_generator, has_suffix(name, "_aenter"),
                 function->symbol->needs_stack ? "AC__ROOM" : "0", passes_errors_on(function));
}

/* The parameters as they are declared; sizes of variably modified ones are left to the body. */
static void print_parameters(struct printer *printer, const struct function *function, const char *first)
{
    struct node *parameters = function->parameters;
    struct function *inside = printer->function;
    bool any = *first;
    printer->function = NULL;
    print_format(printer, "(%s", first);
    for (uint32_t i = 0; i < parameters->count && !is_void_list(printer->acc, parameters); i++) {
        struct node *parameter = parameters->child[i];
        struct symbol *symbol = parameter_symbol(parameter);
        if (any)
            print_text(printer, ",");
        any = true;
        if (symbol && slot_of(symbol)->is_variable)
            print_format(printer, "const volatile void *%s", symbol->name);
        else
            print_node(printer, parameter);
    }
    print_text(printer, any ? ")" : "void)");
    printer->function = inside;
}

/* Puts the arguments into the frame. */
static void print_stores(struct printer *printer, const struct function *function)
{
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        const struct symbol *symbol = parameter_symbol(function->parameters->child[i]);
        const struct slot *slot = slot_of(symbol);
        if (!symbol)
            continue;
        if (!slot->type || slot->is_aggregate)
            print_format(printer, "__builtin_memcpy(&ac__self->%s, &%s, sizeof %s);", slot->name,
                         symbol->name, symbol->name);
        else
            print_format(printer, "ac__self->%s = %s;", slot->name, symbol->name);
    }
}

static void print_inline_head(struct printer *printer, const struct function *function, const char *what)
{
    print_counted(printer, function);
    print_format(printer, "static __inline __attribute__((always_inline, unused)) void ac__%s__%s",
                 function->name, what);
}

/* For frames that start in state 0. */
static void print_set(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    print_inline_head(printer, function, "set");
    print_parameters(printer, function,
                     arena_format(printer->acc->arena, "struct ac__%s__frame *ac__self", name));
    print_text(printer, "{ ac__self->ac__base.state = 0;");
    print_stores(printer, function);
    print_text(printer, "}\n");
}

/* For an `async for` that embeds the frame. */
static void print_init(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    if (!function->is_generator)
        return;
    print_inline_head(printer, function, "init");
    print_parameters(printer, function,
                     arena_format(printer->acc->arena, "struct ac__%s__frame *ac__self", name));
    print_format(printer, "{ ac__self->ac__base.function = &ac__%s__function; ac__self->ac__base.state = 0;"
                          " ac__self->ac__base.storage = AC__EMBEDDED;", name);
    print_stores(printer, function);
    print_text(printer, "}\n");
}

static void print_directive(struct printer *printer, const char *directive)
{
    buffer_printf(&printer->out, "\n#pragma %s\n", directive);
    printer->file = UINT16_MAX;
    printer->last_token = 0;
}

/* Generated statements stand on the lines of the user's: how those are indented says nothing. */
static void print_pragma(struct printer *printer, const char *words)
{
    if (!printer->readable)
        print_directive(printer, arena_format(printer->acc->arena, "GCC diagnostic %s", words));
}

/* If the function is only ever embedded, gcc -O0 leaves this one out, provided it is static and inline. */
static bool takes_inline(struct acc *acc, const struct function *function)
{
    return function->symbol->is_static && !is_inline(acc, function->specifiers) &&
           !has_attribute(acc, function->symbol, "noinline");
}

/* A parameter that stays outside the frame stands where the user wrote it, for the C compiler's warnings. */
static void print_register_parameters(struct printer *printer, const struct function *function)
{
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        const struct symbol *symbol = parameter_symbol(function->parameters->child[i]);
        if (!symbol)
            continue;
        print_text(printer, ",");
        const char *type = slot_of(symbol)->type;
        if (slot_of(symbol)->place == PLACE_LOCAL)
            print_declaration_at(printer, symbol->token, type, symbol->name);
        else
            print_text(printer, declare_as(printer->acc, type, symbol->name));
    }
}

/* A body of so few tokens costs less than calling it. Larger ones are left to the C compiler: told that they are
 * inline, it takes them into every await of them, and half as long again for it. */
enum { TINY_BODY = 32 };

static bool is_worth_inlining(const struct function *function)
{
    return function->body->last - function->body->first <= TINY_BODY &&
           !has_attribute(function->acc, function->symbol, "noinline");
}

/* The run function of one that takes its arguments. */
static void print_entered_head(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    print_text(printer, is_worth_inlining(function) ? "static __inline" : "static");
    print_code_attributes(printer, function);
    print_format(printer, "int ac__%s__run(register struct ac__%s__frame *const ac__self,"
                          " register struct ac__task *const ac__task, register unsigned ac__state", name, name);
    print_register_parameters(printer, function);
    print_text(printer, ")");
}

static void print_run_head(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    if (function->symbol->takes_registers) {
        print_entered_head(printer, function);
        print_text(printer, "\n{");
        return;
    }
    print_text(printer, "static");
    print_code_attributes(printer, function);
    print_format(printer, "int ac__%s__run(struct ac__frame *ac__frame, register struct ac__task *const ac__task)\n{"
                          "register struct ac__%s__frame *const ac__self = (struct ac__%s__frame *)(void *)ac__frame;"
                          "\nregister unsigned ac__state = ac__frame->state;", name, name, name);
}

static void print_return_made(struct printer *printer, const struct function *function)
{
    print_text(printer, "return __extension__ (");
    print_made_type(printer, function->specifiers, function->declarator);
    print_text(printer, ")ac__self;");
}

/* Calls a tiny body with its arguments at hand; a larger one, which is resumed more often than it is begun, stays in
 * the function that resumes it. */
static void print_begin(struct printer *printer, const struct function *function)
{
    if (!is_worth_inlining(function)) {
        print_text(printer, "ac__self->ac__base.state = 0;");
        print_stores(printer, function);
        print_format(printer, "ac__self->ac__base.storage = AC__BEGUN +"
                              " (unsigned)ac__%s__resume(&ac__self->ac__base, ac__task);", function->name);
        return;
    }
    print_format(printer, "ac__self->ac__base.storage = AC__BEGUN + (unsigned)ac__%s__run(ac__self, ac__task, AC__ENTER",
                 function->name);
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        const struct symbol *symbol = parameter_symbol(function->parameters->child[i]);
        if (symbol)
            print_format(printer, ", %s", symbol->name);
    }
    print_text(printer, ");");
}

/* The usual case of a function that is small: awaited at once, it runs before it returns. */
static void print_at_once(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    if (!begins_at_once(function))
        return;
    print_format(printer, "if (ac__is_at_once(__extension__ (const void *)%s, sizeof *ac__self,"
                          " __alignof__(struct ac__%s__frame), %d)) { struct ac__task *ac__task = ac__thread.task;"
                          " ac__self = (struct ac__%s__frame *)(void *)ac__frame_begin(ac__task, sizeof *ac__self,"
                          " __alignof__(struct ac__%s__frame));",
                 function->outer, name, function->symbol->needs_stack, name, name);
    print_begin(printer, function);
    print_return_made(printer, function);
    print_text(printer, "}");
}

/* The function that users call: attributes and linkage as they wrote them. */
static void print_outer(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    struct function *inside = printer->function;
    printer->function = NULL;
    print_pragma(printer, "push");
    print_pragma(printer, "ignored \"-Wshadow\""); /* warn_seen.c */
    if (has_attribute(printer->acc, function->symbol, "deprecated"))
        print_pragma(printer, "ignored \"-Wdeprecated-declarations\""); /* it names itself */
    print_at(printer, function->definition->first);
    bool is_private = function->is_main && !function->symbol->previous && !function->symbol->is_static;
    const char *more = is_private ? "static"
                       : takes_inline(printer->acc, function) ? "__inline __attribute__((unused))"
                       : "__attribute__((unused))";
    printer->more_storage = arena_format(printer->acc->arena, "%s %s", more, uncounted(printer->acc));
    print_declaration_of(printer, function->specifiers, function->declarator,
                         function->is_main ? function->outer : NULL);
    printer->function = inside;
    print_hidden(printer, true); /* an inline function that is not static had better not use static ones */
    print_format(printer, "{ struct ac__%s__frame *ac__self;", name);
    print_at_once(printer, function);
    print_format(printer, "ac__self = (struct ac__%s__frame *)(void *)ac__frame_new(&ac__%s__function,"
                          " __extension__ (const void *)%s); if (ac__self) {",
                 name, name, function->outer);
    print_stores(printer, function);
    if (takes_coroutines(function)) {
        print_text(printer, "} else {");
        print_closes(printer, function, false);
    }
    print_text(printer, "}");
    print_return_made(printer, function);
    print_text(printer, "}\n");
    print_hidden(printer, false);
    print_pragma(printer, "pop");
}

static uint32_t await_count(const struct function *function)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < function->site_count; i++)
        count += function->sites[i].is_await;
    return count;
}

static bool has_children(const struct function *function)
{
    for (uint32_t i = 1; i < function->site_count; i++)
        if (site_has_child(&function->sites[i]))
            return true;
    return false;
}

/* Whether anything leads to the code that all awaits share. An await that needs no frame does so only if it
 * can come back with an error. */
static bool has_slow_path(const struct function *function)
{
    bool takes_errors = !passes_errors_on(function), any = false;
    for (uint32_t i = 1; i < function->site_count; i++)
        any |= function->sites[i].is_await && (takes_errors || !function->sites[i].frameless);
    return any;
}

/* What the C compiler may not find uninitialised where the body goes on behind an await. */
static void print_local_parameter(struct printer *printer, const struct symbol *symbol)
{
    print_hidden(printer, false);
    print_declaration_at(printer, symbol->token, slot_of(symbol)->type, symbol->name);
    print_text(printer, " = 0;");
    print_hidden(printer, true);
}

/* Takes out of the frame the arguments that waited there for the body to start. */
static void print_entry(struct printer *printer, const struct function *function)
{
    bool takes_registers = function->symbol->takes_registers;
    for (uint32_t i = 0; i < function->parameters->count && function->has_plain_parameters; i++) {
        const struct symbol *symbol = parameter_symbol(function->parameters->child[i]);
        bool is_local = symbol && slot_of(symbol)->place == PLACE_LOCAL;
        if (is_local && !takes_registers)
            print_local_parameter(printer, symbol);
        if (is_local && symbol->use == USE_VALUE) /* else it stays unused */
            print_format(printer, "\nif (ac__state == 0) %s = ac__self->%s;", symbol->name, symbol->name);
        if (is_local && (symbol->use == USE_NAME || mentions(function->parameters, symbol)))
            print_format(printer, "(void)%s;", symbol->name); /* the size of an array that is a pointer */
    }
}

/* Puts the C arguments where they belong. Who is resumed has left for its await before. */
static void print_arguments(struct printer *printer, const struct function *function)
{
    for (uint32_t i = 0; i < function->parameters->count && function->has_plain_parameters; i++) {
        const struct symbol *symbol = parameter_symbol(function->parameters->child[i]);
        if (function->symbol->takes_registers && symbol && slot_of(symbol)->place != PLACE_LOCAL)
            print_format(printer, "\nif (ac__state == AC__ENTER) ac__self->%s = %s;", slot_of(symbol)->name,
                         symbol->name);
    }
}

static void print_cases(struct printer *printer, const struct function *function, bool awaits)
{
    print_text(printer, "\nswitch (ac__state) {");
    for (uint32_t i = 1; i < function->site_count; i++)
        if (awaits ? function->sites[i].is_await : function->sites[i].is_yield || function->sites[i].is_close)
            print_format(printer, "case %u: goto ac__L%u;", i, i);
}

static void print_resumption_states(struct printer *printer, const struct function *function, bool awaits)
{
    print_text(printer, function->symbol->takes_registers ? "\nif ((int)ac__state > 0) {"
                                                          : "\nif (ac__state != 0) {");
    if (function->is_generator) {
        print_cases(printer, function, false);
        print_text(printer, awaits ? "default: break; }" : "default: __builtin_unreachable(); }");
    }
    bool takes_errors = awaits && !passes_errors_on(function); /* else nobody comes back with one: loop.c */
    if (has_children(function) || takes_errors)
        print_text(printer, "ac__child = ac__task->innermost;");
    if (awaits) {
        if (takes_errors)
            print_text(printer, "\nac__status = ac__task->status; if (__builtin_expect(ac__status, 0)) goto ac__slow;");
        print_cases(printer, function, true);
        print_text(printer, "default: __builtin_unreachable(); }");
    }
    print_text(printer, "}");
}

static void print_states(struct printer *printer, const struct function *function)
{
    bool awaits = await_count(function);
    print_entry(printer, function);
    if (awaits || function->is_generator)
        print_resumption_states(printer, function, awaits);
    print_arguments(printer, function);
}

/* The handler that most awaits have is the default. */
static const char *commonest_handler(const struct function *function)
{
    const char *commonest = NULL;
    uint32_t most = 0;
    for (uint32_t i = 1; i < function->site_count; i++) {
        uint32_t count = 0;
        for (uint32_t k = 1; k < function->site_count; k++)
            count += function->sites[k].is_await && function->sites[k].handler == function->sites[i].handler;
        if (function->sites[i].is_await && count > most) {
            commonest = function->sites[i].handler;
            most = count;
        }
    }
    return commonest;
}

/* Gives back the generators that an error leaves behind. */
static void print_releases(struct printer *printer, const struct function *function)
{
    bool any = false;
    for (uint32_t i = 1; i < function->site_count; i++) {
        const struct site *site = &function->sites[i];
        if (!site->held)
            continue;
        print_text(printer, any ? "" : "\nswitch (ac__state) {");
        print_format(printer, "case %u: ac__frame_release_slowly(ac__self->%s, ac__task); break;", i,
                     slot_of(site->held)->name);
        any = true;
    }
    print_text(printer, any ? "default: break; }" : "");
}

static void print_handlers(struct printer *printer, const struct function *function, const char *commonest)
{
    bool any = false;
    for (uint32_t i = 1; i < function->site_count; i++) {
        if (!function->sites[i].is_await || function->sites[i].handler == commonest)
            continue;
        print_text(printer, any ? "" : "\nswitch (ac__state) {");
        print_format(printer, "case %u: goto %s;", i, function->sites[i].handler);
        any = true;
    }
    print_text(printer, any ? "default: break; }" : "");
    print_format(printer, "goto %s;", commonest);
}

/* What all awaits share: the way out and the way to the handlers. */
static void print_slow_path(struct printer *printer, const struct function *function)
{
    const char *name = function->name, *commonest = commonest_handler(function);
    if (!has_slow_path(function))
        return;
    print_text(printer, "\nac__slow: ac__self->ac__base.state = ac__state;\n");
    if (passes_errors_on(function) && !function->symbol->takes_registers) {
        print_format(printer, "return ac__pass_on(&ac__self->ac__base, &ac__%s__function, ac__status, ac__child);",
                     name);
        return;
    }
    print_format(printer, "if (__builtin_expect(ac__status == AC__SUSPENDED, 1))"
                          " return ac__suspended(&ac__self->ac__base, &ac__%s__function, ac__child);", name);
    print_releases(printer, function);
    print_format(printer, "\nac__%s(%sac__task, &ac__%s__function, ac__state);",
                 has_children(function) ? "child_failed" : "trace",
                 has_children(function) ? "ac__child, " : "", name); /* a child that nothing asks for takes no register */
    print_handlers(printer, function, commonest);
}

/* The arguments are in the frame: nobody enters here. Saying so spares the C compiler the code for it. */
static void print_resume(struct printer *printer, const struct function *function)
{
    const char *name = function->name;
    if (!function->symbol->takes_registers)
        return;
    print_format(printer, "static %s int ac__%s__resume(struct ac__frame *ac__frame, struct ac__task *ac__task)\n{"
                          "if (%s) __builtin_unreachable();\n"
                          "return ac__%s__run((struct ac__%s__frame *)(void *)ac__frame, ac__task, ac__frame->state",
                 uncounted(printer->acc), name,
                 await_count(function) ? "(int)ac__frame->state < 0" : "ac__frame->state != 0", name, name);
    for (uint32_t i = 0; i < function->parameters->count; i++)
        print_text(printer, parameter_symbol(function->parameters->child[i]) ? ", 0" : "");
    print_text(printer, "); }\n");
}

static void print_run(struct printer *printer, struct function *function)
{
    const char *name = function->name;
    print_pragma(printer, "push");
    print_pragma(printer, "ignored \"-Wmisleading-indentation\"");
    print_pragma(printer, "ignored \"-Wdeprecated-declarations\""); /* warn_seen.c; these, too: */
    print_pragma(printer, "ignored \"-Wdeclaration-after-statement\"");
    print_pragma(printer, "ignored \"-Wunused-local-typedefs\"");
    print_pragma(printer, "ignored \"-Wdangling-else\"");
    print_pragma(printer, "ignored \"-Wvla\"");
    print_pragma(printer, "ignored \"-Wshadow\"");
    print_at(printer, function->definition->first); /* the pragmas have lines of their own */
    print_run_head(printer, function);
    if (names_itself(printer->acc, function->body))
        print_format(printer, "\nstatic const char ac__function_name[] = \"%s\";", name);
    print_hidden(printer, true);
    print_text(printer, "(void)ac__self; (void)ac__task; (void)ac__state;");
    if (has_slow_path(function))
        print_format(printer, "\nregister int ac__status;\nregister struct ac__frame *ac__child%s;",
                     has_children(function) ? " = 0" : "");
    print_states(printer, function);
    if (function->is_main)
        print_text(printer, "ac__self->ac__result = 0;");
    if (function->has_frame_vla)
        print_text(printer, function->is_generator ? "ac__self->ac__store = (struct ac__task){0};"
                                                   : "ac__self->ac__mark = ac__task->top;");
    if (function->yields_in_undo)
        print_text(printer, "ac__self->ac__is_closing = 0;");
    print_hidden(printer, false);
    print_node(printer, function->body);
    print_text(printer, "\n");
    print_hidden(printer, true);
    emit_leave(printer, function);
    print_slow_path(printer, function);
    if (function->is_failing) {
        print_format(printer, "\n%s: __attribute__((unused));", function->failed_label);
        print_end(printer, function, "AC__FAILED");
    }
    print_hidden(printer, false); /* gcc warns of labels at the brace */
    print_text(printer, "\n}\n");
    print_pragma(printer, "pop");
}

static void print_c_main(struct printer *printer, const struct function *function)
{
    if (!function->is_main)
        return;
    print_format(printer, "%s int main", uncounted(printer->acc));
    print_parameters(printer, function, "");
    print_format(printer, "{ return ac__main(__extension__ (struct ac__frame *)%s(", function->outer);
    const char *separator = "";
    for (uint32_t i = 0; i < function->parameters->count; i++) {
        const struct symbol *symbol = parameter_symbol(function->parameters->child[i]);
        if (symbol)
            print_format(printer, "%s%s", separator, symbol->name);
        separator = ", ";
    }
    print_text(printer, ")); }\n");
}

void emit_function(struct printer *printer, struct function *function)
{
    printer->function = function;
    print_at(printer, function->definition->first);
    if (defines_type(function->specifiers)) {
        print_specifiers(printer, function->specifiers, SPECIFIER_TYPE);
        print_text(printer, ";");
    }
    print_detached(printer);
    print_pragma(printer, "push");
    print_pragma(printer, "ignored \"-Wdeprecated-declarations\""); /* clang speaks of a system header's types, too */
    bool is_packed = printer->acc->packs_structures;
    if (is_packed) { /* which is for the structures of the user's */
        print_directive(printer, "pack(push)");
        print_directive(printer, "pack()");
    }
    for (uint32_t i = 0; i < function->prelude_count; i++)
        print_text(printer, function->prelude[i]);
    frame_print(printer);
    if (is_packed)
        print_directive(printer, "pack(pop)");
    print_sites(printer, function);
    print_close(printer, function);
    print_description(printer, function);
    if (begins_at_once(function) && is_worth_inlining(function)) {
        print_entered_head(printer, function);
        print_text(printer, ";\n");
    }
    print_set(printer, function);
    print_init(printer, function);
    print_pragma(printer, "pop");
    print_attached(printer);
    print_outer(printer, function);
    print_run(printer, function);
    print_detached(printer);
    print_resume(printer, function);
    print_c_main(printer, function);
    print_attached(printer);
    function->symbol->is_embeddable = true;
    printer->function = NULL;
}
