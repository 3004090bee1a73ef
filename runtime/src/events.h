/* events.h: what comes from outside: time, descriptors, other threads, signals; and driving the
 * loop that takes it in. */
#ifndef AC_EVENTS_H
#define AC_EVENTS_H

#include "core.h"

/* ---- alarm.c ------------------------------------------------------------------------------------------- */

enum { AC__SECOND = 1000000000 };
#define AC__NEVER INT64_MAX

/* The monotonic clock, or the virtual one. */
int64_t ac__read_clock(struct ac__loop *loop);
/* False if there is no memory. */
bool ac__alarm_arm(struct ac__loop *loop, struct ac__alarm *alarm, int64_t delay, bool is_sleep);
void ac__alarm_cancel(struct ac__loop *loop, struct ac__alarm *alarm);
/* When the first alarm rings; AC__NEVER: there is none. */
int64_t ac__next_deadline(struct ac__loop *loop);
/* The first of the alarms that are due at loop->now; null: none is. */
struct ac__alarm *ac__alarm_first(struct ac__loop *loop, bool *is_sleep);
void ac__alarms_free(struct ac__loop *loop);

/* ---- timer.c ------------------------------------------------------------------------------------------- */

/* Seconds as ns, rounded up, clamped to 0 ... AC__NEVER. */
int64_t ac__nanoseconds(double seconds);
/* Rings everything that is due at loop->now. A limit waits until what rang before it has had its turn. */
void ac__timers_run(struct ac__loop *loop);
/* What a limit's timer does. */
void ac__limit_fire(struct ac__timer *timer);
void ac__calls_free(void);

/* ---- poll.c -------------------------------------------------------------------------------------------- */

/* Waits up to `timeout` ns (0: looks only; AC__NEVER) and makes ready who waited. */
void ac__poll(struct ac__loop *loop, int64_t timeout);
/* Watches a descriptor of the runtime's own for input; its events only end the wait. False with errno. */
bool ac__poll_watch(struct ac__loop *loop, int fd);
void ac__poll_free(struct ac__loop *loop);

/* ---- post.c: letters from other threads ---------------------------------------------------------------- */

struct ac__letter {
    struct ac__letter *next;
    void (*deliver)(struct ac__letter *letter); /* called by the loop's thread */
};
/* Whether something has come that ac__mailbox_empty() has not delivered yet. */
bool ac__mailbox_has_letters(const struct ac__loop *loop);
bool ac__mailbox_open(struct ac__loop *loop);
/* From now on ac_loop_call and ac_call_threadsafe say that no loop runs. */
void ac__mailbox_refuse_calls(struct ac__loop *loop);
void ac__mailbox_close(struct ac__loop *loop);
struct ac__mailbox *ac__mailbox_hold(struct ac__mailbox *mailbox);
void ac__mailbox_drop(struct ac__mailbox *mailbox);
/* False if the loop is gone. */
bool ac__mailbox_send(struct ac__mailbox *mailbox, struct ac__letter *letter);
bool ac__mailbox_is_closed(struct ac__mailbox *mailbox);
/* Does the program hold it (ac_loop_ref), so that another thread may call? */
bool ac__mailbox_is_referred_to(const struct ac__mailbox *mailbox);
bool ac__has_other_threads(void);
/* Delivers what has come; true if anything had. */
bool ac__mailbox_empty(struct ac__loop *loop);
/* Makes sure that letters end a wait in ac__poll. False, with errno, if there is no descriptor for that. */
bool ac__mailbox_listen(struct ac__loop *loop);
/* The loop for which this thread, which has none, works: ac_call_threadsafe goes there. Null: none. */
void ac__mailbox_set_home(struct ac__mailbox *mailbox);
int ac__mailbox_event(const struct ac__mailbox *mailbox); /* the bell's eventfd; -1: none yet */
/* Takes back that it was rung. */
void ac__mailbox_silence(struct ac__mailbox *mailbox);
void ac__mailboxes_before_fork(void);
void ac__mailboxes_after_fork(bool is_child);

/* ---- pool.c -------------------------------------------------------------------------------------------- */

void ac__pools_before_fork(void) AC__IF_LINKED;
void ac__pools_after_fork(bool is_child) AC__IF_LINKED;

/* ---- signal.c ------------------------------------------------------------------------------------------ */

struct ac__signals_link {
    struct ac__signals_link *next, **back;
};
void ac__signals_open(struct ac__loop *loop);
void ac__signals_close(struct ac__loop *loop);
/* Wakes who waits for signals that have come, and does what Ctrl-C asks for. True if any has come. */
bool ac__signals_look(struct ac__loop *loop);
/* Makes sure that signals end a wait in ac__poll. */
void ac__signals_listen(struct ac__loop *loop);
/* A signal ends this loop's waits, and does nothing else as long as the process lives. 0 or an error code. */
int ac__signal_hear(struct ac__loop *loop, int number);
/* How often it has come. */
unsigned ac__signal_arrivals(int number);
void ac__signals_before_fork(void);
void ac__signals_after_fork(bool is_child);

/* ---- open.c -------------------------------------------------------------------------------------------- */

/* Opens a loop in this thread, which has none. False if there is no memory. */
bool ac__loop_open(struct ac__loop *loop);
void ac__loop_close(struct ac__loop *loop);

/* ---- loop.c: the parts of ac_run, for a loop that is not run by it ------------------------------------- */

/* Takes in what has come; never waits. */
void ac__loop_look(struct ac__loop *loop);
/* Runs the first that is ready, and looks now and then. */
void ac__loop_step(struct ac__loop *loop);
/* Cancels all tasks and runs until they are finished. */
void ac__loop_wind_up(struct ac__loop *loop);

#endif
