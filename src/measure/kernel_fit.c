/* kernel_fit.c - what sampled coalitions say: a regression over all of them, and its remainders. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kernel_impl.h"
#include <math.h>

enum {
    SLOPES = 3,
    LEVELS = 3,
    PARTS = SLOPES + LEVELS,
    COLUMNS = 2 * PARTS,
    ROWS_PER_COLUMN = 30 /* so that fitting to the sample leans the values by next to nothing */
};

/*
 * Half of v(S) - v(complement) changes its sign between a coalition and its complement, and so
 * does all that it is held against: lone gains, their skews, and lone gains times the gap, each of
 * the coalition's players less half of all players'; and three levels times 1 - 2k/m. All of them
 * also times how far the size k is from 1. The lone gains by themselves are right as long as no
 * three players act together; what they miss is fitted by the columns.
 */
struct fit {
    const bout *b;
    const draws *d;
    size_t output;
    double theta[COLUMNS], inflate;
};

static double depth(const layer *l, double m)
{
    return 1 - (m - 1) / ((double)l->size * (m - (double)l->size));
}

/* Per rival: what its columns need. */
struct means {
    double m, lone, skew, gap;
    const double *lones, *skews;
};

static struct means means_of(const struct fit *f, const layer *l)
{
    const rival *r = &f->b->rivals[l->rival];
    struct means s = {.m = r->n_players,
                      .gap = r->gap[f->output],
                      .lones = r->lone + f->output * r->n_players,
                      .skews = r->skew + f->output * r->n_players};
    for (uint32_t i = 0; i < r->n_players; i++) {
        s.lone += s.lones[i] / s.m;
        s.skew += s.skews[i] / s.m;
    }
    return s;
}

/* Returns what the lone gains alone foretell. */
static double columns_of(const struct means *s, const layer *l, const rival *r, const uint64_t *set,
                         double ret[COLUMNS])
{
    double lone = -s->lone * s->m / 2, skew = -s->skew * s->m / 2, t = depth(l, s->m);
    double level = 1 - 2 * (double)l->size / s->m;
    for (uint32_t i = 0; i < r->n_players; i++)
        if (set[r->player[i] / 64] >> r->player[i] % 64 & 1) {
            lone += s->lones[i];
            skew += s->skews[i];
        }
    const double plain[PARTS] = {lone, skew, lone * s->gap, level * s->gap, level * s->lone, level};
    for (size_t c = 0; c < PARTS; c++) {
        ret[c] = plain[c];
        ret[PARTS + c] = plain[c] * t;
    }
    return lone;
}

/* Solves the normal equations by Cholesky's way; columns that follow from others get 0. */
static void solve(double a[COLUMNS][COLUMNS], const double *y, size_t n, double *ret)
{
    double z[COLUMNS] = {0}, diagonal[COLUMNS];
    for (size_t i = 0; i < n; i++) {
        diagonal[i] = a[i][i];
        z[i] = y[i];
        for (size_t j = 0; j <= i; j++) {
            for (size_t k = 0; k < j; k++)
                a[i][j] -= a[i][k] * a[j][k];
            if (j < i) a[i][j] = a[j][j] > 0 ? a[i][j] / a[j][j] : 0;
        }
        a[i][i] = a[i][i] > 1e-10 * diagonal[i] ? sqrt(a[i][i]) : 0;
        for (size_t k = 0; k < i; k++)
            z[i] -= a[i][k] * z[k];
        z[i] = a[i][i] > 0 ? z[i] / a[i][i] : 0;
    }
    for (size_t i = n; i-- > 0;) {
        ret[i] = z[i];
        for (size_t k = i + 1; k < n; k++)
            ret[i] -= a[k][i] * ret[k];
        ret[i] = a[i][i] > 0 ? ret[i] / a[i][i] : 0;
    }
}

static void learn(struct fit *f)
{
    double a[COLUMNS][COLUMNS] = {{0}}, y[COLUMNS] = {0}, x[COLUMNS];
    size_t n = 0, words = f->b->k->words, outputs = f->b->k->outputs;
    for (size_t i = 0; i < f->d->n_layers; i++) {
        const layer *l = &f->d->layers[i];
        const rival *r = &f->b->rivals[l->rival];
        if (!(l->open > 0)) continue;
        struct means s = means_of(f, l);
        double k = l->size, w = l->each * l->each * l->open * k * (s.m - k) / (s.m * s.m);
        for (size_t j = l->first; j < l->first + l->n; j++, n++) {
            double rest = f->d->half[j * outputs + f->output] -
                          columns_of(&s, l, r, f->d->sets + j * words, x);
            for (size_t c = 0; c < COLUMNS; c++) {
                y[c] += w * rest * x[c];
                for (size_t h = 0; h <= c; h++)
                    a[c][h] += w * x[c] * x[h];
            }
        }
    }
    f->inflate = 1;
    size_t columns = n / ROWS_PER_COLUMN < COLUMNS ? n / ROWS_PER_COLUMN : COLUMNS;
    if (columns == 0) return;
    f->inflate = (double)n / (double)(n - columns);
    solve(a, y, columns, f->theta);
}

/* The fitted part of all coalitions of a size, asked about or not: its slopes are known. */
static void add_slopes(const struct fit *f, const layer *l, const struct means *s, double *phi)
{
    const rival *r = &f->b->rivals[l->rival];
    double t = depth(l, s->m), k = l->size;
    double part = l->weight * k * (s->m - k) / (s->m * (s->m - 1)), by[SLOPES];
    for (size_t c = 0; c < SLOPES; c++)
        by[c] = part * (f->theta[c] + t * f->theta[PARTS + c]);
    double lone = part + by[0] + by[2] * s->gap;
    for (uint32_t i = 0; i < r->n_players; i++)
        phi[r->player[i]] += lone * (s->lones[i] - s->lone) + by[1] * (s->skews[i] - s->skew);
}

/* `all` goes to every player, and what a member gets more to those of the set. */
static void add_members(const rival *r, const uint64_t *set, double more, double more_var,
                        double *phi, double *var)
{
    for (uint32_t i = 0; i < r->n_players; i++)
        if (set[r->player[i] / 64] >> r->player[i] % 64 & 1) {
            phi[r->player[i]] += more;
            var[r->player[i]] += more_var;
        }
}

static void add_layer(const struct fit *f, const layer *l, double *phi, double *var)
{
    const bout *b = f->b;
    const rival *r = &b->rivals[l->rival];
    bool open = l->open > 0;
    struct means s = {.m = r->n_players};
    double share = (double)l->size / s.m, all = 0, all_var = 0, x[COLUMNS];
    if (open) {
        s = means_of(f, l);
        add_slopes(f, l, &s, phi);
    }
    for (size_t j = l->first; j < l->first + l->n; j++) {
        const uint64_t *set = f->d->sets + j * b->k->words;
        double rest = f->d->half[j * b->k->outputs + f->output];
        if (open) rest -= columns_of(&s, l, r, set, x);
        for (size_t c = 0; c < COLUMNS && open; c++)
            rest -= x[c] * f->theta[c];
        rest *= l->each;
        double square = l->open * f->inflate * rest * rest;
        add_members(r, set, rest, square * (1 - 2 * share), phi, var);
        all -= rest * share;
        all_var += square * share * share;
    }
    for (uint32_t i = 0; i < r->n_players; i++) {
        phi[r->player[i]] += all;
        var[r->player[i]] += all_var;
    }
}

void draws_add(bout *b, const draws *d, arena *a)
{
    struct fit *f = arena_new(a, struct fit, 1);
    size_t per = b->k->features + 1;
    for (size_t o = 0; o < b->k->outputs; o++) {
        *f = (struct fit){.b = b, .d = d, .output = o};
        learn(f);
        for (size_t i = 0; i < d->n_layers; i++)
            add_layer(f, &d->layers[i], b->phi + o * per, b->var + o * per);
    }
}
