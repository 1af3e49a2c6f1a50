/* metrics.h - what the server counts about itself, and its Prometheus text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_METRICS_H
#define AIMS_HTTP_METRICS_H
#include "http/route.h"

/* All calls are thread-safe and never block. */
struct metrics;
struct metrics *metrics_open(arena *a);
void metrics_began(struct metrics *m);
/* at: NULL when no route was found. */
void metrics_ended(struct metrics *m, const served *at, int status, double seconds);
void metrics_streams(struct metrics *m, int change);
long metrics_in_flight(const struct metrics *m);
/* Prometheus text format 0.0.4. */
void metrics_text(const struct metrics *m, buf *b);

#endif
