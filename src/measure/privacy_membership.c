/* privacy_membership.c - attacks that tell whether a row was trained on, with reference models. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/plan.h"
#include "measure/privacy.h"
#include "measure/rng.h"
#include "measure/share.h"
#include "model/trees.h"
#include <math.h>

enum {
    STREAM_PAIRS = 210,
    LARGEST_ROUNDS = 300, /* of reference models made as the model's own */
    LARGEST_DEPTH = 12,
    LARGEST_TABLE = 1 << 28, /* answers of reference models held at once */
    TOP = 3,                 /* largest chances a shadow attack looks at */
    CLUES = 5 + TOP,         /* what it looks at, see clues_of */
};

/* ---- thresholds ---- */

typedef double score_fn(const privacy *p, size_t row);

static double loss(const privacy *p, size_t r)
{
    return p->loud[r];
}

static double cut(double c)
{
    return fmin(fmax(c, PRIVACY_CUT), 1 - PRIVACY_CUT);
}

static double confidence(const privacy *p, size_t r)
{
    double most = 0;
    for (size_t k = 0; k < p->s.n_classes; k++)
        most = fmax(most, privacy_chance(&p->s, r, k));
    return most;
}

static double entropy(const privacy *p, size_t r)
{
    double sum = 0;
    for (size_t k = 0; k < p->s.n_classes; k++) {
        double c = privacy_chance(&p->s, r, k);
        sum += c > 0 ? c * log(c) : 0;
    }
    return sum;
}

/* Song & Mittal 2021, equation 8, negated. */
static double modified_entropy(const privacy *p, size_t r)
{
    double sum = 0;
    for (size_t k = 0; k < p->s.n_classes; k++) {
        double c = cut(privacy_chance(&p->s, r, k));
        sum += k == (size_t)p->s.truth[r] ? (1 - c) * log(c) : c * log1p(-c);
    }
    return sum;
}

static double margin(const privacy *p, size_t r)
{
    double other = 0;
    for (size_t k = 0; k < p->s.n_classes; k++)
        if (k != (size_t)p->s.truth[r]) other = fmax(other, privacy_chance(&p->s, r, k));
    return privacy_chance(&p->s, r, (size_t)p->s.truth[r]) - other;
}

static void thresholds(const privacy *p)
{
    static const struct {
        const char *name;
        score_fn *score;
    } all[] = {
        {"loss",             loss            },
        {"confidence",       confidence      },
        {"entropy",          entropy         },
        {"modified_entropy", modified_entropy},
        {"margin",           margin          },
    };
    size_t n = p->s.n_classes > 2 ? COUNT(all) : 2;
    for (size_t i = 0; i < n; i++) {
        double *score = arena_new(p->a, double, p->rows);
        for (size_t r = 0; r < p->rows; r++)
            score[r] = all[i].score(p, r);
        privacy_add_attack(p, &(privacy_attack){all[i].name, score});
    }
    if (n == 2)
        figures_note(p->f,
                     "with two classes the attacks entropy, modified_entropy and margin order "
                     "rows as confidence and loss do, and are left out");
}

/* ---- reference models ---- */

struct references {
    const privacy *p;
    bins b;
    boost_plan plan;
    size_t n;
    float *loud;  /* n x rows: logit of the truth under each model */
    float *clues; /* 2 x rows x CLUES: of the reference model whose turn it is; of the model */
};

/* Models 2k and 2k + 1 learn from complements. */
static uint8_t *sees(const struct references *x, size_t model, arena *a)
{
    uint8_t *ret = arena_new(a, uint8_t, x->p->rows);
    rng g = rng_open(x->p->plan->seed, STREAM_PAIRS, model / 2);
    for (size_t r = 0; r < x->p->rows; r++)
        ret[r] = (rng_uniform(&g) < 0.5) ^ (model & 1);
    return ret;
}

static void chances(const double *margin_, size_t outputs, double *ret)
{
    if (outputs == 1) {
        ret[1] = 1 / (1 + exp(-margin_[0]));
        ret[0] = 1 - ret[1];
        return;
    }
    double top = margin_[0], sum = 0;
    for (size_t k = 1; k < outputs; k++)
        top = fmax(top, margin_[k]);
    for (size_t k = 0; k < outputs; k++)
        sum += ret[k] = exp(margin_[k] - top);
    for (size_t k = 0; k < outputs; k++)
        ret[k] /= sum;
}

/* What the attack of Shokri et al. sees: the answer (its largest chances, after Salem et al.) and
 * the truth. */
static void clues_of(const double *chance, size_t classes, size_t truth, float *ret)
{
    double top[TOP] = {0}, sum = 0;
    for (size_t k = 0; k < classes; k++) {
        double c = chance[k];
        sum += c > 0 ? c * log(c) : 0;
        for (size_t i = 0; i < TOP; i++)
            if (c > top[i]) {
                double t = top[i];
                top[i] = c;
                c = t;
            }
    }
    ret[0] = (float)privacy_logit(chance[truth]);
    ret[1] = (float)sum;
    ret[2] = (float)truth;
    ret[3] = chance[truth] >= top[0];
    ret[4] = (float)(chance[truth] - top[1]);
    for (size_t i = 0; i < TOP; i++)
        ret[5 + i] = (float)top[i];
}

static bool one_reference(void *ctx, size_t model, arena *scratch, err *e)
{
    const struct references *x = ctx;
    const sample *s = &x->p->s;
    size_t rows = x->p->rows, n = 0;
    const uint8_t *in = sees(x, model, scratch);
    uint32_t *row = arena_new(scratch, uint32_t, rows);
    double *m = arena_new(scratch, double, s->n_classes), c[SAMPLE_CLASSES];
    (void)e;
    for (size_t r = 0; r < rows; r++)
        if (in[r]) row[n++] = (uint32_t)r;
    struct boost *b = boost_train(&x->b, s->truth, s->n_classes, row, n, &x->plan, scratch);
    for (size_t r = 0; r < rows; r++) {
        boost_margin(b, &x->b, r, m);
        chances(m, boost_outputs(b), c);
        x->loud[model * rows + r] = (float)privacy_logit(c[s->truth[r]]);
        if (r % x->n == model) clues_of(c, s->n_classes, (size_t)s->truth[r], x->clues + r * CLUES);
    }
    return true;
}

static size_t model_depth(forest f)
{
    size_t d = 1;
    for (size_t i = 0; i < f.n; i++)
        d = f.at[i].depth > d ? f.at[i].depth : d;
    return d < LARGEST_DEPTH ? d : LARGEST_DEPTH;
}

/* Like the model where that can be seen, for an attack is as strong as its imitation. */
static boost_plan imitation(const privacy *p)
{
    boost_plan ret = boost_default();
    forest f = model_forest(p->in.model);
    size_t outputs = p->s.n_classes > 2 ? p->s.n_classes : 1;
    size_t rounds = (size_t)plan_number(p->plan, "rounds");
    size_t depth = (size_t)plan_number(p->plan, "depth");
    ret.rate = plan_number(p->plan, "rate");
    if (f.n > 0) {
        ret.rounds = f.n / outputs < LARGEST_ROUNDS ? f.n / outputs : LARGEST_ROUNDS;
        ret.depth = model_depth(f);
    }
    ret.rounds = rounds ? rounds : ret.rounds ? ret.rounds : 1;
    ret.depth = depth ? depth : ret.depth;
    return ret;
}

/* ---- likelihood ratio ---- */

/* A row's logits under models that saw it and models that did not. */
struct sides {
    moments side[2];
};

static struct sides *both_sides(const struct references *x, arena *a)
{
    struct sides *ret = arena_new(a, struct sides, x->p->rows);
    for (size_t m = 0; m < x->n; m++) {
        arena *scratch = arena_open();
        const uint8_t *in = sees(x, m, scratch);
        for (size_t r = 0; r < x->p->rows; r++)
            moments_add(&ret[r].side[in[r]], (double)x->loud[m * x->p->rows + r]);
        arena_close(scratch);
    }
    return ret;
}

static double pooled(const struct sides *s, size_t rows, int side)
{
    double sum = 0, n = 0;
    for (size_t r = 0; r < rows; r++) {
        sum += s[r].side[side].m2;
        n += fmax(0, s[r].side[side].n - 1);
    }
    return fmax(n > 0 ? sum / n : 0, 1e-12);
}

static double variance(const moments *m, double all)
{
    return m->n < LIRA_OWN ? all : fmax(m->m2 / (m->n - 1), 1e-3 * all);
}

static double log_density(const moments *m, double variance_, double at)
{
    double d = at - m->mean;
    return -d * d / (2 * variance_) - log(variance_) / 2;
}

static void lira(const struct references *x)
{
    const privacy *p = x->p;
    const struct sides *s = both_sides(x, p->a);
    double all[2] = {pooled(s, p->rows, 0), pooled(s, p->rows, 1)};
    double *off = arena_new(p->a, double, p->rows), *on = arena_new(p->a, double, p->rows);
    for (size_t r = 0; r < p->rows; r++) {
        const moments *out = &s[r].side[0], *in = &s[r].side[1];
        double v = variance(out, all[0]), w = variance(in, all[1]);
        off[r] = (p->loud[r] - out->mean) / sqrt(v);
        on[r] = log_density(in, w, p->loud[r]) - log_density(out, v, p->loud[r]);
    }
    privacy_add_attack(p, &(privacy_attack){"lira_offline", off});
    privacy_add_attack(p, &(privacy_attack){"lira_online", on});
}

/* ---- shadow models ---- */

static void shadow(const struct references *x)
{
    const privacy *p = x->p;
    size_t rows = p->rows;
    double chance[SAMPLE_CLASSES], *score = arena_new(p->a, double, rows);
    int32_t *seen = arena_new(p->a, int32_t, 2 * rows);
    uint32_t *row = arena_new(p->a, uint32_t, rows);
    for (size_t m = 0; m < x->n; m++) {
        arena *scratch = arena_open();
        const uint8_t *in = sees(x, m, scratch);
        for (size_t r = m; r < rows; r += x->n)
            seen[r] = in[r];
        arena_close(scratch);
    }
    for (size_t r = 0; r < rows; r++) {
        row[r] = (uint32_t)r;
        for (size_t k = 0; k < p->s.n_classes; k++)
            chance[k] = privacy_chance(&p->s, r, k);
        clues_of(chance, p->s.n_classes, (size_t)p->s.truth[r], x->clues + (rows + r) * CLUES);
    }
    bins b = bins_make(x->clues, 2 * rows, CLUES, p->a);
    boost_plan small = {.rounds = 50, .depth = 3, .rate = 0.1, .lambda = 1, .min_weight = 5};
    struct boost *attack_model = boost_train(&b, seen, 2, row, rows, &small, p->a);
    for (size_t r = 0; r < rows; r++)
        boost_margin(attack_model, &b, rows + r, &score[r]);
    privacy_add_attack(p, &(privacy_attack){"shadow", score});
}

static void note_tails(const privacy *p)
{
    size_t others = p->rows - p->members;
    if (others < 1000)
        figures_note(p->f,
                     "%zu others cannot show a false positive rate of 0.1 %%%s: it takes 1,000 at "
                     "the very least",
                     others, others < 100 ? ", nor one of 1 %" : "");
    else if (others < 10000)
        figures_note(p->f,
                     "%zu others leave %zu false positives at a rate of 0.1 %%: its figures are "
                     "coarse, as their intervals say",
                     others, others / 1000);
}

bool privacy_membership(const privacy *p, double from, double to, err *e)
{
    struct references x = {.p = p, .n = (size_t)plan_number(p->plan, "models")};
    thresholds(p);
    note_tails(p);
    if (x.n == 0) return true;
    if (x.n * p->rows > LARGEST_TABLE)
        return err_set(e, ERR_TOO_LARGE, S("options.models"), S("ask for fewer models or rows"),
                       "%zu reference models of %zu rows are more than this program holds at once",
                       x.n, p->rows);
    x.plan = imitation(p);
    x.loud = arena_array(p->a, x.n, p->rows * sizeof *x.loud, 64);
    x.clues = arena_array(p->a, 2 * CLUES, p->rows * sizeof *x.clues, 64);
    x.b = bins_make(p->x, p->rows, p->features, p->a);
    if (!share_jobs(&p->in, x.n, one_reference, &x, from, to, e)) return false;
    lira(&x);
    shadow(&x);
    figures_note(p->f,
                 "lira and shadow imitate the model by %zu boosted models of ours (%zu rounds of "
                 "depth %zu): of a model they resemble little they see too little",
                 x.n, x.plan.rounds, x.plan.depth);
    return true;
}
