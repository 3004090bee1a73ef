/* translator.c: acc1, the program that acc runs for each Async C file: preprocessed text in, C out.
 *
 *     acc1 [options] --name=FILE INPUT OUTPUT [libclang's arguments]
 *
 * Being a process of its own, it can have a deep C stack, may load libclang (which acc itself
 * then does not have to for plain C), and whatever happens to it, acc cleans up. OUTPUT appears
 * complete or not at all; - is standard output. Loading libclang takes as long as preprocessing
 * a small file: so acc starts both at once, and with --wait, standard input being a socket, acc1
 * begins when that has a byte, or ends when it has none; it sends its exit status back as soon
 * as all is written. With --whole, the headers' declarations that nothing mentions stay in the
 * text. Exit status: TRANSLATION_… in driver.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../acc.h"
#include "driver.h"

#ifdef ACC_SANITIZE
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

struct invocation {
    struct options options;
    struct arena *arena;
    struct acc *acc;
    const char *name, *input, *output, *standard_input;
    bool waits;
    int status;
};

static const char *value_of(const char *word, const char *option)
{
    size_t length = strlen(option);
    return strncmp(word, option, length) ? NULL : word + length;
}

static void read_option(struct invocation *invocation, const char *word)
{
    struct options *options = &invocation->options;
    const char *value;
    if ((value = value_of(word, "--name=")))
        invocation->name = value;
    else if ((value = value_of(word, "--standard-input=")))
        invocation->standard_input = value;
    else if ((value = value_of(word, "--stop-after=")))
        options->stop_after = value;
    else if ((value = value_of(word, "--warnings=")))
        options->warning_options = value;
    else if ((value = value_of(word, "--error-limit=")))
        options->error_limit = atoi(value);
    else if (!strcmp(word, "--wait"))
        invocation->waits = true;
    else if (!strcmp(word, "--whole"))
        options->keeps_unmentioned = true;
    else if (!strcmp(word, "--emit-c"))
        options->emit_c = true;
    else if (!strcmp(word, "--for-clang"))
        options->is_for_clang = true;
    else if (!strcmp(word, "--debug"))
        options->debug = true;
    else if (!strcmp(word, "--coverage"))
        options->coverage = true;
    else if (!strcmp(word, "--color"))
        options->color = true;
    else
        fatal("acc1: unknown option '%s'", word);
}

static void read_arguments(struct invocation *invocation, char **argv)
{
    struct words words = {.arena = invocation->arena};
    size_t i = 0;
    words_add_expanded(&words, argv);
    invocation->options.error_limit = DEFAULT_ERROR_LIMIT;
    invocation->options.warning_options = "";
    for (; i < words.count && !strncmp(words.word[i], "--", 2); i++)
        read_option(invocation, words.word[i]);
    if (words.count < i + 2 || !invocation->name)
        fatal("usage: acc1 [options] --name=FILE INPUT OUTPUT [arguments for libclang]");
    invocation->input = words.word[i];
    invocation->output = words.word[i + 1];
    invocation->options.clang_arguments = words.word + i + 2;
    invocation->options.clang_argument_count = (int)(words.count - i - 2);
}

static _Noreturn void cannot_write(const char *path)
{
    fatal("%s: cannot be written: %s", path, strerror(errno));
}

static void write_to(FILE *file, const char *text, const char *path)
{
    size_t length = strlen(text);
    if (!file || fwrite(text, 1, length, file) < length || fflush(file))
        cannot_write(path);
}

/* By way of a new file beside it; what is no file, such as /dev/null, is written to directly. */
static void write_output(struct invocation *invocation, const char *text)
{
    const char *path = invocation->output;
    char *beside = arena_format(invocation->arena, "%s.XXXXXX", path);
    struct stat status;
    mode_t mask = umask(0);
    umask(mask);
    if (!strcmp(path, "-")) {
        write_to(stdout, text, "standard output");
        return;
    }
    if (!stat(path, &status) && !S_ISREG(status.st_mode)) {
        write_to(fopen(path, "w"), text, path);
        return;
    }
    int descriptor = mkstemp(beside);
    if (descriptor < 0)
        cannot_write(path);
    write_to(fdopen(descriptor, "w"), text, path);
    if (fchmod(descriptor, 0666 & ~mask) || rename(beside, path)) {
        unlink(beside);
        cannot_write(path);
    }
}

static int run(struct invocation *invocation)
{
    struct acc *acc = invocation->acc;
    const char *text = translate(acc);
    if (error_count(acc))
        return TRANSLATION_FAILED;
    if (!acc->has_dialect && !invocation->options.emit_c)
        return TRANSLATION_PLAIN;
    if (!text && acc->has_dialect)
        BUG("%s: translation failed without a message", invocation->name);
    write_output(invocation, text ? text : acc->text);
    return TRANSLATION_DONE;
}

static void *run_on_thread(void *invocation)
{
    ((struct invocation *)invocation)->status = run(invocation);
    return NULL;
}

/* acc has asked for a deep stack; but where the system's hard limit is low, or acc1 is run by
 * hand, there is none. Where a thread cannot have one either, most programs do without. */
static int run_deep(struct invocation *invocation)
{
    struct rlimit limit;
    pthread_attr_t attributes;
    pthread_t thread;
    if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur >= DEEP_STACK)
        return run(invocation);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, DEEP_STACK);
    if (pthread_create(&thread, &attributes, run_on_thread, invocation))
        return run(invocation);
    pthread_join(thread, NULL);
    return invocation->status;
}

static const char *read_text(struct invocation *invocation, const char *path, uint32_t *length)
{
    size_t size = 0;
    const char *text = file_read(invocation->arena, path, &size);
    if (!text)
        fatal("%s: cannot be read: %s", path, strerror(errno));
    if (size > UINT32_MAX - 1)
        fatal("%s: the text is larger than 4 GB", invocation->name);
    *length = (uint32_t)size;
    return text;
}

/* Until INPUT is there. */
static void wait_for_input(void)
{
    char byte;
    ssize_t count;
    do {
        count = read(STDIN_FILENO, &byte, 1);
    } while (count < 0 && errno == EINTR);
    if (count != 1)
        exit(TRANSLATION_FAILED);
}

/* To acc, which need not wait for this process to end. Under the sanitizers it has to: they may
 * have something to say. */
static void send_status(int status)
{
    unsigned char byte = (unsigned char)status;
    if (fflush(NULL) || IS_SANITIZED)
        return;
    (void)!send(STDIN_FILENO, &byte, 1, MSG_NOSIGNAL);
}

int main(int argc, char **argv)
{
    struct invocation invocation = {.arena = arena_new()};
    struct acc acc = {.arena = invocation.arena, .options = &invocation.options};
    (void)argc;
    read_arguments(&invocation, argv + 1);
    if (invocation.options.stop_after && !translate_has_pass(invocation.options.stop_after))
        fatal("--stop-after=%s: there is no such pass", invocation.options.stop_after);
    if (invocation.waits)
        wait_for_input();
    acc.input_name = invocation.name;
    acc.text = read_text(&invocation, invocation.input, &acc.length);
    if (invocation.standard_input)
        acc.input_text = read_text(&invocation, invocation.standard_input, &acc.input_length);
    invocation.acc = &acc;
    int status = run_deep(&invocation);
    if (invocation.waits)
        send_status(status);
    return status;
}
