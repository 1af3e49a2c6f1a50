#!/usr/bin/env python3
# embed_sql.py - turns sql/NNNN_name.sql into the C array store_migrations[].
# SPDX-License-Identifier: Apache-2.0
"""usage: embed_sql.py OUT.c FILE.sql..."""
import pathlib
import re
import sys


def rows(files):
    for want, path in enumerate(sorted(files, key=lambda p: p.name), 1):
        m = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", path.name)
        if not m or int(m[1]) != want:
            sys.exit(f"{path}: expected {want:04}_name.sql (numbers have no gaps)")
        yield want, m[2], path.read_bytes()


def main(out, files):
    text = ["/* Generated from sql/ by embed_sql.py. */", '#include "store/driver.h"']
    table = []
    for version, name, sql in rows([pathlib.Path(f) for f in files]):
        if b"\0" in sql:
            sys.exit(f"{name}: holds a NUL byte")
        if re.search(rb"^\s*(BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT)\b", sql, re.I | re.M):
            sys.exit(f"{name}: the migration already runs in a transaction of its own")
        # Bytes, not a literal: ISO C only promises literals of 4095 characters.
        lines = [",".join(map(str, sql[i:i + 24])) for i in range(0, len(sql), 24)]
        text.append(f"static const char sql_{version}[] = {{\n" + ",\n".join(lines) + ",0};")
        table.append(f'    {{{version}, "{name}", {{sql_{version}, sizeof sql_{version} - 1}}}},')
    text.append("const migration store_migrations[] = {\n" + "\n".join(table) + "\n};")
    text.append(f"const size_t store_n_migrations = {len(table)};\n")
    pathlib.Path(out).write_text("\n".join(text))


main(sys.argv[1], sys.argv[2:])
