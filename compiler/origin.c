/* origin.c: finds the columns that preprocessing lost.
 *
 * `cc -E` keeps the line of every token (through line markers) but not the column, and it mixes
 * the tokens of macro expansions with those that were written. So the original file is read
 * again, its lines are cut into raw tokens, and the raw tokens of one line are aligned with the
 * preprocessed tokens that claim to be from that line:
 *
 *     written       x = MAX ( a , b ) + y ;
 *     preprocessed  x = ( ( a ) > ( b ) ? ( a ) : ( b ) ) + y ;
 *     aligned       x =     ( a     b )                   + y ;        (longest common subsequence)
 *
 * A preprocessed token that has a partner stands where its partner stands. One that has none
 * came out of a macro: the macro's name is the nearest written name to its left that has no
 * partner either.
 *
 * Files are read when the first message needs them and kept; a program without mistakes costs nothing here.
 */
#include "origin.h"

#include <stdlib.h>
#include <string.h>

enum {
    ALIGN_CELLS = 1 << 22,   /* longer lines are not aligned */
    CLAIM_WINDOW = 4000,     /* how far from a token others of its line are looked for */
};

struct raw_token {
    uint32_t offset, length, line;
    bool is_name;
};

struct original {
    const char *name;
    const char *text;        /* null: cannot be read */
    uint32_t length;
    uint32_t *lines;         /* offset of each line's start; [0] is line 1 */
    uint32_t line_count;
    struct raw_token *tokens; /* without those of directives */
    uint32_t token_count;
    bool is_cut;             /* tokens are there */
};

struct originals {
    struct original *files;
    uint32_t count;
    struct alignment *last;  /* messages come in swarms: of the line that was asked for last */
};

/* ---- reading --------------------------------------------------------------------------------- */

static char *read_whole(struct acc *acc, const char *name, uint32_t *length)
{
    FILE *file = fopen(name, "rb");
    char *text = NULL;
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        rewind(file);
        if (size >= 0 && size < (1L << 30)) {
            text = arena_allocate(acc->arena, (size_t)size + 1);
            *length = (uint32_t)fread(text, 1, (size_t)size, file);
        }
    }
    fclose(file);
    return text;
}

static void find_lines(struct acc *acc, struct original *original)
{
    *ARENA_PUSH(acc->arena, original->lines, original->line_count) = 0;
    for (uint32_t i = 0; i < original->length; i++)
        if (original->text[i] == '\n')
            *ARENA_PUSH(acc->arena, original->lines, original->line_count) = i + 1;
}

static struct original *original_of(struct acc *acc, const char *name)
{
    if (!acc->originals)
        acc->originals = arena_allocate(acc->arena, sizeof *acc->originals);
    struct originals *originals = acc->originals;
    for (uint32_t i = 0; i < originals->count; i++)
        if (strcmp(originals->files[i].name, name) == 0)
            return &originals->files[i];
    struct original *original = ARENA_PUSH(acc->arena, originals->files, originals->count);
    *original = (struct original){.name = name};
    if (strcmp(name, "<stdin>") == 0 || strcmp(name, "-") == 0) {
        original->text = acc->input_text;
        original->length = acc->input_text ? acc->input_length : 0;
    } else if (name[0] != '<') {
        original->text = read_whole(acc, name, &original->length);
    }
    if (original->text)
        find_lines(acc, original);
    return original;
}

/* ---- cutting into raw tokens ----------------------------------------------------------------- */

struct cutter {
    const char *text;
    uint32_t length, at, line;
    bool at_start;           /* only blanks on this line so far */
};

static bool is_name_start(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c >= 0x80;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct cutter *cutter, uint32_t distance)
{
    return cutter->at + distance < cutter->length ? cutter->text[cutter->at + distance] : 0;
}

/* Passes a character, and with it the lines that it ends. */
static void pass(struct cutter *cutter)
{
    if (peek(cutter, 0) == '\n') {
        cutter->line++;
        cutter->at_start = true;
    }
    cutter->at++;
}

static void pass_block_comment(struct cutter *cutter)
{
    cutter->at += 2;
    while (cutter->at < cutter->length && !(peek(cutter, 0) == '*' && peek(cutter, 1) == '/'))
        pass(cutter);
    cutter->at += 2;
}

/* To the end of the logical line: where a `\` continues it, the next one too. */
static void pass_line(struct cutter *cutter)
{
    while (cutter->at < cutter->length && peek(cutter, 0) != '\n') {
        if (peek(cutter, 0) == '\\' && peek(cutter, 1) == '\r' && peek(cutter, 2) == '\n')
            cutter->at += 2;
        else if (peek(cutter, 0) == '\\' && peek(cutter, 1) == '\n')
            cutter->at++;
        else if (peek(cutter, 0) == '/' && peek(cutter, 1) == '*') {
            pass_block_comment(cutter);
            continue;
        }
        pass(cutter);
    }
}

/* White space, comments and directives. */
static void pass_gap(struct cutter *cutter)
{
    for (char c; cutter->at < cutter->length; ) {
        c = peek(cutter, 0);
        if (c == ' ' || (c >= '\t' && c <= '\r'))
            pass(cutter);
        else if (c == '\\' && (peek(cutter, 1) == '\n' || peek(cutter, 1) == '\r'))
            cutter->at++;
        else if (c == '/' && peek(cutter, 1) == '*')
            pass_block_comment(cutter);
        else if ((c == '/' && peek(cutter, 1) == '/') || (c == '#' && cutter->at_start))
            pass_line(cutter);
        else
            return;
    }
}

/* A quote without an end is a token by itself, as it is to the preprocessor. */
static void pass_quoted(struct cutter *cutter, char quote)
{
    struct cutter start = *cutter;
    cutter->at++;
    while (cutter->at < cutter->length && peek(cutter, 0) != quote && peek(cutter, 0) != '\n') {
        if (peek(cutter, 0) == '\\')
            pass(cutter);
        pass(cutter);
    }
    if (peek(cutter, 0) != quote)
        *cutter = start;
    cutter->at++;
}

static void pass_number(struct cutter *cutter)
{
    for (char c; (c = peek(cutter, 0)) != 0; cutter->at++) {
        if (strchr("eEpP", c) && (peek(cutter, 1) == '+' || peek(cutter, 1) == '-'))
            cutter->at++;
        else if (!is_name_start((unsigned char)c) && !is_digit((unsigned char)c) && c != '.' &&
                 !(c == '\'' && is_name_start((unsigned char)peek(cutter, 1))) &&
                 !(c == '\'' && is_digit((unsigned char)peek(cutter, 1))))
            return;
    }
}

static uint32_t punctuator_length(const struct cutter *cutter)
{
    static const char *const longer[] = {
        "%:%:", "...", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=",
        ">=",   "==",  "!=",  "&&",  "||", "*=", "/=", "%=", "+=", "-=",
        "&=",   "^=",  "|=",  "##",  "<:", ":>", "<%", "%>", "%:", "::",
    };
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++) {
        size_t length = strlen(longer[i]);
        if (cutter->at + length <= cutter->length &&
            memcmp(cutter->text + cutter->at, longer[i], length) == 0)
            return (uint32_t)length;
    }
    return 1;
}

static bool is_literal_prefix(const char *text, uint32_t length)
{
    return (length == 1 && strchr("LuU", text[0])) || (length == 2 && text[0] == 'u' && text[1] == '8');
}

static struct raw_token cut_token(struct cutter *cutter)
{
    struct raw_token token = {.offset = cutter->at, .line = cutter->line};
    unsigned char c = (unsigned char)peek(cutter, 0);
    if (is_name_start(c)) {
        while (is_name_start((unsigned char)peek(cutter, 0)) || is_digit((unsigned char)peek(cutter, 0)))
            cutter->at++;
        char next = peek(cutter, 0);
        token.is_name = true;
        if ((next == '"' || next == '\'') &&
            is_literal_prefix(cutter->text + token.offset, cutter->at - token.offset)) {
            pass_quoted(cutter, next);
            token.is_name = false;
        }
    } else if (is_digit(c) || (c == '.' && is_digit((unsigned char)peek(cutter, 1)))) {
        pass_number(cutter);
    } else if (c == '"' || c == '\'') {
        pass_quoted(cutter, (char)c);
    } else {
        cutter->at += punctuator_length(cutter);
    }
    token.length = cutter->at - token.offset;
    return token;
}

static void cut(struct acc *acc, struct original *original)
{
    struct cutter cutter = {.text = original->text, .length = original->length, .line = 1, .at_start = true};
    if (original->is_cut)
        return;
    original->is_cut = true;
    if (cutter.length >= 3 && memcmp(cutter.text, "\xEF\xBB\xBF", 3) == 0)
        cutter.at = 3;
    for (pass_gap(&cutter); cutter.at < cutter.length; pass_gap(&cutter)) {
        cutter.at_start = false;
        *ARENA_PUSH(acc->arena, original->tokens, original->token_count) = cut_token(&cutter);
    }
}

/* The run of raw tokens on a line. */
static uint32_t raw_tokens_of_line(const struct original *original, uint32_t line, uint32_t *count)
{
    uint32_t first = find_from(original->tokens, original->token_count, sizeof *original->tokens,
                               offsetof(struct raw_token, line), line);
    for (*count = 0; first + *count < original->token_count && original->tokens[first + *count].line == line; )
        ++*count;
    return first;
}

/* ---- aligning -------------------------------------------------------------------------------- */

/* What is left between equal beginnings and equal ends. */
struct middle {
    uint32_t start, raw_end, claim_end;
};

struct alignment {
    const struct acc *acc;
    const struct original *original;
    uint32_t line;
    const struct raw_token *raw;
    uint32_t raw_count;
    uint32_t *claims;        /* preprocessed tokens of the line */
    uint32_t claim_count;
    uint32_t *partner;       /* for each claim, index into raw; UINT32_MAX: none */
    bool *is_taken;          /* for each raw token: it is somebody's partner */
    struct middle middle;
    bool is_aligned;         /* else the line is too long */
};

static bool same_text(const struct alignment *alignment, uint32_t raw, uint32_t claim)
{
    const struct token *token = &alignment->acc->tokens[alignment->claims[claim]];
    return alignment->raw[raw].length == token->length &&
           memcmp(alignment->original->text + alignment->raw[raw].offset,
                  alignment->acc->text + token->offset, token->length) == 0;
}

bool is_same_file(const struct acc *acc, uint32_t left, uint32_t right)
{
    return left == right || (left < acc->file_count && right < acc->file_count &&
                             strcmp(acc->files[left].name, acc->files[right].name) == 0);
}

bool is_system_file(const struct acc *acc, uint32_t file)
{
    if (file >= acc->file_count || !acc->files[file].is_system)
        return false;
    for (uint32_t i = 0; i < acc->file_count; i++)
        if (!acc->files[i].is_system && is_same_file(acc, i, file))
            return false;
    return true;
}

/* All tokens near this one that claim to be from its line. A macro's arguments may have been
 * spread, so tokens of other lines may stand between them; a token of another file ends the
 * search. */
static void collect_claims(struct acc *acc, struct alignment *alignment, uint32_t token)
{
    const struct token *target = &acc->tokens[token];
    uint32_t first = token, end = token;
    uint32_t lowest = token > CLAIM_WINDOW ? token - CLAIM_WINDOW : 1;
    uint32_t highest = acc->token_count - token > CLAIM_WINDOW ? token + CLAIM_WINDOW : acc->token_count;
    while (first > lowest && is_same_file(acc, acc->tokens[first - 1].file, target->file))
        first--;
    while (end < highest && is_same_file(acc, acc->tokens[end].file, target->file))
        end++;
    for (uint32_t i = first; i < end; i++)
        if (acc->tokens[i].line == target->line && acc->tokens[i].kind != TOK_END)
            *ARENA_PUSH(acc->arena, alignment->claims, alignment->claim_count) = i;
}

static void pair(struct alignment *alignment, uint32_t raw, uint32_t claim)
{
    alignment->partner[claim] = raw;
    alignment->is_taken[raw] = true;
}

/* lengths[r][c]: longest common subsequence of raw[r..] and claims[c..], counted from the middle's start. */
static void follow(struct alignment *alignment, const uint16_t *lengths, size_t width)
{
    uint32_t start = alignment->middle.start;
    for (uint32_t r = start, c = start; r < alignment->middle.raw_end && c < alignment->middle.claim_end; ) {
        const uint16_t *here = lengths + (r - start) * width + (c - start);
        if (same_text(alignment, r, c) && here[0] == here[width + 1] + 1) {
            pair(alignment, r++, c++);
        } else if (here[width] >= here[1]) {
            r++;
        } else {
            c++;
        }
    }
}

/* Equal beginnings and ends need no table; they are all there is of a line without macros. */
static void align_ends(struct alignment *alignment)
{
    uint32_t raw = alignment->raw_count, claim = alignment->claim_count, start = 0;
    while (start < raw && start < claim && same_text(alignment, start, start)) {
        pair(alignment, start, start);
        start++;
    }
    while (raw > start && claim > start && same_text(alignment, raw - 1, claim - 1))
        pair(alignment, --raw, --claim);
    alignment->middle = (struct middle){start, raw, claim};
}

/* False: the line is too long. */
static bool align(struct acc *acc, struct alignment *alignment)
{
    alignment->partner =
        arena_allocate(acc->arena, (alignment->claim_count + 1) * sizeof *alignment->partner);
    alignment->is_taken = arena_allocate(acc->arena, alignment->raw_count + 1);
    memset(alignment->partner, 0xFF, alignment->claim_count * sizeof *alignment->partner);
    align_ends(alignment);
    uint32_t start = alignment->middle.start;
    size_t width = alignment->middle.claim_end - start + 1, height = alignment->middle.raw_end - start + 1;
    uint16_t *lengths = NULL;
    if (width * height <= ALIGN_CELLS && width < UINT16_MAX && height < UINT16_MAX)
        lengths = calloc(width * height, sizeof *lengths);
    if (!lengths)
        return false;
    for (size_t r = height - 1; r-- > 0; )
        for (size_t c = width - 1; c-- > 0; ) {
            uint16_t *here = lengths + r * width + c;
            uint16_t down = here[width], right = here[1];
            bool is_same = same_text(alignment, start + (uint32_t)r, start + (uint32_t)c);
            *here = is_same ? (uint16_t)(here[width + 1] + 1) : down > right ? down : right;
        }
    follow(alignment, lengths, width);
    free(lengths);
    return true;
}

static bool is_unpaired_name(const struct alignment *alignment, uint32_t raw)
{
    return alignment->raw[raw].is_name && !alignment->is_taken[raw];
}

/* `A B C` where each stands for one token: the one that stands for this. UINT32_MAX: it is not like that. */
static uint32_t find_in_row(const struct alignment *alignment, struct span gap, uint32_t claim)
{
    uint32_t first = claim, count = 1;
    while (first > 0 && alignment->partner[first - 1] == UINT32_MAX)
        first--;
    while (first + count < alignment->claim_count && alignment->partner[first + count] == UINT32_MAX)
        count++;
    if (gap.last - gap.first != count)
        return UINT32_MAX;
    for (uint32_t r = gap.first; r < gap.last; r++)
        if (!is_unpaired_name(alignment, r))
            return UINT32_MAX;
    return gap.first + (claim - first);
}

enum { MOST_MACROS = 8 };

/* The macros that an unpaired token may have come out of, the likeliest first: written names without
 * a partner, in the gap around the token or, when arguments have partners, left of it. */
static uint32_t find_macros(const struct alignment *alignment, uint32_t claim, uint32_t *macros)
{
    uint32_t before = 0, after = alignment->raw_count, count = 0;
    for (uint32_t c = 0; c < alignment->claim_count; c++)
        if (alignment->partner[c] != UINT32_MAX) {
            if (c < claim)
                before = alignment->partner[c];
            else if (after == alignment->raw_count)
                after = alignment->partner[c];
        }
    uint32_t gap = before < after && alignment->is_taken[before] ? before + 1 : before;
    macros[0] = find_in_row(alignment, (struct span){gap, after}, claim);
    if (macros[0] != UINT32_MAX)
        return 1;
    for (uint32_t r = before; r < after && count < MOST_MACROS; r++)
        if (is_unpaired_name(alignment, r))
            macros[count++] = r;
    for (uint32_t r = before; r-- > 0 && count < MOST_MACROS; )
        if (is_unpaired_name(alignment, r))
            macros[count++] = r;
    return count;
}

/* A macro may repeat its argument: then the token stands in the argument. UINT32_MAX if it does not. */
static uint32_t find_in_arguments(const struct alignment *alignment, uint32_t macro, uint32_t claim)
{
    int depth = 0;
    for (uint32_t r = macro + 1; r < alignment->raw_count; r++) {
        char c = alignment->original->text[alignment->raw[r].offset];
        depth += (c == '(') - (c == ')');
        if (depth <= 0)
            break;
        if (c != '(' && c != ')' && c != ',' && same_text(alignment, r, claim))
            return r;
    }
    return UINT32_MAX;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void set_line(struct origin *origin, const struct original *original)
{
    if (!original->text || origin->line == 0 || origin->line > original->line_count)
        return;
    uint32_t start = original->lines[origin->line - 1], end = start;
    while (end < original->length && original->text[end] != '\n')
        end++;
    if (end > start && original->text[end - 1] == '\r')
        end--;
    origin->text = original->text + start;
    origin->text_length = end - start;
}

static void set_column(struct origin *origin, const struct original *original, const struct raw_token *raw)
{
    origin->column = raw->offset - original->lines[origin->line - 1] + 1;
    origin->length = raw->length;
}

/* Which of the claims the token is; UINT32_MAX: none. */
static uint32_t find_claim(const struct alignment *alignment, uint32_t token)
{
    uint32_t found = find_from(alignment->claims, alignment->claim_count, sizeof *alignment->claims, 0, token);
    return found < alignment->claim_count && alignment->claims[found] == token ? found : UINT32_MAX;
}

/* The token's line, aligned; null: nothing is written there. */
static const struct alignment *aligned_line(struct acc *acc, struct original *original, uint32_t token)
{
    const struct alignment *last = acc->originals->last;
    uint32_t line = acc->tokens[token].line, count;
    if (last && last->original == original && last->line == line && find_claim(last, token) != UINT32_MAX)
        return last;
    cut(acc, original);
    uint32_t first = raw_tokens_of_line(original, line, &count);
    if (!count)
        return NULL;
    struct alignment *alignment = arena_allocate(acc->arena, sizeof *alignment);
    *alignment = (struct alignment){.acc = acc, .original = original, .line = line};
    alignment->raw = original->tokens + first;
    alignment->raw_count = count;
    collect_claims(acc, alignment, token);
    alignment->is_aligned = align(acc, alignment);
    acc->originals->last = alignment;
    return alignment;
}

/* `#line` may name a file that is not there: what the preprocessor left of the line has to do. */
static void place_in_preprocessed(const struct acc *acc, const struct token *target, struct origin *origin)
{
    const char *start = acc->text + target->offset;
    while (start > acc->text && start[-1] != '\n')
        start--;
    origin->text = start;
    origin->text_length = (uint32_t)strcspn(start, "\n");
    origin->column = (uint32_t)(acc->text + target->offset - start) + 1;
    origin->length = target->length;
}

/* ---- definitions of macros ----------------------------------------------------------------------------- */

/* Behind blanks, and a word if one is given; null: it is not there. */
static const char *behind(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    bool is_there = (size_t)(end - at) > length && memcmp(at, word, length) == 0;
    return is_there ? at + length : NULL;
}

static bool is_word_end(char c)
{
    return !is_name_start((unsigned char)c) && !is_digit((unsigned char)c);
}

/* The name in `#define name` on a line, or null. */
static const char *defined_name(const char *line, const char *end, const char *macro)
{
    const char *at = behind(line, end, "#");
    at = at ? behind(at, end, "define") : NULL;
    at = at && (*at == ' ' || *at == '\t') ? behind(at, end, macro) : NULL;
    return at && is_word_end(*at) ? at - strlen(macro) : NULL;
}

/* Whether a definition has the word in it: what comes out of the macro. */
static bool defines_with(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    for (; at < end && (*at != '\n' || at[-1] == '\\' || (at[-1] == '\r' && at[-2] == '\\')); at++)
        if ((size_t)(end - at) > length && memcmp(at, word, length) == 0 && is_word_end(at[length]) &&
            (is_word_end(at[-1]) || is_word_end(*word)))
            return true;
    return false;
}

/* Of several, the last in front of the line that uses it: nobody knows here which groups of the file were
 * skipped. One with the word in it, if `word` is not null. UINT32_MAX: none. */
static uint32_t find_define(const struct original *original, const char *macro, uint32_t line, const char *word)
{
    const char *end = original->text + original->length;
    uint32_t count = line && line < original->line_count ? line : original->line_count;
    while (count-- > 0) {
        const char *name = defined_name(original->text + original->lines[count], end, macro);
        if (name && (!word || defines_with(name + strlen(macro), end, word)))
            return (uint32_t)(name - original->text);
    }
    return UINT32_MAX;
}

struct wanted {
    const char *macro;
    const char *word; /* that it gave, or null */
    struct origin *definition;
};

static bool define_in(struct acc *acc, const char *file, uint32_t line, const struct wanted *wanted)
{
    struct origin *definition = wanted->definition;
    struct original *original = original_of(acc, file);
    uint32_t offset = original->text ? find_define(original, wanted->macro, line, wanted->word) : UINT32_MAX;
    if (offset == UINT32_MAX)
        return false;
    *definition = (struct origin){.file = file, .line = 1, .length = (uint32_t)strlen(wanted->macro)};
    while (definition->line < original->line_count && original->lines[definition->line] <= offset)
        definition->line++;
    set_line(definition, original);
    definition->column = offset - original->lines[definition->line - 1] + 1;
    return true;
}

static bool define_anywhere(struct acc *acc, uint32_t token, const struct wanted *wanted)
{
    const struct token *use = &acc->tokens[token];
    if (use->file < acc->file_count && define_in(acc, acc->files[use->file].name, use->line, wanted))
        return true;
    for (uint32_t system = 0; system < 2; system++)
        for (uint32_t i = 0; i < acc->file_count; i++)
            if (acc->files[i].is_system == system && define_in(acc, acc->files[i].name, 0, wanted))
                return true;
    return false;
}

bool origin_of_macro(struct acc *acc, const char *macro, uint32_t token, struct origin *definition)
{
    const struct token *use = &acc->tokens[token];
    const char *word = arena_copy(acc->arena, acc->text + use->offset, use->length);
    return define_anywhere(acc, token, &(struct wanted){macro, word, definition}) ||
           define_anywhere(acc, token, &(struct wanted){macro, NULL, definition});
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Of several macros the first one that has the token's text in its definition; else the likeliest. */
static uint32_t choose_macro(struct acc *acc, const struct alignment *alignment, const uint32_t *macros,
                             uint32_t count, uint32_t token)
{
    const struct token *use = &acc->tokens[token];
    const char *word = arena_copy(acc->arena, acc->text + use->offset, use->length);
    for (uint32_t i = 0; i < count && count > 1; i++) {
        const struct raw_token *name = &alignment->raw[macros[i]];
        const char *macro = arena_copy(acc->arena, alignment->original->text + name->offset, name->length);
        struct origin definition;
        if (define_anywhere(acc, token, &(struct wanted){macro, word, &definition}))
            return macros[i];
    }
    return macros[0];
}

/* A token without a partner: in an argument that a macro repeats, or where the macro's name stands. */
static void place_in_macro(struct acc *acc, const struct alignment *alignment, uint32_t claim,
                           struct origin *origin)
{
    uint32_t macros[MOST_MACROS], at = UINT32_MAX, token = alignment->claims[claim];
    uint32_t count = find_macros(alignment, claim, macros);
    bool is_name = acc->tokens[token].kind == TOK_NAME;
    for (uint32_t i = 0; i < count && at == UINT32_MAX && (i == 0 || is_name); i++)
        at = find_in_arguments(alignment, macros[i], claim);
    if (at == UINT32_MAX && count) {
        at = choose_macro(acc, alignment, macros, count, token);
        origin->macro = arena_copy(acc->arena, alignment->original->text + alignment->raw[at].offset,
                                   alignment->raw[at].length);
    }
    set_column(origin, alignment->original, &alignment->raw[at == UINT32_MAX ? 0 : at]);
}

static void place_in_line(struct acc *acc, struct original *original, uint32_t token, struct origin *origin)
{
    const struct alignment *alignment = aligned_line(acc, original, token);
    uint32_t claim = alignment ? find_claim(alignment, token) : UINT32_MAX;
    if (claim == UINT32_MAX)
        return;
    if (alignment->partner[claim] != UINT32_MAX)
        set_column(origin, original, &alignment->raw[alignment->partner[claim]]);
    else if (alignment->is_aligned)
        place_in_macro(acc, alignment, claim, origin);
}

struct origin origin_of(struct acc *acc, uint32_t token)
{
    const struct token *target = &acc->tokens[token];
    struct origin origin = {.line = target->line};
    origin.file = target->file < acc->file_count ? acc->files[target->file].name : acc->input_name;
    struct original *original = original_of(acc, origin.file);
    set_line(&origin, original);
    if (!origin.text && target->kind != TOK_END) {
        place_in_preprocessed(acc, target, &origin);
        return origin;
    }
    if (!origin.text)
        return origin;
    if (target->kind == TOK_PRAGMA) {
        while (origin.column < origin.text_length && strchr(" \t", origin.text[origin.column]))
            origin.column++;
        origin.length = origin.text_length - origin.column++;
    } else if (target->kind == TOK_END) {
        origin.column = origin.text_length + 1;
    } else {
        place_in_line(acc, original, token, &origin);
    }
    return origin;
}

const char *original_before(struct acc *acc, uint32_t token, uint32_t *length)
{
    const struct token *place = &acc->tokens[token];
    const struct original *original = original_of(acc, acc->files[place->file].name);
    uint32_t line = place->line && place->line <= original->line_count ? place->line : original->line_count;
    *length = original->text && line ? original->lines[line - 1] : 0;
    return original->text;
}
