/* sample_train.c - trains the sample's loan model with libxgboost, loaded when it is needed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/sample_impl.h"
#include <dlfcn.h>
#include <math.h>

enum { ROUNDS = 60 };

/* The part of xgboost/c_api.h (1.6 to 3.x) that is used, so that the program needs it at run
 * time only, and only for the sample. */
typedef unsigned long bst_ulong;
struct xgboost {
    int (*matrix)(const float *data, bst_ulong rows, bst_ulong columns, float missing, void **out);
    int (*matrix_free)(void *m);
    int (*float_info)(void *m, const char *field, const float *v, bst_ulong n);
    int (*string_info)(void *b, const char *field, const char **v, bst_ulong n);
    int (*booster)(void *const *matrices, bst_ulong n, void **out);
    int (*booster_free)(void *b);
    int (*param)(void *b, const char *name, const char *v);
    int (*update)(void *b, int round, void *m);
    int (*save)(void *b, const char *config, bst_ulong *n, const char **out);
    const char *(*error)(void);
};

static void close_library(void *p)
{
    dlclose(p);
}

static bool load(arena *a, struct xgboost *x, err *e)
{
    static const char *const files[] = {"libxgboost.so.0", "libxgboost.so", "libxgboost.so.3"};
    const struct {
        const char *symbol;
        void *at;
    } needed[] = {
        {"XGDMatrixCreateFromMat",     &x->matrix      },
        {"XGDMatrixFree",              &x->matrix_free },
        {"XGDMatrixSetFloatInfo",      &x->float_info  },
        {"XGBoosterSetStrFeatureInfo", &x->string_info },
        {"XGBoosterCreate",            &x->booster     },
        {"XGBoosterFree",              &x->booster_free},
        {"XGBoosterSetParam",          &x->param       },
        {"XGBoosterUpdateOneIter",     &x->update      },
        {"XGBoosterSaveModelToBuffer", &x->save        },
        {"XGBGetLastError",            &x->error       },
    };
    void *lib = NULL;
    for (size_t i = 0; i < COUNT(files) && !lib; i++)
        lib = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; lib && i < COUNT(needed); i++) {
        void *f = dlsym(lib, needed[i].symbol);
        if (!f) lib = NULL;
        memcpy(needed[i].at, &f, sizeof f);
    }
    if (!lib)
        return err_set(e, ERR_UNAVAILABLE, S("sample"),
                       S("install it: apt-get install libxgboost-dev"),
                       "libxgboost, which trains the sample's model, cannot be loaded");
    arena_defer(a, close_library, lib);
    return true;
}

static bool failed(const struct xgboost *x, err *e)
{
    return err_set(e, ERR_INTERNAL, S("sample"), S("report this with the version of libxgboost"),
                   "libxgboost: %s", x->error());
}

static bool fill(const struct xgboost *x, const loan *l, size_t n, arena *a, void **ret, err *e)
{
    float *data = arena_new(a, float, n *LOAN_FEATURES), *label = arena_new(a, float, n);
    for (size_t i = 0; i < n; i++) {
        memcpy(&data[i * LOAN_FEATURES], l[i].x, sizeof l[i].x);
        label[i] = l[i].repaid;
    }
    bool ok = x->matrix(data, n, LOAN_FEATURES, NAN, ret) == 0 &&
              x->float_info(*ret, "label", label, n) == 0;
    return ok || failed(x, e);
}

static bool fit(const struct xgboost *x, void *booster, void *matrix, err *e)
{
    static const char *const params[][2] = {
        {"objective",        "binary:logistic"},
        {"max_depth",        "4"              },
        {"eta",              "0.15"           },
        {"tree_method",      "exact"          },
        {"min_child_weight", "20"             },
        {"nthread",          "1"              },
        {"seed",             "7"              },
        {"verbosity",        "0"              },
    };
    for (size_t i = 0; i < COUNT(params); i++)
        if (x->param(booster, params[i][0], params[i][1]) != 0) return failed(x, e);
    const char *names[LOAN_FEATURES];
    memcpy(names, loan_features, sizeof names);
    if (x->string_info(booster, "feature_name", names, LOAN_FEATURES) != 0) return failed(x, e);
    for (int round = 0; round < ROUNDS; round++)
        if (x->update(booster, round, matrix) != 0) return failed(x, e);
    return true;
}

bool sample_train(arena *a, const loan *l, size_t n, str *ret_model, err *e)
{
    struct xgboost x = {0};
    void *matrix = NULL, *booster = NULL;
    bst_ulong size = 0;
    const char *json = NULL;
    arena *mine = arena_open();
    bool ok = load(mine, &x, e) && fill(&x, l, n, mine, &matrix, e);
    if (ok && x.booster(&matrix, 1, &booster) != 0) ok = failed(&x, e);
    ok = ok && fit(&x, booster, matrix, e);
    if (ok && x.save(booster, "{\"format\":\"json\"}", &size, &json) != 0) ok = failed(&x, e);
    if (ok) *ret_model = str_dupn(a, json, size);
    if (booster) x.booster_free(booster);
    if (matrix) x.matrix_free(matrix);
    arena_close(mine);
    return ok;
}
