/* tar.h - one header block of the reproducible ustar form, and the order of names in it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REPORT_TAR_H
#define AIMS_REPORT_TAR_H
#include "base/base.h"

/*
 * POSIX.1-2017 pax, "ustar Interchange Format", with everything that could vary fixed: mode 0644
 * (directories 0755), owner and group 0 without names, time 0. Byte for byte what GNU tar 1.34
 * writes with --format=ustar --mtime=@0 --owner=0 --group=0 --numeric-owner (tests compare).
 */
#define TAR_BLOCK  512u
#define TAR_RECORD 10240u /* GNU tar fills the archive up to a multiple of this */
#define TAR_FILE   '0'
#define TAR_DIR    '5'

/* False when the name (directories end in '/') does not fit or the size is over 8 GiB - 1. */
bool tar_header(uint8_t out[TAR_BLOCK], str name, uint64_t size, char type) NODISCARD;

typedef struct tar_entry {
    str name;
    uint64_t size;
    char type;
    bool sum_ok;    /* the checksum fits the other bytes */
    bool canonical; /* the block is exactly what tar_header writes */
} tar_entry;
/* Reads any ustar block; false when name or size make no sense. The name is copied. */
bool tar_parse(arena *a, const uint8_t block[TAR_BLOCK], tar_entry *ret) NODISCARD;

/* The order of --sort=name: bytewise by path component, a directory before what is in it. */
int tar_order(str a, str b);

#endif
