/* bag_plan.c - lists the members of a bag and makes its manifests. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_plan.h"
#include "report/tar.h"

typedef struct planner {
    arena *a;
    bag_item *at;
    size_t n, cap;
} planner;

static void add(planner *p, bag_item x)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 64;
        bag_item *grown = arena_new(p->a, bag_item, p->cap);
        if (p->n) memcpy(grown, p->at, p->n * sizeof *grown);
        p->at = grown;
    }
    p->at[p->n++] = x;
}

static void add_bytes(planner *p, str path, str bytes)
{
    add(p, (bag_item){path, bytes.n, hash_bytes(bytes.p, bytes.n), bytes, NULL});
}

static int item_order(const void *x, const void *y)
{
    return tar_order(((const bag_item *)x)->path, ((const bag_item *)y)->path);
}

static void add_payload(planner *p, const bag *b)
{
    for (size_t i = 0; i < b->n_files; i++) {
        const bag_file *f = &b->files[i];
        str path = str_fmt(p->a, "data/files/%.*s", STR_ARG(f->name));
        add(p, (bag_item){path, f->size, f->sha256, (str){0}, f});
    }
    for (size_t i = 0; i < b->n_leaves; i++) {
        long long seq = b->leaves[i].seq;
        add_bytes(p, str_fmt(p->a, "data/leaves/%lld.leaf", seq), b->leaves[i].bytes);
        add_bytes(p, str_fmt(p->a, "data/proofs/%lld.tlog-proof", seq), b->leaves[i].proof);
    }
    add_bytes(p, S("data/log/checkpoint"), b->checkpoint);
    if (b->tsq.p) add_bytes(p, S("data/log/checkpoint.tsq"), b->tsq);
    if (b->tsr.p) add_bytes(p, S("data/log/checkpoint.tsr"), b->tsr);
    for (size_t i = 0; i < b->n_old; i++)
        add_bytes(p, str_fmt(p->a, "data/log/old/%lld.add-checkpoint", (long long)b->old[i].size),
                  b->old[i].request);
}

/* Equal names, or a file where another one needs a directory: neighbours once sorted. */
static bool refuse_clashes(const planner *p, err *e)
{
    for (size_t i = 1; i < p->n; i++) {
        str x = p->at[i - 1].path, y = p->at[i].path;
        if (str_eq(x, y) || (str_starts(y, x) && y.p[x.n] == '/'))
            return err_set(e, ERR_CONFLICT, y, S("give every file its own name"),
                           "'%.*s' and '%.*s' cannot both be in a bag", STR_ARG(x), STR_ARG(y));
    }
    return true;
}

/* One line per item in sha256sum's form. */
static str manifest_of(arena *a, const bag_item *at, size_t n)
{
    buf b = buf_open(a, BAG_MAX_MANIFEST);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s  %.*s\n", digest_hex(a, at[i].sha256).p, STR_ARG(at[i].path));
    return b.n ? buf_str(&b) : S("");
}

static void put_info(buf *b, const char *label, str value)
{
    if (value.n) buf_fmt(b, "%s: %.*s\n", label, STR_ARG(value));
}

/* RFC 8493 section 2.2.2. */
static str info_of(arena *a, const bag *b, const planner *payload)
{
    buf out = buf_open(a, 1 << 16);
    uint64_t octets = 0;
    for (size_t i = 0; i < payload->n; i++)
        octets += payload->at[i].size;
    put_info(&out, "Source-Organization", b->organisation);
    put_info(&out, "External-Description", b->note);
    put_info(&out, "Bagging-Date", clock_date_text(a, b->at));
    put_info(&out, "Payload-Oxum", str_fmt(a, "%llu.%zu", (unsigned long long)octets, payload->n));
    put_info(&out, "Bag-Software-Agent", S("aims"));
    put_info(&out, "BagIt-Profile-Identifier", S(BAG_PROFILE));
    put_info(&out, "AIMS-Log-Origin", b->origin);
    put_info(&out, "AIMS-Log-Size", str_fmt(a, "%lld", (long long)b->log_size));
    return buf_str(&out);
}

static void add_tags(planner *p, const bag *b, str info, str manifest)
{
    add_bytes(p, S("bagit.txt"), S(BAG_DECLARATION));
    add_bytes(p, S("bag-info.txt"), info);
    add_bytes(p, S("manifest-sha256.txt"), manifest);
    add_bytes(p, S("README-VERIFY.txt"), bag_text_readme);
    add_bytes(p, S("verify.sh"), bag_text_verify);
    add_bytes(p, S("tlog-proof-check.sh"), bag_text_proof_check);
    add_bytes(p, S("tlog-growth-check.sh"), bag_text_growth_check);
    add_bytes(p, S("trust/policy.txt"),
              str_fmt(p->a,
                      "# CONVENIENCE COPY. It came with the bag, so it proves nothing about the "
                      "bag.\n# Verify with the policy or key you received some other way.\n%.*s",
                      STR_ARG(b->policy)));
}

bool bag_plan_make(arena *a, const bag *b, bag_plan *ret, err *e)
{
    planner payload = {.a = a}, tags = {.a = a};
    add_payload(&payload, b);
    qsort(payload.at, payload.n, sizeof *payload.at, item_order);
    if (!refuse_clashes(&payload, e)) return false;
    str manifest = manifest_of(a, payload.at, payload.n);
    add_tags(&tags, b, info_of(a, b, &payload), manifest);
    qsort(tags.at, tags.n, sizeof *tags.at, item_order);
    str tag_manifest = manifest_of(a, tags.at, tags.n);
    for (size_t i = 0; i < tags.n; i++)
        add(&payload, tags.at[i]);
    add_bytes(&payload, S("tagmanifest-sha256.txt"), tag_manifest);
    qsort(payload.at, payload.n, sizeof *payload.at, item_order);
    *ret = (bag_plan){payload.at, payload.n};
    return true;
}
