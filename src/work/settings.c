/* settings.c - the table of settings, where each stands, and the change of live ones. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/settings.h"
#include "work/impl.h"

/* clang-format off */
const setting work_setting_table[SETTINGS] = {
#define ROW_OF(kind, id, name, env, arg, many, low, high, dflt, doc) \
    [SETTING_##id] = {name, env, arg, many, low, high, dflt, doc, kind},
#define X(...) ROW_OF(AT_START, __VA_ARGS__)
    SETTING_START_MAP(X)
#undef X
#define X(...) ROW_OF(BY_ENVIRONMENT, __VA_ARGS__)
    SETTING_ENVIRONMENT_MAP(X)
#undef X
#define X(...) ROW_OF(BY_FILE, __VA_ARGS__)
    SETTING_FILE_MAP(X)
#undef X
#define X(...) ROW_OF(LIVE, __VA_ARGS__)
    SETTING_LIVE_MAP(X)
#undef X
};
/* clang-format on */

bool setting_number(const setting *s, str text, int64_t *ret, err *e)
{
    if (str_int(text, ret) && *ret >= s->low && *ret <= s->high) return true;
    return err_set(e, ERR_INVALID, str_of(s->name),
                   str_fmt(e->a, "give a whole number from %lld to %lld", (long long)s->low,
                           (long long)s->high),
                   "'%.*s' is out of range", STR_ARG(str_clip(text, 40)));
}

int64_t setting_value(setting_id id, const value *v)
{
    const setting *s = &work_setting_table[id];
    int64_t n = 0;
    bool good = v && v->kind == VALUE_TEXT && str_int(v->s, &n) && n >= s->low && n <= s->high;
    if (!good) (void)!str_int(str_of(s->dflt), &n);
    return n;
}

bool setting_get(struct tx *t, setting_id id, int64_t *ret, err *e)
{
    const value args[] = {V_TEXT(str_of(work_setting_table[id].name))};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_SETTING_GET), args, 1, &r, e)) return false;
    *ret = setting_value(id, r.n ? r.at : NULL);
    return true;
}

/* ---- where they stand ---- */

static int64_t lines_in(str text)
{
    int64_t n = 0;
    for (str rest = text; rest.p;) {
        str after, line = str_cut(str_cut(rest, '\n', &rest), '#', &after);
        n += str_trim(line).n > 0;
    }
    return n;
}

static bool of_file(struct work *w, arena *a, setting_state *x, err *e)
{
    const char *path = str_fmt(a, "%s/%s", w->dir, x->s->name).p;
    str text;
    if (!file_exists(path)) return true;
    if (!file_read(a, path, 1 << 20, &text, e)) return false;
    x->value = str_fmt(a, "%lld", (long long)lines_in(text));
    x->source = "file";
    return true;
}

static void of_environment(arena *a, setting_state *x)
{
    const char *v = getenv(x->s->environment);
    if (!v || !*v) return;
    x->value = str_dup(a, str_of(v));
    x->source = "environment";
}

static void of_start(const struct work *w, setting_state *x)
{
    if (!w->start) return;
    const setting_given *g = &w->start[x->s - work_setting_table];
    if (!g->value.p) return;
    x->value = g->value;
    x->source = g->source;
}

static void of_store(const rows *r, arena *a, setting_state *x)
{
    for (size_t i = 0; i < r->n; i++) {
        const value *v = &r->at[i * r->cols];
        if (!str_eqz(v[0].s, x->s->name)) continue;
        x->value = str_dup(a, v[1].s);
        x->source = "store";
    }
}

static bool stored_tx(struct tx *t, void *ctx, err *e)
{
    return tx_query(t, e->a, SQL(Q_SETTING_LIST), NULL, 0, ctx, e);
}

bool work_settings(struct work *w, const actor *who, arena *a, setting_state **ret, size_t *ret_n,
                   err *e)
{
    rows stored;
    *ret = arena_new(a, setting_state, SETTINGS);
    *ret_n = 0;
    if (!work_may(w, who, CAP_ADMIN, "the settings", e) ||
        !store_read(w->store, stored_tx, &stored, e))
        return false;
    for (size_t i = 0; i < SETTINGS; i++) {
        const setting *s = &work_setting_table[i];
        if (!w->start && s->kind == AT_START) continue;
        setting_state *x = &(*ret)[(*ret_n)++];
        *x = (setting_state){.s = s, .value = str_of(s->dflt), .source = "default"};
        if (s->kind == AT_START) of_start(w, x);
        if (s->kind == BY_ENVIRONMENT) of_environment(a, x);
        if (s->kind == BY_FILE && !of_file(w, a, x, e)) return false;
        if (s->kind == LIVE) of_store(&stored, a, x);
    }
    return true;
}

/* ---- changing one ---- */

struct change {
    const actor *who;
    const setting *s;
    int64_t to, now;
};

static bool set_tx(struct tx *t, void *ctx, err *e)
{
    struct change *c = ctx;
    int64_t from;
    str text = str_fmt(e->a, "%lld", (long long)c->to);
    const value args[] = {V_TEXT(str_of(c->s->name)), V_TEXT(text)};
    if (!setting_get(t, (setting_id)(c->s - work_setting_table), &from, e) ||
        !tx_exec(t, SQL(Q_SETTING_PUT), args, COUNT(args), NULL, e))
        return false;
    act x = {.name = "setting.set",
             .detail = str_fmt(e->a, "{\"name\":\"%s\",\"from\":%lld,\"to\":%lld}", c->s->name,
                               (long long)from, (long long)c->to)};
    return act_log(t, c->who, &x, c->now, NULL, e);
}

static bool find_live(str name, const setting **ret, err *e)
{
    static const char *const where[] = {
        [AT_START] = "set it in the environment of the server, or as an option of aims serve",
        [BY_ENVIRONMENT] = "set it in the environment of the server",
        [BY_FILE] = "write the file in the data directory",
        [LIVE] = ""};
    *ret = NULL;
    for (size_t i = 0; i < SETTINGS; i++)
        if (str_eqz(name, work_setting_table[i].name)) *ret = &work_setting_table[i];
    if (!*ret)
        return err_set(e, ERR_NOT_FOUND, S("name"), S("see: aims setting list"),
                       "there is no setting '%.*s'", STR_ARG(str_clip(name, 60)));
    return (*ret)->kind == LIVE ||
           err_set(e, ERR_CONFLICT, S("name"), str_of(where[(*ret)->kind]),
                   "'%s' does not change while the server runs", (*ret)->name);
}

bool work_setting_set(struct work *w, const actor *who, str name, str text, arena *a,
                      setting_state *ret, err *e)
{
    struct change c = {.who = who, .now = clock_now()};
    if (!work_may(w, who, CAP_ADMIN, "changing a setting", e) || !find_live(name, &c.s, e))
        return false;
    if (!setting_number(c.s, text, &c.to, e)) {
        e->path = S("value");
        return false;
    }
    if (!work_write(w, set_tx, &c, e)) return false;
    *ret =
        (setting_state){.s = c.s, .value = str_fmt(a, "%lld", (long long)c.to), .source = "store"};
    return true;
}
