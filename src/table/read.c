/* read.c - a file becomes a table: parts are read in parallel, then joined column by column. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/read.h"
#include "table/npy.h"
#include "table/number.h"
#include "table/pool.h"
#include "table/scan.h"
#include <math.h>

enum { SLICE = 512 << 10, SPARSE_FREE = 1 << 16 };

static const uint64_t bytes_max_default = UINT64_C(16) << 30;

/* ---- what the scanners use ---- */

static bool is_missing(const reader *r, str s)
{
    for (size_t i = 0; i < r->n_missing; i++)
        if (str_eq(r->missing[i], s)) return true;
    return false;
}

static double number_or_nan(const reader *r, part_column *c, str text)
{
    double v;
    if (r->missing_first && is_missing(r, text)) return NAN;
    if (number_parse(text, &v)) return v;
    if (!is_missing(r, text)) c->is_text = true;
    return NAN;
}

void part_put(const reader *r, part *p, size_t k, str text)
{
    part_column *c = &p->columns[k];
    if (c->code)
        c->code[p->rows] = (int32_t)dict_intern(&c->texts, text);
    else if (!c->is_text)
        c->num[p->rows] = number_or_nan(r, c, text);
}

char *part_text(part *p, size_t n)
{
    if (n > p->text_cap) {
        p->text_cap = n * 2;
        p->text = arena_new(p->a, char, p->text_cap);
    }
    return p->text;
}

bool part_refuse(const reader *r, part *p, size_t offset, str hint, const char *fmt, ...)
{
    size_t line = 1 + scan_count(str_sub(r->file, 0, offset), '\n');
    va_list ap;
    va_start(ap, fmt);
    str why = str_vfmt(p->a, fmt, ap);
    va_end(ap);
    p->bad = true;
    p->e = ERR_IN(p->a);
    str at = str_fmt(p->a, "%s:%zu", r->name, line);
    return err_set(&p->e, ERR_INVALID, at, hint, "%s: %s", at.p, why.p);
}

uint32_t schema_add(schema *s, arena *a, str key)
{
    if (s->names.n == COLUMNS_MAX) return DICT_NONE;
    uint32_t i = dict_intern(&s->names, key);
    if (s->names.n > s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        bool *wanted = arena_new(a, bool, cap);
        column_type *types = arena_new(a, column_type, cap);
        if (s->cap) {
            memcpy(wanted, s->wanted, s->cap * sizeof *wanted);
            memcpy(types, s->types, s->cap * sizeof *types);
        }
        s->wanted = wanted;
        s->types = types;
        s->cap = cap;
    }
    return i;
}

/* ---- one part ---- */

static bool refuse_text(const reader *r, part *p, size_t bad)
{
    if (r->file.p[bad] == 0)
        return part_refuse(r, p, bad, S("save the file as UTF-8 text"),
                           "byte %zu is NUL, so this is no text file", bad + 1);
    return part_refuse(r, p, bad, S("save the file as UTF-8"), "broken UTF-8 at byte %zu", bad + 1);
}

/* No more rows than this stand in a part: a record has a line feed, and in CSV a separator
 * for each further column. */
static size_t rows_at_most(const reader *r, const part *p)
{
    str bytes = str_sub(r->file, p->from, p->end - p->from);
    size_t lines = scan_count(bytes, '\n') + 1, n = r->columns.names.n;
    return r->format == TABLE_CSV && lines > bytes.n / n + 1 ? bytes.n / n + 1 : lines;
}

static void prepare(const reader *r, part *p, arena *scratch)
{
    size_t rows = rows_at_most(r, p), n = r->columns.names.n;
    *p = (part){.from = p->from, .end = p->end, .a = scratch};
    p->columns = arena_new(scratch, part_column, n);
    p->found = dict_open(scratch);
    for (size_t i = 0; i < n; i++) {
        if (!r->columns.wanted[i]) continue;
        part_column *c = &p->columns[i];
        c->texts = dict_open(scratch);
        if (r->columns.types[i] == COLUMN_NUMBER)
            c->num = arena_new(scratch, double, rows);
        else
            c->code = arena_new(scratch, int32_t, rows);
    }
}

static bool read_part(const reader *r, part *p, arena *scratch)
{
    prepare(r, p, scratch);
    size_t bad = p->from + scan_bad_text(str_sub(r->file, p->from, p->end - p->from));
    if (bad < p->end) return refuse_text(r, p, bad);
    return r->format == TABLE_CSV ? csv_part(r, p) : jsonl_part(r, p);
}

/* ---- passes over the file ---- */

static bool in_list(const str *list, size_t n, str s)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], s)) return true;
    return false;
}

struct pass {
    reader *r;
    size_t from;
    bool hash; /* job 0 is the digest: the longest job, so it begins first */
};

static bool pass_job(void *ctx, size_t job, arena *scratch)
{
    struct pass *x = ctx;
    if (x->hash && job == 0) {
        x->r->sha256 = hash_bytes(x->r->file.p, x->r->file.n);
        return true;
    }
    return read_part(x->r, &x->r->parts[x->from + job - x->hash], scratch);
}

/* Takes over what parts from..end found out about the columns. Returns whether any was new. */
static bool learn(reader *r, arena *a, size_t from, size_t end)
{
    size_t known = r->columns.names.n;
    bool changed = false;
    for (size_t i = from; i < end; i++) {
        part *p = &r->parts[i];
        for (size_t k = 0; k < known; k++)
            if (p->columns[k].is_text && r->columns.types[k] == COLUMN_NUMBER) {
                r->columns.types[k] = COLUMN_CATEGORY;
                changed = true;
            }
        for (size_t k = 0; k < p->found.n; k++)
            schema_add(&r->columns, a, p->found.keys[k]);
    }
    return changed || r->columns.names.n != known;
}

/* Marks the columns to load and those that are categories by request. */
static void settle(reader *r)
{
    schema *s = &r->columns;
    for (size_t i = 0; i < s->names.n; i++) {
        s->wanted[i] = !r->o->only || in_list(r->o->only, r->o->n_only, s->names.keys[i]);
        if (in_list(r->o->categorical, r->o->n_categorical, s->names.keys[i]))
            s->types[i] = COLUMN_CATEGORY;
    }
}

static bool refused(const reader *r, size_t from, size_t end, err *e)
{
    for (size_t i = from; i < end; i++)
        if (r->parts[i].bad) {
            err_copy(e, &r->parts[i].e);
            return true;
        }
    return false;
}

/* A line may leave out all members, so the cells are capped by the bytes that ask for them. */
static bool check_sparse(const reader *r, err *e)
{
    size_t n = r->columns.names.n, max = 16 * r->file.n + SPARSE_FREE;
    if (!n || r->lines <= max / n) return true;
    return err_set(e, ERR_TOO_LARGE, str_of(r->name), S("give every line the same members"),
                   "%s: %zu columns on %zu lines of %zu bytes: almost all would be missing",
                   r->name, n, r->lines, r->file.n);
}

static void renew(arena **scratch, int threads)
{
    for (int i = 0; i < threads; i++) {
        arena_close(scratch[i]);
        scratch[i] = arena_open();
    }
}

/*
 * The first part shows what the columns look like, so that the pass over all of them mostly
 * holds. Each further pass adds members or turns numbers into text; the first pass over the
 * whole file finds all members, the second all text, so there are at most four.
 */
static bool read_parts(reader *r, arena *a, int threads, arena **scratch, err *e)
{
    bool hashed = r->o->no_digest;
    for (size_t from = 0, end = 1; from < r->n_parts; end = r->n_parts) {
        if (r->format == TABLE_JSONL && !check_sparse(r, e)) return false;
        struct pass x = {.r = r, .from = from, .hash = !hashed && end == r->n_parts};
        pool_run(threads, scratch, end - from + x.hash, pass_job, &x);
        if (refused(r, from, end, e)) return false;
        hashed |= x.hash;
        bool again = learn(r, a, from, end);
        settle(r);
        if (again) renew(scratch, threads);
        from = again ? 0 : end;
    }
    return true;
}

/* ---- joining the parts ---- */

struct join {
    const reader *r;
    const size_t *from; /* schema number of each column of the table */
    const size_t *row;  /* first row of each part */
    table *t;
};

static void join_numbers(const struct join *j, column *c, size_t k)
{
    for (size_t i = 0; i < j->r->n_parts; i++) {
        const part *p = &j->r->parts[i];
        double *to = c->num + j->row[i];
        if (p->rows) memcpy(to, p->columns[k].num, p->rows * sizeof *to);
        for (size_t r = 0; r < p->rows; r++)
            c->missing += isnan(to[r]) != 0;
    }
}

struct level {
    str text;
    uint32_t number; /* in order of first appearance */
};

static int by_text(const void *x, const void *y)
{
    const struct level *p = x, *q = y;
    return str_cmp(p->text, q->text);
}

void levels_sort(const dict *d, arena *scratch, column *c, int32_t *ret_rank)
{
    struct level *all = arena_new(scratch, struct level, d->n);
    for (uint32_t i = 0; i < d->n; i++)
        all[i] = (struct level){d->keys[i], i};
    if (d->n) qsort(all, d->n, sizeof *all, by_text);
    c->n_levels = d->n;
    c->levels = arena_new(scratch, str, d->n);
    for (size_t i = 0; i < d->n; i++) {
        c->levels[i] = all[i].text;
        ret_rank[all[i].number] = (int32_t)i;
    }
}

/* Numbers of a part's texts become numbers over all parts; -1 for texts that mean "missing". */
static int32_t *number_texts(const struct join *j, const dict *texts, dict *all, arena *scratch)
{
    int32_t *map = arena_new(scratch, int32_t, texts->n);
    for (size_t i = 0; i < texts->n; i++)
        map[i] = is_missing(j->r, texts->keys[i]) ? -1 : (int32_t)dict_intern(all, texts->keys[i]);
    return map;
}

static void join_codes(const struct join *j, column *c, size_t k, arena *scratch)
{
    dict all = dict_open(scratch);
    for (size_t i = 0; i < j->r->n_parts; i++) {
        const part *p = &j->r->parts[i];
        const part_column *pc = &p->columns[k];
        const int32_t *map = number_texts(j, &pc->texts, &all, scratch);
        int32_t *to = c->code + j->row[i];
        for (size_t r = 0; r < p->rows; r++)
            to[r] = pc->code[r] < 0 ? -1 : map[pc->code[r]];
    }
    int32_t *rank = arena_new(scratch, int32_t, all.n);
    levels_sort(&all, scratch, c, rank);
    for (size_t r = 0; r < j->t->rows; r++) {
        c->missing += c->code[r] < 0;
        if (c->code[r] >= 0) c->code[r] = rank[c->code[r]];
    }
}

static bool join_column(void *ctx, size_t job, arena *scratch)
{
    struct join *j = ctx;
    column *c = &j->t->columns[job];
    if (c->type == COLUMN_NUMBER)
        join_numbers(j, c, j->from[job]);
    else
        join_codes(j, c, j->from[job], scratch);
    return true;
}

/* The columns wanted, in the file's order, with room for their values. */
static size_t *new_columns(const reader *r, arena *a, table *t)
{
    const schema *s = &r->columns;
    size_t *from = arena_new(a, size_t, s->names.n);
    t->columns = arena_new(a, column, s->names.n);
    for (size_t i = 0; i < s->names.n; i++) {
        if (!s->wanted[i]) continue;
        column *c = &t->columns[t->n_columns];
        *c = (column){.name = s->names.keys[i], .type = s->types[i]};
        if (c->type == COLUMN_NUMBER)
            c->num = arena_new(a, double, t->rows);
        else
            c->code = arena_new(a, int32_t, t->rows);
        from[t->n_columns++] = i;
    }
    return from;
}

static void join(const reader *r, arena *a, int threads, arena **scratch, table *t)
{
    size_t *row = arena_new(a, size_t, r->n_parts);
    for (size_t i = 0; i < r->n_parts; i++) {
        row[i] = t->rows;
        t->rows += r->parts[i].rows;
    }
    struct join j = {.r = r, .row = row, .t = t};
    j.from = new_columns(r, a, t);
    pool_run(threads, scratch, t->n_columns, join_column, &j);
    for (size_t i = 0; i < t->n_columns; i++) {
        column *c = &t->columns[i];
        str *own = arena_new(a, str, c->n_levels);
        for (size_t k = 0; k < c->n_levels; k++)
            own[k] = str_dup(a, c->levels[k]);
        c->levels = c->type == COLUMN_CATEGORY ? own : NULL;
    }
}

/* ---- the whole ---- */

static bool check_names(const reader *r, const str *list, size_t n, err *e)
{
    for (size_t i = 0; i < n; i++)
        if (dict_find(&r->columns.names, list[i]) == DICT_NONE)
            return table_no_column(r->columns.names.keys, r->columns.names.n, list[i],
                                   str_of(r->name), e);
    return true;
}

const str *table_missing(const table_options *o, size_t *ret_n)
{
    static const str usual[] = {
        {"",     0},
        {"NA",   2},
        {"NaN",  3},
        {"nan",  3},
        {"null", 4},
        {"?",    1}
    };
    *ret_n = o->missing ? o->n_missing : COUNT(usual);
    return o->missing ? o->missing : usual;
}

static str skip_blanks(str s)
{
    while (s.n && s.p[0] && strchr(" \t\r\n", s.p[0]))
        s = str_sub(s, 1, s.n);
    return s;
}

static table_format sniff(str bytes)
{
    str s = str_starts(bytes, S("\xef\xbb\xbf")) ? str_sub(bytes, 3, bytes.n) : bytes;
    return str_starts(skip_blanks(s), S("{")) ? TABLE_JSONL : TABLE_CSV;
}

static bool open_reader(reader *r, err *e)
{
    const table_options *o = r->o;
    uint64_t max = o->max_bytes ? o->max_bytes : bytes_max_default;
    if (r->file.n > max)
        return err_set(e, ERR_TOO_LARGE, str_of(r->name), S("split the file or raise the limit"),
                       "%s has %zu bytes, over the limit of %llu", r->name, r->file.n,
                       (unsigned long long)max);
    r->format = o->format == TABLE_AUTO ? sniff(r->file) : o->format;
    r->separator = o->separator ? o->separator : ',';
    if (strchr("\"\r\n", r->separator) || (r->separator & 0x80))
        return err_set(e, ERR_INVALID, S("separator"), S("use , ; | or a tab"),
                       "this byte cannot separate cells");
    r->missing = table_missing(o, &r->n_missing);
    double v;
    for (size_t i = 0; i < r->n_missing; i++)
        r->missing_first |= number_parse(r->missing[i], &v);
    return true;
}

static bool read_all(reader *r, arena *a, int threads, arena **scratch, table *t, err *e)
{
    r->columns.names = dict_open(a);
    if (r->format == TABLE_CSV) {
        if (!csv_header(r, a, e)) return false;
        settle(r);
        csv_cut(r, a, threads, scratch);
    } else {
        jsonl_cut(r, a);
    }
    if (r->format == TABLE_CSV && !check_names(r, r->o->only, r->o->n_only, e)) return false;
    if (!read_parts(r, a, threads, scratch, e)) return false;
    if (!check_names(r, r->o->only, r->o->n_only, e)) return false;
    if (!check_names(r, r->o->categorical, r->o->n_categorical, e)) return false;
    join(r, a, threads, scratch, t);
    t->sha256 = r->sha256;
    t->bytes = r->file.n;
    return true;
}

/* Formats that are no text, by their first bytes. */
typedef bool bytes_fn(arena *a, str bytes, const char *name, const table_options *o, table *ret,
                      err *e);
static const struct {
    str start;
    bytes_fn *read;
} binaries[] = {
    {{"\x93NUMPY", 6},  npy_read},
    {{"PK\003\004", 4}, npz_read},
    {{"PK\005\006", 4}, npz_read},
};

static bytes_fn *binary_format(str bytes, const table_options *o)
{
    for (size_t i = 0; i < COUNT(binaries) && o->format == TABLE_AUTO; i++)
        if (str_starts(bytes, binaries[i].start)) return binaries[i].read;
    return NULL;
}

/* What people have, and a CSV reader would complain of in words that help nobody. */
static const struct {
    str start;
    const char *what, *hint;
} strangers[] = {
    {{"PAR1", 4},
     "a Parquet file",                              "write it as CSV: duckdb -c \"copy 'x.parquet' to 'x.csv'\", or pandas: "
     "read_parquet('x.parquet').to_csv('x.csv', index=False)"                },
    {{"\x1f\x8b", 2},         "compressed (gzip)",  "unpack it: gunzip"                            },
    {{"BZh", 3},              "compressed (bzip2)", "unpack it: bunzip2"                           },
    {{"\xfd\x37zXZ", 5},      "compressed (xz)",    "unpack it: unxz"                              },
    {{"\x28\xb5\x2f\xfd", 4}, "compressed (zstd)",  "unpack it: unzstd"                            },
    {{"\xd0\xcf\x11\xe0", 4}, "an Excel workbook",  "save it as CSV (UTF-8)"                       },
    {{"SQLite format 3", 15}, "an SQLite database", "write it as CSV: sqlite3 -header -csv"        },
    {{"\x80", 1},
     "a Python pickle, which could run any code",   "write it as CSV: to_csv('x.csv', index=False)"},
    {{"\xff\xfe", 2},         "UTF-16 text",        "save it as UTF-8: iconv -f UTF-16"            },
    {{"\xfe\xff", 2},         "UTF-16 text",        "save it as UTF-8: iconv -f UTF-16"            },
};

static bool refuse_stranger(const reader *r, const char *what, const char *hint, err *e)
{
    return err_set(e, ERR_INVALID, str_of(r->name), str_of(hint), "%s is %s, which is not read",
                   r->name, what);
}

static bool known(const reader *r, err *e)
{
    for (size_t i = 0; i < COUNT(strangers); i++)
        if (str_starts(r->file, strangers[i].start))
            return refuse_stranger(r, strangers[i].what, strangers[i].hint, e);
    str s = skip_blanks(r->file);
    bool array = str_starts(s, S("[")) && str_starts(skip_blanks(str_sub(s, 1, s.n)), S("{"));
    return !array || refuse_stranger(r, "one JSON array",
                                     "write one object per line: jq -c '.[]', or pandas: "
                                     "to_json('x.jsonl', orient='records', lines=True)",
                                     e);
}

static bool read_binary(bytes_fn *read, arena *a, const reader *r, table *ret, err *e)
{
    if (!read(a, r->file, r->name, r->o, ret, e)) return false;
    if (!r->o->no_digest) ret->sha256 = hash_bytes(r->file.p, r->file.n);
    ret->bytes = r->file.n;
    return true;
}

bool reader_run(arena *a, str bytes, const char *name, const table_options *o, size_t slice,
                table *ret, err *e)
{
    static const table_options none;
    reader r = {.file = bytes.p ? bytes : S(""), .name = name, .o = o ? o : &none, .slice = slice};
    if (!open_reader(&r, e)) return false;
    bytes_fn *binary = binary_format(r.file, r.o);
    if (binary) return read_binary(binary, a, &r, ret, e);
    if (r.o->format == TABLE_AUTO && !known(&r, e)) return false;
    int threads = pool_threads(r.o->threads);
    arena **scratch = arena_new(a, arena *, threads);
    renew(scratch, threads);
    *ret = (table){0};
    bool ok = read_all(&r, a, threads, scratch, ret, e);
    for (int i = 0; i < threads; i++)
        arena_close(scratch[i]);
    return ok;
}

bool table_read_bytes(arena *a, str bytes, const char *name, const table_options *o, table *ret,
                      err *e)
{
    return reader_run(a, bytes, name, o, SLICE, ret, e);
}

bool table_read(arena *a, const char *path, const table_options *o, table *ret, err *e)
{
    str bytes;
    uint64_t max = o && o->max_bytes ? o->max_bytes : bytes_max_default;
    bool ok =
        strcmp(path, "-") == 0 ? file_read(a, path, max, &bytes, e) : file_map(a, path, &bytes, e);
    return ok && table_read_bytes(a, bytes, path, o, ret, e);
}
