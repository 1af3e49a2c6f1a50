/* pool.h - a few threads that run what must not hold up the threads of the network. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_POOL_H
#define AIMS_HTTP_POOL_H
#include "base/base.h"

struct pool;
/* Threads run until pool_stop, which the arena's end calls when the owner has not. */
struct pool *pool_start(arena *a, int threads);
/* One task; `link` is memory of the caller until fn has been called. Never blocks;
 * the callers bound the number of tasks (one per connection). False after pool_stop. */
typedef struct pool_task {
    void (*fn)(void *ctx);
    void *ctx;
    struct pool_task *next;
} pool_task;
bool pool_add(struct pool *p, pool_task *task) NODISCARD;
/* Runs what was added, then ends the threads. */
void pool_stop(struct pool *p);

#endif
