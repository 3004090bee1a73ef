/* unmentioned.c: leaves out what system headers declare and the program does not mention, so
 * that neither libclang nor the C compiler reads it: of the thousands of lines that a header
 * brings, a program mostly wants a few.
 *
 * What a program mentions is found by names alone, whatever they mean where they stand: too much is kept now
 * and then, never too little. A declaration is wanted if a name that it declares is mentioned in the rest of
 * the text or in another declaration that is wanted. What does more than declare stays: definitions that
 * others may see, functions that are called though nothing names them, text that the grammar does not know.
 */
#include "acc.h"

#include <string.h>
#include <strings.h>

/* A name that mere declarations declare. */
struct entry {
    const char *name;
    uint32_t declarers;  /* the first in the list of them, from 1 */
    bool is_mentioned;
};

struct declarer {
    uint32_t declaration;
    uint32_t next; /* from 1; 0: none */
};

struct mentions {
    struct acc *acc;
    struct entry *entries;
    size_t mask;
    struct declarer *declarers;
    uint32_t declarer_count;
    struct entry **found; /* those that are mentioned; what declares them is searched in this order */
    uint32_t found_count;
};

static struct entry *entry_of(const struct mentions *mentions, const char *name)
{
    size_t at = ((uintptr_t)name >> 4) * 0x9e3779b97f4a7c15u >> 20;
    while (mentions->entries[at & mentions->mask].name && mentions->entries[at & mentions->mask].name != name)
        at++;
    return &mentions->entries[at & mentions->mask];
}

/* ---- what merely declares -------------------------------------------------------------------- */

/* Attributes by which a declaration works though nothing mentions its name; another, by which a function's
 * body is there to be inlined only. */
#define EFFECTS(X) \
    X("constructor") X("destructor") X("used") X("retain") X("section") X("alias") X("ifunc") X("weakref") X("weak")
#define BOTH_SPELLINGS(word) word, "__" word "__",
static const char *const effects[] = {EFFECTS(BOTH_SPELLINGS)};
enum { EFFECT_COUNT = sizeof effects / sizeof *effects };

/* Interned, as names of tokens are. */
struct words_of_attributes {
    const char *effects[EFFECT_COUNT];
    const char *gnu_inline[2];
};

static bool has_effect(const struct words_of_attributes *words, const struct token *token)
{
    for (size_t i = 0; token->name && i < EFFECT_COUNT; i++)
        if (token->name == words->effects[i])
            return true;
    return token->kind == TOK_PRAGMA || token->kind == TOK_UNKNOWN;
}

static bool is_inline_only(const struct acc *acc, const struct words_of_attributes *words,
                           const struct mere_declaration *declaration)
{
    for (uint32_t token = declaration->span.first; token < declaration->body; token++)
        if (acc->tokens[token].name == words->gnu_inline[0] || acc->tokens[token].name == words->gnu_inline[1])
            return true;
    return false;
}

/* What lowered text names by itself, and the protocols that a statement finds by a type's name. */
static bool is_named_by_acc(const char *name)
{
    return strncasecmp(name, "ac__", 4) == 0 || strcmp(name, "ac_error") == 0 || is_found_by_name(name);
}

static bool only_declares(const struct acc *acc, const struct words_of_attributes *words,
                          const struct mere_declaration *declaration, const struct symbol *symbol)
{
    if (is_named_by_acc(symbol->name))
        return false;
    switch (symbol->kind) {
    case SYMBOL_FUNCTION: return !declaration->body || symbol->is_static || is_inline_only(acc, words, declaration);
    case SYMBOL_OBJECT: return symbol->is_extern;
    default: return true;
    }
}

static bool is_mere(const struct acc *acc, const struct words_of_attributes *words,
                    const struct mere_declaration *declaration)
{
    bool has_object = false;
    for (uint32_t i = 0; i < declaration->name_count; i++) {
        const struct symbol *symbol = acc->declared[declaration->first_name + i];
        if (!only_declares(acc, words, declaration, symbol))
            return false;
        has_object |= symbol->kind == SYMBOL_OBJECT;
    }
    for (uint32_t token = declaration->span.first; token <= declaration->span.last; token++)
        if (has_effect(words, &acc->tokens[token]) ||
            (has_object && acc->text[acc->tokens[token].offset] == '='))
            return false;
    return declaration->name_count;
}

/* ---- what is mentioned ----------------------------------------------------------------------- */

static void mention(struct mentions *mentions, const char *name)
{
    struct entry *entry = entry_of(mentions, name);
    if (!entry->name || entry->is_mentioned)
        return;
    entry->is_mentioned = true;
    *ARENA_PUSH(mentions->acc->arena, mentions->found, mentions->found_count) = entry;
}

/* Names in a pragma: `#pragma weak f`. */
static void mention_words(struct mentions *mentions, const struct token *pragma)
{
    const char *text = mentions->acc->text + pragma->offset, *end = text + pragma->length;
    while (text < end) {
        size_t length = word_length(text);
        if (length)
            mention(mentions, arena_intern(mentions->acc->arena, text, length));
        text += length ? length : 1;
    }
}

static void mention_tokens(struct mentions *mentions, uint32_t first, uint32_t end)
{
    for (uint32_t token = first; token < end; token++) {
        const struct token *t = &mentions->acc->tokens[token];
        if (t->name)
            mention(mentions, t->name);
        else if (t->kind == TOK_PRAGMA)
            mention_words(mentions, t);
    }
}

static void mention_all(struct mentions *mentions)
{
    struct acc *acc = mentions->acc;
    uint32_t at = 1;
    for (uint32_t i = 0; i < acc->mere_count; i++) {
        mention_tokens(mentions, at, acc->mere[i].span.first);
        at = acc->mere[i].span.last + 1;
    }
    mention_tokens(mentions, at, acc->token_count - 1);
    for (uint32_t next = 0; next < mentions->found_count; next++) {
        for (uint32_t i = mentions->found[next]->declarers; i; i = mentions->declarers[i - 1].next) {
            struct mere_declaration *declaration = &acc->mere[mentions->declarers[i - 1].declaration];
            if (!declaration->is_mentioned)
                mention_tokens(mentions, declaration->span.first, declaration->span.last + 1);
            declaration->is_mentioned = true;
        }
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Those that do no more than declare. */
static void sift(struct acc *acc)
{
    struct words_of_attributes words;
    uint32_t count = 0;
    for (size_t i = 0; i < EFFECT_COUNT; i++)
        words.effects[i] = arena_intern(acc->arena, effects[i], strlen(effects[i]));
    words.gnu_inline[0] = arena_intern(acc->arena, "gnu_inline", 10);
    words.gnu_inline[1] = arena_intern(acc->arena, "__gnu_inline__", 14);
    for (uint32_t i = 0; i < acc->mere_count; i++)
        if (is_mere(acc, &words, &acc->mere[i]))
            acc->mere[count++] = acc->mere[i];
    acc->mere_count = count;
}

static void enter_names(struct mentions *mentions)
{
    struct acc *acc = mentions->acc;
    size_t size = 64;
    while (size < (size_t)acc->declared_count * 2)
        size *= 2;
    mentions->mask = size - 1;
    mentions->entries = arena_allocate(acc->arena, size * sizeof *mentions->entries);
    for (uint32_t i = 0; i < acc->mere_count; i++)
        for (uint32_t k = 0; k < acc->mere[i].name_count; k++) {
            const char *name = acc->declared[acc->mere[i].first_name + k]->name;
            struct entry *entry = entry_of(mentions, name);
            entry->name = name;
            *ARENA_PUSH(acc->arena, mentions->declarers, mentions->declarer_count) =
                (struct declarer){i, entry->declarers};
            entry->declarers = mentions->declarer_count;
        }
}

static void add_unmentioned(struct acc *acc, struct span span)
{
    struct span *last = acc->unmentioned_count ? &acc->unmentioned[acc->unmentioned_count - 1] : NULL;
    if (last && last->last + 1 == span.first)
        last->last = span.last;
    else
        *ARENA_PUSH(acc->arena, acc->unmentioned, acc->unmentioned_count) = span;
}

void drop_unmentioned(struct acc *acc)
{
    struct mentions mentions = {.acc = acc};
    if (acc->options->keeps_unmentioned || strstr(acc->options->warning_options, "-Wsystem-headers"))
        return;
    sift(acc);
    enter_names(&mentions);
    mention_all(&mentions);
    for (uint32_t i = 0; i < acc->mere_count; i++)
        if (!acc->mere[i].is_mentioned)
            add_unmentioned(acc, acc->mere[i].span);
}

bool is_unmentioned(const struct acc *acc, uint32_t token)
{
    uint32_t i = find_from(acc->unmentioned, acc->unmentioned_count, sizeof *acc->unmentioned,
                           offsetof(struct span, last), token);
    return i < acc->unmentioned_count && acc->unmentioned[i].first <= token;
}
