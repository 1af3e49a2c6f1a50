/* explain_reasons.c - why single rows scored as they did, in order of weight. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"

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
    for (size_t o = 1; o < x->outputs; o++)
        if (answer[o] > answer[r.output]) r.output = o;
    if (x->outputs > 1) r.sign = 1;
    r.answer = answer[r.output];
    r.phi = phi + r.output * (x->features + 1);
    r.error = error + r.output * (x->features + 1);
    return r;
}

bool explain_reasons(const explain *x, jw *w, err *e)
{
    const char *columns[9] = {"row", x->kernel ? "output" : "margin", "rank", "feature", "value",
                              "shap"};
    size_t n = 6;
    const doc *list = plan_value(x->plan, "reasons");
    double *phi = arena_new(x->a, double, 2 * x->width), *error = phi + x->width;
    double *answer = arena_new(x->a, double, x->outputs);
    if (x->error) columns[n++] = "low", columns[n++] = "high";
    if (x->outputs > 1) columns[n++] = "class";
    encode_origin *from = arena_new(x->a, encode_origin, x->features);
    encode_origins(x->a, x->plan->encode, x->names, x->features, from);
    result_open_table(w, "reasons", "Reasons for single decisions", columns, n);
    for (size_t i = 0; i < list->n; i++) {
        size_t row;
        if (!explain_row_number(x, "reasons", i, &row, e) ||
            !explain_one(x, row, phi, error, answer, e))
            return false;
        struct reason r = reason_for(x, row, phi, error, answer);
        r.from = from;
        write_row(x, &r, w);
    }
    result_close_table(w);
    return true;
}
