"""Running the tools that a model asked for: journaled, side by side where that is safe."""

import asyncio
from dataclasses import replace
from typing import Any

from runs.engine.calls.effects import UNKNOWN, Effects
from runs.engine.calls.parallel import MAX_PARALLEL, together
from runs.engine.calls.placed import PlacedCall
from runs.engine.calls.stopping import until_halted
from runs.engine.errors import Stopped
from runs.engine.ports import Ports
from runs.engine.tools.tool import Outcome
from runs.engine.types import ToolStep

PREVIEW_CHARACTERS = 200
# A call that ended so may have taken effect.
UNSURE = frozenset({"timeout", "tool_failed", "unanswered"})


class ToolCalls:
    """The tool calls of one run."""

    def __init__(self, ports: Ports) -> None:
        self.box = ports.toolbox
        self._journal = ports.journal
        self._stop = ports.stop
        self._clock = ports.clock
        self._permits = ports.permits
        self._context = ports.tool_context()
        self._one_at_a_time = asyncio.Lock()
        self._effects = Effects(ports)

    async def run_all(self, placed: list[PlacedCall]) -> list[Outcome]:
        """Run calls and return their outcomes in the same order.

        Those that change something are asked about together, before the first one is made. Raises
        `Paused`, `Stopped`, `Fenced`.
        """
        reads = [call for call in placed if self._is_read(call)]
        outcomes = await together([self._run(call) for call in reads], MAX_PARALLEL)
        done = dict(zip(reads, outcomes, strict=True))
        await self._ask([call for call in placed if call not in done])
        for call in placed:
            if call not in done:
                done[call] = await self.run(call)
        return [done[call] for call in placed]

    async def run(self, placed: PlacedCall) -> Outcome:
        """Run one call, also beside others. Raises `Paused`, `Stopped`, `Fenced`."""
        if self._is_read(placed):
            return await self._run(placed)
        await self._ask([placed])
        async with self._one_at_a_time:
            return await self._run(placed)

    def _is_read(self, placed: PlacedCall) -> bool:
        tool = self.box.get(placed.call.name)
        return tool is None or tool.effect == "read"

    async def _ask(self, placed: list[PlacedCall]) -> None:
        """Ask about those that could be made."""
        fitting = [call for call in placed if self._recorded(call) is None and self._fits(call)]
        await self._effects.ask(
            [call for call in fitting if not await self._is_refused(call)],
            lambda call, reason: self._step(call, reason=reason),
        )

    async def _is_refused(self, placed: PlacedCall) -> bool:
        """True where there is nothing to ask: its tool is forbidden, and it was never made."""
        if not self._effects.asks(placed) or self._effects.known(placed):
            return False
        return bool(await self._refusal(placed.call.name))

    def _fits(self, placed: PlacedCall) -> bool:
        return isinstance(self.box.check(placed.call.name, placed.call.arguments), dict)

    def _recorded(self, placed: PlacedCall) -> Outcome | None:
        recorded = self._journal.recorded(placed.key)
        if recorded and recorded.digest == placed.digest:
            return Outcome(recorded.response["text"], recorded.response["code"])
        return None

    async def _run(self, placed: PlacedCall) -> Outcome:
        if recorded := self._recorded(placed):
            return recorded
        if self._stop.halted or self._stop.reason in ("cancelled", "lost", "shutdown"):
            raise Stopped(self._stop.reason)
        asked = self._effects.asked(placed)
        step = self._step(placed, attempt=asked.attempt if asked else None)
        makes = self._fits(placed) and not await self._is_refused(placed)
        unmade = self._effects.unmade(placed) if makes else None
        if not (asked and unmade):
            await self._journal.tool_started(step)
        began_s = self._clock.monotonic()
        outcome = unmade or await self._outcome(placed, step)
        await self._journal.tool_finished(
            replace(
                step,
                ok=outcome.ok,
                response={"text": outcome.text, "code": outcome.code},
                error=None if outcome.ok else {"code": outcome.code, "message": outcome.text},
                duration_ms=round(1000 * (self._clock.monotonic() - began_s)),
                preview=self._in_short(placed, outcome)[:PREVIEW_CHARACTERS],
            )
        )
        return outcome

    def _in_short(self, placed: PlacedCall, outcome: Outcome) -> str:
        tool = self.box.get(placed.call.name)
        return tool.in_short(outcome.text) if tool and outcome.ok else outcome.text

    async def _outcome(self, placed: PlacedCall, step: ToolStep) -> Outcome:
        effect_id = step.request.get("effect_id", "")
        if effect_id and self._interrupted(step) and not self._effects.asks(placed):
            return UNKNOWN
        checked = self.box.check(placed.call.name, placed.call.arguments)
        if isinstance(checked, Outcome):
            return checked
        return await until_halted(self._permitted(placed.call.name, checked, effect_id), self._stop)

    async def _permitted(self, name: str, arguments: dict[str, Any], effect_id: str) -> Outcome:
        if refusal := await self._refusal(name):
            return Outcome(refusal, "forbidden")
        context = replace(self._context, effect_id=effect_id)
        outcome = await self.box.run(name, arguments, context)
        return UNKNOWN if effect_id and outcome.code in UNSURE else outcome

    async def _refusal(self, name: str) -> str:
        """Why a tool may not be called any more; empty where it may."""
        return await self._permits.refusal(name) if self._permits else ""

    def _interrupted(self, step: ToolStep) -> bool:
        """True after an attempt of this call; a recorded one with this key was another call."""
        recorded = self._journal.recorded(step.key)
        return step.attempt > (recorded.attempt if recorded else 0) + 1

    def _step(
        self, placed: PlacedCall, *, attempt: int | None = None, reason: str = ""
    ) -> ToolStep:
        tool = self.box.get(placed.call.name)
        request = placed.request
        if not self._is_read(placed):
            request["effect_id"] = self._journal.effect_id(placed.key, placed.digest)
        if reason:
            request["reason"] = reason
        return ToolStep(
            key=placed.key,
            attempt=attempt or self._journal.next_attempt(placed.key),
            label=f"Using {tool.label if tool else placed.call.name}"[:200],
            digest=placed.digest,
            request=request,
            call_id=placed.call.id,
        )
