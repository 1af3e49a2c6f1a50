/* sample.c - turns the columns a plan names, or a model's answers, into truth and prediction. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/sample.h"
#include "measure/share.h"
#include <math.h>
#include <strings.h>

const char *const sample_task_names[3] = {
    [TASK_BINARY] = "binary", [TASK_MULTICLASS] = "multiclass", [TASK_REGRESSION] = "regression"};

/* The distinct values that occur in a column, and each row's. */
typedef struct values {
    int32_t *code;
    str *name;
    size_t n;
} values;

static bool full_column(const table *t, str name, const char *path, const column **ret, err *e)
{
    if (!table_need(t, name, str_of(path), ret, e)) return false;
    size_t gaps = (*ret)->missing;
    if (gaps)
        return err_set(e, ERR_INVALID, str_of(path),
                       str_fmt(e->a,
                               "complete them, or leave such rows out: where = "
                               "\"!missing(`%.*s`)\"",
                               STR_ARG(name)),
                       "column '%.*s' lacks a value in %zu of %zu rows", STR_ARG(name), gaps,
                       t->rows);
    return true;
}

static bool number_column(const table *t, str name, const char *path, const double **ret, err *e)
{
    const column *c;
    if (!full_column(t, name, path, &c, e)) return false;
    if (c->type != COLUMN_NUMBER)
        return err_set(e, ERR_INVALID, str_of(path), S("name a column that holds only numbers"),
                       "column '%.*s' holds text", STR_ARG(name));
    *ret = c->num;
    return true;
}

static bool values_read(const table *t, str name, const char *path, values *ret, arena *a, err *e)
{
    const column *c;
    const int32_t *code;
    const str *levels;
    size_t n;
    if (!full_column(t, name, path, &c, e) ||
        !column_levels(a, c, t->rows, SAMPLE_CLASSES, str_of(path), &code, &levels, &n, e))
        return false;
    int32_t *map = arena_new(a, int32_t, n);
    *ret = (values){arena_new(a, int32_t, t->rows), arena_new(a, str, n), 0};
    for (size_t r = 0; r < t->rows; r++)
        map[code[r]] = 1;
    for (size_t k = 0; k < n; k++)
        if (map[k]) {
            map[k] = (int32_t)ret->n;
            ret->name[ret->n++] = levels[k];
        }
    for (size_t r = 0; r < t->rows; r++)
        ret->code[r] = map[code[r]];
    return true;
}

static size_t value_find(const values *v, str name)
{
    size_t k = 0;
    while (k < v->n && !str_eq(v->name[k], name))
        k++;
    return k;
}

static str value_list(const values *v, arena *a)
{
    str s = S("its values are:");
    for (size_t k = 0; k < v->n; k++)
        s = str_fmt(a, "%.*s%s '%.*s'", STR_ARG(s), k ? "," : "", STR_ARG(v->name[k]));
    return s;
}

static bool two_valued(const column *c, size_t rows)
{
    double first = NAN, second = NAN;
    int32_t one = -1, two = -1;
    for (size_t r = 0; r < rows; r++)
        if (c->type == COLUMN_NUMBER) {
            double x = c->num[r];
            if (isnan(first))
                first = x;
            else if (x != first && isnan(second))
                second = x;
            else if (x != first && x != second)
                return false;
        } else {
            int32_t x = c->code[r];
            if (one < 0)
                one = x;
            else if (x != one && two < 0)
                two = x;
            else if (x != one && x != two)
                return false;
        }
    return true;
}

static bool task_of(const measure_plan *p, const column *label, size_t rows, const struct model *m,
                    sample_task *ret, err *e)
{
    static const sample_task of_model[] = {[MODEL_BINARY] = TASK_BINARY,
                                           [MODEL_MULTICLASS] = TASK_MULTICLASS,
                                           [MODEL_REGRESSION] = TASK_REGRESSION};
    *ret = m                              ? of_model[model_describe(m)->task]
           : p->positive.p || p->score.p  ? TASK_BINARY
           : two_valued(label, rows)      ? TASK_BINARY
           : label->type == COLUMN_NUMBER ? TASK_REGRESSION
                                          : TASK_MULTICLASS;
    if (!p->task.p) return true;
    sample_task told = TASK_BINARY;
    while (told < TASK_REGRESSION && !str_eqz(p->task, sample_task_names[told]))
        told++;
    if (m && told != *ret)
        return err_set(e, ERR_INVALID, S("task"), S("leave task out"), "the model does %s, not %s",
                       sample_task_names[*ret], sample_task_names[told]);
    *ret = told;
    return true;
}

static bool is_yes(str s)
{
    static const char *const yes[] = {"1", "yes", "true"};
    for (size_t i = 0; i < COUNT(yes); i++)
        if (s.n == strlen(yes[i]) && strncasecmp(s.p, yes[i], s.n) == 0) return true;
    return false;
}

static bool is_no(str s)
{
    static const char *const no[] = {"0", "no", "false"};
    for (size_t i = 0; i < COUNT(no); i++)
        if (s.n == strlen(no[i]) && strncasecmp(s.p, no[i], s.n) == 0) return true;
    return false;
}

/* "1.0" names the number that column_levels writes as "1". */
static size_t find_positive(const values *v, str text)
{
    double want, have;
    size_t k = value_find(v, text);
    if (k < v->n || !str_real(text, &want)) return k;
    for (k = 0; k < v->n; k++)
        if (str_real(v->name[k], &have) && have == want) break;
    return k;
}

/* Which of the label's values is the positive one. */
static bool positive_of(const measure_plan *p, const values *v, str *ret, arena *a, err *e)
{
    if (p->positive.p) {
        size_t k = find_positive(v, p->positive);
        *ret = k < v->n ? v->name[k] : p->positive;
        if (k == v->n && v->n > 1)
            return err_set(e, ERR_INVALID, S("positive"), value_list(v, a),
                           "'%.*s' is no value of column '%.*s'", STR_ARG(p->positive),
                           STR_ARG(p->label));
        return true;
    }
    for (size_t k = 0; k < v->n; k++)
        if (v->n <= 2 && is_yes(v->name[k]) && (v->n == 1 || is_no(v->name[1 - k]))) {
            *ret = v->name[k];
            return true;
        }
    if (v->n == 1 && is_no(v->name[0])) {
        *ret = str_eqz(v->name[0], "0") ? S("1") : S("yes");
        return true;
    }
    return err_set(e, ERR_INVALID, S("positive"), value_list(v, a),
                   "the plan must say which value of '%.*s' is the positive one",
                   STR_ARG(p->label));
}

/* A prediction that the label never takes is a slip of the pen, unless the label is constant. */
static bool predictions_fit(const measure_plan *p, const values *label, const values *pred,
                            arena *a, err *e)
{
    size_t fresh = 0, last = 0;
    for (size_t k = 0; k < pred->n; k++)
        if (value_find(label, pred->name[k]) == label->n) {
            fresh++;
            last = k;
        }
    if (fresh == 0 || (label->n == 1 && fresh == 1)) return true;
    return err_set(e, ERR_INVALID, S("prediction"), value_list(label, a),
                   "column '%.*s' predicts '%.*s', which the label '%.*s' never is",
                   STR_ARG(p->prediction), STR_ARG(pred->name[last]), STR_ARG(p->label));
}

static int32_t *is_value(const values *v, str name, size_t rows, arena *a)
{
    int32_t *ret = arena_new(a, int32_t, rows), k = (int32_t)value_find(v, name);
    for (size_t r = 0; r < rows; r++)
        ret[r] = v->code[r] == k;
    return ret;
}

static bool threshold_of(const measure_plan *p, const sample *s, double *ret, err *e)
{
    *ret = p->has_threshold ? p->threshold : 0.5;
    if (p->has_threshold || s->probability) return true;
    str what = p->score.p ? str_fmt(e->a, "column '%.*s' holds", STR_ARG(p->score))
                          : S("the model answers with");
    return err_set(
        e, ERR_INVALID, S("threshold"), S("name the score from which on to predict positive"),
        "%.*s no probabilities (0 to 1), so 0.5 is no sensible threshold", STR_ARG(what));
}

static bool scores_to_predictions(const measure_plan *p, sample *s, arena *a, err *e)
{
    double t;
    if (!threshold_of(p, s, &t, e)) return false;
    int32_t *pred = arena_new(a, int32_t, s->rows);
    for (size_t r = 0; r < s->rows; r++)
        pred[r] = s->score[r] >= t;
    s->predicted = pred;
    return true;
}

static void scores_set(sample *s, const double *score)
{
    s->score = score;
    s->probability = true;
    for (size_t r = 0; r < s->rows && s->probability; r++)
        s->probability = score[r] >= 0 && score[r] <= 1;
}

static bool binary_classes(const measure_plan *p, const values *label, sample *s, arena *a, err *e)
{
    str positive;
    if (!positive_of(p, label, &positive, a, e)) return false;
    str *classes = arena_new(a, str, 2);
    classes[1] = positive;
    classes[0] = str_fmt(a, "not %.*s", STR_ARG(positive));
    for (size_t k = 0; k < label->n && label->n <= 2; k++)
        if (!str_eq(label->name[k], positive)) classes[0] = label->name[k];
    s->n_classes = 2;
    s->classes = classes;
    s->truth = is_value(label, positive, s->rows, a);
    return true;
}

static bool binary_columns(const measure_plan *p, const table *t, const values *label, sample *s,
                           arena *a, err *e)
{
    const double *score = NULL;
    if (p->score.p && !number_column(t, p->score, "score", &score, e)) return false;
    if (score) scores_set(s, score);
    if (!p->prediction.p) return scores_to_predictions(p, s, a, e);
    values pred;
    if (!values_read(t, p->prediction, "prediction", &pred, a, e) ||
        !predictions_fit(p, label, &pred, a, e))
        return false;
    s->predicted = is_value(&pred, s->classes[1], s->rows, a);
    return true;
}

/* What the model may look at: the plan's features in their order, else all columns but the label. A
 * model that names its features finds them among all. */
static const str *shown_columns(const measure_plan *p, const struct model *m, const table *t,
                                size_t *ret_n, arena *a)
{
    bool named = model_describe(m)->features;
    str *ret = arena_new(a, str, t->n_columns);
    *ret_n = p->n_features;
    if (!named && p->n_features) return p->features;
    *ret_n = 0;
    for (size_t i = 0; i < t->n_columns; i++)
        if (named || !str_eq(t->columns[i].name, p->label)) ret[(*ret_n)++] = t->columns[i].name;
    return ret;
}

static const str *feature_names(const model_info *m, const table *seen, arena *a)
{
    if (m->features) return m->features;
    str *ret = arena_new(a, str, m->n_features);
    for (size_t i = 0; i < m->n_features; i++)
        ret[i] = str_dup(a, seen->columns[i].name);
    return ret;
}

bool sample_matrix(const measure_plan *p, const struct model *m, const table *t, float **ret_x,
                   const str **ret_names, arena *a, err *e)
{
    size_t n;
    table seen;
    arena *scratch = arena_open();
    const str *shown = shown_columns(p, m, t, &n, scratch);
    bool ok = encode_table(scratch, p->encode, t, shown, n, &seen, e) &&
              model_matrix(a, m, &seen, NULL, 0, ret_x, e);
    if (ok && ret_names) *ret_names = feature_names(model_describe(m), &seen, a);
    arena_close(scratch);
    return ok;
}

bool sample_ask(const measure_plan *p, const measure_input *in, double **ret, arena *a, err *e)
{
    const table *t = in->data;
    float *x;
    if (!sample_matrix(p, in->model, t, &x, NULL, a, e)) return false;
    *ret = arena_new(a, double, t->rows *model_describe(in->model)->n_outputs);
    return share_predict(in, x, t->rows, *ret, e);
}

static bool make_binary(const measure_plan *p, const measure_input *in, sample *s, arena *a, err *e)
{
    const table *t = in->data;
    values label;
    if (!values_read(t, p->label, "label", &label, a, e) || !binary_classes(p, &label, s, a, e))
        return false;
    if (!in->model) return binary_columns(p, t, &label, s, a, e);
    double *score;
    if (!sample_ask(p, in, &score, a, e)) return false;
    scores_set(s, score);
    return scores_to_predictions(p, s, a, e);
}

static bool classes_fit(size_t n, err *e)
{
    if (n <= SAMPLE_CLASSES) return true;
    return err_set(e, ERR_TOO_LARGE, S("label"), S("bring the classes into coarser ones"),
                   "%zu classes are more than %d", n, SAMPLE_CLASSES);
}

/* Class number k of a model is the label k, or the k-th of as many texts in byte order. */
static bool model_classes(const measure_plan *p, const values *label, size_t n, sample *s, arena *a,
                          err *e)
{
    str *classes = arena_new(a, str, n);
    int32_t *map = arena_new(a, int32_t, label->n), *truth = arena_new(a, int32_t, s->rows);
    bool numbered = true;
    for (size_t k = 0; k < label->n; k++) {
        int64_t v;
        numbered = numbered && str_int(label->name[k], &v) && v >= 0 && (size_t)v < n;
        if (numbered) map[k] = (int32_t)v;
    }
    if (!numbered && label->n != n)
        return err_set(e, ERR_INVALID, S("label"), value_list(label, a),
                       "column '%.*s' has %zu values, the model %zu classes", STR_ARG(p->label),
                       label->n, n);
    for (size_t k = 0; k < n; k++)
        classes[k] = numbered ? str_fmt(a, "%zu", k) : label->name[k];
    for (size_t r = 0; r < s->rows; r++)
        truth[r] = numbered ? map[label->code[r]] : label->code[r];
    s->n_classes = n;
    s->classes = classes;
    s->truth = truth;
    return true;
}

static void most_likely(sample *s, arena *a)
{
    int32_t *pred = arena_new(a, int32_t, s->rows);
    for (size_t r = 0; r < s->rows; r++) {
        const double *c = s->chance + r * s->n_classes;
        for (size_t k = 1; k < s->n_classes; k++)
            if (c[k] > c[pred[r]]) pred[r] = (int32_t)k;
    }
    s->predicted = pred;
}

static bool multiclass_columns(const measure_plan *p, const table *t, const values *label,
                               sample *s, arena *a, err *e)
{
    values pred;
    if (!values_read(t, p->prediction, "prediction", &pred, a, e)) return false;
    values all = {NULL, arena_new(a, str, label->n + pred.n), label->n};
    memcpy(all.name, label->name, label->n * sizeof *all.name);
    int32_t *map = arena_new(a, int32_t, pred.n), *code = arena_new(a, int32_t, s->rows);
    for (size_t k = 0; k < pred.n; k++) {
        size_t i = value_find(&all, pred.name[k]);
        if (i == all.n) all.name[all.n++] = pred.name[k];
        map[k] = (int32_t)i;
    }
    for (size_t r = 0; r < s->rows; r++)
        code[r] = map[pred.code[r]];
    s->n_classes = all.n;
    s->classes = all.name;
    s->truth = label->code;
    s->predicted = code;
    return classes_fit(all.n, e);
}

bool sample_truth(const measure_plan *p, const table *t, size_t classes, sample *ret, arena *a,
                  err *e)
{
    values label;
    *ret = (sample){.task = TASK_MULTICLASS, .rows = t->rows};
    return values_read(t, p->label, "label", &label, a, e) && classes_fit(classes, e) &&
           model_classes(p, &label, classes, ret, a, e);
}

static bool make_multiclass(const measure_plan *p, const measure_input *in, sample *s, arena *a,
                            err *e)
{
    const table *t = in->data;
    values label;
    double *chance;
    if (!values_read(t, p->label, "label", &label, a, e)) return false;
    if (!in->model) return multiclass_columns(p, t, &label, s, a, e);
    size_t n = model_describe(in->model)->n_outputs;
    if (!classes_fit(n, e) || !model_classes(p, &label, n, s, a, e) ||
        !sample_ask(p, in, &chance, a, e))
        return false;
    s->chance = chance;
    most_likely(s, a);
    return true;
}

static bool make_regression(const measure_plan *p, const measure_input *in, sample *s, arena *a,
                            err *e)
{
    const table *t = in->data;
    double *answers;
    if (!number_column(t, p->label, "label", &s->y, e)) return false;
    if (!in->model) return number_column(t, p->prediction, "prediction", &s->yhat, e);
    if (!sample_ask(p, in, &answers, a, e)) return false;
    s->yhat = answers;
    return true;
}

/* Where predictions come from must be said once and clearly. */
static bool sources_fit(const measure_plan *p, const struct model *m, sample_task task, err *e)
{
    if (m && (p->prediction.p || p->score.p))
        return err_set(e, ERR_INVALID, p->prediction.p ? S("prediction") : S("score"),
                       S("name a model or a column, not both"),
                       "the predictions come from the model");
    if (!m && !p->prediction.p && !(p->score.p && task == TASK_BINARY))
        return err_set(e, ERR_INVALID, S("prediction"),
                       S("name the column of predictions, or for a binary label a score column"),
                       "the plan names no predictions");
    if (p->score.p && task != TASK_BINARY)
        return err_set(e, ERR_INVALID, S("score"), S("leave it out, or name `positive`"),
                       "a score column belongs to a binary label");
    if (p->has_threshold && (p->prediction.p || task != TASK_BINARY))
        return err_set(e, ERR_INVALID, S("threshold"), S("leave it out"),
                       "a threshold turns scores of a binary label into predictions; here there "
                       "is nothing to turn");
    return true;
}

bool sample_make(const measure_plan *p, const measure_input *in, sample *ret, arena *a, err *e)
{
    static bool (*const make[])(const measure_plan *, const measure_input *, sample *, arena *,
                                err *) = {make_binary, make_multiclass, make_regression};
    const column *label;
    *ret = (sample){.rows = in->data->rows};
    for (size_t i = 0; i < p->n_groups; i++)
        if (str_eq(p->groups[i], p->label))
            return err_set(e, ERR_INVALID, str_fmt(e->a, "groups.%zu", i), S("name another column"),
                           "the label cannot be a group");
    return full_column(in->data, p->label, "label", &label, e) &&
           task_of(p, label, ret->rows, in->model, &ret->task, e) &&
           sources_fit(p, in->model, ret->task, e) && make[ret->task](p, in, ret, a, e) &&
           groups_make(in->data, p->groups, p->n_groups, p->bins, &ret->g, a, e);
}

int64_t *sample_cells(const sample *s, arena *a)
{
    size_t c = s->n_classes, width = c * c;
    int64_t *n = arena_new(a, int64_t, s->g.n_joint * width);
    for (size_t r = 0; r < s->rows; r++) {
        size_t j = s->g.joint ? (size_t)s->g.joint[r] : 0;
        n[j * width + (size_t)s->truth[r] * c + (size_t)s->predicted[r]]++;
    }
    return n;
}

void sample_sum(const groups *g, const view *v, const int64_t *joint, size_t width, int64_t *ret)
{
    memset(ret, 0, v->n_groups * width * sizeof *ret);
    for (size_t j = 0; j < g->n_joint; j++) {
        int64_t *to = ret + (size_t)v->group_of[j] * width;
        for (size_t k = 0; k < width; k++)
            to[k] += joint[j * width + k];
    }
}
