/* cmd_records.c - the verbs that every record type has, and the few that only some have. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "register/register.h"

enum { LIST_COLUMNS = 10 };

static str path_of(struct call *c, str name)
{
    return str_fmt(c->a, "/api/v1/%s/%.*s", c->r->plural, STR_ARG(api_escape(c->a, name)));
}

/* ---- names for references ---- */

/* The label of one record; its id when it cannot be read. */
static str label_of(struct call *c, const record *target, int64_t id)
{
    api_reply r;
    err ignore = ERR_IN(c->a);
    str number = str_fmt(c->a, "%lld", (long long)id);
    str path = str_fmt(c->a, "/api/v1/%s/%.*s", target->plural, STR_ARG(number));
    if (!target->label || !api_send(c, "GET", path, (str){0}, 0, &r, &ignore)) return number;
    str label = doc_str(r.json, target->label);
    return label.p ? label : number;
}

struct names {
    struct {
        const record *r;
        int64_t id;
        str label;
    } at[500];
    size_t n;
};

static void name_one(struct call *c, struct names *known, const record *target, doc *v)
{
    if (v->kind != DOC_INT) return;
    size_t i = 0;
    while (i < known->n && (known->at[i].r != target || known->at[i].id != v->i))
        i++;
    if (i == COUNT(known->at)) return;
    if (i == known->n) {
        known->at[known->n].r = target;
        known->at[known->n].id = v->i;
        known->at[known->n++].label = label_of(c, target, v->i);
    }
    *v = (doc){.kind = DOC_STR, .s = known->at[i].label};
}

/* People read names: references of the record become the labels of what they point at. */
static void name_refs(struct call *c, struct names *known, doc *row)
{
    for (size_t i = 0; i < row->n; i++) {
        const field *f = record_field(c->r, row->keys[i]);
        if (!f || !f->target) continue;
        if (row->at[i].kind != DOC_ARR) name_one(c, known, f->target, &row->at[i]);
        for (size_t k = 0; row->at[i].kind == DOC_ARR && k < row->at[i].n; k++)
            name_one(c, known, f->target, &row->at[i].at[k]);
    }
}

static void show(struct call *c, const api_reply *r)
{
    if (c->json || !r->json) {
        print_text(r->body);
        return;
    }
    struct names known = {.n = 0};
    if (r->json->kind == DOC_OBJ) name_refs(c, &known, r->json);
    print_object(c, r->json);
}

/* ---- list ---- */

static str list_target(struct call *c)
{
    buf b = buf_open(c->a, 65536);
    buf_fmt(&b, "/api/v1/%s?limit=%.*s", c->r->plural,
            STR_ARG(call_option(c, "limit").p ? call_option(c, "limit") : S("100")));
    for (size_t i = 0; i < c->n_options; i++) {
        const given *g = &c->options[i];
        if (!g->o) buf_fmt(&b, "&%.*s=%.*s", STR_ARG(g->name), STR_ARG(api_escape(c->a, g->value)));
    }
    if (call_option(c, "as-of").p)
        buf_fmt(&b, "&as_of=%.*s", STR_ARG(api_escape(c->a, call_option(c, "as-of"))));
    if (call_option(c, "cursor").p) buf_fmt(&b, "&cursor=%.*s", STR_ARG(call_option(c, "cursor")));
    if (call_flag(c, "retired")) buf_putz(&b, "&retired=true");
    return buf_str(&b);
}

/* A digest would fill the line; `show` has it. Where no name says what a record is, that which it
 * is about and when does. */
static bool in_list(const record *r, const field *f)
{
    if (f->flags & SECRET || (r->label && strcmp(f->name, r->label) == 0)) return false;
    if (f->type == FT_LONG || f->type == FT_JSON || f->type == FT_LINKS || f->type == FT_LIST)
        return false;
    if (f->type == FT_TEXT && f->min == f->max) return false;
    bool tells = !r->label && (f->type == FT_REF || f->type == FT_TIME);
    return f->flags & (REQ | INDEX) || f->type == FT_ENUM || tells;
}

/* id, the label, then the first short members that fit a table. */
static void list_columns(const record *r, const char **columns, size_t max)
{
    size_t n = 0;
    columns[n++] = "id";
    if (r->label) columns[n++] = r->label;
    for (size_t i = 0; i < r->n_fields && n < max; i++)
        if (in_list(r, &r->fields[i])) columns[n++] = r->fields[i].name;
    columns[n] = NULL;
}

static bool run_list(struct call *c, err *e)
{
    api_reply r;
    if (!api_send(c, "GET", list_target(c), (str){0}, 0, &r, e)) return false;
    if (c->json) {
        print_text(r.body);
        return true;
    }
    const doc *items = doc_get(r.json, "items");
    const char *columns[LIST_COLUMNS + 1];
    struct names known = {.n = 0};
    for (size_t i = 0; items && i < items->n; i++)
        name_refs(c, &known, &items->at[i]);
    list_columns(c->r, columns, LIST_COLUMNS);
    if (items) print_table(c, items, columns);
    str next = doc_str(r.json, "next");
    if (next.p) printf("more: --cursor %.*s\n", STR_ARG(next));
    return true;
}

static bool run_show(struct call *c, err *e)
{
    api_reply r;
    str at = call_option(c, "as-of");
    str target = path_of(c, c->args[0]);
    if (at.p) target = str_fmt(c->a, "%s?as_of=%.*s", target.p, STR_ARG(api_escape(c->a, at)));
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    show(c, &r);
    return true;
}

/* ---- add, set, retire ---- */

/* --from FILE.json, with the members given as options on top. */
static bool read_base(struct call *c, doc **ret, err *e)
{
    str text, from = call_option(c, "from");
    *ret = NULL;
    if (!from.p) return true;
    return file_read(c->a, str_dup(c->a, from).p, 16 << 20, &text, e) &&
           doc_parse(c->a, text, 16 << 20, ret, e);
}

static bool given_member(const struct call *c, str key)
{
    for (size_t i = 0; i < c->n_options; i++)
        if (!c->options[i].o && str_eq(c->options[i].name, key)) return true;
    return false;
}

static bool body_of(struct call *c, str *ret, err *e)
{
    doc *base;
    buf b = buf_open(c->a, 32 << 20);
    jw w = jw_open(&b);
    if (!read_base(c, &base, e)) return false;
    jw_obj(&w);
    for (size_t i = 0; base && base->kind == DOC_OBJ && i < base->n; i++)
        if (!given_member(c, base->keys[i])) {
            jw_key_str(&w, base->keys[i]);
            doc_write(&base->at[i], &w);
        }
    for (size_t i = 0; i < c->n_options; i++) {
        const given *g = &c->options[i];
        if (g->o) continue;
        jw_key_str(&w, g->name);
        if (!record_text_value(record_field(c->r, g->name), g->value, &w, e)) return false;
    }
    jw_obj_end(&w);
    *ret = buf_str(&b);
    return true;
}

static bool run_add(struct call *c, err *e)
{
    str body;
    api_reply r;
    if (!body_of(c, &body, e)) return false;
    if (!api_send(c, "POST", str_fmt(c->a, "/api/v1/%s", c->r->plural), body, 0, &r, e))
        return false;
    show(c, &r);
    return true;
}

/* Without --version the change is based on what is stored now. */
static bool version_of(struct call *c, int64_t *ret, err *e)
{
    api_reply r;
    if (!call_int(c, "version", 0, ret, e)) return false;
    if (*ret) return true;
    if (!api_send(c, "GET", path_of(c, c->args[0]), (str){0}, 0, &r, e)) return false;
    *ret = doc_int(r.json, "version", 0);
    c->args[0] = str_fmt(c->a, "%lld", (long long)doc_int(r.json, "id", 0));
    return true;
}

static bool run_set(struct call *c, err *e)
{
    str body;
    int64_t version;
    api_reply r;
    if (!body_of(c, &body, e) || !version_of(c, &version, e)) return false;
    if (!api_send(c, "PATCH", path_of(c, c->args[0]), body, version, &r, e)) return false;
    show(c, &r);
    return true;
}

static bool run_retire(struct call *c, err *e)
{
    int64_t version;
    api_reply r;
    if (!version_of(c, &version, e)) return false;
    if (!api_send(c, "DELETE", path_of(c, c->args[0]), (str){0}, version, &r, e)) return false;
    show(c, &r);
    return true;
}

/* ---- history, uses ---- */

static bool sub_list(struct call *c, const char *what, api_reply *ret, err *e)
{
    str target = str_fmt(c->a, "%s/%s", path_of(c, c->args[0]).p, what);
    if (!api_send(c, "GET", target, (str){0}, 0, ret, e)) return false;
    if (c->json) print_text(ret->body);
    return true;
}

/* One line per member that changed; what a version has in common stands in its first line. */
static void write_changes(jw *w, const doc *version)
{
    static const char *const common[] = {"version", "at", "leaf"};
    const doc *changes = doc_get(version, "changes");
    int64_t account = doc_int(version, "actor", 0);
    for (size_t i = 0; changes && (i < changes->n || !i); i++) {
        jw_obj(w);
        for (size_t k = 0; !i && k < COUNT(common); k++)
            if (doc_get(version, common[k])) {
                jw_key(w, common[k]);
                doc_write(doc_get(version, common[k]), w);
            }
        if (!i)
            jw_m_str(w, "by",
                     account ? str_fmt(w->b->a, "account %lld", (long long)account)
                             : S("this machine"));
        for (size_t k = 0; i < changes->n && k < changes->at[i].n; k++) {
            jw_key_str(w, changes->at[i].keys[k]);
            doc_write(&changes->at[i].at[k], w);
        }
        jw_obj_end(w);
    }
}

static bool run_history(struct call *c, err *e)
{
    static const char *const columns[] = {"version", "at",   "by", "leaf",
                                          "field",   "from", "to", NULL};
    api_reply r;
    doc *lines;
    if (!sub_list(c, "history", &r, e) || c->json) return e->code == ERR_OK;
    buf b = buf_open(c->a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    jw_arr(&w);
    for (size_t i = 0; r.json && i < r.json->n; i++)
        write_changes(&w, &r.json->at[i]);
    jw_arr_end(&w);
    if (!doc_parse(c->a, buf_str(&b), SIZE_MAX / 4, &lines, e)) return false;
    print_table(c, lines, columns);
    return true;
}

static bool run_uses(struct call *c, err *e)
{
    static const char *const columns[] = {"type", "id", "field", "name", NULL};
    api_reply r;
    if (!sub_list(c, "uses", &r, e) || c->json) return e->code == ERR_OK;
    buf b = buf_open(c->a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    jw_arr(&w);
    for (size_t i = 0; r.json && i < r.json->n; i++) {
        const doc *u = &r.json->at[i];
        const record *t = register_by_name(doc_str(u, "type"));
        jw_obj(&w);
        jw_m_str(&w, "type", t ? str_of(t->noun) : doc_str(u, "type"));
        jw_m_int(&w, "id", doc_int(u, "id", 0));
        jw_m_str(&w, "field", doc_str(u, "field"));
        if (t && t->label) jw_m_str(&w, "name", label_of(c, t, doc_int(u, "id", 0)));
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    doc *lines;
    if (!doc_parse(c->a, buf_str(&b), SIZE_MAX / 4, &lines, e)) return false;
    print_table(c, lines, columns);
    return true;
}

static const option list_options[] = {
    {"limit",   "N",    0, "At most this many, newest first; default 100"},
    {"cursor",  "TEXT", 0, "Go on where the page before ended"           },
    {"as-of",   "TIME", 0, "As it stood then"                            },
    {"retired", NULL,   0, "Retired records too"                         },
    {NULL,      NULL,   0, NULL                                          },
};
static const option show_options[] = {
    {"as-of", "TIME", 0, "As it stood then"},
    {NULL,    NULL,   0, NULL              }
};
static const option add_options[] = {
    {"from", "FILE", 0, "JSON object with members; - reads standard input"},
    {NULL,   NULL,   0, NULL                                              },
};
static const option set_options[] = {
    {"from",    "FILE", 0, "JSON object with members; - reads standard input"     },
    {"version", "N",    0, "Refuse when the record has changed since this version"},
    {NULL,      NULL,   0, NULL                                                   },
};
static const option retire_options[] = {
    {"version", "N",  0, "Refuse when the record has changed since this version"},
    {NULL,      NULL, 0, NULL                                                   },
};

const command record_commands[] = {
    {"list",    NULL,      0, 0, list_options,   NEEDS_API,     run_list,    "List records, newest first",
     "Members are filters: --status open, --name-like loan, --updated-at-ge 2026-01-01T00:00:00Z "
     "(_ne, _lt, _le, _gt, _ge, _like), --q TEXT looks into every text, and --newest-by A,B keeps "
     "the newest of those that agree in these members. See: aims NOUN --help"                                       },
    {"show",    "NAME|ID", 1, 1, show_options,   NEEDS_API,     run_show,    "Show one record",                 NULL},
    {"add",     NULL,      0, 0, add_options,    NEEDS_API,     run_add,     "Add a record",
     "References take a name or id; lists take commas; an empty value leaves a member out"                          },
    {"set",     "NAME|ID", 1, 1, set_options,    NEEDS_API,     run_set,     "Change members of a record",
     "An empty value clears an optional member"                                                                     },
    {"retire",  "NAME|ID", 1, 1, retire_options, NEEDS_API,     run_retire,  "Retire a record",                 NULL},
    {"history", "NAME|ID", 1, 1, NULL,           NEEDS_API,     run_history, "Every version, member by member",
     NULL                                                                                                           },
    {"uses",    "NAME|ID", 1, 1, NULL,           NEEDS_API,     run_uses,    "Records that point at it",        NULL},
    {NULL,      NULL,      0, 0, NULL,           NEEDS_NOTHING, NULL,        NULL,                              NULL},
};

/* ---- approving and erasing ---- */

static bool run_approve(struct call *c, err *e)
{
    int64_t version;
    api_reply r;
    c->r = register_by_noun(S("document"));
    str who = call_option(c, "by");
    if (!version_of(c, &version, e)) return false;
    str target = str_fmt(c->a, "%s/approve", path_of(c, c->args[0]).p);
    if (who.p) target = str_fmt(c->a, "%s?person=%.*s", target.p, STR_ARG(api_escape(c->a, who)));
    if (!api_send(c, "POST", target, (str){0}, version, &r, e)) return false;
    show(c, &r);
    return true;
}

static bool run_erase(struct call *c, err *e)
{
    api_reply r;
    c->r = register_by_noun(str_sub(str_of(c->cmd->name), 0, strcspn(c->cmd->name, " ")));
    if (!api_send(c, "POST", str_fmt(c->a, "%s/erase", path_of(c, c->args[0]).p), (str){0}, 0, &r,
                  e))
        return false;
    show(c, &r);
    return true;
}

static const option approve_options[] = {
    {"by",      "PERSON", 0, "Who approves; without an account of their own"          },
    {"version", "N",      0, "Refuse when the document has changed since this version"},
    {NULL,      NULL,     0, NULL                                                     },
};

const command special_commands[] = {
    {"document approve", "NAME|ID", 1, 1, approve_options, NEEDS_API,     run_approve,
     "Approve the present edition of a document",                                            NULL},
    {"person erase",     "NAME|ID", 1, 1, NULL,            NEEDS_API,     run_erase,
     "Erase the personal data of a person; the log stays valid",                             NULL},
    {"supplier erase",   "NAME|ID", 1, 1, NULL,            NEEDS_API,     run_erase,
     "Erase the personal data of a supplier's contact",                                      NULL},
    {NULL,               NULL,      0, 0, NULL,            NEEDS_NOTHING, NULL,        NULL, NULL},
};
