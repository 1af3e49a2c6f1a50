/* tiles.c - the directory of a log: hostile when read, safe against crashes when written. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tiles.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* One writer owns the directory, so one name for the file being written is enough; it lies at
 * the top, where a leftover of a killed writer is found without a walk. */
#define TEMPORARY ".tmp"

#define PART_MAX 64

/* A directory whose entries changed since the last sync. */
struct dirty {
    str dir;
    struct dirty *next;
};

struct tiles {
    int fd;
    str dir;
    bool settled;       /* a sync has covered all ancestors of what was written */
    arena *dirty_arena; /* between two syncs */
    struct dirty *dirty;
};

static bool fail(const struct tiles *t, str path, const char *what, err *e)
{
    int errnum = errno;
    str whole = str_fmt(e->a, "%.*s/%.*s", STR_ARG(t->dir), STR_ARG(path));
    if (errnum == ELOOP || errnum == ENOTDIR)
        return err_set(e, ERR_DAMAGED, whole, S("a log consists of plain files and directories"),
                       "cannot %s '%s': a symbolic link or a file stands where it should not", what,
                       whole.p);
    return err_errno(e, errnum, whole, str_fmt(e->a, "cannot %s '%s'", what, whole.p).p);
}

static void close_tiles(void *p)
{
    struct tiles *t = p;
    arena_close(t->dirty_arena);
    close(t->fd);
}

bool tiles_open(arena *a, const char *dir, bool create, struct tiles **ret, err *e)
{
    struct tiles *t = arena_new(a, struct tiles, 1);
    t->dir = str_dup(a, str_of(dir));
    if (create && !file_mkdirs(dir, 0755, e)) return false;
    t->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->fd < 0) return fail(t, S(""), "open", e);
    arena_defer(a, close_tiles, t);
    if (create && unlinkat(t->fd, TEMPORARY, 0) != 0 && errno != ENOENT)
        return fail(t, S(TEMPORARY), "remove", e);
    *ret = t;
    return true;
}

const char *tiles_dir(const struct tiles *t)
{
    return t->dir.p;
}

static void mark_dirty(struct tiles *t, str dir)
{
    for (const struct dirty *d = t->dirty; d; d = d->next)
        if (str_eq(d->dir, dir)) return;
    if (!t->dirty_arena) t->dirty_arena = arena_open();
    struct dirty *d = arena_new(t->dirty_arena, struct dirty, 1);
    *d = (struct dirty){str_dup(t->dirty_arena, dir), t->dirty};
    t->dirty = d;
}

/* A component as a C string; false for those that lead elsewhere. */
static bool component(str s, char ret[PART_MAX])
{
    if (!s.n || s.n >= PART_MAX || str_eqz(s, ".") || str_eqz(s, "..")) return false;
    memcpy(ret, s.p, s.n);
    ret[s.n] = 0;
    return true;
}

static int close_with(int fd, int errnum)
{
    close(fd);
    errno = errnum;
    return -1;
}

/*
 * Opens the directory that holds `path`, one component at a time and never through a link;
 * `name` gets the last component. Made directories are marked; so is every ancestor before the
 * first sync, as a killed writer may have made it and not synced it. -1 with errno on failure.
 */
static int open_parent(struct tiles *t, str path, bool create, char name[PART_MAX])
{
    int fd = fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
    size_t done = 0;
    str rest = path;
    while (fd >= 0) {
        str part = str_cut(rest, '/', &rest);
        if (!component(part, name)) return close_with(fd, EINVAL);
        if (!rest.p) break;
        bool made = create && mkdirat(fd, name, 0755) == 0;
        if (made || (create && !t->settled)) mark_dirty(t, str_sub(path, 0, done));
        int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close_with(fd, errno);
        fd = next;
        done = (size_t)(part.p - path.p) + part.n;
    }
    return fd;
}

static str parent_of(str path)
{
    for (size_t i = path.n; i-- > 0;)
        if (path.p[i] == '/') return str_sub(path, 0, i);
    return S("");
}

static bool read_fd(int fd, arena *a, size_t size, str *ret)
{
    char *p = arena_new(a, char, size + 1);
    for (size_t n = 0; n < size;) {
        ssize_t got = read(fd, p + n, size - n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            if (got == 0) errno = EIO;
            return false;
        }
        n += (size_t)got;
    }
    *ret = (str){p, size};
    return true;
}

static bool read_checked(struct tiles *t, int fd, arena *a, str path, size_t max, str *ret, err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return fail(t, path, "read", e);
    if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size > max)
        return err_set(e, ERR_DAMAGED, str_dup(e->a, path), S("fetch the log again"),
                       "'%.*s' is no plain file of at most %zu bytes", STR_ARG(path), max);
    return read_fd(fd, a, (size_t)st.st_size, ret) || fail(t, path, "read", e);
}

bool tiles_get(struct tiles *t, arena *a, str path, size_t max, str *ret, err *e)
{
    char name[PART_MAX];
    int parent = open_parent(t, path, false, name);
    if (parent < 0) return fail(t, path, "open", e);
    /* NONBLOCK: a named pipe in the way must not hang us. */
    int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close_with(parent, errno);
    if (fd < 0) return fail(t, path, "open", e);
    bool ok = read_checked(t, fd, a, path, max, ret, e);
    close(fd);
    return ok;
}

static bool write_fd(int fd, str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        s = str_sub(s, (size_t)n, s.n);
    }
    return fsync(fd) == 0;
}

static bool write_temporary(struct tiles *t, str bytes, err *e)
{
    int fd = openat(t->fd, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) return fail(t, S(TEMPORARY), "create", e);
    bool ok = write_fd(fd, bytes) || fail(t, S(TEMPORARY), "write", e);
    if (close(fd) != 0 && ok) ok = fail(t, S(TEMPORARY), "close", e);
    return ok;
}

bool tiles_put(struct tiles *t, str path, str bytes, err *e)
{
    char name[PART_MAX];
    if (!write_temporary(t, bytes, e)) return false;
    int parent = open_parent(t, path, true, name);
    if (parent < 0) return fail(t, path, "create", e);
    bool ok = renameat(t->fd, TEMPORARY, parent, name) == 0 || fail(t, path, "replace", e);
    close(parent);
    if (ok) mark_dirty(t, parent_of(path));
    return ok;
}

static bool sync_dir(struct tiles *t, str dir, err *e)
{
    char name[PART_MAX];
    arena *a = arena_open();
    /* The parent of anything in it is the directory itself, also for the top. */
    str inside = str_fmt(a, "%.*s%sx", STR_ARG(dir), dir.n ? "/" : "");
    int fd = open_parent(t, inside, false, name);
    arena_close(a);
    if (fd < 0) return fail(t, dir, "open", e);
    bool ok = fsync(fd) == 0 || fail(t, dir, "sync", e);
    close(fd);
    return ok;
}

bool tiles_sync(struct tiles *t, err *e)
{
    for (const struct dirty *d = t->dirty; d; d = d->next)
        if (!sync_dir(t, d->dir, e)) return false;
    arena_close(t->dirty_arena);
    t->dirty_arena = NULL;
    t->dirty = NULL;
    t->settled = true;
    return true;
}

/* Files that cannot be removed are left: a stale partial tile is legal. */
static void drop_all(int fd)
{
    char name[4];
    for (int w = 1; w < (int)TILES_WIDTH; w++) {
        snprintf(name, sizeof name, "%d", w);
        unlinkat(fd, name, 0);
    }
}

bool tiles_drop_partials(struct tiles *t, tile_name full, err *e)
{
    char name[PART_MAX];
    arena *a = arena_open();
    full.width = TILES_WIDTH;
    str path = str_fmt(a, "%s.p", tile_path(a, full).p);
    int parent = open_parent(t, path, false, name);
    bool ok = parent >= 0 || errno == ENOENT || fail(t, path, "open", e);
    if (parent >= 0) {
        int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0) {
            drop_all(fd);
            close(fd);
            unlinkat(parent, name, AT_REMOVEDIR);
        }
        close(parent);
    }
    arena_close(a);
    return ok;
}

struct walk {
    tiles_walk_fn *fn;
    void *ctx;
};

static bool walk_dir(struct tiles *t, int fd, str path, int depth, const struct walk *w, err *e);

static bool walk_entry(struct tiles *t, int parent, const char *name, str path, int depth,
                       const struct walk *w, err *e)
{
    struct stat st;
    arena *a = arena_open();
    str whole = path.n ? str_fmt(a, "%.*s/%s", STR_ARG(path), name) : str_dup(a, str_of(name));
    bool ok = true;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        ok = errno == ENOENT || fail(t, whole, "read", e);
    else if (!S_ISDIR(st.st_mode))
        ok = w->fn(w->ctx, whole, S_ISREG(st.st_mode), e);
    else {
        int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        ok = fd >= 0 ? walk_dir(t, fd, whole, depth + 1, w, e) : fail(t, whole, "open", e);
    }
    arena_close(a);
    return ok;
}

/* Takes over fd. */
static bool walk_dir(struct tiles *t, int fd, str path, int depth, const struct walk *w, err *e)
{
    DIR *d = depth < 16 ? fdopendir(fd) : NULL;
    if (!d) {
        close(fd);
        errno = depth < 16 ? errno : ELOOP;
        return fail(t, path, "list", e);
    }
    bool ok = true;
    for (struct dirent *x; ok && (x = readdir(d)) != NULL;)
        if (strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0)
            ok = walk_entry(t, dirfd(d), x->d_name, path, depth, w, e);
    closedir(d);
    return ok;
}

bool tiles_walk(struct tiles *t, tiles_walk_fn *fn, void *ctx, err *e)
{
    struct walk w = {fn, ctx};
    int fd = openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail(t, S(""), "list", e);
    return walk_dir(t, fd, S(""), 0, &w, e);
}
