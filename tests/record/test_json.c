/* test_json.c - documents into rows and back: refusals, patches, round trips, canonical bytes. */
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

static doc *doc_of(const char *json)
{
    doc *d = NULL;
    assert_true(doc_parse(a, str_of(json), 1 << 20, &d, &e));
    return d;
}

static sample parsed(const char *json)
{
    sample s;
    label_refs l;
    if (!record_parse(&sample_record, doc_of(json), &s, &l, a, &e)) fail_msg("%s", e.msg.p);
    return s;
}

static str json_of(const sample *s)
{
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    record_json(&sample_record, s, &w);
    return buf_str(&b);
}

static void test_full(void **state)
{
    (void)state;
    sample s = parsed(sample_full);
    assert_string_equal(s.name.p, "Zo\xc3\xa9's");
    assert_true(s.extra.has && s.extra.v == -5 && s.score.has && s.score.v == -1500);
    assert_true(!s.live && s.checked.has && !s.checked.v);
    assert_int_equal(s.colour, GREEN);
    assert_int_equal(s.mood, RED);
    assert_true(s.done_at.has && s.done_at.v == -1 && s.ends_on.has && s.ends_on.v == 0);
    assert_true(s.cost.has && s.cost.v == -1250 && s.home == 7 && s.source == 9);
    assert_true(s.groups.n == 2 && str_eqz(s.groups.at[1], "a,b"));
    assert_true(s.places.n == 2 && s.places.at[0] == 3 && s.places.at[1] == 1);
    assert_string_equal(s.settings.p, "{\"a\":null,\"b\":[1,2.5]}");
    assert_string_equal(s.token.p, "hush");
}

static void test_least(void **state)
{
    (void)state;
    sample s = parsed(sample_least);
    s.head = (row_head){
        5, 2, 1000, 2000, {0, false}
    };
    assert_string_equal(
        json_of(&s).p,
        "{\"id\":5,\"version\":2,\"created_at\":\"1970-01-01T00:00:01.000Z\","
        "\"updated_at\":\"1970-01-01T00:00:02.000Z\",\"name\":\"x\",\"count\":0,\"ratio\":0,"
        "\"live\":true,\"colour\":\"red\",\"seen_at\":\"2026-01-01T00:00:00.000Z\","
        "\"starts_on\":\"2026-01-01\",\"price\":1,\"home\":1,\"total\":0}");
}

/* Absent and zero stay apart for every member that may be absent. */
static void test_presence(void **state)
{
    (void)state;
    sample s = parsed(sample_least);
    for (size_t i = 0; i < sample_record.n_fields; i++) {
        const field *f = &sample_record.fields[i];
        bool always = f->flags & REQ || strcmp(f->name, "total") == 0;
        assert_int_equal(record_has(f, &s), always);
    }
    s = parsed(sample_full);
    for (size_t i = 0; i < sample_record.n_fields; i++)
        assert_true(record_has(&sample_record.fields[i], &s));
}

static void test_round_trip(void **state)
{
    (void)state;
    sample s = parsed(sample_full), t;
    s.head = (row_head){
        5, 2, 1000, 2000, {3000, true}
    };
    s.total = 12;
    str json = json_of(&s);
    assert_null(strstr(json.p, "hush"));
    assert_true(record_restore(&sample_record, doc_of(json.p), &t, a, &e));
    assert_true(t.head.retired_at.has && t.head.retired_at.v == 3000 && t.total == 12);
    assert_null(t.token.p);
    assert_string_equal(json_of(&t).p, json.p);
    str salt = S("salt");
    assert_string_equal(record_canonical(&sample_record, &s, salt, a).p,
                        record_canonical(&sample_record, &t, salt, a).p);
}

/* A document with a member more, as a patch sees it. */
typedef struct refusal {
    const char *json, *path, *msg, *hint;
} refusal;

/* clang-format off */
static const refusal refusals[] = {
    {"[]", "", "a sample is a JSON object, not a list", "send one JSON object"},
    {"3", "", "a sample is a JSON object, not a whole number", "send one JSON object"},
    {"{\"nmae\":1}", "nmae", "unknown member 'nmae'", "did you mean 'name'?"},
    {"{\"\":1}", "", "unknown member ''", NULL},
    {"{\"zzzzzzzz\":1}", "zzzzzzzz", "unknown member 'zzzzzzzz'", "members: name, note, body, code, count, extra, ratio, score, live, checked, colour, mood, seen_at, done_at, starts_on, ends_on, price, cost, home, source, groups, hues, places, sources, settings, token"},
    {"{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, NULL},
    {"{\"total\":1}", "total", "'total' cannot be set", "leave it out; the program sets it"},
    {"{\"id\":1}", "id", "'id' cannot be set", "leave it out; the program sets it"},
    {"{\"version\":1}", "version", "'version' cannot be set", "send the version as If-Match"},
    {"{\"created_at\":1}", "created_at", "'created_at' cannot be set", "leave it out; the program sets it"},
    {"{\"updated_at\":1}", "updated_at", "'updated_at' cannot be set", "leave it out; the program sets it"},
    {"{\"retired_at\":1}", "retired_at", "'retired_at' cannot be set", "retire the record instead"},
    {"{\"name\":null}", "name", "'name' is required", "Short name"},
    {"{\"count\":null}", "count", "'count' is required", "How many"},
    {"{\"name\":3}", "name", "'name' must be a string", "Short name"},
    {"{\"name\":\"\"}", "name", "'name' must not be empty", "Short name"},
    {"{\"body\":\"\"}", "body", "'body' must not be empty", "leave it out, or send null"},
    {"{\"name\":\"123456789012345678901\"}", "name", "'name' must be between 1 and 20 characters long", "Short name"},
    {"{\"code\":\"123\"}", "code", "'code' must be 4 characters long", "Four characters"},
    {"{\"name\":\"a\\nb\"}", "name", "'name' holds a control character", "send one line of printable text"},
    {"{\"name\":\"a\\u0085b\"}", "name", "'name' holds a control character", "send one line of printable text"},
    {"{\"name\":\"a\\u2028b\"}", "name", "'name' holds a control character", "send one line of printable text"},
    {"{\"name\":\"a\\u202eb\"}", "name", "'name' holds a control character", "send one line of printable text"},
    {"{\"name\":\"a\\u2067b\"}", "name", "'name' holds a control character", "send one line of printable text"},
    {"{\"body\":\"a\\rb\"}", "body", "'body' holds a control character", "only line feeds and tabs are allowed among them"},
    {"{\"body\":3}", "body", "'body' must be a string", "What it says"},
    {"{\"count\":\"3\"}", "count", "'count' must be a whole number", "How many"},
    {"{\"count\":2.5}", "count", "'count' must be a whole number", "How many"},
    {"{\"count\":1e300}", "count", "'count' must be a whole number", "How many"},
    {"{\"count\":11}", "count", "'count' must be between 0 and 10", "How many"},
    {"{\"extra\":-6}", "extra", "'extra' must be between -5 and 5", "How many more"},
    {"{\"ratio\":\"x\"}", "ratio", "'ratio' must be a number", "Part of the whole"},
    {"{\"ratio\":1.01}", "ratio", "'ratio' must be between 0 and 1", "Part of the whole"},
    {"{\"score\":-1e10}", "score", "'score' must be between -1000000000 and 1000000000", "Points"},
    {"{\"live\":1}", "live", "'live' must be true or false", "In use"},
    {"{\"colour\":\"pink\"}", "colour", "'colour' must be one of the listed names", "one of: red, green, blue"},
    {"{\"colour\":\"\"}", "colour", "'colour' must be one of the listed names", "one of: red, green, blue"},
    {"{\"colour\":1}", "colour", "'colour' must be one of the listed names", "one of: red, green, blue"},
    {"{\"seen_at\":\"2026-02-30T00:00:00Z\"}", "seen_at", "'seen_at' must be a time as in 2026-11-21T17:41:00Z", "When it was seen"},
    {"{\"seen_at\":0}", "seen_at", "'seen_at' must be a time as in 2026-11-21T17:41:00Z", "When it was seen"},
    {"{\"ends_on\":\"2026-2-3\"}", "ends_on", "'ends_on' must be a date as in 2026-11-21", "Last day"},
    {"{\"ends_on\":20260203}", "ends_on", "'ends_on' must be a date as in 2026-11-21", "Last day"},
    {"{\"price\":1.5}", "price", "'price' must be a whole number of minor units, for example cents", "What it costs"},
    {"{\"price\":9100000000000000}", "price", "'price' must be between -9000000000000000 and 9000000000000000", "What it costs"},
    {"{\"home\":true}", "home", "'home' must be a reference: a place's id or name", "Where it lives"},
    {"{\"home\":\"\"}", "home", "'home' must be a reference: a place's id or name", "Where it lives"},
    {"{\"home\":0}", "home", "'home' must be a reference: a place's id or name", "Where it lives"},
    {"{\"source\":\"x\"}", "source", "'source' must be a reference: an entry's id", "Where it comes from"},
    {"{\"groups\":\"x\"}", "groups", "'groups' must be a list", "Groups of people"},
    {"{\"groups\":[\"a\",\"b\",\"c\",\"d\"]}", "groups", "'groups' must be between 0 and 3 entries long", "Groups of people"},
    {"{\"groups\":[\"a\",\"b\",3]}", "groups.2", "'groups.2' must be a string", "Groups of people"},
    {"{\"groups\":[\"\"]}", "groups.0", "'groups.0' must be between 1 and 200 characters long", "Groups of people"},
    {"{\"groups\":[\"a\",\"b\",\"a\"]}", "groups.2", "'groups.2' repeats an earlier entry", "name each entry once"},
    {"{\"groups\":[\"a\\tb\"]}", "groups.0", "'groups.0' holds a control character", "send one line of printable text"},
    {"{\"hues\":[\"red\",\"pink\"]}", "hues.1", "'hues.1' must be one of the listed names", "one of: red, green, blue"},
    {"{\"places\":3}", "places", "'places' must be a list", "Where it has been"},
    {"{\"places\":[1,null]}", "places.1", "'places.1' must be a place's id or name", "Where it has been"},
    {"{\"places\":[1,2,1]}", "places.2", "'places.2' repeats an earlier entry", "name each entry once"},
    {"{\"places\":[\"x\",\"y\",\"x\"]}", "places.2", "'places.2' repeats an earlier entry", "name each entry once"},
    {"{\"sources\":[\"x\"]}", "sources.0", "'sources.0' must be an entry's id", "Entries behind it"},
    {"{\"settings\":\"x\"}", "settings", "'settings' must be a JSON object or list", "Free settings"},
    {"{\"settings\":[\"0123456789012345678901234567890123456789012345678901234567\"]}", "settings", "'settings' must be between 0 and 60 bytes long", "Free settings"},
    {"{\"extra\":9,\"name\":3}", "extra", NULL, NULL}, /* the first in the document */
};
/* clang-format on */

static void expect(const refusal *x, const err *got)
{
    assert_int_equal(got->code, ERR_INVALID);
    assert_string_equal(got->path.p, x->path);
    if (x->msg) assert_string_equal(got->msg.p, x->msg);
    if (x->hint) assert_string_equal(got->hint.p, x->hint);
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        sample s = parsed(sample_least);
        label_refs l;
        doc *d = doc_of(refusals[i].json);
        if (record_patch(&sample_record, d, &s, &l, a, &e)) fail_msg("%s", refusals[i].json);
        expect(&refusals[i], &e);
        assert_false(record_parse(&sample_record, d, &s, &l, a, &e));
        expect(&refusals[i], &e);
    }
}

/* Every required member, left out in turn. */
static void test_missing(void **state)
{
    (void)state;
    const doc *least = doc_of(sample_least);
    for (size_t i = 0; i < least->n; i++) {
        doc d = *least;
        d.keys = arena_new(a, str, d.n);
        d.at = arena_new(a, doc, d.n);
        d.n = 0;
        for (size_t k = 0; k < least->n; k++)
            if (k != i) {
                d.keys[d.n] = least->keys[k];
                d.at[d.n++] = least->at[k];
            }
        sample s;
        label_refs l;
        assert_false(record_parse(&sample_record, &d, &s, &l, a, &e));
        assert_string_equal(e.path.p, least->keys[i].p);
        assert_non_null(strstr(e.msg.p, "is required"));
    }
}

/* A required list must not be empty; no other table here has one. */
static void test_required_list(void **state)
{
    (void)state;
    typedef struct listed {
        row_head head;
        str_list groups;
    } listed;
    const field f[] = {F_LIST(listed, groups, REQ, NULL, 3, "Groups")};
    const record r = {
        .name = "listed", .noun = "listed", .size = sizeof(listed), .fields = f, .n_fields = 1};
    listed row;
    label_refs l;
    assert_false(record_parse(&r, doc_of("{\"groups\":[]}"), &row, &l, a, &e));
    assert_string_equal(e.msg.p, "'groups' must be a list of at least one entry");
    assert_true(record_parse(&r, doc_of("{\"groups\":[\"a\"]}"), &row, &l, a, &e));
}

static void test_accepted(void **state)
{
    (void)state;
    sample s = parsed(sample_least);
    label_refs l;
    /* Twenty characters in forty bytes; JSON Schema's integers written as reals. */
    doc *d =
        doc_of("{\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
               "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
               "\xc3\xa9\xc3\xa9\xc3\xa9\",\"count\":3.0,\"score\":4,\"code\":\"\xf0\x9f\x98\x80"
               "abc\",\"groups\":[],\"seen_at\":\"2026-01-01T01:00:00+01:00\"}");
    assert_true(record_patch(&sample_record, d, &s, &l, a, &e));
    assert_int_equal(s.name.n, 40);
    assert_true(s.count == 3 && s.score.has && s.score.v == 4 && s.groups.n == 0);
    assert_int_equal(s.seen_at, 1767225600000); /* date -u -d 2026-01-01 +%s */
}

static void test_patch(void **state)
{
    (void)state;
    sample s = parsed(sample_full);
    label_refs l;
    doc *d = doc_of("{\"note\":null,\"extra\":null,\"score\":null,\"checked\":null,\"mood\":null,"
                    "\"done_at\":null,\"source\":null,\"groups\":null,\"places\":null,"
                    "\"settings\":null,\"count\":4,\"body\":\"new\"}");
    assert_true(record_patch(&sample_record, d, &s, &l, a, &e));
    assert_true(!s.note.p && !s.extra.has && !s.score.has && !s.checked.has && !s.mood);
    assert_true(!s.done_at.has && !s.source && !s.groups.n && !s.places.n && !s.settings.p);
    assert_true(s.count == 4 && str_eqz(s.body, "new") && s.ratio == 0.1 && l.n == 0);
}

static void test_labels(void **state)
{
    (void)state;
    sample s = parsed(sample_least);
    label_refs l;
    doc *d = doc_of("{\"home\":\"Rome\",\"places\":[\"a\",4,\"b\",\"c\",\"d\",\"e\"]}");
    assert_true(record_patch(&sample_record, d, &s, &l, a, &e));
    assert_int_equal(l.n, 6);
    assert_true(s.home == 0 && s.places.n == 6 && s.places.at[1] == 4);
    assert_true(str_eqz(l.at[0].label, "Rome") && str_eqz(l.at[2].label, "b") && l.at[2].at == 2);
    for (size_t i = 0; i < l.n; i++)
        record_set_ref(&l.at[i], &s, 100 + (int64_t)i);
    assert_true(s.home == 100 && s.places.at[0] == 101 && s.places.at[2] == 102);
    assert_true(s.places.at[1] == 4 && s.places.at[5] == 105);
}

/* HMAC by: printf 'note\0"shy"' | openssl dgst -sha256 -hmac salt (OpenSSL 3.0) */
static void test_canonical(void **state)
{
    (void)state;
    sample s = parsed(sample_least);
    s.note = S("shy");
    s.token = S("hush");
    assert_string_equal(
        record_canonical(&sample_record, &s, S("salt"), a).p,
        "{\"colour\":\"red\",\"count\":0,\"created_at\":\"1970-01-01T00:00:00.000Z\",\"home\":1,"
        "\"id\":0,\"live\":true,\"name\":\"x\",\"note\":{\"hmac_sha256\":"
        "\"075e1ff16f1b9a14a955ba386e56913652dd583e41b795908036c2f42e9e82d8\"},"
        "\"price\":1,\"ratio\":0,"
        "\"seen_at\":\"2026-01-01T00:00:00.000Z\",\"starts_on\":\"2026-01-01\",\"total\":0,"
        "\"updated_at\":\"1970-01-01T00:00:00.000Z\",\"version\":0}");
    s.note = (str){0};
    assert_null(strstr(record_canonical(&sample_record, &s, (str){0}, a).p, "note"));
}

/* Personal data without a salt would enter the ledger guessable: the program stops instead. */
static void test_no_salt(void **state)
{
    (void)state;
    sample s = parsed(sample_least);
    s.note = S("shy");
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(STDERR_FILENO);
        (void)record_canonical(&sample_record, &s, (str){0}, a);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static str diff_of(const char *from, const char *to)
{
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    record_diff(&sample_record, from ? doc_of(from) : NULL, doc_of(to), &w);
    return buf_str(&b);
}

static void test_diff(void **state)
{
    (void)state;
    assert_string_equal(
        diff_of("{\"version\":1,\"name\":\"a\",\"settings\":{\"x\":1,\"y\":2},\"groups\":[\"p\"]}",
                "{\"version\":2,\"name\":\"b\",\"settings\":{\"y\":2,\"x\":1},\"groups\":[\"p\","
                "\"q\"],\"retired_at\":\"2026-01-01T00:00:00.000Z\",\"gone\":1,\"token\":\"t\"}")
            .p,
        "[{\"field\":\"retired_at\",\"from\":null,\"to\":\"2026-01-01T00:00:00.000Z\"},"
        "{\"field\":\"name\",\"from\":\"a\",\"to\":\"b\"},"
        "{\"field\":\"groups\",\"from\":[\"p\"],\"to\":[\"p\",\"q\"]}]");
    assert_string_equal(diff_of(NULL, "{\"id\":1,\"count\":0}").p,
                        "[{\"field\":\"count\",\"from\":null,\"to\":0}]");
    assert_string_equal(diff_of("{\"count\":1}", "{\"count\":1}").p, "[]");
}

/* Stored bytes of an older or a damaged program. */
static void test_restore(void **state)
{
    (void)state;
    sample s;
    assert_true(record_restore(&sample_record,
                               doc_of("{\"removed\":1,\"name\":\"\",\"count\":99,\"mood\":null,"
                                      "\"groups\":[\"a\",\"a\",\"b\",\"c\"],\"total\":7}"),
                               &s, a, &e));
    assert_true(s.count == 99 && s.groups.n == 4 && s.total == 7 && s.name.p && !s.name.n);
    static const char *const broken[] = {
        "[]",
        "{\"id\":\"1\"}",
        "{\"name\":1}",
        "{\"count\":\"x\"}",
        "{\"ratio\":\"x\"}",
        "{\"live\":1}",
        "{\"colour\":\"pink\"}",
        "{\"seen_at\":1}",
        "{\"ends_on\":1}",
        "{\"home\":\"Rome\"}",
        "{\"groups\":[1]}",
        "{\"groups\":1}",
        "{\"places\":[\"x\"]}",
        "{\"settings\":1}",
    };
    for (size_t i = 0; i < COUNT(broken); i++) {
        assert_false(record_restore(&sample_record, doc_of(broken[i]), &s, a, &e));
        assert_int_equal(e.code, ERR_DAMAGED);
    }
}

static void test_broken_enum(void **state)
{
    (void)state;
    sample s = parsed(sample_least);
    s.colour = 17;
    assert_non_null(strstr(json_of(&s).p, "\"colour\":\"?\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_least, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_presence, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_round_trip, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_refusals, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_missing, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_required_list, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_accepted, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_patch, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_labels, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_canonical, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_no_salt, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_diff, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_restore, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_broken_enum, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
