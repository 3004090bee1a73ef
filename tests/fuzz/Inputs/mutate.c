/* mutate.c: mutations that know what a token is, and which brackets belong together.
 *
 * A program is cut into tokens roughly: words, numbers, literals, operators, with the white space behind each. A
 * mutation replaces a run of tokens by another text: nothing, itself twice, another run of the program, a word of the
 * dialect, the pattern of a construct with the run in it.
 */
#include "mutate.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MOST_TOKENS = 4096, LONGEST = 1 << 16 };

struct run {
    size_t start, end;
};

struct program {
    const char *text;
    size_t size;
    size_t starts[MOST_TOKENS + 1]; /* of tokens; behind the last one: the end */
    size_t count;
};

static uint32_t state;

static size_t below(size_t limit) /* xorshift: a number in [0, limit) */
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return limit ? state % limit : 0;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static size_t literal_end(const char *text, size_t at, size_t size)
{
    char quote = text[at++];
    while (at < size && text[at] != quote && text[at] != '\n')
        at += text[at] == '\\' ? 2 : 1;
    return at < size ? at + 1 : size;
}

static size_t token_end(const char *text, size_t at, size_t size)
{
    static const char *const operators[] = {"...", "<<=", ">>=", "->", "++", "--", "&&", "||", "==", "!=", "<=", ">=",
                                            "+=", "-=", "*=", "/=", "<<", ">>", "|=", "&=", "^=", "%="};
    if (text[at] == '"' || text[at] == '\'')
        return literal_end(text, at, size);
    if (is_word(text[at])) {
        while (at < size && is_word(text[at]))
            at++;
        return at;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (size - at >= strlen(operators[i]) && memcmp(text + at, operators[i], strlen(operators[i])) == 0)
            return at + strlen(operators[i]);
    return at + 1;
}

static void cut(struct program *program, const char *text, size_t size)
{
    program->text = text;
    program->size = size;
    program->count = 0;
    for (size_t at = 0; at < size && program->count < MOST_TOKENS;) {
        program->starts[program->count++] = at;
        at = token_end(text, at, size);
        while (at < size && isspace((unsigned char)text[at]))
            at++;
    }
    program->starts[program->count] = size;
}

static char first_of(const struct program *program, size_t token)
{
    return program->text[program->starts[token]];
}

/* The token behind the bracket that closes the one at `token`, or behind `token` itself. */
static size_t behind_bracket(const struct program *program, size_t token)
{
    size_t depth = 0;
    for (size_t i = token; i < program->count; i++) {
        depth += strchr("([{", first_of(program, i)) != NULL;
        if (strchr(")]}", first_of(program, i)) && --depth == 0)
            return i + 1;
        if (depth == 0)
            break;
    }
    return token + 1;
}

/* The token behind the statement that starts, or goes on, at `token`. */
static size_t behind_statement(const struct program *program, size_t token)
{
    while (token < program->count) {
        char c = first_of(program, token);
        if (strchr(")]}", c))
            return token;
        token = behind_bracket(program, token);
        if (c == ';' || c == '{')
            return token;
    }
    return token;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Some run of tokens: one, a few, a pair of brackets with what they hold, the rest of a statement. */
static struct run any_run(const struct program *program)
{
    size_t from = below(program->count), to = from + 1;
    switch (below(4)) {
    case 0: break;
    case 1: to = smaller(from + 1 + below(6), program->count); break;
    case 2:
        while (from < program->count && !strchr("([{", first_of(program, from)))
            from++;
        from = from < program->count ? from : 0;
        to = behind_bracket(program, from);
        break;
    default: to = behind_statement(program, from);
    }
    to = smaller(to > from ? to : from + 1, program->count);
    return (struct run){program->starts[from], program->starts[to]};
}

/* ---- what comes in its place ------------------------------------------------------------------------------------- */

struct output {
    char *text;
    size_t size, capacity;
};

static void add(struct output *output, const char *text, size_t size)
{
    size = smaller(size, output->capacity - output->size);
    memcpy(output->text + output->size, text, size);
    output->size += size;
}

static void add_run(struct output *output, const struct program *program, struct run run)
{
    add(output, program->text + run.start, run.end - run.start);
}

static const char *const words[] = {
    "async ", "await ", "yield ", "with ", "try ", "catch ", "finally ", "throw ", "defer ", "_Defer ", "for ", "if ",
    "else ", "while ", "do ", "switch ", "case 1: ", "default: ", "goto out; ", "out: ", "break; ", "continue; ",
    "return ", "typedef ", "static ", "extern ", "const ", "volatile ", "_Atomic ", "register ", "struct s ", "union u ",
    "enum e ", "int ", "char ", "void ", "double ", "sizeof ", "typeof ", "_Alignof ", "_Generic ", "__extension__ ",
    "_Static_assert(1, \"\"); ", "__attribute__((cleanup(f))) ", "_Alignas(64) ", "ac_coro(int) ", "ac_gen(int) ",
    "ac_task(void) ", "ac_spawn(f()) ", "ac_gather(", "ac_race(", "ac_any(", "ac_settle(", "ac_timeout(1) ",
    "ac_thread(f()) ", "ac_wait_for(f(), 1) ", "({ ", "}) ", "(", ")", "[", "]", "{ ", "} ", ";\n", ", ", "= ", "* ",
    "& ", "&& ", "|| ", "? ", ": ", "+= ", "++ ", "-> ", ". ", "... ", "0 ", "1 ", "-1 ", "99999999999 ", "1e9 ", "\"\" ",
    "'a' ", "x ", "f ", "\n# 1 \"a.h\" 1\n", "\n# 7 \"fuzz.ac\"\n", "\n#pragma omp parallel\n", "\\", "@ ", "\xff ",
};

/* Constructs; % is a run of the program. */
static const char *const patterns[] = {
    "await (%)", "(await %)", "await %", "({ %; })", "({ int x = %; x; })", "{ % }", "if (await g(1)) { % }",
    "try { % } finally { await g(1); } ", "try { % } catch (e) { throw; } ", "try { % } catch (e : 5, 6) { return; } ",
    "try { } catch { % } finally { % } ", "defer { % } ", "defer %; ", "async with (%) { } ", "async with (&m) { % } ",
    "async with (ac_timeout(1)) { % } ", "async for (int i : %) { } ", "async for (int i : r()) { % } ", "async int c = %; ",
    "throw %; ", "throw 5, \"%%d\", %; ", "yield %; ", "while (%) { } ", "for (;;) { % } ", "switch (%) { case 1: ; } ",
    "switch (1) { case 1: % default: ; } ", "do { % } while (await g(1)); ", "(% ? % : %)", "(%, %)", "(% && %)",
    "x[%] += await g(1)", "int v[%]; ", "async int f(int x) { % }\n", "async yield int r(void) { % }\n",
    "static async void h(%) { }\n", "struct { int a; %; } ", "sizeof(%)", "typeof(%) ", "_Generic(%, int: 1, default: 2)",
    "(struct s){.a = %}", "goto *%; ", "ac_gather(a = %, b = %)", "ac_settle(%)", "await ac_gather_n(%)", "asm(\"\" : : \"r\"(%)); ",
};

static void add_pattern(struct output *output, const char *pattern, const struct program *program, struct run run)
{
    bool is_first = true;
    for (; *pattern; pattern++) {
        if (*pattern != '%' || pattern[1] == '%')
            add(output, pattern, 1);
        else
            add_run(output, program, is_first ? run : any_run(program));
        is_first = is_first && *pattern != '%';
    }
}

static void add_instead(struct output *output, const struct program *program, struct run run)
{
    const char *word = words[below(sizeof words / sizeof *words)];
    switch (below(8)) {
    case 0: break;
    case 1: add_run(output, program, run); add_run(output, program, run); break;
    case 2: add_run(output, program, any_run(program)); break;
    case 3: add_run(output, program, any_run(program)); add_run(output, program, run); break;
    case 4: add(output, word, strlen(word)); break;
    case 5: add(output, word, strlen(word)); add_run(output, program, run); break;
    default: add_pattern(output, patterns[below(sizeof patterns / sizeof *patterns)], program, run);
    }
}

size_t mutate_tokens(char *text, size_t size, size_t capacity, unsigned seed)
{
    static struct program program;
    static char result[LONGEST];
    size_t times;
    state = seed * 2654435761u | 1;
    for (times = 1 + below(4); times; times--) {
        struct output output = {result, 0, smaller(capacity, LONGEST)};
        cut(&program, text, size);
        struct run run = program.count ? any_run(&program) : (struct run){0, 0};
        add_run(&output, &program, (struct run){0, run.start});
        if (program.count)
            add_instead(&output, &program, run);
        else
            add(&output, words[below(4)], 5);
        add_run(&output, &program, (struct run){run.end, size});
        size = output.size;
        memcpy(text, result, size);
    }
    return size;
}

size_t splice_tokens(const char *left, size_t left_size, const char *right, size_t right_size, char *out,
                     size_t capacity, unsigned seed)
{
    static struct program host, guest;
    struct output output = {out, 0, capacity};
    state = seed * 2654435761u | 1;
    cut(&host, left, left_size);
    cut(&guest, right, right_size);
    struct run hole = host.count ? any_run(&host) : (struct run){0, 0};
    add_run(&output, &host, (struct run){0, hole.start});
    if (guest.count)
        add_run(&output, &guest, any_run(&guest));
    add_run(&output, &host, (struct run){below(2) ? hole.start : hole.end, left_size});
    return output.size;
}
