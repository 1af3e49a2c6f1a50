/* test_privacy.c - privacy attacks in worlds whose leakage is known in closed form. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"
#include "measure/privacy.h"
#include "measure/rng.h"
#include "model/model_impl.h"

static const metric *loss(const measure_result *r, const char *id)
{
    return find(r, id, "{\"attack\":\"loss\"}");
}

/* ---- tables and models ---- */

#define COLUMNS 4
static const char *const names[COLUMNS] = {"y", "p", "s", "g"};

static table four(arena *a, size_t rows)
{
    column *c = arena_new(a, column, COLUMNS);
    for (size_t k = 0; k < COLUMNS; k++)
        c[k] = (column){.name = str_of(names[k]), .num = arena_new(a, double, rows)};
    return (table){.rows = rows, .n_columns = COLUMNS, .columns = c};
}

/* Says that the chance of class 1 is p. */
static bool echo(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)e;
    for (size_t r = 0; r < rows; r++)
        ret[r] = (double)x[r * m->info.n_features];
    return true;
}

/* Knows the rows it was given by heart: by p, or by p and s; of others it says what p alone tells.
 */
static bool recite(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    const table *t = m->self;
    (void)e;
    for (size_t r = 0; r < rows; r++) {
        ret[r] = 0.5;
        for (size_t i = 0; i < t->rows; i++)
            if (fabsf((float)t->columns[1].num[i] - x[2 * r]) < 1e-7f &&
                fabs(t->columns[2].num[i] - (double)x[2 * r + 1]) < 0.5)
                ret[r] = t->columns[0].num[i] > 0.5 ? 0.95 : 0.05;
    }
    return true;
}

static struct model model_of(model_predict_fn *predict, void *self)
{
    static const str features[] = {
        {"p", 1},
        {"s", 1}
    };
    static const bool category[2] = {false};
    return (struct model){
        .info = {.format = "test",
                 .task = MODEL_BINARY,
                 .n_features = 2,
                 .n_outputs = 1,
                 .features = features,
                 .categorical = category},
        .predict = predict,
        .self = self
    };
}

static measure_plan plan_of(arena *a, const char *options)
{
    err e = ERR_IN(a);
    doc *d;
    measure_plan p = measure_plan_default();
    p.kind = S("privacy_attack_test");
    p.label = S("y");
    p.positive = S("1");
    if (!doc_parse(a, str_of(options), 10000, &d, &e)) fail_msg("%s", e.msg.p);
    p.options = d;
    return p;
}

static void run(const measure_plan *p, const measure_input *in, measure_result *r, arena *a)
{
    err e = ERR_IN(a);
    if (!measure_run(p, in, r, a, &e)) fail_msg("%.*s: %.*s", STR_ARG(e.path), STR_ARG(e.msg));
}

/* A row of which the model's chance of the truth has the logit z. */
static void put(table *t, size_t r, rng *g, double z)
{
    double c = 1 / (1 + exp(-z));
    bool y = rng_uniform(g) < 0.5;
    t->columns[0].num[r] = y;
    t->columns[1].num[r] = y ? c : 1 - c;
    t->columns[2].num[r] = floor(rng_uniform(g) * 3);
    t->columns[3].num[r] = (double)(r % 2);
}

static table normal_table(arena *a, size_t rows, uint64_t number, double mean)
{
    table t = four(a, rows);
    rng g = rng_open(2026, 95, number);
    for (size_t r = 0; r < rows; r++)
        put(&t, r, &g, mean + rng_normal(&g));
    return t;
}

static double phi(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

/* ---- closed forms ---- */

static void memorising(void **state)
{
    arena *a = arena_open();
    measure_result r;
    measure_plan p = plan_of(a, "{\"models\": 0}");
    struct model m = model_of(echo, NULL);
    table in = normal_table(a, 500, 1, 0), out = normal_table(a, 1500, 2, 0);
    for (size_t k = 0; k < 500; k++)
        in.columns[1].num[k] = in.columns[0].num[k] > 0.5 ? 0.9999 : 0.0001;
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    near(loss(&r, "membership_auc")->value, 1, 0);
    near(loss(&r, "membership_advantage")->value, 1, 0.01);
    near(loss(&r, "tpr_at_fpr_0_01")->value, 1, 0);
    near(loss(&r, "tpr_at_fpr_0_001")->value, 1, 0);
    assert_true(loss(&r, "tpr_at_fpr_0_01")->lo > 0.98);
    near(find(&r, "member_accuracy", NULL)->value, 1, 0);
    near(find(&r, "generalisation_gap", NULL)->value,
         1 - find(&r, "non_member_accuracy", NULL)->value, 1e-12);
    for (size_t i = 0; i < r.n_notes; i++)
        assert_null(strstr(r.notes[i].p, "equal a member"));
    out = in;
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    bool told = false;
    for (size_t i = 0; i < r.n_notes; i++)
        told |= str_starts(r.notes[i], S("500 of the others equal a member"));
    assert_true(told);
    arena_close(a);
    (void)state;
}

static void constant(void **state)
{
    arena *a = arena_open();
    measure_result r;
    measure_plan p = plan_of(a, "{\"models\": 4}");
    struct model m = model_of(echo, NULL);
    table in = normal_table(a, 300, 1, 0), out = normal_table(a, 400, 2, 0);
    for (size_t k = 0; k < 400; k++)
        out.columns[1].num[k] = in.columns[1].num[k % 300] = 0.5;
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    near(loss(&r, "membership_auc")->value, 0.5, 0);
    near(loss(&r, "membership_advantage")->value, 0, 0);
    near(loss(&r, "tpr_at_fpr_0_01")->value, 0, 0);
    assert_true(isnan(loss(&r, "tpr_at_fpr_0_001")->value)); /* 400 others */
    for (size_t i = 0; i < r.n_metrics; i++)
        if (str_eqz(r.metrics[i].id, "membership_auc"))
            assert_true(r.metrics[i].lo <= 0.5 && r.metrics[i].hi >= 0.5);
    arena_close(a);
    (void)state;
}

/* scikit-learn 1.2.1, script/reference/privacy.py, on 3,000 tied scores of a generator that is the
 * same everywhere. */
static double draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) / 16777216.0;
}

static void curve_is_sklearns(void **state)
{
    arena *a = arena_open();
    measure_result r;
    measure_plan p = plan_of(a, "{\"models\": 0}");
    struct model m = model_of(echo, NULL);
    table in = four(a, 1000), out = four(a, 2000);
    uint32_t seed = 11;
    size_t n[2] = {0};
    for (size_t i = 0; i < 3000; i++) {
        double u = draw(&seed);
        bool member = i % 3 == 0;
        table *t = member ? &in : &out;
        size_t row = n[member]++;
        double score = floor((u + (member ? 0.2 * u : 0)) * 500) / 500;
        double c = 1 / (1 + exp(-score));
        t->columns[0].num[row] = (double)(row % 2);
        t->columns[1].num[row] = (float)c; /* what the model says is seen as a float */
        if (row % 2 == 0) t->columns[1].num[row] = 1 - c;
    }
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    near(loss(&r, "membership_auc")->value, 0.58127499999999999, 2e-5);
    near(loss(&r, "tpr_at_fpr_0_01")->value, 0.183, 1e-12);
    near(loss(&r, "tpr_at_fpr_0_001")->value, 0.18, 1e-12);
    assert_non_null(strstr(r.figures.p, "{\"name\":\"loss\",\"points\":[[0.0"));
    assert_non_null(strstr(r.figures.p, "[0.01,0.183]"));
    arena_close(a);
    (void)state;
}

/* Members' logits lie 1 higher: AUC, best advantage and tails of two normals. */
enum { RUNS = 200, SIDE = 1200 };

static void scores(const table *t, double *ret)
{
    for (size_t r = 0; r < t->rows; r++) {
        double p = (double)(float)t->columns[1].num[r];
        ret[r] = privacy_logit(t->columns[0].num[r] > 0.5 ? p : 1 - p);
    }
}

/* What the thresholds that were found are worth in truth: of the two halves', one is the lowest
 * score taken for a member's, the other hardly above the highest that was not. */
static double attained(const table *in, const table *out, uint64_t seed, double shift, arena *a)
{
    enum { ALL = 2 * SIDE };
    double *score = arena_new(a, double, ALL), low = INFINITY, high = -INFINITY;
    int32_t *member = arena_new(a, int32_t, ALL);
    uint8_t *said = arena_new(a, uint8_t, ALL);
    scores(in, score);
    scores(out, score + SIDE);
    for (size_t r = 0; r < SIDE; r++)
        member[r] = 1;
    privacy_advantage(score, member, ALL, seed, said, a);
    for (size_t r = 0; r < ALL; r++) {
        low = said[r] ? fmin(low, score[r]) : low;
        high = said[r] ? high : fmax(high, score[r]);
    }
    return (phi(shift - low) - phi(-low) + phi(shift - high) - phi(-high)) / 2;
}

static void coverage(void **state)
{
    const double shift = 1;
    const struct {
        const char *id;
        double truth, least, most;
    } want[] = {
        {"membership_auc",       phi(shift / sqrt(2)),                     0.86, 0.94},
        {"membership_advantage", 2 * phi(shift / 2) - 1,                   0.85, 0.95},
        {"tpr_at_fpr_0_01",      phi(shift - stat_normal_quantile(0.99)),  0.86, 0.98},
        {"tpr_at_fpr_0_001",     phi(shift - stat_normal_quantile(0.999)), 0.86, 1   },
    };
    int hits[COUNT(want)] = {0};
    moments loss_of_choice = {0};
    struct model m = model_of(echo, NULL);
    for (uint64_t i = 0; i < RUNS; i++) {
        arena *a = arena_open();
        measure_result r;
        measure_plan p = plan_of(a, "{\"models\": 0}");
        table in = normal_table(a, SIDE, 2 * i, shift), out = normal_table(a, SIDE, 2 * i + 1, 0);
        p.confidence = 0.9;
        p.seed = i + 1;
        run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m, .threads = 1}, &r, a);
        for (size_t k = 0; k < COUNT(want); k++) {
            const metric *f = loss(&r, want[k].id);
            double truth = k == 1 ? attained(&in, &out, p.seed, shift, a) : want[k].truth;
            hits[k] += f->lo <= truth && truth <= f->hi;
            if (k == 1) moments_add(&loss_of_choice, want[k].truth - truth);
        }
        arena_close(a);
    }
    assert_true(loss_of_choice.mean > 0 && loss_of_choice.mean < 0.01);
    bool ok = true;
    for (size_t k = 0; k < COUNT(want); k++) {
        double share = hits[k] / (double)RUNS;
        bool good = share >= want[k].least && share <= want[k].most;
        ok &= good;
        printf("  %-22s holds its truth in %.4f of runs (%.2f..%.2f)%s\n", want[k].id, share,
               want[k].least, want[k].most, good ? "" : "  WRONG");
    }
    assert_true(ok);
    (void)state;
}

/* Choosing the best threshold in sample would find an advantage where there is none. */
static void no_optimism(void **state)
{
    moments m = {0};
    struct model echo_ = model_of(echo, NULL);
    for (uint64_t i = 0; i < 120; i++) {
        arena *a = arena_open();
        measure_result r;
        measure_plan p = plan_of(a, "{\"models\": 0}");
        table in = normal_table(a, 100, 2 * i, 0), out = normal_table(a, 100, 2 * i + 1, 0);
        p.seed = i + 1;
        run(&p, &(measure_input){.data = &out, .reference = &in, .model = &echo_, .threads = 1}, &r,
            a);
        moments_add(&m, loss(&r, "membership_advantage")->value);
        arena_close(a);
    }
    near(m.mean, 0, 3 * moments_se(m));
    (void)state;
}

/* ---- memory of rows ---- */

/* p is noise that names a row, s a coin, y a coin: nothing can be known but by heart. */
static table coins(arena *a, size_t rows, uint64_t number)
{
    table t = four(a, rows);
    rng g = rng_open(2026, 96, number);
    for (size_t r = 0; r < rows; r++) {
        t.columns[0].num[r] = rng_uniform(&g) < 0.5;
        t.columns[1].num[r] = (double)(float)rng_uniform(&g);
        t.columns[2].num[r] = rng_uniform(&g) < 0.5;
        t.columns[3].num[r] = (double)(r % 2);
    }
    return t;
}

static const char *const all_options =
    "{\"models\": 8, \"rounds\": 10, \"depth\": 3, \"sensitive\": \"s\", \"epsilons\": [\"1\", "
    "\"4\"], \"ranges\": {\"p\": [0, 1], \"s\": [0, 1]}}";

static void by_heart(void **state)
{
    arena *a = arena_open();
    measure_result r;
    measure_plan p = plan_of(a, all_options);
    table in = coins(a, 600, 1), out = coins(a, 600, 2);
    struct model m = model_of(recite, &in);
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    static const char *const attacks[] = {"loss", "confidence", "lira_offline"};
    for (size_t i = 0; i < COUNT(attacks); i++)
        assert_true(
            find(&r, "membership_auc", str_fmt(a, "{\"attack\":\"%s\"}", attacks[i]).p)->lo > 0.9);
    /* With a member's own value the model gives what it learned by heart; with the other it does
     * not know. Who learned from other people's rows has not seen that. */
    const metric *f = find(&r, "attribute_inference_accuracy", "{\"attack\":\"imputation\"}");
    assert_true(f->lo < 0.5 && f->hi > 0.45);
    near(find(&r, "attribute_inference_accuracy", "{\"attack\":\"inversion\"}")->value, 1, 0.2);
    f = find(&r, "attribute_inference_leakage", "{\"attack\":\"inversion\"}");
    assert_true(f->lo > 0.2 && f->value < 0.6);
    assert_true(find(&r, "attribute_inference_memorised", "{\"attack\":\"inversion\"}")->lo > 0.2);
    assert_true(find(&r, "attribute_inference_leakage", "{\"attack\":\"query\"}")->value < 0.1);
    arena_close(a);
    (void)state;
}

/* Who asks with an answer at hand sees which value gives it: the model always tells s. */
static bool tell(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)e;
    for (size_t r = 0; r < rows; r++)
        ret[r] = 0.3 + 0.4 * (double)x[2 * r + 1];
    return true;
}

static void answers_tell(void **state)
{
    arena *a = arena_open();
    measure_result r;
    measure_plan p = plan_of(a, "{\"models\": 0, \"sensitive\": \"s\"}");
    table in = coins(a, 800, 3), out = coins(a, 800, 4);
    struct model m = model_of(tell, NULL);
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    const metric *f = find(&r, "attribute_inference_leakage", "{\"attack\":\"answer\"}");
    near(find(&r, "attribute_inference_accuracy", "{\"attack\":\"answer\"}")->value, 1, 0);
    near(f->value, 0.5, 0.06);
    assert_true(f->lo > 0.4 && f->hi < 0.6);
    f = find(&r, "attribute_inference_leakage", "{\"attack\":\"query\"}");
    assert_true(f->lo < 0.05 && f->hi > -0.05); /* the same answers for everybody */
    f = find(&r, "attribute_inference_memorised", "{\"attack\":\"answer\"}");
    assert_true(f->lo < 0 && f->hi > 0);
    arena_close(a);
    (void)state;
}

/* ---- several classes ---- */

/* Three classes: p is the chance of the truth, the next class gets most of the rest. */
static bool three(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)e;
    for (size_t r = 0; r < rows; r++) {
        size_t truth = (size_t)x[2 * r + 1];
        double p = (double)x[2 * r];
        ret[3 * r + truth] = p;
        ret[3 * r + (truth + 1) % 3] = (1 - p) * 0.9;
        ret[3 * r + (truth + 2) % 3] = (1 - p) * 0.1;
    }
    return true;
}

/* AUC by brute force of what an attack should say of a row. */
typedef double say_fn(double p);

static double say_loss(double p)
{
    return p;
}

static double say_confidence(double p)
{
    return fmax(p, (1 - p) * 0.9);
}

static double say_entropy(double p)
{
    double q = (1 - p) * 0.9, s = (1 - p) * 0.1;
    return p * log(p) + q * log(q) + s * log(s);
}

static double say_modified(double p)
{
    double q = (1 - p) * 0.9, s = (1 - p) * 0.1;
    return (1 - p) * log(p) + q * log(1 - q) + s * log(1 - s);
}

static double say_margin(double p)
{
    return p - (1 - p) * 0.9;
}

static double brute_auc(const table *in, const table *out, say_fn *say)
{
    double wins = 0;
    for (size_t i = 0; i < in->rows; i++)
        for (size_t k = 0; k < out->rows; k++) {
            double a = say((double)(float)in->columns[1].num[i]);
            double b = say((double)(float)out->columns[1].num[k]);
            wins += a > b ? 1 : a < b ? 0 : 0.5;
        }
    return wins / (double)(in->rows * out->rows);
}

static void classes(arena *a, table *t, uint64_t number, double power)
{
    rng g = rng_open(2026, 97, number);
    *t = four(a, 300);
    for (size_t r = 0; r < t->rows; r++) {
        t->columns[0].num[r] = t->columns[2].num[r] = floor(rng_uniform(&g) * 3);
        t->columns[1].num[r] = 0.01 + 0.98 * pow(rng_uniform(&g), power);
    }
}

static void several_classes(void **state)
{
    static const struct {
        const char *name;
        say_fn *say;
    } attacks[] = {
        {"loss",             say_loss      },
        {"confidence",       say_confidence},
        {"entropy",          say_entropy   },
        {"modified_entropy", say_modified  },
        {"margin",           say_margin    },
    };
    arena *a = arena_open();
    measure_result r;
    measure_plan p = plan_of(a, "{\"models\": 4, \"rounds\": 3, \"depth\": 2}");
    table in, out;
    struct model m = model_of(three, NULL);
    m.info.task = MODEL_MULTICLASS;
    m.info.n_outputs = 3;
    classes(a, &in, 1, 0.5);
    classes(a, &out, 2, 1);
    p.positive = (str){0};
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    for (size_t i = 0; i < COUNT(attacks); i++) {
        str slice = str_fmt(a, "{\"attack\":\"%s\"}", attacks[i].name);
        near(find(&r, "membership_auc", slice.p)->value, brute_auc(&in, &out, attacks[i].say),
             1e-12);
    }
    find(&r, "membership_auc", "{\"attack\":\"lira_online\"}");
    find(&r, "membership_auc", "{\"attack\":\"shadow\"}");
    arena_close(a);
    (void)state;
}

/* ---- twins ---- */

/* Mean advantages over many seeds; test_train.c has the case in which a twin without noise fails.
 */
static void private_twins_keep_the_bound(void **state)
{
    moments m[2] = {{0}};
    for (uint64_t i = 0; i < 40; i++) {
        arena *a = arena_open();
        measure_result r;
        measure_plan p = plan_of(a, "{\"models\": 0, \"epsilons\": [\"0.1\", \"1\"], "
                                    "\"ranges\": {\"p\": [0, 1], \"s\": [0, 1]}}");
        table in = coins(a, 30, 100 + i), out = coins(a, 300, 200 + i);
        struct model echo_ = model_of(echo, NULL);
        p.seed = i + 1;
        run(&p, &(measure_input){.data = &out, .reference = &in, .model = &echo_, .threads = 1}, &r,
            a);
        moments_add(&m[0], find(&r, "twin_membership_advantage", "{\"epsilon\":\"0.1\"}")->value);
        moments_add(&m[1], find(&r, "twin_membership_advantage", "{\"epsilon\":\"1\"}")->value);
        find(&r, "twin_auc", "{\"epsilon\":\"none\"}");
        find(&r, "twin_accuracy", "{\"epsilon\":\"model\"}");
        arena_close(a);
    }
    assert_true(m[0].mean - 2 * moments_se(m[0]) <= account_advantage(0.1, 1e-5));
    assert_true(m[1].mean <= account_advantage(1, 1e-5));
    (void)state;
}

/* y follows p: with enough privacy budget and rows a twin is as good as one without noise. */
static void privacy_costs_utility(void **state)
{
    arena *a = arena_open();
    measure_result r;
    measure_plan p = plan_of(a, "{\"models\": 0, \"epsilons\": [\"0.01\", \"8\"], "
                                "\"ranges\": {\"p\": [0, 1], \"s\": [0, 2]}}");
    table in = normal_table(a, 3000, 7, 1), out = normal_table(a, 3000, 8, 1);
    struct model m = model_of(echo, NULL);
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    double none = find(&r, "twin_auc", "{\"epsilon\":\"none\"}")->value;
    near(none, find(&r, "twin_auc", "{\"epsilon\":\"model\"}")->value, 0.01);
    near(find(&r, "twin_auc", "{\"epsilon\":\"8\"}")->value, none, 0.02);
    assert_true(find(&r, "twin_accuracy", "{\"epsilon\":\"0.01\"}")->value <
                find(&r, "twin_accuracy", "{\"epsilon\":\"8\"}")->value - 0.02);
    assert_non_null(strstr(r.tables.p, "advantage_bound"));
    arena_close(a);
    (void)state;
}

/* ---- groups, limits, threads, errors ---- */

static str json_of(const measure_plan *p, const measure_input *in, arena *a)
{
    measure_result r;
    buf b = buf_open(a, 1 << 22);
    jw w = jw_open(&b);
    run(p, in, &r, a);
    measure_result_json(p, &r, &(measure_context){.subject = S("{}"), .tool_version = S("t")}, &w);
    return buf_str(&b);
}

static void threads_change_nothing(void **state)
{
    arena *a = arena_open();
    measure_plan p = plan_of(a, all_options);
    table in = coins(a, 300, 1), out = coins(a, 300, 2);
    struct model m = model_of(recite, &in);
    measure_input one = {.data = &out, .reference = &in, .model = &m, .threads = 1}, many = one;
    many.threads = 5;
    assert_true(str_eq(json_of(&p, &one, a), json_of(&p, &many, a)));
    arena_close(a);
    (void)state;
}

static void groups_and_limits(void **state)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = plan_of(a, "{\"models\": 4, \"rounds\": 5, \"ranges\": {\"p\": [0, 1], "
                                "\"s\": [0, 2]}}");
    static const str g[] = {
        {"g", 1}
    };
    limit l[3];
    table in = normal_table(a, 1000, 1, 0), out = normal_table(a, 1000, 2, 0);
    for (size_t k = 1; k < 1000; k += 2) /* only group 1 is given away */
        in.columns[1].num[k] = in.columns[0].num[k] > 0.5 ? 0.9999 : 0.0001;
    struct model m = model_of(echo, NULL);
    p.groups = g;
    p.n_groups = 1;
    p.limits = l;
    p.n_limits = 3;
    if (!limit_parse(a, S("membership_auc[attack=loss]<=0.6"), &l[0], &e) ||
        !limit_parse(a, S("membership_auc[g=0,attack=loss]<=0.6"), &l[1], &e) ||
        !limit_parse(a, S("twin_membership_advantage[epsilon=1]<=1"), &l[2], &e))
        fail_msg("%s", e.msg.p);
    run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a);
    assert_int_equal(loss(&r, "membership_auc")->verdict, VERDICT_FAIL);
    const metric *f = find(&r, "membership_auc", "{\"g\":\"0\",\"attack\":\"loss\"}");
    assert_int_equal(f->verdict, VERDICT_PASS);
    near(f->value, 0.5, 0.05);
    near(find(&r, "membership_auc", "{\"g\":\"1\",\"attack\":\"loss\"}")->value, 1, 0);
    near(find(&r, "membership_advantage", "{\"g\":\"1\",\"attack\":\"loss\"}")->value, 1, 0.05);
    near(find(&r, "tpr_at_fpr_0_01", "{\"g\":\"1\",\"attack\":\"loss\"}")->value, 1, 0);
    assert_int_equal(find(&r, "twin_membership_advantage", "{\"epsilon\":\"1\"}")->verdict,
                     VERDICT_PASS);
    find(&r, "generalisation_gap", "{\"g\":\"1\"}");
    arena_close(a);
    (void)state;
}

static bool stop(void *ctx, double done)
{
    return done < *(const double *)ctx;
}

static void cancelled(void **state)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = plan_of(a, all_options);
    table in = coins(a, 100, 1), out = coins(a, 100, 2);
    struct model m = model_of(recite, &in);
    static const double at[] = {0, 0.65, 0.75, 0.8};
    for (size_t i = 0; i < COUNT(at); i++) {
        measure_input x = {.data = &out, .reference = &in, .model = &m, .progress = stop};
        double until = at[i];
        x.progress_ctx = &until;
        assert_false(measure_run(&p, &x, &r, a, &e));
        assert_int_equal(e.code, ERR_UNAVAILABLE);
    }
    arena_close(a);
    (void)state;
}

static void refused(const char *options, const char *path)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = plan_of(a, options);
    table in = normal_table(a, 50, 1, 0), out = normal_table(a, 50, 2, 0);
    struct model m = model_of(echo, NULL);
    if (measure_run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a, &e))
        fail_msg("%s was taken", options);
    if (!str_eqz(e.path, path) || e.code != ERR_INVALID)
        fail_msg("%s: path %.*s, %.*s", options, STR_ARG(e.path), STR_ARG(e.msg));
    assert_true(e.hint.n > 0);
    arena_close(a);
}

static void refusals(void **state)
{
    refused("{\"models\": 3}", "options.models");
    refused("{\"models\": 0, \"sensitive\": \"y\"}", "options.sensitive");
    refused("{\"models\": 0, \"sensitive\": \"g\"}", "options.sensitive");
    refused("{\"models\": 0, \"sensitive\": \"p\"}", "options.sensitive");
    refused("{\"models\": 0, \"ranges\": {\"p\": [0, 1]}}", "options.ranges.s");
    refused("{\"models\": 0, \"ranges\": {\"p\": [1, 1], \"s\": [0, 1]}}", "options.ranges.p");
    refused("{\"models\": 0, \"ranges\": {\"p\": [0, 1], \"s\": [0, 1], \"z\": [0, 1]}}",
            "options.ranges.z");
    refused("{\"models\": 0, \"epsilons\": [\"much\"], \"ranges\": {\"p\": [0, 1], \"s\": [0, 1]}}",
            "options.epsilons.0");
    (void)state;
}

/* Levels of both tables stand in bytewise order; columns of one alone are left out. */
static void stacked(void **state)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    table x, y, z;
    static const char *const want[] = {"b", "d", "a", "(none)", "d"};
    assert_true(table_read_bytes(a, S("k,n,c\n1,1,b\n2,2,d\n"), "x", &(table_options){0}, &x, &e));
    assert_true(table_read_bytes(a, S("c,n\na,3\n,4\nd,5\n"), "y", &(table_options){0}, &y, &e));
    assert_true(privacy_stack(&x, &y, &z, a, &e));
    assert_int_equal(z.rows, 5);
    assert_int_equal(z.n_columns, 2);
    assert_int_equal(z.columns[1].n_levels, 3);
    assert_int_equal(z.columns[1].missing, 1);
    for (size_t r = 0; r < 5; r++) {
        near(z.columns[0].num[r], (double)r + 1, 0);
        str s = column_text(a, &z.columns[1], r);
        assert_true(str_eqz(s.p ? s : S("(none)"), want[r]));
    }
    assert_true(table_read_bytes(a, S("n,c\nx,a\n"), "y", &(table_options){0}, &y, &e));
    assert_false(privacy_stack(&x, &y, &z, a, &e));
    assert_true(str_eqz(e.path, "reference"));
    arena_close(a);
    (void)state;
}

static void few_rows(void **state)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = plan_of(a, "{}");
    table in = normal_table(a, 10, 1, 0), out = normal_table(a, 50, 2, 0);
    struct model m = model_of(echo, NULL);
    assert_false(
        measure_run(&p, &(measure_input){.data = &out, .reference = &in, .model = &m}, &r, a, &e));
    assert_true(str_eqz(e.path, "reference"));
    arena_close(a);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memorising),
        cmocka_unit_test(constant),
        cmocka_unit_test(curve_is_sklearns),
        cmocka_unit_test(coverage),
        cmocka_unit_test(no_optimism),
        cmocka_unit_test(by_heart),
        cmocka_unit_test(answers_tell),
        cmocka_unit_test(several_classes),
        cmocka_unit_test(private_twins_keep_the_bound),
        cmocka_unit_test(privacy_costs_utility),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(groups_and_limits),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(refusals),
        cmocka_unit_test(stacked),
        cmocka_unit_test(few_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
