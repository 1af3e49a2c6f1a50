/* jsonl.c - JSON lines: one flat object per line, scanned without a tree. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/number.h"
#include "table/read.h"
#include "table/scan.h"
#include <math.h>

/* Where the scan stands, and what of the line is known. */
struct line {
    const reader *r;
    part *p;
    const char *at, *end; /* end: the line feed or the end of the part */
    size_t next;          /* the member that stood here in the line before */
    str key;              /* for messages; escapes as in the file */
};

/* A JSON string as it stands between its quotes. */
struct text {
    str raw;
    bool escaped;
};

static bool refuse(struct line *l, const char *why)
{
    return part_refuse(l->r, l->p, (size_t)(l->at - l->r->file.p),
                       S("write one flat JSON object per line (RFC 8259)"),
                       l->key.p ? "byte %zu of the file, member '%.*s': %s"
                                : "byte %zu of the file%.*s: %s",
                       (size_t)(l->at - l->r->file.p) + 1, STR_ARG(l->key), why);
}

static void skip_blanks(struct line *l)
{
    while (l->at < l->end && (*l->at == ' ' || *l->at == '\t' || *l->at == '\r'))
        l->at++;
}

static bool accept(struct line *l, char c)
{
    skip_blanks(l);
    if (l->at >= l->end || *l->at != c) return false;
    l->at++;
    return true;
}

/* ---- strings ---- */

static bool take_string(struct line *l, struct text *ret)
{
    if (!accept(l, '"')) return refuse(l, "expected a string");
    const char *from = l->at;
    for (ret->escaped = false; l->at < l->end && *l->at != '"'; l->at++) {
        if ((unsigned char)*l->at < 0x20) return refuse(l, "a control character in a string");
        if (*l->at != '\\') continue;
        ret->escaped = true;
        l->at++;
    }
    if (l->at >= l->end) return refuse(l, "a string is not closed");
    ret->raw = (str){from, (size_t)(l->at++ - from)};
    return true;
}

/* Four hex digits at s[at], or -1. */
static int hex4(str s, size_t at)
{
    int v = 0;
    if (s.n < 4 || at > s.n - 4) return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i], low = (char)(c | 0x20);
        int d = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

static size_t put_utf8(char *q, unsigned c)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        q[i] = (char)(0x80 | (c & 0x3f));
    q[0] = (char)(lead[n] | c);
    return n;
}

/* The code point of \uXXXX or a pair of them, *at standing on the first u; -1: none. */
static int take_unicode(str s, size_t *at)
{
    int c = hex4(s, *at + 1);
    *at += 5;
    if (c <= 0 || (c >= 0xdc00 && c <= 0xdfff)) return -1;
    if (c < 0xd800 || c > 0xdbff) return c;
    int low = str_starts(str_sub(s, *at, 2), S("\\u")) ? hex4(s, *at + 2) : -1;
    *at += 6;
    return low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : -1;
}

static bool unescape(struct line *l, const struct text *t, str *ret)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    str s = t->raw;
    *ret = s;
    if (!t->escaped) return true;
    char *q = part_text(l->p, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] != '\\') {
            q[n++] = s.p[i++];
            continue;
        }
        const char *k = strchr(from, s.p[++i]);
        int c = k && *k ? (i++, to[k - from]) : s.p[i] == 'u' ? take_unicode(s, &i) : -1;
        if (c < 0) return refuse(l, "an escape that is none, or of no character");
        n += put_utf8(q + n, (unsigned)c);
    }
    *ret = (str){q, n};
    return true;
}

/* ---- values ---- */

static size_t take_digits(struct line *l)
{
    const char *from = l->at;
    while (l->at < l->end && *l->at >= '0' && *l->at <= '9')
        l->at++;
    return (size_t)(l->at - from);
}

static bool take_either(struct line *l, char c, char d)
{
    if (l->at >= l->end || (*l->at != c && *l->at != d)) return false;
    l->at++;
    return true;
}

static bool take_number(struct line *l, str *ret)
{
    const char *from = l->at;
    double v;
    take_either(l, '-', '-');
    if (!take_either(l, '0', '0') && !take_digits(l)) return refuse(l, "expected a value");
    if (take_either(l, '.', '.') && !take_digits(l)) return refuse(l, "expected digits");
    bool exponent = take_either(l, 'e', 'E');
    if (exponent) take_either(l, '+', '-');
    if (exponent && !take_digits(l)) return refuse(l, "expected digits");
    *ret = (str){from, (size_t)(l->at - from)};
    if ((exponent || ret->n > 300) && !number_parse(*ret, &v))
        return refuse(l, "a number out of range");
    return true;
}

static bool take_word(struct line *l, str word)
{
    if ((size_t)(l->end - l->at) < word.n || memcmp(l->at, word.p, word.n) != 0) return false;
    l->at += word.n;
    return true;
}

/* The value as text; absent for null. */
static bool take_value(struct line *l, str *ret)
{
    struct text t = {0};
    skip_blanks(l);
    *ret = (str){0};
    if (l->at < l->end && *l->at == '"') return take_string(l, &t) && unescape(l, &t, ret);
    if (l->at < l->end && (*l->at == '{' || *l->at == '['))
        return refuse(l, "a nested value; only flat objects are read");
    if (take_word(l, S("null"))) return true;
    if (take_word(l, *ret = S("true")) || take_word(l, *ret = S("false"))) return true;
    return take_number(l, ret);
}

/* ---- members ---- */

static void put_missing(part *p, size_t k)
{
    part_column *c = &p->columns[k];
    if (c->code) c->code[p->rows] = -1;
    if (c->num) c->num[p->rows] = NAN;
}

static bool new_member(struct line *l, str key)
{
    if (!key.n) return refuse(l, "a member without a name");
    if (key.n > NAME_MAX_BYTES) return refuse(l, "a name longer than 1024 bytes");
    if (str_has_control(key)) return refuse(l, "a control character in a name");
    dict_intern(&l->p->found, key);
    if (l->p->found.n + l->r->columns.names.n <= COLUMNS_MAX) return true;
    return refuse(l, "too many different members");
}

/* Number of the member in the schema: mostly the one that followed last time too. */
static uint32_t find_member(struct line *l, str key)
{
    const dict *names = &l->r->columns.names;
    size_t k = l->next < names->n ? l->next : 0;
    if (!names->n || !str_eq(names->keys[k], key)) k = dict_find(names, key);
    l->next = k + 1;
    return (uint32_t)k;
}

static bool take_member(struct line *l)
{
    struct text t = {0};
    str key, value;
    l->key = (str){0};
    if (!take_string(l, &t) || !unescape(l, &t, &key)) return false;
    l->key = t.raw.n <= NAME_MAX_BYTES ? t.raw : S("(long)");
    uint32_t k = find_member(l, key);
    if (k == DICT_NONE && !new_member(l, key)) return false;
    if (!accept(l, ':')) return refuse(l, "expected ':'");
    if (!take_value(l, &value)) return false;
    if (k == DICT_NONE) return true;
    if (l->p->columns[k].set == l->p->rows + 1) return refuse(l, "the member stands twice");
    l->p->columns[k].set = l->p->rows + 1;
    if (!l->r->columns.wanted[k]) return true;
    if (value.p)
        part_put(l->r, l->p, k, value);
    else
        put_missing(l->p, k);
    return true;
}

static bool take_line(struct line *l)
{
    skip_blanks(l);
    if (l->at == l->end) return true;
    l->key = (str){0};
    l->next = 0;
    if (!accept(l, '{')) return refuse(l, "expected '{'");
    if (!accept(l, '}')) {
        do
            if (!take_member(l)) return false;
        while (accept(l, ','));
        if (!accept(l, '}')) return refuse(l, "expected ',' or '}'");
    }
    l->key = (str){0};
    skip_blanks(l);
    if (l->at < l->end) return refuse(l, "something after the object");
    for (size_t k = 0; k < l->r->columns.names.n; k++)
        if (l->r->columns.wanted[k] && l->p->columns[k].set != l->p->rows + 1) put_missing(l->p, k);
    l->p->rows++;
    return true;
}

/* ---- parts ---- */

bool jsonl_part(const reader *r, part *p)
{
    const char *end = r->file.p + p->end;
    for (const char *at = r->file.p + p->from; at < end;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        struct line l = {.r = r, .p = p, .at = at, .end = feed ? feed : end};
        if (!take_line(&l)) return false;
        at = l.end + 1;
    }
    return true;
}

/* Offset behind the first line feed at or after `at`. */
static size_t next_line(str file, size_t at)
{
    const char *feed = memchr(file.p + at, '\n', file.n - at);
    return feed ? (size_t)(feed - file.p) + 1 : file.n;
}

/* A line feed inside a string must be escaped in JSON, so each one ends a record. */
void jsonl_cut(reader *r, arena *a)
{
    size_t from = str_starts(r->file, S("\xef\xbb\xbf")) ? 3 : 0;
    r->lines = scan_count(r->file, '\n') + 1;
    r->n_parts = r->file.n / r->slice + 1;
    r->parts = arena_new(a, part, r->n_parts);
    for (size_t i = 0; i < r->n_parts; i++) {
        size_t end = (i + 1) * r->slice;
        if (end < r->file.n) end = from >= end ? from : next_line(r->file, end);
        r->parts[i] = (part){.from = from, .end = end < r->file.n ? end : r->file.n};
        from = r->parts[i].end;
    }
}
