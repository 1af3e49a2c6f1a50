/* flat.h - small trees answered without a walk: each split asked once for a whole block of rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_FLAT_H
#define AIMS_MODEL_FLAT_H
#include "model/trees.h"

/*
 * A walk waits at every level for the node it has just found. Here every split of a tree is asked,
 * from the leaves up, and each answer picks one of two picks: no row waits and no address depends
 * on data, so that the compiler turns the loops over the rows of a block into vector code. The
 * work grows with the leaves, not with the depth: it pays for small trees only, and how small
 * depends on the width of the vectors.
 */
enum { FLAT_ROWS = 64, FLAT_COLUMNS = 256, FLAT_LEAVES = 128 };

typedef enum flat_level { FLAT_PORTABLE, FLAT_AVX2, FLAT_AVX512, FLAT_LEVELS } flat_level;
flat_level flat_best(void); /* of this processor */

/* How a pick names a leaf: by the bits of its float, or by its number where the tree has doubles.
 */
static inline uint32_t flat_leaf(const tree *t, uint32_t node)
{
    uint32_t pick = node;
    if (!t->leaf) memcpy(&pick, &t->nodes[node].value, sizeof pick);
    return pick;
}

struct flat;
/* NULL when no tree of the model would gain. `level` is at most flat_best(). */
struct flat *flat_build(arena *a, const struct model *m, flat_level level);
/* Room for one block of rows, aligned for vectors. */
typedef struct flat_scratch {
    _Alignas(64) float columns[FLAT_COLUMNS * FLAT_ROWS];
    _Alignas(64) uint32_t slots[FLAT_LEAVES][FLAT_ROWS];
} flat_scratch;
/* Takes the rows of a block, n <= FLAT_ROWS, for flat_pick. */
void flat_columns(const struct flat *f, const float *x, size_t n_features, size_t n,
                  flat_scratch *s);
/* The pick of each row (see flat_leaf), valid until the next call; NULL: the i-th tree is to be
 * walked. */
const uint32_t *flat_pick(const struct flat *f, size_t i, flat_scratch *s);

#endif
