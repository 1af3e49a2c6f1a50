/* read.h - what the scanners of both formats share: the schema, a part of the file, its cells. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_READ_H
#define AIMS_TABLE_READ_H
#include "table/dict.h"
#include "table/table.h"

enum { COLUMNS_MAX = 16384, NAME_MAX_BYTES = 1024 };

/* What is known of the columns while the file is read. Types begin as numbers; a pass over the
 * file may prove some to be text and find new members, then the file is read again. */
typedef struct schema {
    dict names;
    bool *wanted;
    column_type *types;
    size_t cap; /* of the two arrays */
} schema;

/* The values of one wanted column in one part of the file. */
typedef struct part_column {
    double *num;
    int32_t *code; /* numbers of `texts`, -1 = null or absent */
    dict texts;
    bool is_text; /* taken for numbers, but holds a value that is none */
    size_t set;   /* JSON lines: rows + 1 when the current row has a value */
} part_column;

/* A run of whole records. Lives in the scratch arena of the thread that reads it. */
typedef struct part {
    size_t from, end; /* offsets in the file */
    arena *a;
    size_t rows;
    part_column *columns;
    dict found; /* JSON lines: members the schema did not know */
    char *text; /* unescaped cell */
    size_t text_cap;
    bool bad;
    err e;
} part;

typedef struct reader {
    str file;
    const char *name;
    const table_options *o;
    table_format format;
    char separator;
    const str *missing;
    size_t n_missing;
    bool missing_first; /* some text for "missing" reads as a number */
    schema columns;
    size_t head;  /* offset of the first record after the header */
    size_t slice; /* parts begin near multiples of it */
    part *parts;
    size_t n_parts;
    size_t lines; /* JSON lines: no more records than this */
    digest sha256;
} reader;

/* Stores `text` as the value of column `k` in the current row. */
void part_put(const reader *r, part *p, size_t k, str text);
/* Room for the unescaped text of one cell. */
char *part_text(part *p, size_t n);
/* Refuses the file at an offset: "name:line: ..." with path "name:line". Returns false. */
bool part_refuse(const reader *r, part *p, size_t offset, str hint, const char *fmt, ...)
    PRINTF(5, 6);
/* Fails with NOT_FOUND; the hint lists the names there are. */
bool table_no_column(const str *names, size_t n, str name, str path, err *e);
/* Puts the texts of a dict into bytewise order as the levels of a column; ret_rank tells where each
 * went. */
void levels_sort(const dict *d, arena *scratch, column *c, int32_t *ret_rank);
/* The texts that mean "missing". */
const str *table_missing(const table_options *o, size_t *ret_n);
/* Number of `key` in the schema, new or old. Over COLUMNS_MAX: DICT_NONE. */
uint32_t schema_add(schema *s, arena *a, str key);

/* The header record of a CSV file: fills the schema and r->head. */
bool csv_header(reader *r, arena *a, err *e) NODISCARD;
/* Cuts the file into parts at record boundaries. */
void csv_cut(reader *r, arena *a, int threads, arena **scratch);
void jsonl_cut(reader *r, arena *a);
/* Reads one part; false: p->e is set. */
bool csv_part(const reader *r, part *p) NODISCARD;
bool jsonl_part(const reader *r, part *p) NODISCARD;
/* table_read_bytes with a chosen slice, so that tests can cut small files. */
bool reader_run(arena *a, str bytes, const char *name, const table_options *o, size_t slice,
                table *ret, err *e) NODISCARD;

#endif
