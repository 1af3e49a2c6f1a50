/* scan.h - finding bytes 64 at a time: one bit per byte, as simdjson and simdcsv do. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_SCAN_H
#define AIMS_TABLE_SCAN_H
#include "base/base.h"

enum { SCAN = 64 };
typedef char scan_16 __attribute__((vector_size(16)));

/* Bit i is set when p[i] == c, for 64 bytes at p. */
static inline uint64_t scan_equal(const char *p, char c)
{
    uint64_t m = 0;
#ifdef __SSE2__
    for (int k = 0; k < 4; k++) {
        scan_16 v;
        memcpy(&v, p + 16 * k, sizeof v);
        m |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb128((scan_16)(v == c)) << (16 * k);
    }
#else
    for (int k = 0; k < SCAN; k++)
        m |= (uint64_t)(p[k] == c) << k;
#endif
    return m;
}

/* Bit i becomes the parity of bits 0..i: set from an opening quote up to its closing one. */
static inline uint64_t scan_parity(uint64_t m)
{
    for (int k = 1; k < SCAN; k *= 2)
        m ^= m << k;
    return m;
}

/* The block at s[at..], padded with zero bytes where s ends; `pad` is used for that. */
static inline const char *scan_block(str s, size_t at, char pad[SCAN])
{
    if (s.n - at >= SCAN) return s.p + at;
    memset(pad, 0, SCAN);
    memcpy(pad, s.p + at, s.n - at);
    return pad;
}

/* How often c stands in s. */
size_t scan_count(str s, char c);

/* Offset of the first byte that is NUL or no part of well-formed UTF-8; s.n when there is none. */
size_t scan_bad_text(str s);

#endif
