/* lightgbm.c - LightGBM's text model, versions v3 and v4, into a tree ensemble. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include "table/number.h"
#include <math.h>

enum { TREES_MAX = 1 << 20 };

/* Names and links: ConvertOutput in src/objective of microsoft/LightGBM. */
typedef struct objective {
    const char *name;
    model_task task;
    model_link link;
} objective;

static const objective objectives[] = {
    {"binary",               MODEL_BINARY,     LINK_LOGISTIC     },
    {"multiclass",           MODEL_MULTICLASS, LINK_SOFTMAX      },
    {"multiclassova",        MODEL_MULTICLASS, LINK_LOGISTIC     },
    {"regression",           MODEL_REGRESSION, LINK_IDENTITY     },
    {"regression sqrt",      MODEL_REGRESSION, LINK_SIGNED_SQUARE},
    {"regression_l1",        MODEL_REGRESSION, LINK_IDENTITY     },
    {"huber",                MODEL_REGRESSION, LINK_IDENTITY     },
    {"fair",                 MODEL_REGRESSION, LINK_IDENTITY     },
    {"quantile",             MODEL_REGRESSION, LINK_IDENTITY     },
    {"mape",                 MODEL_REGRESSION, LINK_IDENTITY     },
    {"poisson",              MODEL_REGRESSION, LINK_EXP          },
    {"gamma",                MODEL_REGRESSION, LINK_EXP          },
    {"tweedie",              MODEL_REGRESSION, LINK_EXP          },
    {"cross_entropy",        MODEL_REGRESSION, LINK_LOGISTIC     },
    {"cross_entropy_lambda", MODEL_REGRESSION, LINK_LOG1P_EXP    },
    {"lambdarank",           MODEL_REGRESSION, LINK_IDENTITY     },
    {"rank_xendcg",          MODEL_REGRESSION, LINK_IDENTITY     },
    {"custom",               MODEL_REGRESSION, LINK_IDENTITY     },
};

/* The lines before the first tree. */
struct loading {
    arena *a;
    struct model *m;
    str header, trees;
    bool *categorical;
    err *e;
};

static const char resave[] = "the file is damaged; save the model again with save_model";

static bool refuse(struct loading *l, const char *path, const char *hint, const char *why)
{
    return err_set(l->e, ERR_INVALID, str_of(path), str_of(hint), "%s", why);
}

/* ---- lines ---- */

static str next_line(str *rest)
{
    str line = str_cut(*rest, '\n', rest);
    return str_ends(line, S("\r")) ? str_sub(line, 0, line.n - 1) : line;
}

/* What stands behind "key="; empty for a bare "key"; absent when there is no such line. */
static str member(const struct loading *l, const char *key)
{
    for (str rest = l->header; rest.p;) {
        str value, name = str_cut(next_line(&rest), '=', &value);
        if (str_eqz(name, key)) return value.p ? value : S("");
    }
    return (str){0};
}

static bool whole(struct loading *l, const char *key, int64_t lo, int64_t hi, int64_t *ret)
{
    if (str_int(member(l, key), ret) && *ret >= lo && *ret <= hi) return true;
    return err_set(l->e, ERR_INVALID, str_of(key), str_of(resave),
                   "expected a whole number from %lld to %lld", (long long)lo, (long long)hi);
}

/* Splits the file at its first tree. */
static bool open_text(struct loading *l, str bytes)
{
    const char *first = memmem(bytes.p, bytes.n, "\nTree=", 6);
    const char *end = memmem(bytes.p, bytes.n, "\nend of trees", 13);
    if (!end || (first && first > end))
        return refuse(l, "model", resave, "the LightGBM model is cut off: no line 'end of trees'");
    const char *start = first ? first : end;
    l->header = (str){bytes.p, (size_t)(start - bytes.p)};
    if (first) l->trees = (str){first + 1, (size_t)(end - first - 1)};
    return true;
}

static bool read_version(struct loading *l)
{
    str v = member(l, "version");
    l->m->info.version = str_dup(l->a, v);
    if (str_eqz(v, "v3") || str_eqz(v, "v4")) return true;
    return err_set(l->e, ERR_INVALID, S("version"),
                   S("load and save the model with LightGBM 3 or newer"),
                   "model format '%.*s' is not read, only v3 and v4", STR_ARG(v));
}

/* ---- the objective ---- */

/* "binary sigmoid:1": a number behind its name; 1 when it is not given. */
static bool parameter(struct loading *l, str words, str name, double *ret)
{
    *ret = 1;
    while (words.p) {
        str word = str_cut(words, ' ', &words);
        if (!str_starts(word, name)) continue;
        if (number_parse(str_sub(word, name.n, word.n), ret)) return true;
        return refuse(l, "objective", resave, "a parameter of the objective is no number");
    }
    return true;
}

static const objective *find_objective(str text)
{
    str rest, name = str_cut(text, ' ', &rest);
    if (str_starts(rest, S("sqrt"))) name = text;
    for (size_t i = 0; i < COUNT(objectives); i++)
        if (str_eqz(name, objectives[i].name)) return &objectives[i];
    return NULL;
}

/* A model of an objective function of the user's own names none: its margins are its outputs. */
static bool read_objective(struct loading *l)
{
    str text = member(l, "objective"), rest;
    const objective *o = find_objective(text.p ? text : S("custom"));
    if (!o)
        return err_set(l->e, ERR_INVALID, S("objective"),
                       S("use an objective that LightGBM's documentation names"),
                       "the objective '%.*s' is not known here", STR_ARG(text));
    l->m->info.objective = str_dup(l->a, text.p ? str_cut(text, ' ', &rest) : S("custom"));
    l->m->info.task = o->task;
    l->m->link = o->link;
    l->m->wide = true;
    if (!parameter(l, text, S("sigmoid:"), &l->m->slope)) return false;
    return l->m->slope > 0 || refuse(l, "objective", resave, "sigmoid is not above 0");
}

/* ---- features and shape ---- */

static bool read_shape(struct loading *l)
{
    int64_t last, classes, outputs;
    if (!whole(l, "max_feature_idx", 0, FEATURES_MAX - 1, &last) ||
        !whole(l, "num_class", 1, OUTPUTS_MAX, &classes) ||
        !whole(l, "num_tree_per_iteration", 1, OUTPUTS_MAX, &outputs))
        return false;
    bool multi = l->m->info.task == MODEL_MULTICLASS;
    if (outputs != classes ||
        (multi ? classes < 2 : l->m->info.task == MODEL_BINARY && classes > 1))
        return refuse(l, "num_class", resave,
                      "the number of classes does not fit the objective or the trees");
    l->m->info.n_features = (size_t)last + 1;
    l->m->info.n_outputs = (size_t)outputs;
    l->m->base = arena_new(l->a, float, outputs);
    l->categorical = arena_new(l->a, bool, l->m->info.n_features);
    l->m->info.categorical = l->categorical;
    return true;
}

/* Data without names get Column_0, Column_1, ..., which name nothing. */
static bool is_made_up(str name, size_t i, err *e)
{
    return str_eq(name, str_fmt(e->a, "Column_%zu", i));
}

static bool read_names(struct loading *l)
{
    size_t n = l->m->info.n_features;
    str rest = member(l, "feature_names"), *names = arena_new(l->a, str, n);
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        str name = str_cut(rest, ' ', &rest);
        if (!name.n || !str_utf8(name))
            return refuse(l, "feature_names", resave, "not one name per feature");
        any = any || !is_made_up(name, i, l->e);
        names[i] = str_dup(l->a, name);
    }
    if (rest.p) return refuse(l, "feature_names", resave, "more names than features");
    if (any) l->m->info.features = names;
    return true;
}

/* "[0:1]" is a range of numbers, "none" was not used, "3:0:7" are categories. */
static bool read_infos(struct loading *l)
{
    str rest = member(l, "feature_infos");
    for (size_t i = 0; i < l->m->info.n_features; i++) {
        str info = str_cut(rest, ' ', &rest);
        if (!info.n) return refuse(l, "feature_infos", resave, "not one entry per feature");
        l->categorical[i] = info.p[0] != '[' && info.p[0] != 'n';
    }
    return !rest.p || refuse(l, "feature_infos", resave, "more entries than features");
}

/* ---- trees ---- */

/* Where the next tree starts: behind "Tree=" and its line; absent at the end. */
static str next_tree(str *rest)
{
    const char *next = rest->p ? memmem(rest->p, rest->n, "\nTree=", 6) : NULL;
    str t = *rest;
    *rest = (str){0};
    if (!next) return t;
    *rest = (str){next + 1, t.n - (size_t)(next + 1 - t.p)};
    return (str){t.p, (size_t)(next - t.p)};
}

static size_t count_trees(str text)
{
    size_t n = 0;
    for (; text.p; n++)
        next_tree(&text);
    return n;
}

static bool read_tree(struct loading *l, str text, size_t i, double divisor)
{
    str path = str_fmt(l->e->a, "Tree=%zu", i);
    if (!str_eq(next_line(&text), path))
        return err_set(l->e, ERR_INVALID, path, str_of(resave), "the trees are not in order");
    l->m->trees[i].output = (uint32_t)(i % l->m->info.n_outputs);
    return lightgbm_tree(l->a, text, path, l->m->info.n_features, divisor, l->categorical,
                         &l->m->trees[i], l->e);
}

static bool read_trees(struct loading *l)
{
    str rest = l->trees;
    size_t n = count_trees(rest), k = l->m->info.n_outputs;
    if (n > TREES_MAX || n % k)
        return refuse(l, "model", resave, "the number of trees does not fit the number of classes");
    double divisor = member(l, "average_output").p && n ? (double)(n / k) : 1;
    l->m->info.n_trees = n;
    l->m->trees = arena_new(l->a, tree, n);
    for (size_t i = 0; i < n; i++)
        if (!read_tree(l, next_tree(&rest), i, divisor)) return false;
    return true;
}

bool lightgbm_sniff(str bytes)
{
    return str_starts(bytes, S("tree\n")) || str_starts(bytes, S("tree\r\n"));
}

bool lightgbm_load(arena *a, arena *scratch, str bytes, struct model *m, err *e)
{
    (void)scratch; /* e has it */
    struct loading l = {.a = a, .m = m, .e = e};
    m->info.format = "lightgbm-text";
    return open_text(&l, bytes) && read_version(&l) && read_objective(&l) && read_shape(&l) &&
           read_names(&l) && read_infos(&l) && read_trees(&l);
}
