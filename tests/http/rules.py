# rules.py - what the API promises beyond its table: versions, repeats, pages, sessions, refusals.
# SPDX-License-Identifier: Apache-2.0
import base64
import contextlib
import gzip
import hashlib
import hmac
import http.client
import json
import os
import struct
import sys
import threading
import time

import harness
from harness import Admin, Server, call, expect, leaves, some_system


def test_change_needs_the_version_seen(admin):
    x = some_system(admin, "versions")
    path = f"/api/v1/systems/{x['id']}"
    expect(admin.call("PATCH", path, {"purpose": "other"}), 428, "no_version", "If-Match")
    for tag in ["*", "1", 'W/"1"', '"1", "2"', '"0"', '"x"', '""', '"-1"', '"99999999999999999999"']:
        expect(admin.call("PATCH", path, {"purpose": "other"}, {"If-Match": tag}), 400, "invalid", "If-Match")
    r = expect(admin.call("PATCH", path, {"purpose": "other"}, {"If-Match": '"1"'}), 200)
    assert r.headers["ETag"] == '"2"' and r.json["purpose"] == "other" and r.json["version"] == 2
    expect(admin.call("PATCH", path, {"purpose": "third"}, {"If-Match": '"1"'}), 412, "stale")
    expect(admin.call("DELETE", path), 428, "no_version")
    expect(admin.call("DELETE", path, headers={"If-Match": '"1"'}), 412, "stale")
    r = expect(admin.call("DELETE", path, headers={"If-Match": '"2"'}), 200)
    assert "retired_at" in r.json
    expect(admin.call("PATCH", path, {"purpose": "x"}, {"If-Match": '"3"'}), 409, "conflict")
    history = expect(admin.call("GET", path + "/history"), 200).json
    assert [v["version"] for v in history] == [3, 2, 1]
    assert history[1]["changes"] == [{"field": "purpose", "from": "decides", "to": "other"}]


def test_merge_patch_clears_with_null(admin):
    x = some_system(admin, "merge")
    path = f"/api/v1/systems/{x['id']}"
    expect(admin.call("PATCH", path, {"oversight": "a person"}, {"If-Match": '"1"'}), 200)
    r = expect(admin.call("PATCH", path, b'{"oversight": null}',
                          {"If-Match": '"2"', "Content-Type": "application/merge-patch+json"}), 200)
    assert "oversight" not in r.json
    expect(admin.call("PATCH", path, {"name": None}, {"If-Match": '"3"'}), 400, "invalid", "name")


def test_one_of_many_changes_wins(admin):
    x = some_system(admin, "race")
    path, results = f"/api/v1/systems/{x['id']}", []

    def change(i):
        results.append(admin.call("PATCH", path, {"purpose": f"p{i}"}, {"If-Match": '"1"'}).status)

    threads = [threading.Thread(target=change, args=(i,)) for i in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(results) == [200] + [412] * 11, results


def test_by_name_and_not_modified(admin):
    x = some_system(admin, "näme / with & all")
    r = expect(admin.call("GET", "/api/v1/systems/n%C3%A4me%20%2F%20with%20%26%20all"), 200)
    assert r.json["id"] == x["id"] and r.headers["ETag"] == '"1"'
    same = admin.call("GET", f"/api/v1/systems/{x['id']}", headers={"If-None-Match": '"1"'})
    assert same.status == 304 and same.body == b"" and same.headers["ETag"] == '"1"'
    expect(admin.call("GET", f"/api/v1/systems/{x['id']}", headers={"If-None-Match": '"7"'}), 200)


def test_same_key_is_one_act(admin):
    body, key = {"name": "Bob"}, {"Idempotency-Key": "k-1"}
    first = expect(admin.call("POST", "/api/v1/people", body, key), 201)
    size = len(leaves(admin))
    again = expect(admin.call("POST", "/api/v1/people", body, key), 201)
    assert again.json == first.json and again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    assert len(leaves(admin)) == size, "a replay is no act"
    expect(admin.call("POST", "/api/v1/people", {"name": "Eve"}, key), 409, "conflict", "Idempotency-Key")
    expect(admin.call("POST", "/api/v1/suppliers", body, key), 409, "conflict", "Idempotency-Key")
    for bad in ["", "x" * 201, "tab\there"]:
        expect(admin.call("POST", "/api/v1/people", {"name": "Eve"}, {"Idempotency-Key": bad}), 400,
               "invalid", "Idempotency-Key")


def test_refused_request_frees_its_key(admin):
    key = {"Idempotency-Key": "k-2"}
    expect(admin.call("POST", "/api/v1/people", {"nme": "x"}, key), 400, "invalid", "nme")
    expect(admin.call("POST", "/api/v1/people", {"name": "Carl"}, key), 201)


def test_same_key_at_the_same_time(admin):
    results = []

    def add():
        r = admin.call("POST", "/api/v1/people", {"name": "Dora"}, {"Idempotency-Key": "k-3"})
        results.append((r.status, r.json.get("id")))

    threads = [threading.Thread(target=add) for _ in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    made = [i for s, i in results if s == 201]
    assert made and len(set(made)) == 1 and {s for s, _ in results} <= {201, 409}, results
    found = expect(admin.call("GET", "/api/v1/people?name=Dora&count=true"), 200).json
    assert found["total"] == 1


def test_the_store_says_what_it_is(admin):
    r = expect(admin.call("GET", "/api/v1/storage"), 200)
    postgres = "AIMS_TEST_PG" in os.environ
    assert r.json["kind"] == ("postgresql" if postgres else "sqlite") and r.json["bytes"] > 0, r.json
    assert r.json["version"][0].isdigit() and r.json["schema"] > 0 and r.json["leaves"] > 0, r.json
    assert (r.json["path"] is None) == postgres and b"postgres@" not in r.body, r.json
    queued = admin.call("POST", "/api/v1/backups")
    if postgres:
        expect(queued, 409, "conflict", "store")
    else:
        assert expect(queued, 202).json["kind"] == "backup"


def test_a_job_for_no_plan(admin):
    body = {"kind": "assess", "payload": {"plan": "nowhere"}}
    expect(admin.call("POST", "/api/v1/jobs", body), 404, "not_found", "payload.plan")


def test_secret_replies_are_not_kept(admin):
    r = admin.session("POST", "/api/v1/accounts", {"name": "idem", "role": "engineer"}, {"Idempotency-Key": "k"})
    expect(r, 400, "invalid", "Idempotency-Key")


def test_pages_show_each_record_once(admin):
    ids = [admin.add("suppliers", {"name": f"page {i}", "service": "s"})["id"] for i in range(23)]
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        r = expect(admin.call("GET", f"/api/v1/suppliers?name_like=page&limit=5&cursor={cursor}" if cursor
                              else "/api/v1/suppliers?name_like=page&limit=5"), 200).json
        seen += [x["id"] for x in r["items"]]
        cursor, pages = r["next"], pages + 1
    assert seen == sorted(ids, reverse=True) and pages == 5
    for query, path in [("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
                        ("cursor=x", "cursor"), ("cursor=MTpm", "cursor"), ("cursor=MTotMQ", "cursor"),
                        ("colour=red", "colour"), ("retired=maybe", "retired"), ("limit=1&limit=2", "limit"),
                        ("as_of=yesterday", "as_of"), ("as_of=2026-01-01&name=x", "name"),
                        ("name=%ff", "query"), ("name=%", "query"), ("name=%00", "query")]:
        expect(admin.call("GET", f"/api/v1/suppliers?{query}"), 400, "invalid", path)


def test_filters_and_csv(admin):
    for i in range(3):
        admin.add("suppliers", {"name": f"filter {i}", "service": "s"})
    r = expect(admin.call("GET", "/api/v1/suppliers?name=filter+1"), 200).json
    assert [x["name"] for x in r["items"]] == ["filter 1"] and r["next"] is None
    r = expect(admin.call("GET", "/api/v1/suppliers?name_like=filter&format=csv"), 200)
    assert r.headers["Content-Type"].startswith("text/csv") and r.body.count(b"\r\n") == 4
    by_accept = admin.call("GET", "/api/v1/suppliers?name_like=filter", headers={"Accept": "text/csv;q=0.9"})
    assert by_accept.body == r.body
    for i in range(40):
        admin.add("suppliers", {"name": f"exported {i}", "service": "s"})
    whole = expect(admin.call("GET", "/api/v1/suppliers?name_like=exported&format=csv"), 200)
    assert whole.body.count(b"\r\n") == 41, "an export without a limit is whole"
    part = expect(admin.call("GET", "/api/v1/suppliers?name_like=exported&format=csv&limit=7"), 200)
    assert part.body.count(b"\r\n") == 8 and whole.body.startswith(part.body)


def test_records_by_their_ids(admin):
    ids = [admin.add("suppliers", {"name": f"by id {i}", "service": "s"})["id"] for i in range(4)]
    admin.call("DELETE", f"/api/v1/suppliers/{ids[1]}", headers={"If-Match": '"1"'})
    r = expect(admin.call("GET", f"/api/v1/suppliers?ids={ids[2]},{ids[0]},{ids[1]},987654,{ids[0]}"), 200).json
    assert [x["id"] for x in r["items"]] == [ids[2], ids[1], ids[0]] and r["next"] is None
    assert r["items"][1]["retired_at"]
    for query in ("ids=", "ids=1,", "ids=x", "ids=1&limit=3", "ids=1&name=x", "ids=" + ",".join(["1"] * 257)):
        expect(admin.call("GET", f"/api/v1/suppliers?{query}"), 400, "invalid", "ids")
    expect(admin.call("GET", "/api/v1/suppliers?ids=" + ",".join(["1"] * 256)), 200)


def test_newest_of_each(admin):
    for name, criticality in [("new a", "high"), ("new b", "low"), ("new c", "high")]:
        admin.add("suppliers", {"name": name, "service": "newest", "criticality": criticality})
    r = expect(admin.call("GET", "/api/v1/suppliers?name_like=new+&newest_by=criticality"), 200).json
    assert [x["name"] for x in r["items"]] == ["new c", "new b"]
    expect(admin.call("GET", "/api/v1/suppliers?newest_by=service"), 400, "invalid", "newest_by")


def test_what_is_due(admin):
    def due(until):
        r = expect(admin.call("GET", f"/api/v1/due?until={until}"), 200).json
        assert r["more"] is False and [x["on"] for x in r["items"]] == sorted(x["on"] for x in r["items"])
        return [(x["member"], x["on"]) for x in r["items"] if x["type"] == "risk" and x["name"] == "due risk"]

    person = admin.add("people", {"name": "who owes"})["id"]
    risk = {"name": "due risk", "owner": person, "likelihood": 2, "impact_organisation": 1, "impact_individuals": 1,
            "impact_society": 1, "status": "open", "treatment_due": "2031-05-01", "review_on": "2031-04-01"}
    x = admin.add("risks", risk)
    assert due("2031-03-31") == [] and due("2031-04-01") == [("review_on", "2031-04-01")]
    assert due("2031-06-01") == [("review_on", "2031-04-01"), ("treatment_due", "2031-05-01")]
    path = f"/api/v1/risks/{x['id']}"
    treated = {"status": "accepted", "treatment": "accept", "accepted_by": person, "accepted_on": "2031-01-01",
               "acceptance_expires_on": "2031-04-10", "residual_likelihood": 1, "residual_organisation": 1,
               "residual_individuals": 1, "residual_society": 1}
    expect(admin.call("PATCH", path, treated, {"If-Match": '"1"'}), 200)
    assert due("2031-06-01") == [("review_on", "2031-04-01"), ("acceptance_expires_on", "2031-04-10")], "treated is done"
    expect(admin.call("PATCH", path, {"status": "closed"}, {"If-Match": '"2"'}), 200)
    assert due("2031-06-01") == []
    expect(admin.call("GET", "/api/v1/due?until=soon"), 400, "invalid", "until")


def test_replies_are_packed_for_who_takes_it(admin):
    def ask(path, accept):
        return expect(admin.call("GET", path, headers={"Accept-Encoding": accept} if accept else None), 200)

    plain = ask("/api/v1/types", None)
    assert "Content-Encoding" not in plain.headers and plain.headers["Vary"] == "Accept-Encoding"
    for accept in ("gzip", "br, gzip;q=0.8", "*"):
        packed = ask("/api/v1/types", accept)
        assert packed.headers["Content-Encoding"] == "gzip" and len(packed.body) < len(plain.body) / 3
        assert gzip.decompress(packed.body) == plain.body
    for accept in ("br", "gzip;q=0", "identity"):
        assert ask("/api/v1/types", accept).body == plain.body
    small = ask("/api/v1/sessions/me", "gzip")
    assert "Content-Encoding" not in small.headers, "little is gained, and it holds a secret"


def test_as_of_shows_the_past(admin):
    x = admin.add("suppliers", {"name": "past", "service": "before"})
    path = f"/api/v1/suppliers/{x['id']}"
    time.sleep(0.02)
    admin.call("PATCH", path, {"service": "after"}, {"If-Match": '"1"'})
    then = x["updated_at"]
    assert expect(admin.call("GET", path), 200).json["service"] == "after"
    assert expect(admin.call("GET", f"{path}?as_of={then}"), 200).json["service"] == "before"
    expect(admin.call("GET", f"{path}?as_of=2001-01-01"), 404, "not_found")
    old = expect(admin.call("GET", f"/api/v1/suppliers?as_of={then}&limit=1"), 200).json["items"][0]
    assert old["service"] == "before"


def test_bodies_are_refused_exactly(admin):
    def post(body, kind="application/json"):
        return admin.call("POST", "/api/v1/people", body, {"Content-Type": kind})

    expect(post(b'{"name": "x"}', "text/plain"), 415, "media_type", "Content-Type")
    expect(post(b"name=x", "application/x-www-form-urlencoded"), 415, "media_type")
    for body in [b"", b"{", b'{"name":"x"} 1', b"[1,2", b"nul", b'{"name":"x","name":"y"}', b'{"name":"\xff"}',
                 b'{"name":"\\ud800"}', b"[" * 100000, b'{"name":' * 100, b"\xef\xbb\xbf{}", b'{"name":1e999}']:
        expect(post(body), 400)
    expect(post(b"[]"), 400, "invalid")
    expect(post(b'"x"'), 400, "invalid")
    expect(post(b'{"name": 7}'), 400, "invalid", "name")
    expect(post(b'{"name": ""}'), 400, "invalid", "name")
    expect(post(b'{"name": "x\\u0000"}'), 400)
    expect(post(b'{"name": "x", "id": 5}'), 400, "invalid", "id")
    expect(post(b'{"name": "x", "colour": 5}'), 400, "invalid", "colour")
    expect(admin.call("GET", "/api/v1/people", b"{}"), 400, "usage")
    expect(admin.call("POST", "/api/v1/jobs/1/cancel", b"{}"), 400, "usage")


def test_session_needs_its_csrf_token(admin):
    body = {"name": "Frida"}
    for headers in [{"X-CSRF-Token": ""}, {"X-CSRF-Token": "x" * len(admin.csrf)}]:
        expect(admin.session("POST", "/api/v1/people", body, headers), 403, "denied", "X-CSRF-Token")
    expect(call(admin.server, "POST", "/api/v1/people", body, headers={"Cookie": admin.cookie}), 403, "denied")
    expect(admin.session("GET", "/api/v1/people", headers={"X-CSRF-Token": ""}), 200)
    expect(admin.session("POST", "/api/v1/people", body), 201)


def test_log_in_and_out(admin):
    login = {"name": "admin", "password": harness.PASSWORD}
    wrong = expect(call(admin.server, "POST", "/api/v1/sessions", {**login, "password": "x"}), 401, "unauthenticated")
    nobody = expect(call(admin.server, "POST", "/api/v1/sessions", {**login, "name": "x"}), 401, "unauthenticated")
    assert wrong.json["detail"] == nobody.json["detail"]
    r = expect(call(admin.server, "POST", "/api/v1/sessions", login), 201)
    cookie = r.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    h = {"Cookie": "a=b; " + cookie.split(";")[0] + "; c=d", "X-CSRF-Token": r.json["csrf"]}
    me = expect(call(admin.server, "GET", "/api/v1/sessions/me", headers=h), 200).json
    assert me["account"] == "admin" and me["csrf"] == r.json["csrf"]
    out = expect(call(admin.server, "DELETE", "/api/v1/sessions/me", headers=h), 204)
    assert "Max-Age=0" in out.headers["Set-Cookie"]
    expect(call(admin.server, "GET", "/api/v1/sessions/me", headers=h), 401, "unauthenticated")


def test_accounts_and_tokens(admin):
    expect(admin.call("POST", "/api/v1/accounts", {"name": "au", "role": "auditor"}), 400, "invalid", "valid_until")
    expect(admin.call("POST", "/api/v1/accounts", {"name": "en", "role": "king"}), 400, "invalid", "role")
    r = expect(admin.call("POST", "/api/v1/accounts", {"name": "en", "role": "engineer"}), 201).json
    assert r["link"] == "/setup?code=" + r["code"]
    redeem = {"code": r["code"], "password": "short"}
    expect(call(admin.server, "POST", "/api/v1/sessions/redeem", redeem), 400, "invalid", "password")
    redeem["password"] = "long enough now"
    s = expect(call(admin.server, "POST", "/api/v1/sessions/redeem", redeem), 201)
    again = call(admin.server, "POST", "/api/v1/sessions/redeem", redeem)
    assert again.status in (401, 404, 400), again.status
    h = {"Cookie": s.headers["Set-Cookie"].split(";")[0], "X-CSRF-Token": s.json["csrf"]}
    token = {"name": "t", "capabilities": ["admin"], "expires_at": time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + 2 * 86400))}
    expect(call(admin.server, "POST", "/api/v1/tokens", token, headers=h), 403, "denied", "capabilities")
    expect(call(admin.server, "POST", "/api/v1/tokens", {**token, "capabilities": ["fly"]}, headers=h), 400,
           "invalid", "capabilities.0")
    made = expect(call(admin.server, "POST", "/api/v1/tokens", {**token, "capabilities": ["read"]}, headers=h), 201).json
    expect(call(admin.server, "GET", "/api/v1/people", token=made["token"]), 200)
    expect(call(admin.server, "DELETE", f"/api/v1/tokens/{made['id']}", headers=h), 204)
    expect(call(admin.server, "GET", "/api/v1/people", token=made["token"]), 401, "unauthenticated")
    expect(admin.call("PATCH", "/api/v1/accounts/en", {}), 400, "invalid", "role")
    expect(admin.call("PATCH", "/api/v1/accounts/en", {"disabled": True}), 204)
    expect(call(admin.server, "GET", "/api/v1/people", headers=h), 401, "unauthenticated")


def totp(secret, step=0):
    """RFC 6238 by the standard library: the code of now, or of another step."""
    key = base64.b32decode(secret)
    mac = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30 + step), "sha1")
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def new_person(admin, name, role="engineer"):
    """An account of its own, and a function that asks in its session."""
    code = expect(admin.call("POST", "/api/v1/accounts", {"name": name, "role": role}), 201).json["code"]
    s = expect(call(admin.server, "POST", "/api/v1/sessions/redeem", {"code": code, "password": harness.PASSWORD}), 201)
    h = {"Cookie": s.headers["Set-Cookie"].split(";")[0], "X-CSRF-Token": s.json["csrf"]}
    return lambda method, path, body=None, **more: call(admin.server, method, "/api/v1" + path, body, headers={**h, **more})


def log_in(admin, name, **more):
    return call(admin.server, "POST", "/api/v1/sessions", {"name": name, "password": harness.PASSWORD, **more})


def test_second_factor(admin):
    ask = new_person(admin, "totp")
    mine = {"password": harness.PASSWORD}
    expect(admin.call("POST", "/api/v1/me/totp", mine), 403, "denied", "")  # a token is nobody's person
    expect(ask("POST", "/me/totp", mine, **{"X-CSRF-Token": "x"}), 403, "denied", "X-CSRF-Token")
    expect(ask("POST", "/me/totp", {"password": "x"}), 403, "denied", "password")
    made = expect(ask("POST", "/me/totp", mine), 200).json
    assert made["uri"].startswith("otpauth://totp/aims:totp?secret=" + made["secret"])
    expect(log_in(admin, "totp"), 201)  # not confirmed yet
    if time.time() % 30 > 26:  # the test must not see two steps go by
        time.sleep(4)
    first = totp(made["secret"], -1)
    codes = expect(ask("POST", "/me/totp/confirm", {"code": first}), 200).json["codes"]
    assert len(set(codes)) == 10
    r = expect(log_in(admin, "totp"), 401, "second_factor", "code")
    assert "Set-Cookie" not in r.headers and r.headers["WWW-Authenticate"] == "Bearer"
    expect(log_in(admin, "totp", code="000000x"), 401, "unauthenticated", "code")
    expect(log_in(admin, "totp", code=first), 401, "unauthenticated", "code")
    expect(log_in(admin, "totp", code=totp(made["secret"])), 201)
    expect(log_in(admin, "totp", code=codes[0].lower()), 201)
    expect(log_in(admin, "totp", code=codes[0]), 401, "unauthenticated", "code")
    state = expect(ask("GET", "/me/factors"), 200).json
    assert state["totp"] and state["recovery_codes"] == 9
    fresh = expect(ask("POST", "/me/recovery-codes", {**mine, "code": codes[1]}), 200).json["codes"]
    expect(ask("POST", "/me/totp/off", {**mine, "code": codes[2]}), 403, "denied", "code")
    expect(ask("POST", "/me/totp/off", {**mine, "code": fresh[0]}), 204)
    expect(log_in(admin, "totp"), 201)
    log = json.dumps(leaves(admin))
    assert made["secret"] not in log and not any(c in log or c.replace("-", "") in log for c in codes)


def test_administrator_takes_factors_away(admin):
    ask = new_person(admin, "lost")
    made = expect(ask("POST", "/me/totp", {"password": harness.PASSWORD}), 200).json
    expect(ask("POST", "/me/totp/confirm", {"code": totp(made["secret"])}), 200)
    expect(ask("DELETE", "/accounts/lost/factors"), 403, "denied")
    expect(log_in(admin, "lost"), 401, "second_factor")
    expect(admin.call("DELETE", "/api/v1/accounts/lost/factors"), 204)
    expect(ask("GET", "/sessions/me"), 401, "unauthenticated")
    expect(log_in(admin, "lost"), 201)
    expect(admin.call("DELETE", "/api/v1/accounts/nobody/factors"), 404, "not_found", "name")


def test_sessions_and_password(admin):
    ask = new_person(admin, "many")
    other = {"Cookie": expect(log_in(admin, "many"), 201).headers["Set-Cookie"].split(";")[0]}
    me = expect(ask("GET", "/sessions/me"), 200).json
    assert me["role"] == "engineer" and me["person"] is None
    mine = expect(ask("GET", "/sessions"), 200).json["items"]
    assert len(mine) == 2 and sum(s["current"] for s in mine) == 1
    assert all(s["means"] == "password" and s["last_seen_at"] >= s["created_at"] for s in mine)
    of_admin = expect(admin.call("GET", "/api/v1/sessions"), 200).json["items"]
    expect(ask("GET", "/sessions?account=admin"), 403, "denied")
    expect(ask("DELETE", f"/sessions/{of_admin[0]['id']}"), 404, "not_found", "id")
    expect(ask("DELETE", "/sessions/redeem"), 405, "method")
    assert len(expect(admin.call("GET", "/api/v1/sessions?account=many"), 200).json["items"]) == 2
    expect(ask("DELETE", "/sessions/" + next(s["id"] for s in mine if not s["current"])), 204)
    expect(call(admin.server, "GET", "/api/v1/sessions/me", headers=other), 401, "unauthenticated")
    other = {"Cookie": expect(log_in(admin, "many"), 201).headers["Set-Cookie"].split(";")[0]}
    change = {"old": harness.PASSWORD, "password": "a new long sentence"}
    expect(ask("POST", "/me/password", {**change, "old": "wrong"}), 403, "denied", "password")
    expect(ask("POST", "/me/password", {**change, "password": "short"}), 400, "invalid", "password")
    expect(ask("POST", "/me/password", change), 204)
    expect(ask("GET", "/sessions/me"), 200)
    expect(call(admin.server, "GET", "/api/v1/sessions/me", headers=other), 401, "unauthenticated")
    expect(log_in(admin, "many"), 401, "unauthenticated")


def test_passkeys_are_of_one_site(admin):
    ask = new_person(admin, "keys")
    mine = {"password": harness.PASSWORD}
    local = {"Host": f"localhost:{admin.server.port}"}
    expect(ask("POST", "/me/passkeys/challenge", mine), 400, "invalid", "Host")  # 127.0.0.1
    start = expect(ask("POST", "/me/passkeys/challenge", mine, **local), 200).json
    assert start["site"] == "localhost" and start["algorithms"] == [-8, -7] and start["exclude"] == []
    new = {"name": "k", "client_data": "e30", "attestation": "oA"}
    expect(ask("POST", "/me/passkeys", new, **local), 400, "invalid", "client_data")
    expect(ask("POST", "/me/passkeys", {**new, "client_data": "!"}, **local), 400, "invalid", "client_data")
    expect(ask("PATCH", "/me/passkeys/1", {"name": "x"}), 404, "not_found", "id")
    expect(ask("DELETE", "/me/passkeys/1"), 404, "not_found", "id")
    expect(call(admin.server, "POST", "/api/v1/sessions/challenge"), 400, "invalid", "Host")
    seen = {expect(call(admin.server, "POST", "/api/v1/sessions/challenge", headers=local), 200).json["challenge"]
            for _ in range(3)}
    assert len(seen) == 3
    proof = {"credential": "AA", "client_data": "e30", "authenticator_data": "AA", "signature": "AA"}
    r = expect(call(admin.server, "POST", "/api/v1/sessions/passkey", proof, headers=local), 401, "unauthenticated")
    assert "Set-Cookie" not in r.headers


def test_files_stream_both_ways(admin):
    data = bytes(range(256)) * 20000
    digest = hashlib.sha256(data).digest()
    r = expect(admin.call("POST", "/api/v1/files?name=../../etc/pass%22wd%0d%0aX:y", data,
                          {"Repr-Digest": harness.sha256_field(digest)}), 201)
    assert r.json["sha256"] == digest.hex() and r.json["size"] == len(data)
    assert r.headers["Location"] == f"/api/v1/files/{digest.hex()}"
    got = expect(admin.call("GET", r.headers["Location"]), 200)
    assert got.body == data and got.headers["Repr-Digest"] == harness.sha256_field(digest)
    name = got.headers["Content-Disposition"]
    assert name.startswith("attachment; filename=\"") and "/" not in name and name.count('"') == 2, name
    wrong = harness.sha256_field(hashlib.sha256(b"x").digest())
    expect(admin.call("POST", "/api/v1/files", b"other bytes", {"Repr-Digest": wrong}), 422, "check_failed", "Repr-Digest")
    expect(admin.call("GET", "/api/v1/files/" + hashlib.sha256(b"other bytes").hexdigest()), 404, "not_found")
    for bad in ["x", digest.hex().upper(), digest.hex() + "0", "..%2f..%2fkeys%2ffiles.key"]:
        expect(admin.call("GET", f"/api/v1/files/{bad}"), 404, "not_found")


def test_bag_and_soa_formats(admin):
    r = expect(admin.call("POST", "/api/v1/bags", {}), 200)
    assert r.body[:2] == b"\x1f\x8b"
    assert r.headers["Repr-Digest"] == harness.sha256_field(hashlib.sha256(r.body).digest())
    expect(admin.call("POST", "/api/v1/bags", {"controls": ["A.5.4", "A.99"]}), 400, "invalid", "controls.1")
    as_json = expect(admin.call("GET", "/api/v1/soa"), 200).json
    assert len(as_json["controls"]) == 38
    csv = expect(admin.call("GET", "/api/v1/soa?format=csv"), 200)
    assert csv.headers["Content-Type"].startswith("text/csv") and csv.body.count(b"\r\n") >= 39
    text = expect(admin.call("GET", "/api/v1/soa", headers={"Accept": "text/plain"}), 200)
    assert b"A.2.2" in text.body
    expect(admin.call("GET", "/api/v1/soa?format=pdf"), 400, "invalid", "format")


def test_the_log_is_searched_and_counted(admin):
    x = some_system(admin, "searched")
    expect(admin.call("PATCH", f"/api/v1/systems/{x['id']}", {"purpose": "found"}, {"If-Match": '"1"'}), 200)
    log = "/api/v1/log"
    mine = expect(admin.call("GET", f"{log}/acts?type=ai_system&id={x['id']}"), 200).json
    assert [(a["act"], a["version"]) for a in mine["items"]] == [("ai_system.change", 2), ("ai_system.add", 1)], mine
    assert mine["next_before"] is None
    adds = expect(admin.call("GET", f"{log}/acts?act=ai_system.add&limit=1"), 200).json
    assert adds["items"][0]["seq"] == mine["items"][1]["seq"] == adds["next_before"]
    older = expect(admin.call("GET", f"{log}/acts?act=ai_system.add&limit=500&before={adds['next_before']}"), 200).json
    assert all(a["seq"] < adds["next_before"] and a["act"] == "ai_system.add" for a in older["items"])
    assert expect(admin.call("GET", f"{log}/acts?act=no.such"), 200).json["items"] == []
    expect(admin.call("GET", f"{log}/acts?id=x"), 400, "invalid", "id")
    size = len(leaves(admin))
    growth = expect(admin.call("GET", f"{log}/growth"), 200).json
    assert sum(s["leaves"] for s in growth["steps"]) == size == sum(a["leaves"] for a in growth["acts"])
    assert [s["at"] for s in growth["steps"]] == sorted(s["at"] for s in growth["steps"])
    marks = expect(admin.call("GET", f"{log}/checkpoints?limit=1"), 200).json
    head = expect(admin.call("GET", log), 200).json
    assert marks["items"][0]["size"] == head["size"] == size and marks["items"][0]["checkpoint"] == head["checkpoint"]
    before = expect(admin.call("GET", f"{log}/checkpoints?before={marks['next_before']}&limit=500"), 200).json
    sizes = [m["size"] for m in before["items"]]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] < size, sizes
    reader = admin.new_token(["read"])
    for path in ["acts", "growth", "checkpoints"]:
        expect(call(admin.server, "GET", f"{log}/{path}", None, reader), 403, "denied")


def test_erasing_keeps_the_log_valid(admin):
    x = admin.add("people", {"name": "Gone Person", "email": "gone@example.org"})
    r = expect(admin.call("POST", f"/api/v1/people/{x['id']}/erase"), 200).json
    assert "email" in r["erased"] and r["remains"]
    assert "gone@example.org" not in json.dumps(leaves(admin))
    after = expect(admin.call("GET", f"/api/v1/people/{x['id']}"), 200).body
    assert b"gone@example.org" not in after
    check = expect(admin.call("GET", "/api/v1/log/verification"), 200).json
    assert check["findings"] == [], check
    expect(admin.call("POST", "/api/v1/systems/1/erase"), 404, "not_found")


def test_one_connection_serves_many(admin):
    c = http.client.HTTPConnection("127.0.0.1", admin.server.port, timeout=20)
    h = {"Authorization": f"Bearer {admin.token}", "Content-Type": "application/json"}
    for i in range(30):
        method, path, body, want = [("GET", "/api/v1/people", None, 200), ("POST", "/api/v1/people", b"{", 400),
                                    ("GET", "/nowhere", None, 404), ("POST", "/api/v1/people", b'{"name":"n%d"}' % i, 201)][i % 4]
        c.request(method, path, body, h)
        r = c.getresponse()
        r.read()
        assert r.status == want, (method, path, r.status)
    c.close()


@contextlib.contextmanager
def admin_of_server():
    server = Server(sys.argv[1], store=os.environ.get("AIMS_TEST_PG"))
    try:
        yield Admin(server)
    finally:
        server.close()


if __name__ == "__main__":
    harness.run(globals(), admin_of_server)
