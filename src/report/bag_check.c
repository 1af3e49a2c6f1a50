/* bag_check.c - takes the members of a bag in and keeps what later judgements need. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_check.h"

enum { NAMED_MAX = 1 << 20, FIRST_ROOM = 64, SHOWN_MAX = 300 };

void *bag_grow(arena *a, void *at, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return at;
    *cap = *cap ? *cap * 2 : FIRST_ROOM;
    void *grown = arena_array(a, *cap, size, _Alignof(max_align_t));
    if (n) memcpy(grown, at, n * size);
    return grown;
}

/* Names out of a hostile bag end on terminals and in JSON: printable ASCII, bounded. */
static str shown(arena *a, str path)
{
    str cut = str_sub(path, 0, SHOWN_MAX);
    char *p = arena_new(a, char, cut.n + 1);
    for (size_t i = 0; i < cut.n; i++)
        p[i] = cut.p[i] < ' ' || cut.p[i] > '~' ? '?' : cut.p[i];
    return (str){p, cut.n};
}

void bag_find(bag_check *c, bag_problem what, str path, const char *fmt, ...)
{
    if (c->r->n_findings == BAG_MAX_FINDINGS) {
        c->r->more = true;
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    c->r->findings[c->r->n_findings++] =
        (bag_finding){what, shown(c->a, path), str_vfmt(c->a, fmt, ap)};
    va_end(ap);
}

/* The keys given one by one join the logs of the policy. */
static bool add_key(arena *a, struct policy *p, str vkey, err *e)
{
    policy_log *logs = arena_new(a, policy_log, p->n_logs + 1);
    if (p->n_logs) memcpy(logs, p->logs, p->n_logs * sizeof *logs);
    if (!note_key_parse(a, vkey, &logs[p->n_logs].key, e)) return err_under(e, S("vkey"));
    p->logs = logs;
    p->n_logs++;
    return true;
}

bool bag_check_open(arena *a, const bag_trust *t, bag_result *r, bag_check *ret, err *e)
{
    *r = (bag_result){
        .findings = arena_new(a, bag_finding, BAG_MAX_FINDINGS), .log_size = -1, .stamped_at = -1};
    *ret = (bag_check){.a = a, .r = r, .trust = t, .policy = arena_new(a, struct policy, 1)};
    if (t->policy.n && !policy_parse(a, t->policy, &ret->policy, e))
        return err_under(e, S("policy"));
    for (size_t i = 0; i < t->n_vkeys; i++)
        if (!add_key(a, ret->policy, t->vkeys[i], e)) return false;
    if (!ret->policy->n_logs)
        return err_set(e, ERR_INVALID, S("vkey"),
                       S("give --vkey or --policy as you received it from the log's operator"),
                       "a bag cannot vouch for itself: no key of the log was given");
    return true;
}

/* ---- One member ---- */

static bool is_text_file(str path)
{
    static const char *const kept[] = {"bagit.txt", "bag-info.txt", "data/log/checkpoint",
                                       "data/log/checkpoint.tsq", "data/log/checkpoint.tsr"};
    for (size_t i = 0; i < COUNT(kept); i++)
        if (str_eqz(path, kept[i])) return true;
    return str_starts(path, S("data/log/old/")) || str_starts(path, S("data/proofs/"));
}

/* How many bytes of this member may be kept; 0: it is only hashed. */
static uint64_t room_for(str path)
{
    if (str_eqz(path, "manifest-sha256.txt") || str_eqz(path, "tagmanifest-sha256.txt"))
        return BAG_MAX_MANIFEST;
    if (str_starts(path, S("data/leaves/"))) return BAG_MAX_LEAF;
    return is_text_file(path) ? BAG_MAX_SMALL : 0;
}

bool bag_check_begin(bag_check *c, str path, uint64_t size)
{
    if (!bag_name_ok(path, BAG_NAME_MAX)) {
        bag_find(c, BAG_NAME, path, "the name is not allowed in a bag");
        return false;
    }
    if (c->n_members == 2 * BAG_MAX_FILES + BAG_MAX_FILES) {
        bag_find(c, BAG_TOO_LARGE, path, "the bag has too many members");
        return false;
    }
    uint64_t room = room_for(path);
    if (room && size > room)
        bag_find(c, BAG_TOO_LARGE, path, "%llu bytes are more than the %llu this member may have",
                 (unsigned long long)size, (unsigned long long)room);
    c->scratch = arena_open();
    c->hash = hash_begin(c->scratch);
    c->now = (bag_member){.path = str_dup(c->a, path), .size = 0};
    c->keep = room && size <= room ? arena_new(c->scratch, char, size + 1) : NULL;
    c->kept = c->keep ? (size_t)size : 0;
    return true;
}

void bag_check_data(bag_check *c, const void *p, size_t n)
{
    hash_add(c->hash, p, n);
    if (c->keep && c->now.size < c->kept) {
        size_t left = c->kept - (size_t)c->now.size;
        memcpy(c->keep + c->now.size, p, n < left ? n : left);
    }
    c->now.size += n;
}

static void take_leaf(bag_check *c, str bytes)
{
    bag_seen_leaf l = {.hash = merkle_leaf(bytes), .from = c->n_named};
    if (!bag_number(c->now.path, S("data/leaves/"), S(".leaf"), &l.seq)) {
        bag_find(c, BAG_FORMAT, c->now.path, "leaves are named data/leaves/<number>.leaf");
        return;
    }
    digest some[BAG_MAX_NAMED];
    l.n = bag_leaf_names(c->scratch, bytes, some, COUNT(some));
    if (c->n_named + l.n > NAMED_MAX) {
        bag_find(c, BAG_TOO_LARGE, c->now.path, "the leaves name more than %d files", NAMED_MAX);
        l.n = 0;
    }
    for (size_t i = 0; i < l.n; i++) {
        c->named = bag_grow(c->a, c->named, c->n_named, &c->cap_named, sizeof *c->named);
        c->named[c->n_named++] = some[i];
    }
    c->leaves = bag_grow(c->a, c->leaves, c->n_leaves, &c->cap_leaves, sizeof *c->leaves);
    c->leaves[c->n_leaves++] = l;
    c->r->leaves++;
}

static void take_proof(bag_check *c, str bytes)
{
    int64_t seq;
    if (bag_number(c->now.path, S("data/proofs/"), S(".tlog-proof"), &seq))
        bag_check_proof(c, seq, bytes);
    else
        bag_find(c, BAG_FORMAT, c->now.path, "proofs are named data/proofs/<number>.tlog-proof");
}

static void take(bag_check *c, str path, str bytes)
{
    struct {
        const char *path;
        str *to;
    } whole[] = {
        {"bagit.txt",               &c->declaration },
        {"bag-info.txt",            &c->info        },
        {"data/log/checkpoint.tsq", &c->tsq         },
        {"data/log/checkpoint.tsr", &c->tsr         },
        {"manifest-sha256.txt",     &c->manifest    },
        {"tagmanifest-sha256.txt",  &c->tag_manifest}
    };
    for (size_t i = 0; i < COUNT(whole); i++)
        if (str_eqz(path, whole[i].path)) *whole[i].to = str_dup(c->a, bytes);
    if (str_eqz(path, "data/log/checkpoint")) {
        c->checkpoint = str_dup(c->a, bytes);
        bag_check_checkpoint(c);
    } else if (str_starts(path, S("data/leaves/"))) {
        take_leaf(c, bytes);
    } else if (str_starts(path, S("data/proofs/"))) {
        take_proof(c, bytes);
    } else if (str_starts(path, S("data/log/old/"))) {
        bag_check_growth(c, path, bytes);
    }
}

void bag_check_end(bag_check *c)
{
    c->now.sha256 = hash_end(c->hash);
    if (c->keep && c->now.size == c->kept) take(c, c->now.path, (str){c->keep, c->kept});
    c->members = bag_grow(c->a, c->members, c->n_members, &c->cap_members, sizeof *c->members);
    c->members[c->n_members++] = c->now;
    if (str_starts(c->now.path, S("data/files/"))) c->r->files++;
    if (str_starts(c->now.path, S("data/"))) c->r->bytes += c->now.size;
    arena_close(c->scratch);
    c->scratch = NULL;
}

void bag_check_finish(bag_check *c)
{
    bag_check_manifests(c);
    bag_check_proven(c);
    bag_check_olds(c);
    bag_check_stamp(c);
}
