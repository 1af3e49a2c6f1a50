/* shap.c - rows explained per CPU second on one core, beside libxgboost's pred_contribs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap.h"
#include "booster.h"
#include <math.h>

enum { REPEATS = 3, BACKGROUND = 100 };

/* What shap_peers.py reads: a matrix or values as they are in memory. */
static void keep(const char *dir, const char *name, const void *v, size_t bytes, arena *a)
{
    err e = ERR_IN(a);
    if (!file_replace(str_fmt(a, "%s/%s", dir, name).p, (str){v, bytes}, 0600, &e)) exit(3);
}

/* Rows per CPU second, and the values, which stay with the booster. */
static double time_peer(BoosterHandle b, const matrix *d, size_t rows, const float **ret)
{
    DMatrixHandle m;
    const bst_ulong *shape;
    bst_ulong dim;
    booster_must(XGDMatrixCreateFromMat(d->x, rows, d->features, NAN, &m));
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        booster_must(
            XGBoosterPredictFromDMatrix(b, m,
                                        "{\"type\":2,\"training\":false,\"iteration_begin\":0,"
                                        "\"iteration_end\":0,\"strict_shape\":true}",
                                        &shape, &dim, ret));
        best = fmax(best, (double)rows / (cpu_seconds() - began));
    }
    return best;
}

static double time_ours(const struct shap *s, const matrix *d, size_t rows, double *values)
{
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        shap_values(s, d->x, rows, values);
        best = fmax(best, (double)rows / (cpu_seconds() - began));
    }
    return best;
}

/* Shapley interaction values: XGBoost's pred_interactions and ours. */
static void time_pairs(BoosterHandle b, const struct shap *s, const matrix *d, size_t rows,
                       size_t more, arena *a)
{
    DMatrixHandle m;
    const bst_ulong *shape;
    bst_ulong dim;
    const float *theirs;
    size_t f = d->features, per = f + 1;
    double *ours = arena_new(a, double, more *f *f), worst = 0, peer = 0, rate = 0;
    booster_must(XGDMatrixCreateFromMat(d->x, rows, f, NAN, &m));
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        booster_must(
            XGBoosterPredictFromDMatrix(b, m,
                                        "{\"type\":4,\"training\":false,\"iteration_begin\":0,"
                                        "\"iteration_end\":0,\"strict_shape\":true}",
                                        &shape, &dim, &theirs));
        peer = fmax(peer, (double)rows / (cpu_seconds() - began));
        began = cpu_seconds();
        shap_interactions(s, d->x, more, ours);
        rate = fmax(rate, (double)more / (cpu_seconds() - began));
    }
    for (size_t i = 0; i < rows * f * f; i++) {
        size_t r = i / (f * f), k = i / f % f;
        worst = fmax(worst, fabs(ours[i] - (double)theirs[(r * per + k) * per + i % f]));
    }
    printf(
        "  interactions: libxgboost %.1f rows/s (%zu rows), aims %.1f rows/s (%zu rows), largest "
        "difference %.1e\n",
        peer, rows, rate, more, worst);
}

/* Background rows are the first of the rows; returns the values, which stay with the arena. */
static double *background(arena *a, const struct model *m, const matrix *test, size_t rows)
{
    struct shap *s;
    err e = ERR_IN(a);
    double *values = arena_new(a, double, rows *(test->features + 1)), began = cpu_seconds();
    if (!shap_interventional(a, m, test->x, BACKGROUND, &s, &e)) exit(3);
    double prepared = cpu_seconds() - began, rate = time_ours(s, test, rows, values);
    printf(
        "  interventional, %d background rows: aims %.1f rows/s (%zu rows), prepared in %.2f s\n",
        BACKGROUND, rate, rows, prepared);
    return values;
}

static double *side_by_side(arena *a, const char *name, BoosterHandle b, const matrix *test,
                            size_t peer_rows, size_t rows, double **ret_against)
{
    const float *theirs;
    struct shap *s;
    err e = ERR_IN(a);
    struct model *m = booster_model(a, b);
    double *ours = arena_new(a, double, rows *(test->features + 1)), worst = 0;
    double peer = time_peer(b, test, peer_rows, &theirs), began = cpu_seconds();
    if (!shap_path(a, m, &s, &e)) exit(3);
    double prepared = cpu_seconds() - began, rate = time_ours(s, test, rows, ours);
    for (size_t i = 0; i < peer_rows * (test->features + 1); i++)
        worst = fmax(worst, fabs(ours[i] - (double)theirs[i]));
    printf("%s, %.0f leaves each\n", name, booster_leaves(m));
    printf(
        "  tree path: libxgboost %.1f rows/s (%zu rows), aims %.1f rows/s (%zu rows), prepared in "
        "%.2f s, largest difference %.1e\n",
        peer, peer_rows, rate, rows, prepared, worst);
    time_pairs(b, s, test, peer_rows / 16 + 1, rows / 8, a);
    *ret_against = background(a, m, test, rows);
    return ours;
}

static void shallow(arena *a, const matrix *seen, const matrix *test, const char *dir)
{
    BoosterHandle b = booster_train(seen, booster_shallow, 100);
    size_t bytes = test->rows * (test->features + 1) * sizeof(double);
    double *against,
        *path = side_by_side(a, "100 trees x depth 6", b, test, 4096, test->rows, &against);
    booster_must(XGBoosterSaveModel(b, str_fmt(a, "%s/shallow.json", dir).p));
    keep(dir, "train.x", seen->x, seen->rows * seen->features * sizeof *seen->x, a);
    keep(dir, "train.y", seen->y, seen->rows * sizeof *seen->y, a);
    keep(dir, "test.x", test->x, test->rows * test->features * sizeof *test->x, a);
    keep(dir, "shallow.path", path, bytes, a);
    keep(dir, "shallow.background", against, bytes, a);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: %s TRAIN.csv TEST.csv DIR [deep]\n", argv[0]);
        return 2;
    }
    double *against;
    arena *a = arena_open();
    booster_version(REPEATS);
    matrix seen = booster_data(a, argv[1]), test = booster_data(a, argv[2]);
    shallow(a, &seen, &test, argv[3]);
    if (argc > 4)
        side_by_side(a, "100 trees of any depth", booster_train(&seen, booster_deep, 1), &test, 8,
                     256, &against);
    arena_close(a);
    return 0;
}
