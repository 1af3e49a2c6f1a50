/* measure.h - the engine interface: a plan in, one result shape out; no clock, no store, no
 * globals. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_MEASURE_H
#define AIMS_MEASURE_MEASURE_H
#include "model/encode.h"
#include "model/model.h"
#include "table/table.h"

typedef enum verdict { VERDICT_NONE, VERDICT_PASS, VERDICT_FAIL, VERDICT_INCONCLUSIVE } verdict;
const char *verdict_name(verdict v); /* "none", "pass", "fail", "inconclusive" */

typedef enum limit_op { LIMIT_LE, LIMIT_LT, LIMIT_GE, LIMIT_GT } limit_op;

/*
 * "metric<=0.1", "metric[sex=Female]>=0.8", "metric[*]>=0.8" (every slice). No brackets: the
 * whole. A value with a comma, bracket or quote stands in double quotes: [race="a,b"]; a quote
 * inside is doubled.
 */
typedef struct limit {
    str metric;
    str slice; /* absent: the whole; "*": each slice; else "a=b,c=d", as written */
    limit_op op;
    double value;
} limit;
bool limit_parse(arena *a, str text, limit *ret, err *e) NODISCARD;
str limit_text(arena *a, const limit *l);
/* The rule of design section 3: pass when the whole interval is inside the limit, fail when it is
 * wholly outside, inconclusive otherwise or without an interval. */
verdict limit_verdict(const limit *l, double lo, double hi);

/* What a run is told: fixed before it starts, printed whole in the result, enough to repeat it. */
typedef struct measure_plan {
    str kind;                        /* id of the catalog: "bias_fairness_test" */
    str task;                        /* "binary", "multiclass", "regression"; absent: see below */
    str label, positive, prediction; /* columns; `positive` is a value of the label column */
    str score;                       /* column with a probability or score of the positive class */
    double threshold;                /* score >= threshold predicts positive */
    bool has_threshold;
    const str *groups; /* protected attributes or slicing columns */
    size_t n_groups;
    const doc *bins; /* {"age": [25, 40, 65]}: ranges of numeric groups (bins.h); NULL: none */
    str where;       /* row filter, table.h's expressions */
    const limit *limits;
    size_t n_limits;
    double confidence; /* 0.5 < c < 1; default 0.95 */
    int64_t resamples; /* bootstrap replicates; 0 = default 1000 */
    uint64_t seed;
    int64_t min_group;   /* groups smaller than this are reported but not judged; default 30 */
    const str *features; /* columns the model may see, before encoding; NULL: by the model's own
                            names, or all but the label. A model without names takes them by
                            position, in the order told here */
    size_t n_features;
    const encoding *encode; /* how raw columns become the model's numbers; NULL: as they are */
    const doc *options;     /* object with members of the kind's option table; NULL: all defaults */
    const doc *schema;      /* what the data must be like (schema.h); NULL: not told */
} measure_plan;

/* Nothing chosen: threshold 0.5 unset, confidence 0.95, 1000 resamples, seed 1, min_group 30. */
measure_plan measure_plan_default(void);

/*
 * Without `task`: a model's own task; else binary when `positive` or `score` is named or the
 * label has two values; else regression for a numeric label, multiclass for a text one.
 * Without `positive` a binary label must be 0/1, no/yes or false/true: the latter is positive.
 * Missing labels, predictions or scores are INVALID; a missing protected attribute is a group
 * of its own, "(missing)": leaving those people out would hide what happens to them.
 *
 * Plan from and to JSON (the "parameters" of a result; the columns of a stored plan): members
 * as in the struct, limits as texts. Unknown members, kinds and metrics are refused with their
 * path, and the hint lists the valid ones.
 */
bool measure_plan_parse(arena *a, const doc *d, measure_plan *ret, err *e) NODISCARD;
void measure_plan_json(const measure_plan *p, jw *w);

typedef struct measure_input {
    const table *data;
    const table *reference; /* the data that `data` is held against; NULL: none. `where` applies to
                               `data` only */
    /* The reference is what was kept of data (kept.h), and `reference` its table without values;
     * NULL: its rows are there. */
    const struct kept_reference *kept;
    const struct model *model; /* NULL: predictions are columns of the data */
    const doc *recorded; /* an earlier result (design section 4), for a kind that repeats it */
    int threads;         /* never changes a figure */
    /* Called now and then from the calling thread with 0..1; false cancels (UNAVAILABLE). */
    bool (*progress)(void *ctx, double done);
    void *progress_ctx;
    /* Takes a kind's values per row as CSV, in pieces, from the calling thread; false ends the
     * run. NULL: not wanted. A kind without such values refuses it (measure_kind.values). */
    bool (*values)(void *ctx, str csv, err *e);
    void *values_ctx;
} measure_input;

/*
 * One figure. For any id at most one entry has no slice: the whole data or, for a disparity
 * between groups, the one over all named attributes jointly (their intersections). Slices:
 *   {"race":"Black"}              a group; {"race":"Black","sex":"Female"} an intersection
 *   {"race":"*"}                  a disparity over the groups of race alone, when several
 *                                 attributes are named; "attribute" then says "race"
 *   {"species":"setosa"}          multi-class: one class of the label column against the rest;
 *                                 combines with the above as {"race":"Black","species":"setosa"}
 * Keys stand in the order of plan.groups, then the label; "[race=*]" addresses such an entry.
 */
typedef struct metric {
    str id;            /* "true_positive_rate" */
    double value;      /* NaN: undefined on this slice */
    double lo, hi;     /* interval; NaN when none can be given */
    double confidence; /* of this interval: above the plan's when corrected for many slices */
    str method;        /* how the interval came: "wilson", "bootstrap-multinomial", ... */
    int64_t n;         /* rows the figure rests on: a rate's own denominator */
    str slice;         /* JSON object, see above; absent for the whole */
    str attribute; /* disparity over one of several attributes ("race", "race,sex"), else absent */
    bool has_limit;
    limit limit;
    verdict verdict;
    int64_t
        n_needed; /* inconclusive: rows that would decide it, by the interval's width; 0 = n/a */
} metric;

typedef struct measure_result {
    str kind, method;              /* method name, one line */
    const char *const *references; /* NULL-ended */
    metric *metrics;
    size_t n_metrics;
    verdict verdict; /* fail if any fails, else inconclusive if any is, else pass; none without
                        limits */
    str *notes;
    size_t n_notes;
    str tables, figures; /* JSON arrays, "[]" when empty */
} measure_result;

typedef bool measure_run_fn(const measure_plan *p, const measure_input *in, measure_result *ret,
                            arena *a, err *e);

/* What a kind can be told beyond the members that every plan has. */
typedef struct measure_option {
    const char *name;
    doc_kind type; /* DOC_BOOL, DOC_INT, DOC_REAL, DOC_STR, DOC_ARR of texts, DOC_OBJ */
    double lo, hi; /* numbers: range; texts and lists: most characters or entries (hi) */
    double dflt;   /* numbers and truth values (0, 1) when absent */
    const char *doc;
} measure_option;

/* The registry: one row per kind. */
typedef struct measure_kind {
    const char *id, *title;
    measure_run_fn *run;
    const char *slice; /* members of slices that are neither group nor class: "column", or several
                          with commas in between; NULL: none */
    const char *const *metrics;    /* ids it can give, NULL-ended; limits must name one of them */
    const measure_option *options; /* ends with name == NULL; NULL: none */
    bool needs_label, needs_groups, needs_model, needs_reference;
    bool groups, reference; /* takes them, where it does not need them */
    bool needs_recorded;    /* repeats a result: what else it needs follows from that */
    bool all_columns;       /* reads every column of the data, not only those the plan names */
    bool values;            /* has values per row to hand out */
    bool kept;              /* its reference may be one that was kept as counts */
} measure_kind;
extern const measure_kind measure_kinds[];
extern const size_t measure_n_kinds;
const measure_kind *measure_find(str id);

/* Columns a plan reads, for table_options.only. With a model all columns are needed: n == 0. */
bool measure_columns(const measure_plan *p, const struct model *m, arena *a, str **ret,
                     size_t *ret_n, err *e) NODISCARD;
/* Checks the plan against the kind and runs it: applies `where`, asks the model, calls the kind. */
bool measure_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                 err *e) NODISCARD;

/* The JSON shape of design section 4; subject and times are given by the caller, for engines
 * know neither. `subject` is a JSON object. */
typedef struct measure_context {
    str subject; /* {"system":...,"model":{...},"dataset":{...}} */
    int64_t started_ms;
    double seconds;
    str tool_version;
} measure_context;
void measure_result_json(const measure_plan *p, const measure_result *r, const measure_context *c,
                         jw *w);

#endif
