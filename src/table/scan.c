/* scan.c - counting bytes, and checking that a run of bytes is text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/scan.h"

/* Sixteen counters of one byte each, emptied before they overflow. */
size_t scan_count(str s, char c)
{
    enum { LANES = sizeof(scan_16), TURNS = 127 };
    size_t n = 0, at = 0;
    while (s.n - at >= LANES) {
        scan_16 v, sum = {0};
        for (int i = 0; i < TURNS && s.n - at >= LANES; i++, at += LANES) {
            memcpy(&v, s.p + at, sizeof v);
            sum -= (scan_16)(v == c);
        }
        for (int i = 0; i < LANES; i++)
            n += (size_t)sum[i];
    }
    for (; at < s.n; at++)
        n += s.p[at] == c;
    return n;
}

static bool is_high(str s, size_t at)
{
    return ((unsigned char)s.p[at] & 0x80) != 0;
}

/* End of the run of bytes below 0x80 that begins at `at`. */
static size_t ascii_end(str s, size_t at)
{
    for (; s.n - at >= 32; at += 32) {
        uint64_t w[4];
        memcpy(w, s.p + at, sizeof w);
        if ((w[0] | w[1] | w[2] | w[3]) & UINT64_C(0x8080808080808080)) break;
    }
    while (at < s.n && !is_high(s, at))
        at++;
    return at;
}

/* Offset of the first byte of the first broken sequence in s. */
static size_t first_broken(str s)
{
    for (size_t at = 0; at < s.n;) {
        size_t n = 1;
        while (n < 4 && n < s.n - at && !str_utf8(str_sub(s, at, n)))
            n++;
        if (!str_utf8(str_sub(s, at, n))) return at;
        at += n;
    }
    return s.n;
}

static size_t bad_utf8(str s)
{
    for (size_t at = ascii_end(s, 0), end; at < s.n; at = ascii_end(s, end)) {
        for (end = at; end < s.n && is_high(s, end);)
            end++;
        str run = str_sub(s, at, end - at);
        if (!str_utf8(run)) return at + first_broken(run);
    }
    return s.n;
}

size_t scan_bad_text(str s)
{
    const char *nul = s.n ? memchr(s.p, 0, s.n) : NULL;
    size_t n = bad_utf8(s);
    return nul && (size_t)(nul - s.p) < n ? (size_t)(nul - s.p) : n;
}
