/* str.c - borrowed strings: comparing, cutting, numbers, UTF-8, and the growing buffer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include <errno.h>
#include <math.h>

str str_of(const char *z)
{
    return z ? (str){z, strlen(z)} : (str){0};
}

str str_dupn(arena *a, const void *p, size_t n)
{
    char *q = arena_new(a, char, n + 1);
    if (n) memcpy(q, p, n);
    return (str){q, n};
}

str str_dup(arena *a, str s)
{
    return s.p ? str_dupn(a, s.p, s.n) : s;
}

str str_vfmt(arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) abort();
    char *p = arena_new(a, char, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    return (str){p, (size_t)n};
}

str str_fmt(arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    str s = str_vfmt(a, fmt, ap);
    va_end(ap);
    return s;
}

bool str_eq(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
bool str_eqz(str a, const char *z)
{
    return str_eq(a, str_of(z));
}

int str_cmp(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && str_eq((str){s.p, prefix.n}, prefix);
}

bool str_ends(str s, str suffix)
{
    return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

str str_sub(str s, size_t from, size_t n)
{
    if (from > s.n) from = s.n;
    if (n > s.n - from) n = s.n - from;
    return s.p ? (str){s.p + from, n} : (str){0};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_clip(str s, size_t n)
{
    if (s.n <= n) return s;
    while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return str_sub(s, 0, n);
}

str str_trim(str s)
{
    while (s.n && is_space(s.p[0]))
        s = str_sub(s, 1, s.n);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

str str_cut(str s, char sep, str *rest)
{
    const char *at = s.n ? memchr(s.p, sep, s.n) : NULL;
    if (!at) {
        *rest = (str){0};
        return s;
    }
    size_t n = (size_t)(at - s.p);
    *rest = str_sub(s, n + 1, s.n);
    return str_sub(s, 0, n);
}

bool str_int(str s, int64_t *ret)
{
    bool minus = s.n && s.p[0] == '-';
    size_t i = minus;
    if (i == s.n || s.n - i > 19) return false;
    int64_t v = 0;
    for (; i < s.n; i++) {
        int d = s.p[i] - '0';
        if (d < 0 || d > 9) return false;
        if (__builtin_mul_overflow(v, 10, &v)) return false;
        if (minus ? __builtin_sub_overflow(v, d, &v) : __builtin_add_overflow(v, d, &v))
            return false;
    }
    *ret = v;
    return true;
}

bool str_real(str s, double *ret)
{
    char z[320];
    if (s.n == 0 || s.n >= sizeof z) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("0123456789+-.eE", s.p[i]) || !s.p[i]) return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    char *end = NULL;
    double v = strtod(z, &end);
    if (end != z + s.n || !isfinite(v)) return false;
    *ret = v;
    return true;
}

/* Length of the well-formed sequence at p, or 0. */
static size_t utf8_len(const unsigned char *p, size_t n)
{
    unsigned c = p[0];
    if (c < 0x80) return 1;
    size_t len = c >= 0xc2 && c <= 0xdf   ? 2
                 : c >= 0xe0 && c <= 0xef ? 3
                 : c >= 0xf0 && c <= 0xf4 ? 4
                                          : 0;
    if (!len || len > n) return 0;
    unsigned lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < lo || p[1] > hi) return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    return len;
}

bool str_utf8(str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0, len; i < s.n; i += len)
        if (!(len = utf8_len(p + i, s.n - i))) return false;
    return true;
}

bool str_has_control(str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return true;
    }
    return false;
}

size_t str_utf8_chars(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

buf buf_open(arena *a, size_t max)
{
    return (buf){.a = a, .max = max};
}

void buf_bytes(buf *b, const void *p, size_t n)
{
    if (b->full || n > b->max - b->n) {
        b->full = true;
        return;
    }
    if (b->n + n + 1 > b->cap) {
        size_t cap = (b->cap ? b->cap * 2 : 256) + n;
        char *q = arena_new(b->a, char, cap);
        if (b->n) memcpy(q, b->p, b->n);
        b->p = q;
        b->cap = cap;
    }
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_put(buf *b, str s)
{
    buf_bytes(b, s.p, s.n);
}
void buf_putc(buf *b, char c)
{
    buf_bytes(b, &c, 1);
}
void buf_putz(buf *b, const char *z)
{
    buf_bytes(b, z, strlen(z));
}

void buf_quoted(buf *b, str s, const char *special)
{
    bool plain = true;
    for (size_t i = 0; i < s.n; i++)
        plain = plain && !strchr(special, s.p[i]); /* finds NUL, too */
    if (plain) {
        buf_put(b, s);
        return;
    }
    buf_putc(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"') buf_putc(b, '"');
        buf_putc(b, s.p[i]);
    }
    buf_putc(b, '"');
}

void buf_fmt(buf *b, const char *fmt, ...)
{
    char small[512];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n >= 0 && (size_t)n < sizeof small)
        buf_bytes(b, small, (size_t)n);
    else
        buf_put(b, str_vfmt(b->a, fmt, again));
    va_end(again);
    va_end(ap);
}

str buf_str(buf *b)
{
    if (!b->p) return S("");
    b->p[b->n] = 0;
    return (str){b->p, b->n};
}
