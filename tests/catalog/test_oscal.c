/* test_oscal.c - a hand-written OSCAL catalog becomes a flat list; broken ones are refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/oscal.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *sample; /* fuzz/corpus/oscal/house.json */

#define HEAD                                                                                       \
    "{\"catalog\":{\"uuid\":\"u-1\",\"metadata\":{\"title\":\"T\",\"version\":\"1\","              \
    "\"oscal-version\":\"1.2.0\"},"

static void test_sample(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    str text;
    oscal_catalog c;
    assert_true(file_read(a, sample, 1 << 20, &text, &e));
    if (!oscal_parse(a, text, &c, &e)) fail_msg("%s: %s", e.path.p, e.msg.p);
    assert_string_equal(c.title.p, "House rules for models");
    assert_string_equal(c.version.p, "2.1");
    static const struct {
        const char *id, *parent, *text;
        bool group, withdrawn;
    } want[] = {
        {"hr-1",     NULL,      "",                            true,  false},
        {"group-2",  "hr-1",    "",                            true,  false},
        {"hr-1.2",   "group-2", "",                            false, true },
        {"hr-1.1",   "hr-1",
         "Use is approved by [the owner; or a person named within [number of days]].\n"
         "a. In writing.\nb. Again after [number of days], at most [unknown].\n"
         "Keep {{ the braces }} that are no insertion.",       false, false},
        {"hr-1.1.1", "hr-1.1",  "Two people decide together.", false, false},
        {"hr-9",     NULL,
         "\xc3\x9c"
         "bung macht den Meister.",                            false, false},
    };
    assert_int_equal(c.n, COUNT(want));
    for (size_t i = 0; i < c.n; i++) {
        assert_string_equal(c.controls[i].id.p, want[i].id);
        assert_true(str_eqz(c.controls[i].text, want[i].text));
        assert_int_equal(c.controls[i].group, want[i].group);
        assert_int_equal(c.controls[i].withdrawn, want[i].withdrawn);
        assert_int_equal(c.controls[i].parent.p != NULL, want[i].parent != NULL);
        if (want[i].parent) assert_string_equal(c.controls[i].parent.p, want[i].parent);
    }
    assert_string_equal(c.controls[3].label.p, "HR-1.1");
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    oscal_write(&w, &c);
    doc *d;
    assert_true(doc_parse(a, buf_str(&b), 1 << 20, &d, &e));
    assert_int_equal(doc_get(d, "controls")->n, COUNT(want));
    arena_close(a);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *json, *path;
    } bad[] = {
        {"{}",                                                                                  "catalog"                                  },
        {"{\"catalog\":[]}",                                                                    "catalog"                                  },
        {"{\"catalog\":{\"uuid\":\"u\"}}",                                                      "catalog.metadata"                         },
        {"{\"catalog\":{\"metadata\":{}}}",                                                     "catalog.uuid"                             },
        {"{\"catalog\":{\"uuid\":\"u\",\"metadata\":{\"title\":\"T\",\"version\":\"1\","
         "\"oscal-version\":\"2.0\"}}}",                                               "catalog.metadata.oscal-version"           },
        {HEAD "\"groups\":[]}}",                                                                "catalog"                                  },
        {HEAD "\"groups\":{}}}",                                                                "catalog.groups"                           },
        {HEAD "\"controls\":[7]}}",                                                             "catalog.controls.0"                       },
        {HEAD "\"controls\":[{\"id\":\"a\"}]}}",                                                "catalog.controls.0.title"                 },
        {HEAD "\"controls\":[{\"title\":\"a\"}]}}",                                             "catalog.controls.0.id"                    },
        {HEAD "\"controls\":[{\"id\":\"a b\",\"title\":\"a\"}]}}",                              "catalog.controls.0.id"                    },
        {HEAD "\"controls\":[{\"id\":4,\"title\":\"a\"}]}}",                                    "catalog.controls.0.id"                    },
        {HEAD "\"controls\":[{\"id\":\"a\",\"title\":\"x\\ny\"}]}}",                            "catalog.controls.0.title"                 },
        {HEAD "\"controls\":[{\"id\":\"a\",\"title\":\"a\"},{\"id\":\"a\",\"title\":\"b\"}]}}",
         "catalog"                                                                                                                         },
        {HEAD
         "\"groups\":[{\"id\":\"g\",\"title\":\"a\",\"controls\":[{\"id\":\"c\",\"title\":\"a\","
         "\"parts\":[{\"name\":\"x\",\"prose\":\"\\u0007\"}]}]}]}}",                   "catalog.groups.0.controls.0.parts.0.prose"},
        {HEAD "\"controls\":[{\"id\":\"a\",\"title\":\"a\",\"parts\":\"no\"}]}}",
         "catalog.controls.0.parts"                                                                                                        },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        oscal_catalog c;
        assert_false(oscal_parse(a, str_of(bad[i].json), &c, &e));
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(e.path.p, bad[i].path);
        assert_true(e.msg.n && e.hint.n);
        arena_close(a);
    }
}

/* Two parameters that name each other many times must neither hang nor pass the text limit. */
static void test_mutual_params(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    buf b = buf_open(a, 1 << 20);
    buf_putz(&b, HEAD "\"params\":[{\"id\":\"p\",\"select\":{\"choice\":[\"");
    for (int i = 0; i < 500; i++)
        buf_putz(&b, "{{ insert: param, p }}");
    buf_putz(&b, "\"]}}],\"controls\":[{\"id\":\"a\",\"title\":\"a\",\"parts\":[{\"name\":\"s\","
                 "\"prose\":\"{{ insert: param, p }}\"}]}]}}");
    oscal_catalog c;
    assert_false(oscal_parse(a, buf_str(&b), &c, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_string_equal(e.path.p, "catalog.controls.0.parts");
    arena_close(a);
}

static void test_too_many(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    buf b = buf_open(a, 4 << 20);
    buf_putz(&b, HEAD "\"controls\":[");
    for (unsigned i = 0; i <= OSCAL_MAX_CONTROLS; i++)
        buf_fmt(&b, "%s{\"id\":\"c%u\",\"title\":\"t\"}", i ? "," : "", i);
    buf_putz(&b, "]}}");
    oscal_catalog c;
    assert_false(oscal_parse(a, buf_str(&b), &c, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    arena_close(a);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s SAMPLE\n", argv[0]);
        return 2;
    }
    sample = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_mutual_params),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
