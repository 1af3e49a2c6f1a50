/* explain_tables.c - what a reader sees of an explanation: importance, a picture, reasons, values.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include <math.h>

#define TABLES_MAX (32u << 20)

enum { PICTURE = 20 }; /* features in a picture */

/* ---- helpers ---- */

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
    result_open_table(w, "importance", "Features by importance", columns, COUNT(columns));
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
    result_close_table(w);
}

static void write_picture(const explain *x, const uint32_t *order, jw *w)
{
    const double *size = x->importance ? x->importance : x->permuted;
    size_t n = x->features < PICTURE ? x->features : PICTURE;
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
}

bool explain_tables(explain *x, str *ret_tables, str *ret_figures, err *e)
{
    buf t = buf_open(x->a, TABLES_MAX), p = buf_open(x->a, TABLES_MAX);
    jw w = jw_open(&t), picture = jw_open(&p);
    uint32_t *order = arena_new(x->a, uint32_t, x->features);
    explain_order(x->importance ? x->importance : x->permuted, x->features, order);
    jw_arr(&w);
    write_importance(x, order, &w);
    if (!explain_interactions(x, 0.6, 0.8, &w, e)) return false;
    if (plan_value(x->plan, "reasons") && !explain_reasons(x, &w, e)) return false;
    if (!explain_counterfactuals(x, 0.8, 0.9, &w, e)) return false;
    jw_arr_end(&w);
    jw_arr(&picture);
    write_picture(x, order, &picture);
    if (!explain_curves(x, 0.9, 1, &picture, e)) return false;
    jw_arr_end(&picture);
    if (!fits(&t, e) || !fits(&p, e)) return false;
    *ret_tables = buf_str(&t);
    *ret_figures = buf_str(&p);
    return true;
}

/* ---- values ---- */

enum { CHUNK = 1 << 20 };

/* RFC 4180. */
static void put_cell(buf *b, str s)
{
    buf_quoted(b, s, "\",\r\n");
}

static void put_head(const explain *x, buf *b)
{
    buf_putz(b, x->outputs > 1 ? "row,class," : "row,");
    for (size_t i = 0; i < x->features; i++) {
        put_cell(b, x->names[i]);
        buf_putc(b, ',');
    }
    buf_putz(b, x->kernel ? "bias,output" : "bias,margin");
    for (size_t i = 0; i < x->features && x->error; i++) {
        buf_putc(b, ',');
        put_cell(b, str_fmt(b->a, "error(%.*s)", STR_ARG(x->names[i])));
    }
    buf_putc(b, '\n');
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
    buf_fmt(b, "%.17g", sum);
    for (size_t i = 0; i < x->features && x->error; i++)
        buf_fmt(b, ",%.17g", x->error[(r * x->outputs + output) * per + i]);
    buf_putc(b, '\n');
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
