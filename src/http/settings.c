/* settings.c - handlers of the settings: the table with what stands where, and changing one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/settings.h"
#include "http/handlers.h"
#include "http/inputs.h"

static void put_range(jw *w, const setting *s)
{
    if (s->low == s->high) return;
    jw_m_int(w, "low", s->low);
    jw_m_int(w, "high", s->high);
}

static void put_setting(jw *w, const void *item)
{
    static const char *const kinds[] = {[AT_START] = "start",
                                        [BY_ENVIRONMENT] = "environment",
                                        [BY_FILE] = "file",
                                        [LIVE] = "live"};
    const setting_state *x = item;
    jw_obj(w);
    jw_m_strz(w, "name", x->s->name);
    jw_m_strz(w, "kind", kinds[x->s->kind]);
    jw_m_str(w, "value", x->value);
    jw_m_strz(w, "default", x->s->dflt);
    jw_m_strz(w, "source", x->source);
    jw_m_strz(w, "doc", x->s->doc);
    if (x->s->arg) jw_m_strz(w, "argument", x->s->arg);
    if (x->s->environment) jw_m_strz(w, "environment", x->s->environment);
    put_range(w, x->s);
    jw_obj_end(w);
}

bool do_settings(request *q, err *e)
{
    setting_state *at;
    size_t n;
    if (!work_settings(q->w, &q->who, q->a, &at, &n, e)) return false;
    reply_items(q, at, n, sizeof *at, put_setting);
    return true;
}

bool do_setting_change(request *q, err *e)
{
    const setting_change *in = q->in;
    setting_state x;
    if (!work_setting_set(q->w, &q->who, q->args[0], in->value, q->a, &x, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    put_setting(&w, &x);
    reply_json(q, 200, &b);
    return true;
}
