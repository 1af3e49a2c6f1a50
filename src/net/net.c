/* net.c - one HTTP exchange at a time through libcurl, with every limit set. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/net.h"
#include <curl/curl.h>
#include <pthread.h>

enum { HEADERS_MAX = 200, HEADER_BYTES = 1 << 18 };

struct net {
    net_options o;
    CURL *curl;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started;

static void start(void)
{
    started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void close_net(void *p)
{
    curl_easy_cleanup(((struct net *)p)->curl);
}

bool net_open(arena *a, const net_options *o, struct net **ret, err *e)
{
    struct net *n = arena_new(a, struct net, 1);
    pthread_once(&once, start);
    if (o) n->o = *o;
    n->curl = started == CURLE_OK ? curl_easy_init() : NULL;
    if (!n->curl)
        return err_set(e, ERR_INTERNAL, S("net"), S("check the libcurl of this system"),
                       "libcurl cannot be started");
    arena_defer(a, close_net, n);
    *ret = n;
    return true;
}

/* One exchange under way. */
struct exchange {
    struct net *net;
    arena *a;
    const net_request *q;
    net_reply *r;
    err *e;
    buf body;
    size_t got, max, header_bytes;
    bool refused; /* e is set: by the sink, or by the cap */
};

static void read_header(struct exchange *x, str line)
{
    str value, name = str_cut(line, ':', &value);
    if (!value.p || x->r->n_headers == HEADERS_MAX) return;
    char *low = arena_new(x->a, char, name.n + 1);
    for (size_t i = 0; i < name.n; i++)
        low[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]);
    x->r->headers[x->r->n_headers++] = (net_header){
        {low, name.n},
        str_dup(x->a, str_trim(value))
    };
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;
    str line = {p, size * n};
    x->header_bytes += line.n;
    if (x->header_bytes > HEADER_BYTES) return 0;
    /* A status line begins a new response: redirects and 100 Continue come before the last. */
    if (str_starts(line, S("HTTP/")))
        x->r->n_headers = 0;
    else
        read_header(x, line);
    return line.n;
}

static bool too_large(struct exchange *x)
{
    x->refused = true;
    return err_set(x->e, ERR_TOO_LARGE, x->q->url, S("raise the limit, or ask for less"),
                   "the reply of '%.*s' is larger than %zu bytes", STR_ARG(x->q->url), x->max);
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;
    size_t bytes = size * n;
    long status = 0;
    x->got += bytes;
    if (x->max && x->got > x->max) return too_large(x), 0;
    curl_easy_getinfo(x->net->curl, CURLINFO_RESPONSE_CODE, &status);
    if (!x->q->sink) {
        buf_bytes(&x->body, p, bytes);
    } else if (!x->q->sink(x->q->ctx, (int)status, p, bytes, x->e)) {
        x->refused = true;
        return 0;
    }
    return bytes;
}

/* Names, values and addresses that cannot smuggle a second header. */
static bool clean(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < 0x20 || s.p[i] == 0x7F) return false;
    return true;
}

static bool add_line(struct exchange *x, struct curl_slist **list, str line)
{
    struct curl_slist *more = curl_slist_append(*list, line.p);
    if (!more) return err_set(x->e, ERR_INTERNAL, S("net"), S(""), "libcurl is out of memory");
    *list = more;
    return true;
}

static bool add_header(struct exchange *x, struct curl_slist **list, str name, str value)
{
    if (!name.n || memchr(name.p, ':', name.n) || memchr(name.p, ' ', name.n) || !clean(name) ||
        !clean(value))
        return err_set(x->e, ERR_INVALID, name, S("use printable characters without line breaks"),
                       "the HTTP header '%.*s' is malformed", STR_ARG(name));
    /* "Name;" is libcurl's way to send a header without a value. */
    str line = str_fmt(x->a, value.n ? "%.*s: %.*s" : "%.*s;%.*s", STR_ARG(name), STR_ARG(value));
    return add_line(x, list, line);
}

static bool add_headers(struct exchange *x, struct curl_slist **list)
{
    const net_request *q = x->q;
    bool ok = true;
    for (size_t i = 0; ok && i < q->n_headers; i++)
        ok = add_header(x, list, q->headers[i].name, q->headers[i].value);
    if (ok && q->bearer.p)
        ok = add_header(x, list, S("Authorization"),
                        str_fmt(x->a, "Bearer %.*s", STR_ARG(q->bearer)));
    if (ok && q->body.p)
        ok = add_header(x, list, S("Content-Type"),
                        q->body_type.p ? q->body_type : S("application/octet-stream")) &&
             add_line(x, list, S("Expect:")); /* without value: libcurl sends none */
    return ok;
}

static void set_method(CURL *c, const net_request *q)
{
    const char *m = q->method ? q->method : q->body.p ? "POST" : "GET";
    if (q->body.p) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body.p);
    } else if (strcmp(m, "POST") == 0) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
    }
    if (strcmp(m, "HEAD") == 0) curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, m);
}

/* Called by libcurl about once a second, and whenever something happens. */
static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct net *n = ctx;
    (void)a, (void)b, (void)c, (void)d;
    return *n->o.stop; /* not 0 ends the exchange */
}

static void set_limits(struct net *n)
{
    CURL *c = n->curl;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, n->o.redirects > 0 ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)n->o.redirects);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
                     n->o.connect_seconds ? (long)n->o.connect_seconds : 10L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, n->o.seconds ? (long)n->o.seconds : 60L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "aims");
    if (n->o.stop) {
        curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(c, CURLOPT_XFERINFODATA, n);
        curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    }
    if (n->o.ca_file) curl_easy_setopt(c, CURLOPT_CAINFO, n->o.ca_file);
    if (!n->o.proxy) curl_easy_setopt(c, CURLOPT_PROXY, "");
}

static bool failed(struct exchange *x, CURLcode code, const char *detail)
{
    if (x->refused) return false;
    bool web = str_starts(x->q->url, S("http://")) || str_starts(x->q->url, S("https://"));
    if (!web || code == CURLE_URL_MALFORMAT || code == CURLE_LOGIN_DENIED)
        return err_set(x->e, ERR_INVALID, x->q->url,
                       S("use http:// or https:// without user name and password"),
                       "'%.*s' is no address that may be asked", STR_ARG(x->q->url));
    if (code == CURLE_WRITE_ERROR)
        return err_set(x->e, ERR_TOO_LARGE, x->q->url, S("is this the right address?"),
                       "'%.*s' sent too many headers", STR_ARG(x->q->url));
    return err_set(x->e, ERR_UNAVAILABLE, x->q->url, S("is the address right and the server up?"),
                   "'%.*s' cannot be asked: %s", STR_ARG(x->q->url),
                   *detail ? detail : curl_easy_strerror(code));
}

static bool perform(struct exchange *x, struct curl_slist *list)
{
    char detail[CURL_ERROR_SIZE] = "";
    CURL *c = x->net->curl;
    long status = 0;
    curl_easy_reset(c); /* keeps connections */
    set_limits(x->net);
    set_method(c, x->q);
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR,
                     str_starts(x->q->url, S("http:")) ? "http,https" : "https");
    curl_easy_setopt(c, CURLOPT_URL, str_dup(x->a, x->q->url).p);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
    CURLcode code = curl_easy_perform(c);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, NULL);
    if (code != CURLE_OK) return failed(x, code, detail);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    x->r->status = (int)status;
    x->r->body = buf_str(&x->body);
    return true;
}

bool net_send(struct net *n, arena *a, const net_request *q, net_reply *ret, err *e)
{
    struct curl_slist *list = NULL;
    *ret = (net_reply){.headers = arena_new(a, net_header, HEADERS_MAX)};
    struct exchange x = {.net = n, .a = a, .q = q, .r = ret, .e = e};
    x.max = q->max || q->sink ? q->max : NET_BODY_MAX;
    x.body = buf_open(a, x.max ? x.max : NET_BODY_MAX);
    if (!q->url.n || !clean(q->url)) return failed(&x, CURLE_URL_MALFORMAT, "");
    bool ok = add_headers(&x, &list) && perform(&x, list);
    curl_slist_free_all(list);
    return ok;
}

str net_header_of(const net_reply *r, const char *lower_name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_eqz(r->headers[i].name, lower_name)) return r->headers[i].value;
    return (str){0};
}

bool net_post(void *net, arena *a, str url, str type, str body, int *ret_status, str *ret_reply,
              err *e)
{
    const net_request q = {.url = url, .body = body, .body_type = type, .max = 1u << 20};
    net_reply r;
    if (!net_send(net, a, &q, &r, e)) return false;
    *ret_status = r.status;
    *ret_reply = r.body;
    return true;
}
