/* base.h - the public face of the room: everything a caller of any room may use. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_BASE_H
#define AIMS_BASE_BASE_H
#include "base/arena.h"
#include "base/clock.h"
#include "base/core.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#endif
