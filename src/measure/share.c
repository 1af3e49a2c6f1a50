/* share.c - batches of jobs for the pool, with a look at the progress callback in between. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/share.h"
#include "table/pool.h"
#include <pthread.h>
#include <stdatomic.h>

enum { JOBS_PER_THREAD = 4, ASK_ROWS = 4096 };

struct share_steps {
    const measure_input *in;
    pthread_t caller; /* the only thread that may call back */
    double from, to;
    size_t all, per_job;
    atomic_size_t done;
    atomic_bool stop;
};

static bool cancelled(err *e)
{
    return err_set(e, ERR_UNAVAILABLE, S(""), S("start it again"), "the run was cancelled");
}

static void report(struct share_steps *s)
{
    const measure_input *in = s->in;
    double done = (double)atomic_load(&s->done) / (double)s->all;
    double at = s->from + (s->to - s->from) * (done < 1 ? done : 1);
    if (in->progress && !in->progress(in->progress_ctx, at)) atomic_store(&s->stop, true);
}

bool share_step(struct share_steps *s, err *e)
{
    atomic_fetch_add(&s->done, 1);
    if (pthread_equal(pthread_self(), s->caller)) report(s);
    return !atomic_load(&s->stop) || cancelled(e);
}

/* Jobs of one batch: each has its own place for an error, so that no lock is needed. */
struct batch {
    struct share_steps *steps;
    share_fn *fn;
    void *ctx;
    size_t first;
    err *errors;
    bool *failed;
};

static bool run_one(void *ctx, size_t i, arena *unused)
{
    struct batch *b = ctx;
    arena *scratch = arena_open();
    err e = ERR_IN(scratch);
    (void)unused;
    bool ok = b->fn(b->ctx, b->first + i, scratch, &e);
    if (ok && b->steps->per_job == 1) ok = share_step(b->steps, &e);
    if (!ok) {
        b->failed[i] = true;
        err_copy(&b->errors[i], &e);
    }
    arena_close(scratch);
    return !b->failed[i];
}

static bool run_batch(struct batch *b, int threads, size_t n, arena *own, err *e)
{
    arena **scratch = arena_new(own, arena *, threads);
    b->errors = arena_new(own, err, n);
    b->failed = arena_new(own, bool, n);
    for (size_t i = 0; i < n; i++) /* an arena is for one thread only */
        b->errors[i] = ERR_IN(arena_open());
    pool_run(threads, scratch, n, run_one, b);
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        if (ok && b->failed[i]) ok = err_copy(e, &b->errors[i]);
        arena_close(b->errors[i].a);
    }
    return ok;
}

bool share_long_jobs(const measure_input *in, size_t n, size_t steps, share_fn *fn, void *ctx,
                     struct share_steps **ret_steps, double from, double to, err *e)
{
    int threads = pool_threads(in->threads);
    size_t most = JOBS_PER_THREAD * (size_t)threads;
    struct share_steps s = {.in = in, .caller = pthread_self(), .from = from, .to = to};
    arena *own = arena_open();
    bool ok = true;
    s.all = n * steps;
    s.per_job = steps;
    if (ret_steps) *ret_steps = &s;
    for (size_t at = 0; ok && at < n; at += most) {
        struct batch b = {.steps = &s, .fn = fn, .ctx = ctx, .first = at};
        atomic_store(&s.done, at * steps); /* jobs may have had less to do */
        report(&s);
        ok = !atomic_load(&s.stop) || cancelled(e);
        if (ok) ok = run_batch(&b, threads, n - at < most ? n - at : most, own, e);
    }
    if (ret_steps) *ret_steps = NULL;
    arena_close(own);
    return ok;
}

bool share_jobs(const measure_input *in, size_t n, share_fn *fn, void *ctx, double from, double to,
                err *e)
{
    return share_long_jobs(in, n, 1, fn, ctx, NULL, from, to, e);
}

struct question {
    const struct model *m;
    const float *x;
    double *answers;
    size_t rows;
};

static bool ask_block(void *ctx, size_t block, arena *scratch, err *e)
{
    const struct question *q = ctx;
    const model_info *info = model_describe(q->m);
    size_t from = block * ASK_ROWS, left = q->rows - from;
    (void)scratch;
    return model_predict(q->m, q->x + from * info->n_features, left < ASK_ROWS ? left : ASK_ROWS,
                         q->answers + from * info->n_outputs, e);
}

bool share_predict(const measure_input *in, const float *x, size_t rows, double *ret, err *e)
{
    struct question q = {in->model, x, ret, rows};
    measure_input quiet = *in;
    quiet.progress = NULL;
    return share_jobs(&quiet, (rows + ASK_ROWS - 1) / ASK_ROWS, ask_block, &q, 0, 1, e);
}
