/* test_text.c - fields as text and back, CSV, filters from requests, schemas. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static arena *a;
static err e;

static int open_arena(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

static sample parsed(str json)
{
    sample s;
    doc *d = NULL;
    label_refs l;
    assert_true(doc_parse(a, json, 1 << 20, &d, &e));
    if (!record_parse(&sample_record, d, &s, &l, a, &e)) fail_msg("%s", e.msg.p);
    return s;
}

static const field *named(const char *name)
{
    return record_field(&sample_record, str_of(name));
}

/* clang-format off */
static const struct {
    const char *field, *text, *json; /* json NULL: refused */
} texts[] = {
    {"name", "a b", "\"a b\""},         {"name", " a", "\" a\""},
    {"name", "", "null"},               {"name", "  ", "null"},
    {"name", "\xff", NULL},             {"body", "a\r\nb\rc\r", "\"a\\nb\\rc\\r\""},
    {"count", " 12 ", "12"},            {"count", "1.5", NULL},
    {"count", "x", NULL},               {"ratio", "0.5", "0.5"},
    {"ratio", "1e-3", "0.001"},         {"ratio", "nan", NULL},
    {"live", "true", "true"},           {"live", "yes", "true"},
    {"live", "false", "false"},         {"live", "no", "false"},
    {"live", "1", NULL},                {"live", "", "null"},
    {"colour", "red", "\"red\""},       {"seen_at", " 2026-01-01T00:00:00Z ", "\"2026-01-01T00:00:00Z\""},
    {"ends_on", "2026-01-01", "\"2026-01-01\""}, {"price", "-1250", "-1250"},
    {"price", "12.50", NULL},           {"home", "7", "7"},
    {"home", "Rome", "\"Rome\""},       {"groups", "a, b ,c", "[\"a\",\"b\",\"c\"]"},
    {"groups", "a,,b,", "[\"a\",\"\",\"b\",\"\"]"}, {"groups", "[\"a,b\"]", "[\"a,b\"]"},
    {"groups", "[1", NULL},             {"places", "1, Rome", "[1,\"Rome\"]"},
    {"places", "[3]", "[3]"},           {"settings", "{\"b\": 1, \"a\": []}", "{\"b\":1,\"a\":[]}"},
    {"settings", "{", NULL},
};
/* clang-format on */

static void test_text_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        buf b = buf_open(a, 1 << 16);
        jw w = jw_open(&b);
        bool ok = record_text_value(named(texts[i].field), str_of(texts[i].text), &w, &e);
        if (ok != (texts[i].json != NULL)) fail_msg("%s=%s", texts[i].field, texts[i].text);
        if (ok) assert_string_equal(buf_str(&b).p, texts[i].json);
        if (!ok) assert_int_equal(e.code, ERR_INVALID);
        if (!ok) assert_true(str_starts(e.path, str_of(texts[i].field)));
    }
    buf b = buf_open(a, 100);
    jw w = jw_open(&b);
    assert_false(record_text_value(named("name"), S("a\0b"), &w, &e));
}

static const char *text_of(const sample *s, const char *name)
{
    return record_value_text(&sample_record, named(name), s, a).p;
}

static void test_value_texts(void **state)
{
    (void)state;
    sample s = parsed(str_of(sample_full));
    assert_string_equal(text_of(&s, "name"), "Zo\xc3\xa9's");
    assert_string_equal(text_of(&s, "extra"), "-5");
    assert_string_equal(text_of(&s, "ratio"), "0.1");
    assert_string_equal(text_of(&s, "live"), "false");
    assert_string_equal(text_of(&s, "colour"), "green");
    assert_string_equal(text_of(&s, "done_at"), "1969-12-31T23:59:59.999Z");
    assert_true(str_eqz(record_value_text(&sample_record, named("ends_on"), &s, a), "1970-01-01"));
    assert_string_equal(text_of(&s, "home"), "7");
    assert_string_equal(text_of(&s, "groups"), "[\"staff\",\"a,b\"]");
    assert_string_equal(text_of(&s, "hues"), "blue, red");
    assert_string_equal(text_of(&s, "places"), "3, 1");
    assert_string_equal(text_of(&s, "settings"), "{\"a\":null,\"b\":[1,2.5]}");
    assert_string_equal(text_of(&s, "token"), "");
    s = parsed(str_of(sample_least));
    assert_string_equal(text_of(&s, "extra"), "");
    assert_string_equal(text_of(&s, "groups"), "");
    assert_string_equal(record_value_text(&sample_record, &record_head[0], &s, a).p, "0");
}

static str csv_of(const sample *s)
{
    buf b = buf_open(a, 1 << 16);
    record_csv_header(&sample_record, &b);
    record_csv_row(&sample_record, s, &b);
    return buf_str(&b);
}

/* The document that the first line under the header gives. */
static str csv_json(str text)
{
    str_list header, cells;
    buf b = buf_open(a, 1 << 16);
    jw w = jw_open(&b);
    assert_true(record_csv_next(&text, &header, a, &e));
    assert_true(record_csv_next(&text, &cells, a, &e));
    if (!record_csv_doc(&sample_record, &header, &cells, &w, &e)) fail_msg("%s", e.msg.p);
    assert_false(record_csv_next(&text, &cells, a, &e));
    assert_int_equal(e.code, ERR_OK);
    return buf_str(&b);
}

/* Out and in again gives the same record, whatever a spreadsheet would think of its texts. */
static void test_csv_round_trip(void **state)
{
    (void)state;
    static const char *const awkward[] = {
        "=1+1", "'=1+1", "''=x", "+x",  "-x",           "@x",         "'",         "it's",
        "a,b",  "\"",    "a\"b", "'-1", "\xe2\x82\xac", "line\nfeed", "\ttabbed=", "1",
    };
    for (size_t i = 0; i < COUNT(awkward); i++) {
        sample s = parsed(str_of(sample_full));
        str plain = str_of(awkward[i]);
        bool line = !memchr(plain.p, '\n', plain.n) && !memchr(plain.p, '\t', plain.n);
        if (line) s.name = plain;
        s.body = plain;
        s.groups = (str_list){line ? &s.name : NULL, line};
        s.token = (str){0};
        sample t = parsed(csv_json(csv_of(&s)));
        assert_true(str_eq(s.name, t.name) && str_eq(s.body, t.body));
        assert_string_equal(
            record_canonical(&sample_record, &s, S("salt"), a).p,
            (t.total = s.total, record_canonical(&sample_record, &t, S("salt"), a).p));
    }
}

static void test_csv_text(void **state)
{
    (void)state;
    place p = {
        .head = {1, 2, 0, 0, {0, false}},
          .name = S("=a,\"b\"")
    };
    buf b = buf_open(a, 1 << 16);
    record_csv_header(&place_record, &b);
    record_csv_row(&place_record, &p, &b);
    assert_string_equal(buf_str(&b).p, "id,version,created_at,updated_at,retired_at,name\r\n"
                                       "1,2,1970-01-01T00:00:00.000Z,1970-01-01T00:00:00.000Z,,"
                                       "\"'=a,\"\"b\"\"\"\r\n");
    assert_null(strstr(csv_of(&(sample){.token = S("hush")}).p, "hush"));
    assert_null(strstr(csv_of(&(sample){.token = S("hush")}).p, "token"));
}

static void test_csv_lines(void **state)
{
    (void)state;
    str text = S("a,\"b\r\n\"\"c\"\"\",\n\r\n,\"\"\r\nlast");
    static const char *const want[][3] = {
        {"a", "b\r\n\"c\"", ""},
        {""},
        {"",  ""},
        {"last" }
    };
    static const size_t n[] = {3, 1, 2, 1};
    str_list cells;
    for (size_t i = 0; i < COUNT(n); i++) {
        assert_true(record_csv_next(&text, &cells, a, &e));
        assert_int_equal(cells.n, n[i]);
        for (size_t k = 0; k < n[i]; k++)
            assert_string_equal(cells.at[k].p, want[i][k]);
    }
    assert_false(record_csv_next(&text, &cells, a, &e));
    assert_int_equal(e.code, ERR_OK);
    static const char *const bad[] = {"\"", "\"a", "\"a\"\"", "\"a\"b", "a\"b", "a\rb", "\"a\"\r"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        text = str_of(bad[i]);
        assert_false(record_csv_next(&text, &cells, a, &e));
        assert_int_equal(e.code, ERR_INVALID);
    }
    char wide[257];
    memset(wide, ',', 256);
    wide[256] = 0;
    text = str_of(wide);
    assert_false(record_csv_next(&text, &cells, a, &e));
    assert_int_equal(e.code, ERR_INVALID);
}

static void refuse_csv(const char *csv, const char *path, const char *msg)
{
    str text = str_of(csv);
    str_list header, cells;
    buf b = buf_open(a, 1 << 16);
    jw w = jw_open(&b);
    assert_true(record_csv_next(&text, &header, a, &e));
    assert_true(record_csv_next(&text, &cells, a, &e));
    assert_false(record_csv_doc(&sample_record, &header, &cells, &w, &e));
    assert_string_equal(e.path.p, path);
    assert_string_equal(e.msg.p, msg);
}

static void test_csv_refusals(void **state)
{
    (void)state;
    refuse_csv("name,nmae\nx,y", "nmae", "a sample has no column 'nmae'");
    refuse_csv("name,name\nx,y", "name", "column 'name' is there twice");
    refuse_csv("name\nx,y", "", "the line has 2 cells, the header 1");
    refuse_csv("id,total,count\n1,2,x", "count", "'count' must be a whole number, not 'x'");
}

/* clang-format off */
static const struct {
    const char *key, *text, *path, *msg, *hint;
} filters[] = {
    {"nmae", "x", "nmae", "a list of samples has no filter 'nmae'", "filters: q, id, version, created_at, updated_at, retired_at, name, code, count, score, checked, colour, mood, starts_on, home, source, groups, hues"},
    {"note", "x", "note", "a list of samples has no filter 'note'", NULL},
    {"token", "x", "token", "a list of samples has no filter 'token'", NULL},
    {"places", "1", "places", "a list of samples has no filter 'places'", NULL},
    {"name_xx", "x", "name_xx", NULL, NULL},
    {"_ne", "x", "_ne", NULL, NULL},
    {"q_ne", "x", "q_ne", NULL, NULL},
    {"q", "", "q", "'q' is empty", "give the text to look for"},
    {"count_like", "1", "count_like", "'count' cannot be searched for a part", NULL},
    {"name_gt", "x", "name_gt", "'name' has no order", NULL},
    {"colour_le", "red", "colour_le", "'colour' has no order", NULL},
    {"count_gt", "", "count_gt", "the filter 'count_gt' is empty", NULL},
    {"name_like", "", "name_like", "the filter 'name_like' is empty", NULL},
    {"count", "x", "count", "'x' is no value of 'count'", "a whole number"},
    {"score", "x", "score", "'x' is no value of 'score'", "a number"},
    {"checked", "x", "checked", "'x' is no value of 'checked'", "true or false"},
    {"colour", "pink", "colour", "'pink' is no value of 'colour'", "one of: red, green, blue"},
    {"created_at_gt", "x", "created_at_gt", "'x' is no value of 'created_at'", "as in 2026-11-21T17:41:00Z or 2026-11-21"},
    {"starts_on", "x", "starts_on", "'x' is no value of 'starts_on'", NULL},
    {"source", "x", "source", "'x' is no value of 'source'", "the id of an entry"},
    {"newest_by", "", "newest_by", "'' is no such member of samples", "members that can be filtered, separated by commas"},
    {"newest_by", "colour,", "newest_by", "'' is no such member of samples", NULL},
    {"newest_by", "colour,note", "newest_by", "'note' is no such member of samples", NULL},
    {"newest_by", "id) --", "newest_by", "'id) --' is no such member of samples", NULL},
    {"q", "\xff", "q", "the filter 'q' is no text", NULL},
    {"name", "\xff", "name", "the filter 'name' is no text", NULL},
    {"name", "\1", "name", "the filter 'name' is no text", NULL},
};
/* clang-format on */

static void test_filters(void **state)
{
    (void)state;
    filter f;
    for (size_t i = 0; i < COUNT(filters); i++) {
        if (record_filter(&sample_record, str_of(filters[i].key), str_of(filters[i].text), &f, a,
                          &e))
            fail_msg("%s=%s", filters[i].key, filters[i].text);
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(e.path.p, filters[i].path);
        if (filters[i].msg) assert_string_equal(e.msg.p, filters[i].msg);
        if (filters[i].hint) assert_string_equal(e.hint.p, filters[i].hint);
    }
    char *wide = arena_new(a, char, 1002);
    memset(wide, 'x', 1001);
    assert_false(record_filter(&sample_record, S("name"), str_of(wide), &f, a, &e));
    assert_false(record_filter(&entry_record, S("q"), S("x"), &f, a, &e));
    assert_string_equal(e.msg.p, "a list of entries has no filter 'q'");
    assert_true(record_filter(&sample_record, S("home_ne"), S("Rome"), &f, a, &e));
    assert_true(f.op == FILTER_NE && f.v.kind == VALUE_TEXT && str_eqz(f.v.s, "Rome"));
    assert_true(record_filter(&sample_record, S("id_ge"), S("4"), &f, a, &e));
    assert_true(!f.f && strcmp(f.head, "id") == 0 && f.op == FILTER_GE && f.v.i == 4);
    assert_true(record_filter(&sample_record, S("name_like"), S("5%_\\"), &f, a, &e));
    assert_string_equal(f.v.s.p, "%5\\%\\_\\\\%");
}

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text_values, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_value_texts, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_csv_round_trip, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_csv_text, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_csv_lines, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_csv_refusals, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_filters, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
