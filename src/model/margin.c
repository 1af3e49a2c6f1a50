/* margin.c - from the outputs of a tree ensemble back to its margins. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include <math.h>

bool forest_monotone(const struct model *m)
{
    bool falling = m->wide && m->link == LINK_LOGISTIC && !(m->slope > 0);
    return m->info.n_trees > 0 && !falling;
}

static double unlink_of(const struct model *m, double out)
{
    double slope = m->wide ? m->slope : 1;
    switch (m->link) {
    case LINK_LOGISTIC:
        return out <= 0 ? -INFINITY : out >= 1 ? INFINITY : log(out / (1 - out)) / slope;
    case LINK_EXP:
        return out <= 0 ? -INFINITY : log(out);
    case LINK_LOG1P_EXP:
        return out <= 0 ? -INFINITY : log(expm1(out));
    case LINK_SIGNED_SQUARE:
        return copysign(sqrt(fabs(out)), out);
    case LINK_IDENTITY:
    case LINK_SOFTMAX:
        break;
    }
    return out;
}

/* A link in float is right to a few units in the last place: 2^-20 is 16 of them. */
bool forest_margin_of(const struct model *m, double out, double *ret_lo, double *ret_hi)
{
    double off = m->link == LINK_IDENTITY ? 0 : fabs(out) * (m->wide ? 0x1p-46 : 0x1p-20);
    *ret_lo = unlink_of(m, out - off);
    *ret_hi = unlink_of(m, out + off);
    return !isnan(*ret_lo) && !isnan(*ret_hi);
}

double forest_margin_apart(const struct model *m)
{
    if (m->link == LINK_IDENTITY) return 0;
    if (m->link == LINK_SOFTMAX) return m->wide ? 0x1p-40 : 0x1p-19;
    return INFINITY;
}
