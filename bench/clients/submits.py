"""A load of submits: `python -m bench.clients.submits URL.. --seconds 5`, its key in `BENCH_KEY`.

It writes the requests itself, so that it takes little of the processor from what it measures.
"""

import argparse
import asyncio
import json
import os
import time
from urllib.parse import urlsplit

import uvloop

from bench.measure import percentile

ACCEPTED = b"HTTP/1.1 202 "


class Load:
    """Connections that submit as fast as they are answered, or `rate` times a second in all."""

    def __init__(self, urls: list[str], seconds: float, connections: int, rate: float) -> None:
        self._urls = urls
        self._connections = connections
        self._pause_s = connections / rate if rate else 0.0
        self._ends_at = time.perf_counter() + seconds
        self.times_ms: list[float] = []

    async def run(self) -> None:
        """Submit until the time is up."""
        await asyncio.gather(*map(self._submit_always, range(self._connections)))

    async def _submit_always(self, who: int) -> None:
        url = urlsplit(self._urls[who % len(self._urls)])
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        await asyncio.sleep(self._pause_s * who / self._connections)
        while (began_s := time.perf_counter()) < self._ends_at:
            body = json.dumps({"task": f"What is {len(self.times_ms)} times {who}?"}).encode()
            writer.write(_head(url.path, url.netloc, len(body)) + body)
            await _answered(reader)
            took_s = time.perf_counter() - began_s
            self.times_ms.append(1000 * took_s)
            await asyncio.sleep(max(0.0, self._pause_s - took_s))
        writer.close()


def _head(path: str, host: str, length: int) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Token {os.environ['BENCH_KEY']}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        # Production's settings redirect what nginx has not received over TLS.
        "X-Forwarded-Proto: https",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _answered(reader: asyncio.StreamReader) -> None:
    """Read one answer. Raises RuntimeError for what is no 202."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length))
    if not head.startswith(ACCEPTED):
        raise RuntimeError(f"not accepted: {head.decode()}{body.decode()}")


def main() -> None:
    """Submit, and print how many were accepted and how long they took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--rate", type=float, default=0.0)
    given = parser.parse_args()
    load = Load(given.urls, given.seconds, given.connections, given.rate)
    uvloop.run(load.run())
    times = load.times_ms
    figures = {
        "accepted": len(times),
        "rate": len(times) / given.seconds,
        "p50_ms": percentile(times, 0.5),
        "p95_ms": percentile(times, 0.95),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
