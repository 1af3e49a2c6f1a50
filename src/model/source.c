/* source.c - the settings of models that answer elsewhere, and opening a model wherever it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/remote.h"

enum { TEXT_MAX = 4000 };
#define AT(member) offsetof(remote_settings, member)

const char *const setting_type_names[] = {[SETTING_INT] = "a whole number",
                                          [SETTING_REAL] = "a number",
                                          [SETTING_BOOL] = "true or false",
                                          [SETTING_CHOICE] = "one of its words",
                                          [SETTING_TEXT] = "a text"};

/* Settings that results tell, and others. Macros, for clang-format 14 makes columns of a page's
 * width of such a table. */
#define TOLD(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__, true                                                                          \
    }
#define ROW(...)                                                                                   \
    {                                                                                              \
        __VA_ARGS__, false                                                                         \
    }
/* clang-format off */
const model_setting model_settings[] = {
    TOLD("protocol", SETTING_CHOICE, AT(protocol), 0, 0, "auto|oip|v1|mlflow", "auto",
        "What the server speaks, where its address does not tell"),
    TOLD("task", SETTING_CHOICE, AT(task), 0, 0, "auto|binary|multiclass|regression", "auto",
        "What the answers mean; auto: as the plan says"),
    TOLD("features", SETTING_TEXT, AT(features), 0, TEXT_MAX, NULL, "",
        "Names of the features in the order the model takes them, with commas"),
    TOLD("classes", SETTING_INT, AT(classes), 0, 4096, NULL, "0",
        "Classes of a model that answers with the number of one; 0: it answers with probabilities"),
    TOLD("input", SETTING_TEXT, AT(input), 0, 200, NULL, "",
        "Name of the input tensor; else what the server's metadata tell"),
    TOLD("output", SETTING_TEXT, AT(output), 0, 200, NULL, "",
        "Name of the output tensor or member; needed where there are several"),
    TOLD("layout", SETTING_CHOICE, AT(layout), 0, 0, "auto|matrix|columns|lists", "auto",
        "One tensor for all features, or one tensor or member for each (lists: its value in a list, "
        "as KServe v1 and inputs of shape [rows, 1] take it); auto: as metadata tell"),
    TOLD("datatype", SETTING_CHOICE, AT(datatype), 0, 0, "auto|FP32|FP64|INT32|INT64", "auto",
        "Of the input tensor; auto: as metadata tell, else FP32"),
    TOLD("binary", SETTING_BOOL, AT(binary), 0, 0, NULL, "false",
        "Send and take tensors as bytes (the binary tensor extension)"),
    TOLD("content_type", SETTING_TEXT, AT(content_type), 0, 40, NULL, "",
        "Content type in the parameters of a request, for KServe and MLServer; pd: a data frame"),
    TOLD("missing", SETTING_TEXT, AT(missing), 0, 40, NULL, "null",
        "How a missing value is written in JSON: null, nan, or a number that stands for it"),
    ROW("batch", SETTING_INT, AT(batch), 1, 65536, NULL, "256", "Rows of one call at most"),
    ROW("concurrency", SETTING_INT, AT(concurrency), 0, 64, NULL, "0",
        "Calls at the same time; 0: four for an address, one for a program"),
    ROW("timeout", SETTING_REAL, AT(timeout), 1, 3600, NULL, "60", "Seconds for one call"),
    ROW("retries", SETTING_INT, AT(retries), 0, 20, NULL, "3",
        "How often a call is repeated after a broken connection or status 429, 502, 503 or 504"),
    ROW("backoff", SETTING_REAL, AT(backoff), 0, 60, NULL, "0.25",
        "Seconds before the first repetition, doubled for each further one; Retry-After goes before"),
    ROW("calls", SETTING_INT, AT(calls), 1, 1e12, NULL, "100000",
        "Budget of calls, repetitions included"),
    ROW("rows", SETTING_INT, AT(rows), 1, 1e15, NULL, "100000000", "Budget of rows"),
    ROW("token_env", SETTING_TEXT, AT(token_env), 0, 200, NULL, "",
        "Environment variable with the bearer token"),
    ROW("token_file", SETTING_TEXT, AT(token_file), 0, TEXT_MAX, NULL, "",
        "File with the bearer token"),
    ROW("plain_token", SETTING_BOOL, AT(plain_token), 0, 0, NULL, "false",
        "Send the token over http to another machine, where everyone on the way can read it"),
    ROW("ca_file", SETTING_TEXT, AT(ca_file), 0, TEXT_MAX, NULL, "",
        "Certificates to trust (PEM) instead of the system's"),
    ROW("cpu", SETTING_INT, AT(cpu), 1, 1e6, NULL, "3600", "Seconds of CPU time of a program"),
    ROW("memory", SETTING_INT, AT(memory), 16, 1 << 20, NULL, "4096", "MiB of memory of a program"),
    ROW("environment", SETTING_TEXT, AT(environment), 0, TEXT_MAX, NULL, "",
        "Names of further environment variables that a program may see, with commas"),
    ROW("network", SETTING_BOOL, AT(network), 0, 0, NULL, "false", "A program may use the network"),
    ROW("unconfined", SETTING_BOOL, AT(unconfined), 0, 0, NULL, "false",
        "Run a program without seccomp and Landlock, where the kernel lacks them"),
    {0},
};
/* clang-format on */

static const model_setting *setting_named(str name)
{
    for (const model_setting *s = model_settings; s->name; s++)
        if (str_eqz(name, s->name)) return s;
    return NULL;
}

static bool choose(const char *choices, str word, int *ret)
{
    str rest = str_of(choices);
    for (*ret = 0; rest.p; (*ret)++)
        if (str_eq(str_cut(rest, '|', &rest), word)) return true;
    return false;
}

static bool put(const model_setting *s, str text, remote_settings *ret)
{
    void *to = (char *)ret + s->offset;
    double v;
    switch (s->type) {
    case SETTING_INT:
        return str_int(text, to) && (double)*(int64_t *)to >= s->lo &&
               (double)*(int64_t *)to <= s->hi;
    case SETTING_REAL:
        if (!str_real(text, &v) || v < s->lo || v > s->hi) return false;
        *(double *)to = v;
        return true;
    case SETTING_BOOL:
        return choose("false|true", text, to);
    case SETTING_CHOICE:
        return choose(s->choices, text, to);
    case SETTING_TEXT:
        *(str *)to = text.n ? text : (str){0};
        return (double)text.n <= s->hi && str_utf8(text) && !str_has_control(text);
    }
    return false;
}

static str range(arena *a, const model_setting *s)
{
    if (s->choices) return str_of(s->choices);
    if (s->type == SETTING_INT || s->type == SETTING_REAL)
        return str_fmt(a, "%s from %.15g to %.15g", setting_type_names[s->type], s->lo, s->hi);
    return str_of(setting_type_names[s->type]);
}

static bool unknown(str name, err *e)
{
    buf b = buf_open(e->a, 4096);
    for (const model_setting *s = model_settings; s->name; s++)
        buf_fmt(&b, "%s%s", b.n ? ", " : "settings: ", s->name);
    return err_set(e, ERR_INVALID, S("model-option"), buf_str(&b),
                   "'%.*s' is no setting of a model", STR_ARG(str_clip(name, 100)));
}

static bool read_one(arena *a, str given, remote_settings *ret, err *e)
{
    str text, name = str_cut(given, '=', &text);
    const model_setting *s = setting_named(name);
    if (!s || !text.p) return unknown(name, e);
    if (put(s, str_dup(a, text), ret)) return true;
    return err_set(e, ERR_INVALID, str_fmt(e->a, "model-option.%s", s->name), str_of(s->doc),
                   "'%s' of a model must be %s", s->name, range(e->a, s).p);
}

bool settings_read(arena *a, const str *given, size_t n, remote_settings *ret, err *e)
{
    *ret = (remote_settings){0};
    for (const model_setting *s = model_settings; s->name; s++)
        if (!put(s, str_of(s->dflt), ret))
            return err_set(e, ERR_INTERNAL, str_of(s->name), S(""), "a default out of range");
    for (size_t i = 0; i < n; i++)
        if (!read_one(a, given[i], ret, e)) return false;
    return true;
}

str settings_told(arena *a, const str *given, size_t n)
{
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    jw_obj(&w);
    for (const model_setting *s = model_settings; s->name; s++) {
        str last = {0}, text;
        for (size_t i = 0; s->bears && i < n; i++)
            if (str_eqz(str_cut(given[i], '=', &text), s->name)) last = text;
        if (last.p) jw_m_str(&w, s->name, last);
    }
    jw_obj_end(&w);
    return buf_str(&b);
}

/* ---- opening ---- */

bool model_is_elsewhere(const char *at)
{
    str s = str_of(at);
    return str_starts(s, S("http://")) || str_starts(s, S("https://")) || str_starts(s, S("exec:"));
}

bool model_open(arena *a, const model_source *s, struct model **ret, err *e)
{
    if (!s->bytes.p && model_is_elsewhere(s->at)) return remote_open(a, s, ret, e);
    if (s->n_settings)
        return err_set(e, ERR_INVALID, S("model-option"), S("leave it out"),
                       "'%s' is a file: settings are for models that answer elsewhere", s->at);
    return s->bytes.p ? model_load_bytes(a, s->bytes, ret, e) : model_load(a, s->at, ret, e);
}
