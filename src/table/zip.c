/* zip.c - reads the central directory of a zip archive and unpacks its members. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/zip.h"
#include "table/dict.h"
#include <zlib.h>

enum { EOCD = 22, EOCD64 = 56, LOCATOR64 = 20, CENTRAL = 46, LOCAL = 30, COMMENT = 65535 };

struct archive {
    arena *a;
    str bytes, name;
    err *e;
};

static bool refuse(const struct archive *z, const char *why)
{
    return err_set(z->e, ERR_INVALID, z->name, S("write the file again, or copy it again"),
                   "%.*s: the zip archive %s", STR_ARG(z->name), why);
}

/* Little-endian number at an offset that has been checked. */
static uint64_t number(str s, size_t at, size_t n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | (uint8_t)s.p[at + n];
    return v;
}

static bool inside(str s, uint64_t at, uint64_t n)
{
    return at <= s.n && n <= s.n - at;
}

/* ---- the end of the central directory ---- */

struct directory {
    uint64_t at, size, members;
};

static bool find_end(const struct archive *z, size_t *ret)
{
    str s = z->bytes;
    for (size_t back = EOCD; back <= s.n && back <= EOCD + COMMENT; back++) {
        size_t at = s.n - back;
        if (number(s, at, 4) == 0x06054b50 && number(s, at + 20, 2) == back - EOCD) {
            *ret = at;
            return true;
        }
    }
    return refuse(z, "has no directory: it is cut short");
}

static bool read_end64(const struct archive *z, size_t end, struct directory *d)
{
    str s = z->bytes;
    if (end < LOCATOR64 || number(s, end - LOCATOR64, 4) != 0x07064b50)
        return refuse(z, "has a directory that is broken");
    uint64_t at = number(s, end - LOCATOR64 + 8, 8);
    if (!inside(s, at, EOCD64) || number(s, at, 4) != 0x06064b50)
        return refuse(z, "has a directory that is broken");
    *d = (struct directory){number(s, at + 48, 8), number(s, at + 40, 8), number(s, at + 32, 8)};
    return true;
}

static bool read_end(const struct archive *z, struct directory *d)
{
    size_t end;
    str s = z->bytes;
    if (!find_end(z, &end)) return false;
    if (number(s, end + 4, 2) || number(s, end + 6, 2)) return refuse(z, "spans several disks");
    *d = (struct directory){number(s, end + 16, 4), number(s, end + 12, 4), number(s, end + 10, 2)};
    bool wide = d->at == UINT32_MAX || d->size == UINT32_MAX || d->members == UINT16_MAX;
    if (wide && !read_end64(z, end, d)) return false;
    if (!inside(s, d->at, d->size)) return refuse(z, "has a directory outside the file");
    if (d->members > ZIP_MEMBERS) return refuse(z, "has too many members");
    return true;
}

/* ---- one entry ---- */

struct entry {
    uint64_t packed, size, at;
    unsigned flags, method, crc;
    str name, extra;
};

/* Sizes that do not fit into 32 bits stand in an extra field, in this order. */
static bool read_zip64(struct entry *x)
{
    str s = x->extra, field = {0};
    while (s.n >= 4 && !field.p) {
        size_t n = number(s, 2, 2);
        if (n > s.n - 4) return false;
        if (number(s, 0, 2) == 1) field = str_sub(s, 4, n);
        s = str_sub(s, 4 + n, s.n);
    }
    uint64_t *values[] = {&x->size, &x->packed, &x->at};
    for (size_t i = 0; i < COUNT(values); i++) {
        if (*values[i] != UINT32_MAX) continue;
        if (field.n < 8) return false;
        *values[i] = number(field, 0, 8);
        field = str_sub(field, 8, field.n);
    }
    return true;
}

static bool read_central(const struct archive *z, str *rest, struct entry *x)
{
    str s = *rest;
    if (s.n < CENTRAL || number(s, 0, 4) != 0x02014b50)
        return refuse(z, "has a directory that is broken");
    size_t name = number(s, 28, 2), extra = number(s, 30, 2), comment = number(s, 32, 2);
    if (name + extra + comment > s.n - CENTRAL) return refuse(z, "has a directory that is broken");
    *x = (struct entry){.flags = (unsigned)number(s, 8, 2),
                        .method = (unsigned)number(s, 10, 2),
                        .crc = (unsigned)number(s, 16, 4),
                        .packed = number(s, 20, 4),
                        .size = number(s, 24, 4),
                        .at = number(s, 42, 4),
                        .name = str_sub(s, CENTRAL, name),
                        .extra = str_sub(s, CENTRAL + name, extra)};
    *rest = str_sub(s, CENTRAL + name + extra + comment, s.n);
    return read_zip64(x) || refuse(z, "has a directory that is broken");
}

/* A name is never used as a path; one that looks like a path is refused all the same. */
static bool name_ok(str s)
{
    return s.n && s.n <= 1024 && str_utf8(s) && !memchr(s.p, 0, s.n) && !str_has_control(s) &&
           !memchr(s.p, '/', s.n) && !memchr(s.p, '\\', s.n);
}

static bool entry_ok(const struct archive *z, const struct entry *x)
{
    if (!name_ok(x->name))
        return err_set(z->e, ERR_INVALID, z->name,
                       S("write arrays with numpy.savez; save a spreadsheet as CSV (UTF-8)"),
                       "%.*s: the zip archive has a member whose name is no plain file name, so it "
                       "is no .npz archive",
                       STR_ARG(z->name));
    if (x->flags & (1 | 1 << 6 | 1 << 13)) return refuse(z, "is encrypted");
    if (x->method != 0 && x->method != 8)
        return refuse(z, "has a member that is neither stored nor deflated");
    if (x->method == 8 && x->size / 1032 > x->packed) /* as far as deflate can go */
        return refuse(z, "has a member that cannot be as large as it says");
    if (x->method == 0 && x->packed != x->size) return refuse(z, "has a member of two sizes");
    return true;
}

/* Where the member's bytes begin: behind a local header, whose name must be the same. */
static bool read_local(const struct archive *z, const struct entry *x, zip_member *ret)
{
    str s = z->bytes;
    if (!inside(s, x->at, LOCAL) || number(s, x->at, 4) != 0x04034b50)
        return refuse(z, "has a member outside the file");
    uint64_t name = number(s, x->at + 26, 2),
             from = x->at + LOCAL + name + number(s, x->at + 28, 2);
    if (!inside(s, from, x->packed)) return refuse(z, "has a member outside the file");
    if (!str_eq(str_sub(s, x->at + LOCAL, name), x->name))
        return refuse(z, "has a member of two names");
    *ret = (zip_member){x->name, str_sub(s, from, x->packed), x->size, x->crc, x->method == 8};
    return true;
}

/* ---- all of them ---- */

static int by_place(const void *p, const void *q)
{
    const str *x = p, *y = q;
    return (x->p > y->p) - (x->p < y->p);
}

/* Members that share bytes are how a small archive unpacks into a huge one. */
static bool apart(const struct archive *z, const zip_member *m, size_t n)
{
    str *at = arena_new(z->a, str, n);
    for (size_t i = 0; i < n; i++)
        at[i] = m[i].packed;
    if (n) qsort(at, n, sizeof *at, by_place);
    for (size_t i = 1; i < n; i++)
        if (at[i - 1].p + at[i - 1].n > at[i].p) return refuse(z, "has members that overlap");
    return true;
}

static bool sizes_ok(const struct archive *z, const zip_member *m, size_t n, uint64_t max)
{
    uint64_t bomb = ZIP_FREE + ZIP_RATIO * (uint64_t)z->bytes.n, left = bomb < max ? bomb : max;
    for (size_t i = 0; i < n; i++) {
        if (m[i].size > left)
            return err_set(
                z->e, ERR_TOO_LARGE, z->name, S("save it without compression, or split it"),
                "%.*s: unpacked, the zip archive of %zu bytes is over the limit of %llu",
                STR_ARG(z->name), z->bytes.n, (unsigned long long)(bomb < max ? bomb : max));
        left -= m[i].size;
    }
    return true;
}

bool zip_open(arena *a, str bytes, str name, uint64_t max, zip_member **ret, size_t *ret_n, err *e)
{
    struct archive z = {a, bytes, name, e};
    struct directory d;
    dict names = dict_open(a);
    if (!read_end(&z, &d)) return false;
    str rest = str_sub(bytes, d.at, d.size);
    if (d.members > d.size / CENTRAL) return refuse(&z, "has a directory that is broken");
    zip_member *m = arena_new(a, zip_member, d.members);
    for (size_t i = 0; i < d.members; i++) {
        struct entry x;
        if (!read_central(&z, &rest, &x) || !entry_ok(&z, &x) || !read_local(&z, &x, &m[i]))
            return false;
        if (dict_intern(&names, x.name) != i) return refuse(&z, "has two members of one name");
    }
    if (rest.n) return refuse(&z, "has a directory that is broken");
    *ret = m;
    *ret_n = d.members;
    return apart(&z, m, d.members) && sizes_ok(&z, m, d.members, max);
}

/* ---- unpacking ---- */

static void end_inflate(void *p)
{
    inflateEnd(p);
}

static bool inflate_all(arena *a, const zip_member *m, char *out)
{
    enum { PIECE = 1 << 30 };
    z_stream *s = arena_new(a, z_stream, 1);
    size_t in = 0, to = 0;
    int code = Z_OK;
    if (inflateInit2(s, -15) != Z_OK) return false; /* -15: deflate without a header of its own */
    arena_defer(a, end_inflate, s);
    while (code == Z_OK) {
        size_t give = m->packed.n - in < PIECE ? m->packed.n - in : PIECE;
        size_t room = m->size - to < PIECE ? m->size - to : PIECE;
        s->next_in = (z_const Bytef *)(uintptr_t)(m->packed.p + in);
        s->avail_in = (uInt)give;
        s->next_out = (Bytef *)(out + to);
        s->avail_out = (uInt)room;
        code = inflate(s, Z_NO_FLUSH);
        in += give - s->avail_in;
        to += room - s->avail_out;
        if (code == Z_OK && s->avail_in == give && s->avail_out == room) break;
    }
    return code == Z_STREAM_END && in == m->packed.n && to == m->size;
}

static uint32_t checksum(str s)
{
    return (uint32_t)crc32_z(0, (const Bytef *)s.p, s.n);
}

bool zip_unpack(arena *a, const zip_member *m, str name, str *ret, err *e)
{
    struct archive z = {a, m->packed, name, e};
    *ret = m->packed;
    if (m->deflated) {
        char *out = arena_new(a, char, m->size + 1);
        if (!inflate_all(a, m, out)) return refuse(&z, "has a member that does not unpack");
        *ret = (str){out, m->size};
    }
    return checksum(*ret) == m->crc || refuse(&z, "has a member with a wrong checksum");
}
