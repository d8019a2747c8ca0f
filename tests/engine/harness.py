"""Runs the engine in memory against some provider."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from runs.engine.clock import Clock, SystemClock
from runs.engine.errors import Refused
from runs.engine.memory import MemoryBreakers, MemoryJournal, MemoryStop
from runs.engine.ports import Ports
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.run import run
from runs.engine.tools.registry import ToolBox
from runs.engine.types import NOBODY, Hold, Purse, Recorded, Result, Spec, StepEnd, StepStart

REACT = Spec("What is 6*7?", "react", "m-1", tools=("calculator", "current_time"))
REFLECTION = Spec("Write a note.", "reflection", "m-1")


class Silent:
    """Nobody watches; what would be seen is kept."""

    def __init__(self) -> None:
        self.seen = ""
        self.closed: list[tuple[str, int]] = []

    def text(self, key: str, attempt: int, text: str) -> None:
        self.seen += text

    def close(self, key: str, attempt: int) -> None:
        self.closed.append((key, attempt))


class Poor(MemoryJournal):
    """A journal with money for so many calls, and for the closing call if `closing`."""

    def __init__(self, calls: int, *, closing: bool = True) -> None:
        super().__init__()
        self.calls = calls
        self.closing = closing

    async def hold(self, start: StepStart) -> Hold:
        if start.closing and self.closing:
            return await super().hold(start)
        if start.closing or self.calls == 0:
            raise Refused("budget_exceeded", "no money left")
        self.calls -= 1
        return await super().hold(start)


class Limited(MemoryJournal):
    """A journal with money for so many calls of any size, and what it was asked."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls
        self.asked: list[tuple[str, int, int]] = []

    async def affords(
        self, model: str, max_input_tokens: int, max_output_tokens: int
    ) -> Purse | None:
        self.asked.append((model, max_input_tokens, max_output_tokens))
        return Purse("0.05", self.calls)


class Died(BaseException):
    """The worker was killed."""


class Mortal(MemoryJournal):
    """A journal whose worker is killed right after the settlement that `dies_after` names."""

    def __init__(self, dies_after: str, taken: Sequence[Recorded] = ()) -> None:
        super().__init__(taken=taken)
        self.dies_after = dies_after

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        await super().settle(start, hold, end)
        if start.key == self.dies_after and start.attempt == 1:
            raise Died


class Harness:
    """The engine on one endpoint."""

    def __init__(self, url: str, **options: Any) -> None:
        self.secrets: dict[str, str] = {}
        settings = {"read_timeout_s": 60.0, "coalesce_s": 0.005} | options
        self.model = OpenAIModel(api_key="k", base_url=url, **settings)
        self.journal = MemoryJournal()
        self.live = Silent()
        self.stop = MemoryStop()
        self.breakers = MemoryBreakers()
        self.origin = NOBODY
        self.clock: Clock = SystemClock()

    def forget(self) -> None:
        """Start the next run with an empty journal."""
        self.journal = MemoryJournal()

    async def run(self, spec: Spec = REACT, **changes: Any) -> Result:
        spec = replace(spec, **changes)
        ports = Ports(
            self.journal,
            self.model,
            self.live,
            self.stop,
            self.clock,
            ToolBox(spec.tools),
            self.breakers,
            secrets=self.secrets,
            gap_s=0,
            origin=self.origin,
        )
        return await run(spec, ports)

    @property
    def ends(self) -> list[StepEnd]:
        return [end for _, end in self.journal.steps if end]

    @property
    def keys(self) -> list[str]:
        return [start.key for start, _ in self.journal.steps]

    def events(self, type: str) -> list[dict[str, Any]]:
        return [data for name, data in self.journal.events if name == type]

    def codes(self) -> list[str]:
        return [notice["code"] for notice in self.events("notice")]
