/* consistency.c - holds the Statement of Applicability against risks and evidence. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/consistency.h"
#include "register/control.h"
#include "register/risk.h"
#include "work/impl.h"
#include "work/records.h"
#include "work/standing.h"

enum { PAGE = 1000, MOST = 10000 };

struct look {
    arena *a;
    control *controls;
    size_t n_controls;
    const char **quoted; /* their ids as they stand in a stored list */
    standing standing;
    inconsistency *at;
    size_t n;
};

static void say(struct look *l, const char *rule, const record *r, int64_t id, str text)
{
    if (l->n < MOST) l->at[l->n++] = (inconsistency){rule, str_of(r->name), id, text};
}

static size_t evidence_for(const struct look *l, str id)
{
    for (size_t i = 0; i < l->standing.n; i++)
        if (str_eq(l->standing.rows[i].row.control, id)) return l->standing.rows[i].evidence;
    return 0;
}

static void look_at_control(struct look *l, const control *c)
{
    const record *r = &control_record;
    int64_t id = c->head.id;
    if (c->head.version == 1 && !str_starts(c->control, S("X.")))
        say(l, "control_undecided", r, id,
            str_fmt(l->a, "%.*s is still to be decided", STR_ARG(c->control)));
    if (!c->applicable || c->implementation < IMPL_PARTIAL) return;
    if (!c->owner)
        say(l, "control_without_owner", r, id,
            str_fmt(l->a, "nobody answers for %.*s", STR_ARG(c->control)));
    if (!evidence_for(l, c->control))
        say(l, "control_without_evidence", r, id,
            str_fmt(l->a, "%.*s is declared, nothing shows it", STR_ARG(c->control)));
}

/* A stored list is ["A.5.2","A.8.4"], and ids of controls need no escapes. */
static bool lists(str controls, const char *quoted)
{
    return controls.n && memmem(controls.p, controls.n, quoted, strlen(quoted));
}

static void look_at_risk(struct look *l, int64_t id, str controls, bool treated)
{
    bool included = false;
    for (size_t i = 0; i < l->n_controls; i++) {
        const control *c = &l->controls[i];
        if (!lists(controls, l->quoted[i])) continue;
        included |= c->applicable;
        if (!c->applicable)
            say(l, "excluded_control_has_risk", &control_record, c->head.id,
                str_fmt(l->a, "%.*s is excluded, but risk %lld names it", STR_ARG(c->control),
                        (long long)id));
    }
    if (treated && !included)
        say(l, "risk_without_control", &risk_record, id,
            str_fmt(l->a, "risk %lld is treated by no included control", (long long)id));
}

/* Of a hundred thousand risks most columns do not matter here, so they are not read. */
static bool look_at_risks(struct tx *t, void *ctx, err *e)
{
    struct look *l = ctx;
    rows found;
    l->quoted = arena_new(l->a, const char *, l->n_controls + 1);
    for (size_t i = 0; i < l->n_controls; i++)
        l->quoted[i] = str_fmt(l->a, "\"%.*s\"", STR_ARG(l->controls[i].control)).p;
    if (!tx_query(t, l->a, SQL(Q_RISKS_TREATED), NULL, 0, &found, e)) return false;
    for (size_t i = 0; i < found.n; i++) {
        const value *v = &found.at[i * found.cols];
        look_at_risk(l, v[0].i, v[1].s, v[2].i);
    }
    return true;
}

bool work_consistency(struct work *w, const actor *who, arena *a, inconsistency **ret,
                      size_t *ret_n, err *e)
{
    struct look l = {.a = a, .at = arena_new(a, inconsistency, MOST)};
    page p = {.limit = PAGE};
    void *controls;
    if (!work_standing(w, who, 0, a, &l.standing, e) ||
        !work_list(w, who, &control_record, &p, 0, a, &controls, &l.n_controls, e))
        return false;
    l.controls = controls;
    for (size_t i = l.n_controls; i-- > 0;)
        look_at_control(&l, &l.controls[i]);
    if (!store_read(w->store, look_at_risks, &l, e)) return false;
    *ret = l.at;
    *ret_n = l.n;
    return true;
}

void consistency_json(const inconsistency *all, size_t n, jw *out)
{
    jw_arr(out);
    for (size_t i = 0; i < n; i++) {
        jw_obj(out);
        jw_m_strz(out, "rule", all[i].rule);
        jw_m_str(out, "type", all[i].type);
        jw_m_int(out, "id", all[i].id);
        jw_m_str(out, "text", all[i].text);
        jw_obj_end(out);
    }
    jw_arr_end(out);
}
