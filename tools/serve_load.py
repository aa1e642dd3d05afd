#!/usr/bin/env python3
"""Mixed load against a server: good pictures and tensors, hostile requests and huge ones.

Usage: serve_load.py URL MODEL BODY HEADER_LENGTH PICTURE SECONDS [--good-only] [--lenient]

Every good request must get 200 (429 while busy is taken too and tried again); every hostile one an
error of the protocol. Prints one line of JSON; exits 1 if an answer was lost or wrong. With --lenient
connections may break, as when the server is killed: only wrong answers count. Standard library only.
"""

import collections
import http.client
import json
import random
import sys
import threading
import time
import urllib.parse

THREADS = 6


def hostile(draw, body, picture):
    """Method, path, headers, body of a request that deserves an error."""
    cut = body[: draw.randrange(1, len(body))]
    return draw.choice([
        ("POST", "/predict", {}, draw.randbytes(draw.randrange(0, 4000))),
        ("POST", "/predict", {}, picture[: draw.randrange(1, len(picture) // 2)]),
        ("POST", "/v2/models/MODEL/infer", {"Inference-Header-Content-Length": "HEADER"}, cut),
        ("POST", "/v2/models/MODEL/infer", {"Inference-Header-Content-Length": "-3"}, body),
        ("POST", "/v2/models/MODEL/infer", {}, b'{"inputs":[' + b"[" * 5000),
        ("POST", "/v2/models/..%2f..%2fetc/infer", {}, b"{}"),
        ("POST", "/v2/models/nobody/infer", {}, b"{}"),
        ("POST", "/predict", {}, b"\x89PNG\r\n\x1a\n" + bytes(40)),
        ("POST", "/predict?top=-1", {}, picture),
        ("DELETE", "/predict", {}, b""),
        ("POST", "/predict", {"Content-Length": str(1 << 40)}, b"x"),
        ("POST", "/predict", {}, bytes(34 << 20)),
    ])


class Load:
    def __init__(self, url, model, body, header, picture, seconds, good_only, lenient):
        self.netloc = urllib.parse.urlsplit(url).netloc
        self.model, self.body, self.header, self.picture = model, body, header, picture
        self.end = time.monotonic() + seconds
        self.good_only, self.lenient = good_only, lenient
        self.counts = collections.Counter()
        self.problems = []

    def ask(self, method, path, headers, body, expect_good):
        connection = http.client.HTTPConnection(self.netloc, timeout=60)
        headers = {k: v.replace("HEADER", self.header) for k, v in headers.items()}
        try:
            connection.request(method, path.replace("MODEL", self.model), body, headers)
            answer = connection.getresponse()
            content = answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException) as problem:
            # A server that refuses a huge body early may hang up before it was all sent.
            if expect_good and not self.lenient:
                self.problems.append(f"lost: {path} {problem!r}")
            self.counts["broken"] += 1
            return 0
        finally:
            connection.close()
        self.counts[status] += 1
        if expect_good and status not in (200, 429) and not (self.lenient and status == 503):
            self.problems.append(f"{path}: {status} {content[:200]!r}")
        elif expect_good and status == 200 and b'"model' not in content:
            self.problems.append(f"{path}: no answer {content[:80]!r}")
        elif not expect_good and (status < 400 or status >= 500 or b'"error"' not in content):
            self.problems.append(f"hostile {method} {path}: {status} {content[:200]!r}")
        return status

    def work(self, seed):
        draw = random.Random(seed)
        while time.monotonic() < self.end and len(self.problems) < 20:
            kind = draw.random()
            if not self.good_only and kind < 0.3:
                self.ask(*hostile(draw, self.body, self.picture), expect_good=False)
                continue
            if kind < 0.6:
                request = ("POST", "/predict?model=MODEL", {}, self.picture)
            else:
                headers = {"Inference-Header-Content-Length": "HEADER"}
                request = ("POST", "/v2/models/MODEL/infer", headers, self.body)
            while self.ask(*request, expect_good=True) == 429:
                time.sleep(0.2)

    def run(self):
        threads = [threading.Thread(target=self.work, args=(i,)) for i in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = {str(key): value for key, value in sorted(self.counts.items(), key=str)}
        print(json.dumps({"good": self.counts[200], "problems": len(self.problems), "answers": counts}))
        for problem in self.problems[:5]:
            print(problem, file=sys.stderr)
        return 1 if self.problems else 0


def main():
    url, model, body, header, picture, seconds = sys.argv[1:7]
    options = sys.argv[7:]
    with open(body, "rb") as file:
        request = file.read()
    with open(picture, "rb") as file:
        shown = file.read()
    load = Load(url, model, request, header, shown, float(seconds),
                "--good-only" in options, "--lenient" in options)
    sys.exit(load.run())


if __name__ == "__main__":
    main()
