/* model.c - finding out what an artefact is, and reading it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include "model/onnx.h"

enum { BYTES_MAX = 256 << 20 };

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
    {{"{L", 2},       "an XGBoost model in UBJSON", "save it with save_model('model.json')"          },
    {{"{i", 2},       "an XGBoost model in UBJSON", "save it with save_model('model.json')"          },
    {{"{U", 2},       "an XGBoost model in UBJSON", "save it with save_model('model.json')"          },
    {{"binf", 4},
     "an XGBoost model in its old binary format",   "save it with save_model('model.json')"          },
    {{"tree\n", 5},   "a LightGBM model",           "only XGBoost JSON models are read so far"       },
    {{"\x80\x04", 2},
     "a Python pickle, which could run any code",   "save the model itself: save_model('model.json')"},
    {{"\x80\x05", 2},
     "a Python pickle, which could run any code",   "save the model itself: save_model('model.json')"},
};

static bool refuse_stranger(str bytes, err *e)
{
    for (size_t i = 0; i < COUNT(strangers); i++)
        if (str_starts(bytes, strangers[i].start))
            return err_set(e, ERR_INVALID, S("model"), str_of(strangers[i].hint), "this is %s",
                           strangers[i].what);
    return err_set(e, ERR_INVALID, S("model"), S("give an XGBoost model saved as JSON"),
                   "this is no model of a known format");
}

static bool load(arena *a, arena *scratch, str bytes, struct model *m, err *e)
{
    doc *root;
    if (onnx_sniff(bytes) && bytes.n <= BYTES_MAX) return onnx_load(a, scratch, bytes, m, e);
    str s = str_trim(str_sub(bytes, 0, 4096));
    if (!s.n || s.p[0] != '{' || (s.n > 1 && strchr("LiU", s.p[1]))) return refuse_stranger(s, e);
    if (bytes.n > BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, S("model"), S("train with fewer or smaller trees"),
                       "the model has %zu bytes, over the limit of %d", bytes.n, BYTES_MAX);
    if (!doc_parse(scratch, without_nan(scratch, bytes), BYTES_MAX, &root, e)) return false;
    if (!doc_get(root, "learner")) return refuse_stranger(S(""), e);
    return xgboost_load(a, root, m, e);
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
