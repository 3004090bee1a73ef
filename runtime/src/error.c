/* error.c: errors under way.
 *
 * What programs see of an error is a plain value (ac_error). Under way it is a struct ac__thrown: that value,
 * the trace that grows by a line at each await it passes, and the error that was being handled when it was
 * thrown. It has one owner at a time: the task it travels in (task->error), the handler that caught it, or
 * another error's context; but a handler that rethrows it to another one inside of itself owns it, too. */
#include "core.h"

#include <string.h>

struct line {
    const struct ac__function *function;
    unsigned site;
    unsigned repeats; /* the same line again: recursion */
};

enum { LINES = 6, PRINTED_REPEATS = 16 };

struct ac__thrown {
    ac_error error;
    struct ac__thrown *context;
    bool is_shared; /* belongs to nobody, keeps no trace: thrown where there is no memory for one of its own */
    bool is_forgotten; /* not worth to be another's context */
    struct ac__stands_for stands_for;
    unsigned more_owners;
    unsigned count, capacity;
    struct line *lines;
    struct line first_lines[LINES]; /* most traces are short */
};

static struct ac__thrown out_of_memory = {
    .error = {.code = ENOMEM, .file = "", .function = "", .message = "Cannot allocate memory"},
    .is_shared = true,
};
static struct ac__thrown canceled = {
    .error = {.code = ECANCELED, .file = "", .function = "", .message = "Operation canceled"},
    .is_shared = true,
};

/* What is thrown when there is no memory to throw anything else. A cancellation stays one. */
static struct ac__thrown *without_memory(int code)
{
    return code == ECANCELED ? &canceled : &out_of_memory;
}

/* ---- names and messages -------------------------------------------------------------------------------- */

const char *ac__code_name(int code)
{
    switch (code) {
    case AC_EBROKEN: return "AC_EBROKEN";
    case AC_ECLOSED: return "AC_ECLOSED";
    case AC_EINCOMPLETE: return "AC_EINCOMPLETE";
    default: return strerrorname_np(code);
    }
}

static const char *code_text(int code, char *buffer, size_t size)
{
    switch (code) {
    case AC_EBROKEN: return "Broken: what was waited for is gone";
    case AC_ECLOSED: return "Closed";
    case AC_EINCOMPLETE: return "The input ended too early";
    default: return strerror_r(code, buffer, size);
    }
}

void ac__cut_at_character(char *message)
{
    size_t length = strlen(message), start = length;
    while (start > 0 && length - start < 4 && ((unsigned char)message[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)message[start - 1] >= 0xC0) {
        unsigned char lead = (unsigned char)message[start - 1];
        size_t whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (length - (start - 1) < whole)
            message[start - 1] = '\0';
    }
}

static void set_message(ac_error *error, const char *format, va_list arguments)
{
    char buffer[AC__MESSAGE_SIZE];
    int length;
    if (!format) {
        snprintf(error->message, sizeof error->message, "%s", code_text(error->code, buffer, sizeof buffer));
        return;
    }
    length = vsnprintf(error->message, sizeof error->message, format, arguments);
    if (length >= (int)sizeof error->message)
        ac__cut_at_character(error->message);
}

/* ---- making and freeing -------------------------------------------------------------------------------- */

static struct ac__thrown *thrown_new(void)
{
    struct ac__thrown *thrown = ac__allocate(sizeof *thrown);
    if (!thrown)
        return NULL;
    thrown->error = (ac_error){.file = "", .function = ""}; /* until it is traced: never null */
    thrown->context = NULL;
    thrown->is_shared = thrown->is_forgotten = false;
    thrown->stands_for = (struct ac__stands_for){0};
    thrown->more_owners = 0;
    thrown->count = 0;
    thrown->capacity = LINES;
    thrown->lines = thrown->first_lines;
    return thrown;
}

struct ac__thrown *ac__error_make_list(int code, const char *format, va_list arguments)
{
    int saved = errno; /* for %m, and because a throw must not disturb the task's errno */
    struct ac__thrown *thrown = thrown_new();
    if (!thrown)
        return without_memory(code);
    errno = saved;
    thrown->error.code = code;
    set_message(&thrown->error, format, arguments);
    errno = saved;
    return thrown;
}

struct ac__thrown *ac__out_of_memory(void)
{
    return &out_of_memory;
}

struct ac__thrown *ac__error_make(int code, const char *format, ...)
{
    struct ac__thrown *thrown;
    va_list arguments;
    va_start(arguments, format);
    thrown = ac__error_make_list(code, format, arguments);
    va_end(arguments);
    return thrown;
}

int ac__fail_code(struct ac__task *task, int code)
{
    return ac__fail(task, ac__error_make(code, NULL));
}

void ac__thrown_free(struct ac__thrown *thrown)
{
    while (thrown && !thrown->is_shared) {
        struct ac__thrown *context = thrown->context;
        if (thrown->more_owners) {
            thrown->more_owners--;
            return;
        }
        if (thrown->lines != thrown->first_lines)
            ac__free(thrown->lines);
        ac__free(thrown);
        thrown = context;
    }
}

struct ac__thrown *ac__thrown_again(struct ac__thrown *thrown)
{
    if (!thrown->is_shared)
        thrown->more_owners++;
    return thrown;
}

static bool lines_reserve(struct ac__thrown *thrown, unsigned count)
{
    unsigned capacity = count > thrown->capacity * 2 ? count : thrown->capacity * 2;
    struct line *lines;
    if (count <= thrown->capacity)
        return true;
    lines = ac__reallocate(thrown->lines == thrown->first_lines ? NULL : thrown->lines, capacity * sizeof *lines);
    if (!lines)
        return false;
    if (thrown->lines == thrown->first_lines)
        memcpy(lines, thrown->first_lines, sizeof thrown->first_lines);
    thrown->lines = lines;
    thrown->capacity = capacity;
    return true;
}

static struct ac__thrown *copy_one(const struct ac__thrown *thrown)
{
    struct ac__thrown *copy = thrown_new();
    if (!copy)
        return without_memory(thrown->error.code);
    copy->error = thrown->error;
    copy->count = lines_reserve(copy, thrown->count) ? thrown->count : LINES;
    memcpy(copy->lines, thrown->lines, copy->count * sizeof *copy->lines);
    return copy;
}

struct ac__thrown *ac__error_copy(const struct ac__thrown *thrown)
{
    struct ac__thrown *first, **end = &first;
    for (; thrown; thrown = thrown->context) {
        *end = thrown->is_shared ? without_memory(thrown->error.code) : copy_one(thrown);
        if ((*end)->is_shared)
            return first;
        end = &(*end)->context;
    }
    *end = NULL;
    return first;
}

/* ---- the trace ----------------------------------------------------------------------------------------- */

bool ac__is_users(const struct ac__function *function)
{
    return function->sites && strncmp(function->name, "ac__", 4) != 0;
}

static void add_line(struct ac__thrown *thrown, const struct ac__function *function, unsigned site)
{
    struct line *last = thrown->lines + thrown->count - 1;
    if (thrown->count && last->function == function && last->site == site)
        last->repeats++;
    else if (lines_reserve(thrown, thrown->count + 1))
        thrown->lines[thrown->count++] = (struct line){function, site, 0};
}

void ac__trace(struct ac__task *task, const struct ac__function *function, unsigned site)
{
    struct ac__thrown *thrown = task->error;
    if (!thrown || thrown->is_shared || !ac__is_users(function))
        return;
    add_line(thrown, function, site);
    if (*thrown->error.function)
        return;
    thrown->error.file = function->sites[site].file;
    thrown->error.line = function->sites[site].line;
    thrown->error.function = function->name;
}

/* ---- throwing ------------------------------------------------------------------------------------------ */

static int throw_made(struct ac__task *task, const struct ac__function *function, unsigned site,
                      struct ac__thrown *thrown)
{
    task->error = thrown;
    ac__trace(task, function, site);
    return AC__FAILED;
}

int ac__throw(struct ac__task *task, const struct ac__function *function, unsigned site, int code,
              const char *format, ...)
{
    struct ac__thrown *thrown;
    va_list arguments;
    if (code <= 0)
        return ac__throw_code(task, function, site, code);
    va_start(arguments, format);
    thrown = ac__error_make_list(code, format, arguments);
    va_end(arguments);
    return throw_made(task, function, site, thrown);
}

int ac__throw_code(struct ac__task *task, const struct ac__function *function, unsigned site, int code)
{
    if (code <= 0)
        return throw_made(task, function, site, ac__error_make(EINVAL, "throw of %d, which is no error code", code));
    return throw_made(task, function, site, ac__error_make(code, NULL));
}

int ac__throw_copy(struct ac__task *task, const struct ac__function *function, unsigned site, const ac_error *error)
{
    struct ac__thrown *thrown;
    if (!error)
        return throw_made(task, function, site, ac__error_make(EINVAL, "throw of a null error"));
    if (error->code <= 0)
        return ac__throw_code(task, function, site, error->code);
    thrown = thrown_new();
    if (!thrown)
        return throw_made(task, function, site, &out_of_memory);
    thrown->error = *error;
    thrown->error.function = ""; /* it is thrown here, not where the original was */
    return throw_made(task, function, site, thrown);
}

int ac__thrown_code(const struct ac__thrown *thrown)
{
    return thrown->error.code;
}

const ac_error *ac__thrown_error(const struct ac__thrown *thrown)
{
    return &thrown->error;
}

static bool is_among(const struct ac__thrown *thrown, const struct ac__thrown *chain)
{
    while (chain && chain != thrown)
        chain = chain->context;
    return chain;
}

/* What a handler rethrew, and held as well, may be in both chains: it stays in that of the
 * error. Gives what is left. */
static struct ac__thrown *without_common(struct ac__thrown *context, const struct ac__thrown *error)
{
    struct ac__thrown **link = &context;
    while (*link && !is_among(*link, error))
        link = &(*link)->context;
    if (*link)
        (*link)->more_owners -= (*link)->more_owners > 0;
    *link = NULL;
    return context;
}

void ac__thrown_push(struct ac__thrown **error, struct ac__thrown *context)
{
    struct ac__thrown *last = *error;
    context = without_common(context, last);
    if (!context)
        return;
    if (!last || last->is_shared || context->is_forgotten) {
        ac__thrown_free(context);
        return;
    }
    while (last->context && !last->context->is_shared)
        last = last->context;
    last->context = context;
}

void ac__thrown_chain(struct ac__task *task, struct ac__thrown *thrown)
{
    ac__thrown_push(&task->error, thrown);
}

struct ac__thrown *ac__thrown_of(const ac_error *error)
{
    return container_of(error, struct ac__thrown, error);
}

struct ac__stands_for *ac__thrown_stands_for(struct ac__thrown *thrown)
{
    return thrown->is_shared ? NULL : &thrown->stands_for;
}

struct ac__thrown *ac__thrown_context(const struct ac__thrown *thrown)
{
    return thrown->context;
}

void ac__thrown_add_context(const ac_error *error, struct ac__thrown *context)
{
    struct ac__thrown *thrown = ac__thrown_of(error);
    ac__thrown_push(&thrown, context);
}

void ac__thrown_forget(const ac_error *error)
{
    struct ac__thrown *thrown = ac__thrown_of(error);
    if (!thrown->is_shared)
        thrown->is_forgotten = true;
}

/* ---- printing ------------------------------------------------------------------------------------------ */

static void print_line(const struct line *line, FILE *file)
{
    const struct ac__site *site = &line->function->sites[line->site];
    unsigned times = line->repeats < PRINTED_REPEATS ? line->repeats + 1 : 3;
    for (unsigned i = 0; i < times; i++)
        fprintf(file, "  at %s (%s:%u)\n", line->function->name, site->file, site->line);
    if (times <= line->repeats)
        fprintf(file, "  ... the previous line %u more times\n", line->repeats + 1 - times);
}

static void print_one(const char *title, const struct ac__thrown *thrown, FILE *file)
{
    const char *name = ac__code_name(thrown->error.code);
    if (name)
        fprintf(file, "%s: %s (%s)\n", title, thrown->error.message, name);
    else
        fprintf(file, "%s: %s (%d)\n", title, thrown->error.message, thrown->error.code);
    for (unsigned i = 0; i < thrown->count; i++)
        print_line(&thrown->lines[i], file);
}

void ac__error_print(const struct ac__thrown *thrown, FILE *file)
{
    flockfile(file);
    print_one("error", thrown, file);
    for (thrown = thrown->context; thrown; thrown = thrown->context)
        print_one("while handling", thrown, file);
    funlockfile(file);
}
