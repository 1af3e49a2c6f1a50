/* fuzz_ubjson.c - any bytes as UBJSON: what is read can be walked to its last member. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
#include "fuzz.h"
#include "model/ubjson.h"

/* Touches every byte the tree points to; packed lists are counted, not counted on. */
static uint64_t walk(const doc *d)
{
    uint64_t sum = d->kind + (uint64_t)d->i;
    for (size_t i = 0; d->kind == DOC_STR && i < d->s.n; i++)
        sum += (uint8_t)d->s.p[i];
    for (size_t i = 0; (d->kind == DOC_ARR || d->kind == DOC_OBJ) && i < d->n; i++) {
        doc child = ubjson_at(d, i);
        if (d->kind == DOC_OBJ && doc_find(d, d->keys[i]) != &d->at[i]) abort();
        sum += walk(&child);
    }
    return sum;
}

static volatile uint64_t sink; /* keeps the walk */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    doc *d;
    if (ubjson_parse(a, (str){(const char *)data, n}, &d, &e))
        sink = walk(d);
    else if (!e.msg.n || e.code == ERR_OK)
        abort();
    arena_close(a);
    return 0;
}
