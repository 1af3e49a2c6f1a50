# openapi.py - the API document validates with a public validator, and holds together.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import subprocess
import sys
import tempfile

import harness
from harness import Server, call, expect

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "openapi")


def skip(why):
    print(f"SKIP: {why}")
    sys.exit(harness.SKIP)


def fetch_document():
    server = Server(sys.argv[1])
    try:
        return expect(call(server, "GET", "/api/v1/openapi.json"), 200).body
    finally:
        server.close()


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    if isinstance(node, list):
        for value in node:
            yield from references(value)


def check_references(doc):
    for ref in set(references(doc)):
        node = doc
        for part in ref.removeprefix("#/").split("/"):
            assert part in node, f"{ref} leads nowhere"
            node = node[part]
    used = {r.rsplit("/", 1)[1] for r in references(doc)}
    unused = set(doc["components"]["schemas"]) - used
    assert not unused, f"schemas that nothing uses: {sorted(unused)}"


def install(folder):
    """The validator of openapi/package-lock.json, into a scratch folder."""
    for name in ["package.json", "package-lock.json", "validate.mjs"]:
        shutil.copy(os.path.join(HERE, name), folder)
    if not shutil.which("npm"):
        skip("npm is not installed")
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                          capture_output=True, text=True, timeout=150)
    if done.returncode:
        skip("the package registry cannot be reached: " + done.stderr.strip()[-300:])


def validate(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(text)
    out = subprocess.run(["node", "validate.mjs", path], cwd=folder, capture_output=True, text=True, timeout=60)
    return json.loads(out.stdout)


def main():
    text = fetch_document()
    doc = json.loads(text)
    check_references(doc)
    with tempfile.TemporaryDirectory(prefix="aims-openapi-") as folder:
        install(folder)
        broken = dict(doc, info={"title": "no version"})
        assert not validate(folder, "broken.json", json.dumps(broken).encode())["valid"], "the validator sees nothing"
        result = validate(folder, "openapi.json", text)
        assert result["valid"] and result["version"] == "3.1", result
    print(f"{len(doc['paths'])} paths, {len(doc['components']['schemas'])} schemas: valid OpenAPI 3.1")


if __name__ == "__main__":
    main()
