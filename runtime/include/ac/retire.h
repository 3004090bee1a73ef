/* ac/retire.h: objects of the library's that have been closed while a task may still be handed them. Not for
 * programs.
 *
 * A task begins in a turn of its own. Between the spawning of a coroutine that uses a stream and its first step
 * the stream may be closed: the coroutine is to find it closed, not gone. So an object is closed at once, and its
 * memory retires: it is released when all that was ready at that time has had its turn. */
#ifndef AC_RETIRE_H
#define AC_RETIRE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Lies in the object. */
struct ac__retired {
    struct ac__retired *next;
    void (*release)(void *object);
    void *object;
};

/* Calls release(object) when every task that is ready now has had its turn; where no loop runs, at once. Never
 * fails. To be called once for each object. */
void ac__retire(struct ac__retired *retired, void (*release)(void *object), void *object);

#ifdef __cplusplus
}
#endif

#endif
