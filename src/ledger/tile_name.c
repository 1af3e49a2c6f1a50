/* tile_name.c - where a tile lies: the arithmetic and the paths of c2sp.org/tlog-tiles. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tiles.h"

/* Groups of three digits from the right; all but the last carry an x. */
static void write_index(buf *b, uint64_t n)
{
    uint64_t unit = 1;
    while (n / unit >= 1000)
        unit *= 1000;
    for (; unit > 1; unit /= 1000)
        buf_fmt(b, "x%03u/", (unsigned)(n / unit % 1000));
    buf_fmt(b, "%03u", (unsigned)(n % 1000));
}

str tile_path(arena *a, tile_name t)
{
    buf b = buf_open(a, 256);
    if (t.level == TILES_ENTRIES)
        buf_putz(&b, "tile/entries/");
    else
        buf_fmt(&b, "tile/%d/", t.level);
    write_index(&b, t.index);
    if (t.width < TILES_WIDTH) buf_fmt(&b, ".p/%u", t.width);
    return buf_str(&b);
}

static bool number(str s, int64_t max, int64_t *ret)
{
    if (s.n == 0 || s.n > 3 || s.p[0] == '-') return false;
    return str_int(s, ret) && *ret >= 0 && *ret <= max;
}

static bool read_index(str s, uint64_t *ret)
{
    *ret = 0;
    while (s.p) {
        str rest, group = str_cut(s, '/', &rest);
        int64_t v;
        if (rest.p && !str_starts(group, S("x"))) return false;
        if (rest.p) group = str_sub(group, 1, group.n);
        if (!number(group, 999, &v) || *ret > (UINT64_MAX - 999) / 1000) return false;
        *ret = *ret * 1000 + (uint64_t)v;
        s = rest;
    }
    return true;
}

/* Cuts ".p/W" off the end. */
static bool read_width(str *s, unsigned *ret)
{
    int64_t w;
    *ret = TILES_WIDTH;
    for (size_t i = 0; i + 3 <= s->n; i++) {
        if (memcmp(s->p + i, ".p/", 3) != 0) continue;
        if (!number(str_sub(*s, i + 3, s->n), 255, &w) || w == 0) return false;
        *ret = (unsigned)w;
        *s = str_sub(*s, 0, i);
        break;
    }
    return true;
}

bool tile_parse(str path, tile_name *ret)
{
    str level, index;
    int64_t l = TILES_ENTRIES;
    if (path.n > 200 || !str_eqz(str_cut(path, '/', &level), "tile")) return false;
    str first = str_cut(level, '/', &index);
    if (!index.p || (!str_eqz(first, "entries") && !number(first, 63, &l))) return false;
    if (!read_width(&index, &ret->width) || !read_index(index, &ret->index)) return false;
    ret->level = (int)l;
    /* One way of writing each name: what we would write must be what we read. */
    arena *a = arena_open();
    bool same = str_eq(tile_path(a, *ret), path);
    arena_close(a);
    return same;
}

/* Entries of a level: floor(size / 256^level). */
static uint64_t level_size(uint64_t size, int level)
{
    return level <= 0 ? size : level >= (int)TILES_LEVELS ? 0 : size >> (8 * level);
}

uint64_t tile_full(uint64_t size, int level)
{
    return level_size(size, level) / TILES_WIDTH;
}

unsigned tile_partial(uint64_t size, int level)
{
    return (unsigned)(level_size(size, level) % TILES_WIDTH);
}
