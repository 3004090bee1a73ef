/* errors.c: libcurl's outcomes as errno values; the table stands in ac/http.h. */
#include "client.h"

static const struct {
    CURLcode outcome;
    int code;
} codes[] = {
    {CURLE_UNSUPPORTED_PROTOCOL, EPROTONOSUPPORT},
    {CURLE_URL_MALFORMAT, EINVAL},
    {CURLE_BAD_FUNCTION_ARGUMENT, EINVAL},
    {CURLE_COULDNT_RESOLVE_PROXY, ENOENT},
    {CURLE_COULDNT_RESOLVE_HOST, ENOENT},
    {CURLE_COULDNT_CONNECT, ECONNREFUSED},
    {CURLE_PROXY, EACCES},
    {CURLE_REMOTE_ACCESS_DENIED, EACCES},
    {CURLE_LOGIN_DENIED, EACCES},
    {CURLE_AUTH_ERROR, EACCES},
    {CURLE_OPERATION_TIMEDOUT, ETIMEDOUT},
    {CURLE_GOT_NOTHING, ECONNRESET},
    {CURLE_SEND_ERROR, ECONNRESET},
    {CURLE_RECV_ERROR, EPROTO}, /* the system had nothing to say: broken chunks, TLS */
    {CURLE_PARTIAL_FILE, AC_EINCOMPLETE},
    {CURLE_WEIRD_SERVER_REPLY, EPROTO},
    {CURLE_HTTP2, EPROTO},
    {CURLE_HTTP2_STREAM, EPROTO},
    {CURLE_SSL_CONNECT_ERROR, EPROTO},
    {CURLE_SSL_CIPHER, EPROTO},
    {CURLE_SSL_SHUTDOWN_FAILED, EPROTO},
    {CURLE_USE_SSL_FAILED, EPROTO},
    {CURLE_PEER_FAILED_VERIFICATION, EKEYREJECTED},
    {CURLE_SSL_ISSUER_ERROR, EKEYREJECTED},
    {CURLE_SSL_INVALIDCERTSTATUS, EKEYREJECTED},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, EKEYREJECTED},
    {CURLE_SSL_CERTPROBLEM, EINVAL},
    {CURLE_SSL_CACERT_BADFILE, EINVAL},
    {CURLE_BAD_CONTENT_ENCODING, EBADMSG},
    {CURLE_TOO_MANY_REDIRECTS, ELOOP},
    {CURLE_SEND_FAIL_REWIND, ESPIPE},
    {CURLE_OUT_OF_MEMORY, ENOMEM},
#if LIBCURL_VERSION_NUM >= 0x080600
    {CURLE_TOO_LARGE, EMSGSIZE},
#endif
};

/* Failures of the connection, about which the system knows more. */
static bool is_the_systems(CURLcode outcome)
{
    return outcome == CURLE_COULDNT_CONNECT || outcome == CURLE_SEND_ERROR || outcome == CURLE_RECV_ERROR;
}

int ac__code_of_curl(CURLcode outcome, long os_code)
{
    if (is_the_systems(outcome) && os_code > 0)
        return (int)os_code;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].outcome == outcome)
            return codes[i].code;
    return EIO;
}
