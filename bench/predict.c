/* predict.c - rows predicted per CPU second on one core, beside libxgboost. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "booster.h"
#include "model/model_impl.h"
#include <math.h>

enum { REPEATS = 5 };

/* A matrix made anew each time, as libxgboost remembers its answers; making it is not timed. */
static double time_peer(BoosterHandle b, const matrix *d, float *ret)
{
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
        DMatrixHandle m;
        const bst_ulong *shape;
        bst_ulong dim;
        const float *out;
        booster_must(XGDMatrixCreateFromMat(d->x, d->rows, d->features, NAN, &m));
        double began = cpu_seconds();
        booster_must(
            XGBoosterPredictFromDMatrix(b, m,
                                        "{\"type\":1,\"training\":false,\"iteration_begin\":0,"
                                        "\"iteration_end\":0,\"strict_shape\":true}",
                                        &shape, &dim, &out));
        best = fmax(best, (double)d->rows / (cpu_seconds() - began));
        memcpy(ret, out, d->rows * sizeof *ret);
        booster_must(XGDMatrixFree(m));
    }
    return best;
}

static double time_margin(const struct model *m, const matrix *d, float *ret)
{
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        model_margin(m, d->x, d->rows, ret);
        best = fmax(best, (double)d->rows / (cpu_seconds() - began));
    }
    return best;
}

static double time_predict(const struct model *m, const matrix *d, double *ret)
{
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        if (!model_predict(m, d->x, d->rows, ret, &(err){0})) exit(3);
        best = fmax(best, (double)d->rows / (cpu_seconds() - began));
    }
    return best;
}

static void report(const char *what, double rate, double peer, bool same)
{
    printf("  %-28s %11.0f rows/s, %6.2f times libxgboost%s\n", what, rate, rate / peer,
           same ? "" : ", BUT OTHER MARGINS");
}

static void side_by_side(arena *a, const char *name, BoosterHandle b, const matrix *d)
{
    static const char *const levels[FLAT_LEVELS] = {"margins, any processor", "margins, AVX2",
                                                    "margins, AVX-512"};
    struct model *m = booster_model(a, b);
    float *theirs = arena_new(a, float, d->rows), *ours = arena_new(a, float, d->rows);
    size_t bytes = d->rows * sizeof *ours;
    double peer = time_peer(b, d, theirs);
    printf("%s, %.0f leaves each: libxgboost's margins %.0f rows/s\n", name, booster_leaves(m),
           peer);
    report("probabilities", time_predict(m, d, arena_new(a, double, d->rows)), peer, true);
    for (flat_level level = 0; level <= flat_best(); level++) {
        m->flat = flat_build(a, m, level);
        double rate = time_margin(m, d, ours);
        report(levels[level], rate, peer, !memcmp(ours, theirs, bytes));
    }
    m->flat = NULL;
    double rate = time_margin(m, d, ours);
    report("margins, walked", rate, peer, !memcmp(ours, theirs, bytes));
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s TRAIN.csv TEST.csv [deep]\n", argv[0]);
        return 2;
    }
    arena *a = arena_open();
    booster_version(REPEATS);
    matrix seen = booster_data(a, argv[1]), test = booster_data(a, argv[2]);
    side_by_side(a, "100 trees x depth 6", booster_train(&seen, booster_shallow, 100), &test);
    if (argc > 3)
        side_by_side(a, "100 trees of any depth", booster_train(&seen, booster_deep, 1), &test);
    arena_close(a);
    return 0;
}
