/* fuzz_jsonl.c - any bytes as JSON lines: cuts do not matter, and each line means what the JSON
 * reader of base says it means. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "table/number.h"
#include "table/read.h"

static bool read_cut(arena *a, str bytes, size_t slice, table *ret)
{
    err e = ERR_IN(a);
    table_options o = {.format = TABLE_JSONL, .threads = 1};
    bool ok = reader_run(a, bytes, "fuzz", &o, slice, ret, &e);
    if (!ok && (!e.msg.n || e.code == ERR_OK)) abort();
    return ok;
}

static bool is_flat(const doc *d)
{
    if (d->kind != DOC_OBJ) return false;
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].kind == DOC_ARR || d->at[i].kind == DOC_OBJ || !d->keys[i].n ||
            d->keys[i].n > NAME_MAX_BYTES || str_has_control(d->keys[i]))
            return false;
    return true;
}

static void same_value(arena *a, const doc *d, const column *c)
{
    double v;
    str text = column_text(a, c, 0);
    if (d->kind == DOC_NULL && c->missing != 1) abort();
    if (doc_is_num(d) && (c->type != COLUMN_NUMBER || c->num[0] != d->d)) abort();
    if (d->kind == DOC_BOOL && !str_eqz(text, d->b ? "true" : "false")) abort();
    if (d->kind != DOC_STR || !text.p) return;
    if (c->type == COLUMN_CATEGORY && !str_eq(text, d->s)) abort();
    if (c->type == COLUMN_NUMBER && (!number_parse(d->s, &v) || v != c->num[0])) abort();
}

/* Whole numbers over 64 bits are read here and refused there; jansson 2.14 skips a NUL byte
 * behind a number, here it is refused. All else must agree. */
static void check_line(arena *a, str line)
{
    doc *d;
    table t;
    err e = ERR_IN(a);
    if (!str_trim(line).n || memchr(line.p, 0, line.n) || str_starts(line, S("\xef\xbb\xbf")))
        return;
    bool ok = read_cut(a, line, 1 << 30, &t);
    if (!doc_parse(a, line, line.n, &d, &e)) {
        if (ok && !strstr(e.msg.p, "too big integer") && !strstr(e.msg.p, "too big negative"))
            abort();
        return;
    }
    if (ok != is_flat(d)) abort();
    for (size_t i = 0; ok && i < d->n; i++) {
        const column *c = table_column(&t, d->keys[i]);
        if (!c) abort();
        same_value(a, &d->at[i], c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    str bytes = {(const char *)data, n}, rest;
    table whole, cut;
    bool ok = read_cut(a, bytes, 1 << 30, &whole);
    if (read_cut(a, bytes, 5, &cut) != ok) abort();
    if (ok && (whole.rows != cut.rows || whole.n_columns != cut.n_columns)) abort();
    check_line(a, str_cut(bytes, '\n', &rest));
    arena_close(a);
    return 0;
}
