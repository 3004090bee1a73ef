/* ac/http_server.h: an HTTP/1.1 server whose handlers are async functions.
 *
 *     async void hello(ac_request *r)
 *     {
 *         await ac_respond_text(r, 200, "Hello!\n");
 *     }
 *
 *     async int main(void)
 *     {
 *         async with (ac_http_server *server = ac_http_server_new(.idle_timeout = 30)) {
 *             if (ac_http_route(server, "GET /hello", hello, NULL) < 0)
 *                 throw errno;
 *             await ac_http_listen(server, NULL, 8080);
 *             await ac_http_run(server);
 *         }
 *     }
 *
 * A connection is a task; its requests are answered one after the other, also those that a client sends
 * ahead. What a client sends is limited in size and time. What is malformed gets 400, a body that is too long
 * 413, a head 431, a client that is too slow 408, and the connection ends; no handler hears of it, unless it
 * is reading the body: then its read throws.
 *
 * A handler that throws: the client gets 500 (or the status of AC_EHTTP), the error is reported on stderr;
 * where the response had begun, the connection is cut, so that the client notices. A handler whose client
 * goes away while it waits is cancelled; with TLS its goodbye counts, unless the client has sent more
 * ahead of it than is kept.
 *
 * Texts that functions here return belong to the request: they are good until its handler has returned. */
#ifndef AC_HTTP_SERVER_H
#define AC_HTTP_SERVER_H

#include <ac.h>
#include <ac/http_types.h>
#include <ac/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

AC__LINK("ac.link:http_server");

/* ---- the server ---------------------------------------------------------------------------------------- */

typedef struct ac_http_server ac_http_server;
typedef struct ac_request ac_request;

/* What answers a request: an async function. */
typedef ac_coro(void) ac_http_handler(ac_request *r);

/* Throwing AC_EHTTP(404), "no user %d", id answers with that status (400 to 599) and message (without one,
 * with the status as its text), if nobody catches it and no response has begun. That is not reported. */

/* Limits. 0: the default. Times in seconds; INFINITY: no limit. */
struct ac_http_server_options {
    size_t max_header;       /* bytes of a request line with its header fields: 16384; more gets 431 (414 if
                                the request line alone is longer) */
    size_t max_body;         /* bytes of a body: 1048576; more gets 413. ac_request_limit_body changes it */
    double header_timeout;   /* for the head of a request, from its first byte: 10; then 408. As much for that
                                byte to come after connecting; then the connection is closed */
    double body_timeout;     /* for the next bytes of a body to come: 30; then 408 */
    double idle_timeout;     /* between two requests: 60; then the connection is closed */
    double write_timeout;    /* for the client to take the next 64 KiB: 60; then the connection is cut */
    double stop_timeout;     /* for handlers to end after ac_http_stop: 30; then they are cancelled */
    unsigned max_connections; /* at once that ac_http_run accepts: 10000; others wait in the kernel's queue */
    bool half_close;         /* a client that ends its output while it waits for a response is not gone */
    ac_coro(void) (*start)(ac_stream *stream, void *context);
                             /* awaited for each connection that ac_http_run accepts, before its first
                                request, within header_timeout; what it throws ends the connection. The stream
                                stays the server's. For TLS: an async function that calls
                                ac_tls_start(stream, context) */
    void *start_context;
};

/* ac_http_server *ac_http_server_new(...options): a server, such as ac_http_server_new(.max_body = 1 << 24).
 * It lives until ac_http_server_free, or for the block of an `async with`. Null with ENOMEM if there is no
 * memory, with EINVAL for an option that makes no sense; `async with` throws that, and names the option. */
#define ac_http_server_new(...) ac__http_server_new(&(struct ac_http_server_options){__VA_ARGS__})

/* Closes what it listens on and frees it. It must not be running, nor serve a connection: the end of an
 * `async with` cancels those that are left (of ac_http_serve) and awaits them. Null is fine. */
void ac_http_server_free(ac_http_server *server);

/* Has requests answered by a handler. The pattern is "[METHOD ]/PATH", where a segment {name} of the path
 * stands for any one segment that is not empty, and {name...} at its end for any rest, slashes and all: "GET
 * /users/{id}", "/files/{path...}". Without a method, it is for all: those of RFC 9110 but CONNECT, PATCH,
 * QUERY, WebDAV's, UPnP's, PURGE, LINK, UNLINK and SOURCE; any other gets 501. GET serves HEAD, too: the body
 * is then left out. Of several patterns that match a path, the one with the plain text in the earliest
 * segment where they differ wins, then {name}. What matches none gets 404; what matches only for other
 * methods 405 (or, for OPTIONS, 204) with the list of these. The pattern is copied. `context`, which stays
 * the caller's, is what ac_request_context gives. 0, or -1 with errno: EINVAL for a malformed pattern and a
 * null handler, EEXIST for a pattern that is there, ENOMEM. */
int ac_http_route(ac_http_server *server, const char *pattern, ac_http_handler *handler, void *context);

/* Serves the files below a folder for GET and HEAD under a path: ac_http_static(s, "/", "www"). Types go by
 * the name's ending; a folder's page is its index.html. Answers Range, If-Range, If-Match, If-None-Match,
 * If-Modified-Since and If-Unmodified-Since. Nothing outside the folder is served, symbolic links included.
 * The folder is opened now; the texts are not needed any more. 0, or -1 with errno: that of open, or of
 * ac_http_route. */
int ac_http_static(ac_http_server *server, const char *path, const char *folder);

/* unsigned port = await ac_http_listen(server, host, port): listens as ac_listen does (a null host: every
 * address; port 0: the system chooses) and gives the port. May be called several times, before ac_http_run.
 * Throws what ac_listen does, ENOSPC for more than 16, and EBUSY while the server is running. Cancelled: the
 * server does not listen there. */
ac_coro(unsigned) ac_http_listen(ac_http_server *server, const char *host, unsigned port);
/* The same with a listener of any kind, which becomes the server's. 0, or -1 with errno (it stays the
 * caller's then): ENOSPC, EBUSY, EINVAL for null. */
int ac_http_add_listener(ac_http_server *server, ac_listener *listener);

/* Serves what connects, until ac_http_stop; then closes the listening sockets and idle connections, and waits
 * for requests under way, at most stop_timeout.
 * Throws: EINVAL if the server listens nowhere, EBUSY if it is running.
 * Cancelled: the same, but handlers are cancelled at once (and awaited). */
ac_coro(void) ac_http_run(ac_http_server *server);

/* Asks ac_http_run to end, also before it has taken its first step. From the loop's thread, a handler, too. A
 * connection ends with the response under way; what its client has sent ahead is not answered. An idle one
 * ends at once, unless a request has come to its socket by then: that is answered. */
void ac_http_stop(ac_http_server *server);

/* Serves one connection on a stream of any kind until it ends. The stream stays the caller's, and is of no
 * use any more. The server need not be running, and must live meanwhile.
 * Cancelled: the handler under way is. */
ac_coro(void) ac_http_serve(ac_http_server *server, ac_stream *stream);

/* How many connections there are. */
size_t ac_http_connections(const ac_http_server *server);

/* For `async with` only. */
ac_coro(ac_http_server *) ac_http_server_aenter(ac_http_server *server);
ac_coro(void) ac_http_server_aexit(ac_http_server *server, const ac_error *error);

/* ---- the request --------------------------------------------------------------------------------------- */

/* "GET". */
const char *ac_request_method(const ac_request *r);
/* What stands in the request line, undecoded: "/a%20b?x=1". */
const char *ac_request_target(const ac_request *r);
/* The path without the query, %XX decoded: "/a b". Null if there is no memory. */
const char *ac_request_path(ac_request *r);
/* What stands behind the '?', undecoded; "" if there is nothing. */
const char *ac_request_query_string(const ac_request *r);
/* The value of the first field of a name in the query, decoded; null if there is none, or no memory, or a %00
 * in it, where the text would end. */
const char *ac_request_query(ac_request *r, const char *name);
/* What stands for {name} of the pattern in this request, decoded: a %2F in it has become a slash, but no part
 * between slashes is "." or "..". Null if the pattern has no such name (or no memory). */
const char *ac_request_parameter(ac_request *r, const char *name);
/* The value of the first header field of a name (case does not matter); null if there is none. Where the
 * target is a whole URL, its host is what Host has. */
const char *ac_request_header(const ac_request *r, const char *name);
/* The value of the first cookie of a name, as it came; null if there is none (or no memory). */
const char *ac_request_cookie(ac_request *r, const char *name);
/* All header fields, in their order: gives the number-th, from 0. False if there are no more. */
bool ac_request_field(const ac_request *r, size_t number, const char **name, const char **value);
/* The context of the route. */
void *ac_request_context(const ac_request *r);
/* The connection's stream, for its addresses. Nothing may be read from or written to it. */
ac_stream *ac_request_stream(const ac_request *r);
/* Memory, aligned as malloc's, that is freed when the handler has returned. Null if there is none. */
void *ac_request_alloc(ac_request *r, size_t size);

/* The length of the body if the client said it; -1 if it comes in chunks; 0: no body. */
long long ac_request_length(const ac_request *r);
/* Changes max_body for this request. To be called before its body is read. */
void ac_request_limit_body(ac_request *r, size_t max_body);

/* These throw EBADMSG for a malformed body, EMSGSIZE for one that is longer than the limit, ETIMEDOUT when
 * nothing comes for body_timeout, ECONNRESET if the client is gone. If the handler lets that pass, the client
 * gets 400, 413 or 408. What a handler does not read is skipped, or the connection is closed if it is long.
 * Cancelled: what was taken out of the body is lost; the rest can be read. */

/* Reads the next bytes of the body, at least one, at most `size`. 0 at its end. */
ac_coro(size_t) ac_request_read(ac_request *r, void *buffer, size_t size);
/* Reads the rest of the body into memory of the request, with a '\0' behind it. `size` may be
 * null. Throws ENOMEM, too. */
ac_coro(char *) ac_request_body(ac_request *r, size_t *size);

/* The parts of the body as they come: async for (ac_http_part part : ac_request_parts(r)). A part is good
 * until the next one is asked for. */
ac_gen(ac_http_part) ac_request_parts(ac_request *r);

/* A field of a form. Texts of the request. */
typedef struct ac_http_form_field {
    const char *name;
    const char *filename; /* as the client says it: not to be used as a path. Null: it is no file */
    const char *type;     /* its Content-Type; null if none is said */
} ac_http_form_field;

/* The fields of a form (multipart/form-data or application/x-www-form-urlencoded), in place
 * of the body, as they come:
 *
 *     async for (ac_http_form_field field : ac_request_form(r))
 *         if (strcmp(field.name, "title") == 0) title = await ac_request_form_text(r, NULL);
 *
 * What is left of a field is passed when the next one is asked for; asked again, it goes on behind the last
 * one. The limits are those of the body, and 8 KiB for the name, or head, of a field.
 * Throws what reading the body does; EBADMSG also for what is no form (then the client gets
 * 415, if the handler lets that pass) or a malformed one (400); ENOMEM. Cancelled, or left
 * early: the rest can be read. */
ac_gen(ac_http_form_field) ac_request_form(ac_request *r);
/* Reads the next bytes of the field, at least one, at most `size`. 0 at its end, and where there is none.
 * Throws as above. Cancelled: nothing is taken. */
ac_coro(size_t) ac_request_form_read(ac_request *r, void *buffer, size_t size);
/* Reads the rest of the field into memory of the request, with a '\0' behind it. `size` may be null. Throws
 * as above. Cancelled: what was read is lost. */
ac_coro(char *) ac_request_form_text(ac_request *r, size_t *size);

/* ---- the response -------------------------------------------------------------------------------------- */

/* A handler gives one response, at once or in pieces. What it adds to the header comes first:
 *
 *     if (ac_respond_header(r, "Cache-Control", "no-store") < 0) throw errno;
 *     await ac_respond_text(r, 200, "done\n");
 *
 * The server adds Date, Content-Length or Transfer-Encoding, and Connection. The bytes given are copied or
 * gone when the await ends. A response leaves at once; only those to requests sent ahead leave together, when
 * a handler waits or the last is there.
 * All throw EINVAL for a status outside 200 to 599 and for a null text, EALREADY if there is a response
 * already, EPIPE, ECONNRESET or ETIMEDOUT when the client does not take it; then the connection is of no use
 * any more.
 * Cancelled: a part may have been sent; the connection is cut. */

/* Adds a header field. The texts are copied. A Content-Type takes the place of the response's `type`. 0, or
 * -1 with errno: EINVAL for a name or value that no header may have, a null value, or one of the fields that
 * are the server's; EALREADY if the response has begun; ENOMEM. */
int ac_respond_header(ac_request *r, const char *name, const char *value);

/* How a cookie is set. 0 and null: the default. */
struct ac_http_cookie_options {
    double max_age;        /* seconds that it is kept; 0: until the browser ends; below 0: it is removed */
    const char *path;      /* it is sent for this path and those below: "/" */
    const char *domain;    /* ... also to the hosts below this domain; null: to this host alone */
    bool secure;           /* ... by TLS only */
    bool for_scripts;      /* scripts of the page see it; else it has HttpOnly */
    const char *same_site; /* "Strict", "Lax" or, with .secure, "None"; null: "Lax" */
};

/* int outcome = ac_respond_cookie(r, name, value, ...options): sets a cookie by the response's header, such
 * as ac_respond_cookie(r, "session", id, .max_age = 3600, .secure = true). 0, or -1 with errno: EINVAL for
 * what no cookie may have (a value: blanks, quotes, ',', ';', '\' and what is not ASCII), else as
 * ac_respond_header. */
#define ac_respond_cookie(r, ...) ac__respond_cookie((r), AC__COOKIE(__VA_ARGS__, ))

/* A whole response. A null `type` leaves Content-Type out. */
ac_coro(void) ac_respond(ac_request *r, int status, const char *type, const void *bytes, size_t size);
/* The same with a text (text/plain in UTF-8), a page (text/html in UTF-8) or JSON as text. */
ac_coro(void) ac_respond_text(ac_request *r, int status, const char *text);
ac_coro(void) ac_respond_html(ac_request *r, int status, const char *page);
ac_coro(void) ac_respond_json(ac_request *r, int status, const char *json);
/* A status without a body. (204, 205 and 304 never have one: what is given for it is dropped.) */
ac_coro(void) ac_respond_status(ac_request *r, int status);
/* Sends the client elsewhere: 301, 302, 303, 307 or 308. Throws EINVAL for a location
 * that no header may have. */
ac_coro(void) ac_respond_redirect(ac_request *r, int status, const char *location);
/* A file, as ac_http_static does it; a null `type` goes by the name. Throws AC_EHTTP(404) if there is no such
 * file, AC_EHTTP(403) if it may not be read, else the error of open; EIO if it becomes shorter meanwhile. */
ac_coro(void) ac_respond_file(ac_request *r, const char *path, const char *type);

/* A response in pieces: its head, with the length of the body if it is known, else -1, which leaves with the
 * first piece or when the handler waits before; then the pieces, which leave at once (one of size 0 is
 * nothing; for HEAD they are counted only). It ends when the handler returns. Throws EMSGSIZE
 * for more bytes than the length; fewer are an error that cuts the connection. */
ac_coro(void) ac_respond_start(ac_request *r, int status, const char *type, long long length);
ac_coro(void) ac_respond_write(ac_request *r, const void *bytes, size_t size);

/* ac_stream *s = await ac_respond_upgrade(r, "websocket"): answers 101, with the handler's header fields, and
 * gives the connection's stream to the handler, for the protocol that the client has asked for: the stream
 * begins with what came behind the request. It stays the server's, which closes it when the handler returns;
 * until then it has no limits, and a client that goes away is noticed by who reads or writes.
 * Throws AC_EHTTP(426) if the client has not asked for that (which tells it the protocol, if nobody catches
 * it), AC_EHTTP(400) if it has, but in HTTP/1.0 or with a body; else as the other responses. An error of the
 * handler's is reported from here on, unless it is that the client has gone (EPIPE, ECONNRESET).
 * Cancelled: a part may have been sent; the connection is cut. */
ac_coro(ac_stream *) ac_respond_upgrade(ac_request *r, const char *protocol);

/* "Not Found" for 404; "" for what has no name. */
const char *ac_http_reason(int status);

#define AC__COOKIE(name, value, ...) (name), (value), (struct ac_http_cookie_options){__VA_ARGS__}
int ac__respond_cookie(ac_request *r, const char *name, const char *value,
                       struct ac_http_cookie_options cookie);
ac_http_server *ac__http_server_new(const struct ac_http_server_options *options);

#ifdef __cplusplus
}
#endif
#endif
