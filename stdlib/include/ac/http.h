/* ac/http.h: an HTTP client, on libcurl: HTTP/1.1 and HTTP/2, TLS, proxies, redirects, compression, cookies.
 *
 *     async json_t *user(ac_http_session *session, int id)
 *     {
 *         char url[100];
 *         snprintf(url, sizeof url, "https://example.org/users/%d", id);
 *         async with (ac_http_response *r = await ac_http_get(session, url, .timeout = 2)) {
 *             await ac_http_raise_for_status(r);
 *             return await ac_http_json(r);
 *         }
 *     }
 *
 * A session keeps connections and cookies; use one for many requests, at once or one after the other. A
 * request ends when the header of the response has come; the body follows, is taken with ac_http_text and its
 * kin, and not read ahead further than 64 KiB (of a compressed one, what 16 KiB unfold to). Compression by
 * deflate and gzip is asked for. A session, its requests and responses belong to one loop.
 *
 * Times are in seconds. Texts and arrays among the options are copied when the request starts, that is, when
 * it is awaited or spawned and first runs.
 *
 * Errors that requests and the reading of bodies throw, with libcurl's message and the URL:
 *
 *     ETIMEDOUT          no end within .timeout, no connection within .connect_timeout, no more of a body
 *                        that is waited for within .read_timeout
 *     ENOENT             no such host: its name, or that of the proxy, has no address
 *     ECONNREFUSED, ECONNRESET, EPIPE, ENETUNREACH, ...  of the connection: the system's own code
 *     ECONNRESET         the connection ended before a response
 *     AC_EINCOMPLETE     the connection ended in the middle of the response
 *     EPROTO             what came is not HTTP, or broken chunks, or a length that is none; TLS could not be
 *                        agreed on
 *     EKEYREJECTED       the server's certificate does not hold: expired, another name, unknown issuer
 *     EBADMSG            the body's compression is broken
 *     EMSGSIZE           a body of more than .max_body bytes, a header of more than 256 KiB, a line of it of
 *                        more than 100 KB; a compressed body that unfolds by far; an .upload of another
 *                        length than .size
 *     ELOOP              more redirects than .redirects
 *     EINVAL             a malformed URL, header field (the message names it) or option
 *     EPROTONOSUPPORT    not http or https
 *     EACCES             the proxy refused;  ESPIPE: a body from a generator would have to be sent again
 *     AC_ECLOSED         the session was closed; the response, while its body was waited for
 *     ENOMEM; EIO        anything else that libcurl reports
 */
#ifndef AC_HTTP_H
#define AC_HTTP_H

#include <ac.h>
#include <ac/http_types.h>
#include <ac/json.h>

#ifdef __cplusplus
extern "C" {
#endif

AC__LINK("ac.link:http");

/* ---- sessions ------------------------------------------------------------------------------------------ */

typedef struct ac_http_session ac_http_session;

/* All may be left out: 0 and null are the defaults. */
struct ac_http_session_options {
    int ac__nothing;
    const char *base_url;        /* what URLs without a scheme are relative to */
    const ac_http_pair *headers; /* sent with every request, unless it has its own of that name; a null value
                                    leaves out what would be sent by itself */
    const char *auth;            /* "name:password", for requests without their own */
    const char *proxy;           /* its URL; "": none. Null: by the environment (http_proxy, no_proxy, ...) */
    double timeout;              /* of a request, from its start to the body's end: 300; INFINITY: none */
    double connect_timeout;      /* for a connection to be there, TLS and all: 60 */
    double close_timeout;        /* how long closing waits for transfers under way: 5 */
    int limit;                   /* connections at once: 100. Others wait, first come first served */
    int limit_per_host;          /* connections to one host at once: no limit of its own */
    bool no_cookies;             /* keep none */
    bool insecure;               /* accept any certificate */
    /* Requests throw EINVAL where one of these files is of no use. */
    const char *ca_file;         /* certificates of issuers, in PEM, in place of the system's */
    const char *certificate;     /* the client's own certificate, a file in PEM ... */
    const char *key;             /* ... and its private key, if it is in another file */
    const char *key_password;    /* of a key that is encrypted; without it, such a key is of no use */
};

/* ac_http_session *ac_http_session_new(...options): a session, such as
 * ac_http_session_new(.limit = 10, .timeout = 5):
 *
 *     async with (ac_http_session *session = ac_http_session_new()) { ... }
 *
 * Leaving the block closes it, as ac_http_session_close does. Null with errno, which `async with` throws:
 * ENOMEM; EINVAL for an option that makes no sense, whose name is in the message. It belongs to the running
 * loop. Two sockets of each session that libcurl 7.88 makes for itself are not close-on-exec: children get
 * them, but for those of <ac/process.h>. */
#define ac_http_session_new(...) ac__http_session_new(&(const struct ac_http_session_options){0, __VA_ARGS__})

/* Waits until the transfers under way have ended, close_timeout at most, cuts what remains, closes the
 * connections and frees the session. New requests throw AC_ECLOSED from now on, and so do those that were spawned
 * before and have not begun. Responses can still be asked for what they have, and must be closed, as ever. Null
 * is fine.
 * Cancelled: cuts at once, and throws ECANCELED. */
ac_coro(void) ac_http_session_close(ac_http_session *session);

/* How many transfers are under way: sent, waiting for a connection, or with a body
 * that has not come in full. None of a null session. */
size_t ac_http_session_transfers(const ac_http_session *session);

/* For `async with` only. */
ac_coro(ac_http_session *) ac_http_session_aenter(ac_http_session *session);
ac_coro(void) ac_http_session_aexit(ac_http_session *session, const ac_error *error);

/* ---- requests ------------------------------------------------------------------------------------------ */

/* A field of a form (multipart/form-data): a value, or the contents of a file. An array of them ends with one
 * whose name is null; ac_http_fields({"title", .value = "Cat"}, {"photo", .file = "cat.jpg"}) is such an
 * array, good until the end of the block it stands in. Files are opened when the request starts, which throws
 * what open does, and EISDIR or EINVAL for what is no regular file; they are read as the other side takes
 * them, on worker threads where a disk has to be waited for. One that becomes shorter meanwhile is EIO. */
typedef struct ac_http_field {
    const char *name, *value; /* `size` bytes, or a text if size is 0 */
    size_t size;
    const char *file;     /* in place of the value: a path */
    const char *filename; /* what the server is told; null: the last part of `file`, or nothing */
    const char *type;     /* null: that of a file may follow from its name */
} ac_http_field;
#define ac_http_fields(...) ((const ac_http_field[]){__VA_ARGS__, {0, 0, 0, 0, 0, 0}})

/* All but the URL may be left out: 0 and null are the defaults, mostly the session's. At
 * most one kind of body. */
struct ac_http_options {
    const char *url;
    const ac_http_pair *params;  /* appended to the URL's query, encoded: ac_http_pairs({"q", "some words"}) */
    const ac_http_pair *headers; /* sent as they are; a null value leaves out what would be sent by itself. A
                                    Cookie's value is sent beside the session's cookies, unless one of null is
                                    there, too, and not to another host where a redirect leads there. Where
                                    the body ends is not theirs to say: EINVAL for a Transfer-Encoding, and
                                    for a Content-Length other than the body's, or where that has none
                                    beforehand */
    const void *data;            /* a body: `size` bytes, or a text if size is 0; application/octet-stream
                                    unless the headers say otherwise */
    size_t size;
    const json_t *json;          /* a body: its text, application/json */
    const ac_http_pair *form;    /* a body: application/x-www-form-urlencoded */
    const ac_http_field *multipart; /* a body: multipart/form-data, perhaps with files: ac_http_fields(...) */
    ac_gen(ac_http_part) upload; /* a body as it comes: the generator is asked as the other side takes it, in
                                    a task of its own, and closed with the response at the latest. Sent in
                                    chunks, or with a Content-Length if `size` says so; it must give just
                                    that, else EMSGSIZE. What it throws, the request or the reading of the
                                    response throws. A request that is closed unrun does not close it. */
    const char *auth;            /* "name:password" */
    bool digest;                 /* .auth by digest, not basic */
    double timeout;              /* from the start to the end of the body; INFINITY: none */
    double connect_timeout;
    double read_timeout;         /* for more of the body to come, while somebody waits for it; none */
    int redirects;               /* followed at most: 10; -1: none. Other hosts do not get .auth */
    size_t max_body;             /* what ac_http_text, _bytes and _json take at most: 256 MiB */
    bool raw;                    /* leave the body compressed, ask for no compression (else: gzip, deflate) */
    bool http1;                  /* no HTTP/2. Else requests by https that start together wait for the
                                    handshake of a connection that is being made, to share it if the server
                                    speaks HTTP/2 */
};

/* ac_http_response *r = await ac_http_get(ac_http_session *session, const char *url, ...options): sends a
 * request and gives the response when its header has come:
 *
 *     async with (ac_http_response *r = await ac_http_post(session, url, .json = job, .timeout = 2)) { ... }
 *
 * A status of 400 and more is no error (ac_http_raise_for_status). A null `session`: one for this request
 * alone. Throws: see above. Cancelled: the transfer ends, and its connection is closed. */
#define ac_http_get(session, ...) ac_http_request(session, "GET", __VA_ARGS__)
#define ac_http_post(session, ...) ac_http_request(session, "POST", __VA_ARGS__)
#define ac_http_put(session, ...) ac_http_request(session, "PUT", __VA_ARGS__)
#define ac_http_patch(session, ...) ac_http_request(session, "PATCH", __VA_ARGS__)
#define ac_http_delete(session, ...) ac_http_request(session, "DELETE", __VA_ARGS__)
#define ac_http_head(session, ...) ac_http_request(session, "HEAD", __VA_ARGS__)
/* Any method; the options begin with the URL. */
#define ac_http_request(session, method, ...) \
    ac__http_request((session), (method), (struct ac_http_options){.url = __VA_ARGS__})

/* ---- responses ----------------------------------------------------------------------------------------- */

typedef struct ac_http_response {
    int status;         /* 200 */
    const char *reason; /* "OK"; "" in HTTP/2 */
    const char *url;    /* where it came from, after redirects */
    int version;        /* 10, 11, 20: HTTP/1.0, ... */
    int redirects;      /* followed */
} ac_http_response;

/* Ends a response and frees it; what it gave to read (not what it gave away) goes with it. If the rest of the
 * body is short, it is received and dropped without anybody waiting, so that the connection can be used
 * again; else the connection is closed (HTTP/2: the stream). Leaving an `async with` does this. Null is fine.
 * Another task that waits for the body gets AC_ECLOSED. It waits for nothing but the end of a generator that
 * the request was sent from. */
ac_coro(void) ac_http_close(ac_http_response *response);

/* The value of the header field of a name (case does not matter), null if there is none. Of repeated ones the
 * first; number `index`, from 0. Good as long as the response. */
const char *ac_http_header(const ac_http_response *response, const char *name);
const char *ac_http_header_at(const ac_http_response *response, const char *name, size_t index);
/* All header fields of the response in their order, an array that ends with a null name and is the
 * response's. Null if there is no memory. */
const ac_http_pair *ac_http_headers(ac_http_response *response);

/* Throws AC_EHTTP(status) if the status is 400 or more, with status, reason and URL. */
ac_coro(void) ac_http_raise_for_status(ac_http_response *response);

/* The body is read once, by one task at a time (a second one that wants to read while one waits gets EBUSY);
 * when all of it has been read, these throw EALREADY. They throw what ended the transfer, once all that came
 * before has been handed out; text, bytes and json EMSGSIZE above .max_body. Cancelled, or left early: what
 * has not been handed out can still be read. */

/* The whole body with a '\0' behind it, to be given to free. `size`, if it is not null,
 * gets the number of bytes. */
ac_coro(char *) ac_http_text(ac_http_response *response);
ac_coro(void *) ac_http_bytes(ac_http_response *response, size_t *size);

/* The body as JSON: a new reference. Throws EBADMSG for what is none, with line and column. */
ac_coro(json_t *) ac_http_json(ac_http_response *response);

/* The parts of the body as they come: async for (ac_http_part part : ac_http_body(r)) { ... }. A part is
 * good until the next one is asked for. While nobody asks, at most 64 KiB are received ahead; compressed
 * ones may have become 17 MB. */
ac_gen(ac_http_part) ac_http_body(ac_http_response *response);

/* The lines of the body, without their ends ("\n" or "\r\n"), each good until the next is asked for; also
 * the last one if it has no end. Throws EMSGSIZE for a line of more than 1 MiB. Left early, it takes with
 * it what it has received. */
ac_gen(char *) ac_http_lines(ac_http_response *response);

/* The URL of a link that stands in the page `base`, without its fragment; to be given to free. Null with
 * errno: EINVAL for what is no URL, ENOMEM. */
char *ac_http_join(const char *base, const char *link);

/* For `async with` only. */
ac_coro(void) ac_http_response_aexit(ac_http_response *response, const ac_error *error);

ac_http_session *ac__http_session_new(const struct ac_http_session_options *options);
ac_coro(ac_http_response *) ac__http_request(ac_http_session *session, const char *method,
                                             struct ac_http_options options);

#ifdef __cplusplus
}
#endif
#endif
