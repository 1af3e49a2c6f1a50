/* test_schema.c - what reading finds is told, and data of another schema are noticed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/measure.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

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

static table read_csv(const char *csv)
{
    table t;
    if (!table_read_bytes(a, str_of(csv), "t", NULL, &t, &e)) fail_msg("%s", e.msg.p);
    return t;
}

static str schema_text(const table *t)
{
    buf b = buf_open(a, 1 << 16);
    jw w = jw_open(&b);
    table_schema(t, &w);
    return buf_str(&b);
}

#define DATA "age,sex,y,gap\n17,f,0,\n90,m,1,\n33.5,f,1,\n,m,0,\n"
#define SCHEMA                                                                                     \
    "{\"age\":{\"type\":\"number\",\"min\":17,\"max\":90,\"missing\":1},"                          \
    "\"sex\":{\"type\":\"category\",\"levels\":2,\"missing\":0},"                                  \
    "\"y\":{\"type\":\"number\",\"min\":0,\"max\":1,\"missing\":0},"                               \
    "\"gap\":{\"type\":\"number\",\"missing\":4}}"

static void what_reading_found(void **state)
{
    (void)state;
    table t = read_csv(DATA);
    assert_string_equal(schema_text(&t).p, SCHEMA);
}

static bool run(const char *csv, const char *schema, measure_result *ret)
{
    doc *d;
    measure_plan p;
    table t = read_csv(csv);
    str plan = str_fmt(a,
                       "{\"kind\":\"performance_eval\",\"label\":\"y\",\"prediction\":\"y\","
                       "\"schema\":%s}",
                       schema);
    measure_input in = {.data = &t, .threads = 1};
    return doc_parse(a, plan, 1 << 20, &d, &e) && measure_plan_parse(a, d, &p, &e) &&
           measure_run(&p, &in, ret, a, &e);
}

static size_t notes_with(const measure_result *r, const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_notes; i++)
        n += strstr(r->notes[i].p, text) != NULL;
    return n;
}

static void same_schema(void **state)
{
    (void)state;
    measure_result r;
    assert_true(run(DATA, SCHEMA, &r));
    assert_int_equal(notes_with(&r, "schema"), 0);
    assert_true(run(DATA, "{\"age\":\"number\"}", &r));
    assert_true(run(DATA, "{\"gap\":\"category\"}", &r)); /* nothing there that says otherwise */
}

static void beyond_the_schema(void **state)
{
    (void)state;
    measure_result r;
    assert_true(run("age,sex,y,gap\n16,f,0,\n20,d,1,\n33,,1,\n40,m,0,3\n", SCHEMA, &r));
    assert_int_equal(notes_with(&r, "schema"), 2);
    assert_int_equal(notes_with(&r, "'age' goes from 16 to 40, beyond 17 to 90"), 1);
    assert_int_equal(notes_with(&r, "'sex' has 3 levels, more than 2"), 1);
    assert_true(run("age,sex,y,gap\n20,f,0,\n30,,1,\n", SCHEMA, &r));
    assert_int_equal(notes_with(&r, "'sex' lacks a value in 1 rows, but in none"), 1);
}

static void refused(const char *csv, const char *schema, const char *path)
{
    measure_result r;
    if (run(csv, schema, &r)) fail_msg("taken: %s", schema);
    assert_int_equal(e.code, ERR_INVALID);
    assert_string_equal(str_dup(a, e.path).p, path);
    assert_true(e.hint.n);
}

static void other_schemas(void **state)
{
    (void)state;
    refused("sex,y,gap\nf,0,\nm,1,\n", SCHEMA, "schema.age");
    refused("age,sex,y,gap\nold,f,0,\n20,m,1,\n", SCHEMA, "schema.age");
    refused("age,sex,y,gap\n10,1,0,\n20,2,1,\n", SCHEMA, "schema.sex");
    refused(DATA, "[]", "schema");
    refused(DATA, "{\"age\":\"int\"}", "schema.age");
    refused(DATA, "{\"age\":{\"min\":3}}", "schema.age");
    refused(DATA, "{\"age\":{\"type\":\"number\",\"min\":\"3\"}}", "schema.age");
    refused(DATA, "{\"age\":{\"type\":\"number\",\"mean\":3}}", "schema.age");
}

/* Columns that only the schema names are read, too. */
static void columns_are_read(void **state)
{
    (void)state;
    doc *d;
    str *only;
    size_t n = 0;
    measure_plan p;
    assert_true(doc_parse(a,
                          S("{\"kind\":\"performance_eval\",\"label\":\"y\",\"prediction\":\"y\","
                            "\"schema\":{\"age\":\"number\",\"y\":\"number\"}}"),
                          1 << 20, &d, &e) &&
                measure_plan_parse(a, d, &p, &e) && measure_columns(&p, NULL, a, &only, &n, &e));
    assert_int_equal(n, 2);
    buf b = buf_open(a, 1 << 16);
    jw w = jw_open(&b);
    measure_plan_json(&p, &w);
    assert_non_null(strstr(buf_str(&b).p, "\"schema\":{\"age\":\"number\",\"y\":\"number\"}"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_reading_found), TEST(same_schema),      TEST(beyond_the_schema),
        TEST(other_schemas),      TEST(columns_are_read),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
