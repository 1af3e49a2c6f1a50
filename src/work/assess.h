/* assess.h - measuring: stand-alone, by a plan, and handing a result in as evidence. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_ASSESS_H
#define AIMS_WORK_ASSESS_H
#include "measure/measure.h"
#include "work/work.h"

/* One run on files of this machine; needs no data directory. */
typedef struct assess_run {
    measure_plan plan;
    const char *data;            /* path */
    const char *model;           /* path; NULL: predictions are columns of the data */
    str data_bytes, model_bytes; /* present: read from memory, the paths are but names */
    str system;                  /* names for the result's subject; may be absent */
    str dataset, model_name;
    const char *reference; /* path of the data to compare with; NULL: none */
    int threads;
    bool (*progress)(void *ctx, double done);
    void *progress_ctx;
    bool (*values)(void *ctx, str csv, err *e); /* measure_input.values; NULL: not wanted */
    void *values_ctx;
} assess_run;

typedef struct assessment {
    measure_result result;
    str json; /* the result, design section 4 */
    verdict verdict;
    digest data_sha256, model_sha256;
    bool has_model;
    int64_t rows, started_at;
    double seconds;
} assessment;
bool assess(const assess_run *run, arena *a, assessment *ret, err *e) NODISCARD;

/* A plan's measure_plan from what a plan record holds: kind, the members of `parameters` (which
 * must not repeat kind or limits) and the limit texts. */
bool plan_parse(arena *a, str kind, const doc *parameters, const str *limits, size_t n_limits,
                measure_plan *ret, err *e) NODISCARD;

/* The plan record by name or id with its parsed measure_plan (limits included). */
struct plan;
bool work_plan(struct work *w, const actor *who, str name, arena *a, struct plan **ret_plan,
               measure_plan *ret, err *e) NODISCARD;

/*
 * Hands in a result (CAP_MEASURE): `json` has the shape of design section 4 and may come from
 * another machine. Its figures are judged again against the plan's limits; limits, parameters,
 * data or a model that are not the plan's are refused, and so is a run that began before the plan
 * was last changed (5 minutes aside, for clocks): limits are fixed before the run. The same result
 * twice is CONFLICT. Stored as a file; then one transaction writes the measurement, the evidence
 * for every control that the plan (or the catalog, for its kind) names, and on failure a finding
 * unless one is open for the plan.
 * A pass moves the finding that the program itself opened to "corrected", unless a failure of the
 * plan was observed later.
 * plan: name or id, absent: none, then `system` is needed and the result's own limits count.
 */
typedef struct handed_in {
    int64_t measurement, evidence, finding; /* finding 0: none */
    int64_t leaf;                           /* of the measurement */
    verdict verdict;
    const str *controls; /* the evidence is for these */
    size_t n_controls;
} handed_in;
bool work_hand_in(struct work *w, const actor *who, str json, str plan, str system, arena *a,
                  handed_in *ret, err *e) NODISCARD;
void handed_in_json(const handed_in *h, jw *out);

#endif
