/* unit.c: one Async C file on its way to an object.
 *
 *     cc -E -x c -include ac/abi.h FILE -o TMP/preprocessed.i     then acc1 TMP/preprocessed.i -o TMP/STEM.i
 *     cc -c -x cpp-output TMP/STEM.i
 *
 * acc1 is started together with the preprocessor, and waits for it with libclang loaded (translator.c); the C
 * compiler when the preprocessor has ended, and waits for acc1 (early.c).
 *
 * Each option goes to the step it is for. The translated text keeps the user's stem, so that the
 * C compiler names by itself what it makes (STEM.o, STEM.s, STEM.gcno); its line markers name
 * the user's files, so that no temporary name gets into an object. acc1 may find that the file
 * has nothing of the dialect; then the C compiler gets it as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver.h"

static bool is_standard_input(const struct unit *unit)
{
    return !strcmp(unit->name, "-");
}

static bool use_color(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb");
}

static struct process_options how_to_run(const struct driver *driver, const struct unit *unit)
{
    return (struct process_options){
        .is_verbose = driver->line.is_verbose,
        .is_dry_run = driver->line.is_dry_run,
        .input = is_standard_input(unit) ? driver->standard_input : NULL,
    };
}

static int run(struct driver *driver, struct words *command, const struct unit *unit)
{
    struct process_options options = how_to_run(driver, unit);
    return process_run(driver, command, &options);
}

static const char *with_suffix(struct arena *arena, const char *path, const char *suffix)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    return arena_format(arena, "%.*s%s", (int)(dot ? dot - path : (long)strlen(path)), path, suffix);
}

/* -MD: the file and the target that the C compiler would have chosen had it done all in one. */
static void add_dependencies(struct driver *driver, struct words *command, const struct unit *unit)
{
    const struct command_line *line = &driver->line;
    /* -Wp,-MD,FILE says where; for the target clang, unlike gcc, looks at the output */
    bool lacks_target = line->makes_dependencies || (line->passes_dependencies && driver->backend.is_clang);
    if (line->makes_dependencies) {
        words_add(command, "-MF");
        words_add(command, line->dependency_file ? line->dependency_file
                           : with_suffix(driver->arena, line->output ? line->output : unit->stem, ".d"));
    }
    if (lacks_target && !line->names_target) {
        words_add(command, "-MQ");
        words_add(command, line->output ? line->output : arena_format(driver->arena, "%s.o", unit->stem));
    }
}

/* Half a command line would look wrong to clang; it shall not say so. */
static void add_silence(struct driver *driver, struct words *command)
{
    if (driver->backend.is_clang)
        words_add(command, "-Wno-unused-command-line-argument");
}

static void add_dialect(struct driver *driver, struct words *command)
{
    words_add(command, "-D__ASYNC_C__=1");
    command_add_headers(driver, command);
}

/* In the unit's folder of temporary files, with the user's stem. */
static const char *own_path(struct driver *driver, const struct unit *unit, const char *suffix)
{
    const char *name = arena_format(driver->arena, "%s%s", unit->stem, suffix);
    return temporary_path(&driver->temporary, unit->number, name);
}

const char *unit_preprocessed(struct driver *driver, const struct unit *unit)
{
    return temporary_path(&driver->temporary, unit->number, "preprocessed.i");
}

/* A compiler whose messages go to a file has to be told that there is a terminal behind it. */
static void add_color(const struct driver *driver, struct words *command)
{
    if (driver->line.color < 0 && use_color())
        words_add(command, "-fdiagnostics-color=always");
}

/* Whether the file, as the output of acc -E does, holds <ac/abi.h> already: since its macros are gone,
 * nothing would keep a second copy out. */
static bool has_own_header(struct driver *driver, const struct unit *unit)
{
    const char *name = is_standard_input(unit) ? driver->standard_input : unit->name;
    size_t length;
    const char *text = name && file_is_regular(name) ? file_read(driver->arena, name, &length) : NULL;
    return text && strstr(text, "\nenum ac__status {");
}

/* What the preprocessor says is held back until it is known that the file will not be compiled
 * once more as it is. */
static struct process preprocess(struct driver *driver, struct unit *unit, const char *messages)
{
    struct words command = command_begin(driver);
    struct process_options options = how_to_run(driver, unit);
    options.messages = messages;
    add_color(driver, &command);
    add_dialect(driver, &command);
    if (!has_own_header(driver, unit)) {
        words_add(&command, "-include");
        words_add(&command, arena_format(driver->arena, "%s/ac/abi.h", driver->backend.include_directory));
    }
    command_add_options(driver, &command, STAGE_PREPROCESS);
    add_dependencies(driver, &command, unit);
    add_silence(driver, &command);
    /* gcc takes a comment for an answer to -Wimplicit-fallthrough */
    if (driver->line.wants_comments && !driver->backend.is_clang)
        words_add(&command, "-C");
    if (driver->backend.is_clang) /* acc's own ones in pragmas */
        words_add(&command, "-Wno-unknown-warning-option");
    words_add(&command, "-E");
    words_add(&command, "-x");
    words_add(&command, "c");
    words_add(&command, unit->name);
    words_add(&command, "-o");
    words_add(&command, unit_preprocessed(driver, unit));
    return process_start(driver, &command, &options);
}

static const char *joined(struct driver *driver, unsigned stages)
{
    struct words words = {.arena = driver->arena};
    struct buffer text = {0};
    command_add_options(driver, &words, stages);
    for (size_t i = 0; i < words.count; i++)
        buffer_printf(&text, "%s%s", i ? " " : "", words.word[i]);
    const char *result = arena_copy(driver->arena, text.length ? text.text : "", text.length);
    buffer_free(&text);
    return result;
}

static void add_translator_options(struct driver *driver, struct words *command, const struct unit *unit)
{
    const struct command_line *line = &driver->line;
    if (line->stop_after)
        words_add(command, arena_format(driver->arena, "--stop-after=%s", line->stop_after));
    if (line->mode == MODE_EMIT_C)
        words_add(command, "--emit-c");
    else if (line->wants_debug_information)
        words_add(command, "--debug");
    if (driver->backend.is_clang && line->mode != MODE_EMIT_C)
        words_add(command, "--for-clang");
    if (line->measures_coverage)
        words_add(command, "--coverage");
    if (line->color < 0 ? use_color() : line->color)
        words_add(command, "--color");
    if (line->error_limit != DEFAULT_ERROR_LIMIT)
        words_add(command, arena_format(driver->arena, "--error-limit=%d", line->error_limit));
    const char *warnings = joined(driver, STAGE_WARNING);
    if (*warnings)
        words_add(command, arena_format(driver->arena, "--warnings=%s", warnings));
    if (is_standard_input(unit) && driver->standard_input)
        words_add(command, arena_format(driver->arena, "--standard-input=%s", driver->standard_input));
    words_add(command, arena_format(driver->arena, "--name=%s",
                                    is_standard_input(unit) ? "<stdin>" : unit->name));
}

/* Begins when a byte comes through the gate, and sends its status back through it. Without a gate: `whole`,
 * with all that headers declare in the text. */
static struct process translate(struct driver *driver, struct unit *unit, const char *output,
                                const char *messages, const int gate[2])
{
    struct words command = {.arena = driver->arena};
    struct process_options options = how_to_run(driver, unit);
    options.input = NULL;
    options.messages = messages;
    options.gate = gate;
    options.is_translator = options.nests_deeply = true;
    words_add(&command, driver->backend.translator);
    if (!gate)
        words_add(&command, "--whole");
    add_translator_options(driver, &command, unit);
    words_add(&command, unit_preprocessed(driver, unit));
    words_add(&command, output);
    command_add_options(driver, &command, STAGE_TYPES);
    return process_start(driver, &command, &options);
}

/* Files that the compiler names after its output (coverage notes, split debug information) would
 * be named after our temporary object: give them the names they have when program and object are
 * made in one go. */
static void add_auxiliary_names(struct driver *driver, struct words *command, const struct unit *unit)
{
    const struct command_line *line = &driver->line;
    if (driver->backend.is_clang && !line->names_auxiliaries)
        return;
    words_add(command, "-dumpdir");
    words_add(command, line->output ? arena_format(driver->arena, "%s-", line->output) : "a-");
    if (driver->backend.is_clang)
        return;
    words_add(command, "-dumpbase");
    words_add(command, arena_format(driver->arena, "%s.i", unit->stem));
    words_add(command, "-dumpbase-ext");
    words_add(command, ".i");
}

/* Where the user wants the object of -c. */
static const char *final_object(struct driver *driver, const struct unit *unit)
{
    const char *output = driver->line.output;
    return output ? output : arena_format(driver->arena, "%s.o", unit->stem);
}

/* The same for an object that is made apart: the names that its own place would give. */
static void add_names_of_final(struct driver *driver, struct words *command, const struct unit *unit)
{
    const char *object = final_object(driver, unit), *slash = strrchr(object, '/');
    const char *name = slash ? slash + 1 : object;
    if (slash) {
        words_add(command, "-dumpdir");
        words_add(command, arena_copy(driver->arena, object, (size_t)(name - object)));
    }
    words_add(command, "-dumpbase");
    words_add(command, with_suffix(driver->arena, name, ".i"));
    words_add(command, "-dumpbase-ext");
    words_add(command, ".i");
}

static void add_output(struct driver *driver, struct words *command, struct unit *unit)
{
    const struct command_line *line = &driver->line;
    words_add(command, line->mode == MODE_SYNTAX     ? "-fsyntax-only"
                       : line->mode == MODE_ASSEMBLY ? "-S"
                                                     : "-c");
    if (line->mode == MODE_LINK) {
        unit->object = own_path(driver, unit, ".o");
        add_auxiliary_names(driver, command, unit);
    }
    if (unit->apart)
        add_names_of_final(driver, command, unit);
    const char *output = unit->object ? unit->object : unit->apart ? unit->apart : line->output;
    if (output) {
        words_add(command, "-o");
        words_add(command, output);
    }
}

/* Warnings that line markers and pragmas in the text do not stop. */
static void add_silence_about_text(struct driver *driver, struct words *command)
{
    add_silence(driver, command);
    if (!driver->backend.is_clang) {
        words_add(command, "-Wno-jump-misses-init"); /* states are entered past initialisers */
        return;
    }
    words_add(command, "-Wno-gnu-line-marker"); /* -pedantic */
    words_add(command, "-Wno-#pragma-messages"); /* the preprocessor has said so, and left it in the text */
    words_add(command, "-Wno-trigraphs");
    words_add(command, "-Wno-parentheses-equality"); /* clang does not say so of macros, which it would not see here */
    words_add(command, "-Wno-used-but-marked-unused"); /* as async functions are, which may only be embedded */
    words_add(command, "-fbracket-depth=5000"); /* the text nests where the program has a defer behind the other */
    words_add(command, "-fno-caret-diagnostics"); /* lines as acc printed them, where gcc reads the file (messages.c) */
}

/* gcc's assembler works while gcc does, and not after it; clang has one built in. */
static void add_pipe(const struct driver *driver, struct words *command)
{
    bool makes_object = driver->line.mode != MODE_ASSEMBLY && driver->line.mode != MODE_SYNTAX;
    if (makes_object && !driver->line.keeps_temporaries && !driver->backend.is_clang)
        words_add(command, "-pipe");
}

static struct process start_compiler(struct driver *driver, struct unit *unit, const char *text,
                                     const char *messages, bool is_early)
{
    struct words command = command_begin(driver);
    add_pipe(driver, &command);
    command_add_options(driver, &command, STAGE_COMPILE);
    add_silence_about_text(driver, &command);
    add_color(driver, &command);
    add_output(driver, &command, unit);
    words_add(&command, "-x");
    words_add(&command, "cpp-output");
    words_add(&command, text);
    struct process_options options = how_to_run(driver, unit);
    options.messages = messages;
    options.nests_deeply = true;
    options.leads_group = is_early;
    return process_start(driver, &command, &options);
}

static int compile(struct driver *driver, struct unit *unit, const char *text, const char *messages)
{
    struct process compiler = start_compiler(driver, unit, text, messages, false);
    return process_finish(driver, &compiler);
}

static const char *compiler_messages(struct driver *driver, const struct unit *unit)
{
    return temporary_path(&driver->temporary, unit->number, "compiler-messages");
}

/* Where a pipe has been made for its text. */
static void start_early(struct driver *driver, struct unit *unit)
{
    int pipe = driver->early.pipe;
    const char *text = own_path(driver, unit, ".i");
    if (!pipe)
        return;
    driver->early = start_compiler(driver, unit, text, compiler_messages(driver, unit), true);
    driver->early.pipe = pipe;
}

/* To older gccs a misspelt function is worth a warning only. */
static bool may_suggest(struct driver *driver, int status, const char *messages)
{
    size_t length;
    const char *text = status ? NULL : file_read(driver->arena, messages, &length);
    return status || (text && strstr(text, "-Wimplicit-function-declaration"));
}

/* What the C compiler suggests to write instead may stand among what the translator has left out of the
 * headers: then it gets the whole text. */
static int compile_translated(struct driver *driver, struct unit *unit, const char *text)
{
    const char *messages = compiler_messages(driver, unit);
    int status = driver->early.pid ? process_finish(driver, &driver->early)
                                   : compile(driver, unit, text, messages);
    if (may_suggest(driver, status, messages)) {
        struct process translator = translate(driver, unit, text, "/dev/null", NULL);
        if (process_finish(driver, &translator) == TRANSLATION_DONE)
            status = compile(driver, unit, text, messages);
    }
    messages_print_translated(driver, messages);
    return status;
}

/* The file is C: one ordinary compilation of the file itself. */
static int compile_plain(struct driver *driver, struct unit *unit)
{
    struct words command = command_begin(driver);
    command_add_options(driver, &command, STAGE_PREPROCESS | STAGE_COMPILE);
    add_dialect(driver, &command);
    add_dependencies(driver, &command, unit);
    add_output(driver, &command, unit);
    words_add(&command, "-x");
    words_add(&command, "c");
    words_add(&command, unit->name);
    return run(driver, &command, unit);
}

/* -save-temps: the two texts that the C compiler does not keep, since it did not make them. */
static void keep_text(struct driver *driver, const char *from, const struct unit *unit, const char *suffix)
{
    const struct command_line *line = &driver->line;
    const char *slash = line->beside_object && line->output ? strrchr(line->output, '/') : NULL;
    const char *to = arena_format(driver->arena, "%.*s%s%s", slash ? (int)(slash - line->output + 1) : 0,
                                  slash ? line->output : "", unit->stem, suffix);
    size_t length;
    const char *text = line->is_dry_run ? NULL : file_read(driver->arena, from, &length);
    FILE *file = text ? fopen(to, "w") : NULL;
    if (file && (fwrite(text, 1, length, file) < length) | fclose(file))
        fatal("%s cannot be written", to);
}

/* Preprocesses and translates. The preprocessor's messages come before acc1's, or not at all where the C
 * compiler will repeat them. */
static int make_text(struct driver *driver, struct unit *unit, const char *output)
{
    const char *first = temporary_path(&driver->temporary, unit->number, "messages");
    const char *second = temporary_path(&driver->temporary, unit->number, "more-messages");
    int gate[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate))
        fatal("no pair of sockets can be made: %s", strerror(errno));
    struct process preprocessor = preprocess(driver, unit, first);
    struct process translator = translate(driver, unit, output, second, gate);
    int status = process_finish(driver, &preprocessor);
    bool is_preprocessed = !status && send(gate[0], "", 1, MSG_NOSIGNAL) == 1;
    close(gate[1]);
    shutdown(gate[0], SHUT_WR);
    if (is_preprocessed)
        start_early(driver, unit);
    int translation = process_finish(driver, &translator);
    close(gate[0]);
    if (is_preprocessed)
        status = translation;
    if (status == TRANSLATION_PLAIN)
        return status;
    messages_print(first);
    if (is_preprocessed)
        messages_print(second);
    return status;
}

/* An object that was made apart goes to its place; what is there makes room, as it does for the assembler. */
static int deliver(struct driver *driver, const struct unit *unit)
{
    const char *to = final_object(driver, unit);
    struct stat old;
    size_t length;
    const char *bytes = file_read(driver->arena, unit->apart, &length);
    if (!stat(to, &old) && S_ISREG(old.st_mode) && old.st_size)
        unlink(to);
    FILE *file = bytes ? fopen(to, "w") : NULL;
    if (file && !((fwrite(bytes, 1, length, file) < length) | fclose(file)))
        return 0;
    fatal("%s cannot be written: %s", to, strerror(errno));
}

int unit_build(struct driver *driver, struct unit *unit)
{
    const struct command_line *line = &driver->line;
    if (line->mode == MODE_EMIT_C)
        return make_text(driver, unit, line->output ? line->output : "-");
    const char *text = own_path(driver, unit, ".i"), *translated = text;
    if (early_prepare(driver, text)) {
        translated = temporary_path(&driver->temporary, unit->number, "translated");
        unit->apart = early_is_apart(driver) ? own_path(driver, unit, ".o") : NULL;
    }
    int status = make_text(driver, unit, translated);
    if (status != TRANSLATION_DONE)
        process_kill(&driver->early);
    if (status == TRANSLATION_PLAIN) {
        unit->apart = NULL;
        return compile_plain(driver, unit);
    }
    if (status != TRANSLATION_DONE)
        return status;
    if (translated != text)
        early_feed(driver, translated, text);
    if (line->keeps_temporaries) {
        keep_text(driver, unit_preprocessed(driver, unit), unit, ".i");
        keep_text(driver, text, unit, ".translated.i");
    }
    status = compile_translated(driver, unit, text);
    return status || !unit->apart ? status : deliver(driver, unit);
}
