/* rates.c - tables of confusion-matrix rates and group disparities, and their evaluation. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/rates.h"
#include <math.h>

#define B(i) (1u << (i))

const rate_def rate_defs[RATES] = {
    [RATE_SELECTION] = {"selection_rate",            B(TP) | B(FP), 15           },
    [RATE_BASE] = {"base_rate",                 B(TP) | B(FN), 15           },
    [RATE_ACCURACY] = {"accuracy",                  B(TP) | B(TN), 15           },
    [RATE_TPR] = {"true_positive_rate",        B(TP),         B(TP) | B(FN)},
    [RATE_FPR] = {"false_positive_rate",       B(FP),         B(FP) | B(TN)},
    [RATE_FNR] = {"false_negative_rate",       B(FN),         B(TP) | B(FN)},
    [RATE_TNR] = {"true_negative_rate",        B(TN),         B(FP) | B(TN)},
    [RATE_PPV] = {"positive_predictive_value", B(TP),         B(TP) | B(FP)},
    [RATE_NPV] = {"negative_predictive_value", B(TN),         B(TN) | B(FN)},
};

const disparity disparities[DISPARITIES] = {
    {"demographic_parity_difference",  FORM_GAP,      RATE_SELECTION, RATE_SELECTION},
    {"demographic_parity_ratio",       FORM_RATIO,    RATE_SELECTION, RATE_SELECTION},
    {"equal_opportunity_difference",   FORM_GAP,      RATE_TPR,       RATE_TPR      },
    {"equal_opportunity_ratio",        FORM_RATIO,    RATE_TPR,       RATE_TPR      },
    {"equalized_odds_difference",      FORM_GAP,      RATE_TPR,       RATE_FPR      },
    {"equalized_odds_ratio",           FORM_RATIO,    RATE_TPR,       RATE_FPR      },
    {"average_odds_difference",        FORM_MEAN_GAP, RATE_TPR,       RATE_FPR      },
    {"predictive_parity_difference",   FORM_GAP,      RATE_PPV,       RATE_PPV      },
    {"predictive_parity_ratio",        FORM_RATIO,    RATE_PPV,       RATE_PPV      },
    {"false_positive_rate_difference", FORM_GAP,      RATE_FPR,       RATE_FPR      },
    {"false_positive_rate_ratio",      FORM_RATIO,    RATE_FPR,       RATE_FPR      },
    {"false_negative_rate_difference", FORM_GAP,      RATE_FNR,       RATE_FNR      },
    {"false_negative_rate_ratio",      FORM_RATIO,    RATE_FNR,       RATE_FNR      },
    {"accuracy_difference",            FORM_GAP,      RATE_ACCURACY,  RATE_ACCURACY },
    {"accuracy_ratio",                 FORM_RATIO,    RATE_ACCURACY,  RATE_ACCURACY },
    {"worst_group_accuracy",           FORM_WORST,    RATE_ACCURACY,  RATE_ACCURACY },
};

void margins_of(const int64_t *m, size_t n, margins *ret)
{
    ret->all = ret->hits = 0;
    for (size_t i = 0; i < n; i++)
        ret->row[i] = ret->col[i] = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            ret->row[i] += m[i * n + k];
            ret->col[k] += m[i * n + k];
        }
        ret->all += ret->row[i];
        ret->hits += m[i * n + i];
    }
}

tally margins_tally(const margins *m, const int64_t *matrix, size_t n, size_t cls)
{
    int64_t hit = matrix[cls * n + cls], row = m->row[cls], col = m->col[cls];
    return (tally){
        {m->all - row - col + hit, col - hit, row - hit, hit}
    };
}

tally tally_of(const int64_t *m, size_t n, size_t cls)
{
    if (n == 2 && cls == 1)
        return (tally){
            {m[0], m[1], m[2], m[3]}
        };
    margins s;
    margins_of(m, n, &s);
    return margins_tally(&s, m, n, cls);
}

static int64_t masked(tally t, unsigned mask)
{
    int64_t s = 0;
    for (unsigned i = 0; i < 4; i++)
        s += t.c[i] & -(int64_t)(mask >> i & 1);
    return s;
}

fraction rate_of(rate r, tally t)
{
    return (fraction){masked(t, rate_defs[r].num), masked(t, rate_defs[r].den)};
}

double fraction_value(fraction f)
{
    return f.n ? (double)f.k / (double)f.n : NAN;
}

double fraction_error(fraction f)
{
    double n = (double)f.n + 4, p = ((double)f.k + 2) / n;
    return sqrt(p * (1 - p) / n);
}

void span_open(span *s)
{
    *s = (span){NAN, NAN};
}

void span_add(span *s, double x)
{
    s->lo = fmin(s->lo, x);
    s->hi = fmax(s->hi, x);
}

/* Is x[i] within reach of the largest (sign 1) or smallest (sign -1), which stands at `best`? */
static bool in_reach(const double *value, const double *error, size_t best, size_t i, double sign)
{
    double far = sign * (value[best] - value[i]);
    return far <= 3 * sqrt(error[best] * error[best] + error[i] * error[i]);
}

void span_candidates(const double *value, const double *error, size_t n, size_t step, uint8_t *ret)
{
    size_t top = SIZE_MAX, bottom = SIZE_MAX;
    for (size_t i = 0; i < n * step; i += step) {
        if (isnan(value[i])) continue;
        if (top == SIZE_MAX || value[i] > value[top]) top = i;
        if (bottom == SIZE_MAX || value[i] < value[bottom]) bottom = i;
    }
    for (size_t i = 0; i < n * step; i += step) {
        ret[i] = 0;
        if (isnan(value[i])) continue;
        if (in_reach(value, error, top, i, 1)) ret[i] |= SPAN_TOP;
        if (in_reach(value, error, bottom, i, -1)) ret[i] |= SPAN_BOTTOM;
    }
}

bool span_contested(const uint8_t *mark, size_t n, size_t step)
{
    size_t top = 0, bottom = 0;
    for (size_t i = 0; i < n * step; i += step) {
        top += (mark[i] & SPAN_TOP) != 0;
        bottom += (mark[i] & SPAN_BOTTOM) != 0;
    }
    return top > 1 || bottom > 1;
}

void span_add_to(span *s, uint8_t mark, double x)
{
    if (mark & SPAN_TOP) s->hi = fmax(s->hi, x);
    if (mark & SPAN_BOTTOM) s->lo = fmin(s->lo, x);
}

double span_gap(span s)
{
    return s.hi - s.lo;
}

double span_ratio(span s)
{
    return s.hi > 0 ? s.lo / s.hi : NAN;
}

/* fmin and fmax would hide an undefined rate behind the other one. */
static double larger(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : fmax(x, y);
}

static double smaller(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : fmin(x, y);
}

bool disparity_is_gap(const disparity *d)
{
    return d->form == FORM_GAP || d->form == FORM_MEAN_GAP;
}

double disparity_of(const disparity *d, const span s[RATES])
{
    span a = s[d->a], b = s[d->b];
    switch (d->form) {
    case FORM_GAP:
        return larger(span_gap(a), span_gap(b));
    case FORM_RATIO:
        return smaller(span_ratio(a), span_ratio(b));
    case FORM_MEAN_GAP:
        return (span_gap(a) + span_gap(b)) / 2;
    case FORM_WORST:
        return a.lo;
    }
    return NAN;
}

/* Shares of the benefits 0, 1 and 2, and their mean. */
typedef struct benefits {
    double n, share[3], mean;
} benefits;

static benefits benefits_of(tally t)
{
    double less = (double)t.c[FN], right = (double)(t.c[TP] + t.c[TN]), more = (double)t.c[FP];
    double n = less + right + more;
    return (benefits){
        n, {less / n, right / n, more / n},
         (right + 2 * more) / n
    };
}

double entropy_two(tally t)
{
    benefits b = benefits_of(t);
    return b.mean > 0 ? ((b.share[1] + 4 * b.share[2]) / (b.mean * b.mean) - 1) / 2 : NAN;
}

double entropy_theil(tally t)
{
    benefits b = benefits_of(t);
    if (!(b.mean > 0)) return NAN;
    return (b.share[1] * log(1 / b.mean) + 2 * b.share[2] * log(2 / b.mean)) / b.mean;
}

/* Standard error of a mean of what rows of each benefit add; the mean itself is 0. */
static double influence_error(const benefits *b, const double adds[3])
{
    double var = 0;
    for (int k = 0; k < 3; k++)
        var += b->share[k] * adds[k] * adds[k];
    return b->n > 1 ? sqrt(var / (b->n - 1)) : 0;
}

double entropy_two_error(tally t)
{
    benefits b = benefits_of(t);
    double m = b.mean, square = b.share[1] + 4 * b.share[2], adds[3];
    if (!(m > 0)) return 0;
    for (int k = 0; k < 3; k++)
        adds[k] = ((k * k + square) / 2 - square * k / m) / (m * m);
    return influence_error(&b, adds);
}

double entropy_theil_error(tally t)
{
    static const double b_log_b[3] = {0, 0, 2 * 0.69314718055994530942};
    benefits b = benefits_of(t);
    double m = b.mean, sum = b.share[2] * b_log_b[2], adds[3];
    if (!(m > 0)) return 0;
    for (int k = 0; k < 3; k++)
        adds[k] = (b_log_b[k] - sum * k / m - k) / m + 1;
    return influence_error(&b, adds);
}

double entropy_two_most(double w)
{
    return w / (2 * (1 - w));
}

double entropy_theil_most(double w)
{
    return -log1p(-w);
}
