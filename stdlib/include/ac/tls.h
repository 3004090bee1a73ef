/* ac/tls.h: TLS on any stream, client and server, by OpenSSL.
 *
 *     async with (ac_stream *s = await ac_tls_connect("example.org", 443)) { ... }
 *
 * A stream stays the same ac_stream with TLS on it: everything of <ac/stream.h> works as before.
 * Certificates and host names are checked unless that is switched off. Versions before TLS 1.2 and
 * renegotiation are refused.
 *
 * Errors: EKEYREJECTED where the other side's certificate is not accepted, EPROTO for everything else that
 * OpenSSL complains about; the messages are OpenSSL's. AC_EINCOMPLETE where the other side ends the
 * connection without TLS's own goodbye: what has come may be cut off. */
#ifndef AC_TLS_H
#define AC_TLS_H

#include <ac/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

AC__LINK("ac.link:tls");

/* ---- settings ------------------------------------------------------------------------------------------ */

/* What a client, or a server, does in all its connections: certificates, protocols, sessions to be resumed.
 * It may be used by the loops of several threads. */
typedef struct ac_tls ac_tls;

struct ac_tls_options {
    int ac__nothing;
    /* PEM files. A client's default is the system's authorities; a server with authorities asks clients for
     * certificates, and refuses those without. */
    const char *authorities;
    const char *certificate; /* with the chain behind it: a server's, or a client's that is asked for one */
    const char *key;         /* of the certificate; null: it is in the same file */
    const char *key_password; /* of a key that is encrypted; without it, such a key is refused */
    const char *protocols;   /* ALPN, "h2,http/1.1": the first is liked best */
    bool insecure;           /* a client that takes any certificate */
};

/* ac_tls *tls = await ac_tls_client(...options), await ac_tls_server(...options): makes settings. A
 * server needs .certificate. Files are read by a worker thread; the texts must stay until it is done.
 * They live until ac_tls_free. Throws: ENOENT, EACCES ... for a file that cannot be read; EINVAL for one
 * that holds something else, for a key that does not fit its certificate or cannot be decrypted, and for
 * protocols that are no list. */
#define ac_tls_client(...) ac__tls_new(false, (struct ac_tls_options){0, __VA_ARGS__})
#define ac_tls_server(...) ac__tls_new(true, (struct ac_tls_options){0, __VA_ARGS__})

/* Gives a server another certificate, for clients that ask for this name (SNI): "example.org", or
 * "*.example.org" for all directly below. Clients that ask for none of its names get the first certificate.
 * Not while connections are made.
 * Throws: as ac_tls_server; EINVAL for a key that is encrypted. Cancelled: waits for the worker, which may
 * have added it. The texts must stay until then. */
ac_coro(void) ac_tls_add_certificate(ac_tls *tls, const char *name, const char *certificate, const char *key);

/* Gives settings up; connections made with them go on. Null is fine. */
void ac_tls_free(ac_tls *tls);

/* ---- connections --------------------------------------------------------------------------------------- */

struct ac_tls_start_options {
    ac_tls *tls;
    const char *host; /* client: the name that the certificate must be for, and that the server is told */
    double timeout;   /* for the handshake, in seconds; 0: 60 */
};

/* await ac_tls_start(ac_stream *s, ac_tls *tls, ...options): begins TLS on a stream, at its begin or later
 * (STARTTLS), as the client or server that `tls` is for. Null is a client of the system's authorities. What
 * is in the stream's buffer counts as a part of the handshake. A client needs .host, unless it is insecure;
 * the text must stay until this is done. Options: .host, .timeout.
 * Throws: EKEYREJECTED, EPROTO, AC_EINCOMPLETE (see above), ETIMEDOUT; EBUSY if somebody is reading. After
 * that, and when it is cancelled, the stream can only be closed. */
#define ac_tls_start(stream, ...) ac__tls_start((stream), (struct ac_tls_start_options){.tls = __VA_ARGS__})

struct ac_tls_connect_options {
    unsigned port;
    double timeout; /* for all of it, in seconds; 0: none of its own, but 60 for the handshake */
    int family;     /* as for ac_connect */
    ac_tls *tls;    /* null: the system's authorities, no ALPN */
};

/* ac_stream *s = await ac_tls_connect(const char *host, unsigned port, ...options): ac_connect and
 * ac_tls_start in one. Sessions are kept in the settings and resumed. Options: .timeout, .family, .tls.
 * Throws: what these two do. Cancelled: nothing is left open. */
#define ac_tls_connect(host, ...) ac__tls_connect((host), (struct ac_tls_connect_options){.port = __VA_ARGS__})

/* Closing such a stream says goodbye and waits for the other side's, 5 seconds at most; what still comes is
 * dropped. ac_write_end says goodbye and lets reading go on. */

/* What a connection has agreed on; null for a stream without TLS. Good as long as the stream.
 * The version, "TLSv1.3". */
const char *ac_tls_version(const ac_stream *stream);
/* The protocol (ALPN); null if none. */
const char *ac_tls_protocol(const ac_stream *stream);
/* Server: the name that the client asked for (SNI); null if none. */
const char *ac_tls_host(const ac_stream *stream);
/* Is it a session of before? False without TLS. */
bool ac_tls_is_resumed(const ac_stream *stream);
/* OpenSSL's own handle (SSL *), for whatever else there is to ask. It stays the stream's. */
struct ssl_st *ac_tls_ssl(const ac_stream *stream);

/* ---- what the macros above are made of ----------------------------------------------------------------- */

ac_coro(ac_tls *) ac__tls_new(bool is_server, struct ac_tls_options options);
ac_coro(void) ac__tls_start(ac_stream *stream, struct ac_tls_start_options options);
ac_coro(ac_stream *) ac__tls_connect(const char *host, struct ac_tls_connect_options options);

#ifdef __cplusplus
}
#endif
#endif
