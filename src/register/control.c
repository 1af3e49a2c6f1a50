/* control.c - table and rules of a row of the Statement of Applicability. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/control.h"
#include "register/person.h"
#include "register/rules.h"

const char *const control_implementations[] = {
    "",
    [IMPL_NONE] = "not_started",
    [IMPL_PLANNED] = "planned",
    [IMPL_PARTIAL] = "partial",
    [IMPL_DONE] = "implemented",
    NULL,
};
static const char *const sources[] = {"",          "risk_treatment", "law", "contract",
                                      "objective", "good_practice",  NULL};

static const field fields[] = {
    F_TEXT(control, control, REQ | UNIQ, 3, 60, "Control of Annex A, or an own one as X.name"),
    F_TEXT(control, title, 0, 1, 200, "Title of an own control"),
    F_BOOL(control, applicable, REQ, "Necessary for this organisation"),
    F_LONG(control, reason, REQ, 8000, "Why it is included or excluded"),
    F_LIST(control, sources, 0, sources, 5, "What makes it necessary"),
    F_ENUM(control, implementation, REQ, control_implementations, "What its owner declares"),
    F_LONG(control, how, 0, 20000, "How it is implemented"),
    F_REF(control, owner, 0, person, "Person answerable for it"),
    F_DUE(control, review_on, "", "When the decision is looked at again"),
};

static bool check(const void *row, err *e)
{
    const control *c = row;
    if (!rule_control_id(c->control))
        return err_set(e, ERR_INVALID, S("control"),
                       S("write it as A.6.2.4, or X.name for an own one"),
                       "'%.*s' is no control id", STR_ARG(c->control));
    if (str_starts(c->control, S("X.")) && !c->title.p)
        return err_set(e, ERR_INVALID, S("title"), S("give it a title"),
                       "an own control needs a title");
    if (str_trim(c->reason).n == 0)
        return err_set(e, ERR_INVALID, S("reason"), S("say why in a sentence"),
                       "a decision needs a reason");
    if (c->applicable && c->implementation == IMPL_DONE && !c->owner)
        return err_set(e, ERR_INVALID, S("owner"), S("name its owner"),
                       "an implemented control needs an owner");
    return true;
}

const record control_record = {
    .name = "control",
    .noun = "control",
    .plural = "controls",
    .title = "Control",
    .tags = "6.1.3",
    .evidence_kind = "statement_of_applicability",
    .doc = "A row of the Statement of Applicability",
    .size = sizeof(control),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "control",
    .check = check,
};
