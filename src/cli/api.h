/* api.h - the command line's way to the API: in this process, or to a server with --url. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CLI_API_H
#define AIMS_CLI_API_H
#include "cli/command.h"
#include "work/work.h"

/* Both ways pass the same door and handlers, so a command behaves alike here and there. */
typedef struct api_reply {
    int status;
    str body;
    str type;
    doc *json; /* parsed body, when it is JSON */
    str etag;
} api_reply;

/* target: path and query. json: the body, absent for none. if_match 0: none. Problems of the API
 * come back as errors with their code, path and hint. */
bool api_send(struct call *c, const char *method, str target, str json, int64_t if_match,
              api_reply *ret, err *e) NODISCARD;
/* A file as body; the reply is the File shape. */
bool api_upload(struct call *c, const char *path, api_reply *ret, err *e) NODISCARD;
/* The reply's body into a new file. */
bool api_download(struct call *c, const char *method, str target, str json, const char *path,
                  err *e) NODISCARD;

/* A file of the vault as bytes; over `max` is TOO_LARGE. */
bool api_file(struct call *c, str sha256, size_t max, str *ret, err *e) NODISCARD;

/* The data directory itself, opened once per call; CONFLICT when a server has it. */
bool api_work(struct call *c, bool write, struct work **ret, actor *ret_who, err *e) NODISCARD;
/* Percent-encodes one path segment or query value. */
str api_escape(arena *a, str s);

#endif
