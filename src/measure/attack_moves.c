/* attack_moves.c - one round of each attack: HopSkipJump, Boundary, Square. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/attack_impl.h"
#include <math.h>

enum { PROBES = 40, STEPS = 8, PROPOSALS = 16 };

/* ---- HopSkipJump ---- */

static uint32_t word_of(rng *r)
{
    return (uint32_t)(rng_uniform(r) * 0x1p32);
}

/* The probes' radius: a part of the distance, wide enough to see over a tree's steps. */
static double probe_size(const attacker *a)
{
    double part = a->round == 0 ? 0.3 : 0.1;
    return fmax(part * space_length(a, a->z), 1e-9);
}

static void ask_probes(attacker *a)
{
    double size = probe_size(a) / (a->k->th->norm == THREAT_LINF ? 1 : sqrt((double)a->n));
    for (size_t k = 0; k < PROBES && a->n_ask < a->left; k++) {
        double *p = a->probe + k * a->n;
        uint32_t bits = 0;
        for (size_t u = 0; u < a->n; u++, bits >>= 1) {
            if (u % 32 == 0) bits = word_of(&a->r);
            p[u] = bits & 1 ? 1 : -1;
            a->next[u] = a->z[u] + size * p[u];
        }
        space_ask(a, a->next);
    }
}

/* Mean of the probes' signs, each less the average answer to keep the noise down. */
static void estimate(attacker *a, const bool *flips)
{
    double mean = 0, sum = 0;
    memset(a->next, 0, a->n * sizeof *a->next);
    for (size_t k = 0; k < a->n_ask; k++)
        mean += (flips[k] ? 1.0 : -1.0) / (double)a->n_ask;
    if (fabs(mean) == 1) mean = 0;
    for (size_t k = 0; k < a->n_ask; k++)
        for (size_t u = 0; u < a->n; u++)
            a->next[u] += ((flips[k] ? 1 : -1) - mean) * a->probe[k * a->n + u];
    for (size_t u = 0; u < a->n; u++) {
        if (a->k->th->norm == THREAT_LINF) a->next[u] = (a->next[u] > 0) - (a->next[u] < 0);
        sum += a->next[u] * a->next[u];
    }
    double unit_length = a->k->th->norm == THREAT_LINF ? 1 : sqrt(sum);
    for (size_t u = 0; u < a->n; u++) /* kept as the first probe */
        a->probe[u] = unit_length > 0 ? a->next[u] / unit_length : 0;
}

static double step_size(const attacker *a, size_t k)
{
    return space_length(a, a->z) / sqrt((double)a->round + 1) * pow(2, -(double)k);
}

static void ask_steps(attacker *a)
{
    for (size_t k = 0; k < STEPS; k++) {
        double size = step_size(a, k);
        for (size_t u = 0; u < a->n; u++)
            a->next[u] = a->z[u] + size * a->probe[u];
        space_ask(a, a->next);
    }
}

/* The largest step that stays on the far side. */
static void take_step(attacker *a, const bool *flips)
{
    size_t k = 0;
    while (k < a->n_ask && !flips[k])
        k++;
    if (k == a->n_ask) return;
    double size = step_size(a, k);
    for (size_t u = 0; u < a->n; u++)
        a->z[u] += size * a->probe[u];
}

void hop_ask(attacker *a)
{
    if (a->stage == STAGE_MOVE)
        ask_probes(a);
    else
        ask_steps(a);
}

void hop_tell(attacker *a, const bool *flips)
{
    if (a->stage == STAGE_MOVE) {
        estimate(a, flips);
        a->stage = STAGE_STEP;
        return;
    }
    take_step(a, flips);
    a->round++;
    line_begin(a, 2);
    a->stage = STAGE_LINE;
}

/* ---- Boundary ---- */

/* A step of size `far` aside, back onto the sphere, then `ahead` towards x0. */
static void propose(attacker *a, double *ret)
{
    double length = 0, moved = 0, now = 0;
    for (size_t u = 0; u < a->n; u++) {
        ret[u] = rng_normal(&a->r);
        moved += ret[u] * ret[u];
        length += a->z[u] * a->z[u];
    }
    double size = a->far * sqrt(length / fmax(moved, 1e-300));
    for (size_t u = 0; u < a->n; u++) {
        ret[u] = a->z[u] + size * ret[u];
        now += ret[u] * ret[u];
    }
    double back = (1 - a->ahead) * sqrt(length / fmax(now, 1e-300));
    for (size_t u = 0; u < a->n; u++)
        ret[u] *= back;
}

void boundary_ask(attacker *a)
{
    if (a->far == 0) {
        a->far = 0.1;
        a->ahead = 0.02;
    }
    for (size_t k = 0; k < PROPOSALS && a->n_ask < a->left; k++) {
        propose(a, a->probe + k * a->n);
        space_ask(a, a->probe + k * a->n);
    }
}

/* Half of the proposals should succeed: then the boundary is about flat at this size. */
void boundary_tell(attacker *a, const bool *flips)
{
    size_t hits = 0, first = a->n_ask;
    for (size_t k = a->n_ask; k-- > 0;) {
        hits += flips[k];
        if (flips[k]) first = k;
    }
    if (first < a->n_ask) memcpy(a->z, a->probe + first * a->n, a->n * sizeof *a->z);
    double share = (double)hits / (double)a->n_ask;
    a->far = fmin(1, a->far * (share > 0.5 ? 1.2 : share < 0.2 ? 0.8 : 1));
    a->ahead = fmin(0.5, a->ahead * (share > 0.4 ? 1.5 : share < 0.1 ? 0.6 : 1));
    a->round++;
}

/* ---- Square ---- */

/* Share of the features that change: falls as the original's schedule, which halves it at 1/1000,
 * 1/200, 1/20, 1/10, 1/5, 2/5, 3/5 and 4/5 of the queries. */
static double changing(const attacker *a)
{
    static const double at[] = {0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8};
    double share = 0.8, done = 1 - (double)a->left / (double)a->k->queries;
    for (size_t k = 0; k < COUNT(at); k++)
        share /= done > at[k] ? 2 : 1;
    return share;
}

/* New signs for some neighbouring features; the row is at the ends of the range everywhere. */
static void propose_square(attacker *a, double *ret)
{
    size_t n = (size_t)fmax(1, changing(a) * (double)a->n);
    size_t from = (size_t)(rng_uniform(&a->r) * (double)a->n);
    memcpy(ret, a->z, a->n * sizeof *ret);
    for (size_t k = 0; k < n; k++)
        ret[(from + k) % a->n] = rng_uniform(&a->r) < 0.5 ? -a->radius : a->radius;
}

void square_ask(attacker *a)
{
    if (!a->scored) {
        a->radius = space_length(a, a->z);
        if (a->k->th->norm != THREAT_LINF) a->radius /= sqrt((double)a->n);
        a->excess = -INFINITY;
        a->scored = true;
    }
    for (size_t k = 0; k < PROPOSALS && a->n_ask < a->left; k++) {
        propose_square(a, a->probe + k * a->n);
        space_ask(a, a->probe + k * a->n);
    }
}

void square_tell(attacker *a, const bool *flips, const double *excess)
{
    size_t best = 0;
    for (size_t k = 1; k < a->n_ask; k++)
        if (excess[k] > excess[best]) best = k;
    a->round++;
    if (excess[best] > a->excess) {
        memcpy(a->z, a->probe + best * a->n, a->n * sizeof *a->z);
        a->excess = excess[best];
    }
    if (!flips[best]) return;
    a->radius *= 0.85; /* flipped: the same with less, and its score is not known */
    for (size_t u = 0; u < a->n; u++)
        a->z[u] = fmax(-a->radius, fmin(a->radius, a->z[u]));
    a->excess = -INFINITY;
}
