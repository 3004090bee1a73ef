/* session.c: libcurl's multi interface in our loop.
 *
 * libcurl says which sockets it wants watched, and when it wants to be called for the time; the
 * loop's watches and a timer call curl_multi_socket_action, and after each of these calls the
 * transfers that have ended are noted. */
#include "client.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- what the loop tells libcurl ----------------------------------------------------------------------- */

static void note_ends(ac_http_session *session)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(session->multi, &left));) {
        struct transfer *transfer = NULL;
        CURLcode outcome = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        ac__transfer_finish(transfer, outcome);
    }
}

static void act_once(ac_http_session *session, curl_socket_t socket, int events)
{
    int running;
    CURLMcode outcome = curl_multi_socket_action(session->multi, socket, events, &running);
    note_ends(session);
    if (outcome != CURLM_OK)
        session->failure = outcome == CURLM_OUT_OF_MEMORY ? ENOMEM : EIO;
    while (session->failure && session->transfers)
        ac__transfer_fail(session->transfers, session->failure, "%s", strerror(session->failure));
    session->failure = 0;
}

/* Hands over what is held no longer. */
static void add_released(ac_http_session *session)
{
    for (struct transfer *transfer; (transfer = ac__sharing_next(session));)
        if (curl_multi_add_handle(session->multi, transfer->easy) != CURLM_OK)
            ac__transfer_fail(transfer, ENOMEM, "no memory");
}

static void act(ac_http_session *session, curl_socket_t socket, int events)
{
    session->is_acting = true;
    act_once(session, socket, events);
    while (session->released.first) {
        add_released(session);
        act_once(session, CURL_SOCKET_TIMEOUT, 0);
    }
    session->is_acting = false;
}

struct socket {
    ac_http_session *session;
    ac_watch *watch;
    curl_socket_t number;
};

static void socket_is_ready(void *argument, unsigned events)
{
    struct socket *socket = argument;
    int bits = (events & AC_INPUT ? CURL_CSELECT_IN : 0) | (events & AC_OUTPUT ? CURL_CSELECT_OUT : 0)
             | (events & AC_BROKEN ? CURL_CSELECT_ERR : 0);
    act(socket->session, socket->number, bits);
}

static void time_is_over(void *session)
{
    act(session, CURL_SOCKET_TIMEOUT, 0);
}

/* ---- what libcurl asks of the loop --------------------------------------------------------------------- */

static void socket_free(struct socket *socket)
{
    if (socket)
        ac_watch_free(socket->watch);
    free(socket);
}

static struct socket *socket_new(ac_http_session *session, curl_socket_t number)
{
    struct socket *socket = MEMORY(malloc(sizeof *socket));
    if (!socket)
        return NULL;
    *socket = (struct socket){session, NULL, number};
    socket->watch = ac_watch_new(number, socket_is_ready, socket);
    if (!socket->watch) {
        socket_free(socket);
        return NULL;
    }
    curl_multi_assign(session->multi, number, socket);
    return socket;
}

/* What the loop cannot do is noted in `failure`, and `act` ends the transfers. Told of it, libcurl would lose
 * count of who uses the socket, and never say that it is done with it. */
static int watch_socket(CURL *easy, curl_socket_t number, int what, void *argument, void *known)
{
    ac_http_session *session = argument;
    struct socket *socket = known;
    unsigned events = (what & CURL_POLL_IN ? AC_INPUT : 0) | (what & CURL_POLL_OUT ? AC_OUTPUT : 0);
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        socket_free(socket);
        return 0;
    }
    if (!socket)
        socket = socket_new(session, number);
    if (!socket)
        session->failure = ENOMEM;
    else if (ac_watch_set(socket->watch, events) != 0)
        session->failure = errno;
    return 0;
}

static int set_timer(CURLM *multi, long milliseconds, void *argument)
{
    ac_http_session *session = argument;
    (void)multi;
    ac_timer_cancel(session->timer);
    session->timer = (ac_timer){0};
    if (milliseconds < 0)
        return 0;
    session->timer = ac_call_later((double)milliseconds / 1000, time_is_over, session);
    if (!session->timer.ac__call)
        session->failure = ENOMEM;
    return 0;
}

/* ---- transfers ----------------------------------------------------------------------------------------- */

void ac__session_enter(ac_http_session *session, struct transfer *transfer)
{
    transfer->session = session;
    transfer->next = session->transfers;
    if (session->transfers)
        session->transfers->previous = transfer;
    session->transfers = transfer;
    session->count++;
}

/* libcurl 7.88 loses memory where a handle comes to a share without having been in one. */
static bool open_apart(ac_http_session *session)
{
    if (session->apart)
        return true;
    session->apart = curl_share_init();
    return session->apart
        && curl_share_setopt(session->apart, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK;
}

int ac__session_begin(struct transfer *transfer)
{
    ac_http_session *session = transfer->session;
    CURLMcode outcome;
    if (transfer->leaves_cookies && !open_apart(session)) {
        ac__session_remove(transfer);
        return ENOMEM;
    }
    curl_easy_setopt(transfer->easy, CURLOPT_SHARE, transfer->leaves_cookies ? session->apart : session->share);
    if (ac__sharing_holds(transfer))
        return 0;
    outcome = curl_multi_add_handle(session->multi, transfer->easy);
    if (outcome != CURLM_OK) {
        ac__session_remove(transfer);
        return ENOMEM;
    }
    act(session, CURL_SOCKET_TIMEOUT, 0); /* begins at once, not when the timer rings that libcurl has just set */
    return 0;
}

/* Cookies that have come to a transfer on its own become the session's. */
static void share_cookies(struct transfer *transfer)
{
    struct curl_slist *cookies = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_COOKIELIST, &cookies);
    curl_easy_setopt(transfer->easy, CURLOPT_SHARE, transfer->session->share);
    for (const struct curl_slist *cookie = cookies; cookie; cookie = cookie->next)
        curl_easy_setopt(transfer->easy, CURLOPT_COOKIELIST, cookie->data);
    curl_slist_free_all(cookies);
}

void ac__session_remove(struct transfer *transfer)
{
    ac_http_session *session = transfer->session;
    ac__sharing_end(transfer);
    if (transfer->next)
        transfer->next->previous = transfer->previous;
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        session->transfers = transfer->next;
    session->count--;
    curl_multi_remove_handle(session->multi, transfer->easy);
    if (transfer->leaves_cookies)
        share_cookies(transfer);
    transfer->session = NULL;
    curl_easy_setopt(transfer->easy, CURLOPT_SHARE, NULL);
    if (!session->transfers)
        ac_event_set(&session->idle);
    if (session->released.first && !session->is_acting)
        act(session, CURL_SOCKET_TIMEOUT, 0);
}

size_t ac_http_session_transfers(const ac_http_session *session)
{
    return session ? session->count : 0;
}

/* ---- making and freeing -------------------------------------------------------------------------------- */

static pthread_once_t is_ready = PTHREAD_ONCE_INIT;
static CURLcode ready_outcome;

static void make_ready(void)
{
    ready_outcome = ac__memory_start();
}

/* The texts among the options. */
static const size_t texts[] = {
    offsetof(struct ac_http_session_options, base_url),    offsetof(struct ac_http_session_options, auth),
    offsetof(struct ac_http_session_options, proxy),       offsetof(struct ac_http_session_options, ca_file),
    offsetof(struct ac_http_session_options, certificate), offsetof(struct ac_http_session_options, key),
    offsetof(struct ac_http_session_options, key_password),
};
enum { TEXTS = sizeof texts / sizeof *texts };

static const char **text_at(struct ac_http_session_options *options, size_t i)
{
    return (const char **)((char *)options + texts[i]);
}

/* The session's own copies. Null with ENOMEM leaves all that follow null, too. */
static bool copy_texts(struct ac_http_session_options *options)
{
    bool is_well = true;
    for (size_t i = 0; i < TEXTS; i++) {
        const char **text = text_at(options, i);
        bool is_there = *text;
        *text = is_there && is_well ? MEMORY(strdup(*text)) : NULL;
        is_well = is_well && (*text || !is_there);
    }
    return is_well;
}

static bool environment_has_proxy(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return true;
    return false;
}

static void set_defaults(struct ac_http_session_options *options)
{
    options->timeout = options->timeout ? options->timeout : 300;
    options->connect_timeout = options->connect_timeout ? options->connect_timeout : 60;
    options->close_timeout = options->close_timeout ? options->close_timeout : 5;
    options->limit = options->limit ? options->limit : 100;
    if (!options->proxy && !environment_has_proxy())
        options->proxy = ""; /* so that libcurl does not look again for each request */
}

static bool is_proxy_scheme(const char *scheme)
{
    static const char *const names[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(scheme, names[i]) == 0)
            return true;
    return false;
}

/* Can libcurl do anything with it? Asked to use one that makes no sense, it fails as
 * if that had no address. */
static bool is_proxy(const char *url)
{
    CURLU *parts = curl_url();
    char *scheme = NULL;
    bool is_well = !parts /* no memory: libcurl will say so */
                || (curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) == CURLUE_OK
                    && curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && is_proxy_scheme(scheme));
    curl_free(scheme);
    curl_url_cleanup(parts);
    return is_well;
}

/* What is wrong with the options; null: nothing. */
static const char *complaint(const struct ac_http_session_options *options)
{
    if (!(options->timeout > 0)) /* or NaN */
        return ".timeout has to be more than 0";
    if (!(options->connect_timeout > 0))
        return ".connect_timeout has to be more than 0";
    if (!(options->close_timeout > 0))
        return ".close_timeout has to be more than 0";
    if (options->limit < 0)
        return ".limit is less than 0";
    if (options->limit_per_host < 0)
        return ".limit_per_host is less than 0";
    if (!options->certificate && (options->key || options->key_password))
        return ".key or .key_password without .certificate";
    return !options->proxy || !*options->proxy || is_proxy(options->proxy) ? NULL : ".proxy is no URL of a proxy";
}

static bool multi_open(ac_http_session *session)
{
    long limit = session->options.limit;
    session->multi = curl_multi_init();
    session->share = curl_share_init();
    session->handles = ac__handles_new();
    if (!session->multi || !session->share || !session->handles)
        return false;
    curl_multi_setopt(session->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(session->multi, CURLMOPT_SOCKETDATA, session);
    curl_multi_setopt(session->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(session->multi, CURLMOPT_TIMERDATA, session);
    curl_multi_setopt(session->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit);
    curl_multi_setopt(session->multi, CURLMOPT_MAXCONNECTS, limit);
    curl_multi_setopt(session->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)session->options.limit_per_host);
    curl_share_setopt(session->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    curl_share_setopt(session->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return true;
}

/* Of the session that could not be made last, for `async with`, which sees a null pointer. */
static _Thread_local const char *refusal;
static _Thread_local char refused_header[COMPLAINT];

const char *ac__session_refusal(void)
{
    return refusal ? refusal : strerror(EINVAL);
}

/* 0, or an error code. */
static int session_open(ac_http_session *session, const struct ac_http_session_options *options)
{
    session->options = *options;
    session->options.headers = NULL;
    set_defaults(&session->options);
    if (!copy_texts(&session->options))
        return ENOMEM;
    refusal = complaint(&session->options);
    if (refusal)
        return EINVAL;
    if (ready_outcome != CURLE_OK || !multi_open(session))
        return ENOMEM;
    refusal = refused_header; /* if that is EINVAL */
    return options->headers ? ac__headers_add(&session->headers, options->headers, refused_header) : 0;
}

ac_http_session *ac__http_session_new(const struct ac_http_session_options *options)
{
    ac_http_session *session = MEMORY(calloc(1, sizeof *session));
    int code;
    pthread_once(&is_ready, make_ready);
    code = session ? session_open(session, options) : ENOMEM;
    if (code == 0)
        return session;
    ac__session_free(session);
    errno = code;
    return NULL;
}

void ac__session_free(ac_http_session *session)
{
    if (!session)
        return;
    session->is_closing = session->is_acting = true;
    while (session->transfers)
        ac__transfer_fail(session->transfers, AC_ECLOSED, "the session was closed");
    if (session->multi)
        curl_multi_cleanup(session->multi);
    ac_timer_cancel(session->timer);
    if (session->share)
        curl_share_cleanup(session->share);
    if (session->apart)
        curl_share_cleanup(session->apart);
    ac__handles_leave(session->handles);
    curl_slist_free_all(session->headers);
    ac__origin_free(&session->origin);
    for (size_t i = 0; i < TEXTS; i++)
        free((void *)*text_at(&session->options, i));
    ac__retire(&session->retired, free, session);
}
