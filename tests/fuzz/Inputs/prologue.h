/* prologue.h: what every fuzzed program may use, preprocessed in front of it: the library and some of the C library
 * that the seeds call. Short, since libclang reads it for each input. */
#include <ac.h>

typedef struct _IO_FILE FILE;
extern FILE *stdout, *stderr, *stdin;
int printf(const char *, ...), fprintf(FILE *, const char *, ...), puts(const char *), putchar(int), fflush(FILE *);
int snprintf(char *, size_t, const char *, ...), strcmp(const char *, const char *), atoi(const char *), abs(int);
void *malloc(size_t), *calloc(size_t, size_t), *memcpy(void *, const void *, size_t), *memset(void *, int, size_t);
void free(void *), exit(int), abort(void), perror(const char *);
char *strcpy(char *, const char *), *strerror(int), *strchr(const char *, int), *strdup(const char *);
size_t strlen(const char *);
void __assert_fail(const char *, const char *, unsigned, const char *);
