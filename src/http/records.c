/* records.c - the handlers of every record type: list, add, get, change, retire, history, uses. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/records.h"
#include "http/handlers.h"
#include "register/person.h"

enum { CSV_MAX = 64 << 20, CSV_PAGE = 1000 };

static bool is_plain(const char *key)
{
    static const char *const plain[] = {"limit", "cursor", "as_of", "retired",
                                        "count", "format", "brief"};
    for (size_t i = 0; i < COUNT(plain); i++)
        if (strcmp(key, plain[i]) == 0) return true;
    return false;
}

static bool read_filters(const request *q, page *p, int64_t as_of, err *e)
{
    filter *fs = arena_new(q->a, filter, QUERY_MAX);
    for (size_t i = 0; i < q->n_query; i++) {
        str key = q->query[i].key;
        if (is_plain(key.p)) continue;
        if (as_of)
            return err_set(e, ERR_INVALID, key, S("leave out the filters, or as_of"),
                           "a list as of a time takes no filters");
        if (!record_filter(q->r, key, q->query[i].value, &fs[p->n_filters++], q->a, e))
            return false;
    }
    p->filters = fs;
    return true;
}

static const void *row_at(const record *r, const void *all, size_t i)
{
    return (const char *)all + i * r->size;
}

static bool put_total(request *q, const page *p, jw *w, err *e)
{
    bool count;
    int64_t total;
    if (!query_flag(q, "count", &count, e)) return false;
    if (!count) return true;
    if (!work_count(q->w, &q->who, q->r, p, &total, e)) return false;
    jw_m_int(w, "total", total);
    return true;
}

static bool put_page(request *q, const page *p, const void *all, size_t n, err *e)
{
    bool more = (int64_t)n == p->limit, brief;
    if (!query_flag(q, "brief", &brief, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    if (more) n--; /* one more than asked for was read, to know whether there is a next page */
    jw_obj(&w);
    jw_key(&w, "items");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++)
        (brief ? record_json_brief : record_json)(q->r, row_at(q->r, all, i), &w);
    jw_arr_end(&w);
    jw_key(&w, "next");
    if (more)
        jw_str(&w, cursor_text(q->a, ((const row_head *)row_at(q->r, all, n - 1))->id));
    else
        jw_null(&w);
    if (!put_total(q, p, &w, e)) return false;
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

/* Adds the next rows; fewer than were asked for: the last. */
static bool add_csv(request *q, page *p, int64_t as_of, buf *b, size_t *ret_n, err *e)
{
    arena *a = arena_open(); /* an export may be of any length */
    void *all;
    bool ok = work_list(q->w, &q->who, q->r, p, as_of, a, &all, ret_n, e);
    for (size_t i = 0; ok && i < *ret_n; i++) {
        record_csv_row(q->r, row_at(q->r, all, i), b);
        p->below = ((const row_head *)row_at(q->r, all, i))->id;
    }
    arena_close(a);
    return ok;
}

/* Without a limit all rows: an export that ends early would pass for the whole. */
static bool put_csv(request *q, page *p, int64_t limit, int64_t as_of, err *e)
{
    buf b = buf_open(q->a, CSV_MAX);
    int64_t left = query_get(q, "limit").p ? limit : INT64_MAX;
    size_t n = 0;
    record_csv_header(q->r, &b);
    do {
        p->limit = left < CSV_PAGE ? left : CSV_PAGE;
        if (!add_csv(q, p, as_of, &b, &n, e)) return false;
        left -= (int64_t)n;
    } while (left > 0 && (int64_t)n == p->limit && !b.full);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, S(""), S("filter, or take pages with limit and cursor"),
                       "the export is larger than %d bytes", CSV_MAX);
    reply_text(q, "text/csv; charset=utf-8", buf_str(&b));
    return true;
}

/* "4,7,9"; alone, for what these records are does not depend on a page or filter. */
static bool read_ids(const request *q, int64_t *ret, size_t *ret_n, err *e)
{
    str rest = query_get(q, "ids");
    while (rest.p) {
        str one = str_cut(rest, ',', &rest);
        if (*ret_n == ROWS_SOME || !str_int(one, &ret[*ret_n]))
            return err_set(e, ERR_INVALID, S("ids"),
                           str_fmt(e->a, "up to %d numbers, as in ids=4,7,9", ROWS_SOME),
                           "'%.*s' is no list of ids",
                           STR_ARG(str_sub(query_get(q, "ids"), 0, 80)));
        ++*ret_n;
    }
    return q->n_query == 1 || err_set(e, ERR_INVALID, S("ids"), S("leave out all other parameters"),
                                      "a list by ids takes no filters");
}

static bool list_some(request *q, err *e)
{
    int64_t ids[ROWS_SOME];
    void *all;
    size_t n_ids = 0, n;
    page whole = {.limit = ROWS_SOME + 1};
    return read_ids(q, ids, &n_ids, e) &&
           work_get_some(q->w, &q->who, q->r, ids, n_ids, q->a, &all, &n, e) &&
           put_page(q, &whole, all, n, e);
}

bool do_list(request *q, err *e)
{
    if (query_get(q, "ids").p) return list_some(q, e);
    page p = {0};
    int64_t limit, as_of;
    void *all = NULL;
    size_t n = 0;
    if (!query_page(q, &limit, &p.below, e) || !query_time(q, "as_of", &as_of, e)) return false;
    if (!query_flag(q, "retired", &p.with_retired, e) || !read_filters(q, &p, as_of, e))
        return false;
    if (wants(q, "text/csv", "csv")) return put_csv(q, &p, limit, as_of, e);
    p.limit = limit + 1;
    if (!work_list(q->w, &q->who, q->r, &p, as_of, q->a, &all, &n, e)) return false;
    return put_page(q, &p, all, n, e);
}

static bool put_row(request *q, const record *r, const void *row)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    record_json(r, row, &w);
    reply_json(q, route_status(q->route), &b);
    reply_etag(q, ((const row_head *)row)->version);
    return true;
}

bool do_add(request *q, err *e)
{
    void *row;
    if (!work_add(q->w, &q->who, q->r, q->json, q->a, &row, e)) return false;
    reply_header(q, "Location",
                 str_fmt(q->a, "/api/v1/%s/%lld", q->r->plural, (long long)((row_head *)row)->id));
    return put_row(q, q->r, row);
}

bool do_get(request *q, err *e)
{
    void *row;
    int64_t as_of, id;
    if (!query_time(q, "as_of", &as_of, e)) return false;
    bool by_id = str_int(q->args[0], &id);
    if (as_of && !by_id)
        return err_set(e, ERR_INVALID, S("as_of"), S("ask by id"),
                       "names change: a record as of a time is asked for by its id");
    bool ok = by_id ? work_get(q->w, &q->who, q->r, id, as_of, q->a, &row, e)
                    : work_find(q->w, &q->who, q->r, q->args[0], q->a, &row, e);
    return ok && put_row(q, q->r, row);
}

/* The id of a record that is named by id or label. */
static bool target_id(request *q, int64_t *ret, err *e)
{
    void *row;
    if (str_int(q->args[0], ret)) return true;
    if (!work_find(q->w, &q->who, q->r, q->args[0], q->a, &row, e)) return false;
    *ret = ((row_head *)row)->id;
    return true;
}

bool do_change(request *q, err *e)
{
    void *row;
    int64_t id, version;
    if (!if_match(q, &version, e) || !target_id(q, &id, e)) return false;
    return work_change(q->w, &q->who, q->r, id, version, q->json, q->a, &row, e) &&
           put_row(q, q->r, row);
}

bool do_retire(request *q, err *e)
{
    void *row;
    int64_t id, version;
    if (!if_match(q, &version, e) || !target_id(q, &id, e)) return false;
    return work_retire(q->w, &q->who, q->r, id, version, q->a, &row, e) && put_row(q, q->r, row);
}

typedef bool writer(struct work *w, const actor *who, const record *r, int64_t id, jw *out, err *e);

static bool put_written(request *q, writer *fn, err *e)
{
    int64_t id;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    if (!target_id(q, &id, e) || !fn(q->w, &q->who, q->r, id, &w, e)) return false;
    reply_json(q, 200, &b);
    return true;
}

bool do_history(request *q, err *e)
{
    return put_written(q, work_history, e);
}

bool do_uses(request *q, err *e)
{
    return put_written(q, work_uses, e);
}

bool do_erase(request *q, err *e)
{
    return put_written(q, work_erase, e);
}

/* ?person= names the approver for whoever acts without an account; 0: none was named. */
static bool approver(request *q, int64_t *ret, err *e)
{
    str name = query_get(q, "person");
    void *row;
    *ret = 0;
    if (!name.p) return true;
    if (!work_find(q->w, &q->who, &person_record, name, q->a, &row, e)) return false;
    *ret = ((const row_head *)row)->id;
    return true;
}

bool do_approve(request *q, err *e)
{
    void *row;
    int64_t id, version, by;
    if (!if_match(q, &version, e) || !target_id(q, &id, e)) return false;
    return approver(q, &by, e) && work_approve(q->w, &q->who, id, version, by, q->a, &row, e) &&
           put_row(q, q->r, row);
}
