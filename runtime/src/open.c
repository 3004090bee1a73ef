/* open.c: how a loop is opened and closed, and what the environment asks of it. */
#include "events.h"
#include "observe.h"
#include "storage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_INTERVAL = 16 }; /* steps between two looks, until it is known how long they take */

/* Of several loops only the first says so. */
static void mode_is_ignored(bool *was_said, const char *name, const char *value, const char *expected)
{
    if (!__atomic_exchange_n(was_said, true, __ATOMIC_RELAXED))
        fprintf(stderr, "ac: %s=%s is ignored: it may be %s\n", name, value, expected);
}

static bool clock_is_virtual(void)
{
    static bool was_said;
    const char *clock = getenv("AC_CLOCK");
    bool is_virtual = clock && strcmp(clock, "virtual") == 0;
    if (clock && *clock && !is_virtual && strcmp(clock, "real") != 0)
        mode_is_ignored(&was_said, "AC_CLOCK", clock, "\"virtual\" or \"real\"");
    return is_virtual;
}

static unsigned long random_seed(void)
{
    static bool was_said;
    const char *seed = getenv("AC_SEED");
    size_t digits = seed ? strspn(seed, "0123456789") : 0;
    if (seed && seed[digits])
        mode_is_ignored(&was_said, "AC_SEED", seed, "a number");
    return digits && !seed[digits] ? strtoul(seed, NULL, 10) * 2 + 1 : 0;
}

bool ac__loop_open(struct ac__loop *loop)
{
    *loop = (struct ac__loop){.epoll = -1, .poll_interval = FIRST_INTERVAL, .until_poll = FIRST_INTERVAL};
    loop->error_number = &errno;
    loop->ready_start = &ac__thread.ready;
    ac__watch_forks(); /* before the first lock is taken */
    loop->is_virtual = clock_is_virtual();
    loop->seed = random_seed();
    ac__locals_find(loop);
    loop->is_special = loop->seed || ac__is_observed || loop->locals_size;
    if (!ac__mailbox_open(loop))
        return false;
    ac__sigpipe_take();
    ac__set_stack_limit();
    ac__thread.ready = NULL;
    ac__thread.ready_end = loop->ready_start;
    ac__thread.loop = loop;
    ac__dump_listen(loop);
    if (unlikely(ac__is_traced))
        ac__trace_open(loop);
    return true;
}

/* Functions that were to be called and have not been: their nodes go. */
static void drop_callbacks(struct ac__loop *loop)
{
    while (ac__thread.ready) {
        struct ac__task *header = ac__take_ready(loop);
        container_of(header, struct ac__callback, header)->release((struct ac__callback *)header, true);
    }
}

void ac__loop_close(struct ac__loop *loop)
{
    if (unlikely(ac__is_debug))
        ac__debug_lost(loop);
    if (unlikely(ac__is_traced))
        ac__trace_close();
    ac__report_locked();
    drop_callbacks(loop);
    ac__signals_close(loop);
    ac__mailbox_close(loop);
    ac__poll_free(loop);
    ac__alarms_free(loop);
    ac__calls_free();
    ac__chunks_free();
    ac__pieces_trim();
    ac__thread.loop = NULL;
    ac__sigpipe_give_back();
}
