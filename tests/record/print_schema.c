/* print_schema.c - writes the schemas of the sample type, and documents of known fate. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

static arena *a;

/* Documents that change one member of the least one; the parser's answer is the expectation. */
static const char *const patches[] = {
    "{}",
    "{\"name\":\"\"}",
    "{\"name\":3}",
    "{\"name\":null}",
    "{\"name\":\"123456789012345678901\"}",
    "{\"name\":\"\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\"}", /* 21 bytes */
    "{\"code\":\"abc\"}",
    "{\"code\":\"abcd\"}",
    "{\"code\":null}",
    "{\"body\":\"\"}",
    "{\"nmae\":1}",
    "{\"id\":1}",
    "{\"total\":1}",
    "{\"count\":11}",
    "{\"count\":10}",
    "{\"count\":2.5}",
    "{\"count\":3.0}",
    "{\"count\":null}",
    "{\"extra\":null}",
    "{\"ratio\":1.5}",
    "{\"ratio\":1}",
    "{\"score\":null}",
    "{\"live\":1}",
    "{\"checked\":null}",
    "{\"colour\":\"pink\"}",
    "{\"colour\":null}",
    "{\"mood\":\"red\"}",
    "{\"mood\":null}",
    "{\"seen_at\":\"2026-02-30T00:00:00Z\"}",
    "{\"seen_at\":1}",
    "{\"done_at\":null}",
    "{\"ends_on\":\"2026-02-30\"}",
    "{\"ends_on\":\"2026-02-03\"}",
    "{\"price\":1.5}",
    "{\"price\":9e15}",
    "{\"price\":9100000000000000}",
    "{\"home\":\"Rome\"}",
    "{\"home\":\"\"}",
    "{\"home\":0}",
    "{\"source\":\"x\"}",
    "{\"source\":3}",
    "{\"source\":null}",
    "{\"groups\":[]}",
    "{\"groups\":[\"a\",\"a\"]}",
    "{\"groups\":[\"a\",\"b\",\"c\",\"d\"]}",
    "{\"groups\":[\"\"]}",
    "{\"groups\":[1]}",
    "{\"groups\":null}",
    "{\"hues\":[\"red\"]}",
    "{\"hues\":[\"pink\"]}",
    "{\"places\":[1,\"Rome\"]}",
    "{\"places\":[0]}",
    "{\"places\":[1,1]}",
    "{\"places\":[\"\"]}",
    "{\"sources\":[\"x\"]}",
    "{\"sources\":[1]}",
    "{\"settings\":{}}",
    "{\"settings\":[]}",
    "{\"settings\":3}",
    "{\"settings\":null}",
};

static doc *doc_of(const char *json)
{
    doc *d = NULL;
    err e = ERR_IN(a);
    if (!doc_parse(a, str_of(json), 1 << 20, &d, &e)) abort();
    return d;
}

static void write_patch(const char *json, jw *w)
{
    sample s = {0};
    label_refs l;
    err e = ERR_IN(a);
    jw_obj(w);
    jw_m_bool(w, "ok", record_patch(&sample_record, doc_of(json), &s, &l, a, &e));
    jw_key(w, "doc");
    jw_raw(w, str_of(json));
    jw_obj_end(w);
}

static void write_row(const char *json, jw *w)
{
    sample s;
    label_refs l;
    err e = ERR_IN(a);
    if (!record_parse(&sample_record, doc_of(json), &s, &l, a, &e)) abort();
    s.head = (row_head){
        1, 1, 0, 0, {0, json == sample_full}
    };
    record_json(&sample_record, &s, w);
}

int main(void)
{
    a = arena_open();
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    static const char *const shapes[] = {"out", "new", "patch"};
    jw_obj(&w);
    for (int i = 0; i < 3; i++) {
        jw_key(&w, shapes[i]);
        record_schema(&sample_record, (schema_shape)i, &w);
    }
    jw_key(&w, "rows");
    jw_arr(&w);
    write_row(sample_full, &w);
    write_row(sample_least, &w);
    jw_arr_end(&w);
    jw_key(&w, "docs");
    jw_arr(&w);
    jw_raw(&w, str_of(sample_full));
    jw_raw(&w, str_of(sample_least));
    jw_arr_end(&w);
    jw_key(&w, "patches");
    jw_arr(&w);
    for (size_t i = 0; i < COUNT(patches); i++)
        write_patch(patches[i], &w);
    jw_arr_end(&w);
    jw_obj_end(&w);
    puts(buf_str(&b).p);
    arena_close(a);
    return 0;
}
