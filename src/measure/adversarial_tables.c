/* adversarial_tables.c - the robustness curve with its certificate, and each row's values. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/adversarial.h"
#include "measure/result_table.h"
#include <math.h>

#define TABLES_MAX (1u << 20)

enum { CHUNK = 1 << 20, REAL_DIGITS = 17, FLOAT_DIGITS = 9 };

static double share(const adversarial *x, size_t epsilon, bool proven)
{
    return (double)adversarial_left(x, epsilon, proven) / (double)x->rows;
}

static void write_curve(const adversarial *x, jw *w)
{
    static const char *const columns[] = {"epsilon", "robust_accuracy", "certified_robust_accuracy",
                                          "undecided"};
    result_open_table(w, "robustness",
                      "Accuracy when rows may change by up to epsilon: found, and proven", columns,
                      COUNT(columns));
    for (size_t k = 0; k < x->n_epsilon; k++) {
        double found = share(x, k, false), proven = x->exact ? share(x, k, true) : NAN;
        jw_arr(w);
        jw_real(w, x->epsilon[k]);
        jw_real(w, found);
        jw_real(w, proven);
        jw_real(w, found - proven);
        jw_arr_end(w);
    }
    result_close_table(w);
}

static void write_series(const adversarial *x, const char *name, bool proven, jw *w)
{
    jw_obj(w);
    jw_m_strz(w, "name", name);
    jw_key(w, "points");
    jw_arr(w);
    for (size_t k = 0; k <= x->n_epsilon; k++) {
        jw_arr(w);
        jw_real(w, k ? x->epsilon[k - 1] : 0);
        jw_real(w, k ? share(x, k - 1, proven) : (double)x->n_attacked / (double)x->rows);
        jw_arr_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

static void write_picture(const adversarial *x, jw *w)
{
    jw_arr(w);
    jw_obj(w);
    jw_m_strz(w, "id", "robustness");
    jw_m_strz(w, "type", "line");
    jw_m_strz(w, "title", "Accuracy when rows may change");
    jw_m_strz(w, "x", "epsilon");
    jw_m_strz(w, "y", "robust accuracy");
    jw_key(w, "series");
    jw_arr(w);
    write_series(x, "not broken", false, w);
    if (x->exact) write_series(x, "proven", true, w);
    jw_arr_end(w);
    jw_obj_end(w);
    jw_arr_end(w);
}

bool adversarial_tables(const adversarial *x, str *ret_tables, str *ret_figures, err *e)
{
    buf t = buf_open(x->a, TABLES_MAX), p = buf_open(x->a, TABLES_MAX);
    jw w = jw_open(&t), picture = jw_open(&p);
    jw_arr(&w);
    write_curve(x, &w);
    jw_arr_end(&w);
    write_picture(x, &picture);
    if (t.full || p.full)
        return err_set(e, ERR_TOO_LARGE, S("options.epsilon"), S("name fewer"),
                       "the tables are over %u bytes", TABLES_MAX);
    *ret_tables = buf_str(&t);
    *ret_figures = buf_str(&p);
    return true;
}

/* ---- values ---- */

/* RFC 4180. */
static void put_text(buf *b, str s)
{
    bool plain = true;
    for (size_t i = 0; i < s.n; i++)
        plain &= s.p[i] != ',' && s.p[i] != '"' && s.p[i] != '\n' && s.p[i] != '\r';
    if (!plain) buf_putc(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"') buf_putc(b, '"');
        buf_putc(b, s.p[i]);
    }
    if (!plain) buf_putc(b, '"');
}

/* Nothing where there is none: an infinite distance, a missing value. */
static void put_number(buf *b, double v, int digits)
{
    buf_putc(b, ',');
    if (isfinite(v)) buf_fmt(b, "%.*g", digits, v);
}

static void put_head(const adversarial *x, buf *b)
{
    buf_putz(b, "row,truth,prediction,attacked,distance,lower_bound,exact,attack_distance,"
                "attack_queries,boxes");
    for (size_t i = 0; i < x->t.features; i++) {
        buf_putc(b, ',');
        put_text(b, x->names[i]);
    }
    buf_putc(b, '\n');
}

static void put_answers(const adversarial *x, const victim *v, buf *b)
{
    const sample *s = &x->s;
    buf_fmt(b, "%zu", v->row + 1);
    if (s->task == TASK_REGRESSION) {
        put_number(b, s->y[v->row], REAL_DIGITS);
        put_number(b, s->yhat[v->row], REAL_DIGITS);
        return;
    }
    buf_putc(b, ',');
    put_text(b, s->classes[s->truth[v->row]]);
    buf_putc(b, ',');
    put_text(b, s->classes[s->predicted[v->row]]);
}

static void put_line(const adversarial *x, size_t k, buf *b)
{
    const victim *v = &x->at[k];
    const float *point = x->point + k * x->t.features;
    put_answers(x, v, b);
    buf_fmt(b, ",%d", v->attacked);
    put_number(b, v->found, REAL_DIGITS);
    put_number(b, v->attacked && x->exact ? v->exact.lower : NAN, REAL_DIGITS);
    buf_fmt(b, ",%d", v->exact.closed);
    put_number(b, v->attack.distance, REAL_DIGITS);
    buf_fmt(b, ",%zu,%zu", v->attack.queries, v->exact.boxes);
    for (size_t i = 0; i < x->t.features; i++)
        put_number(b, v->found < INFINITY ? (double)point[i] : NAN, FLOAT_DIGITS);
    buf_putc(b, '\n');
}

bool adversarial_values(const adversarial *x, err *e)
{
    buf b = buf_open(x->a, SIZE_MAX / 4);
    put_head(x, &b);
    for (size_t k = 0; k < x->rows; k++) {
        put_line(x, k, &b);
        if (b.n < CHUNK && k + 1 < x->rows) continue;
        if (!x->in->values(x->in->values_ctx, buf_str(&b), e)) return false;
        b.n = 0;
    }
    return true;
}
