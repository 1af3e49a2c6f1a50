/* privacy_attribute.c - guessing a sensitive column with and without the model's help. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/plan.h"
#include "measure/privacy.h"
#include "measure/share.h"
#include <math.h>

enum { STREAM_LEARN = 220, VALUES = 20, GUESSERS = 4, TRAINED = 3 };

/* The trained ones stand first: each knows what the one before it knows, and more. */
static const char *const guessers[GUESSERS] = {"imputation", "query", "answer", "inversion"};

struct inference {
    const privacy *p;
    str name;
    size_t column;  /* of the stacked table */
    int32_t *value; /* the sensitive column as 0..values-1 */
    size_t values;
    double *chance;  /* values x rows: the model's of the truth, were that the row's value */
    uint8_t *own;    /* per feature: changes with the sensitive column */
    uint8_t *learns; /* per row: one half of the others */
    bins b;          /* features in the order of what the trained guessers know */
    size_t known[TRAINED];
    double *prior; /* rows x values: chances of imputation */
    uint8_t *right[GUESSERS];
};

static bool read_values(struct inference *x, err *e)
{
    const privacy *p = x->p;
    const column *c;
    const int32_t *code;
    const str *levels;
    str path = S("options.sensitive");
    x->name = plan_value(p->plan, "sensitive")->s;
    if (str_eq(x->name, p->plan->label))
        return err_set(e, ERR_INVALID, path, S("name another column"),
                       "the attacker knows the label");
    if (!table_need(&p->stacked, x->name, path, &c, e) ||
        !column_levels(p->a, c, p->rows, VALUES, path, &code, &levels, &x->values, e))
        return false;
    if (c->missing)
        return err_set(e, ERR_INVALID, path, S("complete them, or leave such rows out"),
                       "column '%.*s' lacks a value in %zu rows", STR_ARG(x->name), c->missing);
    x->column = (size_t)(c - p->stacked.columns);
    x->value = arena_new(p->a, int32_t, p->rows);
    memcpy(x->value, code, p->rows * sizeof *code);
    return true;
}

bool privacy_attribute_check(const privacy *p, err *e)
{
    struct inference x = {.p = p};
    return !plan_value(p->plan, "sensitive") || read_values(&x, e);
}

/* A row with each value, to be put in everybody's place. */
static uint32_t *examples(const struct inference *x, arena *a)
{
    uint32_t *ret = arena_new(a, uint32_t, x->values);
    for (size_t r = x->p->rows; r-- > 0;)
        ret[x->value[r]] = (uint32_t)r;
    return ret;
}

static table everybody(const struct inference *x, uint32_t like, arena *a)
{
    table t = x->p->stacked;
    column *c = arena_new(a, column, t.n_columns), *own = &c[x->column];
    memcpy(c, t.columns, t.n_columns * sizeof *c);
    if (own->type == COLUMN_NUMBER) {
        double v = own->num[like];
        own->num = arena_new(a, double, t.rows);
        for (size_t r = 0; r < t.rows; r++)
            own->num[r] = v;
    } else {
        int32_t v = own->code[like];
        own->code = arena_new(a, int32_t, t.rows);
        for (size_t r = 0; r < t.rows; r++)
            own->code[r] = v;
    }
    t.columns = c;
    return t;
}

static bool differs(float a, float b)
{
    return isnan(a) != isnan(b) || a < b || a > b;
}

static void mark_own(struct inference *x, const float *seen)
{
    const privacy *p = x->p;
    for (size_t r = 0; r < p->rows; r++)
        for (size_t f = 0; f < p->features; f++)
            x->own[f] |= differs(seen[r * p->features + f], p->x[r * p->features + f]);
}

static bool ask_for(struct inference *x, size_t value, uint32_t like, arena *scratch, err *e)
{
    const privacy *p = x->p;
    sample s = p->s;
    float *seen;
    table t = everybody(x, like, scratch);
    if (!sample_matrix(p->plan, p->in.model, &t, &seen, NULL, scratch, e)) return false;
    double *answer = arena_new(scratch, double, p->rows *model_describe(p->in.model)->n_outputs);
    if (!share_predict(&p->in, seen, p->rows, answer, e)) return false;
    mark_own(x, seen);
    *(s.chance ? &s.chance : &s.score) = answer;
    for (size_t r = 0; r < p->rows; r++)
        x->chance[value * p->rows + r] = privacy_chance(&s, r, (size_t)s.truth[r]);
    return true;
}

static bool ask_all(struct inference *x, double from, double to, err *e)
{
    const measure_input *in = &x->p->in;
    const uint32_t *like = examples(x, x->p->a);
    x->chance = arena_array(x->p->a, x->values, x->p->rows * sizeof *x->chance, 64);
    x->own = arena_new(x->p->a, uint8_t, x->p->features);
    for (size_t v = 0; v < x->values; v++) {
        double at = from + (to - from) * (double)v / (double)x->values;
        arena *scratch = arena_open();
        bool ok =
            (!in->progress || in->progress(in->progress_ctx, at) ||
             err_set(e, ERR_UNAVAILABLE, S(""), S("start it again"), "the run was cancelled")) &&
            ask_for(x, v, like[v], scratch, e);
        arena_close(scratch);
        if (!ok) return false;
    }
    return true;
}

/* Features of the guessers, one behind the other: other features and the truth; the chance of the
 * truth for each value; how far that is from the model's answer. */
static bool make_bins(struct inference *x, err *e)
{
    const privacy *p = x->p;
    size_t rest = 0, n = 0;
    for (size_t f = 0; f < p->features; f++)
        rest += !x->own[f];
    if (rest == p->features)
        return err_set(e, ERR_INVALID, S("options.sensitive"), S("name a column the model sees"),
                       "the model does not see '%.*s'", STR_ARG(x->name));
    x->known[0] = rest + 1;
    x->known[1] = x->known[0] + x->values;
    x->known[2] = x->known[1] + x->values;
    size_t width = x->known[2];
    float *m = arena_array(p->a, p->rows, width * sizeof *m, 64);
    for (size_t r = 0; r < p->rows; r++) {
        double answer = privacy_chance(&p->s, r, (size_t)p->s.truth[r]);
        for (size_t f = 0; f < p->features; f++)
            if (!x->own[f]) m[n++] = p->x[r * p->features + f];
        m[n++] = (float)p->s.truth[r];
        for (size_t v = 0; v < x->values; v++)
            m[n++] = (float)x->chance[v * p->rows + r];
        for (size_t v = 0; v < x->values; v++)
            m[n++] = (float)fabs(x->chance[v * p->rows + r] - answer);
    }
    x->b = bins_make(m, p->rows, width, p->a);
    return true;
}

static void softmax(double *m, size_t outputs, size_t values)
{
    double sum = 0;
    if (outputs == 1) {
        m[1] = m[0];
        m[0] = 0;
    }
    for (size_t k = 0; k < values; k++)
        sum += m[k] = exp(fmin(m[k], 500));
    for (size_t k = 0; k < values; k++)
        m[k] /= sum;
}

static size_t largest(const double *v, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        if (v[k] > v[best]) best = k;
    return best;
}

static bool one_guesser(void *ctx, size_t g, arena *scratch, err *e)
{
    const struct inference *x = ctx;
    boost_plan plan = {.rounds = 60, .depth = 4, .rate = 0.15, .lambda = 1, .min_weight = 2};
    uint32_t *row = arena_new(scratch, uint32_t, x->p->rows);
    double *chance = arena_new(scratch, double, x->values + 1);
    size_t n = 0;
    (void)e;
    plan.features = x->known[g];
    for (size_t r = 0; r < x->p->rows; r++)
        if (x->learns[r]) row[n++] = (uint32_t)r;
    struct boost *b = boost_train(&x->b, x->value, x->values, row, n, &plan, scratch);
    for (size_t r = 0; r < x->p->rows; r++) {
        boost_margin(b, &x->b, r, chance);
        softmax(chance, boost_outputs(b), x->values);
        x->right[g][r] = largest(chance, x->values) == (size_t)x->value[r];
        if (g == 0) memcpy(x->prior + r * x->values, chance, x->values * sizeof *chance);
    }
    return true;
}

/* The value that makes the truth likeliest, by the model and by imputation. */
static void invert(struct inference *x)
{
    double *chance = arena_new(x->p->a, double, x->values);
    for (size_t r = 0; r < x->p->rows; r++) {
        for (size_t v = 0; v < x->values; v++)
            chance[v] = x->prior[r * x->values + v] * x->chance[v * x->p->rows + r];
        x->right[TRAINED][r] = largest(chance, x->values) == (size_t)x->value[r];
    }
}

/* Rows that only one of two guessers has right: it, the other. */
typedef struct surplus {
    double it, other, n;
} surplus;

static surplus over_imputation(const struct inference *x, size_t g, int32_t member)
{
    surplus s = {0};
    for (size_t r = 0; r < x->p->rows; r++) {
        if (x->p->member[r] != member || x->learns[r]) continue;
        s.n++;
        s.it += x->right[g][r] && !x->right[0][r];
        s.other += !x->right[g][r] && x->right[0][r];
    }
    return s;
}

/* Shares of one multinomial, so their correlation is known. */
static recipe paired(surplus s, arena *a)
{
    double p = s.it / s.n, q = s.other / s.n, rho = 0;
    if (p > 0 && q > 0 && p + q < 1) rho = -sqrt(p * q / ((1 - p) * (1 - q)));
    return recipe_contrast(p, recipe_wilson(s.it, s.n), q, recipe_wilson(s.other, s.n), rho,
                           "mover-paired", a);
}

static void add_guesser(const struct inference *x, size_t g)
{
    const privacy *p = x->p;
    buf b = buf_open(p->a, 256);
    double right = 0;
    buf_fmt(&b, "{\"attack\":\"%s\"}", guessers[g]);
    str slice = buf_str(&b);
    for (size_t r = 0; r < p->members; r++)
        right += x->right[g][r];
    figures_add(p->f, "attribute_inference_accuracy", right / (double)p->members,
                (int64_t)p->members, slice, recipe_wilson(right, (double)p->members));
    if (g == 0) return;
    surplus in = over_imputation(x, g, 1), out = over_imputation(x, g, 0);
    double gain = (in.it - in.other) / in.n, plain = (out.it - out.other) / out.n;
    figures_add(p->f, "attribute_inference_leakage", gain, (int64_t)in.n, slice, paired(in, p->a));
    figures_add(
        p->f, "attribute_inference_memorised", gain - plain, (int64_t)(in.n + out.n), slice,
        recipe_contrast(gain, paired(in, p->a), plain, paired(out, p->a), 0, "mover", p->a));
}

bool privacy_attribute(const privacy *p, double from, double to, err *e)
{
    struct inference x = {.p = p};
    size_t others = p->rows - p->members;
    if (!plan_value(p->plan, "sensitive")) {
        figures_note(p->f, "no attribute inference: options.sensitive names no column");
        return true;
    }
    if (!read_values(&x, e) || !ask_all(&x, from, (from + to) / 2, e) || !make_bins(&x, e))
        return false;
    x.learns = arena_new(p->a, uint8_t, p->rows);
    memcpy(x.learns + p->members,
           privacy_draw(others, others / 2, p->plan->seed, STREAM_LEARN, p->a), others);
    for (size_t g = 0; g < GUESSERS; g++)
        x.right[g] = arena_new(p->a, uint8_t, p->rows);
    x.prior = arena_new(p->a, double, p->rows *x.values);
    if (!share_jobs(&p->in, TRAINED, one_guesser, &x, (from + to) / 2, to, e)) return false;
    invert(&x);
    for (size_t g = 0; g < GUESSERS; g++)
        add_guesser(&x, g);
    figures_note(p->f,
                 "attribute inference: the attacker learned to guess '%.*s' from %zu others, and "
                 "asked the model %zu times a row",
                 STR_ARG(x.name), others / 2, x.values);
    return true;
}
