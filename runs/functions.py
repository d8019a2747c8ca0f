"""The typed door to the SQL functions of a run's life, one Python function each.

What a worker calls takes the run and the epoch that owns it, and answers `fenced` to any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from billing.jsonb import jsonb
from billing.refusals import Refusal
from billing.statements import Row, Statement, call, from_json, named, rows_of
from runs.engine.types import Confidence, Reply, Result, StepStart, ToolStep
from runs.events import Event
from runs.wording import worded

Events = Sequence[dict[str, Any]]


class Outcome(StrEnum):
    """What became of a call; each SQL function's head says which of these it answers."""

    ABANDONED = "abandoned"
    BEGUN = "begun"
    BUDGET = "budget"
    CANCELLING = "cancelling"
    CONFLICT = "conflict"
    DISPATCHED = "dispatched"
    ENDED = "ended"
    EXHAUSTED = "exhausted"
    FENCED = "fenced"
    FINISHED = "finished"
    HELD = "held"
    KEPT = "kept"
    KNOWN = "known"
    NO_STEP = "no_step"
    NOT_IN_DOUBT = "not_in_doubt"
    NOT_WAITING = "not_waiting"
    PAUSED = "paused"
    PROBING = "probing"
    QUEUED = "queued"
    RECORDED = "recorded"
    REPLAYED = "replayed"
    RESOLVED = "resolved"
    RESUMED = "resumed"
    SETTLED = "settled"
    STORED = "stored"
    TAKEN = "taken"
    TOO_LITTLE = "too_little"
    UNCAPPED = "uncapped"
    WAITING = "waiting"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call, and the events that are committed with it, as viewers receive them."""

    outcome: Outcome
    events: Events


@dataclass(frozen=True, slots=True)
class HoldAnswer(Answer):
    """`hold` and `output_tokens` where it is held, else 0; `refusal` where money is exhausted."""

    hold: int
    output_tokens: int
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class SettleAnswer(Answer):
    """`overrun_usd` is what the call cost more than was held for it."""

    overrun_usd: Decimal


@dataclass(frozen=True, slots=True)
class FundAnswer(Answer):
    """`short_usd` is the least that would have to be added, where less was."""

    short_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class SubmitCall:
    """A run to store: its columns, what it needs to begin, and which answers are given again."""

    row: Mapping[str, Any]
    needs_usd: Decimal
    kept: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class SubmitAnswer:
    """What became of a submit; `known` is the run that its key or its id has made before.

    `remaining_usd` is what is left of the tightest hard budget, None without one.
    """

    outcome: Outcome
    known: UUID | None
    refusal: Refusal | None
    remaining_usd: Decimal | None
    created_at: datetime | None
    deadline_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is a worker's now."""

    run_id: UUID
    epoch: int
    suspect: bool
    events: Events


@dataclass(frozen=True, slots=True)
class Executing:
    """What Postgres says of a run that a worker executes."""

    epoch: int
    status: str
    suspect: bool


@dataclass(frozen=True, slots=True)
class Swept:
    """A run that was taken from a dead worker, or that waited and goes on or has ended."""

    run_id: UUID
    events: Events


def submit(*, row: Mapping[str, Any], needs_usd: Decimal) -> Statement[SubmitAnswer]:
    """Store a run whose columns these are."""
    return rows_of("runs", "submit", jsonb(row), needs_usd, None, read=_submit_answer)


def submit_all(calls: Sequence[SubmitCall]) -> Statement[dict[UUID, SubmitAnswer]]:
    """Store several runs, all or none; their answers by id."""
    given = [{"row": one.row, "needs_usd": str(one.needs_usd), "kept": one.kept} for one in calls]
    text = f"""
        SELECT (c.row ->> 'id')::uuid, answer.*
        FROM jsonb_to_recordset(%s) AS c (row jsonb, needs_usd numeric, kept jsonb)
        CROSS JOIN LATERAL {named("runs", "submit", "c.row", "c.needs_usd", "c.kept")} AS answer
    """  # noqa: S608 - our own names
    return Statement(
        text, (jsonb(given),), lambda rows: {run_id: _submit_answer([row]) for run_id, *row in rows}
    )


def claim(*, worker_id: UUID, limit: int, user_cap: int) -> Statement[list[Claimed]]:
    """Give queued runs to a worker, at most `limit`; `user_cap` is how many a user may execute."""
    return rows_of(
        "runs",
        "claim",
        worker_id,
        limit,
        user_cap,
        read=lambda rows: [
            Claimed(run_id, epoch, suspect, _events(events))
            for run_id, epoch, suspect, events in rows
        ],
    )


def executing(*, worker_id: UUID) -> Statement[dict[UUID, Executing]]:
    """The runs that a worker executes."""
    return rows_of(
        "runs",
        "executing",
        worker_id,
        read=lambda rows: {run_id: Executing(*known) for run_id, *known in rows},
    )


def sweep() -> Statement[Swept | None]:
    """Deal with one run of a dead worker or one that can't start; None when none is left."""
    return rows_of("runs", "sweep", read=_swept)


def begin(
    *, run_id: UUID, epoch: int, bound: dict[str, Any], first_call_usd: Decimal
) -> Statement[Answer]:
    """Hold the closing call's money, while so much stays available for the first call."""
    return call("runs", "begin", run_id, epoch, jsonb(bound), first_call_usd, read=_answer)


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
    return call("runs", "record_tool", run_id, epoch, row, jsonb([event.message]), read=_answer)


def emit(
    *, run_id: UUID, epoch: int, event: Event, replayed: int | None = None
) -> Statement[Answer]:
    """Write an event; `replayed` is the id of the step that it says was read back."""
    return call("runs", "emit", run_id, epoch, jsonb([event.message]), replayed, read=_answer)


def tell_recovered(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Say that a resumed run has read back its finished steps."""
    return call("runs", "tell_recovered", run_id, epoch, read=_answer)


def finish(*, run_id: UUID, epoch: int, result: Result) -> Statement[Answer]:
    """End a run with its result."""
    return call("runs", "finish", run_id, epoch, result.status, jsonb(result), read=_answer)


def hand_back(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Give a run back to the queue."""
    return call("runs", "hand_back", run_id, epoch, read=_answer)


def pause(*, run_id: UUID, epoch: int, asked: Mapping[str, Any]) -> Statement[Answer]:
    """Let a run wait for a person; `asked` says for what (see the SQL function)."""
    return call("runs", "pause", run_id, epoch, jsonb(asked), read=_answer)


def abandon(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Give up a run that this worker can't bring to an end."""
    return call("runs", "abandon", run_id, epoch, read=_answer)


def poison(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Fail a suspect whose own process died."""
    return call("runs", "poison", run_id, epoch, read=_answer)


def cancel_waiting(*, run_id: UUID) -> Statement[Events]:
    """End a run that waits, in the queue or for a person; the caller holds its row."""
    return call("runs", "end_early", run_id, "cancelled", "cancelled", None, read=_events)


def fail_waiting(*, run_id: UUID, code: str) -> Statement[Events]:
    """Fail a run that waits, in the queue or for a person; the caller holds its row."""
    error = jsonb({"code": code})
    return call("runs", "end_early", run_id, "failed", "failed", error, read=_events)


def fund(
    *, run_id: UUID, add_usd: Decimal, question: int | None, key: str | None
) -> Statement[FundAnswer]:
    """Raise the limit of a run that waits for that; a question, and a key, count once."""
    return call("runs", "fund", run_id, add_usd, question, key, read=_fund_answer)


def decide(
    *, run_id: UUID, key: str, attempt: int | None, decision: Mapping[str, str]
) -> Statement[Answer]:
    """Keep the owner's word on a tool call; the run goes on after the last one."""
    return call("runs", "decide", run_id, key, attempt, jsonb(decision), read=_answer)


def resolve(*, line_id: int, usage: dict[str, Any], note: str) -> Statement[Answer]:
    """Replace a ledger line in doubt by what staff say that the call used."""
    return call("runs", "resolve", line_id, jsonb(usage), note, read=_answer)


def append_event(*, run_id: UUID, event: Event) -> Statement[Events]:
    """Append an event; the caller holds the run row."""
    return call("runs", "append_events", run_id, jsonb([event.message]), read=_events)


def _events(value: Any) -> Events:
    events: Events = from_json(value) or []
    for event in events:
        event["data"] = worded(event["data"])
    return events


def _answer(value: Any) -> Answer:
    found = from_json(value)
    return Answer(Outcome(found["outcome"]), _events(found.get("events")))


def _submit_answer(rows: Sequence[Row]) -> SubmitAnswer:
    outcome, known, refusal, *stored = rows[0]
    figures = from_json(refusal)
    return SubmitAnswer(Outcome(outcome), known, Refusal.of(figures) if figures else None, *stored)


def _hold_answer(value: Any) -> HoldAnswer:
    found = from_json(value)
    refusal = found.get("refusal")
    return HoldAnswer(
        Outcome(found["outcome"]),
        _events(found.get("events")),
        found.get("hold") or 0,
        found.get("output_tokens") or 0,
        Refusal.of(refusal) if refusal else None,
    )


def _settle_answer(value: Any) -> SettleAnswer:
    found = from_json(value)
    return SettleAnswer(
        Outcome(found["outcome"]),
        _events(found.get("events")),
        Decimal(found.get("overrun_usd") or 0),
    )


def _fund_answer(value: Any) -> FundAnswer:
    found = from_json(value)
    short = found.get("short_usd")
    return FundAnswer(
        Outcome(found["outcome"]),
        _events(found.get("events")),
        Decimal(short) if short else None,
    )


def _swept(rows: Sequence[Row]) -> Swept | None:
    return Swept(rows[0][0], _events(rows[0][1])) if rows else None
