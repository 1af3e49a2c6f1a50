/* cbor.c - a reader of canonical CBOR that never allocates and never looks past the end. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/cbor.h"

static bool take(str *rest, size_t n, str *ret)
{
    if (rest->n < n) return false;
    *ret = (str){rest->p, n};
    *rest = (str){rest->p + n, rest->n - n};
    return true;
}

/* The number of a head: in its five bits, or in 1, 2, 4 or 8 bytes when it is too large for less.
 */
static bool number(str *rest, unsigned low, uint64_t *ret)
{
    static const uint64_t least[] = {24, 256, 65536, UINT64_C(1) << 32};
    str bytes;
    *ret = low;
    if (low < 24) return true;
    if (low > 27 || !take(rest, (size_t)1 << (low - 24), &bytes)) return false;
    *ret = 0;
    for (size_t i = 0; i < bytes.n; i++)
        *ret = *ret << 8 | (uint8_t)bytes.p[i];
    return *ret >= least[low - 24];
}

static bool string(str *rest, uint64_t n, bool text, cbor *ret)
{
    ret->kind = text ? CBOR_TEXT : CBOR_BYTES;
    return n <= rest->n && take(rest, (size_t)n, &ret->s) && (!text || str_utf8(ret->s));
}

/* Every item needs a byte at least: a count over the bytes left is a lie. */
static bool children(const str *rest, uint64_t n, bool map, cbor *ret)
{
    ret->kind = map ? CBOR_MAP : CBOR_ARRAY;
    ret->n = (size_t)n;
    return n <= rest->n / (map ? 2 : 1);
}

bool cbor_next(str *rest, cbor *ret)
{
    str head;
    uint64_t n;
    *ret = (cbor){0};
    if (!take(rest, 1, &head)) return false;
    unsigned major = (uint8_t)head.p[0] >> 5, low = (uint8_t)head.p[0] & 31;
    if (major == 7) {
        ret->kind = CBOR_SIMPLE;
        ret->i = low;
        return low >= 20 && low <= 22;
    }
    if (!number(rest, low, &n)) return false;
    if (major == 2 || major == 3) return string(rest, n, major == 3, ret);
    if (major == 4 || major == 5) return children(rest, n, major == 5, ret);
    ret->i = major == 1 ? -1 - (int64_t)(n & INT64_MAX) : (int64_t)(n & INT64_MAX);
    return major <= 1 && n <= INT64_MAX;
}

static bool skip(str *rest, int depth)
{
    cbor x;
    if (!cbor_next(rest, &x)) return false;
    if (x.kind != CBOR_ARRAY && x.kind != CBOR_MAP) return true;
    if (depth == 0) return false;
    for (size_t n = x.kind == CBOR_MAP ? 2 * x.n : x.n; n > 0; n--)
        if (!skip(rest, depth - 1)) return false;
    return true;
}

bool cbor_skip(str *rest)
{
    return skip(rest, CBOR_DEPTH);
}
