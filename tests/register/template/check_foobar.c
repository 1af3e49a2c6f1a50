/* check_foobar.c - what a new record type must do at once: be stored, listed, refused, described.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/foobar.h"
#include "register/person.h"
#include "register/register.h"
#include "store/rows.h"

static arena *a;
static err e;

static void must(bool ok, const char *what)
{
    if (ok) return;
    fprintf(stderr, "check_foobar: %s: %s (%s)\n", what, e.msg.p ? e.msg.p : "",
            e.path.p ? e.path.p : "");
    exit(1);
}

static bool parse(const record *r, const char *json, void *row)
{
    doc *d = NULL;
    label_refs l;
    must(doc_parse(a, str_of(json), 1 << 16, &d, &e), "JSON");
    return record_parse(r, d, row, &l, a, &e);
}

static const char good[] = "{\"name\":\"first\",\"owner\":1,\"state\":\"open\","
                           "\"opened_on\":\"2026-11-21\",\"words\":[\"a\"],\"people\":[1]}";

static bool write_rows(struct tx *t, void *ctx, err *why)
{
    (void)ctx;
    person p;
    foobar f;
    must(parse(&person_record, "{\"name\":\"Ann\",\"roles\":[]}", &p), "person");
    must(parse(&foobar_record, good, &f), "foobar");
    must(foobar_record.check(&f, &e), "rules");
    return row_insert(t, &person_record, &p, 0, 1000, why) &&
           row_insert(t, &foobar_record, &f, 0, 1000, why);
}

static bool read_rows(struct tx *t, void *ctx, err *why)
{
    (void)ctx;
    void *rows = NULL;
    size_t n = 0;
    filter x;
    must(record_filter(&foobar_record, S("state"), S("open"), &x, a, &e), "filter");
    page p = {.filters = &x, .n_filters = 1, .limit = 10};
    if (!row_list(t, a, &foobar_record, &p, &rows, &n, why)) return false;
    const foobar *f = rows;
    must(n == 1 && str_eqz(f->name, "first") && f->people.n == 1, "list");
    return true;
}

static void check_documents(void)
{
    foobar f;
    must(!parse(&foobar_record, "{\"nmae\":1}", &f) && str_eqz(e.hint, "did you mean 'name'?"),
         "hint");
    must(parse(&foobar_record, good, &f), "good document");
    f.state = FOOBAR_CLOSED;
    must(!foobar_record.check(&f, &e) && str_eqz(e.path, "closed_on"), "rule");
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    record_schema(&foobar_record, SCHEMA_NEW, &w);
    must(strstr(buf_str(&b).p, "Short name people use") != NULL, "schema");
}

int main(int argc, char **argv)
{
    must(argc == 2, "usage: check_foobar DATABASE");
    a = arena_open();
    e = ERR_IN(a);
    register_validate();
    must(register_by_plural(S("foobars")) == &foobar_record, "is in the list of types");
    check_documents();
    struct store *s = NULL;
    store_options o = {.url = str_fmt(a, "sqlite:%s", argv[1]).p, .create = true};
    must(store_open(a, &o, &s, &e), "open the store");
    must(store_write(s, write_rows, NULL, &e), "write");
    must(store_read(s, read_rows, NULL, &e), "read");
    arena_close(a);
    puts("foobar is stored, listed, validated and described");
    return 0;
}
