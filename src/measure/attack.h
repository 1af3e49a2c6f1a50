/* attack.h - flipping a model's answer by asking it only: decision and score attacks on tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_ATTACK_H
#define AIMS_MEASURE_ATTACK_H
#include "measure/target.h"
#include "measure/threat.h"

/*
 * ATTACK_HOPSKIP   Chen, Jordan & Wainwright, "HopSkipJumpAttack", IEEE S&P 2020: estimates the
 *                  boundary's normal from signs of random probes, steps along it, searches back
 *                  towards the row, asking about 15 points at once
 * ATTACK_BOUNDARY  Brendel, Rauber & Bethge, "Decision-based adversarial attacks", ICLR 2018:
 *                  random steps on the sphere around the row, then towards it
 * ATTACK_SQUARE    Andriushchenko et al., "Square attack", ECCV 2020: random search that changes a
 *                  few features to the ends of a shrinking range; needs scores
 *
 * Each starts at the nearest of some known rows with another answer, or at random allowed ones,
 * and ends by moving single features back as far as the answer stays flipped, for about a third
 * of its queries. Only allowed rows are ever asked about, except that the model sees x0.
 */
typedef enum attack_kind { ATTACK_HOPSKIP, ATTACK_BOUNDARY, ATTACK_SQUARE } attack_kind;
extern const char *const attack_names[3];

typedef struct attack {
    const target *t;
    const threat *th;
    attack_kind kind;
    size_t queries; /* at most, per row */
    uint64_t seed;
    const float *known; /* rows of the data and their answers: where attacks may start */
    const double *known_answer;
    size_t n_known;
} attack;

typedef struct attack_answer {
    double distance; /* infinite: nothing found */
    size_t queries;
} attack_answer;

/* Attacks rows together: all ask in one call of the model, as often as the slowest of them needs.
 * A row's result depends only on the row, its number and the attack. ret_point: rows x features. */
bool attack_rows(const attack *k, const float *x0, const double *own, const uint64_t *number,
                 size_t rows, float *ret_point, attack_answer *ret, arena *scratch,
                 err *e) NODISCARD;

#endif
