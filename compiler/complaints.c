/* complaints.c: says what clang holds against the shadow, at the user's tokens and in the user's words.
 *
 * What stands for a construct of the dialect goes wrong where that construct does: then the
 * message is acc's own.
 */
#include "clang.h"
#include "origin.h"

#include <string.h>

/* The await whose call lies at this offset. Its operand is the query that ends where the call
 * begins: shadow.c prints ((operand)(0)) for an await. */
static struct node *await_at(const struct reading *reading, uint32_t offset)
{
    const struct shadow_query *best = NULL;
    for (uint32_t i = 0; i < reading->shadow->query_count; i++) {
        const struct shadow_query *query = &reading->shadow->queries[i];
        if (query->node->kind == NODE_AWAIT && query->start <= offset && offset < query->end &&
            (!best || query->end - query->start < best->end - best->start))
            best = query;
    }
    for (uint32_t i = 0; best && i < reading->shadow->query_count; i++) {
        const struct shadow_query *query = &reading->shadow->queries[i];
        if (query->node == best->node->child[0] && offset >= query->end)
            return best->node;
    }
    return NULL;
}

static bool has_error_in(const struct reading *reading, const struct node *node)
{
    for (uint32_t i = 0; i < reading->found_count; i++)
        if (reading->found[i].token >= node->first && reading->found[i].token <= node->last)
            return true;
    return false;
}

/* The call that stands for an await is in error, so its operand, if it has a type at all, is not
 * awaitable. */
static bool report_await(struct reading *reading, uint32_t offset)
{
    const struct shadow_piece *piece = piece_at(reading->shadow, offset);
    struct node *await = piece && !piece->token ? await_at(reading, offset) : NULL;
    if (!await)
        return false;
    if (has_error_in(reading, await->child[0]))
        return true;
    read_types(reading);
    report(reading->acc, MESSAGE_NOT_AWAITABLE, await->first,
           await->child[0]->type->spelling);
    return true;
}

/* So does the initialiser of a scoped child. */
static bool report_start(struct reading *reading, uint32_t offset)
{
    const struct shadow *shadow = reading->shadow;
    const struct shadow_piece *piece = piece_at(shadow, offset);
    for (uint32_t i = 0; piece && !piece->token && i < shadow->start_count; i++) {
        const struct shadow_start *start = &shadow->starts[i];
        if (offset < start->start || offset >= start->end)
            continue;
        read_types(reading);
        const struct type_info *type = start->value->type;
        if (type->class == TYPE_UNKNOWN || type->awaitable != AWAITABLE_NOT)
            return false;
        report(reading->acc, MESSAGE_CHILD_OPERAND, start->value->first, start->child->name, type->spelling);
        return true;
    }
    return false;
}

/* What stands for the items of an `async for` is in error, so there is no way to iterate over the operand. */
static bool report_each(struct reading *reading, uint32_t offset, const char *text)
{
    const struct shadow *shadow = reading->shadow;
    const struct shadow_piece *piece = piece_at(shadow, offset);
    for (uint32_t i = 0; piece && !piece->token && i < shadow->header_count; i++) {
        struct shadow_query header = shadow->headers[i];
        if (offset < header.start || offset >= header.end)
            continue;
        const struct node *operand = header.node->child[1];
        bool is_called = strncmp(text, "called object type '", 20) == 0;
        read_types(reading);
        return !check_iterable(reading->acc, operand) ||
               (is_called && report_next_type(reading->acc, operand));
    }
    return false;
}

static bool is_of_library(struct acc *acc, uint32_t token)
{
    const char *macro = token ? origin_of(acc, token).macro : NULL;
    return macro && strncmp(macro, "ac_", 3) == 0;
}

/* Macros of <ac.h> call handles, too, and so do combinators. */
static bool report_argument(struct reading *reading, uint32_t offset, const char *text)
{
    static const char start[] = "called object type '";
    const struct shadow_piece *piece = piece_at(reading->shadow, offset);
    size_t length = strlen(start);
    if (!piece || strncmp(text, start, length) != 0)
        return false;
    if (piece->token && !is_of_library(reading->acc, piece->token))
        return false;
    const char *type = arena_copy(reading->acc->arena, text + length, strcspn(text + length, "'"));
    report(reading->acc, MESSAGE_ARGUMENT_NOT_AWAITABLE, piece->token ? piece->token : piece->near, type);
    return true;
}

/* The last expression in front of `)(0)`, by which the shadow calls an argument of a combinator, or null. */
static const struct node *called_by_shadow(const struct shadow *shadow, uint32_t offset)
{
    const struct shadow_query *best = NULL;
    for (uint32_t i = 0; i < shadow->query_count; i++) {
        const struct shadow_query *query = &shadow->queries[i];
        if (query->end <= offset && (!best || query->end >= best->end))
            best = query;
    }
    return best && strspn(shadow->text + best->end, ") (0") >= offset - best->end ? best->node : NULL;
}

/* What a macro of <ac.h> calls there, in the same way, or null. */
static const struct node *called_by_macro(const struct reading *reading, uint32_t offset)
{
    const struct shadow_query *best = NULL;
    for (uint32_t i = 0; i < reading->shadow->query_count; i++) {
        const struct shadow_query *query = &reading->shadow->queries[i];
        if (query->node->kind == NODE_CALL && query->start <= offset && offset < query->end &&
            (!best || query->end - query->start < best->end - best->start))
            best = query;
    }
    const struct node *callee = best ? best->node->child[0] : NULL;
    return callee && callee->kind == NODE_PAREN && is_of_library(reading->acc, callee->first) ? callee : NULL;
}

/* The type of a function that was called wrongly: clang has none for the call's parts, but notes
 * its declaration. */
static const struct type_info *wrongly_called(struct reading *reading, CXDiagnostic diagnostic)
{
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    if (!clang_getNumDiagnosticsInSet(notes))
        return NULL;
    return type_declared_at(reading, clang_getDiagnosticLocation(clang_getDiagnosticInSet(notes, 0)));
}

/* A function in a handle's place can be called, but seldom with a 0; if it can, check_types.c finds it. */
static bool report_function(struct reading *reading, CXDiagnostic diagnostic, uint32_t offset,
                            const char *text)
{
    static const char *const complaints[] = {"too many arguments to function call",
                                             "too few arguments to function call",
                                             "passing 'int' to parameter of incompatible type"};
    const struct shadow_piece *piece = piece_at(reading->shadow, offset);
    const struct node *callee = NULL;
    for (size_t i = 0; piece && i < sizeof complaints / sizeof *complaints; i++)
        if (strncmp(text, complaints[i], strlen(complaints[i])) == 0)
            callee = piece->token ? called_by_macro(reading, offset)
                                  : called_by_shadow(reading->shadow, offset);
    const struct type_info *type = callee ? wrongly_called(reading, diagnostic) : NULL;
    if (!type || type->awaitable != AWAITABLE_NOT)
        return false;
    report(reading->acc, MESSAGE_ARGUMENT_NOT_AWAITABLE, callee->first, type->spelling);
    return true;
}

/* They check their handles' types: `...requirement '__builtin_types_compatible_p(T, U)': not a coroutine`. */
static bool report_kind(struct reading *reading, uint32_t offset, const char *text)
{
    static const char start[] = "static assertion failed due to requirement '__builtin_types_compatible_p(";
    const char *type = text + strlen(start), *what = strstr(text, "': not a "), *end = type;
    uint32_t token = token_printed_at(reading, offset);
    if (strncmp(text, start, strlen(start)) != 0 || !what || !is_of_library(reading->acc, token))
        return false;
    for (int depth = 0; *end && (depth || *end != ','); end++)
        depth += (*end == '(') - (*end == ')');
    report(reading->acc, MESSAGE_ARGUMENT_KIND, token,
           arena_copy(reading->acc->arena, type, (size_t)(end - type)), what + strlen("': "));
    return true;
}

/* `await` without an operand was taken for a name. */
static bool report_lone_word(struct reading *reading, uint32_t offset, const char *text)
{
    uint32_t token = token_printed_at(reading, offset);
    if (!token || strncmp(text, "use of undeclared identifier 'await'", 36) != 0)
        return false;
    report_text(reading->acc, SEVERITY_ERROR, token + 1, token + 1, "expected expression");
    return true;
}

/* Whether clang saw declarations of one function that disagree about `async`. Both have types in
 * the shadow, so that a header may well declare `ac_coro(int) f(void)` what is defined as `async
 * int f(void)`. */
const char *conflicting_name(const struct acc *acc, const char *text)
{
    static const char start[] = "conflicting types for '";
    size_t length = strlen(start);
    if (strncmp(text, start, length) != 0)
        return NULL;
    const char *name = arena_intern(acc->arena, text + length, strcspn(text + length, "'"));
    const struct symbol *last = file_symbol(acc, name);
    for (const struct symbol *s = last; s; s = s->previous)
        if (s->is_async != last->is_async)
            return name;
    return NULL;
}

bool is_brace_missing(const struct reading *reading, uint32_t token, const char *text)
{
    return token + 2 >= reading->acc->token_count && has_prefix(text, "expected '}'");
}

/* Brackets that do not match are a mistake that was told already, where there was one before. A brace that
 * is missing makes all functions behind the place nested ones; where it was meant is not known,
 * only what lacks it. */
static bool is_aftermath(const struct reading *reading, uint32_t token, const char *text)
{
    if (has_prefix(text, "function definition is not allowed here"))
        return reading->lacks_brace;
    if (is_brace_missing(reading, token, text))
        return reading->told_grammar;
    return error_count(reading->acc) > 0 && has_prefix(text, "extraneous closing brace");
}

/* Whether it is about the declaration that a call made up, in front of the true one, and that
 * call was an error. */
static bool follows_call(const struct reading *reading, CXDiagnostic diagnostic)
{
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    if (!clang_getNumDiagnosticsInSet(notes))
        return false;
    CXDiagnostic note = clang_getDiagnosticInSet(notes, 0);
    const char *text = clang_string(reading->acc, clang_getDiagnosticSpelling(note));
    uint32_t call = token_printed_at(reading, shadow_offset(reading, clang_getDiagnosticLocation(note)));
    for (uint32_t i = 0; has_prefix(text, "previous implicit declaration is here") && i < reading->found_count; i++)
        if (reading->found[i].token == call)
            return true;
    return false;
}

const char *text_of(struct acc *acc, CXDiagnostic diagnostic)
{
    const char *text = wording(acc, clang_string(acc, clang_getDiagnosticSpelling(diagnostic)));
    const char *option = clang_string(acc, clang_getDiagnosticOption(diagnostic, NULL));
    return *option ? arena_format(acc->arena, "%s [%s]", text, option) : text;
}

/* Where the grammar does not fit, syntax.c leaves words out; what clang misses is missed in front of them. */
static uint32_t before_erased(const struct reading *reading, const struct shadow_piece *piece,
                              const char *text)
{
    bool is_second =
        piece > reading->shadow->pieces && piece->token > 1 && piece[-1].token == piece->token - 2;
    if (!reading->acc->syntax_error || !is_second || strncmp(text, "expected '('", 12) != 0)
        return piece->token;
    return piece->token - 1;
}

static void say(struct reading *reading, CXDiagnostic diagnostic, enum severity severity)
{
    enum { MOST_RANGES = 8 };
    struct span ranges[MOST_RANGES];
    uint32_t offset = shadow_offset(reading, clang_getDiagnosticLocation(diagnostic));
    uint32_t token = token_printed_at(reading, offset);
    uint32_t count = ranges_of(reading, diagnostic, ranges, MOST_RANGES);
    const char *text = text_of(reading->acc, diagnostic);
    const struct shadow_piece *piece = token ? piece_at(reading->shadow, offset) : NULL;
    if (piece && piece->token)
        token = before_erased(reading, piece, text);
    bool is_inside = severity == SEVERITY_NOTE && strstr(text, "ac__"); /* of the runtime: nothing the user knows */
    if (token && piece->token && offset == piece->offset + reading->acc->tokens[token].length)
        report_behind(reading->acc, severity, token, text);
    else if (token && !is_inside)
        report_ranges(reading->acc, severity, token, ranges, count, text);
}

void report_diagnostic(struct reading *reading, CXDiagnostic diagnostic)
{
    uint32_t offset = shadow_offset(reading, clang_getDiagnosticLocation(diagnostic));
    const char *text = text_of(reading->acc, diagnostic);
    uint32_t token = token_printed_at(reading, offset);
    if (report_await(reading, offset) || report_start(reading, offset) ||
        report_each(reading, offset, text) || report_argument(reading, offset, text) ||
        report_function(reading, diagnostic, offset, text) || report_kind(reading, offset, text) ||
        report_lone_word(reading, offset, text) || is_aftermath(reading, token, text) ||
        follows_call(reading, diagnostic))
        return;
    reading->told_grammar |= has_prefix(text, "expected ");
    const char *conflict = conflicting_name(reading->acc, text);
    if (conflict)
        report(reading->acc, MESSAGE_ASYNC_CONFLICT, token, conflict);
    else
        say(reading, diagnostic, SEVERITY_ERROR);
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(notes); i++)
        say(reading, clang_getDiagnosticInSet(notes, i), SEVERITY_NOTE);
    if (conflict)
        report_no_more_of(reading->acc, conflict);
}
