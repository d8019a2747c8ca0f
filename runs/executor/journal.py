"""The engine's `Journal` port on Postgres: one SQL function a method, one round trip each."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.money import ModelPrices, format_usd
from runs.engine.errors import Fenced, Refused, Stopped
from runs.engine.racing import check, until_halted
from runs.engine.types import Hold, Recorded, StepEnd, StepStart, ToolStep
from runs.executor import arguments
from runs.executor.bell import Bell
from runs.executor.database import Database
from runs.executor.jsonb import jsonb
from runs.executor.live import RunLive
from runs.executor.notices import out_of_money
from runs.executor.prices import Prices
from runs.executor.recovery import Recovery
from runs.executor.stop import RunStop
from runs.services.funds import least_call_usd

# How long a started run waits for money that others hold, and how often it asks unrung.
LONGEST_WAIT_S = 60.0
ASK_AGAIN_S = 1.0
READ_STEPS = """
    SELECT id, key, attempt, kind, status, digest, response, cost_usd FROM runs_step
    WHERE run_id = %s ORDER BY id
"""

logger = logging.getLogger(__name__)


class PostgresJournal:
    """The journal of one run under one epoch."""

    def __init__(
        self,
        *,
        run_id: UUID,
        epoch: int,
        database: Database,
        prices: Prices,
        live: RunLive,
        freed: Bell,
        stop: RunStop,
    ) -> None:
        self._run_id = run_id
        self._epoch = epoch
        self._database = database
        self._prices = prices
        self._live = live
        self._freed = freed
        self._stop = stop
        self._done: dict[str, Recorded] = {}
        self._saved: dict[int, str] = {}
        self._attempts: dict[str, int] = {}
        self._prices_held: dict[int, ModelPrices] = {}
        self._recovery = Recovery()
        self._out_of_money = False

    async def load(self) -> None:
        """Read what earlier epochs left."""
        rows = await self._database.fetch(READ_STEPS, self._run_id)
        for step_id, key, attempt, kind, status, digest, response, cost in rows:
            self._attempts[key] = max(attempt, self._attempts.get(key, 0))
            # A tool's refusal is an answer too; a failed LLM call is none.
            if status == "done" or (kind == "tool" and response):
                self._done[key] = Recorded(step_id, key, attempt, digest, response)
                self._saved[step_id] = format_usd(cost)
                if kind == "llm":
                    self._recovery.expect(key)

    def recorded(self, key: str) -> Recorded | None:
        """The finished attempt of this step in an earlier epoch."""
        return self._done.get(key)

    def next_attempt(self, key: str) -> int:
        """The number of the next attempt of this step, from 1."""
        self._attempts[key] = self._attempts.get(key, 0) + 1
        return self._attempts[key]

    async def begin(self, closing: tuple[str, int, int]) -> str:
        """Hold the money for the closing call, given as (model, input tokens, output tokens).

        Returns the outcome of `runs_begin_v1`: begun, queued or ended. Raises `Refused` for a model
        that may not be called.
        """
        model, max_input_tokens, max_output_tokens = closing
        prices = await self._prices.of(model)
        answer = await self._database.call(
            "runs_begin_v1",
            self._run_id,
            self._epoch,
            jsonb(arguments.bound(model, max_input_tokens, max_output_tokens, prices)),
            least_call_usd(prices, max_input_tokens),
        )
        self._publish(answer)
        if answer["outcome"] == "uncapped":
            raise _uncapped(model)
        return str(answer["outcome"])

    async def hold(self, start: StepStart) -> Hold:
        """Hold the call's bound and journal the step as started.

        Waits, at most `LONGEST_WAIT_S`, for money that calls in flight hold and may give back. When
        the run has to stop meanwhile, raises what a call that is about to begin raises.
        """
        await self.tell_recovery()
        prices = await self._prices.of(start.model)
        step = {
            "key": start.key,
            "attempt": start.attempt,
            "label": start.label,
            "digest": start.digest,
            "request": start.request,
            "closing": start.closing,
        }
        bound = arguments.bound(
            start.model, start.max_input_tokens, start.max_output_tokens, prices
        )
        event = arguments.event(
            "step.started", start, kind="llm", model=start.model, n=start.n, of=start.of
        )
        asked = (self._run_id, self._epoch, jsonb(step), jsonb(bound), jsonb([event]))
        answer = await self._database.call("runs_hold_v1", *asked)
        waits_until = time.monotonic() + LONGEST_WAIT_S
        while answer["outcome"] == "waiting" and time.monotonic() < waits_until:
            await until_halted(self._freed.wait(ASK_AGAIN_S), self._stop)
            check(self._stop, closing=start.closing)
            answer = await self._database.call("runs_hold_v1", *asked)
        self._publish(answer)
        if answer["outcome"] in ("waiting", "exhausted") and not self._out_of_money:
            self._out_of_money = True
            await self.emit("notice", out_of_money(answer["refusal"], LONGEST_WAIT_S))
        _raise_unless_held(answer, start)
        # What was held at a price is settled at that price, whatever becomes of the price list.
        self._prices_held[answer["hold"]] = prices
        return Hold(answer["hold"], answer["output_tokens"])

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        """Charge or release the hold and journal the step's end."""
        prices = self._prices_held.pop(hold.id)
        self._live.close(start.key, start.attempt)
        answer = await self._database.call(
            "runs_settle_v1",
            self._run_id,
            self._epoch,
            hold.id,
            end.status,
            jsonb(asdict(end.reply) if end.reply else None),
            jsonb(end.error) if end.error else None,
            jsonb(arguments.charge(end, start, prices)) if end.usage else None,
            end.confidence,
            end.duration_ms,
            jsonb(arguments.ended(start, end)),
        )
        if Decimal(answer.get("overrun_usd") or 0):
            self._prices.forget(start.model)
            told = {"run": str(self._run_id), "model": start.model, "usd": answer["overrun_usd"]}
            logger.error("a call cost more than was held for it", extra=told)
        self._publish(answer)

    async def replayed(self, recorded: Recorded, label: str) -> None:
        """Emit that a finished step was read back."""
        event = {
            "type": "step.finished",
            "data": {
                "key": recorded.key,
                "attempt": recorded.attempt,
                "label": label,
                "kind": "llm",
                "replayed": True,
                "cost_usd": self._saved[recorded.step_id],
                "saved_usd": self._saved[recorded.step_id],
            },
        }
        self._publish(
            await self._database.call(
                "runs_emit_v1", self._run_id, self._epoch, jsonb([event]), recorded.step_id
            )
        )
        self._recovery.read_back(recorded.key)

    async def tell_recovery(self, *, ended: bool = False) -> None:
        """Emit, once, at which step a resumed run goes on and what that saved."""
        if self._recovery.due(ended=ended):
            self._publish(await self._database.call("runs_recovered_v1", self._run_id, self._epoch))

    async def tool_started(self, step: ToolStep) -> None:
        """Journal a tool call as started."""
        await self.tell_recovery()
        await self._write_tool(
            step,
            "started",
            arguments.event("tool.started", step, **step.request),
        )

    async def tool_finished(self, step: ToolStep) -> None:
        """Journal a tool call's result."""
        await self._write_tool(
            step,
            "done" if step.ok else "failed",
            arguments.event(
                "tool.finished",
                step,
                ok=step.ok,
                duration_ms=step.duration_ms,
                preview=step.preview[: arguments.PREVIEW_CHARACTERS],
            ),
        )

    async def emit(self, type: str, data: dict[str, Any]) -> None:
        """Append a durable event."""
        event = {"type": type, "data": data}
        self._publish(
            await self._database.call(
                "runs_emit_v1", self._run_id, self._epoch, jsonb([event]), None
            )
        )

    async def _write_tool(self, step: ToolStep, status: str, event: dict[str, Any]) -> None:
        row = asdict(step) | {"status": status}
        self._publish(
            await self._database.call(
                "runs_step_v1", self._run_id, self._epoch, jsonb(row), jsonb([event])
            )
        )

    def _publish(self, answer: dict[str, Any]) -> None:
        """Hand committed events to the viewers, and give up when another epoch owns the run."""
        events: Sequence[dict[str, Any]] = answer.get("events") or ()
        self._live.events(events)
        if answer["outcome"] == "fenced":
            raise Fenced


def _raise_unless_held(answer: dict[str, Any], start: StepStart) -> None:
    outcome = answer["outcome"]
    if outcome == "cancelling":
        raise Stopped("cancelled")
    if outcome in ("waiting", "exhausted"):
        details = answer["refusal"] or {}
        raise Refused("budget_exceeded", "The budget has no room for this call.", details)
    if outcome == "uncapped":
        raise _uncapped(start.model)
    if outcome != "held":
        raise Refused("conflict", f"Attempt {start.attempt} of {start.key} is already over.")


def _uncapped(model: str) -> Refused:
    message = f"“{model}” wrote more than it was allowed to, so no hard limit could be kept."
    return Refused("model_uncapped", message)
