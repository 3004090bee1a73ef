/* Functions that only plain code calls: qsort's, those of a table, one behind a longjmp, one that names itself. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

struct pair { int first, second; };
typedef struct pair operation(int left, int right);

static operation add, multiply, *const table[] = {add, multiply};
static jmp_buf back;
static int depth;

static int descending(const void *left, const void *right)
{
    return *(const int *)right - *(const int *)left;
}

static struct pair add(int left, int right)
{
    return (struct pair){left + right, 1};
}

static struct pair multiply(int left, int right)
{
    struct pair product = {0, 0};
    for (int i = 0; i < right; i++)
        product.first = add(product.first, left).first, product.second++;
    return product;
}

static _Noreturn void leave(int how)
{
    longjmp(back, how);
}

static void dive(int to)
{
    depth++;
    if (to == 0)
        leave(depth);
    dive(to - 1);
    depth--;
}

static int returns(int to)
{
    int how = setjmp(back);
    if (how == 0)
        dive(to);
    return how;
}

static const char *own_name(void)
{
    return __func__;
}

static int apply(int (*to)(int), int value)
{
    return to ? to(value) : (apply)(returns, value);
}

static void at_the_end(void)
{
    printf("%s: %d\n", own_name(), depth);
}

int main(int argc, char **argv)
{
    int numbers[] = {3, 1, 2};
    (void)argv;
    atexit(at_the_end);
    qsort(numbers, 3, sizeof *numbers, descending);
    for (int i = 0; i < 3; i++)
        printf("%d: %d %d\n", numbers[i], table[0](i, argc).first, (*table[1])(numbers[i], i).first);
    printf("%d\n", apply(NULL, 4));
    printf("%d\n", apply(returns, 2));
}
