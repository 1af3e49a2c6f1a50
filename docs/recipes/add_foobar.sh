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
last=$(find sql -name '[0-9]*_*.sql' | sort | tail -n 1 | sed 's|^sql/0*\([0-9]*\)_.*|\1|')
file=sql/$(printf '%04d' $((last + 1)))_foobar.sql
[ -e "$build/build.ninja" ] || meson setup "$build"
ninja -C "$build" tests/store/print_ddl
{
    echo "-- $(basename "$file") - the table of the record type foobar."
    echo "-- SPDX-License-Identifier: Apache-2.0"
    "$build/tests/store/print_ddl"
} >"$file.new"
mv "$file.new" "$file"
sed -i "/^sql_files = files(/,/^)/ s|^)|  '../../$file',\n)|" src/store/meson.build
echo "added foobar: src/register/foobar.c, $file"
