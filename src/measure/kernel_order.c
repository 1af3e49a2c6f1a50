/* kernel_order.c - Shapley values by permutations and their reverses. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kernel_impl.h"
#include <math.h>

/* Orders of the features are walked from the rival to the row, and back the other way round. */
struct walk {
    uint32_t *order;
    uint64_t *set;
    double *gain;   /* outputs x players: of the pair at hand */
    moments *pairs; /* outputs x players */
};

static void shuffle(uint32_t *order, uint32_t n, rng *r)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)(rng_uniform(r) * i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* The coalitions on the way, as hybrids; those of the reverse are their complements. */
static bool ask_order(asker *q, uint32_t z, const rival *r, const struct walk *w, size_t words,
                      err *e)
{
    memset(w->set, 0, words * sizeof *w->set);
    for (uint32_t i = 0; i + 1 < r->n_players; i++) {
        uint32_t f = r->player[w->order[i]];
        w->set[f / 64] |= UINT64_C(1) << f % 64;
        if (!asker_add(q, z, w->set, false, e) || !asker_add(q, z, w->set, true, e)) return false;
    }
    return asker_end(q, e);
}

/* Half of what each player adds on the two ways. */
static void gains(const bout *b, uint32_t z, const rival *r, const double *v, const struct walk *w)
{
    size_t outputs = b->k->outputs, m = r->n_players;
    for (size_t o = 0; o < outputs; o++) {
        double there = b->k->fz[z * outputs + o], back = b->fx[o];
        for (size_t i = 0; i < m; i++) {
            bool last = i + 1 == m;
            double next = last ? b->fx[o] : v[2 * i * outputs + o];
            double rest = last ? b->k->fz[z * outputs + o] : v[(2 * i + 1) * outputs + o];
            w->gain[o * m + w->order[i]] = (next - there + back - rest) / 2;
            there = next;
            back = rest;
        }
    }
}

static bool walk_rival(bout *b, uint32_t z, size_t pairs, err *e)
{
    const rival *r = &b->rivals[z];
    size_t outputs = b->k->outputs, m = r->n_players, per = b->k->features + 1;
    arena *a = arena_open();
    bool ok = true;
    struct walk w = {.order = arena_new(a, uint32_t, m),
                     .set = arena_new(a, uint64_t, b->k->words),
                     .gain = arena_new(a, double, outputs *m),
                     .pairs = arena_new(a, moments, outputs * m)};
    for (uint32_t i = 0; i < m; i++)
        w.order[i] = i;
    if (m < 3) pairs = 1; /* a way and its reverse are all there are */
    for (size_t p = 0; ok && p < pairs; p++) {
        asker q = asker_open(b, 2 * m, a);
        shuffle(w.order, (uint32_t)m, &b->r);
        ok = ask_order(&q, z, r, &w, b->k->words, e);
        if (ok) gains(b, z, r, q.out, &w);
        for (size_t i = 0; ok && i < outputs * m; i++)
            moments_add(&w.pairs[i], w.gain[i]);
    }
    for (size_t i = 0; ok && i < outputs * m; i++) {
        double se = moments_se(w.pairs[i]);
        b->phi[i / m * per + r->player[i % m]] += w.pairs[i].mean;
        b->var[i / m * per + r->player[i % m]] += se * se;
    }
    arena_close(a);
    return ok;
}

bool orders_add(bout *b, err *e)
{
    for (size_t z = 0; z < b->k->rows; z++) {
        size_t m = b->rivals[z].n_players;
        if (m == 0) continue;
        size_t pairs = m > 1 ? b->k->o.coalitions / (2 * (m - 1)) : 1;
        if (!walk_rival(b, (uint32_t)z, pairs < 2 ? 2 : pairs, e)) return false;
    }
    return true;
}
