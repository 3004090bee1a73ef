/* alarm.c: the clock, and alarms in the order they ring.
 *
 * An alarm lies in whoever waits for it; here are entries with its deadline and where it is, and the alarm
 * knows its entry's place, so that it is taken out when its waiter is cancelled. Alarms that ring soon are in
 * a heap (4-ary: half the levels of a binary one, and a node's children share a cache line). Moving an entry
 * in it touches the alarm, which costs a cache miss each where there are many; so those that ring later lie
 * unordered in the slots of a wheel:
 *
 *     heap                all up to wheel->tick
 *     wheel, fine slots   the next 255 ticks (of 4.2 ms), a slot each
 *     wheel, coarse slots the next 255 times 64 ticks (68 s), a slot for 64 each
 *     heap                those still later, and all where they are few
 *
 * When the heap has no alarm of the present tick any more, the wheel moves on to the next tick with a slot in
 * use, whose entries go into the heap. An alarm that is cancelled before that, as time limits mostly are,
 * never was in the heap. Equal deadlines ring in the order they were armed.
 *
 * The clock is read anew for each alarm: a sleep that began at a stale time would end early. */
#include "events.h"

#include <string.h>
#include <time.h>

int64_t ac__read_clock(struct ac__loop *loop)
{
    struct timespec time;
    if (loop->is_virtual)
        return loop->now;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return loop->now = (int64_t)time.tv_sec * AC__SECOND + time.tv_nsec;
}

/* ---- the heap ------------------------------------------------------------------------------------------ */

enum { CHILDREN = 4 };

static unsigned parent_of(unsigned index)
{
    return (index + CHILDREN - 2) / CHILDREN;
}

static unsigned first_child_of(unsigned index)
{
    return CHILDREN * (index - 1) + 2;
}

static struct ac__alarm *alarm_of(const struct ac__heap_entry *entry)
{
    return (struct ac__alarm *)(entry->alarm & ~(uintptr_t)1);
}

static bool rings_before(const struct ac__heap_entry *a, const struct ac__heap_entry *b)
{
    if (a->deadline != b->deadline)
        return a->deadline < b->deadline;
    return (int)(alarm_of(a)->sequence - alarm_of(b)->sequence) < 0; /* the numbers may wrap round */
}

static void put(struct ac__loop *loop, unsigned index, struct ac__heap_entry entry)
{
    loop->heap[index] = entry;
    alarm_of(&entry)->index = index;
}

static void sift_up(struct ac__loop *loop, unsigned index, struct ac__heap_entry entry)
{
    while (index > 1 && rings_before(&entry, &loop->heap[parent_of(index)])) {
        put(loop, index, loop->heap[parent_of(index)]);
        index = parent_of(index);
    }
    put(loop, index, entry);
}

static unsigned earliest_child(const struct ac__loop *loop, unsigned index)
{
    unsigned child = first_child_of(index), end = child + CHILDREN, earliest = child;
    if (end > loop->heap_count + 1)
        end = loop->heap_count + 1;
    while (++child < end) {
        if (rings_before(&loop->heap[child], &loop->heap[earliest]))
            earliest = child;
    }
    return earliest;
}

static void sift_down(struct ac__loop *loop, unsigned index, struct ac__heap_entry entry)
{
    while (first_child_of(index) <= loop->heap_count) {
        unsigned child = earliest_child(loop, index);
        if (!rings_before(&loop->heap[child], &entry))
            break;
        put(loop, index, loop->heap[child]);
        index = child;
    }
    put(loop, index, entry);
}

static void heap_remove(struct ac__loop *loop, unsigned index)
{
    struct ac__heap_entry last = loop->heap[loop->heap_count--];
    if (index > loop->heap_count)
        return;
    if (index > 1 && rings_before(&last, &loop->heap[parent_of(index)]))
        sift_up(loop, index, last);
    else
        sift_down(loop, index, last);
}

static void heap_add(struct ac__loop *loop, struct ac__heap_entry entry)
{
    sift_up(loop, ++loop->heap_count, entry);
}

/* ---- the wheel ----------------------------------------------------------------------------------------- */

enum {
    TICK_BITS = 22, /* ns */
    COARSE_BITS = 6, /* ticks */
    SLOTS = 256,     /* of each kind */
    WORD_BITS = 64,
    FEW = 64, /* this many are in the heap before there is a wheel */
    IN_WHEEL = 1u << 31, /* an alarm's index: this, the slot, the place in it */
    SLOT_SHIFT = 22,
    LARGEST_SLOT = 1 << SLOT_SHIFT
};

struct slot {
    struct ac__heap_entry *entries;
    unsigned count, capacity;
};

struct ac__wheel {
    int64_t tick; /* whatever rings up to its end is in the heap */
    unsigned count;
    uint64_t in_use[2][SLOTS / WORD_BITS];
    struct slot slots[2][SLOTS]; /* fine, coarse */
};

static int64_t tick_of(int64_t deadline)
{
    return deadline >> TICK_BITS;
}

static bool slot_grow(struct slot *slot)
{
    unsigned capacity = slot->capacity ? slot->capacity * 2 : 8;
    struct ac__heap_entry *entries;
    if (slot->count < slot->capacity)
        return true;
    entries = slot->count < LARGEST_SLOT ? ac__reallocate(slot->entries, capacity * sizeof *entries) : NULL;
    if (!entries)
        return false;
    slot->entries = entries;
    slot->capacity = capacity;
    return true;
}

static void slot_emptied(struct ac__wheel *wheel, unsigned is_coarse, unsigned number)
{
    struct slot *slot = &wheel->slots[is_coarse][number];
    wheel->in_use[is_coarse][number / WORD_BITS] &= ~((uint64_t)1 << number % WORD_BITS);
    ac__free(slot->entries);
    *slot = (struct slot){0};
}

static void slot_put(struct ac__wheel *wheel, unsigned is_coarse, unsigned number, unsigned place,
                     struct ac__heap_entry entry)
{
    wheel->slots[is_coarse][number].entries[place] = entry;
    alarm_of(&entry)->index = IN_WHEEL | (is_coarse * SLOTS + number) << SLOT_SHIFT | place;
}

/* False: it rings too soon or too late, or there is no memory. */
static bool wheel_add(struct ac__wheel *wheel, struct ac__heap_entry entry)
{
    int64_t tick = tick_of(entry.deadline), coarse = tick >> COARSE_BITS;
    unsigned is_coarse = tick - wheel->tick >= SLOTS;
    unsigned number = (unsigned)(is_coarse ? coarse : tick) % SLOTS;
    struct slot *slot = &wheel->slots[is_coarse][number];
    if (tick <= wheel->tick || coarse - (wheel->tick >> COARSE_BITS) >= SLOTS || !slot_grow(slot))
        return false;
    wheel->in_use[is_coarse][number / WORD_BITS] |= (uint64_t)1 << number % WORD_BITS;
    wheel->count++;
    slot_put(wheel, is_coarse, number, slot->count++, entry);
    return true;
}

static void wheel_remove(struct ac__wheel *wheel, unsigned index)
{
    unsigned number = (index & ~IN_WHEEL) >> SLOT_SHIFT, place = index % LARGEST_SLOT;
    unsigned is_coarse = number / SLOTS;
    struct slot *slot = &wheel->slots[is_coarse][number % SLOTS];
    wheel->count--;
    if (--slot->count == 0)
        slot_emptied(wheel, is_coarse, number % SLOTS);
    else if (place != slot->count)
        slot_put(wheel, is_coarse, number % SLOTS, place, slot->entries[slot->count]);
}

/* How far it is from one slot to the first in use, going round; SLOTS: none is. */
static unsigned distance_to_use(const uint64_t *in_use, unsigned from)
{
    for (unsigned distance = 0; distance < SLOTS;) {
        unsigned at = (from + distance) % SLOTS;
        uint64_t word = in_use[at / WORD_BITS] >> at % WORD_BITS;
        if (word)
            return distance + (unsigned)__builtin_ctzll(word);
        distance += WORD_BITS - at % WORD_BITS;
    }
    return SLOTS;
}

/* The next tick at which there is something to move: a fine slot in use, or the first tick of a
 * coarse one. */
static int64_t next_stop(const struct ac__wheel *wheel)
{
    int64_t tick = wheel->tick + 1, coarse = (wheel->tick >> COARSE_BITS) + 1, stop;
    unsigned distance = distance_to_use(wheel->in_use[1], (unsigned)coarse % SLOTS);
    stop = distance == SLOTS ? INT64_MAX : (coarse + distance) << COARSE_BITS;
    distance = distance_to_use(wheel->in_use[0], (unsigned)tick % SLOTS);
    return distance < SLOTS && tick + distance < stop ? tick + distance : stop;
}

/* Moves what is in a slot to where it belongs now. The heap has room for all. */
static void slot_move(struct ac__loop *loop, unsigned is_coarse, unsigned number)
{
    struct ac__wheel *wheel = loop->wheel;
    struct slot slot = wheel->slots[is_coarse][number];
    wheel->slots[is_coarse][number] = (struct slot){0};
    wheel->in_use[is_coarse][number / WORD_BITS] &= ~((uint64_t)1 << number % WORD_BITS);
    wheel->count -= slot.count;
    for (unsigned i = 0; i < slot.count; i++) {
        if (!wheel_add(wheel, slot.entries[i]))
            heap_add(loop, slot.entries[i]);
    }
    ac__free(slot.entries);
}

/* Moves on until the first to ring of all is the first in the heap. */
static void wheel_turn(struct ac__loop *loop)
{
    struct ac__wheel *wheel = loop->wheel;
    while (wheel->count && (!loop->heap_count || tick_of(loop->heap[1].deadline) > wheel->tick)) {
        int64_t stop = next_stop(wheel);
        if (loop->heap_count && tick_of(loop->heap[1].deadline) < stop) {
            wheel->tick = tick_of(loop->heap[1].deadline);
            break;
        }
        wheel->tick = stop;
        if (stop % (1 << COARSE_BITS) == 0)
            slot_move(loop, 1, (unsigned)(stop >> COARSE_BITS) % SLOTS);
        slot_move(loop, 0, (unsigned)stop % SLOTS);
    }
}

/* Is there a wheel, or should there be one? */
static bool wheel_get(struct ac__loop *loop)
{
    if (likely(loop->wheel)) {
        if (!loop->wheel->count) /* then it may stand anywhere */
            loop->wheel->tick = tick_of(loop->now);
        return true;
    }
    if (likely(loop->heap_count < FEW))
        return false;
    loop->wheel = ac__allocate(sizeof *loop->wheel);
    if (!loop->wheel)
        return false;
    memset(loop->wheel, 0, sizeof *loop->wheel);
    loop->wheel->tick = tick_of(loop->now);
    return true;
}

/* ---- both ---------------------------------------------------------------------------------------------- */

/* Room in the heap for one more, and for all that are in the wheel. */
static bool heap_reserve(struct ac__loop *loop)
{
    unsigned needed = loop->heap_count + (loop->wheel ? loop->wheel->count : 0) + 2;
    unsigned capacity = loop->heap_capacity ? loop->heap_capacity * 2 : 16;
    struct ac__heap_entry *heap;
    if (likely(needed <= loop->heap_capacity))
        return true;
    heap = ac__reallocate(loop->heap, capacity * sizeof *heap);
    if (!heap)
        return false;
    loop->heap = heap;
    loop->heap_capacity = capacity;
    return true;
}

bool ac__alarm_arm(struct ac__loop *loop, struct ac__alarm *alarm, int64_t delay, bool is_sleep)
{
    int64_t now = ac__read_clock(loop);
    struct ac__heap_entry entry = {.alarm = (uintptr_t)alarm | is_sleep};
    if (!heap_reserve(loop))
        return false;
    entry.deadline = delay > AC__NEVER - 1 - now ? AC__NEVER - 1 : now + delay;
    alarm->sequence = loop->next_sequence++;
    if (!wheel_get(loop) || !wheel_add(loop->wheel, entry))
        heap_add(loop, entry);
    return true;
}

void ac__alarm_cancel(struct ac__loop *loop, struct ac__alarm *alarm)
{
    if (!alarm->index)
        return;
    if (alarm->index & IN_WHEEL)
        wheel_remove(loop->wheel, alarm->index);
    else
        heap_remove(loop, alarm->index);
    alarm->index = 0;
}

int64_t ac__next_deadline(struct ac__loop *loop)
{
    if (loop->wheel)
        wheel_turn(loop);
    return loop->heap_count ? loop->heap[1].deadline : AC__NEVER;
}

struct ac__alarm *ac__alarm_first(struct ac__loop *loop, bool *is_sleep)
{
    if (ac__next_deadline(loop) > loop->now)
        return NULL;
    *is_sleep = loop->heap[1].alarm & 1;
    return alarm_of(&loop->heap[1]);
}

void ac__alarms_free(struct ac__loop *loop)
{
    for (unsigned i = 0; loop->wheel && i < 2 * SLOTS; i++)
        ac__free(loop->wheel->slots[i / SLOTS][i % SLOTS].entries);
    ac__free(loop->wheel);
    ac__free(loop->heap);
}
