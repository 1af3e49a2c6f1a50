/* booster.h - what the programs beside libxgboost share: Adult as a matrix, models of it, a clock.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BENCH_BOOSTER_H
#define AIMS_BENCH_BOOSTER_H
#include "model/trees.h"
#include <xgboost/c_api.h>

typedef struct matrix {
    size_t rows, features;
    float *x, *y;
} matrix;

double cpu_seconds(void);
/* Ends the program when a call into libxgboost has failed. */
void booster_must(int failed);
/* A CSV file; texts become their number in byte order, the last column is the label. */
matrix booster_data(arena *a, const char *path);
/* binary:logistic, hist, one thread, and further pairs of parameters up to NULL. */
extern const char *const booster_shallow[], *const booster_deep[];
BoosterHandle booster_train(const matrix *d, const char *const *param, int rounds);
/* The booster's model, read by us. */
struct model *booster_model(arena *a, BoosterHandle b);
double booster_leaves(const struct model *m); /* mean per tree */
void booster_version(int repeats);

#endif
