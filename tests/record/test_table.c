/* test_table.c - looking members up, and tables that break a rule. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_lookup(void **state)
{
    (void)state;
    assert_ptr_equal(record_field(&sample_record, S("note")), &sample_record.fields[1]);
    assert_null(record_field(&sample_record, S("id")));
    assert_null(record_field(&sample_record, S("no")));
    assert_null(record_field(&sample_record, S("")));
    assert_string_equal(record_member(&sample_record, 0)->name, "id");
    assert_string_equal(record_member(&sample_record, 4)->name, "retired_at");
    assert_string_equal(record_member(&sample_record, 5)->name, "name");
    assert_null(record_member(&sample_record, 5 + sample_record.n_fields));
}

static void test_good_tables(void **state)
{
    (void)state;
    record_validate(&sample_record);
    record_validate(&place_record);
    record_validate(&entry_record);
}

#ifdef AIMS_COVERAGE
void __gcov_dump(void); /* of libgcov */
#endif

/* abort() would lose what the child counted. */
static void keep_counts(int signal_number)
{
    (void)signal_number;
#ifdef AIMS_COVERAGE
    __gcov_dump();
#endif
}

/* Runs record_validate in a child and returns what it wrote before it aborted; "" when it
 * came back. */
static const char *complaint(const record *r)
{
    static char text[512];
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, keep_counts);
        record_validate(r);
        _exit(0);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    assert_true(n >= 0 && waitpid(pid, &status, 0) == pid);
    text[n] = 0;
    assert_int_equal(WIFSIGNALED(status), n > 0);
    return text;
}

static const char *const good_names[] = {"", "a", "b", NULL};
static const char *const no_empty[] = {"a", "b", NULL};
static const char *const only_empty[] = {"", NULL};
static const char *const hole[] = {"", "a", "", NULL};
static const char *const twice[] = {"", "a", "a", NULL};
static const char *const comma[] = {"", "a,b", NULL};
static const char *const spaced[] = {"", "a b", NULL};

/* The field `name` of place, with one thing changed. */
typedef struct broken {
    field f;
    const char *rule; /* part of the message; "" when the table is fine */
} broken;

/* clang-format off */
#define BASE(...) {.name = "name", .type = FT_TEXT, .flags = REQ | UNIQ, .off = offsetof(place, name), .min = 1, .max = 20, .doc = "Name", __VA_ARGS__}
static const broken fields[] = {
    {BASE(.max = 21), ""},
    {BASE(.name = NULL), "the name must be"},
    {BASE(.name = ""), "the name must be"},
    {BASE(.name = "Name"), "the name must be"},
    {BASE(.name = "na-me"), "the name must be"},
    {BASE(.name = "n234567890123456789012345678901"), "the name must be"},
    {BASE(.name = "limit"), "not SQL"},
    {BASE(.name = "id"), "is a member of row_head"},
    {BASE(.name = "version"), "is a member of row_head"},
    {BASE(.name = "q"), "the search of a list"},
    {BASE(.name = "newest_by"), "a filter of every list"},
    {BASE(.done = ""), "only a DATE is due"},
    {BASE(.type = FT_DATE, .min = 0, .max = 0, .flags = 0, .done = "closed"), "must name states"},
    {BASE(.type = (field_type)FIELD_TYPES), "no such field type"},
    {BASE(.flags = 1 << 9), "unknown flag"},
    {BASE(.opt = true), "has no opt_ form"},
    {BASE(.off = 0), "must be the first member"},
    {BASE(.off = sizeof(place) - 1), "outside the struct"},
    {BASE(.doc = NULL), "doc must be"},
    {BASE(.doc = ""), "doc must be"},
    {BASE(.doc = "Name."), "doc must be"},
    {BASE(.doc = "Na\nme"), "doc must be"},
    {BASE(.doc = "Na\1me"), "doc must be"},
    {BASE(.doc = "Na\xffme"), "doc must be"},
    {BASE(.min = 2, .max = 1), "make no range"},
    {BASE(.min = 0, .max = 0), "make no range"},
    {BASE(.min = -1), "make no range"},
    {BASE(.max = 1e9), "make no range"},
    {BASE(.min = __builtin_nan("")), "make no range"},
    {BASE(.max = __builtin_nan("")), "make no range"},
    {BASE(.type = FT_LONG, .flags = UNIQ), "cannot be UNIQ"},
    {BASE(.type = FT_LONG, .flags = INDEX), "cannot have an INDEX"},
    {BASE(.type = FT_JSON, .flags = UNIQ), "cannot be UNIQ"},
    {BASE(.type = FT_LIST, .flags = INDEX), "cannot have an INDEX"},
    {BASE(.type = FT_LINKS, .flags = UNIQ, .target = &place_record), "cannot be UNIQ"},
    {BASE(.target = &place_record), "have a target"},
    {BASE(.type = FT_REF), "have a target"},
    {BASE(.type = FT_INT, .min = -1e19), "make no range"},
    {BASE(.type = FT_INT, .max = 1e19), "make no range"},
    {BASE(.type = FT_ENUM), "names must be"},
    {BASE(.type = FT_ENUM, .names = no_empty), "names must be"},
    {BASE(.type = FT_ENUM, .names = only_empty), "names must be"},
    {BASE(.type = FT_ENUM, .names = only_empty + 1), "names must be"},
    {BASE(.type = FT_ENUM, .names = hole), "names must be"},
    {BASE(.type = FT_ENUM, .names = twice), "names must be"},
    {BASE(.type = FT_ENUM, .names = comma), "names must be"},
    {BASE(.type = FT_ENUM, .names = spaced), "names must be"},
    {BASE(.type = FT_LIST, .flags = 0, .names = twice), "names must be"},
    {BASE(.type = FT_ENUM, .names = good_names), "the label must be a TEXT"},
    {BASE(.flags = REQ), "the label must be UNIQ"},
    {BASE(.flags = UNIQ), "the label must be UNIQ"},
    {BASE(.flags = UNIQ | REQ | SECRET), "the label must not be SECRET"},
    {BASE(.name = "other"), "the label must be a TEXT"},
};
/* clang-format on */

static void test_broken_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        record r = place_record;
        r.fields = &fields[i].f;
        const char *got = complaint(&r);
        if (!*fields[i].rule) assert_string_equal(got, "");
        if (!strstr(got, fields[i].rule)) fail_msg("%zu: %s: %s", i, fields[i].rule, got);
    }
}

/* The message names type and field. */
static void test_message(void **state)
{
    (void)state;
    record r = place_record;
    field f = place_record.fields[0];
    f.name = "limit";
    r.fields = &f;
    assert_string_equal(complaint(&r), "aims: record type 'place', field 'limit': the name must be "
                                       "[a-z][a-z0-9_]*, at most 30, not SQL\n");
}

static void test_pairs(void **state)
{
    (void)state;
    record r = place_record;
    field two[] = {place_record.fields[0], place_record.fields[0]};
    r.fields = two;
    r.n_fields = 2;
    assert_non_null(strstr(complaint(&r), "two fields have this name"));
    two[1].name = "other";
    assert_non_null(strstr(complaint(&r), "shares its member"));
}

/* clang-format off */
#define RECORD(...) {.name = "place", .noun = "place", .plural = "places", .title = "Place", .tags = "4.3", .doc = "A place", .size = sizeof(place), .n_fields = 1, .label = "name", __VA_ARGS__}
static const struct {
    record r;
    const char *rule;
} records[] = {
    {RECORD(.tags = "4.3 A.4.2 X.own-1"), ""},
    {RECORD(.label = NULL), ""},
    {RECORD(.name = NULL), "the name must be"},
    {RECORD(.name = "table"), "not SQL"},
    {RECORD(.name = "n23456789012345678901234567890"), "the name must be"},
    {RECORD(.noun = NULL), "noun and plural"},
    {RECORD(.noun = ""), "noun and plural"},
    {RECORD(.plural = NULL), "noun and plural"},
    {RECORD(.plural = ""), "noun and plural"},
    {RECORD(.title = "A\nB"), "title and doc"},
    {RECORD(.doc = NULL), "title and doc"},
    {RECORD(.tags = NULL), "tags must"},
    {RECORD(.tags = ""), "tags must"},
    {RECORD(.tags = " 4.3"), "tags must"},
    {RECORD(.tags = "4.3 "), "tags must"},
    {RECORD(.tags = "4.3  5"), "tags must"},
    {RECORD(.tags = "4.3,5"), "tags must"},
    {RECORD(.size = sizeof(row_head)), "first member"},
    {RECORD(.n_fields = 0), "1 to 64 fields"},
    {RECORD(.n_fields = 65), "1 to 64 fields"},
};
/* clang-format on */

static void test_broken_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(records); i++) {
        record r = records[i].r;
        r.fields = place_record.fields;
        const char *got = complaint(&r);
        if (!*records[i].rule) assert_string_equal(got, "");
        if (!strstr(got, records[i].rule)) fail_msg("%zu: %s: %s", i, records[i].rule, got);
    }
    record r = place_record;
    r.fields = NULL;
    assert_non_null(strstr(complaint(&r), "1 to 64 fields"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup),        cmocka_unit_test(test_good_tables),
        cmocka_unit_test(test_broken_fields), cmocka_unit_test(test_message),
        cmocka_unit_test(test_pairs),         cmocka_unit_test(test_broken_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
