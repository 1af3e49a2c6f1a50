/* kept_json.c - a kept reference as a document, and a document as one: every count is doubted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kept.h"
#include <float.h>
#include <math.h>

#define FORMAT "aims-reference"
enum { VERSION = 1, NAME_MAX = 1000, ROUNDING = 1000000 }; /* of sums: one part in a million */

/* ---- writing ---- */

static void write_counts(jw *w, const char *key, const sketch *s, size_t first)
{
    jw_key(w, key);
    jw_arr(w);
    for (size_t c = first; c < sketch_cells(s->shape); c += 2)
        jw_int(w, s->cell[c].n);
    jw_arr_end(w);
}

static void write_numbers(jw *w, const sketch *s)
{
    const sketch_shape *shape = s->shape;
    jw_key(w, "edges");
    jw_arr(w);
    for (size_t i = 0; i < shape->n_edges; i++)
        jw_real(w, shape->edge[i]);
    jw_arr_end(w);
    write_counts(w, "points", s, 1);
    write_counts(w, "counts", s, 0);
    jw_key(w, "sums");
    jw_arr(w);
    for (size_t c = 0; c < sketch_cells(shape); c += 2)
        jw_real(w, s->cell[c].sum);
    jw_arr_end(w);
    jw_key(w, "squares");
    jw_arr(w);
    for (size_t c = 0; c < sketch_cells(shape); c += 2)
        jw_real(w, s->cell[c].sq);
    jw_arr_end(w);
}

static void write_categories(jw *w, const sketch *s)
{
    const sketch_shape *shape = s->shape;
    size_t other = shape->n_counts - 2;
    jw_key(w, "levels");
    jw_arr(w);
    for (size_t i = 0; i < shape->n_levels; i++)
        jw_str(w, shape->level[i]);
    jw_arr_end(w);
    jw_key(w, "counts");
    jw_arr(w);
    for (size_t i = 0; i < shape->n_levels; i++)
        if (shape->cell[i] < other)
            jw_int(w, s->count[shape->cell[i]]);
        else
            jw_null(w);
    jw_arr_end(w);
    jw_m_int(w, "other", s->count[other]);
    jw_m_int(w, "unseen", s->count[other + 1]);
}

static void write_column(jw *w, const kept_reference *k, size_t i)
{
    const column *c = &k->table.columns[i];
    bool number = c->type == COLUMN_NUMBER;
    jw_obj(w);
    jw_m_str(w, "name", c->name);
    jw_m_strz(w, "type", number ? "number" : "category");
    jw_m_int(w, "missing", k->sketch[i].missing);
    if (!isnan(k->range[2 * i])) {
        jw_m_real(w, "min", k->range[2 * i]);
        jw_m_real(w, "max", k->range[2 * i + 1]);
    }
    (number ? write_numbers : write_categories)(w, &k->sketch[i]);
    jw_obj_end(w);
}

void kept_write_sources(const kept_reference *k, jw *w)
{
    jw_arr(w);
    for (size_t i = 0; i < k->n_sources; i++) {
        jw_obj(w);
        jw_m_str(w, "name", k->sources[i].name);
        jw_m_str(w, "sha256", digest_hex(w->b->a, k->sources[i].sha256));
        jw_m_int(w, "rows", k->sources[i].rows);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

bool kept_write(const kept_reference *k, jw *w, err *e)
{
    size_t before = w->b->n;
    jw_obj(w);
    jw_m_strz(w, "format", FORMAT);
    jw_m_int(w, "version", VERSION);
    jw_m_str(w, "name", k->name);
    jw_m_int(w, "rows", (int64_t)k->table.rows);
    jw_key(w, "sources");
    kept_write_sources(k, w);
    jw_key(w, "columns");
    jw_arr(w);
    for (size_t i = 0; i < k->table.n_columns; i++)
        write_column(w, k, i);
    jw_arr_end(w);
    jw_obj_end(w);
    if (!w->b->full && w->b->n - before <= KEPT_BYTES) return true;
    return err_set(e, ERR_TOO_LARGE, S("reference"), S("keep fewer columns (--column)"),
                   "the kept reference is over %u bytes", KEPT_BYTES);
}

void kept_schema(const kept_reference *k, jw *w)
{
    jw_obj(w);
    for (size_t i = 0; i < k->table.n_columns; i++) {
        const column *c = &k->table.columns[i];
        jw_key_str(w, c->name);
        jw_obj(w);
        jw_m_strz(w, "type", c->type == COLUMN_NUMBER ? "number" : "category");
        if (c->type == COLUMN_CATEGORY) jw_m_int(w, "levels", (int64_t)c->n_levels);
        if (!isnan(k->range[2 * i])) {
            jw_m_real(w, "min", k->range[2 * i]);
            jw_m_real(w, "max", k->range[2 * i + 1]);
        }
        jw_m_int(w, "missing", (int64_t)c->missing);
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

/* ---- telling it from data ---- */

static bool token(str *at, str t)
{
    while (at->n && strchr(" \t\r\n", at->p[0]) && at->p[0])
        *at = (str){at->p + 1, at->n - 1};
    if (!str_starts(*at, t)) return false;
    *at = (str){at->p + t.n, at->n - t.n};
    return true;
}

bool kept_is(str bytes)
{
    return token(&bytes, S("{")) && token(&bytes, S("\"format\"")) && token(&bytes, S(":")) &&
           token(&bytes, S("\"" FORMAT "\""));
}

/* ---- reading ---- */

static bool bad(err *e, const char *path, const char *why)
{
    return err_set(e, ERR_INVALID, str_of(path), S("give what aims keep has written, as it is"),
                   "%s", why);
}

static bool list(const doc *d, const char *key, size_t most, const doc **ret, err *e)
{
    *ret = doc_get(d, key);
    if (!*ret || (*ret)->kind != DOC_ARR) return bad(e, key, "it is no list");
    return (*ret)->n <= most || bad(e, key, "it is too long");
}

/* A list of numbers as long as told. */
static bool reals(const doc *d, const char *key, size_t n, const doc **ret, err *e)
{
    if (!list(d, key, n, ret, e)) return false;
    if ((*ret)->n != n) return bad(e, key, "it is too short");
    for (size_t i = 0; i < n; i++)
        if (!doc_is_num(&(*ret)->at[i]) || !isfinite((*ret)->at[i].d))
            return bad(e, str_fmt(e->a, "%s.%zu", key, i).p, "it is no finite number");
    return true;
}

/* A count of rows, taken from those that are left. */
static bool take(const doc *d, int64_t *left, int64_t *ret, const char *path, err *e)
{
    if (!d || d->kind != DOC_INT || d->i < 0) return bad(e, path, "it is no count");
    if (d->i > *left) return bad(e, path, "there are more rows in the cells than in all");
    *ret = d->i;
    *left -= d->i;
    return true;
}

static bool read_edges(const doc *d, arena *a, const sketch_shape **ret, err *e)
{
    const doc *x;
    if (!list(d, "edges", SKETCH_EDGES_MAX, &x, e) || !reals(d, "edges", x->n, &x, e)) return false;
    double *edge = arena_new(a, double, x->n);
    for (size_t i = 0; i < x->n; i++) {
        edge[i] = x->at[i].d;
        if (i && !(edge[i - 1] < edge[i]))
            return bad(e, str_fmt(e->a, "edges.%zu", i).p, "edges must ascend");
    }
    *ret = sketch_shape_numbers(edge, x->n, a);
    return true;
}

/* Whether n distances within an interval can have this sum and these squares, but for rounding:
 * n sq >= sum^2, and each distance has the interval's side and at most its width. */
static bool possible(const sketch_shape *s, size_t c, const sketch_cell *x)
{
    double slack = 1 + 1.0 / ROUNDING, size = fabs(x->sum), n = (double)x->n;
    double width =
        c == 0 || c == sketch_cells(s) - 1 ? INFINITY : s->edge[c / 2] - s->edge[c / 2 - 1];
    if (x->n == 0) return size + x->sq <= 0;
    if (s->n_edges && (c == 0 ? x->sum > 0 : x->sum < 0)) return false;
    if (size / n > width * slack) return false;
    return size / n * size <= x->sq * slack + sqrt(DBL_MIN) &&
           (isinf(width) || x->sq <= width * size * slack + sqrt(DBL_MIN));
}

static bool read_numbers(const doc *d, sketch *s, arena *a, err *e)
{
    const doc *points, *counts, *sums, *squares;
    int64_t left = s->rows - s->missing;
    if (!read_edges(d, a, &s->shape, e)) return false;
    size_t n = s->shape->n_edges;
    s->cell = sketch_empty(s->shape, a).cell;
    if (!reals(d, "points", n, &points, e) || !reals(d, "counts", n + 1, &counts, e) ||
        !reals(d, "sums", n + 1, &sums, e) || !reals(d, "squares", n + 1, &squares, e))
        return false;
    for (size_t i = 0; i <= n; i++) {
        sketch_cell *x = &s->cell[2 * i];
        const char *path = str_fmt(e->a, "counts.%zu", i).p;
        if (!take(&counts->at[i], &left, &x->n, path, e)) return false;
        x->sum = sums->at[i].d;
        x->sq = squares->at[i].d;
        if (!(x->sq >= 0) || !possible(s->shape, 2 * i, x))
            return bad(e, path, "no values within the interval have this sum and these squares");
        if (i < n && !take(&points->at[i], &left, &s->cell[2 * i + 1].n,
                           str_fmt(e->a, "points.%zu", i).p, e))
            return false;
    }
    return left == 0 || bad(e, "counts", "there are fewer rows in the cells than in all");
}

static bool read_levels(const doc *d, const doc **ret, const doc **ret_counts, arena *a,
                        const sketch_shape **ret_shape, err *e)
{
    if (!list(d, "levels", KEPT_LEVELS, ret, e) || !list(d, "counts", KEPT_LEVELS, ret_counts, e))
        return false;
    size_t n = (*ret)->n, whole = 0;
    str *level = arena_new(a, str, n);
    bool *own = arena_new(a, bool, n);
    if ((*ret_counts)->n != n) return bad(e, "counts", "there is one for each level");
    for (size_t i = 0; i < n; i++) {
        level[i] = (*ret)->at[i].s;
        if ((*ret)->at[i].kind != DOC_STR || (i && str_cmp(level[i - 1], level[i]) >= 0))
            return bad(e, str_fmt(e->a, "levels.%zu", i).p, "levels are texts that ascend");
        own[i] = (*ret_counts)->at[i].kind != DOC_NULL;
        whole += own[i];
    }
    if (whole != (n < SKETCH_LEVELS ? n : SKETCH_LEVELS))
        return bad(e, "counts", "the wrong number of levels has a count of its own");
    *ret_shape = sketch_shape_categories(level, own, n, a);
    return true;
}

static bool read_categories(const doc *d, sketch *s, arena *a, err *e)
{
    const doc *levels, *counts;
    int64_t left = s->rows - s->missing;
    if (!read_levels(d, &levels, &counts, a, &s->shape, e)) return false;
    size_t other = s->shape->n_counts - 2;
    s->count = sketch_empty(s->shape, a).count;
    for (size_t i = 0; i < levels->n; i++)
        if (s->shape->cell[i] < other && !take(&counts->at[i], &left, &s->count[s->shape->cell[i]],
                                               str_fmt(e->a, "counts.%zu", i).p, e))
            return false;
    if (!take(doc_get(d, "other"), &left, &s->count[other], "other", e) ||
        !take(doc_get(d, "unseen"), &left, &s->count[other + 1], "unseen", e))
        return false;
    return left == 0 || bad(e, "counts", "there are fewer rows in the cells than in all");
}

static bool read_range(const doc *d, const sketch *s, double *ret, err *e)
{
    double lo = doc_real(d, "min", NAN), hi = doc_real(d, "max", NAN);
    bool some = s->cell && s->rows > s->missing;
    if (some != !isnan(lo) || some != !isnan(hi) || lo > hi)
        return bad(e, "min", "least and largest value do not fit the counts");
    ret[0] = lo;
    ret[1] = hi;
    return true;
}

static bool read_name(const doc *d, str *ret, err *e)
{
    *ret = doc_str(d, "name");
    return (ret->p && ret->n <= NAME_MAX) || bad(e, "name", "it is no name");
}

static bool read_column(const doc *d, kept_reference *k, size_t i, arena *a, err *e)
{
    column *c = &k->table.columns[i];
    sketch *s = &k->sketch[i];
    str type = doc_str(d, "type");
    int64_t left = s->rows = (int64_t)k->table.rows;
    if (!read_name(d, &c->name, e) ||
        !take(doc_get(d, "missing"), &left, &s->missing, "missing", e))
        return false;
    for (size_t n = 0; n < i; n++)
        if (str_eq(k->table.columns[n].name, c->name))
            return bad(e, "name", "two columns have this name");
    bool number = str_eqz(type, "number");
    if (!number && !str_eqz(type, "category")) return bad(e, "type", "it is number or category");
    if (!(number ? read_numbers : read_categories)(d, s, a, e) ||
        !read_range(d, s, &k->range[2 * i], e))
        return false;
    c->type = s->shape->type;
    c->levels = s->shape->level;
    c->n_levels = s->shape->n_levels;
    c->missing = (size_t)s->missing;
    return true;
}

static bool read_sources(const doc *d, kept_reference *k, arena *a, err *e)
{
    const doc *x;
    int64_t left = (int64_t)k->table.rows;
    if (!list(d, "sources", KEPT_SOURCES, &x, e)) return false;
    k->n_sources = x->n;
    k->sources = arena_new(a, kept_source, x->n);
    for (size_t i = 0; i < x->n; i++) {
        kept_source *s = &k->sources[i];
        str hex = doc_str(&x->at[i], "sha256");
        bool ok = read_name(&x->at[i], &s->name, e) &&
                  take(doc_get(&x->at[i], "rows"), &left, &s->rows, "rows", e) &&
                  ((hex.p && digest_parse(hex, &s->sha256)) || bad(e, "sha256", "it is no digest"));
        if (!ok) return err_under(e, str_fmt(e->a, "sources.%zu", i));
    }
    return left == 0 || bad(e, "sources", "their rows do not add up to those of all");
}

static bool read_head(const doc *d, kept_reference *k, err *e)
{
    int64_t rows = doc_int(d, "rows", -1);
    if (!str_eqz(doc_str(d, "format"), FORMAT)) return bad(e, "format", "it is not " FORMAT);
    if (doc_int(d, "version", 0) != VERSION)
        return bad(e, "version", "this program reads version 1 only");
    if (rows < 0 || rows > KEPT_ROWS) return bad(e, "rows", "it is no number of rows");
    k->table.rows = (size_t)rows;
    return read_name(d, &k->name, e);
}

static bool read_columns(const doc *d, kept_reference *k, arena *a, err *e)
{
    const doc *x;
    if (!list(d, "columns", KEPT_COLUMNS, &x, e)) return false;
    if (x->n == 0) return bad(e, "columns", "there is none");
    k->table.n_columns = x->n;
    k->table.columns = arena_new(a, column, x->n);
    k->sketch = arena_new(a, sketch, x->n);
    k->range = arena_new(a, double, 2 * x->n);
    for (size_t i = 0; i < x->n; i++)
        if (!read_column(&x->at[i], k, i, a, e))
            return err_under(e, str_fmt(e->a, "columns.%zu", i));
    return true;
}

bool kept_read(arena *a, str json, kept_reference *ret, err *e)
{
    doc *d;
    *ret = (kept_reference){
        .table = {.sha256 = hash_bytes(json.p, json.n), .bytes = json.n}
    };
    return doc_parse(a, json, KEPT_BYTES, &d, e) && read_head(d, ret, e) &&
           read_sources(d, ret, a, e) && read_columns(d, ret, a, e);
}
