/* extend.c - growing the tiles out of the stored leaves, and reading back what was written. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger_impl.h"

/* The right edge of the tree while it grows: the unfinished tile of each level. */
struct edge {
    struct ledger *l;
    uint64_t size;
    merkle_range range;
    struct {
        uint64_t index;
        unsigned n;
        digest at[TILES_WIDTH];
    } level[TILES_LEVELS];
};

static bool differs(err *e, uint64_t seq)
{
    return err_set(e, ERR_DAMAGED, str_fmt(e->a, "leaf.%llu", (unsigned long long)seq),
                   S("one of store and log directory was altered: restore both from a backup"),
                   "leaf %llu of the store is not the leaf that was published",
                   (unsigned long long)seq);
}

bool ledger_frontier(struct ledger *l, uint64_t size, merkle_range *ret, err *e)
{
    arena *a = arena_open();
    struct tile_source *src = tile_source_open(a, l->tiles, size);
    bool ok = merkle_range_read(tile_source_node, src, size, ret, e);
    arena_close(a);
    return ok;
}

/* Loads the edge at `from`; its root must be the one that was signed. */
static bool load_edge(struct edge *g, const checkpoint *from, err *e)
{
    g->size = from->size;
    if (!ledger_frontier(g->l, from->size, &g->range, e)) return false;
    if (!digest_eq(merkle_root(&g->range), from->root))
        return err_set(e, ERR_DAMAGED, S("tile"), S("restore the log directory from a backup"),
                       "the tiles of the log directory do not give the signed root of %llu leaves",
                       (unsigned long long)from->size);
    arena *a = arena_open();
    bool ok = true;
    for (int i = 0; ok && i < (int)TILES_LEVELS; i++) {
        unsigned n = tile_partial(from->size, i);
        const digest *at = NULL;
        g->level[i].index = tile_full(from->size, i);
        g->level[i].n = n;
        if (n) ok = tile_hashes(g->l->tiles, a, (tile_name){i, g->level[i].index, n}, &at, e);
        if (ok && n) memcpy(g->level[i].at, at, n * sizeof *at);
    }
    arena_close(a);
    return ok;
}

static bool put_tile(struct edge *g, int level, err *e)
{
    arena *a = arena_open();
    str path = tile_path(a, (tile_name){level, g->level[level].index, g->level[level].n});
    str bytes = {(const char *)g->level[level].at, g->level[level].n * sizeof(digest)};
    bool ok = tiles_put(g->l->tiles, path, bytes, e);
    arena_close(a);
    return ok;
}

/* Adds a hash to a level; full tiles are written and carried up. */
static bool push(struct edge *g, digest d, err *e)
{
    for (int i = 0; i < (int)TILES_LEVELS; i++) {
        g->level[i].at[g->level[i].n++] = d;
        if (g->level[i].n < TILES_WIDTH) return true;
        if (!put_tile(g, i, e)) return false;
        d = tile_fold(g->level[i].at, TILES_WIDTH);
        g->level[i].n = 0;
        g->level[i].index++;
    }
    return err_set(e, ERR_INTERNAL, S("tile"), S("report this"), "the log is too large");
}

static bool put_bundle(struct ledger *l, arena *a, uint64_t tile, const str *at, unsigned n, err *e)
{
    buf b = buf_open(a, TILES_FILE_MAX);
    for (unsigned i = 0; i < n; i++) {
        buf_putc(&b, (char)(at[i].n >> 8));
        buf_putc(&b, (char)(at[i].n & 0xff));
        buf_put(&b, at[i]);
    }
    return tiles_put(l->tiles, tile_path(a, (tile_name){TILES_ENTRIES, tile, n}), buf_str(&b), e);
}

/* Leaves to hashes; those already published must be the published ones. */
static bool hash_leaves(const struct edge *g, const str *at, unsigned n, unsigned old, digest *ret,
                        err *e)
{
    uint64_t first = g->size - old;
    for (unsigned i = 0; i < n; i++) {
        if (at[i].n == 0 || at[i].n > LEDGER_LEAF_MAX) return differs(e, first + i);
        ret[i] = merkle_leaf(at[i]);
        if (i < old && !digest_eq(ret[i], g->level[0].at[i])) return differs(e, first + i);
    }
    return true;
}

/* One tile's worth of leaves, up to `to`. */
static bool grow_tile(struct edge *g, arena *a, uint64_t to, err *e)
{
    uint64_t tile = g->size / TILES_WIDTH, first = tile * TILES_WIDTH;
    uint64_t end = first + TILES_WIDTH < to ? first + TILES_WIDTH : to;
    unsigned n = (unsigned)(end - first), old = (unsigned)(g->size - first);
    str at[TILES_WIDTH];
    digest d[TILES_WIDTH];
    if (!ledger_leaves(g->l, a, first, end, at, e)) return false;
    if (!hash_leaves(g, at, n, old, d, e) || !put_bundle(g->l, a, tile, at, n, e)) return false;
    for (unsigned i = old; i < n; i++) {
        merkle_add(&g->range, d[i]);
        if (!push(g, d[i], e)) return false;
    }
    g->size = end;
    return true;
}

static bool grow(struct edge *g, uint64_t to, err *e)
{
    bool ok = true;
    while (ok && g->size < to) {
        arena *a = arena_open();
        ok = grow_tile(g, a, to, e);
        arena_close(a);
    }
    for (int i = 0; ok && i < (int)TILES_LEVELS; i++)
        if (g->level[i].n) ok = put_tile(g, i, e);
    return ok && tiles_sync(g->l->tiles, e);
}

/* Bundle `tile` of a log of `size` leaves from the disk, hashed into `range` and compared with
 * its hash tile on the disk. */
static bool reread(struct ledger *l, arena *a, uint64_t tile, uint64_t size, merkle_range *range,
                   err *e)
{
    uint64_t first = tile * TILES_WIDTH;
    unsigned n = (unsigned)(size - first < TILES_WIDTH ? size - first : TILES_WIDTH);
    const digest *at;
    str *entries;
    if (!tile_hashes(l->tiles, a, (tile_name){0, tile, n}, &at, e)) return false;
    if (!tile_entries(l->tiles, a, (tile_name){0, tile, n}, &entries, e)) return false;
    for (unsigned i = 0; i < n; i++) {
        digest d = merkle_leaf(entries[i]);
        if (!digest_eq(d, at[i])) return differs(e, first + i);
        merkle_add(range, d);
    }
    return true;
}

/* What was written, from the disk: entries of the new tiles on top of the old full tiles, and
 * the frontier of hash tiles, must both give the root that the leaves of the store give. */
static bool read_back(struct ledger *l, uint64_t from, uint64_t to, digest root, err *e)
{
    uint64_t first = from / TILES_WIDTH;
    merkle_range entries, tiles;
    bool ok = ledger_frontier(l, first * TILES_WIDTH, &entries, e);
    for (uint64_t i = first; ok && i * TILES_WIDTH < to; i++) {
        arena *a = arena_open();
        ok = reread(l, a, i, to, &entries, e);
        arena_close(a);
    }
    if (!ok || !ledger_frontier(l, to, &tiles, e)) return false;
    if (digest_eq(merkle_root(&entries), root) && digest_eq(merkle_root(&tiles), root)) return true;
    return err_set(e, ERR_DAMAGED, S("tile"), S("check the disk; nothing was signed"),
                   "what was written to the log directory reads back differently");
}

bool ledger_extend(struct ledger *l, const checkpoint *from, uint64_t to, digest *ret, err *e)
{
    arena *a = arena_open();
    struct edge *g = arena_new(a, struct edge, 1);
    g->l = l;
    bool ok = load_edge(g, from, e) && grow(g, to, e);
    if (ok) *ret = merkle_root(&g->range);
    arena_close(a);
    return ok && read_back(l, from->size, to, *ret, e);
}

bool ledger_check_tail(struct ledger *l, uint64_t size, err *e)
{
    if (size == 0) return true;
    uint64_t tile = (size - 1) / TILES_WIDTH, first = tile * TILES_WIDTH;
    unsigned n = (unsigned)(size - first);
    arena *a = arena_open();
    str stored[TILES_WIDTH], *entries = NULL;
    bool ok = ledger_leaves(l, a, first, size, stored, e) &&
              tile_entries(l->tiles, a, (tile_name){0, tile, n}, &entries, e);
    for (unsigned i = 0; ok && i < n; i++)
        if (!str_eq(stored[i], entries[i])) ok = differs(e, first + i);
    const digest *at;
    ok = ok && tile_hashes(l->tiles, a, (tile_name){0, tile, n}, &at, e);
    for (unsigned i = 0; ok && i < n; i++)
        if (!digest_eq(merkle_leaf(stored[i]), at[i])) ok = differs(e, first + i);
    arena_close(a);
    return ok;
}
