/* show.h: what the tests of the HTTP client share. */
#include <ac/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The server's URL with a path behind it; good until the fourth call from now. */
static inline const char *url_of(const char *path)
{
    static char urls[4][300];
    static unsigned next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof *urls, "%s%s", getenv("URL"), path);
    return url;
}

/* Prints a body up to its first line end, and consumes the response. */
static inline async void show(ac_http_response *response)
{
    async with (response) {
        char *text = await ac_http_text(response);
        printf("%d %.*s\n", response->status, (int)strcspn(text, "\n"), text);
        free(text);
    }
}

/* A member of what /echo or /counts answers. */
static inline async int number(ac_http_session *session, const char *name)
{
    async with (ac_http_response *r = await ac_http_get(session, url_of("/counts")))
        async with (json_t *counts = await ac_http_json(r))
            return (int)json_integer_value(json_object_get(counts, name));
}

/* Prints method, path, body and the header fields named of the request that /echo has seen. */
static inline async void show_echo(ac_http_response *response, const char *const names[])
{
    async with (response) {
        async with (json_t *seen = await ac_http_json(response)) {
            json_t *headers = json_object_get(seen, "headers");
            printf("%s %s", json_string_value(json_object_get(seen, "method")),
                   json_string_value(json_object_get(seen, "path")));
            if (*json_string_value(json_object_get(seen, "body")))
                printf(" {%s}", json_string_value(json_object_get(seen, "body")));
            for (; names && *names; names++)
                printf(" %s=%s", *names, json_string_value(json_object_get(headers, *names)) ?: "-");
            puts("");
        }
    }
}
