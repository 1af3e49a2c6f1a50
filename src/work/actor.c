/* actor.c - capabilities, roles, and the one question whether an actor may do a thing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/accounts.h"
#include "work/impl.h"

static const struct {
    const char *name, *doc;
} caps[] = {
#define X(id, n, d) [CAP_##id] = {n, d},
    CAP_MAP(X)
#undef X
};

const char *cap_name(cap c)
{
    return caps[c].name;
}
const char *cap_doc(cap c)
{
    return caps[c].doc;
}

bool cap_by_name(str name, cap *ret)
{
    for (size_t i = 0; i < COUNT(caps); i++)
        if (str_eqz(name, caps[i].name)) {
            *ret = (cap)i;
            return true;
        }
    return false;
}

#define BIT(c) (1u << CAP_##c)
const role work_roles[] = {
    {"administrator", CAP_ALL,                                                          "Everything, accounts and keys included"            },
    {"lead",          BIT(READ) | BIT(EDIT) | BIT(APPROVE) | BIT(MEASURE) | BIT(AUDIT),
     "Governs: decides, approves, accepts"                                                                                                  },
    {"engineer",      BIT(READ) | BIT(EDIT) | BIT(MEASURE),
     "Registers systems, models and data, and measures"                                                                                     },
    {"operator",      BIT(READ) | BIT(MEASURE),                                         "Runs measurements and watches"                     },
    {"auditor",       BIT(READ) | BIT(AUDIT),                                           "Reads everything and makes bags, until an end date"},
};
const size_t work_n_roles = COUNT(work_roles);

const role *role_find(str name)
{
    for (size_t i = 0; i < COUNT(work_roles); i++)
        if (str_eqz(name, work_roles[i].name)) return &work_roles[i];
    return NULL;
}

actor actor_machine(const char *via)
{
    return (actor){.name = S("machine"), .via = via, .caps = CAP_ALL};
}

struct denial {
    const actor *who;
    cap c;
    const char *what;
};

static bool log_denial(struct tx *t, void *ctx, err *e)
{
    const struct denial *d = ctx;
    buf b = buf_open(e->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "needs", cap_name(d->c));
    jw_m_str(&w, "attempt", str_sub(str_of(d->what), 0, 200));
    jw_obj_end(&w);
    act a = {.name = "access.denied", .id = d->who->account, .detail = buf_str(&b)};
    return act_log(t, d->who, &a, clock_now(), NULL, e);
}

bool work_may(struct work *w, const actor *who, cap c, const char *what, err *e)
{
    if (who->caps & 1u << c) return true;
    struct denial d = {who, c, what};
    if (!w->read_only && !store_write(w->store, log_denial, &d, e)) return false;
    return err_set(e, ERR_DENIED, S(""), S("ask an administrator for the capability"),
                   "'%.*s' lacks the capability '%s' for %s", STR_ARG(who->name), cap_name(c),
                   what);
}

struct refusals {
    int64_t n;
    const char *last;
};

static bool log_refusals(struct tx *t, void *ctx, err *e)
{
    const struct refusals *r = ctx;
    actor nobody = {.name = S("nobody"), .via = "http"};
    buf b = buf_open(e->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_int(&w, "count", r->n);
    jw_m_str(&w, "last", str_sub(str_of(r->last), 0, 200));
    jw_obj_end(&w);
    act a = {.name = "access.refused", .detail = buf_str(&b)};
    return act_log(t, &nobody, &a, clock_now(), NULL, e);
}

void work_refused(struct work *w, const char *what)
{
    int64_t now = clock_now(), last = w->refused_at;
    w->refused++;
    if (w->read_only || now - last < 60000) return;
    /* One thread wins the minute; the others only count. */
    if (!atomic_compare_exchange_strong(&w->refused_at, &last, now)) return;
    struct refusals r = {w->refused, what};
    w->refused -= r.n;
    arena *a = arena_open();
    err e = ERR_IN(a);
    if (!store_write(w->store, log_refusals, &r, &e)) w->refused += r.n;
    arena_close(a);
}
