/* frameworks.c - an OSCAL file of the vault becomes a framework record and a file of controls. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/frameworks.h"
#include "catalog/catalog.h"
#include "catalog/oscal.h"
#include "work/files.h"
#include "work/impl.h"
#include "work/records.h"

static bool read_whole(struct work *w, const actor *who, digest d, arena *a, str *ret, err *e)
{
    struct download *in;
    const void *p;
    size_t n;
    buf b = buf_open(a, OSCAL_MAX_BYTES);
    if (!download_begin(w, who, d, a, &in, e)) return false;
    do {
        if (!download_next(in, &p, &n, e)) return false;
        buf_bytes(&b, p, n);
        if (b.full)
            return err_set(e, ERR_TOO_LARGE, S("file"), S("split the catalog"),
                           "the file is over %u bytes", OSCAL_MAX_BYTES);
    } while (n);
    *ret = buf_str(&b);
    return true;
}

static str content_of(arena *a, const oscal_catalog *c)
{
    buf b = buf_open(a, 4u * OSCAL_MAX_BYTES);
    jw w = jw_open(&b);
    oscal_write(&w, c);
    return buf_str(&b);
}

struct import {
    const actor *who;
    framework *f;
};

static bool import_tx(struct tx *t, void *ctx, err *e)
{
    struct import *x = ctx;
    return record_put(t, x->who, &framework_record, x->f, clock_now(), NULL, e);
}

bool work_import_framework(struct work *w, const actor *who, str name, digest file, arena *a,
                           framework *ret, err *e)
{
    str json;
    oscal_catalog c;
    file_info kept;
    if (!work_may(w, who, CAP_EDIT, "importing a framework", e)) return false;
    if (catalog_framework_find(name))
        return err_set(e, ERR_CONFLICT, S("name"), S("choose another name"),
                       "'%.*s' is compiled in already", STR_ARG(name));
    if (!read_whole(w, who, file, a, &json, e) || !oscal_parse(a, json, &c, e)) return false;
    if (!work_put_bytes(w, who, content_of(a, &c), S("framework.json"), a, &kept, e)) return false;
    *ret = (framework){.name = name,
                       .title = str_clip(c.title, 300),
                       .edition = c.version.n ? str_clip(c.version, 60) : (str){0},
                       .n_controls = (int64_t)c.n,
                       .source_sha256 = digest_hex(a, file),
                       .content_sha256 = digest_hex(a, kept.sha256)};
    struct import x = {who, ret};
    return work_write(w, import_tx, &x, e);
}

bool work_framework(struct work *w, const actor *who, str name, arena *a, str *ret_json, err *e)
{
    void *row;
    digest d;
    if (!work_find(w, who, &framework_record, name, a, &row, e)) return false;
    if (!digest_parse(((framework *)row)->content_sha256, &d))
        return err_set(e, ERR_DAMAGED, name, S("import it again"), "the framework names no file");
    return read_whole(w, who, d, a, ret_json, e);
}
