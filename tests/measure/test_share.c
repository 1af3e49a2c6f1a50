/* test_share.c - jobs on threads: progress from inside long ones, cancelling, the first failure. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/share.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { JOBS = 40, STEPS = 25 };

struct run {
    measure_input in;
    struct share_steps *steps;
    size_t calls, most; /* of the progress callback; after `most` it cancels */
    double last;
    bool fell;
    size_t fails; /* first job that fails */
    uint8_t done[JOBS];
};

static bool heard(void *ctx, double at)
{
    struct run *r = ctx;
    r->fell |= at < r->last || at < 0.25 || at > 0.75;
    r->last = at;
    return ++r->calls < r->most;
}

static bool work(void *ctx, size_t job, arena *scratch, err *e)
{
    struct run *r = ctx;
    (void)scratch;
    if (job >= r->fails) return err_set(e, ERR_INVALID, str_fmt(e->a, "%zu", job), S("h"), "m");
    for (size_t i = 0; r->steps && i < STEPS; i++)
        if (!share_step(r->steps, e)) return false;
    r->done[job] = 1;
    return true;
}

static struct run opened(int threads)
{
    struct run r = {.most = SIZE_MAX, .fails = SIZE_MAX};
    r.in.threads = threads;
    r.in.progress = heard;
    return r;
}

static bool go(struct run *r, size_t steps, err *e)
{
    r->in.progress_ctx = r;
    return steps ? share_long_jobs(&r->in, JOBS, STEPS, work, r, &r->steps, 0.25, 0.75, e)
                 : share_jobs(&r->in, JOBS, work, r, 0.25, 0.75, e);
}

static void all_jobs_run_and_progress_rises(void **state)
{
    for (int threads = 1; threads <= 3; threads++)
        for (size_t steps = 0; steps <= STEPS; steps += STEPS) {
            struct run r = opened(threads);
            err e = ERR_IN(*state);
            assert_true(go(&r, steps, &e));
            assert_false(r.fell);
            for (size_t i = 0; i < JOBS; i++)
                assert_true(r.done[i]);
            if (threads == 1) assert_true(r.calls >= JOBS * (steps ? STEPS : 1));
        }
}

/* In the middle of the first job, not after it. */
static void a_long_job_is_cancelled(void **state)
{
    struct run r = opened(1);
    err e = ERR_IN(*state);
    r.most = 3;
    assert_false(go(&r, STEPS, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_int_equal(r.calls, 3);
    assert_false(r.done[0]);
}

static void the_lowest_failure_counts(void **state)
{
    for (int threads = 1; threads <= 3; threads++) {
        struct run r = opened(threads);
        err e = ERR_IN(*state);
        r.fails = 6;
        assert_false(go(&r, 0, &e));
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(e.path.p, "6");
    }
}

static int set_up(void **state)
{
    *state = arena_open();
    return 0;
}

static int tear_down(void **state)
{
    arena_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_jobs_run_and_progress_rises, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_job_is_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_lowest_failure_counts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
