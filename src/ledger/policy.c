/* policy.c - the trust policy of c2sp.org/tlog-policy: parsed strictly, applied to checkpoints. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/policy.h"

#define POLICY_ITEMS   256u /* logs, and witnesses with groups together */
#define POLICY_MEMBERS 256u

struct parse {
    arena *a;
    struct policy *p;
    bool has_quorum;
    unsigned line;
    bool *taken; /* nodes that are a member of some group */
    err *e;
};

static bool refuse(struct parse *s, const char *why)
{
    return err_set(s->e, ERR_INVALID, str_fmt(s->e->a, "line.%u", s->line),
                   S("lines are: log VKEY [URL], witness NAME VKEY [URL], group NAME any|all|K "
                     "MEMBER..., quorum NAME|none"),
                   "line %u of the policy: %s", s->line, why);
}

/* The next word of the line; absent at its end. */
static str word(str *line)
{
    size_t i = 0, n = 0;
    while (i < line->n && (line->p[i] == ' ' || line->p[i] == '\t'))
        i++;
    while (i + n < line->n && line->p[i + n] != ' ' && line->p[i + n] != '\t')
        n++;
    str w = n ? (str){line->p + i, n} : (str){0};
    *line = str_sub(*line, i + n, line->n);
    return w;
}

static size_t find(const struct policy *p, str name)
{
    size_t i = 0;
    while (i < p->n_nodes && !str_eq(p->nodes[i].name, name))
        i++;
    return i;
}

static bool same_pub(const note_key *a, const note_key *b)
{
    return memcmp(a->pub, b->pub, sizeof a->pub) == 0;
}

static bool read_log(struct parse *s, str line)
{
    struct policy *p = s->p;
    policy_log l = {0};
    if (p->n_logs == POLICY_ITEMS) return refuse(s, "too many logs");
    if (!note_key_parse(s->a, word(&line), &l.key, s->e)) return refuse(s, s->e->msg.p);
    if (l.key.kind != NOTE_ED25519) return refuse(s, "this key is not one of a log");
    l.url = word(&line);
    if (word(&line).p) return refuse(s, "something stands behind the URL");
    for (size_t i = 0; i < p->n_logs; i++)
        if (same_pub(&p->logs[i].key, &l.key)) return refuse(s, "this log is listed twice");
    p->logs[p->n_logs++] = l;
    return true;
}

static bool new_node(struct parse *s, str name, policy_node **ret)
{
    struct policy *p = s->p;
    if (!name.p) return refuse(s, "a name is missing");
    if (str_eqz(name, "none")) return refuse(s, "the name 'none' is reserved");
    if (find(p, name) < p->n_nodes) return refuse(s, "this name is already used");
    if (p->n_nodes == POLICY_ITEMS) return refuse(s, "too many witnesses and groups");
    *ret = &p->nodes[p->n_nodes];
    **ret = (policy_node){.name = name};
    return true;
}

static bool read_witness(struct parse *s, str line)
{
    policy_node *n;
    if (!new_node(s, word(&line), &n)) return false;
    if (!note_key_parse(s->a, word(&line), &n->key, s->e)) return refuse(s, s->e->msg.p);
    if (n->key.kind != NOTE_COSIGN) return refuse(s, "this key is not one of a witness (type 4)");
    n->url = word(&line);
    if (word(&line).p) return refuse(s, "something stands behind the URL");
    for (size_t i = 0; i < s->p->n_nodes; i++)
        if (!s->p->nodes[i].group && same_pub(&s->p->nodes[i].key, &n->key))
            return refuse(s, "this witness is listed twice");
    s->p->n_nodes++;
    return true;
}

static bool read_members(struct parse *s, str line, policy_node *n)
{
    n->members = arena_new(s->a, size_t, POLICY_MEMBERS);
    for (str w = word(&line); w.p; w = word(&line)) {
        size_t i = find(s->p, w);
        if (i == s->p->n_nodes) return refuse(s, "a member is not defined above");
        if (s->taken[i]) return refuse(s, "a member is already in a group");
        if (n->n == POLICY_MEMBERS) return refuse(s, "too many members");
        s->taken[i] = true;
        n->members[n->n++] = i;
    }
    return n->n > 0 || refuse(s, "a group needs members");
}

static bool read_group(struct parse *s, str line)
{
    policy_node *n;
    int64_t k = 1;
    if (!new_node(s, word(&line), &n)) return false;
    n->group = true;
    str need = word(&line);
    if (!read_members(s, line, n)) return false;
    if (str_eqz(need, "all"))
        k = (int64_t)n->n;
    else if (!str_eqz(need, "any") && !(str_int(need, &k) && need.p[0] != '0'))
        return refuse(s, "a group needs any, all or a number");
    if (k < 1 || k > (int64_t)n->n) return refuse(s, "a group cannot need that many members");
    n->need = (size_t)k;
    s->p->n_nodes++;
    return true;
}

static bool read_quorum(struct parse *s, str line)
{
    str name = word(&line);
    if (s->has_quorum) return refuse(s, "a second quorum");
    if (!name.p || word(&line).p) return refuse(s, "quorum takes one name");
    bool none = str_eqz(name, "none");
    s->p->quorum = none ? SIZE_MAX : find(s->p, name);
    s->has_quorum = true;
    if (!none && s->p->quorum == s->p->n_nodes) return refuse(s, "the quorum is not defined above");
    return true;
}

static bool read_line(struct parse *s, str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (((uint8_t)line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7F)
            return refuse(s, "control characters");
    str kind = word(&line);
    if (!kind.p || kind.p[0] == '#') return true;
    if (str_eqz(kind, "log")) return read_log(s, line);
    if (str_eqz(kind, "witness")) return read_witness(s, line);
    if (str_eqz(kind, "group")) return read_group(s, line);
    if (str_eqz(kind, "quorum")) return read_quorum(s, line);
    return refuse(s, "unknown word");
}

bool policy_parse(arena *a, str text, struct policy **ret, err *e)
{
    struct policy *p = arena_new(a, struct policy, 1);
    struct parse s = {.a = a, .p = p, .e = e, .taken = arena_new(a, bool, POLICY_ITEMS)};
    if (text.n > POLICY_MAX) return refuse(&s, "the policy is larger than 64 KiB");
    p->logs = arena_new(a, policy_log, POLICY_ITEMS);
    p->nodes = arena_new(a, policy_node, POLICY_ITEMS);
    text = str_dup(a, text);
    while (text.n) {
        s.line++;
        if (!memchr(text.p, '\n', text.n)) return refuse(&s, "the last line does not end");
        if (!read_line(&s, str_cut(text, '\n', &text))) return false;
    }
    if (!s.has_quorum) return refuse(&s, "no quorum line");
    if (p->quorum == SIZE_MAX) p->quorum = p->n_nodes;
    *ret = p;
    return true;
}

struct policy *policy_of_key(arena *a, const note_key *log)
{
    struct policy *p = arena_new(a, struct policy, 1);
    p->logs = arena_new(a, policy_log, 1);
    p->logs[0].key = *log;
    p->n_logs = 1;
    return p;
}

static void write_node(arena *a, buf *b, const struct policy *p, const policy_node *n)
{
    if (!n->group) {
        buf_fmt(b, "witness %.*s %s", STR_ARG(n->name), note_key_text(a, &n->key).p);
        if (n->url.p) buf_fmt(b, " %.*s", STR_ARG(n->url));
    } else {
        buf_fmt(b, "group %.*s %zu", STR_ARG(n->name), n->need);
        for (size_t i = 0; i < n->n; i++)
            buf_fmt(b, " %.*s", STR_ARG(p->nodes[n->members[i]].name));
    }
    buf_putc(b, '\n');
}

str policy_text(arena *a, const struct policy *p)
{
    buf b = buf_open(a, 4 * POLICY_MAX);
    for (size_t i = 0; i < p->n_logs; i++) {
        buf_fmt(&b, "log %s", note_key_text(a, &p->logs[i].key).p);
        if (p->logs[i].url.p) buf_fmt(&b, " %.*s", STR_ARG(p->logs[i].url));
        buf_putc(&b, '\n');
    }
    for (size_t i = 0; i < p->n_nodes; i++)
        write_node(a, &b, p, &p->nodes[i]);
    str quorum = p->quorum < p->n_nodes ? p->nodes[p->quorum].name : S("none");
    buf_fmt(&b, "quorum %.*s\n", STR_ARG(quorum));
    return buf_str(&b);
}

bool policy_open(arena *a, const struct policy *p, str bytes, note *ret_note, checkpoint *ret,
                 err *e)
{
    note_key *keys = arena_new(a, note_key, p->n_logs + 1);
    for (size_t i = 0; i < p->n_logs; i++)
        keys[i] = p->logs[i].key;
    if (!checkpoint_open(a, bytes, keys, p->n_logs, ret_note, ret, e)) return false;
    for (size_t i = 0; i < p->n_nodes; i++) {
        const policy_node *n = &p->nodes[i];
        if (n->group || note_check(ret_note, &n->key, NULL) != NOTE_BAD) continue;
        return err_set(e, ERR_DAMAGED, S("note"), S("fetch the checkpoint again"),
                       "the cosignature of witness '%.*s' does not fit the checkpoint",
                       STR_ARG(n->name));
    }
    return true;
}

bool policy_quorum(const struct policy *p, const note *n)
{
    if (p->quorum >= p->n_nodes) return true;
    bool good[POLICY_ITEMS] = {false};
    for (size_t i = 0; i <= p->quorum; i++) {
        const policy_node *x = &p->nodes[i];
        size_t have = 0;
        for (size_t k = 0; k < x->n; k++)
            have += good[x->members[k]];
        good[i] = x->group ? have >= x->need : note_check(n, &x->key, NULL) == NOTE_GOOD;
    }
    return good[p->quorum];
}
