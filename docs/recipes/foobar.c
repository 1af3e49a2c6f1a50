/* foobar.c - a template: the table of a record type, and the rules that span its fields. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/foobar.h"
#include "register/person.h"

static const char *const states[] = {
    "",
    [FOOBAR_OPEN] = "open",
    [FOOBAR_CLOSED] = "closed",
    NULL,
};

static const field fields[] = {
    F_TEXT(foobar, name, REQ | UNIQ, 1, 120, "Short name people use"),
    F_LONG(foobar, body, 0, 8000, "What it is about"),
    F_REF(foobar, owner, REQ, person, "Person answerable for it"),
    F_ENUM(foobar, state, REQ, states, "Whether it is still open"),
    F_DATE(foobar, opened_on, REQ | INDEX, "When it began"),
    F_DATE(foobar, closed_on, 0, "When it ended"),
    F_MONEY(foobar, price, 0, "What it cost"),
    F_INT(foobar, size, 0, 0, 1000, "How big it is"),
    F_LIST(foobar, words, 0, NULL, 20, "Words to find it by"),
    F_LINKS(foobar, people, 0, person, "Who takes part"),
};

static bool check(const void *row, err *e)
{
    const foobar *f = row;
    if ((f->state == FOOBAR_CLOSED) == f->closed_on.has) return true;
    return err_set(e, ERR_INVALID, S("closed_on"), S("give the day when it is closed, only then"),
                   "state and closing day contradict each other");
}

const record foobar_record = {
    .name = "foobar",
    .noun = "foobar",
    .plural = "foobars",
    .title = "Foobar",
    .tags = "7.5.1",
    .doc = "A template of a record type",
    .size = sizeof(foobar),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
};
