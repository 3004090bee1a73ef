/* reading.c: what libclang has read: the types of the shadow's expressions, and the places of
 * its diagnostics.
 *
 * Each query of the shadow is answered once, when somebody first asks for types: one walk over
 * the translation unit. Offsets in the shadow are counted from behind the prologue.
 */
#include "clang.h"

#include <stdlib.h>
#include <string.h>

/* ---- types ----------------------------------------------------------------------------------- */

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
    reading->starts =
        arena_allocate(reading->acc->arena, (shadow->query_count + 1) * sizeof *reading->starts);
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
    uint32_t count = reading->shadow->query_count;
    uint32_t next = find_from(reading->starts, count, sizeof *reading->starts, 0, start);
    return next < count && reading->starts[next] < end;
}

/* Offset in the shadow; UINT32_MAX for places in the prologue. */
uint32_t shadow_offset(const struct reading *reading, CXSourceLocation location)
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

/* libclang shows the type of a parameter as it was written, `int a[]`, and so that of all that
 * is made of it. An array type is believed of lvalues only. */
static bool is_adjusted(CXCursor cursor)
{
    for (;; cursor = first_child(cursor))
        switch (clang_getCursorKind(cursor)) {
        case CXCursor_ParmDecl:
        case CXCursor_DeclRefExpr: return is_of_parameter(cursor);
        case CXCursor_ParenExpr: continue;
        case CXCursor_UnaryOperator:
            return clang_getCursorUnaryOperatorKind(cursor) != CXUnaryOperator_Deref;
        case CXCursor_BinaryOperator:
        case CXCursor_CompoundAssignOperator:
        case CXCursor_ConditionalOperator:
        case CXCursor_CallExpr:
        case CXCursor_CStyleCastExpr:
        case CXCursor_StmtExpr: return true;
        default: return false;
        }
}

static enum CXChildVisitResult take_last(CXCursor cursor, CXCursor parent, CXClientData data)
{
    (void)parent;
    *(CXCursor *)data = cursor;
    return CXChildVisit_Continue;
}

static CXCursor without_conversions(CXCursor cursor)
{
    while (clang_getCursorKind(cursor) == CXCursor_UnexposedExpr)
        cursor = first_child(cursor);
    return cursor;
}

/* The member that an expression reads, through parentheses and commas; else the expression. */
static CXCursor read_member(CXCursor cursor)
{
    CXCursor last = clang_getNullCursor();
    switch (clang_getCursorKind(cursor)) {
    case CXCursor_MemberRefExpr:
        return clang_getCursorReferenced(cursor);
    case CXCursor_ParenExpr:
        return read_member(without_conversions(first_child(cursor)));
    case CXCursor_BinaryOperator:
        if (clang_getCursorBinaryOperatorKind(cursor) != CXBinaryOperator_Comma)
            return cursor;
        clang_visitChildren(cursor, take_last, &last);
        return read_member(without_conversions(last));
    default:
        return cursor;
    }
}

/* What the value of a bit-field is converted to where an int can hold all it can (C11 6.3.1.1p2). */
static struct type_info *promoted(const struct type_info *declared, CXCursor bit_field)
{
    static struct type_info integer = {.class = TYPE_SCALAR, .is_integer = true, .size = sizeof(int),
                                       .alignment = _Alignof(int), .spelling = "int", .declaration = "int @"};
    int width = clang_getFieldDeclBitWidth(bit_field), full = 8 * (int)sizeof(int);
    enum CXTypeKind kind = clang_getCanonicalType(clang_getCursorType(bit_field)).kind;
    bool is_signed = kind >= CXType_Char_S && kind <= CXType_Int128;
    integer.decayed = &integer;
    return width < full || (width == full && is_signed) ? &integer : declared->decayed;
}

static struct type_info *type_of_cursor(struct reading *reading, CXCursor cursor)
{
    struct type_info *info = type_info_of(reading->acc, &reading->types, clang_getCursorType(cursor));
    if ((info->class == TYPE_ARRAY || info->class == TYPE_FUNCTION) && is_adjusted(cursor))
        info = info->decayed;
    CXCursor member = read_member(cursor);
    if (!clang_Cursor_isBitField(member))
        return info;
    struct type_info *bit_field = arena_allocate(reading->acc->arena, sizeof *bit_field);
    *bit_field = *info;
    bit_field->is_bit_field = clang_getCursorKind(cursor) != CXCursor_BinaryOperator;
    bit_field->decayed = promoted(info, member);
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

/* All that a macro of the prologue stands for has the extent of its call; its outermost
 * parentheses have its type. */
static bool is_answered(const struct question *question, const struct node *node)
{
    bool is_call = node->kind == NODE_CALL || node->kind == NODE_BUILTIN;
    return question->is_macro && is_call && (node->type || !question->is_parenthesis);
}

static bool converts_to_bool(CXCursor cursor)
{
    return clang_getCursorKind(cursor) == CXCursor_UnexposedExpr &&
           clang_getCanonicalType(clang_getCursorType(cursor)).kind == CXType_Bool;
}

/* Cursors come outermost first, so what stays is the innermost of an extent: the expression
 * before conversions. */
static void answer(struct reading *reading, struct question question, CXCursor cursor)
{
    struct type_info *info = NULL;
    for (size_t at = hash_extent(question.start, question.end);
         reading->slots[at & reading->slot_mask]; at++) {
        const struct shadow_query *query =
            &reading->shadow->queries[reading->slots[at & reading->slot_mask] - 1];
        if (query->start != question.start || query->end != question.end ||
            query->is_declarator != question.is_declarator || is_answered(&question, query->node))
            continue;
        if (!info)
            info = has_strange(reading, question.start, question.extent) ? unknown_type(reading)
                                                                         : type_of_cursor(reading, cursor);
        query->node->type = info;
        query->node->is_truth |= converts_to_bool(cursor);
    }
}

static void answer_declaration(struct reading *reading, CXCursor cursor)
{
    CXString name = clang_getCursorSpelling(cursor);
    const char *text = clang_getCString(name);
    uint32_t start = shadow_offset(reading, clang_getCursorLocation(cursor));
    bool is_auto = clang_getCursorType(cursor).kind == CXType_Auto;
    CXSourceLocation end = clang_getRangeEnd(clang_getCursorExtent(cursor));
    uint32_t extent = is_auto ? shadow_offset(reading, end) : start;
    if (text && *text && start != UINT32_MAX)
        answer(reading,
               (struct question){start, start + (uint32_t)strlen(text), extent, .is_declarator = true}, cursor);
    clang_disposeString(name);
}

static bool is_declarator(enum CXCursorKind kind)
{
    return kind == CXCursor_VarDecl || kind == CXCursor_ParmDecl || kind == CXCursor_TypedefDecl ||
           kind == CXCursor_FunctionDecl || kind == CXCursor_FieldDecl;
}

static void answer_expression(struct reading *reading, uint32_t start, uint32_t end, CXCursor cursor)
{
    CXSourceLocation begin = clang_getRangeStart(clang_getCursorExtent(cursor));
    struct question question = {start, end, end, false, is_of_prologue(reading, begin),
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

void read_types(struct reading *reading)
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

struct type_info *type_declared_at(struct reading *reading, CXSourceLocation location)
{
    CXCursor cursor = clang_getCursor(reading->unit, location);
    if (clang_getCursorKind(cursor) == CXCursor_ParmDecl)
        cursor = clang_getCursorSemanticParent(cursor);
    if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl)
        return NULL;
    return type_info_of(reading->acc, &reading->types, clang_getCursorType(cursor));
}

/* ---- places of diagnostics ------------------------------------------------------------------- */

const struct shadow_piece *piece_at(const struct shadow *shadow, uint32_t offset)
{
    uint32_t behind = find_from(shadow->pieces, shadow->piece_count, sizeof *shadow->pieces,
                                offsetof(struct shadow_piece, offset), offset + 1); /* UINT32_MAX: 0 */
    return behind ? &shadow->pieces[behind - 1] : NULL;
}

uint32_t token_printed_at(const struct reading *reading, uint32_t offset)
{
    const struct shadow_piece *piece = piece_at(reading->shadow, offset);
    if (!piece)
        return 0;
    return piece->token ? piece->token : piece->near;
}

/* The ranges of a diagnostic in tokens. */
uint32_t ranges_of(const struct reading *reading, CXDiagnostic diagnostic, struct span *ranges, uint32_t most)
{
    uint32_t count = 0, all = clang_getDiagnosticNumRanges(diagnostic);
    for (uint32_t i = 0; i < all && count < most; i++) {
        CXSourceRange range = clang_getDiagnosticRange(diagnostic, i);
        uint32_t start = shadow_offset(reading, clang_getRangeStart(range));
        uint32_t end = shadow_offset(reading, clang_getRangeEnd(range));
        if (start == UINT32_MAX || end == UINT32_MAX || end <= start)
            continue;
        uint32_t first = token_printed_at(reading, start), last = token_printed_at(reading, end - 1);
        if (first && last >= first)
            ranges[count++] = (struct span){first, last};
    }
    return count;
}
