/* cmd_manage.c - accounts, tokens, jobs, files, catalog, import and export. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "register/register.h"

#define API "/api/v1"

static bool show(struct call *c, const char *method, str target, str body, err *e)
{
    api_reply r;
    if (!api_send(c, method, target, body, 0, &r, e)) return false;
    if (c->json || !r.json)
        print_text(r.body.n ? r.body : c->json ? S("{}") : S("done"));
    else
        print_object(c, r.json);
    return true;
}

static bool show_list(struct call *c, str target, const char *const *columns, err *e)
{
    api_reply r;
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    const doc *items = r.json && r.json->kind == DOC_ARR ? r.json : doc_get(r.json, "items");
    if (c->json || !items)
        print_text(r.body);
    else
        print_table(c, items, columns);
    return true;
}

/* ---- accounts ---- */

static bool run_user_list(struct call *c, err *e)
{
    static const char *const columns[] = {"id",          "name",     "role", "person",
                                          "valid_until", "disabled", NULL};
    return show_list(c, S(API "/accounts"), columns, e);
}

static bool until(struct call *c, jw *w, const char *member, err *e)
{
    int64_t at;
    if (!call_option(c, "until").p) return true;
    if (!call_time(c, "until", 0, &at, e)) return false;
    jw_m_time(w, member, at);
    return true;
}

static bool run_user_add(struct call *c, err *e)
{
    buf b = buf_open(c->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "name", c->args[0]);
    jw_m_str(&w, "role", call_option(c, "role"));
    if (!until(c, &w, "valid_until", e)) return false;
    jw_obj_end(&w);
    return show(c, "POST", S(API "/accounts"), buf_str(&b), e);
}

static bool run_user_set(struct call *c, err *e)
{
    buf b = buf_open(c->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    if (call_option(c, "role").p) jw_m_str(&w, "role", call_option(c, "role"));
    if (call_option(c, "person").p) jw_m_str(&w, "person", call_option(c, "person"));
    if (!until(c, &w, "valid_until", e)) return false;
    if (call_flag(c, "disable") || call_flag(c, "enable"))
        jw_m_bool(&w, "disabled", call_flag(c, "disable"));
    jw_obj_end(&w);
    str target = str_fmt(c->a, API "/accounts/%.*s", STR_ARG(api_escape(c->a, c->args[0])));
    return show(c, "PATCH", target, buf_str(&b), e);
}

static bool run_user_reset(struct call *c, err *e)
{
    str name = api_escape(c->a, c->args[0]);
    str factors = str_fmt(c->a, API "/accounts/%.*s/factors", STR_ARG(name));
    api_reply r;
    if (call_flag(c, "factors") && !api_send(c, "DELETE", factors, (str){0}, 0, &r, e))
        return false;
    return show(c, "POST", str_fmt(c->a, API "/accounts/%.*s/reset", STR_ARG(name)), (str){0}, e);
}

/* ---- tokens ---- */

static bool run_token_list(struct call *c, err *e)
{
    static const char *const columns[] = {"id",         "account", "name", "capabilities",
                                          "expires_at", "revoked", NULL};
    return show_list(c, S(API "/tokens"), columns, e);
}

static bool run_token_add(struct call *c, err *e)
{
    int64_t at;
    buf b = buf_open(c->a, 4096);
    jw w = jw_open(&b);
    if (!call_time(c, "until", clock_now() + 90 * CLOCK_DAY_MS, &at, e)) return false;
    jw_obj(&w);
    jw_m_str(&w, "name", c->args[0]);
    jw_key(&w, "capabilities");
    jw_arr(&w);
    for (str rest = call_option(c, "can"); rest.p;)
        jw_str(&w, str_trim(str_cut(rest, ',', &rest)));
    jw_arr_end(&w);
    jw_m_time(&w, "expires_at", at);
    jw_obj_end(&w);
    return show(c, "POST", S(API "/tokens"), buf_str(&b), e);
}

static bool run_token_revoke(struct call *c, err *e)
{
    return show(c, "DELETE",
                str_fmt(c->a, API "/tokens/%.*s", STR_ARG(api_escape(c->a, c->args[0]))), (str){0},
                e);
}

/* ---- jobs ---- */

static bool run_job_list(struct call *c, err *e)
{
    static const char *const columns[] = {"id",         "kind",        "state", "progress",
                                          "created_at", "finished_at", NULL};
    return show_list(c, S(API "/jobs?limit=100"), columns, e);
}

static bool run_job_show(struct call *c, err *e)
{
    return show(c, "GET", str_fmt(c->a, API "/jobs/%.*s", STR_ARG(api_escape(c->a, c->args[0]))),
                (str){0}, e);
}

static bool run_job_add(struct call *c, err *e)
{
    buf b = buf_open(c->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "kind", "assess");
    jw_key(&w, "payload");
    jw_obj(&w);
    jw_m_str(&w, "plan", call_option(c, "plan"));
    jw_obj_end(&w);
    jw_obj_end(&w);
    return show(c, "POST", S(API "/jobs"), buf_str(&b), e);
}

static bool run_job_cancel(struct call *c, err *e)
{
    str id = api_escape(c->a, c->args[0]);
    return show(c, "POST", str_fmt(c->a, API "/jobs/%.*s/cancel", STR_ARG(id)), (str){0}, e);
}

/* ---- settings ---- */

static bool run_setting_list(struct call *c, err *e)
{
    static const char *const columns[] = {"name", "value", "source", "kind", "doc", NULL};
    return show_list(c, S(API "/settings"), columns, e);
}

static bool run_setting_set(struct call *c, err *e)
{
    buf b = buf_open(c->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "value", c->args[1]);
    jw_obj_end(&w);
    str name = api_escape(c->a, c->args[0]);
    return show(c, "PATCH", str_fmt(c->a, API "/settings/%.*s", STR_ARG(name)), buf_str(&b), e);
}

/* ---- files ---- */

static bool run_file_put(struct call *c, err *e)
{
    api_reply r;
    if (!api_upload(c, str_dup(c->a, c->args[0]).p, &r, e)) return false;
    if (c->json)
        print_text(r.body);
    else
        printf("%.*s  %.*s\n", STR_ARG(doc_str(r.json, "sha256")), STR_ARG(c->args[0]));
    return true;
}

static bool run_file_get(struct call *c, err *e)
{
    str target = str_fmt(c->a, API "/files/%.*s", STR_ARG(api_escape(c->a, c->args[0])));
    const char *path = str_dup(c->a, c->args[1]).p;
    pair made = {"file", str_of(path)};
    if (!api_download(c, "GET", target, (str){0}, path, e)) return false;
    if (c->json) print_pairs(c, &made, 1);
    return true;
}

/* ---- catalog ---- */

static bool run_frameworks(struct call *c, err *e)
{
    static const char *const columns[] = {"id", "title", NULL};
    return show_list(c, S(API "/catalog/frameworks"), columns, e);
}

static bool run_requirements(struct call *c, err *e)
{
    static const char *const columns[] = {"id", "kind", "title", NULL};
    return show_list(c, S(API "/catalog/requirements"), columns, e);
}

static bool run_requirement(struct call *c, err *e)
{
    str id = api_escape(c->a, c->args[0]);
    return show(c, "GET", str_fmt(c->a, API "/catalog/requirements/%.*s", STR_ARG(id)), (str){0},
                e);
}

static bool run_crosswalk(struct call *c, err *e)
{
    static const char *const columns[] = {"framework",  "target", "relationship",
                                          "confidence", "title",  NULL};
    str id = api_escape(c->a, c->args[0]), framework = call_option(c, "framework");
    str target = str_fmt(c->a, API "/catalog/crosswalk/%.*s", STR_ARG(id));
    if (framework.p)
        target = str_fmt(c->a, "%s?framework=%.*s", target.p, STR_ARG(api_escape(c->a, framework)));
    return show_list(c, target, columns, e);
}

static bool run_vocabulary(struct call *c, err *e)
{
    static const char *const columns[] = {"id", "description", NULL};
    str name = api_escape(c->a, c->args[0]);
    return show_list(c, str_fmt(c->a, API "/catalog/vocabularies/%.*s", STR_ARG(name)), columns, e);
}

static bool run_catalog_import(struct call *c, err *e)
{
    api_reply r;
    if (!api_upload(c, str_dup(c->a, c->args[1]).p, &r, e)) return false;
    buf b = buf_open(c->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "name", c->args[0]);
    jw_m_str(&w, "file", doc_str(r.json, "sha256"));
    jw_obj_end(&w);
    return show(c, "POST", S(API "/frameworks"), buf_str(&b), e);
}

/* ---- import and export ---- */

static bool need_record(const struct call *c, const record **ret, err *e)
{
    *ret = register_by_noun(c->args[0]);
    return *ret || err_set(e, ERR_USAGE, c->args[0], S("see: aims help"),
                           "'%.*s' is no type of record", STR_ARG(c->args[0]));
}

static bool import_one(struct call *c, const record *r, const doc *d, int64_t at, err *e)
{
    api_reply reply;
    buf b = buf_open(c->a, 16 << 20);
    jw w = jw_open(&b);
    doc_write(d, &w);
    if (api_send(c, "POST", str_fmt(c->a, API "/%s", r->plural), buf_str(&b), 0, &reply, e))
        return true;
    return err_prefix(e, "record %lld", (long long)at);
}

static bool import_json(struct call *c, const record *r, str text, int64_t *ret_n, err *e)
{
    doc *d;
    if (!doc_parse(c->a, text, 256 << 20, &d, e)) return false;
    const doc *items = d->kind == DOC_ARR ? d : doc_get(d, "items");
    if (!items || items->kind != DOC_ARR)
        return err_set(e, ERR_INVALID, S(""), S("give a JSON list of objects"),
                       "that is no list of records");
    for (size_t i = 0; i < items->n; i++, (*ret_n)++)
        if (!import_one(c, r, &items->at[i], *ret_n + 1, e)) return false;
    return true;
}

static bool import_line(struct call *c, const record *r, const str_list *header,
                        const str_list *cells, int64_t at, err *e)
{
    doc *d;
    buf b = buf_open(c->a, 16 << 20);
    jw w = jw_open(&b);
    if (!record_csv_doc(r, header, cells, &w, e) || !doc_parse(c->a, buf_str(&b), 16 << 20, &d, e))
        return err_prefix(e, "record %lld", (long long)at);
    return import_one(c, r, d, at, e);
}

static bool import_csv(struct call *c, const record *r, str text, int64_t *ret_n, err *e)
{
    str_list header, cells;
    if (str_starts(text, S("\xef\xbb\xbf"))) text = str_sub(text, 3, text.n);
    if (!record_csv_next(&text, &header, c->a, e)) return false;
    while (record_csv_next(&text, &cells, c->a, e)) {
        if (!import_line(c, r, &header, &cells, *ret_n + 1, e)) return false;
        (*ret_n)++;
    }
    return e->code == ERR_OK;
}

/* Stops at the first refusal and says how many went in: they are acts and stay. */
static bool run_import(struct call *c, err *e)
{
    const record *r;
    str text;
    int64_t n = 0;
    const char *path = str_dup(c->a, c->args[1]).p;
    if (!need_record(c, &r, e) || !file_read(c->a, path, 256 << 20, &text, e)) return false;
    bool json = str_trim(text).n && strchr("[{", str_trim(text).p[0]);
    bool ok = json ? import_json(c, r, text, &n, e) : import_csv(c, r, text, &n, e);
    if (!ok) return err_prefix(e, "%lld records were added before", (long long)n);
    printf(c->json ? "{\"added\":%lld}\n" : "added %lld records\n", (long long)n);
    return true;
}

static bool print_items(struct call *c, const record *r, const doc *items, bool csv, err *e)
{
    for (size_t i = 0; items && i < items->n; i++) {
        if (!csv) {
            print_json(&items->at[i]);
            continue;
        }
        void *row = arena_alloc(c->a, r->size, 16);
        buf b = buf_open(c->a, 16 << 20);
        if (!record_restore(r, &items->at[i], row, c->a, e)) return false;
        record_csv_row(r, row, &b);
        print_text(buf_str(&b));
    }
    return true;
}

static bool run_export(struct call *c, err *e)
{
    const record *r;
    bool csv = str_eqz(call_option(c, "format"), "csv");
    str cursor = S("");
    buf b = buf_open(c->a, 65536);
    if (!need_record(c, &r, e)) return false;
    record_csv_header(r, &b);
    if (csv) print_text(buf_str(&b));
    while (cursor.p) {
        api_reply reply;
        str target = str_fmt(c->a, API "/%s?limit=500%s%.*s", r->plural, cursor.n ? "&cursor=" : "",
                             STR_ARG(cursor));
        if (!api_send(c, "GET", target, (str){0}, 0, &reply, e)) return false;
        if (!print_items(c, r, doc_get(reply.json, "items"), csv, e)) return false;
        cursor = doc_str(reply.json, "next");
    }
    return true;
}

static const option user_add_options[] = {
    {"role",  "NAME", OPTION_REQUIRED, "administrator, lead, engineer, operator or auditor"},
    {"until", "TIME", 0,               "End of the account; auditors must have one"        },
    {NULL,    NULL,   0,               NULL                                                },
};
static const option user_set_options[] = {
    {"role",    "NAME", 0, "New role"                                                     },
    {"until",   "TIME", 0, "New end"                                                      },
    {"person",  "NAME", 0, "Person of the register whose account it is; needed to approve"},
    {"disable", NULL,   0, "Shut the account off"                                         },
    {"enable",  NULL,   0, "Let it in again"                                              },
    {NULL,      NULL,   0, NULL                                                           },
};
static const option user_reset_options[] = {
    {"factors", NULL, 0, "Take second factor and passkeys away too (lost phone)"},
    {NULL,      NULL, 0, NULL                                                   },
};
static const option token_add_options[] = {
    {"can",   "A,B",  OPTION_REQUIRED, "Capabilities: read, edit, approve, measure, audit, admin"},
    {"until", "TIME", 0,               "End of the token; default in 90 days"                    },
    {NULL,    NULL,   0,               NULL                                                      },
};
static const option job_add_options[] = {
    {"plan", "NAME", OPTION_REQUIRED, "Measurement plan to run"},
    {NULL,   NULL,   0,               NULL                     },
};
static const option crosswalk_options[] = {
    {"framework", "ID", 0, "Only this framework"},
    {NULL,        NULL, 0, NULL                 },
};
static const option export_options[] = {
    {"format", "json|csv", 0, "JSON lines (default) or CSV"},
    {NULL,     NULL,       0, NULL                         },
};

const command manage_commands[] = {
    {"import",             "NOUN FILE",   2, 2, NULL,               NEEDS_API,     run_import,
     "Add records from a CSV file or JSON list",                                                                                           NULL                                                               },
    {"export",             "NOUN",        1, 1, export_options,     NEEDS_API,     run_export,         "Print all records of a type",
     NULL                                                                                                                                                                                                     },
    {"file put",           "FILE",        1, 1, NULL,               NEEDS_API,     run_file_put,       "Store a file; prints its SHA-256",
     NULL                                                                                                                                                                                                     },
    {"file get",           "SHA256 FILE", 2, 2, NULL,               NEEDS_API,     run_file_get,       "Fetch a stored file",              NULL                                                               },
    {"job list",           NULL,          0, 0, NULL,               NEEDS_API,     run_job_list,       "List jobs, newest first",          NULL                                                               },
    {"job show",           "ID",          1, 1, NULL,               NEEDS_API,     run_job_show,       "Show one job",                     NULL                                                               },
    {"job add",            NULL,          0, 0, job_add_options,    NEEDS_API,     run_job_add,
     "Queue a measurement by its plan",                                                                                                    NULL                                                               },
    {"job cancel",         "ID",          1, 1, NULL,               NEEDS_API,     run_job_cancel,     "Cancel a job",                     NULL                                                               },
    {"setting list",       NULL,          0, 0, NULL,               NEEDS_API,     run_setting_list,
     "List every setting with its value and source",                                                                                       NULL                                                               },
    {"setting set",        "NAME VALUE",  2, 2, NULL,               NEEDS_API,     run_setting_set,
     "Change a setting of kind live, on the log",                                                                                          NULL                                                               },
    {"catalog frameworks", NULL,          0, 0, NULL,               NEEDS_API,     run_frameworks,
     "List the frameworks of the catalog",                                                                                                 NULL                                                               },
    {"catalog controls",   NULL,          0, 0, NULL,               NEEDS_API,     run_requirements,
     "List the clauses and controls of ISO/IEC 42001",                                                                                     NULL                                                               },
    {"catalog show",       "ID",          1, 1, NULL,               NEEDS_API,     run_requirement,
     "Show a clause or control, and what would prove it",                                                                                  NULL                                                               },
    {"catalog crosswalk",  "ID",          1, 1, crosswalk_options,  NEEDS_API,     run_crosswalk,
     "What a control corresponds to elsewhere",                                                                                            NULL                                                               },
    {"catalog terms",      "VOCABULARY",  1, 1, NULL,               NEEDS_API,     run_vocabulary,
     "List evidence_kinds, measurements, stages, roles, relationships",                                                                    NULL                                                               },
    {"catalog import",     "NAME FILE",   2, 2, NULL,               NEEDS_API,     run_catalog_import,
     "Import a framework from an OSCAL catalog (JSON)",                                                                                    NULL                                                               },
    {"user list",          NULL,          0, 0, NULL,               NEEDS_API,     run_user_list,      "List accounts",                    NULL                                                               },
    {"user add",           "NAME",        1, 1, user_add_options,   NEEDS_API,     run_user_add,
     "Add an account; prints its one-time code",                                                                                           NULL                                                               },
    {"user set",           "NAME",        1, 1, user_set_options,   NEEDS_API,     run_user_set,
     "Change role or end, shut off or let in again",                                                                                       NULL                                                               },
    {"user reset",         "NAME",        1, 1, user_reset_options, NEEDS_API,     run_user_reset,
     "A new one-time code for a forgotten password",                                                                                       NULL                                                               },
    {"token list",         NULL,          0, 0, NULL,               NEEDS_API,     run_token_list,     "List tokens",                      NULL                                                               },
    {"token add",          "NAME",        1, 1, token_add_options,  NEEDS_API,     run_token_add,
     "Make a token for a machine; it is shown once",                                                                                       "On the data directory it is made for the account named with --as."},
    {"token revoke",       "ID",          1, 1, NULL,               NEEDS_API,     run_token_revoke,   "Revoke a token",                   NULL                                                               },
    {NULL,                 NULL,          0, 0, NULL,               NEEDS_NOTHING, NULL,               NULL,                               NULL                                                               },
};
