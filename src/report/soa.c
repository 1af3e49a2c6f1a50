/* soa.c - the statement of applicability written as text, JSON and CSV. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/soa.h"

enum { CONTROL_COLS = 10, STATUS_COLS = 10, OWNER_COLS = 20, INDENT = 12, DIGEST_CHARS = 12 };

/* ---- Text ---- */

/* A line that stops at its width; `left` counts columns (code points). */
typedef struct ruler {
    buf *b;
    size_t left;
} ruler;

/* At most `cols` code points of s, control characters as '?', a cut marked with ~; padded with
 * blanks when `pad`. Bytes that are no UTF-8 are counted one by one. */
static void put_cell(ruler *r, str s, size_t cols, bool pad)
{
    if (cols > r->left) cols = r->left;
    bool utf8 = str_utf8(s);
    size_t used = 0, chars = utf8 ? str_utf8_chars(s) : s.n;
    size_t show = chars > cols ? (cols ? cols - 1 : 0) : chars;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool starts = !utf8 || (c & 0xC0) != 0x80;
        if (starts && used++ == show) break;
        buf_putc(r->b, c < 32 || c == 127 || (!utf8 && c > 127) ? '?' : (char)c);
    }
    if (chars > cols && cols) buf_putc(r->b, '~');
    size_t width = chars > cols ? cols : chars;
    for (; pad && width < cols; width++)
        buf_putc(r->b, ' ');
    r->left -= width;
}

static void put_blanks(ruler *r, size_t n)
{
    put_cell(r, S(""), n, true);
}

static void put_gap(ruler *r)
{
    put_cell(r, S(" "), 1, false);
}

static void end_line(ruler *r)
{
    while (r->b->n && r->b->p[r->b->n - 1] == ' ')
        r->b->n--;
    buf_putc(r->b, '\n');
}

static void put_row_line(buf *b, size_t width, str control, str status, str owner, str title)
{
    ruler r = {b, width};
    put_cell(&r, control, CONTROL_COLS, true);
    put_gap(&r);
    put_cell(&r, status, STATUS_COLS, true);
    put_gap(&r);
    put_cell(&r, owner, OWNER_COLS, true);
    put_gap(&r);
    put_cell(&r, title, r.left, false);
    end_line(&r);
}

static void put_detail(buf *b, size_t width, str text)
{
    ruler r = {b, width};
    put_blanks(&r, INDENT);
    put_cell(&r, text, r.left, false);
    end_line(&r);
}

static void add_word(buf *b, const char *name, str value)
{
    if (value.p) buf_fmt(b, "%s%s%.*s", b->n ? ", " : "", name, STR_ARG(value));
}

static void add_day(buf *b, const char *name, int64_t ms)
{
    if (ms != SOA_NONE) add_word(b, name, clock_date_text(b->a, ms));
}

/* plan -> measurement -> digests -> leaf, in one line. */
static void put_trail_line(buf *b, size_t width, const soa_trail *t)
{
    buf l = buf_open(b->a, 4096);
    add_word(&l, "", t->plan);
    add_word(&l, "", t->kind);
    add_word(&l, "", t->verdict);
    add_day(&l, "observed ", t->observed_at);
    add_day(&l, "fresh until ", t->fresh_until);
    put_detail(b, width, buf_str(&l));
    l = buf_open(b->a, 4096);
    if (t->leaf != SOA_NONE) buf_fmt(&l, "leaf %lld", (long long)t->leaf);
    add_word(&l, "model ", str_sub(t->model_sha256, 0, DIGEST_CHARS));
    add_word(&l, "data ", str_sub(t->dataset_sha256, 0, DIGEST_CHARS));
    add_word(&l, "run ", t->measurement);
    if (l.n) put_detail(b, width, buf_str(&l));
}

static bool seen_before(const soa *s, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (str_eq(s->rows[j].status, s->rows[i].status)) return true;
    return false;
}

static void put_totals(const soa *s, buf *b)
{
    buf_fmt(b, "\n%zu rows", s->n);
    const char *lead = ": ";
    for (size_t i = 0; i < s->n; i++) {
        if (seen_before(s, i)) continue;
        size_t count = 0;
        for (size_t j = i; j < s->n; j++)
            count += str_eq(s->rows[j].status, s->rows[i].status);
        buf_fmt(b, "%s%zu %.*s", lead, count, STR_ARG(s->rows[i].status));
        lead = ", ";
    }
    buf_putc(b, '\n');
}

void soa_text(const soa *s, size_t width, buf *b)
{
    width = width ? width : 100;
    ruler head = {b, width};
    put_cell(&head, S("Statement of applicability"), width, false);
    put_cell(&head, s->organisation.n ? S(" of ") : S(""), width, false);
    put_cell(&head, s->organisation, head.left, false);
    end_line(&head);
    buf_fmt(b, "as of %s\n\n", clock_text(b->a, s->at).p);
    put_row_line(b, width, S("CONTROL"), S("STATUS"), S("OWNER"), S("TITLE"));
    for (size_t i = 0; i < s->n; i++) {
        const soa_row *row = &s->rows[i];
        put_row_line(b, width, row->control, row->status, row->owner, row->title);
        bool same = i && str_eq(row->reason, s->rows[i - 1].reason);
        if (row->reason.n && !same) put_detail(b, width, row->reason);
        for (size_t j = 0; j < row->n_trail; j++)
            put_trail_line(b, width, &row->trail[j]);
    }
    put_totals(s, b);
}

/* ---- JSON ---- */

static void put_time(jw *w, const char *key, int64_t ms)
{
    jw_key(w, key);
    if (ms == SOA_NONE)
        jw_null(w);
    else
        jw_str(w, clock_text(w->b->a, ms));
}

static void put_trail(jw *w, const soa_trail *t)
{
    jw_obj(w);
    jw_m_str(w, "plan", t->plan);
    jw_m_str(w, "measurement", t->measurement);
    jw_m_str(w, "kind", t->kind);
    jw_m_str(w, "dataset_sha256", t->dataset_sha256);
    jw_m_str(w, "model_sha256", t->model_sha256);
    jw_key(w, "leaf");
    if (t->leaf == SOA_NONE)
        jw_null(w);
    else
        jw_int(w, t->leaf);
    jw_m_str(w, "verdict", t->verdict);
    put_time(w, "observed_at", t->observed_at);
    put_time(w, "fresh_until", t->fresh_until);
    jw_obj_end(w);
}

void soa_json(const soa *s, jw *w)
{
    jw_obj(w);
    jw_key(w, "controls");
    jw_arr(w);
    for (size_t i = 0; i < s->n; i++) {
        const soa_row *row = &s->rows[i];
        jw_obj(w);
        jw_m_str(w, "control", row->control);
        jw_m_bool(w, "applicable", row->applicable);
        jw_m_str(w, "status", row->status);
        jw_m_str(w, "reason", row->reason);
        jw_key(w, "trail");
        jw_arr(w);
        for (size_t j = 0; j < row->n_trail; j++)
            put_trail(w, &row->trail[j]);
        jw_arr_end(w);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

/* ---- CSV ---- */

static bool is_formula(str s)
{
    static const char signs[] = {'=', '+', '-', '@', '\t', '\r'};
    return s.n && memchr(signs, s.p[0], sizeof signs);
}

/* Always quoted: then a cell means the same to every reader. */
static void put_csv(buf *b, str s, bool last)
{
    buf_putc(b, '"');
    if (is_formula(s)) buf_putc(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"') buf_putc(b, '"');
        buf_putc(b, s.p[i] ? s.p[i] : ' ');
    }
    buf_putz(b, last ? "\"\r\n" : "\",");
}

static str time_or_empty(arena *a, int64_t ms)
{
    return ms == SOA_NONE ? S("") : clock_text(a, ms);
}

static void put_csv_line(buf *b, const soa_row *row, const soa_trail *t)
{
    static const soa_trail none = {
        .leaf = SOA_NONE, .observed_at = SOA_NONE, .fresh_until = SOA_NONE};
    t = t ? t : &none;
    str leaf = t->leaf == SOA_NONE ? S("") : str_fmt(b->a, "%lld", (long long)t->leaf);
    const str cells[] = {row->control,
                         row->title,
                         row->applicable ? S("yes") : S("no"),
                         row->status,
                         row->reason,
                         row->implementation,
                         row->owner,
                         t->plan,
                         t->kind,
                         t->measurement,
                         t->verdict,
                         time_or_empty(b->a, t->observed_at),
                         time_or_empty(b->a, t->fresh_until),
                         t->dataset_sha256,
                         t->model_sha256,
                         leaf};
    for (size_t i = 0; i < COUNT(cells); i++)
        put_csv(b, cells[i], i + 1 == COUNT(cells));
}

void soa_csv(const soa *s, buf *b)
{
    buf_putz(b, "control,title,applicable,status,reason,implementation,owner,plan,kind,measurement,"
                "verdict,observed_at,fresh_until,dataset_sha256,model_sha256,leaf\r\n");
    for (size_t i = 0; i < s->n; i++) {
        const soa_row *row = &s->rows[i];
        if (!row->n_trail) put_csv_line(b, row, NULL);
        for (size_t j = 0; j < row->n_trail; j++)
            put_csv_line(b, row, &row->trail[j]);
    }
}
