/* drift_tests.c - the classical test of each column, its p-value corrected over all columns. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/drift.h"
#include "measure/share.h"
#include <math.h>

/* Distinct values of a column of class numbers, ascending, and how often either table has them. */
struct classes {
    double value[DRIFT_LABEL_VALUES];
    int64_t count[2][DRIFT_LABEL_VALUES + 1]; /* missing ones stand last */
    size_t n;
};

static size_t place_of(const struct classes *c, double x)
{
    size_t lo = 0, hi = c->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (c->value[mid] < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool insert(struct classes *c, size_t at, double x)
{
    size_t behind = c->n - at;
    if (c->n == DRIFT_LABEL_VALUES || x != floor(x)) return false;
    memmove(c->value + at + 1, c->value + at, behind * sizeof *c->value);
    for (size_t side = 0; side < 2; side++) {
        memmove(c->count[side] + at + 1, c->count[side] + at, behind * sizeof *c->count[side]);
        c->count[side][at] = 0;
    }
    c->value[at] = x;
    c->n++;
    return true;
}

/* False when the column holds other than a few whole numbers. */
static bool count_classes(struct classes *c, size_t side, const column *x, size_t rows)
{
    for (size_t r = 0; r < rows; r++) {
        if (isnan(x->num[r])) {
            c->count[side][DRIFT_LABEL_VALUES]++;
            continue;
        }
        size_t at = place_of(c, x->num[r]);
        if ((at == c->n || c->value[at] != x->num[r]) && !insert(c, at, x->num[r])) return false;
        c->count[side][at]++;
    }
    return true;
}

/* The same of what was kept: values are known that are edges of their own. */
static bool count_kept(struct classes *c, const sketch *s)
{
    c->count[0][DRIFT_LABEL_VALUES] = s->missing;
    for (size_t i = 0; i < sketch_cells(s->shape); i++) {
        if (s->cell[i].n == 0) continue;
        double x = s->shape->edge[i / 2];
        if (i % 2 == 0 || !insert(c, c->n, x)) return false;
        c->count[0][c->n - 1] = s->cell[i].n;
    }
    return true;
}

static bool names_classes(const measure_plan *p, str name)
{
    bool named =
        (p->label.p && str_eq(name, p->label)) || (p->prediction.p && str_eq(name, p->prediction));
    return named && !(p->task.p && str_eqz(p->task, "regression"));
}

static drift_test chi_square(const int64_t *ref, const int64_t *cur, size_t k)
{
    chi_square_value x = distance_chi_square(ref, cur, k);
    if (isnan(x.statistic)) return DRIFT_UNTESTED;
    return (drift_test){"chi-square", x.statistic, x.freedom,
                        stat_chi_square_tail(x.statistic, x.freedom), NAN};
}

static drift_test smirnov(const profile *p)
{
    double d = p->value[DRIFT_KS];
    if (isnan(d) || p->off[DRIFT_KS] > 0) return DRIFT_UNTESTED;
    int64_t most = p->in_ref > p->in_cur ? p->in_ref : p->in_cur;
    bool exact = most <= DRIFT_EXACT_ROWS;
    double n = (double)p->in_ref, m = (double)p->in_cur;
    return (drift_test){exact ? "Smirnov, exact" : "Smirnov, limit", d, NAN,
                        exact ? stat_smirnov_tail(d, (size_t)p->in_ref, (size_t)p->in_cur)
                              : stat_kolmogorov_tail(sqrt(n / (n + m) * m) * d),
                        NAN};
}

struct testing {
    const drift_pair *t;
    const measure_plan *plan;
    drift_test *ret;
};

static bool test_column(void *ctx, size_t i, arena *scratch, err *e)
{
    const struct testing *x = ctx;
    const drift_pair *t = x->t;
    const profile *p = &t->profiles[i];
    struct classes c = {.n = 0};
    (void)scratch;
    (void)e;
    if (p->form != PROFILE_NUMBER)
        x->ret[i] = chi_square(p->ref, p->cur, p->k);
    else if (names_classes(x->plan, p->name) &&
             (p->kept ? count_kept(&c, p->kept)
                      : count_classes(&c, 0, &t->ref.columns[i], t->ref.rows)) &&
             count_classes(&c, 1, &t->cur.columns[i], t->cur.rows))
        x->ret[i] = chi_square(c.count[0], c.count[1], COUNT(c.count[0]));
    else
        x->ret[i] = smirnov(p);
    return true;
}

bool drift_tests(figures *f, const drift_pair *t, const measure_input *in, double from, double to,
                 drift_test **ret, err *e)
{
    size_t n = t->ref.n_columns;
    struct testing x = {t, f->plan, arena_new(f->a, drift_test, n)};
    double *p = arena_new(f->a, double, n);
    if (!share_jobs(in, n, test_column, &x, from, to, e)) return false;
    for (size_t i = 0; i < n; i++)
        p[i] = x.ret[i].p;
    stat_holm(p, n, f->a);
    for (size_t i = 0; i < n; i++)
        x.ret[i].corrected = p[i];
    *ret = x.ret;
    return true;
}
