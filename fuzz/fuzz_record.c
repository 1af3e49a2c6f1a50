/* fuzz_record.c - any bytes as a record: a document, a stored row, a CSV file, a filter. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
/* The sample type of the tests, which has every field type. */
/* NOLINTNEXTLINE(bugprone-suspicious-include): one file, and no second object to link. */
#include "../tests/record/sample.c"

static void require(bool ok)
{
    if (!ok) abort();
}

/* What was accepted must survive text and SQL unchanged. */
static void check_row(sample *s, label_refs l, arena *a)
{
    for (size_t i = 0; i < l.n; i++)
        record_set_ref(&l.at[i], s, 1000 + (int64_t)i);
    err e = ERR_IN(a);
    sample again;
    doc *d = NULL;
    value columns[64];
    str want = record_canonical(&sample_record, s, S("salt"), a);
    buf b = buf_open(a, 1 << 24);
    jw w = jw_open(&b);
    record_json(&sample_record, s, &w);
    require(doc_parse(a, buf_str(&b), 1 << 24, &d, &e));
    require(record_restore(&sample_record, d, &again, a, &e));
    require(str_eq(want, record_canonical(&sample_record, &again, S("salt"), a)));
    record_bind(&sample_record, s, columns, a);
    require(record_read(&sample_record, columns, &again, a, &e));
    again.places = s->places;
    again.sources = s->sources;
    require(str_eq(want, record_canonical(&sample_record, &again, S("salt"), a)));
}

static void fuzz_document(str text, arena *a)
{
    err e = ERR_IN(a);
    sample s;
    doc *d = NULL, *least = NULL;
    label_refs l;
    if (!doc_parse(a, text, 1 << 20, &d, &e)) return;
    if (record_parse(&sample_record, d, &s, &l, a, &e))
        check_row(&s, l, a);
    else
        require(e.code == ERR_INVALID && e.msg.n && e.hint.n);
    require(doc_parse(a, str_of(sample_least), 1 << 20, &least, &e));
    require(record_parse(&sample_record, least, &s, &l, a, &e));
    if (record_patch(&sample_record, d, &s, &l, a, &e)) check_row(&s, l, a);
    require(record_restore(&sample_record, d, &s, a, &e) || e.code == ERR_DAMAGED);
    buf b = buf_open(a, 1 << 24);
    jw w = jw_open(&b);
    record_diff(&sample_record, least, d, &w);
}

static void fuzz_csv(str text, arena *a)
{
    err e = ERR_IN(a);
    str_list header, cells;
    if (!record_csv_next(&text, &header, a, &e)) return;
    while (record_csv_next(&text, &cells, a, &e)) {
        doc *d = NULL;
        sample s;
        label_refs l;
        buf b = buf_open(a, 1 << 24);
        jw w = jw_open(&b);
        if (!record_csv_doc(&sample_record, &header, &cells, &w, &e)) return;
        require(doc_parse(a, buf_str(&b), 1 << 24, &d, &e));
        if (record_parse(&sample_record, d, &s, &l, a, &e)) check_row(&s, l, a);
    }
}

static void fuzz_filter(str text, arena *a)
{
    err e = ERR_IN(a);
    filter f;
    str value_text, key = str_cut(text, '=', &value_text);
    if (!value_text.p) value_text = S("");
    if (!record_filter(&sample_record, key, value_text, &f, a, &e)) return;
    require(record_sql_list(&sample_record, &f, 1, false, a).n > 0);
}

/* The first byte chooses the reader. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!n) return 0;
    arena *a = arena_open();
    str text = str_dupn(a, data + 1, n - 1);
    if (data[0] == 'c')
        fuzz_csv(text, a);
    else if (data[0] == 'f')
        fuzz_filter(text, a);
    else
        fuzz_document(text, a);
    arena_close(a);
    return 0;
}
