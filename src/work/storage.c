/* storage.c - counts rows, files and bytes of a data directory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/storage.h"
#include "work/backup.h"
#include "work/impl.h"
#include "work/tree.h"
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static bool count_records(struct tx *t, storage *s, err *e)
{
    const page all = {.limit = 1};
    for (size_t i = 0; i < register_n_records; i++)
        if (!row_count(t, register_records[i], &all, &s->records[i], e)) return false;
    return true;
}

static bool counts_tx(struct tx *t, void *ctx, err *e)
{
    storage *s = ctx;
    rows r;
    if (!count_records(t, s, e) || !tx_query(t, e->a, SQL(Q_FILE_TOTAL), NULL, 0, &r, e))
        return false;
    s->files = r.at[0].i;
    s->file_bytes = r.at[1].i;
    return tx_int(t, SQL(Q_JOB_COUNT), NULL, 0, 0, &s->jobs, e) &&
           tx_int(t, SQL(Q_ACCOUNT_COUNT), NULL, 0, 0, &s->accounts, e) &&
           ledger_size(t, &s->leaves, e);
}

static void look_at_database(struct work *w, arena *a, storage *s)
{
    struct stat st;
    if (store_is_postgres(w->store)) return;
    s->path = str_fmt(a, "%s/aims.db", w->dir);
    if (stat(str_fmt(a, "%s-wal", s->path.p).p, &st) == 0) s->wal_bytes = st.st_size;
}

static bool look_at_disk(struct work *w, arena *a, storage *s, err *e)
{
    struct statvfs v;
    uint64_t bytes, files;
    if (statvfs(w->dir, &v) != 0) return err_errno(e, errno, S(""), "cannot look at the disk");
    s->disk_free = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
    s->disk_size = (int64_t)v.f_blocks * (int64_t)v.f_frsize;
    if (!tree_size(a, str_fmt(a, "%s/log", w->dir).p, NULL, &bytes, &files, e)) return false;
    s->log_bytes = (int64_t)bytes;
    s->log_files = (int64_t)files;
    return true;
}

bool work_storage(struct work *w, const actor *who, arena *a, storage *ret, err *e)
{
    *ret = (storage){.kind = store_is_postgres(w->store) ? "postgresql" : "sqlite",
                     .directory = str_of(w->dir),
                     .backups = str_of(work_backup_folder(w)),
                     .records = arena_new(a, int64_t, register_n_records)};
    if (!work_may(w, who, CAP_ADMIN, "the state of the store", e)) return false;
    ret->schema = store_schema_version(w->store, e);
    if (ret->schema < 0 || !store_about(w->store, a, &ret->version, &ret->bytes, e)) return false;
    look_at_database(w, a, ret);
    return store_read(w->store, counts_tx, ret, e) && look_at_disk(w, a, ret, e);
}
