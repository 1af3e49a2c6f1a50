/* drift.c - CPU time and memory of drift_monitor and of its exact KS, on the columns of a file. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/profile.h"
#include <sys/resource.h>

/* The file of drift_peers.py: rows of the reference, then of the data, column by column. */
enum { NUMBERS = 10, CATEGORIES = 10, COLUMNS = NUMBERS + CATEGORIES, LEVELS = 12 };

static double cpu_ms(void)
{
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

static double peak_mb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

static column column_read(FILE *in, size_t k, size_t rows, arena *a)
{
    column c = {.name = str_fmt(a, "c%zu", k)};
    size_t got = 0;
    if (k < NUMBERS) {
        c.num = arena_new(a, double, rows);
        got = fread(c.num, sizeof *c.num, rows, in);
    } else {
        c.type = COLUMN_CATEGORY;
        c.code = arena_new(a, int32_t, rows);
        c.n_levels = LEVELS;
        c.levels = arena_new(a, str, LEVELS);
        for (size_t i = 0; i < LEVELS; i++)
            c.levels[i] = str_fmt(a, "%02zu", i);
        got = fread(c.code, sizeof *c.code, rows, in);
    }
    if (got != rows) exit(2);
    return c;
}

static void report(const char *what, double began, double cells)
{
    double ms = cpu_ms() - began;
    printf("aims   %-58s %7.0f ms CPU, %6.1f M cells/s\n", what, ms, cells / ms / 1000);
}

static void values(const table *ref, const table *cur, arena *a)
{
    double psi = 0, ks = 0, w1 = 0, js = 0, began = cpu_ms(),
           cells = (double)(ref->rows + cur->rows);
    for (size_t k = 0; k < COLUMNS; k++) {
        profile p = profile_make(ref->columns[k].name, &ref->columns[k], NULL, ref->rows,
                                 &cur->columns[k], cur->rows, 1, a);
        psi += p.value[DRIFT_PSI];
        if (k < NUMBERS) ks += p.value[DRIFT_KS];
        if (k < NUMBERS) w1 += p.value[DRIFT_W1];
        if (k >= NUMBERS) js += p.value[DRIFT_JS];
        if (k + 1 == NUMBERS)
            report("10 numeric columns: PSI, JS, exact KS and W1", began, cells * NUMBERS);
    }
    report("20 columns: PSI, JS, V, exact KS and W1", began, cells * COLUMNS);
    printf("check  PSI %.12f KS %.12f W1 %.12f JS of categories %.12f\n", psi, ks, w1, js);
}

static void counting(const table *ref, const table *cur)
{
    double began = cpu_ms(), numbers = 0, rows = (double)(ref->rows + cur->rows);
    for (size_t k = 0; k < COLUMNS; k++) {
        arena *a = arena_open();
        sketch x = sketch_reference(&ref->columns[k], ref->rows, 1, a);
        sketch y = sketch_empty(x.shape, a);
        sketch_add(&y, &cur->columns[k], 0, cur->rows, a);
        arena_close(a);
        if (k + 1 != NUMBERS) continue;
        report("10 numeric columns: counting only (enough for PSI)", began, rows * NUMBERS);
        numbers = cpu_ms();
    }
    report("10 categorical columns: counting (enough for chi-square)", numbers, rows * CATEGORIES);
    report("20 columns: counting only", began, rows * COLUMNS);
}

/* Sums of the p-values in the table of columns, as Evidently's check has them. */
static void p_values(str json, arena *a)
{
    doc *tables;
    err e = ERR_IN(a);
    double p[2] = {0};
    if (!doc_parse(a, json, 16 << 20, &tables, &e)) exit(1);
    const doc *rows = doc_get(&tables->at[0], "rows");
    for (size_t k = 0; k < rows->n; k++)
        p[k >= NUMBERS] += rows->at[k].at[7].d;
    printf("check  p of KS %.12f, of chi-square %.12f\n", p[0], p[1]);
}

static void whole(const table *ref, const table *cur, arena *a)
{
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = measure_plan_default();
    p.kind = S("drift_monitor");
    double began = cpu_ms();
    if (!measure_run(&p, &(measure_input){.data = cur, .reference = ref, .threads = 1}, &r, a, &e))
        exit(1);
    report("measure_run: all figures, 1,000 resamples, MMD of 4,000 rows", began,
           (double)(ref->rows + cur->rows) * COLUMNS);
    p_values(r.tables, a);
}

int main(int argc, char **argv)
{
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!in) return 2;
    size_t rows = strtoul(argv[2], NULL, 10);
    arena *a = arena_open();
    table ref = {.rows = rows, .n_columns = COLUMNS, .columns = arena_new(a, column, COLUMNS)};
    table cur = {.rows = rows, .n_columns = COLUMNS, .columns = arena_new(a, column, COLUMNS)};
    for (size_t k = 0; k < COLUMNS; k++) {
        ref.columns[k] = column_read(in, k, rows, a);
        cur.columns[k] = column_read(in, k, rows, a);
    }
    fclose(in);
    double before = peak_mb();
    counting(&ref, &cur);
    values(&ref, &cur, a);
    whole(&ref, &cur, a);
    printf("aims   peak memory beyond the data: %.1f MB\n", peak_mb() - before);
    arena_close(a);
    return 0;
}
