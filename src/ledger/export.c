/* export.c - a complete copy of a log that holds exactly what its checkpoint covers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger.h"
#include "ledger/tiles.h"

static bool copy(struct tiles *from, struct tiles *to, tile_name t, err *e)
{
    arena *a = arena_open();
    str s, *entries;
    const digest *at;
    buf b = buf_open(a, TILES_FILE_MAX);
    bool ok;
    if (t.level == TILES_ENTRIES) {
        ok = tile_entries(from, a, t, &entries, e);
        for (unsigned i = 0; ok && i < t.width; i++) {
            buf_putc(&b, (char)(entries[i].n >> 8));
            buf_putc(&b, (char)(entries[i].n & 0xff));
            buf_put(&b, entries[i]);
        }
        s = buf_str(&b);
    } else {
        ok = tile_hashes(from, a, t, &at, e);
        s = (str){(const char *)at, t.width * sizeof(digest)};
    }
    ok = ok && tiles_put(to, tile_path(a, t), s, e);
    arena_close(a);
    return ok;
}

static bool any_file(void *ctx, str path, bool regular, err *e)
{
    (void)regular;
    (void)e;
    *(str *)ctx = path;
    return false;
}

static bool open_empty(arena *a, const char *dir, struct tiles **ret, err *e)
{
    str found = {0};
    if (!tiles_open(a, dir, true, ret, e)) return false;
    if (tiles_walk(*ret, any_file, &found, e)) return true;
    if (!found.p) return false;
    return err_set(e, ERR_CONFLICT, str_of(dir), S("name a directory that is missing or empty"),
                   "'%s' is not empty", dir);
}

bool ledger_export(const char *from, const char *to, const note_key *key, err *e)
{
    arena *a = arena_open();
    struct tiles *src, *dst;
    note n;
    checkpoint c;
    str s;
    bool ok = tiles_open(a, from, false, &src, e) &&
              tiles_get(src, a, S("checkpoint"), NOTE_MAX, &s, e) &&
              checkpoint_open(a, s, key, 1, &n, &c, e) && open_empty(a, to, &dst, e);
    for (int l = TILES_ENTRIES; ok && l < (int)TILES_LEVELS; l++) {
        unsigned partial = tile_partial(c.size, l);
        for (uint64_t i = 0; ok && i < tile_full(c.size, l); i++)
            ok = copy(src, dst, (tile_name){l, i, TILES_WIDTH}, e);
        if (ok && partial) ok = copy(src, dst, (tile_name){l, tile_full(c.size, l), partial}, e);
    }
    ok = ok && tiles_sync(dst, e) && tiles_put(dst, S("checkpoint"), n.whole, e) &&
         tiles_sync(dst, e);
    arena_close(a);
    return ok;
}
