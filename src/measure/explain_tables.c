/* explain_tables.c - what a reader sees of an explanation: importance, a picture, reasons, values.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include <math.h>

#define TABLES_MAX (32u << 20)

enum { PICTURE = 20 }; /* features in a picture */

/* ---- helpers ---- */

static void write_texts(jw *w, const char *key, const char *const *names, size_t n)
{
    jw_key(w, key);
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        jw_strz(w, names[i]);
    jw_arr_end(w);
}

static void open_table(jw *w, const char *id, const char *title, const char *const *columns,
                       size_t n)
{
    jw_obj(w);
    jw_m_strz(w, "id", id);
    jw_m_strz(w, "title", title);
    write_texts(w, "columns", columns, n);
    jw_key(w, "rows");
    jw_arr(w);
}

static void close_table(jw *w)
{
    jw_arr_end(w);
    jw_obj_end(w);
}

static bool fits(const buf *b, err *e)
{
    if (!b->full) return true;
    return err_set(e, ERR_TOO_LARGE, S("options.reasons"), S("ask for the reasons of fewer rows"),
                   "the tables are over %u bytes", TABLES_MAX);
}

/* ---- importance ---- */

static void write_importance(const explain *x, const uint32_t *order, jw *w)
{
    static const char *const columns[] = {"feature", "mean_absolute_shap", "share", "mean_shap",
                                          "permutation_importance"};
    double all = 0;
    for (size_t i = 0; i < x->features && x->importance; i++)
        all += x->importance[i];
    open_table(w, "importance", "Features by importance", columns, COUNT(columns));
    for (size_t k = 0; k < x->features; k++) {
        uint32_t i = order[k];
        jw_arr(w);
        jw_str(w, x->names[i]);
        jw_real(w, x->importance ? x->importance[i] : NAN);
        jw_real(w, x->importance && all > 0 ? x->importance[i] / all : NAN);
        jw_real(w, x->importance && x->outputs == 1 ? x->lean[i] : NAN);
        jw_real(w, x->permuted ? x->permuted[i] : NAN);
        jw_arr_end(w);
    }
    close_table(w);
}

static void write_picture(const explain *x, const uint32_t *order, jw *w)
{
    const double *size = x->importance ? x->importance : x->permuted;
    size_t n = x->features < PICTURE ? x->features : PICTURE;
    jw_arr(w);
    jw_obj(w);
    jw_m_strz(w, "id", "importance");
    jw_m_strz(w, "type", "bars");
    jw_m_strz(w, "title", "Features by importance");
    jw_m_strz(w, "value", x->importance ? "mean_absolute_shap" : "permutation_importance");
    jw_key(w, "labels");
    jw_arr(w);
    for (size_t k = 0; k < n; k++)
        jw_str(w, x->names[order[k]]);
    jw_arr_end(w);
    jw_key(w, "values");
    jw_arr(w);
    for (size_t k = 0; k < n; k++)
        jw_real(w, size[order[k]]);
    jw_arr_end(w);
    jw_obj_end(w);
    jw_arr_end(w);
}

bool explain_tables(explain *x, const float *all, str *ret_tables, str *ret_figures, err *e)
{
    buf t = buf_open(x->a, TABLES_MAX), p = buf_open(x->a, TABLES_MAX);
    jw w = jw_open(&t), picture = jw_open(&p);
    uint32_t *order = arena_new(x->a, uint32_t, x->features);
    explain_order(x->importance ? x->importance : x->permuted, x->features, order);
    jw_arr(&w);
    write_importance(x, order, &w);
    if (plan_value(x->plan, "reasons") && !explain_reasons(x, all, &w, e)) return false;
    jw_arr_end(&w);
    write_picture(x, order, &picture);
    if (!fits(&t, e) || !fits(&p, e)) return false;
    *ret_tables = buf_str(&t);
    *ret_figures = buf_str(&p);
    return true;
}

/* ---- reasons ---- */

struct reason {
    size_t row, output; /* of the data; the class that is explained */
    double margin;
    const double *phi;
    double sign; /* 1: what raised the score is a reason, -1: what lowered it */
};

static void write_reason(const explain *x, const struct reason *r, size_t rank, uint32_t feature,
                         jw *w)
{
    const column *c = table_column(x->in->data, x->names[feature]);
    jw_arr(w);
    jw_int(w, (int64_t)r->row + 1);
    jw_real(w, r->margin);
    jw_int(w, (int64_t)rank);
    jw_str(w, x->names[feature]);
    jw_str(w, c ? column_text(x->a, c, r->row) : (str){0});
    jw_real(w, r->phi[feature]);
    if (x->outputs > 1) jw_int(w, (int64_t)r->output);
    jw_arr_end(w);
}

/* The strongest features on the adverse side; those on the other side are no reasons. */
static void write_row(const explain *x, const struct reason *r, jw *w)
{
    size_t top = (size_t)plan_number(x->plan, "top");
    double *push = arena_new(x->a, double, x->features);
    uint32_t *order = arena_new(x->a, uint32_t, x->features);
    for (size_t i = 0; i < x->features; i++)
        push[i] = r->sign * r->phi[i];
    explain_order(push, x->features, order);
    for (size_t k = 0; k < x->features && k < top && push[order[k]] > 0; k++)
        write_reason(x, r, k + 1, order[k], w);
}

static bool read_row(const explain *x, const doc *list, size_t i, size_t *ret, err *e)
{
    int64_t n;
    if (str_int(list->at[i].s, &n) && n >= 1 && (uint64_t)n <= x->in->data->rows) {
        *ret = (size_t)n - 1;
        return true;
    }
    return err_set(
        e, ERR_INVALID, str_fmt(e->a, "options.reasons.%zu", i),
        str_fmt(e->a, "name rows from 1 to %zu, as `where` leaves them", x->in->data->rows),
        "'%.*s' is no row of the data", STR_ARG(str_sub(list->at[i].s, 0, 100)));
}

/* Of several classes the likeliest is explained: then what raised its margin are the reasons. */
static struct reason reason_for(const explain *x, size_t row, const double *phi,
                                const float *margin)
{
    const doc *adverse = plan_value(x->plan, "adverse");
    struct reason r = {.row = row, .sign = adverse && str_eqz(adverse->s, "high") ? 1 : -1};
    for (size_t o = 1; o < x->outputs; o++)
        if (margin[o] > margin[r.output]) r.output = o;
    if (x->outputs > 1) r.sign = 1;
    r.margin = (double)margin[r.output];
    r.phi = phi + r.output * (x->features + 1);
    return r;
}

bool explain_reasons(const explain *x, const float *all, jw *w, err *e)
{
    static const char *const columns[] = {"row",   "margin", "rank", "feature",
                                          "value", "shap",   "class"};
    const doc *list = plan_value(x->plan, "reasons");
    double *phi = arena_new(x->a, double, shap_width(x->shap));
    float *margin = arena_new(x->a, float, x->outputs);
    open_table(w, "reasons", "Reasons for single decisions", columns,
               COUNT(columns) - (x->outputs == 1));
    for (size_t i = 0; i < list->n; i++) {
        size_t row;
        if (!read_row(x, list, i, &row, e)) return false;
        shap_values(x->shap, all + row * x->features, 1, phi);
        model_margin(x->in->model, all + row * x->features, 1, margin);
        struct reason r = reason_for(x, row, phi, margin);
        write_row(x, &r, w);
    }
    close_table(w);
    return true;
}

/* ---- values ---- */

enum { CHUNK = 1 << 20 };

/* RFC 4180. */
static void put_cell(buf *b, str s)
{
    bool plain = true;
    for (size_t i = 0; i < s.n; i++)
        plain &= s.p[i] != ',' && s.p[i] != '"' && s.p[i] != '\n' && s.p[i] != '\r';
    if (plain) {
        buf_put(b, s);
        return;
    }
    buf_putc(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"') buf_putc(b, '"');
        buf_putc(b, s.p[i]);
    }
    buf_putc(b, '"');
}

static void put_head(const explain *x, buf *b)
{
    buf_putz(b, x->outputs > 1 ? "row,class," : "row,");
    for (size_t i = 0; i < x->features; i++) {
        put_cell(b, x->names[i]);
        buf_putc(b, ',');
    }
    buf_putz(b, "bias,margin\n");
}

static void put_line(const explain *x, size_t r, size_t output, buf *b)
{
    size_t per = x->features + 1;
    const double *phi = x->phi + (r * x->outputs + output) * per;
    double sum = 0;
    buf_fmt(b, "%u,", x->row[r] + 1);
    if (x->outputs > 1) buf_fmt(b, "%zu,", output);
    for (size_t i = 0; i < per; i++) {
        buf_fmt(b, "%.17g,", phi[i]);
        sum += phi[i];
    }
    buf_fmt(b, "%.17g\n", sum);
}

bool explain_write_values(const explain *x, err *e)
{
    if (!x->phi)
        return err_set(e, ERR_INVALID, S("options.method"), S("use tree_path"),
                       "permutations give no values for single rows");
    buf b = buf_open(x->a, SIZE_MAX / 4);
    put_head(x, &b);
    for (size_t r = 0; r < x->rows; r++) {
        for (size_t o = 0; o < x->outputs; o++)
            put_line(x, r, o, &b);
        if (b.n < CHUNK && r + 1 < x->rows) continue;
        if (!x->in->values(x->in->values_ctx, buf_str(&b), e)) return false;
        b.n = 0;
    }
    return true;
}
