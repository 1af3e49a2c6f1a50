/* bag_trust.c - from a key the auditor holds to every leaf and file: signatures and proofs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/proof.h"
#include "ledger/timestamp.h"
#include "report/bag_check.h"

/* Signed or not, its text says which tree the proofs have to reach. */
static void read_head(bag_check *c)
{
    note n;
    err e = ERR_IN(c->a);
    c->head_ok = note_parse(c->a, c->checkpoint, &n, &e) && checkpoint_parse(n.text, &c->head, &e);
}

void bag_check_checkpoint(bag_check *c)
{
    note n;
    checkpoint cp;
    err e = ERR_IN(c->a);
    read_head(c);
    if (!policy_open(c->a, c->policy, c->checkpoint, &n, &cp, &e)) {
        bag_find(c, BAG_SIGNATURE, S("data/log/checkpoint"), "%.*s", STR_ARG(e.msg));
    } else if (!policy_quorum(c->policy, &n)) {
        bag_find(c, BAG_SIGNATURE, S("data/log/checkpoint"),
                 "too few witnesses of the policy signed it");
    } else {
        c->r->origin = str_dup(c->a, cp.origin);
        c->r->log_size = (int64_t)cp.size;
    }
}

static int seq_order(const void *p, const void *q)
{
    int64_t x = ((const bag_seen_leaf *)p)->seq, y = ((const bag_seen_leaf *)q)->seq;
    return x < y ? -1 : x > y;
}

/* Leaves come before proofs, so they are sorted once, when the first proof is there. */
static bag_seen_leaf *leaf_of(bag_check *c, int64_t seq)
{
    bag_seen_leaf key = {.seq = seq};
    if (!c->r->proofs && c->n_leaves) qsort(c->leaves, c->n_leaves, sizeof *c->leaves, seq_order);
    c->r->proofs++;
    return c->n_leaves ? bsearch(&key, c->leaves, c->n_leaves, sizeof key, seq_order) : NULL;
}

static bool leads_home(const bag_check *c, const bag_seen_leaf *l, const proof *p)
{
    return c->head_ok && p->index == (uint64_t)l->seq && str_eq(p->note, c->checkpoint) &&
           merkle_check_inclusion(p->index, c->head.size, l->hash, &p->path, c->head.root);
}

void bag_check_proof(bag_check *c, int64_t seq, str text)
{
    bag_seen_leaf *l = leaf_of(c, seq);
    proof p;
    err e = ERR_IN(c->scratch);
    if (!l) {
        bag_find(c, BAG_PROOF, c->now.path, "the bag has no leaf %lld", (long long)seq);
        return;
    }
    l->tried = true;
    if (!proof_parse(c->scratch, text, &p, &e))
        bag_find(c, BAG_PROOF, c->now.path, "%.*s", STR_ARG(e.msg));
    else if (!leads_home(c, l, &p))
        bag_find(c, BAG_PROOF, c->now.path,
                 "it does not lead from leaf %lld to the bag's checkpoint", (long long)seq);
    else
        l->proven = true;
}

/* ---- Files and leaves ---- */

static digest *proven_names(bag_check *c, size_t *ret_n)
{
    digest *all = arena_new(c->a, digest, c->n_named);
    size_t n = 0;
    for (size_t i = 0; i < c->n_leaves; i++) {
        const bag_seen_leaf *l = &c->leaves[i];
        if (l->proven && l->n) {
            memcpy(all + n, c->named + l->from, l->n * sizeof *all);
            n += l->n;
        }
    }
    if (n) qsort(all, n, sizeof *all, bag_digest_order);
    *ret_n = n;
    return all;
}

void bag_check_proven(bag_check *c)
{
    size_t n;
    digest *named = proven_names(c, &n);
    if (!c->checkpoint.p)
        bag_find(c, BAG_MISSING, S("data/log/checkpoint"), "the bag has no readable checkpoint");
    for (size_t i = 0; i < c->n_leaves; i++)
        if (!c->leaves[i].tried)
            bag_find(c, BAG_UNPROVEN,
                     str_fmt(c->a, "data/leaves/%lld.leaf", (long long)c->leaves[i].seq),
                     "the bag has no proof for this leaf");
    for (size_t i = 0; i < c->n_members; i++) {
        const bag_member *m = &c->members[i];
        if (str_starts(m->path, S("data/files/")) &&
            !(n && bsearch(&m->sha256, named, n, sizeof *named, bag_digest_order)))
            bag_find(c, BAG_UNPROVEN, m->path, "no proven leaf names this file's SHA-256");
    }
}

/* ---- Earlier checkpoints ---- */

void bag_check_growth(bag_check *c, str path, str text)
{
    bag_growth g;
    str rest;
    int64_t number;
    if (!bag_number(path, S("data/log/old/"), S(".add-checkpoint"), &number) ||
        !bag_growth_parse(c->scratch, text, &g.old, &g.proof, &rest) || g.old != (uint64_t)number) {
        bag_find(c, BAG_FORMAT, path, "not an add-checkpoint request of that size");
        return;
    }
    g.same_note = c->checkpoint.p && str_eq(rest, c->checkpoint);
    if (!g.same_note) bag_find(c, BAG_PROOF, path, "it does not end in the bag's checkpoint");
    if (c->n_growths == BAG_MAX_OLD) {
        bag_find(c, BAG_TOO_LARGE, path, "more than %u consistency proofs", BAG_MAX_OLD);
        return;
    }
    c->growths = bag_grow(c->a, c->growths, c->n_growths, &c->cap_growths, sizeof *c->growths);
    c->growths[c->n_growths++] = g;
}

static const bag_growth *growth_from(const bag_check *c, uint64_t old)
{
    for (size_t i = 0; i < c->n_growths; i++)
        if (c->growths[i].old == old) return &c->growths[i];
    return NULL;
}

static void check_old(bag_check *c, str name, const checkpoint *old)
{
    const bag_growth *g = growth_from(c, old->size);
    if (!str_eq(old->origin, c->head.origin))
        bag_find(c, BAG_FORK, name, "it is of another log, '%.*s'", STR_ARG(old->origin));
    else if (old->size > c->head.size)
        bag_find(c, BAG_FORK, name, "the log was at size %llu before and is at %llu now",
                 (unsigned long long)old->size, (unsigned long long)c->head.size);
    else if (old->size == c->head.size && !digest_eq(old->root, c->head.root))
        bag_find(c, BAG_FORK, name, "another tree of the same size was signed before");
    else if (old->size == c->head.size || !old->size)
        return;
    else if (!g)
        bag_find(c, BAG_UNLINKED, name,
                 "the bag has no consistency proof from size %llu; ask for one made with --old",
                 (unsigned long long)old->size);
    else if (!merkle_check_consistency(old->size, c->head.size, old->root, c->head.root, &g->proof))
        bag_find(c, BAG_FORK, name, "the tree does not extend the one of size %llu",
                 (unsigned long long)old->size);
}

void bag_check_olds(bag_check *c)
{
    for (size_t i = 0; c->head_ok && i < c->trust->n_old; i++) {
        note n;
        checkpoint old;
        err e = ERR_IN(c->a);
        str name = str_fmt(c->a, "old checkpoint %zu", i + 1);
        if (policy_open(c->a, c->policy, c->trust->old[i], &n, &old, &e))
            check_old(c, name, &old);
        else
            bag_find(c, BAG_SIGNATURE, name, "%.*s", STR_ARG(e.msg));
    }
}

/* ---- Time-stamp ---- */

void bag_check_stamp(bag_check *c)
{
    timestamp_trust t = {c->trust->tsa_ca, c->trust->tsa_chain};
    timestamp stamp;
    err e = ERR_IN(c->a);
    if (!t.ca_pem.p || !c->checkpoint.p) return;
    if (!c->tsr.p)
        bag_find(c, BAG_STAMP, S("data/log/checkpoint.tsr"), "the bag has no time-stamp");
    else if (!timestamp_check(c->a, c->checkpoint, c->tsq, c->tsr, &t, &stamp, &e))
        bag_find(c, BAG_STAMP, S("data/log/checkpoint.tsr"), "%.*s", STR_ARG(e.msg));
    else
        c->r->stamped_at = stamp.at;
}
