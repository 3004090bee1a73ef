/* resolver.h: getaddrinfo on threads of its own. */
#ifndef AC_STDLIB_RESOLVER_H
#define AC_STDLIB_RESOLVER_H

#include <ac.h>
#include <ac/pool.h>
#include <netdb.h>

struct ac__lookup {
    struct ac__job job;       /* first: the job is the lookup */
    struct ac__lookup *next;  /* of those that nobody waits for */
    ac_future(void) done;     /* null: nobody waits any more */
    struct addrinfo *list;    /* the answer, to be freed with the lookup */
    int failure, error;       /* getaddrinfo's value, and errno */
    int family;
    bool has_ended;
    char host[];
};

/* Begins to look up a name; await `done`. Null with errno. */
struct ac__lookup *ac__lookup_begin(const char *host, int family);
/* Gives it up, finished or not. */
void ac__lookup_end(struct ac__lookup *lookup);

#endif
