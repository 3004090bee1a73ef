/* handles.c: libcurl's handles, kept for the next requests of a session. Making one and setting it up costs a
 * fifth of a request, so what all requests of a session have in common is set once.
 *
 * Only plain requests are given a handle that has been used, and only theirs are kept: what any
 * other sets (options.c) never has to be undone. Responses may outlive their session, so the handles
 * belong to all of them. */
#include "client.h"

#include <stdlib.h>

enum { MOST_KEPT = 64 };
/* By others a few bytes can become any number, which libcurl would decode, and keep, all at once. */
static const char CODINGS[] = "deflate, gzip";

struct handles {
    size_t users, count;
    CURL *kept[MOST_KEPT];
};

struct handles *ac__handles_new(void)
{
    struct handles *handles = MEMORY(calloc(1, sizeof *handles));
    if (!handles)
        return NULL;
    handles->users = 1;
    ac__memory_enter();
    return handles;
}

void ac__handles_leave(struct handles *handles)
{
    if (!handles || --handles->users)
        return;
    while (handles->count)
        curl_easy_cleanup(handles->kept[--handles->count]);
    free(handles);
    ac__memory_leave();
}

static CURLcode set_text(CURL *easy, CURLoption option, const char *text)
{
    return text ? curl_easy_setopt(easy, option, text) : CURLE_OK;
}

static CURLcode set_tls(CURL *easy, const struct ac_http_session_options *session)
{
    CURLcode outcome = set_text(easy, CURLOPT_CAINFO, session->ca_file);
    outcome |= set_text(easy, CURLOPT_SSLCERT, session->certificate);
    outcome |= set_text(easy, CURLOPT_SSLKEY, session->key);
    /* Without one OpenSSL would ask whoever sits at the terminal. */
    outcome |= curl_easy_setopt(easy, CURLOPT_KEYPASSWD, session->key_password ? session->key_password : "");
    if (!session->insecure)
        return outcome;
    outcome |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    return outcome | curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
}

static CURLcode set_proxy(CURL *easy, const char *proxy)
{
    CURLcode outcome = set_text(easy, CURLOPT_PROXY, proxy);
    if (proxy && !*proxy) /* none: so it does not look for exceptions in the environment */
        outcome |= curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    return outcome;
}

/* Only these protocols, and nothing that needs signals or a thread to be waited for. */
static CURLcode set_up(CURL *easy, const struct ac_http_session_options *session)
{
    CURLcode outcome = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    outcome |= curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    outcome |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    outcome |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name being resolved does not hold up its end */
    outcome |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    outcome |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "Async-C"); /* some servers refuse who has no name */
    outcome |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, CODINGS);
    outcome |= curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    outcome |= set_text(easy, CURLOPT_USERPWD, session->auth);
    outcome |= set_proxy(easy, session->proxy);
    if (!session->no_cookies)
        outcome |= curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
    return outcome | set_tls(easy, session);
}

CURL *ac__handles_take(const ac_http_session *session, bool is_plain)
{
    struct handles *handles = session->handles;
    CURL *easy = is_plain && handles->count ? handles->kept[--handles->count] : NULL;
    if (!easy) {
        easy = curl_easy_init();
        if (easy && set_up(easy, &session->options) != CURLE_OK) {
            curl_easy_cleanup(easy);
            easy = NULL;
        }
    }
    if (easy)
        handles->users++;
    return easy;
}

/* libcurl repeats a request when a kept connection turns out to be gone, five times for a handle and not for
 * a request: so one that may have done so is not used again. */
static bool may_have_repeated(CURL *easy)
{
    long connections = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    return connections > 0;
}

void ac__handles_give_back(struct handles *handles, CURL *easy, bool is_reusable)
{
    if (is_reusable && !may_have_repeated(easy) && handles->users > 1 && handles->count < MOST_KEPT) {
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
        handles->kept[handles->count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
    ac__handles_leave(handles);
}
