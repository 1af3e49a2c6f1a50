/* fuzz_plan.c - any bytes as a measurement plan: its JSON and limits, both ways, and a run of it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "measure/measure.h"

/* A limit that was read must be written so that it reads the same again. */
static void check_limits(arena *a, const measure_plan *p)
{
    for (size_t i = 0; i < p->n_limits; i++) {
        limit again;
        err e = ERR_IN(a);
        str text = limit_text(a, &p->limits[i]);
        if (!limit_parse(a, text, &again, &e) || !str_eq(limit_text(a, &again), text)) abort();
    }
}

static void run(arena *a, measure_plan *p)
{
    static const char csv[] = "y,p,s,g,h\n1,1,0.9,a,u\n0,1,0.6,b,v\n0,0,0.2,a,v\n1,0,0.4,b,\n";
    measure_result r;
    table t;
    err e = ERR_IN(a);
    table_options o = {.threads = 1};
    if (!table_read_bytes(a, str_of(csv), "fuzz", &o, &t, &e)) abort();
    p->resamples = 100;
    measure_input in = {.data = &t, .threads = 1};
    if (!measure_run(p, &in, &r, a, &e)) return;
    buf b = buf_open(a, 1 << 22);
    jw w = jw_open(&b);
    measure_context c = {.subject = S("{}"), .tool_version = S("fuzz")};
    measure_result_json(p, &r, &c, &w);
    doc *d;
    if (!doc_parse(a, buf_str(&b), 1 << 22, &d, &e)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    doc *d;
    measure_plan p;
    limit l;
    str text = {(const char *)data, n};
    if (limit_parse(a, text, &l, &e)) check_limits(a, &(measure_plan){.limits = &l, .n_limits = 1});
    if (doc_parse(a, text, 1 << 16, &d, &e) && measure_plan_parse(a, d, &p, &e)) {
        check_limits(a, &p);
        run(a, &p);
    }
    arena_close(a);
    return 0;
}
