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

/* A file of the temporary directory, and the version it is. */
struct made {
    const char *version, *file;
};

/* A plan carried out: its result, and the plan that names what was measured. */
struct carried {
    str plan, json;
    const doc *subject;
};

struct sample {
    struct work *w;
    actor who;
    arena *a;
    const char *dir; /* for the files that are measured */
    struct made made[8];
    size_t n_made;
    struct carried *carried;
    size_t n_carried;
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

/* Writes the bytes where they are measured, and stores them. */
static bool keep(struct sample *s, const char *version, const char *file, str bytes, file_info *ret,
                 err *e)
{
    const char *path = str_fmt(s->a, "%s/%s", s->dir, file).p;
    s->made[s->n_made++] = (struct made){version, file};
    return file_replace(path, bytes, 0600, e) && work_put_file(s->w, &s->who, path, s->a, ret, e);
}

/* What the generator makes; from and to in days from today. */
struct batch {
    const char *version, *dataset, *file;
    str bytes;
    size_t rows;
    int from, to;
};

static bool add_batch(struct sample *s, const struct batch *b, err *e)
{
    file_info info;
    if (!keep(s, b->version, b->file, b->bytes, &info, e)) return false;
    return add_text(
        s, "dataset-version",
        str_fmt(s->a,
                "{\"name\":\"%s\",\"dataset\":\"%s\",\"edition\":\"%s\",\"file_sha256\":\"%s\","
                "\"file_size\":%llu,\"n_rows\":%zu,\"collected_from\":\"@%+d\",\"collected_to\":\"@"
                "%+d\"}",
                b->version, b->dataset, b->file, digest_hex(s->a, info.sha256).p,
                (unsigned long long)info.size, b->rows, b->from, b->to),
        e);
}

static str loans_of(arena *a, size_t n, loan_period p, uint64_t seed)
{
    return sample_loans_csv(a, sample_loans(a, n, p, seed), n);
}

static bool make_data(struct sample *s, loan **ret_training, err *e)
{
    arena *a = s->a;
    *ret_training = sample_loans(a, N_TRAINING, LOANS_TRAINING, 1);
    const char *loans = "Loan applications", *arrears = "Arrears scores";
    const struct batch all[] = {
        {"Loans for training", loans,   "loans-training.csv",
         sample_loans_csv(a,                                                        *ret_training,             N_TRAINING),                              N_TRAINING,                 -1100,   -400},
        {"Loans for testing",  loans,   "loans-test.csv",         loans_of(a,       N_TEST,                    LOANS_TEST,                               2),                         N_TEST,
         -400,                                                                                                                                                                                      -100},
        {"Loans of the last quarter",                    loans, "loans-late.csv", loans_of(a, N_LATE,                LOANS_LATE,                                                  3),
         N_LATE,       -100,                                                                                                                                                                                    -8},
        {"Arrears of last spring",                  arrears,                         "arrears.csv",                          sample_arrears_csv(a,                  N_ARREARS,      4),
         N_ARREARS, -240, -150                                                                                                                                                                                },
        {"Arrears of this autumn",                arrears,                       "arrears-autumn.csv",
         sample_arrears_csv(a,                  N_ARREARS, 5),                                                                                                                           N_ARREARS,                                                                                                                           -60,                                                                                                                                -5},
    };
    for (size_t i = 0; i < COUNT(all); i++)
        if (!add_batch(s, &all[i], e)) return false;
    return true;
}

static bool make_model(struct sample *s, const loan *l, err *e)
{
    str bytes;
    file_info info;
    if (!sample_train(s->a, l, N_TRAINING, &bytes, e) ||
        !keep(s, "loan-gbm 1.0", "loan-gbm.json", bytes, &info, e))
        return false;
    return add_text(
        s, "model-version",
        str_fmt(s->a,
                "{\"name\":\"loan-gbm 1.0\",\"model\":\"loan-gbm\",\"edition\":\"1.0\","
                "\"artefact_sha256\":\"%s\",\"artefact_size\":%llu,\"format\":\"xgboost-json\","
                "\"trained_on\":\"Loans for training\",\"status\":\"deployed\","
                "\"limitations\":\"Consumer loans up to 20,000 euros; not for companies.\"}",
                digest_hex(s->a, info.sha256).p, (unsigned long long)info.size),
        e);
}

static bool add_objective(struct sample *s, err *e)
{
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

/* Path of a stored version; NULL: the plan names none. */
static const char *path_of(const struct sample *s, str version)
{
    for (size_t i = 0; i < s->n_made; i++)
        if (version.p && str_eqz(version, s->made[i].version))
            return str_fmt(s->a, "%s/%s", s->dir, s->made[i].file).p;
    return NULL;
}

/* A repetition reads what the plan that it repeats has read, and that plan's result. */
static const struct carried *repeated(const struct sample *s, const measure_plan *p)
{
    str name = doc_str(p->options, "plan");
    for (size_t i = 0; i < s->n_carried; i++)
        if (name.p && measure_find(p->kind)->needs_recorded && str_eq(name, s->carried[i].plan))
            return &s->carried[i];
    return NULL;
}

static bool carry_out(struct sample *s, const doc *d, err *e)
{
    struct plan *p;
    assessment got;
    handed_in h;
    measure_plan how;
    str name = doc_str(d, "name");
    if (!work_plan(s->w, &s->who, name, s->a, &p, &how, e)) return false;
    const struct carried *before = repeated(s, &how);
    const doc *subject = before ? before->subject : d;
    assess_run run = {.plan = how,
                      .data = path_of(s, doc_str(subject, "dataset_version")),
                      .model = path_of(s, doc_str(subject, "model_version")),
                      .reference = path_of(s, doc_str(subject, "reference_version"))};
    if (before) {
        run.recorded = "result.json";
        run.recorded_bytes = before->json;
    }
    if (!assess(&run, s->a, &got, e) ||
        !work_hand_in(s->w, &s->who, got.json, name, (str){0}, s->a, &h, e))
        return false;
    s->carried[s->n_carried++] = (struct carried){name, got.json, d};
    return true;
}

/* All plans first: whoever reads the log sees that limits were fixed before the runs. */
static bool carry_out_all(struct sample *s, err *e)
{
    doc *all;
    void *row;
    if (!doc_parse(s->a, sample_plans, 1 << 20, &all, e)) return false;
    s->carried = arena_new(s->a, struct carried, all->n);
    for (size_t i = 0; i < all->n; i++)
        if (!add_record(s, "plan", &all->at[i], &row, e)) return false;
    if (!add_objective(s, e)) return false;
    for (size_t i = 0; i < all->n; i++)
        if (!carry_out(s, &all->at[i], e))
            return err_prefix(e, "sample measurement '%.*s'",
                              STR_ARG(doc_str(&all->at[i], "name")));
    return true;
}

static bool make_all(struct sample *s, err *e)
{
    loan *training;
    return add_records(s, e) && decide(s, e) && approve_all(s, e) && make_data(s, &training, e) &&
           make_model(s, training, e) && carry_out_all(s, e) && work_publish(s->w, e);
}

static void remove_files(const struct sample *s)
{
    for (size_t i = 0; i < s->n_made; i++)
        unlink(str_fmt(s->a, "%s/%s", s->dir, s->made[i].file).p);
    rmdir(s->dir);
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
    remove_files(&s);
    arena_close(a);
    return ok;
}
