/* merkle.c - RFC 6962 hashing, compact ranges, and the two proof algorithms of RFC 9162. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/merkle.h"

digest merkle_empty(void)
{
    return hash_bytes("", 0);
}

digest merkle_leaf(str body)
{
    return hash_two("\x00", 1, body.p, body.n);
}

digest merkle_node(digest l, digest r)
{
    uint8_t b[65] = {0x01};
    memcpy(b + 1, l.b, 32);
    memcpy(b + 33, r.b, 32);
    return hash_bytes(b, sizeof b);
}

void merkle_add(merkle_range *r, digest leaf)
{
    r->at[r->n++] = leaf;
    for (uint64_t size = r->size; size & 1; size >>= 1) {
        r->at[r->n - 2] = merkle_node(r->at[r->n - 2], r->at[r->n - 1]);
        r->n--;
    }
    r->size++;
}

digest merkle_root(const merkle_range *r)
{
    if (r->n == 0) return merkle_empty();
    digest d = r->at[r->n - 1];
    for (size_t i = r->n - 1; i-- > 0;)
        d = merkle_node(r->at[i], d);
    return d;
}

/* floor(log2(x)), x > 0 */
static unsigned log2_floor(uint64_t x)
{
    return 63u - (unsigned)__builtin_clzll(x);
}

/* Perfect nodes that cover [lo, hi); lo is aligned to the largest of them. */
static bool cover(merkle_source *src, void *ctx, uint64_t lo, uint64_t hi, merkle_range *ret,
                  err *e)
{
    *ret = (merkle_range){.size = hi - lo};
    while (lo < hi) {
        unsigned level = log2_floor(hi - lo);
        if (!src(ctx, level, lo >> level, &ret->at[ret->n], e)) return false;
        ret->n++;
        lo += UINT64_C(1) << level;
    }
    return true;
}

bool merkle_range_read(merkle_source *src, void *ctx, uint64_t size, merkle_range *ret, err *e)
{
    return cover(src, ctx, 0, size, ret, e);
}

static bool subtree(merkle_source *src, void *ctx, uint64_t lo, uint64_t hi, digest *ret, err *e)
{
    merkle_range r;
    if (!cover(src, ctx, lo, hi, &r, e)) return false;
    *ret = merkle_root(&r);
    return true;
}

/* Largest power of two below n, n > 1. */
static uint64_t split(uint64_t n)
{
    return UINT64_C(1) << log2_floor(n - 1);
}

/* Proofs are gathered from the root down and read from the leaf up. */
static void reverse(merkle_proof *p)
{
    for (size_t i = 0, j = p->n; i + 1 < j; i++) {
        digest d = p->at[i];
        p->at[i] = p->at[--j];
        p->at[j] = d;
    }
}

bool merkle_prove_inclusion(merkle_source *src, void *ctx, uint64_t index, uint64_t size,
                            merkle_proof *ret, err *e)
{
    if (index >= size)
        return err_set(e, ERR_INVALID, S("index"), S("ask for a leaf below the size of the log"),
                       "leaf %llu is not in a log of %llu leaves", (unsigned long long)index,
                       (unsigned long long)size);
    ret->n = 0;
    uint64_t lo = 0, hi = size;
    while (hi - lo > 1) {
        uint64_t mid = lo + split(hi - lo);
        bool left = index < mid;
        if (!subtree(src, ctx, left ? mid : lo, left ? hi : mid, &ret->at[ret->n], e)) return false;
        ret->n++;
        if (left)
            hi = mid;
        else
            lo = mid;
    }
    reverse(ret);
    return true;
}

bool merkle_prove_consistency(merkle_source *src, void *ctx, uint64_t from, uint64_t to,
                              merkle_proof *ret, err *e)
{
    ret->n = 0;
    if (from > to)
        return err_set(e, ERR_INVALID, S("from"), S("give the smaller size first"),
                       "a log of %llu leaves cannot have grown from %llu", (unsigned long long)to,
                       (unsigned long long)from);
    if (from == 0) return true;
    uint64_t lo = 0, hi = to;
    while (from != hi) {
        uint64_t mid = lo + split(hi - lo);
        bool left = from <= mid;
        if (!subtree(src, ctx, left ? mid : lo, left ? hi : mid, &ret->at[ret->n], e)) return false;
        ret->n++;
        if (left)
            hi = mid;
        else
            lo = mid;
    }
    if (lo > 0) {
        if (!subtree(src, ctx, lo, hi, &ret->at[ret->n], e)) return false;
        ret->n++;
    }
    reverse(ret);
    return true;
}

bool merkle_check_inclusion(uint64_t index, uint64_t size, digest leaf, const merkle_proof *p,
                            digest root)
{
    if (index >= size || p->n > MERKLE_PROOF_MAX) return false;
    uint64_t fn = index, sn = size - 1;
    digest r = leaf;
    for (size_t i = 0; i < p->n; i++) {
        if (sn == 0) return false;
        if ((fn & 1) || fn == sn) {
            r = merkle_node(p->at[i], r);
            for (; !(fn & 1) && fn != 0; fn >>= 1)
                sn >>= 1;
        } else {
            r = merkle_node(r, p->at[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && digest_eq(r, root);
}

bool merkle_check_consistency(uint64_t from, uint64_t to, digest root_from, digest root_to,
                              const merkle_proof *p)
{
    if (from == 0 || from > to || p->n > MERKLE_PROOF_MAX) return false;
    if (from == to) return p->n == 0 && digest_eq(root_from, root_to);
    if (p->n == 0) return false;
    bool power = (from & (from - 1)) == 0;
    uint64_t fn = from - 1, sn = to - 1;
    for (; fn & 1; fn >>= 1)
        sn >>= 1;
    digest fr = power ? root_from : p->at[0], sr = fr;
    for (size_t i = power ? 0 : 1; i < p->n; i++) {
        if (sn == 0) return false;
        if ((fn & 1) || fn == sn) {
            fr = merkle_node(p->at[i], fr);
            sr = merkle_node(p->at[i], sr);
            for (; !(fn & 1) && fn != 0; fn >>= 1)
                sn >>= 1;
        } else {
            sr = merkle_node(sr, p->at[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && digest_eq(fr, root_from) && digest_eq(sr, root_to);
}
