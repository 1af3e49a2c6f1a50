/* performance_curves.h - ROC and precision-recall of binary scores, thinned to what can be drawn.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_PERFORMANCE_CURVES_H
#define AIMS_MEASURE_PERFORMANCE_CURVES_H
#include "measure/figures.h"

#define CURVE_POINTS 100 /* most points of a curve in a result */

/*
 * average_precision of the whole and of every group of every view, binary with a score: the sum
 * over the thresholds, from the highest, of precision times growth of recall, as scikit-learn's
 * average_precision_score; undefined without positive rows. Interval on the log-odds scale (Boyd,
 * Eng & Page, ECML PKDD 2013), its variance by the influence of each row (infinitesimal
 * jackknife: Efron & Tibshirani 1993, ch. 21), so that chance among the negative rows counts, too
 * ("influence-logit"). "wilson-positives" where that gives none: at 1, or with one positive row.
 */
void curves_average_precision(figures *f, const sample *s);

/*
 * Of the whole, binary with a score, both classes present; else nothing is written.
 * Tables "roc" and "precision_recall": per threshold (a row is predicted positive at or above it;
 * null: above all) both rates with Wilson's intervals, which hold for that threshold alone.
 * Figures "roc" and "precision_recall", the same points. "low" and "high" beside the ROC curve
 * hold for all of it at once: every point moved by how far both distribution functions may be off
 * (Dvoretzky-Kiefer-Wolfowitz with Massart's constant, Ann. Probab. 18, 1990, each at the root of
 * the confidence; Campbell, Statist. Med. 13, 1994); wide, for any distribution and sample size.
 * The other curve has the thresholds at which recall grows, and the lowest; it is drawn in stairs,
 * each at the precision of its right end, as average_precision sums it (straight lines would
 * flatter: Davis & Goadrich, ICML 2006). At most CURVE_POINTS are kept, one by one that whose
 * absence costs most; a note says what the worst that is left out would.
 */
void curves_write(figures *f, const sample *s, jw *tables, jw *figures_);

#endif
