/* ac/http_types.h: what <ac/http.h>, the client, and <ac/http_server.h> share. */
#ifndef AC_HTTP_TYPES_H
#define AC_HTTP_TYPES_H

#include <ac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A status of 400 to 599 as an error code: catch (e : AC_EHTTP(404)). */
#define AC_EHTTP(status) ((1 << 21) + (status))
/* The status of such a code; 0 for any other code. */
#define AC_HTTP_STATUS_OF(code) ((code) >= AC_EHTTP(100) && (code) <= AC_EHTTP(599) ? (code) - AC_EHTTP(0) : 0)

/* Some bytes of a body. */
typedef struct ac_http_part {
    const char *data;
    size_t size;
} ac_http_part;

/* A name with its value. An array of them ends with one whose name is null; ac_http_pairs({"a", "1"}, {"b",
 * "2"}) is such an array, good until the end of the block it stands in. */
typedef struct ac_http_pair {
    const char *name, *value;
} ac_http_pair;
#define ac_http_pairs(...) ((const ac_http_pair[]){__VA_ARGS__, {0, 0}})

#ifdef __cplusplus
}
#endif
#endif
