/* local.c: task locals. `ac_task_local(T) x` puts a thread-local variable x into a section of its own, and
 * while a task runs, that section holds the task's values: they are exchanged with its copy before and after
 * each step. So x is read and written like any variable. Outside tasks the section holds the thread's own
 * values. A program without task locals has no such section and pays for a test per step.
 *
 * The linker gives the section's bounds in the image that thread-local memory starts from; where this
 * thread's copy of that lies is asked of the dynamic linker. Variables of the module that holds the runtime
 * are found, those of shared libraries are not: they are plain thread-local variables. */
#include "core.h"

#include <link.h>
#include <string.h>

extern char __start_ac_task_locals[] __attribute__((weak, visibility("hidden")));
extern char __stop_ac_task_locals[] __attribute__((weak, visibility("hidden")));

static int find_in_module(struct dl_phdr_info *module, size_t size, void *result)
{
    (void)size;
    for (int i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &module->dlpi_phdr[i];
        uintptr_t image = module->dlpi_addr + header->p_vaddr, start = (uintptr_t)__start_ac_task_locals;
        if (header->p_type != PT_TLS || start < image || start - image >= header->p_memsz || !module->dlpi_tls_data)
            continue;
        *(char **)result = (char *)module->dlpi_tls_data + (start - image);
        return 1;
    }
    return 0;
}

void ac__locals_find(struct ac__loop *loop)
{
    loop->locals_size = (uintptr_t)__stop_ac_task_locals - (uintptr_t)__start_ac_task_locals;
    if (loop->locals_size && !dl_iterate_phdr(find_in_module, &loop->locals))
        loop->locals_size = 0;
}

/* An extra's copy lies behind it. */
static char *copy_of(struct ac__task *task)
{
    return (char *)(task->extra + 1);
}

void ac__locals_inherit(const struct ac__loop *loop, struct ac__task *task)
{
    memcpy(copy_of(task), loop->locals, loop->locals_size);
}

void ac__locals_exchange(const struct ac__loop *loop, struct ac__task *task)
{
    char buffer[256], *copy = copy_of(task);
    for (size_t done = 0, part; done < loop->locals_size; done += part) {
        part = loop->locals_size - done < sizeof buffer ? loop->locals_size - done : sizeof buffer;
        memcpy(buffer, copy + done, part);
        memcpy(copy + done, loop->locals + done, part);
        memcpy(loop->locals + done, buffer, part);
    }
}
