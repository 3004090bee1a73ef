/* system.h: what stands between the runtime and the system, and what can be made to fail there. */
#ifndef AC_SYSTEM_H
#define AC_SYSTEM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <ac.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>


#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* A program may be under the thread sanitizer while this library is not compiled for it: then the
 * sanitizer sees locks, but no atomics. These say what an atomic hands over from one thread to
 * another; nothing happens without it. */
void ac__hands_over(const void *address);
void ac__takes_over(const void *address);
/* Missing where nothing else of its file is linked: a program holds no code for what it does not use. */
#define AC__IF_LINKED __attribute__((weak))
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* ---- faults.c: what is to fail, in the test build ------------------------------------------------------ */

#ifdef AC_FAULTS
enum { AC__TEST_BUILD = true };
bool ac__allocation_fails(void);
/* Asked in front of each system call that may fail: true, with errno, if it is to. */
bool ac__syscall_fails(void);
/* The same for a read or write of *size bytes, which may become fewer. */
bool ac__transfer_fails(size_t *size);
/* True if a task that has suspended is to be cancelled there. */
bool ac__cancels_here(bool is_main);
/* The random order has chosen among several tasks. */
void ac__count_choice(void);
/* A mutex has been locked (1) or unlocked (-1). */
void ac__count_locked(int change);
void ac__report_locked(void);
#else
enum { AC__TEST_BUILD = false };
static inline bool ac__allocation_fails(void) { return false; }
static inline bool ac__syscall_fails(void) { return false; }
static inline bool ac__transfer_fails(size_t *size) { return (void)size, false; }
static inline bool ac__cancels_here(bool is_main) { return (void)is_main, false; }
static inline void ac__count_choice(void) { }
static inline void ac__count_locked(int change) { (void)change; }
static inline void ac__report_locked(void) { }
#endif

/* ---- reserve.c: memory for cleaning up when there is none left ----------------------------------------- */

/* Null if it does not have that much. */
void *ac__reserve_take(size_t size, size_t alignment);
bool ac__reserve_has(const void *piece);
size_t ac__reserve_size(const void *piece);
void ac__reserve_give_back(const void *piece); /* from any thread */

/* ---- sys.c: the seam to the system --------------------------------------------------------------------- */

void *ac__allocate(size_t size);
void *ac__allocate_aligned(size_t size, size_t alignment);
void *ac__reallocate(void *block, size_t size);
void ac__free(void *block);
void *ac__map(size_t size); /* fresh pages */
/* Present if the program is linked with the address sanitizer. */
extern void __asan_init(void) __attribute__((weak));
extern void __asan_poison_memory_region(const volatile void *memory, size_t size) __attribute__((weak));
extern void __asan_unpoison_memory_region(const volatile void *memory, size_t size) __attribute__((weak));
static inline bool ac__has_asan(void)
{
    return __asan_init;
}

/* Ends the process with "ac: MESSAGE" on stderr: the program broke a rule that the message names. */
_Noreturn void ac__die(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
/* A rule that must hold, in release builds too. */
#define ac__assert(condition, rule) (likely(condition) ? (void)0 : ac__die("internal error: %s", rule))

/* ---- process.c ----------------------------------------------------------------------------------------- */

_Noreturn void ac__no_loop(void) __attribute__((cold));
void ac__watch_forks(void);
bool ac__is_forked(void); /* a child of fork, in the thread whose loop it was */
void ac__sigpipe_take(void);
void ac__sigpipe_give_back(void);
/* Lets coroutines start each other on the C stack down to a quarter of what is left of it. */
void ac__set_stack_limit(void);

#endif
