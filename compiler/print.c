/* print.c: the printer's core: tokens, generated text, line markers, templates. */
#include "print.h"

#include <string.h>
#include <strings.h>

enum { FARTHEST_COLUMN = 160 };

static const struct token *token_at(const struct printer *printer, uint32_t token)
{
    return &printer->acc->tokens[token];
}

static void print_raw_bytes(struct printer *printer, const char *text, size_t length)
{
    buffer_add(&printer->out, text, length);
    for (const char *end = text + length; (text = memchr(text, '\n', (size_t)(end - text))); text++)
        printer->line++;
}

static bool ends_with_space(const struct printer *printer)
{
    size_t length = printer->out.length;
    return length == 0 || printer->out.text[length - 1] == ' ' || printer->out.text[length - 1] == '\n';
}

static void add_piece(struct printer *printer, uint32_t token)
{
    struct shadow *shadow = printer->shadow;
    if (!shadow)
        return;
    struct shadow_piece *piece = ARENA_PUSH(printer->acc->arena, shadow->pieces, shadow->piece_count);
    piece->offset = (uint32_t)printer->out.length;
    piece->token = token;
    piece->near = token ? token : printer->near;
}

static void print_marker(struct printer *printer, uint16_t file, uint32_t line)
{
    const struct file *entry = &printer->acc->files[file];
    if (printer->out.length && printer->out.text[printer->out.length - 1] != '\n')
        buffer_puts(&printer->out, "\n");
    buffer_printf(&printer->out, "# %u ", line);
    buffer_add_quoted(&printer->out, entry->name);
    buffer_puts(&printer->out, entry->is_system || printer->is_hidden ? " 3\n" : "\n");
    printer->file = file;
    printer->line = line;
}

static size_t column_of(const char *text, size_t offset)
{
    const char *line = memrchr(text, '\n', offset);
    return line ? (size_t)(text + offset - line) - 1 : offset;
}

/* Brings a token, in front of which `width` characters are to be printed, to the column where it stands in
 * the text that came in, so that what the C compiler says of it points there. Far to the right is what came
 * out of macros; that has no column of its own. */
static void align(struct printer *printer, uint32_t token, size_t width)
{
    const struct token *t = token_at(printer, token);
    size_t wanted = column_of(printer->acc->text, t->offset), column;
    if (printer->shadow || wanted > FARTHEST_COLUMN)
        return;
    wanted = wanted > width ? wanted - width : 0;
    column = column_of(printer->out.text, printer->out.length);
    if (column > wanted || (column == wanted && !ends_with_space(printer))) {
        print_marker(printer, t->file, t->line);
        column = 0;
    }
    buffer_printf(&printer->out, "%*s", (int)(wanted - column), "");
}

static void go_to(struct printer *printer, uint32_t token, size_t width)
{
    const struct token *t = token_at(printer, token);
    printer->near = token;
    if (printer->readable || printer->is_detached)
        return;
    if (printer->file != t->file || t->line < printer->line || t->line - printer->line > 6) {
        print_marker(printer, t->file, t->line);
        printer->last_token = 0;
    } else if (t->line > printer->line) {
        buffer_add(&printer->out, "\n\n\n\n\n\n", t->line - printer->line);
        printer->line = t->line;
        printer->last_token = 0;
    }
    align(printer, token, width);
}

void print_at(struct printer *printer, uint32_t token)
{
    go_to(printer, token, 0);
}

void print_declaration_at(struct printer *printer, uint32_t token, const char *declaration, const char *name)
{
    const char *place = strchr(declaration, '@');
    go_to(printer, token, place ? (size_t)(place - declaration) : 0);
    print_format(printer, "%.*s%s%s", (int)strcspn(declaration, "@"), declaration, name, place ? place + 1 : "");
}

/* What stands between two neighbouring tokens, if it brings the reader to the right line as it is: then
 * comments and indentation survive. */
static bool print_gap(struct printer *printer, uint32_t token)
{
    const struct token *t = token_at(printer, token), *before = t - 1;
    const char *gap = printer->acc->text + before->offset + before->length;
    size_t length = t->offset - (before->offset + before->length);
    uint32_t newlines = 0;
    for (size_t i = 0; i < length; i++) {
        if (gap[i] == '#')
            return false;
        newlines += gap[i] == '\n';
    }
    if (before->file != t->file || before->line + newlines != t->line)
        return false;
    bool in_step = printer->file == t->file && printer->line + newlines == t->line;
    if (printer->readable || printer->is_detached || in_step) {
        print_raw_bytes(printer, gap, length);
        return true;
    }
    return false;
}

/* In the shadow, a decimal floating constant is one of its type with any value, in words that clang knows. */
static bool print_decimal(struct printer *printer, const struct token *token)
{
    static const char *const types[][2] = {{"df", "_Decimal32"}, {"dd", "_Decimal64"}, {"dl", "_Decimal128"}};
    const char *text = printer->acc->text + token->offset, *suffix = text + token->length - 2;
    if (!printer->shadow || token->kind != TOK_NUMBER || token->length < 3 || text[1] == 'x' || text[1] == 'X')
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncasecmp(suffix, types[i][0], 2) == 0) {
            buffer_printf(&printer->out, "((%s)1)", types[i][1]);
            return true;
        }
    return false;
}

static void print_token(struct printer *printer, uint32_t token)
{
    const struct token *t = token_at(printer, token);
    bool follows = printer->last_token && printer->last_token + 1 == token;
    if (!follows || !print_gap(printer, token)) {
        if (t->kind == TOK_PRAGMA && printer->out.length && printer->out.text[printer->out.length - 1] != '\n') {
            buffer_puts(&printer->out, "\n");
            printer->line++;
        }
        print_at(printer, token);
        if (!ends_with_space(printer))
            buffer_puts(&printer->out, " ");
    }
    printer->near = token;
    add_piece(printer, token);
    const char *text = printer->acc->text + t->offset;
    if (t->name && memchr(text, '\\', t->length)) /* gcc -E spells é as \U000000e9 */
        buffer_puts(&printer->out, t->name);
    else if (!print_decimal(printer, t))
        print_raw_bytes(printer, text, t->length);
    if (t->kind == TOK_PRAGMA && printer->acc->text[t->offset] == '#') {
        buffer_puts(&printer->out, "\n");
        printer->line++;
        printer->last_token = 0;
        return;
    }
    printer->last_token = token;
}

void print_tokens(struct printer *printer, uint32_t first, uint32_t last)
{
    for (uint32_t token = first; token <= last && token; token++)
        print_token(printer, token);
}

static void print_indented(struct printer *printer, const char *text, size_t length)
{
    for (const char *end = text + length; text < end; text++) {
        if (*text != '\n') {
            buffer_add(&printer->out, text, 1);
        } else if (printer->readable) {
            buffer_puts(&printer->out, "\n        ");
        } else {
            buffer_puts(&printer->out, " ");
        }
    }
}

static void print_text_bytes(struct printer *printer, const char *text, size_t length)
{
    if (!length)
        return;
    if (!ends_with_space(printer) && *text != '\n')
        buffer_puts(&printer->out, " ");
    add_piece(printer, 0);
    print_indented(printer, text, length);
    printer->last_token = 0;
}

void print_text(struct printer *printer, const char *text)
{
    print_text_bytes(printer, text, strlen(text));
}

void print_format(struct printer *printer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_text(printer, arena_vformat(printer->acc->arena, format, arguments));
    va_end(arguments);
}

void print_quoted(struct printer *printer, const char *text)
{
    struct buffer quoted = {0};
    buffer_add_quoted(&quoted, text);
    print_text(printer, quoted.text);
    buffer_free(&quoted);
}

/* Blanks the flags for entering and leaving a file: what is printed does not nest as the original did. */
static void blank_nesting_flags(char *text, const char *end)
{
    while ((text = memchr(text, '\n', (size_t)(end - text)))) {
        text++;
        if (end - text < 3 || text[0] != '#' || text[1] != ' ')
            continue;
        char *line_end = memchr(text, '\n', (size_t)(end - text));
        if (!line_end)
            return;
        for (char *c = line_end; c > text && *c != '"'; c--)
            if (*c == '1' || *c == '2')
                *c = ' ';
    }
}

static void print_run(struct printer *printer, uint32_t first, uint32_t end)
{
    const struct token *tokens = printer->acc->tokens;
    if (first >= end)
        return;
    print_at(printer, first);
    if (printer->shadow) {
        uint32_t base = (uint32_t)printer->out.length - tokens[first].offset;
        for (uint32_t token = first; token < end; token++) {
            struct shadow_piece *piece =
                ARENA_PUSH(printer->acc->arena, printer->shadow->pieces, printer->shadow->piece_count);
            *piece = (struct shadow_piece){base + tokens[token].offset, token, token};
        }
    }
    size_t start = printer->out.length;
    buffer_add(&printer->out, printer->acc->text + tokens[first].offset,
               tokens[end - 1].offset + tokens[end - 1].length - tokens[first].offset);
    blank_nesting_flags(printer->out.text + start, printer->out.text + printer->out.length);
    printer->file = tokens[end - 1].file;
    printer->line = tokens[end - 1].line;
    printer->last_token = end - 1;
    if (tokens[end - 1].kind == TOK_PRAGMA) {
        buffer_puts(&printer->out, "\n");
        printer->line++;
    }
}

void print_raw(struct printer *printer, uint32_t first, uint32_t end)
{
    const struct acc *acc = printer->acc;
    uint32_t i = find_from(acc->unmentioned, acc->unmentioned_count, sizeof *acc->unmentioned,
                           offsetof(struct span, last), first);
    for (; i < acc->unmentioned_count && acc->unmentioned[i].first < end; i++) {
        print_run(printer, first, acc->unmentioned[i].first);
        first = acc->unmentioned[i].last + 1;
    }
    print_run(printer, first, end);
}

/* Text where %0 ... %9 stand for children. */
static void print_template(struct printer *printer, struct node *node)
{
    const char *text = node->text, *start = text;
    for (; *text; text++) {
        if (text[0] != '%' || text[1] < '0' || text[1] > '9')
            continue;
        uint32_t index = (uint32_t)(text[1] - '0');
        CHECK(index < node->count);
        print_text_bytes(printer, start, (size_t)(text - start));
        if (node->child[index])
            print_node(printer, node->child[index]);
        start = ++text + 1;
    }
    print_text_bytes(printer, start, (size_t)(text - start));
}

void print_detached(struct printer *printer)
{
    if (!printer->readable)
        buffer_puts(&printer->out, "\n# 1 \"<acc>\" 3\n");
    printer->is_detached = true;
    printer->last_token = 0;
}

void print_attached(struct printer *printer)
{
    printer->is_detached = false;
    printer->file = UINT16_MAX;
    printer->last_token = 0;
}

void print_hidden(struct printer *printer, bool is_hidden)
{
    if (printer->readable || printer->is_detached || printer->is_hidden == is_hidden)
        return;
    printer->is_hidden = is_hidden;
    if (printer->file == UINT16_MAX)
        print_marker(printer, token_at(printer, printer->near)->file, token_at(printer, printer->near)->line);
    else
        print_marker(printer, printer->file, printer->line);
    printer->last_token = 0;
}

void print_plainly(struct printer *printer, struct node *node)
{
    uint32_t at = node->first;
    for (uint32_t i = 0; i < node->count; i++) {
        struct node *child = node->child[i];
        if (!child)
            continue;
        if (child->first > at)
            print_tokens(printer, at, child->first - 1);
        print_node(printer, child);
        if (child->last >= at)
            at = child->last + 1;
    }
    if (node->last >= at)
        print_tokens(printer, at, node->last);
}

void print_node(struct printer *printer, struct node *node)
{
    if (printer->special(printer, node))
        return;
    if (node->kind == NODE_GENERATED) {
        bool was_hidden = printer->is_hidden;
        print_hidden(printer, was_hidden || node->is_hidden);
        if (node->first)
            print_at(printer, node->first);
        print_template(printer, node);
        print_hidden(printer, was_hidden);
    } else {
        print_plainly(printer, node);
    }
}
