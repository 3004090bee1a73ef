/* typetext.c: turns libclang's types into struct type_info: facts, and C text that declares an
 * object of the type.
 *
 * The text is meant for file scope, right before the function that the type was found in. Names
 * of typedefs that are visible there are kept, for they carry attributes and read well; other
 * sugar is taken away. A type that cannot be named there (a record of the function's own, a VLA)
 * has no text.
 *
 *     const LT *const [3]   with  typedef char *LT;  in the function   ->   char *const *@[3]
 */
#include "clang.h"

#include <string.h>

const char *clang_string(struct acc *acc, CXString string)
{
    const char *text = clang_getCString(string);
    const char *copy = text ? arena_copy(acc->arena, text, strlen(text)) : "";
    clang_disposeString(string);
    return copy;
}

/* ---- looking through sugar ------------------------------------------------------------------- */

/* One layer of what libclang can look through without losing names below it; the type itself if
 * there is none. */
static CXType without_layer(CXType type)
{
    switch (type.kind) {
    case CXType_Elaborated: return clang_Type_getNamedType(type);
    case CXType_Attributed: return clang_Type_getModifiedType(type);
    case CXType_Typedef: return clang_getTypedefDeclUnderlyingType(clang_getTypeDeclaration(type));
    default: return type;
    }
}

/* Without typedefs and the like at the top, names below kept where that is possible. Qualifiers
 * may be lost. */
static CXType structure_of(CXType type)
{
    while (type.kind == CXType_Elaborated || type.kind == CXType_Attributed || type.kind == CXType_Typedef)
        type = without_layer(type);
    if (type.kind == CXType_Unexposed || type.kind == CXType_Auto)
        return clang_getCanonicalType(type);
    return type;
}

static bool is_array(CXType canonical)
{
    return canonical.kind == CXType_ConstantArray || canonical.kind == CXType_IncompleteArray ||
           canonical.kind == CXType_VariableArray;
}

static bool is_function(CXType canonical)
{
    return canonical.kind == CXType_FunctionProto || canonical.kind == CXType_FunctionNoProto;
}

static bool is_file_scope(CXCursor declaration)
{
    return clang_getCursorKind(clang_getCursorSemanticParent(declaration)) == CXCursor_TranslationUnit;
}

enum { QUALIFIER_CONST = 1, QUALIFIER_VOLATILE = 2, QUALIFIER_RESTRICT = 4 };

static unsigned qualifiers_of(CXType type)
{
    return (clang_isConstQualifiedType(type) ? QUALIFIER_CONST : 0u) |
           (clang_isVolatileQualifiedType(type) ? QUALIFIER_VOLATILE : 0u) |
           (clang_isRestrictQualifiedType(type) ? QUALIFIER_RESTRICT : 0u);
}

/* Those of the object itself: of an array, its elements'. */
static unsigned object_qualifiers(CXType type)
{
    CXType canonical = clang_getCanonicalType(type);
    unsigned qualifiers = qualifiers_of(canonical);
    while (is_array(canonical)) {
        canonical = clang_getCanonicalType(clang_getArrayElementType(canonical));
        qualifiers |= qualifiers_of(canonical);
    }
    return qualifiers;
}

/* ---- declaration text ------------------------------------------------------------------------ */

/* What the text under construction still has to say. */
struct writing {
    struct acc *acc;
    const char *inner;     /* the declarator so far: "@", "*@", "(*@)(int)" */
    unsigned qualifiers;   /* of the type at hand, from sugar that was taken away */
    bool is_stripped;      /* top-level qualifiers are not wanted */
    bool in_prototype;     /* lengths of arrays may be left open: [*] */
};

static const char *write_type(CXType type, struct writing writing);

/* `restrict` is none of them: it goes with a star only. */
static const char *qualifier_words(unsigned qualifiers)
{
    static const char *const words[] = {"", "const ", "volatile ", "const volatile "};
    return words[qualifiers & (QUALIFIER_CONST | QUALIFIER_VOLATILE)];
}

static const char *write_word(const char *word, struct writing writing)
{
    return arena_format(writing.acc->arena, "%s%s%s%s", qualifier_words(writing.qualifiers), word,
                        *writing.inner ? " " : "", writing.inner);
}

static const char *spelling_of(struct acc *acc, CXType type)
{
    return clang_string(acc, clang_getTypeSpelling(clang_getUnqualifiedType(type)));
}

static const char *write_builtin(CXType type, struct writing writing)
{
    switch (type.kind) {
    case CXType_Bool: return write_word("_Bool", writing);
    case CXType_Accum: return write_word("_Decimal32", writing); /* prologue.c */
    case CXType_LongAccum: return write_word("_Decimal64", writing);
    case CXType_Float128:
        return write_word(writing.acc->has_decimal128 ? "_Decimal128" : "__float128", writing);
    case CXType_NullPtr: return write_word("__typeof__(nullptr)", writing);
    default: return write_word(spelling_of(writing.acc, type), writing);
    }
}

/* libclang shows a parameter's array or function type as it was written; what counts is the
 * pointer it became, which the canonical type around it knows. */
static CXType adjusted(CXType part, CXType canonical_part)
{
    CXType canonical = clang_getCanonicalType(part);
    bool was_adjusted =
        (is_array(canonical) || is_function(canonical)) && canonical_part.kind == CXType_Pointer;
    return was_adjusted ? canonical_part : part;
}

static const char *write_pointer(CXType type, struct writing writing)
{
    CXType canonical_pointee = clang_getPointeeType(clang_getCanonicalType(type));
    CXType pointee = adjusted(clang_getPointeeType(type), canonical_pointee);
    CXType canonical = clang_getCanonicalType(pointee);
    bool needs_parentheses = is_array(canonical) || is_function(canonical);
    /* `restrict` is spelled so in every mode: as __restrict. */
    const char *star = arena_format(writing.acc->arena, "*%s%s", qualifier_words(writing.qualifiers),
                                    writing.qualifiers & QUALIFIER_RESTRICT ? "__restrict " : "");
    const char *inner = arena_format(writing.acc->arena, needs_parentheses ? "(%s%s)" : "%s%s",
                                     star, writing.inner);
    return write_type(pointee, (struct writing){writing.acc, inner, 0, false, writing.in_prototype});
}

static const char *write_array(CXType type, struct writing writing)
{
    if (type.kind == CXType_VariableArray && !writing.in_prototype)
        return NULL;
    if (type.kind == CXType_VariableArray)
        writing.inner = arena_format(writing.acc->arena, "%s[*]", writing.inner);
    else if (type.kind == CXType_ConstantArray)
        writing.inner =
            arena_format(writing.acc->arena, "%s[%lld]", writing.inner, clang_getArraySize(type));
    else
        writing.inner = arena_format(writing.acc->arena, "%s[]", writing.inner);
    return write_type(clang_getArrayElementType(type), writing);
}

static const char *convention_attribute(CXType type)
{
    switch (clang_getFunctionTypeCallingConv(type)) {
    case CXCallingConv_Win64: return " __attribute__((ms_abi))";
    case CXCallingConv_X86_64SysV: return " __attribute__((sysv_abi))";
    case CXCallingConv_X86StdCall: return " __attribute__((stdcall))";
    case CXCallingConv_X86FastCall: return " __attribute__((fastcall))";
    case CXCallingConv_X86ThisCall: return " __attribute__((thiscall))";
    default: return "";
    }
}

static const char *write_function(CXType type, struct writing writing)
{
    struct arena *arena = writing.acc->arena;
    int count = clang_getNumArgTypes(type);
    CXType canonical = clang_getCanonicalType(type);
    const char *list = count > 0 || canonical.kind == CXType_FunctionNoProto ? "" : "void";
    for (int i = 0; i < count; i++) {
        unsigned number = (unsigned)i;
        CXType part = adjusted(clang_getArgType(type, number), clang_getArgType(canonical, number));
        const char *argument = write_type(part, (struct writing){writing.acc, "", 0, false, true});
        if (!argument)
            return NULL;
        list = arena_format(arena, "%s%s%s", list, i ? ", " : "", argument);
    }
    if (clang_isFunctionTypeVariadic(type) && count > 0)
        list = arena_format(arena, "%s, ...", list);
    const char *inner = arena_format(arena, "%s(%s)%s", writing.inner, list, convention_attribute(type));
    struct writing result = {writing.acc, inner, 0, false, writing.in_prototype};
    return write_type(clang_getResultType(type), result);
}

/* An enumeration that cannot be named is as good as the integer type it is compatible with. */
static const char *write_tagged(CXType type, struct writing writing)
{
    CXCursor declaration = clang_getTypeDeclaration(type);
    if (is_file_scope(declaration) && !clang_Cursor_isAnonymous(declaration))
        return write_word(spelling_of(writing.acc, type), writing);
    if (type.kind == CXType_Enum)
        return write_type(clang_getEnumDeclIntegerType(declaration), writing);
    return NULL;
}

static const char *write_typedef(CXType type, struct writing writing)
{
    CXCursor declaration = clang_getTypeDeclaration(type);
    const char *name = clang_string(writing.acc, clang_getTypedefName(type));
    /* shadow_each.c, prologue.c */
    bool is_own = strncmp(name, "ac__item_", 9) == 0 || strcmp(name, "ac__decimal128") == 0;
    bool must_open = is_own || !is_file_scope(declaration) ||
                     (writing.is_stripped && object_qualifiers(type)) ||
                     (writing.qualifiers && is_array(clang_getCanonicalType(type)));
    if (!is_own && !is_file_scope(declaration) && clang_Cursor_hasAttrs(declaration))
        return NULL; /* may_alias, aligned: only the name says it */
    if (must_open)
        return write_type(clang_getTypedefDeclUnderlyingType(declaration), writing);
    return write_word(name, writing);
}

static const char *write_element(CXType type, const char *format, struct writing writing)
{
    const char *element = write_type(type, (struct writing){writing.acc, "", 0, true, false});
    return element ? write_word(arena_format(writing.acc->arena, format, element), writing) : NULL;
}

static const char *write_vector(CXType type, struct writing writing)
{
    const char *format =
        arena_format(writing.acc->arena, "__typeof__(%%s __attribute__((vector_size(%lld))))",
                     clang_Type_getSizeOf(type));
    return write_element(clang_getElementType(type), format, writing);
}

/* Parenthesised types, typeof, decayed parameters, _BitInt: libclang does not say which. */
static const char *write_unexposed(CXType type, struct writing writing)
{
    CXType canonical = clang_getCanonicalType(type);
    if (is_function(canonical))
        return write_function(type, writing);
    if (canonical.kind == CXType_Auto) /* its initialiser is wrong */
        return NULL;
    if (canonical.kind != CXType_Unexposed)
        return write_type(canonical, writing);
    const char *spelling = spelling_of(writing.acc, canonical);
    return strstr(spelling, "_BitInt(") ? write_word(spelling, writing) : NULL;
}

static const char *write_type(CXType type, struct writing writing)
{
    writing.qualifiers = writing.is_stripped ? 0 : writing.qualifiers | qualifiers_of(type);
    switch (type.kind) {
    case CXType_Elaborated:
    case CXType_Attributed: return write_type(without_layer(type), writing);
    case CXType_Typedef: return write_typedef(type, writing);
    case CXType_Pointer: return write_pointer(type, writing);
    case CXType_ConstantArray:
    case CXType_IncompleteArray:
    case CXType_VariableArray: return write_array(type, writing);
    case CXType_FunctionProto:
    case CXType_FunctionNoProto: return write_function(type, writing);
    case CXType_Record:
    case CXType_Enum: return write_tagged(type, writing);
    case CXType_Complex: return write_element(clang_getElementType(type), "_Complex %s", writing);
    case CXType_Vector: return write_vector(type, writing);
    case CXType_Atomic: return write_element(clang_Type_getValueType(type), "_Atomic(%s)", writing);
    case CXType_Auto:
    case CXType_Unexposed: return write_unexposed(type, writing);
    case CXType_Invalid: return NULL;
    default:
        return type.kind < CXType_FirstBuiltin || type.kind > CXType_LastBuiltin
                   ? NULL
                   : write_builtin(type, writing);
    }
}

static const char *declaration_of(struct acc *acc, CXType type)
{
    return write_type(type, (struct writing){acc, "@", 0, true, false});
}

/* ---- facts ----------------------------------------------------------------------------------- */

static enum type_class class_of(struct acc *acc, CXType canonical)
{
    switch (canonical.kind) {
    case CXType_Invalid:
    case CXType_Auto: /* of an initialiser that is wrong */
    case CXType_Overload:
    case CXType_Dependent: return TYPE_UNKNOWN;
    case CXType_Void: return TYPE_VOID;
    case CXType_Record: return TYPE_RECORD;
    case CXType_ConstantArray:
    case CXType_IncompleteArray:
    case CXType_VariableArray: return TYPE_ARRAY;
    case CXType_FunctionProto:
    case CXType_FunctionNoProto: return TYPE_FUNCTION;
    case CXType_Unexposed:
        return strstr(spelling_of(acc, canonical), "_BitInt(") ? TYPE_SCALAR : TYPE_UNKNOWN;
    default: return TYPE_SCALAR;
    }
}

static bool is_integer(struct acc *acc, CXType canonical)
{
    return (canonical.kind >= CXType_Bool && canonical.kind <= CXType_Int128) ||
           canonical.kind == CXType_Enum ||
           (canonical.kind == CXType_Unexposed && strstr(spelling_of(acc, canonical), "_BitInt("));
}

static bool is_variable(CXType canonical)
{
    for (;; canonical = clang_getCanonicalType(canonical)) {
        if (canonical.kind == CXType_VariableArray)
            return true;
        if (canonical.kind == CXType_Pointer)
            canonical = clang_getPointeeType(canonical);
        else if (is_array(canonical))
            canonical = clang_getArrayElementType(canonical);
        else if (is_function(canonical))
            canonical = clang_getResultType(canonical);
        else
            return false;
    }
}

/* The tag of the record that a pointer points to, or "". */
static const char *pointed_tag(struct acc *acc, CXType canonical)
{
    if (canonical.kind != CXType_Pointer)
        return "";
    CXType pointee = clang_getCanonicalType(clang_getPointeeType(canonical));
    if (pointee.kind != CXType_Record)
        return "";
    return clang_string(acc, clang_getCursorSpelling(clang_getTypeDeclaration(pointee)));
}

/* TAG of T (*)(struct TAG *), or "". */
static const char *handle_tag(struct acc *acc, CXType canonical)
{
    if (canonical.kind != CXType_Pointer)
        return "";
    CXType function = clang_getPointeeType(canonical);
    if (function.kind != CXType_FunctionProto || clang_getNumArgTypes(function) != 1 ||
        clang_isFunctionTypeVariadic(function))
        return "";
    return pointed_tag(acc, clang_getCanonicalType(clang_getArgType(function, 0)));
}

static enum awaitable awaitable_of(const char *tag)
{
    static const char *const tags[] = {
        [AWAITABLE_NOT] = "", [AWAITABLE_CORO] = "ac__coro", [AWAITABLE_TASK] = "ac__task",
        [AWAITABLE_FUTURE] = "ac__future", [AWAITABLE_GENERATOR] = "ac__gen",
    };
    for (size_t i = AWAITABLE_CORO; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tag, tags[i]) == 0)
            return (enum awaitable)i;
    return AWAITABLE_NOT;
}

/* T of a handle, its names kept where possible. */
static CXType awaited_type(CXType type)
{
    CXType pointer = structure_of(type);
    return clang_getResultType(clang_getPointeeType(pointer));
}

/* ---- names for N_aenter ---------------------------------------------------------------------- */

/* The N of "N", "N *", "struct N", "struct N *", qualifiers around; null for other texts. */
static const char *name_in_text(struct acc *acc, const char *text)
{
    static const char *const skipped[] = {"const ", "volatile ", "struct ", "union ", "typeof("};
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
        if (strncmp(text, skipped[i], strlen(skipped[i])) == 0) {
            text += strlen(skipped[i]);
            i = SIZE_MAX; /* from the first again */
        }
    size_t length = strcspn(text, " *)([],&");
    size_t rest = strspn(text + length, " *)");
    return length && !text[length + rest] ? arena_copy(acc->arena, text, length) : NULL;
}

static const char *tag_of(struct acc *acc, CXType canonical)
{
    if (canonical.kind == CXType_Pointer)
        canonical = clang_getCanonicalType(clang_getPointeeType(canonical));
    const char *spelling = spelling_of(acc, canonical);
    bool has_tag = strncmp(spelling, "struct ", 7) == 0 || strncmp(spelling, "union ", 6) == 0;
    return has_tag ? name_in_text(acc, spelling) : NULL;
}

static void set_names(struct acc *acc, CXType type, CXType canonical, struct type_info *info)
{
    CXType record = canonical;
    if (canonical.kind == CXType_Pointer)
        record = clang_getCanonicalType(clang_getPointeeType(canonical));
    if (record.kind != CXType_Record)
        return;
    const char *tag = tag_of(acc, canonical);
    info->record_name = name_in_text(acc, clang_string(acc, clang_getTypeSpelling(type)));
    if (!info->record_name)
        info->record_name = tag ? tag : name_in_text(acc, spelling_of(acc, record));
    if (tag && info->record_name && strcmp(tag, info->record_name) != 0)
        info->tag_name = tag;
}

/* ---- putting it together --------------------------------------------------------------------- */

static const char *without_place(struct acc *acc, const char *declaration)
{
    const char *place = declaration ? strchr(declaration, '@') : NULL;
    if (!place)
        return "pointer";
    return wording(acc, arena_format(acc->arena, "%.*s%s", (int)(place - declaration), declaration,
                                     place + 1));
}

/* A pointer to what an array's or function's value points to; libclang makes no types. */
static struct type_info *decay(struct acc *acc, const struct type_table *table, CXType type, CXType canonical)
{
    struct type_info *pointer = arena_allocate(acc->arena, sizeof *pointer);
    bool of_array = is_array(canonical);
    CXType target = of_array ? clang_getArrayElementType(canonical) : type;
    CXType plain = clang_getCanonicalType(target);
    CXType structure = structure_of(type);
    if (of_array && is_array(structure))
        target = clang_getArrayElementType(structure);
    const char *inner = is_array(plain) || is_function(plain) ? "(*@)" : "*@";
    pointer->class = TYPE_SCALAR;
    pointer->is_variable = is_variable(plain);
    pointer->size = pointer->alignment = table->pointer_size;
    unsigned qualifiers = of_array ? qualifiers_of(plain) : 0;
    pointer->declaration = write_type(target, (struct writing){acc, inner, qualifiers, false, false});
    pointer->spelling = without_place(acc, pointer->declaration);
    pointer->decayed = pointer;
    if (plain.kind == CXType_Record)
        set_names(acc, target, plain, pointer);
    return pointer;
}

static enum CXVisitorResult find_const(CXCursor field, CXClientData data)
{
    CXType type = clang_getCanonicalType(clang_getCursorType(field));
    while (clang_getArrayElementType(type).kind != CXType_Invalid)
        type = clang_getArrayElementType(type);
    bool *found = data;
    *found |= clang_isConstQualifiedType(type);
    if (!*found && type.kind == CXType_Record)
        clang_Type_visitFields(type, find_const, data);
    return *found ? CXVisit_Break : CXVisit_Continue;
}

static bool has_const_member(CXType canonical)
{
    bool found = false;
    if (canonical.kind == CXType_Record)
        clang_Type_visitFields(canonical, find_const, &found);
    return found;
}

static long long size_or_unknown(long long size)
{
    return size < 0 ? -1 : size;
}

/* `typeof (e)` says nothing, and e may be the shadow's. */
static const char *spelling_for_messages(struct acc *acc, CXType type, CXType canonical)
{
    const char *spelling = clang_string(acc, clang_getTypeSpelling(type));
    if (strstr(spelling, "typeof ("))
        spelling = clang_string(acc, clang_getTypeSpelling(canonical));
    return wording(acc, spelling);
}

static CXType element_of(CXType array)
{
    return clang_getCanonicalType(clang_getArrayElementType(array));
}

static long long *lengths_of(struct acc *acc, CXType array)
{
    uint32_t count = 0;
    for (CXType type = array; type.kind == CXType_ConstantArray; type = element_of(type))
        count++;
    long long *lengths = arena_allocate(acc->arena, (count + 1) * sizeof *lengths);
    for (uint32_t i = 0; i < count; i++, array = element_of(array))
        lengths[i] = clang_getArraySize(array);
    return lengths;
}

static void fill(struct acc *acc, struct type_table *table, CXType type, struct type_info *info)
{
    CXType canonical = clang_getCanonicalType(type);
    unsigned qualifiers = object_qualifiers(type);
    bool has_size = false;
    info->class = class_of(acc, canonical);
    info->has_const_member = has_const_member(canonical);
    info->is_vector = canonical.kind == CXType_Vector || canonical.kind == CXType_ExtVector;
    has_size = info->class == TYPE_SCALAR || info->class == TYPE_RECORD || info->class == TYPE_ARRAY;
    info->is_const = qualifiers & QUALIFIER_CONST;
    info->is_volatile = qualifiers & QUALIFIER_VOLATILE;
    info->is_variable = is_variable(canonical);
    info->lengths = info->is_variable ? lengths_of(acc, canonical) : NULL;
    info->is_integer = is_integer(acc, canonical);
    info->is_error_pointer = strcmp(pointed_tag(acc, canonical), "ac_error") == 0;
    info->size = has_size ? size_or_unknown(clang_Type_getSizeOf(type)) : -1;
    info->alignment = has_size ? size_or_unknown(clang_Type_getAlignOf(type)) : -1;
    if (has_size && info->alignment > clang_Type_getAlignOf(canonical))
        info->typedef_alignment = info->alignment;
    info->spelling = spelling_for_messages(acc, type, canonical);
    info->declaration = info->class == TYPE_UNKNOWN ? NULL : declaration_of(acc, type);
    const char *tag = handle_tag(acc, canonical);
    info->awaitable = awaitable_of(tag);
    if (*tag) {
        info->handle_tag = tag;
        info->result = type_info_of(acc, table, awaited_type(type));
    }
    info->decayed = info;
    if (info->class == TYPE_ARRAY || info->class == TYPE_FUNCTION)
        info->decayed = decay(acc, table, type, canonical);
    set_names(acc, type, canonical, info);
}

static size_t slot_for(const struct type_table *table, const void *key)
{
    size_t at = ((uintptr_t)key >> 3) * 0x9E3779B97F4A7C15u >> 20;
    while (table->infos[at & (table->capacity - 1)] && table->keys[at & (table->capacity - 1)] != key)
        at++;
    return at & (table->capacity - 1);
}

static void grow_table(struct acc *acc, struct type_table *table)
{
    struct type_table old = *table;
    table->capacity = old.capacity ? old.capacity * 2 : 64;
    table->infos = arena_allocate(acc->arena, table->capacity * sizeof *table->infos);
    table->keys = arena_allocate(acc->arena, table->capacity * sizeof *table->keys);
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.infos[i]) {
            size_t slot = slot_for(table, old.keys[i]);
            table->infos[slot] = old.infos[i];
            table->keys[slot] = old.keys[i];
        }
}

struct type_info *type_info_of(struct acc *acc, struct type_table *table, CXType type)
{
    if (table->count * 2 >= table->capacity)
        grow_table(acc, table);
    size_t slot = slot_for(table, type.data[0]);
    if (table->infos[slot])
        return table->infos[slot];
    struct type_info *info = arena_allocate(acc->arena, sizeof *info);
    table->infos[slot] = info;
    table->keys[slot] = type.data[0];
    table->count++;
    fill(acc, table, type, info);
    return info;
}
