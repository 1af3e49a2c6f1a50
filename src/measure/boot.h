/* boot.h - many replicates on many threads, with a result that does not depend on how many. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_BOOT_H
#define AIMS_MEASURE_BOOT_H
#include "measure/measure.h"
#include "measure/rng.h"

/*
 * replicate() gets its own random stream (seed, stream, number), scratch of its thread and
 * room for n_stats figures. It must read only ctx, which is shared and constant.
 */
typedef struct boot {
    size_t replicates, n_stats, scratch_bytes;
    uint64_t seed;
    uint32_t stream; /* keeps the bootstraps of one run independent of each other */
    double from, to; /* its part of the run's progress, within 0..1 */
    void (*replicate)(const void *ctx, rng *r, void *scratch, double *ret_stats);
    const void *ctx;
} boot;

/* *ret_draws: n_stats runs of `replicates` values each. Over BOOT_MAX values is TOO_LARGE; a
 * progress callback that says stop is UNAVAILABLE. Threads and callback come from `in`. */
#define BOOT_MAX (UINT64_C(1) << 26)
bool boot_run(const boot *b, const measure_input *in, double **ret_draws, arena *a,
              err *e) NODISCARD;

#endif
