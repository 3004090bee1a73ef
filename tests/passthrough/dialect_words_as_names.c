// Every word of the dialect is an ordinary name in C, in each of C's name spaces.
// RUN: cp %s %t.ac
// RUN: %acc -Wall -Wextra -Werror %s -o %t.c.out && %run %t.c.out | FileCheck %s
// RUN: %acc -Wall -Wextra -Werror %t.ac -o %t.ac.out && %run %t.ac.out | FileCheck %s
// The same below something of the dialect:
// RUN: echo 'async int async_function(void) { return 0; }' > %t.ac && cat %s >> %t.ac
// RUN: %acc -Wall -Wextra -Werror %t.ac -o %t.ac.out && %run %t.ac.out | FileCheck %s
#include <stdio.h>

struct async { int await, yield, with, try, catch, finally, throw, defer; };
enum words { FIRST, try_this };
union await { int async; float yield; };
typedef int defer;
struct __attribute__((packed)) throw { char try; int await; };
static struct __attribute__((packed)) throw yields(void);
static int yield(void) asm("yielded");
extern int async asm("asynchronous");

static int yield(void) { return 1; }
static int await(int throw) { return throw + 1; }
static int try(int catch, int finally) { return catch + finally; }
static defer with(defer defer) { return defer * 2; }
static int (*throw)(int) = await;
int async = 3;

static struct __attribute__((packed)) throw yields(void)
{
    return (struct throw){1, 2};
}

static int labels(int catch)
{
    int finally = 0;
    if (catch)
        goto defer;
try:
    finally++;
    if (finally < 3)
        goto try;
    return finally;
defer:
    finally = 10;
    catch = 0;
    goto try;
}

static int locals(void)
{
    struct async async = {.await = 1, .yield = 2, .with = 3, .try = 4, .catch = 5, .finally = 6, .throw = 7, .defer = 8};
    struct async *yield = &async;
    int await = yield->await, with = await * async.yield, defer = with + yield->defer;
    async.try = defer;
    throw = 0;
    return async.try + yield->catch + async . finally;
}

static int calls(void)
{
    int sum = await(1);
    sum += await (yield());
    sum += throw(2) + (await)(3) + try(4, 5);
    return sum + with(6);
}

#define catch(code) ((code) * 2)
#define finally + 1

int main(void)
{
    union await await = {.async = 3};
    printf("%d\n", calls());
    printf("%d\n", locals());
    printf("%d %d\n", labels(0), labels(1));
    printf("%d %d %d\n", async, await.async, try_this);
    printf("%d\n", catch(20) finally);
    printf("%d %d\n", yields().try, yields().await);
    return 0;
}
// CHECK: 32
// CHECK-NEXT: 21
// CHECK-NEXT: 3 11
// CHECK-NEXT: 3 3 1
// CHECK-NEXT: 41
// CHECK-NEXT: 1 2
