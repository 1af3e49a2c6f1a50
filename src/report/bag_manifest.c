/* bag_manifest.c - compares the members of a bag with its manifests, both ways (RFC 8493). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_check.h"

static int path_order(const void *p, const void *q)
{
    return str_cmp(((const bag_member *)p)->path, ((const bag_member *)q)->path);
}

static bag_member *member(bag_check *c, str path)
{
    bag_member key = {.path = path};
    if (!c->n_members) return NULL;
    return bsearch(&key, c->members, c->n_members, sizeof key, path_order);
}

/* Lines as sha256sum writes them; "is data/" tells which of both manifests a path belongs in. */
static void check_line(bag_check *c, str manifest, str line, bool payload)
{
    digest d;
    str path = str_sub(line, 66, line.n);
    if (line.n < 67 || !digest_parse(str_sub(line, 0, 64), &d) || line.p[64] != ' ' ||
        line.p[65] != ' ' || str_starts(path, S("data/")) != payload) {
        bag_find(c, BAG_FORMAT, manifest, "a line is not '<sha256>  <path>' of its own kind");
        return;
    }
    bag_member *m = member(c, path);
    if (!m)
        bag_find(c, BAG_MISSING, path, "listed in %.*s, not in the bag", STR_ARG(manifest));
    else if (m->listed)
        bag_find(c, BAG_DUPLICATE, path, "listed twice in %.*s", STR_ARG(manifest));
    else if (!digest_eq(m->sha256, d))
        bag_find(c, BAG_ALTERED, path, "its SHA-256 is not the one in %.*s", STR_ARG(manifest));
    if (m) m->listed = true;
}

static void check_lines(bag_check *c, str name, str text, bool payload)
{
    if (!text.p) {
        bag_find(c, BAG_MISSING, name, "the bag has no readable manifest");
        return;
    }
    while (text.n) {
        str rest, line = str_cut(text, '\n', &rest);
        if (!rest.p) bag_find(c, BAG_FORMAT, name, "the last line has no end");
        check_line(c, name, line, payload);
        text = rest;
    }
}

static void check_extra(bag_check *c)
{
    for (size_t i = 0; i < c->n_members; i++) {
        const bag_member *m = &c->members[i];
        if (!m->listed && !str_eqz(m->path, "tagmanifest-sha256.txt"))
            bag_find(c, BAG_EXTRA, m->path, "in the bag, but in no manifest");
    }
}

static void check_twins(bag_check *c)
{
    for (size_t i = 1; i < c->n_members; i++)
        if (str_eq(c->members[i - 1].path, c->members[i].path))
            bag_find(c, BAG_DUPLICATE, c->members[i].path, "the name is in the bag twice");
}

/* The value of one label in bag-info.txt; absent when not there. */
static str info_value(const bag_check *c, str label)
{
    for (str rest = c->info; rest.n;) {
        str line = str_cut(rest, '\n', &rest);
        str value, name = str_cut(line, ':', &value);
        if (value.p && str_eq(name, label)) return str_trim(value);
    }
    return (str){0};
}

static void check_info(bag_check *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_members; i++)
        n += str_starts(c->members[i].path, S("data/"));
    str oxum = str_fmt(c->a, "%llu.%zu", (unsigned long long)c->r->bytes, n);
    if (!str_eq(info_value(c, S("Payload-Oxum")), oxum))
        bag_find(c, BAG_FORMAT, S("bag-info.txt"), "Payload-Oxum is not %s", oxum.p);
    if (c->head_ok && !str_eq(info_value(c, S("AIMS-Log-Origin")), c->head.origin))
        bag_find(c, BAG_FORMAT, S("bag-info.txt"), "AIMS-Log-Origin is not the checkpoint's");
    str size = str_fmt(c->a, "%llu", (unsigned long long)c->head.size);
    if (c->head_ok && !str_eq(info_value(c, S("AIMS-Log-Size")), size))
        bag_find(c, BAG_FORMAT, S("bag-info.txt"), "AIMS-Log-Size is not the checkpoint's");
}

void bag_check_manifests(bag_check *c)
{
    if (c->n_members) qsort(c->members, c->n_members, sizeof *c->members, path_order);
    if (!str_eqz(c->declaration, BAG_DECLARATION))
        bag_find(c, BAG_FORMAT, S("bagit.txt"), "not the declaration of a BagIt 1.0 bag");
    check_twins(c);
    check_lines(c, S("manifest-sha256.txt"), c->manifest, true);
    check_lines(c, S("tagmanifest-sha256.txt"), c->tag_manifest, false);
    check_extra(c);
    check_info(c);
}
