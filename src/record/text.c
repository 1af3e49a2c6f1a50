/* text.c - one field as text: command line options, table columns and CSV cells. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

enum { VALUE_MAX = 1 << 28 };

static bool no_value(const field *f, str text, const char *want, err *e)
{
    str shown = str_sub(text, 0, 60);
    return err_set(e, ERR_INVALID, str_of(f->name), str_of(f->doc), "'%s' must be %s, not '%.*s'",
                   f->name, want, STR_ARG(shown));
}

static bool put_int(const field *f, str text, jw *w, err *e)
{
    int64_t v;
    if (!str_int(text, &v)) return no_value(f, text, "a whole number", e);
    jw_int(w, v);
    return true;
}

static bool put_real(const field *f, str text, jw *w, err *e)
{
    double v;
    if (!str_real(text, &v)) return no_value(f, text, "a number", e);
    jw_real(w, v);
    return true;
}

static bool put_bool(const field *f, str text, jw *w, err *e)
{
    bool yes = str_eq(text, S("true")) || str_eq(text, S("yes"));
    bool no = str_eq(text, S("false")) || str_eq(text, S("no"));
    if (!yes && !no) return no_value(f, text, "true or false", e);
    jw_bool(w, yes);
    return true;
}

static void put_pointer(str text, jw *w)
{
    int64_t id;
    if (str_int(text, &id))
        jw_int(w, id);
    else
        jw_str(w, text);
}

static bool put_json(const field *f, str text, jw *w, err *e)
{
    doc *d = NULL;
    if (!doc_parse(e->a, text, VALUE_MAX, &d, e)) return err_under(e, str_of(f->name));
    doc_write(d, w);
    return true;
}

/* "a, b" or, when an entry holds a comma, ["a","b, c"]. */
static bool put_list(const field *f, str text, jw *w, err *e)
{
    if (str_starts(text, S("["))) return put_json(f, text, w, e);
    jw_arr(w);
    for (str rest = text; rest.p;) {
        str entry = str_trim(str_cut(rest, ',', &rest));
        if (f->type == FT_LINKS)
            put_pointer(entry, w);
        else
            jw_str(w, entry);
    }
    jw_arr_end(w);
    return true;
}

/* Spreadsheets write CR LF within a cell. */
static str without_cr(str text, arena *a)
{
    buf b = buf_open(a, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\r' || i + 1 == text.n || text.p[i + 1] != '\n') buf_putc(&b, text.p[i]);
    return buf_str(&b);
}

bool record_text_value(const field *f, str text, jw *w, err *e)
{
    if (!str_utf8(text) || (text.n && memchr(text.p, 0, text.n)))
        return err_set(e, ERR_INVALID, str_of(f->name), S("save the text as UTF-8"),
                       "'%s' is not well-formed UTF-8 text", f->name);
    str bare = str_trim(text);
    if (!bare.n) {
        jw_null(w);
        return true;
    }
    if (f->type == FT_INT || f->type == FT_MONEY) return put_int(f, bare, w, e);
    if (f->type == FT_REAL) return put_real(f, bare, w, e);
    if (f->type == FT_BOOL) return put_bool(f, bare, w, e);
    if (f->type == FT_JSON) return put_json(f, bare, w, e);
    if (f->type == FT_LIST || f->type == FT_LINKS) return put_list(f, bare, w, e);
    if (f->type == FT_REF)
        put_pointer(bare, w);
    else if (f->type == FT_TEXT)
        jw_str(w, text);
    else
        jw_str(w, f->type == FT_LONG ? without_cr(text, w->b->a) : bare);
    return true;
}

static str value_json(const field *f, const void *row, arena *a)
{
    buf b = buf_open(a, VALUE_MAX);
    jw w = jw_open(&b);
    output_value(f, row, &w);
    return buf_str(&b);
}

/* An entry that the comma form would not give back as it is. */
static bool is_awkward(str entry, bool first)
{
    return !entry.n || memchr(entry.p, ',', entry.n) || str_trim(entry).n != entry.n ||
           (first && entry.p[0] == '[');
}

static str list_text(const field *f, const void *row, arena *a)
{
    str_list l = cell_list(f, row);
    buf b = buf_open(a, VALUE_MAX);
    for (size_t i = 0; i < l.n; i++) {
        if (is_awkward(l.at[i], i == 0)) return value_json(f, row, a);
        buf_putz(&b, i ? ", " : "");
        buf_put(&b, l.at[i]);
    }
    return buf_str(&b);
}

static str links_text(const field *f, const void *row, arena *a)
{
    id_list l = cell_links(f, row);
    buf b = buf_open(a, VALUE_MAX);
    for (size_t i = 0; i < l.n; i++)
        buf_fmt(&b, "%s%lld", i ? ", " : "", (long long)l.at[i]);
    return buf_str(&b);
}

str record_value_text(const record *r, const field *f, const void *row, arena *a)
{
    (void)r;
    if (f->flags & SECRET || !record_has(f, row)) return S("");
    if (f->type == FT_LIST) return list_text(f, row, a);
    if (f->type == FT_LINKS) return links_text(f, row, a);
    if (f->type == FT_TEXT || f->type == FT_LONG || f->type == FT_JSON) return cell_str(f, row);
    if (f->type == FT_ENUM) return str_of(cell_name(f, row));
    if (f->type == FT_TIME) return clock_text(a, cell_int(f, row));
    if (f->type == FT_DATE) return clock_date_text(a, cell_int(f, row));
    return value_json(f, row, a);
}
