/* ac/json.h: JSON: jansson's values as they are, and what async functions need
 * besides: errors that are thrown.
 *
 *     async with (json_t *user = await ac_json_parse("{\"name\": \"Ann\", \"id\": 3}")) {
 *         const char *name;
 *         int id;
 *         await ac_json_unpack(user, "{s:s, s:i}", "name", &name, "id", &id);
 *     }
 *
 * None of these waits for anything, but those on streams. `async with` gives up the reference that its
 * operand is, however the block ends; jansson's own json_auto_t does the same for a variable. A json_t * that
 * a function here returns is a new reference.
 *
 * Errors: EBADMSG for text that is no JSON and for values that are not of the shape asked for, EINVAL
 * for a wrong format or argument, ENOMEM. The message says what is wrong, and in which line and column
 * (from 1) if it is text. */
#ifndef AC_JSON_H
#define AC_JSON_H

#include <ac.h>
#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

AC__LINK("ac.link:json");

/* The value of a text, of any kind: an object, an array, a string, a number, true, false or null. The text
 * must be one value and nothing more. Throws EBADMSG, also for a null `text`; ENOMEM. A text with \u0000 in
 * it is EBADMSG, too: read as a C text, such a string would be shorter than it is. Where that is wanted,
 * jansson's json_loadb takes it with JSON_ALLOW_NUL. */
ac_coro(json_t *) ac_json_parse(const char *text);
/* The same for `size` bytes. */
ac_coro(json_t *) ac_json_parse_n(const void *bytes, size_t size);

/* The text of a value, to be given to free. `flags` are jansson's: 0, JSON_INDENT(2), JSON_SORT_KEYS, ...
 * Throws EINVAL for a null value (the result of a json_... function that failed) and for what is no JSON,
 * such as an array that contains itself; ENOMEM. */
ac_coro(char *) ac_json_text(const json_t *value, size_t flags);

/* json_t *v = await ac_json_pack(format, ...): makes a value of C values, as jansson's json_pack does:
 * ac_json_pack("{s:i, s:[s,s]}", "id", 3, "names", "a", "b"). The arguments are used where this stands, also
 * if it is awaited later. Throws EINVAL if format and arguments do not fit; ENOMEM. */
#define ac_json_pack(...) \
    __extension__({ \
        json_error_t ac__error_; \
        json_t *ac__value_ = json_pack_ex(&ac__error_, 0, __VA_ARGS__); \
        ac_coro(json_t *) ac__packed_ = ac__json_packed(ac__value_, ac__error_); \
        if (!ac__packed_) /* no memory for it */ \
            json_decref(ac__value_); \
        ac__packed_; \
    })

/* await ac_json_unpack(value, format, ...): takes a value apart into C values, as jansson's json_unpack does.
 * What it stores is borrowed from the value (but for "O"). Throws EBADMSG if the value has another shape,
 * EINVAL for a wrong format and a null value. */
#define ac_json_unpack(value, ...) \
    __extension__({ \
        json_error_t ac__error_; \
        json_t *ac__value_ = (value); \
        int ac__result_ = json_unpack_ex(ac__value_, &ac__error_, 0, __VA_ARGS__); \
        ac__json_unpacked(ac__result_, ac__error_); \
    })

/* Values on a byte stream of <ac/stream.h>, one a line, as many protocols and logs have them. */
struct ac_stream;

/* The value in the next line that is not empty, a new reference; null at the end of input. Throws EBADMSG for
 * a line that is no JSON, which is taken then; and what ac_read_line throws. Cancelled: nothing is taken. */
ac_coro(json_t *) ac_json_read_line(struct ac_stream *stream);
/* async for (json_t *value : ac_json_lines(stream)): the same up to the end of input. Each
 * value is a new reference. */
ac_gen(json_t *) ac_json_lines(struct ac_stream *stream);
/* Writes a value and a line end. Throws what ac_json_text and ac_writev throw. Cancelled: a
 * part may have gone out. */
ac_coro(void) ac_json_write_line(struct ac_stream *stream, const json_t *value);

/* For `async with` only. */
ac_coro(json_t *) json_t_aenter(json_t *value);
ac_coro(void) json_t_aexit(json_t *value, const ac_error *error);

ac_coro(json_t *) ac__json_packed(json_t *value, json_error_t error);
ac_coro(void) ac__json_unpacked(int result, json_error_t error);

#ifdef __cplusplus
}
#endif
#endif
