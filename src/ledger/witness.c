/* witness.c - asking the witnesses of a policy to cosign the newest checkpoint. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/witness.h"

str witness_request(arena *a, uint64_t old, const merkle_proof *p, str signed_note)
{
    buf b = buf_open(a, NOTE_MAX + 8192);
    buf_fmt(&b, "old %llu\n", (unsigned long long)old);
    for (size_t i = 0; i < p->n; i++)
        buf_fmt(&b, "%s\n", base64_encode(a, p->at[i].b, sizeof p->at[i].b).p);
    buf_putc(&b, '\n');
    buf_put(&b, signed_note);
    return buf_str(&b);
}

static const struct {
    int status;
    err_code code;
    const char *what, *hint;
} refusals[] = {
    {400, ERR_INVALID,   "it finds the request malformed",                               "report this with its reply"  },
    {403, ERR_DENIED,    "it does not trust the key of this log",                        "register the key of this log"},
    {404, ERR_NOT_FOUND, "it does not know this log",                                    "register the log's origin"   },
    {422, ERR_DAMAGED,   "it says that the log is not an extension of what it has seen",
     "was the log restored from a backup? compare with an older checkpoint"                                            },
};

static witness_answer refused(int status, err *e)
{
    for (size_t i = 0; i < COUNT(refusals); i++)
        if (refusals[i].status == status) {
            err_set(e, refusals[i].code, S("witness"), str_of(refusals[i].hint), "%s (%d)",
                    refusals[i].what, status);
            return WITNESS_REFUSED;
        }
    err_set(e, ERR_UNAVAILABLE, S("witness"), S("try again later"), "it answered with status %d",
            status);
    return WITNESS_REFUSED;
}

/* "SIZE\n" */
static bool read_size(str body, uint64_t *ret)
{
    int64_t v;
    if (!str_ends(body, S("\n"))) return false;
    str s = str_sub(body, 0, body.n - 1);
    if (!s.n || s.p[0] == '-' || (s.p[0] == '0' && s.n > 1) || !str_int(s, &v)) return false;
    *ret = (uint64_t)v;
    return true;
}

witness_answer witness_reply(arena *a, int status, str body, str *ret_lines, uint64_t *ret_size,
                             err *e)
{
    if (status == 200) {
        *ret_lines = str_dup(a, body);
        return WITNESS_SIGNED;
    }
    if (status != 409) return refused(status, e);
    if (read_size(body, ret_size)) return WITNESS_STALE;
    err_set(e, ERR_INVALID, S("witness"), S("report this to its operator"),
            "it answered 409 without a size");
    return WITNESS_REFUSED;
}

/* One witness, one checkpoint. */
struct ask {
    struct ledger *l;
    arena *a;
    const policy_node *w;
    const note *n;
    checkpoint c;
    ledger_post *post;
    void *ctx;
};

static bool send_once(const struct ask *k, uint64_t old, witness_answer *ret, str *ret_lines,
                      uint64_t *ret_size, err *e)
{
    merkle_proof p;
    int status;
    str reply, url = k->w->url;
    if (str_ends(url, S("/"))) url = str_sub(url, 0, url.n - 1);
    url = str_fmt(k->a, "%.*s/add-checkpoint", STR_ARG(url));
    if (!ledger_prove_growth(k->l, k->a, old, &p, e)) return false;
    str body = witness_request(k->a, old, &p, k->n->whole);
    if (!k->post(k->ctx, k->a, url, S("text/plain; charset=utf-8"), body, &status, &reply, e))
        return false;
    *ret = witness_reply(k->a, status, reply, ret_lines, ret_size, e);
    return *ret != WITNESS_REFUSED;
}

/* The lines of this witness's own key, each verified; others are ignored. */
static bool pick_lines(const struct ask *k, str lines, buf *out, err *e)
{
    note n;
    if (!note_parse(k->a, note_join(k->a, k->n->text, lines), &n, e)) return false;
    if (!str_eq(n.text, k->n->text) || note_check(&n, &k->w->key, NULL) != NOTE_GOOD)
        return err_set(e, ERR_DAMAGED, S("witness"), S("is its key in the policy the right one?"),
                       "its reply holds no valid cosignature of its key");
    for (size_t i = 0; i < n.n; i++)
        if (n.sigs[i].id == k->w->key.id && str_eq(n.sigs[i].name, k->w->key.name))
            buf_put(out, n.sigs[i].line);
    return true;
}

static bool ask(const struct ask *k, witness_result *r, buf *out, err *e)
{
    witness_answer answer;
    str lines = {0};
    uint64_t size = 0;
    if (!send_once(k, 0, &answer, &lines, &size, e)) return false;
    if (answer == WITNESS_STALE) {
        r->size = size;
        if (size > k->c.size)
            return err_set(e, ERR_DAMAGED, S("witness"),
                           S("was the log restored from a backup? compare with older checkpoints"),
                           "it has seen %llu leaves, more than this log has",
                           (unsigned long long)size);
        if (!send_once(k, size, &answer, &lines, &size, e)) return false;
    }
    if (answer == WITNESS_STALE)
        return err_set(e, ERR_CONFLICT, S("witness"), S("try again"),
                       "it was asked by somebody else at the same time");
    return pick_lines(k, lines, out, e);
}

static void ask_all(struct ask *k, const struct policy *p, witness_result *ret, size_t *ret_n,
                    buf *out)
{
    for (size_t i = 0; i < p->n_nodes; i++) {
        k->w = &p->nodes[i];
        if (k->w->group || !k->w->url.p) continue;
        witness_result *r = &ret[(*ret_n)++];
        err mine = ERR_IN(k->a);
        *r = (witness_result){.name = k->w->name};
        r->ok = note_check(k->n, &k->w->key, NULL) == NOTE_GOOD || ask(k, r, out, &mine);
        if (!r->ok) r->problem = mine.msg;
    }
}

bool witness_collect(struct ledger *l, arena *a, const struct policy *p, ledger_post *post,
                     void *ctx, witness_result **ret, size_t *ret_n, bool *ret_quorum, err *e)
{
    note n;
    str whole;
    struct ask k = {.l = l, .a = a, .n = &n, .post = post, .ctx = ctx};
    buf lines = buf_open(a, NOTE_MAX);
    *ret = arena_new(a, witness_result, p->n_nodes + 1);
    *ret_n = 0;
    if (!ledger_head(l, a, &whole, &k.c, e) || !note_parse(a, whole, &n, e)) return false;
    ask_all(&k, p, *ret, ret_n, &lines);
    if (lines.n) {
        if (!ledger_cosign(l, k.c.size, buf_str(&lines), p, e)) return false;
        if (!note_merge(a, &n, buf_str(&lines), &whole, e) || !note_parse(a, whole, &n, e))
            return false;
    }
    *ret_quorum = policy_quorum(p, &n);
    return true;
}
