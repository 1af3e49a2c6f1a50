/* assess.h - measuring: stand-alone, by a plan, and handing a result in as evidence. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_ASSESS_H
#define AIMS_WORK_ASSESS_H
#include "measure/measure.h"
#include "model/source.h"
#include "work/work.h"

/* One run on files of this machine; needs no data directory. */
typedef struct assess_run {
    measure_plan plan;
    const char *data;      /* path */
    const char *model;     /* path, address or program, see model/source.h; NULL: predictions are
                              columns of the data */
    const char *reference; /* path of the data to compare with; NULL: none */
    const char *recorded;  /* path of the result to repeat; NULL: none */
    /* Present: read from memory, the paths are but names. */
    str data_bytes, model_bytes, reference_bytes, recorded_bytes;
    /* No measurement: `json` is {"subject", "kept": the reference kept of the data (kept.h)}, which
     * is added to `reference`, a kept one itself, or has its shape alone. Columns: the plan's
     * options.columns. */
    bool keep, keep_shape;
    str keep_name;
    str system; /* names for the result's subject; may be absent */
    str dataset, model_name, reference_name;
    const str *model_settings; /* "name=value", of models that answer elsewhere */
    size_t n_model_settings;
    str model_described;          /* parent: what the engine is told of a model that it asks through
                                     model_channel (relay.h) instead of reading it; absent: it reads it */
    const doc *model_description; /* engine: the same, read */
    int model_channel;
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
    int64_t rows, started_at;
    double seconds;
} assessment;
/* The model of a run, wherever it answers. */
bool assess_model(const assess_run *run, bool programs, arena *a, struct model **ret,
                  err *e) NODISCARD;
/* Whole file, or the bytes given; "-" is standard input. */
bool assess_bytes(arena *a, const char *path, str given, str *ret, err *e) NODISCARD;
/* The run that keeps a reference: assess() calls it. */
bool assess_keep(const assess_run *run, arena *a, assessment *ret, err *e) NODISCARD;
/* In this process: for files that may be trusted, and models that answer elsewhere. */
bool assess(const assess_run *run, arena *a, assessment *ret, err *e) NODISCARD;
/*
 * The same in the sandboxed engine process of jobs.h, for files that may not: "-" is
 * standard input. A model that answers elsewhere is asked by this process, for the engine has no
 * network. It ends within a second when `progress` says no. `result` stays
 * empty.
 */
typedef struct assess_limits {
    uint64_t memory, cpu_seconds; /* 0: 16 GiB, 24 hours */
} assess_limits;
bool assess_apart(const assess_run *run, const assess_limits *l, arena *a, assessment *ret,
                  err *e) NODISCARD;

/* A plan's measure_plan from what a plan record holds: kind, the members of `parameters` (which
 * must not repeat kind or limits) and the limit texts. */
bool plan_parse(arena *a, str kind, const doc *parameters, const str *limits, size_t n_limits,
                measure_plan *ret, err *e) NODISCARD;

/*
 * Whether the program can carry the plan out by itself: its data are named, its reference where its
 * kind compares, its model where its kind asks one; a repetition needs `options.plan` instead.
 * INVALID with the member that is missing.
 */
struct plan;
bool work_plan_complete(const struct plan *p, const measure_plan *how, err *e) NODISCARD;

/* The plan record by name or id with its parsed measure_plan (limits included). */
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
