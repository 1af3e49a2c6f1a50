/* csv.c - CSV by RFC 4180: cutting the file at record boundaries, and the cells of one part. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/pool.h"
#include "table/read.h"
#include "table/scan.h"

/* ---- record boundaries ---- */

/* Offset behind the first line feed outside quotes at or after `at`; `inside`: at is quoted. */
static size_t next_record(str file, size_t at, bool inside)
{
    char pad[SCAN];
    uint64_t carry = inside ? UINT64_MAX : 0;
    for (; at < file.n; at += SCAN) {
        const char *p = scan_block(file, at, pad);
        uint64_t quoted = scan_parity(scan_equal(p, '"')) ^ carry;
        uint64_t ends = scan_equal(p, '\n') & ~quoted;
        if (ends) return at + (size_t)__builtin_ctzll(ends) + 1;
        carry = (quoted >> 63) ? UINT64_MAX : 0;
    }
    return file.n;
}

struct counting {
    str file;
    size_t size;
    size_t *quotes;
};

static bool count_quotes(void *ctx, size_t job, arena *scratch)
{
    (void)scratch;
    struct counting *c = ctx;
    c->quotes[job] = scan_count(str_sub(c->file, job * c->size, c->size), '"');
    return true;
}

/*
 * In a well-formed file a byte is quoted when an odd number of quotes stands before it. So the
 * quotes of fixed slices are counted first, in parallel, and give the state at each slice's
 * beginning. In a malformed file the count may mislead, but the part that holds the fault, or
 * an earlier one, is then refused: the parts before the first refused one are cut rightly.
 */
void csv_cut(reader *r, arena *a, int threads, arena **scratch)
{
    size_t size = r->slice, n = r->file.n / size + 1, quotes = 0, from = r->head;
    struct counting c = {.file = r->file, .size = size, .quotes = arena_new(a, size_t, n)};
    pool_run(threads, scratch, n, count_quotes, &c);
    r->parts = arena_new(a, part, n);
    for (size_t i = 0; i < n; i++) {
        quotes += c.quotes[i];
        size_t end = (i + 1) * size;
        /* A record that reaches over the whole slice leaves an empty part. */
        if (end < r->file.n) end = from >= end ? from : next_record(r->file, end, quotes % 2);
        r->parts[i] = (part){.from = from, .end = end < r->file.n ? end : r->file.n};
        from = r->parts[i].end;
    }
    r->n_parts = n;
}

/* ---- one cell ---- */

/* Takes off the quotes of a cell that has some: false when they do not stand as RFC 4180 says. */
static bool unquote(part *p, str cell, str *ret)
{
    if (cell.n < 2 || cell.p[0] != '"' || cell.p[cell.n - 1] != '"') return false;
    str s = str_sub(cell, 1, cell.n - 2);
    *ret = s;
    if (!s.n || !memchr(s.p, '"', s.n)) return true;
    char *q = part_text(p, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' && (++i == s.n || s.p[i] != '"')) return false;
        q[n++] = s.p[i];
    }
    *ret = (str){q, n};
    return true;
}

/* Where the scan stands: the cell that begins at `cell` is number `column` of its record. */
struct cursor {
    const reader *r;
    part *p;
    str bytes;           /* of the part */
    size_t record, cell; /* offsets in bytes */
    size_t column;
    bool quotes; /* the cell has a quote in an earlier block */
};

static str column_name(const reader *r, size_t k)
{
    return k < r->columns.names.n ? r->columns.names.keys[k] : S("(beyond the header)");
}

static bool refuse_quotes(struct cursor *c)
{
    return part_refuse(c->r, c->p, c->p->from + c->cell,
                       S("quote the whole cell and double the quotes in it: \"a \"\"b\"\" c\""),
                       "column '%.*s': a quote in the wrong place",
                       STR_ARG(column_name(c->r, c->column)));
}

/* The record ended: its cells must be as many as the header's. */
static bool end_record(struct cursor *c, size_t next)
{
    size_t want = c->r->columns.names.n, have = c->column;
    if (have != want)
        return part_refuse(c->r, c->p, c->p->from + c->record,
                           S("every row needs one cell per column; quote cells that hold the "
                             "separator"),
                           "row has %zu cells, but the header has %zu", have, want);
    c->p->rows++;
    c->column = 0;
    c->record = next;
    return true;
}

/* The cell ends before offset `at`, where a separator, a line feed or the end stands. */
static bool end_cell(struct cursor *c, size_t at, bool line, bool quotes)
{
    str cell = {c->bytes.p + c->cell, at - c->cell};
    if (line && cell.n && cell.p[cell.n - 1] == '\r') cell.n--;
    if (line && !cell.n && !c->column && c->r->columns.names.n > 1) { /* an empty line */
        c->record = c->cell = at + 1;
        return true;
    }
    if (quotes && !unquote(c->p, cell, &cell)) return refuse_quotes(c);
    if (c->column < c->r->columns.names.n && c->r->columns.wanted[c->column])
        part_put(c->r, c->p, c->column, cell);
    c->column++;
    c->cell = at + 1;
    return !line || end_record(c, at + 1);
}

/* ---- one part ---- */

static bool end_part(struct cursor *c, bool inside)
{
    if (inside && c->bytes.p[c->cell] != '"') return refuse_quotes(c);
    if (inside)
        return part_refuse(c->r, c->p, c->p->from + c->cell, S("close the quote"),
                           "column '%.*s': a quote is opened and never closed",
                           STR_ARG(column_name(c->r, c->column)));
    bool nothing = c->cell >= c->bytes.n && c->column == 0;
    return nothing || end_cell(c, c->bytes.n, true, c->quotes);
}

static bool scan_part(struct cursor *c)
{
    char pad[SCAN];
    uint64_t carry = 0;
    for (size_t at = 0; at < c->bytes.n; at += SCAN) {
        const char *p = scan_block(c->bytes, at, pad);
        uint64_t quotes = scan_equal(p, '"'), lines = scan_equal(p, '\n');
        uint64_t quoted = scan_parity(quotes) ^ carry;
        uint64_t ends = (scan_equal(p, c->r->separator) | lines) & ~quoted;
        carry = (quoted >> 63) ? UINT64_MAX : 0;
        for (; ends; ends &= ends - 1) {
            uint64_t bit = ends & -ends, before = quotes & (bit - 1);
            size_t i = at + (size_t)__builtin_ctzll(ends);
            if (!end_cell(c, i, (lines & bit) != 0, before || c->quotes)) return false;
            quotes &= ~(bit - 1);
            c->quotes = false;
        }
        c->quotes |= quotes != 0;
    }
    return end_part(c, carry != 0);
}

bool csv_part(const reader *r, part *p)
{
    struct cursor c = {.r = r, .p = p, .bytes = str_sub(r->file, p->from, p->end - p->from)};
    return scan_part(&c);
}

/* ---- the header ---- */

static bool header_name(reader *r, arena *a, size_t number, str name, err *e)
{
    str at = str_fmt(a, "%s:1", r->name);
    if (!name.n)
        return err_set(e, ERR_INVALID, at, S("give every column a name"),
                       "%s: the name of column %zu is empty", at.p, number + 1);
    if (!str_utf8(name))
        return err_set(e, ERR_INVALID, at, S("save the file as UTF-8 text"),
                       "%s: the name of column %zu is no UTF-8 text", at.p, number + 1);
    if (str_has_control(name))
        return err_set(e, ERR_INVALID, at,
                       S("save the file as UTF-8 text with \\n or \\r\\n lines"),
                       "%s: the name of column %zu holds a control character", at.p, number + 1);
    if (name.n > NAME_MAX_BYTES)
        return err_set(e, ERR_INVALID, at, S("the first line must name the columns"),
                       "%s: the name of column %zu has %zu bytes", at.p, number + 1, name.n);
    if (schema_add(&r->columns, a, name) == DICT_NONE)
        return err_set(e, ERR_TOO_LARGE, at, S("split the file"), "%s: more than %d columns", at.p,
                       COLUMNS_MAX);
    if (r->columns.names.n != number + 1)
        return err_set(e, ERR_INVALID, at, S("give every column its own name"),
                       "%s: two columns are named '%.*s'", at.p, STR_ARG(name));
    return true;
}

/* End of the cell that begins at `at`: a separator outside quotes, or the record's end. */
static size_t header_cell(str record, size_t at, char separator)
{
    for (bool inside = false; at < record.n; at++) {
        if (record.p[at] == '"') inside = !inside;
        if (record.p[at] == separator && !inside) break;
    }
    return at;
}

/* One name with separators in it: the file is separated by something else. */
static bool separated(const reader *r, str record, err *e)
{
    static const struct {
        char separator;
        const char *name;
    } others[] = {
        {';',  "semicolons"},
        {'\t', "tabs"      },
        {'|',  "bars"      },
    };
    if (r->o->separator || memchr(record.p, r->separator, record.n)) return true;
    for (size_t i = 0; i < COUNT(others); i++)
        if (record.p[0] != '"' && memchr(record.p, others[i].separator, record.n))
            return err_set(e, ERR_INVALID, str_fmt(e->a, "%s:1", r->name),
                           S("separate cells by commas (RFC 4180); pandas: read_csv('x.csv', "
                             "sep=None, engine='python').to_csv('y.csv', index=False)"),
                           "%s:1: the cells are separated by %s", r->name, others[i].name);
    return true;
}

bool csv_header(reader *r, arena *a, err *e)
{
    size_t from = str_starts(r->file, S("\xef\xbb\xbf")) ? 3 : 0;
    r->head = next_record(r->file, from, false);
    str record = str_sub(r->file, from, r->head - from);
    if (str_ends(record, S("\n"))) record.n--;
    if (str_ends(record, S("\r"))) record.n--;
    if (!record.n)
        return err_set(e, ERR_INVALID, str_of(r->name), S("the first line must name the columns"),
                       "%s:1: there is no header", r->name);
    if (!separated(r, record, e)) return false;
    part p = {.a = a};
    for (size_t at = 0, end, number = 0; at <= record.n; at = end + 1) {
        end = header_cell(record, at, r->separator);
        str cell = str_sub(record, at, end - at);
        if (cell.n && memchr(cell.p, '"', cell.n) && !unquote(&p, cell, &cell))
            return err_set(e, ERR_INVALID, str_fmt(a, "%s:1", r->name), S("close the quote"),
                           "%s:1: the quotes of column %zu are broken", r->name, number + 1);
        if (!header_name(r, a, number++, cell, e)) return false;
    }
    return true;
}
