/* label_share.c - a template of an engine: the share of each value of the label, with interval. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kinds.h"

const char *const label_share_metrics[] = {"label_share", NULL};

static const char *const references[] = {"E. B. Wilson, Probable Inference, the Law of Succession, "
                                         "and Statistical Inference, JASA 22 (1927)",
                                         NULL};

bool label_share_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                     err *e)
{
    const column *label;
    const int32_t *code;
    const str *levels;
    groups whole;
    size_t n, rows = in->data->rows;
    if (!table_need(in->data, p->label, S("label"), &label, e) ||
        !column_levels(a, label, rows, 100, S("label"), &code, &levels, &n, e) ||
        !groups_make(in->data, NULL, 0, NULL, &whole, a, e))
        return false;
    int64_t *count = arena_new(a, int64_t, n);
    for (size_t i = 0; i < rows; i++)
        if (code[i] >= 0) count[code[i]]++;
    figures f = figures_open(p, &whole, a);
    for (size_t i = 0; i < n; i++) {
        double k = (double)count[i], all = (double)rows;
        str slice = groups_slice(&whole, &whole.views[0], 0, p->label, levels[i], a);
        figures_add(&f, label_share_metrics[0], k / all, (int64_t)rows, slice,
                    recipe_wilson(k, all));
    }
    ret->method = S("share of each value of the label among all rows");
    ret->references = references;
    return figures_judge(&f, ret, e);
}
