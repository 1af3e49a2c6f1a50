/* rules.c - rules that need the catalog, the measures or the stored version of a record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "register/control.h"
#include "register/document.h"
#include "register/evidence.h"
#include "register/finding.h"
#include "register/objective.h"
#include "register/plan.h"
#include "register/risk.h"
#include "work/assess.h"
#include "work/impl.h"

/* One rule's view: the stored row (NULL: new), the row to be written, who writes it. */
struct rule_in {
    const actor *who;
    const void *old;
    void *row;
    struct tx *t;
    arena *a;
    const char **denied;
};

/* Inside a transaction nothing can be logged on its own: the caller asks work_may afterwards. */
static bool may_approve(const struct rule_in *in, const char *what, err *e)
{
    if (in->who->caps & 1u << CAP_APPROVE) return true;
    *in->denied = what;
    return err_set(e, ERR_DENIED, S(""), S("ask somebody who may approve"), "%s needs approval",
                   what);
}

static bool known_control(const struct rule_in *in, str id, str path, err *e)
{
    if (catalog_requirement_find(id)) return true;
    if (str_starts(id, S("X."))) {
        control c;
        if (row_by_label(in->t, in->a, &control_record, id, &c, e)) return true;
        if (e->code != ERR_NOT_FOUND) return false;
    }
    return err_set(e, ERR_INVALID, path, S("see: aims catalog controls"),
                   "'%.*s' is neither a sub-clause or control of ISO/IEC 42001 nor an own control",
                   STR_ARG(id));
}

static bool known_controls(const struct rule_in *in, str_list ids, err *e)
{
    for (size_t i = 0; i < ids.n; i++)
        if (!known_control(in, ids.at[i], str_fmt(e->a, "controls.%zu", i), e)) return false;
    return true;
}

static str list_terms(arena *a, catalog_vocabulary v)
{
    size_t n;
    const catalog_term *terms = catalog_terms(v, &n);
    buf b = buf_open(a, 8192);
    buf_putz(&b, "one of: ");
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s%.*s", i ? ", " : "", STR_ARG(terms[i].id));
    return buf_str(&b);
}

static bool known_kind(str kind, catalog_vocabulary v, err *e)
{
    if (catalog_term_find(v, kind)) return true;
    return err_set(e, ERR_INVALID, S("kind"), list_terms(e->a, v),
                   "'%.*s' is no kind of the catalog", STR_ARG(kind));
}

static bool rule_control(const struct rule_in *in, err *e)
{
    const control *c = in->row, *old = in->old;
    bool decided = old && (old->applicable != c->applicable || !str_eq(old->control, c->control) ||
                           (!c->applicable && !str_eq(old->reason, c->reason)));
    if (decided && !may_approve(in, "deciding applicability", e)) return false;
    if (str_starts(c->control, S("X."))) return true;
    const catalog_requirement *q = catalog_requirement_find(c->control);
    if (q && q->kind == CATALOG_CONTROL) return true;
    return err_set(e, ERR_INVALID, S("control"), S("name own controls X.something"),
                   "'%.*s' is no control of Annex A", STR_ARG(c->control));
}

/* The Statement of Applicability keeps a row for every control of Annex A (6.1.3). */
static bool retire_control(const struct rule_in *in, err *e)
{
    const control *c = in->row;
    if (str_starts(c->control, S("X."))) return true;
    return err_set(e, ERR_CONFLICT, S("control"), S("set applicable to false and say why"),
                   "a control of Annex A is excluded, not retired");
}

/* What was accepted is this risk at these levels by this person until this day. */
static bool same_acceptance(const risk *a, const risk *b)
{
    return a->accepted_by == b->accepted_by && a->accepted_on.v == b->accepted_on.v &&
           a->acceptance_expires_on.v == b->acceptance_expires_on.v &&
           a->inherent_level == b->inherent_level && a->residual_level.v == b->residual_level.v &&
           (b->status != RISK_ACCEPTED || a->status == RISK_ACCEPTED);
}

static bool rule_risk(const struct rule_in *in, err *e)
{
    const risk *r = in->row, *old = in->old;
    bool accepts = r->accepted_by && (!old || !same_acceptance(old, r));
    if (accepts && !may_approve(in, "accepting a risk", e)) return false;
    if (r->source.p && !catalog_entry_find(CATALOG_HOME, r->source))
        return err_set(e, ERR_INVALID, S("source"), S("use an id of Annex C such as C.3.4"),
                       "'%.*s' is no risk source of Annex C", STR_ARG(r->source));
    return known_controls(in, r->controls, e);
}

static bool same_list(str_list a, str_list b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = str_eq(a.at[i], b.at[i]);
    return same;
}

/* A pass is of the limits and the yardstick of its run: under others it proves nothing. */
static bool same_question(const plan *a, const plan *b)
{
    return str_eq(a->kind, b->kind) && str_eq(a->parameters, b->parameters) &&
           same_list(a->limits, b->limits) && a->system == b->system &&
           a->reference_version == b->reference_version;
}

/* What a plan repeats is a plan of the same system, and no repetition itself. */
static bool repeats_another(const struct rule_in *in, const measure_plan *how, err *e)
{
    plan other;
    const plan *p = in->row;
    str name = doc_str(how->options, "plan");
    str path = S("parameters.options.plan");
    if (!measure_find(how->kind)->needs_recorded || !name.p) return true;
    if (!row_by_label(in->t, in->a, &plan_record, name, &other, e)) return err_under(e, path);
    const measure_kind *k = measure_find(other.kind);
    if (other.system == p->system && k && !k->needs_recorded) return true;
    return err_set(e, ERR_INVALID, path, S("name a plan of this system that measures"),
                   other.system == p->system ? "'%.*s' is a repetition itself"
                                             : "'%.*s' is a plan of another system",
                   STR_ARG(name));
}

/* A plan that runs by itself needs all that the server reads. */
static bool rule_plan(const struct rule_in *in, err *e)
{
    const plan *p = in->row, *old = in->old;
    doc *d = NULL;
    measure_plan parsed;
    if (!known_kind(p->kind, CATALOG_MEASUREMENTS, e)) return false;
    if (!measure_find(p->kind))
        return err_set(e, ERR_INVALID, S("kind"), S("see: aims kinds"),
                       "this version has no engine for '%.*s'", STR_ARG(p->kind));
    if (!doc_parse(in->a, p->parameters, 1 << 20, &d, e)) return err_under(e, S("parameters"));
    return plan_parse(in->a, p->kind, d, p->limits.at, p->limits.n, &parsed, e) &&
           known_controls(in, p->controls, e) && repeats_another(in, &parsed, e) &&
           (!p->every_days.has || work_plan_complete(p, &parsed, e)) &&
           (!old || same_question(old, p) ||
            evidence_end(in->t, in->who, SQL(Q_PASSES_OF), p->head.id, e));
}

static bool rule_objective(const struct rule_in *in, err *e)
{
    const objective *o = in->row;
    limit l;
    if (!o->target.p || limit_parse(in->a, o->target, &l, e)) return true;
    e->path = S("target");
    return false;
}

/* What a person adds is attested; what the program adds goes another way (record_put). */
static bool rule_evidence(const struct rule_in *in, err *e)
{
    evidence *v = in->row;
    const evidence *old = in->old;
    if (old && old->method != METHOD_ATTESTED)
        return err_set(e, ERR_DENIED, S(""), S("add a piece of evidence of your own"),
                       "evidence that the program made is not changed by hand");
    v->method = METHOD_ATTESTED;
    return known_kind(v->kind, CATALOG_EVIDENCE_KINDS, e) && known_controls(in, v->controls, e);
}

static bool retire_evidence(const struct rule_in *in, err *e)
{
    const evidence *v = in->row;
    if (v->method == METHOD_ATTESTED) return true;
    return err_set(e, ERR_DENIED, S(""), S("measure or approve again: the newer one counts"),
                   "evidence that the program made is not retired by hand");
}

/* As doc of finding.raised_by says. */
static bool of_program(const finding *f)
{
    return (f->plan || f->measurement) && !f->raised_by;
}

/* The member of a finding of the program that a person may not change, NULL: none was. A person
 * closes it with cause, action and effect; only a passing measurement marks it corrected. */
static const char *touched(const finding *old, const finding *f)
{
    if (f->grade != old->grade) return "grade";
    if (!same_list(f->controls, old->controls)) return "controls";
    if (f->system != old->system) return "system";
    if (f->plan != old->plan) return "plan";
    if (f->measurement != old->measurement) return "measurement";
    if (f->raised_by != old->raised_by) return "raised_by";
    return f->status == FINDING_CORRECTED && old->status == FINDING_OPEN ? "status" : NULL;
}

static bool rule_finding(const struct rule_in *in, err *e)
{
    const finding *f = in->row, *old = in->old;
    bool theirs = old && of_program(old);
    const char *member = theirs ? touched(old, f) : NULL;
    if (member)
        return err_set(e, ERR_DENIED, str_of(member),
                       S("mend the cause and measure again, or close it with cause, "
                         "corrective_action and effectiveness"),
                       "a measurement opened this finding: its '%s' is not changed by hand",
                       member);
    if (!theirs && of_program(f))
        return err_set(e, ERR_INVALID, S("raised_by"), S("say who raised it"),
                       "only the program raises findings without a person");
    return known_controls(in, f->controls, e);
}

static bool retire_finding(const struct rule_in *in, err *e)
{
    const finding *f = in->row;
    if (f->status == FINDING_CLOSED || f->grade == GRADE_OBSERVATION) return true;
    return err_set(e, ERR_CONFLICT, S("status"),
                   S("close it with cause, corrective_action and effectiveness"),
                   "a nonconformity is closed before it is retired");
}

static bool same_content(const document *a, const document *b)
{
    return str_eq(a->edition, b->edition) && str_eq(a->body, b->body) && str_eq(a->kind, b->kind) &&
           str_eq(a->file_sha256, b->file_sha256) && str_eq(a->name, b->name);
}

/* An approval is of one text: another text is a draft again. */
static bool rule_document(const struct rule_in *in, err *e)
{
    document *d = in->row;
    const document *old = in->old;
    if (old && d->status == DOCUMENT_APPROVED && !same_content(old, d)) {
        d->status = DOCUMENT_DRAFT;
        d->approved_by = 0;
        d->approved_at.has = false;
        if (!evidence_end(in->t, in->who, SQL(Q_APPROVALS_OF), d->head.id, e)) return false;
    }
    return known_kind(d->kind, CATALOG_EVIDENCE_KINDS, e) && known_controls(in, d->controls, e);
}

static bool retire_document(const struct rule_in *in, err *e)
{
    const document *d = in->row;
    return evidence_end(in->t, in->who, SQL(Q_APPROVALS_OF), d->head.id, e);
}

static const struct {
    const record *r;
    bool (*rule)(const struct rule_in *in, err *e);
    bool (*retire)(const struct rule_in *in, err *e); /* NULL: always */
} rules[] = {
    {&control_record,   rule_control,   retire_control },
    {&risk_record,      rule_risk,      NULL           },
    {&plan_record,      rule_plan,      NULL           },
    {&objective_record, rule_objective, NULL           },
    {&evidence_record,  rule_evidence,  retire_evidence},
    {&finding_record,   rule_finding,   retire_finding },
    {&document_record,  rule_document,  retire_document},
};

bool work_rules(struct tx *t, const actor *who, const record *r, const void *old, void *row,
                arena *a, const char **ret_denied, err *e)
{
    struct rule_in in = {who, old, row, t, a, ret_denied};
    if (r->derive) r->derive(row);
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i].r == r) return rules[i].rule(&in, e);
    return true;
}

bool work_retire_rules(struct tx *t, const actor *who, const record *r, void *row, err *e)
{
    struct rule_in in = {.who = who, .row = row, .t = t, .a = e->a};
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i].r == r && rules[i].retire) return rules[i].retire(&in, e);
    return true;
}
