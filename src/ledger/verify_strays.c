/* verify_strays.c - files of a log directory that the signed tree does not need. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/verify_impl.h"

enum place { NEEDED, STALE, AHEAD, FOREIGN };

static enum place place_of(uint64_t size, tile_name t)
{
    if (t.level >= (int)TILES_LEVELS) return FOREIGN;
    uint64_t full = tile_full(size, t.level);
    unsigned partial = tile_partial(size, t.level);
    if (t.width == TILES_WIDTH) return t.index < full ? NEEDED : AHEAD;
    if (t.index > full) return AHEAD;
    if (t.index < full || t.width < partial) return STALE;
    return t.width == partial ? NEEDED : AHEAD;
}

/* A leftover partial tile must hold the beginning of the tile that took its place. */
static void check_stale(struct check *k, arena *a, str path, tile_name t)
{
    err e = ERR_IN(a);
    str part, whole, *entries;
    tile_name now = {t.level, t.index, TILES_WIDTH};
    if (t.index == tile_full(k->head.size, t.level))
        now.width = tile_partial(k->head.size, t.level);
    size_t max = t.level == TILES_ENTRIES ? TILES_FILE_MAX : TILES_WIDTH * sizeof(digest);
    k->r->files++;
    if (!tiles_get(k->t, a, path, max, &part, &e))
        verify_found(k, path, "%.*s", STR_ARG(e.msg));
    else if (t.level != TILES_ENTRIES && part.n != t.width * sizeof(digest))
        verify_found(k, path, "it has the wrong size");
    else if (t.level == TILES_ENTRIES && !bundle_parse(a, part, t.width, &entries))
        verify_found(k, path, "it is not a bundle of the entries its name says");
    else if (tiles_get(k->t, a, tile_path(a, now), max, &whole, &e) && !str_starts(whole, part))
        verify_found(k, path, "it is not the beginning of the tile that followed it");
}

static bool look(void *ctx, str path, bool regular, err *e)
{
    struct check *k = ctx;
    tile_name t;
    (void)e;
    if (!regular) {
        verify_found(k, path, "it is a link or a special file");
        return true;
    }
    if (str_eqz(path, "checkpoint")) return true;
    /* What a killed or working publisher leaves behind is no part of what is signed. */
    enum place p = str_eqz(path, ".tmp")   ? AHEAD
                   : !tile_parse(path, &t) ? FOREIGN
                                           : place_of(k->head.size, t);
    arena *a = arena_open();
    if (p == FOREIGN) verify_found(k, path, "it does not belong to a log");
    if (p == STALE) check_stale(k, a, path, t);
    k->r->ahead += p == AHEAD;
    arena_close(a);
    return true;
}

bool verify_strays(struct check *k, err *e)
{
    return tiles_walk(k->t, look, k, e);
}
