/* prologue.c: makes clang read what was preprocessed for gcc.
 *
 * Function bodies of headers are not in the shadow, so little is left: the _FloatN types, and
 * the builtins that gcc's headers use in macros. They are made macros here, which works because
 * clang preprocesses what is preprocessed once more. Each function-like one stands in
 * parentheses: from the outermost of them reading.c takes the type of the call. What they
 * compute does not matter, nor do attributes, whose judgement is left to the C compiler.
 */
#include "clang.h"

#include <string.h>

struct substitute {
    const char *name, *text;
};

/* Types that gcc has and clang has not. A header that was preprocessed for clang declares them
 * as typedefs. */
static const struct substitute float_types[] = {
    {"_Float32", "float"}, {"_Float64", "double"}, {"_Float32x", "double"}, {"_Float64x", "long double"},
    {"_Float128", "__float128"},
};

/* Decimal ones have the sizes of these and behave like them; typetext.c knows them again by
 * that. clang has no other type of 16 bytes that does: a file has either _Decimal128 or
 * __float128. */
static const char decimal_types[] = "#define _Decimal32 _Accum\n#define _Decimal64 long _Accum\n";
static const char decimal128_type[] =
    "typedef __float128 ac__decimal128;\n#define _Decimal128 ac__decimal128\n"
    "#define __float128 struct float128_beside_decimal128\n";

/* <stdatomic.h>: clang wants plain objects for these. */
static const char atomic_macros[] =
    "#define ac__atomic_value(p, v, o) ((void)(v), (void)(o), *(p))\n"
    "#define __atomic_store(p, v, o) ((void)(*(p) = *(v)), (void)(o))\n"
    "#define __atomic_load(p, v, o) ((void)(*(v) = *(p)), (void)(o))\n"
    "#define __atomic_exchange(p, v, r, o) ((void)(*(p) = *(v)), (void)(*(r) = *(v)), (void)(o))\n"
    "#define __atomic_compare_exchange(p, e, d, w, s, f) "
    "((_Bool)((void)(*(p) = *(d)), (void)(*(e) = *(d)), (void)(w), (void)(s), (f)))\n"
    "#define __atomic_fetch_add(p, v, o) ac__atomic_value(p, v, o)\n"
    "#define __atomic_fetch_sub(p, v, o) ac__atomic_value(p, v, o)\n"
    "#define __atomic_fetch_and(p, v, o) ac__atomic_value(p, v, o)\n"
    "#define __atomic_fetch_or(p, v, o) ac__atomic_value(p, v, o)\n"
    "#define __atomic_fetch_xor(p, v, o) ac__atomic_value(p, v, o)\n";

/* <tgmath.h>: __builtin_tgmath(functions, arguments), functions for float, double and long
 * double, perhaps five more for _FloatN types, perhaps the same again for complex arguments.
 * Their number says what is what. A second argument counts where the functions take two floating
 * ones. */
static const char tgmath_macros[] =
    "#define ac__tg_1(f, d, l, x) (_Generic((x), float: f, long double: l, default: d)(x))\n"
    "#define ac__tg_1c(f, d, l, cf, cd, cl, x) (_Generic((x), float: f, long double: l, _Complex float: cf, "
    "_Complex double: cd, _Complex long double: cl, default: d)(x))\n"
    "#define ac__tg_2(f, d, l, x, y) (_Generic((f), float (*)(float, float): _Generic((x), long double: l, "
    "float: _Generic((y), float: f, long double: l, default: d), default: _Generic((y), long double: l, default: d)), "
    "default: _Generic((x), float: f, long double: l, default: d))((x), (y)))\n"
    "#define ac__tg_2c(f, d, l, cf, cd, cl, x, y) (_Generic((x) + (y), float: f, long double: l, _Complex float: cf, "
    "_Complex double: cd, _Complex long double: cl, default: d)((x), (y)))\n"
    "#define ac__tg_3(f, d, l, x, y, z) (_Generic((x) + (y), float: f, long double: l, default: d)((x), (y), (z)))\n"
    "#define ac__tg_9(f, d, l, a, b, c, e, g, x) ac__tg_1(f, d, l, x)\n"
    "#define ac__tg_10(f, d, l, a, b, c, e, g, x, y) ac__tg_2(f, d, l, x, y)\n"
    "#define ac__tg_11(f, d, l, a, b, c, e, g, x, y, z) ac__tg_3(f, d, l, x, y, z)\n"
    "#define ac__tg_17(f, d, l, a, b, c, e, g, cf, cd, cl, h, i, j, k, m, x) ac__tg_1c(f, d, l, cf, cd, cl, x)\n"
    "#define ac__tg_18(f, d, l, a, b, c, e, g, cf, cd, cl, h, i, j, k, m, x, y) "
    "ac__tg_2c(f, d, l, cf, cd, cl, x, y)\n"
    "#define ac__tg_pick(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, name, ...) name\n"
    "#define __builtin_tgmath(...) ac__tg_pick(__VA_ARGS__, ac__tg_18, ac__tg_17, ac__tg_16, ac__tg_15, ac__tg_14, "
    "ac__tg_13, ac__tg_12, ac__tg_11, ac__tg_10, ac__tg_9, ac__tg_2c, ac__tg_1c, ac__tg_3, ac__tg_2, ac__tg_1, "
    "ac__tg_n3, ac__tg_n2, ac__tg_n1)(__VA_ARGS__)\n";

/* Builtins that only gcc has, or has long before clang: what they give, as far as its type goes. */
static const struct substitute gcc_builtins[] = {
    {"__builtin_speculation_safe_value", "(value, ...) (value)"},
    {"__builtin_assoc_barrier", "(value) (value)"},
    {"__builtin_has_attribute", "(...) (0)"},
    {"__builtin_shuffle", "(vector, ...) (vector)"},
    {"__builtin_bswap128", "(value) ((unsigned __int128)(value))"},
    {"__builtin_extend_pointer", "(pointer) ((unsigned long)(pointer))"},
    {"__builtin_clear_padding", "(pointer) ((void)(pointer))"},
    {"__builtin_iseqsig", "(left, right) ((int)((left) == (right)))"},
    {"__builtin_ffsg", "(value) ((int)(value))"},
    {"__builtin_parityg", "(value) ((int)(value))"},
    {"__builtin_clrsbg", "(value) ((int)(value))"},
    {"__builtin_stdc_bit_ceil", "(value) (value)"},
    {"__builtin_stdc_bit_floor", "(value) (value)"},
    {"__builtin_stdc_rotate_left", "(value, count) (value)"},
    {"__builtin_stdc_rotate_right", "(value, count) (value)"},
    {"__builtin_stdc_has_single_bit", "(value) ((_Bool)(value))"},
    {"__builtin_stdc_bit_width", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_count_ones", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_count_zeros", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_first_leading_one", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_first_leading_zero", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_first_trailing_one", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_first_trailing_zero", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_leading_ones", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_leading_zeros", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_trailing_ones", "(value) ((unsigned)(value))"},
    {"__builtin_stdc_trailing_zeros", "(value) ((unsigned)(value))"},
};

/* glibc's headers say who frees what a function has allocated, in a way that is an error to clang;
 * and after any error it no longer looks for variables without a value and the like. */
static const char malloc_macro[] = "#define __malloc__(...) __malloc__\n";

static int index_of(const struct substitute *table, size_t count, const char *text)
{
    size_t length = word_length(text);
    for (size_t i = 0; i < count; i++)
        if (strncmp(text, table[i].name, length) == 0 && !table[i].name[length])
            return (int)i;
    return -1;
}

/* How a text speaks of a name. */
struct mention {
    bool is_there, is_declared; /* the latter: as in `... name;`, which is how a typedef ends */
};

/* Looks for all names of a table, which begin with `start`, in one go. */
static void find_mentions(struct mention *mentions, const struct substitute *table, size_t count,
                          const char *start, const char *text)
{
    for (const char *at = text; (at = strstr(at, start)); at += word_length(at)) {
        int i = at > text && is_word_byte(at[-1]) ? -1 : index_of(table, count, at);
        if (i < 0)
            continue;
        mentions[i].is_there = true;
        mentions[i].is_declared |= at[word_length(at)] == ';' && at > text && at[-1] != '(';
    }
}

static void write_float_types(struct buffer *out, const char *shadow)
{
    enum { COUNT = sizeof float_types / sizeof *float_types };
    struct mention mentions[COUNT] = {0};
    find_mentions(mentions, float_types, COUNT, "_Float", shadow);
    for (size_t i = 0; i < COUNT; i++)
        if (mentions[i].is_there && !mentions[i].is_declared)
            buffer_printf(out, "#define %s %s\n", float_types[i].name, float_types[i].text);
}

static void write_builtins(struct buffer *out, const char *shadow)
{
    enum { COUNT = sizeof gcc_builtins / sizeof *gcc_builtins };
    struct mention mentions[COUNT] = {0};
    find_mentions(mentions, gcc_builtins, COUNT, "__builtin_", shadow);
    for (size_t i = 0; i < COUNT; i++)
        if (mentions[i].is_there)
            buffer_printf(out, "#if !__has_builtin(%s)\n#define %s%s\n#endif\n", gcc_builtins[i].name,
                          gcc_builtins[i].name, gcc_builtins[i].text);
}

void prologue_write(struct buffer *out, const char *shadow)
{
    write_float_types(out, shadow);
    if (strstr(shadow, "_Decimal"))
        buffer_puts(out, decimal_types);
    if (strstr(shadow, "_Decimal128"))
        buffer_puts(out, decimal128_type);
    write_builtins(out, shadow);
    if (strstr(shadow, "__malloc__"))
        buffer_puts(out, malloc_macro);
    if (strstr(shadow, "__atomic_"))
        buffer_puts(out, atomic_macros);
    if (strstr(shadow, "__builtin_tgmath"))
        buffer_puts(out, tgmath_macros);
    /* The shadow may begin within a header, and come back out of it. */
    for (int i = 0; i < 8; i++)
        buffer_puts(out, "# 1 \"header\" 1\n");
    /* Names that are macros for clang and were none where the text was preprocessed. */
    buffer_puts(out, "#undef unix\n#undef linux\n#undef i386\n");
}
