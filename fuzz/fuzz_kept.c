/* fuzz_kept.c - any bytes as a kept reference: what is taken writes itself again and is measured.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "measure/kept.h"
#include "measure/measure.h"
#include <stdlib.h>

static const char csv[] = "x,c,y\n1,a,7\n2,b,8\n,c,9\n2.5,a,7\n100,,8\n-3,b,7\n";

static str written(const kept_reference *k, arena *a)
{
    err e = ERR_IN(a);
    buf b = buf_open(a, KEPT_BYTES);
    jw w = jw_open(&b);
    if (!kept_write(k, &w, &e)) abort();
    return buf_str(&b);
}

/* Its own document is taken, too, and says the same. */
static void write_again(const kept_reference *k, arena *a)
{
    kept_reference again;
    err e = ERR_IN(a);
    str first = written(k, a);
    if (!kept_is(first) || !kept_read(a, first, &again, &e)) abort();
    if (!str_eq(first, written(&again, a))) abort();
}

static void compare(const kept_reference *k, arena *a)
{
    err e = ERR_IN(a);
    table t;
    measure_result r;
    measure_plan p = measure_plan_default();
    p.kind = S("drift_monitor");
    p.label = S("y");
    p.resamples = 10;
    if (!table_read_bytes(a, str_of(csv), "t.csv", &(table_options){.threads = 1}, &t, &e)) abort();
    measure_input in = {.data = &t, .reference = &k->table, .kept = k, .threads = 1};
    if (!measure_run(&p, &in, &r, a, &e)) {
        if (e.code == ERR_OK || !e.msg.n) abort();
        return;
    }
    for (size_t i = 0; i < r.n_metrics; i++)
        if (r.metrics[i].lo > r.metrics[i].hi) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    kept_reference k;
    str json = {(const char *)data, n};
    if (kept_read(a, json, &k, &e)) {
        write_again(&k, a);
        compare(&k, a);
    } else if (e.code == ERR_OK || !e.msg.n) {
        abort();
    }
    arena_close(a);
    return 0;
}
