/* corrupt.c - kind corruption_robustness_test: what becomes of a model when its data go wrong. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/corrupt.h"
#include "measure/kinds.h"
#include "measure/plan.h"
#include "measure/share.h"
#include "model/trees.h"
#include <math.h>

enum { STREAM_CORRUPT_ROWS = 302, ROWS_OF_TREES = 5000, ROWS_OF_OTHERS = 300 };

const char *const corrupt_metrics[] = {
    "flip_rate", "accuracy_drop", "corruption_error", "relative_performance",
    "auc_drop",  "rmse_growth",   "mean_shift",       NULL};

const measure_option corrupt_options[] = {
    {"rows",        DOC_INT,  10, 1000000, 0,
     "most rows to corrupt, 10 to 1000000; default 5000, 300 when the model is not made of trees"     },
    {"corruptions", DOC_ARR,  0,  20,      0, "names of the corruptions to try, as texts; default all"},
    {"features",    DOC_ARR,  0,  500,     0, "raw columns to corrupt, as texts; default all"         },
    {"one_hot",     DOC_OBJ,  0,  500,     0,
     "one-hot groups in the file: {\"job\": [\"job_a\", \"job_b\"]}"                                  },
    {NULL,          DOC_NULL, 0,  0,       0, NULL                                                    }
};

/* ---- the rows ---- */

/* Each set of so many rows as likely (Knuth, TAOCP 2, 3.4.2, algorithm S). */
static table draw_rows(const corrupt *c, const table *t, size_t wanted)
{
    uint8_t *keep = arena_new(c->a, uint8_t, t->rows);
    rng r = rng_open(c->plan->seed, STREAM_CORRUPT_ROWS, 0);
    for (size_t i = 0, taken = 0; i < t->rows; i++) {
        keep[i] = rng_uniform(&r) * (double)(t->rows - i) < (double)(wanted - taken);
        taken += keep[i];
    }
    return table_keep(c->a, t, keep);
}

static size_t rows_wanted(const corrupt *c)
{
    double rows = plan_number(c->plan, "rows");
    if (rows > 0) return (size_t)rows;
    return model_forest(c->in->model).n ? ROWS_OF_TREES : ROWS_OF_OTHERS;
}

/* ---- options ---- */

static bool wanted(corrupt *c, err *e)
{
    const doc *d = plan_value(c->plan, "corruptions");
    str valid = S("corruptions:");
    for (size_t k = 0; k < CORRUPTIONS; k++) {
        c->wanted[k] = !d;
        valid = str_fmt(e->a, "%s%s %s", valid.p, k ? "," : "", corrupt_names[k]);
    }
    for (size_t i = 0; d && i < d->n; i++) {
        size_t k = 0;
        while (k < CORRUPTIONS && !str_eqz(d->at[i].s, corrupt_names[k]))
            k++;
        if (k == CORRUPTIONS)
            return err_set(e, ERR_INVALID, str_fmt(e->a, "options.corruptions.%zu", i), valid,
                           "'%.*s' is no corruption", STR_ARG(str_clip(d->at[i].s, 100)));
        c->wanted[k] = true;
    }
    return true;
}

/* ---- running ---- */

/* Lanes of one thread's work on one target. */
struct bench {
    const corrupt *c;
    size_t target;
    corrupt_lane one, kind, all;
    err *e;
};

static bool refused(size_t kind, err *e)
{
    if (e->code == ERR_INVALID)
        e->hint = str_fmt(
            e->a, "%.*s; or name the corruptions to try, without this one, in 'corruptions'",
            STR_ARG(e->hint));
    return err_prefix(e, "asked about rows with corruption %s", corrupt_names[kind]);
}

static bool pass(struct bench *b, size_t kind, size_t severity)
{
    const corrupt *c = b->c;
    arena *scratch = arena_open();
    size_t cells = c->rows * c->model->n_features;
    float *x = arena_new(scratch, float, cells);
    double *answers = arena_new(scratch, double, c->rows * c->outputs);
    memcpy(x, c->x, cells * sizeof *x);
    bool ok = corrupt_apply(c, kind, severity, b->target, x, scratch, b->e) &&
              (model_predict(c->in->model, x, c->rows, answers, b->e) || refused(kind, b->e));
    if (ok) corrupt_count(c, answers, &b->one, scratch);
    arena_close(scratch);
    return ok && share_step(c->steps, b->e);
}

static bool concerns_any(const corrupt *c, size_t kind, size_t target)
{
    for (size_t i = 0; i < c->n_fields; i++)
        if ((!target || target == i + 1) && corrupt_concerns(c, kind, &c->fields[i])) return true;
    return false;
}

static bool try_kind(struct bench *b, size_t kind)
{
    const corrupt *c = b->c;
    corrupt_lane_clear(c, &b->kind);
    for (size_t s = 0; s < SEVERITIES; s++) {
        corrupt_lane_clear(c, &b->one);
        if (!pass(b, kind, s)) return false;
        *corrupt_at(c, b->target, kind, s) = corrupt_lane_close(c, &b->one);
        corrupt_lane_add(c, &b->kind, &b->one);
    }
    *corrupt_at(c, b->target, kind, SEVERITIES) = corrupt_lane_close(c, &b->kind);
    corrupt_lane_add(c, &b->all, &b->kind);
    return true;
}

static bool try_target(void *ctx, size_t target, arena *scratch, err *e)
{
    const corrupt *c = ctx;
    struct bench b = {.c = c, .target = target, .e = e};
    b.one = corrupt_lane_open(c, scratch);
    b.kind = corrupt_lane_open(c, scratch);
    b.all = corrupt_lane_open(c, scratch);
    for (size_t kind = 0; kind < CORRUPTIONS; kind++)
        if (concerns_any(c, kind, target) && !try_kind(&b, kind)) return false;
    *corrupt_at(c, target, CORRUPTIONS, SEVERITIES) = corrupt_lane_close(c, &b.all);
    return true;
}

static bool clean_answers(corrupt *c, err *e)
{
    c->clean = arena_new(c->a, double, c->rows * c->outputs);
    if (!share_predict(c->in, c->x, c->rows, c->clean, e)) return false;
    if (c->s.task == TASK_BINARY) {
        c->place = arena_new(c->a, double, c->rows);
        c->auc = corrupt_placements(c, c->clean, c->place, c->a);
    }
    for (size_t r = 0; r < c->rows && c->s.task == TASK_REGRESSION; r++)
        c->rmse += (c->clean[r] - c->s.y[r]) * (c->clean[r] - c->s.y[r]) / (double)c->rows;
    c->rmse = sqrt(c->rmse);
    return true;
}

static void note_fields(corrupt *c)
{
    buf b = buf_open(c->a, 2000);
    for (size_t i = 0; i < c->n_fields && b.n < 1500; i++)
        if (!c->fields[i].may_miss)
            buf_fmt(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(str_clip(c->fields[i].name, 100)));
    if (b.n)
        figures_note(&c->f, "not tried with missing values, which their encoders refuse: %s",
                     buf_str(&b).p);
    figures_note(&c->f, "intervals are about the rows; which rows a corruption meets follows from "
                        "the seed");
}

static bool run_on(corrupt *c, err *e)
{
    if (!sample_matrix(c->plan, c->in->model, c->in->data, &c->x, &c->names, c->a, e) ||
        !sample_make(c->plan, c->in, &c->s, c->a, e) || !corrupt_fields(c, e) ||
        !clean_answers(c, e))
        return false;
    size_t targets = c->n_fields + 1, kinds = 0;
    for (size_t kind = 0; kind < CORRUPTIONS; kind++)
        kinds += concerns_any(c, kind, 0);
    if (!kinds)
        return err_set(
            e, ERR_INVALID, S("options.corruptions"),
            S("name others: the table in docs/measurements/corruption_robustness_test.md"),
            "none of the corruptions concerns any of the columns");
    c->cells = arena_new(c->a, corrupt_cell, targets * (CORRUPTIONS + 1) * (SEVERITIES + 1));
    return share_long_jobs(c->in, targets, CORRUPTIONS * SEVERITIES, try_target, c, &c->steps, 0, 1,
                           e);
}

static const char *const references[] = {
    "Hendrycks & Dietterich, Benchmarking neural network robustness to common corruptions and "
    "perturbations, ICLR (2019)",
    "Michaelis et al., Benchmarking robustness in object detection, arXiv:1907.07484 (2019)",
    "Bonett & Price, Adjusted Wald confidence interval for a difference of binomial proportions "
    "based on paired data, J. Educ. Behav. Stat. 37 (2012)",
    "Korn & Graubard, Confidence intervals for proportions with small expected number of positive "
    "counts estimated from survey data, Survey Methodology 24 (1998)",
    "DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988)",
    NULL};

bool corrupt_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                 err *e)
{
    static const groups none = {0};
    measure_input rows = *in;
    table t = *in->data;
    corrupt c = {.plan = p, .in = &rows, .a = a, .model = model_describe(in->model)};
    c.outputs = c.model->n_outputs;
    c.threshold = p->has_threshold ? p->threshold : 0.5;
    c.f = figures_open(p, &none, a);
    if (!wanted(&c, e)) return false;
    if (rows_wanted(&c) < t.rows) {
        t = draw_rows(&c, in->data, rows_wanted(&c));
        figures_note(&c.f, "%zu of %zu rows are corrupted, drawn by the seed", t.rows,
                     in->data->rows);
    }
    rows.data = &t;
    c.rows = t.rows;
    ret->method = S("corruption of raw fields, alone and together, at five severities");
    ret->references = references;
    if (!run_on(&c, e)) return false;
    note_fields(&c);
    corrupt_figures(&c);
    return corrupt_tables(&c, &ret->tables, &ret->figures, e) && figures_judge(&c.f, ret, e);
}
