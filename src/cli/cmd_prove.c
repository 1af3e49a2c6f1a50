/* cmd_prove.c - the log and the evidence bags: checkpoint, proof, verification, export. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "work/prove.h"

/* ---- the own log ---- */

static bool run_checkpoint(struct call *c, err *e)
{
    api_reply r;
    if (!api_send(c, "GET", S("/api/v1/log"), (str){0}, 0, &r, e)) return false;
    print_text(c->json ? r.body : doc_str(r.json, "checkpoint"));
    return true;
}

static bool run_proof(struct call *c, err *e)
{
    api_reply r;
    int64_t seq;
    if (!str_int(c->args[0], &seq))
        return err_set(e, ERR_USAGE, S("SEQ"), S("see: aims log list"), "'%.*s' is no leaf number",
                       STR_ARG(c->args[0]));
    str target = str_fmt(c->a, "/api/v1/log/leaves/%lld/proof", (long long)seq);
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    print_text(r.body);
    return true;
}

static void write_leaf(jw *w, const doc *item)
{
    static const char *const shown[] = {"at", "act", "id", "version"};
    const doc *leaf = doc_get(item, "leaf"), *by = doc_get(leaf, "by");
    int64_t account = doc_int(by, "account", 0);
    jw_obj(w);
    jw_m_int(w, "seq", doc_int(item, "seq", -1));
    for (size_t k = 0; k < COUNT(shown); k++)
        if (doc_get(leaf, shown[k])) {
            jw_key(w, shown[k]);
            doc_write(doc_get(leaf, shown[k]), w);
        }
    jw_m_str(w, "by",
             account ? str_fmt(w->b->a, "account %lld", (long long)account) : S("this machine"));
    jw_m_str(w, "via", doc_str(by, "via"));
    jw_obj_end(w);
}

static bool run_list(struct call *c, err *e)
{
    static const char *const columns[] = {"seq", "at", "act", "id", "version", "by", "via", NULL};
    int64_t from, limit;
    api_reply r;
    if (!call_int(c, "from", 0, &from, e) || !call_int(c, "limit", 100, &limit, e)) return false;
    str target =
        str_fmt(c->a, "/api/v1/log/leaves?from=%lld&limit=%lld", (long long)from, (long long)limit);
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    const doc *items = doc_get(r.json, "items");
    if (c->json || !items) {
        print_text(r.body);
        return true;
    }
    buf b = buf_open(c->a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    jw_arr(&w);
    for (size_t i = 0; i < items->n; i++)
        write_leaf(&w, &items->at[i]);
    jw_arr_end(&w);
    doc *d;
    if (!doc_parse(c->a, buf_str(&b), SIZE_MAX / 4, &d, e)) return false;
    print_table(c, d, columns);
    int64_t next = doc_int(r.json, "next_from", -1);
    if (next >= 0) printf("more: --from %lld\n", (long long)next);
    return true;
}

static bool run_export(struct call *c, err *e)
{
    struct work *w;
    actor who;
    const char *dir = str_dup(c->a, c->args[0]).p;
    if (!api_work(c, false, &w, &who, e) || !work_log_export(w, &who, dir, e)) return false;
    pair made[] = {
        {"directory", str_of(dir) },
        {"vkey",      work_vkey(w)},
    };
    if (c->json)
        print_pairs(c, made, COUNT(made));
    else
        print_line(c, "the log is in %s; its key is %s", dir, made[1].value.p);
    return true;
}

/* ---- verifying, one's own or anybody's ---- */

static bool read_policy(struct call *c, struct policy **ret, err *e)
{
    size_t n;
    str text, file = call_option(c, "policy"), *keys = call_options(c, "vkey", &n);
    if (file.p)
        return file_read(c->a, str_dup(c->a, file).p, POLICY_MAX, &text, e) &&
               policy_parse(c->a, text, ret, e);
    if (!n)
        return err_set(e, ERR_USAGE, S("vkey"),
                       S("add --vkey KEY or --policy FILE, from a source you trust"),
                       "nothing says whose log this must be");
    buf b = buf_open(c->a, POLICY_MAX);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "log %.*s\n", STR_ARG(keys[i]));
    buf_putz(&b, "quorum none\n");
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, S("vkey"), S("write them into a file for --policy"),
                       "%zu keys are more than a policy holds", n);
    return policy_parse(c->a, buf_str(&b), ret, e);
}

static bool read_old(struct call *c, str **ret_old, str **ret_names, size_t *ret_n, err *e)
{
    str *names = call_options(c, "old", ret_n), *old = arena_new(c->a, str, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        if (!file_read(c->a, str_dup(c->a, names[i]).p, NOTE_MAX, &old[i], e)) return false;
    *ret_old = old;
    *ret_names = names;
    return true;
}

static bool verify_dir(struct call *c, verify_report *ret, err *e)
{
    struct policy *p = NULL;
    str *old, *names;
    verify_options o = {.n_old = 0};
    if (!read_policy(c, &p, e) || !read_old(c, &old, &names, &o.n_old, e)) return false;
    o.old = old;
    o.old_names = names;
    o.policy = p;
    return verify_directory(c->a, str_dup(c->a, c->args[0]).p, &o, ret, e);
}

static bool verify_own(struct call *c, verify_report *ret, err *e)
{
    struct work *w;
    actor who;
    return api_work(c, false, &w, &who, e) && work_log_verify(w, &who, c->a, ret, e);
}

static void print_report(const struct call *c, const verify_report *r)
{
    for (size_t i = 0; i < r->n; i++)
        print_line(c, "BAD  %.*s: %.*s", STR_ARG(r->findings[i].file),
                   STR_ARG(r->findings[i].what));
    print_line(c, "%s  %.*s: %llu leaves, %llu files, %zu old checkpoints, %zu witnesses",
               r->total ? "BAD " : "OK ", STR_ARG(r->origin), (unsigned long long)r->size,
               (unsigned long long)r->files, r->old, r->witnesses);
}

static bool run_verify(struct call *c, err *e)
{
    verify_report r;
    if (c->url) {
        api_reply reply;
        if (!api_send(c, "GET", S("/api/v1/log/verification"), (str){0}, 0, &reply, e))
            return false;
        print_text(reply.body);
        const doc *findings = doc_get(reply.json, "findings");
        c->exit_code = findings && findings->n ? err_exit(ERR_CHECK) : 0;
        return true;
    }
    if (!(c->n_args ? verify_dir(c, &r, e) : verify_own(c, &r, e))) return false;
    if (c->json) {
        buf b = buf_open(c->a, 16 << 20);
        jw w = jw_open(&b);
        verify_write(&r, &w);
        print_text(buf_str(&b));
    } else {
        print_report(c, &r);
    }
    c->exit_code = r.total ? err_exit(ERR_CHECK) : 0;
    return true;
}

static void print_witnesses(struct call *c, const witness_result *results, size_t n, bool quorum)
{
    buf b = buf_open(c->a, 1 << 20);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_key(&w, "witnesses");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++) {
        str what = results[i].ok ? S("cosigned") : results[i].problem;
        jw_obj(&w);
        jw_m_str(&w, "name", results[i].name);
        jw_m_bool(&w, "ok", results[i].ok);
        jw_m_str(&w, "result", what);
        jw_obj_end(&w);
        if (!c->json) print_line(c, "%.*s: %.*s", STR_ARG(results[i].name), STR_ARG(what));
    }
    jw_arr_end(&w);
    jw_m_bool(&w, "quorum", quorum);
    jw_obj_end(&w);
    if (c->json)
        print_text(buf_str(&b));
    else
        printf("quorum: %s\n", quorum ? "met" : "not met");
}

static bool run_witness(struct call *c, err *e)
{
    struct work *w;
    actor who;
    witness_result *results;
    size_t n;
    bool quorum;
    if (!api_work(c, true, &w, &who, e) || !work_witness(w, &who, c->a, &results, &n, &quorum, e))
        return false;
    print_witnesses(c, results, n, quorum);
    c->exit_code = quorum ? 0 : err_exit(ERR_CHECK);
    return true;
}

static bool run_timestamp(struct call *c, err *e)
{
    struct work *w;
    actor who;
    int64_t at;
    const char *ca = str_dup(c->a, call_option(c, "ca")).p;
    if (!api_work(c, true, &w, &who, e) ||
        !work_timestamp(w, &who, call_option(c, "tsa"), ca, c->a, &at, e))
        return false;
    pair made = {"at", clock_text(c->a, at)};
    if (c->json)
        print_pairs(c, &made, 1);
    else
        printf("time-stamped at %s\n", made.value.p);
    return true;
}

/* ---- bags ---- */

static bool remote_bag(struct call *c, const bag_request *q, const char *path, err *e)
{
    buf b = buf_open(c->a, 65536);
    jw j = jw_open(&b);
    if (q->old)
        return err_set(e, ERR_USAGE, S("old"), S("leave it out, or work on the data directory"),
                       "a server cannot read '%s'", q->old);
    jw_obj(&j);
    jw_key(&j, "controls");
    jw_arr(&j);
    for (size_t i = 0; i < q->n_controls; i++)
        jw_str(&j, q->controls[i]);
    jw_arr_end(&j);
    if (q->since) jw_m_time(&j, "since", q->since);
    jw_obj_end(&j);
    return api_download(c, "POST", S("/api/v1/bags"), buf_str(&b), path, e);
}

static bool local_bag(struct call *c, const bag_request *q, const char *path, err *e)
{
    struct work *w;
    actor who;
    digest sha;
    uint64_t size;
    return api_work(c, true, &w, &who, e) && work_bag(w, &who, q, path, c->a, &sha, &size, e) &&
           work_publish(w, e);
}

static bool run_bag_create(struct call *c, err *e)
{
    str bytes, old = call_option(c, "old");
    const char *path = str_dup(c->a, c->args[0]).p;
    bag_request q = {.old = old.p ? str_dup(c->a, old).p : NULL};
    q.controls = call_options(c, "control", &q.n_controls);
    if (!call_time(c, "since", 0, &q.since, e)) return false;
    if (!(c->url ? remote_bag(c, &q, path, e) : local_bag(c, &q, path, e))) return false;
    if (!file_map(c->a, path, &bytes, e)) return false;
    pair made[] = {
        {"sha256",   digest_hex(c->a, hash_bytes(bytes.p, bytes.n))},
        {"file", str_of(path)               },
    };
    if (c->json)
        print_pairs(c, made, COUNT(made));
    else
        print_line(c, "%s  %s", made[0].value.p, path);
    return true;
}

static bool run_bag_verify(struct call *c, err *e)
{
    str *old, *names, text = {0}, file = call_option(c, "policy");
    bag_trust t = {.n_old = 0};
    bag_result r;
    t.vkeys = call_options(c, "vkey", &t.n_vkeys);
    if (file.p && !file_read(c->a, str_dup(c->a, file).p, POLICY_MAX, &text, e)) return false;
    t.policy = text;
    str ca = call_option(c, "tsa-ca");
    if (ca.p && !file_read(c->a, str_dup(c->a, ca).p, 1 << 20, &t.tsa_ca, e)) return false;
    if (!read_old(c, &old, &names, &t.n_old, e)) return false;
    t.old = old;
    if (!bag_verify(c->a, str_dup(c->a, c->args[0]).p, &t, &r, e)) return false;
    c->exit_code = r.n_findings ? err_exit(ERR_CHECK) : 0;
    if (c->json) {
        buf b = buf_open(c->a, 16 << 20);
        jw w = jw_open(&b);
        bag_result_write(&w, &r);
        print_text(buf_str(&b));
        return true;
    }
    for (size_t i = 0; i < r.n_findings; i++)
        print_line(c, "BAD  %s %.*s: %.*s", bag_problem_name(r.findings[i].problem),
                   STR_ARG(r.findings[i].path), STR_ARG(r.findings[i].text));
    print_line(c, "%s  %.*s: %zu files, %zu leaves proven, log size %lld",
               r.n_findings ? "BAD " : "OK ", STR_ARG(r.origin), r.files, r.proofs,
               (long long)r.log_size);
    return true;
}

static const option list_options[] = {
    {"from",  "SEQ", 0, "First leaf; default 0"                      },
    {"limit", "N",   0, "At most this many; default 100, at most 500"},
    {NULL,    NULL,  0, NULL                                         },
};
#define TRUST                                                                                      \
    {"vkey", "KEY", OPTION_MANY, "Key that the log must be signed with"},                          \
        {"policy", "FILE", 0, "c2sp.org/tlog-policy with logs, witnesses and quorum"},             \
    {                                                                                              \
        "old", "FILE", OPTION_MANY, "Checkpoint kept from before: the log must extend it"          \
    }
static const option bag_verify_options[] = {
    TRUST,
    {"tsa-ca", "FILE", 0, "PEM certificates that the time-stamp's certificate must chain to"},
    {NULL,     NULL,   0, NULL                                                              },
};
static const option verify_options_table[] = {
    TRUST, {NULL, NULL, 0, NULL}
};
static const option timestamp_options[] = {
    {"tsa", "URL",  OPTION_REQUIRED, "RFC 3161 time-stamping authority"                   },
    {"ca",  "FILE", OPTION_REQUIRED, "PEM certificates that its certificate must chain to"},
    {NULL,  NULL,   0,               NULL                                                 },
};
static const option bag_create_options[] = {
    {"control", "ID",   OPTION_MANY, "Only evidence for this clause or control; none: all"           },
    {"since",   "TIME", 0,           "Only what was observed since then"                             },
    {"old",     "FILE", 0,           "Checkpoint kept from an earlier bag, to prove consistency with"},
    {NULL,      NULL,   0,           NULL                                                            },
};

const command prove_commands[] = {
    {"log list",       NULL,    0, 0, list_options,         NEEDS_API,     run_list,       "List the leaves of the log", NULL                                    },
    {"log checkpoint", NULL,    0, 0, NULL,                 NEEDS_API,     run_checkpoint,
     "Print the newest signed checkpoint",                                                                               NULL                                    },
    {"log proof",      "SEQ",   1, 1, NULL,                 NEEDS_API,     run_proof,
     "Print the proof of one leaf (c2sp.org/tlog-proof)",                                                                NULL                                    },
    {"log verify",     "[DIR]", 0, 1, verify_options_table, NEEDS_API,     run_verify,
     "Check the whole log: one's own, or any tlog-tiles directory",                                                      "Without DIR the log of the data directory is checked against its key, every checkpoint ever "
     "signed and the store. With DIR any tlog-tiles tree is checked, with --vkey or --policy."},
    {"log export",     "DIR",   1, 1, NULL,                 NEEDS_READ,    run_export,
     "Write the log as a static tlog-tiles tree",                                                                        NULL                                    },
    {"log witness",    NULL,    0, 0, NULL,                 NEEDS_WRITE,   run_witness,
     "Have the witnesses of policy.txt cosign the checkpoint",                                                           NULL                                    },
    {"log timestamp",  NULL,    0, 0, timestamp_options,    NEEDS_WRITE,   run_timestamp,
     "Have the checkpoint time-stamped (RFC 3161)",                                                                      NULL                                    },
    {"bag create",     "FILE",  1, 1, bag_create_options,   NEEDS_API,     run_bag_create,
     "Write an evidence bag that anyone can verify offline",                                                             NULL                                    },
    {"bag verify",     "FILE",  1, 1, bag_verify_options,   NEEDS_NOTHING, run_bag_verify,
     "Verify an evidence bag with a key from a source you trust",                                                        NULL                                    },
    {NULL,             NULL,    0, 0, NULL,                 NEEDS_NOTHING, NULL,           NULL,                         NULL                                    },
};
