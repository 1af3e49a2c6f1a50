/* bag_archive.c - walks the members of a .tar.gz, once, refusing what a bag's archive has not. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/gunzip.h"
#include "report/tar.h"

typedef struct walk {
    bag_check *c;
    struct gunzip *g;
    str top;         /* "NAME/" */
    str before;      /* name of the entry before */
    bool before_dir; /* that entry was a directory */
    str dir;         /* the deepest directory entered */
    uint64_t max;
    bool stop; /* nothing after this can be trusted to be where it seems */
    uint8_t chunk[65536];
} walk;

static str below_top(const walk *w, str name)
{
    return str_starts(name, w->top) ? str_sub(name, w->top.n, name.n) : name;
}

static void broken(walk *w, str name, const char *what)
{
    bag_find(w->c, BAG_FORMAT, below_top(w, name), "%s", what);
    w->stop = true;
}

static bool pull(walk *w, void *out, size_t n)
{
    if (gunzip_pull(w->g, out, n) == n) return true;
    const char *why = gunzip_broken(w->g);
    broken(w, S(""), why ? why : "the archive ends early");
    return false;
}

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i]) return false;
    return true;
}

/* ---- One entry ---- */

static str folder_of(str name)
{
    size_t n = name.n;
    for (n -= n && name.p[n - 1] == '/'; n && name.p[n - 1] != '/';)
        n--;
    return str_sub(name, 0, n);
}

static bool is_inside(str dir, str parent)
{
    return str_starts(dir, parent);
}

/* A directory that was entered must hold the next entry. */
static void check_dir_used(walk *w, str next)
{
    if (w->before_dir && !is_inside(next, w->dir))
        bag_find(w->c, BAG_EXTRA, below_top(w, w->dir), "an empty directory");
}

static void check_order(walk *w, const tar_entry *x)
{
    int order = tar_order(w->before, x->name);
    bool under_file = !w->before_dir && w->before.n && str_starts(x->name, w->before) &&
                      x->name.p[w->before.n] == '/';
    if (!order || (under_file && x->name.n > w->before.n))
        bag_find(w->c, BAG_DUPLICATE, below_top(w, x->name), "the name is in the archive twice");
    else if (order > 0)
        broken(w, x->name, "the members are not in order");
    if (!is_inside(w->dir, folder_of(x->name)))
        broken(w, x->name, "its directory has no entry before it");
}

static bool open_top(walk *w, const tar_entry *x)
{
    str name = str_sub(x->name, 0, x->name.n - 1);
    if (x->type != TAR_DIR || !str_ends(x->name, S("/")) || !bag_name_ok(name, 80) ||
        memchr(name.p, '/', name.n)) {
        broken(w, x->name, "the archive does not begin with the bag's one top directory");
        return false;
    }
    w->top = x->name;
    return true;
}

static bool skip(walk *w, uint64_t n)
{
    while (n) {
        size_t some = n < sizeof w->chunk ? (size_t)n : sizeof w->chunk;
        if (!pull(w, w->chunk, some)) return false;
        n -= some;
    }
    return true;
}

static bool feed(walk *w, uint64_t n)
{
    bool ok = true;
    while (n && ok) {
        size_t some = n < sizeof w->chunk ? (size_t)n : sizeof w->chunk;
        ok = pull(w, w->chunk, some);
        if (ok) bag_check_data(w->c, w->chunk, some);
        n -= some;
    }
    bag_check_end(w->c);
    return ok;
}

/* Absolute, climbing, or beside the bag's one top directory. */
static bool check_name(walk *w, const tar_entry *x)
{
    str bare = str_ends(x->name, S("/")) ? str_sub(x->name, 0, x->name.n - 1) : x->name;
    if (bag_name_ok(bare, BAG_NAME_MAX + w->top.n) && str_starts(x->name, w->top)) return true;
    bag_find(w->c, BAG_NAME, below_top(w, x->name), "the name is not allowed in a bag");
    return false;
}

static void read_content(walk *w, const tar_entry *x, bool name_ok)
{
    str path = below_top(w, x->name);
    bool wanted = name_ok && x->type == TAR_FILE && bag_check_begin(w->c, path, x->size);
    if (!(wanted ? feed(w, x->size) : skip(w, x->size))) return;
    size_t pad = (size_t)(-x->size % TAR_BLOCK);
    if (pull(w, w->chunk, pad) && !all_zero(w->chunk, pad))
        bag_find(w->c, BAG_FORMAT, path, "the bytes that fill its last block are not zero");
}

static void check_kind(walk *w, const tar_entry *x)
{
    str path = below_top(w, x->name);
    if (x->type != TAR_FILE && x->type != TAR_DIR)
        bag_find(w->c, BAG_KIND, path, "a link, device or extended header");
    else if (!x->canonical || (x->type == TAR_DIR) != str_ends(x->name, S("/")))
        bag_find(w->c, BAG_FORMAT, path, "its header is not in the reproducible form");
    if (x->type == TAR_DIR && x->size) broken(w, x->name, "a directory with content");
}

static void read_entry(walk *w, const uint8_t *block)
{
    tar_entry x;
    if (!tar_parse(w->c->a, block, &x) || !x.sum_ok) {
        broken(w, S(""), "a header of the archive is damaged");
        return;
    }
    if (!w->top.p && !open_top(w, &x)) return;
    bool name_ok = check_name(w, &x);
    if (w->before.p) {
        check_dir_used(w, x.name);
        check_order(w, &x);
    }
    check_kind(w, &x);
    if (gunzip_total(w->g) + x.size > w->max) {
        bag_find(w->c, BAG_TOO_LARGE, below_top(w, x.name), "more than %llu bytes unpacked",
                 (unsigned long long)w->max);
        w->stop = true;
    }
    w->before = x.name;
    w->before_dir = x.type == TAR_DIR;
    if (w->before_dir) w->dir = x.name;
    if (!w->stop) read_content(w, &x, name_ok);
}

/* The first zero block was read: one more, then zeros up to a whole record. */
static void read_end(walk *w)
{
    size_t n = TAR_RECORD - (size_t)(gunzip_total(w->g) % TAR_RECORD);
    if (n < TAR_BLOCK) n += TAR_RECORD;
    check_dir_used(w, S(""));
    if (pull(w, w->chunk, n) && !all_zero(w->chunk, n))
        broken(w, S(""), "there is something behind the end of the archive");
}

bool bag_read_archive(bag_check *c, bag_source *source, void *ctx, err *e)
{
    uint8_t block[TAR_BLOCK];
    walk *w = arena_new(c->a, walk, 1);
    w->c = c;
    w->max = c->trust->max_unpacked ? c->trust->max_unpacked : BAG_MAX_ARCHIVE;
    w->g = gunzip_open(c->a, source, ctx);
    c->r->archive = true;
    bool ended = false;
    while (!w->stop && !ended && pull(w, block, sizeof block)) {
        ended = all_zero(block, sizeof block);
        if (ended)
            read_end(w);
        else
            read_entry(w, block);
    }
    if (!w->stop) {
        gunzip_finish(w->g);
        if (gunzip_broken(w->g)) broken(w, S(""), gunzip_broken(w->g));
    }
    return gunzip_drain(w->g, &c->r->archive_sha256, e);
}
