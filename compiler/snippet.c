/* snippet.c: shows a source line and what lies under it, in clang's form.
 *
 * Columns are bytes for whoever reads numbers, but what is shown has to line up on a screen:
 * tabs go to the next multiple of eight, wide characters take two places, combining ones none,
 * and bytes that are no text are shown as <XX> or <U+XXXX>.
 */
#include "snippet.h"

#include <string.h>

enum { TAB_STOP = 8, LONGEST_LINE = 4096 };

struct character {
    uint32_t code;      /* UINT32_MAX: not UTF-8 */
    uint32_t bytes;
};

static struct character decode(const unsigned char *text, uint32_t length)
{
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    uint32_t bytes = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3
                     : text[0] < 0xF5 ? 4 : 0;
    if (!bytes || bytes > length)
        return (struct character){UINT32_MAX, 1};
    uint32_t code = text[0] ^ leads[bytes];
    for (uint32_t i = 1; i < bytes; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return (struct character){UINT32_MAX, 1};
        code = code << 6 | (text[i] & 0x3F);
    }
    return (struct character){code, bytes};
}

struct code_range {
    uint32_t first, last;
};

static bool lies_in(uint32_t code, const struct code_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static uint32_t width_of(uint32_t code)
{
    static const struct code_range combining[] = {
        {0x300, 0x36F}, {0x483, 0x489}, {0x591, 0x5BD}, {0x610, 0x61A}, {0x64B, 0x65F}, {0x200B, 0x200F},
        {0x20D0, 0x20FF}, {0x302A, 0x302D}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
    };
    static const struct code_range wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
        {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
    };
    if (code < 0x300)
        return 1;
    if (lies_in(code, combining, sizeof combining / sizeof *combining))
        return 0;
    return lies_in(code, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

/* Adds one character as it is shown, at display column `at`; returns the column after it. */
static uint32_t show(struct buffer *out, const char *text, struct character character, uint32_t at)
{
    size_t before = out->length;
    if (character.code == '\t') {
        uint32_t blanks = TAB_STOP - at % TAB_STOP;
        buffer_printf(out, "%*s", (int)blanks, "");
        return at + blanks;
    }
    if (character.code == UINT32_MAX)
        buffer_printf(out, "<%02X>", (unsigned char)*text);
    else if (character.code < 0x20 || (character.code >= 0x7F && character.code < 0xA0))
        buffer_printf(out, "<U+%04X>", (unsigned)character.code);
    else {
        buffer_add(out, text, character.bytes);
        return at + width_of(character.code);
    }
    return at + (uint32_t)(out->length - before);
}

/* Shows the line; columns[i] becomes the display column of byte i, columns[length] that of its end. */
static void show_line(struct buffer *out, const char *text, uint32_t length, uint32_t *columns)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < length; ) {
        struct character character = decode((const unsigned char *)text + i, length - i);
        for (uint32_t k = 0; k < character.bytes; k++)
            columns[i + k] = at;
        at = show(out, text + i, character, at);
        i += character.bytes;
    }
    columns[length] = at;
    columns[length + 1] = at + 1;
}

/* Marks from one byte to another, not past the white space at either end. */
static void mark(char *marks, const uint32_t *columns, const char *text, uint32_t length,
                 struct underline under)
{
    if (under.end > length)
        under.end = length;
    while (under.start < under.end && strchr(" \t", text[under.start]))
        under.start++;
    while (under.end > under.start && strchr(" \t", text[under.end - 1]))
        under.end--;
    if (under.start < under.end)
        memset(marks + columns[under.start], '~', columns[under.end] - columns[under.start]);
}

void snippet_add(struct buffer *out, uint32_t line, const char *text, uint32_t length, uint32_t caret,
                 const struct underline *underlines, uint32_t count, bool color)
{
    uint32_t columns[LONGEST_LINE + 2];
    char marks[LONGEST_LINE * TAB_STOP + 2];
    if (length > LONGEST_LINE || caret > length)
        return;
    buffer_printf(out, "%5u | ", (unsigned)line);
    show_line(out, text, length, columns);
    buffer_puts(out, "\n");
    memset(marks, ' ', columns[length] + 1);
    for (uint32_t i = 0; i < count; i++)
        mark(marks, columns, text, length, underlines[i]);
    marks[columns[caret]] = '^';
    size_t end = columns[length] + 1;
    while (end > 0 && marks[end - 1] == ' ')
        end--;
    buffer_puts(out, line > 99999 ? "       | " : "      | ");
    if (color)
        buffer_puts(out, "\033[0;1;32m");
    buffer_add(out, marks, end);
    buffer_puts(out, color ? "\033[0m\n" : "\n");
}
