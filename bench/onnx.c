/* onnx.c - an ONNX forest evaluated here, beside ONNX Runtime on one thread and the same rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"
#include <math.h>
#include <time.h>

enum { REPEATS = 5, ROWS_MAX = 100000, FILE_MAX = 256 << 20 };

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool rate(const struct model *m, const float *x, size_t rows, double *ret, double *ret_rate,
                 err *e)
{
    *ret_rate = 0;
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        if (!model_predict(m, x, rows, ret, e)) return false;
        *ret_rate = fmax(*ret_rate, (double)rows / (cpu_seconds() - began));
    }
    return true;
}

static bool compare(const char *const *argv, arena *a, err *e)
{
    str bytes;
    table t;
    onnx_file f;
    float *x;
    double ours, theirs;
    struct model *m, *runtime = arena_new(a, struct model, 1);
    const str skip[] = {str_of(argv[3])};
    if (!file_read(a, argv[1], FILE_MAX, &bytes, e) || !model_load_bytes(a, bytes, &m, e) ||
        !table_read(a, argv[2], NULL, &t, e) || !model_matrix(a, m, &t, skip, 1, &x, e) ||
        !onnx_read(a, bytes, &f, e) || !ort_load(a, &f, bytes, runtime, e))
        return false;
    size_t rows = t.rows < ROWS_MAX ? t.rows : ROWS_MAX, n = rows * model_describe(m)->n_outputs;
    double *y = arena_new(a, double, n), *z = arena_new(a, double, n), worst = 0;
    if (!rate(m, x, rows, y, &ours, e) || !rate(runtime, x, rows, z, &theirs, e)) return false;
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs(y[i] - z[i]));
    printf("%s, %zu rows: ONNX Runtime %.0f rows/s, aims %.0f rows/s, ratio %.1f, largest "
           "difference %g\n",
           model_describe(m)->format, rows, theirs, ours, ours / theirs, worst);
    return true;
}

int main(int argc, char **argv)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    if (argc != 4) {
        fputs("usage: bench_onnx MODEL.onnx DATA.csv LABEL\n", stderr);
        return 2;
    }
    bool ok = compare((const char *const *)argv, a, &e);
    if (!ok) fprintf(stderr, "%.*s\n", STR_ARG(e.msg));
    arena_close(a);
    return ok ? 0 : 1;
}
