/* options.c: a request's options, and its session's, as libcurl's. */
#include "client.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEFAULT_REDIRECTS = 10 };
static const size_t DEFAULT_MAX_BODY = (size_t)256 << 20;

static int refuse(struct transfer *transfer, int code, const char *message)
{
    snprintf(transfer->message, sizeof transfer->message, "%s", message);
    return code;
}

/* ---- header fields ------------------------------------------------------------------------------------- */

/* The characters of names and methods; a table, as strspn would make one at each call. */
static bool is_token(const char *text)
{
    static const bool is_allowed[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true, ['#'] = true, ['$'] = true,
        ['%'] = true, ['&'] = true, ['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
        ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
    };
    const char *end = text;
    while (is_allowed[(unsigned char)*end])
        end++;
    return end > text && *end == '\0';
}

static bool list_append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer)
        *list = longer;
    return longer;
}

/* Control bytes are none of it, but for a tab. */
static bool is_value(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 127)
            return false;
    return true;
}

/* A name as errors show it. */
enum { SHOWN = 64 };
static const char *show(char shown[SHOWN], const char *name)
{
    char *at = shown;
    for (; *name && at < shown + SHOWN - sizeof "\\x00..."; name++) {
        unsigned char c = (unsigned char)*name;
        at += sprintf(at, c < ' ' || c > '~' ? "\\x%02x" : "%c", c);
    }
    strcpy(at, *name ? "..." : "");
    return shown;
}

/* Can it not be sent? Then `complaint` says why. */
static bool is_malformed(const ac_http_pair *pair, char complaint[COMPLAINT])
{
    char shown[SHOWN];
    if (!is_token(pair->name))
        snprintf(complaint, COMPLAINT, ".headers: malformed name \"%s\"", show(shown, pair->name));
    else if (pair->value && !is_value(pair->value))
        snprintf(complaint, COMPLAINT, ".headers: malformed value of \"%s\"", show(shown, pair->name));
    else
        return false;
    return true;
}

/* libcurl writes a field without a value as "Name;", and "Name:" for one that it is to leave out. */
static bool header_add(struct curl_slist **list, const ac_http_pair *pair)
{
    const char *value = pair->value ? pair->value : "";
    size_t size = strlen(pair->name) + strlen(value) + 4;
    char *line = MEMORY(malloc(size));
    bool is_added;
    if (!line)
        return false;
    if (!pair->value)
        snprintf(line, size, "%s:", pair->name);
    else if (value[strspn(value, " \t")] == '\0')
        snprintf(line, size, "%s;", pair->name);
    else
        snprintf(line, size, "%s: %s", pair->name, value);
    is_added = list_append(list, line);
    free(line);
    return is_added;
}

int ac__headers_add(struct curl_slist **list, const ac_http_pair *pairs, char complaint[COMPLAINT])
{
    for (; pairs->name; pairs++) {
        if (is_malformed(pairs, complaint))
            return EINVAL;
        if (!header_add(list, pairs))
            return ENOMEM;
    }
    return 0;
}

static bool line_is_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 && (line[length] == ':' || line[length] == ';');
}

static bool list_has(const struct curl_slist *list, const char *name)
{
    for (; list; list = list->next)
        if (line_is_of(list->data, name))
            return true;
    return false;
}

static bool line_is_replaced(const char *line, const ac_http_pair *pairs)
{
    for (; pairs && pairs->name; pairs++)
        if (line_is_of(line, pairs->name))
            return true;
    return false;
}

static void list_drop(struct curl_slist **link)
{
    struct curl_slist *line = *link;
    *link = line->next;
    line->next = NULL;
    curl_slist_free_all(line);
}

void ac__headers_drop_body(struct curl_slist **list)
{
    while (*list) {
        const char *line = (*list)->data;
        if (strncasecmp(line, "Content-", 8) == 0 || line_is_of(line, "Transfer-Encoding"))
            list_drop(list);
        else
            list = &(*list)->next;
    }
}

static bool append_cookies(struct ac__buffer *cookies, const char *line)
{
    const char *value = line + sizeof "Cookie:" - 1;
    if (!*value)
        return true; /* none: "Cookie:" or "Cookie;" */
    return (!cookies->end || ac__bytes_append_text(cookies, "; ")) && ac__bytes_append_text(cookies, value + 1);
}

/* Takes the cookies out of the fields, as one field's value. False: no memory. */
static bool take_cookies(struct transfer *transfer, struct ac__buffer *cookies)
{
    struct curl_slist **list = &transfer->header_list;
    while (*list) {
        if (!line_is_of((*list)->data, "Cookie")) {
            list = &(*list)->next;
        } else {
            transfer->leaves_cookies |= strcmp((*list)->data + strlen("Cookie"), ":") == 0;
            if (!append_cookies(cookies, (*list)->data))
                return false;
            list_drop(list);
        }
    }
    return true;
}

/* Those of the program stand in one field with the session's, which libcurl sees to where it knows
 * of them (RFC 6265, 5.4). */
static CURLcode set_cookies(struct transfer *transfer)
{
    struct ac__buffer cookies = {0};
    CURLcode outcome = take_cookies(transfer, &cookies) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    transfer->has_cookies = cookies.end;
    if (cookies.end)
        outcome |= curl_easy_setopt(transfer->easy, CURLOPT_COOKIE, cookies.data);
    ac__buffer_free(&cookies);
    return outcome;
}

/* The session's fields but for those that the request has itself, the request's, and what this module
 * sends if neither has it. */
static int set_headers(struct transfer *transfer, const ac_http_session *session, const ac_http_pair *pairs,
                       const char *type, bool has_body)
{
    struct curl_slist **list = &transfer->header_list;
    char complaint[COMPLAINT];
    int code;
    for (const struct curl_slist *line = session->headers; line; line = line->next)
        if (!line_is_replaced(line->data, pairs) && !list_append(list, line->data))
            return ENOMEM;
    code = pairs ? ac__headers_add(list, pairs, complaint) : 0;
    if (code)
        return refuse(transfer, code, code == EINVAL ? complaint : "no memory");
    if (type && !list_has(*list, "Content-Type") && !header_add(list, &(ac_http_pair){"Content-Type", type}))
        return ENOMEM;
    /* For long bodies libcurl would send it, and wait. */
    if (has_body && !list_has(*list, "Expect") && !list_append(list, "Expect:"))
        return ENOMEM;
    return 0;
}

/* ---- the URL ------------------------------------------------------------------------------------------- */

/* The URL with `params` behind its query, in front of its fragment. */
static int append_params(char **url, const ac_http_pair *params)
{
    struct ac__buffer whole = {0};
    const char *fragment = *url + strcspn(*url, "#");
    size_t length = (size_t)(fragment - *url);
    const char *query = memchr(*url, '?', length);
    const char *joint = !query ? "?" : query + 1 == fragment ? "" : "&";
    bool is_well = ac__bytes_append(&whole, *url, length) && ac__bytes_append_text(&whole, joint)
                && ac__bytes_append_pairs(&whole, params, false) && ac__bytes_append_text(&whole, fragment);
    if (!is_well) {
        ac__buffer_free(&whole);
        return ENOMEM;
    }
    free(*url);
    *url = whole.data;
    return 0;
}

char *ac_http_join(const char *base, const char *link)
{
    CURLU *parts = curl_url();
    char *whole = NULL, *url;
    CURLUcode outcome = parts ? curl_url_set(parts, CURLUPART_URL, base, 0) : CURLUE_OUT_OF_MEMORY;
    if (outcome == CURLUE_OK && *link && *link != '#') /* else it is the page; libcurl 7.88 makes its folder of that */
        outcome = curl_url_set(parts, CURLUPART_URL, link, 0);
    if (outcome == CURLUE_OK)
        outcome = curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
    if (outcome == CURLUE_OK)
        outcome = curl_url_get(parts, CURLUPART_URL, &whole, 0);
    curl_url_cleanup(parts);
    url = whole ? MEMORY(strdup(whole)) : NULL;
    curl_free(whole);
    if (!url)
        errno = outcome == CURLUE_OK || outcome == CURLUE_OUT_OF_MEMORY ? ENOMEM : EINVAL;
    return url;
}

/* "http://..."; further on, such a text may stand in the query. */
static bool has_scheme(const char *url)
{
    size_t size = strspn(url, "+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    return size && strncmp(url + size, "://", 3) == 0;
}

/* The URL, relative to the base. */
static int resolve(char **url, const char *base)
{
    char *whole = ac_http_join(base, *url);
    if (!whole)
        return errno;
    free(*url);
    *url = whole;
    return 0;
}

static int set_url(struct transfer *transfer, const ac_http_session *session, const struct ac_http_options *options)
{
    const char *base = session->options.base_url;
    int code = 0;
    if (base && !has_scheme(transfer->target))
        code = resolve(&transfer->target, base);
    if (!code && options->params && options->params->name)
        code = append_params(&transfer->target, options->params);
    if (code == EINVAL)
        return refuse(transfer, EINVAL, "malformed URL");
    return code;
}

/* ---- method and body ----------------------------------------------------------------------------------- */

struct body {
    const void *data;
    size_t size;
    const char *type;
    struct ac__buffer made; /* of .form */
    char *text;        /* of .json */
    const ac_http_field *fields;
};

/* libcurl escapes names, and writes types as they are. 0 or EINVAL. */
static int check_types(struct transfer *transfer, const ac_http_field *fields)
{
    char complaint[COMPLAINT], shown[SHOWN];
    for (; fields && fields->name; fields++)
        if (fields->type && !is_value(fields->type)) {
            snprintf(complaint, sizeof complaint, ".multipart: malformed type of \"%s\"", show(shown, fields->name));
            return refuse(transfer, EINVAL, complaint);
        }
    return 0;
}

static int body_of(struct transfer *transfer, const struct ac_http_options *options, struct body *body)
{
    if (!!options->data + !!options->json + !!options->form + !!options->upload + !!options->multipart > 1)
        return refuse(transfer, EINVAL, "more than one kind of body");
    if (options->data)
        *body = (struct body){options->data, options->size ? options->size : strlen(options->data),
                              .type = "application/octet-stream"};
    if (options->upload)
        *body = (struct body){.size = options->size, .type = "application/octet-stream"};
    if (options->json) {
        body->text = json_dumps(options->json, JSON_COMPACT | JSON_ENCODE_ANY);
        if (!body->text)
            return refuse(transfer, EINVAL, ".json is not a JSON value");
        *body = (struct body){body->text, strlen(body->text), "application/json", .text = body->text};
    }
    if (options->form) {
        if (!ac__bytes_append_pairs(&body->made, options->form, true) || !ac__bytes_append_text(&body->made, ""))
            return ENOMEM;
        body->data = body->made.data;
        body->size = body->made.end;
        body->type = "application/x-www-form-urlencoded";
    }
    body->fields = options->multipart;
    return check_types(transfer, body->fields);
}

static void body_free(struct body *body)
{
    ac__buffer_free(&body->made);
    free(body->text);
}

static bool says_length(const char *line, size_t length)
{
    char right[sizeof "Content-Length: " + 20];
    snprintf(right, sizeof right, "Content-Length: %zu", length);
    return strcasecmp(line, right) == 0;
}

/* Where the body ends is for this module to say: a server that was told otherwise would wait for the rest, or
 * take it for the next request. 0 or EINVAL. */
static int check_framing(struct transfer *transfer, const struct body *body)
{
    struct curl_slist **list = &transfer->header_list;
    bool is_known = !body->fields && (!transfer->has_upload || body->size);
    while (*list) {
        const char *line = (*list)->data;
        bool is_length = line_is_of(line, "Content-Length");
        if (line_is_of(line, "Transfer-Encoding"))
            return refuse(transfer, EINVAL, ".headers: Transfer-Encoding goes by the body");
        if (is_length && !(is_known && says_length(line, body->size)))
            return refuse(transfer, EINVAL, ".headers: Content-Length is not the length of the body");
        if (is_length && body->size)
            list_drop(list); /* libcurl says it where it sends the body */
        else
            list = &(*list)->next;
    }
    return 0;
}

/* A body from memory, copied, or from callbacks. All methods that have one are POST to libcurl, with the name
 * set apart: so it deals with the body in one way. */
static CURLcode set_body(struct transfer *transfer, const struct body *body)
{
    CURL *easy = transfer->easy;
    if (body->fields)
        return ac__multipart_set(transfer, body->fields);
    CURLcode outcome = curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (transfer->has_upload) {
        if (body->size)
            return outcome | curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
        return outcome | (list_append(&transfer->header_list, "Transfer-Encoding: chunked") ? 0 : CURLE_OUT_OF_MEMORY);
    }
    /* For one that is empty libcurl would say that it is a form. */
    if (!body->data && !list_has(transfer->header_list, "Content-Type")
        && !list_append(&transfer->header_list, "Content-Type:"))
        return CURLE_OUT_OF_MEMORY;
    outcome |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
    return outcome | curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body->data ? body->data : "");
}

static bool is(const struct transfer *transfer, const char *method)
{
    return strcmp(transfer->method, method) == 0;
}

static CURLcode set_method(struct transfer *transfer, const struct body *body)
{
    CURL *easy = transfer->easy;
    CURLcode outcome = CURLE_OK;
    transfer->has_body = body->data || body->fields || transfer->has_upload || is(transfer, "POST")
                      || is(transfer, "PUT") || is(transfer, "PATCH");
    if (transfer->has_body)
        outcome |= set_body(transfer, body);
    if (is(transfer, "HEAD"))
        return outcome | curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (is(transfer, transfer->has_body ? "POST" : "GET"))
        return outcome;
    /* A redirect of 301 or 302 turns POST into GET; other methods stay, body and all. */
    outcome |= curl_easy_setopt(easy, CURLOPT_POSTREDIR, (long)(CURL_REDIR_POST_301 | CURL_REDIR_POST_302));
    return outcome | curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
}

/* ---- the rest ------------------------------------------------------------------------------------------ */

static CURLcode set_redirects(struct transfer *transfer, int redirects)
{
    CURL *easy = transfer->easy;
    transfer->follows = redirects >= 0;
    return curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, (long)transfer->follows)
         | curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)(redirects ? redirects : DEFAULT_REDIRECTS));
}

static CURLcode set_auth(struct transfer *transfer, const struct ac_http_options *options)
{
    CURLcode outcome = CURLE_OK;
    transfer->may_be_asked_again = options->digest;
    if (options->auth)
        outcome = curl_easy_setopt(transfer->easy, CURLOPT_USERPWD, options->auth);
    if (options->digest)
        outcome |= curl_easy_setopt(transfer->easy, CURLOPT_HTTPAUTH, CURLAUTH_DIGEST);
    return outcome;
}

/* At least 1: to libcurl, 0 is its default. */
static long milliseconds(double seconds)
{
    return seconds < 1e6 ? (long)(seconds * 1000) + 1 : 1000000000L;
}

/* 0 or an error code. */
static int set_limits(struct transfer *transfer, const ac_http_session *session,
                      const struct ac_http_options *options)
{
    double connect = options->connect_timeout ? options->connect_timeout : session->options.connect_timeout;
    transfer->seconds = options->timeout ? options->timeout : session->options.timeout;
    transfer->read_seconds = options->read_timeout ? options->read_timeout : INFINITY;
    transfer->max_body = options->max_body ? options->max_body : DEFAULT_MAX_BODY;
    if (!(transfer->seconds > 0)) /* or NaN */
        return refuse(transfer, EINVAL, ".timeout has to be more than 0");
    if (!(connect > 0))
        return refuse(transfer, EINVAL, ".connect_timeout has to be more than 0");
    if (!(transfer->read_seconds > 0))
        return refuse(transfer, EINVAL, ".read_timeout has to be more than 0");
    if (curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect)) != CURLE_OK)
        return ENOMEM;
    return 0;
}

static CURLcode set_protocol(struct transfer *transfer, const struct ac_http_options *options)
{
    bool may_be_http2 = !options->http1 && strncasecmp(transfer->target, "https://", 8) == 0;
    CURLcode outcome = ac__sharing_set(transfer, may_be_http2);
    if (options->raw)
        outcome |= curl_easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING, NULL);
    if (options->http1)
        outcome |= curl_easy_setopt(transfer->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return outcome;
}

/* Those of plain requests are set anew for each. */
static int set_all(struct transfer *transfer, ac_http_session *session, const struct ac_http_options *options,
                   const struct body *body)
{
    CURLcode outcome;
    int code;
    transfer->parts = ac__origin_parts(&session->origin, transfer->target);
    outcome = curl_easy_setopt(transfer->easy, CURLOPT_CURLU, transfer->parts); /* newer ones forget the URL then */
    outcome |= curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->target);
    outcome |= set_redirects(transfer, options->redirects);
    outcome |= set_protocol(transfer, options);
    outcome |= set_auth(transfer, options);
    outcome |= set_method(transfer, body);
    outcome |= set_cookies(transfer);
    outcome |= curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->header_list);
    if (outcome != CURLE_OK)
        return ENOMEM;
    code = set_limits(transfer, session, options);
    return code ? code : ac__transfer_connect(transfer) ? 0 : ENOMEM;
}

static bool is_plain(const struct transfer *transfer, const struct ac_http_options *options, const struct body *body)
{
    return is(transfer, "GET") && !body->data && !body->fields && !transfer->has_upload && !options->auth
        && !options->digest && !options->raw && !options->http1 && !list_has(transfer->header_list, "Cookie");
}

static int take_handle(struct transfer *transfer, const ac_http_session *session, bool is_plain_request)
{
    transfer->easy = ac__handles_take(session, is_plain_request);
    if (!transfer->easy)
        return ENOMEM;
    transfer->handles = session->handles;
    transfer->is_plain = is_plain_request;
    return 0;
}

int ac__transfer_name(struct transfer *transfer, const char *method, const char *url)
{
    memcpy(transfer->method, method, strnlen(method, sizeof transfer->method - 1)); /* the rest is zero */
    if (!url)
        return refuse(transfer, EINVAL, "no URL");
    transfer->target = MEMORY(strdup(url));
    if (!transfer->target)
        return ENOMEM;
    if (!is_token(method) || strlen(method) >= sizeof transfer->method)
        return refuse(transfer, EINVAL, "malformed method");
    return 0;
}

int ac__transfer_prepare(struct transfer *transfer, ac_http_session *session,
                         const struct ac_http_options *options)
{
    struct body body = {0};
    int code;
    if (options->redirects < -1)
        return refuse(transfer, EINVAL, ".redirects is less than -1");
    transfer->has_upload = options->upload;
    transfer->is_raw = options->raw;
    code = set_url(transfer, session, options);
    if (!code)
        code = body_of(transfer, options, &body);
    if (!code)
        code = set_headers(transfer, session, options->headers, body.type, body.type || body.fields);
    if (!code)
        code = check_framing(transfer, &body);
    if (!code)
        code = take_handle(transfer, session, is_plain(transfer, options, &body));
    if (!code)
        code = set_all(transfer, session, options, &body);
    body_free(&body);
    return code;
}
