/* test_vectors.c - the inclusion and consistency cases of transparency-dev/merkle, good and bad. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/merkle.h"
#include <dirent.h>

/* False when it is not 32 bytes: our types cannot even hold such a hash, so it is refused. */
static bool read_hash(const doc *d, digest *ret)
{
    arena *a = arena_open();
    str raw;
    bool ok = d && d->kind == DOC_STR && base64_decode(a, d->s, &raw) && raw.n == sizeof ret->b;
    if (ok) memcpy(ret->b, raw.p, sizeof ret->b);
    arena_close(a);
    return ok;
}

/* Some consistency cases have roots like "don't care": only their being equal counts. */
static digest read_root(const doc *d)
{
    digest h;
    if (read_hash(d, &h)) return h;
    return d && d->kind == DOC_STR ? hash_bytes(d->s.p, d->s.n) : merkle_empty();
}

static bool read_proof(const doc *list, merkle_proof *ret)
{
    *ret = (merkle_proof){0};
    for (size_t i = 0; list && list->kind == DOC_ARR && i < list->n; i++)
        if (!read_hash(&list->at[i], &ret->at[ret->n++])) return false;
    return true;
}

static uint64_t number(const doc *d, const char *key)
{
    return (uint64_t)doc_int(d, key, -1);
}

static bool run(const doc *d)
{
    merkle_proof p;
    digest x, y;
    if (!read_proof(doc_get(d, "proof"), &p)) return false;
    if (doc_get(d, "treeSize"))
        return read_hash(doc_get(d, "leafHash"), &x) && read_hash(doc_get(d, "root"), &y) &&
               merkle_check_inclusion(number(d, "leafIdx"), number(d, "treeSize"), x, &p, y);
    return merkle_check_consistency(number(d, "size1"), number(d, "size2"),
                                    read_root(doc_get(d, "root1")), read_root(doc_get(d, "root2")),
                                    &p);
}

/* 2^64 - 1 is no integer of our JSON reader, but -1 becomes it again in number(). */
static str without_huge(arena *a, str s)
{
    static const char huge[] = "18446744073709551615";
    const char *at = strstr(s.p, huge);
    if (!at) return s;
    size_t before = (size_t)(at - s.p);
    str after = str_sub(s, before + sizeof huge - 1, s.n);
    return str_fmt(a, "%.*s-1%.*s", (int)before, s.p, STR_ARG(after));
}

static int wrong, cases;

static void check_file(const char *path)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str s;
    doc *d;
    if (!file_read(a, path, 1 << 20, &s, &e) ||
        !doc_parse(a, without_huge(a, s), 1 << 20, &d, &e)) {
        printf("%s: %s\n", path, e.msg.p);
        wrong++;
    } else if (run(d) == doc_bool(d, "wantErr", true)) {
        printf("%s: %s: wrong verdict\n", path, doc_str(d, "desc").p);
        wrong++;
    }
    cases++;
    arena_close(a);
}

static void walk(const char *dir)
{
    arena *a = arena_open();
    DIR *d = opendir(dir);
    for (struct dirent *x; d && (x = readdir(d)) != NULL;) {
        if (x->d_name[0] == '.') continue;
        str path = str_fmt(a, "%s/%s", dir, x->d_name);
        if (str_ends(path, S(".json")))
            check_file(path.p);
        else
            walk(path.p);
    }
    if (d) closedir(d);
    arena_close(a);
}

int main(void)
{
    arena *a = arena_open();
    const char *shared = getenv("AIMS_SHARED");
    str dir = str_fmt(a, "%s/vectors/merkle/testdata", shared ? shared : AIMS_SOURCE "/../shared");
    if (!file_exists(dir.p)) {
        printf("skipped: no vectors at %s (set AIMS_SHARED)\n", dir.p);
        arena_close(a);
        return 77;
    }
    walk(dir.p);
    printf("%d cases, %d wrong\n", cases, wrong);
    arena_close(a);
    return cases == 196 && wrong == 0 ? 0 : 1;
}
