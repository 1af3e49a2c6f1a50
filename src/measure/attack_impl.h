/* attack_impl.h - one row under attack: a state machine that asks in batches and is told. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_ATTACK_IMPL_H
#define AIMS_MEASURE_ATTACK_IMPL_H
#include "measure/attack.h"

enum { BATCH = 64, LINE = 15 };

/* A dimension of the space attacks move in: a feature or a one-hot group. Its coordinate is 0 at
 * x0. A number's is the change times `scale`; else it says, beyond half of `scale`, that the
 * feature or group is as in `other`. */
typedef struct unit {
    bool grouped;
    size_t id;
    double scale;
} unit;

typedef enum stage {
    STAGE_START,
    STAGE_LINE,
    STAGE_MOVE,
    STAGE_STEP,
    STAGE_LAST_LINE,
    STAGE_REFINE,
    STAGE_END
} stage;

/* How far the refinement is: single features put back, several together, one searched along. */
typedef enum refining { REFINE_SINGLE, REFINE_TOGETHER, REFINE_ALONG } refining;

typedef struct attacker {
    const attack *k;
    const unit *units;
    size_t n; /* units */
    const float *x0;
    double own;
    rng r;
    stage stage;
    size_t left, reserve; /* queries; reserve: those kept for refining */
    float *best, *other;  /* nearest flipped row; where switches lead */
    double distance;      /* of best */

    float *ask; /* BATCH rows */
    size_t n_ask;
    double *z, *next, *probe; /* where it is; room; probes: BATCH x n */
    double *signs, *sums;     /* of the probes of this round: with their answers, and as they are */
    size_t probes, hits;

    size_t round, tries;
    double lo, hi, length; /* of a line search */
    int level;
    double far, ahead;     /* boundary attack: sizes of its two steps */
    double radius, excess; /* square attack */
    bool scored;

    refining how;
    uint32_t *order;
    size_t n_order, at;
    double from, to;
    double before; /* distance when this round began */
} attacker;

/* ---- the space (attack_space.c) ---- */

size_t space_units(const threat *t, unit *ret); /* at most features + groups */
void space_row(const attacker *a, const double *z, float *ret);
void space_of(const attacker *a, const float *x, double *ret);
double space_length(const attacker *a, const double *z); /* linf: the largest, else l2 */
/* On the way from x0 to z, at t = 0..1: shrinks all alike or, with linf, cuts off. */
void space_between(const attacker *a, const double *z, double t, double *ret);
bool space_switches(const attacker *a, size_t u);
/* Starts from the best row found so far. */
void space_home(attacker *a);
void space_ask(attacker *a, const double *z); /* appends to the batch */

/* ---- each stage: fill the batch; take the answers ---- */

void hop_ask(attacker *a);
void hop_tell(attacker *a, const bool *flips);
void boundary_ask(attacker *a);
void boundary_tell(attacker *a, const bool *flips);
void square_ask(attacker *a);
void square_tell(attacker *a, const bool *flips, const double *excess);
void line_begin(attacker *a, int levels);
void line_ask(attacker *a);
bool line_tell(attacker *a, const bool *flips); /* true: done, z is at the boundary */
void refine_begin(attacker *a);
void refine_ask(attacker *a);
void refine_tell(attacker *a, const bool *flips);

#endif
