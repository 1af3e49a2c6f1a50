/* attack_refine.c - the end of every attack: single features move back while the answer holds. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/attack_impl.h"
#include <math.h>

/* Changed units, the farthest first. */
static void order_units(attacker *a)
{
    a->n_order = 0;
    for (uint32_t u = 0; u < a->n; u++) {
        if (a->z[u] == 0) continue;
        size_t k = a->n_order++;
        for (; k > 0 && fabs(a->z[a->order[k - 1]]) < fabs(a->z[u]); k--)
            a->order[k] = a->order[k - 1];
        a->order[k] = u;
    }
}

static void begin_round(attacker *a)
{
    space_home(a);
    order_units(a);
    a->before = a->distance;
    a->how = REFINE_SINGLE;
    a->at = 0;
}

void refine_begin(attacker *a)
{
    /* with linf one feature less changes nothing */
    bool helps = a->distance < INFINITY && a->k->th->norm != THREAT_LINF;
    a->stage = helps ? STAGE_REFINE : STAGE_END;
    if (a->stage == STAGE_REFINE) begin_round(a);
}

/* From here on the unit at `at` is searched along; those that switch cannot be. */
static void begin_along(attacker *a)
{
    space_home(a);
    while (a->at < a->n_order && (space_switches(a, a->order[a->at]) || a->z[a->order[a->at]] == 0))
        a->at++;
    if (a->at == a->n_order) {
        if (a->distance < a->before * (1 - 1e-4) && a->left > 0)
            begin_round(a);
        else
            a->stage = STAGE_END;
        return;
    }
    a->how = REFINE_ALONG;
    a->from = 0;
    a->to = a->z[a->order[a->at]];
    a->level = 2;
}

void refine_ask(attacker *a)
{
    memcpy(a->next, a->z, a->n * sizeof *a->z);
    for (size_t k = 0; k < a->n_order && a->how == REFINE_SINGLE; k++) {
        a->next[a->order[k]] = 0;
        space_ask(a, a->next);
        a->next[a->order[k]] = a->z[a->order[k]];
    }
    for (size_t k = 0; k < a->n_order && a->how == REFINE_TOGETHER; k++) {
        a->next[a->order[k]] = 0;
        space_ask(a, a->next);
    }
    for (int k = 1; k <= LINE && a->how == REFINE_ALONG; k++) {
        a->next[a->order[a->at]] = a->from + (a->to - a->from) * k / (LINE + 1);
        space_ask(a, a->next);
    }
    if (a->n_ask == 0) a->stage = STAGE_END;
}

/* Those that may go alone may not all go together: the longest run that may goes. */
static void tell_single(attacker *a, const bool *flips)
{
    size_t n = 0;
    for (size_t k = 0; k < a->n_ask; k++)
        if (flips[k]) a->order[n++] = a->order[k];
    a->n_order = n;
    a->how = REFINE_TOGETHER;
    if (n > 1) return;
    if (n == 1) a->z[a->order[0]] = 0;
    order_units(a);
    a->at = 0;
    begin_along(a);
}

static void tell_together(attacker *a, const bool *flips)
{
    size_t n = 0;
    while (n < a->n_ask && flips[n])
        a->z[a->order[n++]] = 0;
    size_t skip = n < a->n_order ? n + 1 : n; /* the one that spoilt it stays */
    memmove(a->order, a->order + skip, (a->n_order - skip) * sizeof *a->order);
    a->n_order -= skip;
    if (a->n_order > 0 && a->n_ask > 0) return;
    order_units(a);
    a->at = 0;
    begin_along(a);
}

static void tell_along(attacker *a, const bool *flips)
{
    double step = (a->to - a->from) / (LINE + 1);
    size_t k = 0;
    while (k < a->n_ask && !flips[k])
        k++;
    if (k < a->n_ask) a->to = a->from + (double)(k + 1) * step;
    a->from += (double)k * step;
    if (--a->level > 0) return;
    a->at++;
    begin_along(a);
}

void refine_tell(attacker *a, const bool *flips)
{
    if (a->how == REFINE_SINGLE)
        tell_single(a, flips);
    else if (a->how == REFINE_TOGETHER)
        tell_together(a, flips);
    else
        tell_along(a, flips);
}
