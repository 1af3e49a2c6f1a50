# tidy.py - holds the C sources of src and fuzz to .clang-tidy, with clang-tidy 14 or newer.
# SPDX-License-Identifier: Apache-2.0
"""The tests are left out: cmocka's macros count as the code's own branches, and its header does
not say that a failed assertion ends the function."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

import check

OLDEST = 14
CONFIG = ".clang-tidy"
BANNED = "src/base/banned.h"


def tool():
    for name in ("clang-tidy", *(f"clang-tidy-{v}" for v in range(30, OLDEST - 1, -1))):
        path = shutil.which(name)
        said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout if path else ""
        version = re.search(r"version (\d+)\.", said)
        if version and int(version[1]) >= OLDEST:
            return path
    return None


def flags(root):
    postgres = subprocess.run(["pkg-config", "--cflags", "libpq"], capture_output=True, text=True).stdout.split()
    forced = ["-include", os.path.join(root, BANNED)] if os.path.exists(os.path.join(root, BANNED)) else []
    return ["-std=gnu17", "-D_GNU_SOURCE", "-DAIMS_MAY_MALLOC", "-I", os.path.join(root, "src"), *postgres, *forced]


def tidy(job):
    root, path, options = job
    done = subprocess.run([tool(), "--quiet", "--config-file", os.path.join(root, CONFIG),
                           os.path.join(root, path), "--", *options], capture_output=True, text=True)
    seen = [s for s in done.stdout.splitlines() if re.search(r":\d+:\d+: (error|warning): ", s)]
    if done.returncode and not seen:
        seen = [f"{path}:1: clang-tidy cannot read it: {done.stderr.strip()[-300:]}"]
    return [s.removeprefix(root + "/") for s in seen]


def findings(root):
    options = flags(root)
    jobs = [(root, p, options) for p in check.files(root, ".c") if p.startswith(("src/", "fuzz/"))]
    seen = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for lines in pool.map(tidy, jobs):
            yield from (s for s in lines if s not in seen and not seen.add(s))


if __name__ == "__main__":
    if not tool():
        print(f"skipped: clang-tidy {OLDEST} or newer is not installed")
        sys.exit(check.SKIP)
    config = check.read(os.path.abspath(sys.argv[1]), CONFIG)
    clean = {CONFIG: config, "src/a.c": "int f(int x);\nint f(int x)\n{\n    return x;\n}\n"}
    check.run(findings, clean, [
        ({"src/b.c": "int g(int x);\nint g(int y)\n{\n    return y;\n}\n"}, "src/b.c:1:5: error: function 'g' has"),
        ({"src/b.c": "int g(const int *p);\nint g(const int *p)\n{\n    return p ? 0 : *p;\n}\n"},
         "clang-analyzer-core.NullDereference"),
        ({"src/b.c": "#include \"none.h\"\n"}, "src/b.c:1:10: error: 'none.h'"),
    ])
