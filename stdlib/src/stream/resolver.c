/* resolver.c: names become addresses by getaddrinfo, on threads of their own.
 *
 * getaddrinfo knows what the system's administrator has set (/etc/hosts, nsswitch.conf, mDNS,
 * systemd-resolved, search lists), which a DNS library does not, and needs nothing but libc. It blocks, for
 * seconds where a name server does not answer; so it gets threads that nothing else uses: file work goes on,
 * however many names hang. Whoever waits can leave at once; the thread finishes alone and drops the answer,
 * unless somebody asks for the same name meanwhile. Where a name server leaves questions for one family
 * unanswered, every connection leaves such a thread behind (race.ac).
 *
 * Threads that finish alone do not count towards the limit. */
#include "resolver.h"

#include "../sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 16, MOST_WITH_ABANDONED = 128 };

static void forget_all(void);

static struct ac__pool pool = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .limit = MOST_THREADS, .forked = forget_all,
};

static void lookup_free(struct ac__lookup *lookup)
{
    if (lookup->list)
        freeaddrinfo(lookup->list);
    free(lookup);
}

/* ---- those that run, and nobody waits for; the pool's lock is held ------------------------------------- */

static struct {
    struct ac__lookup *first;
    unsigned count;
} abandoned;

static void adjust_limit(void)
{
    unsigned most = MOST_THREADS + abandoned.count;
    ac__pool_set_limit(&pool, most < MOST_WITH_ABANDONED ? most : MOST_WITH_ABANDONED);
}

static void abandon(struct ac__lookup *lookup)
{
    lookup->next = abandoned.first;
    abandoned.first = lookup;
    abandoned.count++;
    adjust_limit();
}

static void forget(struct ac__lookup **link)
{
    *link = (*link)->next;
    abandoned.count--;
    adjust_limit();
}

/* One for this name; null: there is none. */
static struct ac__lookup *adopt(const char *host, int family)
{
    for (struct ac__lookup **link = &abandoned.first, *lookup; (lookup = *link); link = &lookup->next)
        if (lookup->family == family && strcmp(lookup->host, host) == 0)
            return forget(link), lookup;
    return NULL;
}

/* In a child of fork, where none of them runs. */
static void forget_all(void)
{
    abandoned.first = NULL;
    abandoned.count = 0;
    pool.limit = MOST_THREADS;
}

/* ---- on a thread --------------------------------------------------------------------------------------- */

static void ask(struct ac__lookup *lookup)
{
    struct addrinfo hints = {.ai_family = lookup->family, .ai_socktype = SOCK_STREAM};
    lookup->failure = MEMORY_OR(EAI_MEMORY, getaddrinfo(lookup->host, NULL, &hints, &lookup->list));
    lookup->error = errno;
    if (lookup->failure)
        lookup->list = NULL;
}

static void answer(struct ac__lookup *lookup)
{
    struct ac__lookup **link = &abandoned.first;
    lookup->has_ended = true;
    if (lookup->done) {
        ac_set_result(lookup->done);
        return;
    }
    while (*link != lookup)
        link = &(*link)->next;
    forget(link);
    lookup_free(lookup);
}

static void look_up(struct ac__job *job)
{
    struct ac__lookup *lookup = (struct ac__lookup *)job;
    ask(lookup);
    ac__pool_lock(&pool);
    answer(lookup);
    ac__pool_unlock(&pool);
}

/* ---- lookups ------------------------------------------------------------------------------------------- */

static struct ac__lookup *lookup_new(const char *host, int family)
{
    size_t size = sizeof(struct ac__lookup) + strlen(host) + 1;
    struct ac__lookup *lookup = MEMORY(calloc(1, size));
    if (!lookup)
        return NULL;
    strcpy(lookup->host, host);
    lookup->family = family;
    lookup->job.run = look_up;
    return lookup;
}

/* For the future, which becomes the lookup's; null with errno. */
static struct ac__lookup *begin(const char *host, int family, ac_future(void) done)
{
    struct ac__lookup *lookup = adopt(host, family);
    int code = 0;
    if (lookup) {
        lookup->done = done;
        return lookup;
    }
    lookup = lookup_new(host, family);
    if (!lookup)
        return errno = ENOMEM, NULL;
    lookup->done = done;
    code = ac__pool_add(&pool, &lookup->job);
    if (code == 0)
        return lookup;
    free(lookup);
    return errno = code, NULL;
}

struct ac__lookup *ac__lookup_begin(const char *host, int family)
{
    ac_future(void) done = ac_future_new(void);
    struct ac__lookup *lookup;
    int code;
    if (!done)
        return errno = ENOMEM, NULL;
    ac__pool_lock(&pool);
    lookup = begin(host, family, done);
    ac__pool_unlock(&pool);
    if (lookup) {
        ac__outside(+1);
        return lookup;
    }
    code = errno;
    ac_future_free(done);
    return errno = code, NULL;
}

void ac__lookup_end(struct ac__lookup *lookup)
{
    ac_future(void) done = lookup->done;
    bool is_running;
    ac__pool_lock(&pool);
    is_running = !lookup->has_ended && !ac__pool_withdraw(&pool, &lookup->job);
    lookup->done = NULL;
    if (is_running)
        abandon(lookup);
    ac__pool_unlock(&pool);
    ac_future_free(done);
    if (!is_running)
        lookup_free(lookup);
    ac__outside(-1);
}
