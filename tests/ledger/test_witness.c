/* test_witness.c - the add-checkpoint client against a witness that checks, and ones that do not.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "../net/server.h"
#include "fixture.h"
#include "ledger/witness.h"
#include "net/net.h"
#include <pthread.h>

/* A witness as c2sp.org/tlog-witness describes it: cosigns only what extends what it has seen. */
struct witness {
    note_signer signer;
    const note_key *log;
    uint64_t size;
    digest root;
    int force;     /* answer every request with this status; 0 = behave */
    bool bad_line; /* answer 200 with a signature of something else */
    int asked;
};

static str reply(arena *a, const char *status, str body)
{
    return str_fmt(a, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%.*s", status,
                   body.n, STR_ARG(body));
}

struct request {
    uint64_t old;
    merkle_proof p;
    note n;
    checkpoint c;
};

static bool parse(arena *a, str body, const note_key *log, struct request *q, err *e)
{
    str rest, raw;
    int64_t old;
    str first = str_cut(body, '\n', &rest);
    if (!str_starts(first, S("old ")) || !str_int(str_sub(first, 4, 20), &old)) return false;
    *q = (struct request){.old = (uint64_t)old};
    for (;;) {
        str line = str_cut(rest, '\n', &rest);
        if (!rest.p) return false;
        if (!line.n) break;
        if (!base64_decode(a, line, &raw) || raw.n != 32) return false;
        memcpy(q->p.at[q->p.n++].b, raw.p, 32);
    }
    return checkpoint_open(a, rest, log, 1, &q->n, &q->c, e);
}

static bool extends(const struct witness *w, const struct request *q)
{
    if (q->old == 0) return q->p.n == 0;
    return merkle_check_consistency(q->old, q->c.size, w->root, q->c.root, &q->p);
}

static str answer(arena *a, str head, str body, void *ctx)
{
    struct witness *w = ctx;
    struct request q;
    err e = ERR_IN(a);
    w->asked++;
    if (w->force) return reply(a, str_fmt(a, "%d No", w->force).p, S("no\n"));
    if (!str_starts(head, S("POST /w/add-checkpoint HTTP/1.1\r\n")))
        return reply(a, "404 Not Found", S(""));
    if (!parse(a, body, w->log, &q, &e)) return reply(a, "403 Forbidden", S(""));
    if (q.old > q.c.size) return reply(a, "400 Bad Request", S(""));
    if (q.old != w->size)
        return reply(a, "409 Conflict", str_fmt(a, "%llu\n", (unsigned long long)w->size));
    if (!extends(w, &q)) return reply(a, "422 Unprocessable Entity", S(""));
    w->size = q.c.size;
    w->root = q.c.root;
    str text = w->bad_line ? S("something else\n") : q.n.text;
    return reply(a, "200 OK", note_sign(a, text, &w->signer, 1700000000));
}

struct scene {
    struct fixture *f;
    arena *servers;
    struct witness w[2];
    struct policy *p;
    struct net *net;
    witness_result *r;
    size_t n;
    bool quorum;
};

static void add_witness(struct scene *s, int i, buf *policy)
{
    struct fixture *f = s->f;
    struct witness *w = &s->w[i];
    sign_key k = sign_key_new();
    int port;
    must(f, note_signer_make(f->a, str_fmt(f->a, "witness.example/%d", i), NOTE_COSIGN, &k,
                             &w->signer, &f->e));
    w->log = &f->signer.key;
    server_start(s->servers, answer, w, &port);
    buf_fmt(policy, "witness w%d %s http://127.0.0.1:%d/w/\n", i,
            note_key_text(f->a, &w->signer.key).p, port);
}

static int setup(void **state)
{
    struct fixture *f = fixture_new();
    struct scene *s = arena_new(f->a, struct scene, 1);
    buf b = buf_open(f->a, 10000);
    s->f = f;
    s->servers = arena_open();
    buf_fmt(&b, "# two witnesses, one is enough\nlog %s\n", note_key_text(f->a, &f->signer.key).p);
    add_witness(s, 0, &b);
    add_witness(s, 1, &b);
    buf_putz(&b, "group both all w0 w1\nquorum both\n");
    must(f, policy_parse(f->a, buf_str(&b), &s->p, &f->e));
    must(f, net_open(f->a, NULL, &s->net, &f->e));
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 5));
    must(f, fixture_publish(f, NULL));
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    arena_close(s->servers);
    fixture_end(s->f);
    return 0;
}

static void collect(struct scene *s)
{
    struct fixture *f = s->f;
    must(f, witness_collect(f->l, f->a, s->p, net_post, s->net, &s->r, &s->n, &s->quorum, &f->e));
    assert_int_equal(s->n, 2);
}

static void cosignatures_are_published(void **state)
{
    struct scene *s = *state;
    struct fixture *f = s->f;
    verify_report r;
    verify_options o = {.policy = s->p};
    must(f, verify_directory(f->a, f->log.p, &o, &r, &f->e));
    assert_int_equal(r.total, 1); /* no quorum yet */
    for (int round = 0; round < 3; round++) {
        collect(s);
        assert_true(s->quorum && s->r[0].ok && s->r[1].ok);
        assert_int_equal(s->w[0].size, 5 + round * 100);
        must(f, verify_directory(f->a, f->log.p, &o, &r, &f->e));
        assert_int_equal(r.total, 0);
        assert_int_equal(r.witnesses, 2);
        int asked = s->w[0].asked;
        collect(s); /* nothing is asked twice */
        assert_int_equal(s->w[0].asked, asked);
        must(f, fixture_reopen(f, true));
        must(f, fixture_append(f, 100));
        must(f, fixture_publish(f, NULL));
    }
}

static void proofs_carry_the_quorum(void **state)
{
    struct scene *s = *state;
    struct fixture *f = s->f;
    proof p;
    str text;
    must(f, ledger_prove(f->l, f->a, 3, &text, &f->e));
    must(f, proof_parse(f->a, text, &p, &f->e));
    must_fail(f, proof_check(f->a, &p, fixture_leaf(f->a, 3), s->p, NULL, &f->e), ERR_DAMAGED,
              "too few witnesses");
    collect(s);
    must(f, ledger_prove(f->l, f->a, 3, &text, &f->e));
    must(f, proof_parse(f->a, text, &p, &f->e));
    must(f, proof_check(f->a, &p, fixture_leaf(f->a, 3), s->p, NULL, &f->e));
}

static void refusals_are_told(void **state)
{
    struct scene *s = *state;
    static const struct {
        int status;
        const char *part;
    } c[] = {
        {400, "malformed"       },
        {403, "does not trust"  },
        {404, "does not know"   },
        {422, "not an extension"},
        {409, "without a size"  },
        {500, "status 500"      }
    };
    for (size_t i = 0; i < COUNT(c); i++) {
        s->w[0].force = c[i].status;
        collect(s);
        assert_false(s->r[0].ok || s->quorum);
        assert_true(s->r[1].ok);
        assert_non_null(strstr(s->r[0].problem.p, c[i].part));
    }
    s->w[0].force = 0;
    collect(s);
    assert_true(s->quorum);
}

static void false_cosignatures_are_refused(void **state)
{
    struct scene *s = *state;
    s->w[0].bad_line = true;
    collect(s);
    assert_false(s->r[0].ok || s->quorum);
    assert_non_null(strstr(s->r[0].problem.p, "no valid cosignature"));
    str lines = note_sign(s->f->a, S("something else\n"), &s->w[0].signer, 1);
    must_fail(s->f, ledger_cosign(s->f->l, 5, lines, s->p, &s->f->e), ERR_DAMAGED, "w0");
}

static void forks_and_rollbacks_are_seen(void **state)
{
    struct scene *s = *state;
    s->w[0].size = 4;
    s->w[0].root = merkle_empty();
    s->w[1].size = 1000;
    collect(s);
    assert_false(s->r[0].ok || s->r[1].ok || s->quorum);
    assert_non_null(strstr(s->r[0].problem.p, "not an extension"));
    assert_non_null(strstr(s->r[1].problem.p, "seen 1000 leaves"));
}

static void readers_may_collect(void **state)
{
    struct scene *s = *state;
    struct fixture *f = s->f;
    const ledger_options o = {.store = f->store, .dir = f->log.p, .key = &f->signer.key};
    struct ledger *reader, *mine = f->l;
    str before, after;
    must(f, ledger_open(f->a, &o, &reader, &f->e));
    must(f, ledger_head(mine, f->a, &before, NULL, &f->e));
    f->l = reader;
    collect(s);
    f->l = mine;
    must(f, ledger_head(mine, f->a, &after, NULL, &f->e));
    assert_true(s->quorum && str_eq(before, after)); /* the directory has one writer */
    must(f, fixture_publish(f, NULL));
    must(f, ledger_head(mine, f->a, &after, NULL, &f->e));
    assert_true(after.n > before.n);
}

static void policies(void **state)
{
    struct scene *s = *state;
    arena *a = s->f->a;
    err e = ERR_IN(a);
    struct policy *p, *again;
    str log = note_key_text(a, &s->f->signer.key), w0 = note_key_text(a, &s->w[0].signer.key);
    str w1 = note_key_text(a, &s->w[1].signer.key);
    assert_true(policy_parse(a, policy_text(a, s->p), &again, &e));
    assert_true(str_eq(policy_text(a, again), policy_text(a, s->p)));
    str good = str_fmt(a, "log %s\n witness\tA  %s\nwitness B %s\n\n# x\ngroup g 2 A B\nquorum g\n",
                       log.p, w0.p, w1.p);
    assert_true(policy_parse(a, good, &p, &e));
    const str bad[] = {
        S(""),
        S("quorum x\n"),
        S("quorum none"),
        S("quorum none\nquorum none\n"),
        S("quorum none\r\n"),
        S("frobnicate\nquorum none\n"),
        str_fmt(a, "witness none %s\nquorum none\n", w0.p),
        str_fmt(a, "witness A %s\nwitness A %s\nquorum none\n", w0.p, w1.p),
        str_fmt(a, "witness A %s\nwitness B %s\nquorum none\n", w0.p, w0.p),
        str_fmt(a, "witness A %s\nquorum none\n", log.p),
        str_fmt(a, "log %s\nlog %s\nquorum none\n", log.p, log.p),
        str_fmt(a, "log %s\nquorum none\n", w0.p),
        str_fmt(a, "witness A %s\ngroup g 2 A\nquorum g\n", w0.p),
        str_fmt(a, "witness A %s\ngroup g 0 A\nquorum g\n", w0.p),
        str_fmt(a, "witness A %s\ngroup g any\nquorum g\n", w0.p),
        str_fmt(a, "witness A %s\ngroup g any A A\nquorum g\n", w0.p),
        str_fmt(a, "witness A %s\ngroup g any A\ngroup h any A\nquorum g\n", w0.p),
        str_fmt(a, "group g any A\nwitness A %s\nquorum g\n", w0.p),
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        if (policy_parse(a, bad[i], &p, &e)) fail_msg("accepted %zu: %s", i, bad[i].p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cosignatures_are_published, setup, teardown),
        cmocka_unit_test_setup_teardown(proofs_carry_the_quorum, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(false_cosignatures_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(forks_and_rollbacks_are_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(readers_may_collect, setup, teardown),
        cmocka_unit_test_setup_teardown(policies, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
