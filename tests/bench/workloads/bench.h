/* What the workloads share beside the peers' header: who they report as, and who they are. */
#ifndef WORKLOADS_BENCH_H
#define WORKLOADS_BENCH_H
#include "../peers/common/bench.h"
#include <ac.h>

#ifndef PEER
#define PEER "acc"
#endif

/* One program holds them all: `workloads NAME N`. `name` is what is reported. */
async void w1(const char *name, int64_t n);
async void w1_pointer(const char *name, int64_t n);
async void w1_extern(const char *name, int64_t n);
async void w13(const char *name, int64_t n);

async void w2(const char *name, long tasks, long each);
async void w3a(const char *name, long n);
async void w3b(const char *name, long n);
async void w12(const char *name, long n);

async void w5(const char *name, long tasks, long each);

async void w6(const char *name, long n);
async void w7(const char *name, long n, bool yields);

async void w10(const char *name, long n);
async void sleepers(const char *name, long n);
async void timers(const char *name, long n);

/* W1's leaf and its caller, in another file. */
async int64_t elsewhere_leaf(int64_t i);
async int64_t elsewhere_mid(int64_t i);

/* A function the compiler may not fold: i + 1. */
int64_t opaque(int64_t i);

static inline void report_ns(const char *workload, const char *metric, uint64_t start, double count)
{
    report(PEER, workload, metric, (double)(now_ns() - start) / count, "ns");
}

/* As malloc, but never null. */
static inline void *must_allocate(size_t size)
{
    void *memory = malloc(size);
    check(memory != NULL, "memory");
    return memory;
}
#endif
