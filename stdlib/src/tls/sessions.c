/* sessions.c: a client's sessions, kept to be resumed: each once, the newest first. */
#include "tls.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 256 };

static void session_free(struct ac__tls_session *entry)
{
    SSL_SESSION_free(entry->session);
    free(entry);
}

/* Takes out the first for this host; null: any. The last one where none is named. */
static struct ac__tls_session *take(ac_tls *tls, const char *host)
{
    struct ac__tls_session **at = &tls->sessions, *entry;
    while (*at && (host ? strcmp((*at)->key, host) != 0 : (*at)->next != NULL))
        at = &(*at)->next;
    entry = *at;
    if (entry) {
        *at = entry->next;
        tls->session_count--;
    }
    return entry;
}

void ac__tls_session_use(ac_tls *tls, SSL *ssl, const char *host)
{
    struct ac__tls_session *entry;
    pthread_mutex_lock(&tls->lock);
    entry = take(tls, host);
    pthread_mutex_unlock(&tls->lock);
    if (!entry)
        return;
    if (SSL_SESSION_is_resumable(entry->session))
        SSL_set_session(ssl, entry->session);
    session_free(entry);
}

/* Gives 1 where it keeps the session. */
int ac__tls_session_new(SSL *ssl, SSL_SESSION *session)
{
    struct ac__tls_transport *transport = SSL_get_app_data(ssl);
    struct ac__tls_session *entry, *oldest = NULL;
    if (!transport->host)
        return 0;
    entry = MEMORY(malloc(sizeof *entry + strlen(transport->host) + 1));
    if (!entry)
        return 0;
    strcpy(entry->key, transport->host);
    entry->session = session;
    pthread_mutex_lock(&transport->tls->lock);
    if (transport->tls->session_count >= MOST)
        oldest = take(transport->tls, NULL);
    entry->next = transport->tls->sessions;
    transport->tls->sessions = entry;
    transport->tls->session_count++;
    pthread_mutex_unlock(&transport->tls->lock);
    if (oldest)
        session_free(oldest);
    return 1;
}

void ac__tls_sessions_free(ac_tls *tls)
{
    struct ac__tls_session *entry;
    while ((entry = take(tls, NULL)))
        session_free(entry);
}
