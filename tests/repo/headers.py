# headers.py - compiles every header alone and twice, with gcc and with clang.
# SPDX-License-Identifier: Apache-2.0
import concurrent.futures
import os
import shutil
import subprocess

import check

FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow",
         "-Wconversion", "-Wstrict-prototypes", "-Wundef", "-Wno-gnu-zero-variadic-macro-arguments",
         "-Werror", "-x", "c", "-"]
BANNED = "src/base/banned.h"


def compile_alone(job):
    root, compiler, header = job
    forced = ["-include", os.path.join(root, BANNED)] if os.path.exists(os.path.join(root, BANNED)) else []
    text = f'#include "{header}"\n#include "{header}"\nextern int aims_not_empty;\n'
    done = subprocess.run([compiler, "-I", os.path.join(root, "src"), *forced, *FLAGS], input=text,
                          capture_output=True, text=True)
    if done.returncode == 0:
        return None
    first = next((s for s in done.stderr.splitlines() if "error" in s), done.stderr[:200])
    return f"src/{header}:1: does not compile alone with {compiler}: {first.strip()}"


def findings(root):
    headers = [p[len("src/"):] for p in check.files(root, ".h") if p.startswith("src/")]
    compilers = [c for c in ("gcc", "clang") if shutil.which(c)]
    jobs = [(root, c, h) for h in headers for c in compilers]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(compile_alone, jobs))


def with_every_compiler(root):
    """For the self-test: one finding per header, the compilers' findings joined."""
    seen = {}
    for line in findings(root):
        seen.setdefault(line.split(":")[0], []).append(line)
    count = sum(1 for c in ("gcc", "clang") if shutil.which(c))
    for lines in seen.values():
        yield f"{len(lines) == count} {lines[0]}"


GUARDED = "#ifndef A_H\n#define A_H\n#include <stddef.h>\nsize_t a_len(const char *s);\n#endif\n"
CLEAN = {"src/base/a.h": GUARDED, "src/base/b.h": '#include "base/a.h"\n'}
FAULTS = [
    ({"src/base/c.h": "size_t c_len(void);\n"}, "True src/base/c.h:1: does not compile alone"),
    ({"src/base/c.h": "struct c { int x; };\n"}, "True src/base/c.h:1"),
    ({"src/base/c.h": "int c();\n"}, "True src/base/c.h:1"),
]

if __name__ == "__main__":
    check.run(findings, CLEAN, FAULTS, planted=with_every_compiler)
