# format.py - holds C sources to .clang-format, with exactly clang-format 14.
# SPDX-License-Identifier: Apache-2.0
"""Other versions lay out the same style differently, so the gate is closed to them: where
version 14 is missing (Debian 13 has none) the test says so and is counted as skipped."""
import os
import shutil
import subprocess
import sys

import check

VERSION = "14"
STYLE = ".clang-format"


def formatter():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path and f"version {VERSION}." in subprocess.run([path, "--version"], capture_output=True, text=True).stdout:
            return path
    return None


def findings(root):
    paths = check.files(root, ".c", ".h")
    if not paths:
        return
    done = subprocess.run([formatter(), "--dry-run", "-Werror", *paths], cwd=root, capture_output=True, text=True)
    if done.returncode < 0 or "PLEASE submit a bug report" in done.stderr:
        yield "clang-format itself crashed; run it on single files to see on which (it dies of tables with unequal rows)"
    seen = set()
    for line in done.stderr.splitlines():
        path = line.split(":")[0]
        if ": error:" in line and path not in seen:
            seen.add(path)
            yield f"{':'.join(line.split(':')[:2])}: not in the project's format; run clang-format-{VERSION} -i {path}"


if __name__ == "__main__":
    if not formatter():
        print(f"skipped: clang-format {VERSION} is not installed, and no other version lays out the same")
        sys.exit(check.SKIP)
    style = check.read(os.path.abspath(sys.argv[1]), STYLE)
    check.run(findings, {STYLE: style, "src/a.c": "int f(void)\n{\n    return 0;\n}\n"},
              [({"src/a.c": "int f(void) {\n  return 0;\n}\n"}, "src/a.c:1: not in the project's format")])
