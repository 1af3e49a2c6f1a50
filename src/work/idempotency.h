/* idempotency.h - kept replies, so that a repeated request is not a repeated act. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_IDEMPOTENCY_H
#define AIMS_WORK_IDEMPOTENCY_H
#include "work/work.h"

/*
 * A key belongs to an account and lives 24 hours. begin reserves it in a transaction of its own,
 * so that two equal requests at the same moment cannot both act: *ret_status is 0 when the
 * caller shall act, else the kept reply. CONFLICT when the key stands for another request, or
 * when the first one is still running or was cut off by a crash: then nobody knows whether it
 * acted, and the caller must look before sending it again under a new key.
 */
bool idempotency_begin(struct work *w, const actor *who, str key, digest request, arena *a,
                       int64_t *ret_status, str *ret_body, err *e) NODISCARD;
bool idempotency_keep(struct work *w, const actor *who, str key, int64_t status, str body,
                      err *e) NODISCARD;
/* The act was refused: the key is free again. */
bool idempotency_forget(struct work *w, const actor *who, str key, err *e) NODISCARD;

#endif
