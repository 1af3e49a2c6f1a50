/* json.h - JSON both ways: a writer that refuses imbalance, and a reader into an arena tree. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_JSON_H
#define AIMS_BASE_JSON_H
#include "base/err.h"

/*
 * Writer. Members keep the order of the calls, no white space: the same calls give the same
 * bytes, so written JSON may be hashed. Misuse (a value without a key inside an object, an
 * unbalanced end) is a programming error and aborts. Reals are the shortest decimal that
 * reads back to the same double; NaN and infinities are written as null.
 */
#define JW_DEPTH 80 /* over the reader's 64, so that whatever was read can be written */
typedef struct jw {
    buf *b;
    uint8_t scope[JW_DEPTH]; /* '{' or '[' */
    bool comma[JW_DEPTH];
    size_t depth;
    bool keyed, done;
} jw;

jw jw_open(buf *b);
void jw_obj(jw *w);
void jw_obj_end(jw *w);
void jw_arr(jw *w);
void jw_arr_end(jw *w);
void jw_key(jw *w, const char *key);
void jw_key_str(jw *w, str key);
void jw_str(jw *w, str s); /* absent str writes null; broken UTF-8 is written as U+FFFD */
void jw_strz(jw *w, const char *z);
void jw_int(jw *w, int64_t v);
void jw_real(jw *w, double v);
void jw_bool(jw *w, bool v);
void jw_null(jw *w);
void jw_raw(jw *w, str json); /* already valid JSON, written as it is */
/* key + value in one call */
void jw_m_str(jw *w, const char *key, str s);
void jw_m_strz(jw *w, const char *key, const char *z);
void jw_m_int(jw *w, const char *key, int64_t v);
void jw_m_real(jw *w, const char *key, double v);
void jw_m_bool(jw *w, const char *key, bool v);
void jw_m_time(jw *w, const char *key, int64_t ms); /* RFC 3339 */

/*
 * Reader. One document becomes an immutable tree in the arena. Refused: anything after the
 * document, duplicate members, broken UTF-8, NUL in strings, depth over 64, integers outside
 * int64, input over `max` bytes. Reals keep their double value.
 */
typedef enum doc_kind { DOC_NULL, DOC_BOOL, DOC_INT, DOC_REAL, DOC_STR, DOC_ARR, DOC_OBJ } doc_kind;

typedef struct doc {
    doc_kind kind;
    bool b;         /* DOC_BOOL */
    int64_t i;      /* DOC_INT */
    double d;       /* DOC_REAL, and DOC_INT converted */
    str s;          /* DOC_STR */
    size_t n;       /* DOC_ARR, DOC_OBJ: number of children */
    str *keys;      /* DOC_OBJ, in the order of the text */
    struct doc *at; /* DOC_ARR, DOC_OBJ: the children */
} doc;

bool doc_parse(arena *a, str json, size_t max, doc **ret, err *e) NODISCARD;
const doc *doc_get(const doc *obj, const char *key); /* NULL when absent or not an object */
const doc *doc_find(const doc *obj, str key);
/* Typed lookups with a default for an absent member; a member of another type gives the default. */
str doc_str(const doc *obj, const char *key);
int64_t doc_int(const doc *obj, const char *key, int64_t dflt);
double doc_real(const doc *obj, const char *key, double dflt);
bool doc_bool(const doc *obj, const char *key, bool dflt);
bool doc_is_num(const doc *d);
const char *doc_kind_name(doc_kind k); /* "a string", "a number", ... for messages */
void doc_write(const doc *d, jw *w);   /* compact, members in stored order */
/* RFC 8785-like canonical text: members sorted bytewise by key, numbers as jw writes them. */
str doc_canonical(arena *a, const doc *d);

#endif
