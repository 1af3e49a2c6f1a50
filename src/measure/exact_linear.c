/* exact_linear.c - exact adversarial distances of linear models, by price and by radius. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/exact_linear.h"
#include <float.h>
#include <math.h>

#define CLOSE     1e-9
#define WHOLE_MAX 16777216.0f /* whole numbers that floats hold one by one */
enum { HALVINGS = 200, TRIES = 3 };

typedef enum part_kind { PART_NUMBER, PART_WHOLE, PART_LIST } part_kind;

typedef struct option {
    double gain, cost;
    float value;
    size_t member;
} option;

/* A feature or one-hot group that can add to the gain. Position 0 is its own value; a number has
 * position 1 for the stretch near..far from it, others one position per choice, by gain. */
typedef struct part {
    part_kind kind;
    bool grouped, whole; /* whole: a number that has to be rounded to one */
    size_t id, n;        /* positions */
    double slope, unit;  /* gain and cost of a change by 1 */
    double near, far;
    int way;
    float lo, hi;
    option *options;
} part;

/* What a part does. */
typedef struct pick {
    uint32_t at;
    double change, gain, cost;
} pick;

typedef struct range {
    uint32_t lo, hi;
} range;

/* Still to be looked at. */
typedef struct node {
    double bound;
    range *box;
} node;

struct search {
    const target *t;
    const threat *th;
    const linear_model *l;
    const float *x0;
    double own, distance; /* of `point` */
    float *point, *row;
    double need, sure; /* gain without which nothing flips; with which it surely does */
    part *parts;
    size_t n, boxes;
    double upper, open; /* sums of costs: found; least bound that was left */
    bool continuous;    /* some part is a number */
    uint64_t budget;
    pick *low, *high, *try, *below, *above;
    range *fixed;
    node *stack;
    size_t depth, cap;
    arena *a;
    err *e;
};

/* ---- parts ---- */

static double cost_of(const struct search *s, double step)
{
    return s->th->norm == THREAT_L2 ? step * step : step;
}

static int by_gain(const void *p, const void *q)
{
    const option *a = p, *b = q;
    if (a->gain != b->gain) return a->gain < b->gain ? -1 : 1;
    return a->cost < b->cost ? 1 : a->cost > b->cost ? -1 : 0;
}

/* Options that gain, each dearer than those that gain less; room for one more in front. */
static void close_list(struct search *s, part *p)
{
    size_t n = 0;
    if (p->n) qsort(p->options, p->n, sizeof *p->options, by_gain);
    for (size_t i = p->n; i-- > 0;) {
        if (!(p->options[i].gain > 0)) continue;
        if (n && p->options[i].cost >= p->options[p->n - n].cost) continue;
        p->options[p->n - ++n] = p->options[i];
    }
    if (!n) return;
    option *kept = arena_new(s->a, option, n + 1);
    memcpy(kept + 1, p->options + p->n - n, n * sizeof *kept);
    p->options = kept;
    p->n = n + 1;
    s->parts[s->n++] = *p;
}

static void add_codes(struct search *s, part *p, double slope)
{
    const threat_feature *f = &s->th->at[p->id];
    double from = (double)s->x0[p->id];
    float value;
    p->kind = PART_LIST;
    p->options = arena_new(s->a, option, f->n_codes + 1);
    for (size_t k = 0; k < f->n_codes; k++) {
        if (f->codes[k] == s->x0[p->id] ||
            !threat_nearest(s->th, p->id, s->x0[p->id], f->codes[k], f->codes[k], &value))
            continue;
        double step = threat_step(s->th, p->id, s->x0[p->id], value);
        p->options[p->n++] = (option){slope * (from - (double)value), cost_of(s, step), value, 0};
    }
    close_list(s, p);
}

/* With l0 only the farthest value matters. */
static void add_farthest(struct search *s, part *p)
{
    p->kind = PART_LIST;
    p->options = arena_new(s->a, option, 1);
    p->n = 1;
    p->options[0] = (option){p->slope * p->far, p->unit, p->way > 0 ? p->hi : p->lo, 0};
    close_list(s, p);
}

static void add_number(struct search *s, size_t i, double slope)
{
    const threat_feature *f = &s->th->at[i];
    double from = (double)s->x0[i];
    part p = {.id = i, .slope = fabs(slope), .unit = f->cost, .way = slope > 0 ? -1 : 1};
    if (slope == 0) return;
    if (f->codes) {
        add_codes(s, &p, slope);
        return;
    }
    if (!threat_span(s->th, i, s->x0[i], &p.lo, &p.hi)) return;
    bool fits = fabsf(p.lo) <= WHOLE_MAX && fabsf(p.hi) <= WHOLE_MAX && fabs(from) <= 16777216.0;
    p.far = p.way > 0 ? (double)p.hi - from : from - (double)p.lo;
    p.near = fmax(0, p.way > 0 ? (double)p.lo - from : from - (double)p.hi);
    if (!(p.far > 0)) return;
    if (s->th->norm == THREAT_L0) {
        add_farthest(s, &p);
        return;
    }
    p.whole = f->integer;
    p.n = 2;
    if (f->integer && fits) {
        double first =
            p.way > 0 ? fmax((double)p.lo, floor(from) + 1) : fmin((double)p.hi, ceil(from) - 1);
        p.kind = PART_WHOLE;
        p.near = fabs(first - from);
        if (p.near > p.far) return;
        p.n = 2 + (size_t)(p.far - p.near);
    }
    s->parts[s->n++] = p;
}

static void add_group(struct search *s, size_t g, const double *slope)
{
    const threat_group *q = &s->th->groups[g];
    part p = {.kind = PART_LIST, .grouped = true, .id = g};
    size_t active = threat_active(s->th, g, s->x0);
    double own = 0;
    p.options = arena_new(s->a, option, q->n + 2);
    for (size_t k = 0; k < q->n; k++)
        own += slope[q->members[k]] * (double)s->x0[q->members[k]];
    for (size_t k = 0; k <= q->n; k++) {
        if (k == active || !threat_may_switch(s->th, g, s->x0, k)) continue;
        double gain = own - (k < q->n ? slope[q->members[k]] : 0);
        p.options[p.n++] = (option){gain, cost_of(s, threat_switch(s->th, g, s->x0, k)), 0, k};
    }
    close_list(s, &p);
}

static void make_parts(struct search *s, const double *slope)
{
    s->parts = arena_new(s->a, part, s->th->n + s->th->n_groups + 1);
    s->n = 0;
    for (size_t i = 0; i < s->th->n; i++)
        if (!s->th->at[i].group) add_number(s, i, slope[i]);
    for (size_t g = 0; g < s->th->n_groups; g++)
        add_group(s, g, slope);
    s->continuous = false;
    for (size_t i = 0; i < s->n; i++)
        s->continuous |= s->parts[i].kind == PART_NUMBER;
}

/* ---- the row of picks ---- */

static float value_of(const struct search *s, const part *p, double change)
{
    double v = (double)s->x0[p->id] + p->way * change;
    if (p->kind == PART_WHOLE) return (float)round(v);
    if (p->whole) v = p->way > 0 ? ceil(v) : floor(v);
    float f = (float)v;
    if (p->way > 0 ? (double)f < v : (double)f > v)
        f = nextafterf(f, p->way > 0 ? INFINITY : -INFINITY);
    return fminf(fmaxf(f, p->lo), p->hi);
}

/* Asks the model, and keeps the row if it flips and is nearer. */
static bool try_picks(struct search *s, const pick *at, bool *ret)
{
    memcpy(s->row, s->x0, s->th->n * sizeof *s->row);
    for (size_t i = 0; i < s->n; i++) {
        const part *p = &s->parts[i];
        if (!at[i].at || !(at[i].gain > 0)) continue;
        if (p->grouped)
            threat_set_group(s->th, p->id, p->options[at[i].at].member, s->row);
        else if (p->kind == PART_LIST)
            s->row[p->id] = p->options[at[i].at].value;
        else
            s->row[p->id] = value_of(s, p, at[i].change);
    }
    if (!target_ask(s->t, s->own, s->row, ret, s->a, s->e)) return false;
    double far = threat_distance(s->th, s->x0, s->row);
    if (!*ret || !(far < s->distance)) return true;
    s->distance = far;
    memcpy(s->point, s->row, s->th->n * sizeof *s->row);
    return true;
}

/* ---- a price for the gain ---- */

static pick pick_of(const struct search *s, const part *p, uint32_t at, double change)
{
    if (p->kind == PART_LIST) return (pick){at, 0, p->options[at].gain, p->options[at].cost};
    if (at == 0) return (pick){0};
    if (p->kind == PART_WHOLE) change = p->near + at - 1;
    return (pick){at, change, p->slope * change, cost_of(s, p->unit * change)};
}

static void better(pick *best, pick other, double price)
{
    double a = best->cost - price * best->gain, b = other.cost - price * other.gain;
    if (b < a || (b == a && other.gain > best->gain)) *best = other;
}

static uint32_t within(double at, range r)
{
    return at <= r.lo ? r.lo : at >= r.hi ? r.hi : (uint32_t)at;
}

/* The cheapest position at this price; of equal ones that with the most gain. */
static pick cheapest(const struct search *s, const part *p, range r, double price)
{
    bool square = s->th->norm == THREAT_L2;
    pick ret = pick_of(s, p, r.lo, p->near);
    if (p->kind == PART_LIST) {
        for (uint32_t k = r.lo + 1; k <= r.hi; k++)
            better(&ret, pick_of(s, p, k, 0), price);
        return ret;
    }
    double want = square                        ? price * p->slope / (2 * p->unit * p->unit)
                  : price * p->slope >= p->unit ? p->far
                                                : 0;
    if (p->kind == PART_NUMBER) {
        if (r.hi) better(&ret, pick_of(s, p, 1, fmin(fmax(want, p->near), p->far)), price);
        return ret;
    }
    uint32_t at = within(want - p->near + 1, r);
    better(&ret, pick_of(s, p, r.hi, 0), price);
    better(&ret, pick_of(s, p, at, 0), price);
    better(&ret, pick_of(s, p, at < r.hi ? at + 1 : at, 0), price);
    return ret;
}

/* Everybody's pick at a price; the gain they make, and what the price proves. */
static double sweep(struct search *s, const range *box, double price, pick *ret, double *ret_bound)
{
    double gain = 0, rest = 0;
    for (size_t i = 0; i < s->n; i++) {
        ret[i] = cheapest(s, &s->parts[i], box[i], price);
        gain += ret[i].gain;
        rest += ret[i].cost - price * ret[i].gain;
    }
    *ret_bound = fmax(*ret_bound, price * s->need + rest);
    s->budget -= s->n < s->budget ? s->n : s->budget;
    return gain;
}

static double most_gain(const struct search *s, const range *box)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += pick_of(s, &s->parts[i], box[i].hi, s->parts[i].far).gain;
    return sum;
}

/* The lowest price at which the gain is enough: picks just below it and at it. False: it never is;
 * the bound is infinite then, unless rounding could make up for it. */
static bool find_price(struct search *s, const range *box, double *ret_bound)
{
    double lo = 0, hi = 1, most = most_gain(s, box);
    *ret_bound = most * (1 + 1e-12) < s->need ? INFINITY : 0;
    if (most < s->sure) return false;
    if (sweep(s, box, 0, s->low, ret_bound) >= s->sure) {
        memcpy(s->high, s->low, s->n * sizeof *s->high);
        return true;
    }
    while (sweep(s, box, hi, s->high, ret_bound) < s->sure) {
        lo = hi;
        hi *= 1024;
        if (!(hi < DBL_MAX)) return false;
    }
    for (int k = 0; k < HALVINGS && hi - lo > hi * 4e-16; k++) {
        double mid = lo > 0 ? lo + (hi - lo) / 2 : hi / 1024;
        if (!(mid > lo) || !(mid < hi)) break;
        if (sweep(s, box, mid, s->try, ret_bound) >= s->sure)
            hi = mid;
        else
            lo = mid;
    }
    (void)sweep(s, box, lo, s->low, ret_bound);
    (void)sweep(s, box, hi, s->high, ret_bound);
    return true;
}

/* Takes back gain that is not needed, of numbers that jumped at the price. Returns the cost. */
static double trim(struct search *s)
{
    double gain = 0, cost = 0;
    for (size_t i = 0; i < s->n; i++)
        gain += s->high[i].gain;
    for (size_t i = 0; i < s->n; i++) {
        const part *p = &s->parts[i];
        pick *h = &s->high[i];
        double least = s->low[i].at == h->at ? s->low[i].change : p->near;
        if (p->kind == PART_NUMBER && h->at && gain > s->sure) {
            double back = fmin((gain - s->sure) / p->slope, h->change - fmin(least, h->change));
            *h = pick_of(s, p, 1, h->change - back);
            gain -= back * p->slope;
        }
        cost += h->cost;
    }
    return cost;
}

/* ---- branch and bound ---- */

static bool try_high(struct search *s)
{
    bool yes;
    double cost = trim(s);
    if (!(cost < s->upper)) return true;
    if (!try_picks(s, s->high, &yes)) return false;
    if (yes) s->upper = cost;
    return true;
}

/* The best that numbers can do when all else stays at these picks. */
static bool complete(struct search *s, const range *box, const pick *at)
{
    double unused = 0;
    for (size_t i = 0; i < s->n; i++)
        s->fixed[i] = s->parts[i].kind == PART_NUMBER ? box[i] : (range){at[i].at, at[i].at};
    return !find_price(s, s->fixed, &unused) || try_high(s);
}

/* The part that jumps the farthest at the price, else, with nothing continuous to blame, any that
 * is still open; s->n: none. Its position *ret_at and those above go into another box. */
static size_t branch_part(const struct search *s, const range *box, uint32_t *ret_at)
{
    size_t best = s->n;
    double far = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->high[i].at == s->low[i].at || s->high[i].gain - s->low[i].gain <= far) continue;
        far = s->high[i].gain - s->low[i].gain;
        best = i;
        *ret_at = s->low[i].at + 1;
    }
    for (size_t i = 0; i < s->n && best == s->n && !s->continuous; i++) {
        if (box[i].lo == box[i].hi) continue;
        best = i;
        *ret_at = s->high[i].at > box[i].lo ? s->high[i].at : box[i].lo + 1;
    }
    return best;
}

static range *push(struct search *s, const range *box, double bound)
{
    if (s->depth == s->cap) {
        node *fresh = arena_new(s->a, node, 2 * s->cap + 64);
        if (s->cap) memcpy(fresh, s->stack, s->cap * sizeof *fresh);
        s->stack = fresh;
        s->cap = 2 * s->cap + 64;
    }
    node *at = &s->stack[s->depth++];
    if (!at->box) at->box = arena_new(s->a, range, s->n + 1);
    if (s->n) memcpy(at->box, box, s->n * sizeof *box);
    at->bound = bound;
    return at->box;
}

static bool is_single(const struct search *s, const range *box)
{
    bool ret = !s->continuous;
    for (size_t i = 0; i < s->n && ret; i++)
        ret = box[i].lo == box[i].hi;
    return ret;
}

/* A box of one row: the model itself says whether it flips, also where rounding decides. */
static bool look_at_row(struct search *s, const range *box)
{
    double gain = 0, cost = 0;
    bool yes;
    for (size_t i = 0; i < s->n; i++) {
        s->high[i] = pick_of(s, &s->parts[i], box[i].lo, 0);
        gain += s->high[i].gain;
        cost += s->high[i].cost;
    }
    if (gain * (1 + 1e-12) < s->need) return true;
    if (!try_picks(s, s->high, &yes)) return false;
    if (!yes) return true;
    s->open = fmin(s->open, cost);
    s->upper = fmin(s->upper, cost);
    return true;
}

/* Candidates of a box whose prices were found. */
static bool look_near(struct search *s, const range *box, bool jumps)
{
    if (!jumps) return try_high(s);
    memcpy(s->below, s->low, s->n * sizeof *s->below);
    memcpy(s->above, s->high, s->n * sizeof *s->above);
    return complete(s, box, s->above) && complete(s, box, s->below);
}

/* Looks at one box; what it leaves open is pushed or counted. */
static bool look(struct search *s, const range *box, double known)
{
    double bound = 0;
    uint32_t at = 0;
    s->boxes++;
    if (is_single(s, box)) return look_at_row(s, box);
    bool enough = find_price(s, box, &bound);
    bound = fmax(bound, known);
    for (size_t i = 0; i < s->n && !enough; i++)
        s->low[i] = s->high[i] = pick_of(s, &s->parts[i], box[i].hi, s->parts[i].far);
    size_t i = bound < s->upper * (1 - CLOSE) ? branch_part(s, box, &at) : s->n;
    if (enough && bound < s->upper * (1 - CLOSE) && !look_near(s, box, i < s->n)) return false;
    if (i == s->n || bound >= s->upper * (1 - CLOSE)) {
        s->open = fmin(s->open, bound);
        return true;
    }
    range whole = box[i];
    push(s, box, bound)[i] = (range){at, whole.hi};
    push(s, box, bound)[i] = (range){whole.lo, at - 1};
    return true;
}

static bool least_sum(struct search *s)
{
    range *box = arena_new(s->a, range, s->n + 1);
    for (size_t i = 0; i < s->n; i++) {
        bool near = s->parts[i].kind == PART_NUMBER && s->parts[i].near == 0;
        box[i] = (range){near, (uint32_t)s->parts[i].n - 1};
    }
    s->open = INFINITY;
    push(s, box, 0);
    while (s->depth && s->budget) {
        node *top = &s->stack[--s->depth];
        memcpy(box, top->box, s->n * sizeof *box);
        if (top->bound >= s->upper * (1 - CLOSE))
            s->open = fmin(s->open, top->bound);
        else if (!look(s, box, top->bound))
            return false;
    }
    while (s->depth)
        s->open = fmin(s->open, s->stack[--s->depth].bound);
    return true;
}

/* ---- the largest change ---- */

static double gain_within(const struct search *s, double radius, pick *ret)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        const part *p = &s->parts[i];
        pick at = {0};
        if (p->kind == PART_LIST)
            for (uint32_t k = 1; k < p->n && p->options[k].cost <= radius; k++)
                at = pick_of(s, p, k, 0);
        else if (p->kind == PART_NUMBER && p->unit * p->near <= radius)
            at = pick_of(s, p, 1, fmin(p->far, radius / p->unit));
        else if (p->kind == PART_WHOLE && p->unit * p->near <= radius)
            at = pick_of(
                s, p, 1 + (uint32_t)fmin((double)p->n - 2, radius / p->unit - p->near + 1e-12), 0);
        ret[i] = at;
        sum += at.gain;
    }
    return sum;
}

static double largest_cost(const struct search *s)
{
    double ret = 0;
    for (size_t i = 0; i < s->n; i++)
        ret =
            fmax(ret, pick_of(s, &s->parts[i], (uint32_t)s->parts[i].n - 1, s->parts[i].far).cost);
    return ret;
}

/* The least radius with this gain lies in *ret_lo..*ret_hi; false: there is none. */
static bool find_radius(struct search *s, double need, double *ret_lo, double *ret_hi)
{
    double lo = 0, hi = largest_cost(s) * (1 + 1e-12);
    if (gain_within(s, hi, s->try) * (1 + 1e-12) < need) return false;
    if (gain_within(s, 0, s->try) >= need) hi = 0;
    for (int k = 0; k < HALVINGS && hi - lo > hi * 4e-16; k++) {
        double mid = lo + (hi - lo) / 2;
        if (!(mid > lo) || !(mid < hi)) break;
        if (gain_within(s, mid, s->try) >= need)
            hi = mid;
        else
            lo = mid;
    }
    *ret_lo = lo;
    *ret_hi = hi;
    return true;
}

static bool least_radius(struct search *s)
{
    double lo, hi;
    bool yes;
    s->open = INFINITY;
    s->boxes++;
    if (!find_radius(s, s->need, &lo, &hi)) return true;
    s->open = lo;
    (void)gain_within(s, hi, s->high);
    if (!try_picks(s, s->high, &yes)) return false;
    if (yes || !find_radius(s, s->sure, &lo, &hi)) return true;
    (void)gain_within(s, hi, s->high);
    return try_picks(s, s->high, &yes);
}

/* ---- a condition ---- */

static bool is_close(const struct search *s, double lower)
{
    double sum = 0;
    for (size_t i = 0; i < s->th->n && s->distance < INFINITY; i++) {
        const threat_feature *f = &s->th->at[i];
        if (f->group || f->codes || f->integer || s->point[i] == s->x0[i]) continue;
        float size = fmaxf(fabsf(s->point[i]), fabsf(s->x0[i]));
        if (s->th->norm != THREAT_L0)
            sum = threat_sum(s->th, sum, f->cost * (double)(nextafterf(size, INFINITY) - size));
    }
    return lower >= s->distance * (1 - CLOSE) - threat_length(s->th, sum);
}

/* Largest sizes that values of the features may have. */
static double *sizes_of(const struct search *s)
{
    double *ret = arena_new(s->a, double, s->th->n);
    for (size_t i = 0; i < s->th->n; i++) {
        const threat_feature *f = &s->th->at[i];
        ret[i] =
            fmax(1, fmax(fabs((double)s->x0[i]), fmax(fabs((double)f->min), fabs((double)f->max))));
        for (size_t k = 0; k < f->n_codes; k++)
            ret[i] = fmax(ret[i], fabs((double)f->codes[k]));
    }
    return ret;
}

/* Slopes of the margin that has to fall, and by how much it has to. */
static double *slopes_of(struct search *s, const condition *c, double *ret_slack)
{
    const linear_model *l = s->l;
    double *slope = arena_new(s->a, double, s->th->n), *size = sizes_of(s), base = -c->at;
    *ret_slack = (1 + fabs(c->at)) * 1e-12;
    for (int side = 0; side < 2; side++) {
        size_t k = side ? c->minus : c->plus;
        double sign = side ? -1 : 1;
        if (k == SIZE_MAX) continue;
        base += sign * l->bias[k];
        *ret_slack += linear_rounding(l, k, size);
        for (size_t i = 0; i < l->n_features; i++) {
            slope[i] += sign * l->weight[k * l->n_features + i];
            base += sign * l->weight[k * l->n_features + i] * (double)s->x0[i];
        }
    }
    s->need = base - *ret_slack;
    s->sure = base + *ret_slack;
    if (c->plus != SIZE_MAX && c->minus != SIZE_MAX) s->sure += 2 * fabs(c->at);
    return slope;
}

/* Repeated with more room for rounding while no row of the model's own floats flips. */
static bool one_condition(struct search *s, const condition *c, double *ret_lower)
{
    double slack;
    make_parts(s, slopes_of(s, c, &slack));
    *ret_lower = 0;
    if (!isfinite(s->need)) {
        *ret_lower = s->need > 0 ? INFINITY : 0;
        return true;
    }
    s->low = arena_new(s->a, pick, s->n + 1);
    s->high = arena_new(s->a, pick, s->n + 1);
    s->try = arena_new(s->a, pick, s->n + 1);
    s->below = arena_new(s->a, pick, s->n + 1);
    s->above = arena_new(s->a, pick, s->n + 1);
    s->fixed = arena_new(s->a, range, s->n + 1);
    for (int k = 0; k < TRIES; k++) {
        s->stack = NULL;
        s->cap = s->depth = 0;
        s->upper = s->th->norm == THREAT_L2 ? s->distance * s->distance : s->distance;
        if (!(s->th->norm == THREAT_LINF ? least_radius(s) : least_sum(s))) return false;
        *ret_lower = fmax(*ret_lower, s->open);
        if (is_close(s, threat_length(s->th, s->open)) || s->budget == 0) return true;
        s->sure += slack *= 1000;
    }
    return true;
}

bool exact_linear_distance(const target *t, const threat *th, const float *x0, double own,
                           double known, float *point, uint64_t budget, exact_answer *ret,
                           arena *scratch, err *e)
{
    condition *c;
    size_t n;
    double lower = INFINITY;
    struct search s = {.t = t, .th = th, .l = model_linear(t->model), .x0 = x0, .own = own};
    s.distance = known;
    s.point = point;
    s.row = arena_new(scratch, float, t->features);
    s.e = e;
    if (!target_conditions(t, own, &c, &n, scratch)) return false;
    for (size_t k = 0; k < n; k++) {
        double one;
        s.a = arena_open();
        s.budget = budget / (n - k);
        budget -= s.budget;
        bool ok = one_condition(&s, &c[k], &one);
        arena_close(s.a);
        if (!ok) return false;
        budget += s.budget;
        lower = fmin(lower, one);
    }
    lower = threat_length(th, fmax(0, lower)) * (1 - 1e-12);
    *ret = (exact_answer){.lower = fmin(lower, s.distance), .upper = s.distance, .boxes = s.boxes};
    s.a = scratch;
    ret->closed = is_close(&s, ret->lower);
    return true;
}
