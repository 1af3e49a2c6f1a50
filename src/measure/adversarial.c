/* adversarial.c - kind adversarial_robustness_test: how small a change flips the model's answers.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/adversarial.h"
#include "measure/kinds.h"
#include "measure/plan.h"
#include "measure/share.h"
#include "model/linear.h"
#include <math.h>

enum { STREAM_ROWS = 111, GROUP = 16, KNOWN = 2000, EPSILONS = 20 };

const char *const adversarial_metrics[] = {"clean_accuracy",
                                           "robust_accuracy",
                                           "certified_robust_accuracy",
                                           "median_adversarial_distance",
                                           "mean_adversarial_distance",
                                           "attack_success_rate",
                                           "attack_excess",
                                           "exact_rate",
                                           "mean_queries",
                                           "max_queries",
                                           NULL};

const measure_option adversarial_options[] = {
    {"threat",    DOC_OBJ,  0,  100000, 0,
     "what may change and how far a change is: docs/measurements/adversarial_robustness_test.md"},
    {"rows",      DOC_INT,  1,  100000, 200,  "most rows to attack, 1 to 100000; default 200"   },
    {"epsilon",   DOC_ARR,  0,  20,     0,
     "distances to give the accuracy at, as texts; default 0.01, 0.02, 0.05, 0.1, 0.2, 0.5"     },
    {"attack",    DOC_STR,  0,  20,     0,    "hopskipjump (default), boundary, square, or none"},
    {"queries",   DOC_INT,  50, 100000, 1000,
     "most questions of an attack per row, 50 to 100000; default 1000"                          },
    {"exact",     DOC_REAL, 0,  100000, 200,
     "million steps per row of the exact search in tree ensembles, 0 for none; default 200"     },
    {"tolerance", DOC_REAL, 0,  1e300,  0,
     "regression: a change of the prediction over this is a flip"                               },
    {NULL,        DOC_NULL, 0,  0,      0,    NULL                                              }
};

/* ---- options ---- */

static int by_size(const void *p, const void *q)
{
    double a = *(const double *)p, b = *(const double *)q;
    return a < b ? -1 : a > b;
}

static str decimal(double v, arena *a)
{
    buf b = buf_open(a, 64);
    jw w = jw_open(&b);
    jw_real(&w, v);
    return buf_str(&b);
}

static bool read_epsilon(adversarial *x, err *e)
{
    static const double usual[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
    const doc *d = plan_value(x->plan, "epsilon");
    size_t n = d ? d->n : COUNT(usual);
    double *v = arena_new(x->a, double, n + 1);
    str *text = arena_new(x->a, str, n + 1);
    for (size_t k = 0; k < n; k++) {
        v[k] = d ? NAN : usual[k];
        if (d && (!str_real(d->at[k].s, &v[k]) || v[k] < 0))
            return err_set(e, ERR_INVALID, str_fmt(e->a, "options.epsilon.%zu", k),
                           S("give numbers from 0 on, as texts: [\"0.05\", \"0.1\"]"),
                           "'%.*s' is no distance", STR_ARG(str_sub(d->at[k].s, 0, 100)));
    }
    if (n) qsort(v, n, sizeof *v, by_size);
    for (size_t k = 0; k < n; k++) {
        if (k && v[k] == v[k - 1])
            return err_set(e, ERR_INVALID, S("options.epsilon"), S("name each distance once"),
                           "a distance stands there twice");
        text[k] = decimal(v[k], x->a);
    }
    x->epsilon = v;
    x->epsilon_text = text;
    x->n_epsilon = n;
    return true;
}

static bool read_attack(adversarial *x, err *e)
{
    const doc *d = plan_value(x->plan, "attack");
    x->attacks = !d || !str_eqz(d->s, "none");
    x->attack.queries = (size_t)plan_number(x->plan, "queries");
    x->attack.seed = x->plan->seed;
    for (size_t k = 0; d && x->attacks && k < COUNT(attack_names); k++) {
        if (!str_eqz(d->s, attack_names[k])) continue;
        x->attack.kind = (attack_kind)k;
        return true;
    }
    if (!d || !x->attacks) return true;
    return err_set(e, ERR_INVALID, S("options.attack"),
                   S("one of: hopskipjump, boundary, square, none"), "'%.*s' is no attack",
                   STR_ARG(d->s));
}

static bool read_target(adversarial *x, err *e)
{
    const measure_plan *p = x->plan;
    const model_info *m = model_describe(x->in->model);
    x->t = (target){x->in->model,
                    x->s.task,
                    m->n_features,
                    m->n_outputs,
                    p->has_threshold ? p->threshold : 0.5,
                    plan_number(p, "tolerance")};
    if (x->s.task == TASK_REGRESSION && !(x->t.tolerance > 0))
        return err_set(e, ERR_INVALID, S("options.tolerance"),
                       S("say how far a prediction may move, in the label's unit"),
                       "a regression flips when it moves too far, and the plan does not say how "
                       "far that is");
    return true;
}

static bool read_threat(adversarial *x, err *e)
{
    const model_info *m = model_describe(x->in->model);
    encode_origin *from = arena_new(x->a, encode_origin, m->n_features);
    encode_origins(x->a, x->plan->encode, x->names, m->n_features, from);
    threat_data data = {x->names, m->n_features, m->categorical, x->x, x->in->data->rows, from};
    return threat_make(x->a, plan_value(x->plan, "threat"), &data, S("options.threat"), &x->th, e);
}

/* Trees are searched unless the plan says no; of other models it may not be asked. */
static bool read_exact(adversarial *x, err *e)
{
    bool asked = doc_get(x->plan->options, "exact") != NULL;
    err quiet = ERR_IN(x->a);
    x->steps = plan_number(x->plan, "exact") * 1e6;
    if (x->steps > 0 && !exact_open(x->a, &x->t, &x->th, &x->exact, asked ? e : &quiet)) {
        if (asked) return false;
        figures_note(&x->f, "nothing is proven: exact distances are known for tree ensembles and "
                            "linear models only");
    }
    if (x->exact || x->attacks) return true;
    return err_set(e, ERR_INVALID, S("options.attack"), S("use hopskipjump"),
                   "neither an attack nor an exact search is left to do");
}

/* ---- rows ---- */

/* Some of n rows, in order, each set as likely (Knuth, TAOCP 2, 3.4.2, algorithm S). */
static size_t draw_rows(uint64_t seed, uint64_t stream_part, size_t n, size_t wanted, size_t *ret)
{
    rng r = rng_open(seed, STREAM_ROWS, stream_part);
    size_t got = 0;
    for (size_t i = 0; i < n && got < wanted; i++)
        if (wanted >= n || rng_uniform(&r) * (double)(n - i) < (double)(wanted - got))
            ret[got++] = i;
    return got;
}

static double answer_of(const sample *s, size_t row)
{
    return s->task == TASK_REGRESSION ? s->yhat[row] : s->predicted[row];
}

static void pick_rows(adversarial *x)
{
    size_t n = x->in->data->rows, most = (size_t)plan_number(x->plan, "rows");
    size_t *row = arena_new(x->a, size_t, most < n ? most : n);
    x->rows = draw_rows(x->plan->seed, 0, n, most, row);
    x->at = arena_new(x->a, victim, x->rows);
    x->point = arena_array(x->a, x->rows, x->t.features * sizeof(float), _Alignof(float));
    for (size_t k = 0; k < x->rows; k++) {
        bool right = x->s.task == TASK_REGRESSION || x->s.truth[row[k]] == x->s.predicted[row[k]];
        x->at[k] = (victim){
            .row = row[k], .own = answer_of(&x->s, row[k]), .attacked = right, .found = INFINITY};
        x->at[k].attack.distance = x->at[k].exact.upper = INFINITY;
        memcpy(x->point + k * x->t.features, x->x + row[k] * x->t.features,
               x->t.features * sizeof(float));
        x->n_attacked += right;
    }
}

/* Rows that attacks may start from. */
static void pick_known(adversarial *x)
{
    size_t n = x->in->data->rows, f = x->t.features;
    size_t *row = arena_new(x->a, size_t, n < KNOWN ? n : KNOWN);
    size_t got = draw_rows(x->plan->seed, 1, n, KNOWN, row);
    float *known = arena_array(x->a, got, f * sizeof *known, _Alignof(float));
    double *answer = arena_new(x->a, double, got);
    for (size_t k = 0; k < got; k++) {
        memcpy(known + k * f, x->x + row[k] * f, f * sizeof *known);
        answer[k] = answer_of(&x->s, row[k]);
    }
    x->attack.t = &x->t;
    x->attack.th = &x->th;
    x->attack.known = known;
    x->attack.known_answer = answer;
    x->attack.n_known = got;
}

/* ---- attacking ---- */

static bool attack_group(const adversarial *x, const size_t *at, size_t n, arena *scratch, err *e)
{
    size_t f = x->t.features;
    float *x0 = arena_array(scratch, n, f * sizeof *x0, _Alignof(float));
    float *point = arena_array(scratch, n, f * sizeof *x0, _Alignof(float));
    double *own = arena_new(scratch, double, n);
    uint64_t *number = arena_new(scratch, uint64_t, n);
    attack_answer *got = arena_new(scratch, attack_answer, n);
    for (size_t k = 0; k < n; k++) {
        memcpy(x0 + k * f, x->x + x->at[at[k]].row * f, f * sizeof *x0);
        own[k] = x->at[at[k]].own;
        number[k] = x->at[at[k]].row;
    }
    if (!attack_rows(&x->attack, x0, own, number, n, point, got, scratch, e)) return false;
    for (size_t k = 0; k < n; k++) {
        victim *v = &x->at[at[k]];
        v->attack = got[k];
        v->found = got[k].distance;
        memcpy(x->point + at[k] * f, point + k * f, f * sizeof *point);
    }
    return true;
}

static bool search_exactly(const adversarial *x, size_t k, arena *scratch, err *e)
{
    victim *v = &x->at[k];
    size_t f = x->t.features;
    if (!exact_distance(x->exact, x->x + v->row * f, v->own, v->found, x->point + k * f,
                        (uint64_t)x->steps, &v->exact, scratch, e))
        return false;
    v->found = v->exact.upper;
    return true;
}

/* Rows that are attacked together: fewer of very wide ones, for each keeps a batch in memory. */
static size_t group_of(const adversarial *x)
{
    size_t fit = (size_t)GROUP * 1024 / x->t.features;
    return fit >= GROUP ? GROUP : fit ? fit : 1;
}

/* A job: some rows, all of which the attack asks about together. */
static bool attack_job(void *ctx, size_t job, arena *scratch, err *e)
{
    const adversarial *x = ctx;
    size_t at[GROUP], n = 0, group = group_of(x);
    for (size_t k = job * group; k < (job + 1) * group && k < x->rows; k++)
        if (x->at[k].attacked) at[n++] = k;
    if (n && x->attacks && !attack_group(x, at, n, scratch, e)) return false;
    for (size_t k = 0; k < n && x->exact; k++)
        if (!search_exactly(x, at[k], scratch, e)) return false;
    return true;
}

/* ---- figures ---- */

int64_t adversarial_left(const adversarial *x, size_t epsilon, bool proven)
{
    int64_t n = 0;
    for (size_t k = 0; k < x->rows; k++) {
        const victim *v = &x->at[k];
        double far = proven ? v->exact.lower : v->found;
        n += v->attacked && far > x->epsilon[epsilon] && (!proven || x->exact);
    }
    return n;
}

static void add_share(adversarial *x, const char *id, int64_t k, size_t n, str slice)
{
    double v = n ? (double)k / (double)n : NAN;
    figures_add(&x->f, id, v, (int64_t)n, slice, recipe_wilson((double)k, (double)n));
}

static str slice_of(const adversarial *x, size_t epsilon)
{
    return str_fmt(x->a, "{\"epsilon\":\"%s\"}", x->epsilon_text[epsilon].p);
}

/* The ranks between which the median lies with the plan's confidence, by the normal distribution
 * of the number of rows below it. */
static void add_median(adversarial *x, double *far, size_t n)
{
    if (n) qsort(far, n, sizeof *far, by_size);
    double half = stat_normal_quantile((1 + x->plan->confidence) / 2) * sqrt((double)n) / 2;
    double low = floor((double)n / 2 - half), high = ceil((double)n / 2 + half);
    double value = n ? (far[(n - 1) / 2] + far[n / 2]) / 2 : NAN;
    recipe r = {0};
    if (n && low >= 1 && high < (double)n && far[(size_t)high] < INFINITY)
        r = recipe_fixed(far[(size_t)low - 1], far[(size_t)high], "order-statistics");
    figures_add(&x->f, "median_adversarial_distance", isinf(value) ? NAN : value, (int64_t)n,
                (str){0}, r);
    if (isinf(value))
        figures_note(&x->f, "no median distance: more than half of the rows did not flip");
}

static void add_mean(adversarial *x, const char *id, moments m, double floor)
{
    recipe r = recipe_mean(m, floor, INFINITY);
    figures_add(&x->f, id, m.n > 0 ? m.mean : NAN, (int64_t)m.n, (str){0}, r);
}

static void add_distances(adversarial *x)
{
    double *far = arena_new(x->a, double, x->rows + 1);
    size_t n = 0;
    moments found = {0}, excess = {0};
    for (size_t k = 0; k < x->rows; k++) {
        const victim *v = &x->at[k];
        if (!v->attacked) continue;
        far[n++] = v->found;
        if (v->found < INFINITY) moments_add(&found, v->found);
        if (v->exact.closed && v->found > 0 && v->attack.distance < INFINITY)
            moments_add(&excess, v->attack.distance / v->found - 1);
    }
    add_median(x, far, n);
    add_mean(x, "mean_adversarial_distance", found, 0);
    if (x->exact && x->attacks) add_mean(x, "attack_excess", excess, 0);
}

static void add_efforts(adversarial *x)
{
    int64_t hits = 0, closed = 0;
    double most = 0;
    moments queries = {0};
    for (size_t k = 0; k < x->rows; k++) {
        const victim *v = &x->at[k];
        if (!v->attacked) continue;
        hits += v->attack.distance < INFINITY;
        closed += v->exact.closed;
        moments_add(&queries, (double)v->attack.queries);
        most = fmax(most, (double)v->attack.queries);
    }
    if (x->exact) add_share(x, "exact_rate", closed, x->n_attacked, (str){0});
    if (!x->attacks) return;
    add_share(x, "attack_success_rate", hits, x->n_attacked, (str){0});
    add_mean(x, "mean_queries", queries, 0);
    figures_add(&x->f, "max_queries", most, (int64_t)x->n_attacked, (str){0},
                recipe_fixed(most, most, "exact"));
}

static void add_figures(adversarial *x)
{
    if (x->s.task != TASK_REGRESSION)
        add_share(x, "clean_accuracy", (int64_t)x->n_attacked, x->rows, (str){0});
    for (size_t k = 0; k < x->n_epsilon; k++) {
        add_share(x, "robust_accuracy", adversarial_left(x, k, false), x->rows, slice_of(x, k));
        if (x->exact)
            add_share(x, "certified_robust_accuracy", adversarial_left(x, k, true), x->rows,
                      slice_of(x, k));
    }
    add_distances(x);
    add_efforts(x);
}

static void add_notes(adversarial *x)
{
    const char *what = x->s.task == TASK_REGRESSION ? "" : " that the model gets right";
    figures_note(&x->f, "%zu of %zu rows were drawn; the %zu of them%s were attacked", x->rows,
                 x->in->data->rows, x->n_attacked, what);
    figures_note(&x->f,
                 "distances are %s over the threat model's costs; what it does not allow "
                 "was not tried, and nothing is said about it",
                 threat_norms[x->th.norm]);
    figures_note(&x->f, x->exact ? "robust_accuracy is what no search broke, "
                                   "certified_robust_accuracy what is proven: the truth lies "
                                   "between them"
                                 : "robust_accuracy is what this attack did not break: a stronger "
                                   "one may break more");
}

/* ---- the run ---- */

static const char *const references[] = {
    "Chen, Jordan & Wainwright, HopSkipJumpAttack, IEEE S&P (2020)",
    "Brendel, Rauber & Bethge, Decision-based adversarial attacks, ICLR (2018)",
    "Andriushchenko et al., Square attack, ECCV (2020)",
    "Kantchelian, Tygar & Joseph, Evasion and hardening of tree ensemble classifiers, ICML (2016)",
    "Chen et al., Robustness verification of tree-based models, NeurIPS (2019)",
    "Globerson & Jaakkola, Fixing max-product, NIPS (2007)",
    "Everett, Generalized Lagrange multiplier method, Operations Research 11 (1963)",
    NULL};

static bool prepare(adversarial *x, err *e)
{
    float *all;
    if (!read_epsilon(x, e) || !read_attack(x, e) || !sample_make(x->plan, x->in, &x->s, x->a, e) ||
        !sample_matrix(x->plan, x->in->model, x->in->data, &all, &x->names, x->a, e))
        return false;
    x->x = all;
    return read_target(x, e) && read_threat(x, e) && read_exact(x, e);
}

bool adversarial_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                     err *e)
{
    static const groups none = {0};
    adversarial x = {.plan = p, .in = in, .a = a};
    x.f = figures_open(p, &none, a);
    if (!prepare(&x, e)) return false;
    pick_rows(&x);
    pick_known(&x);
    size_t group = group_of(&x), jobs = (x.rows + group - 1) / group;
    if (!share_jobs(in, jobs, attack_job, &x, 0, 1, e)) return false;
    ret->method = str_fmt(a, "%s%s%s", x.attacks ? attack_names[x.attack.kind] : "",
                          x.attacks && x.exact ? " and " : "",
                          !x.exact                  ? ""
                          : model_linear(in->model) ? "exact distances of a linear model"
                                                    : "exact search of tree ensembles");
    ret->references = references;
    add_notes(&x);
    add_figures(&x);
    return adversarial_tables(&x, &ret->tables, &ret->figures, e) && figures_judge(&x.f, ret, e) &&
           (!in->values || adversarial_values(&x, e));
}
