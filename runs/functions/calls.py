"""One attempt of a call: its money, and its lines in the journal."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.jsonb import jsonb
from billing.refusals import Refusal
from billing.statements import Statement, call, from_json
from runs.engine.types import Confidence, Reply, StepStart, ToolStep
from runs.events import Event
from runs.functions.answers import Answer, HoldAnswer, Outcome, SettleAnswer, answer_of, events_of


def hold_call(
    *, run_id: UUID, epoch: int, start: StepStart, bound: dict[str, Any], event: Event
) -> Statement[HoldAnswer]:
    """Hold and dispatch the money of one attempt, and journal its start."""
    step = {
        "key": start.key,
        "attempt": start.attempt,
        "label": start.label,
        "digest": start.digest,
        "request": start.request,
        "closing": start.closing,
    }
    given = (jsonb(step), jsonb(bound), jsonb([event.message]))
    return call("runs", "hold_call", run_id, epoch, *given, read=_hold_answer)


def settle_call(
    *,
    run_id: UUID,
    epoch: int,
    hold: int,
    status: str,
    response: Reply | None,
    error: dict[str, str] | None,
    usage: dict[str, Any] | None,
    confidence: Confidence,
    duration_ms: int,
    event: Event,
    notice: dict[str, Any] | None = None,
) -> Statement[SettleAnswer]:
    """Charge or release the hold of one attempt, and journal its end. A notice is told once."""
    return call(
        "runs",
        "settle_call",
        run_id,
        epoch,
        hold,
        status,
        jsonb(response),
        jsonb(error) if error else None,
        jsonb(usage) if usage else None,
        confidence,
        duration_ms,
        jsonb(event.message),
        jsonb(notice) if notice else None,
        read=_settle_answer,
    )


def record_tool(
    *, run_id: UUID, epoch: int, step: ToolStep, status: str, event: Event
) -> Statement[Answer]:
    """Journal that a tool call began or ended."""
    row = jsonb(asdict(step) | {"status": status})
    return call("runs", "record_tool", run_id, epoch, row, jsonb([event.message]), read=answer_of)


def _hold_answer(value: Any) -> HoldAnswer:
    found = from_json(value)
    refusal = found.get("refusal")
    return HoldAnswer(
        Outcome(found["outcome"]),
        events_of(found.get("events")),
        found.get("hold") or 0,
        found.get("output_tokens") or 0,
        Refusal.of(refusal) if refusal else None,
    )


def _settle_answer(value: Any) -> SettleAnswer:
    found = from_json(value)
    return SettleAnswer(
        Outcome(found["outcome"]),
        events_of(found.get("events")),
        Decimal(found.get("overrun_usd") or 0),
    )
