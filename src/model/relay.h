/* relay.h - a model asked through another process: who computes needs no network for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_RELAY_H
#define AIMS_MODEL_RELAY_H
#include "model/source.h"

/*
 * The process that may use the network opens the model, describes it, and answers questions on one
 * end of a socket; a sandboxed process asks on the other end with read and write alone. A question
 * is a count and rows of floats, its answer rows of doubles or an error: nothing that comes from
 * the sandbox can name another address, and it is believed nothing but numbers.
 */

/* Starts a thread that answers for `m` until the arena closes or the asker hangs up. *ret_fd is the
 * asker's end; it belongs to the arena. `m` must outlive it: open it in the same arena before. */
bool relay_start(arena *a, const struct model *m, int *ret_fd, err *e) NODISCARD;
/* What relay_open must know, as a JSON object. */
str relay_describe(arena *a, const struct model *m);
/* The asker's side. model_describe, model_predict and model_used work as for the model itself. */
bool relay_open(arena *a, int fd, const doc *description, struct model **ret, err *e) NODISCARD;
/* model_used for a model of relay_open; false when `m` is none. */
bool relay_used(const struct model *m, model_usage *ret);

/* ---- shared by both sides ---- */

enum { RELAY_ROWS_MAX = 1 << 16, RELAY_CELLS_MAX = 1 << 26, RELAY_ERROR_MAX = 1 << 16 };
/* Before an answer: rows of doubles follow, or so many bytes of an error. A question for 0 rows is
 * answered with a model_usage. */
typedef struct relay_head {
    uint32_t ok, bytes;
} relay_head;
/* Whole messages, by read and write alone; false when the other end is gone. */
bool relay_give(int fd, const void *p, size_t n) NODISCARD;
bool relay_take(int fd, void *p, size_t n) NODISCARD;

#endif
