/* rules.c - small checks that several record types share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/rules.h"

bool rule_sha256(str s, const char *path, err *e)
{
    digest d;
    if (!s.p || digest_parse(s, &d)) return true;
    return err_set(e, ERR_INVALID, str_of(path), S("paste what sha256sum prints"),
                   "'%s' must be 64 lower-case hexadecimal digits", path);
}

bool rule_url(str s, const char *path, err *e)
{
    if (!s.p || str_starts(s, S("https://")) || str_starts(s, S("http://"))) return true;
    return err_set(e, ERR_INVALID, str_of(path), S("write it as https://host/path"),
                   "'%s' must be an http or https address", path);
}

/* "A.6.2.4": up to 8 parts, letters first if any, then numbers; own controls are "X." + a name. */
bool rule_control_id(str id)
{
    if (str_starts(id, S("X."))) return id.n > 2 && id.n <= 60;
    str rest = id, part = str_cut(rest, '.', &rest);
    bool letter = part.n == 1 && part.p[0] >= 'A' && part.p[0] <= 'Z';
    size_t parts = letter ? 0 : 1;
    int64_t v;
    if (!letter && !str_int(part, &v)) return false;
    while (rest.p) {
        part = str_cut(rest, '.', &rest);
        if (!str_int(part, &v) || v < 1 || v > 99) return false;
        parts++;
    }
    return parts >= 1 && parts <= 8;
}

bool rule_control_ids(str_list ids, const char *path, err *e)
{
    for (size_t i = 0; i < ids.n; i++)
        if (!rule_control_id(ids.at[i]))
            return err_set(e, ERR_INVALID, str_fmt(e->a, "%s.%zu", path, i),
                           S("write ids as 6.1.2 or A.6.2.4"), "'%.*s' is no clause or control id",
                           STR_ARG(ids.at[i]));
    return true;
}
