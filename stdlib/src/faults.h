/* faults.h: system calls and allocations that fail on demand, in the modules that the tests build for that
 * (runtime/src/faults.c). Stands in front of each that may fail by itself:
 *
 *     fd = ac__syscall_fails() ? -1 : socket(...);
 *     block = ac__allocation_fails() ? NULL : malloc(size);
 */
#ifndef AC_STDLIB_FAULTS_H
#define AC_STDLIB_FAULTS_H

#include <stdbool.h>

#ifdef AC_FAULTS
bool ac__syscall_fails(void); /* sets errno */
bool ac__allocation_fails(void);
#else
static inline bool ac__syscall_fails(void)
{
    return false;
}
static inline bool ac__allocation_fails(void)
{
    return false;
}
#endif

#endif
