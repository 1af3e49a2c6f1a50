/* stat.c - normal quantile, Wilson interval, tails of tests, type-7 quantiles and mergeable
 * moments. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/stat.h"
#include <math.h>

/* Horner's rule over eight coefficients, the highest first. */
static double poly(const double c[8], double x)
{
    double s = c[0];
    for (int i = 1; i < 8; i++)
        s = s * x + c[i];
    return s;
}

static double centre(double q)
{
    static const double a[8] = {2.5090809287301226727e+3, 3.3430575583588128105e+4,
                                6.7265770927008700853e+4, 4.5921953931549871457e+4,
                                1.3731693765509461125e+4, 1.9715909503065514427e+3,
                                1.3314166789178437745e+2, 3.3871328727963666080e+0};
    static const double b[8] = {5.2264952788528545610e+3, 2.8729085735721942674e+4,
                                3.9307895800092710610e+4, 2.1213794301586595867e+4,
                                5.3941960214247511077e+3, 6.8718700749205790830e+2,
                                4.2313330701600911252e+1, 1.0};
    double r = 0.180625 - q * q;
    return q * poly(a, r) / poly(b, r);
}

static double tail(double r)
{
    static const double c[8] = {7.74545014278341407640e-4, 2.27238449892691845833e-2,
                                2.41780725177450611770e-1, 1.27045825245236838258e+0,
                                3.64784832476320460504e+0, 5.76949722146069140550e+0,
                                4.63033784615654529590e+0, 1.42343711074968357734e+0};
    static const double d[8] = {1.05075007164441684324e-9, 5.47593808499534494600e-4,
                                1.51986665636164571966e-2, 1.48103976427480074590e-1,
                                6.89767334985100004550e-1, 1.67638483018380384940e+0,
                                2.05319162663775882187e+0, 1.0};
    static const double e[8] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
                                1.24266094738807843860e-3, 2.65321895265761230930e-2,
                                2.96560571828504891230e-1, 1.78482653991729133580e+0,
                                5.46378491116411436990e+0, 6.65790464350110377720e+0};
    static const double f[8] = {2.04426310338993978564e-15, 1.42151175831644588870e-7,
                                1.84631831751005468180e-5,  7.86869131145613259100e-4,
                                1.48753612908506148525e-2,  1.36929880922735805310e-1,
                                5.99832206555887937690e-1,  1.0};
    if (r <= 5) return poly(c, r - 1.6) / poly(d, r - 1.6);
    return poly(e, r - 5) / poly(f, r - 5);
}

double stat_normal_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425) return centre(q);
    double x = tail(sqrt(-log(q < 0 ? p : 1 - p)));
    return q < 0 ? -x : x;
}

double stat_student_quantile(double p, double df)
{
    double z = stat_normal_quantile(p), y = z * z;
    double c[4] = {(y + 1) / 4, ((5 * y + 16) * y + 3) / 96,
                   (((3 * y + 19) * y + 17) * y - 15) / 384,
                   ((((79 * y + 776) * y + 1482) * y - 1920) * y - 945) / 92160};
    return z * (1 + (c[0] + (c[1] + (c[2] + c[3] / df) / df) / df) / df);
}

interval stat_wilson(double k, double n, double confidence)
{
    double z = stat_normal_quantile((1 + confidence) / 2), z2 = z * z, p = k / n;
    double mid = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    return (interval){k <= 0 ? 0 : fmax(0, mid - half), k >= n ? 1 : fmin(1, mid + half)};
}

/* ---- tails of tests ---- */

/* Terms h^(i+f) / Gamma(i+f+1) for i < n, times e^-h: from the largest one outwards. */
static double poisson_sum(double h, double f, double n)
{
    if (n < 1) return 0;
    int sign;
    double top = fmax(0, fmin(n - 1, floor(h - f)));
    double most = exp((top + f) * log(h) - h - lgamma_r(top + f + 1, &sign)), sum = most;
    double t = most;
    for (double i = top; i > 0 && t > 0; i--)
        sum += t *= (i + f) / h;
    t = most;
    for (double i = top + 1; i < n && t > 0; i++)
        sum += t *= h / (i + f);
    return sum;
}

double stat_chi_square_tail(double x, double freedom)
{
    double h = x / 2, half = floor(freedom / 2);
    if (freedom < 1 || x <= 0) return 1;
    if (fmod(freedom, 2) == 0) return fmin(1, poisson_sum(h, 0, half));
    return fmin(1, erfc(sqrt(h)) + poisson_sum(h, 0.5, half));
}

/* Row by row over the band |i m - j n| < reach: u[j] is the chance that a path to (i, j) has left
 * it; its last step came from above in i of i + j cases. */
double stat_smirnov_tail(double d, size_t n, size_t m)
{
    arena *scratch = arena_open();
    int64_t rows = (int64_t)n, columns = (int64_t)m, reach = llround(d * (double)n * (double)m);
    double *u = arena_new(scratch, double, m + 1);
    for (int64_t j = 0; j <= columns; j++)
        u[j] = 1;
    for (int64_t i = 0; i <= rows; i++) {
        int64_t from = i * columns < reach ? 0 : (i * columns - reach) / rows + 1;
        if (from > 0 && from <= columns + 1) u[from - 1] = 1;
        for (int64_t j = from; j <= columns && j * rows < i * columns + reach; j++) {
            double last = i + j ? 1 / (double)(i + j) : 0, before = j ? u[j - 1] : 0;
            u[j] = (double)i * last * u[j] + (double)j * last * before;
        }
    }
    double p = reach > 0 ? u[m] : 1;
    arena_close(scratch);
    return p;
}

/* Two series for one function, each where it is short. */
double stat_kolmogorov_tail(double x)
{
    const double pi = acos(-1.0);
    double sum = 0;
    if (x <= 0) return 1;
    if (x < 1) {
        for (int k = 1; k < 12; k += 2)
            sum += exp(-k * k * pi * pi / (8 * x * x));
        return 1 - sqrt(2 * pi) / x * sum;
    }
    for (int k = 5; k > 0; k--)
        sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * x * x);
    return sum;
}

struct ranked {
    double p;
    size_t at;
};

static int by_p(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    return (a->p > b->p) - (a->p < b->p);
}

void stat_holm(double *p, size_t n, arena *scratch)
{
    struct ranked *v = arena_new(scratch, struct ranked, n);
    size_t k = 0;
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i])) v[k++] = (struct ranked){p[i], i};
    if (k) qsort(v, k, sizeof *v, by_p);
    for (size_t i = 0; i < k; i++)
        p[v[i].at] = most = fmax(most, fmin(1, (double)(k - i) * v[i].p));
}

/* ---- quantiles and moments ---- */

size_t stat_finite(double *v, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(v[i])) {
            double t = v[k];
            v[k++] = v[i];
            v[i] = t;
        }
    return k;
}

static double median(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* Afterwards v[k] is what a sort would put there, with nothing larger before it and nothing
 * smaller behind it. */
static void settle(double *v, ptrdiff_t n, ptrdiff_t k)
{
    ptrdiff_t lo = 0, hi = n - 1;
    while (lo < hi) {
        double pivot = median(v[lo], v[lo + (hi - lo) / 2], v[hi]);
        ptrdiff_t i = lo, j = hi;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                double t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (k > j && k < i) return;
        lo = k >= i ? i : lo;
        hi = k <= j ? j : hi;
    }
}

double stat_quantile(double *v, size_t n, double p)
{
    double h = (double)(n - 1) * p;
    size_t i = (size_t)h;
    settle(v, (ptrdiff_t)n, (ptrdiff_t)i);
    if (i + 1 >= n) return v[n - 1];
    double next = v[i + 1];
    for (size_t k = i + 2; k < n; k++)
        next = v[k] < next ? v[k] : next;
    return v[i] + (h - (double)i) * (next - v[i]);
}

void moments_add(moments *m, double x)
{
    double d = x - m->mean;
    m->n += 1;
    double step = d / m->n;
    m->mean += step;
    m->m3 += d * step * step * (m->n - 1) * (m->n - 2) - 3 * step * m->m2;
    m->m2 += d * (x - m->mean);
}

void moments_merge(moments *m, moments o)
{
    if (o.n == 0) return;
    double n = m->n + o.n, d = o.mean - m->mean, step = d / n;
    m->m3 +=
        o.m3 + d * step * step * m->n * o.n * (m->n - o.n) + 3 * step * (m->n * o.m2 - o.n * m->m2);
    m->m2 += o.m2 + d * d * m->n * o.n / n;
    m->mean += d * o.n / n;
    m->n = n;
}

double moments_se(moments m)
{
    return m.n < 2 ? 0 : sqrt(m.m2 / (m.n - 1) / m.n);
}

double moments_skew(moments m)
{
    double var = m.m2 / m.n;
    return m.m2 > 0 ? m.m3 / m.n / (var * sqrt(var)) : 0;
}
