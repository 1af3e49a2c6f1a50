/* judge.c - limits meet figures: interval, correction for many slices, verdict, rows needed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/figures.h"
#include "measure/plan.h"
#include <math.h>

static str limit_path(size_t i, arena *a)
{
    return str_fmt(a, "limits.%zu", i);
}

static bool wants_all(const limit *l)
{
    return l->slice.p && str_eqz(l->slice, "*");
}

static bool meets(const figure *x, const limit *l, str slice)
{
    if (!str_eq(x->m.id, l->metric)) return false;
    if (wants_all(l)) return x->m.slice.p != NULL;
    return slice.p ? x->m.slice.p && str_eq(x->m.slice, slice) : !x->m.slice.p;
}

/* A key or value as limits are written: quoted where it must be. */
static void put_word(buf *b, str s)
{
    if (s.n)
        buf_quoted(b, s, ",=[]\" ");
    else
        buf_putz(b, "\"\"");
}

/* A slice as a person would type it: [sex=Female,race=Black]. */
static void put_slice(buf *b, str slice)
{
    err ignore = ERR_IN(b->a);
    doc *d;
    if (!doc_parse(b->a, slice, 1 << 16, &d, &ignore)) return;
    for (size_t k = 0; k < d->n; k++) {
        buf_putz(b, k ? "," : " [");
        put_word(b, d->keys[k]);
        buf_putc(b, '=');
        put_word(b, d->at[k].s);
    }
    buf_putz(b, "]");
}

static bool no_figure(const figures *f, const limit *l, size_t i, err *e)
{
    buf have = buf_open(e->a, 1 << 20);
    for (size_t k = 0; k < f->n && have.n < 1000; k++)
        if (str_eq(f->at[k].m.id, l->metric) && f->at[k].m.slice.p)
            put_slice(&have, f->at[k].m.slice);
    return err_set(e, ERR_INVALID, limit_path(i, e->a),
                   have.n ? str_fmt(e->a, "this run has it for:%.*s", STR_ARG(buf_str(&have)))
                          : S("see the figures of a run without limits"),
                   "this run gives no figure for '%.*s'", STR_ARG(limit_text(e->a, l)));
}

/* A limit on one slice goes before a limit on all of them. */
static bool attach(figures *f, size_t i, err *e)
{
    const limit *l = &f->plan->limits[i];
    str slice;
    size_t found = 0, judged = 0;
    if (!plan_limit_slice(f->plan, i, &slice, f->a, e)) return false;
    for (size_t k = 0; k < f->n; k++) {
        figure *x = &f->at[k];
        if (!meets(x, l, slice)) continue;
        found++;
        judged += !x->small;
        if (x->m.has_limit && wants_all(&x->m.limit) == wants_all(l))
            return err_set(e, ERR_INVALID, limit_path(i, e->a), S("keep one of them"),
                           "'%.*s' has a limit already", STR_ARG(limit_text(e->a, l)));
        if (!x->m.has_limit || wants_all(&x->m.limit)) {
            x->m.has_limit = true;
            x->m.limit = *l;
        }
    }
    if (found && judged == 0)
        figures_note(f, "nothing is judged by '%.*s': the groups are too small",
                     STR_ARG(limit_text(f->a, l)));
    return found || no_figure(f, l, i, e);
}

/* How many slices the "[*]" limit of a figure looks at. */
static double looks(const figures *f, const figure *x)
{
    size_t k = 0;
    for (size_t i = 0; i < f->n; i++) {
        const figure *y = &f->at[i];
        k += str_eq(y->m.id, x->m.id) && y->m.has_limit && wants_all(&y->m.limit) && !y->small;
    }
    return k > 1 ? (double)k : 1;
}

static double confidence_of(const figures *f, const figure *x)
{
    double c = f->plan->confidence;
    return x->m.has_limit && wants_all(&x->m.limit) && !x->small ? 1 - (1 - c) / looks(f, x) : c;
}

static bool inside(const limit *l, double x)
{
    switch (l->op) {
    case LIMIT_LE:
        return x <= l->value;
    case LIMIT_LT:
        return x < l->value;
    case LIMIT_GE:
        return x >= l->value;
    case LIMIT_GT:
        return x > l->value;
    }
    return false;
}

/* The interval narrows as 1/sqrt(rows); the side that faces the limit must shrink to it. */
static int64_t rows_needed(const metric *m)
{
    double gap = fabs(m->value - m->limit.value);
    double half = m->value > m->limit.value ? m->value - m->lo : m->hi - m->value;
    double need = ceil((double)m->n * (half / gap) * (half / gap));
    return gap > 0 && need < 1e15 ? (int64_t)need : 0;
}

verdict limit_verdict(const limit *l, double lo, double hi)
{
    if (isnan(lo) || isnan(hi)) return VERDICT_INCONCLUSIVE;
    bool low = inside(l, lo), high = inside(l, hi);
    return low && high ? VERDICT_PASS : low || high ? VERDICT_INCONCLUSIVE : VERDICT_FAIL;
}

static void judge(metric *m)
{
    m->verdict = limit_verdict(&m->limit, m->lo, m->hi);
    if (m->verdict == VERDICT_INCONCLUSIVE && !isnan(m->lo) && !isnan(m->hi))
        m->n_needed = rows_needed(m);
}

static void settle(figures *f, figure *x)
{
    x->m.confidence = confidence_of(f, x);
    interval i = recipe_interval(&x->r, x->m.value, x->m.confidence);
    x->m.lo = i.lo;
    x->m.hi = i.hi;
    x->m.method = str_of(x->r.kind == RECIPE_NONE || isnan(i.lo) ? "none" : x->r.method);
    if (x->m.has_limit && !x->small) judge(&x->m);
}

/* Fail beats inconclusive beats pass. */
static verdict worst(verdict a, verdict b)
{
    static const int rank[] = {
        [VERDICT_NONE] = 0, [VERDICT_PASS] = 1, [VERDICT_INCONCLUSIVE] = 2, [VERDICT_FAIL] = 3};
    return rank[a] >= rank[b] ? a : b;
}

static void note_correction(figures *f, const limit *l)
{
    for (size_t k = 0; k < f->n; k++) {
        const figure *x = &f->at[k];
        if (!x->m.has_limit || x->small || !wants_all(&x->m.limit) || !str_eq(x->m.id, l->metric))
            continue;
        figures_note(f,
                     "'%.*s' looks at %.0f slices: each interval is taken at confidence %.10g, so "
                     "that together they hold at %.10g (Bonferroni)",
                     STR_ARG(limit_text(f->a, l)), looks(f, x), confidence_of(f, x),
                     f->plan->confidence);
        return;
    }
}

/* A percentile with hardly a draw beyond it is no percentile. */
static void note_thin_tails(figures *f)
{
    double least = 1;
    for (size_t k = 0; k < f->n; k++)
        if (f->at[k].r.kind == RECIPE_DRAWS) least = fmin(least, 1 - confidence_of(f, &f->at[k]));
    double beyond = (double)f->plan->resamples * least / 2;
    if (beyond < 5)
        figures_note(f,
                     "%lld resamples leave %.1f draws beyond an end of the widest bootstrap "
                     "interval: ask for at least %.0f",
                     (long long)f->plan->resamples, beyond, ceil(10 / least));
}

bool figures_judge(figures *f, measure_result *ret, err *e)
{
    for (size_t i = 0; i < f->plan->n_limits; i++)
        if (!attach(f, i, e)) return false;
    for (size_t i = 0; i < f->plan->n_limits; i++)
        if (wants_all(&f->plan->limits[i])) note_correction(f, &f->plan->limits[i]);
    note_thin_tails(f);
    ret->metrics = arena_new(f->a, metric, f->n);
    ret->n_metrics = f->n;
    for (size_t k = 0; k < f->n; k++) {
        settle(f, &f->at[k]);
        ret->metrics[k] = f->at[k].m;
        ret->verdict = worst(ret->verdict, f->at[k].m.verdict);
    }
    if (f->plan->n_limits && ret->verdict == VERDICT_NONE) ret->verdict = VERDICT_INCONCLUSIVE;
    ret->notes = f->notes;
    ret->n_notes = f->n_notes;
    return true;
}
