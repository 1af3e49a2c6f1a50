/* verify.c - one pass over a log directory that rebuilds its tree and names every difference. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/verify_impl.h"

void verify_found(struct check *k, str file, const char *fmt, ...)
{
    verify_report *r = k->r;
    if (r->total++ >= VERIFY_FINDINGS) return;
    va_list ap;
    va_start(ap, fmt);
    r->findings[r->n++] = (verify_finding){str_dup(k->a, file), str_vfmt(k->a, fmt, ap)};
    va_end(ap);
}

static int by_size(const void *p, const void *q)
{
    const struct old_mark *x = p, *y = q;
    return x->size < y->size ? -1 : x->size > y->size;
}

/* Old checkpoints, opened and sorted by size; those that do not open are findings. */
static void load_old(struct check *k)
{
    const verify_options *o = k->o;
    k->old = arena_new(k->a, struct old_mark, o->n_old + 1);
    for (size_t i = 0; i < o->n_old; i++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        note n;
        checkpoint c;
        str name = o->old_names ? o->old_names[i] : S("old checkpoint");
        if (!policy_open(a, o->policy, o->old[i], &n, &c, &e))
            verify_found(k, name, "%.*s", STR_ARG(e.msg));
        else if (!str_eq(c.origin, k->head.origin))
            verify_found(k, name, "it is of another log, '%.*s'", STR_ARG(c.origin));
        else if (c.size > k->head.size)
            verify_found(k, name, "the log was rolled back: it had %llu leaves, now %llu",
                         (unsigned long long)c.size, (unsigned long long)k->head.size);
        else
            k->old[k->n_old++] = (struct old_mark){c.size, c.root, name};
        arena_close(a);
    }
    qsort(k->old, k->n_old, sizeof *k->old, by_size);
}

/* Old checkpoints of the present size must name the present root. */
static void match_old(struct check *k)
{
    for (; k->next_old < k->n_old && k->old[k->next_old].size == k->range.size; k->next_old++) {
        const struct old_mark *m = &k->old[k->next_old];
        if (digest_eq(m->root, merkle_root(&k->range)))
            k->r->old++;
        else
            verify_found(k, m->name,
                         "the first %llu leaves are not those of then: history was "
                         "rewritten",
                         (unsigned long long)m->size);
    }
}

/* What the entries give, against the file; findings only. */
static void check_tile(struct check *k, int level)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    tile_name name = {level, k->level[level].index, k->level[level].n};
    const digest *at;
    k->r->files++;
    if (!tile_hashes(k->t, a, name, &at, &e))
        verify_found(k, tile_path(a, name), "%.*s", STR_ARG(e.msg));
    else if (memcmp(at, k->level[level].at, name.width * sizeof *at) != 0)
        verify_found(k, tile_path(a, name), "its hashes are not those of the entries");
    arena_close(a);
}

static void push(struct check *k, digest d)
{
    for (int i = 0; i < (int)TILES_LEVELS; i++) {
        k->level[i].at[k->level[i].n++] = d;
        if (k->level[i].n < TILES_WIDTH) return;
        check_tile(k, i);
        d = tile_fold(k->level[i].at, TILES_WIDTH);
        k->level[i].n = 0;
        k->level[i].index++;
    }
}

static bool add_entry(struct check *k, str body, err *e)
{
    if (k->o->leaf && !k->o->leaf(k->o->ctx, k->range.size, body, e)) return false;
    digest d = merkle_leaf(body);
    k->r->bytes += body.n;
    merkle_add(&k->range, d);
    push(k, d);
    match_old(k);
    return true;
}

/* A bundle that is lost must not hide what is wrong behind it: its hashes go on in its place. */
static void skip_entries(struct check *k, arena *a, tile_name name)
{
    static const digest none[TILES_WIDTH];
    err e = ERR_IN(a);
    const digest *at;
    name.level = 0;
    if (!tile_hashes(k->t, a, name, &at, &e)) at = none;
    for (unsigned i = 0; i < name.width; i++) {
        merkle_add(&k->range, at[i]);
        push(k, at[i]);
        match_old(k);
    }
}

static bool check_bundle(struct check *k, arena *a, tile_name name, err *e)
{
    err mine = ERR_IN(a);
    str *entries;
    k->r->files++;
    if (!tile_entries(k->t, a, name, &entries, &mine)) {
        verify_found(k, tile_path(a, name), "%.*s", STR_ARG(mine.msg));
        skip_entries(k, a, name);
        return true;
    }
    for (unsigned i = 0; i < name.width; i++)
        if (!add_entry(k, entries[i], e)) return false;
    return true;
}

static bool rebuild(struct check *k, err *e)
{
    uint64_t size = k->head.size;
    match_old(k);
    while (k->range.size < size) {
        uint64_t left = size - k->range.size;
        tile_name name = {TILES_ENTRIES, k->range.size / TILES_WIDTH,
                          left < TILES_WIDTH ? (unsigned)left : TILES_WIDTH};
        arena *a = arena_open();
        bool ok = check_bundle(k, a, name, e);
        arena_close(a);
        if (!ok) return false;
        if (k->o->progress) k->o->progress(k->o->ctx, k->range.size, size);
    }
    for (int i = 0; i < (int)TILES_LEVELS; i++)
        if (k->level[i].n) check_tile(k, i);
    if (!digest_eq(merkle_root(&k->range), k->head.root))
        verify_found(k, S("checkpoint"), "its root is not the root of the %llu entries",
                     (unsigned long long)size);
    return true;
}

static bool open_head(struct check *k)
{
    err e = ERR_IN(k->a);
    str s;
    note n;
    k->r->files++;
    if (!tiles_get(k->t, k->a, S("checkpoint"), NOTE_MAX, &s, &e) ||
        !policy_open(k->a, k->o->policy, s, &n, &k->head, &e)) {
        verify_found(k, S("checkpoint"), "%.*s", STR_ARG(e.msg));
        return false;
    }
    k->r->origin = k->head.origin;
    k->r->size = k->head.size;
    k->r->root = k->head.root;
    for (size_t i = 0; i < k->o->policy->n_nodes; i++) {
        const policy_node *w = &k->o->policy->nodes[i];
        k->r->witnesses += !w->group && note_check(&n, &w->key, NULL) == NOTE_GOOD;
    }
    if (!policy_quorum(k->o->policy, &n))
        verify_found(k, S("checkpoint"), "too few witnesses of the policy have cosigned it");
    return true;
}

bool verify_directory(arena *a, const char *dir, const verify_options *o, verify_report *ret,
                      err *e)
{
    struct check *k = arena_new(a, struct check, 1);
    *ret = (verify_report){.findings = arena_new(a, verify_finding, VERIFY_FINDINGS)};
    k->a = a;
    k->o = o;
    k->r = ret;
    if (!tiles_open(a, dir, false, &k->t, e)) return false;
    if (!open_head(k)) return true;
    load_old(k);
    return rebuild(k, e) && verify_strays(k, e);
}

void verify_write(const verify_report *r, jw *w)
{
    arena *a = arena_open();
    jw_obj(w);
    jw_m_str(w, "origin", r->origin);
    jw_m_int(w, "size", (int64_t)r->size);
    jw_m_str(w, "root", base64_encode(a, r->root.b, sizeof r->root.b));
    jw_m_bool(w, "intact", r->total == 0);
    jw_m_int(w, "files", (int64_t)r->files);
    jw_m_int(w, "bytes", (int64_t)r->bytes);
    jw_m_int(w, "witnesses", (int64_t)r->witnesses);
    jw_m_int(w, "old_checkpoints", (int64_t)r->old);
    jw_m_int(w, "ahead", (int64_t)r->ahead);
    jw_m_int(w, "total", (int64_t)r->total);
    jw_key(w, "findings");
    jw_arr(w);
    for (size_t i = 0; i < r->n; i++) {
        jw_obj(w);
        jw_m_str(w, "file", r->findings[i].file);
        jw_m_str(w, "what", r->findings[i].what);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
    arena_close(a);
}
