/* gunzip.h - a gzip stream read strictly: one member, no name, no time, nothing behind it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REPORT_GUNZIP_H
#define AIMS_REPORT_GUNZIP_H
#include "report/bag_check.h"

/* RFC 1952 with the header that gzip -n -6 writes. zlib's own memory goes with the arena. */
struct gunzip;
struct gunzip *gunzip_open(arena *a, bag_source *source, void *ctx) NODISCARD;
/* Up to n plain bytes; fewer only at the end or when the stream is broken (gunzip_broken). */
size_t gunzip_pull(struct gunzip *g, void *out, size_t n);
uint64_t gunzip_total(const struct gunzip *g); /* plain bytes so far */
/* What is wrong with the stream, as a sentence; NULL: nothing so far. */
const char *gunzip_broken(const struct gunzip *g);
/* After the last plain byte: checks the trailer and that nothing follows. */
void gunzip_finish(struct gunzip *g);
/* Reads the source to its end, so that the digest is of all its bytes. False when reading the
 * source itself failed, now or before. */
bool gunzip_drain(struct gunzip *g, digest *ret_sha256, err *e) NODISCARD;

#endif
