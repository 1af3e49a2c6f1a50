/* privacy.c - kind privacy_attack_test: what the model gives away about the rows it learned from.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/privacy.h"
#include "measure/kinds.h"
#include "measure/plan.h"
#include "measure/rng.h"
#include <math.h>

enum { STREAM_MEMBERS = 200, STREAM_OTHERS = 201, FEWEST = 20 };

const char *const privacy_metrics[] = {"membership_auc",
                                       "membership_advantage",
                                       "tpr_at_fpr_0_01",
                                       "tpr_at_fpr_0_001",
                                       "member_accuracy",
                                       "non_member_accuracy",
                                       "generalisation_gap",
                                       "attribute_inference_accuracy",
                                       "attribute_inference_leakage",
                                       "attribute_inference_memorised",
                                       "twin_auc",
                                       "twin_accuracy",
                                       "twin_membership_auc",
                                       "twin_membership_advantage",
                                       NULL};

const measure_option privacy_options[] = {
    {"rows",      DOC_INT,  FEWEST, 1e6,   20000, "members, and others, that are looked at at most"           },
    {"models",    DOC_INT,  0,      512,   32,    "reference models, an even number; 0: none"                 },
    {"rounds",    DOC_INT,  0,      1000,  0,     "rounds of a reference model's trees; 0: as the model's own"},
    {"depth",     DOC_INT,  0,      16,    0,     "depth of a reference model's trees; 0: as the model's own" },
    {"rate",      DOC_REAL, 0.001,  1,     0.3,   "learning rate of a reference model"                        },
    {"sensitive", DOC_STR,  0,      200,   0,     "column that an attacker wants to infer"                    },
    {"epsilons",  DOC_ARR,  0,      10,    0,     "epsilons of the private twins as texts: [\"1\", \"8\"]"    },
    {"delta",     DOC_REAL, 1e-12,  0.01,  1e-5,  "delta of the private twins"                                },
    {"ranges",    DOC_OBJ,  0,      10000, 0,     "{\"feature\": [lowest, highest], ...}, not from the data"  },
    {NULL,        DOC_NULL, 0,      0,     0,     NULL                                                        },
};

/* ---- the rows ---- */

static bool drawn(const privacy *p, const table *t, uint32_t stream, const char *path, table *ret,
                  err *e)
{
    size_t most = (size_t)plan_number(p->plan, "rows");
    *ret = *t;
    if (t->rows < FEWEST)
        return err_set(e, ERR_INVALID, str_of(path), S("measure on more rows"),
                       "%zu rows are too few: at least %d are needed", t->rows, FEWEST);
    if (t->rows > most)
        *ret = table_keep(p->a, t, privacy_draw(t->rows, most, p->plan->seed, stream, p->a));
    return true;
}

static bool classifier(const sample *s, err *e)
{
    if (s->task == TASK_MULTICLASS || (s->task == TASK_BINARY && s->probability)) return true;
    return err_set(e, ERR_INVALID, S("model"), S("measure a classifier that gives probabilities"),
                   "membership shows in the chance of the true class, which this model does not "
                   "give");
}

static bool gather(privacy *p, const measure_input *in, err *e)
{
    table members, others;
    const column *label;
    if (!table_need(in->reference, p->plan->label, S("reference"), &label, e) ||
        !drawn(p, in->reference, STREAM_MEMBERS, "reference", &members, e) ||
        !drawn(p, in->data, STREAM_OTHERS, "data", &others, e) ||
        !privacy_stack(&members, &others, &p->stacked, p->a, e))
        return false;
    p->in = *in;
    p->in.data = &p->stacked;
    p->rows = p->stacked.rows;
    p->members = members.rows;
    p->features = model_describe(in->model)->n_features;
    if (!sample_make(p->plan, &p->in, &p->s, p->a, e) || !classifier(&p->s, e) ||
        !sample_matrix(p->plan, in->model, &p->stacked, &p->x, &p->names, p->a, e))
        return false;
    p->member = arena_new(p->a, int32_t, p->rows);
    p->loud = arena_new(p->a, double, p->rows);
    for (size_t r = 0; r < p->rows; r++) {
        p->member[r] = r < p->members;
        p->loud[r] = privacy_logit(privacy_chance(&p->s, r, (size_t)p->s.truth[r]));
    }
    return true;
}

/* ---- the gap ---- */

static void add_rate(figures *f, const char *id, double k, double n, str slice, bool small)
{
    figures_add(f, id, n > 0 ? k / n : NAN, (int64_t)n, slice, recipe_wilson(k, n))->small = small;
}

/* Also the advantage of the simplest attack: "a right answer means a member" (Yeom et al.). */
static void add_gap(const privacy *p, const view *v)
{
    double(*n)[4] = arena_array(p->a, v->n_groups, sizeof *n, 16);
    for (size_t r = 0; r < p->rows; r++) {
        double *c = n[p->s.g.joint ? v->group_of[p->s.g.joint[r]] : 0];
        c[2 * !p->member[r]]++;
        c[2 * !p->member[r] + 1] += p->s.truth[r] == p->s.predicted[r];
    }
    for (size_t k = 0; k < v->n_groups; k++) {
        const double *c = n[k];
        str slice = groups_slice(&p->s.g, v, k, (str){0}, (str){0}, p->a);
        bool small = figures_small(p->f, v, k);
        counted x = {c[1], c[0], c[3], c[2]};
        add_rate(p->f, "member_accuracy", c[1], c[0], slice, small);
        add_rate(p->f, "non_member_accuracy", c[3], c[2], slice, small);
        figures_add(p->f, "generalisation_gap", c[1] / c[0] - c[3] / c[2], v->rows[k], slice,
                    privacy_rates(x, p->a))
            ->small = small;
    }
}

/* ---- the run ---- */

static const char *const references[] = {
    "Yeom et al., Privacy risk in machine learning, IEEE CSF (2018)",
    "Shokri et al., Membership inference attacks against machine learning models, IEEE S&P (2017)",
    "Song & Mittal, Systematic evaluation of privacy risks, USENIX Security (2021)",
    "Carlini et al., Membership inference attacks from first principles, IEEE S&P (2022)",
    "Fredrikson, Jha & Ristenpart, Model inversion attacks, ACM CCS (2015)",
    "Jayaraman & Evans, Are attribute inference attacks just imputation?, ACM CCS (2022)",
    "Abadi et al., Deep learning with differential privacy, ACM CCS (2016)",
    "Mironov, Talwar & Zhang, Renyi differential privacy of the sampled Gaussian mechanism (2019)",
    NULL};

static bool check(const measure_plan *p, err *e)
{
    double models = plan_number(p, "models");
    if (fmod(models, 2) == 0) return true;
    return err_set(e, ERR_INVALID, S("options.models"), S("give an even number"),
                   "%.0f reference models make no pairs", models);
}

bool privacy_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                 err *e)
{
    figures f;
    privacy x = {.plan = p, .f = &f, .a = a};
    str table_;
    if (!check(p, e) || !gather(&x, in, e) || !privacy_attribute_check(&x, e) ||
        !privacy_twins_check(&x, e))
        return false;
    f = figures_open(p, &x.s.g, a);
    ret->method = S("membership inference, attribute inference, and differentially private twins");
    ret->references = references;
    figures_note_small(&f);
    figures_note(&f,
                 "%zu members and %zu others were looked at; the intervals hold for this model and "
                 "these reference models: another training run may give away more or less",
                 x.members, x.rows - x.members);
    size_t twice = privacy_twice(&x);
    if (twice)
        figures_note(&f,
                     "%zu of the others equal a member in all the model sees and in the truth: "
                     "if the model learned from them, attacks are stronger than they look here",
                     twice);
    for (size_t i = 0; i < x.s.g.n_views; i++)
        add_gap(&x, &x.s.g.views[i]);
    buf b = buf_open(a, 1 << 20);
    jw curves = jw_open(&b);
    x.curves = &curves;
    privacy_open_curves(&curves);
    if (!privacy_membership(&x, 0, 0.6, e) || !privacy_attribute(&x, 0.6, 0.8, e) ||
        !privacy_twins(&x, 0.8, 1, &table_, e))
        return false;
    privacy_close_curves(&curves);
    ret->tables = table_;
    ret->figures = buf_str(&b);
    return figures_judge(&f, ret, e);
}
