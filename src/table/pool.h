/* pool.h - many independent jobs on a few threads, taken in order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_POOL_H
#define AIMS_TABLE_POOL_H
#include "base/base.h"

/* `scratch` belongs to the thread that runs the job. False stops handing out further jobs;
 * those already taken, which all have smaller numbers or run beside it, are still finished. */
typedef bool pool_fn(void *ctx, size_t job, arena *scratch);

/* Runs fn for job 0..jobs-1 on the calling thread and up to threads - 1 others, thread k with
 * scratch[k]. Threads that cannot be started are done without. */
void pool_run(int threads, arena **scratch, size_t jobs, pool_fn *fn, void *ctx);
/* The number asked for, or one per processor when it is 0; 1 to 64. */
int pool_threads(int asked);

#endif
