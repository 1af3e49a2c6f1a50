/* onnx_wire.c - protobuf's wire format: one field after the other. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"

bool wire_varint(str *s, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 10 && i < s->n; i++) {
        uint8_t byte = (uint8_t)s->p[i];
        if (i == 9 && byte > 1) return false;
        v |= (uint64_t)(byte & 127) << (7 * i);
        if (byte & 128) continue;
        *s = (str){s->p + i + 1, s->n - i - 1};
        *ret = v;
        return true;
    }
    return false;
}

static bool take(str *s, uint64_t n, str *ret)
{
    if (n > s->n) return false;
    *ret = (str){s->p, (size_t)n};
    *s = (str){s->p + n, s->n - (size_t)n};
    return true;
}

/* Little-endian, whatever the machine is. */
static bool fixed(str *s, size_t n, uint64_t *ret)
{
    str bytes;
    if (!take(s, n, &bytes)) return false;
    *ret = 0;
    for (size_t i = n; i-- > 0;)
        *ret = *ret << 8 | (uint8_t)bytes.p[i];
    return true;
}

static bool content(str *s, wire_field *f)
{
    uint64_t n;
    switch (f->type) {
    case WIRE_VARINT:
        return wire_varint(s, &f->i);
    case WIRE_64:
        return fixed(s, 8, &f->i);
    case WIRE_32:
        return fixed(s, 4, &f->i);
    case WIRE_BYTES:
        return wire_varint(s, &n) && take(s, n, &f->s);
    default:
        return false;
    }
}

bool wire_next(str *message, wire_field *ret)
{
    uint64_t tag;
    *ret = (wire_field){0};
    if (!message->n) return false;
    bool ok = wire_varint(message, &tag) && tag >= 8 && tag <= UINT32_MAX;
    if (ok) {
        ret->number = (uint32_t)(tag >> 3);
        ret->type = (wire_type)(tag & 7);
        ok = content(message, ret);
    }
    if (!ok) *message = (str){0};
    return ok;
}

bool wire_whole(str message)
{
    return message.p != NULL;
}
