/* vault.c - files by content: sealed in constant memory, whole or not there, checked on reading. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vault.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEALED_CHUNK = SEAL_CHUNK + SEAL_OVERHEAD };

struct vault {
    str dir;
    uint8_t key[32];
};

static bool fail(err *e, str path, const char *what)
{
    int errnum = errno;
    return err_errno(e, errnum, path, str_fmt(e->a, "%s '%.*s'", what, STR_ARG(path)).p);
}

static void close_fd(void *p)
{
    int *fd = p;
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static int *owned_fd(arena *a)
{
    int *fd = arena_new(a, int, 1);
    *fd = -1;
    arena_defer(a, close_fd, fd);
    return fd;
}

/* ---- The directory ----------------------------------------------------------------------------
 */

static void wipe(void *p)
{
    crypto_wipe(((struct vault *)p)->key, 32);
}

/* What a killed process has left; a day is longer than any transfer that still runs. */
static void sweep(str tmp)
{
    DIR *d = opendir(tmp.p);
    for (struct dirent *x; d && (x = readdir(d));) {
        struct stat st;
        if (fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            st.st_mtime < time(NULL) - 86400)
            unlinkat(dirfd(d), x->d_name, 0);
    }
    if (d) closedir(d);
}

bool vault_open(arena *a, const char *dir, const uint8_t key[32], struct vault **ret, err *e)
{
    struct vault *v = arena_new(a, struct vault, 1);
    v->dir = str_dup(a, str_of(dir));
    memcpy(v->key, key, sizeof v->key);
    arena_defer(a, wipe, v);
    str tmp = str_fmt(a, "%s/tmp", dir);
    if (!file_mkdirs(tmp.p, 0700, e)) return false;
    sweep(tmp);
    *ret = v;
    return true;
}

static str dir_of(const struct vault *v, arena *a, digest d)
{
    return str_fmt(a, "%.*s/%02x", STR_ARG(v->dir), d.b[0]);
}

static str path_of(const struct vault *v, arena *a, digest d)
{
    return str_fmt(a, "%.*s/%s", STR_ARG(dir_of(v, a, d)), digest_hex(a, d).p + 2);
}

static bool sync_dir(str path, err *e)
{
    int fd = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail(e, path, "cannot open directory");
    bool ok = fsync(fd) == 0 || fail(e, path, "cannot sync directory");
    close(fd);
    return ok;
}

/* ---- In
 * ------------------------------------------------------------------------------------------ */

struct vault_in {
    struct vault *v;
    arena *a;
    int *fd;
    str tmp; /* p == NULL once it is renamed or removed */
    struct hash *hash;
    struct seal *seal;
    uint64_t size;
    size_t n; /* plain bytes waiting */
    uint8_t plain[SEAL_CHUNK], sealed[SEALED_CHUNK];
};

static void discard(void *p)
{
    struct vault_in *in = p;
    if (in->tmp.p) unlink(in->tmp.p);
    in->tmp = (str){0};
    close_fd(in->fd);
}

static bool write_all(struct vault_in *in, const void *p, size_t n, err *e)
{
    for (size_t at = 0; at < n;) {
        ssize_t m = write(*in->fd, (const char *)p + at, n - at);
        if (m < 0 && errno == EINTR) continue;
        if (m < 0) {
            fail(e, in->tmp, "cannot write");
            discard(in); /* what fills the disk goes at once */
            return false;
        }
        at += (size_t)m;
    }
    return true;
}

static bool flush(struct vault_in *in, bool last, err *e)
{
    size_t n = seal_push(in->seal, in->plain, in->n, last, in->sealed);
    in->n = 0;
    return write_all(in, in->sealed, n, e);
}

bool vault_begin(struct vault *v, arena *a, struct vault_in **ret, err *e)
{
    struct vault_in *in = arena_new(a, struct vault_in, 1);
    uint8_t name[16], header[SEAL_HEADER];
    crypto_random(name, sizeof name);
    in->v = v;
    in->a = a;
    in->fd = owned_fd(a);
    in->tmp = str_fmt(a, "%.*s/tmp/%s", STR_ARG(v->dir), hex_encode(a, name, sizeof name).p);
    *in->fd = open(in->tmp.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*in->fd < 0) return fail(e, in->tmp, "cannot create");
    arena_defer(a, discard, in);
    in->hash = hash_begin(a);
    in->seal = seal_writer(a, v->key, header);
    *ret = in;
    return write_all(in, header, sizeof header, e);
}

/* A full chunk waits until more comes: so the last chunk, which is only handed out once the
 * digest was checked, is never empty (but for the empty file). */
bool vault_add(struct vault_in *in, const void *p, size_t n, err *e)
{
    if (!in->tmp.p)
        return err_set(e, ERR_UNAVAILABLE, S(""), S("begin again"), "the file was given up before");
    hash_add(in->hash, p, n);
    in->size += n;
    for (const uint8_t *from = p; n;) {
        if (in->n == SEAL_CHUNK && !flush(in, false, e)) return false;
        size_t part = n < SEAL_CHUNK - in->n ? n : SEAL_CHUNK - in->n;
        memcpy(in->plain + in->n, from, part);
        in->n += part;
        from += part;
        n -= part;
    }
    return true;
}

/* Synced before it is named, and its name synced after: whoever sees it sees all of it. A copy
 * that is already there is replaced, which heals a damaged one. */
static bool publish(struct vault_in *in, digest d, err *e)
{
    str dir = dir_of(in->v, in->a, d), path = path_of(in->v, in->a, d);
    if (fsync(*in->fd) != 0) return fail(e, in->tmp, "cannot sync");
    bool made = mkdir(dir.p, 0700) == 0;
    if (!made && errno != EEXIST) return fail(e, dir, "cannot create directory");
    if (rename(in->tmp.p, path.p) != 0) return fail(e, path, "cannot create");
    in->tmp = (str){0};
    return sync_dir(dir, e) && (!made || sync_dir(in->v->dir, e));
}

bool vault_end(struct vault_in *in, digest *ret, uint64_t *ret_size, err *e)
{
    if (!in->tmp.p)
        return err_set(e, ERR_UNAVAILABLE, S(""), S("begin again"), "the file was given up before");
    digest d = hash_end(in->hash);
    bool ok = flush(in, true, e) && publish(in, d, e);
    discard(in);
    crypto_wipe(in->plain, sizeof in->plain);
    if (!ok) return false;
    *ret = d;
    *ret_size = in->size;
    return true;
}

static bool put_all(struct vault_in *in, int fd, uint64_t max, err *e)
{
    uint8_t chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(e, S("file"), "cannot read");
        if (n == 0) return true;
        if (in->size + (uint64_t)n > max)
            return err_set(e, ERR_TOO_LARGE, S("file"), S("use a smaller file"),
                           "the file is larger than %llu bytes", (unsigned long long)max);
        if (!vault_add(in, chunk, (size_t)n, e)) return false;
    }
}

bool vault_put_fd(struct vault *v, int fd, uint64_t max, digest *ret, uint64_t *ret_size, err *e)
{
    arena *a = arena_open();
    struct vault_in *in = NULL;
    bool ok =
        vault_begin(v, a, &in, e) && put_all(in, fd, max, e) && vault_end(in, ret, ret_size, e);
    arena_close(a);
    return ok;
}

/* ---- Out
 * ------------------------------------------------------------------------------------------ */

struct vault_out {
    int *fd;
    digest want;
    str path;
    struct hash *hash;
    struct seal *seal;
    bool last, failed;
    uint8_t plain[SEAL_CHUNK], sealed[SEALED_CHUNK];
};

bool vault_has(struct vault *v, digest d)
{
    arena *a = arena_open();
    bool there = file_exists(path_of(v, a, d).p);
    arena_close(a);
    return there;
}

/* As many bytes as there are, up to n; -1 when the disk fails. */
static ssize_t read_full(int fd, void *p, size_t n)
{
    size_t at = 0;
    while (at < n) {
        ssize_t m = read(fd, (char *)p + at, n - at);
        if (m < 0 && errno == EINTR) continue;
        if (m < 0) return -1;
        if (m == 0) break;
        at += (size_t)m;
    }
    return (ssize_t)at;
}

static bool damaged(struct vault_out *out, const char *why, err *e)
{
    out->failed = true;
    return err_set(e, ERR_DAMAGED, out->path, S("bring the file back from a backup"),
                   "the stored file %s", why);
}

bool vault_read(struct vault *v, arena *a, digest d, struct vault_out **ret, err *e)
{
    struct vault_out *out = arena_new(a, struct vault_out, 1);
    uint8_t header[SEAL_HEADER];
    out->fd = owned_fd(a);
    out->want = d;
    out->path = path_of(v, a, d);
    *out->fd = open(out->path.p, O_RDONLY | O_CLOEXEC);
    if (*out->fd < 0 && errno == ENOENT)
        return err_set(e, ERR_NOT_FOUND, S("sha256"), S("it may have been erased"),
                       "there is no stored file %s", digest_hex(e->a, d).p);
    if (*out->fd < 0) return fail(e, out->path, "cannot open");
    if (read_full(*out->fd, header, sizeof header) != sizeof header)
        return damaged(out, "is cut short", e);
    out->hash = hash_begin(a);
    out->seal = seal_reader(a, v->key, header);
    *ret = out;
    return true;
}

static bool pull(struct vault_out *out, size_t *ret_n, err *e)
{
    ssize_t n = read_full(*out->fd, out->sealed, SEALED_CHUNK);
    if (n < 0) return fail(e, out->path, "cannot read");
    if (n == 0) return damaged(out, "is cut short", e);
    if (!seal_pull(out->seal, out->sealed, (size_t)n, out->plain, ret_n, &out->last))
        return damaged(out, "was altered, or sealed with another key", e);
    hash_add(out->hash, out->plain, *ret_n);
    if (!out->last) return true;
    if (read_full(*out->fd, out->sealed, 1) != 0) return damaged(out, "has bytes after its end", e);
    return digest_eq(hash_end(out->hash), out->want) || damaged(out, "is another file", e);
}

bool vault_next(struct vault_out *out, const void **ret_p, size_t *ret_n, err *e)
{
    *ret_p = out->plain;
    *ret_n = 0;
    if (out->failed) return damaged(out, "was found damaged before", e);
    return out->last || pull(out, ret_n, e);
}

static bool write_to(int fd, const char *p, size_t n, err *e)
{
    while (n) {
        ssize_t m = write(fd, p, n);
        if (m < 0 && errno == EINTR) continue;
        if (m < 0) return fail(e, S("file"), "cannot write");
        p += m;
        n -= (size_t)m;
    }
    return true;
}

static bool copy(struct vault_out *out, int fd, err *e)
{
    for (;;) {
        const void *p = NULL;
        size_t n = 0;
        if (!vault_next(out, &p, &n, e)) return false;
        if (n == 0) return true;
        if (!write_to(fd, p, n, e)) return false;
    }
}

bool vault_copy(struct vault *v, digest d, int fd, err *e)
{
    arena *a = arena_open();
    struct vault_out *out = NULL;
    bool ok = vault_read(v, a, d, &out, e) && copy(out, fd, e);
    arena_close(a);
    return ok;
}

bool vault_remove(struct vault *v, digest d, err *e)
{
    str path = path_of(v, e->a, d);
    if (unlink(path.p) != 0 && errno == ENOENT)
        return err_set(e, ERR_NOT_FOUND, S("sha256"), S("it may have been erased before"),
                       "there is no stored file %s", digest_hex(e->a, d).p);
    if (file_exists(path.p)) return fail(e, path, "cannot remove");
    return sync_dir(dir_of(v, e->a, d), e);
}
