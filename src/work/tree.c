/* tree.c - reads a directory's names, sorts them, and visits what they name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/tree.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

struct walk {
    arena *a;
    const char *top;
    const char *const *skip;
    tree_fn *fn;
    void *ctx;
};

static bool skipped(const struct walk *w, const char *name)
{
    for (const char *const *s = w->skip; s && *s; s++)
        if (strcmp(*s, name) == 0) return true;
    return false;
}

static int by_name(const void *p, const void *q)
{
    return strcmp(*(const char *const *)p, *(const char *const *)q);
}

/* The names in one directory, sorted; none when it has vanished. */
static bool names_in(arena *a, const char *path, const char ***ret, size_t *ret_n, err *e)
{
    size_t n = 0, cap = 64;
    const char **list = arena_new(a, const char *, cap);
    DIR *d = opendir(path);
    if (!d && errno != ENOENT) return err_errno(e, errno, str_of(path), "cannot open");
    for (struct dirent *x; d && (x = readdir(d));) {
        if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0) continue;
        if (n == cap) {
            const char **more = arena_new(a, const char *, cap * 2);
            memcpy(more, list, n * sizeof *list);
            list = more;
            cap *= 2;
        }
        list[n++] = str_dup(a, str_of(x->d_name)).p;
    }
    if (d) closedir(d);
    qsort(list, n, sizeof *list, by_name);
    *ret = list;
    *ret_n = n;
    return true;
}

static bool walk_into(struct walk *w, const char *name, err *e);

static bool visit(struct walk *w, const char *name, err *e)
{
    struct stat st;
    const char *path = str_fmt(w->a, "%s/%s", w->top, name).p;
    if (lstat(path, &st) != 0)
        return errno == ENOENT || err_errno(e, errno, str_of(path), "cannot look at");
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return err_set(e, ERR_INVALID, str_of(path), S("take it out of the directory"),
                       "'%s' is neither file nor directory", path);
    tree_entry x = {.path = path,
                    .name = name,
                    .directory = S_ISDIR(st.st_mode),
                    .mode = st.st_mode & 0777,
                    .size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0};
    return w->fn(w->ctx, &x, e) && (!x.directory || walk_into(w, name, e));
}

static bool walk_into(struct walk *w, const char *name, err *e)
{
    const char **names;
    size_t n;
    const char *path = *name ? str_fmt(w->a, "%s/%s", w->top, name).p : w->top;
    if (!names_in(w->a, path, &names, &n, e)) return false;
    for (size_t i = 0; i < n; i++) {
        const char *below = *name ? str_fmt(w->a, "%s/%s", name, names[i]).p : names[i];
        if (!skipped(w, below) && !visit(w, below, e)) return false;
    }
    return true;
}

bool tree_walk(arena *a, const char *top, const char *const *skip, tree_fn *fn, void *ctx, err *e)
{
    struct walk w = {.a = a, .top = top, .skip = skip, .fn = fn, .ctx = ctx};
    return walk_into(&w, "", e);
}

struct total {
    uint64_t bytes, files;
};

static bool add_size(void *ctx, const tree_entry *x, err *e)
{
    struct total *t = ctx;
    (void)e;
    t->bytes += x->size;
    t->files += !x->directory;
    return true;
}

bool tree_size(arena *a, const char *top, const char *const *skip, uint64_t *ret_bytes,
               uint64_t *ret_files, err *e)
{
    struct total t = {0};
    bool ok = tree_walk(a, top, skip, add_size, &t, e);
    *ret_bytes = t.bytes;
    *ret_files = t.files;
    return ok;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

void tree_remove(const char *top)
{
    (void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
