/* backup.c - copies a data directory while it is in use, and checks a copy before it is restored.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/backup.h"
#include "work/backup_impl.h"
#include "work/doctor.h"
#include "work/impl.h"
#include "work/prove.h"
#include "work/tree.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- copying ---- */

bool copy_go_on(struct copying *c, uint64_t bytes, err *e)
{
    c->done += bytes;
    if (!c->watch) return true;
    if (c->total) c->watch->permille = c->done < c->total ? (int)(c->done * 1000 / c->total) : 999;
    return !c->watch->stop ||
           err_set(e, ERR_UNAVAILABLE, S(""), S("begin anew"), "the copy was stopped");
}

static bool copy_bytes(struct copying *c, int in, int out, const char *to, err *e)
{
    char chunk[65536];
    for (ssize_t n; (n = read(in, chunk, sizeof chunk)) != 0;) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_errno(e, errno, str_of(to), "cannot read the original of");
        for (ssize_t at = 0, k; at < n; at += k)
            if ((k = write(out, chunk + at, (size_t)(n - at))) < 0)
                return err_errno(e, errno, str_of(to), "cannot write");
        if (!copy_go_on(c, (uint64_t)n, e)) return false;
    }
    return fsync(out) == 0 || err_errno(e, errno, str_of(to), "cannot write");
}

/* A file that has gone meanwhile was a temporary one of the server. */
static bool copy_file(struct copying *c, const char *from, const char *to, unsigned mode, err *e)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0) return errno == ENOENT || err_errno(e, errno, str_of(from), "cannot open");
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool ok = out >= 0 ? copy_bytes(c, in, out, to, e)
                       : err_errno(e, errno, str_of(to), "cannot make the file");
    if (out >= 0) close(out);
    close(in);
    return ok;
}

static bool make_dir(const char *path, unsigned mode, err *e)
{
    if (mkdir(path, mode) == 0) return true;
    if (errno == EEXIST)
        return err_set(e, ERR_CONFLICT, str_of(path), S("name a directory that does not exist yet"),
                       "'%s' is there already", path);
    return err_errno(e, errno, str_of(path), "cannot make the directory");
}

static bool copy_entry(void *ctx, const tree_entry *x, err *e)
{
    struct copying *c = ctx;
    const char *to = str_fmt(c->a, "%s/%s", c->to, x->name).p;
    return x->directory ? make_dir(to, x->mode, e) : copy_file(c, x->path, to, x->mode, e);
}

static bool check_embedded(arena *a, const char *dir, err *e)
{
    if (!file_exists(str_fmt(a, "%s/store", dir).p)) return true;
    return err_set(e, ERR_UNAVAILABLE, S("store"), S("see docs/administration.md: pg_dump"),
                   "the database of '%s' is kept elsewhere", dir);
}

/* A copy inside of what it copies would never end. */
static bool check_apart(arena *a, const char *dir, const char *to, err *e)
{
    char real_dir[PATH_MAX], real_to[PATH_MAX];
    const char *slash = strrchr(to, '/');
    const char *parent = slash ? str_fmt(a, "%.*s/", (int)(slash - to), to).p : ".";
    if (!realpath(dir, real_dir) || !realpath(parent, real_to)) return true; /* said later */
    str in = str_fmt(a, "%s/", real_dir), at = str_fmt(a, "%s/", real_to);
    if (!str_starts(at, in) || str_starts(at, str_fmt(a, "%s" BACKUP_FOLDER "/", in.p)))
        return true;
    return err_set(e, ERR_INVALID, str_of(to), S("name a directory outside of it"),
                   "'%s' lies in the data directory itself", to);
}

static bool file_size(const char *path, uint64_t *ret)
{
    struct stat st;
    bool ok = stat(path, &st) == 0;
    *ret = ok ? (uint64_t)st.st_size : 0;
    return ok;
}

static bool copy_log(struct copying *c, struct work *w, err *e)
{
    actor machine = actor_machine("cli");
    uint64_t bytes, files;
    const char *to = str_fmt(c->a, "%s/log", c->to).p;
    return work_log_export(w, &machine, to, e) && tree_size(c->a, to, NULL, &bytes, &files, e) &&
           copy_go_on(c, bytes, e);
}

static bool copy_database(struct copying *c, const char *dir, err *e)
{
    uint64_t bytes;
    const char *to = str_fmt(c->a, "%s/aims.db", c->to).p;
    if (!store_backup(str_fmt(c->a, "%s/aims.db", dir).p, to, e)) return false;
    (void)file_size(to, &bytes);
    return copy_go_on(c, bytes, e);
}

bool work_backup(const char *dir, const char *to, struct job_watch *watch, err *e)
{
    static const char *const skip[] = {"lock",        "log",       "aims.db",     "aims.db-wal",
                                       "aims.db-shm", "files/tmp", BACKUP_FOLDER, NULL};
    static const char *const others[] = {"lock", "files/tmp", BACKUP_FOLDER, NULL};
    struct work *w;
    arena *a = arena_open();
    work_options o = {.dir = dir, .read_only = true};
    struct copying c = {.a = a, .to = to, .watch = watch};
    uint64_t files;
    bool ok = check_embedded(a, dir, e) && work_open(a, &o, &w, e) && check_apart(a, dir, to, e) &&
              tree_size(a, dir, others, &c.total, &files, e);
    c.total *= 2; /* each file is written, and read again for its digest */
    ok = ok && make_dir(to, 0700, e) && copy_log(&c, w, e) && copy_database(&c, dir, e) &&
         tree_walk(a, dir, skip, copy_entry, &c, e) && sums_write(&c, e);
    arena_close(a);
    return ok;
}

/* ---- restoring ---- */

/* The database of a copy is younger than its log: publishing brings the log up to it. */
static bool bring_up(const char *dir, uint64_t *ret_size, err *e)
{
    struct work *w;
    log_head head = {0};
    arena *a = arena_open();
    actor machine = actor_machine("cli");
    work_options o = {.dir = dir};
    bool ok =
        work_open(a, &o, &w, e) && work_publish(w, e) && work_log_head(w, &machine, a, &head, e);
    *ret_size = head.size;
    arena_close(a);
    return ok;
}

static bool check_all(arena *a, const char *dir, err *e)
{
    doctor_report r;
    if (!doctor(dir, true, a, &r, e)) return false;
    for (size_t i = 0; i < r.n; i++)
        if (!r.checks[i].ok && strcmp(r.checks[i].name, "disk") != 0)
            return err_set(e, ERR_DAMAGED, str_of(r.checks[i].name), r.checks[i].hint, "%.*s",
                           STR_ARG(r.checks[i].text));
    return true;
}

static bool copy_back(const char *from, const char *dir, err *e)
{
    static const char *const skip[] = {"lock", BACKUP_SUMS, BACKUP_FOLDER, NULL};
    arena *a = arena_open();
    struct copying c = {.a = a, .to = dir};
    bool ok = make_dir(dir, 0700, e) && tree_walk(a, from, skip, copy_entry, &c, e);
    arena_close(a);
    return ok;
}

bool work_restore(const char *from, const char *dir, uint64_t *ret_size, err *e)
{
    if (!file_exists(str_fmt(e->a, "%s/log.vkey", from).p))
        return err_set(e, ERR_NOT_FOUND, str_of(from), S("make one with: aims backup"),
                       "'%s' is no copy of a data directory", from);
    if (!check_embedded(e->a, from, e)) return false;
    if (!sums_check(from, e)) return err_prefix(e, "the copy is not good, do not use '%s'", from);
    if (!copy_back(from, dir, e)) return false;
    return (bring_up(dir, ret_size, e) && check_all(e->a, dir, e)) ||
           err_prefix(e, "the copy is not good, do not use '%s'", dir);
}
