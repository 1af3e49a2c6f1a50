/* cmd_standing.c - status, soa, consistency, due: how the management system stands. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/print.h"

static void print_counts(const struct call *c, const char *title, const doc *counts)
{
    printf("%-9s", title);
    for (size_t i = 0; counts && i < counts->n; i++)
        if (counts->at[i].i)
            printf("  %lld %.*s", (long long)counts->at[i].i,
                   STR_ARG(print_mark(c, counts->keys[i])));
    putchar('\n');
}

/* The rows of one status; all of them without one. */
static doc with_status(struct call *c, const doc *items, str status)
{
    doc kept = {.kind = DOC_ARR, .at = arena_new(c->a, doc, items ? items->n : 0)};
    for (size_t i = 0; items && i < items->n; i++)
        if (!status.p || str_eq(doc_str(&items->at[i], "status"), status))
            kept.at[kept.n++] = items->at[i];
    return kept;
}

static bool run_status(struct call *c, err *e)
{
    static const char *const columns[] = {"id",    "status", "evidence", "open_findings",
                                          "owner", "title",  NULL};
    api_reply r;
    str at = call_option(c, "at");
    str target = at.p ? str_fmt(c->a, "/api/v1/status?at=%.*s", STR_ARG(api_escape(c->a, at)))
                      : S("/api/v1/status");
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    const doc *counts = doc_get(r.json, "controls");
    if (doc_int(counts, "failing", 0) + doc_int(doc_get(r.json, "clauses"), "failing", 0) &&
        call_flag(c, "check"))
        c->exit_code = err_exit(ERR_CHECK);
    if (c->json) {
        print_text(r.body);
        return true;
    }
    print_counts(c, "controls", counts);
    print_counts(c, "clauses", doc_get(r.json, "clauses"));
    putchar('\n');
    doc items = with_status(c, doc_get(r.json, "items"), call_option(c, "only"));
    print_table(c, &items, columns);
    return true;
}

/* What contradicts itself in the statement of applicability and the risks. */
static bool run_consistency(struct call *c, err *e)
{
    static const char *const columns[] = {"rule", "type", "id", "text", NULL};
    api_reply r;
    if (!api_send(c, "GET", S("/api/v1/consistency"), (str){0}, 0, &r, e)) return false;
    const doc *items = r.json && r.json->kind == DOC_ARR ? r.json : doc_get(r.json, "items");
    if (items && items->n && call_flag(c, "check")) c->exit_code = err_exit(ERR_CHECK);
    if (c->json || !items)
        print_text(r.body);
    else
        print_table(c, items, columns);
    return true;
}

static bool run_soa(struct call *c, err *e)
{
    api_reply r;
    str format = call_option(c, "format");
    if (!format.p) format = c->json ? S("json") : S("text");
    buf b = buf_open(c->a, 4096);
    buf_fmt(&b, "/api/v1/soa?format=%.*s", STR_ARG(api_escape(c->a, format)));
    if (call_option(c, "at").p)
        buf_fmt(&b, "&at=%.*s", STR_ARG(api_escape(c->a, call_option(c, "at"))));
    if (!api_send(c, "GET", buf_str(&b), (str){0}, 0, &r, e)) return false;
    print_text(r.body);
    return true;
}

static bool run_due(struct call *c, err *e)
{
    static const char *const columns[] = {"on", "type", "id", "member", "name", NULL};
    api_reply r;
    str until = call_option(c, "until");
    str target = until.p ? str_fmt(c->a, "/api/v1/due?until=%.*s", STR_ARG(api_escape(c->a, until)))
                         : S("/api/v1/due");
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    const doc *items = doc_get(r.json, "items");
    if (items && items->n && call_flag(c, "check")) c->exit_code = err_exit(ERR_CHECK);
    if (c->json || !items)
        print_text(r.body);
    else
        print_table(c, items, columns);
    return true;
}

static const option status_options[] = {
    {"at",    "TIME",   0, "As it stood then"                                                      },
    {"check", NULL,     0, "Exit with 1 when something is failing"                                 },
    {"only",  "STATUS", 0, "Show these rows: excluded, planned, declared, proven, failing or stale"},
    {NULL,    NULL,     0, NULL                                                                    },
};
static const option consistency_options[] = {
    {"check", NULL, 0, "Exit with 1 when there is anything to list"},
    {NULL,    NULL, 0, NULL                                        },
};
static const option soa_options[] = {
    {"format", "text|json|csv", 0, "Form of the statement; default text"},
    {"at",     "TIME",          0, "As it stood then"                   },
    {NULL,     NULL,            0, NULL                                 },
};

static const option due_options[] = {
    {"until", "TIME", 0, "Up to this day; default 30 days from now"  },
    {"check", NULL,   0, "Exit with 1 when there is anything to list"},
    {NULL,    NULL,   0, NULL                                        },
};

const command standing_commands[] = {
    {"status",      NULL, 0, 0, status_options,      NEEDS_API,     run_status,
     "Computed status of every clause and control",                                        NULL},
    {"due",         NULL, 0, 0, due_options,         NEEDS_API,     run_due,
     "List what is due or late: reviews, treatments, corrections, acceptances",            NULL},
    {"consistency", NULL, 0, 0, consistency_options, NEEDS_API,     run_consistency,
     "List what contradicts itself in the statement of applicability and the risks",       NULL},
    {"soa",         NULL, 0, 0, soa_options,         NEEDS_API,     run_soa,
     "Statement of applicability with its trail",                                          NULL},
    {NULL,          NULL, 0, 0, NULL,                NEEDS_NOTHING, NULL,            NULL, NULL},
};
