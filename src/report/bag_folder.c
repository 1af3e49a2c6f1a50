/* bag_folder.c - walks an unpacked bag in the order of its archive, following no link. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_check.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 16, ENTRIES_MAX = 3 * BAG_MAX_FILES };

typedef struct listing {
    str *at;
    size_t n, cap;
} listing;

static int name_order(const void *p, const void *q)
{
    return strcmp(((const str *)p)->p, ((const str *)q)->p);
}

static bool list(bag_check *c, int fd, str path, listing *ret, err *e)
{
    int own = dup(fd);
    DIR *d = own < 0 ? NULL : fdopendir(own);
    if (!d) {
        int why = errno;
        if (own >= 0) close(own);
        return err_errno(e, why, path, "reading the folder");
    }
    for (struct dirent *f; (f = readdir(d)) && ret->n < ENTRIES_MAX;) {
        if (!strcmp(f->d_name, ".") || !strcmp(f->d_name, "..")) continue;
        ret->at = bag_grow(c->a, ret->at, ret->n, &ret->cap, sizeof *ret->at);
        ret->at[ret->n++] = str_dup(c->a, str_of(f->d_name));
    }
    closedir(d);
    if (ret->n) qsort(ret->at, ret->n, sizeof *ret->at, name_order);
    return true;
}

static bool feed(bag_check *c, int fd, str path, err *e)
{
    char chunk[65536];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_errno(e, errno, path, "reading");
        if (!n) return true;
        bag_check_data(c, chunk, (size_t)n);
    }
}

static bool walk(bag_check *c, int fd, str path, int depth, err *e);

static bool enter(bag_check *c, int fd, str path, const struct stat *st, int depth, err *e)
{
    if (S_ISDIR(st->st_mode) && depth < DEPTH_MAX)
        return walk(c, fd, str_fmt(c->a, "%.*s/", STR_ARG(path)), depth + 1, e);
    if (!S_ISREG(st->st_mode)) {
        bag_find(c, BAG_KIND, path, "a link, device or folder too deep");
        return true;
    }
    if (!bag_check_begin(c, path, (uint64_t)st->st_size)) return true;
    bool ok = feed(c, fd, path, e);
    bag_check_end(c);
    return ok;
}

static bool visit(bag_check *c, int dir, str name, str path, int depth, err *e)
{
    struct stat st;
    int fd = openat(dir, name.p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && (errno == ELOOP || errno == ENXIO)) { /* a link; a socket or idle pipe */
        bag_find(c, BAG_KIND, path, "a link or device");
        return true;
    }
    if (fd < 0) return err_errno(e, errno, path, "opening");
    bool ok = fstat(fd, &st) ? err_errno(e, errno, path, "looking at")
                             : enter(c, fd, path, &st, depth, e);
    close(fd);
    return ok;
}

static bool walk(bag_check *c, int fd, str path, int depth, err *e)
{
    listing l = {0};
    if (!list(c, fd, path, &l, e)) return false;
    for (size_t i = 0; i < l.n; i++) {
        str below = str_fmt(c->a, "%.*s%.*s", STR_ARG(path), STR_ARG(l.at[i]));
        if (!visit(c, fd, l.at[i], below, depth, e)) return false;
    }
    return true;
}

bool bag_read_folder(bag_check *c, const char *path, err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return err_errno(e, errno, str_of(path), "opening");
    bool ok = walk(c, fd, S(""), 0, e);
    close(fd);
    return ok;
}
