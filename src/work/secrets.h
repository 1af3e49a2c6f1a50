/* secrets.h - random secrets that are shown once and kept as digests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_SECRETS_H
#define AIMS_WORK_SECRETS_H
#include "base/base.h"

str secret_new(arena *a);              /* 32 random bytes in base64url */
str secret_hash(arena *a, str secret); /* the 32 bytes of its SHA-256 */

#endif
