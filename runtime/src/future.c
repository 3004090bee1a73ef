/* future.c: values that are set by hand, also by other threads.
 *
 * state: PENDING -> BUSY (one setter has won and writes value or error) -> DONE. Only the owner's
 * thread touches `waiters`: a setter in another thread sends the future itself as a letter to the
 * loop, which then wakes them. The future belongs to the loop in which it is first awaited. `holders`
 * counts the program (until ac_future_free) and whoever still has to read the value: who was woken,
 * or waits, and letters under way. */
#include "events.h"
#include "joining.h"

#include <string.h>

enum { PENDING, BUSY, DONE };

struct ac__future {
    struct ac__waiter *waiters;
    struct ac__thrown *error;
    struct ac__mailbox *mailbox; /* of the loop in which it is awaited; null before, and once it has been told */
    struct ac__letter letter;
    const char *file; /* where it was made */
    unsigned line;
    unsigned holders;
    unsigned state;
    unsigned value_size;
    unsigned long done_at; /* how many had been set before, in all threads */
    char *value; /* behind this struct, aligned */
};

struct ac__future *ac__future_new(size_t size, size_t alignment, const char *file, unsigned line)
{
    size_t front = (sizeof(struct ac__future) + alignment - 1) & -alignment;
    struct ac__future *future =
        alignment <= 16 ? ac__allocate(front + size) : ac__allocate_aligned(front + size, alignment);
    if (!future)
        return NULL;
    *future = (struct ac__future){.file = file, .line = line, .holders = 1, .value_size = (unsigned)size};
    future->value = (char *)future + front;
    return future;
}

void ac__future_hold(struct ac__future *future)
{
    __atomic_add_fetch(&future->holders, 1, __ATOMIC_RELAXED);
}

void ac__future_drop(struct ac__future *future)
{
    ac__hands_over(&future->holders);
    if (__atomic_sub_fetch(&future->holders, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    ac__takes_over(&future->holders);
    ac__thrown_free(future->error);
    ac__mailbox_drop(future->mailbox);
    ac__free(future);
}

/* A null future is one that has failed: there was no memory for it. */
bool ac__future_done(const struct ac__future *future)
{
    if (!future)
        return true;
    if (__atomic_load_n(&future->state, __ATOMIC_SEQ_CST) != DONE) /* not before what ac__future_bind writes */
        return false;
    ac__takes_over(&future->state);
    return true;
}

const struct ac__thrown *ac__future_error(const struct ac__future *future)
{
    return future ? future->error : ac__out_of_memory();
}

unsigned long ac__future_done_at(const struct ac__future *future)
{
    return future->done_at;
}

void *ac__future_value(struct ac__future *future)
{
    return future->value;
}

/* ---- setting ------------------------------------------------------------------------------------------- */

static void wake_waiters(struct ac__future *future)
{
    struct ac__waiter *waiter;
    while ((waiter = ac__dequeue_first(&future->waiters)))
        ac__notify(waiter);
}

static void deliver(struct ac__letter *letter)
{
    struct ac__future *future = container_of(letter, struct ac__future, letter);
    wake_waiters(future);
    ac__future_drop(future);
}

/* A future's mailbox is written by the thread of the loop that awaits it, and taken out here, perhaps by
 * another: so whoever takes it out owns it, and no lock is needed. If the setter does not find it yet, the
 * waiter who is just writing it sees the state DONE after that (ac__future_bind). */
static void announce(struct ac__future *future)
{
    struct ac__mailbox *mailbox = __atomic_load_n(&future->mailbox, __ATOMIC_SEQ_CST);
    if (mailbox && ac__thread.loop && mailbox == ac__thread.loop->mailbox) {
        wake_waiters(future);
        return;
    }
    mailbox = __atomic_exchange_n(&future->mailbox, NULL, __ATOMIC_SEQ_CST);
    if (!mailbox)
        return;
    ac__takes_over(&future->mailbox);
    ac__future_hold(future);
    future->letter.deliver = deliver;
    if (!ac__mailbox_send(mailbox, &future->letter))
        ac__future_drop(future);
    ac__mailbox_drop(mailbox);
}

/* True if this caller is the one to set it. */
static bool begin(struct ac__future *future)
{
    unsigned expected = PENDING;
    return future && __atomic_compare_exchange_n(&future->state, &expected, BUSY, false, __ATOMIC_ACQUIRE,
                                                 __ATOMIC_RELAXED);
}

static bool finish(struct ac__future *future)
{
    static unsigned long finished;
    future->done_at = __atomic_fetch_add(&finished, 1, __ATOMIC_RELAXED);
    ac__future_hold(future); /* a waiter in another thread may free it as soon as it is done */
    ac__hands_over(&future->state);
    __atomic_store_n(&future->state, DONE, __ATOMIC_SEQ_CST);
    announce(future);
    ac__future_drop(future);
    return true;
}

static bool refuse(const struct ac__future *future)
{
    if (!future)
        return false;
    fprintf(stderr, "ac: the future made at %s:%u is set already: this value or error is refused\n", future->file,
            future->line);
    return false;
}

bool ac__future_set(struct ac__future *future, const void *value)
{
    if (!begin(future))
        return refuse(future);
    if (future->value_size)
        memcpy(future->value, value, future->value_size);
    return finish(future);
}

bool ac__future_fail_code(struct ac__future *future, int code)
{
    if (!begin(future))
        return refuse(future);
    if (code <= 0)
        future->error = ac__error_make(EINVAL, "a future failed with %d, which is no error code", code);
    else
        future->error = ac__error_make(code, NULL);
    return finish(future);
}

bool ac__future_fail(struct ac__future *future, int code, const char *format, ...)
{
    va_list arguments;
    if (code <= 0)
        return ac__future_fail_code(future, code);
    if (!begin(future))
        return refuse(future);
    va_start(arguments, format);
    future->error = ac__error_make_list(code, format, arguments);
    va_end(arguments);
    return finish(future);
}

bool ac__future_cancel(struct ac__future *future)
{
    if (!begin(future))
        return false;
    future->error = ac__error_make(ECANCELED, NULL);
    return finish(future);
}

void ac__future_free(struct ac__future *future)
{
    if (!future)
        return;
    if (future->waiters && begin(future)) {
        future->error = ac__error_make(AC_EBROKEN, "the future made at %s:%u was freed while it was awaited",
                                       future->file, future->line);
        finish(future);
    }
    ac__future_drop(future);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

void ac__future_bind(struct ac__future *future)
{
    struct ac__mailbox *own = ac__loop()->mailbox, *old = __atomic_load_n(&future->mailbox, __ATOMIC_RELAXED);
    if (old == own)
        return;
    ac__hands_over(&future->mailbox);
    old = __atomic_exchange_n(&future->mailbox, ac__mailbox_hold(own), __ATOMIC_SEQ_CST);
    if (old && future->waiters && !ac__mailbox_is_closed(old))
        ac__die("the future made at %s:%u is awaited in two event loops", future->file, future->line);
    ac__mailbox_drop(old);
}

struct ac__waiter **ac__future_waiters(struct ac__future *future)
{
    return &future->waiters;
}

const void *ac__future_result(struct ac__future *future)
{
    if (!future)
        ac__die("ac_result of a null future: there was no memory for it");
    if (!ac__future_done(future))
        ac__die("ac_result of the future made at %s:%u, which is not set", future->file, future->line);
    if (future->error)
        ac__die("ac_result of the future made at %s:%u, which has failed: %s", future->file, future->line,
                ac__thrown_error(future->error)->message);
    return future->value;
}

const ac_error *ac__future_exception(struct ac__future *future)
{
    const struct ac__thrown *error = ac__future_done(future) ? ac__future_error(future) : NULL;
    return error ? ac__thrown_error(error) : NULL;
}
