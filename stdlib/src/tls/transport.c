/* transport.c: TLS as a transport on another one.
 *
 * OpenSSL reads from what is below by a BIO that never waits. What it writes goes into a buffer of ours,
 * always and at once: so it never has a record half sent, which would have to be finished with the same
 * bytes by whoever writes next. The buffer is sent when an operation ends; `write` takes nothing new
 * while too much is in it. */
#include "tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FULL = 65536 }; /* bytes to be sent: then it takes no more */

/* ---- below --------------------------------------------------------------------------------------------- */

static int read_early(struct ac__tls_transport *transport, char *buffer, int size)
{
    size_t left = transport->early_size - transport->early_at;
    size_t count = left < (size_t)size ? left : (size_t)size;
    memcpy(buffer, transport->early + transport->early_at, count);
    transport->early_at += count;
    return (int)count;
}

static int below_read(BIO *bio, char *buffer, int size)
{
    struct ac__tls_transport *transport = BIO_get_data(bio);
    ssize_t count;
    BIO_clear_retry_flags(bio);
    if (transport->early_at < transport->early_size)
        return read_early(transport, buffer, size);
    count = transport->below->functions->read(transport->below, buffer, (size_t)size);
    if (count < 0 && errno == EAGAIN)
        BIO_set_retry_read(bio);
    else if (count == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return (int)count;
}

static int below_write(BIO *bio, const char *bytes, int size)
{
    struct ac__tls_transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (ac__buffer_add(&transport->out, bytes, (size_t)size, AC__NO_LIMIT) != 0)
        return errno = ENOMEM, -1;
    return size;
}

static long below_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number, (void)pointer;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH; /* we send when it suits us */
}

static BIO_METHOD *method;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    if (method) {
        BIO_meth_set_read(method, below_read);
        BIO_meth_set_write(method, below_write);
        BIO_meth_set_ctrl(method, below_control);
    }
}

static BIO *bio_new(struct ac__tls_transport *transport)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BIO *bio;
    pthread_once(&once, make_method);
    bio = method ? BIO_new(method) : NULL;
    if (bio) {
        BIO_set_data(bio, transport);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* ---- what went wrong ----------------------------------------------------------------------------------- */

void ac__tls_break(struct ac__tls_transport *transport, int code, const char *message)
{
    if (!transport->code) {
        transport->code = code;
        snprintf(transport->message, sizeof transport->message, "%s", message);
    }
    errno = transport->code;
}

static void break_by_openssl(struct ac__tls_transport *transport)
{
    unsigned long error = ERR_peek_error();
    long verified = SSL_get_verify_result(transport->ssl);
    const char *reason = ERR_reason_error_string(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        ac__tls_break(transport, EKEYREJECTED, X509_verify_cert_error_string(verified));
    else if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        ac__tls_break(transport, AC_EINCOMPLETE, "the other side ended the connection without TLS's goodbye");
    else if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
        ac__tls_break(transport, ENOMEM, strerror(ENOMEM));
    else
        ac__tls_break(transport, EPROTO, reason ? reason : "TLS failed");
    ERR_clear_error();
}

int ac__tls_failure(struct ac__tls_transport *transport, int result)
{
    int code = errno;
    switch (SSL_get_error(transport->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return errno = EAGAIN, -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        ac__tls_break(transport, code ? code : EPROTO, strerror(code ? code : EPROTO));
        return -1;
    default:
        break_by_openssl(transport);
        return -1;
    }
}

static const char *message(const struct ac__transport *base)
{
    return ((const struct ac__tls_transport *)base)->message;
}

static bool is_broken(const struct ac__tls_transport *transport)
{
    errno = transport->code;
    return transport->code;
}

static void begin(struct ac__tls_transport *transport)
{
    (void)transport;
    ERR_clear_error(); /* of others, in this thread: SSL_get_error would take it for ours */
    errno = 0;
}

/* ---- operations ---------------------------------------------------------------------------------------- */

static int flush(struct ac__transport *base)
{
    struct ac__tls_transport *transport = (struct ac__tls_transport *)base;
    struct ac__transport *below = transport->below;
    struct ac__buffer *out = &transport->out;
    while (out->start < out->end) {
        struct iovec part = {out->data + out->start, ac__buffer_size(out)};
        ssize_t count = below->functions->write(below, &part, 1);
        if (count < 0)
            return -1;
        out->start += (size_t)count;
    }
    out->start = out->end = 0;
    return below->functions->flush ? below->functions->flush(below) : 0;
}

/* What OpenSSL has to say on its own while we read. If it cannot be sent now, whoever writes next sends
 * it. */
static void flush_answers(struct ac__tls_transport *transport)
{
    int code = errno;
    if (ac__buffer_size(&transport->out))
        (void)flush(&transport->base);
    errno = code;
}

static ssize_t tls_read(struct ac__transport *base, void *buffer, size_t size)
{
    struct ac__tls_transport *transport = (struct ac__tls_transport *)base;
    int count;
    if (is_broken(transport))
        return -1;
    begin(transport);
    count = SSL_read(transport->ssl, buffer, size < INT32_MAX ? (int)size : INT32_MAX);
    if (count <= 0)
        count = ac__tls_failure(transport, count);
    flush_answers(transport);
    return count;
}

static bool has_pending(const struct ac__transport *base)
{
    return SSL_has_pending(((const struct ac__tls_transport *)base)->ssl);
}

/* Encrypts one piece, as far as there is room: how much, or -1. */
static ssize_t encrypt(struct ac__tls_transport *transport, const struct iovec *part)
{
    size_t done = 0;
    while (done < part->iov_len && ac__buffer_size(&transport->out) < FULL) {
        size_t size = part->iov_len - done < FULL ? part->iov_len - done : FULL;
        int count;
        begin(transport);
        count = SSL_write(transport->ssl, (const char *)part->iov_base + done, (int)size);
        if (count > 0) {
            done += (size_t)count;
            continue;
        }
        if (ac__tls_failure(transport, count) == 0 || errno == EAGAIN)
            ac__tls_break(transport, EPROTO, "TLS cannot write now");
        return -1;
    }
    return (ssize_t)done;
}

static ssize_t tls_write(struct ac__transport *base, const struct iovec *parts, int count)
{
    struct ac__tls_transport *transport = (struct ac__tls_transport *)base;
    size_t done = 0;
    if (is_broken(transport))
        return -1;
    if (transport->has_said_goodbye)
        return errno = EPIPE, -1;
    if (ac__buffer_size(&transport->out) >= FULL && flush(base) < 0)
        return -1;
    for (int i = 0; i < count; i++) {
        ssize_t size = encrypt(transport, &parts[i]);
        if (size < 0)
            return -1;
        done += (size_t)size;
        if ((size_t)size < parts[i].iov_len)
            break;
    }
    return (ssize_t)done;
}

static int end(struct ac__transport *base)
{
    struct ac__tls_transport *transport = (struct ac__tls_transport *)base;
    if (is_broken(transport))
        return -1;
    if (!transport->has_said_goodbye) {
        transport->has_said_goodbye = true;
        begin(transport);
        if (SSL_shutdown(transport->ssl) < 0) {
            break_by_openssl(transport);
            return -1;
        }
    }
    return flush(base);
}

/* ---- the beginning and the end ------------------------------------------------------------------------- */

static void tls_free(struct ac__transport *base)
{
    struct ac__tls_transport *transport = (struct ac__tls_transport *)base;
    transport->below->functions->free(transport->below);
    SSL_free(transport->ssl);
    ac_tls_free(transport->tls);
    free(transport->host);
    free(transport->early);
    ac__buffer_free(&transport->out);
    free(transport);
}

const struct ac__transport_functions ac__tls_functions = {
    .read = tls_read, .write = tls_write, .flush = flush, .end = end, .free = tls_free, .message = message,
    .has_pending = has_pending, .says_goodbye = true,
};

struct ac__tls_transport *ac__tls_transport_new(ac_tls *tls, SSL_CTX *context, struct ac__transport *below)
{
    struct ac__tls_transport *transport = MEMORY(calloc(1, sizeof *transport));
    BIO *bio = transport ? bio_new(transport) : NULL;
    SSL *ssl = bio ? SSL_new(context) : NULL;
    if (!ssl) {
        BIO_free(bio);
        free(transport);
        return NULL;
    }
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, transport);
    transport->base.functions = &ac__tls_functions;
    transport->below = below;
    transport->ssl = ssl;
    transport->tls = tls;
    ac__tls_ref(tls);
    return transport;
}

struct ac__tls_transport *ac__tls_of(const ac_stream *stream)
{
    bool is_tls = stream->transport->functions == &ac__tls_functions;
    return is_tls ? (struct ac__tls_transport *)stream->transport : NULL;
}
