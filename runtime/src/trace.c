/* trace.c: AC_TRACE=FILE: a timeline in Chrome's trace-event format, which Perfetto and
 * chrome://tracing show: an array of events, one a line. Times are the loop's, in microseconds; a
 * process is a loop, a thread a task.
 *
 *     B work ............................................ E     a task's life
 *       X work   B ac_sleep ... E   X work                     its steps, and what it waits for in between
 *
 * Events go through one buffer. The array's end is written when the program ends; viewers do
 * without if it crashes. */
#include "events.h"
#include "observe.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 1 << 16, LONGEST = 2048 /* an event */ };

bool ac__is_traced;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int file = -1;
static char *buffer;
static size_t used;
static unsigned loops;

__attribute__((constructor)) static void read_environment(void)
{
    const char *name = getenv("AC_TRACE");
    ac__is_traced = name && *name;
    if (ac__is_traced)
        ac__is_observed = true;
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static void give_up(const char *what)
{
    fprintf(stderr, "ac: AC_TRACE: cannot %s '%s': %s\n", what, getenv("AC_TRACE"), strerror(errno));
    ac__is_traced = false;
}

static void flush(void)
{
    for (size_t done = 0; done < used;) {
        ssize_t count = ac__syscall_fails() ? -1 : write(file, buffer + done, used - done);
        if (count >= 0) {
            done += (size_t)count;
        } else if (errno != EINTR) {
            give_up("write");
            break;
        }
    }
    used = 0;
}

static bool open_file(void)
{
    buffer = ac__allocate(BUFFER);
    if (!buffer) {
        errno = ENOMEM;
        return false;
    }
    file = ac__syscall_fails() ? -1 : open(getenv("AC_TRACE"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file >= 0)
        return true;
    ac__free(buffer);
    buffer = NULL;
    return false;
}

static void append_list(const char *format, va_list arguments)
{
    int length;
    if (!buffer || !ac__is_traced)
        return;
    if (used + LONGEST > BUFFER)
        flush();
    length = vsnprintf(buffer + used, LONGEST, format, arguments);
    used += length < LONGEST ? (size_t)length : LONGEST - 1;
}

/* Under the lock. */
__attribute__((format(printf, 1, 2))) static void append(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append_list(format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    append_list(format, arguments);
    pthread_mutex_unlock(&lock);
    va_end(arguments);
}

/* The array begins with the first loop's name, so no other event can get in front of it. */
void ac__trace_open(struct ac__loop *loop)
{
    pthread_mutex_lock(&lock);
    if (!buffer && !open_file())
        give_up("open");
    loop->number = ++loops;
    append("%s{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%u,\"args\":{\"name\":\"loop %u\"}}",
           loop->number == 1 ? "[\n" : ",\n", loop->number, loop->number);
    pthread_mutex_unlock(&lock);
}

void ac__trace_close(void)
{
    pthread_mutex_lock(&lock);
    if (buffer && ac__is_traced)
        flush();
    pthread_mutex_unlock(&lock);
}

__attribute__((destructor)) static void end(void)
{
    pthread_mutex_lock(&lock);
    append("\n]\n");
    if (buffer && ac__is_traced)
        flush();
    ac__free(buffer);
    buffer = NULL;
    ac__is_traced = false; /* what loops of other threads still do is not told */
    pthread_mutex_unlock(&lock);
}

void ac__trace_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

/* The file is the parent's. */
void ac__trace_after_fork(bool is_child)
{
    if (is_child) {
        ac__is_traced = false;
        used = 0;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- events -------------------------------------------------------------------------------------------- */

enum { TEXT = 512 };

/* A text as it stands in a JSON string; what does not fit is cut. */
static const char *escape(const char *text, char into[static TEXT])
{
    size_t length = 0;
    for (; *text && length < TEXT - 8; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            into[length++] = '\\';
        if (c < 0x20)
            length += (size_t)snprintf(into + length, 8, "\\u%04x", c);
        else
            into[length++] = (char)c;
    }
    into[length] = '\0';
    return into;
}

/* Begins an event of a task's row: what all have. */
#define HEAD ",\n{\"ph\":\"%c\",\"pid\":%u,\"tid\":%u,\"ts\":%lld.%03d"
#define HEAD_VALUES(phase, time) \
    phase, ac__thread.loop->number, task->number, (long long)(time) / 1000, (int)((time) % 1000)

static void put_name(struct ac__task *task)
{
    char number[32], name[TEXT];
    put(",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":\"%s (%s)\"}}",
        ac__thread.loop->number, task->number, escape(ac__task_name(task, number), name),
        ac__root(task)->function->name);
}

static void put_begin(struct ac__task *task, int64_t time)
{
    char place[AC__PLACE_SIZE], origin[TEXT];
    const char *where = ac__origin_of(task, place);
    put(HEAD ",\"name\":\"%s\",\"args\":{\"spawned at\":\"%s\"}}", HEAD_VALUES('B', time),
        ac__root(task)->function->name, escape(where ? where : "", origin));
}

static void put_wait(struct ac__task *task, int64_t time)
{
    char place[AC__PLACE_SIZE], escaped[TEXT];
    const char *what = ac__gives_way(task) ? "ac_yield" : task->innermost->function->name;
    put(HEAD ",\"name\":\"%s\",\"args\":{\"at\":\"%s\"}}", HEAD_VALUES('B', time), what,
        escape(ac__place_of(ac__users_frame(task), place), escaped));
}

static void put_end(struct ac__task *task, int64_t time)
{
    put(HEAD "}", HEAD_VALUES('E', time));
}

/* ---- steps --------------------------------------------------------------------------------------------- */

void ac__trace_begin(struct ac__step *step, struct ac__task *task)
{
    const struct ac__frame *from = ac__users_frame(task);
    char place[AC__PLACE_SIZE];
    bool is_first = task->innermost == ac__root(task) && ac__root(task)->state == 0;
    step->start = ac__read_clock(ac__thread.loop);
    step->name = from->function->name;
    snprintf(step->place, sizeof step->place, "%s", ac__place_of(from, place));
    if (!is_first) {
        put_end(task, step->start); /* of what it waited for */
        return;
    }
    put_name(task);
    put_begin(task, step->start);
}

void ac__trace_end(const struct ac__step *step, struct ac__task *task)
{
    int64_t now = ac__read_clock(ac__thread.loop), duration = now - step->start;
    char place[TEXT];
    put(HEAD ",\"dur\":%lld.%03d,\"name\":\"%s\",\"args\":{\"from\":\"%s\"}}", HEAD_VALUES('X', step->start),
        (long long)duration / 1000, (int)(duration % 1000), step->name, escape(step->place, place));
    if (ac__state(task) != AC__FINISHED) {
        put_wait(task, now);
        return;
    }
    put_end(task, now);
    put_name(task); /* which it may have got meanwhile */
}
