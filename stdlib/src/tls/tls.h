/* tls.h: settings and connections, for the files of this module. */
#ifndef AC_STDLIB_TLS_H
#define AC_STDLIB_TLS_H

#include <ac/tls.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>

#include "../stream/stream.h"
#include "../buffer.h"
#include "../sys.h"

/* ---- settings.ac, sessions.c --------------------------------------------------------------------------- */

struct ac__tls_session {
    struct ac__tls_session *next;
    SSL_SESSION *session;
    char key[]; /* "HOST" */
};

struct ac__tls_name {
    struct ac__tls_name *next;
    SSL_CTX *context;
    char name[];
};

struct ac_tls {
    SSL_CTX *context;
    unsigned references; /* atomic: the program's, and one of each connection */
    bool is_server, is_insecure;
    unsigned char *protocols; /* in TLS's own form; null: none */
    unsigned protocols_size;
    struct ac__tls_name *names;
    pthread_mutex_t lock; /* of the sessions */
    struct ac__tls_session *sessions;
    unsigned session_count;
};

void ac__tls_ref(ac_tls *tls);
/* The settings of those who have none: made when they are first asked for. Not to be freed. */
ac_coro(ac_tls *) ac__tls_default(void);

/* A connection is about to be made to this host: takes a session that can be resumed. */
void ac__tls_session_use(ac_tls *tls, SSL *ssl, const char *host);
/* OpenSSL calls it when there is a new session. */
int ac__tls_session_new(SSL *ssl, SSL_SESSION *session);
void ac__tls_sessions_free(ac_tls *tls);

/* ---- transport.c --------------------------------------------------------------------------------------- */

struct ac__tls_transport {
    struct ac__transport base;
    struct ac__transport *below;
    ac_tls *tls;
    SSL *ssl;
    char *host;              /* key of the session; null: none is kept */
    char *early;             /* what had come before TLS began, and is not taken yet */
    size_t early_at, early_size;
    struct ac__buffer out;   /* encrypted, and not sent yet */
    int code;                /* why it does not work any more; 0: it does */
    char message[160];
    bool has_said_goodbye;
    char protocol[256];      /* for ac_tls_protocol */
};

extern const struct ac__transport_functions ac__tls_functions;

/* A transport with an SSL of its own, on another one that becomes its own. Null without memory. */
struct ac__tls_transport *ac__tls_transport_new(ac_tls *tls, SSL_CTX *context, struct ac__transport *below);
/* The transport of a stream, if it is TLS. */
struct ac__tls_transport *ac__tls_of(const ac_stream *stream);
/* Notes why it is broken and sets errno. */
void ac__tls_break(struct ac__tls_transport *transport, int code, const char *message);
/* What an operation that gave `result` means: -1 with errno (EAGAIN: input is needed),
 * or 0: the end of input. */
int ac__tls_failure(struct ac__tls_transport *transport, int result);

#endif
