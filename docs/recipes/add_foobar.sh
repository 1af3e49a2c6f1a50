#!/bin/sh
# add_foobar.sh - the recipe "add a record type", step by step, for the template type foobar.
# SPDX-License-Identifier: Apache-2.0
# usage, in the root of a scratch copy of the tree: docs/recipes/add_foobar.sh BUILD_DIR
# A test runs it, so these steps are always right. For your own type do the same with its name.
set -eu
build=${1:?usage: docs/recipes/add_foobar.sh BUILD_DIR}

# 1. The struct, and its table with the rules.
cp docs/recipes/foobar.h docs/recipes/foobar.c src/register/

# 2. The list of all types, behind those that it references.
sed -i 's|^#include "register/finding.h"|&\n#include "register/foobar.h"|' src/register/register.c
sed -i '/^const record \*const register_records/,/^};/ s|^};|    \&foobar_record,\n};|' \
    src/register/register.c

# 3. The list of files to compile.
sed -i "s|'finding.c',|& 'foobar.c',|" src/register/meson.build

# 4. Its table in the store: the next migration, printed by the field tables.
[ -e "$build/build.ninja" ] || meson setup "$build"
ninja -C "$build" tests/store/print_ddl
"$build/tests/store/print_ddl" >"$build/foobar.sql"
file=$(script/add-migration foobar 'the table of the record type foobar.' <"$build/foobar.sql")
echo "added foobar: src/register/foobar.c, $file"
