"""Plays a tape: the engine with its own patterns and prompts, and everything else as recorded."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from runs.engine.breaker import Rules
from runs.engine.cassette.changes import another_result, not_made
from runs.engine.cassette.played import PlayedJournal, PlayedModel, PlayedTools, outcomes_of
from runs.engine.cassette.tape import NoTape, Tape, read
from runs.engine.clock import SystemClock
from runs.engine.memory import MemoryBreakers, MemoryStop, OnEvent
from runs.engine.ports import Live, Ports
from runs.engine.registry import KNOWN
from runs.engine.run import run
from runs.engine.tools.registry import TOOLS
from runs.engine.types import Result

# A failure that was recorded keeps nothing else from being played.
NEVER = Rules(failures=1_000_000)


class Unwatched:
    """Nobody reads along."""

    def text(self, key: str, attempt: int, text: str) -> None:
        """Pass it over."""

    def close(self, key: str, attempt: int) -> None:
        """Pass it over."""


class Player:
    """One playing of a tape. `journal` has its steps and events, `model` and `tools` play them."""

    def __init__(
        self, tape: Tape, *, live: Live | None = None, on_event: OnEvent | None = None
    ) -> None:
        """Raises `NoTape` where its pattern or one of its tools isn't installed."""
        known = TOOLS.keys() | tape.spec.declared.keys()
        missing = [name for name in tape.spec.tools if name not in known]
        if tape.spec.pattern not in KNOWN:
            raise NoTape(f"There is no pattern “{tape.spec.pattern}” here.")
        if missing:
            raise NoTape(f"There is no tool “{missing[0]}” here.")
        self.tape = tape
        self.journal = PlayedJournal(tape, on_event)
        self.model = PlayedModel(tape)
        self.tools = PlayedTools(tape.spec, outcomes_of(tape.tools))
        self._live = live or Unwatched()

    def ports(self) -> Ports:
        """What the engine runs on."""
        return Ports(
            self.journal,
            self.model,
            self._live,
            MemoryStop(),
            SystemClock(),
            self.tools,
            MemoryBreakers(NEVER),
            gap_s=0,
        )

    async def run(self, **changes: Any) -> Result:
        """Run what was recorded, with these fields of its spec changed.

        Raises `Changed` for a request that differs, or a call that is made no more or newly made.
        """
        result = await run(replace(self.tape.spec, **changes), self.ports())
        if left := self.model.left:
            raise not_made(left)
        return result

    def play(self, **changes: Any) -> Result:
        """As `run`, where no event loop runs."""
        return asyncio.run(self.run(**changes))

    def check(self) -> Result:
        """Play it, and raise `Changed` where the result isn't the recorded one."""
        result = self.play()
        if changed := another_result(self.tape, result):
            raise changed
        return result


def load(path: Path) -> Player:
    """A player of the tape in a file. Raises `NoTape`, `OSError`."""
    return Player(read(path))
