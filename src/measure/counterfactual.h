/* counterfactual.h - the smallest allowed changes of a row that would have changed the decision. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_COUNTERFACTUAL_H
#define AIMS_MEASURE_COUNTERFACTUAL_H
#include "measure/exact.h"
#include "measure/target.h"
#include "measure/threat.h"

/*
 * Wachter, Mittelstadt & Russell, "Counterfactual explanations without opening the black box",
 * Harvard J. Law & Technology 31 (2018), in the order that people can use (Miller 2019; Karimi et
 * al., ACM Comput. Surv. 55, 2022): few features first, then near ones by the threat's distance,
 * and several that change different features (Mothilal, Sharma & Tan, "DiCE", FAT* 2020).
 *
 * The model is asked about every change of one feature or one-hot group to values that the data
 * hold (their 16-quantiles, codes, members), then about changes of two, from the most promising
 * states on, and so on (beam search). What flips is made smaller: features put back, numbers moved
 * towards the row as far as the answer stays flipped, and then to the roundest number near by.
 * Nothing is random. An exact search of the trees adds what is nearer than all of these, made round
 * in the same way, and proves that no allowed row nearer than `least` flips.
 */
enum { COUNTERFACTUAL_CHANGES = 8, COUNTERFACTUALS = 10 };

typedef struct counterfactual_search {
    const target *t;
    const threat *th;
    const float *data; /* rows x features: where values come from */
    size_t rows;
    size_t wanted, most_changes;  /* at most the above */
    const struct exact *exact;    /* NULL: none */
    uint64_t steps;               /* of the exact search */
    const double *factor, *shift; /* raw value = feature * factor + shift; NULL: the same. Round
                                     numbers are round as raw values */
} counterfactual_search;

typedef struct counterfactual {
    float *x; /* an allowed row that the model says is flipped */
    size_t changes;
    double distance;
} counterfactual;

typedef struct counterfactuals {
    counterfactual at[COUNTERFACTUALS + 1];
    size_t n, queries;
    double least; /* proven: nothing nearer flips; 0 without exact search */
} counterfactuals;

bool counterfactual_find(const counterfactual_search *s, const float *x0, double own,
                         counterfactuals *ret, arena *a, err *e) NODISCARD;

#endif
