/* pool.c - worker threads over one queue. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pool.h"
#include <pthread.h>

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    pool_task *first, **last;
    bool stop;
    pthread_t *threads;
    size_t n;
};

/* The next task, or NULL when the pool stops and nothing is left. */
static pool_task *take(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (!p->first && !p->stop)
        pthread_cond_wait(&p->more, &p->lock);
    pool_task *t = p->first;
    if (t) p->first = t->next;
    if (!p->first) p->last = &p->first;
    pthread_mutex_unlock(&p->lock);
    return t;
}

static void *run(void *ctx)
{
    for (pool_task *t; (t = take(ctx));)
        t->fn(t->ctx);
    return NULL;
}

static void stop_deferred(void *ctx)
{
    struct pool *p = ctx;
    pool_stop(p);
    pthread_cond_destroy(&p->more);
    pthread_mutex_destroy(&p->lock);
}

struct pool *pool_start(arena *a, int threads)
{
    struct pool *p = arena_new(a, struct pool, 1);
    p->last = &p->first;
    p->threads = arena_new(a, pthread_t, threads);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    while (p->n < (size_t)threads && pthread_create(&p->threads[p->n], NULL, run, p) == 0)
        p->n++;
    arena_defer(a, stop_deferred, p);
    return p->n ? p : NULL;
}

bool pool_add(struct pool *p, pool_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&p->lock);
    bool taken = !p->stop;
    if (taken) {
        *p->last = task;
        p->last = &task->next;
        pthread_cond_signal(&p->more);
    }
    pthread_mutex_unlock(&p->lock);
    return taken;
}

void pool_stop(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    while (p->n)
        pthread_join(p->threads[--p->n], NULL);
}
