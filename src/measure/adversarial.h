/* adversarial.h - the parts of adversarial_robustness_test: rows, their distances, what they show.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_ADVERSARIAL_H
#define AIMS_MEASURE_ADVERSARIAL_H
#include "measure/attack.h"
#include "measure/exact.h"
#include "measure/figures.h"

/*
 * Figures over options.rows rows, drawn without replacement. Only rows that the model gets right
 * are attacked (of a regression all); distances are those of the threat model (threat.h), the
 * found one being the smaller of the attack's and the exact search's.
 *
 * clean_accuracy               share of the rows that are right; not of a regression
 * robust_accuracy              {"epsilon":...}: share that is right and was not flipped within
 *                              epsilon: at least as high as the truth
 * certified_robust_accuracy    {"epsilon":...}: share that is right and proven not to flip within
 *                              epsilon: at most as high as the truth. 0 without exact search
 *                              Wilson's interval for all three
 * median_adversarial_distance  of the attacked rows, infinite where nothing was found; interval
 *                              from order statistics (David & Nagaraja, 2003, section 7.1)
 * mean_adversarial_distance    of the flipped rows; normal interval
 * attack_success_rate          share of the attacked rows that the attack flipped; Wilson
 * attack_excess                mean of attack distance / exact distance - 1, where both are known
 * exact_rate                   share of the attacked rows whose distance is known exactly, or of
 *                              which it is proven that nothing flips them; Wilson
 * mean_queries, max_queries    of the attack, per attacked row
 */
typedef struct victim {
    size_t row;
    double own;    /* answer: class number or value */
    bool attacked; /* right, or of a regression */
    attack_answer attack;
    exact_answer exact;
    double found; /* smallest known distance of a flipped row; infinite: none */
} victim;

typedef struct adversarial {
    const measure_plan *plan;
    const measure_input *in;
    arena *a;
    figures f;
    sample s;
    target t;
    threat th;
    const str *names;
    const float *x; /* all rows x features */
    size_t rows, n_attacked;
    victim *at;
    float *point;        /* rows x features: the nearest flipped row, or the row */
    struct exact *exact; /* NULL: not searched */
    attack attack;
    bool attacks;
    double steps;          /* of the exact search, per row */
    const double *epsilon; /* ascending */
    const str *epsilon_text;
    size_t n_epsilon;
} adversarial;

/* Rows that are right and at a distance over epsilon, as found or as proven. */
int64_t adversarial_left(const adversarial *x, size_t epsilon, bool proven);
bool adversarial_tables(const adversarial *x, str *ret_tables, str *ret_figures, err *e) NODISCARD;
bool adversarial_values(const adversarial *x, err *e) NODISCARD;

#endif
