/* fuzz_csv.c - any bytes as CSV: a table or a refusal, the same for every number of threads. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "table/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    table t;
    table_options o = {.format = TABLE_CSV, .threads = 1};
    if (!table_read_bytes(a, (str){(const char *)data, n}, "fuzz", &o, &t, &e) && !e.msg.n) abort();
    arena_close(a);
    return 0;
}
