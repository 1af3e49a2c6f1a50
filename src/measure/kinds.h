/* kinds.h - the engines behind the registry. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_KINDS_H
#define AIMS_MEASURE_KINDS_H
#include "measure/figures.h"

measure_run_fn corrupt_run;
extern const char *const corrupt_metrics[];
extern const measure_option corrupt_options[];

measure_run_fn performance_run, bias_run, drift_run, uncertainty_run, explain_run, reproduce_run;
extern const char *const performance_metrics[],
    *const bias_metrics[], *const drift_metrics[], *const uncertainty_metrics[];
extern const char *const explain_metrics[], *const reproduce_metrics[];
extern const measure_option drift_options[], uncertainty_options[], explain_options[],
    reproduce_options[];
measure_run_fn privacy_run;
extern const char *const privacy_metrics[];
extern const measure_option privacy_options[];

extern measure_run_fn adversarial_run;
extern const char *const adversarial_metrics[];
extern const measure_option adversarial_options[];

/* "tables" of a result: the counts behind its rates. Binary: one row per group of every view;
 * multi-class: the whole matrix. Regression: "[]". */
str confusion_table(const sample *s, const int64_t *cells, arena *a);
void confusion_write(const sample *s, const int64_t *cells, jw *w, arena *a); /* one of several */
/* TOO_LARGE when groups x classes x classes would not fit. */
bool cells_fit(const sample *s, err *e) NODISCARD;

#endif
