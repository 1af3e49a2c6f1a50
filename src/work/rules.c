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
    struct work *w;
    const actor *who;
    const void *old;
    void *row;
    struct tx *t;
    arena *a;
};

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
    bool decided = old && (old->applicable != c->applicable || !str_eq(old->control, c->control));
    if (decided && !work_may(in->w, in->who, CAP_APPROVE, "deciding applicability", e))
        return false;
    if (str_starts(c->control, S("X."))) return true;
    const catalog_requirement *q = catalog_requirement_find(c->control);
    if (q && q->kind == CATALOG_CONTROL) return true;
    return err_set(e, ERR_INVALID, S("control"), S("name own controls X.something"),
                   "'%.*s' is no control of Annex A", STR_ARG(c->control));
}

static bool rule_risk(const struct rule_in *in, err *e)
{
    const risk *r = in->row, *old = in->old;
    bool accepts = r->accepted_by && (!old || old->accepted_by != r->accepted_by ||
                                      old->acceptance_expires_on.v != r->acceptance_expires_on.v);
    if (accepts && !work_may(in->w, in->who, CAP_APPROVE, "accepting a risk", e)) return false;
    if (r->source.p && !catalog_entry_find(CATALOG_HOME, r->source))
        return err_set(e, ERR_INVALID, S("source"), S("use an id of Annex C such as C.3.4"),
                       "'%.*s' is no risk source of Annex C", STR_ARG(r->source));
    return known_controls(in, r->controls, e);
}

static bool rule_plan(const struct rule_in *in, err *e)
{
    const plan *p = in->row;
    doc *d = NULL;
    measure_plan parsed;
    if (!known_kind(p->kind, CATALOG_MEASUREMENTS, e)) return false;
    if (!measure_find(p->kind))
        return err_set(e, ERR_INVALID, S("kind"), S("see: aims assess --help"),
                       "this version has no engine for '%.*s'", STR_ARG(p->kind));
    if (!doc_parse(in->a, p->parameters, 1 << 20, &d, e)) return err_under(e, S("parameters"));
    return plan_parse(in->a, p->kind, d, p->limits.at, p->limits.n, &parsed, e) &&
           known_controls(in, p->controls, e);
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

static bool rule_finding(const struct rule_in *in, err *e)
{
    const finding *f = in->row;
    return known_controls(in, f->controls, e);
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
    }
    return known_kind(d->kind, CATALOG_EVIDENCE_KINDS, e) && known_controls(in, d->controls, e);
}

static const struct {
    const record *r;
    bool (*rule)(const struct rule_in *in, err *e);
} rules[] = {
    {&control_record,   rule_control  },
    {&risk_record,      rule_risk     },
    {&plan_record,      rule_plan     },
    {&objective_record, rule_objective},
    {&evidence_record,  rule_evidence },
    {&finding_record,   rule_finding  },
    {&document_record,  rule_document },
};

bool work_rules(struct work *w, const actor *who, const record *r, const void *old, void *row,
                struct tx *t, arena *a, err *e)
{
    struct rule_in in = {w, who, old, row, t, a};
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i].r == r) return rules[i].rule(&in, e);
    return true;
}
