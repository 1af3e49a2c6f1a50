/* train.h - small trainers of our own: reference, shadow and attack models, and the private twin.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_TRAIN_H
#define AIMS_MEASURE_TRAIN_H
#include "base/base.h"

/*
 * A matrix cut once into at most BINS_MAX bins a feature, by ranks; equal values stay together, and
 * a feature with so few distinct values loses nothing. NaN is BINS_MISSING. Models are trained on
 * some rows and asked about any. Categories count as ordered codes.
 */
#define BINS_MAX     255
#define BINS_MISSING 255
typedef struct bins {
    size_t rows, features;
    uint8_t *at; /* rows x features */
    uint16_t *n; /* bins of each feature */
} bins;
bins bins_make(const float *x, size_t rows, size_t features, arena *a);

/*
 * Gradient-boosted trees by histograms (Chen & Guestrin, XGBoost, KDD 2016, with its defaults and
 * its learned direction for missing values; Ke et al., LightGBM, NIPS 2017, for the smaller child's
 * histogram taken from its parent's). Two classes: one margin, the log-odds of class 1; more:
 * softmax with one margin a class. The same rows in the same order give the same trees.
 */
typedef struct boost_plan {
    size_t rounds, depth;
    size_t features;   /* only the first so many of the matrix; 0: all */
    double rate;       /* learning rate */
    double lambda;     /* L2 on the leaves */
    double min_weight; /* least sum of second derivatives in a child */
} boost_plan;
boost_plan boost_default(void); /* 100 rounds, depth 6, rate 0.3, lambda 1, min_weight 1 */

struct boost;
/* y has an entry per row of b, 0..classes-1; `row` names the n rows to train on. */
struct boost *boost_train(const bins *b, const int32_t *y, size_t classes, const uint32_t *row,
                          size_t n, const boost_plan *p, arena *a);
size_t boost_outputs(const struct boost *m); /* 1, or the number of classes */
/* b may be another matrix only when it was cut together with the first. */
void boost_margin(const struct boost *m, const bins *b, size_t row, double *ret);

/*
 * Logistic regression: minimises sum of log losses + lambda / 2 |w|^2, without penalty on the
 * intercept, by Newton's method with halved steps (scikit-learn's objective with C = 1 / lambda).
 * ret_w: features + 1, the intercept last. lambda > 0.
 */
typedef struct logistic_data {
    const double *x;  /* rows x features */
    const int32_t *y; /* 0 or 1 */
    size_t rows, features;
} logistic_data;
void logistic_train(const logistic_data *d, double lambda, double *ret_w);
double logistic_margin(const double *w, const double *x, size_t features);

/*
 * The same model under (epsilon, delta) differential privacy for adding or leaving out one row:
 * noisy gradient descent (Abadi et al., CCS 2016) with momentum (Polyak 1964), which costs no
 * privacy. Each step takes each row with chance `take` (Poisson), clips its gradient to norm
 * `clip`, adds a normal error of deviation noise * clip to the sum and divides by take * rows; the
 * number of rows counts as known. The answer is the mean of the second half of the steps. The noise
 * comes from rng.h, a seeded generator: right for measuring the cost of privacy, not for a model
 * that is released, which needs noise from a cryptographic source.
 */
typedef struct private_plan {
    size_t steps;
    double take, noise, clip, rate, momentum;
    uint64_t seed;
    uint32_t stream;
    uint64_t number;
    bool (*go_on)(void *ctx); /* asked after every PRIVATE_STEPS steps; false ends; may be NULL */
    void *ctx;
} private_plan;
#define PRIVATE_STEPS 10
void logistic_private(const logistic_data *d, const private_plan *p, double *ret_w);

/*
 * Accounting by Renyi divergence at whole orders 2..ACCOUNT_ORDERS: of the sampled normal
 * mechanism (Mironov, Talwar & Zhang, arXiv 1908.10530, section 3.3), composed over the steps, and
 * brought to (epsilon, delta) after Canonne, Kamath & Steinke (NeurIPS 2020, proposition 12).
 */
#define ACCOUNT_ORDERS 256
double account_rdp(double take, double noise, size_t order); /* of one step */
double account_epsilon(double take, double noise, size_t steps, double delta);
/* The least noise, to a thousandth, that keeps within epsilon. */
double account_noise(double take, size_t steps, double epsilon, double delta);
/* TPR - FPR of any membership attack is at most this (Humphries et al., arXiv 2010.12112). */
double account_advantage(double epsilon, double delta);

#endif
