/* ubjson.c - Universal Binary JSON, as XGBoost saves models since 2.1, into a tree of docs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ubjson.h"
#include "table/number.h"
#include <assert.h>

enum { DEPTH_MAX = 64, VALUES_MAX = 1 << 22, MEMBERS_MAX = 4096 };

struct reader {
    arena *a;
    str left; /* not read yet */
    size_t n; /* bytes of the whole */
    size_t values, depth;
    err *e;
};

static bool refuse(struct reader *r, const char *why)
{
    return err_set(r->e, ERR_INVALID, S("model"),
                   S("the file is damaged; save the model again with save_model"),
                   "malformed UBJSON at byte %zu: %s", r->n - r->left.n, why);
}

static bool take(struct reader *r, size_t n, str *ret)
{
    if (n > r->left.n) return refuse(r, "the file is cut off");
    *ret = (str){r->left.p, n};
    r->left = (str){r->left.p + n, r->left.n - n};
    return true;
}

/* ---- numbers ---- */

/* Bytes of a number of this type; 0: no number. */
static size_t width(char type)
{
    switch (type) {
    case 'i':
    case 'U':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return 0;
    }
}

static uint64_t big_endian(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

static doc real_of(double v)
{
    return (doc){.kind = DOC_REAL, .d = v};
}

static doc whole_of(int64_t v)
{
    return (doc){.kind = DOC_INT, .i = v, .d = (double)v};
}

static doc number_of(char type, const char *p)
{
    uint64_t bits = big_endian(p, width(type));
    uint32_t low = (uint32_t)bits;
    float f;
    double d;
    memcpy(&f, &low, sizeof f);
    memcpy(&d, &bits, sizeof d);
    switch (type) {
    case 'd':
        return real_of((double)f);
    case 'D':
        return real_of(d);
    case 'i':
        return whole_of((int8_t)bits);
    case 'I':
        return whole_of((int16_t)bits);
    case 'l':
        return whole_of((int32_t)bits);
    default:
        return whole_of((int64_t)bits);
    }
}

doc ubjson_at(const doc *list, size_t i)
{
    if (list->at) return list->at[i];
    char type = (char)list->i;
    return number_of(type, list->s.p + i * width(type));
}

/* ---- lengths and texts ---- */

/* A no-op may stand wherever a marker may. */
static bool marker(struct reader *r, char *ret)
{
    str c;
    do
        if (!take(r, 1, &c)) return false;
    while (c.p[0] == 'N');
    *ret = c.p[0];
    return true;
}

static bool length_as(struct reader *r, char type, size_t *ret)
{
    str s;
    if (!width(type) || type == 'd' || type == 'D') return refuse(r, "a length is no whole number");
    if (!take(r, width(type), &s)) return false;
    int64_t n = number_of(type, s.p).i;
    if (n < 0) return refuse(r, "a length below 0");
    *ret = (size_t)n;
    return true;
}

static bool length(struct reader *r, size_t *ret)
{
    char type = 0;
    return marker(r, &type) && length_as(r, type, ret);
}

static bool text(struct reader *r, size_t n, str *ret)
{
    str s = {0};
    if (!take(r, n, &s)) return false;
    if (!str_utf8(s) || (s.n && memchr(s.p, 0, s.n))) return refuse(r, "a text is not UTF-8");
    *ret = str_dup(r->a, s);
    return true;
}

/* ---- values ---- */

static bool value(struct reader *r, char type, doc *ret);

/* What a container says of itself before its first member. */
struct extent {
    char type; /* of every member; 0: each has its own marker */
    bool sized;
    size_t n;
};

static char peek(const struct reader *r)
{
    return r->left.n ? r->left.p[0] : 0;
}

static bool read_extent(struct reader *r, struct extent *ret)
{
    char skipped;
    *ret = (struct extent){0};
    if (peek(r) == '$' && (!marker(r, &skipped) || !marker(r, &ret->type))) return false;
    if (ret->type && strchr("ZTFN", ret->type)) return refuse(r, "members without bytes");
    if (peek(r) == '#') {
        ret->sized = true;
        return marker(r, &skipped) && length(r, &ret->n);
    }
    return !ret->type || refuse(r, "a typed container without a length");
}

/* Is there another member? Its type is given. */
static bool more(struct reader *r, const struct extent *x, size_t seen, char end, bool *ret,
                 char *ret_type)
{
    *ret_type = x->type;
    *ret = seen < x->n;
    if (x->sized && (!*ret || x->type)) return true;
    if (!marker(r, ret_type)) return false;
    if (!x->sized) *ret = *ret_type != end;
    return true;
}

/* Room for one more of `n` members, doubled when full. */
static void *grown(arena *a, void *old, size_t n, size_t size)
{
    assert(!n || old);
    if (n & (n - 1)) return old;
    char *p = arena_array(a, n ? 2 * n : 1, size, _Alignof(doc));
    if (n) memcpy(p, old, n * size);
    return p;
}

static bool packed(struct reader *r, const struct extent *x, doc *ret)
{
    if (x->n > r->left.n) return refuse(r, "the file is cut off"); /* and no overflow below */
    ret->n = x->n;
    ret->i = (unsigned char)x->type;
    return take(r, x->n * width(x->type), &ret->s);
}

static bool list(struct reader *r, doc *ret)
{
    struct extent x;
    bool another;
    char type;
    ret->kind = DOC_ARR;
    if (!read_extent(r, &x)) return false;
    if (width(x.type)) return packed(r, &x, ret);
    while (true) {
        if (!more(r, &x, ret->n, ']', &another, &type)) return false;
        if (!another) return true;
        ret->at = grown(r->a, ret->at, ret->n, sizeof *ret->at);
        if (!value(r, type, &ret->at[ret->n])) return false;
        ret->n++;
    }
}

/* In an object the marker before a member belongs to the length of its key. */
static bool key(struct reader *r, char type, doc *o)
{
    size_t n;
    str s;
    if (!length_as(r, type, &n) || !text(r, n, &s)) return false;
    if (doc_find(o, s)) return refuse(r, "a member stands twice");
    if (o->n == MEMBERS_MAX) return refuse(r, "an object of more than 4096 members");
    o->keys = grown(r->a, o->keys, o->n, sizeof *o->keys);
    o->at = grown(r->a, o->at, o->n, sizeof *o->at);
    o->keys[o->n] = s;
    return true;
}

static bool object(struct reader *r, doc *ret)
{
    struct extent x;
    bool another;
    char type;
    ret->kind = DOC_OBJ;
    if (!read_extent(r, &x)) return false;
    struct extent keys = {.sized = x.sized, .n = x.n};
    while (true) {
        if (!more(r, &keys, ret->n, '}', &another, &type)) return false;
        if (!another) return true;
        if (!key(r, type, ret)) return false;
        type = x.type;
        if (!type && !marker(r, &type)) return false;
        if (!value(r, type, &ret->at[ret->n])) return false;
        ret->n++;
    }
}

static bool container(struct reader *r, char type, doc *ret)
{
    if (r->depth == DEPTH_MAX) return refuse(r, "nested deeper than 64 levels");
    r->depth++;
    bool ok = type == '[' ? list(r, ret) : object(r, ret);
    r->depth--;
    return ok;
}

static bool string(struct reader *r, doc *ret)
{
    size_t n = 0;
    ret->kind = DOC_STR;
    return length(r, &n) && text(r, n, &ret->s);
}

/* A number too large or too fine for the other types, as decimal text. */
static bool decimal(struct reader *r, doc *ret)
{
    double v;
    if (!string(r, ret)) return false;
    if (!number_parse(ret->s, &v)) return refuse(r, "a number that is none");
    *ret = real_of(v);
    return true;
}

static bool number(struct reader *r, char type, doc *ret)
{
    str s = {0};
    if (!width(type)) return refuse(r, "an unknown type");
    if (!take(r, width(type), &s)) return false;
    *ret = number_of(type, s.p);
    return true;
}

static bool value(struct reader *r, char type, doc *ret)
{
    assert(ret);
    *ret = (doc){0};
    if (r->values++ == VALUES_MAX) return refuse(r, "too many values");
    switch (type) {
    case 'Z':
        return true;
    case 'T':
    case 'F':
        *ret = (doc){.kind = DOC_BOOL, .b = type == 'T'};
        return true;
    case 'C':
        ret->kind = DOC_STR;
        return text(r, 1, &ret->s);
    case 'S':
        return string(r, ret);
    case 'H':
        return decimal(r, ret);
    case '[':
    case '{':
        return container(r, type, ret);
    default:
        return number(r, type, ret);
    }
}

/* ---- documents ---- */

bool ubjson_sniff(str bytes)
{
    return bytes.n > 1 && bytes.p[0] == '{' && bytes.p[1] && strchr("iUIlL$#N", bytes.p[1]);
}

bool ubjson_parse(arena *a, str bytes, doc **ret, err *e)
{
    struct reader r = {.a = a, .left = bytes, .n = bytes.n, .e = e};
    char type;
    doc *d = arena_new(a, doc, 1);
    if (!marker(&r, &type) || !value(&r, type, d)) return false;
    if (r.left.n) return refuse(&r, "something stands behind the document");
    *ret = d;
    return true;
}
