/* meaning.c: lets libclang read the shadow.
 *
 * Takes the shadow (shadow.c) with its map from bytes to tokens; leaves node->type on every node that asked, and
 * reports what libclang holds against the program, at the user's tokens and in the user's words. One translation unit
 * is parsed, its functions are visited once.
 *
 * Errors count only where acc itself translates, that is within acc->items: all other text goes to the C compiler as
 * it came, which may know more than clang does (gcc's attributes and builtins), and will complain if it must. They are
 * shown nevertheless where there is an error within the items too, which may follow from them.
 *
 * The shadow is text that another compiler preprocessed. A prologue of macros (prologue.c) makes clang take gcc's.
 * Offsets in the shadow are counted from behind the prologue.
 */
#include "clang.h"
#include "lower.h"
#include "origin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct found {
    uint32_t token, index; /* of the diagnostic */
};

struct reading {
    struct acc *acc;
    const struct shadow *shadow;
    struct type_table types;
    CXTranslationUnit unit;
    uint32_t prologue;       /* its length */
    uint32_t *slots;         /* hash of queries by extent: index + 1 */
    uint32_t slot_mask;
    uint32_t *starts;        /* of all queries, ascending */
    uint32_t *strange;       /* offsets of builtins that clang does not know, in order of its messages */
    uint32_t strange_count;
    bool has_types;
    struct found *found;     /* the errors, in the order of the text */
    uint32_t found_count;
};

/* ---- parsing ----------------------------------------------------------------------------------------------------- */

enum { MOST_ARGUMENTS = 256 };

struct arguments {
    const char *list[MOST_ARGUMENTS];
    int count;
};

static void add_argument(struct arguments *arguments, const char *argument)
{
    if (arguments->count < MOST_ARGUMENTS)
        arguments->list[arguments->count++] = argument;
}

/* Errors that the user has turned off or made warnings of: -Wno-int-conversion. Warnings themselves are the C
 * compiler's matter, -w. */
static void add_warning_options(struct acc *acc, struct arguments *arguments)
{
    const char *at = acc->options ? acc->options->warning_options : NULL;
    while (at && *at) {
        size_t length = strcspn(at, " ");
        if (length > 5 && memcmp(at, "-Wno-", 5) == 0)
            add_argument(arguments, arena_copy(acc->arena, at, length));
        at += length + strspn(at + length, " ");
    }
}

static bool names_standard(const char *argument)
{
    return !strncmp(argument, "-std", 4) || !strncmp(argument, "--std", 5) || !strcmp(argument, "-ansi");
}

/* The C that the C compiler takes without -std=: <ac/abi.h> has its __STDC_VERSION__. */
static const char *default_standard(const struct acc *acc)
{
    static const char declaration[] = "ac__standard[";
    const char *found = strstr(acc->text, declaration);
    long version = found ? strtol(found + strlen(declaration), NULL, 10) : 0;
    return version > 202311 ? "-std=gnu2y" : version > 201710 ? "-std=gnu2x" : version > 201112 ? "-std=gnu17" : NULL;
}

static void collect_arguments(struct acc *acc, const char *shadow, struct arguments *arguments)
{
    const char *standard = default_standard(acc);
    for (int i = 0; acc->options && i < acc->options->clang_argument_count; i++) {
        add_argument(arguments, acc->options->clang_arguments[i]);
        if (names_standard(acc->options->clang_arguments[i]))
            standard = NULL;
    }
    if (standard)
        add_argument(arguments, standard);
    if (strstr(shadow, "_Decimal"))
        add_argument(arguments, "-ffixed-point"); /* prologue.c */
    add_argument(arguments, "-Wno-unknown-warning-option"); /* acc's own, and those of newer compilers */
    add_warning_options(acc, arguments);
    add_argument(arguments, "-Wformat");
    add_argument(arguments, "-Wdeclaration-after-statement");
    add_argument(arguments, "-ferror-limit=0");
    add_argument(arguments, "-fbracket-depth=5000");
    add_argument(arguments, "-xcpp-output");
}

static bool parse_shadow(struct reading *reading, CXIndex index)
{
    static const char name[] = "shadow.i";
    struct arguments arguments = {.count = 0};
    struct buffer text = {0};
    collect_arguments(reading->acc, reading->shadow->text, &arguments);
    reading->acc->has_decimal128 = strstr(reading->shadow->text, "_Decimal128");
    prologue_write(&text, reading->shadow->text);
    reading->prologue = (uint32_t)text.length;
    buffer_add(&text, reading->shadow->text, reading->shadow->length);
    struct CXUnsavedFile file = {name, text.text, text.length};
    enum CXErrorCode code = clang_parseTranslationUnit2(index, name, arguments.list, arguments.count, &file, 1,
                                                        CXTranslationUnit_None, &reading->unit);
    buffer_free(&text);
    return code == CXError_Success && reading->unit;
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

static int compare_offsets(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static size_t hash_extent(uint32_t start, uint32_t end)
{
    return (size_t)((((uint64_t)start << 32 | end) * 0x9E3779B97F4A7C15u) >> 24);
}

static void index_queries(struct reading *reading)
{
    const struct shadow *shadow = reading->shadow;
    uint32_t size = 64;
    while (size < shadow->query_count * 2)
        size *= 2;
    reading->slot_mask = size - 1;
    reading->slots = arena_allocate(reading->acc->arena, size * sizeof *reading->slots);
    reading->starts = arena_allocate(reading->acc->arena, (shadow->query_count + 1) * sizeof *reading->starts);
    for (uint32_t i = 0; i < shadow->query_count; i++) {
        size_t at = hash_extent(shadow->queries[i].start, shadow->queries[i].end);
        while (reading->slots[at & reading->slot_mask])
            at++;
        reading->slots[at & reading->slot_mask] = i + 1;
        reading->starts[i] = shadow->queries[i].start;
    }
    qsort(reading->starts, shadow->query_count, sizeof *reading->starts, compare_offsets);
}

/* Whether a query starts within [start, end). */
static bool has_query_in(const struct reading *reading, uint32_t start, uint32_t end)
{
    uint32_t low = 0, high = reading->shadow->query_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (reading->starts[middle] < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reading->shadow->query_count && reading->starts[low] < end;
}

/* Offset in the shadow; UINT32_MAX for places in the prologue. */
static uint32_t shadow_offset(const struct reading *reading, CXSourceLocation location)
{
    unsigned offset = 0;
    clang_getFileLocation(location, NULL, NULL, NULL, &offset);
    return offset >= reading->prologue ? offset - reading->prologue : UINT32_MAX;
}

static enum CXChildVisitResult take_first(CXCursor cursor, CXCursor parent, CXClientData data)
{
    (void)parent;
    *(CXCursor *)data = cursor;
    return CXChildVisit_Break;
}

static CXCursor first_child(CXCursor cursor)
{
    CXCursor child = clang_getNullCursor();
    clang_visitChildren(cursor, take_first, &child);
    return child;
}

static bool is_of_parameter(CXCursor cursor)
{
    return clang_getCursorKind(cursor) == CXCursor_ParmDecl ||
           clang_getCursorKind(clang_getCursorReferenced(cursor)) == CXCursor_ParmDecl;
}

/* libclang shows the type of a parameter as it was written, `int a[]`, and so that of all that is made of it. An array
 * type is believed of lvalues only. */
static bool is_adjusted(CXCursor cursor)
{
    for (;; cursor = first_child(cursor))
        switch (clang_getCursorKind(cursor)) {
        case CXCursor_ParmDecl:
        case CXCursor_DeclRefExpr: return is_of_parameter(cursor);
        case CXCursor_ParenExpr: continue;
        case CXCursor_UnaryOperator: return clang_getCursorUnaryOperatorKind(cursor) != CXUnaryOperator_Deref;
        case CXCursor_BinaryOperator:
        case CXCursor_CompoundAssignOperator:
        case CXCursor_ConditionalOperator:
        case CXCursor_CallExpr:
        case CXCursor_CStyleCastExpr:
        case CXCursor_StmtExpr: return true;
        default: return false;
        }
}

static struct type_info *type_of_cursor(struct reading *reading, CXCursor cursor)
{
    struct type_info *info = type_info_of(reading->acc, &reading->types, clang_getCursorType(cursor));
    if ((info->class == TYPE_ARRAY || info->class == TYPE_FUNCTION) && is_adjusted(cursor))
        info = info->decayed;
    bool is_member = clang_getCursorKind(cursor) == CXCursor_MemberRefExpr;
    if (!clang_Cursor_isBitField(is_member ? clang_getCursorReferenced(cursor) : cursor))
        return info;
    struct type_info *bit_field = arena_allocate(reading->acc->arena, sizeof *bit_field);
    *bit_field = *info;
    bit_field->is_bit_field = true;
    if (bit_field->decayed == info)
        bit_field->decayed = bit_field;
    return bit_field;
}

/* Whether what begins here comes from the text of a macro of the prologue. */
static bool is_of_prologue(const struct reading *reading, CXSourceLocation location)
{
    unsigned offset = 0;
    clang_getSpellingLocation(location, NULL, NULL, NULL, &offset);
    return offset < reading->prologue;
}

/* What a builtin that clang does not know gives, nobody can say but the C compiler. */
static bool has_strange(const struct reading *reading, uint32_t start, uint32_t end)
{
    for (uint32_t i = 0; i < reading->strange_count; i++)
        if (reading->strange[i] >= start && reading->strange[i] < end)
            return true;
    return false;
}

static struct type_info *unknown_type(struct reading *reading)
{
    struct type_info *unknown = arena_allocate(reading->acc->arena, sizeof *unknown);
    *unknown = (struct type_info){.class = TYPE_UNKNOWN, .size = -1, .alignment = -1, .spelling = "?"};
    unknown->decayed = unknown;
    return unknown;
}

struct question {
    uint32_t start, end;
    uint32_t extent; /* where that ends which the type depends on */
    bool is_declarator;
    bool is_macro, is_parenthesis; /* the cursor begins within a macro of the prologue; it is a PAREN */
};

/* All that a macro of the prologue stands for has the extent of its call; its outermost parentheses have its type. */
static bool is_answered(const struct question *question, const struct node *node)
{
    bool is_call = node->kind == NODE_CALL || node->kind == NODE_BUILTIN;
    return question->is_macro && is_call && (node->type || !question->is_parenthesis);
}

/* Cursors come outermost first, so what stays is the innermost of an extent: the expression before conversions. */
static void answer(struct reading *reading, struct question question, CXCursor cursor)
{
    struct type_info *info = NULL;
    for (size_t at = hash_extent(question.start, question.end); reading->slots[at & reading->slot_mask]; at++) {
        const struct shadow_query *query = &reading->shadow->queries[reading->slots[at & reading->slot_mask] - 1];
        if (query->start != question.start || query->end != question.end ||
            query->is_declarator != question.is_declarator || is_answered(&question, query->node))
            continue;
        if (!info)
            info = has_strange(reading, question.start, question.extent) ? unknown_type(reading)
                                                                         : type_of_cursor(reading, cursor);
        query->node->type = info;
    }
}

static void answer_declaration(struct reading *reading, CXCursor cursor)
{
    CXString name = clang_getCursorSpelling(cursor);
    const char *text = clang_getCString(name);
    uint32_t start = shadow_offset(reading, clang_getCursorLocation(cursor));
    uint32_t extent = clang_getCursorType(cursor).kind == CXType_Auto
                          ? shadow_offset(reading, clang_getRangeEnd(clang_getCursorExtent(cursor))) : start;
    if (text && *text && start != UINT32_MAX)
        answer(reading, (struct question){start, start + (uint32_t)strlen(text), extent, .is_declarator = true}, cursor);
    clang_disposeString(name);
}

static bool is_declarator(enum CXCursorKind kind)
{
    return kind == CXCursor_VarDecl || kind == CXCursor_ParmDecl || kind == CXCursor_TypedefDecl ||
           kind == CXCursor_FunctionDecl || kind == CXCursor_FieldDecl;
}

static void answer_expression(struct reading *reading, uint32_t start, uint32_t end, CXCursor cursor)
{
    struct question question = {start, end, end, false,
                                is_of_prologue(reading, clang_getRangeStart(clang_getCursorExtent(cursor))),
                                clang_getCursorKind(cursor) == CXCursor_ParenExpr};
    answer(reading, question, cursor);
}

static enum CXChildVisitResult visit(CXCursor cursor, CXCursor parent, CXClientData data)
{
    struct reading *reading = data;
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    CXSourceRange extent = clang_getCursorExtent(cursor);
    uint32_t start = shadow_offset(reading, clang_getRangeStart(extent));
    uint32_t end = shadow_offset(reading, clang_getRangeEnd(extent));
    if (start == UINT32_MAX || end == UINT32_MAX)
        return CXChildVisit_Recurse;
    if (clang_getCursorKind(parent) == CXCursor_TranslationUnit && !has_query_in(reading, start, end))
        return CXChildVisit_Continue;
    if (is_declarator(kind))
        answer_declaration(reading, cursor);
    else if (clang_isExpression(kind))
        answer_expression(reading, start, end, cursor);
    return CXChildVisit_Recurse;
}

/* What libclang had no answer for. */
static void answer_rest(struct reading *reading)
{
    struct type_info *unknown = unknown_type(reading);
    for (uint32_t i = 0; i < reading->shadow->query_count; i++)
        if (!reading->shadow->queries[i].node->type)
            reading->shadow->queries[i].node->type = unknown;
}

static void read_types(struct reading *reading)
{
    if (reading->has_types)
        return;
    reading->has_types = true;
    CXTargetInfo target = clang_getTranslationUnitTargetInfo(reading->unit);
    reading->types.pointer_size = clang_TargetInfo_getPointerWidth(target) / 8;
    clang_TargetInfo_dispose(target);
    index_queries(reading);
    clang_visitChildren(clang_getTranslationUnitCursor(reading->unit), visit, reading);
    answer_rest(reading);
}

/* ---- places of diagnostics --------------------------------------------------------------------------------------- */

static const struct shadow_piece *piece_at(const struct shadow *shadow, uint32_t offset)
{
    uint32_t low = 0, high = shadow->piece_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (shadow->pieces[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &shadow->pieces[low - 1] : NULL;
}

static uint32_t token_at(const struct reading *reading, uint32_t offset)
{
    const struct shadow_piece *piece = offset == UINT32_MAX ? NULL : piece_at(reading->shadow, offset);
    if (!piece)
        return 0;
    return piece->token ? piece->token : piece->near;
}

/* Where the grammar did not fit, there may be no item for the place. */
static bool is_in_items(const struct acc *acc, uint32_t token)
{
    for (uint32_t i = 0; i < acc->item_count; i++)
        if (token >= acc->items[i]->first && token <= acc->items[i]->last)
            return true;
    return acc->syntax_error != 0;
}

/* The ranges of a diagnostic in tokens. */
static uint32_t ranges_of(const struct reading *reading, CXDiagnostic diagnostic, struct span *ranges, uint32_t most)
{
    uint32_t count = 0, all = clang_getDiagnosticNumRanges(diagnostic);
    for (uint32_t i = 0; i < all && count < most; i++) {
        CXSourceRange range = clang_getDiagnosticRange(diagnostic, i);
        uint32_t start = shadow_offset(reading, clang_getRangeStart(range));
        uint32_t end = shadow_offset(reading, clang_getRangeEnd(range));
        if (start == UINT32_MAX || end == UINT32_MAX || end <= start)
            continue;
        uint32_t first = token_at(reading, start), last = token_at(reading, end - 1);
        if (first && last >= first)
            ranges[count++] = (struct span){first, last};
    }
    return count;
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

/* The await whose call lies at this offset. Its operand is the query that ends where the call begins: shadow.c prints
 * ((operand)(0)) for an await. */
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

/* The call that stands for an await went wrong: so the operand is no awaitable, if it is anything at all. */
static bool report_await(struct reading *reading, uint32_t offset)
{
    const struct shadow_piece *piece = offset == UINT32_MAX ? NULL : piece_at(reading->shadow, offset);
    struct node *await = piece && !piece->token ? await_at(reading, offset) : NULL;
    if (!await)
        return false;
    if (has_error_in(reading, await->child[0]))
        return true;
    read_types(reading);
    report(reading->acc, MESSAGE_NOT_AWAITABLE, await->op ? await->op : await->first, await->child[0]->type->spelling);
    return true;
}

/* So does the initialiser of a scoped child. */
static bool report_start(struct reading *reading, uint32_t offset, const char *text)
{
    const struct shadow *shadow = reading->shadow;
    static const char start[] = "called object type '";
    size_t length = strlen(start);
    if (strncmp(text, start, length) != 0 || piece_at(shadow, offset)->token)
        return false;
    for (uint32_t i = 0; i < shadow->start_count; i++) {
        if (offset < shadow->starts[i].start || offset >= shadow->starts[i].end)
            continue;
        const char *type = arena_copy(reading->acc->arena, text + length, strcspn(text + length, "'"));
        report(reading->acc, MESSAGE_CHILD_OPERAND, token_at(reading, offset), shadow->starts[i].child->name, type);
        return true;
    }
    return false;
}

/* What stands for the items of an `async for` went wrong: so there is no way to iterate over the operand. */
static bool report_each(struct reading *reading, uint32_t offset)
{
    const struct shadow *shadow = reading->shadow;
    const struct shadow_piece *piece = offset == UINT32_MAX ? NULL : piece_at(shadow, offset);
    for (uint32_t i = 0; piece && !piece->token && i < shadow->header_count; i++) {
        struct shadow_query header = shadow->headers[i];
        if (offset < header.start || offset >= header.end)
            continue;
        read_types(reading);
        return !check_iterable(reading->acc, header.node->child[1]);
    }
    return false;
}

/* Macros of <ac.h> call handles, too, and so do combinators. */
static bool report_argument(struct reading *reading, uint32_t offset, const char *text)
{
    static const char start[] = "called object type '";
    const struct shadow_piece *piece = offset == UINT32_MAX ? NULL : piece_at(reading->shadow, offset);
    size_t length = strlen(start);
    if (!piece || strncmp(text, start, length) != 0)
        return false;
    uint32_t token = piece->token ? piece->token : piece->near;
    const char *macro = origin_of(reading->acc, token).macro;
    if (piece->token && (!macro || strncmp(macro, "ac_", 3) != 0))
        return false;
    const char *type = arena_copy(reading->acc->arena, text + length, strcspn(text + length, "'"));
    report(reading->acc, MESSAGE_ARGUMENT_NOT_AWAITABLE, token, type);
    return true;
}

/* They check their handles' types: `...requirement '__builtin_types_compatible_p(T, U)': not a coroutine`. */
static bool report_kind(struct reading *reading, uint32_t offset, const char *text)
{
    static const char start[] = "static assertion failed due to requirement '__builtin_types_compatible_p(";
    const char *type = text + strlen(start), *what = strstr(text, "': not a "), *end = type;
    uint32_t token = token_at(reading, offset);
    const char *macro = token ? origin_of(reading->acc, token).macro : NULL;
    if (strncmp(text, start, strlen(start)) != 0 || !what || !macro || strncmp(macro, "ac_", 3) != 0)
        return false;
    for (int depth = 0; *end && (depth || *end != ','); end++)
        depth += (*end == '(') - (*end == ')');
    report(reading->acc, MESSAGE_ARGUMENT_KIND, token, arena_copy(reading->acc->arena, type, (size_t)(end - type)),
           what + strlen("': "));
    return true;
}

/* `await` without an operand was taken for a name. */
static bool report_lone_word(struct reading *reading, uint32_t offset, const char *text)
{
    uint32_t token = token_at(reading, offset);
    if (!token || strncmp(text, "use of undeclared identifier 'await'", 36) != 0)
        return false;
    report_text(reading->acc, SEVERITY_ERROR, token + 1, token + 1, "expected expression");
    return true;
}

/* Whether clang saw declarations of one function that disagree about `async`. Both have types in the shadow, so that a
 * header may well declare `ac_coro(int) f(void)` what is defined as `async int f(void)`. */
static const char *conflicting_name(const struct acc *acc, const char *text)
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

/* Brackets that do not match are a mistake that was told already, where there was one before. */
static bool is_aftermath(const struct acc *acc, const char *text)
{
    return error_count(acc) > 0 &&
           (strncmp(text, "expected '}'", 12) == 0 || strncmp(text, "extraneous closing brace", 24) == 0);
}

/* clang's judgement of an attribute, or of a decimal constant, is not asked for: the C compiler knows its own. */
static bool is_foreign(const char *text)
{
    bool is_attribute = strstr(text, "' attribute "), is_decimal = strncasecmp(text, "invalid suffix 'd", 17) == 0;
    return is_attribute || is_decimal || (strstr(text, "static assertion failed") && strstr(text, "_Decimal"));
}

static const char *text_of(struct acc *acc, CXDiagnostic diagnostic)
{
    const char *text = wording(acc, clang_string(acc, clang_getDiagnosticSpelling(diagnostic)));
    const char *option = clang_string(acc, clang_getDiagnosticOption(diagnostic, NULL));
    return *option ? arena_format(acc->arena, "%s [%s]", text, option) : text;
}

static void say(struct reading *reading, CXDiagnostic diagnostic, enum severity severity)
{
    enum { MOST_RANGES = 8 };
    struct span ranges[MOST_RANGES];
    uint32_t offset = shadow_offset(reading, clang_getDiagnosticLocation(diagnostic)), token = token_at(reading, offset);
    uint32_t count = ranges_of(reading, diagnostic, ranges, MOST_RANGES);
    const char *text = text_of(reading->acc, diagnostic);
    const struct shadow_piece *piece = token ? piece_at(reading->shadow, offset) : NULL;
    bool is_inside = severity == SEVERITY_NOTE && strstr(text, "ac__"); /* of the runtime: nothing the user knows */
    if (token && piece->token && offset == piece->offset + reading->acc->tokens[token].length)
        report_behind(reading->acc, severity, token, text);
    else if (token && !is_inside)
        report_ranges(reading->acc, severity, token, ranges, count, text);
}

static void report_diagnostic(struct reading *reading, CXDiagnostic diagnostic)
{
    uint32_t offset = shadow_offset(reading, clang_getDiagnosticLocation(diagnostic));
    const char *text = text_of(reading->acc, diagnostic);
    if (report_await(reading, offset) || report_start(reading, offset, text) || report_each(reading, offset) ||
        report_argument(reading, offset, text) || report_kind(reading, offset, text) ||
        report_lone_word(reading, offset, text) || is_aftermath(reading->acc, text))
        return;
    const char *conflict = conflicting_name(reading->acc, text);
    if (conflict)
        report(reading->acc, MESSAGE_ASYNC_CONFLICT, token_at(reading, offset), conflict);
    else
        say(reading, diagnostic, SEVERITY_ERROR);
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(notes); i++)
        say(reading, clang_getDiagnosticInSet(notes, i), SEVERITY_NOTE);
}

static bool is_about_builtin(const char *text)
{
    return !strncmp(text, "use of unknown builtin '", 24) || !strncmp(text, "use of undeclared identifier '__builtin_", 40);
}

/* The C compiler may know builtins that clang does not. Which they are, from their errors. */
static void find_strange(struct reading *reading)
{
    for (unsigned i = 0, all = clang_getNumDiagnostics(reading->unit); i < all; i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(reading->unit, i);
        const char *text = clang_string(reading->acc, clang_getDiagnosticSpelling(diagnostic));
        uint32_t offset = shadow_offset(reading, clang_getDiagnosticLocation(diagnostic));
        if (is_about_builtin(text) && offset != UINT32_MAX)
            *ARENA_PUSH(reading->acc->arena, reading->strange, reading->strange_count) = offset;
        clang_disposeDiagnostic(diagnostic);
    }
}

/* clang took the builtin for a function that gives int: what it says of that line says nothing. */
static bool is_beside_strange(const struct reading *reading, uint32_t token)
{
    const struct token *tokens = reading->acc->tokens;
    for (uint32_t i = 0; i < reading->strange_count; i++) {
        uint32_t strange = token_at(reading, reading->strange[i]);
        if (tokens[strange].line == tokens[token].line && tokens[strange].file == tokens[token].file)
            return true;
    }
    return false;
}

/* Where the grammar does not fit, the dialect's words are gone (syntax.c), and with them what makes the types fit. */
static bool is_about_types(const struct reading *reading, CXDiagnostic diagnostic)
{
    const char *category = clang_string(reading->acc, clang_getDiagnosticCategoryText(diagnostic));
    const char *text = clang_string(reading->acc, clang_getDiagnosticSpelling(diagnostic));
    bool is_grammar = strcmp(category, "Parse Issue") == 0 || strncmp(category, "Lexical", 7) == 0;
    return reading->acc->syntax_error && !is_grammar && !strstr(text, "undeclared") && !strstr(text, "unknown type");
}

/* An error that may matter: its token, or 0. */
static uint32_t error_token(struct reading *reading, CXDiagnostic diagnostic)
{
    enum CXDiagnosticSeverity severity = clang_getDiagnosticSeverity(diagnostic);
    if (severity != CXDiagnostic_Error && severity != CXDiagnostic_Fatal)
        return 0;
    uint32_t token = token_at(reading, shadow_offset(reading, clang_getDiagnosticLocation(diagnostic)));
    if (!token || is_system_file(reading->acc, reading->acc->tokens[token].file) ||
        is_beside_strange(reading, token) || is_about_types(reading, diagnostic))
        return 0;
    const char *text = clang_string(reading->acc, clang_getDiagnosticSpelling(diagnostic));
    return is_foreign(wording(reading->acc, text)) ? 0 : token;
}

/* In the order of the text: clang finds an undeclared label only when the function ends. */
static int compare_found(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    return a->token != b->token ? (a->token > b->token) - (a->token < b->token)
                                : (a->index > b->index) - (a->index < b->index);
}

static bool is_in_throw(const struct shadow *shadow, uint32_t token)
{
    for (uint32_t i = 0; i < shadow->throw_count; i++)
        if (token >= shadow->throws[i].first && token <= shadow->throws[i].last)
            return true;
    return false;
}

/* Other formats the C compiler checks; what a throw becomes shows it nothing that the user wrote. */
static void report_warning(struct reading *reading, CXDiagnostic diagnostic)
{
    struct acc *acc = reading->acc;
    const char *option = clang_string(acc, clang_getDiagnosticOption(diagnostic, NULL));
    uint32_t token = token_at(reading, shadow_offset(reading, clang_getDiagnosticLocation(diagnostic)));
    if (clang_getDiagnosticSeverity(diagnostic) != CXDiagnostic_Warning || !token)
        return;
    const char *text = wording(acc, clang_string(acc, clang_getDiagnosticSpelling(diagnostic)));
    struct span argument;
    if (strcmp(option, "-Wnonnull") == 0 && ranges_of(reading, diagnostic, &argument, 1))
        token = argument.first; /* not the parenthesis behind all arguments */
    if (strncmp(option, "-Wformat", 8) == 0 && is_in_throw(reading->shadow, token))
        report(acc, MESSAGE_THROW_FORMAT, token, text);
    else
        report_seen_by_clang(acc, option, token, text);
}

static enum CXChildVisitResult count_body(CXCursor cursor, CXCursor parent, CXClientData count)
{
    (void)parent;
    CXString name = clang_getCursorSpelling(cursor);
    *(uint32_t *)count += clang_getCursorKind(cursor) == CXCursor_FunctionDecl &&
                          strncmp(clang_getCString(name), "ac__body_", 9) == 0;
    clang_disposeString(name);
    return CXChildVisit_Continue;
}

/* After a mistake in what lies between, a brace too many, say, clang may skip async functions: it has types for nothing
 * in them. */
static bool skips_bodies(const struct reading *reading)
{
    uint32_t seen = 0, printed = 0;
    clang_visitChildren(clang_getTranslationUnitCursor(reading->unit), count_body, &seen);
    for (uint32_t i = 0; i < reading->acc->item_count; i++)
        printed += is_async_definition(reading->acc->items[i]);
    return seen < printed;
}

static bool is_unknown(const struct node *node)
{
    return !node->type || node->type->class == TYPE_UNKNOWN;
}

/* Or it declares something as what it is not, and does not say of each use that it cannot be awaited. */
static bool awaits_unknown(struct reading *reading)
{
    read_types(reading);
    for (uint32_t i = 0; i < reading->shadow->query_count; i++) {
        const struct node *node = reading->shadow->queries[i].node;
        if ((node->kind == NODE_AWAIT && is_unknown(node->child[0])) ||
            (node->kind == NODE_ASYNC_FOR && (is_unknown(node) || is_unknown(node->child[1]))))
            return true;
    }
    return false;
}

/* True if the program may go on. */
static bool judge(struct reading *reading)
{
    bool is_bad = false;
    find_strange(reading);
    for (unsigned i = 0, all = clang_getNumDiagnostics(reading->unit); i < all; i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(reading->unit, i);
        uint32_t token = error_token(reading, diagnostic);
        report_warning(reading, diagnostic);
        is_bad |= token && (is_in_items(reading->acc, token) ||
                            conflicting_name(reading->acc, text_of(reading->acc, diagnostic)));
        if (token)
            *ARENA_PUSH(reading->acc->arena, reading->found, reading->found_count) = (struct found){token, i};
        clang_disposeDiagnostic(diagnostic);
    }
    if (!is_bad && !(reading->found_count && (skips_bodies(reading) || awaits_unknown(reading))))
        return true;
    qsort(reading->found, reading->found_count, sizeof *reading->found, compare_found);
    for (uint32_t i = 0; i < reading->found_count; i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(reading->unit, reading->found[i].index);
        report_diagnostic(reading, diagnostic);
        clang_disposeDiagnostic(diagnostic);
    }
    return false;
}

bool meaning(struct acc *acc, const struct shadow *shadow)
{
    struct reading reading = {.acc = acc, .shadow = shadow};
    /* On a thread of its own libclang would have 8 MB of stack; this process was started with plenty. */
    setenv("LIBCLANG_NOTHREADS", "1", 1);
    CXIndex index = clang_createIndex(0, 0);
    if (!parse_shadow(&reading, index)) {
        clang_disposeIndex(index);
        fatal("libclang could not read %s", acc->input_name);
    }
    bool is_good = judge(&reading);
    read_types(&reading);
    clang_disposeTranslationUnit(reading.unit);
    clang_disposeIndex(index);
    return is_good;
}
