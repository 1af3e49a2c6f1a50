/* boot.c - shares replicates among threads; each one is a pure function of its number. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/boot.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define BOOT_THREADS 64
#define BOOT_BATCH   16 /* replicates between two looks at the stop flag */

struct shared {
    const boot *b;
    double *draws;
    atomic_size_t next; /* first replicate nobody has taken */
    atomic_bool stop;
};

struct worker {
    struct shared *s;
    void *scratch;
    double *stats;
};

static void one(const struct worker *w, size_t r)
{
    const boot *b = w->s->b;
    rng g = rng_open(b->seed, b->stream, r);
    b->replicate(b->ctx, &g, w->scratch, w->stats);
    for (size_t i = 0; i < b->n_stats; i++)
        w->s->draws[i * b->replicates + r] = w->stats[i];
}

/* Takes and computes one batch; false when there is none left. */
static bool batch(const struct worker *w)
{
    size_t from = atomic_fetch_add(&w->s->next, BOOT_BATCH), all = w->s->b->replicates;
    if (from >= all || atomic_load(&w->s->stop)) return false;
    for (size_t r = from; r < from + BOOT_BATCH && r < all; r++)
        one(w, r);
    return true;
}

static void *work(void *p)
{
    while (batch(p))
        ;
    return NULL;
}

/* The calling thread works too, and is the only one that may call back: at least once, however
 * quick the others are. */
static void lead(const struct worker *w, const measure_input *in)
{
    const boot *b = w->s->b;
    do {
        double done = (double)atomic_load(&w->s->next) / (double)b->replicates;
        double at = b->from + (b->to - b->from) * (done < 1 ? done : 1);
        if (in->progress && !in->progress(in->progress_ctx, at)) atomic_store(&w->s->stop, true);
    } while (batch(w));
}

static size_t thread_count(const boot *b, const measure_input *in)
{
    long n = in->threads > 0 ? in->threads : sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = b->replicates / BOOT_BATCH + 1;
    n = n < 1 ? 1 : n > BOOT_THREADS ? BOOT_THREADS : n;
    return (size_t)n < most ? (size_t)n : most;
}

/* A thread that cannot be started is no error: the others do its share. */
static void run(struct worker *w, size_t n, const measure_input *in)
{
    pthread_t id[BOOT_THREADS];
    bool started[BOOT_THREADS] = {false};
    for (size_t i = 1; i < n; i++)
        started[i] = pthread_create(&id[i], NULL, work, &w[i]) == 0;
    lead(&w[0], in);
    for (size_t i = 1; i < n; i++)
        if (started[i]) pthread_join(id[i], NULL);
}

bool boot_run(const boot *b, const measure_input *in, double **ret_draws, arena *a, err *e)
{
    if (b->n_stats && b->replicates > BOOT_MAX / b->n_stats)
        return err_set(e, ERR_TOO_LARGE, S("resamples"),
                       S("ask for fewer resamples, or name fewer or coarser groups"),
                       "%zu resamples of %zu figures are more than this program holds at once",
                       b->replicates, b->n_stats);
    struct shared s = {.b = b, .draws = arena_new(a, double, b->n_stats * b->replicates)};
    size_t n = thread_count(b, in);
    struct worker *w = arena_new(a, struct worker, n);
    for (size_t i = 0; i < n; i++)
        w[i] = (struct worker){&s, arena_alloc(a, b->scratch_bytes + 1, 64),
                               arena_new(a, double, b->n_stats + 1)};
    run(w, n, in);
    *ret_draws = s.draws;
    if (atomic_load(&s.stop))
        return err_set(e, ERR_UNAVAILABLE, S(""), S("start it again"), "the run was cancelled");
    return true;
}
