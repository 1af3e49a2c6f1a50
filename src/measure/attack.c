/* attack.c - many rows under attack at once: gathers their questions and hands out the answers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/attack_impl.h"
#include <math.h>

enum { STREAM_ATTACK = 110, NEAREST = 8, RANDOM_TRIES = 256 };

const char *const attack_names[3] = {
    [ATTACK_HOPSKIP] = "hopskipjump", [ATTACK_BOUNDARY] = "boundary", [ATTACK_SQUARE] = "square"};

/* ---- starting ---- */

/* Known rows with another answer, made allowed: the nearest ones first. */
static void ask_nearest(attacker *a)
{
    const attack *k = a->k;
    size_t f = k->th->n, n = 0;
    double far[NEAREST] = {0};
    for (size_t i = 0; i < k->n_known; i++) {
        double out = k->known_answer[i];
        bool other =
            k->t->task == TASK_REGRESSION ? fabs(out - a->own) > k->t->tolerance : out != a->own;
        if (!other) continue;
        float *x = a->ask + (size_t)NEAREST * f;
        memcpy(x, k->known + i * f, f * sizeof *x);
        threat_project(k->th, a->x0, x);
        double d = threat_distance(k->th, a->x0, x);
        if (n == NEAREST && !(d < far[n - 1])) continue;
        size_t at = n < NEAREST ? n++ : n - 1;
        for (; at > 0 && far[at - 1] > d; at--) {
            far[at] = far[at - 1];
            memcpy(a->ask + at * f, a->ask + (at - 1) * f, f * sizeof *x);
        }
        far[at] = d;
        memcpy(a->ask + at * f, x, f * sizeof *x);
    }
    a->n_ask = n < a->left ? n : a->left;
}

static void ask_random(attacker *a)
{
    for (size_t k = 0; k < 16 && a->n_ask < a->left; k++)
        threat_random(a->k->th, a->x0, &a->r, a->ask + a->n_ask++ * a->k->th->n);
}

static void start_ask(attacker *a)
{
    if (a->tries++ == 0) ask_nearest(a);
    if (a->n_ask == 0) ask_random(a);
}

static void start_tell(attacker *a)
{
    if (a->distance == INFINITY) {
        if (a->tries * 16 > RANDOM_TRIES) a->stage = STAGE_END;
        return;
    }
    space_home(a);
    line_begin(a, 3);
    a->stage = STAGE_LINE;
}

/* ---- one attacker ---- */

static void move_ask(attacker *a)
{
    if (a->k->kind == ATTACK_HOPSKIP) hop_ask(a);
    if (a->k->kind == ATTACK_BOUNDARY) boundary_ask(a);
    if (a->k->kind == ATTACK_SQUARE) square_ask(a);
}

/* HopSkipJump's best row lies at the boundary already. */
static void finish(attacker *a)
{
    if (a->k->kind == ATTACK_HOPSKIP || a->distance == INFINITY) {
        refine_begin(a);
        return;
    }
    space_home(a);
    line_begin(a, 3);
    a->stage = STAGE_LAST_LINE;
}

static void fill(attacker *a)
{
    a->n_ask = 0;
    if (a->left == 0) a->stage = STAGE_END;
    if ((a->stage == STAGE_MOVE || a->stage == STAGE_LINE) && a->left <= a->reserve) finish(a);
    if (a->stage == STAGE_START) start_ask(a);
    if (a->stage == STAGE_LINE || a->stage == STAGE_LAST_LINE) line_ask(a);
    if (a->stage == STAGE_MOVE || a->stage == STAGE_STEP) move_ask(a);
    if (a->stage == STAGE_REFINE) refine_ask(a);
}

static void keep_best(attacker *a, const bool *flips)
{
    size_t f = a->k->th->n;
    for (size_t k = 0; k < a->n_ask; k++) {
        if (!flips[k]) continue;
        double d = threat_distance(a->k->th, a->x0, a->ask + k * f);
        if (!(d < a->distance)) continue;
        a->distance = d;
        memcpy(a->best, a->ask + k * f, f * sizeof *a->best);
    }
}

static void tell(attacker *a, const bool *flips, const double *excess)
{
    a->left -= a->n_ask;
    keep_best(a, flips);
    if (a->stage == STAGE_START)
        start_tell(a);
    else if (a->stage == STAGE_REFINE)
        refine_tell(a, flips);
    else if (a->stage == STAGE_LINE)
        a->stage = line_tell(a, flips) ? STAGE_MOVE : STAGE_LINE;
    else if (a->stage == STAGE_LAST_LINE && line_tell(a, flips))
        refine_begin(a);
    else if (a->stage == STAGE_LAST_LINE)
        return;
    else if (a->k->kind == ATTACK_HOPSKIP)
        hop_tell(a, flips);
    else if (a->k->kind == ATTACK_BOUNDARY)
        boundary_tell(a, flips);
    else
        square_tell(a, flips, excess);
}

/* ---- all together ---- */

struct crowd {
    attacker *at;
    size_t n;
    float *x;
    double *out, *excess;
    bool *flips;
    size_t *first; /* per attacker: where its questions stand */
};

static bool answer(const struct crowd *c, const attack *k, size_t asked, err *e)
{
    if (!model_predict(k->t->model, c->x, asked, c->out, e)) return false;
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < c->at[i].n_ask; j++) {
            const double *out = c->out + (c->first[i] + j) * k->t->outputs;
            c->flips[j] = target_flips(k->t, c->at[i].own, out);
            if (k->kind == ATTACK_SQUARE) c->excess[j] = target_excess(k->t, c->at[i].own, out);
            if (j + 1 == c->at[i].n_ask) tell(&c->at[i], c->flips, c->excess);
        }
    return true;
}

static bool run(const struct crowd *c, const attack *k, err *e)
{
    for (;;) {
        size_t asked = 0;
        for (size_t i = 0; i < c->n; i++) {
            attacker *a = &c->at[i];
            a->n_ask = 0;
            if (a->stage != STAGE_END) fill(a);
            c->first[i] = asked;
            memcpy(c->x + asked * k->th->n, a->ask, a->n_ask * k->th->n * sizeof *c->x);
            asked += a->n_ask;
        }
        if (asked == 0) return true;
        if (!answer(c, k, asked, e)) return false;
    }
}

static attacker attacker_open(const attack *k, const unit *units, size_t n, arena *a)
{
    size_t f = k->th->n;
    attacker ret = {.k = k, .units = units, .n = n, .left = k->queries, .distance = INFINITY};
    ret.reserve = k->th->norm == THREAT_LINF ? 60 : k->queries / 3;
    ret.best = arena_new(a, float, f);
    ret.other = arena_new(a, float, f);
    ret.ask = arena_array(a, BATCH, f * sizeof(float), 16);
    ret.z = arena_new(a, double, n + 1);
    ret.next = arena_new(a, double, n + 1);
    ret.signs = arena_new(a, double, n + 1);
    ret.sums = arena_new(a, double, n + 1);
    ret.probe = arena_array(a, BATCH, (n + 1) * sizeof(double), 16);
    ret.order = arena_new(a, uint32_t, n + 1);
    return ret;
}

bool attack_rows(const attack *k, const float *x0, const double *own, const uint64_t *number,
                 size_t rows, float *ret_point, attack_answer *ret, arena *scratch, err *e)
{
    size_t f = k->th->n;
    unit *units = arena_new(scratch, unit, f + k->th->n_groups + 1);
    size_t n = space_units(k->th, units);
    struct crowd c = {.at = arena_new(scratch, attacker, rows), .n = rows};
    c.x = arena_array(scratch, rows * BATCH, f * sizeof(float), 16);
    c.out = arena_array(scratch, rows * BATCH, k->t->outputs * sizeof(double), 16);
    c.excess = arena_new(scratch, double, BATCH);
    c.flips = arena_new(scratch, bool, BATCH);
    c.first = arena_new(scratch, size_t, rows);
    for (size_t i = 0; i < rows; i++) {
        c.at[i] = attacker_open(k, units, n, scratch);
        c.at[i].x0 = x0 + i * f;
        c.at[i].own = own[i];
        c.at[i].r = rng_open(k->seed, STREAM_ATTACK, number[i]);
        if (n == 0) c.at[i].stage = STAGE_END; /* nothing may change */
    }
    if (!run(&c, k, e)) return false;
    for (size_t i = 0; i < rows; i++) {
        ret[i] = (attack_answer){c.at[i].distance, k->queries - c.at[i].left};
        memcpy(ret_point + i * f, c.at[i].distance < INFINITY ? c.at[i].best : x0 + i * f,
               f * sizeof *ret_point);
    }
    return true;
}
