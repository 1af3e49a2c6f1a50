/* evidence.h - what was observed, when, how, of which subject, and how long it counts (A.*, 9.1).
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_EVIDENCE_H
#define AIMS_REGISTER_EVIDENCE_H
#include "record/record.h"

/* measured: by an engine of this program; recorded: an act that the program itself witnessed
 * (an approval, a closed finding); attested: a person says so, perhaps with a file. */
enum evidence_method { METHOD_MEASURED = 1, METHOD_RECORDED, METHOD_ATTESTED };

typedef struct evidence {
    row_head head;
    str name, kind, note, file_sha256, file_name;
    int method, verdict; /* enum evidence_method, enum record_verdict */
    str_list controls;
    int64_t system, measurement, document, supplied_by;
    int64_t observed_at, fresh_until;
    opt_int file_size;
} evidence;

extern const record evidence_record;

#endif
