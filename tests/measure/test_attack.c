/* test_attack.c - attacks against closed-form distances of linear models, and what they promise. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/attack.h"
#include "model/model_impl.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { FEATURES = 6, ROWS = 40, ATTACKED = 12 };
static const char *const names[FEATURES] = {"p", "q", "r", "s", "a", "b"};

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* ---- a linear model: 1 / (1 + exp(-(w.x + b))) ---- */

struct linear {
    double w[FEATURES], b;
};

static double margin(const struct linear *l, const float *x)
{
    double m = l->b;
    for (size_t i = 0; i < FEATURES; i++)
        m += l->w[i] * (double)x[i];
    return m;
}

static bool predict(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)e;
    for (size_t r = 0; r < rows; r++)
        ret[r] = 1 / (1 + exp(-margin(m->self, x + r * FEATURES)));
    return true;
}

struct world {
    struct linear l;
    struct model m;
    float x[ROWS * FEATURES];
    double own[ROWS];
    uint64_t number[ROWS];
    target t;
    threat th;
};

static void make_threat(arena *a, struct world *w, const char *json)
{
    str n[FEATURES];
    doc *d;
    err e = ERR_IN(a);
    for (size_t i = 0; i < FEATURES; i++)
        n[i] = str_of(names[i]);
    threat_data data = {n, FEATURES, NULL, w->x, ROWS, NULL};
    if (!doc_parse(a, str_of(json), 10000, &d, &e) ||
        !threat_make(a, d, &data, S("threat"), &w->th, &e)) {
        print_error("%s: %s\n", e.path.p, e.msg.p);
        fail();
    }
}

static struct world *make_world(arena *a, const char *json, uint32_t seed)
{
    struct world *w = arena_new(a, struct world, 1);
    for (size_t i = 0; i < FEATURES; i++)
        w->l.w[i] = (double)(draw(&seed) % 2000) / 1000 - 1;
    for (size_t k = 0; k < ROWS * FEATURES; k++) {
        size_t i = k % FEATURES;
        w->x[k] = i == 3   ? (float)(draw(&seed) % 9)
                  : i == 4 ? (float)(draw(&seed) % 2)
                  : i == 5 ? 1 - w->x[k - 1]
                           : (float)(draw(&seed) % 1000) / 1000;
    }
    for (size_t r = 0; r < ROWS; r++) /* through the middle of the data */
        w->l.b -= margin(&w->l, w->x + r * FEATURES) / (double)(ROWS);
    w->m.info.n_features = FEATURES;
    w->m.info.n_outputs = 1;
    w->m.predict = predict;
    w->m.self = &w->l;
    w->t = (target){&w->m, TASK_BINARY, FEATURES, 1, 0.5, 0};
    for (size_t r = 0; r < ROWS; r++) {
        double out;
        assert_true(predict(&w->m, w->x + r * FEATURES, 1, &out, NULL));
        w->own[r] = target_answer(&w->t, &out);
        w->number[r] = r;
    }
    make_threat(a, w, json);
    return w;
}

static attack make_attack(const struct world *w, attack_kind kind, size_t queries)
{
    return (attack){&w->t, &w->th, kind, queries, 7, w->x, w->own, ROWS};
}

static void run(const attack *k, const struct world *w, size_t from, size_t n, float *point,
                attack_answer *ret)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    assert_true(attack_rows(k, w->x + from * FEATURES, w->own + from, w->number + from, n, point,
                            ret, a, &e));
    arena_close(a);
}

/* ---- closed forms ---- */

#define WIDE                                                                                       \
    "\"scale\":\"unit\",\"features\":{\"p\":{\"min\":-99,\"max\":99,\"cost\":0.5},"                \
    "\"q\":{\"min\":-99,\"max\":99},\"r\":{\"min\":-99,\"max\":99},"                               \
    "\"s\":{\"min\":-99,\"max\":99},\"a\":{\"immutable\":true},\"b\":{\"immutable\":true}}"

/* |w.x + b| over the dual norm of w / cost, over the features that may change. */
static double closed_form(const struct world *w, const float *x)
{
    double dual = 0;
    for (size_t i = 0; i < 4; i++) {
        double c = fabs(w->l.w[i]) / w->th.at[i].cost;
        dual = w->th.norm == THREAT_L2     ? dual + c * c
               : w->th.norm == THREAT_LINF ? dual + c
                                           : fmax(dual, c);
    }
    return fabs(margin(&w->l, x)) / (w->th.norm == THREAT_L2 ? sqrt(dual) : dual);
}

/* Mean of found over exact distance; never under 1. */
static double excess(attack_kind kind, threat_norm norm, size_t queries)
{
    arena *a = arena_open();
    double sum = 0;
    for (uint32_t seed = 1; seed <= 4; seed++) {
        str json = str_fmt(a, "{\"norm\":\"%s\"," WIDE "}", threat_norms[norm]);
        struct world *w = make_world(a, json.p, seed);
        attack k = make_attack(w, kind, queries);
        float point[ATTACKED * FEATURES];
        attack_answer got[ATTACKED];
        run(&k, w, 0, ATTACKED, point, got);
        for (size_t r = 0; r < ATTACKED; r++) {
            double want = closed_form(w, w->x + r * FEATURES);
            assert_true(got[r].distance >= want * (1 - 1e-5));
            sum += got[r].distance / want / (4 * ATTACKED);
        }
    }
    arena_close(a);
    return sum;
}

static void test_linear_models(void **unused)
{
    (void)unused;
    double few = excess(ATTACK_HOPSKIP, THREAT_L2, 500);
    double many = excess(ATTACK_HOPSKIP, THREAT_L2, 8000);
    assert_true(many < few && many < 1.003);
    assert_true(excess(ATTACK_HOPSKIP, THREAT_LINF, 8000) < 1.01);
    assert_true(excess(ATTACK_HOPSKIP, THREAT_L1, 8000) < 1.2); /* walks in l2, refines in l1 */
    assert_true(excess(ATTACK_BOUNDARY, THREAT_L2, 8000) < 1.003);
    assert_true(excess(ATTACK_SQUARE, THREAT_LINF, 8000) < 1.05);
}

/* ---- promises ---- */

#define NARROW                                                                                     \
    "{\"norm\":\"%s\",\"integer\":[\"s\"],\"immutable\":[\"q\"],\"one_hot\":[[\"a\",\"b\"]],"      \
    "\"features\":{\"p\":{\"direction\":\"up\"},\"r\":{\"min\":0.1,\"max\":0.9}}}"

/* Under every norm and for every attack: allowed, flipped, as far as said, within the budget. */
static void test_allowed_and_counted(void **unused)
{
    (void)unused;
    size_t flipped = 0;
    for (size_t norm = 0; norm < 4; norm++)
        for (size_t kind = 0; kind < 3; kind++) {
            arena *a = arena_open();
            struct world *w = make_world(a, str_fmt(a, NARROW, threat_norms[norm]).p, 3);
            attack k = make_attack(w, (attack_kind)kind, 333);
            float point[ATTACKED * FEATURES];
            attack_answer got[ATTACKED];
            run(&k, w, 0, ATTACKED, point, got);
            for (size_t r = 0; r < ATTACKED; r++) {
                const float *x0 = w->x + r * FEATURES, *x = point + r * FEATURES;
                double out;
                assert_true(got[r].queries > 0 && got[r].queries <= 333);
                assert_true(threat_allowed(&w->th, x0, x));
                if (got[r].distance == INFINITY) continue;
                assert_true(predict(&w->m, x, 1, &out, NULL));
                assert_true(target_flips(&w->t, w->own[r], &out));
                assert_true(got[r].distance == threat_distance(&w->th, x0, x));
                flipped++;
            }
            arena_close(a);
        }
    assert_true(flipped > 60);
}

/* A row's result is the same alone and in company, and the same again; another seed's differs. */
static void test_repeats(void **unused)
{
    (void)unused;
    for (size_t kind = 0; kind < 3; kind++) {
        arena *a = arena_open();
        struct world *w = make_world(a, "{" WIDE "}", 5);
        attack k = make_attack(w, (attack_kind)kind, 600);
        float all[ATTACKED * FEATURES], one[FEATURES], other[FEATURES];
        attack_answer of_all[ATTACKED], of_one, of_other;
        bool differs = false;
        run(&k, w, 0, ATTACKED, all, of_all);
        for (size_t r = 0; r < ATTACKED; r++) {
            k.seed = 7;
            run(&k, w, r, 1, one, &of_one);
            k.seed = 8;
            run(&k, w, r, 1, other, &of_other);
            assert_memory_equal(one, all + r * FEATURES, sizeof one);
            assert_true(of_one.distance == of_all[r].distance);
            assert_true(of_one.queries == of_all[r].queries);
            differs |= memcmp(one, other, sizeof one) != 0;
        }
        assert_true(differs);
        arena_close(a);
    }
}

/* Nothing may change: no question, no distance. Nothing flips: the budget ends the search. */
static void test_nothing_to_find(void **unused)
{
    (void)unused;
    arena *a = arena_open();
    struct world *w = make_world(a, "{\"immutable\":[\"p\",\"q\",\"r\",\"s\",\"a\",\"b\"]}", 5);
    attack k = make_attack(w, ATTACK_HOPSKIP, 100);
    float point[FEATURES];
    attack_answer got;
    run(&k, w, 0, 1, point, &got);
    assert_true(got.distance == INFINITY && got.queries == 0);
    assert_memory_equal(point, w->x, sizeof point);
    make_threat(a, w, "{}");
    w->l.b = 1000;
    w->own[0] = 1;
    k.n_known = 0;
    run(&k, w, 0, 1, point, &got);
    assert_true(got.distance == INFINITY && got.queries > 0 && got.queries <= 100);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_models), cmocka_unit_test(test_allowed_and_counted),
        cmocka_unit_test(test_repeats), cmocka_unit_test(test_nothing_to_find)};
    return cmocka_run_group_tests_name("attack", tests, NULL, NULL);
}
