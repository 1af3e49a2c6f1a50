/* assess_keep.c - keeps a reference: counts the rows of a data file, alone or with others' counts.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kept.h"
#include "work/assess.h"

enum { NAME_MAX = 200, RESULT_MAX = KEPT_BYTES + (1 << 20) };

struct keeping {
    const assess_run *run;
    arena *a;
    kept_source from; /* the file that is added */
    bool based;       /* there is a reference to add to */
    digest base_sha256;
    kept_reference kept;
};

/* What is there already, or its shape alone. */
static bool load_base(struct keeping *k, err *e)
{
    str bytes;
    const assess_run *r = k->run;
    if (!r->reference) return true;
    if (!assess_bytes(k->a, r->reference, r->reference_bytes, &bytes, e)) return false;
    if (!kept_is(bytes))
        return err_set(e, ERR_INVALID, S("like"), S("name what aims keep has written"),
                       "'%s' is no kept reference", r->reference);
    if (!kept_read(k->a, bytes, &k->kept, e)) return err_under(e, S("like"));
    k->based = true;
    k->base_sha256 = k->kept.table.sha256;
    if (r->keep_shape) k->kept = kept_shape(&k->kept, k->a);
    return true;
}

static const str *names_of(const struct keeping *k, const doc *columns, size_t *ret_n)
{
    size_t n = *ret_n = k->based ? k->kept.table.n_columns : columns ? columns->n : 0;
    str *names = arena_new(k->a, str, n);
    for (size_t i = 0; i < n; i++)
        names[i] = k->based ? k->kept.table.columns[i].name : columns->at[i].s;
    return n ? names : NULL;
}

static bool add_rows(struct keeping *k, str bytes, err *e)
{
    const assess_run *r = k->run;
    const doc *columns = doc_get(r->plan.options, "columns");
    table t;
    table_options o = {.threads = r->threads};
    o.only = names_of(k, columns, &o.n_only);
    if (!table_read_bytes(k->a, bytes, r->data, &o, &t, e)) return false;
    k->from.sha256 = t.sha256;
    k->from.rows = (int64_t)t.rows;
    return k->based ? kept_add(&k->kept, &t, &k->from, k->a, e)
                    : kept_make(&t, &k->from, columns, r->plan.seed, k->a, &k->kept, e);
}

static bool add_kept(struct keeping *k, str bytes, err *e)
{
    kept_reference other;
    if (!kept_read(k->a, bytes, &other, e)) return err_under(e, S("data"));
    k->from.sha256 = other.table.sha256;
    k->from.rows = (int64_t)other.table.rows;
    if (k->based) return kept_merge(&k->kept, &other, k->a, e);
    k->kept = other;
    return true;
}

static void write_subject(const struct keeping *k, jw *w)
{
    jw_key(w, "subject");
    jw_obj(w);
    jw_key(w, "dataset");
    jw_obj(w);
    jw_m_str(w, "sha256", digest_hex(k->a, k->from.sha256));
    jw_m_int(w, "rows", k->from.rows);
    jw_obj_end(w);
    if (k->based) {
        jw_key(w, "reference");
        jw_obj(w);
        jw_m_str(w, "sha256", digest_hex(k->a, k->base_sha256));
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

bool assess_keep(const assess_run *run, arena *a, assessment *ret, err *e)
{
    const char *slash = strrchr(run->data, '/');
    struct keeping k = {.run = run, .a = a};
    double began = clock_mono();
    str bytes;
    *ret = (assessment){.started_at = clock_now()};
    k.from.name = str_clip(str_of(slash ? slash + 1 : run->data), NAME_MAX);
    if (!load_base(&k, e) || !assess_bytes(a, run->data, run->data_bytes, &bytes, e) ||
        !(kept_is(bytes) ? add_kept : add_rows)(&k, bytes, e))
        return false;
    k.kept.name = str_clip(run->keep_name, NAME_MAX);
    ret->rows = k.from.rows;
    ret->seconds = clock_mono() - began;
    buf b = buf_open(a, RESULT_MAX);
    jw w = jw_open(&b);
    jw_obj(&w);
    write_subject(&k, &w);
    jw_key(&w, "kept");
    if (!kept_write(&k.kept, &w, e)) return false;
    jw_obj_end(&w);
    ret->json = buf_str(&b);
    return true;
}
