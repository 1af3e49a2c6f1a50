/* replay.h - Idempotency-Key: the same POST sent again gets the first reply, not a second act. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_REPLAY_H
#define AIMS_HTTP_REPLAY_H
#include "http/route.h"

/* Header field and semantics: draft-ietf-httpapi-idempotency-key-header-07. A key belongs to an
 * account and lives 24 hours. Requests without the header, and other methods, pass through. */
bool replay_begin(request *q, bool *ret_replayed, err *e) NODISCARD;
/* The act is done: keeps its reply. */
bool replay_keep(request *q, err *e) NODISCARD;
/* The act was refused: the key may be used again. */
void replay_forget(request *q);

#endif
