/* fuzz_npz.c - any bytes as a .npz archive: a table or a refusal. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "table/npy.h"
#include "table/zip.h"

/* As an archive: every member that opens also unpacks or is refused, within what it declares. */
static void unpack_all(arena *a, str bytes)
{
    err e = ERR_IN(a);
    zip_member *m;
    size_t n;
    if (!zip_open(a, bytes, S("fuzz"), 1 << 24, &m, &n, &e)) {
        if (!e.msg.n || !e.hint.n) abort();
        return;
    }
    for (size_t i = 0; i < n; i++) {
        str raw;
        npy_array x;
        if (!zip_unpack(a, &m[i], S("fuzz"), &raw, &e)) continue;
        if (raw.n != m[i].size) abort();
        if (npy_open(a, raw, S("fuzz"), &x, &e) && x.data.n > raw.n) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    table t;
    table_options o = {.threads = 1, .max_bytes = 1 << 24};
    str bytes = {(const char *)data, n};
    unpack_all(a, bytes);
    if (!npz_read(a, bytes, "fuzz", &o, &t, &e) && (!e.msg.n || !e.hint.n)) abort();
    arena_close(a);
    return 0;
}
