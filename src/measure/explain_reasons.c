/* explain_reasons.c - why single rows scored as they did: reasons in order, and the whole sum. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include <math.h>

struct reason {
    size_t row, output; /* of the data; the class that is explained */
    double answer;
    const double *phi, *error;
    double sign;               /* 1: what raised the score is a reason, -1: what lowered it */
    double z;                  /* of the plan's confidence */
    const encode_origin *from; /* the raw column of each feature */
};

static void write_reason(const explain *x, const struct reason *r, size_t rank, uint32_t feature,
                         jw *w)
{
    const column *c = table_column(x->in->data, r->from[feature].column);
    jw_arr(w);
    jw_int(w, (int64_t)r->row + 1);
    jw_real(w, r->answer);
    jw_int(w, (int64_t)rank);
    jw_str(w, x->names[feature]);
    jw_str(w, c ? column_text(x->a, c, r->row) : (str){0});
    jw_real(w, r->phi[feature]);
    if (x->error) {
        jw_real(w, r->phi[feature] - r->z * r->error[feature]);
        jw_real(w, r->phi[feature] + r->z * r->error[feature]);
    }
    if (x->outputs > 1) jw_int(w, (int64_t)r->output);
    jw_arr_end(w);
}

/* The strongest features on the adverse side; those on the other side are no reasons, nor are those
 * that may be there by the chance of sampling. */
static void write_row(const explain *x, const struct reason *r, jw *w)
{
    size_t top = (size_t)plan_number(x->plan, "top"), rank = 0;
    double *push = arena_new(x->a, double, x->features);
    uint32_t *order = arena_new(x->a, uint32_t, x->features);
    for (size_t i = 0; i < x->features; i++)
        push[i] = r->sign * r->phi[i];
    explain_order(push, x->features, order);
    for (size_t k = 0; k < x->features && rank < top && push[order[k]] > 0; k++)
        if (push[order[k]] > r->z * r->error[order[k]]) write_reason(x, r, ++rank, order[k], w);
}

bool explain_row_number(const explain *x, const char *option, size_t i, size_t *ret, err *e)
{
    str text = plan_value(x->plan, option)->at[i].s;
    int64_t n;
    if (str_int(text, &n) && n >= 1 && (uint64_t)n <= x->in->data->rows) {
        *ret = (size_t)n - 1;
        return true;
    }
    return err_set(
        e, ERR_INVALID, str_fmt(e->a, "options.%s.%zu", option, i),
        str_fmt(e->a, "name rows from 1 to %zu, as `where` leaves them", x->in->data->rows),
        "'%.*s' is no row of the data", STR_ARG(str_sub(text, 0, 100)));
}

/* Of several classes the likeliest is explained: then what raised its answer are the reasons. */
static struct reason reason_for(const explain *x, size_t row, const double *phi,
                                const double *error, const double *answer)
{
    const doc *adverse = plan_value(x->plan, "adverse");
    struct reason r = {.row = row,
                       .sign = adverse && str_eqz(adverse->s, "high") ? 1 : -1,
                       .z = stat_normal_quantile((1 + x->plan->confidence) / 2)};
    size_t per = x->features + 1;
    double *own = arena_new(x->a, double, 2 * per);
    for (size_t o = 1; o < x->outputs; o++)
        if (answer[o] > answer[r.output]) r.output = o;
    if (x->outputs > 1) r.sign = 1;
    memcpy(own, phi + r.output * per, per * sizeof *own);
    memcpy(own + per, error + r.output * per, per * sizeof *own);
    r.answer = answer[r.output];
    r.phi = own;
    r.error = own + per;
    return r;
}

static bool find_reasons(const explain *x, struct reason *ret, err *e)
{
    const doc *list = plan_value(x->plan, "reasons");
    double *phi = arena_new(x->a, double, 2 * x->width), *error = phi + x->width;
    double *answer = arena_new(x->a, double, x->outputs);
    encode_origin *from = arena_new(x->a, encode_origin, x->features);
    encode_origins(x->a, x->plan->encode, x->names, x->features, from);
    for (size_t i = 0; i < list->n; i++) {
        size_t row;
        if (!explain_row_number(x, "reasons", i, &row, e) ||
            !explain_one(x, row, phi, error, answer, e))
            return false;
        ret[i] = reason_for(x, row, phi, error, answer);
        ret[i].from = from;
    }
    return true;
}

/* ---- the whole sum ---- */

/* `feature` beyond the last: the sum of `others` features. */
static void write_step(const explain *x, const struct reason *r, uint32_t feature, size_t others,
                       double amount, double total, jw *w)
{
    bool one = feature < x->features;
    const column *c = one ? table_column(x->in->data, r->from[feature].column) : NULL;
    double wide = one ? r->z * r->error[feature] : NAN;
    jw_arr(w);
    jw_int(w, (int64_t)r->row + 1);
    jw_real(w, r->answer);
    jw_real(w, r->phi[x->features]);
    jw_str(w, one ? x->names[feature] : (str){0});
    if (one)
        jw_str(w, c ? column_text(x->a, c, r->row) : (str){0});
    else
        jw_int(w, (int64_t)others);
    jw_real(w, amount);
    jw_real(w, total);
    if (x->error) {
        jw_real(w, amount - wide);
        jw_real(w, amount + wide);
    }
    if (x->outputs > 1) jw_int(w, (int64_t)r->output);
    jw_arr_end(w);
}

/* From the base, the strongest first, each with the sum so far. */
static void write_sum(const explain *x, const struct reason *r, jw *w)
{
    double *size = arena_new(x->a, double, x->features), rest = 0, total = r->phi[x->features];
    uint32_t *order = arena_new(x->a, uint32_t, x->features);
    size_t shown = x->features <= EXPLAIN_STEPS + 1 ? x->features : EXPLAIN_STEPS;
    for (size_t i = 0; i < x->features; i++)
        size[i] = fabs(r->phi[i]);
    explain_order(size, x->features, order);
    for (size_t k = 0; k < shown; k++) {
        total += r->phi[order[k]];
        write_step(x, r, order[k], 0, r->phi[order[k]], total, w);
    }
    for (size_t k = shown; k < x->features; k++)
        rest += r->phi[order[k]];
    if (shown < x->features)
        write_step(x, r, (uint32_t)x->features, x->features - shown, rest, total + rest, w);
}

bool explain_reasons(const explain *x, jw *w, err *e)
{
    const char *answer = x->kernel ? "output" : "margin";
    const char *columns[9] = {"row", answer, "rank", "feature", "value", "shap"};
    const char *steps[10] = {"row", answer, "base", "feature", "value", "shap", "total"};
    size_t n = 6, m = 7, rows = plan_value(x->plan, "reasons")->n;
    struct reason *r = arena_new(x->a, struct reason, rows);
    if (x->error) columns[n++] = steps[m++] = "low", columns[n++] = steps[m++] = "high";
    if (x->outputs > 1) columns[n++] = steps[m++] = "class";
    if (!find_reasons(x, r, e)) return false;
    result_open_table(w, "reasons", "Reasons for single decisions", columns, n);
    for (size_t i = 0; i < rows; i++)
        write_row(x, &r[i], w);
    result_close_table(w);
    result_open_table(w, "waterfall", "Single decisions: from the mean answer to this one", steps,
                      m);
    for (size_t i = 0; i < rows; i++)
        write_sum(x, &r[i], w);
    result_close_table(w);
    return true;
}
