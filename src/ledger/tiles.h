/* tiles.h - the static files of a log: paths, tiles, entry bundles, read and written safely. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_TILES_H
#define AIMS_LEDGER_TILES_H
#include "ledger/merkle.h"

/*
 * c2sp.org/tlog-tiles v0.1:
 *   checkpoint
 *   tile/<L>/<N>[.p/<W>]         hash tile, 32 * W bytes (W = 256 in a full one)
 *   tile/entries/<N>[.p/<W>]     W entries, each uint16 big-endian length and its bytes
 * <N> in groups of three digits, all but the last with an x: 1234067 -> x001/x234/067.
 */
#define TILES_WIDTH     256u
#define TILES_HEIGHT    8u /* 2^8 = 256 */
#define TILES_LEVELS    8u /* enough for 2^63 leaves */
#define TILES_ENTRIES   (-1)
#define TILES_ENTRY_MAX 65535u
#define TILES_FILE_MAX  (TILES_WIDTH * (TILES_ENTRY_MAX + 2u))

typedef struct tile_name {
    int level;      /* 0..63, or TILES_ENTRIES for a bundle */
    uint64_t index; /* N */
    unsigned width; /* 1..256; 256 = full, without a .p part */
} tile_name;

str tile_path(arena *a, tile_name t);
/* Strict inverse: accepts only what tile_path writes. */
bool tile_parse(str path, tile_name *ret) NODISCARD;
/* Full tiles of a level in a log of `size` leaves, and the width of the partial one (0 = none). */
uint64_t tile_full(uint64_t size, int level);
unsigned tile_partial(uint64_t size, int level);

/*
 * A directory of tiles. Reading treats it as hostile: relative paths only, no symbolic link is
 * followed at any step, only regular files, sizes capped. Lives in the arena.
 */
struct tiles;
/* create: makes the directory (0755) and sweeps temporary files of a killed writer. */
bool tiles_open(arena *a, const char *dir, bool create, struct tiles **ret, err *e) NODISCARD;
const char *tiles_dir(const struct tiles *t);
/* NOT_FOUND when it is not there; DAMAGED for links, specials and files over `max`. */
bool tiles_get(struct tiles *t, arena *a, str path, size_t max, str *ret, err *e) NODISCARD;
/* Temporary file, fsync, rename; the directory is synced by the next tiles_sync. */
bool tiles_put(struct tiles *t, str path, str bytes, err *e) NODISCARD;
/* fsync of every directory changed since the last call. */
bool tiles_sync(struct tiles *t, err *e) NODISCARD;
/* Removes the partial tiles N.p/ of a tile that is full by now; missing ones are fine. */
bool tiles_drop_partials(struct tiles *t, tile_name full, err *e) NODISCARD;
/* Calls fn with every file below the directory, relative path, in no order; stops when false.
 * Links and specials are given too, with regular == false. */
typedef bool tiles_walk_fn(void *ctx, str path, bool regular, err *e);
bool tiles_walk(struct tiles *t, tiles_walk_fn *fn, void *ctx, err *e) NODISCARD;

/* The hashes of a tile: exactly t.width. A partial tile that is gone is cut from the full one. */
bool tile_hashes(struct tiles *t, arena *a, tile_name name, const digest **ret, err *e) NODISCARD;
/* The entries of a bundle, exactly t.width of them, with nothing behind the last. */
bool tile_entries(struct tiles *t, arena *a, tile_name name, str **ret, err *e) NODISCARD;
/* Bytes to entries: false when the framing is broken or n does not match. */
bool bundle_parse(arena *a, str bytes, unsigned n, str **ret) NODISCARD;
/* Root of `n` neighbouring hashes, n a power of two. */
digest tile_fold(const digest *at, size_t n);

/* A merkle_source over the tiles of a tree of exactly `size` leaves; remembers the last tiles. */
struct tile_source;
struct tile_source *tile_source_open(arena *a, struct tiles *t, uint64_t size) NODISCARD;
bool tile_source_node(void *source, unsigned level, uint64_t index, digest *ret, err *e) NODISCARD;

#endif
