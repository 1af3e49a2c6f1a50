/* sample_impl.h - the parts of the sample: declared records, generated data, the trained model. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_SAMPLE_IMPL_H
#define AIMS_WORK_SAMPLE_IMPL_H
#include "base/base.h"

extern const str sample_records, sample_decisions, sample_plans; /* sample/ *.json, embedded */

/*
 * One synthetic loan application. Who pays back follows from income (in real terms), debt, years
 * of employment, earlier defaults and amount; sex plays no part in it. Planted:
 *   bias   in training data, a quarter of the women who paid back are recorded as if they had
 *          not; `region` has no effect on paying back but differs between the sexes, so that a
 *          model can tell them apart without seeing the column `sex`;
 *   drift  in the late quarter prices and nominal incomes are 25 % up, and fewer pay back at
 *          the same real income (odds times exp(-1.6)).
 * The figures stand here and in docs/sample.md; tests measure them again.
 */
enum { LOAN_FEATURES = 7 };
#define SAMPLE_BIAS       0.25
#define SAMPLE_INFLATION  1.25
#define SAMPLE_LATE_LOGIT (-1.6)
extern const char *const loan_features[LOAN_FEATURES];

typedef struct loan {
    float x[LOAN_FEATURES]; /* NaN: missing */
    bool woman, repaid;
} loan;

typedef enum loan_period { LOANS_TRAINING, LOANS_TEST, LOANS_LATE } loan_period;
/* n applications, the same for the same seed on every machine with IEEE doubles. */
loan *sample_loans(arena *a, size_t n, loan_period p, uint64_t seed);
str sample_loans_csv(arena *a, const loan *l, size_t n);
/* Scores and outcomes of the bought arrears forecast; well calibrated. */
str sample_arrears_csv(arena *a, size_t n, uint64_t seed);

/* Trains with libxgboost (loaded at run time) and gives the model as XGBoost JSON. */
bool sample_train(arena *a, const loan *l, size_t n, str *ret_model, err *e) NODISCARD;

#endif
