/* remote.h - a model that answers elsewhere: settings, requests, answers, lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_REMOTE_H
#define AIMS_MODEL_REMOTE_H
#include "model/child.h"
#include "model/model_impl.h"
#include "model/source.h"
#include "net/net.h"
#include <pthread.h>
#include <stdatomic.h>

enum { ANSWER_MAX = 64 << 20, REQUEST_MAX = 64 << 20 }; /* bytes of one call */

typedef enum protocol {
    PROTOCOL_AUTO,
    PROTOCOL_OIP,
    PROTOCOL_V1,
    PROTOCOL_MLFLOW,
    PROTOCOL_LINES
} protocol;
typedef enum layout { LAYOUT_AUTO, LAYOUT_MATRIX, LAYOUT_COLUMNS, LAYOUT_LISTS } layout;
typedef enum datatype { TYPE_AUTO, TYPE_FP32, TYPE_FP64, TYPE_INT32, TYPE_INT64 } datatype;

typedef struct remote_settings {
    int64_t batch, concurrency, retries, calls, rows, classes, cpu, memory;
    double backoff, timeout;
    int protocol, layout, datatype, task;
    int binary, plain_token, network, unconfined; /* truth values */
    str token_env, token_file, ca_file, input, output, missing, features, environment, content_type;
} remote_settings;
/* From "name=value" texts; what is not given has its default. */
bool settings_read(arena *a, const str *given, size_t n, remote_settings *ret, err *e) NODISCARD;
/* Those given that bear on answers, as a JSON object; the last of a name counts. */
str settings_told(arena *a, const str *given, size_t n);

/* One tensor of a request: all features, or one of them. */
typedef struct tensor {
    str name;
    datatype type;
} tensor;

/* How rows are written; fixed before the first call. */
typedef struct wording {
    protocol protocol;
    bool columns; /* one tensor or member per feature */
    bool lists;   /* a member's value is a list of one */
    bool binary;
    str content_type;      /* OIP: of the request's parameters; absent: none */
    const tensor *tensors; /* OIP: 1, or n_features with `columns` */
    const str *features;   /* NULL: no names */
    size_t n_features;
    str output; /* absent: the only one */
    enum { MISSING_NULL, MISSING_NAN, MISSING_NUMBER } missing;
    double missing_number;
} wording;

/* The body of a call, in the arena. *ret_json: bytes of the JSON before a binary tail, 0 when there
 * is no tail. INVALID for infinite values, and where a tensor of whole numbers meets others. */
bool request_write(arena *a, const wording *w, const float *x, size_t rows, int64_t id, str *ret,
                   size_t *ret_json, err *e) NODISCARD;

/* What one call was answered. */
typedef struct answer {
    size_t rows, width;
    double *at;  /* rows x width, all finite */
    str version; /* of the model, absent when not told */
    bool whole;  /* of a type that holds no fractions */
} answer;
/* Bytes from outside; `rows` and `id` are those of the request. `json`: bytes of JSON before a
 * binary tail, SIZE_MAX: there is none. */
bool answer_tensors(arena *a, str body, size_t json, size_t rows, int64_t id, str output,
                    answer *ret, err *e) NODISCARD;
bool answer_predictions(arena *a, str body, size_t rows, str output, answer *ret, err *e) NODISCARD;
bool answer_line(arena *a, str line, size_t rows, int64_t id, answer *ret, err *e) NODISCARD;
/* What a server says about a refusal, in one printable line; S("") when nothing. */
str answer_error(arena *a, str body);

/* What an OIP server tells about a model (GET /v2/models/M). */
typedef struct metadata {
    str version;           /* the only one; absent: none or several */
    const tensor *tensors; /* NULL: not told */
    size_t n_tensors;
    size_t n_features; /* 0: not told */
    bool columns;
} metadata;
bool metadata_read(arena *a, str body, str input, metadata *ret, err *e) NODISCARD;

/* One connection or one program; used by one call at a time. */
struct lane {
    arena *a;
    struct net *net;     /* addresses */
    struct child *child; /* programs */
    struct lane *next_free;
};

struct remote {
    remote_settings s;
    wording words;
    str address, shown, status, token; /* status: where metadata is asked; absent: nowhere */
    str version;                       /* as the server states it; absent: it does not */
    model_task task;
    size_t width; /* of the answers; 0: not known yet */
    struct lane *free;
    pthread_mutex_t lock; /* of all below, and `free` */
    pthread_cond_t freed;
    model_usage used;
    int64_t next_id;
    atomic_bool stopped;
};

bool remote_open(arena *a, const model_source *s, struct model **ret, err *e) NODISCARD;

/* Takes one call of so many rows out of the budget; counts it. */
bool remote_charge(struct remote *r, size_t rows, bool again, err *e) NODISCARD;
void remote_waited(struct remote *r, double seconds);

/* ---- over HTTP: remote_http.c ---- */

/* Fills address, shown, status and the protocol from what the user wrote. */
bool http_place(arena *a, str at, struct remote *r, err *e) NODISCARD;
bool http_token(arena *a, struct remote *r, err *e) NODISCARD;
bool http_lane(const struct remote *r, struct lane *l, err *e) NODISCARD;
/* The metadata of OIP, the version of V1; what a server does not offer stays absent. */
bool http_metadata(struct remote *r, struct lane *l, arena *a, metadata *ret, err *e) NODISCARD;
bool http_ask(struct remote *r, struct lane *l, arena *scratch, const float *x, size_t rows,
              int64_t id, answer *ret, err *e) NODISCARD;

#endif
