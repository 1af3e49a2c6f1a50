# packages.py - checks that each library of the build has its package, its reason and its licence.
# SPDX-License-Identifier: Apache-2.0
"""meson.build names libraries, script/packages the Debian packages, docs/dependencies.md the
reasons and licences. The three must agree, so that a new dependency cannot slip in."""
import re

import check

DEPENDENCY = re.compile(r"^[^#\n]*\bdependency\('([^']+)'|^[^#\n]*find_library\('([^']+)'", re.M)
PART_OF_C = {"threads", "m", "dl", "rt"}
PACKAGES, REASONS = "script/packages", "docs/dependencies.md"
GROUPS = {"build", "test", "package"}


def rows(root):
    for number, line in enumerate(check.read(root, PACKAGES).splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.split(None, 2)


def findings(root):
    listed, reasons = set(), check.read(root, REASONS)
    for number, row in rows(root):
        if len(row) != 3 or row[0] not in GROUPS:
            yield f"{PACKAGES}:{number}: a row is: group (build, test or package), package, why"
            continue
        package = row[1].rstrip("?!")
        listed.add((row[0], package))
        if row[0] == "build" and package.startswith("lib") and package != "libc6-dev" \
                and f"`{package}`" not in reasons:
            yield f"{PACKAGES}:{number}: `{package}` has no row in {REASONS}"
    for path in check.files(root, "meson.build"):
        for name in (a or b for a, b in DEPENDENCY.findall(check.read(root, path))):
            if name not in PART_OF_C and f"`{name}`" not in reasons:
                yield f"{path}:1: dependency '{name}' has no row in {REASONS}"
    for package in re.findall(r"^\| `[\w.]+` \| `([\w.+-]+)` \|", reasons, re.M):
        if ("build", package) not in listed:
            yield f"{REASONS}:1: `{package}` is not a build package in {PACKAGES}"


CLEAN = {
    "meson.build": "t = dependency('threads')\n# dependency('gone')\nj = dependency('jansson', version: '>= 2')\n",
    PACKAGES: "# packages\nbuild gcc the compiler\nbuild libjansson-dev reads JSON\ntest jq reads\n",
    REASONS: "# D\n| `jansson` | `libjansson-dev` | MIT | JSON |\n",
}
FAULTS = [
    ({"meson.build": "j = dependency('yajl')\n"}, "meson.build:1: dependency 'yajl' has no row"),
    ({"src/x/meson.build": "j = cc.find_library('xgboost')\n"}, "dependency 'xgboost' has no row"),
    ({PACKAGES: CLEAN[PACKAGES] + "build libfoo-dev foo\n"}, "`libfoo-dev` has no row"),
    ({PACKAGES: CLEAN[PACKAGES] + "test jq\n"}, "script/packages:5: a row is"),
    ({REASONS: CLEAN[REASONS] + "| `bar` | `libbar-dev` | MIT | x |\n"}, "`libbar-dev` is not a build package"),
]

if __name__ == "__main__":
    check.run(findings, CLEAN, FAULTS)
