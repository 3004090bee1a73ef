/* combine.c: several at once: gather, settle, race, any, and their forms over arrays.
 *
 * All are one frame: a head, an entry per child, and the place for a result. At the start every coroutine
 * among the children becomes a task, and each entry watches its child: a waiter that is called, not woken
 * (abi.h). What the entry does when its child is done is the policy's; the caller is woken once, when all
 * are. So nothing outlives the await, and nothing ever writes to a frame that is gone.
 *
 * If the caller is cancelled, all children are; it goes on waiting for them and then throws ECANCELED, or the
 * error with which a child answered. A failure that was there before is thrown, and the cancellation at the
 * next wait; unless the caller was to be cancelled before it even began to wait: then the failure is the
 * context of ECANCELED. Else a program that answers each failure by another such await would put its
 * cancellation off for ever. A future among the children is not cancelled but left alone. */
#include "joining.h"
#include "observe.h"
#include "storage.h"

#include <string.h>

struct family;

struct entry {
    struct ac__waiter waiter;
    struct family *family; /* from the start on: before, the frame may move */
    struct ac__child child; /* handle: null once it is done */
};

struct policy {
    bool fail_stops;    /* the first failure cancels the rest */
    bool success_stops; /* the first success does */
    void (*done)(struct entry *entry, struct ac__thrown *error, const void *value); /* takes over the error */
};

/* States: 0 not started; then */
enum { WAITS = 1, GAVE_WAY = 2 /* though all were done at once */ };

struct family {
    struct ac__frame *frame;
    struct ac__wait wait;
    const struct policy *policy;
    size_t count, remaining;
    ac_error *errors;        /* ac_settle_n */
    struct ac__thrown *error;
    struct ac__thrown *context; /* of the ECANCELED that is thrown: a failure */
    bool is_stopping;        /* the rest has been cancelled */
    bool is_interrupted;     /* the caller has been cancelled */
    bool was_asked_first;    /* before it waited */
    bool has_failed_first;   /* before it was cancelled */
    bool has_winner;
    size_t result_size;
    void *result; /* until the end; behind the entries */
    struct entry entries[];
};

/* ---- policies ------------------------------------------------------------------------------------------ */

static void store(const struct ac__child *child, const void *value)
{
    if (!child->into)
        return;
    if (child->store)
        child->store(child->into, value);
    else if (child->size)
        ac__copy(child->into, value, child->size);
}

static void keep_first_error(struct family *family, struct ac__thrown *error)
{
    if (family->error && family->is_interrupted && ac__thrown_code(family->error) == ECANCELED) {
        ac__thrown_free(family->error); /* the answer to the cancellation says more than the cancellation */
        family->error = NULL;
    }
    if (family->error)
        ac__thrown_free(error);
    else
        family->error = error;
}

static void gather_done(struct entry *entry, struct ac__thrown *error, const void *value)
{
    if (error)
        keep_first_error(entry->family, error);
    else
        store(&entry->child, value);
}

static ac_error *error_place(struct entry *entry)
{
    struct family *family = entry->family;
    return family->errors ? &family->errors[entry - family->entries] : family->result;
}

static void settle_done(struct entry *entry, struct ac__thrown *error, const void *value)
{
    ac_error *place = error_place(entry);
    if (!error) {
        *place = (ac_error){0};
        store(&entry->child, value);
        return;
    }
    *place = *ac__thrown_error(error);
    ac__thrown_free(error);
}

static void settle_quietly(struct entry *entry, struct ac__thrown *error, const void *value)
{
    if (error)
        ac__thrown_free(error);
    else
        store(&entry->child, value);
}

/* After a cancellation no result counts, but the error with which another child answers still does. The first
 * child says what the result is: where that gives none, those of the others are dropped. */
static void win(struct family *family, const void *value)
{
    if (family->is_interrupted)
        return;
    family->has_winner = true;
    if (family->result_size)
        memcpy(family->result, value, family->result_size);
}

static void race_done(struct entry *entry, struct ac__thrown *error, const void *value)
{
    struct family *family = entry->family;
    if (family->has_winner || (family->error && !family->is_interrupted))
        ac__thrown_free(error);
    else if (error)
        keep_first_error(family, error);
    else
        win(family, value);
}

/* If none succeeds, the last error is thrown; those before it are its context. */
static void any_done(struct entry *entry, struct ac__thrown *error, const void *value)
{
    struct family *family = entry->family;
    if (family->has_winner) {
        ac__thrown_free(error);
    } else if (error && family->is_interrupted) {
        keep_first_error(family, error);
    } else if (error) {
        ac__thrown_push(&error, family->error);
        family->error = error;
    } else {
        win(family, value);
    }
}

static const struct policy gather_policy = {true, false, gather_done};
static const struct policy settle_policy = {false, false, settle_done};
static const struct policy quiet_policy = {false, false, settle_quietly};
static const struct policy race_policy = {true, true, race_done};
static const struct policy any_policy = {false, true, any_done};

/* ---- children ------------------------------------------------------------------------------------------ */

static void family_one_less(struct family *family)
{
    if (--family->remaining == 0 && family->frame->state == WAITS)
        ac__make_ready(family->wait.task);
}

static void family_stop(struct family *family);

/* The child is done: its result or error is taken, its handle consumed. */
static void entry_finish(struct entry *entry)
{
    struct family *family = entry->family;
    const struct policy *policy = family->policy;
    struct ac__child *child = &entry->child;
    void *target = child->handle;
    struct ac__thrown *error = ac__target_take_error(target, child->kind, true);
    bool failed = error != NULL;
    policy->done(entry, error, failed ? NULL : ac__target_value(target, child->kind));
    if (likely(child->kind == AC__KIND_TASK))
        ac__task_drop(target);
    child->handle = NULL;
    if (failed ? policy->fail_stops : policy->success_stops)
        family_stop(family);
    family_one_less(family);
}

static __attribute__((noinline)) void entry_finish_future(struct entry *entry)
{
    void *target = entry->child.handle;
    ac__future_hold(target); /* the watch holds it only until it is over */
    ac__target_unwatch(target, AC__KIND_FUTURE, &entry->waiter);
    entry_finish(entry);
    ac__future_drop(target);
}

static struct ac__task *entry_notified(struct ac__wait *wait)
{
    struct entry *entry = container_of(wait, struct entry, waiter.wait);
    if (likely(entry->child.kind == AC__KIND_TASK)) /* which has taken the watch out of its queue */
        entry_finish(entry);
    else
        entry_finish_future(entry);
    return NULL;
}

/* There is nothing to wait for. */
static void entry_refuse(struct entry *entry, struct ac__thrown *error)
{
    entry->child.handle = NULL;
    entry->family->policy->done(entry, error, NULL);
    if (entry->family->policy->fail_stops)
        family_stop(entry->family);
    family_one_less(entry->family);
}

static void entry_watch(struct entry *entry)
{
    entry->waiter.wait = (struct ac__wait){NULL, entry_notified};
    if (likely(entry->child.kind == AC__KIND_TASK))
        ac__enqueue(ac__joiners(entry->child.handle), &entry->waiter);
    else
        ac__target_watch(entry->child.handle, entry->child.kind, &entry->waiter);
}

/* A coroutine becomes a task. True if it is the entry's, and not the shared one for want of memory. */
static bool entry_spawn(struct entry *entry)
{
    struct ac__task *task = ac__task_start(entry->child.handle);
    entry->child.handle = task;
    entry->child.kind = AC__KIND_TASK;
    return likely(ac__state(task) != AC__FINISHED);
}

static void entry_start(struct entry *entry)
{
    struct ac__child *child = &entry->child;
    if (child->kind == AC__KIND_CORO && entry_spawn(entry)) {
        entry_watch(entry);
        return;
    }
    if (!child->handle) { /* a future that could not be made */
        entry_refuse(entry, ac__out_of_memory());
        return;
    }
    if (child->handle == ac__thread.task) {
        entry_refuse(entry, ac__awaits_itself());
        return;
    }
    if (child->kind == AC__KIND_TASK)
        ac__check_consumed(child->handle);
    if (ac__target_done(child->handle, child->kind))
        entry_finish(entry);
    else
        entry_watch(entry);
}

/* Cancels a child that is not done. The wait for a future just ends; so does that for a task from
 * which the request has come round. */
static void entry_cancel(struct entry *entry)
{
    struct family *family = entry->family;
    struct ac__child *child = &entry->child;
    if (!child->handle)
        return;
    if (child->kind == AC__KIND_TASK && !((struct ac__task *)child->handle)->is_asked) {
        ac__task_cancel(child->handle, false);
        return;
    }
    ac__target_unwatch(child->handle, child->kind, &entry->waiter);
    ac__target_drop(child->handle, child->kind);
    child->handle = NULL;
    family->policy->done(entry, ac__error_make(ECANCELED, NULL), NULL);
    family_one_less(family);
}

/* Cancels, in order, all that are not done. Those that have not been started yet get it after their start. */
static void family_stop(struct family *family)
{
    if (family->is_stopping)
        return;
    family->is_stopping = true;
    if (family->frame->state != WAITS)
        return;
    for (size_t i = 0; i < family->count; i++)
        entry_cancel(&family->entries[i]);
}

/* The caller has been cancelled. Is it the family that has failed, or only some children that
 * need not succeed? */
static void family_interrupt(struct family *family, bool has_failed)
{
    bool has_error = family->error && ac__thrown_code(family->error) != ECANCELED;
    family->is_interrupted = true;
    if (has_failed && has_error && family->was_asked_first) {
        family->context = family->error;
        family->error = NULL;
    } else if (has_failed) {
        family->has_failed_first |= has_error;
    } else {
        ac__thrown_free(family->error);
        family->error = NULL;
    }
    family->was_asked_first = false;
}

/* Tasks that have just ended, and tell others first: that came before the cancellation. */
static void take_ended(struct family *family)
{
    for (size_t i = 0; i < family->count; i++) {
        struct entry *entry = &family->entries[i];
        const struct ac__child *child = &entry->child;
        if (!child->handle || child->kind != AC__KIND_TASK || ac__state(child->handle) != AC__FINISHED)
            continue;
        ac__target_unwatch(child->handle, AC__KIND_TASK, &entry->waiter);
        entry_finish(entry);
    }
}

static struct ac__task *family_cancel(struct ac__wait *wait)
{
    struct family *family = container_of(wait, struct family, wait);
    take_ended(family);
    if (family->remaining == 0) /* its caller is ready, and finds the request */
        return NULL;
    family_interrupt(family, family->policy->fail_stops || family->is_interrupted);
    family->is_stopping = true;
    for (size_t i = 0; i < family->count; i++)
        entry_cancel(&family->entries[i]);
    ac__unflag(wait->task, AC__CANCEL); /* it is the children's now */
    return NULL;
}

struct ac__task *ac__family_of(const struct ac__waiter *waiter)
{
    bool is_entry = waiter->wait.cancel == entry_notified;
    return is_entry ? container_of(waiter, struct entry, waiter)->family->wait.task : NULL;
}

/* ---- the frame ----------------------------------------------------------------------------------------- */

static void family_close(struct ac__frame *frame)
{
    struct family *family = ac__body(frame);
    for (size_t i = 0; i < family->count; i++)
        ac__target_drop(family->entries[i].child.handle, family->entries[i].child.kind);
}

static int family_end(struct family *family, struct ac__task *task)
{
    struct ac__thrown *error = family->error;
    bool is_answered = error && ac__thrown_code(error) != ECANCELED && !family->has_winner;
    if (family->has_failed_first)
        ac__flag(task, AC__CANCEL);
    if (family->is_interrupted && !is_answered) {
        ac__thrown_free(error);
        error = ac__error_make(ECANCELED, NULL);
    } else if (family->has_winner) {
        ac__thrown_free(error);
        error = NULL;
    }
    if (error) {
        ac__thrown_push(&error, family->context);
        return ac__fail(task, error);
    }
    return ac__generic_finish(family->frame, family->result, family->result_size);
}

/* A coroutine or future that could not be made for want of memory: where a failure stops all, nothing is
 * started; elsewhere it counts as one that has failed. */
static bool lacks_child(const struct family *family)
{
    if (!family->policy->fail_stops)
        return false;
    for (size_t i = 0; i < family->count; i++) {
        if (!family->entries[i].child.handle)
            return true;
    }
    return false;
}

static int family_start(struct ac__frame *frame, struct ac__task *task)
{
    struct family *family = ac__body(frame);
    if (lacks_child(family)) {
        family_close(frame);
        return ac__refuse(task, frame, ac__out_of_memory());
    }
    family->frame = frame;
    family->result = family->entries + family->count;
    for (struct entry *entry = family->entries, *end = entry + family->count; entry < end; entry++) {
        entry->family = family;
        entry_start(entry);
    }
    if (family->remaining == 0)
        return ac__share_is_over() ? ac__yield_at(task, frame, GAVE_WAY) : family_end(family, task);
    family->was_asked_first = ac__is_request_pending(task);
    ac__suspend(task, frame, WAITS, &family->wait);
    for (size_t i = 0; family->is_stopping && i < family->count; i++)
        entry_cancel(&family->entries[i]);
    return AC__SUSPENDED;
}

static int family_resume(struct ac__frame *frame, struct ac__task *task)
{
    struct family *family = ac__body(frame);
    if (frame->state == 0)
        return family_start(frame, task);
    if (ac__interrupted(task)) { /* all were done, but it had not run yet */
        family->was_asked_first |= frame->state == GAVE_WAY;
        family_interrupt(family, !family->has_winner);
    }
    return family_end(family, task);
}

static const struct ac__function gather_function = AC__GENERIC("ac_gather", family_resume, family_close);
static const struct ac__function settle_function = AC__GENERIC("ac_settle", family_resume, family_close);
static const struct ac__function race_function = AC__GENERIC("ac_race", family_resume, family_close);
static const struct ac__function any_function = AC__GENERIC("ac_any", family_resume, family_close);

struct shape {
    const struct ac__function *function;
    const void *callee;
    const struct policy *policy;
    size_t count, result_size, result_alignment;
};

/* A frame with its entries still to be filled. Null if there is no memory. */
static struct ac__frame *family_new(const struct shape *shape)
{
    size_t entries = shape->count * sizeof(struct entry);
    struct ac__generic *frame = NULL;
    struct family *family;
    if (shape->count < SIZE_MAX / 4 / sizeof(struct entry))
        frame = ac__generic_new(shape->function, shape->callee, shape->result_size, shape->result_alignment,
                                sizeof *family + entries + shape->result_size);
    if (!frame) {
        ac__frame_none();
        return NULL;
    }
    family = ac__body(&frame->base);
    *family = (struct family){.wait.cancel = family_cancel, .policy = shape->policy};
    family->count = family->remaining = shape->count;
    family->result_size = shape->result_size;
    return &frame->base;
}

static void drop_children(const struct ac__child *children, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ac__target_drop(children[i].handle, children[i].kind);
}

static struct ac__frame *family_of_children(const struct shape *shape, const struct ac__child *children)
{
    struct ac__frame *frame = family_new(shape);
    struct family *family;
    if (!frame) {
        drop_children(children, shape->count);
        return NULL;
    }
    family = ac__body(frame);
    for (size_t i = 0; i < shape->count; i++)
        family->entries[i].child = children[i];
    return frame;
}

/* ---- what is called ------------------------------------------------------------------------------------ */

ac_coro(void) ac__gather(const struct ac__child *children, unsigned long count)
{
    struct shape shape = {&gather_function, (const void *)ac__gather, &gather_policy, count, 0, 1};
    return (ac_coro(void))family_of_children(&shape, children);
}

ac_coro(ac_error) ac__settle(const struct ac__child *child)
{
    struct shape shape = {&settle_function, (const void *)ac__settle, &settle_policy, 1, sizeof(ac_error), 8};
    return (ac_coro(ac_error))family_of_children(&shape, child);
}

struct ac__frame *ac__race(const struct ac__child *children, unsigned long count, unsigned long alignment)
{
    struct shape shape = {&race_function, (const void *)ac__race, &race_policy, count, children->size, alignment};
    return family_of_children(&shape, children);
}

struct ac__frame *ac__any(const struct ac__child *children, unsigned long count, unsigned long alignment)
{
    struct shape shape = {&any_function, (const void *)ac__any, &any_policy, count, children->size, alignment};
    return family_of_children(&shape, children);
}

/* An array of handles of one kind, and where their results go, `size` bytes each. */
struct array {
    const void *items;
    unsigned kind;
    char *results;
    size_t size;
};

static struct ac__child array_child(const struct array *array, size_t index)
{
    struct ac__child child = {.kind = array->kind, .size = (unsigned)array->size};
    memcpy(&child.handle, (const char *)array->items + index * sizeof child.handle, sizeof child.handle);
    child.into = array->results ? array->results + index * array->size : NULL;
    return child;
}

static ac_coro(void) family_of_array(const struct shape *shape, const struct array *array, ac_error *errors)
{
    struct ac__frame *frame = family_new(shape);
    struct family *family = frame ? ac__body(frame) : NULL;
    for (size_t i = 0; i < shape->count; i++) {
        struct ac__child child = array_child(array, i);
        if (family)
            family->entries[i].child = child;
        else
            drop_children(&child, 1);
    }
    if (family)
        family->errors = errors;
    return (ac_coro(void))frame;
}

ac_coro(void) ac__gather_n(const void *items, size_t count, unsigned kind, void *results, size_t size)
{
    struct shape shape = {&gather_function, (const void *)ac__gather_n, &gather_policy, count, 0, 1};
    struct array array = {items, kind, results, size};
    return family_of_array(&shape, &array, NULL);
}

ac_coro(void) ac__settle_n(const void *items, size_t count, unsigned kind, void *results, size_t size, ac_error *errors)
{
    struct shape shape = {&gather_function, (const void *)ac__settle_n, &quiet_policy, count, 0, 1};
    struct array array = {items, kind, results, size};
    if (errors)
        shape.policy = &settle_policy;
    return family_of_array(&shape, &array, errors);
}
