# serve_model.py - an XGBoost model (JSON) behind three HTTP protocols or JSON lines, with faults on demand.
# SPDX-License-Identifier: Apache-2.0
# Usage: serve_model.py MODEL.json            serves HTTP on 127.0.0.1, prints the port
#        serve_model.py MODEL.json lines      speaks JSON lines on stdin and stdout
# The name in the address chooses what goes wrong: /v2/models/NAME/infer, see FAULTS and SHAPES. Written from
# the specifications, not from our client: kserve/open-inference-protocol inference_rest.md, Triton's
# extension_binary_data.md, tensorflow.org/tfx/serving/api_rest, MLflow's scoring server.
import http.server
import json
import math
import re
import struct
import sys
import threading
import time


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


class Forest:
    """xgboost's own rules: missing goes the default way, x < condition goes left, sums in float."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            learner = json.load(f)["learner"]
        self.names = learner["feature_names"]
        base = float(learner["learner_model_param"]["base_score"])
        self.base = f32(math.log(base / (1 - base)))
        self.trees = learner["gradient_booster"]["model"]["trees"]

    def leaf(self, t, row):
        n = 0
        while t["left_children"][n] != -1:
            x = row[t["split_indices"][n]]
            left = t["default_left"][n] if x is None or x != x else f32(x) < f32(t["split_conditions"][n])
            n = t["left_children" if left else "right_children"][n]
        return f32(t["split_conditions"][n])

    def __call__(self, row):
        if len(row) != len(self.names):
            raise ValueError(f"{len(row)} features instead of {len(self.names)}")
        margin = self.base
        for t in self.trees:
            margin = f32(margin + self.leaf(t, row))
        return 1 / (1 + math.exp(-margin))


# What a row's answer looks like.
SHAPES = {
    "good": lambda p: p,
    "listed": lambda p: [p],
    "pair": lambda p: [1 - p, p],
    "label": lambda p: int(p >= 0.5),
    "named": lambda p: {"label": int(p >= 0.5), "probability": p},
    "margin": lambda p: math.log(p / (1 - p)),
    "nested": lambda p: [[p]],
    "text": lambda p: "yes",
    "null": lambda p: None,
    "empty": lambda p: [],
    "tfs": lambda p: Real.shortest(p),
}


class Refused(Exception):
    def __init__(self, status, answer):
        super().__init__(str(answer))
        self.status, self.answer = status, answer


def no_constants(word):
    raise Refused(422, {"detail": [{"type": "json_invalid", "loc": ["body", 219], "msg": "JSON decode error",
                                    "input": {}, "ctx": {"error": "unexpected character"}}]})


class Real:
    """What real servers wanted and answered, as it was seen on the wire: KServe's SDK 0.15.2 and 0.20.0 with its
    xgbserver and a model that knows its features, MLServer 1.7.1 with its scikit-learn runtime, MLflow 2.0 to 3.11, TensorFlow Serving's JSON."""

    def __init__(self, names):
        self.names = names

    def frame(self, names, rows, refuse):
        """pandas: a column of nulls alone has no type; xgboost: other names are no features."""
        if names != self.names:
            raise refuse(f"feature_names mismatch: {self.names} {names}")
        empty = [f"{n}: object" for i, n in enumerate(names) if all(r[i] is None for r in rows)]
        if empty:
            raise refuse(f"DataFrame.dtypes for data must be int, float, bool or category. Invalid columns:{', '.join(empty)}")
        return rows

    @staticmethod
    def kserve_refuses(text):
        return Refused(500, {"error": text})

    @staticmethod
    def mlflow_refuses(text):
        trace = 'Traceback (most recent call last):\n  File "scoring_server.py", line 394, in invocations\n    predict()\n'
        return Refused(400, {"error_code": "BAD_REQUEST", "message": "Encountered an unexpected error.",
                             "stack_trace": f"{trace}ValueError: {text}\nand more of it\n"})

    def kserve_v2(self, head, rows):
        if head.get("parameters", {}).get("content_type") != "pd":
            raise self.kserve_refuses("data did not contain feature names, but the following fields are expected: "
                                      + ", ".join(self.names))
        return self.frame([i["name"] for i in head["inputs"]], rows, self.kserve_refuses)

    def kserve_v1(self, instances):
        """A frame of each instance: of lists, and no null among them."""
        rows = []
        for i in instances:
            if not all(isinstance(v, list) for v in i.values()):
                raise self.kserve_refuses("If using all scalar values, you must pass an index")
            rows += self.frame(list(i), [[v[0] for v in i.values()]], self.kserve_refuses)
        return rows

    def tfs(self, instances):
        """No null, but NaN; a model of one input takes lists, one of named inputs lists in objects."""
        rows = []
        for n, i in enumerate(instances):
            rows.append([v for k in self.names for v in i[k]] if isinstance(i, dict) else i)
            if None in rows[-1]:
                raise Refused(400, {"error": f"Failed to process element: {n} of 'instances' list. Error: INVALID_ARGUMENT: "
                                             "JSON Value: null Type: Null is not of expected type: float"})
        return rows

    @staticmethod
    def shortest(p):
        """The fewest digits that tell a float: as a double another number."""
        return [float(next(t for t in (f"{f32(p):.{n}g}" for n in range(1, 10)) if f32(float(t)) == f32(p)))]

    def mlflow(self, split):
        return self.frame(split["columns"], split["data"], self.mlflow_refuses)

    @staticmethod
    def kserve_answer(p):
        return [{"name": "output-0", "shape": [len(p)], "datatype": "FP64", "parameters": None, "data": p}]

    @staticmethod
    def mlserver_answer(p, asked):
        """`predict` where nothing else is asked for, and that is the number of a class."""
        if asked not in (["predict"], ["predict_proba"], []):
            raise Refused(400, {"error": f"SKLearnModel only supports 'predict' ({asked[0]} was received)"})
        told = {"parameters": {"content_type": "np"}}
        if asked == ["predict_proba"]:
            return [{"name": "predict_proba", "shape": [len(p), 2], "datatype": "FP64", **told,
                     "data": [v for x in p for v in (1 - x, x)]}]
        return [{"name": "predict", "shape": [len(p), 1], "datatype": "INT64", **told, "data": [int(x > 0.5) for x in p]}]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, forest):
        super().__init__(("127.0.0.1", 0), Handler)
        self.forest, self.real, self.lock = forest, Real(forest.names), threading.Lock()
        self.calls, self.rows, self.flying, self.most, self.seen, self.tokens = 0, 0, 0, 0, {}, set()


# Faults before the model is asked: status, headers, body; None: go on.
def busy(h, n):
    return (503, {}, b'{"error":"loading"}') if n < 2 else None


def wait(h, n):
    return (429, {"Retry-After": "0"}, b"slow down\x07") if n < 2 else None


def token(h, n):
    ok = h.headers.get("Authorization") == "Bearer s3cret"
    return None if ok else (401, {}, b'{"error":"who are you?"}')


def drop(h, n):
    if n < 2:  # libcurl itself tries once more on a connection that it had kept
        h.connection.close()
        raise ConnectionAbortedError
    return None


def slow(h, n):
    time.sleep(0.05)


def asleep(h, n):
    time.sleep(5)


def dozing(h, n):  # but for the first question
    time.sleep(60 if n else 0)


FAULTS = {
    "busy": busy, "wait": wait, "token": token, "drop": drop, "slow": slow, "asleep": asleep, "dozing": dozing,
    "dated": lambda h, n: (503, {"Retry-After": "Thu, 01 Jan 1970 00:00:01 GMT"}, b"") if n < 1 else None,
    "down": lambda h, n: (503, {}, b"no backend"),
    "patient": lambda h, n: (503, {"Retry-After": "100000"}, b""),
    "gone": lambda h, n: (404, {}, b'{"error":"no such model"}'),
    "broken": lambda h, n: (500, {}, b'{"error_code":"X","message":"boom"}'),
    "html": lambda h, n: (200, {}, b"<html>hello</html>"),
    "list": lambda h, n: (200, {}, b"[1]"),
    "deep": lambda h, n: (200, {}, b"[" * 100000),
    "huge": lambda h, n: (200, {}, b'{"predictions":[' + b"1," * (8 << 20) + b"1]}"),
    "proxy": lambda h, n: (404, {}, b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>nginx</body></html>"),
    "moved": lambda h, n: (302, {"Location": "http://127.0.0.1:1/"}, b""),
}
# Faults of a finished answer of the Open Inference Protocol.
BENT = {
    "shape": lambda d: d["outputs"][0].update(shape=[d["outputs"][0]["shape"][0] + 1]),
    "wide": lambda d: d["outputs"][0].update(shape=[d["outputs"][0]["shape"][0], 2]),
    "cube": lambda d: d["outputs"][0].update(shape=[d["outputs"][0]["shape"][0], 2, 2]),
    "overflow": lambda d: d["outputs"][0].update(shape=[d["outputs"][0]["shape"][0], 1 << 62]),
    "short": lambda d: d["outputs"][0].update(data=d["outputs"][0]["data"][1:]),
    "long": lambda d: d["outputs"][0]["data"].append(1),
    "notype": lambda d: d["outputs"][0].update(datatype="BYTES"),
    "otherid": lambda d: d.update(id="other"),
    "nooutputs": lambda d: d.update(outputs=[]),
    "nan": lambda d: d["outputs"][0]["data"].__setitem__(0, float("nan")),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:  # it was too much
            self.close_connection = True

    def count(self, name):
        s = self.server
        with s.lock:
            s.calls += 1
            s.seen[name] = s.seen.get(name, 0) + 1
            return s.seen[name] - 1

    def do_GET(self):
        s = self.server
        if self.path == "/count":
            with s.lock:
                said = {"calls": s.calls, "rows": s.rows, "most": s.most}
            return self.reply(200, {}, json.dumps(said).encode())
        v2 = re.fullmatch(r"/v2/models/(\w+)(/versions/\w+)?", self.path)
        v1 = re.fullmatch(r"/v1/models/(\w+)", self.path)
        if v2 and v2[1] not in ("mute",):
            return self.reply(200, {}, json.dumps(self.metadata(v2[1])).encode())
        if v1 and v1[1] == "good":
            state = {"model_version_status": [{"version": "7", "state": "AVAILABLE", "status": {}}]}
            return self.reply(200, {}, json.dumps(state).encode())
        if v1 and v1[1] == "kserve":
            return self.reply(200, {}, b'{"name":"kserve","ready":true}')
        if v1 and v1[1] == "tfs":
            states = [{"version": v, "state": s, "status": {"error_code": "OK", "error_message": ""}}
                      for v, s in (("3", "AVAILABLE"), ("2", "END"))]
            return self.reply(200, {}, json.dumps({"model_version_status": states}, indent=1).encode())
        return self.reply(404, {}, b"not found")

    def metadata(self, name):
        names = self.server.forest.names
        told = {"name": name, "versions": ["3"], "platform": "test", "outputs": []}
        if name in ("kserve", "mlserver"):
            return {"name": name, "versions": None if name == "kserve" else [], "platform": "", "inputs": [], "outputs": []}
        if name == "columns":
            told["inputs"] = [{"name": n, "datatype": "FP32", "shape": [-1, 1]} for n in names]
        elif name == "bytes":
            told["inputs"] = [{"name": "x", "datatype": "BYTES", "shape": [-1, 1]}]
        elif name == "many":
            told["inputs"] = [{"name": "x", "datatype": "FP32", "shape": [-1, 1000]}]
        else:
            told["inputs"] = [{"name": "x", "datatype": "FP64" if name == "wide64" else "FP32",
                               "shape": [-1, len(names)]}]
        if name == "changing":
            del told["versions"]
        return told

    def do_POST(self):
        s = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        m = re.search(r"/(?:models/)?(\w+)(?:/versions/\w+)?(?:/infer|:predict|/invocations)$", self.path)
        name = m[1] if m else "none"
        n = self.count(name)
        with s.lock:
            s.flying += 1
            s.most = max(s.most, s.flying)
        try:
            self.serve(name, n, body)
        finally:
            with s.lock:
                s.flying -= 1

    def serve(self, name, n, body):
        try:
            fault = FAULTS[name](self, n) if name in FAULTS else None
        except ConnectionAbortedError:
            self.close_connection = True
            return
        if fault:
            return self.reply(*fault)
        try:
            status, headers, answer = self.answer(name, n, body)
        except Refused as no:
            status, headers, answer = no.status, {}, json.dumps(no.answer).encode()
        except (ValueError, KeyError, TypeError) as wrong:
            status, headers, answer = 400, {}, json.dumps({"error": str(wrong)}).encode()
        if name == "truncated":
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer[: len(answer) // 2])
            self.close_connection = True
            return
        self.reply(status, headers, answer)

    def ask(self, rows):
        with self.server.lock:
            self.server.rows += len(rows)
        return [self.server.forest(r) for r in rows]

    def answer(self, name, n, body):
        if self.path.startswith("/v2/"):
            return self.oip(name, n, body)
        d = json.loads(body)
        if name == "kserve":
            rows = self.server.real.kserve_v1(d["instances"])
        elif name == "tfs":
            rows = self.server.real.tfs(d["instances"])
        elif name == "mlflow" and "dataframe_split" in d:
            rows = self.server.real.mlflow(d["dataframe_split"])
        elif "/v1/" in self.path:
            rows = d["instances"]
            if rows and isinstance(rows[0], dict):
                rows = [[r[k] for k in self.server.forest.names] for r in rows]
        elif "dataframe_split" in d:
            order = [d["dataframe_split"]["columns"].index(k) for k in self.server.forest.names]
            rows = [[r[i] for i in order] for r in d["dataframe_split"]["data"]]
        else:
            rows = d["inputs"]
        said = [SHAPES.get(name, SHAPES["good"])(p) for p in self.ask(rows)]
        if name == "fewer":
            said = said[1:]
        if name == "ragged" and len(said) > 1:
            said[1] = [said[1], said[1]]
        return 200, {"Content-Type": "application/json"}, json.dumps({"predictions": said}).encode()

    def tensors(self, head, tail, strict):
        """The rows of a request: each input from JSON or from its bytes, side by side."""
        sizes = {"FP32": ("f", 4), "FP64": ("d", 8), "INT32": ("i", 4), "INT64": ("q", 8)}
        columns, at = [], 0
        for i in head["inputs"]:
            rows, width = i["shape"]
            if "data" in i:
                flat = i["data"]
            else:
                size = i["parameters"]["binary_data_size"]
                code, each = sizes[i["datatype"]]
                flat = struct.unpack(f"<{size // each}{code}", tail[at:at + size])
                at += size
            if len(flat) != rows * width:
                raise ValueError("data and shape differ")
            columns.append([list(flat[r * width:(r + 1) * width]) for r in range(rows)])
        if at != len(tail):
            raise ValueError("stray bytes")
        if strict and len(columns) > 1 and [i["name"] for i in head["inputs"]] != self.server.forest.names:
            raise ValueError("other inputs than told")
        return [sum(parts, []) for parts in zip(*columns)]

    def oip(self, name, n, body):
        length = int(self.headers.get("Inference-Header-Content-Length", len(body)))
        if name == "mlserver" and length < len(body):
            raise Refused(422, {"detail": [{"type": "model_attributes_type", "loc": ["body"], "msg":
                                            "Input should be a valid dictionary", "input": "{}"}]})
        head = json.loads(body[:length], parse_constant=no_constants if name == "mlserver" else None)
        if name == "kserve" and "versions" in self.path:
            raise Refused(501, {"error": "Model versioning not supported yet."})
        binary = head.get("parameters", {}).get("binary_data_output") or any(
            o.get("parameters", {}).get("binary_data") for o in head.get("outputs", []))
        rows = self.tensors(head, body[length:], strict=name != "kserve")
        if name == "kserve":
            rows = self.server.real.kserve_v2(head, rows)
        p = self.ask(rows)
        version = str(n) if name == "changing" else None if name == "kserve" else "3"
        outputs = [{"name": "p", "shape": [len(p)], "datatype": "FP64", "data": p}]
        if name == "pair":
            outputs[0].update(shape=[len(p), 2], data=[[1 - x, x] for x in p])
        if name == "both":
            outputs.insert(0, {"name": "label", "shape": [len(p)], "datatype": "INT64",
                               "data": [int(x >= 0.5) for x in p]})
        asked = [o["name"] for o in head.get("outputs", [])]
        if name == "kserve":
            outputs = self.server.real.kserve_answer(p)
        if name == "mlserver":
            outputs = self.server.real.mlserver_answer(p, asked)
        if asked:
            outputs = [o for o in outputs if o["name"] in asked]
        d = {"model_name": name, "model_version": version, "id": head["id"], "outputs": outputs}
        if name in BENT:
            BENT[name](d)
        tail = b""
        for o in outputs if binary else []:
            data = o.pop("data")
            flat = sum(data, []) if data and isinstance(data[0], list) else data
            part = struct.pack(f"<{len(flat)}{'d' if o['datatype'] == 'FP64' else 'q'}", *flat)
            o["parameters"] = {"binary_data_size": len(part)}
            tail += part
        text = json.dumps(d).encode()
        headers = {"Inference-Header-Content-Length": str(len(text))} if binary else {}
        if name == "cut":
            tail = tail[:-1]
        if name == "header":
            headers = {"Inference-Header-Content-Length": "999999999"}
        return 200, headers, text + tail


def lines(forest):
    for line in sys.stdin:
        q = json.loads(line)
        order = [q["features"].index(n) for n in forest.names] if "features" in q else range(len(forest.names))
        said = [forest([row[i] for i in order]) for row in q["rows"]]
        print(json.dumps({"id": q["id"], "predictions": said}), flush=True)


def run(server):
    """Until the input ends."""
    print(server.server_address[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[2:] == ["lines"]:
        lines(Forest(sys.argv[1]))
    else:
        run(Server(Forest(sys.argv[1])))
