/* bag_input.c - checks what a bag is to be made of, so that no bag is written that proves nothing.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"
#include "ledger/proof.h"
#include "report/bag_plan.h"

static bool check_line(str s, const char *path, err *e)
{
    if (s.p && (str_has_control(s) || !str_utf8(s) || memchr(s.p, '\n', s.n) || s.n > 500))
        return err_set(e, ERR_INVALID, str_of(path), S("use one line of at most 500 bytes"),
                       "'%s' must be one line of text", path);
    return true;
}

static bool check_small(str s, const char *path, err *e)
{
    if (s.n > BAG_MAX_SMALL)
        return err_set(e, ERR_TOO_LARGE, str_of(path), (str){0}, "'%s' is over %u bytes", path,
                       BAG_MAX_SMALL);
    return true;
}

static bool check_head(const bag *b, err *e)
{
    if (!bag_name_ok(b->name, 80) || memchr(b->name.p, '/', b->name.n))
        return err_set(e, ERR_INVALID, S("name"), S("use letters, digits, '.', '_' and '-'"),
                       "'%.*s' cannot name a bag", STR_ARG(b->name));
    return check_line(b->organisation, "organisation", e) && check_line(b->origin, "origin", e) &&
           check_line(b->note, "note", e) && check_small(b->checkpoint, "checkpoint", e) &&
           check_small(b->policy, "policy", e) && check_small(b->tsq, "tsq", e) &&
           check_small(b->tsr, "tsr", e);
}

/* The tree that all proofs must reach; who signed it is for the verifier to judge. */
static bool open_checkpoint(arena *a, const bag *b, checkpoint *ret, err *e)
{
    note n;
    if (!note_parse(a, b->checkpoint, &n, e) || !checkpoint_parse(n.text, ret, e))
        return err_under(e, S("checkpoint"));
    if (!str_eq(ret->origin, b->origin) || ret->size != (uint64_t)b->log_size)
        return err_set(e, ERR_INVALID, S("checkpoint"), (str){0},
                       "the checkpoint is of '%.*s' at size %llu, not of '%.*s' at size %lld",
                       STR_ARG(ret->origin), (unsigned long long)ret->size, STR_ARG(b->origin),
                       (long long)b->log_size);
    return true;
}

static bool check_leaf(arena *a, const bag *b, const checkpoint *cp, size_t i, err *e)
{
    const bag_leaf *l = &b->leaves[i];
    proof p;
    str path = str_fmt(a, "leaves.%zu", i);
    if (l->bytes.n > BAG_MAX_LEAF)
        return err_set(e, ERR_TOO_LARGE, path, (str){0}, "the leaf is over %u bytes", BAG_MAX_LEAF);
    if (!proof_parse(a, l->proof, &p, e)) return err_under(e, path);
    if (l->seq < 0 || p.index != (uint64_t)l->seq || !str_eq(p.note, b->checkpoint) ||
        !merkle_check_inclusion(p.index, cp->size, merkle_leaf(l->bytes), &p.path, cp->root))
        return err_set(e, ERR_INVALID, path, S("prove every leaf against the bag's checkpoint"),
                       "the proof does not lead from leaf %lld to the checkpoint",
                       (long long)l->seq);
    return true;
}

/* One scratch arena per leaf: a bag may hold a hundred thousand. */
static bool check_leaves(const bag *b, const checkpoint *cp, err *e)
{
    for (size_t i = 0; i < b->n_leaves; i++) {
        arena *scratch = arena_open();
        err inner = ERR_IN(scratch);
        bool ok = check_leaf(scratch, b, cp, i, &inner);
        if (!ok) err_copy(e, &inner);
        arena_close(scratch);
        if (!ok) return false;
    }
    return true;
}

/* All digests named by any leaf, sorted. */
static digest *named_by_leaves(arena *a, const bag *b, size_t *ret_n)
{
    digest *all = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < b->n_leaves; i++) {
        digest some[BAG_MAX_NAMED];
        arena *scratch = arena_open();
        size_t k = bag_leaf_names(scratch, b->leaves[i].bytes, some, COUNT(some));
        arena_close(scratch);
        if (n + k > cap) {
            cap = (n + k) * 2;
            digest *grown = arena_new(a, digest, cap);
            if (n) memcpy(grown, all, n * sizeof *all);
            all = grown;
        }
        if (k) memcpy(all + n, some, k * sizeof *all);
        n += k;
    }
    if (all) qsort(all, n, sizeof *all, bag_digest_order);
    *ret_n = n;
    return all;
}

static bool check_files(arena *a, const bag *b, err *e)
{
    size_t n;
    digest *named = named_by_leaves(a, b, &n);
    for (size_t i = 0; i < b->n_files; i++) {
        const bag_file *f = &b->files[i];
        if (!bag_name_ok(f->name, BAG_NAME_MAX - sizeof "data/files/"))
            return err_set(e, ERR_INVALID, str_fmt(a, "files.%zu.name", i),
                           S("make the name with bag_name"), "'%.*s' is not allowed in a bag",
                           STR_ARG(f->name));
        if (!n || !bsearch(&f->sha256, named, n, sizeof *named, bag_digest_order))
            return err_set(e, ERR_INVALID, str_fmt(a, "files.%zu.sha256", i),
                           S("add the leaf that recorded the file"),
                           "no leaf of the bag names the digest of '%.*s'", STR_ARG(f->name));
    }
    return true;
}

static bool check_old(arena *a, const bag *b, err *e)
{
    for (size_t i = 0; i < b->n_old; i++) {
        uint64_t old;
        merkle_proof p;
        str rest;
        if (b->old[i].request.n > BAG_MAX_SMALL ||
            !bag_growth_parse(a, b->old[i].request, &old, &p, &rest) ||
            b->old[i].size != (int64_t)old || !str_eq(rest, b->checkpoint))
            return err_set(e, ERR_INVALID, str_fmt(a, "old.%zu.request", i),
                           S("make it with witness_request and the bag's checkpoint"),
                           "not an add-checkpoint request from size %lld to the checkpoint",
                           (long long)b->old[i].size);
    }
    return true;
}

bool bag_check_input(arena *a, const bag *b, err *e)
{
    checkpoint cp;
    if (b->n_files > BAG_MAX_FILES || b->n_leaves > BAG_MAX_FILES || b->n_old > BAG_MAX_OLD)
        return err_set(e, ERR_TOO_LARGE, S("files"), S("make several bags"),
                       "more than %u files or leaves, or %u old checkpoints", BAG_MAX_FILES,
                       BAG_MAX_OLD);
    return check_head(b, e) && open_checkpoint(a, b, &cp, e) && check_leaves(b, &cp, e) &&
           check_files(a, b, e) && check_old(a, b, e);
}
