/* model.h - asking a model: load an artefact, then rows in, outputs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_MODEL_H
#define AIMS_MODEL_MODEL_H
#include "table/table.h"

typedef enum model_task { MODEL_REGRESSION, MODEL_BINARY, MODEL_MULTICLASS } model_task;

/*
 * A loaded model is immutable and may be used by many threads at once, whatever answers for it: a
 * tree ensemble evaluated here, a library, a server or a child process. Inputs are rows of
 * n_features floats in the model's order; missing = NaN. Categorical features hold the category
 * code as a whole number.
 */
struct model;
typedef struct model_info {
    const char *format; /* "xgboost-json", "xgboost-ubjson", "lightgbm-text", "onnx-trees", ... */
    str version;        /* of the library that wrote it, as text */
    model_task task;
    size_t n_features, n_outputs; /* outputs: 1, or the number of classes */
    const str *features;          /* NULL when the file names none */
    const bool *categorical;      /* per feature */
    str objective;
    size_t n_trees;
    digest sha256; /* of the artefact; zeros where `endpoint` names the model instead */
    str endpoint;  /* where it answers, or the command that does; absent: an artefact */
    str settings;  /* with an endpoint: what was set that bears on the answers, a JSON object */
    uint64_t bytes;
} model_info;

/* Format is sniffed from content, never from the name. Every index, size and child link of the
 * file is checked here, so that evaluation needs no checks. Truncated, cyclic or inconsistent
 * files are INVALID with the path inside the file. Formats and their sources: docs/models.md. */
bool model_load(arena *a, const char *path, struct model **ret, err *e) NODISCARD;
bool model_load_bytes(arena *a, str bytes, struct model **ret, err *e) NODISCARD;
/* Before a sandbox forbids files: loads the library that a model of this kind may need. Looks at
 * the first byte only, and needs no model to be one. */
void model_warm_up(str bytes);
const model_info *model_describe(const struct model *m);

/* Matrix of rows in the model's feature order from a table: by feature name when the model has
 * names, else the table's columns in order without those in `skip`. Missing columns, or text
 * columns for numeric features, are INVALID with path "model". */
bool model_matrix(arena *a, const struct model *m, const table *t, const str *skip, size_t n_skip,
                  float **ret_x, err *e) NODISCARD;
/* Transformed outputs, rows x n_outputs; row order is kept. Classifiers give probabilities, also
 * those of the objectives binary:logitraw and multi:softmax, where the original library gives
 * margins and class numbers; what rounding put up to 1e-5 outside of 0..1 is 0 or 1. Tree ensembles
 * always answer; others may fail (UNAVAILABLE). Each thread brings an `e` of its own. */
bool model_predict(const struct model *m, const float *x, size_t rows, double *ret_out,
                   err *e) NODISCARD;
/* Tree ensembles only (model_forest(m).n > 0, see trees.h): raw margins before the link function,
 * rows x n_outputs; equal to the original library's (LightGBM's are doubles, here rounded). */
void model_margin(const struct model *m, const float *x, size_t rows, float *ret_out);

#endif
