/* bench_csv.c - CPU seconds and MB/s of reading a CSV file's columns; see bench/csv.sh. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/table.h"

enum { REPEATS = 3 };

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool run(const char *path, const table_options *o, double *ret_cpu, double *ret_wall)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    table t;
    double cpu = cpu_seconds(), wall = clock_mono();
    bool ok = table_read(a, path, o, &t, &e);
    *ret_cpu = cpu_seconds() - cpu;
    *ret_wall = clock_mono() - wall;
    if (!ok) fprintf(stderr, "%.*s\n", STR_ARG(e.msg));
    double mb = (double)t.bytes / 1e6;
    if (ok)
        printf("aims threads=%d digest=%d: %zu rows, %zu columns, %.3f s CPU = %.0f MB/s per core, "
               "%.3f s wall = %.0f MB/s\n",
               o->threads, !o->no_digest, t.rows, t.n_columns, *ret_cpu, mb / *ret_cpu, *ret_wall,
               mb / *ret_wall);
    arena_close(a);
    return ok;
}

int main(int argc, char **argv)
{
    str only[64];
    size_t n = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: %s FILE THREADS [COLUMN...]\n", argv[0]);
        return 2;
    }
    for (int i = 3; i < argc && n < COUNT(only); i++)
        only[n++] = str_of(argv[i]);
    int64_t threads = 1;
    if (!str_int(str_of(argv[2]), &threads)) return 2;
    table_options o = {.threads = (int)threads, .only = n ? only : NULL, .n_only = n};
    double cpu, wall;
    for (int i = 0; i < 2 * REPEATS; i++) {
        o.no_digest = i >= REPEATS;
        if (!run(argv[1], &o, &cpu, &wall)) return 3;
    }
    return 0;
}
