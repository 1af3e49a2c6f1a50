/* remote_http.c - one call over HTTP: where it goes, what is repeated, what a refusal means. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/remote.h"
#include <math.h>

enum { TOKEN_MAX = 65536, METADATA_MAX = 1 << 20, WAIT_MAX = 300 };

/* ---- addresses ---- */

static str without_end(str s, str end)
{
    return str_ends(s, end) ? str_sub(s, 0, s.n - end.n) : s;
}

str model_endpoint(str address)
{
    str s = address;
    while (str_ends(s, S("/")))
        s = str_sub(s, 0, s.n - 1);
    if (memmem(s.p, s.n, "/v2/models/", 11)) return without_end(s, S("/infer"));
    if (memmem(s.p, s.n, "/v1/models/", 11)) return without_end(s, S(":predict"));
    return s;
}

static bool refuse(str at, const char *why, err *e)
{
    return err_set(e, ERR_INVALID, S("model"),
                   S("write it as http(s)://HOST/v2/models/NAME, .../v1/models/NAME or "
                     ".../invocations; a token goes into the setting token_env or token_file"),
                   "the address '%.*s' %s", STR_ARG(str_clip(at, 200)), why);
}

/* Nothing secret may stand in an address, for results name it. */
static bool check_address(str at, err *e)
{
    str rest, host;
    (void)str_cut(str_sub(at, 0, at.n), ':', &rest);
    host = str_cut(str_sub(rest, 2, rest.n), '/', &rest);
    if (memchr(host.p, '@', host.n))
        return refuse(S("http(s)://...@..."), "holds a user name or password", e);
    if (memchr(at.p, '?', at.n) || memchr(at.p, '#', at.n))
        return refuse(str_sub(at, 0, strcspn(at.p, "?#")), "holds a query or fragment", e);
    /* Dots that lead elsewhere would lead past the list of addresses that a server may ask. */
    if (memmem(at.p, at.n, "/./", 3) || memmem(at.p, at.n, "/../", 4) || memchr(at.p, '%', at.n) ||
        memchr(at.p, '\\', at.n))
        return refuse(at, "is not written plainly", e);
    if (!host.n || str_has_control(at) || memchr(at.p, ' ', at.n))
        return refuse(S("http(s)://"), "is malformed", e);
    return true;
}

bool http_place(arena *a, str at, struct remote *r, err *e)
{
    if (!check_address(at, e)) return false;
    str base = str_dup(a, model_endpoint(at));
    bool v2 = memmem(base.p, base.n, "/v2/models/", 11) != NULL;
    bool v1 = memmem(base.p, base.n, "/v1/models/", 11) != NULL;
    int told = r->s.protocol;
    r->shown = base;
    r->words.protocol = told                                ? (protocol)told
                        : v2                                ? PROTOCOL_OIP
                        : v1                                ? PROTOCOL_V1
                        : str_ends(base, S("/invocations")) ? PROTOCOL_MLFLOW
                                                            : PROTOCOL_AUTO;
    r->address = base;
    if (r->words.protocol == PROTOCOL_OIP && v2) r->address = str_fmt(a, "%s/infer", base.p);
    if (r->words.protocol == PROTOCOL_V1 && v1) r->address = str_fmt(a, "%s:predict", base.p);
    if ((r->words.protocol == PROTOCOL_OIP && v2) || (r->words.protocol == PROTOCOL_V1 && v1))
        r->status = base;
    return r->words.protocol != PROTOCOL_AUTO ||
           refuse(base, "tells no protocol; name it with the setting 'protocol'", e);
}

static bool near(str address)
{
    static const char *const hosts[] = {"http://localhost", "http://127.", "http://[::1]"};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        str h = str_of(hosts[i]);
        char next = address.n > h.n ? address.p[h.n] : '/';
        if (str_starts(address, h) && (h.p[h.n - 1] == '.' || next == ':' || next == '/'))
            return true;
    }
    return false;
}

bool http_token(arena *a, struct remote *r, err *e)
{
    const remote_settings *s = &r->s;
    str t = {0};
    if (s->token_env.p && s->token_file.p)
        return err_set(e, ERR_INVALID, S("model-option.token_file"), S("leave one of them out"),
                       "the token stands in a file and in a variable");
    if (s->token_env.p) t = str_of(getenv(s->token_env.p));
    if (s->token_env.p && !t.n)
        return err_set(e, ERR_INVALID, S("model-option.token_env"), S("set and export it"),
                       "the environment variable '%s' is not set", s->token_env.p);
    if (s->token_file.p && !file_read(a, s->token_file.p, TOKEN_MAX, &t, e))
        return err_under(e, S("model-option.token_file"));
    if (!t.p) return true;
    r->token = str_dup(a, str_trim(t));
    if (!str_starts(r->address, S("http://")) || near(r->address) || s->plain_token) return true;
    return err_set(e, ERR_DENIED, S("model-option.token_env"),
                   S("use https, or set plain_token=true where the network is your own"),
                   "the token would travel in the clear");
}

bool http_lane(const struct remote *r, struct lane *l, err *e)
{
    const net_options o = {
        .seconds = (int)ceil(r->s.timeout), .ca_file = r->s.ca_file.p, .stop = &r->stopped};
    return net_open(l->a, &o, &l->net, e);
}

/* ---- repeating ---- */

static bool passing(int status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

/* Seconds from a Retry-After header (RFC 9110, 10.2.3): a number or a date; -1 when there is none.
 */
static double retry_after(const net_reply *reply)
{
    str s = net_header_of(reply, "retry-after");
    int64_t seconds;
    struct tm t = {0};
    if (!s.p) return -1;
    if (str_int(s, &seconds)) return seconds >= 0 ? (double)seconds : -1;
    const char *end = strptime(s.p, "%a, %d %b %Y %H:%M:%S GMT", &t);
    if (!end || *end) return -1;
    double left = (double)timegm(&t) - (double)clock_now() / 1000;
    return left > 0 ? left : 0;
}

static void pause_for(const struct remote *r, double seconds)
{
    for (double until = clock_mono() + seconds, left; !r->stopped;) {
        left = until - clock_mono();
        if (left <= 0) break;
        if (left > 0.2) left = 0.2;
        nanosleep(&(struct timespec){0, (long)(left * 1e9)}, NULL);
    }
}

static double wait_before(const struct remote *r, int64_t attempt, const net_reply *reply)
{
    double told = reply ? retry_after(reply) : -1;
    double wait = told >= 0 ? told : ldexp(r->s.backoff, (int)attempt);
    return told < 0 && wait > 60 ? 60 : wait;
}

static const char *hint_for(const struct remote *r, int status)
{
    if (status == 401 || status == 403) return "give a token with the setting token_env";
    if (status == 404) return "is the name of the model right, and its version?";
    if (status == 413) return "lower the setting 'batch'";
    if (status >= 300 && status < 400)
        return "write the address where it is; redirects are not followed";
    if (status == 501) return "leave '/versions/...' out where the server knows no versions";
    if (passing(status)) return "is the model loaded? Look into the log of the server";
    if (r->words.binary) return "does it take binary tensors? Leave 'binary' out";
    return "does it want rows in another form (the settings features, layout, content_type, "
           "datatype, missing, output)? Look into its log";
}

static bool refused(const struct remote *r, const net_reply *reply, arena *a, err *e)
{
    int s = reply->status;
    str says = answer_error(a, reply->body);
    err_code code = s == 401 || s == 403  ? ERR_DENIED
                    : s == 404            ? ERR_NOT_FOUND
                    : s == 413            ? ERR_TOO_LARGE
                    : s < 500 && s != 429 ? ERR_INVALID
                                          : ERR_UNAVAILABLE;
    return err_set(e, code, S("model"), str_of(hint_for(r, s)),
                   "'%s' answered with status %d%s%.*s", r->shown.p, s, says.n ? ": " : "",
                   STR_ARG(says));
}

struct
try {
    struct remote *r;
    struct lane *l;
    arena *a;
    const net_request *q;
    size_t rows;
};

/* One exchange. *ret_again: whether another one may help; then e tells why this one did not. */
static bool exchange(const struct try *t, bool first, net_reply *ret, bool *ret_again, err *e)
{
    if (!remote_charge(t->r, t->rows, !first, e)) return false;
    double began = clock_mono();
    bool sent = net_send(t->l->net, t->a, t->q, ret, e);
    double took = clock_mono() - began;
    remote_waited(t->r, took);
    if (!sent) e->path = S("model");
    if (!sent && memmem(e->msg.p, e->msg.n, "certificate", 11))
        e->hint = S("name the certificates to trust in the setting 'ca_file'");
    /* A call that used up its time is no broken connection: again would take as long. */
    *ret_again =
        sent ? passing(ret->status) : e->code == ERR_UNAVAILABLE && took < ceil(t->r->s.timeout);
    return sent;
}

static bool send_patiently(const struct try *t, net_reply *ret, err *e)
{
    for (int64_t attempt = 0;; attempt++) {
        bool again = false;
        bool sent = exchange(t, attempt == 0, ret, &again, e);
        if (!again) return sent;
        if (attempt == t->r->s.retries) return sent ? refused(t->r, ret, t->a, e) : false;
        double wait = wait_before(t->r, attempt, sent ? ret : NULL);
        if (wait > WAIT_MAX)
            return err_set(e, ERR_UNAVAILABLE, S("model"), S("try it later"),
                           "'%s' asks to wait for %.0f seconds", t->r->shown.p, wait);
        pause_for(t->r, wait);
    }
}

/* ---- calls ---- */

static size_t reply_max(const struct remote *r, size_t rows)
{
    size_t most = (1u << 20) + rows * ((r->width ? r->width : 1) * 64 + 1024);
    return most < ANSWER_MAX ? most : ANSWER_MAX;
}

/* Bytes of JSON in a reply with a binary tail. */
static bool json_bytes(const net_reply *reply, size_t *ret, err *e)
{
    str s = net_header_of(reply, "inference-header-content-length");
    int64_t n;
    *ret = SIZE_MAX;
    if (!s.p) return true;
    if (!str_int(s, &n) || n < 0)
        return err_set(e, ERR_INVALID, S("answer"), S("report it to who made the server"),
                       "the answer has a malformed Inference-Header-Content-Length");
    *ret = (size_t)n;
    return true;
}

static bool read_reply(const struct remote *r, arena *a, const net_reply *reply, size_t rows,
                       int64_t id, answer *ret, err *e)
{
    size_t json;
    if (r->words.protocol != PROTOCOL_OIP)
        return answer_predictions(a, reply->body, rows, r->words.output, ret, e);
    return json_bytes(reply, &json, e) &&
           answer_tensors(a, reply->body, json, rows, id, r->words.output, ret, e);
}

bool http_ask(struct remote *r, struct lane *l, arena *a, const float *x, size_t rows, int64_t id,
              answer *ret, err *e)
{
    net_request q = {.url = r->address,
                     .bearer = r->token,
                     .body_type = S("application/json"),
                     .max = reply_max(r, rows)};
    net_header binary = {S("Inference-Header-Content-Length"), {0}};
    net_reply reply;
    size_t json;
    if (!request_write(a, &r->words, x, rows, id, &q.body, &json, e)) return false;
    if (json) {
        binary.value = str_fmt(a, "%zu", json);
        q.headers = &binary;
        q.n_headers = 1;
        q.body_type = S("application/octet-stream");
    }
    const struct try t = {r, l, a, &q, rows};
    if (!send_patiently(&t, &reply, e)) return false;
    if (reply.status != 200) return refused(r, &reply, a, e);
    return read_reply(r, a, &reply, rows, id, ret, e) || err_prefix(e, "'%s'", r->shown.p);
}

/* {"model_version_status":[{"version":"1","state":"AVAILABLE"}]} of TensorFlow Serving. */
static str serving_version(arena *a, str body)
{
    doc *d;
    err ignore = ERR_IN(a);
    str found = {0};
    if (!doc_parse(a, body, METADATA_MAX, &d, &ignore)) return found;
    const doc *list = doc_get(d, "model_version_status");
    for (size_t i = 0; list && list->kind == DOC_ARR && i < list->n; i++) {
        str v = doc_str(&list->at[i], "version");
        if (!str_eqz(doc_str(&list->at[i], "state"), "AVAILABLE") || !v.n || v.n > 200) continue;
        if (found.p) return (str){0}; /* which of them answers is not told */
        found = v;
    }
    return found;
}

bool http_metadata(struct remote *r, struct lane *l, arena *a, metadata *ret, err *e)
{
    net_reply reply;
    *ret = (metadata){0};
    if (!r->status.p) return true;
    const net_request q = {.url = r->status, .bearer = r->token, .max = METADATA_MAX};
    const struct try t = {r, l, a, &q, 0};
    if (!send_patiently(&t, &reply, e)) return false;
    if (reply.status == 401 || reply.status == 403) return refused(r, &reply, a, e);
    if (reply.status != 200) return true; /* not every server tells */
    if (r->words.protocol == PROTOCOL_OIP) return metadata_read(a, reply.body, r->s.input, ret, e);
    ret->version = serving_version(a, reply.body);
    return true;
}
