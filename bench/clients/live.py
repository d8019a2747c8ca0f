"""Viewers of one daphne and the messages that they are sent; prints how late these come.

A worker's publisher puts one message after another into Redis; here many go at a time, since only
the way from Redis to the viewers is measured.
"""

import argparse
import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop
from channels.layers import get_channel_layer
from django.conf import settings
from redis.asyncio import Redis

from accounts.models import ApiToken
from bench.clients.claimed import claimed_runs
from bench.clients.viewers import watch
from bench.measure import percentile
from runs.hints import group_of, hint
from runs.models import Run, RunEvent

TICK_S = 0.02
SETTLED_S = 1.0
LATEST_S = 10.0
WORDS = " of an answer that is being written, word for word."
MARK = b'"text": "'
NUMBER = 9


class Traffic:
    """Sends numbered pieces of text to runs in turn, and notes when each comes to a viewer."""

    def __init__(self, run_ids: list[UUID], viewers: int) -> None:
        self.run_ids = run_ids
        self.wanted = 0
        self.late_ms: list[float] = []
        self._viewers = viewers
        self._sent_at: list[float] = []
        self._offsets = [0] * len(run_ids)
        self._layer: Any = get_channel_layer()
        self._redis = Redis.from_url(settings.REDIS_URL)

    async def send(self, count: int) -> None:
        """The next pieces of text."""
        pipeline = self._redis.pipeline(transaction=False)
        for _ in range(count):
            number = len(self._sent_at)
            at = number % len(self.run_ids)
            text = f"{number:0{NUMBER}}{WORDS}"
            delta = {"type": "text.delta", "key": "bench/answer", "attempt": 1}
            piece = hint([delta | {"offset": self._offsets[at], "text": text}])
            self._offsets[at] += len(text)
            channel = self._layer.redis_channel(group_of(self.run_ids[at]))
            pipeline.publish(channel, json.dumps(piece))
            self._sent_at.append(time.perf_counter())
        self.wanted += count * self._viewers
        await pipeline.execute()

    def receive(self, message: bytes) -> None:
        """What a viewer was sent."""
        found = message.find(MARK)
        if found >= 0:
            start = found + len(MARK)
            number = int(message[start : start + NUMBER])
            self.late_ms.append(1000 * (time.perf_counter() - self._sent_at[number]))

    async def settled(self) -> None:
        """Wait for what is on its way."""
        ends_at = time.monotonic() + LATEST_S
        while len(self.late_ms) < self.wanted and time.monotonic() < ends_at:
            await asyncio.sleep(TICK_S)


async def _measure(args: argparse.Namespace, key: str, run_ids: list[UUID]) -> dict[str, float]:
    traffic = Traffic(run_ids, args.viewers)
    for run_id in run_ids:
        await asyncio.gather(
            *(watch(args.address, key, run_id, traffic.receive) for _ in range(args.viewers))
        )
    # The server has the first event before its subscription is confirmed.
    await asyncio.sleep(SETTLED_S)
    before_s, began = _cpu_s(args.pid), time.perf_counter()
    ticks = round(args.seconds / args.every)
    for tick in range(1, ticks + 1):
        await traffic.send(args.count)
        await asyncio.sleep(max(0.0, began + tick * args.every - time.perf_counter()))
    seconds = time.perf_counter() - began
    await traffic.settled()
    late_ms = traffic.late_ms or [float("inf")]
    return {
        "sent_a_second": ticks * args.count / seconds,
        "lost": traffic.wanted - len(traffic.late_ms),
        "p50_ms": percentile(late_ms, 0.5),
        "p95_ms": percentile(late_ms, 0.95),
        "cpu": (_cpu_s(args.pid) - before_s) / (time.perf_counter() - began),
    }


def _cpu_s(pid: int) -> float:
    """The CPU time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _watchable(count: int) -> tuple[str, list[UUID]]:
    """So many runs that have begun, and a key of their owner."""
    run_ids = claimed_runs(count, owners=1)
    events = [RunEvent(run_id=pk, seq=1, type="run.started", data={}) for pk in run_ids]
    RunEvent.objects.bulk_create(events)
    Run.objects.filter(pk__in=run_ids).update(last_seq=1)
    owner = Run.objects.get(pk=run_ids[0]).owner
    return ApiToken.objects.issue(user=owner, name="bench")[1], run_ids


def main() -> None:
    """Parse the command line and print the measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--pid", type=int, required=True, help="of the server, for its CPU time")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--viewers", type=int, default=1, help="of each run")
    parser.add_argument("--count", type=int, default=1, help="messages at a time")
    parser.add_argument("--every", type=float, default=TICK_S, help="seconds")
    parser.add_argument("--seconds", type=float, default=5.0)
    args = parser.parse_args()
    key, run_ids = _watchable(args.runs)
    print(json.dumps(uvloop.run(_measure(args, key, run_ids))))


if __name__ == "__main__":
    main()
