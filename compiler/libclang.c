/* libclang.c: loads libclang, on a thread of its own.
 *
 * Whoever waits for the preprocessor, scans and parses needs none of it. If there is still time
 * when it is there, it parses a few lines: the pages of it that each parse touches are in memory
 * then, too, which takes some milliseconds.
 */
#include "libclang.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

struct libclang libclang;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_t loader;
static char *problem;         /* why it cannot be used, or null */
static atomic_bool is_needed; /* somebody waits */

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#define LIBCLANG_NAME(name) {"clang_" #name, offsetof(struct libclang, name)},
    LIBCLANG_FUNCTIONS(LIBCLANG_NAME)
#undef LIBCLANG_NAME
};

static bool find_functions(void *library)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *function = dlsym(library, functions[i].name);
        if (!function)
            return false;
        *(void **)((char *)&libclang + functions[i].offset) = function;
    }
    return true;
}

static enum CXChildVisitResult visit(CXCursor cursor, CXCursor parent, CXClientData data)
{
    (void)parent;
    (void)data;
    libclang.disposeString(libclang.getTypeSpelling(libclang.getCursorType(cursor)));
    return CXChildVisit_Recurse;
}

static void warm_up(void)
{
    static const char text[] = "typedef struct { int a, b; } pair; static int add(const pair *p, int n)"
                               "{ for (int i = 0; i < n; i++) if (p[i].a) n += p[i].b; return (n); }";
    static const char *const arguments[] = {"-xcpp-output"};
    struct CXUnsavedFile file = {"warm.i", text, sizeof text - 1};
    CXTranslationUnit unit;
    CXIndex index = libclang.createIndex(0, 0);
    if (!libclang.parseTranslationUnit2(index, file.Filename, arguments, 1, &file, 1, CXTranslationUnit_None,
                                        &unit)) {
        libclang.visitChildren(libclang.getTranslationUnitCursor(unit), visit, NULL);
        libclang.disposeTranslationUnit(unit);
    }
    libclang.disposeIndex(index);
}

static void *load(void *unused)
{
    void *library = dlopen(ACC_LIBCLANG, RTLD_LAZY | RTLD_LOCAL);
    if (library && find_functions(library)) {
        if (!is_needed)
            warm_up();
    } else {
        problem = strdup(dlerror()); /* whose own ends with this thread */
    }
    return unused;
}

static void join(void)
{
    if (loader)
        pthread_join(loader, NULL);
    loader = 0;
}

static void begin(void)
{
    /* On threads of its own it would have 8 MB of stack; the one that asks has plenty. */
    setenv("LIBCLANG_NOTHREADS", "1", 1);
    if (pthread_create(&loader, NULL, load, NULL)) {
        loader = 0;
        load(NULL);
    }
    atexit(join);
}

void libclang_load(void)
{
    pthread_once(&once, begin);
}

void libclang_need(void)
{
    is_needed = true;
    libclang_load();
    join();
    if (problem)
        fatal("libclang cannot be loaded: %s", problem);
}
