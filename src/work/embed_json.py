#!/usr/bin/env python3
# embed_json.py - turns the JSON files of sample/ into C strings, checked and without white space.
# SPDX-License-Identifier: Apache-2.0
"""usage: embed_json.py OUT.c NAME=FILE.json..."""
import json
import pathlib
import sys


def main(out, pairs):
    text = ["/* Generated from sample/ by embed_json.py. */", '#include "work/sample_impl.h"']
    for pair in pairs:
        name, path = pair.split("=", 1)
        data = json.dumps(json.loads(pathlib.Path(path).read_text("utf-8")), ensure_ascii=False,
                          separators=(",", ":")).encode()
        # Bytes, not a literal: ISO C only promises literals of 4095 characters.
        body = ",".join(str(b - 256 * (b > 127)) for b in data)
        text.append(f"static const char {name}_bytes[] = {{{body},0}};")
        text.append(f"const str {name} = {{{name}_bytes, sizeof {name}_bytes - 1}};\n")
    pathlib.Path(out).write_text("\n".join(text))


main(sys.argv[1], sys.argv[2:])
