/* pool.c - a counter that threads draw jobs from. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/pool.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

struct pool {
    atomic_size_t next;
    size_t jobs;
    pool_fn *fn;
    void *ctx;
};

struct worker {
    struct pool *pool;
    arena *scratch;
    pthread_t thread;
    bool started;
};

static void *work(void *p)
{
    struct worker *w = p;
    struct pool *pool = w->pool;
    for (size_t job; (job = atomic_fetch_add(&pool->next, 1)) < pool->jobs;)
        if (!pool->fn(pool->ctx, job, w->scratch)) atomic_store(&pool->next, pool->jobs);
    return NULL;
}

void pool_run(int threads, arena **scratch, size_t jobs, pool_fn *fn, void *ctx)
{
    struct pool pool = {.jobs = jobs, .fn = fn, .ctx = ctx};
    struct worker w[THREADS_MAX] = {
        {.pool = &pool, .scratch = scratch[0]}
    };
    size_t n = (size_t)threads < jobs ? (size_t)threads : jobs;
    for (size_t i = 1; i < n && i < THREADS_MAX; i++) {
        w[i] = (struct worker){.pool = &pool, .scratch = scratch[i]};
        w[i].started = pthread_create(&w[i].thread, NULL, work, &w[i]) == 0;
    }
    work(&w[0]);
    for (size_t i = 1; i < n && i < THREADS_MAX; i++)
        if (w[i].started) pthread_join(w[i].thread, NULL);
}

int pool_threads(int asked)
{
    long n = asked > 0 ? asked : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (int)n;
}
