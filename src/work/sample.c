/* sample.c - fills a data directory with the sample organisation, through the verbs of this room.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/sample.h"
#include "register/control.h"
#include "work/accounts.h"
#include "work/assess.h"
#include "work/files.h"
#include "work/prove.h"
#include "work/records.h"
#include "work/sample_impl.h"
#include <unistd.h>

enum { N_TRAINING = 12000, N_TEST = 8000, N_LATE = 4000, N_ARREARS = 4000 };

struct sample {
    struct work *w;
    actor who;
    arena *a;
    const char *dir; /* for the files that are measured */
};

/* ---- declared records ---- */

/* Replaces "@+90" and "@-20" by the date so many days from today. */
static str with_dates(arena *a, str json)
{
    buf b = buf_open(a, 2 * json.n + 64);
    for (size_t i = 0; i < json.n; i++) {
        bool mark = i + 2 < json.n && json.p[i] == '"' && json.p[i + 1] == '@';
        if (!mark) {
            buf_putc(&b, json.p[i]);
            continue;
        }
        str rest, number = str_cut(str_sub(json, i + 2, 10), '"', &rest);
        bool plus = number.p[0] == '+';
        int64_t days = 0;
        if (!str_int(plus ? str_sub(number, 1, number.n) : number, &days)) abort();
        str date = clock_date_text(a, clock_now() + days * CLOCK_DAY_MS);
        buf_fmt(&b, "\"%.*s\"", STR_ARG(date));
        i += 2 + number.n;
    }
    return buf_str(&b);
}

static bool add_record(struct sample *s, const char *noun, const doc *d, void **ret_row, err *e)
{
    if (work_add(s->w, &s->who, register_by_noun(str_of(noun)), d, s->a, ret_row, e)) return true;
    return err_prefix(e, "sample %s '%.*s'", noun, STR_ARG(doc_str(d, "name")));
}

static bool add_text(struct sample *s, const char *noun, str json, err *e)
{
    doc *d;
    void *row;
    return doc_parse(s->a, with_dates(s->a, json), 1 << 20, &d, e) &&
           add_record(s, noun, d, &row, e);
}

static bool add_records(struct sample *s, err *e)
{
    doc *all;
    void *row;
    if (!doc_parse(s->a, with_dates(s->a, sample_records), 1 << 22, &all, e)) return false;
    for (size_t i = 0; i < all->n; i++)
        if (!add_record(s, doc_str(&all->at[i], "add").p, doc_get(&all->at[i], "record"), &row, e))
            return false;
    return true;
}

static bool decide(struct sample *s, err *e)
{
    doc *all;
    void *row;
    if (!doc_parse(s->a, with_dates(s->a, sample_decisions), 1 << 20, &all, e)) return false;
    for (size_t i = 0; i < all->n; i++) {
        if (!work_find(s->w, &s->who, &control_record, all->keys[i], s->a, &row, e)) return false;
        const control *c = row;
        if (!work_change(s->w, &s->who, &control_record, c->head.id, c->head.version, &all->at[i],
                         s->a, &row, e))
            return err_prefix(e, "sample decision on %.*s", STR_ARG(all->keys[i]));
    }
    return true;
}

static bool approve(struct sample *s, const char *document, err *e)
{
    void *row, *person, *approved;
    const record *r = register_by_noun(S("document"));
    if (!work_find(s->w, &s->who, register_by_noun(S("person")), S("Johanna Petersen"), s->a,
                   &person, e) ||
        !work_find(s->w, &s->who, r, str_of(document), s->a, &row, e))
        return false;
    const row_head *h = row;
    return work_approve(s->w, &s->who, h->id, h->version, ((row_head *)person)->id, s->a, &approved,
                        e);
}

static bool approve_all(struct sample *s, err *e)
{
    static const char *const documents[] = {"AI policy", "How to raise a concern about AI",
                                            "Risk assessment and treatment procedure",
                                            "Operating the AI management system"};
    for (size_t i = 0; i < COUNT(documents); i++)
        if (!approve(s, documents[i], e)) return false;
    return true;
}

/* ---- data, model, plans ---- */

struct made {
    const char *file;
    str bytes;
    file_info info;
};

static bool keep(struct sample *s, struct made *m, err *e)
{
    const char *path = str_fmt(s->a, "%s/%s", s->dir, m->file).p;
    return file_replace(path, m->bytes, 0600, e) &&
           work_put_file(s->w, &s->who, path, s->a, &m->info, e);
}

/* from, to: days from today. */
static bool add_dataset_version(struct sample *s, const struct made *m, const char *name,
                                const char *dataset, size_t n, int from, int to, err *e)
{
    return add_text(
        s, "dataset-version",
        str_fmt(s->a,
                "{\"name\":\"%s\",\"dataset\":\"%s\",\"edition\":\"%s\",\"file_sha256\":\"%s\","
                "\"file_size\":%llu,\"n_rows\":%zu,\"collected_from\":\"@%+d\",\"collected_to\":\"@"
                "%+d\"}",
                name, dataset, m->file, digest_hex(s->a, m->info.sha256).p,
                (unsigned long long)m->info.size, n, from, to),
        e);
}

static bool make_data(struct sample *s, struct made *training, struct made *test, struct made *late,
                      struct made *arrears, loan **ret_loans, err *e)
{
    arena *a = s->a;
    loan *l = *ret_loans = sample_loans(a, N_TRAINING, LOANS_TRAINING, 1);
    *training =
        (struct made){.file = "loans-training.csv", .bytes = sample_loans_csv(a, l, N_TRAINING)};
    *test =
        (struct made){.file = "loans-test.csv",
                      .bytes = sample_loans_csv(a, sample_loans(a, N_TEST, LOANS_TEST, 2), N_TEST)};
    *late =
        (struct made){.file = "loans-late.csv",
                      .bytes = sample_loans_csv(a, sample_loans(a, N_LATE, LOANS_LATE, 3), N_LATE)};
    *arrears = (struct made){.file = "arrears.csv", .bytes = sample_arrears_csv(a, N_ARREARS, 4)};
    return keep(s, training, e) && keep(s, test, e) && keep(s, late, e) && keep(s, arrears, e) &&
           add_dataset_version(s, training, "Loans for training", "Loan applications", N_TRAINING,
                               -1100, -400, e) &&
           add_dataset_version(s, test, "Loans for testing", "Loan applications", N_TEST, -400,
                               -100, e) &&
           add_dataset_version(s, late, "Loans of the last quarter", "Loan applications", N_LATE,
                               -100, -8, e) &&
           add_dataset_version(s, arrears, "Arrears of last spring", "Arrears scores", N_ARREARS,
                               -240, -150, e);
}

static bool make_model(struct sample *s, const loan *l, err *e)
{
    struct made m = {.file = "loan-gbm.json"};
    if (!sample_train(s->a, l, N_TRAINING, &m.bytes, e) || !keep(s, &m, e)) return false;
    return add_text(
        s, "model-version",
        str_fmt(s->a,
                "{\"name\":\"loan-gbm 1.0\",\"model\":\"loan-gbm\",\"edition\":\"1.0\","
                "\"artefact_sha256\":\"%s\",\"artefact_size\":%llu,\"format\":\"xgboost-json\","
                "\"trained_on\":\"Loans for training\",\"status\":\"deployed\","
                "\"limitations\":\"Consumer loans up to 20,000 euros; not for companies.\"}",
                digest_hex(s->a, m.info.sha256).p, (unsigned long long)m.info.size),
        e);
}

static const char *const plans[] = {
    "{\"name\":\"Loan performance\",\"kind\":\"performance_eval\",\"system\":\"Loan scoring\","
    "\"model_version\":\"loan-gbm 1.0\",\"dataset_version\":\"Loans for testing\",\"owner\":\"Mei "
    "Lindqvist\","
    "\"parameters\":{\"label\":\"repaid\",\"positive\":\"1\",\"threshold\":0.6,\"groups\":[\"sex\"]"
    "},"
    "\"limits\":[\"auc>=0.67\",\"brier_score<=0.2\"],\"controls\":[\"A.6.2.4\"],"
    "\"reason\":\"What the previous scorecard "
    "reached.\",\"fresh_days\":180,\"every_days\":90,\"active\":true}",
    "{\"name\":\"Loan bias\",\"kind\":\"bias_fairness_test\",\"system\":\"Loan scoring\","
    "\"model_version\":\"loan-gbm 1.0\",\"dataset_version\":\"Loans for testing\",\"owner\":\"Mei "
    "Lindqvist\","
    "\"parameters\":{\"label\":\"repaid\",\"positive\":\"1\",\"threshold\":0.6,\"groups\":[\"sex\"]"
    "},"
    "\"limits\":[\"demographic_parity_ratio>=0.9\",\"equal_opportunity_difference<=0.05\"],"
    "\"controls\":[\"A.5.4\",\"A.9.3\"],\"reason\":\"Board decision: stricter than the four-fifths "
    "rule.\","
    "\"fresh_days\":180,\"every_days\":90,\"active\":true}",
    "{\"name\":\"Loan explanation\",\"kind\":\"explanation_report\",\"system\":\"Loan scoring\","
    "\"model_version\":\"loan-gbm 1.0\",\"dataset_version\":\"Loans for testing\",\"owner\":\"Mei "
    "Lindqvist\","
    "\"parameters\":{\"label\":\"repaid\",\"positive\":\"1\"},"
    "\"limits\":[\"mean_absolute_shap[feature=region]<=0.1\",\"explanation_stability>=0.6\"],"
    "\"controls\":[\"A.5.4\"],\"reason\":\"Where somebody lives must not decide, and may stand for "
    "sex.\","
    "\"fresh_days\":180,\"every_days\":90,\"active\":true}",
    "{\"name\":\"Loan performance, last quarter\",\"kind\":\"performance_eval\",\"system\":\"Loan "
    "scoring\","
    "\"model_version\":\"loan-gbm 1.0\",\"dataset_version\":\"Loans of the last "
    "quarter\",\"owner\":\"Olu Adeyemi\","
    "\"parameters\":{\"label\":\"repaid\",\"positive\":\"1\",\"threshold\":0.6},"
    "\"limits\":[\"calibration_error<=0.03\",\"auc>=0.67\"],\"controls\":[\"A.6.2.6\"],"
    "\"reason\":\"Scores are shown to people as "
    "probabilities.\",\"fresh_days\":100,\"fresh_from\":\"data\",\"active\":true}",
    "{\"name\":\"Arrears forecast, quarterly "
    "check\",\"kind\":\"performance_eval\",\"system\":\"Arrears forecast\","
    "\"dataset_version\":\"Arrears of last spring\",\"owner\":\"Tarek Aydin\","
    "\"parameters\":{\"label\":\"missed\",\"positive\":\"1\",\"score\":\"score\"},"
    "\"limits\":[\"auc>=0.7\",\"calibration_error<=0.05\"],\"controls\":[\"A.10.3\"],"
    "\"reason\":\"Contract "
    "PR-2025-007.\",\"fresh_days\":100,\"fresh_from\":\"data\",\"active\":true}",
};

static bool add_plans(struct sample *s, err *e)
{
    for (size_t i = 0; i < COUNT(plans); i++)
        if (!add_text(s, "plan", str_of(plans[i]), e)) return false;
    return add_text(
        s, "objective",
        S("{\"name\":\"Women and men are accepted alike at equal repayment\",\"owner\":\"Tarek "
          "Aydin\","
          "\"system\":\"Loan scoring\",\"measure\":\"Gap of the acceptance rates of those who "
          "repay\","
          "\"plan\":\"Loan "
          "bias\",\"target\":\"equal_opportunity_difference<=0.05\",\"due\":\"@+180\"}"),
        e);
}

/* ---- measuring ---- */

static bool measure(struct sample *s, const char *plan_name, const char *data, const char *model,
                    err *e)
{
    struct plan *p;
    assessment got;
    handed_in h;
    assess_run run = {.data = str_fmt(s->a, "%s/%s", s->dir, data).p};
    if (model) run.model = str_fmt(s->a, "%s/%s", s->dir, model).p;
    return (work_plan(s->w, &s->who, str_of(plan_name), s->a, &p, &run.plan, e) &&
            assess(&run, s->a, &got, e) &&
            work_hand_in(s->w, &s->who, got.json, str_of(plan_name), (str){0}, s->a, &h, e)) ||
           err_prefix(e, "sample measurement '%s'", plan_name);
}

static bool measure_all(struct sample *s, err *e)
{
    return measure(s, "Loan performance", "loans-test.csv", "loan-gbm.json", e) &&
           measure(s, "Loan bias", "loans-test.csv", "loan-gbm.json", e) &&
           measure(s, "Loan explanation", "loans-test.csv", "loan-gbm.json", e) &&
           measure(s, "Loan performance, last quarter", "loans-late.csv", "loan-gbm.json", e) &&
           measure(s, "Arrears forecast, quarterly check", "arrears.csv", NULL, e);
}

static bool make_all(struct sample *s, err *e)
{
    struct made training, test, late, arrears;
    loan *loans;
    return add_records(s, e) && decide(s, e) && approve_all(s, e) &&
           make_data(s, &training, &test, &late, &arrears, &loans, e) && make_model(s, loans, e) &&
           add_plans(s, e) && measure_all(s, e) && work_publish(s->w, e);
}

static void remove_files(const char *dir, arena *a)
{
    static const char *const files[] = {"loans-training.csv", "loans-test.csv", "loans-late.csv",
                                        "arrears.csv", "loan-gbm.json"};
    for (size_t i = 0; i < COUNT(files); i++)
        unlink(str_fmt(a, "%s/%s", dir, files[i]).p);
    rmdir(dir);
}

bool work_sample(const char *dir, err *e)
{
    arena *a = arena_open();
    const char *base = getenv("TMPDIR");
    str temp = str_fmt(a, "%s/aims-sample.XXXXXX", base ? base : "/tmp");
    struct sample s = {.who = actor_machine("cli"), .a = a, .dir = temp.p};
    work_options o = {.dir = dir};
    bool ok = mkdtemp((char *)(uintptr_t)temp.p) ||
              err_set(e, ERR_UNAVAILABLE, S("TMPDIR"), S("check the directory"),
                      "no temporary directory");
    ok = ok && work_open(a, &o, &s.w, e) && make_all(&s, e);
    remove_files(temp.p, a);
    arena_close(a);
    return ok;
}
