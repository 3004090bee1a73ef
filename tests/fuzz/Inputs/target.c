/* target.c: the translator under libFuzzer: text after the preprocessor in, C or messages out.
 *
 * An input is a program without its headers; prologue.h, preprocessed, stands in front of each (FUZZ_PROLOGUE names
 * the file). A find is a crash, a sanitizer's report, a leak, a time-out, too much memory, or acc1 ending itself.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../compiler/acc.h"
#include "mutate.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *left, size_t left_size, const uint8_t *right, size_t right_size,
                                 uint8_t *out, size_t capacity, unsigned seed);

static char *prologue;
static size_t prologue_length;

static void read_prologue(const char *path)
{
    size_t capacity = 1 << 20;
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file || !(prologue = malloc(capacity))) {
        fprintf(stderr, "FUZZ_PROLOGUE does not name a file that can be read\n");
        exit(2);
    }
    prologue_length = fread(prologue, 1, capacity, file);
    fclose(file);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    read_prologue(getenv("FUZZ_PROLOGUE"));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char marker[] = "\n# 1 \"fuzz.ac\"\n";
    struct options options = {.warning_options = "-Wextra", .error_limit = 20};
    struct acc acc = {.arena = arena_new(), .options = &options, .input_name = "fuzz.ac"};
    char *text = arena_allocate(acc.arena, prologue_length + sizeof marker + size + 1);
    memcpy(text, prologue, prologue_length);
    memcpy(text + prologue_length, marker, sizeof marker - 1);
    memcpy(text + prologue_length + sizeof marker - 1, data, size);
    acc.text = text;
    acc.length = (uint32_t)(prologue_length + sizeof marker - 1 + size);
    const char *output = translate(&acc);
    /* every way out: a text, a message, or nothing of the dialect in it */
    if (!output && acc.has_dialect && !error_count(&acc))
        abort();
    arena_free(acc.arena);
    return 0;
}

/* Bytes by libFuzzer, tokens by mutate.c. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed)
{
    if (seed % 5 == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    return mutate_tokens((char *)data, size, capacity, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *left, size_t left_size, const uint8_t *right, size_t right_size,
                                 uint8_t *out, size_t capacity, unsigned seed)
{
    return splice_tokens((const char *)left, left_size, (const char *)right, right_size, (char *)out, capacity, seed);
}
