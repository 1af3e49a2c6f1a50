/* log.h - the log sink; only http, cli and the job runner may call it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_LOG_H
#define AIMS_BASE_LOG_H
#include "base/err.h"

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR } log_level;

/* One line to stderr, "time level message"; under systemd with the <n> priority prefix.
 * Thread-safe. */
void log_line(log_level l, const char *fmt, ...) PRINTF(2, 3);
void log_err(log_level l, const char *what, const err *e);
void log_threshold(log_level l);

#endif
