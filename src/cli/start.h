/* start.h - what `aims serve` is told at start, by options and by the environment. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CLI_START_H
#define AIMS_CLI_START_H
#include "cli/command.h"
#include "http/http.h"
#include "work/settings.h"

extern const option start_options[]; /* of `aims serve` */

/* An option wins over the environment; USAGE names what is out of range. */
bool start_read(struct call *c, setting_given ret[SETTINGS], err *e) NODISCARD;
/* What of it concerns the HTTP server; the rest of *ret stays. */
void start_http(const setting_given *g, arena *a, http_options *ret);

#endif
