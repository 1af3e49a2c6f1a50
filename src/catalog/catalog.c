/* catalog.c - questions asked of the compiled-in frameworks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "catalog/data.h"

bool catalog_list_has(catalog_list l, str s)
{
    for (size_t i = 0; i < l.n; i++)
        if (str_eq(l.at[i], s)) return true;
    return false;
}

const char *catalog_kind_name(catalog_kind k)
{
    static const char *const names[CATALOG_KINDS] = {
#define X(id, name) [CATALOG_##id] = name,
        CATALOG_KIND_MAP(X)
#undef X
    };
    return names[k];
}

const catalog_framework *catalog_frameworks(size_t *ret_n)
{
    *ret_n = catalog_data_n_frameworks;
    return catalog_data_frameworks;
}

const catalog_framework *catalog_framework_find(str id)
{
    for (size_t i = 0; i < catalog_data_n_frameworks; i++)
        if (str_eq(catalog_data_frameworks[i].id, id)) return &catalog_data_frameworks[i];
    return NULL;
}

const catalog_entry *catalog_entry_find(str framework, str id)
{
    const catalog_framework *f = catalog_framework_find(framework);
    for (size_t i = 0; f && i < f->n; i++)
        if (str_eq(f->entries[i].id, id)) return &f->entries[i];
    return NULL;
}

const catalog_requirement *catalog_controls(size_t *ret_n)
{
    *ret_n = catalog_data_n_controls;
    return catalog_data_controls;
}

const catalog_requirement *catalog_clauses(size_t *ret_n)
{
    *ret_n = catalog_data_n_clauses;
    return catalog_data_clauses;
}

static const catalog_requirement *find_in(const catalog_requirement *at, size_t n, str id)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(at[i].id, id)) return &at[i];
    return NULL;
}

const catalog_requirement *catalog_requirement_find(str id)
{
    const catalog_requirement *r = find_in(catalog_data_controls, catalog_data_n_controls, id);
    return r ? r : find_in(catalog_data_clauses, catalog_data_n_clauses, id);
}

static bool proves(const catalog_requirement *r, str measurement)
{
    for (size_t i = 0; i < r->n_proofs; i++)
        if (str_eq(r->proofs[i].measurement, measurement)) return true;
    return false;
}

size_t catalog_proven_by(str measurement, const catalog_requirement **ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < catalog_data_n_controls; i++) {
        if (!proves(&catalog_data_controls[i], measurement)) continue;
        if (n < max) ret[n] = &catalog_data_controls[i];
        n++;
    }
    return n;
}

static size_t add_accepting(const catalog_requirement *at, size_t n_at, str kind,
                            const catalog_requirement **ret, size_t n, size_t max)
{
    for (size_t i = 0; i < n_at; i++) {
        if (!catalog_list_has(at[i].evidence, kind)) continue;
        if (n < max) ret[n] = &at[i];
        n++;
    }
    return n;
}

size_t catalog_accepting(str evidence_kind, const catalog_requirement **ret, size_t max)
{
    size_t n =
        add_accepting(catalog_data_controls, catalog_data_n_controls, evidence_kind, ret, 0, max);
    return add_accepting(catalog_data_clauses, catalog_data_n_clauses, evidence_kind, ret, n, max);
}

const catalog_term *catalog_terms(catalog_vocabulary v, size_t *ret_n)
{
    *ret_n = catalog_data_terms[v].n;
    return catalog_data_terms[v].at;
}

const catalog_term *catalog_term_find(catalog_vocabulary v, str id)
{
    for (size_t i = 0; i < catalog_data_terms[v].n; i++)
        if (str_eq(catalog_data_terms[v].at[i].id, id)) return &catalog_data_terms[v].at[i];
    return NULL;
}

const char *catalog_vocabulary_name(catalog_vocabulary v)
{
    static const char *const names[CATALOG_VOCABULARIES] = {
        [CATALOG_EVIDENCE_KINDS] = "evidence_kinds",
        [CATALOG_MEASUREMENTS] = "measurements",
        [CATALOG_STAGES] = "stages",
        [CATALOG_ROLES] = "roles",
        [CATALOG_RELATIONSHIPS] = "relationships",
    };
    return names[v];
}

const catalog_map *catalog_maps(size_t *ret_n)
{
    *ret_n = catalog_data_n_maps;
    return catalog_data_maps;
}

const catalog_unmapped *catalog_unmapped_rows(size_t *ret_n)
{
    *ret_n = catalog_data_n_unmapped;
    return catalog_data_unmapped;
}

const catalog_map *catalog_map_next(str source, str framework, const catalog_map *from)
{
    const catalog_map *end = catalog_data_maps + catalog_data_n_maps;
    for (const catalog_map *m = from ? from + 1 : catalog_data_maps; m < end; m++)
        if ((!source.p || str_eq(m->source, source)) &&
            (!framework.p || str_eq(m->framework, framework)))
            return m;
    return NULL;
}

const catalog_map *catalog_reverse_next(str framework, str target, const catalog_map *from)
{
    const catalog_map *end = catalog_data_maps + catalog_data_n_maps;
    for (const catalog_map *m = from ? from + 1 : catalog_data_maps; m < end; m++)
        if (str_eq(m->target, target) && str_eq(m->framework, framework)) return m;
    return NULL;
}

catalog_list catalog_attributions(void)
{
    return catalog_data_attributions;
}
