/* doctor.c - the checks of `aims doctor`, one function each. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/doctor.h"
#include "catalog/catalog.h"
#include "measure/measure.h"
#include "work/impl.h"
#include "work/prove.h"
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { DISK_MIN = 200 << 20, PAST_MS = 300000 };

static void add(doctor_report *r, const char *name, bool ok, str text, str hint)
{
    if (r->n == DOCTOR_MAX) return;
    r->checks[r->n++] = (doctor_check){name, ok, text, hint};
    r->bad += !ok;
}

static void add_err(doctor_report *r, const char *name, const err *e)
{
    add(r, name, false, e->msg, e->hint);
}

static void check_program(arena *a, doctor_report *r)
{
    size_t frameworks, controls;
    catalog_frameworks(&frameworks);
    catalog_controls(&controls);
    bool ok = controls == 38;
    add(r, "program", ok,
        str_fmt(a,
                "aims " AIMS_VERSION
                ", %zu controls, %zu frameworks, %zu kinds of measurement, schema %d",
                controls, frameworks, measure_n_kinds, store_schema_known()),
        S("install it again"));
}

static void check_key(arena *a, const char *dir, const char *name, doctor_report *r)
{
    struct stat st;
    const char *path = str_fmt(a, "%s/keys/%s", dir, name).p;
    if (stat(path, &st) != 0) {
        add(r, "keys", false, str_fmt(a, "%s is missing", path), S("restore it from a backup"));
        return;
    }
    bool safe = (st.st_mode & 077) == 0;
    add(r, "keys", safe, str_fmt(a, "%s has mode %03o", path, (unsigned)(st.st_mode & 0777)),
        str_fmt(a, "chmod 600 %s", path));
}

static void check_disk(arena *a, const char *dir, doctor_report *r)
{
    struct statvfs v;
    if (statvfs(dir, &v) != 0) return;
    uint64_t left = (uint64_t)v.f_bavail * v.f_frsize;
    add(r, "disk", left >= DISK_MIN, str_fmt(a, "%llu MiB free", (unsigned long long)(left >> 20)),
        S("free space: without it no act can be acknowledged"));
}

struct last {
    int64_t size, at;
};

static bool last_tx(struct tx *t, void *ctx, err *e)
{
    struct last *l = ctx;
    str body;
    if (!ledger_size(t, &l->size, e)) return false;
    return l->size == 0 || ledger_leaf(t, e->a, l->size - 1, &body, &l->at, e);
}

static void check_clock(arena *a, struct work *w, doctor_report *r)
{
    err e = ERR_IN(a);
    struct last l = {0};
    if (!store_read(w->store, last_tx, &l, &e)) {
        add_err(r, "clock", &e);
        return;
    }
    int64_t now = clock_now();
    bool fixed = getenv("AIMS_CLOCK") != NULL;
    add(r, "clock", l.at <= now + PAST_MS && !fixed,
        str_fmt(a, "now %s, newest leaf %s%s", clock_text(a, now).p, clock_text(a, l.at).p,
                fixed ? ", fixed by AIMS_CLOCK" : ""),
        fixed ? S("unset AIMS_CLOCK") : S("set the clock: leaves lie in the future"));
}

static void check_log(arena *a, struct work *w, doctor_report *r)
{
    err e = ERR_IN(a);
    verify_report v;
    actor machine = actor_machine("cli");
    if (!work_log_verify(w, &machine, a, &v, &e)) {
        add_err(r, "log", &e);
        return;
    }
    str text = v.total ? v.findings[0].what
                       : str_fmt(a, "%llu leaves verified with key %.*s",
                                 (unsigned long long)v.size, STR_ARG(work_vkey(w)));
    add(r, "log", v.total == 0, text,
        S("stop, keep everything, and compare with a backup and old checkpoints"));
}

static bool files_tx(struct tx *t, void *ctx, err *e)
{
    return tx_query(t, e->a, SQL(Q_FILE_LIST), NULL, 0, ctx, e);
}

static bool read_file(struct work *w, digest d, err *e)
{
    arena *a = arena_open();
    struct vault_out *out;
    const void *p;
    size_t n = 1;
    bool ok = vault_read(w->vault, a, d, &out, e);
    while (ok && n)
        ok = vault_next(out, &p, &n, e);
    arena_close(a);
    return ok;
}

static void check_files(arena *a, struct work *w, bool complete, doctor_report *r)
{
    err e = ERR_IN(a);
    rows found;
    size_t missing = 0, damaged = 0;
    if (!store_read(w->store, files_tx, &found, &e)) {
        add_err(r, "files", &e);
        return;
    }
    for (size_t i = 0; i < found.n; i++) {
        digest d;
        if (!digest_parse(found.at[i * found.cols].s, &d)) continue;
        if (!vault_has(w->vault, d))
            missing++;
        else if (complete && !read_file(w, d, &e))
            damaged++;
    }
    add(r, "files", !missing && !damaged,
        str_fmt(a, "%zu files, %zu missing, %s", found.n, missing,
                complete ? str_fmt(a, "%zu damaged", damaged).p : "contents not read (--complete)"),
        S("restore the directory files/ from a backup"));
}

static void check_store(arena *a, struct work *w, doctor_report *r)
{
    err e = ERR_IN(a);
    int version = store_schema_version(w->store, &e);
    add(r, "store", version == store_schema_known(),
        str_fmt(a, "%s, schema %d", store_is_postgres(w->store) ? "PostgreSQL" : "SQLite", version),
        S("start the server once to migrate"));
}

bool doctor(const char *dir, bool complete, arena *a, doctor_report *ret, err *e)
{
    struct work *w;
    work_options o = {.dir = dir, .read_only = true, .check_log = complete};
    err open = ERR_IN(e->a);
    *ret = (doctor_report){0};
    check_program(a, ret);
    if (!dir) return true;
    check_key(a, dir, "log.skey", ret);
    check_key(a, dir, "files.key", ret);
    check_disk(a, dir, ret);
    if (!work_open(a, &o, &w, &open)) {
        add_err(ret, "directory", &open);
        return true;
    }
    add(ret, "directory", true, str_of(dir), S(""));
    check_store(a, w, ret);
    check_clock(a, w, ret);
    check_log(a, w, ret);
    check_files(a, w, complete, ret);
    return true;
}

void doctor_json(const doctor_report *r, jw *out)
{
    jw_obj(out);
    jw_m_bool(out, "ok", r->bad == 0);
    jw_key(out, "checks");
    jw_arr(out);
    for (size_t i = 0; i < r->n; i++) {
        jw_obj(out);
        jw_m_strz(out, "name", r->checks[i].name);
        jw_m_bool(out, "ok", r->checks[i].ok);
        jw_m_str(out, "text", r->checks[i].text);
        if (!r->checks[i].ok) jw_m_str(out, "hint", r->checks[i].hint);
        jw_obj_end(out);
    }
    jw_arr_end(out);
    jw_obj_end(out);
}
