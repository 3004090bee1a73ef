/* transfer.c: what libcurl tells about one transfer, and its end.
 *
 * The header: libcurl hands over the headers of all responses on the way (100, redirects, 401 where digest
 * answers with another request). The response is there with the empty line of the last; where only libcurl
 * knows whether it is, with the first bytes of the body or the end.
 *
 * The body is received as far as the reader's window goes; then libcurl is told to pause, and the kernel's
 * buffers fill up: so the server waits for the reader. */
#include "client.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* ---- the header ---------------------------------------------------------------------------------------- */

static int version_number(long version)
{
    return version == CURL_HTTP_VERSION_1_0 ? 10 : version == CURL_HTTP_VERSION_1_1 ? 11
         : version == CURL_HTTP_VERSION_2_0 ? 20 : 30;
}

/* libcurl's own text of the URL goes before the response does. False: no memory. */
static bool note_url(struct transfer *transfer)
{
    char *url = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
    transfer->response.url = transfer->target;
    if (!url || strcmp(url, transfer->target) == 0)
        return true;
    free(transfer->last_url);
    transfer->last_url = MEMORY(strdup(url));
    if (transfer->last_url)
        transfer->response.url = transfer->last_url;
    return transfer->last_url;
}

/* False: no memory. */
static bool note_response(struct transfer *transfer)
{
    ac_http_response *response = &transfer->response;
    long status = 0, version = 0, redirects = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_COUNT, &redirects);
    response->status = (int)status;
    response->version = version_number(version);
    response->redirects = (int)redirects;
    response->reason = transfer->reason;
    if (!note_url(transfer))
        return false;
    transfer->has_header = true;
    ac_event_set(&transfer->changed);
    return true;
}

/* "HTTP/1.1 404 Not Found\r\n" */
static void note_reason(struct transfer *transfer, const char *line, size_t size)
{
    const char *end = line + size, *at = memchr(line, ' ', size);
    size_t length;
    at = at ? memchr(at + 1, ' ', (size_t)(end - at - 1)) : NULL;
    transfer->reason[0] = '\0';
    if (!at)
        return;
    while (at < end && *at == ' ')
        at++;
    while (end > at && (end[-1] == '\r' || end[-1] == '\n'))
        end--;
    length = (size_t)(end - at) < sizeof transfer->reason ? (size_t)(end - at) : sizeof transfer->reason - 1;
    memcpy(transfer->reason, at, length);
    transfer->reason[length] = '\0';
}

/* The next request has no body. libcurl knows that, but would send what describes it. */
static void become_get(struct transfer *transfer)
{
    ac__headers_drop_body(&transfer->header_list);
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->header_list);
    curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, NULL);
    transfer->has_body = false;
}

static bool is_made_get(const char *method, long status)
{
    if (status == 303)
        return strcmp(method, "HEAD") != 0;
    return (status == 301 || status == 302) && strcmp(method, "POST") == 0;
}

static bool parts_are_equal(CURLU *a, CURLU *b, CURLUPart part)
{
    char *one = NULL, *other = NULL;
    bool are_equal = curl_url_get(a, part, &one, CURLU_DEFAULT_PORT) == CURLUE_OK
                  && curl_url_get(b, part, &other, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(one, other) == 0;
    curl_free(one);
    curl_free(other);
    return are_equal;
}

/* Does a link lead to where the page came from? */
static bool is_same_origin(const char *page, const char *link)
{
    CURLU *from = curl_url(), *to = from ? curl_url_dup(from) : NULL;
    bool is_same = to && curl_url_set(from, CURLUPART_URL, page, CURLU_URLENCODE) == CURLUE_OK
                && curl_url_set(to, CURLUPART_URL, page, CURLU_URLENCODE) == CURLUE_OK
                && curl_url_set(to, CURLUPART_URL, link, CURLU_URLENCODE) == CURLUE_OK
                && parts_are_equal(from, to, CURLUPART_SCHEME) && parts_are_equal(from, to, CURLUPART_HOST)
                && parts_are_equal(from, to, CURLUPART_PORT);
    curl_url_cleanup(from);
    curl_url_cleanup(to);
    return is_same;
}

/* The program's cookies are for the host that it asks; libcurl would hand them on. */
static void leave_cookies(struct transfer *transfer, const char *location)
{
    char *url = NULL;
    if (!transfer->has_cookies)
        return;
    curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
    if (!url || !is_same_origin(url, location))
        curl_easy_setopt(transfer->easy, CURLOPT_COOKIE, NULL);
}

/* A redirect that libcurl is going to follow. After 303 it is to be a GET, whatever the method was. */
static bool goes_on(struct transfer *transfer, long status)
{
    struct curl_header *location;
    if (!transfer->follows || status < 300 || status > 399)
        return false;
    if (curl_easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1, &location) != CURLHE_OK)
        return false;
    if (is_made_get(transfer->method, status))
        become_get(transfer);
    leave_cookies(transfer, location->value);
    return true;
}

static void begin_header(struct transfer *transfer, const char *line, size_t size)
{
    transfer->header_is_whole = false;
    transfer->length[0] = '\0';
    transfer->folded = (struct folded){0};
    note_reason(transfer, line, size);
}

static bool fits(const char *digits)
{
    errno = 0;
    (void)strtoll(digits, NULL, 10);
    return !errno;
}

/* libcurl would take the last Content-Length, up to what is no digit, and forget one that does not fit. False
 * for one that cannot be trusted. */
static bool note_length(struct transfer *transfer, const char *line, size_t size)
{
    static const char name[] = "content-length:";
    const char *at = line + sizeof name - 1, *end = line + size;
    char length[sizeof transfer->length] = "";
    size_t digits;
    if (size < sizeof name || strncasecmp(line, name, sizeof name - 1) != 0)
        return true;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && strchr(" \t\r\n", end[-1]))
        end--;
    digits = (size_t)(end - at);
    if (!digits || digits >= sizeof length || strspn(at, "0123456789") < digits)
        return false;
    memcpy(length, at, digits);
    if (!fits(length) || (transfer->length[0] && strcmp(transfer->length, length) != 0))
        return false;
    memcpy(transfer->length, length, sizeof length);
    return true;
}

/* By digest, libcurl asks first without a body, and once more whether it was challenged or let through. */
static bool is_asked_again(struct transfer *transfer, long status)
{
    bool lacked_body = transfer->has_body && !transfer->was_asked_again;
    if (!transfer->may_be_asked_again || !(status == 401 || status == 407 || (status < 300 && lacked_body)))
        return false;
    return transfer->was_asked_again = true;
}

/* False: no memory. */
static bool end_header(struct transfer *transfer)
{
    long status = 0;
    transfer->header_is_whole = true;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || goes_on(transfer, status))
        return true;
    if (is_asked_again(transfer, status))
        return true;
    if (!transfer->length[0] && !transfer->is_raw && ac__folded_begin(&transfer->folded, transfer->easy))
        transfer->is_plain = false; /* the handle is not to be used again */
    return note_response(transfer);
}

static int refuse(struct transfer *transfer, int code, const char *message)
{
    transfer->code = code;
    snprintf(transfer->message, sizeof transfer->message, "%s", message);
    return 0;
}

static size_t take_header(char *line, size_t unit, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    size_t size = unit * count;
    transfer->header_size += size;
    if (transfer->header_size > MOST_HEADER)
        return (size_t)refuse(transfer, EMSGSIZE, "the header is too long");
    if (transfer->has_header)
        return size; /* a trailer */
    if (size > 5 && memcmp(line, "HTTP/", 5) == 0)
        begin_header(transfer, line, size);
    else if (size <= 2 && (line[0] == '\r' || line[0] == '\n'))
        return end_header(transfer) ? size : (size_t)refuse(transfer, ENOMEM, "no memory for the header");
    else if (!note_length(transfer, line, size))
        return (size_t)refuse(transfer, EPROTO, "the header has several lengths of the body, or one that is none");
    else
        ac__folded_note_field(&transfer->folded, line, size);
    return size;
}

/* ---- the response's body ------------------------------------------------------------------------------- */

static size_t take_body(char *data, size_t unit, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    size_t size = unit * count;
    if (transfer->has_ended)
        return size;
    if (!transfer->has_header && !note_response(transfer))
        return (size_t)refuse(transfer, ENOMEM, "no memory for the header");
    if (transfer->is_draining) {
        transfer->drained += size;
        return transfer->drained > MOST_DRAINED ? 0 : size;
    }
    if (transfer->is_collecting && transfer->body.end + size > transfer->max_body)
        return (size_t)refuse(transfer, EMSGSIZE, "the body is longer than .max_body");
    if (!transfer->is_collecting && transfer->body.end >= WINDOW) {
        transfer->input_pauses = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (!ac__bytes_append(&transfer->body, data, size))
        return (size_t)refuse(transfer, ENOMEM, "no memory for the body");
    ac__folded_note(&transfer->folded, data, size);
    if (!transfer->is_collecting || transfer->read_seconds < INFINITY)
        ac_event_set(&transfer->changed);
    return size;
}

/* ---- its connection ------------------------------------------------------------------------------------ */

/* libcurl would forget why there is none. */
static curl_socket_t open_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = argument;
    int fd = SYSTEM(socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol));
    (void)purpose;
    transfer->socket_code = fd < 0 ? errno : 0;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* ---- the request's body -------------------------------------------------------------------------------- */

static size_t give_body(char *buffer, size_t unit, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    ac_http_part *piece = &transfer->piece;
    size_t size = unit * count < piece->size ? unit * count : piece->size;
    if (size == 0 && !transfer->upload_has_ended) {
        transfer->output_pauses = true;
        return CURL_READFUNC_PAUSE;
    }
    if (size)
        memcpy(buffer, piece->data, size);
    piece->data += size;
    piece->size -= size;
    if (piece->size == 0)
        ac_event_set(&transfer->taken);
    return size;
}

/* What libcurl has held back comes at once; it does not end the transfer by itself if that is refused. */
static void resume(struct transfer *transfer)
{
    int bits = (transfer->input_pauses ? CURLPAUSE_RECV : 0) | (transfer->output_pauses ? CURLPAUSE_SEND : 0);
    CURLcode outcome = transfer->session ? curl_easy_pause(transfer->easy, bits) : CURLE_OK;
    if (outcome != CURLE_OK)
        ac__transfer_finish(transfer, outcome);
}

void ac__transfer_resume_input(struct transfer *transfer)
{
    if (!transfer->input_pauses)
        return;
    transfer->input_pauses = false;
    resume(transfer);
}

void ac__transfer_resume_output(struct transfer *transfer)
{
    if (!transfer->output_pauses)
        return;
    transfer->output_pauses = false;
    resume(transfer);
}

/* ---- the end ------------------------------------------------------------------------------------------- */

/* It is over: `code` and `message` say how. What was left to libcurl for the time of the transfer goes. */
static void end(struct transfer *transfer)
{
    transfer->has_ended = true;
    transfer->ended_well = !transfer->code && !transfer->input_pauses;
    ac_timer_cancel(transfer->limit);
    if (transfer->session && transfer->input_pauses) /* libcurl 7.88 loses what it has held back of HTTP/2 */
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    if (transfer->session)
        ac__session_remove(transfer);
    ac_event_set(&transfer->changed);
    ac_event_set(&transfer->taken);
    if (transfer->is_draining)
        ac__transfer_free(transfer);
}

/* libcurl keeps no more, such as of a line of more than 100 KB: newer ones do not call that a
 * lack of memory. */
static bool is_full(CURLcode outcome)
{
#if LIBCURL_VERSION_NUM >= 0x080600
    if (outcome == CURLE_TOO_LARGE)
        return true;
#endif
    return outcome == CURLE_OUT_OF_MEMORY;
}

/* The code of a failure. libcurl has the same outcome for URLs that are not HTTP and
 * for answers that are not. */
static int failure_of(struct transfer *transfer, CURLcode outcome)
{
    long os_code = 0, sent = 0, status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_code);
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (outcome == CURLE_UNSUPPORTED_PROTOCOL && sent > 0 && status == 0)
        return EPROTO;
    if (is_full(outcome) && sent > 0 && !transfer->has_header) { /* that memory runs out just here is rare */
        snprintf(transfer->curl_message, sizeof transfer->curl_message, "a line of the header is too long");
        return EMSGSIZE;
    }
    if (is_full(outcome) && transfer->input_pauses) { /* what libcurl keeps meanwhile has its limit */
        snprintf(transfer->curl_message, sizeof transfer->curl_message,
                 "a part of the compressed body unfolds to more than can be kept");
        return EMSGSIZE;
    }
    if (outcome == CURLE_COULDNT_CONNECT && transfer->socket_code) {
        os_code = transfer->socket_code;
        snprintf(transfer->curl_message, sizeof transfer->curl_message, "no socket: %s", strerror((int)os_code));
    }
    if (outcome == CURLE_WRITE_ERROR) { /* not by a refusal of ours, which has its code */
        snprintf(transfer->curl_message, sizeof transfer->curl_message, "bytes behind the compressed body");
        return EBADMSG;
    }
    return ac__code_of_curl(outcome, os_code);
}

void ac__transfer_finish(struct transfer *transfer, CURLcode outcome)
{
    if (outcome == CURLE_OK && !transfer->header_is_whole) {
        transfer->code = AC_EINCOMPLETE;
        snprintf(transfer->message, sizeof transfer->message, "the connection ended in the middle of the header");
    } else if (outcome == CURLE_OK && !transfer->is_draining && ac__folded_is_cut(&transfer->folded)) {
        transfer->code = AC_EINCOMPLETE;
        snprintf(transfer->message, sizeof transfer->message,
                 "the connection ended in the middle of the compressed body");
    } else if (outcome == CURLE_OK) {
        if (!transfer->has_header && !note_response(transfer))
            transfer->code = ENOMEM;
    } else if (!transfer->code) {
        transfer->code = failure_of(transfer, outcome);
        snprintf(transfer->message, sizeof transfer->message, "%s",
                 transfer->curl_message[0] ? transfer->curl_message : curl_easy_strerror(outcome));
    }
    end(transfer);
}

void ac__transfer_fail(struct transfer *transfer, int code, const char *format, ...)
{
    va_list arguments;
    if (transfer->has_ended)
        return;
    transfer->code = code;
    va_start(arguments, format);
    vsnprintf(transfer->message, sizeof transfer->message, format, arguments);
    va_end(arguments);
    end(transfer);
}

/* ---- making and freeing -------------------------------------------------------------------------------- */

bool ac__transfer_connect(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_message) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_READDATA, transfer) == CURLE_OK;
}

struct transfer *ac__transfer_new(void)
{
    struct transfer *transfer = MEMORY(calloc(1, sizeof *transfer));
    if (transfer)
        transfer->response.reason = transfer->reason;
    return transfer;
}

void ac__transfer_free(struct transfer *transfer)
{
    if (transfer->easy)
        ac__handles_give_back(transfer->handles, transfer->easy, transfer->is_plain && transfer->ended_well);
    curl_slist_free_all(transfer->header_list);
    ac__multipart_free(transfer);
    ac__buffer_free(&transfer->body);
    free(transfer->pairs);
    free(transfer->target);
    curl_url_cleanup(transfer->parts);
    free(transfer->last_url);
    ac__retire(&transfer->retired, free, transfer);
}
