/* rng.h - counter-based random numbers: the same draw for the same key on every thread. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_RNG_H
#define AIMS_MEASURE_RNG_H
#include "base/core.h"

/*
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). A stream is named by (seed, stream, replicate); streams never overlap, so a
 * bootstrap replicate is a pure function of its number, whatever thread computes it.
 */
typedef struct rng {
    uint32_t key[2], ctr[4], out[4];
    unsigned used; /* words of out already handed over */
} rng;

void rng_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t ret[4]);
rng rng_open(uint64_t seed, uint32_t stream, uint64_t replicate);
double rng_uniform(rng *r); /* 52 bits, strictly between 0 and 1 */
double rng_normal(rng *r);  /* mean 0, variance 1, by inversion */
/* Exact for n >= 0, 0 <= p <= 1: inversion when n*min(p,1-p) < 10, else BTRS (Hoermann: "The
 * generation of binomial random variates", J. Stat. Comput. Simul. 46, 1993). */
int64_t rng_binomial(rng *r, int64_t n, double p);
/* One multinomial draw of n = sum(weight) items over k cells with probabilities weight/n: the
 * row bootstrap of a table of counts. Exact, by conditional binomials. */
void rng_multinomial(rng *r, const int64_t *weight, size_t k, int64_t *ret);
/* The same of n items; there are none when all weights are 0. */
void rng_multinomial_of(rng *r, const int64_t *weight, size_t k, int64_t n, int64_t *ret);

#endif
