/* files.c - files into the vault and out again; each arrival is an act. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/files.h"
#include "work/impl.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct upload {
    struct work *w;
    const actor *who;
    struct vault_in *in;
    uint64_t size;
};

bool upload_begin(struct work *w, const actor *who, arena *a, struct upload **ret, err *e)
{
    if ((who->caps & (1u << CAP_EDIT | 1u << CAP_MEASURE)) == 0 &&
        !work_may(w, who, CAP_EDIT, "storing a file", e))
        return false;
    struct upload *u = arena_new(a, struct upload, 1);
    *u = (struct upload){.w = w, .who = who};
    if (!work_writable(w, e) || !vault_begin(w->vault, a, &u->in, e)) return false;
    *ret = u;
    return true;
}

bool upload_add(struct upload *u, const void *p, size_t n, err *e)
{
    u->size += n;
    if (u->size > FILE_MAX)
        return err_set(e, ERR_TOO_LARGE, S(""), S("split the file"), "the file is over %llu bytes",
                       (unsigned long long)FILE_MAX);
    return vault_add(u->in, p, n, e);
}

/* The base name without anything a path or terminal could stumble over. */
static str clean_name(arena *a, str name)
{
    str rest = name, last = S("");
    while (rest.p) {
        last = str_cut(rest, '/', &rest);
    }
    buf b = buf_open(a, 201);
    for (size_t i = 0; i < last.n && b.n < 200; i++) {
        char c = last.p[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    (c && strchr("._-+ ()", c));
        buf_putc(&b, fine ? c : '_');
    }
    return b.n ? buf_str(&b) : S("file");
}

struct file_add {
    const actor *who;
    file_info *f;
};

static bool add_tx(struct tx *t, void *ctx, err *e)
{
    struct file_add *x = ctx;
    file_info *f = x->f;
    str hex = digest_hex(e->a, f->sha256);
    const value args[] = {V_TEXT(hex), V_INT((int64_t)f->size), V_TEXT(f->name),
                          V_TEXT(S("application/octet-stream")), V_INT(f->created_at)};
    int64_t changed = 0;
    if (!tx_exec(t, SQL(Q_FILE_ADD), args, COUNT(args), &changed, e)) return false;
    if (!changed) return true;
    buf b = buf_open(e->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "sha256", hex);
    jw_m_int(&w, "size", (int64_t)f->size);
    jw_obj_end(&w);
    act a = {.name = "file.add", .detail = buf_str(&b)};
    return act_log(t, x->who, &a, f->created_at, &f->leaf, e) &&
           tx_exec(t, SQL(Q_FILE_LEAF), (value[]){V_TEXT(hex), V_INT(f->leaf)}, 2, NULL, e);
}

bool upload_end(struct upload *u, str name, arena *a, file_info *ret, err *e)
{
    file_info f = {.name = clean_name(a, name), .created_at = clock_now()};
    if (!vault_end(u->in, &f.sha256, &f.size, e)) return false;
    struct file_add x = {u->who, &f};
    if (!work_write(u->w, add_tx, &x, e)) return false;
    actor reader = {.name = u->who->name, .via = u->who->via, .caps = 1u << CAP_READ};
    return work_file(u->w, &reader, f.sha256, a, ret, e);
}

bool work_put_bytes(struct work *w, const actor *who, str bytes, str name, arena *a, file_info *ret,
                    err *e)
{
    struct upload *u;
    return upload_begin(w, who, a, &u, e) && upload_add(u, bytes.p, bytes.n, e) &&
           upload_end(u, name, a, ret, e);
}

static bool add_from(struct upload *u, int fd, const char *path, err *e)
{
    char chunk[65536];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_errno(e, errno, str_of(path), "cannot read the file");
        if (n == 0) return true;
        if (!upload_add(u, chunk, (size_t)n, e)) return false;
    }
}

bool work_put_file(struct work *w, const actor *who, const char *path, arena *a, file_info *ret,
                   err *e)
{
    struct upload *u;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return err_errno(e, errno, str_of(path), "cannot open the file");
    bool ok = upload_begin(w, who, a, &u, e) && add_from(u, fd, path, e) &&
              upload_end(u, str_of(path), a, ret, e);
    close(fd);
    return ok;
}

struct file_look {
    arena *a;
    file_info *f;
};

static bool look_tx(struct tx *t, void *ctx, err *e)
{
    struct file_look *l = ctx;
    const value args[] = {V_TEXT(digest_hex(e->a, l->f->sha256))};
    rows r;
    if (!tx_query(t, l->a, SQL(Q_FILE_GET), args, COUNT(args), &r, e)) return false;
    if (!r.n)
        return err_set(e, ERR_NOT_FOUND, S("sha256"), S("store the file first"), "no file %.*s",
                       STR_ARG(args[0].s));
    l->f->size = (uint64_t)r.at[0].i;
    l->f->name = r.at[1].s;
    l->f->created_at = r.at[2].i;
    l->f->leaf = r.at[3].i;
    return true;
}

bool work_file(struct work *w, const actor *who, digest d, arena *a, file_info *ret, err *e)
{
    *ret = (file_info){.sha256 = d};
    struct file_look l = {a, ret};
    return work_may(w, who, CAP_READ, "reading a file", e) && store_read(w->store, look_tx, &l, e);
}

struct download {
    struct vault_out *out;
};

bool download_begin(struct work *w, const actor *who, digest d, arena *a, struct download **ret,
                    err *e)
{
    struct download *x = arena_new(a, struct download, 1);
    if (!work_may(w, who, CAP_READ, "reading a file", e)) return false;
    if (!vault_read(w->vault, a, d, &x->out, e)) return false;
    *ret = x;
    return true;
}

bool download_next(struct download *d, const void **ret_p, size_t *ret_n, err *e)
{
    return vault_next(d->out, ret_p, ret_n, e);
}

static void close_fd(void *p)
{
    close((int)(intptr_t)p);
}

bool work_file_fd(struct work *w, const actor *who, digest d, arena *a, int *ret_fd, err *e)
{
    if (!work_may(w, who, CAP_READ, "reading a file", e)) return false;
    int fd = open(w->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return err_errno(e, errno, str_of(w->dir), "cannot make a temporary file");
    arena_defer(a, close_fd, (void *)(intptr_t)fd);
    if (!vault_copy(w->vault, d, fd, e)) return false;
    if (lseek(fd, 0, SEEK_SET) < 0) return err_errno(e, errno, S(""), "cannot rewind the file");
    *ret_fd = fd;
    return true;
}
