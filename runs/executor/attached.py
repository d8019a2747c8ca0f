"""Calls of earlier epochs whose answers the provider keeps: read on, or given up."""

from typing import Any
from uuid import UUID

from billing.functions import usage
from billing.money import UnitPrices
from billing.statements import Statement
from runs import functions
from runs.engine.types import Attached, FoundBy, Hold
from runs.events import StepFailed
from runs.executor.database import Database
from runs.functions import SettleAnswer

# The states of steps whose answers may be found again.
UNFINISHED = ("started", "in_doubt")
# Also those that were charged meanwhile: reading an answer on costs nothing.
READ = """
    SELECT s.key, s.attempt, s.label, s.digest, h.model, h.id, h.max_input_tokens,
        h.max_output_tokens, h.input_price, h.output_price, s.answer_id, s.answer_after
    FROM runs_step s JOIN billing_hold h ON h.id = s.hold_id
    WHERE s.run_id = %s AND s.kind = 'llm' AND s.status = ANY(%s)
        AND s.answer_after IS NOT NULL AND h.state IN ('dispatched', 'in_doubt', 'settled')
    ORDER BY s.id
"""
IDENTIFY = """
    UPDATE runs_step SET answer_id = %s, answer_after = %s
    WHERE run_id = %s AND key = %s AND attempt = %s RETURNING id
"""
MAX_ID = 200


class AttachedCalls:
    """Those of one run. Each is handed out once."""

    def __init__(self, run_id: UUID, epoch: int, database: Database) -> None:
        self._run_id = run_id
        self._epoch = epoch
        self._database = database
        self._calls: dict[str, Attached] = {}
        self._left: dict[str, Statement[SettleAnswer]] = {}

    async def load(self) -> None:
        """Read what earlier epochs left; of one step the newest attempt."""
        for (
            key,
            attempt,
            label,
            digest,
            model,
            hold,
            sent,
            output,
            *more,
        ) in await self._database.fetch(READ, self._run_id, list(UNFINISHED)):
            *prices, answer_id, after = more
            found = FoundBy(answer_id, after)
            self._calls[key] = Attached(key, attempt, digest, model, Hold(hold, output), found)
            self._left[key] = self._given_up(key, attempt, label, hold, sent, output, prices)

    def take(self, key: str) -> Attached | None:
        """The attempt of this step, if there is one."""
        self._left.pop(key, None)
        return self._calls.pop(key, None)

    async def identify(self, key: str, attempt: int, found: FoundBy) -> None:
        """Keep under which id an answer can be found."""
        await self._database.fetch(
            IDENTIFY, found.id[:MAX_ID], found.after, self._run_id, key, attempt
        )

    def left(self) -> list[Statement[SettleAnswer]]:
        """What settles those that nobody asked for: the run went another way. In doubt."""
        statements = list(self._left.values())
        self._left.clear()
        return statements

    def _given_up(
        self,
        key: str,
        attempt: int,
        label: str,
        hold: int,
        sent: int,
        output: int,
        prices: list[Any],
    ) -> Statement[SettleAnswer]:
        input_price, output_price = prices
        error = {"code": "in_doubt"}
        most = usage(
            fresh_input=sent,
            cached_input=0,
            cache_write=0,
            output=output,
            reasoning=0,
            unit=UnitPrices(input_price, input_price, input_price, output_price),
        )
        event = StepFailed(key=key, attempt=attempt, label=label, error=error, duration_ms=0)
        return functions.settle_call(
            run_id=self._run_id,
            epoch=self._epoch,
            hold=hold,
            status="in_doubt",
            response=None,
            error=error,
            usage=most,
            confidence="in_doubt",
            duration_ms=0,
            event=event,
        )
