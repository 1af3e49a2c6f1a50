/* compare.c - the complete check of one's own log: every stored leaf, bundle, tile, signed root. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger_impl.h"
#include "ledger/verify.h"

/* Walks the leaves of the store beside those of the directory, and the signed roots with them. */
struct walk {
    struct ledger *l;
    arena *page; /* leaves of one tile, replaced tile by tile */
    str at[TILES_WIDTH];
    uint64_t size; /* published */
    merkle_range range;
    ledger_mark *marks;
    size_t n_marks, next;
};

static bool other_root(err *e, uint64_t size)
{
    return err_set(e, ERR_DAMAGED, S("checkpoint"), S("restore store and log from a backup"),
                   "the leaves do not give the root signed for the first %llu of them",
                   (unsigned long long)size);
}

/* Every mark at the present size must be signed by this log and name the present root. */
static bool check_marks(struct walk *w, err *e)
{
    for (; w->next < w->n_marks && w->marks[w->next].size == w->range.size; w->next++) {
        arena *a = arena_open();
        note n;
        checkpoint c;
        bool ok = checkpoint_open(a, w->marks[w->next].note, &w->l->key, 1, &n, &c, e);
        if (ok && (c.size != w->range.size || !digest_eq(c.root, merkle_root(&w->range))))
            ok = other_root(e, w->range.size);
        arena_close(a);
        if (!ok) return false;
    }
    return true;
}

static bool load_page(struct walk *w, uint64_t seq, err *e)
{
    arena_close(w->page);
    w->page = arena_open();
    uint64_t end = seq + TILES_WIDTH < w->size ? seq + TILES_WIDTH : w->size;
    return ledger_leaves(w->l, w->page, seq, end, w->at, e);
}

static bool compare_leaf(void *ctx, uint64_t seq, str body, err *e)
{
    struct walk *w = ctx;
    if (seq % TILES_WIDTH == 0 && !load_page(w, seq, e)) return false;
    if (!str_eq(w->at[seq % TILES_WIDTH], body))
        return err_set(e, ERR_DAMAGED, str_fmt(e->a, "leaf.%llu", (unsigned long long)seq),
                       S("one of store and log directory was altered: compare with a backup"),
                       "leaf %llu of the store is not the leaf that was published",
                       (unsigned long long)seq);
    merkle_add(&w->range, merkle_leaf(body));
    return check_marks(w, e);
}

static bool run(struct walk *w, arena *a, const char *dir, err *e)
{
    verify_report r;
    checkpoint head;
    /* Nothing published: nothing to compare. */
    if (!ledger_head(w->l, a, NULL, &head, e)) return e->code == ERR_NOT_FOUND;
    w->size = head.size;
    if (!ledger_marks(w->l, a, &w->marks, &w->n_marks, e) || !check_marks(w, e)) return false;
    verify_options o = {.policy = policy_of_key(a, &w->l->key), .leaf = compare_leaf, .ctx = w};
    if (!verify_directory(a, dir, &o, &r, e)) return false;
    if (r.total == 0) return true;
    return err_set(e, ERR_DAMAGED, r.findings[0].file, S("restore the log directory"), "%.*s",
                   STR_ARG(r.findings[0].what));
}

bool ledger_compare(struct ledger *l, err *e)
{
    arena *a = arena_open();
    struct walk *w = arena_new(a, struct walk, 1);
    w->l = l;
    bool ok = run(w, a, tiles_dir(l->tiles), e);
    arena_close(w->page);
    arena_close(a);
    return ok;
}
