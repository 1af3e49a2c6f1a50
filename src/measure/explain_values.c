/* explain_values.c - the Shapley values of the explained rows, by the engine that fits the model.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include "model/linear.h"
#include "model/trees.h"
#include <math.h>

enum { STREAM_BACKGROUND = 41, BLOCK_ROWS = 1024 };

/* ---- the engine ---- */

static bool background(explain *x, err *e)
{
    const table *other = x->in->reference;
    const float *from = x->all;
    float *theirs;
    if (other && !sample_matrix(x->plan, x->in->model, other, &theirs, NULL, x->a, e)) return false;
    if (other) from = theirs;
    size_t n = other ? other->rows : x->in->data->rows;
    if (n == 0)
        return err_set(e, ERR_INVALID, S("reference"), S("name data with rows"),
                       "the reference has no rows");
    uint32_t *row =
        explain_draw(x, n, (size_t)plan_number(x->plan, "background"), STREAM_BACKGROUND, &x->n_z);
    x->z = explain_gather(x, from, row, x->n_z);
    if (x->method != EXPLAIN_TREE_PATH)
        figures_note(&x->f, "unknown features take their values from %zu rows of %s", x->n_z,
                     other ? "the reference data" : "the data themselves");
    return true;
}

/* Do the margins say what the plan's scale asks for? */
static bool margins_suit(const explain *x)
{
    const linear_model *l = model_linear(x->in->model);
    const doc *scale = plan_value(x->plan, "scale");
    if (!l || l->link == LINEAR_IDENTITY || !scale) return l;
    return l->n_outputs == 1 && str_eqz(scale->s, "log_odds");
}

explain_method explain_method_for(const explain *x)
{
    forest f = model_forest(x->in->model);
    for (size_t i = 0; i < f.n; i++)
        if (!f.at[i].cover) return EXPLAIN_TREE_INTERVENTIONAL;
    if (f.n) return EXPLAIN_TREE_PATH;
    if (margins_suit(x)) return EXPLAIN_LINEAR;
    return (double)x->features <= plan_number(x->plan, "enumerate") ? EXPLAIN_EXACT
                                                                    : EXPLAIN_KERNEL;
}

static bool open_kernel(explain *x, err *e)
{
    const doc *scale = plan_value(x->plan, "scale");
    kernel_options o = {.method = x->method == EXPLAIN_EXACT      ? KERNEL_EXACT
                                  : x->method == EXPLAIN_SAMPLING ? KERNEL_ORDERS
                                                                  : KERNEL_SAMPLED,
                        .coalitions = (size_t)plan_number(x->plan, "coalitions"),
                        .log_odds = scale && str_eqz(scale->s, "log_odds"),
                        .seed = x->plan->seed};
    if (o.log_odds && x->model->task == MODEL_REGRESSION)
        return err_set(e, ERR_INVALID, S("options.scale"), S("leave it out"),
                       "a regression has no log-odds");
    return kernel_open(x->a, x->in, x->z, x->n_z, &o, &x->kernel, e);
}

/* ---- linear models ---- */

static bool refuse_missing(err *e)
{
    return err_set(
        e, ERR_INVALID, S("model"), S("fill missing values before"),
        "a row has a missing or infinite value, and no margin of a linear model follows");
}

static bool open_linear(explain *x, err *e)
{
    if (!margins_suit(x))
        return err_set(e, ERR_INVALID, S("options.method"),
                       S("use auto, kernel, exact or sampling, or leave out scale"),
                       "the model is no linear one whose margins are on the scale of the plan");
    double *middle = arena_new(x->a, double, x->features);
    for (size_t r = 0; r < x->n_z; r++)
        for (size_t i = 0; i < x->features; i++)
            middle[i] += (double)x->z[r * x->features + i] / (double)x->n_z;
    for (size_t i = 0; i < x->features; i++)
        if (!isfinite(middle[i])) return refuse_missing(e);
    x->middle = middle;
    return true;
}

static void linear_values(const explain *x, const float *rows, size_t n, double *ret)
{
    const linear_model *l = model_linear(x->in->model);
    for (size_t r = 0; r < n * l->n_outputs; r++) {
        const double *w = l->weight + r % l->n_outputs * l->n_features;
        const float *at = rows + r / l->n_outputs * l->n_features;
        double *phi = ret + r * (l->n_features + 1), bias = l->bias[r % l->n_outputs];
        for (size_t i = 0; i < l->n_features; i++) {
            phi[i] = w[i] * ((double)at[i] - x->middle[i]);
            bias += w[i] * x->middle[i];
        }
        phi[l->n_features] = bias;
    }
}

static void values_of(const explain *x, const float *rows, size_t n, double *ret)
{
    if (x->middle)
        linear_values(x, rows, n, ret);
    else
        shap_values(x->shap, rows, n, ret);
}

bool explain_open(explain *x, err *e)
{
    bool trees = model_forest(x->in->model).n > 0;
    if (!background(x, e)) return false;
    if (x->method == EXPLAIN_LINEAR) return open_linear(x, e);
    if (x->method != EXPLAIN_TREE_PATH && x->method != EXPLAIN_TREE_INTERVENTIONAL)
        return open_kernel(x, e);
    if (!trees)
        return err_set(e, ERR_INVALID, S("options.method"),
                       S("use auto, kernel, exact or sampling"), "the model has no trees");
    if (x->method == EXPLAIN_TREE_PATH) return shap_path(x->a, x->in->model, &x->shap, e);
    return shap_interventional(x->a, x->in->model, x->z, x->n_z, &x->shap, e);
}

bool explain_ask(const explain *x, const float *rows, size_t n, double *ret, err *e)
{
    if (x->kernel) return kernel_ask(x->kernel, rows, n, ret, e);
    if (x->middle) {
        linear_margin(model_linear(x->in->model), rows, n, ret);
        for (size_t i = 0; i < n * x->outputs; i++)
            if (!isfinite(ret[i])) return refuse_missing(e);
        return true;
    }
    arena *a = arena_open();
    float *margin = arena_new(a, float, n * x->outputs);
    model_margin(x->in->model, rows, n, margin);
    for (size_t i = 0; i < n * x->outputs; i++)
        ret[i] = (double)margin[i];
    arena_close(a);
    return true;
}

/* ---- rows ---- */

bool explain_one(const explain *x, size_t row, double *ret, double *ret_error, double *ret_answer,
                 err *e)
{
    const float *at = x->all + row * x->features;
    kernel_cost cost;
    if (x->kernel) return kernel_values(x->kernel, at, row, ret, ret_error, ret_answer, &cost, e);
    values_of(x, at, 1, ret);
    memset(ret_error, 0, x->width * sizeof *ret_error);
    return explain_ask(x, at, 1, ret_answer, e);
}

struct explaining {
    const explain *x;
    double *phi, *error, *answer;
    kernel_cost *cost;
};

static bool explain_block(void *ctx, size_t job, arena *scratch, err *e)
{
    const struct explaining *k = ctx;
    const explain *x = k->x;
    (void)scratch;
    size_t from = job * BLOCK_ROWS, left = x->rows - from,
           n = left < BLOCK_ROWS ? left : BLOCK_ROWS;
    values_of(x, x->x + from * x->features, n, k->phi + from * x->width);
    return explain_ask(x, x->x + from * x->features, n, k->answer + from * x->outputs, e);
}

static bool explain_row(void *ctx, size_t r, arena *scratch, err *e)
{
    const struct explaining *k = ctx;
    const explain *x = k->x;
    (void)scratch;
    return kernel_values(x->kernel, x->x + r * x->features, x->row[r], k->phi + r * x->width,
                         k->error + r * x->width, k->answer + r * x->outputs, &k->cost[r], e);
}

static void note_cost(explain *x, const kernel_cost *cost)
{
    kernel_cost all = kernel_open_cost(x->kernel);
    for (size_t r = 0; r < x->rows; r++) {
        all.calls += cost[r].calls;
        all.rows += cost[r].rows;
    }
    figures_add(&x->f, "model_evaluations", (double)all.rows, (int64_t)x->rows, (str){0},
                recipe_fixed((double)all.rows, (double)all.rows, "exact"));
    figures_note(&x->f, "the values took %llu evaluations of the model in %llu calls",
                 (unsigned long long)all.rows, (unsigned long long)all.calls);
}

bool explain_values(explain *x, double from, double to, err *e)
{
    if (x->rows > EXPLAIN_VALUES / x->width)
        return err_set(e, ERR_TOO_LARGE, S("options.rows"), S("explain fewer rows"),
                       "%zu rows of %zu values are more than this program holds at once", x->rows,
                       x->width);
    struct explaining k = {.x = x,
                           .phi = arena_new(x->a, double, x->rows * x->width),
                           .answer = arena_new(x->a, double, x->rows * x->outputs)};
    x->phi = k.phi;
    x->answer = k.answer;
    if (!x->kernel)
        return share_jobs(x->in, (x->rows + BLOCK_ROWS - 1) / BLOCK_ROWS, explain_block, &k, from,
                          to, e);
    k.error = arena_new(x->a, double, x->rows * x->width);
    k.cost = arena_new(x->a, kernel_cost, x->rows);
    if (!share_jobs(x->in, x->rows, explain_row, &k, from, to, e)) return false;
    x->error = x->method == EXPLAIN_EXACT ? NULL : k.error;
    note_cost(x, k.cost);
    return true;
}
