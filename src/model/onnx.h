/* onnx.h - an ONNX file as its bytes say it: the reader's result, shared by those who evaluate it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_ONNX_H
#define AIMS_MODEL_ONNX_H
#include "model/model_impl.h"

/* ---- protobuf's wire format (protobuf.dev/programming-guides/encoding) ---- */

typedef enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 } wire_type;

typedef struct wire_field {
    uint32_t number;
    wire_type type;
    uint64_t i; /* WIRE_VARINT, WIRE_64, WIRE_32: the bits */
    str s;      /* WIRE_BYTES */
} wire_field;

/* Takes the next field off the message. False at its end and where it is damaged; wire_whole
 * then tells which. Groups, which ONNX has not, count as damage. */
bool wire_next(str *message, wire_field *ret);
bool wire_whole(str message);
/* Takes a varint off a packed list. */
bool wire_varint(str *s, uint64_t *ret);

/* ---- onnx.proto (github.com/onnx/onnx) ---- */

enum { ONNX_RANK_MAX = 8 };

typedef enum onnx_type { /* TensorProto.DataType */
                         ONNX_FLOAT = 1,
                         ONNX_UINT8 = 2,
                         ONNX_INT32 = 6,
                         ONNX_INT64 = 7,
                         ONNX_STRING = 8,
                         ONNX_BOOL = 9,
                         ONNX_DOUBLE = 11
} onnx_type;

/* Text and lists stay in the file's bytes, which must outlive all of this. */
typedef struct onnx_attribute {
    str name;
    int64_t i;
    str s;    /* a text; of a tensor its message */
    str body; /* the whole message, for lists */
} onnx_attribute;

typedef struct onnx_node {
    str op, domain;
    str *in, *out;
    onnx_attribute *attributes;
    size_t n_in, n_out, n_attributes;
} onnx_node;

/* An input or output of the graph. */
typedef struct onnx_value {
    str name;
    bool is_tensor;
    int32_t type;               /* onnx_type of its elements */
    int32_t rank;               /* -1: not told */
    int64_t dim[ONNX_RANK_MAX]; /* -1: open */
} onnx_value;

/* An initialiser; dimensions of more than a matrix are not kept. */
typedef struct onnx_tensor {
    str name;
    onnx_attribute numbers; /* as onnx_reals reads it */
    size_t rank;
    int64_t dim[2];
} onnx_tensor;

typedef struct onnx_graph {
    onnx_node *nodes;
    onnx_value *in, *out; /* inputs that the file itself fills are left out */
    onnx_tensor *filled;  /* initialisers, by name */
    size_t n_nodes, n_in, n_out, n_filled;
} onnx_graph;

typedef struct onnx_file {
    int64_t ir;
    str producer, producer_version;
    onnx_graph graph;
} onnx_file;

/* True when the outermost message reads as a ModelProto with a version and a graph. */
bool onnx_sniff(str bytes);
/* Reads and checks all that may reach a runtime: nesting, counts, UTF-8, shapes. Refused: tensors
 * kept in other files, operators outside ai.onnx and ai.onnx.ml, functions, sparse tensors,
 * training graphs. */
bool onnx_read(arena *a, str bytes, onnx_file *ret, err *e) NODISCARD;

/* The model of the file: by our own trees or sums, else by ONNX Runtime. */
bool onnx_load(arena *a, arena *scratch, str bytes, struct model *m, err *e) NODISCARD;

const onnx_attribute *onnx_find(const onnx_node *n, const char *name); /* NULL: absent */
bool onnx_is(const onnx_node *n, const char *domain, const char *op);
/* Lists of an attribute, or of the tensor it holds; an absent attribute is an empty list. False
 * when the bytes do not fit the type. */
bool onnx_ints(arena *a, const onnx_attribute *t, int64_t **ret, size_t *ret_n) NODISCARD;
bool onnx_reals(arena *a, const onnx_attribute *t, double **ret, size_t *ret_n) NODISCARD;
bool onnx_texts(arena *a, const onnx_attribute *t, str **ret, size_t *ret_n) NODISCARD;

/* ---- tree ensembles (onnx.ai, operators of ai.onnx.ml) ---- */

typedef enum onnx_mode {
    MODE_LEQ,
    MODE_LT,
    MODE_GTE,
    MODE_GT,
    MODE_EQ,
    MODE_NEQ,
    MODE_LEAF
} onnx_mode;
typedef enum onnx_post {
    POST_NONE,
    POST_LOGISTIC,
    POST_SOFTMAX,
    POST_SOFTMAX_ZERO,
    POST_PROBIT
} onnx_post;

typedef struct onnx_split {
    double value;
    float hits; /* popularity of the node, negative: not told */
    uint32_t feature, yes, no;
    uint8_t mode;
    bool missing_yes;
} onnx_split;

typedef struct onnx_weight {
    uint32_t target;
    double value;
} onnx_weight;

typedef struct onnx_ensemble {
    onnx_split *nodes;
    uint32_t *roots;
    uint32_t *first; /* node i has the weights [first[i], first[i + 1]) */
    onnx_weight *weights;
    double *base;
    size_t n_nodes, n_roots, n_weights, n_targets, n_base;
    onnx_post post;
    bool classifier, average, precise; /* precise: in double precision */
    const char *strange;               /* why it is not for us but may be for a runtime; NULL */
} onnx_ensemble;

/* The attributes of one tree operator, checked: links lead to nodes, and never in a circle. */
bool onnx_ensemble_read(arena *a, const onnx_node *n, onnx_ensemble *ret, err *e) NODISCARD;
/* Fills the trees of the model; *ret_strange as above, and then nothing is filled. */
bool onnx_forest(arena *a, arena *scratch, const onnx_ensemble *s, size_t n_features,
                 struct model *m, const char **ret_strange, err *e) NODISCARD;

/* What becomes of the sums of leaves, as in ONNX Runtime: base values come last. */
typedef struct onnx_trees {
    struct model sums; /* the trees with no base values */
    onnx_post post;
    bool normalise; /* a Normalizer with norm L1 behind */
} onnx_trees;
bool onnx_trees_predict(const struct model *m, const float *x, size_t rows, double *ret, err *e);

/* Features of the model from the inputs it takes, one matrix or one input per column; texts and
 * open widths are refused. */
bool onnx_features(arena *a, const onnx_value *const *in, size_t n, struct model *m,
                   err *e) NODISCARD;
/* The node that makes the value; NULL: none. */
const onnx_node *onnx_maker(const onnx_graph *g, str value);
const onnx_tensor *onnx_filled(const onnx_graph *g, str name); /* NULL: no initialiser */
/* The value passes through the node unchanged, but for its type. */
bool onnx_passes(const onnx_node *n);
/* The inputs that a value is made of, unchanged: one, or several that meet in one Concat along the
 * columns. *ret_strange says why not. */
bool onnx_inputs(arena *a, const onnx_graph *g, const str *value, const onnx_value ***ret,
                 size_t *ret_n, const char **ret_strange) NODISCARD;

/* Which output counts: what a ZipMap is made of, else the first one of real numbers. */
typedef struct onnx_choice {
    str name;
    bool hidden;     /* inside the graph: has to become an output first */
    bool classifier; /* its numbers are probabilities or scores of classes */
    size_t width;    /* numbers per row, as the file says; 0: it does not */
} onnx_choice;
bool onnx_choose(const onnx_graph *g, onnx_choice *ret, err *e) NODISCARD;

/* The graph as a linear model with its usual companions; *ret_strange says why not. */
bool onnx_linear(arena *a, arena *scratch, const onnx_file *f, struct model *m,
                 const char **ret_strange, err *e) NODISCARD;
/* The graph as one tree operator and its usual companions; *ret_strange says why not. */
bool onnx_native(arena *a, arena *scratch, const onnx_file *f, struct model *m,
                 const char **ret_strange, err *e) NODISCARD;

/* ---- everything else: ort.c ---- */

/* `bytes` are those that were read into `f`. The session ends with the arena. */
bool ort_load(arena *a, const onnx_file *f, str bytes, struct model *m, err *e) NODISCARD;
/* Loads the library, once; false when there is none. */
bool ort_find(void);

#endif
