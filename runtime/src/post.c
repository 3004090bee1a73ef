/* post.c: letters from other threads: the only way into a loop from outside its thread, and the only locks.
 *
 * A mailbox outlives its loop as long as somebody holds it, so that a thread that comes late finds it
 * closed, not gone. Its eventfd is made when the loop is about to wait and other threads exist; a
 * program of one thread has none. */
#include "events.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/single_threaded.h>
#include <unistd.h>

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

void ac__hands_over(const void *address)
{
    if (__tsan_release)
        __tsan_release((void *)address);
}

void ac__takes_over(const void *address)
{
    if (__tsan_acquire)
        __tsan_acquire((void *)address);
}

struct ac__mailbox {
    pthread_mutex_t lock;
    unsigned holders;
    unsigned references; /* ac_loop_ref */
    int event;           /* -1: none yet */
    bool is_closed;
    bool refuses_calls; /* the loop is about to end */
    bool has_letters; /* also read without the lock, as a hint */
    struct ac__letter *first, *last;
    struct ac__mailbox *next; /* of the mailboxes of running loops, oldest first */
};

static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ac__mailbox *running;

bool ac__mailbox_open(struct ac__loop *loop)
{
    struct ac__mailbox *mailbox = ac__allocate(sizeof *mailbox), **end;
    if (!mailbox)
        return false;
    *mailbox = (struct ac__mailbox){.lock = PTHREAD_MUTEX_INITIALIZER, .holders = 1, .event = -1};
    pthread_mutex_lock(&running_lock);
    for (end = &running; *end; end = &(*end)->next)
        ;
    *end = mailbox;
    pthread_mutex_unlock(&running_lock);
    loop->mailbox = mailbox;
    return true;
}

struct ac__mailbox *ac__mailbox_hold(struct ac__mailbox *mailbox)
{
    __atomic_add_fetch(&mailbox->holders, 1, __ATOMIC_RELAXED);
    return mailbox;
}

void ac__mailbox_drop(struct ac__mailbox *mailbox)
{
    if (!mailbox)
        return;
    ac__hands_over(&mailbox->holders);
    if (__atomic_sub_fetch(&mailbox->holders, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    ac__takes_over(&mailbox->holders);
    pthread_mutex_destroy(&mailbox->lock);
    ac__free(mailbox);
}

static void remove_running(struct ac__mailbox *mailbox)
{
    struct ac__mailbox **link = &running;
    pthread_mutex_lock(&running_lock);
    while (*link != mailbox)
        link = &(*link)->next;
    *link = mailbox->next;
    pthread_mutex_unlock(&running_lock);
}

void ac__mailbox_refuse_calls(struct ac__loop *loop)
{
    pthread_mutex_lock(&loop->mailbox->lock);
    loop->mailbox->refuses_calls = true;
    pthread_mutex_unlock(&loop->mailbox->lock);
}

void ac__mailbox_close(struct ac__loop *loop)
{
    struct ac__mailbox *mailbox = loop->mailbox;
    remove_running(mailbox);
    pthread_mutex_lock(&mailbox->lock);
    mailbox->is_closed = true;
    if (mailbox->event >= 0)
        close(mailbox->event);
    mailbox->event = -1;
    pthread_mutex_unlock(&mailbox->lock);
    while (ac__mailbox_empty(loop)) /* what came in between is not lost */
        ;
    ac__mailbox_drop(mailbox);
}

static void ring_bell(int event)
{
    uint64_t one = 1;
    while (write(event, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static bool send_letter(struct ac__mailbox *mailbox, struct ac__letter *letter, bool is_call)
{
    bool is_open, was_empty;
    pthread_mutex_lock(&mailbox->lock);
    is_open = !mailbox->is_closed && !(is_call && mailbox->refuses_calls);
    if (is_open) {
        letter->next = NULL;
        if (mailbox->first)
            mailbox->last->next = letter;
        else
            mailbox->first = letter;
        mailbox->last = letter;
        was_empty = !mailbox->has_letters;
        /* Before the bell: who is woken by it looks at this without the lock, and the bell rings once. */
        __atomic_store_n(&mailbox->has_letters, true, __ATOMIC_RELEASE);
        if (was_empty && mailbox->event >= 0)
            ring_bell(mailbox->event);
    }
    pthread_mutex_unlock(&mailbox->lock);
    return is_open;
}

bool ac__mailbox_send(struct ac__mailbox *mailbox, struct ac__letter *letter)
{
    return send_letter(mailbox, letter, false);
}

bool ac__mailbox_is_closed(struct ac__mailbox *mailbox)
{
    bool is_closed;
    pthread_mutex_lock(&mailbox->lock);
    is_closed = mailbox->is_closed;
    pthread_mutex_unlock(&mailbox->lock);
    return is_closed;
}

static struct ac__letter *take_all(struct ac__mailbox *mailbox)
{
    struct ac__letter *first;
    pthread_mutex_lock(&mailbox->lock);
    first = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    mailbox->has_letters = false;
    ac__mailbox_silence(mailbox);
    pthread_mutex_unlock(&mailbox->lock);
    return first;
}

bool ac__mailbox_has_letters(const struct ac__loop *loop)
{
    return __atomic_load_n(&loop->mailbox->has_letters, __ATOMIC_ACQUIRE);
}

bool ac__mailbox_empty(struct ac__loop *loop)
{
    struct ac__letter *letter, *next;
    if (likely(!__atomic_load_n(&loop->mailbox->has_letters, __ATOMIC_ACQUIRE)))
        return false;
    for (letter = take_all(loop->mailbox); letter; letter = next) {
        next = letter->next; /* delivering may free it */
        letter->deliver(letter);
    }
    return true;
}

bool ac__mailbox_listen(struct ac__loop *loop)
{
    struct ac__mailbox *mailbox = loop->mailbox;
    if (mailbox->event >= 0 || (__libc_single_threaded && !loop->needs_bell))
        return true;
    pthread_mutex_lock(&mailbox->lock);
    mailbox->event = ac__syscall_fails() ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->event >= 0 && !ac__poll_watch(loop, mailbox->event)) {
        close(mailbox->event);
        mailbox->event = -1;
    }
    if (mailbox->event >= 0 && mailbox->has_letters)
        ring_bell(mailbox->event);
    pthread_mutex_unlock(&mailbox->lock);
    return mailbox->event >= 0;
}

int ac__mailbox_event(const struct ac__mailbox *mailbox)
{
    return mailbox->event;
}

void ac__mailbox_silence(struct ac__mailbox *mailbox)
{
    uint64_t count;
    if (mailbox->event >= 0)
        (void)!read(mailbox->event, &count, sizeof count);
}

bool ac__has_other_threads(void)
{
    DIR *directory;
    unsigned count = 0;
    if (__libc_single_threaded)
        return false;
    directory = opendir("/proc/self/task");
    if (!directory) /* no descriptor left, no /proc: there may be some */
        return true;
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count > 1;
}

/* ---- fork: of the loops, only this thread's might go on in the child, and it does not (process.c) ------ */

/* A thread that is not there may have the lock, and the bell would ring for the parent. */
static void close_in_child(struct ac__mailbox *mailbox)
{
    mailbox->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    mailbox->is_closed = true;
    mailbox->event = -1;
}

void ac__mailboxes_before_fork(void)
{
    pthread_mutex_lock(&running_lock);
}

void ac__mailboxes_after_fork(bool is_child)
{
    for (; is_child && running; running = running->next)
        close_in_child(running);
    pthread_mutex_unlock(&running_lock);
}

/* ---- calls from other threads -------------------------------------------------------------------------- */

struct posted_call {
    struct ac__letter letter;
    void (*function)(void *argument);
    void *argument;
};

static void deliver_call(struct ac__letter *letter)
{
    struct posted_call *call = container_of(letter, struct posted_call, letter);
    void (*function)(void *) = call->function;
    void *argument = call->argument;
    ac__free(call);
    function(argument);
}

static bool post_call(struct ac__mailbox *mailbox, void (*function)(void *argument), void *argument)
{
    struct posted_call *call = ac__allocate(sizeof *call);
    if (!call)
        return false;
    *call = (struct posted_call){{NULL, deliver_call}, function, argument};
    if (send_letter(mailbox, &call->letter, true))
        return true;
    ac__free(call);
    return false;
}

static __thread struct ac__mailbox *home;

void ac__mailbox_set_home(struct ac__mailbox *mailbox)
{
    home = mailbox;
}

/* The mailbox of the loop that is this thread's, held; null if there is none. */
static struct ac__mailbox *nearest(void)
{
    struct ac__mailbox *mailbox = ac__thread.loop ? ac__thread.loop->mailbox : home;
    if (mailbox)
        return ac__mailbox_hold(mailbox);
    pthread_mutex_lock(&running_lock);
    mailbox = running ? ac__mailbox_hold(running) : NULL;
    pthread_mutex_unlock(&running_lock);
    return mailbox;
}

bool ac__mailbox_is_referred_to(const struct ac__mailbox *mailbox)
{
    bool is_referred_to = __atomic_load_n(&mailbox->references, __ATOMIC_ACQUIRE) > 0;
    ac__takes_over(&mailbox->references);
    return is_referred_to;
}

ac_loop *ac_loop_ref(void)
{
    struct ac__mailbox *mailbox = ac__loop()->mailbox;
    __atomic_add_fetch(&mailbox->references, 1, __ATOMIC_RELAXED);
    return ac__mailbox_hold(mailbox);
}

void ac_loop_unref(ac_loop *loop)
{
    if (!loop)
        return;
    ac__hands_over(&loop->references);
    __atomic_sub_fetch(&loop->references, 1, __ATOMIC_RELEASE);
    ac__mailbox_drop(loop);
}

bool ac_loop_call(ac_loop *loop, void (*function)(void *argument), void *argument)
{
    return post_call(loop, function, argument);
}

bool ac_call_threadsafe(void (*function)(void *argument), void *argument)
{
    struct ac__mailbox *mailbox = nearest();
    bool is_sent;
    if (!mailbox)
        return false;
    is_sent = post_call(mailbox, function, argument);
    ac__mailbox_drop(mailbox);
    return is_sent;
}
