/* test_threat.c - threat models: distances by hand, projections, and plans that are refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/threat.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { FEATURES = 7, ROWS = 5 };
static const char *const names[FEATURES] = {"age", "pay", "kind", "town", "a", "b", "c"};
static const bool categorical[FEATURES] = {[2] = true};
static const float rows[ROWS * FEATURES] = {20, 0,   1, 7,        1, 0, 0, /* */
                                            30, 100, 3, 8,        0, 1, 0, /* */
                                            40, 50,  4, (float)9, 0, 0, 1, /* */
                                            60, 200, 1, 7,        0, 1, 0, /* */
                                            50, 10,  3, 8,        1, 0, 0};

static bool make(arena *a, const char *json, threat *ret, err *e)
{
    str n[FEATURES];
    doc *d = NULL;
    for (size_t i = 0; i < FEATURES; i++)
        n[i] = str_of(names[i]);
    threat_data data = {n, FEATURES, categorical, rows, ROWS, NULL};
    if (json && !doc_parse(a, str_of(json), 10000, &d, e)) return false;
    return threat_make(a, d, &data, S("options.threat"), ret, e);
}

static threat must_make(arena *a, const char *json)
{
    threat t;
    err e = ERR_IN(a);
    if (!make(a, json, &t, &e)) {
        print_error("%s: %s\n", e.path.p, e.msg.p);
        fail();
    }
    return t;
}

#define GROUP "\"one_hot\":[[\"a\",\"b\",\"c\"]]"

/* age 20 -> 40: half its range of 40; pay 0 -> 50: a quarter of 200; kind and group: 1 each. */
static void test_distances_by_hand(void **unused)
{
    static const struct {
        const char *norm;
        double want;
    } cases[] = {
        {"l2",   1.5206906325745548},
        {"linf", 1                 },
        {"l1",   2.75              },
        {"l0",   4                 }
    };
    arena *a = arena_open();
    (void)unused;
    for (size_t k = 0; k < COUNT(cases); k++) {
        threat t = must_make(a, str_fmt(a, "{\"norm\":\"%s\"," GROUP "}", cases[k].norm).p);
        float x[FEATURES] = {40, 50, 4, 7, 0, 0, 1};
        assert_true(fabs(threat_distance(&t, rows, x) - cases[k].want) < 1e-12);
        assert_true(threat_distance(&t, rows, rows) == 0);
    }
    threat t = must_make(a, "{\"scale\":\"unit\",\"features\":{\"age\":{\"cost\":0.5,"
                            "\"missing\":true},\"kind\":{\"cost\":3}}}");
    float x[FEATURES] = {26, 4, 1, 7, 1, 0, 0};
    assert_true(threat_distance(&t, rows, x) == 5);
    x[0] = NAN; /* 40 years of 0.5 */
    x[1] = 0;
    assert_true(threat_distance(&t, rows, x) == 20);
    arena_close(a);
}

static void test_what_is_allowed(void **unused)
{
    static const struct {
        const char *json;
        float x[FEATURES];
        bool allowed;
    } cases[] = {
        {"{" GROUP "}",                                                           {40, 50, 3, 8, 0, 1, 0},    true },
        {"{" GROUP "}",                                                           {40, 50, 3, 8, 1, 1, 0},    false},
        {"{" GROUP "}",                                                           {40, 50, 3, 8, 0, 0, 0},    false},
        {"{\"one_hot\":[{\"features\":[\"a\",\"b\",\"c\"],\"none\":true}]}",
         {40, 50, 3, 8, 0, 0, 0},
         true                                                                                                      },
        {"{" GROUP "}",                                                           {40, 50, 2, 8, 1, 0, 0},    false}, /* no code of the data */
        {"{" GROUP "}",                                                           {61, 50, 3, 8, 1, 0, 0},    false}, /* beyond the data */
        {"{" GROUP ",\"features\":{\"age\":{\"max\":70}}}",                       {61, 50, 3, 8, 1, 0, 0},    true },
        {"{" GROUP ",\"integer\":[\"age\"]}",                                     {40.5f, 50, 3, 8, 1, 0, 0}, false},
        {"{" GROUP ",\"immutable\":[\"kind\"]}",                                  {40, 50, 3, 8, 1, 0, 0},    false},
        {"{" GROUP ",\"immutable\":[\"b\"]}",                                     {20, 0, 1, 7, 0, 1, 0},     false},
        {"{" GROUP ",\"immutable\":[\"b\"]}",                                     {20, 0, 1, 7, 0, 0, 1},     true },
        {"{" GROUP ",\"immutable\":[\"a\"]}",                                     {20, 0, 1, 7, 0, 0, 1},     false},
        {"{" GROUP ",\"features\":{\"age\":{\"direction\":\"down\",\"min\":0}}}",
         {21, 0, 1, 7, 1, 0, 0},
         false                                                                                                     },
        {"{" GROUP ",\"features\":{\"age\":{\"direction\":\"down\",\"min\":0}}}",
         {19, 0, 1, 7, 1, 0, 0},
         true                                                                                                      },
        {"{" GROUP ",\"features\":{\"age\":{\"min\":25}}}",                       {20, 50, 1, 7, 1, 0, 0},    true },
        {"{" GROUP ",\"features\":{\"age\":{\"min\":25}}}",                       {21, 50, 1, 7, 1, 0, 0},    false},
        {"{" GROUP "}",                                                           {NAN, 0, 1, 7, 1, 0, 0},    false},
        {"{" GROUP ",\"features\":{\"age\":{\"missing\":true}}}",                 {NAN, 0, 1, 7, 1, 0, 0},    true },
        {"{" GROUP ",\"features\":{\"town\":{\"categorical\":true}}}",
         {20, 0, 1, 7.5f, 1, 0, 0},
         false                                                                                                     }
    };
    arena *a = arena_open();
    (void)unused;
    for (size_t k = 0; k < COUNT(cases); k++) {
        threat t = must_make(a, cases[k].json);
        float x[FEATURES];
        if (threat_allowed(&t, rows, cases[k].x) != cases[k].allowed) {
            print_error("case %zu\n", k);
            fail();
        }
        memcpy(x, cases[k].x, sizeof x);
        threat_project(&t, rows, x);
        assert_true(threat_allowed(&t, rows, x));
        if (cases[k].allowed) assert_memory_equal(x, cases[k].x, sizeof x);
    }
    arena_close(a);
}

/* Random rows are allowed; projections of anything are, and do not move twice. */
static void test_random_and_projected(void **unused)
{
    arena *a = arena_open();
    threat t = must_make(a, "{" GROUP ",\"integer\":[\"age\"],\"features\":{\"pay\":{"
                            "\"missing\":true,\"direction\":\"up\"},\"town\":{"
                            "\"categorical\":true,\"missing\":true}}}");
    rng r = rng_open(1, 1, 1);
    size_t moved = 0, missing = 0;
    (void)unused;
    for (size_t k = 0; k < 2000; k++) {
        const float *x0 = rows + k % ROWS * FEATURES;
        float x[FEATURES], y[FEATURES];
        threat_random(&t, x0, &r, x);
        assert_true(threat_allowed(&t, x0, x));
        missing += isnan(x[1]) ? 1 : 0;
        for (size_t i = 0; i < FEATURES; i++)
            x[i] = rng_uniform(&r) < 0.1 ? NAN : (float)(rng_uniform(&r) * (i < 2 ? 250 : 10) - 3);
        threat_project(&t, x0, x);
        assert_true(threat_allowed(&t, x0, x));
        memcpy(y, x, sizeof y);
        threat_project(&t, x0, y);
        assert_memory_equal(x, y, sizeof x);
        moved += threat_distance(&t, x0, x) > 0;
    }
    assert_true(moved > 1900 && missing > 150);
    arena_close(a);
}

static void test_refusals(void **unused)
{
    static const struct {
        const char *json, *path;
    } cases[] = {
        {"{\"norm\":\"l3\"}",                                 "options.threat.norm"                },
        {"{\"scale\":1}",                                     "options.threat.scale"               },
        {"{\"colour\":1}",                                    "options.threat.colour"              },
        {"{\"immutable\":\"age\"}",                           "options.threat.immutable"           },
        {"{\"immutable\":[\"agee\"]}",                        "options.threat.immutable.0"         },
        {"{\"integer\":[\"age\",5]}",                         "options.threat.integer.1"           },
        {"{\"features\":{\"agee\":{}}}",                      "options.threat.features.agee"       },
        {"{\"features\":{\"age\":{\"mim\":1}}}",              "options.threat.features.age.mim"    },
        {"{\"features\":{\"age\":{\"min\":\"1\"}}}",          "options.threat.features.age.min"    },
        {"{\"features\":{\"age\":{\"min\":100}}}",            "options.threat.features.age"        },
        {"{\"features\":{\"age\":{\"cost\":0}}}",             "options.threat.features.age.cost"   },
        {"{\"features\":{\"age\":{\"integer\":1}}}",          "options.threat.features.age.integer"},
        {"{\"features\":{\"age\":{\"direction\":\"left\"}}}",
         "options.threat.features.age.direction"                                                   },
        {"{\"features\":{\"kind\":{\"direction\":\"up\"}}}",  "options.threat.features.kind"       },
        {"{\"features\":{\"kind\":{\"max\":9}}}",             "options.threat.features.kind"       },
        {"{\"one_hot\":[\"a\"]}",                             "options.threat.one_hot.0"           },
        {"{\"one_hot\":[[\"a\"]]}",                           "options.threat.one_hot.0"           },
        {"{\"one_hot\":[[\"a\",\"b\"],[\"b\",\"c\"]]}",       "options.threat.one_hot.1"           },
        {"{\"one_hot\":[[\"a\",\"x\"]]}",                     "options.threat.one_hot.0.1"         },
        {"{" GROUP ",\"integer\":[\"a\"]}",                   "options.threat.features.a"          },
        {"[]",                                                "options.threat"                     }
    };
    arena *a = arena_open();
    (void)unused;
    for (size_t k = 0; k < COUNT(cases); k++) {
        threat t;
        err e = ERR_IN(a);
        assert_false(make(a, cases[k].json, &t, &e));
        assert_string_equal(e.path.p, cases[k].path);
        assert_true(e.code == ERR_INVALID && e.msg.n && e.hint.n);
    }
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distances_by_hand), cmocka_unit_test(test_what_is_allowed),
        cmocka_unit_test(test_random_and_projected), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests_name("threat", tests, NULL, NULL);
}
