/* csv.c - records as CSV (RFC 4180) and back, safe to open in a spreadsheet. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

enum { CELLS_MAX = 256 };

static bool is_shown(const field *f)
{
    return !(f->flags & SECRET);
}

static bool is_free_text(const field *f)
{
    return f->type == FT_TEXT || f->type == FT_LONG || f->type == FT_LIST;
}

/* OWASP, "CSV Injection": a cell that begins so is run as a formula. */
static bool is_formula(str s)
{
    while (s.n && s.p[0] == '\'')
        s = str_sub(s, 1, s.n);
    return s.n && strchr("=+-@\t\r", s.p[0]);
}

static void put_quoted(str s, buf *b)
{
    buf_quoted(b, s, "\",\r\n");
}

void record_csv_header(const record *r, buf *b)
{
    const field *f;
    for (size_t i = 0; (f = record_member(r, i)); i++)
        if (is_shown(f)) buf_fmt(b, "%s%s", i ? "," : "", f->name);
    buf_putz(b, "\r\n");
}

void record_csv_row(const record *r, const void *row, buf *b)
{
    const field *f;
    for (size_t i = 0; (f = record_member(r, i)); i++) {
        if (!is_shown(f)) continue;
        str s = record_value_text(r, f, row, b->a);
        if (is_free_text(f) && is_formula(s)) s = str_fmt(b->a, "'%.*s", STR_ARG(s));
        if (i) buf_putc(b, ',');
        put_quoted(s, b);
    }
    buf_putz(b, "\r\n");
}

static bool malformed(err *e, const char *what)
{
    return err_set(e, ERR_INVALID, S(""), S("write CSV as RFC 4180 has it"), "%s", what);
}

/* Position of the quote that ends the cell which s begins with; 0 when there is none. */
static size_t quote_end(str s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != '"') continue;
        if (i + 1 == s.n || s.p[i + 1] != '"') return i;
        i++;
    }
    return 0;
}

static bool quoted_cell(str *text, str *ret, arena *a, err *e)
{
    size_t end = quote_end(*text);
    if (!end) return malformed(e, "a quoted cell has no end");
    buf b = buf_open(a, end);
    for (size_t i = 1; i < end; i++) {
        buf_putc(&b, text->p[i]);
        if (text->p[i] == '"') i++;
    }
    *ret = buf_str(&b);
    *text = str_sub(*text, end + 1, text->n);
    if (text->n && !strchr(",\r\n", text->p[0]))
        return malformed(e, "text follows the quote that ends a cell");
    return true;
}

static bool plain_cell(str *text, str *ret, arena *a, err *e)
{
    size_t n = 0;
    for (; n < text->n && !strchr(",\r\n\"", text->p[n]); n++)
        continue;
    if (n < text->n && text->p[n] == '"') return malformed(e, "a quote within an unquoted cell");
    *ret = str_dup(a, str_sub(*text, 0, n));
    *text = str_sub(*text, n, text->n);
    return true;
}

/* Takes the line end at the start of *text: LF, CR LF or the end itself. */
static bool line_end(str *text, err *e)
{
    if (!text->n) return true;
    size_t n = str_starts(*text, S("\r\n")) ? 2 : 1;
    if (text->p[n - 1] != '\n') return malformed(e, "a carriage return without a line feed");
    *text = str_sub(*text, n, text->n);
    return true;
}

bool record_csv_next(str *text, str_list *ret_cells, arena *a, err *e)
{
    *ret_cells = (str_list){arena_new(a, str, CELLS_MAX), 0};
    e->code = ERR_OK;
    if (!text->n) return false;
    for (bool more = true; more;) {
        if (ret_cells->n == CELLS_MAX) return malformed(e, "a line has more than 256 cells");
        str *cell = &ret_cells->at[ret_cells->n++];
        bool quoted = text->n && text->p[0] == '"';
        if (!(quoted ? quoted_cell(text, cell, a, e) : plain_cell(text, cell, a, e))) return false;
        more = text->n && text->p[0] == ',';
        if (more) *text = str_sub(*text, 1, text->n);
    }
    return line_end(text, e);
}

/* True when the column is skipped on import: the program sets it. */
static bool is_ours(const record *r, str name)
{
    for (size_t i = 0; i < RECORD_HEAD; i++)
        if (str_eqz(name, record_head[i].name)) return true;
    const field *f = record_field(r, name);
    return f && f->flags & READONLY;
}

static bool check_column(const record *r, const str_list *header, size_t at, err *e)
{
    str name = header->at[at];
    if (!record_field(r, name))
        return err_set(e, ERR_INVALID, name, S("name the columns as the members are named"),
                       "%.*s has no column '%.*s'", STR_ARG(record_one(r, e->a)), STR_ARG(name));
    for (size_t i = 0; i < at; i++)
        if (str_eq(header->at[i], name))
            return err_set(e, ERR_INVALID, name, S("keep one of them"),
                           "column '%.*s' is there twice", STR_ARG(name));
    return true;
}

bool record_csv_doc(const record *r, const str_list *header, const str_list *cells, jw *w, err *e)
{
    if (cells->n != header->n)
        return err_set(e, ERR_INVALID, S(""), S("quote cells that hold a comma"),
                       "the line has %zu cells, the header %zu", cells->n, header->n);
    jw_obj(w);
    for (size_t i = 0; i < cells->n; i++) {
        str cell = cells->at[i];
        if (is_ours(r, header->at[i])) continue;
        if (!check_column(r, header, i, e)) return false;
        const field *f = record_field(r, header->at[i]);
        bool guarded = is_free_text(f) && cell.n && cell.p[0] == '\'' && is_formula(cell);
        jw_key(w, f->name);
        if (!record_text_value(f, guarded ? str_sub(cell, 1, cell.n) : cell, w, e)) return false;
    }
    jw_obj_end(w);
    return true;
}
