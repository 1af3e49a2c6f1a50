/* ubjson.h - Universal Binary JSON, as XGBoost saves models since 2.1, into a tree of docs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_UBJSON_H
#define AIMS_MODEL_UBJSON_H
#include "base/json.h"

/* Do the bytes start as a UBJSON object? No JSON text does. */
bool ubjson_sniff(str bytes);
/*
 * One document of UBJSON draft 12 (ubjson.org), with sized and typed containers and no-ops.
 * The tree is as doc_parse would make it and points into `bytes`, but a list of numbers of one
 * type stays packed (`at` is NULL): read lists with ubjson_at only. Real numbers may be NaN or
 * infinite. INVALID: what is malformed, cut off, nested deeper than 64 levels, has duplicate
 * members, broken UTF-8, anything behind its end, or more than 2^22 unpacked values.
 */
bool ubjson_parse(arena *a, str bytes, doc **ret, err *e) NODISCARD;
/* Member i < list->n of a list from ubjson_parse or doc_parse. */
doc ubjson_at(const doc *list, size_t i);

#endif
