/* endpoints.h - the addresses that a server may ask for models, as its operator allows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_ENDPOINTS_H
#define AIMS_WORK_ENDPOINTS_H
#include "work/work.h"

/*
 * People with rights to the register write addresses into it; the server would ask them from
 * inside the operator's network. So it asks none but those that the operator lists in
 * DIR/endpoints.txt, one per line: an address prefix, which ends where a part of a path does, then
 * settings of model/source.h for it, as in
 *     https://models.example/v2/models  token_file=/etc/aims/token timeout=20
 * Empty lines and lines from '#' on are comments; the first line that fits counts. DENIED with a
 * hint where none does. *ret_settings begins with defaults that keep a job's lease.
 */
bool endpoint_allowed(struct work *w, str address, arena *a, str **ret_settings, size_t *ret_n,
                      err *e) NODISCARD;
/* The same for the text of such a file; false where no line fits. */
bool endpoint_match(str text, str address, arena *a, str **ret_settings, size_t *ret_n);

#endif
