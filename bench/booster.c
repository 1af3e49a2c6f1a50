/* booster.c - what the programs beside libxgboost share: Adult as a matrix, models of it, a clock.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "booster.h"
#include "table/table.h"
#include <math.h>

double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void booster_must(int failed)
{
    if (!failed) return;
    fprintf(stderr, "libxgboost: %s\n", XGBGetLastError());
    exit(3);
}

matrix booster_data(arena *a, const char *path)
{
    table t;
    err e = ERR_IN(a);
    if (!table_read(a, path, &(table_options){0}, &t, &e)) {
        fprintf(stderr, "%s\n", e.msg.p);
        exit(3);
    }
    matrix d = {.rows = t.rows, .features = t.n_columns - 1};
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

const char *const booster_shallow[] = {"max_depth", "6", NULL};
const char *const booster_deep[] = {"max_depth",
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

BoosterHandle booster_train(const matrix *d, const char *const *param, int rounds)
{
    DMatrixHandle m;
    BoosterHandle b;
    booster_must(XGDMatrixCreateFromMat(d->x, d->rows, d->features, NAN, &m));
    booster_must(XGDMatrixSetFloatInfo(m, "label", d->y, d->rows));
    booster_must(XGBoosterCreate(&m, 1, &b));
    booster_must(XGBoosterSetParam(b, "nthread", "1"));
    booster_must(XGBoosterSetParam(b, "objective", "binary:logistic"));
    booster_must(XGBoosterSetParam(b, "tree_method", "hist"));
    for (; *param; param += 2)
        booster_must(XGBoosterSetParam(b, param[0], param[1]));
    for (int i = 0; i < rounds; i++)
        booster_must(XGBoosterUpdateOneIter(b, i, m));
    return b;
}

struct model *booster_model(arena *a, BoosterHandle b)
{
    bst_ulong n;
    const char *json;
    struct model *m;
    err e = ERR_IN(a);
    booster_must(XGBoosterSaveModelToBuffer(b, "{\"format\":\"json\"}", &n, &json));
    if (model_load_bytes(a, (str){json, n}, &m, &e)) return m;
    fprintf(stderr, "%s\n", e.msg.p);
    exit(3);
}

double booster_leaves(const struct model *m)
{
    forest f = model_forest(m);
    double nodes = 0;
    for (size_t i = 0; i < f.n; i++)
        nodes += f.at[i].n_nodes;
    return (nodes / (double)f.n + 1) / 2;
}

void booster_version(int repeats)
{
    int v[3];
    XGBoostVersion(&v[0], &v[1], &v[2]);
    printf("libxgboost %d.%d.%d, one thread, best of %d, CPU seconds\n", v[0], v[1], v[2], repeats);
}
