/* source.h - where a model comes from: a file, bytes, a server, or a program that answers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_SOURCE_H
#define AIMS_MODEL_SOURCE_H
#include "model/model.h"

/*
 * `at` is a file, or where a model answers:
 *   http(s)://HOST/v2/models/NAME[/versions/V]          Open Inference Protocol (KServe v2), JSON
 *                                                       or Triton's binary tensor extension
 *   http(s)://HOST/v1/models/NAME[/versions/V][:predict]   KServe v1 and TensorFlow Serving
 *   http(s)://HOST/.../invocations                      MLflow 2 and later
 *   exec:PROGRAM ARGUMENT...                            a program that speaks JSON lines
 * A model that answers elsewhere has no bytes to hash: model_info.endpoint names it instead of
 * sha256. Everything it says is hostile: answers of another shape, count or type, that are not
 * finite or too large are refused, and so is a server that changes its version during a run.
 * docs/models.md tells how to write a program.
 *
 * Sources: kserve/open-inference-protocol, specification/protocol/inference_rest.md; Triton,
 * docs/protocol/extension_binary_data.md; tensorflow.org/tfx/serving/api_rest; MLflow, "Local
 * Inference Server Specification".
 */
typedef struct model_source {
    const char *at;
    str bytes;           /* present: the artefact itself, and `at` is but its name */
    const str *settings; /* "name=value", see model_settings; only for models elsewhere */
    size_t n_settings;
    const str *features; /* what the plan says of a model that does not tell; may be absent */
    size_t n_features;
    str task;
    bool no_programs; /* "exec:" is DENIED: somebody else than the user of this machine asks */
} model_source;

/* For "exec:" the calling thread must outlive the model: its end kills the programs. */
bool model_open(arena *a, const model_source *s, struct model **ret, err *e) NODISCARD;

/* True for addresses and programs. */
bool model_is_elsewhere(const char *at);
/* The spelling that names an address in results: no "/infer", ":predict" or slash at its end. */
str model_endpoint(str address);

/* What was asked so far; false for a model evaluated here. It never influences a figure. */
typedef struct model_usage {
    uint64_t calls, rows, retries; /* retries are calls, too */
    uint64_t graded; /* rows whose answer was not just 0 and 1, as that of a class is */
    double seconds;  /* spent waiting for answers, of all calls together */
} model_usage;
bool model_used(const struct model *m, model_usage *ret);
/* From any thread: whatever is asked now or later fails within about a second. */
void model_stop(const struct model *m);

/* Settings of models that answer elsewhere: one table for reading, help and documentation. */
typedef enum setting_type {
    SETTING_INT,
    SETTING_REAL,
    SETTING_BOOL,
    SETTING_CHOICE,
    SETTING_TEXT
} setting_type;
typedef struct model_setting {
    const char *name;
    setting_type type;
    size_t offset; /* in remote_settings */
    double lo, hi; /* numbers: range; texts: most characters (hi) */
    const char *choices;
    const char *dflt; /* as it would be written */
    const char *doc;  /* one sentence without full stop */
    bool bears;       /* on what is asked and answered: results tell it */
} model_setting;
extern const model_setting model_settings[]; /* ends with name == NULL */
extern const char *const setting_type_names[];

/* main() of `aims model-child`, which confines itself and becomes the program. */
#define MODEL_CHILD "model-child"
int model_child_main(int argc, char **argv);

#endif
