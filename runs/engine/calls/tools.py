"""Running the tools that a model asked for: journaled, side by side where that is safe."""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import Any

import orjson

from runs.engine.calls.parallel import together
from runs.engine.calls.stopping import until_halted
from runs.engine.errors import Stopped
from runs.engine.ports import Ports
from runs.engine.tools.tool import Outcome
from runs.engine.types import ToolCall, ToolStep

MAX_PARALLEL = 4
PREVIEW_CHARACTERS = 200
UNKNOWN_OUTCOME = Outcome(
    "This call was interrupted, and it is not known whether it took effect. It was not repeated. "
    "Tell the user.",
    "outcome_unknown",
)


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A tool call with the step key of its position."""

    key: str
    call: ToolCall


class ToolCalls:
    """The tool calls of one run."""

    def __init__(self, ports: Ports) -> None:
        self.box = ports.toolbox
        self._journal = ports.journal
        self._stop = ports.stop
        self._clock = ports.clock
        self._context = ports.tool_context()
        self._one_at_a_time = asyncio.Lock()

    async def run_all(self, placed: list[PlacedCall]) -> list[Outcome]:
        """Run calls and return their outcomes in the same order. Raises `Stopped`, `Fenced`."""
        reads = [call for call in placed if self._is_read(call)]
        outcomes = await together([self._run(call) for call in reads], MAX_PARALLEL)
        done = dict(zip(reads, outcomes, strict=True))
        for call in placed:
            if call not in done:
                done[call] = await self.run(call)
        return [done[call] for call in placed]

    async def run(self, placed: PlacedCall) -> Outcome:
        """Run one call, also beside others. Raises `Stopped`, `Fenced`."""
        if self._is_read(placed):
            return await self._run(placed)
        async with self._one_at_a_time:
            return await self._run(placed)

    def _is_read(self, placed: PlacedCall) -> bool:
        tool = self.box.get(placed.call.name)
        return tool is None or tool.effect == "read"

    async def _run(self, placed: PlacedCall) -> Outcome:
        recorded = self._journal.recorded(placed.key)
        if recorded and recorded.digest == digest(placed.call):
            return Outcome(recorded.response["text"], recorded.response["code"])
        if self._stop.halted or self._stop.reason in ("cancelled", "lost", "shutdown"):
            raise Stopped(self._stop.reason)
        step = self._step(placed)
        await self._journal.tool_started(step)
        began_s = self._clock.monotonic()
        outcome = await self._outcome(placed, step)
        await self._journal.tool_finished(
            replace(
                step,
                ok=outcome.ok,
                response={"text": outcome.text, "code": outcome.code},
                error=None if outcome.ok else {"code": outcome.code, "message": outcome.text},
                duration_ms=round(1000 * (self._clock.monotonic() - began_s)),
                preview=outcome.text[:PREVIEW_CHARACTERS],
            )
        )
        return outcome

    async def _outcome(self, placed: PlacedCall, step: ToolStep) -> Outcome:
        if step.attempt > 1 and not self._is_read(placed):
            return UNKNOWN_OUTCOME
        checked = self.box.check(placed.call.name, placed.call.arguments)
        if isinstance(checked, Outcome):
            return checked
        return await until_halted(
            self.box.run(placed.call.name, checked, self._context), self._stop
        )

    def _step(self, placed: PlacedCall) -> ToolStep:
        tool = self.box.get(placed.call.name)
        return ToolStep(
            key=placed.key,
            attempt=self._journal.next_attempt(placed.key),
            label=f"Using {tool.label if tool else placed.call.name}"[:200],
            digest=digest(placed.call),
            request=asked(placed.call),
        )


def asked(call: ToolCall) -> dict[str, Any]:
    """A call as the journal keeps it."""
    return {"tool": call.name, "arguments": call.arguments}


def digest(call: ToolCall) -> str:
    """Identity of a call."""
    return hashlib.sha256(orjson.dumps(asked(call))).hexdigest()
