/* measure.c - the registry of kinds, and the run every kind has in common. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kinds.h"
#include "measure/plan.h"
#include "measure/schema.h"

/* A macro, for clang-format 14 ends abnormally on a table of rows of unequal length. */
#define KIND(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
const measure_kind measure_kinds[] = {
    KIND(.id = "performance_eval", .title = "Performance evaluation", .run = performance_run,
         .metrics = performance_metrics, .groups = true, .needs_label = true),
    KIND(.id = "bias_fairness_test", .title = "Bias and fairness test", .run = bias_run,
         .metrics = bias_metrics, .needs_label = true, .needs_groups = true),
    KIND(.id = "drift_monitor", .title = "Drift monitor", .run = drift_run, .slice = "column",
         .metrics = drift_metrics, .options = drift_options, .needs_reference = true,
         .all_columns = true, .kept = true),
    KIND(.id = "calibration_uncertainty", .title = "Calibration and uncertainty",
         .run = uncertainty_run, .metrics = uncertainty_metrics, .options = uncertainty_options,
         .groups = true, .needs_label = true),
    KIND(.id = "corruption_robustness_test", .title = "Corruption robustness test",
         .run = corrupt_run, .slice = "corruption,severity,feature", .metrics = corrupt_metrics,
         .options = corrupt_options, .needs_label = true, .needs_model = true),
    KIND(.id = "explanation_report", .title = "Explanation report", .run = explain_run,
         .slice = "feature", .metrics = explain_metrics, .options = explain_options,
         .reference = true, .needs_model = true, .values = true),
    KIND(.id = "privacy_attack_test", .title = "Privacy attack test", .run = privacy_run,
         .slice = "attack,epsilon", .metrics = privacy_metrics, .options = privacy_options,
         .groups = true, .needs_label = true, .needs_model = true, .needs_reference = true),
    KIND(.id = "adversarial_robustness_test", .title = "Adversarial robustness test",
         .run = adversarial_run, .slice = "epsilon", .metrics = adversarial_metrics,
         .options = adversarial_options, .needs_label = true, .needs_model = true, .values = true),
    KIND(.id = "reproducible_run", .title = "Reproducible run", .run = reproduce_run,
         .metrics = reproduce_metrics, .options = reproduce_options, .groups = true,
         .reference = true, .needs_recorded = true, .all_columns = true, .kept = true),
};
const size_t measure_n_kinds = COUNT(measure_kinds);

const char *verdict_name(verdict v)
{
    static const char *const names[] = {[VERDICT_NONE] = "none",
                                        [VERDICT_PASS] = "pass",
                                        [VERDICT_FAIL] = "fail",
                                        [VERDICT_INCONCLUSIVE] = "inconclusive"};
    return names[v];
}

const measure_kind *measure_find(str id)
{
    for (size_t i = 0; i < measure_n_kinds; i++)
        if (str_eqz(id, measure_kinds[i].id)) return &measure_kinds[i];
    return NULL;
}

static void add_column(str *list, size_t *n, str name)
{
    for (size_t i = 0; i < *n; i++)
        if (str_eq(list[i], name)) return;
    if (name.p) list[(*n)++] = name;
}

bool measure_columns(const measure_plan *p, const struct model *m, arena *a, str **ret,
                     size_t *ret_n, err *e)
{
    struct expr *x;
    str *used = NULL;
    size_t n_used = 0;
    *ret = NULL;
    *ret_n = 0;
    const measure_kind *kind = measure_find(p->kind);
    if (m || (kind && kind->all_columns)) return true;
    if (p->where.p) {
        if (!expr_parse(a, p->where, &x, e)) return false;
        expr_columns(x, a, &used, &n_used);
    }
    *ret = arena_new(a, str, 3 + p->n_groups + n_used + (p->schema ? p->schema->n : 0));
    add_column(*ret, ret_n, p->label);
    add_column(*ret, ret_n, p->prediction);
    add_column(*ret, ret_n, p->score);
    for (size_t i = 0; i < p->n_groups; i++)
        add_column(*ret, ret_n, p->groups[i]);
    for (size_t i = 0; i < n_used; i++)
        add_column(*ret, ret_n, used[i]);
    for (size_t i = 0; p->schema && i < p->schema->n; i++)
        add_column(*ret, ret_n, p->schema->keys[i]);
    return true;
}

static bool filtered(const measure_plan *p, const table *t, table *ret, arena *a, err *e)
{
    struct expr *x;
    uint8_t *keep;
    *ret = *t;
    if (p->where.p) {
        if (!expr_parse(a, p->where, &x, e) || !expr_rows(x, t, a, &keep, e)) return false;
        *ret = table_keep(a, t, keep);
    }
    if (ret->rows == 0)
        return err_set(e, ERR_INVALID, p->where.p ? S("where") : S("data"),
                       S("check the filter and the file"), "there are no rows to measure");
    return true;
}

static bool has_inputs(const measure_kind *k, const measure_input *in, err *e)
{
    if (k->needs_model && !in->model)
        return err_set(e, ERR_INVALID, S("model"), S("name the model"), "%s asks a model", k->id);
    if (k->needs_reference && !in->reference)
        return err_set(e, ERR_INVALID, S("reference"), S("name the data to compare with"),
                       "%s needs reference data", k->id);
    if (in->reference && !k->needs_reference && !k->reference)
        return err_set(e, ERR_INVALID, S("reference"), S("leave it out"),
                       "%s compares with no other data", k->id);
    if (in->kept && !k->kept)
        return err_set(e, ERR_INVALID, S("reference"), S("give the data themselves"),
                       "%s needs the rows of the reference, this one was kept as counts", k->id);
    if (k->needs_recorded && !in->recorded)
        return err_set(e, ERR_INVALID, S("recorded"), S("name the result to repeat"),
                       "%s repeats a recorded result", k->id);
    if (in->values && !k->values)
        return err_set(e, ERR_INVALID, S("values"), S("leave it out"), "%s has no values per row",
                       k->id);
    return true;
}

static void add_notes(measure_result *r, const str *more, size_t n, arena *a)
{
    str *all = arena_new(a, str, r->n_notes + n);
    if (r->n_notes) memcpy(all, r->notes, r->n_notes * sizeof *all);
    if (n) memcpy(all + r->n_notes, more, n * sizeof *all);
    r->notes = all;
    r->n_notes += n;
}

bool measure_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                 err *e)
{
    str *notes;
    size_t n_notes;
    table rows;
    const measure_kind *kind;
    *ret = (measure_result){.tables = S("[]"), .figures = S("[]")};
    if (!plan_check(p, &kind, e) || !has_inputs(kind, in, e) ||
        !schema_check(p->schema, in->data, a, &notes, &n_notes, e) ||
        !filtered(p, in->data, &rows, a, e))
        return false;
    measure_plan plan = *p;
    measure_input input = *in;
    if (plan.resamples == 0) plan.resamples = measure_plan_default().resamples;
    input.data = &rows;
    ret->kind = p->kind;
    if (!kind->run(&plan, &input, ret, a, e)) return false;
    add_notes(ret, notes, n_notes, a);
    return true;
}
