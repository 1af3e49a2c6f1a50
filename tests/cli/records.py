# records.py - every verb on every kind of record through the program: add to erase, in and out.
# SPDX-License-Identifier: Apache-2.0
import csv
import io
import json
import time

import harness

SYSTEM = ["--purpose", "decides", "--stage", "inception", "--in-scope", "yes"]


def test_add_show_set_retire(t):
    aims = t.fresh()
    made = aims.json("person", "add", "--name", "Ada", "--email", "ada@example.org", "--roles", "engineer,operator")
    assert made["id"] == 1 and made["version"] == 1 and made["roles"] == ["engineer", "operator"]
    with open(t.path("s.json"), "w", encoding="utf-8") as f:
        json.dump({"name": "scoring", "owner": "Ada", "purpose": "p", "stage": "inception", "in_scope": True}, f)
    s = aims.json("system", "add", "--from", t.path("s.json"), "--purpose", "decides on loans")
    assert s["owner"] == 1 and s["purpose"] == "decides on loans"
    aims("system", "add", "--from", "-", stdin=json.dumps({**{k: s[k] for k in ("owner", "purpose", "stage",
                                                                              "in_scope")}, "name": "second"}))
    assert aims.json("system", "show", "scoring") == aims.json("system", "show", "1") == s
    assert "Ada" in aims("system", "show", "scoring").out and "Ada" in aims("system", "list").out
    changed = aims.json("system", "set", "scoring", "--version", 1, "--intended-users", "clerks,managers")
    assert changed["version"] == 2 and changed["intended_users"] == ["clerks", "managers"]
    aims.refuses("system", "set", "scoring", "--version", 1, "--purpose", "x", code=5, name="stale")
    assert "intended_users" not in aims.json("system", "set", "1", "--intended-users", "")
    aims.refuses("system", "set", "scoring", "--stage", "nowhere", code=3, name="invalid", path="stage")
    aims.refuses("system", "retire", "scoring", "--version", 1, code=5, name="stale")
    assert aims.json("system", "retire", "scoring", "--version", 3)["retired_at"]
    assert [x["name"] for x in aims.json("system", "list")["items"]] == ["second"]
    assert len(aims.json("system", "list", "--retired")["items"]) == 2
    assert aims("system", "retire", "second").code == 0


def test_history_uses_as_of(t):
    aims = t.fresh()
    harness.add_system(aims)
    time.sleep(0.01)
    before = aims.json("system", "show", "1")["updated_at"]
    aims("system", "set", "loan scoring", "--stage", "operation_monitoring")
    history = aims.json("system", "history", "loan scoring")
    assert [h["version"] for h in history] == [2, 1]
    assert history[0]["changes"] == [{"field": "stage", "from": "deployment", "to": "operation_monitoring"}]
    assert history[0]["leaf"] == history[1]["leaf"] + 1
    text = aims("system", "history", "loan scoring").out
    assert "operation_monitoring" in text and "this machine" in text
    assert aims.json("system", "show", "1", "--as-of", before)["stage"] == "deployment"
    assert aims.json("system", "list", "--as-of", before)["items"][0]["stage"] == "deployment"
    aims.refuses("system", "show", "1", "--as-of", "2001-01-01", code=4, name="not_found")
    assert aims.json("person", "uses", "Ada Lovelace") == [{"type": "ai_system", "id": 1, "field": "owner"}]
    assert "loan scoring" in aims("person", "uses", "Ada Lovelace").out


def test_lists(t):
    aims = t.fresh()
    people = [{"name": f"p{i:03}", "unit": "ab"[i % 2], "roles": ["engineer"] if i % 3 else ["operator"]}
              for i in range(25)]
    with open(t.path("p.json"), "w", encoding="utf-8") as f:
        json.dump(people, f)
    assert aims.json("import", "person", t.path("p.json")) == {"added": 25}
    names, cursor = [], None
    while True:
        page = aims.json("person", "list", "--limit", 10, *(["--cursor", cursor] if cursor else []))
        names += [x["name"] for x in page["items"]]
        cursor = page.get("next")
        if not cursor:
            break
    assert names == [f"p{i:03}" for i in reversed(range(25))]
    assert "--cursor" in aims("person", "list", "--limit", 10).out
    assert len(aims.json("person", "list", "--roles", "operator")["items"]) == 9
    assert len(aims.json("person", "list", "--name-like", "P01")["items"]) == 10
    assert len(aims.json("person", "list", "--q", "p024")["items"]) == 1
    assert len(aims.json("person", "list", "--id-le", 3)["items"]) == 3
    aims.refuses("person", "list", "--unit", "a", code=3, name="invalid")
    aims.refuses("person", "list", "--nonsense", "a", code=2, name="usage")
    aims.refuses("person", "list", "--limit", 0, code=3, name="invalid")


TYPES = {
    "person": [{"name": "Ada, \"the\" first", "unit": "=1+1", "roles": ["engineer", "operator"]},
               {"name": "日本 太郎", "duties": "line one\nline two"}],
    "supplier": [{"name": "Data & Co", "service": "credit files"}],
    "risk": [{"name": "wrong decisions", "owner": 1, "likelihood": 3, "impact_organisation": 2,
              "impact_individuals": 4, "impact_society": 1, "status": "open", "controls": ["A.5.4", "A.6.2.4"]}],
    "system": [{"name": "scoring", "owner": 1, "purpose": "p", "stage": "inception", "in_scope": True}],
    "plan": [{"name": "fair", "kind": "bias_fairness_test", "system": 1, "parameters": {
        "label": "y", "positive": "1", "prediction": "p", "groups": ["g"]},
        "limits": ["demographic_parity_difference<=0.1"], "fresh_days": 30, "active": True}],
    "document": [{"name": "AI policy", "kind": "policy_document", "edition": "1", "owner": 1, "body": "# We\n\nsay."}],
}
HEAD = {"id", "version", "created_at", "updated_at", "retired_at"}


def plain(items):
    return sorted(json.dumps({k: v for k, v in x.items() if k not in HEAD}, sort_keys=True) for x in items)


def test_import_export_round_trip(t):
    one, two, three = t.fresh(), t.fresh(), t.fresh()
    for noun, records in TYPES.items():
        file = t.path(f"{noun}.in.json")
        with open(file, "w", encoding="utf-8") as f:
            json.dump(records, f)
        assert one.json("import", noun, file) == {"added": len(records)}
        as_csv, as_json = t.path(f"{noun}.csv"), t.path(f"{noun}.json")
        text = one("export", noun, "--format", "csv").out
        lines = [json.loads(x) for x in one("export", noun).out.splitlines()]
        assert len(list(csv.reader(io.StringIO(text, newline="")))) == len(records) + 1
        with open(as_csv, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        with open(as_json, "w", encoding="utf-8") as f:
            json.dump([{k: v for k, v in x.items() if k not in HEAD and k not in
                        ("inherent_level", "residual_level") and not (noun == "document" and k == "status")}
                       for x in reversed(lines)], f)
        two("import", noun, as_json)
        three("import", noun, as_csv)
        want = plain(lines)
        assert plain(json.loads(x) for x in two("export", noun).out.splitlines()) == want, noun
        assert len(want) == len(three("export", noun).out.splitlines()), noun


def test_broken_imports(t):
    aims = t.fresh()
    for name, text, code in (("a.json", "[{", 3), ("b.json", '{"name":"x"}', 3), ("c.json", '[{"name":"x","bogus":1}]', 3),
                             ("d.json", '[{"name":7}]', 3), ("e.json", '[{"name":"a"},{"name":"a"}]', 5),
                             ("f.csv", "name,bogus\nx,y\n", 3), ("g.csv", 'name\n"x\n', 3), ("h.csv", "name,unit\nx\n", 3),
                             ("i.json", b'[{"name":"\xff"}]', 3), ("j.json", "[" * 1000, 3)):
        with open(t.path(name), "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        done = aims("import", "person", t.path(name), code=None)
        assert done.code == code and "hint: " in done.err, (name, done)
    assert len(aims.json("person", "list")["items"]) == 1
    aims.refuses("import", "person", t.path("missing.csv"), code=4, name="not_found")


def test_person_erase(t):
    aims = t.fresh()
    aims("person", "add", "--name", "Eve Example", "--email", "eve@example.org")
    aims("person", "set", "Eve Example", "--competence", "a long secret story")
    erased = aims.json("person", "erase", "Eve Example")
    assert set(erased["erased"]) == {"name", "email", "competence"} and erased["remains"]
    everything = aims("person", "show", "1").out + aims("person", "history", "1", "--json").out + \
        aims("log", "list", "--json").out + aims("export", "person").out
    with open(f"{aims.folder}/aims.db", "rb") as f:
        everything += f.read().decode("latin-1")
    for secret in ("Eve Example", "eve@example.org", "secret story"):
        assert secret not in everything, secret
    aims("log", "verify")
    aims("doctor", "--complete")


def test_document_approve(t):
    aims = t.fresh()
    aims("person", "add", "--name", "Boss")
    aims("document", "add", "--name", "AI policy", "--kind", "policy_document", "--edition", "1", "--owner", "Boss",
         "--body", "We use AI with care.", "--controls", "A.2.2")
    aims.refuses("document", "approve", "AI policy", "--by", "Boss", "--version", 7, code=5, name="stale")
    d = aims.json("document", "approve", "AI policy", "--by", "Boss")
    assert d["status"] == "approved" and d["approved_by"] == 1 and d["approved_at"]
    soa = aims("soa", "--format", "json").json["controls"]
    assert next(x for x in soa if x["control"] == "A.2.2")["trail"], "approval is no evidence"


def test_names_of_every_kind(t):
    aims = t.fresh()
    for i, name in enumerate(["with space", "-leading", "--dashes", "ünïcödé ☃", "日本", "a/b?c#d&e=f%20", "'; DROP TABLE x",
                              "a,b", '"q"', "42nd"], 1):
        aims("person", "add", f"--name={name}")
        assert aims.json("person", "show", "--", name)["id"] == i, name
        assert aims.json("person", "list", f"--name={name}")["items"][0]["id"] == i
        assert aims.json("person", "set", f"--unit=u{i}", "--", name)["unit"] == f"u{i}"
    for bad in ("\x1b[31mred", "bell\a", "a\tb", "new\nline", "\x7f"):
        aims.refuses("person", "add", f"--name={bad}", code=3, name="invalid", path="name")
    aims.refuses("person", "add", "--name", "x" * 121, code=3, name="invalid", path="name")
    aims.refuses("person", "add", "--name", "", code=3, name="invalid", path="name")


def test_nothing_drives_the_terminal(t):
    """C1 controls and marks that turn the direction of writing are kept, but not printed."""
    aims = t.fresh()
    nasty = "a\u009b31mb\u202ec\u2066d"
    aims("person", "add", "--name", "Ada")
    done = aims("system", "add", "--name", "s", "--owner", "Ada", "--purpose", nasty, "--stage", "inception",
                "--in-scope", "yes", code=None)
    assert done.code in (0, 3), done
    for words in (["system", "show", "s"], ["system", "list"], ["system", "history", "s"], ["person", "show", nasty],
                  [f"no\x1b]0;title\a{nasty}"], ["status", f"--{nasty}"], ["person", "add", f"--name=\x1b[2J{nasty}"]):
        done = aims(*words, code=None)
        for c in "\x1b\a\u009b\u202e\u2066":
            assert c not in done.out + done.err, (words, done)
    csv_file = t.path("x.csv")
    with open(csv_file, "w", encoding="utf-8") as f:
        f.write("y,p,g\n" + "1,1,\x1b[31mred\n0,1,\u009bblue\n" * 40)
    done = aims("assess", "bias_fairness_test", "--data", csv_file, "--label", "y", "--prediction", "p", "--positive",
                "1", "--group", "g", "--all", code=None)
    assert "\x1b" not in done.out + done.err and "\u009b" not in done.out + done.err, done


def test_framework_import(t):
    aims = t.fresh()
    file = t.path("oscal.json")
    with open(file, "w", encoding="utf-8") as f:
        json.dump({"catalog": {"uuid": "3a1f2f8a-6f6c-4d0a-9d3c-0d1d6c1f0a11", "metadata": {
            "title": "House rules", "last-modified": "2026-01-01T00:00:00Z", "version": "1", "oscal-version": "1.1.2"},
            "groups": [{"id": "g", "title": "G", "controls": [{"id": "g-1", "title": "Be kind"}]}]}}, f)
    aims("catalog", "import", "house", file)
    assert aims.json("framework", "list")["items"][0]["name"] == "house"
    aims.refuses("catalog", "import", "house", file, code=5, name="conflict")
    with open(file, "w", encoding="utf-8") as f:
        f.write("{}")
    aims.refuses("catalog", "import", "other", file, code=3, name="invalid")


harness.run(globals())
