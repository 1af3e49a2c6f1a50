/* serve.h - the server process: HTTP, the publisher of the log and the job runner, side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CLI_SERVE_H
#define AIMS_CLI_SERVE_H
#include "work/settings.h"

typedef struct serve_options {
    const char *dir;
    const setting_given *start; /* SETTINGS of them, read by start_read */
    bool json; /* tell where it is as one line of JSON: {"url"} or {"url","code","link"} */
} serve_options;

/* Runs until SIGTERM or SIGINT, then finishes what is in flight. The first start of a directory
 * without accounts makes "admin" and prints its one-time link. */
bool serve(const serve_options *o, err *e) NODISCARD;

#endif
