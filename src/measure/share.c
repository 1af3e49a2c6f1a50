/* share.c - batches of jobs for the pool, with a look at the progress callback in between. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/share.h"
#include "table/pool.h"

enum { JOBS_PER_THREAD = 4, ASK_ROWS = 4096 };

/* Jobs of one batch: each has its own place for an error, so that no lock is needed. */
struct batch {
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
    if (!b->fn(b->ctx, b->first + i, scratch, &e)) {
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

static bool cancelled(err *e)
{
    return err_set(e, ERR_UNAVAILABLE, S(""), S("start it again"), "the run was cancelled");
}

bool share_jobs(const measure_input *in, size_t n, share_fn *fn, void *ctx, double from, double to,
                err *e)
{
    int threads = pool_threads(in->threads);
    size_t most = JOBS_PER_THREAD * (size_t)threads;
    arena *own = arena_open();
    bool ok = true;
    for (size_t at = 0; ok && at < n; at += most) {
        struct batch b = {.fn = fn, .ctx = ctx, .first = at};
        double done = from + (to - from) * (double)at / (double)n;
        ok = !in->progress || in->progress(in->progress_ctx, done) || cancelled(e);
        if (ok) ok = run_batch(&b, threads, n - at < most ? n - at : most, own, e);
    }
    arena_close(own);
    return ok;
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
