/* internal.h: what the files of the HTTP server share: a connection, the request that is
 * under way on it, routes. */
#ifndef HTTP_SERVER_INTERNAL_H
#define HTTP_SERVER_INTERNAL_H

#include "../buffer.h"
#include "../sys.h"

#include <ac/http_server.h>

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum {
    MAX_FIELDS = 100,      /* header fields of a request */
    MAX_PARAMETERS = 16,   /* {name}s of a pattern */
    ARENA_FIRST = 512,     /* bytes of a request's memory that need no allocation */
    INPUT_FIRST = 4096,    /* bytes of a connection's input buffer, until a head or body needs more */
    BODY_WINDOW = 4096,    /* bytes of room behind a head for a body's */
    OUTPUT_FIRST = 4096,   /* the same for output */
    OUTPUT_BATCH = 16384,  /* responses are gathered up to here before they are sent */
    WRITE_SLICE = 65536,   /* what a client must take within write_timeout */
    MAX_FRAMING = 16384,   /* bytes of chunk headers, extensions and trailers between two parts of a body */
    MAX_SKIPPED = 65536,   /* bytes of a body nobody wants that are read to keep the connection */
    MAX_LISTENERS = 16,
    HTTP_TIME = 32         /* bytes of a time as text */
};

/* ---- arena.ac: memory that lives as long as a request -------------------------------------------------- */

struct arena {
    char *at, *end;
    struct arena_block *blocks; /* besides `first`; the newest first */
    _Alignas(max_align_t) char first[ARENA_FIRST];
};
void ac__http_arena_init(struct arena *arena);
void *ac__http_arena_take(struct arena *arena, size_t size); /* null: no memory */
char *ac__http_arena_text(struct arena *arena, const char *text, size_t size);
void ac__http_arena_reset(struct arena *arena);

/* ---- routes.ac ----------------------------------------------------------------------------------------- */

struct text {
    const char *at;
    size_t size;
};

struct route {
    struct route *next; /* of the same path */
    int method;         /* llhttp_method_t; -1: any */
    ac_http_handler *handler;
    void *context;
    unsigned name_count;
    char *names[MAX_PARAMETERS];
};

struct match {
    int method;
    const struct route *route;           /* null: none */
    uint64_t allowed;                    /* then: the methods of patterns that match but for the method */
    unsigned value_count;
    struct text values[MAX_PARAMETERS]; /* undecoded */
};

struct node;
struct route *ac__http_route_add(struct node **root, const char *pattern); /* null with errno */
void ac__http_route_find(const struct node *root, struct text path, struct match *match);
void ac__http_routes_free(struct node *root);

/* ---- head.ac: the bytes of a head become a request ----------------------------------------------------- */

struct field {
    unsigned name, name_size, value, value_size; /* offsets from ac_request.head */
};

enum body_kind { BODY_NONE, BODY_LENGTH, BODY_CHUNKED };
enum response_state { RESPONSE_NONE, RESPONSE_LENGTH, RESPONSE_CHUNKED, RESPONSE_UNTIL_CLOSE, RESPONSE_DONE };

struct ac_request {
    struct connection *connection;
    llhttp_t parser;

    /* head.ac. While it is parsed, texts are offsets from `head`, since the input buffer may move. */
    char *head;
    size_t parsed;       /* bytes of the head that the parser has seen; all of them once it is complete */
    unsigned target, target_size;
    unsigned path, path_size; /* in the target, undecoded */
    unsigned query;
    unsigned field_count;
    char *decoded_path; /* null: not asked for yet */
    const char *host;     /* of "http://host/path" */
    unsigned host_field;  /* which it replaces; MAX_FIELDS: none */
    bool is_complete, keep_alive, expects_continue;
    struct field fields[MAX_FIELDS];

    /* body.ac */
    enum body_kind body_kind;
    bool body_is_done;
    uint64_t body_left;   /* BODY_LENGTH */
    uint64_t body_taken, body_limit;
    uint64_t body_framing; /* bytes that were not data */
    struct text part;     /* what has been found of it and not been taken */
    int refusal, refusal_code; /* the status if the handler lets this error of the body pass; 0: no error */

    /* form.ac */
    struct form *form; /* null: not asked for yet */

    /* routes.ac */
    struct match match;

    /* respond.ac */
    enum response_state response;
    uint64_t response_left; /* RESPONSE_LENGTH */
    bool has_no_body;       /* HEAD, 204, 205, 304: what is written is only counted */
    char *extra;            /* header fields of the handler's, as they are sent */
    size_t extra_size, extra_capacity;
    bool has_own_type;      /* ... Content-Type is among them */
    bool has_switched;      /* upgrade.ac: the stream is the handler's */
    char *protocol;         /* upgrade.ac: the fields of a 426; null: none */
    int status;

    struct arena arena;
};

void ac__http_head_init(struct ac_request *r, struct connection *c);
void ac__http_head_start(struct ac_request *r, uint64_t body_limit);

/* Parses more of a head: `head` is where it begins, `size` what is there of it. 0: more is needed; 200: it is
 * complete, `parsed` its size; else the status to refuse it with. */
int ac__http_head_parse(struct ac_request *r, char *head, size_t size);

/* Is it a method that requests may have? */
bool ac__http_is_method(int method);
/* A character of methods and of fields' names. */
bool ac__http_is_token_char(char c);
/* The path, undecoded. */
struct text ac__http_request_path(const struct ac_request *r);
/* Decodes %XX (and '+' as a space, if `is_query`) into `out`, which may be where the
 * text is; gives the size. */
size_t ac__http_decode(char *out, const char *text, size_t size, bool is_query);

/* ---- body.ac ------------------------------------------------------------------------------------------- */

/* An error of the body is about to be thrown, or was seen by others: what it means if
 * the handler lets it pass. */
void ac__http_body_refuse(struct ac_request *r, int status, int code);
/* Has the body been read to its end, or is it short enough to be skipped? False: the connection must end. */
async bool ac__http_body_skip(struct ac_request *r);

/* ---- connection.ac ------------------------------------------------------------------------------------- */

/* What a connection is at:
 *
 *     NEW      waits for its first request
 *     IDLE     waits for the next one
 *     HEAD     a head has begun to come
 *     HANDLER  a request is being answered
 *     CLOSING  the client is given time to read the last response */
enum phase { PHASE_NEW, PHASE_IDLE, PHASE_HEAD, PHASE_HANDLER, PHASE_CLOSING };

/* What is known of the client: it has ended its output; it has done so while a handler waited, which
 * was therefore cancelled. */
enum client { CLIENT_IS_THERE, CLIENT_HAS_ENDED, CLIENT_IS_GONE };

/* What becomes of the connection, which only gets worse: the response under way is the last; it ends here,
 * incomplete; nothing can be written any more. */
enum fate { FATE_GOES_ON, FATE_LAST, FATE_CUT, FATE_BROKEN };

/* A wait for the client, and until when. */
struct limit {
    ac_task(void) task; /* null: nobody waits */
    double until;
    bool is_over;       /* the task has been cancelled because of that */
};

struct connection {
    struct ac_http_server *server;
    struct connection *next, **link; /* the server's list */
    ac_stream *stream;
    ac_task(void) task;
    ac_watch *watch;        /* for the client's going away; null: nobody minds */
    enum phase phase;
    enum client client;
    bool reads_ahead;       /* while a handler waits: the client may say goodbye */
    enum fate fate;
    struct ac__buffer in;   /* what stands before its start has been used, but may still be looked at */
    struct ac__buffer out;  /* what has not been sent yet */
    struct limit input, output;
    int64_t taken;          /* by the client, when the slice began or its limit was extended */
    ac_timer timer;         /* of the limits; {0}: not set */
    double rings_at;
    ac_timer ahead;         /* of reading what has come while a handler waits; {0}: not set */
    ac_timer push;          /* of what is sent before a handler waits; {0}: not set */
    struct ac_request request;
};

struct ac_http_server {
    struct ac_http_server_options options;
    struct node *routes;
    struct connection *connections;
    size_t connection_count;
    unsigned listener_count;
    ac_listener *listeners[MAX_LISTENERS];
    struct folder *folders;
    bool is_running, is_stopping;
    ac_event empty; /* there is no connection any more */
    double date_until;        /* the text below is right until then */
    char date[HTTP_TIME + 8]; /* "Date: ...\r\n" */
};

static inline void ac__http_connection_worsen(struct connection *c, enum fate fate)
{
    if (c->fate < fate)
        c->fate = fate;
}

/* Can something be written? Somebody who is writing may be in the middle of anything. */
static inline bool ac__http_connection_can_write(const struct connection *c)
{
    return c->fate < FATE_BROKEN && !c->output.task;
}

/* The connection's waits, each under its limit. They throw ETIMEDOUT when it is over,
 * and the stream's errors. */
/* Reads; 0 at the end of input. Sends what there is to send before. */
async size_t ac__http_connection_read(struct connection *c, void *into, size_t size, double until);
/* Sends what there is to send, and `size` bytes behind that. */
async void ac__http_connection_send(struct connection *c, const void *bytes, size_t size);
/* The same with a part of a file, WRITE_SLICE at most; gives how much of it there was. */
async size_t ac__http_connection_send_file(struct connection *c, int file, off_t offset, size_t size);
/* Sends what there is to send when the loop gets control, unless it has been sent before. */
async void ac__http_connection_push_later(struct connection *c);
/* "Sun, 06 Nov 1994 08:49:37 GMT", in HTTP_TIME bytes. False, and "": in no year that this form can name. */
bool ac__http_write_time(char *text, time_t time);
/* The header field. */
const char *ac__http_server_date(struct ac_http_server *server);
void ac__http_report(const struct ac_request *r, const ac_error *error);

static inline bool ac__http_is_set(ac_timer timer)
{
    return timer.ac__call != NULL;
}

/* ---- limits.ac ----------------------------------------------------------------------------------------- */

/* The current task is about to wait for the client. */
void ac__http_limit_begin(struct connection *c, struct limit *limit, double until);
/* ... for it to take a slice of so many bytes that are to be written all in all. */
void ac__http_limit_begin_slice(struct connection *c, size_t left);
void ac__http_limit_end(struct connection *c, struct limit *limit);
/* Has it cancelled the task? Says so once. */
bool ac__http_limit_was_late(struct limit *limit);
bool ac__http_limit_was_any_late(struct connection *c); /* one of both */
/* The server is stopping: a connection that waits for a request has had its time. */
void ac__http_limit_end_idling(struct connection *c);
/* Has clients noticed that go away while a handler waits; without memory they go unseen. */
void ac__http_client_watch(struct connection *c);
/* From here on they are the handler's affair. */
void ac__http_client_forget(struct connection *c);
/* Nobody waits for the client any more, which may have gone meanwhile, or go: that is told as
 * soon as the handler waits. */
void ac__http_client_look(struct connection *c);

/* ---- respond.ac ---------------------------------------------------------------------------------------- */

/* A response with the status as its text, or `message`. */
async void ac__http_respond_error(struct ac_request *r, int status, const char *message);
/* No route matches: 404, 405 or what OPTIONS gets. */
async void ac__http_respond_no_route(struct ac_request *r);
/* Ends the response when the handler has returned. False: the connection must end. */
bool ac__http_respond_end(struct ac_request *r);
/* Writes a part of a file, as ac_respond_write does bytes, in a response whose length was announced. */
async void ac__http_respond_file(struct ac_request *r, int file, off_t offset, size_t size);

/* ---- files.ac ------------------------------------------------------------------------------------------ */

void ac__http_folders_free(struct folder *folders);

#endif
