/* stat.h - the few classical statistics the engines share: quantiles, intervals, moments. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_STAT_H
#define AIMS_MEASURE_STAT_H
#include "base/arena.h"

/* Inverse of the standard normal distribution, 0 < p < 1; Wichura, AS 241 (PPND16), 1988. */
double stat_normal_quantile(double p);

/* The same of Student's distribution with df >= 3 degrees of freedom, by Abramowitz & Stegun 26.7.5
 * (four terms): for p up to 0.999 within 0.02 % of it from df 10, 0.4 % at 5 and 3 % at 3. */
double stat_student_quantile(double p, double df);

typedef struct interval {
    double lo, hi; /* NaN: none */
} interval;

/* Wilson's score interval (JASA 22, 1927) of k successes in n > 0 trials, two-sided. */
interval stat_wilson(double k, double n, double confidence);

/* Chance of a chi-square value of at least x >= 0 with a whole number of degrees of freedom; 1 at
 * 0 degrees. A finite sum (Abramowitz & Stegun 26.4.4, 26.4.5) of positive terms: relative error
 * under 1e-12, also far in the tail, until it falls under the smallest normal double. */
double stat_chi_square_tail(double x, double freedom);
/* Chance that the two-sample Kolmogorov-Smirnov distance of n and m > 0 continuous values from one
 * distribution is at least d; by counting paths in the band (Hodges, Ark. Mat. 3, 1958), n m
 * steps at most. Values that are tied make the true chance smaller. */
double stat_smirnov_tail(double d, size_t n, size_t m);
/* Its limit for large samples, of x = d sqrt(n m / (n + m)) (Smirnov, Ann. Math. Stat. 19, 1948).
 */
double stat_kolmogorov_tail(double x);
/* P-values corrected for their number (Holm, Scand. J. Stat. 6, 1979), in place; NaN is none. */
void stat_holm(double *p, size_t n, arena *scratch);

/* Moves the finite values to the front and returns how many there are. */
size_t stat_finite(double *v, size_t n);
/* Type-7 quantile (Hyndman & Fan 1996; R's and NumPy's default) of n > 0 finite values, in
 * linear time by selection (Hoare, CACM 4, 1961); reorders v. */
double stat_quantile(double *v, size_t n, double p);

/* Count, mean, and sums of squared and cubed deviations; merging after Chan, Golub & LeVeque
 * (1979), of the cubes after Pebay (Sandia report SAND2008-6212). */
typedef struct moments {
    double n, mean, m2, m3;
} moments;
void moments_add(moments *m, double x);
void moments_merge(moments *m, moments other);
double moments_se(moments m);   /* of the mean, with n-1; 0 when n < 2 */
double moments_skew(moments m); /* m3 / n over the cube of sqrt(m2 / n); 0 when m2 is 0 */

#endif
