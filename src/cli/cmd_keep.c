/* cmd_keep.c - keep: a reference as counts, of one data file or of several one after another. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/measuring.h"
#include "cli/print.h"

enum { FILES_MAX = 1000 };

/* {"columns": [...]}, as a plan's options; NULL: all. */
static bool read_columns(struct call *c, const doc **ret, err *e)
{
    size_t n;
    str *texts = call_options(c, "column", &n);
    buf b = buf_open(c->a, 1 << 20);
    jw w = jw_open(&b);
    doc *d;
    *ret = NULL;
    if (!n) return true;
    if (call_option(c, "like").p)
        return err_set(e, ERR_USAGE, S("column"), S("leave it out"),
                       "the columns are those of the reference named by --like");
    jw_obj(&w);
    jw_key(&w, "columns");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++)
        jw_str(&w, texts[i]);
    jw_arr_end(&w);
    jw_obj_end(&w);
    if (!doc_parse(c->a, buf_str(&b), 1 << 20, &d, e)) return false;
    *ret = d;
    return true;
}

static bool read_run(struct call *c, assess_run *run, err *e)
{
    int64_t seed, threads;
    str like = call_option(c, "like"), name = call_option(c, "name");
    *run = (assess_run){.plan = measure_plan_default(), .keep = true, .keep_name = S("reference")};
    run->plan.kind = S("drift_monitor");
    if (name.p) run->keep_name = str_dup(c->a, name);
    if (like.p) {
        run->reference = str_dup(c->a, like).p;
        run->keep_shape = true;
    }
    if (!read_columns(c, &run->plan.options, e) ||
        !call_int(c, "seed", (int64_t)run->plan.seed, &seed, e) ||
        !call_int(c, "threads", 0, &threads, e))
        return false;
    run->plan.seed = (uint64_t)seed;
    run->threads = (int)threads;
    return true;
}

/* Counts one file more; *ret is the reference so far. */
static bool keep_one(struct call *c, assess_run *run, str file, arena *a, str *ret, err *e)
{
    assessment x;
    doc *d;
    struct call inner = *c;
    inner.a = a;
    run->data = str_dup(a, file).p;
    if (!measuring_run(&inner, run, &x, e) || !doc_parse(a, x.json, x.json.n, &d, e)) return false;
    buf b = buf_open(c->a, x.json.n);
    jw w = jw_open(&b);
    doc_write(doc_get(d, "kept"), &w);
    *ret = buf_str(&b);
    return true;
}

static bool keep_all(struct call *c, assess_run *run, str *ret, err *e)
{
    size_t n;
    str *files = call_options(c, "data", &n);
    if (n > FILES_MAX)
        return err_set(e, ERR_TOO_LARGE, S("data"), S("put files together"),
                       "a reference is kept of at most %d files", (int)FILES_MAX);
    for (size_t i = 0; i < n; i++) {
        arena *a = arena_open();
        err inner = ERR_IN(a);
        bool ok = keep_one(c, run, files[i], a, ret, &inner);
        if (!ok) err_copy(e, &inner);
        arena_close(a);
        if (!ok) return err_prefix(e, "%.*s", STR_ARG(files[i]));
        run->reference = "the reference so far";
        run->reference_bytes = *ret;
        run->keep_shape = false;
    }
    return true;
}

static bool tell(struct call *c, str kept, err *e)
{
    doc *d;
    if (!doc_parse(c->a, kept, kept.n, &d, e)) return false;
    str sha256 = digest_hex(c->a, hash_bytes(kept.p, kept.n));
    const doc *columns = doc_get(d, "columns");
    int64_t rows = doc_int(d, "rows", 0);
    if (!c->json) {
        printf("kept %lld rows of %zu columns in %zu bytes, sha256 %.*s\n", (long long)rows,
               columns ? columns->n : 0, kept.n, STR_ARG(sha256));
        return true;
    }
    buf b = buf_open(c->a, 1 << 20);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_int(&w, "rows", rows);
    jw_m_int(&w, "columns", columns ? (int64_t)columns->n : 0);
    jw_m_int(&w, "bytes", (int64_t)kept.n);
    jw_m_str(&w, "sha256", sha256);
    jw_obj_end(&w);
    print_text(buf_str(&b));
    return true;
}

static bool run_keep(struct call *c, err *e)
{
    assess_run run;
    str kept = {0}, output = call_option(c, "output");
    return read_run(c, &run, e) && measuring_can_write(output, "output", e) &&
           keep_all(c, &run, &kept, e) && file_replace(str_dup(c->a, output).p, kept, 0644, e) &&
           tell(c, kept, e);
}

static const option keep_options[] = {
    {"data",      "FILE",     OPTION_REQUIRED | OPTION_MANY,
     "Data to count, or what was kept of others over the same shape"                                                           },
    {"output",    "REF.json", OPTION_REQUIRED,               "Where the kept reference goes"                                   },
    {"column",    "NAME",     OPTION_MANY,                   "Columns to keep; default all"                                    },
    {"like",      "REF.json", 0,                             "Count into the intervals of this one, so that both can be merged"},
    {"name",      "NAME",     0,                             "Name of the reference"                                           },
    {"seed",      "N",        0,                             "Of the sample behind the intervals"                              },
    {"threads",   "N",        0,                             "Threads to use; never changes a byte"                            },
    {"memory",    "GIB",      0,                             "That reading may use; default 16"                                },
    {"cpu-hours", "HOURS",    0,                             "Of all processors; default 24"                                   },
    {"trusted",   NULL,       0,                             "Read the data in this process"                                   },
    {NULL,        NULL,       0,                             NULL                                                              },
};
const command keep_commands[] = {
    {"keep", NULL, 0, 0, keep_options, NEEDS_NOTHING, run_keep,
     "Keep reference data as counts of fixed size",                   "What it writes stands for the data as --reference of 'aims assess drift_monitor', and in the "
     "register as the file of a data set version. Several --data are added up: the first decides "
     "the intervals. It holds no rows, but values of columns: leave out those that name people."},
    {NULL,   NULL, 0, 0, NULL,         NEEDS_NOTHING, NULL,     NULL, NULL                                                                         },
};
