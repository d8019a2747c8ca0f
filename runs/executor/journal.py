"""The engine's `Journal` port on Postgres: one SQL function a method, one round trip each."""

import logging
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from billing.money import ModelPrices, format_usd
from billing.providers import provider_of
from billing.statements import Statement
from runs import functions
from runs.engine.calls.stopping import check, until_halted
from runs.engine.errors import Fenced
from runs.engine.identity import effect_id
from runs.engine.types import (
    Attached,
    FoundBy,
    Hold,
    Purse,
    Recorded,
    StepEnd,
    StepStart,
    ToolStep,
)
from runs.events import (
    PREVIEW_CHARACTERS,
    Artifact,
    Event,
    Notice,
    StepReplayed,
    StepStarted,
    ToolAsked,
    ToolFinished,
    ToolStarted,
)
from runs.executor import charges
from runs.executor.attached import UNFINISHED, AttachedCalls
from runs.executor.database import Database
from runs.executor.live import RunLive
from runs.executor.observer import Observer
from runs.executor.prices import Prices
from runs.executor.purse import money_left
from runs.executor.recovery import Recovery
from runs.executor.signals import Bell, RunStop
from runs.executor.unheld import OUT_OF_MONEY, Beginning, raise_unless_held, uncapped
from runs.forks import count_saved
from runs.functions import Answer, HoldAnswer, Outcome

AnswerT = TypeVar("AnswerT", bound=Answer)

# How long a started run waits for money that others hold, and how often it asks unrung.
MAX_WAIT_S = 60.0
ASK_AGAIN_S = 1.0
# Calls that cost nothing are carried by any money.
MANY_CALLS = 1000
READ_STEPS = """
    SELECT id, key, attempt, kind, status, digest, response, cost_usd, taken_usd, replayed
    FROM runs_step WHERE run_id = %s ORDER BY id
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
        observer: Observer,
        asks: bool = False,
    ) -> None:
        """`asks`: what doesn't fit a limit is asked for, not made shorter or done without."""
        self.run_id = run_id
        self._epoch = epoch
        self._database = database
        self._prices = prices
        self._live = live
        self._freed = freed
        self._stop = stop
        self._observer = observer
        self._done: dict[str, Recorded] = {}
        self._saved: dict[int, str] = {}
        self._attempts: dict[str, int] = {}
        self._new = True
        self._prices_held: dict[int, ModelPrices] = {}
        self._recovery = Recovery()
        self._attached = AttachedCalls(run_id, epoch, database)
        self._out_of_money = False
        self._asks = asks

    async def load(self) -> None:
        """Read what earlier epochs left."""
        rows = await self._database.fetch(READ_STEPS, self.run_id)
        unfinished = False
        for step_id, key, attempt, kind, status, digest, response, cost, taken_usd, told in rows:
            taken = taken_usd is not None
            unfinished = unfinished or (kind == "llm" and status in UNFINISHED)
            self._new = self._new and taken
            self._attempts[key] = max(attempt, self._attempts.get(key, 0))
            # A tool's refusal is an answer too; a failed LLM call is none.
            if status == "done" or (kind == "tool" and response):
                self._done[key] = Recorded(
                    step_id, key, attempt, digest, response, taken, told or not taken
                )
                self._saved[step_id] = format_usd(taken_usd if taken else cost)
                if kind == "llm" and not taken:
                    self._recovery.expect(key)
        if unfinished:
            await self._attached.load()

    @property
    def is_new(self) -> bool:
        """True of a run that has bought and done nothing itself yet."""
        return self._new

    def recorded(self, key: str) -> Recorded | None:
        """The finished attempt of this step in an earlier epoch."""
        return self._done.get(key)

    def next_attempt(self, key: str) -> int:
        """The number of the next attempt of this step, from 1."""
        self._attempts[key] = self._attempts.get(key, 0) + 1
        return self._attempts[key]

    async def begin(self, closing: tuple[str, int, int], *, alone: bool = False) -> Outcome:
        """Hold the money for the closing call, given as (model, input tokens, output tokens).

        Where it is the run's only call (`alone`), nothing is kept free for a first one.

        Returns `BEGUN`, `QUEUED`, `PAUSED` or `ENDED`. Raises `Refused` for a model that may not be
        called.
        """
        model, max_input_tokens, max_output_tokens = closing
        prices = await self._prices.of(model)
        self._beginning = Beginning.of(prices, max_input_tokens, max_output_tokens, alone=alone)
        answer = await self._do(
            functions.begin(
                run_id=self.run_id,
                epoch=self._epoch,
                bound=_bound(model, max_input_tokens, max_output_tokens, prices),
                first_call_usd=self._beginning.first_call_usd,
            )
        )
        if answer.outcome == Outcome.UNCAPPED:
            raise uncapped(model)
        return answer.outcome

    async def hold(self, start: StepStart) -> Hold:
        """Hold the call's bound and journal the step as started.

        Waits, at most `MAX_WAIT_S`, for money that calls in flight hold and may give back, and
        without a limit for a call that finds out whether the model keeps its cap. When the run has
        to stop meanwhile, raises what a call that is about to begin raises.
        """
        await self.tell_recovery()
        prices = await self._prices.of(start.model)
        statement = self._hold_statement(start, prices)
        answer = await self._do(statement)
        waited_s = 0.0
        while answer.outcome == Outcome.PROBING or (
            answer.outcome == Outcome.WAITING and waited_s < MAX_WAIT_S
        ):
            since_s = time.monotonic()
            await until_halted(self._freed.wait(ASK_AGAIN_S), self._stop)
            check(self._stop, closing=start.closing)
            if answer.outcome == Outcome.WAITING:
                waited_s += time.monotonic() - since_s
            answer = await self._do(statement)
        if answer.outcome in OUT_OF_MONEY and self._asks and not start.closing:
            raise self._beginning.pause(start, prices)
        if answer.outcome in OUT_OF_MONEY and not self._out_of_money:
            self._out_of_money = True
            await self._tell_out_of_money(answer)
        raise_unless_held(answer, start)
        # What was held at a price is settled at that price, whatever becomes of the price list.
        self._prices_held[answer.hold] = prices
        hold = Hold(answer.hold, answer.output_tokens)
        self._observer.held(start, hold)
        return hold

    def attached(self, key: str) -> Attached | None:
        """An attempt of this step whose answer the provider keeps, once."""
        return self._attached.take(key)

    async def identified(self, key: str, attempt: int, found: FoundBy) -> None:
        """Keep under which id the provider has the answer that begins."""
        await self._attached.identify(key, attempt, found)

    async def let_go(self) -> None:
        """Charge what earlier epochs sent and this one didn't ask for, in doubt."""
        for statement in self._attached.left():
            await self._do(statement)

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        """Charge or release the hold and journal the step's end."""
        prices = self._prices_held.pop(hold.id, None) or await self._prices.of(start.model)
        charge = charges.charge(end, start, prices, await self._prices.served(prices, end.reply))
        self._live.close(start.key, start.attempt)
        answer = await self._database.run(
            functions.settle_call(
                run_id=self.run_id,
                epoch=self._epoch,
                hold=hold.id,
                status=end.status,
                response=end.reply,
                error=end.error,
                usage=charge.usage,
                confidence=charge.confidence,
                duration_ms=end.duration_ms,
                event=charges.end_event(start, end, charge.confidence),
                notice=charge.notice,
            )
        )
        if end.past_cap or not prices.keeps_cap:
            self._prices.forget(start.model)
        if answer.overrun_usd:
            self._prices.forget(start.model)
            told = {"run": str(self.run_id), "model": start.model, "usd": str(answer.overrun_usd)}
            logger.error("a call cost more than was held for it", extra=told)
        self._observer.settled(start, end, answer.cost_usd)
        self._publish(answer)

    async def affords(
        self, model: str, max_input_tokens: int, max_output_tokens: int
    ) -> Purse | None:
        """What is left under the run's limits, and how many calls of this bound; None: no limit.

        A run that asks for more plans as if there were enough.
        """
        left = None if self._asks else await money_left(self._database, self.run_id)
        if left is None:
            return None
        prices = await self._prices.of(model)
        each = prices.bound(max_input_tokens).cost(max_output_tokens)
        return Purse(format_usd(left), int(left / each) if each else MANY_CALLS)

    async def replayed(self, recorded: Recorded, label: str) -> None:
        """Emit that a finished step was read back."""
        saved = self._saved[recorded.step_id]
        event = StepReplayed(
            key=recorded.key,
            attempt=recorded.attempt,
            label=label,
            kind="llm",
            cost_usd=format_usd(Decimal(0)) if recorded.taken else saved,
            saved_usd=saved,
        )
        saves = [count_saved(step_id=recorded.step_id, epoch=self._epoch)] if recorded.taken else ()
        await self._emit(event, replayed=recorded.step_id, after=saves)
        self._observer.replayed(recorded, saved)
        self._recovery.read_back(recorded.key)

    async def tell_recovery(self, *, ended: bool = False) -> None:
        """Emit, once, at which step a resumed run goes on and what that saved."""
        if self._recovery.due(ended=ended):
            await self._do(functions.tell_recovered(run_id=self.run_id, epoch=self._epoch))

    def effect_id(self, key: str, digest: str) -> str:
        """The same for the same call of this run, whoever executes it."""
        return effect_id(self.run_id, key, digest)

    async def tool_asked(self, step: ToolStep) -> None:
        """Journal that a tool call waits for approval."""
        await self.tell_recovery()
        event = ToolAsked(key=step.key, attempt=step.attempt, label=step.label, **step.request)
        await self._write_tool(step, "asked", event)

    async def tool_started(self, step: ToolStep) -> None:
        """Journal a tool call as started."""
        await self.tell_recovery()
        event = ToolStarted(
            key=step.key,
            attempt=step.attempt,
            label=step.label,
            tool=step.request["tool"],
            arguments=step.request["arguments"],
        )
        await self._write_tool(step, "started", event)
        self._observer.tool_started(step)

    async def tool_finished(self, step: ToolStep) -> None:
        """Journal a tool call's result."""
        event = ToolFinished(
            key=step.key,
            attempt=step.attempt,
            label=step.label,
            ok=step.ok,
            duration_ms=step.duration_ms,
            preview=step.preview[:PREVIEW_CHARACTERS],
        )
        await self._write_tool(step, "done" if step.ok else "failed", event)
        self._observer.tool_finished(step)

    async def emit(self, type: str, data: dict[str, Any]) -> None:
        """Append a durable event."""
        if type == "artifact":
            kind, key, *_ = data.values()
            await self._emit(Artifact(kind=kind, key=key, data=data))
        else:
            await self._emit(Notice(code=data["code"], figures=data))

    async def _emit(
        self, event: Event, replayed: int | None = None, after: Sequence[Statement[None]] = ()
    ) -> None:
        emit = functions.emit(run_id=self.run_id, epoch=self._epoch, event=event, replayed=replayed)
        await self._do(emit, after)

    async def _tell_out_of_money(self, answer: HoldAnswer) -> None:
        """With the figures of the limit, or how long others have held the money."""
        figures = answer.refusal.figures if answer.refusal else {"waited_s": MAX_WAIT_S}
        await self._emit(Notice(code="out_of_money", figures=figures))

    async def _write_tool(self, step: ToolStep, status: str, event: Event) -> None:
        await self._do(
            functions.record_tool(
                run_id=self.run_id, epoch=self._epoch, step=step, status=status, event=event
            )
        )

    def _hold_statement(self, start: StepStart, prices: ModelPrices) -> Statement[HoldAnswer]:
        return functions.hold_call(
            run_id=self.run_id,
            epoch=self._epoch,
            start=start,
            bound=_bound(
                start.model,
                start.max_input_tokens,
                start.max_output_tokens,
                prices,
                whole=self._asks and not start.closing,
            ),
            event=StepStarted(
                key=start.key,
                attempt=start.attempt,
                label=start.label,
                kind="llm",
                model=start.model,
                n=start.n,
                of=start.of,
            ),
        )

    async def _do(
        self, statement: Statement[AnswerT], after: Sequence[Statement[None]] = ()
    ) -> AnswerT:
        answer = await self._database.run(statement, after=after)
        self._publish(answer)
        return answer

    def _publish(self, answer: Answer) -> None:
        """Hand committed events to the viewers, and give up when another epoch owns the run."""
        self._live.events(answer.events)
        if answer.outcome == Outcome.FENCED:
            raise Fenced


def _bound(
    model: str, max_input_tokens: int, max_output_tokens: int, prices: ModelPrices, **how: bool
) -> dict[str, Any]:
    """With the model's own provider, which may be another one than that of its run."""
    most = charges.bound(model, max_input_tokens, max_output_tokens, prices, **how)
    return {**most, "provider": provider_of(model).name}
