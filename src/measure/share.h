/* share.h - independent jobs of an engine on threads: progress, cancelling, the first failure. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_SHARE_H
#define AIMS_MEASURE_SHARE_H
#include "measure/measure.h"

/* One job. `scratch` is emptied before the next; `e` is the job's own. Called from any thread. */
typedef bool share_fn(void *ctx, size_t job, arena *scratch, err *e);

/* Runs jobs 0..n-1 on in->threads and reports progress rising from `from` to `to` after those of
 * the calling thread. Ends early when a job fails (of several, the error of the lowest number) or
 * the caller cancels (UNAVAILABLE). */
bool share_jobs(const measure_input *in, size_t n, share_fn *fn, void *ctx, double from, double to,
                err *e) NODISCARD;

/* The same for jobs that take long: each takes `steps` of them at most, and calls share_step after
 * every one; when that fails, the run was cancelled, and so does the job. */
struct share_steps;
bool share_long_jobs(const measure_input *in, size_t n, size_t steps, share_fn *fn, void *ctx,
                     struct share_steps **ret_steps, double from, double to, err *e) NODISCARD;
bool share_step(struct share_steps *s, err *e) NODISCARD;

/* model_predict on all threads, in blocks of rows, without progress. */
bool share_predict(const measure_input *in, const float *x, size_t rows, double *ret,
                   err *e) NODISCARD;

#endif
