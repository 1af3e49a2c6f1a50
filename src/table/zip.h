/* zip.h - members of a zip archive in memory, checked before anything is unpacked. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_ZIP_H
#define AIMS_TABLE_ZIP_H
#include "base/base.h"

/*
 * PKWARE APPNOTE 6.3.10, the part that .npz files use: one disk, members stored or deflated, zip64.
 * The central directory is what counts. Refused with ERR_INVALID, path = name of the archive:
 * encrypted members, other methods, members that overlap, lie outside or carry names that are
 * empty, doubled, no UTF-8, or paths. Over `max` bytes unpacked, all members together, or over
 * ZIP_FREE + ZIP_RATIO times the archive's size is TOO_LARGE: a zip bomb.
 */
#define ZIP_RATIO   100u
#define ZIP_FREE    (UINT64_C(256) << 20)
#define ZIP_MEMBERS 16384u

typedef struct zip_member {
    str name;
    str packed;
    uint64_t size; /* unpacked */
    uint32_t crc;
    bool deflated;
} zip_member;

bool zip_open(arena *a, str bytes, str name, uint64_t max, zip_member **ret, size_t *ret_n,
              err *e) NODISCARD;
/* The bytes of a member: a view of the archive when it is stored. Wrong sizes and checksums are
 * INVALID. */
bool zip_unpack(arena *a, const zip_member *m, str name, str *ret, err *e) NODISCARD;

#endif
