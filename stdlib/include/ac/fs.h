/* ac/fs.h: files and folders. The system calls that may wait for a disk run on worker threads
 * (ac_thread), so the loop never does.
 *
 *     size_t size;
 *     char *text = await ac_fs_read("notes.txt", &size);
 *     defer free(text);
 *
 * All throw the errno value of the system call that failed, with the path in the message; EFAULT for a null
 * path. Paths and bytes must stay as they are until the await ends. Cancelled: a call that runs already is
 * completed, nothing of it is left open or allocated; then ECANCELED is thrown. */
#ifndef AC_FS_H
#define AC_FS_H

#include <ac.h>

#include <sys/stat.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

AC__LINK("ac.link:fs");

/* ---- whole files --------------------------------------------------------------------------------------- */

/* Reads a file whole, also one without a size, such as those of /proc. The bytes, with a '\0' behind them,
 * are the caller's (free); `size` (may be null) gets their number. Throws ENOMEM, EISDIR, too. */
ac_coro(char *) ac_fs_read(const char *path, size_t *size);
/* Makes a file of these bytes, or puts them in place of what it held. Readers may see a part of them. */
ac_coro(void) ac_fs_write(const char *path, const void *bytes, size_t size);
/* Adds the bytes at the end of a file, which is made if there is none. */
ac_coro(void) ac_fs_append(const char *path, const void *bytes, size_t size);
/* Like ac_fs_write, but all at once: who reads the path gets the old file or the new one, whole, whatever
 * happens; it is on the disk when the await ends. A new file has the mode 0666 less the umask; one that is
 * there keeps its mode. Of a symbolic link, what it leads to is replaced. Throws EINVAL for devices, pipes
 * and sockets; ENOENT for a link that leads nowhere. */
ac_coro(void) ac_fs_replace(const char *path, const void *bytes, size_t size);
/* Copies a file, contents and mode; what was at `to` is overwritten. Throws EINVAL if both are the
 * same file, by whatever name, EISDIR for a folder: then `to` is as it was. Where it fails on the
 * way, a part is left there. */
ac_coro(void) ac_fs_copy(const char *from, const char *to);

/* ---- parts of files ------------------------------------------------------------------------------------ */

/* Opens a file, close-on-exec; gives the descriptor, which is the caller's (ac_fs_close). What
 * waits for another side there, such as a FIFO without O_NONBLOCK, holds its worker thread, and the
 * await, until that comes. */
ac_coro(int) ac_fs_open(const char *path, int flags, mode_t mode);
/* Reads at an offset: as much as is there, at most `size`; 0 at the end. The worker thread may write to
 * `buffer` until the await ends, cancelled or not. */
ac_coro(size_t) ac_fs_read_at(int fd, void *buffer, size_t size, off_t offset);
/* Writes all of it at an offset. */
ac_coro(void) ac_fs_write_at(int fd, const void *bytes, size_t size, off_t offset);
/* Waits until what was written is on the disk. */
ac_coro(void) ac_fs_sync(int fd);
/* Closes it, whatever it throws, cancelled or not. */
ac_coro(void) ac_fs_close(int fd);

/* ---- names --------------------------------------------------------------------------------------------- */

/* What is known of a path; of a symbolic link, what it leads to. */
ac_coro(struct stat) ac_fs_stat(const char *path);
/* Is there something at the path? Throws nothing but for its own cancellation, and ENOMEM. */
ac_coro(bool) ac_fs_exists(const char *path);
/* Makes a folder, and those above it, with the mode 0777 less the umask. One that is there is fine. */
ac_coro(void) ac_fs_make_folder(const char *path);
/* Removes a file or an empty folder. */
ac_coro(void) ac_fs_remove(const char *path);
/* Removes a file or a folder with all that is in it; links are removed, not followed. Nothing there is fine.
 * Throws the error of what cannot be removed, after removing what can. */
ac_coro(void) ac_fs_remove_all(const char *path);
/* Gives something another name, in the same file system; what had that name is replaced. */
ac_coro(void) ac_fs_rename(const char *from, const char *to);

/* ---- folders ------------------------------------------------------------------------------------------- */

/* What is in a folder. The texts are good until the next entry is asked for. */
typedef struct ac_fs_entry {
    const char *path; /* the folder's path and the name */
    const char *name; /* the end of it */
    unsigned depth;   /* 0: in the folder itself */
    bool is_folder;   /* links to folders are none */
    bool is_file;     /* a regular file */
} ac_fs_entry;

/* async for (ac_fs_entry e : ac_fs_walk("src")) ...: everything below a folder, each folder before
 * what is in it; entries of a folder by name. Links are not followed; a folder that has become one
 * meanwhile has vanished. ac_fs_list: only what is in the folder itself. The path must stay until the
 * first entry has been asked for.
 * Throws: ENOMEM; the error of a folder that cannot be read, but for one below that has vanished. Then it has
 * ended. Cancelled, or left early: nothing is left open or allocated. */
ac_gen(ac_fs_entry) ac_fs_walk(const char *path);
ac_gen(ac_fs_entry) ac_fs_list(const char *path);

#ifdef __cplusplus
}
#endif
#endif
