/* forest.c - rows explained per CPU second of a model in a file, its values kept for a peer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap.h"
#include "model/trees.h"
#include <math.h>

enum { REPEATS = 3, BACKGROUND = 100, FILE_MAX = 256 << 20 };

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double mean_leaves(const struct model *m)
{
    forest f = model_forest(m);
    double nodes = 0;
    for (size_t i = 0; i < f.n; i++)
        nodes += f.at[i].n_nodes;
    return (nodes / (double)f.n + 1) / 2;
}

static bool explain(const struct shap *s, const char *what, const float *x, size_t rows,
                    double prepared, const char *path, arena *a, err *e)
{
    size_t width = shap_width(s);
    double *values = arena_new(a, double, rows *width), best = 0;
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        shap_values(s, x, rows, values);
        best = fmax(best, (double)rows / (cpu_seconds() - began));
    }
    printf("  %s: aims %.1f rows/s (%zu rows), prepared in %.2f s\n", what, best, rows, prepared);
    return file_replace(path, (str){(char *)values, rows * width * sizeof *values}, 0600, e);
}

/* DIR holds forest.onnx and forest.x, rows of floats; the first 100 are the background. */
static bool run(const char *dir, size_t rows, size_t fewer, arena *a, err *e)
{
    str bytes, matrix;
    struct model *m;
    struct shap *s;
    if (!file_read(a, str_fmt(a, "%s/forest.onnx", dir).p, FILE_MAX, &bytes, e) ||
        !file_read(a, str_fmt(a, "%s/forest.x", dir).p, FILE_MAX, &matrix, e) ||
        !model_load_bytes(a, bytes, &m, e))
        return false;
    size_t features = model_describe(m)->n_features;
    float *x = arena_new(a, float, matrix.n / sizeof *x);
    memcpy(x, matrix.p, matrix.n);
    if (matrix.n < BACKGROUND * features * sizeof *x || matrix.n < rows * features * sizeof *x)
        return err_set(e, ERR_INVALID, S("forest.x"), S("more rows"), "too few rows");
    printf("scikit-learn's forest in ONNX, %.0f leaves each\n", mean_leaves(m));
    double began = cpu_seconds();
    if (!shap_path(a, m, &s, e) || !explain(s, "tree path", x, rows, cpu_seconds() - began,
                                            str_fmt(a, "%s/forest.path", dir).p, a, e))
        return false;
    began = cpu_seconds();
    return shap_interventional(a, m, x, BACKGROUND, &s, e) &&
           explain(s, "interventional, 100 background rows", x, fewer, cpu_seconds() - began,
                   str_fmt(a, "%s/forest.background", dir).p, a, e);
}

int main(int argc, char **argv)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    if (argc != 4) {
        fputs("usage: bench_forest DIR ROWS ROWS_AGAINST_BACKGROUND\n", stderr);
        return 2;
    }
    bool ok = run(argv[1], strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), a, &e);
    if (!ok) fprintf(stderr, "%.*s\n", STR_ARG(e.msg));
    arena_close(a);
    return ok ? 0 : 1;
}
