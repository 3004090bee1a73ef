/* origin.c: URLs taken apart.
 *
 * For each request libcurl takes the URL apart, prints it anew and takes that apart. A session mostly asks one
 * server: so the first part of a URL, up to the path, is taken apart once, and libcurl is given its parts. Only
 * for URLs in which every character stands for itself; all others, and the mistakes, are libcurl's to see to. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

/* Where a character may stand for itself. A table: strspn would make one at each call. */
enum { HOST = 1, PATH = 2, QUERY = 4, ALL = HOST | PATH | QUERY };
static const unsigned char places[256] = {
    ['0' ... '9'] = ALL, ['A' ... 'Z'] = ALL, ['a' ... 'z'] = ALL, ['-'] = ALL, ['.'] = ALL, [':'] = ALL,
    ['['] = HOST, [']'] = HOST, ['/'] = PATH | QUERY, ['_'] = PATH | QUERY, ['~'] = PATH | QUERY,
    ['+'] = PATH | QUERY, [','] = PATH | QUERY, [';'] = PATH | QUERY, ['='] = PATH | QUERY, ['&'] = PATH | QUERY,
    ['?'] = QUERY,
};

/* Behind the characters that may stand there. */
static const char *skip(const char *text, unsigned place)
{
    while (places[(unsigned char)*text] & place)
        text++;
    return text;
}

/* The length of "http://host:port" where a plain path follows, perhaps with a query; else 0. */
static size_t plain_origin(const char *url)
{
    size_t scheme = strncmp(url, "http://", 7) == 0 ? 7 : strncmp(url, "https://", 8) == 0 ? 8 : 0;
    const char *host = url + scheme, *path = skip(host, HOST), *end = skip(path, PATH);
    if (!scheme || path == host || *path != '/' || strstr(path, "/."))
        return 0;
    if (end[0] == '?' && end[1])
        end = skip(end, QUERY);
    return *end ? 0 : (size_t)(path - url);
}

/* Takes another origin apart. False: it is malformed, or there is no memory. */
static bool change_origin(struct origin *origin, const char *url, size_t length)
{
    ac__origin_free(origin);
    origin->text = MEMORY(strndup(url, length));
    origin->length = length;
    origin->parts = origin->text ? curl_url() : NULL;
    if (origin->parts && curl_url_set(origin->parts, CURLUPART_URL, origin->text, 0) == CURLUE_OK)
        return true;
    ac__origin_free(origin);
    return false;
}

static bool set_path(CURLU *parts, char *path)
{
    char *query = strchr(path, '?');
    CURLUcode outcome;
    if (query)
        *query = '\0';
    outcome = curl_url_set(parts, CURLUPART_PATH, path, 0);
    if (query) {
        *query = '?';
        outcome |= curl_url_set(parts, CURLUPART_QUERY, query + 1, 0);
    }
    return outcome == CURLUE_OK;
}

CURLU *ac__origin_parts(struct origin *origin, char *url)
{
    size_t length = plain_origin(url);
    CURLU *parts;
    if (!length)
        return NULL;
    if ((length != origin->length || memcmp(origin->text, url, length) != 0) && !change_origin(origin, url, length))
        return NULL;
    parts = curl_url_dup(origin->parts);
    if (parts && set_path(parts, url + length))
        return parts;
    curl_url_cleanup(parts);
    return NULL;
}

void ac__origin_free(struct origin *origin)
{
    free(origin->text);
    curl_url_cleanup(origin->parts);
    *origin = (struct origin){0};
}
