"""The ports in memory, for the command line and for whoever embeds the engine."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from runs.engine.types import Hold, Purse, Recorded, StepEnd, StepStart, ToolStep

OnEvent = Callable[[str, dict[str, Any]], None]


class MemoryJournal:
    """Steps and events of one run. Money is not counted: every hold is granted in full."""

    def __init__(self, on_event: OnEvent | None = None) -> None:
        self.steps: list[tuple[StepStart, StepEnd | None]] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._on_event = on_event
        self._done: dict[str, Recorded] = {}
        self._attempts: dict[str, int] = {}

    def recorded(self, key: str) -> Recorded | None:
        """The finished attempt of this step."""
        return self._done.get(key)

    def next_attempt(self, key: str) -> int:
        """The number of the next attempt of this step."""
        self._attempts[key] = self._attempts.get(key, 0) + 1
        return self._attempts[key]

    async def hold(self, start: StepStart) -> Hold:
        """Grant what is asked for."""
        self.steps.append((start, None))
        await self.emit("step.started", {"key": start.key, "label": start.label})
        return Hold(len(self.steps) - 1, start.max_output_tokens)

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        """Keep how the attempt ended."""
        self.steps[hold.id] = (start, end)
        if end.status == "done" and end.reply:
            self._record(start.key, start.attempt, start.digest, asdict(end.reply))
            await self.emit("step.finished", {"key": start.key, "usage": end.usage})
        else:
            await self.emit("step.failed", {"key": start.key, "error": end.error})

    async def affords(
        self, model: str, max_input_tokens: int, max_output_tokens: int
    ) -> Purse | None:
        """Nothing limits the run."""
        return None

    async def replayed(self, recorded: Recorded, label: str) -> None:
        """Tell that a step was read back."""
        await self.emit("step.finished", {"key": recorded.key, "label": label, "replayed": True})

    async def tool_started(self, step: ToolStep) -> None:
        """Tell that a tool is used."""
        await self.emit("tool.started", {"key": step.key, "label": step.label, **step.request})

    async def tool_finished(self, step: ToolStep) -> None:
        """Keep a tool's result."""
        self._record(step.key, step.attempt, step.digest, step.response or {})
        await self.emit("tool.finished", {"key": step.key, "ok": step.ok, "preview": step.preview})

    async def emit(self, type: str, data: dict[str, Any]) -> None:
        """Keep an event."""
        self.events.append((type, data))
        if self._on_event:
            self._on_event(type, data)

    def _record(self, key: str, attempt: int, digest: str, response: dict[str, Any]) -> None:
        self._done[key] = Recorded(len(self._done), key, attempt, digest, response)


class MemoryStop:
    """A stop that one asks for by hand."""

    def __init__(self) -> None:
        self.reason = ""
        self._halted = asyncio.Event()

    @property
    def halted(self) -> bool:
        """True when calls in flight are to be cut."""
        return self._halted.is_set()

    async def wait_halted(self) -> None:
        """Return once calls in flight are to be cut."""
        await self._halted.wait()

    def drain(self, reason: str) -> None:
        """Refuse new calls."""
        self.reason = reason

    def halt(self, reason: str) -> None:
        """Cut calls in flight as well."""
        self.reason = reason
        self._halted.set()
