/* kernel_draw.c - which coalitions of the middle sizes are asked about, and the answers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kernel_impl.h"
#include <math.h>

#define COUNT_MAX 1e18

double draws_count(uint32_t m)
{
    return m < 4 ? 0 : m > 60 ? COUNT_MAX : (double)(UINT64_C(1) << (m - 1)) - 1 - m;
}

/* Pairs of coalitions of the sizes k and m-k. */
static double count_size(uint32_t m, uint32_t k)
{
    double ret = 1;
    for (uint32_t i = 0; i < k && ret < COUNT_MAX; i++)
        ret = ret * (double)(m - i) / (double)(i + 1);
    return ret >= COUNT_MAX ? COUNT_MAX : nearbyint(2 * k == m ? ret / 2 : ret);
}

void draws_share(rival *r, size_t n, double budget)
{
    double lo = 0, hi = budget > 0 ? floor(budget) : 0;
    while (lo < hi) {
        double q = ceil((lo + hi) / 2), sum = 0;
        for (size_t z = 0; z < n; z++)
            sum += fmin(q, draws_count(r[z].n_players));
        if (sum <= budget)
            lo = q;
        else
            hi = q - 1;
    }
    for (size_t z = 0; z < n; z++)
        r[z].pairs = (size_t)fmin(lo, draws_count(r[z].n_players));
}

/* ---- sizes ---- */

/* What the whole sizes leave open of v grows like this away from them, if three features at most
 * act together and all triples alike. */
static double wish(uint32_t m, uint32_t k)
{
    return sqrt(fmax(0, 1 - (double)(m - 1) / ((double)k * (m - k))));
}

/* Sizes that get as many draws as they have coalitions are whole; what they leave over is for the
 * others. Sets their `n` and returns what is left for each unit of wish. */
static double close_sizes(layer *l, size_t n, uint32_t m, double pairs)
{
    for (bool again = true; again;) {
        double sum = 0;
        again = false;
        for (size_t i = 0; i < n; i++)
            sum += l[i].open > 0 ? wish(m, l[i].size) : 0;
        if (!(sum > 0)) return 0;
        double left = pairs;
        for (size_t i = 0; i < n; i++) {
            double all = count_size(m, l[i].size);
            if (!(l[i].open > 0) || left * wish(m, l[i].size) / sum < all) continue;
            l[i].open = 0;
            l[i].n = (size_t)all;
            pairs -= all;
            again = true;
        }
        if (!again) return pairs / sum;
    }
    return 0;
}

/* Layers of a rival; open sizes get the whole number above or below their due, by chance. */
static size_t plan_sizes(bout *b, uint32_t z, size_t first, layer *l)
{
    uint32_t m = b->rivals[z].n_players;
    size_t n = 0;
    double due = rng_uniform(&b->r), given = 0;
    for (uint32_t k = 2; 2 * k <= m && b->rivals[z].pairs; k++) {
        double w = (double)m / ((double)k * (m - k));
        l[n++] = (layer){.rival = z, .size = k, .weight = 2 * k == m ? w : 2 * w, .open = 1};
    }
    double unit = close_sizes(l, n, m, (double)b->rivals[z].pairs);
    for (size_t i = 0; i < n; i++) {
        double all = count_size(m, l[i].size), want = unit * wish(m, l[i].size);
        if (l[i].open > 0) {
            due += want;
            l[i].n = (size_t)fmin(floor(due) - given, all);
            given = floor(due);
            l[i].open = 1 - want / all;
        }
        l[i].each = l[i].weight / (l[i].open > 0 && want < 1 ? want : fmax((double)l[i].n, 1));
        l[i].first = first;
        first += l[i].n;
    }
    return n;
}

/* ---- coalitions ---- */

static void put(uint64_t *set, uint32_t feature)
{
    set[feature / 64] |= UINT64_C(1) << feature % 64;
}

/* In the order of their lists; of a pair of halves the one with the first player. */
static void list_all(const rival *r, const layer *l, size_t words, uint64_t *sets, arena *a)
{
    uint32_t m = r->n_players, k = l->size, *at = arena_new(a, uint32_t, k);
    for (uint32_t i = 0; i < k; i++)
        at[i] = i;
    for (size_t j = 0; j < l->n; j++, sets += words) {
        for (uint32_t i = 0; i < k; i++)
            put(sets, r->player[at[i]]);
        uint32_t i = k;
        while (i > 0 && at[i - 1] == m - k + i - 1)
            i--;
        if (i == 0) return;
        at[i - 1]++;
        for (; i < k; i++)
            at[i] = at[i - 1] + 1;
    }
}

/* Several small draws out of one uniform number, as long as it has bits to spare. */
struct dice {
    rng *r;
    double u, range;
};

static uint32_t roll(struct dice *d, uint32_t n)
{
    if (!(d->range * n < 0x1p24)) {
        d->u = rng_uniform(d->r);
        d->range = 1;
    }
    d->u *= n;
    uint32_t ret = (uint32_t)d->u;
    d->u -= ret;
    d->range *= n;
    return ret;
}

static void draw_set(struct dice *d, const rival *r, uint32_t k, uint32_t *order, size_t words,
                     uint64_t *ret)
{
    uint32_t m = r->n_players, first = r->player[0];
    memset(ret, 0, words * sizeof *ret);
    for (uint32_t i = 0; i < k; i++) {
        uint32_t other = i + roll(d, m - i), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
        put(ret, order[i]);
    }
    if (2 * k < m || ret[first / 64] >> first % 64 & 1) return;
    for (uint32_t i = 0; i < m; i++)
        ret[r->player[i] / 64] ^= UINT64_C(1) << r->player[i] % 64;
}

static uint64_t mix(const uint64_t *set, size_t words)
{
    uint64_t h = 0;
    for (size_t w = 0; w < words; w++) {
        h = (h ^ set[w]) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 32;
    }
    return h;
}

/* False when the set is in the table of 1-based numbers already. */
static bool is_new(uint32_t *seen, size_t mask, const uint64_t *sets, size_t words, uint32_t j)
{
    const uint64_t *set = sets + j * words;
    size_t at = mix(set, words) & mask;
    while (seen[at]) {
        if (memcmp(sets + (seen[at] - 1) * words, set, words * sizeof *set) == 0) return false;
        at = (at + 1) & mask;
    }
    seen[at] = j + 1;
    return true;
}

static void draw_some(bout *b, const rival *r, const layer *l, size_t words, uint64_t *sets)
{
    arena *a = arena_open();
    struct dice d = {.r = &b->r, .range = INFINITY};
    size_t mask = 15;
    while (mask < 2 * l->n)
        mask = 2 * mask + 1;
    uint32_t *seen = arena_new(a, uint32_t, mask + 1),
             *order = arena_new(a, uint32_t, r->n_players);
    memcpy(order, r->player, r->n_players * sizeof *order);
    for (uint32_t j = 0; j < l->n; j++)
        do
            draw_set(&d, r, l->size, order, words, sets + j * words);
        while (!is_new(seen, mask, sets, words, j));
    arena_close(a);
}

/* ---- asking ---- */

static bool ask_pairs(const bout *b, draws *d, arena *a, err *e)
{
    size_t outputs = b->k->outputs, words = b->k->words;
    asker q = asker_open(b, 2 * d->n + 1, a);
    for (size_t i = 0; i < d->n_layers; i++)
        for (size_t j = d->layers[i].first; j < d->layers[i].first + d->layers[i].n; j++)
            if (!asker_add(&q, d->layers[i].rival, d->sets + j * words, false, e) ||
                !asker_add(&q, d->layers[i].rival, d->sets + j * words, true, e))
                return false;
    if (!asker_end(&q, e)) return false;
    d->half = arena_new(a, double, d->n *outputs);
    for (size_t j = 0; j < d->n; j++)
        for (size_t o = 0; o < outputs; o++)
            d->half[j * outputs + o] =
                (q.out[2 * j * outputs + o] - q.out[(2 * j + 1) * outputs + o]) / 2;
    return true;
}

bool draws_make(bout *b, size_t from, size_t to, draws *ret, arena *a, err *e)
{
    size_t most = 0, words = b->k->words;
    for (size_t z = from; z < to; z++)
        most += b->rivals[z].pairs ? b->rivals[z].n_players / 2 : 0;
    *ret = (draws){.layers = arena_new(a, layer, most)};
    for (size_t z = from; z < to; z++) {
        layer *l = ret->layers + ret->n_layers;
        size_t n = plan_sizes(b, (uint32_t)z, ret->n, l);
        ret->n_layers += n;
        for (size_t i = 0; i < n; i++)
            ret->n += l[i].n;
    }
    ret->sets = arena_new(a, uint64_t, ret->n * words);
    for (size_t i = 0; i < ret->n_layers; i++) {
        const layer *l = &ret->layers[i];
        const rival *r = &b->rivals[l->rival];
        if (l->open > 0)
            draw_some(b, r, l, words, ret->sets + l->first * words);
        else
            list_all(r, l, words, ret->sets + l->first * words, a);
    }
    return ask_pairs(b, ret, a, e);
}
