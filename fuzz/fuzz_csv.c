/* fuzz_csv.c - any bytes as CSV: a table or a refusal, the same however the file is cut. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "table/read.h"

static void same_column(arena *a, const column *x, const column *y, size_t rows)
{
    if (!str_eq(x->name, y->name) || x->type != y->type || x->missing != y->missing) abort();
    if (x->n_levels != y->n_levels) abort();
    for (size_t r = 0; r < rows; r++) {
        str s = column_text(a, x, r), t = column_text(a, y, r);
        if (!s.p != !t.p || !str_eq(s, t)) abort();
    }
}

static bool read_cut(arena *a, str bytes, size_t slice, int threads, table *ret)
{
    err e = ERR_IN(a);
    table_options o = {.format = TABLE_CSV, .threads = threads};
    bool ok = reader_run(a, bytes, "fuzz", &o, slice, ret, &e);
    if (!ok && (!e.msg.n || e.code == ERR_OK)) abort();
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    str bytes = {(const char *)data, n};
    table whole, cut;
    bool ok = read_cut(a, bytes, 1 << 30, 1, &whole);
    if (read_cut(a, bytes, 7, 1, &cut) != ok) abort();
    for (size_t i = 0; ok && i < whole.n_columns; i++) {
        if (cut.rows != whole.rows || cut.n_columns != whole.n_columns) abort();
        same_column(a, &whole.columns[i], &cut.columns[i], whole.rows);
    }
    arena_close(a);
    return 0;
}
