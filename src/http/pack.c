/* pack.c - gzip for replies of text that are worth it, when the client takes it (RFC 9110, 8.4). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"
#include <zlib.h>

enum {
    PACK_MIN = 1400,       /* bytes: what fits one packet is not made faster */
    PACK_LEVEL = 4,        /* 0.7 ms for the 54 kB of the requirements; 6 saves 5 % and takes 3x */
    PACK_MAX = 64 << 20,   /* bytes: larger replies are exports, read by programs */
    GZIP = 16 + MAX_WBITS, /* windowBits: a gzip header instead of zlib's */
};

static bool is_text(const char *type)
{
    return strncmp(type, "application/json", 16) == 0 || strncmp(type, "text/", 5) == 0;
}

/* Replies to a change may hold secrets beside what the sender chose (BREACH): only reads. */
static bool is_worth_it(const request *q)
{
    const reply *r = &q->reply;
    if (q->method != HTTP_GET || r->status != 200 || !r->type || r->events || r->cacheable)
        return false;
    return r->fd < 0 && !r->stream && r->body.n >= PACK_MIN && r->body.n <= PACK_MAX &&
           is_text(r->type);
}

/* The bytes packed, or the absent str. */
static str pack(arena *a, str body)
{
    z_stream z = {0};
    if (deflateInit2(&z, PACK_LEVEL, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return (str){0};
    size_t room = deflateBound(&z, body.n);
    Bytef *out = arena_alloc(a, room, 1);
    z.next_in = (Bytef *)(uintptr_t)body.p; /* only read */
    z.avail_in = (uInt)body.n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    bool ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
    str packed = {(char *)out, z.total_out};
    (void)deflateEnd(&z);
    return ok ? packed : (str){0};
}

void reply_pack(request *q)
{
    if (!is_worth_it(q)) return;
    reply_header(q, "Vary", S("Accept-Encoding"));
    if (!header_names(q->header(q, "Accept-Encoding"), S("gzip"))) return;
    str packed = pack(q->a, q->reply.body);
    if (!packed.p) return;
    q->reply.body = packed;
    reply_header(q, "Content-Encoding", S("gzip"));
}
