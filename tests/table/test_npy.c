/* test_npy.c - NumPy files: values as numpy wrote them, and what is refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/table.h"
#include "table/zip.h"
#include <dirent.h>
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

static str file(const char *name)
{
    str s;
    if (!file_read(a, str_fmt(a, "%s/tests/table/reference/%s", AIMS_SOURCE_ROOT, name).p, 1 << 20,
                   &s, &e))
        fail_msg("%s", e.msg.p);
    return s;
}

static void same_tables(const char *name, const table *x, const table *y)
{
    if (x->rows != y->rows || x->n_columns != y->n_columns)
        fail_msg("%s: %zu x %zu, not %zu x %zu", name, x->rows, x->n_columns, y->rows,
                 y->n_columns);
    for (size_t k = 0; k < x->n_columns; k++) {
        const column *c = &x->columns[k], *d = &y->columns[k];
        if (!str_eq(c->name, d->name) || c->type != d->type || c->missing != d->missing ||
            c->n_levels != d->n_levels)
            fail_msg("%s: column '%.*s' differs", name, STR_ARG(c->name));
        for (size_t r = 0; r < x->rows; r++)
            if (c->type == COLUMN_NUMBER
                    ? c->num[r] != d->num[r] && !(isnan(c->num[r]) && isnan(d->num[r]))
                    : c->code[r] != d->code[r])
                fail_msg("%s: row %zu of column '%.*s' differs", name, r, STR_ARG(c->name));
        for (size_t i = 0; i < c->n_levels; i++)
            assert_true(str_eq(c->levels[i], d->levels[i]));
    }
}

/* Every file by script/reference/npy.py (numpy 1.24.2) against the CSV beside it. */
static void as_numpy(void **state)
{
    (void)state;
    size_t n = 0;
    DIR *d = opendir(str_fmt(a, "%s/tests/table/reference", AIMS_SOURCE_ROOT).p);
    assert_non_null(d);
    for (struct dirent *f; (f = readdir(d));) {
        str name = str_of(f->d_name), kind = str_sub(name, name.n - 4, 4);
        if (!str_eqz(kind, ".npy") && !str_eqz(kind, ".npz")) continue;
        table x, y;
        str csv = file(str_fmt(a, "%.*s.csv", (int)(name.n - 4), name.p).p), raw = file(name.p);
        for (int threads = 1; threads <= 2; threads++) {
            table_options o = {.threads = threads};
            if (!table_read_bytes(a, raw, name.p, &o, &x, &e) ||
                !table_read_bytes(a, csv, "csv", NULL, &y, &e))
                fail_msg("%s: %s", name.p, e.msg.p);
            same_tables(name.p, &x, &y);
            assert_true(digest_eq(x.sha256, hash_bytes(raw.p, raw.n)));
            assert_int_equal(x.bytes, raw.n);
        }
        n++;
    }
    closedir(d);
    assert_int_equal(n, 41);
}

static void options(void **state)
{
    (void)state;
    table t;
    const str only[] = {S("y"), S("X_1")}, none[] = {S("q")}, gap[] = {S("b")};
    table_options o = {
        .only = only, .n_only = 2, .categorical = only, .n_categorical = 2, .no_digest = true};
    assert_true(table_read_bytes(a, file("stored.npz"), "f", &o, &t, &e));
    assert_int_equal(t.n_columns, 2);
    assert_string_equal(str_dup(a, t.columns[0].name).p, "X_1");
    assert_int_equal(t.columns[0].type, COLUMN_CATEGORY);
    assert_int_equal(t.columns[0].missing, 1);
    assert_int_equal(t.columns[0].n_levels, 2);
    assert_string_equal(column_text(a, &t.columns[0], 1).p, "4");
    assert_string_equal(column_text(a, &t.columns[1], 0).p, "0");
    assert_false(digest_eq(t.sha256, hash_bytes(file("stored.npz").p, file("stored.npz").n)));
    o = (table_options){.missing = gap, .n_missing = 1};
    assert_true(table_read_bytes(a, file("stored.npz"), "f", &o, &t, &e));
    assert_int_equal(table_column(&t, S("who"))->missing, 1);
    o = (table_options){.only = none, .n_only = 1};
    assert_false(table_read_bytes(a, file("stored.npz"), "f", &o, &t, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    o = (table_options){.max_bytes = 100};
    assert_false(table_read_bytes(a, file("deflated.npz"), "f", &o, &t, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

/* ---- refusals ---- */

static str array(const char *header, size_t bytes)
{
    buf b = buf_open(a, 1 << 20);
    size_t n = strlen(header);
    buf_bytes(&b, "\x93NUMPY\x01\x00", 8);
    buf_putc(&b, (char)(n & 255));
    buf_putc(&b, (char)(n >> 8));
    buf_putz(&b, header);
    for (size_t i = 0; i < bytes; i++)
        buf_putc(&b, 0);
    return buf_str(&b);
}

static void refused(str bytes, err_code code, const char *why)
{
    table t;
    if (table_read_bytes(a, bytes, "f", NULL, &t, &e)) fail_msg("taken, not refused: %s", why);
    if (!strstr(e.msg.p, why)) fail_msg("'%s' does not say '%s'", e.msg.p, why);
    assert_int_equal(e.code, code);
    assert_true(e.hint.n);
    assert_true(str_starts(e.path, S("f")));
}

#define HEAD(descr, order, shape)                                                                  \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape "}\n"

static void bad_header(const char *header, size_t bytes, const char *why)
{
    refused(array(header, bytes), ERR_INVALID, why);
}

static void bad_headers(void **state)
{
    (void)state;
    bad_header(HEAD("'|O'", "False", "(2,)"), 16, "Python objects");
    bad_header(HEAD("'<c16'", "False", "(1,)"), 16, "complex");
    bad_header(HEAD("'<M8[ns]'", "False", "(2,)"), 16, "dates");
    bad_header(HEAD("'<m8'", "False", "(2,)"), 16, "time spans");
    bad_header(HEAD("'|V8'", "False", "(2,)"), 16, "raw bytes");
    bad_header(HEAD("'<f16'", "False", "(1,)"), 16, "width");
    bad_header(HEAD("'=f8'", "False", "(2,)"), 16, "byte order");
    bad_header(HEAD("'<U0'", "False", "(2,)"), 0, "width");
    bad_header(HEAD("'<q9'", "False", "(2,)"), 0, "unknown type");
    bad_header(HEAD("'<f8'", "False", "()"), 8, "single value");
    bad_header(HEAD("'<f8'", "False", "(1, 1, 1)"), 8, "more than two dimensions");
    bad_header(HEAD("'<f8'", "False", "(2, 0)"), 0, "0 columns");
    bad_header(HEAD("'<f8'", "False", "(0, 20000)"), 0, "20000 columns");
    bad_header(HEAD("'<f8'", "False", "(3,)"), 16, "do not make up");
    bad_header(HEAD("'<f8'", "False", "(1,)"), 16, "do not make up");
    bad_header(HEAD("'<f8'", "False", "(4611686018427387904, 4)"), 0, "do not make up");
    bad_header(HEAD("'<f8'", "False", "(99999999999999999999,)"), 0, "broken");
    bad_header(HEAD("'<f8'", "False", "(2)"), 16, "broken");
    bad_header(HEAD("'<f8'", "False", "(-2,)"), 16, "broken");
    bad_header(HEAD("'<f8'", "false", "(2,)"), 16, "broken");
    bad_header(HEAD("'<f8'", "False", "(2,)") "x", 16, "broken");
    bad_header("{'descr': '<f8', 'fortran_order': False}", 16, "broken");
    bad_header("{'descr': '<f8', 'descr': '<f8', 'shape': (2,)}", 16, "broken");
    bad_header("{'descr': '<f8', 'shape': (2,), 'exec': False}", 16, "broken");
    bad_header("__import__('os').system('true')", 16, "broken");
    bad_header(HEAD("'<f8' if True else 0", "False", "(2,)"), 16, "broken");
    bad_header(HEAD("'<f8", "False", "(2,)"), 16, "byte order");
    bad_header(HEAD("'<f\\q8'", "False", "(2,)"), 16, "broken");
    bad_header(HEAD("('<f8', (2,))", "False", "(1,)"), 16, "array itself");
    bad_header(HEAD("[]", "False", "(2,)"), 0, "0 columns");
    bad_header(HEAD("[('a', '<f8'), ('b', '|O')]", "False", "(1,)"), 16, "Python objects");
    bad_header(HEAD("[('a', '<f4', (2,))]", "False", "(2,)"), 16, "'a' is an array itself");
    bad_header(HEAD("[('a', [('b', '<f8')])]", "False", "(2,)"), 16, "'a' is a structure itself");
    bad_header(HEAD("[(('t', 'a'), '<f8')]", "False", "(2,)"), 16, "title");
    bad_header(HEAD("[('a', '<f8'), ('a', '<f8')]", "False", "(1,)"), 16,
               "two columns are named 'a'");
    bad_header(HEAD("[('', '<f8')]", "False", "(2,)"), 16, "name of column 1");
    bad_header(HEAD("[('a\\x00b', '<f8')]", "False", "(2,)"), 16, "name of column 1");
    bad_header(HEAD("[('a\\ud800', '<f8')]", "False", "(2,)"), 16, "name of column 1");
    bad_header(HEAD("[('a', '<f8')]", "False", "(2, 1)"), 16, "needs one dimension");
}

static str patched(str s, size_t at, const char *bytes, size_t n)
{
    char *p = arena_new(a, char, s.n);
    memcpy(p, s.p, s.n);
    memcpy(p + at, bytes, n);
    return (str){p, s.n};
}

static void bad_values(void **state)
{
    (void)state;
    str s = array(HEAD("'<f4'", "False", "(2, 2)"), 16);
    refused(patched(s, s.n - 4, "\0\0\x80\x7f", 4), ERR_INVALID,
            "column 'x_1' holds an infinite number in row 2");
    s = array(HEAD("'<U2'", "False", "(2,)"), 16);
    refused(patched(s, s.n - 8, "\0\0\x11\0", 4), ERR_INVALID, "holds no text in row 2");
    refused(patched(s, s.n - 16, "\0\xd8\0\0", 4), ERR_INVALID, "holds no text in row 1");
    refused(patched(s, s.n - 4, "a", 1), ERR_INVALID, "holds no text in row 2");
    s = array(HEAD("'|S2'", "False", "(2,)"), 4);
    refused(patched(s, s.n - 2, "\xff", 1), ERR_INVALID, "holds no text in row 2");
    refused(str_sub(s, 0, 9), ERR_INVALID, "version");
    refused(str_sub(s, 0, 30), ERR_INVALID, "within its header");
    refused(patched(s, 6, "\4", 1), ERR_INVALID, "version");
}

static size_t find(str s, const char *what, size_t n)
{
    const char *at = memmem(s.p, s.n, what, n);
    assert_non_null(at);
    return (size_t)(at - s.p);
}

static void bad_archives(void **state)
{
    (void)state;
    str s = file("stored.npz");
    size_t dir = find(s, "PK\1\2", 4), end = find(s, "PK\5\6", 4);
    refused(str_sub(s, 0, s.n - 1), ERR_INVALID, "cut short");
    refused(str_sub(s, 0, end), ERR_INVALID, "cut short");
    refused(patched(s, dir + 8, "\1", 1), ERR_INVALID, "encrypted");
    refused(patched(s, dir + 10, "\14", 1), ERR_INVALID, "neither stored nor deflated");
    refused(patched(s, dir + 16, "\1\2\3\4", 4), ERR_INVALID, "checksum");
    refused(patched(s, dir + 46, "Y", 1), ERR_INVALID, "two names");
    refused(patched(s, dir + 46, "/", 1), ERR_INVALID, "plain file name");
    refused(patched(s, dir + 46, "\0", 1), ERR_INVALID, "plain file name");
    refused(patched(s, dir + 48, "q", 1), ERR_INVALID, "two names");
    refused(patched(s, dir + 24, "\1", 1), ERR_INVALID, "two sizes");
    refused(patched(s, dir + 42, "\1", 1), ERR_INVALID, "outside the file");
    refused(patched(s, dir, "PK\1\3", 4), ERR_INVALID, "directory");
    refused(patched(s, end + 4, "\1", 1), ERR_INVALID, "several disks");
    refused(patched(s, end + 10, "\2", 1), ERR_INVALID, "directory");
    refused(patched(s, end + 16, "\xff\xff\xff\x7f", 4), ERR_INVALID, "outside");
    refused(patched(s, end + 16, "\xff\xff\xff\xff", 4), ERR_INVALID, "broken");
    refused(S("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), ERR_INVALID, "empty archive");
    s = file("deflated.npz");
    dir = find(s, "PK\1\2", 4);
    refused(patched(s, dir + 24, "\1\2", 2), ERR_INVALID, "does not unpack");
    refused(patched(s, dir + 24, "\1\2\3\4", 4), ERR_INVALID, "as large as it says");
    refused(patched(s, 60, "\1\2\3", 3), ERR_INVALID, "member");
}

/* A tiny archive of one deflated member, twice in the directory. */
static void bombs(void **state)
{
    (void)state;
    str s = file("streamed.npz");
    size_t dir = find(s, "PK\1\2", 4), end = find(s, "PK\5\6", 4);
    buf b = buf_open(a, 1 << 20);
    buf_put(&b, str_sub(s, 0, end));
    buf_put(&b, str_sub(s, dir, end - dir));
    buf_put(&b, str_sub(s, end, s.n));
    str twice = str_dup(a, buf_str(&b));
    size_t size = 2 * (end - dir);
    char counts[10] = {2, 0, 2, 0, (char)size, (char)(size >> 8)};
    twice = patched(twice, end + (end - dir) + 8, counts, 8);
    refused(twice, ERR_INVALID, "two members of one name");
    zip_member *m;
    size_t n;
    assert_false(zip_open(a, s, S("f"), 10, &m, &n, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_true(zip_open(a, s, S("f"), 1000, &m, &n, &e));
    assert_int_equal(n, 1);
}

static void other_files(void **state)
{
    (void)state;
    refused(S("PAR1\x15\x04"), ERR_INVALID, "Parquet");
    assert_non_null(strstr(e.hint.p, "duckdb"));
    table t;
    table_options o = {.format = TABLE_CSV};
    assert_true(table_read_bytes(a, S("PAR1,x\n1,2\n"), "f", &o, &t, &e));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_numpy),     TEST(options), TEST(bad_headers), TEST(bad_values),
        TEST(bad_archives), TEST(bombs),   TEST(other_files),
    };
    return cmocka_run_group_tests_name("npy", tests, NULL, NULL);
}
