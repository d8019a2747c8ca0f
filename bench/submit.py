"""Submits a second through daphne, and how long one takes."""

import asyncio
import time
from http import HTTPStatus

import aiohttp
import uvloop

from bench.measure import percentile
from bench.results import Report
from bench.servers import Servers
from bench.site import Site

CONNECTIONS = (1, 20)
SECONDS = 8.0
WARM_UP_S = 2.0


def run(servers: Servers) -> Report:
    """Submit as fast as so many connections can."""
    rows = []
    with Site(servers) as site:
        uvloop.run(_load(site, max(CONNECTIONS), WARM_UP_S))
        for connections in CONNECTIONS:
            times_ms = uvloop.run(_load(site, connections, SECONDS))
            p50, p95 = percentile(times_ms, 0.5), percentile(times_ms, 0.95)
            rate = len(times_ms) / SECONDS
            rows.append((f"{connections}", f"{rate:.0f}", f"{p50:.0f}", f"{p95:.0f}"))
    return Report(
        "`POST /api/v1/runs/`",
        [("connections", "requests a second", "p50 ms", "p95 ms"), *rows],
        [
            "One daphne process with all middleware, token authentication, rate limits and"
            " production's settings; each request leaves a durable run and a wake-up in Redis. No"
            " worker runs meanwhile; the load generator shares the machine."
        ],
    )


async def _load(site: Site, connections: int, seconds: float) -> list[float]:
    """The milliseconds of each request that was made in this time."""
    times_ms: list[float] = []
    ends_at = time.perf_counter() + seconds

    async def submit_always(session: aiohttp.ClientSession, who: int) -> None:
        while (began_s := time.perf_counter()) < ends_at:
            body = {"task": f"What is {len(times_ms)} times {who}?"}
            async with session.post(f"http://{site.address}/api/v1/runs/", json=body) as answer:
                await answer.read()
                if answer.status != HTTPStatus.ACCEPTED:
                    raise RuntimeError(f"not accepted: {await answer.text()}")
            times_ms.append(1000 * (time.perf_counter() - began_s))

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=site.headers) as session:
        await asyncio.gather(*(submit_always(session, who) for who in range(connections)))
    return times_ms
