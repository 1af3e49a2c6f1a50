/* tile_read.c - the meaning of tiles and bundles: hashes, entries, and the nodes of a tree. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tiles.h"

static bool damaged(err *e, str path, const char *why)
{
    return err_set(e, ERR_DAMAGED, str_dup(e->a, path),
                   S("restore this file from a backup or another copy of the log"), "'%.*s' %s",
                   STR_ARG(path), why);
}

/* The file of a tile; for a partial one that is gone, the full one. */
static bool get(struct tiles *t, arena *a, tile_name *name, size_t max, str *ret_path, str *ret,
                err *e)
{
    *ret_path = tile_path(a, *name);
    if (tiles_get(t, a, *ret_path, max, ret, e)) return true;
    if (e->code != ERR_NOT_FOUND || name->width == TILES_WIDTH) return false;
    err first = *e;
    name->width = TILES_WIDTH;
    *ret_path = tile_path(a, *name);
    if (tiles_get(t, a, *ret_path, max, ret, e)) return true;
    if (e->code == ERR_NOT_FOUND) *e = first;
    return false;
}

bool tile_hashes(struct tiles *t, arena *a, tile_name name, const digest **ret, err *e)
{
    str path, s;
    if (!get(t, a, &name, TILES_WIDTH * sizeof(digest), &path, &s, e)) return false;
    if (s.n != name.width * sizeof(digest)) return damaged(e, path, "has the wrong size");
    *ret = (const digest *)s.p;
    return true;
}

bool bundle_parse(arena *a, str bytes, unsigned n, str **ret)
{
    *ret = arena_new(a, str, n);
    for (unsigned i = 0; i < n; i++) {
        if (bytes.n < 2) return false;
        size_t size = (size_t)(uint8_t)bytes.p[0] << 8 | (uint8_t)bytes.p[1];
        if (bytes.n - 2 < size) return false;
        (*ret)[i] = str_sub(bytes, 2, size);
        bytes = str_sub(bytes, 2 + size, bytes.n);
    }
    return bytes.n == 0;
}

bool tile_entries(struct tiles *t, arena *a, tile_name name, str **ret, err *e)
{
    str path, s;
    name.level = TILES_ENTRIES;
    if (!get(t, a, &name, TILES_FILE_MAX, &path, &s, e)) return false;
    return bundle_parse(a, s, name.width, ret) ||
           damaged(e, path, "is not a bundle of the entries its name says");
}

digest tile_fold(const digest *at, size_t n)
{
    merkle_range r = {0};
    for (size_t i = 0; i < n; i++)
        merkle_add(&r, at[i]);
    return merkle_root(&r);
}

struct slot {
    bool used;
    uint64_t index;
    digest at[TILES_WIDTH];
};

struct tile_source {
    struct tiles *t;
    uint64_t size;
    struct slot slots[TILES_LEVELS];
};

struct tile_source *tile_source_open(arena *a, struct tiles *t, uint64_t size)
{
    struct tile_source *s = arena_new(a, struct tile_source, 1);
    s->t = t;
    s->size = size;
    return s;
}

static bool load(struct tile_source *s, int level, uint64_t index, unsigned width, err *e)
{
    struct slot *slot = &s->slots[level];
    if (slot->used && slot->index == index) return true;
    arena *a = arena_open();
    const digest *at;
    bool ok = tile_hashes(s->t, a, (tile_name){level, index, width}, &at, e);
    if (ok) memcpy(slot->at, at, width * sizeof *at);
    arena_close(a);
    slot->used = ok;
    slot->index = index;
    return ok;
}

bool tile_source_node(void *source, unsigned level, uint64_t index, digest *ret, err *e)
{
    struct tile_source *s = source;
    int tile_level = (int)(level / TILES_HEIGHT);
    size_t n = (size_t)1 << (level % TILES_HEIGHT);
    uint64_t first = index << (level % TILES_HEIGHT), tile = first / TILES_WIDTH;
    size_t at = (size_t)(first % TILES_WIDTH);
    bool whole = tile < tile_full(s->size, tile_level);
    unsigned width = whole ? TILES_WIDTH : tile_partial(s->size, tile_level);
    if (tile > tile_full(s->size, tile_level) || at + n > width)
        return err_set(e, ERR_INTERNAL, S("node"), S("report this"),
                       "node %u/%llu is outside a log of %llu leaves", level,
                       (unsigned long long)index, (unsigned long long)s->size);
    if (!load(s, tile_level, tile, width, e)) return false;
    *ret = tile_fold(s->slots[tile_level].at + at, n);
    return true;
}
