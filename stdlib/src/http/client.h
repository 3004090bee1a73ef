/* client.h: what the files of the HTTP client share, in the order of the files that define it.
 *
 * A transfer is a request with its response. It belongs to the task that awaits the request, then to whoever
 * holds the response; closed before its end, to the session, which drops the rest of the body. While it is in
 * the session's list, libcurl works on it; what happens there is noted in the transfer, and `changed` is set.
 * Nothing of the transfer's is freed inside libcurl's callbacks, and none of them waits. */
#ifndef AC_HTTP_CLIENT_H
#define AC_HTTP_CLIENT_H

#include "../buffer.h"
#include "../sys.h"

#include <ac/http.h>
#include <ac/retire.h>
#include <curl/curl.h>

enum {
    WINDOW = 64 << 10,      /* bytes of a body that are received ahead of the reader */
    MOST_HEADER = 256 << 10,
    MOST_DRAINED = 64 << 10, /* bytes that are received only to keep the connection */
    LONGEST_LINE = 1 << 20,
    COMPLAINT = 128 /* bytes of a text */
};
#define DRAIN_SECONDS 1.0

/* ---- bytes.c ------------------------------------------------------------------------------------------- */

/* Each puts a '\0' behind what it appends. False: no memory. */
bool ac__bytes_append(struct ac__buffer *bytes, const void *data, size_t size);
bool ac__bytes_append_text(struct ac__buffer *bytes, const char *text);
/* As in a URL's query (a space is %20) or a form (a space is '+'): name=value&name=value. */
bool ac__bytes_append_pairs(struct ac__buffer *bytes, const ac_http_pair *pairs, bool is_form);

/* ---- errors.c ------------------------------------------------------------------------------------------ */

/* The errno value for an outcome of libcurl's, not CURLE_OK; `os_code` is what the system said, or 0. */
int ac__code_of_curl(CURLcode outcome, long os_code);

/* ---- folded.c ------------------------------------------------------------------------------------------ */

/* What is known of a compressed body. */
struct folded {
    unsigned codings;          /* fields that name one */
    bool is_known, has_end;    /* it is one of ours; chunks say where the body ends */
    bool is_watched;           /* nothing does, so this has to */
    unsigned char first[2], last[4]; /* bytes as they came */
    size_t raw;                /* how many */
    uint32_t size, low, high;  /* of the bytes that they unfold to; their Adler-32 */
};

/* A line of the header, whose body it is. */
void ac__folded_note_field(struct folded *folded, const char *line, size_t size);
/* The header is whole, and gives the body no length: is it to be watched? */
bool ac__folded_begin(struct folded *folded, CURL *easy);
/* Bytes of the body, as libcurl has unfolded them. */
void ac__folded_note(struct folded *folded, const void *data, size_t size);
/* The connection has ended: has the body not? */
bool ac__folded_is_cut(const struct folded *folded);

/* ---- transfer.c ---------------------------------------------------------------------------------------- */

struct transfer {
    ac_http_response response; /* first: the response is the transfer */
    struct ac__retired retired;
    ac_http_session *session;  /* null before its start and after its end */
    struct transfer *next, *previous;
    struct line *line; /* sharing.c: what it waits in, if it does */
    struct transfer *line_next, *line_previous;
    bool may_share;
    ac_http_session *own; /* made for this request alone */
    CURL *easy; /* null until it is prepared */
    struct handles *handles; /* where `easy` comes from */
    bool is_plain, is_raw;
    struct curl_slist *header_list;
    char *target; /* the URL as asked for */
    CURLU *parts; /* of it; null: libcurl takes it apart */
    char *last_url; /* after redirects; null: the same */
    char method[16], reason[64];
    ac_event changed; /* header, body or end have come */
    ac_timer limit;
    double seconds;
    double read_seconds; /* between two parts of the body */
    /* the response's header */
    bool has_header;
    bool may_be_asked_again, was_asked_again; /* by digest: a 401 is not the answer yet */
    bool follows;
    bool has_cookies; /* of the program's own */
    bool leaves_cookies; /* the session's are not sent */
    bool header_is_whole; /* the empty line of the last has come */
    size_t header_size;
    struct folded folded;
    char length[24];      /* what it says of the body's; "": nothing yet */
    ac_http_pair *pairs;
    /* its body */
    struct ac__buffer body;
    size_t max_body;
    bool is_being_read; /* somebody waits for more of it */
    bool is_collecting; /* ... for all of it, up to max_body */
    bool is_read;       /* to its end */
    bool is_closed;     /* the response was; if it was being read, the reader has to release it */
    bool is_draining;
    size_t drained;
    /* the request's body */
    bool has_body, has_upload;
    ac_gen(ac_http_part) upload; /* until the feeder takes it */
    ac_http_part piece; /* what the generator gave, as far as it has not been sent */
    bool upload_has_ended;
    ac_event taken; /* the piece has been sent, or the transfer has ended */
    ac_task(void) feeder;
    curl_mime *mime;
    struct file *files, *cold; /* of .multipart; one that is to be brought into memory */
    bool input_pauses, output_pauses;
    /* the outcome */
    int socket_code; /* no socket could be made: the reason */
    bool has_ended, ended_well;
    int code; /* 0: well */
    char message[CURL_ERROR_SIZE], curl_message[CURL_ERROR_SIZE];
};

/* A transfer, not started. Null if there is no memory. */
struct transfer *ac__transfer_new(void);
/* Tells libcurl where the transfer's callbacks are. */
bool ac__transfer_connect(struct transfer *transfer);
/* Its end, as libcurl says it. */
void ac__transfer_finish(struct transfer *transfer, CURLcode outcome);
/* Ends it with an error, if it has not ended; not from inside libcurl's callbacks. */
void ac__transfer_fail(struct transfer *transfer, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Has libcurl go on where the body was received ahead, or the upload had nothing to send. */
void ac__transfer_resume_input(struct transfer *transfer);
void ac__transfer_resume_output(struct transfer *transfer);
/* The program needs it no more: frees it, now or when the short rest of its body has come. */
void ac__transfer_release(struct transfer *transfer);
void ac__transfer_free(struct transfer *transfer);

/* ---- multipart.ac -------------------------------------------------------------------------------------- */

/* The form becomes the request's body. */
CURLcode ac__multipart_set(struct transfer *transfer, const ac_http_field *fields);
/* Opens its files. Gives 0, or an error code with the transfer's message; the transfer
 * may have ended meanwhile. */
ac_coro(int) ac__multipart_open(struct transfer *transfer);
/* The task that gets from the disk what is to be sent next. */
ac_coro(void) ac__multipart_bring_files(struct transfer *transfer);
void ac__multipart_free(struct transfer *transfer);

/* ---- memory.c ------------------------------------------------------------------------------------------ */

/* Initializes libcurl; once. */
CURLcode ac__memory_start(void);
/* From the first to the last of them, what libcurl frees in this thread is kept for it. */
void ac__memory_enter(void);
void ac__memory_leave(void);

/* ---- handles.c ----------------------------------------------------------------------------------------- */

/* The handles of a session: one user is the session, the others are the handles that
 * are out. Null: no memory. */
struct handles *ac__handles_new(void);
void ac__handles_leave(struct handles *handles);
/* One that is set up as the session says, perhaps used before for a plain request. Null: no memory. */
CURL *ac__handles_take(const ac_http_session *session, bool is_plain);
void ac__handles_give_back(struct handles *handles, CURL *easy, bool is_reusable);

/* ---- origin.c ------------------------------------------------------------------------------------------ */

/* Scheme, host and port of a URL. All null: none yet. */
struct origin {
    char *text;
    size_t length;
    CURLU *parts;
};

/* The parts of a URL, for the caller to free; `origin` becomes its. Null: libcurl is to take it apart. */
CURLU *ac__origin_parts(struct origin *origin, char *url);
void ac__origin_free(struct origin *origin);

/* ---- options.c ----------------------------------------------------------------------------------------- */

/* Appends header fields to a list. 0, ENOMEM, or EINVAL for a name or value that no header may have; then
 * `complaint` says which. */
int ac__headers_add(struct curl_slist **list, const ac_http_pair *pairs, char complaint[COMPLAINT]);
/* Takes out the fields that describe a body. */
void ac__headers_drop_body(struct curl_slist **list);
/* Notes what is asked for, first of all, so that errors name it. 0, or an error code with
 * the transfer's message. */
int ac__transfer_name(struct transfer *transfer, const char *method, const char *url);
/* Sets it up as the options say, and those of the session. 0, or an error code with
 * the transfer's message. */
int ac__transfer_prepare(struct transfer *transfer, ac_http_session *session,
                         const struct ac_http_options *options);

/* ---- sharing.c ----------------------------------------------------------------------------------------- */

/* Transfers, in the order in which they came. */
struct line {
    struct transfer *first, *last;
};

/* May it share its connection with others? */
CURLcode ac__sharing_set(struct transfer *transfer, bool may_share);
/* Is it to wait for a connection that another transfer of its session may be making? If
 * not it may be making one. */
bool ac__sharing_holds(struct transfer *transfer);
/* It has a connection, or has ended. */
void ac__sharing_end(struct transfer *transfer);
/* One that need not wait any longer; null: none. */
struct transfer *ac__sharing_next(struct ac_http_session *session);

/* ---- session.c ----------------------------------------------------------------------------------------- */

struct ac_http_session {
    struct ac_http_session_options options; /* the texts are the session's own */
    struct ac__retired retired;
    struct curl_slist *headers;
    struct origin origin; /* of the last request */
    struct handles *handles;
    CURLM *multi;
    CURLSH *share; /* cookies, TLS sessions */
    CURLSH *apart; /* TLS sessions of requests that leave the cookies out; null: none yet */
    ac_timer timer;
    struct transfer *transfers; /* under way */
    size_t count;
    struct line makers, held, released; /* sharing.c: may make a connection; wait for one; did */
    bool is_acting; /* libcurl is at work; or the session is being freed */
    bool is_closing;
    int failure; /* why a callback of libcurl's could not do what it was to */
    ac_event idle; /* no transfers are under way */
};

/* The transfer is under way from here on: the session, which is not closing, waits for it, or ends it. */
void ac__session_enter(ac_http_session *session, struct transfer *transfer);
/* Hands it to libcurl. 0, or an error code. */
int ac__session_begin(struct transfer *transfer);
/* Takes it back, from libcurl, too, if that has it; the connection goes to the next if the transfer has ended
 * well, else it is closed. */
void ac__session_remove(struct transfer *transfer);
/* What was wrong with the options of the last session that this thread could not make. */
const char *ac__session_refusal(void);
/* Cuts what is under way and frees it. */
void ac__session_free(ac_http_session *session);

/* ---- request.ac ---------------------------------------------------------------------------------------- */

/* Throws the error of a transfer, with its URL, and without control bytes. */
ac_coro(void) ac__throw_outcome(const struct transfer *transfer, int code);

#endif
