/* act.c - the one writer of ledger leaves: who did what to which record, in the act's transaction.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/impl.h"

enum { RECORD_INLINE = 48000 }; /* larger records enter the leaf by digest; leaves end at 65,535 */

static void write_tags(jw *w, const char *tags)
{
    str rest = str_of(tags);
    jw_key(w, "tags");
    jw_arr(w);
    while (rest.p) {
        str tag = str_cut(rest, ' ', &rest);
        if (tag.n) jw_str(w, tag);
    }
    jw_arr_end(w);
}

static void write_actor(jw *w, const actor *who)
{
    jw_key(w, "by");
    jw_obj(w);
    jw_m_int(w, "account", who->account);
    jw_m_strz(w, "via", who->via);
    if (who->token) jw_m_int(w, "token", who->token);
    jw_obj_end(w);
}

static bool write_record(struct tx *t, const act *x, jw *w, err *e)
{
    const row_head *head = x->row;
    str salt = {0};
    jw_m_strz(w, "type", x->r->name);
    jw_m_int(w, "id", head->id);
    jw_m_int(w, "version", head->version);
    write_tags(w, x->r->tags);
    if (!row_salt(t, e->a, x->r, head->id, &salt, e)) return false;
    str body = record_canonical(x->r, x->row, salt, e->a);
    if (body.n <= RECORD_INLINE) {
        jw_key(w, "record");
        jw_raw(w, body);
    } else {
        jw_m_str(w, "record_sha256", digest_hex(e->a, hash_bytes(body.p, body.n)));
        jw_m_int(w, "record_size", (int64_t)body.n);
    }
    return true;
}

static bool write_leaf(struct tx *t, const actor *who, const act *x, int64_t now, str *ret, err *e)
{
    buf b = buf_open(e->a, LEDGER_LEAF_MAX);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_int(&w, "v", 1);
    jw_m_strz(&w, "act", x->name);
    jw_m_time(&w, "at", now);
    write_actor(&w, who);
    if (x->r && !write_record(t, x, &w, e)) return false;
    if (!x->r && x->id) jw_m_int(&w, "id", x->id);
    if (x->detail.p) {
        jw_key(&w, "detail");
        jw_raw(&w, x->detail);
    }
    jw_m_strz(&w, "tool", "aims " AIMS_VERSION);
    jw_obj_end(&w);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, S(""), S("shorten the record"),
                       "the act does not fit a leaf of %u bytes", LEDGER_LEAF_MAX);
    *ret = buf_str(&b);
    return true;
}

bool act_log(struct tx *t, const actor *who, const act *x, int64_t now, int64_t *ret_seq, err *e)
{
    str leaf;
    int64_t seq = 0;
    if (!write_leaf(t, who, x, now, &leaf, e)) return false;
    if (!ledger_append(t, leaf, now, &seq, e)) return false;
    const row_head *head = x->row;
    const value args[] = {
        V_INT(seq),
        V_INT(now),
        V_TEXT(str_of(x->name)),
        V_INT(who->account),
        V_TEXT(x->r ? str_of(x->r->name) : str_cut(str_of(x->name), '.', &(str){0})),
        V_INT(x->r ? head->id : x->id),
        V_INT(x->r ? head->version : 0),
    };
    if (!tx_exec(t, SQL(Q_ACT_ADD), args, COUNT(args), NULL, e)) return false;
    if (ret_seq) *ret_seq = seq;
    return true;
}
