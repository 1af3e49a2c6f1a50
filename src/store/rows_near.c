/* rows_near.c - "did you mean": the stored labels that are nearest to a mistyped one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rows_impl.h"

/* The newest labels only, and short ones: a hint must not cost more than the answer. */
enum { LOOK_AT = 1000, LENGTH_MAX = 120, NAMED = 3 };

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Edit distance (Levenshtein) in bytes, ignoring the case of A-Z. */
static size_t distance(str x, str y)
{
    size_t line[LENGTH_MAX + 1];
    for (size_t k = 0; k <= y.n; k++)
        line[k] = k;
    for (size_t i = 1; i <= x.n; i++) {
        size_t diagonal = line[0];
        line[0] = i;
        for (size_t k = 1; k <= y.n; k++) {
            size_t change = diagonal + (fold(x.p[i - 1]) != fold(y.p[k - 1]));
            size_t gap = (line[k] < line[k - 1] ? line[k] : line[k - 1]) + 1;
            diagonal = line[k];
            line[k] = change < gap ? change : gap;
        }
    }
    return line[y.n];
}

static bool begins(str whole, str part)
{
    if (part.n < 2 || part.n > whole.n) return false;
    for (size_t i = 0; i < part.n; i++)
        if (fold(whole.p[i]) != fold(part.p[i])) return false;
    return true;
}

typedef struct near {
    str label;
    size_t far;
} near;

/* Far enough apart, two names have nothing to do with each other. */
static bool rate(str label, str candidate, size_t *ret_far)
{
    if (label.n > LENGTH_MAX || candidate.n > LENGTH_MAX) return false;
    bool part = begins(candidate, label) || begins(label, candidate);
    *ret_far = part ? 1 : distance(label, candidate);
    return *ret_far <= 2 + label.n / 4;
}

static void keep(near *best, size_t *n, near x)
{
    size_t at = *n;
    while (at > 0 && best[at - 1].far > x.far)
        at--;
    if (at == NAMED) return;
    size_t last = *n < NAMED ? (*n)++ : NAMED - 1;
    for (size_t i = last; i > at; i--)
        best[i] = best[i - 1];
    best[at] = x;
}

bool label_hint(struct tx *t, const record *r, str label, str *ret_hint, err *e)
{
    near best[NAMED + 1];
    size_t n = 0;
    rows found;
    value v[] = {V_INT(LOOK_AT)};
    str sql = str_fmt(e->a, "SELECT %s FROM %s WHERE retired_at IS NULL ORDER BY id DESC LIMIT $1",
                      r->label, r->name);
    if (!tx_query(t, e->a, sql.p, v, 1, &found, e)) return false;
    for (size_t i = 0; i < found.n; i++) {
        near x = {.label = found.at[i].s};
        if (found.at[i].kind == VALUE_TEXT && rate(label, x.label, &x.far)) keep(best, &n, x);
    }
    buf b = buf_open(e->a, 1024);
    buf_putz(&b, n ? "did you mean" : "list the ");
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s '%.*s'", i == 0 ? "" : i + 1 == n ? " or" : ",", STR_ARG(best[i].label));
    buf_putz(&b, n ? "?" : r->plural);
    if (!n) buf_putz(&b, " to see their names");
    *ret_hint = buf_str(&b);
    return true;
}
