/* due.c - asks every register for the dates that have come. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/due.h"
#include "register/register.h"
#include "work/impl.h"

struct asked {
    arena *a;
    int64_t until;
    due *at;
    size_t n, room;
    bool more;
};

static void add(struct asked *x, due d)
{
    if (x->n == x->room) {
        due *old = x->at;
        x->room = 2 * x->room + 64;
        x->at = arena_new(x->a, due, x->room);
        if (x->n) memcpy(x->at, old, x->n * sizeof *old);
    }
    x->at[x->n++] = d;
}

static bool ask(struct tx *t, struct asked *x, const record *r, const field *f, err *e)
{
    rows found;
    const value args[] = {V_INT(x->until), V_INT(DUE_MAX + 1)};
    if (!tx_query(t, x->a, record_sql_due(r, f, x->a).p, args, COUNT(args), &found, e))
        return false;
    for (size_t i = 0; i < found.n; i++) {
        const value *v = &found.at[i * found.cols];
        add(x, (due){.r = r, .f = f, .id = v[0].i, .name = v[1].s, .on = v[2].i});
    }
    return true;
}

static bool ask_all(struct tx *t, void *ctx, err *e)
{
    for (size_t i = 0; i < register_n_records; i++) {
        const record *r = register_records[i];
        for (size_t k = 0; k < r->n_fields; k++)
            if (r->fields[k].done && !ask(t, ctx, r, &r->fields[k], e)) return false;
    }
    return true;
}

static int by_date(const void *p, const void *q)
{
    const due *a = p, *b = q;
    if (a->on != b->on) return a->on < b->on ? -1 : 1;
    int type = strcmp(a->r->name, b->r->name);
    if (type) return type;
    return a->id != b->id ? (a->id < b->id ? -1 : 1) : strcmp(a->f->name, b->f->name);
}

bool work_due(struct work *w, const actor *who, int64_t until, arena *a, due **ret, size_t *ret_n,
              bool *ret_more, err *e)
{
    struct asked x = {.a = a, .until = until};
    if (!work_may(w, who, CAP_READ, "due", e) || !store_read(w->store, ask_all, &x, e))
        return false;
    if (x.n) qsort(x.at, x.n, sizeof *x.at, by_date);
    *ret = x.at;
    *ret_more = x.n > DUE_MAX;
    *ret_n = *ret_more ? DUE_MAX : x.n;
    return true;
}
