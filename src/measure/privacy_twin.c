/* privacy_twin.c - what differential privacy would cost: logistic twins with and without it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/plan.h"
#include "measure/privacy.h"
#include "measure/result_table.h"
#include "measure/share.h"
#include <math.h>

enum { STREAM_NOISE = 230, EPSILONS = 10, CODES = 64, STEPS = 1000 };

/* Each feature becomes one number within -1..1, or an indicator for each code. */
struct scaled {
    const privacy *p;
    double *lo, *hi;
    size_t *width; /* columns of a feature */
    size_t columns;
    double *x; /* rows x columns */
};

struct twin {
    double epsilon, noise; /* infinite and 0: not private */
    double *margin;        /* per row */
};

struct twins {
    const struct scaled *s;
    struct twin at[EPSILONS + 1];
    size_t n;
    double delta;
    struct share_steps *steps;
};

/* ---- features ---- */

static bool read_range(struct scaled *s, const doc *ranges, size_t f, bool category, err *e)
{
    const doc *r = doc_find(ranges, s->p->names[f]);
    str path = str_fmt(e->a, "options.ranges.%.*s", STR_ARG(s->p->names[f]));
    if (!r)
        return err_set(e, ERR_INVALID, path, S("declare what values it may take at all"),
                       "feature '%.*s' has no range", STR_ARG(s->p->names[f]));
    if (r->kind != DOC_ARR || r->n != 2 || !doc_is_num(&r->at[0]) || !doc_is_num(&r->at[1]) ||
        !(r->at[0].d < r->at[1].d))
        return err_set(e, ERR_INVALID, path, S("give [lowest, highest]"), "'%.*s' is no range",
                       STR_ARG(path));
    s->lo[f] = r->at[0].d;
    s->hi[f] = r->at[1].d;
    s->width[f] = category ? (size_t)fmin(floor(s->hi[f] - s->lo[f]) + 1, CODES + 1) : 1;
    if (s->width[f] <= CODES) return true;
    return err_set(e, ERR_INVALID, path, S("bring the categories into coarser ones"),
                   "'%.*s' has over %d codes", STR_ARG(s->p->names[f]), CODES);
}

static bool read_ranges(struct scaled *s, const doc *ranges, err *e)
{
    const model_info *m = model_describe(s->p->in.model);
    size_t n = s->p->features;
    s->lo = arena_new(s->p->a, double, n);
    s->hi = arena_new(s->p->a, double, n);
    s->width = arena_new(s->p->a, size_t, n);
    for (size_t f = 0; f < n; f++) {
        if (!read_range(s, ranges, f, m->categorical && m->categorical[f], e)) return false;
        s->columns += s->width[f];
    }
    for (size_t k = 0; k < ranges->n; k++) {
        size_t f = 0;
        while (f < n && !str_eq(s->p->names[f], ranges->keys[k]))
            f++;
        if (f == n)
            return err_set(
                e, ERR_INVALID,
                str_fmt(e->a, "options.ranges.%.*s", STR_ARG(str_sub(ranges->keys[k], 0, 100))),
                S("leave it out"), "the model has no such feature");
    }
    return true;
}

/* A value outside its range is cut to it; a missing one lies in the middle, or has no indicator. */
static void scale_row(const struct scaled *s, const float *from, double *to)
{
    for (size_t f = 0; f < s->p->features; to += s->width[f++]) {
        double v = (double)from[f], lo = s->lo[f], hi = s->hi[f];
        if (isnan(v)) continue;
        v = fmin(fmax(v, lo), hi);
        if (s->width[f] == 1)
            to[0] = 2 * (v - lo) / (hi - lo) - 1;
        else
            to[(size_t)(v - lo)] = 1;
    }
}

static bool scale(struct scaled *s, const doc *ranges, err *e)
{
    const privacy *p = s->p;
    if (!read_ranges(s, ranges, e)) return false;
    s->x = arena_array(p->a, p->rows, s->columns * sizeof *s->x, 64);
    for (size_t r = 0; r < p->rows; r++)
        scale_row(s, p->x + r * p->features, s->x + r * s->columns);
    return true;
}

/* ---- training ---- */

struct training {
    struct share_steps *steps;
    err *e;
    bool ok;
};

static bool go_on(void *ctx)
{
    struct training *t = ctx;
    t->ok = share_step(t->steps, t->e);
    return t->ok;
}

static bool train_twin(void *ctx, size_t i, arena *scratch, err *e)
{
    const struct twins *t = ctx;
    const struct scaled *s = t->s;
    const struct twin *w = &t->at[i];
    double *weight = arena_new(scratch, double, s->columns + 1);
    logistic_data d = {s->x, s->p->s.truth, s->p->members, s->columns};
    struct training training = {t->steps, e, true};
    if (w->noise > 0) {
        /* No row's gradient is longer, so that clipping changes nothing; the step is the largest
         * that a curvature of bound^2 / 4 allows. */
        double bound = sqrt((double)s->p->features + 1);
        private_plan plan = {.steps = STEPS, .take = 1, .noise = w->noise, .clip = bound};
        plan.go_on = go_on;
        plan.ctx = &training;
        plan.rate = 4 / (bound * bound);
        plan.momentum = 0.9;
        plan.seed = s->p->plan->seed;
        plan.stream = STREAM_NOISE;
        plan.number = i;
        logistic_private(&d, &plan, weight);
    } else
        logistic_train(&d, 1e-3, weight);
    for (size_t r = 0; r < s->p->rows; r++)
        w->margin[r] = logistic_margin(weight, s->x + r * s->columns, s->columns);
    return training.ok;
}

static bool read_epsilons(struct twins *t, err *e)
{
    static const double usual[] = {1, 3, 8};
    const privacy *p = t->s->p;
    const doc *d = plan_value(p->plan, "epsilons");
    size_t n = d ? d->n : COUNT(usual);
    t->delta = plan_number(p->plan, "delta");
    t->n = n + 1;
    t->at[0] = (struct twin){.epsilon = INFINITY};
    for (size_t i = 0; i < n; i++) {
        double x = d ? 0 : usual[i];
        if (d && !(str_real(d->at[i].s, &x) && x >= 0.01 && x <= 100))
            return err_set(e, ERR_INVALID, str_fmt(e->a, "options.epsilons.%zu", i),
                           S("give numbers from 0.01 to 100 as texts: [\"1\", \"8\"]"),
                           "'%.*s' is no epsilon", STR_ARG(str_sub(d->at[i].s, 0, 100)));
        t->at[i + 1] = (struct twin){.epsilon = x, .noise = account_noise(1, STEPS, x, t->delta)};
    }
    for (size_t i = 0; i < t->n; i++)
        t->at[i].margin = arena_new(p->a, double, p->rows);
    return true;
}

/* ---- figures ---- */

struct line {
    str name;
    double auc, accuracy, advantage;
};

/* AUC of some rows as one group, whatever the plan's groups are. */
static double add_auc(const privacy *p, const ranked *r)
{
    groups g = p->s.g;
    view whole = g.views[0];
    int64_t rows = (int64_t)r->rows;
    whole.rows = &rows;
    g.joint = NULL;
    g.n_views = 1;
    g.views = &whole;
    score_auc_of(p->f, &g, r);
    return p->f->at[p->f->n - 1].m.value;
}

static double add_accuracy(const privacy *p, str slice, const double *margin, double threshold)
{
    double right = 0, n = (double)(p->rows - p->members);
    for (size_t r = p->members; r < p->rows; r++)
        right += (margin[r] >= threshold) == (p->s.truth[r] == 1);
    figures_add(p->f, "twin_accuracy", right / n, (int64_t)n, slice, recipe_wilson(right, n));
    return right / n;
}

static double add_leakage(const privacy *p, str name, str slice, const double *margin)
{
    double *score = arena_new(p->a, double, p->rows);
    uint8_t *said = arena_new(p->a, uint8_t, p->rows);
    for (size_t r = 0; r < p->rows; r++)
        score[r] = p->s.truth[r] ? margin[r] : -margin[r];
    add_auc(p, &(ranked){"twin_membership_auc", S("epsilon"), name, p->rows, score, p->member});
    counted c = privacy_advantage(score, p->member, p->rows, p->plan->seed, said, p->a);
    double value = c.hit / c.members - c.alarm / c.others;
    figures_add(p->f, "twin_membership_advantage", value, (int64_t)p->rows, slice,
                privacy_rates(c, p->a));
    return value;
}

/* `loud`: log-odds of class 1, for comparing rows of both classes; `margin` orders rows alike. */
static struct line add_line(const privacy *p, str name, const double *margin, double threshold,
                            const double *loud)
{
    struct line l = {.name = name};
    str slice = str_fmt(p->a, "{\"epsilon\":\"%.*s\"}", STR_ARG(name));
    l.auc = add_auc(p, &(ranked){"twin_auc", S("epsilon"), name, p->rows - p->members,
                                 margin + p->members, p->s.truth + p->members});
    l.accuracy = add_accuracy(p, slice, margin, threshold);
    l.advantage = add_leakage(p, name, slice, loud);
    return l;
}

static void write_line(jw *w, const struct line *l, const struct twin *t, double delta)
{
    bool private = t && t->noise > 0;
    jw_arr(w);
    jw_str(w, l->name);
    jw_real(w, private ? t->noise : NAN);
    jw_real(w, l->auc);
    jw_real(w, l->accuracy);
    jw_real(w, l->advantage);
    jw_real(w, private ? account_advantage(t->epsilon, delta) : NAN);
    jw_arr_end(w);
}

static void open_table(jw *w)
{
    static const char *const columns[] = {"epsilon",  "noise",     "auc",
                                          "accuracy", "advantage", "advantage_bound"};
    jw_arr(w);
    result_open_table(w, "privacy_cost", "What differential privacy would cost", columns,
                      COUNT(columns));
}

static str epsilon_name(double epsilon, arena *a)
{
    if (isinf(epsilon)) return S("none");
    buf b = buf_open(a, 64);
    jw w = jw_open(&b);
    jw_real(&w, epsilon);
    return buf_str(&b);
}

static const double *model_loud(const privacy *p)
{
    double *ret = arena_new(p->a, double, p->rows);
    for (size_t r = 0; r < p->rows; r++)
        ret[r] = p->s.truth[r] ? p->loud[r] : -p->loud[r];
    return ret;
}

static void report(const struct twins *t, str *ret_table)
{
    const privacy *p = t->s->p;
    buf b = buf_open(p->a, 1 << 16);
    jw w = jw_open(&b);
    double threshold = p->plan->has_threshold ? p->plan->threshold : 0.5;
    open_table(&w);
    struct line l = add_line(p, S("model"), p->s.score, threshold, model_loud(p));
    write_line(&w, &l, NULL, t->delta);
    for (size_t i = 0; i < t->n; i++) {
        l = add_line(p, epsilon_name(t->at[i].epsilon, p->a), t->at[i].margin, 0, t->at[i].margin);
        write_line(&w, &l, &t->at[i], t->delta);
    }
    result_close_table(&w);
    jw_arr_end(&w);
    *ret_table = buf_str(&b);
}

bool privacy_twins_check(const privacy *p, err *e)
{
    const doc *ranges = plan_value(p->plan, "ranges");
    struct scaled s = {.p = p};
    struct twins t = {.s = &s};
    return !ranges || p->s.task != TASK_BINARY ||
           (read_ranges(&s, ranges, e) && read_epsilons(&t, e));
}

bool privacy_twins(const privacy *p, double from, double to, str *ret_table, err *e)
{
    const doc *ranges = plan_value(p->plan, "ranges");
    struct scaled s = {.p = p};
    struct twins t = {.s = &s};
    *ret_table = S("[]");
    if (!ranges || p->s.task != TASK_BINARY) {
        figures_note(p->f, "no private twin: it takes two classes and options.ranges, for its "
                           "bounds must not come from the data");
        return true;
    }
    if (!scale(&s, ranges, e) || !read_epsilons(&t, e) ||
        !share_long_jobs(&p->in, t.n, STEPS / PRIVATE_STEPS, train_twin, &t, &t.steps, from, to, e))
        return false;
    report(&t, ret_table);
    figures_note(
        p->f,
        "the twins are logistic regressions trained on the members by noisy gradient "
        "descent (%d steps, delta %g; a row more or less, their number known). Their noise "
        "comes from the plan's seed: it serves to measure, a model that is released "
        "needs noise that nobody can repeat",
        STEPS, t.delta);
    return true;
}
