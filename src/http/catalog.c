/* catalog.c - handlers that ask the compiled-in frameworks and kinds of measurement. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "http/handlers.h"
#include "http/inputs.h"
#include "work/frameworks.h"
#include "work/kinds.h"

static bool unknown(err *e, const char *what, str name, const char *hint)
{
    return err_set(e, ERR_NOT_FOUND, S(""), str_of(hint), "no %s '%.*s'", what,
                   STR_ARG(str_sub(name, 0, 100)));
}

bool do_frameworks(request *q, err *e)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    (void)e;
    catalog_write_frameworks(&w);
    reply_json(q, 200, &b);
    return true;
}

static const catalog_framework *find_framework(request *q, err *e)
{
    const catalog_framework *f = catalog_framework_find(q->args[0]);
    if (!f) (void)unknown(e, "framework", q->args[0], "see /api/v1/catalog/frameworks");
    return f;
}

bool do_framework(request *q, err *e)
{
    const catalog_framework *f = find_framework(q, e);
    if (!f) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    catalog_write_framework(&w, f);
    reply_json(q, 200, &b);
    return true;
}

bool do_requirements(request *q, err *e)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    (void)e;
    catalog_write_requirements(&w);
    reply_json(q, 200, &b);
    return true;
}

static const catalog_requirement *find_requirement(request *q, err *e)
{
    const catalog_requirement *r = catalog_requirement_find(q->args[0]);
    if (!r) (void)unknown(e, "requirement", q->args[0], "see /api/v1/catalog/requirements");
    return r;
}

bool do_requirement(request *q, err *e)
{
    const catalog_requirement *r = find_requirement(q, e);
    if (!r) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    catalog_write_requirement(&w, r);
    reply_json(q, 200, &b);
    return true;
}

/* Of one requirement, or of all of them without one in the path. */
bool do_crosswalk(request *q, err *e)
{
    str to = query_get(q, "framework");
    if (q->args[0].p && !find_requirement(q, e)) return false;
    if (to.p && !catalog_framework_find(to))
        return err_set(e, ERR_INVALID, S("framework"), S("see /api/v1/catalog/frameworks"),
                       "no framework '%.*s'", STR_ARG(str_sub(to, 0, 100)));
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    catalog_write_crosswalk(&w, q->args[0], to);
    reply_json(q, 200, &b);
    return true;
}

bool do_reverse(request *q, err *e)
{
    const catalog_framework *f = find_framework(q, e);
    if (!f) return false;
    if (!catalog_entry_find(q->args[0], q->args[1]))
        return unknown(e, "entry", q->args[1], "see /api/v1/catalog/frameworks/{framework}");
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    catalog_write_reverse(&w, q->args[0], q->args[1]);
    reply_json(q, 200, &b);
    return true;
}

bool do_vocabulary(request *q, err *e)
{
    int v = 0;
    while (v < CATALOG_VOCABULARIES &&
           !str_eqz(q->args[0], catalog_vocabulary_name((catalog_vocabulary)v)))
        v++;
    if (v == CATALOG_VOCABULARIES)
        return unknown(e, "vocabulary", q->args[0],
                       "evidence_kinds, measurements, stages, roles or relationships");
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    catalog_write_vocabulary(&w, (catalog_vocabulary)v);
    reply_json(q, 200, &b);
    return true;
}

bool do_kinds(request *q, err *e)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    (void)e;
    work_kinds(&w);
    reply_json(q, 200, &b);
    return true;
}

static bool ask_term(request *q, catalog_vocabulary v, void (*write)(jw *w, str id), err *e)
{
    if (!catalog_term_find(v, q->args[0]))
        return unknown(e, "such term", q->args[0], "see /api/v1/catalog/vocabularies/{name}");
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    write(&w, q->args[0]);
    reply_json(q, 200, &b);
    return true;
}

bool do_proven_by(request *q, err *e)
{
    return ask_term(q, CATALOG_MEASUREMENTS, catalog_write_proven_by, e);
}

bool do_accepting(request *q, err *e)
{
    return ask_term(q, CATALOG_EVIDENCE_KINDS, catalog_write_accepting, e);
}

bool do_import_framework(request *q, err *e)
{
    const framework_import *in = q->in;
    digest file;
    framework f;
    if (!digest_parse(in->file, &file))
        return err_set(e, ERR_INVALID, S("file"), S("store the file first: POST /api/v1/files"),
                       "'%.*s' is no SHA-256", STR_ARG(in->file));
    if (!work_import_framework(q->w, &q->who, in->name, file, q->a, &f, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    record_json(&framework_record, &f, &w);
    reply_json(q, route_status(q->route), &b);
    reply_header(q, "Location", str_fmt(q->a, "/api/v1/frameworks/%lld", (long long)f.head.id));
    return true;
}

bool do_framework_controls(request *q, err *e)
{
    str json;
    if (!work_framework(q->w, &q->who, q->args[0], q->a, &json, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_raw(&w, json);
    reply_json(q, 200, &b);
    return true;
}
