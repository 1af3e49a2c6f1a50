/* confusion.c - the table of counts that stands beside the rates of a result. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kinds.h"
#include "measure/rates.h"
#include "measure/result_table.h"

#define CELLS_MAX 4000000

bool cells_fit(const sample *s, err *e)
{
    if (s->g.n_joint * s->n_classes * s->n_classes <= CELLS_MAX) return true;
    return err_set(e, ERR_TOO_LARGE, S("groups"), S("name fewer or coarser groups"),
                   "%zu groups of %zu classes are too many to count", s->g.n_joint, s->n_classes);
}

static void open_table(jw *w, const char *const *names, size_t n)
{
    result_open_table(w, "confusion", "Truth against prediction", names, n);
}

static void group_row(jw *w, str slice, const int64_t *c)
{
    jw_arr(w);
    if (slice.p)
        jw_raw(w, slice);
    else
        jw_null(w);
    for (size_t i = 0; i < 4; i++)
        jw_int(w, c[i]);
    jw_arr_end(w);
}

static void binary_rows(const sample *s, const int64_t *cells, jw *w, arena *a)
{
    static const char *const names[] = {"slice", "true_negatives", "false_positives",
                                        "false_negatives", "true_positives"};
    int64_t *sums = arena_new(a, int64_t, s->g.n_joint * 4);
    open_table(w, names, COUNT(names));
    for (size_t i = 0; i < s->g.n_views; i++) {
        const view *v = &s->g.views[i];
        sample_sum(&s->g, v, cells, 4, sums);
        for (size_t k = 0; k < v->n_groups; k++)
            group_row(w, groups_slice(&s->g, v, k, (str){0}, (str){0}, a), sums + 4 * k);
    }
    result_close_table(w);
}

static void multiclass_rows(const sample *s, const int64_t *cells, jw *w, arena *a)
{
    static const char *const names[] = {"truth", "prediction", "rows"};
    size_t n = s->n_classes;
    int64_t *sums = arena_new(a, int64_t, n * n);
    sample_sum(&s->g, &s->g.views[0], cells, n * n, sums);
    open_table(w, names, COUNT(names));
    for (size_t i = 0; i < n * n; i++) {
        if (!sums[i]) continue;
        jw_arr(w);
        jw_str(w, s->classes[i / n]);
        jw_str(w, s->classes[i % n]);
        jw_int(w, sums[i]);
        jw_arr_end(w);
    }
    result_close_table(w);
}

void confusion_write(const sample *s, const int64_t *cells, jw *w, arena *a)
{
    if (s->task == TASK_BINARY)
        binary_rows(s, cells, w, a);
    else
        multiclass_rows(s, cells, w, a);
}

str confusion_table(const sample *s, const int64_t *cells, arena *a)
{
    buf b = buf_open(a, RESULT_TABLES_MAX);
    jw w = jw_open(&b);
    jw_arr(&w);
    confusion_write(s, cells, &w, a);
    jw_arr_end(&w);
    return b.full ? S("[]") : buf_str(&b);
}
