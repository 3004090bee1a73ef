/* api.h: what the clients of api_server share. */
#ifndef API_H
#define API_H

#include <ac/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A session for the server at the URL that is the program's argument. */
static inline ac_http_session *api_session(int argc, char **argv)
{
    return ac_http_session_new(.base_url = argc > 1 ? argv[1] : "http://127.0.0.1:8080", .timeout = 30);
}

/* The JSON at a path, as for printf: a new reference. */
#define get_json(session, ...) \
    __extension__({ \
        struct path path_; \
        snprintf(path_.text, sizeof path_.text, __VA_ARGS__); \
        get_json_at((session), path_); \
    })

struct path {
    char text[200];
};

static inline async json_t *get_json_at(ac_http_session *session, struct path path)
{
    async with (ac_http_response *response = await ac_http_get(session, path.text)) {
        await ac_http_raise_for_status(response);
        return await ac_http_json(response);
    }
}

static inline const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "?";
}

static inline int number_of(const json_t *object, const char *member)
{
    return (int)json_integer_value(json_object_get(object, member));
}

#endif
