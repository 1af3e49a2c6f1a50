/* api.c - loads many systems, risks and measurements straight into a data directory, for
 * bench/api.sh. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/ai_system.h"
#include "register/dataset.h"
#include "register/evidence.h"
#include "register/measurement.h"
#include "register/organisation.h"
#include "register/person.h"
#include "register/plan.h"
#include "register/risk.h"
#include "store/rows.h"
#include "work/accounts.h"

/* usage: bench_api DIR N: makes DIR with N AI systems, N risks and N measurements, and prints a
 * bearer token. */

enum { PLANS = 20, MEASURED = 1000 /* systems */ };

struct load {
    int64_t from, to;
};

static void fill_system(ai_system *x, arena *a, int64_t i)
{
    static const int stages[] = {STAGE_INCEPTION, STAGE_DESIGN, STAGE_OPERATION};
    *x = (ai_system){.name = str_fmt(a, "system %lld", (long long)i),
                     .owner = 1,
                     .purpose = S("Decides something about people, with a person watching"),
                     .stage = stages[i % 3],
                     .in_scope = true};
}

/* Every third is treated by two controls; reviews are spread over three years. */
static void fill_risk(risk *x, arena *a, int64_t i)
{
    static str controls[] = {
        {"A.5.2",   5},
        {"A.6.2.4", 7}
    };
    bool treated = i % 3 == 0;
    *x = (risk){
        .name = str_fmt(a, "risk %lld", (long long)i),
        .system = i,
        .owner = 1,
        .likelihood = 1 + i % 5,
        .impact_organisation = 1 + i % 4,
        .impact_individuals = 1 + i % 3,
        .impact_society = 1,
        .treatment = treated ? TREAT_MITIGATE : 0,
        .controls = {controls,                                                            treated ? 2 : 0},
        .review_on = {clock_now() / CLOCK_DAY_MS * CLOCK_DAY_MS + i % 1000 * CLOCK_DAY_MS, true           },
        .status = i % 50 == 0 ? RISK_CLOSED
                  : treated   ? RISK_TREATED
                              : RISK_OPEN
    };
    risk_record.derive(x);
}

/* As many as a thousand systems have, measured daily. */
static void fill_measurement(measurement *x, arena *a, int64_t i)
{
    static const int verdicts[] = {RV_PASS, RV_PASS, RV_PASS, RV_FAIL, RV_INCONCLUSIVE};
    static const char metrics[] =
        "[{\"id\":\"accuracy\",\"value\":0.87,\"interval\":[0.86,0.88],\"n\":10000,\"limit\":{"
        "\"op\":\">=\","
        "\"value\":0.85},\"verdict\":\"pass\"},{\"id\":\"recall\",\"value\":0.61,\"interval\":[0."
        "58,0.64],"
        "\"n\":2400,\"limit\":{\"op\":\">=\",\"value\":0.6},\"verdict\":\"inconclusive\"}]";
    *x = (measurement){.kind = S("performance_eval"),
                       .system = 1 + (i - 1) % MEASURED,
                       .plan = (i - 1) % MEASURED < PLANS ? 1 + (i - 1) % MEASURED : 0,
                       .verdict = verdicts[i % 5],
                       .started_at = clock_now() - (int64_t)(1 + i % 1000) * 60000,
                       .n_rows = 10000,
                       .result_sha256 = str_fmt(a, "%064llx", (unsigned long long)i),
                       .tool_version = S("bench"),
                       .metrics = str_of(metrics)};
}

/* Of the runs of plans. */
static bool add_evidence(struct tx *t, const measurement *m, err *e)
{
    static str controls[] = {
        {"A.6.2.4", 7}
    };
    evidence v = {
        .name = S("Performance"),
        .kind = S("measurement_result"),
        .method = METHOD_MEASURED,
        .verdict = m->verdict,
        .controls = {controls, 1},
        .system = m->system,
        .measurement = m->head.id,
        .observed_at = m->started_at,
        .fresh_until = m->started_at + 30 * CLOCK_DAY_MS
    };
    return !m->plan || row_insert(t, &evidence_record, &v, 0, clock_now(), e);
}

static bool load_tx(struct tx *t, void *ctx, err *e)
{
    struct load *l = ctx;
    arena *a = arena_open();
    bool ok = true;
    for (int64_t i = l->from; ok && i < l->to; i++) {
        ai_system s;
        risk r;
        measurement m;
        fill_system(&s, a, i);
        fill_risk(&r, a, i);
        fill_measurement(&m, a, i);
        ok = (i <= PLANS || row_insert(t, &ai_system_record, &s, 0, clock_now(), e)) &&
             row_insert(t, &risk_record, &r, 0, clock_now(), e) &&
             row_insert(t, &measurement_record, &m, 0, clock_now(), e) && add_evidence(t, &m, e);
    }
    arena_close(a);
    return ok;
}

/* What an organisation has once, so that its home is no longer the first steps. */
static bool ground_tx(struct tx *t, void *ctx, err *e)
{
    int64_t now = clock_now();
    (void)ctx;
    organisation o = {.name = S("Bench"), .scope = S("Everything")};
    person p = {.name = S("Owner")};
    dataset d = {.name = S("Data"), .personal_data = 1};
    dataset_version v = {.name = S("Data 1"), .dataset = 1, .edition = S("1")};
    return row_insert(t, &organisation_record, &o, 0, now, e) &&
           row_insert(t, &person_record, &p, 0, now, e) &&
           row_insert(t, &dataset_record, &d, 0, now, e) &&
           row_insert(t, &dataset_version_record, &v, 0, now, e);
}

static bool plans_tx(struct tx *t, void *ctx, err *e)
{
    arena *a = ctx;
    for (int64_t i = 1; i <= PLANS; i++) {
        plan x = {.name = str_fmt(a, "plan %lld", (long long)i),
                  .kind = S("performance_eval"),
                  .system = i,
                  .parameters = S("{\"label\":\"y\"}"),
                  .fresh_days = 30,
                  .active = true};
        if (!row_insert(t, &plan_record, &x, 0, clock_now(), e)) return false;
    }
    return true;
}

/* Plans need systems, and measurements plans: the first systems come before the rest. */
static bool systems_tx(struct tx *t, void *ctx, err *e)
{
    arena *a = ctx;
    for (int64_t i = 1; i <= PLANS; i++) {
        ai_system s;
        fill_system(&s, a, i);
        if (!row_insert(t, &ai_system_record, &s, 0, clock_now(), e)) return false;
    }
    return plans_tx(t, ctx, e);
}

/* Straight into the store: the benchmark measures reading, and the log has its own. */
static bool load(arena *a, const char *dir, int64_t n, err *e)
{
    struct store *s;
    str url = str_fmt(a, "sqlite:%s/aims.db", dir);
    if (!store_open(a, &(store_options){.url = url.p}, &s, e)) return false;
    if (!store_write(s, ground_tx, NULL, e) || !store_write(s, systems_tx, a, e)) return false;
    for (int64_t i = 1; i <= n; i += 5000) {
        struct load l = {i, i + 5000 > n ? n + 1 : i + 5000};
        if (!store_write(s, load_tx, &l, e)) return false;
    }
    return true;
}

static bool make_token(arena *a, const char *dir, err *e)
{
    struct work *w;
    account_info x;
    token_info t;
    str code, secret;
    actor machine = actor_machine("cli");
    if (!work_open(a, &(work_options){.dir = dir}, &w, e)) return false;
    if (!account_add(w, &machine, S("bench"), S("lead"), 0, a, &x, &code, e)) return false;
    unsigned caps = 1u << CAP_READ | 1u << CAP_EDIT | 1u << CAP_AUDIT;
    actor self = {.account = x.id, .name = x.name, .via = "cli", .caps = caps};
    if (!token_add(w, &self, S("bench"), caps, clock_now() + CLOCK_DAY_MS, a, &t, &secret, e))
        return false;
    printf("%.*s\n", STR_ARG(secret));
    return true;
}

int main(int argc, char **argv)
{
    int64_t n;
    if (argc != 3 || !str_int(str_of(argv[2]), &n)) return 2;
    arena *a = arena_open(), *b = arena_open();
    err e = ERR_IN(b);
    bool ok = work_init(&(init_options){.dir = argv[1]}, &e) && load(a, argv[1], n, &e);
    arena_close(a);
    a = arena_open();
    ok = ok && make_token(a, argv[1], &e);
    if (!ok) log_err(LOG_ERROR, "bench_api", &e);
    arena_close(a);
    arena_close(b);
    return ok ? 0 : 1;
}
