"""Plays one run of a pattern: the engine in memory, on a provider over HTTP, in virtual time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.papers import virtual
from bench.papers.provider import Call, Model, Provider
from runs.engine.memory import MemoryBreakers, MemoryJournal, MemoryStop
from runs.engine.ports import Ports, ToolBox
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.run import run
from runs.engine.tools.registry import ToolBox as OwnTools
from runs.engine.types import Result, Spec

START = datetime(2026, 1, 1, tzinfo=UTC)
# Chunks are read as they come: the engine gathers 50 ms of them, which nobody's paper has.
COALESCE_S = 0.001


class LoopClock:
    """The time of the running loop."""

    def now(self) -> datetime:
        """The loop's time on some day."""
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds for measuring durations."""
        return asyncio.get_running_loop().time()


class Nobody:
    """Nobody watches."""

    def text(self, key: str, attempt: int, text: str) -> None:
        """Show it to nobody."""

    def close(self, key: str, attempt: int) -> None:
        """Nothing was shown."""


@dataclass(frozen=True)
class Played:
    """A finished run: its requests in their order, and how long it took."""

    result: Result
    calls: list[Call]
    seconds: float
    keys: list[str] = field(default_factory=list)


def ports(
    model: OpenAIModel, toolbox: ToolBox, journal: MemoryJournal, stop: MemoryStop | None = None
) -> Ports:
    """What a run in memory needs."""
    stop, breakers = stop or MemoryStop(), MemoryBreakers()
    return Ports(journal, model, Nobody(), stop, LoopClock(), toolbox, breakers, gap_s=0)


def play(
    pattern: str, task: str, model: Model, toolbox: ToolBox | None = None, **params: Any
) -> Played:
    """One run that has all the money. Raises RuntimeError when it fails."""
    spec = Spec(task, pattern, "m-1", params)
    played = play_with(MemoryJournal(), spec, model, toolbox)
    if played.result.status != "succeeded":
        raise RuntimeError(f"{pattern}: {played.result.error}")
    return played


def play_with(
    journal: MemoryJournal, spec: Spec, model: Model, toolbox: ToolBox | None = None
) -> Played:
    """One run with this journal's money, however it ends."""
    return virtual.run(_play(journal, spec, Provider(model), toolbox or OwnTools(())))


async def _play(journal: MemoryJournal, spec: Spec, provider: Provider, toolbox: ToolBox) -> Played:
    runner, url = await provider.serve()
    model = OpenAIModel(api_key="k", base_url=url, coalesce_s=COALESCE_S)
    began_s = asyncio.get_running_loop().time()
    try:
        result = await run(spec, ports(model, toolbox, journal))
        seconds = asyncio.get_running_loop().time() - began_s
    finally:
        await model.close()
        await runner.cleanup()
    return Played(result, provider.calls, seconds, [start.key for start, _ in journal.steps])
