/* test_rows.c - records in the store: versions, links, labels, lists, history, erasure. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include "types.h"

/* One verb of rows.h in a transaction of its own. */
typedef struct act {
    const record *r;
    void *row;
    int64_t id, now;
    page p;
    void *ret_rows;
    size_t ret_n;
    int64_t ret_int;
    str label;
    label_refs refs;
    arena *a;
} act;

static bool do_insert(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_check_refs(t, x->r, x->row, e) && row_insert(t, x->r, x->row, 7, x->now, e);
}

static bool do_update(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_update(t, x->r, x->row, 8, x->now, e);
}

static bool do_get(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_get(t, x->a, x->r, x->id, x->row, e);
}

static bool do_get_as_of(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_get_as_of(t, x->a, x->r, x->id, x->now, x->row, e);
}

static bool do_label(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_by_label(t, x->a, x->r, x->label, x->row, e);
}

static bool do_list(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_list(t, x->a, x->r, &x->p, &x->ret_rows, &x->ret_n, e) &&
           row_count(t, x->r, &x->p, &x->ret_int, e);
}

static bool do_list_as_of(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_list_as_of(t, x->a, x->r, x->now, &x->p, &x->ret_rows, &x->ret_n, e);
}

static bool do_history(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    row_version *v = NULL;
    bool ok = row_history(t, x->a, x->r, x->id, &v, &x->ret_n, e);
    x->ret_rows = v;
    return ok;
}

static bool do_resolve(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_resolve(t, x->r, x->refs, x->row, e);
}

static bool do_back_refs(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    back_ref *refs = NULL;
    bool ok = row_back_refs(t, x->a, test_types, 2, x->r, x->id, &refs, &x->ret_n, e);
    x->ret_rows = refs;
    return ok;
}

static bool do_salt(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_salt(t, x->a, x->r, x->id, &x->label, e);
}

static bool do_erase(struct tx *t, void *ctx, err *e)
{
    act *x = ctx;
    return row_erase_personal(t, x->r, x->id, 9, x->now, e);
}

typedef struct place {
    arena *a;
    struct store *s;
    err e;
} place;

static place open_place(void)
{
    place p = {.a = arena_open()};
    p.e = ERR_IN(p.a);
    p.s = fresh_store(p.a);
    for (size_t i = 0; i < COUNT(test_types); i++) {
        record_validate(test_types[i]);
        str ddl = record_ddl(test_types[i], p.a), rest = ddl;
        /* one statement at a time, as tx_exec wants them */
        while (str_trim(rest).n) {
            str one = str_cut(rest, ';', &rest);
            if (str_trim(one).n) MUST(do_sql(p.s, str_dup(p.a, one).p, &p.e), p.e);
        }
    }
    return p;
}

static void add(place *p, const record *r, void *row, int64_t now)
{
    act x = {.r = r, .row = row, .now = now, .a = p->a};
    MUST(store_write(p->s, do_insert, &x, &p->e), p->e);
}

static bool change(place *p, const record *r, void *row, int64_t now)
{
    act x = {.r = r, .row = row, .now = now, .a = p->a};
    return store_write(p->s, do_update, &x, &p->e);
}

static void get(place *p, const record *r, int64_t id, void *row)
{
    act x = {.r = r, .row = row, .id = id, .a = p->a};
    memset(row, 0, r->size);
    MUST(store_read(p->s, do_get, &x, &p->e), p->e);
}

static str json(place *p, const record *r, const void *row)
{
    buf b = buf_open(p->a, 1 << 20);
    jw w = jw_open(&b);
    record_json(r, row, &w);
    return buf_str(&b);
}

static book full_book(place *p, int64_t first, int64_t second)
{
    book b = book_titled("Solaris");
    b.text = S("many\nlines 'quoted' \"and\" z\xc3\xa9");
    b.extra = S("{\"a\":[1,2.5,null]}");
    b.secret = S("hush");
    b.pages = 204;
    b.writer = first;
    b.price = -99;
    b.weight = (opt_real){0.1, true};
    b.printed = (opt_bool){false, true};
    b.state = BOOK_OUT;
    b.published = (opt_int){-284083200000, true};
    b.seen_at = (opt_int){1234567890123, true};
    b.words = (str_list){arena_new(p->a, str, 2), 2};
    b.words.at[0] = S("ocean, deep");
    b.words.at[1] = S("mind");
    b.authors = (id_list){arena_new(p->a, int64_t, 2), 2};
    b.authors.at[0] = second; /* their order is kept */
    b.authors.at[1] = first;
    b.on_sale = true;
    return b;
}

/* ---- One record --------------------------------------------------------------------------------
 */

static void test_round_trip(void **state)
{
    (void)state;
    place p = open_place();
    author lem = author_named("Lem"), other = author_named("Other");
    add(&p, &author_record, &lem, 1000);
    add(&p, &author_record, &other, 1000);
    assert_true(lem.head.id == 1 && other.head.id == 2 && lem.head.version == 1);
    book b = full_book(&p, 1, 2), empty = book_titled("Empty"), got;
    add(&p, &book_record, &b, 2000);
    add(&p, &book_record, &empty, 2001);
    get(&p, &book_record, 1, &got);
    assert_string_equal(json(&p, &book_record, &got).p, json(&p, &book_record, &b).p);
    assert_true(str_eq(got.secret, b.secret)); /* stored, though never in JSON */
    assert_true(got.authors.n == 2 && got.authors.at[0] == 2 && got.authors.at[1] == 1);
    assert_true(got.head.created_at == 2000 && got.head.updated_at == 2000);
    get(&p, &book_record, 2, &got);
    assert_string_equal(json(&p, &book_record, &got).p, json(&p, &book_record, &empty).p);
    assert_true(!got.weight.has && !got.printed.has && !got.text.p && !got.authors.n);
    act x = {.r = &book_record, .row = &got, .id = 3, .a = p.a};
    assert_false(store_read(p.s, do_get, &x, &p.e));
    assert_int_equal(p.e.code, ERR_NOT_FOUND);
    arena_close(p.a);
}

static void test_versions(void **state)
{
    (void)state;
    place p = open_place();
    author a = author_named("Lem"), first;
    add(&p, &author_record, &a, 1000);
    first = a;
    a.notes = S("second");
    MUST(change(&p, &author_record, &a, 1500), p.e);
    assert_true(a.head.version == 2 && a.head.created_at == 1000 && a.head.updated_at == 1500);
    first.notes = S("lost update");
    assert_false(change(&p, &author_record, &first, 1600));
    assert_int_equal(p.e.code, ERR_STALE);
    assert_string_equal(p.e.path.p, "version");
    assert_true(first.head.version == 1 && first.head.updated_at == 1000);
    first.head.id = 99;
    assert_false(change(&p, &author_record, &first, 1600));
    assert_int_equal(p.e.code, ERR_NOT_FOUND);
    author got, twin = author_named("Lem");
    get(&p, &author_record, 1, &got);
    assert_string_equal(got.notes.p, "second");
    act x = {.r = &author_record, .row = &twin, .a = p.a};
    assert_false(store_write(p.s, do_insert, &x, &p.e));
    assert_int_equal(p.e.code, ERR_CONFLICT);
    assert_string_equal(p.e.path.p, "name");
    assert_int_equal(get_int(p.s, "SELECT count(*) FROM history WHERE type = 'author'"), 2);
    arena_close(p.a);
}

static void test_links(void **state)
{
    (void)state;
    place p = open_place();
    author a[3] = {author_named("A"), author_named("B"), author_named("C")};
    for (size_t i = 0; i < 3; i++)
        add(&p, &author_record, &a[i], 1);
    book b = full_book(&p, 1, 2), got;
    add(&p, &book_record, &b, 1);
    b.authors.at[0] = 3;
    MUST(change(&p, &book_record, &b, 2), p.e);
    get(&p, &book_record, 1, &got);
    assert_true(got.authors.n == 2 && got.authors.at[0] == 3 && got.authors.at[1] == 1);
    b.authors.n = 0;
    MUST(change(&p, &book_record, &b, 3), p.e);
    assert_int_equal(get_int(p.s, "SELECT count(*) FROM link"), 0);
    book bad = full_book(&p, 1, 44);
    act x = {.r = &book_record, .row = &bad, .a = p.a};
    assert_false(store_write(p.s, do_insert, &x, &p.e));
    assert_int_equal(p.e.code, ERR_INVALID);
    assert_string_equal(p.e.path.p, "authors.0");
    bad = full_book(&p, 44, 1);
    assert_false(store_write(p.s, do_insert, &x, &p.e));
    assert_string_equal(p.e.path.p, "writer");
    bad = full_book(&p, 1, 1);
    assert_false(store_write(p.s, do_insert, &x, &p.e));
    assert_string_equal(p.e.path.p, "authors.1");
    arena_close(p.a);
}

static void expect_hint(place *p, const char *label, const char *hint)
{
    author got;
    act x = {.r = &author_record, .row = &got, .label = str_of(label), .a = p->a};
    assert_false(store_read(p->s, do_label, &x, &p->e));
    assert_int_equal(p->e.code, ERR_NOT_FOUND);
    assert_string_equal(p->e.hint.p, hint);
}

static void test_labels(void **state)
{
    (void)state;
    place p = open_place();
    author lem = author_named("Stanislaw Lem"), other = author_named("Karel Capek"), got;
    add(&p, &author_record, &lem, 1);
    add(&p, &author_record, &other, 1);
    act x = {.r = &author_record, .row = &got, .label = S("Karel Capek"), .a = p.a};
    MUST(store_read(p.s, do_label, &x, &p.e), p.e);
    assert_int_equal(got.head.id, 2);
    expect_hint(&p, "stanislav lem", "did you mean 'Stanislaw Lem'?");
    expect_hint(&p, "Kare", "did you mean 'Karel Capek'?");
    expect_hint(&p, "Qwertzuiop", "list the authors to see their names");

    book b = full_book(&p, 0, 0);
    label_ref refs[] = {
        {record_field(&book_record, S("writer")),  S("Stanislaw Lem"), 0},
        {record_field(&book_record, S("authors")), S("Karel Capek"),   1}
    };
    act y = {
        .r = &book_record, .row = &b, .refs = {refs, 2},
                .a = p.a
    };
    MUST(store_read(p.s, do_resolve, &y, &p.e), p.e);
    assert_true(b.writer == 1 && b.authors.at[1] == 2);
    refs[1].label = S("Karel Capec");
    assert_false(store_read(p.s, do_resolve, &y, &p.e));
    assert_int_equal(p.e.code, ERR_INVALID);
    assert_string_equal(p.e.path.p, "authors.1");
    assert_string_equal(p.e.hint.p, "did you mean 'Karel Capek'?");
    arena_close(p.a);
}

/* ---- Many records
 * -------------------------------------------------------------------------------- */

static size_t list(place *p, const record *r, page pg, void **ret)
{
    act x = {.r = r, .p = pg, .a = p->a};
    MUST(store_read(p->s, do_list, &x, &p->e), p->e);
    *ret = x.ret_rows;
    return x.ret_n;
}

static void test_list(void **state)
{
    (void)state;
    place p = open_place();
    author a[2] = {author_named("A"), author_named("B")};
    add(&p, &author_record, &a[0], 1);
    add(&p, &author_record, &a[1], 1);
    for (int64_t i = 1; i <= 25; i++) {
        book b = full_book(&p, 1 + i % 2, 2 - i % 2);
        b.title = str_fmt(p.a, "Book %lld", (long long)i);
        b.pages = i;
        if (i == 13) b.head.retired_at = (opt_int){5, true};
        add(&p, &book_record, &b, i);
        if (i == 13) {
            b.head.retired_at = (opt_int){50, true};
            MUST(change(&p, &book_record, &b, 50), p.e);
        }
    }
    book *got = NULL;
    assert_int_equal(list(&p, &book_record, (page){.limit = 10}, (void **)&got), 10);
    assert_true(got[0].head.id == 25 && got[9].head.id == 16);
    for (size_t i = 0; i < 10; i++)
        assert_true(got[i].authors.n == 2 && got[i].authors.at[1] == 1 + got[i].head.id % 2);
    assert_int_equal(list(&p, &book_record, (page){.limit = 10, .below = 16}, (void **)&got), 10);
    assert_true(got[0].head.id == 15 && got[9].head.id == 5); /* without 13 */
    assert_int_equal(list(&p, &book_record, (page){.limit = 10, .below = 5}, (void **)&got), 4);
    assert_int_equal(list(&p, &book_record, (page){.limit = 1000}, (void **)&got), 24);
    assert_int_equal(
        list(&p, &book_record, (page){.limit = 1000, .with_retired = true}, (void **)&got), 25);

    filter f[2];
    MUST(record_filter(&book_record, S("writer"), S("B"), &f[0], p.a, &p.e), p.e);
    MUST(record_filter(&book_record, S("title_like"), S("OOK 2"), &f[1], p.a, &p.e), p.e);
    page pg = {.limit = 100, .filters = f, .n_filters = 2};
    act x = {.r = &book_record, .p = pg, .a = p.a};
    MUST(store_read(p.s, do_list, &x, &p.e), p.e);
    assert_true(x.ret_n == 3 && x.ret_int == 3); /* 21, 23, 25: thin, so links come one by one */
    got = x.ret_rows;
    assert_true(got[2].head.id == 21 && got[2].authors.n == 2);
    MUST(record_filter(&book_record, S("writer"), S("nobody"), &f[0], p.a, &p.e), p.e);
    assert_false(store_read(p.s, do_list, &x, &p.e));
    assert_int_equal(p.e.code, ERR_INVALID);
    assert_string_equal(p.e.path.p, "writer");
    x.p = (page){.limit = 1001};
    assert_false(store_read(p.s, do_list, &x, &p.e));
    assert_string_equal(p.e.path.p, "limit");
    arena_close(p.a);
}

/* ---- Time
 * ------------------------------------------------------------------------------------------ */

static void test_history(void **state)
{
    (void)state;
    place p = open_place();
    author a = author_named("Lem"), got;
    add(&p, &author_record, &a, 1000);
    a.notes = S("two");
    MUST(change(&p, &author_record, &a, 2000), p.e);
    a.head.retired_at = (opt_int){3000, true};
    MUST(change(&p, &author_record, &a, 3000), p.e);
    act x = {.r = &author_record, .row = &got, .id = 1, .a = p.a};
    MUST(store_read(p.s, do_history, &x, &p.e), p.e);
    row_version *v = x.ret_rows;
    assert_int_equal(x.ret_n, 3);
    assert_true(v[0].actor == 7 && v[1].actor == 8 && v[1].at == 2000 && v[2].version == 3);
    assert_string_equal(v[2].body.p, json(&p, &author_record, &a).p);

    const struct {
        int64_t at;
        const char *notes;
        size_t listed, listed_with_retired;
    } cases[] = {
        {1000, "",    1, 1},
        {1999, "",    1, 1},
        {2000, "two", 1, 1},
        {3000, "two", 0, 1}
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        x.now = cases[i].at;
        memset(&got, 0, sizeof got);
        MUST(store_read(p.s, do_get_as_of, &x, &p.e), p.e);
        assert_string_equal(got.notes.p ? got.notes.p : "", cases[i].notes);
        x.p = (page){.limit = 1};
        MUST(store_read(p.s, do_list_as_of, &x, &p.e), p.e);
        assert_int_equal(x.ret_n, cases[i].listed);
        x.p.with_retired = true;
        MUST(store_read(p.s, do_list_as_of, &x, &p.e), p.e);
        assert_int_equal(x.ret_n, cases[i].listed_with_retired);
    }
    x.now = 999;
    assert_false(store_read(p.s, do_get_as_of, &x, &p.e));
    assert_int_equal(p.e.code, ERR_NOT_FOUND);
    arena_close(p.a);
}

/* Retired ones between live ones must not cut a page short. */
static void test_list_as_of_pages(void **state)
{
    (void)state;
    place p = open_place();
    for (int64_t i = 1; i <= 20; i++) {
        author a = author_named(str_fmt(p.a, "A%lld", (long long)i).p);
        add(&p, &author_record, &a, i);
        a.head.retired_at = (opt_int){100, i % 3 != 0};
        MUST(change(&p, &author_record, &a, 100), p.e);
    }
    act x = {.r = &author_record, .now = 100, .p = {.limit = 4}, .a = p.a};
    MUST(store_read(p.s, do_list_as_of, &x, &p.e), p.e);
    author *got = x.ret_rows;
    assert_int_equal(x.ret_n, 4);
    assert_true(got[0].head.id == 18 && got[3].head.id == 9);
    x.p.below = 9;
    MUST(store_read(p.s, do_list_as_of, &x, &p.e), p.e);
    got = x.ret_rows;
    assert_true(x.ret_n == 2 && got[0].head.id == 6 && got[1].head.id == 3);
    x.now = 10; /* eleven to twenty did not exist, nobody was retired */
    x.p = (page){.limit = 100};
    MUST(store_read(p.s, do_list_as_of, &x, &p.e), p.e);
    assert_int_equal(x.ret_n, 10);
    arena_close(p.a);
}

static void test_back_refs(void **state)
{
    (void)state;
    place p = open_place();
    author a[2] = {author_named("A"), author_named("B")};
    add(&p, &author_record, &a[0], 1);
    add(&p, &author_record, &a[1], 1);
    book b = full_book(&p, 1, 2), gone = full_book(&p, 1, 2);
    add(&p, &book_record, &b, 1);
    gone.title = S("Gone");
    add(&p, &book_record, &gone, 1);
    gone.head.retired_at = (opt_int){2, true};
    MUST(change(&p, &book_record, &gone, 2), p.e);
    act x = {.r = &author_record, .id = 1, .a = p.a};
    MUST(store_read(p.s, do_back_refs, &x, &p.e), p.e);
    back_ref *refs = x.ret_rows;
    assert_int_equal(x.ret_n, 2);
    assert_true(str_eqz(refs[0].field, "writer") && str_eqz(refs[1].field, "authors"));
    assert_true(str_eqz(refs[0].type, "book") && refs[0].id == 1 && refs[1].id == 1);
    arena_close(p.a);
}

/* ---- Forgetting
 * ------------------------------------------------------------------------------------- */

static void test_erase(void **state)
{
    (void)state;
    place p = open_place();
    author a = author_named("Lem"), got;
    a.email = S("lem@example.org");
    a.notes = S("kept");
    a.born = (opt_int){-1512345600000, true};
    add(&p, &author_record, &a, 1000);
    a.notes = S("kept too");
    MUST(change(&p, &author_record, &a, 2000), p.e);
    act x = {.r = &author_record, .id = 1, .now = 3000, .row = &got, .a = p.a};
    MUST(store_write(p.s, do_salt, &x, &p.e), p.e);
    str salt = x.label;
    assert_int_equal(salt.n, 32);
    MUST(store_write(p.s, do_salt, &x, &p.e), p.e);
    assert_true(str_eq(salt, x.label));
    act y = {.r = &book_record, .id = 1, .a = p.a};
    MUST(store_write(p.s, do_salt, &y, &p.e), p.e);
    assert_null(y.label.p); /* a book has nothing personal */

    MUST(store_write(p.s, do_erase, &x, &p.e), p.e);
    get(&p, &author_record, 1, &got);
    assert_string_equal(got.name.p, "[erased 1]");
    assert_true(!got.email.p && !got.born.has && got.head.version == 3);
    assert_string_equal(got.notes.p, "kept too");
    assert_int_equal(get_int(p.s, "SELECT count(*) FROM salt"), 0);
    assert_int_equal(get_int(p.s, "SELECT count(*) FROM history WHERE body LIKE '%Lem%'"
                                  " OR body LIKE '%lem@%' OR body LIKE '%born%'"),
                     0);
    assert_int_equal(get_int(p.s, "SELECT count(*) FROM history WHERE body LIKE '%kept%'"), 3);
    x.now = 1000;
    MUST(store_read(p.s, do_get_as_of, &x, &p.e), p.e);
    assert_true(got.head.version == 1 && str_eqz(got.notes, "kept"));
    arena_close(p.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_versions),
        cmocka_unit_test(test_links),      cmocka_unit_test(test_labels),
        cmocka_unit_test(test_list),       cmocka_unit_test(test_history),
        cmocka_unit_test(test_back_refs),  cmocka_unit_test(test_list_as_of_pages),
        cmocka_unit_test(test_erase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
