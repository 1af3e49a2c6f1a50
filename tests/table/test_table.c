/* test_table.c - reading CSV and JSON lines: what is accepted, what is refused and where. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/number.h"
#include "table/read.h"
#include "table/table.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

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

static table must_read(const char *text, const table_options *o)
{
    table t;
    if (!table_read_bytes(a, str_of(text), "t", o, &t, &e)) fail_msg("%s", e.msg.p);
    return t;
}

/* One table as text: "a:1|2|. b:x|y|z", missing values as a point. */
static const char *show(const table *t)
{
    buf b = buf_open(a, 1 << 20);
    for (size_t i = 0; i < t->n_columns; i++) {
        const column *c = &t->columns[i];
        buf_fmt(&b, "%s%.*s%c", i ? " " : "", STR_ARG(c->name),
                c->type == COLUMN_NUMBER ? '#' : ':');
        for (size_t r = 0; r < t->rows; r++) {
            str s = column_text(a, c, r);
            if (r) buf_putc(&b, '|');
            buf_put(&b, s.p ? s : S("."));
        }
    }
    return buf_str(&b).p;
}

static void reads_as(const char *text, const table_options *o, const char *want)
{
    table t = must_read(text, o);
    assert_string_equal(show(&t), want);
}

static void refused(const char *text, table_format format, err_code code, const char *path,
                    const char *says)
{
    table t;
    table_options o = {.format = format};
    assert_false(table_read_bytes(a, str_of(text), "t", &o, &t, &e));
    assert_int_equal(e.code, code);
    assert_string_equal(e.path.p, path);
    if (!strstr(e.msg.p, says)) fail_msg("'%s' does not say '%s'", e.msg.p, says);
    assert_true(e.hint.n > 0);
}

/* ---- CSV ---- */

static void csv_follows_rfc_4180(void **state)
{
    (void)state;
    reads_as("a,b\n1,x\n2,y\n", NULL, "a#1|2 b:x|y");
    reads_as("a,b\r\n1,x\r\n2,y", NULL, "a#1|2 b:x|y");
    reads_as("\xef\xbb\xbf"
             "a,b\n1,x\n",
             NULL, "a#1 b:x");
    reads_as("a,b\n\"1\",\"x, \"\"y\"\"\nz\"\n", NULL, "a#1 b:x, \"y\"\nz");
    reads_as("\"a \"\"b\"\"\",c\n1,\"\"\n", NULL, "a \"b\"#1 c#.");
    reads_as("a,b\n\n1,x\n\r\n2,y\n\n", NULL, "a#1|2 b:x|y"); /* empty lines between rows */
    reads_as("a\n1\n\n3\n", NULL, "a#1|.|3");                 /* one column: an empty cell */
    reads_as("a,b\n", NULL, "a# b#");
    reads_as("a,b\n1,\"x\r\ny\"\r\n", NULL, "a#1 b:x\r\ny");
    reads_as("n\xc3\xa4me\n\xe2\x82\xac\n", NULL, "n\xc3\xa4me:\xe2\x82\xac");
    table_options o = {.separator = ';'};
    reads_as("a;b\n1,5;x\n", &o, "a:1,5 b:x");
}

static void types_follow_from_values(void **state)
{
    (void)state;
    reads_as("a\n1\n-2.5e3\n.5\n+7\n", NULL, "a#1|-2500|0.5|7");
    reads_as("a\n1\n2\nx\n", NULL, "a:1|2|x");
    reads_as("a\ninf\n1\n", NULL, "a:inf|1");
    reads_as("a\n 1\n", NULL, "a: 1"); /* RFC 4180: blanks belong to the cell */
    reads_as("a\n1e999\n1\n", NULL, "a:1e999|1");
    reads_as("a\n0x10\n", NULL, "a:0x10");
    reads_as("a,b\nNA,NA\n1,x\n?,?\nNaN,nan\n", NULL, "a#.|1|.|. b:.|x|.|.");
    const str missing[] = {S("-999"), S("none")};
    table_options o = {.missing = missing, .n_missing = 2};
    reads_as("a,b\n-999,x\n1,none\n2,\n", &o, "a#.|1|2 b:x|.|");
    const str category[] = {S("zip")};
    table_options p = {.categorical = category, .n_categorical = 1};
    reads_as("zip,n\n01234,1\n9,2\n", &p, "zip:01234|9 n#1|2");
}

static void levels_stand_in_order(void **state)
{
    (void)state;
    table t = must_read("a\nz\nb\n\nab\nb\n", NULL);
    assert_int_equal(t.columns[0].n_levels, 3);
    assert_string_equal(t.columns[0].levels[0].p, "ab");
    assert_string_equal(t.columns[0].levels[2].p, "z");
    assert_int_equal(t.columns[0].missing, 1);
    assert_int_equal(t.columns[0].code[2], -1);
}

static void csv_says_where_it_is_broken(void **state)
{
    (void)state;
    refused("", TABLE_CSV, ERR_INVALID, "t", "no header");
    refused("a,b\n1,2\n3\n", TABLE_CSV, ERR_INVALID, "t:3", "row has 1 cells");
    refused("a,b\n1,2,3\n", TABLE_CSV, ERR_INVALID, "t:2", "the header has 2");
    refused("a,b\n\"x\ny\",1\n1,\"2\n\n", TABLE_CSV, ERR_INVALID, "t:4", "column 'b'");
    refused("a,b\n1,2\"3\n", TABLE_CSV, ERR_INVALID, "t:2", "column 'b': a quote in the wrong");
    refused("a,b\n\"1\"2,3\n", TABLE_CSV, ERR_INVALID, "t:2", "column 'a': a quote");
    refused("a,b\n1,\xff\n", TABLE_CSV, ERR_INVALID, "t:2", "broken UTF-8 at byte 7");
    refused("a,b\n1,\xed\xa0\x80\n", TABLE_CSV, ERR_INVALID, "t:2", "broken UTF-8");
    refused("a,a\n1,2\n", TABLE_CSV, ERR_INVALID, "t:1", "two columns are named 'a'");
    refused(str_fmt(a, "%02000d\n1\n", 0).p, TABLE_CSV, ERR_INVALID, "t:1", "has 2000 bytes");
    refused("a,\n1,2\n", TABLE_CSV, ERR_INVALID, "t:1", "column 2 is empty");
    refused("\"a,b\n1,2\n", TABLE_CSV, ERR_INVALID, "t:1", "quotes of column 1");
    table t;
    assert_false(table_read_bytes(a, S("a\n1\0002\n"), "t", NULL, &t, &e));
    assert_non_null(strstr(e.msg.p, "NUL"));
    table_options o = {.max_bytes = 4};
    assert_false(table_read_bytes(a, S("a\n1\n2\n"), "t", &o, &t, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    table_options quote = {.separator = '"'};
    assert_false(table_read_bytes(a, S("a\n1\n"), "t", &quote, &t, &e));
    assert_string_equal(e.path.p, "separator");
}

/* Files that people have, and take for tables. */
static void strangers_are_named(void **state)
{
    (void)state;
    const table_format f = TABLE_AUTO;
    refused("a;b\n1;2\n", f, ERR_INVALID, "t:1", "separated by semicolons");
    refused("a\tb\n1\t2\n", f, ERR_INVALID, "t:1", "separated by tabs");
    refused("a|b\n1|2\n", f, ERR_INVALID, "t:1", "separated by bars");
    reads_as("\"a;b\"\n1\n", NULL, "a;b#1");
    refused("a,b\r1,2\r", f, ERR_INVALID, "t:1", "column 2 holds a control character");
    refused(" [\n {\"a\":1}]", f, ERR_INVALID, "t", "one JSON array");
    reads_as("[a],b\n1,2\n", NULL, "[a]#1 b#2");
    refused("\x1f\x8b\x08", f, ERR_INVALID, "t", "gzip");
    refused("\x28\xb5\x2f\xfd\x04", f, ERR_INVALID, "t", "zstd");
    refused("\x80\x04}q\x01.", f, ERR_INVALID, "t", "pickle");
    refused("\xff\xfe"
            "a",
            f, ERR_INVALID, "t", "UTF-16");
    refused("\xd0\xcf\x11\xe0", f, ERR_INVALID, "t", "Excel");
}

static void only_wanted_columns_are_loaded(void **state)
{
    (void)state;
    const str only[] = {S("c"), S("a")};
    table_options o = {.only = only, .n_only = 2};
    reads_as("a,b,c\n1,x,2\n3,y,4\n", &o, "a#1|3 c#2|4"); /* in the file's order */
    reads_as("{\"a\":1,\"b\":2}\n{\"c\":3}\n", &o, "a#1|. c#.|3");
    table t;
    const str unknown[] = {S("d")};
    table_options bad = {.only = unknown, .n_only = 1};
    assert_false(table_read_bytes(a, S("a,b\n1,2\n"), "t", &bad, &t, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_non_null(strstr(e.hint.p, "a, b"));
    assert_false(table_read_bytes(a, S("{\"a\":1}\n"), "t", &bad, &t, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

/* A file of many parts: quoted line feeds at every distance from the cuts, a late surprise. */
static str long_csv(size_t rows, bool late_text)
{
    buf b = buf_open(a, 64 << 20);
    buf_putz(&b, "id,text,value\n");
    for (size_t i = 0; i < rows; i++)
        buf_fmt(&b, "%zu,\"line %zu\n\"\"%.*s\"\"\",%s\n", i, i % 17, (int)(i % 40),
                "........................................",
                late_text && i + 1 == rows ? "n/k"
                : i % 9                    ? "0.25"
                                           : "");
    return buf_str(&b);
}

static void cuts_and_threads_change_nothing(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        str text = long_csv(3000, late);
        table one, t;
        table_options o = {.threads = 1};
        assert_true(reader_run(a, text, "t", &o, 1 << 30, &one, &e));
        assert_int_equal(one.rows, 3000);
        assert_int_equal(one.columns[2].type, late ? COLUMN_CATEGORY : COLUMN_NUMBER);
        const char *want = show(&one);
        for (size_t slice = 7; slice < 100000; slice = slice * 3 + 1) {
            table_options p = {.threads = 1 + (int)slice % 4};
            assert_true(reader_run(a, text, "t", &p, slice, &t, &e));
            assert_string_equal(show(&t), want);
            assert_true(digest_eq(t.sha256, hash_bytes(text.p, text.n)));
        }
    }
}

static void errors_do_not_depend_on_cuts(void **state)
{
    (void)state;
    str good = long_csv(500, false);
    const char *bad[] = {"1,2\n", "1,\"x\"y,3\n", "1,\"open,3\n"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        str text = str_fmt(a, "%s%s%s", good.p, bad[i], "5,\"a\nb\",6\n5,\"c\",6\n");
        table t;
        assert_false(reader_run(a, text, "t", NULL, 1 << 30, &t, &e));
        str want = str_dup(a, e.msg);
        assert_non_null(strstr(want.p, "t:1002:")); /* 1 header + 2 lines for each of 500 rows */
        for (size_t slice = 5; slice < 20000; slice = slice * 2 + 1) {
            assert_false(reader_run(a, text, "t", NULL, slice, &t, &e));
            assert_string_equal(e.msg.p, want.p);
        }
    }
}

/* ---- JSON lines ---- */

static void json_lines_are_flat_objects(void **state)
{
    (void)state;
    reads_as("{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\",\"a\":2.5e-1}\n", NULL, "a#1|0.25 b:x|y");
    reads_as(" { \"a\" : true }\r\n\n\t{\"a\":false}", NULL, "a:true|false");
    reads_as("{}\n{\"a\":null}\n{\"a\":\"7\"}\n", NULL, "a#.|.|7");
    reads_as("{\"a\":\"\\u00e4\\ud83d\\ude00\\n\\\"\\/\"}\n", NULL,
             "a:\xc3\xa4\xf0\x9f\x98\x80\n\"/");
    reads_as("{\"\\u0061\":1}\n{\"a\":2}\n", NULL, "a#1|2");
    reads_as("{\"a\":1}\n{\"b\":\"late\"}\n{\"a\":\"text\",\"b\":2}\n", NULL,
             "a:1|.|text b:.|late|2");
}

static void json_lines_say_where_they_are_broken(void **state)
{
    (void)state;
    const table_format f = TABLE_JSONL;
    refused("{\"a\":1}\n{\"a\":[1]}\n", f, ERR_INVALID, "t:2", "member 'a': a nested");
    refused("{\"a\":{}}\n", f, ERR_INVALID, "t:1", "nested");
    refused("{\"a\":1,\"a\":2}\n", f, ERR_INVALID, "t:1", "stands twice");
    refused("{\"a\":01}\n", f, ERR_INVALID, "t:1", "expected ',' or '}'");
    refused("{\"a\":.5}\n", f, ERR_INVALID, "t:1", "expected a value");
    refused("{\"a\":1e999}\n", f, ERR_INVALID, "t:1", "out of range");
    refused("{\"a\":NaN}\n", f, ERR_INVALID, "t:1", "expected a value");
    refused("{\"a\":\"\\ud800\"}\n", f, ERR_INVALID, "t:1", "escape");
    refused("{\"a\":\"\\u0000\"}\n", f, ERR_INVALID, "t:1", "escape");
    refused("{\"a\":\"\\x\"}\n", f, ERR_INVALID, "t:1", "escape");
    refused("{\"a\":\"x\n\"}\n", f, ERR_INVALID, "t:1", "not closed");
    refused("{\"a\":\"\t\"}\n", f, ERR_INVALID, "t:1", "control character");
    refused("{\"\":1}\n", f, ERR_INVALID, "t:1", "without a name");
    refused("{\"a\":1} x\n", f, ERR_INVALID, "t:1", "after the object");
    refused("{\"a\":1}\n[]\n", f, ERR_INVALID, "t:2", "expected '{'");
    refused("{\"a\":\"\xc3\"}\n", f, ERR_INVALID, "t:1", "UTF-8");
}

static void json_lines_may_be_cut_anywhere(void **state)
{
    (void)state;
    buf b = buf_open(a, 1 << 20);
    for (int i = 0; i < 400; i++)
        buf_fmt(&b, "{\"id\":%d,\"t\":\"a\\tb %d\"%s}\n", i, i % 7, i == 300 ? ",\"late\":1" : "");
    str text = buf_str(&b);
    table whole, t;
    assert_true(reader_run(a, text, "t", NULL, 1 << 30, &whole, &e));
    assert_int_equal(whole.rows, 400);
    assert_int_equal(whole.columns[2].missing, 399);
    assert_string_equal(whole.columns[1].levels[0].p, "a\tb 0");
    for (size_t slice = 3; slice < 20000; slice = slice * 2 + 1) {
        assert_true(reader_run(a, text, "t", NULL, slice, &t, &e));
        assert_string_equal(show(&t), show(&whole));
    }
}

/* A small file cannot ask for a large table. */
static void sparse_lines_are_refused(void **state)
{
    (void)state;
    buf b = buf_open(a, 1 << 20);
    buf_putc(&b, '{');
    for (int i = 0; i < 2000; i++)
        buf_fmt(&b, "%s\"m%d\":1", i ? "," : "", i);
    buf_putz(&b, "}\n");
    for (int i = 0; i < 10000; i++)
        buf_putz(&b, "{}\n");
    refused(buf_str(&b).p, TABLE_JSONL, ERR_TOO_LARGE, "t", "almost all would be missing");
}

/* ---- numbers ---- */

static void number_is_strtod(const char *text)
{
    double ours = 0, theirs = strtod(text, NULL);
    assert_true(number_parse(str_of(text), &ours));
    if (memcmp(&ours, &theirs, sizeof ours) != 0)
        fail_msg("%s: %.17g, not %.17g", text, ours, theirs);
}

/* The reference is the C library's strtod. */
static void numbers_are_those_of_strtod(void **state)
{
    (void)state;
    uint64_t s = 88172645463325252; /* xorshift64, G. Marsaglia, 2003 */
    char text[64];
    for (int i = 0; i < 300000; i++) {
        s ^= s << 13, s ^= s >> 7, s ^= s << 17;
        int digits = 1 + (int)(s % 19), exp = (int)(s >> 8 & 63) - 32;
        uint64_t m = (s >> 3) % (uint64_t)powl(10, digits);
        snprintf(text, sizeof text, "%s%llue%d", s & 4 ? "-" : "", (unsigned long long)m, exp);
        number_is_strtod(text);
        double v;
        memcpy(&v, &s, sizeof v);
        if (!isfinite(v)) continue;
        snprintf(text, sizeof text, "%.17g", v);
        number_is_strtod(text);
        snprintf(text, sizeof text, "%.16f", (double)(s >> 11) * 0x1p-53);
        number_is_strtod(text);
    }
    const char *hard[] = {"-0",
                          "0e5",
                          "9007199254740993",
                          "9007199254740992.5",
                          "1e22",
                          "1e23",
                          "18446744073709551616",
                          "184467440737095516150000000000000000000000",
                          "0.500000000000000166533453693773481063544750213623046875",
                          "1e-400",
                          "2.2250738585072011e-308",
                          "1.7976931348623157e308",
                          "00001.5",
                          "4503599627370497.5",
                          "4503599627370496.5",
                          "123456789012345678e-27"};
    for (size_t i = 0; i < COUNT(hard); i++)
        number_is_strtod(hard[i]);
    const char *none[] = {"",      "-",   ".",   "e5",  "1e",    "1e+", "1 ",   " 1",
                          "1.2.3", "0x1", "inf", "nan", "1e999", "1,5", "1e5x", "--1"};
    double v;
    for (size_t i = 0; i < COUNT(none); i++)
        assert_false(number_parse(str_of(none[i]), &v));
}

/* ---- columns ---- */

static void columns_as_levels(void **state)
{
    (void)state;
    const int32_t *code;
    const str *levels;
    size_t n;
    table t = must_read("a,b\n10,x\n2,y\n,x\n-0,y\n0,\n", NULL);
    assert_true(column_levels(a, &t.columns[0], t.rows, 3, S("groups"), &code, &levels, &n, &e));
    assert_int_equal(n, 3);
    assert_string_equal(levels[0].p, "0");
    assert_string_equal(levels[2].p, "10");
    const int32_t want[] = {2, 1, -1, 0, 0};
    assert_memory_equal(code, want, sizeof want);
    assert_false(column_levels(a, &t.columns[0], t.rows, 2, S("groups"), &code, &levels, &n, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_string_equal(e.path.p, "groups");
    assert_true(column_levels(a, &t.columns[1], t.rows, 2, S("groups"), &code, &levels, &n, &e));
    assert_int_equal(code[4], -1);
    const column *c;
    assert_false(table_need(&t, S("z"), S("label"), &c, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_string_equal(e.hint.p, "the columns are a, b");
}

static void kept_rows_are_a_table_of_their_own(void **state)
{
    (void)state;
    table t = must_read("a,b\n1,x\n2,y\n,z\n4,\n", NULL);
    const uint8_t keep[] = {1, 0, 1, 1};
    table k = table_keep(a, &t, keep);
    assert_string_equal(show(&k), "a#1|.|4 b:x|z|.");
    assert_int_equal(k.columns[1].n_levels, 2);
    assert_int_equal(k.columns[0].missing, 1);
    assert_int_equal(k.columns[1].missing, 1);
}

/* ---- real data ---- */

static str shared(const char *name)
{
    const char *dir = getenv("AIMS_SHARED");
    return str_fmt(a, "%s/data/%s", dir ? dir : AIMS_SOURCE_ROOT "/../shared", name);
}

/* Levels and counts from Python 3.11's csv module over the same file; the 6,172 rows are those
 * of ProPublica's compas-analysis notebook. */
static void compas_reads_as_published(void **state)
{
    (void)state;
    str path = shared("compas_two_years.csv");
    if (access(path.p, R_OK) != 0) {
        print_message("skipped: %s is not here (set AIMS_SHARED)\n", path.p);
        skip();
    }
    table t;
    struct expr *x;
    uint8_t *keep;
    assert_true(table_read(a, path.p, NULL, &t, &e));
    assert_int_equal(t.rows, 7214);
    assert_true(expr_parse(a,
                           S("days_b_screening_arrest >= -30 && days_b_screening_arrest <= 30 && "
                             "is_recid != -1 && c_charge_degree != 'O' && score_text != 'N/A'"),
                           &x, &e));
    assert_true(expr_rows(x, &t, a, &keep, &e));
    table k = table_keep(a, &t, keep);
    assert_int_equal(k.rows, 6172);
    assert_int_equal(table_column(&k, S("race"))->n_levels, 6);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(csv_follows_rfc_4180),
        T(types_follow_from_values),
        T(levels_stand_in_order),
        T(csv_says_where_it_is_broken),
        T(strangers_are_named),
        T(only_wanted_columns_are_loaded),
        T(cuts_and_threads_change_nothing),
        T(errors_do_not_depend_on_cuts),
        T(json_lines_are_flat_objects),
        T(json_lines_say_where_they_are_broken),
        T(json_lines_may_be_cut_anywhere),
        T(sparse_lines_are_refused),
        T(numbers_are_those_of_strtod),
        T(columns_as_levels),
        T(kept_rows_are_a_table_of_their_own),
        T(compas_reads_as_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
