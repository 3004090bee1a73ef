/* diagnostics.c: tells the user, in clang's form.
 *
 *     server.ac:12:9: error: coroutine 'fetch' is never awaited
 *        12 |         fetch(1);
 *           |         ^~~~~
 *
 * Messages go out as they come. Errors after the first on one line are dropped with their notes:
 * one mistake, one line of errors. Those of several passes can be held back and come in the
 * order of the text. Warnings obey the -W options in the order given, the last one that speaks
 * of a group decides; those in system headers are dropped.
 */
#include "origin.h"
#include "snippet.h"

#include <stdlib.h>
#include <string.h>

struct line_of_file {
    uint16_t file;
    uint32_t line;
};

/* A message that is held back, with its notes. */
struct held {
    uint32_t token, number;
    const char *text;
};

struct diagnostics {
    uint32_t error_count;
    struct line_of_file *settled;  /* lines whose errors have been told */
    uint32_t settled_count;
    const char **mistaken;         /* names of functions whose declarations are mistakes that have been told */
    uint32_t mistaken_count;
    bool is_dropped;               /* the last message was, so its notes are */
    bool has_ended;                /* the error limit was reached */
    const char *included_from;     /* the include stack shown last */
    bool is_behind;                /* the message's place is the end of its token */
    bool holds;                    /* messages back */
    struct held *held;
    uint32_t held_count;
};

enum { MOST_RANGES = 8, DEFAULT_ERROR_LIMIT = 20 };

struct message_entry {
    enum severity severity;
    const char *group, *format;
};

static const struct message_entry messages[] = {
#define MESSAGE(id, severity, group, text) {severity, group, text},
#include "diagnostics.def"
#undef MESSAGE
};

/* Groups that are off unless they, or one of the options that include them, are asked for. */
enum { MOST_INCLUDING = 3 };
static const struct quiet_group {
    const char *group, *including[MOST_INCLUDING];
} quiet_groups[] = {
    {"swallowed-cancel", {"extra", ""}},
    {"declaration-after-statement", {NULL}},
    {"shadow", {NULL}},
    {"uninitialized", {"all", "extra", ""}},
    {"maybe-uninitialized", {"all", "extra", ""}},
    {"unused-local-typedefs", {"all", "unused"}},
    {"unused-function", {"all", "unused"}},
    {"unused-value", {"all", "unused"}},
    {"dangling-else", {"all", "parentheses"}},
    {"vla", {NULL}},
    {"ignored-qualifiers", {"extra", ""}},
};

static struct diagnostics *state(struct acc *acc)
{
    if (!acc->diagnostics)
        acc->diagnostics = arena_allocate(acc->arena, sizeof *acc->diagnostics);
    return acc->diagnostics;
}

uint32_t error_count(const struct acc *acc)
{
    return acc->diagnostics ? acc->diagnostics->error_count : 0;
}

/* ---- the -W options -------------------------------------------------------------------------- */

struct warning_state {
    bool is_on, is_error;
    bool error_is_settled;   /* -Werror=x or -Wno-error=x spoke of this group: -Werror no longer matters */
};

static bool is_option(const char *option, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(option, name, length) == 0;
}

static bool is_option_for(const char *option, size_t length, const char *prefix, const char *group)
{
    size_t prefix_length = strlen(prefix);
    return length > prefix_length && memcmp(option, prefix, prefix_length) == 0 &&
           is_option(option + prefix_length, length - prefix_length, group);
}

static const struct quiet_group *quiet_group(const char *group)
{
    for (size_t i = 0; i < sizeof quiet_groups / sizeof *quiet_groups; i++)
        if (strcmp(quiet_groups[i].group, group) == 0)
            return &quiet_groups[i];
    return NULL;
}

/* Whether the option is -W or -Wno- with the name of a group that includes this one. */
static bool is_option_including(const char *option, size_t length, const char *prefix, const char *group)
{
    const struct quiet_group *quiet = quiet_group(group);
    size_t before = strlen(prefix);
    bool fits = quiet && length >= before && memcmp(option, prefix, before) == 0;
    for (int i = 0; fits && i < MOST_INCLUDING && quiet->including[i]; i++)
        if (is_option(option + before, length - before, quiet->including[i]))
            return true;
    return false;
}

static void apply_option(struct warning_state *warning, const char *option, size_t length, const char *group)
{
    if (is_option_for(option, length, "-W", group)) {
        warning->is_on = true;
    } else if (is_option_for(option, length, "-Wno-", group)) {
        warning->is_on = false;
    } else if (is_option_for(option, length, "-Werror=", group)) {
        *warning = (struct warning_state){true, true, true};
    } else if (is_option_for(option, length, "-Wno-error=", group)) {
        warning->is_error = false;
        warning->error_is_settled = true;
    } else if (is_option(option, length, "-Werror") && !warning->error_is_settled) {
        warning->is_error = true;
    } else if (is_option(option, length, "-Wno-error") && !warning->error_is_settled) {
        warning->is_error = false;
    } else if (is_option_including(option, length, "-W", group)) {
        warning->is_on = true;
    } else if (is_option_including(option, length, "-Wno-", group)) {
        warning->is_on = false;
    } else if (is_option(option, length, "-Weverything")) {
        warning->is_on = true;
    } else if (is_option(option, length, "-Wno-everything")) {
        warning->is_on = false;
    }
}

static struct warning_state warning_state(const struct acc *acc, const char *group)
{
    const char *at = acc->options ? acc->options->warning_options : NULL;
    struct warning_state warning = {.is_on = !quiet_group(group)};
    bool is_silent = false;
    while (at && *at) {
        size_t length = strcspn(at, " ");
        if (is_option(at, length, "-w"))
            is_silent = true;
        else
            apply_option(&warning, at, length, group);
        at += length + strspn(at + length, " ");
    }
    warning.is_on &= !is_silent;
    return warning;
}

bool is_warning_on(const struct acc *acc, enum message id)
{
    return warning_state(acc, messages[id].group).is_on;
}

/* The same where a token stands, with the pragmas in front of it. */
static struct warning_state warning_state_at(struct acc *acc, const char *group, uint32_t token)
{
    struct warning_state warning = warning_state(acc, group);
    enum pragma pragma = pragma_at(acc, token, group);
    if (pragma != PRAGMA_NONE) {
        warning.is_on = pragma != PRAGMA_IGNORED;
        warning.is_error = pragma == PRAGMA_ERROR;
    }
    return warning;
}

/* ---- held messages --------------------------------------------------------------------------- */

static void show(struct acc *acc, enum severity severity, uint32_t token, const char *text)
{
    struct diagnostics *diagnostics = state(acc);
    struct held *last = diagnostics->held_count ? &diagnostics->held[diagnostics->held_count - 1] : NULL;
    if (!diagnostics->holds) {
        fputs(text, stderr);
        return;
    }
    text = arena_format(acc->arena, "%s", text);
    if (severity == SEVERITY_NOTE && last)
        last->text = arena_format(acc->arena, "%s%s", last->text, text);
    else
        *ARENA_PUSH(acc->arena, diagnostics->held, diagnostics->held_count) =
            (struct held){token, diagnostics->held_count, text};
}

static int compare_held(const void *left, const void *right)
{
    const struct held *a = left, *b = right;
    return a->token != b->token ? (a->token > b->token) - (a->token < b->token)
                                : (a->number > b->number) - (a->number < b->number);
}

void report_hold(struct acc *acc)
{
    state(acc)->holds = true;
}

/* A macro that repeats its argument repeats what is wrong with it: whether this was said of the
 * line already. */
static bool is_repeated(const struct acc *acc, const struct held *held, uint32_t index)
{
    uint32_t line = acc->tokens[held[index].token].line;
    for (uint32_t i = index; i-- > 0 && acc->tokens[held[i].token].line == line;)
        if (strcmp(held[i].text, held[index].text) == 0)
            return true;
    return false;
}

void report_release(struct acc *acc)
{
    struct diagnostics *diagnostics = state(acc);
    if (diagnostics->held_count)
        qsort(diagnostics->held, diagnostics->held_count, sizeof *diagnostics->held, compare_held);
    for (uint32_t i = 0; i < diagnostics->held_count; i++)
        if (diagnostics->held[i].token >= acc->token_count || !is_repeated(acc, diagnostics->held, i))
            fputs(diagnostics->held[i].text, stderr);
    diagnostics->held_count = 0;
    diagnostics->holds = false;
}

/* ---- what is dropped ------------------------------------------------------------------------- */

static bool is_settled(const struct acc *acc, const struct token *token)
{
    const struct diagnostics *diagnostics = acc->diagnostics;
    for (uint32_t i = 0; i < diagnostics->settled_count; i++)
        if (diagnostics->settled[i].line == token->line &&
            is_same_file(acc, diagnostics->settled[i].file, token->file))
            return true;
    return false;
}

static void settle(struct acc *acc, const struct token *token)
{
    struct diagnostics *diagnostics = state(acc);
    if (!is_settled(acc, token))
        *ARENA_PUSH(acc->arena, diagnostics->settled, diagnostics->settled_count) =
            (struct line_of_file){token->file, token->line};
}

void report_no_more(struct acc *acc, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last && i < acc->token_count; i++)
        if (i == first || acc->tokens[i].line != acc->tokens[i - 1].line)
            settle(acc, &acc->tokens[i]);
}

void report_no_more_of(struct acc *acc, const char *function)
{
    struct diagnostics *diagnostics = state(acc);
    *ARENA_PUSH(acc->arena, diagnostics->mistaken, diagnostics->mistaken_count) = function;
}

static bool is_mistaken(const struct acc *acc, const char *name)
{
    const struct diagnostics *diagnostics = acc->diagnostics;
    for (uint32_t i = 0; name && i < diagnostics->mistaken_count; i++)
        if (diagnostics->mistaken[i] == name)
            return true;
    return false;
}

/* Whether such a function is named on the token's line. */
static bool follows_mistake(const struct acc *acc, uint32_t token)
{
    uint32_t first = token, line = acc->tokens[token].line;
    while (first > 1 && acc->tokens[first - 1].line == line)
        first--;
    for (uint32_t i = first; i < acc->token_count && acc->tokens[i].line == line; i++)
        if (is_mistaken(acc, acc->tokens[i].name))
            return true;
    return false;
}

static int error_limit(const struct acc *acc)
{
    return acc->options ? acc->options->error_limit : DEFAULT_ERROR_LIMIT;
}

/* Decides whether a message is shown, and counts it. */
static bool admit(struct acc *acc, enum severity severity, uint32_t token)
{
    struct diagnostics *diagnostics = state(acc);
    const struct token *place = &acc->tokens[token];
    if (severity == SEVERITY_NOTE)
        return !diagnostics->is_dropped;
    bool is_told = is_settled(acc, place) || (diagnostics->mistaken_count && follows_mistake(acc, token));
    diagnostics->is_dropped = diagnostics->has_ended || (severity == SEVERITY_ERROR && is_told) ||
                              (severity == SEVERITY_WARNING && is_system_file(acc, place->file));
    if (diagnostics->is_dropped)
        return false;
    if (severity == SEVERITY_WARNING)
        return true;
    if (error_limit(acc) > 0 && diagnostics->error_count >= (uint32_t)error_limit(acc)) {
        show(acc, SEVERITY_ERROR, UINT32_MAX,
             "fatal error: too many errors emitted, stopping now [-ferror-limit=]\n");
        diagnostics->has_ended = diagnostics->is_dropped = true;
        return false;
    }
    diagnostics->error_count++;
    settle(acc, place);
    return true;
}

/* ---- the include stack ----------------------------------------------------------------------- */

struct include_stack {
    struct include_from {
        const char *file;
        size_t file_length;
        unsigned line;
    } from[64];
    int depth;
};

/* A line marker `# 12 "file" 1`: flag 1 enters a file, 2 comes back. */
static void follow_marker(struct include_stack *stack, struct include_from *current, const char *marker)
{
    char *quote;
    unsigned line = (unsigned)strtoul(marker + 1, &quote, 10);
    if (quote[0] != ' ' || quote[1] != '"')
        return;
    const char *name = quote + 2;
    size_t length = strcspn(name, "\"\n");
    const char *flags = name + length + (name[length] == '"');
    if (flags[0] == ' ' && flags[1] == '1' && current->file && stack->depth < 64)
        stack->from[stack->depth++] = *current;
    else if (flags[0] == ' ' && flags[1] == '2' && stack->depth > 0)
        stack->depth--;
    *current = (struct include_from){name, length, line};
}

static const char *include_stack(struct acc *acc, uint32_t token)
{
    struct include_stack stack = {.depth = 0};
    struct include_from current = {.file = NULL};
    const char *end = acc->text + acc->tokens[token].offset;
    for (const char *line = acc->text; line && line < end; ) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (line[0] == '#' && line[1] == ' ')
            follow_marker(&stack, &current, line);
        else
            current.line++;
        line = next ? next + 1 : NULL;
    }
    char *text = arena_copy(acc->arena, "", 0);
    for (int i = 0; i < stack.depth; i++)
        if (stack.from[i].file_length && stack.from[i].file[0] != '<')
            text = arena_format(acc->arena, "%sIn file included from %.*s:%u:\n", text,
                                (int)stack.from[i].file_length, stack.from[i].file,
                                stack.from[i].line);
    return text;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void add_heading(struct buffer *out, const struct origin *origin, enum severity severity,
                        const char *text, bool color)
{
    static const char *const names[] = {"note: ", "warning: ", "error: "};
    static const char *const colors[] = {"\033[0;1;36m", "\033[0;1;35m", "\033[0;1;31m"};
    if (color)
        buffer_puts(out, "\033[1m");
    buffer_printf(out, "%s:%u:", origin->file, (unsigned)origin->line);
    if (origin->column)
        buffer_printf(out, "%u:", (unsigned)origin->column);
    buffer_printf(out, " %s%s%s", color ? colors[severity] : "", names[severity], color ? "\033[0m" : "");
    if (color && severity != SEVERITY_NOTE)
        buffer_puts(out, "\033[1m");
    buffer_printf(out, "%s%s\n", text, color ? "\033[0m" : "");
}

/* The part of a range that lies on the caret's line. */
static struct underline underline_of(struct acc *acc, const struct origin *caret, struct span range)
{
    struct underline under = {0, 0};
    while (range.first <= range.last && acc->tokens[range.first].line != caret->line)
        range.first++;
    while (range.last > range.first && acc->tokens[range.last].line != caret->line)
        range.last--;
    if (range.first > range.last || range.last >= acc->token_count)
        return under;
    struct origin first = origin_of(acc, range.first), last = origin_of(acc, range.last);
    if (first.column && last.column && strcmp(first.file, caret->file) == 0 && first.line == caret->line) {
        under.start = first.column - 1;
        under.end = last.column - 1 + last.length;
    }
    return under;
}

static void add_snippet(struct acc *acc, struct buffer *out, const struct origin *origin,
                        const struct span *ranges, uint32_t count)
{
    struct underline underlines[MOST_RANGES];
    uint32_t used = 0;
    if (!origin->text || !origin->column)
        return;
    for (uint32_t i = 0; i < count && used < MOST_RANGES; i++)
        underlines[used++] = underline_of(acc, origin, ranges[i]);
    snippet_add(out, origin->line, origin->text, origin->text_length, origin->column - 1, underlines, used,
                acc->options && acc->options->color);
}

/* What <ac.h> makes of its names is nobody's business. */
static bool is_of_library(const char *file, const char *macro)
{
    size_t length = strlen(file);
    return strncmp(macro, "ac_", 3) == 0 && length >= 4 && strcmp(file + length - 4, "ac.h") == 0;
}

static void add_macro_note(struct acc *acc, struct buffer *out, const struct origin *origin, uint32_t token)
{
    struct origin definition = *origin;
    const char *text;
    bool color = acc->options && acc->options->color;
    bool is_found = origin_of_macro(acc, origin->macro, token, &definition);
    if (is_found && is_of_library(definition.file, origin->macro))
        return;
    if (is_found)
        text = arena_format(acc->arena, "expanded from macro '%s'", origin->macro);
    else
        text = arena_format(acc->arena, "in expansion of macro '%s'", origin->macro);
    add_heading(out, &definition, SEVERITY_NOTE, text, color);
    struct underline name = {definition.column - 1, definition.column - 1 + definition.length};
    if (definition.text && definition.column)
        snippet_add(out, definition.line, definition.text, definition.text_length, name.start,
                    &name, 1, color);
}

/* Whether what is written there stands for this token alone, as `EINVAL` does: then what is missing behind
 * the token is missing behind that. */
static bool is_written_alone(struct acc *acc, const struct origin *origin, uint32_t token)
{
    if (!origin->macro)
        return true;
    for (uint32_t other = token - 1; other <= token + 1; other += 2) {
        struct origin beside = origin_of(acc, other);
        if (beside.macro && beside.line == origin->line && beside.column == origin->column)
            return false;
    }
    uint32_t behind = origin->column - 1 + origin->length;
    while (behind < origin->text_length && origin->text[behind] == ' ')
        behind++;
    return behind >= origin->text_length || origin->text[behind] != '(';
}

/* A message without a token of its own (file scope, end of file) is about the end of the file. */
static void print_message(struct acc *acc, enum severity severity, uint32_t token, const struct span *ranges,
                          uint32_t count, const char *text)
{
    struct diagnostics *diagnostics = state(acc);
    struct buffer out = {0};
    struct origin origin = origin_of(acc, token);
    if (severity != SEVERITY_NOTE) {
        const char *included = include_stack(acc, token);
        if (!diagnostics->included_from || strcmp(diagnostics->included_from, included) != 0)
            buffer_puts(&out, included);
        diagnostics->included_from = included;
    }
    if (diagnostics->is_behind && origin.column && is_written_alone(acc, &origin, token)) {
        origin.column += origin.length;
        origin.macro = NULL;
    }
    add_heading(&out, &origin, severity, text, acc->options && acc->options->color);
    add_snippet(acc, &out, &origin, ranges, count);
    if (origin.macro)
        add_macro_note(acc, &out, &origin, token);
    show(acc, severity, token, out.text);
    buffer_free(&out);
}

void report_ranges(struct acc *acc, enum severity severity, uint32_t token,
                   const struct span *ranges, uint32_t count, const char *text)
{
    if (token >= acc->token_count)
        token = acc->token_count - 1;
    if (admit(acc, severity, token))
        print_message(acc, severity, token, ranges, count, text);
}

void report_behind(struct acc *acc, enum severity severity, uint32_t token, const char *text)
{
    state(acc)->is_behind = true;
    report_ranges(acc, severity, token, NULL, 0, text);
    state(acc)->is_behind = false;
}

void report_text(struct acc *acc, enum severity severity, uint32_t token, uint32_t last, const char *text)
{
    struct span range = {token, last};
    report_ranges(acc, severity, token, &range, last >= token, text);
}

static enum severity effective(const struct message_entry *entry, const struct warning_state *warning)
{
    return entry->severity == SEVERITY_WARNING && warning->is_error ? SEVERITY_ERROR : entry->severity;
}

void report(struct acc *acc, enum message id, uint32_t token, ...)
{
    const struct message_entry *entry = &messages[id];
    struct warning_state warning = {.is_on = true};
    va_list arguments;
    va_start(arguments, token);
    char *text = arena_vformat(acc->arena, entry->format, arguments);
    va_end(arguments);
    if (entry->severity == SEVERITY_WARNING)
        warning = warning_state_at(acc, entry->group, token);
    if (!warning.is_on) {
        state(acc)->is_dropped = true;
        return;
    }
    if (entry->severity == SEVERITY_WARNING)
        text = arena_format(acc->arena, "%s [%s-W%s]", text, warning.is_error ? "-Werror," : "",
                            entry->group);
    report_text(acc, effective(entry, &warning), token, token, text);
}
