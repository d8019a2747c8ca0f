"""Steps of one run in the journal of another: what moves them there, and counts what they saved."""

from collections.abc import Sequence
from uuid import UUID

from billing.statements import Statement, from_json

KEEP = "SELECT deleted_details FROM runs_run WHERE id = %s FOR KEY SHARE"
# Their ids follow the order of the source, and come before those of the run's own steps. A step
# that was itself taken over keeps the price that was paid once.
TAKE = """
    INSERT INTO runs_step (
        run_id, key, attempt, kind, label, status, digest, request, response, error,
        taken_usd, started_at, finished_at
    )
    SELECT
        %s, key, attempt, kind, label, status, digest, request, response, error,
        coalesce(taken_usd, cost_usd), now(), now()
    FROM runs_step WHERE id = ANY (%s) ORDER BY id
    RETURNING id
"""
# Before the event that marks the step as read back, so that it counts once.
COUNT_SAVED = """
    UPDATE runs_run r SET saved_usd = r.saved_usd + s.taken_usd
    FROM runs_step s
    WHERE s.id = %s AND s.run_id = r.id AND s.taken_usd IS NOT NULL AND NOT s.replayed
        AND r.epoch = %s
"""


def keep(*, run_id: UUID) -> Statement[dict[str, int] | None]:
    """Keep a run and its steps from being deleted before the end of the transaction.

    The details of it that were deleted before; None where the whole run was.
    """
    return Statement(KEEP, (run_id,), lambda rows: from_json(rows[0][0]) if rows else None)


def take(*, run_id: UUID, step_ids: Sequence[int]) -> Statement[None]:
    """Copy finished steps into the journal of a new run, at no cost."""
    return Statement(TAKE, (run_id, list(step_ids)), lambda rows: None)


def count_saved(*, step_id: int, epoch: int) -> Statement[None]:
    """Add what a step saved that is read back for the first time since it was taken over."""
    return Statement(COUNT_SAVED, (step_id, epoch), lambda rows: None)
