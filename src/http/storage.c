/* storage.c - handlers of the store: what it takes up, its backups, making one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/storage.h"
#include "http/handlers.h"
#include "work/backup.h"

static void put_records(jw *w, const storage *s)
{
    jw_key(w, "records");
    jw_arr(w);
    for (size_t i = 0; i < register_n_records; i++) {
        jw_obj(w);
        jw_m_strz(w, "type", register_records[i]->name);
        jw_m_strz(w, "plural", register_records[i]->plural);
        jw_m_int(w, "count", s->records[i]);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static void put_database(jw *w, const storage *s)
{
    jw_m_strz(w, "kind", s->kind);
    jw_m_str(w, "version", s->version);
    jw_m_int(w, "schema", s->schema);
    jw_m_str(w, "path", s->path); /* null: PostgreSQL */
    jw_m_int(w, "bytes", s->bytes);
    jw_m_int(w, "wal_bytes", s->wal_bytes);
}

bool do_storage(request *q, err *e)
{
    storage s;
    if (!work_storage(q->w, &q->who, q->a, &s, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_database(&w, &s);
    jw_m_str(&w, "directory", s.directory);
    put_records(&w, &s);
    jw_m_int(&w, "jobs", s.jobs);
    jw_m_int(&w, "accounts", s.accounts);
    jw_m_int(&w, "leaves", s.leaves);
    jw_m_int(&w, "log_bytes", s.log_bytes);
    jw_m_int(&w, "log_files", s.log_files);
    jw_m_int(&w, "files", s.files);
    jw_m_int(&w, "file_bytes", s.file_bytes);
    jw_m_int(&w, "disk_free", s.disk_free);
    jw_m_int(&w, "disk_size", s.disk_size);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

static void put_backup(jw *w, const void *item)
{
    const backup_info *x = item;
    jw_obj(w);
    jw_m_str(w, "name", x->name);
    jw_m_str(w, "sha256", digest_hex(w->b->a, x->sha256));
    jw_m_int(w, "files", x->files);
    jw_m_int(w, "bytes", x->bytes);
    jw_m_int(w, "leaves", x->leaves);
    jw_m_time(w, "made_at", x->made_at);
    jw_obj_end(w);
}

bool do_backups(request *q, err *e)
{
    backup_info *at;
    size_t n;
    if (!work_backups(q->w, &q->who, q->a, &at, &n, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "folder", work_backup_folder(q->w));
    put_items(&w, at, n, sizeof *at, put_backup);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_backup_add(request *q, err *e)
{
    static const doc nothing = {.kind = DOC_OBJ};
    job j;
    if (!job_add(q->w, &q->who, S("backup"), &nothing, q->a, &j, e)) return false;
    reply_header(q, "Location", str_fmt(q->a, "/api/v1/jobs/%lld", (long long)j.id));
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    job_json(&j, &w);
    reply_json(q, route_status(q->route), &b);
    return true;
}
