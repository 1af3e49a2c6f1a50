/* bag_impl.h - what writing and verifying a bag share; for this room only. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REPORT_BAG_IMPL_H
#define AIMS_REPORT_BAG_IMPL_H
#include "ledger/merkle.h"
#include "report/bag.h"

#define BAG_MAX_MANIFEST (64u << 20)
#define BAG_DECLARATION  "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#define BAG_PROFILE      "urn:aims:evidence-bag:1"

/* Embedded from src/report/verify/ by embed_text.py. */
extern const str bag_text_readme, bag_text_verify, bag_text_proof_check, bag_text_growth_check;

/* [A-Za-z0-9._/-], parts neither empty nor "." or ".." nor starting with '-', at most max. */
bool bag_name_ok(str name, size_t max);
/* "<prefix><n><suffix>" with n a canonical decimal: gives n. */
bool bag_number(str path, str prefix, str suffix, int64_t *ret) NODISCARD;

/* Every SHA-256 that a leaf names: JSON strings of 64 lower-case hex digits, with or without
 * "sha256:" before them. Leaves that are not JSON name nothing. */
#define BAG_MAX_NAMED 1024u /* a leaf of 65,535 bytes has room for fewer */
size_t bag_leaf_names(arena *a, str leaf, digest *ret, size_t max);
int bag_digest_order(const void *p, const void *q);

/* The consistency proof of a tlog-witness add-checkpoint request: "old M\n" {hash\n}* "\n" note.
 * False when it is malformed. The note is a slice of the text. */
bool bag_growth_parse(arena *a, str text, uint64_t *ret_old, merkle_proof *ret,
                      str *ret_note) NODISCARD;

#endif
