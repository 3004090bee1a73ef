/* sharing.c: requests by https that start together share a connection, if the server speaks HTTP/2.
 *
 * Which is known when a handshake has ended: until then, requests for the same host as one that may be
 * making a connection are held. libcurl does that, too (CURLOPT_PIPEWAIT); but from 8.10 on it overlooks the
 * end of a handshake that chose HTTP/1.1, and what it holds waits for the first response: for ever, if that
 * waits for another request. */
#include "client.h"

#include <string.h>
#include <strings.h>

static void append(struct line *line, struct transfer *transfer)
{
    struct transfer **end = line->last ? &line->last->line_next : &line->first;
    transfer->line = line;
    transfer->line_next = NULL;
    transfer->line_previous = line->last;
    line->last = *end = transfer;
}

static void leave(struct transfer *transfer)
{
    struct line *line = transfer->line;
    struct transfer *next = transfer->line_next, *previous = transfer->line_previous;
    *(next ? &next->line_previous : &line->last) = previous;
    *(previous ? &previous->line_next : &line->first) = next;
    transfer->line = NULL;
}

/* Of an https URL: up to its path. */
static size_t origin_size(const char *url)
{
    size_t scheme = strlen("https://");
    return scheme + strcspn(url + scheme, "/?#");
}

static bool has_same_origin(const struct transfer *one, const struct transfer *other)
{
    size_t size = origin_size(one->target);
    return size == origin_size(other->target) && strncasecmp(one->target, other->target, size) == 0;
}

bool ac__sharing_holds(struct transfer *transfer)
{
    struct ac_http_session *session = transfer->session;
    struct transfer *maker = session->makers.first;
    if (!transfer->may_share)
        return false;
    while (maker && !has_same_origin(maker, transfer))
        maker = maker->line_next;
    append(maker ? &session->held : &session->makers, transfer);
    return maker;
}

void ac__sharing_end(struct transfer *transfer)
{
    struct ac_http_session *session = transfer->session;
    struct line *line = transfer->line;
    if (!line)
        return;
    leave(transfer);
    if (line != &session->makers)
        return;
    for (struct transfer *next, *held = session->held.first; held; held = next) {
        next = held->line_next;
        if (!has_same_origin(held, transfer))
            continue;
        leave(held);
        append(&session->released, held);
    }
}

struct transfer *ac__sharing_next(struct ac_http_session *session)
{
    struct transfer *transfer = session->released.first;
    if (transfer)
        leave(transfer);
    return transfer;
}

static int end_of_handshake(void *transfer, char *to, char *from, int to_port, int from_port)
{
    (void)to, (void)from, (void)to_port, (void)from_port;
    ac__sharing_end(transfer);
    return CURL_PREREQFUNC_OK;
}

CURLcode ac__sharing_set(struct transfer *transfer, bool may_share)
{
    transfer->may_share = may_share;
    if (!may_share) /* a handle that is used again may have it */
        return curl_easy_setopt(transfer->easy, CURLOPT_PREREQFUNCTION, NULL);
    return curl_easy_setopt(transfer->easy, CURLOPT_PREREQFUNCTION, end_of_handshake)
         | curl_easy_setopt(transfer->easy, CURLOPT_PREREQDATA, transfer);
}
