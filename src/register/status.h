/* status.h - the status of a control: a pure function of decision, evidence and findings. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_STATUS_H
#define AIMS_REGISTER_STATUS_H
#include "base/base.h"

typedef enum control_status {
    STATUS_EXCLUDED, /* not applicable, with a reason */
    STATUS_PLANNED,  /* applicable; nobody claims it is in place */
    STATUS_DECLARED, /* somebody says so, nothing proves it */
    STATUS_PROVEN,   /* fresh evidence, none against it */
    STATUS_FAILING,  /* fresh evidence or an open nonconformity against it */
    STATUS_STALE,    /* it was proven, but the proof has expired */
    STATUS_CODES
} control_status;
const char *status_name(control_status s);

/* One piece of evidence as the status sees it. */
typedef struct status_evidence {
    bool attested;      /* a person says so: never proves, see enum evidence_method */
    bool fails, passes; /* verdict of a measurement; both false: inconclusive or without limits */
    bool measured;      /* carries a verdict at all */
    int64_t source;     /* plan (measured), else 0: only the newest of a plan counts */
    int64_t observed_at, fresh_until;
} status_evidence;

typedef struct status_input {
    bool applicable, declared; /* declared: partial or implemented */
    const status_evidence *evidence;
    size_t n_evidence;
    size_t open_nonconformities; /* major or minor */
    int64_t now;
} status_input;

/*
 * excluded      not applicable
 * failing       an open nonconformity, or the newest measurement of any plan is fresh and fails
 * proven        at least one fresh piece that is not attested speaks for it: a passing newest
 *               measurement of a plan, or a recorded act
 * stale         no such fresh piece, but there was one that has expired
 * declared      only a declaration or attested evidence
 * planned       nothing
 * What is observed after `now` does not count, nor does it overtake anything; of two measurements
 * of a plan at the same time the later in the list counts; without a plan each counts.
 * A failing measurement that has expired makes the control stale, not proven again.
 */
control_status status_of(const status_input *in);

#endif
