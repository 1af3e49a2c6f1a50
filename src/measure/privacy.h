/* privacy.h - the parts of privacy_attack_test: stacked rows, attacks, and private twins. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_PRIVACY_H
#define AIMS_MEASURE_PRIVACY_H
#include "measure/figures.h"
#include "measure/score.h"
#include "measure/train.h"

/* Rows the model was trained on (members: the reference), then rows it was not (the data), each at
 * most options.rows, drawn by the seed. */
typedef struct privacy {
    const measure_plan *plan;
    measure_input in; /* data: the stacked rows */
    table stacked;
    sample s;
    figures *f;
    size_t rows, members, features;
    float *x;         /* what the model sees: rows x features */
    const str *names; /* of the features */
    int32_t *member;  /* 1: a member */
    double *loud;     /* logit-scaled confidence in the truth, see privacy_logit */
    jw *curves;       /* the series of the ROC picture */
    arena *a;
} privacy;

/* Numbers of two tables under one roof: the columns of `first` that `second` has, too, with the
 * rows of both. A column that holds numbers in one and texts in the other is INVALID. */
bool privacy_stack(const table *first, const table *second, table *ret, arena *a, err *e) NODISCARD;
/* A bit per row: exactly `want` of `rows`, at most all of them. */
uint8_t *privacy_draw(size_t rows, size_t want, uint64_t seed, uint32_t stream, arena *a);

/* Others that equal a member in all that the model sees and in the truth. */
size_t privacy_twice(const privacy *p);

#define PRIVACY_CUT 1e-6 /* chances are taken within this of 0 and 1 */
double privacy_chance(const sample *s, size_t row, size_t cls);
/* log(p / (1 - p)) of the true class, p the model's chance of it (Carlini et al. 2022, eq. 4). */
double privacy_logit(double p);

/*
 * One attack: a score per row, higher for rows it takes for members. Figures, slice
 * {"attack": name} and with every group of every view:
 *   membership_auc        a member scores above another row; DeLong's interval
 *   membership_advantage  TPR - FPR (Yeom et al., CSF 2018), with Newcombe's interval
 *   tpr_at_fpr_0_01, tpr_at_fpr_0_001
 *                         members above the threshold that such a share of others passes, as in
 *                         scikit-learn's ROC curve, without interpolation (Carlini et al. 2022)
 * The threshold of the advantage is chosen on one half of members and others and judged on the
 * other half, and the other way round, so that choosing gains nothing: the interval holds what the
 * thresholds found are worth, which with 1,200 rows a side is under 0.01 below the best there is.
 * The interval of a TPR is MOVER of Wilson's and of the order statistics around its threshold; with
 * under 1 / FPR others it is not defined. A group is met with the threshold of the whole.
 */
typedef struct privacy_attack {
    const char *name;
    const double *score;
} privacy_attack;
void privacy_add_attack(const privacy *p, const privacy_attack *x);
/* The picture around the series: TPR by FPR of every attack. */
void privacy_open_curves(jw *w);
void privacy_close_curves(jw *w);
/* The advantage alone: its counts, what was said of each row, and its interval. */
typedef struct counted {
    double hit, members, alarm, others; /* decisions for member, of members and of others */
} counted;
counted privacy_advantage(const double *score, const int32_t *member, size_t rows, uint64_t seed,
                          uint8_t *ret_said, arena *a);
recipe privacy_rates(counted c, arena *a);

/*
 * Attacks without further models:
 *   loss              log chance of the truth (Yeom et al. 2018)
 *   confidence        largest chance, without knowing the truth (Salem et al., NDSS 2019)
 *   entropy, modified_entropy, margin   (Song & Mittal, USENIX Security 2021); only with more than
 *                     two classes, for with two they order rows as the first two do
 * With options.models reference models of ours, each trained on a random half of all rows, in pairs
 * of complements, so that each row is in half of them:
 *   lira_offline      (logit - mean) / deviation over the models that did not see the row
 *   lira_online       log ratio of the normal densities with and without it (Carlini et al., S&P
 *                     2022). With under LIRA_OWN models on a side one deviation serves all rows
 *   shadow            boosted trees that learned to tell the rows that reference models saw, from
 *                     one answer for each row, of the model whose turn it is (Shokri et al., S&P
 *                     2017)
 */
#define LIRA_OWN 32
bool privacy_membership(const privacy *p, double from, double to, err *e) NODISCARD;

/*
 * Attribute inference on options.sensitive: who knows the rest of a row and the truth guesses the
 * sensitive column, slice "attack". Boosted trees that learned from half of the others:
 *   imputation   without the model (Jayaraman & Evans, CCS 2022: what is not leakage)
 *   query        knowing also the model's chance of the truth for each value the column may have
 *   answer       knowing also how far these are from the model's answer to the row itself
 * and without learning, so that it finds what only members have:
 *   inversion    the value with the largest (chance by imputation) x (the model's chance of the
 *                truth with it) (Fredrikson et al., CCS 2015; Yeom et al., CSF 2018)
 * attribute_inference_accuracy on members; attribute_inference_leakage its surplus over imputation,
 * on the same rows; attribute_inference_memorised the surplus on members minus that on the other
 * half of the others.
 */
bool privacy_attribute(const privacy *p, double from, double to, err *e) NODISCARD;
/* Whether options.sensitive will do, and the options of the twins: said before hours of attacks. */
bool privacy_attribute_check(const privacy *p, err *e) NODISCARD;
bool privacy_twins_check(const privacy *p, err *e) NODISCARD;

/*
 * Utility and leakage of logistic regressions on the members, of two classes, with and without
 * differential privacy, beside the model's own, slice "epsilon" ("model", "none", and each of
 * options.epsilons): twin_auc and twin_accuracy on the others, twin_membership_advantage and
 * twin_membership_auc of the loss attack. Features are scaled by options.ranges, which must be
 * known without looking at the data: else they would leak.
 */
bool privacy_twins(const privacy *p, double from, double to, str *ret_table, err *e) NODISCARD;

#endif
