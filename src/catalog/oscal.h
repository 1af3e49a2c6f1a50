/* oscal.h - reads any framework from an OSCAL catalog in JSON into a plain structure. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CATALOG_OSCAL_H
#define AIMS_CATALOG_OSCAL_H
#include "base/base.h"

/*
 * The catalog model of NIST OSCAL 1.1 and 1.2 (pages.nist.gov/OSCAL-Reference/models/v1.1.2/
 * catalog/json-reference/): groups and controls of any depth become one flat list, parents before
 * children. The prose of a control's parts becomes `text`, one line per part with its label;
 * parameter insertions become "[label]". Withdrawn controls are kept and marked.
 * Refused with a path ("catalog.groups.0.controls.3.id"): no catalog, missing or ill-typed id or
 * title, ids used twice, OSCAL versions other than 1.x, over the limits below.
 */
#define OSCAL_MAX_BYTES    (48u << 20) /* NIST SP 800-53 rev. 5 has about 10 MB */
#define OSCAL_MAX_CONTROLS 20000u
#define OSCAL_MAX_TEXT     65536u /* bytes of text of one control */

typedef struct oscal_control {
    str id, title, text; /* text may be empty, never absent */
    str label;           /* how people write the id ("AC-2"); absent when not given */
    str parent;          /* id of a group or control; absent at the top */
    bool group;          /* a heading, not a control */
    bool withdrawn;
} oscal_control;

typedef struct oscal_catalog {
    str id; /* the catalog's uuid */
    str title, version, oscal_version;
    const oscal_control *controls;
    size_t n;
} oscal_catalog;

bool oscal_parse(arena *a, str json, oscal_catalog *ret, err *e) NODISCARD;
/* {"id","title","version","controls":[{"id","title","parent","text",...}]}: what work stores. */
void oscal_write(jw *w, const oscal_catalog *c);

#endif
