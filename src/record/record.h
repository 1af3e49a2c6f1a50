/* record.h - one table describes a record type: C member, SQL column, JSON member, rule, help. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_RECORD_RECORD_H
#define AIMS_RECORD_RECORD_H
#include "record/value.h"

/*
 * A record type is a plain C struct whose first member is `row_head head`, plus a table of
 * rows made with the F_ macros. Struct member, SQL column and JSON member share one name.
 * A member whose C type does not fit its row is a compile error.
 *
 * Presence: absent is not zero. An absent str has p == NULL, an absent reference is 0 (ids
 * start at 1), an absent enum is 0 (enumerators start at 1), an empty list is an absent list;
 * numbers, truth values, times and dates that may be absent use the opt_ types, and the
 * F_ macros refuse a plain int64_t/double/bool that is neither REQ nor READONLY.
 */
typedef struct opt_int {
    int64_t v;
    bool has;
} opt_int;
typedef struct opt_real {
    double v;
    bool has;
} opt_real;
typedef struct opt_bool {
    bool v, has;
} opt_bool;
typedef struct str_list {
    str *at;
    size_t n;
} str_list;
typedef struct id_list {
    int64_t *at;
    size_t n;
} id_list;

/* What every record carries; the engine serves these five as id, version, created_at,
 * updated_at, retired_at. version starts at 1 and grows by 1 with each change. */
typedef struct row_head {
    int64_t id, version, created_at, updated_at;
    opt_int retired_at;
} row_head;

typedef enum field_type {
    FT_TEXT,  /* str: one line, no control characters */
    FT_LONG,  /* str: Markdown, many lines */
    FT_INT,   /* int64_t or opt_int */
    FT_REAL,  /* double or opt_real, finite */
    FT_BOOL,  /* bool or opt_bool */
    FT_ENUM,  /* int: index into names, 0 = absent */
    FT_TIME,  /* int64_t or opt_int: ms since 1970; JSON: RFC 3339 */
    FT_DATE,  /* int64_t or opt_int: midnight UTC in ms; JSON: YYYY-MM-DD */
    FT_MONEY, /* int64_t or opt_int: minor units of the organisation's currency */
    FT_REF,   /* int64_t: id of a record of type `target`; JSON: id, or its label as a string */
    FT_LIST,  /* str_list: short texts, or listed names when `names` is set */
    FT_LINKS, /* id_list: many-to-many to `target`, kept in the table "link" */
    FT_JSON   /* str: a JSON object or array, stored canonically */
} field_type;
enum {
    FIELD_TYPES = FT_JSON + 1,
    RECORD_ENTRY_MAX = 200 /* characters of one FT_LIST entry; each has at least one */
};

enum {
    REQ = 1 << 0,      /* must be present */
    UNIQ = 1 << 1,     /* no two records, retired ones included, share it */
    READONLY = 1 << 2, /* set by verbs only; refused in input */
    INDEX = 1 << 3,    /* gets an SQL index; every REF, ENUM and UNIQ field is filterable anyway */
    PERSONAL = 1 << 4, /* personal data: enters the ledger only as a salted digest, erasable */
    SECRET = 1 << 5    /* never leaves the program */
};

typedef struct record record;

typedef struct field {
    const char *name;
    field_type type;
    unsigned flags;
    size_t off;
    bool opt; /* the member is an opt_ type */
    /* TEXT, LONG: characters; INT, REAL, MONEY: value; LIST: entries; JSON: bytes of canonical
     * text. A text that is present has at least one character, whatever min says. */
    double min, max;
    const char *const *names; /* ENUM, LIST: [0] is "", then wire names, NULL-ended */
    const record *target;     /* REF, LINKS */
    const char *done;         /* DATE by which something must have happened: states of the record in
                               * which it no longer must, "closed withdrawn"; else NULL */
    const char *doc;          /* --help, form and API document: one sentence without full stop */
} field;

struct record {
    const char *name;          /* "ai_system": SQL table, ledger type */
    const char *noun;          /* "system": CLI word */
    const char *plural;        /* "systems": path under /api/v1/ */
    const char *title;         /* "AI system" */
    const char *tags;          /* clauses and controls that the record serves: "4.3 A.4.2" */
    const char *evidence_kind; /* catalog id of what a live record is evidence of; NULL: none */
    const char *doc;
    size_t size;
    const field *fields;
    size_t n_fields;
    const char *label; /* the UNIQ text field people name it by; NULL: its id */
    const char
        *newest; /* columns of one more index, "plan, kind": what newest_by is asked; or NULL */
    /* Rules that span fields; called after the fields are valid. NULL: none. */
    bool (*check)(const void *row, err *e);
    /* Computes READONLY members from the others, before `check` and every write. NULL: none. */
    void (*derive)(void *row);
    unsigned flags;
};

enum {
    RECORD_SYSTEM = 1 << 0 /* written by verbs of the program only; served read-only */
};

/* clang-format off */
#define CHECKED(T, m, test)                                                                    \
    (offsetof(T, m) + 0 * sizeof(struct { _Static_assert(test, #T "." #m ": wrong C type");    \
                                          int dummy; }))
#define IS(T, m, want)        _Generic(((T *)0)->m, want: 1, default: 0)
#define FIXED(fl)             (((fl) & (REQ | READONLY)) != 0)
#define ROW(T, m, t, ok, fl, lo, hi, nm, tg, o, d)                                             \
    { .name = #m, .type = t, .flags = (fl), .off = CHECKED(T, m, ok), .opt = (o), .min = (lo), \
      .max = (hi), .names = (nm), .target = (tg), .doc = (d) }
#define ROW_NUM(T, m, t, plain, optional, fl, lo, hi, d)                                       \
    ROW(T, m, t, IS(T, m, optional) || (IS(T, m, plain) && FIXED(fl)), fl, lo, hi, NULL, NULL, \
        IS(T, m, optional), d)
#define F_TEXT(T, m, fl, lo, hi, d)  ROW(T, m, FT_TEXT, IS(T, m, str), fl, lo, hi, NULL, NULL, false, d)
#define F_LONG(T, m, fl, hi, d)      ROW(T, m, FT_LONG, IS(T, m, str), fl, 0, hi, NULL, NULL, false, d)
#define F_INT(T, m, fl, lo, hi, d)   ROW_NUM(T, m, FT_INT, int64_t, opt_int, fl, lo, hi, d)
#define F_REAL(T, m, fl, lo, hi, d)  ROW_NUM(T, m, FT_REAL, double, opt_real, fl, lo, hi, d)
#define F_BOOL(T, m, fl, d)          ROW_NUM(T, m, FT_BOOL, bool, opt_bool, fl, 0, 1, d)
#define F_TIME(T, m, fl, d)          ROW_NUM(T, m, FT_TIME, int64_t, opt_int, fl, 0, 0, d)
#define F_DATE(T, m, fl, d)          ROW_NUM(T, m, FT_DATE, int64_t, opt_int, fl, 0, 0, d)
#define F_DUE(T, m, dn, d)                                                                     \
    { .name = #m, .type = FT_DATE, .flags = INDEX, .off = CHECKED(T, m, IS(T, m, opt_int)),    \
      .opt = true, .done = (dn), .doc = (d) }
#define F_MONEY(T, m, fl, d)         ROW_NUM(T, m, FT_MONEY, int64_t, opt_int, fl, -9e15, 9e15, d)
#define F_ENUM(T, m, fl, nm, d)      ROW(T, m, FT_ENUM, IS(T, m, int), fl, 0, 0, nm, NULL, false, d)
#define F_REF(T, m, fl, to, d)       ROW(T, m, FT_REF, IS(T, m, int64_t), fl, 0, 0, NULL, &to##_record, false, d)
#define F_LIST(T, m, fl, nm, hi, d)  ROW(T, m, FT_LIST, IS(T, m, str_list), fl, 0, hi, nm, NULL, false, d)
#define F_LINKS(T, m, fl, to, d)     ROW(T, m, FT_LINKS, IS(T, m, id_list), fl, 0, 1000, NULL, &to##_record, false, d)
#define F_JSON(T, m, fl, hi, d)      ROW(T, m, FT_JSON, IS(T, m, str), fl, 0, hi, NULL, NULL, false, d)
/* clang-format on */

/* The five members of row_head as fields, in the order in which they are served. */
enum { RECORD_HEAD = 5 };
extern const field record_head[RECORD_HEAD];

/* Field by member name, or NULL; head members are not among them. */
const field *record_field(const record *r, str name);
/* Member i of a record: the head first, then the table; NULL after the last. */
const field *record_member(const record *r, size_t i);
/* True when the row holds a value for the member. */
bool record_has(const field *f, const void *row);
/* Aborts with a message naming type and field when a table breaks a rule of this page (first
 * member, duplicate or reserved names, ranges, tags, more than 64 fields): called once for every
 * type at start and by a test. Names must not be reserved words of SQL, so that no statement
 * needs quoting. */
void record_validate(const record *r);

/* ---- JSON ---------------------------------------------------------------------------- */

/* New row from an object: unknown, read-only, missing, wrongly typed and out-of-range members
 * are refused with path and hint (the first one in the order of the document). FT_REF/FT_LINKS
 * given as a label string are left 0 and listed in *ret_labels for the caller to resolve; broken
 * rules of `check` are the caller's to ask, and so is `derive`. null means absent. Texts of the
 * row are borrowed from `d` or live in `a`. */
typedef struct label_ref {
    const field *f;
    str label;
    size_t at; /* position within FT_LINKS */
} label_ref;
typedef struct label_refs {
    label_ref *at;
    size_t n;
} label_refs;
bool record_parse(const record *r, const doc *d, void *row, label_refs *ret_labels, arena *a,
                  err *e) NODISCARD;
/* Merge patch (RFC 7396 on the top level): named members change, null clears an optional one.
 * When it fails the row is half changed: throw it away. */
bool record_patch(const record *r, const doc *d, void *row, label_refs *ret_labels, arena *a,
                  err *e) NODISCARD;
/* Sets one resolved label. */
void record_set_ref(const label_ref *l, void *row, int64_t id);
void record_json(const record *r, const void *row, jw *w); /* all present members, no SECRET */
void record_json_brief(const record *r, const void *row, jw *w); /* the same without FT_JSON */
/* What the ledger hashes: members sorted by name; PERSONAL members become
 * {"hmac_sha256": hex} = HMAC-SHA256(salt, name "\0" canonical JSON of the value). SECRET members
 * are left out. Aborts when a PERSONAL member is present and the salt is absent: such bytes could
 * be guessed. */
str record_canonical(const record *r, const void *row, str salt, arena *a);
/* Full row back from record_json's text (history): unknown members are ignored, rules that may
 * have changed since (ranges, required) are not asked; a value of a wrong type is DAMAGED. */
bool record_restore(const record *r, const doc *d, void *row, arena *a, err *e) NODISCARD;
/* Field-by-field difference of two JSON documents of the type, oldest first:
 * [{"field","from","to"}...], null where absent; head members other than retired_at are left
 * out. `from` may be NULL: the first version. */
void record_diff(const record *r, const doc *from, const doc *to, jw *w);
/* JSON Schema 2020-12 of the three shapes. */
typedef enum schema_shape { SCHEMA_OUT, SCHEMA_NEW, SCHEMA_PATCH } schema_shape;
void record_schema(const record *r, schema_shape s, jw *w);
/* The type as forms, lists and filter bars are made of it: {"name","noun","plural","title","doc",
 * "tags","label","read_only","fields":[{"name","type","doc","required","unique","read_only",
 * "personal","filter","min","max","names","ref"}]}, SECRET members left out. */
void record_describe(const record *r, jw *w);
/* Text from a command line or a CSV cell into a JSON document value by the field's type; "" gives
 * null. Lists and links are comma-separated, or a JSON list when an entry holds a comma; truth
 * values are true, false, yes, no; a reference of digits only is an id, anything else a label. */
bool record_text_value(const field *f, str text, jw *w, err *e) NODISCARD;
/* The value of one field as text for tables and CSV ("" when absent or SECRET). */
str record_value_text(const record *r, const field *f, const void *row, arena *a);

/* ---- CSV (RFC 4180) ------------------------------------------------------------------- */

/* Columns: the head, then every field but SECRET ones. Lines end with CR LF. A text that a
 * spreadsheet would take for a formula (first character = + - @ TAB CR, after any number of ')
 * gets one more ' in front: the cell stays text and record_csv_doc takes that one off again. */
void record_csv_header(const record *r, buf *b);
void record_csv_row(const record *r, const void *row, buf *b);
/* Cuts the next line off *text; false with ERR_OK at the end. Lines end with LF or CR LF; at most
 * 256 cells. A byte order mark is the caller's to skip. */
bool record_csv_next(str *text, str_list *ret_cells, arena *a, err *e) NODISCARD;
/* One line as the JSON object that record_parse takes; head and READONLY columns are skipped,
 * so that an export can be imported again; unknown or double columns are refused. */
bool record_csv_doc(const record *r, const str_list *header, const str_list *cells, jw *w,
                    err *e) NODISCARD;

/* ---- SQL ----------------------------------------------------------------------------- */

/* Columns: id, version, created_at, updated_at, retired_at, then every field but FT_LINKS.
 * One DDL text serves both stores (types BIGINT, DOUBLE PRECISION, TEXT): CREATE TABLE, then
 * CREATE INDEX for INDEX, REF and ENUM fields. Tables that a REF names must exist before. */
str record_ddl(const record *r, arena *a);
size_t record_n_columns(const record *r);
str record_sql_insert(const record *r, arena *a); /* $1.. = all columns */
str record_sql_update(const record *r, arena *a); /* all columns, then $n+1 = expected version */
str record_sql_get(const record *r, arena *a);    /* $1 = id */
str record_sql_some(const record *r, size_t n, arena *a);     /* $1 to $n = ids, newest first */
str record_sql_by(const record *r, const field *f, arena *a); /* $1 = value of a UNIQ field */
/* Fills record_n_columns values; lists become JSON text in `a`, other texts are borrowed. */
void record_bind(const record *r, const void *row, value *ret_values, arena *a);
/* The row of one result line; texts are copied into `a`. Columns of a wrong kind are DAMAGED. */
bool record_read(const record *r, const value *columns, void *row, arena *a, err *e) NODISCARD;

/*
 * Filters of a list: ?status=open&updated_at_ge=2026-01-01T00:00:00Z&name_like=loan&q=...
 * Filterable: head members; INDEX, UNIQ, REF, ENUM and LIST fields; never SECRET ones.
 * _like: a part of the text, ignoring the case of A-Z; % and _ mean themselves. LIST: = asks for
 * one entry. q: a part of any text field. An empty text asks for absence; _ne includes absent
 * ones. A REF given as a label gives VALUE_TEXT: the caller puts the id in its place.
 * newest_by=system,plan: of the live records that agree in these members only the newest; of
 * those the other filters choose.
 */
typedef enum filter_op {
    FILTER_EQ,
    FILTER_NE,
    FILTER_LT,
    FILTER_LE,
    FILTER_GT,
    FILTER_GE,
    FILTER_LIKE,
    FILTER_NEWEST
} filter_op;
typedef struct filter {
    const field *f; /* NULL: the head member named by `head`, or "q" or "newest_by" */
    const char *head;
    const char *by; /* of FILTER_NEWEST: its members, separated by ", " */
    filter_op op;
    value v;
} filter;
/* Whether lists can be filtered by it; those of the head always can. */
bool field_is_filterable(const field *f);
/* Key is a member name with an optional suffix _ne, _lt, _le, _gt, _ge or _like. */
bool record_filter(const record *r, str key, str text, filter *ret, arena *a, err *e) NODISCARD;
/* Where a record stands: its ENUM named status or stage; NULL: it has none. */
const field *record_state(const record *r);
/* Live records whose date `f` (with `done`) has come: id, name (or null), date; $1 = until, $2 =
 * limit; the oldest first. */
str record_sql_due(const record *r, const field *f, arena *a);
/* Keyset page: newest id first; $1.. = filter values, then the id to start below (INT64_MAX: from
 * the newest), then the limit. */
str record_sql_list(const record *r, const filter *fs, size_t n, bool with_retired, arena *a);
str record_sql_count(const record *r, const filter *fs, size_t n, bool with_retired, arena *a);

#endif
