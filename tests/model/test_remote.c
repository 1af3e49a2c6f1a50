/* test_remote.c - models behind addresses: the same answers, patience, budgets, hostile servers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/relay.h"
#include "remote_fixture.h"
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static arena *a;
static err e;
static const float *x;
static double want[ROWS];

static int setup(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

/* The answers of the model itself: the forest in serve_model.py is written after xgboost's rules,
 * not after our evaluator. */
static int start(void **state)
{
    struct model *m;
    (void)state;
    setup(state);
    x = fixture_rows();
    if (!fixture_start() || !model_load(a, fixture_model, &m, &e) ||
        !model_predict(m, x, ROWS, want, &e)) {
        print_error("%.*s: %.*s\n", STR_ARG(e.path), STR_ARG(e.msg));
        return -1;
    }
    return teardown(state);
}

static int stop(void **state)
{
    (void)state;
    fixture_stop();
    return 0;
}

/* "/v2/models/good" with up to three settings. */
static bool open_at(const char *path, struct model **ret, const char *s1, const char *s2,
                    const char *s3)
{
    const char *const given[] = {s1, s2, s3};
    str *settings = arena_new(a, str, COUNT(given) + 1);
    size_t n = 0;
    settings[n++] = S("backoff=0.001");
    for (size_t i = 0; i < COUNT(given); i++)
        if (given[i]) settings[n++] = str_of(given[i]);
    const model_source s = {.at = str_fmt(a, "http://127.0.0.1:%d%s", fixture_port, path).p,
                            .settings = settings,
                            .n_settings = n,
                            .task = S("binary")};
    return model_open(a, &s, ret, &e);
}

static struct model *must_open(const char *path, const char *s1, const char *s2, const char *s3)
{
    struct model *m;
    if (!open_at(path, &m, s1, s2, s3))
        fail_msg("%s: %s (%s)", path, e.msg.p, e.path.p ? e.path.p : "");
    return m;
}

static void agrees(const char *path, const char *s1, const char *s2, const char *s3)
{
    double got[ROWS];
    model_usage used;
    struct model *m = must_open(path, s1, s2, s3);
    if (!model_predict(m, x, ROWS, got, &e)) fail_msg("%s: %s", path, e.msg.p);
    for (size_t i = 0; i < ROWS; i++)
        if (!(fabs(got[i] - want[i]) < 1e-6))
            fail_msg("%s: row %zu: %.9g, not %.9g", path, i, got[i], want[i]);
    assert_true(model_used(m, &used));
    assert_int_equal(used.rows, ROWS + 1); /* and the first question */
    assert_true(used.seconds > 0);
}

#define NAMES "features=f0,f1,f2,f3,f4"

static void every_protocol_gives_the_answers_of_the_model(void **state)
{
    (void)state;
    agrees("/v2/models/good", NULL, NULL, NULL);
    agrees("/v2/models/good/versions/3", NULL, NULL, NULL);
    agrees("/v2/models/good/infer", NAMES, "batch=1", "concurrency=8");
    agrees("/v2/models/good", "binary=true", NULL, NULL);
    agrees("/v2/models/good", "binary=true", "datatype=FP64", "output=p");
    agrees("/v2/models/good", "missing=nan", "datatype=FP64", NULL);
    agrees("/v2/models/pair", "batch=33", NULL, NULL);
    agrees("/v2/models/pair", "binary=true", NULL, NULL);
    agrees("/v2/models/both", "output=p", "binary=true", NULL);
    agrees("/v2/models/columns", NULL, NULL, NULL);
    agrees("/v2/models/columns", "binary=true", NULL, NULL);
    agrees("/v2/models/mute", NAMES, "input=x", NULL);
    agrees("/v1/models/good", NAMES, NULL, NULL);
    agrees("/v1/models/good:predict", NAMES, "layout=columns", NULL);
    agrees("/v1/models/pair", NAMES, NULL, NULL);
    agrees("/v1/models/listed", NAMES, NULL, NULL);
    agrees("/v1/models/named", NAMES, "output=probability", NULL);
    agrees("/good/invocations", NAMES, NULL, NULL);
    agrees("/good/invocations", "features=f0,f1,f2,f3,f4", "layout=matrix", NULL);
    agrees("/pair/invocations/", NAMES, NULL, NULL);
}

/* What KServe, MLServer and MLflow themselves did, see serve_model.py and docs/models.md. */
static void real_servers_are_asked_as_they_want_it(void **state)
{
    (void)state;
    const float full[FEATURES] = {1, 30, 7, 4, 12};
    double got, own;
    struct model *m;
    agrees("/v2/models/kserve", NAMES, "layout=columns", "content_type=pd");
    agrees("/v2/models/mlserver", NAMES, "output=predict_proba", NULL);
    agrees("/mlflow/invocations", NAMES, NULL, NULL);
    agrees("/mlflow/invocations", NAMES, "missing=nan", "batch=1");
    agrees("/v1/models/tfs", NAMES, "missing=nan", NULL);
    agrees("/v1/models/tfs", NAMES, "missing=nan", "layout=lists");
    m = must_open("/v1/models/tfs", NAMES, NULL, NULL);
    assert_string_equal(model_describe(m)->version.p, "3"); /* and not 2, which has ended */
    m = must_open("/v1/models/kserve", NAMES, "layout=lists", NULL);
    assert_null(model_describe(m)->version.p);
    assert_true(model_predict(m, full, 1, &got, &e));
    m = must_open("/v1/models/good", NAMES, NULL, NULL);
    assert_true(model_predict(m, full, 1, &own, &e));
    assert_true(got == own);
}

static void what_a_model_is_said_to_be(void **state)
{
    (void)state;
    const model_info *i = model_describe(must_open("/v2/models/good/infer", NULL, NULL, NULL));
    assert_string_equal(i->format, "open-inference-protocol");
    assert_string_equal(i->version.p, "3");
    assert_true(str_ends(i->endpoint, S("/v2/models/good")));
    assert_int_equal(i->task, MODEL_BINARY);
    assert_int_equal(i->n_features, FEATURES);
    assert_null(i->features); /* one tensor has no names for its columns */
    assert_int_equal(i->n_outputs, 1);
    assert_true(digest_eq(i->sha256, (digest){{0}}));
    i = model_describe(must_open("/v2/models/columns", NULL, NULL, NULL));
    assert_string_equal(i->features[4].p, "f4");
    i = model_describe(must_open("/v1/models/good", NAMES, NULL, NULL));
    assert_string_equal(i->version.p, "7");
    i = model_describe(must_open("/v1/models/pair", NAMES, "task=multiclass", NULL));
    assert_int_equal(i->n_outputs, 2);
    i = model_describe(must_open("/v1/models/label", NAMES, "task=multiclass", "classes=3"));
    assert_int_equal(i->n_outputs, 3);
    i = model_describe(must_open("/v1/models/margin", NAMES, "task=regression", NULL));
    assert_int_equal(i->task, MODEL_REGRESSION);
}

static void numbers_of_classes_become_certainties(void **state)
{
    (void)state;
    double got[ROWS * 3];
    struct model *m = must_open("/v1/models/label", NAMES, "task=multiclass", "classes=3");
    assert_true(model_predict(m, x, ROWS, got, &e));
    for (size_t i = 0; i < ROWS; i++) {
        size_t k = want[i] >= 0.5;
        assert_true(got[3 * i + k] == 1 && got[3 * i + 1 - k] == 0 && got[3 * i + 2] == 0);
    }
}

/* ---- patience ---- */

static void what_passes_is_asked_again(void **state)
{
    (void)state;
    static const char *const names[] = {"busy", "wait", "drop"};
    for (size_t i = 0; i < COUNT(names); i++) {
        model_usage used;
        struct model *m =
            must_open(str_fmt(a, "/v1/models/%s", names[i]).p, NAMES, "concurrency=1", NULL);
        assert_true(model_used(m, &used));
        assert_int_equal(used.retries, strcmp(names[i], "drop") == 0 ? 1 : 2);
        assert_int_equal(used.calls, used.retries + 2); /* the status, the first question */
        assert_int_equal(used.rows, 1);
    }
}

/* A minute would be over the time limit of this program. */
static void a_date_to_try_again_goes_before(void **state)
{
    (void)state;
    model_usage used;
    struct model *m = must_open("/v1/models/dated", NAMES, "backoff=60", NULL);
    assert_true(model_used(m, &used));
    assert_int_equal(used.retries, 1);
}

static void not_opened(const char *path, const char *s1, const char *s2, err_code code,
                       const char *says)
{
    struct model *m;
    e = ERR_IN(a);
    if (open_at(path, &m, s1, s2, NULL)) fail_msg("%s was taken", path);
    str all = str_fmt(a, "%.*s | %.*s | %.*s", STR_ARG(e.path), STR_ARG(e.msg), STR_ARG(e.hint));
    if (e.code != code || !strstr(all.p, says))
        fail_msg("%s: %s: %s, not %s", path, err_name(e.code), all.p, says);
}

static void patience_has_an_end(void **state)
{
    (void)state;
    model_usage used;
    struct model *m;
    not_opened("/v1/models/down", NAMES, "retries=2", ERR_UNAVAILABLE, "status 503: no backend");
    not_opened("/v1/models/patient", NAMES, NULL, ERR_UNAVAILABLE, "asks to wait for 100000");
    not_opened("/v1/models/asleep", NAMES, "timeout=1", ERR_UNAVAILABLE, "cannot be asked");
    not_opened("/v1/models/broken", NAMES, NULL, ERR_UNAVAILABLE, "status 500: boom");
    int64_t before = fixture_count(a, "calls");
    not_opened("/v1/models/down", NAMES, "retries=4", ERR_UNAVAILABLE, "503");
    assert_int_equal(fixture_count(a, "calls") - before, 5);
    m = must_open("/v1/models/good", NAMES, NULL, NULL);
    assert_true(model_used(m, &used));
    assert_int_equal(used.retries, 0);
}

/* ---- budgets ---- */

static void budgets_are_kept(void **state)
{
    (void)state;
    double got[ROWS];
    struct model *m = must_open("/v2/models/good", "calls=4", "batch=100", "concurrency=2");
    assert_false(model_predict(m, x, ROWS, got, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_string_equal(e.path.p, "model-option.calls");
    m = must_open("/v2/models/good", "rows=701", "batch=100", NULL);
    assert_true(model_predict(m, x, ROWS, got, &e));
    int64_t before = fixture_count(a, "rows");
    assert_false(model_predict(m, x, 1, got, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_string_equal(e.path.p, "model-option.rows");
    assert_int_equal(fixture_count(a, "rows"), before);
    not_opened("/v1/models/down", NAMES, "calls=3", ERR_TOO_LARGE, "budget of 3 calls");
}

/* ---- threads ---- */

struct asker {
    pthread_t thread;
    const struct model *m;
    double got[ROWS];
    bool ok;
};

static void *ask(void *p)
{
    struct asker *k = p;
    arena *scratch = arena_open();
    err own = ERR_IN(scratch);
    k->ok = model_predict(k->m, x, ROWS, k->got, &own);
    arena_close(scratch);
    return NULL;
}

static void many_threads_ask_at_once(void **state)
{
    (void)state;
    static struct asker k[5];
    struct model *m = must_open("/v2/models/slow", "batch=50", "concurrency=6", NULL);
    for (size_t i = 0; i < COUNT(k); i++) {
        k[i].m = m;
        assert_int_equal(pthread_create(&k[i].thread, NULL, ask, &k[i]), 0);
    }
    for (size_t i = 0; i < COUNT(k); i++) {
        pthread_join(k[i].thread, NULL);
        assert_true(k[i].ok);
        for (size_t r = 0; r < ROWS; r++)
            assert_true(fabs(k[i].got[r] - want[r]) < 1e-6);
    }
    int64_t most = fixture_count(a, "most");
    assert_true(most >= 2 && most <= 8);
}

/* ---- hostile answers ---- */

static void broken_answers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *setting;
        const char *says;
    } cases[] = {
        {"/v2/models/shape",     NULL,          "other rows: 2, not 1"        },
        {"/v2/models/wide",      NULL,          "fewer numbers than its shape"},
        {"/v2/models/wide",      "binary=true", "other bytes than its shape"  },
        {"/v2/models/cube",      NULL,          "more than two dimensions"    },
        {"/v2/models/overflow",  NULL,          "no list of sizes"            },
        {"/v2/models/short",     NULL,          "fewer numbers"               },
        {"/v2/models/long",      NULL,          "more numbers"                },
        {"/v2/models/notype",    NULL,          "of type 'BYTES'"             },
        {"/v2/models/otherid",   NULL,          "is to another call"          },
        {"/v2/models/nooutputs", NULL,          "has no outputs"              },
        {"/v2/models/nan",       NULL,          "no JSON"                     },
        {"/v2/models/nan",       "binary=true", "not finite"                  },
        {"/v2/models/cut",       "binary=true", "fewer bytes than it says"    },
        {"/v2/models/header",    NULL,          "shorter than its header says"},
        {"/v2/models/both",      NULL,          "one of: label, p"            },
        {"/v2/models/good",      "output=q",    "outputs"                     },
        {"/v2/models/good",      "input=y",     "has no input 'y'"            },
        {"/v2/models/bytes",     NULL,          "of type 'BYTES'"             },
        {"/v2/models/many",      NULL,          "status 400: 1000 features"   },
        {"/v2/models/html",      NULL,          "no JSON"                     },
        {"/v2/models/list",      NULL,          "the answer is a list"        },
        {"/v2/models/deep",      NULL,          "no JSON"                     },
        {"/v1/models/fewer",     NULL,          "other rows: 0, not 1"        },
        {"/v1/models/text",      NULL,          "a string where a number"     },
        {"/v1/models/null",      NULL,          "where a number should be"    },
        {"/v1/models/empty",     NULL,          "0 values per row"            },
        {"/v1/models/nested",    NULL,          "lists in the list"           },
        {"/v1/models/named",     NULL,          "one of: label, probability"  },
        {"/v1/models/named",     "output=p",    "one of: label, probability"  },
        {"/v1/models/margin",    NULL,          "is no probability"           },
        {"/v1/models/moved",     NULL,          "status 302 | write the addr" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool v1 = strncmp(cases[i].path, "/v1", 3) == 0;
        not_opened(cases[i].path, v1 ? NAMES : cases[i].setting, v1 ? cases[i].setting : NULL,
                   ERR_INVALID, cases[i].says);
    }
    not_opened("/v1/models/huge", NAMES, NULL, ERR_TOO_LARGE, "larger than");
    not_opened("/v1/models/truncated", NAMES, "retries=0", ERR_UNAVAILABLE, "cannot be asked");
    not_opened("/v1/models/gone", NAMES, NULL, ERR_NOT_FOUND, "404: no such model");
    not_opened("/v1/models/proxy", NAMES, NULL, ERR_NOT_FOUND, "status 404: 404 Not Found | is");
}

/* Their own words, whole enough to tell the cause, and a hint at what the other side wants. */
static void refusals_of_real_servers_are_told(void **state)
{
    (void)state;
    double got[ROWS];
    not_opened("/v2/models/kserve", NAMES, NULL, ERR_UNAVAILABLE,
               "model | 'http://127.0.0.1:" /* once */);
    assert_null(strstr(e.msg.p + 1, "'http:"));
    assert_non_null(strstr(e.msg.p, "status 500: data did not contain feature names"));
    assert_non_null(strstr(e.hint.p, "content_type"));
    not_opened("/v2/models/kserve/versions/2", NAMES, NULL, ERR_UNAVAILABLE,
               "not supported yet. | leave '/versions/");
    not_opened("/v1/models/kserve", NAMES, "layout=columns", ERR_UNAVAILABLE, "pass an index");
    not_opened("/v2/models/good", NAMES, "layout=lists", ERR_INVALID, "take values in lists");
    not_opened("/v2/models/mlserver", NAMES, "binary=true", ERR_INVALID,
               "422: body: Input should be a valid dictionary | does it take binary tensors?");
    not_opened("/v2/models/mlserver", NAMES, "output=p", ERR_INVALID, "400: SKLearnModel only");
    not_opened("/mlflow/invocations", "features=f0,f1,f2,f3,other", NULL, ERR_INVALID,
               "Encountered an unexpected error. ValueError: feature_names mismatch");
    struct model *m =
        must_open("/v2/models/mlserver", NAMES, "output=predict_proba", "missing=nan");
    assert_false(model_predict(m, x, ROWS, got, &e));
    assert_non_null(strstr(e.msg.p, "422: body: JSON decode error"));
    m = must_open("/v1/models/tfs", NAMES, NULL, NULL);
    assert_false(model_predict(m, x, ROWS, got, &e));
    assert_non_null(strstr(e.msg.p, "400: Failed to process element"));
    assert_non_null(strstr(e.msg.p, "Null is not of expected type: float"));
    m = must_open("/mlflow/invocations", NAMES, "batch=1", NULL); /* alone, a null has no type */
    assert_false(model_predict(m, x, ROWS, got, &e));
    assert_non_null(strstr(e.msg.p, "ValueError: DataFrame.dtypes"));
    assert_non_null(strstr(e.hint.p, "missing"));
}

/* MLServer answers with classes where nothing else is asked for. */
static void classes_are_not_taken_for_probabilities(void **state)
{
    (void)state;
    double got[ROWS];
    model_usage used;
    not_opened("/v2/models/mlserver", NAMES, NULL, ERR_INVALID, "model-option.output");
    not_opened("/v2/models/mlserver", NAMES, "task=multiclass", ERR_INVALID, "predict_proba");
    struct model *m = must_open("/v2/models/mlserver", NAMES, "classes=2", NULL);
    assert_true(model_predict(m, x, ROWS, got, &e));
    assert_true(model_used(m, &used));
    assert_int_equal(used.graded, ROWS); /* they are said to be classes */
    for (size_t i = 0; i < ROWS; i++)
        assert_true(got[i] == (want[i] > 0.5));
    not_opened("/v1/models/good", NAMES, "classes=2", ERR_INVALID, "is no class 0 or 1");
    m = must_open("/v1/models/label", NAMES, NULL, NULL); /* JSON does not tell */
    assert_true(model_predict(m, x, ROWS, got, &e));
    assert_true(model_used(m, &used));
    assert_int_equal(used.graded, 0);
    m = must_open("/v1/models/good", NAMES, NULL, NULL);
    assert_true(model_predict(m, x, ROWS, got, &e));
    assert_true(model_used(m, &used));
    assert_int_equal(used.graded, ROWS);
}

/* What only shows with several rows or calls. */
static void models_that_turn_are_refused(void **state)
{
    (void)state;
    double got[ROWS];
    struct model *m = must_open("/v1/models/ragged", NAMES, NULL, NULL);
    assert_false(model_predict(m, x, ROWS, got, &e));
    assert_non_null(strstr(e.msg.p, "rows of another length: 2, not 1"));
    m = must_open("/v2/models/changing", NULL, NULL, NULL);
    assert_false(model_predict(m, x, ROWS, got, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_non_null(strstr(e.msg.p, "changed from version '0'"));
    const float wild[FEATURES] = {1, INFINITY};
    m = must_open("/v2/models/good", NULL, NULL, NULL);
    assert_false(model_predict(m, wild, 1, got, &e));
    assert_non_null(strstr(e.msg.p, "infinite"));
    m = must_open("/v2/models/good", "datatype=INT64", NULL, NULL);
    assert_false(model_predict(m, x, 1, got, &e));
    assert_non_null(strstr(e.msg.p, "must be a whole number (INT64)"));
    const float whole[2 * FEATURES] = {1, 30, 7, 4, 12, 3, 0, NAN, 39, 2};
    double small[2], coded[2];
    m = must_open("/v2/models/good", "datatype=INT64", "missing=5", "binary=true");
    assert_true(model_predict(m, whole, 2, small, &e));
    m = must_open("/v2/models/good", "datatype=INT32", "missing=5", NULL);
    assert_true(model_predict(m, whole, 2, coded, &e));
    assert_true(small[0] == coded[0] && small[1] == coded[1]);
}

/* ---- addresses and tokens ---- */

static void refused_at(const char *at, const char *setting, err_code code, const char *says)
{
    struct model *m;
    str settings[] = {S(NAMES), str_of(setting)};
    const model_source s = {
        .at = at, .settings = settings, .n_settings = setting ? 2 : 1, .task = S("binary")};
    e = ERR_IN(a);
    if (model_open(a, &s, &m, &e)) fail_msg("%s was taken", at);
    str all = str_fmt(a, "%.*s | %.*s | %.*s", STR_ARG(e.path), STR_ARG(e.msg), STR_ARG(e.hint));
    if (e.code != code || !strstr(all.p, says)) fail_msg("%s: %s", at, all.p);
    assert_null(strstr(all.p, "s3cret"));
}

static void addresses_hold_no_secrets(void **state)
{
    (void)state;
    refused_at("http://me:s3cret@127.0.0.1/v2/models/m", NULL, ERR_INVALID, "password");
    refused_at("http://127.0.0.1/v2/models/m?key=s3cret", NULL, ERR_INVALID, "query");
    refused_at("http://127.0.0.1/v2/models/m#s3cret", NULL, ERR_INVALID, "fragment");
    refused_at("http:///v2/models/m", NULL, ERR_INVALID, "malformed");
    refused_at("http://127.0.0.1/v2/models/a b", NULL, ERR_INVALID, "malformed");
    refused_at("http://127.0.0.1/predict", NULL, ERR_INVALID, "protocol");
    refused_at("http://127.0.0.1:1/v2/models/m", "retries=0", ERR_UNAVAILABLE, "cannot be asked");
    refused_at("http://127.0.0.1:1/v2/models/m", "batch=0", ERR_INVALID, "from 1 to 65536");
    refused_at("http://127.0.0.1:1/v2/models/m", "btach=1", ERR_INVALID, "batch, concurrency");
    refused_at("http://127.0.0.1:1/v1/models/m", "binary=true", ERR_INVALID, "binary");
    refused_at("http://127.0.0.1:1/v1/models/m", "missing=x", ERR_INVALID, "missing");
    not_opened("/v1/models/good", "features=a,a", NULL, ERR_INVALID, "twice");
}

static void tokens_come_from_elsewhere(void **state)
{
    (void)state;
    setenv("AIMS_TEST_TOKEN", "s3cret", 1);
    agrees("/v1/models/token", NAMES, "token_env=AIMS_TEST_TOKEN", NULL);
    not_opened("/v1/models/token", NAMES, NULL, ERR_DENIED, "status 401: who are you?");
    refused_at("http://192.0.2.1/v1/models/m", "token_env=AIMS_TEST_TOKEN", ERR_DENIED,
               "in the clear");
    refused_at("http://127.0.0.1.example/v1/models/m", "token_env=AIMS_NO_SUCH", ERR_INVALID,
               "is not set");
    refused_at("http://localhost.example/v1/models/m", "token_env=AIMS_TEST_TOKEN", ERR_DENIED,
               "in the clear");
    refused_at("http://127.0.0.1/v1/models/m", "token_file=/no/such/file", ERR_NOT_FOUND,
               "token_file");
}

static void what_is_not_told_is_asked_for(void **state)
{
    (void)state;
    struct model *m;
    model_source s = {.at = str_fmt(a, "http://127.0.0.1:%d/v1/models/good", fixture_port).p};
    assert_false(model_open(a, &s, &m, &e));
    assert_string_equal(e.path.p, "model-option.task");
    s.task = S("binary");
    assert_false(model_open(a, &s, &m, &e));
    assert_string_equal(e.path.p, "model-option.features");
    const str names[] = {S("f0"), S("f1"), S("f2"), S("f3"), S("f4")};
    s.features = names;
    s.n_features = COUNT(names);
    assert_true(model_open(a, &s, &m, &e));
    s = (model_source){.at = fixture_model, .settings = names, .n_settings = 1};
    assert_false(model_open(a, &s, &m, &e)); /* a file has no settings */
    s.n_settings = 0;
    assert_true(model_open(a, &s, &m, &e));
    assert_false(model_used(m, &(model_usage){0}));
}

/* ---- through another process ---- */

static struct model *relayed(const struct model *m)
{
    struct model *asker = NULL;
    doc *d;
    int fd;
    if (!relay_start(a, m, &fd, &e) || !doc_parse(a, relay_describe(a, m), 1 << 20, &d, &e) ||
        !relay_open(a, fd, d, &asker, &e))
        fail_msg("%s", e.msg.p);
    return asker;
}

static void a_relay_answers_like_the_model(void **state)
{
    (void)state;
    static struct asker k[4];
    model_usage used;
    struct model *m = relayed(must_open("/v2/models/columns", "batch=60", NULL, NULL));
    const model_info *i = model_describe(m);
    assert_string_equal(i->version.p, "3");
    assert_string_equal(i->features[4].p, "f4");
    assert_true(str_ends(i->endpoint, S("/v2/models/columns")));
    for (size_t j = 0; j < COUNT(k); j++) {
        k[j].m = m;
        assert_int_equal(pthread_create(&k[j].thread, NULL, ask, &k[j]), 0);
    }
    for (size_t j = 0; j < COUNT(k); j++) {
        pthread_join(k[j].thread, NULL);
        for (size_t r = 0; r < ROWS; r++)
            assert_true(k[j].ok && fabs(k[j].got[r] - want[r]) < 1e-6);
    }
    assert_true(model_used(m, &used));
    assert_int_equal(used.rows, COUNT(k) * ROWS + 1);
}

static void a_relay_passes_refusals_on(void **state)
{
    (void)state;
    double got[ROWS];
    struct model *m = relayed(must_open("/v2/models/good", "rows=100", "batch=50", NULL));
    assert_false(model_predict(m, x, ROWS, got, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_string_equal(e.path.p, "model-option.rows");
    assert_true(e.hint.n > 0);
    assert_true(model_predict(m, x, 0, got, &e)); /* and goes on */
}

/* What a sandboxed process may say that it must not. */
static void a_relay_is_told_no_nonsense(void **state)
{
    (void)state;
    int fd;
    uint32_t rows = UINT32_MAX;
    char byte;
    struct model *m = must_open("/v2/models/good", NULL, NULL, NULL);
    assert_true(relay_start(a, m, &fd, &e));
    assert_true(relay_give(fd, &rows, sizeof rows));
    assert_false(relay_take(fd, &byte, 1));  /* it hangs up */
    assert_true(relay_start(a, m, &fd, &e)); /* and half a question does not keep it from ending */
    rows = 10;
    assert_true(relay_give(fd, &rows, sizeof rows));
}

static void what_is_stopped_ends_soon(void **state)
{
    (void)state;
    struct asker k = {.m = must_open("/v2/models/dozing", "timeout=600", "retries=9", NULL)};
    assert_int_equal(pthread_create(&k.thread, NULL, ask, &k), 0);
    model_stop(k.m);
    pthread_join(k.thread, NULL); /* without it, a minute later */
    assert_false(k.ok);
    assert_false(model_predict(k.m, x, 1, k.got, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_protocol_gives_the_answers_of_the_model),
        TEST(real_servers_are_asked_as_they_want_it),
        TEST(what_a_model_is_said_to_be),
        TEST(numbers_of_classes_become_certainties),
        TEST(what_passes_is_asked_again),
        TEST(a_date_to_try_again_goes_before),
        TEST(patience_has_an_end),
        TEST(budgets_are_kept),
        TEST(many_threads_ask_at_once),
        TEST(broken_answers_are_refused),
        TEST(refusals_of_real_servers_are_told),
        TEST(classes_are_not_taken_for_probabilities),
        TEST(models_that_turn_are_refused),
        TEST(addresses_hold_no_secrets),
        TEST(tokens_come_from_elsewhere),
        TEST(what_is_not_told_is_asked_for),
        TEST(a_relay_answers_like_the_model),
        TEST(a_relay_passes_refusals_on),
        TEST(a_relay_is_told_no_nonsense),
        TEST(what_is_stopped_ends_soon),
    };
    return cmocka_run_group_tests_name("model/remote", tests, start, stop);
}
