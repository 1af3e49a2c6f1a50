/* fuzz_expr.c - any bytes as a row filter over a small table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "table/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    table t;
    struct expr *x;
    uint8_t *keep;
    str *names;
    size_t n_names;
    str csv = S("a,b,missing,c d\n1,x,,4\n-2,\"y,z\",q,\n,,r,1e3\n");
    table_options o = {.threads = 1};
    if (!table_read_bytes(a, csv, "fuzz", &o, &t, &e)) abort();
    if (expr_parse(a, (str){(const char *)data, n}, &x, &e)) {
        expr_columns(x, a, &names, &n_names);
        if (expr_rows(x, &t, a, &keep, &e))
            for (size_t i = 0; i < t.rows; i++)
                if (keep[i] > 1) abort();
    }
    arena_close(a);
    return 0;
}
