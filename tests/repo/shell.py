# shell.py - runs shellcheck over every shell script of the project.
# SPDX-License-Identifier: Apache-2.0
import shutil
import subprocess
import sys

import check

ALLOWED = "SC2015"  # `test && a || b`: short, and plain where `a` cannot fail


def scripts(root):
    for path in check.files(root):
        if path.endswith((".sh", ".bash")):
            yield path
        elif "." not in path.split("/")[-1] and check.is_text(root, path):
            first = check.read(root, path).split("\n")[0]
            if first.startswith("#!") and first.endswith("sh"):
                yield path


def findings(root):
    paths = list(scripts(root))
    if paths:
        done = subprocess.run(["shellcheck", "-f", "gcc", "-e", ALLOWED, *paths], cwd=root, capture_output=True, text=True)
        yield from (done.stdout + done.stderr).splitlines()


if __name__ == "__main__":
    if not shutil.which("shellcheck"):
        print("skipped: shellcheck is not installed")
        sys.exit(check.SKIP)
    check.run(findings, {"script/a": '#!/bin/sh\necho "$1"\n', "script/b.py": "x = 1\n"},
              [({"script/a": "#!/bin/sh\necho $1\n"}, "script/a:2:"),
               ({"script/c.sh": "#!/bin/sh\n[ $1 = x ]\n"}, "script/c.sh:2:")])
