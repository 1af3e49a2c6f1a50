/* backup_job.c - a backup as a job of the server, and the list of those that were made. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/backup_impl.h"
#include "work/impl.h"
#include "work/jobs_impl.h"
#include "work/tree.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define UNFINISHED ".part"

const char *work_backup_folder(const struct work *w)
{
    return w->backups;
}

/* ---- one that was made ---- */

static int64_t lines_of(str text)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

/* A checkpoint's second line is the size of the log. */
static int64_t leaves_of(arena *a, const char *dir)
{
    err ignored = ERR_IN(a);
    str text, rest;
    int64_t n = 0;
    if (!file_read(a, str_fmt(a, "%s/log/checkpoint", dir).p, 1 << 20, &text, &ignored)) return 0;
    (void)str_cut(text, '\n', &rest);
    (void)!str_int(str_cut(rest, '\n', &rest), &n);
    return n;
}

/* What the copy says of itself; its bytes are counted, not read again. */
static bool look_at(arena *a, const char *folder, str name, backup_info *ret, err *e)
{
    const char *dir = str_fmt(a, "%s/%.*s", folder, STR_ARG(name)).p;
    struct stat st;
    str sums;
    uint64_t bytes, files;
    if (!sums_read(a, dir, &sums, e) || !tree_size(a, dir, NULL, &bytes, &files, e)) return false;
    if (stat(dir, &st) != 0) return err_errno(e, errno, str_of(dir), "cannot look at");
    *ret = (backup_info){.name = name,
                         .sha256 = hash_bytes(sums.p, sums.n),
                         .files = lines_of(sums),
                         .bytes = (int64_t)bytes,
                         .leaves = leaves_of(a, dir),
                         .made_at = (int64_t)st.st_mtim.tv_sec * 1000};
    return true;
}

/* ---- the job ---- */

static bool check(struct work *w, const actor *who, const doc *payload, arena *a, str *ret, err *e)
{
    (void)who;
    (void)a;
    *ret = S("{}");
    if (!payload || payload->kind != DOC_OBJ || payload->n)
        return err_set(e, ERR_INVALID, S("payload"), S("give {}"), "a backup takes no payload");
    return !store_is_postgres(w->store) ||
           err_set(e, ERR_CONFLICT, S("store"), S("see docs/administration.md: pg_dump"),
                   "the database is kept by PostgreSQL, which copies it itself");
}

/* 20261122T015612Z: sorts by time, and is a name everywhere. */
static str name_now(arena *a)
{
    str text = clock_text(a, clock_now());
    buf b = buf_open(a, 64);
    for (size_t i = 0; i < 19; i++)
        if (text.p[i] != '-' && text.p[i] != ':') buf_putc(&b, text.p[i]);
    buf_putc(&b, 'Z');
    return buf_str(&b);
}

static void drop_unfinished(arena *a, const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *x; d && (x = readdir(d));)
        if (str_ends(str_of(x->d_name), S(UNFINISHED)))
            tree_remove(str_fmt(a, "%s/%s", folder, x->d_name).p);
    if (d) closedir(d);
}

static bool finish(const char *part, const char *to, err *e)
{
    if (file_exists(to))
        return err_set(e, ERR_CONFLICT, str_of(to), S("try again in a second"),
                       "there is a backup of this second");
    return rename(part, to) == 0 || err_errno(e, errno, str_of(to), "cannot name the backup");
}

static str told(const backup_info *x, arena *a)
{
    buf b = buf_open(a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "name", x->name);
    jw_m_str(&w, "sha256", digest_hex(a, x->sha256));
    jw_m_int(&w, "files", x->files);
    jw_m_int(&w, "bytes", x->bytes);
    jw_m_int(&w, "leaves", x->leaves);
    jw_obj_end(&w);
    return buf_str(&b);
}

static bool here(struct work *w, const doc *payload, job_watch *watch, arena *a, str *ret, err *e)
{
    const char *folder = work_backup_folder(w);
    str name = name_now(a);
    backup_info x;
    (void)payload;
    if (!file_mkdirs(folder, 0700, e)) return false;
    drop_unfinished(a, folder);
    const char *to = str_fmt(a, "%s/%.*s", folder, STR_ARG(name)).p;
    const char *part = str_fmt(a, "%s" UNFINISHED, to).p;
    if (!work_backup(w->dir, part, watch, e) || !finish(part, to, e)) {
        tree_remove(part);
        return false;
    }
    if (!look_at(a, folder, name, &x, e)) return false;
    *ret = told(&x, a);
    return true;
}

const job_kind job_backup = {.name = "backup", .cap = CAP_ADMIN, .check = check, .here = here};

/* ---- the list ---- */

enum { LISTED = 500 };

static int newest_first(const void *p, const void *q)
{
    const backup_info *x = p, *y = q;
    return -strcmp(x->name.p, y->name.p);
}

static bool is_backup(arena *a, const char *folder, str name)
{
    return !str_starts(name, S(".")) && !str_ends(name, S(UNFINISHED)) &&
           file_exists(str_fmt(a, "%s/%.*s/" BACKUP_SUMS, folder, STR_ARG(name)).p);
}

bool work_backups(struct work *w, const actor *who, arena *a, backup_info **ret, size_t *ret_n,
                  err *e)
{
    const char *folder = work_backup_folder(w);
    *ret_n = 0;
    *ret = arena_new(a, backup_info, LISTED);
    if (!work_may(w, who, CAP_ADMIN, "listing backups", e)) return false;
    DIR *d = opendir(folder);
    bool ok = true;
    for (struct dirent *x; ok && d && *ret_n < LISTED && (x = readdir(d));) {
        str name = str_dup(a, str_of(x->d_name));
        if (is_backup(a, folder, name)) ok = look_at(a, folder, name, &(*ret)[(*ret_n)++], e);
    }
    if (d) closedir(d);
    qsort(*ret, *ret_n, sizeof **ret, newest_first);
    return ok;
}
