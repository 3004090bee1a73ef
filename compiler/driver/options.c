/* options.c: reads a C compiler's command line as far as acc must understand it.
 *
 * Takes the words of the command line; leaves items in their order, each with the stages it goes
 * to, and what they mean for acc. A word that no rule in options.def knows goes everywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum form { ALONE, PREFIX, SEPARATE, EITHER };

enum effect {
    NONE,
    MAKE_OBJECT, MAKE_ASSEMBLY, MAKE_TEXT, MAKE_NOTHING, EMIT_C, STOP_AFTER, OUTPUT, LANGUAGE, CC, RUNTIME, MODULES,
    TEST_RUNTIME, HELP, VERSION, QUESTION, VERBOSE, DRY_RUN,
    DEPENDENCIES, PASSED_DEPENDENCIES, DEPENDENCY_FILE, DEPENDENCY_TARGET, SAVE, AUXILIARIES, COVERAGE,
    WARNING, ERROR_LIMIT, COLOR, NO_SOURCE, LIBRARY, NO_RUNTIME, DEBUG,
};

struct rule {
    const char *spelling;
    enum form form;
    unsigned stages;
    enum effect effect;
};

enum { P = STAGE_PREPROCESS, C = STAGE_COMPILE, T = STAGE_TYPES, W = STAGE_WARNING, R = STAGE_REST };
static const struct rule rules[] = {
#define OPTION(spelling, form, stages, effect) {spelling, form, stages, effect},
#include "options.def"
#undef OPTION
};

static const struct rule other_option = {"", ALONE, STAGE_DEFAULT, NONE};

static bool fits(const struct rule *rule, const char *word)
{
    if (rule->form == PREFIX || rule->form == EITHER)
        return !strncmp(word, rule->spelling, strlen(rule->spelling));
    return !strcmp(word, rule->spelling);
}

static const struct rule *rule_of(const char *word)
{
    const struct rule *best = &other_option;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (fits(&rules[i], word) && strlen(rules[i].spelling) > strlen(best->spelling))
            best = &rules[i];
    return best;
}

static bool takes_next(const struct rule *rule, const char *word)
{
    return rule->form == SEPARATE || (rule->form == EITHER && !strcmp(word, rule->spelling));
}

/* The warning's group in -Wx, -Wno-x, -Werror=x, -Wno-error=x. */
static const char *warning_group(const char *word)
{
    word += 2;
    if (!strncmp(word, "no-", 3))
        word += 3;
    return strncmp(word, "error=", 6) ? word : word + 6;
}

/* Whether a -W option is about a warning of acc's own. */
static bool is_own_warning(const char *word)
{
    static const char *const groups[] = {
#define MESSAGE(id, severity, group, text) group,
#define SHARED_MESSAGE(id, group, text)
#include "../diagnostics.def"
#undef MESSAGE
    };
    const char *group = warning_group(word);
    for (size_t i = 0; *group && i < sizeof groups / sizeof *groups; i++)
        if (!strcmp(groups[i], group))
            return true;
    return false;
}

static void note_warning(struct command_line *line, struct item *item)
{
    const char *word = item->word;
    if (word[1] == 'W' && is_own_warning(word))
        item->stages = STAGE_WARNING;
    else if (!strcmp(word, "-Wextra") || !strcmp(word, "-W") || !strncmp(word, "-Wimplicit-fallthrough", 22))
        line->wants_comments = true;
    else if (!strcmp(word, "-Wno-implicit-fallthrough") || !strcmp(word, "-Wimplicit-fallthrough=0"))
        line->wants_comments = false;
    else if (!strcmp(word, "-Wfatal-errors"))
        line->error_limit = 1;
}

static void note_color(struct command_line *line, const char *word)
{
    if (!strcmp(word, "-fdiagnostics-color=auto"))
        line->color = -1;
    else
        line->color = !strstr(word, "-fno-") && !strstr(word, "=never");
}

static void note_mode(struct command_line *line, enum effect effect)
{
    static const enum mode modes[] = {
        [MAKE_OBJECT] = MODE_OBJECT, [MAKE_ASSEMBLY] = MODE_ASSEMBLY, [MAKE_TEXT] = MODE_PREPROCESS,
        [MAKE_NOTHING] = MODE_SYNTAX, [EMIT_C] = MODE_EMIT_C, [STOP_AFTER] = MODE_EMIT_C,
    };
    if (modes[effect] > line->mode) /* in this order one wins over another, as in gcc: -E over -S over -c */
        line->mode = modes[effect];
}

/* What the option means besides being handed on. `value` is its argument, wherever that stands. */
static void note(struct command_line *line, struct item *item, enum effect effect, const char *value)
{
    switch (effect) {
    case NONE: break;
    case MAKE_OBJECT: case MAKE_ASSEMBLY: case MAKE_TEXT: case MAKE_NOTHING: case EMIT_C:
        note_mode(line, effect);
        break;
    case STOP_AFTER: note_mode(line, effect); line->stop_after = value; break;
    case OUTPUT: line->output = value; break;
    case LANGUAGE: break; /* noted with the inputs */
    case CC: line->cc = value; break;
    case RUNTIME: line->runtime = value; break;
    case MODULES: line->modules = value; break;
    case TEST_RUNTIME: line->uses_test_runtime = true; break;
    case HELP: line->wants_help = true; break;
    case VERSION: line->wants_version = true; break;
    case QUESTION: line->asks_compiler = true; break;
    case VERBOSE: line->is_verbose = true; break;
    case DRY_RUN: line->is_dry_run = true; break;
    case DEPENDENCIES: line->makes_dependencies = true; break;
    case PASSED_DEPENDENCIES: line->passes_dependencies = true; break;
    case DEPENDENCY_FILE: line->dependency_file = value; break;
    case DEPENDENCY_TARGET: line->names_target = true; break;
    case SAVE:
        line->keeps_temporaries = line->names_auxiliaries = true;
        line->beside_object = !strcmp(value, "obj");
        break;
    case AUXILIARIES: line->names_auxiliaries = true; break;
    case COVERAGE: line->names_auxiliaries = line->measures_coverage = true; break;
    case WARNING: note_warning(line, item); break;
    case ERROR_LIMIT: line->error_limit = atoi(value); break;
    case COLOR: note_color(line, item->word); break;
    case NO_SOURCE: line->hides_source = true; break;
    case LIBRARY: line->linked_count++; break;
    case NO_RUNTIME: line->links_runtime = false; break;
    case DEBUG: line->wants_debug_information = strcmp(item->word, "-g0") != 0; break;
    }
}

static bool ends_with_one_of(const char *name, const char *const *suffixes)
{
    const char *dot = strrchr(name, '.');
    for (; dot && *suffixes; suffixes++)
        if (!strcmp(dot, *suffixes))
            return true;
    return false;
}

/* Build systems that are told that a .ac file is to be compiled as C say `-x c`; it is Async C
 * nevertheless. */
static bool is_async_c(const char *name, const char *language)
{
    static const char *const suffixes[] = {".ac", NULL};
    if (language && strcmp(language, "c"))
        return !strcmp(language, "ac");
    return ends_with_one_of(name, suffixes);
}

static bool is_source(const char *name, const char *language)
{
    static const char *const suffixes[] = {".ac", ".c",   ".i",   ".s",   ".S", ".sx", ".h",
                                           ".m",  ".cc",  ".cpp", ".cxx", ".C", ".ll", ".bc",
                                           ".f",  ".f90", ".d",   ".go",  NULL};
    return language || ends_with_one_of(name, suffixes);
}

/* It is precompiled, and nothing linked for it. */
static bool is_header(const char *name, const char *language)
{
    static const char *const suffixes[] = {".h",   ".hh",  ".H",   ".hp",  ".hxx",
                                           ".hpp", ".HPP", ".h++", ".tcc", NULL};
    return language ? has_suffix(language, "-header") : ends_with_one_of(name, suffixes);
}

/* clang complains of folders for headers where nothing can include any. */
static bool is_preprocessed(const char *name, const char *language)
{
    static const char *const suffixes[] = {".i", ".s", ".ll", ".bc", NULL};
    if (language)
        return strcmp(language, "assembler") && strcmp(language, "cpp-output") && strcmp(language, "ir");
    return is_source(name, NULL) && !ends_with_one_of(name, suffixes);
}

static const char *stem_of(struct arena *arena, const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    const char *dot = strrchr(base, '.');
    return arena_copy(arena, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

static void add_input(struct command_line *line, const char *name, const char *language)
{
    struct item *item = ARENA_PUSH(line->arena, line->items, line->item_count);
    bool is_ac = is_async_c(name, language);
    *item = (struct item){.word = name, .stages = STAGE_REST, .is_input = true,
                          .is_source = is_source(name, language),
                          .has_includes = is_preprocessed(name, language),
                          .language = is_ac ? "c" : language};
    line->linked_count += !is_header(name, language);
    if (!is_ac)
        return;
    item->unit = arena_allocate(line->arena, sizeof *item->unit);
    item->unit->name = name;
    item->unit->stem = stem_of(line->arena, name);
    item->unit->number = line->unit_count++;
}

/* Adds an option and returns how many words it took. */
static size_t add_option(struct command_line *line, const char **words, const char **language)
{
    const struct rule *rule = rule_of(words[0]);
    bool is_pair = takes_next(rule, words[0]);
    if (is_pair && !words[1])
        fatal("the argument of '%s' is missing", words[0]);
    const char *value = is_pair ? words[1] : words[0] + strlen(rule->spelling);
    struct item *item = ARENA_PUSH(line->arena, line->items, line->item_count);
    *item = (struct item){.word = words[0], .argument = is_pair ? words[1] : NULL, .stages = rule->stages};
    if (rule->effect == LANGUAGE)
        *language = strcmp(value, "none") ? value : NULL;
    note(line, item, rule->effect, value);
    return is_pair ? 2 : 1;
}

void command_line_read(struct command_line *line, struct arena *arena, char **argv)
{
    struct words words = {.arena = arena};
    const char *language = NULL;
    *line = (struct command_line){.arena = arena, .color = -1, .error_limit = DEFAULT_ERROR_LIMIT,
                                   .links_runtime = true};
    words_add_expanded(&words, argv);
    for (size_t i = 0; i < words.count;) {
        if (words.word[i][0] == '-' && words.word[i][1]) {
            i += add_option(line, &words.word[i], &language);
            continue;
        }
        add_input(line, words.word[i++], language);
    }
}
