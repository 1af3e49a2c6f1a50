/* risk.c - table, derived levels and rules of the risk record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/risk.h"
#include "register/ai_system.h"
#include "register/person.h"
#include "register/rules.h"

static const char *const treatments[] = {
    "",
    [TREAT_MITIGATE] = "mitigate",
    [TREAT_ACCEPT] = "accept",
    [TREAT_AVOID] = "avoid",
    [TREAT_TRANSFER] = "transfer",
    NULL,
};
static const char *const statuses[] = {
    "",
    [RISK_OPEN] = "open",
    [RISK_TREATED] = "treated",
    [RISK_ACCEPTED] = "accepted",
    [RISK_CLOSED] = "closed",
    NULL,
};

static const field fields[] = {
    F_TEXT(risk, name, REQ | UNIQ, 1, 200, "What could happen, in a few words"),
    F_LONG(risk, description, 0, 8000, "Cause, event and consequence"),
    F_REF(risk, system, 0, ai_system, "AI system it belongs to; none: the whole organisation"),
    F_TEXT(risk, source, 0, 1, 10, "Risk source of Annex C, for example C.3.4"),
    F_REF(risk, owner, REQ, person, "Person answerable for it"),
    F_INT(risk, likelihood, REQ, 1, 5, "How likely without treatment, 1 (rare) to 5"),
    F_INT(risk, impact_organisation, REQ, 1, 5, "Harm to the organisation, 1 to 5"),
    F_INT(risk, impact_individuals, REQ, 1, 5, "Harm to people, 1 to 5"),
    F_INT(risk, impact_society, REQ, 1, 5, "Harm to society, 1 to 5"),
    F_INT(risk, inherent_level, READONLY | INDEX, 1, 25, "Likelihood x greatest impact"),
    F_ENUM(risk, treatment, 0, treatments, "What is done about it"),
    F_LONG(risk, treatment_plan, 0, 8000, "Measures, by whom and with what"),
    F_DUE(risk, treatment_due, "treated accepted closed", "When the measures must be in place"),
    F_LIST(risk, controls, 0, NULL, 50, "Controls that treat it"),
    F_INT(risk, residual_likelihood, 0, 1, 5, "How likely after treatment"),
    F_INT(risk, residual_organisation, 0, 1, 5, "Harm to the organisation after treatment"),
    F_INT(risk, residual_individuals, 0, 1, 5, "Harm to people after treatment"),
    F_INT(risk, residual_society, 0, 1, 5, "Harm to society after treatment"),
    F_INT(risk, residual_level, READONLY, 1, 25, "Level after treatment"),
    F_ENUM(risk, status, REQ, statuses, "Where it stands"),
    F_REF(risk, accepted_by, 0, person, "Who accepted what remains"),
    F_DATE(risk, accepted_on, 0, "When it was accepted"),
    F_DUE(risk, acceptance_expires_on, "open treated closed", "When the acceptance ends"),
    F_DUE(risk, review_on, "closed", "When it is assessed again"),
};

static int64_t level(int64_t likelihood, int64_t a, int64_t b, int64_t c)
{
    int64_t m = a > b ? a : b;
    return likelihood * (m > c ? m : c);
}

static void derive(void *row)
{
    risk *r = row;
    r->inherent_level =
        level(r->likelihood, r->impact_organisation, r->impact_individuals, r->impact_society);
    r->residual_level.has = r->residual_likelihood.has && r->residual_organisation.has &&
                            r->residual_individuals.has && r->residual_society.has;
    r->residual_level.v = level(r->residual_likelihood.v, r->residual_organisation.v,
                                r->residual_individuals.v, r->residual_society.v);
}

static bool check_acceptance(const risk *r, err *e)
{
    bool accepting = r->status == RISK_ACCEPTED || r->treatment == TREAT_ACCEPT;
    bool any = r->accepted_by || r->accepted_on.has || r->acceptance_expires_on.has;
    bool all = r->accepted_by && r->accepted_on.has && r->acceptance_expires_on.has;
    if ((accepting && r->status != RISK_OPEN && !all) || (any && !all))
        return err_set(e, ERR_INVALID, S("accepted_by"),
                       S("give accepted_by, accepted_on and acceptance_expires_on"),
                       "an acceptance needs its approver, its date and its end");
    if (all && r->acceptance_expires_on.v <= r->accepted_on.v)
        return err_set(e, ERR_INVALID, S("acceptance_expires_on"), S("give a later day"),
                       "the acceptance ends before it begins");
    return true;
}

static bool check(const void *row, err *e)
{
    const risk *r = row;
    if (r->residual_level.has && r->residual_level.v > r->inherent_level)
        return err_set(e, ERR_INVALID, S("residual_likelihood"), S("check the residual values"),
                       "the residual level %lld is above the inherent level %lld",
                       (long long)r->residual_level.v, (long long)r->inherent_level);
    if (r->treatment == TREAT_MITIGATE && r->status == RISK_TREATED && r->controls.n == 0)
        return err_set(e, ERR_INVALID, S("controls"), S("name the controls that treat it"),
                       "a mitigated risk needs at least one control");
    return check_acceptance(r, e) && rule_control_ids(r->controls, "controls", e);
}

const record risk_record = {
    .name = "risk",
    .noun = "risk",
    .plural = "risks",
    .title = "Risk",
    .tags = "6.1.1 6.1.2 6.1.3 8.2 8.3",
    .evidence_kind = "risk_assessment",
    .doc = "An AI risk with its assessment, treatment and acceptance",
    .size = sizeof(risk),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
    .derive = derive,
};
