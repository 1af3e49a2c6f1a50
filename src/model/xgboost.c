/* xgboost.c - XGBoost's model, JSON or UBJSON, versions 1.7 to 3.x, into a tree ensemble. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include "model/ubjson.h"
#include "table/number.h"
#include <math.h>

enum { TREES_MAX = 1 << 20, CATEGORY_WORDS_MAX = 1 << 26 };

/* Names, links and how base_score becomes a margin: src/objective of dmlc/xgboost. */
typedef struct objective {
    const char *name;
    model_task task;
    model_link link;      /* from margin to output */
    model_link base_link; /* base_score is given behind this link */
} objective;

static const objective objectives[] = {
    {"binary:logistic",      MODEL_BINARY,     LINK_LOGISTIC, LINK_LOGISTIC},
    {"binary:logitraw",      MODEL_BINARY,     LINK_LOGISTIC, LINK_IDENTITY},
    {"multi:softprob",       MODEL_MULTICLASS, LINK_SOFTMAX,  LINK_IDENTITY},
    {"multi:softmax",        MODEL_MULTICLASS, LINK_SOFTMAX,  LINK_IDENTITY},
    {"reg:squarederror",     MODEL_REGRESSION, LINK_IDENTITY, LINK_IDENTITY},
    {"reg:linear",           MODEL_REGRESSION, LINK_IDENTITY, LINK_IDENTITY},
    {"reg:absoluteerror",    MODEL_REGRESSION, LINK_IDENTITY, LINK_IDENTITY},
    {"reg:squaredlogerror",  MODEL_REGRESSION, LINK_IDENTITY, LINK_IDENTITY},
    {"reg:pseudohubererror", MODEL_REGRESSION, LINK_IDENTITY, LINK_IDENTITY},
    {"reg:logistic",         MODEL_REGRESSION, LINK_LOGISTIC, LINK_LOGISTIC},
    {"reg:gamma",            MODEL_REGRESSION, LINK_EXP,      LINK_EXP     },
    {"reg:tweedie",          MODEL_REGRESSION, LINK_EXP,      LINK_EXP     },
    {"count:poisson",        MODEL_REGRESSION, LINK_EXP,      LINK_EXP     },
    {"rank:ndcg",            MODEL_REGRESSION, LINK_IDENTITY, LINK_IDENTITY},
    {"rank:map",             MODEL_REGRESSION, LINK_IDENTITY, LINK_IDENTITY},
    {"rank:pairwise",        MODEL_REGRESSION, LINK_IDENTITY, LINK_IDENTITY},
};

/* The document while it is read. */
struct loading {
    arena *a;
    struct model *m;
    const doc *learner, *booster, *ensemble;
    const objective *objective;
    const doc *weights; /* dart: per tree; NULL */
    bool *categorical;
    bool clamp_base; /* 3.2 and newer keep base_score away from 0 and 1 */
    err *e;
};

static bool refuse(struct loading *l, const char *path, const char *hint, const char *why)
{
    return err_set(l->e, ERR_INVALID, str_of(path), str_of(hint), "%s", why);
}

static const char resave[] = "the file is damaged; save the model again with save_model";

/* ---- small readers ---- */

/* XGBoost writes its numbers of parameters as texts: "5". */
static bool text_whole(struct loading *l, const doc *o, const char *key, const char *path,
                       int64_t lo, int64_t hi, int64_t *ret)
{
    const doc *d = doc_get(o, key);
    bool ok = d && ((d->kind == DOC_STR && str_int(d->s, ret)) ||
                    (d->kind == DOC_INT && (*ret = d->i, true)));
    if (ok && *ret >= lo && *ret <= hi) return true;
    return err_set(l->e, ERR_INVALID, str_fmt(l->e->a, "%s.%s", path, key), str_of(resave),
                   "expected a whole number from %lld to %lld", (long long)lo, (long long)hi);
}

static bool object(struct loading *l, const doc *o, const char *key, const char *path,
                   const doc **ret)
{
    *ret = doc_get(o, key);
    if (*ret && (*ret)->kind == DOC_OBJ) return true;
    return refuse(l, path, resave, "expected an object");
}

static bool list(struct loading *l, const doc *o, const char *key, const char *path, size_t n,
                 const doc **ret)
{
    *ret = doc_get(o, key);
    if (*ret && (*ret)->kind == DOC_ARR && (*ret)->n == n) return true;
    return err_set(l->e, ERR_INVALID, str_of(path), str_of(resave),
                   "expected a list of %zu members", n);
}

/* ---- the learner ---- */

static bool read_version(struct loading *l, const doc *root)
{
    const doc *v;
    if (!list(l, root, "version", "version", 3, &v)) return false;
    int64_t part[3];
    for (size_t i = 0; i < 3; i++) {
        doc d = ubjson_at(v, i);
        part[i] = d.i;
        if (d.kind != DOC_INT || d.i < 0 || d.i > 9999)
            return refuse(l, "version", resave, "expected three whole numbers");
    }
    int64_t major = part[0], minor = part[1];
    l->m->info.version = str_fmt(l->a, "%d.%d.%d", (int)major, (int)minor, (int)part[2]);
    l->clamp_base = major > 3 || (major == 3 && minor >= 2);
    if (major > 1 || (major == 1 && minor >= 7)) return true;
    return refuse(l, "version", "load and save the model with XGBoost 1.7 or newer",
                  "written by a version older than 1.7");
}

static bool read_objective(struct loading *l)
{
    const doc *o;
    if (!object(l, l->learner, "objective", "learner.objective", &o)) return false;
    str name = doc_str(o, "name");
    for (size_t i = 0; i < COUNT(objectives); i++)
        if (str_eqz(name, objectives[i].name)) l->objective = &objectives[i];
    if (!l->objective)
        return err_set(l->e, ERR_INVALID, S("learner.objective.name"),
                       S("use logistic, softmax, squared, absolute, gamma, tweedie, poisson or "
                         "ranking objectives"),
                       "the objective '%.*s' is not known here", STR_ARG(name));
    l->m->info.objective = str_dup(l->a, name);
    l->m->info.task = l->objective->task;
    l->m->link = l->objective->link;
    return true;
}

static bool read_shape(struct loading *l, const doc *param)
{
    static const char path[] = "learner.learner_model_param";
    int64_t features, classes, targets = 1;
    if (!text_whole(l, param, "num_feature", path, 1, FEATURES_MAX, &features) ||
        !text_whole(l, param, "num_class", path, 0, OUTPUTS_MAX, &classes) ||
        (doc_get(param, "num_target") &&
         !text_whole(l, param, "num_target", path, 1, OUTPUTS_MAX, &targets)))
        return false;
    int64_t outputs = classes > targets ? classes : targets;
    bool multi = l->objective->task == MODEL_MULTICLASS;
    if (multi ? classes < 2 || targets > 1 : classes > 1)
        return refuse(l, "learner.learner_model_param.num_class", resave,
                      "the number of classes does not fit the objective");
    if (l->objective->task == MODEL_BINARY && outputs > 1)
        return refuse(l, "learner.learner_model_param.num_target", "train one model per label",
                      "a classifier of several labels at once is not read");
    l->m->info.n_features = (size_t)features;
    l->m->info.n_outputs = (size_t)outputs;
    l->categorical = arena_new(l->a, bool, features);
    l->m->info.categorical = l->categorical;
    return true;
}

static bool base_margin(struct loading *l, str text, float *ret)
{
    double v;
    if (!number_parse(str_trim(text), &v))
        return refuse(l, "learner.learner_model_param.base_score", resave,
                      "base_score is not a finite number");
    float b = (float)v;
    model_link k = l->objective->base_link;
    if (k == LINK_LOGISTIC && l->clamp_base) b = fminf(fmaxf(b, 1e-6f), 1.0f - 1e-6f);
    *ret = k == LINK_LOGISTIC ? -logf(1.0f / b - 1.0f) : k == LINK_EXP ? logf(b) : b;
    if (isfinite(*ret)) return true;
    return refuse(l, "learner.learner_model_param.base_score", resave,
                  "base_score is out of the range of the objective");
}

/* "5E-1", and since 3.1 "[5E-1]" or one per output "[1E-1,2E-1]". */
static bool read_base(struct loading *l, const doc *param)
{
    str s = doc_str(param, "base_score");
    size_t n = l->m->info.n_outputs, k = 0;
    bool vector = str_starts(s, S("[")) && str_ends(s, S("]"));
    l->m->base = arena_new(l->a, float, n);
    str rest = vector ? str_sub(s, 1, s.n - 2) : s;
    for (; rest.p && k < n; k++)
        if (!base_margin(l, str_cut(rest, ',', &rest), &l->m->base[k])) return false;
    if (k == 1)
        for (; k < n; k++)
            l->m->base[k] = l->m->base[0];
    if (k == n && !rest.p) return true;
    return refuse(l, "learner.learner_model_param.base_score", resave,
                  "base_score does not have one number per output");
}

/* ---- features ---- */

static bool read_names(struct loading *l)
{
    const doc *d = doc_get(l->learner, "feature_names");
    if (!d || (d->kind == DOC_ARR && !d->n)) return true;
    size_t n = l->m->info.n_features;
    if (!list(l, l->learner, "feature_names", "learner.feature_names", n, &d)) return false;
    str *names = arena_new(l->a, str, n);
    for (size_t i = 0; i < n; i++) {
        doc name = ubjson_at(d, i);
        if (name.kind != DOC_STR || !name.s.n)
            return refuse(l, "learner.feature_names", resave, "a feature name is no text");
        names[i] = str_dup(l->a, name.s);
    }
    l->m->info.features = names;
    return true;
}

/* "c" marks a category; "float", "int", "i" and "q" are numbers. */
static bool read_types(struct loading *l)
{
    const doc *d = doc_get(l->learner, "feature_types");
    if (!d || (d->kind == DOC_ARR && !d->n)) return true;
    size_t n = l->m->info.n_features;
    if (!list(l, l->learner, "feature_types", "learner.feature_types", n, &d)) return false;
    for (size_t i = 0; i < n; i++) {
        doc type = ubjson_at(d, i);
        l->categorical[i] = type.kind == DOC_STR && str_eqz(type.s, "c");
    }
    return true;
}

/* ---- trees ---- */

static bool open_booster(struct loading *l)
{
    static const char path[] = "learner.gradient_booster";
    if (!object(l, l->learner, "gradient_booster", path, &l->booster)) return false;
    str name = doc_str(l->booster, "name");
    const doc *outer = l->booster;
    if (str_eqz(name, "dart")) {
        if (!object(l, outer, "gbtree", "learner.gradient_booster.gbtree", &l->booster))
            return false;
    } else if (!str_eqz(name, "gbtree")) {
        return err_set(l->e, ERR_INVALID, S("learner.gradient_booster.name"),
                       S("train with booster gbtree or dart"),
                       "only tree boosters are read, not '%.*s'", STR_ARG(name));
    }
    if (!object(l, l->booster, "model", "learner.gradient_booster.model", &l->ensemble))
        return false;
    /* Up to 3.3 dart keeps its weights beside the trees; newer versions among them. */
    l->weights = doc_get(outer, "weight_drop");
    if (!l->weights) l->weights = doc_get(l->ensemble, "weight_drop");
    return true;
}

static bool weight_at(struct loading *l, size_t i, float *ret)
{
    *ret = 1;
    if (!l->weights || i >= l->weights->n) return true;
    doc w = ubjson_at(l->weights, i);
    *ret = doc_is_num(&w) ? (float)w.d : NAN;
    return isfinite(*ret) ||
           refuse(l, "learner.gradient_booster.weight_drop", resave, "a weight is no number");
}

static bool read_tree(struct loading *l, const doc *trees, const doc *info, size_t i, size_t *words)
{
    doc d = ubjson_at(trees, i), output = ubjson_at(info, i);
    int64_t vector = 0;
    float weight;
    str path = str_fmt(l->e->a, "learner.gradient_booster.model.trees.%zu", i);
    tree *t = &l->m->trees[i];
    const doc *param = doc_get(&d, "tree_param");
    if (doc_get(param, "size_leaf_vector") &&
        !text_whole(l, param, "size_leaf_vector", path.p, 0, INT32_MAX, &vector))
        return false;
    if (vector > 1)
        return refuse(l, path.p, "train with multi_strategy one_output_per_tree",
                      "trees with several outputs per leaf are not read");
    if (output.kind != DOC_INT || output.i < 0 || output.i >= (int64_t)l->m->info.n_outputs)
        return refuse(l, "learner.gradient_booster.model.tree_info", resave,
                      "a tree belongs to an output that does not exist");
    t->output = (uint32_t)output.i;
    return weight_at(l, i, &weight) && xgboost_tree(l->a, &d, path, l->m->info.n_features, weight,
                                                    l->categorical, words, t, l->e);
}

static bool read_trees(struct loading *l)
{
    static const char path[] = "learner.gradient_booster.model.trees";
    int64_t n;
    const doc *param, *trees, *info;
    size_t words = CATEGORY_WORDS_MAX;
    if (!object(l, l->ensemble, "gbtree_model_param",
                "learner.gradient_booster.model.gbtree_model_param", &param) ||
        !text_whole(l, param, "num_trees", "learner.gradient_booster.model.gbtree_model_param", 0,
                    TREES_MAX, &n) ||
        !list(l, l->ensemble, "trees", path, (size_t)n, &trees) ||
        !list(l, l->ensemble, "tree_info", "learner.gradient_booster.model.tree_info", (size_t)n,
              &info))
        return false;
    if (l->weights && (l->weights->kind != DOC_ARR || l->weights->n > (size_t)n))
        return refuse(l, "learner.gradient_booster.weight_drop", resave, "more weights than trees");
    l->m->info.n_trees = (size_t)n;
    l->m->trees = arena_new(l->a, tree, n);
    for (size_t i = 0; i < (size_t)n; i++)
        if (!read_tree(l, trees, info, i, &words)) return false;
    return true;
}

bool xgboost_load(arena *a, const doc *root, struct model *m, err *e)
{
    struct loading l = {.a = a, .m = m, .e = e};
    const doc *param;
    return read_version(&l, root) && object(&l, root, "learner", "learner", &l.learner) &&
           object(&l, l.learner, "learner_model_param", "learner.learner_model_param", &param) &&
           open_booster(&l) && read_objective(&l) && read_shape(&l, param) &&
           read_base(&l, param) && read_names(&l) && read_types(&l) && read_trees(&l);
}
