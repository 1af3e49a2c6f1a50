/* kinds.c - prints the registry of the engines, with the controls that the catalog names. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/kinds.h"
#include "catalog/catalog.h"
#include "measure/measure.h"

static const char *const types[] = {
    [DOC_NULL] = "null",  [DOC_BOOL] = "boolean", [DOC_INT] = "integer", [DOC_REAL] = "number",
    [DOC_STR] = "string", [DOC_ARR] = "array",    [DOC_OBJ] = "object"};

static void write_option(jw *w, const measure_option *o)
{
    bool number = o->type == DOC_INT || o->type == DOC_REAL;
    jw_obj(w);
    jw_m_strz(w, "name", o->name);
    jw_m_strz(w, "type", types[o->type]);
    if (o->type != DOC_BOOL) {
        jw_m_real(w, "minimum", o->lo);
        jw_m_real(w, "maximum", o->hi);
    }
    if (number) jw_m_real(w, "default", o->dflt);
    if (o->type == DOC_BOOL) jw_m_bool(w, "default", o->dflt != 0);
    jw_m_strz(w, "description", o->doc);
    jw_obj_end(w);
}

static void write_options(jw *w, const measure_kind *k)
{
    jw_key(w, "options");
    jw_arr(w);
    for (const measure_option *o = k->options; o && o->name; o++)
        write_option(w, o);
    jw_arr_end(w);
}

static void write_inputs(jw *w, const measure_kind *k)
{
    const struct {
        const char *name;
        bool needed, taken;
    } inputs[] = {
        {"label",     k->needs_label,     false                          },
        {"groups",    k->needs_groups,    k->groups && !k->needs_recorded},
        {"model",     k->needs_model,     false                          },
        {"reference", k->needs_reference, k->reference                   },
        {"recorded",  k->needs_recorded,  false                          },
    };
    jw_key(w, "needs");
    jw_arr(w);
    for (size_t i = 0; i < COUNT(inputs); i++)
        if (inputs[i].needed) jw_strz(w, inputs[i].name);
    jw_arr_end(w);
    jw_key(w, "takes");
    jw_arr(w);
    for (size_t i = 0; i < COUNT(inputs); i++)
        if (inputs[i].taken && !inputs[i].needed) jw_strz(w, inputs[i].name);
    jw_arr_end(w);
}

static void write_controls(jw *w, const char *kind)
{
    const catalog_requirement *found[CATALOG_REQUIREMENTS];
    size_t n = catalog_proven_by(str_of(kind), found, CATALOG_REQUIREMENTS);
    jw_key(w, "controls");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        jw_str(w, found[i]->id);
    jw_arr_end(w);
}

static void write_metrics(jw *w, const measure_kind *k)
{
    jw_key(w, "metrics");
    jw_arr(w);
    for (size_t i = 0; k->metrics[i]; i++)
        jw_strz(w, k->metrics[i]);
    jw_arr_end(w);
}

static void write_kind(jw *w, const measure_kind *k)
{
    const catalog_term *term = catalog_term_find(CATALOG_MEASUREMENTS, str_of(k->id));
    jw_obj(w);
    jw_m_strz(w, "id", k->id);
    jw_m_strz(w, "title", k->title);
    jw_m_str(w, "description", term ? term->description : S(""));
    write_controls(w, k->id);
    write_inputs(w, k);
    write_metrics(w, k);
    jw_m_str(w, "slice", str_of(k->slice));
    jw_m_bool(w, "values", k->values);
    write_options(w, k);
    jw_obj_end(w);
}

void work_kinds(jw *w)
{
    jw_arr(w);
    for (size_t i = 0; i < measure_n_kinds; i++)
        write_kind(w, &measure_kinds[i]);
    jw_arr_end(w);
}
