/* attack.c - distances, queries and CPU seconds of attacks and of exact search, for attack.sh. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/attack.h"
#include "measure/exact.h"
#include <math.h>

enum { POINTS = 64, REPEATS = 5 };

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *p, const void *q)
{
    double a = *(const double *)p, b = *(const double *)q;
    return a < b ? -1 : a > b;
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, by_size);
    return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

struct bench {
    arena *a;
    struct model *m;
    target t;
    threat th;
    float *points, *all;
    double own[POINTS], *answer; /* of the points, of all rows */
    size_t n, n_all;
};

static void need(bool ok, const err *e)
{
    if (ok) return;
    fprintf(stderr, "bench_attack: %.*s\n", STR_ARG(e->msg));
    exit(1);
}

static float *rows_of(struct bench *b, const char *dir, const char *name, size_t *ret_n,
                      const table **ret)
{
    err e = ERR_IN(b->a);
    table_options o = {0};
    table *t = arena_new(b->a, table, 1);
    str label = S("target");
    float *x;
    need(table_read(b->a, str_fmt(b->a, "%s/%s.csv", dir, name).p, &o, t, &e), &e);
    need(model_matrix(b->a, b->m, t, &label, 1, &x, &e), &e);
    *ret_n = t->rows;
    *ret = t;
    return x;
}

static void answers(struct bench *b, const float *x, size_t n, double *ret)
{
    err e = ERR_IN(b->a);
    need(model_predict(b->m, x, n, ret, &e), &e);
    for (size_t i = 0; i < n; i++)
        ret[i] = target_answer(&b->t, &ret[i]);
}

/* All features lie in 0..1 and cost 1, as ART sees them. */
static void load(struct bench *b, const char *dir)
{
    err e = ERR_IN(b->a);
    const table *t;
    need(model_load(b->a, str_fmt(b->a, "%s/model.json", dir).p, &b->m, &e), &e);
    b->all = rows_of(b, dir, "all", &b->n_all, &t);
    b->points = rows_of(b, dir, "points", &b->n, &t);
    b->n = b->n < POINTS ? b->n : POINTS;
    size_t f = model_describe(b->m)->n_features;
    str *names = arena_new(b->a, str, f);
    for (size_t i = 0; i < f; i++)
        names[i] = t->columns[i].name;
    threat_data data = {names, f, NULL, b->all, b->n_all, NULL};
    doc *d;
    need(doc_parse(b->a, S("{\"scale\":\"unit\"}"), 100, &d, &e), &e);
    need(threat_make(b->a, d, &data, S("threat"), &b->th, &e), &e);
    b->t = (target){b->m, TASK_BINARY, f, 1, 0.5, 0};
    b->answer = arena_new(b->a, double, b->n_all);
    answers(b, b->all, b->n_all, b->answer);
    answers(b, b->points, b->n, b->own);
}

/* Several seeds; the median is over all points of all seeds. */
static void time_attack(struct bench *b, attack_kind kind, size_t queries, bool known)
{
    double far[POINTS * REPEATS], sum = 0, asked = 0, began = cpu_seconds();
    size_t n = 0;
    for (uint64_t seed = 1; seed <= REPEATS; seed++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        attack k = {&b->t, &b->th, kind, queries, seed, b->all, b->answer, known ? b->n_all : 0};
        float *point = arena_new(a, float, b->n * b->t.features);
        attack_answer got[POINTS];
        uint64_t number[POINTS];
        for (size_t i = 0; i < b->n; i++)
            number[i] = i;
        need(attack_rows(&k, b->points, b->own, number, b->n, point, got, a, &e), &e);
        for (size_t i = 0; i < b->n; i++) {
            sum += far[n++] = got[i].distance;
            asked += (double)got[i].queries;
        }
        arena_close(a);
    }
    double each = (cpu_seconds() - began) / (double)n, mean = sum / (double)n;
    printf("aims %-11s from %s: median L2 %.4f, mean %.4f, %.0f queries and %.5f CPU-s per point\n",
           attack_names[kind], known ? "rows of the data" : "random rows     ", median(far, n),
           mean, asked / (double)n, each);
}

static void time_exact(struct bench *b, const char *to)
{
    err e = ERR_IN(b->a);
    struct exact *x;
    double far[POINTS], low[POINTS], sum = 0;
    size_t closed = 0, boxes = 0;
    double began = cpu_seconds();
    need(exact_open(b->a, &b->t, &b->th, &x, &e), &e);
    for (size_t i = 0; i < b->n; i++) {
        arena *a = arena_open();
        float *point = arena_new(a, float, b->t.features);
        exact_answer got;
        need(exact_distance(x, b->points + i * b->t.features, b->own[i], INFINITY, point,
                            UINT64_C(1000000000), &got, a, &e),
             &e);
        sum += far[i] = got.upper;
        low[i] = got.lower;
        closed += got.closed;
        boxes += got.boxes;
        arena_close(a);
    }
    double each = (cpu_seconds() - began) / (double)b->n, mean = sum / (double)b->n;
    buf text = buf_open(b->a, 1 << 16);
    for (size_t i = 0; i < b->n; i++)
        buf_fmt(&text, "%.17g\n", far[i]);
    need(file_replace(to, buf_str(&text), 0644, &e), &e);
    printf("aims exact distance: median L2 %.4f (proven %.4f), mean %.4f, %zu of %zu closed, %.0f "
           "boxes and %.5f CPU-s per point\n",
           median(far, b->n), median(low, b->n), mean, closed, b->n, (double)boxes / (double)b->n,
           each);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIR (made by attack_peers.py)\n", argv[0]);
        return 2;
    }
    static struct bench b;
    b.a = arena_open();
    load(&b, argv[1]);
    static const size_t queries[] = {500, 1000, 2000};
    for (size_t k = 0; k < COUNT(queries); k++)
        for (int known = 1; known >= 0; known--)
            time_attack(&b, ATTACK_HOPSKIP, queries[k], known);
    time_attack(&b, ATTACK_BOUNDARY, 2000, true);
    time_attack(&b, ATTACK_SQUARE, 2000, true);
    time_exact(&b, str_fmt(b.a, "%s/exact.csv", argv[1]).p);
    arena_close(b.a);
    return 0;
}
