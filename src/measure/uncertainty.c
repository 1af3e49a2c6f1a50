/* uncertainty.c - kind calibration_uncertainty: does the model know what it does not know. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/uncertainty.h"
#include "measure/kinds.h"
#include "measure/score.h"

const char *const uncertainty_metrics[] = {"expected_calibration_error",
                                           "maximum_calibration_error",
                                           "calibration_error_equal_mass",
                                           "calibration_error_debiased",
                                           "brier_score",
                                           "brier_reliability",
                                           "brier_resolution",
                                           "brier_uncertainty",
                                           "brier_within_bins",
                                           "prediction_set_coverage",
                                           "prediction_set_size",
                                           "prediction_interval_width",
                                           "abstention_accuracy",
                                           NULL};

const measure_option uncertainty_options[] = {
    {"coverage", DOC_REAL, 0.5,  0.999, 0.9, "share of prediction sets that should hold the truth"},
    {"answered", DOC_REAL, 0.01, 1,     0.8, "share of rows that is answered, the surest first"   },
    {NULL,       DOC_NULL, 0,    0,     0,   NULL                                                 },
};

static claims claims_of(const sample *s, arena *a)
{
    double *chance = arena_new(a, double, s->rows);
    uint8_t *came_true = arena_new(a, uint8_t, s->rows);
    for (size_t r = 0; r < s->rows; r++) {
        size_t k = (size_t)s->predicted[r];
        chance[r] = s->score ? s->score[r] : s->chance[r * s->n_classes + k];
        came_true[r] = s->score ? s->truth[r] == 1 : s->truth[r] == s->predicted[r];
    }
    return (claims){s->rows, chance, came_true, score_order(chance, s->rows, a)};
}

static bool has_chances(const sample *s, err *e)
{
    if (s->task == TASK_REGRESSION || s->chance || (s->score && s->probability)) return true;
    return err_set(e, ERR_INVALID, S("score"),
                   S("name a column with the probability of the positive class, or a model"),
                   "there are no probabilities to hold against the truth");
}

str figure_line(const char *id, const char *title, const char *x, const char *y, const char *name,
                const double *xs, const double *ys, size_t n, arena *a)
{
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "id", id);
    jw_m_strz(&w, "type", "line");
    jw_m_strz(&w, "title", title);
    jw_m_strz(&w, "x", x);
    jw_m_strz(&w, "y", y);
    jw_key(&w, "series");
    jw_arr(&w);
    jw_obj(&w);
    jw_m_strz(&w, "name", name);
    jw_key(&w, "points");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++) {
        jw_arr(&w);
        jw_real(&w, xs[i]);
        jw_real(&w, ys[i]);
        jw_arr_end(&w);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    jw_arr_end(&w);
    jw_obj_end(&w);
    return buf_str(&b);
}

static bool classification(figures *f, const sample *s, const measure_input *in,
                           measure_result *ret, err *e)
{
    str tables[2], lines[2];
    claims c = claims_of(s, f->a);
    if (!reliability_add(f, &c, in, &tables[0], &lines[0], e)) return false;
    abstention_add(f, s, &tables[1], &lines[1]);
    ret->tables = str_fmt(f->a, "[%s,%s]", tables[0].p, tables[1].p);
    ret->figures = str_fmt(f->a, "[%s,%s]", lines[0].p, lines[1].p);
    if (s->chance)
        figures_note(f, "calibration is that of the likeliest class: its chance against whether "
                        "it was right");
    return true;
}

static const char *const references[] = {
    "Naeini, Cooper & Hauskrecht, Obtaining well calibrated probabilities, AAAI (2015)",
    "Kumar, Liang & Ma, Verified uncertainty calibration, NeurIPS (2019)",
    "Murphy, A new vector partition of the probability score, J. Appl. Meteorol. 12 (1973)",
    "Lei et al., Distribution-free predictive inference for regression, JASA 113 (2018)",
    "Sadinle, Lei & Wasserman, Least ambiguous set-valued classifiers, JASA 114 (2019)",
    "El-Yaniv & Wiener, On the foundations of noise-free selective classification, JMLR 11 (2010)",
    NULL};

bool uncertainty_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                     err *e)
{
    sample s;
    if (!sample_make(p, in, &s, a, e) || !has_chances(&s, e)) return false;
    figures f = figures_open(p, &s.g, a);
    ret->method = str_fmt(a, "%s: calibration, conformal prediction sets and abstention",
                          sample_task_names[s.task]);
    ret->references = references;
    figures_note_small(&f);
    if (s.task != TASK_REGRESSION && !classification(&f, &s, in, ret, e)) return false;
    return conformal_add(&f, &s, e) && figures_judge(&f, ret, e);
}
