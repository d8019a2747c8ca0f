"""Reads streamed chat completions without looking into them; a process of its own."""

import argparse
import asyncio
import json
import time
from statistics import median

import aiohttp
import uvloop

from bench.clients.calls import MESSAGES, MODEL
from bench.site import AS_NGINX


async def _answer(session: aiohttp.ClientSession, url: str) -> tuple[float, float]:
    """Milliseconds to the first word and to the end."""
    began_s = time.perf_counter()
    word_s = 0.0
    received = b""
    body = {"model": MODEL, "messages": MESSAGES, "stream": True}
    async with session.post(f"{url}/chat/completions", json=body) as response:
        async for data, _ in response.content.iter_chunks():
            received += data
            if not word_s and received.count(b'"content":') > received.count(b'"content":""'):
                word_s = time.perf_counter() - began_s
    if response.status != 200 or b"[DONE]" not in received or not word_s:
        raise RuntimeError(f"no whole answer: {response.status} {received[:500]!r}")
    return 1000 * word_s, 1000 * (time.perf_counter() - began_s)


async def _measure(args: argparse.Namespace) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {args.key}", **AS_NGINX}
    gate = asyncio.Semaphore(args.at_once)
    async with aiohttp.ClientSession(headers=headers) as session:

        async def answer() -> tuple[float, float]:
            async with gate:
                return await _answer(session, args.url)

        found = await asyncio.gather(*(answer() for _ in range(args.answers)))
    words, ends = zip(*found, strict=True)
    return {"word_ms": median(words), "end_ms": median(ends)}


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("--answers", type=int, required=True)
    parser.add_argument("--at-once", type=int, required=True)
    print(json.dumps(uvloop.run(_measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
