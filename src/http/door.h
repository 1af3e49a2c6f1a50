/* door.h - what every request passes before and after its handler, whatever carries it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_DOOR_H
#define AIMS_HTTP_DOOR_H
#include "http/route.h"

/* Bytes of a refused body that are read and thrown away, so that the refusal reaches a sender
 * that is still sending; a longer body is refused at once and the connection closed. */
enum { DOOR_DRAIN = 1 << 20 };

/*
 * The head has arrived: host, route, credentials, capability, type and length of the body. The
 * caller has set metrics, w, a, options, header and wire. length: bytes of the body, 0 none,
 * -1 not announced. A refusal is kept in q->fail until door_run.
 */
void door_open(request *q, str method, str target, int64_t length);
/* More of the body. False: enough was drained, close the connection. */
bool door_data(request *q, const void *p, size_t n) NODISCARD;
/* Who shall call door_run: the thread of the network for what is quick, one of a few for long
 * reads, so that many searches cannot take the place of changes, one of many for what waits for
 * a commit. */
typedef enum door_lane { LANE_NETWORK, LANE_READ, LANE_WRITE } door_lane;
door_lane door_lane_of(const request *q);
/* The body is complete: validates it, runs the handler, fills q->reply in every case. */
void door_run(request *q);
/* Refuses instead of door_run. */
void door_refuse(request *q, err_code code, str hint, const char *why);

/* The name or address of a Host header, without its port. */
str host_name(str host);
/* True when `host` (a Host header) may name this server. */
bool host_allowed(const http_options *o, str host);

#endif
