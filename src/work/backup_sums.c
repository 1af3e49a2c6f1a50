/* backup_sums.c - the digests of a copy's files, written beside them and checked again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/backup_impl.h"
#include "work/tree.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SUMS_MAX = 1 << 30 };

struct summing {
    struct copying *c;
    struct hash *hash;
    buf text;
};

static bool hash_fd(struct summing *s, int fd, const char *path, digest *ret, err *e)
{
    char chunk[65536];
    hash_restart(s->hash);
    for (ssize_t n; (n = read(fd, chunk, sizeof chunk)) != 0;) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_errno(e, errno, str_of(path), "cannot read");
        hash_add(s->hash, chunk, (size_t)n);
        if (!copy_go_on(s->c, (uint64_t)n, e)) return false;
    }
    *ret = hash_end(s->hash);
    return true;
}

static bool hash_file(struct summing *s, const char *path, digest *ret, err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return err_errno(e, errno, str_of(path), "cannot open");
    bool ok = hash_fd(s, fd, path, ret, e);
    close(fd);
    return ok;
}

static bool add_sum(void *ctx, const tree_entry *x, err *e)
{
    struct summing *s = ctx;
    digest d;
    if (x->directory) return true;
    if (strpbrk(x->name, "\\\n"))
        return err_set(e, ERR_INVALID, str_of(x->name), S("rename it"),
                       "the name holds a backslash or a line break");
    if (!hash_file(s, x->path, &d, e)) return false;
    buf_fmt(&s->text, "%s  %s\n", digest_hex(s->c->a, d).p, x->name);
    return !s->text.full ||
           err_set(e, ERR_TOO_LARGE, S(BACKUP_SUMS), S("copy it by other means"), "too many files");
}

bool sums_write(struct copying *c, err *e)
{
    struct summing s = {.c = c, .hash = hash_begin(c->a), .text = buf_open(c->a, SUMS_MAX)};
    return tree_walk(c->a, c->to, NULL, add_sum, &s, e) &&
           file_create(str_fmt(c->a, "%s/" BACKUP_SUMS, c->to).p, buf_str(&s.text), 0600, e);
}

bool sums_read(arena *a, const char *dir, str *ret, err *e)
{
    const char *path = str_fmt(a, "%s/" BACKUP_SUMS, dir).p;
    *ret = (str){0};
    return !file_exists(path) || file_read(a, path, SUMS_MAX, ret, e);
}

/* "DIGEST  NAME", and the name leads nowhere else. */
static bool read_line(arena *a, str line, digest *ret, str *ret_name)
{
    str name = str_sub(line, 66, line.n);
    bool out = str_starts(name, S("/")) || memmem(line.p, line.n, "..", 2);
    *ret_name = str_dup(a, name);
    return name.n && !out && str_eqz(str_sub(line, 64, 2), "  ") &&
           digest_parse(str_sub(line, 0, 64), ret);
}

static bool check_line(struct summing *s, const char *dir, str line, err *e)
{
    digest want, d;
    str name;
    if (!read_line(s->c->a, line, &want, &name))
        return err_set(e, ERR_DAMAGED, S(BACKUP_SUMS), S("take another copy"),
                       "'%.*s' is no line of sums", STR_ARG(str_clip(line, 100)));
    if (hash_file(s, str_fmt(s->c->a, "%s/%s", dir, name.p).p, &d, e) &&
        memcmp(d.b, want.b, sizeof d.b) == 0)
        return true;
    return err_set(e, ERR_DAMAGED, name, S("take another copy"),
                   "'%s' is not as it was when the copy was made", name.p);
}

bool sums_check(const char *dir, err *e)
{
    arena *a = arena_open();
    struct copying c = {.a = a};
    struct summing s = {.c = &c, .hash = hash_begin(a)};
    str rest;
    bool ok = sums_read(a, dir, &rest, e);
    while (ok && rest.n) {
        str line = str_cut(rest, '\n', &rest);
        ok = check_line(&s, dir, line, e);
    }
    arena_close(a);
    return ok;
}
