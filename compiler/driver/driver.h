/* driver.h: acc, a C compiler driver that knows one language more.
 *
 * A command line becomes a list of items (options.c). Every Async C input becomes a unit, which
 * goes through three programs: the C compiler preprocesses it, acc1 (translator.c) turns the
 * text into C, the C compiler compiles that (unit.c). What is left, other inputs and the
 * linking, is one more command for the C compiler (main.c): the user's own command line, in
 * which objects stand where Async C files stood. A file without anything of the dialect stays in
 * that command as C.
 *
 * All work is done by child processes, so the driver can wait for signals and children in one
 * place (process.c) and clean up in peace.
 */
#ifndef ACC_DRIVER_H
#define ACC_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../util.h"

/* ---- words: a growing argument list, always ended by a null ---------------------------------- */

struct words {
    struct arena *arena;
    const char **word;
    size_t count;
};
void words_add(struct words *words, const char *word);
void words_add_all(struct words *words, const struct words *more);
/* Adds the arguments of argv; @file stands for what is written in that file. */
void words_add_expanded(struct words *words, char **argv);
/* Writes the words from `first` on as a response file. */
void words_write_response(const struct words *words, size_t first, const char *path);
/* Whether reading it twice gives the same. */
bool file_is_regular(const char *path);
/* A whole file, ended by a NUL that does not count; null if it cannot be read. */
char *file_read(struct arena *arena, const char *path, size_t *length);

/* ---- command line ---------------------------------------------------------------------------- */

enum stage {
    STAGE_PREPROCESS = 1, /* goes to `cc -E` */
    STAGE_COMPILE = 2,    /* goes to the compilation of the translated text */
    STAGE_TYPES = 4,      /* goes to libclang: it changes what types or names mean */
    STAGE_WARNING = 8,    /* goes to acc's own warnings */
    STAGE_REST = 16,      /* goes to the last command */
    STAGE_DEFAULT = STAGE_PREPROCESS | STAGE_COMPILE | STAGE_REST,
};

/* What one invocation is to make. */
enum mode { MODE_LINK, MODE_OBJECT, MODE_ASSEMBLY, MODE_SYNTAX, MODE_PREPROCESS, MODE_EMIT_C };

struct unit;

enum { DEFAULT_ERROR_LIMIT = 20 };

/* An option with its argument, or an input. */
struct item {
    const char *word, *argument; /* argument: null, or the word behind */
    unsigned stages;
    bool is_input;
    bool is_source;              /* an input that is compiled, as far as its name tells */
    bool has_includes;           /* a source that the preprocessor sees */
    const char *language;        /* of an input: the -x in force, or null */
    struct unit *unit;           /* of an Async C input */
};

struct command_line {
    struct arena *arena;
    struct item *items;
    size_t item_count;
    size_t linked_count, unit_count; /* inputs for the linker, in the end; Async C inputs */
    enum mode mode;
    const char *output;          /* -o, or null */
    const char *cc;              /* --cc=, or null */
    const char *runtime;         /* --runtime=, or null */
    const char *modules;         /* --modules=: the folder of the library's archives, or null */
    bool uses_test_runtime;      /* -fac-test: the one in which allocations and system calls can be made to fail */
    const char *stop_after;      /* a pass, or null */
    const char *dependency_file; /* -MF, or null */
    bool makes_dependencies;     /* -MD, -MMD */
    bool passes_dependencies;    /* -Wp,-MD,FILE */
    bool names_target;           /* -MT, -MQ */
    bool keeps_temporaries, beside_object; /* -save-temps, -save-temps=obj */
    bool names_auxiliaries;      /* an option that makes files named after the output: coverage, split dwarf */
    bool wants_debug_information;
    bool measures_coverage;
    bool wants_comments;         /* a warning that comments can silence is on */
    bool links_runtime;
    bool is_verbose, is_dry_run; /* -v, -### */
    bool wants_help, wants_version;
    bool asks_compiler;          /* an option that the C compiler answers, whatever its inputs */
    bool hides_source;           /* messages come without the lines that they are about */
    int color;                   /* -1: as the terminal has it */
    int error_limit;
};

void command_line_read(struct command_line *line, struct arena *arena, char **argv);

/* ---- the C compiler and acc's own parts ------------------------------------------------------ */

struct backend {
    struct words command;     /* the C compiler: a program and perhaps arguments */
    bool is_clang;
    bool is_itself;           /* no program in front of it that may read its input, too, such as ccache */
    const char *include_directory, *library_directory, *library, *test_library, *translator;
    const char *module_directory; /* the descriptions of the library's modules */
};
/* Finds all of it, or ends the process with a message. */
void backend_find(struct backend *backend, struct arena *arena, const char *cc);
/* Asks the compiler which one it is; only needed where an Async C file is compiled. */
void backend_identify(struct backend *backend, struct arena *arena);

/* ---- temporary files ------------------------------------------------------------------------- */

struct temporary {
    struct arena *arena;
    const char *directory;    /* null: none made yet */
    bool is_dry_run;          /* names only */
};
/* A path in a directory of this process; `folder` and the file need not exist, the folder is made. */
const char *temporary_path(struct temporary *temporary, size_t folder, const char *name);
void temporary_remove(struct temporary *temporary);

/* ---- child processes ------------------------------------------------------------------------- */

/* What walking a tree as deep as the parser allows (DEPTH_LIMIT) may take of the C stack, in bytes. */
enum { DEEP_STACK = 256 << 20 };

struct process_options {
    bool is_verbose, is_dry_run;
    const char *input;        /* standard input comes from this file; null: ours */
    const int *gate;          /* two sockets: acc1 gets the second, begins when a byte comes out of it and sends its
                               * exit status through it; null: it begins at once */
    const char *messages;     /* standard error goes to this file; null: to ours */
    bool is_translator;       /* acc1: if it dies, that is our fault */
    bool nests_deeply;        /* gets a deep C stack, as far as the system allows */
    bool leads_group;         /* and what it starts is in a process group of its own */
};
struct driver;
/* From here on signals that would end the process wait until a child is being waited for. */
void process_prepare(struct driver *driver);
/* A command that runs; pid 0 in a dry run. */
struct process {
    pid_t pid;
    const char *name;
    bool is_translator;
    bool leads_group;
    int report;               /* a descriptor out of which its exit status comes, perhaps; 0: none */
    int pipe;                 /* out of which it reads what is left of a text, as it is waited for; 0: none */
    const char *text;
    size_t length;
};
struct process process_start(struct driver *driver, struct words *command,
                             const struct process_options *options);
/* Waits for its end, or its report, and returns its exit status; 1 where it ended otherwise
 * (which is then said, but of a broken pipe). A signal to the driver goes to the child first; then temporary
 * files are removed and the driver ends by the same signal. */
int process_finish(struct driver *driver, struct process *process);
int process_run(struct driver *driver, struct words *command, const struct process_options *options);
/* Ends one that leads a group, if it runs, with all that it has started. */
void process_kill(struct process *process);
/* Waits for the end of those that have reported, so that their time counts as the driver's. */
void process_reap(void);
/* Copies a file to standard error. */
void messages_print(const char *path);
/* The same with what the C compiler said of a translated text. */
void messages_print_translated(struct driver *driver, const char *path);
/* Becomes the command. */
_Noreturn void process_become(struct words *command, bool is_verbose);
/* What the command prints when it gets this one argument. */
void process_read(const struct words *command, const char *argument, char *answer, size_t size);

/* ---- the C compiler, started before its input is there ---------------------------------------- */

/* Makes the pipe at `path`; false: the C compiler is to be started when the file is there. */
bool early_prepare(struct driver *driver, const char *path);
/* Whether one that starts early is to leave its object in acc's own folder. */
bool early_is_apart(const struct driver *driver);
/* The translation is in the file `from`: gives it the pipe's name, and lets the C compiler have it. */
void early_feed(struct driver *driver, const char *from, const char *path);

/* ---- units ----------------------------------------------------------------------------------- */

/* acc1's exit status. */
enum { TRANSLATION_DONE, TRANSLATION_FAILED, TRANSLATION_PLAIN = 99 };

/* One Async C input. */
struct unit {
    const char *name;         /* as given */
    const char *stem;         /* without folders and suffix */
    size_t number;            /* names its folder of temporary files */
    const char *object;       /* for the linker; set by unit_build */
    const char *apart;        /* where the object is made that then goes to its place; null: there */
};

struct driver {
    struct arena *arena;
    struct command_line line;
    struct backend backend;
    struct temporary temporary;
    const char *standard_input; /* a file with what it held, or null: not read */
    struct process early;       /* the C compiler that waits for its text; pid 0: none */
    struct words modules;       /* of the standard library, to be linked */
    int signals;                /* a descriptor out of which blocked signals come (process.c) */
    unsigned argument_files;    /* response files made (process.c) */
    const char *shown_path, *shown_text; /* the source file read last for a message, or null (messages.c) */
};

/* Takes the unit through all its steps; returns the status of the first that failed, or 0. */
int unit_build(struct driver *driver, struct unit *unit);
/* The path of its text after the preprocessor. */
const char *unit_preprocessed(struct driver *driver, const struct unit *unit);

/* ---- the standard library -------------------------------------------------------------------- */

/* Finds which modules the inputs need; the units are to be built before. */
void modules_find(struct driver *driver);
/* Whether that takes more than reading files. */
bool modules_need_preprocessing(const struct driver *driver);
/* Adds them, the runtime, and the system's libraries that they need to a command that links.
 * Ends the process with a message if something is not there. */
void modules_add(const struct driver *driver, struct words *command, const char *runtime);

/* Adds the options that go to any of these stages. */
void command_add_options(const struct driver *driver, struct words *command, unsigned stages);
/* Adds the options that decide what the preprocessor makes of a file, without those that have it
 * write other files. */
void command_add_macros(const struct driver *driver, struct words *command);
/* Adds what lets C find <ac.h>, after all folders of the user's and the system's. */
void command_add_headers(const struct driver *driver, struct words *command);
/* A command that begins as the C compiler's. */
struct words command_begin(const struct driver *driver);

#endif
