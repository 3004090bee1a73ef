/* sys.h: the seam between the modules and the system. Every allocation, and every system call
 * whose failure the program is to hear of, stands in one of these, so that the tests can make it
 * fail (runtime/src/faults.c):
 *
 *     fd = SYSTEM(socket(...));            -1 with errno
 *     block = MEMORY(malloc(size));        null with errno
 *     count = sys_read(fd, buffer, size);  ... or moves one byte only
 *
 * What only undoes something stands bare: close, unlink, kill. */
#ifndef AC_STDLIB_SYS_H
#define AC_STDLIB_SYS_H

#include <errno.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef AC_FAULTS
bool ac__syscall_fails(void); /* sets errno */
bool ac__transfer_fails(size_t *size);
bool ac__allocation_fails(void); /* sets errno */
#else
static inline bool ac__syscall_fails(void)
{
    return false;
}
static inline bool ac__transfer_fails(size_t *size)
{
    (void)size;
    return false;
}
static inline bool ac__allocation_fails(void)
{
    return false;
}
#endif

#define SYSTEM(...) (ac__syscall_fails() ? -1 : (__VA_ARGS__))
#define MEMORY(...) (ac__allocation_fails() ? NULL : (__VA_ARGS__))
/* For calls that allocate, and give -1 or an error code. */
#define MEMORY_OR(failure, ...) (ac__allocation_fails() ? (failure) : (__VA_ARGS__))

static inline ssize_t sys_read(int fd, void *buffer, size_t size)
{
    return ac__transfer_fails(&size) ? -1 : read(fd, buffer, size);
}

static inline ssize_t sys_write(int fd, const void *bytes, size_t size)
{
    return ac__transfer_fails(&size) ? -1 : write(fd, bytes, size);
}

static inline ssize_t sys_pread(int fd, void *buffer, size_t size, off_t offset)
{
    return ac__transfer_fails(&size) ? -1 : pread(fd, buffer, size, offset);
}

static inline ssize_t sys_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return ac__transfer_fails(&size) ? -1 : pwrite(fd, bytes, size, offset);
}

/* What of it is in memory, if `flags` is RWF_NOWAIT. At the file's position if `offset` is -1. */
static inline ssize_t sys_peek(int fd, void *buffer, size_t size, off_t offset, int flags)
{
    bool fails = ac__transfer_fails(&size);
    struct iovec part = {buffer, size};
    return fails ? -1 : preadv2(fd, &part, 1, offset, flags);
}

static inline ssize_t sys_sendfile(int out, int in, off_t *offset, size_t size)
{
    return ac__transfer_fails(&size) ? -1 : sendfile(out, in, offset, size);
}

static inline ssize_t sys_copy_range(int in, int out, size_t size)
{
    return ac__transfer_fails(&size) ? -1 : copy_file_range(in, NULL, out, NULL, size, 0);
}

#endif
