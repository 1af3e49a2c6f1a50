/* model_options.c - model-options: what can be set about a model that answers elsewhere. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/print.h"
#include "work/assess.h"

static void write_setting(jw *w, const model_setting *s)
{
    bool number = s->type == SETTING_INT || s->type == SETTING_REAL;
    jw_obj(w);
    jw_m_strz(w, "name", s->name);
    jw_m_strz(w, "type", s->choices ? s->choices : setting_type_names[s->type]);
    if (number) {
        jw_m_real(w, "minimum", s->lo);
        jw_m_real(w, "maximum", s->hi);
    }
    jw_m_strz(w, "default", s->dflt);
    jw_m_strz(w, "description", s->doc);
    jw_obj_end(w);
}

bool run_model_options(struct call *c, err *e)
{
    static const char *const columns[] = {"name",    "type",        "minimum", "maximum",
                                          "default", "description", NULL};
    buf b = buf_open(c->a, 1 << 20);
    jw w = jw_open(&b);
    doc *d;
    jw_arr(&w);
    for (const model_setting *s = model_settings; s->name; s++)
        write_setting(&w, s);
    jw_arr_end(&w);
    if (c->json) {
        print_text(buf_str(&b));
        return true;
    }
    if (!doc_parse(c->a, buf_str(&b), 1 << 20, &d, e)) return false;
    print_table(c, d, columns);
    return true;
}
