/* model.c - finding out what an artefact is, and reading it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include "model/onnx.h"
#include "model/ubjson.h"

enum { BYTES_MAX = 256 << 20 };

#define resave "save the model itself: save_model('model.ubj')"

/* XGBoost writes the unused condition of a categorical split as a bare NaN, which is no JSON.
 * An empty list of the same length takes its place: whoever wants a number there refuses it. */
static str without_nan(arena *a, str json)
{
    if (!json.n || !memmem(json.p, json.n, "NaN", 3)) return json;
    char *q = arena_new(a, char, json.n);
    memcpy(q, json.p, json.n);
    bool text = false;
    for (size_t i = 0; i < json.n; i++) {
        if (text && q[i] == '\\')
            i++;
        else if (q[i] == '"')
            text = !text;
        else if (!text && json.n - i >= 3 && memcmp(q + i, "NaN", 3) == 0)
            memcpy(q + i, "[] ", 3);
    }
    return (str){q, json.n};
}

/* First bytes of what people hand over instead, and what to do about it. */
static const struct {
    str start;
    const char *what, *hint;
} strangers[] = {
    {{"binf", 4},       "an XGBoost model in its old binary format",       resave                    },
    {{"\x80\x02", 2},   "a Python pickle, which could run any code",       resave                    },
    {{"\x80\x03", 2},   "a Python pickle, which could run any code",       resave                    },
    {{"\x80\x04", 2},   "a Python pickle, which could run any code",       resave                    },
    {{"\x80\x05", 2},   "a Python pickle, which could run any code",       resave                    },
    {{"PK\x03\x04", 4},
     "an archive (of PyTorch, Keras or joblib), which could run any code", "export the model to ONNX"},
    {{"\x89HDF", 4},    "an HDF5 file, as Keras writes it",                "export the model to ONNX"},
};

static bool refuse_stranger(str bytes, err *e)
{
    for (size_t i = 0; i < COUNT(strangers); i++)
        if (str_starts(bytes, strangers[i].start))
            return err_set(e, ERR_INVALID, S("model"), str_of(strangers[i].hint), "this is %s",
                           strangers[i].what);
    return err_set(e, ERR_INVALID, S("model"),
                   S("give an XGBoost model (JSON or UBJSON), a LightGBM text model or ONNX, "
                     "and the whole of its file"),
                   "this is no model of a known format");
}

/* ---- formats ---- */

static bool json_sniff(str bytes)
{
    return str_starts(str_trim(str_sub(bytes, 0, 4096)), S("{"));
}

static bool load_document(arena *a, const doc *root, struct model *m, err *e)
{
    return doc_get(root, "learner") ? xgboost_load(a, root, m, e) : refuse_stranger(S(""), e);
}

static bool json_load(arena *a, arena *scratch, str bytes, struct model *m, err *e)
{
    doc *root;
    m->info.format = "xgboost-json";
    if (!doc_parse(scratch, without_nan(scratch, bytes), BYTES_MAX, &root, e))
        return err_set(e, e->code, S("model"),
                       S("the file is damaged or cut off; save the model again with save_model"),
                       "%.*s", STR_ARG(e->msg));
    return load_document(a, root, m, e);
}

static bool ubjson_load(arena *a, arena *scratch, str bytes, struct model *m, err *e)
{
    doc *root;
    m->info.format = "xgboost-ubjson";
    return ubjson_parse(scratch, bytes, &root, e) && load_document(a, root, m, e);
}

/* The first that knows the bytes reads them. */
static const struct {
    bool (*sniff)(str bytes);
    bool (*load)(arena *a, arena *scratch, str bytes, struct model *m, err *e);
} formats[] = {
    {lightgbm_sniff, lightgbm_load},
    {ubjson_sniff,   ubjson_load  },
    {json_sniff,     json_load    },
    {onnx_sniff,     onnx_load    },
};

static bool load(arena *a, arena *scratch, str bytes, struct model *m, err *e)
{
    if (bytes.n > BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, S("model"), S("train with fewer or smaller trees"),
                       "the model has %zu bytes, over the limit of %d", bytes.n, BYTES_MAX);
    for (size_t i = 0; i < COUNT(formats); i++)
        if (formats[i].sniff(bytes)) return formats[i].load(a, scratch, bytes, m, e);
    return refuse_stranger(bytes, e);
}

bool model_load_bytes(arena *a, str bytes, struct model **ret, err *e)
{
    arena *scratch = arena_open();
    err inner = ERR_IN(scratch);
    struct model *m = arena_new(a, struct model, 1);
    bool ok = load(a, scratch, bytes, m, &inner);
    if (!ok) err_copy(e, &inner);
    arena_close(scratch);
    if (!ok) return false;
    if (!m->predict) m->flat = flat_build(a, m, flat_best());
    m->info.sha256 = hash_bytes(bytes.p, bytes.n);
    m->info.bytes = bytes.n;
    *ret = m;
    return true;
}

bool model_load(arena *a, const char *path, struct model **ret, err *e)
{
    arena *scratch = arena_open();
    err inner = ERR_IN(scratch);
    str bytes;
    bool ok = file_map(scratch, path, &bytes, &inner) &&
              (model_load_bytes(a, bytes, ret, &inner) || err_prefix(&inner, "'%s'", path));
    if (!ok) err_copy(e, &inner);
    arena_close(scratch);
    return ok;
}

const model_info *model_describe(const struct model *m)
{
    return &m->info;
}

forest model_forest(const struct model *m)
{
    return (forest){m->trees, m->info.n_trees, m->base};
}
