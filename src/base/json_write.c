/* json_write.c - the JSON writer: a scope stack over a buffer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include <math.h>

jw jw_open(buf *b)
{
    return (jw){.b = b};
}

static void require(bool ok)
{
    if (ok) return;
    fputs("aims: unbalanced JSON writer calls\n", stderr);
    abort();
}

/* Comma and scope bookkeeping in front of any value. */
static void before_value(jw *w)
{
    if (!w->depth) {
        require(!w->done);
        w->done = true;
        return;
    }
    if (w->scope[w->depth - 1] == '{') {
        require(w->keyed);
        w->keyed = false;
        return;
    }
    if (w->comma[w->depth - 1]) buf_putc(w->b, ',');
    w->comma[w->depth - 1] = true;
}

static void open_scope(jw *w, char c)
{
    before_value(w);
    require(w->depth < JW_DEPTH);
    w->scope[w->depth] = (uint8_t)c;
    w->comma[w->depth++] = false;
    buf_putc(w->b, c);
}

static void close_scope(jw *w, char open, char c)
{
    require(w->depth && w->scope[w->depth - 1] == (uint8_t)open && !w->keyed);
    w->depth--;
    buf_putc(w->b, c);
}

void jw_obj(jw *w)
{
    open_scope(w, '{');
}
void jw_arr(jw *w)
{
    open_scope(w, '[');
}
void jw_obj_end(jw *w)
{
    close_scope(w, '{', '}');
}
void jw_arr_end(jw *w)
{
    close_scope(w, '[', ']');
}

/* One character that JSON cannot hold as it is; control characters as \u00xx. */
static void put_escaped(buf *b, unsigned char c)
{
    static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
    const char *at = strchr(from, c);
    if (c && at) {
        char two[2] = {'\\', to[at - from]};
        buf_bytes(b, two, 2);
    } else {
        buf_fmt(b, "\\u%04x", c);
    }
}

static void put_text(buf *b, str s)
{
    size_t from = 0;
    buf_putc(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        buf_put(b, str_sub(s, from, i - from));
        put_escaped(b, c);
        from = i + 1;
    }
    buf_put(b, str_sub(s, from, s.n));
    buf_putc(b, '"');
}

/* Replaces each byte that is no part of a well-formed character by U+FFFD. */
static str mend_utf8(arena *a, str s)
{
    buf b = buf_open(a, 3 * s.n + 1);
    for (size_t i = 0; i < s.n;) {
        size_t len = 1;
        while (len <= 4 && i + len <= s.n && !str_utf8(str_sub(s, i, len)))
            len++;
        bool good = len <= 4 && i + len <= s.n;
        buf_put(&b, good ? str_sub(s, i, len) : S("\xef\xbf\xbd"));
        i += good ? len : 1;
    }
    return buf_str(&b);
}

void jw_str(jw *w, str s)
{
    if (!s.p) {
        jw_null(w);
        return;
    }
    before_value(w);
    put_text(w->b, str_utf8(s) ? s : mend_utf8(w->b->a, s));
}

void jw_key_str(jw *w, str key)
{
    require(w->depth && w->scope[w->depth - 1] == '{' && !w->keyed);
    if (w->comma[w->depth - 1]) buf_putc(w->b, ',');
    w->comma[w->depth - 1] = true;
    put_text(w->b, str_utf8(key) ? key : mend_utf8(w->b->a, key));
    buf_putc(w->b, ':');
    w->keyed = true;
}

void jw_key(jw *w, const char *key)
{
    jw_key_str(w, str_of(key));
}
void jw_strz(jw *w, const char *z)
{
    jw_str(w, str_of(z));
}

void jw_raw(jw *w, str json)
{
    before_value(w);
    buf_put(w->b, json);
}

void jw_int(jw *w, int64_t v)
{
    char z[20], *p = z + sizeof z; /* 19 digits and a sign */
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    before_value(w);
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0) *--p = '-';
    buf_bytes(w->b, p, (size_t)(z + sizeof z - p));
}

void jw_real(jw *w, double v)
{
    if (!isfinite(v)) {
        jw_null(w);
        return;
    }
    char z[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(z, sizeof z, "%.*g", digits, v);
        if (strtod(z, NULL) == v) break;
    }
    before_value(w);
    buf_putz(w->b,
             v == 0 && signbit(v) ? "-0.0" : z); /* "-0" would read back as the whole number */
}

void jw_bool(jw *w, bool v)
{
    jw_raw(w, v ? S("true") : S("false"));
}
void jw_null(jw *w)
{
    jw_raw(w, S("null"));
}

void jw_m_str(jw *w, const char *key, str s)
{
    jw_key(w, key);
    jw_str(w, s);
}

void jw_m_strz(jw *w, const char *key, const char *z)
{
    jw_m_str(w, key, str_of(z));
}

void jw_m_int(jw *w, const char *key, int64_t v)
{
    jw_key(w, key);
    jw_int(w, v);
}

void jw_m_real(jw *w, const char *key, double v)
{
    jw_key(w, key);
    jw_real(w, v);
}

void jw_m_bool(jw *w, const char *key, bool v)
{
    jw_key(w, key);
    jw_bool(w, v);
}

void jw_m_time(jw *w, const char *key, int64_t ms)
{
    jw_m_str(w, key, clock_text(w->b->a, ms));
}
