/* catalog.h - the frameworks as data compiled into the program, and the questions asked of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CATALOG_CATALOG_H
#define AIMS_CATALOG_CATALOG_H
#include "base/base.h"

/*
 * Everything here points into constant tables that script/gen_catalog.py makes at build time from
 * the JSON files of catalog/: no start cost, no arena, valid for the life of the program, safe in
 * any thread. Absent texts are the absent str (p == NULL). Wording, sources and licences:
 * catalog/README.md; what a product has to show: catalog_attributions.
 */
typedef struct catalog_list {
    const str *at;
    size_t n;
} catalog_list;

bool catalog_list_has(catalog_list l, str s);

/* The framework this program is about: ISO/IEC 42001:2023. */
#define CATALOG_HOME S("iso42001-2023")

/* ---- Frameworks and their entries ---- */

/* X(id, name): what an entry is in its framework. */
#define CATALOG_KIND_MAP(X)                                                                        \
    X(CLAUSE, "clause")                                                                            \
    X(CONTROL, "control")                                                                          \
    X(OBJECTIVE, "objective")                                                                      \
    X(AI_OBJECTIVE, "ai_objective")                                                                \
    X(RISK_SOURCE, "risk_source")                                                                  \
    X(THEME, "theme")                                                                              \
    X(FUNCTION, "function")                                                                        \
    X(CATEGORY, "category")                                                                        \
    X(SUBCATEGORY, "subcategory")                                                                  \
    X(TACTIC, "tactic")                                                                            \
    X(TECHNIQUE, "technique")                                                                      \
    X(MITIGATION, "mitigation")                                                                    \
    X(THREAT, "threat")                                                                            \
    X(DOMAIN, "domain")                                                                            \
    X(SUBDOMAIN, "subdomain")                                                                      \
    X(RISK, "risk")                                                                                \
    X(ARTICLE, "article")

typedef enum catalog_kind {
#define X(id, name) CATALOG_##id,
    CATALOG_KIND_MAP(X)
#undef X
        CATALOG_KINDS
} catalog_kind;

const char *catalog_kind_name(catalog_kind k);

/* One line of a framework: a clause, control, category, technique, article, ... */
typedef struct catalog_entry {
    str id, title, gist; /* title may be absent where the source has identifiers only */
    str parent;          /* id of an entry of the same framework; absent at the top */
    catalog_kind kind;
    str note;                  /* "applies from ...", "maturity ...": free text, may be absent */
    catalog_list controls;     /* related controls of ISO/IEC 42001 */
    catalog_list measurements; /* related measurement kinds */
    catalog_list links;        /* related entries: ATLAS techniques of a mitigation or OWASP entry,
                                  tactics of a technique */
} catalog_entry;

typedef struct catalog_framework {
    str id, title, licence;
    str note; /* status or version remark, may be absent */
    const catalog_entry *entries;
    size_t n; /* parents come before their children */
} catalog_framework;

const catalog_framework *catalog_frameworks(size_t *ret_n);
/* NULL when unknown. */
const catalog_framework *catalog_framework_find(str id);
const catalog_entry *catalog_entry_find(str framework, str id);

/* ---- ISO/IEC 42001: the 32 auditable sub-clauses and the 38 controls ---- */

typedef struct catalog_proof {
    str measurement; /* id of a measurement kind */
    str proves;      /* what of the control it proves */
} catalog_proof;

typedef struct catalog_document {
    str kind; /* "maintain" or "retain" or "none"; absent for controls */
    str what;
    str certainty; /* "high", "medium", "low"; absent for controls */
} catalog_document;

/* A demand that gets a status: a row of the SoA (control) or of the clause list. */
typedef struct catalog_requirement {
    str id, title, description;
    str parent;             /* objective of a control ("A.6.2"), clause of a sub-clause ("6.1") */
    catalog_kind kind;      /* CATALOG_CONTROL or CATALOG_CLAUSE */
    str annex_b;            /* guidance reference of a control, "B.6.2.4" */
    catalog_list hints;     /* implementation hints; for clauses the records that satisfy it */
    catalog_list questions; /* typical audit questions; clauses only */
    catalog_list evidence;  /* ids of evidence kinds accepted */
    const catalog_proof *proofs;
    size_t n_proofs; /* measurements that prove it; controls only */
    const catalog_document *documents;
    size_t n_documents;
    str automation;             /* "high", "partial" or "low"; controls only */
    catalog_list roles, stages; /* typical roles ("all" means any), life-cycle stages */
} catalog_requirement;

/* In the order of the standard. */
const catalog_requirement *catalog_controls(size_t *ret_n); /* 38 */
const catalog_requirement *catalog_clauses(size_t *ret_n);  /* 32 */
/* A control or an auditable sub-clause by its id; NULL when unknown. */
const catalog_requirement *catalog_requirement_find(str id);
/* "Which controls does measurement kind K prove", "which accept evidence kind K": fills at most
 * `max` pointers, returns how many there are. Clauses are included in the evidence question. */
size_t catalog_proven_by(str measurement, const catalog_requirement **ret, size_t max);
size_t catalog_accepting(str evidence_kind, const catalog_requirement **ret, size_t max);
#define CATALOG_REQUIREMENTS 70 /* 32 + 38: room enough for every answer of these two */

/* ---- Vocabularies ---- */

typedef struct catalog_term {
    str id, title, description; /* title may be absent */
    catalog_list examples;      /* example metrics of a measurement kind */
} catalog_term;

typedef enum catalog_vocabulary {
    CATALOG_EVIDENCE_KINDS,
    CATALOG_MEASUREMENTS,
    CATALOG_STAGES,
    CATALOG_ROLES,
    CATALOG_RELATIONSHIPS,
    CATALOG_VOCABULARIES
} catalog_vocabulary;

const catalog_term *catalog_terms(catalog_vocabulary v, size_t *ret_n);
const catalog_term *catalog_term_find(catalog_vocabulary v, str id); /* NULL when unknown */
/* "evidence_kinds", "measurements", "stages", "roles", "relationships" */
const char *catalog_vocabulary_name(catalog_vocabulary v);

/* ---- Crosswalk ---- */

/* A row relates a requirement of ISO/IEC 42001 (source) to an entry of another framework.
 * Relationship: NIST IR 8477 with the tokens of OSCAL 1.2, direction source to target. It never
 * proves conformity: it says where one piece of evidence can be reused. */
typedef struct catalog_map {
    str id, source, framework, target;
    str target_title; /* title, or gist where there is none */
    str relationship, rationale, confidence, note;
    catalog_list basis;
} catalog_map;

typedef struct catalog_unmapped {
    str source, framework, reason;
} catalog_unmapped;

const catalog_map *catalog_maps(size_t *ret_n);
const catalog_unmapped *catalog_unmapped_rows(size_t *ret_n);
/* Walks the rows of one source: `from` is NULL first, then the row returned before. The
 * framework may be absent (all). NULL at the end. */
const catalog_map *catalog_map_next(str source, str framework, const catalog_map *from);
/* The reverse: rows that reach one target of one framework. */
const catalog_map *catalog_reverse_next(str framework, str target, const catalog_map *from);

/* ---- What has to be shown ---- */

/* One line per source whose licence demands it; also docs/attributions.md. */
catalog_list catalog_attributions(void);

/* ---- JSON (API, CLI); each writes one value ---- */

void catalog_write_frameworks(jw *w); /* [{id,title,licence,note,entries:<count>}] */
void catalog_write_framework(jw *w, const catalog_framework *f); /* with all entries */
void catalog_write_entry(jw *w, const catalog_entry *x);
void catalog_write_requirement(jw *w, const catalog_requirement *r); /* with its crosswalk */
void catalog_write_requirements(jw *w); /* [{...}] controls, then clauses, without crosswalk */
void catalog_write_map(jw *w, const catalog_map *m);
void catalog_write_crosswalk(jw *w, str source, str framework); /* [rows]; absent: of all */
void catalog_write_reverse(jw *w, str framework, str target);   /* [rows] */
void catalog_write_vocabulary(jw *w, catalog_vocabulary v);     /* [{id,title,...}] */
void catalog_write_proven_by(jw *w, str measurement);           /* [{control,title,proves}] */
void catalog_write_accepting(jw *w, str evidence_kind);         /* [{id,kind,title}] */
void catalog_write_attributions(jw *w);                         /* ["line", ...] */

#endif
