"""A run begins and ends."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.jsonb import jsonb
from billing.statements import Statement, call, named
from runs.engine.types import Result
from runs.functions.answers import Answer, Events, answer_of, events_of


def begin(
    *, run_id: UUID, epoch: int, bound: dict[str, Any], first_call_usd: Decimal
) -> Statement[Answer]:
    """Hold the closing call's money, while so much stays available for the first call."""
    return call("runs", "begin", run_id, epoch, jsonb(bound), first_call_usd, read=answer_of)


def finish(*, run_id: UUID, epoch: int, result: Result) -> Statement[Answer]:
    """End a run with its result."""
    return call("runs", "finish", run_id, epoch, result.status, jsonb(result), read=answer_of)


def hand_back(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Give a run back to the queue."""
    return call("runs", "hand_back", run_id, epoch, read=answer_of)


def hand_over(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Give a run back to the queue while the provider writes its answers.

    Their money stays dispatched, and the next worker reads them on. Answers `queued`, `fenced`,
    `cancelling`, or `dispatched` where a pending call is one whose answer nobody can read on.
    Locks: as `hand_back`.
    """
    text = f"""
        SELECT CASE
            WHEN NOT run.owned THEN jsonb_build_object('outcome', 'fenced')
            WHEN run.status = 'cancelling' THEN jsonb_build_object('outcome', 'cancelling')
            WHEN EXISTS (
                SELECT 1 FROM billing_hold h
                JOIN runs_step s USING (run_id, attempt)
                WHERE h.run_id = %s AND h.state = 'dispatched' AND s.key = h.step_key
                    AND s.answer_after IS NULL
            ) THEN jsonb_build_object('outcome', 'dispatched')
            ELSE jsonb_build_object(
                'outcome', 'queued',
                'events', {named("runs", "requeue", "%s", "'handed_back'", "NULL")}
            )
        END
        FROM {named("runs", "lock", "%s", "%s")} AS run
    """  # noqa: S608 - our own names
    params = (run_id, run_id, run_id, epoch)
    return Statement(text, params, lambda rows: answer_of(rows[0][0]))


def abandon(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Give up a run that this worker can't bring to an end."""
    return call("runs", "abandon", run_id, epoch, read=answer_of)


def poison(*, run_id: UUID, epoch: int) -> Statement[Answer]:
    """Fail a suspect whose own process died."""
    return call("runs", "poison", run_id, epoch, read=answer_of)


def cancel_waiting(*, run_id: UUID) -> Statement[Events]:
    """End a run that waits, in the queue or for a person; the caller holds its row."""
    return call("runs", "end_early", run_id, "cancelled", "cancelled", None, read=events_of)


def fail_waiting(*, run_id: UUID, code: str) -> Statement[Events]:
    """Fail a run that waits, in the queue or for a person; the caller holds its row."""
    error = jsonb({"code": code})
    return call("runs", "end_early", run_id, "failed", "failed", error, read=events_of)
