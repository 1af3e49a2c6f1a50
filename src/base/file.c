/* file.c - reading and replacing files so that a crash leaves old or new bytes, never a mixture. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(void *p)
{
    close((int)(intptr_t)p);
}

static bool fail(err *e, const char *path, const char *what)
{
    int errnum = errno;
    return err_errno(e, errnum, str_of(path), str_fmt(e->a, "%s '%s'", what, path).p);
}

static bool read_all(arena *a, int fd, const char *path, size_t max, str *ret, err *e)
{
    char chunk[65536];
    buf b = buf_open(a, max);
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(e, path, "cannot read");
        if (n == 0) break;
        buf_bytes(&b, chunk, (size_t)n);
        if (b.full)
            return err_set(e, ERR_TOO_LARGE, str_of(path), S("use a smaller file"),
                           "'%s' is larger than %zu bytes", path, max);
    }
    *ret = buf_str(&b);
    return true;
}

bool file_read(arena *a, const char *path, size_t max, str *ret, err *e)
{
    if (strcmp(path, "-") == 0) return read_all(a, STDIN_FILENO, path, max, ret, e);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(e, path, "cannot open");
    bool ok = read_all(a, fd, path, max, ret, e);
    close(fd);
    return ok;
}

static bool write_all(int fd, str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        s = str_sub(s, (size_t)n, s.n);
    }
    return true;
}

static bool sync_parent(const char *path, err *e)
{
    const char *slash = strrchr(path, '/');
    str dir = slash ? str_dupn(e->a, path, slash == path ? 1 : (size_t)(slash - path)) : S(".");
    int fd = open(dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail(e, dir.p, "cannot open directory");
    bool ok = fsync(fd) == 0 || fail(e, dir.p, "cannot sync directory");
    close(fd);
    return ok;
}

static bool write_new(const char *path, int flags, str bytes, unsigned mode, err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
    if (fd < 0) return fail(e, path, "cannot create");
    bool ok = (write_all(fd, bytes) && fsync(fd) == 0) || fail(e, path, "cannot write");
    if (close(fd) != 0 && ok) ok = fail(e, path, "cannot close");
    if (!ok) unlink(path);
    return ok;
}

bool file_replace(const char *path, str bytes, unsigned mode, err *e)
{
    str tmp = str_fmt(e->a, "%s.tmp%ld", path, (long)getpid());
    if (!write_new(tmp.p, O_TRUNC, bytes, mode, e)) return false;
    if (rename(tmp.p, path) != 0) {
        fail(e, path, "cannot replace");
        unlink(tmp.p);
        return false;
    }
    return sync_parent(path, e);
}

bool file_create(const char *path, str bytes, unsigned mode, err *e)
{
    return write_new(path, O_EXCL, bytes, mode, e) && sync_parent(path, e);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_mkdirs(const char *path, unsigned mode, err *e)
{
    str whole = str_dup(e->a, str_of(path));
    for (size_t i = 1; i <= whole.n; i++) {
        if (i < whole.n && whole.p[i] != '/') continue;
        str part = str_dupn(e->a, whole.p, i);
        if (mkdir(part.p, mode) != 0 && errno != EEXIST)
            return fail(e, part.p, "cannot create directory");
    }
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return fail(e, path, "cannot create directory");
    }
    return true;
}

bool file_lock(arena *a, const char *path, err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return fail(e, path, "cannot open lock");
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char pid[32] = {0};
        ssize_t n = read(fd, pid, sizeof pid - 1);
        close(fd);
        return err_set(
            e, ERR_CONFLICT, str_of(path), S("stop the other process, or talk to it with --url"),
            "the directory is in use by process %s", n > 0 ? str_trim(str_of(pid)).p : "?");
    }
    str me = str_fmt(a, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, me.p, me.n, 0) < 0) {
        fail(e, path, "cannot write lock");
        close(fd);
        return false;
    }
    arena_defer(a, close_fd, (void *)(intptr_t)fd);
    return true;
}

struct mapping {
    void *p;
    size_t n;
};

static void unmap(void *p)
{
    struct mapping *m = p;
    munmap(m->p, m->n);
}

bool file_map(arena *a, const char *path, str *ret, err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(e, path, "cannot open");
    struct stat st;
    struct mapping *m = arena_new(a, struct mapping, 1);
    bool ok = fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || (errno = EISDIR, false));
    if (ok && st.st_size > 0) {
        *m = (struct mapping){.n = (size_t)st.st_size};
        m->p = mmap(NULL, m->n, PROT_READ, MAP_PRIVATE, fd, 0);
        ok = m->p != MAP_FAILED;
    }
    if (!ok) fail(e, path, "cannot map");
    close(fd);
    if (!ok) return false;
    if (m->n) arena_defer(a, unmap, m);
    *ret = m->n ? (str){m->p, m->n} : S("");
    return true;
}
