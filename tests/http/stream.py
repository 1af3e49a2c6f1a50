# stream.py - the event stream, and stopping: nothing acknowledged is lost, nothing hangs.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import http.client
import json
import os
import signal
import sys
import threading
import time

import harness
from harness import Admin, Server, call, expect


class Stream:
    """Reads server-sent events of one connection."""

    def __init__(self, admin, after=None, last=None):
        self.c = http.client.HTTPConnection("127.0.0.1", admin.server.port, timeout=20)
        h = {"Authorization": f"Bearer {admin.token}"}
        if last is not None:
            h["Last-Event-ID"] = str(last)
        self.c.request("GET", "/api/v1/events" + (f"?after={after}" if after is not None else ""), headers=h)
        self.r = self.c.getresponse()
        assert self.r.status == 200 and self.r.headers["Content-Type"] == "text/event-stream", self.r.status

    def next(self):
        """The next event as (id, event, data); None at the end of the stream."""
        event = {}
        while line := self.r.readline():
            line = line.decode().rstrip("\n")
            if not line and "data" in event:
                data = json.loads(event["data"])
                return int(event["id"]), data["act"], data
            if line and not line.startswith(":"):
                key, value = line.split(": ", 1)
                event[key] = value
        return None

    def close(self):
        self.c.close()


def test_events_tell_what_happens(admin):
    s = Stream(admin)
    x = admin.add("people", {"name": "Event"})
    number, act, data = s.next()
    assert act == "person.add" and data["seq"] == number
    assert (data["type"], data["id"], data["version"]) == ("person", x["id"], 1)
    assert "Event" not in json.dumps(data), "no contents"
    s.close()


def test_a_stream_resumes_after_its_last_event(admin):
    s = Stream(admin)
    ids = [admin.add("people", {"name": f"Resume {i}"})["id"] for i in range(3)]
    first = s.next()
    s.close()
    assert first[2]["id"] == ids[0]
    s = Stream(admin, last=first[0])
    assert [s.next()[2]["id"], s.next()[2]["id"]] == ids[1:]
    s.close()
    s = Stream(admin, after=-1)
    assert [s.next()[0] for _ in range(20)] == list(range(20)), "from the first leaf on, no gaps"
    s.close()
    ahead = Stream(admin, last=10**12)
    late = admin.add("people", {"name": "Late"})
    assert ahead.next()[2]["id"] == late["id"], "a number from the future does not silence the stream"
    ahead.close()
    r = call(admin.server, "GET", "/api/v1/events", token=admin.token, headers={"Last-Event-ID": "x"})
    expect(r, 400, "invalid", "Last-Event-ID")


def test_many_streams_see_every_event(admin):
    streams = [Stream(admin) for _ in range(40)]
    ids = [admin.add("people", {"name": f"Many {i}"})["id"] for i in range(5)]
    for s in streams:
        assert [s.next()[2]["id"] for _ in ids] == ids
    text = expect(admin.call("GET", "/metrics"), 200).body.decode()
    open_streams = int(text.split("\naims_http_event_streams ")[1].split("\n")[0])
    assert open_streams >= 40, open_streams
    for s in streams:
        s.close()


def acts_until_stopped(admin, acknowledged, number):
    with contextlib.suppress(OSError, http.client.HTTPException):
        for i in range(10000):
            r = admin.call("POST", "/api/v1/people", {"name": f"{time.time()} {number} {i}"})
            if r.status != 201:
                return
            acknowledged.append(r.json["id"])


def stop_under_load(admin, how):
    """Stops the server while eight writers are at it; the ids that were acknowledged."""
    acknowledged = []
    writers = [threading.Thread(target=acts_until_stopped, args=(admin, acknowledged, n)) for n in range(8)]
    for t in writers:
        t.start()
    end = time.time() + 30
    while len(acknowledged) < 40:
        assert time.time() < end, "the writers do not get on"
        time.sleep(0.01)
    begin = time.time()
    code = admin.server.stop(how)
    took = time.time() - begin
    for t in writers:
        t.join()
    return acknowledged, code, took


def all_people(admin):
    ids, cursor = [], ""
    while cursor is not None:
        page = expect(admin.call("GET", f"/api/v1/people?limit=500{cursor}"), 200).json
        ids += [x["id"] for x in page["items"]]
        cursor = page["next"] and "&cursor=" + page["next"]
    return ids


def check_after_restart(admin, acknowledged):
    admin.server.start()
    assert set(acknowledged) <= set(all_people(admin))
    logged = {x["leaf"]["id"] for x in harness.leaves(admin) if x["leaf"]["act"] == "person.add"}
    assert set(acknowledged) <= logged, "every acknowledged act has its leaf"
    assert expect(admin.call("GET", "/api/v1/log/verification"), 200).json["findings"] == []


def test_term_finishes_what_is_in_flight(admin):
    streams = [Stream(admin) for _ in range(3)]
    acknowledged, code, took = stop_under_load(admin, signal.SIGTERM)
    assert code == 0 and took < 9, (code, took)
    for s in streams:
        while s.next():
            pass
        s.close()
    check_after_restart(admin, acknowledged)


def test_kill_loses_nothing_acknowledged(admin):
    acknowledged, code, _ = stop_under_load(admin, signal.SIGKILL)
    assert code == -9
    check_after_restart(admin, acknowledged)


def test_idle_connections_do_not_delay_the_stop(admin):
    idle = [admin.server.connect() for _ in range(5)]
    begin = time.time()
    assert admin.server.stop() == 0 and time.time() - begin < 3
    for s in idle:
        s.close()
    admin.server.start()


@contextlib.contextmanager
def admin_of_server():
    server = Server(sys.argv[1], store=os.environ.get("AIMS_TEST_PG"))
    try:
        yield Admin(server)
    finally:
        server.close()


if __name__ == "__main__":
    harness.run(globals(), admin_of_server)
