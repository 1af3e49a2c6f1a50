/* backup.c - copies a data directory while it is in use, and checks a copy before it is restored.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/backup.h"
#include "work/doctor.h"
#include "work/impl.h"
#include "work/prove.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool copy_bytes(int in, int out, const char *to, err *e)
{
    char chunk[65536];
    for (ssize_t n; (n = read(in, chunk, sizeof chunk)) != 0;) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_errno(e, errno, str_of(to), "cannot read the original of");
        for (ssize_t at = 0, k; at < n; at += k)
            if ((k = write(out, chunk + at, (size_t)(n - at))) < 0)
                return err_errno(e, errno, str_of(to), "cannot write");
    }
    return fsync(out) == 0 || err_errno(e, errno, str_of(to), "cannot write");
}

/* A file that has gone meanwhile was a temporary one of the server. */
static bool copy_file(const char *from, const char *to, unsigned mode, err *e)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0) return errno == ENOENT || err_errno(e, errno, str_of(from), "cannot open");
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool ok = out >= 0 ? copy_bytes(in, out, to, e)
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

/* skip: names of the top level that are left out. */
static bool copy_tree(arena *a, const char *from, const char *to, const char *const *skip, err *e);

static bool copy_entry(arena *a, const char *from, const char *to, err *e)
{
    struct stat st;
    if (lstat(from, &st) != 0)
        return errno == ENOENT || err_errno(e, errno, str_of(from), "cannot look at");
    if (S_ISREG(st.st_mode)) return copy_file(from, to, st.st_mode & 0777, e);
    if (S_ISDIR(st.st_mode))
        return make_dir(to, st.st_mode & 0777, e) && copy_tree(a, from, to, NULL, e);
    return err_set(e, ERR_INVALID, str_of(from), S("take it out of the data directory"),
                   "'%s' is neither file nor directory", from);
}

static bool skipped(const char *const *skip, const char *name)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return true;
    for (; skip && *skip; skip++)
        if (strcmp(*skip, name) == 0) return true;
    return false;
}

static bool copy_tree(arena *a, const char *from, const char *to, const char *const *skip, err *e)
{
    bool ok = true;
    DIR *d = opendir(from);
    if (!d) return err_errno(e, errno, str_of(from), "cannot open the directory");
    for (struct dirent *x; ok && (x = readdir(d));)
        if (!skipped(skip, x->d_name))
            ok = copy_entry(a, str_fmt(a, "%s/%s", from, x->d_name).p,
                            str_fmt(a, "%s/%s", to, x->d_name).p, e);
    closedir(d);
    return ok;
}

static bool check_embedded(arena *a, const char *dir, err *e)
{
    if (!file_exists(str_fmt(a, "%s/store", dir).p)) return true;
    return err_set(e, ERR_UNAVAILABLE, S("store"),
                   S("copy the directory first, then the database with pg_dump"),
                   "the database of '%s' is kept elsewhere", dir);
}

bool work_backup(const char *dir, const char *to, err *e)
{
    static const char *const skip[] = {"lock",        "log",         "aims.db",
                                       "aims.db-wal", "aims.db-shm", NULL};
    struct work *w;
    arena *a = arena_open();
    actor machine = actor_machine("cli");
    work_options o = {.dir = dir, .read_only = true};
    bool ok = check_embedded(a, dir, e) && work_open(a, &o, &w, e) && make_dir(to, 0700, e) &&
              work_log_export(w, &machine, str_fmt(e->a, "%s/log", to).p, e) &&
              store_backup(str_fmt(a, "%s/aims.db", dir).p, str_fmt(e->a, "%s/aims.db", to).p, e) &&
              copy_tree(e->a, dir, to, skip, e);
    arena_close(a);
    return ok;
}

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

bool work_restore(const char *from, const char *dir, uint64_t *ret_size, err *e)
{
    static const char *const skip[] = {"lock", NULL};
    if (!file_exists(str_fmt(e->a, "%s/log.vkey", from).p))
        return err_set(e, ERR_NOT_FOUND, str_of(from), S("make one with: aims backup"),
                       "'%s' is no copy of a data directory", from);
    if (!check_embedded(e->a, from, e) || !make_dir(dir, 0700, e) ||
        !copy_tree(e->a, from, dir, skip, e))
        return false;
    return (bring_up(dir, ret_size, e) && check_all(e->a, dir, e)) ||
           err_prefix(e, "the copy is not good, do not use '%s'", dir);
}
