/* shap.h - exact Shapley values of tree ensembles, by their own cover or against other rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_SHAP_H
#define AIMS_MEASURE_SHAP_H
#include "model/model.h"

/*
 * The margin of a row is shared out among its features: bias + sum of the values = margin, up to
 * the rounding of doubles. Two games, both solved exactly, for a coalition S of known features:
 *
 *   tree path        E[f | S] as TreeSHAP takes it: where a split asks for an unknown feature,
 *                    both ways are gone, weighted by the training rows that passed (Lundberg,
 *                    Erion & Lee, arXiv:1802.03888, 2018; the game of XGBoost's pred_contribs).
 *   interventional   mean of f over background rows that lend their values to the unknown
 *                    features (Lundberg et al., Nature Machine Intelligence 2, 2020).
 *
 * A leaf's game is a product over the features of its path, so its Shapley value depends on no
 * more than which of them the row meets. Trees whose paths hold at most 8 features get tables
 * of these values, several leaves at once (shap_cells.c). In other trees the path game is
 * walked: the Shapley value is the integral of the multilinear extension over 0..1 (Owen,
 * Management Science 18, 1972), a polynomial here, which Gauss-Legendre quadrature gives
 * exactly, all points in one walk as in Linear TreeSHAP (Yu et al., NeurIPS 2022). The
 * interventional game is walked for a row and a background row together (Algorithm 3 of
 * Lundberg et al. 2020).
 */
struct shap;

/* INVALID with path "model": the file holds no covers. TOO_LARGE: over 256 levels, or
 * features x outputs over 16384. The model must outlive the result, which many threads may use. */
bool shap_path(arena *a, const struct model *m, struct shap **ret, err *e) NODISCARD;
/* `background`: `rows` > 0 rows in the model's order; they must outlive the result, too. */
bool shap_interventional(arena *a, const struct model *m, const float *background, size_t rows,
                         struct shap **ret, err *e) NODISCARD;

/* Per row n_outputs x (n_features + 1) values in units of the margin; the last is the bias. */
void shap_values(const struct shap *s, const float *x, size_t rows, double *ret);
/* Numbers per row: n_outputs x (n_features + 1). */
size_t shap_width(const struct shap *s);

/*
 * Interaction values (Lundberg et al. 2020, as XGBoost's pred_interactions): per row and output a
 * symmetric matrix n_features x n_features. Off the diagonal, half of the Shapley interaction index
 * of the two features (Grabisch & Roubens, Int. J. Game Theory 28, 1999):
 *
 *     sum over S without i, k of |S|! (m - |S| - 2)! / (m - 1)!  (v(S+i+k) - v(S+i) - v(S+k) +
 * v(S))
 *
 * On it, what is left of the feature's Shapley value: rows sum to these. Both games, exactly.
 */
void shap_interactions(const struct shap *s, const float *x, size_t rows, double *ret);
bool shap_interactions_fit(const struct shap *s); /* features^2 x outputs is at most 65536 */

#endif
