/* meaning.c: lets libclang read the shadow.
 *
 * Takes the shadow (shadow.c) with its map from bytes to tokens; leaves node->type on every node
 * that asked (reading.c), and reports what libclang holds against the program (complaints.c).
 * One translation unit is parsed, its functions are visited once.
 *
 * Errors count only where acc itself translates, that is within acc->items: all other text goes
 * to the C compiler as it came, which may know more than clang does (gcc's attributes and
 * builtins), and will complain if it must. They are shown nevertheless where there is an error
 * within the items too, which may follow from them.
 *
 * The shadow is text that another compiler preprocessed. A prologue of macros (prologue.c) makes
 * clang take gcc's.
 */
#include "clang.h"
#include "lower.h"
#include "origin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- parsing --------------------------------------------------------------------------------- */

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

/* Errors that the user has turned off or made warnings of: -Wno-int-conversion. Most warnings are
 * the C compiler's matter. */
static void add_warning_options(struct acc *acc, struct arguments *arguments)
{
    const char *at = acc->options ? acc->options->warning_options : NULL, *wanted;
    for (uint32_t i = 0; (wanted = warning_option(acc, &i)); )
        add_argument(arguments, wanted);
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
    add_argument(arguments, "-fspell-checking"); /* which libclang leaves out */
    add_argument(arguments, "-fconstexpr-steps=20000"); /* for a million it takes a second, in each endless loop */
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
    enum CXErrorCode code =
        clang_parseTranslationUnit2(index, name, arguments.list, arguments.count, &file, 1,
                                    CXTranslationUnit_None, &reading->unit);
    buffer_free(&text);
    return code == CXError_Success && reading->unit;
}

/* ---- judgement ------------------------------------------------------------------------------- */

/* Where the grammar did not fit, there may be no item for the place. */
static bool is_in_items(const struct acc *acc, uint32_t token)
{
    for (uint32_t i = 0; i < acc->item_count; i++)
        if (token >= acc->items[i]->first && token <= acc->items[i]->last)
            return true;
    return acc->syntax_error != 0;
}

static bool is_about_builtin(const char *text)
{
    return !strncmp(text, "use of unknown builtin '", 24) ||
           !strncmp(text, "use of undeclared identifier '__builtin_", 40);
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

/* clang took the builtin for a function that returns int: what it says about that line means nothing. */
static bool is_beside_strange(const struct reading *reading, uint32_t token)
{
    const struct token *tokens = reading->acc->tokens;
    for (uint32_t i = 0; i < reading->strange_count; i++) {
        uint32_t strange = token_printed_at(reading, reading->strange[i]);
        if (tokens[strange].line == tokens[token].line && tokens[strange].file == tokens[token].file)
            return true;
    }
    return false;
}

/* Where the grammar does not fit, the dialect's words are gone (syntax.c): what is said of the
 * rest says nothing. */
static bool is_elsewhere(const struct acc *acc, uint32_t token)
{
    for (uint32_t i = 0; i < acc->unfit_count; i++)
        if (token >= acc->unfit[i].first && token <= acc->unfit[i].last)
            return false;
    return acc->syntax_error;
}

/* And without those words the types do not fit, unless there is none. */
static bool is_about_types(const struct reading *reading, CXDiagnostic diagnostic)
{
    const char *category = clang_string(reading->acc, clang_getDiagnosticCategoryText(diagnostic));
    const char *text = clang_string(reading->acc, clang_getDiagnosticSpelling(diagnostic));
    bool is_grammar = strcmp(category, "Parse Issue") == 0 || strncmp(category, "Lexical", 7) == 0;
    return reading->acc->syntax_error && !is_grammar && !strstr(text, "undeclared") &&
           !strstr(text, "unknown type") && !strstr(text, "type specifier missing");
}

/* clang's judgement of an attribute, or of a decimal constant, is not asked for: the C compiler
 * knows its own. */
static bool is_foreign(const char *text)
{
    bool is_attribute = strstr(text, "' attribute "),
         is_decimal = strncasecmp(text, "invalid suffix 'd", 17) == 0;
    return is_attribute || is_decimal ||
           (strstr(text, "static assertion failed") && strstr(text, "_Decimal"));
}

/* A handle where a pointer to an object was meant, or the other way round, or something to be printed. To
 * clang that is worth a warning only, but mostly an `await` has been forgotten. */
static bool is_about_handle(const struct reading *reading, CXDiagnostic diagnostic)
{
    static const char *const handles[] = {"'ac_coro(", "'ac_task(", "'ac_gen(", "'ac_future("};
    const char *option = clang_string(reading->acc, clang_getDiagnosticOption(diagnostic, NULL));
    if (strcmp(option, "-Wincompatible-pointer-types") != 0 && strcmp(option, "-Wformat") != 0)
        return false;
    const char *text = wording(reading->acc, clang_string(reading->acc, clang_getDiagnosticSpelling(diagnostic)));
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        if (strstr(text, handles[i]))
            return true;
    return false;
}

static bool is_error(const struct reading *reading, CXDiagnostic diagnostic)
{
    enum CXDiagnosticSeverity severity = clang_getDiagnosticSeverity(diagnostic);
    return severity == CXDiagnostic_Error || severity == CXDiagnostic_Fatal ||
           (severity == CXDiagnostic_Warning && is_about_handle(reading, diagnostic));
}

/* An error that may matter: its token, or 0. */
static uint32_t error_token(struct reading *reading, CXDiagnostic diagnostic)
{
    if (!is_error(reading, diagnostic))
        return 0;
    uint32_t token =
        token_printed_at(reading, shadow_offset(reading, clang_getDiagnosticLocation(diagnostic)));
    if (!token || is_system_file(reading->acc, reading->acc->tokens[token].file) ||
        is_beside_strange(reading, token) || is_elsewhere(reading->acc, token) ||
        is_about_types(reading, diagnostic))
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

/* The use of a variable that may have no value there: the first note says where that is; else at `token`. */
static uint32_t used_token(const struct reading *reading, CXDiagnostic diagnostic, uint32_t token)
{
    const char *option = clang_string(reading->acc, clang_getDiagnosticOption(diagnostic, NULL));
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    if (strcmp(option, "-Wsometimes-uninitialized") == 0 && clang_getNumDiagnosticsInSet(notes)) {
        CXDiagnostic note = clang_getDiagnosticInSet(notes, 0);
        token = token_printed_at(reading, shadow_offset(reading, clang_getDiagnosticLocation(note)));
        clang_disposeDiagnostic(note);
    }
    clang_disposeDiagnosticSet(notes);
    return token;
}

/* Whether it points to text of the user's. */
static bool is_at_token(const struct reading *reading, CXDiagnostic diagnostic)
{
    uint32_t offset = shadow_offset(reading, clang_getDiagnosticLocation(diagnostic));
    const struct shadow_piece *piece = offset == UINT32_MAX ? NULL : piece_at(reading->shadow, offset);
    return piece && piece->token;
}

/* Other formats the C compiler checks; what a throw becomes shows it nothing that the user wrote. */
static void report_warning(struct reading *reading, CXDiagnostic diagnostic)
{
    struct acc *acc = reading->acc;
    const char *option = clang_string(acc, clang_getDiagnosticOption(diagnostic, NULL));
    uint32_t token =
        token_printed_at(reading, shadow_offset(reading, clang_getDiagnosticLocation(diagnostic)));
    if (clang_getDiagnosticSeverity(diagnostic) != CXDiagnostic_Warning || !token)
        return;
    const char *text = wording(acc, clang_string(acc, clang_getDiagnosticSpelling(diagnostic)));
    struct span argument;
    if (strcmp(option, "-Wnonnull") == 0 && ranges_of(reading, diagnostic, &argument, 1))
        token = argument.first; /* not the parenthesis behind all arguments */
    if (strncmp(option, "-Wformat", 8) == 0 && is_in_throw(reading->shadow, token))
        report(acc, MESSAGE_THROW_FORMAT, token, text);
    else if (is_at_token(reading, diagnostic))
        report_seen_by_clang(acc, option, token, used_token(reading, diagnostic, token), text);
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

/* After a mistake in what lies between, a brace too many, say, clang may skip async functions:
 * it has types for nothing in them. */
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
        if (!token)
            report_warning(reading, diagnostic);
        is_bad |= token && (is_in_items(reading->acc, token) ||
                            conflicting_name(reading->acc, text_of(reading->acc, diagnostic)));
        reading->lacks_brace |= token && is_brace_missing(reading, token, text_of(reading->acc, diagnostic));
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

static bool has_errors(const struct reading *reading)
{
    bool found = false;
    for (unsigned i = 0, all = clang_getNumDiagnostics(reading->unit); i < all && !found; i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(reading->unit, i);
        found = clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error;
        clang_disposeDiagnostic(diagnostic);
    }
    return found;
}

bool meaning(struct acc *acc, const struct shadow *shadow)
{
    struct reading reading = {.acc = acc, .shadow = shadow};
    /* On a thread of its own libclang would have 8 MB of stack; this process was started with plenty. */
    setenv("LIBCLANG_NOTHREADS", "1", 1);
    CXIndex index = clang_createIndex(0, 0);
    if (!parse_shadow(&reading, index)) {
        clang_disposeIndex(index);
        if (!acc->syntax_error)
            fatal("libclang could not read %s", acc->input_name);
        return false; /* it has stumbled over the mistake, which is told in acc's own words then */
    }
    /* What clang suggests to write instead may stand among what nothing mentions. */
    bool wants_all = acc->unmentioned_count && has_errors(&reading);
    bool is_good = !wants_all && judge(&reading);
    if (!wants_all)
        read_types(&reading);
    clang_disposeTranslationUnit(reading.unit);
    clang_disposeIndex(index);
    acc->unmentioned_count = wants_all ? 0 : acc->unmentioned_count;
    return wants_all ? meaning(acc, shadow_print(acc)) : is_good;
}
