/* doctor.h - looks at an installation and a data directory and says what is wrong with it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_DOCTOR_H
#define AIMS_WORK_DOCTOR_H
#include "base/base.h"

typedef struct doctor_check {
    const char *name; /* "directory", "keys", "store", "log", "files", "clock", "disk" */
    bool ok;
    str text, hint; /* what was found; what to do when it is not ok */
} doctor_check;

#define DOCTOR_MAX 20
typedef struct doctor_report {
    doctor_check checks[DOCTOR_MAX];
    size_t n, bad;
} doctor_report;

/* dir NULL: only the installation. Changes nothing; works beside a running server. complete:
 * every leaf and every stored file is read and hashed. False only when it cannot look. */
bool doctor(const char *dir, bool complete, arena *a, doctor_report *ret, err *e) NODISCARD;
void doctor_json(const doctor_report *r, jw *out);

#endif
