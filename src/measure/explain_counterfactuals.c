/* explain_counterfactuals.c - what would have changed a decision, in a table and in plain words. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/counterfactual.h"
#include "measure/explain.h"
#include "measure/plan.h"
#include <math.h>

struct asking {
    explain *x;
    target t;
    threat th;
    struct exact *exact;
    counterfactual_search s;
    const encode_origin *from;
    const str *classes; /* NULL: numbers */
    size_t *row, n;     /* of the data */
    double *own;
    counterfactuals *found;
    arena **rooms; /* of each row's answer */
};

/* ---- preparing ---- */

static bool read_target(struct asking *k, err *e)
{
    explain *x = k->x;
    bool cut = x->plan->has_threshold;
    const sample *s;
    k->t = (target){.model = x->in->model,
                    .task = x->model->task == MODEL_MULTICLASS ? TASK_MULTICLASS : TASK_BINARY,
                    .features = x->features,
                    .outputs = x->outputs,
                    .threshold = cut ? x->plan->threshold : 0.5};
    if (x->model->task == MODEL_REGRESSION && !cut)
        return err_set(e, ERR_INVALID, S("threshold"), S("name the value from which it is another"),
                       "a regression has no decision without a threshold");
    if (!x->plan->label.p || x->model->task == MODEL_REGRESSION) return true;
    if (!explain_truth(x, &s, e)) return false;
    k->classes = s->classes;
    return true;
}

/* Raw values of features by their encoders. */
static void read_raw(struct asking *k)
{
    const explain *x = k->x;
    double *factor = arena_new(x->a, double, x->features),
           *shift = arena_new(x->a, double, x->features);
    encode_origin *from = arena_new(x->a, encode_origin, x->features);
    encode_origins(x->a, x->plan->encode, x->names, x->features, from);
    for (size_t i = 0; i < x->features; i++) {
        const encoder *by = from[i].by;
        factor[i] = 1;
        if (by && by->method == ENCODE_SCALE) {
            factor[i] = by->divide;
            shift[i] = by->subtract;
        } else if (by && by->method == ENCODE_MIN_MAX) {
            factor[i] = 1 / by->factor;
            shift[i] = -by->shift / by->factor;
        }
    }
    k->from = from;
    k->s.factor = factor;
    k->s.shift = shift;
}

static bool prepare(struct asking *k, const doc *list, err *e)
{
    explain *x = k->x;
    err quiet = ERR_IN(x->a);
    if (!read_target(k, e)) return false;
    read_raw(k);
    threat_data data = {x->names, x->features,       x->model->categorical,
                        x->all,   x->in->data->rows, k->from};
    if (!threat_make(x->a, plan_value(x->plan, "threat"), &data, S("options.threat"), &k->th, e))
        return false;
    double steps = plan_number(x->plan, "exact");
    if (steps > 0 && !exact_open(x->a, &k->t, &k->th, &k->exact, &quiet)) k->exact = NULL;
    k->s.t = &k->t;
    k->s.th = &k->th;
    k->s.data = x->all;
    k->s.rows = x->in->data->rows;
    k->s.wanted = (size_t)plan_number(x->plan, "alternatives");
    k->s.most_changes = (size_t)plan_number(x->plan, "changes");
    k->s.exact = k->exact;
    k->s.steps = (uint64_t)(steps * 1e6);
    k->n = list->n;
    k->row = arena_new(x->a, size_t, k->n);
    k->own = arena_new(x->a, double, k->n);
    k->found = arena_new(x->a, counterfactuals, k->n);
    k->rooms = arena_new(x->a, arena *, k->n);
    for (size_t i = 0; i < k->n; i++)
        if (!explain_row_number(x, "counterfactuals", i, &k->row[i], e)) return false;
    return true;
}

static bool find_one(void *ctx, size_t i, arena *scratch, err *e)
{
    const struct asking *k = ctx;
    const float *x0 = k->x->all + k->row[i] * k->t.features;
    double *out = arena_new(scratch, double, k->t.outputs);
    if (!model_predict(k->t.model, x0, 1, out, e)) return false;
    k->own[i] = target_answer(&k->t, out);
    return counterfactual_find(&k->s, x0, k->own[i], &k->found[i], k->rooms[i], e);
}

/* ---- words ---- */

/* 32000 as "32,000". */
static str number_text(arena *a, double v)
{
    str s = str_fmt(a, "%.7g", v);
    size_t from = v < 0, end = from;
    while (end < s.n && s.p[end] >= '0' && s.p[end] <= '9')
        end++;
    if (end - from < 4 || (end < s.n && s.p[end] != '.')) return s;
    buf b = buf_open(a, 64);
    for (size_t i = 0; i < s.n; i++) {
        if (i > from && i < end && (end - i) % 3 == 0) buf_putc(&b, ',');
        buf_putc(&b, s.p[i]);
    }
    return buf_str(&b);
}

/* Undoes a scaling. The float that was scaled holds so many digits, and no more are given: a 0 that
 * was scaled comes back as 0. */
static double unscaled(double v, double factor, double shift)
{
    if (factor == 1 && shift == 0) return v;
    double slip = fabs(v * factor) * 0x1p-23;
    double unit = slip > 0 ? pow(10, ceil(log10(slip))) : 0, whole = v * factor + shift;
    return unit > 0 ? round(whole / unit) * unit + 0.0 : whole;
}

/* A feature's value as people wrote it. */
static str value_text(const struct asking *k, size_t f, float v)
{
    arena *a = k->x->a;
    const encoder *by = k->from[f].by;
    if (isnan(v)) return S("no value");
    for (size_t i = 0; by && by->method == ENCODE_ORDINAL && i < by->n_levels; i++)
        if ((float)by->levels[i].code == v)
            return by->levels[i].text.p ? by->levels[i].text : S("no value");
    return number_text(a, unscaled(v, k->s.factor[f], k->s.shift[f]));
}

/* The level of a one-hot group that a row is in; without an encoder the feature's name. */
static str group_text(const struct asking *k, size_t g, const float *x)
{
    const threat_group *group = &k->th.groups[g];
    size_t at = threat_active(&k->th, g, x);
    const encoder *by = k->from[group->members[0]].by;
    size_t feature = at < group->n ? k->from[group->members[at]].feature : SIZE_MAX;
    if (!by || by->method != ENCODE_ONE_HOT)
        return at < group->n ? k->x->names[group->members[at]] : S("none of them");
    for (size_t i = 0; i < by->n_levels; i++)
        if (by->levels[i].feature == feature ||
            (at >= group->n && by->levels[i].feature >= by->n_features))
            return by->levels[i].text.p ? by->levels[i].text : S("no value");
    return S("another value");
}

static void put_change(buf *b, bool first, str name, str now, str was)
{
    buf_fmt(b, "%s%.*s %.*s instead of %.*s", first ? "" : "; ", STR_ARG(name), STR_ARG(now),
            STR_ARG(was));
}

static void put_changes(const struct asking *k, const float *x0, const float *x, buf *b)
{
    bool first = true;
    for (size_t f = 0; f < k->t.features; f++) {
        if (k->th.at[f].group || x[f] == x0[f] || (isnan(x[f]) && isnan(x0[f]))) continue;
        put_change(b, first, k->from[f].column, value_text(k, f, x[f]), value_text(k, f, x0[f]));
        first = false;
    }
    for (size_t g = 0; g < k->th.n_groups; g++) {
        const threat_group *group = &k->th.groups[g];
        size_t now = threat_active(&k->th, g, x), was = threat_active(&k->th, g, x0);
        if (now == was) continue;
        const encoder *by = k->from[group->members[0]].by;
        put_change(b, first, by ? by->column : S(""), group_text(k, g, x), group_text(k, g, x0));
        first = false;
    }
}

static str class_text(const struct asking *k, double answer)
{
    if (k->classes) return k->classes[(size_t)answer];
    return number_text(k->x->a, answer);
}

/* ---- the table ---- */

static bool write_one(const struct asking *k, size_t i, size_t number, jw *w, err *e)
{
    const explain *x = k->x;
    const counterfactual *c = &k->found[i].at[number];
    const float *x0 = x->all + k->row[i] * x->features;
    double *out = arena_new(x->a, double, x->outputs);
    buf b = buf_open(x->a, SIZE_MAX / 4);
    if (!model_predict(k->t.model, c->x, 1, out, e)) return false;
    str now = class_text(k, target_answer(&k->t, out)), was = class_text(k, k->own[i]);
    buf_fmt(&b, "With ");
    put_changes(k, x0, c->x, &b);
    buf_fmt(&b, ", the answer would have been '%.*s' instead of '%.*s'.", STR_ARG(now),
            STR_ARG(was));
    jw_arr(w);
    jw_int(w, (int64_t)k->row[i] + 1);
    jw_int(w, (int64_t)number + 1);
    jw_int(w, (int64_t)c->changes);
    jw_real(w, c->distance);
    jw_real(w, k->exact ? k->found[i].least : NAN);
    jw_str(w, now);
    jw_str(w, buf_str(&b));
    jw_arr_end(w);
    return true;
}

static void add_figures(struct asking *k)
{
    moments changes = {0};
    size_t with = 0, queries = 0;
    for (size_t i = 0; i < k->n; i++) {
        queries += k->found[i].queries;
        with += k->found[i].n > 0;
        if (k->found[i].n > 0) moments_add(&changes, (double)k->found[i].at[0].changes);
        if (k->found[i].n == 0)
            figures_note(&k->x->f, "row %zu: no allowed change of at most %zu features was found",
                         k->row[i] + 1, k->s.most_changes);
    }
    figures *f = &k->x->f;
    figures_add(f, "counterfactual_share", (double)with / (double)k->n, (int64_t)k->n, (str){0},
                recipe_wilson((double)with, (double)k->n));
    figures_add(f, "counterfactual_changes", with ? changes.mean : NAN, (int64_t)with, (str){0},
                recipe_mean(changes, 1, INFINITY));
    figures_note(f, "counterfactuals took %zu evaluations of the model%s", queries,
                 k->exact ? ", and an exact search inside it" : "");
}

bool explain_counterfactuals(explain *x, double from, double to, jw *w, err *e)
{
    static const char *const columns[] = {"row",   "alternative", "changes", "distance",
                                          "least", "answer",      "sentence"};
    const doc *list = plan_value(x->plan, "counterfactuals");
    struct asking k = {.x = x};
    if (!list || list->n == 0) return true;
    if (!prepare(&k, list, e)) return false;
    for (size_t i = 0; i < k.n; i++)
        k.rooms[i] = arena_open();
    bool ok = share_jobs(x->in, k.n, find_one, &k, from, to, e);
    if (ok) {
        add_figures(&k);
        result_open_table(w, "counterfactuals", "What would have changed decisions", columns,
                          COUNT(columns));
        for (size_t i = 0; i < k.n; i++)
            for (size_t c = 0; ok && c < k.found[i].n; c++)
                ok = write_one(&k, i, c, w, e);
        if (ok) result_close_table(w);
    }
    for (size_t i = 0; i < k.n; i++)
        arena_close(k.rooms[i]);
    return ok;
}
