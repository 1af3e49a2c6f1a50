/* bag_write.c - streams the planned members of a bag as tar into gzip into the caller's sink. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_plan.h"
#include "report/tar.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

typedef struct packer {
    z_stream z;
    bag_sink *sink;
    void *ctx;
    uint64_t plain; /* bytes of tar so far */
    err *e;
    uint8_t out[65536];
} packer;

static void end_deflate(void *p)
{
    deflateEnd(p);
}

/* 31 = the largest window with a gzip header; zlib leaves out name and time, as gzip -n does. */
static bool pack_open(arena *a, packer *p)
{
    if (deflateInit2(&p->z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(p->e, ERR_INTERNAL, (str){0}, (str){0}, "zlib cannot be started");
    static gz_header header = {.os = 3}; /* Unix, whatever the machine */
    deflateSetHeader(&p->z, &header);
    arena_defer(a, end_deflate, &p->z);
    return true;
}

static bool pack(packer *p, const void *bytes, size_t n, int flush)
{
    p->plain += n;
    p->z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    p->z.avail_in = (uInt)n;
    do {
        p->z.next_out = p->out;
        p->z.avail_out = sizeof p->out;
        deflate(&p->z, flush);
        size_t made = sizeof p->out - p->z.avail_out;
        if (made && !p->sink(p->ctx, p->out, made, p->e)) return false;
    } while (!p->z.avail_out);
    return true;
}

static bool pack_zeros(packer *p, uint64_t multiple)
{
    static const uint8_t zeros[TAR_BLOCK];
    while (p->plain % multiple) {
        size_t n = (size_t)(multiple - p->plain % multiple);
        if (!pack(p, zeros, n < sizeof zeros ? n : sizeof zeros, Z_NO_FLUSH)) return false;
    }
    return true;
}

static bool pack_header(packer *p, str name, uint64_t size, char type)
{
    uint8_t block[TAR_BLOCK];
    if (!tar_header(block, name, size, type))
        return err_set(p->e, ERR_INVALID, name, S("shorten the name or split the file"),
                       "'%.*s' does not fit into a ustar header", STR_ARG(name));
    return pack(p, block, sizeof block, Z_NO_FLUSH);
}

/* Headers of the directories that `path` enters and `before` was not in. */
static bool pack_dirs(arena *a, packer *p, str top, str path, str before)
{
    for (size_t i = 0; i < path.n; i++) {
        str dir = str_sub(path, 0, i + 1);
        if (path.p[i] == '/' && !str_starts(before, dir) &&
            !pack_header(p, str_fmt(a, "%.*s/%.*s", STR_ARG(top), STR_ARG(dir)), 0, TAR_DIR))
            return false;
    }
    return true;
}

static bool wrong_file(packer *p, const bag_item *x)
{
    return err_set(p->e, ERR_DAMAGED, x->path, S("restore the file from a backup"),
                   "'%.*s' is not what its digest says", STR_ARG(x->path));
}

static bool pack_stream(arena *scratch, packer *p, const bag *b, const bag_item *x)
{
    void *stream;
    const void *chunk;
    struct hash *h = hash_begin(scratch);
    uint64_t done = 0;
    if (!b->open(b->ctx, scratch, x->file, &stream, p->e)) return false;
    for (size_t n = 1; n;) {
        if (!b->next(stream, &chunk, &n, p->e)) return false;
        done += n;
        if (done > x->size) return wrong_file(p, x);
        hash_add(h, chunk, n);
        for (size_t at = 0; at < n; at += 1 << 20) {
            size_t some = n - at < 1 << 20 ? n - at : 1 << 20;
            if (!pack(p, (const char *)chunk + at, some, Z_NO_FLUSH)) return false;
        }
    }
    return done == x->size && digest_eq(hash_end(h), x->sha256) ? true : wrong_file(p, x);
}

static bool pack_file(packer *p, const bag *b, const bag_item *x)
{
    arena *scratch = arena_open();
    bool ok = pack_stream(scratch, p, b, x);
    arena_close(scratch);
    return ok;
}

static bool pack_item(arena *a, packer *p, const bag *b, const bag_item *x)
{
    str name = str_fmt(a, "%.*s/%.*s", STR_ARG(b->name), STR_ARG(x->path));
    if (!pack_header(p, name, x->size, TAR_FILE)) return false;
    if (x->file ? !pack_file(p, b, x) : !pack(p, x->bytes.p, x->bytes.n, Z_NO_FLUSH)) return false;
    return pack_zeros(p, TAR_BLOCK);
}

static bool write_all(arena *a, const bag *b, packer *p)
{
    static const uint8_t end[2 * TAR_BLOCK];
    bag_plan plan;
    if (!bag_check_input(a, b, p->e) || !bag_plan_make(a, b, &plan, p->e) || !pack_open(a, p))
        return false;
    if (!pack_header(p, str_fmt(a, "%.*s/", STR_ARG(b->name)), 0, TAR_DIR)) return false;
    for (size_t i = 0; i < plan.n; i++) {
        str before = i ? plan.items[i - 1].path : S("");
        if (!pack_dirs(a, p, b->name, plan.items[i].path, before) ||
            !pack_item(a, p, b, &plan.items[i]))
            return false;
    }
    return pack(p, end, sizeof end, Z_NO_FLUSH) && pack_zeros(p, TAR_RECORD) &&
           pack(p, end, 0, Z_FINISH);
}

bool bag_write(const bag *b, bag_sink *sink, void *ctx, err *e)
{
    arena *a = arena_open();
    packer *p = arena_new(a, packer, 1);
    p->sink = sink;
    p->ctx = ctx;
    p->e = e;
    bool ok = write_all(a, b, p);
    arena_close(a);
    return ok;
}

/* ---- Into a file ---- */

typedef struct saver {
    int fd;
    uint64_t size;
    struct hash *h;
    str path;
} saver;

static bool save_bytes(void *ctx, const void *p, size_t n, err *e)
{
    saver *s = ctx;
    hash_add(s->h, p, n);
    s->size += n;
    for (size_t done = 0; done < n;) {
        ssize_t k = write(s->fd, (const char *)p + done, n - done);
        if (k < 0 && errno != EINTR) return err_errno(e, errno, s->path, "writing");
        done += k > 0 ? (size_t)k : 0;
    }
    return true;
}

static bool publish(const char *part, const char *path, err *e)
{
    if (link(part, path))
        return errno == EEXIST ? err_set(e, ERR_CONFLICT, str_of(path),
                                         S("choose another file name"), "'%s' exists already", path)
                               : err_errno(e, errno, str_of(path), "naming");
    const char *slash = strrchr(path, '/');
    arena *a = arena_open();
    str dir = slash ? str_dupn(a, path, (size_t)(slash - path) + 1) : S(".");
    int fd = open(dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && !fsync(fd);
    int why = errno;
    if (fd >= 0) close(fd);
    arena_close(a);
    return ok ? true : err_errno(e, why, str_of(path), "syncing the folder of");
}

bool bag_save(const bag *b, const char *path, digest *ret_sha256, uint64_t *ret_size, err *e)
{
    arena *a = arena_open();
    str part = str_fmt(a, "%s.part", path);
    saver s = {.h = hash_begin(a), .path = str_of(path)};
    s.fd = open(part.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool ok = s.fd >= 0 ? true : err_errno(e, errno, str_of(part.p), "creating");
    if (ok) {
        ok = bag_write(b, save_bytes, &s, e);
        if (ok && fsync(s.fd)) ok = err_errno(e, errno, s.path, "syncing");
        close(s.fd);
        ok = ok && publish(part.p, path, e);
        unlink(part.p);
    }
    *ret_sha256 = hash_end(s.h);
    *ret_size = s.size;
    arena_close(a);
    return ok;
}
