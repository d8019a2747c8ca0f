"""The ports in memory, for the command line and for whoever embeds the engine."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import count
from typing import Any
from uuid import uuid4

from runs.engine.breaker import CLOSED, Breaker, Rules
from runs.engine.identity import effect_id
from runs.engine.types import (
    Admission,
    Attached,
    FoundBy,
    Hold,
    Outage,
    Purse,
    Recorded,
    StepEnd,
    StepStart,
    ToolStep,
)

OnEvent = Callable[[str, dict[str, Any]], None]


class MemoryJournal:
    """Steps and events of one run. Money is not counted: every hold is granted in full.

    The steps that are `taken` over from another run (see `up_to`) are not bought again.
    """

    def __init__(self, on_event: OnEvent | None = None, taken: Sequence[Recorded] = ()) -> None:
        self.steps: list[tuple[StepStart, StepEnd | None]] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._on_event = on_event
        self._id = uuid4()
        self._done = {step.key: step for step in taken}
        # Steps in the order in which they began.
        self._attempts = {step.key: step.attempt for step in taken}

    @property
    def finished(self) -> list[Recorded]:
        """The finished steps, in the order in which they began."""
        return [self._done[key] for key in self._attempts if key in self._done]

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

    def attached(self, key: str) -> Attached | None:
        """None: nothing outlives this process."""
        return None

    async def identified(self, key: str, attempt: int, found: FoundBy) -> None:
        """Not kept, for the same reason."""

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
        self._done[recorded.key] = replace(recorded, told=True)
        await self.emit("step.finished", {"key": recorded.key, "label": label, "replayed": True})

    def effect_id(self, key: str, digest: str) -> str:
        """The same for the same call of this run."""
        return effect_id(self._id, key, digest)

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


def up_to(steps: Sequence[Recorded], key: str) -> list[Recorded]:
    """The finished steps of a run up to one of them, for another run to take over.

    Raises `KeyError` where none has this key.
    """
    places = [place for place, step in enumerate(steps) if step.key == key]
    if not places:
        raise KeyError(key)
    return [replace(step, taken=True, told=False) for step in steps[: places[-1] + 1]]


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


class MemoryBreakers:
    """The breakers of one process."""

    def __init__(
        self,
        rules: Rules | None = None,
        fallbacks: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._now = now
        self._rules = rules or Rules()
        self._fallbacks = dict(fallbacks or {})
        self._breakers: dict[str, Breaker] = {}
        self._probes = count(1)

    def fallback(self, model: str) -> str | None:
        """The model that is called instead."""
        return self._fallbacks.get(model)

    async def outage(self, model: str) -> Outage | None:
        """Why a call wouldn't be let in now."""
        breaker = self._of(model)
        admits = breaker.admit(self._now(), "", self._rules)
        return None if admits else breaker.outage(model)

    async def admit(self, model: str) -> Admission | Outage:
        """Leave to call the model, or why not."""
        before, probe = self._of(model), f"probe-{next(self._probes)}"
        after = before.admit(self._now(), probe, self._rules)
        if after is None:
            return before.outage(model)
        self._breakers[model] = after
        return Admission(model, "" if after is before else probe)

    async def answered(self, admission: Admission) -> None:
        """The provider answers."""
        self._breakers[admission.model] = self._of(admission.model).answered(admission.probe)

    async def failed(self, admission: Admission, code: str) -> None:
        """The provider failed."""
        before = self._of(admission.model)
        after = before.failed(self._now(), admission.probe, code, self._rules)
        self._breakers[admission.model] = after

    async def withdrawn(self, admission: Admission) -> None:
        """Nothing is known of the provider."""
        self._breakers[admission.model] = self._of(admission.model).withdrawn(admission.probe)

    def _of(self, model: str) -> Breaker:
        return self._breakers.get(model, CLOSED)
