/* counterfactual.c - a beam search for few changes that flip a decision. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/counterfactual_impl.h"
#include <math.h>

enum { QUANTILES = 17, CODES = 64, BEAM = 8, DEEPER = 3, FOUND = 64, ASK_FLOATS = 1 << 22 };

/* ---- things ---- */

static bool same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

bool thing_changed(const quest *q, size_t k, const float *x)
{
    const thing *u = &q->things[k];
    if (!u->grouped) return !same(x[u->id], q->x0[u->id]);
    const threat_group *g = &q->s->th->groups[u->id];
    for (size_t i = 0; i < g->n; i++)
        if (!same(x[g->members[i]], q->x0[g->members[i]])) return true;
    return false;
}

void thing_restore(const quest *q, size_t k, float *x)
{
    const thing *u = &q->things[k];
    if (!u->grouped) x[u->id] = q->x0[u->id];
    for (size_t i = 0; u->grouped && i < q->s->th->groups[u->id].n; i++) {
        uint32_t f = q->s->th->groups[u->id].members[i];
        x[f] = q->x0[f];
    }
}

size_t quest_changes(const quest *q, const float *x)
{
    size_t n = 0;
    for (size_t k = 0; k < q->n_things; k++)
        n += thing_changed(q, k, x);
    return n;
}

bool quest_ask(quest *q, const float *x, size_t n, bool *ret_flips, double *ret_excess, err *e)
{
    const target *t = q->s->t;
    arena *a = arena_open();
    size_t most = ASK_FLOATS / q->features + 1, step = n < most ? n : most;
    double *out = arena_new(a, double, step * t->outputs);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i += step) {
        size_t some = n - i < step ? n - i : step;
        ok = model_predict(t->model, x + i * q->features, some, out, e);
        for (size_t r = 0; ok && r < some; r++) {
            ret_flips[i + r] = target_flips(t, q->own, out + r * t->outputs);
            if (ret_excess) ret_excess[i + r] = target_excess(t, q->own, out + r * t->outputs);
        }
    }
    q->queries += n;
    arena_close(a);
    return ok;
}

/* ---- moves: one thing to one value ---- */

struct move {
    size_t thing;
    float value;   /* of a feature */
    size_t member; /* of a group */
    double excess;
};

struct moves {
    struct move *at;
    size_t n, cap;
};

static void add_move(quest *q, struct moves *m, struct move v)
{
    if (m->n == m->cap) {
        struct move *old = m->at;
        m->cap = m->cap ? 2 * m->cap : 256;
        m->at = arena_new(q->a, struct move, m->cap);
        if (m->n) memcpy(m->at, old, m->n * sizeof *old);
    }
    m->at[m->n++] = v;
}

static void apply(const quest *q, const struct move *m, float *x)
{
    const thing *u = &q->things[m->thing];
    if (u->grouped)
        threat_set_group(q->s->th, u->id, m->member, x);
    else
        x[u->id] = m->value;
}

static int by_value(const void *p, const void *q)
{
    float a = *(const float *)p, b = *(const float *)q;
    return (a > b) - (a < b);
}

/* Quantiles of the data, each brought to the nearest allowed value. */
static void number_moves(quest *q, size_t k, float *sorted, float *x, struct moves *m)
{
    size_t f = q->things[k].id, n = 0;
    float last = NAN;
    for (size_t r = 0; r < q->s->rows; r++) {
        float v = q->s->data[r * q->features + f];
        if (!isnan(v)) sorted[n++] = v;
    }
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 0; i < QUANTILES && n > 0; i++) {
        memcpy(x, q->x0, q->features * sizeof *x);
        x[f] = sorted[i * (n - 1) / (QUANTILES - 1)];
        threat_project(q->s->th, q->x0, x);
        if (!same(x[f], q->x0[f]) && !same(x[f], last))
            add_move(q, m, (struct move){.thing = k, .value = x[f]});
        last = x[f];
    }
}

static void feature_moves(quest *q, size_t k, float *sorted, float *x, struct moves *m)
{
    size_t f = q->things[k].id;
    const threat_feature *t = &q->s->th->at[f];
    if (t->immutable) return;
    if (!t->codes) number_moves(q, k, sorted, x, m);
    size_t step = t->n_codes / CODES + 1;
    for (size_t i = 0; t->codes && i < t->n_codes; i += step) {
        memcpy(x, q->x0, q->features * sizeof *x);
        x[f] = t->codes[i];
        if (!same(x[f], q->x0[f]) && threat_allowed(q->s->th, q->x0, x))
            add_move(q, m, (struct move){.thing = k, .value = x[f]});
    }
    if (threat_may_miss(q->s->th, f) && !isnan(q->x0[f]))
        add_move(q, m, (struct move){.thing = k, .value = NAN});
}

static void group_moves(quest *q, size_t k, struct moves *m)
{
    size_t g = q->things[k].id, now = threat_active(q->s->th, g, q->x0);
    for (size_t i = 0; i <= q->s->th->groups[g].n; i++)
        if (i != now && threat_may_switch(q->s->th, g, q->x0, i))
            add_move(q, m, (struct move){.thing = k, .member = i});
}

static struct moves all_moves(quest *q)
{
    struct moves m = {0};
    float *sorted = arena_new(q->a, float, q->s->rows), *x = arena_new(q->a, float, q->features);
    for (size_t k = 0; k < q->n_things; k++)
        if (q->things[k].grouped)
            group_moves(q, k, &m);
        else
            feature_moves(q, k, sorted, x, &m);
    return m;
}

/* ---- states: rows on the way ---- */

struct state {
    float *x;
    double excess, distance;
    bool flips;
};

struct states {
    struct state *at;
    size_t n;
};

/* Flipped rows by their distance, then those on the way by how near they are to flipping. */
static int by_promise(const void *p, const void *q)
{
    const struct state *a = p, *b = q;
    if (a->flips != b->flips) return a->flips ? -1 : 1;
    double x = a->flips ? a->distance : -a->excess, y = b->flips ? b->distance : -b->excess;
    if (x != y) return x < y ? -1 : 1;
    return (a->distance > b->distance) - (a->distance < b->distance);
}

static bool same_things(const quest *q, const float *x, const float *y)
{
    for (size_t k = 0; k < q->n_things; k++)
        if (thing_changed(q, k, x) != thing_changed(q, k, y)) return false;
    return true;
}

/* Whether x changes all that y changes. */
static bool covers(const quest *q, const float *x, const float *y)
{
    for (size_t k = 0; k < q->n_things; k++)
        if (thing_changed(q, k, y) && !thing_changed(q, k, x)) return false;
    return true;
}

/* Every state with every move of another thing, asked about. */
static bool expand(quest *q, const struct states *from, const struct moves *m, struct states *ret,
                   err *e)
{
    size_t most = from->n * m->n, n = 0;
    float *x = arena_array(q->a, most, q->features * sizeof *x, 8);
    bool *flips = arena_new(q->a, bool, most);
    double *excess = arena_new(q->a, double, most);
    for (size_t i = 0; i < from->n; i++)
        for (size_t k = 0; k < m->n; k++) {
            if (thing_changed(q, m->at[k].thing, from->at[i].x)) continue;
            memcpy(x + n * q->features, from->at[i].x, q->features * sizeof *x);
            apply(q, &m->at[k], x + n++ * q->features);
        }
    if (!quest_ask(q, x, n, flips, excess, e)) return false;
    *ret = (struct states){arena_new(q->a, struct state, n), n};
    for (size_t i = 0; i < n; i++) {
        float *at = x + i * q->features;
        ret->at[i] = (struct state){at, excess[i], threat_distance(q->s->th, q->x0, at), flips[i]};
    }
    return true;
}

/* The best states of different things: those that flip to `found`, others to the beam. */
static void sort_out(const quest *q, struct states *s, struct states *found, struct states *beam)
{
    size_t before = found->n;
    qsort(s->at, s->n, sizeof *s->at, by_promise);
    beam->n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct state *c = &s->at[i];
        struct states *to = c->flips ? found : beam;
        bool known = to->n == (c->flips ? (size_t)FOUND : (size_t)BEAM);
        for (size_t k = 0; k < found->n && !known; k++)
            known = covers(q, c->x, found->at[k].x) && (k < before || c->flips);
        for (size_t k = 0; k < beam->n && !known && !c->flips; k++)
            known = same_things(q, c->x, beam->at[k].x);
        if (!known) to->at[to->n++] = *c;
    }
}

/* The few moves of each thing that took the row furthest by themselves. */
static struct moves best_moves(quest *q, const struct moves *all)
{
    struct moves ret = {0};
    for (size_t k = 0; k < q->n_things; k++) {
        double last = INFINITY;
        for (size_t n = 0; n < DEEPER; n++) {
            const struct move *best = NULL;
            for (size_t i = 0; i < all->n; i++)
                if (all->at[i].thing == k && all->at[i].excess < last &&
                    (!best || all->at[i].excess > best->excess))
                    best = &all->at[i];
            if (!best) break;
            last = best->excess;
            add_move(q, &ret, *best);
        }
    }
    return ret;
}

static bool search(quest *q, struct states *found, err *e)
{
    struct states beam = {arena_new(q->a, struct state, BEAM), 1}, next;
    struct moves m = all_moves(q);
    beam.at[0].x = arena_new(q->a, float, q->features);
    memcpy(beam.at[0].x, q->x0, q->features * sizeof(float));
    for (size_t level = 1; level <= q->s->most_changes && m.n > 0 && beam.n > 0; level++) {
        if (!expand(q, &beam, &m, &next, e)) return false;
        for (size_t i = 0; level == 1 && i < m.n; i++)
            m.at[i].excess = next.at[i].excess;
        if (level == 1) m = best_moves(q, &m);
        sort_out(q, &next, found, &beam);
        if (found->n >= q->s->wanted) break;
    }
    return true;
}

/* ---- the answer ---- */

static void keep(const quest *q, const float *x, counterfactuals *ret)
{
    counterfactual c = {.changes = quest_changes(q, x),
                        .distance = threat_distance(q->s->th, q->x0, x)};
    for (size_t i = 0; i < ret->n; i++)
        if (covers(q, x, ret->at[i].x) && c.distance >= ret->at[i].distance) return;
    for (size_t i = 0; i < ret->n;)
        if (covers(q, ret->at[i].x, x) && ret->at[i].distance >= c.distance)
            memmove(&ret->at[i], &ret->at[i + 1], (--ret->n - i) * sizeof *ret->at);
        else
            i++;
    if (ret->n == COUNTERFACTUALS + 1) return;
    c.x = arena_new(q->a, float, q->features);
    memcpy(c.x, x, q->features * sizeof *x);
    size_t at = ret->n++;
    while (at > 0 &&
           (ret->at[at - 1].changes > c.changes ||
            (ret->at[at - 1].changes == c.changes && ret->at[at - 1].distance > c.distance))) {
        ret->at[at] = ret->at[at - 1];
        at--;
    }
    ret->at[at] = c;
}

static bool prove(quest *q, counterfactuals *ret, err *e)
{
    exact_answer found;
    float *x = arena_new(q->a, float, q->features);
    double known = INFINITY;
    for (size_t i = 0; i < ret->n; i++) {
        if (ret->at[i].distance >= known) continue;
        known = ret->at[i].distance;
        memcpy(x, ret->at[i].x, q->features * sizeof *x);
    }
    if (!exact_distance(q->s->exact, q->x0, q->own, known, x, q->s->steps, &found, q->a, e))
        return false;
    ret->least = found.lower;
    if (!(found.upper < known)) return true;
    if (!quest_refine(q, x, e)) return false;
    keep(q, x, ret);
    return true;
}

static void list_things(quest *q)
{
    const threat *t = q->s->th;
    q->things = arena_new(q->a, thing, t->n + t->n_groups);
    for (size_t i = 0; i < t->n; i++)
        if (!t->at[i].group) q->things[q->n_things++] = (thing){false, i};
    for (size_t g = 0; g < t->n_groups; g++)
        q->things[q->n_things++] = (thing){true, g};
}

bool counterfactual_find(const counterfactual_search *s, const float *x0, double own,
                         counterfactuals *ret, arena *a, err *e)
{
    quest q = {.s = s, .x0 = x0, .own = own, .features = s->t->features, .a = a};
    struct states found = {arena_new(a, struct state, FOUND), 0};
    *ret = (counterfactuals){0};
    list_things(&q);
    if (!search(&q, &found, e)) return false;
    for (size_t i = 0; i < found.n && ret->n < s->wanted; i++) {
        if (!quest_refine(&q, found.at[i].x, e)) return false;
        keep(&q, found.at[i].x, ret);
    }
    if (s->exact && !prove(&q, ret, e)) return false;
    ret->queries = q.queries;
    return true;
}
