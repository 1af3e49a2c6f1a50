/* local.h - asking the API within the process: what the command line does without a server. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_LOCAL_H
#define AIMS_HTTP_LOCAL_H
#include "work/work.h"

typedef struct local_ask {
    const char *method;
    str target;    /* path and query */
    str body;      /* absent: none */
    str body_type; /* media type of the body */
    str if_match;  /* absent: not sent */
} local_ask;

typedef struct local_reply {
    int status;
    str type, body, etag;
    int fd;                  /* -1, or the body as a file; open as long as the arena */
    struct download *stream; /* the body as a stream; see work/files.h */
} local_reply;

/*
 * Passes the same door and handlers as a request from the network; only host and credentials are
 * not looked at: `who` acts. The reply lives in the arena; a refusal is a problem document with
 * its status. A body in a file is given with upload_fd (-1: none) and streamed.
 */
void http_local(struct work *w, const actor *who, const local_ask *ask, int upload_fd, arena *a,
                local_reply *ret);

#endif
