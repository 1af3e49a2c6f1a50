/* test_drift.c - sketches merge, exact distances equal brute force, drift is judged by intervals.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"
#include "measure/distance.h"
#include "measure/rng.h"

static int open_arena(void **state)
{
    *state = arena_open();
    return 0;
}

static int close_arena(void **state)
{
    arena_close(*state);
    return 0;
}

static column numbers(const char *name, double *v, size_t n)
{
    column c = {.name = str_of(name), .type = COLUMN_NUMBER, .num = v};
    for (size_t i = 0; i < n; i++)
        c.missing += isnan(v[i]) ? 1 : 0;
    return c;
}

/* ---- worlds ---- */

typedef double draw_fn(rng *r);

static double normal(rng *r)
{
    return rng_normal(r);
}

static double heavy(rng *r)
{
    return exp(3 * rng_normal(r));
}

static double few(rng *r)
{
    return floor(4 * rng_uniform(r));
}

/* Half of it one value, the rest on both sides of it. */
static double spiked(rng *r)
{
    return rng_uniform(r) < 0.5 ? 0 : rng_normal(r);
}

static double widest(rng *r)
{
    return (rng_uniform(r) < 0.5 ? -1 : 1) * 1e308 * rng_uniform(r);
}

static double denormal(rng *r)
{
    return 5e-324 * floor(3 * rng_uniform(r));
}

static double *draws(arena *a, draw_fn *fn, size_t n, uint32_t stream, double shift, double gaps)
{
    rng r = rng_open(7, stream, 0);
    double *v = arena_new(a, double, n);
    for (size_t i = 0; i < n; i++) {
        v[i] = fn(&r) + shift;
        if (rng_uniform(&r) < gaps) v[i] = NAN;
    }
    return v;
}

/* ---- exact distances ---- */

static size_t sorted(arena *a, const double *v, size_t n, double **ret)
{
    size_t k = 0;
    *ret = arena_new(a, double, n);
    for (size_t i = 0; i < n; i++)
        if (!isnan(v[i])) (*ret)[k++] = v[i];
    sketch_sort(*ret, k);
    for (size_t i = 1; i < k; i++)
        assert_true((*ret)[i - 1] <= (*ret)[i]);
    return k;
}

/* By definition, from both sorted samples. */
static distances brute(arena *a, const double *x, size_t nx, const double *y, size_t ny)
{
    double *u, *v, gap = 0, at = NAN;
    distances d = {0, 0};
    size_t n = sorted(a, x, nx, &u), m = sorted(a, y, ny, &v);
    for (size_t i = 0, j = 0; i < n || j < m;) {
        double t = j == m || (i < n && u[i] < v[j]) ? u[i] : v[j];
        if (!isnan(at)) d.wasserstein += fabs(gap) * (t - at);
        for (at = t; i < n && u[i] <= t;)
            i++;
        while (j < m && v[j] <= t)
            j++;
        gap = (double)i / (double)n - (double)j / (double)m;
        d.ks = fmax(d.ks, fabs(gap));
    }
    return d;
}

static distances exact(arena *a, double *x, size_t nx, double *y, size_t ny)
{
    column cx = numbers("x", x, nx), cy = numbers("x", y, ny);
    sketch s = sketch_reference(&cx, nx, 1, a), t = sketch_empty(s.shape, a);
    sketch_add(&t, &cy, 0, ny, a);
    return distance_exact(&s, x, &t, y, a);
}

static void equals_brute_force(void **state)
{
    static draw_fn *const worlds[] = {normal, heavy, few, spiked, denormal};
    static const double shifts[] = {0, 0.01, 3, 1e9};
    for (size_t w = 0; w < COUNT(worlds); w++)
        for (size_t k = 0; k < COUNT(shifts); k++)
            for (size_t size = 1; size < 200000; size *= 37) {
                arena *a = arena_open();
                size_t nx = size, ny = size / 2 + 3;
                double *x = draws(a, worlds[w], nx, 1, 0, 0.1);
                double *y = draws(a, worlds[w], ny, 2, shifts[k], 0.3);
                x[0] = y[0] = 1;
                distances d = exact(a, x, nx, y, ny), b = brute(a, x, nx, y, ny);
                assert_true(d.ks == b.ks);
                near(d.wasserstein, b.wasserstein, 1e-9 * fmax(b.wasserstein, 1e-3));
                arena_close(a);
            }
    (void)state;
}

static void survives_extremes(void **state)
{
    arena *a = *state;
    double *x = draws(a, widest, 40000, 1, 0, 0), *y = draws(a, widest, 30000, 2, 0, 0.5);
    assert_true(exact(a, x, 40000, y, 30000).ks == brute(a, x, 40000, y, 30000).ks);
    double none[3] = {NAN, NAN, NAN}, some[2] = {-0.0, 0.0};
    assert_true(isnan(exact(a, none, 3, some, 2).ks));
    assert_true(isnan(exact(a, some, 2, none, 3).wasserstein));
    near(exact(a, some, 2, some, 2).ks, 0, 0);
}

/* Examples of SciPy's documentation of wasserstein_distance (notes R18). */
static void scipy_examples(void **state)
{
    double x[] = {0, 1, 3}, y[] = {5, 6, 8};
    near(exact(*state, x, 3, y, 3).wasserstein, 5, 1e-12);
    near(exact(*state, y, 3, x, 3).ks, 1, 0);
    /* [0, 1] with weights 3:1 against 2:2: 0.25. */
    double u[] = {0, 0, 0, 1}, v[] = {0, 0, 1, 1};
    near(exact(*state, u, 4, v, 4).wasserstein, 0.25, 1e-12);
}

/* ---- sketches ---- */

static void same_counts(const sketch *x, const sketch *y)
{
    assert_int_equal(x->rows, y->rows);
    assert_int_equal(x->missing, y->missing);
    for (size_t c = 0; c < sketch_cells(x->shape); c++)
        if (x->cell) {
            assert_int_equal(x->cell[c].n, y->cell[c].n);
            near(x->cell[c].sum, y->cell[c].sum, 1e-9);
        } else {
            assert_int_equal(x->count[c], y->count[c]);
        }
}

static void merge_of_parts_is_the_whole(void **state)
{
    arena *a = *state;
    double *x = draws(a, normal, 50000, 1, 0, 0.05), *y = draws(a, normal, 9000, 2, 0.3, 0.2);
    column cx = numbers("x", x, 50000), cy = numbers("x", y, 9000);
    sketch ref = sketch_reference(&cx, 50000, 3, a);
    sketch again = sketch_empty(ref.shape, a), whole = again, parts = again, rest = again;
    again = sketch_empty(ref.shape, a);
    sketch_add(&again, &cx, 0, 50000, a);
    same_counts(&ref, &again);
    whole = sketch_empty(ref.shape, a);
    parts = sketch_empty(ref.shape, a);
    rest = sketch_empty(ref.shape, a);
    sketch_add(&whole, &cy, 0, 9000, a);
    sketch_add(&parts, &cy, 0, 1234, a);
    sketch_add(&rest, &cy, 1234, 9000, a);
    sketch_merge(&parts, &rest);
    same_counts(&whole, &parts);
}

static void quantiles_are_order_statistics(void **state)
{
    arena *a = *state;
    size_t n = 100001;
    double *x = draws(a, heavy, n, 1, 0, 0), *v;
    column c = numbers("x", x, n);
    sketch s = sketch_reference(&c, n, 1, a);
    assert_int_equal(sorted(a, x, n, &v), n);
    for (size_t k = 1; k < SKETCH_GRID; k++) {
        size_t rank = (n * k + SKETCH_GRID - 1) / SKETCH_GRID;
        assert_true(s.shape->edge[sketch_quantile(&s, k, SKETCH_GRID)] == v[rank - 1]);
    }
    assert_true(s.shape->n_edges <= SKETCH_EDGES + SKETCH_GRID - 1);
    moments m = {0}, have = sketch_moments(&s, 0, sketch_cells(s.shape));
    for (size_t i = 0; i < n; i++)
        moments_add(&m, x[i]);
    near(have.mean / m.mean, 1, 1e-12);
    near(have.m2 / m.m2, 1, 1e-9);
}

static column levels_of(arena *a, size_t n, const char *format, size_t n_levels)
{
    column c = {.name = S("c"),
                .type = COLUMN_CATEGORY,
                .code = arena_new(a, int32_t, n),
                .levels = arena_new(a, str, n_levels),
                .n_levels = n_levels};
    for (size_t k = 0; k < n_levels; k++)
        c.levels[k] = str_fmt(a, "%s%05zu", format, k);
    for (size_t i = 0; i < n; i++)
        c.code[i] = (int32_t)(i % (n_levels + 1)) - 1;
    return c;
}

static void rare_levels_are_pooled(void **state)
{
    arena *a = *state;
    size_t n = 5000;
    column x = levels_of(a, n, "a", 1500), y = levels_of(a, n, "b", 10);
    y.levels[0] = S("a00000");
    sketch s = sketch_reference(&x, n, 1, a), t = sketch_empty(s.shape, a);
    sketch_add(&t, &y, 0, n, a);
    assert_int_equal(sketch_cells(s.shape), SKETCH_LEVELS + 2);
    int64_t sum = s.missing, others = s.count[SKETCH_LEVELS];
    for (size_t k = 0; k < sketch_cells(s.shape); k++)
        sum += s.count[k];
    assert_int_equal(sum, n);
    assert_true(others > 0);
    assert_int_equal(s.count[SKETCH_LEVELS + 1], 0);
    assert_int_equal(t.count[s.shape->cell[0]], 455);
    assert_int_equal(t.count[SKETCH_LEVELS + 1], 455 * 4 + 454 * 5);
}

/* ---- the kind ---- */

static bool run(arena *a, const char *ref, const char *data, const char *plan, measure_result *r,
                err *e)
{
    doc *d;
    measure_plan p;
    table t, known;
    assert_true(doc_parse(a, str_of(plan), 1 << 16, &d, e));
    return measure_plan_parse(a, d, &p, e) &&
           table_read_bytes(a, str_of(ref), "ref.csv", &(table_options){0}, &known, e) &&
           table_read_bytes(a, str_of(data), "data.csv", &(table_options){0}, &t, e) &&
           measure_run(&p, &(measure_input){.data = &t, .reference = &known, .threads = 2}, r, a,
                       e);
}

static str repeat(arena *a, const char *head, const char *rows, int times)
{
    buf b = buf_open(a, 1 << 20);
    buf_putz(&b, head);
    while (times-- > 0)
        buf_putz(&b, rows);
    return buf_str(&b);
}

#define PLAN "{\"kind\":\"drift_monitor\""

static void cells_of_their_own(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    str ref = repeat(a, "c,x,t\n", "a,1,7\nb,2,8\nb,,9\n", 50);
    str data = repeat(a, "c,x,t\n", "a,1,u\nc,,v\n,2,7\n", 40);
    assert_true(run(a, ref.p, data.p, PLAN "}", &r, &e));
    /* Shares 1/3, 2/3, none, none against 1/3, none, 1/3 unseen, 1/3 missing. */
    near(find(&r, "jensen_shannon_distance", "{\"column\":\"c\"}")->value, sqrt(2.0 / 3), 1e-12);
    near(find(&r, "cramers_v", "{\"column\":\"c\"}")->value,
         sqrt(150 * 120 / 270.0 * (4 / 9.0 / 100 + 2 / 9.0 / 80 * 2)), 1e-12);
    /* An empty cell is half a row: ln((2/3) / (0.5/120)) and so on. */
    near(find(&r, "population_stability_index", "{\"column\":\"c\"}")->value,
         (2 / 3.0 - 0.5 / 120) * log(2 / 3.0 / (0.5 / 120)) +
             2 * (1 / 3.0 - 0.5 / 150) * log(1 / 3.0 / (0.5 / 150)),
         1e-12);
    near(find(&r, "jensen_shannon_distance", "{\"column\":\"x\"}")->value, 0, 1e-9);
    near(find(&r, "cramers_v", "{\"column\":\"t\"}")->value, 1, 1e-12);
    near(find(&r, "share_of_drifted_columns", NULL)->value, 2 / 3.0, 1e-12);
}

static void intervals_decide(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    str ref = repeat(a, "c,d\n", "a,x\na,y\nb,x\nb,y\n", 100);
    str data = repeat(a, "c,d\n", "a,x\na,y\na,x\nb,y\n", 100);
    assert_true(run(a, ref.p, data.p,
                    PLAN ",\"limits\":[\"cramers_v[*]<=0.1\",\"cramers_v[column=d]<=0.2\","
                         "\"jensen_shannon_distance[column=c]<=0.18\"]}",
                    &r, &e));
    const metric *c = find(&r, "cramers_v", "{\"column\":\"c\"}");
    assert_int_equal(c->verdict, VERDICT_FAIL);
    assert_int_equal(find(&r, "cramers_v", "{\"column\":\"d\"}")->verdict, VERDICT_PASS);
    assert_int_equal(find(&r, "jensen_shannon_distance", "{\"column\":\"c\"}")->verdict,
                     VERDICT_INCONCLUSIVE);
    assert_int_equal(r.verdict, VERDICT_FAIL);
}

/* Cell k of the row of a column in the table of columns. */
static const doc *beside(arena *a, const measure_result *r, const char *name, size_t k)
{
    doc *tables;
    err e = ERR_IN(a);
    assert_true(doc_parse(a, r->tables, 1 << 20, &tables, &e));
    const doc *rows = doc_get(&tables->at[0], "rows");
    for (size_t i = 0; i < rows->n; i++)
        if (str_eqz(rows->at[i].at[0].s, name)) return &rows->at[i].at[k];
    fail_msg("no column %s", name);
    abort(); /* not reached, which cmocka.h does not say */
}

enum { TEST = 4, STATISTIC, FREEDOM, P, HOLM };

/* 150 rows against 120; `y` is a label of numbers, `none` has no value on one side. */
static void classical_tests_stand_beside(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    str ref = repeat(a, "c,x,y,none\n", "a,1,0,1\nb,2,1,2\nb,,1,3\n", 50);
    str data = repeat(a, "c,x,y,none\n", "a,1,0,\nc,3,,\n,2,2,\n", 40);
    assert_true(run(a, ref.p, data.p, PLAN ",\"label\":\"y\"}", &r, &e));
    /* c: a, b, unseen, missing: 150 x 120 / 270 (...) x 270, as in cells_of_their_own. */
    double chi2 = 150 * 120 * (4 / 9.0 / 100 + 2 / 9.0 / 80 * 2);
    assert_true(str_eqz(beside(a, &r, "c", TEST)->s, "chi-square"));
    near(beside(a, &r, "c", STATISTIC)->d, chi2, 1e-9);
    near(beside(a, &r, "c", FREEDOM)->d, 3, 0);
    assert_true(str_eqz(beside(a, &r, "y", TEST)->s, "chi-square"));
    near(beside(a, &r, "y", FREEDOM)->d, 3, 0); /* 0, 1, 2, missing */
    /* x: one half of 100 against 40 and 80 of 120: a gap of 1/3 at 2. */
    assert_true(str_eqz(beside(a, &r, "x", TEST)->s, "Smirnov, exact"));
    near(beside(a, &r, "x", STATISTIC)->d, 1 / 3.0, 1e-15);
    assert_int_equal(beside(a, &r, "x", FREEDOM)->kind, DOC_NULL);
    for (size_t k = TEST; k <= HOLM; k++)
        assert_int_equal(beside(a, &r, "none", k)->kind, DOC_NULL);
    /* Three tests: the largest p-value stays as it is, the smallest is tripled. */
    near(beside(a, &r, "x", HOLM)->d, beside(a, &r, "x", P)->d, 0);
    double least = fmin(beside(a, &r, "c", P)->d, beside(a, &r, "y", P)->d);
    assert_true(least < beside(a, &r, "x", P)->d);
    double held = fmin(beside(a, &r, "c", HOLM)->d, beside(a, &r, "y", HOLM)->d);
    near(held / least, 3, 1e-12);
}

static void labels_of_many_values_are_numbers(void **state)
{
    static const char *const plans[] = {PLAN ",\"label\":\"y\",\"task\":\"regression\"}",
                                        PLAN ",\"label\":\"z\"}", PLAN ",\"label\":\"w\"}"};
    static const char *const columns[] = {"y", "z", "w"};
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    buf b = buf_open(a, 1 << 20);
    buf_putz(&b, "y,z,w\n");
    for (int i = 0; i < 300; i++) /* few whole numbers, too many of them, halves */
        buf_put(&b, str_fmt(a, "%d,%d,%g\n", i % 3, i, i % 3 + 0.5));
    for (size_t i = 0; i < COUNT(plans); i++) {
        assert_true(run(a, buf_str(&b).p, buf_str(&b).p, plans[i], &r, &e));
        assert_true(str_eqz(beside(a, &r, columns[i], TEST)->s, "Smirnov, exact"));
        near(beside(a, &r, columns[i], P)->d, 1, 0);
    }
}

static void refuses(void **state)
{
    arena *a = *state;
    measure_result r;
    static const struct {
        const char *ref, *data, *plan, *path;
    } cases[] = {
        {"x\n1\n", "y\n1\n", PLAN "}",                                     "reference"        },
        {"x\n1\n", "x\n1\n", PLAN ",\"options\":{\"columns\":[\"z\"]}}",   "options.columns.0"},
        {"x\n1\n", "x\n1\n", PLAN ",\"options\":{\"nothing\":1}}",         "options.nothing"  },
        {"x\n1\n", "x\n1\n", PLAN ",\"limits\":[\"auc>=1\"]}",             "limits.0"         },
        {"x\n1\n", "x\n1\n", PLAN ",\"limits\":[\"cramers_v[row=1]<1\"]}", "limits.0"         },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        err e = ERR_IN(a);
        assert_false(run(a, cases[i].ref, cases[i].data, cases[i].plan, &r, &e));
        if (!str_eqz(e.path, cases[i].path) || !e.hint.n)
            fail_msg("%s: %.*s at '%.*s'", cases[i].plan, STR_ARG(e.msg), STR_ARG(e.path));
    }
}

static void same_seed_same_bytes(void **state)
{
    arena *a = *state;
    str text[2];
    for (int k = 0; k < 2; k++) {
        err e = ERR_IN(a);
        measure_result r;
        measure_plan p = measure_plan_default();
        double *x = draws(a, normal, 3000, 1, 0, 0.1), *y = draws(a, normal, 2000, 2, 0.2, 0.1);
        column cx = numbers("x", x, 3000), cy = numbers("x", y, 2000);
        table ref = {.rows = 3000, .n_columns = 1, .columns = &cx};
        table data = {.rows = 2000, .n_columns = 1, .columns = &cy};
        p.kind = S("drift_monitor");
        measure_input in = {.data = &data, .reference = &ref, .threads = k ? 3 : 1};
        assert_true(measure_run(&p, &in, &r, a, &e));
        buf b = buf_open(a, 1 << 20);
        jw w = jw_open(&b);
        measure_result_json(&p, &r, &(measure_context){.subject = S("{}")}, &w);
        text[k] = buf_str(&b);
    }
    assert_true(str_eq(text[0], text[1]));
}

/* binary.json: chance 1 / (1 + e^0.5) when a < 0.5, else 1 / (1 + e^-1.5). */
static void model_is_asked_on_both_sides(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = measure_plan_default();
    struct model *m;
    table ref, data;
    str path = str_fmt(a, "%s/fuzz/corpus/model/binary.json", AIMS_SOURCE);
    /* Right in 3 of 4 below and in 9 of 10 above; the data have no label and more rows above. */
    str x = repeat(a, "y,a,b\n", "0,0,1\n0,0,1\n0,0,1\n1,0,1\n", 50);
    str y = repeat(a, "a,b\n", "0,1\n1,1\n1,1\n1,1\n", 60);
    x = str_fmt(a, "%s%s", x.p,
                repeat(a, "",
                       "0,1,1\n1,1,1\n1,1,1\n1,1,1\n1,1,1\n1,1,1\n1,1,1\n1,1,1\n1,1,1\n"
                       "1,1,1\n",
                       20)
                    .p);
    assert_true(model_load(a, path.p, &m, &e));
    assert_true(table_read_bytes(a, x, "ref.csv", &(table_options){0}, &ref, &e));
    assert_true(table_read_bytes(a, y, "data.csv", &(table_options){0}, &data, &e));
    p.kind = S("drift_monitor");
    p.label = S("y");
    measure_input in = {.data = &data, .reference = &ref, .model = m, .threads = 2};
    if (!measure_run(&p, &in, &r, a, &e)) fail_msg("%.*s", STR_ARG(e.msg));
    near(find(&r, "kolmogorov_smirnov", "{\"column\":\"(prediction)\"}")->value, 0.25, 1e-12);
    near(find(&r, "estimated_accuracy", NULL)->value, 0.25 * 0.75 + 0.75 * 0.9, 1e-12);
}

/* N(0,1) against N(mu,1) in one column: the Gaussian kernel exp(-d^2 / (2 s^2)) with s^2 = 2 gives
 * MMD^2 = 2 sqrt(s^2 / (s^2 + 2)) (1 - exp(-mu^2 / (2 (s^2 + 2)))). */
static void joint_distance_has_its_closed_form(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = measure_plan_default();
    double *x = draws(a, normal, 20000, 1, 0, 0), *y = draws(a, normal, 20000, 2, 1, 0);
    column cx = numbers("x", x, 20000), cy = numbers("x", y, 20000);
    table ref = {.rows = 20000, .n_columns = 1, .columns = &cx};
    table data = {.rows = 20000, .n_columns = 1, .columns = &cy};
    doc *d;
    assert_true(doc_parse(a, S("{\"mmd_rows\":20000}"), 100, &d, &e));
    p.kind = S("drift_monitor");
    p.options = d;
    assert_true(measure_run(&p, &(measure_input){.data = &data, .reference = &ref}, &r, a, &e));
    double want = sqrt(2 * sqrt(0.5) * (1 - exp(-1 / 8.0)));
    near(find(&r, "maximum_mean_discrepancy", NULL)->value, want, 0.1 * want);
    near(find(&r, "kolmogorov_smirnov", "{\"column\":\"x\"}")->value, 0.38292492254802624, 0.02);
    near(find(&r, "wasserstein_distance", "{\"column\":\"x\"}")->value, 1, 0.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_brute_force),
        cmocka_unit_test_setup_teardown(survives_extremes, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(scipy_examples, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(merge_of_parts_is_the_whole, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(quantiles_are_order_statistics, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(rare_levels_are_pooled, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(cells_of_their_own, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(intervals_decide, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(classical_tests_stand_beside, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(labels_of_many_values_are_numbers, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(refuses, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(same_seed_same_bytes, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(model_is_asked_on_both_sides, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(joint_distance_has_its_closed_form, open_arena,
                                        close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
