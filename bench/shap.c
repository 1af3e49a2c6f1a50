/* shap.c - rows explained per CPU second on one core, beside libxgboost's pred_contribs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap.h"
#include "model/trees.h"
#include "table/table.h"
#include <math.h>
#include <xgboost/c_api.h>

enum { REPEATS = 3, BACKGROUND = 100 };

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void call(int failed)
{
    if (!failed) return;
    fprintf(stderr, "libxgboost: %s\n", XGBGetLastError());
    exit(3);
}

struct data {
    size_t rows, features;
    float *x, *y;
};

/* Texts become their number in byte order; the last column is the label. */
static struct data read_data(arena *a, const char *path)
{
    table t;
    err e = ERR_IN(a);
    if (!table_read(a, path, &(table_options){0}, &t, &e)) {
        fprintf(stderr, "%s\n", e.msg.p);
        exit(3);
    }
    struct data d = {.rows = t.rows, .features = t.n_columns - 1};
    d.x = arena_new(a, float, d.rows *d.features);
    d.y = arena_new(a, float, d.rows);
    for (size_t k = 0; k <= d.features; k++)
        for (size_t r = 0; r < d.rows; r++) {
            const column *c = &t.columns[k];
            double code = c->type == COLUMN_NUMBER || c->code[r] < 0 ? NAN : (double)c->code[r];
            float v = (float)(c->type == COLUMN_NUMBER ? c->num[r] : code);
            *(k == d.features ? &d.y[r] : &d.x[r * d.features + k]) = v;
        }
    return d;
}

static BoosterHandle train(const struct data *d, const char *const *param, int rounds)
{
    DMatrixHandle m;
    BoosterHandle b;
    call(XGDMatrixCreateFromMat(d->x, d->rows, d->features, NAN, &m));
    call(XGDMatrixSetFloatInfo(m, "label", d->y, d->rows));
    call(XGBoosterCreate(&m, 1, &b));
    call(XGBoosterSetParam(b, "nthread", "1"));
    call(XGBoosterSetParam(b, "objective", "binary:logistic"));
    call(XGBoosterSetParam(b, "tree_method", "hist"));
    for (; *param; param += 2)
        call(XGBoosterSetParam(b, param[0], param[1]));
    for (int i = 0; i < rounds; i++)
        call(XGBoosterUpdateOneIter(b, i, m));
    return b;
}

/* Rows per CPU second, and the values, which stay with the booster. */
static double time_peer(BoosterHandle b, const struct data *d, size_t rows, const float **ret)
{
    DMatrixHandle m;
    const bst_ulong *shape;
    bst_ulong dim;
    call(XGDMatrixCreateFromMat(d->x, rows, d->features, NAN, &m));
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        call(XGBoosterPredictFromDMatrix(b, m,
                                         "{\"type\":2,\"training\":false,\"iteration_begin\":0,"
                                         "\"iteration_end\":0,\"strict_shape\":true}",
                                         &shape, &dim, ret));
        best = fmax(best, (double)rows / (cpu_seconds() - began));
    }
    return best;
}

static double time_ours(const struct shap *s, const struct data *d, size_t rows, double *values)
{
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
        double began = cpu_seconds();
        shap_values(s, d->x, rows, values);
        best = fmax(best, (double)rows / (cpu_seconds() - began));
    }
    return best;
}

static struct model *take_over(arena *a, BoosterHandle b)
{
    bst_ulong n;
    const char *json;
    struct model *m;
    err e = ERR_IN(a);
    call(XGBoosterSaveModelToBuffer(b, "{\"format\":\"json\"}", &n, &json));
    if (model_load_bytes(a, (str){json, n}, &m, &e)) return m;
    fprintf(stderr, "%s\n", e.msg.p);
    exit(3);
}

static double mean_leaves(const struct model *m)
{
    forest f = model_forest(m);
    double nodes = 0;
    for (size_t i = 0; i < f.n; i++)
        nodes += f.at[i].n_nodes;
    return (nodes / (double)f.n + 1) / 2;
}

static void side_by_side(arena *a, const char *name, BoosterHandle b, const struct data *test,
                         size_t peer_rows, size_t rows)
{
    const float *theirs;
    struct shap *s;
    err e = ERR_IN(a);
    struct model *m = take_over(a, b);
    double *ours = arena_new(a, double, rows *(test->features + 1)), worst = 0;
    double peer = time_peer(b, test, peer_rows, &theirs), began = cpu_seconds();
    if (!shap_path(a, m, &s, &e)) exit(3);
    double prepared = cpu_seconds() - began, rate = time_ours(s, test, rows, ours);
    for (size_t i = 0; i < peer_rows * (test->features + 1); i++)
        worst = fmax(worst, fabs(ours[i] - (double)theirs[i]));
    printf("%s, %.0f leaves each\n", name, mean_leaves(m));
    printf(
        "  tree path: libxgboost %.1f rows/s (%zu rows), aims %.1f rows/s (%zu rows), prepared in "
        "%.2f s, largest difference %.1e\n",
        peer, peer_rows, rate, rows, prepared, worst);
    began = cpu_seconds();
    if (!shap_interventional(a, m, test->x, BACKGROUND, &s, &e)) exit(3);
    prepared = cpu_seconds() - began;
    rate = time_ours(s, test, rows, ours);
    printf(
        "  interventional, %d background rows: aims %.1f rows/s (%zu rows), prepared in %.2f s\n",
        BACKGROUND, rate, rows, prepared);
}

int main(int argc, char **argv)
{
    static const char *const boosted[] = {"max_depth", "6", NULL};
    static const char *const deep[] = {"max_depth",
                                       "0",
                                       "max_leaves",
                                       "5000",
                                       "grow_policy",
                                       "lossguide",
                                       "num_parallel_tree",
                                       "100",
                                       "min_child_weight",
                                       "0",
                                       "subsample",
                                       "0.63",
                                       "colsample_bynode",
                                       "0.3",
                                       "eta",
                                       "1",
                                       "lambda",
                                       "0",
                                       NULL};
    if (argc < 3) {
        fprintf(stderr, "usage: %s TRAIN.csv TEST.csv [deep]\n", argv[0]);
        return 2;
    }
    arena *a = arena_open();
    int v[3];
    XGBoostVersion(&v[0], &v[1], &v[2]);
    printf("libxgboost %d.%d.%d, one thread, best of %d, CPU seconds\n", v[0], v[1], v[2], REPEATS);
    struct data seen = read_data(a, argv[1]), test = read_data(a, argv[2]);
    side_by_side(a, "100 trees x depth 6", train(&seen, boosted, 100), &test, 4096, test.rows);
    if (argc > 3) side_by_side(a, "100 trees of any depth", train(&seen, deep, 1), &test, 8, 256);
    arena_close(a);
    return 0;
}
