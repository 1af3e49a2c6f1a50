/* write.c - the answers of the catalog as JSON, for the API and the command line. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"

static void put_list(jw *w, const char *key, catalog_list l)
{
    jw_key(w, key);
    jw_arr(w);
    for (size_t i = 0; i < l.n; i++)
        jw_str(w, l.at[i]);
    jw_arr_end(w);
}

static void put_head(jw *w, const catalog_framework *f)
{
    jw_m_str(w, "id", f->id);
    jw_m_str(w, "title", f->title);
    jw_m_str(w, "licence", f->licence);
    jw_m_str(w, "note", f->note);
}

void catalog_write_frameworks(jw *w)
{
    size_t n;
    const catalog_framework *f = catalog_frameworks(&n);
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        put_head(w, &f[i]);
        jw_m_int(w, "entries", (int64_t)f[i].n);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

void catalog_write_framework(jw *w, const catalog_framework *f)
{
    jw_obj(w);
    put_head(w, f);
    jw_key(w, "entries");
    jw_arr(w);
    for (size_t i = 0; i < f->n; i++)
        catalog_write_entry(w, &f->entries[i]);
    jw_arr_end(w);
    jw_obj_end(w);
}

void catalog_write_entry(jw *w, const catalog_entry *x)
{
    jw_obj(w);
    jw_m_str(w, "id", x->id);
    jw_m_strz(w, "kind", catalog_kind_name(x->kind));
    jw_m_str(w, "title", x->title);
    jw_m_str(w, "gist", x->gist);
    jw_m_str(w, "parent", x->parent);
    jw_m_str(w, "note", x->note);
    put_list(w, "controls", x->controls);
    put_list(w, "measurements", x->measurements);
    put_list(w, "links", x->links);
    jw_obj_end(w);
}

static void put_proofs(jw *w, const catalog_requirement *r)
{
    jw_key(w, "automated_measurements");
    jw_arr(w);
    for (size_t i = 0; i < r->n_proofs; i++) {
        jw_obj(w);
        jw_m_str(w, "id", r->proofs[i].measurement);
        jw_m_str(w, "proves", r->proofs[i].proves);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static void put_documents(jw *w, const catalog_requirement *r)
{
    jw_key(w, "documents");
    jw_arr(w);
    for (size_t i = 0; i < r->n_documents; i++) {
        jw_obj(w);
        jw_m_str(w, "kind", r->documents[i].kind);
        jw_m_str(w, "what", r->documents[i].what);
        jw_m_str(w, "certainty", r->documents[i].certainty);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static void put_requirement(jw *w, const catalog_requirement *r)
{
    jw_m_str(w, "id", r->id);
    jw_m_strz(w, "kind", catalog_kind_name(r->kind));
    jw_m_str(w, "title", r->title);
    jw_m_str(w, "parent", r->parent);
    jw_m_str(w, "description", r->description);
    jw_m_str(w, "annex_b", r->annex_b);
    put_list(w, "hints", r->hints);
    put_list(w, "questions", r->questions);
    put_list(w, "evidence_kinds", r->evidence);
    put_proofs(w, r);
    put_documents(w, r);
    jw_m_str(w, "automation", r->automation);
    put_list(w, "roles", r->roles);
    put_list(w, "stages", r->stages);
}

void catalog_write_requirement(jw *w, const catalog_requirement *r)
{
    jw_obj(w);
    put_requirement(w, r);
    jw_key(w, "crosswalk");
    catalog_write_crosswalk(w, r->id, (str){0});
    jw_obj_end(w);
}

static void put_requirements(jw *w, const catalog_requirement *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        put_requirement(w, &at[i]);
        jw_obj_end(w);
    }
}

void catalog_write_requirements(jw *w)
{
    size_t n_controls, n_clauses;
    const catalog_requirement *controls = catalog_controls(&n_controls);
    const catalog_requirement *clauses = catalog_clauses(&n_clauses);
    jw_arr(w);
    put_requirements(w, controls, n_controls);
    put_requirements(w, clauses, n_clauses);
    jw_arr_end(w);
}

void catalog_write_map(jw *w, const catalog_map *m)
{
    jw_obj(w);
    jw_m_str(w, "id", m->id);
    jw_m_str(w, "source", m->source);
    jw_m_str(w, "framework", m->framework);
    jw_m_str(w, "target", m->target);
    jw_m_str(w, "target_title", m->target_title);
    jw_m_str(w, "relationship", m->relationship);
    jw_m_str(w, "rationale", m->rationale);
    jw_m_str(w, "confidence", m->confidence);
    jw_m_str(w, "note", m->note);
    put_list(w, "basis", m->basis);
    jw_obj_end(w);
}

void catalog_write_crosswalk(jw *w, str source, str framework)
{
    jw_arr(w);
    const catalog_map *m = NULL;
    while ((m = catalog_map_next(source, framework, m)))
        catalog_write_map(w, m);
    jw_arr_end(w);
}

void catalog_write_reverse(jw *w, str framework, str target)
{
    jw_arr(w);
    const catalog_map *m = NULL;
    while ((m = catalog_reverse_next(framework, target, m)))
        catalog_write_map(w, m);
    jw_arr_end(w);
}

void catalog_write_vocabulary(jw *w, catalog_vocabulary v)
{
    size_t n;
    const catalog_term *t = catalog_terms(v, &n);
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_m_str(w, "id", t[i].id);
        jw_m_str(w, "title", t[i].title);
        jw_m_str(w, "description", t[i].description);
        put_list(w, "examples", t[i].examples);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static str proof_text(const catalog_requirement *r, str measurement)
{
    for (size_t i = 0; i < r->n_proofs; i++)
        if (str_eq(r->proofs[i].measurement, measurement)) return r->proofs[i].proves;
    return (str){0};
}

void catalog_write_proven_by(jw *w, str measurement)
{
    const catalog_requirement *r[CATALOG_REQUIREMENTS];
    size_t n = catalog_proven_by(measurement, r, COUNT(r));
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_m_str(w, "control", r[i]->id);
        jw_m_str(w, "title", r[i]->title);
        jw_m_str(w, "proves", proof_text(r[i], measurement));
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

void catalog_write_accepting(jw *w, str evidence_kind)
{
    const catalog_requirement *r[CATALOG_REQUIREMENTS];
    size_t n = catalog_accepting(evidence_kind, r, COUNT(r));
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_m_str(w, "id", r[i]->id);
        jw_m_strz(w, "kind", catalog_kind_name(r[i]->kind));
        jw_m_str(w, "title", r[i]->title);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

void catalog_write_attributions(jw *w)
{
    catalog_list l = catalog_attributions();
    jw_arr(w);
    for (size_t i = 0; i < l.n; i++)
        jw_str(w, l.at[i]);
    jw_arr_end(w);
}
