/* warn_across.c: warns of what is in danger while an async function waits, since other tasks run then.
 *
 *   -Wlock-across-await            a pthread mutex that is held: a task that wants it, too, blocks the only thread
 *   -Wstatic-buffer-across-await   what localtime() and its kin return, which the next call overwrites
 *
 * Locks are followed in the order of the text, block by block: what a nested statement does to
 * them holds behind it unless it leaves. A buffer is in danger if an await comes between the
 * call and a use of the variable that holds its address, in the order of the text, or if a loop
 * that does not set the variable again has both.
 */
#include "check.h"

#include <string.h>

/* ---- -Wlock-across-await --------------------------------------------------------------------- */

struct lock {
    uint32_t token;        /* of the call */
    const char *mutex;     /* its argument's text */
};

/* The locks that are held: small, so it is copied where ways part. */
enum { MOST_LOCKS = 16 };
struct held {
    struct lock locks[MOST_LOCKS];
    uint32_t count;
    bool has_left;         /* control has gone elsewhere */
};

static bool waits(const struct node *node)
{
    return node->kind == NODE_AWAIT || node->kind == NODE_YIELD;
}

static bool is_one_of(const struct acc *acc, uint32_t token, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (token_is(acc, token, names[i]))
            return true;
    return false;
}

/* The text of a lock's argument, its white space left out. */
static const char *mutex_of(struct acc *acc, const struct node *call)
{
    const char *text = "";
    for (uint32_t token = call->child[1]->first; token <= call->child[1]->last; token++)
        text = arena_format(acc->arena, "%s%s", text, token_text(acc, token));
    return text;
}

static void unlock(struct held *held, const char *mutex)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < held->count; i++)
        if (strcmp(held->locks[i].mutex, mutex) != 0)
            held->locks[kept++] = held->locks[i];
    held->count = kept;
}

static void note_call(struct acc *acc, struct held *held, const struct node *call)
{
    static const char *const locks[] = {"pthread_mutex_lock", "pthread_spin_lock", "pthread_rwlock_rdlock",
                                        "pthread_rwlock_wrlock", "mtx_lock"};
    static const char *const unlocks[] = {"pthread_mutex_unlock", "pthread_spin_unlock",
                                          "pthread_rwlock_unlock", "mtx_unlock"};
    const struct node *callee = called_name(call);
    if (!callee || call->count < 2)
        return;
    if (is_one_of(acc, callee->first, unlocks, sizeof unlocks / sizeof *unlocks))
        unlock(held, mutex_of(acc, call));
    else if (is_one_of(acc, callee->first, locks, sizeof locks / sizeof *locks) && held->count < MOST_LOCKS)
        held->locks[held->count++] = (struct lock){callee->first, mutex_of(acc, call)};
}

/* `token`: where it waits. */
static void note_wait(struct acc *acc, struct held *held, const struct node *node, uint32_t token)
{
    for (uint32_t i = 0; i < held->count; i++) {
        report(acc, MESSAGE_LOCK_ACROSS, token, waiting_word(node), held->locks[i].mutex);
        report(acc, MESSAGE_LOCKED_HERE, held->locks[i].token, held->locks[i].mutex);
    }
    held->count = 0; /* once is enough */
}

static void follow(struct acc *acc, struct held *held, struct node *node);

static void follow_children(struct acc *acc, struct held *held, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            follow(acc, held, node->child[i]);
}

/* What is held after either of two ways: what both hold. */
static void meet(struct held *held, const struct held *other)
{
    if (other->has_left)
        return;
    if (held->has_left) {
        *held = *other;
        return;
    }
    for (uint32_t i = held->count; i-- > 0; ) {
        bool is_in_both = false;
        for (uint32_t k = 0; k < other->count; k++)
            is_in_both |= strcmp(held->locks[i].mutex, other->locks[k].mutex) == 0;
        if (!is_in_both)
            unlock(held, held->locks[i].mutex);
    }
}

static void follow_branches(struct acc *acc, struct held *held, struct node *node)
{
    follow(acc, held, node->child[0]);
    struct held other = *held;
    follow(acc, held, node->child[1]);
    if (node->kind == NODE_IF && node->child[2])
        follow(acc, &other, node->child[2]);
    meet(held, &other);
}

/* A loop, a case, a try: its parts may run or not. */
static void follow_parts(struct acc *acc, struct held *held, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct held before = *held;
        if (!node->child[i])
            continue;
        follow(acc, held, node->child[i]);
        if (held->has_left)
            *held = before;
    }
}

static void follow_block(struct acc *acc, struct held *held, struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (held->has_left && node_is_label(node->child[i]))
            *held = (struct held){.count = 0}; /* somebody may come here: nobody knows what is held */
        follow(acc, held, node->child[i]);
    }
    if (awaits_children(node) && !held->has_left)
        note_wait(acc, held, node, node->last);
}

static void follow_for(struct acc *acc, struct held *held, struct node *node)
{
    follow_parts(acc, held, node);
    if (awaits_children(node))
        note_wait(acc, held, node, node->last);
}

/* Entering may wait, and so may leaving, in whatever way: a `return` waits there, too, before it leaves the
 * function. */
static void follow_with(struct acc *acc, struct held *held, struct node *node)
{
    for (uint32_t i = 0; i + 1 < node->count; i++)
        follow(acc, held, node->child[i]);
    note_wait(acc, held, node, node->first);
    follow(acc, held, node->child[node->count - 1]);
    note_wait(acc, held, node, node->last);
}

/* Each item is waited for; leaving a generator, too. */
static void follow_each(struct acc *acc, struct held *held, struct node *node)
{
    struct held before;
    follow(acc, held, node->child[1]);
    note_wait(acc, held, node, node->first);
    before = *held;
    follow(acc, held, node->child[2]);
    if (held->has_left)
        *held = before;
    else
        note_wait(acc, held, node, node->first);
}

static void follow(struct acc *acc, struct held *held, struct node *node)
{
    if (node->is_unevaluated || held->has_left)
        return;
    switch (node->kind) {
    case NODE_IF: follow_branches(acc, held, node); return;
    case NODE_FOR: follow_for(acc, held, node); return;
    case NODE_ASYNC_WITH: follow_with(acc, held, node); return;
    case NODE_ASYNC_FOR: follow_each(acc, held, node); return;
    case NODE_WHILE: case NODE_DO: case NODE_SWITCH: case NODE_TRY:
        follow_parts(acc, held, node);
        return;
    case NODE_DEFER: return; /* later */
    case NODE_RETURN: case NODE_THROW: case NODE_GOTO: case NODE_GOTO_COMPUTED: case NODE_BREAK: case NODE_CONTINUE:
        follow_children(acc, held, node);
        held->has_left = true;
        return;
    case NODE_BLOCK: follow_block(acc, held, node); return;
    default:
        follow_children(acc, held, node);
        if (node->kind == NODE_CALL)
            note_call(acc, held, node);
        if (waits(node))
            note_wait(acc, held, node, waiting_token(node));
    }
}

/* ---- -Wstatic-buffer-across-await ------------------------------------------------------------ */

struct borrower {
    const char *name, *instead;
};

static const struct borrower borrowers[] = {
    {"strtok", "strtok_r"}, {"localtime", "localtime_r"}, {"gmtime", "gmtime_r"}, {"asctime", "asctime_r"},
    {"ctime", "ctime_r"}, {"getpwnam", "getpwnam_r"}, {"getpwuid", "getpwuid_r"}, {"getpwent", "getpwent_r"},
    {"getgrnam", "getgrnam_r"}, {"getgrgid", "getgrgid_r"}, {"getgrent", "getgrent_r"},
    {"gethostbyname", "getaddrinfo"}, {"gethostbyaddr", "getnameinfo"}, {"getservbyname", "getservbyname_r"},
    {"getservbyport", "getservbyport_r"}, {"getprotobyname", "getprotobyname_r"},
    {"getprotobynumber", "getprotobynumber_r"}, {"inet_ntoa", "inet_ntop"}, {"ether_ntoa", "ether_ntoa_r"},
    {"strerror", "strerror_r"}, {"strsignal", "sigdescr_np"}, {"ttyname", "ttyname_r"}, {"getlogin", "getlogin_r"},
    {"getmntent", "getmntent_r"}, {"crypt", "crypt_r"}, {"ptsname", "ptsname_r"}, {"tmpnam", "mkstemp"},
};

struct loan {
    const struct symbol *variable;
    const struct node *call;
    const struct borrower *borrower;
    uint32_t end; /* of the statement or initialiser that sets the variable */
};

/* A variable is assigned to, or initialised. */
struct setting {
    const struct symbol *variable;
    uint32_t first; /* token of its name */
};

struct crossing {
    struct acc *acc;
    struct waits waits;
    struct loan *loans;
    struct setting *settings;
    const struct node **strtoks;   /* calls of it */
    uint32_t loan_count, setting_count, strtok_count;
};

static const struct borrower *borrower_of(const struct acc *acc, const struct node *value)
{
    const struct node *callee = called_name(value);
    for (size_t i = 0; callee && i < sizeof borrowers / sizeof *borrowers; i++)
        if (token_is(acc, callee->first, borrowers[i].name))
            return is_system_function(acc, callee->symbol) ? &borrowers[i] : NULL;
    return NULL;
}

static void note_setting(struct crossing *crossing, const struct symbol *variable, uint32_t token,
                         struct node *value)
{
    struct arena *arena = crossing->acc->arena;
    struct node *call = bare_value(value);
    const struct borrower *borrower = borrower_of(crossing->acc, call);
    *ARENA_PUSH(arena, crossing->settings, crossing->setting_count) = (struct setting){variable, token};
    if (borrower && !variable->is_static)
        *ARENA_PUSH(arena, crossing->loans, crossing->loan_count) =
            (struct loan){variable, call, borrower, value->last};
}

static void collect(struct crossing *crossing, struct node *node)
{
    struct arena *arena = crossing->acc->arena;
    if (node->is_unevaluated)
        return;
    if (called_name(node) && token_is(crossing->acc, called_name(node)->first, "strtok") &&
             node->count > 1)
        *ARENA_PUSH(arena, crossing->strtoks, crossing->strtok_count) = node;
    else if (node->kind == NODE_INIT_DECLARATOR && node->count > 1 && node->child[1] &&
             declared(node->child[0]) && node->child[1]->kind != NODE_INIT_LIST)
        note_setting(crossing, declared(node->child[0]), node->child[0]->first, node->child[1]);
    else if (node->kind == NODE_ASSIGN && node_strip(node->child[0])->kind == NODE_NAME &&
             node_strip(node->child[0])->symbol)
        note_setting(crossing, node_strip(node->child[0])->symbol,
                     node_strip(node->child[0])->first, node->child[1]);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i])
            collect(crossing, node->child[i]);
}

/* The first token in a part of the text that sets the variable; UINT32_MAX: none does. */
static uint32_t next_setting(const struct crossing *crossing, const struct symbol *variable, struct span part)
{
    uint32_t next = UINT32_MAX;
    for (uint32_t i = 0; i < crossing->setting_count; i++) {
        struct setting setting = crossing->settings[i];
        bool is_inside = setting.first > part.first && setting.first < part.last;
        if (setting.variable == variable && is_inside && setting.first < next)
            next = setting.first;
    }
    return next;
}

static bool is_in_danger(const struct crossing *crossing, const struct loan *loan, uint32_t wait,
                         uint32_t use)
{
    if (use > wait)
        return true;
    const struct span *loop = loop_around(&crossing->waits, loan->end, wait, use);
    return loop && next_setting(crossing, loan->variable, *loop) == UINT32_MAX;
}

static bool report_use(struct crossing *crossing, const struct loan *loan, struct span part,
                       const struct node *use)
{
    for (uint32_t i = 0; i < crossing->waits.count; i++) {
        struct wait wait = crossing->waits.list[i];
        if (wait.token < part.first || wait.token > part.last ||
            !is_in_danger(crossing, loan, wait.token, use->first))
            continue;
        report(crossing->acc, MESSAGE_STATIC_BUFFER, loan->call->first, loan->borrower->name,
               loan->borrower->instead);
        report_wait(crossing->acc, wait.node);
        report(crossing->acc, MESSAGE_USED_HERE, use->first);
        return true;
    }
    return false;
}

/* What is said of the buffer holds until the variable is set anew. */
static void report_loan(struct crossing *crossing, const struct loan *loan)
{
    struct span part = {loan->end, UINT32_MAX};
    part.last = next_setting(crossing, loan->variable, part);
    for (uint32_t i = 0; i < crossing->waits.use_count; i++) {
        const struct node *use = crossing->waits.uses[i];
        if (use->symbol == loan->variable && use->first > part.first && use->first < part.last &&
            report_use(crossing, loan, part, use))
            return;
    }
}

/* ---- strtok, which keeps its place itself ---------------------------------------------------- */

static bool goes_on(const struct acc *acc, const struct node *call)
{
    struct node *text = node_strip(call->child[1]);
    if (text->kind == NODE_CAST)
        text = node_strip(text->child[1]);
    return text->kind == NODE_CONSTANT &&
           (token_is(acc, text->first, "0") || token_is(acc, text->first, "nullptr"));
}

/* The last call in a part of the text that begins with another text, or 0. */
static uint32_t last_begin(const struct crossing *crossing, struct span part)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < crossing->strtok_count; i++) {
        const struct node *call = crossing->strtoks[i];
        bool is_inside = call->first > part.first && call->first < part.last;
        if (is_inside && call->first > last && !goes_on(crossing->acc, call))
            last = call->first;
    }
    return last;
}

/* Whether the function waits between a call and what it goes on with. */
static bool is_between(const struct crossing *crossing, uint32_t begin, uint32_t wait,
                       const struct node *call)
{
    if (begin && begin < wait && wait < call->first)
        return true;
    const struct span *loop = loop_around(&crossing->waits, 0, wait, call->first);
    return loop && !last_begin(crossing, *loop);
}

static void report_strtok(struct crossing *crossing, const struct node *call)
{
    uint32_t begin = last_begin(crossing, (struct span){0, call->first});
    for (uint32_t i = 0; i < crossing->waits.count; i++) {
        struct wait wait = crossing->waits.list[i];
        if (!is_between(crossing, begin, wait.token, call))
            continue;
        report(crossing->acc, MESSAGE_STRTOK_ACROSS, call->first);
        report_wait(crossing->acc, wait.node);
        return;
    }
}

void warn_across(struct acc *acc, struct node *body)
{
    struct held held = {.count = 0};
    struct crossing crossing = {.acc = acc};
    follow(acc, &held, body);
    collect(&crossing, body);
    if (crossing.loan_count || crossing.strtok_count)
        collect_waits(acc, &crossing.waits, body);
    for (uint32_t i = 0; i < crossing.loan_count; i++)
        report_loan(&crossing, &crossing.loans[i]);
    for (uint32_t i = 0; i < crossing.strtok_count; i++)
        if (goes_on(acc, crossing.strtoks[i]))
            report_strtok(&crossing, crossing.strtoks[i]);
}
