/* watch.c: descriptors that have a function called, for C libraries that are driven by events
 * (libcurl, c-ares, ...).
 *
 * A watch is a waiter like a task's, once for input and once for output. What happens is collected, and
 * the function called in its turn; then the watch is armed again, which looks whether the descriptor is
 * still ready: so it is level- triggered, whatever the function leaves unread. Only of a hang-up, which
 * does not pass, it is told once.
 *
 * The ready queue cannot give up what stands in it, so a watch that is freed meanwhile stays
 * until its turn. */
#include "descriptor.h"

struct ac_watch {
    struct ac__callback call; /* in the ready queue while is_queued */
    struct ac__waiter input, output, hangup;
    void (*function)(void *argument, unsigned events);
    void *argument;
    int fd;
    unsigned generation; /* of the file behind fd when it was first armed: is_bound from then on */
    unsigned wanted, armed, happened; /* AC_INPUT, AC_OUTPUT, AC_HANGUP; AC_BROKEN only in `happened` */
    int code;                         /* why it is broken */
    bool is_bound, is_queued, is_freed;
};

static void queue_call(struct ac_watch *watch, unsigned event)
{
    watch->happened |= event;
    if (watch->is_queued)
        return;
    watch->is_queued = true;
    ac__callback_queue(&watch->call);
}

static struct ac__task *input_happened(struct ac__wait *wait)
{
    struct ac_watch *watch = container_of(wait, struct ac_watch, input.wait);
    watch->armed &= ~(unsigned)AC_INPUT;
    queue_call(watch, AC_INPUT);
    return NULL;
}

static struct ac__task *output_happened(struct ac__wait *wait)
{
    struct ac_watch *watch = container_of(wait, struct ac_watch, output.wait);
    watch->armed &= ~(unsigned)AC_OUTPUT;
    queue_call(watch, AC_OUTPUT);
    return NULL;
}

static struct ac__task *hangup_happened(struct ac__wait *wait)
{
    struct ac_watch *watch = container_of(wait, struct ac_watch, hangup.wait);
    watch->armed &= ~(unsigned)AC_HANGUP;
    queue_call(watch, AC_HANGUP);
    return NULL;
}

static void disarm(struct ac_watch *watch, unsigned events)
{
    if (watch->armed & events & AC_INPUT)
        ac__descriptor_disarm(watch->fd, &watch->input, AC_INPUT);
    if (watch->armed & events & AC_OUTPUT)
        ac__descriptor_disarm(watch->fd, &watch->output, AC_OUTPUT);
    if (watch->armed & events & AC_HANGUP)
        ac__descriptor_disarm(watch->fd, &watch->hangup, AC_HANGUP);
    watch->armed &= ~events;
}

/* Closed since it was armed; the number may stand for another file. */
static bool is_closed(const struct ac_watch *watch)
{
    return watch->is_bound && ac__descriptor_generation(watch->fd) != watch->generation;
}

/* 0 or an error code. */
static int arm(struct ac_watch *watch)
{
    unsigned missing = watch->wanted & ~watch->armed;
    int code;
    if (!missing)
        return 0;
    code = is_closed(watch) ? EBADF : ac__descriptor_register(watch->fd, missing & (AC_INPUT | AC_OUTPUT));
    if (code)
        return code;
    watch->generation = ac__descriptor_generation(watch->fd);
    watch->is_bound = true;
    if (missing & AC_INPUT)
        ac__descriptor_arm(watch->fd, &watch->input, AC_INPUT);
    if (missing & AC_OUTPUT)
        ac__descriptor_arm(watch->fd, &watch->output, AC_OUTPUT);
    if (missing & AC_HANGUP)
        ac__descriptor_arm(watch->fd, &watch->hangup, AC_HANGUP);
    watch->armed |= missing;
    if (missing & AC_HANGUP && ac__descriptor_hung_up(watch->fd)) {
        disarm(watch, AC_HANGUP);
        queue_call(watch, AC_HANGUP);
    }
    return 0;
}

static void break_off(struct ac_watch *watch, int code)
{
    disarm(watch, watch->armed);
    watch->wanted = 0;
    watch->code = code;
    watch->happened |= AC_BROKEN;
}

static void release(struct ac__callback *callback, bool is_dropped)
{
    struct ac_watch *watch = container_of(callback, struct ac_watch, call);
    watch->is_queued = false;
    if (watch->is_freed && is_dropped)
        ac__free(watch);
}

static void run(void *argument)
{
    struct ac_watch *watch = argument;
    unsigned events;
    int code;
    if (watch->wanted && is_closed(watch))
        break_off(watch, EBADF);
    events = watch->happened & (watch->wanted | AC_BROKEN);
    watch->happened = 0;
    watch->wanted &= ~(events & AC_HANGUP);
    if (events && !watch->is_freed) {
        watch->is_queued = true; /* freed by the function, it has to stay until here */
        errno = watch->code;
        watch->function(watch->argument, events);
        watch->is_queued = false;
        watch->happened = 0;
    }
    if (watch->is_freed) {
        ac__free(watch);
        return;
    }
    code = arm(watch);
    if (!code)
        return;
    break_off(watch, code);
    queue_call(watch, AC_BROKEN);
}

ac_watch *ac_watch_new(int fd, void (*function)(void *argument, unsigned events), void *argument)
{
    struct ac_watch *watch;
    ac__loop();
    watch = ac__allocate(sizeof *watch);
    if (!watch) {
        errno = ENOMEM;
        return NULL;
    }
    *watch = (struct ac_watch){.fd = fd, .function = function, .argument = argument};
    watch->call = (struct ac__callback){.function = run, .argument = watch, .release = release};
    watch->input.wait.cancel = input_happened;
    watch->output.wait.cancel = output_happened;
    watch->hangup.wait.cancel = hangup_happened;
    return watch;
}

int ac_watch_set(ac_watch *watch, unsigned events)
{
    int code;
    disarm(watch, watch->armed & ~events);
    watch->wanted = events & (AC_INPUT | AC_OUTPUT | AC_HANGUP);
    code = arm(watch);
    if (!code)
        return 0;
    watch->wanted = watch->armed;
    errno = code;
    return -1;
}

void ac_watch_free(ac_watch *watch)
{
    if (!watch)
        return;
    disarm(watch, watch->armed);
    watch->is_freed = true;
    if (!watch->is_queued)
        ac__free(watch);
}
