/* fuzz_repeat.c - any bytes as a recorded result that is repeated on a small table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "measure/reproduce.h"
#include <stdlib.h>

static const char csv[] = "truth,score,grp\n1,0.9,a\n0,0.2,a\n1,0.4,b\n0,0.6,b\n1,0.7,a\n0,0.1,b\n";

static void compare_alike(const doc *d, arena *a)
{
    comparison c = reproduce_compare(d, d, a);
    if (c.identical != c.figures || c.n_differences || c.largest != 0) abort();
}

static void repeat(const doc *d, arena *a)
{
    err e = ERR_IN(a);
    table t;
    measure_result r;
    measure_plan p = measure_plan_default();
    p.kind = S("reproducible_run");
    if (!table_read_bytes(a, str_of(csv), "t.csv", &(table_options){.threads = 1}, &t, &e)) abort();
    measure_input in = {.data = &t, .recorded = d, .threads = 1};
    if (!measure_run(&p, &in, &r, a, &e)) {
        if (e.code == ERR_OK || !e.msg.n) abort();
        return;
    }
    for (size_t i = 0; i < r.n_metrics; i++)
        if (r.metrics[i].value < 0 || r.metrics[i].value > REPRODUCE_MOST) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    doc *d;
    if (doc_parse(a, (str){(const char *)data, n}, 1 << 20, &d, &e)) {
        compare_alike(d, a);
        repeat(d, a);
    }
    arena_close(a);
    return 0;
}
