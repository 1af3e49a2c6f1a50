/* start.c - turns options and environment into the settings a server starts with. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/start.h"

#define OPTION(id, name, env, arg, many, low, high, dflt, doc)                                     \
    {name, arg, (many) ? OPTION_MANY : 0, doc " ($" env ", else " dflt ")"},
const option start_options[] = {
    SETTING_START_MAP(OPTION){NULL, NULL, 0, NULL}
};

static str joined(struct call *c, const char *name)
{
    size_t n, length = 1;
    str *all = call_options(c, name, &n);
    for (size_t i = 0; i < n; i++)
        length += all[i].n + 1;
    buf b = buf_open(c->a, length);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s%.*s", i ? "," : "", STR_ARG(all[i]));
    return n ? buf_str(&b) : (str){0};
}

static str by_flag(struct call *c, const setting *s)
{
    if (!s->arg) return call_flag(c, s->name) ? S("yes") : (str){0};
    return s->many ? joined(c, s->name) : call_option(c, s->name);
}

static bool check(const setting *s, const setting_given *g, err *e)
{
    int64_t n;
    bool number = s->low != s->high, yes_no = !s->arg;
    if (yes_no && !str_eqz(g->value, "yes") && !str_eqz(g->value, "no"))
        return err_set(e, ERR_USAGE, str_of(s->name), S("say yes or no"),
                       "'%.*s' is neither yes nor no", STR_ARG(str_clip(g->value, 40)));
    if (!number || setting_number(s, g->value, &n, e)) return true;
    e->code = ERR_USAGE;
    return false;
}

static bool read_one(struct call *c, const setting *s, setting_given *ret, err *e)
{
    const char *v = getenv(s->environment);
    *ret = (setting_given){by_flag(c, s), "flag"};
    if (!ret->value.p && v && *v) *ret = (setting_given){str_of(v), "environment"};
    if (!ret->value.p) return true;
    ret->value = str_dup(c->a, ret->value);
    return check(s, ret, e);
}

bool start_read(struct call *c, setting_given ret[SETTINGS], err *e)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (work_setting_table[i].kind == AT_START &&
            !read_one(c, &work_setting_table[i], &ret[i], e))
            return false;
    return true;
}

static unsigned number(const setting_given *g, setting_id id)
{
    int64_t n = 0;
    if (!g[id].value.p || !str_int(g[id].value, &n))
        (void)!str_int(str_of(work_setting_table[id].dflt), &n);
    return (unsigned)n;
}

void start_http(const setting_given *g, arena *a, http_options *ret)
{
    str names = g[SETTING_HOST].value;
    str *hosts = arena_new(a, str, names.n + 1);
    for (str rest = names; rest.p;)
        hosts[ret->n_hosts++] = str_dup(a, str_trim(str_cut(rest, ',', &rest)));
    ret->hosts = hosts;
    ret->listen = g[SETTING_LISTEN].value.p;
    ret->secure = str_eqz(g[SETTING_BEHIND_TLS].value, "yes");
    ret->connections = number(g, SETTING_CONNECTIONS);
    ret->per_address = number(g, SETTING_PER_ADDRESS);
    ret->timeout = number(g, SETTING_TIMEOUT);
}
