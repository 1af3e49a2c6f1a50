# first_lines.py - demands a first line that says what the file is, the licence line, and room READMEs.
# SPDX-License-Identifier: Apache-2.0
import re

import check

SPDX = "SPDX-License-Identifier: Apache-2.0"
README_LINES = 60
HASH_NAMED = (".py", ".sh", ".awk")
OPENINGS = {".c": "/* ", ".h": "/* ", ".ts": "// ", ".tsx": "// ", ".sql": "-- ", ".css": "/* "}


def ending(path):
    name = path.split("/")[-1]
    return "." + name.rsplit(".", 1)[-1] if "." in name else ""


def opening(path, text):
    """What the describing line starts with, or None where no such line is asked for."""
    if ending(path) in OPENINGS:
        return OPENINGS[ending(path)]
    return "# " if ending(path) in HASH_NAMED or text.startswith("#!") else None


def describe(path, text):
    start = opening(path, text)
    if not start:
        return
    lines = text.split("\n")
    first = 1 if lines[0].startswith("#!") else 0
    name = path.split("/")[-1]
    line = lines[first] if len(lines) > first else ""
    if not re.match(re.escape(start + name) + r" - \S.{9,}", line):
        yield f"{path}:{first + 1}: the first line must read '{start}{name} - what it does'"
    if SPDX not in "\n".join(lines[first + 1:first + 4]):
        yield f"{path}:{first + 2}: no '{SPDX}' below the first line"


def readmes(paths, root):
    for room in sorted({p.split("/")[1] for p in paths if re.match(r"src/\w+/.*\.c$", p)}):
        readme = f"src/{room}/README.md"
        if readme not in paths:
            yield f"{readme}:1: missing: purpose, rules, where to start, how to add one more"
        elif (lines := check.read(root, readme).count("\n")) > README_LINES:
            yield f"{readme}:{lines}: {lines} lines, at most {README_LINES}"


def findings(root):
    paths = check.files(root)
    for path in paths:
        if check.is_fuzz_seed(path) or not check.is_text(root, path):
            continue
        text = check.read(root, path)
        yield from describe(path, text)
        if path.endswith("meson.build") and not text.startswith("# "):
            yield f"{path}:1: the first line must be a comment that says what is built here"
        if path.endswith(".md") and not text.startswith("# "):
            yield f"{path}:1: the first line must be a title"
    yield from readmes(paths, root)


C = "/* a.c - adds two numbers for the test. */\n/* " + SPDX + " */\n"
CLEAN = {
    "src/base/a.c": C,
    "src/base/long.h": "/* long.h - says so much that the end of the comment\n */\n/* " + SPDX + " */\n",
    "src/base/README.md": "# base\n",
    "src/base/meson.build": "# base: the ground floor\n",
    "sql/1.sql": "-- 1.sql - makes the first tables\n-- " + SPDX + "\n",
    "script/go": "#!/bin/sh\n# go - does the work of the test\n# " + SPDX + "\n",
    "fuzz/corpus/x/seed.c": "int",
    "data.json": "{}",
}
FAULTS = [
    ({"src/base/b.c": C}, "src/base/b.c:1: the first line"),
    ({"src/base/a.c": C.replace(SPDX, "none")}, "src/base/a.c:2: no 'SPDX"),
    ({"script/go": "#!/bin/sh\n\n# " + SPDX + "\n"}, "script/go:2: the first line"),
    ({"src/base/README.md": "# base\n" + "\n" * 60}, "61 lines, at most 60"),
    ({"src/net/n.c": C.replace("a.c", "n.c")}, "src/net/README.md:1: missing"),
    ({"docs/x.md": "text\n"}, "docs/x.md:1: the first line must be a title"),
    ({"src/base/meson.build": "x = 1\n"}, "src/base/meson.build:1"),
]

if __name__ == "__main__":
    check.run(findings, CLEAN, FAULTS)
