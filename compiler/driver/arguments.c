/* arguments.c: argument lists, and the response files that arguments may come from. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "driver.h"

enum { MAX_RESPONSE_DEPTH = 32 };

void words_add(struct words *words, const char *word)
{
    *ARENA_PUSH(words->arena, words->word, words->count) = word;
    *ARENA_PUSH(words->arena, words->word, words->count) = NULL;
    words->count--;
}

void words_add_all(struct words *words, const struct words *more)
{
    for (size_t i = 0; i < more->count; i++)
        words_add(words, more->word[i]);
}

bool file_is_regular(const char *path)
{
    struct stat status;
    return !stat(path, &status) && S_ISREG(status.st_mode);
}

char *file_read(struct arena *arena, const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    struct buffer text = {0};
    char block[65536];
    size_t count;
    if (!file)
        return NULL;
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        buffer_add(&text, block, count);
    char *copy = ferror(file) ? NULL : arena_copy(arena, text.length ? text.text : "", text.length);
    *length = text.length;
    fclose(file);
    buffer_free(&text);
    return copy;
}

static bool is_space(char c)
{
    return c && strchr(" \t\n\r\f\v", c);
}

/* Cuts the next word out of a response file's text, as the C compilers do: blanks part words,
 * quotes of either kind keep blanks, a backslash keeps the character behind it. Null: no more. */
static const char *response_word(struct arena *arena, const char **text)
{
    struct buffer word = {0};
    const char *at = *text;
    char quote = 0;
    while (is_space(*at))
        at++;
    if (!*at)
        return NULL;
    for (; *at && (quote || !is_space(*at)); at++) {
        if (*at == '\\' && at[1])
            buffer_add(&word, ++at, 1);
        else if (quote ? *at == quote : *at == '"' || *at == '\'')
            quote = quote ? 0 : *at;
        else
            buffer_add(&word, at, 1);
    }
    const char *copy = arena_copy(arena, word.length ? word.text : "", word.length);
    buffer_free(&word);
    *text = at;
    return copy;
}

/* A file that cannot be read is no response file: then the C compilers take the word as it is. */
static void add_expanded(struct words *words, const char *word, int depth)
{
    size_t length;
    const char *text = word[0] == '@' ? file_read(words->arena, word + 1, &length) : NULL;
    if (!text) {
        words_add(words, word);
        return;
    }
    if (depth == MAX_RESPONSE_DEPTH)
        fatal("%s: response files are nested too deeply", word);
    while ((word = response_word(words->arena, &text)))
        add_expanded(words, word, depth + 1);
}

void words_add_expanded(struct words *words, char **argv)
{
    for (; *argv; argv++)
        add_expanded(words, *argv, 0);
}

/* Quoted such that response_word reads it back. */
static void write_quoted(FILE *file, const char *word)
{
    putc('"', file);
    for (; *word; word++) {
        if (*word == '"' || *word == '\\')
            putc('\\', file);
        putc(*word, file);
    }
    fputs("\"\n", file);
}

void words_write_response(const struct words *words, size_t first, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        fatal("%s: cannot be written", path);
    for (size_t i = first; i < words->count; i++)
        write_quoted(file, words->word[i]);
    if (fclose(file))
        fatal("%s: cannot be written", path);
}
