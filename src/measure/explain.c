/* explain.c - kind explanation_report: which features move a model, how surely, and why one row. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/counterfactual.h"
#include "measure/kinds.h"
#include "measure/plan.h"
#include "measure/rng.h"
#include "model/trees.h"
#include <math.h>

enum { STREAM_ROWS = 40, ROWS_OF_TREES = 10000, ROWS_OF_OTHERS = 100 };

const char *const explain_metrics[] = {"mean_absolute_shap",
                                       "top_feature_share",
                                       "additivity_error",
                                       "explanation_error",
                                       "model_evaluations",
                                       "explanation_stability",
                                       "mean_absolute_interaction",
                                       "faithfulness_deletion",
                                       "faithfulness_insertion",
                                       "infidelity",
                                       "infidelity_share",
                                       "counterfactual_share",
                                       "counterfactual_changes",
                                       "permutation_importance",
                                       NULL};

const measure_option explain_options[] = {
    {"method",          DOC_STR,  0, 20,                     0,
     "auto (default), tree_path, tree_interventional, linear, kernel, exact, sampling, or "
     "permutation for "
     "no Shapley values"                                                                                                            },
    {"rows",            DOC_INT,  1, 1000000,                0,
     "most rows to explain, 1 to 1000000; default 10000 of trees and linear models, 100 of others"                                  },
    {"background",      DOC_INT,  1, 1000,                   100,
     "rows that lend values to unknown features, 1 to 1000; default 100"                                                            },
    {"coalitions",      DOC_INT,  0, 1000000,                0,
     "kernel and sampling: model evaluations per explained row and background row; default 2 x "
     "features + 224"                                                                                                               },
    {"enumerate",       DOC_INT,  1, 20,                     12,
     "most features for which auto takes all coalitions, 1 to 20; default 12"                                                       },
    {"scale",           DOC_STR,  0, 10,                     0,
     "what is explained of models without trees: output or log_odds of a probability; default "
     "output, "
     "of linear models the margin"                                                                                                  },
    {"top",             DOC_INT,  1, 100,                    5,   "reasons per row, and features that stability compares; default 5"},
    {"pairs",           DOC_INT,  0, 5000,                   500, "rows whose neighbours are looked at, 0 to 5000; default 500"     },
    {"interactions",    DOC_INT,  0, 1000,                   5,
     "pairs of features to show, of trees, 0 to 1000; default 5"                                                                    },
    {"curves",          DOC_INT,  0, 20,                     3,   "strongest features to draw curves of, 0 to 20; default 3"        },
    {"fidelity",        DOC_INT,  0, 10000,                  50,
     "rows whose features are taken away to see what happens, 0 to 10000; default 50"                                               },
    {"repeats",         DOC_INT,  1, 100,                    5,   "permutations of each feature, 1 to 100; default 5"               },
    {"reasons",         DOC_ARR,  0, 1000,                   0,   "numbers of rows to give reasons for, from 1, as texts"           },
    {"counterfactuals", DOC_ARR,  0, 1000,                   0,
     "numbers of rows to say what would have changed their decision, from 1, as texts"                                              },
    {"threat",          DOC_OBJ,  0, 100000,                 0,
     "what counterfactuals may change, as of adversarial_robustness_test"                                                           },
    {"changes",         DOC_INT,  1, COUNTERFACTUAL_CHANGES, 4,
     "most features a counterfactual changes, 1 to 8; default 4"                                                                    },
    {"alternatives",    DOC_INT,  1, COUNTERFACTUALS,        3,   "counterfactuals per row, 1 to 10; default 3"                     },
    {"exact",           DOC_REAL, 0, 1e6,                    50,
     "million steps per row to find the nearest counterfactual of trees; 0: none; default 50"                                       },
    {"adverse",         DOC_STR,  0, 4,                      0,   "the score that is bad for people: low (default) or high"         },
    {NULL,              DOC_NULL, 0, 0,                      0,   NULL                                                              }
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

/* Algorithm S (Knuth, TAOCP 2, 3.4.2). */
uint32_t *explain_draw(const explain *x, size_t n, size_t wanted, uint32_t stream, size_t *ret_n)
{
    uint32_t *ret = arena_new(x->a, uint32_t, wanted < n ? wanted : n);
    rng r = rng_open(x->plan->seed, stream, 0);
    *ret_n = 0;
    for (size_t i = 0; i < n && *ret_n < wanted; i++)
        if (wanted >= n || rng_uniform(&r) * (double)(n - i) < (double)(wanted - *ret_n))
            ret[(*ret_n)++] = (uint32_t)i;
    return ret;
}

float *explain_gather(const explain *x, const float *from, const uint32_t *row, size_t n)
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

static bool method_of(const measure_plan *p, explain_method *ret, err *e)
{
    static const char *const methods[] = {[EXPLAIN_AUTO] = "auto",
                                          [EXPLAIN_TREE_PATH] = "tree_path",
                                          [EXPLAIN_TREE_INTERVENTIONAL] = "tree_interventional",
                                          [EXPLAIN_KERNEL] = "kernel",
                                          [EXPLAIN_EXACT] = "exact",
                                          [EXPLAIN_SAMPLING] = "sampling",
                                          [EXPLAIN_LINEAR] = "linear",
                                          [EXPLAIN_PERMUTATION] = "permutation"};
    static const char *const sides[] = {"low", "high"}, *const scales[] = {"output", "log_odds"};
    size_t method, side, scale;
    if (!choose(p, "method", methods, COUNT(methods), &method, e) ||
        !choose(p, "adverse", sides, COUNT(sides), &side, e) ||
        !choose(p, "scale", scales, COUNT(scales), &scale, e))
        return false;
    *ret = (explain_method)method;
    if (*ret != EXPLAIN_PERMUTATION) return true;
    if (!p->label.p)
        return err_set(e, ERR_INVALID, S("label"), S("name the column that holds the truth"),
                       "permutation importance needs a label column");
    if (plan_value(p, "reasons"))
        return err_set(e, ERR_INVALID, S("options.reasons"), S("use another method"),
                       "permutations give no reasons for single rows");
    return true;
}

/* ---- the run ---- */

static const char *const references[] = {
    "Lundberg, Erion & Lee, Consistent individualized feature attribution for tree ensembles, "
    "arXiv:1802.03888 (2018)",
    "Lundberg et al., From local explanations to global understanding with explainable AI for "
    "trees, Nature Machine Intelligence 2 (2020)",
    "Yu, Bifet, Read & Xu, Linear TreeShap, NeurIPS (2022)",
    "Lundberg & Lee, A unified approach to interpreting model predictions, NeurIPS (2017)",
    "Covert & Lee, Improving KernelSHAP, AISTATS (2021)",
    "Fisher, Rudin & Dominici, All models are wrong, but many are useful, JMLR 20 (2019)",
    "Krishna et al., The disagreement problem in explainable machine learning, arXiv:2202.01602",
    NULL};

static void pick_rows(explain *x)
{
    bool cheap = model_forest(x->in->model).n > 0 || x->method == EXPLAIN_LINEAR;
    size_t n = x->in->data->rows, most = (size_t)plan_number(x->plan, "rows");
    if (most == 0) most = cheap ? ROWS_OF_TREES : ROWS_OF_OTHERS;
    x->row = explain_draw(x, n, most, STREAM_ROWS, &x->rows);
    x->x = x->rows == n ? x->all : explain_gather(x, x->all, x->row, x->rows);
    if (x->rows < n)
        figures_note(&x->f, "%zu of %zu rows are explained, drawn by the seed", x->rows, n);
}

/* Rows that are not there, said before anything is computed. */
static bool rows_named(const explain *x, err *e)
{
    static const char *const lists[] = {"reasons", "counterfactuals"};
    size_t row;
    for (size_t k = 0; k < COUNT(lists); k++) {
        const doc *list = plan_value(x->plan, lists[k]);
        for (size_t i = 0; list && i < list->n; i++)
            if (!explain_row_number(x, lists[k], i, &row, e)) return false;
    }
    return true;
}

static bool explain_with(explain *x, measure_result *ret, err *e)
{
    static const char *const names[] = {
        [EXPLAIN_AUTO] = "",
        [EXPLAIN_TREE_PATH] = "exact Shapley values of the trees (path-dependent)",
        [EXPLAIN_TREE_INTERVENTIONAL] = "exact Shapley values of the trees (interventional)",
        [EXPLAIN_KERNEL] = "sampled Shapley values of the model's answers (KernelSHAP)",
        [EXPLAIN_EXACT] = "exact Shapley values of the model's answers (all coalitions)",
        [EXPLAIN_SAMPLING] = "sampled Shapley values of the model's answers (permutations)",
        [EXPLAIN_LINEAR] = "exact Shapley values of the linear model's margins",
        [EXPLAIN_PERMUTATION] = "permutation importance"};
    ret->references = references;
    if (x->method != EXPLAIN_PERMUTATION) {
        if (!explain_open(x, e) || !explain_values(x, 0, 0.3, e)) return false;
        explain_importance(x);
        if (!explain_stability(x, 0.3, 0.35, e) || !explain_fidelity(x, 0.35, 0.45, e))
            return false;
    }
    ret->method = str_of(names[x->method]);
    if (x->plan->label.p && !explain_permutation(x, 0.45, 0.6, e)) return false;
    return explain_tables(x, &ret->tables, &ret->figures, e);
}

bool explain_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                 err *e)
{
    static const groups none = {0};
    float *all;
    explain x = {.plan = p, .in = in, .a = a, .model = model_describe(in->model)};
    if (!method_of(p, &x.method, e) || !sample_matrix(p, in->model, in->data, &all, &x.names, a, e))
        return false;
    x.f = figures_open(p, &none, a);
    x.all = all;
    x.features = x.model->n_features;
    x.outputs = x.model->n_outputs;
    x.width = x.outputs * (x.features + 1);
    if (x.method == EXPLAIN_AUTO) x.method = explain_method_for(&x);
    pick_rows(&x);
    return rows_named(&x, e) && explain_with(&x, ret, e) && figures_judge(&x.f, ret, e) &&
           (!in->values || explain_write_values(&x, e));
}
