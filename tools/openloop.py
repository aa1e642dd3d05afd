#!/usr/bin/env python3
"""Open-loop load: requests leave at Poisson arrivals whatever the answers do, over kept connections.

Usage: openloop.py URL BODY HEADER_LENGTH RATE SECONDS [SEED]

BODY is a file with a request of the Open Inference Protocol with binary tensors. Prints one line of
JSON: latencies from the planned departure in milliseconds, statuses, and the share of one core that
this generator took. Standard library only.
"""

import asyncio
import collections
import json
import random
import resource
import sys
import time
import urllib.parse


class Load:
    def __init__(self, url, body, header):
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Inference-Header-Content-Length: {header}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.request = head.encode() + body
        self.free = []
        self.millis = []
        self.statuses = collections.Counter()

    async def once(self, planned):
        try:
            reader, writer = self.free.pop() if self.free else await asyncio.open_connection(*self.address)
            writer.write(self.request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.split("content-length:")[1].split("\r\n")[0])
            await reader.readexactly(length)
            status = head.split(" ", 2)[1]
            if "connection: close" in head:
                writer.close()
            else:
                self.free.append((reader, writer))
        except (OSError, asyncio.IncompleteReadError, IndexError) as problem:
            status = type(problem).__name__
        self.statuses[status] += 1
        if status == "200":
            self.millis.append(1000 * (time.monotonic() - planned))

    async def run(self, rate, seconds, seed):
        draw = random.Random(seed)
        begin = time.monotonic()
        planned = begin
        tasks = []
        while True:
            planned += draw.expovariate(rate)
            if planned > begin + seconds:
                break
            await asyncio.sleep(max(0, planned - time.monotonic()))
            tasks.append(asyncio.create_task(self.once(planned)))
        await asyncio.gather(*tasks)
        return time.monotonic() - begin


def main():
    url, body, header, rate, seconds = sys.argv[1:6]
    with open(body, "rb") as file:
        load = Load(url, file.read(), header)
    took = asyncio.run(load.run(float(rate), float(seconds), int((sys.argv[6:] or [1])[0])))
    own = resource.getrusage(resource.RUSAGE_SELF)
    millis = sorted(load.millis)

    def at(share):
        return round(millis[min(len(millis) - 1, int(share * len(millis)))], 2) if millis else None

    print(json.dumps({
        "sent": sum(load.statuses.values()), "statuses": dict(load.statuses),
        "per_second": round(len(millis) / took, 2), "p50": at(0.5), "p95": at(0.95),
        "p99": at(0.99), "most": at(1), "cpu_share": round((own.ru_utime + own.ru_stime) / took, 3),
    }))


if __name__ == "__main__":
    main()
