/* standing.c - gathers decisions, evidence and findings, and computes every status from them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/standing.h"
#include "catalog/catalog.h"
#include "register/control.h"
#include "register/evidence.h"
#include "register/finding.h"
#include "register/measurement.h"
#include "register/organisation.h"
#include "register/person.h"
#include "work/impl.h"

enum { REGISTER_DAYS = 365, PAGE = 1000 };

/* One thing that may speak for a requirement, from either source. */
struct piece {
    bool overtaken; /* by a newer run of its plan, for the same requirements */
    status_evidence e;
    str_list controls;
    soa_trail trail;
    struct piece *next;
};

struct gather {
    struct work *w;
    int64_t at;
    bool past; /* a moment was named */
    arena *a;
    struct piece *pieces;
    rows trails;        /* of all measurements, by id */
    str_list *findings; /* controls of each open nonconformity */
    size_t n_findings;
    control *decisions;
    size_t n_decisions;
    person *people;
    size_t n_people;
    str organisation;
};

/* ---- reading ---- */

/* The present is read from the tables, which have indexes; the past from the history. */
static bool read_page(struct tx *t, struct gather *g, const record *r, const page *p, void **ret,
                      size_t *ret_n, err *e)
{
    return g->past ? row_list_as_of(t, g->a, r, g->at, p, ret, ret_n, e)
                   : row_list(t, g->a, r, p, ret, ret_n, e);
}

/* All live records of a type as they stood at the time, as one array. */
static bool read_all(struct tx *t, struct gather *g, const record *r, void **ret, size_t *ret_n,
                     err *e)
{
    page p = {.limit = PAGE};
    char *all = NULL;
    size_t n = 0, room = 0;
    for (;;) {
        void *some;
        size_t k;
        if (!read_page(t, g, r, &p, &some, &k, e)) return false;
        if (n + k > room) {
            room = 2 * room + k;
            char *more = arena_alloc(g->a, room * r->size, 16);
            if (n) memcpy(more, all, n * r->size);
            all = more;
        }
        if (k) memcpy(all + n * r->size, some, k * r->size);
        n += k;
        if (k < PAGE) break;
        const row_head *last = (const void *)(all + (n - 1) * r->size);
        p.below = last->id;
    }
    *ret = all;
    *ret_n = n;
    return true;
}

static bool leaf_of(struct tx *t, const record *r, int64_t id, int64_t version, int64_t *ret,
                    err *e)
{
    const value args[] = {V_TEXT(str_of(r->name)), V_INT(id), V_INT(version)};
    return tx_int(t, SQL(Q_ACT_OF_VERSION), args, COUNT(args), SOA_NONE, ret, e);
}

static struct piece *add_piece(struct gather *g, str_list controls)
{
    struct piece *p = arena_new(g->a, struct piece, 1);
    p->controls = controls;
    p->next = g->pieces;
    g->pieces = p;
    return p;
}

/* Measurements never change, so their trails are read in one go, without their figures. */
static bool read_trails(struct tx *t, struct gather *g, err *e)
{
    return tx_query(t, g->a, SQL(Q_TRAILS), NULL, 0, &g->trails, e);
}

/* The row of trails of a measurement, NULL: none. */
static const value *trail_of(const struct gather *g, int64_t id)
{
    size_t lo = 0, hi = g->trails.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const value *v = &g->trails.at[mid * g->trails.cols];
        if (v[0].i == id) return v;
        if (v[0].i < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static bool add_trail(struct gather *g, const evidence *v, struct piece *p, err *e)
{
    const value *m = trail_of(g, v->measurement);
    if (!m)
        return err_set(e, ERR_DAMAGED, S("evidence"), S("restore the last backup"),
                       "evidence %lld names no measurement", (long long)v->head.id);
    p->trail.measurement = str_fmt(g->a, "%lld", (long long)v->measurement);
    p->e.source = m[1].i;
    p->trail.kind = m[2].s;
    p->trail.dataset_sha256 = m[3].s;
    p->trail.model_sha256 = m[4].s;
    p->trail.verdict = m[5].s;
    p->trail.plan = m[6].s;
    p->trail.leaf = m[7].kind == VALUE_NULL ? SOA_NONE : m[7].i;
    return true;
}

static bool add_evidence(struct tx *t, struct gather *g, const evidence *v, err *e)
{
    struct piece *p = add_piece(g, v->controls);
    p->e = (status_evidence){.attested = v->method == METHOD_ATTESTED,
                             .measured = v->method == METHOD_MEASURED,
                             .passes = v->verdict == RV_PASS,
                             .fails = v->verdict == RV_FAIL,
                             .observed_at = v->observed_at,
                             .fresh_until = v->fresh_until};
    p->trail =
        (soa_trail){.kind = v->kind, .observed_at = v->observed_at, .fresh_until = v->fresh_until};
    if (v->measurement) return add_trail(g, v, p, e);
    return leaf_of(t, &evidence_record, v->head.id, 1, &p->trail.leaf, e);
}

static int by_controls(const str_list *a, const str_list *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int c = str_cmp(a->at[i], b->at[i]);
        if (c) return c;
    }
    return a->n == b->n ? 0 : a->n < b->n ? -1 : 1;
}

/* Runs of a plan for the same requirements stand together, the oldest first. */
static int by_run(const void *p, const void *q)
{
    const struct piece *a = *(struct piece *const *)p, *b = *(struct piece *const *)q;
    if (a->e.source != b->e.source) return a->e.source < b->e.source ? -1 : 1;
    int c = by_controls(&a->controls, &b->controls);
    if (c) return c;
    return a->e.observed_at < b->e.observed_at ? -1 : a->e.observed_at > b->e.observed_at;
}

/* A plan that runs daily leaves a thousand results, of which one speaks; the others would fill the
 * statement of applicability. Runs of the same moment are left to status_of. */
static void drop_overtaken(struct gather *g)
{
    size_t n = 0;
    for (const struct piece *p = g->pieces; p; p = p->next)
        n += p->e.source && p->e.observed_at <= g->at;
    struct piece **runs = arena_new(g->a, struct piece *, n);
    n = 0;
    for (struct piece *p = g->pieces; p; p = p->next)
        if (p->e.source && p->e.observed_at <= g->at) runs[n++] = p;
    if (n) qsort(runs, n, sizeof(struct piece *), by_run);
    for (size_t i = 0; i + 1 < n; i++) {
        const struct piece *next = runs[i + 1];
        runs[i]->overtaken = runs[i]->e.source == next->e.source &&
                             by_controls(&runs[i]->controls, &next->controls) == 0 &&
                             runs[i]->e.observed_at < next->e.observed_at;
    }
    for (struct piece **at = &g->pieces; *at;)
        if ((*at)->overtaken)
            *at = (*at)->next;
        else
            at = &(*at)->next;
}

static bool read_evidence(struct tx *t, struct gather *g, err *e)
{
    void *all;
    size_t n;
    if (!read_trails(t, g, e) || !read_all(t, g, &evidence_record, &all, &n, e)) return false;
    for (size_t i = 0; i < n; i++)
        if (!add_evidence(t, g, (const evidence *)all + i, e)) return false;
    drop_overtaken(g);
    return true;
}

/* A sub-clause that demands documented information is met by a record that exists and is on the
 * log; anywhere else a register entry is only what somebody says. */
static bool record_proves(const catalog_requirement *q)
{
    if (q->kind != CATALOG_CLAUSE) return false;
    for (size_t i = 0; i < q->n_documents; i++)
        if (str_eqz(q->documents[i].kind, "maintain") || str_eqz(q->documents[i].kind, "retain"))
            return true;
    return false;
}

/* Requirements that a type's tags name and that accept its kind of evidence. */
static str_list served_by(struct gather *g, const record *r, bool proving)
{
    str_list l = {arena_new(g->a, str, CATALOG_REQUIREMENTS), 0};
    str rest = str_of(r->tags);
    while (rest.p && l.n < CATALOG_REQUIREMENTS) {
        str tag = str_cut(rest, ' ', &rest);
        const catalog_requirement *q = catalog_requirement_find(tag);
        if (q && catalog_list_has(q->evidence, str_of(r->evidence_kind)) &&
            record_proves(q) == proving)
            l.at[l.n++] = q->id;
    }
    return l;
}

/* The act on a live record of a type that was last: when, and its leaf. Undecided rows of the SoA
 * do not count. */
static bool newest_of(struct tx *t, struct gather *g, const record *r, rows *ret, err *e)
{
    const value args[] = {V_TEXT(str_of(r->name)), V_INT(g->at), V_INT(r == &control_record),
                          V_TEXT(str_fmt(g->a, "%s.retire", r->name))};
    return tx_query(t, g->a, SQL(Q_NEWEST_ACT), args, COUNT(args), ret, e);
}

static void add_register_piece(struct gather *g, const record *r, const rows *newest, bool proving)
{
    str_list controls = served_by(g, r, proving);
    if (!controls.n) return;
    struct piece *x = add_piece(g, controls);
    x->e = (status_evidence){.attested = !proving,
                             .observed_at = newest->at[0].i,
                             .fresh_until = newest->at[0].i + REGISTER_DAYS * CLOCK_DAY_MS};
    x->trail = (soa_trail){.kind = str_of(r->evidence_kind),
                           .observed_at = x->e.observed_at,
                           .fresh_until = x->e.fresh_until,
                           .leaf = newest->at[1].i};
}

static bool add_register(struct tx *t, struct gather *g, const record *r, err *e)
{
    rows newest;
    if (!r->evidence_kind) return true;
    if (!newest_of(t, g, r, &newest, e)) return false;
    if (newest.n) add_register_piece(g, r, &newest, true);
    if (newest.n) add_register_piece(g, r, &newest, false);
    return true;
}

static bool read_findings(struct tx *t, struct gather *g, err *e)
{
    void *all;
    size_t n;
    if (!read_all(t, g, &finding_record, &all, &n, e)) return false;
    g->findings = arena_new(g->a, str_list, n);
    for (size_t i = 0; i < n; i++) {
        const finding *f = (const finding *)all + i;
        if (f->status == FINDING_OPEN && f->grade != GRADE_OBSERVATION)
            g->findings[g->n_findings++] = f->controls;
    }
    return true;
}

static bool gather_tx(struct tx *t, void *ctx, err *e)
{
    struct gather *g = ctx;
    void *decisions, *people, *organisations;
    size_t n;
    for (size_t i = 0; i < register_n_records; i++)
        if (!add_register(t, g, register_records[i], e)) return false;
    if (!read_evidence(t, g, e) || !read_findings(t, g, e)) return false;
    if (!read_all(t, g, &control_record, &decisions, &g->n_decisions, e)) return false;
    if (!read_all(t, g, &person_record, &people, &g->n_people, e)) return false;
    if (!read_all(t, g, &organisation_record, &organisations, &n, e)) return false;
    g->decisions = decisions;
    g->people = people;
    if (n) g->organisation = ((organisation *)organisations)[n - 1].name;
    return true;
}

/* ---- computing ---- */

static bool names(str_list l, str id)
{
    for (size_t i = 0; i < l.n; i++)
        if (str_eq(l.at[i], id)) return true;
    return false;
}

static str owner_of(const struct gather *g, int64_t id)
{
    for (size_t i = 0; i < g->n_people; i++)
        if (g->people[i].head.id == id) return g->people[i].name;
    return (str){0};
}

static void judge(const struct gather *g, bool applicable, bool declared, standing_row *row)
{
    size_t n = 0, k = 0;
    for (const struct piece *p = g->pieces; p; p = p->next)
        n += names(p->controls, row->row.control);
    status_evidence *ev = arena_new(g->a, status_evidence, n);
    soa_trail *trail = arena_new(g->a, soa_trail, n);
    for (const struct piece *p = g->pieces; p; p = p->next)
        if (names(p->controls, row->row.control)) {
            ev[k] = p->e;
            trail[k++] = p->trail;
        }
    for (size_t i = 0; i < g->n_findings; i++)
        row->open_findings += names(g->findings[i], row->row.control);
    status_input in = {.applicable = applicable,
                       .declared = declared,
                       .evidence = ev,
                       .n_evidence = n,
                       .open_nonconformities = row->open_findings,
                       .now = g->at};
    row->status = status_of(&in);
    row->row.status = str_of(status_name(row->status));
    row->row.applicable = applicable;
    row->row.trail = trail;
    row->row.n_trail = n;
    row->evidence = n;
}

static const control *decision_on(const struct gather *g, str id)
{
    for (size_t i = 0; i < g->n_decisions; i++)
        if (str_eq(g->decisions[i].control, id)) return &g->decisions[i];
    return NULL;
}

static void judge_control(const struct gather *g, str id, str title, const control *c,
                          standing_row *row)
{
    row->row = (soa_row){.control = id, .title = title};
    if (c) {
        row->row.reason = c->reason;
        row->row.owner = owner_of(g, c->owner);
        row->row.implementation = str_of(control_implementations[c->implementation]);
    }
    judge(g, !c || c->applicable, c && c->implementation >= IMPL_PARTIAL, row);
}

static void judge_all(const struct gather *g, standing *s)
{
    size_t n_clauses, n_controls;
    const catalog_requirement *clauses = catalog_clauses(&n_clauses),
                              *all = catalog_controls(&n_controls);
    s->rows = arena_new(g->a, standing_row, n_clauses + n_controls + g->n_decisions);
    for (size_t i = 0; i < n_clauses; i++) {
        standing_row *row = &s->rows[s->n++];
        row->clause = true;
        row->row = (soa_row){.control = clauses[i].id,
                             .title = clauses[i].title,
                             .reason = S("A requirement of ISO/IEC 42001")};
        judge(g, true, false, row);
        s->clauses[row->status]++;
    }
    for (size_t i = 0; i < n_controls; i++)
        judge_control(g, all[i].id, all[i].title, decision_on(g, all[i].id), &s->rows[s->n++]);
    for (size_t i = 0; i < g->n_decisions; i++) {
        const control *c = &g->decisions[i];
        if (str_starts(c->control, S("X.")))
            judge_control(g, c->control, c->title, c, &s->rows[s->n++]);
    }
    for (size_t i = n_clauses; i < s->n; i++)
        s->controls[s->rows[i].status]++;
}

bool work_standing(struct work *w, const actor *who, int64_t at, arena *a, standing *ret, err *e)
{
    struct gather g = {.w = w, .at = at ? at : clock_now(), .past = at != 0, .a = a};
    *ret = (standing){.at = g.at};
    if (!work_may(w, who, CAP_READ, "the status", e)) return false;
    if (!store_read(w->store, gather_tx, &g, e)) return false;
    judge_all(&g, ret);
    ret->organisation = g.organisation;
    return true;
}

bool work_soa(struct work *w, const actor *who, int64_t at, arena *a, soa *ret, err *e)
{
    standing s;
    if (!work_standing(w, who, at, a, &s, e)) return false;
    soa_row *out = arena_new(a, soa_row, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (!s.rows[i].clause) out[n++] = s.rows[i].row;
    *ret = (soa){.organisation = s.organisation, .at = s.at, .rows = out, .n = n};
    return true;
}

static void write_counts(jw *out, const char *key, const size_t *counts)
{
    jw_key(out, key);
    jw_obj(out);
    for (int i = 0; i < STATUS_CODES; i++)
        jw_m_int(out, status_name((control_status)i), (int64_t)counts[i]);
    jw_obj_end(out);
}

static void write_row(jw *out, const standing_row *r)
{
    jw_obj(out);
    jw_m_str(out, "id", r->row.control);
    jw_m_str(out, "title", r->row.title);
    jw_m_strz(out, "kind", r->clause ? "clause" : "control");
    jw_m_str(out, "status", r->row.status);
    jw_m_bool(out, "applicable", r->row.applicable);
    if (r->row.implementation.p) jw_m_str(out, "implementation", r->row.implementation);
    if (r->row.owner.p) jw_m_str(out, "owner", r->row.owner);
    jw_m_int(out, "evidence", (int64_t)r->evidence);
    jw_m_int(out, "open_findings", (int64_t)r->open_findings);
    jw_obj_end(out);
}

void standing_json(const standing *s, jw *out)
{
    jw_obj(out);
    jw_m_time(out, "at", s->at);
    jw_m_str(out, "organisation", s->organisation);
    write_counts(out, "clauses", s->clauses);
    write_counts(out, "controls", s->controls);
    jw_key(out, "items");
    jw_arr(out);
    for (size_t i = 0; i < s->n; i++)
        write_row(out, &s->rows[i]);
    jw_arr_end(out);
    jw_obj_end(out);
}
