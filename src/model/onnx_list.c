/* onnx_list.c - the lists of an ONNX attribute: numbers and texts, packed, plain or in a tensor. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"

const onnx_attribute *onnx_find(const onnx_node *n, const char *name)
{
    for (size_t i = 0; i < n->n_attributes; i++)
        if (str_eqz(n->attributes[i].name, name)) return &n->attributes[i];
    return NULL;
}

bool onnx_is(const onnx_node *n, const char *domain, const char *op)
{
    bool main = !*domain && str_eqz(n->domain, "ai.onnx");
    return str_eqz(n->op, op) && (main || str_eqz(n->domain, domain));
}

/* ---- growing lists: counted first, so that nothing is copied ---- */

typedef enum item { ITEM_FLOAT, ITEM_DOUBLE, ITEM_VARINT, ITEM_BYTE } item;

struct list {
    item kind;
    double *real;
    int64_t *whole;
    size_t n;
};

static size_t size_of(item k)
{
    return k == ITEM_FLOAT ? 4 : k == ITEM_DOUBLE ? 8 : 1;
}

static double real_of(item k, uint64_t bits)
{
    uint32_t half = (uint32_t)bits;
    float f;
    double d;
    memcpy(&f, &half, sizeof f);
    memcpy(&d, &bits, sizeof d);
    return k == ITEM_FLOAT ? (double)f : d;
}

static void put(struct list *l, uint64_t bits)
{
    if (l->real) l->real[l->n] = real_of(l->kind, bits);
    if (l->whole) l->whole[l->n] = (int64_t)bits;
    l->n++;
}

static bool put_packed(struct list *l, str s)
{
    uint64_t v;
    if (l->kind == ITEM_VARINT) {
        for (; s.n; put(l, v))
            if (!wire_varint(&s, &v)) return false;
        return true;
    }
    size_t size = size_of(l->kind);
    for (size_t i = 0; i + size <= s.n; i += size) {
        v = 0;
        for (size_t k = size; k-- > 0;)
            v = v << 8 | (uint8_t)s.p[i + k];
        put(l, v);
    }
    return s.n % size == 0;
}

/* All of one field of the message, in either spelling of a repeated number. */
static bool put_field(struct list *l, str message, uint32_t number)
{
    wire_field f;
    wire_type plain = l->kind == ITEM_FLOAT    ? WIRE_32
                      : l->kind == ITEM_DOUBLE ? WIRE_64
                                               : WIRE_VARINT;
    while (wire_next(&message, &f)) {
        if (f.number != number) continue;
        if (f.type == WIRE_BYTES ? !put_packed(l, f.s) : f.type != plain) return false;
        if (f.type == plain) put(l, f.i);
    }
    return wire_whole(message);
}

/* Counts with no array, then fills one. */
static bool read_field(arena *a, struct list *l, bool real, str message, uint32_t number)
{
    if (!put_field(l, message, number)) return false;
    if (real)
        l->real = arena_new(a, double, l->n);
    else
        l->whole = arena_new(a, int64_t, l->n);
    l->n = 0;
    return put_field(l, message, number);
}

/* ---- tensors ---- */

/* Where a TensorProto keeps elements of its type: raw_data is field 9 for all. */
static bool read_tensor(arena *a, struct list *l, bool real, str message)
{
    wire_field f;
    str rest = message;
    uint64_t type = 0;
    bool raw = false;
    while (wire_next(&rest, &f)) {
        if (f.number == 2) type = f.i;
        raw |= f.number == 9;
    }
    if (real ? type != ONNX_FLOAT && type != ONNX_DOUBLE : type != ONNX_INT64 && type != ONNX_UINT8)
        return false;
    switch (type) {
    case ONNX_FLOAT:
        l->kind = ITEM_FLOAT;
        break;
    case ONNX_DOUBLE:
        l->kind = ITEM_DOUBLE;
        break;
    case ONNX_UINT8:
        l->kind = raw ? ITEM_BYTE : ITEM_VARINT;
        break;
    default:
        l->kind = raw ? ITEM_DOUBLE : ITEM_VARINT;
        break; /* raw: eight bytes each */
    }
    uint32_t number = raw                  ? 9
                      : type == ONNX_FLOAT ? 4
                      : type == ONNX_UINT8 ? 5
                      : type == ONNX_INT64 ? 7
                                           : 10;
    return read_field(a, l, real, message, number);
}

bool onnx_ints(arena *a, const onnx_attribute *t, int64_t **ret, size_t *ret_n)
{
    struct list l = {.kind = ITEM_VARINT};
    if (t && (t->s.n ? !read_tensor(a, &l, false, t->s) : !read_field(a, &l, false, t->body, 8)))
        return false;
    *ret = l.whole;
    *ret_n = l.n;
    return true;
}

bool onnx_reals(arena *a, const onnx_attribute *t, double **ret, size_t *ret_n)
{
    struct list l = {.kind = ITEM_FLOAT};
    if (t && (t->s.n ? !read_tensor(a, &l, true, t->s) : !read_field(a, &l, true, t->body, 7)))
        return false;
    *ret = l.real;
    *ret_n = l.n;
    return true;
}

bool onnx_texts(arena *a, const onnx_attribute *t, str **ret, size_t *ret_n)
{
    wire_field f;
    size_t n = 0;
    str s = t ? t->body : S("");
    while (wire_next(&s, &f))
        n += f.number == 9 && f.type == WIRE_BYTES;
    *ret = arena_new(a, str, n);
    *ret_n = n;
    s = t ? t->body : S("");
    for (n = 0; wire_next(&s, &f);)
        if (f.number == 9 && f.type == WIRE_BYTES) (*ret)[n++] = f.s;
    return wire_whole(s);
}
