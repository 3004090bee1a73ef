/* debug.c: AC_DEBUG=1: what a program does wrong that goes unnoticed otherwise.
 *
 *   Steps longer than 100 ms, with the place where they began.
 *   Scoped children that fail while their block goes on, at once.
 *   Lost coroutines: every coroutine that is not awaited at once has a malloc of its own (block.c), in one list
 *   until it starts or goes. What the loop has made and is still there when it ends is reported.
 *   Leaked handles: those still held when the loop ends.
 *   Handles and coroutines used after they were consumed: their blocks are not freed at once but kept for a
 *   while, in the state CONSUMED and, if they are coroutines, with a resume function that dies. A coroutine of
 *   the program's that becomes a task moves to a new block, and the old one stays behind like that. */
#include "events.h"
#include "observe.h"
#include "storage.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

bool ac__is_debug, ac__is_observed;

bool ac__debug_wanted(void)
{
    const char *value = getenv("AC_DEBUG");
    return value && *value && strcmp(value, "0") != 0;
}

__attribute__((constructor)) static void read_environment(void)
{
    ac__is_debug = ac__debug_wanted();
    if (!ac__is_debug)
        return;
    ac__is_observed = true;
    ac__watch_forks();
}

/* ---- slow steps ---------------------------------------------------------------------------------------- */

enum { SLOW_NS = 100000000 };

void ac__debug_step(struct ac__loop *loop, struct ac__task *task,
                    void (*run)(struct ac__loop *loop, struct ac__task *task))
{
    /* What is printed is read before: the task and its frames may be gone after the step. */
    char number[32], name[64], buffer[AC__PLACE_SIZE];
    const char *place = ac__place_of(ac__users_frame(task), buffer);
    int64_t start = ac__read_clock(loop), elapsed;
    snprintf(name, sizeof name, "%s", ac__task_name(task, number));
    run(loop, task);
    elapsed = ac__read_clock(loop) - start;
    if (elapsed > SLOW_NS)
        fprintf(stderr, "ac: %s ran for %.3f s without an await that waits\n  from %s\n", name,
                (double)elapsed / AC__SECOND, place);
}

/* ---- coroutines that nobody has started ---------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* coroutines may go from thread to thread */
static struct ac__own unstarted, kept;
static unsigned kept_count;

enum { KEPT = 4096 };

void ac__debug_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

void ac__debug_after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

static struct ac__frame *root_of(struct ac__own *own)
{
    return ac__root((struct ac__task *)(void *)(own + 1));
}

void ac__debug_made(struct ac__task *block, struct ac__own *own)
{
    ac__root(block)->function = NULL;
    own->loop = ac__thread.loop;
    pthread_mutex_lock(&lock);
    ac__own_link(&unstarted, own);
    pthread_mutex_unlock(&lock);
}

void ac__debug_started(struct ac__own *own)
{
    pthread_mutex_lock(&lock);
    ac__own_unlink(own);
    pthread_mutex_unlock(&lock);
}

static void report_lost(const struct ac__frame *frame)
{
    const struct ac__function *function = frame->function;
    if (function->is_generator) /* the origin is gone once it has been asked for an item */
        fprintf(stderr, "ac: generator '%s' was never closed", function->name);
    else
        fprintf(stderr, "ac: coroutine '%s' was never awaited", function->name);
    if (frame->origin && !function->is_generator)
        fprintf(stderr, ": made at %s\n", frame->origin);
    else if (ac__is_users(function))
        fprintf(stderr, ": of the function at %s:%u\n", function->sites[0].file, function->sites[0].line);
    else
        fputc('\n', stderr);
}

void ac__debug_lost(const struct ac__loop *loop)
{
    pthread_mutex_lock(&lock);
    for (struct ac__own *own = unstarted.next, *next; own && own != &unstarted; own = next) {
        next = own->next;
        if (own->loop != loop || !root_of(own)->function)
            continue;
        report_lost(root_of(own));
        ac__own_unlink(own);
    }
    pthread_mutex_unlock(&lock);
}

/* Those made outside any loop. If the program ends in a running one, there are coroutines that
 * it would have run. */
__attribute__((destructor)) static void report_at_exit(void)
{
    if (ac__is_debug && !ac__thread.loop)
        ac__debug_lost(NULL);
}

/* ---- what has been consumed ---------------------------------------------------------------------------- */

static const char *name_of(struct ac__frame *coroutine)
{
    struct ac__task *block = ac__task_of(coroutine);
    bool is_kept = coroutine->storage == AC__STANDALONE && ac__state(block) == AC__CONSUMED;
    return is_kept ? ((struct ac__own *)(void *)block - 1)->function->name : coroutine->function->name;
}

void ac__debug_die_consumed(struct ac__frame *coroutine)
{
    ac__die("coroutine '%s' has been consumed before: it can be awaited, iterated over or spawned once",
            name_of(coroutine));
}

static int consumed_resume(struct ac__frame *frame, struct ac__task *task)
{
    (void)task;
    ac__debug_die_consumed(frame);
}

static const struct ac__function consumed_function = {
    .resume = consumed_resume, .name = "consumed", .close = ac__debug_die_consumed};

void ac__debug_free(struct ac__task *block, struct ac__own *own)
{
    struct ac__own *oldest = NULL;
    struct ac__frame *root = ac__root(block);
    pthread_mutex_lock(&lock);
    ac__own_unlink(own);
    own->function = root->function;
    root->function = &consumed_function;
    block->state = AC__CONSUMED;
    ac__own_link(&kept, own);
    if (++kept_count > KEPT) {
        kept_count--;
        oldest = kept.next;
        ac__own_unlink(oldest);
    }
    pthread_mutex_unlock(&lock);
    if (oldest)
        ac__free(oldest->base);
}

/* ---- handles ------------------------------------------------------------------------------------------- */

static const char *spawned_at(struct ac__task *task)
{
    const char *origin = ac__root(task)->origin;
    return origin ? origin : "a place that is not known";
}

_Noreturn static void die_of_handle(struct ac__task *task)
{
    char name[32];
    snprintf(name, sizeof name, "Task-%u", task->number); /* what else it had is gone */
    ac__die("the handle of %s, spawned at %s, has been consumed before", name, spawned_at(task));
}

void ac__debug_check(struct ac__task *task)
{
    if (ac__state(task) == AC__CONSUMED)
        die_of_handle(task);
}

void ac__debug_check_consumed(struct ac__task *task)
{
    unsigned runtimes = ac__state(task) != AC__FINISHED;
    ac__debug_check(task);
    if (!(task->flags & AC__SHARED) && task->handles <= runtimes)
        die_of_handle(task);
}

void ac__debug_held(struct ac__task *task)
{
    char name[32];
    fprintf(stderr, "ac: the handle of %s, spawned at %s, was never awaited or detached\n", ac__task_name(task, name),
            spawned_at(task));
}

/* Its error is reported where its block ends, which may be never if that waits for what the
 * child was to do. */
void ac__debug_ended(struct ac__task *task)
{
    char name[32];
    if (task->status != AC__FAILED || !(task->flags & AC__SCOPED) || task->joiners)
        return;
    if (ac__thrown_code(task->error) != ECANCELED)
        fprintf(stderr, "ac: %s, begun at %s, has failed and nobody awaits it yet: %s\n", ac__task_name(task, name),
                spawned_at(task), ac__thrown_error(task->error)->message);
}
