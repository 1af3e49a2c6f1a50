/* test_ubjson.c - Universal Binary JSON: what is read, what is refused, and that nothing inflates.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
#include "model/ubjson.h"
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

static const doc *must_parse(str bytes)
{
    doc *d;
    if (!ubjson_parse(a, bytes, &d, &e)) fail_msg("%s", e.msg.p);
    return d;
}

/* The tree as JSON text, packed lists unpacked. */
static void write_json(const doc *d, jw *w)
{
    if (d->kind != DOC_ARR && d->kind != DOC_OBJ) {
        doc_write(d, w);
        return;
    }
    d->kind == DOC_ARR ? jw_arr(w) : jw_obj(w);
    for (size_t i = 0; i < d->n; i++) {
        if (d->kind == DOC_OBJ) jw_key_str(w, d->keys[i]);
        doc child = d->kind == DOC_OBJ ? d->at[i] : ubjson_at(d, i);
        write_json(&child, w);
    }
    d->kind == DOC_ARR ? jw_arr_end(w) : jw_obj_end(w);
}

static void reads(str bytes, const char *want)
{
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    write_json(must_parse(bytes), &w);
    assert_string_equal(buf_str(&b).p, want);
    for (size_t n = 0; n < bytes.n; n++) { /* cut anywhere */
        doc *d;
        if (ubjson_parse(a, str_dupn(a, bytes.p, n), &d, &e))
            fail_msg("%zu of %zu bytes of %s are read", n, bytes.n, want);
        assert_int_equal(e.code, ERR_INVALID);
    }
}

/* Worked out by hand from the specification at ubjson.org. */
static void every_type_is_read(void **state)
{
    (void)state;
    reads(S("{}"), "{}");
    reads(S("[]"), "[]");
    reads(S("[ZTF]"), "[null,true,false]");
    reads(S("[i\xff"
            "U\xff"
            "I\xff\x00"
            "l\xff\xff\xff\x00"
            "L\x00\x00\x00\x01\x00\x00\x00\x00]"),
          "[-1,255,-256,-256,4294967296]");
    reads(S("[d\x3f\x80\x00\x00"
            "D\xbf\xe0\x00\x00\x00\x00\x00\x00]"),
          "[1,-0.5]");
    reads(S("[CaSi\2hiHi\4"
            "2.50]"),
          "[\"a\",\"hi\",2.5]");
    reads(S("{i\1aTU\1b[]}"), "{\"a\":true,\"b\":[]}");
    reads(S("NN[NTNNF"
            "N]"),
          "[true,false]");
}

static void containers_of_known_size_and_type_are_read(void **state)
{
    (void)state;
    reads(S("[#i\2TF"), "[true,false]");
    reads(S("[#U\0"), "[]");
    reads(S("{#i\1i\1aT"), "{\"a\":true}");
    reads(S("[$U#i\3\1\2\xff"), "[1,2,255]");
    reads(S("[$i#i\2\1\xff"), "[1,-1]");
    reads(S("[$I#i\2\1\0\xff\xff"), "[256,-1]");
    reads(S("[$l#i\1\0\0\1\0"), "[256]");
    reads(S("[$L#L\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1\0"), "[256]");
    reads(S("[$d#i\2\x3f\x80\0\0\xc0\0\0\0"), "[1,-2]");
    reads(S("[$D#i\1\x3f\xf0\0\0\0\0\0\0"), "[1]");
    reads(S("[$S#i\2i\1ai\1b"), "[\"a\",\"b\"]");
    reads(S("[$[#i\2]T]"), "[[],[true]]");
    reads(S("{$i#i\2i\1a\1i\1b\2"), "{\"a\":1,\"b\":2}");
    reads(S("{i\1x[$d#i\1\x7f\xc0\0\0}"), "{\"x\":[null]}"); /* NaN has no JSON */
}

static void refused(str bytes, const char *says)
{
    doc *d;
    assert_false(ubjson_parse(a, bytes, &d, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_true(e.hint.n > 0);
    if (!strstr(e.msg.p, says)) fail_msg("'%s' does not say '%s'", e.msg.p, says);
}

static void malformed_bytes_are_refused(void **state)
{
    (void)state;
    refused(S(""), "cut off");
    refused(S("{}x"), "behind the document");
    refused(S("[x]"), "unknown type");
    refused(S("[$x#i\1x"), "unknown type");
    refused(S("{T"), "a length is no whole number");
    refused(S("Sd\0\0\0\0"), "a length is no whole number");
    refused(S("Si\xff"), "a length below 0");
    refused(S("[#l\xff\xff\xff\xff"), "a length below 0");
    refused(S("Si\2\xc3\x28"), "not UTF-8");
    refused(S("Si\1\0"), "not UTF-8");
    refused(S("{i\1aTi\1aF}"), "stands twice");
    refused(S("Hi\1x"), "a number that is none");
    refused(S("[$U\1\2]"), "without a length");
}

/* A few bytes must not become gigabytes. */
static void nothing_inflates(void **state)
{
    (void)state;
    refused(S("[$T#l\x7f\xff\xff\xff"), "without bytes");
    refused(S("[$Z#L\x7f\xff\xff\xff\xff\xff\xff\xff"), "without bytes");
    refused(S("[$D#L\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3"), "cut off");
    refused(S("[#L\x7f\xff\xff\xff\xff\xff\xff\xff"
              "T"),
            "cut off");
    refused(S("SL\x7f\xff\xff\xff\xff\xff\xff\xff"), "cut off");
    size_t n = 5 << 20;
    char *many = arena_new(a, char, n);
    memset(many, 'T', n);
    many[0] = '[';
    refused((str){many, n}, "too many values");
    memset(many, '[', 100);
    refused((str){many, 100}, "64 levels");
    for (size_t i = 0; i < n / 3; i++)
        memcpy(many + 3 * i, "{i\0", 3);
    refused((str){many, n / 3 * 3}, "64 levels");
}

static void objects_are_known_by_their_start(void **state)
{
    (void)state;
    assert_true(ubjson_sniff(S("{L\0\0\0\0\0\0\0\7learner")));
    assert_true(ubjson_sniff(S("{#i\1")));
    assert_false(ubjson_sniff(S("{\"learner\"")));
    assert_false(ubjson_sniff(S("{ ")));
    assert_false(ubjson_sniff(S("{}")));
    assert_false(ubjson_sniff(S("{")));
    assert_false(ubjson_sniff(S("{\0")));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_type_is_read),
        T(containers_of_known_size_and_type_are_read),
        T(malformed_bytes_are_refused),
        T(nothing_inflates),
        T(objects_are_known_by_their_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
