/* data.h - the constant tables that script/gen_catalog.py makes; for this room only. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CATALOG_DATA_H
#define AIMS_CATALOG_DATA_H
#include "catalog/catalog.h"

typedef struct catalog_terms_row {
    const catalog_term *at;
    size_t n;
} catalog_terms_row;

extern const catalog_framework catalog_data_frameworks[];
extern const size_t catalog_data_n_frameworks;
extern const catalog_requirement catalog_data_controls[];
extern const size_t catalog_data_n_controls;
extern const catalog_requirement catalog_data_clauses[];
extern const size_t catalog_data_n_clauses;
extern const catalog_terms_row catalog_data_terms[CATALOG_VOCABULARIES];
extern const catalog_map catalog_data_maps[];
extern const size_t catalog_data_n_maps;
extern const catalog_unmapped catalog_data_unmapped[];
extern const size_t catalog_data_n_unmapped;
extern const catalog_list catalog_data_attributions;

#endif
