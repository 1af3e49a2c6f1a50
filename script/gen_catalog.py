#!/usr/bin/env python3
# gen_catalog.py - turns catalog/*.json and docs/attributions.md into constant C tables.
# SPDX-License-Identifier: Apache-2.0
"""gen_catalog.py CATALOG_DIR ATTRIBUTIONS_MD OUT_C   (standard library only; run by meson)

Every id that is referred to must exist: a dangling link stops the build.
"""
import json
import re
import sys
from pathlib import Path

HOME = "iso42001-2023"
OWASP = ["owasp_llm_top10_2025", "owasp_ml_top10", "owasp_agentic_top10_2026"]
STAGE_TEXT = {
    "inception": "the idea is examined and decided on",
    "design_development": "the system is designed, built and trained",
    "verification_validation": "it is tested against what was asked and what is needed",
    "deployment": "it is put into use",
    "operation_monitoring": "it runs and is watched",
    "re_evaluation": "its purpose, risks and quality are judged anew",
    "retirement": "it is taken out of use",
}


def natural(ident):
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"[. ]", ident)]


def entry(ident, kind, title=None, gist=None, parent=None, note=None, controls=(), measurements=(), links=()):
    return {"id": ident, "kind": kind, "title": title, "gist": gist, "parent": parent, "note": note,
            "controls": list(controls), "measurements": list(measurements), "links": list(links)}


# ---- one function per source file: JSON in, list of entries out ----

def home_entries(d):
    out = [entry(c["id"], "CLAUSE", c["title"], c.get("summary"), c["parent"]) for c in d["clauses"]]
    annex = [entry(o["id"], "OBJECTIVE", o["title"], o["aim"], o["parent"]) for o in d["annex_a"]["objectives"]]
    annex += [entry(c["id"], "CONTROL", c["title"], c["description"], c["objective"], controls=[c["id"]],
                    measurements=[m["id"] for m in c["automated_measurements"]])
              for c in d["annex_a"]["controls"]]
    out += sorted(annex, key=lambda x: natural(x["id"]))
    out += [entry(c["id"], "AI_OBJECTIVE", c["title"], c["description"], controls=c["related_controls"])
            for c in d["annex_c"]["objectives"]]
    out += [entry(c["id"], "RISK_SOURCE", c["title"], c["description"], measurements=c["related_measurements"])
            for c in d["annex_c"]["risk_sources"]]
    return out


def iso27001_entries(d):
    out = [entry(c["id"], "CLAUSE", c["title"]) for c in d["clauses"]]
    annex = [entry(t["id"], "THEME", t["title"]) for t in d["themes"]]
    annex += [entry(c["id"], "CONTROL", c["title"], c["gist"], c["theme"],
                    note="new in 2022" if c["new_in_2022"] else None) for c in d["controls"]]
    return out + sorted(annex, key=lambda x: natural(x["id"]))


def tree_entries(functions):
    """Functions > categories > subcategories, as NIST writes them."""
    out = []
    for f in functions:
        out.append(entry(f["id"], "FUNCTION", f.get("name"), f.get("gist")))
        for c in f["categories"]:
            out.append(entry(c["id"], "CATEGORY", c.get("name"), c.get("gist"), f["id"]))
            out += [entry(s["id"], "SUBCATEGORY", s.get("name"), s["gist"], c["id"])
                    for s in c.get("subcategories", [])]
    return out


def rmf_entries(d):
    return tree_entries(d["functions"]) + [entry(r["id"], "RISK", r["name"], r["gist"])
                                           for r in d["genai_profile_risks"]]


def csf_1_1_entries(d):
    moved = {m["from_category_1_1"]: m["content_now_also_in"] for m in d["moved_to_2_0"]}
    out = tree_entries(d["functions"])
    for x in out:
        x["links"] = moved.get(x["id"], [])
    return out


def atlas_note(x):
    parts = ["maturity: " + x["maturity"]] if x.get("maturity") else []
    if not x.get("in_2026_07", True):
        parts.append("removed in release 2026.07")
    if not x.get("in_5_6_0", True):
        parts.append("new in release 2026.07")
    if x.get("name_2026_07"):
        parts.append("named '%s' in release 2026.07" % x["name_2026_07"])
    return "; ".join(parts) or None


def atlas_entries(d):
    out = [entry(t["id"], "TACTIC", t["name"], t["gist"]) for t in d["tactics"]]
    out += sorted((entry(t["id"], "TECHNIQUE", t["name"], t["gist"], t["parent"], atlas_note(t), links=t["tactics"])
                   for t in d["techniques"]), key=lambda x: x["id"])
    out += [entry(m["id"], "MITIGATION", m["name"], m["gist"], None, atlas_note(m), links=m["techniques"])
            for m in d["mitigations"]]
    return out


def owasp_entries(d):
    return [entry(x["id"], "RISK", x["name"], x["gist"], controls=x["related_controls"],
                  measurements=x["related_measurements"], links=x["related_atlas"]) for x in d["entries"]]


def enisa_entries(d):
    return [entry(x["code"], "THREAT", x["name"], x["gist"], note="for example " + ", ".join(x["example_threats"]),
                  measurements=x["related_measurements"]) for x in d["categories"]]


def mit_entries(d):
    out = []
    for x in d["domains"]:
        out.append(entry(x["id"], "DOMAIN", x["name"], x.get("gist")))
        out += [entry(s["id"], "SUBDOMAIN", s["name"], s["gist"], x["id"]) for s in x["subdomains"]]
    return out


def law_entries(items):
    def note(x):
        return "applies from " + x["applies_from"] if x.get("applies_from") else x.get("law")
    return [entry(x["id"], "ARTICLE", x.get("title"), x["gist"], note=note(x)) for x in items]


def remark(d):
    parts = [d.get("status_note"), d.get("version_note"), d.get("amendment")]
    if isinstance(d.get("uncertain"), str):
        parts.append("uncertain: " + d["uncertain"])
    return "; ".join(p for p in parts if p) or None


def frameworks(src):
    def fw(ident, d, entries):
        return {"id": ident, "title": d["title"], "licence": d.get("licence") or d.get("licence_of_this_file"),
                "note": remark(d), "entries": entries}
    home, csf, cross = src["iso42001"], src["nist_csf_2"], src["crosswalk"]
    out = [dict(fw(HOME, home, home_entries(home)), title=home["standard"]["id"]),
           fw("iso27001-2022", src["iso27001_2022"], iso27001_entries(src["iso27001_2022"])),
           dict(fw("nist-csf-2.0", csf, tree_entries(csf["functions"])), title="NIST Cybersecurity Framework 2.0"),
           dict(fw("nist-csf-1.1", csf, csf_1_1_entries(csf["csf_1_1"])), note=csf["csf_1_1"]["note"],
                title="NIST Cybersecurity Framework 1.1 (functions and categories)"),
           fw("nist-ai-rmf-1.0", src["nist_ai_rmf"], rmf_entries(src["nist_ai_rmf"]))]
    for ident in ["eu-ai-act", "gdpr", "ccpa"]:
        law = dict(cross["frameworks"][ident], licence=cross["licence"])
        out.append(fw(ident, law, law_entries(law["items"])))
    out.append(fw("mitre-atlas", src["mitre_atlas"], atlas_entries(src["mitre_atlas"])))
    out += [fw(src[n]["catalog"], src[n], owasp_entries(src[n])) for n in OWASP]
    out.append(fw(src["enisa_ai_threats"]["catalog"], src["enisa_ai_threats"], enisa_entries(src["enisa_ai_threats"])))
    out.append(fw(src["mit_ai_risk_domains"]["catalog"], src["mit_ai_risk_domains"],
                  mit_entries(src["mit_ai_risk_domains"])))
    return out


def requirements(home):
    controls = [dict(c, kind="CONTROL", parent=c["objective"], hints=c["implementation_hints"], questions=[],
                     documents=[{"what": c["documentation_demanded"]}] if c["documentation_demanded"] else [],
                     stages=c["life_cycle_stages"], roles=c["typical_roles"])
                for c in home["annex_a"]["controls"]]
    clauses = [dict(c, kind="CLAUSE", description=c["summary"], hints=c["satisfying_records"],
                    questions=c["typical_audit_questions"], documents=c["documented_information"],
                    automated_measurements=[], stages=[], roles=[])
               for c in home["clauses"] if c["auditable"]]
    return controls, clauses


def vocabularies(home, cross):
    v = home["vocabularies"]

    def term(ident, text, title=None, examples=()):
        return {"id": ident, "title": title, "description": text, "examples": list(examples)}
    return {
        "EVIDENCE_KINDS": [term(k, t) for k, t in v["evidence_kinds"].items()],
        "MEASUREMENTS": [term(k, m["description"], m["title"], m["example_metrics"])
                         for k, m in v["measurements"].items()],
        "STAGES": [term(k, STAGE_TEXT[k]) for k in v["life_cycle_stages"]],
        "ROLES": [term(k, t) for k, t in v["roles"].items()],
        "RELATIONSHIPS": [term(t["token"], t["meaning"]) for t in cross["relationship_types"]["types"]],
    }


# ---- checks: what C code relies on ----

def check(fws, controls, clauses, terms, maps):
    ids = {f["id"]: {x["id"] for x in f["entries"]} for f in fws}
    measures = {t["id"] for t in terms["MEASUREMENTS"]}
    everything = set().union(*ids.values())
    for f in fws:
        assert len(ids[f["id"]]) == len(f["entries"]), "duplicate id in " + f["id"]
        seen = set()
        for x in f["entries"]:
            assert x["parent"] is None or x["parent"] in seen, "parent after child: " + x["id"]
            assert set(x["measurements"]) <= measures, "unknown measurement at " + x["id"]
            assert set(x["controls"]) <= ids[HOME], "unknown control at " + x["id"]
            assert set(x["links"]) <= everything, "dangling link at " + x["id"]
            seen.add(x["id"])
    for m in maps:
        assert m["source"] in ids[HOME] and m["target"] in ids[m["framework"]], "dangling row " + m["id"]
    evidence = {t["id"] for t in terms["EVIDENCE_KINDS"]}
    for r in controls + clauses:
        assert set(r["evidence_kinds"]) <= evidence, "unknown evidence kind at " + r["id"]
        assert {m["id"] for m in r["automated_measurements"]} <= measures, "unknown measurement at " + r["id"]


# ---- C text ----

def c_str(s):
    if s is None:
        return "{0, 0}"
    raw = s.encode("utf-8")
    text = "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else "\\%03o" % b for b in raw)
    assert len(raw) < 4095, "longer than a C string may be"
    return '{"%s", %d}' % (text, len(raw))


class Pool:
    """All lists of strings in one array; equal lists share their place."""

    def __init__(self):
        self.items, self.at = [], {}

    def add(self, values):
        key = tuple(values)
        if not key:
            return "{0, 0}"
        if key not in self.at:
            self.at[key] = len(self.items)
            self.items += key
        return "{pool + %d, %d}" % (self.at[key], len(key))


def table(out, decl, rows):
    out.append("%s = {" % decl)
    out += ["    {%s}," % ", ".join(r) for r in rows]
    out.append("};")


def put_frameworks(out, pool, fws):
    for i, f in enumerate(fws):
        table(out, "static const catalog_entry entries_%d[]" % i,
              [[c_str(x["id"]), c_str(x["title"]), c_str(x["gist"]), c_str(x["parent"]), "CATALOG_" + x["kind"],
                c_str(x["note"]), pool.add(x["controls"]), pool.add(x["measurements"]), pool.add(x["links"])]
               for x in f["entries"]])
    table(out, "const catalog_framework catalog_data_frameworks[]",
          [[c_str(f["id"]), c_str(f["title"]), c_str(f["licence"]), c_str(f["note"]), "entries_%d" % i,
            str(len(f["entries"]))] for i, f in enumerate(fws)])
    out.append("const size_t catalog_data_n_frameworks = %d;" % len(fws))


def put_requirements(out, pool, name, rows):
    proofs, documents, lines = [], [], []
    for r in rows:
        p0, d0 = len(proofs), len(documents)
        proofs += [[c_str(m["id"]), c_str(m["proves"])] for m in r["automated_measurements"]]
        documents += [[c_str(d.get("kind")), c_str(d["what"]), c_str(d.get("certainty"))] for d in r["documents"]]
        lines.append([c_str(r["id"]), c_str(r["title"]), c_str(r["description"]), c_str(r["parent"]),
                      "CATALOG_" + r["kind"], c_str(r.get("annex_b_ref")), pool.add(r["hints"]),
                      pool.add(r["questions"]), pool.add(r["evidence_kinds"]),
                      "%s_proofs + %d" % (name, p0), str(len(proofs) - p0),
                      "%s_documents + %d" % (name, d0), str(len(documents) - d0),
                      c_str(r.get("automation_potential")), pool.add(r["roles"]), pool.add(r["stages"])])
    none = [["{0, 0}"] * 2]
    table(out, "static const catalog_proof %s_proofs[]" % name, proofs or none)
    table(out, "static const catalog_document %s_documents[]" % name, documents or [["{0, 0}"] * 3])
    table(out, "const catalog_requirement catalog_data_%s[]" % name, lines)
    out.append("const size_t catalog_data_n_%s = %d;" % (name, len(rows)))


def put_terms(out, pool, terms):
    for name, rows in terms.items():
        table(out, "static const catalog_term terms_%s[]" % name.lower(),
              [[c_str(t["id"]), c_str(t["title"]), c_str(t["description"]), pool.add(t["examples"])] for t in rows])
    table(out, "const catalog_terms_row catalog_data_terms[CATALOG_VOCABULARIES]",
          [["terms_%s" % n.lower(), str(len(rows))] for n, rows in terms.items()])


def put_crosswalk(out, pool, fws, cross):
    title = {(f["id"], x["id"]): x["title"] or x["gist"] for f in fws for x in f["entries"]}
    table(out, "const catalog_map catalog_data_maps[]",
          [[c_str(m["id"]), c_str(m["source"]), c_str(m["framework"]), c_str(m["target"]),
            c_str(title[m["framework"], m["target"]]), c_str(m["relationship"]), c_str(m["rationale"]),
            c_str(m["confidence"]), c_str(m["note"]), pool.add(m["basis"])] for m in cross["mappings"]])
    out.append("const size_t catalog_data_n_maps = %d;" % len(cross["mappings"]))
    table(out, "const catalog_unmapped catalog_data_unmapped[]",
          [[c_str(u["source"]), c_str(u["framework"]), c_str(u["reason"])] for u in cross["unmapped"]])
    out.append("const size_t catalog_data_n_unmapped = %d;" % len(cross["unmapped"]))


def main(catalog_dir, attributions, out_path):
    src = {p.stem: json.loads(p.read_text("utf-8")) for p in sorted(Path(catalog_dir).glob("*.json"))}
    fws, (controls, clauses) = frameworks(src), requirements(src["iso42001"])
    terms = vocabularies(src["iso42001"], src["crosswalk"])
    check(fws, controls, clauses, terms, src["crosswalk"]["mappings"])
    lines = [ln[2:].strip() for ln in Path(attributions).read_text("utf-8").splitlines() if ln.startswith("> ")]
    pool, body = Pool(), []
    put_frameworks(body, pool, fws)
    put_requirements(body, pool, "controls", controls)
    put_requirements(body, pool, "clauses", clauses)
    put_terms(body, pool, terms)
    put_crosswalk(body, pool, fws, src["crosswalk"])
    body.append("const catalog_list catalog_data_attributions = %s;" % pool.add(lines))
    head = ["/* catalog_data.c - generated by script/gen_catalog.py from catalog/; do not edit. */",
            "/* SPDX-License-Identifier: Apache-2.0 */", '#include "catalog/data.h"', ""]
    head += ["static const str pool[] = {"] + ["    %s," % c_str(s) for s in pool.items] + ["};"]
    Path(out_path).write_text("\n".join(head + body) + "\n", "ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
