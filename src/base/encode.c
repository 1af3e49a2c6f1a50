/* encode.c - hex, base64 and base32 (RFC 4648), strict on the way in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

static const char std64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

str hex_encode(arena *a, const void *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *s = p;
    char *q = arena_new(a, char, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        q[2 * i] = digits[s[i] >> 4];
        q[2 * i + 1] = digits[s[i] & 15];
    }
    return (str){q, 2 * n};
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool hex_decode(arena *a, str s, str *ret)
{
    if (s.n % 2) return false;
    char *q = arena_new(a, char, s.n / 2 + 1);
    for (size_t i = 0; i < s.n; i += 2) {
        int hi = hex_value(s.p[i]), lo = hex_value(s.p[i + 1]);
        if (hi < 0 || lo < 0) return false;
        q[i / 2] = (char)(hi << 4 | lo);
    }
    *ret = (str){q, s.n / 2};
    return true;
}

static str encode64(arena *a, const void *p, size_t n, const char *alphabet, bool pad)
{
    const unsigned char *s = p;
    char *q = arena_new(a, char, (n + 2) / 3 * 4 + 1);
    size_t m = 0;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        unsigned v = (unsigned)s[i] << 16 | (left > 1 ? (unsigned)s[i + 1] << 8 : 0) |
                     (left > 2 ? s[i + 2] : 0);
        q[m++] = alphabet[v >> 18];
        q[m++] = alphabet[v >> 12 & 63];
        if (left > 1 || pad) q[m++] = left > 1 ? alphabet[v >> 6 & 63] : '=';
        if (left > 2 || pad) q[m++] = left > 2 ? alphabet[v & 63] : '=';
    }
    return (str){q, m};
}

str base32_encode(arena *a, const void *p, size_t n)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const unsigned char *s = p;
    size_t m = (n * 8 + 4) / 5;
    char *q = arena_new(a, char, m + 1);
    for (size_t i = 0; i < m; i++) {
        size_t at = i * 5 / 8, shift = i * 5 % 8;
        unsigned two = (unsigned)s[at] << 8 | (at + 1 < n ? s[at + 1] : 0);
        q[i] = alphabet[two >> (11 - shift) & 31];
    }
    return (str){q, m};
}

static bool decode64(arena *a, str s, const char *alphabet, str *ret)
{
    if (s.n % 4 == 1) return false;
    char *q = arena_new(a, char, s.n / 4 * 3 + 4);
    size_t m = 0;
    unsigned v = 0, bits = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.p[i] ? strchr(alphabet, s.p[i]) : NULL;
        if (!at) return false;
        v = v << 6 | (unsigned)(at - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            q[m++] = (char)(v >> bits);
            v &= (1u << bits) - 1;
        }
    }
    if (v) return false; /* pad bits must be zero: one value has one spelling */
    *ret = (str){q, m};
    return true;
}

str base64_encode(arena *a, const void *p, size_t n)
{
    return encode64(a, p, n, std64, true);
}
str base64url_encode(arena *a, const void *p, size_t n)
{
    return encode64(a, p, n, url64, false);
}

bool base64_decode(arena *a, str s, str *ret)
{
    if (s.n % 4) return false;
    size_t pad = str_ends(s, S("==")) ? 2 : str_ends(s, S("=")) ? 1 : 0;
    return decode64(a, str_sub(s, 0, s.n - pad), std64, ret);
}

bool base64url_decode(arena *a, str s, str *ret)
{
    return decode64(a, s, url64, ret);
}
