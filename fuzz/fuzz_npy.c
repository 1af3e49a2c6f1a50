/* fuzz_npy.c - any bytes as a .npy array: a table or a refusal, the same on any number of threads.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "table/table.h"

static bool read_bytes(arena *a, str bytes, int threads, table *ret)
{
    err e = ERR_IN(a);
    table_options o = {.threads = threads};
    bool ok = table_read_bytes(a, bytes, "fuzz", &o, ret, &e);
    if (!ok && (!e.msg.n || !e.hint.n || e.code == ERR_OK)) abort();
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    buf b = buf_open(a, 1 << 24);
    table one, two;
    buf_putz(&b, "\x93NUMPY"); /* so that no input is lost on the other formats */
    buf_bytes(&b, data + (n > 6 ? 6 : n), n - (n > 6 ? 6 : n));
    bool ok = !b.full && read_bytes(a, buf_str(&b), 1, &one);
    if (ok && (!read_bytes(a, buf_str(&b), 2, &two) || two.rows != one.rows)) abort();
    for (size_t k = 0; ok && k < one.n_columns; k++)
        for (size_t r = 0; r < one.rows; r++) {
            str s = column_text(a, &one.columns[k], r), t = column_text(a, &two.columns[k], r);
            if (!s.p != !t.p || !str_eq(s, t) || (s.p && !str_utf8(s))) abort();
        }
    arena_close(a);
    return 0;
}
