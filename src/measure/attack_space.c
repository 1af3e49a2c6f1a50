/* attack_space.c - the space attacks move in: scaled changes of numbers, switches of the rest. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/attack_impl.h"
#include <math.h>

/* With l0 a change costs the same however large; its range then scales it. */
static double scale_of(const threat *t, size_t i)
{
    const threat_feature *f = &t->at[i];
    double range = (double)f->max - (double)f->min;
    if (t->norm != THREAT_L0 || f->codes) return f->cost;
    return range > 0 ? f->cost / range : f->cost;
}

size_t space_units(const threat *t, unit *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (!t->at[i].group && !t->at[i].immutable)
            ret[n++] = (unit){.id = i, .scale = scale_of(t, i)};
    for (size_t g = 0; g < t->n_groups; g++)
        ret[n++] = (unit){.grouped = true, .id = g, .scale = t->at[t->groups[g].members[0]].cost};
    return n;
}

bool space_switches(const attacker *a, size_t u)
{
    const unit *d = &a->units[u];
    return d->grouped || a->k->th->at[d->id].codes || isnan(a->x0[d->id]) || isnan(a->other[d->id]);
}

static void take_other(const attacker *a, const unit *d, float *x)
{
    const threat_group *g = d->grouped ? &a->k->th->groups[d->id] : NULL;
    if (!g) x[d->id] = a->other[d->id];
    for (size_t k = 0; g && k < g->n; k++)
        x[g->members[k]] = a->other[g->members[k]];
}

void space_row(const attacker *a, const double *z, float *ret)
{
    memcpy(ret, a->x0, a->k->th->n * sizeof *ret);
    for (size_t u = 0; u < a->n; u++) {
        const unit *d = &a->units[u];
        if (z[u] == 0) continue;
        if (!space_switches(a, u))
            ret[d->id] = (float)((double)a->x0[d->id] + z[u] / d->scale);
        else if (z[u] > d->scale / 2)
            take_other(a, d, ret);
    }
    threat_project(a->k->th, a->x0, ret);
}

static bool group_differs(const attacker *a, size_t g, const float *x)
{
    const threat_group *q = &a->k->th->groups[g];
    for (size_t k = 0; k < q->n; k++)
        if (x[q->members[k]] != a->x0[q->members[k]]) return true;
    return false;
}

void space_of(const attacker *a, const float *x, double *ret)
{
    for (size_t u = 0; u < a->n; u++) {
        const unit *d = &a->units[u];
        if (d->grouped)
            ret[u] = group_differs(a, d->id, x) ? d->scale : 0;
        else if (space_switches(a, u))
            ret[u] = threat_step(a->k->th, d->id, a->x0[d->id], x[d->id]) > 0 ? d->scale : 0;
        else
            ret[u] = ((double)x[d->id] - (double)a->x0[d->id]) * d->scale;
    }
}

double space_length(const attacker *a, const double *z)
{
    double sum = 0, most = 0;
    for (size_t u = 0; u < a->n; u++) {
        sum += z[u] * z[u];
        most = fmax(most, fabs(z[u]));
    }
    return a->k->th->norm == THREAT_LINF ? most : sqrt(sum);
}

void space_between(const attacker *a, const double *z, double t, double *ret)
{
    double most = t * a->length;
    for (size_t u = 0; u < a->n; u++)
        ret[u] = a->k->th->norm != THREAT_LINF ? t * z[u] : fmax(-most, fmin(most, z[u]));
}

void space_home(attacker *a)
{
    memcpy(a->other, a->best, a->k->th->n * sizeof *a->other);
    space_of(a, a->best, a->z);
}

void space_ask(attacker *a, const double *z)
{
    if (a->n_ask < BATCH && a->n_ask < a->left) space_row(a, z, a->ask + a->n_ask++ * a->k->th->n);
}

/* ---- searching on a line ---- */

void line_begin(attacker *a, int levels)
{
    a->lo = 0;
    a->hi = 1;
    a->level = levels;
    a->length = space_length(a, a->z);
}

void line_ask(attacker *a)
{
    for (int k = 1; k <= LINE; k++) {
        space_between(a, a->z, a->lo + (a->hi - a->lo) * k / (LINE + 1), a->next);
        space_ask(a, a->next);
    }
}

bool line_tell(attacker *a, const bool *flips)
{
    double step = (a->hi - a->lo) / (LINE + 1);
    size_t k = 0;
    while (k < a->n_ask && !flips[k])
        k++;
    if (k < a->n_ask) a->hi = a->lo + (double)(k + 1) * step;
    a->lo += (double)k * step;
    if (--a->level > 0) return false;
    space_between(a, a->z, a->hi, a->next);
    memcpy(a->z, a->next, a->n * sizeof *a->z);
    return true;
}
