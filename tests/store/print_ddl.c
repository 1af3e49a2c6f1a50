/* print_ddl.c - prints the tables of record types that sql/ does not make yet: the next migration.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/register.h"
#include "store/store.h"
#include <unistd.h>

static bool has_table(struct tx *t, void *ctx, err *e)
{
    int64_t n = 0;
    value name[] = {V_TEXT(str_of(*(const char **)ctx))};
    bool ok = tx_int(t, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
                     name, 1, 0, &n, e);
    if (n) *(const char **)ctx = NULL;
    return ok;
}

static bool print_missing(struct store *s, arena *a, err *e)
{
    for (size_t i = 0; i < register_n_records; i++) {
        const char *table = register_records[i]->name;
        if (!store_read(s, has_table, &table, e)) return false;
        if (table) printf("\n%s", record_ddl(register_records[i], a).p);
    }
    return true;
}

int main(void)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    char dir[] = "/tmp/aims-ddl.XXXXXX";
    if (!mkdtemp(dir)) return 70;
    str url = str_fmt(a, "sqlite:%s/aims.db", dir);
    register_validate();
    arena *inner = arena_open();
    bool ok = store_open(inner, &(store_options){.url = url.p, .create = true}, &s, &e) &&
              print_missing(s, a, &e);
    if (!ok) fprintf(stderr, "print_ddl: %s\n", e.msg.p);
    arena_close(inner); /* closes the database, which removes -wal and -shm */
    unlink(url.p + strlen("sqlite:"));
    rmdir(dir);
    int status = ok ? 0 : err_exit(e.code);
    arena_close(a);
    return status;
}
