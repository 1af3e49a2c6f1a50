/* gunzip.c - reads one gzip member and refuses whatever the reproducible form does not have. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/gunzip.h"
#include <zlib.h>

struct gunzip {
    z_stream z;
    bag_source *source;
    void *ctx;
    struct hash *hash;
    uLong crc;
    uint64_t total;
    const char *broken;
    uint8_t last; /* byte of deflate data taken last */
    bool headed, ended, dry;
    bool failed; /* the source could not be read: err is kept in why */
    err why;
};

static void end_inflate(void *p)
{
    inflateEnd(p);
}

struct gunzip *gunzip_open(arena *a, bag_source *source, void *ctx)
{
    struct gunzip *g = arena_new(a, struct gunzip, 1);
    g->source = source;
    g->ctx = ctx;
    g->hash = hash_begin(a);
    g->why = ERR_IN(a);
    g->crc = crc32(0, NULL, 0);
    if (inflateInit2(&g->z, -15) != Z_OK) /* -15: deflate alone; header and trailer are ours */
        g->broken = "zlib cannot be started";
    else
        arena_defer(a, end_inflate, &g->z);
    return g;
}

/* More input; false at its end. */
static bool refill(struct gunzip *g)
{
    const void *p;
    size_t n = 0;
    if (g->z.avail_in) return true;
    if (g->dry || g->failed) return false;
    if (!g->source(g->ctx, &p, &n, &g->why)) g->failed = true;
    g->dry = !n;
    hash_add(g->hash, p, n);
    g->z.next_in = (z_const Bytef *)(uintptr_t)p;
    g->z.avail_in = (uInt)n;
    return n > 0;
}

static size_t take_raw(struct gunzip *g, uint8_t *out, size_t n)
{
    size_t i = 0;
    for (; i < n && refill(g); i++) {
        out[i] = *g->z.next_in++;
        g->z.avail_in--;
    }
    return i;
}

static void read_header(struct gunzip *g)
{
    static const uint8_t want[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    uint8_t got[sizeof want];
    g->headed = true;
    if (take_raw(g, got, sizeof got) < sizeof got || memcmp(got, want, sizeof got) != 0)
        g->broken = "not a gzip file in the form of gzip -n";
}

/* At the end of the last block: the bits that fill its last byte must be zero. */
static void check_last_bits(struct gunzip *g)
{
    int unused = g->z.data_type & 7;
    bool at_end = (g->z.data_type & (64 | 128)) == (64 | 128);
    if (at_end && unused && g->last >> (8 - unused))
        g->broken = "the compressed data is damaged in its last bits";
}

static void step(struct gunzip *g)
{
    z_const Bytef *before = g->z.next_in;
    int r = inflate(&g->z, Z_BLOCK);
    if (g->z.next_in > before) g->last = g->z.next_in[-1];
    if (r == Z_STREAM_END)
        g->ended = true;
    else if (r != Z_OK && r != Z_BUF_ERROR)
        g->broken = "the compressed data is damaged";
    else
        check_last_bits(g);
}

size_t gunzip_pull(struct gunzip *g, void *out, size_t n)
{
    if (!g->headed && !g->broken) read_header(g);
    g->z.next_out = out;
    g->z.avail_out = (uInt)n;
    while (g->z.avail_out && !g->ended && !g->broken) {
        if (!refill(g))
            g->broken = "the archive ends early";
        else
            step(g);
    }
    size_t got = n - g->z.avail_out;
    g->crc = crc32(g->crc, out, (uInt)got);
    g->total += got;
    return got;
}

uint64_t gunzip_total(const struct gunzip *g)
{
    return g->total;
}

const char *gunzip_broken(const struct gunzip *g)
{
    return g->broken;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void gunzip_finish(struct gunzip *g)
{
    uint8_t more, t[8] = {0};
    if (g->broken) return;
    if (gunzip_pull(g, &more, 1) || !g->ended)
        g->broken = g->broken ? g->broken : "more data than the archive says";
    else if (take_raw(g, t, sizeof t) < sizeof t)
        g->broken = "the archive ends early";
    else if (le32(t) != (uint32_t)g->crc || le32(t + 4) != (uint32_t)g->total)
        g->broken = "the check sum of the archive does not fit";
    else if (refill(g))
        g->broken = "there is something behind the archive";
}

bool gunzip_drain(struct gunzip *g, digest *ret_sha256, err *e)
{
    do
        g->z.avail_in = 0;
    while (refill(g));
    *ret_sha256 = hash_end(g->hash);
    return g->failed ? err_copy(e, &g->why) : true;
}
