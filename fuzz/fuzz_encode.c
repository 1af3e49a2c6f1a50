/* fuzz_encode.c - any bytes as encoders: a table of as many uniquely named features, or a refusal.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "model/encode.h"

static void check(const table *t, const encoding *x, arena *a)
{
    str *names = arena_new(a, str, t->n_columns);
    encode_origin *o = arena_new(a, encode_origin, t->n_columns);
    for (size_t i = 0; i < t->n_columns; i++) {
        names[i] = t->columns[i].name;
        for (size_t k = 0; k < i; k++)
            if (str_eq(names[i], names[k])) abort();
    }
    encode_origins(a, x, names, t->n_columns, o);
    for (size_t i = 0; i < t->n_columns; i++)
        if (!o[i].column.p || (o[i].by && !str_eq(o[i].by->features[o[i].feature], names[i])))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char csv[] = "s,n,k\na,1,10\nb,2.5,20\n,,30\n\"a \"\"q\"\"\",-1e300,40\n";
    arena *a = arena_open();
    err e = ERR_IN(a);
    doc *d;
    table t, seen;
    encoding *x;
    table_options o = {.threads = 1};
    if (!table_read_bytes(a, str_of(csv), "fuzz", &o, &t, &e)) abort();
    if (doc_parse(a, (str){(const char *)data, n}, 1 << 16, &d, &e) && encode_parse(a, d, &x, &e)) {
        if (encode_table(a, x, &t, NULL, 0, &seen, &e))
            check(&seen, x, a);
        else if (!e.msg.n || !e.hint.n)
            abort();
    }
    arena_close(a);
    return 0;
}
