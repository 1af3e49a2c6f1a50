/* endpoints.c - reads the operator's list of addresses that may be asked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/endpoints.h"
#include "model/source.h"
#include "work/impl.h"

enum { TEXT_MAX = 1 << 20, SETTINGS_MAX = 64 };

static str next_word(str *rest)
{
    str s = str_trim(*rest), word;
    *rest = (str){0};
    for (word = s, word.n = 0; word.n < s.n && s.p[word.n] != ' ' && s.p[word.n] != '\t';)
        word.n++;
    if (word.n < s.n) *rest = str_sub(s, word.n, s.n);
    return word;
}

/* "https://models.example" is no prefix of "https://models.example.org". */
static bool fits(str prefix, str address)
{
    bool host = prefix.n && !str_ends(prefix, S("://")) && memmem(prefix.p, prefix.n, "://", 3);
    if (!host || !str_starts(address, prefix)) return false;
    return address.n == prefix.n || prefix.p[prefix.n - 1] == '/' || address.p[prefix.n] == '/';
}

static void read_settings(str rest, arena *a, str **ret, size_t *ret_n)
{
    str *s = arena_new(a, str, SETTINGS_MAX + 2);
    s[0] = S("timeout=10");
    s[1] = S("retries=1");
    *ret_n = 2;
    while (rest.p && *ret_n < SETTINGS_MAX) {
        str word = next_word(&rest);
        if (word.n) s[(*ret_n)++] = str_dup(a, word);
    }
    *ret = s;
}

bool endpoint_match(str text, str address, arena *a, str **ret_settings, size_t *ret_n)
{
    bool web = str_starts(address, S("http://")) || str_starts(address, S("https://"));
    for (str rest = text; web && rest.p;) {
        str line = str_cut(rest, '\n', &rest), after;
        line = str_cut(line, '#', &after);
        str prefix = next_word(&line);
        if (!fits(prefix, address)) continue;
        read_settings(line, a, ret_settings, ret_n);
        return true;
    }
    return false;
}

bool endpoint_allowed(struct work *w, str address, arena *a, str **ret_settings, size_t *ret_n,
                      err *e)
{
    const char *path = str_fmt(a, "%s/endpoints.txt", w->dir).p;
    str text = S("");
    if (file_exists(path) && !file_read(a, path, TEXT_MAX, &text, e)) return false;
    if (endpoint_match(text, address, a, ret_settings, ret_n)) return true;
    return err_set(
        e, ERR_DENIED, S("model_version.endpoint"),
        S("have the operator list its address in endpoints.txt of the data directory, or "
          "measure it with: aims assess --model URL --plan NAME"),
        "this server may not ask '%.*s'", STR_ARG(str_clip(address, 200)));
}
