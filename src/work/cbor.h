/* cbor.h - reads the CBOR (RFC 8949) that authenticators write: definite lengths, shortest form. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_CBOR_H
#define AIMS_WORK_CBOR_H
#include "base/base.h"

/* The canonical form of CTAP2 (section 8): no indefinite lengths, no tags, no floating point,
 * integers and lengths as short as they go, at most CBOR_DEPTH levels. All else is refused. */
enum { CBOR_DEPTH = 4 };

typedef enum cbor_kind {
    CBOR_INT,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_SIMPLE
} cbor_kind;

typedef struct cbor {
    cbor_kind kind;
    int64_t i; /* CBOR_INT; CBOR_SIMPLE: 20 false, 21 true, 22 null */
    str s;     /* CBOR_BYTES, CBOR_TEXT (UTF-8): borrowed from the input */
    size_t n;  /* CBOR_ARRAY: items, CBOR_MAP: pairs that follow */
} cbor;

/* Takes one head, with its bytes when it is a string, off the front of *rest. */
bool cbor_next(str *rest, cbor *ret) NODISCARD;
/* Takes one item with everything in it off the front of *rest. */
bool cbor_skip(str *rest) NODISCARD;

#endif
