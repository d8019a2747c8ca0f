"""Runs one pattern in memory and prints its CPU time, calls, chunks and seconds; own process."""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import uvloop

from bench.papers.lookups import TASK, LookUps
from bench.papers.play import ports
from bench.papers.provider import Say, pieces
from bench.papers.script import LOOK_UPS
from runs.engine.memory import MemoryJournal, MemoryStop
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.run import run
from runs.engine.tools.registry import ToolBox
from runs.engine.types import Hold, Reply, Spec, StepEnd, StepStart

WARM_UP = 3
CLOSED = "react, closed"
PARAMS: dict[str, dict[str, Any]] = {
    "react": {"max_calls_per_turn": 1, "max_iterations": 8},
    "lats": {"max_iterations": 3},
    "storm": {"max_sections": 3, "allow_no_sources": True},
    "reflection": {"max_reflection_cycles": 1},
}


class Closing(MemoryJournal):
    """A run whose time is over after its first call."""

    def __init__(self, stop: MemoryStop) -> None:
        super().__init__()
        self._stop = stop

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        """Keep how it ended, and end the time."""
        await super().settle(start, hold, end)
        self._stop.drain("deadline")


@dataclass
class Done:
    """What the runs came to."""

    runs: int = 0
    calls: int = 0
    chunks: int = 0

    def add(self, journal: MemoryJournal, tokens_a_piece: int) -> None:
        """Count a run."""
        replies = [end.reply for _, end in journal.steps if end and end.reply]
        self.runs += 1
        self.calls += len(replies)
        self.chunks += sum(_chunks(reply, tokens_a_piece) for reply in replies)


def _chunks(reply: Reply, tokens_a_piece: int) -> int:
    calls = tuple((call.name, call.arguments) for call in reply.tool_calls)
    return len(pieces(Say(reply.content, calls), tokens_a_piece))


def toolbox(pattern: str) -> ToolBox:
    """The look-up; the model's searches use no tools."""
    return ToolBox(()) if pattern == "lats" else LookUps(LOOK_UPS, tool_s=0).toolbox()


async def _once(name: str, model: OpenAIModel) -> MemoryJournal:
    pattern = "react" if name == CLOSED else name
    stop = MemoryStop()
    journal = Closing(stop) if name == CLOSED else MemoryJournal()
    spec = Spec(TASK, pattern, "m-1", PARAMS.get(pattern, {}))
    result = await run(spec, ports(model, toolbox(pattern), journal, stop))
    if result.status != "succeeded":
        raise RuntimeError(f"{name}: {result.error}")
    return journal


async def _measure(args: argparse.Namespace) -> dict[str, float]:
    model = OpenAIModel(api_key="k", base_url=args.url)
    gate = asyncio.Semaphore(args.at_once)

    async def one() -> MemoryJournal:
        async with gate:
            return await _once(args.pattern, model)

    await asyncio.gather(*(one() for _ in range(WARM_UP)))
    began_s, cpu_s = time.perf_counter(), time.process_time()
    journals = await asyncio.gather(*(one() for _ in range(args.runs)))
    cpu_s = time.process_time() - cpu_s
    elapsed_s = time.perf_counter() - began_s
    await model.close()
    done = Done()
    for journal in journals:
        done.add(journal, args.tokens_a_piece)
    return {
        "cpu_ms": 1000 * cpu_s / done.runs,
        "ms": 1000 * elapsed_s / done.runs,
        "calls": done.calls / done.runs,
        "chunks": done.chunks / done.runs,
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern")
    parser.add_argument("url")
    parser.add_argument("--tokens-a-piece", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=10)
    print(json.dumps(uvloop.run(_measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
