/* test_kept.c - a kept reference gives the figures of its rows, merges, and is doubted when read.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"
#include "measure/kept.h"
#include "measure/profile.h"
#include "measure/rng.h"

enum { PARTS = 3, ROWS = 40000, MORE = 30000, DOCUMENT_MAX = 64 << 20 };

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

/* ---- people as in the Adult data: ties, gaps, a spike, texts, more texts than have a count ----
 */

static void put_person(buf *b, rng *r, double shift)
{
    static const char *const work[] = {"Private", "Local-gov", "Self-emp", "State-gov"};
    double gain = rng_uniform(r) < 0.92 ? 0 : floor(exp(8 + rng_normal(r) + shift));
    buf_fmt(b, "%d,%.17g,%g,", 17 + (int)(60 * rng_uniform(r) * rng_uniform(r) + 10 * shift),
            exp(12 + 0.5 * rng_normal(r) + shift), gain);
    if (rng_uniform(r) < 0.1)
        buf_putz(b, "?,");
    else
        buf_fmt(b, "%.9f,", rng_normal(r) + shift);
    buf_fmt(b, "%s,p%d,%d,,%s,%d\n", rng_uniform(r) < 0.05 ? "?" : work[(int)(4 * rng_uniform(r))],
            (int)(-400 * log(1 - rng_uniform(r))), (int)(rng_uniform(r) < 0.25 + shift),
            shift > 0 ? "7" : "seven", shift > 0.1 ? 5 : 3);
}

#define HEADER "age,weight,gain,score,work,post,label,empty,mixed,still\n"

static table people(arena *a, size_t rows, uint64_t seed, double shift)
{
    rng r = rng_open(seed, 0, 0);
    buf b = buf_open(a, 64 << 20);
    err e = ERR_IN(a);
    table t;
    buf_putz(&b, HEADER);
    for (size_t i = 0; i < rows; i++)
        put_person(&b, &r, shift);
    assert_true(table_read_bytes(a, buf_str(&b), "people.csv", NULL, &t, &e));
    return t;
}

static kept_source source(const table *t)
{
    return (kept_source){S("people.csv"), t->sha256, (int64_t)t->rows};
}

static kept_reference made(arena *a, const table *t)
{
    kept_reference k;
    err e = ERR_IN(a);
    kept_source from = source(t);
    if (!kept_make(t, &from, NULL, 1, a, &k, &e)) fail_msg("%.*s", STR_ARG(e.msg));
    k.name = S("people");
    return k;
}

static str written(arena *a, const kept_reference *k)
{
    buf b = buf_open(a, DOCUMENT_MAX);
    jw w = jw_open(&b);
    err e = ERR_IN(a);
    if (!kept_write(k, &w, &e)) fail_msg("%.*s", STR_ARG(e.msg));
    return buf_str(&b);
}

static kept_reference read_again(arena *a, str json)
{
    kept_reference k;
    err e = ERR_IN(a);
    assert_true(kept_is(json));
    if (!kept_read(a, json, &k, &e)) fail_msg("%.*s: %.*s", STR_ARG(e.path), STR_ARG(e.msg));
    return k;
}

/* ---- the figures ---- */

static measure_result drift(arena *a, const table *data, const table *ref, const kept_reference *k)
{
    measure_plan p = measure_plan_default();
    measure_result r;
    err e = ERR_IN(a);
    p.kind = S("drift_monitor");
    p.label = S("label");
    p.resamples = 100;
    measure_input in = {.data = data, .reference = ref, .kept = k, .threads = 2};
    if (!measure_run(&p, &in, &r, a, &e)) fail_msg("%.*s", STR_ARG(e.msg));
    return r;
}

static bool same(double x, double y)
{
    return x == y || (isnan(x) && isnan(y));
}

static bool bounded(const metric *m)
{
    return str_eqz(m->method, "bootstrap-grid-bounded");
}

/* Bit by bit; but for what needs values within intervals, which lies within a wider interval. */
static bool agrees(const metric *raw, const metric *kept)
{
    if (!bounded(kept))
        return same(raw->value, kept->value) && same(raw->lo, kept->lo) &&
               same(raw->hi, kept->hi) && raw->n == kept->n && str_eq(raw->method, kept->method);
    double near_by = str_eqz(raw->id, "kolmogorov_smirnov") ? 2e-4 : 1e-3;
    return kept->lo - 1e-15 <= raw->lo && raw->hi <= kept->hi + 1e-15 && kept->lo <= raw->value &&
           raw->value <= kept->hi && fabs(kept->value - raw->value) < near_by;
}

static void figures_agree(void **state)
{
    arena *a = *state;
    size_t open = 0, left_out = 0;
    table ref = people(a, ROWS, 1, 0), cur = people(a, MORE, 2, 0.05);
    kept_reference first = made(a, &ref), k = read_again(a, written(a, &first));
    measure_result raw = drift(a, &cur, &ref, NULL), kept = drift(a, &cur, &k.table, &k);
    for (size_t i = 0; i < raw.n_metrics; i++) {
        const metric *x = &raw.metrics[i], *y = metric_of(&kept, x->id, x->slice);
        bool of_rows = str_eqz(x->id, "maximum_mean_discrepancy");
        left_out += of_rows;
        open += y && bounded(y);
        if (of_rows ? y != NULL : !y || !agrees(x, y))
            fail_msg("%.*s of %.*s: %.17g, kept %.17g", STR_ARG(x->id), STR_ARG(x->slice), x->value,
                     y ? y->value : NAN);
    }
    assert_int_equal(left_out, 1);
    assert_int_equal(kept.n_metrics, raw.n_metrics - 1);
    assert_int_equal(open,
                     7); /* KS and Wasserstein of weight, gain, score; an age beyond all edges */
}

/* The label's chi-square test and Smirnov's of columns with few values, from counts. */
static void tests_agree(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    doc *x, *y;
    table ref = people(a, ROWS, 1, 0), cur = people(a, MORE, 2, 0.05);
    kept_reference k = made(a, &ref);
    assert_true(doc_parse(a, drift(a, &cur, &ref, NULL).tables, 1 << 24, &x, &e));
    assert_true(doc_parse(a, drift(a, &cur, &k.table, &k).tables, 1 << 24, &y, &e));
    const doc *rows = doc_get(&x->at[0], "rows"), *kept = doc_get(&y->at[0], "rows");
    size_t without = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const doc *u = rows->at[i].at, *v = kept->at[i].at;
        without += u[4].kind != DOC_NULL && v[4].kind == DOC_NULL;
        assert_true(str_eq(u[0].s, v[0].s) && u[2].i == v[2].i);
        if (v[4].kind != DOC_NULL) assert_true(str_eq(u[4].s, v[4].s) && same(u[7].d, v[7].d));
        if (str_eqz(u[0].s, "label")) assert_string_equal(v[4].s.p, "chi-square");
    }
    assert_int_equal(without, 3); /* weight, gain and score */
    assert_true(str_eq(doc_canonical(a, &x->at[1]), doc_canonical(a, &y->at[1])));
}

typedef double draw_fn(rng *r);

static double normal(rng *r)
{
    return rng_normal(r);
}

static double heavy(rng *r)
{
    return exp(3 * rng_normal(r));
}

static double spiked(rng *r)
{
    return rng_uniform(r) < 0.5 ? 0 : rng_normal(r);
}

static double coarse(rng *r)
{
    return floor(5000 * rng_uniform(r)) + (rng_uniform(r) < 0.01 ? 0.5 * rng_uniform(r) : 0);
}

static column numbers(arena *a, draw_fn *fn, size_t n, uint32_t stream, double by)
{
    rng r = rng_open(11, stream, 0);
    column c = {.name = S("x"), .type = COLUMN_NUMBER, .num = arena_new(a, double, n)};
    for (size_t i = 0; i < n; i++) {
        c.num[i] = fn(&r) + by;
        if (rng_uniform(&r) < 0.05) c.num[i] = NAN;
        c.missing += isnan(c.num[i]) ? 1 : 0;
    }
    return c;
}

static void lies_within(double raw, double kept, double off, double widest)
{
    double rounding = 1e-9 * fmax(1e-6, fabs(raw));
    if (!(fabs(raw - kept) <= off + rounding))
        fail_msg("%.17g, kept %.17g +- %.3g", raw, kept, off);
    if (!(off <= widest)) fail_msg("%.17g +- %.3g, which is wider than %.3g", kept, off, widest);
}

/* The exact value always lies within the bounds, and with all edges those are tight: of KS half a
 * cell of either table, of Wasserstein a thousandth of a deviation where tails are not heavy. */
static void bounds_hold(void **state)
{
    static draw_fn *const worlds[] = {normal, heavy, spiked, coarse};
    static const double shifts[] = {0, 0.001, 0.3, 50};
    for (size_t w = 0; w < COUNT(worlds); w++)
        for (size_t k = 0; k < COUNT(shifts); k++)
            for (size_t n = 100; n <= 100000; n *= 10) {
                arena *a = arena_open();
                column x = numbers(a, worlds[w], n, 1, 0);
                column y = numbers(a, worlds[w], n / 2 + 50, 2, shifts[k]);
                sketch s = sketch_reference(&x, n, 1, a);
                profile raw = profile_make(x.name, &x, NULL, n, &y, n / 2 + 50, 1, a);
                profile kept = profile_make(x.name, &x, &s, n, &y, n / 2 + 50, 1, a);
                lies_within(raw.value[DRIFT_KS], kept.value[DRIFT_KS], kept.off[DRIFT_KS], 5e-4);
                lies_within(raw.value[DRIFT_W1], kept.value[DRIFT_W1], kept.off[DRIFT_W1],
                            worlds[w] == heavy ? 0.1 : 1e-3);
                assert_true(same(raw.value[DRIFT_PSI], kept.value[DRIFT_PSI]));
                if (n <= 1000) assert_true(kept.off[DRIFT_KS] == 0);
                arena_close(a);
            }
    (void)state;
}

/* By hand: the edge 0 and one interval above it that ends at 4. Two of the reference within, which
 * lie 2 and 2 from 0 on average 2; two of the data with the sum 4. Between the ends both are free,
 * so F - G goes from -1/2 to 1/2; the integral is 0, so |F - G| is at most 1/2 over all of it. */
static void bounds_by_hand(void **state)
{
    arena *a = *state;
    static const double edge[] = {0, 4};
    const sketch_shape *shape = sketch_shape_numbers(edge, 2, a);
    sketch x = sketch_empty(shape, a), y = sketch_empty(shape, a);
    x.rows = y.rows = 4;
    for (size_t c = 1; c <= 3; c += 2)
        x.cell[c].n = y.cell[c].n = 1;
    x.cell[2] = y.cell[2] = (sketch_cell){2, 4, 10};
    distances off, d = distance_bounds(&x, &y, NULL, &off, a);
    near(d.ks, 0.25, 1e-15);
    near(off.ks, 0.25, 1e-15);
    near(d.wasserstein, 1, 1e-15); /* from 0 to 4 / 2 */
    near(off.wasserstein, 1, 1e-15);
}

/* ---- keeping ---- */

static table part_of(arena *a, const table *t, size_t part)
{
    uint8_t *keep = arena_new(a, uint8_t, t->rows);
    for (size_t r = t->rows * part / PARTS; r < t->rows * (part + 1) / PARTS; r++)
        keep[r] = 1;
    table p = table_keep(a, t, keep);
    p.sha256.b[0] ^= (uint8_t)(part + 1); /* as if it came from a file of its own */
    return p;
}

static void counts_equal(const kept_reference *x, const kept_reference *y)
{
    assert_int_equal(x->table.rows, y->table.rows);
    for (size_t i = 0; i < x->table.n_columns; i++) {
        const sketch *s = &x->sketch[i], *t = &y->sketch[i];
        assert_true(sketch_shape_same(s->shape, t->shape) && s->missing == t->missing);
        for (size_t c = 0; c < sketch_cells(s->shape); c++)
            if (s->count) {
                assert_int_equal(s->count[c], t->count[c]);
            } else {
                assert_int_equal(s->cell[c].n, t->cell[c].n);
                near(s->cell[c].sum, t->cell[c].sum, 1e-9 * fabs(t->cell[c].sum));
                near(s->cell[c].sq, t->cell[c].sq, 1e-9 * t->cell[c].sq);
            }
        assert_true(same(x->range[2 * i], y->range[2 * i]));
        assert_true(same(x->range[2 * i + 1], y->range[2 * i + 1]));
    }
}

/* Added one after another, kept by themselves and merged, or counted as one table. */
static void parts_are_the_whole(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    table all = people(a, ROWS, 1, 0);
    kept_reference whole = made(a, &all), shape = kept_shape(&whole, a);
    kept_reference added = kept_shape(&whole, a), merged = kept_shape(&whole, a);
    assert_int_equal(shape.table.rows, 0);
    for (size_t i = 0; i < PARTS; i++) {
        table part = part_of(a, &all, i);
        kept_source from = source(&part);
        kept_reference one = kept_shape(&shape, a);
        assert_true(kept_add(&added, &part, &from, a, &e));
        assert_true(kept_add(&one, &part, &from, a, &e));
        one = read_again(a, written(a, &one));
        assert_true(kept_merge(&merged, &one, a, &e));
    }
    counts_equal(&added, &whole);
    counts_equal(&merged, &whole);
    assert_int_equal(merged.n_sources, PARTS);
    assert_int_equal(whole.n_sources, 1);
    /* The same rows are not counted twice, and another shape is not merged. */
    table part = part_of(a, &all, 1);
    kept_source from = source(&part);
    assert_false(kept_add(&added, &part, &from, a, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    kept_reference other = made(a, &part);
    assert_false(kept_merge(&merged, &other, a, &e));
    assert_int_equal(e.code, ERR_INVALID);
}

static void same_bytes(void **state)
{
    arena *a = *state;
    table t = people(a, ROWS, 1, 0);
    kept_reference x = made(a, &t), y = made(a, &t);
    str first = written(a, &x);
    assert_true(str_eq(first, written(a, &y)));
    kept_reference z = read_again(a, first);
    assert_true(str_eq(first, written(a, &z)));
    assert_true(digest_eq(z.table.sha256, hash_bytes(first.p, first.n)));
}

static void refuses_to_keep(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    table t, u;
    kept_reference k;
    kept_source from = {S("t.csv"), {{1}}, 2}, next = {S("u.csv"), {{2}}, 2};
    assert_true(table_read_bytes(a, S("x,y\n1e200,2\n-1e200,3\n1,4\n"), "t.csv", NULL, &t, &e));
    double big[] = {0, 1e300, 1, 2};
    column c = {.name = S("x"), .type = COLUMN_NUMBER, .num = big};
    kept_reference huge = made(a, &t); /* every value is an edge */
    table v = {
        .rows = 4, .n_columns = 2, .columns = (column[]){c, t.columns[1]}
    };
    v.columns[1].num = (double[]){1, 2, 3, 4};
    assert_false(kept_add(&huge, &v, &next, a, &e));
    assert_non_null(strstr(e.msg.p, "too large"));
    /* A column that became text, and one that is not there; one without any value is well. */
    assert_true(table_read_bytes(a, S("x,y\n1,2\n2,3\n"), "t.csv", NULL, &t, &e));
    assert_true(kept_make(&t, &from, NULL, 1, a, &k, &e));
    assert_true(table_read_bytes(a, S("x,y\na,2\nb,3\n"), "u.csv", NULL, &u, &e));
    kept_reference copy = kept_shape(&k, a);
    assert_false(kept_add(&copy, &u, &next, a, &e));
    assert_non_null(strstr(e.msg.p, "'x' holds texts"));
    assert_true(table_read_bytes(a, S("y\n2\n3\n"), "u.csv", NULL, &u, &e));
    assert_false(kept_add(&copy, &u, &next, a, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(table_read_bytes(a, S("x,y\n,2\n,3\n"), "u.csv", NULL, &u, &e));
    copy = kept_shape(&k, a);
    assert_true(kept_add(&copy, &u, &next, a, &e));
    assert_int_equal(copy.table.columns[0].missing, 2);
}

/* ---- what cannot be had of counts ---- */

static void refuses_what_needs_rows(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    limit l;
    table t = people(a, 500, 1, 0);
    kept_reference k = made(a, &t);
    measure_plan p = measure_plan_default();
    measure_input in = {.data = &t, .reference = &k.table, .kept = &k, .threads = 1};
    p.kind = S("drift_monitor");
    assert_true(limit_parse(a, S("maximum_mean_discrepancy<=0.1"), &l, &e));
    p.limits = &l;
    p.n_limits = 1;
    assert_false(measure_run(&p, &in, &r, a, &e));
    assert_string_equal(e.path.p, "limits.0");
    assert_non_null(strstr(e.msg.p, "kept as counts"));
    p = measure_plan_default();
    p.kind = S("performance_eval");
    p.label = p.prediction = S("label");
    assert_false(measure_run(&p, &in, &r, a, &e));
    assert_string_equal(e.path.p, "reference");
}

/* ---- forged documents ---- */

#define DOCUMENT                                                                                   \
    "{\"format\":\"aims-reference\",\"version\":1,\"name\":\"r\",\"rows\":6,\"sources\":["         \
    "{\"name\":\"a.csv\",\"sha256\":\"" ZEROS "\",\"rows\":6}],\"columns\":["                      \
    "{\"name\":\"x\",\"type\":\"number\",\"missing\":1,\"min\":1,\"max\":5,\"edges\":[1,3],"       \
    "\"points\":[1,1],\"counts\":[0,2,1],\"sums\":[0,2.5,2],\"squares\":[0,3.25,4]},"              \
    "{\"name\":\"c\",\"type\":\"category\",\"missing\":0,\"levels\":[\"a\",\"b\"],"                \
    "\"counts\":[2,3],\"other\":0,\"unseen\":1}]}"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static str replaced(arena *a, const char *what, const char *with)
{
    const char *at = strstr(DOCUMENT, what);
    if (!at) fail_msg("the document has no %s", what);
    return str_fmt(a, "%.*s%s%s", (int)(at - DOCUMENT), DOCUMENT, with, at + strlen(what));
}

static void refuses_forged(void **state)
{
    static const struct {
        const char *what, *with, *path;
    } forged[] = {
        {"aims-reference\",\"version\":1", "aims-reference\",\"version\":2", "version"           },
        {"\"rows\":6,",                    "\"rows\":-1,",                   "rows"              },
        {"\"rows\":6,",                    "\"rows\":9e99,",                 "rows"              },
        {"\"rows\":6,",                    "\"rows\":7,",                    "sources"           },
        {ZEROS,                            "00",                             "sources.0.sha256"  },
        {"\"name\":\"c\"",                 "\"name\":\"x\"",                 "columns.1.name"    },
        {"\"type\":\"number\"",            "\"type\":\"date\"",              "columns.0.type"    },
        {"\"missing\":1",                  "\"missing\":7",                  "columns.0.missing" },
        {"\"missing\":1",                  "\"missing\":0",                  "columns.0.counts"  },
        {"\"missing\":1",                  "\"missing\":2",                  "columns.0.counts.2"},
        {"[1,3]",                          "[3,3]",                          "columns.0.edges.1" },
        {"[1,3]",                          "[3,1]",                          "columns.0.edges.1" },
        {"[1,3]",                          "[1,null]",                       "columns.0.edges.1" },
        {"[1,3]",                          "7",                              "columns.0.edges"   },
        {"\"points\":[1,1]",               "\"points\":[1]",                 "columns.0.points"  },
        {"\"points\":[1,1]",               "\"points\":[1,1.5]",             "columns.0.points.1"},
        {"[0,2,1]",                        "[0,-2,5]",                       "columns.0.counts.1"},
        {"[0,2,1]",                        "[0,9223372036854775807,1]",      "columns.0.counts.1"},
        {"[0,2.5,2]",                      "[1,2.5,2]",                      "columns.0.counts.0"},
        {"[0,2.5,2]",                      "[0,4.5,2]",                      "columns.0.counts.1"},
        {"[0,2.5,2]",                      "[0,-2.5,2]",                     "columns.0.counts.1"},
        {"[0,2.5,2]",                      "[0,2.5,-2]",                     "columns.0.counts.2"},
        {"[0,3.25,4]",                     "[0,3,4]",                        "columns.0.counts.1"},
        {"[0,3.25,4]",                     "[0,5.5,4]",                      "columns.0.counts.1"},
        {"[0,3.25,4]",                     "[0,3.25,-4]",                    "columns.0.counts.2"},
        {"[0,3.25,4]",                     "[0,1e999,4]",                    ""                  },
        {"\"max\":5",                      "\"max\":0",                      "columns.0.min"     },
        {"[\"a\",\"b\"]",                  "[\"b\",\"a\"]",                  "columns.1.levels.1"},
        {"[\"a\",\"b\"]",                  "[\"a\",\"a\"]",                  "columns.1.levels.1"},
        {"[\"a\",\"b\"]",                  "[\"a\",1]",                      "columns.1.levels.1"},
        {"\"counts\":[2,3]",               "\"counts\":[2,null]",            "columns.1.counts"  },
        {"\"counts\":[2,3]",               "\"counts\":[2]",                 "columns.1.counts"  },
        {"\"counts\":[2,3]",               "\"counts\":[2,4]",               "columns.1.unseen"  },
        {"\"unseen\":1",                   "\"unseen\":0",                   "columns.1.counts"  },
        {"\"unseen\":1}]}",                "\"unseen\":1}",                  ""                  },
    };
    arena *a = *state;
    kept_reference k = read_again(a, S(DOCUMENT));
    assert_true(str_eq(written(a, &k), S(DOCUMENT)));
    for (size_t i = 0; i < COUNT(forged); i++) {
        err e = ERR_IN(a);
        str json = replaced(a, forged[i].what, forged[i].with);
        if (kept_read(a, json, &k, &e)) fail_msg("%s is taken", forged[i].with);
        if (!str_eqz(e.path, forged[i].path) || !e.msg.n)
            fail_msg("%s: %.*s: %.*s", forged[i].with, STR_ARG(e.path), STR_ARG(e.msg));
    }
}

static void refuses_too_much(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    kept_reference k;
    buf edges = buf_open(a, 1 << 20);
    for (size_t i = 0; i <= SKETCH_EDGES_MAX; i++)
        buf_fmt(&edges, "%s%zu", i ? "," : "[", i);
    buf_putc(&edges, ']');
    assert_false(kept_read(a, replaced(a, "[1,3]", buf_str(&edges).p), &k, &e));
    assert_string_equal(e.path.p, "columns.0.edges");
    buf big = buf_open(a, KEPT_BYTES + 1000);
    buf_putz(&big, DOCUMENT);
    while (big.n <= KEPT_BYTES)
        buf_putz(&big, "        ");
    assert_false(kept_read(a, buf_str(&big), &k, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void told_by_content(void **state)
{
    assert_true(kept_is(S(" {\n  \"format\" :\t\"aims-reference\", ")));
    assert_false(kept_is(S("{\"format\":\"other\"}")));
    assert_false(kept_is(S("{\"x\":1,\"format\":\"aims-reference\"}")));
    assert_false(kept_is(S("{")));
    assert_false(kept_is(S("")));
    assert_false(kept_is((str){"{\0\"format\":\"aims-reference\"", 28}));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(figures_agree, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(tests_agree, open_arena, close_arena),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test_setup_teardown(bounds_by_hand, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(parts_are_the_whole, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(same_bytes, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(refuses_to_keep, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(refuses_what_needs_rows, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(refuses_forged, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(refuses_too_much, open_arena, close_arena),
        cmocka_unit_test(told_by_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
