/* status.c - the status function; no clock, no store. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/status.h"

static const char *const names[STATUS_CODES] = {
    [STATUS_EXCLUDED] = "excluded", [STATUS_PLANNED] = "planned", [STATUS_DECLARED] = "declared",
    [STATUS_PROVEN] = "proven",     [STATUS_FAILING] = "failing", [STATUS_STALE] = "stale",
};

const char *status_name(control_status s)
{
    return names[s];
}

/* A measurement is overtaken when its plan has a newer one; of two at the same time the later in
 * the list counts. The newest is likely near the end: looked for from there. */
static bool overtaken(const status_input *in, size_t i)
{
    const status_evidence *v = &in->evidence[i];
    if (!v->measured || !v->source) return false;
    for (size_t k = in->n_evidence; k-- > 0;) {
        const status_evidence *w = &in->evidence[k];
        if (w->measured && w->source == v->source && w->observed_at <= in->now &&
            (w->observed_at > v->observed_at || (w->observed_at == v->observed_at && k > i)))
            return true;
    }
    return false;
}

control_status status_of(const status_input *in)
{
    if (!in->applicable) return STATUS_EXCLUDED;
    bool proof = false, expired = false, against = in->open_nonconformities > 0;
    for (size_t i = 0; i < in->n_evidence; i++) {
        const status_evidence *v = &in->evidence[i];
        if (v->attested || v->observed_at > in->now || overtaken(in, i)) continue;
        bool fresh = v->fresh_until > in->now, speaks_for = !v->measured || v->passes;
        if (fresh && v->measured && v->fails) against = true;
        if (fresh && speaks_for) proof = true;
        if (!fresh && (speaks_for || v->fails)) expired = true;
    }
    if (against) return STATUS_FAILING;
    if (proof) return STATUS_PROVEN;
    if (expired) return STATUS_STALE;
    return in->declared || in->n_evidence ? STATUS_DECLARED : STATUS_PLANNED;
}
