#!/bin/sh
# refuse.sh - compiles table rows whose C member has a wrong type, and expects each to be refused.
# SPDX-License-Identifier: Apache-2.0
# usage: refuse.sh SOURCE_ROOT COMPILER [ARG...]
set -eu
root=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# A struct with every kind of member, and one table row of it on standard output.
snippet() {
    cat <<EOF
#include "record/record.h"
typedef struct t {
    row_head head;
    str s; int64_t i; int n; double d; bool b; float f; const char *z;
    opt_int oi; opt_real od; opt_bool ob; str_list sl; id_list il;
} t;
extern const record t_record;
static const char *const names[] = {"", "a", 0};
const char *const *const use_names = names;
const field row = $1;
EOF
}

compile() { # ROW COMPILER [ARG...]
    snippet "$1" >"$tmp/row.c"
    shift
    "$@" -std=gnu17 -I "$root/src" -fsyntax-only "$tmp/row.c" 2>"$tmp/err"
}

while IFS='|' read -r want row; do
    if compile "$row" "$@"; then got=good; else got=bad; fi
    if [ "$want" != "$got" ] || { [ $got = bad ] && ! grep -q "wrong C type" "$tmp/err"; }; then
        echo "$row: expected $want, got $got"
        cat "$tmp/err"
        exit 1
    fi
done <<'EOF'
good|F_TEXT(t, s, REQ, 1, 9, "d")
bad|F_TEXT(t, z, REQ, 1, 9, "d")
good|F_LONG(t, s, 0, 9, "d")
bad|F_LONG(t, sl, 0, 9, "d")
good|F_INT(t, i, REQ, 0, 9, "d")
good|F_INT(t, i, READONLY, 0, 9, "d")
good|F_INT(t, oi, 0, 0, 9, "d")
bad|F_INT(t, i, 0, 0, 9, "d")
bad|F_INT(t, n, REQ, 0, 9, "d")
bad|F_INT(t, od, 0, 0, 9, "d")
good|F_REAL(t, d, REQ, 0, 9, "d")
good|F_REAL(t, od, 0, 0, 9, "d")
bad|F_REAL(t, d, 0, 0, 9, "d")
bad|F_REAL(t, f, REQ, 0, 9, "d")
good|F_BOOL(t, b, REQ, "d")
good|F_BOOL(t, ob, 0, "d")
bad|F_BOOL(t, b, 0, "d")
bad|F_BOOL(t, n, REQ, "d")
good|F_TIME(t, i, REQ, "d")
good|F_TIME(t, oi, 0, "d")
bad|F_TIME(t, i, 0, "d")
bad|F_TIME(t, s, REQ, "d")
good|F_DATE(t, oi, 0, "d")
bad|F_DATE(t, d, REQ, "d")
good|F_MONEY(t, i, REQ, "d")
bad|F_MONEY(t, d, REQ, "d")
bad|F_MONEY(t, od, 0, "d")
good|F_ENUM(t, n, 0, names, "d")
bad|F_ENUM(t, i, 0, names, "d")
good|F_REF(t, i, 0, t, "d")
bad|F_REF(t, oi, 0, t, "d")
bad|F_REF(t, n, 0, t, "d")
good|F_LIST(t, sl, 0, NULL, 9, "d")
bad|F_LIST(t, s, 0, NULL, 9, "d")
bad|F_LIST(t, il, 0, NULL, 9, "d")
good|F_LINKS(t, il, 0, t, "d")
bad|F_LINKS(t, sl, 0, t, "d")
good|F_JSON(t, s, 0, 9, "d")
bad|F_JSON(t, z, 0, 9, "d")
EOF
echo "every wrong member type is refused by the compiler"
