/* remote_write.c - rows as the body of a call, in each of the protocols. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/remote.h"
#include <math.h>

static const char *const type_names[] = {
    [TYPE_FP32] = "FP32", [TYPE_FP64] = "FP64", [TYPE_INT32] = "INT32", [TYPE_INT64] = "INT64"};

static bool whole(datatype t)
{
    return t == TYPE_INT32 || t == TYPE_INT64;
}

/* ---- one value ---- */

/* The shortest decimal that reads back to the same float: most often the one that stood in the
 * data, so that a server that computes in double sees the value that was meant. */
static void write_number(jw *w, double v, bool as_whole)
{
    char z[32];
    bool exact = v == floor(v) && fabs(v) < CATEGORY_MAX && (v != 0 || !signbit(v));
    if (exact || as_whole) {
        jw_int(w, (int64_t)v);
        return;
    }
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(z, sizeof z, "%.*g", digits, v);
        if (strtof(z, NULL) == (float)v) break;
    }
    jw_raw(w, v != 0 ? str_of(z) : S("-0.0"));
}

static void write_value(jw *out, const wording *w, float v, bool as_whole)
{
    if (!isnan(v))
        write_number(out, (double)v, as_whole);
    else if (w->missing == MISSING_NUMBER && as_whole)
        jw_int(out, (int64_t)w->missing_number);
    else if (w->missing == MISSING_NUMBER)
        jw_real(out, w->missing_number);
    else
        jw_raw(out, w->missing == MISSING_NAN ? S("NaN") : S("null"));
}

static const tensor *tensor_of(const wording *w, size_t feature)
{
    return w->tensors ? &w->tensors[w->columns ? feature : 0] : NULL;
}

/* Infinities have no JSON; whole numbers have neither fractions nor gaps. */
static bool check_value(const wording *w, size_t feature, float v, err *e)
{
    const tensor *t = tensor_of(w, feature);
    if (isinf(v))
        return err_set(e, ERR_INVALID, S("model"), S("bound the values of the feature"),
                       "feature %zu is infinite, which cannot be asked", feature);
    if (!t || !whole(t->type)) return true;
    double x = isnan(v) && w->missing == MISSING_NUMBER ? w->missing_number : (double)v;
    double most = t->type == TYPE_INT32 ? 2147483647.0 : 9e15;
    if (x == floor(x) && fabs(x) <= most) return true;
    return err_set(e, ERR_INVALID, S("model"),
                   S("encode missing values with the setting 'missing', or ask for another type"),
                   "feature %zu must be a whole number (%s), but a row has %s", feature,
                   type_names[t->type], isnan(v) ? "none" : "another");
}

static bool check_values(const wording *w, const float *x, size_t rows, err *e)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < w->n_features; k++)
            if (!check_value(w, k, x[i * w->n_features + k], e)) return false;
    return true;
}

static void write_rows(jw *out, const wording *w, const float *x, size_t rows)
{
    jw_arr(out);
    for (size_t i = 0; i < rows; i++) {
        jw_arr(out);
        for (size_t k = 0; k < w->n_features; k++)
            write_value(out, w, x[i * w->n_features + k], false);
        jw_arr_end(out);
    }
    jw_arr_end(out);
}

static void write_names(jw *out, const char *key, const wording *w)
{
    jw_key(out, key);
    jw_arr(out);
    for (size_t k = 0; k < w->n_features; k++)
        jw_str(out, w->features[k]);
    jw_arr_end(out);
}

/* ---- Open Inference Protocol ---- */

static size_t type_bytes(datatype t)
{
    return t == TYPE_FP64 || t == TYPE_INT64 ? 8 : 4;
}

static void write_data(jw *out, const wording *w, const tensor *t, const float *x, size_t rows,
                       size_t from, size_t to)
{
    jw_key(out, "data");
    jw_arr(out);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = from; k < to; k++)
            write_value(out, w, x[i * w->n_features + k], whole(t->type));
    jw_arr_end(out);
}

/* The features from..to-1 as one tensor; one alone has shape [rows, 1] like all others. */
static void write_tensor(jw *out, const wording *w, const tensor *t, const float *x, size_t rows,
                         size_t from, size_t to)
{
    jw_obj(out);
    jw_m_str(out, "name", t->name);
    jw_key(out, "shape");
    jw_arr(out);
    jw_int(out, (int64_t)rows);
    jw_int(out, (int64_t)(to - from));
    jw_arr_end(out);
    jw_m_strz(out, "datatype", type_names[t->type]);
    if (w->binary) {
        jw_key(out, "parameters");
        jw_obj(out);
        jw_m_int(out, "binary_data_size", (int64_t)(rows * (to - from) * type_bytes(t->type)));
        jw_obj_end(out);
    } else {
        write_data(out, w, t, x, rows, from, to);
    }
    jw_obj_end(out);
}

static void write_flag(jw *out, const char *name)
{
    jw_key(out, "parameters");
    jw_obj(out);
    jw_m_bool(out, name, true);
    jw_obj_end(out);
}

static void write_outputs(jw *out, const wording *w)
{
    jw_key(out, "outputs");
    jw_arr(out);
    jw_obj(out);
    jw_m_str(out, "name", w->output);
    if (w->binary) write_flag(out, "binary_data");
    jw_obj_end(out);
    jw_arr_end(out);
}

static void write_parameters(jw *out, const wording *w)
{
    jw_key(out, "parameters");
    jw_obj(out);
    if (w->content_type.p) jw_m_str(out, "content_type", w->content_type);
    if (w->binary && !w->output.p) jw_m_bool(out, "binary_data_output", true);
    jw_obj_end(out);
}

static void write_oip(jw *out, const wording *w, const float *x, size_t rows, int64_t id)
{
    char name[32];
    snprintf(name, sizeof name, "%lld", (long long)id);
    jw_obj(out);
    jw_m_strz(out, "id", name);
    jw_key(out, "inputs");
    jw_arr(out);
    if (!w->columns) write_tensor(out, w, w->tensors, x, rows, 0, w->n_features);
    for (size_t k = 0; w->columns && k < w->n_features; k++)
        write_tensor(out, w, &w->tensors[k], x, rows, k, k + 1);
    jw_arr_end(out);
    if (w->output.p) write_outputs(out, w);
    if (w->content_type.p || (w->binary && !w->output.p)) write_parameters(out, w);
    jw_obj_end(out);
}

/* Little-endian, whatever this machine is. */
static void put_bytes(buf *b, uint64_t bits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_putc(b, (char)(bits >> (8 * i) & 0xFF));
}

static void put_value(buf *b, const wording *w, datatype t, float v)
{
    uint32_t u32;
    uint64_t u64;
    double d = isnan(v) && w->missing == MISSING_NUMBER ? w->missing_number : (double)v;
    float f = (float)d;
    memcpy(&u32, &f, sizeof u32);
    memcpy(&u64, &d, sizeof u64);
    if (whole(t)) u64 = (uint64_t)(int64_t)d;
    put_bytes(b, t == TYPE_FP32 ? u32 : u64, type_bytes(t));
}

static void put_tail(buf *b, const wording *w, const float *x, size_t rows)
{
    size_t f = w->n_features;
    for (size_t i = 0; !w->columns && i < rows * f; i++)
        put_value(b, w, w->tensors->type, x[i]);
    for (size_t k = 0; w->columns && k < f; k++)
        for (size_t i = 0; i < rows; i++)
            put_value(b, w, w->tensors[k].type, x[i * f + k]);
}

/* ---- the others ---- */

static void write_members(jw *out, const wording *w, const float *row)
{
    jw_obj(out);
    for (size_t k = 0; k < w->n_features; k++) {
        jw_key_str(out, w->features[k]);
        if (w->lists) jw_arr(out);
        write_value(out, w, row[k], false);
        if (w->lists) jw_arr_end(out);
    }
    jw_obj_end(out);
}

static void write_v1(jw *out, const wording *w, const float *x, size_t rows)
{
    jw_obj(out);
    jw_key(out, "instances");
    if (!w->columns) write_rows(out, w, x, rows);
    if (w->columns) jw_arr(out);
    for (size_t i = 0; w->columns && i < rows; i++)
        write_members(out, w, x + i * w->n_features);
    if (w->columns) jw_arr_end(out);
    jw_obj_end(out);
}

static void write_mlflow(jw *out, const wording *w, const float *x, size_t rows)
{
    jw_obj(out);
    if (w->columns) {
        jw_key(out, "dataframe_split");
        jw_obj(out);
        write_names(out, "columns", w);
        jw_key(out, "data");
        write_rows(out, w, x, rows);
        jw_obj_end(out);
    } else {
        jw_key(out, "inputs");
        write_rows(out, w, x, rows);
    }
    jw_obj_end(out);
}

static void write_line(jw *out, const wording *w, const float *x, size_t rows, int64_t id)
{
    jw_obj(out);
    jw_m_int(out, "id", id);
    if (w->features) write_names(out, "features", w);
    jw_key(out, "rows");
    write_rows(out, w, x, rows);
    jw_obj_end(out);
}

bool request_write(arena *a, const wording *w, const float *x, size_t rows, int64_t id, str *ret,
                   size_t *ret_json, err *e)
{
    buf b = buf_open(a, REQUEST_MAX);
    jw out = jw_open(&b);
    if (!check_values(w, x, rows, e)) return false;
    if (w->protocol == PROTOCOL_OIP)
        write_oip(&out, w, x, rows, id);
    else if (w->protocol == PROTOCOL_V1)
        write_v1(&out, w, x, rows);
    else if (w->protocol == PROTOCOL_MLFLOW)
        write_mlflow(&out, w, x, rows);
    else
        write_line(&out, w, x, rows, id);
    *ret_json = w->binary ? b.n : 0;
    if (w->binary) put_tail(&b, w, x, rows);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, S("model-option.batch"), S("lower the setting 'batch'"),
                       "a call of %zu rows is over %d bytes", rows, REQUEST_MAX);
    *ret = buf_str(&b);
    return true;
}
