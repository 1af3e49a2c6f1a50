/* attack_moves.c - one round of each attack: HopSkipJump, Boundary, Square. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/attack_impl.h"
#include <math.h>

enum { PROBES = 40, STEPS = 8, PROPOSALS = 16 };

/* ---- HopSkipJump ---- */

/* Near enough to normal, variance 1, and cheap: the sums of three bytes each. Signs alone would
 * lean towards the strongest features. */
static void draw_two(rng *r, double ret[2])
{
    uint64_t bits = (uint64_t)(rng_uniform(r) * 0x1p48);
    for (int k = 0; k < 2; k++, bits >>= 24)
        ret[k] = ((double)((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255)) - 382.5) / 128;
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
        double two[2] = {0};
        for (size_t u = 0; u < a->n; u++) {
            if (u % 2 == 0) draw_two(&a->r, two);
            p[u] = two[u % 2];
            a->next[u] = a->z[u] + size * p[u];
        }
        space_ask(a, a->next);
    }
}

/* Adds the probes up; false: the round needs more. Rounds grow as in the paper. */
static bool add_up(attacker *a, const bool *flips)
{
    if (a->probes == 0) {
        memset(a->signs, 0, a->n * sizeof *a->signs);
        memset(a->sums, 0, a->n * sizeof *a->sums);
        a->hits = 0;
    }
    for (size_t k = 0; k < a->n_ask; k++) {
        const double *p = a->probe + k * a->n;
        a->hits += flips[k];
        for (size_t u = 0; u < a->n; u++) {
            a->signs[u] += flips[k] ? p[u] : -p[u];
            a->sums[u] += p[u];
        }
    }
    a->probes += a->n_ask;
    return (double)a->probes >= PROBES * sqrt((double)a->round + 1);
}

/* The direction: probes times their answers, each less the mean answer to keep the noise down. */
static void estimate(attacker *a)
{
    double mean = 2 * (double)a->hits / (double)a->probes - 1, sum = 0, *ret = a->probe;
    if (fabs(mean) == 1) mean = 0;
    for (size_t u = 0; u < a->n; u++) {
        ret[u] = a->signs[u] - mean * a->sums[u];
        if (a->k->th->norm == THREAT_LINF) ret[u] = (ret[u] > 0) - (ret[u] < 0);
        sum += ret[u] * ret[u];
    }
    for (size_t u = 0; u < a->n && a->k->th->norm != THREAT_LINF; u++)
        ret[u] *= sum > 0 ? 1 / sqrt(sum) : 0;
    a->probes = 0;
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
        if (!add_up(a, flips)) return;
        estimate(a);
        a->stage = STAGE_STEP;
        return;
    }
    take_step(a, flips);
    a->round++;
    line_begin(a, 2);
    a->stage = STAGE_LINE;
}

/* ---- Boundary ---- */

/* A step aside of size `far` of the distance, back onto the sphere, then `ahead` towards x0. */
static void propose(attacker *a, double far, double ahead, double *ret)
{
    double length = 0, moved = 0, now = 0;
    for (size_t u = 0; u < a->n; u++) {
        ret[u] = rng_normal(&a->r);
        moved += ret[u] * ret[u];
        length += a->z[u] * a->z[u];
    }
    double size = far * sqrt(length / fmax(moved, 1e-300));
    for (size_t u = 0; u < a->n; u++) {
        ret[u] = a->z[u] + size * ret[u];
        now += ret[u] * ret[u];
    }
    double back = (1 - ahead) * sqrt(length / fmax(now, 1e-300));
    for (size_t u = 0; u < a->n; u++)
        ret[u] *= back;
}

/* Four sizes aside times four ahead: the paper's two ratios, tuned by who comes nearest. */
void boundary_ask(attacker *a)
{
    if (a->far == 0) a->far = a->ahead = 0.2;
    for (size_t k = 0; k < PROPOSALS && a->n_ask < a->left; k++) {
        double far = a->far * pow(2, -(double)(k / 4)), ahead = a->ahead * pow(4, -(double)(k % 4));
        propose(a, far, ahead, a->probe + k * a->n);
        space_ask(a, a->probe + k * a->n);
    }
}

static double tuned(double size, size_t rank)
{
    return fmin(0.5, fmax(1e-5, size * (rank == 0 ? 1.5 : rank == 3 ? 0.6 : 1)));
}

void boundary_tell(attacker *a, const bool *flips)
{
    size_t best = a->n_ask;
    double least = space_length(a, a->z);
    for (size_t k = 0; k < a->n_ask; k++) {
        double length = space_length(a, a->probe + k * a->n);
        if (!flips[k] || length >= least) continue;
        least = length;
        best = k;
    }
    a->round++;
    if (best < a->n_ask) memcpy(a->z, a->probe + best * a->n, a->n * sizeof *a->z);
    a->far = tuned(a->far, best < a->n_ask ? best / 4 : 3);
    a->ahead = tuned(a->ahead, best < a->n_ask ? best % 4 : 3);
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
