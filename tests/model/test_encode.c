/* test_encode.c - encoders against scikit-learn, value by value; what they refuse; origins. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/encode.h"
#include "model/model.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static arena *a;
static err e;

static int setup(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

static table read_csv(const char *text)
{
    table t;
    if (!table_read_bytes(a, str_of(text), "test", NULL, &t, &e)) fail_msg("%s", e.msg.p);
    return t;
}

static encoding *read_encoding(const char *json)
{
    doc *d;
    encoding *x = NULL;
    if (!doc_parse(a, str_of(json), 1 << 20, &d, &e) || !encode_parse(a, d, &x, &e))
        fail_msg("%s: %s", e.path.p, e.msg.p);
    return x;
}

static table encoded(const char *json, const char *csv)
{
    table t = read_csv(csv), ret;
    if (!encode_table(a, read_encoding(json), &t, NULL, 0, &ret, &e))
        fail_msg("%s: %s", e.path.p, e.msg.p);
    return ret;
}

static void expect(const table *t, size_t k, const char *name, const double *want)
{
    assert_string_equal(str_dup(a, t->columns[k].name).p, name);
    assert_int_equal(t->columns[k].type, COLUMN_NUMBER);
    for (size_t r = 0; r < t->rows; r++)
        if (isnan(want[r]) ? !isnan(t->columns[k].num[r]) : t->columns[k].num[r] != want[r])
            fail_msg("%s, row %zu: %g, not %g", name, r, t->columns[k].num[r], want[r]);
}

/* ---- scikit-learn ---- */

static str file(const char *name)
{
    str s;
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/model/reference/%s", AIMS_SOURCE, name);
    if (!file_read(a, path, 1 << 20, &s, &e)) fail_msg("%s", e.msg.p);
    return s;
}

/* Reference values by script/reference/encode.py, scikit-learn 1.2.1. */
static void as_scikit_learn(void **state)
{
    (void)state;
    table want = read_csv(file("encoded.csv").p);
    table have = encoded(file("encode.json").p, file("encode.csv").p);
    assert_int_equal(want.rows, 120);
    assert_int_equal(have.rows, want.rows);
    assert_int_equal(have.n_columns, want.n_columns);
    for (size_t k = 0; k < want.n_columns; k++) {
        expect(&have, k, str_dup(a, want.columns[k].name).p, want.columns[k].num);
        assert_int_equal(have.columns[k].missing, want.columns[k].missing);
    }
}

/* ---- by hand ---- */

#define CSV "s,n,k\na,1,10\nb,2.5,20\n,,30\na,2.5,40\n"

static void raw_columns_stay(void **state)
{
    (void)state;
    table t = encoded("{\"s\":{\"one_hot\":[\"b\",\"a\",null]},\"n\":\"pass\"}", CSV);
    assert_int_equal(t.n_columns, 5);
    expect(&t, 0, "s_b", (double[]){0, 1, 0, 0});
    expect(&t, 1, "s_a", (double[]){1, 0, 0, 1});
    expect(&t, 2, "s_nan", (double[]){0, 0, 1, 0});
    expect(&t, 3, "n", (double[]){1, 2.5, NAN, 2.5});
    expect(&t, 4, "k", (double[]){10, 20, 30, 40});
    assert_int_equal(t.columns[3].missing, 1);
}

static void order_as_told(void **state)
{
    (void)state;
    table t = read_csv(CSV), ret;
    const str columns[] = {S("k"), S("s")};
    const encoding *x = read_encoding("{\"s\":{\"one_hot\":[\"a\",\"b\"],\"missing\":\"nan\"}}");
    assert_true(encode_table(a, x, &t, columns, 2, &ret, &e));
    assert_int_equal(ret.n_columns, 3);
    expect(&ret, 0, "k", (double[]){10, 20, 30, 40});
    expect(&ret, 1, "s_a", (double[]){1, 0, NAN, 1});
    expect(&ret, 2, "s_b", (double[]){0, 1, NAN, 0});
    assert_true(encode_table(a, NULL, &t, columns, 1, &ret, &e));
    assert_ptr_equal(ret.columns[0].num, t.columns[2].num);
}

static void policies(void **state)
{
    (void)state;
    table t = encoded("{\"s\":{\"ordinal\":{\"a\":7},\"unknown\":\"nan\",\"missing\":-2,"
                      "\"name\":\"z{column}\"},"
                      "\"n\":{\"one_hot\":[1,\"2.50\"],\"impute\":2.5,\"drop\":1},"
                      "\"k\":{\"one_hot\":[20],\"unknown\":\"nan\"}}",
                      CSV);
    expect(&t, 0, "zs", (double[]){7, NAN, -2, 7});
    expect(&t, 1, "n_2.50", (double[]){0, 1, 1, 1});
    expect(&t, 2, "k_20", (double[]){NAN, 1, NAN, NAN});
    t = encoded("{\"n\":{\"scale\":{\"subtract\":1},\"impute\":-3},\"s\":{\"ordinal\":[null,\"b\","
                "\"a\"]},\"k\":{\"min_max\":{\"min\":20,\"max\":20}}}",
                CSV);
    expect(&t, 0, "s", (double[]){2, 1, 0, 2});
    expect(&t, 1, "n", (double[]){0, 1.5, -4, 1.5});
    expect(&t, 2, "k", (double[]){-10, 0, 10, 20});
}

static void origins(void **state)
{
    (void)state;
    const str names[] = {S("k"), S("s_b"), S("s_a"), S("n")};
    encode_origin o[4];
    const encoding *x = read_encoding("{\"s\":{\"one_hot\":[\"a\",\"b\",\"c\"],\"drop\":\"c\"},"
                                      "\"n\":{\"standard\":{\"mean\":3,\"sd\":4}}}");
    encode_origins(a, x, names, 4, o);
    assert_null(o[0].by);
    assert_true(str_eqz(o[0].column, "k") && o[0].factor == 1);
    assert_ptr_equal(o[1].by, o[2].by);
    assert_true(str_eqz(o[1].column, "s") && o[1].by->dropped && isnan(o[1].factor));
    assert_int_equal(o[1].feature, 1);
    assert_int_equal(o[2].feature, 0);
    assert_true(str_eqz(o[3].column, "n") && o[3].factor == 0.25);
    encode_origins(a, NULL, names, 4, o);
    assert_null(o[3].by);
    assert_ptr_equal(encode_find(x, S("n")), &x->at[1]);
    assert_null(encode_find(NULL, S("n")));
}

/* ---- refusals ---- */

static const struct {
    const char *json, *path;
} bad[] = {
    {"[]",                                                                 "encode"              },
    {"{\"s\":3}",                                                          "encode.s"            },
    {"{\"s\":{\"onehot\":[]}}",                                            "encode.s.onehot"     },
    {"{\"s\":{\"one_hot\":[]}}",                                           "encode.s.one_hot"    },
    {"{\"s\":{\"one_hot\":{\"a\":1}}}",                                    "encode.s.one_hot"    },
    {"{\"s\":{\"one_hot\":[\"a\",\"a\"]}}",                                "encode.s.one_hot.1"  },
    {"{\"s\":{\"one_hot\":[null,null]}}",                                  "encode.s.one_hot.1"  },
    {"{\"s\":{\"one_hot\":[1,\"1\"]}}",                                    "encode.s.one_hot.1"  },
    {"{\"s\":{\"one_hot\":[[]]}}",                                         "encode.s.one_hot.0"  },
    {"{\"s\":{\"one_hot\":[\"\"]}}",                                       "encode.s.one_hot.0"  },
    {"{\"s\":{\"ordinal\":{\"a\":\"b\"}}}",                                "encode.s.ordinal.0"  },
    {"{\"s\":{\"ordinal\":[\"a\"],\"one_hot\":[\"a\"]}}",                  "encode.s.ordinal"    },
    {"{\"s\":{\"ordinal\":[\"a\"],\"unknown\":\"zeros\"}}",                "encode.s.unknown"    },
    {"{\"s\":{\"one_hot\":[\"a\"],\"unknown\":0}}",                        "encode.s.unknown"    },
    {"{\"s\":{\"one_hot\":[\"a\"],\"unknown\":\"ignore\"}}",               "encode.s.unknown"    },
    {"{\"s\":{\"one_hot\":[\"a\",null],\"missing\":\"zeros\"}}",           "encode.s.missing"    },
    {"{\"s\":{\"one_hot\":[\"a\"],\"missing\":\"nan\",\"impute\":\"a\"}}", "encode.s.missing"    },
    {"{\"s\":{\"one_hot\":[\"a\"],\"names\":[\"x\",\"y\"]}}",              "encode.s.names"      },
    {"{\"s\":{\"one_hot\":[\"a\"],\"names\":[3]}}",                        "encode.s"            },
    {"{\"s\":{\"one_hot\":[\"a\",\"b\"],\"name\":\"x\"}}",                 "encode.s"            },
    {"{\"s\":{\"one_hot\":[\"a\"],\"drop\":\"b\"}}",                       "encode.s.drop"       },
    {"{\"s\":{\"drop\":\"b\"}}",                                           "encode.s.drop"       },
    {"{\"s\":{\"names\":[\"b\"]}}",                                        "encode.s.names"      },
    {"{\"s\":{\"name\":1}}",                                               "encode.s.name"       },
    {"{\"s\":{\"impute\":\"a\"}}",                                         "encode.s.impute"     },
    {"{\"s\":{\"missing\":\"nan\"}}",                                      "encode.s.missing"    },
    {"{\"s\":{\"standard\":{\"mean\":1}}}",                                "encode.s.standard.sd"},
    {"{\"s\":{\"scale\":{\"divide\":0}}}",                                 "encode.s.scale"      },
    {"{\"s\":{\"scale\":{\"times\":0}}}",                                  "encode.s.scale.times"},
    {"{\"s\":{\"scale\":2}}",                                              "encode.s.scale"      },
    {"{\"s\":{\"min_max\":{\"min\":1}}}",                                  "encode.s.min_max.max"},
    {"{\"s\":{\"min_max\":{\"min\":1,\"max\":0}}}",                        "encode.s.min_max.max"},
    {"{\"s\":{\"min_max\":{\"min\":1,\"max\":2,\"to\":[1,0]}}}",           "encode.s.min_max.to" },
    {"{\"s\":{\"name\":\"x\"},\"n\":{\"name\":\"x\"}}",                    "encode.n"            },
};

static void bad_encoders(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        doc *d;
        encoding *x;
        assert_true(doc_parse(a, str_of(bad[i].json), 1 << 20, &d, &e));
        if (encode_parse(a, d, &x, &e)) fail_msg("taken: %s", bad[i].json);
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(str_dup(a, e.path).p, bad[i].path);
        assert_true(e.hint.n && e.msg.n);
    }
}

static const struct {
    const char *json, *path, *msg;
} unfit[] = {
    {"{\"s\":{\"one_hot\":[\"a\"],\"missing\":\"nan\"}}",    "encode.s",
     "column 's' holds 'b' in row 2, which is no level of its encoder"                                        },
    {"{\"s\":{\"one_hot\":[\"a\",\"b\"]}}",                  "encode.s",
     "column 's' has no value in row 3, and its encoder takes none"                                           },
    {"{\"s\":{\"ordinal\":[\"a\",\"b\"],\"impute\":\"c\"}}", "encode.s",
     "column 's' holds 'c' in row 3, which is no level of its encoder"                                        },
    {"{\"n\":{\"ordinal\":[1,2],\"missing\":0}}",            "encode.n",
     "column 'n' holds '2.5' in row 2, which is no level of its encoder"                                      },
    {"{\"s\":{\"scale\":{\"divide\":2}}}",                   "encode.s",
     "column 's' holds texts such as 'a', but its encoder takes numbers"                                      },
    {"{\"s\":{\"impute\":2}}",                               "encode.s",
     "column 's' holds texts such as 'a', but its encoder takes numbers"                                      },
    {"{\"q\":\"pass\"}",                                     "encode.q", "there is no column 'q'"             },
    {"{\"n\":{\"name\":\"k\"}}",                             "encode",   "the model would see two columns 'k'"},
};

static void unfit_data(void **state)
{
    (void)state;
    table t = read_csv(CSV), ret;
    for (size_t i = 0; i < COUNT(unfit); i++) {
        if (encode_table(a, read_encoding(unfit[i].json), &t, NULL, 0, &ret, &e))
            fail_msg("taken: %s", unfit[i].json);
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(str_dup(a, e.path).p, unfit[i].path);
        assert_string_equal(str_dup(a, e.msg).p, unfit[i].msg);
        assert_true(e.hint.n);
    }
    assert_false(encode_table(a, NULL, &t, (str[]){S("n"), S("n")}, 2, &ret, &e));
    assert_false(encode_table(a, NULL, &t, (str[]){S("zz")}, 1, &ret, &e));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_scikit_learn), TEST(raw_columns_stay), TEST(order_as_told), TEST(policies),
        TEST(origins),         TEST(bad_encoders),     TEST(unfit_data),
    };
    return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
