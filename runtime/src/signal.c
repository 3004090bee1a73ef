/* signal.c: signals as a sequence to iterate over (ac_signal), and Ctrl-C.
 *
 * The handler, which may run in any thread at any time, only counts arrivals and rings the bell of every
 * loop that takes signals. Such a loop then compares counts: each ac_signal remembers how many of each of
 * its signals it has seen, so none is lost between two items, and arrivals that nobody has taken yet
 * count as one, as they do in the kernel. What was done about a signal before the first took it is put
 * back when the last gives it up.
 *
 * Ctrl-C, that is SIGINT where it would have killed the process, cancels the main task of the loop that runs
 * in the main thread; a second one kills, since the handler has put the default back. While an ac_signal
 * takes SIGINT, it is the program's: that is decided when it comes, not when the loop hears of it. */
#include "events.h"
#include "storage.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LAST_SIGNAL = 64, BELLS = 256 };

/* ---- what the handler touches: atomics only ------------------------------------------------------------ */

static unsigned arrivals[LAST_SIGNAL + 1];
static unsigned long all_arrivals;
static unsigned interrupts; /* of SIGINT, those that came while nobody took it */
static int bells[BELLS]; /* each an eventfd plus 1; 0: none */
static int handlers_running;
static unsigned takers[LAST_SIGNAL + 1]; /* how many ac_signal() generators take each */

static void ring_bells(void)
{
    uint64_t one = 1;
    for (size_t i = 0; i < BELLS; i++) {
        int bell = __atomic_load_n(&bells[i], __ATOMIC_SEQ_CST);
        if (!bell)
            continue;
        ac__takes_over(&bells[i]);
        (void)!write(bell - 1, &one, sizeof one);
    }
}

static void handle(int number)
{
    int saved_errno = errno;
    __atomic_add_fetch(&handlers_running, 1, __ATOMIC_SEQ_CST);
    if (number == SIGINT && !__atomic_load_n(&takers[SIGINT], __ATOMIC_SEQ_CST)) {
        signal(SIGINT, SIG_DFL);
        __atomic_add_fetch(&interrupts, 1, __ATOMIC_SEQ_CST);
    }
    __atomic_add_fetch(&arrivals[number], 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&all_arrivals, 1, __ATOMIC_SEQ_CST);
    ring_bells();
    ac__hands_over(&handlers_running);
    __atomic_sub_fetch(&handlers_running, 1, __ATOMIC_SEQ_CST);
    errno = saved_errno;
}

unsigned ac__signal_arrivals(int number)
{
    return __atomic_load_n(&arrivals[number], __ATOMIC_SEQ_CST);
}

/* ---- bells --------------------------------------------------------------------------------------------- */

/* Lets signals end this loop's waits. 0 or an error code. */
static int attach_bell(struct ac__loop *loop)
{
    int event;
    if (loop->bell)
        return 0;
    loop->needs_bell = true;
    if (!ac__mailbox_listen(loop))
        return errno;
    event = ac__mailbox_event(loop->mailbox);
    for (unsigned i = 0; i < BELLS && !loop->bell; i++) {
        int none = 0;
        ac__hands_over(&bells[i]);
        if (__atomic_compare_exchange_n(&bells[i], &none, event + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            loop->bell = i + 1;
    }
    return loop->bell ? 0 : EAGAIN;
}

/* The eventfd is about to be closed, and its number may come back for another file: no handler
 * may still have it. */
static void detach_bell(struct ac__loop *loop)
{
    if (!loop->bell)
        return;
    __atomic_store_n(&bells[loop->bell - 1], 0, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&handlers_running, __ATOMIC_SEQ_CST))
        sched_yield();
    ac__takes_over(&handlers_running);
    loop->bell = 0;
}

/* ---- what is done about a signal ----------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users[LAST_SIGNAL + 1]; /* takers, and Ctrl-C */
static struct sigaction before[LAST_SIGNAL + 1];
static int heard; /* AC_DUMP_SIGNAL, once it is taken: for good */

static bool is_ours(const struct sigaction *action)
{
    return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == handle;
}

static bool is_a_mistake(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL || number == SIGTRAP ||
           number == SIGSYS || number == SIGABRT;
}

static bool is_number(int number)
{
    return number >= 1 && number <= LAST_SIGNAL;
}

/* 0 or an error code. */
static int use(int number)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, old;
    if (!is_number(number) || is_a_mistake(number) || sigaction(number, NULL, &old) != 0)
        return EINVAL;
    if (!is_ours(&old) && sigaction(number, &action, NULL) != 0)
        return errno;
    if (users[number]++ == 0)
        before[number] = old;
    return 0;
}

/* What the program itself has set meanwhile stays. */
static void restore(int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && is_ours(&now))
        sigaction(number, &before[number], NULL);
}

static void give_up(int number)
{
    if (--users[number] == 0)
        restore(number);
}

/* With the lock held. */
static int take_locked(int number)
{
    int code = use(number);
    if (code == 0)
        __atomic_add_fetch(&takers[number], 1, __ATOMIC_SEQ_CST);
    return code;
}

/* `seen` gets how many had come before: one may come as soon as the signal is taken. */
static int take(int number, unsigned *seen)
{
    int code;
    *seen = is_number(number) ? ac__signal_arrivals(number) : 0;
    pthread_mutex_lock(&lock);
    code = take_locked(number);
    pthread_mutex_unlock(&lock);
    return code;
}

int ac__signal_hear(struct ac__loop *loop, int number)
{
    int code = attach_bell(loop);
    pthread_mutex_lock(&lock);
    if (code == 0 && (!heard || number != heard))
        code = take_locked(number);
    if (code == 0)
        heard = number;
    pthread_mutex_unlock(&lock);
    return code;
}

static void untake(int number)
{
    pthread_mutex_lock(&lock);
    __atomic_sub_fetch(&takers[number], 1, __ATOMIC_SEQ_CST);
    give_up(number);
    pthread_mutex_unlock(&lock);
}

/* ---- in the loop --------------------------------------------------------------------------------------- */

struct taken {
    int number;
    unsigned seen;
};

/* ac_signal: a generator. Its states: 0 between two items, AC__ENDED, and */
enum { WAITS = 1, GAVE_WAY = 2 /* it cannot take them, and will say so */ };

struct signals {
    struct ac__frame base;
    int number; /* the item */
    bool has_begun;
    struct ac__wait wait;
    struct ac__signals_link link; /* in the loop's list of those that wait */
    size_t count;
    struct taken taken[];
};

static struct taken *find_arrived(struct signals *signals)
{
    for (size_t i = 0; i < signals->count; i++)
        if (ac__signal_arrivals(signals->taken[i].number) != signals->taken[i].seen)
            return &signals->taken[i];
    return NULL;
}

/* At the end: who came first is woken first. Never many wait for signals. */
static void link_in(struct ac__loop *loop, struct signals *signals)
{
    struct ac__signals_link *link = &signals->link;
    link->next = NULL;
    link->back = &loop->signals;
    while (*link->back)
        link->back = &(*link->back)->next;
    *link->back = link;
}

static void link_out(struct ac__signals_link *link)
{
    *link->back = link->next;
    if (link->next)
        link->next->back = link->back;
}

static void wake_takers(struct ac__loop *loop)
{
    for (struct ac__signals_link *link = loop->signals, *next; link; link = next) {
        struct signals *signals = container_of(link, struct signals, link);
        next = link->next;
        if (!find_arrived(signals))
            continue;
        link_out(link);
        ac__make_ready(signals->wait.task);
    }
}

static void interrupt(struct ac__loop *loop)
{
    unsigned count = __atomic_load_n(&interrupts, __ATOMIC_SEQ_CST);
    if (!loop->is_interruptible || count == loop->interrupts_seen)
        return;
    loop->interrupts_seen = count;
    loop->was_interrupted = true;
    ac__task_cancel(loop->main, false);
}

bool ac__signals_look(struct ac__loop *loop)
{
    unsigned long count = __atomic_load_n(&all_arrivals, __ATOMIC_SEQ_CST);
    if (likely(count == loop->signals_seen))
        return false;
    loop->signals_seen = count;
    ac__mailbox_silence(loop->mailbox);
    wake_takers(loop);
    interrupt(loop);
    return true;
}

void ac__signals_listen(struct ac__loop *loop)
{
    if (loop->is_interruptible)
        (void)attach_bell(loop); /* without it, a signal still ends the wait that it comes in */
}

/* ---- Ctrl-C -------------------------------------------------------------------------------------------- */

void ac__signals_open(struct ac__loop *loop)
{
    struct sigaction action;
    loop->signals_seen = __atomic_load_n(&all_arrivals, __ATOMIC_SEQ_CST);
    if (getpid() != (pid_t)syscall(SYS_gettid))
        return;
    loop->interrupts_seen = __atomic_load_n(&interrupts, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&lock);
    if (sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        loop->is_interruptible = use(SIGINT) == 0;
    pthread_mutex_unlock(&lock);
}

void ac__signals_close(struct ac__loop *loop)
{
    detach_bell(loop);
    if (!loop->is_interruptible)
        return;
    pthread_mutex_lock(&lock);
    give_up(SIGINT);
    pthread_mutex_unlock(&lock);
}

/* ---- fork: the child has the dispositions that there were before --------------------------------------- */

void ac__signals_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

void ac__signals_after_fork(bool is_child)
{
    for (int number = 1; is_child && number <= LAST_SIGNAL; number++) {
        if (users[number])
            restore(number);
        users[number] = takers[number] = 0;
    }
    if (is_child) {
        memset(bells, 0, sizeof bells);
        handlers_running = heard = 0;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- ac_signal ----------------------------------------------------------------------------------------- */

static struct ac__task *signals_cancel(struct ac__wait *wait)
{
    struct signals *signals = container_of(wait, struct signals, wait);
    link_out(&signals->link);
    ac__make_ready(wait->task);
    return NULL;
}

static void signals_give_up(struct signals *signals, size_t count)
{
    while (count > 0)
        untake(signals->taken[--count].number);
}

static void signals_close(struct ac__frame *frame)
{
    struct signals *signals = (struct signals *)frame;
    if (signals->has_begun)
        signals_give_up(signals, signals->count);
}

static int signals_begin(struct signals *signals, struct ac__task *task)
{
    int code = signals->count ? attach_bell(ac__loop()) : EINVAL;
    for (size_t i = 0; code == 0 && i < signals->count; i++) {
        struct taken *taken = &signals->taken[i];
        code = take(taken->number, &taken->seen);
        if (code != 0)
            signals_give_up(signals, i);
    }
    signals->has_begun = code == 0;
    if (code == 0)
        return AC__DONE;
    if (ac__share_is_over())
        return ac__yield_at(task, &signals->base, GAVE_WAY);
    signals->base.state = AC__ENDED;
    return ac__fail_code(task, code);
}

static int signals_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct signals *signals = (struct signals *)frame;
    struct taken *taken;
    int status;
    if (frame->state != 0 && ac__interrupted(task)) {
        signals_close(frame);
        frame->state = AC__ENDED;
        return ac__fail_code(task, ECANCELED);
    }
    if (!signals->has_begun && (status = signals_begin(signals, task)) != AC__DONE)
        return status;
    if (!(taken = find_arrived(signals))) {
        link_in(ac__loop(), signals);
        signals->wait.cancel = signals_cancel;
        return ac__suspend(task, frame, WAITS, &signals->wait);
    }
    taken->seen = ac__signal_arrivals(taken->number);
    signals->number = taken->number;
    frame->state = 0;
    return AC__DONE;
}

static const struct ac__function signals_function = {.resume = signals_resume,
                                                     .name = "ac_signal",
                                                     .size = sizeof(struct signals),
                                                     .alignment = _Alignof(struct signals),
                                                     .result_offset = offsetof(struct signals, number),
                                                     .result_size = sizeof(int),
                                                     .close = signals_close};

ac_gen(int) ac__signal(const int *numbers, size_t count)
{
    struct signals *signals = (struct signals *)ac__frame_new_sized(
        &signals_function, (const void *)ac__signal, sizeof *signals + count * sizeof(struct taken));
    if (!signals)
        return (ac_gen(int))ac__frame_none();
    signals->has_begun = false;
    signals->count = count;
    for (size_t i = 0; i < count; i++)
        signals->taken[i].number = numbers[i];
    return (ac_gen(int))&signals->base;
}
