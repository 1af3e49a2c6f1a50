/* bag_names.c - which names a bag may hold, and what its leaves name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_impl.h"

enum { PART_MAX = 90 }; /* fits a ustar name field below data/files/ */

static bool is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool part_ok(str part)
{
    for (size_t i = 0; i < part.n; i++)
        if (!is_plain(part.p[i])) return false;
    return part.n && part.p[0] != '-' && !str_eqz(part, ".") && !str_eqz(part, "..");
}

bool bag_name_ok(str name, size_t max)
{
    if (!name.n || name.n > max) return false;
    for (str rest = name; rest.p;)
        if (!part_ok(str_cut(rest, '/', &rest))) return false;
    return true;
}

str bag_name(arena *a, str any)
{
    buf b = buf_open(a, PART_MAX + 1);
    size_t from = any.n > PART_MAX ? any.n - PART_MAX : 0; /* the ending says most */
    for (size_t i = from; i < any.n; i++)
        buf_putc(&b, is_plain(any.p[i]) ? any.p[i] : '_');
    if (!b.n) return S("_");
    if (b.p[0] == '-' || b.p[0] == '.') b.p[0] = '_';
    return buf_str(&b);
}

bool bag_number(str path, str prefix, str suffix, int64_t *ret)
{
    if (!str_starts(path, prefix) || !str_ends(path, suffix) || path.n <= prefix.n + suffix.n)
        return false;
    str digits = str_sub(path, prefix.n, path.n - prefix.n - suffix.n);
    for (size_t i = 0; i < digits.n; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9') return false;
    return (digits.n == 1 || digits.p[0] != '0') && str_int(digits, ret);
}

typedef struct names {
    digest *at;
    size_t n, max;
} names;

static void collect(const doc *d, names *out)
{
    str s = d->s;
    if (d->kind == DOC_STR && str_starts(s, S("sha256:"))) s = str_sub(s, 7, s.n);
    digest found;
    if (d->kind == DOC_STR && out->n < out->max && digest_parse(s, &found))
        out->at[out->n++] = found;
    for (size_t i = 0; (d->kind == DOC_ARR || d->kind == DOC_OBJ) && i < d->n; i++)
        collect(&d->at[i], out);
}

size_t bag_leaf_names(arena *a, str leaf, digest *ret, size_t max)
{
    doc *d;
    err e = ERR_IN(a);
    names out = {ret, 0, max};
    if (doc_parse(a, leaf, BAG_MAX_LEAF, &d, &e)) collect(d, &out);
    return out.n;
}

int bag_digest_order(const void *p, const void *q)
{
    return memcmp(((const digest *)p)->b, ((const digest *)q)->b, sizeof(digest));
}

bool bag_growth_parse(arena *a, str text, uint64_t *ret_old, merkle_proof *ret, str *ret_note)
{
    str rest, line = str_cut(text, '\n', &rest), raw;
    int64_t old;
    *ret = (merkle_proof){0};
    if (!rest.p || !bag_number(line, S("old "), S(""), &old)) return false;
    *ret_old = (uint64_t)old;
    for (line = str_cut(rest, '\n', &rest); line.n; line = str_cut(rest, '\n', &rest)) {
        if (!rest.p || ret->n == MERKLE_PROOF_MAX || !base64_decode(a, line, &raw) ||
            raw.n != sizeof(digest))
            return false;
        memcpy(ret->at[ret->n++].b, raw.p, raw.n);
    }
    *ret_note = rest;
    return rest.p != NULL;
}
