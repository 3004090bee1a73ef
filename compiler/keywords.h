/* keywords.h: the words of C and GNU C that are never identifiers, with the grammar's word for
 * each. What C23 made keywords (bool, typeof, ...) is in words.c: older programs may declare
 * things of these names. */
#ifndef ACC_KEYWORDS_H
#define ACC_KEYWORDS_H

#define KEYWORDS(X) \
    X(auto, STORAGE) X(extern, STORAGE) X(register, STORAGE) X(typedef, STORAGE) X(static, STATIC) \
    X(inline, STORAGE) X(__inline, STORAGE) X(__inline__, STORAGE) X(_Noreturn, STORAGE) \
    X(_Thread_local, STORAGE) X(__thread, STORAGE) \
    X(const, QUALIFIER) X(__const, QUALIFIER) X(__const__, QUALIFIER) \
    X(volatile, QUALIFIER) X(__volatile, QUALIFIER) X(__volatile__, QUALIFIER) \
    X(restrict, QUALIFIER) X(__restrict, QUALIFIER) X(__restrict__, QUALIFIER) \
    X(_Atomic, QUALIFIER) X(__seg_fs, QUALIFIER) X(__seg_gs, QUALIFIER) \
    X(_Nonnull, QUALIFIER) X(_Nullable, QUALIFIER) X(_Null_unspecified, QUALIFIER) X(_Nullable_result, QUALIFIER) \
    X(void, TYPE_WORD) X(char, TYPE_WORD) X(short, TYPE_WORD) X(int, TYPE_WORD) X(long, TYPE_WORD) \
    X(float, TYPE_WORD) X(double, TYPE_WORD) X(signed, TYPE_WORD) X(__signed, TYPE_WORD) X(__signed__, TYPE_WORD) \
    X(unsigned, TYPE_WORD) X(_Bool, TYPE_WORD) X(__int128, TYPE_WORD) X(__auto_type, TYPE_WORD) \
    X(_Complex, TYPE_WORD) X(__complex, TYPE_WORD) X(__complex__, TYPE_WORD) X(_Imaginary, TYPE_WORD) \
    X(_BitInt, BIT_INT) \
    X(struct, RECORD) X(union, RECORD) X(enum, ENUM) \
    X(__typeof, TYPEOF) X(__typeof__, TYPEOF) X(__typeof_unqual, TYPEOF) X(__typeof_unqual__, TYPEOF) \
    X(_Alignas, ALIGNAS) X(_Alignof, ALIGNOF) X(__alignof, ALIGNOF) X(__alignof__, ALIGNOF) X(sizeof, SIZEOF) \
    X(_Countof, SIZEOF) X(_Generic, GENERIC) X(_Static_assert, STATIC_ASSERT) \
    X(__extension__, EXTENSION) X(__real, REAL) X(__real__, REAL) X(__imag, REAL) X(__imag__, REAL) \
    X(__attribute, ATTRIBUTE) X(__attribute__, ATTRIBUTE) X(__asm, ASM) X(__asm__, ASM) X(__label__, LOCAL_LABEL) \
    X(if, IF) X(else, ELSE) X(switch, SWITCH) X(case, CASE) X(default, DEFAULT) X(while, WHILE) X(do, DO) X(for, FOR) \
    X(goto, GOTO) X(break, BREAK) X(continue, CONTINUE) X(return, RETURN) X(_Defer, DEFER) \
    X(__builtin_va_arg, BUILTIN) X(__builtin_types_compatible_p, BUILTIN) X(__builtin_choose_expr, BUILTIN) \
    X(__builtin_tgmath, BUILTIN) X(__builtin_bit_cast, BUILTIN) X(__builtin_convertvector, BUILTIN) \
    X(__builtin_has_attribute, BUILTIN) X(__builtin_vectorelements, BUILTIN) X(__builtin_type_order, BUILTIN) \
    X(__builtin_offsetof, OFFSETOF)

/* Names of types that nobody declares; a program may still declare its own. */
#define PREDEFINED_TYPES(X) \
    X(bool) X(__builtin_va_list) X(__int128_t) X(__uint128_t) X(__float80) X(__float128) X(__ibm128) X(__bf16) \
    X(__fp16) X(_Float16) X(_Float32) X(_Float64) X(_Float128) X(_Float32x) X(_Float64x) X(_Float128x) \
    X(_Decimal32) X(_Decimal64) X(_Decimal128) X(__builtin_ms_va_list) X(__builtin_sysv_va_list)

#endif
