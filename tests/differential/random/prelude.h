/* prelude.h: what the random programs share. */
#include <ac.h>
#include <stdio.h>

struct pair {
    long long first;
    int value;
};

static void t(int number, int value)
{
    printf("%d:%d\n", number, value);
}

/* A resource that can take time, and fail, when it is entered and left; aexit may swallow errors. Times in eighths of a
 * second. */
typedef struct res {
    int number, enter_sleep, enter_code, exit_sleep, exit_code, swallows;
} res;

static async res *res_aenter(res *r)
{
    t(1000 + r->number, 0);
    if (r->enter_sleep)
        await ac_sleep(r->enter_sleep / 8.0);
    if (r->enter_code)
        throw r->enter_code;
    return r;
}

static async bool res_aexit(res *r, const ac_error *error)
{
    t(2000 + r->number, error ? error->code : 0);
    if (r->exit_sleep)
        await ac_sleep(r->exit_sleep / 8.0);
    if (r->exit_code)
        throw r->exit_code;
    return r->swallows;
}
