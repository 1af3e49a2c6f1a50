/* kernel.c - Shapley values of a neural network, rows per CPU second at a known error, on one core.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kernel.h"
#include "model/model_impl.h"
#include <math.h>

/* Written by kernel_peers.py: the network's weights, 100 background rows, rows to explain. */
enum { IN = 14, ONE = 32, TWO = 16, BACKGROUND = 100 };

struct network {
    float w1[IN][ONE], b1[ONE], w2[ONE][TWO], b2[TWO], w3[TWO], b3;
};

static bool predict(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    const struct network *n = m->self;
    (void)e;
    for (size_t r = 0; r < rows; r++) {
        float a[ONE], b[TWO], out = n->b3;
        memcpy(a, n->b1, sizeof a);
        memcpy(b, n->b2, sizeof b);
        for (size_t i = 0; i < IN; i++)
            for (size_t k = 0; k < ONE; k++)
                a[k] += x[r * IN + i] * n->w1[i][k];
        for (size_t i = 0; i < ONE; i++)
            for (size_t k = 0; k < TWO; k++)
                b[k] += (a[i] > 0 ? a[i] : 0) * n->w2[i][k];
        for (size_t k = 0; k < TWO; k++)
            out += (b[k] > 0 ? b[k] : 0) * n->w3[k];
        ret[r] = 1 / (1 + exp(-(double)out));
    }
    return true;
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(bool ok, const err *e)
{
    if (ok) return;
    fprintf(stderr, "%s: %s\n", e->path.p, e->msg.p);
    exit(3);
}

struct run {
    double *phi, *se, rate, evaluations;
};

static struct run explain(arena *a, const struct model *m, const float *z, const float *x,
                          size_t rows, kernel_options o)
{
    struct kernel *k;
    err e = ERR_IN(a);
    double answer;
    kernel_cost cost;
    struct run ret = {arena_new(a, double, rows *(IN + 1)), arena_new(a, double, rows *(IN + 1)), 0,
                      0};
    must(kernel_open(a, &(measure_input){.model = m, .threads = 1}, z, BACKGROUND, &o, &k, &e), &e);
    double began = cpu_seconds();
    for (size_t r = 0; r < rows; r++) {
        must(kernel_values(k, x + r * IN, r, ret.phi + r * (IN + 1), ret.se + r * (IN + 1), &answer,
                           &cost, &e),
             &e);
        ret.evaluations += (double)cost.rows / (double)rows;
    }
    ret.rate = (double)rows / (cpu_seconds() - began);
    return ret;
}

static void compare(const char *name, const struct run *r, const struct run *exact, size_t rows)
{
    double sum = 0, worst = 0, covered = 0, n = 0;
    for (size_t i = 0; i < rows * (IN + 1); i++) {
        if (i % (IN + 1) == IN) continue;
        double miss = fabs(r->phi[i] - exact->phi[i]);
        sum += miss * miss / (double)(rows * IN);
        worst = fmax(worst, miss);
        n += r->se[i] > 0;
        covered += r->se[i] > 0 && miss <= 1.959964 * r->se[i];
    }
    printf("aims %-24s %8.1f rows/s, %7.0f evaluations per row, error %.2e (largest %.2e), %.1f %% "
           "of 95 %% intervals hold\n",
           name, r->rate, r->evaluations, sqrt(sum), worst, n > 0 ? 100 * covered / n : 100.0);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIR\n", argv[0]);
        return 2;
    }
    arena *a = arena_open();
    err e = ERR_IN(a);
    str net, bg, xs;
    must(file_map(a, str_fmt(a, "%s/network.f32", argv[1]).p, &net, &e), &e);
    must(file_map(a, str_fmt(a, "%s/background.f32", argv[1]).p, &bg, &e), &e);
    must(file_map(a, str_fmt(a, "%s/rows.f32", argv[1]).p, &xs, &e), &e);
    if (net.n != sizeof(struct network) || bg.n != sizeof(float) * IN * BACKGROUND) return 3;
    struct network *n = arena_new(a, struct network, 1);
    memcpy(n, net.p, sizeof *n);
    float *z = arena_new(a, float, IN *BACKGROUND), *x = arena_new(a, float, xs.n / sizeof(float));
    memcpy(z, bg.p, bg.n);
    memcpy(x, xs.p, xs.n);
    size_t rows = xs.n / sizeof(float) / IN;
    struct model m = {
        .info = {.n_features = IN, .n_outputs = 1, .task = MODEL_BINARY},
        .predict = predict,
        .self = n
    };
    double *out = arena_new(a, double, rows), began = cpu_seconds();
    for (int i = 0; i < 1000; i++)
        must(predict(&m, x, rows, out, &e), &e);
    printf("the network alone: %.2f M rows/s\n", (double)rows * 1e-3 / (cpu_seconds() - began));
    struct run exact = explain(a, &m, z, x, rows, (kernel_options){.method = KERNEL_EXACT});
    compare("exact", &exact, &exact, rows);
    static const size_t coalitions[] = {60, 100, 140, 180, 252, 400};
    for (size_t i = 0; i < COUNT(coalitions); i++) {
        struct run r = explain(
            a, &m, z, x, rows,
            (kernel_options){.method = KERNEL_SAMPLED, .coalitions = coalitions[i], .seed = 1});
        compare(str_fmt(a, "kernel, %zu coalitions", coalitions[i]).p, &r, &exact, rows);
    }
    struct run r = explain(a, &m, z, x, rows,
                           (kernel_options){.method = KERNEL_ORDERS, .coalitions = 252, .seed = 1});
    compare("sampling, 252 coalitions", &r, &exact, rows);
    must(file_replace(str_fmt(a, "%s/exact.f64", argv[1]).p,
                      (str){(const char *)exact.phi, rows * (IN + 1) * sizeof(double)}, 0644, &e),
         &e);
    arena_close(a);
    return 0;
}
