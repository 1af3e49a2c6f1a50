/* encode_rows.c - prints what a model sees and answers under a plan: encode_rows DATA PLAN MODEL.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/sample.h"

static bool print_rows(const measure_plan *p, const struct model *m, const table *t, arena *a,
                       err *e)
{
    float *x;
    const str *names;
    const model_info *info = model_describe(m);
    size_t f = info->n_features, k = info->n_outputs;
    double *out = arena_new(a, double, t->rows *k);
    if (!sample_matrix(p, m, t, &x, &names, a, e) || !model_predict(m, x, t->rows, out, e))
        return false;
    for (size_t i = 0; i < f; i++)
        printf("%.*s%s", STR_ARG(names[i]), i + 1 < f ? "\t" : "\n");
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t i = 0; i < f; i++)
            printf("%.9g ", (double)x[r * f + i]);
        for (size_t i = 0; i < k; i++)
            printf("%.17g%c", out[r * k + i], i + 1 < k ? ' ' : '\n');
    }
    return true;
}

static bool run(char **argv, arena *a, err *e)
{
    str json;
    doc *d;
    table t;
    measure_plan p;
    struct model *m;
    return file_read(a, argv[2], 1 << 20, &json, e) && doc_parse(a, json, 1 << 20, &d, e) &&
           measure_plan_parse(a, d, &p, e) && table_read(a, argv[1], NULL, &t, e) &&
           model_load(a, argv[3], &m, e) && print_rows(&p, m, &t, a, e);
}

int main(int argc, char **argv)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    if (argc != 4) return 2;
    bool ok = run(argv, a, &e);
    if (!ok) fprintf(stderr, "%.*s: %.*s\n", STR_ARG(e.path), STR_ARG(e.msg));
    arena_close(a);
    return ok ? 0 : 3;
}
