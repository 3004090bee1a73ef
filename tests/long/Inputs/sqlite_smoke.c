/* Fills a table, asks for sums, and lets SQLite check itself. */
#include <stdio.h>
#include <stdlib.h>

#include "sqlite3.h"

static sqlite3 *database;

static void run(const char *statement)
{
    char *message = NULL;
    if (sqlite3_exec(database, statement, NULL, NULL, &message) != SQLITE_OK) {
        printf("%s: %s\n", statement, message);
        exit(1);
    }
}

static const char *ask(const char *question, char *answer, int size)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(database, question, -1, &statement, NULL) != SQLITE_OK
        || sqlite3_step(statement) != SQLITE_ROW) {
        printf("%s: %s\n", question, sqlite3_errmsg(database));
        exit(1);
    }
    snprintf(answer, (size_t)size, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return answer;
}

static void fill(void)
{
    char text[100];
    run("BEGIN");
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "INSERT INTO t VALUES (%d, 'row number %d')", i, i);
        run(text);
    }
    run("COMMIT");
}

int main(void)
{
    char count[100], sum[100], longest[100], integrity[100];
    sqlite3_open(":memory:", &database);
    run("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)");
    fill();
    printf("%s rows, sum %s, longest '%s', integrity %s\n", ask("SELECT count(*) FROM t", count, sizeof count),
           ask("SELECT sum(n) FROM t", sum, sizeof sum),
           ask("SELECT text FROM t ORDER BY length(text) DESC, n DESC LIMIT 1", longest, sizeof longest),
           ask("PRAGMA integrity_check", integrity, sizeof integrity));
    sqlite3_close(database);
    return 0;
}
