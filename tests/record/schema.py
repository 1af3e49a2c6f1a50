#!/usr/bin/env python3
# schema.py - asks python-jsonschema whether the schemas say what the parser does.
# SPDX-License-Identifier: Apache-2.0
import copy
import json
import subprocess
import sys

try:
    from jsonschema import Draft202012Validator, FormatChecker
except ImportError:
    print("skipped: python3-jsonschema (with Draft 2020-12) is not installed")
    sys.exit(77)

said = json.loads(subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout)
checker = FormatChecker(["date"])  # date-time needs a package that Debian does not have


def validator(shape):
    Draft202012Validator.check_schema(said[shape])
    return Draft202012Validator(said[shape], format_checker=checker)


out, new, patch = (validator(s) for s in ("out", "new", "patch"))
failures = []


def expect(what, schema, doc, ok):
    if schema.is_valid(doc) != ok:
        failures.append(f"{what}: schema says {not ok}: {json.dumps(doc)}")


for row in said["rows"]:
    expect("row", out, row, True)
    for name in said["out"]["required"]:
        expect("row without " + name, out, {k: v for k, v in row.items() if k != name}, False)
for doc in said["docs"]:
    expect("new", new, doc, True)
    for name in said["new"]["required"]:
        expect("new without " + name, new, {k: v for k, v in doc.items() if k != name}, False)
for entry in said["patches"]:
    if "seen_at" in entry["doc"] and isinstance(entry["doc"]["seen_at"], str):
        continue  # format date-time, see above
    expect("patch", patch, entry["doc"], entry["ok"])
    whole = copy.deepcopy(said["docs"][1])
    whole.update(entry["doc"])
    expect("changed document", new, whole, entry["ok"])
assert "token" not in said["out"]["properties"] and said["new"]["properties"]["token"]["writeOnly"]
assert said["new"]["properties"]["home"]["x-aims-ref"] == "places"
assert said["out"]["properties"]["total"]["readOnly"] and "total" not in said["new"]["properties"]
print("\n".join(failures) or f"{len(said['patches'])} documents: schema and parser agree")
sys.exit(bool(failures))
