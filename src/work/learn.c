/* learn.c - what a measurement found its data to be is kept with the data set version. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/dataset.h"
#include "work/impl.h"

enum { SCHEMA_MAX = 60000 }; /* as dataset_version.schema */

/* The smallest and largest values of a column of personal data are personal data, too. */
static void write_column(jw *w, str name, const doc *d, bool personal)
{
    jw_key_str(w, name);
    if (!personal || d->kind != DOC_OBJ) {
        doc_write(d, w);
        return;
    }
    jw_obj(w);
    for (size_t i = 0; i < d->n; i++) {
        if (str_eqz(d->keys[i], "min") || str_eqz(d->keys[i], "max")) continue;
        jw_key_str(w, d->keys[i]);
        doc_write(&d->at[i], w);
    }
    jw_obj_end(w);
}

/* What is known, then the columns that it lacks; absent when nothing is new or it grows too long.
 */
static str merged(arena *a, const doc *known, const doc *found, bool personal)
{
    buf b = buf_open(a, SCHEMA_MAX);
    jw w = jw_open(&b);
    size_t fresh = 0;
    jw_obj(&w);
    for (size_t i = 0; known && i < known->n; i++)
        write_column(&w, known->keys[i], &known->at[i], false);
    for (size_t i = 0; i < found->n; i++) {
        if (known && doc_find(known, found->keys[i])) continue;
        write_column(&w, found->keys[i], &found->at[i], personal);
        fresh++;
    }
    jw_obj_end(&w);
    return fresh && !b.full ? buf_str(&b) : (str){0};
}

/* What somebody wrote there in another form stays as it is. */
static bool known_schema(str text, arena *a, const doc **ret)
{
    doc *d;
    err e = ERR_IN(a);
    *ret = NULL;
    if (!text.p) return true;
    if (!doc_parse(a, text, SCHEMA_MAX, &d, &e) || d->kind != DOC_OBJ) return false;
    *ret = d;
    return true;
}

bool learn_data(struct tx *t, const actor *who, int64_t version, const doc *schema, int64_t n_rows,
                int64_t now, arena *a, err *e)
{
    dataset_version v;
    dataset of;
    const doc *known;
    bool fresh = false;
    if (!version || !schema) return true;
    if (!row_get(t, a, &dataset_version_record, version, &v, e) ||
        !row_get(t, a, &dataset_record, v.dataset, &of, e))
        return false;
    if (v.head.retired_at.has) return true;
    if (known_schema(v.schema, a, &known)) {
        str text = merged(a, known, schema, of.personal_data != PERSONAL_NONE);
        fresh = text.p != NULL;
        if (fresh) v.schema = text;
    }
    if (!v.n_rows.has) {
        v.n_rows = (opt_int){n_rows, true};
        fresh = true;
    }
    return !fresh || record_set(t, who, &dataset_version_record, &v, "change", now, NULL, e);
}
