/* test_catalog.c - the compiled-in frameworks against the JSON files they come from. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *folder; /* catalog/ of the source tree */

static const doc *load(arena *a, const char *name)
{
    err e = ERR_IN(a);
    str text;
    doc *d = NULL;
    str path = str_fmt(a, "%s/%s", folder, name);
    if (!file_read(a, path.p, 4 << 20, &text, &e) || !doc_parse(a, text, 4 << 20, &d, &e))
        fail_msg("%s: %s", path.p, e.msg.p);
    return d;
}

static bool same(str s, str t)
{
    return (!s.p && !t.p) || str_eq(s, t);
}

static void same_list(catalog_list l, const doc *d)
{
    assert_int_equal(l.n, d ? d->n : 0);
    for (size_t i = 0; i < l.n; i++)
        assert_true(str_eq(l.at[i], d->at[i].s));
}

/* The 38 controls of ISO/IEC 42001:2023 Annex A by number of each area. */
static void test_exact_controls(void **state)
{
    (void)state;
    static const struct {
        const char *area;
        int first, last;
    } areas[] = {
        {"A.2",   2, 4},
        {"A.3",   2, 3},
        {"A.4",   2, 6},
        {"A.5",   2, 5},
        {"A.6.1", 2, 3},
        {"A.6.2", 2, 8},
        {"A.7",   2, 6},
        {"A.8",   2, 5},
        {"A.9",   2, 4},
        {"A.10",  2, 4}
    };
    arena *a = arena_open();
    size_t n, k = 0;
    const catalog_requirement *c = catalog_controls(&n);
    assert_int_equal(n, 38);
    for (size_t i = 0; i < COUNT(areas); i++)
        for (int j = areas[i].first; j <= areas[i].last; j++, k++) {
            assert_string_equal(c[k].id.p, str_fmt(a, "%s.%d", areas[i].area, j).p);
            assert_string_equal(c[k].parent.p, areas[i].area);
            assert_int_equal(c[k].kind, CATALOG_CONTROL);
        }
    assert_int_equal(k, 38);
    arena_close(a);
}

static void test_exact_clauses(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "4.1", "4.2", "4.3", "4.4",   "5.1",   "5.2",   "5.3",   "6.1.1", "6.1.2", "6.1.3", "6.1.4",
        "6.2", "6.3", "7.1", "7.2",   "7.3",   "7.4",   "7.5.1", "7.5.2", "7.5.3", "8.1",   "8.2",
        "8.3", "8.4", "9.1", "9.2.1", "9.2.2", "9.3.1", "9.3.2", "9.3.3", "10.1",  "10.2"};
    size_t n;
    const catalog_requirement *c = catalog_clauses(&n);
    assert_int_equal(n, 32);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(c[i].id.p, ids[i]);
        assert_int_equal(c[i].kind, CATALOG_CLAUSE);
        assert_ptr_equal(catalog_requirement_find(c[i].id), &c[i]);
        assert_true(c[i].description.n && c[i].hints.n && c[i].questions.n && c[i].evidence.n);
    }
    assert_null(catalog_requirement_find(S("4")));
    assert_null(catalog_requirement_find(S("")));
}

static void test_controls_equal_json(void **state)
{
    (void)state;
    arena *a = arena_open();
    const doc *all = doc_get(doc_get(load(a, "iso42001.json"), "annex_a"), "controls");
    assert_int_equal(all->n, 38);
    for (size_t i = 0; i < all->n; i++) {
        const doc *d = &all->at[i], *m = doc_get(d, "automated_measurements");
        const catalog_requirement *r = catalog_requirement_find(doc_str(d, "id"));
        assert_non_null(r);
        assert_true(str_eq(r->title, doc_str(d, "title")));
        assert_true(str_eq(r->description, doc_str(d, "description")));
        assert_true(str_eq(r->annex_b, doc_str(d, "annex_b_ref")));
        assert_true(str_eq(r->automation, doc_str(d, "automation_potential")));
        same_list(r->hints, doc_get(d, "implementation_hints"));
        same_list(r->evidence, doc_get(d, "evidence_kinds"));
        same_list(r->roles, doc_get(d, "typical_roles"));
        same_list(r->stages, doc_get(d, "life_cycle_stages"));
        assert_int_equal(r->n_proofs, m->n);
        for (size_t j = 0; j < m->n; j++) {
            assert_true(str_eq(r->proofs[j].measurement, doc_str(&m->at[j], "id")));
            assert_true(str_eq(r->proofs[j].proves, doc_str(&m->at[j], "proves")));
        }
    }
    arena_close(a);
}

static void test_words_exist(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        size_t n;
        const catalog_requirement *r = k ? catalog_clauses(&n) : catalog_controls(&n);
        for (size_t i = 0; i < n; i++) {
            assert_non_null(catalog_entry_find(CATALOG_HOME, r[i].parent));
            for (size_t j = 0; j < r[i].evidence.n; j++)
                assert_non_null(catalog_term_find(CATALOG_EVIDENCE_KINDS, r[i].evidence.at[j]));
            for (size_t j = 0; j < r[i].n_proofs; j++)
                assert_non_null(
                    catalog_term_find(CATALOG_MEASUREMENTS, r[i].proofs[j].measurement));
            for (size_t j = 0; j < r[i].roles.n; j++)
                assert_non_null(catalog_term_find(CATALOG_ROLES, r[i].roles.at[j]));
            for (size_t j = 0; j < r[i].stages.n; j++)
                assert_non_null(catalog_term_find(CATALOG_STAGES, r[i].stages.at[j]));
        }
    }
    size_t n;
    catalog_terms(CATALOG_EVIDENCE_KINDS, &n);
    assert_int_equal(n, 47);
    catalog_terms(CATALOG_MEASUREMENTS, &n);
    assert_int_equal(n, 32);
    assert_null(catalog_term_find(CATALOG_MEASUREMENTS, S("nonsense")));
}

static void test_crosswalk_equals_json(void **state)
{
    (void)state;
    arena *a = arena_open();
    const doc *rows = doc_get(load(a, "crosswalk.json"), "mappings");
    size_t n;
    const catalog_map *m = catalog_maps(&n);
    assert_int_equal(n, 854);
    assert_int_equal(n, rows->n);
    for (size_t i = 0; i < n; i++) {
        const doc *d = &rows->at[i];
        assert_true(str_eq(m[i].id, doc_str(d, "id")));
        assert_true(str_eq(m[i].note, doc_str(d, "note")));
        assert_true(str_eq(m[i].confidence, doc_str(d, "confidence")));
        same_list(m[i].basis, doc_get(d, "basis"));
        assert_non_null(catalog_requirement_find(m[i].source));
        assert_non_null(catalog_term_find(CATALOG_RELATIONSHIPS, m[i].relationship));
        const catalog_entry *x = catalog_entry_find(m[i].framework, m[i].target);
        assert_non_null(x);
        assert_true(str_eq(m[i].target_title, x->title.p ? x->title : x->gist));
    }
    arena_close(a);
}

static void test_crosswalk_walks(void **state)
{
    (void)state;
    size_t n, forward = 0, n_controls, n_clauses, n_all;
    const catalog_requirement *lists[] = {catalog_controls(&n_controls),
                                          catalog_clauses(&n_clauses)};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < (k ? n_clauses : n_controls); i++)
            for (const catalog_map *m = NULL; (m = catalog_map_next(lists[k][i].id, (str){0}, m));)
                forward++;
    assert_int_equal(forward, 854);
    size_t back = 0;
    const catalog_framework *f = catalog_frameworks(&n_all);
    for (size_t k = 0; k < n_all; k++)
        for (size_t i = 0; i < f[k].n; i++)
            for (const catalog_map *m = NULL;
                 (m = catalog_reverse_next(f[k].id, f[k].entries[i].id, m));)
                back++;
    assert_int_equal(back, 854);
    const catalog_map *m = catalog_map_next(S("A.2.2"), S("gdpr"), NULL);
    assert_true(m && str_eqz(m->source, "A.2.2") && str_eqz(m->framework, "gdpr"));
    assert_null(catalog_map_next(S("A.9.9"), (str){0}, NULL));
    assert_non_null(catalog_unmapped_rows(&n));
    assert_int_equal(n, 17);
}

/* Counts stated in catalog/README.md; checked there against the sources by check.py. */
static void test_frameworks(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        size_t n;
    } want[] = {
        {"iso42001-2023",            43 + 11 + 38 + 11 + 7},
        {"iso27001-2022",            30 + 4 + 93          },
        {"nist-csf-2.0",             6 + 22 + 106         },
        {"nist-csf-1.1",             5 + 23               },
        {"nist-ai-rmf-1.0",          4 + 19 + 72 + 12     },
        {"eu-ai-act",                40                   },
        {"gdpr",                     26                   },
        {"ccpa",                     29                   },
        {"mitre-atlas",              16 + 181 + 37        },
        {"owasp-llm-top10-2025",     10                   },
        {"owasp-ml-top10-2023",      10                   },
        {"owasp-agentic-top10-2026", 10                   },
        {"enisa-ai-threats-2020",    8                    },
        {"mit-ai-risk-domains",      7 + 24               }
    };
    size_t n;
    const catalog_framework *f = catalog_frameworks(&n);
    assert_int_equal(n, COUNT(want));
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(f[i].id.p, want[i].id);
        assert_int_equal(f[i].n, want[i].n);
        assert_true(f[i].title.n && f[i].licence.n);
        for (size_t j = 0; j < f[i].n; j++) {
            const catalog_entry *x = &f[i].entries[j];
            assert_true(x->id.n && (x->title.n || x->gist.n));
            assert_ptr_equal(catalog_entry_find(f[i].id, x->id), x);
            if (x->parent.p) assert_true(catalog_entry_find(f[i].id, x->parent) < x);
        }
    }
    assert_null(catalog_framework_find(S("iso9001")));
}

static void test_annex_c_and_atlas(void **state)
{
    (void)state;
    arena *a = arena_open();
    const catalog_entry *x = catalog_entry_find(CATALOG_HOME, S("C.2.5"));
    assert_int_equal(x->kind, CATALOG_AI_OBJECTIVE);
    assert_true(catalog_list_has(x->controls, S("A.5.4")));
    x = catalog_entry_find(CATALOG_HOME, S("C.3.1"));
    assert_int_equal(x->kind, CATALOG_RISK_SOURCE);
    assert_true(catalog_list_has(x->measurements, S("drift_monitor")));
    const doc *all = doc_get(load(a, "mitre_atlas.json"), "techniques");
    for (size_t i = 0; i < all->n; i++) {
        x = catalog_entry_find(S("mitre-atlas"), doc_str(&all->at[i], "id"));
        assert_non_null(x);
        assert_true(str_eq(x->title, doc_str(&all->at[i], "name")));
        assert_true(same(x->parent, doc_str(&all->at[i], "parent")));
        same_list(x->links, doc_get(&all->at[i], "tactics"));
    }
    arena_close(a);
}

static void test_proven_and_accepted(void **state)
{
    (void)state;
    const catalog_requirement *r[CATALOG_REQUIREMENTS];
    size_t n = catalog_proven_by(S("bias_fairness_test"), r, COUNT(r)), proofs = 0, all;
    assert_true(n > 0 && n < 38);
    assert_int_equal(catalog_proven_by(S("bias_fairness_test"), r, 1), n);
    assert_int_equal(catalog_proven_by(S("nonsense"), r, COUNT(r)), 0);
    const catalog_term *t = catalog_terms(CATALOG_MEASUREMENTS, &all);
    for (size_t i = 0; i < all; i++)
        proofs += catalog_proven_by(t[i].id, r, COUNT(r));
    size_t listed = 0, n_controls;
    const catalog_requirement *c = catalog_controls(&n_controls);
    for (size_t i = 0; i < n_controls; i++)
        listed += c[i].n_proofs;
    assert_int_equal(proofs, listed);
    n = catalog_accepting(S("risk_assessment"), r, COUNT(r));
    bool clause = false;
    for (size_t i = 0; i < n; i++)
        clause |= str_eqz(r[i]->id, "6.1.2");
    assert_true(clause);
}

/* Every line of docs/attributions.md that has to be shown is in the program. */
static void test_attributions(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    str page, rest;
    str path = str_fmt(a, "%s/../docs/attributions.md", folder);
    assert_true(file_read(a, path.p, 1 << 20, &page, &e));
    size_t n = 0;
    for (rest = page; rest.p;) {
        str l = str_cut(rest, '\n', &rest);
        if (!str_starts(l, S("> "))) continue;
        assert_true(catalog_list_has(catalog_attributions(), str_trim(str_sub(l, 2, l.n))));
        n++;
    }
    assert_int_equal(n, catalog_attributions().n);
    assert_true(n >= 8);
    arena_close(a);
}

/* Everything the writers say can be read back, and says what the tables say. */
static void test_json(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    size_t n;
    const catalog_framework *f = catalog_frameworks(&n);
    buf b = buf_open(a, 8 << 20);
    jw w = jw_open(&b);
    jw_arr(&w);
    catalog_write_frameworks(&w);
    for (size_t i = 0; i < n; i++)
        catalog_write_framework(&w, &f[i]);
    catalog_write_requirements(&w);
    catalog_write_requirement(&w, catalog_requirement_find(S("A.6.2.4")));
    for (int v = 0; v < CATALOG_VOCABULARIES; v++)
        catalog_write_vocabulary(&w, (catalog_vocabulary)v);
    catalog_write_reverse(&w, S("eu-ai-act"), S("Art. 9"));
    catalog_write_proven_by(&w, S("bias_fairness_test"));
    catalog_write_accepting(&w, S("risk_assessment"));
    catalog_write_attributions(&w);
    jw_arr_end(&w);
    doc *d;
    assert_false(b.full);
    assert_true(doc_parse(a, buf_str(&b), 8 << 20, &d, &e));
    assert_int_equal(d->at[0].n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(doc_get(&d->at[1 + i], "entries")->n, f[i].n);
    const doc *list = &d->at[1 + n], *one = &d->at[2 + n];
    assert_int_equal(list->n, CATALOG_REQUIREMENTS);
    assert_string_equal(doc_str(one, "id").p, "A.6.2.4");
    assert_true(doc_get(one, "crosswalk")->n > 5);
    assert_true(d->at[d->n - 4].n > 0); /* Art. 9 is reached from somewhere */
    assert_true(doc_str(&d->at[d->n - 3].at[0], "proves").n > 0);
    arena_close(a);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CATALOG-FOLDER\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_controls),
        cmocka_unit_test(test_exact_clauses),
        cmocka_unit_test(test_controls_equal_json),
        cmocka_unit_test(test_words_exist),
        cmocka_unit_test(test_crosswalk_equals_json),
        cmocka_unit_test(test_crosswalk_walks),
        cmocka_unit_test(test_frameworks),
        cmocka_unit_test(test_annex_c_and_atlas),
        cmocka_unit_test(test_proven_and_accepted),
        cmocka_unit_test(test_attributions),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
