/* record.c - looking members up, and the check that a table keeps the rules. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"
#include <math.h>

/* clang-format off */
const field record_head[RECORD_HEAD] = {
    F_INT (row_head, id,         READONLY, 1, 9e15, "Number of the record within its type"),
    F_INT (row_head, version,    READONLY, 1, 9e15, "Grows by one with each change, sent as If-Match"),
    F_TIME(row_head, created_at, READONLY, "When it was added"),
    F_TIME(row_head, updated_at, READONLY, "When it was last changed"),
    F_TIME(row_head, retired_at, READONLY, "When it was retired, if it was"),
};
/* clang-format on */

const field *record_field(const record *r, str name)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (str_eqz(name, r->fields[i].name)) return &r->fields[i];
    return NULL;
}

const field *record_member(const record *r, size_t i)
{
    if (i < RECORD_HEAD) return &record_head[i];
    i -= RECORD_HEAD;
    return i < r->n_fields ? &r->fields[i] : NULL;
}

str record_one(const record *r, arena *a)
{
    return str_fmt(a, "%s %s", strchr("aeiou", r->noun[0]) ? "an" : "a", r->noun);
}

static void require(bool ok, const record *r, const field *f, const char *rule)
{
    if (ok) return;
    fprintf(stderr, "aims: record type '%s'%s%s%s: %s\n", r->name ? r->name : "(no name)",
            f ? ", field '" : "", f ? (f->name ? f->name : "(no name)") : "", f ? "'" : "", rule);
    abort();
}

/* Words that PostgreSQL 15 (appendix C, "reserved") or SQLite (lang_keywords, those without a
 * fallback to identifier) refuse as a bare column or table name. */
static const char *const sql_words[] = {
    "add",
    "all",
    "alter",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "autoincrement",
    "between",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "commit",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "if",
    "ilike",
    "in",
    "index",
    "initially",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "nothing",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "set",
    "similar",
    "some",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "transaction",
    "true",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
};

static bool is_name(const char *z, size_t max)
{
    size_t n = z ? strlen(z) : 0;
    if (!n || n > max || z[0] < 'a' || z[0] > 'z') return false;
    for (size_t i = 0; i < n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", z[i])) return false;
    for (size_t i = 0; i < COUNT(sql_words); i++)
        if (strcmp(z, sql_words[i]) == 0) return false;
    return true;
}

/* One line without a full stop; also safe inside an SQL comment. */
static bool is_doc(const char *z)
{
    size_t n = z ? strlen(z) : 0;
    if (!n || z[n - 1] == '.') return false;
    return str_utf8(str_of(z)) && !str_has_control(str_of(z)) && !strchr(z, '\n');
}

/* "4.3 A.4.2": words of letters, digits, dots and dashes with one space between. */
static bool is_tags(const char *z)
{
    bool word = false;
    for (; z && *z; z++) {
        bool in = (*z >= '0' && *z <= '9') || (*z >= 'A' && *z <= 'Z') ||
                  (*z >= 'a' && *z <= 'z') || *z == '.' || *z == '-';
        if (!in && (*z != ' ' || !word)) return false;
        word = in;
    }
    return z && word;
}

/* A wire name needs no escaping in SQL, JSON or a comma-separated list. */
static bool is_names(const char *const *names)
{
    if (!names || !names[0] || *names[0] || !names[1]) return false;
    for (size_t k = 1; names[k]; k++) {
        if (!*names[k]) return false;
        for (const char *z = names[k]; *z; z++)
            if (*z < '!' || *z > '~' || strchr("\"'\\,%", *z)) return false;
        for (size_t j = 1; j < k; j++)
            if (strcmp(names[j], names[k]) == 0) return false;
    }
    return true;
}

static bool is_range(const field *f)
{
    if (isnan(f->min) || isnan(f->max) || f->min > f->max) return false;
    if (f->type == FT_INT) return f->min >= -9.2e18 && f->max <= 9.2e18;
    bool counted =
        f->type == FT_TEXT || f->type == FT_LONG || f->type == FT_LIST || f->type == FT_JSON;
    return !counted || (f->min >= 0 && f->max >= 1 && f->max <= 1e8);
}

/* Types whose columns may be compared as a whole. */
static bool may_be_unique(const field *f)
{
    return f->type != FT_LONG && f->type != FT_LIST && f->type != FT_LINKS && f->type != FT_JSON;
}

static bool overlaps(const field *f, const field *g)
{
    return f->off < g->off + field_size(g) && g->off < f->off + field_size(f);
}

static void validate_against(const record *r, const field *f, const field *g)
{
    require(strcmp(f->name, g->name) != 0, r, f, "two fields have this name");
    require(!overlaps(f, g), r, f, "shares its member with another field");
}

static bool names_states(const record *r, str done)
{
    const field *state = record_state(r);
    while (done.n)
        if (!state || !field_name_at(state, str_cut(done, ' ', &done))) return false;
    return true;
}

static void validate_field(const record *r, size_t at)
{
    const field *f = &r->fields[at];
    require(is_name(f->name, 30), r, f, "the name must be [a-z][a-z0-9_]*, at most 30, not SQL");
    require((unsigned)f->type < FIELD_TYPES, r, f, "no such field type");
    require(!(f->flags & ~(unsigned)(REQ | UNIQ | READONLY | INDEX | PERSONAL | SECRET)), r, f,
            "unknown flag");
    require(field_size(f) > 0, r, f, "this type has no opt_ form");
    require(f->off >= sizeof(row_head), r, f, "`row_head head` must be the first member");
    require(f->off + field_size(f) <= r->size, r, f, "lies outside the struct: wrong type in F_");
    require(is_doc(f->doc), r, f, "doc must be one line without a full stop");
    require(is_range(f), r, f, "min and max make no range");
    bool named = f->type == FT_ENUM || (f->type == FT_LIST && f->names);
    require(!named || is_names(f->names), r, f,
            "names must be \"\", then distinct wire names, then NULL");
    bool points = f->type == FT_REF || f->type == FT_LINKS;
    require(points == (f->target != NULL), r, f, "REF and LINKS, and only they, have a target");
    require(!(f->flags & UNIQ) || may_be_unique(f), r, f, "this type cannot be UNIQ");
    require(!(f->flags & INDEX) || may_be_unique(f), r, f, "this type cannot have an INDEX");
    require(!f->done || f->type == FT_DATE, r, f, "only a DATE is due");
    require(!f->done || names_states(r, str_of(f->done)), r, f, "`done` must name states");
    require(strcmp(f->name, "q") != 0, r, f, "'q' is the search of a list");
    require(strcmp(f->name, "newest_by") != 0, r, f, "'newest_by' is a filter of every list");
    for (size_t i = 0; i < RECORD_HEAD; i++)
        require(strcmp(f->name, record_head[i].name) != 0, r, f, "is a member of row_head");
    for (size_t i = 0; i < at; i++)
        validate_against(r, f, &r->fields[i]);
}

static void validate_label(const record *r)
{
    if (!r->label) return;
    const field *f = record_field(r, str_of(r->label));
    require(f && f->type == FT_TEXT, r, f, "the label must be a TEXT field of the record");
    require((f->flags & UNIQ) && (f->flags & (REQ | READONLY)), r, f,
            "the label must be UNIQ and REQ");
    require(!(f->flags & SECRET), r, f, "the label must not be SECRET");
}

void record_validate(const record *r)
{
    require(is_name(r->name, 29), r, NULL, "the name must be [a-z][a-z0-9_]*, at most 29, not SQL");
    require(r->noun && *r->noun && r->plural && *r->plural, r, NULL, "noun and plural are needed");
    require(is_doc(r->title) && is_doc(r->doc), r, NULL, "title and doc must be one line each");
    require(is_tags(r->tags), r, NULL, "tags must name clauses or controls: \"4.3 A.4.2\"");
    require(r->size > sizeof(row_head), r, NULL, "`row_head head` must be the first member");
    require(r->fields && r->n_fields >= 1 && r->n_fields <= 64, r, NULL, "needs 1 to 64 fields");
    for (size_t i = 0; i < r->n_fields; i++)
        validate_field(r, i);
    validate_label(r);
}
