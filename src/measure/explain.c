/* explain.c - kind explanation_report: which features move a model, how surely, and why one row. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/kinds.h"
#include "measure/plan.h"
#include "measure/rng.h"
#include <math.h>

enum { STREAM_ROWS = 40, STREAM_BACKGROUND = 41, BLOCK_ROWS = 1024 };

const char *const explain_metrics[] = {"mean_absolute_shap",     "top_feature_share",
                                       "additivity_error",       "explanation_stability",
                                       "permutation_importance", NULL};

const measure_option explain_options[] = {
    {"method",     DOC_STR,  0,  20,      0,
     "tree_path (default), tree_interventional, or permutation for no Shapley values"                              },
    {"rows",       DOC_INT,  10, 1000000, 10000, "most rows to explain, 10 to 1000000; default 10000"              },
    {"background", DOC_INT,  1,  1000,    100,
     "rows that lend values to unknown features, 1 to 1000; default 100"                                           },
    {"top",        DOC_INT,  1,  100,     5,     "reasons per row, and features that stability compares; default 5"},
    {"pairs",      DOC_INT,  0,  5000,    500,   "rows whose neighbours are looked at, 0 to 5000; default 500"     },
    {"repeats",    DOC_INT,  1,  100,     5,     "permutations of each feature, 1 to 100; default 5"               },
    {"reasons",    DOC_ARR,  0,  1000,    0,     "numbers of rows to give reasons for, from 1, as texts"           },
    {"adverse",    DOC_STR,  0,  4,       0,     "the score that is bad for people: low (default) or high"         },
    {NULL,         DOC_NULL, 0,  0,       0,     NULL                                                              }
};

/* ---- helpers ---- */

str explain_slice(const explain *x, size_t feature)
{
    buf b = buf_open(x->a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "feature", x->names[feature]);
    jw_obj_end(&w);
    return buf_str(&b);
}

struct ranked {
    double size;
    uint32_t at;
};

static int by_size(const void *p, const void *q)
{
    const struct ranked *a = p, *b = q;
    if (a->size != b->size) return a->size < b->size ? 1 : -1;
    return a->at < b->at ? -1 : a->at > b->at;
}

void explain_order(const double *size, size_t n, uint32_t *ret)
{
    arena *scratch = arena_open();
    struct ranked *r = arena_new(scratch, struct ranked, n);
    for (size_t i = 0; i < n; i++)
        r[i] = (struct ranked){isnan(size[i]) ? -INFINITY : size[i], (uint32_t)i};
    qsort(r, n, sizeof *r, by_size);
    for (size_t i = 0; i < n; i++)
        ret[i] = r[i].at;
    arena_close(scratch);
}

void explain_sizes(const explain *x, const double *phi, double *ret)
{
    memset(ret, 0, x->features * sizeof *ret);
    for (size_t o = 0; o < x->outputs; o++)
        for (size_t i = 0; i < x->features; i++)
            ret[i] += fabs(phi[o * (x->features + 1) + i]);
}

/* Some of n rows, in order, each set as likely (Knuth, TAOCP 2, 3.4.2, algorithm S). */
static uint32_t *draw_rows(const explain *x, size_t n, size_t wanted, uint32_t stream,
                           size_t *ret_n)
{
    uint32_t *ret = arena_new(x->a, uint32_t, wanted < n ? wanted : n);
    rng r = rng_open(x->plan->seed, stream, 0);
    *ret_n = 0;
    for (size_t i = 0; i < n && *ret_n < wanted; i++)
        if (wanted >= n || rng_uniform(&r) * (double)(n - i) < (double)(wanted - *ret_n))
            ret[(*ret_n)++] = (uint32_t)i;
    return ret;
}

static float *gather(const explain *x, const float *from, const uint32_t *row, size_t n)
{
    float *ret = arena_array(x->a, n, x->features * sizeof *ret, _Alignof(float));
    for (size_t i = 0; i < n; i++)
        memcpy(ret + i * x->features, from + row[i] * x->features, x->features * sizeof *ret);
    return ret;
}

/* ---- options ---- */

/* The one of `words` that a text option is; the first when it is absent. */
static bool choose(const measure_plan *p, const char *name, const char *const *words, size_t n,
                   size_t *ret, err *e)
{
    const doc *d = plan_value(p, name);
    str valid = S("one of:");
    *ret = 0;
    for (size_t i = 0; i < n; i++) {
        if (d && str_eqz(d->s, words[i])) *ret = i;
        if (!d || str_eqz(d->s, words[i])) return true;
        valid = str_fmt(e->a, "%s%s %s", valid.p, i ? "," : "", words[i]);
    }
    return err_set(e, ERR_INVALID, str_fmt(e->a, "options.%s", name), valid, "'%.*s' is no %s",
                   STR_ARG(d->s), name);
}

enum method { TREE_PATH, TREE_INTERVENTIONAL, PERMUTATION };

static bool method_of(const measure_plan *p, enum method *ret, err *e)
{
    static const char *const methods[] = {"tree_path", "tree_interventional", "permutation"};
    static const char *const sides[] = {"low", "high"};
    size_t method, side;
    if (!choose(p, "method", methods, COUNT(methods), &method, e) ||
        !choose(p, "adverse", sides, COUNT(sides), &side, e))
        return false;
    *ret = (enum method)method;
    if (*ret != PERMUTATION) return true;
    if (!p->label.p)
        return err_set(e, ERR_INVALID, S("label"), S("name the column that holds the truth"),
                       "permutation importance needs a label column");
    if (plan_value(p, "reasons"))
        return err_set(e, ERR_INVALID, S("options.reasons"), S("use tree_path for the method"),
                       "permutations give no reasons for single rows");
    return true;
}

/* ---- Shapley values ---- */

static bool background(explain *x, const float *all, const float **ret, size_t *ret_n, err *e)
{
    const table *other = x->in->reference;
    const float *from = all;
    float *theirs;
    if (other && !sample_matrix(x->plan, x->in->model, other, &theirs, NULL, x->a, e)) return false;
    if (other) from = theirs;
    size_t n = other ? other->rows : x->in->data->rows;
    if (n == 0)
        return err_set(e, ERR_INVALID, S("reference"), S("name data with rows"),
                       "the reference has no rows");
    uint32_t *row =
        draw_rows(x, n, (size_t)plan_number(x->plan, "background"), STREAM_BACKGROUND, ret_n);
    *ret = gather(x, from, row, *ret_n);
    figures_note(&x->f, "unknown features take their values from %zu rows of %s", *ret_n,
                 other ? "the reference data" : "the data themselves");
    return true;
}

struct explaining {
    const explain *x;
    double *phi;
};

static bool explain_block(void *ctx, size_t job, arena *scratch, err *e)
{
    const struct explaining *k = ctx;
    (void)scratch, (void)e;
    size_t from = job * BLOCK_ROWS, left = k->x->rows - from;
    shap_values(k->x->shap, k->x->x + from * k->x->features, left < BLOCK_ROWS ? left : BLOCK_ROWS,
                k->phi + from * shap_width(k->x->shap));
    return true;
}

static bool make_values(explain *x, enum method method, const float *all, err *e)
{
    const float *others;
    size_t n = 0;
    if (method == TREE_INTERVENTIONAL && !background(x, all, &others, &n, e)) return false;
    if (!(n ? shap_interventional(x->a, x->in->model, others, n, &x->shap, e)
            : shap_path(x->a, x->in->model, &x->shap, e)))
        return false;
    if (x->rows > EXPLAIN_VALUES / shap_width(x->shap))
        return err_set(e, ERR_TOO_LARGE, S("options.rows"), S("explain fewer rows"),
                       "%zu rows of %zu values are more than this program holds at once", x->rows,
                       shap_width(x->shap));
    struct explaining k = {x, arena_new(x->a, double, x->rows *shap_width(x->shap))};
    x->phi = k.phi;
    return share_jobs(x->in, (x->rows + BLOCK_ROWS - 1) / BLOCK_ROWS, explain_block, &k, 0, 0.3, e);
}

/* ---- figures of the values ---- */

static void add_importance(explain *x)
{
    double *size = arena_new(x->a, double, x->features);
    moments *m = arena_new(x->a, moments, x->features);
    x->importance = arena_new(x->a, double, x->features);
    x->lean = arena_new(x->a, double, x->features);
    for (size_t r = 0; r < x->rows; r++) {
        const double *phi = x->phi + r * shap_width(x->shap);
        explain_sizes(x, phi, size);
        for (size_t i = 0; i < x->features; i++) {
            moments_add(&m[i], size[i]);
            x->lean[i] += phi[i];
        }
    }
    for (size_t i = 0; i < x->features; i++) {
        x->importance[i] = m[i].mean;
        x->lean[i] /= (double)x->rows;
        recipe how = x->rows > 1 ? recipe_mean(moments_se(m[i]), 0, INFINITY) : (recipe){0};
        figures_add(&x->f, "mean_absolute_shap", m[i].mean, (int64_t)x->rows, explain_slice(x, i),
                    how);
    }
}

/* Delta method: what a row adds to top / all near its value. */
static void add_top_share(explain *x)
{
    uint32_t *order = arena_new(x->a, uint32_t, x->features), top;
    double *size = arena_new(x->a, double, x->features), all = 0;
    moments influence = {0};
    explain_order(x->importance, x->features, order);
    top = order[0];
    for (size_t i = 0; i < x->features; i++)
        all += x->importance[i];
    double share = all > 0 ? x->importance[top] / all : NAN;
    for (size_t r = 0; r < x->rows && all > 0; r++) {
        double row = 0;
        explain_sizes(x, x->phi + r * shap_width(x->shap), size);
        for (size_t i = 0; i < x->features; i++)
            row += size[i];
        moments_add(&influence, (size[top] - share * row) / all);
    }
    recipe how = x->rows > 1 ? recipe_mean(moments_se(influence), 0, 1) : (recipe){0};
    how.method = "delta";
    figures_add(&x->f, "top_feature_share", share, (int64_t)x->rows, (str){0}, how);
    if (all > 0) figures_note(&x->f, "top_feature_share is that of '%.*s'", STR_ARG(x->names[top]));
}

static void add_additivity(explain *x)
{
    float *margin = arena_new(x->a, float, x->rows * x->outputs);
    size_t per = x->features + 1;
    double worst = 0;
    model_margin(x->in->model, x->x, x->rows, margin);
    for (size_t k = 0; k < x->rows * x->outputs; k++) {
        double sum = 0;
        for (size_t i = 0; i < per; i++)
            sum += x->phi[k * per + i];
        worst = fmax(worst, fabs(sum - (double)margin[k]));
    }
    figures_add(&x->f, "additivity_error", worst, (int64_t)x->rows, (str){0},
                recipe_fixed(worst, worst, "exact"));
}

/* ---- the run ---- */

static const char *const references[] = {
    "Lundberg, Erion & Lee, Consistent individualized feature attribution for tree ensembles, "
    "arXiv:1802.03888 (2018)",
    "Lundberg et al., From local explanations to global understanding with explainable AI for "
    "trees, Nature Machine Intelligence 2 (2020)",
    "Yu, Bifet, Read & Xu, Linear TreeShap, NeurIPS (2022)",
    "Fisher, Rudin & Dominici, All models are wrong, but many are useful, JMLR 20 (2019)",
    "Krishna et al., The disagreement problem in explainable machine learning, arXiv:2202.01602",
    NULL};

static void pick_rows(explain *x, const float *all)
{
    size_t n = x->in->data->rows, most = (size_t)plan_number(x->plan, "rows");
    x->row = draw_rows(x, n, most, STREAM_ROWS, &x->rows);
    x->x = x->rows == n ? all : gather(x, all, x->row, x->rows);
    if (x->rows < n)
        figures_note(&x->f, "%zu of %zu rows are explained, drawn by the seed", x->rows, n);
}

static bool explain_with(explain *x, enum method method, const float *all, measure_result *ret,
                         err *e)
{
    static const char *const names[] = {
        [TREE_PATH] = "exact Shapley values of the trees (path-dependent)",
        [TREE_INTERVENTIONAL] = "exact Shapley values of the trees (interventional)",
        [PERMUTATION] = "permutation importance"};
    ret->method = str_of(names[method]);
    ret->references = references;
    if (method != PERMUTATION) {
        if (!make_values(x, method, all, e)) return false;
        add_importance(x);
        add_top_share(x);
        add_additivity(x);
        if (!explain_stability(x, 0.3, 0.5, e)) return false;
    }
    if (x->plan->label.p && !explain_permutation(x, 0.5, 1, e)) return false;
    return explain_tables(x, all, &ret->tables, &ret->figures, e);
}

bool explain_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                 err *e)
{
    static const groups none = {0};
    enum method method;
    float *all;
    explain x = {.plan = p, .in = in, .a = a, .model = model_describe(in->model)};
    if (p->n_groups)
        return err_set(e, ERR_INVALID, S("groups"), S("use `where` for one group at a time"),
                       "an explanation report has no groups");
    if (!method_of(p, &method, e) || !sample_matrix(p, in->model, in->data, &all, &x.names, a, e))
        return false;
    x.f = figures_open(p, &none, a);
    x.features = x.model->n_features;
    x.outputs = x.model->n_outputs;
    pick_rows(&x, all);
    return explain_with(&x, method, all, ret, e) && figures_judge(&x.f, ret, e) &&
           (!in->values || explain_write_values(&x, e));
}
