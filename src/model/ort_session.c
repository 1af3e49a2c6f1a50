/* ort_session.c - ONNX Runtime's C library: found when first needed, one thread, no telemetry. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ort.h"
#ifdef HAVE_ONNXRUNTIME
#include <dlfcn.h>
#include <fcntl.h>
#include <onnxruntime/onnxruntime_c_api.h>
#include <pthread.h>
#include <unistd.h>

/* The oldest interface with all that is called here; newer libraries still offer it. */
enum { API_NEEDED = 17, INPUTS_FEW = 16 };

/* The environment looks at processors and devices when it is made, so it is made with the library,
 * before a sandbox closes; it lives as long as the process. */
static const OrtApi *api;
static OrtEnv *env;

/* Debian 13's library says hundreds of times, with the first model that it reads, that ONNX's
 * operators are registered twice (it and libonnx both do), which means nothing to anybody and is
 * more than an engine may write. So it reads a first model here, y = x, with stderr away. Gives
 * what stderr was; -1: it stays. */
static const uint8_t first_model[] =
    "\x08\x08\x42\x02\x10\x0d\x3a\x37\x0a\x10\x0a\x01x\x12\x01y\x22\x08Identity\x12\x01g"
    "\x5a\x0f\x0a\x01x\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01"
    "\x62\x0f\x0a\x01y\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01";

static int stderr_silence(void)
{
    int was = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3),
        none = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (was >= 0 && none >= 0) dup2(none, STDERR_FILENO);
    if (none >= 0) close(none);
    return was;
}

static void stderr_restore(int was)
{
    if (was < 0) return;
    dup2(was, STDERR_FILENO);
    close(was);
}

static const OrtApi *open_library(const char *name)
{
    void *lib = *name ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : NULL;
    void *f = lib ? dlsym(lib, "OrtGetApiBase") : NULL;
    const OrtApiBase *(*base)(void) = NULL;
    memcpy(&base, &f, sizeof f);
    return base ? base()->GetApi(API_NEEDED) : NULL;
}

static OrtStatus *read_first_model(void)
{
    OrtSessionOptions *o;
    OrtSession *s;
    OrtStatus *failed = api->CreateSessionOptions(&o);
    if (failed) return failed;
    failed = api->SetIntraOpNumThreads(o, 1);
    if (!failed)
        failed = api->CreateSessionFromArray(env, first_model, sizeof first_model - 1, o, &s);
    if (!failed) api->ReleaseSession(s);
    api->ReleaseSessionOptions(o);
    return failed;
}

/* AIMS_ONNXRUNTIME is the whole answer where it is set; empty means none. Builds of Microsoft's own
 * from 1.29 on report home from the moment an environment is made, unless told not to. */
static void find_once(void)
{
    static const char *const names[] = {"libonnxruntime.so.1", "libonnxruntime.so.1.21",
                                        "libonnxruntime.so"};
    const char *given = getenv("AIMS_ONNXRUNTIME");
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    int was = stderr_silence();
    if (given) api = open_library(given);
    for (size_t i = 0; !given && !api && i < COUNT(names); i++)
        api = open_library(names[i]);
    OrtStatus *failed = api ? api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "aims", &env) : NULL;
    if (api && !failed) failed = api->DisableTelemetryEvents(env);
    if (api && !failed) failed = read_first_model();
    if (failed) api = NULL;
    stderr_restore(was);
}

bool ort_find(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_once);
    return api != NULL;
}

struct ort_session {
    OrtSessionOptions *options;
    OrtSession *session;
    OrtMemoryInfo *memory;
};

/* True when the call went well; else its message, and the status is given back. */
static bool done(OrtStatus *status, err_code code, err *e)
{
    if (!status) return true;
    err_set(e, code, S("model"),
            S("check the model with onnx.checker, and the version of ONNX Runtime"),
            "ONNX Runtime: %s", api->GetErrorMessage(status));
    api->ReleaseStatus(status);
    return false;
}

static void close_session(void *p)
{
    struct ort_session *s = p;
    if (s->memory) api->ReleaseMemoryInfo(s->memory);
    if (s->session) api->ReleaseSession(s->session);
    if (s->options) api->ReleaseSessionOptions(s->options);
}

static bool set_options(const struct ort_session *s, err *e)
{
    return done(api->SetIntraOpNumThreads(s->options, 1), ERR_INTERNAL, e) &&
           done(api->SetInterOpNumThreads(s->options, 1), ERR_INTERNAL, e) &&
           done(api->SetDeterministicCompute(s->options, true), ERR_INTERNAL, e) &&
           done(api->SetSessionGraphOptimizationLevel(s->options, ORT_ENABLE_BASIC), ERR_INTERNAL,
                e);
}

static bool open_session(struct ort_session *s, str bytes, err *e)
{
    return done(api->CreateSessionOptions(&s->options), ERR_INTERNAL, e) && set_options(s, e) &&
           done(api->CreateSessionFromArray(env, bytes.p, bytes.n, s->options, &s->session),
                ERR_INVALID, e) &&
           done(api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &s->memory),
                ERR_INTERNAL, e);
}

bool ort_open(arena *a, str bytes, struct ort_session **ret, err *e)
{
    if (!ort_find())
        return err_set(
            e, ERR_UNAVAILABLE, S("model"),
            S("run script/setup, or name the library in AIMS_ONNXRUNTIME; see docs/models.md"),
            "ONNX Runtime 1.17 or newer cannot be loaded");
    *ret = arena_new(a, struct ort_session, 1);
    arena_defer(a, close_session, *ret);
    return open_session(*ret, bytes, e);
}

/* ---- asking ---- */

static ONNXTensorElementDataType element(onnx_type t, size_t *ret_size)
{
    static const struct {
        ONNXTensorElementDataType type;
        size_t size;
    } of[] = {
        [ONNX_FLOAT] = {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,  4},
        [ONNX_INT32] = {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,  4},
        [ONNX_INT64] = {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,  8},
        [ONNX_BOOL] = {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,   1},
        [ONNX_DOUBLE] = {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, 8},
    };
    *ret_size = of[t].size;
    return of[t].type;
}

static void release_value(void *p)
{
    api->ReleaseValue(p);
}

static bool wrap(const struct ort_session *s, const ort_tensor *t, arena *a, OrtValue **ret, err *e)
{
    const int64_t shape[] = {t->rows, t->columns};
    size_t size;
    ONNXTensorElementDataType type = element(t->type, &size);
    size_t bytes = (size_t)t->rows * (size_t)t->columns * size;
    if (!done(api->CreateTensorWithDataAsOrtValue(s->memory, t->data, bytes, shape, (size_t)t->rank,
                                                  type, ret),
              ERR_INTERNAL, e))
        return false;
    arena_defer(a, release_value, *ret);
    return true;
}

static bool shape_of(const OrtValue *v, ONNXTensorElementDataType *type, size_t *n, err *e)
{
    OrtTensorTypeAndShapeInfo *info;
    int is_tensor;
    if (!done(api->IsTensor(v, &is_tensor), ERR_INTERNAL, e)) return false;
    if (!is_tensor || !done(api->GetTensorTypeAndShape(v, &info), ERR_INTERNAL, e))
        return err_set(e, ERR_INVALID, S("model"),
                       S("export it with a tensor of numbers as output"),
                       "the model's output is no tensor");
    bool ok = done(api->GetTensorElementType(info, type), ERR_INTERNAL, e) &&
              done(api->GetTensorShapeElementCount(info, n), ERR_INTERNAL, e);
    api->ReleaseTensorTypeAndShapeInfo(info);
    return ok;
}

static bool unwrap(OrtValue *v, arena *a, double **ret, size_t *ret_n, err *e)
{
    ONNXTensorElementDataType type;
    void *data;
    if (!shape_of(v, &type, ret_n, e) ||
        !done(api->GetTensorMutableData(v, &data), ERR_INTERNAL, e))
        return false;
    *ret = arena_new(a, double, *ret_n);
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE)
        memcpy(*ret, data, *ret_n * sizeof **ret);
    else if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
        for (size_t i = 0; i < *ret_n; i++)
            (*ret)[i] = (double)((const float *)data)[i];
    else
        return err_set(e, ERR_INVALID, S("model"), S("export it with floats as output"),
                       "the model's output holds no real numbers");
    return true;
}

bool ort_run(const struct ort_session *s, const ort_tensor *in, size_t n, const char *output,
             arena *a, double **ret, size_t *ret_n, err *e)
{
    const char **names = arena_new(a, const char *, n);
    OrtValue **values = arena_new(a, OrtValue *, n), *answer = NULL;
    for (size_t i = 0; i < n; i++) {
        names[i] = in[i].name;
        if (!wrap(s, &in[i], a, &values[i], e)) return false;
    }
    if (!done(api->Run(s->session, NULL, names, (const OrtValue *const *)values, n, &output, 1,
                       &answer),
              ERR_UNAVAILABLE, e))
        return false;
    arena_defer(a, release_value, answer);
    return unwrap(answer, a, ret, ret_n, e);
}

#else

bool ort_find(void)
{
    return false;
}

bool ort_open(arena *a, str bytes, struct ort_session **ret, err *e)
{
    (void)a, (void)bytes, (void)ret;
    return err_set(e, ERR_UNAVAILABLE, S("model"),
                   S("run script/setup and build again; see docs/models.md"),
                   "this aims was built without the header of ONNX Runtime");
}

bool ort_run(const struct ort_session *s, const ort_tensor *in, size_t n, const char *output,
             arena *a, double **ret, size_t *ret_n, err *e)
{
    (void)s, (void)in, (void)n, (void)output, (void)a, (void)ret, (void)ret_n;
    return err_set(e, ERR_UNAVAILABLE, S("model"), S(""), "there is no ONNX Runtime");
}
#endif
